"""The whole distribution: the settings of azure-arm, and the post-processors behind it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from aib2packer.hcl.printing import print_value, references
from aib2packer.hcl.values import HclCode, traced
from aib2packer.lazy.models import dataclass
from aib2packer.packer.distribution.image_version import report_versions
from aib2packer.packer.distribution.kinds import kind_of_target
from aib2packer.packer.distribution.steps import DistributionSteps
from aib2packer.packer.distribution.tags import tags_value
from aib2packer.packer.distribution.target_kind import TargetContext
from aib2packer.packer.distribution.temporary_image import temporary_image_settings
from aib2packer.packer.vm.machine import build_location, timeout

if TYPE_CHECKING:
    from collections.abc import Mapping

    from aib2packer.aib.model import ImageTemplate
    from aib2packer.hcl.values import Settings, Value
    from aib2packer.packer.model import PostProcessors
    from aib2packer.packer.steps.build_context import BuildContext
    from aib2packer.packer.variables.symbols import Symbols


@dataclass(frozen=True, slots=True)
class Distribution:
    """What becomes of the targets."""

    settings: Settings
    post_processors: tuple[PostProcessors, ...]


@dataclass(frozen=True, slots=True)
class ForValidation:
    """What the build that validates needs: `recorded` beside the run outputs, versions `held_back` by their target's index."""

    recorded: Mapping[str, Value]
    held_back: Mapping[int, Value]


def distribute(template: ImageTemplate, context: BuildContext, needed: ForValidation) -> Distribution:
    """Translate the targets."""
    decisions, symbols, report = context.decisions, context.symbols, context.report
    plan, tags = decisions.plan, decisions.tags
    made_with = TargetContext(
        plan=plan,
        location=build_location(plan.location, symbols),
        timeout=timeout(template, symbols),
        cloud=template.cloud,
        os_type=context.os_type,
        label=decisions.label,
        held_back=needed.held_back,
        symbols=symbols,
        report=report,
    )
    report_versions(plan.galleries, symbols, report)
    outputs = {target.index: kind_of_target(target).translate(target, made_with) for target in template.targets}
    settings = temporary_image_settings(template, decisions, symbols, report)
    for target in plan.made:
        settings = {**outputs[target.index].settings(), **settings}
    if tags.shared:
        settings["azure_tags"] = traced(tags_value(tags.shared, symbols), *tags.origins)
    steps = DistributionSteps(
        plan,
        outputs,
        decisions.name,
        _minutes(template, symbols),
        template.staging_resource_group is not None,
        context,
    )
    chains = (*steps.finish_made(tags.own, tags.late_own), *steps.copy(), *steps.clean_up(), *steps.record(needed.recorded))
    return Distribution(settings, chains)


def _minutes(template: ImageTemplate, symbols: Symbols) -> Value:
    """The minutes of the build for a shell, which computes with them: nothing but a number."""
    if template.build_timeout is None:
        return template.build_timeout_minutes
    value = symbols.value(template.build_timeout)
    return HclCode(f"floor({print_value(value)})", references(value))
