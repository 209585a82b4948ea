"""Texts in lines of a width, as `textwrap` breaks them at blanks: to import that takes longer than to wrap a whole build."""

from __future__ import annotations


def wrapped(text: str, width: int) -> list[str]:
    """The lines of a text without line breaks; none is longer than `width`, but for one with a word that is."""
    lines: list[str] = []
    begun: list[str] = []  # the words of the last line
    taken = -1  # how long that is
    for word in text.split(" "):
        if word and begun and taken + 1 + len(word) > width:
            lines += [" ".join(begun).rstrip(" ")] if any(begun) else []
            begun, taken = [], -1
        if word or begun or not lines:  # a line begins with no blanks, but for the first
            begun.append(word)
            taken += 1 + len(word)
    return [*lines, " ".join(begun).rstrip(" ")] if any(begun) else lines
