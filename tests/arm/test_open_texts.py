"""Texts that are to be filled in, where expressions look into them."""

import pytest

from aib2packer import Options
from tests.cases.templates import GALLERY_TARGET, Json, codes_of, convert_json, hcl_of, template

FORMS = ("<{}>", "#{{{}}}#", "#{{{}}}", "${{{}}}", "$({})", "{{{{ {} }}}}", "[[{}]]", "%{}%", "__{}__")


def deployment(variables: Json = None, **settings: Json) -> dict[str, Json]:
    """Make a deployment template with variables and an image template of these settings."""
    schema = "https://schema.management.azure.com/schemas/2019-04-01/deploymentTemplate.json#"
    return {"$schema": schema, "variables": variables or {}, "resources": [template(**settings)]}


def with_size(expression: str, variables: Json = None) -> dict[str, Json]:
    """Make a template with the size of its VM from an expression."""
    return deployment(variables, properties={"vmProfile": {"vmSize": expression}})


def size_of(document: dict[str, Json], *settings: str) -> str:
    """What the size of the build VM is in HCL."""
    hcl = hcl_of(document, Options(settings=settings))
    return next(line.partition("= ")[2] for line in hcl.splitlines() if line.startswith("  vm_size "))


@pytest.mark.parametrize("form", FORMS)
def test_a_placeholder_that_is_compared_is_a_variable_and_can_be_given(form: str) -> None:
    document = with_size(f"[if(equals('{form.format('env')}','prod'),'big','small')]")

    assert size_of(document) == 'var.env == "prod" ? "big" : "small"'
    assert size_of(document, "env=prod") == '"big"'
    assert size_of(document, "env=test") == '"small"'


@pytest.mark.parametrize("default", [{}, {"defaultValue": "__default__"}])
def test_what_a_parameter_is_compared_with_is_a_value(default: dict[str, Json]) -> None:
    document = with_size("[if(equals(parameters('size'),'__default__'),'big',parameters('size'))]")
    document["parameters"] = {"size": {"type": "string", **default}}

    assert size_of(document) == 'var.size == "__default__" ? "big" : var.size'
    assert ('  default     = "__default__"\n' in hcl_of(document)) is bool(default)


@pytest.mark.parametrize("form", [form for form in FORMS if form != "[[{}]]"])  # that is how ARM writes one bracket
def test_a_placeholder_that_a_variable_hands_on_is_one_too(form: str) -> None:
    document = with_size("[if(equals(variables('e'),'web-prod'),'big','small')]", {"e": f"web-{form.format('env')}"})

    assert size_of(document) == '"web-${var.env}" == "web-prod" ? "big" : "small"'
    assert size_of(document, "env=prod") == '"big"'


@pytest.mark.parametrize(
    ("expression", "expected"),
    [
        ("if(contains('<b>','D'),'x','y')", 'strcontains(var.b, "D") ? "x" : "y"'),
        ("if(contains(createArray('<b>','c'),'d'),'x','y')", 'contains([var.b, "c"], "d") ? "x" : "y"'),
        ("if(empty('<b>'),'x','y')", 'var.b == "" ? "x" : "y"'),
        ("if(equals(length('<b>'),3),'x','y')", 'length(var.b) == 3 ? "x" : "y"'),
        ("if(startsWith('a-<b>','a-c'),'x','y')", 'startswith(lower("a-${var.b}"), "a-c") ? "x" : "y"'),
        ("if(bool('<b>'),'x','y')", 'convert(lower(var.b), bool) ? "x" : "y"'),
        ("toUpper('__b__')", "upper(var.b)"),
        ("toLower(concat(parameters('p'),'<b>'))", '"${lower(var.p)}${lower(var.b)}"'),
        ("replace('<b>','a','c')", 'replace(var.b, "a", "c")'),
        ("split('<b>',',')[0]", 'split(",", var.b)[0]'),
        ("first('<b>')", "substr(var.b, 0, 1)"),
        ("substring('<b>',1)", "substr(var.b, 1, -1)"),
        ("base64('<b>')", "base64encode(var.b)"),
        ("concat('w',uniqueString('<b>'))", '"w${var.unique_string}"'),
        ("if(equals('<a>','1'),'<b>','c')", 'var.a == "1" ? var.b : "c"'),
        ("createArray('<a>','b')[if(equals('<a>','1'),0,1)]", '[var.a, "b"][var.a == "1" ? 0 : 1]'),
        ("concat('<b>','-',toLower('<b>'))", '"${var.b}-${lower(var.b)}"'),
    ],
)
def test_what_a_function_makes_of_a_placeholder_only_the_build_knows(expression: str, expected: str) -> None:
    document = with_size(f"[{expression}]")
    document["parameters"] = {"p": {"type": "string"}}

    assert size_of(document) == expected


