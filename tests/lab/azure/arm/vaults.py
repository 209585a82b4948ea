"""Key vaults, as far as azure-arm brings a certificate to a Windows VM by one (spec: keyvault.json)."""

from typing import Any

from tests.lab.azure.arm.ids import name_of, parent_of
from tests.lab.azure.arm.kinds import Arm, Kind

Json = Any


def check_secret(arm: Arm, path: str, body: dict[str, Json]) -> dict[str, Json]:
    """Tell where a secret is."""
    vault = parent_of(path)
    arm.store.get(vault)
    body["properties"]["secretUriWithVersion"] = f"https://{name_of(vault)}.vault.azure.net/secrets/{name_of(path)}/1"
    return {}


# spec: keyvault.json: PUT 201 or 200, DELETE 200, at once.
VAULTS = Kind(201, 200, 200)
SECRETS = Kind(201, 200, 200, check=check_secret)
