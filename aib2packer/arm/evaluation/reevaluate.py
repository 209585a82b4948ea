"""Evaluating once more what an evaluation left open: a symbol, in a scope where more has a value."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING

from aib2packer.arm.evaluation.functions.text import to_text
from aib2packer.arm.language.expression import Call, Evaluated, Expression, IndexAccess, PropertyAccess, StringLiteral
from aib2packer.arm.language.json_values import JsonSymbolic, member_of
from aib2packer.arm.language.symbolic import (
    Access,
    Apply,
    ArmValue,
    Concat,
    DeploymentFact,
    If,
    Lambda,
    LambdaVariable,
    ParameterSymbol,
    Runtime,
    Symbol,
    VariableSymbol,
    concat,
    is_known,
    is_symbol,
)
from aib2packer.jsonc.tree import JsonArray, JsonObject, JsonScalar

if TYPE_CHECKING:
    from collections.abc import Iterable

    from aib2packer.arm.evaluation.frame import Frame
    from aib2packer.arm.evaluation.scope import Scope
    from aib2packer.jsonc.tree import Json


def remembered(expression: Expression, scope: Scope) -> Json | None:
    """What a symbol came to before; None for what is no symbol, and within a lambda, where it may be another each time."""
    if not isinstance(expression, Evaluated) or scope.lambda_variables:
        return None
    found = scope.memory.again.get(id(expression.value))
    return None if found is None else found[1]


def remember(expression: Expression, made: Json, scope: Scope) -> None:
    """Keep what a symbol came to."""
    if isinstance(expression, Evaluated) and is_symbol(expression.value) and not scope.lambda_variables:
        scope.memory.again[id(expression.value)] = (expression.value, made)


def as_written(expression: Expression) -> Expression:
    """The expression that a symbol is the value of, as far as it is one that can be written; any other expression as it is."""
    if not isinstance(expression, Evaluated):
        return expression
    match expression.value:
        case ParameterSymbol(is_placeholder=True):  # values of that name stand in its place by now
            return expression
        case ParameterSymbol() | DeploymentFact() | Runtime() | LambdaVariable() | If() | Access() | Apply() as symbol:
            return _expression(symbol)
        case _:
            return expression


def again(expression: Evaluated, frame: Frame) -> Json:
    """A value with all that has become known in it."""
    value, span = expression.value, frame.place.span
    match value:
        case None | bool() | int() | float() | str():
            return JsonScalar(value, span)
        case tuple():
            return JsonArray(tuple([frame.evaluate(Evaluated(item)) for item in value]), span)
        case Mapping():
            members = [(_key(key, frame), frame.evaluate(Evaluated(item))) for key, item in value.items()]
            return JsonObject(tuple(member_of(key, span, item) for key, item in members), span)
        case Concat(parts):
            return frame.node(concat([_text(part, frame) for part in parts]), expression)
        case VariableSymbol(_, inner):
            return frame.evaluate(Evaluated(inner))
        case _:  # nothing makes more of it
            return JsonSymbolic.of(value, span)


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
    value = part if isinstance(part, str) else frame.value(Evaluated(part))
    return to_text(value, quote="'") if is_known(value) else value if is_symbol(value) else part


def _key(key: str | Symbol, frame: Frame) -> str | Symbol:
    value = key if isinstance(key, str) else frame.value(Evaluated(key))
    return value if isinstance(value, str) or is_symbol(value) else key
