"""The regions of a gallery image version."""

import re
from typing import Any

import pytest

from tests.cases.templates import GALLERY_TARGET, codes_of, hcl_of, template

REGION = re.compile(r'target_region \{\n +name +=? ("[^"]*"|\S+)\n(?: +replicas += (\d+)\n)?')


def regions(target: dict[str, Any], location: str = "westeurope") -> list[tuple[str, str]]:
    """Name and replicas of each target region."""
    return REGION.findall(hcl_of(template(distribute=[{**GALLERY_TARGET, **target}], location=location)))


@pytest.mark.parametrize(
    ("given", "expected"),
    [
        (["westeurope"], ["westeurope"]),
        (["West Europe", "westeurope", "WESTEUROPE"], ["westeurope"]),
        (["North Europe"], ["westeurope", "northeurope"]),
        (["eastus", "westeurope", "East US"], ["eastus", "westeurope"]),
        ([], []),
    ],
)
def test_the_build_region_is_among_them_and_none_stands_twice(given: list[str], expected: list[str]) -> None:
    wanted = [(f'"{name}"', "") for name in expected]

    assert regions({"replicationRegions": given}) == wanted
    assert regions({"targetRegions": [{"name": name} for name in given]}) == wanted


def test_a_region_that_is_added_is_reported() -> None:
    target = {**GALLERY_TARGET, "targetRegions": [{"name": "eastus"}]}

    assert codes_of(template(distribute=[target])) == ["AIB2P305"]
    assert codes_of(template(distribute=[target], location="East US")) == []


def test_replicas_belong_to_their_region() -> None:
    target = {"targetRegions": [{"name": "eastus", "replicaCount": 3}, {"name": "westeurope", "replicaCount": 0}]}

    assert regions(target) == [('"eastus"', "3"), ('"westeurope"', "")]


def test_regions_that_are_known_later_are_made_distinct_later() -> None:
    target = {**GALLERY_TARGET, "replicationRegions": ["<region>", "westeurope"]}

    for_each = 'distinct([for region in [var.region, "westeurope"] : lower(replace(region, " ", ""))])'
    assert f"for_each = {for_each}" in hcl_of(template(distribute=[target], location="<region>"))


def test_one_region_that_is_known_later_needs_no_list() -> None:
    assert regions({"replicationRegions": ["<region>"]}, "<region>") == [("var.region", "")]
