"""The purchase plan of a marketplace image (docs/reference/packer-semantics.md 8.3)."""

from __future__ import annotations

from typing import TYPE_CHECKING

from aib2packer.findings import codes
from aib2packer.hcl.values import Attribute, Block
from aib2packer.packer.shell_words import shown_name

if TYPE_CHECKING:
    from aib2packer.aib.model import PurchasePlan
    from aib2packer.findings.model import Report
    from aib2packer.hcl.values import Settings
    from aib2packer.packer.variables.symbols import Symbols


def plan_info(plan: PurchasePlan | None, symbols: Symbols, report: Report) -> Settings:
    """The purchase plan of a marketplace image, which images made from it have too; nothing where there is none."""
    if plan is None:
        return {}
    report.add(
        codes.PLAN_TERMS,
        plan.name.span,
        "Azure gives an image with a purchase plan only to subscriptions that have accepted its terms",
        help="Accept them once, in the subscription of the build: `az vm image terms accept --publisher "
        f"{shown_name(plan.publisher)} --offer {shown_name(plan.product)} "
        f"--plan {shown_name(plan.name)}`.",
    )
    body = (
        Attribute("plan_name", symbols.value(plan.name)),
        Attribute("plan_product", symbols.value(plan.product)),
        Attribute("plan_publisher", symbols.value(plan.publisher)),
    )
    return {"plan_info": Block("plan_info", body, origins=(plan.name.span, plan.product.span, plan.publisher.span))}
