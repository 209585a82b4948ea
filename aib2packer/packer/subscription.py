"""The subscription of the build VM (docs/reference/packer-semantics.md 8.1)."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from aib2packer.arm.language.text import TemplateText
from aib2packer.findings import codes
from aib2packer.lazy.models import replace
from aib2packer.lazy.patterns import pattern
from aib2packer.packer.distribution.plan import in_one_subscription
from aib2packer.packer.variables.dependencies import SUBSCRIPTION

if TYPE_CHECKING:
    from aib2packer.aib.model import ImageTemplate
    from aib2packer.findings.model import Report
    from aib2packer.hcl.values import Value
    from aib2packer.packer.distribution.plan import DistributionPlan
    from aib2packer.packer.variables.symbols import Symbols

_GUID = pattern(r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}", re.IGNORECASE)

_OPEN = replace(
    SUBSCRIPTION, description=f"{SUBSCRIPTION.description} Empty: that of the account that signs in.", validation=()
)


def decide_subscription(
    template: ImageTemplate, plan: DistributionPlan, deployed_to: str | None, report: Report
) -> TemplateText | str | None:
    """The plan's, else the one that the template is `deployed_to`; reports what cannot lie in it, and what is no id."""
    found = in_one_subscription(template, () if plan.image is None else (plan.image,))
    for what, text in found[1:]:
        first_what, first = found[0]
        if text.literal and first.literal and text.literal.lower() != first.literal.lower():
            report.add(
                codes.SUBSCRIPTIONS_DIFFER,
                text.span,
                f"the subscription of {what} is {text}, that of {first_what} is {first}: Packer works in one subscription",
                help="Bring both into one subscription, or publish to a gallery: that may lie in another.",
            )
    decided = plan.subscription
    if decided is None:
        return deployed_to
    if decided.literal is not None and not _GUID.fullmatch(decided.literal):
        report.add(
            codes.BAD_SUBSCRIPTION,
            decided.span,
            f"`{decided}` is not a subscription id: the build fails when it signs in",
            help="Write the subscription's GUID: `az account show --query id` prints it.",
        )
    if deployed_to is not None and decided.literal is not None and decided.literal.lower() != deployed_to.lower():
        report.add(
            codes.NO_EFFECT,
            decided.span,
            f"--subscription-id has no effect on where the build runs: the template names the subscription {decided}",
            help="Leave it out for this template, or replace the subscription: `replace` in aib2packer.toml.",
        )
    return decided


def subscription_value(decided: TemplateText | str | None, symbols: Symbols, *, needed: bool = False) -> Value:
    """The subscription as HCL: a variable, whose default is what is known, or what is in the environment.

    It may be empty unless it is `needed`: azure-arm then takes that of the account that signs in.
    """
    match decided:
        case None:
            return SUBSCRIPTION if needed else _OPEN
        case TemplateText(literal=None):
            return symbols.value(decided)
        case _:
            return replace(SUBSCRIPTION, default=str(decided), validation=())
