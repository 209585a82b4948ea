"""`azapi_update_resource`: what it sets is in the build of the image template that it changes, if it is there, or told."""

import pytest

from aib2packer import Conversion, convert
from aib2packer.findings import codes
from tests.terraform.test_configuration import configuration, hcl

GROUP = "/subscriptions/11111111-1111-1111-1111-111111111111/resourceGroups/images"
UPDATE = """
variable "on" {
  type    = bool
  default = true
}

variable "needed" { type = bool }

variable "body" { default = { properties = { vmProfile = { vmSize = "Standard_D4s_v5" } } } }

locals {
  off   = false
  group = "GROUP"
}

resource "azapi_update_resource" "size" {
  HEAD
  type = "Microsoft.VirtualMachineImages/imageTemplates@2024-02-01"
  WHICH
  body = BODY
}
""".replace("GROUP", GROUP)
BODY = '{ properties = { vmProfile = { vmSize = "Standard_D4s_v5" } } }'


def _updated(head: str = "", which: str = "resource_id = azapi_resource.web.id", body: str = BODY, own: str = "") -> Conversion:
    more = UPDATE.replace("HEAD", head).replace("WHICH", which).replace("BODY", body)
    text = configuration(more=more).replace('  name     = "web"', f'  name     = "web"\n  parent_id = local.group\n  {own}', 1)
    return convert(text, file="main.tf")


@pytest.mark.parametrize(
    ("head", "is_there"),
    [
        ("", True),
        ("count = 1", True),
        ("count = 0", False),
        ("count = local.off ? 1 : 0", False),
        ("count = !local.off ? 1 : 0", True),
        ('count = "a" == "b" ? 1 : 0', False),
        ("count = length([])", False),
        ("for_each = toset([])", False),
        ("for_each = {}", False),
        ('for_each = toset(["a"])', True),
        ("for_each = var.needed ? [] : []", False),
    ],
)
def test_one_that_is_not_there_sets_nothing(head: str, is_there: bool) -> None:  # noqa: FBT001 - a case
    conversion = _updated(head)

    assert ("Standard_D4s_v5" in hcl(conversion)) is is_there
    assert codes.CONDITION not in [one.code for one in conversion.findings]


@pytest.mark.parametrize(
    ("head", "is_there"),
    [
        ("count = var.on ? 1 : 0", True),
        ("count = var.on ? 0 : 1", False),
        ("count = var.needed ? 1 : 0", True),
        ("for_each = var.on ? toset([]) : toset([1])", False),
    ],
)
def test_one_that_only_variables_make_is_told(head: str, is_there: bool) -> None:  # noqa: FBT001 - a case
    conversion = _updated(head)

    assert ("Standard_D4s_v5" in hcl(conversion)) is is_there
    (told,) = (one for one in conversion.findings if one.code is codes.CONDITION)
    assert told.message.endswith(f"what it sets is {'in' if is_there else 'not in'} the build")
    assert told.span.text == head.partition("= ")[2]


def test_one_for_each_image_template_is_a_part_of_each() -> None:
    each = "for_each = var.on ? toset([1]) : toset([2])"

    for head in (each, "for_each = azapi_resource.web"):
        conversion = _updated(head, "resource_id = azapi_resource.web[each.key].id", own=each)
        assert codes.CONDITION not in [one.code for one in conversion.findings]


@pytest.mark.parametrize(
    "which",
    [
        f'name = "web"\n  parent_id = "{GROUP}"',
        'name = "WEB"\n  parent_id = local.group',
        f'resource_id = "{GROUP}/providers/Microsoft.VirtualMachineImages/imageTemplates/web"',
        "resource_id = azapi_resource.web.output.id",
    ],
)
def test_what_is_named_by_its_parts_or_its_id_is_found(which: str) -> None:
    conversion = _updated(which=which)

    assert "Standard_D4s_v5" in hcl(conversion)
    assert conversion.image_templates == ("web",)


@pytest.mark.parametrize(
    "which",
    [
        'name = "other"\n  parent_id = local.group',
        'name = "web"\n  parent_id = azurerm_resource_group.other.id',
        'name = "web"',
        "resource_id = var.which",
        "resource_id = data.azapi_resource.web.id",
        f'resource_id = "{GROUP}/providers/Microsoft.VirtualMachineImages/imageTemplates/other"',
    ],
)
def test_one_that_changes_a_template_elsewhere_is_told_and_is_no_template(which: str) -> None:
    conversion = _updated(which=which)

    assert "Standard_D2s_v5" in hcl(conversion)
    assert conversion.image_templates == ("web",)
    (told,) = (one for one in conversion.findings if one.code is codes.LINKED_TEMPLATE)
    assert told.message.startswith("azapi_update_resource.size updates an image template that is not known to be in")


def test_a_body_that_is_a_variable_is_an_error_at_its_place() -> None:
    (error,) = (one for one in _updated(body="var.body").findings if one.code is codes.TERRAFORM)

    assert error.message.startswith("what azapi_update_resource.size sets is not known")
    assert error.span.text == "var.body"
