"""Values that are made up for a build, so that Packer can judge it."""

import re
from typing import Any

import pytest

from aib2packer.aib.ids import GALLERY_VERSION, IDENTITY, IMAGE_TEMPLATE, MANAGED_IMAGE, SUBNET
from aib2packer.packer.variables.declared import id_pattern
from aib2packer.verify.values import made_up_values, parts_of_ids
from tests.cases.templates import GALLERY_TARGET, hcl_of, template

_DEFINITION = "/subscriptions/[^/]+/resourceGroups/[^/]+/providers/Microsoft.Compute/galleries/[^/]+/images/[^/]+"


@pytest.mark.parametrize(
    "id_",
    [
        "[concat(parameters('a'), parameters('b'))]",
        "[concat(parameters('a'), '/images/', parameters('b'))]",
    ],
)
def test_what_an_id_is_put_together_of_makes_an_id(id_: str) -> None:
    parameters = {name: {"type": "string"} for name in ("a", "b")}
    body = template(distribute=[{**GALLERY_TARGET, "galleryImageId": id_}])
    document: Any = {"$schema": "deploymentTemplate.json", "parameters": parameters, "resources": [body]}

    values = made_up_values(hcl_of(document))

    plain = re.sub(r"parameters\('(\w)'\)", lambda found: str(values.get(found[1], "")), id_.strip("[]"))
    assert re.fullmatch(_DEFINITION, re.sub(r"concat|[()', ]", "", plain))


def test_an_id_that_may_have_a_version_gets_one() -> None:
    body = template(distribute=[{**GALLERY_TARGET, "galleryImageId": "[parameters('a')]"}])
    document: Any = {"$schema": "deploymentTemplate.json", "parameters": {"a": {"type": "string"}}, "resources": [body]}

    assert re.fullmatch(f"{_DEFINITION}/versions/1.0.0", parts_of_ids(hcl_of(document))["a"])


def test_what_is_looked_up_in_a_table_is_a_key_of_it_and_what_becomes_a_number_is_one() -> None:
    build = template(
        properties={"vmProfile": {"vmSize": "[variables('sizes')['#{env}#']]", "osDiskSizeGB": "[int('#{disk}#')]"}}
    )
    sizes = {"prod": "Standard_D8s_v3", "dev": "Standard_D2s_v3"}
    document: Any = {"$schema": "deploymentTemplate.json", "variables": {"sizes": sizes}, "resources": [build]}

    assert made_up_values(hcl_of(document)) == {"env": "prod", "disk": "127"}


def test_a_subnet_that_may_be_empty_is_made_up_in_full() -> None:
    body = template(properties={"vmProfile": {"vnetConfig": {"subnetId": "[parameters('a')]"}}})
    parameters = {"a": {"type": "string", "nullable": True}}
    document: Any = {"$schema": "deploymentTemplate.json", "parameters": parameters, "resources": [body]}

    assert "(?:" not in parts_of_ids(hcl_of(document))["a"]


@pytest.mark.parametrize("may_be_empty", [False, True])
@pytest.mark.parametrize("shape", [GALLERY_VERSION, MANAGED_IMAGE, SUBNET, IDENTITY, IMAGE_TEMPLATE])
def test_a_rule_of_ours_about_an_id_or_what_it_begins_with_has_an_id_that_it_takes(
    shape: tuple[str, ...], *, may_be_empty: bool
) -> None:
    for end in range(2, len(shape) + 1):
        rule = id_pattern(shape[:end], may_be_empty=may_be_empty)
        made = parts_of_ids(f'variable "a" {{\n  validation {{\n    condition = can(regex("{rule}", var.a))\n  }}\n}}\n')

        assert re.fullmatch(rule, made["a"])
        assert made["a"].count("/") > end
