"""What variables are for, in words: the places of the template that their values stand in."""

from __future__ import annotations

from collections import defaultdict
from typing import TYPE_CHECKING, TypeAlias

from aib2packer.aib.ids import ResourceId
from aib2packer.aib.model import (
    Customizer,
    Fetched,
    GalleryImage,
    GalleryTarget,
    ImageTemplate,
    Located,
    ManagedImage,
    ManagedImageTarget,
    PlatformImage,
    PurchasePlan,
    SharedGalleryImage,
    Subnet,
    Target,
    TargetRegion,
    VhdTarget,
    VmProfile,
)
from aib2packer.arm.language.symbolic import Concat, leaves
from aib2packer.arm.language.text import LateExpression, ListLines, Placeholder, Segment, TemplateText
from aib2packer.lazy.models import dataclass, replace

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from aib2packer.arm.language.symbolic import Leaf
    from aib2packer.hcl.values import Variable

    Words: TypeAlias = "str | Mapping[str, str]"

_WHOLE = ""
_AT_END = ("images", "versions")  # what the ids of images end with
_MOST = 3  # uses that a description names
_PART, _INPUT = "part of", "input for"
_NEW_VERSION = "version of the image (each build needs a new one)"
_OF_STEPS = {"elevated": "elevation (runElevated)", "as_system": "account (runAsSystem)"}
_RUN_OUTPUT = "name of the run output"
_TOLD_ONCE = ("region", "resource group", "subscription", "name")
_VALUE = "value in "  # of commands: whether it is a part of them or all of them says nothing


@dataclass(frozen=True, slots=True)
class Uses:
    """What each leaf and placeholder stands for, or in: pairs of how ("" for all of it) and what."""

    of: Mapping[Placeholder | Leaf, tuple[tuple[str, str], ...]]

    def with_default(self, variable: Variable, *symbols: Placeholder | Leaf) -> Variable:
        """A variable for symbols, with its own name as the default where they only name run outputs: keys of the manifest."""
        uses = {use for symbol in symbols for use in self.of.get(symbol, ())}
        is_key = bool(uses) and uses <= {("", _RUN_OUTPUT), (_PART, _RUN_OUTPUT)}
        if not is_key or variable.default is not None or variable.type != "string" or variable.validation or variable.sensitive:
            return variable
        return replace(variable, default=variable.name, is_made_up=True)

    def sentence(self, *symbols: Placeholder | Leaf) -> str:
        """What symbols are for, first where they stand alone; "" where that is not known."""
        found = dict.fromkeys(use for symbol in symbols for use in self.of.get(symbol, ()))
        by_how = {how: [words for other, words in found if other == how] for how in ("", _PART, _INPUT)}
        listed = [_joined(by_how[""])] if by_how[""] else []
        listed += [f"{how} the {_joined(by_how[how])}" for how in (_PART, _INPUT) if by_how[how]]
        told = "; ".join(listed)
        return f"{told[0].upper()}{told[1:]}." if told else ""


def _joined(words: Sequence[str]) -> str:
    """Words in a list; of many the first."""
    told = list(words)
    for number in range(1, len(words)):  # "region of the build and of the image"
        before, of, end = words[number].partition(" of ")
        if before in _TOLD_ONCE and words[number - 1].startswith(f"{before}{of}"):
            told[number] = f"of {end}"
    told = [*told[:_MOST], "more"] if len(told) > _MOST + 1 else told
    *first, last = told
    return f"{', '.join(first)} and {last}" if first else last


def uses_in(template: ImageTemplate) -> Uses:
    """What stands where in a template."""
    found: dict[Placeholder | Leaf, list[tuple[str, str]]] = defaultdict(list)
    texts: list[tuple[TemplateText, str]] = []
    _add_texts(template, "", texts)
    for text, words in texts:
        for symbol, how in _named(text):
            found[symbol].append(("" if words.startswith(_VALUE) else how, words))
    return Uses({symbol: tuple(uses) for symbol, uses in found.items()})


def _named(text: TemplateText) -> Iterator[tuple[Placeholder | Leaf, str]]:
    """The placeholders and leaves of a text, each with how it stands there: "" for all of it."""
    how = "" if len(text.parts) == 1 else _PART
    for symbol in text.symbols:
        match symbol:
            case Placeholder():
                yield symbol, how
            case Segment(inner) | ListLines(inner):
                yield from ((one, how or of_inner) for one, of_inner in _named(inner))
            case LateExpression(value):
                pieces = value.parts if isinstance(value, Concat) else ()
                for leaf in leaves(value):
                    yield leaf, how if leaf == value else _PART if leaf in pieces else _INPUT
            case _:
                pass


def _add_texts(value: object, words: Words, found: list[tuple[TemplateText, str]]) -> None:
    """Find all strings of a template that hold symbols and are for something, and for what."""
    match value:
        case TemplateText():
            if value.literal is None and isinstance(words, str) and words:
                found.append((value, words))
        case None | Located():
            return
        case tuple():
            for item in value:
                _add_texts(item, words, found)
        case _:
            for item, of_item in _inside(value, words):
                _add_texts(item, of_item, found)


