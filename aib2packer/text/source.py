"""Source text, and spans that point into it."""

from __future__ import annotations

import bisect
import codecs
from functools import cached_property
from itertools import accumulate
from typing import NamedTuple

from aib2packer.lazy.models import dataclass, field


class InputError(Exception):
    """The input cannot be read: not text, not there, not permitted. The only exception that leaves the library."""


class FileError(InputError):
    """A file cannot be read. `file` is its name as the user gave it, `reason` says why, `help` what to do."""

    def __init__(self, file: str, reason: str, help: str) -> None:  # noqa: A002 - the term of the field
        super().__init__(file, reason, help)
        self.file = file
        self.reason = reason
        self.help = help

    def __str__(self) -> str:
        return f"{self.file}: {self.reason}. {self.help}"


@dataclass(frozen=True)
class SourceText:
    """A named text. `name` is what findings call it, usually the path as the user gave it."""

    name: str
    text: str
    before: int = 0
    """How many lines stood before it, where it was cut out of a longer text."""
    indent: int = 0
    """How many characters stood before it in its first line."""
    _hidden: set[tuple[int, int]] = field(default_factory=set, init=False, repr=False, compare=False)
    _cut: dict[tuple[int, int], SourceText] = field(default_factory=dict, init=False, repr=False, compare=False)

    def __hash__(self) -> int:
        """The name is enough: what stands in a place is asked often, and of few texts."""
        return hash(self.name)

    def hide(self, start: int, end: int) -> None:
        """Keep a piece of the text from being shown: it is a secret, which only what declares it tells."""
        self._hidden.add((start, end))

    def hidden(self, number: int) -> tuple[tuple[int, int], ...]:
        """The pieces of a line, counted from 1, that are not to be shown: start and end, from the beginning of the line."""
        start = self._start(number)
        length = len(self.line(number))
        pieces = ((max(0, first - start), min(last - start, length)) for first, last in sorted(self._hidden))
        return tuple((first, last) for first, last in pieces if first < last)

    def only(self, first: int, last: int) -> tuple[SourceText, int]:
        """The lines from the first to the last, which keep their numbers; and where they began in the text."""
        begin, end = self._start(first), self._start(last + 1)
        if (first, last) not in self._cut:  # several findings are about one line
            indent = 0 if begin else self.indent
            self._cut[first, last] = source = SourceText(self.name, self.text[begin:end], first - 1, indent)
            for start, stop in self._hidden:
                if start < end and stop > begin:
                    source.hide(max(start, begin) - begin, min(stop, end) - begin)
        return self._cut[first, last], begin

    def _start(self, number: int) -> int:
        """Where a line begins; the end of the text for the one after the last."""
        index = number - 1 - self.before
        return self._line_starts[index] if index < len(self._line_starts) else len(self.text)

    @cached_property
    def _line_starts(self) -> tuple[int, ...]:
        ends = accumulate(len(line) + 1 for line in self.text.split("\n")[:-1])
        return (0, *ends)

    def position(self, offset: int) -> tuple[int, int]:
        """Line and column of an offset, both counted from 1; the column counts characters."""
        line = bisect.bisect_right(self._line_starts, offset)
        return line + self.before, offset - self._line_starts[line - 1] + 1 + (self.indent if line == 1 else 0)

    def line(self, number: int) -> str:
        """The text of a line, counted from 1, without its line break."""
        return self.text[self._start(number) : self._start(number + 1)].rstrip("\r\n")


class Span(NamedTuple):
    """The characters `start` (included) to `end` (excluded) of a source text.

    `pointer` names the setting of the image template that stands there, as a JSON pointer (RFC 6901) from its resource on; None
    outside of it. Each key and value has a span: a tuple is made fast.
    """

    source: SourceText
    start: int
    end: int
    pointer: str | None = None

    @property
    def text(self) -> str:
        """The characters themselves."""
        return self.source.text[self.start : self.end]

    @property
    def position(self) -> tuple[int, int]:
        """Line and column where the span starts, counted from 1."""
        return self.source.position(self.start)

    @property
    def end_position(self) -> tuple[int, int]:
        """Line and column of what comes right after the span, counted from 1."""
        return self.source.position(self.end)

    @property
    def in_line(self) -> int:
        """How many characters of its line, as the source text has it, stand before the span."""
        number, column = self.position
        return column - 1 - (self.source.indent if number == self.source.before + 1 else 0)

    @property
    def first(self) -> Span:
        """The first character: a caret under a whole document would help nobody."""
        return self._replace(end=min(self.end, self.start + 1))

    def alone(self) -> Span:
        """The place in a text of its own lines only: what is kept of many texts is to be small."""
        source, begin = self.source.only(self.position[0], self.end_position[0])
        return Span(source, self.start - begin, self.end - begin, self.pointer)

    def __str__(self) -> str:
        line, column = self.position
        return f"{self.source.name}:{line}:{column}"


def decode(data: bytes, name: str) -> SourceText:
    """Read bytes as ARM tools do: UTF-8 with or without a byte order mark, UTF-16 or UTF-32 with one.

    Raises:
        FileError: The bytes are text in none of them.

    """
    encodings = {
        codecs.BOM_UTF8: "utf-8-sig",
        codecs.BOM_UTF32_LE: "utf-32",  # before UTF-16, whose mark it starts with
        codecs.BOM_UTF32_BE: "utf-32",
        codecs.BOM_UTF16_LE: "utf-16",
        codecs.BOM_UTF16_BE: "utf-16",
    }
    encoding = next((encoding for mark, encoding in encodings.items() if data.startswith(mark)), "utf-8")
    try:
        return SourceText(name, data.decode(encoding))
    except UnicodeDecodeError as error:
        reason = f"not {encoding.upper().removesuffix('-SIG')} text (byte {error.start})"
        raise FileError(name, reason, "Save it as UTF-8.") from error
