"""Resources of Terraform that deploy through ARM, as resources of a deployment template."""

from __future__ import annotations

from typing import TYPE_CHECKING

from aib2packer.findings import codes
from aib2packer.jsonc.tree import JsonMember, JsonObject, JsonScalar, string_of
from aib2packer.lazy.models import replace
from aib2packer.terraform.expressions import arm_of, constant, document_of, json_of, kind_of
from aib2packer.terraform.forms import (
    DEFINITION_FACTS,
    DEPLOYMENTS,
    IMAGE_TEMPLATE,
    SECURITY_TYPES,
    UPDATE,
    merged,
    object_of,
    report_elsewhere,
)
from aib2packer.terraform.syntax import (
    NotTranslatedError,
    TfAccess,
    TfBlock,
    TfCall,
    TfChoice,
    TfList,
    TfObject,
    TfText,
    TfUnwritten,
    TfValue,
    path_of,
)
from aib2packer.terraform.updates import is_counted, updated_by, updates_of

if TYPE_CHECKING:
    from collections.abc import Iterator

    from aib2packer.jsonc.tree import Json
    from aib2packer.terraform.configuration import Written
    from aib2packer.terraform.expressions import Surroundings
    from aib2packer.terraform.syntax import TfAttribute, TfExpression
    from aib2packer.text.source import Span

_AZAPI = ("azapi_resource", "azapi_update_resource", "azapi_resource_action")
_BESIDE = ("name", "location", "tags")
# Resources of azurerm that an image template needs: what they are in ARM, and what of them is asked for.
_NEEDED = {
    "azurerm_shared_image_gallery": "Microsoft.Compute/galleries",
    "azurerm_shared_image": "Microsoft.Compute/galleries/images",
    "azurerm_virtual_network": "Microsoft.Network/virtualNetworks",
    "azurerm_subnet": "Microsoft.Network/virtualNetworks/subnets",
    "azurerm_storage_account": "Microsoft.Storage/storageAccounts",
}


def resources_of(blocks: tuple[TfBlock, ...], written: Written) -> tuple[Json, ...]:
    """What the resources of a file are in a deployment template; what cannot be read is reported."""
    found: list[Json] = []
    for block in blocks:
        if block.type != "resource" or not block.labels:
            continue
        try:
            found += _resource(block, written)
        except NotTranslatedError as error:
            if block.labels[0] in DEPLOYMENTS:
                written.report.add(
                    codes.LINKED_TEMPLATE,
                    error.span,
                    f"what {block.address} deploys is not read, because {error}: any image template in it is missed",
                    help=error.help or "Write its value in its place.",
                )
            else:
                found.append(unwritten(block, error))
    if not any(_deploys_images(item) for item in found):
        return tuple(found)
    everything = [block for block in written.configuration.resources.values() if block.labels[0] in _NEEDED]
    return (*found, *(_beside(block, written) for block in everything if block.type == "resource"))


def unwritten(block: TfBlock, error: NotTranslatedError) -> JsonObject:
    """An image template that cannot be read: it alone fails."""
    why = TfUnwritten(error.span, str(error), error.help or "Write its value in its place.")
    name = block.value("name")
    shown = name.value if isinstance(name, TfValue) and isinstance(name.value, str) else block.labels[-1]
    kind = JsonScalar("Microsoft.VirtualMachineImages/imageTemplates", block.span)
    return object_of({"type": kind, "name": JsonScalar(shown, block.span), "properties": why}, block.span)


def _deploys_images(resource: Json) -> bool:
    kind = string_of(resource.get("type")) if isinstance(resource, JsonObject) else None
    return (kind or "").lower() in {IMAGE_TEMPLATE, "microsoft.resources/deployments"}


def _resource(block: TfBlock, written: Written) -> Iterator[Json]:
    kind = block.labels[0]
    if kind in DEPLOYMENTS:
        yield from _deployment(block, *DEPLOYMENTS[kind], written)
    elif kind in _AZAPI and (type_ := _type_of(block, written)) is not None:
        name, _, version = type_.value.partition("@")
        if name.lower() == f"{IMAGE_TEMPLATE}/triggers":
            yield _trigger(block, written)
        elif name.lower() == IMAGE_TEMPLATE and kind == UPDATE:
            if updated_by(block, written.configuration) is None:  # else it is a part of that
                report_elsewhere(block.address, block.span, written.report)
        elif name.lower() == IMAGE_TEMPLATE and block.value("body") is not None:
            yield _image_template(block, type_, name, version, written)
        elif name.lower() == IMAGE_TEMPLATE and kind == "azapi_resource_action":
            written.report.add(
                codes.RUN_BY_TERRAFORM,
                block.span,
                f"{block.address} starts a build when Terraform applies: `packer build` takes its place",
                help="Run `packer build` where Terraform was applied. In a folder, the build has starter pipelines.",
            )


