"""Texts of a template for people: with the values that are known without a user, and `$name` for each that is open."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from aib2packer.arm.language.text import LateExpression, Segment, TemplateText
from aib2packer.hcl.values import HclCode, Interpolation, Local, Variable
from aib2packer.lazy.patterns import pattern
from aib2packer.packer.shell_words import shown_word, word

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    from aib2packer.aib.ids import ResourceId
    from aib2packer.arm.language.text import TextSymbol
    from aib2packer.hcl.values import Value
    from aib2packer.packer.shell_words import Word
    from aib2packer.packer.variables.symbols import Symbols

_UNKNOWN = "…"
_NAME_AT_END = pattern(r"\$(\w+)$", re.ASCII)


def shown(text: TemplateText, symbols: Symbols) -> str:
    """A text, written as a shell writes one: `$name` is a variable of the build that has no value yet, or a secret one."""
    return _joined(part if isinstance(part, str) else _symbol(part, text, symbols) for part in text.parts)


def told(text: TemplateText, symbols: Symbols) -> Word:
    """A text as a word of a shell: the values that are known, and a variable of the shell for each that is open."""
    quiet = symbols.without_findings()
    known = word(quiet.value(text))
    if known is None:
        known = shown_word(*[part if isinstance(part, str) else _stands_for(part, text, quiet) for part in text.parts])
    return known.filled(symbols.now)


def known_now(text: TemplateText, symbols: Symbols) -> str | None:
    """A text with given values and defaults; None where these do not tell it, and for a secret. An id may end before a part."""
    match text.parts:
        case (Segment(whole, index),):
            known = known_now(whole, symbols)
            parts = [] if known is None else known.split("/")
            return None if known is None else parts[index] if index < len(parts) else ""
    pieces = told(text, symbols).parts
    said = "".join(map(str, pieces))
    return None if "..." in said or not all(isinstance(piece, str) for piece in pieces) else said


def definition_id(image: ResourceId, symbols: Symbols) -> Word:
    """The id of an image definition as a word of a shell; a piece that no variable says has the value that is known."""
    return _in_place(image, lambda text: word(symbols.value(text)) or told(text, symbols))


def told_definition(image: ResourceId, symbols: Symbols) -> Word:
    """The id of an image definition as a word of a shell: the values that are known, and a variable for each that is open."""
    return _in_place(image, lambda text: told(text, symbols))


def _in_place(image: ResourceId, say: Callable[[TemplateText], Word]) -> Word:
    texts = (image.subscription, image.resource_group, image["galleries"], image["images"])
    subscription, group, gallery, name = map(say, texts)
    where = ("/subscriptions/", subscription, "/resourceGroups/", group)
    return shown_word(*where, "/providers/Microsoft.Compute/galleries/", gallery, "/images/", name)


def _joined(pieces: Iterable[str]) -> str:
    """Pieces of a text; a name stands in braces where it would go on."""
    text = ""
    for piece in pieces:
        if piece[:1].isalnum() or piece.startswith("_"):
            text = _NAME_AT_END.sub(r"${\1}", text)
        text += piece
    return text


def _symbol(symbol: TextSymbol, text: TemplateText, symbols: Symbols) -> str:
    match symbol:
        case Segment(whole, index):
            parts = (text_of_id := shown(whole, symbols)).split("/")
            return parts[index] if index < len(parts) and not parts[0] else text_of_id
        case _:
            return _value(_stands_for(symbol, text, symbols), symbols)


def _stands_for(symbol: TextSymbol, text: TemplateText, symbols: Symbols) -> Value:
    """What an expression is with the values that are known, and what stands in HCL for any other symbol of a text."""
    if isinstance(symbol, LateExpression) and isinstance(known := symbols.resolve(symbol.value), str | int):
        return str(known)
    return symbols.without_findings().value(TemplateText((symbol,), text.span))


def _value(value: Value, symbols: Symbols) -> str:
    match value:
        case str():
            return value
        case Interpolation(parts):
            return _joined(_value(part, symbols) for part in parts)
        case Variable(name):
            return symbols.now(value) or f"${name}"
        case Local(name, known):
            return _value(known, symbols) if isinstance(known, str | Interpolation | Variable) else f"${name}"
        case HclCode(uses=(first, *_)):
            return _value(first, symbols)
        case _:
            return _UNKNOWN
