"""Words of a POSIX shell, for commands that people run."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from aib2packer.hcl.values import HclCode, Interpolation, Local, Variable
from aib2packer.lazy.models import dataclass
from aib2packer.lazy.patterns import pattern

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from aib2packer.hcl.values import Value

_SAFE = pattern(r"[\w@%+=:,./-]+", re.ASCII)
_NAME_GOES_ON = pattern(r"\w", re.ASCII)
_ESCAPED_IN_QUOTES = pattern(r'([\\"$`])')


@dataclass(frozen=True, slots=True)
class CommandOutput:
    """What a command prints, which a word takes in."""

    command: str


@dataclass(frozen=True, slots=True)
class Word:
    """A word: literal pieces, and variables and locals of the build, each of which is a variable of the shell."""

    parts: tuple[str | Variable | Local | CommandOutput, ...]

    def __str__(self) -> str:
        """The word as it is typed."""
        if all(isinstance(part, str) for part in self.parts):
            text = "".join(map(str, self.parts))
            return text if _SAFE.fullmatch(text) else _in_quotes((text,))
        return _in_quotes(self.parts)

    def __add__(self, other: Word) -> Word:
        return Word((*self.parts, *other.parts))

    @property
    def names(self) -> tuple[Variable | Local, ...]:
        """The variables and locals."""
        return tuple(part for part in self.parts if isinstance(part, Variable | Local))


def word(*values: Value | Word | None) -> Word | None:
    """Values joined to a word; None where one of them is only known when Packer runs, or has characters that nobody sees."""
    parts: list[str | Variable | Local | CommandOutput] = []
    for value in values:
        match value:
            case Word(pieces) | Interpolation(pieces):
                for part in pieces:
                    if isinstance(part, HclCode):
                        return None
                    parts.append(part)
            case str() | Variable() | Local():
                parts.append(value)
            case _:
                return None
    return Word(tuple(parts)) if all(part.isprintable() for part in parts if isinstance(part, str)) else None


def assignments(words: Iterable[Word], given: Mapping[str, Value] | None = None) -> tuple[str, ...]:
    """A line `name=value` for each variable in the words: what was `given`, or its default; `...` where there is neither."""
    lines: dict[str, str] = {}
    for name in (name for one in words for name in one.names):
        default = name.default if isinstance(name, Variable) and not name.sensitive else None
        default = (given or {}).get(name.name, default)
        known = word(default) if isinstance(default, str) else None
        if lines.get(name.name, "...") == "...":
            lines[name.name] = "..." if known is None else str(known)
    return tuple(f"{name}={value}" for name, value in lines.items())


def _in_quotes(parts: tuple[str | Variable | Local | CommandOutput, ...]) -> str:
    pieces = []
    for index, part in enumerate(parts):
        if isinstance(part, str):
            pieces.append(_ESCAPED_IN_QUOTES.sub(r"\\\1", part))
            continue
        if isinstance(part, CommandOutput):
            pieces.append(f"$({part.command})")
            continue
        after = parts[index + 1] if index + 1 < len(parts) else ""
        braces = isinstance(after, str) and _NAME_GOES_ON.match(after)
        pieces.append(f"${{{part.name}}}" if braces else f"${part.name}")
    return f'"{"".join(pieces)}"'
