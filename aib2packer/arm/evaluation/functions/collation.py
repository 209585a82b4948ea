"""The order of text by .NET's invariant culture: `items` and `less` go by it.

Source: docs/reference/arm-expressions.md 2.6 for letters (`abc` before `ABC` before `abd`); the ICU root collation for the
rest.
"""

from __future__ import annotations

import unicodedata

COLLATED = 20
"""The work, as a budget counts it, of making the key of one character."""

_PUNCTUATION = "_-,;:!?.'\"()[]{}@*/\\&#%`^+<=>|~$"
_DIGITS, _LETTERS = 1, 2


def collation_key(text: str) -> tuple[object, ...]:
    """A key to sort by: letters without regard to accent and case first, then accents, then lower before upper case."""
    plain = [char for char in unicodedata.normalize("NFD", text) if not unicodedata.combining(char)]
    marks = [char for char in unicodedata.normalize("NFD", text) if unicodedata.combining(char)]
    return tuple(map(_primary, plain)), tuple(marks), tuple(char.isupper() for char in plain)


def _primary(char: str) -> tuple[int, int, str]:
    if char.isspace():
        return 0, -1, char
    if char.isalpha():
        return _LETTERS, 0, char.casefold()
    if char.isdigit():
        return _DIGITS, 0, char
    return 0, _PUNCTUATION.find(char) if char in _PUNCTUATION else len(_PUNCTUATION), char
