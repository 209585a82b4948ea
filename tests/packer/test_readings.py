"""What careful readers of the output found, so that it stays mended."""

import pytest

from aib2packer import Options
from tests.cases.templates import GALLERY, GALLERY_TARGET, LINUX, codes_of, hcl_of, template

BASE = {"type": "SharedImageVersion", "imageVersionId": f"{GALLERY}/images/base/versions/1.0.0"}


def fetching(uri: str) -> str:
    return hcl_of(template(customize=[{"type": "Shell", "scriptUri": uri}]))


@pytest.mark.parametrize(
    "uri",
    [
        "https://contoso.blob.core.windows.net/scripts/a.sh",
        "https://<account>.blob.core.windows.net/scripts/a.sh",
        "https://contoso.blob.core.windows.net/scripts/a.sh?snapshot=2024-01-01",
        "https://contoso.z6.blob.storage.azure.net/scripts/a.sh",
    ],
)
def test_a_blob_without_a_signature_is_fetched_with_the_azure_cli(uri: str) -> None:
    hcl = fetching(uri)

    assert "az storage blob download --auth-mode login" in hcl
    assert "# Private blobs are fetched with the Azure CLI" in hcl


@pytest.mark.parametrize("uri", ["https://contoso.blob.core.windows.net/s/a.sh?sv=1&sig=<sig>", "https://example.com/a.sh"])
def test_all_else_is_fetched_with_curl(uri: str) -> None:
    hcl = fetching(uri)

    assert "curl -f" in hcl
    assert "az storage blob download" not in hcl


def test_a_signature_that_is_to_be_filled_in_is_a_sensitive_variable() -> None:
    hcl = fetching("https://contoso.blob.core.windows.net/s/a.sh?sv=1&sig=<signature>")

    assert "  export PKR_VAR_signature='...'" in hcl
    assert "  sensitive   = true" in hcl


@pytest.mark.parametrize(("regions", "shallow"), [(["westeurope"], True), (["westeurope", "northeurope"], False)])
def test_replication_is_shallow_in_the_region_of_the_build_only(regions: list[str], *, shallow: bool) -> None:
    target = {**GALLERY_TARGET, "replicationMode": "Shallow", "replicationRegions": regions}
    whole = template(distribute=[target], apiVersion="2025-10-01")

    assert ("use_shallow_replication = true" in hcl_of(whole)) is shallow
    assert ("AIB2P212" in codes_of(whole)) is not shallow


@pytest.mark.parametrize(
    ("validate", "lost"),
    [
        ({"continueDistributeOnFailure": False, "sourceValidationOnly": False, "inVMValidations": []}, False),
        ({"inVMValidations": [{"type": "Shell", "inline": ["true"]}]}, True),
        ({"sourceValidationOnly": True}, False),
        ({"sourceValidationOnly": True, "inVMValidations": [{"type": "Shell", "inline": ["true"]}]}, False),
    ],
)
def test_validation_is_lost_where_there_is_something_to_validate(validate: dict[str, object], *, lost: bool) -> None:
    assert ("AIB2P202" in codes_of(template(properties={"validate": validate}))) is lost


@pytest.mark.parametrize(
    ("validator", "os_type"),
    [({"type": "PowerShell", "inline": ["exit 0"]}, "Windows"), ({"type": "Shell", "inline": ["true"]}, "Linux")],
)
def test_a_validator_tells_the_operating_system(validator: dict[str, object], os_type: str) -> None:
    whole = template(source=BASE, properties={"validate": {"inVMValidations": [validator]}})

    assert f'os_type = "{os_type}"' in hcl_of(whole)


def test_what_was_not_reached_before_an_error_is_not_called_unknown() -> None:
    whole = template(source={"type": "ISO", "sourceUri": "https://x/y.iso"}, tags={"a": "b"})

    assert "AIB2P108" in codes_of(whole)
    assert not {"AIB2P201", "AIB2P401"} & set(codes_of(whole))


def test_a_publisher_that_a_parameter_gives_tells_the_operating_system() -> None:
    resource = template(source={**LINUX, "publisher": "[parameters('publisher')]", "offer": "windows-like"})
    whole = {
        "$schema": "https://schema.management.azure.com/schemas/2019-04-01/deploymentTemplate.json#",
        "contentVersion": "1.0.0.0",
        "parameters": {"publisher": {"type": "string"}},
        "resources": [resource],
    }

    assert '"Linux"' in hcl_of(whole, Options(settings=("publisher=Canonical",)))
