"""Where the image goes: what azure-arm can make in one build (reference/packer-semantics.md 8.2 and 8.3)."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from aib2packer.aib.model import GalleryTarget, Located, ManagedImage, ManagedImageTarget, VhdTarget
from aib2packer.arm.values import Text
from aib2packer.findings import codes
from aib2packer.packer.regions import target_regions
from aib2packer.packer.values import Attribute, Block, Code, Settings, Value, Variable, traced
from aib2packer.packer.values import Text as HclText
from aib2packer.packer.versions import NOW, image_version

if TYPE_CHECKING:
    from aib2packer.aib.model import DistributeTarget, ImageTemplate
    from aib2packer.findings.model import Report
    from aib2packer.packer.variables import Symbols

_VHD_ACCOUNT = Variable("vhd_storage_account", "Storage account that receives the VHD, in the subscription of the build.")
_VHD_GROUP = Variable("vhd_resource_group_name", "Resource group of the storage account that receives the VHD.")
_VHD_CONTAINER = Variable("vhd_container", "Container that receives the VHD; it must exist.", default="vhds")

_IMAGE_NAME = re.compile(r"[A-Za-z0-9](?:[\w.-]{0,78}\w)?", re.ASCII)
_GROUP_NAME = re.compile(r"[A-Za-z0-9](?:[\w.()-]{0,88}[\w()])?", re.ASCII)
_GALLERY_NAME = re.compile(r"[A-Za-z0-9](?:[A-Za-z0-9._]{0,78}[A-Za-z0-9])?")
_STORAGE_TYPES = ("Standard_LRS", "Standard_ZRS", "Premium_LRS")
_CAPTURE_PREFIX = re.compile(r"[A-Za-z0-9][A-Za-z0-9_.-]{0,23}")
_CONTAINER = re.compile(r"[a-z0-9](?!.*--)[a-z0-9-]{1,61}[a-z0-9]")


def distribution(template: ImageTemplate, location: Value, name: str, symbols: Symbols, report: Report) -> Settings:
    """The settings of the destinations. `location` is that of the build, `name` is for an image that must be made besides."""
    timeout = f"{template.build_timeout_minutes}m"
    targets = made_targets(template)
    for target in template.targets:
        if target not in targets:
            report.add(
                codes.FURTHER_TARGET,
                target.span,
                f"distribute[{target.index}] is not converted yet: one build makes one target of each kind",
                help="Copy the first one: `az sig image-version create` or `az image create`.",
            )
    settings: Settings = {}
    for target in targets:
        match target:
            case ManagedImageTarget():
                settings |= _managed_image(target, template, symbols, report)
            case VhdTarget():
                settings |= _vhd(target, timeout, symbols, report)
            case GalleryTarget():
                settings |= _gallery(target, location, timeout, symbols, report)
    if isinstance(template.source, ManagedImage) and "managed_image_name" not in settings:
        settings |= _extra_image(template.source, name, symbols, report)
    return settings


def made_targets(template: ImageTemplate) -> tuple[DistributeTarget, ...]:
    """The targets that one build makes: the first of each kind."""
    first: dict[type, DistributeTarget] = {}
    for target in template.targets:
        first.setdefault(type(target), target)
    return tuple(first.values())


def _managed_image(target: ManagedImageTarget, template: ImageTemplate, symbols: Symbols, report: Report) -> Settings:
    image, group = target.id["images"], target.id.resource_group
    if image.literal is not None and not _IMAGE_NAME.fullmatch(image.literal):
        report.add(
            codes.BAD_VALUE,
            image.span,
            f"`{image}` is no name of a managed image: Packer takes letters, digits, `-`, `_` and `.`, 80 at most",
            help="Choose another name.",
        )
    if group.literal is not None and not _GROUP_NAME.fullmatch(group.literal):
        report.add(
            codes.BAD_VALUE,
            group.span,
            f"`{group}` is no name of a resource group: Packer takes letters, digits and `-_.()`, 90 at most",
            help="Choose another resource group.",
        )
    there, here = target.location, template.location
    if there is not None and here is not None and there.parts != here.parts:
        report.add(
            codes.OTHER_REGION,
            there.span,
            f"the managed image is to be in {there}, but Packer makes it where it builds: {here}",
            help=f"Build in {there}, or copy the image through a gallery.",
        )
    report.add(
        codes.IMAGE_EXISTS,
        target.id.text.span,
        f"Image Builder overwrote an existing image{f' `{image}`' if image.literal else ''}; Packer refuses to",
        help="Run packer build -force to replace it.",
    )
    return {
        "managed_image_name": traced(symbols.value(image), target.span),
        "managed_image_resource_group_name": traced(symbols.value(group), target.span),
    }


def _extra_image(source: ManagedImage, name: str, symbols: Symbols, report: Report) -> Settings:
    group = source.id.resource_group
    report.add(
        codes.EXTRA_MANAGED_IMAGE,
        source.span,
        f"azure-arm makes a managed image out of a managed image in any case: one named {name}-<time> is left in {group}",
        help="Delete it after the build, or start from a gallery version.",
    )
    return {
        "managed_image_name": HclText((f"{name}-", Code('formatdate("YYYYMMDDhhmmss", local.now)', (NOW,)))),
        "managed_image_resource_group_name": symbols.value(group),
    }


def _vhd(target: VhdTarget, timeout: str, symbols: Symbols, report: Report) -> Settings:
    account: Value = _VHD_ACCOUNT
    container: Value = _VHD_CONTAINER
    if target.uri is not None:
        account, container = _vhd_place(target.uri, symbols, report)
    settings: Settings = {
        "storage_account": traced(account, target.span),
        "resource_group_name": _VHD_GROUP,
        "capture_container_name": traced(container, target.span),
    }
    if target.run_output_name and (prefix := target.run_output_name.literal) and _CAPTURE_PREFIX.fullmatch(prefix):
        settings["capture_name_prefix"] = traced(prefix, target.run_output_name.span)
    # The copy of the VHD counts as polling, whose default is 15 minutes.
    settings["polling_duration_timeout"] = timeout
    return settings


def _vhd_place(uri: Text, symbols: Symbols, report: Report) -> tuple[Value, Value]:
    """Storage account and container of a VHD's URI."""
    pieces = uri.split("/")
    host, path = pieces[2] if len(pieces) > 2 else None, pieces[3:]  # noqa: PLR2004 - https: "" host
    if host is None or ".blob." not in host.visible or not path or not path[0].parts:
        report.add(
            codes.BAD_VALUE,
            uri.span,
            f"`{uri}` is no place for a VHD",
            help="Write https://ACCOUNT.blob.core.windows.net/CONTAINER/NAME.vhd",
        )
        return _VHD_ACCOUNT, _VHD_CONTAINER
    if path[0].literal is not None and not _CONTAINER.fullmatch(path[0].literal):
        report.add(
            codes.BAD_VALUE,
            uri.span,
            f"`{path[0]}` is no name of a container: Packer takes lower case letters, digits and single `-`, 3 to 63",
            help="Choose another container.",
        )
    if len(path) > 1 and path[-1].visible.endswith(".vhd"):
        report.add(
            codes.VHD_NAME,
            uri.span,
            f"Packer names the VHD itself: not {path[-1]}, but by a prefix and the disk",
            help="Rename the blob after the build: `az storage blob copy start`.",
        )
    return symbols.value(host.split(".")[0]), symbols.value(path[0])


