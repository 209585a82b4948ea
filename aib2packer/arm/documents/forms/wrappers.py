"""Documents that hold others: lists of resources, template specs, and what Azure exports."""

from __future__ import annotations

import posixpath
from typing import TYPE_CHECKING

from aib2packer.findings import codes
from aib2packer.jsonc.reader import parse
from aib2packer.jsonc.tree import JsonArray, JsonMember, JsonObject, JsonScalar, string_of
from aib2packer.lazy.models import replace
from aib2packer.text.source import SourceText

if TYPE_CHECKING:
    from collections.abc import Iterator

    from aib2packer.arm.documents.context import Context
    from aib2packer.findings.model import Report
    from aib2packer.jsonc.tree import Json

# Where a list stands: `value` in answers of the REST API, `data` in those of Resource Graph.
_LISTS = ("value", "data")
# What says that a list goes on elsewhere: in the REST API, in Resource Graph, and in what az and PowerShell make of that.
_MORE = ("nextLink", "$skipToken", "skip_token", "skipToken")
_TOTALS = ("total_records", "totalRecords")
_SPEC = "microsoft.resources/templatespecs"


def listed(document: Json) -> tuple[Json, ...] | None:
    """The items of a list, as `az … list`, the REST API or Resource Graph print it; None where it is no list."""
    if isinstance(document, JsonObject):
        rows = _rows(document.get("data"))
        if rows is not None:
            return rows
        document = next((found for key in _LISTS if isinstance(found := document.get(key), JsonArray)), document)
    return document.items if isinstance(document, JsonArray) else None


def _rows(table: Json | None) -> tuple[Json, ...] | None:
    """The objects that a table of Resource Graph (`resultFormat: table`) has as rows."""
    columns, rows = (table.get("columns"), table.get("rows")) if isinstance(table, JsonObject) else (None, None)
    if not isinstance(columns, JsonArray) or not isinstance(rows, JsonArray):
        return None
    names = [name if isinstance(one, JsonObject) and (name := one.get("name")) else one for one in columns.items]
    return tuple(
        JsonObject(
            tuple(JsonMember(string_of(name) or "", name.span, value) for name, value in zip(names, row.items, strict=False)),
            row.span,
        )
        for row in rows.items
        if isinstance(row, JsonArray)
    )


def report_further_pages(document: Json, report: Report) -> None:
    """Say of a list that it is one page of several, where it tells."""
    items = listed(document)
    if items is None or not isinstance(document, JsonObject):
        return
    total = next((one.value for key in _TOTALS if isinstance(one := document.get(key), JsonScalar)), None)
    count = total if isinstance(total, int) and total > len(items) else None
    mark = next((key for key in _MORE if string_of(document.get(key))), None)
    if mark is None and count is None and (string_of(document.get("resultTruncated")) or "").lower() != "true":
        return
    key = mark or next((key for key in _TOTALS if document.get(key) is not None), "resultTruncated")
    all_there_are = f"of {count:,}" if count is not None else "of a longer list"
    report.add(
        codes.NOT_READ,
        document.key_span(key),
        f"this is one page, with {len(items):,} {all_there_are}: the others are not converted",
        help="Convert the other pages too, or read all of them from Azure: aib2packer convert --subscription ID -o DIR.",
    )


def exported(document: JsonObject, context: Context, report: Report) -> tuple[JsonObject, Context] | None:
    """The deployment template in a template spec or an export, and the context to read it in; None for other documents.

    A template spec stands as `az ts show` or `Get-AzTemplateSpec` prints it, as the REST API does (below `properties`), or as
    it is deployed. Links lead to the templates that it brings along. An export by the REST API holds `template`.
    """
    properties = document.get("properties")
    holder = properties if isinstance(properties, JsonObject) else document
    main = _template(holder.get("mainTemplate"), report)
    if main is not None:
        return main, _with_linked(holder, context, report)
    template = document.get("template")
    return (template, context) if isinstance(template, JsonObject) else None


def versions_of(document: JsonObject) -> tuple[JsonObject, ...]:
    """The versions of template specs in a document: what PowerShell shows of one, or a template that deploys them."""
    versions = document.get("versions")
    shown = versions.items if isinstance(versions, JsonArray) else ()
    brought = (one for one in shown if isinstance(one, JsonObject) and one.get("mainTemplate") is not None)
    return (*brought, *_deployed_versions(document.get("resources"), ""))


def _deployed_versions(resources: Json | None, parent: str) -> Iterator[JsonObject]:
    items = resources.items if isinstance(resources, JsonArray) else ()
    by_name = tuple(member.value for member in resources) if isinstance(resources, JsonObject) else ()
    for item in (*items, *by_name):
        if not isinstance(item, JsonObject):
            continue
        kind = (string_of(item.get("type")) or "").lower()
        if kind == f"{_SPEC}/versions" or (parent == _SPEC and kind == "versions"):
            plain = _unescaped(item)
            if isinstance(plain, JsonObject):
                yield plain
        elif kind == _SPEC:
            yield from _deployed_versions(item.get("resources"), kind)


def _unescaped(node: Json) -> Json:
    """A template as it is deployed within another, where `[[` begins what only the inner one evaluates."""
    match node:
        case JsonScalar(str() as text, span):
            from aib2packer.arm.language.expression import unescape

            return JsonScalar(unescape(text), span)
        case JsonArray(items, span):
            return JsonArray(tuple(map(_unescaped, items)), span)
        case JsonObject(members, span):
            return JsonObject(tuple(replace(one, value=_unescaped(one.value)) for one in members), span)
        case _:
            return node


def _template(node: Json | None, report: Report) -> JsonObject | None:
    """A template, which PowerShell shows as text."""
    text = string_of(node)
    if node is not None and text is not None:
        node = parse(SourceText(f"{node.span.source.name} (mainTemplate)", text), report)
    return node if isinstance(node, JsonObject) else None


def _with_linked(spec: JsonObject, context: Context, report: Report) -> Context:
    """The context in which links lead to what a template spec brings along, before they lead to files."""
    artifacts = spec.get("linkedTemplates") or spec.get("artifacts")
    brought: dict[str, Json] = {}
    for artifact in artifacts.items if isinstance(artifacts, JsonArray) else ():
        if isinstance(artifact, JsonObject):
            path, template = string_of(artifact.get("path")), _template(artifact.get("template"), report)
            if path is not None and template is not None:
                brought[posixpath.normpath(path.replace("\\", "/"))] = template

    def read(path: str, report: Report) -> Json | None:
        return brought.get(path) or context.read_linked(path, report)

    return replace(context, read_linked=read)
