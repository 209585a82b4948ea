"""What an expression can name: the parameters, variables and functions of its template, and the deployment around it."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from enum import Enum
from typing import TYPE_CHECKING

from aib2packer.arm.evaluation.budget import Budget
from aib2packer.arm.language.symbolic import DeploymentFact
from aib2packer.azure.clouds import Cloud
from aib2packer.jsonc.tree import JsonArray, JsonObject, string_of
from aib2packer.lazy.models import dataclass, field, replace

if TYPE_CHECKING:
    from collections.abc import Iterator

    from aib2packer.arm.language.symbolic import ArmValue, Symbol
    from aib2packer.jsonc.tree import Json

SUBSCRIPTION_ID = DeploymentFact("subscription", ("subscriptionId",))
RESOURCE_GROUP = DeploymentFact("resourceGroup", ("name",))
LOCATION = DeploymentFact("resourceGroup", ("location",))
TENANT_ID = DeploymentFact("tenant", ("tenantId",))
DEPLOYMENT_NAME = DeploymentFact("deployment", ("name",))


class Level(Enum):
    """What a template is deployed to, named as its `$schema` names it."""

    RESOURCE_GROUP = "deploymentTemplate"
    SUBSCRIPTION = "subscriptionDeploymentTemplate"
    MANAGEMENT_GROUP = "managementGroupDeploymentTemplate"
    TENANT = "tenantDeploymentTemplate"


@dataclass(frozen=True, slots=True)
class Deployment:
    """The target of a deployment. Each of its facts is text, or a symbol where it is not known."""

    level: Level = Level.RESOURCE_GROUP
    subscription_id: ArmValue = SUBSCRIPTION_ID
    resource_group: ArmValue = RESOURCE_GROUP
    location: ArmValue = LOCATION
    tenant_id: ArmValue = TENANT_ID
    name: ArmValue = DEPLOYMENT_NAME
    cloud: Cloud = Cloud.PUBLIC


@dataclass(frozen=True, slots=True)
class Definition:
    """A parameter or a variable: its name as declared, and what it is.

    `literal`: the value is taken as it is (it comes from a parameters file, or is a symbol), not evaluated. `scope`: where its
    expressions are evaluated, None for the scope that holds it. `loop`: the value is one `{name, count, input}` of a `copy`.
    """

    name: str
    value: Json
    literal: bool = False
    scope: Scope | None = None
    loop: bool = False


@dataclass(frozen=True, slots=True)
class UserFunction:
    """A function of the template: `namespace.name`, the names of its parameters, and its `output.value`."""

    name: str
    parameters: tuple[str, ...]
    output: Json


@dataclass(frozen=True, slots=True)
class Loop:
    """One round of a `copy`: its name ("" for one without), and which round, a symbol where their number is not known."""

    name: str
    index: ArmValue


@dataclass(slots=True)
class Memory:
    """What a scope has worked out so far, and what it is working out."""

    values: dict[tuple[str, str], Json] = field(default_factory=dict)
    pending: list[tuple[str, str]] = field(default_factory=list)
    again: dict[int, tuple[Symbol, Json]] = field(default_factory=dict)
    """What symbols came to that were evaluated again, by their identity."""
    budget: Budget = field(default_factory=Budget)
    """What the evaluation may cost, together with all other scopes of a conversion."""


Reference = Callable[[str, "tuple[ArmValue, ...]"], "Json | None"]
"""Answers `reference(…)` and its like from the template itself: function and arguments in, the answer or None out."""


@dataclass(frozen=True, slots=True, eq=False)
class Scope:
    """Everything that can be named. The keys of all mappings are in lower case."""

    parameters: Mapping[str, Definition] = field(default_factory=dict)
    variables: Mapping[str, Definition] = field(default_factory=dict)
    functions: Mapping[str, UserFunction] = field(default_factory=dict)
    deployment: Deployment = field(default_factory=Deployment)
    reference: Reference | None = None
    loops: tuple[Loop, ...] = ()
    lambda_variables: Mapping[str, Json] = field(default_factory=dict)
    owner: str = ""
    memory: Memory = field(default_factory=Memory, repr=False)

    def with_loop(self, name: str, index: ArmValue) -> Scope:
        """The scope inside one round of a `copy`."""
        return replace(self, loops=(*self.loops, Loop(name, index)))

    def with_lambda_variables(self, variables: Mapping[str, Json]) -> Scope:
        """The scope inside the body of a lambda; keys in lower case."""
        return replace(self, lambda_variables={**self.lambda_variables, **variables})

    def outermost(self, owner: str = "") -> Scope:
        """The scope outside of all loops and lambdas, for the definition of `owner`."""
        if not self.loops and not self.lambda_variables and self.owner == owner:
            return self
        return replace(self, loops=(), lambda_variables={}, owner=owner)


def variable_definitions(section: JsonObject) -> dict[str, Definition]:
    """The variables of a template's `variables`, those of its `copy` included."""
    return {definition.name.lower(): definition for definition in _variables(section)}


def _variables(section: JsonObject) -> Iterator[Definition]:
    for member in section:
        if member.key.lower() == "copy" and isinstance(member.value, JsonArray):
            for loop in member.value.items:
                if isinstance(loop, JsonObject):
                    yield Definition(string_of(loop.get("name")) or "", loop, loop=True)
        else:
            yield Definition(member.key, member.value)


def user_functions(section: JsonArray) -> dict[str, UserFunction]:
    """The functions of a template's `functions`."""
    return {function.name.lower(): function for function in _functions(section)}


def _functions(section: JsonArray) -> Iterator[UserFunction]:
    for group in section.items:
        if not isinstance(group, JsonObject):
            continue
        namespace, members = string_of(group.get("namespace")), group.get("members")
        for member in members if isinstance(members, JsonObject) else ():
            output = member.value.get("output") if isinstance(member.value, JsonObject) else None
            value = output.get("value") if isinstance(output, JsonObject) else None
            declared = member.value.get("parameters") if isinstance(member.value, JsonObject) else None
            if value is not None:
                yield UserFunction(f"{namespace}.{member.key}", tuple(_names(declared)), value)


def _names(declared: Json | None) -> Iterator[str]:
    for parameter in declared.items if isinstance(declared, JsonArray) else ():
        if isinstance(parameter, JsonObject):
            yield string_of(parameter.get("name")) or ""
