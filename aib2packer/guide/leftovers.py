"""What a cancelled build may leave behind, and what may stand in the way of the next one."""

from __future__ import annotations

from typing import TYPE_CHECKING

from aib2packer.guide.needed_rights import BUILD_GROUP_NAME
from aib2packer.packer.distribution.kinds import kind_of_target
from aib2packer.packer.distribution.made_ids import REPLACES, snapshot_stem
from aib2packer.packer.shell_words import Word, assignments, default_of, word
from aib2packer.packer.subscription import subscription_value
from aib2packer.packer.vm.resource_group import TEMPORARY, named_at_a_time, temporary_stem

if TYPE_CHECKING:
    from collections.abc import Iterator

    from aib2packer.packer.decisions import Decisions
    from aib2packer.packer.variables.symbols import Symbols

# builder/azure/arm/tempname.go and builder.go of packer-plugin-azure 2.6.3
_OF_AZURE_ARM = "pkr"
_DEPLOYMENTS = ("pkrdp", "kvpkrdp")  # those of the VM, and of the Key Vault for Windows
_SPARE_VHD = "# A new VHD by another name goes when no copy to its place is under way, or has failed:"
_REPLACING = "# A new image by another name goes only where the image whose place it was to take is there, old or new:"


def remove_leftovers(decisions: Decisions, symbols: Symbols) -> tuple[str, ...]:
    """Commands that delete what builds make on the way, wherever they do: first the resource group of the VM."""
    found = {tuple(str(one.filled(default_of)) for one in place or ()): place for place in _places(decisions, symbols)}
    known = tuple(place for place in found.values() if place is not None)
    subscription = word(subscription_value(decisions.subscription, symbols))
    of_build = f"--subscription {subscription or '...'}"
    label = decisions.label
    groups = named_at_a_time(temporary_stem(label))
    tagged = rf"tags.\"{TEMPORARY}\" == '{label}'"
    ours = f"[?{tagged} || {groups} || {named_at_a_time(snapshot_stem(label))}].id"
    delete_groups = (
        f'az group list {of_build} --query "[?{groups}].name" --output tsv '
        f"| xargs -r -n 1 az group delete {of_build} --yes --name"
    )
    replaced = tuple(dict.fromkeys(place for place in _image_places(decisions, symbols) if place is not None))
    plan = decisions.plan
    targets = [*((one, True) for one in plan.made), *((one, False) for one in plan.copied)]
    commands = (kind_of_target(one).remove_leftovers(one, label, symbols, made=made) for one, made in targets)
    blobs = [found for found in commands if found is not None]
    of_group = (subscription,) if subscription is not None else ()
    return (
        *assignments((*of_group, *(one for place in known for one in place), *(names for names, _ in blobs))),
        delete_groups,
        *dict.fromkeys(
            f"az resource list --subscription {subscription} --resource-group {group} "
            f'--query "{ours}" --output tsv | xargs -r az resource delete --ids'
            for subscription, group in known
        ),
        *((_REPLACING,) if replaced else ()),
        *(_remove_replacing(f"--subscription {subscription} --resource-group {group}") for subscription, group in replaced),
        *((_SPARE_VHD,) if blobs else ()),
        *(command for _, command in blobs),
    )


def remove_from_group(decisions: Decisions, symbols: Symbols) -> tuple[str, ...]:
    """Commands that delete what azure-arm makes in a resource group that was there: it calls all of that `pkr…`.

    The records of its deployments are no resources, and are deleted by a command of their own.
    """
    shown = word(subscription_value(decisions.subscription, symbols))
    place = f"--subscription {shown or '...'} --resource-group {BUILD_GROUP_NAME}"
    query = f"[?starts_with(name, '{_OF_AZURE_ARM}') || {named_at_a_time(temporary_stem(decisions.label))}].id"
    records = " || ".join(f"starts_with(name, '{prefix}')" for prefix in _DEPLOYMENTS)
    list_records = f'az deployment group list {place} --query "[?{records}].name" --output tsv'
    return (
        *assignments(() if shown is None else (shown,)),
        f'az resource list {place} --query "{query}" --output tsv | xargs -r az resource delete --ids',
        f"{list_records} | xargs -r -n 1 az deployment group delete {place} --name",
    )


def _places(decisions: Decisions, symbols: Symbols) -> Iterator[tuple[Word, Word] | None]:
    """Subscriptions and resource groups; None for one that only Packer knows."""
    plan = decisions.plan
    if plan.image_group is not None and (plan.snapshot or plan.temporary_group is not None):
        subscription = word(subscription_value(decisions.subscription, symbols))
        group = word(symbols.value(plan.image_group))
        yield None if subscription is None or group is None else (subscription, group)
    yield from _image_places(decisions, symbols)


def _image_places(decisions: Decisions, symbols: Symbols) -> Iterator[tuple[Word, Word] | None]:
    """Subscriptions and resource groups of the managed images that the Azure CLI makes."""
    for target in decisions.plan.copied:
        if (beside := kind_of_target(target).leaves_behind(target)) is not None:
            subscription, group = (word(symbols.value(text)) for text in (beside.subscription, beside.resource_group))
            yield None if subscription is None or group is None else (subscription, group)


def _remove_replacing(place: str) -> str:
    """Delete what has the tag that `image_copy` gives to a new image while there is an old one."""
    tag = f'tags."{REPLACES}"'
    there = f'az image show {place} --name "$name" --query provisioningState --output tsv'
    return (
        f"az image list {place} --query '[?{tag}].[id, {tag}]' --output tsv | while read -r id name; do "
        f'[ "$({there})" != Succeeded ] || az image delete --ids "$id"; done'
    )
