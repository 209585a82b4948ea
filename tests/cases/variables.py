"""Values for the variables that a build requires."""

import re

SUBSCRIPTION = "33333333-3333-3333-3333-333333333333"
IMAGE_ID = f"/subscriptions/{SUBSCRIPTION}/resourceGroups/images/providers/Microsoft.Compute/galleries/golden/images/web"
SUBNET_ID = (
    f"/subscriptions/{SUBSCRIPTION}/resourceGroups/network/providers/Microsoft.Network/virtualNetworks/hub/subnets/builds"
)
# Made-up but well-formed values, by the name of the variable; all others get the last.
VALUES = {
    "subscription_id": SUBSCRIPTION,
    "subnet_id": SUBNET_ID,
    "gallery_image_id": IMAGE_ID,
    "source_image_version_id": f"{IMAGE_ID}/versions/1.0.0",
    "location": "westeurope",
    "region": "westeurope",
    "vhd_storage_account": "contosovhds",
}
ANY_VALUE = "value1"

_REQUIRED = re.compile(r'^variable "(\w+)" \{\n((?:  .*\n|\n)*?)\}$', re.MULTILINE)


def required_variables(hcl: str) -> dict[str, str]:
    """Give values for the variables of a build that have no default."""
    names = [name for name, body in _REQUIRED.findall(hcl) if not re.search(r"^  default ", body, re.MULTILINE)]
    return {name: VALUES.get(name, ANY_VALUE) for name in names}
