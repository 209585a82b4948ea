"""Who makes which target, and in which region."""

import re
import shlex
import textwrap
from typing import Any

import pytest

from aib2packer import Options, OsType, SecurityType
from tests.cases.templates import GALLERY, GALLERY_TARGET, codes_of, convert_json, hcl_of, template

Json = Any

SUBSCRIPTION = "11111111-1111-1111-1111-111111111111"
OTHER_SUBSCRIPTION = "33333333-3333-3333-3333-333333333333"
SUBNET = f"/subscriptions/{SUBSCRIPTION}/resourceGroups/network/providers/Microsoft.Network/virtualNetworks/hub/subnets/builds"
IN_SUBNET = {"vmProfile": {"vnetConfig": {"subnetId": SUBNET}}}
SECOND = GALLERY.rpartition("/")[0] + "/second/images/web"
MANAGED_SOURCE = {
    "type": "ManagedImage",
    "imageId": f"/subscriptions/{SUBSCRIPTION}/resourceGroups/images/providers/Microsoft.Compute/images/base",
}


def image(name: str, location: str = "westeurope", subscription: str = SUBSCRIPTION, **more: Json) -> dict[str, Json]:
    """A managed image to make."""
    place = f"/subscriptions/{subscription}/resourceGroups/images/providers/Microsoft.Compute/images"
    return {"type": "ManagedImage", "imageId": f"{place}/{name}", "location": location, "runOutputName": name, **more}


def version(name: str, **more: Json) -> dict[str, Json]:
    """A gallery version to make."""
    regions = [{"name": "westeurope"}]
    image_id = f"{GALLERY}/images/{name}/versions/1.0.0"
    return {"type": "SharedImage", "galleryImageId": image_id, "runOutputName": name, "targetRegions": regions, **more}


def location_of(hcl: str) -> str:
    """The region of the build."""
    found = re.search(r"^  location +=(.*)$", hcl, re.MULTILINE)
    assert found is not None
    return found[1].strip()


def scripts(hcl: str) -> list[str]:
    """The text of each post-processor that runs the Azure CLI."""
    return hcl.split('post-processor "shell-local" {')[1:]


def test_the_build_moves_to_the_region_of_its_managed_images() -> None:
    hcl = hcl_of(template(distribute=[image("web", "northeurope")]))

    assert location_of(hcl) == '"northeurope"'
    assert scripts(hcl) == []
    assert "AIB2P311" in codes_of(template(distribute=[image("web", "northeurope")]))


@pytest.mark.parametrize(
    "more",
    [
        {"distribute": [image("web", "northeurope")], "properties": IN_SUBNET},
        {"distribute": [image("web", "northeurope")], "source": MANAGED_SOURCE},
        {"distribute": [image("a", "northeurope"), image("b", "eastus")]},
        {"distribute": [image("a", "northeurope"), image("b")]},
    ],
    ids=["a subnet", "a managed image as source", "several regions", "one of them in the template's region"],
)
def test_the_build_stays_in_the_region_of_the_template_where_it_must(more: dict[str, Json]) -> None:
    hcl = hcl_of(template(**more), Options(os_type=OsType.LINUX))

    assert location_of(hcl) == '"westeurope"'
    assert any("az snapshot create" in script for script in scripts(hcl))


def test_without_a_region_of_its_own_a_template_is_built_in_one_of_its_version() -> None:
    value = template(location=None, distribute=[version("a", targetRegions=[{"name": "West US 2"}, {"name": "eastus"}])])

    assert location_of(hcl_of(value)) == '"westus2"'
    assert "AIB2P305" not in codes_of(value)
    assert (
        location_of(hcl_of(template(location=None, distribute=value["properties"]["distribute"], properties=IN_SUBNET)))
        == "var.location"
    )


def test_azure_arm_makes_the_managed_image_that_is_in_the_region_and_subscription_of_the_build() -> None:
    targets = [image("far", "eastus"), image("foreign", subscription=OTHER_SUBSCRIPTION), image("home")]

    hcl = hcl_of(template(distribute=targets, properties=IN_SUBNET))

    assert "managed_image_name                  = var.managed_image_name" in hcl
    assert 'default     = "home"' in hcl
    assert "managed_image_os_disk_snapshot_name = local.snapshot_name" in hcl
    far, foreign, clean_up = scripts(hcl)
    assert "--copy-start true" in far
    assert "az disk create" in foreign
    assert "--copy-start" not in foreign
    assert "az snapshot delete" in clean_up
    assert "az image delete" not in clean_up


def test_without_a_managed_image_of_its_own_azure_arm_makes_one_that_is_deleted() -> None:
    hcl = hcl_of(template(distribute=[image("a", "northeurope"), image("b", "eastus")]))

    assert "managed_image_name                  = local.temporary_image_name" in hcl
    assert "az snapshot delete" in scripts(hcl)[-1]
    assert "az image delete" in scripts(hcl)[-1]


