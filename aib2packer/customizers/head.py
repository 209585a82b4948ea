"""What every customizer has, read and written alike."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, TypedDict

from aib2packer.models import replace

if TYPE_CHECKING:
    from aib2packer.aib.fields import Fields
    from aib2packer.aib.model import Customizer
    from aib2packer.arm.language.text import TemplateText
    from aib2packer.hcl.values import Value
    from aib2packer.text.source import Span


_QUOTED = re.compile(r"'([^']+)'")


class Head(TypedDict):
    """The fields of `Customizer`."""

    index: int
    path: str
    kind: str
    name: TemplateText | None
    span: Span


def read_head(index: int, kind: str, fields: Fields) -> Head:
    """Read what every customizer has."""
    # The type shows people which customizer is meant; for the report it is all of it.
    span = fields.key_span("type")._replace(pointer=fields.span.pointer)
    return Head(index=index, path=fields.path, kind=kind, name=fields.command("name"), span=span)


def label(customizer: Customizer) -> str:
    """What to call a customizer where its name is to be part of another name."""
    return customizer.kind if customizer.name is None else _readable(customizer.name)


def named(customizer: Customizer) -> dict[str, Value]:
    """The settings of the customizer's own provisioner, begun with its name where it has one."""
    return {} if customizer.name is None else {"name": _readable(customizer.name)}


def _readable(name: TemplateText) -> str:
    """The name; where it has a value that is not known, what that value is called: Packer takes no variable for a name."""
    return "".join(part if isinstance(part, str) else _called(str(replace(name, parts=(part,)))) for part in name.parts)


def _called(expression: str) -> str:
    """`step` for `[parameters('step')]`; the expression itself where nothing in it has a name."""
    found = _QUOTED.search(expression)
    return expression if found is None else found[1]


def comment(customizer: Customizer, more: str = "") -> str:
    """The comment that says which customizer a provisioner comes from."""
    return f"{customizer.path}: {customizer.kind}" + (f". {more}" if more else "")
