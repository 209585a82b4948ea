"""Parameters of the deployment template as Packer variables."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from aib2packer.aib.ids import write_id
from aib2packer.arm.documents.parameters import ExternalValue, KeyVaultSecret, Parameter, ParameterFact, holds_secret
from aib2packer.arm.language.describe import in_terraform
from aib2packer.arm.language.json_values import value_of
from aib2packer.arm.language.symbolic import DeploymentFact, is_known
from aib2packer.hcl.printing import is_identifier, print_value
from aib2packer.hcl.values import HclCode, Variable, VariableValidation
from aib2packer.lazy.models import replace
from aib2packer.packer.variables.ours import sentences
from aib2packer.text.secrets import mask

if TYPE_CHECKING:
    from collections.abc import Sequence

    from aib2packer.arm.language import symbolic
    from aib2packer.hcl.values import Value

_TYPES = {"string": "string", "securestring": "string", "int": "number", "bool": "bool", "array": "list(string)"}
GROUP_LOCATION = DeploymentFact("resourceGroup", ("location",))
TOOK_GROUP_LOCATION = "The template took the region of its resource group."
BEGINNING = ("subscriptions", "")
"""The shape of what an id begins with, where it may end anywhere behind: what comes of it is checked as a whole."""
BLOB = ("https", "")
"""The shape of the URI of a blob, which is no id."""
BLOB_PATTERN = "^https://[^./]+[.][^/]+/[^/]+/.+"
BLOB_EXAMPLE = "https://ACCOUNT.blob.core.windows.net/CONTAINER/NAME.vhd"
REGION = "Azure region of the build."


def declare(fact: ParameterFact, name: str, use: str) -> Variable:
    """The variable that a parameter becomes, under a name. What its default computes is left to `computed_default`.

    `use` says what it is for, where the template does not.
    """
    parameter = fact.parameter
    description = mask(parameter.description) or use
    if isinstance(fact.given, KeyVaultSecret):
        description = sentences(description, f"Secret {fact.given.name} of the key vault {fact.given.vault}.")
    if isinstance(fact.given, ExternalValue):
        description = sentences(description, f"The parameters file computes it: {fact.given.shown}.")
    if fact.default == GROUP_LOCATION and fact.given is None:
        description = sentences(description or REGION, TOOK_GROUP_LOCATION)
    default = _default(fact)
    if default is None and not parameter.description and description == use:
        whose = f"variable {parameter.name} of the configuration"
        own = whose if in_terraform(parameter.span) else f"parameter {parameter.name} of the template"
        description = sentences(description, f"The {own} has no default.")
    return Variable(
        name,
        description,
        parameter.written_type or _type_of_values(fact) or type_name(parameter.type),
        default=default,
        sensitive=fact.secret,
        validation=_validation(parameter, name, may_be_null=parameter.nullable or computed_default(fact) is not None),
        left_empty=fact.left_empty,
        origin=parameter.span,
    )


def has_type(fact: ParameterFact) -> bool:
    """Whether the type of a parameter is told by more than its use: it is written, or what it holds has it."""
    return bool(fact.parameter.written_type or _type_of_values(fact))


def _type_of_values(fact: ParameterFact) -> str:
    """The type of what an array or an object holds by default, or is given; "" where there is nothing, or none fits both."""
    return _common_type([value for value in (fact.default, _given(fact)) if isinstance(value, tuple | dict)])


def _common_type(values: Sequence[symbolic.ArmValue]) -> str:
    """The type that fits several values; "" for none. Packer takes `any` for the type of the default, to which all must fit."""
    types = {type_ for value in values if (type_ := _type_of(value))}
    if len(types) < 2:  # noqa: PLR2004
        return "".join(types)
    if all(isinstance(value, str | int | float) for value in values):
        return "string"
    if all(isinstance(value, tuple) for value in values):
        inner = _common_type([item for value in values if isinstance(value, tuple) for item in value])
        return f"list({inner})" if inner else ""
    if all(isinstance(value, dict) for value in values):
        inner = _common_type([item for value in values if isinstance(value, dict) for item in value.values()])
        return f"map({inner})" if inner else ""
    return ""


def _type_of(value: symbolic.ArmValue) -> str:
    """The type of data; "" where it has none of its own: for null, and what is empty."""
    match value:
        case bool():
            return "bool"
        case int() | float():
            return "number"
        case str():
            return "string"
        case tuple():
            return f"list({_common_type(value) or 'any'})" if value else ""
        case dict():
            types = {str(key): _type_of(item) or "any" for key, item in value.items()}
            alike = set(types.values())
            if len(alike) <= 1:
                return f"map({alike.pop()})" if alike else ""
            named = ", ".join(f"{key} = {type_}" for key, type_ in types.items())
            return f"object({{ {named} }})" if all(map(is_identifier, types)) else "any"
        case _:
            return ""


def type_name(kind: str) -> str:
    """The type of a variable for what ARM calls so."""
    return _TYPES.get(kind, "map(string)")


def with_shape(variable: Variable, shape: tuple[str, ...], *, may_be_empty: bool = False) -> Variable:
    """A variable that must hold a resource id of a shape, as `aib.ids` has them, or the URI of a blob (`BLOB`).

    With an empty shape it is what it was.

    Only a subnet may be left out, and what the template says `may_be_empty`: another id that is empty by default must be given.
    """
    if not shape:
        return variable
    if shape == BEGINNING:
        begins = f'can(regex("(?i)^/subscriptions/", var.{variable.name}))'
        what = f"The {variable.name} must begin as a resource id does: /subscriptions/..."
        return replace(variable, validation=(*variable.validation, VariableValidation(begins, what)))
    if shape == BLOB:
        is_uri = f'can(regex("{BLOB_PATTERN}", var.{variable.name}))'
        rule = VariableValidation(is_uri, f"The {variable.name} must say where the VHD goes, such as {BLOB_EXAMPLE}.")
        return replace(variable, validation=(*variable.validation, rule))
    own = f"var.{variable.name}"
    is_null = variable.default == HclCode("null")
    may_be_unset = may_be_empty or is_null or (variable.default == "" and "virtualnetworks" in shape)
    unset = f"{own} == {'null' if is_null else print_value('')} || " if may_be_unset else ""
    # A subnet that may be null may be "" too, which Azure takes for none.
    pattern = id_pattern(shape, may_be_empty=is_null and "virtualnetworks" in shape)
    rule = VariableValidation(f'{unset}can(regex("{pattern}", {own}))', f"The {variable.name} must be {described_id(shape)}")
    default = None if variable.default == "" and not may_be_unset else variable.default
    return replace(variable, default=default, validation=(*variable.validation, rule))


def id_pattern(shape: tuple[str, ...], *, may_be_empty: bool = False) -> str:
    """The pattern of ids of a shape, without groups; an id of a version may end before that."""
    versioned = shape[-1] == "versions"
    pattern = write_id(shape[:-1] if versioned else shape, "[^/]+") + ("(?:/versions/[^/]+)?" if versioned else "")
    return f"(?i)^(?:{pattern})?$" if may_be_empty else f"(?i)^{pattern}$"


def described_id(shape: tuple[str, ...]) -> str:
    """What an id of a shape looks like, for a message."""
    versioned = shape[-1] == "versions"
    what = "a resource id, with or without a version" if versioned else "a resource id"
    return f"{what}: {write_id(shape[:-1] if versioned else shape, '...')}"


def computed_default(fact: ParameterFact) -> symbolic.ArmValue:
    """A default that is only known when Packer runs: the variable is null then, and a local computes it. None for others."""
    if fact.given is not None or fact.secret or fact.default == GROUP_LOCATION or is_known(fact.default):
        return None
    return fact.default


def given_value(fact: ParameterFact) -> Value | None:
    """What the user gave for a parameter; None for nothing, and for what stays in a key vault."""
    return literal_of(_given(fact))


def _given(fact: ParameterFact) -> symbolic.ArmValue:
    given = fact.given
    return None if given is None or isinstance(given, KeyVaultSecret | ExternalValue) else value_of(given)


def _default(fact: ParameterFact) -> Value | None:
    """The default of a variable: a value that the user gave, else the template's own. A secret has none."""
    if fact.secret:
        return "" if fact.given is None and fact.default == "" else None  # an empty default is no secret
    if fact.given is not None:
        return given_value(fact)
    if computed_default(fact) is not None:
        return HclCode("null")
    if fact.default == GROUP_LOCATION:
        return None
    return HclCode("null") if fact.default is None and fact.parameter.nullable else literal_of(fact.default)


