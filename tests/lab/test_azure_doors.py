"""Image templates straight from Azure, read by the real Azure CLI from a simulated one."""

import json
import re
import sys
from pathlib import Path

import pytest

from tests.lab.azure.cli.real import Ended
from tests.lab.azure.cloud import SimulatedAzure
from tests.lab.azure.fixtures import SUBSCRIPTIONS, AzureLab

GROUP = f"/subscriptions/{SUBSCRIPTIONS[0]}/resourceGroups/images"
TEMPLATES = f"{GROUP}/providers/Microsoft.VirtualMachineImages/imageTemplates"
GALLERY = f"{GROUP}/providers/Microsoft.Compute/galleries/golden"
ROOT = Path(__file__).parents[2]


def filled(azure: SimulatedAzure, *names: str) -> SimulatedAzure:
    """An Azure with image templates, and what belongs to them."""
    azure.put(GROUP, location="westeurope")
    azure.put(GALLERY, location="westeurope")
    azure.put(
        f"{GALLERY}/images/web",
        location="westeurope",
        properties={
            "osType": "Windows",
            "hyperVGeneration": "V2",
            "features": [{"name": "SecurityType", "value": "TrustedLaunch"}],
        },
    )
    for name in names:
        target = {"type": "SharedImage", "runOutputName": name, "galleryImageId": f"{GALLERY}/images/web", "targetRegions": []}
        azure.put(
            f"{TEMPLATES}/{name}",
            location="westeurope",
            properties={
                "source": {"type": "PlatformImage", "publisher": "x", "offer": "y", "sku": "z", "version": "latest"},
                "customize": [],
                "distribute": [target],
                "autoRun": {"state": "Enabled"},
                "lastRunStatus": {"runState": "Succeeded"},
            },
        )
        azure.put(f"{TEMPLATES}/{name}/triggers/on-source", properties={"kind": "SourceImage"})
        azure.put(f"{TEMPLATES}/{name}/runOutputs/{name}", properties={"artifactId": f"{GALLERY}/images/web/versions/1.0.0"})
    return azure


def convert(lab: AzureLab, folder: Path, *arguments: str) -> Ended:
    """Convert with the real Azure CLI on PATH, in a folder."""
    return run(lab, folder, "convert", *arguments, "-v")


def run(lab: AzureLab, folder: Path, *arguments: str) -> Ended:
    """Run the program with the real Azure CLI on PATH, in a folder."""
    command = [sys.executable, "-m", "aib2packer", *arguments]
    return lab.cli.execute(
        ["/bin/sh", "-c", 'cd "$0" && exec "$@"', str(folder), *command], {"PYTHONPATH": f"{ROOT}:{':'.join(sys.path)}"}
    )


def test_a_template_is_read_whole_and_nothing_is_changed(azure_lab: AzureLab, tmp_path: Path) -> None:
    azure = filled(azure_lab.new(), "web")

    ended = convert(azure_lab, tmp_path, f"{TEMPLATES}/web", "-o", "web")

    assert ended.status == 0, ended.output
    assert azure.gaps == []
    assert [line for line in azure.log if "/subscriptions/" in line and not line.startswith("GET ")] == []
    kept = json.loads((tmp_path / "web/azure.json").read_text())
    assert kept["imageTemplate"]["properties"]["autoRun"] == {"state": "Enabled"}
    assert [trigger["name"] for trigger in kept["triggers"]] == ["on-source"]
    assert kept["notRead"] == []
    hcl = (tmp_path / "web/build.pkr.hcl").read_text()
    assert '"Windows"' in hcl
    assert '"TrustedLaunch"' in hcl


