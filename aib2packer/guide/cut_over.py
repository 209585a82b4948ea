"""From Image Builder to Packer: what is switched off when, as commands that people run (docs/cut-over.md says why)."""

from __future__ import annotations

import re
from shlex import quote
from typing import TYPE_CHECKING

from aib2packer.hcl.names import portable_name
from aib2packer.lazy.patterns import pattern
from aib2packer.options import OsType
from aib2packer.packer.layout import CONSUMERS

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

    from aib2packer.packer.facts import ImagePlace, Service

_API = "2025-10-01"  # the CLI's own leaves out what newer versions have (docs/reference/azure-runtime.md 8)
_UNKNOWN = {"subscription": "the subscription of the image templates", "group": "their resource group"}
_LONGEST_RUN = 60_000  # seconds: a run may take 960 minutes, and what it waits for comes on top
_NAMES = '--query "[].name" --output tsv  # its staging group, if that stayed: look, then delete it'
_VERSION = "version=...  # one that Packer made"
_IDENTITY = "id of an identity that Image Builder has"
_NO_NAME = "image_template=...  # what it is called"


def values(services: Iterable[Service]) -> tuple[str, ...]:
    """Variables of the shell for what the templates do not tell about themselves."""
    lacking: set[str] = set()
    wanted: dict[str, None] = {}
    for one in services:
        lacking.update(name for name in _UNKNOWN if not getattr(one, name))
        ids = {f"{identity[2:-1]}=..." for identity in one.identities}  # those that one variable has: "$name"
        wanted |= dict.fromkeys(f"{line}  # {_IDENTITY}" if line in ids else line for line in one.all_wants)
    return (
        *(f"{name}=...  # {what}" for name, what in _UNKNOWN.items() if name in lacking),
        *wanted,
    )


def needed(lines: Sequence[str], commands: Iterable[str]) -> tuple[str, ...]:
    """Lines that set a variable of the shell, if the commands or a later line have it."""
    text, kept = "\n".join(commands), list[str]()
    for line in reversed(lines):
        variable = line.partition("=")[0]
        if re.search(rf"\$\{{?{variable}\b", text):
            kept.append(line)
            text += f"\n{line}"
    return tuple(reversed(kept))


def name(service: Service) -> tuple[str, ...]:
    """What is to stand before commands about the template, where its name is not known."""
    return () if service.name else (_NO_NAME,)


def keep(service: Service, folder: str) -> tuple[str, ...]:
    """Commands that keep a copy of the template, with all that it has, and say what it does by itself; `folder` names it."""
    own, of_trigger = _template(service), _template(service, "--image-template-name")
    copy = quote(f"{portable_name(folder.rpartition('/')[2], 'image')}.image-template.json")
    return (
        f'az rest --method get --url "$(az image builder show {own} --query id --output tsv)?api-version={_API}" > {copy}',
        f"az image builder show {own} --query lastRunStatus",
        f"az image builder trigger list {of_trigger} --output table",
    )


def stop(service: Service) -> tuple[str, ...]:
    """Commands after which Image Builder builds no more by itself, and nothing is under way."""
    of_trigger = _template(service, "--image-template-name")
    ended = "lastRunStatus.runState!='Running' && lastRunStatus.runState!='Canceling'"
    delete = f"az image builder trigger delete {of_trigger} --yes --name"
    return (
        *(f"{delete} {trigger}" for trigger in service.triggers),
        *(() if service.triggers else (f"# {delete} ...  # each that the list above has",)),
        f'az image builder wait {_template(service)} --timeout {_LONGEST_RUN} --custom "{ended}"',
        f"az image builder show {_template(service)} --query lastRunStatus.runState  # the wait ends without a word",
    )


def start_again(service: Service) -> tuple[str, ...]:
    """Commands that have Image Builder build again, as long as the template is there."""
    of_trigger = _template(service, "--image-template-name")
    return (
        *(f"az image builder trigger create {of_trigger} --name {trigger} --kind SourceImage" for trigger in service.triggers),
        f"az image builder run {_template(service)}",
    )


def delete(service: Service) -> tuple[str, ...]:
    """Commands that delete the template, and show its staging group if that stays: one of the user's own is asked about."""
    own = service.subscription or '"$subscription"'
    remains = (
        (
            f"az resource list --subscription {own} --resource-group {service.staging_group} --output table",
            f"az group delete --subscription {own} --name {service.staging_group}  # if nothing else is in it",
        )
        if service.staging_group
        else (f"az group list --subscription {own} --tag imageTemplateName={_name(service)} {_NAMES}",)
    )
    return (f"az image builder delete {_template(service)}", *remains)


def unregister(services: Iterable[Service]) -> tuple[str, ...]:
    """Commands that show the templates that are left in each subscription, and then take its resource provider away."""
    places = dict.fromkeys(one.subscription or '"$subscription"' for one in services)
    kind = "Microsoft.VirtualMachineImages"
    return tuple(
        command
        for place in places
        for command in (
            f'az resource list --subscription {place} --resource-type {kind}/imageTemplates --query "[].id" --output tsv',
            f"az provider unregister --subscription {place} --namespace {kind}",
        )
    )


