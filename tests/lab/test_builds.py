"""Converted templates run to their end with the real Packer, on a throw-away VM, where what the template says arrives."""

import base64
import hashlib
import json
import os
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import pytest

from aib2packer import Options, OsType, convert
from tests.cases.variables import required_variables
from tests.lab.file_server import FileServer
from tests.lab.judge import Packer, Run
from tests.lab.vm import LinuxVM, WindowsVM

SUBSCRIPTION = "11111111-1111-1111-1111-111111111111"
LINUX = {
    "type": "PlatformImage",
    "publisher": "Canonical",
    "offer": "0001-com-ubuntu-server-jammy",
    "sku": "22_04-lts-gen2",
    "version": "latest",
}
WINDOWS = {
    "type": "PlatformImage",
    "publisher": "MicrosoftWindowsServer",
    "offer": "WindowsServer",
    "sku": "2022-datacenter-g2",
    "version": "latest",
}


def write_build(
    folder: Path, customize: Sequence[Mapping[str, Any]], source: Mapping[str, Any], options: Options | None = None
) -> Path:
    """Convert a template with those customizers, and write what the conversion gives."""
    image = f"/subscriptions/{SUBSCRIPTION}/resourceGroups/images/providers/Microsoft.Compute/images/image"
    template = {
        "type": "Microsoft.VirtualMachineImages/imageTemplates",
        "apiVersion": "2024-02-01",
        "name": "image",
        "location": "westeurope",
        "properties": {
            "source": source,
            "customize": customize,
            "distribute": [{"type": "ManagedImage", "imageId": image, "location": "westeurope", "runOutputName": "image"}],
        },
    }
    conversion = convert(json.dumps(template), options=options)
    assert conversion.hcl is not None, conversion.findings
    for path, data in {**conversion.files, "build.pkr.hcl": conversion.hcl.encode()}.items():
        file = folder / path
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_bytes(data)
    return folder / "build.pkr.hcl"


def run(packer: Packer, file: Path, vm: LinuxVM | WindowsVM, environment: Mapping[str, str] | None = None) -> Run:
    """Build it."""
    variables = required_variables(file.read_text())
    given = {name: value for name, value in variables.items() if f"PKR_VAR_{name}" not in (environment or {})}
    return packer.build(file, given, vm=vm, environment=environment or {})


def shell(*commands: str, **settings: object) -> dict[str, Any]:
    """Make a Shell customizer."""
    return {"type": "Shell", "inline": commands, **settings}


def powershell(*commands: str, **settings: object) -> dict[str, Any]:
    """Make a PowerShell customizer."""
    return {"type": "PowerShell", "inline": commands, **settings}


# What a command may hold, and what Packer, HCL or the way to the VM would do to it.
TEXTS = {
    "templates of HCL": "echo ${x} $${x} $$${x} %{if} %%{if} $( %d 100% $_ $$",
    "templates of Packer": "docker inspect -f '{{.State.Running}}' {{ x }} {{`{{`}} {{ build `ID` }}",
    "half a template": "echo {{ and }} and { {",
    "quotes": 'echo \'single\' "double" `back` \\ \\\\ \\n \\u00e9 \\"',
    "ends with a backslash": "echo \\",
    "tabs and blanks": "\techo\ttabs \n  \n\t\n   echo blanks  ",
    "all lines indented": "  one\n    two\n  three",
    "a heredoc and its marker": "cat <<EOT\nEOT\n  EOT  \nEOT2\nEND\nEOF",
    "empty lines at both ends": "\n\necho\n\n\n",
    "decomposed": "echo cafe\u0301 \u212b",
    "line begins with a combining character": "echo\n\u0301x\n\ufe0fy",
    "not ASCII": "echo caf\u00e9 \u00a0 \u2028 \U0001f600 \ufeff \u200b",
    "control characters": "echo \u0001\u0007\u0008\u000b\u000c\u001b\u007f\u0085\u009b",
    "NUL": "echo a\u0000b",
    "lone carriage return": "echo a\rb",
    "two carriage returns": "echo a\r\r\necho b",
    "70 KiB line": "echo " + "0123456789abcdef" * 4480,
    "70 KiB line with templates": "echo {{" + "0123456789abcdef" * 4480,
    "70 KiB line of fewer characters": "echo " + "\u20ac" * 24_000,
    "70 KiB in lines": "echo 0123456789abcdef\n" * 3400,
    "comment like a shebang": "#!/usr/bin/env python3",
}


