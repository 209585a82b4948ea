"""The image that the build starts from (docs/reference/packer-semantics.md 8.3)."""

from __future__ import annotations

import shlex
from typing import TYPE_CHECKING

from aib2packer.aib.model import GalleryImage, ImageSource, ManagedImage, PlatformImage
from aib2packer.findings import codes
from aib2packer.hcl.values import Attribute, Block, traced

if TYPE_CHECKING:
    from aib2packer.aib.ids import ResourceId
    from aib2packer.findings.model import Report
    from aib2packer.hcl.values import Settings, Value
    from aib2packer.packer.variables.symbols import Symbols
    from aib2packer.text.source import Span


def source_image(source: ImageSource, symbols: Symbols, report: Report) -> Settings:
    """The settings that name the source image."""
    match source:
        case PlatformImage():
            return _platform_image(source, symbols, report)
        case ManagedImage(image):
            return managed_image(symbols.value(image["images"]), symbols.value(image.resource_group), source.span)
        case GalleryImage():
            version = None if source.version is None else symbols.value(source.version)
            return gallery_image(source.id, version, source.span, symbols)
        case _:
            key = "community_gallery_image_id" if source.community else "direct_shared_gallery_image_id"
            # No subscription beside it: azure-arm would then make a private gallery's id of it.
            body = (Attribute(key, symbols.value(source.id)),)
            return {"shared_image_gallery": Block("shared_image_gallery", body, origins=(source.span,))}


def managed_image(name: Value, group: Value, origin: Span) -> Settings:
    """The settings for a managed image."""
    return {
        "custom_managed_image_name": traced(name, origin),
        "custom_managed_image_resource_group_name": traced(group, origin),
    }


def gallery_image(image: ResourceId, version: Value | None, origin: Span, symbols: Symbols) -> Settings:
    """The settings for a version of a gallery image; without one, azure-arm takes the latest."""
    body = [
        Attribute("subscription", symbols.value(image.subscription)),
        Attribute("resource_group", symbols.value(image.resource_group)),
        Attribute("gallery_name", symbols.value(image["galleries"])),
        Attribute("image_name", symbols.value(image["images"])),
    ]
    if version is not None:
        body.append(Attribute("image_version", version))
    return {"shared_image_gallery": Block("shared_image_gallery", tuple(body), origins=(origin,))}


def _platform_image(source: PlatformImage, symbols: Symbols, report: Report) -> Settings:
    version = "latest" if source.version is None else symbols.value_or(source.version, "latest")
    settings: Settings = {
        "image_publisher": traced(symbols.value(source.publisher), source.span, source.publisher.span),
        "image_offer": traced(symbols.value(source.offer), source.offer.span),
        "image_sku": traced(symbols.value(source.sku), source.sku.span),
        "image_version": traced(version, source.span if source.version is None else source.version.span),
    }
    return settings | plan_info(source, symbols, report)


def plan_info(source: PlatformImage, symbols: Symbols, report: Report) -> Settings:
    """The purchase plan of a marketplace image, which images made from it have too; nothing where there is none."""
    plan = source.plan
    if plan is None:
        return {}
    report.add(
        codes.PLAN_TERMS,
        plan.name.span,
        "an image with a purchase plan is only given to subscriptions that accepted its terms",
        help=f"Once: az vm image terms accept --publisher {shlex.quote(str(plan.publisher))} "
        f"--offer {shlex.quote(str(plan.product))} --plan {shlex.quote(str(plan.name))}",
    )
    body = (
        Attribute("plan_name", symbols.value(plan.name)),
        Attribute("plan_product", symbols.value(plan.product)),
        Attribute("plan_publisher", symbols.value(plan.publisher)),
    )
    return {"plan_info": Block("plan_info", body, origins=(plan.name.span, plan.product.span, plan.publisher.span))}
