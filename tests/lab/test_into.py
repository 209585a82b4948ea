"""The real Packer judges folders that a build was put into: as people lay their builds out, and as templates have it.

The folders in `folders/` are made up after layouts that public repositories have: a folder an image, one folder for all images,
variables by system, files of values in JSON, defaults from the environment.
"""

import json
import shutil
from collections.abc import Mapping
from pathlib import Path

import pytest

from aib2packer import Layout, Options
from aib2packer.app.inputs import collect
from aib2packer.app.into import SharedFolder
from aib2packer.app.run import Request, Result, run
from tests.cases.templates import GALLERY_TARGET, WINDOWS, Json, template
from tests.lab.judge import Packer

FOLDERS = Path(__file__).parent / "folders"
ID = "33333333-3333-3333-3333-333333333333"
SIGN_IN = {"tenant_id": ID, "client_id": ID}
ENVIRONMENT = {"ARM_SUBSCRIPTION_ID": ID, "ARM_TENANT_ID": ID, "ARM_CLIENT_ID": ID, "BUILD_GROUP": "builds"} | {
    f"ACTIONS_ID_TOKEN_REQUEST_{part}": "https://token" for part in ("URL", "TOKEN")
}
LAYOUTS: Mapping[str, Mapping[str, str]] = {
    "own_folder/linux": {"subscription_id": ID},
    "all_in_one": {"image_resource_group": "images"},
    "by_system": {"subscription_id": ID, "client_secret": "secret", **SIGN_IN},
    "json_values": {"location": "westeurope", "gallery_name": "golden", "gallery_resource_group": "images"},
    "env_defaults": {},
}
"""The layouts, with the values that the builds there need."""
OF_OTHERS = {"own_folder/linux": "azure-arm.linux", "all_in_one": "rocky.*", "by_system": "ubuntu.*"}
OF_OTHERS |= {"json_values": "debian.*", "env_defaults": "suse.*"}
SHELL = {"type": "Shell", "name": "names", "inline": ["docker ps --format '{{.Names}}'"]}
PARAMETERS = {
    "location": {"type": "string", "defaultValue": "westeurope"},
    "owner": {"type": "string", "defaultValue": "platform"},
    "size": {"type": "string"},
}


def deployment(**image: Json) -> Json:
    """A deployment template with parameters whose names others use too."""
    resource = template(**image)
    resource["location"] = "[parameters('location')]"
    resource["tags"] = {"owner": "[parameters('owner')]"}
    resource["properties"]["vmProfile"] = {"vmSize": "[parameters('size')]"}
    return {"$schema": "deploymentTemplate.json#", "parameters": PARAMETERS, "resources": [resource]}


LATEST = {**GALLERY_TARGET, "galleryImageId": GALLERY_TARGET["galleryImageId"].partition("/versions")[0]}
BUILDS = {
    "web": deployment(
        name="web",
        customize=[SHELL],
        distribute=[LATEST],
        properties={"validate": {"inVMValidations": [{"type": "Shell", "inline": ["true"]}]}},
    ),
    "desktop": deployment(name="desktop", source=WINDOWS, customize=[{"type": "WindowsUpdate"}]),
}
SIZES = {"web_size": "Standard_D2s_v5", "desktop_size": "Standard_D4s_v5"}


def put(builds: Mapping[str, Json], folder: Path, templates: Path, layout: Layout = Layout.SINGLE) -> list[Result]:
    """Put builds into a folder, as `--into` does."""
    templates.mkdir(exist_ok=True)
    for name, one in builds.items():
        (templates / f"{name}.json").write_text(json.dumps(one), encoding="utf-8")
    request = Request(options=Options(layout=layout), folder=folder, into=SharedFolder(folder))
    inputs = collect(tuple(str(templates / f"{name}.json") for name in builds), folder)
    return [result for one in inputs for result in run(one, request)]


@pytest.mark.parametrize("layout", LAYOUTS)
@pytest.mark.parametrize("split", [Layout.SINGLE, Layout.SPLIT])
@pytest.mark.parametrize("plugins", ["packer", "packer_with_real_plugins"])
def test_packer_accepts_a_folder_with_the_builds_that_were_put_into_it(
    layout: str, split: Layout, plugins: str, request: pytest.FixtureRequest, tmp_path: Path
) -> None:
    judge: Packer = request.getfixturevalue(plugins)
    folder = tmp_path / "packer"
    shutil.copytree(FOLDERS / layout, folder)
    before = {path: path.read_bytes() for path in folder.rglob("*") if path.is_file()}

    results = put(BUILDS, folder, tmp_path / "templates", layout=split)

    assert [result.exit_code for result in results] == [0, 0], results
    assert {path: path.read_bytes() for path in before} == before
    assert judge.fmt_check_all(folder) == ""
    values = {**LAYOUTS[layout], **SIZES}
    for only in (None, "web.*", "desktop.*", OF_OTHERS[layout]):
        verdict = judge.validate(folder, values, environment=ENVIRONMENT, only=only)
        assert verdict.ok, f"{only}: {verdict.output}"


def test_only_chooses_the_build_that_was_put_there(packer: Packer, tmp_path: Path) -> None:
    folder = tmp_path / "packer"
    shutil.copytree(FOLDERS / "all_in_one", folder)
    put(BUILDS, folder, tmp_path / "templates")

    verdict = packer.validate(folder, {**LAYOUTS["all_in_one"], **SIZES}, environment=ENVIRONMENT, only="desktop.*")

    assert verdict.source is not None
    assert (verdict.source["vm_size"], verdict.source["os_type"]) == ("Standard_D4s_v5", "Windows")


@pytest.mark.parametrize("layout", LAYOUTS)
def test_putting_builds_there_again_changes_nothing(layout: str, tmp_path: Path) -> None:
    folder = tmp_path / "packer"
    shutil.copytree(FOLDERS / layout, folder)
    put(BUILDS, folder, tmp_path / "templates")
    before = {path: path.read_bytes() for path in folder.rglob("*") if path.is_file()}

    results = put(BUILDS, folder, tmp_path / "templates")
    results += put(dict(reversed(BUILDS.items())), folder, tmp_path / "templates")

    assert [result.outcome.value for result in results] == ["converted"] * 4
    assert {path: path.read_bytes() for path in folder.rglob("*") if path.is_file()} == before
