"""JSON as ARM tools read it, with a span on every key and value."""

from __future__ import annotations

import math
import re
from typing import TYPE_CHECKING, cast

from aib2packer.findings.codes import JSON_DUPLICATE_KEY, JSON_SYNTAX, JSON_TOO_DEEP, JSON_TRAILING_COMMA, PLACEHOLDER
from aib2packer.findings.model import Finding
from aib2packer.jsonc.tree import MAX_DEPTH, JsonArray, JsonMember, JsonObject, JsonScalar, new_span
from aib2packer.lazy.models import dataclass
from aib2packer.lazy.patterns import pattern
from aib2packer.text.placeholders import unquoted
from aib2packer.text.source import SourceText, Span

if TYPE_CHECKING:
    from collections.abc import Callable

    from aib2packer.findings.model import Report
    from aib2packer.jsonc.breakage import Where
    from aib2packer.jsonc.tree import Json

# What Newtonsoft.Json skips (JsonTextReader.EatWhitespace: char.IsWhiteSpace), and a byte order mark.
_BLANK = r"[\s\ufeff]*+"
_SPACE = rf"{_BLANK}(?:(?://[^\r\n]*+|/\*(?s:.*?)\*/){_BLANK})*+"
_CHARACTERS = r'[^"\\]*+(?:\\(?s:.)[^"\\]*+)*+'
_INTEGER = "-?(?:0|[1-9][0-9]*+)"

# Matches everywhere, be it nothing.
_match_space = cast("Callable[[str, int], re.Match[str]]", re.compile(_SPACE).match)
_match_next = re.compile(rf"{_SPACE}([,}}\]]){_SPACE}").match
_match_key = re.compile(rf'"({_CHARACTERS})"{_SPACE}:{_SPACE}').match
# A value, or how it begins; the name of the group says what it is.
_match_value = re.compile(
    rf'"(?P<string>{_CHARACTERS})"|(?P<quote>")|(?P<bracket>[{{\[])'
    rf"|(?:(?P<integer>{_INTEGER}(?![.eE]))|(?P<number>{_INTEGER}(?:\.[0-9]++)?+(?:[eE][-+]?[0-9]++)?+)|(?P<word>true|false|null))"
    r"(?![\w.+$-])",
).match

_MOST_FINDINGS = 200
_LITERALS = {"true": True, "false": False, "null": None}

_ESCAPE = pattern(
    r"""\\(?:(["\\/bfnrt])"""
    r"""|u([dD][89abAB][0-9a-fA-F]{2})\\u([dD][c-fC-F][0-9a-fA-F]{2})"""
    r"""|u(?![dD][89a-fA-F])([0-9a-fA-F]{4})"""
    r"""|)""",
)
_SIMPLE_ESCAPES = {'"': '"', "\\": "\\", "/": "/", "b": "\b", "f": "\f", "n": "\n", "r": "\r", "t": "\t"}


class _StopError(Exception):
    """The text is no JSON; ends the reading. Says where, as `BreakPlace` does."""

    def __init__(
        self,
        at: int,
        where: Where,
        *,
        opened: int = 0,
        before: Span | None = None,
        comma: int | None = None,
    ) -> None:
        super().__init__(at, where)
        self.at = at
        self.where = where
        self.opened = opened
        self.before = before
        self.comma = comma


class _EscapeError(Exception):
    """No escape of JSON at this offset of a string's inner text."""

    def __init__(self, offset: int) -> None:
        super().__init__(offset)
        self.offset = offset


@dataclass(frozen=True, slots=True)
class ParsedText:
    """What a text holds; None where it is not JSON. The findings are about the text alone."""

    tree: Json | None
    findings: tuple[Finding, ...]


@dataclass(frozen=True)
class ReadText(SourceText):
    """A text in another language, with the JSON that it comes to, at the places of that text."""

    tree: Json | None = None


def parse(source: SourceText, report: Report) -> Json | None:
    """Read a text as `read_json` does, and report what there is to say of it."""
    if isinstance(source, ReadText):
        return source.tree
    parsed = read_json(source)
    for finding in parsed.findings:
        report.record(finding)
    return parsed.tree


