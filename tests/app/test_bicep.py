"""Bicep files: a compiler of the test's own stands on PATH."""

import subprocess
import sys
from pathlib import Path

import pytest

from tests.cases.templates import template


def convert(folder: Path, path: str, *arguments: str) -> subprocess.CompletedProcess[str]:
    (folder / "main.bicep").write_text("resource image 'Microsoft.VirtualMachineImages/imageTemplates@2023-07-01' = {}\n")
    return subprocess.run(
        [sys.executable, "-m", "aib2packer", "convert", "-q", "main.bicep", *arguments],
        cwd=folder,
        env={"PATH": path},
        capture_output=True,
        text=True,
        check=False,
        timeout=60,
    )


@pytest.mark.parametrize("program", ["bicep", "az"])
def test_a_bicep_file_is_built_first(program: str, tmp_path: Path) -> None:
    import json

    (tmp_path / "built.json").write_text(json.dumps(template()))
    compiler = tmp_path / "bin" / program
    compiler.parent.mkdir()
    compiler.write_text(f"#!/bin/sh\ncase \"$*\" in *build*main.bicep*) exec /bin/cat '{tmp_path}/built.json';; esac\nexit 1\n")
    compiler.chmod(0o755)

    done = convert(tmp_path, str(compiler.parent))

    assert done.returncode == 0
    assert 'source "azure-arm" "image"' in done.stdout


def test_without_a_compiler_the_error_says_what_to_run(tmp_path: Path) -> None:
    done = convert(tmp_path, str(tmp_path))

    assert done.returncode == 2
    assert done.stdout == ""
    assert "bicep build main.bicep" in done.stderr


def test_what_the_compiler_says_is_told(tmp_path: Path) -> None:
    compiler = tmp_path / "bin" / "bicep"
    compiler.parent.mkdir()
    compiler.write_text("#!/bin/sh\necho 'Error BCP033' >&2\nexit 1\n")
    compiler.chmod(0o755)

    done = convert(tmp_path, str(compiler.parent))

    assert done.returncode == 2
    assert "bicep cannot build it: Error BCP033" in done.stderr


def test_of_a_bicep_parameters_file_the_error_says_what_to_run(tmp_path: Path) -> None:
    (tmp_path / "main.bicepparam").write_text("using 'main.bicep'\n")

    done = convert(tmp_path, str(tmp_path), "-p", "main.bicepparam")

    assert done.returncode == 2
    assert "bicep build-params main.bicepparam" in done.stderr
