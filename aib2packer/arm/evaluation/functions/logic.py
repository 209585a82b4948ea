"""Functions that compare and decide; `if`, `and` and their like are in arm/evaluation/special_forms.py.

Source: docs/reference/arm-expressions.md 2.3.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING

from aib2packer.arm.evaluation.functions.base import Arguments, Pure, choose, negate
from aib2packer.arm.evaluation.functions.collation import COLLATED, collation_key
from aib2packer.arm.evaluation.functions.text import to_text
from aib2packer.arm.language.symbolic import Concat, DeploymentFact, If, is_symbol, once, same, type_of

if TYPE_CHECKING:
    from collections.abc import Callable

    from aib2packer.arm.language.symbolic import ArmValue


def _not(arguments: Arguments) -> ArmValue:
    return not arguments.boolean(0)


def _not_partly(arguments: Arguments) -> ArmValue | None:
    return negate(arguments[0]) if is_symbol(arguments[0]) else None


def _bool(arguments: Arguments) -> ArmValue:
    value = arguments[0]
    if isinstance(value, str) and value.strip().lower() in {"true", "false", "1", "0"}:
        return value.strip().lower() in {"true", "1"}
    if isinstance(value, int):
        return bool(value)
    return arguments.wrong(0, "true, false, 1 or 0")


def _bool_partly(arguments: Arguments) -> ArmValue | None:
    return arguments[0] if type_of(arguments[0]) == "bool" else None


def _equals(arguments: Arguments) -> ArmValue:
    return same(arguments[0], arguments[1])


def _equals_partly(arguments: Arguments) -> ArmValue | None:
    return same(arguments[0], arguments[1])


def _comparison(holds: Callable[[object, object], bool]) -> Callable[[Arguments], ArmValue]:
    """An order of numbers, or of texts by invariant culture."""

    def compute(arguments: Arguments) -> ArmValue:
        one, other = arguments.values
        if isinstance(one, str):
            arguments.budget.pay(COLLATED * (len(one) + len(arguments.string(1))))
            return holds(collation_key(one), collation_key(arguments.string(1)))
        if isinstance(one, float) or isinstance(other, float):
            return holds(one, other if isinstance(other, float) else arguments.integer(1))
        return holds(arguments.integer(0), arguments.integer(1))

    return compute


def _empty(arguments: Arguments) -> ArmValue:
    value = arguments[0]
    if value is None:
        return True
    if isinstance(value, str | tuple | Mapping):
        return not value
    return arguments.wrong(0, "a string, an array or an object")


def _empty_partly(arguments: Arguments) -> ArmValue | None:
    return once(_emptiness)(arguments[0])


def _emptiness(value: ArmValue, inside: Callable[[ArmValue], ArmValue | None]) -> ArmValue | None:
    """Joined text with a literal in it is not empty, nor are the names that every deployment has."""
    match value:
        case tuple() | Mapping():
            return not value
        case Concat(parts) if any(isinstance(part, str) for part in parts):
            return False
        case DeploymentFact(path=("subscriptionId" | "tenantId" | "name" | "location",)):
            return False
        case If(condition, then, otherwise):
            one, other = inside(then), inside(otherwise)
            return None if one is None or other is None else choose(condition, one, other)
        case None | str():
            return not value
        case _:
            return None


def _contains(arguments: Arguments) -> ArmValue:
    container, item = arguments.values
    match container:
        case str():
            if not isinstance(item, str | int):
                arguments.wrong(1, "a string")
            return to_text(item) in container
        case tuple():
            return any(same(one, item) for one in container)
        case dict():
            if not isinstance(item, str | int):
                arguments.wrong(1, "the name of a property")
            return any(isinstance(key, str) and key.casefold() == to_text(item).casefold() for key in container)
        case _:
            return arguments.wrong(0, "a string, an array or an object")


def _contains_partly(arguments: Arguments) -> ArmValue | None:
    container, item = arguments.values
    match container:
        case Concat(parts):
            found = isinstance(item, str) and any(isinstance(part, str) and item in part for part in parts)
            return True if found else None
        case tuple():
            answers = [same(one, item) for one in container]
            return True if True in answers else None if None in answers else False
        case dict() if isinstance(item, str):
            found = any(isinstance(key, str) and key.casefold() == item.casefold() for key in container)
            return found if found or all(isinstance(key, str) for key in container) else None
        case _:
            return None


FUNCTIONS = (
    Pure("not", 1, 1, _not, _not_partly),
    Pure("bool", 1, 1, _bool, _bool_partly),
    Pure("true", 0, 0, lambda _: True),
    Pure("false", 0, 0, lambda _: False),
    Pure("null", 0, 0, lambda _: None),
    Pure("equals", 2, 2, _equals, _equals_partly),
    Pure("greater", 2, 2, _comparison(lambda one, other: one > other)),  # type: ignore[operator]  # both of one type
    Pure("greaterOrEquals", 2, 2, _comparison(lambda one, other: one >= other)),  # type: ignore[operator]
    Pure("less", 2, 2, _comparison(lambda one, other: one < other)),  # type: ignore[operator]
    Pure("lessOrEquals", 2, 2, _comparison(lambda one, other: one <= other)),  # type: ignore[operator]
    Pure("empty", 1, 1, _empty, _empty_partly),
    Pure("contains", 2, 2, _contains, _contains_partly),
)
