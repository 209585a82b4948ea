"""Values for the variables that a build requires: made up, but well-formed for where the build uses them."""

import re

SUBSCRIPTION = "33333333-3333-3333-3333-333333333333"
GROUP = f"/subscriptions/{SUBSCRIPTION}/resourceGroups/images/providers"
IMAGE_VERSION = f"{GROUP}/Microsoft.Compute/galleries/golden/images/web/versions/1.0.0"
IDENTITY = f"{GROUP}/Microsoft.ManagedIdentity/userAssignedIdentities/builder"

_VARIABLE = re.compile(r'^variable "(\w+)" \{\n((?:  .*\n|\n)*?)\}$', re.MULTILINE)

# How a variable is used (its name stands for NAME), and a value for that use; the first that fits.
_BY_USE = (
    (r"subscription(?:_id)? += var\.NAME\n", SUBSCRIPTION),
    (r'split\("/", var\.NAME\)', IMAGE_VERSION),
    (r'split\("/", "\$\{var\.NAME\}/', f"{GROUP}/Microsoft.Compute/galleries/golden"),
    (r"user_assigned_managed_identities += \[(?:.*, )?var\.NAME[\],]", IDENTITY),
    (r"image_version += var\.NAME\n", "1.0.0"),
    (r"storage_account_type += var\.NAME\n", "Standard_LRS"),
)
_BY_TYPE = {"bool": "true", "number": "1"}


def required_variables(hcl: str) -> dict[str, str]:
    """Give values for the variables of a build that have no default."""
    found = {name: body for name, body in _VARIABLE.findall(hcl) if not re.search(r"^  default ", body, re.MULTILINE)}
    return {name: _value(name, body, hcl) for name, body in found.items()}


def _value(name: str, body: str, hcl: str) -> str:
    kind = re.search(r"^  type += (\w+)", body, re.MULTILINE)
    if kind is not None and kind[1] != "string":
        return _BY_TYPE.get(kind[1], "[]")
    allowed = re.search(r'condition += contains\(\["([^"]*)"', body)
    if allowed is not None:
        return allowed[1]
    by_use = (value for use, value in _BY_USE if re.search(use.replace("NAME", rf"{name}\b"), hcl, re.MULTILINE))
    return next(by_use, "value1")
