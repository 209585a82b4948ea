"""What a template or the user declares to be a secret is never shown, wherever it stands and whatever is wrong around it."""

import json
import re
from collections.abc import Iterator, Mapping
from typing import Any

import pytest

from aib2packer import Conversion, Options, convert
from aib2packer.findings import text
from aib2packer.findings.formats import Format, render
from aib2packer.findings.judgement import Judgement
from aib2packer.provenance.report import Account, as_json, as_markdown
from aib2packer.text.source import SourceText
from tests.arm.test_deployment import deployment, nested
from tests.cases.templates import template

Json = Any

CANARY = "hunter2canary"
SECURE = {"pw": {"type": "securestring", "defaultValue": CANARY}}
WITHOUT_DEFAULT = {"pw": {"type": "securestring"}}
OBJECT = {"pw": {"type": "secureObject", "defaultValue": {"a": CANARY, "b": [CANARY]}}}
# What an expression may do with a secret; some of it is an error, which must not show it either.
EXPRESSIONS = (
    *("{0}", "concat('login ', {0})", "base64({0})", "uriComponent({0})", "toUpper({0})", "substring({0}, 0, 99)", "int({0})"),
    *(
        "json({0})",
        "split({0}, 'n')[1]",
        "replace({0}, 'canary', '')",
        "if(equals({0}, 'x'), 'a', 'b')",
        "padLeft({0}, 100, 'x')",
    ),
    *(
        "guid({0})",
        "uniqueString({0})",
        "string(createArray({0}))",
        "createObject('a', {0}).b",
        "fail({0})",
        "dateTimeAdd({0}, 'P1D')",
    ),
    *("union(createObject('a', {0}), createObject('b', 'c')).a", "resourceId('Microsoft.X/y', {0})", "format('{{0}}', {0})"),
)
OPTIONS = (Options(), Options(side_files=True), Options(resolve=True))


def shown(conversion: Conversion) -> Iterator[str]:
    """All that a conversion gives, in every form."""
    yield conversion.hcl or ""
    for path, data in conversion.files.items():
        yield path + data.decode()
    judgements = [Judgement("web.json", "converted", conversion.findings)]
    yield from (render(form, judgements, version="1") for form in Format)
    yield text.render(conversion.findings, color=True)
    account = Account("web.json", "converted", conversion.settings, conversion.source_map)
    yield from (as_json([account], version="1"), as_markdown([account]))


def check(value: Json, options: Options = OPTIONS[0]) -> None:
    """Convert the value as one line and as many, and look for the secret."""
    for indent in (None, 2):
        conversion = convert(json.dumps(value, indent=indent), file="web.json", options=options)
        assert conversion.findings
        for output in shown(conversion):
            assert CANARY not in output, [line for line in output.splitlines() if CANARY in line]


def using(expression: str, parameters: Mapping[str, Json], **more: Json) -> dict[str, Json]:
    """Make a deployment template whose image uses an expression wherever a value can stand."""
    value = f"[{expression}]"
    image = template(
        name=value,
        tags={"key": value},
        customize=[
            {"type": "Shell", "inline": [value]},
            {"type": "Shell", "scriptUri": f"[concat('https://x.y/?', {expression})]"},
        ],
        properties={"buildTimeoutInMinutes": value, "vmProfile": {"vmSize": value, "osDiskSizeGB": value}},
    )
    plain = template(name="plain", customize=[{"type": "Shell", "inline": [value]}])
    return deployment(image if more.pop("everywhere", True) else plain, parameters=parameters, **more)


@pytest.mark.parametrize("options", OPTIONS, ids=["HCL", "files", "folded"])
@pytest.mark.parametrize("expression", EXPRESSIONS)
def test_a_secure_default_is_not_shown(expression: str, options: Options) -> None:
    for everywhere in (True, False):
        check(using(expression.format("parameters('pw')"), SECURE, everywhere=everywhere), options)


