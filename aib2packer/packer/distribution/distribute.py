"""The whole distribution: the settings of azure-arm, and the post-processors behind it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from aib2packer.aib.model import GalleryTarget, VhdTarget
from aib2packer.hcl.values import traced
from aib2packer.lazy.models import dataclass, replace
from aib2packer.packer.distribution.gallery import gallery_settings, gallery_version
from aib2packer.packer.distribution.managed_image import managed_image_settings
from aib2packer.packer.distribution.steps import DistributionSteps
from aib2packer.packer.distribution.tags import tags_value
from aib2packer.packer.distribution.versions import report_versions
from aib2packer.packer.distribution.vhd import vhd_of, vhd_settings
from aib2packer.packer.vm.machine import build_location, timeout

if TYPE_CHECKING:
    from collections.abc import Mapping

    from aib2packer.aib.model import ImageTemplate
    from aib2packer.hcl.values import Settings, Value
    from aib2packer.packer.model import PostProcessors
    from aib2packer.packer.steps.build_context import BuildContext


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
    symbols, report, plan, name = context.symbols, context.report, context.decisions.plan, context.decisions.name
    location = build_location(plan.location, symbols)
    report_versions(plan.galleries, symbols, report)
    versions = {
        target.index: gallery_version(target, plan, location, symbols, report)
        for target in template.targets
        if isinstance(target, GalleryTarget)
    }
    versions |= {index: replace(versions[index], exclude_from_latest=held) for index, held in needed.held_back.items()}
    vhds = {
        target.index: vhd_of(target, template.cloud, symbols, report)
        for target in template.targets
        if isinstance(target, VhdTarget)
    }
    tags = context.decisions.tags
    settings = managed_image_settings(template, context.decisions, symbols, report)
    if plan.vhd is not None:
        settings |= vhd_settings(vhds[plan.vhd.index])
    if plan.gallery is not None:
        settings |= gallery_settings(versions[plan.gallery.index], location, timeout(template, symbols), symbols)
    if tags.shared:
        settings["azure_tags"] = traced(tags_value(tags.shared, symbols), *tags.origins)
    steps = DistributionSteps(
        plan,
        versions,
        vhds,
        location,
        name,
        template.build_timeout_minutes if template.build_timeout is None else symbols.value(template.build_timeout),
        template.staging_resource_group is not None,
        context,
    )
    chains = (*steps.finish_made(tags.own, tags.late_own), *steps.copy(), *steps.clean_up(), *steps.record(needed.recorded))
    return Distribution(settings, chains)
