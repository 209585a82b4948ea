"""Whole builds, unchanged, with the real azure-arm and the real Azure CLI on a simulated Azure, in a network of their own."""

import json
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from aib2packer import Cloud, Options
from tests.arm.test_deployment import deployment
from tests.cases import convert_case, read_case
from tests.cases.templates import GALLERY, GALLERY_TARGET, WINDOWS, convert_json, template
from tests.lab.azure.builds.cases import as_told, removals
from tests.lab.azure.builds.expected import LeftImage, targets_of
from tests.lab.azure.builds.judgement import differences
from tests.lab.azure.builds.whole import left_after, variables_of, world_of, write
from tests.lab.azure.fixtures import SUBSCRIPTIONS
from tests.lab.judge import Packer
from tests.lab.tally import Tally

FILES = "https://labaccount.blob.core.windows.net/files"
PLACES = ("builds", "packer-temporary-image-two-20261127000000")  # the second is another build's, whose name begins alike
CASES = {
    "distribute-regions": "a gallery",
    "distribute-images-only": "managed images, here, elsewhere and in another subscription",
    "distribute-several-of-a-kind": "two versions and two images",
    "tags-by-target": "a version and an image",
    "vhd-uri": "a VHD",
}


@pytest.mark.parametrize("case", CASES, ids=[f"{case}: {what}" for case, what in CASES.items()])
def test_a_whole_build_leaves_what_image_builder_would_have_left(
    case: str, whole_builds: Packer, tmp_path: Path, tally: Tally
) -> None:
    source = json.loads(read_case(case)[0])
    build, variables = write(convert_case(case), tmp_path / "build")
    world = world_of(source, tmp_path)

    outcome = world.run(whole_builds, ["packer", "build", *variables, str(build)])

    assert [command.status for command in outcome.commands] == [0, 0], outcome.output
    played = outcome.played(world)
    left = as_told(convert_case(case), left_after(targets_of(source), build), "westeurope")
    tags = next((stored.body.get("tags") or {} for stored in played.state.resources.values()), {})
    assert differences(played, left, tags if any(isinstance(one, LeftImage) for one in left) else {}) == [], outcome.output
    assert list(outcome.records.values()) == [["-version", "-force -deprovision+user"]]
    tally(f"whole build to its end: {CASES[case]}")


def test_a_windows_build_runs_to_its_end(whole_builds: Packer, tmp_path: Path, tally: Tally) -> None:
    customizers: list[dict[str, Any]] = [
        {"type": "PowerShell", "name": "text", "inline": ["Write-Output 'one'", "Write-Output 'two'"]},
        {"type": "WindowsRestart"},
        {"type": "PowerShell", "name": "system", "runElevated": True, "runAsSystem": True, "inline": ["whoami"]},
        {"type": "File", "name": "config", "sourceUri": f"{FILES}/app.config", "destination": "C:\\temp\\"},
        {"type": "PowerShell", "name": "script", "scriptUri": f"{FILES}/setup.ps1"},
        {"type": "WindowsUpdate", "filters": ["exclude:$_.Title -like '*Preview*'", "include:$true"]},
    ]
    target = {**GALLERY_TARGET, "targetRegions": [{"name": "westeurope"}]}
    source = template(source=WINDOWS, customize=customizers, distribute=[target])
    build, variables = write(convert_json(source), tmp_path / "build")
    files = {"labaccount/files/app.config": "a=b", "labaccount/files/setup.ps1": "Write-Output 'three'"}
    world = replace(world_of(source, tmp_path), updates={"KB1 Security": 0, "KB2 Preview": 0}, files=files)

    outcome = world.run(whole_builds, ["packer", "build", *variables, str(build)])

    assert [command.status for command in outcome.commands] == [0, 0], outcome.output
    played = outcome.played(world)
    assert differences(played, left_after(targets_of(source), build), {}) == [], outcome.output
    (record,) = outcome.records.values()
    uploads = {entry["path"]: entry["text"] for entry in record if entry["kind"] == "upload"}
    assert uploads["C:\\temp\\app.config"] == "a=b"
    runs = [entry for entry in record if entry["kind"] != "upload"]
    assert [entry["kind"] for entry in runs][:4] == ["run", "restart", "run", "run"], record
    assert [entry["installed"] for entry in record if entry["kind"] == "update" and entry["installed"]] == [["KB1 Security"]]
    assert "two" in runs[0]["texts"][0]
    assert "SYSTEM" in runs[2]["user"].upper()
    assert any("three" in text for text in runs[3]["texts"]), runs[3]
    tally("whole build to its end: Windows, a gallery")


def test_an_update_that_is_offered_again_after_each_installation_does_not_keep_a_build_for_ever(
    whole_builds: Packer, tmp_path: Path, tally: Tally
) -> None:
    target = {**GALLERY_TARGET, "targetRegions": [{"name": "westeurope"}]}
    source = template(source=WINDOWS, customize=[{"type": "WindowsUpdate"}], distribute=[target])
    build, variables = write(convert_json(source), tmp_path / "build")
    world = replace(world_of(source, tmp_path), updates={"KB5007651": -1})

    outcome = world.run(whole_builds, ["packer", "build", *variables, str(build)])

    assert [command.status for command in outcome.commands] == [0, 0], outcome.output
    (record,) = outcome.records.values()
    assert [entry["kind"] for entry in record].count("restart") <= 1, record
    tally("whole build to its end: Windows, with an update that is offered again and again")


