"""Bicep files, built into deployment templates by the Bicep compiler that is on PATH."""

from __future__ import annotations

from typing import TYPE_CHECKING

from aib2packer.system.files import MOST
from aib2packer.system.programs import EndlessError, as_argument, find_program, run_program, takes
from aib2packer.text.source import FileError

if TYPE_CHECKING:
    from pathlib import Path

_SECONDS = 300  # modules may have to be fetched


class NotBuiltError(FileError):
    """A Bicep file is not built: there is no compiler on PATH, or it refuses the file."""


def has_compiler() -> bool:
    """Whether there is something on PATH that may build a Bicep file."""
    return any(find_program(program) for program in ("bicep", "az"))


def build(path: Path) -> bytes:
    """The deployment template built from a Bicep file.

    Raises:
        NotBuiltError: There is no Bicep compiler, or it refuses the file.

    """
    return _compiled(path, "build", "the JSON")


def build_parameters(path: Path) -> bytes:
    """The parameters file built from a Bicep parameters file. Without a compiler, values are read all the same.

    Raises:
        FileError: The compiler refuses the file, or does not say what the parameters are; or there is none, and it takes one.

    """
    import json

    if not has_compiler():
        from aib2packer.app.bicep_parameters import read_bicep_parameters

        return json.dumps(read_bicep_parameters(path)).encode()
    try:
        return str(json.loads(_compiled(path, "build-params", "the JSON with -p"))["parametersJson"]).encode()
    except (ValueError, KeyError, TypeError, RecursionError) as error:
        reason = "the Bicep compiler did not answer with the parameters"
        raise FileError(str(path), reason, "Build the file yourself, and pass the JSON with -p.") from error


def _compiled(path: Path, command: str, result: str) -> bytes:
    for program, arguments in (
        ("bicep", [command, as_argument(path), "--stdout"]),
        ("az", ["bicep", command, "--file", as_argument(path), "--stdout"]),
    ):
        found = find_program(program)
        if found is None:
            continue
        if not takes(found, str(path)):
            reason = f"{program} is run by cmd.exe, which would not take this name as it is"
            raise NotBuiltError(str(path), reason, "Rename the file: letters, digits, `-`, `_` and `.`.")
        try:
            done = run_program([found, *arguments], seconds=_SECONDS, most=MOST)
        except EndlessError as error:
            raise NotBuiltError(str(path), f"{program} {error}", f"Build the file yourself, and give {result}.") from error
        except OSError as error:
            raise NotBuiltError(str(path), f"{program} cannot be run ({error.strerror})", "Reinstall it.") from error
        if done.status == 0:
            return done.output
        said = done.errors.decode("utf-8", "replace").strip() or f"exit status {done.status}"
        raise NotBuiltError(str(path), f"{program} cannot build it: {said}", "Fix the Bicep file.")
    remedy = f"Install it (az bicep install), or run `bicep {command} {path}` elsewhere and give {result}."
    raise NotBuiltError(str(path), "a Bicep file needs the Bicep compiler, which is not on PATH", remedy)
