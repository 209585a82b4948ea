"""Managed images: azure-arm's own, and those that the Azure CLI makes beside it or elsewhere."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from aib2packer.aib.model import ManagedImageTarget
from aib2packer.aib.sections.distribute import read_managed_image_target
from aib2packer.findings import codes
from aib2packer.hcl.printing import print_value, references
from aib2packer.hcl.values import HclCode, Local, SlashPart, Variable, concat, traced
from aib2packer.lazy.models import dataclass
from aib2packer.lazy.patterns import pattern
from aib2packer.packer.access.rights import CONTRIBUTOR, IMAGE_GROUP, Right, group_words
from aib2packer.packer.distribution.image_copy import GalleryOrigin, Named, SnapshotOrigin, copy_image
from aib2packer.packer.distribution.made_ids import id_before_name, managed_image_id, snapshot_id
from aib2packer.packer.distribution.target_kind import Bootable, TargetKind, TargetOutput
from aib2packer.packer.shell_words import to_set, word
from aib2packer.packer.source.managed_image import managed_image, name_of_no_image
from aib2packer.packer.variables.shown import told

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from aib2packer.aib.fields import Fields
    from aib2packer.aib.ids import ResourceId
    from aib2packer.aib.sections.distribute import TargetHead
    from aib2packer.findings.model import Report
    from aib2packer.hcl.values import Settings, Value
    from aib2packer.packer.distribution.plan import DistributionPlan
    from aib2packer.packer.distribution.target_kind import TargetContext
    from aib2packer.packer.steps.cli_script import Script
    from aib2packer.packer.variables.symbols import Symbols

NAME = "managed_image_name"
"""The variable and the local that hold the name of the image."""
_STOPS = "Packer builds nothing where an image has it."
_REPLACES = "An image that has it is replaced when the new one is there."
_IMAGE_NAME = pattern(r"[A-Za-z0-9](?:[\w.-]{0,78}\w)?", re.ASCII)
_CUT_OVER = "At the cut-over the old image makes way for one of its name."
_NOT_BY_FORCE = (
    " Do not use -force, which also deletes a gallery version that has the number of the new one, where Image Builder "
    "refuses to build."
)
_GROUP_NAME = pattern(r"[A-Za-z0-9](?:[\w.()-]{0,88}[\w()])?", re.ASCII)


def image_name(target: ManagedImageTarget, plan: DistributionPlan, symbols: Symbols) -> Value:
    """The name of a managed image: what the template says, unless a variable has another one."""
    own = symbols.value(target.id["images"])
    variable = name_variable(target, plan, symbols)
    if isinstance(own, str):
        return variable
    if variable in references(own):
        return own
    chosen = f"var.{variable.name} != null ? var.{variable.name} : {print_value(own)}"
    return Local(variable.name, HclCode(chosen, (variable, *references(own))))


def name_variable(target: ManagedImageTarget, plan: DistributionPlan, symbols: Symbols) -> Variable:
    """The variable that gives a managed image another name: as long as Image Builder builds too, its own has that name.

    It is one of the template's that is the name, or the id, and stands in no other name of what is made; else one of ours.
    """
    own = symbols.value(target.id["images"])
    theirs = own.whole if isinstance(own, SlashPart) else own
    if isinstance(theirs, Variable) and (theirs is not own or theirs not in _beside_names(plan, symbols)):
        return theirs
    is_first = target.id["images"].parts == plan.images[0].id["images"].parts
    name = NAME if is_first else f"{NAME}_of_target_{target.index}"
    described = "Name of the managed image. " + (_STOPS if target is plan.image else _REPLACES)
    if isinstance(own, str):
        return Variable(name, described, default=own)
    return Variable(name, f"{described} Null: as the template says.", default=HclCode("null"))


def _beside_names(plan: DistributionPlan, symbols: Symbols) -> Iterator[Value]:
    """What is in the ids of what the build makes, but for the names of managed images."""
    for target in (*plan.made, *plan.copied):
        if (image := target.definition or target.image) is not None:
            texts = [image.subscription, image.resource_group]
            texts += [] if target.definition is None else [image["galleries"], image["images"]]
            yield from references(tuple(symbols.value(text) for text in texts))


def is_replaced_by_force(plan: DistributionPlan) -> bool:
    """Whether `packer build -force` deletes the old managed image, and nothing that another build has made."""
    return plan.gallery is None


def _how_to_replace(target: ManagedImageTarget, plan: DistributionPlan, symbols: Symbols) -> str:
    another = f"Give each build a name of its own, with `-var {name_variable(target, plan, symbols).name}=...`. {_CUT_OVER}"
    if is_replaced_by_force(plan):
        way = "build with `packer build -force`, which deletes the last image first, and nothing else"
        return f"{another} To keep that name from then on, {way}: until a build succeeds there is no image."
    last = told(target.id.text, symbols)
    way = f"delete the last image before the build (`az image delete --ids {last}`{to_set((last,))})"
    return f"{another} To keep that name from then on, {way}: until a build succeeds there is no image.{_NOT_BY_FORCE}"


@dataclass(frozen=True, slots=True)
class ManagedImageOutput(TargetOutput):
    """What a target becomes in HCL."""

    target: ManagedImageTarget
    context: TargetContext

    @property
    def name(self) -> Value:
        """The name of the image."""
        return image_name(self.target, self.context.plan, self.context.symbols)

    @property
    def made_id(self) -> Value:
        """The id of the image that azure-arm makes, which lies in the subscription of the build."""
        return managed_image_id(self.target.id.resource_group, self.name, self.context.symbols)

    @property
    def copied_id(self) -> Value:
        """The id that the template says, but for another name."""
        image, symbols = self.target.id, self.context.symbols
        if self.name == symbols.value(image["images"]):
            return symbols.value(image.text)
        group = symbols.value(image.resource_group)
        return concat(*id_before_name(symbols.value(image.subscription), group), self.name)

    def settings(self) -> Settings:
        """The name and the resource group of the image; an old one of that name must go first."""
        context, image = self.context, self.target.id
        _check_names(self.target, context.report)
        name = image["images"]
        context.report.add(
            codes.IMAGE_EXISTS,
            image.text.span,
            f"Image Builder overwrites an existing image{f' `{name}`' if name.literal else ''}; Packer does not",
            help=_how_to_replace(self.target, context.plan, context.symbols),
        )
        group = context.symbols.value(image.resource_group)
        return {
            NAME: traced(self.name, self.target.span),
            "managed_image_resource_group_name": traced(group, self.target.span),
        }

    def copy(self, others: Mapping[int, TargetOutput], script: Script) -> str:
        """Make an image of azure-arm's gallery version, else of its snapshot."""
        _check_names(self.target, self.context.report)
        origin = self._origin(others)
        copy_image(self.target, Named(self.name, self.copied_id), origin, script, self.context)
        way = "a disk made of the gallery version" if isinstance(origin, GalleryOrigin) else "a snapshot of the OS disk"
        return f"ManagedImage, by way of {way}."

    def _origin(self, others: Mapping[int, TargetOutput]) -> GalleryOrigin | SnapshotOrigin:
        plan, location = self.context.plan, self.context.location
        if plan.gallery is not None:
            regions = tuple(region.name for region in plan.gallery.regions)
            return GalleryOrigin(plan.gallery.id, others[plan.gallery.index].made_id, regions, location)
        group = plan.image_group or self.target.id.resource_group
        return SnapshotOrigin(snapshot_id(group, self.context.label, self.context.symbols), location)


