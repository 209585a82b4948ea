"""Evaluating once more what an evaluation left open: a symbol, in a scope where more has a value."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING

from aib2packer.arm.evaluation.functions.text import to_text
from aib2packer.arm.language.expression import Call, Evaluated, Expression, IndexAccess, PropertyAccess, StringLiteral
from aib2packer.arm.language.symbolic import (
    Access,
    Apply,
    ArmValue,
    Concat,
    Deferred,
    DeploymentFact,
    If,
    Lambda,
    LambdaVariable,
    ParameterSymbol,
    Runtime,
    Secret,
    Symbol,
    VariableSymbol,
    concat,
    is_known,
    is_symbol,
)
from aib2packer.arm.language.tree import member_of, value_of
from aib2packer.jsonc.tree import JsonArray, JsonObject, JsonScalar

if TYPE_CHECKING:
    from collections.abc import Iterable

    from aib2packer.arm.evaluation.frame import Frame
    from aib2packer.jsonc.tree import Json


def again(value: ArmValue, frame: Frame) -> Json:
    """A value with all that has become known in it."""
    span = frame.place.span
    match value:
        case None | bool() | int() | float() | str():
            return JsonScalar(value, span)
        case tuple():
            return JsonArray(tuple(again(item, frame) for item in value), span)
        case Mapping():
            members = ((_key(key, frame), again(item, frame)) for key, item in value.items())
            return JsonObject(tuple(member_of(key, span, item) for key, item in members), span)
        case _:
            return _symbol(value, frame)


def _symbol(symbol: Symbol, frame: Frame) -> Json:
    """What a symbol stands for; worked out once, but within a lambda, where it may be another one each time."""
    if frame.scope.lambda_variables:
        return _worked_out(symbol, frame)
    known = frame.scope.memory.again
    found = known.get(id(symbol))
    if found is None:
        found = known[id(symbol)] = (symbol, _worked_out(symbol, frame))
    return found[1]


def _worked_out(symbol: Symbol, frame: Frame) -> Json:
    match symbol:
        case Concat(parts):
            return frame.node(concat(_text(part, frame) for part in parts), Evaluated(symbol))
        case VariableSymbol(_, value):
            return again(value, frame)
        case Deferred() | Secret():
            return frame.symbol(symbol, Evaluated(symbol))
        case _:
            return frame.evaluate(_expression(symbol))


def _expression(symbol: ParameterSymbol | DeploymentFact | Runtime | LambdaVariable | If | Access | Apply) -> Expression:
    """The expression that a symbol is the value of."""
    match symbol:
        case ParameterSymbol(name):
            return Call("parameters", (StringLiteral(name),))
        case LambdaVariable(name):
            return Call("lambdaVariables", (StringLiteral(name),))
        case DeploymentFact(function, path):
            return _within(Call(function, ()), path)
        case Runtime(function, arguments, path):
            return _within(Call(function, tuple(map(_argument, arguments))), path)
        case If(condition, then, otherwise):
            return Call("if", tuple(map(Evaluated, (condition, then, otherwise))))
        case Access(target, key, safe):
            whole, inner = Evaluated(target), Evaluated(key)
            return Call("tryGet", (whole, inner)) if safe else IndexAccess(whole, inner)
        case Apply(function, arguments):
            return Call(function, tuple(map(_argument, arguments)))


def _argument(value: ArmValue | Lambda) -> Expression:
    if isinstance(value, Lambda):
        return Call("lambda", (*map(StringLiteral, value.parameters), Evaluated(value.body)))
    return Evaluated(value)


def _within(target: Expression, path: Iterable[str | int]) -> Expression:
    for key in path:
        target = PropertyAccess(target, key) if isinstance(key, str) else IndexAccess(target, Evaluated(key))
    return target


def _text(part: str | Symbol, frame: Frame) -> str | Symbol:
    value = part if isinstance(part, str) else value_of(again(part, frame))
    return to_text(value, quote="'") if is_known(value) else value if is_symbol(value) else part


def _key(key: str | Symbol, frame: Frame) -> str | Symbol:
    value = key if isinstance(key, str) else value_of(again(key, frame))
    return value if isinstance(value, str) or is_symbol(value) else key
