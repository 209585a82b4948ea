"""Which request goes to which rules."""

import re
from collections.abc import Mapping
from typing import Any

from tests.lab.azure.answer import Answer, Question
from tests.lab.azure.arm.deployments import answer_deployment, list_deployments
from tests.lab.azure.arm.disks import DISKS, SNAPSHOTS, operations_path
from tests.lab.azure.arm.galleries import DEFINITIONS, GALLERIES, VERSIONS
from tests.lab.azure.arm.groups import GROUPS, answer_tags, subscription_body
from tests.lab.azure.arm.ids import GROUP, group_of, subscription_of, type_of
from tests.lab.azure.arm.image_templates import GRAPH, IMAGE_TEMPLATES, PARTS, TEMPLATE, answer_graph
from tests.lab.azure.arm.images import IMAGES
from tests.lab.azure.arm.kinds import Arm, Kind
from tests.lab.azure.arm.network import ADDRESSES, INTERFACES, NETWORKS, SECURITY_GROUPS
from tests.lab.azure.arm.resources import answer_provider, answer_resources, is_provider
from tests.lab.azure.arm.storage import ACCOUNTS
from tests.lab.azure.arm.vaults import SECRETS, VAULTS
from tests.lab.azure.refusal import GapError, RefusedError

Json = Any

KINDS: Mapping[str, Kind] = {
    GROUP: GROUPS,
    "microsoft.compute/disks": DISKS,
    "microsoft.compute/snapshots": SNAPSHOTS,
    "microsoft.compute/images": IMAGES,
    "microsoft.compute/galleries": GALLERIES,
    "microsoft.compute/galleries/images": DEFINITIONS,
    "microsoft.compute/galleries/images/versions": VERSIONS,
    TEMPLATE: IMAGE_TEMPLATES,
    f"{TEMPLATE}/triggers": PARTS,
    f"{TEMPLATE}/runoutputs": PARTS,
    "microsoft.storage/storageaccounts": ACCOUNTS,
    "microsoft.keyvault/vaults": VAULTS,
    "microsoft.keyvault/vaults/secrets": SECRETS,
    "microsoft.network/networkinterfaces": INTERFACES,
    "microsoft.network/networksecuritygroups": SECURITY_GROUPS,
    "microsoft.network/publicipaddresses": ADDRESSES,
    "microsoft.network/virtualnetworks": NETWORKS,
}
_TAGS = re.compile(r"(?P<scope>.*)/providers/microsoft\.resources/tags/default", re.IGNORECASE)
_DEPLOYMENT = re.compile(
    r"(?P<group>/subscriptions/[^/]+/resourcegroups/[^/]+)(/providers/microsoft\.resources)?"
    r"/deployments/(?P<name>[^/]+)(/(?P<action>\w+))?",
    re.IGNORECASE,
)
_DEPLOYMENTS = re.compile(
    r"/subscriptions/[^/]+/resourcegroups/[^/]+/providers/microsoft\.resources/deployments", re.IGNORECASE
)
_OPERATION = re.compile(
    r".*/providers/[^/]+/locations/[^/]+/(?:\w*operations|operationresults)/(?P<name>[0-9a-f-]{36})", re.IGNORECASE
)


def answer_arm(arm: Arm, question: Question, subscriptions: tuple[str, ...], tenant: str) -> Answer:
    """Answer a request to Resource Manager that is signed in."""
    path = question.path.rstrip("/")
    arm.operations.host = question.host
    if "api-version" not in question.query:
        message = "The api-version query parameter (?api-version=) is required for all requests."
        raise RefusedError(400, "MissingApiVersionParameter", message)
    if found := _OPERATION.fullmatch(path):
        return arm.operations.poll(found["name"], question.url, monitor="monitor" in question.query)
    match path.lower():
        case "/subscriptions":  # spec: subscriptions.json, Subscriptions_List
            return Answer(200, {"value": [subscription_body(name, tenant) for name in subscriptions]})
        case "/tenants":  # spec: subscriptions.json, Tenants_List
            return Answer(200, {"value": [{"id": f"/tenants/{tenant}", "tenantId": tenant, "tenantCategory": "Home"}]})
        case other if other == GRAPH:
            return answer_graph(arm, question)
    return _answer_below(arm, question, path, subscriptions, tenant)


