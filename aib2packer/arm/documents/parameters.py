"""Parameters of a deployment template: what it declares, and the values that the user gives."""

from __future__ import annotations

import re
import shlex
from typing import TYPE_CHECKING, TypeAlias

from aib2packer.arm.language.describe import parameter_word
from aib2packer.arm.language.symbolic import walk
from aib2packer.findings import codes
from aib2packer.jsonc.reader import parse, read_json
from aib2packer.jsonc.replace import replaced
from aib2packer.jsonc.tree import JsonArray, JsonObject, JsonScalar, MembersByKey, string_of
from aib2packer.lazy.models import dataclass, field
from aib2packer.lazy.patterns import pattern
from aib2packer.terraform.forms import UNUSED, is_values_file
from aib2packer.text.placeholders import is_open
from aib2packer.text.secrets import find_secrets, mask, names_secret
from aib2packer.text.source import SourceText, Span

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping

    from aib2packer.arm.language.symbolic import ArmValue
    from aib2packer.findings.model import Report
    from aib2packer.jsonc.tree import Json, JsonMember
    from aib2packer.options import Options

_SECURE = {"securestring", "secureobject"}
_VALUE = pattern(r'"value"\s*:\s*("(?:[^"\\]|\\.)*"?|[^\s,}\]]+)', re.IGNORECASE)
_SHAPES: dict[str, tuple[str, tuple[type, ...]]] = {
    "string": ("a string", (str,)),
    "securestring": ("a string", (str,)),
    "int": ("a whole number", (int,)),
    "bool": ("true or false", (bool,)),
    "object": ("an object", (JsonObject,)),
    "secureobject": ("an object", (JsonObject,)),
    "array": ("an array", (JsonArray,)),
}


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
    rules: tuple[tuple[str, str], ...] = ()
    """What a Terraform variable of that name must be: HCL conditions and their messages."""
    written_type: str = ""
    """The type that a Terraform variable of that name has, where it says more than ARM's."""
    untyped: bool = False
    """Whether Terraform does not say of which type it is: then it is what belongs where it stands."""

    @property
    def secure(self) -> bool:
        """Whether its value is a secret: the type says so or, of a text that somebody must give, the name."""
        if self.type in _SECURE:
            return True
        is_given = self.type == "string" and not self.allowed and (self.default is None or string_of(self.default) == "")
        return is_given and names_secret(self.name)


@dataclass(frozen=True, slots=True)
class KeyVaultSecret:
    """A value that a parameters file leaves in a key vault; "" for what is not said."""

    vault: str
    name: str
    span: Span


@dataclass(frozen=True, slots=True)
class Setting:
    """A value as it was typed: what it is depends on the type of the parameter."""

    text: str
    span: Span


@dataclass(frozen=True, slots=True)
class ExternalValue:
    """A value that a parameters file made from Bicep takes from the pipeline; `shown` is the expression that does."""

    shown: str
    span: Span


Given: TypeAlias = "Json | KeyVaultSecret | ExternalValue"
"""The value of a parameter, as the user gives it."""


@dataclass(frozen=True, slots=True)
class ParameterFact:
    """A parameter with what the user gives for it, and its default evaluated, which may hold symbols; None for none."""

    parameter: Parameter
    given: Given | None
    default: ArmValue
    left_empty: bool = False
    """Whether a parameters file has an empty text for it, which counts as no value."""
    secret: bool = field(init=False, repr=False)
    """Whether its value must not stand in the output: the template says so, or there is a secret in it."""

    def __post_init__(self) -> None:
        given = self.given.value if isinstance(self.given, JsonScalar) else None
        told = self.parameter.secure or isinstance(self.given, KeyVaultSecret)
        object.__setattr__(self, "secret", told or holds_secret(self.default) or holds_secret(given))


def holds_secret(value: ArmValue) -> bool:
    """Whether there is a secret in a value, however deep."""
    return any(isinstance(part, str) and find_secrets(part) for part in walk(value))


