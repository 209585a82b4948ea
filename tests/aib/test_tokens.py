"""Placeholders of samples, and what only looks like one."""

import pytest

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
        {"buildTimeoutInMinutes": "<minutes>"},
        {"vmProfile": {"osDiskSizeGB": "<size>"}},
        {"autoRun": {"state": "<state>"}},
        {"errorHandling": {"onCustomizerError": "<what>"}},
    ],
)
def test_a_token_where_the_converter_must_know_the_value_is_not_filled_in(properties: dict[str, object]) -> None:
    assert "AIB2P101" in codes_of(template(properties=properties))


def test_a_value_that_holds_brackets_but_no_call_is_no_expression_in_a_bare_resource() -> None:
    assert codes_of(template(tags={"tag": "[x]"})) == []
    assert codes_of(template(tags={"tag": "[parameters('x')]"})) != []
