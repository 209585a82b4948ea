"""Image definitions in a configuration, a state or a plan: what they say of their images counts in the build."""

import json
import re

import pytest

from aib2packer import Conversion, Options, convert
from aib2packer.findings import codes
from tests.cases.templates import template
from tests.terraform.test_configuration import PLAIN

_DEFINITION = """
variable "images" {
  type    = map(object({ trusted = bool }))
  default = { web = { trusted = true }, db = { trusted = true }, old = { trusted = false } }
}

variable "trusted" {
  type    = bool
  default = true
}

variable "sizes" { type = map(string) }

resource "azurerm_shared_image" "img" {
  HEAD
  gallery_name = "golden"
  os_type      = "Linux"
  SECURITY
}
"""
_TARGET = '{ type = "SharedImage", runOutputName = "web", galleryImageId = azurerm_shared_image.img[0].id }'
_EACH = "for_each = toset(local.names)\n  name = each.key"


def _converted(head: str, security: str) -> Conversion:
    text = PLAIN.replace("NAME", '"web"').replace("SIZE", "var.size").replace("INLINE", '["id"]')
    text = text.replace('{ type = "VHD", runOutputName = "web" }', _TARGET)
    more = _DEFINITION.replace("HEAD", head).replace("SECURITY", security) + 'locals {\n  names = ["web", "db"]\n}\n'
    return convert(text + more, file="main.tf", options=Options())


@pytest.mark.parametrize(
    ("head", "names"),
    [
        ('name = "web"', {"golden/web"}),
        (_EACH, {"golden/web", "golden/db"}),
        ('count = 2\n  name = "web-${count.index}"', {"golden/web-0", "golden/web-1"}),
        ("for_each = var.sizes\n  name = each.key", {"golden/azurerm_shared_image.img"}),
    ],
)
@pytest.mark.parametrize(
    ("security", "code"),
    [
        ("trusted_launch_enabled = true", codes.TRUSTED_LAUNCH),
        ("trusted_launch_enabled = var.trusted", codes.TRUSTED_LAUNCH),
        ("trusted_launch_enabled = !var.trusted", None),
        ("trusted_launch_supported = true", None),
        ("", None),
        ("trusted_launch_enabled = var.unknown", codes.SECURITY_TYPE_UNKNOWN),
    ],
)
def test_the_security_type_of_each_that_may_be_meant_counts(head: str, names: set[str], security: str, code: object) -> None:
    found = _converted(head, security).findings

    told = {one.code for one in found} & {codes.TRUSTED_LAUNCH, codes.SECURITY_TYPE_UNKNOWN}
    assert told == ({code} if code else set())
    beside = [one.message for one in found if one.code is codes.DEPLOYED_BESIDE]
    assert {name for message in beside for name in re.findall(r"golden/[\w.-]*\w", message)} == names


def test_definitions_that_differ_leave_it_unknown() -> None:
    found = _converted("for_each = var.images\n  name = each.key", "trusted_launch_enabled = each.value.trusted").findings

    assert codes.SECURITY_TYPE_UNKNOWN in [one.code for one in found]


@pytest.mark.parametrize("key", ["values", "planned_values"])
@pytest.mark.parametrize(
    ("name", "security", "code"),
    [
        ("web", {"trusted_launch_enabled": True}, codes.TRUSTED_LAUNCH),
        ("web", {"trusted_launch_enabled": False, "trusted_launch_supported": True}, None),
        ("web", {"trusted_launch_enabled": None}, None),
        ("other", {"trusted_launch_enabled": True}, codes.SECURITY_TYPE_UNKNOWN),
    ],
)
def test_definitions_of_a_state_or_plan_are_looked_at(key: str, name: str, security: dict[str, bool], code: object) -> None:
    gallery = (
        "/subscriptions/11111111-1111-1111-1111-111111111111/resourceGroups/g/providers/Microsoft.Compute/galleries/golden"
    )
    target = {"type": "SharedImage", "runOutputName": "web", "galleryImageId": f"{gallery}/images/web"}
    body = {"properties": template(distribute=[target])["properties"]}
    type_ = "Microsoft.VirtualMachineImages/imageTemplates@2024-02-01"
    values = {"type": type_, "name": "web", "location": "westeurope", "body": body}
    definition = {"name": name, "gallery_name": "golden", "os_type": "Linux", "hyper_v_generation": "V2", **security}
    resources = [
        {"address": "a.b", "mode": "managed", "type": "azapi_resource", "values": values},
        {"address": "c.d", "mode": "managed", "type": "azurerm_shared_image", "values": definition},
    ]

    conversion = convert(json.dumps({"format_version": "1.0", key: {"root_module": {"resources": resources}}}))

    assert conversion.hcl is not None, conversion.findings
    told = {one.code for one in conversion.findings} & {codes.TRUSTED_LAUNCH, codes.SECURITY_TYPE_UNKNOWN}
    assert told == ({code} if code else set())