@pytest.mark.parametrize(
    "declared",
    [
        {"type": "securestring", "defaultValue": CANARY, "maxLength": 3},
        {"type": "SecureString", "allowedValues": [CANARY, "other"]},
        {"type": "securestring", "defaultValue": [CANARY]},
        {"type": "securestring", "defaultValue": f"[concat('{CANARY}', parameters('pw'))]"},
        {"type": "secureObject", "defaultValue": CANARY},
    ],
)
def test_a_secret_in_a_wrong_declaration_is_not_shown(declared: Json) -> None:
    for options in OPTIONS:
        check(using("parameters('pw')", {"pw": declared}), options)


def test_a_secure_object_is_not_shown() -> None:
    for expression in ("parameters('pw').a", "parameters('pw').b[0]", "parameters('pw')", "string(parameters('pw'))"):
        for options in OPTIONS:
            check(using(expression, OBJECT, everywhere=False), options)


@pytest.mark.parametrize("rules", [{}, {"maxLength": 2}, {"allowedValues": ["a", "b"]}])
def test_a_secret_that_the_user_gives_is_not_shown(rules: Json) -> None:
    value = using("parameters('pw')", {"pw": {"type": "securestring", **rules}}, everywhere=False)
    given = SourceText("values.json", json.dumps({"parameters": {"pw": {"value": CANARY}, "pww": {"value": CANARY}}}))

    for side_files in (False, True):
        check(value, Options(side_files=side_files, settings=(f"pw={CANARY}",)))
        check(value, Options(side_files=side_files, settings=(f"pww={CANARY}",)))  # meant for pw
        check(value, Options(side_files=side_files, parameter_files=(given,)))


def test_no_value_of_a_broken_parameters_file_is_shown() -> None:
    broken = SourceText("values.json", f'{{"parameters": {{"pw": {{"value": "{CANARY}" }}, }} ]')

    check(using("parameters('pw')", WITHOUT_DEFAULT), Options(parameter_files=(broken,)))


@pytest.mark.parametrize("options", OPTIONS, ids=["HCL", "files", "folded"])
@pytest.mark.parametrize(
    "passed", [{"value": CANARY}, {"value": f"[concat('{CANARY}', 'x')]"}, {"value": "[parameters('pw')]"}, {"value": [CANARY]}]
)
def test_a_secret_that_is_passed_to_a_nested_deployment_is_not_shown(passed: Json, options: Options) -> None:
    inside = using("parameters('pw')", WITHOUT_DEFAULT, everywhere=False)

    check(deployment(nested(inside, parameters={"pw": passed}), parameters=SECURE), options)


def test_a_secret_that_goes_through_variables_is_not_shown() -> None:
    variables = {"all": {"a": "[parameters('pw')]", "b": ["x", "[parameters('pw')]"]}}
    for expression in ("variables('all').a", "variables('all').b[1]", "string(variables('all'))", "variables('all').c"):
        check(using(expression, SECURE, everywhere=False, variables=variables))


def test_a_secret_passed_on_is_a_sensitive_variable() -> None:
    inside = using("parameters('pw')", WITHOUT_DEFAULT, everywhere=False)

    hcl = convert(json.dumps(deployment(nested(inside, parameters={"pw": {"value": CANARY}})))).hcl

    assert hcl is not None
    assert re.search(r'variable "pw" \{\n  type        = string\n  description = "[^"]*"\n  sensitive   = true\n\}', hcl)


def test_of_more_secrets_than_are_told_apart_in_a_text_none_is_shown() -> None:
    secrets = [f"SECRET{number}x" for number in range(2_100)]
    line = " ".join(f"https://a.blob.core.windows.net/b?sig={secret}" for secret in secrets)

    image = template(customize=[{"type": "Shell", "name": "a", "inline": [f"curl {line}; true"]}])

    made = convert(json.dumps(image), options=Options(side_files=True))

    everything = "".join((*shown(made), *(data.decode() for data in made.files.values())))
    assert made.hcl is not None
    assert "SECRET" not in everything
    assert made.hcl.count('_sas_token" {') == 1
