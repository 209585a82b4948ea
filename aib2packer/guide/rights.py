"""The rights that the account of Packer needs (docs/reference/azure-runtime.md 4)."""

from __future__ import annotations

from typing import TYPE_CHECKING

from aib2packer.aib.model import GalleryTarget, ManagedImageTarget, VhdTarget
from aib2packer.packer.access.rights import (
    BLOB_CONTRIBUTOR,
    BLOB_READER,
    CONTRIBUTOR,
    READER,
    Right,
    account_of,
    account_scope,
    gallery_scope,
    group_words,
    within_subscription,
)
from aib2packer.packer.shell_words import word
from aib2packer.packer.source.kinds import kind_of_source
from aib2packer.packer.steps.download import private_accounts
from aib2packer.packer.subscription import subscription_value

if TYPE_CHECKING:
    from collections.abc import Container, Iterator, Sequence

    from aib2packer.aib.model import DistributeTarget, ImageTemplate, Subnet
    from aib2packer.hcl.values import Value
    from aib2packer.packer.decisions import Decisions
    from aib2packer.packer.distribution.plan import DistributionPlan
    from aib2packer.packer.model import Download
    from aib2packer.packer.shell_words import Word
    from aib2packer.packer.variables.symbols import Symbols

PUBLISHER = "Compute Gallery Artifacts Publisher"
_TAGS = "Tag Contributor"  # what publishes to a gallery may not tag
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
        "the resource group",
        CONTRIBUTOR,
        word("/subscriptions/", subscription, f"/resourceGroups/{BUILD_GROUP_NAME}"),
        "makes the VM, its disk and its network in it, and deletes them",
        BUILD_GROUP_NAME,
    )


def further_rights(
    template: ImageTemplate,
    targets: Sequence[DistributeTarget],
    decisions: Decisions,
    downloads: Sequence[Download],
    symbols: Symbols,
) -> tuple[Right, ...]:
    """What the account needs beside the place that it builds in."""
    return tuple(dict.fromkeys(_further_rights(template, targets, decisions, downloads, symbols)))


def _further_rights(
    template: ImageTemplate,
    targets: Sequence[DistributeTarget],
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
        yield Right("the resource group", CONTRIBUTOR, scope, "makes a managed image on the way, and deletes it", name)
    for target in targets:
        yield from _target_rights(target, plan, symbols, {*decisions.tags.own, *decisions.tags.late_own})
    for account in private_accounts(downloads):
        why = "fetches scripts and files that are not public"
        yield Right("the blobs of the storage account", BLOB_READER, account_scope(account), why, account)
    for identity in template.vm.identities:
        name = identity.split("/")[-1].literal
        scope = word(symbols.value(identity))
        yield Right("the identity", "Managed Identity Operator", scope, "gives it to the build VM", name)


def _target_rights(
    target: DistributeTarget, plan: DistributionPlan, symbols: Symbols, tagged: Container[int]
) -> Iterator[Right]:
    """What a target takes. `tagged` are those whose tags the Azure CLI sets, by their index."""
    match target:
        case GalleryTarget(id=image):
            name = image["galleries"].literal
            yield Right("the gallery", PUBLISHER, gallery_scope(image, symbols), "publishes the image version", name)
            if target.index in tagged:
                yield Right("the gallery", _TAGS, gallery_scope(image, symbols), "tags the image version (tags/write)", name)
        case ManagedImageTarget(id=image):
            scope = word(*group_words(image, symbols))
            name = image.resource_group.literal
            yield Right("the managed image's resource group", CONTRIBUTOR, scope, "writes the managed image", name)
        case VhdTarget():
            blob = None if target.uri is None else account_of(target.uri)
            scope = None if blob is None else account_scope(blob)
            yield Right("the storage account", READER, scope, "looks up where its blobs are", blob)
            others = [other for other in plan.copied if isinstance(other, VhdTarget)]
            is_source = target is plan.vhd and any(other.uri is None or account_of(other.uri) != blob for other in others)
            why = "copies the VHD into it, and from it to the other accounts" if is_source else "copies the VHD into it"
            yield Right("the storage account", BLOB_CONTRIBUTOR, scope, why, blob)


def _subnet(subnet: Subnet, subscription: Value, symbols: Symbols) -> Word | None:
    own = subscription if subnet.subscription is None else symbols.value(subnet.subscription)
    group = ("/resourceGroups/", symbols.value(subnet.resource_group), "/providers/Microsoft.Network")
    network = ("/virtualNetworks/", symbols.value(subnet.virtual_network), "/subnets/", symbols.value(subnet.name))
    return word("/subscriptions/", own, *group, *network)
