"""What is deployed beside an image template: image definitions say what the template leaves open, the rest is reported."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING

from aib2packer.findings import codes
from aib2packer.jsonc.tree import JsonArray, JsonObject, JsonScalar
from aib2packer.lazy.models import dataclass
from aib2packer.text.secrets import mask

if TYPE_CHECKING:
    from collections.abc import Sequence

    from aib2packer.arm.documents.deployment import Deployed
    from aib2packer.arm.language.symbolic import ArmValue
    from aib2packer.findings.model import Report

_DEFINITION = "microsoft.compute/galleries/images"
_TRIGGER = "microsoft.virtualmachineimages/imagetemplates/triggers"
_NO_SECURITY_TYPE = "Standard"
_NEEDED = {
    "microsoft.compute/galleries": "the gallery",
    _DEFINITION: "the image definition",
    "microsoft.network/virtualnetworks": "the network",
    "microsoft.network/virtualnetworks/subnets": "the subnet",
    "microsoft.storage/storageaccounts": "the storage account",
}


@dataclass(frozen=True, slots=True)
class KnownPlan:
    """The purchase plan of the marketplace image that another was made from."""

    name: JsonScalar
    product: JsonScalar
    publisher: JsonScalar


@dataclass(frozen=True, slots=True)
class SourceImage:
    """What Azure says of the image that a template starts from, and no template tells.

    `data_disks` are the sizes of its data disks in GB, 0 where Azure does not tell. What is None could not be read.
    """

    plan: KnownPlan | None
    data_disks: tuple[int, ...] | None
    os_disk_gb: int | None


@dataclass(frozen=True, slots=True)
class Siblings:
    """What all image definitions beside the image template say alike; None where they differ, or there is none."""

    os_type: str | None = None
    generation: str | None = None
    security_type: str | None = None
    triggers: tuple[str, ...] = ()
    """The names of what starts a build when the source image changes."""
    source: SourceImage | None = None
    """The image that it starts from, where Azure was asked."""


def read_siblings(everything: Sequence[Deployed]) -> Siblings:
    """Read the image definitions and triggers among what a template deploys."""
    from aib2packer.arm.documents.deployment import name_of

    definitions = [deployed for deployed in everything if deployed.type == _DEFINITION]
    return Siblings(
        _common(definitions, "osType"),
        _common(definitions, "hyperVGeneration"),
        _common(definitions, "features"),
        tuple(mask(name_of(deployed)).split("/")[-1] for deployed in everything if deployed.type == _TRIGGER),
    )


def report_siblings(everything: Sequence[Deployed], image_template: Deployed, report: Report) -> None:
    """Say what must be deployed all the same, and what is not carried over."""
    from aib2packer.arm.documents.deployment import name_of

    depends = image_template.body.get("dependsOn")
    if isinstance(depends, JsonArray) and depends.items:
        report.add(
            codes.DEPENDS_ON,
            image_template.body.key_span("dependsOn"),
            "the image template waits for other resources (dependsOn): Packer knows nothing of them",
            help="Deploy them before the first build.",
        )
    for deployed in everything:
        if deployed.type in _NEEDED:
            report.add(
                codes.DEPLOYED_BESIDE,
                deployed.body.key_span("type"),
                f"{_NEEDED[deployed.type]} {name_of(deployed)} is deployed by this template: Packer does not make it",
                help="Deploy it before the first build, as before.",
            )
        elif deployed.type == _TRIGGER:
            report.add(
                codes.TRIGGER,
                deployed.body.key_span("type"),
                f"the trigger {name_of(deployed)} is not converted: Image Builder starts a build when its source image changes",
                help="Run `packer build` on a schedule. In a folder, the build has pipelines to begin with.",
            )


def _common(definitions: Sequence[Deployed], key: str) -> str | None:
    values = {_property(definition, key) for definition in definitions}
    return values.pop() if len(values) == 1 else None


def _property(definition: Deployed, key: str) -> str | None:
    properties = definition.body.get("properties")
    node = properties.get(key) if isinstance(properties, JsonObject) else None
    if node is None:
        return _NO_SECURITY_TYPE if key == "features" else None
    from aib2packer.arm.evaluation.evaluate import evaluate_json
    from aib2packer.arm.language.expression import ExpressionError
    from aib2packer.arm.language.json_values import value_of

    try:
        value = value_of(evaluate_json(node, definition.scopes.resolved))
    except ExpressionError:
        return None  # it is not what is converted
    if key == "features":
        return _security_type(value)
    return value if isinstance(value, str) else None


def _security_type(features: ArmValue) -> str:
    """The security type among the features of an image definition: `[{name: SecurityType, value: …}]`."""
    for feature in features if isinstance(features, tuple) else ():
        known = {str(key).lower(): item for key, item in feature.items()} if isinstance(feature, Mapping) else {}
        if str(known.get("name")).lower() == "securitytype" and isinstance(known.get("value"), str):
            return str(known["value"])
    return _NO_SECURITY_TYPE
