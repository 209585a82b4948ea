"""`--check`: what differs is told, and nothing is written."""

from __future__ import annotations

import difflib
import re
from typing import TYPE_CHECKING

import pytest

from aib2packer.app.drift import _changes
from aib2packer.findings.text import render
from tests.cli.test_cli import GOOD, LOSSY, WINDOWS, convert, files_in, folder
from tests.estate.runs import convert as convert_here

if TYPE_CHECKING:
    from pathlib import Path

__all__ = ["folder"]


def state(folder: Path) -> dict[str, bytes]:
    return {name: (folder / name).read_bytes() for name in sorted(files_in(folder))}


@pytest.mark.parametrize("output", ["out", "out/web.pkr.hcl"])
def test_output_that_is_up_to_date_passes(folder: Path, output: str) -> None:
    (folder / "windows.json").write_text(WINDOWS, encoding="utf-8")
    assert convert("windows.json", "-o", output, cwd=folder)[0] == 0
    before = state(folder)
    status, stdout, stderr = convert("windows.json", "-o", output, "--check", cwd=folder)
    assert (status, stdout) == (0, "")
    assert stderr.splitlines()[-1].startswith("Up to date")
    assert state(folder) == before


def test_output_that_would_change_is_told_by_a_unified_diff_and_left_alone(folder: Path) -> None:
    convert("good.json", "-o", "out", cwd=folder)
    (folder / "good.json").write_text(GOOD.replace("echo hé", "echo ho"), encoding="utf-8")
    before = state(folder)
    status, stdout, stderr = convert("good.json", "-o", "out", "--check", cwd=folder)
    assert (status, stdout) == (1, "")
    assert "--- out/build.pkr.hcl\n+++ out/build.pkr.hcl\n@@ " in stderr
    assert '\n-    inline          = ["echo hé"]\n+    inline          = ["echo ho"]\n' in stderr
    assert "AIB2P022 error: this file is not what the template produces now: --force would undo lines 3, " in stderr
    assert '|     inline          = ["echo hé"]\n' in stderr
    assert stderr.splitlines()[-1].startswith("Out of date: 1 error")
    assert state(folder) == before
    status, _, stderr = convert("good.json", "-o", "out", "--check", "-q", cwd=folder)
    assert status == 1
    assert "AIB2P022" in stderr
    assert "+++" not in stderr


def test_missing_output_is_told(folder: Path) -> None:
    status, _, stderr = convert("good.json", "-o", "out", "--check", cwd=folder)
    assert status == 1
    assert "out/build.pkr.hcl: AIB2P022 error: this file is missing" in stderr
    assert "--- /dev/null\n+++ out/build.pkr.hcl\n@@ -0,0 +1," in stderr
    assert not (folder / "out").exists()


def test_a_script_of_a_customizer_that_is_gone_is_told_and_other_files_are_not(folder: Path) -> None:
    (folder / "windows.json").write_text(WINDOWS, encoding="utf-8")
    convert("windows.json", "-o", "out", cwd=folder)
    (folder / "out/scripts/07-gone.ps1").write_bytes(b"Write-Host 1\r\n")
    (folder / "out/scripts/mine.ps1").write_bytes(b"mine")
    (folder / "out/mine.pkr.hcl").write_bytes(b"# mine\n")
    status, _, stderr = convert("windows.json", "-o", "out", "--check", cwd=folder)
    assert status == 1
    assert "out/scripts/07-gone.ps1: AIB2P022 error: no template produces this file any more" in stderr
    assert "--- out/scripts/07-gone.ps1\n+++ /dev/null\n@@ -1 +0,0 @@\n-Write-Host 1\\r\n" in stderr
    assert "mine" not in stderr


def test_many_outputs_are_checked_and_those_of_no_template_told(folder: Path) -> None:
    (folder / "in").mkdir()
    for name, text in {"a.json": GOOD, "b.json": LOSSY}.items():
        (folder / "in" / name).write_text(text, encoding="utf-8")
    convert("in", "-o", "out", cwd=folder)
    status, _, stderr = convert("in", "-o", "out", "--check", cwd=folder)
    assert status == 0
    assert stderr.splitlines()[-1] == "Up to date: 2 of 2 outputs."
    (folder / "in/b.json").unlink()
    (folder / "in/c.json").write_text(GOOD, encoding="utf-8")
    (folder / "out/own").mkdir()
    (folder / "out/own/build.pkr.hcl").write_bytes(b"# mine\n")
    before = state(folder)
    status, _, stderr = convert("in", "-o", "out", "--check", cwd=folder)
    assert status == 1
    assert "out/b/build.pkr.hcl: AIB2P022 error: no template produces this file any more" in stderr
    assert "out/c/build.pkr.hcl: AIB2P022 error: this file is missing" in stderr
    assert "out/own" not in stderr
    rows = re.findall(r"^(\S+) +(?:up to date|out of date|left over|for all) ", stderr, re.MULTILINE)
    assert rows == ["in/a.json", "in/c.json", "out/b/build.pkr.hcl", "out"]
    assert stderr.splitlines()[-1] == "Up to date: 1 of 3 outputs."
    assert state(folder) == before


