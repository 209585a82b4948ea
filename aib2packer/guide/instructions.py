"""What somebody who runs the build must know: for the comment above it, and for the page and the pipelines beside it."""

from __future__ import annotations

from functools import cached_property
from typing import TYPE_CHECKING

from aib2packer.azure.clouds import Cloud
from aib2packer.guide.commands import FOLDER, BuildLimit, commands_of
from aib2packer.guide.needed_rights import further_rights, one_group, rights_to_boot, whole_subscription
from aib2packer.hcl.printing import references
from aib2packer.hcl.values import Variable
from aib2packer.lazy.models import dataclass, field, replace
from aib2packer.options import Auth
from aib2packer.packer.decisions import UNNAMED
from aib2packer.packer.distribution.image_version import counting_options, counting_values, open_variable
from aib2packer.packer.distribution.kinds import kind_of_target
from aib2packer.packer.facts import SourceWatch
from aib2packer.packer.layout import SHA256SUMS, output_names
from aib2packer.packer.security import DEFINITION_TYPE, ask_for_type
from aib2packer.packer.shell_words import word
from aib2packer.packer.source.kinds import kind_of_source
from aib2packer.packer.steps.download import needs_azure_cli
from aib2packer.packer.subscription import subscription_value
from aib2packer.packer.validation.validation_build import stand_ins
from aib2packer.packer.variables.shown import told
from aib2packer.packer.vm.machine import build_location

if TYPE_CHECKING:
    from collections.abc import Sequence

    from aib2packer.aib.model import ImageTemplate, Target
    from aib2packer.guide.commands import Commands
    from aib2packer.hcl.values import Value
    from aib2packer.options import Options, OsType
    from aib2packer.packer.access.network import Reach
    from aib2packer.packer.access.rights import Right
    from aib2packer.packer.decisions import Decisions
    from aib2packer.packer.facts import Service
    from aib2packer.packer.layout import OutputNames
    from aib2packer.packer.model import Build, Download
    from aib2packer.packer.shell_words import Word
    from aib2packer.packer.variables.symbols import Symbols


