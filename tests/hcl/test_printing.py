"""Bodies, values and blocks are printed in the layout of `packer fmt`, and mean what was put in."""

import json
import re
from base64 import b64decode
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import hcl2
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from aib2packer.hcl.printing import print_body, print_locals, print_value, print_variable, references
from aib2packer.hcl.values import (
    Attribute,
    Blank,
    Block,
    Body,
    Comment,
    GoTemplate,
    HclCode,
    Interpolation,
    Local,
    Value,
    Variable,
    VariableValidation,
)
from tests.hcl.decoding import decode_body, decode_value
from tests.hcl.samples import (
    LOCAL,
    NAMES,
    VARIABLE,
    bodies,
    body_meaning,
    identifiers,
    meaning,
    random_parts,
    random_texts,
    texts,
    values_of,
)
from tests.lab.judge import Packer

SCRIPT = Interpolation(("a\nb\n",), multiline=True)

VALUES: list[tuple[Value, str]] = [
    (True, "true"),
    (False, "false"),
    (0, "0"),
    (-1, "-1"),
    (10**30, "1000000000000000000000000000000"),
    (1.5, "1.5"),
    ("x", '"x"'),
    (HclCode("null"), "null"),
    (HclCode("max(1, 2)"), "max(1, 2)"),
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

    assert print_body(body, 2) == ('  name      = "x"\n  content   = <<-EOT\n    a\n    b\n  EOT\n  generated = true')


def test_a_body_of_nothing_is_empty() -> None:
    assert print_body(()) == ""


def test_a_list_stays_on_its_line_up_to_128_columns() -> None:
    fitting: dict[str, Value] = {"values": ("a" * 50, "b" * 59)}
    too_long: dict[str, Value] = {"values": ("a" * 50, "b" * 60)}
    broken = f'values = [\n    "{"a" * 50}",\n    "{"b" * 60}",\n  ]'

    line = print_body(_attributes(fitting), 2)

    assert line == f'  values = ["{"a" * 50}", "{"b" * 59}"]'
    assert len(line) == 128
    assert print_body(_attributes(too_long), 2) == f"  {broken}"
    assert print_value(fitting) == f"{{\n{line}\n}}"
    assert print_value(too_long) == f"{{\n  {broken}\n}}"


def test_commands_stand_below_each_other() -> None:
    assert print_body((Attribute("inline", ("a", "b")),)) == 'inline = [\n  "a",\n  "b",\n]'
    assert print_body((Attribute("inline", ("a",)),)) == 'inline = ["a"]'


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
    code = HclCode('join("\\n", [\n  "a",\n\n  "b",\n])')

    assert print_body((Attribute("a", 1), Attribute("bbb", code), Attribute("cc", 2)), 2) == (
        '  a = 1\n  bbb = join("\\n", [\n    "a",\n\n    "b",\n  ])\n  cc = 2'
    )


def test_a_comment_is_wrapped_and_never_leaves_its_lines() -> None:
    words = "word " * 30
    comment = Comment(f"{words}\nprovisioner {{\r\0\n\n#é")

    assert print_body((comment,), 2) == (
        f"  # {'word ' * 24}word\n  # {'word ' * 4}word\n  # provisioner {{\\r\\u0000\n  #\n  # #é"
    )


def test_a_line_of_a_comment_has_at_most_128_columns() -> None:
    fitting, too_long = f"{'a' * 120} {'b' * 3}", f"{'a' * 120} {'b' * 4}"

    assert print_body((Comment(fitting),), 2) == f"  # {fitting}"
    assert print_body((Comment(too_long),), 2) == f"  # {'a' * 120}\n  # bbbb"


def test_a_word_longer_than_the_line_is_not_broken() -> None:
    url = f"https://example.com/{'a-' * 80}"

    assert print_body((Comment(f"See {url} for more"),)) == f"# See\n# {url}\n# for more"


def test_a_required_variable_has_its_type_and_description() -> None:
    assert print_variable(Variable("location", "Region of the build.")) == (
        'variable "location" {\n  type        = string\n  description = "Region of the build."\n}'
    )


def test_a_variable_has_its_default_its_secrecy_and_its_rules() -> None:
    rules = (VariableValidation('var.sku != ""', "Say ${x}."), VariableValidation("length(var.sku) < 9", "Too long."))
    variable = Variable("sku", default=HclCode("null"), sensitive=True, validation=rules)

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
        Local("downloads", Interpolation((HclCode("path.root"), "/downloads"))),
        Local("now", HclCode("timestamp()"), "Once a build."),
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
        Attribute("one", Interpolation(("x", b, a))),
        Blank(),
        Block("block", (Attribute("two", (1, True, 2.5, {"k": c, "l": a}, GoTemplate("var.x"))),)),
        Attribute("three", HclCode("var.d + var.b", (d, b))),
    )
    assert references(body) == (b, a, c, d)


def test_what_a_local_needs_stands_before_it() -> None:
    chosen = Variable("image_version", default=HclCode("null"))
    now = Local("now", HclCode("timestamp()"))
    time_version = Local("time_version", HclCode("f(local.now)", (now,)))
    version = Local("image_version", HclCode("var.image_version != null ? …", (chosen, time_version)))

    assert references((version, now)) == (chosen, now, time_version, version)


def test_locals_that_name_each_other_are_found_once() -> None:
    two = Local("two", HclCode("local.one", (Local("one", ""),)))
    one = Local("one", HclCode("local.two", (two,)))

    assert references(one) == (two, one)


