"""States and plans as JSON: what `terraform show -json` prints, and the state file itself."""

from __future__ import annotations

from collections import Counter
from itertools import zip_longest
from typing import TYPE_CHECKING, TypeAlias

from aib2packer.findings import codes
from aib2packer.jsonc.reader import parse
from aib2packer.jsonc.tree import JsonArray, JsonMember, JsonObject, JsonScalar, string_of, texts_in
from aib2packer.lazy.models import replace
from aib2packer.terraform.forms import (
    DEFINITION_FACTS,
    DEPLOYMENTS,
    IMAGE_TEMPLATE,
    SECURITY_TYPES,
    UPDATE,
    as_arm_text,
    merged,
    object_of,
    report_elsewhere,
)
from aib2packer.text.placeholders import SENSITIVE
from aib2packer.text.source import SourceText

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping

    from aib2packer.findings.model import Report
    from aib2packer.jsonc.tree import Json
    from aib2packer.text.source import Span

ShownResources: TypeAlias = "tuple[tuple[str, str, JsonObject], ...]"
"""Address, type and values of each resource of a state or a plan."""

_FILLED = {"name", "location", "tags", "body", "parameters"}
_WHOLE = {"body", *(name for names in DEPLOYMENTS.values() for name in names)}
"""What is JSON in a text, or may be: which part of it a mark means is not to be told."""
_OF_TEXTS = {"tags", "parameters"}
_HIDDEN, _UNKNOWN = "$hidden", "$unknown"
"""Stand among the values of a resource of which more is a secret, or unknown, than texts of their own."""
_MOST = 1000  # items of a list; what is marked beyond them marks the list


def resources_shown(document: JsonObject) -> ShownResources:
    """All resources of a state or a plan."""
    return tuple(_resources(document))


def shown_resources(document: JsonObject, everything: ShownResources, report: Report) -> tuple[JsonObject, ...]:
    """The image templates of a state or a plan, and the deployment templates that it deploys.

    What a plan only knows after it is applied, and what starts a build, is reported.
    """
    is_plan = document.get("planned_values") is not None
    changing: dict[str, list[tuple[str, JsonObject]]] = {
        _id(values): [] for _, kind, values in everything if kind == "azapi_resource" and _id(values)
    }
    for address, kind, values in everything:
        if kind == UPDATE and _is_of_image_template(values):
            if (target := _target(values)) in changing:
                changing[target].append((address, values))
            else:
                report_elsewhere(address, values.span, report)
    return tuple(
        made
        for address, kind, values in everything
        if kind != UPDATE
        for made in _made(
            kind,
            ((address, values), *(changing.get(_id(values), ()) if kind == "azapi_resource" else ())),
            report,
            is_plan=is_plan,
        )
    )


def _is_of_image_template(values: JsonObject) -> bool:
    return (string_of(values.get("type")) or "").lower().startswith(f"{IMAGE_TEMPLATE}@")


def _id(values: JsonObject) -> str:
    return (string_of(values.get("id")) or "").lower()


def _target(values: JsonObject) -> str:
    """The id of what an `azapi_update_resource` changes."""
    return (string_of(values.get("resource_id")) or _id(values)).lower()


def shown_definitions(everything: ShownResources) -> tuple[JsonObject, ...]:
    """The image definitions of a state or a plan, as Azure shows them: id and properties."""
    return tuple(_definition(values) for _, kind, values in everything if kind == "azurerm_shared_image" and _is_named(values))


def _is_named(values: JsonObject) -> bool:
    return bool(string_of(values.get("gallery_name")) and string_of(values.get("name")))