def test_with_a_gallery_version_there_is_no_snapshot_to_leave_behind() -> None:
    targets = [version("web"), image("a", "northeurope"), image("b", "eastus")]
    hcl = hcl_of(template(distribute=targets), Options(security_type=SecurityType.STANDARD))

    assert "snapshot_name" not in hcl
    assert "temporary_image_name" not in hcl
    assert all("--gallery-image-reference" in script for script in scripts(hcl))


def test_a_disk_is_made_where_the_gallery_version_is_already() -> None:
    regions = [{"name": "westeurope"}, {"name": "eastus"}]

    hcl = hcl_of(template(distribute=[version("web", targetRegions=regions), image("a"), image("b", "eastus")]))

    assert "az snapshot" not in hcl
    assert scripts(hcl)[0].count("--location eastus") == 2


def test_managed_images_of_another_subscription_alone_are_an_error() -> None:
    found = codes_of(template(distribute=[image("web", subscription=OTHER_SUBSCRIPTION)], properties=IN_SUBNET))

    assert "AIB2P111" in found


def test_every_target_is_in_the_manifest_with_its_id() -> None:
    single = hcl_of(template(distribute=[version("web")]), Options(security_type=SecurityType.STANDARD))
    several = hcl_of(template(distribute=[version("web"), version("copy")]))

    assert "web = local.gallery_version_id" in single
    assert several.count('post-processor "manifest"') == 2
    assert f'copy = "{GALLERY}/images/copy/versions/${{var.image_version}}"' in several
    assert "web = local.gallery_version_id" in several
    assert f'gallery_version_id = "{GALLERY}/images/web/versions/${{var.image_version}}"' in several
    assert re.search(r'^variable "image_version" \{[^}]*^  default += "1\.0\.0"$', several, re.MULTILINE)


def test_tags_in_common_stay_in_azure_arm_and_others_go_to_their_artifact() -> None:
    targets = [
        version("web", artifactTags={"base": "jammy", "Kind": "version"}),
        image("home", artifactTags={"Base": "jammy", "kind": "image"}),
    ]

    hcl = hcl_of(template(distribute=targets, tags={"team": "platform"}))

    tags = hcl.split("azure_tags = {\n")[1].split("}")[0]
    assert re.findall(r"(\w+) += ", tags) == ["team", "base"]
    assert ["--tags Kind=version" in scripts(hcl)[0], "--tags kind=image" in scripts(hcl)[1]] == [True, True]


def test_a_further_target_gets_its_own_tags_and_no_others() -> None:
    targets = [version("web", artifactTags={"kind": "first"}), version("copy", artifactTags={"kind": "second"})]

    hcl = hcl_of(template(distribute=targets, tags={"team": "platform"}))

    assert re.findall(r"--tags (.*) \\", hcl) == ["kind=second"]
    assert re.findall(r"(\w+) += ", hcl.split("azure_tags = {\n")[1].split("}")[0]) == ["team", "kind"]


@pytest.mark.parametrize("text", ["it's", "$HOME", '"', "a b", "`id`", "\\", "*", "-x", "é", "%{x} ${1}", "#", "~"])
def test_what_a_template_says_reaches_the_shell_as_one_word(text: str) -> None:
    hcl = hcl_of(template(distribute=[version("web"), version("copy", artifactTags={"tag": text})]))

    script = textwrap.dedent(scripts(hcl)[0].split("<<-EOT\n")[1].split("        EOT")[0])
    words = shlex.split(script.replace("%%{", "%{").replace("$${", "${").replace("\\\n", " "))
    assert f"tag={text}" in words


@pytest.mark.parametrize("text", ["a\nb", "a\x1b[31m", "a\u202eb", "##vso[x]", "##[x]", "a\x00b"])
def test_what_nobody_sees_in_a_script_or_a_build_service_would_obey_travels_in_the_environment(text: str) -> None:
    hcl = hcl_of(template(distribute=[version("web"), version("copy", artifactTags={"tag": text})]))

    (word,) = re.findall(r"--tags (.*) \\\n", scripts(hcl)[0])
    assert re.fullmatch(r'"\$\w+"', word)
    assert re.search(rf'{word[2:-1]} += "tag=', hcl)


@pytest.mark.parametrize(("name", "value"), [("format", "{{.Name}}"), ("team", "@web"), ("-x", "y")])
def test_a_tag_that_packer_or_the_azure_cli_would_take_for_more_travels_as_json(name: str, value: str) -> None:
    targets = [version("web"), version("copy", artifactTags={name: value})]

    [script] = [one for one in scripts(hcl_of(template(distribute=targets))) if "az rest" in one]

    assert "--tags" not in script
    assert re.search(f'jsonencode.*\\n *"?{name}"? = "{value}"', script)


