"""The judge can say no, and the VM is what it claims to be. Else the tests that use them prove nothing."""

import json
import socket
import subprocess
from pathlib import Path
from textwrap import dedent, indent

import pytest

from tests.lab.file_server import FileServer
from tests.lab.judge import Packer
from tests.lab.vm import LinuxVM, WindowsVM

SOURCE = """\
packer {
  required_plugins {
    azure = {
      source  = "github.com/hashicorp/azure"
      version = "~> 2.6"
    }
    windows-update = {
      source  = "github.com/rgl/windows-update"
      version = "~> 0.17.2"
    }
  }
}

variable "location" {
  type = string
}

locals {
  as_root = "chmod +x {{ .Path }}; {{ .Vars }} sudo -E {{ .Path }}"
}

source "azure-arm" "image" {
  os_type                           = "Linux"
  image_publisher                   = "Canonical"
  image_offer                       = "0001-com-ubuntu-server-jammy"
  image_sku                         = "22_04-lts-gen2"
  subscription_id                   = "11111111-1111-1111-1111-111111111111"
  location                          = lower(var.location)
  vm_size                           = "Standard_D2s_v5"
  managed_image_name                = "image"
  managed_image_resource_group_name = "images"
}
"""
LOCATION = {"location": "WestEurope"}


def template(folder: Path, steps: str, source: str = SOURCE) -> Path:
    """Write a build of those steps."""
    file = folder / "build.pkr.hcl"
    body = indent(dedent(steps).strip("\n"), "  ")
    file.write_text(f'{source}\nbuild {{\n  sources = ["source.azure-arm.image"]\n\n{body}\n}}\n')
    return file


HELLO = """
provisioner "shell" {
  inline = ["echo hello from $(id -un)"]
}
"""


def test_the_judge_accepts_a_small_build_and_tells_what_its_source_comes_to(packer: Packer, tmp_path: Path) -> None:
    file = template(tmp_path, HELLO)

    verdict = packer.validate(file, LOCATION)

    assert verdict.ok, verdict.output
    assert verdict.source is not None
    assert verdict.source["location"] == "westeurope"
    assert packer.fmt_check(file.read_text()) == ""


def test_the_real_plugins_accept_that_build_too(packer_with_real_plugins: Packer, tmp_path: Path) -> None:
    verdict = packer_with_real_plugins.validate(template(tmp_path, HELLO), LOCATION)

    assert verdict.ok, verdict.output


def test_the_real_plugins_refuse_a_value_that_azure_would(packer_with_real_plugins: Packer, tmp_path: Path) -> None:
    source = SOURCE.replace('"Standard_D2s_v5"', '"Standard_D2s_v5"\n  managed_image_storage_account_type = "Golden"')

    verdict = packer_with_real_plugins.validate(template(tmp_path, HELLO, source), LOCATION)

    assert not verdict.ok
    assert "managed_image_storage_account_type" in verdict.output


@pytest.mark.parametrize(
    ("steps", "complaint"),
    [
        ('provisioner "shell" {\n  inlin = ["true"]\n}', "Unsupported argument"),
        ('provisioner "shell" {\n  inline = [var.nowhere]\n}', "Unsupported attribute"),
        ('provisioner "windows-update" {\n  search = "x"\n}', "Unsupported argument"),
        ('provisioner "shell" {\n  inline = ["true"]', "Unclosed configuration block"),
    ],
    ids=["unknown attribute", "unknown reference", "unknown attribute of windows-update", "syntax error"],
)
def test_the_judge_refuses_hcl_that_packer_refuses(packer: Packer, tmp_path: Path, steps: str, complaint: str) -> None:
    verdict = packer.validate(template(tmp_path, steps), LOCATION)

    assert not verdict.ok
    assert complaint in verdict.output


def test_the_judge_refuses_an_unknown_attribute_of_the_source(packer: Packer, tmp_path: Path) -> None:
    verdict = packer.validate(template(tmp_path, HELLO, SOURCE.replace("vm_size", "vm_colour")), LOCATION)

    assert not verdict.ok
    assert "vm_colour" in verdict.output


