"""The texts in what a template says that hold symbols."""

from __future__ import annotations

from typing import TYPE_CHECKING

from aib2packer.aib.ids import ResourceId
from aib2packer.aib.model import Located
from aib2packer.arm.language.text import ListLines, Segment, TemplateText

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from aib2packer.arm.language.text import TextSymbol


def texts_in(value: object) -> list[TemplateText]:
    """All strings of a template, or of a part of it, that hold symbols, in the order that the model states."""
    texts: list[TemplateText] = []
    _add_texts((value,), texts)
    return texts


def symbols_in(text: TemplateText) -> Iterator[TextSymbol]:
    """The symbols in a text, and in what they are made of."""
    for symbol in text.symbols:
        if isinstance(symbol, Segment):
            yield from symbols_in(symbol.id)
        elif isinstance(symbol, ListLines):
            yield from symbols_in(symbol.items)
        else:
            yield symbol


def _add_texts(values: Iterable[object], texts: list[TemplateText]) -> None:
    for value in values:
        match value:
            case None | Located():
                pass
            case TemplateText():
                if value.literal is None:
                    texts.append(value)
            case tuple():
                _add_texts(value, texts)
            case ResourceId():
                _add_texts(value.segments.values(), texts)  # what is used of it
            case dict():
                _add_texts(value.values(), texts)
            case _:
                _add_texts([getattr(value, name) for name in value.TEXTS], texts)  # type: ignore[attr-defined]