def test_the_source_is_read_with_its_plan_and_its_newest_version(azure_lab: AzureLab, tmp_path: Path) -> None:
    azure = filled(azure_lab.new(), "web")
    plan = {"name": "l1", "product": "hardened", "publisher": "contoso"}
    azure.put(f"{GALLERY}/images/base", location="westeurope", properties={"osType": "Linux", "purchasePlan": plan})
    for number in ("1.9.0", "1.10.0"):
        disks = [{"lun": 0, "sizeInGB": 128}] if number == "1.10.0" else []
        azure.put(
            f"{GALLERY}/images/base/versions/{number}",
            location="westeurope",
            properties={"storageProfile": {"osDiskImage": {"sizeInGB": 30}, "dataDiskImages": disks}},
        )
    azure.put(
        f"{TEMPLATES}/app",
        location="westeurope",
        properties={
            "source": {"type": "SharedImageVersion", "imageVersionId": f"{GALLERY}/images/base/versions/latest"},
            "distribute": [{"type": "VHD", "runOutputName": "app"}],
        },
    )

    ended = convert(azure_lab, tmp_path, f"{TEMPLATES}/app", "-o", "app")

    assert ended.status == 0, ended.output
    assert azure.gaps == []
    assert json.loads((tmp_path / "app/azure.json").read_text())["sourceVersion"]["name"] == "1.10.0"
    assert "the source has a data disk (128 GB)" in " ".join(ended.output.split())
    assert 'plan_product   = "hardened"' in (tmp_path / "app/build.pkr.hcl").read_text()


def test_a_second_run_and_a_check_need_no_azure(azure_lab: AzureLab, tmp_path: Path) -> None:
    filled(azure_lab.new(), "web")
    assert convert(azure_lab, tmp_path, f"{TEMPLATES}/web", "-o", "web").status == 0
    asked = azure_lab.new()

    assert convert(azure_lab, tmp_path, f"{TEMPLATES}/web", "-o", "web", "--check").status == 0
    assert convert(azure_lab, tmp_path, f"{TEMPLATES}/web", "-o", "web").status == 0

    assert asked.log == []


@pytest.mark.parametrize(
    "where", [["--subscription", SUBSCRIPTIONS[0]], ["--resource-group", "images", "--subscription", SUBSCRIPTIONS[0]]]
)
def test_all_templates_are_found_page_by_page(azure_lab: AzureLab, tmp_path: Path, where: list[str]) -> None:
    azure = filled(azure_lab.new(), "a", "b", "c")

    ended = convert(azure_lab, tmp_path, *where, "-o", "out")

    assert ended.status == 0, ended.output
    assert azure.gaps == []
    assert {file.parent.name for file in tmp_path.glob("out/*/build.pkr.hcl")} == {"a", "b", "c"}


def test_an_audit_reads_all_templates_of_a_resource_group(azure_lab: AzureLab, tmp_path: Path) -> None:
    azure = filled(azure_lab.new(), "alpha", "beta")

    ended = run(azure_lab, tmp_path, "audit", "--resource-group", "images", "--subscription", SUBSCRIPTIONS[0])

    assert ended.status == 0, ended.output
    assert azure.gaps == []
    assert {"alpha", "beta"} <= set(re.findall(r"[a-z]+", ended.output))
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize(
    ("template", "said"),
    [
        (f"{TEMPLATES}/gone", "this is not there"),
        (TEMPLATES.replace("/images/", "/nowhere/") + "/web", "there is no such resource group"),
        (TEMPLATES.replace(SUBSCRIPTIONS[0], "99999999-9999-9999-9999-999999999999") + "/web", "sees no such subscription"),
    ],
)
def test_what_is_not_there_is_told_as_it_is_meant(azure_lab: AzureLab, tmp_path: Path, template: str, said: str) -> None:
    filled(azure_lab.new(), "web")

    ended = convert(azure_lab, tmp_path, template, "-o", "web")

    assert ended.status == 2
    assert said in " ".join(ended.output.split())


def test_who_is_not_signed_in_is_told_so(azure_lab: AzureLab, tmp_path: Path) -> None:
    filled(azure_lab.new(), "web")
    azure_lab.cli.sign_out()

    ended = convert(azure_lab, tmp_path, f"{TEMPLATES}/web", "-o", "web")

    azure_lab.cli.reset()
    assert ended.status == 2
    assert "az login" in ended.output