@pytest.mark.parametrize("security", ["", "TrustedLaunch"])
def test_the_validation_build_releases_the_version_that_it_has_looked_at(
    security: str, whole_builds: Packer, tmp_path: Path, tally: Tally
) -> None:
    target = {**GALLERY_TARGET, "galleryImageId": f"{GALLERY}/images/image", "targetRegions": [{"name": "westeurope"}]}
    checks = {"inVMValidations": [{"type": "Shell", "name": "it-is-there", "inline": ["test -d /opt"]}]}
    source = template(
        customize=[{"type": "Shell", "name": "make", "inline": ["mkdir -p /opt/made"]}],
        distribute=[target],
        properties={"validate": checks},
    )
    build, variables = write(convert_json(source, Options(side_files=True)), tmp_path / "build")
    validation = build.parent / "validate/build.pkr.hcl"
    world = world_of(source, tmp_path, security=security)
    told = [f"-var=definition_security_type={security}"]  # as the one command of the page does, in the environment

    outcome = world.run(
        whole_builds,
        ["packer", "build", *variables, *told, str(build)],
        ["packer", "build", *variables_of(validation), *told, str(validation)],
    )

    assert [command.status for command in outcome.commands] == [0, 0, 0], outcome.output
    played = outcome.played(world)
    assert differences(played, left_after(targets_of(source), build), {}) == [], outcome.output
    assert len(outcome.records) == 1  # the second machine is not deprovisioned
    tally(f"whole build and its validation build to their end: a definition with security type {security or 'none'}")


def test_an_old_managed_image_is_replaced_by_force_and_nothing_else_is_deleted(
    whole_builds: Packer, tmp_path: Path, tally: Tally
) -> None:
    image = f"/subscriptions/{SUBSCRIPTIONS[0]}/resourceGroups/images/providers/Microsoft.Compute/images/web"
    source = template(distribute=[{"type": "ManagedImage", "imageId": image, "location": "westeurope", "runOutputName": "web"}])
    build, variables = write(convert_json(source), tmp_path / "build")
    old = {"location": "westeurope", "properties": {"sourceVirtualMachine": {"id": "/old"}}}
    around = {f"{image}-2": old, f"{GALLERY}/images/image/versions/1.0.0": {"location": "westeurope", "properties": {}}}
    world = world_of([source, *around], tmp_path)
    world = replace(world, resources={**world.resources, image: old, **around})

    outcome = world.run(whole_builds, ["packer", "build", "-force", *variables, str(build)])

    assert [command.status for command in outcome.commands] == [0, 0], outcome.output
    deleted = [line for line in outcome.log if "DELETE" in line and "/packer-temporary" not in line]
    assert len(deleted) == 1, deleted
    assert image.lower() in deleted[0].lower()
    assert around.keys() <= outcome.resources.keys()
    assert outcome.resources[image]["properties"]["sourceVirtualMachine"]["id"] != "/old"
    tally("whole build to its end: a managed image, in the place of an old one with -force")


# Packer and its plugins die at once, when the machine is being provisioned: none of them cleans up.
KILLED = """\
setsid "$@" > killed.log 2>&1 &
until grep -sq "Provisioning with shell script" killed.log; do kill -0 $! || exit 1; /bin/sleep 0.2; done
kill -KILL -$!
wait $!
[ $? = 137 ] || exit 1
az group list --query "[].name" --output tsv > groups
az resource list --resource-group builds --query "[].name" --output tsv > in-group
"""


@pytest.mark.parametrize("own_group", [True, False], ids=["in a group of its own", "in a group that is there"])
def test_what_a_killed_packer_leaves_is_deleted_by_the_commands_of_the_page(
    own_group: bool,  # noqa: FBT001 - a parameter of a test
    whole_builds: Packer,
    tmp_path: Path,
) -> None:
    wait = {"type": "Shell", "name": "wait", "inline": ["sleep 60"]}
    group = f"/subscriptions/{SUBSCRIPTIONS[0]}/resourceGroups/aib-staging"
    target = {**GALLERY_TARGET, "targetRegions": [{"name": "westeurope"}]}
    source = template(customize=[wait], distribute=[target], properties={"stagingResourceGroup": group})
    conversion = convert_json(source, Options(side_files=True, subscription_id=SUBSCRIPTIONS[0]))
    build, variables = write(conversion, tmp_path / "build")
    world = world_of(source, tmp_path)
    there = {f"/subscriptions/{SUBSCRIPTIONS[0]}/resourceGroups/{name}": {"location": "westeurope"} for name in PLACES}
    world = replace(world, resources={**world.resources, **there})
    chosen = [] if own_group else [f"-var=build_resource_group_name={PLACES[0]}"]
    removal = removals(conversion.files["MIGRATION.md"].decode())[0 if own_group else 1].replace("packer-builds", PLACES[0])

    outcome = world.run(
        whole_builds,
        ["sh", "-c", KILLED, "sh", "packer", "build", *variables, *chosen, str(build)],
        ["sh", "-ec", removal],
    )

    assert [command.status for command in outcome.commands] == [0, 0, 0], outcome.output
    left = [name for name in (tmp_path / "groups").read_text().split() if name.startswith("packer-temporary-image-2")]
    made = [name for name in (tmp_path / "in-group").read_text().split() if name.startswith("pkr")]
    assert (len(left), bool(made)) == (own_group, not own_group)
    new = set(outcome.resources) - set(world.resources)
    assert new == set(), outcome.output


