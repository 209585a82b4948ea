"""The source map: which lines of the output come from which places of the template."""

from __future__ import annotations

from typing import TYPE_CHECKING

from aib2packer.lazy.models import dataclass
from aib2packer.packer.layout import BUILD_FILE

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from aib2packer.rendering.build_file import Lines
    from aib2packer.text.source import Span


@dataclass(frozen=True, slots=True)
class Place:
    """A place of the output: its address, its lines, where in the input it comes from, and the folder that its HCL is in."""

    address: str
    lines: Lines
    origins: tuple[Span, ...]
    folder: str = ""
    """The folder of the HCL with a slash at its end, as in the address; "" for the top."""
    file: str = BUILD_FILE
    """The name of the file with the HCL."""


def source_map(
    lines: Mapping[str, Lines], origins: Iterable[tuple[str, Span]], folder: str = "", file: str = BUILD_FILE
) -> tuple[Place, ...]:
    """The places of a file that come from the input, in the order of their lines; what the converter itself adds is not there.

    Args:
        lines: Where each place of the file stands, by its address.
        origins: Addresses, each with a place that it comes from; also those of other files.
        folder: Where the HCL lies in the output, with a slash at the end, to begin each address with.
        file: The name of the file.

    """
    found: dict[str, list[Span]] = {}
    for address, span in origins:
        if address in lines:
            found.setdefault(address, []).append(span)
    places = [Place(f"{folder}{address}", lines[address], _each_once(spans), folder, file) for address, spans in found.items()]
    return tuple(sorted(places, key=lambda place: place.lines))


def _each_once(spans: list[Span]) -> tuple[Span, ...]:
    return tuple(dict.fromkeys(spans) if len(spans) > 1 else spans)  # most places come from one


def origin_of(places: Iterable[Place], line: int) -> Span | None:
    """The first origin of the smallest place that holds a line of the output, counted from 1; None for a line of our own."""
    around = [place for place in places if place.lines.first <= line <= place.lines.last]
    smallest = min(around, key=lambda place: place.lines.last - place.lines.first, default=None)
    return None if smallest is None else smallest.origins[0]