# https://learn.microsoft.com/azure/azure-resource-manager/templates/best-practices, Template limits
_MOST_TYPES = 100  # that lead from one to the next
_MOST = {"parameters": 256, "variables": 256, "outputs": 64}
# What stands around the values in a parameters file, and is text.
_AROUND = {"$schema", "contentversion", "languageversion", "metadata", "$comment"}


def read_parameters(template: JsonObject, report: Report) -> dict[str, Parameter]:
    """The parameters that a template declares, and what ARM refuses of them."""
    _check_limits(template, report)
    types = _types(template)
    for name, span, declaration in _declarations(template):
        _check_type(name, span, declaration, report)
        if (missing := _leads_nowhere(declaration, types)) is not None:
            report.add(
                codes.NOT_ONE_OF,
                span,
                f"the parameter {name} has the type `{missing}`, which `definitions` lacks, "
                "or which contains itself or leads too far",
                help="Define the type, or write string, int, bool, object, array, securestring or secureObject.",
            )
    return declared_parameters(template)


def declared_parameters(template: JsonObject) -> dict[str, Parameter]:
    """The parameters that a template declares, by their names in lower case: ARM compares them without regard to case."""
    found: dict[str, Parameter] = {}
    declarations = tuple(_declarations(template))
    to_fill_in = _to_fill_in((declaration for *_, declaration in declarations), template)
    for name, span, declaration in declarations:
        parameter = _parameter(name, span, declaration, to_fill_in)
        found[name.lower()] = parameter
        if parameter.secure:
            for node in (parameter.default, *parameter.allowed):
                hide(node)
    return found


def _declarations(template: JsonObject) -> Iterator[tuple[str, Span, JsonObject]]:
    declared, types = template.get("parameters"), _types(template)
    for member in declared if isinstance(declared, JsonObject) else ():
        if isinstance(member.value, JsonObject):
            yield member.key, member.key_span, _resolved(member.value, types)


def _check_limits(template: JsonObject, report: Report) -> None:
    """Report what ARM refuses for its number, before any of it is evaluated."""
    for key, most in _MOST.items():
        declared = template.get(key)
        if isinstance(declared, JsonObject) and len(declared.members) > most:
            report.add(
                codes.EXPRESSION,
                template.key_span(key),
                f"there are {len(declared.members)} {key}: ARM takes {most} in a template",
                help="Combine some of them in an object, or move some into a nested deployment.",
            )


def hide(node: Given | Setting | None) -> None:
    """Keep a value from being shown where it stands."""
    if node is not None and not isinstance(node, KeyVaultSecret | ExternalValue):
        node.span.source.hide(node.span.start, node.span.end)


@dataclass(frozen=True, slots=True)
class GivenValues:
    """The values that the user gives, by the names as written, and the names, in lower case, of what a file leaves empty."""

    values: dict[str, Given | Setting]
    left_empty: frozenset[str]


def read_values(options: Options, report: Report) -> GivenValues:
    """The values that the user gives: of files, then of `NAME=VALUE` settings; the later win.

    What a setting means is only known with the parameters: `bind_values`.
    """
    values: dict[str, Given | Setting] = {}
    left_empty: set[str] = set()
    for file in options.parameter_files:
        if is_values_file(file.name):
            from aib2packer.terraform.variables import plain, values_of

            values |= {name: plain(value, str) for name, value in values_of(file, report).items()}
            continue
        document = parse(file, report)
        if document is None:
            for found in _VALUE.finditer(file.text):  # which of them are secrets, nobody knows then
                file.hide(*found.span(1))
        else:
            found_values = _file_values(replaced(document, options.replacements), report)
            empty = {name for name, value in found_values.items() if _is_empty(value)}
            values |= {name: value for name, value in found_values.items() if name not in empty}
            left_empty |= empty
    for setting in options.settings:
        name, _, text = setting.partition("=")
        source = SourceText(f"--set {name.strip()}", text)
        values.pop(name.strip(), None)  # so that it stands last
        values[name.strip()] = Setting(text, Span(source, 0, len(text)))
    return GivenValues(values, frozenset({name.lower() for name in left_empty} - {name.lower() for name in values}))


