"""A build of four hours in a pipeline, and the Azure CLI at its end: assertions live for minutes, tokens for an hour.

The real Azure CLI signs in to the simulated Entra, which gives what lives no longer than that, in the lab's time.
"""

import pytest

from tests.lab.azure.builds.cases import scene_of
from tests.lab.azure.builds.judgement import differences
from tests.lab.azure.builds.scene import Scene, extra_tags, rehearse, set_up
from tests.lab.azure.builds.state import Played
from tests.lab.azure.entra import CLIENT, GITHUB_HOST, REQUEST_TOKEN, TENANT
from tests.lab.azure.fixtures import AzureLab
from tests.lab.judge import Packer

HOURS = 4 * 3600
GITHUB = {
    "ACTIONS_ID_TOKEN_REQUEST_URL": f"https://{GITHUB_HOST}/1/idtoken?api-version=2.0",
    "ACTIONS_ID_TOKEN_REQUEST_TOKEN": REQUEST_TOKEN,
    "ARM_CLIENT_ID": CLIENT,
    "ARM_TENANT_ID": TENANT,
}


@pytest.mark.parametrize("case", ["distribute-everything", "tags-by-target"])
def test_on_github_the_scripts_sign_in_again_after_hours(case: str, azure_lab: AzureLab, packer: Packer) -> None:
    scene, played = _after_hours(azure_lab, packer, case, GITHUB)

    assert played.ok, played.output
    assert differences(played, scene.left, extra_tags(scene)) == []
    assert played.azure.entra.given.count("assertion") > 1


def test_what_signed_in_once_is_signed_out_after_hours(azure_lab: AzureLab, packer: Packer) -> None:
    _, played = _after_hours(azure_lab, packer, "tags-by-target", {})

    assert not played.ok
    assert "AADSTS700024" in played.output


def _after_hours(lab: AzureLab, packer: Packer, case: str, pipeline: dict[str, str]) -> tuple[Scene, Played]:
    """Sign in as `azure/login` does, build for hours, and run the steps with what the pipeline gives them."""
    folder = lab.folder / f"{case}-signed-in-{len(pipeline)}"
    folder.mkdir(exist_ok=True)
    scene = scene_of(packer, case, folder)
    azure = lab.new()
    set_up(azure, scene)
    lab.cli.sign_out()
    assertion = azure.entra.assertion("github")
    done = lab.cli.run(f"az login --service-principal -u {CLIENT} --tenant {TENANT} --federated-token {assertion} -o none")
    assert done.status == 0, done.output
    azure.clock.sleep(HOURS)
    return scene, rehearse(lab.cli, azure, scene, pipeline).played