class _Type:
    """A type, `name@version`, and where it is written."""

    def __init__(self, value: str, span: Span) -> None:
        self.value = value
        self.span = span


def _type_of(block: TfBlock, written: Written) -> _Type | None:
    """The type, as far as it is known; a version that is computed is an expression."""
    expression = block.value("type")
    around = written.surroundings()
    if isinstance(expression, TfAccess) and (path := path_of(expression)) is not None:
        declared = written.configuration.variables.get(path[-1]) if path[0] == "var" else None
        expression = around.definition(path) or (None if declared is None else declared.value("default"))
    match expression:
        case TfValue(str() as text):
            return _Type(text, expression.span)
        case TfText((str() as head, *rest)) if "@" in head:
            name, _, version = head.partition("@")
            whole = TfText((version, *rest) if version else tuple(rest), expression.span)
            return _Type(f"{name}@[{arm_of(whole, around)}]", expression.span)
        case _:
            return None


def _image_template(block: TfBlock, type_: _Type, name: str, version: str, written: Written) -> JsonObject:
    copy, around = repeated(block, written)
    span = type_.span
    members = [
        JsonMember("type", span, JsonScalar(name, span)),
        JsonMember("apiVersion", span, JsonScalar(version, span)),
        *copy,
    ]
    for key in _BESIDE:
        attribute = block.attribute(key)
        if attribute is not None:
            members.append(JsonMember(key, attribute.name_span, _beside_body(attribute, block, around)))
    if (identity := _identity(block, around)) is not None:
        members.append(identity)
    for one in (block, *updates_of(block, written)):
        for content in (value for key in ("body", "sensitive_body") if (value := one.value(key)) is not None):
            body = document_of(content, around)
            if isinstance(body, JsonObject):
                members = merged(members, body.members)
            elif one is block:
                members = merged(members, _computed_body(content, around))
            else:
                raise NotTranslatedError(content.span, f"what {one.address} sets is not known", "Write it as an object.")
    return JsonObject(tuple(members), block.span)


def _computed_body(content: TfExpression, around: Surroundings) -> tuple[JsonMember, ...]:
    """The properties of a body that is put together by functions."""
    if isinstance(content, TfCall) and content.name == "jsonencode" and content.arguments:
        content = content.arguments[0]
    properties = JsonScalar(f"[{arm_of(content, around)}.properties]", content.span)
    return (JsonMember("properties", content.span, properties),)


def _beside_body(attribute: TfAttribute, block: TfBlock, around: Surroundings) -> Json:
    """What stands beside the body. A name that cannot be computed, as one with a hash, is that of the block."""
    try:
        return json_of(attribute.value, around)
    except NotTranslatedError:
        if attribute.name != "name":
            raise
        which = around.loops.get("each.key") or around.loops.get("count.index")
        label = block.labels[-1]
        name = label if which is None else f"[format('{{0}}-{{1}}', {constant(label)}, {which})]"
        return JsonScalar(name, attribute.value.span)


def repeated(block: TfBlock, written: Written) -> tuple[list[JsonMember], Surroundings]:
    """The `copy` or `condition` that `for_each` or `count` becomes, and what can be named within."""
    around = written.surroundings()
    count, each = block.attribute("count"), block.attribute("for_each")
    name = block.address
    if count is not None:
        span = count.value.span
        condition = _condition(count.value, around)
        if condition is not None:
            return [JsonMember("condition", count.name_span, JsonScalar(f"[{condition}]", span))], around.within(
                **{"count.index": "0"}
            )
        loop = object_of({"name": JsonScalar(name, span), "count": json_of(count.value, around)}, span)
        inside = around.within(**{"count.index": f"copyIndex({constant(name)})"})
        return [JsonMember("copy", count.name_span, loop)], inside
    if each is None:
        return [], around
    span = each.value.span
    chain = _chained(each.value, written)
    source, is_list = _collection(each.value if chain is None else chain[1], around)
    items = source if is_list else f"items({source})"
    loop = object_of({"name": JsonScalar(name, span), "count": JsonScalar(f"[length({items})]", span)}, span)
    item = f"{items}[copyIndex({constant(name)})]"
    key, value = (item, item) if is_list else (f"{item}.key", f"{item}.value")
    if chain is not None:
        value = f"{written.by_key(chain[0], span)}[{key}]"
    return [JsonMember("copy", each.name_span, loop)], around.within(**{"each.key": key, "each.value": value})


