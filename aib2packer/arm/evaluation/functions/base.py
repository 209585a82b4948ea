"""What a function of the ARM language is here, and how it reads its arguments."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, NoReturn

from aib2packer.arm.evaluation.budget import Budget
from aib2packer.arm.language.describe import describe_type, shorten
from aib2packer.arm.language.json_values import JsonSymbolic, node_of, value_of
from aib2packer.arm.language.symbolic import Apply, If, is_known, is_symbol, type_of
from aib2packer.lazy.models import dataclass, field

if TYPE_CHECKING:
    from collections.abc import Callable

    from aib2packer.arm.language.symbolic import ArmValue
    from aib2packer.jsonc.tree import Json
    from aib2packer.text.source import Span


class FunctionError(Exception):
    """A function cannot be applied. `argument` counts the one to blame from 0; None blames the call."""

    def __init__(self, message: str, help: str, argument: int | None = None) -> None:  # noqa: A002 - the term of Finding
        super().__init__(message)
        self.message = message
        self.help = help
        self.argument = argument


@dataclass(frozen=True, slots=True)
class Arguments:
    """The arguments of one call. The readers give an argument of a type, or raise FunctionError."""

    function: str
    values: tuple[ArmValue, ...]
    budget: Budget = field(default_factory=Budget, repr=False)

    def __len__(self) -> int:
        return len(self.values)

    def __getitem__(self, index: int) -> ArmValue:
        return self.values[index]

    @property
    def shown(self) -> str:
        """The name as the template has it: those of Terraform's functions have a sign in front here."""
        return self.function.removeprefix("$")

    def string(self, index: int) -> str:
        """A string."""
        value = self.values[index]
        return value if isinstance(value, str) else self.wrong(index, "a string")

    def integer(self, index: int) -> int:
        """A whole number."""
        value = self.values[index]
        return value if isinstance(value, int) and not isinstance(value, bool) else self.wrong(index, "a whole number")

    def boolean(self, index: int) -> bool:
        """True or false."""
        value = self.values[index]
        return value if isinstance(value, bool) else self.wrong(index, "true or false")

    def array(self, index: int) -> tuple[ArmValue, ...]:
        """An array, whose items may be symbols."""
        value = self.values[index]
        return value if isinstance(value, tuple) else self.wrong(index, "an array")

    def object(self, index: int) -> dict[str, ArmValue]:
        """An object of known keys, whose values may be symbols."""
        value = self.values[index]
        if isinstance(value, Mapping):
            known = {key: item for key, item in value.items() if isinstance(key, str)}
            if len(known) == len(value):
                return known
        return self.wrong(index, "an object")

    def wrong(self, index: int, expected: str) -> NoReturn:
        """Refuse an argument."""
        value = self.values[index]
        found = describe_type(type_of(value)) if not isinstance(value, str) else f"the string `{shorten(value)}`"
        message = f"`{self.shown}` takes {expected} here, found {found}"
        raise FunctionError(message, f"Give {expected}.", index)

    def fail(self, message: str, help: str, argument: int | None = None) -> NoReturn:  # noqa: A002
        """Refuse what the arguments say."""
        full = f"`{self.shown}`: {message}"
        raise FunctionError(full, help, argument)


@dataclass(frozen=True, slots=True)
class Pure:
    """A function of plain values. `compute` gets known ones only; `partly` is asked first where some are not known.

    `partly` gives None where it has nothing to say. (It never says null: nothing symbolic makes null.)
    """

    name: str
    minimum: int
    maximum: int | None
    compute: Callable[[Arguments], ArmValue]
    partly: Callable[[Arguments], ArmValue | None] = lambda _: None


@dataclass(frozen=True, slots=True)
class Structural:
    """A function that gives parts of its arguments back, places included, though not all in them be known."""

    name: str
    minimum: int
    maximum: int | None
    build: Callable[[Nodes], Json]


@dataclass(frozen=True, slots=True)
class Nodes:
    """The arguments of one call of a structural function, and the place of the call."""

    function: str
    items: tuple[Json, ...]
    span: Span
    budget: Budget = field(default_factory=Budget, repr=False)

    @property
    def values(self) -> Arguments:
        """The arguments without their places."""
        return Arguments(self.function, tuple(map(value_of, self.items)), self.budget)

    def give(self, value: ArmValue) -> Json:
        """A result that has no place of its own."""
        return node_of(value, self.span)

    def symbolic(self) -> Json:
        """The call itself, as a symbol: nothing more can be said."""
        return JsonSymbolic.of(Apply(self.function, self.values.values), self.span)

    def wrong(self, index: int, expected: str) -> NoReturn:
        """Refuse an argument."""
        self.values.wrong(index, expected)


def apply_pure(function: Pure, values: tuple[ArmValue, ...], budget: Budget) -> ArmValue:
    """Apply a function of plain values, as far as its arguments are known.

    Raises:
        FunctionError: It refuses them.

    """
    arguments = Arguments(function.name, values, budget)
    if all(map(is_known, values)):
        return function.compute(arguments)
    partly = function.partly(arguments)
    if partly is not None:
        return partly
    return _distributed(function, values, budget) or Apply(function.name, values)


def _distributed(function: Pure, values: tuple[ArmValue, ...], budget: Budget) -> ArmValue | None:
    """`f(if(c, a, b))` as `if(c, f(a), f(b))`, where both can be computed; else None."""
    unknown = [index for index, value in enumerate(values) if not is_known(value)]
    choice = values[unknown[0]]
    if len(unknown) > 1 or not isinstance(choice, If) or not (is_known(choice.then) and is_known(choice.otherwise)):
        return None
    before, after = values[: unknown[0]], values[unknown[0] + 1 :]
    then, otherwise = (apply_pure(function, (*before, arm, *after), budget) for arm in (choice.then, choice.otherwise))
    return choose(choice.condition, then, otherwise)


def choose(condition: ArmValue, then: ArmValue, otherwise: ArmValue) -> ArmValue:
    """`if`, as simple as it gets."""
    if isinstance(condition, bool):
        return then if condition else otherwise
    if type_of(then) == type_of(otherwise) and then == otherwise:
        return then
    if then is True and otherwise is False:
        return condition
    if then is False and otherwise is True:
        return negate(condition)
    if not is_symbol(condition):
        message = "`if` decides by true or false"
        raise FunctionError(message, "Compare the value: `equals(…)`.", 0)
    return If(condition, then, otherwise)


def negate(condition: ArmValue) -> ArmValue:
    """`not`, as simple as it gets."""
    match condition:
        case bool():
            return not condition
        case Apply("not", (inner,)):
            return inner  # type: ignore[return-value]  # `not` never gets a lambda
        case _:
            return Apply("not", (condition,))
