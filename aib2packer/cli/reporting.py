"""What a run of conversions says: on standard error in the format that was asked for, and in files."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import TYPE_CHECKING

import click

from aib2packer import __version__
from aib2packer.app.output import OutputError, write
from aib2packer.app.run import Outcome
from aib2packer.cli.printing import colored, echo, width
from aib2packer.findings import text
from aib2packer.findings.codes import NOT_WRITTEN
from aib2packer.findings.formats import Format, render
from aib2packer.findings.judgement import Judgement
from aib2packer.findings.model import Asks, Severity, about_file
from aib2packer.lazy.models import dataclass, replace
from aib2packer.provenance.accounting import tally

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from aib2packer.app.run import Result, Write

_DIFF_COLOURS = {"+": "green", "-": "red", "@": "cyan"}

FORMATS_BY_ENDING = {".sarif": Format.SARIF, ".sarif.json": Format.SARIF, ".json": Format.JSON, ".txt": Format.TEXT}
"""The format of a file of findings, by the end of its name."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Reporting:
    """How the user wants to be told."""

    findings: Format = Format.TEXT
    """The format on standard error."""
    findings_files: tuple[str, ...] = ()
    """Files to write all findings to, in the format that each name tells."""
    reports: tuple[str, ...] = ()
    """Files to write the account of all settings to."""
    quiet: bool = False
    """Whether standard error is to show errors only."""
    verbose: bool = False
    """Whether every finding is shown in full, also of many templates."""


def format_of(name: str) -> Format | None:
    """The format of a file of findings; None where its name does not tell."""
    return next((form for ending, form in FORMATS_BY_ENDING.items() if name.lower().endswith(ending)), None)


def write_reports(results: Sequence[Result], reporting: Reporting, write: Write = write) -> list[Judgement]:
    """Write the files of findings and the accounts; gives what is to be said of those that cannot be written."""
    judgements = _judgements(results)
    documents = {file: _findings(file, judgements) for file in reporting.findings_files}
    documents |= {file: _account(file, results) for file in reporting.reports}
    return [judgement for file, document in documents.items() for judgement in _write(file, document, write)]


def report(results: Sequence[Result], reporting: Reporting, refused: Sequence[Judgement] = (), *, many: bool) -> int:
    """Say what there is to say, also of files that are refused; gives the exit status of the saying, 0 or 2."""
    judgements = _judgements(results)
    passed_over = len(results) - len(judgements)
    open_ones = [*map(_not_accepted, judgements)]
    said = judgements if reporting.findings.is_document else open_ones
    shown = [*(map(_errors_only, said) if reporting.quiet else said), *refused]
    if reporting.findings.is_document:
        echo(render(reporting.findings, shown, version=__version__))
    else:
        _print_findings(shown, reporting, many=many)
        if not reporting.quiet:
            if diffs := [_colored_diff(judgement.diff) for judgement in judgements if judgement.diff]:
                echo("\n".join([*diffs, ""]))
            echo(_accepted(judgements))
            echo(_summary(open_ones, tally(entry for result in results for entry in result.settings), passed_over, many=many))
    return 2 if refused else 0


def _judgements(results: Sequence[Result]) -> list[Judgement]:
    """What is said of each template; files that hold none, and have no finding, are passed over."""
    told = [result for result in results if result.outcome is not Outcome.NO_TEMPLATE or result.findings]
    return [Judgement(result.name, result.outcome.value, result.findings, result.diff) for result in told]


def _print_findings(judgements: Sequence[Judgement], reporting: Reporting, *, many: bool) -> None:
    from aib2packer.findings.overview import of_many, of_one

    everything, color = reporting.verbose or reporting.quiet, colored(sys.stderr)
    if reporting.findings is not Format.TEXT:
        shown = judgements if everything else [*map(_asking, judgements)]
        echo(render(reporting.findings, shown, version=__version__))
        return
    findings = [finding for judgement in judgements for finding in judgement.findings]
    summed_up = many and not everything
    overview = of_many(judgements, color=color) if summed_up else of_one(findings, everything=everything, color=color)
    if overview:
        echo(f"{overview}\n")


def _summary(judgements: Sequence[Judgement], settings: str, passed_over: int, *, many: bool) -> str:
    of_settings = f" {settings}." if settings else ""
    if not many:
        return f"{text.summary(judgements[0].findings, judgements[0].outcome)}{of_settings}"
    from aib2packer.findings.overview import table

    outcomes = [judgement.outcome for judgement in judgements]
    checked = {Outcome.UP_TO_DATE.value, Outcome.OUT_OF_DATE.value, Outcome.LEFT_OVER.value} & set(outcomes)
    good = Outcome.UP_TO_DATE if checked else Outcome.CONVERTED
    total = len(outcomes) - outcomes.count(Outcome.NO_TEMPLATE.value)
    others = f"\n{_passed_over(passed_over)}" if passed_over else ""
    of_all = f"{outcomes.count(good.value)} of {total} {'output' if checked else 'template'}{'' if total == 1 else 's'}"
    told = f"Up to date: {of_all}." if checked else f"Converted {of_all}.{of_settings}"
    return f"{table(judgements, width=width())}{others}\n\n{told}"


def _passed_over(count: int) -> str:
    return "1 other file holds no image template." if count == 1 else f"{count} other files hold no image template."


def _errors_only(judgement: Judgement) -> Judgement:
    errors = tuple(finding for finding in judgement.findings if finding.severity is Severity.ERROR)
    return Judgement(judgement.template, judgement.outcome, errors)


def _not_accepted(judgement: Judgement) -> Judgement:
    """The findings that no baseline has."""
    findings = tuple(finding for finding in judgement.findings if not finding.accepted)
    return replace(judgement, findings=findings)


def _accepted(judgements: Sequence[Judgement]) -> str:
    """A sentence about the findings that a baseline has."""
    count = sum(finding.accepted != "" for judgement in judgements for finding in judgement.findings)
    return f"{count} accepted {'finding is' if count == 1 else 'findings are'} not shown (--baseline).\n" if count else ""


def _asking(judgement: Judgement) -> Judgement:
    """The findings that ask for something."""
    findings = tuple(finding for finding in judgement.findings if finding.asks is not Asks.KNOW)
    return Judgement(judgement.template, judgement.outcome, findings)


def _colored_diff(diff: str) -> str:
    return "\n".join(click.style(line, fg=_DIFF_COLOURS.get(line[:1])) for line in diff.split("\n"))


def _findings(name: str, judgements: Sequence[Judgement]) -> str:
    """All findings, in the format that the name of their file tells."""
    return render(format_of(name) or Format.TEXT, judgements, version=__version__)


def _account(name: str, results: Sequence[Result]) -> str:
    """The report of the settings, in the format that its name tells."""
    from aib2packer.provenance.report import Account, as_json, as_markdown

    accounts = [Account(result.name, result.outcome.value, result.settings, result.source_map) for result in results]
    return as_markdown(accounts) if name.lower().endswith(".md") else as_json(accounts, version=__version__)


def _write(name: str, document: str, write: Write) -> Iterator[Judgement]:
    """Write what is reported to a file; gives what is to be said of one that cannot be written."""
    path = Path(name)
    try:
        write(path.parent, {path.name: f"{document}\n".encode()}, force=True)
    except OutputError as error:
        finding = about_file(NOT_WRITTEN, str(error.file), error.reason, help="Give another file.")
        yield Judgement(name, Outcome.NOT_WRITTEN.value, (finding,))
