"""Documents of Azure that are no image template: what they are, and what to pass instead."""

from __future__ import annotations

from typing import TYPE_CHECKING

from aib2packer.arm.documents.forms.wrappers import listed
from aib2packer.jsonc.tree import JsonArray, JsonObject, string_of

if TYPE_CHECKING:
    from aib2packer.jsonc.tree import Json

_PROVIDER = "microsoft.virtualmachineimages/imagetemplates"
_SHOW = "az resource show --ids "
_KINDS = {
    f"{_PROVIDER}/runoutputs": ("a run output: it says where a build has put an image", "the image template that was run"),
    f"{_PROVIDER}/triggers": ("a trigger: it says when a build starts", "the image template that it starts"),
    "microsoft.compute/galleries/images": (
        "an image definition: it says what the images in it have in common",
        "the image template that distributes to it",
    ),
    "microsoft.compute/galleries/images/versions": (
        "an image version: what a build has made",
        "the image template that made it",
    ),
    "microsoft.compute/images": ("a managed image: what a build has made", "the image template that made it"),
}


def what_it_is(document: Json) -> tuple[str, str] | None:
    """Name a document that belongs to an image template without being one, and say what to pass; None for others."""
    if not isinstance(document, JsonObject):
        return _what_all_are(listed(document) or ())
    if "deploymentparameters" in (string_of(document.get("$schema")) or "").lower():
        return "this is a parameters file, not a template", "Pass the template, and this file with -p."
    if _is_ui(document):
        return "this is a form of the portal (createUiDefinition), not a template", "Pass the template that it fills in."
    known = _KINDS.get((string_of(document.get("type")) or "").lower())
    if known is not None:
        return f"this is {known[0]}", f"Pass {known[1]}{_command(document)}"
    if isinstance(document.get("versions"), JsonObject) and document.get("mainTemplate") is None:
        return (
            "this is a template spec without one of its versions",
            "Pass what `az ts show --version VERSION` prints for one of them.",
        )
    if document.get("artifactId") is not None or document.get("artifactUri") is not None:
        kind = _KINDS[f"{_PROVIDER}/runoutputs"]
        return f"this is {kind[0]}", f"Pass {kind[1]}{_command(document)}"
    return _what_all_are(listed(document) or ())


def _what_all_are(items: tuple[Json, ...]) -> tuple[str, str] | None:
    """What is to be said of the first of several documents, where it is true of all of them."""
    kinds = {string_of(item.get("type")) if isinstance(item, JsonObject) else None for item in items}
    return what_it_is(items[0]) if len(kinds) == 1 and not isinstance(items[0], JsonArray) else None


def _is_ui(document: JsonObject) -> bool:
    handler = (string_of(document.get("handler")) or "").lower()
    return handler.startswith("microsoft.azure.createuidef")


def _command(document: JsonObject) -> str:
    """The command that prints the image template that a resource below it belongs to, where its id tells."""
    identity = string_of(document.get("id")) or ""
    parts = identity.split("/")
    at = next((index for index, part in enumerate(parts) if part.lower() == "imagetemplates"), None)
    if at is None or len(parts) <= at + 1:
        return ": `az resource show --ids ID` prints it."
    return f": `{_SHOW}{'/'.join(parts[: at + 2])}` prints it."
