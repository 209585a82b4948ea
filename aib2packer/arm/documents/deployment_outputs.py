"""What `reference(…)` of a deployment beside this one will answer: its outputs, evaluated without deploying it.

Source: docs/reference/arm-expressions.md 1.7; the real engine does the same for `bicep snapshot`.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from aib2packer.arm.evaluation.budget import STEP
from aib2packer.arm.evaluation.evaluate import evaluate_json, evaluate_node
from aib2packer.arm.evaluation.loops import run_loop
from aib2packer.arm.language.expression import ExpressionError
from aib2packer.arm.language.json_values import drop_nulls, value_of
from aib2packer.arm.language.symbolic import Concat
from aib2packer.jsonc.tree import JsonArray, JsonMember, JsonObject, string_of

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from aib2packer.arm.evaluation.scope import Scope
    from aib2packer.arm.language.symbolic import ArmValue, Symbol
    from aib2packer.jsonc.tree import Json

    InnerScope = Callable[[JsonObject, JsonObject, Scope], Scope]

_DEPLOYMENT = "microsoft.resources/deployments"


def answer(
    resources: Json | None, scope: Scope, inner_scope: InnerScope, function: str, arguments: tuple[ArmValue, ...]
) -> Json | None:
    """The answer to `reference`, where it asks for a nested deployment among `resources`; None where it does not.

    `inner_scope` gives the scope of a nested template: of the deployment, its template, and the scope around it.
    """
    if function.lower() != "reference" or not arguments:
        return None
    for name, deployment, template in _deployments(resources):
        scope.memory.budget.pay(STEP)
        if name != arguments[0] and not _is_named(deployment, arguments[0], scope):
            continue
        return _outputs(deployment, template, inner_scope(deployment, template, scope))
    return None


def _deployments(resources: Json | None) -> Iterator[tuple[str | None, JsonObject, JsonObject]]:
    """Symbolic name, resource and template of each nested deployment."""
    pairs: list[tuple[str | None, Json]] = []
    if isinstance(resources, JsonArray):
        pairs = [(None, item) for item in resources.items]
    elif isinstance(resources, JsonObject):
        pairs = [(member.key, member.value) for member in resources]
    for name, item in pairs:
        if not isinstance(item, JsonObject) or (string_of(item.get("type")) or "").lower() != _DEPLOYMENT:
            continue
        properties = item.get("properties")
        template = properties.get("template") if isinstance(properties, JsonObject) else None
        if isinstance(template, JsonObject):
            yield name, item, template


def _is_named(deployment: JsonObject, asked: ArmValue, scope: Scope) -> bool:
    """Whether a name, or an id that ends in one, is that of a deployment."""
    name = deployment.get("name")
    if name is None:
        return False
    try:
        known = value_of(evaluate_json(name, scope))
    except ExpressionError:
        return False
    if known == asked:
        return True
    end = asked.parts[-1] if isinstance(asked, Concat) else asked
    if isinstance(known, str):
        return isinstance(end, str) and end.endswith(f"/{known}")
    if isinstance(known, Concat) and isinstance(asked, Concat):
        return _ends_with(asked.parts, known.parts)
    return end == known


def _ends_with(parts: tuple[str | Symbol, ...], end: tuple[str | Symbol, ...]) -> bool:
    """Whether the pieces of a text end in those of another, after a `/`."""
    tail = parts[len(parts) - len(end) :]
    first, wanted = (tail[0], end[0]) if tail else ("", "")
    begins = first == wanted or (isinstance(first, str) and isinstance(wanted, str) and first.endswith(f"/{wanted}"))
    return len(tail) == len(end) and begins and tail[1:] == end[1:]


def _outputs(deployment: JsonObject, template: JsonObject, scope: Scope) -> Json:
    """`{outputs: {name: {value: …}}}` with all outputs that can be evaluated."""
    outputs = template.get("outputs")
    members: list[JsonMember] = []
    for output in outputs if isinstance(outputs, JsonObject) else ():
        if not isinstance(output.value, JsonObject):
            continue
        value, loop = output.value.get("value"), output.value.get("copy")
        try:
            if isinstance(loop, JsonObject):
                evaluated = drop_nulls(run_loop(loop, scope, evaluate_node))
            elif value is not None:
                evaluated = evaluate_json(value, scope)
            else:
                continue
        except ExpressionError:
            continue  # nobody may ask for this one
        members.append(JsonMember(output.key, output.key_span, _object("value", evaluated)))
    return _object("outputs", JsonObject(tuple(members), deployment.span))


def _object(key: str, value: Json) -> JsonObject:
    return JsonObject((JsonMember(key, value.span, value),), value.span)
