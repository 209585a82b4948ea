"""Nothing in a template breaks out of its string: into HCL, a line of ours for a shell, a path, a comment, or a terminal."""

import json
import os
import re
from collections.abc import Iterator
from functools import cache
from pathlib import Path
from textwrap import dedent
from typing import Any

import hcl2
import pytest
import yaml
from hypothesis import example, given
from hypothesis import strategies as st

from aib2packer import Conversion, Options, convert
from aib2packer.findings.formats import Format, render
from aib2packer.findings.judgement import Judgement
from aib2packer.findings.overview import Overview, of_one
from aib2packer.findings.text import render as render_text
from aib2packer.provenance.report import Account, as_json, as_markdown
from tests.arm.test_deployment import deployment
from tests.cases.templates import template
from tests.cases.variables import required_variables
from tests.hcl.decoding import decode_value
from tests.lab.judge import Packer
from tests.security.hostile import HOSTILE, MARK, PLACES, TEMPLATES, with_string
from tests.security.sandbox import run_in_sandbox

Json = Any

_OPTIONS = (Options(), Options(side_files=True), Options(annotate=True))
_SHELL = re.compile(r"['\"$`;|&>\n\\]")
"""What means something to a shell."""
_HEREDOC = re.compile(r"<<-(\w+)\n(.*?)^ *\1$", re.MULTILINE | re.DOTALL)
_STEP = re.compile(
    r'^(?P<indent> +)(?:provisioner|post-processor) "([\w-]+)" \{\n(.*?)^(?P=indent)\}$', re.MULTILINE | re.DOTALL
)
_COMMAND = re.compile(r"\b(?:az|packer|aib2packer) \S.*?(?=`(?:\.(?: [A-Z]|$)|\): )|$)")
_OWN_SCRIPT = re.compile(r"scripts/(?!\d).*\.sh")
"""Scripts that hold lines of ours, not those of a template."""
_BLOCKS = {"packer", "variable", "locals", "source", "build"}


def escaped(text: str) -> str:
    """HCL whose escaped sigils are other characters: python-hcl2 8 cannot read all of them."""
    return re.sub(r"\$+\$\{|%+%\{", "__(", text)


def without_references(quoted: str) -> str:
    """A quoted string with `REF` in place of each `${…}`, which holds strings and braces of its own."""
    made, at = "", 0
    while (start := quoted.find("${", at)) != -1:
        depth, end, inside = 0, start + 1, False
        while True:
            char = quoted[end]
            if inside and char == "\\":
                end += 1
            elif char == '"':
                inside = not inside
            elif not inside:
                depth += {"{": 1, "}": -1}.get(char, 0)
            end += 1
            if depth == 0:
                break
        made, at = f"{made}{quoted[at:start]}REF", end
    return made + quoted[at:]


def named(value: Json) -> Iterator[str]:
    """The bare names of attributes and blocks."""
    match value:
        case dict():
            for key, item in value.items():
                if not str(key).startswith('"'):
                    yield str(key)
                yield from named(item)
        case list():
            for item in value:
                yield from named(item)


def check_lines(hcl: str, hostile: str, folder: Path) -> None:
    """Check that no line of the HCL is of the template's making, and that the lines for shells run nothing of it."""
    assert all(char.isprintable() or char == "\n" for char in hcl)
    assert_no_commands(hcl)
    assert not re.search(rf"^\s*(?:touch )?{MARK}", _HEREDOC.sub("", hcl), re.MULTILINE)
    if not _SHELL.search(hostile) and hostile:
        return
    commands: list[str] = []
    for _, kind, block in _STEP.findall(escaped(hcl)):
        _, _, inline = without_references(block).partition(" inline")
        lines = [decode_value(found) for found in re.findall(r'"(?:[^"\\]|\\.)*"', _HEREDOC.sub("", inline))]
        # That one holds nothing of the template, and would write where the machine of the test has files of its own.
        lines += [dedent(found) for _, found in _HEREDOC.findall(inline) if "DeprovisioningScript" not in found]
        if kind in {"shell", "shell-local"}:
            commands += lines
        else:
            assert MARK not in hostile or all(hostile not in line for line in lines)
    run_in_sandbox("\n".join(commands), folder)


