"""The formats of findings for programs: SARIF by its schema, GitHub by its rules, JSON by what the docs promise."""

from __future__ import annotations

import json
import re
from functools import cache
from pathlib import Path
from typing import Any
from urllib.parse import unquote

import pytest
from hypothesis import given
from hypothesis import strategies as st
from jsonschema import Draft4Validator

from aib2packer.findings.code_pages import page
from aib2packer.findings.codes import (
    JSON_TRAILING_COMMA,
    OPEN_TO_THE_INTERNET,
    STAGING_GROUP,
    UNKNOWN_KIND,
    UNREADABLE,
    VM_BOOT,
)
from aib2packer.findings.formats import Format, render
from aib2packer.findings.judgement import Judgement
from aib2packer.findings.model import Code, Finding, about_file
from aib2packer.text.source import SourceText, Span
from tests.cases import CASES, convert_case

SAS = "https://a.blob.core.windows.net/c/x.sh?sv=1&sig=SECRET%2BSECRET&se=2"
TEXT = '{\n  "a": {\n    "b": "é"\n  }\n}\n'


def finding(  # noqa: PLR0913 - each counts in some test
    text: str = TEXT,
    start: int = 4,
    end: int = 7,
    *,
    code: Code = VM_BOOT,
    message: str = "why",
    file: str = "in.json",
    pointer: str | None = None,
) -> Finding:
    return Finding(code, Span(SourceText(file, text), start, end, pointer), message, "what to do")


def rendered(form: Format, *findings: Finding, template: str = "in.json") -> str:
    return render(form, [Judgement(template, "converted", findings)], version="1.2.3")


def sarif(*findings: Finding) -> dict[str, Any]:
    log = json.loads(rendered(Format.SARIF, *findings))
    _schema().validate(log)
    (run,) = log["runs"]
    return dict(run)


@cache
def _schema() -> Draft4Validator:
    # As https://www.npmjs.com/package/@microsoft/jest-sarif ships it, from SchemaStore; the standard's own.
    schema = json.loads(Path(__file__).with_name("sarif-2.1.0-rtm.5.json").read_text(encoding="utf-8"))
    return Draft4Validator(schema)


@pytest.mark.parametrize("case", CASES)
def test_the_findings_of_every_case_are_valid_sarif(case: str) -> None:
    findings = convert_case(case).findings
    assert len(sarif(*findings)["results"]) == len(findings)


def test_sarif_has_a_rule_with_its_page_for_each_code_that_was_found() -> None:
    run = sarif(finding(), finding(code=JSON_TRAILING_COMMA), finding(start=5), finding(code=STAGING_GROUP))
    assert run["tool"]["driver"]["name"] == "aib2packer"
    assert run["tool"]["driver"]["semanticVersion"] == "1.2.3"
    rules = run["tool"]["driver"]["rules"]
    assert [(rule["id"], rule["name"], rule["defaultConfiguration"]["level"]) for rule in rules] == [
        ("AIB2P003", "TrailingComma", "note"),
        ("AIB2P203", "OptimizeVmBoot", "warning"),
        ("AIB2P302", "BuildResourceGroupMadeByPacker", "note"),
    ]
    assert rules[1]["help"]["markdown"] == page(VM_BOOT)
    for result in run["results"]:
        assert rules[result["ruleIndex"]]["id"] == result["ruleId"]
    assert [result["level"] for result in run["results"]] == ["warning", "note", "warning", "note"]
    assert run["results"][3]["properties"] == {"severity": "change", "asks": "decide"}


def test_what_somebody_must_act_on_is_a_warning_in_sarif_and_on_github() -> None:
    assert sarif(finding(code=OPEN_TO_THE_INTERNET))["results"][0]["level"] == "warning"
    assert sarif(finding(code=UNKNOWN_KIND))["results"][0]["level"] == "error"
    assert rendered(Format.GITHUB, finding(code=OPEN_TO_THE_INTERNET)).startswith("::warning ")
    assert rendered(Format.GITHUB, finding(code=UNKNOWN_KIND)).startswith("::error ")


def test_sarif_says_where_in_the_file_and_where_in_the_template() -> None:
    (result,) = sarif(finding(start=4, end=23, pointer="/properties/a"))["results"]
    (location,) = result["locations"]
    assert location["physicalLocation"]["region"] == {"startLine": 2, "startColumn": 3, "endLine": 3, "endColumn": 13}
    assert location["logicalLocations"] == [{"fullyQualifiedName": "/properties/a"}]
    assert result["message"]["text"] == "why\nwhat to do"


