"""The commands that run a build."""

from __future__ import annotations

from shlex import quote
from typing import TYPE_CHECKING

from aib2packer.lazy.models import dataclass, field, replace
from aib2packer.packer.facts import PackerCommand
from aib2packer.packer.layout import EXAMPLE, VALUES_ENDING
from aib2packer.packer.variables.ours import SUBSCRIPTION
from aib2packer.packer.warnings import LONGEST_HOSTED_JOB, TO_CLEAN_UP

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from aib2packer.hcl.values import Variable
    from aib2packer.options import Options
    from aib2packer.packer.layout import OutputNames

FOLDER = "."
"""What Packer is given where there is a folder: of a file it would not read the values beside it."""
_NOT_PLAIN = ("list", "map", "object")
_AS_OPTIONS = 3  # more would make a line that nobody reads


SUBSCRIPTION_NAME = "ARM_SUBSCRIPTION_ID"
"""The variable of the shell that says which subscription, where the template does not."""


@dataclass(frozen=True, slots=True)
class BuildLimit:
    """The minutes that a build may take, which Packer itself does not limit; None where only its run knows them."""

    minutes: int | None
    variables: tuple[str, ...] = ()
    """The variables that decide them; `minutes` then holds for their defaults."""
    is_variable: bool = False
    """Whether they are one variable as it stands."""

    @property
    def most(self) -> int:
        """The minutes; where they are not known, those that a job on a machine that is lent can give."""
        return LONGEST_HOSTED_JOB - TO_CLEAN_UP if self.minutes is None else self.minutes

    @property
    def for_people(self) -> str:
        """What stands before a command that a person runs."""
        return f"timeout {'...' if self.minutes is None else self.minutes}m"

    @property
    def in_environment(self) -> str:
        """What stands before a command that finds the variables in the environment; "" where a shell cannot tell."""
        if self.is_variable:
            return f'timeout "${{PKR_VAR_{self.variables[0]}{"" if self.minutes is None else f":-{self.minutes}"}}}m"'
        return "" if self.minutes is None else self.for_people

    @property
    def about(self) -> str:
        """What a person must know who runs the command, as a sentence; "" where the time is the template's."""
        if not self.variables:
            return ""
        default = "" if self.minutes is None else f" ({self.minutes} by default)"
        return f"Give timeout the minutes of the build: {' and '.join(f'var.{name}' for name in self.variables)}{default}."


def values_option(path: str) -> str:
    """The option that gives Packer a file of values, as a word of a shell."""
    return f"-var-file={quote(path)}"


