"""The kinds of sources, one file each. A new one is a file here and a line in `SOURCES`."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from aib2packer.lazy.kinds import Kinds

if TYPE_CHECKING:
    from collections.abc import Mapping

    from aib2packer.aib.model import Source
    from aib2packer.packer.source.source_kind import SourceKind

SOURCES: Mapping[str, SourceKind[Any]] = Kinds(
    {
        "PlatformImage": "aib2packer.packer.source.platform_image",
        "ManagedImage": "aib2packer.packer.source.managed_image",
        "SharedImageVersion": "aib2packer.packer.source.gallery_image",
        "ISO": "aib2packer.packer.source.iso",
    }
)
"""The kinds of sources, by the `type` that the template says."""


def kind_of_source(source: Source) -> SourceKind[Any]:
    """The kind of a source that was read."""
    return SOURCES[source.kind]
