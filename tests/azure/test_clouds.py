"""The clouds of Azure: which one a template is for, and what follows from it."""

from typing import Any

import pytest

from aib2packer import Cloud, Options
from aib2packer.azure.clouds import cloud_named, cloud_of_hosts, cloud_of_regions
from tests.cases.templates import GALLERY_TARGET, codes_of, convert_json, hcl_of, template

SCRIPT = {"type": "Shell", "name": "a", "scriptUri": "[concat('https://x.blob.', environment().suffixes.storage, '/s/a.sh')]"}


def deployment(location: str, **parameters: Any) -> dict[str, Any]:  # noqa: ANN401 - JSON
    return {
        "$schema": "https://schema.management.azure.com/schemas/2019-04-01/deploymentTemplate.json#",
        "contentVersion": "1.0.0.0",
        "parameters": parameters,
        "resources": [template(location=location, customize=[SCRIPT])],
    }


@pytest.mark.parametrize(
    ("texts", "cloud"),
    [
        (["usgovvirginia"], Cloud.US_GOVERNMENT),
        (["US DoD East"], Cloud.US_GOVERNMENT),
        (["China North 3"], Cloud.CHINA),
        (["westeurope", "eastus2"], Cloud.PUBLIC),
        (["Central US EUAP"], Cloud.PUBLIC),
        (["South Africa North"], Cloud.PUBLIC),
        (["usgovvirginia", "westeurope"], Cloud.US_GOVERNMENT),
        (["usgovvirginia", "chinaeast2"], Cloud.PUBLIC),
        (["how usgovvirginia differs"], None),
        (["northwind", "[resourceGroup().location]", "web"], None),
        ([], None),
    ],
)
def test_regions_tell_the_cloud(texts: list[str], cloud: Cloud | None) -> None:
    assert cloud_of_regions(texts) is cloud


@pytest.mark.parametrize(
    ("texts", "cloud"),
    [
        (["https://a.blob.core.usgovcloudapi.net/x"], Cloud.US_GOVERNMENT),
        (["core.chinacloudapi.cn"], Cloud.CHINA),
        (["[format('https://{0}.blob.core.usgovcloudapi.net/x', parameters('a'))]"], Cloud.US_GOVERNMENT),
        (["https://a.blob.core.usgovcloudapi.net/x", "https://a.blob.core.windows.net/x"], None),
        (["https://a.blob.core.usgovcloudapi.net.example.com/x"], None),
        (["curl https://a.blob.core.usgovcloudapi.net/x"], None),
        ([], None),
    ],
)
def test_addresses_of_storage_accounts_tell_the_cloud(texts: list[str], cloud: Cloud | None) -> None:
    assert cloud_of_hosts(texts) is cloud


GOV = "https://acct.blob.core.usgovcloudapi.net/s/a.sh"


@pytest.mark.parametrize(
    ("location", "step", "cloud"),
    [
        ("[resourceGroup().location]", {"scriptUri": GOV}, "USGovernment"),
        ("westeurope", {"scriptUri": GOV}, None),
        ("[resourceGroup().location]", {"inline": [f"curl {GOV}", GOV, f"# {GOV}"]}, None),
    ],
)
def test_a_host_tells_the_cloud_where_a_setting_has_it_and_no_region_tells(
    location: str, step: dict[str, Any], cloud: str | None
) -> None:
    value = deployment(location)
    target = {key: kept for key, kept in GALLERY_TARGET.items() if key not in {"replicationRegions", "targetRegions"}}
    value["resources"] = [template(location=location, customize=[{"type": "Shell", "name": "a", **step}], distribute=[target])]

    hcl = hcl_of(value)

    assert ("cloud_environment_name" in hcl) == (cloud is not None)
    assert cloud is None or f'cloud_environment_name = "{cloud}"' in hcl


def test_what_commands_speak_of_tells_no_cloud() -> None:
    shell = {"type": "Shell", "name": "a", "inline": ["curl https://acct.blob.core.usgovcloudapi.net/x"]}

    assert "cloud_environment_name" not in hcl_of(template(customize=[shell], location="<location>"))


def test_a_value_that_the_user_gives_tells_the_cloud_before_a_default_does() -> None:
    value = deployment("[parameters('region')]", region={"type": "string", "defaultValue": "usgovvirginia"})

    assert "core.usgovcloudapi.net/s/a.sh" in hcl_of(value)
    assert "core.windows.net/s/a.sh" in hcl_of(value, Options(settings=("region=westeurope",)))


@pytest.mark.parametrize("cloud", list(Cloud))
def test_a_cloud_has_the_names_of_packer_and_of_the_azure_cli(cloud: Cloud) -> None:
    for name in (cloud.value, cloud.facts.cli_name, cloud.facts.packer_name, cloud.facts.cli_name.upper()):
        assert cloud_named(name) is cloud
    assert cloud_named("AzureGermanCloud") is None


@pytest.mark.parametrize("cloud", list(Cloud))
def test_the_option_decides_the_cloud_and_environment_follows(cloud: Cloud) -> None:
    hcl = hcl_of(deployment("[resourceGroup().location]"), Options(cloud=cloud))

    assert f"https://x.blob.{cloud.facts.storage_suffix}/s/a.sh" in hcl
    assert ("cloud_environment_name" in hcl) == (cloud is not Cloud.PUBLIC)
    assert cloud is Cloud.PUBLIC or f'cloud_environment_name = "{cloud.facts.packer_name}"' in hcl


def test_a_given_location_tells_the_cloud() -> None:
    hcl = hcl_of(deployment("[resourceGroup().location]"), Options(location="usgovarizona"))

    assert "core.usgovcloudapi.net/s/a.sh" in hcl


def test_the_value_of_a_parameter_tells_the_cloud_and_what_it_may_be_does_not() -> None:
    region = {"type": "string", "allowedValues": ["westeurope", "usgovvirginia"]}
    value = deployment("[parameters('region')]", region=region)

    assert "core.windows.net/s/a.sh" in hcl_of(value)
    assert "core.usgovcloudapi.net/s/a.sh" in hcl_of(value, Options(settings=("region=usgovvirginia",)))


@pytest.mark.parametrize(("location", "options"), [("usgovvirginia", Options()), ("westeurope", Options(cloud=Cloud.CHINA))])
def test_a_region_of_another_cloud_is_told(location: str, options: Options) -> None:
    target = {**GALLERY_TARGET, "targetRegions": [{"name": location}, {"name": "westeurope"}]}

    findings = convert_json(template(location=location, distribute=[target]), options).findings

    told = [finding.message for finding in findings if "is not a region of" in finding.message]
    assert told
    assert all(message.startswith("`westeurope`") for message in told)


def test_in_one_cloud_nothing_is_told_of_regions() -> None:
    assert "AIB2P449" not in codes_of(template(location="westeurope"))
