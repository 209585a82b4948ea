"""`--into`: a build beside those that a folder has."""

import json
import re
from pathlib import Path

import pytest

from tests.cases.templates import GALLERY_TARGET, WINDOWS, template
from tests.cli.test_cli import convert

OTHER = """\
packer {
  required_plugins {
    azure = {
      source  = "github.com/hashicorp/azure"
      version = "~> 2.6"
    }
  }
}

source "azure-arm" "other" {}

build {
  sources = ["source.azure-arm.other"]
}
"""
VALIDATED = {"validate": {"inVMValidations": [{"type": "Shell", "inline": ["true"]}]}}
LATEST = {**GALLERY_TARGET, "galleryImageId": GALLERY_TARGET["galleryImageId"].partition("/versions")[0]}
SHELL = {"type": "Shell", "name": "names", "inline": ["docker ps --format '{{.Names}}'"]}


def state(folder: Path) -> dict[str, bytes]:
    return {path.relative_to(folder).as_posix(): path.read_bytes() for path in folder.rglob("*") if path.is_file()}


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """Two templates, and a folder with a build."""
    for name, one in {
        "web": template(name="web", customize=[SHELL], properties=VALIDATED),
        "desktop": template(name="desktop", source=WINDOWS, customize=[{"type": "WindowsUpdate"}], distribute=[LATEST]),
    }.items():
        (tmp_path / f"{name}.json").write_text(json.dumps(one), encoding="utf-8")
    (tmp_path / "packer").mkdir()
    (tmp_path / "packer/other.pkr.hcl").write_text(OTHER, encoding="utf-8")
    return tmp_path


def test_several_builds_go_into_one_folder_and_nothing_there_is_written(folder: Path) -> None:
    before = state(folder / "packer")

    status, stdout, stderr = convert("web.json", "desktop.json", "--into", "packer", cwd=folder)

    assert (status, stdout) == (0, ""), stderr
    made = state(folder / "packer")
    assert {path: made[path] for path in before} == before
    assert {path for path in made if path.endswith(".pkr.hcl") and "/" not in path} == {
        "other.pkr.hcl",
        "web.pkr.hcl",
        "desktop.pkr.hcl",
    }
    assert b"required_plugins" not in made["web.pkr.hcl"]
    assert b'variable "tenant_id"' in made["web.pkr.hcl"]
    assert b'variable "tenant_id"' not in made["desktop.pkr.hcl"]
    assert b"desktop_image_version" in made["desktop.pkr.hcl"], "what validates web lies in a folder of its own"
    assert b"windows-update = {" in made["desktop.pkr.hcl"]


def test_a_page_names_the_variables_as_they_are_called_in_the_folder(folder: Path) -> None:
    own = 'variable "use_azure_cli_auth" {\n  type    = string\n  default = "true"\n}\n'
    (folder / "packer/variables.pkr.hcl").write_text(own, encoding="utf-8")

    assert convert("web.json", "--into", "packer", cwd=folder)[0] == 0

    page = (folder / "packer/web.MIGRATION.md").read_text(encoding="utf-8")
    assert "-var web_use_azure_cli_auth=false" in page
    assert not re.search(r"[^_]use_azure_cli_auth=", page)


def test_a_folder_that_is_not_there_gets_the_first_build(folder: Path) -> None:
    assert convert("web.json", "--into", "new", cwd=folder)[0] == 0

    assert b"required_plugins" in (folder / "new/web.pkr.hcl").read_bytes()


def test_what_is_up_to_date_passes_the_check_and_what_is_edited_does_not(folder: Path) -> None:
    convert("web.json", "desktop.json", "--into", "packer", cwd=folder)
    assert convert("web.json", "desktop.json", "--into", "packer", "--check", cwd=folder)[0] == 0
    edited = folder / "packer/web.pkr.hcl"
    edited.write_text(edited.read_text() + "# mine\n", encoding="utf-8")

    status, _, stderr = convert("web.json", "desktop.json", "--into", "packer", "--check", cwd=folder)

    assert status == 1
    assert "-# mine" in stderr
    assert convert("web.json", "--into", "packer", cwd=folder)[0] == 1
    assert edited.read_text().endswith("# mine\n")
    assert convert("web.json", "--into", "packer", "--force", cwd=folder)[0] == 0
    assert not edited.read_text().endswith("# mine\n")


