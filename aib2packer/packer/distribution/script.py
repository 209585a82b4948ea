"""Shell scripts for post-processors: Azure CLI commands whose values arrive as they are, whatever they hold.

Literal values are quoted for the shell; what only Packer knows arrives in the environment, never in the text of the script.
"""

from __future__ import annotations

import shlex
from dataclasses import dataclass
from typing import TYPE_CHECKING, TypeAlias

from aib2packer.arm.language.text import TemplateText, text_of
from aib2packer.findings import codes
from aib2packer.hcl.values import Code, Interpolation, Local, Value, Variable
from aib2packer.packer.model import PostProcessor

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from aib2packer.findings.model import Report
    from aib2packer.packer.variables.symbols import Symbols


_LONGEST_LINE = 100  # of a command that stands on one line


@dataclass(frozen=True, slots=True)
class Shell:
    """A word of the script itself, such as `"$disk"`."""

    text: str


Operand: TypeAlias = "TemplateText | Value | Shell"
Option: TypeAlias = "tuple[str, *tuple[Operand, ...]]"
"""A flag of a command, and its values."""


class Script:
    """A script that grows command by command, and the environment that it wants."""

    def __init__(self, symbols: Symbols, report: Report) -> None:
        self._symbols = symbols
        self._report = report
        self._lines: list[str] = []
        self._environment: dict[str, Value] = {}

    @property
    def is_empty(self) -> bool:
        """Whether there is nothing to run."""
        return not self._lines

    def say(self, comment: str) -> None:
        """Add a comment."""
        self._lines.append(f"# {comment}")

    def line(self, text: str) -> None:
        """Add a line of shell, as it is."""
        self._lines.append(text)

    def az(self, command: str, *options: Option, into: str = "", indent: str = "") -> None:
        """Add `az COMMAND`: a short one on a line, else an option a line. Its output goes into the shell variable `into`."""
        says_nothing = into or command.endswith((" delete", " wait"))
        named = options if says_nothing else (*options, ("--output", "none"))
        words = [f"az {command}", *(self._option(option) for option in named)]
        text = " ".join(words)
        if len(text) > _LONGEST_LINE:
            text = f" \\\n{indent}  ".join(words)
        self._lines.append(f"{indent}{into}=$({text})" if into else f"{indent}{text}")

    def tags(self, tags: Mapping[str, TemplateText]) -> tuple[Option, ...]:
        """The option that sets tags; none for none."""
        words = tuple(text_of((f"{key}=", *value.parts), value.span) for key, value in tags.items())
        return (("--tags", *words),) if words else ()

    def word(self, name: str, operand: Operand) -> str:
        """A word of a command line. `name` is for the environment, where the operand must travel in it."""
        if isinstance(operand, Shell):
            return operand.text
        if isinstance(operand, TemplateText):
            self._require_plain(operand)
        value = self._symbols.value(operand) if isinstance(operand, TemplateText) else operand
        if isinstance(value, str):
            return shlex.quote(value)
        if isinstance(value, bool | int):
            return str(value).lower()
        return f'"${self._variable(name, value)}"'

    def post_processor(self, name: str) -> PostProcessor:
        """The post-processor that runs the script."""
        text = Interpolation(("\n".join((*self._lines, "")),), multiline=True)
        settings: dict[str, Value] = {"name": name} if name else {}
        if self._environment:
            settings["env"] = dict(self._environment)
        return PostProcessor("shell-local", settings | {"inline": (text,)})

    def _option(self, option: Sequence[Operand]) -> str:
        flag, *operands = option
        name = str(flag).strip("-").replace("-", "_").upper()
        return " ".join((str(flag), *(self.word(name, operand) for operand in operands)))

    def _variable(self, name: str, value: Value) -> str:
        """The environment variable for a value: one that has it, else a new one of that name."""
        if (known := next((other for other, has in self._environment.items() if has == value), None)) is not None:
            return known
        number = 1
        free = name
        while free in self._environment:
            number += 1
            free = f"{name}_{number}"
        self._environment[free] = value
        return free

    def _require_plain(self, text: TemplateText) -> None:
        if "{{" in text.visible:
            self._report.add(
                codes.NOT_EXACT,
                text.span,
                "Packer evaluates `{{` in the scripts of post-processors, and nothing escapes it there",
                help="Write it without.",
            )


def concat(*values: Value) -> Value:
    """One string of several values."""
    parts: list[str | Variable | Local | Code] = []
    for value in values:
        match value:
            case Interpolation():
                parts += value.parts
            case str() | Variable() | Local() | Code():
                parts.append(value)
            case _:
                parts.append(str(value).lower())
    if all(isinstance(part, str) for part in parts):
        return "".join(part for part in parts if isinstance(part, str))
    kept = tuple(part for part in parts if part != "")
    return kept[0] if len(kept) == 1 else Interpolation(kept)
