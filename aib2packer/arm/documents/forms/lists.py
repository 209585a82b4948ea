"""A list of image templates, taken apart: each is converted without the others being read again."""

from __future__ import annotations

from typing import TYPE_CHECKING

from aib2packer.arm.documents.forms.wrappers import listed
from aib2packer.arm.documents.resource_type import is_image_template
from aib2packer.jsonc.reader import read_json
from aib2packer.text.source import SourceText, decode

if TYPE_CHECKING:
    from aib2packer.text.source import Span

_MOST_WORK = 11_000_000
"""What converting the image templates of an input may take, in units of `arm/evaluation/budget.py`: that of 400 as people
write them, a second and a half on a machine that is idle."""
_LARGE = 1_000_000  # characters; an input of more may take more
_MOST_READ = 20_000_000  # characters that are read for all image templates: three seconds


def texts_of_list(data: bytes, name: str, count: int) -> tuple[SourceText, ...]:
    """The image templates in a list that has so many and no more, each with the places that it has there; else none."""
    source = decode(data, name)
    document = read_json(source).tree
    items = None if document is None else listed(document)
    if items is None or len(items) != count or not all(map(is_image_template, items)):
        return ()
    return tuple(_alone(item.span) for item in items)


def _alone(span: Span) -> SourceText:
    line, column = span.position
    return SourceText(span.source.name, span.text, before=line - 1, indent=column - 1)


def most_work(size: int) -> int:
    """What converting the image templates of an input with so many characters may take."""
    return _MOST_WORK * max(size, _LARGE) // _LARGE


def most_images(read: int) -> int:
    """How many image templates of an input are converted, where as many characters as `read` are read for each."""
    return max(1, _MOST_READ // max(read, 1))
