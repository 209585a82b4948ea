"""Runs conversions for the command line: one template, or many with a table at the end."""

from __future__ import annotations

from dataclasses import dataclass, replace
from enum import Enum
from typing import TYPE_CHECKING

from aib2packer.convert import convert
from aib2packer.findings.codes import NO_IMAGE_TEMPLATE
from aib2packer.findings.model import Severity
from aib2packer.findings.text import PLURALS, columns, counted, printable
from aib2packer.output import FilesDifferError, OutputError, write
from aib2packer.text.source import InputError

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from aib2packer.conversion import Options
    from aib2packer.findings.model import Finding
    from aib2packer.inputs import Template

HCL_NAME = "build.pkr.hcl"


class Outcome(Enum):
    """What became of a template, as the table calls it."""

    CONVERTED = "converted"
    NOT_CONVERTED = "not converted"
    NO_TEMPLATE = "no image template"
    NOT_WRITTEN = "not written"
    UNREADABLE = "unreadable"


@dataclass(frozen=True, slots=True, kw_only=True)
class Request:
    """What the user asked for."""

    options: Options
    file: Path | None = None
    """The HCL file to write; neither this nor a folder: standard output."""
    folder: Path | None = None
    """The folder to write the HCL and the files beside it to."""
    force: bool = False
    strict: bool = False

    def below(self, template: Template) -> Request:
        """The same request, with the template's own folder below that of all."""
        return replace(self, folder=self.folder and self.folder / template.folder)


@dataclass(frozen=True, slots=True)
class Row:
    """A row of the table; unlike a result it holds no text of the template."""

    name: str
    outcome: Outcome
    exit_code: int
    counts: tuple[int, ...]
    """Number of errors, losses, changes and notes."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Result:
    """What became of one template. `hcl` is what belongs on standard output, `error` what went wrong around the conversion."""

    name: str
    outcome: Outcome
    exit_code: int
    findings: tuple[Finding, ...] = ()
    error: str | None = None
    hcl: bytes | None = None

    @property
    def row(self) -> Row:
        """What the table shows of it."""
        counts = counted(self.findings)
        return Row(self.name, self.outcome, self.exit_code, tuple(counts[severity] for severity in Severity))


def run(template: Template, request: Request) -> Result:
    """Convert one template, and write what there is to write."""
    try:
        data = template.read()
        options = replace(
            request.options,
            side_files=request.folder is not None,
            file_name=request.file.name if request.file else HCL_NAME,
        )
        conversion = convert(data, file=template.name, options=options)
    except InputError as error:
        return Result(name=template.name, outcome=Outcome.UNREADABLE, exit_code=2, error=str(error))
    findings = conversion.findings
    if conversion.hcl is None:
        if template.found and any(finding.code == NO_IMAGE_TEMPLATE for finding in findings):
            return Result(name=template.name, outcome=Outcome.NO_TEMPLATE, exit_code=0)
        return Result(name=template.name, outcome=Outcome.NOT_CONVERTED, exit_code=1, findings=findings)
    hcl = conversion.hcl.encode()
    try:
        if request.file:
            write(request.file.parent, {request.file.name: hcl}, force=request.force)
        elif request.folder:
            write(request.folder, {HCL_NAME: hcl, **conversion.files}, force=request.force)
    except OutputError as error:
        exit_code = 1 if isinstance(error, FilesDifferError) else 2
        return Result(
            name=template.name,
            outcome=Outcome.NOT_WRITTEN,
            exit_code=exit_code,
            findings=findings,
            error=str(error),
        )
    lost = any(finding.severity is Severity.LOSS for finding in findings)
    return Result(
        name=template.name,
        outcome=Outcome.CONVERTED,
        exit_code=1 if request.strict and lost else 0,
        findings=findings,
        hcl=None if request.file or request.folder else hcl,
    )


def table(rows: Sequence[Row]) -> str:
    """A table of templates and what became of each, and a line about all of them."""
    cells: list[tuple[str, ...]] = [("template", "outcome", *PLURALS.values())]
    cells += [(printable(row.name), row.outcome.value, *(str(count or "-") for count in row.counts)) for row in rows]
    widths = [max(map(columns, column)) for column in zip(*cells, strict=True)]
    templates = [row for row in rows if row.outcome is not Outcome.NO_TEMPLATE]
    converted = sum(row.outcome is Outcome.CONVERTED for row in templates)
    total = f"Converted {converted} of {len(templates)} {'template' if len(templates) == 1 else 'templates'}."
    return "\n".join([*(_line(row, widths) for row in cells), "", total])


def _line(cells: Sequence[str], widths: Sequence[int]) -> str:
    name, outcome, *numbers = (" " * (width - columns(cell)) for cell, width in zip(cells, widths, strict=True))
    padded = [cells[0] + name, cells[1] + outcome, *(space + cell for space, cell in zip(numbers, cells[2:], strict=True))]
    return "  ".join(padded)
