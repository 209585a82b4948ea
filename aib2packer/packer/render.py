"""The last step: a build becomes text. The layout is a Jinja2 template; quoting and alignment are Python's (`hcl.py`)."""

from __future__ import annotations

from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING

from aib2packer.packer.hcl import print_body, print_locals, print_variable, quote
from aib2packer.packer.values import Attribute, Comment

if TYPE_CHECKING:
    from collections.abc import Mapping

    from jinja2 import Template

    from aib2packer.packer.model import Build
    from aib2packer.packer.values import Value

_PACKAGE = Path(__file__).parent.parent


def render(build: Build) -> str:
    """The text of a `.pkr.hcl` file."""
    return _template().render(build=build)


@cache
def _template() -> Template:
    from jinja2 import Environment, FileSystemLoader, StrictUndefined

    # In a wheel the templates lie inside the package, in a checkout beside it.
    folders = [_PACKAGE / "templates", _PACKAGE.parent / "templates"]
    environment = Environment(  # noqa: S701 - HCL is no HTML, and every value goes through a filter of ours
        loader=FileSystemLoader(folders),
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        keep_trailing_newline=True,
        auto_reload=False,
    )
    environment.filters.update(
        comment=_comment,
        quote=quote,
        variable_block=print_variable,
        locals_block=print_locals,
        body=print_body,
        attributes=_attributes,
    )
    return environment.get_template("build.pkr.hcl.j2")


def _comment(text: str, indent: int = 0) -> str:
    """A comment; a line that begins with spaces is a command, and stays on its line."""
    if not text:
        return "#"
    return f"# {text}" if text.startswith(" ") else print_body((Comment(text),), indent)


def _attributes(settings: Mapping[str, Value], indent: int) -> str:
    return print_body(tuple(Attribute(name, value) for name, value in settings.items()), indent)
