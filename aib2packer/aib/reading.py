"""Reading a document: from the JSON in it to what its image template says."""

from __future__ import annotations

from typing import TYPE_CHECKING

from aib2packer.aib.holding import fits, holding_of, work_for
from aib2packer.aib.template import read_template
from aib2packer.arm.documents.cloud import find_cloud
from aib2packer.arm.documents.context import Context
from aib2packer.arm.documents.fill_placeholders import fill
from aib2packer.arm.documents.image_templates import choose, image_templates
from aib2packer.arm.documents.parameters import read_values
from aib2packer.findings import codes
from aib2packer.jsonc.replace import replaced
from aib2packer.lazy.models import dataclass, replace
from aib2packer.options import MOST_WORK

if TYPE_CHECKING:
    from collections.abc import Callable

    from aib2packer.aib.model import ImageTemplate
    from aib2packer.aib.template import KindsToRead
    from aib2packer.arm.documents.fill_placeholders import Filled
    from aib2packer.findings.model import Finding, Report
    from aib2packer.jsonc.tree import Json, JsonObject
    from aib2packer.options import Options

_OF_THE_GROUP = ("resourcegroup(", "resourceid(", "azurerm_", "azapi_")
"""What asks where the template is deployed to; of Terraform whatever stands for that."""


@dataclass(frozen=True, slots=True)
class OpenDocument:
    """A document with what the user says filled in, to read image templates from; `findings` is what there was to say of it."""

    document: Json
    context: Context
    findings: tuple[Finding, ...] = ()

    def with_names(self, names: tuple[str, ...]) -> OpenDocument:
        """The document, with the names of all image templates in it, which are not worked out again."""
        return replace(self, context=replace(self.context, names=names))


@dataclass(frozen=True, slots=True)
class FoundTemplate:
    """What an image template says, and the resource that it was read from; None for what could not be had.

    `names` are those of all image templates in the document: each can be the name in the options. `work` is what its conversion
    takes (`arm/evaluation/budget.py`).
    """

    template: ImageTemplate | None
    body: JsonObject | None
    names: tuple[str, ...]
    work: int


def read(opened: OpenDocument, kinds: KindsToRead, options: Options, report: Report) -> FoundTemplate:
    """Find the image template in a document and read it: there is none after an error that leaves nothing to go on with.

    Parameters that decide what is built cannot be variables. Which they are shows when the template is read: then it is read
    once more, with their values in place.

    Args:
        opened: What the input holds, in any of the forms that image templates come in.
        kinds: The kinds of sources, customizers and targets that there are.
        options: What the user decided.
        report: Gets what the last reading had to say.

    """
    document = opened.document
    most = MOST_WORK if options.most_work is None else min(MOST_WORK, options.most_work)
    context = replace(opened.context, budgets=[], most_work=most)
    while True:
        needed: set[str] = set()
        before = report.mark()
        found = image_templates(document, context, report)
        resource = choose(found, options.name, document, report)
        holding = holding_of(resource)
        work = work_for(resource, holding, len(found), context.budgets)
        if options.most_work is not None and work > options.most_work:
            report.add(
                codes.TOO_MANY_SETTINGS,
                document.span.first,
                "the image template takes more work than is left for it",
                help="Convert it by itself.",
            )
            return FoundTemplate(None, None, tuple(one.name for one in found), work)
        readable = resource is not None and fits(resource, holding, report)
        template = read_template(resource, kinds, options, needed, report) if resource is not None and readable else None
        needed |= frozenset() if resource is None else resource.counted
        if needed <= context.shape:
            return FoundTemplate(
                None if template is None else replace(template, cloud=context.cloud),
                None if resource is None else resource.body,
                tuple(one.name for one in found),
                work,
            )
        report.return_to(before)
        context = replace(context, shape=context.shape | needed)


def _report_unused(filled: Filled, options: Options, report: Report) -> None:
    """Tell of a group or a region that the user gave, and nothing in the document asks for: no placeholder, no function."""
    if options.resource_group is None and options.location is None:
        return
    text = filled.document.span.source.text.lower()
    for option, given, names in (
        ("--resource-group", options.resource_group, ("resourceGroup", "resourceGroupName")),
        ("--location", options.location, ("location", "region")),
    ):
        if given is not None and filled.used.isdisjoint(names) and not any(name in text for name in _OF_THE_GROUP):
            report.add(
                codes.NO_EFFECT,
                filled.document.span.first,
                f"{option} has no effect: nothing in the template asks for it",
                help="Leave it out for this template.",
            )


def open_document(
    document: Json, options: Options, read_linked: Callable[[str, Report], Json | None], report: Report
) -> OpenDocument:
    """Put new names in place of old ones and values in place of placeholders, and find out what the user says beside that.

    Args:
        document: What the input holds.
        options: What the user decided.
        read_linked: Reads a template by its path beside the input; None where it cannot be had.
        report: Gets what there is to say, and gives the findings.

    """
    given = read_values(options, report)
    filled = fill(replaced(document, options.replacements), given.values, options, report)
    for token, span in filled.half:
        report.add(
            codes.PLACEHOLDER,
            span,
            f"`{token}` may be a placeholder, as the template has others of this form, or belong to the shell",
            help="Fill in the template with its own tool first, or give every placeholder a value with --set.",
        )
    _report_unused(filled, options, report)
    context = Context(
        values=filled.values,
        filled=filled.used,
        left_empty=given.left_empty,
        subscription_id=options.subscription_id,
        resource_group=options.resource_group,
        location=options.location,
        cloud=find_cloud(filled.document, options),
        fold=options.resolve,
        read_linked=read_linked,
    )
    return OpenDocument(filled.document, context, report.findings)