def literal_of(value: symbolic.ArmValue) -> Value | None:
    """A value as HCL; None for null, and for what is not known."""
    match value:
        case bool() | int() | float() | str():
            return value
        case tuple():
            items = tuple(literal_of(item) for item in value)
            return tuple(item for item in items if item is not None)
        case dict():
            values = {str(key): HclCode("null") if inner is None else literal_of(inner) for key, inner in value.items()}
            return {key: inner for key, inner in values.items() if inner is not None}
        case _:
            return None


def _validation(parameter: Parameter, name: str, *, may_be_null: bool) -> tuple[VariableValidation, ...]:
    """What the template says that a value must be. A condition may name its own variable only."""
    rules: list[VariableValidation] = []
    allowed = [value_of(item) for item in parameter.allowed]
    if allowed and parameter.type in _TYPES and not parameter.secure and not any(map(holds_secret, allowed)):
        rules.append(_one_of(allowed, name, is_list=parameter.type == "array"))
    subject = f"var.{name}" if parameter.type == "int" else f"length(var.{name})"
    what = f"The {name}" if parameter.type == "int" else f"The length of {name}"
    bounds = (
        (parameter.min_value, parameter.max_value) if parameter.type == "int" else (parameter.min_length, parameter.max_length)
    )
    least, most = bounds
    if least is not None and most is not None:
        rules.append(
            VariableValidation(f"{subject} >= {least} && {subject} <= {most}", f"{what} must be from {least} to {most}.")
        )
    elif least is not None:
        rules.append(VariableValidation(f"{subject} >= {least}", f"{what} must be {least} or more."))
    elif most is not None:
        rules.append(VariableValidation(f"{subject} <= {most}", f"{what} must be {most} or less."))
    own = re.compile(rf"\bvar\.{re.escape(parameter.name)}(?![\w-])")
    rules += (VariableValidation(own.sub(f"var.{name}", condition), message) for condition, message in parameter.rules)
    if not may_be_null:
        return tuple(rules)
    return tuple(replace(rule, condition=f"var.{name} == null ? true : {rule.condition}") for rule in rules)


def _one_of(allowed: list[symbolic.ArmValue], name: str, *, is_list: bool) -> VariableValidation:
    literals = tuple(value for item in allowed if (value := literal_of(item)) is not None)
    values = print_value(literals)
    condition = (
        f"alltrue([for item in var.{name} : contains({values}, item)])" if is_list else f"contains({values}, var.{name})"
    )
    listed = ", ".join(item if isinstance(item, str) else print_value(item) for item in literals)
    return VariableValidation(condition, f"The {name} must be one of {listed}.")
