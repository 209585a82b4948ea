"""Findings by what they ask of people: what to act on and decide in full or once for many templates, the rest as counts."""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING

from aib2packer.findings import text
from aib2packer.findings.formats import place
from aib2packer.findings.model import Asks, Severity, count_decisions
from aib2packer.findings.text import columns, safe, shortened
from aib2packer.text.wrapping import wrapped

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from aib2packer.findings.judgement import Judgement
    from aib2packer.findings.model import Code, Finding

HEADINGS = {Asks.ACT: "To act on", Asks.DECIDE: "To decide", Asks.KNOW: "To know"}
_LOST = "Lost: do without, or carry over by hand"
_WIDTH = 80
_GAP = 2
_INDENT = "    "
_PLACES = 5
_WORDINGS = 50
_PLACES_TO_ACT = 20
_LEAST_NAME, _LONGEST_NAME = 24, 72  # columns


def of_one(findings: Sequence[Finding], *, everything: bool, color: bool) -> str:
    """The findings of one template in full, the most pressing first; what asks for nothing is counted unless all is wanted."""
    asked = {asks: [finding for finding in findings if finding.asks is asks] for asks in Asks}
    shown = [asks for asks in Asks if asked[asks] and (everything or asks is not Asks.KNOW)]
    only_errors = all(finding.severity is Severity.ERROR for asks in shown for finding in asked[asks])
    parts = [_part("" if only_errors else HEADINGS[asks], text.render(asked[asks], color=color)) for asks in shown]
    if Asks.KNOW not in shown and asked[Asks.KNOW]:
        parts.append(_counted(Counter(finding.code for finding in asked[Asks.KNOW])))
    return "\n\n".join(parts)


class Overview:
    """What is said of many templates, one after the other: in full what to act on, each decision once, the rest counted.

    What is said word for word of several places is shown at the first, which names the others. It keeps what it shows, and
    nothing of the inputs: of an estate these would be too many.
    """

    def __init__(self, *, color: bool) -> None:
        self._color = color
        self._only_errors = True
        self._acts: dict[tuple[Code, str, str], tuple[str, _Some]] = {}
        self._decisions: dict[Code, _Decision] = {}
        self._counts: Counter[Code] = Counter()
        self._rows = [("template", "outcome", *(HEADINGS[asks].lower() for asks in Asks), "lost")]

    def add(self, judgement: Judgement) -> None:
        """Say what there is to say of one template more, which gets a row in the table."""
        self.add_findings(judgement)
        asked = Counter(finding.asks for finding in judgement.findings)
        numbers = (asked[Asks.ACT], count_decisions(judgement.findings), asked[Asks.KNOW], judgement.lost)
        self._rows.append((safe(judgement.template), judgement.outcome, *(str(number or "-") for number in numbers)))

    def fail(self, row: int, outcome: str, finding: Finding) -> None:
        """Say of a template, by the number of its row, that it came to something else after all."""
        name, _, acts, *others = self._rows[row + 1]
        self._rows[row + 1] = (name, outcome, str(1 + (0 if acts == "-" else int(acts))), *others)
        self._act(finding)

    def add_findings(self, judgement: Judgement) -> None:
        """Say what was found in something that is no template."""
        for finding in judgement.findings:
            match finding.asks:
                case Asks.ACT:
                    self._act(finding)
                case Asks.DECIDE:
                    self._decide(finding, safe(judgement.template))
                case Asks.KNOW:
                    self._counts[finding.code] += 1

    def findings(self) -> str:
        """The findings of all templates, as text."""
        parts = []
        if self._acts:
            shown = (f"{text}\n{_also(others)}" if others.count else text for text, others in self._acts.values())
            parts.append(_part("" if self._only_errors else HEADINGS[Asks.ACT], "\n\n".join(shown)))
        by_count = sorted(self._decisions.items(), key=lambda pair: (-pair[1].names.count, pair[0].id))
        for heading, are_losses in ((f"{HEADINGS[Asks.DECIDE]}, once for all", False), (_LOST, True)):
            told = [pair for pair in by_count if (pair[0].severity is Severity.LOSS) is are_losses]
            if told:
                parts.append(_part(heading, "\n\n".join(self._decision(code, decision) for code, decision in told)))
        if self._counts:
            parts.append(_counted(self._counts))
        return "\n\n".join(parts)

    def table(self, *, width: int) -> str:
        """A table of the templates: what became of each, and how many findings ask for what; long names are cut to fit."""
        others = sum(max(map(len, cells)) + _GAP for cells in [*zip(*self._rows, strict=True)][1:])
        room = max(_LEAST_NAME, width - others)
        return aligned([(shortened(name, room), *cells) for name, *cells in self._rows], right={2, 3, 4, 5})

    def _act(self, finding: Finding) -> None:
        self._only_errors &= finding.severity is Severity.ERROR
        said = (finding.code, finding.message, finding.help)
        if said in self._acts:
            self._acts[said][1].add(place(finding))
        else:
            self._acts[said] = (text.render([finding], color=self._color), _Some(_PLACES_TO_ACT, place(finding)))

    def _decide(self, finding: Finding, template: str) -> None:
        name = safe(finding.span.source.name) if finding.is_about_file else template
        self._decisions.setdefault(finding.code, _Decision()).add(safe(finding.message), safe(finding.help), name)

    def _decision(self, code: Code, decision: _Decision) -> str:
        head = f"{text.labelled(code, color=self._color)} {code.title}"
        return "\n".join((head, *map(_indented, (*decision.said, f"for {decision.names}"))))


