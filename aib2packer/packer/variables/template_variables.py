"""Variables of the template as locals: what is long, what stands in several places, and tables that are looked into.

Evaluation puts the values of variables in their places. Here they are found again by what they are equal to, so that the build
reads as the template did; what is short and used once stays where it is. Source: docs/reference/arm-expressions.md 3.5.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Mapping
from functools import partial
from itertools import pairwise
from typing import TYPE_CHECKING

from aib2packer.arm.documents.variable_values import tables_in
from aib2packer.arm.language.symbolic import (
    SYMBOLS,
    Access,
    Apply,
    Concat,
    If,
    VariableSymbol,
    concat,
    identical,
    is_symbol,
    once,
    parts_of,
    rebuild,
    walk,
)
from aib2packer.hcl.names import snake_case
from aib2packer.hcl.printing import print_value
from aib2packer.hcl.values import Local
from aib2packer.lazy.models import dataclass, field
from aib2packer.packer.variables.ours import local_beside

if TYPE_CHECKING:
    from collections.abc import Callable, Container, Iterable, Iterator, Sequence
    from typing import TypeAlias

    from aib2packer.arm.language.symbolic import ArmValue, Lambda, Symbol
    from aib2packer.arm.language.text import ListLines, Placeholder, Segment
    from aib2packer.hcl.values import Value

    TextPiece: TypeAlias = str | Placeholder | Segment | ListLines | Symbol
    Show = Callable[[ArmValue, Mapping[VariableSymbol, Local]], Value | None]
    Texts = Sequence[tuple[TextPiece, ...]]
    # What may stand in a place, and what writes that into it.
    _Place = tuple[list[VariableSymbol], Callable[["_Writer"], object]]

_LONG = 72  # characters: more than a person writes into the middle of a line
_MANY = 1_000  # parts of a value, which need not be printed to know that it is long


@dataclass(frozen=True, slots=True)
class Names:
    """The variables that became locals, the largest first."""

    locals: Mapping[VariableSymbol, Local] = field(default_factory=dict)
    finder: _Finder = field(default_factory=lambda: _Finder(()), compare=False, repr=False)

    @property
    def bodies(self) -> tuple[ArmValue, ...]:
        """What each local holds, with the names of the others in it."""
        return tuple(_Writer(self._in(parts_of(one.value), but=one)).inside(one.value) for one in self.locals)

    def put_back(self, value: ArmValue) -> ArmValue:
        """A value with the names of variables in place of what they are."""
        found = self._in((value,))
        return _Writer(found).value(value) if found else value

    def put_back_in(self, pieces: tuple[TextPiece, ...]) -> tuple[TextPiece, ...]:
        """The pieces of a text with variables put back. What is no symbol of an expression is left as it is."""
        found = self._in(pieces)
        return _Writer(found).pieces(pieces) if found else pieces

    def _in(self, pieces: Sequence[object], but: VariableSymbol | None = None) -> list[VariableSymbol]:
        """The variables that may stand in there."""
        return [one for one in self.finder.within(pieces) if one != but and one in self.locals] if self.locals else []


def name_variables(definitions: Sequence[tuple[str, ArmValue]], texts: Texts, taken: Iterable[str], show: Show) -> Names:
    """Decide which variables become locals, and what these hold.

    Args:
        definitions: Names and values of variables, in the order of their declaration.
        texts: The texts of the build, each as its pieces: plain text, and symbols.
        taken: The names of other locals.
        show: Prints a value, given what stands for the variables in it; None where HCL has nothing for it.

    """
    if not definitions:
        return Names()
    candidates = _candidates(definitions, texts)
    names = _local_names(candidates, set(taken))
    # The largest first: what stands only within it is then used once.
    finder = _Finder(sorted(candidates, key=_size, reverse=True))
    places = _Places(finder, texts)
    chosen: dict[VariableSymbol, None] = {}
    for candidate in finder.variables:
        uses = places.uses(candidate, chosen)
        if uses > 1 or (uses and (_is_table(candidate.value) or _is_long(candidate, show))):
            chosen[candidate] = None
            places.add(candidate)
    locals_: dict[VariableSymbol, Local] = {}
    for one in reversed(chosen):  # what is used comes before what uses it
        body = show(
            _Writer(other for other in finder.within(parts_of(one.value)) if other in locals_).inside(one.value), locals_
        )
        if body is not None:
            locals_[one] = Local(names[one], body)
    return Names({one: locals_[one] for one in reversed(locals_)}, finder)


def _candidates(definitions: Iterable[tuple[str, ArmValue]], texts: Texts) -> list[VariableSymbol]:
    """Variables that are more than a leaf, each value once, and the tables in them that something is looked up in."""
    looked_up: dict[object, list[ArmValue]] = defaultdict(list)
    for one in (one for text in texts for piece in text for one in _walk(piece)):
        if isinstance(one, Access):
            looked_up[_kind(one.target)].append(one.target)
    candidates: list[VariableSymbol] = []
    # A name that begins with `$` is a compiler's: another one for the same says more.
    for name, value in sorted(definitions, key=lambda definition: definition[0].startswith("$")):
        if isinstance(value, Concat | If | Access | Apply):
            candidates.append(VariableSymbol(name, value))
        else:
            candidates += (
                VariableSymbol(path, table) for path, table in tables_in(name, value) if table in looked_up[_kind(table)]
            )
    first: dict[object, list[VariableSymbol]] = defaultdict(list)
    for one in candidates:
        alike = first[_kind(one.value)]
        if not any(identical(one.value, other.value) for other in alike):
            alike.append(one)
    kept = {id(one) for alike in first.values() for one in alike}
    return [one for one in candidates if id(one) in kept]


def _kind(value: object) -> object:
    """What values have in common that may be equal: themselves, or for what has no hash its size."""
    return (type(value), len(value)) if isinstance(value, tuple | Mapping) else value


def _local_names(candidates: Iterable[VariableSymbol], taken: set[str]) -> dict[VariableSymbol, str]:
    """A name for each: the variable's own, with a number where it is taken."""
    names: dict[VariableSymbol, str] = {}
    for candidate in candidates:
        name = snake_case(candidate.name) or "value"
        name = local_beside(name if name[0].isalpha() else f"value_{name}")
        free, number = name, 1
        while free in taken:
            number += 1
            free = f"{name}_{number}"
        taken.add(free)
        names[candidate] = free
    return names


