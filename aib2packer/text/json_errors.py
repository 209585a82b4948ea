"""What is wrong with a text that is no JSON: recognises the common breakages and says where, what, and what to do.

`explain` asks one recogniser after another; the first that knows the breakage words it. Their docstrings say what they know.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal, TypeAlias

from aib2packer.text.jsonc import MAX_DEPTH

if TYPE_CHECKING:
    from collections.abc import Callable

    from aib2packer.text.source import SourceText, Span

_SHOWN = 40


Where: TypeAlias = Literal[
    "document",
    "value",
    "item",
    "key",
    "colon",
    "next member",
    "next item",
    "end",
    "open string",
    "escape",
    "huge number",
    "surrogate",
    "too deep",
]
"""Where the reader stood: before what should come, or at what it cannot take."""

# Where something should come: what.
_EXPECTED: dict[Where, str] = {
    "document": "a template, which begins with `{`",
    "value": "a value",
    "item": "a value or `]`",
    "key": "a key in double quotes or `}`",
    "colon": "`:` and a value",
    "next member": "`,` or `}`",
    "next item": "`,` or `]`",
    "end": "the end of the text",
}


@dataclass(frozen=True, slots=True)
class Place:
    """Where the reader stood."""

    where: Where
    opened: int | None = None
    """Where the object or array around begins."""
    before: Span | None = None
    """The key or value just read."""
    comma: int | None = None
    """The comma just read."""


@dataclass(frozen=True, slots=True)
class Broken:
    """A breakage: the characters that show it, what was found and expected there, and what to do."""

    start: int
    end: int
    message: str
    help: str


@dataclass(frozen=True, slots=True)
class _Case:
    """What a recogniser gets: the text, and where and how reading ended."""

    source: SourceText
    at: int
    place: Place

    @property
    def text(self) -> str:
        return self.source.text

    @property
    def char(self) -> str:
        return self.text[self.at : self.at + 1]

    @property
    def after_value(self) -> bool:
        """Whether a complete value was read just before."""
        return self.place.where in {"next member", "next item", "end"}

    @property
    def after_string(self) -> bool:
        """Whether a string was read just before, as a key or a value."""
        before = self.place.before
        return before is not None and before.text[0] == '"' and self.place.where != "value"

    @property
    def wants_value(self) -> bool:
        return self.place.where in {"document", "value", "item"}

    @property
    def expected(self) -> str:
        """What should stand here, and in what."""
        expected = _EXPECTED[self.place.where]
        before = self.place.before
        if self.place.where in {"colon", "value"} and before is not None:
            return f"{expected} for the key {quoted(before.text[1:-1])}"
        return expected

    @property
    def around(self) -> str:
        """The object or array around, such as `the object that begins in line 3, column 5`."""
        opened = self.place.opened
        if opened is None:
            return "the text"
        kind = "array" if self.text[opened] == "[" else "object"
        return f"the {kind} that begins in {self.place_of(opened)}"

    def place_of(self, offset: int) -> str:
        line, column = self.source.position(offset)
        return f"line {line}, column {column}"

    def match(self, pattern: str) -> re.Match[str] | None:
        return re.compile(pattern).match(self.text, self.at)

    def broken(self, found: str, help: str, *, length: int = 1) -> Broken:  # noqa: A002 - the term of the field
        """Say what was found at this place, `length` characters long."""
        return Broken(self.at, self.at + length, f"found {found}; expected {self.expected}", help)


def explain(source: SourceText, at: int, place: Place) -> Broken:
    """Say what is wrong at an offset where the reader could not go on."""
    if place.where in _NOT_TAKEN:
        return _NOT_TAKEN[place.where](source.text, at)
    case = _Case(source, at, place)
    return next(filter(None, (recognise(case) for recognise in _RECOGNISERS)), None) or _anything(case)


def quoted(text: str) -> str:
    """A piece of the text in backticks, cut where it is long."""
    return f"`{text if len(text) <= _SHOWN else text[:_SHOWN] + '…'}`"


def _open_string(text: str, start: int) -> Broken:
    """A string without a closing quote, to the end of the text."""
    return _run_on(text, start, len(text)) or Broken(
        start,
        _line_end(text, start),
        'this string has no closing quote; expected `"` before the end of the text',
        'Write `"` where the string ends. A quote that belongs to the text is written `\\"`.',
    )


def _bad_escape(text: str, at: int) -> Broken:
    r"""A backslash in a string that begins no escape of JSON: `C:\Dir`, `\'`, `\u12`, half a surrogate pair."""
    following = text[at + 1]
    shown = text[at : at + 2]
    length = 2
    message = (
        f'found `{shown}`; expected `\\\\` for a backslash, or one of the escapes `\\n`, `\\t`, `\\"`, `\\uXXXX` and the like'
    )
    help_ = f"Double the backslash: `\\{shown}`. In a path, double each of them."
    if following in "\r\n":
        length = 1
        message = "found a backslash at the end of the line; expected a character that it escapes"
        help_ = "Double it if it belongs to the text, else delete it: ARM takes line breaks in strings as they are."
    elif following in "'`$":
        help_ = f"`{following}` needs no backslash in JSON: delete it, or double it (`\\{shown}`) if the command needs it."
    elif following == "u":
        match = re.compile(r"\\u([0-9a-fA-F]{0,4})").match(text, at)
        digits = match[1] if match else ""
        length = 2 + len(digits)
        if len(digits) == len("XXXX"):
            message = f"found `\\u{digits}` alone, half of a character; expected a pair such as `\\ud83d\\ude00`"
            help_ = "Write both halves, or the character itself."
        else:
            message = f"found `\\u{digits}`; expected four hexadecimal digits after `\\u`"
            help_ = "If the backslash belongs to the text, as in a path, double it: `\\\\u`."
    return Broken(at, at + length, message, help_)


def _lone_surrogate(text: str, at: int) -> Broken:
    """Half of a character, which no encoding can write."""
    message = f"found {_named(text[at])}, half of a character; expected text"
    return Broken(at, at + 1, message, "Read the file as UTF-8, or pass its bytes.")


def _huge_number(text: str, at: int) -> Broken:
    """A number beyond those of double precision."""
    rest = text[at:]
    number = rest[: len(rest) - len(rest.lstrip("-+.0123456789eE"))]
    message = f"found the number {quoted(number)}, which is out of range; expected one below 1.8e308"
    return Broken(at, at + len(number), message, "No setting takes such a number; text belongs in double quotes.")


def _too_deep(_text: str, at: int) -> Broken:
    """An object or array in too many others."""
    message = f"objects and arrays are nested more than {MAX_DEPTH} deep"
    return Broken(at, at + 1, message, "No image template is: check where this text comes from.")


def _end_of_text(case: _Case) -> Broken | None:
    """The text is empty or ends too early."""
    if case.char:
        return None
    end = len(case.text.rstrip())
    if case.place.where == "document":
        found = "comments only" if case.text.strip("\ufeff \t\r\n") else "nothing"
        return Broken(end, end, f"found {found}; expected {case.expected}", "Give the text of an image template.")
    closing = "]" if case.place.where in {"item", "next item"} else "}"
    message = f"the text ends inside {case.around}; expected {case.expected}"
    return Broken(end, end, message, f"Write the missing `{closing}`, or restore what was cut off.")


def _runaway_string(case: _Case) -> Broken | None:
    """The string just read did not end where it should and swallowed what follows, up to the quote of the next string."""
    before = case.place.before
    if before is None or not case.after_string:
        return None
    if not before.text[1:-1].rstrip(" \t{}[],:").endswith("\n"):
        return _run_on(case.text, before.start, before.end)
    return _run_on(case.text, before.start, before.end) or Broken(
        before.start,
        _line_end(case.text, before.start),
        "this string has no closing quote in its line; it ends only at the next quote, "
        f"in {case.place_of(before.end - 1)}, before {_shown(case)}",
        'Write `"` where the string ends.',
    )


# At the end of the line, or before a comma at the end of what was read as the string.
_SEEMING_END = re.compile(r'(?P<quote>[“”„‟]|\\")[ \t]*+(?:[}\]]*+,?+[ \t]*+(?=[\r\n]|$)|,[ \t]*+"$)')


def _run_on(text: str, start: int, end: int) -> Broken | None:
    """A string that seems to end in its first line, with a curly quote or with a quote that a backslash escapes."""
    match = _SEEMING_END.search(text, start, end)
    if match is None:
        return None
    before = text[start : match.start()]
    at, quote = match.start(), match["quote"]
    if "\n" in before:
        return None
    if quote != '\\"':
        message = f'found the typographic quote {quoted(quote)}; expected `"` to close the string'
        return Broken(at, at + 1, message, 'Write a straight quote, `"`.')
    if before.count('\\"') % 2:  # the second of a pair, which quotes something in the text
        return None
    message = 'found `\\"`, a quote that belongs to the text; expected `"` to close the string'
    return Broken(at, at + 2, message, 'For a backslash at the end of the text, double it: `\\\\"`.')


def _inner_quote(case: _Case) -> Broken | None:
    """The string just read was cut by a quote that belongs to its text."""
    before = case.place.before
    if before is None or not case.after_string or case.char in ',:;=]}{["“”/#':
        return None
    between = case.text[before.end : case.at]
    if "\n" in between or (between and (case.place.where == "colon" or not case.char.isalnum())):
        return None
    quote = before.end - 1
    if before.text == '""':
        message = f"the string ends at its second quote, empty, and {_shown(case)} follows; expected {case.expected}"
        return Broken(before.start, before.end, message, 'Begin and end the string with one `"` each.')
    if before.text[:-1].rstrip().endswith(","):
        begin = case.place_of(before.start)
        message = f"the string that begins in {begin} ends here, before {_shown(case)}; expected {case.expected}"
        return Broken(quote, quote + 1, message, 'Look for a missing `"` before the comma. A quote in a text is written `\\"`.')
    message = f"this quote ends the string, and {_shown(case)} follows; expected {case.expected}"
    return Broken(quote, quote + 1, message, 'If the quote belongs to the text, write `\\"`.')


def _stray_quote(case: _Case) -> Broken | None:
    """One quote too many, after a value and at the end of the line."""
    before = case.place.before
    if before is None or case.text[before.end : case.at].strip(" ") or not case.match(r'"[ \t]*[,}\]]*[ \t]*(?=[\r\n]|$)'):
        return None
    if case.after_string:
        return case.broken('a second `"`', "Delete one of them.")
    return case.broken(f'`"` right after {quoted(before.text)}', "Delete the quote, or write one before the value too.")


def _comment(case: _Case) -> Broken | None:
    """Something that looks like a comment and is none, or has no end."""
    if case.match(r"/\*"):
        message = "this comment has no end; expected `*/`"
        return Broken(case.at, case.at + 2, message, "Write `*/` where the comment ends.")
    if case.char == "/":
        return case.broken("`/`", "A comment begins with `//`, or stands between `/*` and `*/`.")
    if case.match(r"#(?!\{)"):
        return case.broken("`#`", "Write a comment with `//`, or delete the line.")
    return None


def _other_quotes(case: _Case) -> Broken | None:
    """Quotes that are not JSON's: curly ones, single ones, backticks, and straight ones that a backslash escapes."""
    if case.match(r"[“”„‟‘’‚‛«»]"):  # noqa: RUF001
        return case.broken(f"the typographic quote {quoted(case.char)}", 'Write straight quotes, `"`.')
    match = case.match(r"'[^'\r\n]*+'?|`[^`\r\n]*+`?")
    if match:
        kind = "single quotes" if case.char == "'" else "backticks"
        return case.broken(f"text in {kind}", 'Write double quotes: `"`.', length=len(match[0]))
    if case.match(r'\\"'):
        help_ = 'The text was taken out of a string: replace each `\\"` by `"`, and each `\\\\` by `\\`.'
        return case.broken('`\\"` outside of a string', help_, length=2)
    return None


