"""What Packer or Azure would refuse is an error before there is any HCL; what only fails later is a note."""

from typing import Any

import pytest

from aib2packer import Severity
from tests.cases.templates import GALLERY_TARGET, convert_json, template

GROUPS = "/subscriptions/11111111-1111-1111-1111-111111111111/resourceGroups"
SHELL = {"type": "Shell", "inline": ["true"]}


def managed_image(name: str, group: str = "images") -> dict[str, str]:
    """Make a target."""
    image = f"{GROUPS}/{group}/providers/Microsoft.Compute/images/{name}"
    return {"type": "ManagedImage", "imageId": image, "location": "westeurope", "runOutputName": "web"}


def vhd(container: str) -> dict[str, str]:
    """Make a target."""
    return {"type": "VHD", "runOutputName": "web", "uri": f"https://contoso.blob.core.windows.net/{container}/web.vhd"}


def shell_script(uri: str) -> dict[str, str]:
    """Make a customizer."""
    return {"type": "Shell", "scriptUri": uri}


REFUSED: dict[str, dict[str, Any]] = {
    "group with a blank": template(customize=[SHELL], distribute=[managed_image("web", "my group")]),
    "group with a dot at the end": template(customize=[SHELL], distribute=[managed_image("web", "group.")]),
    "image with a dot at the end": template(customize=[SHELL], distribute=[managed_image("web.")]),
    "image of 81 characters": template(customize=[SHELL], distribute=[managed_image("w" * 81)]),
    "image that is not ASCII": template(customize=[SHELL], distribute=[managed_image("w\u00e9b")]),
    "container in upper case": template(customize=[SHELL], distribute=[vhd("Golden")]),
    "container of two characters": template(customize=[SHELL], distribute=[vhd("ab")]),
    "container with two dashes": template(customize=[SHELL], distribute=[vhd("a--b")]),
    "identity that is no id": template(customize=[SHELL], properties={"vmProfile": {"userAssignedIdentities": ["me"]}}),
    "negative disk": template(customize=[SHELL], properties={"vmProfile": {"osDiskSizeGB": -5}}),
    "disk beyond all bounds": template(customize=[SHELL], properties={"vmProfile": {"osDiskSizeGB": 10**12}}),
    "value of a tag over 256 bytes": template(customize=[SHELL], tags={"a": "x" * 257}),
    "name of a tag over 512 bytes": template(customize=[SHELL], tags={"a" * 513: "x"}),
    "51 tags": template(customize=[SHELL], tags={f"tag{number}": "x" for number in range(51)}),
    "script from the machine's own disk": template(customize=[shell_script("file:///etc/passwd")]),
    "script without a scheme": template(customize=[shell_script("setup.sh")]),
    "script that is an option": template(customize=[shell_script("-K/etc/passwd")]),
    "version of four numbers": template(
        customize=[SHELL], distribute=[{**GALLERY_TARGET, "galleryImageId": f"{GALLERY_TARGET['galleryImageId']}.0"}]
    ),
}
ACCEPTED: dict[str, dict[str, Any]] = {
    "group with brackets": template(customize=[SHELL], distribute=[managed_image("web", "group(1)")]),
    "image of 80 characters": template(customize=[SHELL], distribute=[managed_image("w" * 80)]),
    "50 tags": template(customize=[SHELL], tags={f"tag{number}": "x" for number in range(50)}),
    "value of a tag of 256 bytes": template(customize=[SHELL], tags={"a": "x" * 256}),
    "script from a server of one's own": template(customize=[shell_script("http://10.0.0.1/setup.sh")]),
    "script that is filled in": template(customize=[shell_script("<scriptUri>")]),
}


@pytest.mark.parametrize("value", REFUSED.values(), ids=REFUSED)
def test_what_cannot_be_built_is_an_error(value: dict[str, Any]) -> None:
    conversion = convert_json(value)

    assert conversion.hcl is None
    assert any(finding.severity is Severity.ERROR for finding in conversion.findings)


@pytest.mark.parametrize("value", ACCEPTED.values(), ids=ACCEPTED)
def test_what_just_fits_is_none(value: dict[str, Any]) -> None:
    assert convert_json(value).hcl is not None
