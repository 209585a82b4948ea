"""Reads HCL back, by the language's own rules and without any of the printer's code: what the tests hold the printer against.

Knows what the printer writes: attributes, blocks, comments, strings, heredocs, numbers, lists, objects, references. Follows
docs/reference/packer-semantics.md 2.1 and 2.2, and the scanner of HCL 2.24 (scan_tokens.rl, scan_string_lit.rl,
parser_template.go).
"""

import re
import unicodedata
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, NoReturn, TypeAlias

Names: TypeAlias = Mapping[str, str]
NO_NAMES: Names = {}

SIMPLE_ESCAPES = {"n": "\n", "r": "\r", "t": "\t", '"': '"', "\\": "\\"}
CODE_POINTS = {"u": 4, "U": 8}
BLANK = -1
WORDS = {"true": True, "false": False, "null": None}


class NotHclError(Exception):
    """The text is not HCL, or not of the kind that the printer writes."""


@dataclass(frozen=True)
class DecodedBlock:
    """A nested block."""

    name: str
    labels: tuple[str, ...]
    body: tuple[Any, ...]


def decode_value(text: str, names: Names = NO_NAMES) -> Any:  # noqa: ANN401 - any HCL value
    """The value of an expression. `names` are the values of `var.x` and the like."""
    (attribute,) = decode_body(f"x = {text}\n", names)
    return attribute[1]


def decode_body(text: str, names: Names = NO_NAMES) -> tuple[Any, ...]:
    """What a body holds, in order: pairs of a name and a value, and blocks."""
    reader = _Reader(text, names)
    items = reader.body()
    if reader.at != len(text):
        reader.fail("the end")
    return items


