"""A list of image templates, taken apart: each is converted without the others being read again."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from aib2packer.arm.documents.forms.wrappers import listed
from aib2packer.arm.documents.resource_type import is_image_template
from aib2packer.jsonc.reader import read_json
from aib2packer.text.source import decode

if TYPE_CHECKING:
    from collections.abc import Sequence

MOST_WORK = 3_000_000
"""What the evaluation of all image templates of an input may take."""
_MOST_IMAGES = 50  # of an input of any size; converting one takes a fortieth of a second
_CHARACTERS = 1_000  # that an input has for each further one
_MOST_READ = 20_000_000  # characters that are read for all of them: three seconds


class ListedText(NamedTuple):
    """The text of an image template in an input, and where it begins there."""

    text: bytes
    line: int = 1
    column: int = 1

    def in_place(self) -> bytes:
        """The text with nothing but blanks before it, so that all in it stands where it does in the whole."""
        return b"\n" * (self.line - 1) + b" " * (self.column - 1) + self.text


def texts_of_list(data: bytes, name: str, count: int) -> tuple[ListedText, ...]:
    """The image templates in a list that has so many and no more; else none."""
    source = decode(data, name)
    document = read_json(source).tree
    items = None if document is None else listed(document)
    if items is None or len(items) != count or not all(map(is_image_template, items)):
        return ()
    return tuple(ListedText(item.span.text.encode("utf-8", "surrogatepass"), *item.span.position) for item in items)


def most_images(texts: Sequence[ListedText]) -> int:
    """How many image templates of an input are converted, where each is read from one of these texts."""
    read = sum(len(one.text.lstrip()) for one in texts)
    size = sum(len(text.lstrip()) for text in {one.text for one in texts})
    return min(max(_MOST_IMAGES, size // _CHARACTERS), max(1, _MOST_READ * len(texts) // max(read, 1)))
