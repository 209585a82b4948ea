"""Functions over arrays and objects; those with lambdas are in arm/evaluation/lambdas.py.

Source: docs/reference/arm-expressions.md 2.6.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING

from aib2packer.arm.evaluation.functions.base import Pure, Structural
from aib2packer.arm.evaluation.functions.collation import COLLATED, collation_key
from aib2packer.arm.evaluation.functions.merge import deep_merge, shallow_merge
from aib2packer.arm.evaluation.functions.strings import find_first, find_last
from aib2packer.arm.evaluation.functions.text import cut, to_text, utf16_length
from aib2packer.arm.language.json_values import JsonSymbolic, has_symbolic_keys, member_of, node_of, value_of
from aib2packer.arm.language.symbolic import concat, identity_of, is_symbol, same, type_of
from aib2packer.jsonc.tree import Json, JsonArray, JsonMember, JsonObject, JsonScalar

if TYPE_CHECKING:
    from collections.abc import Callable, Hashable, Iterable

    from aib2packer.arm.evaluation.budget import Budget
    from aib2packer.arm.evaluation.functions.base import Arguments, Nodes
    from aib2packer.arm.language.symbolic import ArmValue, Symbol

_PAIR = 2


def _create_array(nodes: Nodes) -> Json:
    return JsonArray(nodes.items, nodes.span)


def _create_object(nodes: Nodes) -> Json:
    if len(nodes.items) % _PAIR:
        nodes.values.fail("a name has no value", "Alternate names and values.")
    members: dict[str | Symbol, JsonMember] = {}
    for index, (key, value) in enumerate(zip(nodes.items[::2], nodes.items[1::2], strict=True)):
        name = value_of(key)
        if not isinstance(name, str) and not is_symbol(name):
            nodes.wrong(_PAIR * index, "the name of a property")
        members[name] = member_of(name, key.span, value)
    return JsonObject(tuple(members.values()), nodes.span)


def _concat(nodes: Nodes) -> Json:
    """Arrays one after the other, or text."""
    kinds = [type_of(value) for value in nodes.values.values]
    if "array" in kinds:
        for index, kind in enumerate(kinds):
            if kind not in {"array", "any"}:
                nodes.wrong(index, "an array like the others")
        arrays = [item for item in nodes.items if isinstance(item, JsonArray)]
        if len(arrays) < len(nodes.items):
            return nodes.symbolic()
        return JsonArray(tuple(item for array in arrays for item in array.items), nodes.span)
    for index, kind in enumerate(kinds):
        if kind in {"object", "null"}:
            nodes.wrong(index, "strings, or arrays only")
    if kinds and set(kinds) == {"any"}:
        return nodes.symbolic()
    return nodes.give(concat(to_text(value) if not is_symbol(value) else value for value in nodes.values.values))


def _union(nodes: Nodes) -> Json:
    """Arrays: each item once, in order. Objects: merged to the depth, the later one wins."""
    arrays, objects = _of_one_kind(nodes)
    if objects is not None:
        return deep_merge(objects, nodes.span)
    if arrays is None:
        merged = _merged_choices(nodes)
        return nodes.symbolic() if merged is None else merged
    kept = _Kept(nodes.budget)
    for item in (item for array in arrays for item in array.items):
        found = kept.holds(item)
        if found is None and not isinstance(item, JsonObject):
            return nodes.symbolic()
        if not found:
            kept.add(item)
    return JsonArray(tuple(kept.items), nodes.span)


class _Kept:
    """Items to compare others with: those that are known by what they are, the others one by one."""

    __slots__ = ("_budget", "_known", "_others", "items")

    def __init__(self, budget: Budget, items: Iterable[Json] = ()) -> None:
        self.items: list[Json] = []
        self._known: set[Hashable] = set()
        self._others: list[ArmValue] = []
        self._budget = budget
        for item in items:
            self.add(item)

    def add(self, item: Json) -> None:
        """Keep an item."""
        self.items.append(item)
        value = value_of(item)
        key = identity_of(value)
        if key is None:
            self._others.append(value)
        else:
            self._known.add(key)

    def holds(self, item: Json) -> bool | None:
        """Whether one of the items is the same; None where that depends on what is not known."""
        value = value_of(item)
        key = identity_of(value)
        if key is not None and key in self._known:
            return True
        candidates = self._others if key is not None else [value_of(other) for other in self.items]
        self._budget.pay(2 * len(candidates))
        answers = [same(value, other) for other in candidates]
        return True if True in answers else None if None in answers else False


def _merged_choices(nodes: Nodes) -> Json | None:
    return deep_merge(nodes.items, nodes.span) if any(isinstance(item, JsonObject) for item in nodes.items) else None


def _intersection(nodes: Nodes) -> Json:
    """Arrays: the items of the first that all have. Objects: the properties that all have with equal values."""
    arrays, objects = _of_one_kind(nodes)
    if objects is not None:
        first, *others = objects
        answers = [_in_all(member, others) for member in first]
        if None in answers:
            return nodes.symbolic()
        return JsonObject(tuple(one for one, answer in zip(first, answers, strict=True) if answer), nodes.span)
    if arrays is None:
        return nodes.symbolic()
    rest = [_Kept(nodes.budget, array.items) for array in arrays[1:]]
    kept = _Kept(nodes.budget)
    for item in arrays[0].items:
        answers = [array.holds(item) for array in rest]
        if None in answers:
            return nodes.symbolic()
        if all(answers) and kept.holds(item) is not True:
            kept.add(item)
    return JsonArray(tuple(kept.items), nodes.span)


def _in_all(member: JsonMember, others: list[JsonObject]) -> bool | None:
    answers = []
    for other in others:
        found = next((one for one in other if one.key == member.key), None)
        answers.append(found is not None and same(value_of(member.value), value_of(found.value)))
    return False if False in answers else None if None in answers else True


def _of_one_kind(nodes: Nodes) -> tuple[list[JsonArray] | None, list[JsonObject] | None]:
    """The arguments as arrays, or as objects; neither where some are not known. Raises FunctionError for a mixture."""
    arrays = [item for item in nodes.items if isinstance(item, JsonArray)]
    objects = [item for item in nodes.items if isinstance(item, JsonObject)]
    first = "array" if arrays else "object"
    for index, item in enumerate(nodes.items):
        kind = type_of(value_of(item))
        if kind not in {"array", "object", "any"} or (kind in {"array", "object"} and (arrays or objects) and kind != first):
            nodes.wrong(index, f"an {first} like the others" if arrays or objects else "arrays, or objects")
    count = len(nodes.items)
    return arrays if len(arrays) == count else None, objects if len(objects) == count else None


def _shallow_merge(nodes: Nodes) -> Json:
    if not isinstance(nodes.items[0], JsonArray):
        if not isinstance(nodes.items[0], JsonSymbolic):
            nodes.wrong(0, "an array of objects")
        return nodes.symbolic()
    for item in nodes.items[0].items:
        if type_of(value_of(item)) not in {"object", "any"}:
            nodes.wrong(0, "an array of objects")
    merged = shallow_merge(nodes.items[0].items, nodes.span)
    return nodes.symbolic() if merged is None else merged


def _flatten(nodes: Nodes) -> Json:
    """One level."""
    outer = nodes.items[0]
    if not isinstance(outer, JsonArray):
        if not isinstance(outer, JsonSymbolic):
            nodes.wrong(0, "an array of arrays")
        return nodes.symbolic()
    if any(isinstance(item, JsonSymbolic) for item in outer.items):
        return nodes.symbolic()
    inner = [item for item in outer.items if isinstance(item, JsonArray)]
    if len(inner) < len(outer.items):
        nodes.wrong(0, "an array of arrays")
    return JsonArray(tuple(item for array in inner for item in array.items), nodes.span)


def _array(nodes: Nodes) -> Json:
    """An array of one, unless it is one."""
    kind = type_of(value_of(nodes.items[0]))
    if kind == "array":
        return nodes.items[0]
    return nodes.symbolic() if kind == "any" else JsonArray(nodes.items, nodes.span)


def _end(*, last: bool) -> Callable[[Nodes], Json]:
    """`first` and `last`: of an empty array null, of an empty text nothing."""

    def build(nodes: Nodes) -> Json:
        match nodes.items[0]:
            case JsonSymbolic():
                return nodes.symbolic()
            case JsonArray(items):
                return nodes.give(None) if not items else items[-1 if last else 0]
            case JsonScalar(str() as text):
                whole = utf16_length(text)
                start = max(whole - 1, 0) if last else 0
                return nodes.give(cut(text, start, min(start + 1, whole)))
            case _:
                return nodes.wrong(0, "a string or an array")

    return build


def _part(*, skip: bool) -> Callable[[Nodes], Json]:
    """`take` and `skip`: what there is, nothing for a negative number."""

    def build(nodes: Nodes) -> Json:
        whole, count = nodes.items[0], value_of(nodes.items[1])
        if is_symbol(count) or isinstance(whole, JsonSymbolic):
            return nodes.symbolic()
        number = max(nodes.values.integer(1), 0)
        match whole:
            case JsonArray(items):
                return JsonArray(items[number:] if skip else items[:number], nodes.span)
            case JsonScalar(str() as text):
                end = utf16_length(text)
                number = min(number, end)
                return nodes.give(cut(text, number, end) if skip else cut(text, 0, number))
            case _:
                return nodes.wrong(0, "a string or an array")

    return build


def _items(nodes: Nodes) -> Json:
    node = nodes.items[0]
    if not isinstance(node, JsonObject):
        return nodes.symbolic() if isinstance(node, JsonSymbolic) else nodes.wrong(0, "an object")
    if has_symbolic_keys(node):
        return nodes.symbolic()
    nodes.budget.pay(COLLATED * sum(len(member.key) for member in node))
    ordered = sorted(node, key=lambda member: collation_key(member.key))
    return JsonArray(tuple(_item(member) for member in ordered), nodes.span)


def _item(member: JsonMember) -> Json:
    span = member.key_span
    key = JsonMember("key", span, node_of(member.key, span))
    return JsonObject((key, JsonMember("value", span, member.value)), span)


def _object_keys(arguments: Arguments) -> ArmValue:
    """Without regard to case, those alike in the order of the object (bicep #14057)."""
    arguments.budget.pay(COLLATED * sum(map(len, arguments.object(0))))
    return tuple(sorted(arguments.object(0), key=lambda key: collation_key(key.casefold())))


def _object_keys_partly(arguments: Arguments) -> ArmValue | None:
    value = arguments[0]
    return _object_keys(arguments) if isinstance(value, Mapping) and all(isinstance(key, str) for key in value) else None


def _length(arguments: Arguments) -> ArmValue:
    match arguments[0]:
        case str() as text:
            return utf16_length(text)
        case tuple() | Mapping() as whole:
            return len(whole)
        case _:
            return arguments.wrong(0, "a string, an array or an object")


def _length_partly(arguments: Arguments) -> ArmValue | None:
    match arguments[0]:
        case tuple() as whole:
            return len(whole)
        case dict() as whole if all(isinstance(key, str) for key in whole):
            return len(whole)
        case _:
            return None


def _find(*, last: bool) -> Callable[[Arguments], ArmValue]:
    """Text without regard to case, items with it."""

    def compute(arguments: Arguments) -> ArmValue:
        whole = arguments[0]
        if isinstance(whole, tuple):
            found = [index for index, item in enumerate(whole) if same(item, arguments[1])]
            return (found[-1] if last else found[0]) if found else -1
        return find_last(arguments) if last else find_first(arguments)

    return compute


FUNCTIONS: tuple[Pure | Structural, ...] = (
    Structural("createArray", 0, None, _create_array),
    Structural("createObject", 0, None, _create_object),
    Structural("concat", 0, None, _concat),
    Structural("union", 1, None, _union),
    Structural("intersection", 1, None, _intersection),
    Structural("shallowMerge", 1, 1, _shallow_merge),
    Structural("flatten", 1, 1, _flatten),
    Structural("array", 1, 1, _array),
    Structural("first", 1, 1, _end(last=False)),
    Structural("last", 1, 1, _end(last=True)),
    Structural("take", 2, 2, _part(skip=False)),
    Structural("skip", 2, 2, _part(skip=True)),
    Structural("items", 1, 1, _items),
    Pure("objectKeys", 1, 1, _object_keys, _object_keys_partly),
    Pure("length", 1, 1, _length, _length_partly),
    Pure("indexOf", 2, 2, _find(last=False)),
    Pure("lastIndexOf", 2, 2, _find(last=True)),
)
