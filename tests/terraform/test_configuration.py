"""Terraform configurations: what is read where, and what must not matter."""

import json
import re
from pathlib import Path

import pytest

from aib2packer import Conversion, Options, Severity, convert
from aib2packer.cli import main
from aib2packer.findings import codes
from aib2packer.system.beside import FilesBeside
from aib2packer.terraform import module
from aib2packer.text.source import SourceText

PLAIN = """
variable "size" {
  type    = string
  default = "Standard_D2s_v5"
}

resource "azapi_resource" "web" {
  type     = "Microsoft.VirtualMachineImages/imageTemplates@2024-02-01"
  name     = NAME
  location = "westeurope"
  body = {
    properties = {
      vmProfile  = { vmSize = SIZE }
      source     = { type = "PlatformImage", publisher = "Canonical", offer = "ubuntu-24_04-lts", sku = "server" }
      customize  = [{ type = "Shell", inline = INLINE }]
      distribute = [{ type = "VHD", runOutputName = "web" }]
    }
  }
}
"""


def configuration(name: str = '"web"', size: str = "var.size", inline: str = '["id"]', more: str = "") -> str:
    """A configuration with one image, some of its expressions given."""
    return PLAIN.replace("NAME", name).replace("SIZE", size).replace("INLINE", inline) + more


def converted(text: str, file: str = "main.tf", **options: object) -> Conversion:
    return convert(text, file=file, options=Options(**options))  # type: ignore[arg-type]


def hcl(conversion: Conversion) -> str:
    assert conversion.hcl is not None, conversion.findings
    return conversion.hcl


@pytest.mark.parametrize(
    ("expression", "value"),
    [
        ('lower("ABC")', "abc"),
        ('replace("a.b", ".", "-")', "a-b"),
        ('join("-", ["a", "b"])', "a-b"),
        ('element(["a", "b"], 3)', "b"),
        ('element(split("/", "x/y/z"), 1)', "y"),
        ('format("%s-%03d", "a", 7)', "a-007"),
        ('format("100%%")', "100%"),
        ('trimsuffix(trimprefix("v1.2-rc", "v"), "-rc")', "1.2"),
        ('substr("abcdef", 1, 3)', "bcd"),
        ('coalesce("", null, "c")', "c"),
        ('lookup({ a = "1" }, "b", "none")', "none"),
        ('try({ a = { b = "deep" } }.a.c, "shallow")', "shallow"),
        ('join(",", keys({ b = 1, a = 2 }))', "a,b"),
        ('join(",", values({ b = "1", a = "2" }))', "2,1"),
        ('join(",", [for key, value in { b = 1, a = 2 } : "${key}${value}"])', "a2,b1"),
        ('join(",", [for index, value in ["x", "y"] : "${index}${value}"])', "0x,1y"),
        ('join(",", [for value in ["x", "yy", "z"] : upper(value) if length(value) == 1])', "X,Z"),
        ('{ for value in ["x", "y"] : value => upper(value) }.y', "Y"),
        ('join(",", [{ id = "1" }, { id = "2" }][*].id)', "1,2"),
        ('join(",", values({ b = { id = "1" }, a = { id = "2" } })[*].id)', "2,1"),
        ('join(",", [{ id = ["1", "2"] }, { id = ["3"] }][*].id[0])', "1,3"),
        ('[{ id = "1" }, { id = "2" }].*.id[1]', "2"),
        ('join(",", { id = "1" }[*].id)', "1"),
        ('"${length(null[*])}"', "0"),
        ('coalesce(try({ a = null }.a, "none"), "null")', "null"),
        ('try({ a = "x" }.a.b, tostring({ a = 1 }.a), "none")', "1"),
        ('"${can({ a = null }.a)} ${can({ a = null }.b)}"', "true false"),
        ('merge({ a = "1" }, { a = "2" })["a"]', "2"),
        ('concat(["a"], ["b"])[1]', "b"),
        ('"${1 + 2 * 3}"', "7"),
        ('"${true ? "yes" : "no"} ${!true}"', "yes false"),
        ('"$${kept} %%{kept} \\"quoted\\" \\u00e9"', '$${kept} %%{kept} \\"quoted\\" é'),
        (r'"\u00e9 \ud"', r"é \\ud"),
        ('"[ -f /x ] || true"', "[ -f /x ] || true"),
        ('"[[ -f /x ]]"', "[[ -f /x ]]"),
        ('"[not an expression]"', "[not an expression]"),
        ('"it\'s {braced} ${1}"', "it's {braced} 1"),
        ('sha256(file("a.sh"))', None),
    ],
)
def test_an_expression_comes_to_what_terraform_makes_of_it(expression: str, value: str | None) -> None:
    conversion = converted(configuration(inline=f"[{expression}]"))

    if value is None:
        assert conversion.hcl is None
    else:
        assert f'["{value}"]' in hcl(conversion)