@pytest.mark.parametrize("side_files", [False, True], ids=["all in the HCL", "with side files"])
def test_shell_commands_arrive_byte_for_byte(packer: Packer, linux_vm: LinuxVM, tmp_path: Path, *, side_files: bool) -> None:
    # Each script keeps a copy of itself and ends: what follows only has to be there.
    customize = [shell(f'cp "$0" /root/{number}; exit 0', text, name=name) for number, (name, text) in enumerate(TEXTS.items())]

    done = run(packer, write_build(tmp_path, customize, LINUX, Options(side_files=side_files)), linux_vm)

    assert done.ok, done.output
    for number, (name, text) in enumerate(TEXTS.items()):
        expected = f'#!/bin/sh -e\ncp "$0" /root/{number}; exit 0\n{text}\n'.replace("\r\n", "\n").encode()
        arrived = linux_vm.read(f"/root/{number}")
        assert arrived.removeprefix(expected) in {b"", b"\n"}, name


def test_a_text_that_begins_like_a_script_of_its_own_is_run_as_the_service_did(
    packer: Packer, linux_vm: LinuxVM, tmp_path: Path
) -> None:
    customize = [
        shell("#!/bin/bash", 'cp "$0" /root/0', "false", "touch /root/after", name="shebang"),
    ]

    done = run(packer, write_build(tmp_path, customize, LINUX), linux_vm)

    assert not done.ok
    assert linux_vm.read("/root/0") == b'#!/bin/sh -e\n#!/bin/bash\ncp "$0" /root/0\nfalse\ntouch /root/after\n'
    assert not linux_vm.exists("/root/after")


def test_shell_runs_as_root_and_a_failing_command_in_the_middle_ends_the_build(
    packer: Packer, linux_vm: LinuxVM, tmp_path: Path
) -> None:
    customize = [
        shell("id -un > /root/user", "echo $HOSTNAME$0 > /root/shell"),
        shell("echo one > /root/one", "test 1 = 2", "echo two > /root/two"),
        shell("echo three > /root/three"),
    ]

    done = run(packer, write_build(tmp_path, customize, LINUX), linux_vm)

    assert not done.ok
    assert linux_vm.read("/root/user") == b"root\n"
    assert linux_vm.exists("/root/one")
    assert not linux_vm.exists("/root/two")
    assert not linux_vm.exists("/root/three")
    assert linux_vm.log("waagent") == []


def test_what_is_fetched_arrives_and_runs(packer: Packer, linux_vm: LinuxVM, file_server: FileServer, tmp_path: Path) -> None:
    bash = b'#!/bin/bash -e\nlist=(a b)\necho "$(id -un) ${list[1]}" > /root/bash\n'
    dos = b"#!/bin/sh -e\r\nif true; then\r\n  echo dos > /root/dos\r\nfi"
    plain = b"echo $0 > /root/plain\n"
    data = bytes(range(256)) * 300 + b"\r\n{{x}} ${y}\r\n"
    uri = file_server.add("setup.sh", bash, failures=1)
    other = file_server.add("setup.sh", dos)
    customize = [
        {"type": "Shell", "name": "bash", "scriptUri": uri, "sha256Checksum": hashlib.sha256(bash).hexdigest()},
        {"type": "Shell", "name": "dos", "scriptUri": other},
        {"type": "Shell", "scriptUri": file_server.add("it%27s%20plain", plain)},
        {"type": "File", "sourceUri": file_server.add("data.bin", data), "destination": "/tmp/data.bin"},
        {"type": "File", "sourceUri": file_server.add("data.bin", b""), "destination": "/tmp/empty.bin"},
        {"type": "File", "sourceUri": file_server.add("in-folder.conf", b"a=b"), "destination": "/tmp/"},
        shell("cp /tmp/data.bin /tmp/empty.bin /tmp/in-folder.conf /root", "ls /tmp > /root/tmp"),
    ]

    folder = tmp_path / "my images"

    done = run(packer, write_build(folder, customize, LINUX), linux_vm)

    assert done.ok, done.output
    assert linux_vm.read("/root/bash") == b"root b\n"
    assert linux_vm.read("/root/dos") == b"dos\n"
    assert b"plain" in linux_vm.read("/root/plain")
    assert linux_vm.read("/root/data.bin") == data
    assert linux_vm.read("/root/empty.bin") == b""
    assert linux_vm.read("/root/in-folder.conf") == b"a=b"
    assert b"setup" not in linux_vm.read("/root/tmp")
    assert [request.status for request in file_server.requests(uri)] == [503, 200]
    assert linux_vm.log("waagent")[-1] == "-force -deprovision+user"


