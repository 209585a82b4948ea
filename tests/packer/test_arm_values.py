"""What expressions come to when Packer evaluates them: the same as in Azure Resource Manager, whatever the values of variables.

The stand-in for the azure plugin tells the source block with everything evaluated. Tags are the probe: any text may stand there.
Expected values are worked out by hand from reference/arm-expressions.md 2; `guid` by Python's uuid5.
"""

import json
import re
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any
from uuid import UUID, uuid5

import pytest

from aib2packer import Conversion, Options
from aib2packer.findings import codes
from tests.cases.templates import GALLERY, convert_json, template
from tests.cases.variables import SUBSCRIPTION
from tests.packer.judge import Packer

Json = Any

GUID_NAMESPACE = UUID("11fb06fb-712d-4ddd-98c7-e71bbd588830")
TAGS = 45  # of the 50 that Azure takes
SUBNET = f"/subscriptions/{SUBSCRIPTION}/resourceGroups/network/providers/Microsoft.Network/virtualNetworks/hub/subnets/builds"

# What `@name` stands for in the expressions below: type, and the value that the build is given.
PARAMETERS: Mapping[str, tuple[str, Json]] = {
    "text": ("string", "Web-Front"),
    "lower": ("string", "web"),
    "odd": ("string", 'a"b\\c ${d} %{e}'),
    "spaces": ("string", "  web\t"),
    "nothing": ("string", ""),
    "csv": ("string", "a,b,,c"),
    "digits": ("string", "042"),
    "yes": ("string", "TRUE"),
    "street": ("string", "Straße"),
    "net": ("string", "10.0.0.0/16"),
    "day": ("string", "2024-02-28T10:20:30Z"),
    "subnetId": ("string", SUBNET),
    "json": ("string", '{"a": {"b": "deep"}}'),
    "size": ("string", "large"),
    "seven": ("int", 7),
    "minus": ("int", -7),
    "one": ("int", 1),
    "flag": ("bool", True),
    "off": ("bool", False),
}
VARIABLES = {"sizes": {"small": "Standard_D2s_v5", "large": "Standard_D8s_v5"}, "letters": ["x", "y", "z"]}

