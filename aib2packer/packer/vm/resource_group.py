"""The resource group of the build VM: one that Packer makes and deletes, or one that is there.

What azure-arm calls its own nobody can tell from that of another build; and its tags go on the image too. So the group gets a
name that says whose it is: one that a killed build left is found by it (docs/reference/azure-runtime.md 1).
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from aib2packer.hcl.printing import print_value, references
from aib2packer.hcl.values import HclCode, Interpolation, Local, Variable
from aib2packer.lazy.patterns import pattern
from aib2packer.packer.expressions.dates import TIME
from aib2packer.text.checksum import sha256_of

if TYPE_CHECKING:
    from aib2packer.hcl.values import Block, Traced, Value

BUILD_GROUP = Variable(
    "build_resource_group_name",
    "Existing resource group for the build VM, instead of one that Packer makes and deletes.",
    default=HclCode("null"),
)
_LENGTH_OF_TIME = 14
TEMPORARY = "packer-temporary"
"""What the name of each resource begins with that is made on the way and deleted again; and its tag, where az makes it."""
TEMPORARY_GROUP = "temporary_group_name"
_IMAGE_GROUP = "image_group_name"
_LONGEST_LABEL = 47  # of 79, between the beginning and the time
_LONGEST_PLACE = 41  # so that it stays whole where it must begin with a letter
_PLAIN = pattern(r"(?:\.\./)?[a-z0-9]+(?:[-/][a-z0-9]+)*\.json")
_DIGITS = 6


def label_of(name: str, place: str) -> str:
    """What tells a build from all others in the names of what it makes on the way, where case does not count.

    Args:
        name: The name of the build, which others may have too.
        place: Where its template stands among those of an estate, which no other has; "" for a build by itself.

    """
    if not place:
        return name[:_LONGEST_LABEL]
    path = place.removeprefix("../").removesuffix(".json")  # beside the folder of the outputs, where nothing else is said
    if _PLAIN.fullmatch(place) and len(path) + path.count("/") <= _LONGEST_PLACE:
        return path.replace("/", ".")
    words = re.sub(r"[^a-z0-9]+", "-", path.casefold()).strip("-")
    short = words[-(_LONGEST_PLACE - _DIGITS - 1) :].lstrip("-")
    return f"{short}-{sha256_of(place.encode())[:_DIGITS]}".lstrip("-")


def temporary_stem(label: str) -> str:
    """What the names of all that a build makes on the way have in common; the time of the build follows."""
    return f"{TEMPORARY}-{label}-"


def named_at_a_time(stem: str, ending: str = "") -> str:
    """The condition of a query, between double quotes of a shell, for what has a stem and a time in its name, and no more."""
    return f"starts_with(name, '{stem}') && length(name) == to_number('{len(stem) + _LENGTH_OF_TIME + len(ending)}')"


def temporary_group(label: str) -> Local:
    """The name of the resource group that Packer makes, and deletes with all that is in it."""
    return Local(TEMPORARY_GROUP, Interpolation((temporary_stem(label), TIME)))


def image_group(label: str) -> Local:
    """The resource group of a managed image on the way, where the build may take one that is there."""
    group = temporary_group(label)
    chosen = HclCode(f"var.{BUILD_GROUP.name} == null ? local.{group.name} : var.{BUILD_GROUP.name}", (BUILD_GROUP, group))
    return Local(_IMAGE_GROUP, chosen)


def goes_with_build(group: Value | Traced | Block | None) -> bool:
    """Whether a setting names the resource group of the build, which goes with it; in a shared folder by a longer name."""
    named = references(group) if isinstance(group, Local | HclCode) else ()
    return any(isinstance(one, Local) and one.name.endswith((TEMPORARY_GROUP, _IMAGE_GROUP)) for one in named)


def unless_there(value: Value) -> HclCode:
    """What holds for a group that Packer makes, for a setting that azure-arm refuses beside an existing one."""
    return HclCode(f"var.{BUILD_GROUP.name} == null ? {print_value(value)} : null", (BUILD_GROUP, *references(value)))
