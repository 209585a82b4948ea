"""Nothing grows faster than its input: of an input twice as large, the lines of Python that run are counted, never seconds."""

from __future__ import annotations

import json
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
from click.testing import CliRunner

from aib2packer import Options, convert
from aib2packer.app.inputs import collect
from aib2packer.cli import main

if TYPE_CHECKING:
    from collections.abc import Callable
    from types import FrameType

    Json = dict[str, Any]

EXAMPLE = Path(__file__).parent.parent / "examples" / "web-server.json"
_OPTIONS = Options(side_files=True)
_SCHEMA = "https://schema.management.azure.com/schemas/2019-04-01/deploymentTemplate.json#"
_GALLERY = "/subscriptions/11111111-1111-1111-1111-111111111111/resourceGroups/images/providers/Microsoft.Compute/galleries/g"
# Twice as many more cost twice as much; the rest is for what comes once in a while, such as a table that is laid anew.
_AT_MOST = 2.1
_BEFORE = 12  # the methods of models are compiled when they have been used ten times


def _steps(work: Callable[[], object]) -> int:
    """How many lines of Python run."""
    count = 0

    def line(_frame: FrameType, _event: str, _value: object) -> Callable[..., Any]:
        nonlocal count
        count += 1
        return line

    before = sys.gettrace()
    sys.settrace(line)
    try:
        work()
    finally:
        sys.settrace(before)
    return count


def _grows_as_its_input(work: Callable[[int], Callable[[], object]], count: int) -> bool:
    """Whether the step from twice to four times as much costs twice the one before."""
    before = work(2)
    for _ in range(_BEFORE):  # what is made once: modules, patterns, methods; also what only several of a thing need
        before()
    small, middle, large = (_steps(work(count * times)) for times in (1, 2, 4))
    return 0 < large - middle <= _AT_MOST * (middle - small)


def _template(**changes: object) -> Json:
    template: Json = json.loads(EXAMPLE.read_text(encoding="utf-8"))
    template["properties"] |= changes
    return template


def _deployment(count: int, **more: object) -> Json:
    """A deployment whose image template has a customizer with so many lines, each with `@` of another number."""
    lines = [f"[concat('echo ', {'variables' if 'variables' in more else 'parameters'}('v{n}'))]" for n in range(count)]
    resource = _template(customize=[{"type": "Shell", "name": "all", "inline": lines}])
    return {"$schema": _SCHEMA, "contentVersion": "1.0.0.0", **more, "resources": [resource]}


def _lines(count: int) -> Json:
    return _template(customize=[{"type": "Shell", "name": "all", "inline": [f"echo line {n}" for n in range(count)]}])


def _variables(count: int) -> Json:
    prefix: Json = {"prefix": {"type": "string"}}
    variables = {f"v{n}": f"[concat(parameters('prefix'), '-{n}-', parameters('prefix'))]" for n in range(count)}
    return _deployment(count, parameters=prefix, variables=variables)


def _parameters(count: int) -> Json:
    return _deployment(count, parameters={f"v{n}": {"type": "string", "defaultValue": f"d{n}"} for n in range(count)})


def _open(count: int) -> Json:
    return _deployment(count, parameters={f"v{n}": {"type": "string", "defaultValue": f"<v{n}>"} for n in range(count)})


def _chained(count: int) -> Json:
    first: Json = {"v0": {"type": "string"}}
    others = {f"v{n}": {"type": "string", "defaultValue": f"[concat(parameters('v{n - 1}'), 'x')]"} for n in range(1, count)}
    return _deployment(count, parameters=first | others)


def _gallery(number: int, regions: list[str]) -> Json:
    return {
        "type": "SharedImage",
        "galleryImageId": f"{_GALLERY}/images/i{number}",
        "runOutputName": f"o{number}",
        "artifactTags": {"number": str(number)},
        "targetRegions": [{"name": region} for region in regions],
    }


def _targets(count: int) -> Json:
    return _template(distribute=[_gallery(n, ["westeurope"]) for n in range(count)])


def _regions(count: int) -> Json:
    return _template(distribute=[_gallery(0, ["westeurope", *(f"region{n}" for n in range(count))])])


