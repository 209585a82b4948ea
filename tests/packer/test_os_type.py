"""The rules that tell the operating system (docs/reference/aib-behaviour.md 7), each by the templates that it decides."""

import re
from typing import Any

import pytest

from aib2packer import Options, OsType
from aib2packer.findings.model import Asks
from tests.cases.templates import GALLERY, LINUX, codes_of, convert_json, hcl_of, template

GALLERY_SOURCE = {"type": "SharedImageVersion", "imageVersionId": f"{GALLERY}/images/base/versions/1.0.0"}


def os_type(value: dict[str, Any], options: Options | None = None) -> str:
    """The operating system that a template is taken for."""
    match = re.search(r'os_type +=? "(\w+)"', hcl_of(value, options))
    assert match is not None
    return match[1]


@pytest.mark.parametrize(
    ("publisher", "offer", "sku", "expected"),
    [
        ("MicrosoftWindowsServer", "WindowsServer", "2022", "Windows"),
        ("microsoftwindowsdesktop", "office-365", "x", "Windows"),
        ("MicrosoftVisualStudio", "vs", "x", "Windows"),
        ("Canonical", "UbuntuServer", "18.04-LTS", "Linux"),
        ("RedHat", "RHEL", "9", "Linux"),
        ("ciq-1234", "rocky", "9", "Linux"),
        ("azure-linux-3", "x", "y", "Linux"),
        ("MicrosoftSQLServer", "SQL2019-WS2019", "standard", "Windows"),
        ("MicrosoftSQLServer", "sql2022-ws2022", "standard", "Windows"),
        ("MicrosoftSQLServer", "sql2019-ubuntu2004", "standard", "Linux"),
        ("MicrosoftSQLServer", "SQL2019-RHEL8", "standard", "Linux"),
        ("microsoft-dsvm", "dsvm-win-2022", "x", "Windows"),
        ("microsoft-dsvm", "ubuntu-hpc", "2204", "Linux"),
        ("microsoft-aks", "aks-windows", "x", "Windows"),
        ("microsoft-aks", "aks", "ubuntu", "Linux"),
        ("center-for-internet-security-inc", "cis-windows-server", "x", "Windows"),
        ("center-for-internet-security-inc", "cis-win-2019-stig", "x", "Windows"),
        ("center-for-internet-security-inc", "cis-rhel", "x", "Linux"),
        ("nvidia", "vws", "win-2022", "Windows"),
        ("nvidia", "darwin", "x", "Linux"),
        ("contoso", "thing", "windows-2022", "Windows"),
        ("contoso", "thing", "basic", "Linux"),
    ],
)
def test_a_marketplace_image_tells_by_its_publisher_else_by_offer_and_sku(
    publisher: str, offer: str, sku: str, expected: str
) -> None:
    source = {"type": "PlatformImage", "publisher": publisher, "offer": offer, "sku": sku}

    assert os_type(template(source=source)) == expected


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        ("avd-golden", "Windows"),
        ("win11", "Windows"),
        ("ws2022", "Windows"),
        ("app-windows", "Windows"),
        ("ubuntu-base", "Linux"),
        ("my-rhel9", "Linux"),
        ("sles15", "Linux"),
    ],
)
def test_a_name_tells_where_nothing_else_does(name: str, expected: str) -> None:
    assert os_type(template(source=GALLERY_SOURCE, name=name)) == expected
    assert "AIB2P411" in codes_of(template(source=GALLERY_SOURCE, name=name))


@pytest.mark.parametrize("name", ["base", "darwin", "toolset", "winter-on-ubuntu"])
def test_a_name_that_tells_nothing_or_both_is_asked_about(name: str) -> None:
    assert codes_of(template(source=GALLERY_SOURCE, name=name)) == ["AIB2P109"]


@pytest.mark.parametrize(
    ("destination", "expected"),
    [("C:\\app\\x", "Windows"), ("c:/x", "Windows"), ("app\\x", "Windows"), ("/tmp/x", "Linux")],
)
def test_the_destination_of_a_file_tells(destination: str, expected: str) -> None:
    file = {"type": "File", "sourceUri": "https://example.com/x", "destination": destination}

    assert os_type(template(source=GALLERY_SOURCE, customize=[file])) == expected


def test_customizers_decide_before_the_name_of_an_image_does() -> None:
    source = {**LINUX, "publisher": "contoso"}

    assert os_type(template(source=source)) == "Linux"
    assert os_type(template(source=source, customize=[{"type": "PowerShell", "inline": ["Get-Date"]}])) == "Windows"
    assert os_type(template(source=source, customize=[{"type": "WindowsRestart"}])) == "Windows"


def test_a_customizer_for_another_system_than_that_of_the_marketplace_image_is_an_error() -> None:
    assert codes_of(template(source=LINUX, customize=[{"type": "WindowsRestart"}])) == ["AIB2P110"]


def test_the_option_decides_before_all_else() -> None:
    powershell = {"type": "PowerShell", "inline": ["Get-Date"]}

    assert os_type(template(customize=[powershell]), Options(os_type=OsType.LINUX)) == "Linux"
    assert os_type(template(source=LINUX), Options(os_type=OsType.WINDOWS)) == "Windows"
    assert codes_of(template(customize=[{"type": "WindowsUpdate"}]), Options(os_type=OsType.LINUX)) == ["AIB2P110"]


@pytest.mark.parametrize(
    ("kinds", "offer", "told", "way_out"),
    [
        (
            ["PowerShell", "WindowsUpdate", "PowerShell"],
            "ubuntu-hpc",
            (
                "a Windows image, because of customize[0] and customize[2] (PowerShell) and customize[1] (WindowsUpdate); the "
                "name `ubuntu-hpc` of its source says Linux"
            ),
            "remove what only runs on Windows.",
        ),
        (
            ["PowerShell"],
            "ubuntu-hpc",
            "a Windows image, because of customize[0] (PowerShell); the name `ubuntu-hpc` of its source says Linux",
            "pass --os-type linux for PowerShell on Linux, or remove the PowerShell.",
        ),
        (
            ["Shell"],
            "dsvm-win-2019",
            "a Linux image, because of customize[0] (Shell); the name `dsvm-win-2019` of its source says Windows",
            "remove what only runs on Linux.",
        ),
        (["Shell"], "ubuntu-hpc", None, ""),
        (["PowerShell"], "linux-tools-for-windows", None, ""),
    ],
)
def test_a_source_whose_name_says_another_system_than_all_these_customizers_is_to_act_on(
    kinds: list[str], offer: str, told: str | None, way_out: str
) -> None:
    source = {"type": "PlatformImage", "publisher": "microsoft-dsvm", "offer": offer, "sku": "2204"}
    steps = [{"type": kind} if kind == "WindowsUpdate" else {"type": kind, "inline": ["true"]} for kind in kinds]

    findings = convert_json(template(source=source, customize=steps)).findings

    assert "AIB2P411" not in [one.code.id for one in findings]
    said = [one for one in findings if one.code.id == "AIB2P451"]
    assert [one.message for one in said] == ([f"this is taken for {told}"] if told else [])
    assert all(one.code.asks is Asks.ACT and one.help.endswith(f": {way_out}") for one in said)
