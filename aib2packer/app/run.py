"""Runs conversions for the command line, one template at a time."""

from __future__ import annotations

import os
from contextlib import nullcontext
from dataclasses import dataclass, replace
from enum import Enum
from typing import TYPE_CHECKING

from aib2packer.app.output import FilesDifferError, OutputError, write
from aib2packer.convert import convert
from aib2packer.findings.codes import LEFT_OVER, NO_IMAGE_TEMPLATE, NOT_WRITTEN, UNREADABLE
from aib2packer.findings.model import Severity, about_file
from aib2packer.options import Emit
from aib2packer.packer.layout import BUILD_FILE
from aib2packer.text.source import FileError

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Mapping
    from contextlib import AbstractContextManager
    from pathlib import Path

    from aib2packer.app.inputs import Template
    from aib2packer.findings.model import Finding
    from aib2packer.options import Options
    from aib2packer.provenance.accounting import Entry
    from aib2packer.provenance.sourcemap import Place

    Watch = Callable[[int], AbstractContextManager[Callable[[], object]]]

_STDOUT_NAMES: dict[Emit | None, str] = {Emit.VALIDATION: "validate.pkr.hcl"}  # what a person would call it beside the other


class Outcome(Enum):
    """What became of a template, as the table calls it."""

    CONVERTED = "converted"
    NOT_CONVERTED = "not converted"
    NO_TEMPLATE = "no image template"
    NOT_WRITTEN = "not written"
    UNREADABLE = "unreadable"
    UP_TO_DATE = "up to date"
    OUT_OF_DATE = "out of date"
    LEFT_OVER = "left over"


@dataclass(frozen=True, slots=True, kw_only=True)
class Request:
    """What the user asked for."""

    options: Options
    file: Path | None = None
    """The HCL file to write; neither this nor a folder: standard output."""
    folder: Path | None = None
    """The folder to write the HCL and the files beside it to."""
    force: bool = False
    verify: bool = False
    """Whether Packer is to judge the output."""
    check: bool = False
    """Whether to compare with the files that are there, instead of writing them."""
    fetch: bool = False
    """Whether scripts and files are fetched now; that needs a folder."""
    fail_on: Severity = Severity.ERROR
    """The lightest severity that makes the exit status 1."""

    def below(self, template: Template) -> Request:
        """The same request, with the template's own folder below that of all."""
        return replace(self, folder=self.folder and self.folder / template.folder)


@dataclass(frozen=True, slots=True, kw_only=True)
class Result:
    """What became of one template. `hcl` belongs on standard output; `diff` says how files differ that were to be checked."""

    name: str
    outcome: Outcome
    exit_code: int
    findings: tuple[Finding, ...] = ()
    diff: str = ""
    hcl: bytes | None = None
    settings: tuple[Entry, ...] = ()
    source_map: tuple[Place, ...] = ()


def unreadable(error: FileError) -> Result:
    """The result where an input cannot be read."""
    finding = about_file(UNREADABLE, error.file, error.reason, error.help)
    return Result(name=error.file, outcome=Outcome.UNREADABLE, exit_code=2, findings=(finding,))


def _unwatched(_count: int) -> AbstractContextManager[Callable[[], object]]:
    return nullcontext(lambda: None)