def _definition(values: JsonObject) -> JsonObject:
    span = values.span
    features: list[Json] = [
        object_of({"name": JsonScalar("SecurityType", span), "value": JsonScalar(feature, span)}, span)
        for key, feature in SECURITY_TYPES.items()
        if (said := values.get(key)) is not None and _is_true(said)
    ]
    properties = {name: said for key, name in DEFINITION_FACTS.items() if (said := values.get(key)) is not None}
    name = f"galleries/{string_of(values.get('gallery_name'))}/images/{string_of(values.get('name'))}"
    return object_of(
        {
            "id": JsonScalar(name, span),
            "properties": object_of({**properties, "features": JsonArray(tuple(features), span)}, span),
        },
        span,
    )


def _resources(document: JsonObject) -> Iterator[tuple[str, str, JsonObject]]:
    """Address, type and values of each resource. In a plan those count that are there after it is applied."""
    if isinstance(document.get("resources"), JsonArray):
        yield from _of_state_file(document)
        return
    unknown = _unknown(document)
    for key in ("planned_values", "values"):
        values = document.get(key)
        if isinstance(values, JsonObject):
            yield from _of_module(values.get("root_module"), unknown)
            return


def _unknown(document: JsonObject) -> dict[str, JsonObject]:
    """What a plan only knows after it is applied, by the addresses of resources: `true` in the places of values."""
    found: dict[str, JsonObject] = {}
    for resource in _items(document.get("resource_changes")):
        change = resource.get("change")
        after = change.get("after_unknown") if isinstance(change, JsonObject) else None
        if isinstance(after, JsonObject):
            found[string_of(resource.get("address")) or ""] = after
    return found


def _of_module(module: Json | None, unknown: Mapping[str, JsonObject]) -> Iterator[tuple[str, str, JsonObject]]:
    if not isinstance(module, JsonObject):
        return
    for resource in _items(module.get("resources")):
        values, address = resource.get("values"), string_of(resource.get("address")) or ""
        if isinstance(values, JsonObject) and string_of(resource.get("mode")) != "data":
            values = _filled(values, (unknown.get(address),), "")
            values = _filled(values, (resource.get("sensitive_values"),), SENSITIVE)
            yield address, string_of(resource.get("type")) or "", values
    for child in _items(module.get("child_modules")):
        yield from _of_module(child, unknown)


def _filled(values: JsonObject, marked: Iterable[Json | None], prefix: str) -> JsonObject:
    """The values of a resource with a placeholder in each marked place; what is marked as a whole stays as it is."""
    filler = _MarkFiller(prefix)
    members = {member.key: member for member in values}
    for mark in (one for marks in marked if isinstance(marks, JsonObject) for one in marks):
        known = members.get(mark.key)
        if mark.key in _WHOLE and _is_true(mark.value):
            filler.whole(None if known is None else known.value)
        elif mark.key in _FILLED:
            value = filler.node(None if known is None else known.value, mark.value, mark.key)
            if value is not None:
                members[mark.key] = JsonMember(mark.key, mark.key_span if known is None else known.key_span, value)
    if filler.is_whole:
        whole = _HIDDEN if prefix else _UNKNOWN
        members[whole] = JsonMember(whole, values.span, JsonScalar(value=True, span=values.span))
    return JsonObject(tuple(members.values()), values.span)


