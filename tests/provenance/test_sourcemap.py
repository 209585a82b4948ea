"""Each line of the output that comes from the template leads back there."""

import json
import re
from dataclasses import replace

import pytest

from aib2packer import Conversion, Options, convert
from aib2packer.provenance.sourcemap import Place, origin_of, source_map
from aib2packer.rendering.build_file import Lines
from aib2packer.text.source import SourceText, Span
from tests.cases import CASES, convert_case, read_case
from tests.cases.templates import template

_ANNOTATION = re.compile(r" *# (?:--set )?[\w.-]+(?: \([\w.-]+\))?:[\d, ]+(?:; .*)?(?: \([\w.]+\[\d+\]\))?")
SOURCE = SourceText("image.json", "0123456789")


def test_the_places_of_a_build_in_a_folder_begin_with_its_name() -> None:
    span = Span(SOURCE, 0, 1)

    assert source_map({"header": Lines(1, 2)}, [("header", span)], "validate/") == (
        Place("validate/header", Lines(1, 2), (span,), "validate/"),
    )


def test_places_stand_in_the_order_of_their_lines_with_all_their_origins() -> None:
    first, second = Span(SOURCE, 0, 1), Span(SOURCE, 1, 2)
    lines = {"late": Lines(7, 9), "early": Lines(2, 3), "ours": Lines(4, 5)}

    places = source_map(lines, [("late", first), ("early", second), ("late", second), ("late", first)])

    assert places == (Place("early", Lines(2, 3), (second,)), Place("late", Lines(7, 9), (first, second)))


def test_a_line_leads_to_the_smallest_place_around_it() -> None:
    outer, inner = Place("outer", Lines(1, 9), (Span(SOURCE, 0, 9),)), Place("inner", Lines(3, 4), (Span(SOURCE, 2, 3),))

    assert origin_of((outer, inner), 4) == Span(SOURCE, 2, 3)
    assert origin_of((outer, inner), 5) == Span(SOURCE, 0, 9)
    assert origin_of((outer, inner), 10) is None


@pytest.mark.parametrize("case", CASES)
def test_the_lines_of_a_place_hold_what_it_is_called(case: str) -> None:
    conversion = convert_case(case)
    files = {conversion.build_file: (conversion.hcl or "").encode(), **conversion.files}

    for place in conversion.source_map:
        text = files[f"{place.folder}{place.file}"].decode().splitlines()
        lines = text[place.lines.first - 1 : place.lines.last]
        address = place.address.removeprefix(place.folder)
        if address.startswith("var."):
            assert lines[0] == f'variable "{address.removeprefix("var.")}" {{'
            assert lines[-1] == "}"
        elif address.startswith("source.azure-arm.") and address.count(".") == 2:
            assert lines[0].startswith('source "azure-arm" ')
            assert lines[-1] == "}"
        elif address.startswith("source.azure-arm."):
            assert lines[0].split()[0] in {address.rsplit(".", 1)[1], "dynamic"}
        elif address == "header":
            assert all(line.startswith("#") for line in lines)
        else:
            block = address.removeprefix("build.").partition("[")[0]
            assert any(line.startswith((f"  {block} ", f"  {block}s ")) for line in lines)
            assert lines[-1].endswith("}")


@pytest.mark.parametrize("case", CASES)
def test_annotations_are_comments_and_nothing_else(case: str) -> None:
    data, options = read_case(case)
    plain = convert(data, file="image.json", options=options)
    annotated = convert(data, file="image.json", options=replace(options, annotate=True))

    texts, others = _split(plain)
    annotated_texts, annotated_others = _split(annotated)
    assert annotated_others == others
    assert annotated_texts.keys() == texts.keys()
    led_back = {f"{place.folder}{place.file}" for place in plain.source_map}
    for name, text in texts.items():
        lines = annotated_texts[name].splitlines()
        added = [line for line in lines if _ANNOTATION.fullmatch(line)]
        assert bool(added) == (name in led_back)
        assert [line for line in lines if line not in added] == text.splitlines()


def _split(conversion: Conversion) -> tuple[dict[str, str], dict[str, bytes]]:
    """The HCL of a conversion, that of the build that validates too, and its other files."""
    texts = {} if conversion.hcl is None else {conversion.build_file: conversion.hcl}
    texts |= {name: data.decode() for name, data in conversion.files.items() if name.endswith(".pkr.hcl")}
    return texts, {name: data for name, data in conversion.files.items() if name not in texts}


def test_what_is_fetched_and_run_outputs_lead_back_to_the_template() -> None:
    text = json.dumps(
        template(
            customize=[
                {"type": "Shell", "scriptUri": "https://example.com/a.sh", "sha256Checksum": "ab" * 32},
                {"type": "File", "sourceUri": "https://example.com/b.txt", "destination": "/tmp/b.txt"},
            ]
        )
    )

    places = {place.address: place for place in convert(text, file="image.json").source_map}

    assert [place.text for place in places["build.provisioner[1]"].origins] == [
        '"https://example.com/a.sh"',
        f'"{"ab" * 32}"',
        '"https://example.com/b.txt"',
    ]
    assert [place.pointer for place in places["build.post-processor[0]"].origins] == ["/properties/distribute/0/runOutputName"]


def test_an_annotation_names_the_lines_that_a_block_comes_from() -> None:
    text = json.dumps(template(customize=[{"type": "Shell", "inline": ["true"]}]), indent=2)
    line = text[: text.index('"Shell"')].count("\n") + 1

    hcl = convert(text, file="image.json", options=Options(annotate=True)).hcl

    assert hcl is not None
    assert f'  # image.json:{line} (customize[0])\n  provisioner "shell" {{\n' in hcl
    assert '# image.json:1\nsource "azure-arm" "image" {\n' in hcl
