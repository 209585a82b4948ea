"""The report of a run: what became of every setting, and where the lines of the output come from."""

from __future__ import annotations

import json
from collections import Counter
from typing import TYPE_CHECKING

from aib2packer.findings.text import safe
from aib2packer.lazy.models import dataclass
from aib2packer.packer.layout import BUILD_FILE
from aib2packer.provenance.accounting import State, tally

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from aib2packer.provenance.accounting import Entry
    from aib2packer.provenance.sourcemap import Place
    from aib2packer.text.source import Span

_FORMAT_VERSION = 1
# The states in the order in which people want to see them: a title, and what the last column says.
_TITLES = {
    State.LOST: ("Lost", "why, and what to do"),
    State.LEFT_OUT: ("Left out", "why, and what to do"),
    State.CONVERTED: ("Converted", "in the output"),
    State.DEFAULT: ("Unset, or what holds anyway", ""),
    State.INFORMATIVE: ("Names, what the service wrote, what it ignored", ""),
}


@dataclass(frozen=True, slots=True)
class Account:
    """What is reported of one template: its name, what became of it, the account of its settings, and the source map."""

    template: str
    outcome: str
    settings: tuple[Entry, ...]
    source_map: tuple[Place, ...]


def as_json(accounts: Sequence[Account], *, version: str) -> str:
    """The report for programs. Its shape is described in docs/report.md; it only ever grows."""
    document = {
        "formatVersion": _FORMAT_VERSION,
        "tool": {"name": "aib2packer", "version": version},
        "templates": [_account(account) for account in accounts],
    }
    return json.dumps(document, indent=2)


def as_markdown(accounts: Sequence[Account]) -> str:
    """The report for people: what is lost comes first, then where each setting went."""
    return "\n\n".join(block for account in accounts for block in _chapter(account))


def _chapter(account: Account) -> Iterator[str]:
    from aib2packer.rendering.markdown import code, prose

    yield f"# {code(account.template)}"
    yield f"{account.outcome.capitalize()}."
    if not account.settings:
        return
    counts = Counter(entry.state for entry in account.settings)
    besides = [f"{counts[state]} {state.value}" for state in (State.DEFAULT, State.INFORMATIVE) if counts[state]]
    yield f"{'; besides '.join(filter(None, (tally(account.settings), ' and '.join(besides))))}."
    lines = {place.address: _line(place) for place in account.source_map}
    for state, (title, column) in _TITLES.items():
        entries = [entry for entry in account.settings if entry.state is state]
        if entries:
            yield f"## {title}"
            rows = [
                (code(entry.pointer) if entry.pointer else "", prose(str(entry.span)), _fate(entry, lines)) for entry in entries
            ]
            yield _table(("setting", "stands at", column), rows)


def _fate(entry: Entry, lines: Mapping[str, str]) -> str:
    """Where a setting went, or what the finding about it says."""
    from aib2packer.rendering.markdown import code, prose

    if entry.finding is not None:
        return f"{entry.finding.code.id}: {prose(entry.finding.message)}. {prose(entry.finding.help)}"
    # What stands in another build than this file, that which validates or the one that it validates, has no line here.
    return ", ".join(
        f"{code(address)} ({lines[address]})" if address in lines else code(address) for address in entry.addresses
    )


def _line(place: Place) -> str:
    return f"{'' if place.file == BUILD_FILE else f'{place.file}, '}line {place.lines.first}"


def _table(head: Sequence[str], rows: Sequence[Sequence[str]]) -> str:
    cells = [head, ["---"] * len(head), *([text.replace("|", r"\|") for text in row] for row in rows)]
    return "\n".join(f"| {' | '.join(row)} |" for row in cells)


def _account(account: Account) -> dict[str, object]:
    counts = Counter(entry.state for entry in account.settings)
    return {
        "template": safe(account.template),
        "outcome": account.outcome,
        "counts": {state.value: counts[state] for state in State},
        "settings": [_entry(entry) for entry in account.settings],
        "sourceMap": [_place(place) for place in account.source_map],
    }


def _entry(entry: Entry) -> dict[str, object]:
    return {
        **_span(entry.span),
        "state": entry.state.value,
        "addresses": list(entry.addresses),
        "code": entry.finding.code.id if entry.finding else None,
    }


def _place(place: Place) -> dict[str, object]:
    return {
        "address": place.address,
        "firstLine": place.lines.first,
        "lastLine": place.lines.last,
        "file": f"{place.folder}{place.file}",
        "origins": [_span(origin) for origin in place.origins],
    }


def _span(span: Span) -> dict[str, object]:
    (line, column), (end_line, end_column) = span.position, span.end_position
    return {
        "pointer": None if span.pointer is None else safe(span.pointer),
        "file": safe(span.source.name),
        "start": {"line": line, "column": column},
        "end": {"line": end_line, "column": end_column},
    }
