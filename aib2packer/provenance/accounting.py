"""The account of a template: every leaf of it ends in exactly one state."""

from __future__ import annotations

from collections import Counter, defaultdict
from enum import Enum
from typing import TYPE_CHECKING, NamedTuple, TypeVar

from aib2packer.findings import codes
from aib2packer.findings.model import Finding, Severity
from aib2packer.jsonc.tree import JsonArray, JsonObject, JsonScalar, JsonUnknown
from aib2packer.lazy.models import dataclass

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Mapping

    from aib2packer.aib.model import Settled
    from aib2packer.findings.model import Code, Report
    from aib2packer.jsonc.tree import Json
    from aib2packer.text.source import Span

T = TypeVar("T")

# What says that a setting had no effect in the service either.
_IGNORED = {codes.IGNORED_FIELD, codes.VERSION_TWICE, codes.SOURCE_ONLY}


class State(Enum):
    """What became of a setting."""

    CONVERTED = "converted"
    """The setting is in the output."""
    DEFAULT = "default"
    """The setting is unset, or says what holds anyway."""
    INFORMATIVE = "informative"
    """The setting names the template, was written by the service, or was ignored by it."""
    LOST = "lost"
    """The setting is not in the output; a finding says so."""
    LEFT_OUT = "left out"
    """Another image template of the input, which the values at hand switch off: one entry for all of it."""


@dataclass(frozen=True, slots=True)
class Entry:
    """One leaf of the image template: its place, with its JSON pointer, what became of it, and how that is known.

    `addresses` are the places of the output that it is in; `finding` says more.
    """

    span: Span
    state: State
    addresses: tuple[str, ...] = ()
    finding: Finding | None = None

    @property
    def pointer(self) -> str:
        """The JSON pointer of the leaf, from the resource of the image template on; "" for what is lost beside it."""
        return self.span.pointer or ""


def account(body: JsonObject, settled: Settled, origins: Iterable[tuple[str, Span]], report: Report) -> tuple[Entry, ...]:
    """What became of each leaf of an image template, in the order of the template.

    Args:
        body: The resource, with pointers on its spans.
        settled: What its reading found to need no HCL.
        origins: The places of the output, each with a place of the template that it comes from.
        report: The findings; a leaf that nothing accounts for is added to them.

    """
    books = _Books(settled, origins, report)
    entries = tuple([books.enter(leaf, report) for leaf in leaves(body)])
    return (*entries, *_lost_beside(entries, report), *left_out(report))


def account_failed(body: JsonObject, report: Report) -> tuple[Entry, ...]:
    """The account of a template that could not be converted: all that it says is lost, by the nearest error or the first."""
    errors = _findings(report, lambda code: code.severity is Severity.ERROR)
    first = next((finding for finding in report.findings if finding.severity is Severity.ERROR), None)

    def enter(leaf: Json) -> Entry:
        if _says_nothing(leaf) and not _is_item(leaf):
            return Entry(leaf.span, State.DEFAULT)
        return Entry(leaf.span, State.LOST, finding=_nearest(errors, _upwards(leaf.span.pointer or "")) or first)

    return (*map(enter, leaves(body)), *left_out(report))


def left_out(report: Report) -> Iterator[Entry]:
    """An entry for each image template that the values switch off."""
    told = (finding for finding in report.findings if finding.code == codes.LEFT_OUT)
    return (Entry(finding.span._replace(pointer=None), State.LEFT_OUT, finding=finding) for finding in told)


def _lost_beside(entries: tuple[Entry, ...], report: Report) -> Iterator[Entry]:
    """Losses of what is no setting of the template itself, such as a trigger: so no loss is without an entry."""
    lost = [entry for entry in entries if entry.state is State.LOST]
    within = {above for entry in lost for above in ("", *_upwards(entry.pointer))}
    told = {entry.finding for entry in lost}
    for finding in report.findings:
        if finding.severity is Severity.LOSS and finding.span.pointer not in within and finding not in told:
            yield Entry(finding.span._replace(pointer=None), State.LOST, finding=finding)


def leaves(node: Json) -> list[Json]:
    """What has nothing below it: scalars, and empty arrays and objects."""
    found: list[Json] = []
    waiting = [node]
    while waiting:
        one = waiting.pop()
        if isinstance(one, JsonObject) and one.members:
            waiting += [member.value for member in reversed(one.members)]
        elif isinstance(one, JsonArray) and one.items:
            waiting += reversed(one.items)
        else:
            found.append(one)
    return found


def tally(settings: Iterable[Entry]) -> str:
    """How many settings there are in words: `41 of 43 settings converted, 2 lost`; nothing where there are none."""
    return in_words(Counter(entry.state for entry in settings))