def check_hcl(hcl: str) -> None:
    """Check that the HCL holds the blocks that we write and nothing else."""
    text = escaped(hcl)
    parsed = hcl2.loads(text)
    assert {key for key in parsed if not key.startswith("__")} <= _BLOCKS
    assert MARK not in set(named(parsed))
    text = re.sub(r"^ *#.*$", "", text, flags=re.MULTILINE)
    assert not re.search(r"%\{", text)
    for reference in re.findall(r"\$\{((?:[^\"{}]|\"(?:[^\"\\]|\\.)*\"|\{[^{}]*\})*)\}", text):
        # Strings in it, and the names of parameters, are no code of theirs.
        assert MARK not in re.sub(r'"(?:[^"\\]|\\.)*"|\b(?:var|local)\.\w+', '""', reference)


def check_files(conversion: Conversion) -> None:
    """Check that all files lie below the folder of the output, under names that are safe everywhere."""
    for path in conversion.files:
        if path in {".gitignore", ".gitattributes"}:  # of our own making
            continue
        assert re.fullmatch(r"(?:[A-Za-z0-9_][A-Za-z0-9._-]*/)*[A-Za-z0-9_][A-Za-z0-9._-]*", path), path
        assert ".." not in path.split("/")


def check_commands(conversion: Conversion, hostile: str, folder: Path) -> None:
    """Check that what people and pipelines are to run beside the build runs nothing of the template."""
    texts = {path: data.decode() for path, data in conversion.files.items() if not path.startswith("files/")}
    pipelines = [read_yaml(text) for path, text in texts.items() if path.endswith(".yml")]
    steps = [step for pipeline in pipelines for step in steps_of(pipeline)]
    assert MARK not in {key for pipeline in pipelines for key in keys_of(pipeline)}
    if not _SHELL.search(hostile):
        return
    blocks = re.findall(r"^(```+)sh\n(.*?)^\1$", texts.get("MIGRATION.md", ""), re.MULTILINE | re.DOTALL)
    told = [found for finding in conversion.findings for found in _COMMAND.findall(finding.help) if hostile in found]
    scripts = [text for path, text in texts.items() if _OWN_SCRIPT.fullmatch(path)]
    for script in scripts:
        assert all(char.isprintable() or char == "\n" for char in script)
        assert_no_commands(script)
    for script in (*(block for _, block in blocks), *told, *scripts, *steps):
        if MARK in script:
            run_in_sandbox(script, folder)


@cache
def read_yaml(text: str) -> Json:
    """A document of YAML, which most hostile strings leave as it is."""
    return yaml.safe_load(text)


def keys_of(value: Json) -> Iterator[str]:
    """All keys of a document."""
    match value:
        case dict():
            yield from map(str, value)
            yield from (key for item in value.values() for key in keys_of(item))
        case list():
            yield from (key for item in value for key in keys_of(item))


def steps_of(value: Json) -> Iterator[str]:
    """What a pipeline runs, its own expressions as they are when they have come to something."""
    match value:
        case dict():
            for key, item in value.items():
                if key in {"run", "script", "inlineScript", "bash"} and isinstance(item, str):
                    yield re.sub(r"\$\{\{ [\w. ]+ \}\}", "x", item)
                else:
                    yield from steps_of(item)
        case list():
            for item in value:
                yield from steps_of(item)


def assert_no_commands(shown: str, form: Format = Format.TEXT) -> None:
    """Check that nothing is a command for a build service, but for those that are asked for."""
    assert not re.search(r"##(?:vso)?\[", shown, re.IGNORECASE)
    assert form is Format.GITHUB or not re.search(r"^\s*::", shown, re.MULTILINE)


