"""The last step: a build becomes text. Jinja2 has the layout; quoting and alignment are those of `hcl/printing.py`."""

from __future__ import annotations

from functools import cache
from operator import itemgetter
from typing import TYPE_CHECKING, NamedTuple

from aib2packer.hcl.printing import print_comment, print_items, print_locals, print_settings, print_variable, quote, visible
from aib2packer.hcl.values import Attribute, Block
from aib2packer.lazy.models import dataclass
from aib2packer.packer.addresses import HEADER, source_address
from aib2packer.packer.layout import BUILD_ENDING
from aib2packer.rendering.templates import environment

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from jinja2 import Environment, Template

    from aib2packer.hcl.values import Body, Variable
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
    last = max((number for number, line in enumerate(lines, 1) if line), default=0)
    return "".join(f"{line}\n" for line in (_begin(HEADER), *map(_comment, lines[:last]), _MARK))


def _part(build: Build, part: str) -> str:
    return _template(part).render(build=build, source=source_address(build), end=_MARK)


@cache
def _template(part: str) -> Template:
    return build_environment().get_template(f"{part}{BUILD_ENDING}.j2")


def _placed(text: str, annotations: Mapping[str, str]) -> Rendered:
    """A text without its marks, and where the places are that these said."""
    before, *marked = text.split(_MARK)
    pieces = [before]
    places: dict[str, Lines] = {}
    open_places: list[tuple[str, int]] = []
    line = 1 + before.count("\n")
    for one in marked:
        address, _, lines = one.partition("\n")
        if not address:
            ended, first = open_places.pop()
            places[ended] = Lines(first, line - 1)
        else:
            open_places.append((address, line))
            if address in annotations:
                comment = _comment(annotations[address], len(lines) - len(lines.lstrip(" ")))
                pieces += (comment, "\n")
                line += 1 + comment.count("\n")
        pieces.append(lines)
        line += lines.count("\n")
    return Rendered("".join(pieces), dict(sorted(places.items(), key=itemgetter(1))))


@cache
def build_environment() -> Environment:
    """Layout only: each value goes through a filter that prints it as HCL."""
    made = environment()
    made.filters.update(
        comment=_comment,
        quote=quote,
        variable_blocks=_variable_blocks,
        locals_block=print_locals,
        attributes=print_settings,
        places=_places,
        begin=_begin,
    )
    made.globals = {}  # it has no use for Jinja2's own, which would be copied for each part
    return made


def _comment(text: str, indent: int = 0) -> str:
    """A comment; a line that begins with spaces is a command, and stays on its line."""
    if not text:
        return "#"
    return f"# {visible(text)}" if text.startswith(" ") else print_comment(text, indent)


def _begin(address: str) -> str:
    """Mark where a place of the file begins; not part of it."""
    return f"{_MARK}{address}"


def _variable_blocks(variables: Sequence[Variable]) -> str:
    """The blocks of variables, each marked as a place, with an empty line between them."""
    return "\n\n".join([f"{_begin(f'var.{one.name}')}\n{print_variable(one)}\n{_MARK}" for one in variables])


def _places(body: Body, indent: int, address: str) -> str:
    """The lines of a body, each item marked as a place below `address`."""
    return "\n".join(
        f"{_begin(f'{address}.{item.name}')}\n{text}\n{_MARK}" if isinstance(item, Attribute | Block) else text
        for item, text in print_items(body, indent)
    )
