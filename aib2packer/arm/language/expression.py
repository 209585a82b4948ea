"""The language of ARM expressions: `[concat(parameters('a'), '-b')]` read into a tree, and printed again.

Source of the grammar: docs/reference/arm-expressions.md 1.1 and 1.2. Offsets count characters of the decoded JSON string, its
first bracket included; `place.py` finds them in the file.
"""

from __future__ import annotations

from functools import lru_cache
from typing import TYPE_CHECKING, NoReturn, TypeAlias

from aib2packer.lazy.models import dataclass, field
from aib2packer.lazy.patterns import pattern

if TYPE_CHECKING:
    from aib2packer.arm.language.symbolic import ArmValue
    from aib2packer.text.source import Span

_MAX_DEPTH = 100
_INT64 = 1 << 63
_SHOWN = 40

_SPACE = pattern(r"\s*+")
_NAME = pattern(r"[A-Za-z_$][\w$]*+")
_PROPERTY = pattern(r"[\w$-]++")
_INTEGER = pattern(r"[+-]?[0-9]++(?![\w.])")
_NUMBER = pattern(r"[+-]?[0-9][\w.+-]*+")
_BRACKET = pattern(r"'[^']*+'?+|[()\[\]]")
_STRING = pattern(r"'((?:[^']++|'')*+)'")

_OPERATORS = pattern(r"==|!=|=~|!~|<=|>=|&&|\|\||\?\?|[-+*/%<>=!?:&|]")


class ExpressionError(Exception):
    """An expression cannot be read or evaluated.

    `start` and `end` are the characters of the expression that are to blame, `span` the same in the file: None until the
    string of the template is known that the expression stands in.
    """

    def __init__(self, message: str, start: int, end: int, help: str, span: Span | None = None) -> None:  # noqa: A002
        super().__init__(message)
        self.message = message
        self.start = start
        self.end = end
        self.help = help
        self.span = span


@dataclass(frozen=True, slots=True)
class StringLiteral:
    """`'text'`; `value` is what it means."""

    value: str
    start: int = field(compare=False, default=0)
    end: int = field(compare=False, default=0)


@dataclass(frozen=True, slots=True)
class IntegerLiteral:
    """`42` or `-1`."""

    value: int
    start: int = field(compare=False, default=0)
    end: int = field(compare=False, default=0)


@dataclass(frozen=True, slots=True)
class Call:
    """`name(argument, …)`; the name as it is written, `namespace.name` for a user's own function."""

    name: str
    arguments: tuple[Expression, ...]
    start: int = field(compare=False, default=0)
    end: int = field(compare=False, default=0)


@dataclass(frozen=True, slots=True)
class PropertyAccess:
    """`target.name`."""

    target: Expression
    name: str
    start: int = field(compare=False, default=0)
    end: int = field(compare=False, default=0)


@dataclass(frozen=True, slots=True)
class IndexAccess:
    """`target[index]`."""

    target: Expression
    index: Expression
    start: int = field(compare=False, default=0)
    end: int = field(compare=False, default=0)


@dataclass(frozen=True, slots=True)
class Evaluated:
    """What an evaluation came to, to be evaluated again where more is known. Nobody writes it: it has no text."""

    value: ArmValue
    start: int = field(compare=False, default=0)
    end: int = field(compare=False, default=0)


Expression: TypeAlias = StringLiteral | IntegerLiteral | Call | PropertyAccess | IndexAccess | Evaluated


def is_expression(text: str) -> bool:
    """Whether ARM evaluates a string of a template: it is all in brackets, and the first is not doubled."""
    return len(text) > 1 and text[0] == "[" and text[-1] == "]" and text[1] != "["


def unescape(text: str) -> str:
    """What a string that is no expression means: `[[…]` loses one bracket, everything else stays."""
    return text[1:] if text.startswith("[[") and text.endswith("]") else text


@lru_cache(maxsize=4096)
def nesting(text: str) -> int:
    """How deep brackets stand in each other in an expression, those in its strings left out."""
    deepest = depth = 0
    for bracket in _BRACKET.findall(text):
        depth += 1 if bracket in "([" else -1 if bracket in ")]" else 0
        deepest = max(deepest, depth)
    return deepest


