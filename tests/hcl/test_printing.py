"""Bodies, values and blocks are printed in the layout of `packer fmt`, and mean what was put in."""

import json
from base64 import b64decode
from pathlib import Path
from typing import Any

import hcl2
import pytest
from hypothesis import given, settings

from aib2packer.packer.hcl import print_body, print_locals, print_value, print_variable, quote, references
from aib2packer.packer.values import (
    Attribute,
    Blank,
    Block,
    Body,
    Code,
    Comment,
    GoTemplate,
    Local,
    Text,
    Validation,
    Value,
    Variable,
)
from tests.hcl.decoding import DecodedBlock, decode_body, decode_value
from tests.hcl.samples import LOCAL, NAMES, VARIABLE, bodies, body_meaning, meaning, random_parts, random_texts
from tests.packer.judge import Packer

SCRIPT = Text(("a\nb\n",), multiline=True)

VALUES: list[tuple[Value, str]] = [
    (True, "true"),
    (False, "false"),
    (0, "0"),
    (-1, "-1"),
    (10**30, "1000000000000000000000000000000"),
    (1.5, "1.5"),
    ("x", '"x"'),
    (Code("null"), "null"),
    (Code("max(1, 2)"), "max(1, 2)"),
    (Variable("a"), "var.a"),
    (Local("a", 1), "local.a"),
    (GoTemplate('{{ .Vars }} "${x}"'), r'"{{ .Vars }} \"$${x}\""'),
    ((), "[]"),
    ({}, "{}"),
    (("a", 1, True, Variable("b")), '["a", 1, true, var.b]'),
    (((1, 2), (), (-3,)), "[[1, 2], [], [-3]]"),
]


@pytest.mark.parametrize(("value", "hcl"), VALUES)
def test_a_value_is_printed_as_hcl_writes_it(value: Value, hcl: str) -> None:
    assert print_value(value) == hcl


def test_equals_signs_are_aligned_up_to_an_empty_line_a_comment_a_block_or_an_open_bracket() -> None:
    body = (
        Attribute("a", 1),
        Attribute("long_name", 2),
        Blank(),
        Attribute("bb", 3),
        Attribute("b", 4),
        Comment("why"),
        Attribute("cccc", 5),
        Attribute("tags", {"x": 1}),
        Attribute("dd", 6),
        Attribute("ddd", ()),
        Block("plan", (Attribute("e", 7), Attribute("ee", 8))),
        Attribute("f", 9),
        Block("empty", (), ("one", "two $")),
    )
    assert print_body(body) == (
        "a         = 1\n"
        "long_name = 2\n"
        "\n"
        "bb = 3\n"
        "b  = 4\n"
        "# why\n"
        "cccc = 5\n"
        "tags = {\n"
        "  x = 1\n"
        "}\n"
        "dd  = 6\n"
        "ddd = []\n"
        "plan {\n"
        "  e  = 7\n"
        "  ee = 8\n"
        "}\n"
        "f = 9\n"
        'empty "one" "two $" {}'
    )


def test_a_heredoc_is_one_line_of_its_alignment_group() -> None:
    body = (Attribute("name", "x"), Attribute("content", SCRIPT), Attribute("generated", value=True))

    assert print_body(body, 2) == (
        '  name      = "x"\n  content   = <<-EOT\n    a\n    b\n  EOT\n  generated = true'
    )


def test_a_body_of_nothing_is_empty() -> None:
    assert print_body(()) == ""


def test_a_list_stays_on_its_line_up_to_128_columns() -> None:
    body = (Attribute("inline", ("a" * 50, "b" * 59)),)
    first, second = f'"{"a" * 50}"', f'"{"b" * 59}"'

    assert print_body(body, 2) == f"  inline = [{first}, {second}]"
    assert len(print_body(body, 2)) == 128
    assert print_body(body, 4) == f"    inline = [\n      {first},\n      {second},\n    ]"


def test_a_single_string_stays_on_its_line_however_long() -> None:
    assert print_value(("x" * 500,)) == f'["{"x" * 500}"]'


def test_a_heredoc_in_a_list_has_its_comma_on_the_next_line_and_none_at_the_end() -> None:
    assert print_value((SCRIPT,)) == "[\n  <<-EOT\n    a\n    b\n  EOT\n]"
    assert print_value((SCRIPT, "x", SCRIPT), 2) == (
        '[\n    <<-EOT\n      a\n      b\n    EOT\n    ,\n    "x",\n    <<-EOT\n      a\n      b\n    EOT\n  ]'
    )


def test_objects_in_a_list_stand_on_lines_of_their_own() -> None:
    assert print_value(({"a": 1, "bb": (1, {"c": 2})}, 3)) == (
        "[\n  {\n    a = 1\n    bb = [\n      1,\n      {\n        c = 2\n      },\n    ]\n  },\n  3,\n]"
    )


def test_keys_are_quoted_where_they_are_no_names_and_aligned_with_the_others() -> None:
    tags: Value = {"team": "a", "cost center": "b", "a.b": "c", "${x}": "d", "for": "e", "true": "f", "if": "g", "größe": "h"}

    assert print_value(tags) == (
        "{\n"
        '  team          = "a"\n'
        '  "cost center" = "b"\n'
        '  "a.b"         = "c"\n'
        '  "$${x}"       = "d"\n'
        '  "for"         = "e"\n'
        '  "true"        = "f"\n'
        '  if            = "g"\n'
        '  "größe"       = "h"\n'
        "}"
    )


