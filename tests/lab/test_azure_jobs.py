"""Generated pipelines with the real azure-arm and the real Azure CLI: a build that outlasts all that signs it in."""

from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from aib2packer import Options
from tests.cases.templates import GALLERY, GALLERY_TARGET, convert_json, template
from tests.lab.azure.builds.jobs import on_azure_devops, on_github
from tests.lab.azure.builds.judgement import differences
from tests.lab.azure.builds.whole import World, WorldEnd, left_after, world_of, write
from tests.lab.judge import Packer

ELSEWHERE = {
    "type": "ManagedImage",
    "imageId": f"{GALLERY.partition('/providers')[0]}/providers/Microsoft.Compute/images/web",
    "location": "northeurope",
    "runOutputName": "copy",
}
TARGETS: list[dict[str, Any]] = [{**GALLERY_TARGET, "targetRegions": [{"name": "westeurope"}]}, ELSEWHERE]
SOURCE = template(
    customize=[{"type": "Shell", "name": "long", "inline": ["sleep 20"]}],
    distribute=TARGETS,
    properties={"autoRun": {"state": "Enabled"}},
)

# They live in real time: azure-arm renews a token of less than twenty minutes, and the Azure CLI one of less than five.
ASK_EACH_TIME, ASK_EACH_TIME_CLI = 1100, 180


def job_in(folder: Path, pipeline: str) -> tuple[Path, bytes]:
    """Convert to a folder; give the build file, and a pipeline beside it."""
    conversion = convert_json(SOURCE, Options(side_files=True))
    build, variables = write(conversion, folder)
    assert variables == []
    return build, conversion.files[f"pipelines/{pipeline}.yml"]


def trouble(outcome: WorldEnd, world: World, build: Path) -> list[str]:
    assert {command.status for command in outcome.commands} == {0}, outcome.output
    return differences(outcome.played(world), left_after(TARGETS, build), {})


def test_a_job_of_github_renews_its_sign_in_through_a_build_of_hours(whole_builds: Packer, tmp_path: Path) -> None:
    build, workflow = job_in(tmp_path / "build", "github-actions")
    world = replace(world_of(SOURCE, tmp_path), hours=4, told_seconds=ASK_EACH_TIME)

    outcome = world.run(whole_builds, ["az", "logout"], *on_github(workflow, build.parent))

    assert trouble(outcome, world, build) == [], outcome.output
    assert sum("/idtoken" in line for line in outcome.log) > 3


def test_without_that_a_build_of_hours_is_signed_out(whole_builds: Packer, tmp_path: Path) -> None:
    build, workflow = job_in(tmp_path / "build", "github-actions")
    world = replace(world_of(SOURCE, tmp_path), hours=4, told_seconds=ASK_EACH_TIME)
    signed_in_once = [
        [word for word in command if not word.startswith("ACTIONS_") or "az login" in command[-1]]
        for command in on_github(workflow, build.parent)
    ]

    outcome = world.run(whole_builds, ["az", "logout"], *signed_in_once)

    assert outcome.commands[-1].status != 0
    assert "AADSTS700024" in outcome.output or "ExpiredAuthenticationToken" in outcome.output, outcome.output


@pytest.mark.parametrize("kept", [True, False], ids=["kept active", "signed in once"])
def test_a_job_of_azure_devops_lasts_as_long_as_its_session_is_kept_active(
    kept: bool,  # noqa: FBT001 - a parameter of a test
    whole_builds: Packer,
    tmp_path: Path,
) -> None:
    build, pipeline = job_in(tmp_path / "build", "azure-pipelines")
    world = replace(world_of(SOURCE, tmp_path), told_seconds=ASK_EACH_TIME_CLI)

    outcome = world.run(whole_builds, ["az", "logout"], *on_azure_devops(pipeline, build.parent, heeds=kept))

    if kept:
        assert trouble(outcome, world, build) == [], outcome.output
        assert (tmp_path / "clock").stat().st_size > 3600  # longer than an access token lives, and six assertions
    else:
        assert outcome.commands[-1].status != 0
        assert "AADSTS700024" in outcome.output