def test_a_signed_query_reaches_the_server_from_a_variable(
    packer: Packer, linux_vm: LinuxVM, file_server: FileServer, tmp_path: Path
) -> None:
    query = "sv=2022-11-02&sr=b&se=2030-01-01T00:00:00Z&sig=c2VjcmV0c2VjcmV0c2VjcmV0c2VjcmV0c2VjcmV0MTI%3D"
    uri = file_server.add("setup.sh", b"touch /root/signed\n")
    file = write_build(tmp_path, [{"type": "Shell", "scriptUri": f"{uri}?{query}"}], LINUX)
    (name,) = [name for name in required_variables(file.read_text()) if name != "subscription_id"]

    done = run(packer, file, linux_vm, {f"PKR_VAR_{name}": query})

    assert done.ok, done.output
    assert linux_vm.exists("/root/signed")
    assert [request.path.partition("?")[2] for request in file_server.requests(uri)] == [query]
    assert query not in file.read_text() + done.output


def test_a_private_blob_is_fetched_with_the_azure_cli(packer: Packer, linux_vm: LinuxVM, tmp_path: Path) -> None:
    # An `az` that keeps its arguments and writes them into the file it was asked for.
    az = tmp_path / "bin/az"
    az.parent.mkdir()
    az.write_text(
        f'#!/bin/sh\nfor word; do echo "$word"; [ "$previous" != --file ] || file=$word; previous=$word; done > {az}.log\n'
    )
    with az.open("a") as script:
        script.write(f'cp {az}.log "$file"\n')
    az.chmod(0o755)
    uri = "https://contoso.blob.core.windows.net/files/my%20app.conf"
    file = {"type": "File", "sourceUri": uri, "destination": "/tmp/app.conf"}
    customize = [file, shell("cp /tmp/app.conf /root")]

    done = run(
        packer,
        write_build(tmp_path, customize, LINUX),
        linux_vm,
        {"PATH": f"{az.parent}:{os.environ['PATH']}"},
    )

    assert done.ok, done.output
    arguments = linux_vm.read("/root/app.conf").decode().splitlines()
    assert arguments[:5] == ["storage", "blob", "download", "--auth-mode", "login"]
    assert arguments[arguments.index("--blob-url") + 1] == uri


def test_powershell_on_linux_runs_through_pwsh_as_root(packer: Packer, linux_vm: LinuxVM, tmp_path: Path) -> None:
    # The VM has none: this one keeps the script and who runs it.
    stub = '#!/bin/sh\nid -un > /root/user\nfor file; do :; done\ncp "$file" /root/script\n'
    text = "Write-Host 'Gr\u00fc\u00dfe {{x}} ${env:PATH}'"
    install = shell(f"cat > /usr/local/bin/pwsh <<'EOF'\n{stub}EOF", "chmod +x /usr/local/bin/pwsh")
    customize = [install, powershell("'first'"), powershell(text)]

    done = run(packer, write_build(tmp_path, customize, LINUX, Options(os_type=OsType.LINUX)), linux_vm)

    assert done.ok, done.output
    assert linux_vm.read("/root/user") == b"root\n"
    assert linux_vm.read("/root/script").decode().removeprefix("\ufeff") == f"{text}\n"


@pytest.mark.parametrize("problem", ["wrong checksum", "not there"])
def test_a_file_that_cannot_be_had_ends_the_build_before_any_customizer_runs(
    packer: Packer, linux_vm: LinuxVM, file_server: FileServer, tmp_path: Path, problem: str
) -> None:
    uri = file_server.add("setup.sh", b"touch /root/fetched\n")
    script = {"type": "Shell", "scriptUri": uri, "sha256Checksum": hashlib.sha256(b"another").hexdigest()}
    if problem == "not there":
        script = {"type": "Shell", "scriptUri": f"{uri}.missing"}

    done = run(packer, write_build(tmp_path, [shell("touch /root/first"), script], LINUX), linux_vm)

    assert not done.ok
    assert not linux_vm.exists("/root/first")
    assert not linux_vm.exists("/root/fetched")


def test_the_deprovisioning_script_that_a_customizer_edited_is_the_one_that_runs_last(
    packer: Packer, linux_vm: LinuxVM, tmp_path: Path
) -> None:
    customize = [
        shell("cp /tmp/DeprovisioningScript.sh /root/laid", "stat -c %U /tmp/DeprovisioningScript.sh > /root/owner"),
        shell("echo 'id -un > /root/edited' >> /tmp/DeprovisioningScript.sh"),
        shell("test ! -e /root/edited"),
    ]

    done = run(packer, write_build(tmp_path, customize, LINUX), linux_vm)

    assert done.ok, done.output
    assert linux_vm.read("/root/owner") == b"root\n"
    assert b"-force -deprovision+user && export HISTSIZE=0 && sync\n" in linux_vm.read("/root/laid")
    assert linux_vm.read("/root/edited") == b"root\n"
    assert linux_vm.log("waagent")[-1] == "-force -deprovision+user"


