"""Findings as text: shape, carets, windows, and nothing that a terminal would obey or that is secret."""

from __future__ import annotations

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from aib2packer.findings.codes import JSON_SYNTAX, JSON_TRAILING_COMMA, VM_BOOT
from aib2packer.findings.model import Code, Finding, Severity, about_file
from aib2packer.findings.text import columns, render, summary
from aib2packer.text.source import SourceText, Span

CHANGE = Code("AIB2P399", Severity.CHANGE, "a change")


def finding(text: str, start: int, end: int, *, code: Code = VM_BOOT, message: str = "why") -> Finding:
    return Finding(code, Span(SourceText("in.json", text), start, end), message, "what to do")


def marked(text: str) -> Finding:
    """A finding about what stands between « and »."""
    start, end = text.index("«"), text.index("»") - 1
    return finding(text.replace("«", "").replace("»", ""), start, end)


def excerpt(one: Finding) -> tuple[str, str]:
    """What a rendered finding shows of the line, and what is above the carets there."""
    lines = render([one], color=False).split("\n")
    assert len(lines) == 5
    prefix = lines[1].index("|") + 2
    line, carets = lines[2][prefix:], lines[3][prefix:]
    return line, carets


def under(one: Finding) -> str:
    """The characters that stand above the carets, by their columns on a terminal."""
    line, carets = excerpt(one)
    shown, column = "", 0
    for char in line:
        if carets[column : column + max(1, columns(char))].strip() or (columns(char) == 0 and shown):
            shown += char
        column += columns(char)
    return shown


def test_a_finding_has_the_shape_that_people_know() -> None:
    text = "{\n" * 11 + '    "optimize": { "vmBoot": { "state": "Enabled" } },\n'
    start = text.index('"vmBoot"')
    shown = render([finding(text, start, start + 8, message="message")], color=False)
    assert shown == (
        "in.json:12:19: AIB2P203 loss: message\n"
        "   |\n"
        '12 |     "optimize": { "vmBoot": { "state": "Enabled" } },\n'
        "   |                   ^^^^^^^^\n"
        "   = help: what to do"
    )


def test_a_blank_line_stands_between_findings() -> None:
    one, other = finding("ab", 0, 1), finding("ab", 1, 2)
    assert render([one, other], color=False) == f"{render([one], color=False)}\n\n{render([other], color=False)}"
    assert render([], color=False) == ""


def test_a_span_of_several_lines_is_underlined_in_its_first() -> None:
    assert excerpt(marked("ab «cd\r\nef» g")) == ("ab cd", "   ^^")


@pytest.mark.parametrize(("text", "carets"), [("ab«»cd", "  ^"), ("ab«»", "  ^"), ("ab«\n»", "  ^")])
def test_an_empty_span_gets_one_caret(text: str, carets: str) -> None:
    assert excerpt(marked(text))[1] == carets


@pytest.mark.parametrize(
    ("text", "shown", "underlined"),
    [
        ("\t\ta «b» c", "        a b c", "b"),
        ("日本 «語» c", "日本 語 c", "語"),
        ("e\u0301 «e\u0301» c", "e\u0301 e\u0301 c", "e\u0301"),
        ("😀 «b» c", "😀 b c", "b"),
        ("\x1b[31m «b» c", "\\x1b[31m b c", "b"),
        ("«\x1b[31m» c", "\\x1b[31m c", "\\x1b[31m"),
        ("\u202e \u200b «b» c", "\\u202e \\u200b b c", "b"),
        ("\ud800 «b» c", "\\ud800 b c", "b"),
        ("\x00\x07\x7f\x9b «b» c", "\\x00\\x07\\x7f\\x9b b c", "b"),
    ],
)
def test_odd_characters_neither_move_the_caret_nor_reach_the_terminal(text: str, shown: str, underlined: str) -> None:
    one = marked(text)
    assert excerpt(one)[0] == shown
    assert under(one) == underlined


@pytest.mark.parametrize(("before", "after"), [(0, 300), (30, 300), (300, 300), (300, 30), (300, 0), (100_000, 100_000)])
def test_a_long_line_is_shown_around_the_span(before: int, after: int) -> None:
    one = marked("b" * before + "«HERE»" + "a" * after)
    line, _ = excerpt(one)
    assert columns(line) <= 122
    assert columns(line) >= 120
    assert under(one) == "HERE"
    assert line.startswith("…") == (before > 30)
    assert line.endswith("…") == (after > 30)


