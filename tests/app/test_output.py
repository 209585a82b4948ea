"""Files are written whole or not at all."""

from __future__ import annotations

import errno
import os
import signal
import stat
import subprocess
import sys
from typing import TYPE_CHECKING

import pytest

from aib2packer.app.output import FilesDifferError, OutputError, Writing, write
from aib2packer.app.staging import Staging
from tests.app.kills import campaign, campaign_of_runs

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping
    from pathlib import Path

POSIX = pytest.mark.skipif(os.name != "posix", reason="permissions and links of POSIX")


def contents(folder: Path) -> dict[str, bytes]:
    """Everything below a folder."""
    return {str(path.relative_to(folder).as_posix()): path.read_bytes() for path in folder.rglob("*") if path.is_file()}


def test_files_are_written_as_they_are_and_folders_made(tmp_path: Path) -> None:
    files = {"build.pkr.hcl": b"a\nb\r\n\xc3\xa9", "scripts/01/x.ps1": b"", "scripts/y.sh": b"#!/bin/sh\n"}
    write(tmp_path / "a/b", files, force=False)
    assert contents(tmp_path / "a/b") == files


@POSIX
def test_shell_scripts_are_executable_and_the_umask_counts(tmp_path: Path) -> None:
    umask = os.umask(0o027)
    try:
        write(tmp_path, {"x.sh": b"1", "x.ps1": b"1", "x.hcl": b"1", "files/x.sh": b"1"}, force=False)
    finally:
        os.umask(umask)
    modes = {path.name: stat.S_IMODE(path.stat().st_mode) for path in tmp_path.iterdir() if path.is_file()}
    assert modes == {"x.sh": 0o750, "x.ps1": 0o640, "x.hcl": 0o640}
    assert stat.S_IMODE((tmp_path / "files/x.sh").stat().st_mode) == 0o640


@POSIX
def test_a_replaced_file_keeps_its_permissions(tmp_path: Path) -> None:
    for name, mode in {"x.sh": 0o640, "x.hcl": 0o600}.items():
        (tmp_path / name).write_bytes(b"old")
        (tmp_path / name).chmod(mode)
    write(tmp_path, {"x.sh": b"new", "x.hcl": b"new"}, force=True)
    modes = {path.name: stat.S_IMODE(path.stat().st_mode) for path in tmp_path.iterdir()}
    assert modes == {"x.sh": 0o750, "x.hcl": 0o600}


def test_a_file_with_other_contents_is_kept_and_nothing_else_written(tmp_path: Path) -> None:
    before = {"a.hcl": b"mine", "same": b"1"}
    write(tmp_path, before, force=False)
    with pytest.raises(FilesDifferError, match=r"a\.hcl: there already, .*--force") as error:
        write(tmp_path, {"a.hcl": b"new", "same": b"1", "new/b": b"2"}, force=False)
    assert "same" not in str(error.value)
    assert contents(tmp_path) == before
    assert not (tmp_path / "new").exists()


def test_force_replaces(tmp_path: Path) -> None:
    write(tmp_path, {"a.hcl": b"mine", "b": b"1"}, force=False)
    write(tmp_path, {"a.hcl": b"new", "b": b"1"}, force=True)
    assert contents(tmp_path) == {"a.hcl": b"new", "b": b"1"}


@pytest.mark.parametrize("force", [False, True])
def test_a_file_that_is_the_same_is_not_touched(tmp_path: Path, *, force: bool) -> None:
    path = tmp_path / "a"
    path.write_bytes(b"1")
    os.utime(path, (1, 1))
    before = path.stat()
    write(tmp_path, {"a": b"1", "b": b"2"}, force=force)
    after = path.stat()
    assert (after.st_mtime_ns, after.st_ino) == (before.st_mtime_ns, before.st_ino)


@pytest.mark.parametrize(
    "name", ["../x", "a/../../x", "a/../x", "/x", "", ".", "..", "a\\..\\..\\x", "C:x", "C:/x", "\\\\host\\x", "a\0b"]
)
def test_a_name_that_leads_out_of_the_folder_is_refused(tmp_path: Path, name: str) -> None:
    folder = tmp_path / "out"
    with pytest.raises(OutputError, match="would not lie in"):
        write(folder, {"a": b"1", name: b"2"}, force=True)
    assert list(tmp_path.iterdir()) == []


