"""Documents that hold others: lists of resources, template specs, and what Azure exports."""

from __future__ import annotations

import posixpath
from typing import TYPE_CHECKING

from aib2packer.jsonc.tree import JsonArray, JsonObject, string_of
from aib2packer.lazy.models import replace

if TYPE_CHECKING:
    from aib2packer.arm.documents.context import Context
    from aib2packer.findings.model import Report
    from aib2packer.jsonc.tree import Json

# Where a list stands: `value` in answers of the REST API, `data` in those of Resource Graph.
_LISTS = ("value", "data")


def listed(document: Json) -> tuple[Json, ...] | None:
    """The items of a list, as `az … list`, the REST API or Resource Graph print it; None where it is no list."""
    if isinstance(document, JsonObject):
        document = next((found for key in _LISTS if isinstance(found := document.get(key), JsonArray)), document)
    return document.items if isinstance(document, JsonArray) else None


def exported(document: JsonObject, context: Context) -> tuple[JsonObject, Context] | None:
    """The deployment template in a template spec or an export, and the context to read it in; None for other documents.

    A template spec stands as `az ts show` prints it, as the REST API does (below `properties`), or as it is deployed. Links
    lead to the templates that it brings along. An export by the REST API holds `template`.
    """
    properties = document.get("properties")
    holder = properties if isinstance(properties, JsonObject) else document
    main = holder.get("mainTemplate")
    if isinstance(main, JsonObject):
        return main, _with_linked(holder, context)
    template = document.get("template")
    return (template, context) if isinstance(template, JsonObject) else None


def _with_linked(spec: JsonObject, context: Context) -> Context:
    """The context in which links lead to what a template spec brings along, before they lead to files."""
    artifacts = spec.get("linkedTemplates") or spec.get("artifacts")
    brought: dict[str, Json] = {}
    for artifact in artifacts.items if isinstance(artifacts, JsonArray) else ():
        if isinstance(artifact, JsonObject):
            path, template = string_of(artifact.get("path")), artifact.get("template")
            if path is not None and template is not None:
                brought[posixpath.normpath(path.replace("\\", "/"))] = template

    def read(path: str, report: Report) -> Json | None:
        return brought.get(path) or context.read_linked(path, report)

    return replace(context, read_linked=read)
