"""A marketplace image as the source (docs/reference/packer-semantics.md 8.3)."""

from __future__ import annotations

import shlex
from typing import TYPE_CHECKING, ClassVar

from aib2packer.aib.model import PlatformImage
from aib2packer.aib.source import read_platform_image
from aib2packer.findings import codes
from aib2packer.hcl.values import Attribute, Block, traced
from aib2packer.packer.source.source_kind import SourceKind

if TYPE_CHECKING:
    from aib2packer.aib.fields import Fields
    from aib2packer.findings.model import Report
    from aib2packer.hcl.values import Settings
    from aib2packer.packer.access.rights import Right
    from aib2packer.packer.variables.symbols import Symbols


class PlatformImageSource(SourceKind[PlatformImage]):
    """A marketplace image."""

    name: ClassVar[str] = PlatformImage.kind
    can_be_trusted = True

    def read(self, fields: Fields, replace_iso: str | None) -> PlatformImage | None:
        """Read publisher, offer, SKU and version, and the purchase plan."""
        del replace_iso
        return read_platform_image(fields)

    def settings(self, source: PlatformImage, symbols: Symbols, report: Report) -> Settings:
        """The image, and its purchase plan."""
        version = "latest" if source.version is None else symbols.value_or(source.version, "latest")
        settings: Settings = {
            "image_publisher": traced(symbols.value(source.publisher), source.span, source.publisher.span),
            "image_offer": traced(symbols.value(source.offer), source.offer.span),
            "image_sku": traced(symbols.value(source.sku), source.sku.span),
            "image_version": traced(version, source.span if source.version is None else source.version.span),
        }
        return settings | plan_info(source, symbols, report)

    def rights(self, source: PlatformImage, symbols: Symbols) -> tuple[Right, ...]:
        """None: it is everybody's."""
        del source, symbols
        return ()


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
