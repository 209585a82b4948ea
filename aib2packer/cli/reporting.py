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
from aib2packer.cli.printing import colored, echo, echo_above, width
from aib2packer.findings import text
from aib2packer.findings.codes import NOT_WRITTEN
from aib2packer.findings.formats import Format, render
from aib2packer.findings.judgement import Judgement
from aib2packer.findings.model import Asks, Severity, about_file
from aib2packer.lazy.models import dataclass, replace
from aib2packer.provenance.accounting import State, in_words

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

    from aib2packer.app.inputs import Template
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
    """What a run has to say, result by result, and in the end of all. It keeps little: an estate is larger than the memory."""

    def __init__(
        self, reporting: Reporting, *, many: bool, links: Sequence[Path] = (), templates: Iterable[Template] = ()
    ) -> None:
        """Take how to tell, and what there is to tell of.

        Args:
            reporting: How the user wants to be told.
            many: Whether the findings are summed up, and there is a table.
            links: Those that were not followed.
            templates: The inputs, whose names are to go below each other.

        """
        self._reporting = reporting
        names = max((text.columns(text.safe(one.shown)) for one in templates), default=0)
        self._overview = _overview(names) if many else None
        self._links = links
        self._keeps = not many or reporting.findings.is_document or bool(reporting.findings_files)
        self._kept: list[Judgement] = []
        self._accounts: list[Result] = []
        self._outcomes: Counter[str] = Counter()
        self._states: Counter[State] = Counter()
        self._without_build = 0  # settings of templates that do not convert
        self._passed_over = self._accepted = 0
        self._removed: list[str] = []
        self._refused: list[Judgement] = []
        self._waiting = 0  # templates whose files take their places at the end
        self._folders: dict[int, str] = {}  # of these, by the numbers of what is kept
        self._has_head = self._is_in_table = False
        self._unsaid: OSError | None = None
        self.exit_code = 0
        self.renamed: set[str] = set()
        """The old names that occur in the inputs, and have new ones."""

    def add(self, result: Result) -> None:
        """Take a result in, and say what there is to say of it alone."""
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
            self._waiting += 1
            if self._keeps:
                self._folders[len(self._kept)] = str(result.folder or "")
        self._outcomes[result.outcome.value] += 1
        judgement = Judgement(result.name, result.outcome.value, result.findings, result.diff, result.states[State.LOST])
        self._accepted += sum(finding.accepted != "" for finding in result.findings)
        if self._overview and not self._reporting.findings.is_document:
            self._tell(self._overview, judgement)
        if self._keeps:
            self._kept.append(judgement)

    def _tell(self, overview: Overview, judgement: Judgement, *, with_row: bool = True) -> None:
        """Say what there is to say of one of many now: its row in the table, and below that what it is about."""
        shown = _not_accepted(judgement)
        if with_row and not self._reporting.quiet:
            self.say("" if self._has_head else overview.head())
            self.say(overview.row(shown))
            self._has_head = self._is_in_table = True
        if found := self._findings_shown(shown):
            self._paragraph(found) if self._reporting.findings is Format.TEXT else self.say(found)
        if judgement.diff and not self._reporting.quiet:
            self._paragraph(_colored_diff(judgement.diff))

    def _paragraph(self, words: str) -> None:
        """Say something that is no row, a blank line around it."""
        self.say(f"\n{words}\n" if self._is_in_table else f"{words}\n")
        self._is_in_table = False

    def say(self, words: str) -> None:
        """Say something while the run goes on. It does so, too, where standard error takes no more: `end` raises that then."""
        if self._unsaid is None:
            try:
                echo_above(words)
            except OSError as error:  # it is closed or full
                self._unsaid = error

    def _require_said(self) -> None:
        if self._unsaid is not None:
            raise self._unsaid

    def write_documents(self, write: Write = write) -> None:
        """Write the files of findings, and the accounts; what is to be said of those that cannot be written is told."""
        documents = {file: _findings(file, self._kept) for file in self._reporting.findings_files}
        documents |= {file: _account(file, self._accounts) for file in self._reporting.reports}
        self._refused = [judgement for file, document in documents.items() for judgement in _write(file, document, write)]

    def none_written(self, error: OutputError) -> None:
        """Take it that no file of the run is written, as the system refuses one."""
        outcome = Outcome.NOT_WRITTEN.value
        for row, folder in self._folders.items():
            kept = self._kept[row]
            self._kept[row] = replace(kept, outcome=outcome, findings=(*kept.findings, nothing_written(folder, error)))
        if self._overview and self._waiting and not self._reporting.findings.is_document:
            of_all = Judgement(str(error.file), outcome, (nothing_written(None, error),))
            self._tell(self._overview, of_all, with_row=False)
        self._outcomes[Outcome.CONVERTED.value] -= self._waiting
        self._outcomes[outcome] += self._waiting
        self._accounts = none_written(self._accounts, error)
        self.exit_code = max(self.exit_code, 2 if self._waiting else 0)

    def end(self) -> int:
        """Say what there is to say of all; gives the exit status of all of it.

        Raises:
            OSError: Standard error took no more before.

        """
        self._require_said()
        reporting, refused = self._reporting, self._refused
        if refused:
            self.exit_code = 2
        elif set(self._outcomes) == {Outcome.LEFT_OUT.value}:  # nothing is converted
            self.exit_code = max(self.exit_code, 1)
        if reporting.findings.is_document:
            shown = [*(map(_errors_only, self._kept) if reporting.quiet else self._kept), *refused]
            echo(render(reporting.findings, shown, version=__version__))
            return self.exit_code
        if self._overview:
            for one in refused:
                self._tell(self._overview, one, with_row=False)
            if self._sums_up and (in_the_end := self._overview.findings()):
                self._paragraph(in_the_end)
        elif found := self._findings_shown(*map(_not_accepted, self._kept), *refused):
            echo(found if reporting.findings is not Format.TEXT else f"{found}\n")
        if not reporting.quiet:
            for sentence in self._beside_findings():
                self._paragraph(sentence)
            echo(f"\n{self._summary()}" if self._is_in_table else self._summary())
        return self.exit_code

    def _beside_findings(self) -> Iterator[str]:
        """What there is to say that is no finding."""
        if self._overview is None and self._kept[0].diff:
            yield _colored_diff(self._kept[0].diff)
        if self._removed:
            yield "\n".join(self._removed)
        if self._accepted:
            yield f"{self._accepted} accepted {'finding is' if self._accepted == 1 else 'findings are'} not shown (--baseline)."
        if others := "\n".join(filter(None, (_passed_over(self._passed_over), text.about_links([*map(str, self._links)])))):
            yield others

    @property
    def _sums_up(self) -> bool:
        """Whether of many only that is shown in full, and once, which is to act on."""
        in_full = self._reporting.verbose or self._reporting.quiet
        return self._overview is not None and not in_full and self._reporting.findings is Format.TEXT

    def _findings_shown(self, *judgements: Judgement) -> str:
        """The findings in the format for standard error."""
        from aib2packer.findings.overview import of_one

        reporting = self._reporting
        if self._overview and self._sums_up:
            return "\n\n".join(filter(None, map(self._overview.add, judgements)))
        shown = [*map(_errors_only, judgements)] if reporting.quiet else judgements
        everything = reporting.verbose or reporting.quiet
        if reporting.findings is not Format.TEXT:
            return render(reporting.findings, shown if everything else [*map(_asking, shown)], version=__version__)
        findings = [finding for judgement in shown for finding in judgement.findings]
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
        of_all = f"{self._outcomes[good.value]} of {total} {'output' if checked else 'template'}{'' if total == 1 else 's'}"
        return f"Up to date: {of_all}." if checked else f"Converted {of_all}.{of_settings}"


def _overview(names: int) -> Overview:
    """What is said of many templates, with nothing in it yet; `names`: the columns of their names."""
    from aib2packer.findings.overview import Overview

    return Overview(color=colored(sys.stderr), width=width(), names=names)


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
