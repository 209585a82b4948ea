"""The forms that tools print image templates in: lists and their pages, and template specs."""

import json
import re
from typing import Any

import pytest

from aib2packer import Severity
from aib2packer.findings import codes
from tests.cases.templates import codes_of, convert_json, hcl_of, template

Json = Any

ID = f"/subscriptions/{'2' * 8}/resourceGroups/r/providers/Microsoft.VirtualMachineImages/imageTemplates/web"
SHOWN = {"id": ID, **{key: value for key, value in template(name="web").items() if key != "apiVersion"}}
SIZED = {
    "$schema": "https://schema.management.azure.com/schemas/2019-04-01/deploymentTemplate.json#",
    "parameters": {"size": {"type": "string", "defaultValue": "Standard_D9"}},
    "resources": [template(properties={"vmProfile": {"vmSize": "[parameters('size')]"}})],
}
ESCAPED = json.loads(json.dumps(SIZED).replace('"[param', '"[[param'))
SPEC: dict[str, Json] = {"type": "Microsoft.Resources/templateSpecs", "name": "t", "properties": {}}


@pytest.mark.parametrize(
    "document",
    [
        pytest.param({"Versions": [{"Name": "1.0", "MainTemplate": json.dumps(SIZED)}]}, id="as PowerShell shows it"),
        pytest.param({"name": "1.0", "mainTemplate": json.dumps(SIZED)}, id="as text"),
        pytest.param(
            {
                "resources": [
                    SPEC,
                    {"type": "Microsoft.Resources/templateSpecs/versions", "properties": {"mainTemplate": ESCAPED}},
                ]
            },
            id="in a template that deploys it",
        ),
        pytest.param(
            {"resources": {"t": {**SPEC, "resources": [{"type": "versions", "properties": {"mainTemplate": ESCAPED}}]}}},
            id="below its spec",
        ),
    ],
)
def test_a_template_spec_is_read_in_every_form(document: Json) -> None:
    assert re.search(r'default\s+= "Standard_D9"', hcl_of(document))


def test_a_text_in_brackets_of_its_own_is_no_expression_of_a_template_spec_that_is_deployed() -> None:
    command = "[[ -f /etc/x ]] && echo there"
    inner = {**SIZED, "resources": [template(customize=[{"type": "Shell", "name": "a", "inline": [command]}])]}
    version = {"type": "Microsoft.Resources/templateSpecs/versions", "properties": {"mainTemplate": inner}}

    assert command in hcl_of({"resources": [SPEC, version]})


@pytest.mark.parametrize(
    "document",
    [
        {"count": 1, "total_records": 500, "skip_token": "abc", "data": [SHOWN]},
        {"count": 1, "totalRecords": 500, "data": [SHOWN]},
        {"count": 1, "resultTruncated": "true", "$skipToken": "abc", "data": [SHOWN]},
        {"value": [SHOWN], "nextLink": "https://management.azure.com/next"},
    ],
)
def test_one_page_of_several_is_told(document: Json) -> None:
    (told,) = (one for one in convert_json(document).findings if one.code == codes.NOT_READ)

    assert told.message.startswith("this is one page, with 1 of ")


@pytest.mark.parametrize(
    "document", [{"total_records": 1, "skip_token": None, "data": [SHOWN]}, {"value": [SHOWN], "nextLink": ""}]
)
def test_a_list_that_is_whole_is_no_finding(document: Json) -> None:
    assert codes.NOT_READ.id not in codes_of(document)


@pytest.mark.parametrize("column", ["ResourceId", "provisioningState", "owner"])
def test_what_a_query_adds_to_a_resource_is_no_loss(column: str) -> None:
    assert not any(one.severity is Severity.LOSS for one in convert_json([{**SHOWN, column: "x"}]).findings)


def test_a_setting_beside_the_properties_of_what_azure_shows_is_told() -> None:
    assert "AIB2P214" in codes_of({**SHOWN, "vmProfile": {"vmSize": "Standard_D9"}})


def test_the_rows_of_a_table_are_resources() -> None:
    columns = [{"name": name, "type": "string"} for name in SHOWN]

    assert "image_name" in hcl_of({"data": {"columns": columns, "rows": [list(SHOWN.values())]}})


def test_an_image_template_that_is_only_named_is_told_with_what_shows_the_whole() -> None:
    (told,) = convert_json([{"id": ID, "name": "web", "type": "microsoft.virtualmachineimages/imagetemplates"}]).findings

    assert told.message == "the properties of this image template are missing: what listed it left them out"
    assert f"az resource show --ids {ID}" in told.help
