"""No image template goes missing without a word: one that is not deployed, of a type that is none, or behind a link."""

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from aib2packer import Conversion, Options, Severity, convert
from aib2packer.findings import codes
from tests.arm.test_deployment import deployment
from tests.cases.templates import template
from tests.estate.runs import convert as convert_folder
from tests.estate.runs import image, lay
from tests.security.test_files import linking

Json = Any


def nested(**more: Json) -> dict[str, Json]:
    """A nested deployment with an image template in it."""
    properties = {"mode": "Incremental", "template": deployment(template(name="deep"))}
    kind = "Microsoft.Resources/deployments"
    return {"type": kind, "apiVersion": "2022-09-01", "name": "inner", "properties": properties, **more}


def converted(resource: Json, *settings: str, **parameters: Json) -> Conversion:
    return convert(json.dumps(deployment(resource, parameters=parameters)), options=Options(settings=settings))


def told(conversion: Conversion, code: object) -> list[tuple[str, str]]:
    return [(finding.message, finding.help) for finding in conversion.findings if finding.code is code]


@pytest.mark.parametrize("count", [0, "[length(parameters('images'))]"])
@pytest.mark.parametrize("make", [template, nested])
def test_an_image_template_that_is_made_no_times_is_told(count: Json, make: Callable[..., Json]) -> None:
    images = {"type": "array", "defaultValue": []}

    conversion = converted(make(copy={"name": "c", "count": count}), images=images)

    ((message, help_text),) = told(conversion, codes.LEFT_OUT)
    assert "made 0 times" in message
    assert ("--set images=…" in help_text) == (count != 0)
    assert conversion.settings


@pytest.mark.parametrize("condition", ["false", "[string(bool('false'))]", 0, [], {}])
def test_a_condition_that_is_no_boolean_is_an_error(condition: Json) -> None:
    assert told(converted(template(condition=condition)), codes.WRONG_TYPE)


@pytest.mark.parametrize(
    "kind", ["Microsoft.VirtualMachineImages/imageTemplate", "Microsoft.VirtualMachineImage/imageTemplates", "", 5]
)
def test_an_image_template_of_another_type_is_converted_and_told(kind: Json) -> None:
    beside = template(name="right")
    both = {"$schema": deployment({})["$schema"], "resources": [beside, template(name="other", type=kind)]}

    alone, in_both = converted(template(type=kind)), convert(json.dumps(both), options=Options(name="other"))

    for conversion in (alone, in_both, convert(json.dumps(template(type=kind)))):
        assert conversion.hcl is not None
        assert told(conversion, codes.WRONG_RESOURCE)


@pytest.mark.parametrize("path", ["../outside.json", "none.json", "out.json"])
def test_a_link_that_is_not_followed_is_told_in_a_folder_too(
    path: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    lay("in", linked=linking(path), good=image("good"))
    Path("outside.json").write_text(json.dumps(template(name="outside")))
    Path("in/out.json").symlink_to("../outside.json")

    _, said = convert_folder("in", "-o", "out", "-v")

    assert "in/linked.json" in said
    assert "AIB2P422" in said
    assert "left out" in said


SHOWN = {"ResourceId": "/subscriptions/x", "ResourceType": "Microsoft.VirtualMachineImages/imageTemplates", "Name": "web"}
PROPERTIES = template()["properties"]


@pytest.mark.parametrize(
    "document",
    [
        SHOWN | {"Properties": PROPERTIES | {"customize": [{"type": "Shell", "inline": "id date"}]}},
        SHOWN | {"Properties": PROPERTIES | {"distribute": [{"type": "SharedImage", "replicationRegions": "westus2 eastus"}]}},
        [SHOWN | {"Properties": PROPERTIES | {"customize": ["@{type=Shell}"]}}],
        SHOWN | {"Properties": "@{source=; customize=System.Object[]}"},
        ["@{Name=web; Properties=}"],
        {"$schema": deployment({})["$schema"], "resources": "@{type=Microsoft.VirtualMachineImages/imageTemplates}"},
        template(customize=[{"type": "Shell", "inline": "System.Object[]"}]),
        template(properties={"vmProfile": {"vnetConfig": "@{subnetId=/subscriptions/x}"}}),
    ],
)
def test_what_convertto_json_made_text_of_is_an_error_that_says_how_to_print_it(document: Json) -> None:
    conversion = convert(json.dumps(document))

    assert conversion.hcl is None
    assert any("-Depth 20" in one.help for one in conversion.findings)
    assert not told(conversion, codes.NO_IMAGE_TEMPLATE)


def test_a_command_may_look_like_what_convertto_json_makes() -> None:
    command = {"type": "Shell", "inline": ["@{a=1}", "System.Object[]"]}

    assert convert(json.dumps(template(customize=[command]))).hcl is not None


def test_a_condition_that_cannot_be_evaluated_is_an_error_of_its_image_template_alone() -> None:
    both = json.dumps(deployment(template(name="web"), template(name="db", condition="[nope()]")))

    assert convert(both, options=Options(name="web")).hcl is not None
    failed = convert(both, options=Options(name="db"))
    assert [one.message for one in failed.findings if one.severity is Severity.ERROR] == ["there is no function `nope`"]
    assert codes.LEFT_OUT not in [one.code for one in failed.findings]


def test_a_deployment_of_which_it_is_not_known_how_often_is_the_only_error() -> None:
    conversion = converted(nested(copy={"name": "c", "count": "[parameters('n')]"}), n={"type": "int"})

    assert [one.code for one in conversion.findings if one.severity is Severity.ERROR] == [codes.SHAPE]


def test_a_loop_over_a_text_is_no_question_of_a_value() -> None:
    (error,) = (one for one in converted(template(copy={"name": "c", "count": "2"})).findings if one.severity is Severity.ERROR)

    assert error.message == "how often `copy` repeats c is no whole number"


def test_an_image_template_whose_condition_is_not_known_is_named() -> None:
    image = template(name="[concat('w', copyIndex())]", copy={"name": "c", "count": 1}, condition="[parameters('on')]")

    ((message, _),) = told(converted(image, on={"type": "bool"}), codes.CONDITION)

    assert message.startswith("whether w0 is deployed")