@POSIX
def test_a_link_that_leads_out_of_the_folder_is_not_followed(tmp_path: Path) -> None:
    (tmp_path / "elsewhere").mkdir()
    (tmp_path / "out").mkdir()
    (tmp_path / "out/scripts").symlink_to(tmp_path / "elsewhere")
    with pytest.raises(OutputError, match="would not lie in"):
        write(tmp_path / "out", {"a": b"1", "scripts/x": b"2"}, force=True)
    assert contents(tmp_path / "out") == {}
    assert contents(tmp_path / "elsewhere") == {}


def test_what_fails_at_the_last_step_leaves_all_as_it_was(tmp_path: Path) -> None:
    before = {"out/a": b"old", "out/same": b"1"}
    write(tmp_path, before, force=False)
    # `z` is wanted as a file and, for `z/b`, as a folder: it fails after all others are in place.
    with pytest.raises(OutputError, match="cannot be written"):
        write(tmp_path / "out", {"a": b"new", "same": b"1", "n/n": b"3", "z/b": b"4", "z": b"5"}, force=True)
    assert contents(tmp_path) == before
    assert sorted(path.name for path in (tmp_path / "out").iterdir()) == ["a", "same"]


@POSIX
def test_a_disk_that_takes_no_more_leaves_all_as_it_was(tmp_path: Path) -> None:
    import resource  # of POSIX only

    write(tmp_path, {"a": b"old"}, force=False)
    limits = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (10, limits[1]))
    try:
        with pytest.raises(OutputError, match=r"n/n: cannot be written \(File too large\)"):
            write(tmp_path, {"a": b"new", "n/n": b"2" * 100, "z": b"3"}, force=True)
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, limits)
    assert contents(tmp_path) == {"a": b"old"}
    assert not (tmp_path / "n").exists()


_ENDED_ON_THE_WAY_OUT = """
import sys
from pathlib import Path
from aib2packer.app.output import Writing
def end(*_):
    raise SystemExit(143)
Writing.__exit__ = end
with Writing() as writing:
    writing.write(Path(sys.argv[1]), {"a": b"new", "b/c": b"new"}, force=True)
"""


def test_a_signal_on_the_way_to_where_a_run_clears_up_leaves_nothing(tmp_path: Path) -> None:
    done = subprocess.run([sys.executable, "-c", _ENDED_ON_THE_WAY_OUT, tmp_path / "out"], check=False)

    assert done.returncode == 143
    assert list(tmp_path.iterdir()) == []


@POSIX
@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT, signal.SIGHUP])
def test_files_are_all_old_or_all_new_after_a_signal(number: signal.Signals) -> None:
    seen = campaign(4, number, seed=1)

    assert seen == {"runs": 4, "mixed": 0, "left": 0, "left after the next run": 0}


@POSIX
def test_after_a_kill_no_file_is_partial_and_the_next_run_removes_what_is_left() -> None:
    seen = campaign(4, signal.SIGKILL, seed=1)

    assert (seen["runs"], seen["left after the next run"]) == (4, 0)


@POSIX
@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_the_files_of_a_run_over_a_folder_are_all_old_or_all_new_after_a_signal(number: signal.Signals) -> None:
    seen = campaign_of_runs(3, number, seed=1)

    assert seen == {"runs": 3, "mixed": 0, "left": 0, "left after the next run": 0}


@POSIX
def test_after_a_kill_of_a_run_over_a_folder_the_next_removes_what_is_left() -> None:
    seen = campaign_of_runs(3, signal.SIGKILL, seed=1)

    assert (seen["runs"], seen["left after the next run"]) == (3, 0)


