"""Azure resource ids, taken apart."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from aib2packer.arm.values import Placeholder, Segment, Text

if TYPE_CHECKING:
    from collections.abc import Mapping

GALLERY_IMAGE = ("subscriptions", "resourcegroups", "providers", "galleries", "images")
GALLERY_VERSION = (*GALLERY_IMAGE, "versions")
MANAGED_IMAGE = ("subscriptions", "resourcegroups", "providers", "images")
SUBNET = ("subscriptions", "resourcegroups", "providers", "virtualnetworks", "subnets")
IDENTITY = ("subscriptions", "resourcegroups", "providers", "userassignedidentities")
IMAGE_TEMPLATE = ("subscriptions", "resourcegroups", "providers", "imagetemplates")


@dataclass(frozen=True, slots=True)
class ResourceId:
    """A resource id: the value behind each of its type segments, which are compared without regard to case."""

    text: Text
    segments: Mapping[str, Text]

    @property
    def subscription(self) -> Text:
        """The subscription."""
        return self.segments["subscriptions"]

    @property
    def resource_group(self) -> Text:
        """The resource group's name."""
        return self.segments["resourcegroups"]

    def __getitem__(self, segment: str) -> Text:
        return self.segments[segment]


def parse_id(text: Text, *shapes: tuple[str, ...]) -> ResourceId | None:
    """Take an id apart; None where it has none of the shapes.

    An id that is one placeholder as a whole is taken to have the first shape: its segments are found when Packer runs.
    """
    if len(text.parts) == 1 and isinstance(text.parts[0], Placeholder):
        return ResourceId(
            text, {name: Text((Segment(text, 2 * index + 2),), text.span) for index, name in enumerate(shapes[0])}
        )
    root, *pieces = text.split("/")
    if pieces and not pieces[-1].parts:
        pieces.pop()
    if root.parts or len(pieces) % 2:
        return None
    names = tuple((piece.literal or "").lower() for piece in pieces[::2])
    values = pieces[1::2]
    if names not in shapes or not all(value.parts for value in values):
        return None
    return ResourceId(text, dict(zip(names, values, strict=True)))
