"""How large an image template is, and what its conversion takes: that is known before it is converted."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from aib2packer.arm.language.json_values import JsonSymbolic
from aib2packer.arm.language.symbolic import once, parts_of, walk
from aib2packer.findings import codes
from aib2packer.jsonc.tree import JsonArray, JsonObject, JsonScalar

if TYPE_CHECKING:
    from collections.abc import Sequence

    from aib2packer.arm.documents.image_templates import Resource
    from aib2packer.arm.evaluation.budget import Budget
    from aib2packer.arm.language.symbolic import ArmValue, Lambda
    from aib2packer.findings.model import Report
    from aib2packer.jsonc.tree import Json

_MOST = 10_000
"""The most settings of an image template, far above what the largest that are public have."""
_STEP, _TAG, _TARGET = 5, 20, 100
_SECRET = 5  # and more a text counts for that may hold a secret: it is looked for, and becomes a variable
_SIGNS_OF_SECRETS = (":/", ":\\/", "sig=", "Key=")
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

# What a conversion takes, in units of `arm/evaluation/budget.py`: measured with lists of image templates of each kind.
_CONVERSION = 13_000
_SETTING, _VALUE = 25, 100
_CHARACTERS = 2  # that are made and looked at for a unit
_OTHER = 10  # each other image template, which is found too
_DOCUMENT = 150  # each deployment template beside the first
_DEFINITION = 300  # each image definition beside it


class Holding(NamedTuple):
    """How much an image template holds: `settings` as they count for the most that there may be, values, and characters."""

    settings: int
    values: int
    characters: int


def holding_of(resource: Resource | None) -> Holding:
    """How much an image template holds; where there are too many settings, what was counted until then."""
    settings = values = characters = 0
    size = once(_size)
    waiting: list[Json] = [] if resource is None else [resource.body]
    while waiting and settings <= _MOST:
        node = waiting.pop()
        if isinstance(node, JsonScalar):
            values += 1
            settings += 1 + _SECRET * _may_hide(node.value)
            characters += len(node.value) if isinstance(node.value, str) else 0
        elif isinstance(node, JsonObject):
            for member in node.members:
                waiting.append(member.value)
                if (each := _OF_EACH.get(member.key.lower())) is not None:
                    settings += each * _items(member.value)
        elif isinstance(node, JsonArray):
            waiting += node.items
        else:
            parts, length = size(node.symbol) if isinstance(node, JsonSymbolic) else (0, 0)
            values += 1 + parts // _PARTS
            settings += 1 + parts // _PARTS
            characters += length
    return Holding(settings, values, characters)


def fits(resource: Resource, holding: Holding, report: Report) -> bool:
    """Whether an image template is no larger than what is converted."""
    if holding.settings > _MOST:
        report.add(
            codes.TOO_MANY_SETTINGS,
            resource.body.span,
            f"the image template has more than {_MOST:,} settings: a step counts as {_STEP}, "
            f"a tag as {_TAG}, a target as {_TARGET}, {_PARTS} parts of an expression as one, a URL or a key as {_SECRET}",
            help="Move steps into scripts, give the parameters of long expressions values, or split the image template.",
        )
    return holding.settings <= _MOST


def work_for(resource: Resource | None, holding: Holding, found: int, budgets: Sequence[Budget]) -> int:
    """What converting one of the image templates found takes; there is a budget for each reading of a deployment template."""
    documents = _DOCUMENT * max(0, len(budgets) - 1)
    finding = _OTHER * found + documents + sum(budget.work for budget in budgets)
    if resource is None:
        return finding
    finding += _DEFINITION * len(resource.siblings.definitions)
    inside = _SETTING * holding.settings + _VALUE * holding.values + holding.characters // _CHARACTERS
    return _CONVERSION + finding + inside


def _items(node: Json) -> int:
    """How many items a list has, and members an object."""
    if isinstance(node, JsonArray):
        return len(node.items)
    return len(node.members) if isinstance(node, JsonObject) else 0


def _may_hide(value: object) -> bool:
    return isinstance(value, str) and ("/" in value or "=" in value) and any(sign in value for sign in _SIGNS_OF_SECRETS)


def _size(symbol: ArmValue | Lambda, _inside: object) -> tuple[int, int]:
    """How many parts an expression has, and how long its texts are; what stands in several places is gone through once."""
    parts = [part for one in walk(symbol) for part in parts_of(one)]
    return len(parts), sum(len(part) for part in parts if isinstance(part, str))
