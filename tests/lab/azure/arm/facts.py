"""What Azure knows of an image, disk, snapshot or VM although a GET does not always show it: generation and security type."""

from tests.lab.azure.arm.ids import parent_of, plain_region
from tests.lab.azure.arm.kinds import Arm
from tests.lab.azure.arm.store import Stored

IMAGE_VERSION = "microsoft.compute/galleries/images/versions"
CONFINED = ("TrustedLaunch", "ConfidentialVM")


def definition_security(definition: Stored) -> str:
    """Give the security type that an image definition names in its features; empty where it names none."""
    features = definition.properties.get("features") or []
    return next((str(feature["value"]) for feature in features if feature["name"].lower() == "securitytype"), "")


def security(arm: Arm, thing: Stored) -> str:
    """Give the security type that something was made with: TrustedLaunch, ConfidentialVM or nothing."""
    if thing.type == "microsoft.compute/virtualmachines":
        return str((thing.properties.get("securityProfile") or {}).get("securityType") or "")
    if thing.type == IMAGE_VERSION:
        kind = definition_security(arm.store.get(parent_of(thing.id)))
        return kind if kind in CONFINED else ""
    return str(thing.hidden.get("security", ""))


def generation(arm: Arm, thing: Stored) -> str:
    """Give V1 or V2.

    A version has that of its definition, and V1 is what nothing said means (spec: compute.json, HyperVGeneration).
    """
    if thing.type == IMAGE_VERSION:
        thing = arm.store.get(parent_of(thing.id))
    return str(thing.properties.get("hyperVGeneration") or thing.hidden.get("generation") or "V1")


def regions(thing: Stored) -> list[str]:
    """Say where something can be used."""
    if thing.type == IMAGE_VERSION:
        return [plain_region(region["name"]) for region in thing.properties["publishingProfile"]["targetRegions"]]
    return [plain_region(thing.body["location"])]