def _customizers(count: int) -> Json:
    return _template(customize=[{"type": "Shell", "name": f"step {n}", "inline": [f"echo {n}"]} for n in range(count)])


def _findings(count: int) -> Json:
    """Names that no API knows, one finding each."""
    return _template(customize=[{"type": "Shell", "name": "a", "inline": ["true"], **{f"unknown{n}": n for n in range(count)}}])


def _files(count: int) -> Json:
    """Files that the build fetches."""
    return _template(
        customize=[
            {"type": "File", "name": f"f{n}", "sourceUri": f"https://example.com/f{n}.txt", "destination": f"/tmp/f{n}.txt"}
            for n in range(count)
        ]
    )


def _same_names(count: int) -> Json:
    return _template(customize=[{"type": "Shell", "name": "same", "inline": [f"echo {n}"]} for n in range(count)])


def _nesting(depth: int) -> Json:
    """Calls within each other."""
    lines = [f"[{'concat(' * depth}parameters('v0'){')' * depth}]"]
    resource = _template(customize=[{"type": "Shell", "name": "all", "inline": lines}])
    return {"$schema": _SCHEMA, "contentVersion": "1.0.0.0", "parameters": {"v0": {"type": "string"}}, "resources": [resource]}


@pytest.mark.parametrize(
    ("made", "count"),
    [
        (_lines, 60),
        (_variables, 15),
        (_parameters, 15),
        (_open, 15),
        (_chained, 15),
        (_targets, 10),
        (_regions, 20),
        (_customizers, 15),
        (_findings, 20),
        (_files, 15),
        (_same_names, 15),
        (_nesting, 10),
    ],
)
def test_a_conversion_takes_as_many_steps_more_as_its_template_grows(made: Callable[[int], Json], count: int) -> None:
    def converting(number: int) -> Callable[[], object]:
        text = json.dumps(made(number))
        assert convert(text, options=_OPTIONS).hcl is not None
        return lambda: convert(text, options=_OPTIONS)

    assert _grows_as_its_input(converting, count)


def _estate(folder: Path, count: int, *, name: str) -> list[str]:
    """Files of an estate, in folders of their own."""
    files = [folder / str(count) / str(number) / name.format(number) for number in range(count)]
    for file in files:
        file.parent.mkdir(parents=True)
        file.write_text(json.dumps(_findings(1)), encoding="utf-8")
    return list(map(str, files))


@pytest.mark.parametrize("name", ["web-{}.json", "web.json"])
def test_a_run_takes_as_many_steps_more_as_there_are_files_also_of_the_same_name(tmp_path: Path, name: str) -> None:
    def running(count: int) -> Callable[[], object]:
        arguments = ["convert", *_estate(tmp_path, count, name=name), "-o", str(tmp_path / f"out-{count}")]
        return lambda: CliRunner().invoke(main, arguments)

    assert _grows_as_its_input(running, 8)


def test_the_folders_of_files_of_the_same_name_are_found_in_as_many_steps_as_there_are_files(tmp_path: Path) -> None:
    def collecting(count: int) -> Callable[[], object]:
        arguments = tuple(str(tmp_path / str(number) / "web.json") for number in range(count))
        return lambda: collect(arguments, None)

    assert _grows_as_its_input(collecting, 50)


def test_findings_are_shown_in_as_many_steps_more_as_there_are(tmp_path: Path) -> None:
    def showing(count: int) -> Callable[[], object]:
        file = tmp_path / f"{count}.json"
        file.write_text(json.dumps(_findings(count)), encoding="utf-8")
        return lambda: CliRunner().invoke(main, ["convert", str(file), "-v", "-o", str(tmp_path / f"of-{count}")])

    assert _grows_as_its_input(showing, 15)


def test_a_list_takes_as_many_steps_more_as_it_has_image_templates(tmp_path: Path) -> None:
    def converting(count: int) -> Callable[[], object]:
        file = tmp_path / f"list-{count}.json"
        images = [_findings(1) | {"name": f"web{number}"} for number in range(count)]
        file.write_text(json.dumps({"value": images}), encoding="utf-8")
        return lambda: CliRunner().invoke(main, ["convert", str(file), "-q", "-o", str(tmp_path / f"of-{count}")])

    assert _grows_as_its_input(converting, 8)