def check_shown(conversion: Conversion) -> None:
    """Check that nothing that is shown drives a terminal, GitHub, or a reader of Markdown or JSON."""
    judgements = [Judgement("##vso[x]::error::web.json", "converted", conversion.findings)]
    for form in Format:
        shown = render(form, judgements, version="1")
        assert all(char.isprintable() or char == "\n" for char in shown), form
        assert_no_commands(shown, form)
        if form.is_document:
            json.loads(shown)
        if form is Format.GITHUB:
            assert all(re.match(r"::(?:error|warning|notice) file=", line) for line in shown.splitlines())
    many = Overview(color=False, width=80, names=8)
    for overview in (
        many.add(judgements[0]),
        many.row(judgements[0]),
        many.findings(),
        of_one(conversion.findings, everything=True, color=False),
    ):
        assert_no_commands(overview)
    coloured = render_text(conversion.findings, color=True)
    assert all(char.isprintable() or char == "\n" for char in re.sub(r"\x1b\[\d+m", "", coloured))
    account = Account("##vso[x]::error::web.json", "converted", conversion.settings, conversion.source_map)
    assert json.loads(as_json([account], version="1"))
    for shown in (as_markdown([account]), *(data.decode() for path, data in conversion.files.items() if path.endswith(".md"))):
        assert all(char.isprintable() or char == "\n" for char in shown)
        assert_no_commands(shown)
        prose = re.sub(r"(`+)(?!`).*?(?<!`)\1(?!`)", "", shown)
        assert "<script>" not in prose.replace("\\<", "")
        assert "](http://pwned)" not in prose.replace("\\]", "")


def check(data: str, hostile: str, options: Options, folder: Path) -> None:
    """Convert, and check all that a conversion gives."""
    conversion = convert(data, file="web.json", options=options)
    check_shown(conversion)
    check_files(conversion)
    check_commands(conversion, hostile, folder)
    if conversion.hcl is not None:
        check_lines(conversion.hcl, hostile, folder)
        check_hcl(conversion.hcl)