class _Places:
    """The texts of a build, and the values of the locals, in which variables are counted."""

    def __init__(self, finder: _Finder, texts: Texts) -> None:
        self._finder = finder
        self._of: dict[VariableSymbol, list[_Place]] = defaultdict(list)
        for text in texts:
            self._enter(text, partial(_Writer.pieces, pieces=text))

    def add(self, variable: VariableSymbol) -> None:
        """Count in the value of a variable too, which is a local now."""
        self._enter(parts_of(variable.value), partial(_Writer.inside, value=variable.value))

    def uses(self, candidate: VariableSymbol, chosen: Container[VariableSymbol]) -> int:
        """In how many places a variable stands, those within other locals counted once."""
        count = 0
        for found, write in self._of[candidate]:
            writer = _Writer((*(one for one in found if one in chosen), candidate))
            write(writer)
            count += writer.used[candidate]
        return count

    def _enter(self, pieces: Sequence[object], write: Callable[[_Writer], object]) -> None:
        found = self._finder.within(pieces)
        for one in found:
            self._of[one].append((found, write))


class _Finder:
    """Tells which variables may stand in something without trying each: by two parts that stand beside each other in them."""

    def __init__(self, variables: Sequence[VariableSymbol]) -> None:
        self.variables = variables
        self._by_mark: dict[object, list[int]] = defaultdict(list)
        self._beginnings: dict[object, set[int]] = defaultdict(set)
        self._ends: dict[object, set[int]] = defaultdict(set)
        for number, one in enumerate(variables):
            self._by_mark[self._mark(one.value)].append(number)

    def within(self, pieces: Sequence[object]) -> list[VariableSymbol]:
        """The variables that may stand in pieces or within them, in the order in which they were given."""
        marks = list(self._pairs(pieces)) if self.variables else []
        for piece in pieces if self.variables else ():
            for one in walk(piece) if is_symbol(piece) or _is_table(piece) else ():  # type: ignore[arg-type]
                marks.append(_kind(one))
                marks += self._pairs(one.parts) if isinstance(one, Concat) else ()
        return [
            self.variables[number] for number in sorted({number for mark in marks for number in self._by_mark.get(mark, ())})
        ]

    def _mark(self, value: ArmValue) -> object:
        """What is to be seen of a value wherever it stands: the first and the last text of a run may be a part of another."""
        if not isinstance(value, Concat):
            return _kind(value)
        pairs = [pair for pair in pairwise(value.parts) if isinstance(pair[0], str) or isinstance(pair[1], str)]
        if not pairs:
            return value.parts[:2]
        left, right = max(pairs, key=lambda pair: sum(len(part) for part in pair if isinstance(part, str)))
        if isinstance(right, str):
            self._beginnings[left].add(len(right))
        else:
            self._ends[right].add(len(left))  # type: ignore[arg-type]  # one of the two is text
        return left, right

    def _pairs(self, parts: Sequence[object]) -> Iterator[object]:
        for left, right in pairwise(map(_kind, parts)):
            if isinstance(right, str):
                yield from ((left, right[:length]) for length in self._beginnings.get(left, ()))
            elif isinstance(left, str):
                yield from ((left[-length:], right) for length in self._ends.get(right, ()))
            else:
                yield left, right