@pytest.mark.parametrize("inside", [True, False], ids=["in one folder", "in several"])
def test_what_is_written_waits_until_all_is(tmp_path: Path, *, inside: bool) -> None:
    write(tmp_path, {"out/a/x": b"old"}, force=False)
    with Writing(tmp_path / "out" if inside else None) as writing:
        writing.write(tmp_path / "out/a", {"x": b"new"}, force=True)
        writing.write(tmp_path / "out/b", {"c/y": b"new"}, force=False)
        waiting = {path.parent.parent.name for path in tmp_path.rglob("*.new")}
        assert (tmp_path / "out/a/x").read_bytes() == b"old"
        writing.commit()

    assert waiting == ({"out"} if inside else {"a", "b"})
    assert contents(tmp_path) == {"out/a/x": b"new", "out/b/c/y": b"new"}


def test_what_was_not_to_be_stays_as_it_was(tmp_path: Path) -> None:
    write(tmp_path, {"out/a/x": b"old"}, force=False)
    with Writing(tmp_path / "out") as writing:
        writing.write(tmp_path / "out/a", {"x": b"new"}, force=True)
        writing.write(tmp_path / "out/b", {"y": b"new"}, force=False)
        writing.write(tmp_path / "c/d", {"y": b"new"}, force=False)

    assert contents(tmp_path) == {"out/a/x": b"old"}
    assert sorted(path.name for path in tmp_path.rglob("*")) == ["a", "out", "x"]


def test_what_is_refused_for_one_is_written_for_the_others(tmp_path: Path) -> None:
    write(tmp_path, {"a": b"file", "b/x": b"mine"}, force=False)
    with Writing(tmp_path) as writing:
        for folder in ("a", "b"):
            with pytest.raises(OutputError):
                writing.write(tmp_path / folder, {"w": b"new", "x": b"new"}, force=False)
        writing.write(tmp_path / "c", {"x": b"new"}, force=False)
        writing.commit()

    assert contents(tmp_path) == {"a": b"file", "b/x": b"mine", "c/x": b"new"}


@pytest.mark.parametrize("inside", [True, False], ids=["in one folder", "in several"])
def test_what_fails_for_the_last_is_taken_back_for_all(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, *, inside: bool
) -> None:
    before = {"a/x": b"old", "z/x": b"old"}
    write(tmp_path, before, force=False)
    replace = type(tmp_path).replace

    def refused(path: Path, target: Path) -> Path:
        if path.suffix == ".new" and target.parent.name == "z":
            raise PermissionError(errno.EACCES, "no")
        return replace(path, target)

    monkeypatch.setattr(type(tmp_path), "replace", refused)
    with Writing(tmp_path if inside else None) as writing:
        for folder in ("a", "n", "z"):
            writing.write(tmp_path / folder, {"x": b"new", "y": b"new"}, force=True)
        with pytest.raises(OutputError, match=r"z.x: cannot be written \(no\)"):
            writing.commit()

    assert contents(tmp_path) == before
    assert not (tmp_path / "n").exists()


@POSIX
def test_a_disk_that_takes_no_more_of_one_takes_nothing_of_the_others(tmp_path: Path) -> None:
    import resource  # of POSIX only

    write(tmp_path, {"a/x": b"old"}, force=False)
    limits = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (1000, limits[1]))
    try:
        with Writing(tmp_path) as writing:
            writing.write(tmp_path / "a", {"x": b"new"}, force=True)
            writing.write(tmp_path / "b", {"x": b"2" * 2000}, force=False)
            writing.write(tmp_path / "c", {"x": b"new"}, force=False)
            with pytest.raises(OutputError, match=r"b.x: cannot be written \(File too large\)"):
                writing.commit()
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, limits)

    assert contents(tmp_path) == {"a/x": b"old"}


