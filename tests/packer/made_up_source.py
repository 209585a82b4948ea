"""A kind of source that there is not: a managed image that is found by its name alone.

One file and one line: its setting and the reading of it, and all that the build and its guide ask of a kind.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar

from aib2packer.aib.model import Source
from aib2packer.lazy.models import dataclass
from aib2packer.packer.access.rights import READER, Right
from aib2packer.packer.source.source_kind import SourceKind

if TYPE_CHECKING:
    from collections.abc import Callable

    from aib2packer.aib.fields import Fields
    from aib2packer.arm.language.text import TemplateText
    from aib2packer.findings.model import Report
    from aib2packer.hcl.values import Settings
    from aib2packer.packer.variables.symbols import Symbols
    from aib2packer.text.source import Span


@dataclass(frozen=True, slots=True)
class NamedImage(Source):
    """An image, by its name."""

    kind: ClassVar[str] = "NamedImage"
    TEXTS: ClassVar[tuple[str, ...]] = ("name",)

    name: TemplateText
    span: Span

    def label(self, shown: Callable[[TemplateText], str]) -> str:
        """The name."""
        return f"image {shown(self.name)}"

    @property
    def names(self) -> tuple[TemplateText, ...]:
        """The name."""
        return (self.name,)


class NamedImageSource(SourceKind[NamedImage]):
    """An image that is found by its name."""

    name = NamedImage.kind
    can_be_trusted = False

    def read(self, fields: Fields, replace_iso: str | None) -> NamedImage | None:
        """Read the name."""
        del replace_iso
        name = fields.text("imageName")
        if name is None:
            fields.missing("imageName", "Name the image.")
            return None
        return NamedImage(name, fields.span)

    def settings(self, source: NamedImage, symbols: Symbols, report: Report) -> Settings:
        """The name."""
        del report
        return {"custom_managed_image_name": symbols.value(source.name)}

    def rights(self, source: NamedImage, symbols: Symbols) -> tuple[Right, ...]:
        """To look for it."""
        del symbols
        return (Right("the images", READER, None, "looks for the image", source.name.literal),)
