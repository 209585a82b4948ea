"""What the command line says: formats, levels, colour, what many templates are summed up to, and `explain`."""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
from typing import TYPE_CHECKING, Any

import pytest

from aib2packer.findings.code_pages import by_id, page
from aib2packer.findings.model import Severity
from aib2packer.findings.text import columns
from tests.cli.test_cli import GOOD, LOSSY, POSIX, WRONG, convert, folder, on_terminal, run

if TYPE_CHECKING:
    from pathlib import Path

__all__ = ["folder"]


def document(stderr: str) -> dict[str, Any]:
    return dict(json.loads(stderr))


# Formats


@pytest.mark.parametrize("form", ["json", "sarif"])
@pytest.mark.parametrize(
    ("arguments", "status", "code"),
    [
        (("lossy.json",), 0, "AIB2P203"),
        (("wrong.json",), 1, "AIB2P104"),
        (("broken.json",), 1, "AIB2P001"),
        (("nope.json",), 2, "AIB2P020"),
        (("bytes.json",), 2, "AIB2P020"),
        (("good.json", "-p", "nope.json"), 2, "AIB2P020"),
        (("good.json", "-o", "good.json"), 2, "AIB2P021"),
        (("good.json", "-o", "x.pkr.hcl", "--check"), 1, "AIB2P022"),
        (("good.json", "--findings-file", "good.json/x.json"), 2, "AIB2P021"),
        (("good.json", "--report", "good.json/x.md"), 2, "AIB2P021"),
        (("good.json", "lossy.json", "wrong.json", "broken.json", "nope.json", "-o", "out"), 2, "AIB2P020"),
        (("none", "-o", "out"), 2, "AIB2P010"),
        (("empty", "-o", "out"), 2, "AIB2P020"),
    ],
)
def test_findings_of_every_stage_are_one_document(
    folder: Path, form: str, arguments: tuple[str, ...], status: int, code: str
) -> None:
    (folder / "broken.json").write_text("{,", encoding="utf-8")
    (folder / "bytes.json").write_bytes(b"\xff")
    (folder / "empty").mkdir()
    (folder / "none").mkdir()
    (folder / "none/x.json").write_text("{}", encoding="utf-8")
    got, _, stderr = convert(*arguments, "--findings", form, cwd=folder)
    assert got == status
    told = document(stderr)
    findings = told["findings"] if form == "json" else told["runs"][0]["results"]
    assert code in {finding.get("code", finding.get("ruleId")) for finding in findings}


def test_many_templates_are_one_document_with_a_row_each(folder: Path) -> None:
    status, _, stderr = convert("good.json", "lossy.json", "wrong.json", "-o", "out", "--findings", "json", cwd=folder)
    assert status == 1
    told = document(stderr)
    assert [(row["template"], row["outcome"]) for row in told["templates"]] == [
        ("good.json", "converted"),
        ("lossy.json", "converted"),
        ("wrong.json", "not converted"),
    ]
    assert {finding["template"] for finding in told["findings"]} == {"good.json", "lossy.json", "wrong.json"}
    (boot,) = (finding for finding in told["findings"] if finding["code"] == "AIB2P203")
    assert boot["pointer"].startswith("/properties/optimize/vmBoot")


def test_check_gives_its_diff_in_the_document(folder: Path) -> None:
    _, _, stderr = convert("good.json", "-o", "x.pkr.hcl", "--check", "--findings", "json", cwd=folder)
    (row,) = document(stderr)["templates"]
    assert row["outcome"] == "out of date"
    assert row["diff"].startswith("--- /dev/null\n+++ x.pkr.hcl\n")


def test_concise_and_github_are_lines_before_the_summary(folder: Path) -> None:
    _, _, stderr = convert("lossy.json", "--findings", "concise", cwd=folder)
    assert re.search(r"^lossy\.json:7:\d+: AIB2P203 loss: ", stderr, re.MULTILINE)
    assert all(re.match(r"lossy\.json:\d+:\d+: AIB2P\d+ \w+: |Converted with", line) for line in stderr.splitlines())
    _, _, stderr = convert("lossy.json", "--findings", "github", "-q", cwd=folder)
    assert stderr == ""
    _, _, stderr = convert("wrong.json", "--findings", "github", "-q", cwd=folder)
    assert re.fullmatch(r"::error file=wrong\.json,line=\d+,.*title=AIB2P104 unknown kind::.*%0Ahelp: .*\n", stderr)


