"""The pipeline: text in, Packer HCL out."""

from __future__ import annotations

import gc
from contextlib import contextmanager
from functools import cache, partial
from pathlib import Path
from typing import TYPE_CHECKING

from aib2packer.conversion import Conversion
from aib2packer.findings.model import Report
from aib2packer.jsonc.reader import parse
from aib2packer.options import Options
from aib2packer.system.beside import FilesBeside
from aib2packer.text.source import SourceText, decode

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator

    from aib2packer.aib.model import ImageTemplate
    from aib2packer.aib.reading import FoundTemplate, OpenDocument
    from aib2packer.findings.model import Finding
    from aib2packer.guide.instructions import Guides
    from aib2packer.guide.migration import AboutInput
    from aib2packer.jsonc.tree import Json
    from aib2packer.packer.decisions import Decisions
    from aib2packer.packer.facts import Facts
    from aib2packer.packer.model import Build
    from aib2packer.packer.variables.symbols import Symbols
    from aib2packer.provenance.accounting import Entry
    from aib2packer.provenance.print_builds import Printed


_TELLING, _FILE = 330, 600
"""What showing a finding takes, and writing a file, in units of `arm/evaluation/budget.py`."""


def convert(
    text: str | bytes | SourceText | OpenDocument, *, file: str = "<stdin>", options: Options | None = None
) -> Conversion:
    """Convert an Azure Image Builder template to a Packer build.

    Args:
        text: The template. Bytes are decoded as ARM tools do: UTF-8, or UTF-16 with a byte order mark. One
            that was cut out of a longer one has its places from there, and its name in findings. What `open_input` gave,
            for the same options but for the image template and where it goes, is not read again.
        file: What findings call the input, usually its path.
        options: What the user can decide.

    Returns:
        The HCL and the files beside it, and the findings; no HCL where one of these is an error.

    Raises:
        InputError: The bytes are no text.

    """
    with _garbage_left():
        return _converted(text, file, options or Options())


def _converted(text: str | bytes | SourceText | OpenDocument, file: str, options: Options) -> Conversion:
    opened = _open(text, file, options) if isinstance(text, str | bytes | SourceText) else text
    if isinstance(opened, Conversion):
        return opened
    report = Report()
    for finding in opened.findings:
        report.record(finding)
    return _convert(opened, options, report)


def open_input(text: str | bytes | SourceText, file: str, options: Options) -> OpenDocument | Conversion:
    """Read an input, for conversions of what it holds; where it cannot be read, the conversion that says why.

    Args:
        text: The input.
        file: What findings call it.
        options: What the user decided.

    """
    with _garbage_left():
        return _open(text, file, options)


def _open(text: str | bytes | SourceText, file: str, options: Options) -> OpenDocument | Conversion:
    report = Report()
    return _opened(text, file, options, report) or Conversion(None, findings=report.findings)


def _opened(text: str | bytes | SourceText, file: str, options: Options, report: Report) -> OpenDocument | None:
    source = _source(text, file)
    beside = partial(_files_beside, file, options.root)
    document = _document(source, beside, report)
    if document is None:
        return None
    from aib2packer.aib.reading import open_document
    from aib2packer.arm.documents.linked import read_linked

    return open_document(document, options, partial(read_linked, lambda path: beside().read(path)), report)


def _files_beside(file: str, root: Path | None) -> FilesBeside:
    """The files beside an input, for those inputs that name any."""
    folder = Path(file).parent
    return FilesBeside(folder, root or folder)


def _source(text: str | bytes | SourceText, file: str) -> SourceText:
    match text:
        case str():
            return SourceText(file, text.removeprefix("\ufeff"))
        case bytes():
            return decode(text, file)
        case _:
            return text


@contextmanager
def _garbage_left() -> Iterator[None]:
    """Leave garbage until a conversion is done, and what it made is gone: looking through all of that costs a tenth."""
    looks = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if looks:
            gc.enable()


def _document(source: SourceText, beside: Callable[[], FilesBeside], report: Report) -> Json | None:
    """What the input holds, as JSON: a Terraform configuration becomes the deployment template that says the same."""
    from aib2packer.arm.documents.forms.scripts import report_script
    from aib2packer.terraform.forms import is_configuration

    if is_configuration(source):
        from aib2packer.terraform.configuration import Files
        from aib2packer.terraform.module import read_configuration

        there = beside()
        return read_configuration(source, Files(cache(there.read), cache(there.names), cache(there.listed)), report)
    return None if report_script(source, report) else parse(source, report)


def _convert(opened: OpenDocument, options: Options, report: Report) -> Conversion:
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
    from aib2packer.packer.variables.claim import claim
    from aib2packer.provenance.accounting import account
    from aib2packer.provenance.print_builds import print_builds

    found = read(opened, KindsToRead(SOURCES, CUSTOMIZERS, TARGETS), options, report)
    if (template := found.template) is None or (decisions := decide(template, CUSTOMIZERS, options, report)) is None:
        return _failed(found, report)
    symbols = claim(template, decisions.plan.location, report, values_apart=options.side_files)
    build = _landed(translate(template, decisions, symbols, CUSTOMIZERS, options, report), options, report)
    if report.failed:
        return _failed(found, report)
    guides = guide(template, decisions, symbols, build, options)
    printed = print_builds(build, headers(guides, report, options.origin), options)
    settings = account(template.body, template.settled, printed.origins, report)
    findings = report.findings
    if options.accepted:
        findings = tuple(finding.accepted_by(options.accepted) for finding in findings)
    for_people = _for_people(build, guides, printed, _about(opened.document, settings, findings)) if options.side_files else {}
    files = {**printed.files, **for_people}
    return Conversion(
        printed.hcl,
        files,
        findings,
        settings=settings,
        source_map=printed.places,
        assets=printed.assets,
        facts=_facts(template, decisions, symbols, build, guides) if options.facts else None,
        build_file=printed.build_file,
        image_templates=found.names,
        work=found.work + _TELLING * len(findings) + _FILE * len(files),
    )


def _landed(build: Build, options: Options, report: Report) -> Build:
    """The build as it is in the folder that it is put into, where that has other builds."""
    if options.into is None or report.failed:
        return build
    from aib2packer.landing.land import land

    return land(build, options.into, options.layout, report, options.scripts_there)


def _for_people(build: Build, guides: Guides, printed: Printed, about: AboutInput) -> dict[str, bytes]:
    from aib2packer.guide.folder import folder_files

    return folder_files(build, guides.build, (printed.build_file, *printed.files), about)


def _about(document: Json, settings: Iterable[Entry], findings: tuple[Finding, ...]) -> AboutInput:
    from aib2packer.guide.migration import AboutInput
    from aib2packer.provenance.accounting import tally

    return AboutInput(document.span.source.name, findings, tally(settings))


def _facts(template: ImageTemplate, decisions: Decisions, symbols: Symbols, build: Build, guides: Guides) -> Facts:
    from aib2packer.guide.collect_facts import facts

    return facts(template, decisions, symbols, build, guides)


def _failed(found: FoundTemplate, report: Report) -> Conversion:
    from aib2packer.provenance.accounting import account_failed, left_out

    settings = tuple(left_out(report)) if found.body is None else account_failed(found.body, report)
    return Conversion(None, findings=report.findings, settings=settings, image_templates=found.names, work=found.work)
