"""Bicep files, built into deployment templates by the Bicep compiler that is on PATH."""

from __future__ import annotations

from typing import TYPE_CHECKING

from aib2packer.text.source import FileError

if TYPE_CHECKING:
    from pathlib import Path

_SECONDS = 300  # modules may have to be fetched


def build(path: Path) -> bytes:
    """The deployment template that a Bicep file comes to.

    Raises:
        FileError: There is no Bicep compiler, or it refuses the file.

    """
    import shutil
    import subprocess

    for program, command in (
        ("bicep", ["build", "--stdout", str(path)]),
        ("az", ["bicep", "build", "--stdout", "--file", str(path)]),
    ):
        found = shutil.which(program)
        if found is None:
            continue
        try:
            done = subprocess.run([found, *command], capture_output=True, check=False, timeout=_SECONDS)  # noqa: S603 - the user's own compiler
        except subprocess.TimeoutExpired as error:
            reason = f"{program} did not end within {_SECONDS} seconds"
            raise FileError(str(path), reason, "Build the file yourself, and convert the JSON.") from error
        if done.returncode == 0:
            return done.stdout
        said = done.stderr.decode("utf-8", "replace").strip() or f"exit status {done.returncode}"
        raise FileError(str(path), f"{program} cannot build it: {said}", "Mend the Bicep file.")
    remedy = f"Install it (az bicep install), or run `bicep build {path}` elsewhere and convert the JSON."
    raise FileError(str(path), "a Bicep file needs the Bicep compiler, which is not on PATH", remedy)
