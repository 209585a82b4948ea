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
_OUTCOME = 13  # columns
_TEMPLATE, _NUMBERS = "template", (*(HEADINGS[asks].lower() for asks in Asks), "lost")


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
    """What is said of many templates: of each at once its row in a table and what to act on, of all in the end the rest.

    What is said word for word of several places is shown in full at the first; the others are named in the end, where each
    decision comes once, and what asks for nothing is counted. It keeps what it shows then, and nothing of the inputs.
    """

    def __init__(self, *, color: bool, width: int, names: int) -> None:
        """Take the columns of the terminal, and how many the names of the templates have, as far as they are known."""
        self._color = color
        numbers = [len(heading) for heading in _NUMBERS]
        self._most = max(_LEAST_NAME, width - sum(one + _GAP for one in (_OUTCOME, *numbers)))
        self._widths = (min(max(names, len(_TEMPLATE)), self._most), _OUTCOME, *numbers)
        self._acts: dict[tuple[Code, str, str], _Some] = {}
        self._decisions: dict[Code, _Decision] = {}
        self._counts: Counter[Code] = Counter()

    def head(self) -> str:
        """What stands above the rows."""
        return self._aligned(_TEMPLATE, "outcome", *_NUMBERS)

    def row(self, judgement: Judgement) -> str:
        """The row of a template: what became of it, and how many findings ask for what; a long name is cut to fit."""
        asked = Counter(finding.asks for finding in judgement.findings)
        numbers = (asked[Asks.ACT], count_decisions(judgement.findings), asked[Asks.KNOW], judgement.lost)
        name = shortened(safe(judgement.template), self._most)
        return self._aligned(name, judgement.outcome, *(str(number or "-") for number in numbers))

    def add(self, judgement: Judgement) -> str:
        """Take the findings of one template more; gives what there is to act on, in full, that was not shown before."""
        new = []
        for finding in judgement.findings:
            match finding.asks:
                case Asks.ACT if self._is_new(finding):
                    new.append(finding)
                case Asks.DECIDE:
                    self._decide(finding, safe(judgement.template))
                case Asks.KNOW:
                    self._counts[finding.code] += 1
        return text.render(new, color=self._color)

    def findings(self) -> str:
        """What there is to say of all templates in the end."""
        parts = []
        if again := [(said, others) for said, others in self._acts.items() if others.count]:
            shown = (self._said(code, safe(said), f"at {others.before}, {others}") for (code, said, _), others in again)
            parts.append(_part(f"{HEADINGS[Asks.ACT]}, shown above for the first of several places", "\n\n".join(shown)))
        by_count = sorted(self._decisions.items(), key=lambda pair: (-pair[1].names.count, pair[0].id))
        for heading, are_losses in ((f"{HEADINGS[Asks.DECIDE]}, once for all", False), (_LOST, True)):
            told = [pair for pair in by_count if (pair[0].severity is Severity.LOSS) is are_losses]
            if told:
                decisions = (self._said(code, *one.said, f"for {one.names}") for code, one in told)
                parts.append(_part(heading, "\n\n".join(decisions)))
        if self._counts:
            parts.append(_counted(self._counts))
        return "\n\n".join(parts)

    def _aligned(self, name: str, outcome: str, *numbers: str) -> str:
        """A row below the others; a name longer than those that were known before moves what follows."""
        left, right = zip((name, outcome), self._widths, strict=False), zip(numbers, self._widths[2:], strict=True)
        cells = [cell + _space(cell, width) for cell, width in left]
        return (" " * _GAP).join((*cells, *(_space(cell, width) + cell for cell, width in right)))

    def _is_new(self, finding: Finding) -> bool:
        """Whether it is the first that says this; of others the place is kept."""
        said, where = (finding.code, finding.message, finding.help), place(finding)
        if said not in self._acts:
            self._acts[said] = _Some(_PLACES_TO_ACT, where)
            return True
        self._acts[said].add(where)
        return False

    def _decide(self, finding: Finding, template: str) -> None:
        name = safe(finding.span.source.name) if finding.is_about_file else template
        self._decisions.setdefault(finding.code, _Decision()).add(safe(finding.message), safe(finding.help), name)

    def _said(self, code: Code, *lines: str) -> str:
        head = f"{text.labelled(code, color=self._color)} {code.title}"
        return "\n".join((head, *map(_indented, lines)))


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

    __slots__ = ("_first", "_last", "_most", "before", "count")

    def __init__(self, most: int, before: str | None = None) -> None:
        """`before`: what has been named already, and is not counted if it comes again at once."""
        self.count = 0
        self.before = before
        self._most = most
        self._first: list[str] = []
        self._last = before

    def add(self, name: str) -> None:
        if name != self._last:
            self.count += 1
            self._last = name
            if self.count <= self._most:
                self._first.append(shortened(name, _LONGEST_NAME))

    def __str__(self) -> str:
        return text.listed(self._first, self.count)


def _part(heading: str, body: str) -> str:
    return f"{heading}:\n\n{body}" if heading else body


def _counted(counts: Mapping[Code, int]) -> str:
    """What asks for nothing, by code."""
    listed = [f"{code.id} {code.title} ({counts[code]})" for code in sorted(counts, key=lambda code: code.id)]
    return "\n".join(wrapped(f"{HEADINGS[Asks.KNOW]} (-v shows it): {', '.join(listed)}.", _WIDTH))


def _space(cell: str, width: int) -> str:
    return " " * (width - columns(cell))


def _indented(line: str) -> str:
    from textwrap import fill

    indent = _INDENT
    return fill(line, _WIDTH, initial_indent=indent, subsequent_indent=indent, break_on_hyphens=False, break_long_words=False)
