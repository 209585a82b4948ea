"""Managed disks and snapshots."""

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from tests.lab.azure.answer import Answer
from tests.lab.azure.arm.facts import generation, regions, security
from tests.lab.azure.arm.ids import name_of, plain_region
from tests.lab.azure.arm.kinds import Arm, CopyEnd, Kind
from tests.lab.azure.arm.store import Stored
from tests.lab.azure.refusal import GapError, RefusedError

Json = Any

SIZE_GB = 30


def check_disk(arm: Arm, _path: str, body: dict[str, Json]) -> dict[str, Json]:
    """Complete a disk from its source."""
    properties = body["properties"]
    properties.setdefault("diskSizeGB", SIZE_GB)
    source = _source(arm, body)
    if source is None:
        return {}
    properties.setdefault("hyperVGeneration", generation(arm, source))
    return {"security": security(arm, source)}


def check_snapshot(arm: Arm, path: str, body: dict[str, Json]) -> dict[str, Json]:
    """Complete a snapshot from its source; one of another region starts its copy."""
    hidden = check_disk(arm, path, body)
    if body["properties"]["creationData"]["createOption"] == "CopyStart":
        hidden |= {"copy_started": arm.clock.now()}
    return hidden


def show_snapshot(arm: Arm, stored: Stored, _query: Mapping[str, str]) -> dict[str, Json]:
    """Show how far the copy is.

    recording: test_completion_percent (0.0 right after the PUT, 100.0 at the end). spec: DiskRP snapshot.json,
    copyCompletionError:
    "Indicates the error details if the background copy of a resource created via the CopyStart operation fails", with errorCode
    CopySourceNotFound as its only value.
    """
    if "copy_started" not in stored.hidden:
        return stored.body
    properties = {**stored.properties, "completionPercent": completion(arm, stored)}
    if arm.copies is CopyEnd.FAILED and _share(arm, stored) >= 1:
        message = "The source of the copy was not found."
        properties["copyCompletionError"] = {"errorCode": "CopySourceNotFound", "errorMessage": message}
    return {**stored.body, "properties": properties}


def completion(arm: Arm, snapshot: Stored) -> float:
    """Say how much of a snapshot is there, in percent."""
    if "copy_started" not in snapshot.hidden:
        return 100.0
    end = 100 if arm.copies is CopyEnd.DONE else 50
    return float(min(_share(arm, snapshot), 1) * end)


def _share(arm: Arm, snapshot: Stored) -> float:
    return float((arm.clock.now() - snapshot.hidden["copy_started"]) / arm.copy_seconds)


def _source(arm: Arm, body: dict[str, Json]) -> Stored | None:
    data, region = body["properties"]["creationData"], plain_region(body["location"])
    match data["createOption"]:
        case "Empty":
            return None
        case "FromImage":
            source = arm.store.get((data.get("galleryImageReference") or data.get("imageReference"))["id"])
            if region not in regions(source):
                # The words: packer-plugin-azure#145, terraform-provider-azurerm#8186.
                message = f"The gallery image {source.id} is not available in {region} region."
                raise RefusedError(404, "GalleryImageNotFound", message)
        case "Copy":
            source = arm.store.get(data["sourceResourceId"])
            _need_complete(arm, source)
            if region not in regions(source):
                # learn.microsoft.com, disks-incremental-snapshots: a disk or snapshot copied by "Copy" lies where its source
                # does.
                raise RefusedError(400, "BadRequest", f"{source.id} is in {source.body['location']}, and not in {region}.")
        case "CopyStart":
            source = arm.store.get(data["sourceResourceId"])
            _need_complete(arm, source)
            # learn.microsoft.com, disks-copy-incremental-snapshot-across-regions: snapshots only, and incremental ones.
            if not (source.properties.get("incremental") and body["properties"].get("incremental")):
                raise RefusedError(400, "BadRequest", "CopyStart takes incremental snapshots only.")
        case other:
            message = f"createOption {other}"
            raise GapError(message)
    return source


def _need_complete(arm: Arm, source: Stored) -> None:
    # learn.microsoft.com, disks-copy-incremental-snapshot-across-regions: usable when completionPercent is 100.
    if source.type == "microsoft.compute/snapshots" and completion(arm, source) < 100:
        raise RefusedError(409, "OperationNotAllowed", f"The copy of the snapshot {name_of(source.id)} is not complete.")


def check_unused(arm: Arm, disk: Stored) -> None:
    """Refuse to delete a disk that is in use (learn.microsoft.com, disks-faq: shared access)."""
    if disk.id.lower() in arm.access:
        message = f"There is an active shared access signature outstanding for disk {name_of(disk.id)}."
        raise RefusedError(409, "OperationNotAllowed", f"{message} Call EndGetAccess before attaching or deleting the disk.")
    if holder := disk.body.get("managedBy"):
        raise RefusedError(409, "OperationNotAllowed", f"Disk {name_of(disk.id)} is attached to VM {holder}.")


def grant_access(arm: Arm, disk: Stored, _body: Json) -> Answer:
    """POST beginGetAccess (recording: test_managed_disk, `disk grant-access`: 202, and `accessSAS` at the end)."""
    blob = f"md-lab/{name_of(disk.id)}/abcd".lower()
    arm.access[disk.id.lower()] = blob
    account, _, rest = blob.partition("/")
    sas = {"accessSAS": f"https://{account}.blob.core.windows.net/{rest}?sv=2018-03-28&sr=b&si=lab&sig=c2ln"}
    return Answer(202, headers=arm.operations.start(operations_path(disk, "DiskOperations"), sas))


def revoke_access(arm: Arm, disk: Stored, _body: Json) -> Answer:
    """POST endGetAccess (recording: test_managed_disk: 202)."""
    arm.access.pop(disk.id.lower(), None)
    return Answer(202, headers=arm.operations.start(operations_path(disk, "DiskOperations")))


def operations_path(thing: Stored, operations: str) -> str:
    """Say where long operations on a thing are asked about (recordings as in operations.py), on the host that is asked."""
    subscription, _, below = thing.id.split("/")[2], *thing.id.partition("/providers/")[1:]
    provider = below.split("/")[0] or "Microsoft.Resources"
    region = plain_region(thing.body.get("location") or "westeurope")
    return f"/subscriptions/{subscription}/providers/{provider}/locations/{region}/{operations}"


_ACCESS = {"begingetaccess": grant_access, "endgetaccess": revoke_access}
# recordings: test_completion_percent, test_managed_disk: 202 for a PUT that makes or changes one, and for DELETE.
_DISK = Kind(202, 202, 202, "DiskOperations", with_output=True, before_delete=check_unused, actions=_ACCESS)
DISKS = replace(_DISK, check=check_disk)
SNAPSHOTS = replace(_DISK, check=check_snapshot, show=show_snapshot)
