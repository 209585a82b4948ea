"""The types of variables that stand for parameters without a value: what is taken of them tells."""

import json
import re
from typing import Any

import pytest

from aib2packer import convert
from tests.cases.templates import GALLERY, template
from tests.terraform.test_configuration import configuration

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


_UNTYPED = '\nvariable "u" {}\nvariable "s" { type = string }\nvariable "b" { type = bool }\n'


@pytest.mark.parametrize(
    ("expression", "type_"),
    [
        *(
            (f'join(",", {of_list})', "list(string)")
            for of_list in (
                *("var.u", "sort(var.u)", "distinct(var.u)", "toset(var.u)", 'setunion(var.u, ["x"])', "reverse(var.u)"),
                *('concat(var.u, ["z"])', 'formatlist("-p %s", var.u)', "tolist(var.u)", 'flatten([var.u, ["z"]])'),
                *("chunklist(var.u, 2)[0]", 'setproduct(var.u, ["a"])[0]', "slice(var.u, 0, 1)", 'var.b ? var.u : ["q"]'),
                *("[for x in sort(var.u) : upper(x)]", 'coalescelist(var.u, ["a"])', "compact(var.u)"),
            )
        ),
        *(
            (of_list, "list(string)")
            for of_list in ('index(var.u, "x")', 'contains(var.u, "x")', "one(var.u)", "element(var.u, 1)")
        ),
        ('var.u != [] ? "a" : "b"', "list(string)"),
        ('join(",", flatten(var.u))', "list(list(string))"),
        ("element(var.u, 1).name", "list(object({ name = string }))"),
        ('contains(var.u.tags, "x") ? "a" : "b"', "object({ tags = list(string) })"),
        ('lookup(var.u, "k", "d")', "map(string)"),
        ("var.u[var.s]", "map(string)"),
        ('var.u[var.b ? "k" : "j"]', "map(string)"),
        ('(var.b ? var.u : { k = "v" })["k"]', "map(string)"),
        ("sum(var.u)", "list(number)"),
        ("var.u + 1", "number"),
        ("upper(var.u)", "string"),
        ('var.b ? var.u : "x"', "string"),
    ],
)
def test_what_terraform_takes_of_a_variable_without_a_type(expression: str, type_: str) -> None:
    conversion = convert(configuration(inline=f'["echo ${{{expression}}}"]', more=_UNTYPED), file="main.tf")

    assert conversion.hcl is not None, conversion.findings
    assert re.search(r'^variable "u" \{\n  type += (.*)$', conversion.hcl, re.MULTILINE).group(1) == type_  # type: ignore[union-attr]
