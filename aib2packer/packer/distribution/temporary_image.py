"""The managed image that azure-arm makes though no target asks for it, and what targets are copied from."""

from __future__ import annotations

from typing import TYPE_CHECKING

from aib2packer.findings import codes
from aib2packer.packer.distribution.made_ids import snapshot_name, temporary_image
from aib2packer.packer.shell_words import shown_name
from aib2packer.packer.source.kinds import kind_of_source
from aib2packer.packer.vm.resource_group import TEMPORARY, image_group, named_at_a_time, temporary_group, temporary_stem

if TYPE_CHECKING:
    from aib2packer.aib.model import ImageTemplate
    from aib2packer.arm.language.text import TemplateText
    from aib2packer.findings.model import Report
    from aib2packer.hcl.values import Settings
    from aib2packer.packer.decisions import Decisions
    from aib2packer.packer.security import Security
    from aib2packer.packer.variables.symbols import Symbols


def temporary_image_settings(template: ImageTemplate, decisions: Decisions, symbols: Symbols, report: Report) -> Settings:
    """The settings of azure-arm for a temporary image, and for the snapshot that managed images are copied from."""
    plan, security, label = decisions.plan, decisions.security, decisions.label
    settings: Settings = {}
    if plan.temporary_group is not None:
        _report_temporary(plan.temporary_group, template, label, report)
        settings["managed_image_name"] = temporary_image(label)
        settings["managed_image_resource_group_name"] = symbols.value(plan.temporary_group)
    if security.makes_image:
        settings |= _image_that_goes(security, template, label)
    if plan.snapshot:
        settings["managed_image_os_disk_snapshot_name"] = snapshot_name(label)
    return settings


def _image_that_goes(security: Security, template: ImageTemplate, label: str) -> Settings:
    """A managed image in the resource group of the build: it goes with the group, also where the build is cancelled."""
    may_be_there = template.staging_resource_group is not None
    return {
        "managed_image_name": security.unless_trusted(temporary_image(label)),
        "managed_image_resource_group_name": security.unless_trusted(
            image_group(label) if may_be_there else temporary_group(label)
        ),
    }


def _report_temporary(group: TemplateText, template: ImageTemplate, label: str, report: Report) -> None:
    why = (
        "azure-arm makes a managed image whenever it starts from one"
        if kind_of_source(template.source).image_group(template.source) is not None
        else "azure-arm makes a managed image in the region of the build only, from whose disk the others are copied"
    )
    report.add(
        codes.EXTRA_MANAGED_IMAGE,
        template.source.span,
        f"{why}: its name begins with {TEMPORARY}-{label}, it is in {group}, and the last post-processor deletes it",
        help=f"If the build fails before that, delete it: `az image list --resource-group {shown_name(group)} --query "
        f'"[?{named_at_a_time(temporary_stem(label))}].id" --output tsv` lists it, and those of builds that are under '
        "way: a name ends with the time at which its build began, in UTC.",
    )
