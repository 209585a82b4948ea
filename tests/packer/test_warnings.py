"""What is foreseen of a build: how long its job takes, and the commands that findings name."""

from typing import Any

import pytest

from aib2packer import Options
from tests.cases.templates import convert_json, template

VALIDATORS = {"inVMValidations": [{"type": "Shell", "name": "v", "inline": ["true"]}]}
FOLDER = Options(side_files=True)


def help_of(code: str, value: dict[str, Any]) -> str | None:
    """What the first finding of a code advises; None where there is none."""
    return next((finding.help for finding in convert_json(value, FOLDER).findings if finding.code.id == code), None)


def by_itself(minutes: int, **properties: Any) -> dict[str, Any]:  # noqa: ANN401 - JSON
    """A template that the service builds by itself."""
    own = {"buildTimeoutInMinutes": minutes, "autoRun": {"state": "Enabled"}, **properties}
    return template(apiVersion="2024-02-01", properties=own)


@pytest.mark.parametrize(
    ("minutes", "properties", "most"),
    [(330, {}, None), (331, {}, "330"), (165, {"validate": VALIDATORS}, None), (240, {"validate": VALIDATORS}, "165")],
)
def test_all_builds_of_a_job_count_against_its_time(minutes: int, properties: dict[str, Any], most: str | None) -> None:
    told = help_of("AIB2P450", by_itself(minutes, **properties))

    assert (told is None) == (most is None)
    assert most is None or f"lower buildTimeoutInMinutes to {most}" in str(told)


@pytest.mark.parametrize("with_version", [True, False])
def test_an_old_image_is_deleted_by_force_where_no_version_is_made_that_it_would_delete_too(*, with_version: bool) -> None:
    group = "/subscriptions/11111111-1111-1111-1111-111111111111/resourceGroups/g/providers/Microsoft.Compute"
    image, definition = f"{group}/images/web", f"{group}/galleries/g/images/web"
    targets = [
        {"type": "ManagedImage", "imageId": image, "location": "westeurope", "runOutputName": "web"},
        {"type": "SharedImage", "galleryImageId": definition, "runOutputName": "version"},
    ]
    value = template(
        distribute=targets if with_version else targets[:1],
        apiVersion="2024-02-01",
        properties={"autoRun": {"state": "Enabled"}},
    )

    pipelines = [text.decode() for name, text in convert_json(value, FOLDER).files.items() if name.endswith(".yml")]

    assert len(pipelines) == 2
    remedy = str(help_of("AIB2P304", value))
    assert (f"az image delete --ids {image}" in remedy) == with_version
    assert ("build -force" in remedy) != with_version
    assert [text.count("-var managed_image_name=web-$(date -u +%Y%m%d%H%M%S)\n") for text in pipelines] == [1, 1]


def test_a_managed_image_has_no_definition_to_look_into() -> None:
    image = "/subscriptions/11111111-1111-1111-1111-111111111111/resourceGroups/g/providers/Microsoft.Compute/images/base"
    version = (
        "/subscriptions/11111111-1111-1111-1111-111111111111/resourceGroups/g/providers/Microsoft.Compute/galleries/o/images/b"
    )
    of_image = template(source={"type": "ManagedImage", "imageId": image}, name="ubuntu")
    of_version = template(source={"type": "SharedImageVersion", "imageVersionId": f"{version}/versions/1.0.0"}, name="ubuntu")

    assert "image-definition" not in str(help_of("AIB2P470", of_image))
    assert "/galleries/o/images/b --query purchasePlan" in str(help_of("AIB2P470", of_version))
