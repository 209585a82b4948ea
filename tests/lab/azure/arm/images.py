"""Managed images."""

from typing import Any

from tests.lab.azure.arm.disks import completion
from tests.lab.azure.arm.facts import generation, regions, security
from tests.lab.azure.arm.ids import name_of, plain_region
from tests.lab.azure.arm.kinds import Arm, Kind
from tests.lab.azure.arm.store import Stored
from tests.lab.azure.refusal import RefusedError

Json = Any


def check_image(arm: Arm, path: str, body: dict[str, Json]) -> dict[str, Json]:
    """Complete an image from the VM, disk or snapshot that it is made of."""
    properties = body["properties"]
    if (before := arm.store.find(path)) is not None:
        _check_unchanged(before.properties, properties)
    if machine := properties.get("sourceVirtualMachine"):
        source = arm.store.get(machine["id"])
        if not source.hidden.get("generalized"):
            # learn.microsoft.com, capture-image-resource: a VM is generalized first.
            raise RefusedError(409, "OperationNotAllowed", f"The VM {name_of(source.id)} is not generalized.")
        disk = source.properties["storageProfile"]["osDisk"]
        properties["storageProfile"] = {
            **(properties.get("storageProfile") or {}),
            "osDisk": {"osType": disk.get("osType", "Linux"), "osState": "Generalized", "managedDisk": disk["managedDisk"]},
            "dataDisks": [],
        }
        properties["hyperVGeneration"] = generation(arm, source)
    else:
        disk = properties["storageProfile"]["osDisk"]
        if disk.get("blobUri"):
            return {}
        source = arm.store.get((disk.get("managedDisk") or disk.get("snapshot"))["id"])
        _check_parts(arm, source, properties)
    _check_source(arm, source, body)
    return {}


def _check_unchanged(before: dict[str, Json], properties: dict[str, Json]) -> None:
    """Refuse another source for an image that is there (packer-plugin-azure#41 quotes this)."""
    if before.get("sourceVirtualMachine") != properties.get("sourceVirtualMachine"):
        raise RefusedError(409, "PropertyChangeNotAllowed", "Changing property 'sourceVirtualMachine' is not allowed.")
    ours, theirs = ((which.get("storageProfile") or {}).get("osDisk") or {} for which in (properties, before))
    if any(ours.get(name) != theirs.get(name) for name in ("managedDisk", "snapshot", "blobUri")):
        raise RefusedError(409, "PropertyChangeNotAllowed", "Changing property 'storageProfile.osDisk' is not allowed.")


def _check_source(arm: Arm, source: Stored, body: dict[str, Json]) -> None:
    if plain_region(body["location"]) not in regions(source):
        # learn.microsoft.com, capture-image-resource: an image lies in the region of what it is made of.
        raise RefusedError(400, "InvalidParameter", f"{source.id} is in {source.body['location']}, not in {body['location']}.")
    if kind := security(arm, source):
        # hashicorp/packer#13189 and Azure/azure-cli#31191 quote this.
        message = f"Creation of managed images are not supported for virtual machine with {kind} security type."
        raise RefusedError(409, "OperationNotAllowed", message)


def _check_parts(arm: Arm, source: Stored, properties: dict[str, Json]) -> None:
    if completion(arm, source) < 100:
        # learn.microsoft.com, disks-copy-incremental-snapshot-across-regions: usable when completionPercent is 100.
        raise RefusedError(409, "OperationNotAllowed", f"The copy of the snapshot {name_of(source.id)} is not complete.")
    ours, theirs = properties.get("hyperVGeneration") or "V1", generation(arm, source)
    if ours != theirs:
        # learn.microsoft.com, generation-2: an image has the generation of its disk.
        raise RefusedError(400, "InvalidParameter", f"The image is of generation {ours}, {source.id} of {theirs}.")


# recording: test_custom_image: PUT 201, a second one 200, DELETE 202, all with Azure-AsyncOperation (…/operations/…).
IMAGES = Kind(201, 200, 202, "operations", check=check_image)
