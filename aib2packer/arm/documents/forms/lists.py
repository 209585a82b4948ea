"""A list of image templates, taken apart: each is converted without the others being read again."""

from __future__ import annotations

from typing import TYPE_CHECKING

from aib2packer.arm.documents.forms.wrappers import listed
from aib2packer.arm.documents.resource_type import is_image_template
from aib2packer.text.source import SourceText

if TYPE_CHECKING:
    from aib2packer.jsonc.tree import Json
    from aib2packer.text.source import Span

_MOST_WORK = 6_800_000
"""What converting the image templates of an input may take, in units of `arm/evaluation/budget.py`: less than two seconds with
all that goes before and after on a machine that is idle."""
_LARGE = 1_000_000  # bytes; an input of more may take more
_BYTES, _VALUE = 4, 6  # read for a unit, and the units of each value
_BEGIN_VALUES = (b",", b":", b"[", b"{")


def texts_of_list(document: Json, count: int) -> tuple[SourceText, ...]:
    """The image templates in a list that has so many and no more, each with the places that it has there; else none."""
    items = listed(document)
    if items is None or len(items) != count or not all(map(is_image_template, items)):
        return ()
    if not all(_stands_in(item, document) for item in items):
        return ()
    return tuple(_alone(item.span) for item in items)


def _stands_in(item: Json, document: Json) -> bool:
    """Whether an object stands in a document as such: it is no row of a table, and not put in the place of a placeholder."""
    return item.span.source is document.span.source and item.span.text.startswith("{")


def _alone(span: Span) -> SourceText:
    line, column = span.position
    return SourceText(span.source.name, span.text, before=line - 1, indent=column - 1)


def most_work(data: bytes) -> int:
    """What converting the image templates of an input may take."""
    return _MOST_WORK * max(len(data.strip()), _LARGE) // _LARGE


def work_of_reading(data: bytes) -> int:
    """What reading an input takes: it is more with each value in it."""
    return len(data) // _BYTES + _VALUE * sum(map(data.count, _BEGIN_VALUES))