def _is_long(variable: VariableSymbol, show: Show) -> bool:
    if _size(variable)[0] > _MANY:
        return True
    printed = show(variable.value, {})
    return printed is not None and len(print_value(printed)) > _LONG


def _size(variable: VariableSymbol) -> tuple[int, int]:
    """How many parts a value has when it is written out, and how many characters."""
    return once(_written_out)(variable.value)


def _written_out(value: ArmValue | Lambda, inside: Callable[[ArmValue | Lambda], tuple[int, int]]) -> tuple[int, int]:
    sizes = [inside(part) for part in parts_of(value)]
    text = len(value) if isinstance(value, str) else 0
    return 1 + sum(parts for parts, _ in sizes), text + sum(characters for _, characters in sizes)


def _walk(piece: TextPiece) -> Iterator[ArmValue | Lambda]:
    return walk(piece) if is_symbol(piece) else iter(())  # type: ignore[arg-type]  # a text has symbols of other kinds too


def _is_table(value: ArmValue | Lambda) -> bool:
    return isinstance(value, tuple | Mapping)


class _Writer:
    """Puts variables, given the largest first, in place of what is equal to them, and counts them."""

    def __init__(self, variables: Iterable[VariableSymbol]) -> None:
        ordered = tuple(variables)
        self.symbols = {one.value: one for one in ordered if is_symbol(one.value)}
        self.runs = [(one.value.parts, one) for one in ordered if isinstance(one.value, Concat)]
        self.tables = [one for one in ordered if _is_table(one.value)]
        self.used: Counter[VariableSymbol] = Counter()
        self._written_before: dict[int, tuple[ArmValue, ArmValue, Counter[VariableSymbol]]] = {}

    def value(self, value: ArmValue) -> ArmValue:
        """A value, and all within it. What stands in several places is worked out once, and counted in each."""
        before = self._written_before.get(id(value))
        if before is None:
            counted, self.used = self.used, Counter()
            before = self._written_before[id(value)] = (value, self._value(value), self.used)
            self.used = counted
        if before[2]:
            self.used += before[2]
        return before[1]

    def _value(self, value: ArmValue) -> ArmValue:
        if is_symbol(value):
            found = self.symbols.get(value)
        else:
            found = next((one for one in self.tables if one.value == value), None) if _is_table(value) else None
        return self._use(found) if found is not None and identical(found.value, value) else self.inside(value)

    def symbol(self, symbol: Symbol) -> Symbol:
        """A symbol, which stays one."""
        written = self.value(symbol)
        return written if is_symbol(written) else symbol

    def inside(self, value: ArmValue) -> ArmValue:
        """What is within a value."""
        if isinstance(value, Concat):
            return concat(self._written(value.parts, [run for run in self.runs if run[0] != value.parts]))  # type: ignore[arg-type]
        return rebuild(value, self.value)

    def pieces(self, pieces: Sequence[TextPiece]) -> tuple[TextPiece, ...]:
        """The pieces of a text."""
        return self._written(pieces, self.runs)

    def _written(
        self, pieces: Sequence[TextPiece], runs: Iterable[tuple[tuple[str | Symbol, ...], VariableSymbol]]
    ) -> tuple[TextPiece, ...]:
        for run, variable in runs:
            pieces = self._without_run(pieces, run, variable)
        return tuple(self.symbol(piece) if isinstance(piece, SYMBOLS) else piece for piece in pieces)

    def _without_run(
        self, pieces: Sequence[TextPiece], run: tuple[str | Symbol, ...], variable: VariableSymbol
    ) -> Sequence[TextPiece]:
        """Pieces with a variable in place of those that it consists of; the first and the last may be more than that."""
        written: list[TextPiece] = []
        waiting = list(pieces)
        while len(waiting) >= len(run):
            around = _around(waiting, run)
            if around is None:
                written.append(waiting.pop(0))
                continue
            before, after = around
            written += (*([before] if before else ()), self._use(variable))
            waiting[: len(run)] = [after] if after else []
        return (*written, *waiting)

    def _use(self, variable: VariableSymbol) -> VariableSymbol:
        self.used[variable] += 1
        return variable


def _around(pieces: Sequence[TextPiece], run: tuple[str | Symbol, ...]) -> tuple[str, str] | None:
    """What stands before and behind a run that pieces begin with; None where they do not."""
    before = after = ""
    last = len(run) - 1
    for at, (piece, wanted) in enumerate(zip(pieces, run, strict=False)):
        if at == 0 and isinstance(piece, str) and isinstance(wanted, str) and piece.endswith(wanted):
            before = piece[: -len(wanted)]
        elif at == last and isinstance(piece, str) and isinstance(wanted, str) and piece.startswith(wanted):
            after = piece[len(wanted) :]
        elif not identical(piece, wanted):
            return None
    return before, after