@dataclass(frozen=True, kw_only=True)
class Guide:
    """What there is to know about running a build. What only a page or a pipeline says is worked out when it is asked for."""

    _told: _Told = field(repr=False)
    _build: Build = field(repr=False)
    name: str | None
    """The name of the template, as it stands there."""
    called: str
    """What people call the image: as the template is called, else as the build is; "" where nothing has a name."""
    commands: Commands
    counting: str | None
    """The options that count gallery versions on, as the service does; None where the template names the version."""
    is_told_version: bool
    """Whether the template is told the number of a gallery version, and has none itself."""
    by_time: bool
    """Whether the service made the number of a gallery version from the time, and did not count: its API version says so."""
    counting_values: tuple[str, ...]
    """What the options that count on need in the shell: `name=value` each."""
    auth: Auth
    cloud: Cloud
    places: tuple[str, ...]
    """Where Packer must run: on Linux, inside of a network."""
    needs_shell: bool
    """Whether the build runs commands of a POSIX shell on Packer's machine."""
    private_blobs: bool
    """Whether the build fetches with the account of the Azure CLI."""
    copies: bool
    """Whether post-processors make targets with the Azure CLI."""
    notes: tuple[str, ...]
    """What the Azure CLI needs for targets of some kinds, besides being signed in."""
    fetched: bool
    """Whether scripts and files were fetched when the template was converted."""
    private: bool
    """Whether the build VM has an address in a subnet of the user's, where not every machine reaches it."""
    public: bool
    """Whether the build VM has a public address. `private` and `public` are both true where only Packer's run knows."""
    had_identity: str | None
    """The name of the identity that the template used, "" where it is not known; None where there is none."""
    subscription_right: Right
    rights: tuple[Right, ...]
    vm_identities: bool
    auto_run: bool
    triggers: tuple[str, ...]
    names: OutputNames
    environments: tuple[str, ...]
    """The files of values beside the build, one for each environment."""
    left_open: tuple[tuple[str, ...], ...] = ()
    """The variables that each of these files leaves open."""
    in_estate: bool = False
    """Whether the build is one of several in folders side by side, which have values and pipelines in common."""
    boots: str | None = None
    """What the build boots, where it only validates; None where it makes an image."""
    validated: bool = False
    """Whether a build of its own validates the image."""
    validation: Commands | None = None
    """The commands of the build that validates, where it lies below this one."""
    releases: bool = False
    """Whether the build releases a gallery version that was held back until the image is validated."""

    @cached_property
    def group_right(self) -> Right:
        """What is needed to build in a resource group that is there already."""
        return one_group(self._told.subscription)

    @cached_property
    def location(self) -> Word | None:
        """The region of the build; None where it is only known when Packer runs."""
        region, symbols = self._told.decisions.plan.location, self._told.symbols
        known = word(build_location(region, symbols))
        if known is not None or region is None:
            return known
        return None if "..." in str(shown := told(region, symbols)) else shown

    @cached_property
    def choices(self) -> tuple[str, ...]:
        """What was decided, as sentences."""
        from aib2packer.guide.choices import choices

        return choices(self._told.template, self._build, self._told.decisions, self._told.options)

    @cached_property
    def reach(self) -> tuple[Reach, ...]:
        """What must be reached from where."""
        from aib2packer.guide.connections import reach

        told = self._told
        return reach(told.template, told.targets, told.downloads(self._build), told.decisions.os_type)

    @cached_property
    def service(self) -> Service:
        """What Image Builder has of the template."""
        from aib2packer.guide.service import service

        return service(self._told.template, self._told.decisions.plan, self._told.symbols)

    @property
    def os_type(self) -> OsType:
        """The operating system of the image."""
        return self._told.decisions.os_type

    @cached_property
    def new_names(self) -> str:
        """The options that give managed images names of their own, for a shell; "" where there are none."""
        from aib2packer.guide.cut_over import another_name

        return "" if self.boots else self._build.worded(another_name(self.service, "-$(date -u +%Y%m%d%H%M%S)"))

    @cached_property
    def leftovers(self) -> tuple[str, ...]:
        """Commands that delete what a cancelled build left."""
        from aib2packer.guide.leftovers import remove_leftovers

        return remove_leftovers(self._told.decisions, self._told.symbols)

    @property
    def type_variable(self) -> str:
        """The variable that has the security type of the image definition; "" where that is known."""
        name = self._build.new_names.get(DEFINITION_TYPE.name, DEFINITION_TYPE.name)
        return name if any(variable.name == name for variable in self._build.variables) else ""

    @cached_property
    def asks_type(self) -> tuple[str, ...]:
        """Commands that ask for the security type of the image definition, for the builds of a shell; none if it is known."""
        gallery = self._told.decisions.plan.gallery
        if gallery is None or not self.type_variable:
            return ()
        return ask_for_type(gallery, self.type_variable, self._told.symbols)

    @cached_property
    def group_leftovers(self) -> tuple[str, ...]:
        """Commands that delete what a killed build left in a resource group that was there before."""
        from aib2packer.guide.leftovers import remove_from_group

        return remove_from_group(self._told.decisions, self._told.symbols)

    @property
    def counted(self) -> str:
        """How the service came to the number of a version, as the beginning of a sentence about counting on."""
        if self.is_told_version:
            return "The template is told the number of each version, which can be made once. To count on from the highest"
        if self.by_time:
            return (
                "Image Builder made the number of a version from the time, and so does the build. To count on from the highest"
            )
        return "Image Builder counts on from the highest version in the gallery. To do so"

    @property
    def runs_az(self) -> bool:
        """Whether the build runs the Azure CLI, beside azure-arm."""
        return self.private_blobs or self.copies or self.releases

    @cached_property
    def watch(self) -> SourceWatch:
        """How a change of the source image is noticed."""
        source, symbols = self._told.template.source, self._told.symbols
        location = "" if self.location is None else str(self.location.filled(symbols.now))
        kind = kind_of_source(source)
        return SourceWatch(kind.newest(source, symbols, location), kind.is_fixed(source, symbols))

    @property
    def followed(self) -> str:
        """The command that prints the newest version, where a build starts when the source image changes; else ""."""
        return self.watch.newest if self.triggers else ""

    @property
    def set_cloud(self) -> tuple[str, ...]:
        """The command that leads the Azure CLI to another cloud than the public one, where anything needs the CLI."""
        if self.cloud is Cloud.PUBLIC or not (self.auth is Auth.CLI or self.runs_az):
            return ()
        return (f"az cloud set --name {self.cloud.facts.cli_name}",)


@dataclass(frozen=True, slots=True)
class Guides:
    """The guide to a build, and to the one that validates its image, where there is one."""

    build: Guide
    validation: Guide | None = None


def guide(template: ImageTemplate, decisions: Decisions, symbols: Symbols, build: Build, options: Options) -> Guides:
    """What there is to know about running a build and the one that validates its image.

    Args:
        template: What the build was made of.
        decisions: What was decided about it.
        symbols: What stands in HCL for what is only known when Packer runs.
        build: The build; one that validates the source image alone is a build as any.
        options: What the user decided.

    """
    told = _Told(template, decisions, symbols.without_findings(), options)
    if told.is_source_only:
        return Guides(_validation_guide(told, build))
    validation = None if build.validation is None else _validation_guide(told, build.validation)
    return Guides(_image_guide(told, build, validation), validation)