@pytest.fixture(scope="module")
def sandbox(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder for programs that do nothing."""
    return tmp_path_factory.mktemp("sandbox")


@pytest.mark.parametrize(("name", "path"), PLACES, ids=[f"{name}: {'.'.join(map(str, path))}" for name, path in PLACES])
def test_no_hostile_string_makes_a_line_or_a_file_of_its_own(name: str, path: tuple[str | int, ...], sandbox: Path) -> None:
    # Half of them in every other place, for the time that it takes.
    for hostile in HOSTILE[PLACES.index((name, path)) % 2 :: 2]:
        conversion = convert(with_string(TEMPLATES[name], path, hostile, whole=False), options=Options(side_files=True))
        check_files(conversion)
        check_commands(conversion, hostile, sandbox)
        if conversion.hcl is not None:
            check_lines(conversion.hcl, hostile, sandbox)


@given(place=st.sampled_from(PLACES), hostile=st.sampled_from(HOSTILE), whole=st.booleans(), options=st.sampled_from(_OPTIONS))
def test_a_hostile_string_stays_a_string(
    place: tuple[str, tuple[str | int, ...]], hostile: str, options: Options, sandbox: Path, *, whole: bool
) -> None:
    name, path = place

    check(with_string(TEMPLATES[name], path, hostile, whole=whole), hostile, options, sandbox)


@pytest.mark.parametrize("name", TEMPLATES)
def test_what_is_not_hostile_passes_the_same_checks(name: str, sandbox: Path) -> None:
    conversion = convert(json.dumps(TEMPLATES[name]))

    assert conversion.hcl is not None, render_text(conversion.findings, color=False)
    check(json.dumps(TEMPLATES[name]), "", Options(side_files=True), sandbox)


def with_parameter(name: str, default: str, description: str, allowed: str) -> dict[str, Json]:
    """Make a deployment template that uses one parameter wherever a text can stand."""
    parameter = {
        "type": "string",
        "defaultValue": default,
        "allowedValues": [allowed, default],
        "metadata": {"description": description},
    }
    quoted = name.replace("'", "''")
    used = f"parameters('{quoted}')"
    image = template(
        name=f"[{used}]",
        tags={"key": f"[{used}]", "other": f"[concat('a', {used}, 'b')]"},
        customize=[
            {"type": "Shell", "name": f"[{used}]", "inline": ["true"]},
            {"type": "Shell", "name": "uri", "scriptUri": f"[concat('https://contoso.com/', {used})]"},
            {
                "type": "File",
                "name": "file",
                "sourceUri": f"[concat({used}, '/x')]",
                "destination": f"[concat('/tmp/', {used})]",
            },
        ],
    )
    return deployment(image, parameters={name: parameter})


@given(
    parameter=st.tuples(*(st.sampled_from([plain, *HOSTILE]) for plain in ("p", "default", "description", "other"))),
    options=st.sampled_from([*_OPTIONS, Options(resolve=True)]),
)
@example(parameter=("p", "'; touch pwned; '", "x", "y"), options=Options(resolve=True))
def test_a_hostile_parameter_stays_a_parameter(parameter: tuple[str, str, str, str], options: Options, sandbox: Path) -> None:
    check(json.dumps(with_parameter(*parameter)), parameter[1], options, sandbox)


@pytest.mark.parametrize(("kind", "publisher"), [("Shell", "Canonical"), ("PowerShell", "MicrosoftWindowsServer")])
def test_braces_in_a_default_reach_no_field_that_packer_renders_as_a_template(kind: str, publisher: str) -> None:
    parameters = {"p": {"type": "string", "defaultValue": "ps --format '{{.Names}}'"}}
    used = "[concat('docker ', parameters('p'))]"
    image = template(
        source={"type": "PlatformImage", "publisher": publisher, "offer": "o", "sku": "s", "version": "latest"},
        customize=[{"type": kind, "name": "a", "inline": [used]}],
        tags={"alone": "[parameters('p')]", "within": used},
    )

    hcl = convert(json.dumps(deployment(image, parameters=parameters))).hcl

    assert hcl is not None
    of_builds = re.sub(r'replace\((?:var\.p|"[^"]*\$\{var\.p\}[^"]*"), "\{\{", "[^"]*"\)', "", hcl.partition("\nsource ")[2])
    assert "var.p" not in of_builds
    assert hcl.count("replace(") == 3  # two tags, and what is uploaded


def test_packer_runs_nothing_that_a_hostile_default_says(packer: Packer, tmp_path: Path) -> None:
    texts = [text for text in HOSTILE if "\0" not in text]  # no process takes that in its environment
    parameters = {f"p{index}": {"type": "string", "defaultValue": text} for index, text in enumerate(texts)}
    files = [
        {
            "type": "File",
            "name": name,
            "sourceUri": f"[concat('https://contoso.com/', parameters('{name}'))]",
            "destination": "/tmp/x",
        }
        for name in parameters
    ]
    conversion = convert(json.dumps(deployment(template(customize=files), parameters=parameters)))
    assert conversion.hcl is not None, render_text(conversion.findings, color=False)
    programs = tmp_path / "programs"
    programs.mkdir()
    (programs / "curl").write_text(f'#!/bin/sh\nprintf "%s\\n" "$*" >> {tmp_path}/fetched\n')
    (programs / "curl").chmod(0o755)
    build = tmp_path / "build.pkr.hcl"
    build.write_text(only_downloads(conversion.hcl))

    run = packer.build_without_vm(
        build, required_variables(conversion.hcl), environment={"PATH": f"{programs}{os.pathsep}{os.environ['PATH']}"}
    )

    assert run.ok, run.output
    assert not list(tmp_path.rglob(f"*{MARK}*"))
    assert len((tmp_path / "fetched").read_text().splitlines()) >= len(texts)


def only_downloads(hcl: str) -> str:
    """The step that fetches, in a build that needs no VM."""
    head = hcl[hcl.index("\nvariable ") : hcl.index('\nsource "azure-arm"')]
    start = hcl.index('  provisioner "shell-local"')
    step = hcl[start : hcl.index("\n  }\n", start) + 5]
    source = 'source "null" "x" {\n  communicator = "none"\n}\n'
    return f'{head}\n{source}\nbuild {{\n  sources = ["source.null.x"]\n{step}}}\n'
