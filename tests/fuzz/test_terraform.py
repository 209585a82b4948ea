"""Terraform that runs away, or is larger than what is read: HCL or an error, and no end that Python makes."""

from pathlib import Path

import hcl2.api
import pytest

from aib2packer import Options, Severity, convert

_HEAD = """resource "azapi_resource" "x" {
  type = "Microsoft.VirtualMachineImages/imageTemplates@2024-02-01"
  name = "w"
  location = "westeurope"
  body = { properties = {
    source = { type = "PlatformImage", publisher = "Canonical", offer = "o", sku = "server", version = "latest" }
    distribute = [{ type = "VHD", runOutputName = "o" }]
    customize = [{ type = "Shell", name = "a", inline = ["""


def image(command: str) -> str:
    """A configuration whose image template has one command."""
    return f"{_HEAD}{command}] }}] }} }}\n}}\n"


def locals_of(step: str, count: int) -> str:
    """Local values of which each is made of the one before, `@`."""
    lines = (f"  l{number} = {step.replace('@', f'local.l{number - 1}')}" for number in range(1, count))
    return "\n".join(("locals {", '  l0 = "x"', *lines, "}\n"))


RUNNING_AWAY = {
    "locals": locals_of("@", 500) + image("local.l499"),
    "texts": locals_of('"${@}${@}"', 200) + image("local.l199"),
    "objects": locals_of("{ a = @, b = @ }", 200) + image("jsonencode(local.l199)"),
    "circle": "locals {\n  a = local.b\n  b = local.a\n}\n" + image("local.a"),
    "resources": "".join(
        f'resource "azurerm_a" "r{number}" {{\n  x = "${{azurerm_a.r{number - 1}.x}}${{azurerm_a.r{number - 1}.x}}"\n}}\n'
        for number in range(50)
    )
    + image("azurerm_a.r49.x"),
    "circle of resources": 'resource "azurerm_a" "r" {\n  x = azurerm_a.r.x\n}\n' + image("azurerm_a.r.x"),
    "digits": image("9" * 5000),
    "directives": image('"' + "%{ if true }" * 200 + "%{ endif }" * 200 + '"'),
    "parentheses": image("(" * 3000 + "1" + ")" * 3000),
    "sum": image("1" + " + 1" * 3000),
    "words": image("1" + " + 1" * 60_000),
    "lines": "\n" * 250_000 + image('"id"'),
    "places": image('"' + "${local.a}" * 6000 + '"'),
}


@pytest.mark.parametrize("text", RUNNING_AWAY.values(), ids=RUNNING_AWAY)
def test_terraform_that_runs_away_is_an_error(text: str) -> None:
    made = convert(text, file="main.tf", options=Options(side_files=True))

    assert made.hcl is None
    assert made.findings


def test_a_chain_that_people_write_is_converted() -> None:
    made = convert(locals_of('"${@}x"', 12) + image("local.l11"), file="main.tf")

    assert made.hcl is not None


MODULES = {
    "one that is called a thousand times": "".join(f'module "m{n}" {{\n  source = "./m"\n}}\n' for n in range(1000)),
    "one with a count": 'module "m" {\n  source = "./m"\n  count = 800\n}\n',
    "a circle": 'module "m" {\n  source = "./m"\n}\nmodule "n" {\n  source = "./"\n}\n',
}


@pytest.mark.parametrize("text", MODULES.values(), ids=MODULES)
def test_a_module_is_parsed_once_whoever_calls_it(text: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "m").mkdir()
    (tmp_path / "m" / "main.tf").write_text(image('"id"'))
    (tmp_path / "main.tf").write_text(text)
    parsed: list[str] = []
    as_before = hcl2.api.parses_to_tree

    def parse(text: str) -> object:
        parsed.append(text)
        return as_before(text)

    monkeypatch.setattr(hcl2.api, "parses_to_tree", parse)

    made = convert(text, file=str(tmp_path / "main.tf"))

    assert made.image_templates
    assert sorted(parsed) == sorted((text, image('"id"')))


def test_modules_in_each_other_that_are_not_followed_are_told(tmp_path: Path) -> None:
    for number in range(14):
        folder = tmp_path / f"m{number}"
        folder.mkdir()
        calls = "".join(f'module "{one}" {{\n  source = "../m{number + 1}"\n}}\n' for one in "ab")
        (folder / "main.tf").write_text(calls if number < 13 else image('"id"'))

    made = convert('module "m" {\n  source = "./m0"\n}\n', file=str(tmp_path / "main.tf"))

    assert any("called through more than 10 others, and is not read" in one.message for one in made.findings)


def test_files_of_a_folder_that_come_to_too_much_are_told(tmp_path: Path) -> None:
    for number in range(4):
        names = (f'variable "v{number}_{n}" {{\n  type = string\n}}\n' for n in range(2500))
        (tmp_path / f"variables{number}.tf").write_text("".join(names))
    (tmp_path / "broken.tf").write_text("variable {")

    made = convert(image('"id"'), file=str(tmp_path / "main.tf"))

    assert made.hcl is not None
    told = [one.message for one in made.findings if "what it declares is not known here" in one.message]
    assert any(message.startswith("has more than the 40,000 words and marks") for message in told)
    assert any(message.startswith("is not HCL") for message in told)


@pytest.mark.parametrize("function", ["file", "filesha256", "filebase64"])
def test_files_that_are_taken_up_too_often_are_an_error(function: str, tmp_path: Path) -> None:
    (tmp_path / "x.sh").write_text("echo ${a} hello\n" * 60_000)

    assert "more than 50,000,000 characters of files would be taken up" in error_of_many(f"{function}(@)", tmp_path)


def test_a_template_that_is_too_large_to_be_taken_up_is_an_error(tmp_path: Path) -> None:
    (tmp_path / "x.sh").write_text("echo ${a} hello\n" * 1000)

    assert error_of_many("templatefile(@, {a = 1})", tmp_path) == "a template that is this large cannot be read here"


def error_of_many(call: str, folder: Path) -> str:
    """The error of a configuration that calls a function a thousand times with a file, `@`."""
    text = image(", ".join([call.replace("@", '"${path.module}/x.sh"')] * 1000))

    made = convert(text, file=str(folder / "main.tf"))

    assert made.hcl is None
    (error,) = [one.message for one in made.findings if one.severity is Severity.ERROR]
    return error


def test_what_is_quoted_of_a_long_expression_is_cut() -> None:
    lines = "1,2\\n" * 50_000

    made = convert(image(f'jsonencode(csvdecode("a,b\\n{lines}"))'), file="main.tf")

    assert "csvdecode" in max((one.message for one in made.findings), key=len)
    assert max(len(one.message) for one in made.findings) < 1_000