def test_a_key_has_no_characters_that_share_a_column() -> None:
    assert print_value({"क्ष": 1, "❤\ufe0f": 2, "a": 3}) == '{\n  "क\\u094dष" = 1\n  "❤\\ufe0f"  = 2\n  a          = 3\n}'


def test_code_of_several_lines_keeps_its_shape_and_breaks_the_alignment_group() -> None:
    code = Code('join("\\n", [\n  "a",\n\n  "b",\n])')

    assert print_body((Attribute("a", 1), Attribute("bbb", code), Attribute("cc", 2)), 2) == (
        '  a = 1\n  bbb = join("\\n", [\n    "a",\n\n    "b",\n  ])\n  cc = 2'
    )


def test_a_comment_is_wrapped_and_never_leaves_its_lines() -> None:
    words = "word " * 30
    comment = Comment(f"{words}\nprovisioner {{\r\0\n\n#é")

    assert print_body((comment,), 2) == (
        f"  # {'word ' * 24}word\n  # {'word ' * 4}word\n  # provisioner {{\\r\\u0000\n  #\n  # #é"
    )


def test_a_word_longer_than_the_line_is_not_broken() -> None:
    url = f"https://example.com/{'a-' * 80}"

    assert print_body((Comment(f"See {url} for more"),)) == f"# See\n# {url}\n# for more"


def test_a_required_variable_has_its_type_and_description() -> None:
    assert print_variable(Variable("location", "Region of the build.")) == (
        'variable "location" {\n  type        = string\n  description = "Region of the build."\n}'
    )


def test_a_variable_has_its_default_its_secrecy_and_its_rules() -> None:
    rules = (Validation('var.sku != ""', "Say ${x}."), Validation("length(var.sku) < 9", "Too long."))
    variable = Variable("sku", default=Code("null"), sensitive=True, validation=rules)

    assert print_variable(variable) == (
        'variable "sku" {\n'
        "  type      = string\n"
        "  default   = null\n"
        "  sensitive = true\n"
        "\n"
        "  validation {\n"
        '    condition     = var.sku != ""\n'
        '    error_message = "Say $${x}."\n'
        "  }\n"
        "\n"
        "  validation {\n"
        "    condition     = length(var.sku) < 9\n"
        '    error_message = "Too long."\n'
        "  }\n"
        "}"
    )


@pytest.mark.parametrize(
    ("default", "hcl"), [("", '""'), (False, "false"), (0, "0"), ((), "[]"), (("a",), '["a"]'), ({}, "{}")]
)
def test_an_empty_default_is_a_default(default: Value, hcl: str) -> None:
    assert f"  default = {hcl}\n" in print_variable(Variable("x", type="any", default=default))


def test_locals_have_their_comments_above_and_an_empty_line_before_them() -> None:
    values = (
        Local("as_root", "sudo", "Runs as root."),
        Local("downloads", Text((Code("path.root"), "/downloads"))),
        Local("now", Code("timestamp()"), "Once a build."),
    )
    assert print_locals(values) == (
        "locals {\n"
        "  # Runs as root.\n"
        '  as_root   = "sudo"\n'
        '  downloads = "${path.root}/downloads"\n'
        "\n"
        "  # Once a build.\n"
        "  now = timestamp()\n"
        "}"
    )


def test_no_locals_make_no_block() -> None:
    assert print_locals(()) == ""


def test_references_are_found_wherever_they_stand_and_once() -> None:
    a, b, c, d = (Variable(name) for name in "abcd")
    body = (
        Comment("x"),
        Attribute("one", Text(("x", b, a))),
        Blank(),
        Block("block", (Attribute("two", (1, True, 2.5, {"k": c, "l": a}, GoTemplate("var.x"))),)),
        Attribute("three", Code("var.d + var.b", (d, b))),
    )
    assert references(body) == (b, a, c, d)


def test_what_a_local_needs_stands_before_it() -> None:
    chosen = Variable("image_version", default=Code("null"))
    now = Local("now", Code("timestamp()"))
    time_version = Local("time_version", Code("f(local.now)", (now,)))
    version = Local("image_version", Code("var.image_version != null ? …", (chosen, time_version)))

    assert references((version, now)) == (chosen, now, time_version, version)


def test_what_a_default_names_counts_too() -> None:
    name = Variable("name")
    outer = Variable("outer", default=Text((name, "-rg")))

    assert references(outer) == (name, outer)
    assert references("var.x") == ()


def test_a_variable_and_a_local_of_one_name_are_two() -> None:
    variable = Variable("x")
    local = Local("x", variable)

    assert references((local, variable, local)) == (variable, local)


@given(bodies)
def test_a_body_decodes_to_itself(body: Body) -> None:
    assert decode_body(f"{print_body(body)}\n", NAMES) == body_meaning(body)


tame = texts.filter(lambda text: not re.search(r"[$%]\{|\$$", text))  # python-hcl2 wants a brace that closes `$${`
settings_of_blocks = st.dictionaries(identifiers, values_of(tame), max_size=4)


@settings(max_examples=60)
@given(settings_of_blocks, settings_of_blocks)
def test_python_hcl2_reads_the_same_values(outer: dict[str, Value], inner: dict[str, Value]) -> None:
    block = Block("block", _attributes(inner), ("one", "two"))

    parsed = hcl2.loads(f"{print_body((*_attributes(outer), block))}\n")

    ((one, (two, found)),) = parsed.pop("block")
    assert 


def _attributes(settings: dict[str, Value]) -> tuple[Attribute, ...]:
    return tuple(Attribute(name, value) for name, value in settings.items())
