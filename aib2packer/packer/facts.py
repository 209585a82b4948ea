"""What there is to know of a build beside the build itself, in plain words: for the overview of many."""

from __future__ import annotations

from typing import TYPE_CHECKING

from aib2packer.lazy.models import dataclass, field

if TYPE_CHECKING:
    from collections.abc import Mapping

    from aib2packer.azure.clouds import Cloud
    from aib2packer.options import Auth


@dataclass(frozen=True, slots=True)
class Role:
    """A role that the account of Packer needs: on what, whose id is `scope` as a word of a shell, and what for."""

    role: str
    thing: str
    scope: str | None
    why: str


@dataclass(frozen=True, slots=True)
class Connection:
    """A connection that a build makes."""

    source: str
    target: str
    port: int
    why: str


@dataclass(frozen=True, slots=True)
class LastRun:
    """The last run in the service, as the template tells it: how it ended, and the minutes that it took."""

    state: str
    minutes: float | None


@dataclass(frozen=True, slots=True)
class GalleryPlace:
    """An image definition that versions go to, its names as words of a shell; `...` for what is only known when Packer runs.

    `wants` are lines that set the variables of the shell in the words.
    """

    subscription: str
    group: str
    gallery: str
    name: str
    wants: tuple[str, ...] = ()

    @property
    def options(self) -> str:
        """What names the definition on a command line of `az sig`."""
        place = f"--subscription {self.subscription} --resource-group {self.group}"
        return f"{place} --gallery-name {self.gallery} --gallery-image-definition {self.name}"


@dataclass(frozen=True, slots=True)
class ImagePlace:
    """A managed image, its id and the parts of that as words of a shell.

    `aside` is the id that it has when it is moved out of the way, into `old_group`; `new_aside` and `new_group` are those of
    Packer's, on the way back. `wants` are lines that set the variables of the shell in the words.
    """

    id: str
    aside: str
    subscription: str
    group: str
    old_group: str
    new_aside: str
    new_group: str
    variable: str
    """The variable of the build that gives it another name."""
    name: str
    """The value that it has, as a word of a shell; `...` where it is not known, or is an id."""
    wants: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class WantedDefinition:
    """An image definition that must be there: its id as a word of a shell; for people, that of its gallery and its name."""

    id: str
    gallery: str
    label: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Service:
    """What Image Builder has of a template. Names and ids are words of a shell; "" for what the template does not tell."""

    name: str
    subscription: str
    group: str
    identities: tuple[str, ...]
    triggers: tuple[str, ...]
    auto_run: bool
    subnets: tuple[str, ...]
    """The ids of the subnets of the build VM and of Image Builder's containers."""
    definitions: tuple[GalleryPlace, ...]
    managed_images: tuple[ImagePlace, ...]
    counts: bool
    """Whether it counts the versions in a gallery."""
    numbers_by_time: bool
    """Whether the API version makes gallery versions of the time, as those before 2022-07-01 do."""
    staging_group: str
    """A resource group of the user's own that the service works in."""
    images: tuple[str, ...]
    """What the template makes that other resources refer to: the ends of ids, from the name of the gallery or the kind on."""
    late_images: tuple[tuple[str, str, str], ...]
    """Ends of ids with two gaps, and the words for these, of images that variables name."""
    wants: tuple[str, ...]
    """Lines that set the variables of the shell in the ids of identities, and in the name of the group."""

    @property
    def all_wants(self) -> tuple[str, ...]:
        """Lines that set the variables of the shell in all ids."""
        places: tuple[GalleryPlace | ImagePlace, ...] = (*self.definitions, *self.managed_images)
        return (*(name for one in places for name in one.wants), *self.wants)


@dataclass(frozen=True, slots=True)
class PackerCommand:
    """A command of Packer: the words before and behind those that give values to its variables."""

    begin: str
    values: tuple[str, ...]
    end: str

    def __str__(self) -> str:
        """The command as it is typed."""
        return " ".join((self.begin, *self.values, self.end))


@dataclass(frozen=True, slots=True)
class SourceWatch:
    """How a change of the source image is noticed, by the values that are known."""

    newest: str
    """A command that prints its newest version; "" where there is none, or a value is open that it needs."""
    is_fixed: bool
    """Whether the source is one version, which never changes."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Launch:
    """How a build is run by a pipeline: commands in its folder, and what they want."""

    auth: Auth
    cloud: Cloud
    set_cloud: tuple[str, ...]
    """Commands that lead the Azure CLI to the cloud of the build."""
    init: str
    checks: tuple[PackerCommand, ...]
    builds: tuple[PackerCommand, ...]
    environments: tuple[str, ...]
    """The files of values of which each makes an image of its own; the commands take the first."""
    in_environment: bool
    """Whether the build takes the subscription from the environment."""
    runs_az: bool
    is_private: bool
    """Whether the build VM has a private address only, which a machine in its network reaches."""
    minutes: tuple[int, ...]
    """The time limit of each build."""
    watch: SourceWatch
    watches: Mapping[str, SourceWatch] = field(default_factory=dict)
    """How it is noticed in each environment, by its file, which may give the source other values."""
    by_hand: bool = False
    """Whether no pipeline runs it, as its environment is the one without a name."""


@dataclass(frozen=True, slots=True)
class ValueEntry:
    """A value that can be given for a variable, as a file of values shows it."""

    name: str
    text: str
    """Comments, and a line that sets it, also a comment; "" for what no file should have, or none for several builds."""
    is_open: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class Facts:
    """What there is to know of one build. Ids and addresses are as the template writes them, without secrets."""

    name: str
    """The name of the template, with the values that parameters have without a user; "" where that is not known."""
    system: str
    source: str
    targets: tuple[str, ...]
    definitions: tuple[WantedDefinition, ...]
    """Image definitions that must be there."""
    scripts: tuple[str, ...]
    """Scripts and files that the build fetches."""
    identities: tuple[str, ...]
    """Under which Image Builder runs the template."""
    vm_identities: tuple[str, ...]
    """Identities of the build VM."""
    subnets: tuple[str, ...]
    roles: tuple[Role, ...]
    connections: tuple[Connection, ...]
    secrets: tuple[str, ...]
    """Variables of the build that are secret."""
    values: tuple[str, ...]
    """Variables of the build that have no value."""
    minutes: int
    """The time limit of the build, and of the one that validates."""
    last_run: LastRun | None
    service: Service
    launch: Launch
    entries: tuple[ValueEntry, ...]
    """All variables of the build."""