def in_words(counts: Mapping[State, int], without_build: int = 0) -> str:
    """The tally of settings that have been counted; image templates that are left out come after it.

    Args:
        counts: How many there are of each.
        without_build: How many of the lost are lost because their template does not convert.

    """
    converted, lost, off = (counts.get(state, 0) for state in (State.CONVERTED, State.LOST, State.LEFT_OUT))
    total = converted + lost
    of_them = f", {'all' if without_build == lost else f'{without_build:,}'} of them in templates that do not convert"
    told = f"{converted:,} of {total:,} {'setting' if total == 1 else 'settings'} converted, {lost:,} lost"
    of_settings = f"{told}{of_them if without_build else ''}"
    of_templates = f"{off} image {'template' if off == 1 else 'templates'} left out"
    return "; ".join(text for text, wanted in ((of_settings, len(counts) > bool(off)), (of_templates, off)) if wanted)


class _Said(NamedTuple):
    """What is said of a setting, or of the nearest around it of which such is said."""

    lost: Finding | None = None
    ignored: Finding | None = None
    is_informative: bool = False
    is_default: bool = False
    addresses: Mapping[str, None] | None = None


class _Books:
    """What is known of a template's settings, by pointers. What is said of a setting holds for all that is below it."""

    def __init__(self, settled: Settled, origins: Iterable[tuple[str, Span]], report: Report) -> None:
        self.addresses: dict[str, dict[str, None]] = defaultdict(dict)
        for address, span in origins:
            if span.pointer is not None:
                self.addresses[span.pointer][address] = None
        self.lost = _findings(report, lambda code: code.severity is Severity.LOSS)
        self.ignored = _findings(report, lambda code: code in _IGNORED)
        self.informative = {span.pointer for span in settled.informative}
        self.defaults = {span.pointer for span in settled.defaults}
        self._told = {*self.addresses, *self.lost, *self.ignored, *self.informative, *self.defaults}
        self._known = {"": _Said()}  # of the whole resource, which is no setting

    def said(self, pointer: str) -> _Said:
        """What is said of a setting; each is asked once, however much lies below it."""
        known = self._known.get(pointer)
        if known is None:
            around = self.said(pointer.rpartition("/")[0])
            known = self._known[pointer] = self._added(pointer, around) if pointer in self._told else around
        return known

    def _added(self, pointer: str, around: _Said) -> _Said:
        return _Said(
            self.lost.get(pointer, around.lost),
            self.ignored.get(pointer, around.ignored),
            around.is_informative or pointer in self.informative,
            around.is_default or pointer in self.defaults,
            self.addresses.get(pointer, around.addresses),
        )

    def enter(self, leaf: Json, report: Report) -> Entry:
        """The entry of a leaf."""
        pointer = leaf.span.pointer or ""
        if self.lost and (finding := self.said(pointer).lost) is not None:
            return Entry(leaf.span, State.LOST, finding=finding)
        if (addresses := self.addresses.get(pointer)) is not None:
            return Entry(leaf.span, State.CONVERTED, tuple(addresses))
        said = self.said(pointer)
        if said.ignored is not None:
            return Entry(leaf.span, State.INFORMATIVE, finding=said.ignored)
        if said.is_informative:
            return Entry(leaf.span, State.INFORMATIVE)
        is_default = said.is_default or (_says_nothing(leaf) and not _is_item(leaf))
        if not is_default and said.addresses is not None:
            return Entry(leaf.span, State.CONVERTED, tuple(said.addresses))
        if is_default or _says_nothing(leaf):
            return Entry(leaf.span, State.DEFAULT)
        # A leaf that was read, but is nowhere, would be lost in silence.
        finding = Finding(
            codes.UNACCOUNTED,
            leaf.span,
            f"{pointer} was read, but nothing in the output comes from it",
            help="Carry it over by hand, and report this as a fault of aib2packer.",
        )
        report.record(finding)
        return Entry(leaf.span, State.LOST, finding=finding)


def _says_nothing(leaf: Json) -> bool:
    """Whether a leaf is what the service shows for a setting that nobody made; all its booleans are false by default."""
    return not isinstance(leaf, JsonUnknown) and (not isinstance(leaf, JsonScalar) or not leaf.value)


def _is_item(leaf: Json) -> bool:
    """Whether a leaf is a value in a list, where 0 and "" count as any other: an exit code, an empty line."""
    in_list = (leaf.span.pointer or "").rpartition("/")[2].isdecimal()
    return in_list and (isinstance(leaf, JsonUnknown) or (isinstance(leaf, JsonScalar) and leaf.value is not None))


def _findings(report: Report, wanted: Callable[[Code], bool]) -> dict[str, Finding]:
    """The first finding about each setting whose code is wanted."""
    found: dict[str, Finding] = {}
    for finding in report.findings:
        if finding.span.pointer is not None and wanted(finding.code):
            found.setdefault(finding.span.pointer, finding)
    return found


def _upwards(pointer: str) -> list[str]:
    """A pointer and those of what is around it, but for the whole resource."""
    above = []
    while pointer:
        above.append(pointer)
        pointer = pointer.rpartition("/")[0]
    return above


def _nearest(known: Mapping[str, T], pointers: Iterable[str]) -> T | None:
    if not known:
        return None
    for pointer in pointers:
        if pointer in known:
            return known[pointer]
    return None