@dataclass(frozen=True, slots=True)
class _Told:
    """What the guides are made of, beside the builds."""

    template: ImageTemplate
    decisions: Decisions
    symbols: Symbols
    options: Options

    @property
    def names(self) -> OutputNames:
        """What is called how in the folder of the build."""
        return output_names(self.options.layout, self.decisions.name, among_others=self.options.into is not None)

    @property
    def is_source_only(self) -> bool:
        """Whether no image is made, and only what it would start from is validated."""
        return self.template.validation is not None and self.template.validation.source_only

    @property
    def subscription(self) -> Value:
        """The subscription of the build."""
        return subscription_value(self.decisions.subscription, self.symbols)

    @property
    def targets(self) -> tuple[Target, ...]:
        """What is made."""
        return () if self.is_source_only else self.template.targets

    def downloads(self, build: Build) -> tuple[Download, ...]:
        """What a build fetches, and one that lies beside it."""
        beside = build.validation if self.options.side_files else None
        return build.downloads if beside is None else (*build.downloads, *beside.downloads)

    @property
    def target(self) -> str:
        """What Packer is given to build."""
        return FOLDER if self.options.side_files else self.options.file_name


def _image_guide(told: _Told, build: Build, validation: Guide | None) -> Guide:
    """The guide to the build of an image."""
    template, options = told.template, told.options
    inline = told.decisions.validation.inline is not None and template.abort_on_validation_error.value
    keeps = template.abort_on_customizer_error or inline
    made = _guide(told, build, _commands(told, build, told.target, keep_vm_on_error=keeps))
    if validation is None:
        return made
    return replace(
        made,
        validated=True,
        validation=validation.commands if options.side_files else None,
        releases=validation.releases,
        needs_shell=made.needs_shell or validation.needs_shell,
    )


def _validation_guide(told: _Told, build: Build) -> Guide:
    """The guide to a build that validates: an image, or only what an image would start from."""
    target = told.names.validation if told.options.side_files and not told.is_source_only else told.target
    commands = _commands(told, build, target, keep_vm_on_error=told.template.abort_on_validation_error.value)
    about = _guide(told, build, replace(commands, stand_ins=_stand_ins(build)))
    return replace(
        about,
        rights=about.rights
        if told.is_source_only
        else rights_to_boot(about.rights, told.template, told.decisions, told.symbols),
        counting=None,
        counting_values=(),
        boots="source image" if told.is_source_only else "image",
        releases=any(step.settings.get("name") == "release" for step in build.provisioners),
    )


def _stand_ins(build: Build) -> dict[str, str]:
    names = {variable.name for variable in build.variables}
    return {name: value for name, value in stand_ins().items() if name in names}


def _guide(told: _Told, build: Build, commands: Commands) -> Guide:
    template, decisions, symbols, options = told.template, told.decisions, told.symbols, told.options
    downloads = told.downloads(build)
    galleries = decisions.plan.galleries
    name = None if template.name is None or template.name.literal is None else template.name.literal.strip()
    return Guide(
        _told=told,
        _build=build,
        in_estate=options.in_estate,
        name=name,
        called=name or ("" if decisions.name == UNNAMED else decisions.name),
        commands=commands,
        counting=build.worded(" ".join(counting_options(galleries, symbols).values())) or None,
        by_time=any(target.by_time for target in galleries),
        is_told_version=any(open_variable(target, symbols) is not None for target in galleries),
        counting_values=counting_values(galleries, symbols),
        auth=options.auth,
        cloud=template.cloud,
        places=_places(template, build, downloads, options),
        needs_shell=_runs_shell(build),
        private_blobs=needs_azure_cli(downloads),
        copies=_copies(build),
        notes=tuple(dict.fromkeys(note for target in told.targets if (note := kind_of_target(target).note))),
        fetched=SHA256SUMS in build.files,
        private=template.vm.subnet is not None,
        public=template.vm.subnet is None or template.vm.subnet.when is not None,
        had_identity=(template.identities[0].split("/")[-1].literal or "") if template.identities else None,
        subscription_right=whole_subscription(told.subscription),
        rights=further_rights(template, told.targets, decisions, downloads, symbols),
        vm_identities=bool(template.vm.identities),
        auto_run=template.auto_run.value,
        triggers=tuple(dict.fromkeys(template.siblings.triggers)),
        names=told.names,
        environments=options.environments,
        left_open=options.left_open,
    )


def _commands(told: _Told, build: Build, target: str, *, keep_vm_on_error: bool) -> Commands:
    given = {one.name for one in build.values}
    return commands_of(
        [*(variable for variable in build.variables if variable.name not in given), *build.open_beside],
        told.options,
        target=target,
        names=told.names,
        limit=_limit(told.template, build, told.symbols),
        keep_vm_on_error=keep_vm_on_error,
    )


def _limit(template: ImageTemplate, build: Build, symbols: Symbols) -> BuildLimit:
    minutes = None if template.build_timeout_guessed else template.build_timeout_minutes
    if template.build_timeout is None:
        return BuildLimit(minutes)
    value = symbols.value(template.build_timeout)
    names = (build.new_names.get(one.name, one.name) for one in references(value) if isinstance(one, Variable))
    return BuildLimit(minutes, tuple(names), isinstance(value, Variable))


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
