"""Builds that Image Builder started when their source image changed: which of them are asked for, and what the page says."""

import json
import re
from pathlib import Path
from typing import Any

import pytest

from aib2packer import Options
from tests.cases.templates import GALLERY, LINUX, convert_json, template
from tests.estate.runs import convert, lay

MARKETPLACE = "az vm image show --location westeurope --urn Canonical:{}:22_04-lts-gen2:latest --query name --output tsv"
ASKED = MARKETPLACE.format(LINUX["offer"])
DAILY, WEEKLY = "17 3 * * *", "17 3 * * 1"
IMAGE = f"{GALLERY}/images/base"
MANAGED = "/subscriptions/22222222-2222-2222-2222-222222222222/resourceGroups/rg/providers/Microsoft.Compute/images/base"


def triggered(name: str, source: Any, region: str = "westeurope", **parameters: Any) -> dict[str, Any]:  # noqa: ANN401 - JSON
    """A deployment template of an image template with a trigger."""
    of_image = template(name=name, source=source, location=region)
    trigger = {
        "type": "Microsoft.VirtualMachineImages/imageTemplates/triggers",
        "apiVersion": "2023-07-01",
        "name": f"{name}/source",
        "properties": {"kind": "SourceImage"},
    }
    schema = "https://schema.management.azure.com/schemas/2019-04-01/deploymentTemplate.json#"
    return {"$schema": schema, "parameters": parameters, "resources": [of_image, trigger]}


def text(*default: str) -> dict[str, str]:
    """A parameter, with a default perhaps."""
    return {"type": "string", **({"defaultValue": default[0]} if default else {})}


def jobs(folder: str) -> dict[str, tuple[str, str]]:
    """When each job runs, and what it asks."""
    builds = json.loads(Path(folder, "pipelines/builds.json").read_bytes())
    return {one["name"]: (one["schedule"], one["newest"]) for one in builds}


def test_what_is_known_when_converting_is_asked_for_and_the_page_names_what_is_not(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    of_gallery = {"type": "SharedImageVersion"}
    lay(
        "in",
        literal=triggered("literal", LINUX),
        region=triggered("region", LINUX, "[parameters('where')]", where=text("westeurope")),
        sku=triggered("sku", {**LINUX, "sku": "[parameters('sku')]"}, sku=text("22_04-lts-gen2")),
        version=triggered("version", {**LINUX, "version": "[parameters('v')]"}, v=text("latest")),
        gallery=triggered(
            "gallery", {**of_gallery, "imageVersionId": "[parameters('id')]"}, id=text(f"{IMAGE}/versions/latest")
        ),
        opensku=triggered("opensku", {**LINUX, "sku": "[parameters('sku')]"}, sku=text()),
        openregion=triggered("openregion", LINUX, "[resourceGroup().location]"),
        managed=triggered("managed", {"type": "ManagedImage", "imageId": MANAGED}),
        one=triggered("one", {**LINUX, "version": "22.04.202404090"}),
        given=triggered("given", {**LINUX, "version": "[parameters('v')]"}, v=text("22.04.202404090")),
        galleryone=triggered("galleryone", {**of_gallery, "imageVersionId": f"{IMAGE}/versions/1.0.0"}),
    )
    convert("in", "-o", "out", "--os-type", "linux")

    found = jobs("out")
    schedule, command = found.pop("gallery")
    assert schedule == DAILY
    assert command.startswith("az sig image-version list --subscription 22222222-2222-2222-2222-222222222222 ")
    assert "--gallery-name golden --gallery-image-definition base " in command
    assert found == {
        **dict.fromkeys(("literal", "region", "sku", "version"), (DAILY, ASKED)),
        **dict.fromkeys(("opensku", "openregion", "managed"), (WEEKLY, "")),
        **dict.fromkeys(("one", "given", "galleryone"), ("", "")),
    }
    page = Path("out/MIGRATION.md").read_text(encoding="utf-8")
    listed = re.findall(r"^- (every day|every week|on no).*?: (.*)", page, re.MULTILINE)
    lines = {start: re.findall(r"`(\w+)`", line.partition(". ")[0]) for start, line in listed}
    assert {start: set(names) for start, names in lines.items()} == {
        "every day": {"gallery", "literal", "region", "sku", "version"},
        "every week": {"opensku", "openregion", "managed"},
        "on no": {"one", "given", "galleryone"},
    }
    workflow = Path("out/pipelines/github-actions.yml").read_text(encoding="utf-8")
    assert "Built every week, changed or not, as there is nothing to ask, or a value for it is open: managed, " in workflow
    assert "Asked every day" in Path("out/pipelines/single/github-actions-sku.yml").read_text(encoding="utf-8")
    alone = Path("out/pipelines/single/github-actions-one.yml").read_text(encoding="utf-8")
    assert "schedule:" not in alone
    assert "Not scheduled, as the source is one version" in alone


@pytest.mark.parametrize(
    ("version", "schedule", "told"),
    [
        (
            "latest",
            DAILY,
            "The pipelines ask every day, and build where the source image has a version",
        ),
        ("1.0.0", "", "The source is one version, which never changes, so nothing is scheduled."),
        (None, WEEKLY, "The pipelines build every week, whether or not the source image has changed"),
    ],
)
def test_the_pipelines_of_a_single_build_ask_likewise(version: str | None, schedule: str, told: str) -> None:
    parameter = text() if version is None else text(version)
    document = triggered("web", {**LINUX, "version": "[parameters('v')]"}, v=parameter)
    files = convert_json(document, Options(side_files=True)).files

    for path in ("pipelines/github-actions.yml", "pipelines/azure-pipelines.yml"):
        assert re.findall(r'cron: "(.*)"', files[path].decode()) == ([schedule] if schedule else [])
        assert ("the source is one version" in files[path].decode()) is (version == "1.0.0")
    assert told in files["MIGRATION.md"].decode()


def test_each_environment_is_asked_for_with_the_values_of_its_own_file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    source = {**LINUX, "offer": "[parameters('offer')]", "version": "[parameters('v')]"}
    values = {"dev": {"offer": "jammy", "v": "latest"}, "prod": {"offer": "noble", "v": "1.0.0"}}
    lay("in", web=triggered("web", source, offer=text(), v=text()), db=triggered("db", LINUX))
    given = {name: {key: {"value": value} for key, value in own.items()} for name, own in values.items()}
    lay("in", **{f"web.{name}.parameters": {"parameters": own} for name, own in given.items()})
    convert("in", "-o", "out", "--parameters-beside")

    assert jobs("out") == {
        "db": (DAILY, ASKED),
        "web-dev": (DAILY, MARKETPLACE.format("jammy")),
        "web-prod": ("", ""),
    }
    page = Path("out/MIGRATION.md").read_text(encoding="utf-8")
    assert "built from yet: `db`, `web (dev)`\n" in page
    assert "which never changes: `web (prod)`\n" in page