@pytest.mark.parametrize(
    ("expression", "printed"),
    [
        ('try(var.which.a, "none")', 'try(var.which.a, "none")'),
        ('can(var.which.a) ? "yes" : "no"', 'can(var.which.a) ? "yes" : "no"'),
        ("one(var.which[*].a)", "try([for item in var.which[*] : item.a][0], null)"),
        ('join(",", concat(azurerm_x.a[*].id, values(azurerm_x.b)[*].id))', 'join(",", concat(var.x_a_id, var.x_b_id))'),
        ("azurerm_x.a.*.id[1]", "var.x_a_id[1]"),
    ],
)
def test_what_only_the_build_knows_is_asked_in_the_words_of_terraform(expression: str, printed: str) -> None:
    which = 'variable "which" {\n  type = object({ a = optional(string) })\n}\n'

    assert printed in hcl(converted(configuration(inline=f"[{expression}]", more=which)))


def test_heredocs_lose_their_indentation_only_where_they_say_so() -> None:
    indented = "[<<-EOT\n      a\n        ${var.size}\n      EOT\n      , <<EOT\n  b\nEOT\n]"

    printed = hcl(converted(configuration(inline=indented)))

    assert "<<-EOT\n        a\n          ${var.size}\n\n          b\n      EOT\n" in printed


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ('"a%{ if true }b%{ else }c%{ endif }d"', "abd"),
        ('"a%{ if false }b%{ endif }d"', "ad"),
        ('"%{ for x in ["a", "b"] }<${x}>%{ endfor }"', "<a><b>"),
        ('"%{ for k, v in { a = "b" } }${k}=${v}%{ endfor }"', "a=b"),
        ('"a  %{~ if true ~}  b  %{~ endif ~}  c"', "abc"),
        ('"%{ for x in ["a", "b"] }%{ if x == "a" }one%{ else }two%{ endif }%{ endfor }"', "onetwo"),
        ('"%%{ if }"', "%{ if }"),
    ],
)
def test_a_text_is_what_the_directives_in_it_make(text: str, value: str) -> None:
    assert f"inline          = [{json.dumps(value).replace('%{', '%%{')}]" in hcl(converted(configuration(inline=f"[{text}]")))


@pytest.mark.parametrize("name", ["main.tf", "<stdin>", "MAIN.TF"])
def test_a_configuration_is_known_by_its_name_or_how_it_begins(name: str) -> None:
    assert "azure-arm" in hcl(converted("# Images\n" + configuration(), file=name))


def test_the_advice_is_never_that_for_bicep() -> None:
    conversion = converted('resource "azapi_resource" "web" {\n  name = [\n}\n', file="<stdin>")

    assert [finding.code for finding in conversion.findings] == [codes.NOT_TERRAFORM]
    assert "icep" not in conversion.findings[0].help


def test_findings_point_into_the_configuration() -> None:
    text = configuration(size='cidrsubnets("10.0.0.0/8", 1)')

    (finding,) = (one for one in converted(text).findings if one.code is codes.TERRAFORM)

    assert finding.span.text == 'cidrsubnets("10.0.0.0/8", 1)'
    assert finding.span.source.line(finding.span.position[0]).strip().startswith("vmProfile")


