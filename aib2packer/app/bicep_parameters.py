"""Bicep parameters files as they are read where there is no Bicep compiler: values, and what stands for values."""

from __future__ import annotations

import os
import re
from itertools import pairwise
from typing import TYPE_CHECKING, NoReturn, TypeAlias

from aib2packer.jsonc.reader import ReadText, read_json
from aib2packer.jsonc.tree import JsonArray, JsonMember, JsonObject
from aib2packer.lazy.models import dataclass, field, replace
from aib2packer.lazy.patterns import pattern
from aib2packer.system.files import read_bytes
from aib2packer.text.source import FileError, SourceText, Span, decode

if TYPE_CHECKING:
    from pathlib import Path

    from aib2packer.jsonc.tree import Json

BicepValue: TypeAlias = "str | int | bool | list[BicepValue] | dict[str, BicepValue] | None"

_DEEPEST = 50  # values in values, and files that extend others
_LARGEST = 5_000_000  # characters and items that the values of a file come to, each where it is used
_CHARACTERS = range(0xD800), range(0xE000, 0x110000)
_BLANK = pattern(r"(?:[ \t\r]|//[^\n]*|/\*.*?\*/)*", re.DOTALL)
_BLANKS = pattern(r"(?:\s|//[^\n]*|/\*.*?\*/|#[^\n]*)*", re.DOTALL)
_WORD = pattern(r"[A-Za-z_]\w*")
_NUMBER = pattern(r"-?\d{1,19}(?![\w.])")
_MULTILINE = pattern(r"'''\n?(.*?)'''(?!')", re.DOTALL)
_PIECE = pattern(r"[^'\\$\n\r]+|\$(?!\{)|\\u\{([0-9A-Fa-f]{1,6})\}|\\([nrt\\'$])")
_STATEMENT = pattern(r"^[ \t]*(?:(?:param|var|using|extends|import|func|type)\b|@|#|//|/\*)", re.MULTILINE)
_GIVEN = pattern(r"[ \t]*param[ \t]+(\w+)[ \t]*=[ \t]*")
_USING = pattern(r"^[ \t]*using[ \t]+'([^'\n]+)'", re.MULTILINE)
_ESCAPES = {"n": "\n", "r": "\r", "t": "\t"}
_CONSTANTS: dict[str, BicepValue] = {"true": True, "false": False, "null": None}


def read_bicep_parameters(path: Path) -> dict[str, BicepValue]:
    """The parameters file built from a Bicep parameters file, as JSON has it.

    Values, variables, texts with these in them, environment variables, secrets of a key vault, and files that extend others
    are understood.

    Raises:
        FileError: The file cannot be read, or says something else.

    """
    return {"parameters": _entries(path, 0)}


def at_places(parameters: bytes, source: SourceText) -> ReadText:
    """A Bicep parameters file with its values, each where the file gives it.

    Args:
        parameters: The parameters file in JSON that was built from it.
        source: The file itself.

    Raises:
        FileError: What was built from it is none.

    """
    tree = read_json(SourceText(source.name, parameters.decode("utf-8", "replace"))).tree
    given = tree.get("parameters") if isinstance(tree, JsonObject) else None
    if not isinstance(given, JsonObject):
        reason = "the Bicep compiler did not answer with the parameters"
        raise FileError(source.name, reason, "Build the file yourself, and pass the JSON with -p.")
    text, top = source.text, Span(source, 0, min(1, len(source.text)))
    starts = [*(statement.start() for statement in _STATEMENT.finditer(text)), len(text)]
    places: dict[str, Span] = {}
    for start, end in pairwise(starts):
        if found := _GIVEN.match(text, start, end):
            places[found[1]] = Span(source, found.end(), found.end() + len(text[found.end() : end].rstrip()))
    members = tuple(_at(member, places.get(member.key, top)) for member in given)
    return ReadText(source.name, text, tree=JsonObject((JsonMember("parameters", top, JsonObject(members, top)),), top))


