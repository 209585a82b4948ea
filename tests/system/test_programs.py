"""Programs come from PATH, never from the current folder, and paths mean nothing to them but themselves."""

from pathlib import Path

import pytest

from aib2packer.system import programs
from aib2packer.system.programs import EndlessError, as_argument, find_program, run_program, takes


def program(path: Path) -> Path:
    """Make a program that does nothing."""
    path.parent.mkdir(exist_ok=True)
    path.write_text("#!/bin/sh\n")
    path.chmod(0o755)
    return path


@pytest.mark.parametrize("windows", [False, True])
@pytest.mark.parametrize("folder", ["", ".", "tools", "./tools"])
def test_a_program_beside_the_input_is_not_found(
    folder: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, *, windows: bool
) -> None:
    own, theirs = tmp_path / "own", tmp_path / "input"
    for name in ("az", "az.cmd", "tools/az", "tools/az.cmd"):
        program(theirs / name)
    meant = program(own / ("az.cmd" if windows else "az"))
    monkeypatch.chdir(theirs)
    monkeypatch.setattr(programs, "_ON_WINDOWS", windows)
    monkeypatch.setenv("PATHEXT", ".EXE;.CMD")

    monkeypatch.setenv("PATH", f"{folder}:{own}")
    assert find_program("az") == str(meant)

    monkeypatch.setenv("PATH", folder)
    assert find_program("az") is None


def test_what_is_no_program_is_not_found(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "az").write_text("")
    (tmp_path / "packer").mkdir()
    monkeypatch.setenv("PATH", str(tmp_path))

    assert (find_program("az"), find_program("packer")) == (None, None)


@pytest.mark.parametrize(("path", "argument"), [("-x.bicep", "./-x.bicep"), ("@x", "./@x"), ("a/-x", "a/-x"), ("/-x", "/-x")])
def test_a_path_is_no_option(path: str, argument: str) -> None:
    assert as_argument(Path(path)) == argument


@pytest.mark.parametrize(
    ("found", "argument", "taken"),
    [
        ("/bin/az", "a&calc.bicep", True),
        ("C:\\az.CMD", "a&calc.bicep", False),
        ("C:\\az.cmd", "%PATH%.bicep", False),
        ("C:\\az.cmd", 'a"b', False),
        ("C:\\az.cmd", "C:\\a b\\c.bicep", True),
        ("C:\\bicep.exe", "a&calc.bicep", True),
    ],
)
def test_a_batch_file_does_not_take_what_means_something_to_cmd(found: str, argument: str, *, taken: bool) -> None:
    assert takes(found, argument) is taken


def test_every_program_is_looked_up_here() -> None:
    package = Path(programs.__file__).parents[1]

    assert [path.name for path in package.rglob("*.py") if "shutil.which" in path.read_text()] == []


def test_a_program_gives_what_it_says_and_reads_nothing() -> None:
    ended = run_program(["/bin/sh", "-c", "cat; echo out; echo err >&2; exit 3"], seconds=60, most=100)

    assert ended == (3, b"out\n", b"err\n")


@pytest.mark.parametrize(
    ("script", "seconds", "said"),
    [
        ("sleep 600 & sleep 600", 0.1, "did not end within"),
        ("cat /dev/zero", 60, "answered with more"),
        ("cat /dev/zero >&2", 60, "answered with more"),
        ("head -c 1048577 /dev/zero", 60, "answered with more"),
    ],
)
def test_a_program_without_an_end_is_ended_with_all_that_it_has_started(script: str, seconds: float, said: str) -> None:
    with pytest.raises(EndlessError, match=said):
        run_program(["/bin/sh", "-c", f"{script}; echo more"], seconds=seconds, most=1 << 20)
