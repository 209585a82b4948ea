"""`--layout`: where the files go, and what becomes of those of another layout."""

import re
from pathlib import Path

import pytest

from tests.cli.test_cli import WINDOWS, convert, files_in, folder

__all__ = ["folder"]


def test_a_split_build_needs_a_folder(folder: Path) -> None:
    for output in ((), ("-o", "web.pkr.hcl")):
        status, stdout, stderr = convert("good.json", "--layout", "split", *output, cwd=folder)

        assert (status, stdout) == (2, "")
        assert "--layout split writes several files, and needs a folder to write to: -o DIR." in stderr


def test_a_split_build_is_written_and_checked(folder: Path) -> None:
    assert convert("good.json", "--layout", "split", "-o", "out", cwd=folder)[0] == 0

    assert {"versions.pkr.hcl", "sources.pkr.hcl"} <= files_in(folder / "out")
    assert "build.pkr.hcl" not in files_in(folder / "out")
    assert convert("good.json", "--layout", "split", "-o", "out", "--check", cwd=folder)[0] == 0
    (folder / "out/sources.pkr.hcl").write_text("", encoding="utf-8")
    status, _, stderr = convert("good.json", "--layout", "split", "-o", "out", "--check", cwd=folder)
    assert status == 1
    assert "out/sources.pkr.hcl" in stderr


@pytest.mark.parametrize("into", ["-o", "--into"])
def test_force_replaces_the_files_of_the_other_layout_which_packer_would_read_beside_them(folder: Path, into: str) -> None:
    names: dict[str, set[str]] = {}
    counts = set[str]()
    for layout in ("single", "split", "single"):
        status, _, stderr = convert("good.json", "--layout", layout, into, "out", "--force", cwd=folder)
        assert status == 0
        assert "an earlier conversion wrote this file" not in stderr
        counts.update(re.findall(r"\d+ of \d+ settings", stderr))
        files = {path.name for path in (folder / "out").glob("*.pkr.hcl")}
        assert names.setdefault(layout, files) == files
    assert (len(names["single"]), len(names["split"])) == (1, 5)
    assert len(counts) == 1, "what is removed is no other template"
    assert "Removed from out, as no template makes it any more: " in stderr


@pytest.mark.parametrize("into", ["-o", "--into"])
def test_prune_removes_scripts_of_an_earlier_run_which_are_told_without(folder: Path, into: str) -> None:
    convert("good.json", into, "out", cwd=folder)
    name = next((folder / "out").glob("*.pkr.hcl")).name.partition(".")[0]
    scripts = folder / "out/scripts" / (name if into == "--into" else "")
    scripts.mkdir(exist_ok=True)
    (scripts / "07-old.sh").write_text("", encoding="utf-8")

    assert "07-old.sh: AIB2P438" in convert("good.json", into, "out", "--force", cwd=folder)[2]
    assert "07-old.sh" in convert("good.json", into, "out", "--prune", cwd=folder)[2]
    assert not (scripts / "07-old.sh").exists()


def test_a_file_of_another_build_is_not_told(folder: Path) -> None:
    (folder / "other.json").write_text(WINDOWS, encoding="utf-8")
    convert("other.json", "-o", "out/other.pkr.hcl", cwd=folder)
    assert (folder / "out/other.pkr.hcl").exists()

    _, _, stderr = convert("good.json", "-o", "out", cwd=folder)

    assert "an earlier conversion" not in stderr
