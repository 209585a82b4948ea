"""What an evaluation may cost. Each cost is counted before it is paid, so that no template can make one without end.

Sources of ARM's own limits: learn.microsoft.com/azure/azure-resource-manager/templates/best-practices#template-limits. The
others are ours, far above what the largest public image template takes.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from aib2packer.arm.language.expression import ExpressionError
from aib2packer.arm.language.json_values import JsonSymbolic
from aib2packer.arm.language.symbolic import SYMBOLS, Concat, Lambda, parts_of
from aib2packer.jsonc.tree import JsonArray, JsonObject, JsonScalar
from aib2packer.lazy.models import dataclass, field
from aib2packer.options import MOST_WORK

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from aib2packer.arm.language.symbolic import ArmValue, Symbol
    from aib2packer.jsonc.tree import Json
    from aib2packer.text.source import Span

MAX_TEXT = 4 << 20  # characters of one value: what a template may have when all is filled in
_MAX_ALL_TEXT = 4 * MAX_TEXT
_MAX_VALUES = 100_000  # in one value; what stands in it twice is counted twice
_MAX_DEPTH = 100  # of a value: what goes through one takes up to four calls of Python a level
_MAX_SYMBOL_DEPTH = 120
_MAX_PARTS = 1_000  # of joined text
_READING = 2  # calls of Python for each level of a value, where a function goes through it
_MAX_CALLS = 650  # calls of Python within each other, of the 1,000 that there are

_NESTING = frozenset({*SYMBOLS, tuple, dict, Lambda})

STEP = 60
"""The work of evaluating one call."""
_SYMBOL = 1_000  # more than another value: it is compared, named and printed
NODE = 20
"""The work of making one value of JSON, and of all that is done with it later."""
_CHARACTERS = 16  # that are made or looked at for a unit of work


class LimitError(ExpressionError):
    """A limit is exceeded; no arm of `if` gets around it."""

    def __init__(self, message: str, help: str) -> None:  # noqa: A002 - the term of Finding
        super().__init__(message, 0, 0, help)


class Size(NamedTuple):
    """How large a value is when it is written out."""

    values: int
    characters: int
    depth: int


@dataclass(slots=True)
class Budget:
    """What has been paid, and how large the values are that were made: known by identity, so each is measured once.

    `most` is the work that may be paid for.
    """

    most: int = MOST_WORK
    work: int = 0
    text: int = 0
    depth: int = 0
    _sizes: dict[int, tuple[object, Size]] = field(default_factory=dict, repr=False)
    _depths: dict[int, tuple[object, int]] = field(default_factory=dict, repr=False)

    def pay(self, work: int) -> None:
        """Count work.

        Raises:
            LimitError: It is too much altogether.

        """
        self.work += work
        if self.work > self.most:
            message = "the evaluation takes too many steps"
            raise LimitError(message, "Check the loops and lambdas: ARM has limits too.")

    def has(self, work: int) -> bool:
        """Whether there is as much left."""
        return self.work + work <= self.most

    def allow_text(self, length: int) -> None:
        """Look whether a text may be made that is this long.

        Raises:
            LimitError: It is too long, or all are together.

        """
        if length > MAX_TEXT or self.text + length > _MAX_ALL_TEXT:
            message = "the text is too long"
            raise LimitError(message, "A template and what it makes has 4 MB at most.")

    def allow_values(self, count: int) -> None:
        """Look whether something may be made of this many values.

        Raises:
            LimitError: They are too many.

        """
        if count > _MAX_VALUES:
            message = "the value is too large"
            raise LimitError(message, "Check the loops, lambdas and variables: a template and what it makes has 4 MB at most.")

    def pay_for_reading(self, nodes: Iterable[Json]) -> None:
        """Count that values are looked at from end to end, all that stands in them.

        Raises:
            LimitError: They are too large together.

        """
        values = characters = depth = 0
        for node in nodes:
            size = self.measure(node)
            values += size.values
            characters += size.characters
            depth = max(depth, size.depth)
        self.allow_depth(_READING * depth)
        self.allow_values(values)
        self.allow_text(characters)
        self.pay(2 * values + characters // _CHARACTERS)

    def pay_for_result(self, node: Json) -> None:
        """Count what was made.

        Raises:
            LimitError: It is too large.

        """
        if isinstance(node, JsonScalar) and isinstance(node.value, str):
            self.allow_text(len(node.value))
            self.text += len(node.value)
            self.pay(len(node.value) // _CHARACTERS)
        else:
            self.measure(node)

    def enter(self, calls: int, span: Span | None = None) -> int:
        """Go deeper by as many calls of Python; gives the depth to come back to.

        Raises:
            LimitError: It is too deep.

        """
        before = self.depth
        if before + calls > _MAX_CALLS:
            error = LimitError("the values are nested too deeply", "Check for functions that call themselves.")
            error.span = span
            raise error
        self.depth += calls
        return before

    def allow_depth(self, calls: int) -> None:
        """Look whether there is room for as many calls of Python within each other.

        Raises:
            LimitError: It would be too deep.

        """
        self.depth = self.enter(calls)

    def measure(self, node: Json) -> Size:
        """How large a value is. Without recursion: this is what guards all that has it.

        Raises:
            LimitError: It is too large, or nested too deeply.

        """
        if isinstance(node, JsonScalar):
            return Size(1, _length(node), 1)
        sizes = self._sizes
        if (known := sizes.get(id(node))) is not None:
            return known[1]
        waiting = [node]
        while waiting:
            one = waiting[-1]
            if id(one) not in sizes:
                nodes = _nodes_in(one)
                if missing := [part for part in nodes if not isinstance(part, JsonScalar) and id(part) not in sizes]:
                    waiting += missing
                    continue
                sizes[id(one)] = (one, self._checked(self._sum(one, nodes)))
            waiting.pop()
        return sizes[id(node)][1]

    def _sum(self, node: Json, inside: Sequence[Json]) -> Size:
        """The size of what is no scalar, with those of the nodes in it."""
        if isinstance(node, JsonSymbolic):
            parts = parts_of(node.symbol)
            self.pay(len(parts))
            if isinstance(node.symbol, Concat) and len(parts) > _MAX_PARTS:
                message = "the text has too many parts that are not known"
                raise LimitError(message, "Give the parameters in it values: --set NAME=…, or a parameters file with -p.")
            return Size(1 + len(parts), sum(len(part) for part in parts if isinstance(part, str)), self._deepest(node.symbol))
        self.pay(NODE * (1 + len(inside)))
        values, characters, depth = 1, 0, 1 if inside else 0
        for part in inside:
            if isinstance(part, JsonScalar):
                values += 1
                characters += _length(part)
            else:
                size = self._sizes[id(part)][1]
                values += size.values
                characters += size.characters
                depth = max(depth, size.depth)
        if isinstance(node, JsonObject):
            characters += sum([len(member.key) for member in node.members])
        return Size(values, characters, 1 + depth)

    def _checked(self, size: Size) -> Size:
        self.allow_values(size.values)
        self.allow_text(size.characters)
        if size.depth > _MAX_DEPTH:
            message = "the values are nested too deeply"
            raise LimitError(message, "Check the loops and lambdas.")
        return size

    def _deepest(self, symbol: Symbol) -> int:
        """How deep symbols stand in each other."""
        waiting: list[ArmValue | Lambda] = [symbol]
        while waiting:
            one = waiting[-1]
            if id(one) not in self._depths:
                parts = [part for part in parts_of(one) if type(part) in _NESTING]
                if missing := [part for part in parts if id(part) not in self._depths]:
                    waiting += missing
                    continue
                self.pay(_SYMBOL + len(parts))
                self._depths[id(one)] = (one, 1 + max([self._depths[id(part)][1] for part in parts], default=0))
            waiting.pop()
        depth = self._depths[id(symbol)][1]
        if depth > _MAX_SYMBOL_DEPTH:
            message = "the expression is nested too deeply, with its variables filled in"
            raise LimitError(message, "Make it simpler.")
        return depth


def _length(node: JsonScalar) -> int:
    """How long a scalar is when it is written out, nearly so."""
    return len(node.value) if isinstance(node.value, str) else 1


def _nodes_in(node: Json) -> tuple[Json, ...]:
    match node:
        case JsonArray(items):
            return items
        case JsonObject(members):
            return tuple([member.value for member in members])
        case _:
            return ()
