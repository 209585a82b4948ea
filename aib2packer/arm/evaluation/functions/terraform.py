"""Functions of Terraform that ARM has none for: their names begin with `$`, as no name in a template does.

What they come to is in aib2packer/terraform/library.py; this is how they fare where a part of their arguments is not known.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, cast

from aib2packer.arm.evaluation.functions.base import Pure, Structural
from aib2packer.arm.language.json_values import JsonSymbolic, has_symbolic_keys, value_of
from aib2packer.arm.language.symbolic import UNSET_OR, Apply, concat, is_known, is_symbol, same, starts, type_of
from aib2packer.jsonc.tree import JsonArray, JsonMember, JsonObject, JsonScalar
from aib2packer.terraform import library
from aib2packer.terraform.library import LeftToPackerError, RefusedError

if TYPE_CHECKING:
    from collections.abc import Callable

    from aib2packer.arm.evaluation.functions.base import Arguments, Nodes
    from aib2packer.arm.language.symbolic import ArmValue, Symbol
    from aib2packer.jsonc.tree import Json
    from aib2packer.terraform.library import TfFunction, TfPlain

    Partly = Callable[[Arguments], ArmValue | None]


def _of(function: TfFunction) -> Pure:
    """A function of the library."""

    def compute(arguments: Arguments) -> ArmValue:
        if function.compute is None:  # Packer knows what it comes to
            return Apply(arguments.function, arguments.values)
        return _tried(arguments, function.compute, *arguments.values)

    return Pure(f"${function.name}", function.minimum, function.maximum, compute, _PARTLY.get(function.name, lambda _: None))


def _tried(arguments: Arguments, work: Callable[..., TfPlain], *values: object) -> ArmValue:
    remedy = "Correct it, or write its result in its place."
    try:
        return cast("ArmValue", work(*values))  # which every such value is
    except LeftToPackerError:
        return Apply(arguments.function, arguments.values)
    except RefusedError as error:
        return arguments.fail(str(error), remedy, error.argument)
    except (ArithmeticError, ValueError):
        return arguments.fail("it has no result for these values", remedy)


def _text(arguments: Arguments, value: ArmValue) -> str | Symbol:
    """A value in a text, known or not."""
    if is_symbol(value):
        return Apply("$tostring", (value,)) if type_of(value) == "bool" else value
    made = _tried(arguments, library.text_of, value)
    return made if isinstance(made, str) else ""


def _to_text(arguments: Arguments) -> ArmValue:
    value = arguments[0]
    return None if value is None else _text(arguments, value)


def _to_text_partly(arguments: Arguments) -> ArmValue | None:
    value = arguments[0]
    kind = type_of(value)
    return value if kind == "string" else concat((value,)) if is_symbol(value) and kind != "bool" else None


def _join_partly(arguments: Arguments) -> ArmValue | None:
    separator, *lists = arguments.values
    if not isinstance(separator, str) or not all(isinstance(one, tuple) for one in lists):
        return None
    items = [item for one in lists if isinstance(one, tuple) for item in one]
    if not all(is_known(item) or is_symbol(item) for item in items):
        return None
    arguments.budget.allow_text(len(separator) * len(items))
    parts = [part for item in items for part in (separator, _text(arguments, item))]
    return concat(parts[1:])


def _format_partly(arguments: Arguments) -> ArmValue | None:
    """Verbs that only say where a value stands are filled in; Packer formats the others."""
    form, *values = arguments.values
    pieces = library.simple_verbs(form) if isinstance(form, str) else None
    if pieces is None:
        return None
    if (wanted := sum(piece != "%%" for piece in pieces[1::2])) != len(values):
        arguments.fail(f"the format takes {wanted} values, and there are {len(values)}", "Give a value for each.")
    given = iter(values)
    parts: list[str | Symbol] = []
    for at, piece in enumerate(pieces):
        if at % 2 == 0:
            parts.append(piece)
        elif piece == "%%":
            parts.append("%")
        else:
            value = next(given)
            if not is_known(value) and not is_symbol(value):
                return None
            parts.append(_text(arguments, value))
    return concat(parts)


def _starts_partly(arguments: Arguments) -> ArmValue | None:
    text, start = arguments.values
    known = starts(text) if is_symbol(text) else ""
    return known.startswith(start) if isinstance(start, str) and len(known) >= len(start) else None


def _union_partly(arguments: Arguments) -> ArmValue | None:
    """What is not known stays where it stands: its place in the order cannot be told."""
    if not all(isinstance(values, tuple) for values in arguments.values):
        return None
    items = [value for values in arguments.values if isinstance(values, tuple) for value in values]
    arguments.budget.pay(len(items) ** 2)
    found: list[ArmValue] = []
    for value in items:
        if not any(same(value, one) for one in found):
            found.append(value)
    return tuple(found)


def _coalesce_partly(arguments: Arguments) -> ArmValue | None:
    """What is known to be nothing goes; what comes first then counts where it is known."""
    left = [value for value in arguments.values if is_symbol(value) or (value is not None and value != "")]
    if not left:
        return None
    return left[0] if len(left) == 1 or not is_symbol(left[0]) else Apply(UNSET_OR, tuple(left))


def _try_partly(arguments: Arguments) -> ArmValue | None:
    return arguments[0] if is_known(arguments[0]) else None


_PARTLY: dict[str, Partly] = {
    "coalesce": _coalesce_partly,
    "format": _format_partly,
    "join": _join_partly,
    "setunion": _union_partly,
    "startswith": _starts_partly,
    "toset": _union_partly,
    "try": _try_partly,
}


def _entries(nodes: Nodes) -> Json:
    """What a loop runs over: keys and values of a map, in the order of the keys, or of a list, whose keys are numbers."""
    node = nodes.items[0]
    match node:
        case JsonArray(items):
            pairs = [(JsonScalar(at, item.span), item) for at, item in enumerate(items)]
        case JsonObject() if not has_symbolic_keys(node):
            ordered = sorted(node, key=lambda member: member.key)
            pairs = [(JsonScalar(member.key, member.key_span), member.value) for member in ordered]
        case JsonObject() | JsonSymbolic():
            return nodes.symbolic()
        case _:
            nodes.wrong(0, "a list or a map")
    names = ("key", "value")
    return JsonArray(
        tuple(
            JsonObject(tuple(JsonMember(name, key.span, one) for name, one in zip(names, (key, value), strict=True)), key.span)
            for key, value in pairs
        ),
        nodes.span,
    )


def _splat(nodes: Nodes) -> Json:
    """What `[*]` goes over: a list, or the one thing that is there; nothing for null."""
    node = nodes.items[0]
    match node:
        case JsonArray():
            return node
        case JsonScalar(None, span):
            return JsonArray((), span)
        case JsonSymbolic(_, symbol):
            return node if type_of(symbol) == "array" else nodes.symbolic()
        case _:
            return JsonArray((node,), node.span)


def _flatten(nodes: Nodes) -> Json:
    """Lists in lists, however deep, as one."""
    node = nodes.items[0]
    if isinstance(node, JsonSymbolic):
        return nodes.symbolic()
    if not isinstance(node, JsonArray):
        nodes.wrong(0, "a list")
    found: list[Json] = []
    waiting: list[Json] = list(reversed(node.items))
    while waiting:
        one = waiting.pop()
        if isinstance(one, JsonSymbolic) and type_of(value_of(one)) in {"array", "any"}:
            return nodes.symbolic()
        if isinstance(one, JsonArray):
            waiting += reversed(one.items)
        else:
            found.append(one)
    return JsonArray(tuple(found), nodes.span)


def _reverse(nodes: Nodes) -> Json:
    node = nodes.items[0]
    if isinstance(node, JsonSymbolic):
        return nodes.symbolic()
    return JsonArray(node.items[::-1], nodes.span) if isinstance(node, JsonArray) else nodes.wrong(0, "a list")


def _lookup(nodes: Nodes) -> Json:
    """The value of a key, which minds case; the default where there is none."""
    node, key, default = nodes.items
    name = value_of(key)
    if (
        isinstance(node, JsonSymbolic)
        or not isinstance(name, str)
        or (isinstance(node, JsonObject) and has_symbolic_keys(node))
    ):
        return nodes.symbolic()
    if not isinstance(node, JsonObject):
        nodes.wrong(0, "a map")
    return next((member.value for member in node if member.key == name), default)


def _element(nodes: Nodes) -> Json:
    """The item at a place; what is beyond the end begins anew."""
    node, place = nodes.items[0], nodes.values[1]
    if isinstance(node, JsonSymbolic) or is_symbol(place):
        return nodes.symbolic()
    if not isinstance(node, JsonArray) or not node.items:
        nodes.wrong(0, "a list with something in it")
    return node.items[nodes.values.integer(1) % len(node.items)]


def _slice(nodes: Nodes) -> Json:
    node, start, end = nodes.items[0], nodes.values[1], nodes.values[2]
    if isinstance(node, JsonSymbolic) or is_symbol(start) or is_symbol(end):
        return nodes.symbolic()
    if not isinstance(node, JsonArray):
        nodes.wrong(0, "a list")
    first, last = nodes.values.integer(1), nodes.values.integer(2)
    if not 0 <= first <= last <= len(node.items):
        nodes.values.fail(f"the list has {len(node.items)} items", "Name places that it has.", 2)
    return JsonArray(node.items[first:last], nodes.span)


def _coalesce_list(nodes: Nodes) -> Json:
    """The first list that has something in it."""
    for node in nodes.items:
        if isinstance(node, JsonSymbolic):
            return nodes.symbolic()
        if isinstance(node, JsonArray) and node.items:
            return node
    return nodes.values.fail("all its lists are empty", "Give one that has something in it.")


def _zip_map(nodes: Nodes) -> Json:
    keys, values = nodes.items
    names = nodes.values[0]
    if isinstance(values, JsonSymbolic) or not is_known(names):
        return nodes.symbolic()
    if not isinstance(keys, JsonArray) or not isinstance(values, JsonArray) or len(keys.items) != len(values.items):
        nodes.wrong(1, "as many values as there are keys")
    texts = [_text(nodes.values, name) for name in nodes.values.array(0)]
    pairs = zip(texts, keys.items, values.items, strict=True)
    found = {str(text): JsonMember(str(text), key.span, value) for text, key, value in pairs}
    return JsonObject(tuple(found.values()), nodes.span)


FUNCTIONS: tuple[Pure | Structural, ...] = (
    *map(_of, library.FUNCTIONS.values()),
    Structural("$coalescelist", 1, None, _coalesce_list),
    Structural("$element", 2, 2, _element),
    Structural("$slice", 3, 3, _slice),
    Structural("$splat", 1, 1, _splat),
    Structural("$zipmap", 2, 2, _zip_map),
    Structural("$entries", 1, 1, _entries),
    Structural("$flatten", 1, 1, _flatten),
    Structural("$lookup", 3, 3, _lookup),
    Structural("$reverse", 1, 1, _reverse),
    Pure("$tostring", 1, 1, _to_text, _to_text_partly),
)
