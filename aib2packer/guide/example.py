"""example.pkrvars.hcl: the values that a build needs, for people to fill in."""

from __future__ import annotations

from textwrap import wrap
from typing import TYPE_CHECKING

from aib2packer.hcl.printing import print_value
from aib2packer.hcl.values import HclCode
from aib2packer.lazy.patterns import pattern
from aib2packer.packer.layout import VALUES_ENDING

if TYPE_CHECKING:
    import re
    from collections.abc import Iterator

    from aib2packer.guide.instructions import Guide
    from aib2packer.hcl.values import Variable
    from aib2packer.packer.model import Build

_WIDTH = 126
_LEFT_EMPTY = "# The parameters file leaves it empty. Without a value, the build uses the template's default."
_WORD = pattern(r"\b(?:string|number|bool|any|dynamic)\b(?!\s*=)")
_CONSTRUCTOR = pattern(r"\b(list|set|tuple|map|object)\(([^()]*)\)")
_SHAPES = {"string": '"..."', "number": "0", "bool": "false"}


def example(build: Build, guide: Guide) -> str:
    """The file for a build and the one that validates its image; nothing where no value is open but secrets.

    Each line that sets a value is a comment: Packer names what is still open. Secrets belong in no file.
    """
    runs = (guide.commands, *(() if guide.validation is None else (guide.validation,)))
    wanted = {name for run in runs for name in (*run.required, *run.secrets)}
    builds = (build, *(() if build.validation is None else (build.validation,)))
    open_ones = {one.name: one for part in builds for one in (*part.variables, *part.open_beside) if one.name in wanted}
    if all(variable.sensitive for variable in open_ones.values()):
        return ""
    own = guide.names.values
    head = f"# Copy this file to {own}, fill it in, and give it to Packer: -var-file={own}"
    if own.endswith(VALUES_ENDING):
        head = f"# Copy this file to {own} and fill it in: Packer reads it by itself"
    return "\n\n".join((head, *map(entry, open_ones.values()))) + "\n"


def entry(variable: Variable) -> str:
    """What there is to say of a variable, and a line that sets it: to its default, where it has one that is known."""
    default = variable.default
    value = _shape(variable.type) if default is None or isinstance(default, HclCode) else print_value(default)
    return "\n".join(_lines(variable, value))


def _lines(variable: Variable, value: str) -> Iterator[str]:
    yield from (f"# {line}" for line in wrap(variable.description, _WIDTH))
    for one in variable.validation:
        yield from (f"# {line}" for line in wrap(one.error_message, _WIDTH))
    if variable.left_empty and variable.default is not None:
        yield _LEFT_EMPTY
    if variable.sensitive:
        yield f"# A secret, which belongs in no file: export PKR_VAR_{variable.name}='...'"
        return
    yield from (f"# {line}" for line in f"{variable.name} = {value}".split("\n"))


def _shape(kind: str) -> str:
    """What a value of this type looks like."""
    shape = _WORD.sub(lambda word: _SHAPES.get(word[0], "null"), kind)
    while shape != (inner := _CONSTRUCTOR.sub(_constructed, shape)):
        shape = inner
    return "{}" if shape == "null" else shape


def _constructed(found: re.Match[str]) -> str:
    constructor, inner = found.groups()
    if constructor == "map":
        return "{}"
    if constructor == "object":
        return inner
    return f"[{inner}]" if inner.startswith("{") and inner != "{}" else "[]"
