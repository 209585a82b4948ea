"""Rules of the service that its answers tell of, and that nothing in the output depends on.

Source: docs/reference/aib-behaviour.md 8.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from aib2packer.aib.service_answers import error_code
from aib2packer.findings import codes
from aib2packer.lazy.patterns import pattern

if TYPE_CHECKING:
    from aib2packer.aib.ids import ResourceId
    from aib2packer.aib.model import ImageTemplate
    from aib2packer.arm.language.text import TemplateText
    from aib2packer.findings.model import Report

_NAME = pattern(r"[A-Za-z0-9_.-]{1,64}")
_DOTS_SINCE = "2019-05-01-preview"
_MOST_TRIGGERS = 100
_GROUP_ID = pattern(r"/subscriptions/[^/]+/resourceGroups/[^/]+/?", re.IGNORECASE)


def check_rules(template: ImageTemplate, report: Report) -> None:
    """Report what the service refuses, where it makes no difference to Packer."""
    _check_name(template.name, "the template's name", template, report)
    for target in template.targets:
        _check_name(target.run_output_name, "the runOutputName", template, report)
    _check_staging_group(template, report)
    if template.siblings.triggers:
        _check_triggered(template, report)


def _check_name(name: TemplateText | None, what: str, template: ImageTemplate, report: Report) -> None:
    known = None if name is None else name.literal
    if name is None or known is None:
        return
    with_dots = not template.api.before(_DOTS_SINCE)
    if _NAME.fullmatch(known) and (with_dots or "." not in known):
        return
    report.add(
        codes.REFUSED_NAME,
        name.span,
        f"{what} `{name}` is not one that the service takes: "
        f"letters, digits, `-`, {'`_` and `.`' if with_dots else 'and `_`'}, 64 at most",
        help="Choose another name.",
    )


def _check_staging_group(template: ImageTemplate, report: Report) -> None:
    group = template.staging_resource_group
    if group is None or group.literal is None:
        return
    if not _GROUP_ID.fullmatch(group.literal):
        report.add(
            codes.REFUSED_GROUP,
            group.span,
            f"`{group}` is not the id of a resource group" + error_code("BadStagingResourceGroup"),
            help="Write /subscriptions/…/resourceGroups/…",
        )
        return
    own = None if template.id is None else template.id.subscription.literal
    if own is not None and own.lower() != group.literal.split("/")[2].lower():
        report.add(
            codes.REFUSED_GROUP,
            group.span,
            f"the staging resource group must be in the template's own subscription, {own}"
            + error_code("BadStagingResourceGroup"),
            help="Choose a group of that subscription.",
        )


def _check_triggered(template: ImageTemplate, report: Report) -> None:
    """A template with a trigger is built again and again: into another version each time, and never out of its own image."""
    if (count := len(template.siblings.triggers)) > _MOST_TRIGGERS:
        report.add(
            codes.REFUSED_TRIGGER,
            template.source.span,
            f"there are {count} triggers: the service takes {_MOST_TRIGGERS} in a region",
            help="Nothing to do for Packer, which has none.",
        )
    for target in template.targets:
        version = target.own_version
        if version is not None:
            shown = "" if version.literal is None else f" ({version})"
            report.add(
                codes.REFUSED_TRIGGER,
                version.span,
                f"a template with a trigger may not name a version{shown}: its second build would find that version there",
                help="Leave the version out, and let versioning decide.",
            )
        source, own = template.source.definition, target.definition
        if source is not None and own is not None and _names(source) == _names(own):
            report.add(
                codes.REFUSED_TRIGGER,
                template.source.span,
                "the trigger watches the image definition that the template publishes to: each build would start the next",
                help="Publish to another image definition.",
            )


def _names(definition: ResourceId) -> tuple[object, ...]:
    """The names that make an image definition, to be compared."""
    parts = (definition[segment].parts for segment in ("subscriptions", "resourcegroups", "galleries", "images"))
    return tuple(part.lower() if isinstance(part, str) else part for segment in parts for part in (*segment, None))
