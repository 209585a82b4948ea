"""Merging objects of which parts are not known: `union` and `shallowMerge`.

Source: docs/reference/arm-expressions.md 2.6, and 3.2 rule 3 for objects that a condition chooses: `null` and absent are the
same to ARM, so a choice of objects is an object of choices.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from aib2packer.arm.evaluation.functions.base import choose
from aib2packer.arm.language.json_values import JsonSymbolic, has_symbolic_keys, is_null, key_of, member_of, node_of, value_of
from aib2packer.arm.language.symbolic import Apply, If, is_symbol
from aib2packer.jsonc.tree import JsonArray, JsonObject, JsonScalar

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from aib2packer.arm.language.symbolic import Symbol
    from aib2packer.jsonc.tree import Json, JsonMember
    from aib2packer.text.source import Span


def shallow_merge(nodes: Sequence[Json], span: Span) -> Json | None:
    """Merge the properties of objects, the later one wins; None where one may be anything."""
    return _merge(nodes, span, lambda _, later: later)


def deep_merge(nodes: Sequence[Json], span: Span) -> Json:
    """Merge objects to the depth: arrays and all else are replaced; `union(…)` itself where one may be anything."""
    merged = _merge(nodes, span, lambda earlier, later: _deeper(earlier, later, span))
    return JsonSymbolic.of(Apply("union", tuple(map(value_of, nodes))), span) if merged is None else merged


def _deeper(earlier: Json, later: Json, span: Span) -> Json:
    if isinstance(earlier, JsonArray | JsonScalar) or isinstance(later, JsonArray | JsonScalar):
        return later
    return deep_merge((earlier, later), span)


def _merge(nodes: Sequence[Json], span: Span, combine: Callable[[Json, Json], Json]) -> Json | None:
    merged = JsonObject((), span)
    for node in nodes:
        if isinstance(node, JsonObject):
            merged = _joined(merged, node, combine)
            continue
        chosen = _choice(node)
        if chosen is None:
            return None
        condition, then, otherwise = chosen
        merged = _chosen(condition, _joined(merged, then, combine), _joined(merged, otherwise, combine), span)
    return merged


def _choice(node: Json) -> tuple[Symbol, JsonObject, JsonObject] | None:
    """The condition and the two objects of a choice; null counts as an object without properties."""
    if not isinstance(node, JsonSymbolic) or not isinstance(node.symbol, If):
        return None
    empty = JsonObject((), node.span)
    then, otherwise = (node_of(arm, node.span) for arm in (node.symbol.then, node.symbol.otherwise))
    then, otherwise = (empty if is_null(arm) else arm for arm in (then, otherwise))
    if isinstance(then, JsonObject) and isinstance(otherwise, JsonObject) and not has_symbolic_keys(then):
        return None if has_symbolic_keys(otherwise) else (node.symbol.condition, then, otherwise)
    return None


def _joined(earlier: JsonObject, later: JsonObject, combine: Callable[[Json, Json], Json]) -> JsonObject:
    members: dict[str | Symbol, JsonMember] = {key_of(member): member for member in earlier}
    for member in later:
        key = key_of(member)
        known = members.get(key)
        value = member.value if known is None else combine(known.value, member.value)
        members[key] = member_of(key, member.key_span, value)
    return JsonObject(tuple(members.values()), earlier.span)


def _chosen(condition: Symbol, then: JsonObject, otherwise: JsonObject, span: Span) -> JsonObject:
    """An object of choices."""
    one = {key_of(member): member for member in then}
    other = {key_of(member): member for member in otherwise}
    return JsonObject(
        tuple(_chosen_member(condition, key, one.get(key), other.get(key), span) for key in dict.fromkeys((*one, *other))),
        then.span,
    )


def _chosen_member(
    condition: Symbol, key: str | Symbol, then: JsonMember | None, otherwise: JsonMember | None, span: Span
) -> JsonMember:
    if then is not None and otherwise is not None:
        if then.value is otherwise.value:
            return then
        if isinstance(then.value, JsonObject) and isinstance(otherwise.value, JsonObject):
            return member_of(key, then.key_span, _chosen(condition, then.value, otherwise.value, span))
    values = [None if member is None else value_of(member.value) for member in (then, otherwise)]
    chosen = choose(condition, *values)
    some = then or otherwise
    place = span if some is None else some.key_span
    value_place = some.value.span if some is not None and is_symbol(chosen) else span
    return member_of(key, place, node_of(chosen, value_place))
