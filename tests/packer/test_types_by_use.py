"""The types of variables that stand for parameters without a value: what is taken of them tells."""

import json
import re
from typing import Any

import pytest

from aib2packer import convert
from tests.cases.templates import GALLERY, template

_PARAMETERS = {"list": {"type": "array"}, "map": {"type": "object"}, "env": {"type": "string"}, "flag": {"type": "bool"}}
_NAMED = "lambda('x', lambdaVariables('x').name)"


def variables(**settings: Any) -> dict[str, str]:  # noqa: ANN401 - of a template
    """The types of the variables of a template's build."""
    text = json.dumps({"$schema": "deploymentTemplate.json", "parameters": _PARAMETERS, "resources": [template(**settings)]})
    return dict(re.findall(r'^variable "(\w+)" \{\n  type += (.*)$', convert(text).hcl or "", re.MULTILINE))


@pytest.mark.parametrize(
    ("size", "name", "type_"),
    [
        ("parameters('map').size", "map", "map(string)"),
        ("parameters('map').vm.size", "map", "object({ vm = object({ size = string }) })"),
        ("parameters('map')[parameters('env')].size", "map", "map(object({ size = string }))"),
        ("parameters('list')[0].size", "list", "list(object({ size = string }))"),
        ("first(parameters('list'))", "list", "list(string)"),
        ("last(parameters('list')).size", "list", "list(object({ size = string }))"),
        (
            "if(parameters('flag'), parameters('map').a.size, parameters('map').b.size)",
            "map",
            "object({ a = object({ size = string }), b = object({ size = string }) })",
        ),
    ],
)
def test_what_a_size_is_taken_of(size: str, name: str, type_: str) -> None:
    assert variables(properties={"vmProfile": {"vmSize": f"[{size}]"}})[name] == type_


@pytest.mark.parametrize(
    ("regions", "name", "type_"),
    [
        ("parameters('map').regions", "map", "object({ regions = list(string) })"),
        ("union(parameters('list'), parameters('map').more)", "list", "list(string)"),
        ("union(parameters('list'), parameters('map').more)", "map", "object({ more = list(string) })"),
        (f"map(parameters('list'), {_NAMED})", "list", "list(object({ name = string }))"),
        (
            f"map(filter(parameters('list'), lambda('x', lambdaVariables('x').on)), {_NAMED})",
            "list",
            "list(object({ on = bool, name = string }))",
        ),
        (
            "map(items(parameters('map')), lambda('x', lambdaVariables('x').value.region))",
            "map",
            "map(object({ region = string }))",
        ),
    ],
)
def test_what_regions_are_taken_of(regions: str, name: str, type_: str) -> None:
    target = {
        "type": "SharedImage",
        "galleryImageId": f"{GALLERY}/images/image",
        "runOutputName": "image",
        "replicationRegions": f"[{regions}]",
    }

    assert variables(distribute=[target])[name] == type_