def test_force_replaces_no_file_that_no_conversion_made(folder: Path) -> None:
    (folder / "packer/web.pkr.hcl").write_text("locals {}\n", encoding="utf-8")
    before = state(folder / "packer")

    status, _, stderr = convert("web.json", "--into", "packer", "--force", cwd=folder)

    assert status == 1
    assert "AIB2P023 error: packer/web.pkr.hcl is no file that a conversion has made" in stderr
    assert state(folder / "packer") == before


def test_what_an_earlier_run_made_under_the_name_is_told_and_what_others_made_is_not(folder: Path) -> None:
    convert("web.json", "desktop.json", "--into", "packer", "--layout", "split", cwd=folder)
    (folder / "packer/scripts/web/07-old.sh").write_text("", encoding="utf-8")
    (folder / "packer/scripts/01-mine.sh").write_text("", encoding="utf-8")

    _, _, stderr = convert("web.json", "--into", "packer", "--force", cwd=folder)

    told = {line.split(":")[0] for line in stderr.splitlines() if "an earlier conversion wrote this file" in line}
    parts = {f"packer/web.{part}.pkr.hcl" for part in ("versions", "variables", "locals", "sources")}
    assert told == {"packer/scripts/web/07-old.sh"}
    assert not [path for path in parts if (folder / path).exists()]
    assert not (folder / "packer/validate-web/web-validation.pkr.hcl").exists()


def test_a_clash_names_both_places_and_nothing_is_written(folder: Path) -> None:
    before = state(folder / "packer")

    status, _, stderr = convert("web.json", "--into", "packer", "--build-name", "other", cwd=folder)

    assert status == 1
    assert "web.json:1:1: AIB2P023 error: packer/other.pkr.hcl is no file that a conversion has made" in stderr
    assert "the source other, which this build would have too, is declared at packer/other.pkr.hcl:10" in stderr
    assert state(folder / "packer") == before


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (("web.json", "--into", "packer", "-o", "out"), "Give either --into DIR or -o, not both."),
        (("web.json", "--into", ""), "The name of a file is empty."),
        (("web.json", "desktop.json", "--into", "packer", "--build-name", "a"), "--build-name names one build"),
        (("web.json", "--into", "packer", "--build-name", "a b"), "'a b' is no name for a build"),
    ],
)
def test_wrong_usage_is_told(folder: Path, arguments: tuple[str, ...], said: str) -> None:
    status, _, stderr = convert(*arguments, cwd=folder)

    assert status == 2
    assert said in " ".join(stderr.replace("│", " ").split())


def test_two_templates_of_one_name_are_told_and_the_first_is_written(folder: Path) -> None:
    (folder / "again.json").write_text((folder / "web.json").read_text(), encoding="utf-8")

    status, _, stderr = convert("web.json", "again.json", "--into", "packer", cwd=folder)

    assert status == 1
    assert "again.json: AIB2P023 error: this template becomes packer/web.pkr.hcl, and so does web.json in this run" in stderr


def test_builds_of_a_folder_share_what_is_alike_in_their_scripts_until_one_of_them_changes(tmp_path: Path) -> None:
    def lay(**lines: list[str]) -> None:
        for name, texts in lines.items():
            steps = [
                {"type": "PowerShell", "name": f"{name}{number}", "inline": [text] * 30} for number, text in enumerate(texts)
            ]
            built = template(source=WINDOWS, name=name, customize=steps)
            (tmp_path / f"{name}.json").write_text(json.dumps(built), encoding="utf-8")

    def scripts() -> set[str]:
        return {path for path in state(tmp_path / "dir") if path.startswith("scripts/") and path.count("/") > 1}

    lay(db=["one", "two"], web=["two", "three"])
    assert convert("db.json", "web.json", "--into", "dir", cwd=tmp_path)[0] == 0
    assert scripts() == {"scripts/db/01-db0.ps1", "scripts/db/02-db1.ps1", "scripts/web/02-web1.ps1"}
    assert '"${path.root}/scripts/db/02-db1.ps1"' in (tmp_path / "dir/web.pkr.hcl").read_text(encoding="utf-8")
    assert convert("web.json", "--into", "dir", "--check", cwd=tmp_path)[0] == 0

    lay(db=["one", "four"])
    status, _, said = convert("db.json", "--into", "dir", "--force", cwd=tmp_path)
    assert (status, "no longer uses" in said) == (0, False)
    assert convert("db.json", "--into", "dir", "--check", cwd=tmp_path)[0] == 0
    assert scripts() >= {"scripts/db/02-db1.ps1", "scripts/db/02-db1-2.ps1"}
    assert b"two" in (tmp_path / "dir/scripts/db/02-db1.ps1").read_bytes()
    assert convert("web.json", "--into", "dir", "--check", cwd=tmp_path)[0] == 0
