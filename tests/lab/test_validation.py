"""Validation builds run with the real Packer: on a VM of their own, with what the build of the image recorded."""

import json
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import pytest

from aib2packer import Emit, Options, ValidateIn, convert
from tests.cases.templates import GALLERY, GALLERY_TARGET, LINUX, WINDOWS, template
from tests.cases.variables import required_variables
from tests.lab.azure_cli import RecordedAzureCli
from tests.lab.file_server import FileServer
from tests.lab.judge import Packer, Run
from tests.lab.vm import LinuxVM, WindowsVM

BY_TIME = {**GALLERY_TARGET, "galleryImageId": f"{GALLERY}/images/image"}
IMAGE = {
    "type": "ManagedImage",
    "imageId": f"{GALLERY.rpartition('/galleries/')[0]}/images/web",
    "location": "westeurope",
    "runOutputName": "web",
}


def write(folder: Path, value: Mapping[str, Any], options: Options) -> None:
    """Convert a template and write what it becomes."""
    conversion = convert(json.dumps(value), options=options)
    assert conversion.hcl is not None, conversion.findings
    for path, data in {**conversion.files, "build.pkr.hcl": conversion.hcl.encode()}.items():
        file = folder / path
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_bytes(data)


def build(packer: Packer, folder: Path, vm: LinuxVM | WindowsVM, az: RecordedAzureCli | None = None) -> Run:
    """Run the build in a folder, with the recorded `az` where there is one."""
    environment = {} if az is None else az.environment()
    return packer.build(folder, required_variables((folder / "build.pkr.hcl").read_text()), vm=vm, environment=environment)


def with_validators(
    *validators: Mapping[str, Any],
    customize: Sequence[Mapping[str, Any]] = (),
    target: Mapping[str, Any] = BY_TIME,
    source: Mapping[str, Any] = LINUX,
    **validate: object,
) -> dict[str, Any]:
    """Make a template; `validate` are further settings beside the validators."""
    return template(
        customize=customize,
        source=source,
        distribute=[target],
        properties={"validate": {"inVMValidations": validators, **validate}},
    )


def shell(*commands: str, **settings: object) -> dict[str, Any]:
    """Make a Shell customizer or validator."""
    return {"type": "Shell", "inline": commands, **settings}


def test_the_image_that_was_just_built_is_booted_validated_and_released(
    packer: Packer,
    linux_vm: LinuxVM,
    file_server: FileServer,
    az: RecordedAzureCli,
    tmp_path_factory: pytest.TempPathFactory,
) -> None:
    script = file_server.add("check.sh", b"#!/bin/bash -e\ntest -f /tmp/expected.txt\ncp /tmp/expected.txt /root\n")
    value = with_validators(
        shell("id -un > /root/user", "echo '{{x}}' > /root/braces", name="who"),
        {"type": "File", "sourceUri": file_server.add("expected.txt", b"expected"), "destination": "/tmp/expected.txt"},
        {"type": "Shell", "scriptUri": script},
        customize=[shell("touch /root/customized")],
    )
    folder = az.folder / "my images"
    write(folder, value, Options(side_files=True))

    built = build(packer, folder, linux_vm)
    # As if there had been another build since: that is the one to validate.
    manifest = folder / "image.manifest.json"
    recorded = json.loads(manifest.read_text())
    version = recorded["builds"][0]["custom_data"]["image_version"]
    later = {**recorded["builds"][0], "custom_data": {"image_version": f"{version}9"}}
    manifest.write_text(json.dumps({**recorded, "builds": [recorded["builds"][0], later]}))
    with LinuxVM.start(tmp_path_factory.mktemp("validation-vm")) as vm:
        validated = build(packer, folder / "validate", vm, az)

        assert built.ok, built.output
        assert validated.ok, validated.output
        assert vm.read("/root/user") == b"root\n"
        assert vm.read("/root/braces") == b"{{x}}\n"
        assert vm.read("/root/expected.txt") == b"expected"
        assert not vm.exists("/root/customized")
        assert vm.log("waagent") == []
    assert not linux_vm.exists("/root/user")
    (words,) = az.calls()
    assert words[:3] == ["sig", "image-version", "update"]
    assert words[words.index("--gallery-image-version") + 1] == f"{version}9"
    assert words[words.index("--set") + 1] == "publishingProfile.excludeFromLatest=false"
    assert json.loads(manifest.read_text())["builds"][-1] == later
    assert list((folder / "validate").glob("*manifest*")) == []


