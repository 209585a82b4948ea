"""The pipeline: text in, Packer HCL out."""

from __future__ import annotations

from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

from aib2packer.conversion import Conversion
from aib2packer.findings.model import Report
from aib2packer.jsonc.reader import parse
from aib2packer.jsonc.replace import replaced
from aib2packer.options import Options
from aib2packer.system.files import read_bytes
from aib2packer.text.source import InputError, SourceText, decode

if TYPE_CHECKING:
    from aib2packer.jsonc.tree import Json
    from aib2packer.terraform.configuration import Files

_LINKED = {".json", ".jsonc"}


def convert(text: str | bytes, *, file: str = "<stdin>", options: Options | None = None) -> Conversion:
    """Convert an Azure Image Builder template to a Packer build.

    Args:
        text: The template. Bytes are decoded as ARM tools do: UTF-8, or UTF-16 with a byte order mark.
        file: What findings call the input, usually its path.
        options: What the user can decide.

    Returns:
        The HCL and the files beside it, and the findings; no HCL where one of these is an error.

    Raises:
        InputError: The bytes are no text.

    """
    report = Report()
    options = options or Options()
    document = _document(_source(text, file), options.root, report)
    if document is not None:
        return _convert(document, options, report)
    return Conversion(None, findings=report.findings)


def image_templates(text: str | bytes, *, file: str = "<stdin>", options: Options | None = None) -> tuple[str, ...]:
    """The names of all image templates in an input, each of which `Options.name` takes; none where it cannot be read.

    Raises:
        InputError: The bytes are no text.

    """
    from aib2packer.aib.reading import names

    chosen = options or Options()
    document = _document(_source(text, file), chosen.root, Report())
    if document is None:
        return ()
    return names(replaced(document, chosen.replacements), chosen, partial(_read_linked, file, chosen.root))


def _source(text: str | bytes, file: str) -> SourceText:
    return decode(text, file) if isinstance(text, bytes) else SourceText(file, text.removeprefix("\ufeff"))


def _document(source: SourceText, root: Path | None, report: Report) -> Json | None:
    """What the input holds, as JSON: a Terraform configuration becomes the deployment template that says the same."""
    from aib2packer.arm.documents.scripts import report_script
    from aib2packer.terraform.forms import is_configuration

    if is_configuration(source):
        from aib2packer.terraform.module import read_configuration

        return read_configuration(source, _files_around(Path(source.name).parent, root), report)
    return None if report_script(source, report) else parse(source, report)


def _files_around(folder: Path, root: Path | None) -> Files:
    """The files of a Terraform configuration, for as far as they can be had, and lie in the root."""
    from aib2packer.terraform.configuration import Files

    def read(path: str) -> SourceText | None:
        file = folder / path
        if not _is_within(file, folder if root is None else root):
            return None
        try:
            return decode(read_bytes(str(file), file), str(file))
        except InputError:
            return None

    def configuration(path: str) -> tuple[SourceText, ...]:
        if not _is_within(folder / path, folder if root is None else root):
            return ()
        try:
            names = sorted(entry.name for entry in (folder / path).iterdir())
        except (OSError, ValueError):
            return ()
        wanted = (name for name in names if name.endswith((".tf", ".tofu", ".auto.tfvars")) or name == "terraform.tfvars")
        found = (read(str(Path(path, name))) for name in sorted(wanted, key=lambda name: name != "terraform.tfvars"))
        return tuple(source for source in found if source is not None)

    return Files(read, configuration)


def _convert(document: Json, options: Options, report: Report) -> Conversion:
    """The stages, from the document to the output: each takes what those before it made, and reports what it finds."""
    from aib2packer.aib.reading import read
    from aib2packer.customizers import CUSTOMIZERS
    from aib2packer.guide.facts import facts
    from aib2packer.guide.folder import folder_files
    from aib2packer.guide.header import headers
    from aib2packer.guide.instructions import guide
    from aib2packer.packer.decisions import decide
    from aib2packer.packer.translate import translate
    from aib2packer.packer.variables.claims import claim_names
    from aib2packer.provenance.accounting import account
    from aib2packer.provenance.printing import print_builds

    source = document.span.source.name
    document = replaced(document, options.replacements)
    template = read(document, CUSTOMIZERS, options, partial(_read_linked, source, options.root), report)
    decisions = None if template is None else decide(template, CUSTOMIZERS, options, report)
    if template is None or decisions is None:
        return Conversion(None, findings=report.findings)
    symbols = claim_names(template, report, values_apart=options.side_files)
    build = translate(template, decisions, symbols, CUSTOMIZERS, options, report)
    if report.failed:
        return Conversion(None, findings=report.findings)
    guides = guide(template, decisions, symbols, build, options)
    printed = print_builds(build, headers(guides, report), options)
    settings = account(template.body, template.settled, printed.origins, report)
    beside = folder_files(build, guides.build, printed.files, report.findings, source) if options.side_files else {}
    return Conversion(
        printed.hcl,
        {**printed.files, **beside},
        report.findings,
        settings=settings,
        source_map=printed.places,
        assets=printed.assets,
        facts=facts(template, decisions, symbols, build, guides) if options.facts else None,
    )


def _read_linked(file: str, root: Path | None, path: str, report: Report) -> Json | None:
    """A template by its path beside the file that is converted; None where it cannot be had, or lies outside of the root."""
    linked = Path(file).parent / path
    # Findings quote what they are about: a template shows no other file of this machine.
    if linked.suffix.lower() not in _LINKED or not _is_within(linked, Path(file).parent if root is None else root):
        return None
    try:
        return parse(decode(read_bytes(str(linked), linked), str(linked)), report)
    except InputError:
        return None


def _is_within(path: Path, folder: Path) -> bool:
    """Whether a path leads into a folder, wherever its links lead."""
    try:
        return path.resolve().is_relative_to(folder.resolve())
    except (OSError, ValueError, RuntimeError):  # a name that is none, and links in a circle
        return False
