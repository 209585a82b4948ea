"""Functions that apply a lambda (docs/reference/arm-expressions.md 2.6): `map`, `filter`, `reduce`, `sort`, and over objects.

A known list is worked through; over one that is not known, the function stays with its lambda, whose variables are symbols.
"""

from __future__ import annotations

from functools import cmp_to_key
from types import MappingProxyType
from typing import TYPE_CHECKING

from aib2packer.arm.evaluation.frame import fail
from aib2packer.arm.evaluation.functions.text import to_text
from aib2packer.arm.language.describe import describe_type
from aib2packer.arm.language.expression import Call, StringLiteral
from aib2packer.arm.language.json_values import JsonSymbolic, has_symbolic_keys, member_of, value_of
from aib2packer.arm.language.symbolic import Apply, Lambda, LambdaVariable, Type, is_symbol, type_of
from aib2packer.jsonc.tree import Json, JsonArray, JsonMember, JsonObject
from aib2packer.lazy.models import dataclass

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from aib2packer.arm.evaluation.frame import Frame
    from aib2packer.arm.language.expression import Expression
    from aib2packer.arm.language.symbolic import ArmValue


_CALLS = 4  # of Python, more than another function has


class _Unknown(Exception):  # noqa: N818 - no error: the function stays a symbol
    """The result of a lambda decides, and is not known."""


@dataclass(frozen=True, slots=True)
class _Function:
    """A lambda in its frame."""

    frame: Frame
    names: tuple[str, ...]
    body: Expression

    def apply(self, *arguments: Json) -> Json:
        """The value of the body; arguments beyond the parameters are left out."""
        bound = {name.lower(): argument for name, argument in zip(self.names, arguments, strict=False)}
        budget = self.frame.scope.memory.budget
        before = budget.enter(_CALLS)
        result = self.frame.inside(self.frame.scope.with_lambda_variables(bound)).evaluate(self.body)
        budget.depth = before
        return result

    def decide(self, *arguments: Json) -> bool:
        """True or false."""
        value = value_of(self.apply(*arguments))
        if is_symbol(value):
            raise _Unknown
        if not isinstance(value, bool):
            fail(
                self.body,
                f"the lambda gives {describe_type(type_of(value))}; expected true or false",
                "Compare it: `equals(…)`.",
            )
        return value

    def name(self, *arguments: Json) -> str:
        """A name for a property."""
        value = value_of(self.apply(*arguments))
        if is_symbol(value):
            raise _Unknown
        if not isinstance(value, str | int):
            fail(self.body, f"{describe_type(type_of(value))} is not a name for a property", "Make it a string.")
        return to_text(value)

    def symbolic(self, *types: Type) -> Lambda:
        """The lambda over variables of these types; "int" for the index behind them."""
        kinds = (*types, "int")
        variables = [LambdaVariable(name, kind) for name, kind in zip(self.names, kinds, strict=False)]
        nodes = [self.frame.symbol(variable, self.body) for variable in variables]
        return Lambda(self.names, value_of(self.apply(*nodes)))


def evaluate_lambda_function(call: Call, frame: Frame) -> Json:
    """Apply one of `LAMBDA_FUNCTIONS`."""
    name, _, _, function = LAMBDA_FUNCTIONS[call.name.lower()]
    target = frame.evaluate(call.arguments[0])
    # `reduce` has the start between the list and the lambda.
    places = (2,) if name == "reduce" else tuple(range(1, len(call.arguments)))
    lambdas = [_lambda(call.arguments[place], frame) for place in places]
    over_object = name == "mapValues"
    if not isinstance(target, JsonSymbolic | (JsonObject if over_object else JsonArray)):
        kind = describe_type(type_of(value_of(target)))
        expected = "an object" if over_object else "an array"
        fail(call.arguments[0], f"`{name}` goes over {expected}, found {kind}", f"Give {expected}.")
    if not isinstance(target, JsonSymbolic) and not (isinstance(target, JsonObject) and has_symbolic_keys(target)):
        try:
            return function(call, frame, target, lambdas)
        except _Unknown:
            pass
    return _stays(name, call, frame, target, lambdas)


