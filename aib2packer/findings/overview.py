"""Findings by what they ask of people: what to act on and decide in full or once for many templates, the rest as counts."""

from __future__ import annotations

from collections import Counter, defaultdict
from textwrap import fill
from typing import TYPE_CHECKING

from aib2packer.findings import text
from aib2packer.findings.formats import place
from aib2packer.findings.model import Asks, Severity
from aib2packer.findings.text import columns, safe, shortened

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

    from aib2packer.findings.judgement import Judgement
    from aib2packer.findings.model import Code, Finding

HEADINGS = {Asks.ACT: "To act on", Asks.DECIDE: "To decide", Asks.KNOW: "To know"}
_WIDTH = 80
_GAP = 2
_INDENT = "    "
_PLACES = 5
_PLACES_TO_ACT = 20
_LEAST_NAME, _LONGEST_NAME = 24, 72  # columns


def of_one(findings: Sequence[Finding], *, everything: bool, color: bool) -> str:
    """The findings of one template in full, the most pressing first; what asks for nothing is counted unless all is wanted."""
    asked = {asks: [finding for finding in findings if finding.asks is asks] for asks in Asks}
    shown = [asks for asks in Asks if asked[asks] and (everything or asks is not Asks.KNOW)]
    only_errors = all(finding.severity is Severity.ERROR for asks in shown for finding in asked[asks])
    parts = [_part("" if only_errors else HEADINGS[asks], text.render(asked[asks], color=color)) for asks in shown]
    if Asks.KNOW not in shown and asked[Asks.KNOW]:
        parts.append(_counts(asked[Asks.KNOW]))
    return "\n\n".join(parts)


def of_many(judgements: Sequence[Judgement], *, color: bool) -> str:
    """The findings of many templates: what to act on in full, each decision once with its templates, the rest counted.

    What is said word for word of several places is shown at the first, which names the others.
    """
    found = [finding for judgement in judgements for finding in judgement.findings]
    told = {asks: [finding for finding in found if finding.asks is asks] for asks in Asks}
    parts = []
    if told[Asks.ACT]:
        only_errors = all(finding.severity is Severity.ERROR for finding in told[Asks.ACT])
        shown = "\n\n".join(_with_places(same, color=color) for same in _alike(told[Asks.ACT]))
        parts.append(_part("" if only_errors else HEADINGS[Asks.ACT], shown))
    if told[Asks.DECIDE]:
        parts.append(_part(f"{HEADINGS[Asks.DECIDE]}, once for all", "\n\n".join(_decisions(judgements, color=color))))
    if told[Asks.KNOW]:
        parts.append(_counts(told[Asks.KNOW]))
    return "\n\n".join(parts)


def table(judgements: Sequence[Judgement], *, width: int) -> str:
    """A table of templates: what became of each, and how many findings ask for what; long names are cut to fit the width."""
    rows = [("template", "outcome", *(HEADINGS[asks].lower() for asks in Asks))]
    for judgement in judgements:
        counts = Counter(finding.asks for finding in judgement.findings)
        rows.append((safe(judgement.template), judgement.outcome, *(str(counts[asks] or "-") for asks in Asks)))
    others = sum(max(map(len, cells)) + _GAP for cells in [*zip(*rows, strict=True)][1:])
    room = max(_LEAST_NAME, width - others)
    return aligned([(shortened(name, room), *cells) for name, *cells in rows], right={2, 3, 4})


def aligned(rows: Sequence[Sequence[str]], right: set[int]) -> str:
    """Rows with their cells below each other, the columns of numbers to the right."""
    widths = [max(map(columns, cells)) for cells in zip(*rows, strict=True)]
    return "\n".join((" " * _GAP).join(_padded(row, widths, right)).rstrip() for row in rows)


def _part(heading: str, body: str) -> str:
    return f"{heading}:\n\n{body}" if heading else body


def _alike(findings: Iterable[Finding]) -> list[list[Finding]]:
    """Findings that say the same, together, in the order of the first of each."""
    groups: dict[tuple[Code, str, str], list[Finding]] = defaultdict(list)
    for finding in findings:
        groups[finding.code, finding.message, finding.help].append(finding)
    return list(groups.values())


def _with_places(same: Sequence[Finding], *, color: bool) -> str:
    """A finding in full, and where else it is."""
    first, *others = same
    shown = text.render([first], color=color)
    also = _listed([place(other) for other in others], _PLACES_TO_ACT)
    return f"{shown}\n{_filled(f'= also: {also}', '  ', '          ')}" if others else shown


def _decisions(judgements: Sequence[Judgement], *, color: bool) -> Iterator[str]:
    """A paragraph for each decision: what it is about, what to do, and the templates it is for."""
    first: dict[Code, Finding] = {}
    templates: dict[Code, dict[str, None]] = defaultdict(dict)
    for judgement in judgements:
        for finding in judgement.findings:
            if finding.asks is Asks.DECIDE:
                first.setdefault(finding.code, finding)
                templates[finding.code][safe(judgement.template)] = None
    for code in sorted(first, key=lambda code: (-len(templates[code]), code.id)):
        names = list(templates[code])
        lines = (safe(first[code].message), safe(first[code].help), f"for {_listed(names)}")
        head = text.labelled(code, color=color)
        yield "\n".join((f"{head} {code.title}", *map(_indented, lines)))


def _counts(findings: Iterable[Finding]) -> str:
    """What asks for nothing, by code."""
    counts = Counter(finding.code for finding in findings)
    listed = [f"{code.id} {code.title} ({counts[code]})" for code in sorted(counts, key=lambda code: code.id)]
    return fill(f"{HEADINGS[Asks.KNOW]} (-v shows it): {', '.join(listed)}.", _WIDTH, break_on_hyphens=False)


def _listed(names: Sequence[str], most: int = _PLACES) -> str:
    more, shown = len(names) - most, [shortened(name, _LONGEST_NAME) for name in names[:most]]
    return f"{', '.join(shown)}, and {more} more" if more > 0 else ", ".join(shown)


def _indented(line: str) -> str:
    return _filled(line, _INDENT, _INDENT)


def _filled(line: str, first: str, further: str) -> str:
    return fill(line, _WIDTH, initial_indent=first, subsequent_indent=further, break_on_hyphens=False, break_long_words=False)


def _padded(row: Sequence[str], widths: Sequence[int], right: set[int]) -> list[str]:
    spaces = [" " * (width - columns(cell)) for cell, width in zip(row, widths, strict=True)]
    return [
        space + cell if index in right else cell + space for index, (cell, space) in enumerate(zip(row, spaces, strict=True))
    ]
