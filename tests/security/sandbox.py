"""Where scripts run that hostile texts have come into: nothing that they call does anything."""

import re
import subprocess
from pathlib import Path
from shutil import rmtree

from tests.security.hostile import MARK

# Programs that lines of ours call, and one that hostile ones would.
_PROGRAMS = (
    "xargs",
    "dirname",
    "grep",
    "packer",
    "timeout",
    "aib2packer",
    "curl",
    "az",
    "sha256sum",
    "sudo",
    "chmod",
    "sed",
    "rm",
    "cat",
    "sh",
    "waagent",
    "sync",
    "base64",
    "pwsh",
    "sleep",
    "cp",
    "date",
    "git",
)
_KEPT = r".+\.image-template\.json"


def run_in_sandbox(script: str, folder: Path) -> None:
    """Run a script where the programs that it may call do nothing: it makes no file of the mark's name."""
    programs = folder / "programs"
    if not programs.exists():
        programs.mkdir()
        for name in _PROGRAMS:
            (programs / name).write_text("#!/bin/sh\nexit 0\n")
            (programs / name).chmod(0o755)
        # It says what loops wait for.
        (programs / "az").write_text('#!/bin/sh\ncase "$*" in *copy.status*) echo success ;; *) echo Succeeded ;; esac\n')
        (programs / "sign-in.sh").touch()
        for name in ("mkdir", "touch"):
            (programs / name).symlink_to(f"/bin/{name}")
    here = folder / "here"
    if here.exists():
        rmtree(here)  # what another string made is no fault of this one
    here.mkdir()
    done = subprocess.run(
        ["/bin/sh", "-c", script],
        cwd=here,
        env={"PATH": str(programs), "SIGN_IN": str(programs / "sign-in.sh")},
        capture_output=True,
        text=True,
        timeout=20,
        check=False,
    )
    # The copy of a template that people keep bears its name, as it is safe everywhere.
    assert not [made for made in here.rglob(f"*{MARK}*") if not re.fullmatch(_KEPT, made.name)], script
    assert "yntax error" not in done.stderr, script
    missing = re.findall(r"\d+: (.*): not found", done.stderr)
    # `sign_in` is a function of the line before, which is a local of the build.
    assert all(re.fullmatch(r"/tmp/[\w.-]+|sign_in", program) for program in missing), script
