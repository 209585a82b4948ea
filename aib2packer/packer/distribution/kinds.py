"""The kinds of targets, one file each. A new one is a file here and a line in `TARGETS`."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from aib2packer.lazy.kinds import Kinds

if TYPE_CHECKING:
    from collections.abc import Mapping

    from aib2packer.aib.model import Target
    from aib2packer.packer.distribution.target_kind import TargetKind

TARGETS: Mapping[str, TargetKind[Any]] = Kinds(
    {
        "ManagedImage": "aib2packer.packer.distribution.managed_image",
        "SharedImage": "aib2packer.packer.distribution.gallery",
        "VHD": "aib2packer.packer.distribution.vhd",
    }
)
"""The kinds of targets, by the `type` that the template says."""


def kind_of_target(target: Target) -> TargetKind[Any]:
    """The kind of a target that was read."""
    return TARGETS[target.kind]
