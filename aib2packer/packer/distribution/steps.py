"""What happens after azure-arm: the Azure CLI makes what it does not, and a manifest says what there is."""

from __future__ import annotations

from typing import TYPE_CHECKING

from aib2packer.aib.model import GalleryTarget, ManagedImageTarget, VhdTarget
from aib2packer.findings import codes
from aib2packer.hcl.values import HclCode, Local
from aib2packer.lazy.models import dataclass
from aib2packer.packer.distribution.gallery import AZ_KEEPS_VERSIONS_DELETABLE, copy_version, replicate
from aib2packer.packer.distribution.ids import compute_id, managed_image_id, snapshot_id, temporary_image
from aib2packer.packer.distribution.image_copy import GalleryOrigin, SnapshotOrigin, copy_image
from aib2packer.packer.distribution.managed_image import image_group
from aib2packer.packer.distribution.manifest import manifest
from aib2packer.packer.distribution.script import RawShell, Script, ScriptFile
from aib2packer.packer.distribution.vhd import AZ_COPIES_BETWEEN_ACCOUNTS, copy_vhd
from aib2packer.packer.layout import SCRIPTS
from aib2packer.packer.model import PostProcessors
from aib2packer.packer.vm.machine import BUILD_GROUP

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from aib2packer.aib.model import DistributeTarget
    from aib2packer.arm.language.text import TemplateText
    from aib2packer.hcl.values import Value
    from aib2packer.packer.distribution.gallery import GalleryVersion
    from aib2packer.packer.distribution.plan import DistributionPlan
    from aib2packer.packer.distribution.vhd import Vhd
    from aib2packer.packer.model import PostProcessor
    from aib2packer.packer.steps.build_context import BuildContext

_AZ = {GalleryTarget: AZ_KEEPS_VERSIONS_DELETABLE, VhdTarget: AZ_COPIES_BETWEEN_ACCOUNTS, ManagedImageTarget: "2.60"}
"""The first Azure CLI that has all that a copy needs, by the kind of target."""
NOTHING: Mapping[str, Value] = {}


