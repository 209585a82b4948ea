"""Which variables of a deployment template become locals, and what they are called."""

import re
from collections.abc import Mapping
from typing import Any

import pytest

from aib2packer import Options
from aib2packer.options import Origin
from tests.cases.templates import GALLERY, GALLERY_TARGET, hcl_of, template

Json = Any

SIZES = {"small": "Standard_D2s_v5", "large": "Standard_D8s_v5"}
SIGNED_URL = "https://contoso.blob.core.windows.net/x?sv=2020&sig=c2VjcmV0c2VjcmV0c2VjcmV0c2VjcmV0"


def deployment(variables: Mapping[str, Json], tags: Mapping[str, str], **parameters: Json) -> dict[str, Json]:
    """Make a deployment template whose parameters a, b and s are text, s a secret."""
    declared = {"a": {"type": "string"}, "b": {"type": "string"}, "s": {"type": "securestring"}, **parameters}
    return {
        "$schema": "https://schema.management.azure.com/schemas/2019-04-01/deploymentTemplate.json#",
        "contentVersion": "1.0.0.0",
        "parameters": declared,
        "variables": variables,
        "resources": [template(tags={name: f"[{expression}]" for name, expression in tags.items()})],
    }


def locals_of(hcl: str) -> dict[str, str]:
    """The locals of one line."""
    found = re.search(r"^locals \{\n(.*?)^\}", hcl, re.MULTILINE | re.DOTALL)
    return dict(re.findall(r"^  (\w+) += (.*)$", found[1], re.MULTILINE)) if found else {}


def tags_of(hcl: str) -> dict[str, str]:
    """The tags, as they are written."""
    found = re.search(r"^  azure_tags = \{\n(.*?)^  \}", hcl, re.MULTILINE | re.DOTALL)
    assert found
    return dict(re.findall(r"^    (\w+) += (.*)$", found[1], re.MULTILINE))


def test_what_is_short_and_used_once_stands_where_it_is_used() -> None:
    hcl = hcl_of(deployment({"name": "[concat('img-', parameters('a'))]"}, {"t": "variables('name')"}))

    assert tags_of(hcl)["t"] == '"img-${var.a}"'
    assert "name" not in locals_of(hcl)


def test_what_stands_in_several_places_is_a_local_also_within_longer_text() -> None:
    tags = {"t": "variables('imageName')", "u": "concat('x-', variables('imageName'), '-', parameters('b'))"}
    hcl = hcl_of(deployment({"imageName": "[concat('img-', parameters('a'))]"}, tags))

    assert locals_of(hcl)["image_name"] == '"img-${var.a}"'
    assert tags_of(hcl) == {"t": "local.image_name", "u": '"x-${local.image_name}-${var.b}"'}


def test_what_is_long_is_a_local_also_when_used_once() -> None:
    replaced = "replace(parameters('b'), '_', ' ')"
    long = f"[concat(toUpper(parameters('a')), ' makes many images, ', {replaced}, ' of ', parameters('a'))]"
    hcl = hcl_of(deployment({"purpose": long}, {"t": "variables('purpose')"}))

    assert tags_of(hcl)["t"] == "local.purpose"
    assert locals_of(hcl)["purpose"] == '"${upper(var.a)} makes many images, ${replace(var.b, "_", " ")} of ${var.a}"'


def test_locals_are_made_of_locals() -> None:
    variables = {
        "prefix": "[concat('img-', parameters('a'))]",
        "name": "[concat(variables('prefix'), '-', toLower(parameters('b')))]",
    }
    tags = {"t": "variables('name')", "u": "variables('name')", "v": "variables('prefix')"}
    hcl = hcl_of(deployment(variables, tags))

    assert locals_of(hcl)["prefix"] == '"img-${var.a}"'
    assert locals_of(hcl)["name"] == '"${local.prefix}-${lower(var.b)}"'


@pytest.mark.parametrize(
    ("variables", "expression", "printed"),
    [
        ({"vmSizes": SIZES}, "variables('vmSizes')[parameters('a')]", "local.vm_sizes[var.a]"),
        ({"vm": {"sizes": SIZES}}, "variables('vm').sizes[parameters('a')]", "local.vm_sizes[var.a]"),
        ({"vm": {"x": {"size": "y"}}}, "variables('vm')[parameters('a')].size", "local.vm[var.a].size"),
        ({"vm": SIZES}, "tryGet(variables('vm'), parameters('a'))", "try(local.vm[var.a], null)"),
    ],
)
def test_a_table_is_a_local_of_its_own_name_with_the_look_up_beside_it(
    variables: Mapping[str, Json], expression: str, printed: str
) -> None:
    assert tags_of(hcl_of(deployment(variables, {"t": expression})))["t"] == printed