def test_a_storage_type_of_its_own_comes_with_the_region_and_not_afterwards() -> None:
    regions = [
        {"name": "westeurope", "replicaCount": 2, "storageAccountType": "Standard_ZRS"},
        {"name": "northeurope", "storageAccountType": "standard_zrs"},
        {"name": "eastus"},
    ]

    hcl = hcl_of(template(distribute=[version("web", targetRegions=regions)]))

    assert re.findall(r'target_region \{\n +name +=? "(\w+)"', hcl) == ["westeurope", "northeurope"]
    assert 'storage_account_type = "Standard_ZRS"' in hcl
    assert "--target-regions westeurope=2=Standard_ZRS northeurope=1=Standard_ZRS eastus=1=Standard_LRS" in scripts(hcl)[0]


@pytest.mark.parametrize(
    ("uri", "place"),
    [
        ("https://a1b.blob.core.windows.net/disks/web.vhd", ("a1b", "disks", "web.vhd")),
        ("https://a1b.blob.core.windows.net/disks/2024/07/web.vhd", ("a1b", "disks", "2024/07/web.vhd")),
        ("https://a1b.blob.core.usgovcloudapi.net/disks/web", ("a1b", "disks", "web")),
    ],
)
def test_a_vhd_gets_the_name_that_its_uri_has(uri: str, place: tuple[str, str, str]) -> None:
    account, container, name = place
    target = {"type": "VHD", "uri": uri, "runOutputName": "disk"}

    hcl = hcl_of(template(distribute=[target]))

    script = scripts(hcl)[0]
    assert f"--account-name {account} \\" in script
    assert f"--destination-container {container} \\" in script
    assert f"\n        name={name}\n" in script
    assert 'SOURCE_BLOB = "disk${build.TempOSDiskName}.vhd"' in script
    assert f'disk = "{uri}"' in hcl


def test_a_container_alone_leaves_the_name_to_azure_arm() -> None:
    target = {"type": "VHD", "uri": "https://a1b.blob.core.windows.net/disks", "runOutputName": "disk"}

    hcl = hcl_of(template(distribute=[target]))

    assert scripts(hcl) == []
    assert re.search(r'capture_container_name += "disks"', hcl)


@pytest.mark.parametrize(
    ("second", "held"),
    [
        ({}, True),
        ({"galleryImageId": f"{SECOND}/versions/1.2.3"}, True),
        ({"versioning": {"scheme": "Latest", "major": 2}}, False),  # nothing tells the validation build its number
        ({"excludeFromLatest": True}, False),
    ],
)
def test_a_version_in_another_gallery_is_held_back_too_where_its_number_is_known(second: Json, *, held: bool) -> None:
    targets = [version("web", galleryImageId=f"{GALLERY}/images/web"), {**version("second", galleryImageId=SECOND), **second}]
    validate = {"validate": {"inVMValidations": [{"type": "Shell", "inline": ["true"]}]}}
    conversion = convert_json(template(distribute=targets, properties=validate), Options(side_files=True))

    assert conversion.hcl is not None
    release = conversion.files["validate/build.pkr.hcl"].decode().partition('"release"')[2]
    assert release.count("az sig image-version update") == 1 + held
    assert ("--gallery-name second" in release) == held
    assert ("EXCLUDE_FROM_LATEST" in conversion.hcl) == held
    (message,) = [finding.message for finding in conversion.findings if finding.code.id == "AIB2P315"]
    assert ("the other targets are not held back" in message) == (not held)


def test_the_place_of_a_vhd_has_no_query() -> None:
    target = {"type": "VHD", "uri": "https://a1b.blob.core.windows.net/disks/x.vhd?sv=1&sig=SECRET", "runOutputName": "disk"}

    made = convert_json(template(distribute=[target]))

    assert made.hcl is None
    assert [one.code.id for one in made.findings if "has a query" in one.message] == ["AIB2P143"]
    assert not any("SECRET" in one.message + one.help for one in made.findings)


def test_what_is_said_of_many_galleries_does_not_name_all_of_them_for_each() -> None:
    def said(count: int) -> int:
        targets = [
            {**GALLERY_TARGET, "galleryImageId": f"{GALLERY}/images/i{n}", "runOutputName": f"o{n}"} for n in range(count)
        ]
        return sum(len(finding.help) for finding in convert_json(template(distribute=targets)).findings)

    assert said(80) < 2.1 * said(40)


def test_a_tag_is_spelt_as_in_a_map_of_the_build_which_it_overrides() -> None:
    parameters = {"tags": {"type": "object", "defaultValue": {"Source": "a", "own": "x"}}}
    targets = [{**version("web"), "artifactTags": {"source": "b"}}]
    value = {**template(distribute=targets, apiVersion="2024-02-01"), "tags": "[parameters('tags')]"}

    hcl = hcl_of({"parameters": parameters, "resources": [value]})

    assert 'azure_tags = merge(var.tags, {\n    Source = "b"\n  })' in hcl
