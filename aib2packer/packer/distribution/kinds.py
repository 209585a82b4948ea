"""The kinds of targets, one file each. A new one is a file here and a line in `TARGETS`."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from aib2packer.packer.distribution.gallery import GalleryKind
from aib2packer.packer.distribution.managed_image import ManagedImageKind
from aib2packer.packer.distribution.vhd import VhdKind

if TYPE_CHECKING:
    from aib2packer.aib.model import Target
    from aib2packer.packer.distribution.target_kind import TargetKind

TARGETS: dict[str, TargetKind[Any]] = {
    kind.name: kind
    for kind in (
        ManagedImageKind(),
        GalleryKind(),
        VhdKind(),
    )
}
"""The kinds of targets, by the `type` that the template says."""


def kind_of_target(target: Target) -> TargetKind[Any]:
    """The kind of a target that was read."""
    return TARGETS[target.kind]
