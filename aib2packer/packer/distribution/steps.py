"""What happens after azure-arm: the Azure CLI makes what it does not, and a manifest says what there is."""

from __future__ import annotations

from typing import TYPE_CHECKING

from aib2packer.findings import codes
from aib2packer.hcl.values import HclCode
from aib2packer.lazy.models import dataclass
from aib2packer.packer.distribution.kinds import kind_of_target
from aib2packer.packer.distribution.made_ids import compute_id, managed_image_id, snapshot_id, temporary_image
from aib2packer.packer.distribution.manifest import manifest
from aib2packer.packer.layout import distribution_script
from aib2packer.packer.model import PostProcessors
from aib2packer.packer.steps.cli_script import RawShell, Script, ScriptFile, are_plain
from aib2packer.packer.vm.resource_group import BUILD_GROUP, image_group

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from aib2packer.aib.model import Target
    from aib2packer.arm.language.text import TemplateText
    from aib2packer.hcl.values import Value
    from aib2packer.packer.distribution.plan import DistributionPlan
    from aib2packer.packer.distribution.target_kind import TargetOutput
    from aib2packer.packer.model import PostProcessor
    from aib2packer.packer.steps.build_context import BuildContext

NOTHING: Mapping[str, Value] = {}

_ONE_OF_EACH = "azure-arm makes one target of each kind, and managed images in the region of the build only"


@dataclass(frozen=True, slots=True)
class DistributionSteps:
    """What happens after azure-arm. Packer runs every chain, whatever becomes of the others, and fails if one did."""

    plan: DistributionPlan
    outputs: Mapping[int, TargetOutput]
    """What the targets come to, by their indices."""
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
            for finishing in self.outputs[target.index].finishing:
                finishing.write(script := self._script())
                if finishing.azure_cli:
                    self._report_cli(target, "finishes", finishing.comment.rstrip("."), finishing.azure_cli)
                yield self._chain(target, finishing.comment, script, finishing.what)
            if target.index in tags or target.index in late_tags:
                script = self._script()
                own, late, resource = tags.get(target.index, {}), late_tags.get(target.index), self._artifact(target)
                if are_plain(own, late):
                    options = (("--operation", "Merge"), *script.tags(own, late))
                    script.az("tag update", ("--resource-id", resource), *options)
                else:
                    script.merge_tags(resource, own, late)
                yield self._chain(target, "Tags of its own, which azure-arm would put on all that it makes.", script, "tags")

    def _report_cli(self, target: Target, does: str, why: str, azure_cli: str) -> None:
        self.context.report.add(
            codes.COPIED,
            target.span,
            f"the Azure CLI {does} distribute[{target.index}] after the build: {why}",
            help=f"The Azure CLI {azure_cli} or later must be signed in where Packer runs: see the post-processor.",
        )

    def copy(self) -> Iterator[PostProcessors]:
        """The targets that azure-arm does not make."""
        for target in self.plan.copied:
            self._report_cli(target, "makes", _ONE_OF_EACH, kind_of_target(target).azure_cli)
            what = self.outputs[target.index].copy(self.outputs, script := self._script())
            step = script.post_processor(_step_name(target), self._file(target, "copy", what))
            yield PostProcessors(what, (step, *self._manifest((target,))), (target.span,))

    def clean_up(self) -> Iterator[PostProcessors]:
        """Delete what was made for others to be copied from."""
        symbols, plan, label = self.context.symbols, self.plan, self.context.decisions.label
        script, one_fails = self._script(), ""
        if plan.image_group is not None and plan.snapshot:
            one_fails = "failed=yes" if plan.temporary_group is not None else ""
            snapshot = script.word("SNAPSHOT", snapshot_id(plan.image_group, label, symbols))
            script.az("snapshot delete", ("--ids", RawShell(snapshot)), otherwise=one_fails)
        if plan.temporary_group is not None:
            image = script.word("IMAGE", managed_image_id(plan.temporary_group, temporary_image(label), symbols))
            script.az("image delete", ("--ids", RawShell(image)))
        if self.context.decisions.security.makes_image and self.build_group:
            group = HclCode(f'var.{BUILD_GROUP.name} == null ? "" : var.{BUILD_GROUP.name}', (BUILD_GROUP,))
            with script.block(f"if [ -n {script.word('BUILD_GROUP', group)} ]; then", "fi"):
                image = script.word("IMAGE", compute_id(image_group(label), "images", temporary_image(label)))
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

    def _script(self) -> Script:
        by_file = self.context.signs_in_by_file
        return Script(self.context.symbols, self.context.report, self.minutes, signs_in_by_file=by_file)

    def _file(self, target: Target, what: str, about: str) -> ScriptFile | None:
        """Where a script may lie; None where everything stands in the HCL."""
        return ScriptFile(distribution_script(target.index, what), about) if self.context.side_files else None

    def _chain(self, target: Target, comment: str, script: Script, what: str) -> PostProcessors:
        step = script.post_processor(f"{_step_name(target)}-{what}", self._file(target, what, comment))
        return PostProcessors(comment, (step,), (target.span,))

    def _artifact(self, target: Target) -> Value:
        """The id of what a target becomes: a resource id, or a URI."""
        output = self.outputs[target.index]
        return output.made_id if target in self.plan.made else output.copied_id

    def _manifest(self, targets: tuple[Target, ...], kept: Mapping[str, Value] = NOTHING) -> tuple[PostProcessor, ...]:
        outputs = [(target.run_output_name, self._artifact(target)) for target in targets if target.run_output_name is not None]
        return (manifest(self.name, outputs, kept, self.context),)


def _step_name(target: Target) -> str:
    literal = target.run_output_name.literal if target.run_output_name is not None else None
    return literal or f"distribute-{target.index}"
