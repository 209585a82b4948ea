"""`aib2packer audit`, run as users run it."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

import pytest

from tests.cli.test_cli import GOOD, WRONG, run

if TYPE_CHECKING:
    from pathlib import Path


def lay(folder: Path) -> None:
    for name, text in {"a.json": GOOD, "b.json": GOOD, "sub/wrong.json": WRONG, "other.json": "{}"}.items():
        (folder / "in" / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / "in" / name).write_text(text, encoding="utf-8")


def files(folder: Path) -> set[str]:
    return {path.relative_to(folder).as_posix() for path in folder.rglob("*") if path.is_file()}


def test_an_audit_prints_a_report_and_writes_nothing(tmp_path: Path) -> None:
    lay(tmp_path)
    before = files(tmp_path)
    done = run("audit", "in", cwd=tmp_path)
    assert done.returncode == 0
    assert done.stdout.decode().startswith("2 of 3 templates convert: 67 %")
    assert files(tmp_path) == before


def test_reports_are_written_in_the_format_that_the_name_tells(tmp_path: Path) -> None:
    lay(tmp_path)
    done = run("audit", "-q", "in", "--output", "r.html", "--output", "r.md", "--output", "r.json", cwd=tmp_path)
    assert (done.returncode, done.stdout) == (0, b"")
    assert (tmp_path / "r.html").read_text(encoding="utf-8").startswith("<!DOCTYPE html>")
    assert (tmp_path / "r.md").read_text(encoding="utf-8").startswith("# From Azure Image Builder to Packer\n")
    assert json.loads((tmp_path / "r.json").read_text(encoding="utf-8"))["converted"] == 2
    assert "must end in .html, .md or .json" in run("audit", "in", "--output", "r.pdf", cwd=tmp_path).stderr.decode()


def test_a_report_says_what_was_looked_at_from_the_name_of_the_repository_on_and_when(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    repository = tmp_path / "contoso"
    (repository / ".git").mkdir(parents=True)
    lay(repository)
    monkeypatch.setenv("SOURCE_DATE_EPOCH", "1795737600")
    for folder, path in (repository, "in"), (repository / "in", "."), (repository / "in", "./sub/.."):
        run("audit", path, "--output", str(tmp_path / "r.html"), "--output", str(tmp_path / "r.json"), cwd=folder)
        page = (tmp_path / "r.html").read_text(encoding="utf-8")
        assert 'folder <span class="of">contoso/in/</span> · <span class="whole-word">2026-11-27<' in page
    report = json.loads((tmp_path / "r.json").read_text(encoding="utf-8"))
    assert (report["lookedAt"], report["date"]) == ("contoso/in/", "2026-11-27")
    lay(tmp_path / "alone")
    run("audit", "in", "in/a.json", "--output", "r.md", cwd=tmp_path / "alone")
    page = (tmp_path / "alone" / "r.md").read_text(encoding="utf-8")
    assert "\nLooked at `in/, in/a.json` on 2026-11-27.\n" in page


def test_a_subscription_beside_a_path_is_refused(tmp_path: Path) -> None:
    lay(tmp_path)
    done = run("audit", "in", "--subscription", "11111111-1111-1111-1111-111111111111", cwd=tmp_path)
    assert done.returncode == 2
    assert "Give either PATH or --subscription, not both." in done.stderr.decode()


def test_the_share_and_the_findings_decide_the_exit_status(tmp_path: Path) -> None:
    lay(tmp_path)
    assert run("audit", "-q", "in", "--fail-under", "66", cwd=tmp_path).returncode == 0
    done = run("audit", "-q", "in", "--fail-under", "67", cwd=tmp_path)
    assert done.returncode == 1
    assert "2 of 3 templates convert, less than the 67 % of --fail-under" in done.stderr.decode()
    assert run("audit", "-q", "in", "--exclude", "sub/**", "--fail-under", "100", cwd=tmp_path).returncode == 0
    done = run("audit", "-q", "in", "--fail-on", "error", cwd=tmp_path)
    assert (done.returncode, done.stderr.decode()) == (
        1,
        "error: 1 finding is at the level of --fail-on, and not in a baseline\n",
    )


def test_a_baseline_keeps_known_findings_from_failing_and_tells_which_are_gone(tmp_path: Path) -> None:
    lay(tmp_path)
    assert run("audit", "-q", "in", "--fail-on", "act", "--write-baseline", "known.toml", cwd=tmp_path).returncode == 1
    refused = run("audit", "-q", "in", "--fail-on", "act", "--baseline", "known.toml", cwd=tmp_path)
    assert refused.returncode == 2
    assert "has no reason" in refused.stderr.decode()
    text = (tmp_path / "known.toml").read_text(encoding="utf-8").replace('"..."', '"It is known."')
    (tmp_path / "known.toml").write_text(text, encoding="utf-8")
    assert run("audit", "-q", "in", "--fail-on", "act", "--baseline", "known.toml", cwd=tmp_path).returncode == 0
    (tmp_path / "in/sub/wrong.json").unlink()
    done = run("audit", "-q", "in", "--fail-on", "act", "--baseline", "known.toml", cwd=tmp_path)
    assert done.returncode == 0
    assert "AIB2P104 in /in/sub/wrong.json does not occur any more: delete its entry" in done.stderr.decode()


def test_what_a_baseline_accepts_counts_nowhere_but_in_a_chapter_of_its_own(tmp_path: Path) -> None:
    lay(tmp_path)
    entry = '[[accepted]]\ncode = "AIB2P412"\ntemplate = "in/a.json"\nreason = "Nobody else is there."\n'
    (tmp_path / "known.toml").write_text(entry, encoding="utf-8")
    done = run("audit", "in", "--baseline", "known.toml", "--output", "r.json", "--output", "r.html", cwd=tmp_path)
    assert "1 accepted finding is not counted (--baseline)." in done.stdout.decode()
    document = json.loads((tmp_path / "r.json").read_text(encoding="utf-8"))
    assert {one["template"]: one["act"] for one in document["templates"]} == {"a.json": 0, "b.json": 1, "sub/wrong.json": 0}
    assert [one["templates"] for one in document["act"]] == [["b.json"]]
    [accepted] = document["accepted"]
    assert (accepted["templates"], accepted["findings"][0]["help"]) == (["a.json"], "Nobody else is there.")
    assert "Nobody else is there." in (tmp_path / "r.html").read_text(encoding="utf-8")


def test_an_estate_without_templates_is_told(tmp_path: Path) -> None:
    (tmp_path / "x.json").write_text("{}", encoding="utf-8")
    done = run("audit", ".", cwd=tmp_path)
    assert done.returncode == 2
    assert "no file here holds an image template" in done.stderr.decode()


def test_a_path_that_is_not_there_is_an_error_and_no_template(tmp_path: Path) -> None:
    lay(tmp_path)
    for quiet in ((), ("-q",)):
        done = run("audit", *quiet, "in", "gone.json", cwd=tmp_path)
        assert (done.returncode, done.stdout) == (2, b"")
        assert "gone.json: AIB2P020 error: there is no such file" in done.stderr.decode()


def test_a_file_that_is_found_and_cannot_be_read_is_an_error_too(tmp_path: Path) -> None:
    lay(tmp_path)
    (tmp_path / "in/link.json").symlink_to(tmp_path / "gone.json")
    done = run("audit", "-q", "in", cwd=tmp_path)
    assert done.returncode == 2
    assert "in/link.json: AIB2P020 error" in done.stderr.decode()


@pytest.mark.parametrize(
    "option", [("-o", "in/a.json"), ("-o", "notes.md"), ("--fail-on", "act", "--write-baseline", "known.toml")]
)
def test_nothing_but_a_report_of_its_own_is_replaced_unless_one_says_so(tmp_path: Path, option: tuple[str, ...]) -> None:
    lay(tmp_path)
    (tmp_path / "notes.md").write_text("# Mine\n", encoding="utf-8")
    (tmp_path / "known.toml").write_text('[[accepted]]\ncode = "AIB2P412"\nreason = "Mine."\n', encoding="utf-8")
    before = {name: (tmp_path / name).read_bytes() for name in files(tmp_path)}
    done = run("audit", "-q", "in", "-o", "r.html", *option, cwd=tmp_path)
    assert done.returncode == 2
    assert f"{option[-1]}: there already, with other contents" in done.stderr.decode()
    assert {name: (tmp_path / name).read_bytes() for name in files(tmp_path)} == before
    run("audit", "-q", "in", "--force", *option, cwd=tmp_path)
    assert (tmp_path / option[-1]).read_bytes() != before[option[-1]]


@pytest.mark.parametrize("ending", ["html", "md", "json"])
def test_a_report_takes_the_place_of_an_earlier_one(tmp_path: Path, ending: str) -> None:
    lay(tmp_path)
    assert run("audit", "-q", "in", "-o", f"r.{ending}", cwd=tmp_path).returncode == 0
    before = (tmp_path / f"r.{ending}").read_bytes()
    (tmp_path / "in/b.json").unlink()
    done = run("audit", "-q", "in", "-o", f"r.{ending}", cwd=tmp_path)
    assert (done.returncode, done.stderr) == (0, b"")
    assert (tmp_path / f"r.{ending}").read_bytes() != before


def test_options_for_single_templates_are_refused_or_said_to_hold_for_all(tmp_path: Path) -> None:
    lay(tmp_path)
    for option in ("--name", "--build-name"):
        done = run("audit", "in", option, "web", cwd=tmp_path)
        assert done.returncode == 2
        assert f"{option} " in done.stderr.decode()
        assert run("audit", "in/a.json", option, "t", cwd=tmp_path).stderr.decode() == ""
    assert "--os-type holds for all templates here" in run("audit", "in", "--os-type", "windows", cwd=tmp_path).stderr.decode()


def test_a_conversion_that_fails_for_its_level_says_so(tmp_path: Path) -> None:
    lay(tmp_path)
    for quiet in ((), ("-q",)):
        done = run("convert", *quiet, "in/a.json", "in/b.json", "-o", "out", "--fail-on", "act", "--force", cwd=tmp_path)
        assert done.returncode == 1
        assert done.stderr.decode().endswith("error: 2 findings are at the level of --fail-on\n")
    done = run("convert", "-q", "in/a.json", "--fail-on", "act", "--findings", "json", cwd=tmp_path)
    assert (done.returncode, json.loads(done.stderr)["formatVersion"]) == (1, 1)


def test_a_baseline_that_takes_nothing_says_why(tmp_path: Path) -> None:
    lay(tmp_path)
    for level, why in (((), "say what does, as --fail-on act."), (("--fail-on", "error"), "for nothing fails.")):
        done = run("audit", "in/a.json", *level, "--write-baseline", "known.toml", "--force", cwd=tmp_path)
        said = " ".join(done.stderr.decode().split())
        assert "Wrote known.toml. It has no entry, " in said
        assert said.endswith(why)
        assert "[[accepted]]" not in (tmp_path / "known.toml").read_text(encoding="utf-8")
