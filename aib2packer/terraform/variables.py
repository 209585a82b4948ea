"""Variables of a configuration as parameters of a deployment template."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from aib2packer.jsonc.reader import parse
from aib2packer.jsonc.tree import Json, JsonArray, JsonMember, JsonObject, JsonScalar
from aib2packer.lazy.patterns import pattern
from aib2packer.terraform.forms import as_arm_text, object_of
from aib2packer.terraform.functions import known_to_packer
from aib2packer.terraform.reading import Parser, read_attributes
from aib2packer.terraform.syntax import TfBlock, TfCall, TfExpression, TfList, TfName, TfObject, TfRules, TfValue

if TYPE_CHECKING:
    from collections.abc import Callable

    from aib2packer.findings.model import Report
    from aib2packer.text.source import SourceText, Span

_TYPES = {"string": "string", "number": "int", "bool": "bool", "list": "array", "set": "array", "tuple": "array"}
_SCALARS = frozenset({"string", "int", "bool"})
_QUOTED = pattern(r'("(?:[^"\\]|\\.)*")')
_OTHER = pattern(r"\b(?:local|data|each|path|module|self)\.|\bvar\.(\w[\w-]*)")


def declaration(block: TfBlock, default: Json | None) -> JsonObject:
    """The declaration of a parameter for a `variable` block, with the default that it has, or the value that is given."""
    span = block.span
    kind = block.value("type")
    name = _type_name(kind, default)
    members: dict[str, Json] = {"type": JsonScalar(_secure(name) if _is_true(block.value("sensitive")) else name, span)}
    if default is None and _constructor(kind) in {"", "any"}:
        members["untyped"] = JsonScalar(value=True, span=span)
    if default is not None and not (isinstance(default, JsonScalar) and default.value is None):
        members["defaultValue"] = conformed(default, kind)
    elif default is not None:
        members["nullable"] = JsonScalar(value=True, span=span)
    if isinstance(description := block.value("description"), TfValue) and isinstance(description.value, str):
        text = JsonScalar(" ".join(description.value.split()), description.span)
        members["metadata"] = object_of({"description": text}, span)
    rules = tuple(rule for one in block.blocks if one.type == "validation" and (rule := _rule(one, block.labels[0])))
    written = "" if name in _SCALARS else _written(kind)
    if rules or written:
        members["validation"] = TfRules(span, rules, written)
    return object_of(members, span)


def values_of(source: SourceText, report: Report, parser: Parser | None = None) -> dict[str, TfExpression]:
    """The values of a `.tfvars` file, or of a `.tfvars.json`."""
    if source.name.lower().endswith(".json"):
        document = parse(source, report)
        return {one.key: _as_written(one.value) for one in document} if isinstance(document, JsonObject) else {}
    attributes = read_attributes(source, report, parser or Parser())
    return {attribute.name: attribute.value for attribute in attributes or ()}


def _as_written(node: Json) -> TfExpression:
    match node:
        case JsonArray(items, span):
            return TfList(tuple(map(_as_written, items)), span)
        case JsonObject(members, span):
            return TfObject(tuple((TfValue(one.key, one.key_span), _as_written(one.value)) for one in members), span)
        case _:
            return TfValue(node.value if isinstance(node, JsonScalar) else None, node.span)


def refused_rules(block: TfBlock) -> tuple[TfBlock, ...]:
    """The `validation` blocks that Packer does not understand."""
    return tuple(one for one in block.blocks if one.type == "validation" and _rule(one, block.labels[0]) is None)


def kind_of_type(kind: TfExpression | None) -> str | None:
    """Whether a type is that of a "list", a "map" or a "bool"."""
    name = _constructor(kind)
    return "list" if _TYPES.get(name) == "array" else {"map": "map", "object": "map", "bool": "bool"}.get(name)


def conformed(value: Json, kind: TfExpression | None) -> Json:
    """A value with what its type adds: attributes that are optional, with their defaults or null."""
    match kind, value:
        case TfCall("object", (TfObject(attributes),)), JsonObject(members, span):
            given = {member.key for member in members}
            kinds = {key.value: inner for key, inner in attributes if isinstance(key, TfValue)}
            own = tuple(
                JsonMember(member.key, member.key_span, conformed(member.value, kinds.get(member.key))) for member in members
            )
            added = tuple(
                JsonMember(str(name), span, _optional_default(inner, span))
                for name, inner in kinds.items()
                if name not in given and isinstance(inner, TfCall) and inner.name == "optional"
            )
            return JsonObject((*own, *added), span)
        case TfCall("optional", (inner, *_)), _:
            return conformed(value, inner)
        case TfCall("map", (inner,)), JsonObject(members, span):
            return JsonObject(tuple(JsonMember(one.key, one.key_span, conformed(one.value, inner)) for one in members), span)
        case TfCall("list" | "set", (inner,)), JsonArray(items, span):
            return JsonArray(tuple(conformed(item, inner) for item in items), span)
        case _:
            return value


def _optional_default(kind: TfCall, span: Span) -> Json:
    default = kind.arguments[1] if len(kind.arguments) > 1 else None
    return JsonScalar(None, span) if default is None else conformed(plain(default), kind.arguments[0])


def plain(expression: TfExpression, as_text: Callable[[str], str] = as_arm_text) -> Json:
    """A value that is written out as JSON, its texts as a template has them; null for what is computed, as no default is."""
    match expression:
        case TfValue(value, span):
            return JsonScalar(as_text(value) if isinstance(value, str) else value, span)
        case TfList(items, span):
            return JsonArray(tuple(plain(item, as_text) for item in items), span)
        case TfObject(items, span):
            pairs = ((key, value) for key, value in items if isinstance(key, TfValue))
            return JsonObject(tuple(JsonMember(str(key.value), key.span, plain(value, as_text)) for key, value in pairs), span)
        case _:
            return JsonScalar(None, expression.span)


def _constructor(kind: TfExpression | None) -> str:
    match kind:
        case TfName(name):
            return name
        case TfCall("optional", (inner, *_)):
            return _constructor(inner)
        case TfCall(name) | TfValue(str() as name):
            return name
        case _:
            return ""


def _type_name(kind: TfExpression | None, default: Json | None) -> str:
    """The type of the parameter: that of the variable, else that of its default, else text."""
    name = _constructor(kind)
    if name and name != "any":
        return _TYPES.get(name, "object")
    match default:
        case JsonArray():
            return "array"
        case JsonObject():
            return "object"
        case JsonScalar(bool()):
            return "bool"
        case JsonScalar(int()):
            return "int"
        case _:
            return "string"


def _written(kind: TfExpression | None) -> str:
    """A type as Packer takes it; "" where it says nothing."""
    match kind:
        case TfName(name) | TfValue(str() as name):
            return {"list": "list(any)", "set": "list(any)", "map": "map(any)"}.get(name, name)
        case TfCall("set" | "list", (inner,)):  # only lists are put together with others
            return f"list({_written(inner)})"
        case TfCall("optional", (inner, default)):
            return f"optional({_written(inner)}, {default.span.text})"
        case TfCall(name, arguments):
            return f"{name}({', '.join(map(_written, arguments))})"
        case TfObject(items):
            return f"{{ {', '.join(f'{_key(key)} = {_written(value)}' for key, value in items)} }}"
        case TfList(items):
            return f"[{', '.join(map(_written, items))}]"
        case _:
            return ""


def _key(key: TfExpression) -> str:
    return str(key.value) if isinstance(key, TfValue) else key.span.text


def _secure(name: str) -> str:
    return "secureObject" if name in {"object", "array"} else "securestring"


def _is_true(expression: TfExpression | None) -> bool:
    return isinstance(expression, TfValue) and expression.value is True


def _rule(block: TfBlock, variable: str) -> tuple[str, str] | None:
    """A rule as Packer takes it: condition and message. None where it says what Packer does not understand."""
    condition, message = block.value("condition"), block.value("error_message")
    if condition is None or not isinstance(message, TfValue):
        return None
    pieces = _QUOTED.split(condition.span.text)
    bare = "".join(pieces[::2])
    written = "".join(piece if index % 2 else re.sub(r"\s+", " ", piece) for index, piece in enumerate(pieces))
    named = {found[1] for found in _OTHER.finditer(condition.span.text)}
    if not named <= {variable} or not known_to_packer(bare) or "<<" in bare or "#" in bare or "//" in bare:
        return None
    return written, _sentence(" ".join(str(message.value).split()))


def _sentence(message: str) -> str:
    """A message as Packer takes it: it begins with an upper case letter, and ends with a full stop or a question mark."""
    whole = message if message.endswith((".", "?")) else f"{message.rstrip('!:;,')}."
    return whole[:1].upper() + whole[1:] if whole[:1].isalpha() else f"It must fit: {whole}"
