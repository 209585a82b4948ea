"""What a kind of target is to the build: how it is read, what it becomes in HCL, and what that asks for."""

from __future__ import annotations

from abc import ABC, abstractmethod
from typing import TYPE_CHECKING, Any, ClassVar, Generic, TypeVar

from aib2packer.aib.model import Target
from aib2packer.lazy.models import dataclass

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping

    from aib2packer.aib.fields import Fields
    from aib2packer.aib.ids import ResourceId
    from aib2packer.aib.sections.distribute import TargetHead
    from aib2packer.azure.clouds import Cloud
    from aib2packer.findings.model import Report
    from aib2packer.hcl.values import Settings, Value
    from aib2packer.options import OsType
    from aib2packer.packer.access.network import Reach
    from aib2packer.packer.access.rights import Right
    from aib2packer.packer.distribution.plan import DistributionPlan
    from aib2packer.packer.shell_words import Word
    from aib2packer.packer.steps.cli_script import Script
    from aib2packer.packer.variables.symbols import Symbols

T = TypeVar("T", bound=Target)


@dataclass(frozen=True, slots=True, kw_only=True)
class TargetContext:
    """What a target is translated with. `location` is the region of the build, `label` what tells it from others."""

    plan: DistributionPlan
    location: Value
    timeout: Value
    cloud: Cloud
    os_type: OsType
    label: str
    held_back: Mapping[int, Value]
    """What keeps the versions of targets from being the latest, by the indices of these."""
    symbols: Symbols
    report: Report


@dataclass(frozen=True, slots=True)
class Finishing:
    """A step for which azure-arm has no setting: what it is for, what its name ends with, and its script.

    `azure_cli` is the first Azure CLI that has all that it needs, where that is newer than what a build needs anyway.
    """

    comment: str
    what: str
    write: Callable[[Script], None]
    azure_cli: str = ""


class TargetOutput(ABC):
    """What a target becomes in HCL, whoever makes it."""

    __slots__ = ()

    @property
    @abstractmethod
    def made_id(self) -> Value:
        """The id, or the URI, of what azure-arm makes."""

    @property
    @abstractmethod
    def copied_id(self) -> Value:
        """The id, or the URI, of what the Azure CLI makes."""

    @abstractmethod
    def settings(self) -> Settings:
        """The settings of azure-arm, where it makes the target."""

    @property
    def finishing(self) -> tuple[Finishing, ...]:
        """What is done to what azure-arm has made."""
        return ()

    @abstractmethod
    def copy(self, others: Mapping[int, TargetOutput], script: Script) -> str:
        """Have the Azure CLI make the target of `others`, by their indices; says in words how."""


class Bootable(ABC, Generic[T]):
    """How Packer boots what a kind of target leaves, to validate it.

    `variable` names what tells which one it is, `described` is its description, `stand_in` what a build is checked with while
    there is none.
    """

    variable: ClassVar[str]
    described: ClassVar[str]
    stand_in: ClassVar[str]

    @abstractmethod
    def recorded(self, target: T, plan: DistributionPlan, symbols: Symbols) -> Value:
        """What the manifest holds to tell a target from others, which no two builds need have alike."""

    @abstractmethod
    def settings(self, target: T, name: Value, build: str, symbols: Symbols) -> Settings:
        """The settings of azure-arm that boot what was made."""


class TargetKind(ABC, Generic[T]):
    """A kind of target. What has an answer here is asked of few kinds only."""

    name: ClassVar[str]
    """The `type` that the template says."""
    tags_until: ClassVar[str]
    """The API version from which on `tags` are spelt `artifactTags`."""
    azure_cli: ClassVar[str]
    """The first Azure CLI that has all that a copy needs."""
    has_tags: ClassVar[bool]
    """Whether what is made is a resource, which has tags."""
    can_be_trusted: ClassVar[bool]
    """Whether a target can be made of a VM that has Trusted Launch."""
    copies_data_disks: ClassVar[bool]
    """Whether a copy holds the data disks too."""
    note: ClassVar[str] = ""
    """What the Azure CLI needs for a target, as is said above the build."""
    bootable: ClassVar[Bootable[Any] | None] = None

    @abstractmethod
    def read(self, head: TargetHead, fields: Fields) -> T | None:
        """Read the keys of a target beside those of its head; None after an error."""

    @abstractmethod
    def translate(self, target: T, context: TargetContext) -> TargetOutput:
        """Translate a target, whoever makes it; reports what Azure would not take."""

    @abstractmethod
    def rights(self, target: T, plan: DistributionPlan, symbols: Symbols, *, tagged: bool) -> Iterator[Right]:
        """What the account needs to make a target; `tagged`: the Azure CLI sets its tags."""

    def reach(self, target: T) -> tuple[Reach, ...]:
        """What Packer must reach for a target, beside Azure's own hosts."""
        del target
        return ()

    def leaves_behind(self, target: T) -> ResourceId | None:
        """A resource beside which a cancelled copy may leave others."""
        del target
        return None

    def remove_leftovers(self, target: T, label: str, symbols: Symbols, *, made: bool) -> tuple[Word, str] | None:
        """A command that deletes what a killed build left which is no resource, and the word of what it names; None for none.

        `made`: azure-arm makes the target, else it is a copy.
        """
        del target, label, symbols, made
        return None

    def foresee(self, target: T, report: Report) -> None:
        """Report what passes `packer validate` and fails when azure-arm makes it."""