def _chained(each: TfExpression, written: Written) -> tuple[tuple[str, ...], TfExpression] | None:
    """Another resource that `for_each` runs over, and what that runs over in the end: the keys are the same."""
    resources, over = written.configuration.resources, each
    for _ in resources:  # a chain that is longer is a circle
        path = path_of(over)
        block = None if path is None else resources.get(path)
        further = None if block is None else block.value("for_each")
        if further is None:
            break
        over = further
    first = path_of(each)
    return None if over is each or first is None else (first, over)


def _collection(expression: TfExpression, around: Surroundings) -> tuple[str, bool]:
    """What `for_each` runs over, and whether it is a set of texts, in which key and value are one."""
    kind = kind_of(expression, around)
    return arm_of(expression, around), kind == "list"


def _condition(count: TfExpression, around: Surroundings) -> str | None:
    """The condition of a `count` that is 0 or 1."""
    match count:
        case TfChoice(condition, TfValue(1), TfValue(0)):
            return arm_of(condition, around)
        case TfChoice(condition, TfValue(0), TfValue(1)):
            return f"not({arm_of(condition, around)})"
        case TfCall("length", (_,)) | _:
            return None


def _identity(block: TfBlock, around: Surroundings) -> JsonMember | None:
    """The identity: a block, or one that `dynamic` makes."""
    identity = block.block("identity")
    if identity is None:
        dynamic = next((one for one in block.blocks if one.type == "dynamic" and one.labels == ("identity",)), None)
        identity = None if dynamic is None else dynamic.block("content")
        each = None if dynamic is None else dynamic.value("for_each")
        if identity is None or each is None:
            return None
        source, is_list = _collection(each, around)
        item = f"{source}[0]" if is_list or isinstance(each, TfList) else f"items({source})[0].value"
        around = around.within(**{"identity.value": item})
    ids, kind = identity.value("identity_ids"), identity.value("type")
    members: dict[str, Json] = {"type": JsonScalar("UserAssigned", identity.span) if kind is None else json_of(kind, around)}
    if ids is not None:
        members["userAssignedIdentities"] = _identities(ids, around)
    return JsonMember("identity", identity.span, object_of(members, identity.span))


def _identities(ids: TfExpression, around: Surroundings) -> Json:
    if isinstance(ids, TfCall) and ids.name in {"toset", "tolist"} and ids.arguments:
        ids = ids.arguments[0]
    if isinstance(ids, TfAccess) and (path := path_of(ids)) is not None:
        ids = around.definition(path) or ids
    if isinstance(ids, TfList):
        pairs = tuple((item, TfObject((), item.span)) for item in ids.items)
        return json_of(TfObject(pairs, ids.span), around)
    each = "lambdaVariables('id')"
    return JsonScalar(f"[toObject({arm_of(ids, around)}, lambda('id', {each}), lambda('id', createObject()))]", ids.span)


def _deployment(block: TfBlock, content: str, given: str, written: Written) -> Iterator[Json]:
    """A deployment of an ARM template, as one that is nested."""
    template = block.value(content)
    copy, around = repeated(block, written)
    if template is None:
        linked = block.value("template_spec_version_id")
        if linked is not None:
            written.report.add(
                codes.LINKED_TEMPLATE,
                linked.span,
                f"the template spec that {block.address} deploys is not read: any image template in it is missed",
                help="Convert what `az ts show --template-spec ID` prints.",
            )
        return
    handed_in: dict[str, str] = {}

    def hand_in(expression: str) -> str:
        name = handed_in.setdefault(expression, f"terraform{len(handed_in)}")
        return f"parameters({constant(name)})"

    document = document_of(template, replace(around, hand_in=hand_in), is_arm=True)
    if not isinstance(document, JsonObject):
        raise NotTranslatedError(
            template.span, "the ARM template that is deployed here is not known", "Convert the template itself."
        )
    parameters = block.value(given)
    values: list[JsonMember] = []
    if parameters is not None and isinstance(passed := document_of(parameters, around), JsonObject):
        values += passed.members
    if isinstance(plain := block.value("parameters"), TfObject):  # of azurerm_template_deployment: all are text
        for key, value in plain.items:
            entry = object_of({"value": json_of(value, around)}, value.span)
            values.append(JsonMember(str(key.value) if isinstance(key, TfValue) else "", key.span, entry))
    for expression, name in handed_in.items():
        entry = object_of({"value": JsonScalar(f"[{expression}]", template.span)}, template.span)
        values.append(JsonMember(name, template.span, entry))
    any_type = object_of({"type": JsonScalar("object", template.span)}, template.span)
    declared = tuple(JsonMember(name, template.span, any_type) for name in handed_in.values())
    own = JsonObject((JsonMember("parameters", template.span, JsonObject(declared, template.span)),), template.span)
    properties: dict[str, Json] = {
        "expressionEvaluationOptions": object_of({"scope": JsonScalar("inner", block.span)}, block.span),
        "template": JsonObject(tuple(merged(list(document.members), own.members)), document.span) if declared else document,
        "parameters": JsonObject(tuple(values), block.span),
    }
    members = [
        JsonMember("type", block.span, JsonScalar("Microsoft.Resources/deployments", block.span)),
        JsonMember("name", block.span, JsonScalar(block.address, block.span)),
        *_group(block, around),
        *copy,
        JsonMember("properties", block.span, object_of(properties, block.span)),
    ]
    yield JsonObject(tuple(members), block.span)


