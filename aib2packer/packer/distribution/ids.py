"""The ids of what azure-arm makes, for the post-processors: `build.ID` does not tell (reference/azure-runtime.md 2)."""

from __future__ import annotations

from typing import TYPE_CHECKING

from aib2packer.hcl.names import identifier
from aib2packer.hcl.values import Code, Interpolation, Local
from aib2packer.packer.distribution.script import concat
from aib2packer.packer.distribution.versions import NOW

if TYPE_CHECKING:
    from aib2packer.aib.ids import ResourceId
    from aib2packer.arm.language.text import TemplateText
    from aib2packer.hcl.values import Value
    from aib2packer.packer.variables.symbols import Symbols

TIME = Code('formatdate("YYYYMMDDhhmmss", local.now)', (NOW,))
BUILD_SUBSCRIPTION = Code("build.SubscriptionID")
_LONGEST_SNAPSHOT_STEM = 60  # of 79, with the time behind it


def temporary_image(name: str) -> Local:
    """The name of a managed image that no target asks for."""
    return Local("temporary_image_name", Interpolation((f"{name}-", TIME)))


def snapshot_name(name: str) -> Local:
    """The name of the snapshot of the OS disk: letters, digits and `_`."""
    return Local("snapshot_name", Interpolation((f"{identifier(name, 'image')[:_LONGEST_SNAPSHOT_STEM]}_", TIME)))


def managed_image_id(group: TemplateText, image: Value, symbols: Symbols) -> Value:
    """The id of a managed image in the subscription of the build."""
    return _compute_id(group, "images", image, symbols)


def snapshot_id(group: TemplateText, name: str, symbols: Symbols) -> Value:
    """The id of the snapshot, which lies beside the managed image."""
    return _compute_id(group, "snapshots", snapshot_name(name), symbols)


def _compute_id(group: TemplateText, kind: str, name: Value, symbols: Symbols) -> Value:
    return concat(
        *("/subscriptions/", BUILD_SUBSCRIPTION, "/resourceGroups/", symbols.value(group)),
        *(f"/providers/Microsoft.Compute/{kind}/", name),
    )


def gallery_version_id(image: ResourceId, version: Value, symbols: Symbols) -> Value:
    """The id of a gallery version."""
    return concat(
        *("/subscriptions/", symbols.value(image.subscription), "/resourceGroups/", symbols.value(image.resource_group)),
        *("/providers/Microsoft.Compute/galleries/", symbols.value(image["galleries"])),
        *("/images/", symbols.value(image["images"]), "/versions/", version),
    )
