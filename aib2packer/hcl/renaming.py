"""Values whose variables and locals have other names: on the tree, and in the code that is part of it."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from aib2packer.hcl.values import Attribute, Block, GoTemplate, HclCode, Interpolation, Local, Variable
from aib2packer.lazy.models import dataclass, field, replace
from aib2packer.lazy.patterns import pattern

if TYPE_CHECKING:
    from collections.abc import Mapping

    from aib2packer.hcl.values import Body, Value, VariableValidation

# What matters in code: what opens and closes strings and what is code within these, and references.
_MARK = pattern(r'\$\$\{|%%\{|\$\{|%\{|\\.|["{}]|\b(?:var|local)\.[A-Za-z_][\w-]*', re.DOTALL)


@dataclass(frozen=True, slots=True)
class Renaming:
    """New names for variables and locals, by the old ones; what is in neither keeps its name."""

    variables: Mapping[str, str]
    locals: Mapping[str, str]
    paths: Mapping[str, str] = field(default_factory=dict)
    """New paths of files beside the HCL, as they stand behind `path.root`."""

    def value(self, value: Value) -> Value:
        """A value, and all that it is made of."""
        match value:
            case Variable():
                return self.variable(value)
            case Local():
                return self.local(value)
            case HclCode():
                return self.code(value)
            case Interpolation():
                return self._text(value)
            case str() | bool() | int() | float() | GoTemplate():
                return value
            case tuple():
                return tuple(map(self.value, value))
            case _:
                return {key: self.value(item) for key, item in value.items()}

    def _text(self, text: Interpolation) -> Interpolation:
        match text.parts:
            case (HclCode("path.root"), str() as path):
                return Interpolation((HclCode("path.root"), self.paths.get(path, path)), text.multiline)
            case parts:
                renamed = (part if isinstance(part, str) else self.reference(part) for part in parts)
                return Interpolation(tuple(renamed), text.multiline)

    def reference(self, value: Variable | Local | HclCode) -> Variable | Local | HclCode:
        """What stands for something in a text."""
        return (
            self.variable(value)
            if isinstance(value, Variable)
            else self.local(value)
            if isinstance(value, Local)
            else self.code(value)
        )

    def variable(self, variable: Variable) -> Variable:
        """A declaration; its rules and what they say name it too."""
        return replace(
            variable,
            name=self.variables.get(variable.name, variable.name),
            default=None if variable.default is None else self.value(variable.default),
            validation=tuple(self._rule(rule, variable.name) for rule in variable.validation),
        )

    def local(self, local: Local) -> Local:
        """A local, and its value."""
        return replace(local, name=self.locals.get(local.name, local.name), value=self.value(local.value))

    def code(self, code: HclCode) -> HclCode:
        """Code of our own wording."""
        uses = tuple(self.variable(item) if isinstance(item, Variable) else self.local(item) for item in code.uses)
        return HclCode(self.text(code.text), uses)

    def body(self, body: Body) -> Body:
        """The attributes and blocks of a body."""
        return tuple(
            replace(item, value=self.value(item.value))
            if isinstance(item, Attribute)
            else replace(item, body=self.body(item.body))
            if isinstance(item, Block)
            else item
            for item in body
        )

    def text(self, code: str) -> str:
        """The text of an expression. What stands in its strings is text, but for `${ }`."""
        written: list[str] = []
        strings: list[bool] = []  # for each string or brace that is open: whether it is a string
        at = 0
        for found in _MARK.finditer(code):
            mark, in_string = found.group(), bool(strings) and strings[-1]
            written.append(code[at : found.start()])
            at = found.end()
            if mark == '"' and in_string:
                strings.pop()
            elif mark == '"' or mark[-1] == "{":
                if (mark == '"' or not in_string or mark in {"${", "%{"}) and mark not in {"$${", "%%{"}:
                    strings.append(mark == '"')
            elif mark == "}" and strings and not in_string:
                strings.pop()
            written.append(mark if in_string or "." not in mark else self._renamed(mark))
        return "".join((*written, code[at:]))

    def _renamed(self, reference: str) -> str:
        kind, _, name = reference.partition(".")
        return f"{kind}.{(self.variables if kind == 'var' else self.locals).get(name, name)}"

    def _rule(self, rule: VariableValidation, name: str) -> VariableValidation:
        new = self.variables.get(name, name)
        message = re.sub(rf"(?<![\w.-]){re.escape(name)}(?![\w-])", lambda _: new, rule.error_message)
        return replace(rule, condition=self.text(rule.condition), error_message=message)
