"""Functions over whole numbers (docs/reference/arm-expressions.md 2.5)."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from aib2packer.arm.evaluation.functions.base import Pure
from aib2packer.arm.language.symbolic import type_of

if TYPE_CHECKING:
    from collections.abc import Callable

    from aib2packer.arm.evaluation.functions.base import Arguments
    from aib2packer.arm.language.symbolic import ArmValue

_INT64 = 1 << 63
_MAX_RANGE = 10_000
_INT32 = (1 << 31) - 1


def _checked(arguments: Arguments, result: int) -> int:
    if not -_INT64 <= result < _INT64:
        arguments.fail("the result has more than 64 bits", "Use smaller numbers.")
    return result


def _arithmetic(operation: Callable[[int, int], int]) -> Callable[[Arguments], ArmValue]:
    def compute(arguments: Arguments) -> ArmValue:
        return _checked(arguments, operation(arguments.integer(0), arguments.integer(1)))

    return compute


def _division(*, remainder: bool) -> Callable[[Arguments], ArmValue]:
    """Division towards zero; the remainder has the sign of the dividend."""

    def compute(arguments: Arguments) -> ArmValue:
        dividend, divisor = arguments.integer(0), arguments.integer(1)
        if divisor == 0:
            arguments.fail("division by zero", "Give another divisor.", 1)
        quotient = abs(dividend) // abs(divisor)
        quotient = quotient if (dividend < 0) == (divisor < 0) else -quotient
        return dividend - quotient * divisor if remainder else _checked(arguments, quotient)

    return compute


def _extreme(choose: Callable[[list[int]], int]) -> Callable[[Arguments], ArmValue]:
    """`min` and `max`, of the arguments or of one array."""

    def compute(arguments: Arguments) -> ArmValue:
        if len(arguments) == 1 and isinstance(arguments[0], tuple):
            numbers = [item for item in arguments.array(0) if type_of(item) == "int"]
            if len(numbers) != len(arguments.array(0)) or not numbers:
                arguments.wrong(0, "whole numbers, or an array of them")
            return choose(numbers)  # type: ignore[arg-type]  # all are int
        return choose([arguments.integer(index) for index in range(len(arguments))])

    return compute


def _range(arguments: Arguments) -> ArmValue:
    start, count = arguments.integer(0), arguments.integer(1)
    if not 0 <= count <= _MAX_RANGE:
        arguments.fail(f"{count} numbers cannot be counted", f"Give a count from 0 to {_MAX_RANGE}.", 1)
    if start + count > _INT32 + 1:
        arguments.fail("the last number has more than 32 bits", "Start lower.", 0)
    return tuple(range(start, start + count))


def _int(arguments: Arguments) -> ArmValue:
    value = arguments[0]
    if isinstance(value, str):
        if not re.fullmatch(r"\s*[+-]?[0-9]{1,19}\s*", value):
            arguments.wrong(0, "a whole number, or text that is one")
        return _checked(arguments, int(value))
    return int(value) if isinstance(value, float) else arguments.integer(0)


def _float(arguments: Arguments) -> ArmValue:
    value = arguments[0]
    if isinstance(value, str):
        if not re.fullmatch(r"\s*[+-]?[0-9]{1,300}(\.[0-9]{0,300})?([eE][+-]?[0-9]{1,2})?\s*", value):
            arguments.wrong(0, "a number, or text that is one")
        return float(value)
    return value if isinstance(value, float) else float(arguments.integer(0))


def _int_partly(arguments: Arguments) -> ArmValue | None:
    return arguments[0] if type_of(arguments[0]) == "int" else None


FUNCTIONS = (
    Pure("add", 2, 2, _arithmetic(lambda one, other: one + other)),
    Pure("sub", 2, 2, _arithmetic(lambda one, other: one - other)),
    Pure("mul", 2, 2, _arithmetic(lambda one, other: one * other)),
    Pure("div", 2, 2, _division(remainder=False)),
    Pure("mod", 2, 2, _division(remainder=True)),
    Pure("min", 1, None, _extreme(min)),
    Pure("max", 1, None, _extreme(max)),
    Pure("range", 2, 2, _range),
    Pure("int", 1, 1, _int, _int_partly),
    Pure("float", 1, 1, _float),
)