def _inside(value: object, words: Words) -> Iterator[tuple[object, Words]]:
    match value:
        case ResourceId():
            names = {} if isinstance(words, str) else words
            for segment, text in value.segments.items():
                yield text, _of_id(text, names) if _is_of_id(text) else names.get(segment, "")
        case dict():
            yield from ((item, words) for item in value.values())
        case Fetched():
            yield value.uri, f"address of the {words}"
            yield value.sha256, f"checksum of the {words}"
        case Customizer():
            said = ((name, item) for name in value.TEXTS if (item := getattr(value, name)) is not None)
            yield from ((item, _of_step(value, name)) for name, item in said)
        case _:
            fields = _fields(type(value))
            for name in value.TEXTS:  # type: ignore[attr-defined]
                item = getattr(value, name)
                is_of_id = isinstance(item, TemplateText) and _is_of_id(item)
                yield item, _of_id(item, fields) if is_of_id else fields.get(name, "")


def _is_of_id(text: TemplateText) -> bool:
    """Whether a text is a segment of an id that is only known as a whole."""
    return any(isinstance(symbol, Segment) for symbol in text.symbols)


def _of_id(text: TemplateText, names: Mapping[str, Words]) -> Words:
    """What the id is that a segment is taken from: the whole, or that of something above it, by what its own ends with."""
    shape = next((symbol.shape for symbol in text.symbols if isinstance(symbol, Segment)), ())
    above = names.get(shape[-1]) if shape and shape[-1] not in _AT_END else None
    return names.get(_WHOLE, "") if above is None else f"id of the {above}"


def _of_step(step: Customizer, field: str) -> str:
    literal = step.name.literal if step.name is not None else None
    whose = f"the step {literal}" if literal else f"a {step.kind} step"
    match field:
        case "name":
            return f"name of a {step.kind} step"
        case "inline":
            return f"{_VALUE}the commands of {whose}"
        case "source":
            return f"file of {whose}"
        case "destination":
            return f"place on the VM for the file of {whose}"
        case _:
            return f"{_OF_STEPS.get(field) or field.replace('_', ' ')} of {whose}"


def _fields(model: type) -> Mapping[str, Words]:
    """What the fields of a model are, those that it has of others too."""
    words: dict[str, Words] = {}
    for one in reversed(model.__mro__):
        words |= _WORDS.get(one, {})
    return words


def _of_gallery(image: str) -> Mapping[str, str]:
    return {
        "subscriptions": f"subscription of the gallery of {image}",
        "resourcegroups": f"resource group of the gallery of {image}",
        "galleries": f"gallery of {image}",
        "images": f"image definition of {image}",
        "versions": f"version of {image}",
    }


def _of_managed(image: str) -> Mapping[str, str]:
    return {
        _WHOLE: f"id of {image}",
        "subscriptions": f"subscription of {image}",
        "resourcegroups": f"resource group of {image}",
        "images": f"name of {image}",
    }


_WORDS: Mapping[type, Mapping[str, Words]] = {
    ImageTemplate: {
        "location": "region of the build",
        "tags": "value of a tag",
        "managed_resource_tags": "value of a tag",
        "build_timeout": "minutes that the build may take",
        "staging_resource_group": "resource group of the build",
    },
    PlatformImage: {
        "publisher": "publisher of the source image",
        "offer": "offer of the source image",
        "sku": "SKU of the source image",
        "version": "version of the source image",
    },
    PurchasePlan: {
        "name": "name of the purchase plan",
        "product": "product of the purchase plan",
        "publisher": "publisher of the purchase plan",
    },
    ManagedImage: {"id": _of_managed("the source image")},
    GalleryImage: {
        "id": {_WHOLE: "id of the source image", **_of_gallery("the source image")},
        "version": "version of the source image",
    },
    SharedGalleryImage: {"id": "id of the source image"},
    Subnet: {
        "virtual_network": "virtual network of the build VM",
        "name": "subnet of the build VM",
        "resource_group": "resource group of the virtual network",
        "subscription": "subscription of the virtual network",
        "virtualnetworks": "virtual network of the build VM",
        "resourcegroups": "resource group of the virtual network",
        "subscriptions": "subscription of the virtual network",
        _WHOLE: "id of the subnet of the build VM",
    },
    VmProfile: {
        "size": "size of the build VM",
        "os_disk_gb": "size of the OS disk in GB",
        "data_disks_gb": "sizes of the data disks in GB",
        "identities": "identity of the build VM",
    },
    TargetRegion: {
        "name": "region of the image",
        "replicas": "number of replicas in a region",
        "storage_account_type": "storage type in a region",
    },
    Target: {"run_output_name": _RUN_OUTPUT, "tags": "value of a tag"},
    ManagedImageTarget: {"id": _of_managed("the managed image"), "location": "region of the managed image"},
    GalleryTarget: {
        "id": {
            _WHOLE: "id of the image definition",
            **_of_gallery("the image"),
            "images": "image definition",
            "versions": _NEW_VERSION,
        },
        "version": _NEW_VERSION,
        "late_regions": "regions that get the image",
        "late_target_regions": "regions that get the image",
        "storage_account_type": "storage type of the image version",
        "exclude_from_latest": "exclusion of the image version from the latest",
        "major": "major version of the image",
        "replication_mode": "replication mode of the image version",
    },
    VhdTarget: {"uri": "address of the VHD"},
}
