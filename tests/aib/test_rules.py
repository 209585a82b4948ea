"""Rules of the service that take more than a small case to break."""

import pytest

from aib2packer.findings import codes
from tests.cases.templates import convert_json, template

TRIGGERS = "Microsoft.VirtualMachineImages/imageTemplates/triggers"


@pytest.mark.parametrize(("count", "said"), [(100, False), (101, True)])
def test_more_triggers_than_the_service_takes_in_a_region_are_told(count: int, *, said: bool) -> None:
    triggers = [
        {"type": TRIGGERS, "apiVersion": "2022-07-01", "name": f"image/{number}", "properties": {"kind": "SourceImage"}}
        for number in range(count)
    ]
    schema = "https://schema.management.azure.com/schemas/2019-04-01/deploymentTemplate.json#"

    made = convert_json({"$schema": schema, "contentVersion": "1.0.0.0", "resources": [template(), *triggers]})

    assert any("the service takes 100 in a region" in finding.message for finding in made.findings) == said


@pytest.mark.parametrize("kind", [{}, {"type": "Microsoft.VirtualMachineImages"}, {"type": "Contoso/images"}])
def test_a_trigger_in_its_image_template_is_told_whatever_that_is_called(kind: dict[str, str]) -> None:
    trigger = {"type": "triggers", "apiVersion": "2022-07-01", "name": "source", "properties": {"kind": "SourceImage"}}
    schema = "https://schema.management.azure.com/schemas/2019-04-01/deploymentTemplate.json#"
    image = {**template(), **kind, "resources": [trigger]}

    made = convert_json({"$schema": schema, "contentVersion": "1.0.0.0", "resources": [image]})

    assert any(finding.code == codes.TRIGGER for finding in made.findings)
