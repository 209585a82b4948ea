"""Values as text: what `string`, `format`, `concat` and `join` make of them.

Source: docs/reference/arm-expressions.md 2.4. ARM writes JSON with Newtonsoft.Json, and formats with .NET's composite
formatting.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from aib2packer.arm.language.symbolic import ArmValue

_ESCAPES = {
    **{char: f"\\u{ord(char):04x}" for char in (*map(chr, range(0x20)), "\x85", "\u2028", "\u2029")},
    "\b": r"\b",
    "\f": r"\f",
    "\n": r"\n",
    "\r": r"\r",
    "\t": r"\t",
    "\\": r"\\",
}
_ESCAPED_IN = {quote: str.maketrans(_ESCAPES | {quote: f"\\{quote}"}) for quote in ("'", '"')}
_is_escaped = re.compile("[\x00-\x1f\\\\'\"\x85\u2028\u2029]").search
_UNIT = 2


def to_text(value: ArmValue, quote: str = '"') -> str:
    """A known value as text: text as it is, `True`, numbers, nothing for null, JSON for the rest in quotes of that kind."""
    match value:
        case None:
            return ""
        case str():
            return value
        case bool():
            return "True" if value else "False"
        case _:
            return to_json(value, quote)


def to_json(value: ArmValue, quote: str = '"') -> str:
    """A known value as compact JSON, properties in their order."""
    match value:
        case None:
            return "null"
        case bool():
            return "true" if value else "false"
        case int():
            return str(value)
        case float():
            return _number(value)
        case str():
            # A table, for a call for each character of a long text would take seconds.
            return f"{quote}{value.translate(_ESCAPED_IN[quote]) if _is_escaped(value) else value}{quote}"
        case tuple():
            return f"[{','.join(to_json(item, quote) for item in value)}]"
        case dict():
            members = (f"{to_json(key, quote)}:{to_json(item, quote)}" for key, item in value.items())
            return f"{{{','.join(members)}}}"
        case _:
            message = "a symbol has no text yet"
            raise TypeError(message)


def utf16(text: str) -> bytes:
    """A string as .NET holds it: two bytes a unit."""
    return text.encode("utf-16-le", "surrogatepass")


def utf16_length(text: str) -> int:
    """How many UTF-16 units a string has, which is what .NET counts."""
    return len(text) if text.isascii() else len(utf16(text)) // _UNIT


def cut(text: str, start: int, end: int) -> str:
    """The UTF-16 units `start` to `end` of a string."""
    if text.isascii():
        return text[start:end]
    return utf16(text)[start * _UNIT : end * _UNIT].decode("utf-16-le", "surrogatepass")


def utf8(text: str) -> bytes:
    """A string as .NET encodes it; half a character becomes U+FFFD."""
    return utf16(text).decode("utf-16-le", "replace").encode()


def lower(text: str) -> str:
    """`ToLowerInvariant`: each character alone, so the length stays, and a sigma at the end of a word is as any other."""
    return "İ".join(part.replace("Σ", "\N{GREEK SMALL LETTER SIGMA}").lower() for part in text.split("İ"))


def upper(text: str) -> str:
    """`ToUpperInvariant`: each character alone, so `ß` stays."""
    changed = text.upper()
    if len(changed) == len(text):
        return changed
    return "".join(one if len(one := char.upper()) == 1 else char for char in text)


def _number(value: float) -> str:
    text = repr(value)
    mantissa, _, exponent = text.partition("e")
    return f"{mantissa}E{exponent}" if exponent else text
