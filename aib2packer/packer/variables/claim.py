"""Names for what is only known when Packer runs: most templates hold nothing that needs one."""

from __future__ import annotations

from typing import TYPE_CHECKING

from aib2packer.aib.ids import ResourceId
from aib2packer.aib.model import Located
from aib2packer.arm.language.text import ListLines, Segment, TemplateText
from aib2packer.packer.variables.ours import PACKER_VERSION
from aib2packer.packer.variables.symbols import Symbols

if TYPE_CHECKING:
    from collections.abc import Iterator

    from aib2packer.aib.model import ImageTemplate
    from aib2packer.arm.language.text import TextSymbol
    from aib2packer.findings.model import Report


def claim(template: ImageTemplate, report: Report, *, values_apart: bool) -> Symbols:
    """What stands in HCL for the symbols of a template.

    `values_apart`: what the user gave goes into a file of its own, and not into the defaults.
    """
    texts: list[TemplateText] = []
    _add_texts(template, texts)
    if found := tuple(dict.fromkeys(symbol for text in texts for symbol in _symbols(text))):
        from aib2packer.packer.variables.claims import claim_names

        return claim_names(template, texts, found, report, values_apart=values_apart)
    return Symbols(
        names={},
        leaves={},
        variables=None,
        references={},
        computed={},
        ids={},
        order=(),
        resolve=template.resolve,
        report=report,
        given={},
        packer_version=PACKER_VERSION,
    )


def _symbols(text: TemplateText) -> Iterator[TextSymbol]:
    for symbol in text.symbols:
        if isinstance(symbol, Segment):
            yield from _symbols(symbol.id)
        elif isinstance(symbol, ListLines):
            yield from _symbols(symbol.items)
        else:
            yield symbol


def _add_texts(value: object, texts: list[TemplateText]) -> None:
    """Add all strings of a template that hold symbols, in the order that the model states."""
    match value:
        case TemplateText():
            if value.literal is None:
                texts.append(value)
        case None | Located():
            return
        case tuple():
            for item in value:
                _add_texts(item, texts)
        case ResourceId():
            _add_texts(tuple(value.segments.values()), texts)  # what is used of it
        case dict():
            _add_texts(tuple(value.values()), texts)
        case _:
            for name in value.TEXTS:  # type: ignore[attr-defined]
                _add_texts(getattr(value, name), texts)