def test_findings_go_to_files_as_their_names_say_whatever_is_printed(folder: Path) -> None:
    files = ("new/all.sarif", "all.json", "all.txt", "ALL.SARIF.JSON")
    options = [option for file in files for option in ("--findings-file", file)]
    assert convert("lossy.json", "-q", *options, cwd=folder)[::2] == (0, "")
    log = document((folder / "new/all.sarif").read_text(encoding="utf-8"))
    assert log["version"] == "2.1.0"
    assert len(log["runs"][0]["results"]) == len(document((folder / "all.json").read_text(encoding="utf-8"))["findings"]) > 1
    assert document((folder / "ALL.SARIF.JSON").read_text(encoding="utf-8")) == log
    assert "AIB2P203 loss:" in (folder / "all.txt").read_text(encoding="utf-8")
    convert("good.json", "-q", *options, cwd=folder)
    assert "AIB2P203" not in (folder / "all.json").read_text(encoding="utf-8")


def test_a_file_of_findings_that_cannot_be_written_is_told(folder: Path) -> None:
    status, hcl, stderr = convert("good.json", "-q", "--findings-file", "good.json/x.json", cwd=folder)
    assert status == 2
    assert hcl
    assert stderr.startswith("good.json/x.json: AIB2P021 error: cannot be written (Not a directory)\n")


def test_a_file_of_findings_whose_name_tells_no_format_is_wrong_usage(folder: Path) -> None:
    status, _, stderr = convert("good.json", "--findings-file", "x.yaml", cwd=folder)
    assert status == 2
    assert "must end in one of .sarif, .sarif.json, .json, .txt" in stderr


# Levels


@pytest.mark.parametrize("level", [severity.value for severity in Severity])
@pytest.mark.parametrize(("text", "found"), [(GOOD, "change"), (LOSSY, "loss"), (WRONG, "error")])
def test_the_level_decides_the_exit_status(tmp_path: Path, level: str, text: str, found: str) -> None:
    (tmp_path / "in.json").write_text(text, encoding="utf-8")
    levels = [severity.value for severity in Severity]
    status, hcl, _ = convert("in.json", "--fail-on", level, cwd=tmp_path)
    assert status == (1 if levels.index(found) <= levels.index(level) else 0)
    assert bool(hcl) == (found != "error")


def test_strict_is_the_level_of_losses(folder: Path) -> None:
    assert convert("lossy.json", "--strict", "--fail-on", "error", cwd=folder)[0] == 1
    assert convert("good.json", "--strict", cwd=folder)[0] == 0
    assert convert("good.json", "--strict", "--fail-on", "change", cwd=folder)[0] == 1


# Many templates


def test_of_many_what_to_act_on_is_in_full_decisions_come_once_and_the_rest_is_counted(folder: Path) -> None:
    (folder / "old.json").write_text(GOOD.replace('"type": "Shell"', '"type": "shell"'), encoding="utf-8")
    arguments = ("good.json", "lossy.json", "wrong.json", "old.json", "-o", "out")
    _, _, stderr = convert(*arguments, cwd=folder)
    again, decide = (
        stderr.index("To act on, shown above for the first of several places:"),
        stderr.index("To decide, once for all:"),
    )
    row = stderr.index("\ngood.json ")
    assert row < stderr.index("AIB2P318 change: SSH of the build VM") < stderr.index("\nlossy.json ") < again < decide
    assert stderr.count("AIB2P318") == 2
    assert re.search(r"    at good\.json:\d+:\d+, lossy\.json:\d+:\d+, old\.json:\d+:\d+$", stderr[again:decide], re.MULTILINE)
    assert stderr.index("AIB2P304 change: existing managed image not overwritten\n") > decide
    assert "\n    for good.json, lossy.json, old.json\n" in stderr
    assert stderr.index("\nLost: do without, or carry over by hand:\n\nAIB2P2") > decide
    assert "\nTo know (-v shows it): AIB2P403 wrong case (1), AIB2P441 identity " in stderr
    _, _, verbose = convert(*arguments, "--force", "-v", cwd=folder)
    assert verbose.count(" AIB2P304 change: ") == 3
    assert " AIB2P403 note: " in verbose
    assert "-v shows" not in verbose


