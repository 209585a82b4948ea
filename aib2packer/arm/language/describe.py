"""Symbolic values in the words of ARM, or of Terraform: what a message shows, and what a string of the template was."""

from __future__ import annotations

import shlex
from typing import TYPE_CHECKING

from aib2packer.arm.language.symbolic import (
    Access,
    Apply,
    Concat,
    Deferred,
    DeploymentFact,
    If,
    Lambda,
    LambdaVariable,
    ParameterSymbol,
    Runtime,
    Secret,
    VariableSymbol,
)

if TYPE_CHECKING:
    from collections.abc import Iterable

    from aib2packer.arm.language.symbolic import ArmValue, Symbol, Type
    from aib2packer.text.source import Span

_MAX_DEPTH = 20
_MAX_PARTS = 300
_LONGEST = 500  # characters of a text in one
_SHOWN = 40
_DATA = {
    ("subscription", "subscriptionId"): "azurerm_client_config.current.subscription_id",
    ("subscription", "id"): "azurerm_subscription.current.id",
    ("tenant", "tenantId"): "azurerm_client_config.current.tenant_id",
}
_OF_TERRAFORM = (".tf", ".tofu", ".tfvars", ".tftpl")


def settings_for(names: Iterable[str]) -> str:
    """What to pass on the command line, so that these have values."""
    return " ".join(f"--set {shlex.quote(name)}=…" for name in names)


def describe(symbol: Symbol, place: Span | None = None) -> str:
    """A symbol as the expression that has its value; long ones are cut with `…`. `place` is where it stands."""
    if place is not None and in_terraform(place):
        return f"${{{_Describer(in_terraform=True).value(symbol, 0)}}}"
    return f"[{_Describer().value(symbol, 0)}]"


def in_terraform(place: Span) -> bool:
    """Whether something stands in a file of Terraform."""
    return place.source.name.lower().endswith(_OF_TERRAFORM)


def parameter_word(place: Span) -> str:
    """What people call a parameter that stands there: Terraform has variables."""
    return "variable" if in_terraform(place) else "parameter"


class _Describer:
    """Writes one value, down to a depth and up to a number of parts: what is shared in a value is written each time."""

    __slots__ = ("_in_terraform", "_parts")

    def __init__(self, *, in_terraform: bool = False) -> None:
        self._parts = 0
        self._in_terraform = in_terraform

    def value(self, value: ArmValue | Lambda, depth: int) -> str:
        """A value at this depth."""
        self._parts += 1
        match value:
            case ParameterSymbol(name, is_placeholder=True):
                return self.value(name, depth)
            case ParameterSymbol(name) if self._in_terraform:
                return f"var.{name}"
            case VariableSymbol(name) if self._in_terraform:
                return f"local.{name}"
            case Concat(parts) if self._in_terraform:
                return self._call("join", ("", parts), depth)
            case DeploymentFact(function, (str(name),)) if self._in_terraform and (function, name) in _DATA:
                return f"data.{_DATA[function, name]}"
            case None | bool() if self._in_terraform:
                return "null" if value is None else str(value).lower()
            case str() if self._in_terraform:
                import json

                return json.dumps(_cut(value), ensure_ascii=False)
            case If(condition, then, otherwise) if self._in_terraform and depth <= _MAX_DEPTH:
                asked, yes, no = (self.value(one, depth + 1) for one in (condition, then, otherwise))
                return f"{asked} ? {yes} : {no}"
        return "…" if depth > _MAX_DEPTH or self._parts > _MAX_PARTS else self._shown(value, depth)

    def _shown(self, value: ArmValue | Lambda, depth: int) -> str:  # noqa: C901, PLR0912 - a case each kind of value
        match value:
            case None | bool():
                return f"{'null' if value is None else str(value).lower()}()"
            case str():
                return "'" + _cut(value).replace("'", "''") + "'"
            case int():
                return str(value)
            case float():
                return f"json('{value!r}')"
            case tuple():
                return self._call("createArray", value, depth)
            case dict():
                return self._call("createObject", tuple(part for item in value.items() for part in item), depth)
            case ParameterSymbol(name):
                return f"parameters('{name}')"
            case Secret():
                return "'***'"
            case VariableSymbol(name):
                return f"variables('{name}')"
            case LambdaVariable(name):
                return f"lambdaVariables('{name}')"
            case DeploymentFact(function, path):
                return f"{function}()" + "".join(map(_accessor, path))
            case Deferred(function, arguments):
                return self._call(function, arguments, depth)
            case Runtime(function, arguments, path):
                return self._call(function, arguments, depth) + "".join(map(_accessor, path))
            case Concat(parts):
                return self._call("concat", parts, depth)
            case If(condition, then, otherwise):
                return self._call("if", (condition, then, otherwise), depth)
            case Access(target, key, safe):
                if safe:
                    return self._call("tryGet", (target, key), depth)
                end = _accessor(key) if isinstance(key, str | int) else f"[{self.value(key, depth + 1)}]"
                return f"{self.value(target, depth + 1)}{end}"
            case Lambda(parameters, body):
                return self._call("lambda", (*parameters, body), depth)
            case Apply(function, arguments):
                return self._call(function, arguments, depth)
            case _:
                return "…"

    def _call(self, name: str, arguments: tuple[ArmValue | Lambda, ...], depth: int) -> str:
        return f"{name.removeprefix('$')}({', '.join(self.value(argument, depth + 1) for argument in arguments)})"


def _cut(text: str) -> str:
    return text if len(text) <= _LONGEST else f"{text[:_LONGEST]}…"


def _accessor(key: str | int) -> str:
    return f"[{key}]" if isinstance(key, int) else f".{key}"


def describe_type(kind: Type) -> str:
    """A type as a sentence names it."""
    return {
        "string": "a string",
        "int": "a whole number",
        "bool": "true or false",
        "float": "a number",
        "array": "an array",
        "object": "an object",
        "null": "null",
        "any": "a value of unknown type",
    }[kind]


def shorten(text: str) -> str:
    """A text as a message quotes it: on one line, and not too long."""
    line = " ".join(text.split())
    return line if len(line) <= _SHOWN else line[:_SHOWN] + "…"
