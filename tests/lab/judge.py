"""The real Packer as a judge of generated HCL: is it formatted, is it valid, and does it run to its end on a VM?"""

import difflib
import json
import os
import signal
import subprocess
from collections.abc import Mapping
from dataclasses import dataclass
from enum import Enum
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any, Protocol

from tests.lab.requirements import UnavailableError

FMT_SECONDS = 30
VALIDATE_SECONDS = 120
BUILD_SECONDS = 600

PLUGINS = ("github.com/hashicorp/azure", "github.com/rgl/windows-update")
NO_VARIABLES: Mapping[str, str] = {}


class Plugins(Enum):
    """The plugin folders that install-packer fills, by their names."""

    STAND_IN = "plugins-stand-in"
    REAL = "plugins"


class Guest(Protocol):
    """What a build needs to know of the machine that stands in for the VM in Azure."""

    @property
    def address(self) -> str:
        """The sshd, as host:port."""

    @property
    def user(self) -> str:
        """Whom Packer signs in as."""

    @property
    def key_file(self) -> Path:
        """Private key of that user."""


@dataclass(frozen=True)
class Verdict:
    """What `packer validate` said.

    `source` is the azure-arm source with every expression evaluated and nulls left out. Only the stand-in tells it,
    and of several sources only the last.
    """

    ok: bool
    output: str
    source: dict[str, Any] | None


@dataclass(frozen=True)
class Run:
    """How `packer build` ended."""

    ok: bool
    output: str


@dataclass(frozen=True)
class Packer:
    """A Packer with one folder of plugins. Each call has a clean environment, a home and a working directory of its own."""

    program: Path
    plugins: Path

    @classmethod
    def find(cls, plugins: Plugins = Plugins.STAND_IN) -> "Packer":
        """Find what install-packer installed, or raise UnavailableError."""
        found = cls(home() / "bin/packer", home() / plugins.value)
        if not os.access(found.program, os.X_OK):
            message = f"no Packer in {home()}: run tests/lab/install-packer"
            raise UnavailableError(message)
        if missing := [name for name in PLUGINS if not any((found.plugins / name).glob("packer-plugin-*"))]:
            message = f"not installed in {found.plugins}: {', '.join(missing)}"
            raise UnavailableError(message)
        return found

    def fmt_check(self, text: str) -> str:
        """Say how `packer fmt` would change the text, or why it cannot read it; empty when it has nothing to say."""
        status, formatted, complaint = self._packer("fmt", "-", text=text, seconds=FMT_SECONDS)
        if status != 0:
            return complaint + formatted
        ours, theirs = text.splitlines(keepends=True), formatted.splitlines(keepends=True)
        return "".join(difflib.unified_diff(ours, theirs, "generated", "packer fmt"))

    def fmt_check_all(self, folder: Path) -> str:
        """Say how `packer fmt` would change the files of a folder and of those below it; empty when it has nothing to say."""
        _, changes, complaint = self._packer(
            "fmt", "-check", "-diff", "-recursive", str(folder.absolute()), seconds=FMT_SECONDS
        )
        return complaint + changes

    def validate(
        self,
        template: Path,
        variables: Mapping[str, str] = NO_VARIABLES,
        *,
        environment: Mapping[str, str] = NO_VARIABLES,
        only: str | None = None,
    ) -> Verdict:
        """Run `packer validate` on a .pkr.hcl file or a folder of them; `only` chooses among the builds there."""
        with TemporaryDirectory() as folder:
            dump = Path(folder, "source.json")
            status, out, err = self._packer(
                "validate",
                *([] if only is None else [f"-only={only}"]),
                *_arguments(template, variables),
                environment={**environment, "STAND_IN_DUMP": str(dump)},
                seconds=VALIDATE_SECONDS,
            )
            source = _without_nulls(json.loads(dump.read_bytes())) if dump.exists() else None
        return Verdict(status == 0, out + err, source)

    def build(
        self,
        template: Path,
        variables: Mapping[str, str] = NO_VARIABLES,
        *,
        vm: Guest,
        environment: Mapping[str, str] = NO_VARIABLES,
        seconds: float = BUILD_SECONDS,
    ) -> Run:
        """Run `packer build` with the VM as the one that Azure would have made."""
        machine = {"STAND_IN_SSH": vm.address, "STAND_IN_USER": vm.user, "STAND_IN_KEY": str(vm.key_file)}
        status, out, err = self._packer(
            "build",
            *_arguments(template, variables),
            environment={**environment, **machine},
            seconds=seconds,
        )
        return Run(status == 0, out + err)

    def build_without_vm(self, template: Path, variables: Mapping[str, str], *, environment: Mapping[str, str]) -> Run:
        """Run `packer build` on a template whose source needs no VM."""
        status, out, err = self._packer(
            "build", *_arguments(template, variables), environment=environment, seconds=VALIDATE_SECONDS
        )
        return Run(status == 0, out + err)

    def value(self, expression: str) -> str:
        """What an expression comes to, which must be a text."""
        with TemporaryDirectory() as folder:
            Path(folder, "none.pkr.hcl").write_text("locals {}\n", encoding="utf-8")
            _, out, complaint = self._packer("console", "-config-type=hcl2", folder, text=expression, seconds=VALIDATE_SECONDS)
        return out.rstrip("\n") or complaint

    def _packer(
        self,
        *arguments: str,
        text: str = "",
        environment: Mapping[str, str] = NO_VARIABLES,
        seconds: float,
    ) -> tuple[int, str, str]:
        """Run Packer; give its exit status, standard output and standard error."""
        with TemporaryDirectory() as folder:
            clean = {
                "PATH": os.environ["PATH"],
                "HOME": folder,
                "LANG": "C.UTF-8",
                "TMPDIR": folder,
                "CHECKPOINT_DISABLE": "1",
                "PACKER_CACHE_DIR": f"{folder}/cache",
                "PACKER_CONFIG_DIR": folder,
                "PACKER_NO_COLOR": "1",
                "PACKER_PLUGIN_PATH": str(self.plugins),
            }
            return _run([str(self.program), *arguments], text, {**clean, **environment}, folder, seconds)


def home() -> Path:
    """The folder that install-packer fills."""
    cache = os.environ.get("XDG_CACHE_HOME") or "~/.cache"
    return Path(os.environ.get("AIB2PACKER_PACKER_HOME") or f"{cache}/aib2packer").expanduser().absolute()


def _arguments(template: Path, variables: Mapping[str, str]) -> list[str]:
    # Absolute, because Packer runs in a folder of its own.
    return [*(f"-var={name}={value}" for name, value in variables.items()), str(template.absolute())]


def _run(command: list[str], text: str, environment: Mapping[str, str], folder: str, seconds: float) -> tuple[int, str, str]:
    # A session of its own, so that a time-out ends Packer's plugins too.
    with subprocess.Popen(
        command,
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        cwd=folder,
        env=environment,
        encoding="utf-8",
        errors="replace",
        start_new_session=True,
    ) as process:
        try:
            out, err = process.communicate(text, timeout=seconds)
        except subprocess.TimeoutExpired:
            os.killpg(process.pid, signal.SIGKILL)
            out, err = process.communicate()
            err += f"\nended after {seconds} seconds\n"
    return process.returncode, out, err


def _without_nulls(value: Any) -> Any:  # noqa: ANN401 (any JSON)
    match value:
        case dict():
            return {key: _without_nulls(item) for key, item in value.items() if item is not None}
        case list():
            return [_without_nulls(item) for item in value]
        case _:
            return value