def test_a_signal_that_comes_while_files_are_replaced_waits_until_all_are(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    write(tmp_path, {"a": b"old", "b": b"old"}, force=False)
    replace = type(tmp_path).replace

    def interrupted(path: Path, target: Path) -> Path:
        signal.raise_signal(signal.SIGINT)
        return replace(path, target)

    monkeypatch.setattr(type(tmp_path), "replace", interrupted)
    with pytest.raises(KeyboardInterrupt):
        write(tmp_path, {"a": b"new", "b": b"new"}, force=True)

    assert contents(tmp_path) == {"a": b"new", "b": b"new"}


def test_a_signal_that_comes_while_files_are_written_leaves_all_as_it_was(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    write(tmp_path, {"a": b"old"}, force=False)
    add = Staging.add

    def interrupted(staging: Staging, files: Mapping[Path, bytes], check: Callable[[], None]) -> None:
        signal.raise_signal(signal.SIGINT)
        add(staging, files, check)

    monkeypatch.setattr(Staging, "add", interrupted)
    with pytest.raises(KeyboardInterrupt):
        write(tmp_path, {"a": b"new", "n/b": b"new"}, force=True)

    assert contents(tmp_path) == {"a": b"old"}
    assert sorted(path.name for path in tmp_path.iterdir()) == ["a"]


@POSIX
def test_a_file_that_can_have_but_one_name_is_put_back_too(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(*_: object) -> None:
        raise PermissionError

    write(tmp_path, {"out/a": b"old", "out/b": b"old"}, force=False)
    (tmp_path / "out/b").chmod(0o640)
    monkeypatch.setattr(type(tmp_path), "hardlink_to", refuse)
    with pytest.raises(OutputError, match="cannot be written"):
        write(tmp_path / "out", {"a": b"new", "b": b"new", "z/b": b"4", "z": b"5"}, force=True)

    assert contents(tmp_path) == {"out/a": b"old", "out/b": b"old"}
    assert stat.S_IMODE((tmp_path / "out/b").stat().st_mode) == 0o640


@POSIX
def test_what_only_looks_like_a_leftover_is_kept(tmp_path: Path) -> None:
    for name in ("mine", "out/.aib2packer-mine"):
        (tmp_path / name).mkdir(parents=True)
        (tmp_path / name / "0.new").write_text("1")
        (tmp_path / name / "lock").write_text("")
        (tmp_path / name / "thesis").write_text("1")
    (tmp_path / "out/.aib2packer-link").symlink_to(tmp_path / "mine")
    write(tmp_path / "out", {"a": b"1"}, force=False)

    assert sorted(contents(tmp_path)) == ["mine/0.new", "mine/lock", "mine/thesis", "out/.aib2packer-mine/thesis", "out/a"]


@POSIX
def test_what_another_run_is_writing_is_let_be(tmp_path: Path) -> None:
    with Writing() as another:
        another.write(tmp_path, {"a": b"1"}, force=False)
        write(tmp_path, {"b": b"2"}, force=False)
        another.commit()

    assert contents(tmp_path) == {"a": b"1", "b": b"2"}


def test_a_file_where_a_folder_belongs_leaves_all_as_it_was(tmp_path: Path) -> None:
    write(tmp_path, {"a": b"old", "file": b"1"}, force=False)
    with pytest.raises(OutputError, match=r"file.*cannot be written"):
        write(tmp_path, {"a": b"new", "n/n": b"2", "file/x": b"3"}, force=True)
    assert contents(tmp_path) == {"a": b"old", "file": b"1"}
    assert not (tmp_path / "n").exists()


def test_a_folder_where_a_file_belongs_is_an_error(tmp_path: Path) -> None:
    (tmp_path / "build.pkr.hcl").mkdir()
    with pytest.raises(OutputError, match=r"build\.pkr\.hcl: cannot be written"):
        write(tmp_path, {"build.pkr.hcl": b"1"}, force=True)


def test_a_file_where_the_folder_belongs_is_an_error(tmp_path: Path) -> None:
    (tmp_path / "out").write_bytes(b"1")
    with pytest.raises(OutputError, match="cannot be written"):
        write(tmp_path / "out", {"build.pkr.hcl": b"1"}, force=True)
    assert contents(tmp_path) == {"out": b"1"}


def test_names_of_the_greatest_length_can_be_written(tmp_path: Path) -> None:
    write(tmp_path, {"x" * 255: b"1"}, force=False)
    assert contents(tmp_path) == {"x" * 255: b"1"}