TEXT = {
    "concat(@text, '-', @seven)": "Web-Front-7",
    "concat('is ', @flag, ' or ', @off)": "is True or False",
    "concat('${', @text, '} %{ \"', @odd, '\" \\')": '${Web-Front} %{ "a"b\\c ${d} %{e}" \\',
    "concat('a\nb ', @text)": "a\nb Web-Front",
    "concat('it''s ', @text)": "it's Web-Front",
    "format('{0}|{1}|{2}|{0}', @text, @seven, @flag)": "Web-Front|7|True|Web-Front",
    "format('{{{0}}} {{0}}', @text)": "{Web-Front} {0}",
    "toLower(@text)": "web-front",
    "toUpper(@text)": "WEB-FRONT",
    "toUpper(@street)": "STRAßE",
    "trim(@spaces)": "web",
    "replace(@text, '-', '_')": "Web_Front",
    "replace(@text, '.', '!')": "Web-Front",
    "replace(@text, '/e/', '!')": "Web-Front",
    "split(@csv, ',')[1]": "b",
    "string(length(split(@csv, ',')))": "4",
    "first(split(@csv, ','))": "a",
    "last(split(@csv, ','))": "c",
    "last(split(@subnetId, '/'))": "builds",
    "split(@subnetId, '/')[8]": "hub",
    "join(split(@csv, ','), ';')": "a;b;;c",
    "substring(@text, 4)": "Front",
    "substring(@text, 4, 2)": "Fr",
    "substring(@text, 9)": "",
    "take(@text, 3)": "Web",
    "take(@text, 99)": "Web-Front",
    "take(@text, @minus)": "",
    "take(@text, @one)": "W",
    "skip(@text, 4)": "Front",
    "skip(@text, 99)": "",
    "skip(@text, @minus)": "Web-Front",
    "first(@text)": "W",
    "last(@text)": "t",
    "string(length(@text))": "9",
    "string(length(@street))": "6",
    "string(empty(@nothing))": "True",
    "string(empty(@text))": "False",
    "string(contains(@text, 'Front'))": "True",
    "string(contains(@text, 'front'))": "False",
    "string(contains(@text, @nothing))": "True",
    "string(startsWith(@text, 'wEB'))": "True",
    "string(startsWith(@text, 'x'))": "False",
    "string(endsWith(@text, 'fRONT'))": "True",
    "string(endsWith(@text, 'Web'))": "False",
    "padLeft(@seven, 3, '0')": "007",
    "padLeft(@text, 3, '0')": "Web-Front",
    "base64(@street)": "U3RyYcOfZQ==",
    "base64ToString(base64(@street))": "Straße",
    "uriComponent(concat('a b&', @street))": "a%20b%26Stra%C3%9Fe",
    "uri('https://x.example/a/', @text)": "https://x.example/a/Web-Front",
    "uri('https://x.example/a/b', @text)": "https://x.example/a/Web-Front",
    "dataUri(@text)": "data:text/plain;charset=utf-8;base64,V2ViLUZyb250",
    "guid(@text)": str(uuid5(GUID_NAMESPACE, "Web-Front")),
    "guid(@text, @lower, 'x')": str(uuid5(GUID_NAMESPACE, "Web-Front-web-x")),
    "json(@json).a.b": "deep",
}
NUMBERS = {
    "string(@seven)": "7",
    "string(add(@seven, 2))": "9",
    "string(sub(@seven, @minus))": "14",
    "string(mul(@seven, add(@one, 2)))": "21",
    "string(div(@seven, 2))": "3",
    "string(div(@minus, 2))": "-3",
    "string(div(@seven, @minus))": "-1",
    "string(mod(@seven, 3))": "1",
    "string(mod(@minus, 3))": "-1",
    "string(sub(@seven, sub(@one, 2)))": "8",
    "string(min(@seven, 3))": "3",
    "string(max(@seven, 3, @minus))": "7",
    "string(int(@digits))": "42",
    "join(range(2, 3), ',')": "2,3,4",
    "join(range(1, @seven), ',')": "1,2,3,4,5,6,7",
    "cidrSubnet(@net, 24, 1)": "10.0.1.0/24",
    "cidrHost(@net, 0)": "10.0.0.1",
    "dateTimeAdd(@day, 'P2D')": "2024-03-01T10:20:30Z",
    "dateTimeAdd(@day, '-PT11H')": "2024-02-27T23:20:30Z",
    "string(dateTimeToEpoch(@day))": "1709115630",
}
LOGIC = {
    "if(@flag, 'yes', 'no')": "yes",
    "if(@off, 'yes', 'no')": "no",
    "if(equals(@text, 'web-front'), 'same', 'different')": "different",
    "if(equals(@text, 'Web-Front'), @text, 'different')": "Web-Front",
    "if(and(@flag, not(@off), equals(@seven, 7)), 'all', 'some')": "all",
    "if(and(@off, equals(div(1, sub(@seven, 7)), 0)), 'a', 'lazy')": "lazy",
    "if(or(@off, @flag), 'one', 'none')": "one",
    "if(not(or(@off, @flag)), 'none', 'one')": "one",
    "if(equals(if(@off, @lower, @text), @text), 'inner', 'outer')": "inner",
    "string(@flag)": "True",
    "string(not(@flag))": "False",
    "string(bool(@yes))": "True",
    "string(less(@seven, 8))": "True",
    "string(lessOrEquals(@seven, 7))": "True",
    "string(greater(@minus, @seven))": "False",
    "string(greaterOrEquals(@minus, @seven))": "False",
    "string(equals(@digits, 42))": "False",
    "string(equals(@seven, 7))": "True",
    "coalesce(@text, 'none')": "Web-Front",
    "coalesce(null(), @text)": "Web-Front",
    "coalesce(@nothing, 'none')": "",
    "if(empty(@nothing), 'empty', @nothing)": "empty",
    "toLower(concat(if(@flag, 'A-', 'B-'), @text))": "a-web-front",
}
COLLECTIONS = {
    "variables('sizes')[@size]": "Standard_D8s_v5",
    "coalesce(tryGet(variables('sizes'), @size), 'none')": "Standard_D8s_v5",
    "coalesce(tryGet(variables('sizes'), @text), 'none')": "none",
    "variables('letters')[@one]": "y",
    "createObject('a', createArray(@text, @seven)).a[0]": "Web-Front",
    "join(concat(createArray(@text), createArray('z')), ',')": "Web-Front,z",
    "join(union(createArray(@text), createArray('b', @text)), ',')": "Web-Front,b",
    "join(union(split(@csv, ','), createArray('a', 'd')), '')": "abcd",
    "join(map(split(@csv, ','), lambda('x', concat('(', lambdaVariables('x'), ')'))), '')": "(a)(b)()(c)",
    "join(map(split(@csv, ','), lambda('x', 'i', concat(lambdaVariables('x'), lambdaVariables('i')))), '')": "a0b12c3",
    "join(filter(split(@csv, ','), lambda('x', not(empty(lambdaVariables('x'))))), '+')": "a+b+c",
    "join(take(split(@csv, ','), 2), '+')": "a+b",
    "join(skip(split(@csv, ','), 2), '+')": "+c",
    "string(contains(split(@csv, ','), 'b'))": "True",
    "string(contains(split(@csv, ','), 'B'))": "False",
    "string(indexOf(split(@csv, ','), 'c'))": "3",
    "string(indexOf(split(@csv, ','), 'C'))": "-1",
    "string(createArray(@text, @seven))": '["Web-Front",7]',
    "string(equals(createArray(@text), createArray('Web-Front')))": "True",
    "join(flatten(createArray(split(@csv, ','), createArray('d'))), '.')": "a.b..c.d",
    "resourceId('a-group', 'Microsoft.Compute/galleries/images', @text, @lower)": (
        f"/subscriptions/{SUBSCRIPTION}/resourceGroups/a-group/providers/Microsoft.Compute/galleries/Web-Front/images/web"
    ),
    "subscriptionResourceId('Microsoft.Authorization/policyDefinitions', @text)": (
        f"/subscriptions/{SUBSCRIPTION}/providers/Microsoft.Authorization/policyDefinitions/Web-Front"
    ),
    "extensionResourceId(concat('/subscriptions/', @lower), 'Microsoft.Insights/alerts', @text)": (
        "/subscriptions/web/providers/Microsoft.Insights/alerts/Web-Front"
    ),
    "substring(resourceGroup().id, 15, 36)": SUBSCRIPTION,
}
EXPRESSIONS = {**TEXT, **NUMBERS, **LOGIC, **COLLECTIONS}
CHUNKS = [list(EXPRESSIONS)[start : start + TAGS] for start in range(0, len(EXPRESSIONS), TAGS)]


