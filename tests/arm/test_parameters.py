"""Values of parameters: from files and settings, checked as Azure Resource Manager does, and what becomes of them."""

import json
from collections.abc import Mapping
from typing import Any, SupportsIndex

import pytest

from aib2packer import Conversion, Options, Severity
from aib2packer.arm.documents.fill_placeholders import fill
from aib2packer.arm.documents.parameters import Setting
from aib2packer.findings import codes
from aib2packer.findings.model import Report
from aib2packer.jsonc.tree import JsonArray, JsonScalar
from aib2packer.text.source import SourceText, Span
from tests.arm.test_deployment import deployment
from tests.cases.templates import convert_json, template

Json = Any

VAULT = "/subscriptions/22222222-2222-2222-2222-222222222222/resourceGroups/g/providers/Microsoft.KeyVault/vaults/contoso"


def convert_with(
    parameters: Mapping[str, Json], values: Json = None, *settings: str, expression: str = "[parameters('p')]", **options: Json
) -> Conversion:
    """Convert a template whose tag `probe` is an expression; `values` are what a parameters file holds."""
    whole = {
        "$schema": "https://schema.management.azure.com/schemas/2019-04-01/deploymentTemplate.json#",
        "contentVersion": "1.0.0.0",
        "parameters": parameters,
        "resources": [template(tags={"probe": expression})],
    }
    files = () if values is None else (SourceText("values.json", values if isinstance(values, str) else json.dumps(values)),)
    return convert_json(whole, Options(parameter_files=files, settings=settings, **options))


def hcl(conversion: Conversion) -> str:
    """The HCL of a conversion, which must have some."""
    assert conversion.hcl is not None, [finding.message for finding in conversion.findings]
    return conversion.hcl


def errors(conversion: Conversion) -> list[tuple[str, str, str]]:
    """The errors: their code, the file, and the text that they stand under."""
    found = [finding for finding in conversion.findings if finding.severity is Severity.ERROR]
    return [(finding.code.id, finding.span.source.name, finding.span.text) for finding in found]


STRING = {"p": {"type": "string"}}


@pytest.mark.parametrize(
    "values",
    [
        {"$schema": "https://x/deploymentParameters.json#", "contentVersion": "1.0.0.0", "parameters": {"p": {"value": "v"}}},
        {"parameters": {"P": {"value": "v"}}},
        {"p": {"value": "v"}},
        '// comment\n{"parameters": {"p": {"value": "v",},}}',
    ],
    ids=["whole", "other case", "bare", "with a comment"],
)
def test_a_parameters_file_may_have_any_of_its_forms(values: Json) -> None:
    assert 'default     = "v"' in hcl(convert_with(STRING, values))


def test_what_is_no_value_of_a_parameters_file_is_told() -> None:
    conversion = convert_with(STRING, {"contentVersion": "1.0.0.0", "p": "v", "q": ["v"]})

    told = [finding.span.text for finding in conversion.findings if finding.code is codes.UNKNOWN_PARAMETER]
    assert told == ['"p"', '"q"']
    assert "  default" not in hcl(conversion).partition('variable "p"')[2].partition("\n}")[0]


def test_a_value_is_never_an_expression() -> None:
    conversion = convert_with(STRING, {"p": {"value": "[[resourceGroup().name]"}}, resolve=True)

    assert 'probe = "[[resourceGroup().name]"' in hcl(conversion)


def test_a_setting_wins_over_files() -> None:
    assert 'default     = "s"' in hcl(convert_with(STRING, {"p": {"value": "f"}}, "p=s"))


@pytest.mark.parametrize(
    "text",
    ["1.10", "1e5", "true", "null", "007", "2024", '"quoted"', "[1]", "a=b", "", " x ", "Größe", "{", "[parameters('p')]"],
)
def test_a_setting_of_a_string_is_its_text(text: str) -> None:
    conversion = convert_with(STRING, None, f"p={text}", resolve=True)

    # JSON and HCL write these texts alike.
    assert f"probe = {json.dumps(text, ensure_ascii=False)}" in hcl(conversion)


