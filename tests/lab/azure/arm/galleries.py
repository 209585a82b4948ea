"""Galleries, image definitions and their versions."""

import re
from collections.abc import Mapping
from typing import Any

from tests.lab.azure.arm.facts import CONFINED, definition_security, generation, security
from tests.lab.azure.arm.ids import name_of, parent_of, plain_region
from tests.lab.azure.arm.kinds import Arm, Kind
from tests.lab.azure.arm.store import Stored
from tests.lab.azure.refusal import RefusedError

Json = Any

MANY = ("TrustedLaunchSupported", "ConfidentialVMSupported", "TrustedLaunchAndConfidentialVmSupported")
VM = "microsoft.compute/virtualmachines"
NO_IMAGES = (VM, "microsoft.compute/disks", "microsoft.compute/snapshots")


def check_child(arm: Arm, path: str, _body: dict[str, Json]) -> dict[str, Json]:
    """Refuse what lies in a gallery or definition that is not there."""
    arm.store.get(parent_of(path))
    return {}


def check_version(arm: Arm, path: str, body: dict[str, Json]) -> dict[str, Json]:
    """Complete a version: from its source, and what it says of regions.

    spec: GalleryRP gallery.json. Each target region shows a count and a type of storage: its own, else the version's, else
    1 and Standard_LRS (recording: test_gallery_e2e).
    """
    definition = arm.store.get(parent_of(path))
    if not re.fullmatch(r"\d{1,10}\.\d{1,10}\.\d{1,10}", name_of(path)) or any(
        int(number) >= 2**31 for number in name_of(path).split(".")
    ):
        # spec: gallery.json: "digits and periods; digits must be within the range of a 32-bit integer".
        raise RefusedError(400, "InvalidParameter", f"The gallery image version name {name_of(path)} is not valid.")
    _check_source(arm, path, body, definition)
    complete_regions(body)
    return {}


def complete_regions(body: dict[str, Json]) -> None:
    """Write down each region's count and type of storage, and refuse regions that make no sense."""
    profile = body["properties"].setdefault("publishingProfile", {})
    if profile.get("endOfLifeDate") == "":  # azure-arm's way to say none
        del profile["endOfLifeDate"]
    home = plain_region(body["location"])
    targets = profile.setdefault("targetRegions", None) or [{"name": home}]
    names = [plain_region(target["name"]) for target in targets]
    if home not in names:
        # facts 1 (gallery), and learn.microsoft.com, azure-compute-gallery: the source's region is one of the version's.
        raise RefusedError(400, "InvalidParameter", f"The target regions {names} must have the location {home}.")
    if len(set(names)) != len(names):
        raise RefusedError(400, "InvalidParameter", f"A region stands twice among {names}.")
    profile["targetRegions"] = [
        {
            **target,
            "regionalReplicaCount": target.get("regionalReplicaCount") or profile.get("replicaCount") or 1,
            "storageAccountType": target.get("storageAccountType") or profile.get("storageAccountType") or "Standard_LRS",
        }
        for target in targets
    ]


def _check_source(arm: Arm, path: str, body: dict[str, Json], definition: Stored) -> None:
    storage = body["properties"].setdefault("storageProfile", {})
    named = _source_of(storage)
    before = arm.store.find(path)
    if named is None and before is not None:  # `az sig image-version update` sends none (seen with az 2.91)
        body["properties"]["storageProfile"] = before.properties["storageProfile"]
        return
    if named is None:
        raise RefusedError(400, "InvalidParameter", "A gallery image version needs a source.")
    if before is not None and named != _source_of(before.properties["storageProfile"]):
        # hashicorp/packer#9716 quotes this (of the API of 2020).
        message = "Changing property 'galleryImageVersion.properties.publishingProfile.source.managedImage.id' is not allowed."
        raise RefusedError(409, "PropertyChangeNotAllowed", message)
    source = arm.store.get(named)
    _check_security(arm, definition, source)
    ours, theirs = generation(arm, definition), generation(arm, source)
    if ours != theirs:
        # packer-plugin-azure#42 and azure-docs#118774 quote this.
        message = (
            f"The resource with id '{named}' has a different Hypervisor generation ['{theirs}'] than the parent gallery image"
        )
        raise RefusedError(409, "Conflict", f"{message} Hypervisor generation ['{ours}'].")
    if source.type == VM and definition.properties["osState"] == "Generalized" and not source.hidden.get("generalized"):
        # learn.microsoft.com, image-version: a VM is generalized first for a definition that is.
        raise RefusedError(409, "OperationNotAllowed", f"The VM {name_of(source.id)} is not generalized.")
    if source.type in (*NO_IMAGES, "microsoft.compute/images") and plain_region(source.body["location"]) != plain_region(
        body["location"]
    ):
        # learn.microsoft.com, image-version: the version's location is that of its source.
        raise RefusedError(400, "InvalidParameter", f"{source.id} is in {source.body['location']}, not in {body['location']}.")


def _source_of(storage: Mapping[str, Json]) -> str | None:
    source = storage.get("source") or {}
    disk = (storage.get("osDiskImage") or {}).get("source") or {}
    found: str | None = source.get("id") or source.get("virtualMachineId") or disk.get("id")
    return found


def _check_security(arm: Arm, definition: Stored, source: Stored) -> None:
    """Facts 2, "the definition's security type decides the way"."""
    wanted, has = definition_security(definition), security(arm, source)
    if wanted in MANY and source.type in NO_IMAGES:
        # packer-plugin-azure#304 quotes this.
        message = f"The security type '{wanted}' is not supported for the source id '{source.id}'. Currently only Vhd Blob,"
        message += f" User Image and Gallery Image Version sources are supported for '{wanted}' images."
        raise RefusedError(400, "InvalidParameter", message)
    if (wanted in CONFINED and has != wanted) or (wanted not in CONFINED and has):
        # packer-plugin-azure#528, microsoft/STL#4682; the words are ours.
        message = f"The security type '{has or 'Standard'}' of {source.id} is not that of the gallery image,"
        message += f" '{wanted or 'Standard'}'."
        raise RefusedError(400, "InvalidParameter", message)


def show_version(_arm: Arm, stored: Stored, query: Mapping[str, str]) -> dict[str, Json]:
    """Show the state of the replicas where it is asked for (recording: test_gallery_e2e, $expand=ReplicationStatus)."""
    if query.get("$expand", "").lower() != "replicationstatus":
        return stored.body
    regions = stored.properties["publishingProfile"]["targetRegions"]
    done = [{"region": region["name"], "state": "Completed", "details": "", "progress": 100} for region in regions]
    status = {"aggregatedState": "Completed", "summary": done}
    return {**stored.body, "properties": {**stored.properties, "replicationStatus": status}}


# recordings: test_gallery_e2e, test_image_version_end_of_life_date: PUT 201, then 200; DELETE 202; …/capsOperations/….
GALLERIES = Kind(201, 200, 202, "capsOperations")
DEFINITIONS = Kind(201, 200, 202, "capsOperations", check=check_child)
VERSIONS = Kind(201, 200, 202, "capsOperations", check=check_version, show=show_version)
