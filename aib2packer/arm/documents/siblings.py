"""What is deployed beside an image template: image definitions say what the template leaves open, the rest is reported."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING

from aib2packer.arm.language.symbolic import Concat, DeploymentFact, concat, is_symbol
from aib2packer.findings import codes
from aib2packer.findings.text import in_a_sentence
from aib2packer.jsonc.tree import JsonArray, JsonObject, JsonScalar
from aib2packer.lazy.models import dataclass
from aib2packer.text.secrets import mask

if TYPE_CHECKING:
    from collections.abc import Sequence

    from aib2packer.arm.documents.deployment import Deployed
    from aib2packer.arm.evaluation.scope import Scope
    from aib2packer.arm.language.symbolic import ArmValue, Symbol
    from aib2packer.findings.model import Report
    from aib2packer.jsonc.tree import Json

_DEFINITION = "microsoft.compute/galleries/images"
_TRIGGER = "microsoft.virtualmachineimages/imagetemplates/triggers"
_GALLERIES = "microsoft.compute/galleries"
NO_SECURITY_TYPE = "Standard"
_LONGEST_NAME = 60  # characters
_MOST_NAMED = 4
_NOT_TOLD = DeploymentFact("reference")  # some symbol: what cannot be evaluated is not what is converted
_NEEDED = {
    "microsoft.compute/galleries": "gallery",
    _DEFINITION: "image definition",
    "microsoft.network/virtualnetworks": "network",
    "microsoft.network/virtualnetworks/subnets": "subnet",
    "microsoft.storage/storageaccounts": "storage account",
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

    `os_type` and `generation` are those of the image. `data_disks` are the sizes of its data disks in GB, 0 where Azure does
    not tell. What is None could not be read.
    """

    plan: KnownPlan | None
    data_disks: tuple[int, ...] | None
    os_disk_gb: int | None
    os_type: str | None = None
    generation: str | None = None


@dataclass(frozen=True, slots=True)
class ImageDefinition:
    """What an image definition says; what is None is not known, or not said.

    `name` is that of its gallery, a slash and its own: text, and symbols where only the deployment tells. `known_name` is it
    with the values that the parameters have.
    """

    name: tuple[str | Symbol, ...] = ()
    known_name: str | None = None
    os_type: str | None = None
    generation: str | None = None
    security_type: str | None = None
    """`Standard` for a definition that says that it has none."""


@dataclass(frozen=True, slots=True)
class Siblings:
    """What is deployed beside the image template, or what Azure has of it."""

    definitions: tuple[ImageDefinition, ...] = ()
    triggers: tuple[str, ...] = ()
    """The names of what starts a build when the source image changes; `...` for one that only the deployment knows."""
    source: SourceImage | None = None
    """The image that it starts from, where Azure was asked."""
    made: tuple[str, ...] = ()
    """The ids of what its runs have made, where Azure was asked."""


def read_siblings(everything: Sequence[Deployed]) -> Siblings:
    """Read the image definitions and triggers among what a template deploys."""
    return Siblings(
        tuple(_definition(deployed) for deployed in everything if deployed.type == _DEFINITION),
        tuple(_trigger(deployed) for deployed in everything if deployed.type == _TRIGGER),
    )


def _trigger(deployed: Deployed) -> str:
    from aib2packer.arm.documents.deployment import name_of

    name = name_of(deployed)
    return "..." if name.startswith("[") else mask(name).split("/")[-1]


def report_siblings(everything: Sequence[Deployed], image_template: Deployed, report: Report) -> None:
    """Say what must be deployed all the same, and what is not carried over."""
    from aib2packer.arm.documents.deployment import name_of

    depends = image_template.body.get("dependsOn")
    if isinstance(depends, JsonArray) and depends.items:
        report.add(
            codes.DEPENDS_ON,
            image_template.body.key_span("dependsOn"),
            "the image template depends on other resources (dependsOn), of which Packer knows nothing",
            help="Deploy those that the build needs before the first build.",
        )
    if needed := [deployed for deployed in everything if deployed.type in _NEEDED]:
        them, are = ("it", "It") if len(needed) == 1 else ("them", "They")
        report.add(
            codes.DEPLOYED_BESIDE,
            needed[0].body.key_span("type"),
            f"this template also deploys {_listed([_called(deployed) for deployed in needed])}: Packer does not make {them}",
            help=f"Keep deploying {them}. {are} must be there before the first build.",
        )
    for deployed in everything:
        if deployed.type == _TRIGGER:
            report.add(
                codes.TRIGGER,
                deployed.body.key_span("type"),
                f"the trigger {name_of(deployed)} is not converted: Image Builder starts a build when its source image changes",
                help="Run `packer build` on a schedule. In a folder, the build has starter pipelines.",
            )