class _MarkFiller:
    """Puts placeholders in the places of marks, named by their keys; the second of a name has a number.

    `is_whole` is true once a mark stood for more than texts that may each be filled in.
    """

    def __init__(self, prefix: str) -> None:
        self.prefix = prefix
        self.is_whole = False
        self.taken: Counter[str] = Counter()

    def node(self, known: Json | None, mark: Json, key: str) -> Json | None:
        """A value with placeholders in it."""
        match mark:
            case JsonScalar(True, span):
                return self._secret(known, span, key) if self.prefix and known is not None else self._placeholder(key, span)
            case JsonObject(marks) if known is None or isinstance(known, JsonObject):
                members = {} if known is None else {member.key: member for member in known.members}
                for one in marks:
                    inner = members.get(one.key)
                    value = self.node(None if inner is None else inner.value, one.value, one.key)
                    if value is not None:
                        members[one.key] = JsonMember(one.key, one.key_span if inner is None else inner.key_span, value)
                return JsonObject(tuple(members.values()), mark.span if known is None else known.span) if members else known
            case JsonArray(marks) if known is None or isinstance(known, JsonArray):
                items = () if known is None else known.items
                filled = (self.node(one, two, key) if two is not None else one for one, two in zip_longest(items, marks))
                kept = tuple(item for item in filled if item is not None)
                return JsonArray(kept, mark.span if known is None else known.span) if kept else known
            case _:
                return known

    def _placeholder(self, key: str, span: Span) -> JsonScalar:
        self.taken[key] += 1
        number = f"_{self.taken[key]}" if self.taken[key] > 1 else ""
        return JsonScalar(f"<{self.prefix}{key}{number}>", span)

    def whole(self, known: Json | None) -> None:
        """Take note that a mark stands for more than texts; a secret is not to be shown, whatever is told of it."""
        self.is_whole = True
        if self.prefix and known is not None:
            known.span.source.hide(known.span.start, known.span.end)

    def _secret(self, known: Json, span: Span, key: str) -> Json:
        """What stands for a secret. The items of a list of texts, and the values of tags, are one each."""
        match known:
            case JsonScalar(_, own):
                own.source.hide(own.start, own.end)
                return self._placeholder(key, span)
            case JsonArray(items) if all(isinstance(item, JsonScalar) for item in items):
                return JsonArray(tuple(self._secret(item, span, key) for item in items), known.span)
            case JsonObject(members) if key in _OF_TEXTS and all(isinstance(one.value, JsonScalar) for one in members):
                return replace(
                    known, members=tuple(replace(one, value=self._secret(one.value, span, one.key)) for one in members)
                )
            case _:
                self.whole(known)
                return known


def _is_true(node: Json) -> bool:
    return isinstance(node, JsonScalar) and node.value is True


def _of_state_file(document: JsonObject) -> Iterator[tuple[str, str, JsonObject]]:
    for resource in _items(document.get("resources")):
        kind, name = string_of(resource.get("type")) or "", string_of(resource.get("name")) or ""
        module = string_of(resource.get("module"))
        for instance in _items(resource.get("instances")):
            values = instance.get("attributes")
            if isinstance(values, JsonObject) and string_of(resource.get("mode")) != "data":
                marks = instance.get("sensitive_attributes")
                paths = marks.items if isinstance(marks, JsonArray) else ()
                values = _filled(_plain(values), map(_marked, paths), SENSITIVE)
                yield ".".join(part for part in (module, kind, name) if part), kind, values


def _plain(values: JsonObject) -> JsonObject:
    """Values of a resource without what the state file writes around those of any type."""
    return replace(values, members=tuple(replace(one, value=_unwrapped(one.value)) for one in values))


def _unwrapped(node: Json) -> Json:
    kind = node.get("type") if isinstance(node, JsonObject) else None
    value = node.get("value") if isinstance(node, JsonObject) else None
    return value if isinstance(kind, JsonArray) and isinstance(value, JsonObject) else node


def _marked(path: Json) -> Json:
    """The mark that a path of the state file makes: a step that cannot be read marks all that it leads into."""
    mark: Json = JsonScalar(value=True, span=path.span)
    for step in reversed(path.items if isinstance(path, JsonArray) else ()):
        key = step.get("value") if isinstance(step, JsonObject) else None
        key = key.get("value") if isinstance(key, JsonObject) else key
        match key:
            case JsonScalar(str() as name, span):
                mark = object_of({name: mark}, span)
            case JsonScalar(int() as at, span) if 0 <= at < _MOST:
                mark = JsonArray((*(JsonScalar(value=False, span=span),) * at, mark), span)
            case _:
                mark = JsonScalar(value=True, span=path.span)
    return mark


def _items(node: Json | None) -> tuple[JsonObject, ...]:
    return tuple(item for item in node.items if isinstance(item, JsonObject)) if isinstance(node, JsonArray) else ()


