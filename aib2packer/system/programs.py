"""Programs of the user's: found on PATH, and given paths that mean nothing but themselves."""

from __future__ import annotations

import os
from pathlib import Path

from aib2packer.lazy.patterns import pattern

_ON_WINDOWS = os.name == "nt"
# A batch file is run by cmd.exe, which goes by these whatever quotes stand around them.
_BATCH = (".bat", ".cmd")
_MEANS_MORE_TO_CMD = pattern(r'["%&|<>^!\r\n]')


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
