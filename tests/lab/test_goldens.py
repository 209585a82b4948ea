"""The real Packer judges every golden file: `packer fmt -check` has nothing to change, and `packer validate` accepts it."""

import json
import re
from pathlib import Path
from shutil import copytree

import pytest

from tests.cases import CASES, GOLDEN, convert_case, golden_hcl, read_case
from tests.cases.variables import required_variables
from tests.lab.judge import Packer

AMONG_OTHERS = "landing/"
OF_AN_ESTATE = "estate/"
# Each golden build by its path: `<room>/<case>.pkr.hcl`, and `<room>/<case>/validate/build.pkr.hcl` where there is a second.
CONVERTED = [golden_hcl(case).relative_to(GOLDEN).as_posix() for case in CASES if golden_hcl(case).exists()]
CONVERTED += sorted(file.relative_to(GOLDEN).as_posix() for file in GOLDEN.glob("*/*/**/*.pkr.hcl"))
CONVERTED = [golden for golden in CONVERTED if not golden.startswith(AMONG_OTHERS)]
_MANIFEST = re.compile(r'jsondecode\(file\("([^"]+)"\)\)\.builds\)\[0\]\.custom_data\.(\w+)')
_RECORDED = {
    "image_version": "1.0.0",
    "managed_image_name": "web",
    "gallery_subscription_id": "0" * 8 + "-0000" * 3 + "-" + "0" * 12,
}


def write_golden(golden: str, folder: Path) -> Path:
    """Lay golden HCL out beside its side files, as `-o DIR` does; what a build would have recorded for it lies there too."""
    if golden.startswith(OF_AN_ESTATE):
        copytree((GOLDEN / golden).parent, folder, dirs_exist_ok=True)
        return folder / Path(golden).name
    _, case, *below = golden.removesuffix(".pkr.hcl").split("/")
    for path, data in convert_case(case).files.items():
        file = folder / path
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_bytes(data)
    build = folder / Path(*below[:-1]) / "build.pkr.hcl"
    text = (GOLDEN / golden).read_text()
    build.write_text(text)
    found = _MANIFEST.findall(text)
    for manifest in {manifest for manifest, _ in found}:
        last = {key: _RECORDED[key] for one, key in found if one == manifest}
        builds = [{"custom_data": dict.fromkeys(last, "0.0.0")}, {"custom_data": last}]
        (build.parent / manifest).write_text(json.dumps({"builds": builds}))
    return build


def write_folder(case: str, folder: Path) -> Path:
    """Lay a golden build out among the others of the folder that it was put into."""
    conversion = convert_case(case)
    assert conversion.hcl is not None
    files = {conversion.build_file: conversion.hcl.encode(), **conversion.files}
    files |= {Path(file.name).name: file.text.encode() for file in read_case(case)[1].into or ()}
    for path, data in files.items():
        (folder / path).parent.mkdir(parents=True, exist_ok=True)
        (folder / path).write_bytes(data)
    return folder


def check(packer: Packer, golden: str, folder: Path) -> None:
    """Check that `packer validate` accepts a golden build."""
    file = write_golden(golden, folder)
    verdict = packer.validate(file, required_variables(file.read_text()))

    assert verdict.ok, verdict.output


@pytest.mark.parametrize("file", CONVERTED)
def test_packer_accepts_the_golden_build(file: str, packer: Packer, tmp_path: Path) -> None:
    check(packer, file, tmp_path)


@pytest.mark.parametrize("file", CONVERTED)
def test_the_real_plugins_accept_the_golden_build(file: str, packer_with_real_plugins: Packer, tmp_path: Path) -> None:
    check(packer_with_real_plugins, file, tmp_path)


def test_packer_would_not_format_any_golden_build_otherwise(packer: Packer) -> None:
    assert packer.fmt_check_all(GOLDEN) == ""


@pytest.mark.parametrize("case", ["into-shared", "into-plain"])
def test_the_real_plugins_accept_the_folder_of_a_golden_build(
    case: str, packer_with_real_plugins: Packer, tmp_path: Path
) -> None:
    folder = write_folder(case, tmp_path)
    texts = [file.read_text() for file in folder.glob("*.pkr.hcl")]

    assert packer_with_real_plugins.fmt_check_all(folder) == ""
    for only in (None, "desktop.*", "web.*"):
        verdict = packer_with_real_plugins.validate(folder, required_variables("\n".join(texts)), only=only)
        assert verdict.ok, verdict.output
