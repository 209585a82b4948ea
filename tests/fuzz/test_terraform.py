"""Terraform that runs away, or is larger than what is read: HCL or an error, and no end that Python makes."""

import pytest

from aib2packer import Options, convert

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