def _is_empty(value: Given) -> bool:
    return isinstance(value, JsonScalar) and value.value == ""


def bind_values(
    given: Mapping[str, Given | Setting], filled: frozenset[str], parameters: Mapping[str, Parameter], report: Report
) -> dict[str, Given]:
    """The values for the parameters of a template, by names in lower case, checked.

    A setting is text for a string, and JSON for the other types. Those with a name in `filled` may have no parameter.
    """
    values: dict[str, Given] = {}
    for name, value in given.items():
        parameter = parameters.get(name.lower())
        if parameter is None and name in filled:
            continue
        if parameter is None or parameter.secure:  # an unknown one may be meant for one that is secret
            hide(value)
        if parameter is None:
            from difflib import get_close_matches

            near = get_close_matches(name.lower(), parameters, n=1)
            known = ", ".join(one.name for one in parameters.values()) or "none"
            report.add(
                codes.UNKNOWN_PARAMETER,
                value.span,
                f"the template has no parameter `{name}`",
                help=f"Did you mean {parameters[near[0]].name}?" if near else f"It has {known}.",
            )
            continue
        bound = _setting_value(value, parameter) if isinstance(value, Setting) else value
        check_value(parameter, bound, report)
        values[name.lower()] = bound
    return values


def known_elsewhere(template: JsonObject) -> frozenset[str]:
    """The names of variables of a Terraform configuration that the template does not need."""
    unused = template.get(UNUSED)
    return frozenset(member.key for member in unused) if isinstance(unused, JsonObject) else frozenset()


def check_value(parameter: Parameter, given: Given, report: Report) -> None:
    """Report a value that ARM would refuse: of another type, not allowed, or out of bounds. A secret is never shown."""
    if isinstance(given, KeyVaultSecret | ExternalValue) or (isinstance(given, JsonScalar) and given.value is None):
        return
    wrong = _what_is_wrong(parameter, given)
    if wrong is not None:
        report.add(
            codes.PARAMETER,
            given.span,
            f"the value of the {parameter_word(parameter.span)} {parameter.name} {wrong[0]}",
            help=wrong[1],
        )


def _what_is_wrong(parameter: Parameter, given: Json) -> tuple[str, str] | None:
    if parameter.untyped:
        return None
    expected, shape = _SHAPES[parameter.type]
    value = given.value if isinstance(given, JsonScalar) else given
    if not isinstance(value, shape) or (isinstance(value, bool) and bool not in shape):
        return f"is not {expected}", f"Give {expected}."
    allowed = [_plain(one) for one in parameter.allowed]
    chosen = [_plain(one) for one in given.items] if isinstance(given, JsonArray) else [_plain(given)]
    if allowed and not all(one in allowed for one in chosen):
        help_text = "Give one of those." if parameter.secure else f"It allows {', '.join(allowed)}."
        return "is not one of those that the template allows", help_text
    size = value if isinstance(value, int) else len(value) if isinstance(value, str) else None
    size = len(given.items) if isinstance(given, JsonArray) else size
    least, most = (
        (parameter.min_value, parameter.max_value) if parameter.type == "int" else (parameter.min_length, parameter.max_length)
    )
    if size is not None and ((least is not None and size < least) or (most is not None and size > most)):
        what = "value" if parameter.type == "int" else "length"
        return f"is out of bounds: its {what} is {size}", f"The template takes {_bounds(least, most)}."
    return None


def _bounds(least: int | None, most: int | None) -> str:
    if least is None or most is None:
        return f"{most} at most" if least is None else f"{least} at least"
    return f"{least} to {most}"


def _plain(node: Json) -> str:
    return str(node.value) if isinstance(node, JsonScalar) else node.span.text


def _types(template: JsonObject) -> dict[str, Json]:
    """The user-defined types by their names in lower case."""
    definitions = template.get("definitions")
    return {one.key.lower(): one.value for one in reversed(definitions.members)} if isinstance(definitions, JsonObject) else {}