def run(template: Template, request: Request, watch: Watch = _unwatched) -> Result:
    """Convert one template, and write or check what there is. `watch` is told how many files are fetched, and when one is."""
    options = replace(
        request.options,
        side_files=request.folder is not None,
        file_name=request.file.name if request.file else _STDOUT_NAMES.get(request.options.emit, BUILD_FILE),
    )
    try:
        data = template.read()
        conversion = convert(data, file=template.name, options=options)
        if request.fetch and conversion.hcl is not None:
            from aib2packer.fetch import fetch

            with watch(len(conversion.assets)) as advance:
                assets = fetch(conversion.assets, advance)
            conversion = convert(data, file=template.name, options=replace(options, assets=assets))
    except FileError as error:
        return replace(unreadable(error), name=template.name)
    if request.verify:
        from aib2packer.verify import verify

        conversion = verify(conversion, file=template.name)
    findings = conversion.findings
    if conversion.hcl is None:
        if template.found and any(finding.code == NO_IMAGE_TEMPLATE for finding in findings):
            return Result(name=template.name, outcome=Outcome.NO_TEMPLATE, exit_code=0)
        return Result(name=template.name, outcome=Outcome.NOT_CONVERTED, exit_code=1, findings=findings)
    hcl = conversion.hcl.encode()
    result = Result(
        name=template.name,
        outcome=Outcome.CONVERTED,
        exit_code=1 if _reach(findings, request.fail_on) else 0,
        findings=findings,
        settings=conversion.settings,
        source_map=conversion.source_map,
    )
    if request.file:
        return _deliver(result, request.file.parent, {request.file.name: hcl}, request)
    if request.folder:
        files = {BUILD_FILE: hcl, **conversion.files}
        return _deliver(result, request.folder, _without_own(request.folder, files, check=request.check), request)
    return replace(result, hcl=hcl)


def _without_own(folder: Path, files: Mapping[str, bytes], *, check: bool) -> dict[str, bytes]:
    """The files without those that are the user's once they are there; these may also be gone, or elsewhere by now."""
    from aib2packer.packer.layout import BEGINNINGS

    return {
        name: content
        for name, content in files.items()
        if name not in BEGINNINGS or not (check or os.path.lexists(folder / name))
    }


def _deliver(result: Result, folder: Path, files: Mapping[str, bytes], request: Request) -> Result:
    if request.check:
        return _check(result, folder, files, with_leftovers=request.file is None)
    try:
        write(folder, files, force=request.force)
    except OutputError as error:
        exit_code = 1 if isinstance(error, FilesDifferError) else 2
        finding = about_file(NOT_WRITTEN, str(error.file), error.reason, error.help)
        return replace(result, outcome=Outcome.NOT_WRITTEN, exit_code=exit_code, findings=(*result.findings, finding))
    return result if request.file else replace(result, findings=(*result.findings, *_left_over(folder, files)))


def _left_over(folder: Path, files: Mapping[str, bytes]) -> Iterator[Finding]:
    """A finding for each script, and validating build, that an earlier conversion has made, and this one has not."""
    from aib2packer.app.drift import left_in

    for path in left_in(folder):
        if path.relative_to(folder).as_posix() not in files:
            message = "an earlier conversion has made this file, which is no part of the build any more"
            yield about_file(LEFT_OVER, str(path), message, help="Delete it.")


def _check(result: Result, folder: Path, files: Mapping[str, bytes], *, with_leftovers: bool) -> Result:
    from aib2packer.app.drift import compare

    try:
        differences = compare(folder, files, with_leftovers=with_leftovers)
    except FileError as error:
        refused = unreadable(error)
        return replace(refused, name=result.name, findings=(*result.findings, *refused.findings))
    if not differences:
        return replace(result, outcome=Outcome.UP_TO_DATE)
    return replace(
        result,
        outcome=Outcome.OUT_OF_DATE,
        exit_code=1,
        findings=(*result.findings, *(difference.finding for difference in differences)),
        diff="\n".join(difference.diff for difference in differences),
    )


def check_leftovers(folder: Path, templates: Iterable[Template]) -> list[Result]:
    """A result for each build below a folder that none of the templates becomes."""
    from aib2packer.app.drift import left_over

    return [
        Result(
            name=str(difference.path),
            outcome=Outcome.LEFT_OVER,
            exit_code=1,
            findings=(difference.finding,),
            diff=difference.diff,
        )
        for difference in left_over(folder, BUILD_FILE, {folder / template.folder for template in templates})
    ]


def _reach(findings: Iterable[Finding], level: Severity) -> bool:
    """Whether one of the findings is as severe as a level."""
    severities = list(Severity)
    return any(severities.index(finding.severity) <= severities.index(level) for finding in findings)
