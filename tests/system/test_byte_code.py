"""The program keeps its byte code where the user may write, when Python cannot keep it beside the sources."""

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

import aib2packer

pytestmark = pytest.mark.skipif(os.name != "posix", reason="who owns a folder is asked as POSIX says it")

# Says which files of the package are compiled while the program runs.
PROGRAM = """
import sys
def said(event, arguments):
    if event == "compile" and "aib2packer" in str(arguments[1]):
        print(arguments[1])
sys.addaudithook(said)
from aib2packer.__main__ import main
main(["--version"])
"""


@pytest.fixture(scope="module")
def read_only(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The folder of a package beside whose sources no byte code can be kept, not even by root."""
    folder = tmp_path_factory.mktemp("site-packages")
    source = Path(aib2packer.__file__).parent
    for name in (
        "__init__.py",
        "__main__.py",
        "cli/__init__.py",
        "cli/standard.py",
        "system/__init__.py",
        "system/byte_code.py",
    ):
        target = folder / "aib2packer" / name
        target.parent.mkdir(exist_ok=True, parents=True)
        shutil.copy(source / name, target)
        (target.parent / "__pycache__").touch()  # where Python would make a folder
    return folder


def compiled(package: Path, cache: Path, *flags: str) -> set[str]:
    """What a start of the program compiles."""
    paths = [str(package), *(path for path in sys.path if (Path(path) / "click").is_dir())]
    environment = {**os.environ, "PYTHONPATH": os.pathsep.join(paths), "XDG_CACHE_HOME": str(cache)}
    environment.pop("PYTHONDONTWRITEBYTECODE", None)
    done = subprocess.run(
        [sys.executable, *flags, "-c", PROGRAM], check=True, capture_output=True, text=True, env=environment, cwd=cache.parent
    )
    assert done.stderr == ""
    *files, version = done.stdout.splitlines()
    assert version == f"aib2packer {aib2packer.__version__}"
    return {str(Path(file).relative_to(package / "aib2packer")) for file in files}


def kept(cache: Path) -> list[str]:
    return sorted(path.name.split(".")[0] for path in cache.rglob("*.pyc"))


def test_a_second_start_compiles_nothing_that_the_first_one_has_kept(read_only: Path, tmp_path: Path) -> None:
    cache = tmp_path / "cache"
    before = {"__init__.py", "__main__.py", "system/__init__.py", "system/byte_code.py"}

    assert compiled(read_only, cache) == {*before, "cli/__init__.py", "cli/standard.py"}
    assert compiled(read_only, cache) == before
    assert kept(cache) == ["__init__", "standard"]
    assert {path.stat().st_mode & 0o777 for path in (cache, cache / "aib2packer", cache / "aib2packer" / "byte-code")} == {
        0o700
    }


def test_a_source_that_has_changed_is_compiled_anew(read_only: Path, tmp_path: Path) -> None:
    copy = tmp_path / "copy"
    shutil.copytree(read_only, copy)
    compiled(copy, tmp_path / "cache")
    os.utime(copy / "aib2packer" / "cli" / "__init__.py", (1, 1))

    assert "cli/__init__.py" in compiled(copy, tmp_path / "cache")
    assert "cli/__init__.py" not in compiled(copy, tmp_path / "cache")


def test_nothing_is_kept_where_python_is_told_to_write_none(read_only: Path, tmp_path: Path) -> None:
    assert "cli/__init__.py" in compiled(read_only, tmp_path / "cache", "-B")
    assert not (tmp_path / "cache").exists()


def test_nothing_is_kept_elsewhere_where_it_can_be_kept_beside_the_sources(read_only: Path, tmp_path: Path) -> None:
    copy = tmp_path / "copy"
    shutil.copytree(read_only, copy, ignore=shutil.ignore_patterns("__pycache__"))

    assert "system/byte_code.py" not in compiled(copy, tmp_path / "cache")
    assert not (tmp_path / "cache").exists()


@pytest.mark.parametrize(("folder", "mode"), [(".", 0o777), ("aib2packer", 0o775), ("aib2packer/byte-code", 0o750)])
def test_what_others_may_write_to_is_neither_read_nor_written(folder: str, mode: int, read_only: Path, tmp_path: Path) -> None:
    cache = tmp_path / "cache"
    compiled(read_only, cache)
    (cache / folder).chmod(mode)
    (first,) = cache.rglob("__init__.*.pyc")
    first.write_bytes(b"")

    assert "cli/__init__.py" in compiled(read_only, cache)
    assert first.read_bytes() == b""