def test_sarif_has_relative_uris_percent_encoded(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    names = ["a b/ü#1?.json", "<stdin>", "a:b.json", str(tmp_path / "in.json"), "/elsewhere/x y.json", "../up.json"]
    locations = [
        result["locations"][0]["physicalLocation"]["artifactLocation"]
        for result in sarif(*(finding(file=name) for name in names))["results"]
    ]
    assert [location["uri"] for location in locations] == [
        "a%20b/%C3%BC%231%3F.json",
        "%3Cstdin%3E",
        "a%3Ab.json",
        "in.json",
        "file:///elsewhere/x%20y.json",
        "../up.json",
    ]
    assert [location.get("uriBaseId") for location in locations] == ["%SRCROOT%"] * 4 + [None, "%SRCROOT%"]


def test_sarif_gives_no_region_to_a_file_that_was_not_read() -> None:
    run = sarif(about_file(UNREADABLE, "x.json", "there is no such file", "Check the path."))
    assert "region" not in run["results"][0]["locations"][0]["physicalLocation"]
    assert run["invocations"] == [{"executionSuccessful": False}]
    assert sarif(finding())["invocations"] == [{"executionSuccessful": True}]


def test_github_gets_a_command_for_each_finding() -> None:
    shown = rendered(
        Format.GITHUB,
        finding(message="50% of\na: b, c"),
        finding(start=4, end=23, code=STAGING_GROUP, file="a,b:c%.json"),
        about_file(UNREADABLE, "x.json", "not there", "Check it."),
    )
    warning, notice, error = shown.splitlines()
    assert warning == (
        "::warning file=in.json,line=2,endLine=2,col=3,endColumn=6,title=AIB2P203 optimize.vmBoot"
        "::50%25 of\\na: b, c%0Ahelp: what to do"
    )
    assert notice == (
        "::notice file=a%2Cb%3Ac%25.json,line=2,endLine=3,title=AIB2P302 build resource group made by Packer"
        "::why%0Ahelp: what to do"
    )
    assert error == "::error file=x.json,title=AIB2P020 file that cannot be read::not there%0Ahelp: Check it."


def test_concise_is_a_line_each() -> None:
    shown = rendered(Format.CONCISE, finding(), about_file(UNREADABLE, "x.json", "not there", "Check it."))
    assert shown == "in.json:2:3: AIB2P203 loss: why\nx.json: AIB2P020 error: not there"


def test_json_has_the_shape_that_the_documentation_shows() -> None:
    one = finding(pointer="/a")
    judgements = [Judgement("in.json", "out of date", (one,), "--- a"), Judgement("x.json", "converted", ())]
    document = json.loads(render(Format.JSON, judgements, version="1.2.3"))
    assert document == {
        "formatVersion": 1,
        "tool": {"name": "aib2packer", "version": "1.2.3"},
        "templates": [
            {
                "template": "in.json",
                "outcome": "out of date",
                "counts": {"error": 0, "loss": 1, "change": 0, "note": 0},
                "asks": {"act": 0, "decide": 1, "know": 0},
                "diff": "--- a",
            },
            {
                "template": "x.json",
                "outcome": "converted",
                "counts": {"error": 0, "loss": 0, "change": 0, "note": 0},
                "asks": {"act": 0, "decide": 0, "know": 0},
                "diff": None,
            },
        ],
        "findings": [
            {
                "code": "AIB2P203",
                "severity": "loss",
                "asks": "decide",
                "title": "optimize.vmBoot",
                "message": "why",
                "help": "what to do",
                "template": "in.json",
                "file": "in.json",
                "start": {"line": 2, "column": 3},
                "end": {"line": 2, "column": 6},
                "pointer": "/a",
                "accepted": None,
            }
        ],
    }
    documented = _documented()
    assert document.keys() == documented.keys()
    for part in ("templates", "findings"):
        assert document[part][0].keys() == documented[part][0].keys()


def _documented() -> dict[str, Any]:
    docs = Path(__file__).parents[2] / "docs" / "findings.md"
    if not docs.exists():
        pytest.skip("the documentation is not installed")
    (block,) = re.findall(r"^```json\n(.*?)^```", docs.read_text(encoding="utf-8"), re.MULTILINE | re.DOTALL)
    return dict(json.loads(block))


@pytest.mark.parametrize("form", Format)
def test_secrets_and_unseen_characters_reach_no_format(form: Format) -> None:
    one = Finding(
        VM_BOOT,
        Span(SourceText(f"\x1b[2J?{SAS}", f'"uri": "{SAS}"\x07\u202e'), 0, 5, f"/\x07{SAS}"),
        f"found {SAS} \x1b]0;x\x07\u202e",
        f"delete {SAS}\n::error::x",
    )
    shown = rendered(form, one, template=f"\x1b{SAS}")
    assert "SECRET" not in shown
    assert "SECRET" not in unquote(shown)
    assert all(char.isprintable() or char == "\n" for char in shown)
    decoded = json.dumps(json.loads(shown), ensure_ascii=False) if form.is_document else shown
    assert "\u202e" not in decoded
    assert "\n::error::x" not in shown


@given(st.text(st.characters()), st.text(st.characters()), st.sampled_from(Format))
def test_whatever_the_text_every_format_can_be_written(text: str, message: str, form: Format) -> None:
    shown = rendered(form, finding(text, 0, len(text), message=message, file=f"x{message}", pointer=text))
    shown.encode()
    if form is Format.SARIF:
        _schema().validate(json.loads(shown))
    elif form in {Format.CONCISE, Format.GITHUB}:
        assert "\n" not in shown


@pytest.mark.parametrize("form", Format)
def test_a_run_without_findings_is_nothing_or_an_empty_document(form: Format) -> None:
    shown = rendered(form)
    assert bool(shown) == form.is_document
