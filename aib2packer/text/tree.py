"""JSON values that remember where they stood."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, TypeAlias

if TYPE_CHECKING:
    from collections.abc import Iterator

    from aib2packer.text.source import Span


@dataclass(frozen=True, slots=True)
class JsonScalar:
    """A string, number, boolean or null."""

    value: str | int | float | bool | None
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
        folded = key.casefold()
        found = None
        for member in self.members:
            if member.key == key:
                return member.value
            if found is None and member.key.casefold() == folded:
                found = member.value
        return found


Json: TypeAlias = JsonScalar | JsonArray | JsonObject


def string_of(value: Json | None) -> str | None:
    """The text of a JSON string; None for anything else."""
    return value.value if isinstance(value, JsonScalar) and isinstance(value.value, str) else None