def test_a_span_longer_than_the_window_is_underlined_to_its_edge() -> None:
    line, carets = excerpt(marked("b" * 100 + "«" + "x" * 500 + "»"))
    assert line == "…" + "b" * 40 + "x" * 79 + "…"
    assert carets == " " * 41 + "^" * 79


def test_a_line_of_wide_characters_is_cut_by_columns() -> None:
    one = marked("日" * 200 + "«語»" + "本" * 200)
    assert columns(excerpt(one)[0]) <= 122
    assert under(one) == "語"


SAS = "https://a.blob.core.windows.net/c/x.sh?sv=1&sig=SECRET%2BSECRET&se=2"
MASKED = "https://a.blob.core.windows.net/c/x.sh?sv=1&sig=***&se=2"


def test_secrets_are_masked_in_excerpt_message_and_help() -> None:
    text = f'"uri": "{SAS}", "b": 1'
    start = text.index('"b"')
    one = Finding(VM_BOOT, Span(SourceText("x", text), start, start + 3), f"found {SAS}", f"delete {SAS}")
    shown = render([one], color=False)
    assert shown.count(MASKED) == 3
    assert "SECRET" not in shown
    assert under(one) == '"b"'


@pytest.mark.parametrize("needle", ["SECRET%2B", "CRET", "sig=SECRET", "&se=2", "https"])
def test_a_span_in_or_around_a_secret_shows_nothing_of_it(needle: str) -> None:
    text = "y" * 200 + f'"{SAS}"' + "z" * 200
    start = text.index(needle)
    shown = render([finding(text, start, start + len(needle))], color=False)
    assert "SECRET" not in shown
    assert "CRET" not in shown


def test_a_secret_longer_than_the_window_is_shown_as_one_mask() -> None:
    text = f"https://x/?a=1&sig={'S' * 1000}&b=HERE"
    start = text.index("HERE")
    one = finding(text, start, start + 4)
    assert "SS" not in render([one], color=False)
    assert under(one) == "HERE"


def test_a_message_cannot_drive_the_terminal() -> None:
    one = Finding(VM_BOOT, Span(SourceText("\x1b]0;x\x07.json", "a"), 0, 1), "found \x1b[2J\n", "\rhelp\u202e")
    shown = render([one], color=False)
    assert re.fullmatch(r"[\x20-\x7e\n]*", shown)
    assert shown.count("\n") == 4


@given(st.text(st.characters(), min_size=1), st.data())
def test_whatever_the_text_the_shape_holds(text: str, data: st.DataObject) -> None:
    start = data.draw(st.integers(0, len(text)))
    end = data.draw(st.integers(start, len(text)))
    line, carets = excerpt(finding(text, start, end))
    assert line.isprintable()
    assert re.fullmatch(" *\\^+", carets)
    assert len(carets) <= 122


def test_colour_changes_nothing_but_the_colour() -> None:
    findings = [finding("ab", 0, 1, code=code) for code in (JSON_SYNTAX, VM_BOOT, CHANGE, JSON_TRAILING_COMMA)]
    coloured = render(findings, color=True)
    assert re.sub(r"\x1b\[[0-9;]*m", "", coloured) == render(findings, color=False)
    codes = re.findall(r"\x1b\[(\d+)m\x1b\[1mAIB2P\d+ \w+:\x1b\[0m", coloured)
    assert len(set(codes)) == len(Severity)


@pytest.mark.parametrize(
    ("codes", "outcome", "line"),
    [
        ([], "converted", "Converted."),
        ([], "not converted", "Not converted."),
        ([VM_BOOT, CHANGE, CHANGE, *[JSON_TRAILING_COMMA] * 3], "converted", "Converted with 1 loss, 2 changes, 3 notes."),
        ([JSON_TRAILING_COMMA, JSON_SYNTAX, JSON_SYNTAX], "not converted", "Not converted: 2 errors, 1 note."),
        ([VM_BOOT, VM_BOOT, JSON_SYNTAX, CHANGE], "not converted", "Not converted: 1 error, 2 losses, 1 change."),
        ([JSON_TRAILING_COMMA], "up to date", "Up to date: 1 note."),
    ],
)
def test_the_summary_counts_by_severity(codes: list[Code], outcome: str, line: str) -> None:
    assert summary([finding("a", 0, 1, code=code) for code in codes], outcome) == line


def test_a_finding_about_a_file_as_a_whole_shows_no_line_of_it() -> None:
    one = about_file(VM_BOOT, "in\x07.json", f"found {SAS}", "what to do")
    assert render([one], color=False) == f"in\\x07.json: AIB2P203 loss: found {MASKED}\n  = help: what to do"
