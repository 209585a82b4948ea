"""The last step: a build becomes text. Which blocks a file has stands here, how HCL is written in `hcl/printing.py`."""

from __future__ import annotations

from operator import itemgetter
from typing import TYPE_CHECKING, NamedTuple

from aib2packer.hcl.printing import print_comment, print_items, print_locals, print_settings, print_variable, quote, visible
from aib2packer.hcl.values import Attribute, Block
from aib2packer.lazy.models import dataclass
from aib2packer.packer.addresses import HEADER, source_address

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from aib2packer.hcl.values import Value
    from aib2packer.packer.layout import BuildFiles
    from aib2packer.packer.model import Build, Plugin, PostProcessors, Provisioner


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
    pages = {name: _BuildPage(annotations or {}) for name in (files.build, *files.names)}
    _write_header(header, pages[files.build])
    _write_versions(build, pages[files.versions])
    _write_variables(build, pages[files.variables])
    _write_locals(build, pages[files.locals])
    _write_source(build, pages[files.sources])
    _write_build(build, pages[files.build])
    return {name: page.rendered() for name, page in pages.items() if not page.is_empty}


class _BuildPage:
    """A file that is being written, piece by piece, and where the places in it stand."""

    def __init__(self, annotations: Mapping[str, str]) -> None:
        self._annotations = annotations
        self._texts: list[str] = []
        self._places: dict[str, Lines] = {}
        self._line = 1

    @property
    def is_empty(self) -> bool:
        """Whether nothing was written."""
        return not self._texts

    def write(self, text: str) -> None:
        """Write a line, or several."""
        self._texts.append(text)
        self._line += 1 + text.count("\n")

    def leave_blank(self) -> None:
        """Leave an empty line above what comes next, which is none at the top."""
        if self._texts:
            self.write("")

    def begin(self, address: str, indent: int = 0) -> int:
        """Begin a place with its annotation, and give its first line, for its end."""
        first = self._line
        if (note := self._annotations.get(address)) is not None:
            self.write(_comment(note, indent))
        return first

    def end(self, address: str, first: int) -> None:
        """End a place."""
        self._places[address] = Lines(first, self._line - 1)

    def place(self, address: str, text: str, indent: int = 0) -> None:
        """Write a place that has no others in it."""
        first = self.begin(address, indent)
        self.write(text)
        self.end(address, first)

    def rendered(self) -> Rendered:
        """What was written."""
        self.write("")
        return Rendered("\n".join(self._texts), dict(sorted(self._places.items(), key=itemgetter(1))))


def _write_header(lines: Sequence[str], page: _BuildPage) -> None:
    last = max((number for number, line in enumerate(lines, 1) if line), default=0)
    page.place(HEADER, "\n".join(map(_comment, lines[:last])))


def _write_versions(build: Build, page: _BuildPage) -> None:
    page.leave_blank()
    page.write(f"packer {{\n  required_version = {quote(f'>= {build.packer_version}')}")
    if build.plugins:
        page.write("\n".join(("", "  required_plugins {", *map(_plugin, build.plugins), "  }")))
    page.write("}")


def _plugin(plugin: Plugin) -> str:
    reason = f"      # {plugin.reason}\n" if plugin.reason else ""
    settings = print_settings({"source": plugin.source, "version": plugin.version}, 6)
    return f"    {plugin.name} = {{\n{reason}{settings}\n    }}"


def _write_variables(build: Build, page: _BuildPage) -> None:
    for variable in build.variables:
        page.leave_blank()
        page.place(f"var.{variable.name}", print_variable(variable))


def _write_locals(build: Build, page: _BuildPage) -> None:
    if build.locals:
        page.leave_blank()
        page.write(print_locals(build.locals))


def _write_source(build: Build, page: _BuildPage) -> None:
    address = source_address(build)
    page.leave_blank()
    first = page.begin(address)
    page.write(f'source "azure-arm" {quote(build.label)} {{')
    for number, section in enumerate(build.sections):
        if number:
            page.leave_blank()
        if section.comment:
            page.write(print_comment(section.comment, 2))
        for item, text in print_items(section.body, 2):
            if isinstance(item, Attribute | Block):
                page.place(f"{address}.{item.name}", text, 2)
            else:
                page.write(text)
    page.write("}")
    page.end(address, first)


def _write_build(build: Build, page: _BuildPage) -> None:
    page.leave_blank()
    page.write(f"build {{\n  name    = {quote(build.name)}\n  sources = [{quote(source_address(build))}]")
    for number, provisioner in enumerate(build.provisioners):
        page.leave_blank()
        page.place(f"build.provisioner[{number}]", _provisioner(provisioner), 2)
    for number, chain in enumerate(build.post_processors):
        page.leave_blank()
        page.place(f"build.post-processor[{number}]", _post_processors(chain), 2)
    page.write("}")


def _provisioner(provisioner: Provisioner) -> str:
    block = _block("provisioner", provisioner.kind, provisioner.settings, 2)
    return f"{print_comment(provisioner.comment, 2)}\n{block}" if provisioner.comment else block


def _post_processors(chain: PostProcessors) -> str:
    comment = print_comment(chain.comment, 2)
    if len(chain.steps) == 1:
        return f"{comment}\n{_block('post-processor', chain.steps[0].kind, chain.steps[0].settings, 2)}"
    blocks = "\n\n".join(_block("post-processor", step.kind, step.settings, 4) for step in chain.steps)
    return f"{comment}\n  post-processors {{\n{blocks}\n  }}"


def _block(name: str, label: str, settings: Mapping[str, Value], indent: int) -> str:
    margin = " " * indent
    inner = f"\n{print_settings(settings, indent + 2)}\n{margin}" if settings else ""
    return f"{margin}{name} {quote(label)} {{{inner}}}"


def _comment(text: str, indent: int = 0) -> str:
    """A comment; a line that begins with spaces is a command, and stays on its line."""
    if not text:
        return "#"
    return f"# {visible(text)}" if text.startswith(" ") else print_comment(text, indent)