def _ways(declaration: JsonObject, types: Mapping[str, Json]) -> Iterator[tuple[str, Json | None]]:
    """The user-defined types that say what a parameter is, `"$ref": "#/definitions/x"`; None for the last that is none.

    One that refers to itself, or leads through too many others, is none.
    """
    seen = set[str]()
    while (reference := string_of(declaration.get("$ref"))) is not None:
        name = reference.rsplit("/", 1)[-1]
        found = None if name.lower() in seen or len(seen) >= _MOST_TYPES else types.get(name.lower())
        yield name, found
        if not isinstance(found, JsonObject):
            return
        seen.add(name.lower())
        declaration = found


def _resolved(declaration: JsonObject, types: Mapping[str, Json]) -> JsonObject:
    """The declaration with what its user-defined type says, where it has one."""
    if not types:
        return declaration
    own = {member.key.lower() for member in declaration}
    inherited: dict[str, JsonMember] = {}
    for _, definition in _ways(declaration, types):
        if isinstance(definition, JsonObject):
            inherited |= {key: one for one in definition if (key := one.key.lower()) not in own and key not in inherited}
    return JsonObject((*declaration.members, *inherited.values()), declaration.span) if inherited else declaration


def _leads_nowhere(declaration: JsonObject, types: Mapping[str, Json]) -> str | None:
    """The user-defined type, on the way to what a parameter is, that is none; None where all are."""
    return next((name for name, found in _ways(declaration, types) if not isinstance(found, JsonObject)), None)


def _type(declaration: JsonObject) -> str:
    return (string_of(declaration.get("type")) or "object").lower()


def _check_type(name: str, span: Span, declaration: JsonObject, report: Report) -> None:
    if (kind := _type(declaration)) not in _SHAPES:
        report.add(
            codes.NOT_ONE_OF,
            span,
            f"the parameter {name} has the type `{kind}`, which ARM does not know",
            help="Use string, int, bool, object, array, securestring or secureObject.",
        )


def _to_fill_in(declarations: Iterable[JsonObject], template: JsonObject) -> frozenset[str]:
    """The defaults that are placeholders, and none that the template itself looks for, to know whether there is a value."""
    defaults = (string_of(declaration.get("defaultValue")) for declaration in declarations)
    found = frozenset(default for default in defaults if default is not None and is_open(default))
    if not found:
        return found
    from aib2packer.arm.evaluation.open_texts import compared_texts

    return found - compared_texts(template)


def _parameter(name: str, span: Span, declaration: JsonObject, to_fill_in: frozenset[str]) -> Parameter:
    kind = _type(declaration)
    said = MembersByKey(declaration)
    allowed = said.value("allowedValues")
    metadata = said.value("metadata")
    description = string_of(metadata.get("description")) if isinstance(metadata, JsonObject) else None
    nullable = said.value("nullable")
    rules, written_type = _terraform(said.value("validation"))
    default = said.value("defaultValue")
    if (text := string_of(default)) is not None and text in to_fill_in:
        left_open = f"The template leaves it to be filled in: {mask(text)}"
        default, description = None, f"{description.rstrip('.')}. {left_open}" if description else left_open
    return Parameter(
        name=name,
        type=kind if kind in _SHAPES else "object",
        default=default,
        allowed=allowed.items if isinstance(allowed, JsonArray) else (),
        min_value=_integer(said.value("minValue")),
        max_value=_integer(said.value("maxValue")),
        min_length=_integer(said.value("minLength")),
        max_length=_integer(said.value("maxLength")),
        description=description or "",
        nullable=isinstance(nullable, JsonScalar) and nullable.value is True,
        span=span,
        rules=rules,
        written_type=written_type,
        untyped=said["untyped"] is not None,
    )


def _terraform(value: Json | None) -> tuple[tuple[tuple[str, str], ...], str]:
    """The rules and the type that a variable of Terraform has, which a parameter of ARM does not."""
    if value is None:
        return (), ""
    from aib2packer.terraform.syntax import TfRules

    return (value.rules, value.type) if isinstance(value, TfRules) else ((), "")