@pytest.mark.parametrize(
    ("kind", "text", "printed"),
    [
        ("int", "42", '"42"'),
        ("int", "-7", '"-7"'),
        ("bool", "true", '"True"'),
        ("bool", "False", '"False"'),
        ("array", '["a", "b"]', '"a+b"'),
        ("object", '{"a": "x"}', '"x"'),
    ],
)
def test_a_setting_of_another_type_is_json(kind: str, text: str, printed: str) -> None:
    access = {"array": "[join(parameters('p'), '+')]", "object": "[parameters('p').a]"}.get(kind, "[string(parameters('p'))]")
    conversion = convert_with({"p": {"type": kind}}, None, f"p={text}", expression=access, resolve=True)

    assert f"probe = {printed}" in hcl(conversion)


@pytest.mark.parametrize(
    ("declaration", "value"),
    [
        ({"type": "string"}, 5),
        ({"type": "int"}, "5"),
        ({"type": "int"}, 1.5),
        ({"type": "int"}, True),
        ({"type": "bool"}, "yes"),
        ({"type": "array"}, {"a": 1}),
        ({"type": "object"}, ["a"]),
        ({"type": "string", "allowedValues": ["a", "b"]}, "c"),
        ({"type": "string", "allowedValues": ["a", "b"]}, "A"),
        ({"type": "int", "minValue": 3}, 2),
        ({"type": "int", "maxValue": 3}, 4),
        ({"type": "string", "minLength": 3}, "ab"),
        ({"type": "string", "maxLength": 3}, "abcd"),
        ({"type": "array", "minLength": 1}, []),
        ({"type": "array", "allowedValues": ["a", "b"]}, ["a", "c"]),
    ],
)
def test_a_value_that_azure_refuses_is_an_error_at_the_value(declaration: Json, value: Json) -> None:
    found = errors(convert_with({"p": declaration}, {"p": {"value": value}}, expression="[string(parameters('p'))]"))

    assert [(code, name) for code, name, _ in found] == [(codes.PARAMETER.id, "values.json")]
    assert json.loads(found[0][2]) == value


@pytest.mark.parametrize(
    ("declaration", "value"),
    [
        ({"type": "int", "minValue": 3, "maxValue": 3}, 3),
        ({"type": "string", "minLength": 2, "maxLength": 2}, "ab"),
        ({"type": "array", "allowedValues": ["a", "b"]}, ["b", "a"]),
        ({"type": "String"}, "x"),
        ({"type": "string", "nullable": True}, None),
        ({"type": "string", "defaultValue": "d"}, None),
    ],
)
def test_a_value_that_azure_takes_is_none(declaration: Json, value: Json) -> None:
    access = "[join(parameters('p'), '')]" if declaration["type"] == "array" else "[string(coalesce(parameters('p'), ''))]"

    assert errors(convert_with({"p": declaration}, {"p": {"value": value}}, expression=access)) == []


def test_null_in_a_file_means_the_default() -> None:
    conversion = convert_with({"p": {"type": "string", "defaultValue": "d"}}, {"p": {"value": None}}, resolve=True)

    assert 'probe = "d"' in hcl(conversion)


def test_a_name_that_the_template_lacks_is_told_as_it_is_written() -> None:
    conversion = convert_with({"vmSize": {"type": "string"}}, {"vnSize": {"value": "x"}}, expression="[parameters('vmSize')]")
    finding = next(finding for finding in conversion.findings if finding.code == codes.UNKNOWN_PARAMETER)

    assert "vnSize" in finding.message
    assert "vmSize" in (finding.help or "")


def test_a_required_parameter_without_a_value_is_a_variable_without_a_default() -> None:
    description = "Value of a tag. The parameter p of the template has no default. Whoever runs Packer gives it."

    assert f'variable "p" {{\n  type        = string\n  description = "{description}"\n}}' in hcl(convert_with(STRING))


@pytest.mark.parametrize("kind", ["array", "object", "secureObject"])
def test_a_parameter_that_decides_the_shape_needs_a_value(kind: str) -> None:
    whole = {
        "$schema": "https://schema.management.azure.com/schemas/2019-04-01/deploymentTemplate.json#",
        "parameters": {"steps": {"type": kind}},
        "resources": [template(properties={"customize": "[parameters('steps')]"})],
    }
    finding = next(finding for finding in convert_json(whole).findings if finding.severity is Severity.ERROR)

    assert finding.code == codes.SHAPE
    assert "--set steps=" in finding.help


