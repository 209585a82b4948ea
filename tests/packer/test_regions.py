"""The regions of a gallery image version."""

import re
from typing import Any

import pytest

from tests.cases.templates import GALLERY, GALLERY_TARGET, codes_of, hcl_of, template

SUBNET = (
    "/subscriptions/11111111-1111-1111-1111-111111111111/resourceGroups/network"
    "/providers/Microsoft.Network/virtualNetworks/hub/subnets/builds"
)
IN_SUBNET = {"vmProfile": {"vnetConfig": {"subnetId": SUBNET}}}
REGION = re.compile(r'target_region \{\n +name +=? ("[^"]*"|\S+)\n(?: +replicas += (\d+)\n)?')


def regions(target: dict[str, Any], location: str = "westeurope") -> list[tuple[str, str]]:
    """Name and replicas of each target region."""
    return REGION.findall(hcl_of(template(distribute=[{**GALLERY_TARGET, **target}], location=location)))


@pytest.mark.parametrize(
    ("given", "expected"),
    [
        (["westeurope"], ["westeurope"]),
        (["West Europe", "westeurope", "WESTEUROPE"], ["westeurope"]),
        (["North Europe"], ["northeurope"]),
        (["eastus", "westeurope", "East US"], ["eastus", "westeurope"]),
        ([], []),
    ],
)
def test_the_build_region_is_among_them_and_none_stands_twice(given: list[str], expected: list[str]) -> None:
    wanted = [(f'"{name}"', "") for name in expected]

    assert regions({"replicationRegions": given}) == wanted
    assert regions({"targetRegions": [{"name": name} for name in given]}) == wanted


def test_a_build_that_is_tied_to_another_region_adds_that_and_says_so() -> None:
    target = {**GALLERY_TARGET, "targetRegions": [{"name": "eastus"}]}

    assert codes_of(template(distribute=[target], properties=IN_SUBNET)) == ["AIB2P305"]
    assert codes_of(template(distribute=[target], location="East US", properties=IN_SUBNET)) == []


def test_a_build_that_nothing_ties_goes_where_its_versions_are_to_be() -> None:
    target = {**GALLERY_TARGET, "targetRegions": [{"name": "eastus"}, {"name": "northeurope"}]}
    north = [{"name": "northeurope"}]
    second = {**target, "galleryImageId": f"{GALLERY}/images/second", "runOutputName": "b", "targetRegions": north}

    hcl = hcl_of(template(distribute=[target, second]))

    assert re.search(r'^  location += "northeurope"$', hcl, re.MULTILINE)
    assert "westeurope" not in hcl
    assert "AIB2P311" in codes_of(template(distribute=[target, second]))


def test_a_build_whose_versions_have_no_region_in_common_goes_where_the_most_are_to_be() -> None:
    places = ["northeurope", "eastus", "eastus"]
    targets = [
        {
            **GALLERY_TARGET,
            "galleryImageId": f"{GALLERY}/images/i{at}",
            "runOutputName": f"o{at}",
            "targetRegions": [{"name": name}],
        }
        for at, name in enumerate(places)
    ]

    hcl = hcl_of(template(distribute=targets))

    assert re.search(r'^  location += "eastus"$', hcl, re.MULTILINE)
    assert "westeurope" not in hcl
    assert codes_of(template(distribute=targets)).count("AIB2P305") == 1  # that of northeurope


def test_a_build_goes_to_no_other_cloud() -> None:
    value = template(location="usgovvirginia", distribute=[{**GALLERY_TARGET, "targetRegions": [{"name": "westeurope"}]}])

    assert re.search(r'^  location += "usgovvirginia"$', hcl_of(value), re.MULTILINE)
    assert {"AIB2P305", "AIB2P449"} <= set(codes_of(value))


def test_replicas_belong_to_their_region() -> None:
    target = {"targetRegions": [{"name": "eastus", "replicaCount": 3}, {"name": "westeurope", "replicaCount": 0}]}

    assert regions(target) == [('"eastus"', "3"), ('"westeurope"', "")]


def test_regions_that_are_known_later_are_made_distinct_later() -> None:
    target = {**GALLERY_TARGET, "replicationRegions": ["<region>", "westeurope"]}

    for_each = 'distinct([for region in [var.region, "westeurope"] : lower(replace(region, " ", ""))])'
    assert f"for_each = {for_each}" in hcl_of(template(distribute=[target], location="<region>"))


def test_one_region_that_is_known_later_needs_no_list() -> None:
    assert regions({"replicationRegions": ["<region>"]}, "<region>") == [("var.region", "")]