def delete_identity(identity: str) -> tuple[str, ...]:
    """Commands that show who else uses an identity, and delete it with its role assignments."""
    used = "[].{kind:type, name:name, resourceGroup:resourceGroup, subscription:subscriptionDisplayName}"
    # A list of role assignments is of one subscription, and those of an identity may be in any.
    each = 'for each in $(az account list --query "[].id" --output tsv); do'
    assignments = f'{each} az role assignment list --all --subscription "$each" --assignee "$principal"'
    said, once = _once("identity", identity)
    return (
        *said,
        f'az identity list-resources --ids {once} --query "{used}" --output table  # go on when nothing else uses it',
        f"principal=$(az identity show --ids {once} --query principalId --output tsv)",
        f'{assignments} --query "[].{{role:roleDefinitionName, scope:scope}}" --output table; done',
        f'{assignments} --query "[].id" --output tsv; done | xargs -r az role assignment delete --ids',
        f"az identity delete --ids {once}",
    )


def _once(name: str, resource: str) -> tuple[tuple[str, ...], str]:
    """A line that sets a variable of the shell to an id that several commands name, and its word; none for what is one."""
    return ((), resource) if resource.startswith('"$') and "/" not in resource else ((f"{name}={resource}",), f'"${name}"')


def restore_subnet(subnet: str) -> tuple[str, ...]:
    """Commands that show what Image Builder needed of a subnet, and take it back."""
    what = "{policies:privateLinkServiceNetworkPolicies, delegations:delegations[].serviceName}"
    said, once = _once("subnet", subnet)
    return (
        *said,
        f'az network vnet subnet show --ids {once} --query "{what}"',
        f"az network vnet subnet update --ids {once} --private-link-service-network-policies Enabled",
        f"az network vnet subnet update --ids {once} --remove delegations  # if it was for Image Builder's containers only",
    )


def hold_back(service: Service) -> tuple[str, ...]:
    """Commands by which those who follow the newest version get the one before it again."""
    return _exclude(service, "true")


def let_count(service: Service) -> tuple[str, ...]:
    """Commands by which a version that was held back is the newest."""
    return _exclude(service, "false")


def _exclude(service: Service, truth: str) -> tuple[str, ...]:
    commands = (
        f'az sig image-version update {one.options} --gallery-image-version "$version" '
        f"--set publishingProfile.excludeFromLatest={truth}"
        for one in service.definitions
    )
    return (_VERSION, *commands) if service.definitions else ()


def another_name(service: Service, ending: str) -> str:
    """The options that name the managed images of a build, as the old ones with an ending; "" where there are none."""
    names = {one.variable: one.name for one in service.managed_images}
    return " ".join(f"-var {name}={known if known == '...' else f'{known}{ending}'}" for name, known in names.items())


def move_aside(service: Service) -> tuple[str, ...]:
    """Commands that move the managed images that are there out of the way of new ones, under their names."""
    images = service.managed_images
    return (*_groups((one.old_group, one) for one in images), *(_move(one, one.old_group, one.id) for one in images))


def move_back(service: Service) -> tuple[str, ...]:
    """Commands that put the managed images of Image Builder into the place of those of Packer, which none deletes before."""
    images = service.managed_images
    moves = (line for one in images for line in (_move(one, one.new_group, one.id), _move(one, one.group, one.aside)))
    return (*_groups((one.new_group, one) for one in images), *moves)


def _groups(images: Iterable[tuple[str, ImagePlace]]) -> Iterator[str]:
    """Commands that make each group, where the first image that goes there lies."""
    first: dict[tuple[str, str], str] = {}
    for group, one in images:
        first.setdefault((one.subscription, group), one.id)
    for (subscription, group), image in first.items():
        location = f'"$(az image show --ids {image} --query location --output tsv)"'
        yield f"az group create --subscription {subscription} --name {group} --location {location}"


def _move(image: ImagePlace, group: str, image_id: str) -> str:
    # Without its subscription it looks for the group in the one that the CLI has set.
    return f"az resource move --subscription {image.subscription} --destination-group {group} --ids {image_id}"


def renew(service: Service) -> tuple[str, ...]:
    """Commands for a scale set that names a managed image: by its id, which another image then has."""
    if not service.managed_images:
        return ()
    return (
        "id=...  # of a scale set that names the image",
        "instances=...  # some of its numbers first, with blanks between them; what is on their system disks is lost",
        'az vmss reimage --ids "$id" --instance-ids $instances',
    )


def delete_aside(service: Service) -> tuple[str, ...]:
    """Commands that delete the managed images that were moved out of the way."""
    return tuple(f"az image delete --ids {one.aside}" for one in service.managed_images)


