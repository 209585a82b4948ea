"""Renaming of variables and locals reaches all that names them, and no text."""

import pytest

from aib2packer.hcl.renaming import Renaming
from aib2packer.hcl.values import Attribute, Block, HclCode, Interpolation, Local, Variable, VariableValidation

RENAMING = Renaming({"size": "web_size"}, {"now": "web_now"})


@pytest.mark.parametrize(
    ("code", "renamed"),
    [
        ("var.size", "var.web_size"),
        ("var.size_2 + var.other", "var.size_2 + var.other"),
        ("var.size-2", "var.size-2"),
        ('"var.size"', '"var.size"'),
        ('"${var.size} var.size"', '"${var.web_size} var.size"'),
        ('"$${var.size}"', '"$${var.size}"'),
        ('"%%{var.size}%{if var.size}x%{endif}"', '"%%{var.size}%{if var.web_size}x%{endif}"'),
        (r'"\"${var.size}"', r'"\"${var.web_size}"'),
        ('{ size = var.size, text = "a}b" }[local.now]', '{ size = var.web_size, text = "a}b" }[local.web_now]'),
        ('"${{ a = "var.size" }["${local.now}"]} {var.size}"', '"${{ a = "var.size" }["${local.web_now}"]} {var.size}"'),
        ('length(split("/", var.size)) > 2 ? "{" : var.size', 'length(split("/", var.web_size)) > 2 ? "{" : var.web_size'),
    ],
)
def test_references_in_code_are_renamed_and_text_is_not(code: str, renamed: str) -> None:
    assert RENAMING.text(code) == renamed


def test_a_body_is_renamed_in_all_its_values() -> None:
    size, now = Variable("size"), Local("now", HclCode("timestamp()"))
    body = (
        Attribute("a", {"b": (size, 1, "size")}),
        Block("c", (Attribute("d", Interpolation((now, "-now-", HclCode("var.size", (size,))))),)),
    )

    first, second = RENAMING.body(body)

    new_size, new_now = Variable("web_size"), Local("web_now", HclCode("timestamp()"))
    assert first == Attribute("a", {"b": (new_size, 1, "size")})
    assert second == Block("c", (Attribute("d", Interpolation((new_now, "-now-", HclCode("var.web_size", (new_size,))))),))


def test_a_variable_is_renamed_with_its_rules_and_what_they_say() -> None:
    rule = VariableValidation("var.size > 1", "The size must be more; sizes, size-1 and a.size are others.")

    renamed = RENAMING.variable(Variable("size", validation=(rule,)))

    assert renamed.validation == (
        VariableValidation("var.web_size > 1", "The web_size must be more; sizes, size-1 and a.size are others."),
    )