def test_a_table_that_is_a_parameter_has_its_name() -> None:
    hcl = hcl_of(deployment({}, {"t": "parameters('sizes')[parameters('a')]"}, sizes={"type": "object", "defaultValue": SIZES}))

    assert tags_of(hcl)["t"] == "var.sizes[var.a]"


def test_a_local_that_holds_a_secret_says_so() -> None:
    hcl = hcl_of(deployment({"login": "[base64(parameters('s'))]"}, {"t": "variables('login')", "u": "variables('login')"}))

    assert 'local "login" {\n  sensitive  = true\n  expression = base64encode(var.s)\n}' in hcl
    assert "login" not in locals_of(hcl)


def test_names_that_are_taken_get_a_number_in_the_order_of_declaration_and_those_of_the_build_a_word_before() -> None:
    variables = {name: f"[concat(parameters('a'), '{name}')]" for name in ("asRoot", "now", "one-two", "oneTwo")}
    tags = {f"{letter}{at}": f"variables('{name}')" for letter in "tu" for at, name in enumerate(variables)}
    names = locals_of(hcl_of(deployment(variables, tags)))

    assert {name: names[name] for name in ("template_as_root", "template_now", "one_two", "one_two_2")} == {
        "template_as_root": '"${var.a}asRoot"',
        "template_now": '"${var.a}now"',
        "one_two": '"${var.a}one-two"',
        "one_two_2": '"${var.a}oneTwo"',
    }


@pytest.mark.parametrize(
    "expression",
    [
        f"if(equals(parameters('a'), 'x'), '{SIGNED_URL}', 'y')",
        "variables('t')[parameters('a')]",
        f"concat(toLower('{SIGNED_URL}'), parameters('a'))",
    ],
)
def test_a_secret_within_an_expression_is_a_sensitive_variable(expression: str) -> None:
    hcl = hcl_of(deployment({"t": {"x": SIGNED_URL}}, {"t": expression}))

    assert "c2VjcmV0" not in hcl
    assert "${var.contoso_sas_token}" in hcl


def test_in_a_folder_of_its_own_a_build_declares_each_local_once() -> None:
    image = f"{GALLERY.partition('/providers')[0]}/providers/Microsoft.Compute/images/web"
    copy = {"type": "ManagedImage", "imageId": image, "location": "northeurope", "runOutputName": "copy"}
    target = {**GALLERY_TARGET, "galleryImageId": f"{GALLERY}/images/web", "targetRegions": [{"name": "westeurope"}]}

    hcl = hcl_of(template(distribute=[target, copy]), Options(side_files=True, origin=Origin("web.json", "", "1")))

    names = re.findall(r"^  (\w+) += ", hcl.partition("locals {")[2].partition("\n}\n")[0], re.MULTILINE)
    assert len(names) == len(set(names))


_OURS = (
    *("asRoot", "buildTime", "downloads", "hasSubnet", "imageVersion", "imageVersionOfTarget_1", "managedImageName"),
    *("managedImageNameOfTarget_2", "now", "snapshotName", "temporaryGroupName", "temporaryImageName", "timeVersion"),
)


@pytest.mark.parametrize("name", _OURS)
@pytest.mark.parametrize("kind", ["variable", "parameter"])
def test_what_is_called_as_a_local_of_the_build_gets_another_name(name: str, kind: str) -> None:
    value = "[concat(parameters('a'), '-x')]"
    tags = {"t": f"{kind}s('{name}')", "u": f"{kind}s('{name}')"}
    declared = {name: {"type": "string", "defaultValue": value}} if kind == "parameter" else {}
    document = deployment({name: value} if kind == "variable" else {}, tags, **declared)
    image = "/subscriptions/s/resourceGroups/g/providers/Microsoft.Compute/images"
    for number, wanted in enumerate((f"[concat('{image}/', {kind}s('{name}'))]", f"{image}/other", f"{image}/third")):
        target = {"type": "ManagedImage", "imageId": wanted, "location": "westeurope", "runOutputName": f"o{number}"}
        document["resources"][0]["properties"]["distribute"].append(target)

    hcl = hcl_of(document)

    declarations = re.findall(
        r"^  (\w+) += ", "".join(re.findall(r"^locals \{\n(.*?)^\}", hcl, re.MULTILINE | re.DOTALL)), re.MULTILINE
    )
    variables = re.findall(r'^variable "(\w+)"', hcl, re.MULTILINE)
    assert len(declarations) == len(set(declarations))
    assert len(variables) == len(set(variables))
    assert tags_of(hcl)["t"].startswith(("local.template_", "var.template_", '"${var.a}-x"'))
