"""States and plans as JSON: what `terraform show -json` prints, and the state file itself."""

from __future__ import annotations

from typing import TYPE_CHECKING

from aib2packer.findings import codes
from aib2packer.jsonc.reader import parse
from aib2packer.jsonc.tree import JsonArray, JsonMember, JsonObject, JsonScalar, string_of
from aib2packer.lazy.models import replace
from aib2packer.terraform.forms import DEPLOYMENTS, IMAGE_TEMPLATE, as_arm_text, object_of
from aib2packer.text.source import SourceText

if TYPE_CHECKING:
    from collections.abc import Iterator

    from aib2packer.findings.model import Report
    from aib2packer.jsonc.tree import Json


def shown_resources(document: JsonObject, report: Report) -> tuple[JsonObject, ...]:
    """The image templates of a state or a plan, and the deployment templates that it deploys.

    What a plan only knows after it is applied, and what starts a build, is reported.
    """
    return tuple(made for address, kind, values in _resources(document) for made in _made(address, kind, values, report))


def _resources(document: JsonObject) -> Iterator[tuple[str, str, JsonObject]]:
    """Address, type and values of each resource. In a plan those count that are there after it is applied."""
    if isinstance(document.get("resources"), JsonArray):
        yield from _of_state_file(document)
        return
    for key in ("planned_values", "values"):
        values = document.get(key)
        if isinstance(values, JsonObject):
            yield from _of_module(values.get("root_module"))
            return


def _of_module(module: Json | None) -> Iterator[tuple[str, str, JsonObject]]:
    if not isinstance(module, JsonObject):
        return
    for resource in _items(module.get("resources")):
        values = resource.get("values")
        if isinstance(values, JsonObject) and string_of(resource.get("mode")) != "data":
            yield string_of(resource.get("address")) or "", string_of(resource.get("type")) or "", values
    for child in _items(module.get("child_modules")):
        yield from _of_module(child)


def _of_state_file(document: JsonObject) -> Iterator[tuple[str, str, JsonObject]]:
    for resource in _items(document.get("resources")):
        kind, name = string_of(resource.get("type")) or "", string_of(resource.get("name")) or ""
        module = string_of(resource.get("module"))
        for instance in _items(resource.get("instances")):
            values = instance.get("attributes")
            if isinstance(values, JsonObject) and string_of(resource.get("mode")) != "data":
                yield ".".join(part for part in (module, kind, name) if part), kind, values


def _items(node: Json | None) -> tuple[JsonObject, ...]:
    return tuple(item for item in node.items if isinstance(item, JsonObject)) if isinstance(node, JsonArray) else ()


def _made(address: str, kind: str, values: JsonObject, report: Report) -> Iterator[JsonObject]:
    """What a resource deploys."""
    if kind in DEPLOYMENTS:
        content, given = DEPLOYMENTS[kind]
        template = _object(values.get(content), f"{address}.{content}", report)
        if template is not None:
            yield _deployment(address, template, _object(values.get(given), f"{address}.{given}", report), values)
        return
    type_ = values.get("type")
    name, _, version = (string_of(type_) or "").partition("@")
    if type_ is None or name.lower() != IMAGE_TEMPLATE or not kind.startswith("azapi_"):
        return
    body = _object(values.get("body"), f"{address}.body", report)
    if body is not None and body.get("properties") is not None:
        yield _image_template(name, version, type_, values, body)
    elif kind == "azapi_resource_action":
        report.add(
            codes.RUN_BY_TERRAFORM,
            type_.span,
            f"{address} starts a build when Terraform applies: `packer build` takes its place",
            help="Run `packer build` where Terraform was applied. In a folder, the build has pipelines to begin with.",
        )
    else:
        report.add(
            codes.TERRAFORM,
            type_.span,
            f"what is in {address} is not known before it is applied",
            help="Convert the .tf file, or what `terraform show -json` prints once it is applied.",
        )


def _object(node: Json | None, name: str, report: Report) -> JsonObject | None:
    """An object, or one written as text; `name` is what findings call that text."""
    if isinstance(node, JsonObject):
        value = node.get("value")  # how the state file keeps what may have any type
        if isinstance(value, JsonObject) and node.get("type") is not None and node.get("properties") is None:
            return value
        return node
    text = string_of(node)
    if node is None or not text:
        return None
    inner = parse(SourceText(f"{node.span.source.name} ({name})", text), report)
    return inner if isinstance(inner, JsonObject) else None


def _image_template(name: str, version: str, type_: Json, values: JsonObject, body: JsonObject) -> JsonObject:
    own = [
        JsonMember("type", type_.span, JsonScalar(name, type_.span)),
        JsonMember("apiVersion", type_.span, JsonScalar(version, type_.span)),
        *(member for member in values if member.key in {"id", "name", "location", "tags"} and _says(member.value)),
    ]
    identity = values.get("identity")
    for block in _items(identity):
        ids = block.get("identity_ids")
        keys = ids.items if isinstance(ids, JsonArray) else ()
        known = tuple(JsonMember(text, key.span, JsonObject((), key.span)) for key in keys if (text := string_of(key)))
        kind = block.get("type") or JsonScalar("UserAssigned", block.span)
        members = {"type": kind, "userAssignedIdentities": JsonObject(known, block.span)}
        own.append(JsonMember("identity", values.key_span("identity"), object_of(members, block.span)))
    given = {member.key.lower() for member in body}
    return JsonObject((*(member for member in own if member.key.lower() not in given), *body.members), body.span)


def _says(node: Json) -> bool:
    return not (isinstance(node, JsonScalar) and node.value in {None, ""})


def _deployment(address: str, template: JsonObject, parameters: JsonObject | None, values: JsonObject) -> JsonObject:
    """A deployment template that deploys another one with what is passed to it."""
    span = template.span
    passed = [] if parameters is None else [replace(one, value=_as_text(one.value)) for one in parameters.members]
    plain = values.get("parameters")  # of azurerm_template_deployment: all are text
    passed += (
        JsonMember(one.key, one.key_span, object_of({"value": _as_text(one.value)}, one.value.span))
        for one in (plain if isinstance(plain, JsonObject) else ())
    )
    properties: dict[str, Json] = {
        "expressionEvaluationOptions": object_of({"scope": JsonScalar("inner", span)}, span),
        "template": template,
        "parameters": JsonObject(tuple(passed), span),
    }
    deployment: dict[str, Json] = {
        "type": JsonScalar("Microsoft.Resources/deployments", span),
        "name": JsonScalar(address, span),
        "properties": object_of(properties, span),
    }
    schema = JsonScalar("https://schema.management.azure.com/schemas/2019-04-01/deploymentTemplate.json#", span)
    return object_of({"$schema": schema, "resources": JsonArray((object_of(deployment, span),), span)}, span)


def _as_text(node: Json) -> Json:
    """A value whose texts are no expressions of ARM, even if they look so: parameters are passed as they are."""
    match node:
        case JsonScalar(str() as text, span):
            return JsonScalar(as_arm_text(text), span)
        case JsonArray(items, span):
            return JsonArray(tuple(map(_as_text, items)), span)
        case JsonObject(members, span):
            return JsonObject(tuple(replace(one, value=_as_text(one.value)) for one in members), span)
        case _:
            return node