def _file_values(document: Json, report: Report) -> dict[str, Given]:
    """The values of a parameters file: `parameters: {name: {value: …}}`, or the inner object alone."""
    if not isinstance(document, JsonObject):
        report.add(
            codes.WRONG_TYPE,
            document.span,
            "this is not a parameters file: that is an object",
            help='Pass a file such as {"parameters": {"name": {"value": "x"}}}.',
        )
        return {}
    parameters = document.get("parameters")
    values: dict[str, Given] = {}
    members = (parameters if isinstance(parameters, JsonObject) else document).members
    if not members:
        report.add(
            codes.UNKNOWN_PARAMETER,
            document.span,
            "this file gives no value",
            help='A parameters file is {"parameters": {"name": {"value": "x"}}}.',
        )
    for member in members:
        if isinstance(parameters, JsonObject) or isinstance(member.value, JsonObject):
            value = _file_value(member.key, member.value, report)
            if value is not None:
                values[member.key] = value
        elif member.key.lower() not in _AROUND:
            hide(member.value)
            report.add(
                codes.UNKNOWN_PARAMETER,
                member.key_span,
                f"{member.key} is ignored: a parameters file gives values as objects",
                help=f'Write "{member.key}": {{"value": …}}.',
            )
    return values


def _file_value(name: str, entry: Json, report: Report) -> Given | None:
    if not isinstance(entry, JsonObject):
        return entry
    if (reference := entry.get("reference")) is not None:
        vault = reference.get("keyVault") if isinstance(reference, JsonObject) else None
        vault_id = _text(vault.get("id"), report) if isinstance(vault, JsonObject) else None
        secret = _text(reference.get("secretName"), report) if isinstance(reference, JsonObject) else None
        return KeyVaultSecret((vault_id or "").rsplit("/", 1)[-1], secret or "", entry.span)
    if (expression := entry.get("expression")) is not None:
        from aib2packer.arm.language.json_values import value_of
        from aib2packer.arm.language.symbolic import is_known

        value = _computed(expression, report)
        known = value is None or is_known(value_of(value))
        return value if known else ExternalValue(string_of(expression) or expression.span.text, expression.span)
    value = entry.get("value")
    if value is None:
        report.add(
            codes.PARAMETER,
            entry.span,
            f"the value of the parameter {name} is none of `value`, `reference` and `expression`, and cannot be read",
            help=f'Write {{"value": …}}, or pass --set {shlex.quote(name)}=…',
        )
    return value


def _text(node: Json | None, report: Report) -> str | None:
    """A text of a parameters file, computed; an expression that is not known as it stands."""
    from aib2packer.arm.language.json_values import JsonSymbolic

    value = None if node is None else _computed(node, report)
    return value.shown if isinstance(value, JsonSymbolic) else string_of(value)


def _computed(expression: Json, report: Report) -> Json | None:
    """What an expression of a parameters file comes to: `bicep build-params` leaves those that take something from outside."""
    from aib2packer.arm.evaluation.evaluate import evaluate_json
    from aib2packer.arm.evaluation.scope import Scope
    from aib2packer.arm.language.expression import ExpressionError

    try:
        return evaluate_json(expression, Scope())
    except ExpressionError as error:
        report.add(codes.EXPRESSION, error.span or expression.span, error.message, help=error.help or "Correct the expression.")
        return None


def _setting_value(setting: Setting, parameter: Parameter) -> Json:
    text = JsonScalar(setting.text, setting.span)
    if parameter.untyped and setting.text.lstrip()[:1] in {"[", "{"}:
        return read_json(setting.span.source).tree or text
    if parameter.type in {"string", "securestring"}:
        return text
    if parameter.type == "bool" and setting.text.lower() in {"true", "false"}:
        return JsonScalar(setting.text.lower() == "true", setting.span)
    return read_json(setting.span.source).tree or text  # what is no JSON is refused as of the wrong type


def _integer(value: Json | None) -> int | None:
    return value.value if isinstance(value, JsonScalar) and type(value.value) is int else None
