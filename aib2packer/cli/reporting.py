"""What a run of conversions says: on standard error in the format that was asked for, and in files."""

from __future__ import annotations

import sys
from collections import Counter
from pathlib import Path
from typing import TYPE_CHECKING

import click

from aib2packer import __version__
from aib2packer.app.output import OutputError, write
from aib2packer.app.run import Outcome, none_written, nothing_written
from aib2packer.cli.printing import colored, echo, width
from aib2packer.findings import text
from aib2packer.findings.codes import NOT_WRITTEN
from aib2packer.findings.formats import Format, render
from aib2packer.findings.judgement import Judgement
from aib2packer.findings.model import Asks, Severity, about_file
from aib2packer.lazy.models import dataclass, replace
from aib2packer.provenance.accounting import State, in_words

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from aib2packer.app.run import Result, Write
    from aib2packer.findings.overview import Overview

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


class Telling:
    """What a run has to say, result by result. It keeps what is shown in the end: an estate is larger than the memory."""

    def __init__(self, reporting: Reporting, *, many: bool, links: Sequence[Path] = ()) -> None:
        """`many`: whether the findings are summed up, and there is a table; `links`: those that were not followed."""
        self._reporting = reporting
        self._overview = _overview() if many else None
        in_full = reporting.quiet or reporting.verbose or reporting.findings is not Format.TEXT
        self._links = links
        self._keeps = not many or in_full or bool(reporting.findings_files)
        self._kept: list[Judgement] = []
        self._accounts: list[Result] = []
        self._outcomes: Counter[str] = Counter()
        self._states: Counter[State] = Counter()
        self._without_build = 0  # settings of templates that do not convert
        self._diffs: list[str] = []
        self._passed_over = self._accepted = 0
        self._removed: list[str] = []
        self._refused: list[Judgement] = []
        self._waiting: list[tuple[int, str]] = []  # rows of templates whose files take their places at the end
        self.exit_code = 0
        self.renamed: set[str] = set()
        """The old names that occur in the inputs, and have new ones."""

    def add(self, result: Result) -> None:
        """Take a result in; of what it was made of only that is kept which is shown."""
        self.exit_code = max(self.exit_code, result.exit_code)
        self._states.update(result.states)
        self._without_build += result.states[State.LOST] if result.outcome is Outcome.NOT_CONVERTED else 0
        self.renamed |= result.renamed
        if result.removed:
            names = text.listed([*map(text.safe, result.removed)])
            self._removed.append(f"Removed from {text.safe(str(result.folder))}, as no template makes it any more: {names}.")
            if not result.findings:
                return
        if self._reporting.reports:
            self._accounts.append(result)
        if result.outcome is Outcome.NO_TEMPLATE and not result.findings:
            self._passed_over += 1
            return
        if result.waits:
            self._waiting.append((self._outcomes.total(), str(result.folder or "")))
        self._outcomes[result.outcome.value] += 1
        lost = result.states[State.LOST]
        judgement = Judgement(result.name, result.outcome.value, result.findings, result.diff, lost)
        if result.diff:
            self._diffs.append(_colored_diff(result.diff))
        self._accepted += sum(finding.accepted != "" for finding in result.findings)
        if self._overview:
            self._overview.add(_not_accepted(judgement))
        if self._keeps:
            self._kept.append(judgement)

    def write_documents(self, write: Write = write) -> None:
        """Write the files of findings, and the accounts; what is to be said of those that cannot be written is told."""
        documents = {file: _findings(file, self._kept) for file in self._reporting.findings_files}
        documents |= {file: _account(file, self._accounts) for file in self._reporting.reports}
        self._refused = [judgement for file, document in documents.items() for judgement in _write(file, document, write)]

    def none_written(self, error: OutputError) -> None:
        """Take it that no file of the run is written, as the system refuses one."""
        outcome = Outcome.NOT_WRITTEN.value
        for row, folder in self._waiting:
            finding = nothing_written(folder, error)
            if self._overview:
                self._overview.fail(row, outcome, finding)
            if self._keeps:
                kept = self._kept[row]
                self._kept[row] = replace(kept, outcome=outcome, findings=(*kept.findings, finding))
        self._outcomes[Outcome.CONVERTED.value] -= len(self._waiting)
        self._outcomes[outcome] += len(self._waiting)
        self._accounts = none_written(self._accounts, error)
        self.exit_code = max(self.exit_code, 2 if self._waiting else 0)

    def end(self) -> int:
        """Say what there is to say; gives the exit status of all of it."""
        reporting, refused = self._reporting, self._refused
        if refused:
            self.exit_code = 2
        elif set(self._outcomes) == {Outcome.LEFT_OUT.value}:  # nothing is converted
            self.exit_code = max(self.exit_code, 1)
        if self._overview:
            for one in refused:
                self._overview.add_findings(one)
        said = self._kept if reporting.findings.is_document else [*map(_not_accepted, self._kept)]
        shown = [*(map(_errors_only, said) if reporting.quiet else said), *refused]
        if reporting.findings.is_document:
            echo(render(reporting.findings, shown, version=__version__))
            return self.exit_code
        if overview := self._findings_shown(shown):
            echo(overview if reporting.findings is not Format.TEXT else f"{overview}\n")
        if not reporting.quiet:
            for sentence in self._beside_findings():
                echo(f"{sentence}\n")
            echo(self._summary())
        return self.exit_code

    def _beside_findings(self) -> Iterator[str]:
        """What there is to say that is no finding."""
        if self._diffs:
            yield "\n".join(self._diffs)
        if self._removed:
            yield "\n".join(self._removed)
        if self._accepted:
            yield f"{self._accepted} accepted {'finding is' if self._accepted == 1 else 'findings are'} not shown (--baseline)."

    def _findings_shown(self, judgements: Sequence[Judgement]) -> str:
        """The findings in the format for standard error."""
        from aib2packer.findings.overview import of_one

        everything = self._reporting.verbose or self._reporting.quiet
        if self._reporting.findings is not Format.TEXT:
            shown = judgements if everything else [*map(_asking, judgements)]
            return render(self._reporting.findings, shown, version=__version__)
        if self._overview and not everything:
            return self._overview.findings()
        findings = [finding for judgement in judgements for finding in judgement.findings]
        return of_one(findings, everything=everything, color=colored(sys.stderr))

    def _summary(self) -> str:
        settings = in_words(self._states, self._without_build if self._overview else 0)
        of_settings = f" {settings}." if settings else ""
        if self._overview is None:
            only = _not_accepted(self._kept[0])
            return f"{text.summary(only.findings, only.outcome)}{of_settings}"
        checked = {Outcome.UP_TO_DATE.value, Outcome.OUT_OF_DATE.value, Outcome.LEFT_OVER.value} & set(self._outcomes)
        good = Outcome.UP_TO_DATE if checked else Outcome.CONVERTED
        uncounted = (Outcome.NO_TEMPLATE, Outcome.FOR_ALL, Outcome.LEFT_OUT)
        total = self._outcomes.total() - sum(self._outcomes[outcome.value] for outcome in uncounted)
        told = (_passed_over(self._passed_over), text.about_links([*map(str, self._links)]))
        others = "".join(f"\n{sentence}" for sentence in told if sentence)
        of_all = f"{self._outcomes[good.value]} of {total} {'output' if checked else 'template'}{'' if total == 1 else 's'}"
        last = f"Up to date: {of_all}." if checked else f"Converted {of_all}.{of_settings}"
        return f"{self._overview.table(width=width())}{others}\n\n{last}"


def _overview() -> Overview:
    """What is said of many templates, with nothing in it yet."""
    from aib2packer.findings.overview import Overview

    return Overview(color=colored(sys.stderr))


def _passed_over(count: int) -> str:
    if not count:
        return ""
    return "1 other file holds no image template." if count == 1 else f"{count} other files hold no image template."


def _errors_only(judgement: Judgement) -> Judgement:
    errors = tuple(finding for finding in judgement.findings if finding.severity is Severity.ERROR)
    return Judgement(judgement.template, judgement.outcome, errors)


def _not_accepted(judgement: Judgement) -> Judgement:
    """The findings that no baseline has."""
    findings = tuple(finding for finding in judgement.findings if not finding.accepted)
    return replace(judgement, findings=findings)


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
