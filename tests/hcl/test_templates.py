"""What a field that Packer renders once as a Go template makes of escaped values.

Source: docs/reference/packer-semantics.md 1.3, 1.4.
"""

import re
from pathlib import Path

import pytest
from hypothesis import given

from aib2packer.hcl.printing import escape_templates, print_body
from aib2packer.hcl.values import Attribute, Blank, Block, Body, GoTemplate, HclCode, Interpolation, Local, Value, Variable
from tests.hcl.samples import meaning, nfc, parts_of, random_texts, texts
from tests.lab.judge import Packer
from tests.lab.vm import LinuxVM

X = Variable("x")
OPEN = "{{`{{`}}"


def rendered(template: str) -> str:
    """What Go's text/template makes of a text whose only actions are raw strings: an action begins at the first `{{`."""
    whole = re.fullmatch(r"(?:(?!\{\{).|\{\{`[^`]*`\}\})*", template, re.DOTALL)
    assert whole, f"more than raw strings in {template!r}"
    return re.sub(r"\{\{`([^`]*)`\}\}", r"\1", template)


@pytest.mark.parametrize(
    ("text", "escaped"),
    [
        ("", ""),
        ("{ } { { }} {a}", "{ } { { }} {a}"),
        ("{{", OPEN),
        ("{{{", f"{OPEN}{{"),
        ("{{{{", f"{OPEN}{OPEN}"),
        ("{{{{{", f"{OPEN}{OPEN}{{"),
        ("{{.State}}", f"{OPEN}.State}}}}"),
        ("{{- x -}}", f"{OPEN}- x -}}}}"),
        ("{{/* c */}}", f"{OPEN}/* c */}}}}"),
        ("{{`{{`}}", f"{OPEN}`{OPEN}`}}}}"),
        ("a\n{{ `b` }}\n", f"a\n{OPEN} `b` }}}}\n"),
    ],
)
def test_each_pair_of_opening_braces_becomes_a_raw_string(text: str, escaped: str) -> None:
    assert escape_templates(text) == escaped
    assert rendered(escaped) == text


@pytest.mark.parametrize(
    ("parts", "escaped"),
    [
        (("{", "{x}}"), (f"{OPEN}x}}}}",)),
        (("a{", "", "{", "{b"), (f"a{OPEN}{{b",)),
        ((X, "{{", X), (X, OPEN, X)),
        (("{", X, "{"), ("{", X, "{")),
        ((HclCode('f("{{")'), "{{"), (HclCode('f("{{")'), OPEN)),
        ((), ()),
    ],
)
def test_braces_are_found_across_the_pieces_of_a_string(
    parts: tuple[str | Variable | HclCode, ...], escaped: tuple[str | Variable | HclCode, ...]
) -> None:
    assert escape_templates(Interpolation(parts)) == Interpolation(escaped)
    assert escape_templates(Interpolation(parts, multiline=True)) == Interpolation(escaped, multiline=True)


@pytest.mark.parametrize("value", [GoTemplate("{{ .Vars }}"), HclCode("f({{})"), Local("a", "{{"), X, True, 1, 1.5, (), {}])
def test_what_is_no_literal_text_is_left_alone(value: Value) -> None:
    assert escape_templates(value) == value


def test_lists_and_objects_are_escaped_within() -> None:
    value: Value = {"a": "{{", "b": ("{{", {"c": "{{", "d": GoTemplate("{{")})}

    assert escape_templates(value) == {"a": OPEN, "b": (OPEN, {"c": OPEN, "d": GoTemplate("{{")})}


def test_a_value_beside_a_key_that_is_a_template_is_not_escaped_because_packer_does_not_render_it() -> None:
    assert escape_templates({"{{a}}": "{{b}}", "c": "{{d}}"}) == {f"{OPEN}a}}}}": "{{b}}", "c": f"{OPEN}d}}}}"}


@given(texts)
def test_an_escaped_text_renders_to_itself(text: str) -> None:
    escaped = escape_templates(text)

    assert isinstance(escaped, str)
    assert rendered(escaped) == text


@given(parts_of(texts))
def test_an_escaped_string_with_references_renders_to_what_it_meant(
    parts: tuple[str | Variable | Local | HclCode, ...],
) -> None:
    text = Interpolation(parts)

    assert rendered(meaning(escape_templates(text))) == meaning(text)


def test_packer_uploads_an_escaped_content_as_it_was(packer: Packer, linux_vm: LinuxVM, tmp_path: Path) -> None:
    contents = [nfc(text) for text in ("{{", "{{{", "{{{{{", "a {{.X}} {{`{{`}} }}", "{", *random_texts(60)) if text]
    whole = "\n-- next --\n".join(contents)
    split = Interpolation(tuple(whole))  # each character a piece of its own
    script = Interpolation(("{{\n{", "{{\n"), multiline=True)
    template = tmp_path / "build.pkr.hcl"
    template.write_bytes(print_body((*_build({"whole": whole, "split": split, "script": script}), Blank())).encode())

    run = packer.build(template, vm=linux_vm)

    assert run.ok, run.output
    assert linux_vm.read("/tmp/whole").decode() == whole
    assert linux_vm.read("/tmp/split").decode() == whole
    assert linux_vm.read("/tmp/script").decode() == "{{\n{{{\n"


def _build(contents: dict[str, Value]) -> Body:
    uploads = [
        Block(
            "provisioner",
            (Attribute("destination", f"/tmp/{name}"), Attribute("content", escape_templates(content))),
            ("file",),
        )
        for name, content in contents.items()
    ]
    source = Block("source", (), ("azure-arm", "x"))
    return (source, Blank(), Block("build", (Attribute("sources", ("source.azure-arm.x",)), *uploads)))
