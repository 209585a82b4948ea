"""`--layout`: where the files go, and what becomes of those of another layout."""

from pathlib import Path

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


def test_the_files_of_the_other_layout_are_told(folder: Path) -> None:
    convert("good.json", "-o", "out", cwd=folder)
    _, _, stderr = convert("good.json", "--layout", "split", "-o", "out", "--force", cwd=folder)
    assert "out/build.pkr.hcl: AIB2P" in stderr

    (folder / "out/build.pkr.hcl").unlink()
    _, _, stderr = convert("good.json", "-o", "out", "--force", cwd=folder)
    left = {line.split(":")[0] for line in stderr.splitlines() if "an earlier conversion wrote this file" in line}
    assert {"out/versions.pkr.hcl", "out/sources.pkr.hcl"} < left


def test_a_file_of_another_build_is_not_told(folder: Path) -> None:
    (folder / "other.json").write_text(WINDOWS, encoding="utf-8")
    convert("other.json", "-o", "out/other.pkr.hcl", cwd=folder)
    assert (folder / "out/other.pkr.hcl").exists()

    _, _, stderr = convert("good.json", "-o", "out", cwd=folder)

    assert "an earlier conversion" not in stderr
