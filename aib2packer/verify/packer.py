"""The Packer on PATH: what it says of a build, and why it cannot say anything."""

from __future__ import annotations

import json
import os
import subprocess
from functools import cache
from pathlib import Path, PurePosixPath
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING

from aib2packer.findings import codes
from aib2packer.lazy.models import dataclass
from aib2packer.packer.layout import BUILD_ENDING
from aib2packer.system.programs import end_program, find_program
from aib2packer.verify.complaints import Complaint, read_complaints

if TYPE_CHECKING:
    from collections.abc import Mapping

_VERSION_SECONDS = 20
_FMT_SECONDS = 30
_VALIDATE_SECONDS = 180
_WOULD_CHANGE = 3  # what `packer fmt -check` ends with: docs/reference/packer-semantics.md 2.4

# What Packer and its plugins need to start, and to find each other. No credentials, and no values of variables: those of the
# user have no place in a judgement of the output.
_PASSED_ON = (
    *("PATH", "HOME", "USERPROFILE", "APPDATA", "LOCALAPPDATA", "SYSTEMROOT", "COMSPEC", "PATHEXT", "TEMP", "TMP", "TMPDIR"),
    *("XDG_CONFIG_HOME", "PACKER_CONFIG", "PACKER_CONFIG_DIR", "PACKER_PLUGIN_PATH", "LANG"),
)
_NO_NETWORK = "http://127.0.0.1:9"  # `packer validate` asks nothing of it; should a plugin try, it gets no further than here
_UNABLE = ("Missing plugins", "Unsupported Packer Core version", "Failed to load plugin", "Failed to discover plugins")


@dataclass(frozen=True, slots=True)
class Unable:
    """Why something could not be checked, and what to do about it."""

    message: str
    help: str


@dataclass(frozen=True, slots=True)
class Verdict:
    """What Packer says of a build. `unable` tells why it could not check all; `syntax_checked` whether it did that much."""

    complaints: tuple[Complaint, ...] = ()
    unable: Unable | None = None
    syntax_checked: bool = False


def judge(folder: str, files: Mapping[str, bytes], values: Mapping[str, object]) -> Verdict:
    """Let Packer check the format of a build, and validate it.

    Args:
        folder: Where among the files the build lies.
        files: The contents of all files of the output, by their paths.
        values: Values for its variables.

    """
    program = find_program("packer")
    if program is None:
        return Verdict(unable=Unable("there is no packer on PATH: the output is not validated", "Install Packer."))
    if (unable := unfit(program)) is not None:
        return Verdict(unable=unable)
    with TemporaryDirectory(prefix="aib2packer-") as temporary:
        root = Path(temporary, "output")
        for path, data in files.items():
            file = root / path
            file.parent.mkdir(parents=True, exist_ok=True)
            file.write_bytes(data)
        assigned = Path(temporary, "made-up.pkrvars.json")
        assigned.write_text(json.dumps(values), encoding="utf-8")
        return _judge(program, root / folder, assigned)


def _judge(program: str, folder: Path, assigned: Path) -> Verdict:
    validated = _run(program, "validate", f"-var-file={assigned}", ".", folder=folder, seconds=_VALIDATE_SECONDS)
    if validated is None:
        return Verdict(unable=_too_slow("validate", _VALIDATE_SECONDS))
    complaints = _complaints(validated)
    unable = _unable(complaints)
    if unable is not None:
        checked = _run(program, "validate", "-syntax-only", ".", folder=folder, seconds=_VALIDATE_SECONDS)
        complaints = () if checked is None else _complaints(checked)
        if checked is None or _unable(complaints) is not None:
            return Verdict(unable=unable)
    if all(complaint.code is not codes.REFUSED_BY_PACKER for complaint in complaints):
        complaints += _layout(program, folder)
    return Verdict(complaints, unable, syntax_checked=True)


def _complaints(ended: tuple[int, str]) -> tuple[Complaint, ...]:
    status, output = ended
    complaints = read_complaints(output)
    if status and not any(complaint.code is codes.REFUSED_BY_PACKER for complaint in complaints):
        said = " ".join(output.split()) or f"it ended with {status}"
        complaints += (Complaint(codes.REFUSED_BY_PACKER, said),)
    return complaints


def _unable(complaints: tuple[Complaint, ...]) -> Unable | None:
    for complaint in complaints:
        if complaint.summary.startswith(_UNABLE):
            return Unable(
                f"the Packer on PATH cannot validate the output, only its syntax is checked: {complaint.text}",
                "Run packer init on the output, or take a newer Packer, and convert again.",
            )
    return None


def _layout(program: str, folder: Path) -> tuple[Complaint, ...]:
    names = sorted(PurePosixPath(path.name).name for path in folder.glob(f"*{BUILD_ENDING}"))
    found = []
    for name in names:
        ended = _run(program, "fmt", "-check", name, folder=folder, seconds=_FMT_SECONDS)
        if ended is not None and ended[0] == _WOULD_CHANGE:
            found.append(Complaint(codes.NOT_FORMATTED, f"{name} is not as packer fmt writes it"))
    return tuple(found)


@cache
def unfit(program: str) -> Unable | None:
    """Whether a program of that name is another than HashiCorp's: one that comes with cracklib is called the same."""
    ended = _run(program, "version", folder=Path(program).parent, seconds=_VERSION_SECONDS)
    if ended is None:
        return _too_slow("version", _VERSION_SECONDS)
    if not ended[1].startswith("Packer v"):
        return Unable(
            f"{program} is not HashiCorp's Packer: the output is not validated", "Put the folder of that one first in PATH."
        )
    return None


def _too_slow(command: str, seconds: int) -> Unable:
    return Unable(f"packer {command} did not end within {seconds} seconds: the output is not validated", "Validate it by hand.")


def _run(program: str, *arguments: str, folder: Path, seconds: float) -> tuple[int, str] | None:
    """Run Packer; give its exit status and what it printed, None where it did not end in time."""
    environment = {name: value for name in _PASSED_ON if (value := os.environ.get(name)) is not None}
    environment |= {"CHECKPOINT_DISABLE": "1", "PACKER_NO_COLOR": "1", "HTTP_PROXY": _NO_NETWORK, "HTTPS_PROXY": _NO_NETWORK}
    # A session of its own, so that plugins end with it.
    with subprocess.Popen(  # noqa: S603 - the user's own Packer, arguments of ours
        [program, *arguments],
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        cwd=folder,
        env=environment,
        encoding="utf-8",
        errors="replace",
        start_new_session=True,
    ) as process:
        try:
            output, _ = process.communicate(timeout=seconds)
        except subprocess.TimeoutExpired:
            end_program(process)
            process.communicate()
            return None
        except BaseException:  # ctrl-C: Packer is in a session that does not hear of it
            end_program(process)
            raise
    return process.returncode, output
