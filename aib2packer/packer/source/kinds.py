"""The kinds of sources, one file each. A new one is a file here and a line in `SOURCES`."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from aib2packer.packer.source.gallery_image import GalleryImageSource
from aib2packer.packer.source.iso import IsoSource
from aib2packer.packer.source.managed_image import ManagedImageSource
from aib2packer.packer.source.platform_image import PlatformImageSource

if TYPE_CHECKING:
    from aib2packer.aib.model import Source
    from aib2packer.packer.source.source_kind import SourceKind

SOURCES: dict[str, SourceKind[Any]] = {
    kind.name: kind
    for kind in (
        PlatformImageSource(),
        ManagedImageSource(),
        GalleryImageSource(),
        IsoSource(),
    )
}
"""The kinds of sources, by the `type` that the template says."""


def kind_of_source(source: Source) -> SourceKind[Any]:
    """The kind of a source that was read."""
    return SOURCES[source.kind]