class BootableImage(Bootable[ManagedImageTarget]):
    """A managed image, which its name tells from others."""

    variable = NAME
    described = "Managed image to validate."
    stand_in = "image"

    def recorded(self, target: ManagedImageTarget, plan: DistributionPlan, symbols: Symbols) -> Value:
        """The name of the image."""
        return image_name(target, plan, symbols)

    def settings(self, target: ManagedImageTarget, name: Value, build: str, symbols: Symbols) -> Settings:
        """The image as a source, of which no other is made."""
        group = symbols.value(target.id.resource_group)
        return managed_image(name, group, target.span) | name_of_no_image(build, group)


class ManagedImageKind(TargetKind[ManagedImageTarget]):
    """A managed image."""

    name = ManagedImageTarget.kind
    tags_until = "2019-05-01-preview"  # the release notes move `tags` to `artifactTags`
    azure_cli = "2.60"
    has_tags = True
    can_be_trusted = False
    copies_data_disks = False
    bootable = BootableImage()

    def read(self, head: TargetHead, fields: Fields) -> ManagedImageTarget | None:
        """Read the id and the region."""
        return read_managed_image_target(head, fields)

    def translate(self, target: ManagedImageTarget, context: TargetContext) -> ManagedImageOutput:
        """Translate a target."""
        return ManagedImageOutput(target, context)

    def rights(self, target: ManagedImageTarget, plan: DistributionPlan, symbols: Symbols, *, tagged: bool) -> Iterator[Right]:
        """The right to write into the resource group."""
        del plan, tagged
        scope, name = word(*group_words(target.id, symbols)), target.id.resource_group.literal
        yield Right(IMAGE_GROUP, CONTRIBUTOR, scope, "writes the managed image", name)

    def leaves_behind(self, target: ManagedImageTarget) -> ResourceId | None:
        """Disks and snapshots that it is made of, and the image by another name, lie beside it."""
        return target.id


KIND = ManagedImageKind()


def _check_names(target: ManagedImageTarget, report: Report) -> None:
    """Report a name that Packer would not take."""
    image, group = target.id["images"], target.id.resource_group
    if image.literal is not None and not _IMAGE_NAME.fullmatch(image.literal):
        report.add(
            codes.BAD_NAME,
            image.span,
            f"`{image}` is not a valid name of a managed image: Packer takes letters, digits, `-`, `_` and `.`, 80 at most",
            help="Choose another name.",
        )
    if group.literal is not None and not _GROUP_NAME.fullmatch(group.literal):
        report.add(
            codes.BAD_NAME,
            group.span,
            f"`{group}` is not a valid name of a resource group: Packer takes letters, digits and `-_.()`, 90 at most",
            help="Choose another resource group.",
        )
