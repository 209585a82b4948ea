"""Restarts inside of PowerShell: told of, with what comes after them."""

from typing import Any

import pytest

from aib2packer import Options
from tests.cases.templates import convert_json, template

WINDOWS = {
    "type": "PlatformImage",
    "publisher": "MicrosoftWindowsServer",
    "offer": "WindowsServer",
    "sku": "2022-datacenter-g2",
}
FILE = {"type": "File", "name": "f", "sourceUri": "https://example.com/a.txt", "destination": "C:\\a.txt"}
SCRIPT = {"type": "PowerShell", "name": "s", "scriptUri": "https://example.com/a.ps1"}
TEXT = {"type": "PowerShell", "name": "t", "inline": ["Get-Date"]}


def helps(
    *steps: dict[str, Any],
    validators: tuple[dict[str, Any], ...] = (),
    code: str = "AIB2P494",
    side_files: bool = True,
    assets: dict[str, bytes] | None = None,
) -> list[str]:
    """What is said about restarts."""
    properties = {"validate": {"inVMValidations": list(validators)}} if validators else {}
    conversion = convert_json(
        template(source=WINDOWS, customize=steps, properties=properties), Options(side_files=side_files, assets=assets)
    )
    return [finding.help for finding in conversion.findings if finding.code.id == code]


def restart(line: str) -> dict[str, Any]:
    """A step that runs a line."""
    return {"type": "PowerShell", "name": "r", "inline": [line]}


@pytest.mark.parametrize(
    "line",
    [
        "Restart-Computer -Force",
        "shutdown /r /t 0",
        "shutdown.exe /g /t 0",
        "Install-WindowsFeature -Name Hyper-V -Restart",
        "Add-Computer -DomainName contoso.com -Restart -Force",
        "Rename-Computer -NewName web -Restart",
        "(Get-WmiObject Win32_OperatingSystem).Reboot()",
    ],
)
def test_commands_that_restart_the_vm_are_told_of(line: str) -> None:
    assert len(helps(restart(line), TEXT)) == 1


@pytest.mark.parametrize(
    "line",
    [
        "# Restart-Computer",
        "Install-WindowsFeature -Name Hyper-V",
        "Install-WindowsFeature -Name Hyper-V -Restart:$false",
        "Add-WindowsFeature X; msiexec /norestart",
        "shutdown /a",
    ],
)
def test_commands_that_restart_nothing_are_not(line: str) -> None:
    assert helps(restart(line), TEXT) == []


def test_a_script_that_is_uploaded_next_may_be_fetched_and_a_file_may_not() -> None:
    assert "--fetch" in helps(restart("Restart-Computer"), SCRIPT)[1]
    assert "--fetch" not in helps(restart("Restart-Computer"), FILE)[1]
    assert len(helps(restart("Restart-Computer"), FILE, assets={FILE["sourceUri"]: b"x"})) == 2
    assert len(helps(restart("Restart-Computer"), SCRIPT, assets={SCRIPT["scriptUri"]: b"Get-Date"})) == 1


def test_a_text_is_told_of_where_it_is_uploaded() -> None:
    text = {"type": "PowerShell", "name": "t", "inline": ["echo '{{'"]}

    assert len(helps(restart("Restart-Computer"), text)) == 1
    assert len(helps(restart("Restart-Computer"), text, side_files=False)) == 2
    assert len(helps(restart("Restart-Computer"), {"type": "WindowsRestart"}, text, side_files=False)) == 1


def test_a_script_that_cannot_be_seen_may_restart_the_vm_before_an_upload() -> None:
    assert len(helps(SCRIPT, FILE, code="AIB2P416")) == 1
    assert len(helps(SCRIPT, {**SCRIPT, "name": "s2"}, code="AIB2P416")) == 1
    assert not helps(SCRIPT, TEXT, code="AIB2P416")
    assert not helps(SCRIPT, FILE, code="AIB2P416", assets={SCRIPT["scriptUri"]: b"Get-Date"})


def test_validators_restart_the_vm_too() -> None:
    assert len(helps(validators=(restart("Restart-Computer"), SCRIPT))) == 2
