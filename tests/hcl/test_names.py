"""Names made from names."""

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from aib2packer.hcl.names import identifier, snake_case


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        ("rgName", "rg_name"),
        ("RG-Name", "rg_name"),
        ("rg name", "rg_name"),
        ("RG_NAME", "rg_name"),
        ("subscriptionID", "subscription_id"),
        ("imgBuilderId", "img_builder_id"),
        ("HTTPServer", "http_server"),
        ("region1", "region1"),
        ("region 1", "region_1"),
        ("sig2022Name", "sig2022_name"),
        ("a.b.c", "a_b_c"),
        ("", ""),
        ("\u00e9", ""),
    ],
)
def test_names_of_all_styles_become_snake_case(name: str, expected: str) -> None:
    assert snake_case(name) == expected


@given(st.text())
def test_snake_case_is_what_it_makes_of_itself(name: str) -> None:
    once = snake_case(name)

    assert snake_case(once) == once
    assert re.fullmatch(r"[a-z0-9_]*", once)


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        ("web", "web"),
        ("Web-Base.2", "web_base_2"),
        ("2nd.disk", "image_2nd_disk"),
        ("-web-", "web"),
        ("\u00e9", "image"),
        ("", "image"),
        ("_x", "x"),
    ],
)
def test_a_name_becomes_an_identifier_that_packer_can_refer_to(name: str, expected: str) -> None:
    assert identifier(name, "image") == expected


@given(st.text())
def test_every_identifier_is_one(name: str) -> None:
    assert re.fullmatch(r"[a-z][a-z0-9_]*", identifier(name, "image"))