def test_without_the_deprovisioning_script_the_build_warns_and_goes_on(
    packer: Packer, linux_vm: LinuxVM, tmp_path: Path
) -> None:
    done = run(packer, write_build(tmp_path, [shell("rm /tmp/DeprovisioningScript.sh")], LINUX), linux_vm)

    assert done.ok, done.output
    assert "deprovisioning script" in done.output.lower()
    assert linux_vm.log("waagent") == []


def test_a_plain_build_deletes_the_user_with_its_last_step(packer: Packer, linux_vm: LinuxVM, tmp_path: Path) -> None:
    done = run(packer, write_build(tmp_path, [shell("touch /root/here")], LINUX), linux_vm)

    assert done.ok, done.output
    assert linux_vm.log("waagent")[-1] == "-force -deprovision+user"
    assert not linux_vm.exists("/home/packer")
    assert [path for path in linux_vm.path("/tmp").iterdir() if path.name.startswith("script")] == []
    recorded = json.loads((tmp_path / "image.manifest.json").read_text())["builds"][0]["custom_data"]
    assert recorded["image"].endswith("/resourceGroups/images/providers/Microsoft.Compute/images/image")


@pytest.mark.parametrize("command", ["reboot", "touch /root/{{x}}; shutdown -r now"], ids=["inline", "uploaded"])
def test_after_a_restart_the_build_goes_on_when_the_vm_is_back(
    packer: Packer, linux_vm: LinuxVM, file_server: FileServer, tmp_path: Path, command: str
) -> None:
    linux_vm.set_reboot_lag(1)
    customize = [
        shell("cat /proc/sys/kernel/random/boot_id > /root/before", command, name="restart"),
        {"type": "File", "sourceUri": file_server.add("late.txt", b"late"), "destination": "/tmp/late.txt"},
        shell("cat /proc/sys/kernel/random/boot_id > /root/after", "cp /tmp/late.txt /root"),
        shell("echo 'touch /root/edited' >> /tmp/DeprovisioningScript.sh"),
    ]

    done = run(packer, write_build(tmp_path, customize, LINUX), linux_vm)

    assert done.ok, done.output
    assert len(linux_vm.log("boot")) == 2
    assert linux_vm.log("boot") == [linux_vm.read(f"/root/{name}").decode().strip() for name in ("before", "after")]
    assert linux_vm.read("/root/late.txt") == b"late"
    assert linux_vm.exists("/root/edited")
    assert linux_vm.log("waagent")[-1] == "-force -deprovision+user"


# Windows

POWERSHELL_TEXTS = {
    "templates of HCL": 'Write-Host "${env:PATH} %{x} $$ $(1)"\nGet-ChildItem | %{ $_ }',
    "templates of Packer": "'{{0}} {{.x}}' -f 1",
    "quotes": 'Write-Host \'single\' "double" `"back`" C:\\x',
    "here-string": "$text = @'\n  line {one}\n'@\n$other = @\"\n\t$text\n\"@",
    "not ASCII": "Write-Host 'Gr\u00fc\u00dfe \u2013 \u201ccurly\u201d'",
    "decomposed": "Write-Host 'cafe\u0301'",
    "using": "using namespace System.IO\n[File]::Exists('C:\\x')",
    "param": "param([string]$Who = 'me')\nWrite-Host $Who",
    "ends with a backtick": "Write-Host `",
    "Windows line ends": "$x = 1\r\n$y = 2\r\n",
    "a quote at the end": "Write-Host 'it'\"\"",
}


def test_powershell_side_files_arrive_byte_for_byte(packer: Packer, windows_vm: WindowsVM, tmp_path: Path) -> None:
    customize = [powershell(*text.split("\n"), name=name) for name, text in POWERSHELL_TEXTS.items()]

    done = run(packer, write_build(tmp_path, customize, WINDOWS, Options(side_files=True)), windows_vm)

    assert done.ok, done.output
    calls = windows_vm.scripts()
    for call, (name, text) in zip(calls, POWERSHELL_TEXTS.items(), strict=False):
        mark = "" if text.isascii() else "\ufeff"
        of_one_kind = text.replace("\r\n", "\n").removesuffix("\n")  # lines that the template has as commands end otherwise
        assert call.script == f"{mark}{of_one_kind}\n".encode(), name
    assert len(calls) == len(POWERSHELL_TEXTS) + 1  # and the generalizing one


