"""Azure resource ids, taken apart."""

from __future__ import annotations

from typing import TYPE_CHECKING, TypeAlias

from aib2packer.arm.language.text import Segment, TemplateText, join
from aib2packer.lazy.models import dataclass

if TYPE_CHECKING:
    from collections.abc import Mapping

    from aib2packer.arm.language.text import TextSymbol

    _Parts: TypeAlias = tuple[str | TextSymbol, ...]

GALLERY_IMAGE = ("subscriptions", "resourcegroups", "providers", "galleries", "images")
GALLERY_VERSION = (*GALLERY_IMAGE, "versions")
MANAGED_IMAGE = ("subscriptions", "resourcegroups", "providers", "images")
SUBNET = ("subscriptions", "resourcegroups", "providers", "virtualnetworks", "subnets")
IDENTITY = ("subscriptions", "resourcegroups", "providers", "userassignedidentities")
IMAGE_TEMPLATE = ("subscriptions", "resourcegroups", "providers", "imagetemplates")
_SPELT = {
    "resourcegroups": "resourceGroups",
    "virtualnetworks": "virtualNetworks",
    "userassignedidentities": "userAssignedIdentities",
    "imagetemplates": "imageTemplates",
}
_PROVIDERS = {
    "galleries": "Microsoft.Compute",
    "images": "Microsoft.Compute",
    "virtualnetworks": "Microsoft.Network",
    "userassignedidentities": "Microsoft.ManagedIdentity",
    "imagetemplates": "Microsoft.VirtualMachineImages",
}
_NAMES = {*GALLERY_VERSION, *MANAGED_IMAGE, *SUBNET, *IDENTITY, *IMAGE_TEMPLATE}


@dataclass(frozen=True, slots=True)
class ResourceId:
    """A resource id: the value behind each of its type segments, which are compared without regard to case."""

    text: TemplateText
    segments: Mapping[str, TemplateText]

    @property
    def subscription(self) -> TemplateText:
        """The subscription."""
        return self.segments["subscriptions"]

    @property
    def resource_group(self) -> TemplateText:
        """The resource group's name."""
        return self.segments["resourcegroups"]

    def __getitem__(self, segment: str) -> TemplateText:
        return self.segments[segment]


def parse_id(text: TemplateText, *shapes: tuple[str, ...]) -> ResourceId | None:
    """Take an id apart; None where it has none of the shapes.

    Of an id that is only known in part, the known end is taken as it stands, and the rest is found when Packer runs: from the
    shape that has this end, the first where nothing tells.
    """
    root, *pieces = text.pieces("/")
    if pieces and not pieces[-1]:
        pieces.pop()
    names = tuple([_word(piece) for piece in pieces[::2]])
    values = pieces[1::2]
    if not root and len(pieces) % 2 == 0:
        if names in shapes and all(values):
            return ResourceId(text, {name: TemplateText(value, text.span) for name, value in zip(names, values, strict=True)})
        if _is_another(names, values, shapes):
            return None
    return _partly_known(text, shapes) if text.symbols else None


def _word(parts: _Parts) -> str:
    """A segment in lower case; nothing for one that is not known."""
    return first.lower() if len(parts) == 1 and isinstance(first := parts[0], str) else ""


def _is_another(names: tuple[str, ...], values: list[_Parts], shapes: tuple[tuple[str, ...], ...]) -> bool:
    """Whether what is known of an id, all of its names, is of none of the shapes, whatever its values come to."""
    if not names or not all(names):
        return False
    is_known = all(isinstance(part, str) for part in values[-1])
    ends_early = is_known and any(shape[: len(names)] == names != shape for shape in shapes)
    return ends_early or any(name not in _NAMES for name in names)


def _partly_known(text: TemplateText, shapes: tuple[tuple[str, ...], ...]) -> ResourceId | None:
    pieces = text.split("/")
    known: dict[str, TemplateText] = {}
    while len(pieces) > 2 and (name := (pieces[-2].literal or "").lower()) in _NAMES and pieces[-1].parts:  # noqa: PLR2004 - a pair
        known = {name: pieces[-1], **known}
        pieces = pieces[:-2]
    end = tuple(known)
    shape = next((shape for shape in shapes if shape[len(shape) - len(end) :] == end), shapes[0])
    if not known and GALLERY_VERSION in shapes:
        shape = GALLERY_VERSION  # of an image definition's id it is the beginning
    head = join("/", pieces, text.span)
    first = text.parts[0]
    if not head.symbols or (isinstance(first, str) and not first.startswith("/")):  # what is known is no beginning of an id
        return None
    begins = shape[: len(shape) - len(known)]
    found = {
        name: known.get(name) or TemplateText((Segment(head, 2 * index + 2, name == "versions", begins),), text.span)
        for index, name in enumerate(shape)
    }
    return ResourceId(text, found)


def write_id(shape: tuple[str, ...], segment: str) -> str:
    """An id of a shape, with `segment` for each name that is not the shape's own."""
    provider = next((_PROVIDERS[name] for name in shape if name in _PROVIDERS), segment)
    return "".join(f"/{_SPELT.get(name, name)}/{provider if name == 'providers' else segment}" for name in shape)
