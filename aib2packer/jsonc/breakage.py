"""What is known where the reading of a JSON text ended, and how a breakage is put into words."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Literal, TypeAlias

from aib2packer.lazy.models import dataclass

if TYPE_CHECKING:
    from aib2packer.text.source import SourceText, Span

_SHOWN = 40


Where: TypeAlias = Literal[
    "document",
    "value",
    "item",
    "key",
    "colon",
    "next member",
    "next item",
    "end",
    "open string",
    "escape",
    "huge number",
    "surrogate",
    "too deep",
]
"""Where the reader stood: before what should come, or at what it cannot take."""

# Where something should come: what.
_EXPECTED: dict[Where, str] = {
    "document": "a template, which begins with `{`",
    "value": "a value",
    "item": "a value or `]`",
    "key": "a key in double quotes or `}`",
    "colon": "`:` and a value",
    "next member": "`,` or `}`",
    "next item": "`,` or `]`",
    "end": "the end of the text",
}


@dataclass(frozen=True, slots=True)
class BreakPlace:
    """Where the reader stood."""

    where: Where
    opened: int = 0
    """Where the object or array around begins; 0 also where there is none."""
    before: Span | None = None
    """The key or value just read."""
    comma: int | None = None
    """The comma just read."""


@dataclass(frozen=True, slots=True)
class Broken:
    """A breakage: the characters that show it, what was found and expected there, and what to do."""

    start: int
    end: int
    message: str
    help: str
    placeholder: bool = False
    """Whether it is only that somebody has not filled in a placeholder."""


@dataclass(frozen=True, slots=True)
class Case:
    """What a recogniser gets: the text, and where and how reading ended."""

    source: SourceText
    at: int
    place: BreakPlace

    @property
    def text(self) -> str:
        """The whole text."""
        return self.source.text

    @property
    def char(self) -> str:
        """The character that stands here; none at the end of the text."""
        return self.text[self.at : self.at + 1]

    @property
    def after_value(self) -> bool:
        """Whether a complete value was read just before."""
        return self.place.where in {"next member", "next item", "end"}

    @property
    def after_string(self) -> bool:
        """Whether a string was read just before, as a key or a value."""
        before = self.place.before
        return before is not None and before.text[0] == '"' and self.place.where != "value"

    @property
    def wants_value(self) -> bool:
        """Whether a value should stand here."""
        return self.place.where in {"document", "value", "item"}

    @property
    def expected(self) -> str:
        """What should stand here, and in what."""
        expected = _EXPECTED[self.place.where]
        before = self.place.before
        if self.place.where in {"colon", "value"} and before is not None:
            return f"{expected} for the key {quoted(before.text[1:-1])}"
        return expected

    @property
    def around(self) -> str:
        """The object or array around, such as `the object that begins in line 3, column 5`."""
        opened = self.place.opened
        kind = "array" if self.text[opened] == "[" else "object"
        return f"the {kind} that begins in {self.place_of(opened)}"

    def place_of(self, offset: int) -> str:
        """Line and column of an offset, for a sentence."""
        line, column = self.source.position(offset)
        return f"line {line}, column {column}"

    def match(self, pattern: str) -> re.Match[str] | None:
        """Match a pattern here."""
        return re.compile(pattern).match(self.text, self.at)

    def broken(self, found: str, help: str, *, length: int = 1) -> Broken:  # noqa: A002 - the term of the field
        """Say what was found at this place, `length` characters long."""
        return Broken(self.at, self.at + length, f"found {found}; expected {self.expected}", help)


def quoted(text: str) -> str:
    """A piece of the text in backticks, cut where it is long."""
    return f"`{text if len(text) <= _SHOWN else text[:_SHOWN] + '…'}`"


def shown(case: Case) -> str:
    """What stands at the offset, to name it in a sentence."""
    match = case.match(r'"[^"\r\n]*+"?|[\w.-]+')
    return quoted(match[0]) if match else named(case.char)


def named(char: str) -> str:
    """A character: itself, or its number and name where it cannot be seen."""
    if char.isprintable() and not char.isspace():
        return f"`{char}`"
    import unicodedata

    name = unicodedata.name(char, "")
    return f"the character U+{ord(char):04X} {name}".rstrip()


def line_end(text: str, start: int) -> int:
    """Where the line of an offset ends."""
    return start + len(text[start:].partition("\n")[0].rstrip("\r"))
