"""Azure regions."""

from __future__ import annotations

from typing import TYPE_CHECKING

from aib2packer.arm.language.text import TemplateText

if TYPE_CHECKING:
    from aib2packer.aib.fields import Fields


def region_text(fields: Fields, key: str) -> TemplateText | None:
    """Read a region. `West US 2` and `westus2` are the same: the short form is what Azure's own tools print."""
    text = fields.text(key)
    return None if text is None else short_region(text)


def short_region(text: TemplateText) -> TemplateText:
    """The short form of a region's name."""
    return TemplateText(
        tuple(part.replace(" ", "").lower() if isinstance(part, str) else part for part in text.parts), text.span
    )