def _called(deployed: Deployed) -> str:
    """A resource that builds need, as people call it; without a name that only the deployment knows, or that is long."""
    from aib2packer.arm.documents.deployment import name_of

    what, name = _NEEDED[deployed.type], name_of(deployed)
    is_told = len(name) <= _LONGEST_NAME and not name.startswith("[")
    return f"the {what} {name}" if is_told else f"{'an' if what[0] in 'ai' else 'a'} {what}"


def _listed(things: Sequence[str]) -> str:
    """Things in a sentence, alike ones once; of many the first."""
    alike = list(dict.fromkeys(things))
    if len(alike) > _MOST_NAMED:
        return f"{', '.join(alike[:_MOST_NAMED])} and {len(alike) - _MOST_NAMED} more resources"
    return in_a_sentence(alike)


def _definition(deployed: Deployed) -> ImageDefinition:
    properties = deployed.body.get("properties")
    said = properties if isinstance(properties, JsonObject) else None
    known_name = _joined(_name(deployed, deployed.scopes.resolved))
    return ImageDefinition(
        _name(deployed, deployed.scopes.symbolic),
        known_name,
        _text(deployed, said, "osType"),
        _text(deployed, said, "hyperVGeneration"),
        _security_type(deployed, said),
    )


def _name(deployed: Deployed, scope: Scope) -> tuple[str | Symbol, ...]:
    """The name of a definition behind that of its gallery, in which it may stand; nothing where it cannot be told."""
    names = [_value(one.body.get("name"), scope) for one in (*deployed.around, deployed) if one.type.startswith(_GALLERIES)]
    known = [name for name in names if isinstance(name, str) or is_symbol(name)]
    if len(known) < len(names):
        return ()
    whole = concat(piece for name in known for piece in ("/", name))
    parts = whole.parts if isinstance(whole, Concat) else (whole,)
    first, *rest = parts
    return tuple(part for part in (first[1:], *rest) if part) if isinstance(first, str) else ()


def _joined(name: tuple[str | Symbol, ...]) -> str | None:
    match name:
        case (str() as known,):
            return known
        case _:
            return None


def _text(deployed: Deployed, properties: JsonObject | None, key: str) -> str | None:
    value = None if properties is None else _value(properties.get(key), deployed.scopes.resolved)
    return value if isinstance(value, str) else None


def _security_type(deployed: Deployed, properties: JsonObject | None) -> str | None:
    """The security type among the features of an image definition: `[{name: SecurityType, value: …}]`."""
    features = _NOT_TOLD if properties is None else _value(properties.get("features"), deployed.scopes.resolved)
    if features is None:
        return NO_SECURITY_TYPE
    if not isinstance(features, tuple):
        return None
    for feature in features:
        if not isinstance(feature, Mapping):
            return None
        known = {str(key).lower(): item for key, item in feature.items()}
        name, value = known.get("name"), known.get("value")
        if not isinstance(name, str):
            return None
        if name.lower() == "securitytype":
            return value if isinstance(value, str) else None
    return NO_SECURITY_TYPE


def _value(node: Json | None, scope: Scope) -> ArmValue:
    """A value; a symbol where it cannot be told."""
    from aib2packer.arm.evaluation.evaluate import evaluate_json
    from aib2packer.arm.language.expression import ExpressionError
    from aib2packer.arm.language.json_values import value_of

    try:
        return None if node is None else value_of(evaluate_json(node, scope))
    except ExpressionError:
        return _NOT_TOLD