def _at(member: JsonMember, place: Span) -> JsonMember:
    return JsonMember(member.key, place, _value_at(member.value, place))


def _value_at(node: Json, place: Span) -> Json:
    match node:
        case JsonArray(items):
            return JsonArray(tuple(_value_at(item, place) for item in items), place)
        case JsonObject(members):
            return JsonObject(tuple(_at(member, place) for member in members), place)
        case _:
            return replace(node, span=place)


def template_of(source: SourceText) -> str:
    """The template that a Bicep parameters file is for, as it names it."""
    found = _USING.search(source.text)
    return "TEMPLATE" if found is None else found[1]


def _entries(path: Path, depth: int) -> dict[str, BicepValue]:
    return _Statements(path, decode(read_bytes(str(path), path), str(path)).text, depth).read()


@dataclass
class _Statements:
    """Reads a file from `at` on, statement by statement."""

    path: Path
    text: str
    depth: int
    at: int = 0
    variables: dict[str, BicepValue] = field(default_factory=dict)
    sizes: dict[str, int] = field(default_factory=dict)
    size: int = 0

    def read(self) -> dict[str, BicepValue]:
        """The entries of the parameters file."""
        base: dict[str, BicepValue] | None = None
        found: dict[str, BicepValue] = {}
        while self._skip(_BLANKS) < len(self.text):
            match self._word():
                case "using":
                    _ = self._word() == "none" or self._text(0)
                case "extends":
                    if self.depth > _DEEPEST:
                        self._fail("a file extends itself")
                    if base is not None:
                        self._fail("a file extends one other")
                    base = _entries(self.path.parent / self._text(0), self.depth + 1)
                case "var":
                    name, before = self._named(), self.size
                    self.variables[name] = self._value(0)
                    self.sizes[name] = self.size - before
                case "param":
                    name = self._named()
                    if name in found:
                        self._fail(f"{name} is given twice")
                    found[name] = self._parameter()
                case _:
                    self._fail("this statement is for the Bicep compiler")
            if self._next(_BLANK) not in {"", "\n", "#"}:
                self._fail("an expression is for the Bicep compiler")
        return (base or {}) | found

    def _parameter(self) -> BicepValue:
        """What a parameter is given: a value, or a secret of a key vault."""
        start = self.at
        if self._word() in {"az", "getSecret"}:
            if self._take("."):
                self._word()
            given = self._arguments(0)
            if len(given) not in {4, 5}:
                self._fail("getSecret takes four arguments or five")
            subscription, group, vault, secret, *version = given
            vault_id = f"/subscriptions/{subscription}/resourceGroups/{group}/providers/Microsoft.KeyVault/vaults/{vault}"
            named = {"secretVersion": version[0]} if version else {}
            return {"reference": {"keyVault": {"id": vault_id}, "secretName": secret, **named}}
        self.at = start
        return {"value": self._value(0)}

    def _value(self, depth: int) -> BicepValue:
        if depth > _DEEPEST:
            self._fail("values are nested too deep")
        self._spend(1)
        sign = self._next(_BLANK)
        if sign == "'":
            return self._text(depth)
        if sign == "[":
            return self._list(depth)
        if sign == "{":
            return self._object(depth)
        if number := _NUMBER.match(self.text, self.at):
            self.at = number.end()
            return int(number[0])
        return self._of_name(depth)

    def _of_name(self, depth: int) -> BicepValue:
        """What a word stands for: a constant, a variable or a part of it, or an environment variable."""
        start, name = self.at, self._word()
        if name == "readEnvironmentVariable":
            given = self._arguments(depth)
            value: BicepValue = os.environ.get(str(given[0])) if given else None
            if value is None and len(given) < 2:  # noqa: PLR2004 - the name and a default
                self.at = start
                self._fail("the environment variable is not set")
            return given[1] if value is None else value
        if name in _CONSTANTS:
            return _CONSTANTS[name]
        if name not in self.variables:
            self.at = start
            self._fail("an expression is for the Bicep compiler")
        self._spend(self.sizes[name])
        value = self.variables[name]
        while self._take("."):
            key = self._word()
            if not key:
                self._fail("an expression is for the Bicep compiler")
            if not isinstance(value, dict) or key not in value:
                self._fail(f"there is no {key}")
            value = value[key]
        return value

    def _arguments(self, depth: int) -> list[BicepValue]:
        if not self._take("("):
            self._fail("an expression is for the Bicep compiler")
        return self._items(")", depth)

    def _list(self, depth: int) -> list[BicepValue]:
        self.at += 1
        return self._items("]", depth)

    def _items(self, end: str, depth: int) -> list[BicepValue]:
        items: list[BicepValue] = []
        while self._next(_BLANKS) != end:
            items.append(self._value(depth + 1))
            self._separated(end)
        self.at += 1
        return items

    def _object(self, depth: int) -> dict[str, BicepValue]:
        self.at += 1
        found: dict[str, BicepValue] = {}
        while (sign := self._next(_BLANKS)) != "}":
            key = self._text(depth) if sign == "'" else self._word()
            if not key or not self._take(":"):
                self._fail("a key and a value belong here")
            found[key] = self._value(depth + 1)
            self._separated("}")
        self.at += 1
        return found

    def _separated(self, end: str) -> None:
        """Items stand on lines of their own, or with a comma between them."""
        if not self._take(",") and self._next(_BLANK) not in {"\n", end}:
            self._fail("an expression is for the Bicep compiler")

    def _text(self, depth: int) -> str:
        self._skip(_BLANK)
        if whole := _MULTILINE.match(self.text, self.at):
            self.at = whole.end()
            self._spend(len(whole[1]))
            return str(whole[1])
        if not self._take("'"):
            self._fail("a text belongs here")
        pieces: list[str] = []
        while not self._take_here("'"):
            if self._take_here("${"):
                value = self._value(depth + 1)
                if isinstance(value, list | dict) or not self._take("}"):
                    self._fail("an expression is for the Bicep compiler")
                pieces.append("" if value is None else str(value).lower() if isinstance(value, bool) else str(value))
                continue
            piece = _PIECE.match(self.text, self.at)
            if piece is None:
                self._fail("this text does not end")
            if piece[1] and not any(int(piece[1], 16) in characters for characters in _CHARACTERS):
                self._fail("there is no such character")
            self.at = piece.end()
            self._spend(len(piece[0]))
            pieces.append(chr(int(piece[1], 16)) if piece[1] else _ESCAPES.get(piece[2], piece[2]) if piece[2] else piece[0])
        return "".join(pieces)

    def _named(self) -> str:
        name = self._word()
        if not name or not self._take("="):
            self._fail("this statement is for the Bicep compiler")
        return name

    def _word(self) -> str:
        found = _WORD.match(self.text, self._skip(_BLANK))
        if found is None:
            return ""
        self.at = found.end()
        return found[0]

    def _take(self, sign: str) -> bool:
        self._skip(_BLANK)
        return self._take_here(sign)

    def _take_here(self, sign: str) -> bool:
        there = self.text.startswith(sign, self.at)
        self.at += len(sign) if there else 0
        return there

    def _skip(self, blank: re.Pattern[str]) -> int:
        found = blank.match(self.text, self.at)
        self.at = self.at if found is None else found.end()
        return self.at

    def _next(self, blank: re.Pattern[str]) -> str:
        """The character behind blanks; nothing at the end of the file."""
        at = self._skip(blank)
        return self.text[at : at + 1]

    def _spend(self, size: int) -> None:
        self.size += size
        if self.size > _LARGEST:
            self._fail("its values come to more than is read")

    def _fail(self, reason: str) -> NoReturn:
        line = self.text.count("\n", 0, self.at) + 1
        column = self.at - self.text.rfind("\n", 0, self.at)
        remedy = f"Install it (az bicep install), or run `bicep build-params {self.path}` elsewhere and give the JSON with -p."
        place = f"{self.path}:{line}:{column}"
        raise FileError(place, f"{reason}, and no Bicep compiler is on PATH", remedy)
