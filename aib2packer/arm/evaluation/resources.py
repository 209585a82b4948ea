"""Functions that ask for the deployment and for resources (docs/reference/arm-expressions.md 2.1 and 2.2)."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType
from typing import TYPE_CHECKING, cast

from aib2packer.arm.evaluation.functions.base import Arguments, FunctionError
from aib2packer.arm.evaluation.functions.text import to_text
from aib2packer.arm.evaluation.scope import Level
from aib2packer.arm.language.symbolic import Access, Apply, Concat, DeploymentFact, Runtime, concat, is_symbol

if TYPE_CHECKING:
    from collections.abc import Callable

    from aib2packer.arm.evaluation.scope import Deployment, Scope
    from aib2packer.arm.language.symbolic import ArmValue, Symbol

_GROUP_TYPE = "Microsoft.Resources/resourceGroups"
_MANAGEMENT = "/providers/Microsoft.Management/managementGroups/"

# What only Azure knows; the maximum of arguments is not ours to check.
RUNTIME = MappingProxyType(
    {
        name.lower(): name
        for name in (
            *("reference", "references", "pickZones", "toLogicalZone", "toLogicalZones", "toPhysicalZone", "toPhysicalZones"),
            *("providers", "extensions", "roleDefinitions", "resourceInfo", "externalInputs", "getSecret"),
        )
    }
)


def _text(*parts: ArmValue) -> ArmValue:
    if any(isinstance(part, tuple | Mapping) for part in parts):
        message = "a subscription or a resource group is not text, of which an id is made"
        raise FunctionError(message, "Write the id of the subscription, and the name of the resource group.")
    return concat(part if is_symbol(part) else to_text(part) for part in parts)


def resource_group(scope: Scope) -> ArmValue:
    """`resourceGroup()`: the group that is deployed to."""
    deployment = scope.deployment
    if deployment.level is not Level.RESOURCE_GROUP:
        message = "`resourceGroup()` has no value here: this template is not deployed to a resource group"
        raise FunctionError(message, "Name the group, or deploy to one.")
    return {
        "id": _text("/subscriptions/", deployment.subscription_id, "/resourceGroups/", deployment.resource_group),
        "name": deployment.resource_group,
        "type": _GROUP_TYPE,
        "location": deployment.location,
        "tags": DeploymentFact("resourceGroup", ("tags",)),
        "managedBy": DeploymentFact("resourceGroup", ("managedBy",)),
        "properties": {"provisioningState": "Succeeded"},
    }


def subscription(scope: Scope) -> ArmValue:
    """`subscription()`: the subscription that is deployed to."""
    deployment = scope.deployment
    if deployment.level in {Level.MANAGEMENT_GROUP, Level.TENANT}:
        message = "`subscription()` has no value here: this template is not deployed to a subscription"
        raise FunctionError(message, "Name the subscription, or deploy to one.")
    return {
        "id": _text("/subscriptions/", deployment.subscription_id),
        "subscriptionId": deployment.subscription_id,
        "tenantId": deployment.tenant_id,
        "displayName": DeploymentFact("subscription", ("displayName",)),
    }


def tenant(scope: Scope) -> ArmValue:
    """`tenant()`: the directory that is deployed to."""
    return {
        "tenantId": scope.deployment.tenant_id,
        "countryCode": DeploymentFact("tenant", ("countryCode",)),
        "displayName": DeploymentFact("tenant", ("displayName",)),
    }


def deployment(scope: Scope) -> ArmValue:
    """`deployment()`: this deployment; what it is made from is known to Azure only."""
    return {
        "name": scope.deployment.name,
        "location": DeploymentFact("deployment", ("location",)),
        "properties": DeploymentFact("deployment", ("properties",)),
    }


def environment(scope: Scope) -> ArmValue:
    """`environment()`: the cloud."""
    return cast("ArmValue", scope.deployment.cloud.facts.environment)  # a table, whose keys are never symbols


CONTEXT: Mapping[str, tuple[str, Callable[[Scope], ArmValue]]] = MappingProxyType(
    {
        "resourcegroup": ("resourceGroup", resource_group),
        "subscription": ("subscription", subscription),
        "tenant": ("tenant", tenant),
        "deployment": ("deployment", deployment),
        "environment": ("environment", environment),
        "managementgroup": ("managementGroup", lambda _: DeploymentFact("managementGroup")),
        "deployer": ("deployer", lambda _: DeploymentFact("deployer")),
    }
)


def is_runtime(name: str) -> bool:
    """Whether only Azure can answer a function: `reference`, `listKeys` and their like."""
    return name.lower() in RUNTIME or name.lower().startswith("list")


def runtime(name: str, values: tuple[ArmValue, ...]) -> Runtime:
    """The symbol for the answer of such a function; what `list*` answers is secret."""
    secure = name.lower().startswith("list") or name.lower() == "getsecret"
    return Runtime(RUNTIME.get(name.lower(), name), values, secure=secure)


def resource_id(arguments: Arguments, deployment: Deployment) -> ArmValue:
    """The id that `resourceId([subscription], [group], type, name, …)` makes."""
    at = _type_at(arguments, (0, 1, 2))
    if at is None:
        return Apply(arguments.function, arguments.values)
    tail = _tail(arguments, at)
    subscription_id = arguments[0] if at == 2 else deployment.subscription_id  # noqa: PLR2004 - subscription and group
    if at == 0 and deployment.level in {Level.MANAGEMENT_GROUP, Level.TENANT}:
        return tail
    if at == 0 and deployment.level is Level.SUBSCRIPTION:
        return _text("/subscriptions/", subscription_id, tail)
    if at == 1 and deployment.level is Level.SUBSCRIPTION:
        return _text("/subscriptions/", arguments[0], tail)
    group = arguments[at - 1] if at else deployment.resource_group
    return _text("/subscriptions/", subscription_id, "/resourceGroups/", group, tail)


def subscription_resource_id(arguments: Arguments, deployment: Deployment) -> ArmValue:
    """The id that `subscriptionResourceId([subscription], type, name, …)` makes."""
    at = _type_at(arguments, (0, 1))
    if at is None:
        return Apply(arguments.function, arguments.values)
    return _text("/subscriptions/", arguments[0] if at else deployment.subscription_id, _tail(arguments, at))


def tenant_resource_id(arguments: Arguments, _: Deployment) -> ArmValue:
    """The id that `tenantResourceId(type, name, …)` makes."""
    at = _type_at(arguments, (0,))
    return Apply(arguments.function, arguments.values) if at is None else _tail(arguments, at)


def management_group_resource_id(arguments: Arguments, _: Deployment) -> ArmValue:
    """The id that `managementGroupResourceId([group], type, name, …)` makes."""
    at = _type_at(arguments, (0, 1))
    if at is None:
        return Apply(arguments.function, arguments.values)
    return _text(_MANAGEMENT, arguments[0] if at else DeploymentFact("managementGroup", ("name",)), _tail(arguments, at))


def extension_resource_id(arguments: Arguments, _: Deployment) -> ArmValue:
    """The id that `extensionResourceId(id, type, name, …)` makes."""
    at = _type_at(arguments, (1,))
    return Apply(arguments.function, arguments.values) if at is None else _text(arguments[0], _tail(arguments, at))


IDS: Mapping[str, tuple[str, int, Callable[[Arguments, Deployment], ArmValue]]] = MappingProxyType(
    {
        "resourceid": ("resourceId", 2, resource_id),
        "subscriptionresourceid": ("subscriptionResourceId", 2, subscription_resource_id),
        "tenantresourceid": ("tenantResourceId", 2, tenant_resource_id),
        "managementgroupresourceid": ("managementGroupResourceId", 2, management_group_resource_id),
        "extensionresourceid": ("extensionResourceId", 3, extension_resource_id),
    }
)


def _type_at(arguments: Arguments, places: tuple[int, ...]) -> int | None:
    """Which argument is the type: the first with a slash in it. None where that cannot be told."""
    unknown = False
    for at in places:
        value = arguments[at] if at < len(arguments) else None
        if isinstance(value, str) and "/" in value:
            return at
        unknown = unknown or (is_symbol(value) and not isinstance(value, Concat))
        if isinstance(value, Concat) and any(isinstance(part, str) and "/" in part for part in value.parts):
            return None
    if unknown:
        return None
    return arguments.fail("no argument is a resource type", "A type looks like `Microsoft.Compute/images`.", places[0])


def _tail(arguments: Arguments, at: int) -> ArmValue:
    """`/providers/NS/a/name/b/name` from the type and the names behind it."""
    namespace, *kinds = arguments.string(at).strip("/").split("/")
    names = arguments.values[at + 1 :]
    if not kinds or len(kinds) != len(names):
        message = f"the type `{arguments.string(at)}` takes {_names(len(kinds))}, found {len(names)}"
        arguments.fail(message, "Give one name for each `/` in the type.", at)
    parts: list[str | Symbol] = [f"/providers/{namespace}"]
    for index, (kind, given) in enumerate(zip(kinds, names, strict=True), start=at + 1):
        name = _part_of_name(given)
        if not isinstance(name, str | int) and not is_symbol(name):
            arguments.wrong(index, "the name of a resource")
        parts += [f"/{kind}/", name if is_symbol(name) else to_text(name)]
    return concat(parts)


def _part_of_name(name: ArmValue) -> ArmValue:
    """What `split(format('{0}/{1}', a, b), '/')[0]` comes to, which is how Bicep names a parent: `a`.

    A name that is a part of an id has no `/` in it, nor has what it is made of.
    """
    match name:
        case Access(Apply("split", (Concat(parts), "/")), int() as index):
            segments: list[list[str | Symbol]] = [[]]
            for part in parts:
                first, *others = part.split("/") if isinstance(part, str) else (part,)
                segments[-1].append(first)
                segments += ([other] for other in others)
            return concat(filter(None, segments[index])) if 0 <= index < len(segments) else name
        case _:
            return name


def _names(count: int) -> str:
    return "one name" if count == 1 else f"{count} names"
