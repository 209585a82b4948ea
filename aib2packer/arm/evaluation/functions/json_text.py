"""JSON as Newtonsoft.Json reads it for `json()`: single quotes, bare keys and comments are fine.

Source: docs/reference/arm-expressions.md 2.4; Newtonsoft's JsonTextReader for what it takes beyond JSON.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from aib2packer.lazy.patterns import pattern

if TYPE_CHECKING:
    from aib2packer.arm.language.symbolic import ArmValue

_SPACE = pattern(r"(?:\s|//[^\r\n]*|/\*(?s:.*?)\*/)*+")
_KEY = pattern(r"[\w$]++")
_STRING = pattern(r""""((?:[^"\\]++|\\(?s:.))*+)"|'((?:[^'\\]++|\\(?s:.))*+)'""")
_ATOM = pattern(r"-?[0-9]++(\.[0-9]++)?+([eE][+-]?[0-9]++)?+(?![\w.])|(?:true|false|null)(?!\w)")
_ESCAPE = pattern(r"\\(?:u([0-9a-fA-F]{4})|(?s:(.)))")
_ESCAPES = {"b": "\b", "f": "\f", "n": "\n", "r": "\r", "t": "\t"}
_WORDS = {"true": True, "false": False, "null": None}
_MAX_DEPTH = 60
_MAX_DIGITS = 4000


class JsonTextError(ValueError):
    """The text is no JSON; `at` is where reading ended."""

    def __init__(self, at: int) -> None:
        super().__init__(f"no JSON at character {at + 1}")
        self.at = at


def read_json(text: str) -> ArmValue:
    """Read one JSON value.

    Raises:
        JsonTextError: There is none, or more than one.

    """
    reader = _JsonTextReader(text)
    value, at = reader.value(reader.space(0), 0)
    at = reader.space(at)
    if at != len(text):
        raise JsonTextError(at)
    return value


class _JsonTextReader:
    """Reads one text. Each method takes the offset at which its rule begins, and gives the one behind it."""

    __slots__ = ("_text",)

    def __init__(self, text: str) -> None:
        self._text = text

    def value(self, at: int, depth: int) -> tuple[ArmValue, int]:
        """Value = object | array | string | number | "true" | "false" | "null"."""
        char = self._text[at : at + 1]
        if depth > _MAX_DEPTH:
            raise JsonTextError(at)
        if char == "{":
            return self._object(at, depth)
        if char == "[":
            return self._array(at, depth)
        if char in {'"', "'"}:
            return self._string(at)
        match = _ATOM.match(self._text, at)
        if match is None or len(match[0]) > _MAX_DIGITS:
            raise JsonTextError(at)
        if match[0] in _WORDS:
            return _WORDS[match[0]], match.end()
        number = float(match[0]) if match[1] or match[2] else int(match[0])
        if number in {float("inf"), float("-inf")}:
            raise JsonTextError(at)
        return number, match.end()

    def space(self, at: int) -> int:
        """Space = *( blank | comment )."""
        match = _SPACE.match(self._text, at)
        return at if match is None else match.end()

    def _object(self, at: int, depth: int) -> tuple[ArmValue, int]:
        """Object = "{" [ key ":" value *( "," key ":" value ) [ "," ] ] "}"."""
        members: dict[str, ArmValue] = {}
        at = self.space(at + 1)
        while self._text[at : at + 1] != "}":
            key, at = self._key(at)
            at = self._expect(":", self.space(at))
            members[key], at = self.value(self.space(at), depth + 1)
            at = self._next("}", at)
        return members, at + 1  # type: ignore[return-value]  # mypy: dict keys are invariant

    def _array(self, at: int, depth: int) -> tuple[ArmValue, int]:
        """Array = "[" [ value *( "," value ) [ "," ] ] "]"."""
        items: list[ArmValue] = []
        at = self.space(at + 1)
        while self._text[at : at + 1] != "]":
            item, at = self.value(at, depth + 1)
            items.append(item)
            at = self._next("]", at)
        return tuple(items), at + 1

    def _key(self, at: int) -> tuple[str, int]:
        """Key = string | bare word."""
        if self._text[at : at + 1] in {'"', "'"}:
            return self._string(at)
        match = _KEY.match(self._text, at)
        if match is None:
            raise JsonTextError(at)
        return match[0], match.end()

    def _string(self, at: int) -> tuple[str, int]:
        """String = characters and escapes in quotes of either kind."""
        match = _STRING.match(self._text, at)
        if match is None:
            raise JsonTextError(at)
        inner = match[1] if match[1] is not None else match[2]
        if "\\" not in inner:
            return inner, match.end()
        text = _ESCAPE.sub(lambda one: chr(int(one[1], 16)) if one[1] else _ESCAPES.get(one[2], one[2]), inner)
        return text.encode("utf-16-le", "surrogatepass").decode("utf-16-le", "replace"), match.end()

    def _next(self, closing: str, at: int) -> int:
        """A comma, or what closes."""
        at = self.space(at)
        return at if self._text[at : at + 1] == closing else self.space(self._expect(",", at))

    def _expect(self, char: str, at: int) -> int:
        if self._text[at : at + 1] != char:
            raise JsonTextError(at)
        return at + 1