def read_json(source: SourceText) -> ParsedText:
    """Read a text as ARM tools do: comments and raw line breaks in strings are fine.

    Trailing commas and keys written twice (the last wins) are tolerated with a finding. A text that is not JSON gives one
    error finding, which is the last, and no tree.
    """
    reader = _Reader(source)
    try:
        return ParsedText(reader.document(), tuple(reader.findings))
    except _StopError as stop:
        from aib2packer.jsonc.breakage import BreakPlace
        from aib2packer.jsonc.diagnosis import explain

        broken = explain(source, stop.at, BreakPlace(stop.where, opened=stop.opened, before=stop.before, comma=stop.comma))
        code = JSON_TOO_DEEP if stop.where == "too deep" else PLACEHOLDER if broken.placeholder else JSON_SYNTAX
        finding = Finding(code, Span(source, broken.start, broken.end), broken.message, broken.help)
        return ParsedText(None, (*reader.findings, finding))


class _Reader:
    """Reads one text. Each method takes the offset at which its rule begins."""

    __slots__ = ("_source", "_text", "_untold", "findings")

    def __init__(self, source: SourceText) -> None:
        self._source = source
        self._text = source.text
        self.findings: list[Finding] = []
        self._untold = 0

    def document(self) -> Json:
        """Document = value ; the only one in the text."""
        self._check_characters()
        start = self._space(0)
        value = self._value(start, 1)
        if value is None:
            raise _StopError(start, "document")
        end = self._space(value.span.end)
        if end < len(self._text):
            raise _StopError(end, "end", before=value.span)
        if self._untold:
            last = self.findings[-1]
            more = f"{last.message}; and so on, {self._untold:,} times more in this file"
            self.findings[-1] = Finding(last.code, last.span, more, last.help)
        return value

    def _value(self, start: int, depth: int) -> Json | None:
        """Value = object | array | string | number | "true" | "false" | "null" | placeholder ; None: no value begins here."""
        match = _match_value(self._text, start)
        if match is None:
            return self._placeholder(start)
        kind = match.lastgroup
        if kind == "bracket":
            # Twice there, it may begin a placeholder.
            if self._text.startswith(match[0], start + 1) and (bare := self._placeholder(start)) is not None:
                return bare
            if depth > MAX_DEPTH:
                raise _StopError(start, "too deep")
            return self._object(start, depth) if match[0] == "{" else self._array(start, depth)
        span = new_span(Span, (self._source, start, match.end(), None))
        if kind == "string":
            inner = match["string"]
            return JsonScalar(self._unescaped(inner, start + 1) if "\\" in inner else inner, span)
        if kind == "word":
            return JsonScalar(_LITERALS[match[0]], span)
        if kind == "quote":
            raise _StopError(start, "open string")
        if math.isinf(float(match[0])):  # also keeps int() below Python's limit of digits
            raise _StopError(start, "huge number")
        return JsonScalar(int(match[0]) if kind == "integer" else float(match[0]), span)

    def _placeholder(self, start: int) -> JsonScalar | None:
        """Placeholder of a tool in the place of a value, as text; None: there is none."""
        match = unquoted(self._text, start)
        return None if match is None else JsonScalar(match[0], Span(self._source, start, match.end()))

    def _object(self, start: int, depth: int) -> JsonObject:
        """Object = "{" [ member *( "," member ) [ "," ] ] "}" ; member = string ":" value."""
        text, source = self._text, self._source
        members = []
        at = self._space(start + 1)
        comma = None
        while (match := _match_key(text, at)) is not None:
            inner, value_start = match[1], match.end()
            key_span = new_span(Span, (source, at, match.end(1) + 1, None))
            key = self._unescaped(inner, at + 1) if "\\" in inner else inner
            value = self._value(value_start, depth + 1)
            if value is None:
                raise _StopError(value_start, "value", opened=start, before=key_span)
            members.append(JsonMember(key, key_span, value))
            match = _match_next(text, value.span.end)
            if match is None or match[1] == "]":
                raise _StopError(self._space(value.span.end), "next member", opened=start, before=value.span)
            if match[1] == "}":
                return JsonObject(self._unique(members), new_span(Span, (source, start, match.end(1), None)))
            comma = match.start(1)
            at = match.end()
        if not text.startswith("}", at):
            raise self._broken_key(at, start, comma)
        self._check_comma(comma, "}")
        return JsonObject(self._unique(members), Span(source, start, at + 1))

    def _array(self, start: int, depth: int) -> JsonArray:
        """Array = "[" [ value *( "," value ) [ "," ] ] "]"."""
        text = self._text
        items = []
        at = self._space(start + 1)
        comma = None
        while not text.startswith("]", at):
            value = self._value(at, depth + 1)
            if value is None:
                raise _StopError(at, "item", opened=start, comma=comma)
            items.append(value)
            match = _match_next(text, value.span.end)
            if match is None or match[1] == "}":
                raise _StopError(self._space(value.span.end), "next item", opened=start, before=value.span)
            if match[1] == "]":
                return JsonArray(tuple(items), new_span(Span, (self._source, start, match.end(1), None)))
            comma = match.start(1)
            at = match.end()
        self._check_comma(comma, "]")
        return JsonArray(tuple(items), Span(self._source, start, at + 1))

    def _unescaped(self, inner: str, start: int) -> str:
        r"""Escape = "\" ( '"' | "\" | "/" | "b" | "f" | "n" | "r" | "t" | "u" 4 hexadecimal digits )."""
        try:
            return _ESCAPE.sub(_unescape, inner)
        except _EscapeError as error:
            raise _StopError(start + error.offset, "escape") from None

    def _space(self, start: int) -> int:
        """Space = *( blank | "//" to the end of the line | "/*" to "*/" ) ; gives the offset after it."""
        return _match_space(self._text, start).end()

    def _unique(self, members: list[JsonMember]) -> tuple[JsonMember, ...]:
        """Keep the last member of each key."""
        last = {member.key: member for member in members}
        if len(last) == len(members):
            return tuple(members)
        from aib2packer.jsonc.breakage import quoted

        for member in members:
            winner = last[member.key]
            if winner is not member and self._is_told():
                line, column = winner.key_span.position
                message = f"{quoted(member.key)} is written again in line {line}, column {column}: the last one wins"
                remedy = "Delete the one that is not meant."
                self.findings.append(Finding(JSON_DUPLICATE_KEY, member.key_span, message, remedy))
        return tuple(last.values())

    def _check_comma(self, comma: int | None, closing: str) -> None:
        if comma is not None and self._is_told():
            span = Span(self._source, comma, comma + 1)
            message = f"a comma before `{closing}`: JSON has none there, and some tools refuse it"
            self.findings.append(Finding(JSON_TRAILING_COMMA, span, message, "Delete the comma."))

    def _is_told(self) -> bool:
        """Whether one more thing that is tolerated gets a finding; where nobody would read them all they are counted only."""
        told = len(self.findings) < _MOST_FINDINGS
        self._untold += not told
        return told

    def _check_characters(self) -> None:
        try:
            self._text.encode()  # the quickest search for a lone surrogate, which only a Python caller can pass
        except UnicodeEncodeError as error:
            raise _StopError(error.start, "surrogate") from None

    def _broken_key(self, at: int, opened: int, comma: int | None) -> _StopError:
        """No key begins here, or no colon follows it."""
        key = self._value(at, MAX_DEPTH) if self._text.startswith('"', at) else None
        if key is None:
            return _StopError(at, "key", opened=opened, comma=comma)
        return _StopError(self._space(key.span.end), "colon", opened=opened, before=key.span)


def _unescape(match: re.Match[str]) -> str:
    simple, high, low, code = match.groups()
    if simple:
        return _SIMPLE_ESCAPES[simple]
    if code:
        return chr(int(code, 16))
    if high:
        return chr(0x10000 + ((int(high, 16) - 0xD800) << 10) + (int(low, 16) - 0xDC00))
    raise _EscapeError(match.start())