def _other_language(case: _Case) -> Broken | None:
    """A file that is something else altogether."""
    if case.place.where != "document":
        return None
    if case.match(r"<(?:[!?/]|\w+[\s>])"):
        return case.broken("HTML or XML", "Give the template itself; on GitHub, the file behind the button Raw.")
    match = case.match(r"(?:targetScope|param|var|resource|module|metadata|type|@\w+)\b(?!\s*\"?:)")
    if match:
        help_ = "Bicep is compiled first: `az bicep build --file FILE`. Then give the JSON."
        return case.broken(f"`{match[0]}`, as in Bicep", help_, length=len(match[0]))
    return None


# What samples and pipelines write where a value is to be filled in.
_PLACEHOLDER = (
    r"<[^<>\"\r\n]+>|\$\{\{[^}\r\n]*\}\}|\$\{[^}\"\r\n]*\}|\$\([^)\"\r\n]*\)|#\{[^}\"\r\n]*\}#?|@@\w+@@|__\w+__|%[\w.-]+%"
)


def _placeholder(case: _Case) -> Broken | None:
    """A placeholder that was not filled in."""
    match = case.match(_PLACEHOLDER)
    start = case.at
    if case.place.where == "key" and case.place.opened is not None and match is None:
        start = case.place.opened
        match = re.compile(r"\{\{[^{}\"\r\n]*\}\}").match(case.text, start)
    if match is None:
        return None
    message = f"found the placeholder {quoted(match[0])}; expected {_EXPECTED['value'] if start != case.at else case.expected}"
    return Broken(start, match.end(), message, "Fill it in; text belongs in double quotes.")


