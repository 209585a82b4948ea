"""The resource group of the build VM: one that Packer makes and deletes, or one that is there.

What azure-arm calls its own nobody can tell from that of another build; and its tags go on the image too. So the group gets a
name that says whose it is: one that a killed build left is found by it (docs/reference/azure-runtime.md 1).
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from aib2packer.hcl.printing import print_value, references
from aib2packer.hcl.values import HclCode, Interpolation, Local, Variable
from aib2packer.packer.expressions.dates import TIME

if TYPE_CHECKING:
    from aib2packer.hcl.values import Block, Traced, Value

BUILD_GROUP = Variable(
    "build_resource_group_name",
    "Existing resource group for the build VM, instead of one that Packer makes and deletes.",
    default=HclCode("null"),
)
LENGTH_OF_TIME = 14
TEMPORARY = "packer-temporary"
"""What the name of each resource begins with that is made on the way and deleted again; and its tag, where az makes it."""
TEMPORARY_GROUP = "temporary_group_name"
_IMAGE_GROUP = "image_group_name"
_LONGEST_STEM = 47  # of 79, between the beginning and the time


def temporary_stem(name: str) -> str:
    """What the names of all that a build makes on the way have in common; the time of the build follows."""
    return f"{TEMPORARY}-{name[:_LONGEST_STEM]}-"


def temporary_group(name: str) -> Local:
    """The name of the resource group that Packer makes, and deletes with all that is in it."""
    return Local(TEMPORARY_GROUP, Interpolation((temporary_stem(name), TIME)))


def image_group(name: str) -> Local:
    """The resource group of a managed image on the way, where the build may take one that is there."""
    group = temporary_group(name)
    chosen = HclCode(f"var.{BUILD_GROUP.name} == null ? local.{group.name} : var.{BUILD_GROUP.name}", (BUILD_GROUP, group))
    return Local(_IMAGE_GROUP, chosen)


def goes_with_build(group: Value | Traced | Block | None) -> bool:
    """Whether a setting names the resource group of the build, which goes with it; in a shared folder by a longer name."""
    named = references(group) if isinstance(group, Local | HclCode) else ()
    return any(isinstance(one, Local) and one.name.endswith((TEMPORARY_GROUP, _IMAGE_GROUP)) for one in named)


def unless_there(value: Value) -> HclCode:
    """What holds for a group that Packer makes, for a setting that azure-arm refuses beside an existing one."""
    return HclCode(f"var.{BUILD_GROUP.name} == null ? {print_value(value)} : null", (BUILD_GROUP, *references(value)))
