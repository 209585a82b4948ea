"""Functions of Terraform: what they come to, what is refused, and what is left to Packer."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import TYPE_CHECKING

import pytest

from aib2packer.arm.evaluation.evaluate import evaluate
from aib2packer.arm.evaluation.functions import of_terraform
from aib2packer.arm.evaluation.scope import Scope
from aib2packer.arm.language.expression import ExpressionError, parse
from aib2packer.terraform.expressions import Surroundings, arm_of
from aib2packer.terraform.reading import read_interpolation
from aib2packer.terraform.syntax import NotTranslatedError, TfExpression
from aib2packer.text.source import FileError, SourceText
from tests.terraform.function_facts import OWN, PACKERS, REFUSED
from tests.terraform.test_configuration import configuration, converted, hcl

if TYPE_CHECKING:
    from pathlib import Path


def _nothing(*_: object) -> str:
    raise AssertionError


def _no_file(path: str) -> SourceText:
    raise FileError(path, "is not there", "")


def _no_template(_: SourceText) -> TfExpression:
    raise AssertionError


def _read(expression: str) -> TfExpression:
    source = SourceText("main.tf", expression)
    return read_interpolation(source, 0, len(expression))


def _value(expression: str) -> object:
    around = Surroundings(_nothing, lambda _: None, lambda _: None, _no_file, _no_template, _nothing)
    return _plain(evaluate(parse(f"[{arm_of(_read(expression), around)}]"), Scope()))


def _plain(value: object) -> object:
    match value:
        case bool():
            return str(value)
        case tuple() | list():
            return [_plain(item) for item in value]
        case Mapping():
            return {key: _plain(item) for key, item in value.items()}
        case _:
            return value


@pytest.mark.parametrize("expression", [*PACKERS, *OWN])
def test_a_function_comes_to_what_it_does_in_terraform(expression: str) -> None:
    assert _value(expression) == _plain({**PACKERS, **OWN}[expression])


@pytest.mark.parametrize("expression", REFUSED)
def test_what_terraform_refuses_is_refused_with_the_name_that_it_has_there(expression: str) -> None:
    with pytest.raises((ExpressionError, NotTranslatedError)) as caught:
        _value(expression)

    said = getattr(caught.value, "message", str(caught.value))
    assert REFUSED[expression] in said
    assert "$" not in said


def test_every_function_of_the_library_has_a_fact_or_is_left_to_packer() -> None:
    told = set(re.findall(r"\w+(?=\()", " ".join([*PACKERS, *OWN])))
    own = {name.removeprefix("$") for name in of_terraform()}
    operators = {"add", "divide", "entries", "modulo", "multiply", "regex_replace", "splat", "subtract"}
    left = {"cidrhost", "cidrnetmask", "cidrsubnet", "csvdecode", "formatdate", "log", "regex", "regexall", "sha512", "timeadd"}
    rare = {"textdecodebase64", "textencodebase64", "uuidv5", "yamldecode", "yamlencode", "base64sha512"}

    assert own - told == operators | left | rare


@pytest.mark.parametrize(
    ("expression", "printed"),
    [
        ('startswith(var.size, "S") ? "a" : "b"', 'startswith(var.size, "S") ? "a" : "b"'),
        ('regex("[a-z]+", var.size)', 'regex("[a-z]+", var.size)'),
        ('replace(var.size, "/[0-9]+/", "n")', 'regex_replace(var.size, "[0-9]+", "n")'),
        ('format("%05d", length(var.size))', 'format("%05d", length(var.size))'),
        ("title(var.size)", "title(var.size)"),
        ('try(regex("^x", var.size), "d")', 'try(regex("^x", var.size), "d")'),
        ('can(regex("^x", var.size)) ? "a" : "b"', 'can(regex("^x", var.size)) ? "a" : "b"'),
        ('format("%e", 1500)', 'format("%e", 1500)'),
        ('coalesce(coalesce(var.size, "a"), "b")', 'coalesce(coalesce(var.size, "a"), "b")'),
        ('regex("[a-z]+", "1abc")', 'regex("[a-z]+", "1abc")'),
        ('"is ${startswith(var.size, "S")}"', '"is ${startswith(var.size, "S")}"'),
        ('trimprefix(var.size, "Standard_")', 'trimprefix(var.size, "Standard_")'),
    ],
)
def test_what_is_known_when_packer_runs_is_left_to_packer(expression: str, printed: str) -> None:
    assert printed in hcl(converted(configuration(size=expression)))


def test_the_script_that_templatefile_makes_is_written_out(tmp_path: Path) -> None:
    (tmp_path / "a.sh.tftpl").write_text("echo ${n}\n%{ for one in list ~}\necho ${one}\n%{ endfor ~}\necho ${size} $${HOME}\n")
    script = 'templatefile("${path.module}/a.sh.tftpl", { n = "v", list = ["x", "y"], size = var.size })'
    file = tmp_path / "main.tf"
    file.write_text(configuration(inline=f'split("\\n", {script})'))

    made = hcl(converted(file.read_text(), str(file)))

    assert [line.strip() for line in made.partition("inline = [")[2].partition("]")[0].splitlines() if line.strip()] == [
        '"echo v",',
        '"echo x",',
        '"echo y",',
        '"echo Standard_D2s_v5 $${HOME}",',
        '"",',
    ]


@pytest.mark.parametrize("expression", ["abs(" * 28 + "-1" + ")" * 28, "coalesce(" * 18 + '"a"' + ', "b")' * 18])
def test_functions_within_one_another_take_as_many_words_as_there_are(expression: str) -> None:
    around = Surroundings(_nothing, lambda _: None, lambda _: None, _no_file, _no_template, _nothing)

    assert len(arm_of(_read(expression), around)) < 4 * len(expression) + 400


def test_a_file_that_templatefile_fills_in_fills_in_no_other(tmp_path: Path) -> None:
    (tmp_path / "t.tftpl").write_text('${templatefile("t.tftpl", {})}')
    file = tmp_path / "main.tf"
    file.write_text(configuration(inline='[templatefile("t.tftpl", {})]'))

    (finding,) = (one for one in converted(file.read_text(), str(file)).findings if one.code.id == "AIB2P130")

    assert "stands in a file that templatefile fills in" in finding.message


def test_the_address_of_a_blob_that_names_itself_is_a_variable() -> None:
    url = "azurerm_storage_blob.b.url"
    names = f'name = "${{{url}}}"\n storage_account_name = "a"\n storage_container_name = "c"'
    blob = f'resource "azurerm_storage_blob" "b" {{\n {names}\n}}\n'

    assert 'variable "storage_blob_b_url"' in hcl(converted(configuration(inline=f"[{url}]", more=blob)))


def test_instances_of_a_resource_are_variables_of_their_own() -> None:
    made = hcl(converted(configuration(inline="[azurerm_x_y.z[0].id, azurerm_x_y.z[1].id]")))

    assert '["${var.x_y_z_id}", "${var.x_y_z_id_1}"]' in made or "var.x_y_z_id_1," in made


def test_a_secret_that_is_written_out_is_refused_and_not_shown() -> None:
    conversion = converted(configuration(inline='[sensitive("hunter2")]'))

    (finding,) = (one for one in conversion.findings if one.code.id == "AIB2P130")
    assert conversion.hcl is None
    assert "would stand in the build" in finding.message
