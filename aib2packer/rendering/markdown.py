"""Markdown in which text of a template means itself: in GitHub's dialect, which has tables and formulas."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from aib2packer.findings.text import printable, safe
from aib2packer.lazy.patterns import pattern

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

_SPECIAL = pattern(r"([\\`*\[\]<>&|~$])|(?<!\w)(_)|(_)(?!\w)", re.ASCII)
# At the beginning of a line: what would make a heading, a list or a quotation of it.
_AT_START = pattern(r"([#+=>-])|(\d+)([.)])")
_CODE = pattern(r"`([^`]+)`")
# Options and settings are code in a sentence too, also where it has no backticks around them.
_VALUE = r"[^\s,;)]*[^\s,;).]"
_OPTION = rf"(?:--[a-z][a-z-]*|-(?:force|var|p)(?!\w))(?: [\w.-]+[=:]{_VALUE}| [A-Z]+(?!\w))?"
_SETTING = rf"(?:PKR_VAR_\w+|ARM_[A-Z_]+|[a-z]+(?:_[a-z]+)+)(?: = \w+|={_VALUE})?"
_NAMED = pattern(rf"(?<![\w/.$\"'-])({_OPTION}|{_SETTING})(?![\w/(\"'*-]|\.\w)", re.ASCII)
_RUN = pattern(r"`+")
_PIECE = 1 << 16
_BLANK_LINES = pattern(r"\n{3,}")


class Markdown(str):
    """Text that is Markdown already."""

    __slots__ = ()


def escape(text: str) -> Markdown:
    """Text that shows as it is; secrets are masked, and characters that nobody sees are shown."""
    return _line(_inline(_visible(text)))


def code(text: str) -> Markdown:
    """Text as code in a line."""
    return Markdown(_code(_visible(text)))


def codes(texts: Iterable[str]) -> Markdown:
    """Texts as code in a line, one after another."""
    return Markdown(", ".join(map(code, texts)))


def prose(text: str) -> Markdown:
    """A sentence of ours, whose backticks stand around code; a single one is a character as any other."""
    pieces = _CODE.split(_visible(text))
    return _line("".join(_code(piece) if index % 2 else _with_names(piece) for index, piece in enumerate(pieces)))


def cell(text: str) -> Markdown:
    """Text in the cell of a table, where `|` and line breaks mean something."""
    return Markdown((text if isinstance(text, Markdown) else prose(text)).replace("|", r"\|"))


def fenced(lines: Iterable[str], language: str) -> Markdown:
    """Lines as a block of code."""
    block = "\n".join(map(printable, lines))
    fence = fence_of(longest_run(block))
    return Markdown(f"{fence}{language}\n{block}\n{fence}")


def tidy(page: str) -> str:
    """A page without more than one blank line in a row."""
    return _BLANK_LINES.sub("\n\n", page)


def tidied(pieces: Iterable[str]) -> Iterator[str]:
    """The pieces of a page without more than one blank line in a row, in larger ones."""
    waiting: list[str] = []
    size = 0
    for piece in pieces:
        waiting.append(piece)
        size += len(piece)
        if size > _PIECE:
            text = "".join(waiting)
            done = text.rstrip("\n")  # what follows may begin with more line breaks
            yield tidy(done)
            waiting, size = [text[len(done) :]], 0
    yield tidy("".join(waiting))


def _visible(text: str) -> str:
    return safe(text).strip()


def _with_names(text: str) -> str:
    return "".join(_code(piece) if index % 2 else _inline(piece) for index, piece in enumerate(_NAMED.split(text)))


def _inline(text: str) -> str:
    return _SPECIAL.sub(r"\\\g<0>", text)


def _line(markdown: str) -> Markdown:
    found = _AT_START.match(markdown)
    if found is None:
        return Markdown(markdown)
    return Markdown(f"{found[2] or ''}\\{found[1] or found[3]}{markdown[found.end() :]}")


def _code(text: str) -> str:
    if not text.strip():
        return ""
    fence = "`" * (longest_run(text) + 1)
    space = " " if text.startswith("`") or text.endswith("`") else ""
    return f"{fence}{space}{text}{space}{fence}"


def fence_of(longest: int) -> str:
    """What stands around code in which so many backticks stand in a row."""
    return "`" * max(3, longest + 1)


def longest_run(text: str) -> int:
    """How many backticks stand in a row."""
    return max(map(len, _RUN.findall(text)), default=0)
