"""Finding the image templates in a document, whatever form it has."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from aib2packer.arm.powershell import is_powershell, restore
from aib2packer.findings import codes
from aib2packer.text.tree import Json, JsonArray, JsonObject, JsonScalar, string_of

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from aib2packer.arm.symbolic import Symbol, Value
    from aib2packer.findings.model import Report
    from aib2packer.text.source import Span

_TYPES = {"microsoft.virtualmachineimages/imagetemplates", "microsoft.virtualmachineimages"}
_DEPLOYMENT = "microsoft.resources/deployments"
_MAX_NAMES = 20


def _unresolved(symbol: Symbol) -> Value:
    return symbol


@dataclass(frozen=True, slots=True)
class Resource:
    """An image template as it stands in the document, its expressions evaluated as far as they can be.

    `flattened`: its properties stand beside its name, as `az image builder show` prints them. `resolve` gives what a symbol in
    it comes to with the values and defaults that the parameters have.
    """

    body: JsonObject
    name: Json | None
    api_version: Json | None
    flattened: bool
    resolve: Callable[[Symbol], Value] = _unresolved


def find_image_template(document: Json, name: str | None, report: Report) -> Resource | None:
    """The one image template of a document, or the one called `name`; None after an error."""
    found = tuple(_resources(document))
    if not found:
        message, help_text = _nothing_found(document)
        report.add(codes.NO_IMAGE_TEMPLATE, _start(document), message, help=help_text)
        return None
    names = tuple(string_of(resource.name) or "(no name)" for resource in found)
    listed = ", ".join(f"`{known}`" for known in names[:_MAX_NAMES]) + (" …" if len(names) > _MAX_NAMES else "")
    if name is not None:
        chosen = [resource for resource, known in zip(found, names, strict=True) if known.lower() == name.lower()]
        if len(chosen) == 1:
            return chosen[0]
        what = "several image templates are" if chosen else "no image template is"
        report.add(
            codes.NO_IMAGE_TEMPLATE,
            _start(document),
            f"{what} called `{name}`",
            help=f"The input holds {listed}.",
        )
        return None
    if len(found) > 1:
        report.add(
            codes.SEVERAL_IMAGE_TEMPLATES,
            _start(found[1].body),
            f"the input holds {len(found)} image templates: {listed}",
            help="Choose one with --name NAME.",
        )
        return None
    return found[0]


def _resources(document: Json) -> Iterator[Resource]:
    if isinstance(document, JsonArray):  # az image builder list
        for item in document.items:
            yield from _resources(item)
        return
    if not isinstance(document, JsonObject):
        return
    if isinstance(resources := document.get("resources"), JsonArray | JsonObject) and not _is_image_template(document):
        yield from _deployed(resources)
    elif isinstance(listed := document.get("value"), JsonArray):  # what the REST API lists
        yield from _resources(listed)
    elif isinstance(parameters := document.get("parameters"), JsonObject) and not _is_image_template(document):
        yield from _rest_example(document, parameters)
    elif _is_image_template(document):
        yield _resource(document)


def _deployed(resources: JsonArray | JsonObject) -> Iterator[Resource]:
    """The image templates of a deployment template, those of nested deployments included."""
    items = resources.items if isinstance(resources, JsonArray) else tuple(member.value for member in resources)
    for item in items:
        if not isinstance(item, JsonObject):
            continue
        kind = (string_of(item.get("type")) or "").lower()
        if kind in _TYPES:
            yield _resource(item)
        elif kind == _DEPLOYMENT and isinstance(properties := item.get("properties"), JsonObject):
            template = properties.get("template")
            nested = template.get("resources") if isinstance(template, JsonObject) else None
            if isinstance(nested, JsonArray | JsonObject):
                yield from _deployed(nested)
        elif isinstance(children := item.get("resources"), JsonArray):
            yield from _deployed(children)


def _rest_example(example: JsonObject, parameters: JsonObject) -> Iterator[Resource]:
    """The request body of a REST API example; where it has none, what the service answered."""
    version = parameters.get("api-version")
    body = parameters.get("parameters")
    if isinstance(body, JsonObject) and _is_image_template(body):
        yield Resource(body, body.get("name") or parameters.get("imageTemplateName"), version, flattened=False)
        return
    responses = example.get("responses")
    for response in responses if isinstance(responses, JsonObject) else ():
        answer = response.value.get("body") if isinstance(response.value, JsonObject) else None
        found = [] if answer is None else list(_resources(answer))
        if found:
            yield from (Resource(one.body, one.name, version, one.flattened) for one in found)
            return


def _resource(body: JsonObject) -> Resource:
    body = restore(body) if is_powershell(body) else body
    return Resource(
        body,
        name=body.get("name"),
        api_version=body.get("apiVersion"),
        flattened=body.get("properties") is None,
    )


def _is_image_template(body: JsonObject) -> bool:
    if (string_of(body.get("type")) or "").lower() in _TYPES:
        return True
    properties = body.get("properties")
    inner = properties if isinstance(properties, JsonObject) else body
    return inner.get("source") is not None and inner.get("distribute") is not None


def _nothing_found(document: Json) -> tuple[str, str]:
    help_text = "Pass an image template, an ARM template that holds one, or what `az image builder show` prints."
    if isinstance(document, JsonObject):
        schema = (string_of(document.get("$schema")) or "").lower()
        if "deploymentparameters" in schema:
            return "this is a parameters file, not a template", "Pass the template that it belongs to."
    return "there is no image template in this input", help_text


def _start(value: Json) -> Span:
    """The first character of a value: a caret under all of it would help nobody."""
    span = value.span
    return type(span)(span.source, span.start, min(span.end, span.start + 1)) if not isinstance(value, JsonScalar) else span
