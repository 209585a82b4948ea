"""What an input says, or is given, to no effect: each is told, and says what to do."""

from __future__ import annotations

from typing import Any

import pytest

from aib2packer import Options
from aib2packer.text.source import SourceText
from tests.cases.templates import convert_json, template

IDENTITY = "/subscriptions/11111111-1111-1111-1111-111111111111/resourceGroups/i/providers/Microsoft.ManagedIdentity/"
IDS: dict[str, object] = {f"{IDENTITY}userAssignedIdentities/build": {}}


def deployment(resource: object, **parameters: object) -> dict[str, object]:
    schema = "https://schema.management.azure.com/schemas/2019-04-01/deploymentTemplate.json#"
    return {"$schema": schema, "parameters": parameters, "resources": [resource]}


def told(document: Any, code: str, **options: Any) -> list[str]:  # noqa: ANN401 - JSON
    return [one.message for one in convert_json(document, Options(**options)).findings if one.code.id == code]


@pytest.mark.parametrize(
    ("identity", "says"),
    [
        ({"userAssignedIdentities": IDS}, ["wants the type beside the identities"]),
        ({"type": "", "userAssignedIdentities": IDS}, ["wants the type beside the identities"]),
        ({"type": "UserAssigned ", "userAssignedIdentities": IDS}, ["no identity of type `UserAssigned `"]),
        ({"type": "SystemAssigned, UserAssigned", "userAssignedIdentities": IDS}, ["takes user-assigned identities only"]),
        ({"type": "UserAssigned", "userAssignedIdentities": IDS}, []),
    ],
)
def test_a_type_of_identity_that_is_none_is_told(identity: object, says: list[str]) -> None:
    found = told(template(identity=identity), "AIB2P441")

    assert len(found) == len(says)
    assert all(expected in message for expected, message in zip(says, found, strict=True))


def test_a_type_of_identity_that_a_parameter_gives_is_told() -> None:
    resource = template(identity={"type": "[parameters('kind')]", "userAssignedIdentities": IDS})

    (message,) = told(deployment(resource, kind={"type": "string", "defaultValue": "Nope"}), "AIB2P441")

    assert "no identity of type `Nope`" in message


def test_an_empty_api_version_is_told_and_none_where_azure_wants_one() -> None:
    without = {key: value for key, value in template().items() if key != "apiVersion"}

    assert told(template(apiVersion=""), "AIB2P405")
    assert told(deployment(without), "AIB2P405") == [
        "the resource has no apiVersion, which Azure requires; it is read as any version would read it"
    ]
    assert not told(without, "AIB2P405")


@pytest.mark.parametrize(
    ("options", "says"),
    [
        ({"resource_group": "images"}, "--resource-group has no effect"),
        ({"location": "westeurope"}, "--location has no effect"),
        (
            {"subscription_id": "99999999-9999-9999-9999-999999999999"},
            "--subscription-id has no effect on where the build runs",
        ),
    ],
)
def test_an_option_that_the_template_does_not_ask_for_is_told(options: dict[str, str], says: str) -> None:
    subnet = "/subscriptions/11111111-1111-1111-1111-111111111111/resourceGroups/n/providers/Microsoft.Network/"
    properties = {"vmProfile": {"vnetConfig": {"subnetId": f"{subnet}virtualNetworks/hub/subnets/builds"}}}

    assert [says in message for message in told(template(properties=properties), "AIB2P428", **options)] == [True]


def test_an_option_that_fills_a_placeholder_has_an_effect() -> None:
    assert not told(template(location="<location>"), "AIB2P428", location="westeurope")


@pytest.mark.parametrize("text", ["{}", '{"parameters": {}}'])
def test_a_parameters_file_that_gives_nothing_is_told(text: str) -> None:
    assert told(template(), "AIB2P421", parameter_files=(SourceText("p.json", text),)) == ["this file gives no value"]
