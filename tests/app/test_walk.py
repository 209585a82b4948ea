"""Which files of a folder may be image templates."""

from __future__ import annotations

import os
import shutil
import subprocess
from typing import TYPE_CHECKING

import pytest

from aib2packer.app.walk import candidates, modules_of, speaks_of_image_templates
from aib2packer.system.files import open_file
from aib2packer.text.globs import matches

if TYPE_CHECKING:
    from io import BufferedReader
    from pathlib import Path

GIT = pytest.mark.skipif(shutil.which("git") is None, reason="there is no git")


def lay(folder: Path, *names: str) -> None:
    for name in names:
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_text("{}", encoding="utf-8")


def found(folder: Path, *exclude: str) -> list[str]:
    def fail(error: OSError) -> None:
        raise error

    return [path.relative_to(folder).as_posix() for path in candidates(folder, folder / "out", exclude, fail)]


def test_json_and_bicep_are_found_and_what_is_installed_or_written_is_not(tmp_path: Path) -> None:
    lay(tmp_path, "b.json", "a/c.jsonc", "a/D.BICEP", "x.txt", "node_modules/p/n.json", ".git/o.json", "out/old.json")
    assert found(tmp_path) == ["a/D.BICEP", "a/c.jsonc", "b.json"]


def test_patterns_leave_out_names_anywhere_and_paths_from_the_top(tmp_path: Path) -> None:
    lay(tmp_path, "a.dev.json", "a.json", "old/b.json", "new/old/c.json", "new/d.json")
    assert found(tmp_path, "*.dev.json") == ["a.json", "new/d.json", "new/old/c.json", "old/b.json"]
    assert found(tmp_path, "old/*") == ["a.dev.json", "a.json", "new/d.json", "new/old/c.json"]
    assert found(tmp_path, "old", "*.dev.json") == ["a.json", "new/d.json"]


@pytest.mark.parametrize(
    ("pattern", "path", "expected"),
    [
        ("*.json", "a/b/c.json", True),
        ("a/*.json", "a/b/c.json", False),
        ("a/**/*.json", "a/c.json", True),
        ("a/**", "a/b/c.json", True),
        ("c?.json", "a/cc.json", True),
        ("c.json", "a/xc.json", False),
        ("a/**", "a", False),
        ("a/**/b", "a/b/a/b/a/b", True),
        ("**/a*/*b", "x/ab/x/ax/b", True),
        ("**/a*/*b", "x/ab/x/xb", False),
        ("a**b.json", "a/b.json", False),
        ("*a" * 50 + "b", "a" * 250, False),  # what it takes grows with both lengths only
        ("**/*a*/" * 50 + "b", "aaaa/" * 100, False),
        ("[a].json", "[a].json", True),
    ],
)
def test_a_pattern_is_for_a_name_or_for_a_path(pattern: str, path: str, expected: bool) -> None:  # noqa: FBT001
    assert matches(pattern, path) is expected


@GIT
def test_what_git_ignores_is_left_out_but_not_what_it_tracks(tmp_path: Path) -> None:
    lay(tmp_path, "a.json", "build/b.json", "kept.local.json", "other.local.json", "sub/build/c.json")
    (tmp_path / ".gitignore").write_text("build/\n*.local.json\n", encoding="utf-8")
    subprocess.run(["git", "init", "-q"], cwd=tmp_path, check=True)
    subprocess.run(["git", "add", "-f", "kept.local.json"], cwd=tmp_path, check=True)
    assert found(tmp_path) == ["a.json", "kept.local.json"]
    assert found(tmp_path / "sub") == []