def _group(block: TfBlock, around: Surroundings) -> tuple[JsonMember, ...]:
    """The resource group that a deployment goes to."""
    group = block.attribute("resource_group_name")
    if group is None:
        return ()
    try:
        return (JsonMember("resourceGroup", group.name_span, json_of(group.value, around)),)
    except NotTranslatedError:
        return ()  # what needs it becomes a variable


def _trigger(block: TfBlock, written: Written) -> JsonObject:
    name = block.value("name")
    kind = JsonScalar("Microsoft.VirtualMachineImages/imageTemplates/triggers", block.span)
    shown = JsonScalar(block.labels[-1], block.span) if name is None else json_of(name, written.surroundings())
    return object_of({"type": kind, "name": shown}, block.span)


def _beside(block: TfBlock, written: Written) -> JsonObject:
    """A resource that the image template needs; of an image definition what it says about its images."""
    is_definition = block.labels[0] == "azurerm_shared_image"
    # Of definitions that are known one by one there are as many; of others that counts in which all agree.
    copy, around = repeated(block, written) if is_definition and is_counted(block, written) else ([], written.surroundings())
    shown = _plain(block, "name") or block.address
    gallery = _plain(block, "gallery_name")
    if is_definition and gallery:
        shown = f"{gallery}/{shown}"
    members: dict[str, Json] = {
        "type": JsonScalar(_NEEDED[block.labels[0]], block.span),
        "name": JsonScalar(_name_of_round(block, around) or shown if copy else shown, block.span),
    }
    if is_definition:
        members["properties"] = object_of(_definition_facts(block, around), block.span)
    return JsonObject((*object_of(members, block.span).members, *copy), block.span)


def _name_of_round(block: TfBlock, around: Surroundings) -> str:
    """The name of an image definition that is one of several, behind that of its gallery; "" where it is not known."""
    parts = [value for key in ("gallery_name", "name") if (value := block.value(key)) is not None]
    try:
        names = ", ".join(arm_of(part, around) for part in parts)
    except NotTranslatedError:
        return ""
    return f"[format('{{0}}/{{1}}', {names})]" if len(parts) == len(("gallery", "name")) else ""


def _plain(block: TfBlock, key: str) -> str:
    """A text that a block says as it is; "" where it does not."""
    value = block.value(key)
    return value.value if isinstance(value, TfValue) and isinstance(value.value, str) else ""


def _definition_facts(block: TfBlock, around: Surroundings) -> dict[str, Json]:
    facts: dict[str, Json] = {}
    for key, name in DEFINITION_FACTS.items():
        value = block.value(key)
        if value is not None:
            try:
                facts[name] = json_of(value, around)
            except NotTranslatedError:
                continue  # it is not what is converted
    if block.value("hyper_v_generation") is None:
        facts["hyperVGeneration"] = JsonScalar("V1", block.span)  # the provider's default
    feature = ""
    for key, name in SECURITY_TYPES.items():
        match block.value(key):
            case None | TfValue(None | False):
                continue
            case TfValue(True | "true"):
                feature = constant(name)
            case enabled:
                feature = f"if({_unless_unknown(enabled, around)}, {constant(name)}, {feature or constant('Standard')})"
    if feature:
        named = f"createArray(createObject('name', 'SecurityType', 'value', {feature}))"
        facts["features"] = JsonScalar(f"[{named}]", block.span)
    return facts


def _unless_unknown(expression: TfExpression, around: Surroundings) -> str:
    try:
        return arm_of(expression, around)
    except NotTranslatedError:
        return "reference('unknown').value"
