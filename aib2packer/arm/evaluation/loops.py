"""`copy`: one value a round (docs/reference/arm-expressions.md 1.5)."""

from __future__ import annotations

from typing import TYPE_CHECKING

from aib2packer.arm.evaluation.budget import STEP
from aib2packer.arm.language.expression import ExpressionError
from aib2packer.arm.language.json_values import JsonSymbolic, value_of
from aib2packer.arm.language.symbolic import Apply, Lambda, LambdaVariable, is_symbol
from aib2packer.jsonc.tree import JsonArray, JsonObject, string_of

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from aib2packer.arm.evaluation.scope import Scope
    from aib2packer.jsonc.tree import Json, JsonMember

    Evaluate = Callable[[Json, Scope], Json]

MAX_ROUNDS = 800
"""The most rounds of any loop: https://learn.microsoft.com/azure/azure-resource-manager/templates/copy-resources"""


def loops_of(member: JsonMember) -> tuple[JsonObject, ...]:
    """The loops of a member `"copy": [{name, count, input}, …]`; none where `copy` is but a name."""
    if member.key.lower() != "copy" or not isinstance(member.value, JsonArray):
        return ()
    loops = tuple(item for item in member.value.items if isinstance(item, JsonObject) and _is_loop(item))
    return loops if len(loops) == len(member.value.items) else ()


def _is_loop(item: JsonObject) -> bool:
    return item.get("count") is not None and item.get("input") is not None


def run_loop(loop: JsonObject, scope: Scope, evaluate: Evaluate) -> Json:
    """The array that a loop makes; a `map` over `range` where the number of rounds is not known."""
    name = string_of(_name(loop, scope, evaluate)) or ""
    count, body = loop.get("count"), loop.get("input")
    if count is None or body is None:
        raise _error(loop, "a loop has `count` and `input`", "Write both.")
    number = value_of(evaluate(count, scope))
    if is_symbol(number):
        variable = LambdaVariable(name or "index", "int")
        item = value_of(evaluate(body, scope.with_loop(name, variable)))
        rounds = Apply("range", (0, number))
        return JsonSymbolic.of(Apply("map", (rounds, Lambda((variable.name,), item))), loop.span)
    if not isinstance(number, int) or isinstance(number, bool) or not 0 <= number <= MAX_ROUNDS:
        raise _error(count, "the number of rounds is not a whole number", f"Give one from 0 to {MAX_ROUNDS}.")
    made = JsonArray(tuple(_rounds(body, number, name, scope, evaluate)), loop.span)
    scope.memory.budget.measure(made)
    return made


def _rounds(body: Json, number: int, name: str, scope: Scope, evaluate: Evaluate) -> Iterator[Json]:
    for index in range(number):
        scope.memory.budget.pay(STEP)
        yield evaluate(body, scope.with_loop(name, index))


def _name(loop: JsonObject, scope: Scope, evaluate: Evaluate) -> Json | None:
    name = loop.get("name")
    return None if name is None else evaluate(name, scope)


def _error(node: Json, message: str, help: str) -> ExpressionError:  # noqa: A002 - the term of Finding
    return ExpressionError(message, 0, 0, help, node.span)