def _made(kind: str, parts: tuple[tuple[str, JsonObject], ...], report: Report, *, is_plan: bool) -> Iterator[JsonObject]:
    """What a resource deploys: `parts` are its address and values, and those of the resources that change it."""
    (address, values), *updates = parts
    if kind in DEPLOYMENTS:
        yield from _deployed(address, kind, values, report)
        return
    type_ = values.get("type")
    name, _, version = (string_of(type_) or "").partition("@")
    if type_ is None or name.lower() != IMAGE_TEMPLATE or not kind.startswith("azapi_"):
        return
    for name_of_part, part in parts:
        if part.get(_HIDDEN) is not None:
            _tell_of_secret(f"the body of {name_of_part}", type_.span, report)
            return
    body = _object(values.get("body"), f"{address}.body", report)
    for updating, part in updates:
        change = _object(part.get("body"), f"{updating}.body", report)
        if body is not None and change is not None:
            body = JsonObject(tuple(merged(list(body.members), change.members)), body.span)
    if body is not None and body.get("properties") is not None:
        yield _image_template(name, version, type_, values, body)
    elif kind == "azapi_resource_action":
        report.add(
            codes.RUN_BY_TERRAFORM,
            type_.span,
            f"{address} starts a build when Terraform applies: `packer build` takes its place",
            help="Run `packer build` where Terraform was applied. In a folder, the build has starter pipelines.",
        )
    else:
        report.add(
            codes.TERRAFORM,
            type_.span,
            f"what is in {address} is not known before it is applied"
            if is_plan
            else f"the body of {address} is not in the state",
            help="Convert the .tf file, or what `terraform show -json` prints once it is applied."
            if is_plan
            else "Convert the .tf file, or what `az rest` prints for the image template.",
        )


def _deployed(address: str, kind: str, values: JsonObject, report: Report) -> Iterator[JsonObject]:
    """The deployment template of a resource, with what is passed to it."""
    content, given = DEPLOYMENTS[kind]
    node = values.get(content)
    if values.get(_HIDDEN) is not None:
        if _may_hold_image_template(node):
            _tell_of_secret(f"what {address} deploys", values.key_span(content), report)
        return
    if _may_hold_image_template(node) and values.get(_UNKNOWN) is not None:
        report.add(
            codes.TERRAFORM,
            values.key_span(content),
            f"what is passed to the template that {address} deploys is not known before it is applied",
            help="Convert the .tf file, or what `terraform show -json` prints once it is applied.",
        )
        return
    template = _object(node, f"{address}.{content}", report)
    spec = values.get("template_spec_version_id")
    if template is not None:
        yield _deployment(address, template, _object(values.get(given), f"{address}.{given}", report), values)
    elif spec is not None and string_of(spec):
        report.add(
            codes.LINKED_TEMPLATE,
            spec.span,
            f"the template spec that {address} deploys is not read: any image template in it is missed",
            help="Convert what `az ts show --template-spec ID` prints.",
        )
    elif values.get(_UNKNOWN) is not None:
        report.add(
            codes.LINKED_TEMPLATE,
            values.span,
            f"the template that {address} deploys is not known before it is applied: any image template in it is missed",
            help="Convert the .tf file, or what `terraform show -json` prints once it is applied.",
        )


def _may_hold_image_template(content: Json | None) -> bool:
    texts = () if content is None else texts_in(content, ())
    return any(IMAGE_TEMPLATE in text.lower() for text in texts)


def _tell_of_secret(where: str, span: Span, report: Report) -> None:
    report.add(
        codes.TERRAFORM,
        span,
        f"{where} holds a secret, and it is not known which text that is",
        help="Convert the .tf file, where it is a variable.",
    )


def _object(node: Json | None, name: str, report: Report) -> JsonObject | None:
    """An object, or one written as text; `name` is what findings call that text."""
    if isinstance(node, JsonObject):
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