def test_a_decision_is_told_in_the_words_of_most_templates(tmp_path: Path) -> None:
    for name, runner in {"a": "odd", "b": "same", "c": "same"}.items():
        (tmp_path / f"{name}.json").write_text(GOOD.replace("/images/", f"/images/{runner}-"), encoding="utf-8")
    _, _, stderr = convert(".", "-o", "out", cwd=tmp_path)
    said = stderr[stderr.index("AIB2P304") :].partition("for a.json, b.json, c.json")[0]
    assert "same-" in said
    assert "odd-" not in said


def test_of_one_template_what_to_act_on_comes_first_and_what_asks_for_nothing_is_counted(tmp_path: Path) -> None:
    (tmp_path / "in.json").write_text(LOSSY.replace('"type": "Shell"', '"type": "shell"'), encoding="utf-8")
    _, _, stderr = convert("in.json", cwd=tmp_path)
    shown = [
        "To act on:",
        "AIB2P318 change: ",
        "To decide:",
        "AIB2P203 loss: ",
        "To know (-v shows it): AIB2P403 wrong case (1), ",
    ]
    places = [stderr.index(one) for one in shown]
    assert places == sorted(places)
    assert "AIB2P403 note: " not in stderr
    assert "To know:\n\nin.json:" in convert("in.json", "-v", cwd=tmp_path)[2]
    assert "AIB2P403" not in convert("in.json", "--findings", "concise", cwd=tmp_path)[2]
    assert "AIB2P403" in convert("in.json", "--findings", "concise", "-v", cwd=tmp_path)[2]
    assert "AIB2P403" in convert("in.json", "--findings", "sarif", cwd=tmp_path)[2]


def test_a_port_open_to_the_internet_fails_a_run_that_is_to_fail_on_what_to_act_on(tmp_path: Path) -> None:
    network = "/resourceGroups/n/providers/Microsoft.Network/virtualNetworks/v"
    subnet = f"/subscriptions/11111111-1111-1111-1111-111111111111{network}/subnets/s"
    closed = GOOD.replace('"properties": {', '"properties": {"vmProfile": {"vnetConfig": {"subnetId": "%s"}},' % subnet)  # noqa: UP031 - there are braces in it
    (tmp_path / "open.json").write_text(GOOD, encoding="utf-8")
    (tmp_path / "closed.json").write_text(closed, encoding="utf-8")
    assert convert("open.json", "--fail-on", "act", cwd=tmp_path)[0] == 1
    assert convert("closed.json", "--fail-on", "act", cwd=tmp_path)[0] == 0


def test_quiet_and_verbose_exclude_each_other(folder: Path) -> None:
    status, _, stderr = convert("good.json", "-q", "-v", cwd=folder)
    assert status == 2
    assert "-q and -v exclude each other." in stderr


# Colour


@pytest.mark.parametrize(
    ("environment", "coloured"),
    [
        ({}, False),
        ({"FORCE_COLOR": "1"}, True),
        ({"FORCE_COLOR": "0"}, True),
        ({"FORCE_COLOR": ""}, False),
        ({"FORCE_COLOR": "1", "TERM": "dumb"}, True),
        ({"FORCE_COLOR": "1", "NO_COLOR": "1"}, False),
        ({"FORCE_COLOR": "1", "NO_COLOR": ""}, True),
    ],
)
def test_a_file_has_colour_only_by_force(folder: Path, environment: dict[str, str], coloured: bool) -> None:  # noqa: FBT001
    plain = {"NO_COLOR": "", "FORCE_COLOR": ""} | environment
    assert ("\x1b[33m" in convert("lossy.json", cwd=folder, **plain)[2]) == coloured
    assert "\x1b" not in convert("lossy.json", "--findings", "json", cwd=folder, **plain)[2]
    assert ("\x1b[1m" in run("explain", "203", cwd=folder, **plain).stdout.decode()) == coloured