def test_named_templates_do_not_speak_for_a_whole_folder(folder: Path) -> None:
    convert("good.json", "lossy.json", "-o", "out", cwd=folder)
    (folder / "b.json").write_text(GOOD, encoding="utf-8")
    convert("good.json", "b.json", "-o", "out", cwd=folder)
    assert convert("good.json", "b.json", "-o", "out", "--check", cwd=folder)[0] == 0


@pytest.mark.parametrize(
    ("old", "line"),
    [("", None), ("\n", 1), ("x", 1), ("   ", 1), ("a\nx\n", 2), ("a\nb\n", 2), ("a\nb\nc", 3), ("a\nb\nc\nd\n", 4)],
)
def test_the_finding_points_at_the_first_line_that_differs(tmp_path: Path, old: str, line: int | None) -> None:
    from aib2packer.app.drift import compare

    (tmp_path / "f").write_text(old, encoding="utf-8", newline="")
    (difference,) = compare(tmp_path, {"f": b"a\nb\nc\n"}, with_leftovers=False)
    assert "help" in render([difference.finding], color=False)
    assert (None if difference.finding.is_about_file else difference.finding.span.position[0]) == line


def test_a_missing_line_break_at_the_end_is_shown(tmp_path: Path) -> None:
    from aib2packer.app.drift import compare

    (tmp_path / "f").write_bytes(b"a")
    (difference,) = compare(tmp_path, {"f": b"a\n"}, with_leftovers=False)
    assert difference.diff.endswith("-a\n\\ No newline at end of file\n+a")


def test_secrets_and_control_characters_stay_out_of_the_diff(tmp_path: Path) -> None:
    from aib2packer.app.drift import compare

    (tmp_path / "f").write_bytes(b"https://x/?a=1&sig=SECRET&b=2 \x1b[2J\xff\n")
    (difference,) = compare(tmp_path, {"f": b""}, with_leftovers=False)
    assert "-https://x/?a=1&sig=***&b=2 \\x1b[2J\\xff" in difference.diff


def test_check_needs_an_output_to_compare_with() -> None:
    status, hcl, stderr = convert("--check", stdin=GOOD)
    assert (status, hcl) == (2, "")
    assert "--check compares with the files that an earlier run has written: give -o PATH." in stderr


def test_an_error_or_a_level_counts_beside_the_check(folder: Path) -> None:
    convert("lossy.json", "-o", "out", cwd=folder)
    assert convert("lossy.json", "-o", "out", "--check", cwd=folder)[0] == 0
    assert convert("lossy.json", "-o", "out", "--check", "--strict", cwd=folder)[0] == 1
    assert convert("wrong.json", "-o", "out", "--check", cwd=folder)[0] == 1
    assert convert("nope.json", "-o", "out", "--check", cwd=folder)[0] == 2


def test_of_a_large_file_that_differs_the_place_is_not_told(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(folder)
    convert_here("good.json", "lossy.json", "-o", "out")
    page = folder / "out/MIGRATION.md"
    page.write_text(page.read_text(encoding="utf-8") + "mine\n", encoding="utf-8")
    monkeypatch.setattr("aib2packer.app.drift._LARGE", 1_000)

    status, stderr = convert_here("good.json", "lossy.json", "-o", "out", "--check")

    assert status == 1
    message = "this file is too large to compare line by line: somebody has changed it since it was written"
    assert f"out/MIGRATION.md: AIB2P022 error: {message}\n" in stderr
    assert "\n--- out/MIGRATION.md\n+++ out/MIGRATION.md\n" in stderr
    assert "mine" not in stderr


def test_lines_that_differ_are_found_in_as_many_steps_as_there_are(monkeypatch: pytest.MonkeyPatch) -> None:
    lines = [f"line {number % 3}" for number in range(3_000)]
    compared: list[int] = []
    matcher = difflib.SequenceMatcher

    def counted(junk: None, old: list[str], new: list[str], *, autojunk: bool) -> difflib.SequenceMatcher[str]:
        compared.append(len(old) * len(new))
        return matcher(junk, old, new, autojunk=autojunk)

    monkeypatch.setattr(difflib, "SequenceMatcher", counted)

    assert _changes(lines, [*lines[:1_500], "new", *lines[1_501:]]) == [(1_500, 1_501)]
    assert _changes(["first", *lines, "last"], ["other", *lines, "another"]) == [(0, 3_002)]
    assert compared == [1]
