"""What azure-arm has left in Azure when the post-processors begin (facts 2: destinations, steps)."""

from collections.abc import Mapping
from typing import Any

from tests.lab.azure.arm.galleries import complete_regions
from tests.lab.azure.arm.ids import group_of
from tests.lab.azure.builds.after import OS_DISK
from tests.lab.azure.cloud import SimulatedAzure

Json = Any

HOME = "westeurope"  # of a build group that the template names without a region
COMPUTE = "providers/Microsoft.Compute"


def azure_arm_makes(azure: SimulatedAzure, source: Mapping[str, Json], generation: str) -> tuple[str, ...]:
    """Leave it there; give the paths of the resources, and the blob."""
    common = {"location": source.get("location") or HOME, "tags": source.get("azure_tags") or {}}
    made = []
    # An image in the group of the build itself goes with that, as soon as the version is made of it.
    if source.get("managed_image_name") and source["managed_image_resource_group_name"] != source.get(
        "temp_resource_group_name"
    ):
        group = f"/subscriptions/{source['subscription_id']}/resourceGroups/{source['managed_image_resource_group_name']}"
        azure.put(group, location=HOME)
        image, properties = f"{group}/{COMPUTE}/images/{source['managed_image_name']}", {"hyperVGeneration": generation}
        machine = {"id": f"{group_of(group)}-pkr/{COMPUTE}/virtualMachines/pkrvm"}
        azure.put(image, **common, properties={**properties, "sourceVirtualMachine": machine})
        made.append(image)
        if name := source.get("managed_image_os_disk_snapshot_name"):
            data = {"creationData": {"createOption": "Copy", "sourceResourceId": f"{group}/{COMPUTE}/disks/{OS_DISK}"}}
            azure.put(f"{group}/{COMPUTE}/snapshots/{name}", **common, properties={**properties, **data, "incremental": False})
            made.append(f"{group}/{COMPUTE}/snapshots/{name}")
    if gallery := source.get("shared_image_gallery_destination"):
        made.append(_version(azure, source, gallery, common))
    if container := source.get("capture_container_name"):
        made.append(f"{source['storage_account']}/{container}/{source.get('capture_name_prefix', '')}{OS_DISK}.vhd")
        azure.put_blob(made[-1])
    return tuple(made)


def version_path(source: Mapping[str, Json], gallery: Mapping[str, Json]) -> str:
    """Give the path of the version that azure-arm publishes."""
    group = (
        f"/subscriptions/{gallery.get('subscription') or source['subscription_id']}/resourceGroups/{gallery['resource_group']}"
    )
    definition = f"{group}/{COMPUTE}/galleries/{gallery['gallery_name']}/images/{gallery['image_name']}"
    return f"{definition}/versions/{gallery['image_version']}"


def _version(azure: SimulatedAzure, source: Mapping[str, Json], gallery: Mapping[str, Json], common: dict[str, Json]) -> str:
    path = version_path(source, gallery)
    regions = [
        {"name": region["name"], **({"regionalReplicaCount": region["replicas"]} if region.get("replicas") else {})}
        for region in gallery.get("target_region") or ()
    ] or [{"name": name} for name in gallery.get("replication_regions") or ()]
    if common["location"] not in [region["name"] for region in regions]:
        regions.append({"name": common["location"]})
    profile = {
        "targetRegions": regions,
        "storageAccountType": gallery.get("storage_account_type") or "Standard_LRS",
        "excludeFromLatest": bool(source.get("shared_gallery_image_version_exclude_from_latest")),
        **({"replicationMode": "Shallow"} if gallery.get("use_shallow_replication") else {}),
        **({"replicaCount": int(count)} if (count := source.get("shared_image_gallery_replica_count")) else {}),
    }
    body = {**common, "properties": {"publishingProfile": profile, "storageProfile": {"source": {"id": "of azure-arm"}}}}
    complete_regions(body)
    azure.put(path, **body)
    return path
