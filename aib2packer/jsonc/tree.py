"""JSON values that remember where they stood."""

from __future__ import annotations

from typing import TYPE_CHECKING, TypeAlias

from aib2packer.lazy.models import dataclass, replace
from aib2packer.text.source import Span

if TYPE_CHECKING:
    from collections.abc import Container, Iterator


MAX_DEPTH = 200
"""How deep objects and arrays may stand in each other."""
new_span = tuple.__new__
"""Makes a span of its four fields in half the time: each key and value gets one."""


@dataclass(frozen=True, slots=True)
class JsonScalar:
    """A string, number, boolean or null."""

    value: str | int | float | bool | None
    span: Span


@dataclass(frozen=True, slots=True)
class JsonUnknown:
    """A value that is not known. It may stand wherever JSON does and is none; what says more about it derives from this."""

    span: Span


@dataclass(frozen=True, slots=True)
class JsonArray:
    """An array."""

    items: tuple[Json, ...]
    span: Span


@dataclass(frozen=True, slots=True)
class JsonMember:
    """One `"key": value` of an object."""

    key: str
    key_span: Span
    value: Json


@dataclass(frozen=True, slots=True)
class JsonObject:
    """An object; no key stands twice in it (the reader keeps the last)."""

    members: tuple[JsonMember, ...]
    span: Span

    def __iter__(self) -> Iterator[JsonMember]:
        return iter(self.members)

    def key_span(self, key: str) -> Span:
        """Where a key stands; the whole object where it does not."""
        folded = key.casefold()
        return next((member.key_span for member in self.members if member.key.casefold() == folded), self.span)

    def get(self, key: str) -> Json | None:
        """The value of a key, which ARM compares without regard to case; an exact match wins."""
        for member in self.members:
            if member.key == key:
                return member.value
        folded = key.casefold()
        for member in self.members:
            if member.key.casefold() == folded:
                return member.value
        return None


class MembersByKey(dict[str, "JsonMember | None"]):
    """The members of an object, for who asks for many: by keys as `JsonObject.get` takes them; None for what is not there."""

    def __init__(self, of: JsonObject) -> None:
        """Make it of an object."""
        super().__init__({member.key.casefold(): member for member in reversed(of.members)})
        self.update({member.key: member for member in of.members})

    def __missing__(self, key: str) -> JsonMember | None:
        """What has the key in another case; kept, as many keys are asked for more than once."""
        found = self[key] = self.get(key.casefold())
        return found

    def value(self, key: str) -> Json | None:
        """The value of a key."""
        member = self[key]
        return None if member is None else member.value


Json: TypeAlias = JsonScalar | JsonArray | JsonObject | JsonUnknown


def string_of(value: Json | None) -> str | None:
    """The text of a JSON string; None for anything else."""
    return value.value if isinstance(value, JsonScalar) and isinstance(value.value, str) else None


def texts_in(value: Json, but: Container[str]) -> list[str]:
    """All strings in a tree, in its order; `but`: keys in lower case, whose values are left out."""
    found: list[str] = []
    waiting = [value]
    while waiting:
        node = waiting.pop()
        if isinstance(node, JsonScalar):
            if isinstance(node.value, str):
                found.append(node.value)
        elif isinstance(node, JsonObject):
            waiting += [member.value for member in reversed(node.members) if member.key.lower() not in but]
        elif isinstance(node, JsonArray):
            waiting += reversed(node.items)
    return found


def with_pointers(value: Json, most: int) -> Json | None:
    """The tree, each span in it with the JSON pointer of its value; a key has that of what it stands for.

    None where all pointers together would be longer than `most`.
    """
    try:
        return _Pointers(most).node(value, "")
    except _TooLongError:
        return None


class _TooLongError(Exception):
    """The pointers are too long."""


class _Pointers:
    """Gives pointers to nodes, and counts how long they are."""

    __slots__ = ("_left",)

    def __init__(self, most: int) -> None:
        self._left = most

    def node(self, value: Json, pointer: str) -> Json:
        """A node at a pointer, and all below it."""
        self._left -= len(pointer)
        if self._left < 0:
            raise _TooLongError
        source, start, end, _ = value.span
        span = new_span(Span, (source, start, end, pointer))
        if isinstance(value, JsonScalar):
            return JsonScalar(value.value, span)
        if isinstance(value, JsonObject):
            members = []
            for member in value.members:
                own = f"{pointer}/{escape_pointer(member.key)}"
                source, start, end, _ = member.key_span
                key_span, inner = new_span(Span, (source, start, end, own)), self.node(member.value, own)
                is_plain = type(member) is JsonMember  # else it knows more than its key
                new = JsonMember(member.key, key_span, inner) if is_plain else replace(member, key_span=key_span, value=inner)
                members.append(new)
            return JsonObject(tuple(members), span)
        if isinstance(value, JsonArray):
            return JsonArray(tuple([self.node(item, f"{pointer}/{index}") for index, item in enumerate(value.items)]), span)
        return replace(value, span=span)


def escape_pointer(key: str) -> str:
    """A key as a piece of a JSON pointer (RFC 6901, section 3)."""
    return key.replace("~", "~0").replace("/", "~1")
