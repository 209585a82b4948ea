"""How a gallery version is made: of a VM, of one with Trusted Launch, or of a managed image that goes again."""

from typing import Any

import pytest

from aib2packer import Options, OsType, SecurityType
from tests.cases.templates import GALLERY, GALLERY_TARGET, LINUX, codes_of, convert_json, hcl_of, template

Json = Any

GENERATION_1 = {"type": "PlatformImage", "publisher": "Canonical", "offer": "UbuntuServer", "sku": "18.04-LTS"}
ARM64 = {**LINUX, "sku": "22_04-lts-arm64"}
IMAGE = {
    "type": "ManagedImage",
    "imageId": f"{GALLERY.removesuffix('galleries/golden')}images/web",
    "location": "westeurope",
    "runOutputName": "web",
}
VHD = {"type": "VHD", "runOutputName": "disk"}
SUPPORTED = (SecurityType.TRUSTED_LAUNCH_SUPPORTED, SecurityType.CONFIDENTIAL_SUPPORTED, SecurityType.BOTH_SUPPORTED)


def build(security_type: SecurityType | None, **of_template: Json) -> str:
    """The HCL of a template for a definition of this type."""
    return hcl_of(template(**of_template), Options(security_type=security_type, os_type=OsType.LINUX))


@pytest.mark.parametrize("security_type", SUPPORTED)
def test_a_version_of_a_type_that_is_supported_comes_from_a_managed_image_in_the_group_of_the_build(
    security_type: SecurityType,
) -> None:
    hcl = build(security_type)

    assert "managed_image_name                = local.temporary_image_name" in hcl
    assert "managed_image_resource_group_name = local.temporary_group_name" in hcl
    assert "temp_resource_group_name     = local.temporary_group_name" in hcl
    assert "trusted_launch" not in hcl


def test_a_version_of_trusted_launch_comes_from_a_vm_that_has_it() -> None:
    hcl = build(SecurityType.TRUSTED_LAUNCH)

    assert 'security_type                = "TrustedLaunch"' in hcl
    assert "managed_image" not in hcl


@pytest.mark.parametrize("more", [{"distribute": [GALLERY_TARGET, IMAGE]}, {"distribute": [GALLERY_TARGET, VHD]}])
def test_trusted_launch_beside_a_managed_image_or_a_vhd_is_an_error_with_a_way_out(more: dict[str, Json]) -> None:
    conversion = convert_json(template(**more), Options(security_type=SecurityType.TRUSTED_LAUNCH))

    assert conversion.hcl is None
    (finding,) = [finding for finding in conversion.findings if finding.code.id == "AIB2P120"]
    assert "TrustedLaunchSupported" in finding.help


def test_a_confidential_definition_is_an_error_that_says_which_are_not() -> None:
    conversion = convert_json(template(), Options(security_type=SecurityType.CONFIDENTIAL))

    (finding,) = [finding for finding in conversion.findings if finding.code.id == "AIB2P120"]
    assert "TrustedLaunch, TrustedLaunchSupported, ConfidentialVMSupported" in finding.help


@pytest.mark.parametrize("source", [GENERATION_1, ARM64], ids=["generation 1", "arm64"])
def test_a_source_whose_definition_has_no_type_goes_straight(source: dict[str, Json]) -> None:
    hcl = build(None, source=source)

    assert "managed_image" not in hcl
    assert "definition_security_type" not in hcl


def test_a_definition_that_is_not_known_is_told_of_and_left_to_one_variable() -> None:
    hcl = build(None)

    assert "AIB2P439" in [finding.code.id for finding in convert_json(template()).findings]
    assert 'variable "definition_security_type"' in hcl
    assert "managed_image_name                = local.trusted_launch ? null : local.temporary_image_name" in hcl


def test_a_definition_that_is_not_known_beside_a_vhd_takes_a_managed_image() -> None:
    hcl = build(None, distribute=[GALLERY_TARGET, VHD])

    assert "managed_image_name                = local.temporary_image_name" in hcl
    assert "AIB2P303" in codes_of(template(distribute=[GALLERY_TARGET, VHD]))


def test_a_managed_image_that_is_asked_for_is_what_the_version_is_made_of() -> None:
    assert "temporary_image_name" not in build(None, distribute=[GALLERY_TARGET, IMAGE])


def test_in_a_resource_group_that_is_there_the_managed_image_is_deleted_by_the_azure_cli() -> None:
    group = "/subscriptions/11111111-1111-1111-1111-111111111111/resourceGroups/staging"

    hcl = build(None, properties={"stagingResourceGroup": group})

    assert "temp_resource_group_name     = var.build_resource_group_name == null ? local.temporary_group_name : null" in hcl
    assert "managed_image_resource_group_name = local.trusted_launch ? null : local.image_group_name" in hcl
    assert 'az image delete --ids "$IMAGE"' in hcl
