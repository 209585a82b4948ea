"""What somebody who runs the build must know: for the comment above it, and for the page and the pipelines beside it."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from aib2packer.aib.model import GalleryTarget, VhdTarget
from aib2packer.findings.model import Report
from aib2packer.guide.commands import commands
from aib2packer.guide.decided import choices
from aib2packer.guide.network import reach
from aib2packer.guide.rights import further_rights, one_group, whole_subscription
from aib2packer.options import Auth, ValidateIn
from aib2packer.packer.distribution.plan import plan_distribution
from aib2packer.packer.distribution.versions import counting_options, counting_values
from aib2packer.packer.layout import SHA256SUMS, VALIDATION_FOLDER
from aib2packer.packer.shell_words import word
from aib2packer.packer.steps.download import needs_azure_cli
from aib2packer.packer.validation import STAND_INS, booted_target
from aib2packer.packer.vm.machine import build_location

if TYPE_CHECKING:
    from collections.abc import Sequence

    from aib2packer.aib.model import ImageTemplate
    from aib2packer.guide.commands import Commands
    from aib2packer.guide.network import Reach
    from aib2packer.guide.rights import Right
    from aib2packer.options import Options
    from aib2packer.packer.model import Build, Download
    from aib2packer.packer.shell_words import Word
    from aib2packer.packer.steps.site import Site
    from aib2packer.packer.validation import Base

FOLDER = "."
"""What Packer is given where there is a folder: of a file it would not read the values beside it."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Guide:
    """What there is to know about running a build."""

    name: str | None
    """The name of the template, as it stands there."""
    commands: Commands
    counting: str | None
    """The options that count gallery versions on, as the service does; None where the template names the version."""
    counting_values: tuple[str, ...]
    """What these need in the shell: `name=value` each."""
    auth: Auth
    places: tuple[str, ...]
    """Where Packer must run: on Linux, inside of a network."""
    needs_shell: bool
    """Whether the build runs commands of a POSIX shell on Packer's machine."""
    private_blobs: bool
    """Whether it fetches with the Azure CLI's account."""
    copies: bool
    """Whether post-processors make targets with the Azure CLI."""
    makes_vhd: bool
    fetched: bool
    """Whether scripts and files were fetched when the template was converted."""
    private: bool
    """Whether the build VM has an address in a subnet of the user's, where not every machine reaches it."""
    public: bool
    """Whether it has a public address. Both where that is only known when Packer runs."""
    had_identity: str | None
    """The name of the identity that the template used, "" where it is not known; None where there is none."""
    subscription_right: Right
    group_right: Right
    location: Word | None
    """The region of the build; None where it is only known when Packer runs."""
    rights: tuple[Right, ...]
    vm_identities: bool
    choices: tuple[str, ...]
    reach: tuple[Reach, ...]
    auto_run: bool
    triggers: tuple[str, ...]
    overwrites: bool = False
    """Whether the build makes a managed image whose name stays the same: Packer refuses to, where there is one."""
    boots: str | None = None
    """What a build boots that makes no image; None for one that makes an image."""
    validated: bool = False
    """Whether another build validates the image."""
    validation: Commands | None = None
    """The commands of that build, where it lies beside this one."""
    releases: bool = False
    """Whether it releases a version, which the build holds back until then."""


def guide(template: ImageTemplate, build: Build, base: Base, site: Site, options: Options) -> Guide:
    """The guide to the build of an image, and to the one that validates it, where there is one."""
    inline = options.validation is ValidateIn.INLINE and template.abort_on_validation_error.value
    keeps = template.abort_on_customizer_error or inline
    made = _guide(template, build, base, site, options)
    made = replace(
        made,
        commands=_commands(template, build, _target(options), site, keep_vm_on_error=keeps),
        overwrites=plan_distribution(template).image is not None,
    )
    if build.validation is None:
        return made
    about = validation_guide(template, build.validation, base, site, options)
    return replace(
        made,
        validated=True,
        validation=about.commands if options.side_files else None,
        releases=about.releases,
        needs_shell=made.needs_shell or about.needs_shell,
    )


