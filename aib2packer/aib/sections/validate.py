"""How the finished image is validated (docs/reference/aib-behaviour.md 3)."""

from __future__ import annotations

from typing import TYPE_CHECKING

from aib2packer.aib.model import Located, Validation
from aib2packer.aib.sections.customize import read_customizers
from aib2packer.findings import codes

if TYPE_CHECKING:
    from collections.abc import Mapping

    from aib2packer.aib.fields import Fields
    from aib2packer.aib.sections.customize import ReadsCustomizer

KINDS = ("Shell", "PowerShell", "File")


def read_validation(properties: Fields, kinds: Mapping[str, ReadsCustomizer]) -> Validation | None:
    """Read `validate`; None where it asks for nothing: tools show the setting with nothing in it.

    `kinds` are the kinds of customizers that there are; some of them are kinds of validators too.
    """
    fields = properties.fields("validate")
    if fields is None:
        return None
    only = fields.boolean("sourceValidationOnly", needed=False)
    anyway = fields.flag("continueDistributeOnFailure")
    validators = read_customizers(fields, "inVMValidations", {kind: kinds[kind] for kind in KINDS}, "validator")
    fields.close()
    source_only = only is not None and only.value
    if not validators and not source_only:
        fields.skip("continueDistributeOnFailure")  # it has no effect
        return None
    fields.instruct("sourceValidationOnly", "continueDistributeOnFailure")
    if source_only:
        _without_image(properties)
    return Validation(
        validators=validators,
        source_only=source_only,
        distribute_on_failure=anyway or Located(value=False, span=fields.span),
        span=properties.key_span("validate"),
    )


def _without_image(properties: Fields) -> None:
    report, help_text = properties.report, "To build the image too, remove sourceValidationOnly."
    report.add(
        codes.SOURCE_ONLY,
        properties.key_span("validate"),
        "sourceValidationOnly: the source image is booted and validated, and no image is built",
        help=help_text,
    )
    if properties.has("customize"):
        report.add(
            codes.SOURCE_ONLY,
            properties.key_span("customize"),
            "customizers do not run: sourceValidationOnly validates the source image as it is",
            help=help_text,
        )
    if properties.has("distribute"):
        report.add(
            codes.SOURCE_ONLY,
            properties.key_span("distribute"),
            "nothing is distributed: with sourceValidationOnly there is no new image; Microsoft does not document what Image "
            "Builder distributes then",
            help=help_text,
        )