@dataclass(frozen=True, slots=True)
class DistributionSteps:
    """What happens after azure-arm. Packer runs every chain, whatever becomes of the others, and fails if one did."""

    plan: DistributionPlan
    versions: Mapping[int, GalleryVersion]
    vhds: Mapping[int, Vhd]
    location: Value
    name: str
    minutes: Value
    build_group: bool
    """Whether the build may take a resource group that is there."""
    context: BuildContext

    def finish_made(
        self, tags: Mapping[int, Mapping[str, TemplateText]], late_tags: Mapping[int, TemplateText]
    ) -> Iterator[PostProcessors]:
        """What azure-arm has no setting for in the targets that it makes."""
        for target in self.plan.made:
            version, vhd = self.versions.get(target.index), self.vhds.get(target.index)
            if version is not None and version.differs_by_region:
                replicate(version, script := self._script())
                comment = "azure-arm has one storage type for all regions: the others are added here, with theirs."
                yield self._chain(target, comment, script, "regions")
            if vhd is not None and vhd.exact:
                copy_vhd(vhd.captured, vhd.wanted, script := self._script(), move=True)
                yield self._chain(
                    target, "azure-arm names the VHD itself; here it gets the name that the template asks for.", script, "name"
                )
            if target.index in tags or target.index in late_tags:
                script = self._script()
                resource = ("--resource-id", self._artifact(target))
                options = script.tags(tags.get(target.index, {}), late_tags.get(target.index))
                if not tags.get(target.index):
                    script.line('[ "$#" -gt 0 ] || exit 0 # the Azure CLI refuses to add no tag')
                script.az("tag update", resource, ("--operation", "Merge"), *options)
                yield self._chain(target, "tags of its own, which azure-arm would put on all that it makes.", script, "tags")

    def copy(self) -> Iterator[PostProcessors]:
        """The targets that azure-arm does not make."""
        for target in self.plan.copied:
            self.context.report.add(
                codes.COPIED,
                target.span,
                f"the Azure CLI makes distribute[{target.index}] after the build: azure-arm makes one target of each kind, "
                "and managed images in the region of the build only",
                help=f"Sign in with the Azure CLI {_AZ[type(target)]} or later where Packer runs; see the post-processor.",
            )
            what, script = self._copy(target)
            about = f"distribute[{target.index}]: {what}"
            step = script.post_processor(_step_name(target), self._file(target, "copy", about))
            yield PostProcessors(about, (step, *self._manifest((target,))), (target.span,))

    def clean_up(self) -> Iterator[PostProcessors]:
        """Delete what was made for others to be copied from."""
        symbols, plan = self.context.symbols, self.plan
        script, one_fails = self._script(), ""
        if plan.image_group is not None and plan.snapshot:
            one_fails = "failed=yes" if plan.temporary_group is not None else ""
            snapshot = script.word("SNAPSHOT", snapshot_id(plan.image_group, self.name, symbols))
            script.az("snapshot delete", ("--ids", RawShell(snapshot)), otherwise=one_fails)
        if plan.temporary_group is not None:
            image = script.word("IMAGE", managed_image_id(plan.temporary_group, temporary_image(self.name), symbols))
            script.az("image delete", ("--ids", RawShell(image)))
        if self.context.decisions.security.makes_image and self.build_group:
            group = HclCode(f'var.{BUILD_GROUP.name} == null ? "" : var.{BUILD_GROUP.name}', (BUILD_GROUP,))
            with script.block(f"if [ -n {script.word('BUILD_GROUP', group)} ]; then", "fi"):
                image = script.word("IMAGE", compute_id(image_group(self.name), "images", temporary_image(self.name)))
                script.az("image delete", ("--ids", RawShell(image)))
        if one_fails:
            script.line('[ -z "${failed:-}" ]')
        if not script.is_empty:
            yield PostProcessors(
                "What no target asked for is deleted, also after a failure above.", (script.post_processor("clean-up"),)
            )

    def record(self, kept: Mapping[str, Value]) -> Iterator[PostProcessors]:
        """The run outputs of the targets that azure-arm makes, and what else is `kept`: last of all, where it is looked for."""
        if self.plan.made:
            names = (target.run_output_name for target in self.plan.made)
            places = tuple(name.span for name in names if name is not None)
            yield PostProcessors("What Image Builder kept as the run output.", self._manifest(self.plan.made, kept), places)

    def _copy(self, target: DistributeTarget) -> tuple[str, Script]:
        """What is done for a target, in words and as a script."""
        plan, script = self.plan, self._script()
        match target:
            case GalleryTarget():
                source = self._artifact(plan.gallery or target)
                copy_version(self.versions[target.index], source, self.location, script)
                return "SharedImage, copied from the gallery version of azure-arm.", script
            case VhdTarget():
                vhd = self.vhds[target.index]
                source_vhd = vhd if plan.vhd is None else self.vhds[plan.vhd.index]
                copy_vhd(source_vhd.made, vhd.wanted, script, move=False)
                return "VHD, copied from that of azure-arm.", script
            case ManagedImageTarget():
                origin = self._origin(target)
                way = "a disk made of the gallery version" if isinstance(origin, GalleryOrigin) else "a snapshot of the OS disk"
                copy_image(target, origin, plan, script, self.context)
                return f"ManagedImage, by way of {way}.", script

    def _origin(self, target: ManagedImageTarget) -> GalleryOrigin | SnapshotOrigin:
        gallery = self.plan.gallery
        if gallery is not None:
            regions = tuple(region.name for region in gallery.regions)
            return GalleryOrigin(gallery.id, self._artifact(gallery), regions, self.location)
        group = self.plan.image_group or target.id.resource_group
        return SnapshotOrigin(snapshot_id(group, self.name, self.context.symbols), self.location)

    def _script(self) -> Script:
        return Script(self.context.symbols, self.context.report, self.minutes)

    def _file(self, target: DistributeTarget, what: str, about: str) -> ScriptFile | None:
        """Where a script may lie; None where everything stands in the HCL."""
        return ScriptFile(f"{SCRIPTS}/distribute-{target.index}-{what}.sh", about) if self.context.side_files else None

    def _chain(self, target: DistributeTarget, comment: str, script: Script, what: str) -> PostProcessors:
        about = f"distribute[{target.index}]: {comment}"
        step = script.post_processor(f"{_step_name(target)}-{what}", self._file(target, what, about))
        return PostProcessors(about, (step,), (target.span,))

    def _artifact(self, target: DistributeTarget) -> Value:
        """The id of what a target becomes: a resource id, or a URI."""
        symbols = self.context.symbols
        is_made = target in self.plan.made
        match target:
            case GalleryTarget():
                version = self.versions[target.index]
                return Local("gallery_version_id", version.id) if is_made else version.id
            case ManagedImageTarget(id=image) if is_made:
                return managed_image_id(image.resource_group, symbols.value(image["images"]), symbols)
            case ManagedImageTarget(id=image):
                return symbols.value(image.text)
            case VhdTarget():
                vhd = self.vhds[target.index]
                return (vhd.made if is_made else vhd.wanted).uri

    def _manifest(
        self, targets: tuple[DistributeTarget, ...], kept: Mapping[str, Value] = NOTHING
    ) -> tuple[PostProcessor, ...]:
        outputs = [(target.run_output_name, self._artifact(target)) for target in targets if target.run_output_name is not None]
        # Of a build with one target the manifest tells the id by itself.
        sole = self._is_sole(targets[0])
        return (manifest(self.name, outputs, kept, self.context, ids=not sole),)

    def _is_sole(self, target: DistributeTarget) -> bool:
        """Whether a target is all that azure-arm makes, as the template wants it."""
        vhd = self.vhds.get(target.index)
        is_renamed = vhd is not None and vhd.exact
        # What azure-arm says it made is the managed image, wherever there is one.
        makes_image = self.plan.temporary_group is not None or self.context.decisions.security.makes_image
        return self.plan.made == (target,) and not self.plan.copied and not makes_image and not is_renamed


def _step_name(target: DistributeTarget) -> str:
    literal = target.run_output_name.literal if target.run_output_name is not None else None
    return literal or f"distribute-{target.index}"