SECRET = "hunter2-hunter2"  # noqa: S105 - what must not appear


@pytest.mark.parametrize("side_files", [False, True])
@pytest.mark.parametrize("resolve", [False, True])
@pytest.mark.parametrize("way", ["file", "setting", "default"])
def test_a_secret_is_in_nothing_that_is_written(way: str, *, resolve: bool, side_files: bool) -> None:
    declared = {"p": {"type": "secureString", **({"defaultValue": SECRET} if way == "default" else {})}}
    values = {"p": {"value": SECRET}} if way == "file" else None
    settings = (f"p={SECRET}",) if way == "setting" else ()
    expression = "[concat('key=', parameters('p'))]"
    conversion = convert_with(declared, values, *settings, expression=expression, resolve=resolve, side_files=side_files)

    assert SECRET not in hcl(conversion)
    assert 'variable "p" {\n  type      = string\n' in hcl(conversion) or "sensitive   = true" in hcl(conversion)
    assert all(SECRET.encode() not in data for data in conversion.files.values())
    assert all(SECRET not in finding.message + finding.help for finding in conversion.findings)


@pytest.mark.parametrize("kind", ["securestring", "string"])
def test_a_key_vault_reference_becomes_a_sensitive_variable(kind: str) -> None:
    reference = {"p": {"reference": {"keyVault": {"id": VAULT}, "secretName": "agent-key"}}}
    printed = hcl(convert_with({"p": {"type": kind, "defaultValue": "d"}}, reference))

    variable = printed.partition('variable "p" {')[2].partition("}")[0]
    assert "sensitive" in variable
    assert "default" not in variable


def test_values_go_into_a_file_of_their_own_beside_the_build() -> None:
    declared = {"p": {"type": "string", "defaultValue": "d"}}
    beside = convert_with(declared, {"p": {"value": "v"}}, side_files=True)
    inside = convert_with(declared, {"p": {"value": "v"}})

    assert beside.files["image.auto.pkrvars.hcl"] == b'p = "v"\n'
    assert 'default     = "d"' in hcl(beside)
    assert inside.files == {}
    assert 'default     = "v"' in hcl(inside)


def test_what_is_no_parameters_file_is_an_error() -> None:
    assert [code for code, _, _ in errors(convert_with(STRING, "[1]"))] == [codes.WRONG_TYPE.id]
    assert [code for code, _, _ in errors(convert_with(STRING, "{"))] == [codes.JSON_SYNTAX.id]


@pytest.mark.parametrize("kind", ["strng", "number", "avd-vm"])
def test_a_type_that_azure_does_not_know_is_an_error(kind: str) -> None:
    assert [code for code, _, _ in errors(convert_with({"p": {"type": kind}}))] == [codes.NOT_ONE_OF.id]


@pytest.mark.parametrize(
    ("kind", "expression", "shown"),
    [("string", "[format('a-{0}', 1)]", '"a-1"'), ("int", "[add(60, 30)]", "90"), ("bool", "[not(true())]", "false")],
)
def test_an_expression_of_a_parameters_file_that_is_known_is_its_value(kind: str, expression: str, shown: str) -> None:
    printed = hcl(convert_with({"p": {"type": kind}}, {"parameters": {"p": {"expression": expression}}}))
    assert f"default     = {shown}\n" in printed


@pytest.mark.parametrize("side_files", [False, True])
def test_what_a_bicep_parameters_file_takes_from_the_pipeline_is_a_variable_without_default(*, side_files: bool) -> None:
    values = {
        "externalInputDefinitions": {"stage_0": {"kind": "stage", "config": "size"}},
        "parameters": {"p": {"expression": "[format('Standard_{0}', externalInputs('stage_0'))]"}},
    }
    conversion = convert_with({"p": {"type": "string", "defaultValue": "d"}}, values, side_files=side_files)

    variable = hcl(conversion).partition('variable "p" {')[2].partition("\n}")[0]
    assert "externalInputs('stage_0')" in variable
    assert "default" not in variable
    assert not [name for name in conversion.files if name.endswith(".auto.pkrvars.hcl")]


