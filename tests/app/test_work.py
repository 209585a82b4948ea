"""What converting an image template takes is known by what it holds: a limit for all of an input rests on that."""

import json
from dataclasses import replace
from typing import Any

import pytest

from aib2packer import Options, SourceText, convert
from aib2packer.app.environments import convert_for
from aib2packer.arm.documents.forms.lists import most_work, work_of_reading
from aib2packer.findings import codes
from tests.cases.templates import GALLERY, GALLERY_TARGET, WINDOWS, template

AS_IN_A_FOLDER = Options(side_files=True, facts=True)
_SCRIPTS = "https://raw.githubusercontent.com/contoso/images/main"
_EXPORTED = template(
    id="/subscriptions/22222222-2222-2222-2222-222222222222/resourceGroups/images/providers/Microsoft.VirtualMachineImages/web",
    tags={"team": "web", "environment": "production"},
    customize=[
        {"type": "Shell", "name": "setup", "scriptUri": f"{_SCRIPTS}/setup.sh", "sha256Checksum": "0" * 64},
        {"type": "Shell", "name": "inline", "inline": ["sudo apt-get update", "sudo apt-get -y install nginx"]},
        {"type": "File", "name": "file", "sourceUri": f"{_SCRIPTS}/app.conf", "destination": "/tmp/app.conf"},
    ],
    distribute=[{**GALLERY_TARGET, "targetRegions": [{"name": "westeurope"}, {"name": "northeurope"}]}],
    properties={
        "buildTimeoutInMinutes": 120,
        "provisioningState": "Succeeded",
        "vmProfile": {"vmSize": "Standard_D2s_v5", "osDiskSizeGB": 64},
    },
)


def work_of(value: Any) -> int:  # noqa: ANN401 - any JSON
    """What converting it takes, as it is counted."""
    return convert(json.dumps(value), options=AS_IN_A_FOLDER).work


def test_a_list_of_200_that_azure_exports_is_converted_whole() -> None:
    listed = json.dumps([_EXPORTED] * 200, indent=2).encode()

    assert 200 * work_of(_EXPORTED) + 2 * work_of_reading(listed) < most_work(listed)


_GROWING = {
    "steps": (300, lambda count: template(customize=[{"type": "Shell", "inline": ["true"]}] * count)),
    "scripts": (600, lambda count: template(customize=[{"type": "Shell", "scriptUri": f"{_SCRIPTS}/a.sh"}] * count)),
    "files on the disk": (
        900,
        lambda count: template(source=WINDOWS, customize=[{"type": "PowerShell", "inline": ["a", "b"]}] * count),
    ),
    "targets": (
        2_500,
        lambda count: template(
            distribute=[
                {"type": "SharedImage", "galleryImageId": f"{GALLERY}/images/i{one}", "runOutputName": f"o{one}"}
                for one in range(1, count + 1)
            ]
        ),
    ),
    "settings that are unknown": (400, lambda count: template(properties={f"x{one}": 1 for one in range(count)})),
    "characters": (0.4, lambda count: template(customize=[{"type": "Shell", "inline": ["x" * count]}])),
}


@pytest.mark.parametrize(("least", "made"), _GROWING.values(), ids=_GROWING)
def test_what_an_image_template_holds_counts(least: float, made: Any) -> None:  # noqa: ANN401 - any function
    few, many = (20, 60) if least > 1 else (1_000, 100_000)

    assert work_of(made(many)) - work_of(made(few)) >= least * (many - few)


def test_what_stands_beside_an_image_template_counts() -> None:
    schema = "https://schema.management.azure.com/schemas/2019-04-01/deploymentTemplate.json#"
    definition = {"type": "Microsoft.Compute/galleries/images", "apiVersion": "2023-07-03", "name": "contoso/web"}
    alone = {"$schema": schema, "resources": [template()]}
    beside = {"$schema": schema, "resources": [template(), *[definition] * 100]}

    assert work_of(beside) - work_of(alone) > 300 * 100


def test_deployment_templates_in_a_list_count_for_each_image_template_that_is_found() -> None:
    one = {"$schema": "https://schema.management.azure.com/schemas/2019-04-01/deploymentTemplate.json#", "resources": []}
    image = {**one, "resources": [template()]}

    assert work_of([image, *[one] * 100]) - work_of(image) >= 150 * 100


def test_a_conversion_that_may_take_less_than_it_needs_ends_in_an_error() -> None:
    needed = convert(json.dumps(_EXPORTED), options=Options()).work

    made = convert(json.dumps(_EXPORTED), options=replace(Options(), most_work=needed // 3))

    assert made.hcl is None
    assert [one.code for one in made.findings] == [codes.TOO_MANY_SETTINGS]
    assert made.work > needed // 3
    assert convert(json.dumps(_EXPORTED), options=replace(Options(), most_work=needed)).hcl is not None


def test_an_evaluation_that_may_take_less_than_it_needs_ends_there() -> None:
    loop = {"name": "c", "count": 5_000, "input": "[concat('a', string(copyIndex('c')))]"}
    document = {
        "$schema": "https://schema.management.azure.com/schemas/2019-04-01/deploymentTemplate.json#",
        "variables": {"copy": [{**loop, "count": 800}]},
        "resources": [template(customize=[{"type": "Shell", "inline": "[variables('c')]"}])],
    }
    most = 40_000

    made = convert(json.dumps(document), options=replace(Options(), most_work=most))

    assert made.hcl is None
    assert most < made.work < 2 * most


def test_a_build_for_several_environments_counts_for_each_and_for_all() -> None:
    document = {
        "$schema": "https://schema.management.azure.com/schemas/2019-04-01/deploymentTemplate.json#",
        "parameters": {"line": {"type": "string"}},
        "resources": [template(customize=[{"type": "Shell", "inline": ["[parameters('line')]"]}])],
    }
    values = {name: SourceText(name, json.dumps({"parameters": {"line": {"value": name}}})) for name in ("dev", "prod")}

    made = convert_for(json.dumps(document).encode(), "web.json", AS_IN_A_FOLDER, values)

    assert list(made) == [""]
    assert made[""].work > 2.5 * work_of(document)