def list_versions(service: Service) -> tuple[str, ...]:
    """Commands that list the versions there are."""
    what = "[].{version:name, made:publishingProfile.publishedDate, excluded:publishingProfile.excludeFromLatest}"
    return tuple(f'az sig image-version list {one.options} --query "{what}" --output table' for one in service.definitions)


def find_consumers(images: Sequence[str], late: Sequence[tuple[str, str, str]]) -> tuple[str, ...]:
    """Commands that write the query into a file, and run it; the shell puts in the names that are `late`."""
    named = [one for one in late if not any(_ONLY_THE_BUILD in word for word in one[1:])]
    untold = (_UNTOLD,) if len(named) < len(late) else ()
    if not named and not images:
        return untold
    if not named:
        return (*untold, f"cat > {CONSUMERS} <<'EOF'", *consumers(images), "EOF", run_consumers(CONSUMERS))
    marks = {word: f"late{number}name" for number, word in enumerate(word for one in named for word in one[1:])}
    marked = [shape.format(marks[place], marks[name]) for shape, place, name in named]
    lines = [_ACTS_IN_HEREDOC.sub(r"\\\g<0>", line) for line in consumers((*images, *marked))]
    for word, mark in marks.items():
        text = word.removeprefix('"').removesuffix('"')
        lines = [line.replace(mark, text if "$" in text else "".join(_escaped(text))) for line in lines]
    return (*untold, f"cat > {CONSUMERS} <<EOF", *lines, "EOF", run_consumers(CONSUMERS))


def run_consumers(file: str) -> str:
    """The command that runs the query."""
    return f"az graph query --graph-query @{file} --first 1000 --query data --output table"  # the rest of the answer is counts


def compare(os_type: OsType) -> tuple[str, ...]:
    """Commands that compare what is installed on a VM of each image."""
    if os_type is OsType.WINDOWS:
        return (
            "# on a VM of each, in PowerShell, > OLD.txt and > NEW.txt:",
            '# Get-Package | Sort-Object Name | ForEach-Object { "$($_.Name) $($_.Version)" }',
            "# Get-HotFix | Sort-Object HotFixID | ForEach-Object HotFixID",
            "diff OLD.txt NEW.txt",
        )
    listed = "dpkg-query -W || rpm -qa; systemctl list-unit-files --state=enabled --no-legend"
    return (f"for vm in OLD NEW; do ssh $vm '{listed}' | sort > $vm.txt; done", "diff OLD.txt NEW.txt")


_ONLY_THE_BUILD = "..."
_UNTOLD = "# An image whose name is only known when Packer runs is not in the query."
_ACTS_IN_HEREDOC = pattern(r"[\\$`]")


def consumers(images: Sequence[str]) -> tuple[str, ...]:
    """A query for Azure Resource Graph: which resources name one of these images, and which version of it."""
    return (
        "resources",
        "| where type !startswith 'microsoft.compute/galleries' and type !~ 'microsoft.compute/images'",
        "// An image template names what it makes too: it uses what its source is.",
        "| extend used = iff(type =~ 'microsoft.virtualmachineimages/imagetemplates', properties.source, properties)",
        f"| extend found = extract(@'{_pattern(images)}', 1, tostring(used))",
        "| where isnotempty(found)",
        "| extend image = tostring(split(found, '/versions/')[0]), version = tostring(split(found, '/versions/')[1])",
        "| project resourceType = type, name, resourceGroup, subscriptionId, image, version",
        "| order by image asc, resourceType asc, name asc",
    )


def _pattern(images: Sequence[str]) -> str:
    """What finds the end of an id in the text of a resource, with the version; for a KQL text in single quotes."""
    galleries: dict[str, list[str]] = {}
    others = []
    for image in images:
        pieces = ["".join(_escaped(piece)) for piece in image.split("/")]
        if pieces[0] == "galleries":
            galleries.setdefault(pieces[1], []).append(pieces[-1])
        else:
            others.append("/".join(pieces))
    # A dev center calls the gallery that is attached to it as it likes.
    ends = [
        rf'(?:galleries/{gallery}|devcenters/[^/"]+/galleries/[^/"]+)/images/(?:{"|".join(names)})'
        for gallery, names in galleries.items()
    ]
    return rf'(?i)/((?:{"|".join((*ends, *others))})(?:/versions/[^/"\\]+)?)(?:"|\\|$)'


def _escaped(text: str) -> Iterator[str]:
    for char in text:
        yield "''" if char == "'" else char if char.isalnum() or char in "_-" else f"[{char}]" if char not in "^]\\" else "."


def _name(service: Service) -> str:
    return service.name or '"$image_template"'


def _template(service: Service, option: str = "--name") -> str:
    place = (service.subscription or '"$subscription"', service.group or '"$group"')
    return f"--subscription {place[0]} --resource-group {place[1]} {option} {_name(service)}"
