"""A build that is spread over files says what it says in one."""

import pytest

from aib2packer import Conversion, Layout, Options, Place
from tests.cases.templates import IDENTITY, WINDOWS, convert_json, template

PARTS = ("versions", "variables", "locals", "sources")
SHELL = {"type": "Shell", "name": "one", "inline": ["echo '{{' one"]}
VALIDATED = {"validate": {"inVMValidations": [{"type": "Shell", "inline": ["true"]}]}}
TEMPLATES = {
    "linux": template(customize=[SHELL], vmProfile={}),
    "windows": template(source=WINDOWS, customize=[{"type": "WindowsUpdate"}]),
    "validated": template(customize=[SHELL], properties=VALIDATED, identity=IDENTITY),
}


def convert(name: str, layout: Layout) -> Conversion:
    return convert_json(TEMPLATES[name], Options(side_files=True, layout=layout))


def files(conversion: Conversion) -> dict[str, bytes]:
    assert conversion.hcl is not None
    return {conversion.build_file: conversion.hcl.encode(), **conversion.files}


@pytest.mark.parametrize("name", TEMPLATES)
def test_the_files_of_a_split_build_hold_what_one_file_holds(name: str) -> None:
    one, split = convert(name, Layout.SINGLE), convert(name, Layout.SPLIT)

    assert one.hcl is not None
    assert split.hcl is not None
    header, build = split.hcl.split("\n\nbuild {", 1)
    parts = [split.files[path].decode() for part in PARTS if (path := f"{part}.pkr.hcl") in split.files]
    assert "\n".join((f"{header}\n", *parts, f"build {{{build}")) == one.hcl
    assert split.findings == one.findings


def test_a_split_build_has_its_name_and_so_has_the_one_that_validates() -> None:
    made = {path for path in files(convert("validated", Layout.SPLIT)) if path.endswith(".pkr.hcl")}

    assert {"image.pkr.hcl", "sources.pkr.hcl", "versions.pkr.hcl"} <= made
    assert {"validate/image-validation.pkr.hcl", "validate/sources.pkr.hcl"} <= made
    assert not any(path.endswith("build.pkr.hcl") for path in made)


def test_no_file_is_made_for_a_part_that_is_empty() -> None:
    assert all(text.strip() for text in files(convert("linux", Layout.SPLIT)).values())


def test_a_build_with_the_name_of_a_part_does_not_take_its_file() -> None:
    made = files(convert_json(template(name="Variables"), Options(side_files=True, layout=Layout.SPLIT)))

    assert "Variables-build.pkr.hcl" in made
    assert b'variable "' in made["variables.pkr.hcl"]


def test_the_lines_of_each_place_are_those_of_its_file() -> None:
    split = convert("validated", Layout.SPLIT)

    def line(place: Place) -> str:
        return files(split)[f"{place.folder}{place.file}"].decode().splitlines()[place.lines.first - 1]

    sizes = [place for place in split.source_map if place.address.endswith(".image_offer")]
    assert [(place.file, line(place).split()[0]) for place in sizes] == [("sources.pkr.hcl", "image_offer")]
    assert {place.file for place in split.source_map if "provisioner" in place.address} == {
        "image.pkr.hcl",
        "image-validation.pkr.hcl",
    }


def test_the_page_beside_a_split_build_names_its_files() -> None:
    page = convert("validated", Layout.SPLIT).files["MIGRATION.md"].decode()

    assert "- `sources.pkr.hcl`: the source: VM and image" in page
    assert "`image.pkr.hcl`: the build" in page
    assert "in the source block of `sources.pkr.hcl` and of `validate/sources.pkr.hcl`" in page