class _Decision:
    """What is to be decided once: the templates that it is for, and how often each of the first wordings comes."""

    def __init__(self) -> None:
        self.names = _Some(_PLACES)
        self._wordings: dict[tuple[str, str], _Some] = {}

    def add(self, message: str, remedy: str, name: str) -> None:
        self.names.add(name)
        said = (message, remedy)
        if said in self._wordings or len(self._wordings) < _WORDINGS:
            self._wordings.setdefault(said, _Some(0)).add(name)

    @property
    def said(self) -> tuple[str, str]:
        """The message and the help of most templates."""
        return max(self._wordings, key=lambda said: self._wordings[said].count)


class _Some:
    """The first of some names, and how many there are; one that comes again at once counts once."""

    def __init__(self, most: int, shown: str | None = None) -> None:
        """`shown`: what has been named already, and is not counted if it comes again at once."""
        self.count = 0
        self._most = most
        self._first: list[str] = []
        self._last = shown

    def add(self, name: str) -> None:
        if name != self._last:
            self.count += 1
            self._last = name
            if self.count <= self._most:
                self._first.append(shortened(name, _LONGEST_NAME))

    def __str__(self) -> str:
        return text.listed(self._first, self.count)


def aligned(rows: Sequence[Sequence[str]], right: set[int]) -> str:
    """Rows with their cells below each other, the columns of numbers to the right."""
    widths = [max(map(columns, cells)) for cells in zip(*rows, strict=True)]
    return "\n".join((" " * _GAP).join(_padded(row, widths, right)).rstrip() for row in rows)


def _part(heading: str, body: str) -> str:
    return f"{heading}:\n\n{body}" if heading else body


def _counted(counts: Mapping[Code, int]) -> str:
    """What asks for nothing, by code."""
    listed = [f"{code.id} {code.title} ({counts[code]})" for code in sorted(counts, key=lambda code: code.id)]
    return "\n".join(wrapped(f"{HEADINGS[Asks.KNOW]} (-v shows it): {', '.join(listed)}.", _WIDTH))


def _also(places: _Some) -> str:
    return _filled(f"= also: {places}", "  ", "          ")


def _indented(line: str) -> str:
    return _filled(line, _INDENT, _INDENT)


def _filled(line: str, first: str, further: str) -> str:
    from textwrap import fill

    return fill(line, _WIDTH, initial_indent=first, subsequent_indent=further, break_on_hyphens=False, break_long_words=False)


def _padded(row: Sequence[str], widths: Sequence[int], right: set[int]) -> list[str]:
    spaces = [" " * (width - columns(cell)) for cell, width in zip(row, widths, strict=True)]
    return [
        space + cell if index in right else cell + space for index, (cell, space) in enumerate(zip(row, spaces, strict=True))
    ]