def _answer_below(arm: Arm, question: Question, path: str, subscriptions: tuple[str, ...], tenant: str) -> Answer:
    """Answer a request about a subscription, or what is in one."""
    if subscription_of(path) not in subscriptions:
        message = f"The subscription '{subscription_of(path)}' could not be found."
        raise RefusedError(404, "SubscriptionNotFound", message)
    if re.fullmatch(r"/subscriptions/[^/]+", path, re.IGNORECASE):
        return Answer(200, subscription_body(subscription_of(path), tenant))
    if re.fullmatch(r"/subscriptions/[^/]+/resources", path, re.IGNORECASE):
        return answer_resources(arm, question)
    if is_provider(path):
        return answer_provider(path, (*KINDS, *arm.kinds))
    if found := _TAGS.fullmatch(path):
        return answer_tags(arm, question, found["scope"])
    if question.method == "GET" and _DEPLOYMENTS.fullmatch(path):
        return list_deployments(arm, path)
    if found := _DEPLOYMENT.fullmatch(path):
        # Operations are asked for without the provider (Deployments_Operations of the plugin's SDK, 2022-09-01).
        deployment = f"{found['group']}/providers/Microsoft.Resources/deployments/{found['name']}"
        return answer_deployment(arm, question, deployment, found["action"] or "", _make)
    return _answer_resource(arm, question, path)


def _make(arm: Arm, path: str, body: dict[str, Json]) -> None:
    _put(arm, path, _kind(arm, path), body)


def _answer_resource(arm: Arm, question: Question, path: str) -> Answer:
    match question.method:
        case "PUT":
            return _put(arm, path, _kind(arm, path), question.body)
        case "PATCH":
            return _patch(arm, path, _kind(arm, path), question.body)
        case "DELETE":
            return _delete(arm, path, _kind(arm, path))
        case "POST":
            target, _, action = path.rpartition("/")
            stored = arm.store.get(target)
            handler = _kind(arm, target).actions.get(action.lower())
            if handler is None:
                message = f"POST {action} of {type_of(target)}"
                raise GapError(message)
            return handler(arm, stored, question.body)
        case "GET" if _is_list(path):
            return _list(arm, path)
        case "GET":
            kind = _kind(arm, path)
            return Answer(200, kind.show(arm, arm.store.get(path), question.query))
        case "HEAD" if type_of(path) == GROUP:  # spec: resources.json, ResourceGroups_CheckExistence
            arm.store.get(path)
            return Answer(204)
    message = f"{question.method} of {type_of(path)}"
    raise GapError(message)


def _kind(arm: Arm, path: str) -> Kind:
    found = KINDS.get(type_of(path)) or arm.kinds.get(type_of(path))
    if found is None:
        message = f"a resource of type {type_of(path)}"
        raise GapError(message)
    return found


def _put(arm: Arm, path: str, kind: Kind, body: dict[str, Json]) -> Answer:
    if type_of(path) != GROUP:
        arm.store.get(group_of(path))
    before = arm.store.find(path)
    body.setdefault("properties", {})
    hidden = kind.check(arm, path, body)
    at_once = kind.operations is None or type_of(path) == GROUP
    stored = arm.store.put(path, body, settles=0 if at_once else arm.operations.ends(), hidden=hidden)
    status = kind.updated if before else kind.created
    if at_once:
        return Answer(status, stored.body)
    output = stored.body if kind.with_output else None
    return Answer(status, stored.body, arm.operations.start(operations_path(stored, kind.operations or ""), output))


def _patch(arm: Arm, path: str, kind: Kind, body: dict[str, Json]) -> Answer:
    """Merge, which is what PATCH of a resource means (spec: each type's Update: 200, where nothing but tags changes)."""
    stored = arm.store.get(path)
    for name, value in body.items():
        before = stored.body.get(name)
        stored.body[name] = {**before, **value} if isinstance(before, dict) and isinstance(value, dict) else value
    return Answer(200, kind.show(arm, stored, {}))


def _delete(arm: Arm, path: str, kind: Kind) -> Answer:
    stored = arm.store.find(path)
    if stored is None:
        return Answer(204)  # spec: each type's Delete: 204, there was none
    kind.before_delete(arm, stored)
    arm.store.delete(path, settles=0 if kind.operations is None else arm.operations.ends())
    if kind.deleted != 202 or kind.operations is None:
        return Answer(kind.deleted)
    return Answer(202, headers=arm.operations.start(operations_path(stored, kind.operations)))


def _is_list(path: str) -> bool:
    parts = path.strip("/").split("/")
    lower = [part.lower() for part in parts]
    at = len(lower) - 1 - lower[::-1].index("providers") if "providers" in lower else 0
    return (len(parts) - at) % 2 == 1


def _list(arm: Arm, path: str) -> Answer:
    """GET of a type, in a group or a subscription (spec: each type's List: `value`); of one that is not known, a gap."""
    _kind(arm, f"{path}/x")
    if "/resourcegroups/" in path.lower():
        found = arm.store.children(path)
    else:
        type_, prefix = type_of(f"{path}/x"), f"/subscriptions/{subscription_of(path)}/".lower()
        found = [stored for stored in arm.store.all() if stored.type == type_ and stored.id.lower().startswith(prefix)]
    return Answer(200, {"value": [_kind(arm, stored.id).show(arm, stored, {}) for stored in found]})
