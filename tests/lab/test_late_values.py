"""Values that only Packer's run knows: they reach azure-arm, and the Azure CLI, as if the template had them."""

import json
import re
import subprocess
import textwrap
from pathlib import Path
from typing import Any

import pytest

from tests.cases import GOLDEN
from tests.lab.judge import Packer
from tests.lab.test_goldens import write_golden

CASE = "variables/late-values.pkr.hcl"
GIVEN = {
    "minutes": "90",
    "elevated": "true",
    "exit_codes": "[7]",
    "checksum": "a" * 64,
    "regions": '["West Europe", "northeurope", "North Europe"]',
    "tags": '{team = "web", template = "other"}',
    "image_tags": '{kind = "first"}',
    "copy_tags": '{kind = "copy"}',
}


@pytest.fixture(scope="module")
def source(packer: Packer, tmp_path_factory: pytest.TempPathFactory) -> dict[str, Any]:
    """The source block as Packer evaluates it with values."""
    verdict = packer.validate(write_golden(CASE, tmp_path_factory.mktemp("late")), GIVEN)
    assert verdict.ok, verdict.output
    assert verdict.source is not None
    return verdict.source


def test_regions_are_each_there_once_and_that_of_the_build_first(source: dict[str, Any]) -> None:
    destination = source["shared_image_gallery_destination"]

    assert [region["name"] for region in destination["target_region"]] == ["westeurope", "northeurope"]


def test_tags_are_merged_as_the_template_merges_them(source: dict[str, Any]) -> None:
    assert source["azure_tags"] == {"team": "web", "template": "web"}


def test_minutes_are_a_duration(source: dict[str, Any]) -> None:
    assert source["polling_duration_timeout"] == source["shared_image_gallery_timeout"] == "90m"


def test_a_rule_of_the_template_holds_for_what_is_given(packer: Packer, tmp_path: Path) -> None:
    verdict = packer.validate(write_golden(CASE, tmp_path), {**GIVEN, "minutes": "10"})

    assert not verdict.ok
    assert "from 60 to 960" in verdict.output


@pytest.mark.parametrize("shell", ["sh", "bash"])
@pytest.mark.parametrize("tags", [{"quote": 'it\'s "$(id)" `id` $HOME\n', "-x": "*", "empty": ""}, {}])
def test_tags_reach_the_azure_cli_as_they_are(tags: dict[str, str], shell: str, tmp_path: Path) -> None:
    step = (GOLDEN / CASE).read_text().split('name = "first-tags"')[1]
    script = textwrap.dedent(re.split(r"<<-EOT\n", step)[1].split("      EOT")[0])
    az = tmp_path / "az"
    az.write_text("#!/bin/sh\nfor word; do printf '<%s>' \"$word\"; done\n")
    az.chmod(0o755)
    body = json.dumps({"operation": "Merge", "properties": {"tags": tags}}, separators=(",", ":"))

    done = subprocess.run(
        [shell, "-eu", "-c", script],
        env={"PATH": f"{tmp_path}:/usr/bin:/bin", "TAGS": body, "TAGS_URL": "/id"},
        capture_output=True,
        text=True,
        check=True,
    )

    assert (f"<--url></id><--body><{body}>" in done.stdout) == bool(tags)


@pytest.mark.parametrize("vm", ["{}", '{vmSize = "Standard_D4s_v5", vnetConfig = {}}'])
def test_an_object_may_lack_what_the_service_has_defaults_for(vm: str, packer: Packer, tmp_path: Path) -> None:
    plan = '{planName = "a", planProduct = "b", planPublisher = "c"}'
    golden = write_golden("variables/late-whole-objects.pkr.hcl", tmp_path)

    verdict = packer.validate(golden, {"vm": vm, "plan": plan, "region": '{name = "East US"}'})

    assert verdict.ok, verdict.output
    assert verdict.source is not None
    assert verdict.source["vm_size"] == ("Standard_D2ds_v4" if vm == "{}" else "Standard_D4s_v5")


IDS = "variables/ids-in-parts.pkr.hcl"
_GROUP = "/subscriptions/2222/resourceGroups/images/providers"
GOOD_IDS = {
    "subnet_id": f"{_GROUP}/Microsoft.Network/virtualNetworks/net/subnets/build",
    "gallery_id": f"{_GROUP}/Microsoft.Compute/galleries/golden/images/",
    "definition": "web",
    "image_id": f"{_GROUP}/Microsoft.Compute/images/web",
    "release": "web-4",
}


def test_an_id_that_is_put_together_of_variables_is_taken_apart(packer: Packer, tmp_path: Path) -> None:
    verdict = packer.validate(write_golden(IDS, tmp_path), {**GOOD_IDS, "definition": "web/versions/1.2.3"})

    assert verdict.source is not None, verdict.output
    assert verdict.source["virtual_network_subnet_name"] == "build"
    destination = verdict.source["shared_image_gallery_destination"]
    assert [destination[name] for name in ("gallery_name", "image_name", "image_version")] == ["golden", "web", "1.2.3"]


@pytest.mark.parametrize(
    ("given", "said"),
    [
        ({"subnet_id": f"{_GROUP}/Microsoft.Network/virtualNetworks/net"}, "The subnet_id must be a resource id"),
        ({"release": "web"}, "The release must have a `-`"),
        ({"gallery_id": "golden/"}, "The gallery_id must begin as a resource id does"),
        ({"gallery_id": f"{_GROUP}/Microsoft.Compute/"}, "gallery_id and definition together must be a resource id"),
        ({"definition": "web/1.2.3"}, "gallery_id and definition together must be a resource id"),
        ({"image_id": "web"}, "What comes of image_id must be a resource id"),
    ],
)
def test_what_is_no_id_is_told_with_its_variable(given: dict[str, str], said: str, packer: Packer, tmp_path: Path) -> None:
    verdict = packer.validate(write_golden(IDS, tmp_path), {**GOOD_IDS, **given})

    output = " ".join(verdict.output.split())
    assert not verdict.ok
    assert said in output
    assert "Invalid index" not in output