def deployment(resource: Mapping[str, Json], parameters: Mapping[str, Json], **more: Json) -> dict[str, Json]:
    """Put an image template into a deployment template."""
    return {
        "$schema": "https://schema.management.azure.com/schemas/2019-04-01/deploymentTemplate.json#",
        "contentVersion": "1.0.0.0",
        "parameters": parameters,
        **more,
        "resources": [resource],
    }


def written_out(expression: str) -> str:
    """Put `parameters('name')` for `@name`, and brackets around."""
    return "[" + re.sub(r"@(\w+)", r"parameters('\1')", expression) + "]"


def tagged(expressions: Sequence[str]) -> dict[str, Json]:
    """Make a template with expressions as its tags, which are called t0, t1, …"""
    tags = {f"t{number}": written_out(expression) for number, expression in enumerate(expressions)}
    parameters = {name: {"type": kind} for name, (kind, _) in PARAMETERS.items()}
    return deployment(template(tags=tags), parameters, variables=VARIABLES)


def build(conversion: Conversion, folder: Path) -> Path:
    """Write what a conversion made, which must be HCL."""
    assert conversion.hcl is not None, [finding.message for finding in conversion.findings]
    file = folder / "build.pkr.hcl"
    file.write_text(conversion.hcl, encoding="utf-8")
    return file


def evaluated(packer: Packer, conversion: Conversion, folder: Path, variables: Mapping[str, str]) -> dict[str, Json]:
    """Tell the source block as Packer evaluates it with variables; those that the build lacks are left out."""
    file = build(conversion, folder)
    declared = re.findall(r'^variable "(\w+)"', file.read_text(encoding="utf-8"), re.MULTILINE)
    verdict = packer.validate(file, {name: value for name, value in variables.items() if name in declared})
    assert verdict.ok, verdict.output
    assert verdict.source is not None
    return verdict.source


def in_packer(name: str) -> str:
    """Name the variable of one of the parameters above."""
    return re.sub(r"([A-Z])", r"_\1", name).lower()


def given() -> dict[str, str]:
    """Give all parameters their values, as `-var` takes them."""
    values = {in_packer(name): value if isinstance(value, str) else json.dumps(value) for name, (_, value) in PARAMETERS.items()}
    return {**values, "subscription_id": SUBSCRIPTION, "resource_group_name": "group", "location": "westeurope"}


@pytest.mark.parametrize("chunk", CHUNKS, ids=lambda chunk: f"{len(chunk)} from {chunk[0]}")
def test_packer_computes_what_azure_resource_manager_would_have(chunk: list[str], packer: Packer, tmp_path: Path) -> None:
    conversion = convert_json(tagged(chunk))

    assert [finding.message for finding in conversion.findings if finding.code in {codes.FOLDED, codes.NO_HCL}] == []
    tags = evaluated(packer, conversion, tmp_path, given())["azure_tags"]
    computed = {expression: tags[f"t{number}"] for number, expression in enumerate(chunk)}
    assert computed == {expression: EXPRESSIONS[expression] for expression in chunk}


@pytest.mark.parametrize("chunk", CHUNKS, ids=lambda chunk: f"{len(chunk)} from {chunk[0]}")
def test_folding_computes_the_same(chunk: list[str], packer: Packer, tmp_path: Path) -> None:
    settings = tuple(f"{name}={value if kind == 'string' else json.dumps(value)}" for name, (kind, value) in PARAMETERS.items())
    options = Options(settings=settings, resolve=True, subscription_id=SUBSCRIPTION, resource_group="group")
    conversion = convert_json(tagged(chunk), options)

    tags = evaluated(packer, conversion, tmp_path, {"subscription_id": SUBSCRIPTION})["azure_tags"]
    computed = {expression: tags[f"t{number}"] for number, expression in enumerate(chunk)}
    assert computed == {expression: EXPRESSIONS[expression] for expression in chunk}
