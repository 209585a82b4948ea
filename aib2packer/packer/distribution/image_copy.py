"""Further managed images, and those in another region or subscription than the build's.

Azure makes no managed image of an image, only of a disk or a snapshot in the same region and subscription; and only incremental
snapshots, which are made of disks, travel to another region.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from aib2packer.packer.distribution.ids import TIME
from aib2packer.packer.distribution.managed_image import check_names
from aib2packer.packer.distribution.plan import is_same, is_same_subscription
from aib2packer.packer.distribution.script import Script, Shell, concat

if TYPE_CHECKING:
    from aib2packer.aib.ids import ResourceId
    from aib2packer.aib.model import ManagedImageTarget
    from aib2packer.arm.language.text import TemplateText
    from aib2packer.hcl.values import Value
    from aib2packer.options import OsType
    from aib2packer.packer.distribution.plan import Plan
    from aib2packer.packer.distribution.script import Operand, Option
    from aib2packer.packer.steps.site import Site

_DISK, _SNAPSHOT, _COPY = Shell('"$disk"'), Shell('"$snapshot"'), Shell('"$copy"')


@dataclass(frozen=True, slots=True)
class GalleryOrigin:
    """Copies come from azure-arm's gallery version: its image definition, its id, and the regions that it is in."""

    definition: ResourceId
    version_id: Value
    regions: tuple[TemplateText, ...]


@dataclass(frozen=True, slots=True)
class SnapshotOrigin:
    """Copies come from the snapshot of the OS disk that azure-arm leaves."""

    id: Value


def copy_image(
    target: ManagedImageTarget, origin: GalleryOrigin | SnapshotOrigin, plan: Plan, build_location: Value, site: Site
) -> Script:
    """Make a managed image; one that is there is replaced, as Image Builder does."""
    symbols, os_type = site.symbols, site.os_type
    check_names(target, site.report)
    script = Script(symbols, site.report)
    location = build_location if target.location is None else symbols.value(target.location)
    _find_generation(origin, script)
    at_home = is_same(target.location, plan.location) and is_same_subscription(target.id, plan.subscription)
    if isinstance(origin, SnapshotOrigin) and at_home:
        return _create(target, location, Shell(script.word("SOURCE", origin.id)), os_type, script)
    near = is_same(target.location, plan.location)
    if isinstance(origin, GalleryOrigin) and target.location is not None:
        near = near or any(region.parts == target.location.parts for region in origin.regions)
    at = location if near else Shell(script.word("BUILD_LOCATION", build_location))
    _make_disk(target, origin, at, script)
    if near:
        script.line("""trap 'az disk delete --ids "$disk" --yes' EXIT""")
    else:
        _copy_disk(target, at, location, script)
    return _create(target, location, _DISK if near else _COPY, os_type, script)


def _create(target: ManagedImageTarget, location: Value, source: Shell, os_type: OsType, script: Script) -> Script:
    script.say("Image Builder replaced an image of that name.")
    script.az("image delete", *_place(target), ("--name", target.id["images"]))
    script.az(
        "image create",
        *_place(target),
        ("--name", target.id["images"]),
        ("--location", location),
        ("--source", source),
        ("--os-type", os_type.value),
        ("--hyper-v-generation", Shell('"$generation"')),
        *script.tags(target.tags),
    )
    return script


def _find_generation(origin: GalleryOrigin | SnapshotOrigin, script: Script) -> None:
    query: tuple[Option, ...] = (("--query", "hyperVGeneration"), ("--output", "tsv"))
    match origin:
        case GalleryOrigin(definition):
            script.az(
                "sig image-definition show",
                ("--subscription", Shell(script.word("GALLERY_SUBSCRIPTION", definition.subscription))),
                ("--resource-group", Shell(script.word("GALLERY_RESOURCE_GROUP", definition.resource_group))),
                ("--gallery-name", definition["galleries"]),
                ("--gallery-image-definition", definition["images"]),
                *query,
                into="generation",
            )
        case SnapshotOrigin(snapshot):
            script.az("snapshot show", ("--ids", Shell(script.word("SOURCE", snapshot))), *query, into="generation")


def _make_disk(target: ManagedImageTarget, origin: GalleryOrigin | SnapshotOrigin, location: Operand, script: Script) -> None:
    match origin:
        case GalleryOrigin(_, version_id):
            source: Option = ("--gallery-image-reference", Shell(script.word("SOURCE", version_id)))
        case SnapshotOrigin(snapshot):
            source = ("--source", Shell(script.word("SOURCE", snapshot)))
    name = Shell(script.word("TEMPORARY_NAME", concat(f"packer-{target.index}-", TIME)))
    options = (*_place(target), ("--name", name), ("--location", location), source)
    script.az("disk create", *options, ("--query", "id"), ("--output", "tsv"), into="disk")


def _copy_disk(target: ManagedImageTarget, build_location: Operand, location: Value, script: Script) -> None:
    """The disk in another region, as a snapshot."""
    name = script.word("TEMPORARY_NAME", concat(f"packer-{target.index}-", TIME))
    kind: tuple[Option, ...] = (("--incremental", Shell("true")), ("--query", "id"), ("--output", "tsv"))
    script.line("""trap 'az disk delete --ids "$disk" --yes; az snapshot delete --ids $snapshot $copy' EXIT""")
    script.az(
        "snapshot create",
        *_place(target),
        ("--name", Shell(name)),
        ("--location", build_location),
        ("--source", _DISK),
        ("--copy-start", Shell("false")),
        *kind,
        into="snapshot",
    )
    script.az(
        "snapshot create",
        *_place(target),
        ("--name", Shell(f'{name[:-1]}-copy"')),
        ("--location", location),
        ("--source", _SNAPSHOT),
        ("--copy-start", Shell("true")),
        *kind,
        into="copy",
    )
    script.az(
        "snapshot wait",
        ("--ids", _COPY),
        ("--custom", "completionPercent == `100` || copyCompletionError"),
        ("--interval", Shell("30")),
        ("--timeout", Shell("86400")),
    )


def _place(target: ManagedImageTarget) -> tuple[Option, ...]:
    return (("--subscription", target.id.subscription), ("--resource-group", target.id.resource_group))