@pytest.mark.parametrize(
    ("expression", "expected"),
    [
        ("concat('a-','<b>')", '"a-${var.b}"'),
        ("format('{0}-{1}','<b>',1)", '"${var.b}-1"'),
        ("if(true(),'<b>','c')", "var.b"),
        ("first(createArray('<b>','c'))", "var.b"),
        ("if(equals(length(createArray('<b>')),1),'x','y')", '"x"'),
        ("if(equals('<b>','<b>'),'x','y')", '"x"'),
        ("replace('a-__B__','__B__','x')", '"a-x"'),
        ("if(contains('a-__B__','__B__'),'x','y')", '"x"'),
        ("if(equals('a__b','x'),'x','y')", '"y"'),
        ("if(contains('echo <x> > y','y'),'x','y')", '"x"'),
        ("if(equals('%TEMP%','x'),'x','y')", '"y"'),
        ("if(equals('$(date)','x'),'x','y')", '"y"'),
        ("if(contains('%C3%A4','x'),'x','y')", '"y"'),
    ],
)
def test_what_only_hands_a_placeholder_on_or_has_none_is_known(expression: str, expected: str) -> None:
    assert size_of(with_size(f"[{expression}]")) == expected


def test_a_placeholder_that_is_looked_up_is_a_variable() -> None:
    document = with_size("[variables('m')[variables('e')]]", {"e": "#{env}#", "m": {"prod": "big", "test": "small"}})

    assert size_of(document) == "local.m[var.env]"
    assert size_of(document, "env=prod") == '"big"'


def test_a_placeholder_in_a_text_and_in_an_expression_is_one_variable() -> None:
    hcl = hcl_of(deployment(location="#{env}#", properties={"vmProfile": {"vmSize": "[if(equals('__env__','a'),'x','y')]"}}))

    assert hcl.count('variable "env"') == 1
    assert 'var.env == "a"' in hcl


def test_a_placeholder_for_a_number_that_is_compared_too_is_text() -> None:
    size = "[if(equals('#{disk}#','64'),'x','y')]"
    hcl = hcl_of(deployment(properties={"vmProfile": {"vmSize": size, "osDiskSizeGB": "#{disk}#"}}))

    assert 'variable "disk" {\n  type        = string\n' in hcl
    assert 'var.disk == "64"' in hcl


def test_a_placeholder_that_decides_what_is_built_must_be_given() -> None:
    step = {"type": "[if(equals('#{kind}#','sh'),'Shell','PowerShell')]", "inline": ["true"]}
    document = deployment(customize=[step])

    refused = next(one for one in convert_json(document).findings if one.code.id == "AIB2P101")

    assert refused.message == "the placeholder #{kind}# (customize[0].type) decides what is built, and has no value"
    assert "--set kind=…" in (refused.help or "")
    assert "AIB2P101" not in codes_of(document, Options(settings=("kind=sh",)))


def test_a_condition_with_a_placeholder_is_not_known() -> None:
    document = deployment(condition="[equals('#{env}#','prod')]")

    told = next(one for one in convert_json(document).findings if one.code.id == "AIB2P424")

    assert "--set env=…" in (told.help or "")
    assert "AIB2P460" in codes_of(document, Options(settings=("env=test",)))


def test_a_name_of_a_variable_with_a_placeholder_tells_how_it_is_given() -> None:
    document = with_size("[variables(concat('size_','#{env}#'))]", {"size_prod": "big"})

    assert "--set env=…" in " ".join(finding.help or "" for finding in convert_json(document).findings)
    assert size_of(document, "env=prod") == '"big"'


@pytest.mark.parametrize("form", FORMS)
def test_a_placeholder_that_a_command_depends_on_can_be_given(form: str) -> None:
    line = f"[concat('echo ',if(equals('{form.format('env')}','prod'),'a','b'),' $(date) <x>')]"
    document = deployment(customize=[{"type": "Shell", "inline": [line]}])

    assert '["echo ${var.env == "prod" ? "a" : "b"} $(date) <x>"]' in hcl_of(document)
    assert '["echo a $(date) <x>"]' in hcl_of(document, Options(settings=("env=prod",)))


def test_regions_that_are_split_from_a_placeholder_are_a_list_of_the_build() -> None:
    document = deployment(distribute=[{**GALLERY_TARGET, "replicationRegions": "[split('<regions>',',')]"}])

    assert 'split(",", var.regions)' in hcl_of(document)
