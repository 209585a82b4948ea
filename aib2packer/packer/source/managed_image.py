"""A managed image as the source: azure-arm finds it in its own subscription only, and makes a managed image of it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from aib2packer.aib.model import ManagedImage
from aib2packer.aib.sections.source import read_managed_image
from aib2packer.hcl.values import Interpolation, traced
from aib2packer.packer.access.rights import READER, SOURCE_GROUP, Right, group_words
from aib2packer.packer.expressions.dates import TIME
from aib2packer.packer.shell_words import word
from aib2packer.packer.source.source_kind import SourceKind

if TYPE_CHECKING:
    from aib2packer.aib.fields import Fields
    from aib2packer.arm.language.text import TemplateText
    from aib2packer.findings.model import Report
    from aib2packer.hcl.values import Settings, Value
    from aib2packer.packer.variables.symbols import Symbols
    from aib2packer.text.source import Span


class ManagedImageSource(SourceKind[ManagedImage]):
    """A managed image."""

    name = ManagedImage.kind
    can_be_trusted = False

    def read(self, fields: Fields, replace_iso: str | None) -> ManagedImage | None:
        """Read the id of the image."""
        del replace_iso
        return read_managed_image(fields)

    def settings(self, source: ManagedImage, symbols: Symbols, report: Report) -> Settings:
        """Name and resource group."""
        del report
        return managed_image(symbols.value(source.id["images"]), symbols.value(source.id.resource_group), source.span)

    def rights(self, source: ManagedImage, symbols: Symbols) -> tuple[Right, ...]:
        """The right to list the group: so azure-arm finds the image."""
        why = "finds the managed image in it that it starts from"
        scope, group = word(*group_words(source.id, symbols)), source.id.resource_group.literal
        return (Right(SOURCE_GROUP, READER, scope, why, group),)

    def subscription(self, source: ManagedImage) -> tuple[str, TemplateText] | None:
        """The subscription of the image."""
        return "the managed image that the build starts from", source.id.subscription

    def image_group(self, source: ManagedImage) -> TemplateText | None:
        """The group of the image."""
        return source.id.resource_group


KIND = ManagedImageSource()


def name_of_no_image(build: str, group: Value) -> Settings:
    """azure-arm wants a name for an image wherever it starts from a managed one; `skip_create_image` makes none."""
    return {"managed_image_name": Interpolation((f"{build}-", TIME)), "managed_image_resource_group_name": group}


def managed_image(name: Value, group: Value, origin: Span) -> Settings:
    """The settings for a managed image."""
    return {
        "custom_managed_image_name": traced(name, origin),
        "custom_managed_image_resource_group_name": traced(group, origin),
    }
