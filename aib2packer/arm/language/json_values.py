"""JSON trees with symbols in them, and their way to plain values and back."""

from __future__ import annotations

from collections.abc import Mapping
from operator import is_
from typing import TYPE_CHECKING

from aib2packer.arm.language.describe import describe
from aib2packer.jsonc.tree import Json, JsonArray, JsonMember, JsonObject, JsonScalar, JsonUnknown
from aib2packer.lazy.models import dataclass

if TYPE_CHECKING:
    from aib2packer.arm.language.symbolic import ArmValue, Symbol
    from aib2packer.text.source import Span


@dataclass(frozen=True, slots=True)
class JsonSymbolic(JsonUnknown):
    """A value that is not known, and the symbol that stands for it. `shown` writes it as an ARM expression."""

    symbol: Symbol

    @classmethod
    def of(cls, symbol: Symbol, span: Span) -> JsonSymbolic:
        """A symbol at its place."""
        return cls(span, symbol)

    @property
    def shown(self) -> str:
        """The value as an ARM expression."""
        return describe(self.symbol, self.span)


@dataclass(frozen=True, slots=True)
class JsonSymbolicMember(JsonMember):
    """A member whose key is not known. `key` shows it as an ARM expression."""

    symbol: Symbol


def value_of(node: Json) -> ArmValue:
    """The value that a tree holds, without places."""
    match node:
        case JsonScalar(value):
            return value
        case JsonArray(items):
            return tuple(map(value_of, items))
        case JsonObject(members):
            return {key_of(member): value_of(member.value) for member in members}
        case JsonUnknown():
            return symbol_of(node)


def symbol_of(node: JsonUnknown) -> Symbol:
    """The symbol that stands for what is not known."""
    if isinstance(node, JsonSymbolic):
        return node.symbol
    message = "evaluation leaves symbols"
    raise TypeError(message)


def symbols_in(node: Json) -> list[Symbol]:
    """The symbols in a tree, in order of appearance."""
    found: list[Symbol] = []
    waiting: list[Json | JsonMember] = [node]
    while waiting:
        one = waiting.pop()
        if isinstance(one, JsonMember):
            if isinstance(one, JsonSymbolicMember):
                found.append(one.symbol)
            waiting.append(one.value)
        elif isinstance(one, JsonObject):
            waiting += reversed(one.members)
        elif isinstance(one, JsonArray):
            waiting += reversed(one.items)
        elif isinstance(one, JsonUnknown):
            found.append(symbol_of(one))
    return found


def node_of(value: ArmValue, span: Span) -> Json:
    """A tree that holds a value, all of it at one place."""
    match value:
        case None | bool() | int() | float() | str():
            return JsonScalar(value, span)
        case tuple():
            return JsonArray(tuple(node_of(item, span) for item in value), span)
        case Mapping():
            return JsonObject(tuple(member_of(key, span, node_of(item, span)) for key, item in value.items()), span)
        case _:
            return JsonSymbolic.of(value, span)


def member_of(key: str | Symbol, key_span: Span, value: Json) -> JsonMember:
    """A member with a key that may be a symbol."""
    return JsonMember(key, key_span, value) if isinstance(key, str) else JsonSymbolicMember(describe(key), key_span, value, key)


def with_value(member: JsonMember, value: Json) -> JsonMember:
    """A member with another value; itself where it has that."""
    return member if value is member.value else member_of(key_of(member), member.key_span, value)


def key_of(member: JsonMember) -> str | Symbol:
    """The key of a member, or the symbol it has."""
    return member.symbol if isinstance(member, JsonSymbolicMember) else member.key


def has_symbolic_keys(node: JsonObject) -> bool:
    """Whether an object may have more properties than can be told."""
    return any(isinstance(member, JsonSymbolicMember) for member in node)


def is_null(node: Json) -> bool:
    """Whether a node is JSON's null."""
    return isinstance(node, JsonScalar) and node.value is None


def drop_nulls(node: Json) -> Json:
    """The tree without properties that are null, which ARM takes as absent; items of arrays stay."""
    match node:
        case JsonArray(items, span):
            kept_items = tuple([drop_nulls(item) for item in items])
            return node if all(map(is_, kept_items, items)) else JsonArray(kept_items, span)
        case JsonObject(members, span):
            kept = tuple([with_value(one, drop_nulls(one.value)) for one in members if not is_null(one.value)])
            return node if len(kept) == len(members) and all(map(is_, kept, members)) else JsonObject(kept, span)
        case _:
            return node
