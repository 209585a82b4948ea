"""Virtual machines: a real one is started for each."""

import base64
import re
import uuid
from collections.abc import Callable, Mapping
from typing import Any, Protocol

from tests.lab.azure.answer import Answer
from tests.lab.azure.arm.disks import operations_path
from tests.lab.azure.arm.facts import generation, regions, security
from tests.lab.azure.arm.ids import group_of, parent_of, plain_region
from tests.lab.azure.arm.kinds import Arm, Kind
from tests.lab.azure.arm.store import Stored
from tests.lab.azure.refusal import RefusedError

Json = Any


class Running(Protocol):
    """A machine that runs."""

    @property
    def host(self) -> str:
        """Its address on loopback."""

    def stop(self) -> None:
        """End it."""

    def extension(self, command: str, user_data: str) -> None:
        """Run what an extension of the VM runs."""


# Starts a machine for a VM's properties.
Boot = Callable[[Mapping[str, Json]], Running]


def machines(boot: Boot) -> Kind:
    """Make the rules of VMs that are started by `boot` (spec: compute.json, VirtualMachines_*)."""

    def check(arm: Arm, path: str, body: dict[str, Json]) -> dict[str, Json]:
        return _check(arm, path, body, boot)

    actions = {"deallocate": _deallocate, "poweroff": _deallocate, "generalize": _generalize}
    return Kind(201, 200, 202, "operations", check=check, before_delete=_end, actions=actions)


def check_extension(arm: Arm, path: str, body: dict[str, Json]) -> dict[str, Json]:
    """Have a script extension run its command (learn.microsoft.com, custom-script-windows, instance-metadata-service)."""
    machine = arm.store.get(parent_of(path))
    settings = {**(body["properties"].get("settings") or {}), **(body["properties"].get("protectedSettings") or {})}
    data = machine.properties.get("userData")
    machine.hidden["machine"].extension(settings.get("commandToExecute", ""), base64.b64decode(data).decode() if data else "")
    return {}


# spec: compute.json, VirtualMachineExtensions_CreateOrUpdate: 201 or 200; Delete: 202.
EXTENSIONS = Kind(201, 200, 202, "operations", check=check_extension)


def _check(arm: Arm, path: str, body: dict[str, Json], boot: Boot) -> dict[str, Json]:
    properties = body["properties"]
    hidden = _source_facts(arm, properties, plain_region(body["location"]))
    disk = properties["storageProfile"]["osDisk"]
    made = [(disk, "FromImage"), *((data, "Empty") for data in properties["storageProfile"].get("dataDisks") or ())]
    for attached, option in made:
        id_ = f"{group_of(path)}/providers/Microsoft.Compute/disks/{attached.get('name') or uuid.uuid4().hex}"
        attached["managedDisk"] = {**(attached.get("managedDisk") or {}), "id": id_}
        shown = {"diskSizeGB": 30, "hyperVGeneration": hidden["generation"], "creationData": {"createOption": option}}
        facts = {"security": (properties.get("securityProfile") or {}).get("securityType", "")} if option == "FromImage" else {}
        arm.store.put(id_, {"location": body["location"], "managedBy": path, "properties": shown}, hidden=facts)
    properties["vmId"] = str(uuid.uuid4())
    machine = boot(properties)
    for interface in properties["networkProfile"]["networkInterfaces"]:
        for configuration in arm.store.get(interface["id"]).properties["ipConfigurations"]:
            configuration["properties"]["privateIPAddress"] = machine.host
            if public := configuration["properties"].get("publicIPAddress"):
                arm.store.get(public["id"]).properties["ipAddress"] = machine.host
    return {**hidden, "machine": machine}


def _source_facts(arm: Arm, properties: Mapping[str, Json], region: str) -> dict[str, Json]:
    reference = properties["storageProfile"]["imageReference"]
    wanted = (properties.get("securityProfile") or {}).get("securityType", "")
    if not reference.get("id"):
        return {"generation": marketplace_generation(reference)}
    source = source_image(arm, reference["id"])
    if region not in regions(source):
        # The words: packer-plugin-azure#145, terraform-provider-azurerm#8186.
        raise RefusedError(404, "GalleryImageNotFound", f"The gallery image {source.id} is not available in {region} region.")
    kind = security(arm, source)
    if kind and kind != wanted:
        # kubermatic/machine-controller#2013 and Azure/build-vm-image#32 quote this.
        message = f"The provided gallery image only supports creation of VMs and VM Scale Sets with '{kind}' security type."
        raise RefusedError(400, "BadRequest", message)
    return {"generation": generation(arm, source)}


def source_image(arm: Arm, path: str) -> Stored:
    """Find what a VM is made of: an image, a version, or the newest of a definition (learn.microsoft.com)."""
    found = re.fullmatch(r"(.*/galleries/[^/]+/images/[^/]+)(/versions/latest)?", path, re.IGNORECASE)
    if found is None:
        return arm.store.get(path)
    arm.store.get(found[1])
    versions = [
        stored
        for stored in arm.store.children(f"{found[1]}/versions")
        if not (stored.properties.get("publishingProfile") or {}).get("excludeFromLatest")
    ]
    if not versions:
        raise RefusedError(404, "GalleryImageNotFound", f"The gallery image {path} has no version.")
    return max(versions, key=lambda stored: [int(number) for number in stored.body["name"].split(".")])


def marketplace_generation(reference: Mapping[str, str]) -> str:
    """Give the generation of an image of the Marketplace: by its SKU, as Microsoft names them.

    The lab's templates name no others.
    """
    return "V2" if re.search(r"gen-?2|-g2\b", reference.get("sku", "").lower()) else "V1"


def _deallocate(arm: Arm, machine: Stored, _body: Json) -> Answer:
    machine.hidden["machine"].stop()
    machine.hidden["deallocated"] = True
    return Answer(202, headers=arm.operations.start(operations_path(machine, "operations")))


def _generalize(_arm: Arm, machine: Stored, _body: Json) -> Answer:
    if not machine.hidden.get("deallocated"):
        # spec: compute.json, VirtualMachines_Generalize: a VM is stopped first.
        raise RefusedError(409, "OperationNotAllowed", "The VM must be stopped before it is generalized.")
    machine.hidden["generalized"] = True
    return Answer(200)


def _end(arm: Arm, machine: Stored) -> None:
    machine.hidden["machine"].stop()
    for other in arm.store.all():
        if str(other.body.get("managedBy", "")).lower() == machine.id.lower():
            del other.body["managedBy"]