@lru_cache(maxsize=4096)
def parse(text: str) -> Expression:
    """Read an expression with its brackets.

    Raises:
        ExpressionError: It breaks the grammar.

    """
    return _Parser(text).expression()


def print_expression(expression: Expression) -> str:
    """An expression as text, with its brackets: `parse` gives the same tree."""
    return f"[{_print(expression)}]"


def _print(expression: Expression) -> str:
    match expression:
        case StringLiteral(value):
            return "'" + value.replace("'", "''") + "'"
        case IntegerLiteral(value):
            return str(value)
        case Call(name, arguments):
            return f"{name}({', '.join(map(_print, arguments))})"
        case PropertyAccess(target, name):
            return f"{_print(target)}.{name}"
        case IndexAccess(target, index):
            return f"{_print(target)}[{_print(index)}]"
        case Evaluated():
            return "…"


class _Parser:
    """Reads one expression. Each method reads its rule at `_at`, and leaves `_at` behind it."""

    __slots__ = ("_at", "_depth", "_end", "_text")

    def __init__(self, text: str) -> None:
        self._text = text
        self._at = 1
        self._end = len(text) - 1
        self._depth = 0

    def expression(self) -> Expression:
        """Expression = "[" space value space "]"."""
        self._space()
        if self._at == self._end:
            self._fail(
                "found an empty expression; expected a function, such as `parameters('name')`",
                "Write `[[]` if the text `[]` is meant.",
                start=0,
                end=len(self._text),
            )
        value = self._value()
        self._space()
        if self._at != self._end:
            self._fail_at("the end of the expression, `]`")
        return value

    def _value(self) -> Expression:
        """Value = string | integer | call *( space accessor )."""
        self._depth += 1
        if self._depth > _MAX_DEPTH:
            self._fail(f"the expression is nested more than {_MAX_DEPTH} deep", "Move a part of it into a variable.")
        start = self._at
        value = self._primary()
        while not isinstance(value, StringLiteral | IntegerLiteral):
            before = self._at
            self._space()
            if self._next() == "." and self._at < self._end:
                value = self._property(value, start)
            elif self._next() == "[" and self._at < self._end:
                value = self._index(value, start)
            else:
                self._at = before
                break
        self._depth -= 1
        return value

    def _primary(self) -> Expression:
        """Primary = string | integer | call."""
        char = self._next()
        if self._at >= self._end:
            self._fail_at("a value")
        if char == "'":
            return self._string()
        if char.isdigit() or char in "+-":
            return self._integer()
        return self._call()

    def _string(self) -> StringLiteral:
        """String = "'" *( any character but "'" | "''" ) "'"."""
        match = _STRING.match(self._text, self._at, self._end)
        if match is None:
            self._fail(
                "this string has no closing quote; expected `'` before the end of the expression",
                "Write `'` where the string ends. A quote that belongs to the text is doubled: `''`.",
                end=self._end,
            )
        self._at = match.end()
        return StringLiteral(match[1].replace("''", "'"), match.start(), match.end())

    def _integer(self) -> IntegerLiteral:
        """Integer = [ "+" | "-" ] digits."""
        match = _INTEGER.match(self._text, self._at, self._end)
        if match is None:
            number = _NUMBER.match(self._text, self._at, self._end)
            if number is None:
                self._fail_at("a value")
            self._fail(
                f"found {_quoted(number[0])}; expected a whole number",
                f"Write a number with a fraction or an exponent as `json('{number[0]}')`.",
                end=number.end(),
            )
        if len(match[0].lstrip("+-0")) > len(str(_INT64)) or not -_INT64 <= int(match[0]) < _INT64:
            self._fail(f"the number {_quoted(match[0])} has more than 64 bits", "Write it as text.", end=match.end())
        self._at = match.end()
        return IntegerLiteral(int(match[0]), match.start(), match.end())

    def _call(self) -> Call:
        """Call = name [ "." name ] space "(" [ value *( "," value ) ] ")"."""
        start = self._at
        name = self._name("a function, a string in single quotes or a number")
        if self._next() == ".":
            self._at += 1
            name += f".{self._name('the name of a function')}"
        after_name = self._at
        self._space()
        if self._next() != "(" or self._at >= self._end:
            self._fail(
                f"found {_quoted(name)} without parentheses; expected a function, a string in single quotes or a number",
                f"A function is called, `{name}()`; a text stands in single quotes, `'{name}'`; "
                f"a parameter is `parameters('{name}')`.",
                start=start,
                end=after_name,
            )
        self._at += 1
        arguments = self._arguments()
        return Call(name, arguments, start, self._at)

    def _arguments(self) -> tuple[Expression, ...]:
        """Arguments = [ value *( "," value ) ] ")"."""
        opened = self._at - 1
        arguments: list[Expression] = []
        self._space()
        if self._next() == ")" and self._at < self._end:
            self._at += 1
            return ()
        while True:
            self._space()
            arguments.append(self._value())
            self._space()
            char = self._next()
            if self._at >= self._end:
                message = "this parenthesis is never closed; expected `)`"
                self._fail(message, "Write the missing `)`.", start=opened, end=opened + 1)
            if char not in ",)":
                self._fail_at("`,` or `)`")
            self._at += 1
            if char == ")":
                return tuple(arguments)

    def _property(self, target: Expression, start: int) -> PropertyAccess:
        """Property = "." name ; a name may have digits and dashes anywhere."""
        self._at += 1
        self._space()
        match = _PROPERTY.match(self._text, self._at, self._end)
        if match is None:
            self._fail_at("the name of a property")
        self._at = match.end()
        return PropertyAccess(target, match[0], start, self._at)

    def _index(self, target: Expression, start: int) -> IndexAccess:
        """Index = "[" value "]"."""
        self._at += 1
        self._space()
        index = self._value()
        self._space()
        if self._next() != "]" or self._at >= self._end:
            self._fail_at("`]`")
        self._at += 1
        return IndexAccess(target, index, start, self._at)

    def _name(self, expected: str) -> str:
        """Name = letter *( letter | digit | "_" | "$" )."""
        match = _NAME.match(self._text, self._at, self._end)
        if match is None:
            self._fail_at(expected)
        self._at = match.end()
        return match[0]

    def _space(self) -> None:
        """Space = *( any white space, line breaks included )."""
        match = _SPACE.match(self._text, self._at, self._end)
        if match is not None:
            self._at = match.end()

    def _next(self) -> str:
        return self._text[self._at : self._at + 1]

    def _fail_at(self, expected: str) -> NoReturn:
        """Fail at what stands here, which is not `expected`."""
        if self._at >= self._end:
            self._at = self._end
            self._fail(f"the expression ends too early; expected {expected}", "Restore what was cut off.")
        char = self._next()
        operator = _OPERATORS.match(self._text, self._at, self._end)
        if char == '"':
            self._fail(f"found a double quote; expected {expected}", "Strings stand in single quotes: `'text'`.")
        if char in ")]":
            self._fail(f"found {_quoted(char)}; expected {expected}", "Delete it, or write what should stand before it.")
        if operator is not None:
            self._fail(
                f"found {_quoted(operator[0])}; expected {expected}",
                "Expressions have no operators, but functions: `equals(a, b)`, `not(a)`, `add(a, b)`, `coalesce(a, b)`.",
                end=operator.end(),
            )
        self._fail(f"found {_quoted(char)}; expected {expected}", "Look for a missing comma, quote or parenthesis before it.")

    def _fail(self, message: str, help: str, *, start: int | None = None, end: int | None = None) -> NoReturn:  # noqa: A002
        start = self._at if start is None else start
        raise ExpressionError(message, start, min(start + 1, len(self._text)) if end is None else end, help)


def _quoted(text: str) -> str:
    return f"`{text if len(text) <= _SHOWN else text[:_SHOWN] + '…'}`"
