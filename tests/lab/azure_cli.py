"""The Azure CLI in tests: one that records how it is called, and the real one's parser as a judge of what was recorded."""

import json
import os
import subprocess
import sys
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from types import MappingProxyType

from tests.lab.judge import home
from tests.lab.requirements import UnavailableError

HERE = Path(__file__).parent / "azure-cli"
SECONDS = 300


@dataclass(frozen=True)
class RecordedAzureCli:
    """An `az` that does nothing but record, in a folder of its own; `sleep` takes no time beside it."""

    folder: Path

    @classmethod
    def make(cls, folder: Path) -> "RecordedAzureCli":
        """Put it into an empty folder."""
        # By this Python itself: the one that `env` finds may be a shim, which takes longer than all the rest.
        for name, script in (("az", f'exec {sys.executable} {HERE / "recorded-az"} "$@"\n'), ("sleep", "")):
            (folder / name).write_text(f"#!/bin/sh\n{script}")
            (folder / name).chmod(0o755)
        return cls(folder)

    def environment(self, *, fails: str = "", answers: Mapping[str, str] = MappingProxyType({})) -> dict[str, str]:
        """What puts it on PATH; commands that begin with `fails` fail, queries among `answers` get these."""
        path = f"{self.folder}:{os.environ['PATH']}"
        given = json.dumps(dict(answers))
        return {"PATH": path, "AZ_CALLS": str(self.folder / "calls"), "AZ_FAILS": fails, "AZ_ANSWERS": given}

    def calls(self) -> list[list[str]]:
        """The arguments of each call, oldest first."""
        file = self.folder / "calls"
        return [json.loads(line) for line in file.read_text().splitlines()] if file.exists() else []


@dataclass(frozen=True)
class AzureCliParser:
    """The parser of the real Azure CLI, which lives in an environment of its own: it has a hundred dependencies."""

    python: Path

    @classmethod
    def find(cls) -> "AzureCliParser":
        """Find what install-azure-cli installed, or raise UnavailableError."""
        python = home() / "azure-cli/bin/python"
        if not python.exists():
            message = f"no Azure CLI in {python.parent.parent}: run tests/lab/install-azure-cli"
            raise UnavailableError(message)
        return cls(python)

    def complaints(self, command_lines: Sequence[Sequence[str]]) -> list[str]:
        """What it has against each command line, without the `az`; an empty text for what it takes."""
        different = list(dict.fromkeys(map(tuple, command_lines)))
        done = subprocess.run(
            [self.python, HERE / "parse.py"],
            input=json.dumps(different),
            capture_output=True,
            check=True,
            encoding="utf-8",
            timeout=SECONDS,
            env={"PATH": os.environ["PATH"], "HOME": os.environ["HOME"], "AZURE_CORE_COLLECT_TELEMETRY": "no"},
        )
        found: dict[tuple[str, ...], str] = dict(zip(different, json.loads(done.stdout), strict=True))
        return [found[tuple(line)] for line in command_lines]