def test_what_a_default_names_counts_too() -> None:
    name = Variable("name")
    outer = Variable("outer", default=Interpolation((name, "-rg")))

    assert references(outer) == (name, outer)
    assert references("var.x") == ()


def test_a_variable_and_a_local_of_one_name_are_two() -> None:
    variable = Variable("x")
    local = Local("x", variable)

    assert references((local, variable, local)) == (variable, local)


@given(bodies)
def test_a_body_decodes_to_itself(body: Body) -> None:
    assert decode_body(f"{print_body(body)}\n", NAMES) == body_meaning(body)


# python-hcl2 8.1 does not read `$${` without a closing brace.
tame = texts.filter(lambda text: not re.search(r"[$%](?:\{|$)", text))
settings_of_blocks = st.dictionaries(identifiers, values_of(tame), max_size=4)


@settings(max_examples=60)
@given(settings_of_blocks, settings_of_blocks)
def test_python_hcl2_reads_the_same_values(outer: dict[str, Value], inner: dict[str, Value]) -> None:
    block = Block("Block", _attributes(inner), ("one", "two"))

    parsed = hcl2.loads(f"{print_body((*_attributes(outer), block))}\n")

    nested = parsed.pop("Block")[0]['"one"']['"two"']
    assert nested.pop("__is_block__")
    assert _of_python_hcl2(parsed) == meaning(outer)
    assert _of_python_hcl2(nested) == meaning(inner)


def _attributes(settings: Mapping[str, Value]) -> tuple[Attribute, ...]:
    return tuple(Attribute(name, value) for name, value in settings.items())


def _of_python_hcl2(value: Any) -> Any:  # noqa: ANN401 - any HCL value
    """What python-hcl2 found, which leaves strings as they were written: heredocs in quotes, other expressions in `${}`."""
    match value:
        case str():
            source = value.removeprefix("${").removesuffix("}") if value.startswith("${") else value
            return decode_value(source[1:-1] if "\n" in source else source, NAMES)
        case dict():
            return {decode_value(key) if key.startswith('"') else key: _of_python_hcl2(item) for key, item in value.items()}
        case list():
            return [_of_python_hcl2(item) for item in value]
        case _:
            return value


# What asks Packer for the values of a local: base64, because Packer brings the JSON text itself to NFC too.
_ENTRIES = "{ for key, value in %s : base64encode(key) => base64encode(value) }"
OF_OBJECT = f"jsonencode({_ENTRIES % 'local.%s'})"
OF_OBJECTS = f"jsonencode([for object in local.%s : {_ENTRIES % 'object'}])"
OF_LISTS = "jsonencode([for list in local.%s : [for value in list : base64encode(value)]])"


def test_packer_reads_every_value_exactly_and_has_no_other_layout(packer: Packer, tmp_path: Path) -> None:
    count = 300
    strings, mixed = random_texts(count), random_parts(count)
    scripts = [Interpolation((*parts, "\n"), multiline=True) for parts in mixed]
    asked = (
        (OF_OBJECT, Local("quoted", {f"k{number}": text for number, text in enumerate(strings)}, "Any text.")),
        (
            OF_OBJECT,
            Local(
                "multiline", {f"k{number}": Interpolation((text, "\n"), multiline=True) for number, text in enumerate(strings)}
            ),
        ),
        (OF_OBJECT, Local("with_references", {f"k{number}": Interpolation(parts) for number, parts in enumerate(mixed)})),
        (OF_OBJECT, Local("scripts", {f"k{number}": script for number, script in enumerate(scripts)}, "Heredocs.")),
        (OF_OBJECT, Local("keys", {text: text for text in strings})),
        (OF_LISTS, Local("lists", tuple(tuple(strings[start : start + 4]) for start in range(0, count, 4)))),
        (OF_LISTS, Local("lists_of_scripts", tuple(tuple(scripts[start : start + 3]) for start in range(0, count, 3)))),
        (
            OF_OBJECTS,
            Local("objects", tuple({key: "", "script": script} for key, script in zip(strings, scripts, strict=True))),
        ),
    )
    values = [value for _, value in asked]
    kinds = Local("kinds", {"true": True, "null": (10**30, -1, 0.25, {}, ()), "for": {"if": LOCAL, "in": ((VARIABLE,),)}})
    tags: dict[str, Value] = {value.name: HclCode(code % value.name, (value,)) for code, value in asked}
    tags["kinds"] = HclCode("jsonencode(local.kinds)", (kinds,))
    source = Block("source", (Comment("Any comment, \0 and all. " * 20), Attribute("azure_tags", tags)), ("azure-arm", "x"))
    build = Block("build", (Attribute("sources", ("source.azure-arm.x",)),))
    template = tmp_path / "build.pkr.hcl"
    blocks = (print_variable(VARIABLE), print_locals((LOCAL, *values, kinds)), print_body((source, Blank(), build)))
    template.write_bytes("\n\n".join((*blocks, "")).encode())

    verdict = packer.validate(template)

    assert verdict.ok, verdict.output
    assert verdict.source is not None
    assert json.loads(verdict.source["azure_tags"]["kinds"]) == meaning(kinds.value)
    for value in values:
        assert _without_base64(json.loads(verdict.source["azure_tags"][value.name])) == meaning(value.value), value.name
    assert packer.fmt_check(template.read_text(encoding="utf-8")) == ""


def _without_base64(value: Any) -> Any:  # noqa: ANN401 - any JSON
    match value:
        case dict():
            return {_without_base64(key): _without_base64(item) for key, item in value.items()}
        case list():
            return [_without_base64(item) for item in value]
        case _:
            return b64decode(value).decode()
