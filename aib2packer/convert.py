"""The pipeline: text in, Packer HCL out."""

from __future__ import annotations

from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

from aib2packer.arm.documents.linked import read_linked
from aib2packer.conversion import Conversion
from aib2packer.findings.model import Report
from aib2packer.jsonc.reader import parse
from aib2packer.options import Options
from aib2packer.text.source import SourceText, decode

if TYPE_CHECKING:
    from aib2packer.aib.model import ImageTemplate
    from aib2packer.guide.instructions import Guides
    from aib2packer.jsonc.tree import Json, JsonObject
    from aib2packer.packer.decisions import Decisions
    from aib2packer.packer.facts import Facts
    from aib2packer.packer.model import Build
    from aib2packer.packer.variables.symbols import Symbols
    from aib2packer.provenance.printing import Printed


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
    report = Report()  # what there is to say of them is said when one is converted
    document = _document(_source(text, file), chosen.root, report)
    if document is None:
        return ()
    return names(document, chosen, partial(read_linked, file, chosen.root), report)


def _source(text: str | bytes, file: str) -> SourceText:
    return decode(text, file) if isinstance(text, bytes) else SourceText(file, text.removeprefix("\ufeff"))


def _document(source: SourceText, root: Path | None, report: Report) -> Json | None:
    """What the input holds, as JSON: a Terraform configuration becomes the deployment template that says the same."""
    from aib2packer.arm.documents.scripts import report_script
    from aib2packer.terraform.forms import is_configuration

    if is_configuration(source):
        from aib2packer.terraform.files_around import files_around
        from aib2packer.terraform.module import read_configuration

        return read_configuration(source, files_around(Path(source.name).parent, root), report)
    return None if report_script(source, report) else parse(source, report)


def _convert(document: Json, options: Options, report: Report) -> Conversion:
    """The stages, from the document to the output: each takes what those before it made, and reports what it finds."""
    from aib2packer.aib.reading import read
    from aib2packer.aib.template import KindsToRead
    from aib2packer.customizers import CUSTOMIZERS
    from aib2packer.guide.header import headers
    from aib2packer.guide.instructions import guide
    from aib2packer.packer.decisions import decide
    from aib2packer.packer.distribution.kinds import TARGETS
    from aib2packer.packer.source.kinds import SOURCES
    from aib2packer.packer.translate import translate
    from aib2packer.packer.variables.claims import claim_names
    from aib2packer.provenance.accounting import account
    from aib2packer.provenance.printing import print_builds

    source = document.span.source.name
    kinds = KindsToRead(SOURCES, CUSTOMIZERS, TARGETS)
    found = read(document, kinds, options, partial(read_linked, source, options.root), report)
    template = found.template
    decisions = None if template is None else decide(template, CUSTOMIZERS, options, report)
    if template is None or decisions is None:
        return _failed(found.body, report)
    symbols = claim_names(template, report, values_apart=options.side_files)
    build = translate(template, decisions, symbols, CUSTOMIZERS, options, report)
    if report.failed:
        return _failed(template.body, report)
    guides = guide(template, decisions, symbols, build, options)
    printed = print_builds(build, headers(guides, report), options)
    settings = account(template.body, template.settled, printed.origins, report)
    return Conversion(
        printed.hcl,
        {**printed.files, **(_for_people(build, guides, printed, report, source) if options.side_files else {})},
        report.findings,
        settings=settings,
        source_map=printed.places,
        assets=printed.assets,
        facts=_facts(template, decisions, symbols, build, guides) if options.facts else None,
        build_file=printed.build_file,
    )


def _for_people(build: Build, guides: Guides, printed: Printed, report: Report, source: str) -> dict[str, bytes]:
    from aib2packer.guide.folder import folder_files

    return folder_files(build, guides.build, (printed.build_file, *printed.files), report.findings, source)


def _facts(template: ImageTemplate, decisions: Decisions, symbols: Symbols, build: Build, guides: Guides) -> Facts:
    from aib2packer.guide.facts import facts

    return facts(template, decisions, symbols, build, guides)


def _failed(body: JsonObject | None, report: Report) -> Conversion:
    from aib2packer.provenance.accounting import account_failed

    return Conversion(None, findings=report.findings, settings=() if body is None else account_failed(body, report))
