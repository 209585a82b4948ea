"""What only Packer knows is no code for the shell of its machine, nor for Packer itself, nor a file for the Azure CLI."""

import json
from pathlib import Path

import pytest

from aib2packer.hcl.printing import print_body
from aib2packer.hcl.values import Attribute, HclCode, Interpolation, Local, Variable
from aib2packer.packer.steps.shell_local import Environment, exact_json
from tests.lab.judge import Packer

# Go templates that render to themselves while Packer renders the environment, and to something else where there is a script.
_SELF = (
    '{{$s:="{{$s:=%q}}{{if .Script}}{{printf \\"%%c;touch pwned;%%c\\" 39 39}}{{else}}{{printf $s $s}}{{end}}"}}'
    '{{if .Script}}{{printf "%c;touch pwned;%c" 39 39}}{{else}}{{printf $s $s}}{{end}}'
)
HOSTILE = (
    *("'; touch pwned; '", '"; touch pwned; "', "$(touch pwned)", "`touch pwned`", "\ntouch pwned\n", "\\'; touch pwned #"),
    *(
        "\r\ntouch pwned\r\n",
        "a' || touch pwned || echo '",
        "-pwned",
        "--config=pwned",
        "$IFS touch pwned",
        "*",
        "~",
        "${HOME}",
    ),
    *('{{ "\\x27; touch pwned; \\x27" }}', "{{ .Vars }}", "{{{{{", "a{{b", _SELF, f"{{{_SELF}"),
    *(
        "%{ if true }x%{ endif }",
        "${path.root}",
        "\u2028",
        "\x1b]0;pwned\a",
        "é",
        "a=b=c",
        "@/etc/hostname",
        "a=@/etc/hostname",
    ),
)


def encoded(text: str) -> str:
    """What arrives: percent-encoded where it would mean something to Packer or to the Azure CLI."""
    text = text.replace("{{", "%7B%7B")
    for start in ("=@", "@"):
        if start in text and (start == "=@" or text.startswith("@")):
            text = text.replace(start, start.replace("@", "%40"))
    return text


@pytest.mark.parametrize("wrap", ["provisioner", "post-processor"])
def test_a_hostile_value_arrives_as_text(wrap: str, packer: Packer, tmp_path: Path) -> None:
    names = [f"v{number}" for number in range(len(HOSTILE))]
    environment = Environment(for_cli=True)
    words = [environment.word("value", Interpolation((Variable(name),))) for name in names]
    words.append(environment.word("both", Interpolation((Local("a", "x"), "{", Variable(names[0])))))
    words.append(environment.word("literal", "{{ .Script }}"))
    all_of_them = tuple(Variable(name) for name in names)
    printed = ", ".join(f"var.{name}" for name in names)
    words.append(environment.word("json", exact_json(f'{{ all = [{printed}, "=@{{{{{{.Script}}}}}}"] }}', all_of_them)))
    folder = environment.word("folder", HclCode("path.root"))
    settings = environment.settings("", (f"cd -- {folder} && printf '%s\\0' {' '.join(words)} > arrived",))
    step = print_body(tuple(Attribute(name, value) for name, value in settings.items()), 4)
    build = tmp_path / "it's $(touch pwned)" / "build.pkr.hcl"
    build.parent.mkdir()
    variables = "\n".join(f'variable "{name}" {{}}' for name in names)
    build.write_text(
        f'{variables}\nlocals {{\n  a = "x"\n}}\nsource "null" "x" {{\n  communicator = "none"\n}}\n'
        f'build {{\n  sources = ["source.null.x"]\n  {wrap} "shell-local" {{\n{step}\n  }}\n}}\n'
    )

    run = packer.build_without_vm(build, dict(zip(names, HOSTILE, strict=True)), environment={})

    assert run.ok, run.output
    assert not list(tmp_path.rglob("pwned"))
    *arrived, both, literal, as_json, _ = (build.parent / "arrived").read_bytes().decode().split("\0")
    assert arrived == [encoded(text) for text in HOSTILE]
    assert json.loads(as_json) == {"all": [*HOSTILE, "=@{{{.Script}}}"]}
    assert (both, literal) == (f"x{{{HOSTILE[0]}", "%7B%7B .Script }}")
