"""Networks, as far as a VM is in one (spec: network/*.json)."""

from typing import Any

from tests.lab.azure.arm.ids import name_of, parent_of, plain_region
from tests.lab.azure.arm.kinds import Arm, Kind
from tests.lab.azure.refusal import RefusedError

Json = Any


def check_interface(arm: Arm, _path: str, body: dict[str, Json]) -> dict[str, Json]:
    """Refuse a subnet that is not there, or in another region (learn.microsoft.com, resource-group-using-existing-network)."""
    for configuration in body["properties"]["ipConfigurations"]:
        subnet = configuration["properties"]["subnet"]["id"]
        network = arm.store.get(parent_of(subnet))
        if name_of(subnet) not in [known["name"] for known in network.properties["subnets"]]:
            raise RefusedError(400, "InvalidResourceReference", f"Resource {subnet} referenced by the interface was not found.")
        if plain_region(network.body["location"]) != plain_region(body["location"]):
            raise RefusedError(400, "InvalidResourceReference", f"Resource {subnet} is in another region.")
        configuration["properties"]["privateIPAddress"] = "10.0.0.4"
    return {}


def check_address(_arm: Arm, _path: str, body: dict[str, Json]) -> dict[str, Json]:
    """Show an address before the VM has it."""
    body["properties"]["ipAddress"] = "203.0.113.4"
    return {}


# spec: network/*.json: PUT 201 or 200, DELETE 202, long operations at .../operationResults.
INTERFACES = Kind(201, 200, 202, "operationResults", check=check_interface)
ADDRESSES = Kind(201, 200, 202, "operationResults", check=check_address)
NETWORKS = Kind(201, 200, 202, "operationResults")
SECURITY_GROUPS = Kind(201, 200, 202, "operationResults")