def _separator(case: _Case) -> Broken | None:
    """Another sign where `,` or `:` belongs."""
    if case.place.where == "colon":
        match = case.match(r"=>?")
        if match:
            return case.broken(f"`{match[0]}`", "Write `:` between a key and its value.", length=len(match[0]))
    if case.place.where == "next item" and case.char == ":":
        return case.broken(
            f"`:` in {case.around}",
            "Only an object has keys: write `{` and `}` around the key and its value, or `,` for `:`.",
        )
    if case.after_value and case.place.where != "end" and case.char in ";:=":
        return case.broken(f"`{case.char}`", "Write `,` between two values.")
    return None


def _missing_comma(case: _Case) -> Broken | None:
    """Two members or items with nothing between them."""
    before = case.place.before
    if before is None or case.place.where not in {"next member", "next item"}:
        return None
    match = case.match(
        r'"(?:[^"\\\r\n]|\\.)*+"|[\w<-][^\s,:\]}]*+' if case.place.where == "next member" else r'"[^"\r\n]*+"?|[\[{]|[\w<-]+'
    )
    if match is None:
        return None
    if case.place.where == "next member" and not re.compile(r"\s*:").match(case.text, match.end()):
        help_ = "A key has one value: put several into an array, `[` and `]`, or write them as one string."
        return case.broken(f"a second value for one key, {quoted(match[0])}", help_, length=len(match[0]))
    kind = "key" if case.place.where == "next member" else "value"
    message = f"found no comma after this value; expected `,` before the next {kind}, in {case.place_of(case.at)}"
    return Broken(before.end, before.end, message, "Write `,` here.")


