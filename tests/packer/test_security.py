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
MANAGED_IMAGE = {"type": "ManagedImage", "imageId": IMAGE["imageId"].replace("web", "base")}
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


def test_a_source_whose_definition_has_no_type_goes_straight() -> None:
    hcl = build(None, source=GENERATION_1)

    assert "managed_image" not in hcl
    assert "definition_security_type" not in hcl


def test_a_definition_for_arm64_has_a_type_too() -> None:
    assert 'variable "definition_security_type"' in build(None, source=ARM64)


def test_a_definition_that_is_not_known_is_told_of_and_left_to_one_variable() -> None:
    hcl = build(None)

    assert "AIB2P439" in [finding.code.id for finding in convert_json(template()).findings]
    assert 'variable "definition_security_type"' in hcl
    assert "managed_image_name                = local.trusted_launch ? null : local.temporary_image_name" in hcl


def test_a_definition_that_is_not_known_beside_a_vhd_takes_a_managed_image() -> None:
    hcl = build(None, distribute=[GALLERY_TARGET, VHD])

    assert "managed_image_name                = local.temporary_image_name" in hcl
    assert "AIB2P303" in codes_of(template(distribute=[GALLERY_TARGET, VHD]))


@pytest.mark.parametrize(
    "more",
    [{"distribute": [GALLERY_TARGET, IMAGE]}, {"distribute": [GALLERY_TARGET, VHD]}, {"source": MANAGED_IMAGE}],
    ids=["beside a managed image", "beside a VHD", "from a managed image"],
)
def test_what_to_ask_is_told_also_where_trusted_launch_cannot_be(more: dict[str, Json]) -> None:
    conversion = convert_json(template(**more), Options(os_type=OsType.LINUX))

    (finding,) = [finding for finding in conversion.findings if finding.code.id == "AIB2P439"]
    assert "az sig image-definition show --ids /subscriptions/" in finding.help
    assert "no build can make both the version and a managed image or a VHD" in finding.help


def test_what_to_ask_has_the_values_that_are_known_and_says_what_to_set() -> None:
    gallery = {
        **GALLERY_TARGET,
        "galleryImageId": "[resourceId('Microsoft.Compute/galleries/images', parameters('in'), variables('n'))]",
    }
    parameters: dict[str, Json] = {"in": {"type": "string", "defaultValue": "golden"}, "team": {"type": "string"}}
    deployment: dict[str, Json] = {
        "$schema": "https://schema.management.azure.com/schemas/2019-04-01/deploymentTemplate.json#",
        "parameters": parameters,
        "variables": {"n": "[concat('img-', toLower(parameters('team')))]"},
        "resources": [template(distribute=[gallery])],
    }

    conversion = convert_json(deployment, Options(settings=("team=WEB",)))

    helps = {finding.code.id: finding.help for finding in conversion.findings}
    assert '/galleries/golden/images/img-web" --query' in helps["AIB2P439"]
    assert "with `subscription_id` and `resource_group_name` set in the shell. If" in helps["AIB2P439"]
    assert 'galleries/golden/images/img-web")`, with `subscription_id` and' in helps["AIB2P413"]


def test_the_answer_that_there_is_no_type_is_one() -> None:
    assert 'var.definition_security_type == "" ? "Standard"' in build(None)


WEB, OTHER = "golden/web", "golden/other"
TRUSTED = {"name": "SecurityType", "value": "TrustedLaunch"}
SUPPORTING = {"name": "SecurityType", "value": "TrustedLaunchSupported"}


def deployment(*resources: Json, parameters: Json = None, **of_template: Json) -> Json:
    """A deployment template with what is deployed beside an image template that publishes to `golden/web`."""
    parameters = {name: {"type": kind} for name, kind in (parameters or {}).items()}
    wanted: dict[str, Json] = {"distribute": [publishes_to("web")], **of_template}
    image = template(**wanted)
    return {"$schema": "deploymentTemplate.json#", "parameters": parameters, "resources": [*resources, image]}


def publishes_to(image: str) -> Json:
    """A target in the gallery `golden`."""
    return {**GALLERY_TARGET, "galleryImageId": f"{GALLERY}/images/{image}", "runOutputName": image}


