"""Parameters of a deployment template: what it declares, and the values that the user gives."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, TypeAlias

from aib2packer.findings import codes
from aib2packer.findings.model import Report
from aib2packer.text.jsonc import parse
from aib2packer.text.source import SourceText, Span
from aib2packer.text.tree import JsonArray, JsonObject, JsonScalar, string_of

if TYPE_CHECKING:
    from collections.abc import Sequence

    from aib2packer.arm.symbolic import Value
    from aib2packer.text.tree import Json

_SECURE = {"securestring", "secureobject"}
_TYPES = {"string", "securestring", "int", "bool", "object", "secureobject", "array"}


@dataclass(frozen=True, slots=True)
class Parameter:
    """A parameter as the template declares it. `type` is in lower case; bounds are None where there are none."""

    name: str
    type: str
    default: Json | None
    allowed: tuple[Json, ...]
    min_value: int | None
    max_value: int | None
    min_length: int | None
    max_length: int | None
    description: str
    nullable: bool
    span: Span

    @property
    def secure(self) -> bool:
        """Whether its value is a secret."""
        return self.type in _SECURE


@dataclass(frozen=True, slots=True)
class KeyVaultSecret:
    """A value that a parameters file leaves in a key vault."""

    span: Span


Given: TypeAlias = "Json | KeyVaultSecret"
"""The value of a parameter, as the user gives it."""


@dataclass(frozen=True, slots=True)
class ParameterFact:
    """A parameter with what the user gives for it, and its default evaluated, which may hold symbols; None for none."""

    parameter: Parameter
    given: Given | None
    default: Value


def read_parameters(template: JsonObject, report: Report) -> dict[str, Parameter]:
    """The parameters that a template declares, by their names in lower case: ARM compares them without regard to case."""
    declared = template.get("parameters")
    found: dict[str, Parameter] = {}
    for member in declared if isinstance(declared, JsonObject) else ():
        if isinstance(member.value, JsonObject):
            found[member.key.lower()] = _parameter(member.key, member.key_span, _resolved(member.value, template), report)
    return found


def read_values(files: Sequence[SourceText], settings: Sequence[str], report: Report) -> dict[str, Given]:
    """The values that the user gives, by names in lower case: of files, then of `NAME=VALUE` settings; the later win.

    A setting's value is JSON where it is JSON, else text.
    """
    values: dict[str, Given] = {}
    for file in files:
        document = parse(file, report)
        if document is not None:
            values |= _file_values(document, report)
    for setting in settings:
        name, _, text = setting.partition("=")
        values[name.strip().lower()] = _setting_value(name.strip(), text)
    return values


def _resolved(declaration: JsonObject, template: JsonObject) -> JsonObject:
    """The declaration with what its user-defined type says, where it has one: `"$ref": "#/definitions/x"`."""
    reference = string_of(declaration.get("$ref"))
    definitions = template.get("definitions")
    if reference is None or not isinstance(definitions, JsonObject):
        return declaration
    definition = definitions.get(reference.rsplit("/", 1)[-1])
    if not isinstance(definition, JsonObject) or definition is declaration:
        return declaration
    own = {member.key.lower() for member in declaration}
    inherited = tuple(member for member in _resolved(definition, template) if member.key.lower() not in own)
    return JsonObject((*declaration.members, *inherited), declaration.span)


def _parameter(name: str, span: Span, declaration: JsonObject, report: Report) -> Parameter:
    kind = (string_of(declaration.get("type")) or "object").lower()
    if kind not in _TYPES:
        report.add(
            codes.BAD_VALUE,
            span,
            f"the parameter {name} has the type `{kind}`, which ARM does not know",
            help="Use string, int, bool, object, array, securestring or secureObject.",
        )
    allowed = declaration.get("allowedValues")
    metadata = declaration.get("metadata")
    description = string_of(metadata.get("description")) if isinstance(metadata, JsonObject) else None
    nullable = declaration.get("nullable")
    return Parameter(
        name=name,
        type=kind,
        default=declaration.get("defaultValue"),
        allowed=allowed.items if isinstance(allowed, JsonArray) else (),
        min_value=_integer(declaration.get("minValue")),
        max_value=_integer(declaration.get("maxValue")),
        min_length=_integer(declaration.get("minLength")),
        max_length=_integer(declaration.get("maxLength")),
        description=description or "",
        nullable=isinstance(nullable, JsonScalar) and nullable.value is True,
        span=span,
    )


def _file_values(document: Json, report: Report) -> dict[str, Given]:
    """The values of a parameters file: `parameters: {name: {value: …}}`, or the inner object alone."""
    if not isinstance(document, JsonObject):
        report.add(
            codes.WRONG_TYPE,
            document.span,
            "this is no parameters file: that is an object",
            help='Pass a file such as {"parameters": {"name": {"value": "x"}}}.',
        )
        return {}
    parameters = document.get("parameters")
    values: dict[str, Given] = {}
    for member in parameters if isinstance(parameters, JsonObject) else document:
        if isinstance(parameters, JsonObject) or isinstance(member.value, JsonObject):
            value = _file_value(member.value)
            if value is not None:
                values[member.key.lower()] = value
    return values


def _file_value(entry: Json) -> Given | None:
    if not isinstance(entry, JsonObject):
        return entry
    if entry.get("reference") is not None:
        return KeyVaultSecret(entry.span)
    return entry.get("value")


def _setting_value(name: str, text: str) -> Given:
    source = SourceText(f"--set {name}", text)
    value = parse(source, Report())  # what is no JSON is text, and no error
    return JsonScalar(text, Span(source, 0, len(text))) if value is None else value


def _integer(value: Json | None) -> int | None:
    return value.value if isinstance(value, JsonScalar) and type(value.value) is int else None
