"""Whether a resource is an image template, whatever its `type` says."""

from __future__ import annotations

from typing import TYPE_CHECKING

from aib2packer.arm.documents.context import IMAGE_TEMPLATES
from aib2packer.findings import codes
from aib2packer.jsonc.tree import JsonObject, string_of

if TYPE_CHECKING:
    from aib2packer.findings.model import Report
    from aib2packer.jsonc.tree import Json

FULL_TYPE = "Microsoft.VirtualMachineImages/imageTemplates"


def is_made_as_one(body: JsonObject) -> bool:
    """Whether a resource has what image templates alone have: a source, and what is distributed."""
    properties = body.get("properties")
    inner = properties if isinstance(properties, JsonObject) else body
    return inner.get("source") is not None and inner.get("distribute") is not None


def is_image_template(value: Json) -> bool:
    """Whether a value is an image template, by its type or by what it has."""
    return isinstance(value, JsonObject) and (
        (string_of(value.get("type")) or "").lower() in IMAGE_TEMPLATES or is_made_as_one(value)
    )


def check_type(body: JsonObject, report: Report) -> None:
    """Report a type that is not that of an image template, of a resource that is one all the same."""
    found = string_of(body.get("type"))
    if found is not None and found.lower() == FULL_TYPE.lower():
        return
    named = body.get("type")
    span = body.span.first if named is None else named.span
    what = "no type is not" if named is None else f"`{found or named.span.text}` is not"
    report.add(
        codes.WRONG_RESOURCE,
        span,
        f"{what} the type of an image template; it is read as one all the same",
        help=f"Write {FULL_TYPE}.",
    )
