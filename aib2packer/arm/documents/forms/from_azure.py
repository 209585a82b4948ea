"""What was read from Azure itself: an image template, and what a file of it alone cannot tell."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING

from aib2packer.arm.documents.siblings import NO_SECURITY_TYPE, ImageDefinition, KnownPlan, Siblings, SourceImage
from aib2packer.findings import codes
from aib2packer.jsonc.tree import JsonArray, JsonObject, JsonScalar, string_of
from aib2packer.text.secrets import mask

if TYPE_CHECKING:
    from collections.abc import Iterable

    from aib2packer.findings.model import Report
    from aib2packer.jsonc.tree import Json

MARK = "readFromAzure"
"""The key that a reading has; its value is the id of the image template."""


def image_template_of(document: JsonObject) -> JsonObject | None:
    """The image template in a reading; None for other documents."""
    template = document.get("imageTemplate")
    return template if document.get(MARK) is not None and isinstance(template, JsonObject) else None


def siblings_of(document: JsonObject) -> Siblings:
    """What Azure says of the image definitions that the template distributes to, and of the image that it starts from."""
    source = _properties(document.get("source"))
    return Siblings(
        tuple(definition_of_azure(item) for item in _items(document.get("imageDefinitions"))),
        triggers=tuple(_names(document.get("triggers"))),
        source=None if source is None else _source_image(source, _properties(document.get("sourceVersion"))),
        made=tuple(_artifacts(document)),
    )


def definition_of_azure(item: JsonObject) -> ImageDefinition:
    """An image definition, by the end of its id: galleries/NAME/images/NAME."""
    pieces = (string_of(item.get("id")) or "").split("/")
    name = "/".join(pieces[-3::2]) if len(pieces) > 3 else None  # noqa: PLR2004 - gallery, images, name
    said = _properties(item)
    if said is None:
        return ImageDefinition((), name)
    return ImageDefinition((), name, _os_type(said), _generation(said), _security_type(said))


def _source_image(source: JsonObject, version: JsonObject | None) -> SourceImage:
    """What a managed image, or an image definition and its version, say of themselves."""
    storage = (version if version is not None else source).get("storageProfile")
    known = partial(SourceImage, os_type=_os_type(source), generation=_generation(source))
    if not isinstance(storage, JsonObject):
        return known(_plan(source), None, None)
    disks = _items(storage.get("dataDiskImages")) or _items(storage.get("dataDisks"))
    os_disk = next((one for key in ("osDiskImage", "osDisk") if isinstance(one := storage.get(key), JsonObject)), None)
    return known(_plan(source), tuple(_size(disk) or 0 for disk in disks), None if os_disk is None else _size(os_disk))


def _plan(definition: JsonObject) -> KnownPlan | None:
    plan = definition.get("purchasePlan")
    name, product, publisher = (
        plan.get(key) if isinstance(plan, JsonObject) else None for key in ("name", "product", "publisher")
    )
    if not (isinstance(name, JsonScalar) and isinstance(product, JsonScalar) and isinstance(publisher, JsonScalar)):
        return None
    return KnownPlan(name, product, publisher) if name.value and product.value and publisher.value else None


def _size(disk: JsonObject) -> int | None:
    for key in ("sizeInGB", "diskSizeGB"):
        size = disk.get(key)
        if isinstance(size, JsonScalar) and isinstance(size.value, int):
            return size.value
    return None


def _generation(properties: JsonObject) -> str | None:
    return string_of(properties.get("hyperVGeneration"))


def report_reading(document: JsonObject, report: Report) -> None:
    """Say what is not carried over, what could not be read, and how the last build ended."""
    for trigger in _items(document.get("triggers")):
        report.add(
            codes.TRIGGER,
            trigger.key_span("name"),
            f"the trigger {mask(string_of(trigger.get('name')) or '')} is not converted: Image Builder starts a build when its "
            "source image changes",
            help="Run `packer build` on a schedule. In a folder, the build has starter pipelines.",
        )
    for missing in _items(document.get("notRead")):
        report.add(
            codes.NOT_READ,
            missing.key_span("id"),
            f"{mask(string_of(missing.get('id')) or '')} could not be read: {mask(string_of(missing.get('reason')) or '')}",
            help=string_of(missing.get("help")) or "Ask again with --refresh.",
        )
    _report_last_run(document, report)


def _report_last_run(document: JsonObject, report: Report) -> None:
    template = document.get("imageTemplate")
    properties = _properties(template)
    status = None if properties is None else properties.get("lastRunStatus")
    if properties is not None:
        _report_refused(properties, report)
    if not isinstance(status, JsonObject):
        if properties is not None and not any(_artifacts(document)):
            report.add(
                codes.NEVER_BUILT,
                properties.key_span("source"),
                "this image template has never run, so nothing shows that it builds",
                help="Watch the first `packer build` closely: what fails may never have worked.",
            )
        return
    state = string_of(status.get("runState")) or ""
    if state.lower() == "canceled":
        report.add(
            codes.NEVER_BUILT,
            status.key_span("runState"),
            "the last build in Image Builder was canceled, so nothing shows that the template builds as it is now",
            help="Watch the first `packer build` closely: what fails may never have worked.",
        )
    if state.lower() in {"failed", "partiallysucceeded"}:
        message = " ".join(mask(string_of(status.get("message")) or "").split())
        report.add(
            codes.LAST_RUN,
            status.key_span("runState"),
            f"the last build in Image Builder ended as {state}{f': {message}' if message else ''}",
            help="Fix that first: Packer's build does the same work, and may fail in the same place.",
        )


def _report_refused(properties: JsonObject, report: Report) -> None:
    """Image Builder looks at a template when it is deployed; one that it refused is there all the same, and cannot run."""
    error = properties.get("provisioningError")
    if (string_of(properties.get("provisioningState")) or "").lower() == "failed":
        said = error.get("message") if isinstance(error, JsonObject) else None
        message = " ".join(mask(string_of(said) or "").split())
        report.add(
            codes.LAST_RUN,
            properties.key_span("provisioningState"),
            f"Image Builder refused this image template when it was deployed{f': {message}' if message else ''}",
            help="Fix that first: Packer's build does the same work, and may fail in the same place.",
        )


def _items(node: Json | None) -> tuple[JsonObject, ...]:
    return tuple(item for item in node.items if isinstance(item, JsonObject)) if isinstance(node, JsonArray) else ()


def _artifacts(document: JsonObject) -> Iterable[str]:
    """The ids that the run outputs have."""
    outputs = (properties for item in _items(document.get("runOutputs")) if (properties := _properties(item)))
    return (id_ for properties in outputs if (id_ := string_of(properties.get("artifactId"))))


def _names(node: Json | None) -> Iterable[str]:
    return (mask(name) for item in _items(node) if (name := string_of(item.get("name"))))


def _properties(node: Json | None) -> JsonObject | None:
    properties = node.get("properties") if isinstance(node, JsonObject) else None
    return properties if isinstance(properties, JsonObject) else None


def _os_type(properties: JsonObject) -> str | None:
    """The system of an image definition, or of the disk of a managed image."""
    storage = properties.get("storageProfile")
    disk = storage.get("osDisk") if isinstance(storage, JsonObject) else None
    return string_of(properties.get("osType")) or (string_of(disk.get("osType")) if isinstance(disk, JsonObject) else None)


def _security_type(properties: JsonObject) -> str:
    for feature in _items(properties.get("features")):
        if (string_of(feature.get("name")) or "").lower() == "securitytype":
            return string_of(feature.get("value")) or NO_SECURITY_TYPE
    return NO_SECURITY_TYPE