class _Reader:
    def __init__(self, text: str, names: Names) -> None:
        self.text = text
        self.names = names
        self.at = 0

    def body(self) -> tuple[Any, ...]:
        items: list[Any] = []
        while True:
            self.skip(r"(?:[ \n]|#[^\n]*\n)*")
            if self.at == len(self.text) or self.text[self.at] == "}":
                return tuple(items)
            name = self.expect(r"[^\W\d][\w-]*", "a name")
            self.skip(" *")
            items.append((name, self.assigned()) if self.skip("=") else self.block(name))
            self.expect(r" *\n", "the end of the line")

    def assigned(self) -> Any:  # noqa: ANN401
        self.skip(" *")
        return self.value()

    def block(self, name: str) -> DecodedBlock:
        labels = []
        while self.skip('"'):
            labels.append(self.quoted())
            self.skip(" *")
        self.expect(r"\{", "a brace")
        items = self.body()
        self.expect(r"\}", "a brace")
        return DecodedBlock(name, tuple(labels), items)

    def value(self) -> Any:  # noqa: ANN401
        if self.skip('"'):
            return self.quoted()
        if self.text.startswith("<<", self.at):
            return self.heredoc()
        if self.skip(r"replace\("):
            text = self.heredoc()
            self.expect(r'\n *, "\\n", "\\r\\n"\)', "what is put for line ends")
            return text.replace("\n", "\r\n")
        if self.skip(r"\["):
            return self.elements()
        if self.skip(r"\{"):
            return self.entries()
        if match := re.compile(r"-?\d+(?:\.\d+)?(?:e[+-]?\d+)?").match(self.text, self.at):
            self.at = match.end()
            return int(match[0]) if re.fullmatch(r"-?\d+", match[0]) else float(match[0])
        word = self.expect(r"[^\W\d][\w-]*(?:\.[^\W\d][\w-]*)*", "a value")
        if word in WORDS:
            return WORDS[word]
        # What a local of the converter's own holds is another matter: it stands for itself.
        return self.names.get(word, f"${{{word}}}") if word.startswith("local.") else self.names[word]

    def elements(self) -> list[Any]:
        found: list[Any] = []
        while True:
            self.skip(r"[ \n]*")
            if self.skip(r"\]"):
                return found
            found.append(self.value())
            self.skip(r"[ \n]*")
            if not self.skip(",") and self.text[self.at] != "]":
                self.fail("a comma or a bracket")

    def entries(self) -> dict[str, Any]:
        found: dict[str, Any] = {}
        while True:
            self.skip(r"[ \n]*")
            if self.skip(r"\}"):
                return found
            key = self.quoted() if self.skip('"') else self.expect(r"(?!(?:for|null|true|false)\b)[^\W\d][\w-]*", "a key")
            if key in found:
                self.fail("another key")
            self.expect(r" *= *", "an equals sign")
            found[key] = self.value()
            self.expect(r" *(?:,|\n| ?(?=\}))", "the end of the entry")

    def quoted(self) -> str:
        """The rest of a quoted string, after its opening quote."""
        pieces = []
        while not self.skip('"'):
            if self.text[self.at] == "\n":
                self.fail("a closing quote")
            pieces.append(self.escaped() if self.skip(r"\\") else self.piece())
        return unicodedata.normalize("NFC", "".join(pieces))

    def escaped(self) -> str:
        kind = self.expect(r'[nrt"\\uU]', "an escape")
        if kind in SIMPLE_ESCAPES:
            return SIMPLE_ESCAPES[kind]
        number = int(self.expect(f"[0-9a-fA-F]{{{CODE_POINTS[kind]}}}", "the digits of a character"), 16)
        if 0xD800 <= number <= 0xDFFF:
            self.fail("a character that UTF-8 has")
        return chr(number)

    def piece(self) -> str:
        """A character, an escaped `${` or `%{`, or what a reference stands for."""
        if sigil := self.skip(r"\$\$(?=\{)|%%(?=\{)"):
            self.at += 1
            return f"{sigil[0]}{{"
        if self.skip(r"\$\{"):
            found = self.value()
            self.expect(r"\}", "a closing brace")
            return str(found)
        if self.text.startswith("%{", self.at):
            self.fail("no directive")
        self.at += 1
        return self.text[self.at - 1]

    def heredoc(self) -> str:
        head = re.compile(r"<<-([^\W\d][\w-]*)\n").match(self.text, self.at)
        if head is None:
            self.fail("the head of a heredoc")
        self.at = head.end()
        lines: list[tuple[int, str]] = []
        while True:
            end = self.text.find("\n", self.at)
            if end < 0:
                self.fail("the end of the heredoc")
            if self.text[self.at : end].strip() == head[1]:
                self.at = end  # the line break belongs to what follows
                break
            lines.append(self.heredoc_line())
        smallest = min((indent for indent, _ in lines if indent != BLANK), default=0)
        flush = (line if indent == BLANK else _without(line, smallest) for indent, line in lines)
        return unicodedata.normalize("NFC", "".join(flush))

    def heredoc_line(self) -> tuple[int, str]:
        """The width of a line's indent, or BLANK, and the line."""
        pieces = [self.skip(r"[^\S\n]*")]
        indent = BLANK if self.text[self.at] == "\n" else len(pieces[0])
        while not self.skip("\n"):
            if self.text[self.at] == "\r":
                self.fail("no carriage return")
            pieces.append(self.piece())
        return indent, "".join(pieces) + "\n"

    def skip(self, pattern: str) -> str:
        match = re.compile(pattern).match(self.text, self.at)
        if match is None:
            return ""
        self.at = match.end()
        return match[0]

    def expect(self, pattern: str, what: str) -> str:
        match = re.compile(pattern).match(self.text, self.at)
        if match is None:
            self.fail(what)
        self.at = match.end()
        return match[0]

    def fail(self, expected: str) -> NoReturn:
        message = f"expected {expected} at {self.text[self.at : self.at + 40]!r} of\n{self.text}"
        raise NotHclError(message)


def _without(line: str, count: int) -> str:
    """The line without its first grapheme clusters: a mark goes with the space before it."""
    rest = line[count:]
    while count and rest and unicodedata.category(rest[0]).startswith("M"):
        rest = rest[1:]
    return rest