def _missing_colon(case: _Case) -> Broken | None:
    """A key and a value with nothing between them."""
    before = case.place.before
    if before is None or case.place.where != "colon" or not case.match(r'["\[{\w-]'):
        return None
    message = f"found no colon after this key; expected `:` before its value, in {case.place_of(case.at)}"
    return Broken(before.end, before.end, message, "Write `:` here.")


def _bracket(case: _Case) -> Broken | None:
    """A bracket that opens or closes something else than it should."""
    if case.place.where == "end" and case.char in "]},":
        help_ = f"Delete it, or look for a `{case.char if case.char != ',' else '}'}` too many above."
        return case.broken(f"`{case.char}` after the end of the template", help_)
    if case.place.where == "key" and case.char in "{[":
        help_ = "Write a key before it, or look above for a `}` that is missing or one too many."
        return case.broken(f"`{case.char}` in {case.around}", help_)
    if case.place.where == "next member" and case.char in "{[":
        return case.broken(
            f"`{case.char}` in {case.around}",
            f'Close the object with `}}` before it, or write a key, as in `, "key": {case.char}`.',
        )
    if case.char not in "]}" or case.place.where in {"document", "colon", "value"}:
        return None
    before = case.place.before
    if case.char == "]" and case.after_string and before is not None and before.end == case.at and before.text[1] == "[":
        return Broken(before.end - 1, case.at + 1, 'found `"]`; expected `]"` at the end of the expression', 'Write `]"`.')
    right = "]" if case.char == "}" else "}"
    help_ = f"Write the `{right}` that is missing before it, or delete it."
    return case.broken(f"`{case.char}` in {case.around}", help_)


def _nothing(case: _Case) -> Broken | None:
    """Nothing where a key or a value belongs."""
    if case.char == "," and case.place.comma is not None:
        return case.broken("a second `,`", "Delete one of them.")
    if case.char == "," and case.place.where in {"key", "item"}:
        return case.broken("`,` before the first value", "Delete the comma.")
    before = case.place.before
    if case.place.where == "colon" and case.char in ",}]":
        help_ = "Write its value; where the text is one of several values, put these into an array, `[` and `]`."
        return case.broken(f"`{case.char}`", help_)
    if case.place.where == "value" and case.char in ",}]" and before is not None:
        return case.broken(f"`{case.char}`", "Write the value, or delete the key.")
    return None