def validation_guide(template: ImageTemplate, build: Build, base: Base, site: Site, options: Options) -> Guide:
    """The guide to a build that validates: an image, or only what an image would start from."""
    source_only = _validates_source(template)
    target = VALIDATION_FOLDER if options.side_files and not source_only else _target(options)
    abort = template.abort_on_validation_error.value
    commands = _commands(template, build, target, site, keep_vm_on_error=abort)
    about = _guide(template, build, base, site, options)
    return replace(
        about,
        rights=about.rights if source_only else _rights_to_boot(about.rights, template),
        commands=replace(commands, stand_ins=_stand_ins(build)),
        counting=None,
        counting_values=(),
        boots="source image" if source_only else "image",
        releases=any(step.settings.get("name") == "release" for step in build.provisioners),
    )


def _rights_to_boot(rights: Sequence[Right], template: ImageTemplate) -> tuple[Right, ...]:
    """Those of the build that validates, which starts from the finished image and makes nothing."""
    others = {"the source image", "the storage account", "the resource group"}
    if isinstance(booted_target(template), GalleryTarget):
        others.add("the managed image's resource group")
    return tuple(right for right in rights if right.thing not in others)


def _stand_ins(build: Build) -> dict[str, str]:
    names = {variable.name for variable in build.variables}
    return {name: value for name, value in STAND_INS.items() if name in names}


def _validates_source(template: ImageTemplate) -> bool:
    return template.validation is not None and template.validation.source_only


def _target(options: Options) -> str:
    return FOLDER if options.side_files else options.file_name


def _guide(template: ImageTemplate, build: Build, base: Base, site: Site, options: Options) -> Guide:
    beside = build.validation if options.side_files else None
    downloads = (*build.downloads, *(() if beside is None else beside.downloads))
    targets = () if _validates_source(template) else template.targets
    symbols = replace(site.symbols, report=Report())  # what is asked here is no part of the build
    galleries = [target for target in template.targets if isinstance(target, GalleryTarget)]
    return Guide(
        name=None if template.name is None else template.name.literal,
        commands=_commands(template, build, FOLDER, site, keep_vm_on_error=False),
        counting=" ".join(counting_options(galleries, site.symbols).values()) or None,
        counting_values=counting_values(galleries, site.symbols),
        auth=options.auth,
        places=_places(template, build, downloads, options),
        needs_shell=_runs_shell(build),
        private_blobs=needs_azure_cli(downloads),
        copies=_copies(build),
        makes_vhd=any(isinstance(target, VhdTarget) for target in targets),
        fetched=SHA256SUMS in build.files,
        private=template.vm.subnet is not None,
        public=template.vm.subnet is None or template.vm.subnet.when is not None,
        had_identity=(template.identities[0].split("/")[-1].literal or "") if template.identities else None,
        subscription_right=whole_subscription(base.subscription),
        group_right=one_group(base.subscription),
        location=word(build_location(template, symbols)),
        rights=further_rights(template, targets, base.subscription, downloads, symbols),
        vm_identities=bool(template.vm.identities),
        choices=choices(template, build, site, options),
        reach=reach(template, targets, downloads, site),
        auto_run=template.auto_run.value,
        triggers=template.siblings.triggers,
    )


def _commands(template: ImageTemplate, build: Build, target: str, site: Site, *, keep_vm_on_error: bool) -> Commands:
    return commands(
        build.variables,
        site.symbols.given,
        target=target,
        timeout_minutes=template.build_timeout_minutes,
        keep_vm_on_error=keep_vm_on_error,
    )


def _runs_shell(build: Build) -> bool:
    return any(step.kind == "shell-local" for step in build.provisioners) or _copies(build)


def _copies(build: Build) -> bool:
    return any(step.kind == "shell-local" for chain in build.post_processors for step in chain.steps)


def _places(template: ImageTemplate, build: Build, downloads: Sequence[Download], options: Options) -> tuple[str, ...]:
    places = []
    if downloads:
        places.append("on Linux")
    elif _copies(build):
        places.append("on Linux or macOS")
    if template.vm.subnet is not None:
        network = template.vm.subnet.virtual_network.literal
        perhaps = "" if template.vm.subnet.when is None else ", if it has one"
        places.append(f"where it can reach {f'the network {network}' if network else f'the subnet of the build VM{perhaps}'}")
    if options.auth is Auth.MSI:
        places.append("on an Azure VM that has a managed identity")
    return tuple(places)
