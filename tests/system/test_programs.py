"""Programs come from PATH, never from the current folder, and paths mean nothing to them but themselves."""

from pathlib import Path

import pytest

from aib2packer.system import programs
from aib2packer.system.programs import as_argument, find_program, takes


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
