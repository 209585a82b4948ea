"""The download step, run by a real shell with recorders in the place of curl and az."""

import os
import subprocess
from pathlib import Path

import pytest

from aib2packer import Options, SecurityType
from tests.cases.templates import convert_json, template
from tests.test_properties import steps_of

BLOB = "https://contoso.blob.core.windows.net/scripts/install.sh"


def run_download(folder: Path, *, curl_status: int, az_status: int = 0) -> tuple[int, list[str]]:
    """Exit status of the step, and the commands that it ran but for its own."""
    for name, status in (("curl", curl_status), ("az", az_status)):
        program = folder / name
        program.write_text(f'#!/bin/sh\necho "{name} $*" >> {folder}/log\nexit {status}\n')
        program.chmod(0o755)
    options = Options(security_type=SecurityType.STANDARD)
    conversion = convert_json(template(customize=[{"type": "Shell", "scriptUri": BLOB}]), options)
    ((_, settings),) = steps_of(conversion, "download")
    script = "\n".join(settings["inline"]).replace("DOWNLOADS", f"{folder}/downloads")
    done = subprocess.run(["sh", "-e", "-c", script], env={"PATH": f"{folder}:{os.environ['PATH']}"}, check=False, timeout=30)
    return done.returncode, (folder / "log").read_text().splitlines()


def test_a_public_blob_is_read_without_an_account(tmp_path: Path) -> None:
    status, commands = run_download(tmp_path, curl_status=0)

    assert (status, commands) == (0, [f"curl -fsSL --retry 5 -o 01-install.sh {BLOB}"])


@pytest.mark.parametrize("az_status", [0, 1])
def test_a_private_blob_is_read_with_the_account_of_the_azure_cli(tmp_path: Path, az_status: int) -> None:
    status, commands = run_download(tmp_path, curl_status=22, az_status=az_status)

    assert status == az_status
    assert [command.split()[0] for command in commands] == ["curl", "az"]
    assert commands[1].endswith(f"--auth-mode login --no-progress --output none --file 01-install.sh --blob-url {BLOB}")