@GIT
def test_a_repository_cannot_have_a_program_run_when_it_is_searched(tmp_path: Path) -> None:
    lay(tmp_path, "a.json")
    subprocess.run(["git", "init", "-q"], cwd=tmp_path, check=True)
    (tmp_path / "hook").write_text("#!/bin/sh\ntouch ran\n", encoding="utf-8")
    (tmp_path / "hook").chmod(0o755)
    subprocess.run(["git", "config", "core.fsmonitor", str(tmp_path / "hook")], cwd=tmp_path, check=True)
    assert found(tmp_path) == ["a.json"]
    assert not (tmp_path / "ran").exists()


@pytest.mark.skipif(not hasattr(os, "symlink"), reason="there are no links")
def test_links_to_folders_are_not_followed_and_what_a_link_to_a_file_leads_to_is_told_later(tmp_path: Path) -> None:
    lay(tmp_path, "in/a.json", "elsewhere/secret.json")
    (tmp_path / "in/folder").symlink_to(tmp_path / "elsewhere")
    (tmp_path / "in/file.json").symlink_to(tmp_path / "elsewhere/secret.json")
    (tmp_path / "in/gone.json").symlink_to(tmp_path / "nowhere.json")
    assert found(tmp_path / "in") == ["a.json", "file.json", "gone.json"]


@pytest.mark.skipif(not hasattr(os, "symlink"), reason="there are no links")
def test_a_file_is_found_once_whatever_links_there_are_to_it(tmp_path: Path) -> None:
    lay(tmp_path, "a.json", "b/c.json")
    (tmp_path / "b/again.json").symlink_to(tmp_path / "a.json")
    (tmp_path / "latest.json").symlink_to("b/c.json")
    assert found(tmp_path) == ["a.json", "b/c.json"]


@pytest.mark.parametrize(("compiler", "expected"), [(True, ["main.bicep"]), (False, ["main.json"])])
def test_of_a_bicep_file_and_what_was_built_of_it_one_is_taken(
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    compiler: bool,  # noqa: FBT001
    expected: list[str],
) -> None:
    lay(tmp_path, "main.bicep")
    (tmp_path / "main.json").write_text('{"metadata": {"_generator": {"name": "bicep"}}}', encoding="utf-8")
    monkeypatch.setattr("aib2packer.app.bicep.has_compiler", lambda: compiler)
    assert found(tmp_path) == expected


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ('{"type": "Microsoft.VirtualMachineImages/imageTemplates"', True),
        ('{"source": {}, "distribute": []}', True),
        ("resource x 'microsoft.virtualmachineimages/imagetemplates@2024-02-01'", True),
        ('{"templateLink": {"relativePath": "aib.json"}}', True),
        ('{"compilerOptions": {"sourceMap": true}}', False),
        ("", False),
    ],
)
@pytest.mark.parametrize("encoding", ["utf-8", "utf-16"])
def test_a_file_speaks_of_image_templates_by_its_words(text: str, encoding: str, expected: bool) -> None:  # noqa: FBT001
    assert speaks_of_image_templates(text.encode(encoding)) is expected


IMAGE = 'type = "Microsoft.VirtualMachineImages/imageTemplates@2024-02-01"\n'


