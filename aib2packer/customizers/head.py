"""What every customizer has, read and written alike."""

from __future__ import annotations

from typing import TYPE_CHECKING, TypedDict

from aib2packer.findings import codes

if TYPE_CHECKING:
    from aib2packer.aib.fields import Fields
    from aib2packer.aib.model import Customizer
    from aib2packer.arm.language.text import TemplateText
    from aib2packer.hcl.values import Value
    from aib2packer.text.source import Span


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
    name = fields.title("name")
    if name is not None and name.literal is None:
        fields.report.add(
            codes.NAME_NOT_KNOWN,
            name.span,
            f"{fields.path}.name is known only when Packer runs, too late for a name: the step has none",
            help="Give it a value (--set, -p), or write a name.",
        )
        fields.skip("name")
        name = None
    return Head(index=index, path=fields.path, kind=kind, name=name, span=span)


def label(customizer: Customizer) -> str:
    """What to call a customizer where its name is to be part of another name."""
    return _name(customizer) or customizer.kind


def named(customizer: Customizer) -> dict[str, Value]:
    """The settings of the customizer's own provisioner, begun with its name where it has one."""
    name = _name(customizer)
    return {"name": name} if name else {}


def _name(customizer: Customizer) -> str:
    """The name without the space around it, which people leave there and Packer would show."""
    return "" if customizer.name is None else str(customizer.name).strip()
