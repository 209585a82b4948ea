"""Whole builds with several targets: what reaches the Azure CLI, and what the manifest says."""

import json
import re
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from aib2packer.verify.values import SUBSCRIPTION
from tests.cases.templates import GALLERY, hcl_of, template
from tests.lab.azure_cli import RecordedAzureCli
from tests.lab.judge import Packer, Run
from tests.lab.vm import LinuxVM

Json = Any

IMAGES = f"/subscriptions/{SUBSCRIPTION}/resourceGroups/images/providers/Microsoft.Compute/images"
MADE = f"{GALLERY}/images/web/versions/1.2.3"
TIME = r"\d{14}"

TARGETS: list[dict[str, Json]] = [
    {
        "type": "SharedImage",
        "galleryImageId": MADE,
        "runOutputName": "web",
        "artifactTags": {"kind": "version"},
        "targetRegions": [{"name": "westeurope"}],
    },
    {
        "type": "ManagedImage",
        "imageId": f"{IMAGES}/web",
        "location": "westeurope",
        "runOutputName": "web-image",
        "artifactTags": {"kind": "image"},
    },
    {
        "type": "SharedImage",
        "galleryImageId": f"{GALLERY}/images/<name>/versions/1.2.4",
        "runOutputName": "copy",
        "artifactTags": {"owner": 'Jane O\'Neil $HOME "x" \\ `id` 100%', "who": "<owner>"},
        "targetRegions": [{"name": "westeurope", "replicaCount": 2}, {"name": "<region>", "storageAccountType": "Premium_LRS"}],
    },
    {"type": "ManagedImage", "imageId": f"{IMAGES}/web2", "location": "westeurope", "runOutputName": "web-image-2"},
    {"type": "VHD", "uri": "https://contoso.blob.core.windows.net/golden/2024/web.vhd", "runOutputName": "disk"},
]


@dataclass(frozen=True)
class Machine:
    """Packer, a VM and an `az`, in a folder."""

    packer: Packer
    vm: LinuxVM
    az: RecordedAzureCli
    folder: Path


@pytest.fixture
def machine(packer: Packer, linux_vm: LinuxVM, az: RecordedAzureCli, tmp_path: Path) -> Machine:
    """What a build takes."""
    return Machine(packer, linux_vm, az, tmp_path)


def build(machine: Machine, targets: list[dict[str, Json]], *, fails: str = "", **variables: str) -> Run:
    """Convert a template with these targets, and build it."""
    file = machine.folder / "build.pkr.hcl"
    file.write_text(hcl_of(template(distribute=targets)))
    declared = re.findall(r'^variable "(\w+)"', file.read_text(), re.MULTILINE)
    given = {"subscription_id": SUBSCRIPTION, "vhd_resource_group_name": "disks", **variables}
    return machine.packer.build(
        file,
        {name: value for name, value in given.items() if name in declared},
        vm=machine.vm,
        environment=machine.az.environment(fails=fails),
    )


def outputs(folder: Path) -> dict[str, str]:
    """The run outputs in the manifest."""
    manifest = json.loads((folder / "image.manifest.json").read_text())
    return {name: artifact for made in manifest["builds"] for name, artifact in made["custom_data"].items()}


def options(call: list[str]) -> dict[str, list[str]]:
    """The options of a call, each with its values."""
    found: dict[str, list[str]] = {}
    for word in call[next(index for index, word in enumerate(call) if word.startswith("--")) :]:
        if word.startswith("--"):
            values = found[word] = []
        else:
            values.append(word)
    return found


