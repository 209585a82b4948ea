"""A kind of target that there is not: a managed disk, which the Azure CLI makes of the gallery version.

One file and one line: its setting and the reading of it, and all that the build and its guide ask of a kind.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar

from aib2packer.aib.model import Target
from aib2packer.lazy.models import dataclass
from aib2packer.packer.access.network import HTTPS, PACKER, Reach
from aib2packer.packer.access.rights import CONTRIBUTOR, Right
from aib2packer.packer.distribution.target_kind import TargetKind, TargetOutput
from aib2packer.packer.shell_words import word

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping

    from aib2packer.aib.fields import Fields
    from aib2packer.aib.sections.distribute import TargetHead
    from aib2packer.arm.language.text import TemplateText
    from aib2packer.hcl.values import Settings, Value
    from aib2packer.packer.distribution.plan import DistributionPlan
    from aib2packer.packer.distribution.target_kind import TargetContext
    from aib2packer.packer.steps.cli_script import Script
    from aib2packer.packer.variables.symbols import Symbols


@dataclass(frozen=True, slots=True, kw_only=True)
class DiskTarget(Target):
    """A managed disk, by its id."""

    kind: ClassVar[str] = "ManagedDisk"
    TEXTS: ClassVar[tuple[str, ...]] = (*Target.TEXTS, "id")

    id: TemplateText

    def label(self, shown: Callable[[TemplateText], str]) -> str:
        """Its id."""
        return f"disk {shown(self.id)}"


@dataclass(frozen=True, slots=True)
class DiskOutput(TargetOutput):
    """What it comes to."""

    target: DiskTarget
    context: TargetContext

    @property
    def made_id(self) -> Value:
        """The id."""
        return self.copied_id

    @property
    def copied_id(self) -> Value:
        """The id."""
        return self.context.symbols.value(self.target.id)

    def settings(self) -> Settings:
        """None: azure-arm makes no disk."""
        return {}

    def copy(self, others: Mapping[int, TargetOutput], script: Script) -> str:
        """Make it of the version."""
        gallery = self.context.plan.gallery
        assert gallery is not None
        script.az("disk create", ("--ids", self.target.id), ("--gallery-image-reference", others[gallery.index].made_id))
        return "ManagedDisk, made of the gallery version."


class DiskKind(TargetKind[DiskTarget]):
    """A managed disk."""

    name = DiskTarget.kind
    tags_until = "2019-05-01-preview"
    azure_cli = "2.80"
    has_tags = True
    can_be_trusted = True
    copies_data_disks = False
    note = "For disks that takes a lot of room."

    def read(self, head: TargetHead, fields: Fields) -> DiskTarget | None:
        """Read its id."""
        text = fields.text("diskId")
        if text is None:
            fields.missing("diskId", "Name the disk.")
            return None
        return DiskTarget(**head, id=text)

    def translate(self, target: DiskTarget, context: TargetContext) -> DiskOutput:
        """Translate it."""
        return DiskOutput(target, context)

    def rights(self, target: DiskTarget, plan: DistributionPlan, symbols: Symbols, *, tagged: bool) -> Iterator[Right]:
        """To write it."""
        del plan, tagged
        yield Right("the disk", CONTRIBUTOR, word(symbols.value(target.id)), "writes the disk")

    def reach(self, target: DiskTarget) -> tuple[Reach, ...]:
        """Something of its own."""
        del target
        return (Reach(PACKER, "disks.example.com", HTTPS, "asks for a disk"),)
