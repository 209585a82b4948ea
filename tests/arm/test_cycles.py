"""What goes round in a circle, or on without end, is an error: defaults, types, linked templates, copies."""

import json
import os
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest

from aib2packer import Conversion, Options, convert
from aib2packer.findings import codes
from aib2packer.findings.model import Code
from tests.arm.test_deployment import deployment, nested
from tests.cases.templates import convert_json, hcl_of, template

Json = Any

NAMED = template(name="[concat('web-', parameters('a'))]")


def messages(conversion: Conversion, code: Code) -> list[str]:
    """What the findings of a kind say."""
    return [found.message for found in conversion.findings if found.code is code]


@pytest.mark.parametrize(
    ("defaults", "circle"),
    [
        ({"a": "[parameters('a')]"}, "a -> a"),
        ({"a": "[parameters('A')]"}, "a -> a"),
        ({"a": "[parameters('b')]", "b": "[concat('x', parameters('c'))]", "c": "[parameters('a')]"}, "a -> b -> c -> a"),
        ({"a": "[if(equals(parameters('b'), 'x'), 'y', 'z')]", "b": "[toLower(parameters('a'))]"}, "a -> b -> a"),
        ({"a": {"x": ["[parameters('a')]"]}}, "a -> a"),
    ],
)
def test_a_default_that_depends_on_itself_is_an_error_that_shows_the_circle(defaults: Mapping[str, Json], circle: str) -> None:
    parameters = {name: {"type": "string", "defaultValue": value} for name, value in defaults.items()}

    conversion = convert_json(deployment(NAMED, parameters=parameters))

    assert conversion.hcl is None
    assert any(message.endswith(circle) for message in messages(conversion, codes.PARAMETER))


def test_a_value_breaks_the_circle_of_defaults() -> None:
    parameters = {name: {"type": "string", "defaultValue": f"[parameters('{other}')]"} for name, other in ("ab", "ba")}

    assert hcl_of(deployment(NAMED, parameters=parameters), Options(settings=("b=x",)))


def test_a_type_that_is_made_of_itself_is_an_error() -> None:
    definitions = {"one": {"$ref": "#/definitions/other"}, "other": {"$ref": "#/definitions/one", "type": "string"}}
    parameters = {"a": {"$ref": "#/definitions/one"}}

    tagged = template(tags={"a": "[parameters('a')]"})
    made = convert_json(deployment(tagged, parameters=parameters, definitions=definitions))
    assert made.hcl is None
    assert any("contains itself" in finding.message for finding in made.findings)


def linking(path: str) -> dict[str, Json]:
    """Make a deployment template that links to another."""
    inner = nested({}, None)
    del inner["properties"]["template"]
    inner["properties"]["templateLink"] = {"relativePath": path}
    return deployment(inner)


def test_templates_that_link_to_each_other_are_not_read_without_end(tmp_path: Path) -> None:
    (tmp_path / "one.json").write_text(json.dumps(linking("inner/other.json")))
    (tmp_path / "inner").mkdir()
    (tmp_path / "inner/other.json").write_text(json.dumps(linking("../one.json")))

    conversion = convert((tmp_path / "one.json").read_bytes(), file=str(tmp_path / "one.json"))

    assert conversion.hcl is None
    assert any("other.json is not read" in found for found in messages(conversion, codes.LINKED_TEMPLATE))


def test_a_linked_template_links_on_from_where_it_lies(tmp_path: Path) -> None:
    (tmp_path / "inner").mkdir()
    (tmp_path / "inner/second.json").write_text(json.dumps(linking("third.json")))
    (tmp_path / "inner/third.json").write_text(json.dumps(deployment(template(name="third"))))

    conversion = convert(json.dumps(linking("inner/second.json")), file=str(tmp_path / "first.json"))

    assert conversion.hcl is not None
    assert 'name    = "third"' in conversion.hcl


@pytest.mark.parametrize("path", ["/etc/hostname", "C:\\secrets.json", "\\\\server\\share\\x.json", "", "a\0b", "fifo"])
def test_a_link_reads_no_absolute_path_and_nothing_but_a_file(path: str, tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "fifo")  # reading it would wait for ever

    conversion = convert(json.dumps(linking(path)), file=str(tmp_path / "first.json"))

    assert [found.code for found in conversion.findings if found.code is codes.LINKED_TEMPLATE]


@pytest.mark.parametrize("count", [801, -1, 2**40])
def test_a_resource_is_not_copied_without_end(count: int) -> None:
    conversion = convert_json(deployment({**template(), "copy": {"name": "all", "count": count}}))

    assert conversion.hcl is None
    assert messages(conversion, codes.OUT_OF_RANGE) == [f"`copy` repeats all {count} times: ARM takes 0 to 800"]


def test_types_that_lead_through_too_many_others_are_told_of_each_parameter() -> None:
    definitions = {f"t{number}": {"$ref": f"#/definitions/t{number + 1}"} for number in range(5000)}
    parameters = {f"p{number}": {"$ref": "#/definitions/t0"} for number in range(200)}

    made = convert_json(deployment(NAMED, parameters={"a": {"type": "string"}, **parameters}, definitions=definitions))

    assert made.hcl is None
    told = "the parameter {} has the type `t100`, which `definitions` lacks, or which contains itself or leads too far"
    assert [one.message for one in made.findings if "leads too far" in one.message] == [
        told.format(name) for name in parameters
    ]