def definition(name: str, features: Json = (), **more: Json) -> Json:
    """An image definition."""
    properties = {"osType": "Linux", "hyperVGeneration": "V2", "features": features, **more}
    return {"type": "Microsoft.Compute/galleries/images", "apiVersion": "2023-07-03", "name": name, "properties": properties}


def way_of(document: Json) -> str:
    """How the version of a document is made: "either", "trusted", "image" or "straight"."""
    hcl = hcl_of(document)
    if 'variable "definition_security_type"' in hcl:
        return "either"
    if 'security_type                = "TrustedLaunch"' in hcl:
        return "trusted"
    return "image" if "temporary_image_name" in hcl else "straight"


@pytest.mark.parametrize(
    ("resources", "way"),
    [
        ([definition(WEB, [TRUSTED])], "trusted"),
        ([definition("Golden/WEB", [TRUSTED])], "trusted"),
        ([definition(WEB)], "straight"),
        ([definition(OTHER, [TRUSTED])], "either"),
        ([definition(OTHER)], "either"),
        ([definition(WEB, [SUPPORTING]), definition(OTHER, [TRUSTED])], "image"),
        ([definition(OTHER), definition(WEB, [TRUSTED])], "trusted"),
    ],
    ids=["its own", "in other letters", "its own, without a type", "another", "another without", "both", "both, last"],
)
def test_the_definition_of_the_target_decides_and_no_other(resources: list[Json], way: str) -> None:
    assert way_of(deployment(*resources)) == way


def test_a_definition_inside_of_its_gallery_is_found_by_both_names() -> None:
    inside = {**definition("web", [TRUSTED]), "type": "images"}
    gallery = {"type": "Microsoft.Compute/galleries", "apiVersion": "2023-07-03", "name": "golden", "resources": [inside]}

    assert way_of(deployment(gallery)) == "trusted"


@pytest.mark.parametrize(("named", "way"), [("desk", "trusted"), ("other", "either")])
def test_definitions_are_told_apart_by_what_their_names_are_made_of(named: str, way: str) -> None:
    image = "[resourceId('Microsoft.Compute/galleries/images', parameters('gallery'), 'desk')]"
    made = definition(f"[concat(parameters('gallery'), '/{named}')]", [TRUSTED])
    target = {**GALLERY_TARGET, "galleryImageId": image}
    known = definition("[concat(parameters('gallery'), '/another')]", [SUPPORTING])

    document = deployment(made, known, parameters={"gallery": "string"}, distribute=[target])

    assert way_of(document) == way


@pytest.mark.parametrize("features", ["[parameters('features')]", [{"name": "SecurityType", "value": "[parameters('type')]"}]])
def test_a_type_that_only_the_deployment_knows_is_not_known(features: Json) -> None:
    document = deployment(definition(WEB, features), parameters={"features": "array", "type": "string"})

    assert way_of(document) == "either"


def test_another_definition_says_nothing_of_system_or_generation() -> None:
    document = deployment(definition(OTHER, osType="Windows", hyperVGeneration="V1"))

    assert "AIB2P418" not in codes_of(document)


def test_a_copy_for_trusted_launch_has_the_first_version_made_of_such_a_vm() -> None:
    targets = [publishes_to("web"), publishes_to("other")]

    assert way_of(deployment(definition(OTHER, [TRUSTED]), distribute=targets)) == "trusted"
    refused = convert_json(deployment(definition(WEB, [SUPPORTING]), definition(OTHER, [TRUSTED]), distribute=targets))
    assert [finding.code.id for finding in refused.findings if finding.code.id == "AIB2P120"] == ["AIB2P120"]


def test_a_managed_image_that_is_asked_for_is_what_the_version_is_made_of() -> None:
    assert "temporary_image_name" not in build(None, distribute=[GALLERY_TARGET, IMAGE])


def test_in_a_resource_group_that_is_there_the_managed_image_is_deleted_by_the_azure_cli() -> None:
    group = "/subscriptions/11111111-1111-1111-1111-111111111111/resourceGroups/staging"

    hcl = build(None, properties={"stagingResourceGroup": group})

    assert "temp_resource_group_name     = var.build_resource_group_name == null ? local.temporary_group_name : null" in hcl
    assert "managed_image_resource_group_name = local.trusted_launch ? null : local.image_group_name" in hcl
    assert 'az image delete --ids "$IMAGE"' in hcl