def _stays(name: str, call: Call, frame: Frame, target: Json, lambdas: list[_Function]) -> Json:
    whole = value_of(target)
    item: Type = "string" if isinstance(whole, Apply) and whole.function == "split" else "any"
    start: tuple[ArmValue, ...] = (frame.value(call.arguments[1]),) if name == "reduce" else ()
    count = 2 if name in {"reduce", "sort"} else 1
    return frame.symbol(Apply(name, (whole, *start, *(one.symbolic(*(item,) * count) for one in lambdas))), call)


def _lambda(expression: Expression, frame: Frame) -> _Function:
    if not isinstance(expression, Call) or expression.name.lower() != "lambda" or not expression.arguments:
        fail(expression, "found no lambda; expected one here", "It looks like `lambda('x', lambdaVariables('x'))`.")
    *names, body = expression.arguments
    for one in names:
        if not isinstance(one, StringLiteral):
            fail(one, "the variables of a lambda are named in single quotes", "It looks like `lambda('x', …)`.")
    return _Function(frame, tuple(one.value for one in names if isinstance(one, StringLiteral)), body)


def _items(target: Json) -> tuple[Json, ...]:
    return target.items if isinstance(target, JsonArray) else ()


def _map(call: Call, frame: Frame, target: Json, lambdas: list[_Function]) -> Json:
    results = (lambdas[0].apply(item, frame.node(index, call)) for index, item in enumerate(_items(target)))
    return JsonArray(tuple(results), frame.span(call))


def _filter(call: Call, frame: Frame, target: Json, lambdas: list[_Function]) -> Json:
    chosen = (item for index, item in enumerate(_items(target)) if lambdas[0].decide(item, frame.node(index, call)))
    return JsonArray(tuple(chosen), frame.span(call))


def _reduce(call: Call, frame: Frame, target: Json, lambdas: list[_Function]) -> Json:
    result = frame.evaluate(call.arguments[1])
    for index, item in enumerate(_items(target)):
        result = lambdas[0].apply(result, item, frame.node(index, call))
    return result


def _sort(call: Call, frame: Frame, target: Json, lambdas: list[_Function]) -> Json:
    """By "the one comes before the other"; those of which neither does keep their order."""

    def compare(one: Json, other: Json) -> int:
        return -1 if lambdas[0].decide(one, other) else 0

    return JsonArray(tuple(sorted(_items(target), key=cmp_to_key(compare))), frame.span(call))


def _to_object(call: Call, frame: Frame, target: Json, lambdas: list[_Function]) -> Json:
    members: dict[str, JsonMember] = {}
    for item in _items(target):
        key = lambdas[0].name(item)
        value = lambdas[1].apply(item) if len(lambdas) > 1 else item
        members[key] = member_of(key, item.span, value)
    return JsonObject(tuple(members.values()), frame.span(call))


def _group_by(call: Call, frame: Frame, target: Json, lambdas: list[_Function]) -> Json:
    groups: dict[str, list[Json]] = {}
    for item in _items(target):
        groups.setdefault(lambdas[0].name(item), []).append(lambdas[1].apply(item) if len(lambdas) > 1 else item)
    span = frame.span(call)
    members = (JsonMember(key, group[0].span, JsonArray(tuple(group), span)) for key, group in groups.items())
    return JsonObject(tuple(members), span)


def _map_values(call: Call, frame: Frame, target: Json, lambdas: list[_Function]) -> Json:
    members = target.members if isinstance(target, JsonObject) else ()
    changed = (JsonMember(member.key, member.key_span, lambdas[0].apply(member.value)) for member in members)
    return JsonObject(tuple(changed), frame.span(call))


LAMBDA_FUNCTIONS: Mapping[str, tuple[str, int, int, Callable[[Call, Frame, Json, list[_Function]], Json]]] = MappingProxyType(
    {
        "map": ("map", 2, 2, _map),
        "filter": ("filter", 2, 2, _filter),
        "reduce": ("reduce", 3, 3, _reduce),
        "sort": ("sort", 2, 2, _sort),
        "toobject": ("toObject", 2, 3, _to_object),
        "groupby": ("groupBy", 2, 3, _group_by),
        "mapvalues": ("mapValues", 2, 2, _map_values),
    }
)
