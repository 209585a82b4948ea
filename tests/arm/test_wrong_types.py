"""Expressions that come to another type than their place takes."""

from typing import Any

import pytest

from aib2packer.findings import codes
from tests.arm.test_deployment import deployment
from tests.cases.templates import GALLERY_TARGET, codes_of, convert_json, template

Json = Any

SHELL = {"type": "Shell", "inline": ["true"]}


def test_properties_that_are_a_parameter_without_a_value_are_an_error_that_names_it() -> None:
    image = {**template(), "properties": "[parameters('all')]"}

    (finding,) = convert_json(deployment(image, parameters={"all": {"type": "object"}})).findings

    assert finding.code is codes.SHAPE
    assert "the parameter all (properties)" in finding.message


@pytest.mark.parametrize("image", ["/images/<name>", "images/<name>", "/subscriptions/<id>", "galleries/web/images/<name>"])
def test_the_end_of_an_id_without_its_beginning_is_none(image: str) -> None:
    assert "AIB2P105" in codes_of(template(customize=[SHELL], distribute=[{**GALLERY_TARGET, "galleryImageId": image}]))


@pytest.mark.parametrize("default", [{"a": 1}, ["b"], {}])
@pytest.mark.parametrize("place", ["region", "tag", "id", "timeout"])
def test_an_object_where_a_text_belongs_is_no_traceback(place: str, default: Json) -> None:
    used = "[parameters('all')]"
    kind = "array" if isinstance(default, list) else "object"
    target = (
        {**GALLERY_TARGET, "targetRegions": [{"name": used}, {"name": "westeurope"}]} if place == "region" else GALLERY_TARGET
    )
    image = template(
        customize=[SHELL],
        distribute=[{**target, "galleryImageId": used} if place == "id" else target],
        tags={"a": used, "b": used} if place == "tag" else {},
        properties={"buildTimeoutInMinutes": used} if place == "timeout" else {},
    )
    whole = deployment(image, parameters={"all": {"type": kind, "defaultValue": default}})
    folded = deployment(image, parameters={"all": {"type": "string", "defaultValue": default}})

    assert codes_of(whole) or convert_json(whole).hcl
    assert codes_of(folded) or convert_json(folded).hcl


@pytest.mark.parametrize("group", ["[createArray(parameters('name'))]", "[createObject('a', parameters('name'))]"])
@pytest.mark.parametrize("scope", ["inner", "outer"])
def test_a_resource_group_that_is_no_text_is_no_traceback(group: str, scope: str) -> None:
    image = template(tags={"id": "[resourceId('A.B/c', 'd')]", "other": f"[resourceId({group[1:-1]}, 'A.B/c', 'd')]"})
    nested = {
        "type": "Microsoft.Resources/deployments",
        "apiVersion": "2021-04-01",
        "name": "images",
        "resourceGroup": group,
        "properties": {"expressionEvaluationOptions": {"scope": scope}, "template": {"resources": [image], "parameters": {}}},
    }

    assert "AIB2P100" in codes_of(deployment(nested, parameters={"name": {"type": "string"}}))
