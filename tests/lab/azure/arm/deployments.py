"""Deployments of templates: azure-arm makes its network and its VM by them, and takes them apart by their operations."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from tests.lab.azure.answer import Answer, Question
from tests.lab.azure.arm.expressions import TemplateValues
from tests.lab.azure.arm.ids import group_of
from tests.lab.azure.arm.kinds import Arm
from tests.lab.azure.refusal import GapError, RefusedError

Json = Any

OPERATIONS = "/subscriptions/{}/providers/Microsoft.Resources/locations/westeurope/operationresults"
# Makes one resource of a template: what a PUT of it does.
Make = Callable[[Arm, str, dict[str, Json]], None]


@dataclass(frozen=True, slots=True)
class DeployedResource:
    """A resource of a template, evaluated."""

    path: str
    body: dict[str, Json]
    after: tuple[str, ...]


def answer_deployment(arm: Arm, question: Question, path: str, action: str, make: Make) -> Answer:
    """Validate a deployment, make it, look at it, list its operations or delete it (spec: resources/deployments.json)."""
    match question.method, action:
        case "POST", "validate":
            _resources(arm, path, question.body["properties"])
            return Answer(200, {"properties": {"provisioningState": "Succeeded"}})
        case "PUT", "":
            made = _resources(arm, path, question.body["properties"])
            for resource in made:
                make(arm, resource.path, resource.body)
            stored = arm.store.put(path, {"properties": {"mode": "Incremental"}}, hidden={"made": [one.path for one in made]})
            return Answer(201, stored.body, arm.operations.start(OPERATIONS.format(path.split("/")[2])))
        case "GET", "":
            return Answer(200, arm.store.get(path).body)
        case "GET", "operations":
            return Answer(200, {"value": [_operation(made) for made in arm.store.get(path).hidden["made"]]})
        case "DELETE", "":
            if arm.store.find(path) is None:
                return Answer(204)
            arm.store.delete(path)
            return Answer(202, headers=arm.operations.start(OPERATIONS.format(path.split("/")[2])))
    message = f"{question.method} {action} of a deployment"
    raise GapError(message)


def list_deployments(arm: Arm, path: str) -> Answer:
    """List the deployments of a group (spec: resources/deployments.json, Deployments_ListByResourceGroup)."""
    return Answer(200, {"value": [stored.body for stored in arm.store.children(path)]})


def _operation(made: str) -> dict[str, Json]:
    parts = made.split("/")
    target = {"id": made, "resourceType": "/".join([parts[6], *parts[7::2]]), "resourceName": "/".join(parts[8::2])}
    return {"id": made, "operationId": made, "properties": {"provisioningState": "Succeeded", "targetResource": target}}


def _resources(arm: Arm, path: str, properties: dict[str, Json]) -> list[DeployedResource]:
    """Evaluate a template; what others depend on comes first."""
    group, template = arm.store.get(group_of(path)), properties["template"]
    given = {name: value["value"] for name, value in properties["parameters"].items()}
    for name, parameter in template["parameters"].items():
        if name not in given and "defaultValue" not in parameter:
            raise RefusedError(400, "InvalidTemplate", f"The value for the template parameter '{name}' is not provided.")
        given.setdefault(name, parameter.get("defaultValue"))
    values = TemplateValues(group.body, given, template.get("variables") or {})
    return _ordered(
        [_deployed(values.value(resource), group.id) for resource in template["resources"] if _wanted(values, resource)]
    )


def _wanted(values: TemplateValues, resource: dict[str, Json]) -> bool:
    return bool(values.value(resource.get("condition", True)))


def _deployed(resource: dict[str, Json], group: str) -> DeployedResource:
    provider, *types = resource["type"].split("/")
    pairs = zip(types, resource["name"].split("/"), strict=True)
    path = f"{group}/providers/{provider}" + "".join(f"/{type_}/{name}" for type_, name in pairs)
    body = {
        name: value for name, value in resource.items() if name not in ("apiVersion", "dependsOn", "name", "type", "condition")
    }
    return DeployedResource(path, body, tuple(resource.get("dependsOn") or ()))


def _ordered(resources: list[DeployedResource]) -> list[DeployedResource]:
    found: list[DeployedResource] = []
    waiting = list(resources)
    while waiting:
        paths = [one.path.lower() for one in waiting]
        # `dependsOn` names a resource by its path or the end of it.
        ready = [
            one
            for one in waiting
            if not any(path.endswith(name.lower().replace("//", "/")) for name in one.after for path in paths)
        ]
        if not ready:
            raise RefusedError(400, "InvalidTemplate", "The resources depend on each other in a circle.")
        found += ready
        waiting = [one for one in waiting if one not in ready]
    return found