def test_what_the_image_does_not_need_is_not_looked_at() -> None:
    unused = 'locals {\n  a = cidrhost("x", 1)\n  b = local.b\n}\n'
    more = f'{unused}resource "azurerm_role_assignment" "x" {{\n  for_each = nope(1)\n}}\n'

    assert "azure-arm" in hcl(converted(configuration(more=more)))


def test_a_rule_is_carried_over_with_the_name_that_the_variable_has_here() -> None:
    text = (
        configuration()
        .replace("var.size", "var.buildSize")
        .replace(
            'variable "size" {',
            'variable "buildSize" {\n  validation {\n    condition     = can(regex("^var.buildSize", "x")) || length(\n'
            '      var.buildSize\n    ) > 3\n    error_message = "Too short."\n  }',
        )
    )

    assert "length( var.build_size ) > 3" in hcl(converted(text))


def test_no_json_can_put_conditions_into_the_build() -> None:
    template = json.dumps(
        {
            "$schema": "https://schema.management.azure.com/schemas/2019-04-01/deploymentTemplate.json#",
            "parameters": {"size": {"type": "string", "validation": [{"condition": "env(1)", "message": "x"}]}},
            "resources": [
                {
                    "type": "Microsoft.VirtualMachineImages/imageTemplates",
                    "name": "web",
                    "location": "westeurope",
                    "properties": {
                        "vmProfile": {"vmSize": "[parameters('size')]"},
                        "source": {
                            "type": "PlatformImage",
                            "publisher": "Canonical",
                            "offer": "ubuntu-24_04-lts",
                            "sku": "server",
                            "version": "latest",
                        },
                        "customize": [],
                        "distribute": [{"type": "VHD", "runOutputName": "web"}],
                    },
                }
            ],
        }
    )

    assert "env(1)" not in hcl(convert(template))


def test_the_other_files_of_the_folder_are_read_but_their_images_are_not_converted(tmp_path: Path) -> None:
    (tmp_path / "main.tf").write_text(configuration(size="local.large"))
    (tmp_path / "locals.tf").write_text('locals {\n  large = "Standard_D16s_v5"\n}\n')
    (tmp_path / "other.tf").write_text(PLAIN.replace('variable "size"', 'variable "other"').replace('"web" {', '"other" {'))
    (tmp_path / "broken.tf").write_text("not = = hcl")

    conversion = converted((tmp_path / "main.tf").read_text(), file=str(tmp_path / "main.tf"))

    assert 'vm_size                      = "Standard_D16s_v5"' in hcl(conversion)


def test_values_come_from_files_as_terraform_reads_them_and_from_the_command_line(tmp_path: Path) -> None:
    (tmp_path / "terraform.tfvars").write_text('size = "Standard_D4s_v5"\n')
    file = str(tmp_path / "main.tf")
    given = SourceText("prod.tfvars", 'size = "Standard_D8s_v5"\n')

    assert '"Standard_D4s_v5"' in hcl(converted(configuration(), file=file))
    (tmp_path / "a.auto.tfvars").write_text('size = "Standard_D6s_v5"\n')
    assert '"Standard_D6s_v5"' in hcl(converted(configuration(), file=file))
    (tmp_path / "b.auto.tfvars.json").write_text('{"size": "Standard_D7s_v5"}')
    assert '"Standard_D7s_v5"' in hcl(converted(configuration(), file=file))
    assert '"Standard_D8s_v5"' in hcl(converted(configuration(), file=file, parameter_files=(given,)))
    as_json = SourceText("prod.tfvars.json", '{"size": "[size]"}')
    assert '"[size]"' in hcl(converted(configuration(), file=file, parameter_files=(as_json,)))
    assert '"Standard_D9s_v5"' in hcl(
        converted(configuration(), file=file, parameter_files=(given,), settings=("size=Standard_D9s_v5",))
    )


