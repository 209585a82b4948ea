"""An ISO as the source: azure-arm starts from images only, so that another one takes its place."""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar

from aib2packer.aib.sections.source import read_iso
from aib2packer.packer.source.platform_image import PlatformImageSource

if TYPE_CHECKING:
    from aib2packer.aib.fields import Fields
    from aib2packer.aib.model import PlatformImage


class IsoSource(PlatformImageSource):
    """An ISO, which is read as the marketplace image that is used instead."""

    name: ClassVar[str] = "ISO"

    def read(self, fields: Fields, replace_iso: str | None) -> PlatformImage | None:
        """Take the image that the user names."""
        return read_iso(fields, replace_iso)


KIND = IsoSource()
