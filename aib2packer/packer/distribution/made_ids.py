"""The ids of what azure-arm makes, for the post-processors: `build.ID` does not tell (docs/reference/azure-runtime.md 2)."""

from __future__ import annotations

from typing import TYPE_CHECKING

from aib2packer.hcl.names import identifier
from aib2packer.hcl.values import HclCode, Interpolation, Local, concat
from aib2packer.packer.expressions.dates import TIME
from aib2packer.packer.vm.resource_group import TEMPORARY, temporary_group

if TYPE_CHECKING:
    from aib2packer.aib.ids import ResourceId
    from aib2packer.arm.language.text import TemplateText
    from aib2packer.hcl.values import Value
    from aib2packer.packer.variables.symbols import Symbols

BUILD_SUBSCRIPTION = HclCode("build.SubscriptionID")
REPLACES = "packer-replaces"
"""The tag of a new managed image by another name, which may be the only one: its value is the name that it is to have."""
_TEMPORARY_SNAPSHOT = "packer_temporary"
_LONGEST_STEM = 47  # of 79, between the beginning and the time


def temporary_image(label: str) -> Local:
    """The name of a managed image that no target asks for: that of the resource group which Packer makes."""
    return Local("temporary_image_name", temporary_group(label))


def stem_of_target(label: str, index: int) -> str:
    """What the names begin with of all that the Azure CLI makes on the way to a target, by the target's index."""
    return f"{TEMPORARY}-{index}-{label}-"


def temporary_name(label: str, index: int) -> Value:
    """What the Azure CLI calls the resources that it makes on the way to a target."""
    return concat(stem_of_target(label, index), TIME)


def snapshot_stem(label: str) -> str:
    """What the name of the snapshot begins with, of letters, digits and `_`: two labels give two of them in an estate."""
    return f"{_TEMPORARY_SNAPSHOT}_{identifier(label.replace('.', '__'), 'image')[:_LONGEST_STEM]}_"


def snapshot_name(label: str) -> Local:
    """The name of the snapshot of the OS disk."""
    return Local("snapshot_name", Interpolation((snapshot_stem(label), TIME)))


def managed_image_id(group: TemplateText, image: Value, symbols: Symbols) -> Value:
    """The id of a managed image in the subscription of the build."""
    return compute_id(symbols.value(group), "images", image)


def snapshot_id(group: TemplateText, label: str, symbols: Symbols) -> Value:
    """The id of the snapshot, which lies beside the managed image."""
    return compute_id(symbols.value(group), "snapshots", snapshot_name(label))


def compute_id(group: Value, kind: str, name: Value) -> Value:
    """The id of a resource of Microsoft.Compute in the subscription of the build."""
    return concat(*id_before_name(BUILD_SUBSCRIPTION, group, kind), name)


def id_before_name(subscription: Value, group: Value, kind: str = "images") -> tuple[Value, ...]:
    """The id of a resource of Microsoft.Compute up to its name, in pieces."""
    return ("/subscriptions/", subscription, "/resourceGroups/", group, f"/providers/Microsoft.Compute/{kind}/")


def gallery_version_id(image: ResourceId, version: Value, symbols: Symbols) -> Value:
    """The id of a gallery version."""
    return concat(
        *("/subscriptions/", symbols.value(image.subscription), "/resourceGroups/", symbols.value(image.resource_group)),
        *("/providers/Microsoft.Compute/galleries/", symbols.value(image["galleries"])),
        *("/images/", symbols.value(image["images"]), "/versions/", version),
    )
