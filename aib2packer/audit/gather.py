"""From the results of looking at templates to what an audit says of them."""

from __future__ import annotations

from collections import Counter
from itertools import takewhile
from pathlib import PurePath
from sys import intern
from typing import TYPE_CHECKING

from aib2packer.app.run import Outcome
from aib2packer.audit.causes import Places, Tellings, named
from aib2packer.audit.model import COUNTED, Audit, LostSetting, Row, Said
from aib2packer.audit.needs import BY_HAND, SHARED, Gathered
from aib2packer.findings import codes
from aib2packer.findings.model import Asks, Severity, count_decisions
from aib2packer.findings.text import safe
from aib2packer.lazy.models import replace
from aib2packer.provenance.accounting import State

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

    from aib2packer.app.run import Result
    from aib2packer.findings.model import Code, Finding

_UNSAFE = {codes.OPEN_TO_THE_INTERNET, codes.SECRET, codes.UNPROTECTED}  # of what there is to act on: the rest fails
_REFUSED = {codes.SERVICE_REFUSES, codes.WRONG_CASE, codes.UNKNOWN_FIELD}  # and what was a part of these


def gather(results: Iterable[Result], *, links: Sequence[str] = ()) -> Audit:
    """What there is to say of what became of files that were found; `links`: those that were not followed."""
    gathering = Gathering()
    for result in results:
        gathering.add(result)
    return gathering.audit(links)


class Gathering:
    """What an audit says, gathered from one result after another: of none more is kept than is told.

    Templates have numbers here, which take less room than their names in all the places that name them.
    """

    def __init__(self) -> None:
        self._names: list[str] = []
        self._rows: list[Row] = []
        self._passed_over = 0
        self._states: Counter[State] = Counter()
        self._told = Tellings()
        self._accepted = Tellings()
        self._later: list[int] = []
        self._lost = _Lost()
        self._by_hand = tuple(map(Gathered, BY_HAND))
        self._shared = tuple(map(Gathered, SHARED))

    def add(self, result: Result) -> None:
        """Take in what became of one template."""
        if result.outcome is Outcome.NO_TEMPLATE:
            self._passed_over += 1
            return
        number, is_counted = len(self._names), result.outcome in COUNTED
        open_ones = [one for one in result.findings if not one.accepted and one.severity is not Severity.ERROR]
        self._names.append(result.name)
        self._rows.append(_row(result, open_ones if is_counted else ()))
        self._states.update(entry.state for entry in result.settings)
        for one in result.findings if is_counted else _errors(result):
            if one.accepted and one.severity is not Severity.ERROR:
                self._accepted.add(number, replace(one, help=one.accepted))
            else:
                self._told.add(number, one)
        if is_counted:
            self._lost.add(number, result)
        elif later := sum(one.asks is Asks.ACT for one in open_ones):
            self._later.append(later)
        if result.facts is not None:
            for chapter in (*self._by_hand, *self._shared):
                chapter.add(number, result.facts)

    def audit(self, links: Sequence[str] = ()) -> Audit:
        """What there is to say of all of them, named without the folder of all, and of links that were not followed."""
        names = [*map(safe, _short(self._names))]
        causes = self._told.causes(names)
        others = [cause for cause in causes if cause.code.severity is not Severity.ERROR]
        by_hand, shared = (
            tuple(chapter for one in gathered if (chapter := one.chapter(names)).needs)
            for gathered in (self._by_hand, self._shared)
        )
        return Audit(
            rows=tuple(replace(row, name=name) for row, name in zip(self._rows, names, strict=True)),
            passed_over=self._passed_over,
            left_out=self._states[State.LEFT_OUT],
            links=tuple(map(safe, links)),
            settings=(self._states[State.CONVERTED], self._states[State.LOST]),
            obstacles=tuple(cause for cause in causes if cause.code.severity is Severity.ERROR),
            asked={asks: tuple(cause for cause in others if cause.code.asks is asks) for asks in Asks},
            lost=tuple(cause for cause in others if cause.code.severity is Severity.LOSS),
            lost_settings=self._lost.settings(names),
            refused=tuple(cause for cause in others if not _REFUSED.isdisjoint(cause.code.lineage)),
            accepted=self._accepted.causes(names),
            later=(sum(self._later), len(self._later)),
            by_hand=by_hand,
            shared=shared,
        )


def _short(names: Sequence[str]) -> Iterator[str]:
    """Names without the folder that all of them lie in."""
    folders = {PurePath(name).parent.parts for name in names}
    common = [*takewhile(lambda parts: len(set(parts)) == 1, zip(*folders, strict=False))]
    return (str(PurePath(*PurePath(name).parts[len(common) :])) for name in names)


def _errors(result: Result) -> Iterator[Finding]:
    return (finding for finding in result.findings if finding.severity is Severity.ERROR)


def _row(result: Result, open_ones: Sequence[Finding]) -> Row:
    """The row of a template that has no name yet; `open_ones` are the findings that count in it."""
    facts, counts = result.facts, Counter(one.asks for one in open_ones)
    return Row(
        "",
        result.outcome,
        act=counts[Asks.ACT],
        decide=counts[Asks.DECIDE],
        know=counts[Asks.KNOW],
        values=len({*facts.values, *facts.secrets}) if facts else 0,
        system=facts.system if facts else "",
        source=intern(facts.source) if facts else "",
        last_run=facts.last_run if facts else None,
        decisions=count_decisions(open_ones),
        lost=_count_lost(result),
        why=tuple(dict.fromkeys(one.code.title for one in _errors(result))),
        is_unsafe=any(one.code in _UNSAFE for one in open_ones),
    )


def _count_lost(result: Result) -> int:
    """The settings that a build does not have; of what is not converted none is counted."""
    is_built = result.outcome is Outcome.CONVERTED
    return sum(entry.state is State.LOST for entry in result.settings) if is_built else 0


class _Lost:
    """What is lost, by the name of the setting and the reason, with how many settings it is in the builds."""

    def __init__(self) -> None:
        self._found: dict[tuple[str, Code], tuple[Said, Places]] = {}
        self._settings: Counter[tuple[str, Code]] = Counter()
        self._files: dict[str, int] = {}

    def add(self, number: int, result: Result) -> None:
        """Take in what a template, which has a number, loses."""
        for finding in result.findings:
            if finding.severity is Severity.LOSS:
                setting = (_called(finding), finding.code)
                if setting not in self._found:
                    places = Places(self._files)
                    self._found[setting] = (Said(safe(finding.message), safe(finding.help), places), places)
                self._found[setting][1].add(number, finding)
        if result.outcome is Outcome.CONVERTED:
            told = (entry.finding for entry in result.settings if entry.state is State.LOST and entry.finding is not None)
            self._settings.update((_called(finding), finding.code) for finding in told)

    def settings(self, names: Sequence[str]) -> tuple[LostSetting, ...]:
        """The lost settings, those of most settings first; `names`: of the templates by number."""
        lost = (
            LostSetting(name, code, said, named(places.templates, names), self._settings[name, code])
            for (name, code), (said, places) in self._found.items()
        )
        return tuple(sorted(lost, key=lambda one: (-one.settings, -len(one.templates), one.name, one.code.id)))


def _called(finding: Finding) -> str:
    """The setting that a finding is about, without the number of a step: `customize[].sourceUri`."""
    parts = (finding.span.pointer or "").removeprefix("/properties").split("/")
    parts_named = "".join("[]" if part.isdecimal() else f".{part}" for part in parts if part)
    return safe(parts_named.removeprefix(".").replace("~1", "/").replace("~0", "~"))