def _number(case: _Case) -> Broken | None:
    """A number as JSON does not write it."""
    match = case.match(r"(?P<sign>[-+]?)(?P<rest>\.?[0-9][\w.+-]*+)") if case.wants_value else None
    if match is None:
        return None
    sign, rest = match.group("sign", "rest")
    if re.fullmatch(r"0[xX][0-9a-fA-F]+", rest):
        help_ = "Write the number in decimal digits."
    elif re.fullmatch(r"0[0-9]+", rest):
        help_ = "A number begins with no zero; a text of digits belongs in double quotes."
    elif re.fullmatch(r"\.[0-9]+|[0-9]+\.", rest):
        help_ = "Write a digit before and after the point."
    elif sign == "+" and re.fullmatch(r"[0-9]+(\.[0-9]+)?", rest):
        help_ = "Write the number without `+`."
    else:
        help_ = "Write text in double quotes."
    return case.broken(f"{quoted(match[0])}, which is no number of JSON", help_, length=len(match[0]))


_SPELLINGS = {
    "true": "true",
    "yes": "true",
    "on": "true",
    "false": "false",
    "no": "false",
    "off": "false",
    "null": "null",
    "none": "null",
    "nil": "null",
    "undefined": "null",
}


def _word(case: _Case) -> Broken | None:
    """A word without quotes: a key, a literal of another language, an expression, a text."""
    match = case.match(r"[\w$.-]+" if case.place.where == "key" else r"-?[^\W\d][\w.-]*+|\$[\w:.]+")
    if match is None:
        return None
    word = match[0]
    length = len(word)
    found = quoted(word)
    if case.place.where == "document":
        help_ = "No JSON begins so: restore what stood before it, or give the file that holds the template."
        return case.broken(found, help_, length=length)
    if case.place.where == "item" and word.isalpha() and re.compile(r"\s*[(']").match(case.text, match.end()):
        help_ = "An ARM expression stands in a string, its brackets included: `\"[parameters('x')]\"`."
        return case.broken(f"{found} without quotes", help_, length=length)
    if _quotes_in_line(case.text, match.end()) % 2:
        return case.broken(f"{found} without a quote before it", f'Write `"` before {found}.', length=length)
    if case.place.where == "key":
        is_key = re.compile(r"\s*[:=]").match(case.text, match.end())
        help_ = f'Write the key in double quotes: `"{word}"`.' if is_key else "Delete it, or make it a key with a value."
        return case.broken(f"{found} without quotes", help_, length=length)
    if not case.wants_value:
        return None
    spelling = _SPELLINGS.get(word.lower())
    if spelling:
        return case.broken(found, f"JSON writes `{spelling}`.", length=length)
    if word in {"NaN", "Infinity", "-Infinity"}:
        return case.broken(found, "JSON has no such number: write another, or delete the key.", length=length)
    return case.broken(f"{found} without quotes", "Write text in double quotes.", length=length)


def _quotes_in_line(text: str, start: int) -> int:
    """How many quotes follow in the line, those that a backslash escapes aside."""
    return len(re.findall(r'(?<!\\)"', text[start : _line_end(text, start)]))


def _anything(case: _Case) -> Broken:
    """Whatever else stands there."""
    if case.place.where == "end":
        end = case.place.before.end if case.place.before else case.at
        message = (
            f"found {_shown(case)} after the end of the template, which is in {case.place_of(end - 1)}; expected nothing more"
        )
        return Broken(
            case.at, case.at + 1, message, "Delete what follows; several templates stand in an array or in files of their own."
        )
    return case.broken(
        _shown(case), "Correct or delete it." if case.char.isprintable() else "Delete it; editors do not show it."
    )


def _shown(case: _Case) -> str:
    """What stands at the offset, to name it in a sentence."""
    match = case.match(r'"[^"\r\n]*+"?|[\w.-]+')
    return quoted(match[0]) if match else _named(case.char)


def _named(char: str) -> str:
    """A character: itself, or its number and name where it cannot be seen."""
    if char.isprintable() and not char.isspace():
        return f"`{char}`"
    import unicodedata

    name = unicodedata.name(char, "")
    return f"the character U+{ord(char):04X} {name}".rstrip()


def _line_end(text: str, start: int) -> int:
    """Where the line of an offset ends."""
    return start + len(text[start:].partition("\n")[0].rstrip("\r"))


_RECOGNISERS: tuple[Callable[[_Case], Broken | None], ...] = (
    _end_of_text,
    _runaway_string,
    _comment,
    _inner_quote,
    _stray_quote,
    _other_quotes,
    _other_language,
    _placeholder,
    _separator,
    _missing_comma,
    _missing_colon,
    _bracket,
    _nothing,
    _number,
    _word,
)

_NOT_TAKEN: dict[Where, Callable[[str, int], Broken]] = {
    "open string": _open_string,
    "escape": _bad_escape,
    "huge number": _huge_number,
    "surrogate": _lone_surrogate,
    "too deep": _too_deep,
}
