"""Steps that Packer's own machine runs: a constant script, and an environment with what only Packer knows.

No such value stands in the text of a script, where a quote would end its word. Packer quotes what is in the environment, but
renders `{{` in it once more after that: a template that renders to itself at first passes the quotes and ends the word then.
"""

from __future__ import annotations

import re
import shlex
from typing import TYPE_CHECKING

from aib2packer.hcl.printing import print_value, references
from aib2packer.hcl.values import HclCode, Local, Value, Variable
from aib2packer.lazy.patterns import pattern

if TYPE_CHECKING:
    from collections.abc import Sequence

# What means a template to Packer, and a file to the Azure CLI: docs/reference/azure-runtime.md 8.
_MEANS_MORE = pattern(r"\{\{|(?:^|=)@")
_ENCODED = ': name => replace(value, "{{", "%7B%7B") }'
_ENCODED_FOR_CLI = """: name => regex_replace(replace(value, "{{", "%7B%7B"), "(^|=)@", "$1%40") }"""


def means_more(text: str) -> bool:
    """Whether Packer or the Azure CLI would take a word for more than its text, and nothing escapes it there."""
    return _MEANS_MORE.search(text) is not None


def exact_json(expression: str, uses: tuple[Variable | Local, ...]) -> HclCode:
    """An expression as JSON whose texts all arrive as they are: what would mean more than its text is escaped in it."""
    return HclCode(rf'replace(replace(jsonencode({expression}), "{{{{", "{{\\u007b"), "@", "\\u0040")', uses)


def _is_seen(text: str) -> bool:
    """Whether a reader of a script sees all of a text, and no build service takes it for a command of its own."""
    return text.isprintable() and "##" not in text


def encoding_note(value: object) -> str:
    """Why values in an environment are encoded, as a sentence; "" for one in which none is."""
    text = value.text if isinstance(value, HclCode) else ""
    if text.endswith(_ENCODED_FOR_CLI):
        return (
            "Packer takes `{{` in env for a template, and the Azure CLI takes what follows `@` for a file: both are "
            "percent-encoded in values that are not known yet."
        )
    if text.endswith(_ENCODED):
        return "Packer takes `{{` in env for a template: it is percent-encoded in values that are not known yet."
    return ""


class Environment:
    """The environment variables of one step, which grow word by word. `for_cli`: the Azure CLI gets them."""

    def __init__(self, *, for_cli: bool) -> None:
        self._values: dict[str, Value] = {}
        self._encoded = _ENCODED_FOR_CLI if for_cli else _ENCODED

    def word(self, name: str, value: Value) -> str:
        """A word of the script: a literal in quotes, else the environment variable that holds the value.

        `name` is that of the variable, made upper case; a value that has a variable keeps it, and another one gets a number.
        """
        if isinstance(value, bool | int | float):
            return str(value).lower()
        if isinstance(value, str) and not means_more(value) and _is_seen(value):
            return shlex.quote(value)
        return f'"${self._variable(re.sub(r"[^A-Za-z0-9]+", "_", name).strip("_").upper(), value)}"'

    @property
    def names(self) -> tuple[str, ...]:
        """The names of the variables, as a reader looks for them."""
        return tuple(sorted(self._values))

    def settings(self, name: str, inline: Sequence[Value]) -> dict[str, Value]:
        """The settings of a provisioner or post-processor that runs these commands; without a name where that is empty."""
        return self.settings_to_run(name, inline=tuple(inline))

    def settings_to_run(self, name: str, **what_runs: Value) -> dict[str, Value]:
        """The settings of a provisioner or post-processor, with those that say what it runs."""
        settings: dict[str, Value] = {"name": name} if name else {}
        if self._values:
            settings["env"] = self._printed()
        return settings | what_runs

    def _printed(self) -> Value:
        """The values; where one may mean more than its text, that is percent-encoded: exact in a URI, refused as a name."""
        printed, used = print_value(self._values), references(tuple(self._values.values()))
        if means_more(printed) or '"@' in printed or any(isinstance(one, Variable) for one in used):
            return HclCode(f"{{ for name, value in {printed} {self._encoded}", used)
        return dict(self._values)

    def _variable(self, name: str, value: Value) -> str:
        if (known := next((other for other, has in self._values.items() if has == value), None)) is not None:
            return known
        number, free = 1, name
        while free in self._values:
            number += 1
            free = f"{name}_{number}"
        self._values[free] = value
        return free
