"""Where the characters of a decoded JSON string stand in the file."""

from __future__ import annotations

from itertools import accumulate
from typing import TYPE_CHECKING

from aib2packer.jsonc.tree import new_span
from aib2packer.lazy.models import dataclass, field
from aib2packer.lazy.patterns import pattern
from aib2packer.text.source import Span

if TYPE_CHECKING:
    from collections.abc import Sequence

# Each match is one character of the decoded string (jsonc/reader.py reads the same escapes).
_CHARACTER = pattern(r"\\u[dD][89abAB][0-9a-fA-F]{2}\\u[dD][c-fC-F][0-9a-fA-F]{2}|\\u[0-9a-fA-F]{4}|\\?(?s:.)")


@dataclass(slots=True)
class StringPlace:
    """A string of the template, and where it stands: turns offsets in the string into spans of the file."""

    span: Span
    text: str
    _offsets: Sequence[int] | None = field(default=None, repr=False)

    def at(self, start: int, end: int) -> Span:
        """The span of the characters `start` to `end` of the string; all of it where it is not written in the file as one."""
        if self._offsets is None:
            self._offsets = _offsets(self.span.text, self.text)
        offsets = self._offsets
        if not offsets:
            return self.span
        last = len(offsets) - 1
        source, base, _, _ = self.span
        return new_span(Span, (source, base + offsets[min(start, last)], base + offsets[min(end, last)], None))


def _offsets(written: str, text: str) -> Sequence[int]:
    """Where each decoded character begins, counted from the opening quote; then where the last ends. Nothing for no string."""
    inner = written[1:-1]
    if written[:1] != '"':
        return ()
    if "\\" not in inner:
        return range(1, len(text) + 2) if inner == text else ()
    lengths = [len(match[0]) for match in _CHARACTER.finditer(inner)]
    return tuple(accumulate(lengths, initial=1)) if len(lengths) == len(text) else ()