def test_a_key_vault_reference_may_be_made_of_expressions() -> None:
    vault = "[format('/subscriptions/s/resourceGroups/g/providers/Microsoft.KeyVault/vaults/{0}', 'contoso')]"
    reference = {"p": {"reference": {"keyVault": {"id": vault}, "secretName": "[externalInputs('name')]"}}}
    assert "Secret [externalInputs('name')] of the key vault contoso." in hcl(convert_with(STRING, reference))


def test_an_expression_of_a_parameters_file_that_cannot_be_read_is_an_error_at_its_place() -> None:
    found = errors(convert_with(STRING, {"parameters": {"p": {"expression": "[concta('a')]"}}}))
    assert (codes.EXPRESSION.id, "values.json", "concta") in found


def test_what_a_parameter_allows_is_listed_as_hcl_writes_it() -> None:
    allowed = {
        "p": {"type": "string", "nullable": True, "allowedValues": ["a", None]},
        "b": {"type": "bool", "allowedValues": [True]},
    }
    printed = hcl(convert_with(allowed, expression="[concat(parameters('p'), parameters('b'))]"))
    assert 'error_message = "The p must be one of a."' in printed
    assert 'error_message = "The b must be one of true."' in printed


EMPTY = {"p": {"type": "string", "defaultValue": ""}}
NULLABLE = {"p": {"type": "string", "nullable": True}}


def convert_properties(parameters: Mapping[str, Json], values: Json = None, **properties: Json) -> str:
    """Convert a template with other properties; what comes out."""
    whole = {
        "$schema": "https://schema.management.azure.com/schemas/2019-04-01/deploymentTemplate.json#",
        "contentVersion": "1.0.0.0",
        "parameters": parameters,
        "resources": [template(properties=properties)],
    }
    files = () if values is None else (SourceText("values.json", json.dumps(values)),)
    return hcl(convert_json(whole, Options(parameter_files=files)))


@pytest.mark.parametrize(("parameters", "unset"), [(EMPTY, '""'), (NULLABLE, "null")], ids=["empty", "null"])
def test_a_size_and_a_version_that_are_empty_are_as_if_they_were_not_there(parameters: Json, unset: str) -> None:
    size = convert_properties(parameters, vmProfile={"vmSize": "[parameters('p')]"})
    source = {"type": "PlatformImage", "publisher": "Canonical", "offer": "o", "sku": "s", "version": "[parameters('p')]"}
    version = convert_properties(parameters, source=source)

    assert f'= var.p == {unset} ? "Standard_D2ds_v4" : var.p\n' in size
    assert f'image_version   = var.p == {unset} ? "latest" : var.p\n' in version


def test_a_size_that_is_null_by_a_condition_is_that_of_the_service() -> None:
    size = convert_properties(EMPTY, vmProfile={"vmSize": "[if(empty(parameters('p')), null(), parameters('p'))]"})
    assert '= var.p == "" ? "Standard_D2ds_v4" : var.p\n' in size


def test_a_size_that_has_a_value_stands_alone() -> None:
    printed = convert_properties(EMPTY, {"p": {"value": "Standard_D2s_v3"}}, vmProfile={"vmSize": "[parameters('p')]"})
    assert "= var.p\n" in printed


@pytest.mark.parametrize("definitions", [{}, {"zz": {"$ref": "#/definitions/zz"}}])
def test_a_type_that_is_not_defined_is_told(definitions: Json) -> None:
    sized = template(properties={"vmProfile": {"vmSize": "[parameters('size')]"}})

    conversion = convert_json(deployment(sized, parameters={"size": {"$ref": "#/definitions/zz"}}, definitions=definitions))

    assert any("has the type `zz`, which `definitions` lacks" in one.message for one in conversion.findings)


def test_a_long_text_is_not_cut_out_for_each_value_that_was_made_of_it() -> None:
    class Text(str):
        __slots__ = ()
        cut = 0

        def __getitem__(self, key: SupportsIndex | slice) -> str:
            Text.cut += 1
            return super().__getitem__(key)

    whole = Span(SourceText("web.bicepparam", Text("x" * 100)), 0, 100)
    values = JsonArray(tuple(JsonScalar(f"value {n}", whole) for n in range(50)), whole)

    filled = fill(values, {"name": Setting("web", whole)}, Options(), Report())

    assert filled.document == values
    assert Text.cut == 0
