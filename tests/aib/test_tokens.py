"""Placeholders of samples, and what only looks like one."""

import re

import pytest

from aib2packer import Options
from tests.cases.templates import GALLERY_TARGET, codes_of, hcl_of, template


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        ("<token>", "var.token"),
        ("< token >", "var.token"),
        ("a-<token>-b", '"a-${var.token}-b"'),
        ("<a><b>", '"${var.a}${var.b}"'),
        ("<a b.c-d>", "var.a_b_c_d"),
        ("${x}", '"$${x}"'),
        ("100%", '"100%"'),
    ],
)
def test_a_token_in_a_tag_is_a_variable(value: str, expected: str) -> None:
    assert f"    tag = {expected}\n" in hcl_of(template(tags={"tag": value}))


@pytest.mark.parametrize("value", ["<token", "token>", "a < b", "<1>", "<>", "\u201ctoken\u201d", "<a<b>>"])
def test_half_a_token_in_a_name_is_not_filled_in(value: str) -> None:
    assert "AIB2P101" in codes_of(template(location=value))


@pytest.mark.parametrize(
    "command", ["cat < in > out", "echo <token>", "echo {token}", "echo \u201cx\u201d", "[ -f x ]", "[concat]"]
)
def test_commands_are_left_alone(command: str) -> None:
    hcl = hcl_of(template(customize=[{"type": "Shell", "inline": [command]}]))

    assert f'inline          = ["{command}"]' in hcl


def test_braces_are_tokens_within_ids_only() -> None:
    image = "/subscriptions/{subscription-id}/resourceGroups/{rg}/providers/Microsoft.Compute/galleries/g/images/{image name}"

    hcl = hcl_of(template(distribute=[{**GALLERY_TARGET, "galleryImageId": image}], tags={"tag": "{x}"}))

    assert "subscription   = var.subscription_id" in hcl
    assert "resource_group = var.rg\n" in hcl
    assert "image_name     = var.image_name\n" in hcl
    assert 'tag = "{x}"' in hcl


@pytest.mark.parametrize(
    "properties",
    [
        {"errorHandling": {"onCustomizerError": "<what>"}},
        {"optimize": {"vmBoot": {"state": "#{state}#"}}},
    ],
)
def test_a_token_where_no_text_belongs_is_read_as_unset_and_told(properties: dict[str, object]) -> None:
    assert codes_of(template(properties=properties)) == ["AIB2P217"]


def test_a_token_that_decides_what_is_built_is_not_filled_in() -> None:
    assert "AIB2P101" in codes_of(template(source={"type": "<type>"}))


@pytest.mark.parametrize("size", ["<size>", "#{size}#", "${size}", "$(size)", "{{ size }}", "[[size]]", "%size%", "__size__"])
def test_a_token_of_any_tool_is_a_variable_as_a_whole(size: str) -> None:
    hcl = hcl_of(template(properties={"vmProfile": {"vmSize": size, "osDiskSizeGB": size}}))

    assert "  vm_size                      = var.size\n" in hcl
    assert "  os_disk_size_gb              = var.size\n" in hcl


def test_a_value_fills_in_the_tokens_of_its_name_however_they_are_spelt() -> None:
    options = Options(settings=("resourceGroup=images", "SIZE=Standard_D4s_v5"), subscription_id="1-2-3")
    image = "/subscriptions/<subscription ID>/resourceGroups/{resource_group}/providers/Microsoft.Compute/images/web"
    target = {"type": "ManagedImage", "imageId": image, "location": "westeurope", "runOutputName": "web"}

    hcl = hcl_of(template(distribute=[target], properties={"vmProfile": {"vmSize": "#{size}#"}}), options)

    assert 'managed_image_resource_group_name = "images"' in hcl
    assert re.search(r'vm_size += "Standard_D4s_v5"', hcl)
    assert '"1-2-3"' in hcl


def test_a_list_fills_in_a_token_as_a_whole() -> None:
    options = Options(settings=('regions=["northeurope", "westeurope"]',))

    hcl = hcl_of(template(distribute=[{**GALLERY_TARGET, "replicationRegions": "<regions>"}]), options)

    assert 'name = "northeurope"' in hcl


def test_a_value_that_fits_nothing_is_told() -> None:
    assert codes_of(template(), Options(settings=("size=1",))) == ["AIB2P421"]


def test_dollars_with_braces_in_commands_are_the_shells_unless_the_template_has_such_tokens() -> None:
    step = {"type": "Shell", "inline": ["echo ${greeting} $${HOME}"]}

    assert codes_of(template(customize=[step])) == []
    assert "AIB2P101" in codes_of(template(customize=[step], location="${location}"))
    filled = Options(settings=("greeting=hello", "location=westeurope"))
    assert "echo hello $${HOME}" in hcl_of(template(customize=[step], location="${location}"), filled)


def test_a_value_that_holds_brackets_but_no_call_is_no_expression_in_a_bare_resource() -> None:
    assert codes_of(template(tags={"tag": "[x]"})) == []
    assert codes_of(template(tags={"tag": "[parameters('x')]"})) != []
