"""Templates made in a test: valid as they are, but for what the test puts in."""

import json
from collections.abc import Mapping, Sequence
from typing import Any

from aib2packer import Conversion, Options, convert

Json = Any

GALLERY = (
    "/subscriptions/22222222-2222-2222-2222-222222222222/resourceGroups/images/providers/Microsoft.Compute/galleries/golden"
)
LINUX = {"type": "PlatformImage", "publisher": "Canonical", "offer": "0001-com-ubuntu-server-jammy", "sku": "22_04-lts-gen2"}
WINDOWS = {
    "type": "PlatformImage",
    "publisher": "MicrosoftWindowsServer",
    "offer": "WindowsServer",
    "sku": "2022-datacenter-g2",
}
IDENTITY = {
    "type": "UserAssigned",
    "userAssignedIdentities": {
        "/subscriptions/11111111-1111-1111-1111-111111111111/resourceGroups/identities/providers/Microsoft.ManagedIdentity"
        "/userAssignedIdentities/images": {}
    },
}
GALLERY_TARGET = {"type": "SharedImage", "galleryImageId": f"{GALLERY}/images/image/versions/1.0.0", "runOutputName": "image"}


def template(
    *,
    customize: Sequence[Mapping[str, Json]] = (),
    source: Mapping[str, Json] = LINUX,
    distribute: Sequence[Mapping[str, Json]] = (GALLERY_TARGET,),
    properties: Mapping[str, Json] | None = None,
    **resource: Json,
) -> dict[str, Json]:
    """Make an image template; `properties` are further ones, `resource` is what stands beside them."""
    return {
        "type": "Microsoft.VirtualMachineImages/imageTemplates",
        "apiVersion": "2023-07-01",
        "name": "image",
        "location": "westeurope",
        "identity": IDENTITY,
        **resource,
        "properties": {
            "source": source,
            "customize": list(customize),
            "distribute": list(distribute),
            **(properties or {}),
        },
    }


def convert_json(value: Json, options: Options | None = None) -> Conversion:
    """Convert a JSON value."""
    return convert(json.dumps(value), options=options)


def hcl_of(value: Json, options: Options | None = None) -> str:
    """Convert a JSON value, which must have HCL."""
    conversion = convert_json(value, options)
    assert conversion.hcl is not None, [finding.message for finding in conversion.findings]
    return conversion.hcl


def codes_of(value: Json, options: Options | None = None) -> list[str]:
    """The codes of the findings, but for those of the public address, the security type and the version."""
    found = [finding.code.id for finding in convert_json(value, options).findings]
    return [code for code in found if code not in {"AIB2P318", "AIB2P439", "AIB2P440"}]
