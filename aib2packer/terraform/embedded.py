"""JSON as text within a configuration, with `${…}` in its strings or in place of its values."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from aib2packer.jsonc.reader import read_json
from aib2packer.jsonc.tree import JsonArray, JsonMember, JsonObject, JsonScalar
from aib2packer.lazy.models import replace
from aib2packer.lazy.patterns import pattern
from aib2packer.terraform.forms import as_arm_text, with_values
from aib2packer.terraform.reading import NotReadError, closing_brace, read_interpolation
from aib2packer.terraform.syntax import NotTranslatedError, TfCall
from aib2packer.text.source import SourceText, Span

if TYPE_CHECKING:
    from collections.abc import Callable

    from aib2packer.jsonc.tree import Json
    from aib2packer.terraform.syntax import TfExpression

# Private characters: what is written stands for one interpolation by its number, then as many as make it as long as that was.
_OPEN, _FILL = "\ue000", "\ue001"
_MARKED = pattern(rf"{_OPEN}(\d+){_FILL}*")
_TOKEN = pattern(r'\\.|"|\$\$\{|%%\{|\$\{|%\{', re.DOTALL)


def read_embedded(piece: Span, arm: Callable[[TfExpression, bool], str], *, is_arm: bool) -> Json:
    """The JSON in a piece of a text, each part at its place.

    Args:
        piece: The text.
        arm: Writes what is filled in as an ARM expression, given whether it stands in quotes.
        is_arm: Whether the text is an ARM template, in which `[…]` is an expression; elsewhere it is text.

    Raises:
        NotTranslatedError: It is no JSON.

    """
    source, start = piece.source, piece.start
    expressions: list[str] = []
    text = source.text[: piece.end]
    pieces = [re.sub(r"[^\n]", " ", text[:start])]
    at, quoted = start, False
    while (token := _TOKEN.search(text, at)) is not None:
        pieces.append(text[at : token.start()])
        at = token.end()
        if token[0] == "%{":
            raise NotTranslatedError(
                Span(source, *token.span()),
                "a directive (%{…}) in JSON cannot be read here",
                "Write what it makes in its place.",
            )
        if token[0] != "${":
            quoted ^= token[0] == '"'
            pieces.append(token[0])
            continue
        try:
            close = closing_brace(text, at, Span(source, *token.span()))
            inner = read_interpolation(source, at, close)
        except NotReadError as error:
            raise NotTranslatedError(error.span, f"{error} cannot be read here", "Write its value in its place.") from None
        if not quoted and isinstance(inner, TfCall) and inner.name == "jsonencode":
            inner = inner.arguments[0]
        length = close + 1 - token.start() - (0 if quoted else 2)
        mark = f"{_OPEN}{len(expressions)}".ljust(length, _FILL)
        pieces.append(mark if quoted else f'"{mark}"')
        expressions.append(arm(inner, quoted))
        at = close + 1
    pieces.append(text[at:])
    parsed = read_json(SourceText(source.name, "".join(pieces)))
    if parsed.tree is None:
        wrong = parsed.findings[-1]
        raise NotTranslatedError(wrong.span._replace(source=source), wrong.message, "Correct it.")
    return _filled(parsed.tree, source, tuple(expressions), is_arm=is_arm)


def _filled(node: Json, source: SourceText, expressions: tuple[str, ...], *, is_arm: bool) -> Json:
    span = node.span._replace(source=source)
    match node:
        case JsonScalar(str() as text):
            return JsonScalar(_expression(text, expressions, is_arm=is_arm), span)
        case JsonArray(items):
            return JsonArray(tuple(_filled(item, source, expressions, is_arm=is_arm) for item in items), span)
        case JsonObject(members):
            return JsonObject(
                tuple(
                    JsonMember(
                        _expression(member.key, expressions, is_arm=is_arm),
                        member.key_span._replace(source=source),
                        _filled(member.value, source, expressions, is_arm=is_arm),
                    )
                    for member in members
                ),
                span,
            )
        case _:
            return replace(node, span=span)


def _expression(text: str, expressions: tuple[str, ...], *, is_arm: bool) -> str:
    """A string with its marks as an ARM expression; without any, the string: ARM templates have expressions of their own."""
    text = text.replace("$${", "${").replace("%%{", "%{")
    pieces = _MARKED.split(text)
    if len(pieces) == 1:
        return text if is_arm else as_arm_text(text)
    if pieces[0] == pieces[2] == "" and len(pieces) == len(("", "number", "")):
        return f"[{expressions[int(pieces[1])]}]"
    values = [expressions[int(number)] for number in pieces[1::2]]
    return with_values([None if index % 2 else piece for index, piece in enumerate(pieces)], values, is_arm=is_arm)
