"""The subscription of the build VM (docs/reference/packer-semantics.md 8.1)."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from aib2packer.arm.language.text import TemplateText
from aib2packer.findings import codes
from aib2packer.hcl.printing import mentions, names_in, print_value
from aib2packer.hcl.values import Attribute, Block, HclCode, Interpolation, Local, Traced, Variable, concat
from aib2packer.lazy.models import replace
from aib2packer.lazy.patterns import pattern
from aib2packer.packer.distribution.made_ids import BUILD_SUBSCRIPTION
from aib2packer.packer.distribution.plan import in_one_subscription
from aib2packer.packer.variables.ours import SUBSCRIPTION

if TYPE_CHECKING:
    from collections.abc import Iterable

    from aib2packer.aib.model import ImageTemplate
    from aib2packer.findings.model import Report
    from aib2packer.hcl.values import Settings, Value
    from aib2packer.packer.distribution.plan import DistributionPlan
    from aib2packer.packer.model import PostProcessor, PostProcessors, Provisioner
    from aib2packer.packer.variables.symbols import Symbols

_GUID = pattern(r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}", re.IGNORECASE)
_IN_ONE = "Bring both into one subscription, or publish to a gallery: that may lie in another."
_DESTINATION = "shared_image_gallery_destination"

_OPEN = replace(
    SUBSCRIPTION,
    description=f"{SUBSCRIPTION.description} Empty: that of the account that signs in; identity tokens have none.",
    validation=(),
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
                help=_IN_ONE,
            )
        elif text.parts != first.parts:
            report.add(
                codes.MAY_DIFFER,
                text.span,
                f"whether {what} lies in the subscription of {first_what} is known only when Packer runs, which works in "
                "that one and heeds no other",
                help=_IN_ONE,
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
            value = symbols.value(decided)
            return _OPEN if value == SUBSCRIPTION and not needed else value
        case _:
            return replace(SUBSCRIPTION, default=str(decided), validation=())


def with_subscription(gallery: Block, subscription: Value) -> Block:
    """A gallery in another subscription, where it has that of the build."""
    own, other = Attribute("subscription", SUBSCRIPTION), Attribute("subscription", subscription)
    return replace(gallery, body=tuple(other if item == own else item for item in gallery.body))


def left_open(
    settings: Settings, chains: tuple[PostProcessors, ...], provisioners: Iterable[Provisioner], symbols: Symbols
) -> tuple[Settings, tuple[PostProcessors, ...]]:
    """The settings of azure-arm and the post-processors of a build whose subscription may be empty, as few needing it as can.

    A gallery's is then that of the build too, and post-processors ask the build. Where anything else has it, such as a tag with
    an id in it, it may not be empty.
    """
    if settings["subscription_id"] != _OPEN or SUBSCRIPTION.name not in symbols.order:  # which only the template asks for
        return settings, chains
    asked = settings
    gallery = settings.get(_DESTINATION)
    if isinstance(gallery, Block):
        settings = {**settings, _DESTINATION: with_subscription(gallery, _OPEN)}
    values = [value.value if isinstance(value, Traced) else value for value in settings.values()]
    values += (dict(provisioner.settings) for provisioner in provisioners)
    if mentions(values, SUBSCRIPTION):
        return {**asked, "subscription_id": SUBSCRIPTION}, chains
    asking = [tuple(map(_asks_build, chain.steps)) for chain in chains]
    return settings, tuple(
        chain if steps == chain.steps else replace(chain, steps=steps) for chain, steps in zip(chains, asking, strict=True)
    )


def _asks_build(step: PostProcessor) -> PostProcessor:
    if not mentions(tuple(step.settings.values()), SUBSCRIPTION):
        return step
    return replace(step, settings={name: _of_build(value) for name, value in step.settings.items()})


def _of_build(value: Value) -> Value:
    """A value of a post-processor, which has the subscription from the build; a local has none there, so its value stands."""
    if not mentions((value,), SUBSCRIPTION):
        return value
    match value:
        case Variable():
            return BUILD_SUBSCRIPTION
        case Local():
            return _of_build(value.value)
        case Interpolation(parts):
            made = concat(*map(_of_build, parts))
            return replace(made, multiline=value.multiline) if isinstance(made, Interpolation) else made
        case HclCode():
            return _code_of_build(value)
        case tuple():
            return tuple(map(_of_build, value))
        case dict():
            return {name: _of_build(item) for name, item in value.items()}
        case _:
            return value


def _code_of_build(code: HclCode) -> HclCode:
    text, uses = code.text, []
    for one in code.uses:
        made = _of_build(one)
        if made is one:
            uses.append(one)
            continue
        shown = print_value(made) if isinstance(made, Interpolation) or made == BUILD_SUBSCRIPTION else f"({print_value(made)})"
        kind = "var" if isinstance(one, Variable) else "local"
        text = re.sub(rf"\b{kind}\.{re.escape(one.name)}(?![\w-])", shown.replace("\\", r"\\"), text)
        uses += names_in(made)
    return HclCode(text, tuple(dict.fromkeys(uses)))