def test_calls_of_modules_with_image_templates_have_a_limit_that_is_told(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(module, "_MOST_CALLS", 2)
    (tmp_path / "image").mkdir()
    (tmp_path / "image/main.tf").write_text(configuration())
    calls = "".join(f'module "m{n}" {{\n  source = "./image"\n}}\n' for n in range(4))

    conversion = converted(calls, file=str(tmp_path / "main.tf"))

    assert len(conversion.image_templates) == 2
    (told,) = [one for one in conversion.findings if one.code == codes.TOO_MANY_SETTINGS]
    assert told.message == "modules with image templates are called more than 2 times: the others are left out"
    assert told.span.source.text[told.span.start :].startswith('module "m2"')


def test_a_module_that_calls_itself_is_read_once_and_told(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    calls = "".join(f'module "again{n}" {{\n  source = "./"\n}}\n' for n in range(9))
    (tmp_path / "main.tf").write_text(configuration(more=calls))
    read: list[str] = []
    as_before = FilesBeside.read

    def read_file(beside: FilesBeside, path: str) -> SourceText:
        read.append(path)
        return as_before(beside, path)

    monkeypatch.setattr(FilesBeside, "read", read_file)

    conversion = converted((tmp_path / "main.tf").read_text(), file=str(tmp_path / "main.tf"))

    assert conversion.image_templates == ("web",)
    assert any("leads back to itself" in finding.message for finding in conversion.findings)
    assert read == ["main.tf"]


def test_count_and_for_each_make_several_images() -> None:
    counted = configuration(name='"web-${count.index}"').replace('"web" {', '"web" {\n  count = 3', 1)
    named = configuration(name="each.value").replace('"web" {', '"web" {\n  for_each = toset(["b", "a"])', 1)

    for text, names in ((counted, "`web-0`, `web-1`, `web-2`"), (named, "`a`, `b`")):
        (finding,) = (one for one in converted(text).findings if one.code is codes.SEVERAL_IMAGE_TEMPLATES)
        assert names in finding.message


def test_what_stands_for_another_resource_is_a_variable_named_after_it() -> None:
    printed = hcl(
        converted(configuration(size="module.sizes.build", inline='["echo ${data.azurerm_key_vault.main.vault_uri}"]'))
    )

    assert 'variable "sizes_build"' in printed
    assert 'variable "key_vault_main_vault_uri"' in printed
    assert "What data.azurerm_key_vault.main.vault_uri is." in printed


def test_what_a_resource_of_the_configuration_says_is_taken_from_there() -> None:
    more = 'resource "azurerm_resource_group" "all" {\n  name     = "images"\n  location = "northeurope"\n}\n'
    text = configuration(more=more).replace('location = "westeurope"', "location = azurerm_resource_group.all.location", 1)

    assert 'location                     = "northeurope"' in hcl(converted(text))


def test_a_folder_is_searched_for_configurations_too(tmp_path: Path) -> None:
    (tmp_path / "infra").mkdir()
    (tmp_path / "infra/main.tf").write_text(configuration())
    (tmp_path / "infra/variables.tf").write_text('variable "unused" {}\n')

    with pytest.raises(SystemExit) as exited:
        main(["convert", str(tmp_path / "infra"), "-o", str(tmp_path / "out")], prog_name="aib2packer")

    assert exited.value.code == 0
    assert [file.relative_to(tmp_path).as_posix() for file in tmp_path.rglob("build.pkr.hcl")] == ["out/web/build.pkr.hcl"]


def test_a_name_that_cannot_be_computed_does_not_stop_the_build() -> None:
    name = '"it-${substr(bcrypt(var.size), 0, 8)}"'
    looped = configuration(name=name).replace('"web" {', '"web" {\n  for_each = { a = 1, b = 2 }', 1)

    assert 'source "azure-arm" "web"' in hcl(converted(configuration(name=name)))
    (finding,) = (one for one in converted(looped).findings if one.code is codes.SEVERAL_IMAGE_TEMPLATES)
    assert "`web-a`, `web-b`" in finding.message


def test_images_and_settings_are_picked_by_comprehensions() -> None:
    more = """
variable "images" {
  type = list(object({ name = string, enabled = bool, source = object({ kind = optional(string, "Linux") }) }))
  default = [
    { name = "A", enabled = true, source = {} },
    { name = "B", enabled = false, source = {} },
    { name = "C", enabled = true, source = { kind = "Windows" } },
  ]
}
"""
    each = '{ for image in var.images : image.name => image if image.enabled && strcontains(lower(image.source.kind), "lin") }'
    text = configuration(name="each.value.name", more=more).replace('"web" {', f'"web" {{\n  for_each = {each}', 1)
    text = text.replace("properties = {", "properties = { for k, v in {").replace(
        '"web" }]\n    }', '"web" }]\n    } : k => v if v != null }'
    )

    assert 'source "azure-arm" "a"' in hcl(converted(text))


def test_a_label_with_a_directive_in_it_is_no_end_of_the_reading() -> None:
    assert converted(configuration(more='resource "%{ if true }" "x" {}\n')).hcl is not None


def test_an_image_for_each_definition_has_the_keys_of_these() -> None:
    more = 'resource "azurerm_shared_image" "x" {\n  for_each = toset(["a", "b"])\n  name     = each.key\n}\n'
    text = configuration(name="each.key", size="each.value.size", more=more)
    text = text.replace('"web" {', '"web" {\n  for_each = azurerm_shared_image.x', 1)

    printed = hcl(converted(text, name="a"))

    assert 'source "azure-arm" "a"' in printed
    assert re.search(r"vm_size\s+= var.shared_image_x.a.size", printed)


def test_what_runs_over_itself_is_an_error() -> None:
    text = configuration(name="each.key").replace('"web" {', '"web" {\n  for_each = azapi_resource.web', 1)

    assert converted(text).hcl is None


def test_a_module_from_elsewhere_is_told_where_there_is_no_image_template() -> None:
    (error,) = (
        one
        for one in converted('module "image" {\n  source  = "Azure/avm-res-virtualmachineimages/azurerm"\n}\n').findings
        if one.code is codes.NO_IMAGE_TEMPLATE
    )

    assert "the module Azure/avm-res-virtualmachineimages/azurerm comes from elsewhere and is not read" in error.message
    assert "terraform show -json" in error.help
    assert error.span.text == '"Azure/avm-res-virtualmachineimages/azurerm"'


def test_of_a_name_that_is_not_found_what_could_not_be_read_is_told() -> None:
    text = configuration(name="each.key", more='variable "images" {\n  type = map(any)\n}\n')
    text = text.replace('"web" {', '"web" {\n  for_each = var.images', 1)

    assert [one.code for one in converted(text, name="web").findings if one.severity is Severity.ERROR] == [codes.SHAPE]


def test_a_configuration_in_json_is_told() -> None:
    resource = {"azapi_resource": {"web": {"type": "Microsoft.VirtualMachineImages/imageTemplates@2024-02-01"}}}

    (error,) = converted(json.dumps({"resource": resource}), "main.tf.json").findings

    assert error.code is codes.TERRAFORM


def test_a_variable_for_a_resource_of_another_provider_has_its_name_too() -> None:
    assert 'variable "random_string_s_result"' in hcl(converted(configuration(size='"x${random_string.s.result}"')))


def test_a_resource_and_a_data_source_of_one_name_are_two_variables_and_so_are_one_and_several() -> None:
    names = "${azurerm_x.a.id} ${data.azurerm_x.a.id} ${azurerm_x.a[0].id}"
    printed = hcl(converted(configuration(inline=f'["{names}", join(",", azurerm_x.a[*].id)]')))

    assert '"${var.x_a_id} ${var.data_x_a_id} ${var.x_a_id}"' in printed
    assert 'join(",", var.x_a_id_2)' in printed
