"""Whole builds, unchanged, with the real azure-arm and the real Azure CLI on a simulated Azure, in a network of their own."""

import json
import os
from pathlib import Path

import pytest

from tests.cases import convert_case, read_case
from tests.cases.templates import GALLERY, GALLERY_TARGET, convert_json, template
from tests.lab.azure.builds.cases import as_told
from tests.lab.azure.builds.expected import LeftImage, targets_of
from tests.lab.azure.builds.judgement import differences
from tests.lab.azure.builds.whole import left_after, world_of, write
from tests.lab.judge import Packer, home
from tests.lab.requirements import UnavailableError, require_programs

CASES = {
    "distribute-regions": "a gallery",
    "distribute-images-only": "managed images, here, elsewhere and in another subscription",
    "distribute-several-of-a-kind": "two versions and two images",
    "tags-by-target": "a version and an image",
    "vhd-uri": "a VHD",
}


@pytest.fixture(scope="module")
def plugins(packer_with_real_plugins: Packer) -> Packer:
    """The real plugins, where a world of its own can be made."""
    try:
        require_programs("unshare", "mount", "sshd", "ssh-keygen", "sudo", "setpriv", "userdel")
        if os.geteuid() != 0 or not (home() / "azure-cli/bin/python").exists():
            message = "takes root and the Azure CLI"
            raise UnavailableError(message)
    except UnavailableError as reason:
        pytest.skip(str(reason))
    return packer_with_real_plugins


@pytest.mark.parametrize("case", CASES, ids=[f"{case}: {what}" for case, what in CASES.items()])
def test_a_whole_build_leaves_what_image_builder_would_have_left(case: str, plugins: Packer, tmp_path: Path) -> None:
    source = json.loads(read_case(case)[0])
    build, variables = write(convert_case(case), tmp_path / "build")
    world = world_of(source, tmp_path)

    outcome = world.run(plugins, ["packer", "build", *variables, str(build)])

    assert [command.status for command in outcome.commands] == [0, 0], outcome.output
    played = outcome.played(tmp_path / "judge", frozenset())
    left = as_told(convert_case(case), left_after(targets_of(source), build), "westeurope")
    tags = next((stored.body.get("tags") or {} for stored in played.state.resources.values()), {})
    assert differences(played, left, tags if any(isinstance(one, LeftImage) for one in left) else {}) == [], outcome.output
    assert list(outcome.records.values()) == [["-version", "-force -deprovision+user"]]


def test_a_version_of_a_definition_for_trusted_launch_too_cannot_come_from_a_vm(plugins: Packer, tmp_path: Path) -> None:
    source = template(distribute=[{**GALLERY_TARGET, "galleryImageId": f"{GALLERY}/images/image/versions/1.0.0"}])
    build, variables = write(convert_json(source), tmp_path / "build")
    world = world_of(source, tmp_path, security="TrustedLaunchSupported")

    outcome = world.run(plugins, ["packer", "build", *variables, str(build)])

    published = "/versions/1.0.0" in str(list(outcome.resources))
    assert published == (outcome.commands[-1].status == 0), outcome.output
    assert outcome.gaps == ()
