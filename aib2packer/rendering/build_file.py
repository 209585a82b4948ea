"""The last step: a build becomes text. Jinja2 has the layout; quoting and alignment are those of `hcl/printing.py`."""

from __future__ import annotations

from functools import cache
from typing import TYPE_CHECKING, NamedTuple

from aib2packer.hcl.printing import print_body, print_items, print_locals, print_variable, quote, visible
from aib2packer.hcl.values import Attribute, Block, Comment
from aib2packer.lazy.models import dataclass
from aib2packer.packer.addresses import HEADER, source_address
from aib2packer.packer.layout import BUILD_ENDING
from aib2packer.rendering.templates import environment

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from jinja2 import Environment

    from aib2packer.hcl.values import Body, Value
    from aib2packer.packer.layout import BuildFiles
    from aib2packer.packer.model import Build

# In the order in which they stand in one file.
_PARTS = ("versions", "variables", "locals", "sources", "build")
# A line that begins so says where a place of the file begins, or ends: no HCL holds this character.
_MARK = "\0"


class Lines(NamedTuple):
    """Lines of a file, counted from 1, both included."""

    first: int
    last: int


@dataclass(frozen=True, slots=True)
class Rendered:
    """The text of a `.pkr.hcl` file, and where each place of it stands that has an address."""

    text: str
    lines: Mapping[str, Lines]


def render_files(
    build: Build, header: Sequence[str], files: BuildFiles, annotations: Mapping[str, str] | None = None
) -> dict[str, Rendered]:
    """Print a build as files, by their names; the one with the build block comes first, and one with nothing in it not at all.

    Args:
        build: The build.
        header: The lines of the comment at the top.
        files: Which part of it goes to which file.
        annotations: Comments to stand above places, by their addresses.

    """
    parts: dict[str, list[str]] = {files.build: [_header(header)]}
    for part in _PARTS:
        if text := _part(build, part):
            parts.setdefault(getattr(files, part), []).append(text)
    return {name: _placed("\n".join(texts), annotations or {}) for name, texts in parts.items()}


def _header(lines: Sequence[str]) -> str:
    return "".join(f"{line}\n" for line in (_begin(HEADER), *map(_comment, lines), _end()))


def _part(build: Build, part: str) -> str:
    return build_environment().get_template(f"{part}{BUILD_ENDING}.j2").render(build=build, source=source_address(build))


def _placed(text: str, annotations: Mapping[str, str]) -> Rendered:
    """A text without its marks, and where the places are that these said."""
    lines: list[str] = []
    places: dict[str, Lines] = {}
    open_places: list[tuple[str, int]] = []
    pending = None
    for line in text.splitlines(keepends=True):
        if not line.startswith(_MARK):
            if pending is not None:
                lines += [f"{_comment(pending, len(line) - len(line.lstrip(' ')))}\n"]
                pending = None
            lines.append(line)
        elif address := line[len(_MARK) : -1]:
            open_places.append((address, len(lines) + 1))
            pending = annotations.get(address)
        else:
            address, first = open_places.pop()
            places[address] = Lines(first, len(lines))
    return Rendered("".join(lines), dict(sorted(places.items(), key=lambda place: place[1])))


@cache
def build_environment() -> Environment:
    """Layout only: each value goes through a filter that prints it as HCL."""
    made = environment()
    made.filters.update(
        comment=_comment,
        quote=quote,
        variable_block=print_variable,
        locals_block=print_locals,
        body=print_body,
        attributes=_attributes,
        places=_places,
    )
    made.globals.update(begin=_begin, end=_end)
    return made


def _comment(text: str, indent: int = 0) -> str:
    """A comment; a line that begins with spaces is a command, and stays on its line."""
    if not text:
        return "#"
    return f"# {visible(text)}" if text.startswith(" ") else print_body((Comment(text),), indent)


def _begin(address: str) -> str:
    """Mark where a place of the file begins; not part of it."""
    return f"{_MARK}{address}"


def _end() -> str:
    """Mark where the place ends that began last."""
    return _MARK


def _places(body: Body, indent: int, address: str) -> str:
    """The lines of a body, each item marked as a place below `address`."""
    return "\n".join(
        f"{_begin(f'{address}.{item.name}')}\n{text}\n{_end()}" if isinstance(item, Attribute | Block) else text
        for item, text in print_items(body, indent)
    )


def _attributes(settings: Mapping[str, Value], indent: int) -> str:
    return print_body(tuple(Attribute(name, value) for name, value in settings.items()), indent)