def test_every_target_is_made_and_recorded(machine: Machine) -> None:
    done = build(machine, TARGETS, name="it's $x", owner='Q & A; "$(id)" %{', region="North Europe")

    assert done.ok, done.output
    calls = machine.az.calls()
    assert [" ".join(call[: next(i for i, word in enumerate(call) if word.startswith("--"))]) for call in calls] == [
        "tag update",
        "tag update",
        "storage blob exists",
        "storage blob copy start",
        "storage blob show",
        "storage blob delete",
        "sig image-version list",
        "sig image-version create",
        "sig image-version show",
        "rest",
        "sig image-definition show",
        "disk create",
        "image list",
        "image create",
        "disk delete",
    ]
    assert options(calls[0]) == {
        "--resource-id": [MADE],
        "--operation": ["Merge"],
        "--tags": ["kind=version"],
        "--output": ["none"],
    }
    assert options(calls[1])["--resource-id"] == [f"{IMAGES}/web"]
    assert options(calls[1])["--tags"] == ["kind=image"]
    assert options(calls[3]) == {
        "--auth-mode": ["login"],
        "--account-name": ["contoso"],
        "--destination-container": ["golden"],
        "--destination-blob": ["2024/web.vhd"],
        "--source-account-name": ["contoso"],
        "--source-container": ["golden"],
        "--source-blob": ["diskstand-in-TempOSDiskName.vhd"],
        "--query": ["id"],
        "--output": ["tsv"],
    }
    assert options(calls[7]) == {
        "--subscription": ["22222222-2222-2222-2222-222222222222"],
        "--resource-group": ["images"],
        "--gallery-name": ["golden"],
        "--gallery-image-definition": ["it's $x"],
        "--gallery-image-version": ["1.2.4"],
        "--location": ["westeurope"],
        "--image-version": [MADE],
        "--target-regions": ["northeurope=1=Premium_LRS", "westeurope=2=Standard_LRS"],
        "--block-deletion-before-end-of-life": ["false"],
        "--no-wait": [],
        "--output": ["none"],
    }
    tags = {"owner": 'Jane O\'Neil $HOME "x" \\ `id` 100%', "who": 'Q & A; "$(id)" %{'}
    assert json.loads(options(calls[9])["--body"][0]) == {"operation": "Merge", "properties": {"tags": tags}}
    assert re.fullmatch(f"packer-temporary-3-image-{TIME}", options(calls[11])["--name"][0])
    assert options(calls[11])["--gallery-image-reference"] == [MADE]
    assert options(calls[11])["--tags"] == ["packer-temporary=image"]
    assert options(calls[13])["--name"] == ["web2"]
    assert options(calls[13])["--hyper-v-generation"] == ["V2"]
    assert options(calls[13])["--source"][0].rpartition("/")[2] == options(calls[14])["--name"][0]
    assert outputs(machine.folder) == {
        "web": MADE,
        "web-image": f"{IMAGES}/web",
        "copy": f"{GALLERY}/images/it's $x/versions/1.2.4",
        "web-image-2": f"{IMAGES}/web2",
        "disk": "https://contoso.blob.core.windows.net/golden/2024/web.vhd",
    }


def test_a_target_that_fails_fails_the_build_and_no_other_target(machine: Machine) -> None:
    far = {"type": "ManagedImage", "imageId": f"{IMAGES}/far", "location": "eastus", "runOutputName": "far"}
    near = {"type": "ManagedImage", "imageId": f"{IMAGES}/near", "location": "northeurope", "runOutputName": "near"}

    done = build(machine, [far, near], fails="disk create")

    assert not done.ok
    calls = machine.az.calls()
    assert [call[:2] for call in calls].count(["disk", "create"]) == 2  # both were tried
    assert not any(call[:2] == ["image", "create"] for call in calls)
    # What was made on the way is deleted, and at the end the image and the snapshot that it all came from.
    assert [call[:2] for call in calls[-2:]] == [["snapshot", "delete"], ["image", "delete"]]
    snapshot = f"{IMAGES.removesuffix('/images')}/snapshots/packer_temporary_image_{TIME}"
    assert re.fullmatch(snapshot, options(calls[-2])["--ids"][0])
    assert re.fullmatch(f"{IMAGES}/packer-temporary-image-{TIME}", options(calls[-1])["--ids"][0])
    assert not (machine.folder / "image.manifest.json").exists()


@pytest.mark.parametrize("version", ["", "7.8.9"])
def test_all_galleries_of_a_major_version_get_the_same_number(machine: Machine, version: str) -> None:
    target = {"type": "SharedImage", "galleryImageId": f"{GALLERY}/images/web", "targetRegions": [{"name": "westeurope"}]}
    second = {"type": "SharedImage", "galleryImageId": f"{GALLERY}/images/web2", "targetRegions": [{"name": "westeurope"}]}
    given = {"image_version": version} if version else {}

    done = build(machine, [{**target, "runOutputName": "a"}, {**second, "runOutputName": "b"}], **given)

    assert done.ok, done.output
    made = outputs(machine.folder)
    number = made["a"].removeprefix(f"{GALLERY}/images/web/versions/")
    assert re.fullmatch(version or r"1\.\d{8}\.\d{1,6}", number)
    assert made["b"] == f"{GALLERY}/images/web2/versions/{number}"
    assert options(machine.az.calls()[1])["--gallery-image-version"] == [number]
    assert options(machine.az.calls()[1])["--image-version"] == [made["a"]]
