"""Properties and items: `a.b`, `a[0]`, `tryGet`, and counting from the end (docs/reference/arm-expressions.md 1.2)."""

from __future__ import annotations

from typing import TYPE_CHECKING

from aib2packer.arm.evaluation.functions.base import FunctionError, choose
from aib2packer.arm.language.describe import describe_type, shorten
from aib2packer.arm.language.json_values import JsonSymbolic, has_symbolic_keys, is_null, node_of, value_of
from aib2packer.arm.language.symbolic import Access, Apply, DeploymentFact, If, Runtime, is_symbol, once, type_of
from aib2packer.jsonc.tree import JsonArray, JsonObject

if TYPE_CHECKING:
    from collections.abc import Callable

    from aib2packer.arm.language.symbolic import ArmValue, Symbol
    from aib2packer.jsonc.tree import Json
    from aib2packer.text.source import Span


class MissingError(FunctionError):
    """There is no such property or item; `known` are the names there are."""

    def __init__(self, message: str, help: str, known: tuple[str, ...] = ()) -> None:  # noqa: A002 - the term of Finding
        super().__init__(message, help)
        self.known = known


def access(target: Json, key: ArmValue, span: Span) -> Json:
    """A property (a name) or an item (a number) of a node; `span` is the place of a result that has none of its own.

    Raises:
        MissingError: There is none.

    """
    if isinstance(target, JsonSymbolic):
        return _of_symbol(target.symbol, key, span)
    if is_symbol(key):
        return JsonSymbolic.of(Access(value_of(target), key), span)
    if isinstance(target, JsonObject):
        return _property(target, key, span)
    if isinstance(target, JsonArray):
        return _item(target, key)
    what = describe_type(type_of(value_of(target)))
    message = f"{what} has no {'items' if isinstance(key, int) else f'property `{shorten(str(key))}`'}"
    raise MissingError(message, "Check what stands before it.")


def try_access(target: Json, key: ArmValue, span: Span) -> Json:
    """Like `access`; null where there is none."""
    if is_null(target):
        return target
    if isinstance(target, JsonSymbolic) or is_symbol(key):
        if isinstance(target, JsonSymbolic) and isinstance(target.symbol, If):
            return _of_choice(target.symbol, key, span, safe=True)
        return JsonSymbolic.of(Access(value_of(target), key, safe=True), span)  # type: ignore[arg-type]
    if isinstance(target, JsonObject) and not isinstance(key, str):
        return node_of(None, span)
    try:
        return access(target, key, span)
    except MissingError:
        return node_of(None, span)


def _property(target: JsonObject, key: ArmValue, span: Span) -> Json:
    if not isinstance(key, str):
        message = f"the properties of an object have names; found {describe_type(type_of(key))}"
        raise MissingError(message, "Give a name in single quotes.")
    found = target.get(key)
    if found is not None:
        return found
    if has_symbolic_keys(target):
        return JsonSymbolic.of(Access(value_of(target), key), span)
    known = tuple(member.key for member in target)
    message = f"there is no property `{shorten(key)}`"
    raise MissingError(message, "The object is empty.", known)


def _item(target: JsonArray, key: ArmValue) -> Json:
    count = len(target.items)
    if not isinstance(key, int) or isinstance(key, bool):
        message = (
            f"an array has items, not {f'a property `{shorten(key)}`' if isinstance(key, str) else describe_type(type_of(key))}"
        )
        raise MissingError(message, "Give a number: `[0]` is the first item.")
    if not 0 <= key < count:
        message = f"there is no item {key} in an array of {count}"
        raise MissingError(message, "Items are counted from 0.")
    return target.items[key]


def _of_symbol(target: Symbol, key: ArmValue, span: Span) -> Json:
    kind = type_of(target)
    if kind in {"string", "int", "bool", "float"}:
        message = f"{describe_type(kind)} has no {'items' if isinstance(key, int) else 'properties'}"
        raise MissingError(message, "Check what stands before it.")
    match target:
        case DeploymentFact(function, path) if isinstance(key, str | int):
            return JsonSymbolic.of(DeploymentFact(function, (*path, key)), span)
        case Runtime(function, arguments, path, secure) if isinstance(key, str | int):
            return JsonSymbolic.of(Runtime(function, arguments, (*path, key), secure), span)
        case If():
            return _of_choice(target, key, span, safe=False)
        case _:
            return JsonSymbolic.of(Access(target, key), span)  # type: ignore[arg-type]  # a name, a number or a symbol


def _of_choice(choice: If, key: ArmValue, span: Span, *, safe: bool) -> Json:
    """The property of each arm; an arm without it fails only when it is chosen."""

    def part(value: ArmValue, inside: Callable[[ArmValue], ArmValue]) -> ArmValue:
        if isinstance(value, If):
            return choose(value.condition, inside(value.then), inside(value.otherwise))
        try:
            return value_of((try_access if safe else access)(node_of(value, span), key, span))
        except MissingError as error:
            return Apply("fail", (error.message,))

    return node_of(once(part)(choice), span)


def try_get(target: Json, keys: tuple[ArmValue, ...], span: Span) -> Json:
    """`tryGet(target, key, …)`: null as soon as one step leads nowhere. `{value: 1, fromEnd: true}` counts from the end."""
    for key in keys:
        if isinstance(key, dict):
            number, backwards = key.get("value"), key.get("fromEnd")
            target = from_end(target, number, span, safe=True) if backwards else try_access(target, number, span)
        else:
            target = try_access(target, key, span)
    return target


def from_end(target: Json, number: ArmValue, span: Span, *, safe: bool) -> Json:
    """`indexFromEnd` and `tryIndexFromEnd`: the last item is number 1."""
    if isinstance(target, JsonSymbolic) or is_symbol(number):
        name = "tryIndexFromEnd" if safe else "indexFromEnd"
        return JsonSymbolic.of(Apply(name, (value_of(target), number)), span)
    if isinstance(target, JsonArray) and isinstance(number, int) and 1 <= number <= len(target.items):
        return target.items[-number]
    if safe and (isinstance(target, JsonArray) or is_null(target)):
        return node_of(None, span)
    count = len(target.items) if isinstance(target, JsonArray) else 0
    message = f"there is no item {number} from the end of an array of {count}"
    raise MissingError(message, "The last item is number 1.")
