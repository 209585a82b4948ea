"""The rights that the account of Packer needs (docs/reference/azure-runtime.md 4)."""

from __future__ import annotations

from typing import TYPE_CHECKING

from aib2packer.arm.language.text import TemplateText
from aib2packer.packer.access.rights import (
    BLOB_READER,
    CONTRIBUTOR,
    Right,
    account_scope,
    within_subscription,
)
from aib2packer.packer.distribution.kinds import kind_of_target
from aib2packer.packer.shell_words import Word, word
from aib2packer.packer.source.kinds import kind_of_source
from aib2packer.packer.steps.cli_script import are_plain
from aib2packer.packer.steps.download import private_accounts
from aib2packer.packer.subscription import subscription_value

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from aib2packer.aib.model import ImageTemplate, Subnet, Target
    from aib2packer.hcl.values import Value
    from aib2packer.packer.decisions import Decisions
    from aib2packer.packer.model import Download
    from aib2packer.packer.variables.symbols import Symbols

_GROUP = "the resource group"
BUILD_GROUP_NAME = "packer-builds"


def whole_subscription(subscription: Value) -> Right:
    """What Packer needs to make and delete a resource group for each build."""
    return Right(
        "the subscription",
        CONTRIBUTOR,
        word("/subscriptions/", subscription),
        "makes a resource group for each build, with the VM, its disk and its network in it, and deletes it",
    )


def one_group(subscription: Value) -> Right:
    """What Packer needs to build in a resource group that is there already."""
    return Right(
        _GROUP,
        CONTRIBUTOR,
        word("/subscriptions/", subscription, f"/resourceGroups/{BUILD_GROUP_NAME}"),
        "makes the VM, its disk and its network in it, and deletes them",
        BUILD_GROUP_NAME,
    )


def further_rights(
    template: ImageTemplate,
    targets: Sequence[Target],
    decisions: Decisions,
    downloads: Sequence[Download],
    symbols: Symbols,
) -> tuple[Right, ...]:
    """What the account needs beside the place that it builds in."""
    return tuple(dict.fromkeys(_further_rights(template, targets, decisions, downloads, symbols)))


def target_rights(target: Target, decisions: Decisions, symbols: Symbols) -> Iterator[Right]:
    """What a target takes."""
    tagged = target.index in decisions.tags.own or target.index in decisions.tags.late_own
    tagged = tagged or (target in decisions.plan.copied and not are_plain(target.tags, target.late_tags))
    return kind_of_target(target).rights(target, decisions.plan, symbols, tagged=tagged)


def rights_to_boot(
    rights: Sequence[Right], template: ImageTemplate, decisions: Decisions, symbols: Symbols
) -> tuple[Right, ...]:
    """What the build that validates needs, which starts from the finished image and makes nothing."""
    booted = decisions.validation.booted
    others = (target for target in template.targets if booted is None or target.kind != booted.kind)
    left_out = {
        *kind_of_source(template.source).rights(template.source, symbols),
        *(right for target in others for right in target_rights(target, decisions, symbols)),
    }
    return tuple(right for right in rights if right not in left_out and right.thing != _GROUP)


def _further_rights(
    template: ImageTemplate,
    targets: Sequence[Target],
    decisions: Decisions,
    downloads: Sequence[Download],
    symbols: Symbols,
) -> Iterator[Right]:
    subscription = subscription_value(decisions.subscription, symbols)
    if template.vm.subnet is not None:
        scope = _subnet(template.vm.subnet, subscription, symbols)
        why = "puts the build VM into it (subnets/join/action)"
        yield Right("the subnet", "Network Contributor", scope, why, template.vm.subnet.name.literal)
    yield from kind_of_source(template.source).rights(template.source, symbols)
    plan = decisions.plan
    if targets and plan.temporary_group is not None:
        scope, name = (
            word("/subscriptions/", subscription, *within_subscription(plan.temporary_group, symbols)),
            plan.temporary_group.literal,
        )
        yield Right(_GROUP, CONTRIBUTOR, scope, "makes a managed image on the way, and deletes it", name, in_sentence=False)
    for target in targets:
        yield from target_rights(target, decisions, symbols)
    for account in private_accounts(downloads):
        why = "fetches scripts and files that are not public"
        yield Right(
            "the blobs of the storage account", BLOB_READER, account_scope(Word((account,))), why, account, in_sentence=False
        )
    identities, role = template.vm.identities, "Managed Identity Operator"
    if isinstance(identities, TemplateText):
        yield Right("each of the identities", role, None, "gives them to the build VM", None, in_sentence=False)
        return
    for identity in identities:
        name = identity.split("/")[-1].literal
        scope = word(symbols.value(identity))
        yield Right("the identity", role, scope, "gives it to the build VM", name, in_sentence=False)


def _subnet(subnet: Subnet, subscription: Value, symbols: Symbols) -> Word | None:
    own = subscription if subnet.subscription is None else symbols.value(subnet.subscription)
    group = ("/resourceGroups/", symbols.value(subnet.resource_group), "/providers/Microsoft.Network")
    network = ("/virtualNetworks/", symbols.value(subnet.virtual_network), "/subnets/", symbols.value(subnet.name))
    scope = word("/subscriptions/", own, *group, *network)
    return word(symbols.value(subnet.id)) if scope is None and subnet.id is not None else scope