@pytest.mark.parametrize(
    ("files", "callers", "called"),
    [
        pytest.param(
            {"main.bicep": "module m 'mod/i.bicep' = {\n", "mod/i.bicep": IMAGE},
            ["main.bicep"],
            ["mod/i.bicep"],
            id="Bicep",
        ),
        pytest.param(
            {"main.bicep": "module m 'i.bicep' = {\n", "i.bicep": IMAGE}, ["main.bicep"], ["i.bicep"], id="in one folder"
        ),
        pytest.param(
            {"a.bicep": "module m 'b.bicep' = {\n", "b.bicep": "module m 'c.bicep' = {\n", "c.bicep": IMAGE},
            ["a.bicep", "b.bicep"],
            ["b.bicep", "c.bicep"],
            id="through another",
        ),
        pytest.param(
            {"main.tf": 'module "m" {\n  source = "./mod"\n}\n', "mod/i.tf": IMAGE, "mod/variables.tf": ""},
            ["main.tf"],
            ["mod/i.tf"],
            id="Terraform",
        ),
        pytest.param(
            {"prod/main.tf": 'module "m" {\n  source = "../mod/"\n}\n', "mod/i.tf": IMAGE},
            ["prod/main.tf"],
            ["mod/i.tf"],
            id="beside it",
        ),
        pytest.param(
            {"examples/all/main.tf": 'module "m" {\n  source = "../../"\n}\n', "i.tf": IMAGE}, [], [], id="an example"
        ),
        pytest.param({"main.bicep": "module m 'net.bicep' = {\n", "net.bicep": ""}, [], [], id="no image"),
        pytest.param(
            {"main.tf": '  template_content = file("${path.module}/arm/i.json")\n', "arm/i.json": IMAGE, "arm/o.json": IMAGE},
            ["main.tf"],
            ["arm/i.json"],
            id="a template that Terraform deploys",
        ),
        pytest.param(
            {
                "main.tf": "  template_content = local.arm\n",
                "locals.tf": 'locals {\n  arm = file("${path.module}/i.json")\n  other = file("o.json")\n}\n',
                "i.json": IMAGE,
                "o.json": IMAGE,
            },
            ["main.tf"],
            ["i.json"],
            id="one that a local holds",
        ),
        pytest.param(
            {"tf/main.tf": '  template_body = jsonencode(jsondecode(file("../i.json")))\n', "i.bicep": IMAGE},
            ["tf/main.tf"],
            ["i.bicep"],
            id="one that Bicep makes",
        ),
        pytest.param(
            {"main.tf": 'locals {\n  x = file("i.json")\n}\n', "i.json": IMAGE, "n.json": ""}, [], [], id="a file that is read"
        ),
        pytest.param(
            {"m.tf": '  template_content = file("n.json")\n', "i.json": IMAGE, "n.json": ""}, [], [], id="one without an image"
        ),
        pytest.param(
            {"a.bicep": f"module m 'b.bicep' = {{\n{IMAGE}", "b.bicep": f"module m 'a.bicep' = {{\n{IMAGE}"},
            [],
            [],
            id="in a circle",
        ),
    ],
)
def test_a_module_with_an_image_template_is_built_with_what_calls_it(
    tmp_path: Path, files: dict[str, str], callers: list[str], called: list[str]
) -> None:
    for name, text in files.items():
        lay(tmp_path, name)
        (tmp_path / name).write_text(text, encoding="utf-8")

    modules = modules_of([tmp_path / name for name in files])

    assert sorted(file.relative_to(tmp_path).as_posix() for file in modules.callers) == callers
    assert sorted(file.relative_to(tmp_path).as_posix() for file in modules.called) == called


def test_a_file_of_a_large_module_is_read_for_all_others_together(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    opened: list[Path] = []

    def counted(path: Path) -> BufferedReader:
        opened.append(path)
        return open_file(path)

    names = [f"m{number}.tf" for number in range(20)]
    lay(tmp_path, *names)
    for name in names:
        (tmp_path / name).write_text("  template_content = local.arm\n", encoding="utf-8")
    monkeypatch.setattr("aib2packer.app.walk.open_file", counted)

    modules_of([tmp_path / name for name in names])

    assert len(opened) <= 2 * len(names)


def test_of_scripts_those_are_found_that_make_an_image_template(tmp_path: Path) -> None:
    lay(tmp_path, "a.json", "a.sh", "b.sh", "c.ps1", "d.sh")
    (tmp_path / "b.sh").write_text("az image builder create -n web\n", encoding="utf-8")
    (tmp_path / "c.ps1").write_text("New-AzImageBuilderTemplate -Name web\n", encoding="utf-16")
    (tmp_path / "d.sh").write_text("# instead of az image builder create\n", encoding="utf-8")
    assert found(tmp_path) == ["a.json", "b.sh", "c.ps1"]
