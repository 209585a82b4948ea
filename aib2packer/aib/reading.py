"""Reading a document: from the JSON in it to what its image template says."""

from __future__ import annotations

from typing import TYPE_CHECKING

from aib2packer.aib.template import read_template
from aib2packer.arm.documents.cloud import find_cloud
from aib2packer.arm.documents.context import Context
from aib2packer.arm.documents.fill_placeholders import fill
from aib2packer.arm.documents.image_templates import choose, image_templates
from aib2packer.arm.documents.parameters import read_values
from aib2packer.arm.language.json_values import JsonSymbolic
from aib2packer.arm.language.symbolic import once, parts_of, walk
from aib2packer.findings import codes
from aib2packer.jsonc.replace import replaced
from aib2packer.jsonc.tree import JsonArray, JsonObject, JsonScalar
from aib2packer.lazy.models import dataclass, replace
from aib2packer.lazy.patterns import pattern

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from aib2packer.aib.model import ImageTemplate
    from aib2packer.aib.template import KindsToRead
    from aib2packer.arm.documents.fill_placeholders import Filled
    from aib2packer.arm.documents.image_templates import Resource
    from aib2packer.arm.evaluation.budget import Budget
    from aib2packer.arm.language.symbolic import ArmValue, Lambda
    from aib2packer.findings.model import Finding, Report
    from aib2packer.jsonc.tree import Json
    from aib2packer.options import Options

_MOST = 10_000
"""The most settings of an image template, far above what the largest that are public have."""
_STEP, _TAG, _TARGET = 5, 20, 100
_SECRET = 5  # and more a text counts for that may hold a secret: it is looked for, and becomes a variable
_SIGN_OF_SECRET = pattern(r":\\?/|sig=|Key=")
_PARTS = 10  # of an expression, its variables filled in, count for a setting: each is gone through some forty times
_OF_EACH = {
    "customize": _STEP,
    "invmvalidations": _STEP,
    "distribute": _TARGET,
    "tags": _TAG,
    "artifacttags": _TAG,
    "managedresourcetags": _TAG,
}
"""What an item of these lists counts for, besides its settings: for the work that is done for it."""


_CONVERSION = 27_000
_FINDING = 60
_DOCUMENT = 150
"""What converting an image template costs besides, in units of `arm/evaluation/budget.py`, and finding it: each other, and
each deployment template beside the first."""
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
    document, context = opened.document, replace(opened.context, budgets=[])
    while True:
        needed: set[str] = set()
        before = report.mark()
        found = image_templates(document, context, report)
        resource = choose(found, options.name, document, report)
        fits = resource is not None and _fits(resource, report)
        template = read_template(resource, kinds, options, needed, report) if resource is not None and fits else None
        needed |= frozenset() if resource is None else resource.counted
        if needed <= context.shape:
            return FoundTemplate(
                None if template is None else replace(template, cloud=context.cloud),
                None if resource is None else resource.body,
                tuple(one.name for one in found),
                _work(len(found), context.budgets),
            )
        report.return_to(before)
        context = replace(context, shape=context.shape | needed)


def _work(found: int, budgets: Sequence[Budget]) -> int:
    """What converting one of the image templates found takes; there is a budget for each reading of a deployment template."""
    documents = _DOCUMENT * max(0, len(budgets) - 1)
    return _CONVERSION + _FINDING * found + documents + sum(budget.work for budget in budgets)


def _fits(resource: Resource, report: Report) -> bool:
    """Whether an image template is no larger than what is converted."""
    work = 0
    size = once(_size)
    waiting: list[Json] = [resource.body]
    while waiting and work <= _MOST:
        node = waiting.pop()
        if isinstance(node, JsonScalar):
            work += 1 + _SECRET * _may_hide(node.value)
        elif isinstance(node, JsonObject):
            for member in node.members:
                waiting.append(member.value)
                if (each := _OF_EACH.get(member.key.lower())) is not None:
                    work += each * _items(member.value)
        elif isinstance(node, JsonArray):
            waiting += node.items
        else:
            work += 1 + (size(node.symbol) // _PARTS if isinstance(node, JsonSymbolic) else 0)
    if work > _MOST:
        report.add(
            codes.TOO_MANY_SETTINGS,
            resource.body.span,
            f"the image template has more than {_MOST:,} settings: a step counts as {_STEP}, "
            f"a tag as {_TAG}, a target as {_TARGET}, {_PARTS} parts of an expression as one, a URL or a key as {_SECRET}",
            help="Move steps into scripts, give the parameters of long expressions values, or split the image template.",
        )
    return work <= _MOST


def _items(node: Json) -> int:
    """How many items a list has, and members an object."""
    if isinstance(node, JsonArray):
        return len(node.items)
    return len(node.members) if isinstance(node, JsonObject) else 0


def _may_hide(value: object) -> bool:
    return isinstance(value, str) and ("/" in value or "=" in value) and _SIGN_OF_SECRET.search(value) is not None


def _size(symbol: ArmValue | Lambda, _inside: object) -> int:
    """How many parts an expression has; what stands in several places is gone through once."""
    return sum(len(parts_of(one)) for one in walk(symbol))


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