def test_what_fails_to_validate_is_not_released(
    packer: Packer, linux_vm: LinuxVM, az: RecordedAzureCli, tmp_path: Path
) -> None:
    value = with_validators(shell("touch /root/first"), shell("test 1 = 2"), shell("touch /root/last"), target=GALLERY_TARGET)
    write(tmp_path, value, Options(emit=Emit.VALIDATION))
    made = {"builds": [{"custom_data": {"image_version": "1.0.0"}}]}
    (tmp_path / "image.manifest.json").write_text(json.dumps(made))

    done = build(packer, tmp_path, linux_vm, az)

    assert not done.ok
    assert linux_vm.exists("/root/first")
    assert not linux_vm.exists("/root/last")
    assert az.calls() == []


def test_validators_of_a_windows_image_run_as_customizers_do(packer: Packer, windows_vm: WindowsVM, tmp_path: Path) -> None:
    value = with_validators(
        {"type": "PowerShell", "name": "service", "inline": ["Get-Service W3SVC"], "runElevated": True, "runAsSystem": True},
        {"type": "PowerShell", "name": "exit", "inline": ["exit 3"], "validExitCodes": [3]},
        target=IMAGE,
        source=WINDOWS,
    )
    write(tmp_path, value, Options(side_files=True))
    made = {"builds": [{"custom_data": {"managed_image_name": "web"}}]}
    (tmp_path / "image.manifest.json").write_text(json.dumps(made))
    windows_vm.fail_powershell(3, "exit 3")

    done = build(packer, tmp_path / "validate", windows_vm)

    assert done.ok, done.output
    scripts = [(call.script or b"").decode("utf-8-sig") for call in windows_vm.scripts()]
    assert scripts == ["Get-Service W3SVC\n", "exit 3\n"]
    assert [call.elevated_user for call in windows_vm.powershell_calls() if call.elevated_user] == ["SYSTEM"]


@pytest.mark.parametrize("anyway", [False, True])
def test_inline_validators_run_before_the_image_is_generalized(
    packer: Packer, linux_vm: LinuxVM, tmp_path: Path, *, anyway: bool
) -> None:
    value = with_validators(
        shell("test -e /root/customized", "touch /root/validated", "false"),
        customize=[shell("touch /root/customized")],
        target=GALLERY_TARGET,
        continueDistributeOnFailure=anyway,
    )
    write(tmp_path, value, Options(validation=ValidateIn.INLINE))

    done = build(packer, tmp_path, linux_vm)

    assert done.ok is anyway
    assert linux_vm.exists("/root/validated")
    assert linux_vm.log("waagent")[-1:] == (["-force -deprovision+user"] if anyway else [])


def test_a_source_image_is_booted_and_validated_alone(packer: Packer, linux_vm: LinuxVM, tmp_path: Path) -> None:
    value = with_validators(
        shell("touch /root/validated"), customize=[shell("touch /root/customized")], sourceValidationOnly=True
    )
    write(tmp_path, value, Options())

    done = build(packer, tmp_path, linux_vm)

    assert done.ok, done.output
    assert linux_vm.exists("/root/validated")
    assert not linux_vm.exists("/root/customized")
    assert linux_vm.log("waagent") == []
    assert list(tmp_path.glob("*manifest*")) == []