@POSIX
def test_a_dumb_terminal_has_neither_colour_nor_a_bar(folder: Path) -> None:
    _, shown = on_terminal("convert", "good.json", "lossy.json", "-o", "out", cwd=folder, TERM="dumb")
    assert " loss: " in shown
    assert "\x1b" not in shown
    assert "Converting" not in shown


@POSIX
def test_a_diff_has_colour_on_a_terminal(folder: Path) -> None:
    _, shown = on_terminal("convert", "good.json", "-o", "out", "--check", cwd=folder, NO_COLOR="", FORCE_COLOR="")
    assert '\x1b[32m+source "azure-arm" "t" {' in shown


# explain


def test_explain_prints_the_page_of_a_code() -> None:
    for name in ("AIB2P203", "aib2p203", "203"):
        done = run("explain", name)
        lossy = page(by_id()["AIB2P203"]).replace("**Loss.**", "**Loss, to decide.**")
        assert (done.returncode, done.stdout.decode(), done.stderr) == (0, lossy, b"")
    both = run("explain", "203", "AIB2P001").stdout.decode()
    assert both == f"{lossy}\n{page(by_id()['AIB2P001'])}"
    assert "**Change, to act on.**" in run("explain", "318").stdout.decode()


def test_explain_lists_all_codes() -> None:
    rows = run("explain").stdout.decode().splitlines()
    assert [row.split()[0] for row in rows] == list(by_id())
    assert "AIB2P203  loss    decide  optimize.vmBoot" in rows


@pytest.mark.parametrize(
    ("code", "meant"),
    [
        ("AIB2P23", "AIB2P203 (optimize.vmBoot)"),
        ("vmboot", "AIB2P203 (optimize.vmBoot)"),
        ("AIBP203", "AIB2P203 (optimize.vmBoot)"),
        ("xyz", "`aib2packer explain` lists all."),
        ("", "`aib2packer explain` lists all."),
    ],
)
def test_an_unknown_code_is_told_with_what_may_be_meant(code: str, meant: str) -> None:
    done = run("explain", "203", code)
    assert (done.returncode, done.stdout) == (2, b"")
    assert done.stderr.decode().startswith(f"error: {code}: there is no such code. ")
    assert meant in done.stderr.decode()


@pytest.mark.parametrize(
    ("words", "completed"),
    [
        ("aib2packer explain AIB2P20", "AIB2P203"),
        ("aib2packer convert --find", "--findings-file"),
        ("aib2packer ex", "explain"),
    ],
)
def test_shells_complete_commands_options_and_codes(words: str, completed: str) -> None:
    environment = {
        **os.environ,
        "PYTHONPATH": os.pathsep.join(filter(None, sys.path)),
        "_AIB2PACKER_COMPLETE": "bash_complete",
        "COMP_WORDS": words,
        "COMP_CWORD": str(len(words.split()) - 1),
    }
    done = subprocess.run([sys.executable, "-m", "aib2packer"], capture_output=True, text=True, check=False, env=environment)
    assert f"plain,{completed}" in done.stdout.splitlines()


# A baseline


def test_what_a_baseline_accepts_neither_fails_nor_is_shown(folder: Path) -> None:
    arguments = ("good.json", "wrong.json", "lossy.json", "-o", "out", "--force")
    assert convert(*arguments, "--fail-on", "act", "--write-baseline", "known.toml", cwd=folder)[0] == 1
    known = folder / "known.toml"
    assert "has no reason" in convert(*arguments, "--baseline", "known.toml", cwd=folder)[2]
    known.write_text(known.read_text(encoding="utf-8").replace('"..."', '"It is known."'), encoding="utf-8")

    status, _, stderr = convert(*arguments, "--fail-on", "act", "--baseline", "known.toml", cwd=folder)

    assert status == 0
    assert "To act on" not in stderr
    assert re.search(r"^\d accepted findings are not shown \(--baseline\)\.$", stderr, re.MULTILINE)
    assert convert(*arguments, "--fail-on", "loss", "--baseline", "known.toml", cwd=folder)[0] == 1
    assert convert(*arguments, "--check", "--baseline", "known.toml", cwd=folder)[0] == 0
    (folder / "out/t/build.pkr.hcl").write_text("", encoding="utf-8")
    assert convert(*arguments, "--check", "--baseline", "known.toml", cwd=folder)[0] == 1


