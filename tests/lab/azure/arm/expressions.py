"""ARM template expressions, as far as azure-arm's own templates use them (builder/azure/common/template of the plugin)."""

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from tests.lab.azure.arm.ids import name_of
from tests.lab.azure.refusal import GapError

Json = Any

_TOKEN = re.compile(r"\s*(?:'(?P<text>(?:[^']|'')*)'|(?P<number>-?\d+)|(?P<name>[A-Za-z_]\w*)|(?P<mark>[][().,]))")


@dataclass(frozen=True, slots=True)
class TemplateValues:
    """What expressions may refer to."""

    group: Mapping[str, Json]
    parameters: Mapping[str, Json]
    variables: Mapping[str, Json]

    def value(self, told: Json) -> Json:
        """Evaluate all expressions in a value."""
        if isinstance(told, dict):
            return {name: self.value(inner) for name, inner in told.items()}
        if isinstance(told, list):
            return [self.value(inner) for inner in told]
        if isinstance(told, str) and told.startswith("[") and not told.startswith("[["):
            return _Evaluation(told[1:-1], self).result()
        return told


@dataclass(slots=True)
class _Evaluation:
    """One expression, read from its beginning to its end."""

    text: str
    values: TemplateValues
    at: int = 0
    functions: Mapping[str, str] = field(default_factory=dict)

    def result(self) -> Json:
        value = self._value()
        if self.text[self.at :].strip():
            message = f"the expression {self.text}"
            raise GapError(message)
        return value

    def _value(self) -> Json:
        token = self._next()
        if token["text"] is not None:
            return token["text"].replace("''", "'")
        if token["number"] is not None:
            return int(token["number"])
        if token["name"] is None:
            message = f"the expression {self.text}"
            raise GapError(message)
        value = _call(token["name"].lower(), self._arguments(), self.values)
        while self._peek() in (".", "["):
            value = value[self._next()["name"]] if self._next()["mark"] == "." else self._index(value)
        return value

    def _arguments(self) -> list[Json]:
        self._next()  # the bracket
        found = []
        while self._peek() != ")":
            found.append(self._value())
            if self._peek() == ",":
                self._next()
        self._next()
        return found

    def _index(self, value: Json) -> Json:
        found = value[self._value()]
        self._next()
        return found

    def _next(self) -> dict[str, str | None]:
        found = _TOKEN.match(self.text, self.at)
        if found is None:
            message = f"the expression {self.text}"
            raise GapError(message)
        self.at = found.end()
        return found.groupdict()

    def _peek(self) -> str | None:
        found = _TOKEN.match(self.text, self.at)
        return found and found["mark"]


def _call(name: str, arguments: list[Json], values: TemplateValues) -> Json:
    """learn.microsoft.com, template-functions."""
    match name, arguments:
        case "parameters", [str(which)]:
            return values.parameters[which]
        case "variables", [str(which)]:
            return values.value(values.variables[which])
        case "resourcegroup", []:
            return values.group
        case "concat", _:
            return "".join(map(str, arguments))
        case "format", [str(pattern), *filled]:
            return re.sub(r"\{(\d+)\}", lambda found: str(filled[int(found[1])]), pattern)
        case "empty", [value]:
            return not value
        case "not", [value]:
            return not value
        case "resourceid", _:
            return _resource_id(arguments, str(values.group["id"]))
    message = f"the function {name} in a template"
    raise GapError(message)


def _resource_id(arguments: list[str], group: str) -> str:
    at = next(index for index, argument in enumerate(arguments) if "/" in argument)
    base = group if at == 0 else group.removesuffix(name_of(group)) + arguments[at - 1]
    provider, *types = arguments[at].strip("/").split("/")
    pairs = zip(types, arguments[at + 1 :], strict=True)
    return f"{base}/providers/{provider}" + "".join(f"/{type_}/{name}" for type_, name in pairs)