@dataclass(frozen=True, slots=True, kw_only=True)
class Commands:
    """What is run, and with what.

    `target` is what Packer is given: the file, or `.` for a folder, whose files of values it then reads too. `required` are the
    variables without a value, `secrets` the sensitive ones among them: these go through the environment. `environment` are the
    variables of the shell that the build looks into and must find. `stand_ins` are values to check with, for what is only known
    when there is an image.
    """

    target: str
    values_file: str | None
    """The file that has the values of the required variables; None: each is an option."""
    copied: bool
    """Whether the file of values is a copy of the example beside the build."""
    limit: BuildLimit
    keep_vm_on_error: bool
    required: tuple[str, ...]
    shapes: Mapping[str, str]
    """What those of the required variables look like that are no plain values, as HCL."""
    secrets: tuple[str, ...]
    left_open: tuple[str, ...] = ()
    """What the file of values leaves open, where it is one of the user's."""
    example: str = EXAMPLE
    """The file that shows which values the build needs."""
    only: tuple[str, ...] = ()
    """The option that leaves the other builds of the folder alone."""
    environment: tuple[str, ...] = ()
    stand_ins: Mapping[str, str] = field(default_factory=dict)

    @property
    def init(self) -> str:
        """Install the plugins."""
        return f"packer init {self.target}"

    @property
    def exports(self) -> tuple[str, ...]:
        """Put into the environment what the build takes from there, in a POSIX shell."""
        return tuple(f"export {name}='...'" for name in self._from_environment)

    @property
    def powershell_exports(self) -> tuple[str, ...]:
        """Put into the environment what the build takes from there, in PowerShell."""
        return tuple(f"$env:{name} = '...'" for name in self._from_environment)

    @property
    def prepare(self) -> tuple[str, ...]:
        """Make the file of values, which must be filled in."""
        if self.values_file is not None and self.left_open:
            return (f"# Fill in {', '.join(self.left_open)} at the end of {self.values_file}.",)
        return (f"cp {self.example} {self.values_file}  # and fill it in",) if self.copied else ()

    @property
    def validate(self) -> str:
        """Check the build, without Azure."""
        return str(self.check)

    @property
    def check(self) -> PackerCommand:
        """The command that checks the build."""
        return self._packer("validate", self._stand_ins, self._variables)

    def in_environment(self, command: str) -> str:
        """A command of Packer whose variables all come from the environment."""
        return str(self._packer(command, self._on_error if command == "build" else self._stand_ins))

    @property
    def build(self) -> str:
        """Build the image."""
        return str(self._build)

    @property
    def limited_build(self) -> str:
        """The build, ended after the time that Image Builder gave it: Packer has no limit of its own."""
        return f"{self.limit.for_people} {self.build}"

    @property
    def build_by_itself(self) -> PackerCommand:
        """The build as a script runs it, where nobody fills in a time that is not known."""
        build = self._build
        return build if self.limit.minutes is None else replace(build, begin=f"{self.limit.for_people} {build.begin}")

    @property
    def build_in_environment(self) -> str:
        """The build, whose variables all come from the environment, and its time too where one of them says it."""
        return " ".join(filter(None, (self.limit.in_environment, self.in_environment("build"))))

    @property
    def _build(self) -> PackerCommand:
        return self._packer("build", self._on_error, self._variables)

    @property
    def _from_environment(self) -> tuple[str, ...]:
        return (*self.environment, *(f"PKR_VAR_{name}" for name in self.secrets))

    @property
    def _on_error(self) -> tuple[str, ...]:
        return ("-on-error=abort",) if self.keep_vm_on_error else ()

    @property
    def _stand_ins(self) -> tuple[str, ...]:
        return tuple(f"-var {name}={value}" for name, value in self.stand_ins.items())

    @property
    def _variables(self) -> tuple[str, ...]:
        if self.values_file is not None and self.values_file.endswith(VALUES_ENDING):
            return ()
        if self.values_file is not None:
            return (values_option(self.values_file),)
        return tuple(
            f"-var '{name}={self.shapes[name]}'" if name in self.shapes else f"-var {name}=..." for name in self.required
        )

    def _packer(self, command: str, before: Sequence[str], values: tuple[str, ...] = ()) -> PackerCommand:
        return PackerCommand(" ".join(("packer", command, *self.only, *before)), values, self.target)


def commands_of(  # noqa: PLR0913 - what a command is made of
    without: Sequence[Variable],
    options: Options,
    *,
    target: str,
    names: OutputNames,
    limit: BuildLimit,
    keep_vm_on_error: bool,
) -> Commands:
    """The commands for a build with these variables, those left out that have a value in a file beside it."""
    open_ones = [variable for variable in without if variable.default is None or variable.left_empty]
    required = tuple(variable.name for variable in open_ones if not variable.sensitive)
    copied = bool(required) and options.side_files and not options.environments
    from_file = required and (options.side_files or len(required) > _AS_OPTIONS)
    return Commands(
        target=target,
        values_file=next(iter(options.environments), names.values) if from_file else None,
        copied=copied,
        left_open=next(iter(options.left_open), ()),
        example=names.own(EXAMPLE),
        only=names.only if target == FOLDER else (),
        limit=limit,
        keep_vm_on_error=keep_vm_on_error,
        required=required,
        shapes={one.name: _shape(one.type) for one in open_ones if one.type.startswith(_NOT_PLAIN)},
        secrets=tuple(variable.name for variable in open_ones if variable.sensitive),
        environment=(SUBSCRIPTION_NAME,) if any(_must_find_subscription(variable) for variable in without) else (),
    )


def _shape(kind: str) -> str:
    return '["..."]' if kind.startswith("list(string") else "[...]" if kind.startswith("list") else "{...}"


def _must_find_subscription(variable: Variable) -> bool:
    """Whether a variable is a subscription that the build cannot do without; azure-arm alone could ask the Azure CLI."""
    return variable.name == SUBSCRIPTION.name and variable.default == SUBSCRIPTION.default and bool(variable.validation)
