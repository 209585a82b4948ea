"""The commands that run a build."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from aib2packer.hcl.values import Variable


@dataclass(frozen=True, slots=True, kw_only=True)
class Commands:
    """What is run, and with what.

    `target` is what Packer is given: the file, or `.` for a folder, whose files of values it then reads too. `required` are the
    variables without a value, `secrets` the sensitive ones among them: these go through the environment. `stand_ins` are
    values to check with, for what is only known when there is an image.
    """

    target: str
    timeout_minutes: int
    keep_vm_on_error: bool
    required: tuple[str, ...]
    secrets: tuple[str, ...]
    stand_ins: Mapping[str, str] = field(default_factory=dict)

    @property
    def init(self) -> str:
        """Install the plugins."""
        return f"packer init {self.target}"

    @property
    def exports(self) -> tuple[str, ...]:
        """Put the secrets into the environment, in a POSIX shell."""
        return tuple(f"export PKR_VAR_{name}=..." for name in self.secrets)

    @property
    def powershell_exports(self) -> tuple[str, ...]:
        """The same in PowerShell."""
        return tuple(f"$env:PKR_VAR_{name} = '...'" for name in self.secrets)

    @property
    def validate(self) -> str:
        """Check the build, without Azure."""
        return self._packer("validate", *self._stand_ins, *self._variables)

    def in_environment(self, command: str) -> str:
        """A command of Packer whose variables all come from the environment."""
        return self._packer(command, *(self._on_error if command == "build" else self._stand_ins))

    @property
    def build(self) -> str:
        """Build the image."""
        return self._packer("build", *self._on_error, *self._variables)

    @property
    def limited_build(self) -> str:
        """The same, ended after the time that Image Builder gave it: Packer has no limit of its own."""
        return self.limited(self.build)

    def limited(self, command: str) -> str:
        """A command that ends after the time of the build."""
        return f"timeout {self.timeout_minutes}m {command}"

    @property
    def _on_error(self) -> tuple[str, ...]:
        return ("-on-error=abort",) if self.keep_vm_on_error else ()

    @property
    def _stand_ins(self) -> tuple[str, ...]:
        return tuple(f"-var {name}={value}" for name, value in self.stand_ins.items())

    @property
    def _variables(self) -> tuple[str, ...]:
        return tuple(f"-var {name}=..." for name in self.required)

    def _packer(self, *words: str) -> str:
        return " ".join(("packer", *words, self.target))


def commands(
    variables: Iterable[Variable], given: Iterable[str], *, target: str, timeout_minutes: int, keep_vm_on_error: bool
) -> Commands:
    """The commands for a build with these variables; those `given` have a value in a file beside it."""
    has_value = set(given)
    open_ones = [variable for variable in variables if variable.default is None and variable.name not in has_value]
    return Commands(
        target=target,
        timeout_minutes=timeout_minutes,
        keep_vm_on_error=keep_vm_on_error,
        required=tuple(variable.name for variable in open_ones if not variable.sensitive),
        secrets=tuple(variable.name for variable in open_ones if variable.sensitive),
    )