def test_the_judge_refuses_a_variable_without_a_value(packer: Packer, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PKR_VAR_location", "the environment of the test does not count")

    verdict = packer.validate(template(tmp_path, HELLO))

    assert not verdict.ok
    assert "Unset variable" in verdict.output


def test_the_judge_shows_how_packer_would_format_a_text_and_the_files_of_a_folder(packer: Packer, tmp_path: Path) -> None:
    (tmp_path / "below").mkdir()
    for text, said in (("a = 1\nabc= 2\n", "+abc = 2"), ("a = \n", "Invalid expression"), ("a = 1\n", "")):
        (tmp_path / "below/build.pkr.hcl").write_text(text)
        for shown in (packer.fmt_check(text), packer.fmt_check_all(tmp_path)):
            assert said in shown
            assert bool(said) is bool(shown)


def test_a_build_runs_as_root_on_the_vm_and_not_on_this_machine(packer: Packer, linux_vm: LinuxVM, tmp_path: Path) -> None:
    hostname = Path("/etc/hostname").read_text()
    (tmp_path / "upload.txt").write_bytes(b"a\r\n\xff")
    file = template(
        tmp_path,
        """
        provisioner "file" {
          source      = "${path.root}/upload.txt"
          destination = "/tmp/upload.txt"
        }

        provisioner "shell" {
          execute_command = local.as_root
          inline = [
            "id -un > /root/user",
            "echo overwritten > /etc/hostname",
            "echo overwritten > /usr/bin/true",
            "touch /usr/bin/aib2packer-test /opt/aib2packer-test",
          ]
        }

        post-processor "manifest" {
          output = "${path.root}/manifest.json"
          custom_data = {
            disk = build.TempOSDiskName
          }
        }
        """,
    )

    run = packer.build(file, LOCATION, vm=linux_vm)

    assert run.ok, run.output
    assert linux_vm.read("/tmp/upload.txt") == b"a\r\n\xff"
    assert linux_vm.read("/root/user") == b"root\n"
    assert linux_vm.read("/etc/hostname") == b"overwritten\n"
    assert linux_vm.exists("/usr/bin/aib2packer-test")
    assert json.loads((tmp_path / "manifest.json").read_text())["builds"][0]["custom_data"] == {
        "disk": "stand-in-TempOSDiskName"
    }
    assert Path("/etc/hostname").read_text() == hostname
    assert subprocess.run(["true"], check=True, timeout=10).returncode == 0
    assert not Path("/usr/bin/aib2packer-test").exists()
    assert not Path("/opt/aib2packer-test").exists()


def test_a_failing_command_fails_the_build(packer: Packer, linux_vm: LinuxVM, tmp_path: Path) -> None:
    run = packer.build(template(tmp_path, HELLO.replace("echo", "false; echo")), LOCATION, vm=linux_vm)

    assert not run.ok
    assert "exit status 1" in run.output.lower() or "exit status: 1" in run.output.lower()


def test_the_vm_comes_back_from_a_reboot_with_an_empty_tmp(packer: Packer, linux_vm: LinuxVM, tmp_path: Path) -> None:
    file = template(
        tmp_path,
        """
        provisioner "shell" {
          execute_command   = local.as_root
          expect_disconnect = true
          inline            = ["touch /tmp/gone /opt/kept", "cat /proc/sys/kernel/random/boot_id > /opt/first", "reboot"]
        }

        provisioner "shell" {
          execute_command = local.as_root
          inline          = ["cat /proc/sys/kernel/random/boot_id > /opt/second", "cut -d. -f1 /proc/uptime > /opt/uptime"]
        }
        """,
    )

    run = packer.build(file, LOCATION, vm=linux_vm)

    assert run.ok, run.output
    assert linux_vm.exists("/opt/kept")
    assert not linux_vm.exists("/tmp/gone")
    assert linux_vm.log("reboot") == [""]
    assert linux_vm.log("boot") == [linux_vm.read(f"/opt/{name}").decode().strip() for name in ("first", "second")]
    assert int(linux_vm.read("/opt/uptime")) < 60


def test_a_vm_leaves_nothing_behind_but_its_files(tmp_path: Path, linux_vm: LinuxVM) -> None:
    del linux_vm  # only to skip where there can be none
    with LinuxVM.start(tmp_path) as vm:
        assert vm.exists("/run/initctl")

    host, port = vm.address.split(":")
    with pytest.raises(ConnectionRefusedError):
        socket.create_connection((host, int(port)), timeout=10)
    assert len(vm.log("boot")) == 1
    assert str(tmp_path) not in Path("/proc/mounts").read_text()


def test_deprovisioning_deletes_the_user_and_the_build_still_ends_well(
    packer: Packer, linux_vm: LinuxVM, tmp_path: Path
) -> None:
    file = template(
        tmp_path,
        """
        provisioner "shell" {
          execute_command = local.as_root
          skip_clean      = true
          inline          = ["waagent -force -deprovision+user && export HISTSIZE=0 && sync"]
        }
        """,
    )

    run = packer.build(file, LOCATION, vm=linux_vm)

    assert run.ok, run.output
    assert linux_vm.log("waagent") == ["-force -deprovision+user"]
    assert b"packer:" not in linux_vm.read("/etc/passwd")
    assert not linux_vm.exists("/home/packer")


def test_the_vm_downloads_from_the_file_server(
    packer: Packer, linux_vm: LinuxVM, file_server: FileServer, tmp_path: Path
) -> None:
    url = file_server.add("tool.sh", b"echo tool\n", failures=1)
    steps = f"""
    provisioner "shell" {{
      inline = ["curl -fsS --retry 2 -o /tmp/tool.sh '{url}?sig=a'"]
    }}
    """

    run = packer.build(template(tmp_path, steps), LOCATION, vm=linux_vm)

    assert run.ok, run.output
    assert linux_vm.read("/tmp/tool.sh") == b"echo tool\n"
    assert [request.status for request in file_server.requests(url)] == [503, 200]


WINDOWS = """
provisioner "file" {
  destination = "C:\\\\hello.ps1"
  content     = "Write-Output 'hello'"
}

provisioner "powershell" {
  inline = ["Write-Output 'plain'"]
}

provisioner "powershell" {
  elevated_user    = "SYSTEM"
  valid_exit_codes = [0, 5]
  inline           = ["Write-Output 'one'\\nWrite-Output 'elevated'"]
}

provisioner "windows-restart" {
}

provisioner "windows-update" {
  search_criteria = "IsInstalled=0"
}

post-processor "manifest" {
  output = "${path.root}/manifest.json"
}
"""
WINDOWS_SOURCE = SOURCE.replace('"Linux"', '"Windows"\n  communicator = "winrm"')


def test_a_windows_build_is_recorded(packer: Packer, windows_vm: WindowsVM, tmp_path: Path) -> None:
    windows_vm.fail_powershell(5, containing="elevated")

    run = packer.build(template(tmp_path, WINDOWS, WINDOWS_SOURCE), LOCATION, vm=windows_vm)

    assert run.ok, run.output
    assert windows_vm.uploaded("C:\\hello.ps1") == b"Write-Output 'hello'"
    assert [(call.inline, call.elevated_user) for call in windows_vm.scripts()] == [
        ("Write-Output 'plain'", None),
        ("Write-Output 'one'\nWrite-Output 'elevated'", "SYSTEM"),
    ]
    assert windows_vm.log("shutdown")[0] == "/r /f /t 0 /c packer restart"
    assert "windows-update was called" in run.output
    assert (tmp_path / "manifest.json").exists()


def test_powershell_fails_where_the_test_wants_it(packer: Packer, windows_vm: WindowsVM, tmp_path: Path) -> None:
    windows_vm.fail_powershell(7, containing="'plain'")

    run = packer.build(template(tmp_path, WINDOWS, WINDOWS_SOURCE), LOCATION, vm=windows_vm)

    assert not run.ok
    assert "exit status: 7" in run.output
    assert len(windows_vm.scripts()) == 1
