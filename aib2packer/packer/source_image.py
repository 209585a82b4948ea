"""The image that the build starts from (reference/packer-semantics.md 8.3)."""

from __future__ import annotations

import shlex
from typing import TYPE_CHECKING

from aib2packer.aib.model import GalleryImage, ImageSource, ManagedImage, PlatformImage
from aib2packer.findings import codes
from aib2packer.packer.values import Attribute, Block, traced

if TYPE_CHECKING:
    from aib2packer.findings.model import Report
    from aib2packer.packer.values import Settings
    from aib2packer.packer.variables import Symbols


def source_image(source: ImageSource, symbols: Symbols, report: Report) -> Settings:
    """The settings that name the source image."""
    match source:
        case PlatformImage():
            return _platform_image(source, symbols, report)
        case ManagedImage(image):
            return {
                "custom_managed_image_name": traced(symbols.value(image["images"]), source.span),
                "custom_managed_image_resource_group_name": traced(symbols.value(image.resource_group), source.span),
            }
        case GalleryImage():
            return {"shared_image_gallery": _gallery(source, symbols)}
        case _:
            key = "community_gallery_image_id" if source.community else "direct_shared_gallery_image_id"
            # No subscription beside it: azure-arm would then make a private gallery's id of it.
            body = (Attribute(key, symbols.value(source.id)),)
            return {"shared_image_gallery": Block("shared_image_gallery", body, origins=(source.span,))}


def _platform_image(source: PlatformImage, symbols: Symbols, report: Report) -> Settings:
    version = "latest" if source.version is None else symbols.value(source.version)
    settings: Settings = {
        "image_publisher": traced(symbols.value(source.publisher), source.span, source.publisher.span),
        "image_offer": traced(symbols.value(source.offer), source.offer.span),
        "image_sku": traced(symbols.value(source.sku), source.sku.span),
        "image_version": traced(version, source.span if source.version is None else source.version.span),
    }
    if source.plan is not None:
        report.add(
            codes.PLAN_TERMS,
            source.plan.name.span,
            "an image with a purchase plan is only given to subscriptions that accepted its terms",
            help="Once: az vm image terms accept "
            f"--publisher {shlex.quote(str(source.plan.publisher))} --offer {shlex.quote(str(source.plan.product))} "
            f"--plan {shlex.quote(str(source.plan.name))}",
        )
        settings["plan_info"] = Block(
            "plan_info",
            (
                Attribute("plan_name", symbols.value(source.plan.name)),
                Attribute("plan_product", symbols.value(source.plan.product)),
                Attribute("plan_publisher", symbols.value(source.plan.publisher)),
            ),
            origins=(source.plan.name.span, source.plan.product.span, source.plan.publisher.span),
        )
    return settings


def _gallery(source: GalleryImage, symbols: Symbols) -> Block:
    image = source.id
    body = [
        Attribute("subscription", symbols.value(image.subscription)),
        Attribute("resource_group", symbols.value(image.resource_group)),
        Attribute("gallery_name", symbols.value(image["galleries"])),
        Attribute("image_name", symbols.value(image["images"])),
    ]
    if source.version is not None:  # without it azure-arm takes the latest
        body.append(Attribute("image_version", symbols.value(source.version)))
    return Block("shared_image_gallery", tuple(body), origins=(source.span,))