def test_powershell_in_the_hcl_arrives_as_powershell_reads_it(packer: Packer, windows_vm: WindowsVM, tmp_path: Path) -> None:
    customize = [powershell(*text.split("\n"), name=name) for name, text in POWERSHELL_TEXTS.items()]

    done = run(packer, write_build(tmp_path, customize, WINDOWS), windows_vm)

    assert done.ok, done.output
    inline = [call.inline for call in windows_vm.scripts()]
    temp = windows_vm.path("/home/packer")
    uploads = {file.name: file.read_bytes() for file in temp.iterdir() if "Temp" in file.name}
    for name, text in POWERSHELL_TEXTS.items():
        mark = "" if text.isascii() else "\ufeff"
        as_read = text.replace("\r\n", "\n").removesuffix("\n")  # by PowerShell, where no string spans lines
        if any(sent is not None and sent.removesuffix("\n") == as_read for sent in inline):
            continue
        expected = f"{mark}{text}\n".encode()
        assert any(
            expected in (data, base64.b64decode(data) if file.endswith(".b64") else data) for file, data in uploads.items()
        ), name
    assert uploads  # some of them take that way


def test_powershell_is_elevated_as_the_template_says(packer: Packer, windows_vm: WindowsVM, tmp_path: Path) -> None:
    customize = [
        powershell("'plain'"),
        powershell("'administrator'", runElevated=True),
        powershell("'system'", runElevated=True, runAsSystem=True),
    ]

    done = run(packer, write_build(tmp_path, customize, WINDOWS), windows_vm)

    assert done.ok, done.output
    users = {call.inline: call.elevated_user for call in windows_vm.scripts()}
    assert users["'plain'"] is None
    assert users["'administrator'"] == "packer"
    assert users["'system'"] == "SYSTEM"


@pytest.mark.parametrize("side_files", [False, True], ids=["all in the HCL", "with side files"])
@pytest.mark.parametrize(("status", "ok"), [(5, True), (1, False)])
def test_only_the_exit_codes_of_the_template_are_good(  # noqa: PLR0913 - fixtures and parameters
    packer: Packer, windows_vm: WindowsVM, tmp_path: Path, status: int, *, ok: bool, side_files: bool
) -> None:
    windows_vm.fail_powershell(status, containing="'restart needed'")
    customize = [powershell("'restart needed'", validExitCodes=[0, 5])]

    done = run(packer, write_build(tmp_path, customize, WINDOWS, Options(side_files=side_files)), windows_vm)

    assert done.ok == ok, done.output


def test_a_whole_windows_build_runs_to_its_end(
    packer: Packer, windows_vm: WindowsVM, file_server: FileServer, tmp_path: Path
) -> None:
    script = "Write-Host 'Gr\u00fc\u00dfe {{x}}'\r\n".encode()
    script_path = "C:\\DeprovisioningScript.ps1"
    edit = f"(Get-Content {script_path} -Raw) -replace '/quit','/quit /mode:vm' | Set-Content {script_path}"
    customize: list[dict[str, Any]] = [
        {"type": "File", "sourceUri": file_server.add("app.zip", bytes(range(256))), "destination": "C:\\app.zip"},
        {"type": "File", "sourceUri": file_server.add("app.config", b"a=b"), "destination": "C:\\temp\\"},
        {"type": "PowerShell", "scriptUri": file_server.add("setup.ps1", script), "runElevated": True, "runAsSystem": True},
        {"type": "WindowsRestart", "restartTimeout": "10m"},
        {"type": "WindowsUpdate", "filters": ["include:$true"]},
        powershell(edit),
    ]

    done = run(packer, write_build(tmp_path, customize, WINDOWS), windows_vm)

    assert done.ok, done.output
    assert windows_vm.uploaded("C:\\app.zip") == bytes(range(256))
    assert windows_vm.uploaded("C:\\temp\\app.config") == b"a=b"
    assert windows_vm.uploaded("C:\\Windows\\Temp\\03-setup.ps1") == script
    laid = windows_vm.uploaded("C:\\DeprovisioningScript.ps1").decode()
    assert "\n& $Env:SystemRoot\\System32\\Sysprep\\Sysprep.exe /oobe /generalize /quiet /quit\n" in laid
    first, second, last = windows_vm.scripts()
    assert first.elevated_user == "SYSTEM"
    assert first.inline is not None
    assert "03-setup.ps1" in first.inline
    assert second.inline == edit
    assert last.inline is not None
    assert "C:\\DeprovisioningScript.ps1" in last.inline
    assert windows_vm.log("shutdown")[0] == "/r /f /t 0 /c packer restart"
    assert "windows-update was called" in done.output