def _gallery(target: GalleryTarget, location: Value, timeout: str, symbols: Symbols, report: Report) -> Settings:
    image = target.id
    body: list[Attribute | Block] = [
        Attribute("subscription", symbols.value(image.subscription)),
        Attribute("resource_group", symbols.value(image.resource_group)),
        Attribute("gallery_name", symbols.value(image["galleries"])),
        Attribute("image_name", symbols.value(image["images"])),
        Attribute("image_version", image_version(target, symbols, report)),
    ]
    for name, pattern in ((image["galleries"], _GALLERY_NAME), (image["images"], _IMAGE_NAME)):
        if name.literal is not None and not pattern.fullmatch(name.literal):
            report.add(
                codes.FAILS_WHEN_RUN,
                name.span,
                f"`{name}` is no name of a gallery or of an image definition in Azure: the build fails when it publishes",
                help="Write the name as `az sig image-definition list` shows it.",
            )
    if (storage := _storage_type(target, report)) is not None:
        spelt = next((known for known in _STORAGE_TYPES if known.lower() == str(storage).lower()), None)
        if storage.literal is not None and spelt is not None and spelt != storage.literal:
            report.add(
                codes.WRONG_CASE,
                storage.span,
                f"`{storage}` is spelt `{spelt}`; it is read as such",
                help=f"Write `{spelt}`.",
            )
            storage = Text((spelt,), storage.span)
        elif storage.literal is not None and spelt is None:
            report.add(
                codes.BAD_VALUE,
                storage.span,
                f"`{storage}` is no storage type of an image version",
                help=f"Write one of {', '.join(_STORAGE_TYPES)}.",
            )
        body.append(Attribute("storage_account_type", symbols.value(storage)))
    regions = target_regions(target, location, symbols, report)
    if target.shallow is not None and target.shallow.value and _can_be_shallow(target, location, symbols, report):
        body.append(Attribute("use_shallow_replication", value=True))
    settings: Settings = {
        "shared_image_gallery_destination": Block(
            "shared_image_gallery_destination", (*body, *regions), origins=(target.span,)
        ),
    }
    exclude = False if target.exclude_from_latest is None else symbols.located(target.exclude_from_latest)
    if exclude is not False:
        settings["shared_gallery_image_version_exclude_from_latest"] = exclude
    settings["shared_image_gallery_timeout"] = timeout
    return settings


def _storage_type(target: GalleryTarget, report: Report) -> Text | None:
    """The storage type of the image version. azure-arm has one for all regions."""
    types = {str(region.storage_account_type): region.storage_account_type for region in target.regions}
    if len(types) > 1:
        first, *others = (kind for kind in types.values() if kind is not None)
        named = ", ".join(f"{region.name}: {region.storage_account_type or 'default'}" for region in target.regions)
        report.add(
            codes.REGION_STORAGE,
            (others or [first])[0].span,
            f"azure-arm has one storage type for all regions, so {first} is used; asked for is {named}",
            help="Change the others after the build: `az sig image-version update --target-regions`.",
        )
        return first
    return target.storage_account_type or next(iter(types.values()), None)


def _can_be_shallow(target: GalleryTarget, location: Value, symbols: Symbols, report: Report) -> bool:
    replicas = max((region.replicas.value for region in target.regions if isinstance(region.replicas, Located)), default=1)
    if {symbols.value(region.name) for region in target.regions} <= {location} and replicas <= 1:
        return True
    report.add(
        codes.NOT_SHALLOW,
        target.shallow.span if target.shallow else target.span,
        "azure-arm replicates shallowly to the build region only, once: full replication is used",
        help="Keep one region and one replica for a shallow version.",
    )
    return False
