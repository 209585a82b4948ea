"""What names the product of a build: no two builds may have it alike."""

from __future__ import annotations

from typing import TYPE_CHECKING

from aib2packer.hcl.printing import references
from aib2packer.hcl.values import Attribute, Block, Variable

if TYPE_CHECKING:
    from collections.abc import Iterator

    from aib2packer.hcl.values import Body, Value
    from aib2packer.packer.model import Build

_NAMES = {"managed_image_name", "managed_image_os_disk_snapshot_name", "capture_name_prefix"}
_IN_DESTINATION = {"image_name", "image_version"}
_DESTINATION = "shared_image_gallery_destination"


def products(build: Build) -> frozenset[str]:
    """The names of the variables that say what the images and versions of a build are called."""
    values = [value for section in build.sections for value in _named(section.body)]
    return frozenset(one.name for one in references(tuple(values)) if isinstance(one, Variable))


def _named(body: Body) -> Iterator[Value]:
    for item in body:
        if isinstance(item, Block) and item.name == _DESTINATION:
            yield from (one.value for one in item.body if isinstance(one, Attribute) and one.name in _IN_DESTINATION)
        elif isinstance(item, Attribute) and item.name in _NAMES:
            yield item.value