def test_a_build_that_is_told_no_subscription_publishes_in_that_of_the_azure_cli(whole_builds: Packer, tmp_path: Path) -> None:
    names = f"/subscriptions/{SUBSCRIPTIONS[0]}/resourceGroups/images/providers/Microsoft.Compute/galleries/golden/images/web"
    target = {**GALLERY_TARGET, "targetRegions": [{"name": "westeurope"}], "galleryImageId": names}
    late = {**target, "galleryImageId": "[resourceId('Microsoft.Compute/galleries/images', 'golden', 'web')]"}
    validators = {"validate": {"inVMValidations": [{"type": "Shell", "name": "it-is-there", "inline": ["test -d /opt"]}]}}
    source = deployment(template(distribute=[late], properties=validators))
    build, variables = write(convert_json(source, Options(side_files=True, resource_group="images")), tmp_path / "build")
    world = world_of(template(distribute=[target]), tmp_path)

    outcome = world.run(
        whole_builds, ["packer", "build", str(build)], ["packer", "build", str(build.parent / "validate/build.pkr.hcl")]
    )

    assert variables == []
    assert [command.status for command in outcome.commands] == [0, 0, 0], outcome.output
    [made] = outcome.played(world).state.resources.values()
    manifest = json.loads((build.parent / "image.manifest.json").read_text())
    assert manifest["builds"][0]["custom_data"]["image"].lower() == made.id.lower()
    assert made.id.lower().startswith(f"{names}/versions/".lower())
    assert made.properties["publishingProfile"]["excludeFromLatest"] is False


@pytest.mark.parametrize("security", ["", "TrustedLaunchSupported", "TrustedLaunch"])
def test_a_version_is_made_the_way_that_its_definition_wants(
    security: str, whole_builds: Packer, tmp_path: Path, tally: Tally
) -> None:
    source = template(distribute=[{**GALLERY_TARGET, "targetRegions": [{"name": "westeurope"}]}])
    build, variables = write(convert_json(source), tmp_path / "build")
    if 'variable "definition_security_type"' not in build.read_text():
        pytest.skip("the build does not ask for the security type")
    told = [f"-var=definition_security_type={security}"] if security else []
    world = world_of(source, tmp_path, security=security)

    outcome = world.run(whole_builds, ["packer", "build", *variables, *told, str(build)])

    assert [command.status for command in outcome.commands] == [0, 0], outcome.output
    played = outcome.played(world)
    assert differences(played, left_after(targets_of(source), build), {}) == [], outcome.output
    tally(f"whole build to its end: a gallery, of a definition with security type {security or 'none'}")


@pytest.mark.parametrize(
    ("cloud", "regions"),
    [(Cloud.US_GOVERNMENT, ("usgovvirginia", "usgovarizona")), (Cloud.CHINA, ("chinanorth3", "chinaeast2"))],
)
def test_a_build_in_another_cloud_asks_nothing_of_the_public_one(
    cloud: Cloud, regions: tuple[str, str], whole_builds: Packer, tmp_path: Path, tally: Tally
) -> None:
    image = f"/subscriptions/{SUBSCRIPTIONS[0]}/resourceGroups/images/providers/Microsoft.Compute/images/web"
    version = {**GALLERY_TARGET, "targetRegions": [{"name": regions[0]}]}
    copy = {"type": "ManagedImage", "imageId": image, "location": regions[1], "runOutputName": "copy"}
    vhd = {"type": "VHD", "uri": f"https://labaccount.{cloud.facts.blob_host}/vhds/web.vhd", "runOutputName": "vhd"}
    source = template(location=regions[0], distribute=[version, copy, vhd])
    build, variables = write(convert_json(source), tmp_path / "build")
    world = replace(world_of(source, tmp_path), cloud=cloud)

    outcome = world.run(whole_builds, ["packer", "build", *variables, str(build)])

    assert {command.status for command in outcome.commands} == {0}, outcome.output
    assert differences(outcome.played(world), left_after(targets_of(source), build), {}) == [], outcome.output
    public = [Cloud.PUBLIC.facts.management_host, Cloud.PUBLIC.facts.login_host, Cloud.PUBLIC.facts.storage_suffix]
    assert [line for line in outcome.log if any(host in line for host in public)] == []
    tally(f"whole build to its end: a gallery, a managed image elsewhere and a VHD in {cloud.facts.title}")
