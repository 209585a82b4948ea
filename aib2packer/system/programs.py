"""Programs of the user's: found on PATH, given paths that mean nothing but themselves, and run within limits."""

from __future__ import annotations

import os
import signal
import time
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

from aib2packer.lazy.patterns import pattern

if TYPE_CHECKING:
    import subprocess
    from collections.abc import Sequence

_ON_WINDOWS = os.name == "nt"
# A batch file is run by cmd.exe, which goes by these whatever quotes stand around them.
_BATCH = (".bat", ".cmd")
_MEANS_MORE_TO_CMD = pattern(r'["%&|<>^!\r\n]')
_BETWEEN_LOOKS = 0.05  # seconds


class Ended(NamedTuple):
    """How a program ended, and what it said."""

    status: int
    output: bytes
    errors: bytes


class EndlessError(Exception):
    """A program takes too long, or says too much; its text says which, as the end of a sentence about the program."""


def find_program(name: str) -> str | None:
    """The path of a program on PATH; None where there is none.

    A folder that PATH does not name in full is left out, as is the current one, where Windows looks first: an input may have
    put a program of its own there.
    """
    endings = os.environ.get("PATHEXT", ".COM;.EXE;.BAT;.CMD").split(";") if _ON_WINDOWS else [""]
    for folder in os.environ.get("PATH", os.defpath).split(os.pathsep):
        for ending in endings:
            file = Path(folder, f"{name}{ending.lower()}")
            if file.is_absolute() and file.is_file() and os.access(file, os.X_OK):
                return str(file)
    return None


def as_argument(path: Path) -> str:
    """A path as an argument that begins with no `-` or `@`, which programs take for an option, or for a file of arguments."""
    text = str(path)
    return os.path.join(os.curdir, text) if text.startswith(("-", "@")) else text  # noqa: PTH118 - pathlib drops the dot


def takes(program: str, argument: str) -> bool:
    """Whether a program gets an argument as it is: a batch file does not get all."""
    return not program.lower().endswith(_BATCH) or _MEANS_MORE_TO_CMD.search(argument) is None


def run_program(command: Sequence[str], *, seconds: float, most: int) -> Ended:
    """Run a program that reads nothing, to its end.

    Args:
        command: The program, and its arguments.
        seconds: How long it may take.
        most: The most bytes that it may say.

    Raises:
        EndlessError: It took longer, or said more; it is ended then, with all that it has started.
        OSError: It cannot be run.

    """
    import subprocess
    from tempfile import TemporaryFile

    deadline = time.monotonic() + seconds
    # Into files, whose size can be looked at. In a session of its own, to end with all that it has started.
    with TemporaryFile() as output, TemporaryFile() as errors:
        with subprocess.Popen(  # noqa: S603 - the user's own
            command, stdin=subprocess.DEVNULL, stdout=output, stderr=errors, start_new_session=True
        ) as process:
            try:
                while _runs(process):
                    _require_time(deadline, seconds)
                    _require_few(most, output.fileno(), errors.fileno())
            except BaseException:  # ctrl-C too, which a session of its own does not hear of
                end_program(process)
                raise
        _require_few(most, output.fileno(), errors.fileno())
        output.seek(0)
        errors.seek(0)
        return Ended(process.returncode, output.read(), errors.read())


def end_program(process: subprocess.Popen[bytes] | subprocess.Popen[str]) -> None:
    """End a program that has a session of its own, with all that it has started."""
    if hasattr(os, "killpg"):
        os.killpg(process.pid, signal.SIGKILL)
    else:
        process.kill()


def _runs(process: subprocess.Popen[bytes]) -> bool:
    import subprocess

    try:
        process.wait(_BETWEEN_LOOKS)
    except subprocess.TimeoutExpired:
        return True
    return False


def _require_time(deadline: float, seconds: float) -> None:
    if time.monotonic() > deadline:
        message = f"did not end within {seconds:g} seconds"
        raise EndlessError(message)


def _require_few(most: int, *files: int) -> None:
    if any(os.fstat(file).st_size > most for file in files):
        message = f"answered with more than {most >> 20} MiB"
        raise EndlessError(message)