def test_the_page_of_a_build_gives_the_reason_in_place_of_what_is_accepted_to_do(folder: Path) -> None:
    accepted = ("AIB2P412", "AIB2P304", "AIB2P203")  # one of each: to act on, to decide, lost
    entries = (f'[[accepted]]\ncode = "{code}"\nreason = "known of {code}"\n' for code in accepted)
    (folder / "known.toml").write_text("\n".join(entries), encoding="utf-8")
    assert convert("good.json", "lossy.json", "-o", "out", "--baseline", "known.toml", cwd=folder)[0] == 0
    pages = [path.read_text(encoding="utf-8") for path in (folder / "out").glob("*/MIGRATION.md")]
    assert not any(heading in page for page in pages for heading in ("## To act on", "## To decide"))
    decided = [page.partition("## What was decided")[2].partition("## Rights")[0] for page in pages]
    assert all("Accepted: known of AIB2P412" in page for page in decided)
    missing = "".join(page.partition("## What is missing")[2].partition("## What was decided")[0] for page in pages)
    assert "Accepted: known of AIB2P203" in missing


def test_a_baseline_holds_wherever_the_command_is_run(folder: Path) -> None:
    (folder / "known.toml").write_text(
        f'[[accepted]]\ncode = "AIB2P104"\ntemplate = "{folder.name}/wrong.json"\nreason = "x"\n', encoding="utf-8"
    )
    (folder / "sub").mkdir()
    assert convert("wrong.json", "--baseline", "known.toml", cwd=folder)[0] == 0
    assert convert("../wrong.json", "--baseline", "../known.toml", cwd=folder / "sub")[0] == 0
    assert convert(f"{folder.name}/wrong.json", "--baseline", str(folder / "known.toml"), cwd=folder.parent)[0] == 0


def test_an_entry_about_nothing_is_told_where_its_template_was_looked_at(folder: Path) -> None:
    (folder / "known.toml").write_text(
        "\n".join(f'[[accepted]]\ncode = "AIB2P104"\ntemplate = "{name}.json"\nreason = "x"\n' for name in ("good", "gone")),
        encoding="utf-8",
    )
    assert convert("good.json", "--baseline", "known.toml", cwd=folder)[2].count("does not occur any more") == 1
    assert convert(".", "-o", "o", "--baseline", "known.toml", cwd=folder)[2].count("does not occur any more") == 2


def test_programs_are_told_what_is_accepted_and_why(folder: Path) -> None:
    (folder / "known.toml").write_text('[[accepted]]\ncode = "AIB2P104"\nreason = "It is known."\n', encoding="utf-8")
    arguments = ("wrong.json", "--baseline", "known.toml", "--findings")
    reasons = {one["code"]: one["accepted"] for one in document(convert(*arguments, "json", cwd=folder)[2])["findings"]}
    assert reasons["AIB2P104"] == "It is known."
    assert {reason for code, reason in reasons.items() if code != "AIB2P104"} <= {None}
    results = document(convert(*arguments, "sarif", cwd=folder)[2])["runs"][0]["results"]
    suppressed = {one["ruleId"]: one["suppressions"] for one in results if "suppressions" in one}
    assert suppressed == {"AIB2P104": [{"kind": "external", "justification": "It is known."}]}


# Width


def test_long_names_do_not_make_a_table_wider_than_the_terminal(folder: Path) -> None:
    names = [f"{'long-' * 40}end.json", f"{'界' * 70}.json", "good.json"]
    for name in names:
        (folder / name).write_text(GOOD, encoding="utf-8")
    for width in (80, 100):
        _, _, stderr = convert(*names, "-o", f"out{width}", cwd=folder, COLUMNS=str(width))
        lines = [line for line in stderr.splitlines() if re.search(r"^template  |  converted  ", line)]
        assert [line.split()[0][-8:] for line in lines[1:]] == ["end.json", "界界界.json", "ood.json"]
        assert max(map(columns, lines)) == width
