"""Builds with files that were fetched when converting: the VM runs what the service would have run, without a download."""

import hashlib
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import pytest

from aib2packer import Options
from aib2packer.fetch import fetch
from aib2packer.packer.model import Asset
from tests.lab.file_server import FileServer
from tests.lab.judge import Packer
from tests.lab.test_builds import LINUX, WINDOWS, run, shell, write_build
from tests.lab.vm import LinuxVM, WindowsVM

# The file server is on loopback, whatever proxy the environment of the tests has.
pytestmark = pytest.mark.usefixtures("_no_proxy")


@pytest.fixture
def _no_proxy(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("no_proxy", "127.0.0.1")


def write_fetched(folder: Path, customize: Sequence[Mapping[str, Any]], source: Mapping[str, Any]) -> Path:
    """Fetch what those customizers name, and write a build that holds it."""
    uris = (customizer.get("scriptUri") or customizer.get("sourceUri") for customizer in customize)
    assets = fetch([Asset(uri, None) for uri in uris if uri])
    file = write_build(folder, customize, source, Options(side_files=True, assets=assets))
    assert "curl" not in file.read_text()
    return file


def test_fetched_scripts_run_on_linux_as_the_service_ran_them(
    packer: Packer, linux_vm: LinuxVM, file_server: FileServer, tmp_path: Path
) -> None:
    keep = 'cp "$0" /root/copy-'
    scripts = {
        "bash": b'#!/bin/bash -e\nlist=(a b)\necho "$(id -un) ${list[1]} {{x}} ${y}" > /root/bash\n',
        "dos": f"#!/bin/sh -e\r\nif true; then\r\n  {keep}dos\r\nfi".encode(),
        "none": f"{keep}none\n".encode(),
        "latin": f"#!/bin/sh\n{keep}latin\n# caf".encode() + b"\xe9\n",
        "long": f"#!/bin/sh\r\n{keep}long\r\nexit 0\r\n# ".encode() + b"0123456789abcdef" * 5000 + b"\n",
    }
    data = bytes(range(256)) * 300 + b"\r\n{{x}} ${y}\r\n"
    customize: list[dict[str, Any]] = [
        {"type": "Shell", "name": name, "scriptUri": file_server.add(f"{name}.sh", script)} for name, script in scripts.items()
    ]
    customize[0]["sha256Checksum"] = hashlib.sha256(scripts["bash"]).hexdigest()
    customize += [
        {"type": "File", "sourceUri": file_server.add("tool.sh", data), "destination": "/tmp/tool"},
        {"type": "File", "sourceUri": file_server.add("empty", b""), "destination": "/tmp/empty"},
        shell("cp /tmp/tool /tmp/empty /root", "stat -c %a /tmp/tool > /root/mode", "ls /tmp > /root/tmp"),
    ]
    file = write_fetched(tmp_path / "my images", customize, LINUX)
    asked = [len(file_server.requests(customizer["scriptUri"])) for customizer in customize[:5]]

    done = run(packer, file, linux_vm)

    assert done.ok, done.output
    assert linux_vm.read("/root/bash") == b"root b {{x}} \n"
    for name in ("dos", "none", "latin", "long"):
        expected = scripts[name].replace(b"\r\n", b"\n")
        assert linux_vm.read(f"/root/copy-{name}").removeprefix(expected) in {b"", b"\n"}, name
    assert linux_vm.read("/root/tool") == data
    assert linux_vm.read("/root/empty") == b""
    assert linux_vm.read("/root/mode") == b"644\n"
    assert b"long" not in linux_vm.read("/root/tmp")
    assert linux_vm.log("waagent")[-1] == "-force -deprovision+user"
    # It was there before the build began, and nobody asked again.
    assert [len(file_server.requests(customizer["scriptUri"])) for customizer in customize[:5]] == asked


def test_a_fetched_script_that_fails_ends_the_build(
    packer: Packer, linux_vm: LinuxVM, file_server: FileServer, tmp_path: Path
) -> None:
    customize = [{"type": "Shell", "scriptUri": file_server.add("a.sh", b"#!/bin/sh\nexit 3\n")}, shell("touch /root/after")]

    done = run(packer, write_fetched(tmp_path, customize, LINUX), linux_vm)

    assert not done.ok
    assert "exit status: 3" in done.output
    assert not linux_vm.exists("/root/after")


def test_a_fetched_script_that_restarts_the_vm_is_waited_for(
    packer: Packer, linux_vm: LinuxVM, file_server: FileServer, tmp_path: Path
) -> None:
    linux_vm.set_reboot_lag(1)
    restart = b"#!/bin/bash -e\r\ncat /proc/sys/kernel/random/boot_id > /root/before\r\nreboot\r\n"
    edit = b"echo 'touch /root/edited' >> /tmp/DeprovisioningScript.sh\n"
    customize = [
        {"type": "Shell", "name": "restart", "scriptUri": file_server.add("restart.sh", restart)},
        shell("cat /proc/sys/kernel/random/boot_id > /root/after"),
        {"type": "Shell", "scriptUri": file_server.add("edit.sh", edit)},
    ]

    done = run(packer, write_fetched(tmp_path, customize, LINUX), linux_vm)

    assert done.ok, done.output
    assert linux_vm.log("boot") == [linux_vm.read(f"/root/{name}").decode().strip() for name in ("before", "after")]
    assert linux_vm.read("/root/before") != linux_vm.read("/root/after")
    assert linux_vm.exists("/root/edited")


def test_fetched_scripts_arrive_on_windows_byte_for_byte(
    packer: Packer, windows_vm: WindowsVM, file_server: FileServer, tmp_path: Path
) -> None:
    scripts = {
        "plain.ps1": "Write-Host 'Gr\u00fc\u00dfe {{x}} ${env:PATH}'\r\n".encode(),
        "marked.ps1": "\ufeffWrite-Host 'Gr\u00fc\u00dfe'\r\n".encode(),
        "unicode": "\ufeff'two bytes each'\n".encode("utf-16-le"),
        "param.ps1": b"using namespace System\nparam([string]$Who = 'me')\n" + b"#" * 70_000 + b"\n",
    }
    customize: list[dict[str, Any]] = [
        {"type": "PowerShell", "name": name, "scriptUri": file_server.add(name, script)} for name, script in scripts.items()
    ]
    customize[0] |= {"runElevated": True, "runAsSystem": True}
    customize[1] |= {"validExitCodes": [0, 5]}
    customize.append({"type": "File", "sourceUri": file_server.add("app.zip", bytes(range(256))), "destination": "C:\\app.zip"})
    windows_vm.fail_powershell(5, containing="Write-Host 'Gr\u00fc\u00dfe'")

    done = run(packer, write_fetched(tmp_path, customize, WINDOWS), windows_vm)

    assert done.ok, done.output
    calls = windows_vm.scripts()
    assert [call.script for call in calls[:4]] == list(scripts.values())
    assert [call.elevated_user for call in calls[:4]] == ["SYSTEM", None, None, None]
    assert windows_vm.uploaded("C:\\app.zip") == bytes(range(256))
