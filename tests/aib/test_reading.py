"""Reading an image template: which there are, what is too large, and a value that decides the shape, read once more."""

import json
from dataclasses import replace

import pytest

from aib2packer import Options, convert
from aib2packer.aib.reading import OpenDocument
from aib2packer.arm.documents import image_templates
from aib2packer.pipeline import open_input
from tests.cases.templates import codes_of, convert_json, template


@pytest.mark.parametrize(("steps", "refused"), [(500, False), (3_000, True)])
def test_an_image_template_with_more_settings_than_are_converted_is_an_error(steps: int, *, refused: bool) -> None:
    made = convert_json(template(customize=[{"type": "Shell", "inline": ["true"]}] * steps))

    assert [finding.code.id for finding in made.findings if finding.code.id == "AIB2P148"] == ["AIB2P148"] * refused
    assert (made.hcl is None) == refused


@pytest.mark.parametrize(("length", "refused"), [(100, False), (100_000, True)])
def test_names_of_settings_that_are_too_long_with_all_that_lies_below_them_are_an_error(length: int, *, refused: bool) -> None:
    made = convert_json(template(properties={"k" * length: {str(number): 1 for number in range(500)}}))

    assert any("the names of its settings are too long" in finding.message for finding in made.findings) is refused
    assert (made.hcl is None) == refused


def test_the_names_of_all_image_templates_of_an_input_come_out() -> None:
    made = convert_json([template(name="web"), template(name="db"), template(name="Web")])

    assert made.hcl is None
    assert made.image_templates == ("web", "db", "Web#2")


def test_a_value_that_decides_the_shape_is_read_once_more_and_what_was_said_without_it_is_forgotten() -> None:
    step = {"type": "[parameters('kind')]", "inline": ["true"]}
    document = {
        "$schema": "https://schema.management.azure.com/schemas/2019-04-01/deploymentTemplate.json#",
        "parameters": {"kind": {"type": "string", "defaultValue": "Nonsense"}},
        "resources": [template(customize=[step])],
    }

    assert codes_of(document) == ["AIB2P308", "AIB2P104"]


def test_an_image_template_of_an_input_that_is_read_once_comes_out_as_it_does_alone(monkeypatch: pytest.MonkeyPatch) -> None:
    step = [{"type": "Shell", "inline": ["[variables('of a')]", "[parameters('line')]"]}]
    document = {
        "$schema": "https://schema.management.azure.com/schemas/2019-04-01/deploymentTemplate.json#",
        "parameters": {"line": {"type": "string", "defaultValue": "true"}},
        "variables": {"of a": "[concat(parameters('line'), '-', parameters('line'))]"},
        "resources": [
            template(name="[concat('w', 'eb')]", customize=step),
            template(name="web"),
            template(name="<db>", customize=[{"type": "Shell", "inline": ["<db>"]}], identity={"type": "None"}),
        ],
    }
    data = json.dumps(document).replace("]}", ",]}").encode()  # which is told
    options = Options(settings=("db=data",), side_files=True)
    opened = open_input(data, "several.json", options)
    assert isinstance(opened, OpenDocument)
    opened = opened.with_names(("web", "web#2", "data"))
    monkeypatch.setattr(image_templates, "_labelled", None)  # no name is worked out again

    again = [convert(opened, options=replace(options, name=name)) for name in ("web", "web#2", "data")]
    monkeypatch.undo()
    alone = [convert(data, file="several.json", options=replace(options, name=name)) for name in ("web", "web#2", "data")]

    assert [replace(one, work=0) for one in again] == [replace(one, work=0) for one in alone]
    assert all(one.work < other.work for one, other in zip(again, alone, strict=True))
    assert all(one.hcl is not None for one in again)
