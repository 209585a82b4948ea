"""Chains of variables that took seconds, or had no end."""

import json
import time
from pathlib import Path

import pytest

from aib2packer import Options, convert
from tests.arm.test_deployment import deployment
from tests.cases.templates import template
from tests.estate.runs import convert as convert_folder
from tests.estate.runs import lay
from tests.fuzz.campaign import SLOW_SECONDS

_STEPS = {
    "c": "createObject(string(@), @)",
    "o": "parameters('o')[string(@)]",
    "m": "shallowMerge(createArray(createObject('k#', @), createObject('m', @)))",
    "u": "uri('https://x/', string(@))",
    "g": "guid(string(@), string(@))",
    "-": "concat(@, '-', @)",
    "n": "concat(@, @)",
    "b": "base64(string(@))",
    "t": "toObject(range(0, 99), lambda('x', string(lambdaVariables('x'))), lambda('x', @))",
}


def chain(sequence: str, leaf: str) -> str:
    """A template with a chain of variables, each made of the one before, and the last wherever a text stands."""
    variables = {"v0": leaf}
    for number, step in enumerate(sequence, 1):
        variables[f"v{number}"] = f"[{_STEPS[step]}]".replace("@", f"variables('v{number - 1}')").replace("#", str(number))
    last = f"[variables('v{len(sequence)}')]"
    image = template(
        tags={"a": last},
        customize=[{"type": "Shell", "name": "a", "scriptUri": last}],
        distribute=[{"type": "SharedImage", "galleryImageId": last, "runOutputName": "o", "targetRegions": last}],
    )
    parameters = {"p": {"type": "string"}, "o": {"type": "object"}, "list": {"type": "array"}}
    return json.dumps({"parameters": parameters, "variables": variables, "resources": [image]})


@pytest.mark.parametrize(
    ("sequence", "leaf"),
    [
        ("uccuuccccuuuucucuccuucccucucucucuucucuuu", "[reference('x').y]"),
        ("cocccoocmcmmcmcocoocmmooocomcmocmmmoccoc", "[padLeft('', 9999, 'a')]"),
        ("coccooocommmcccocommoooocccomcmcoo", "a"),
        ("gggggggggggggggggggggggggggggg--------", "[parameters('list')]"),
        ("ggg---gg-g------gg---g-gg-g-gg-g-------", "[parameters('list')]"),
        ("n" * 40, "[parameters('list')]"),
        ("ttbbtbbbbtbtbttbtbtbbbttbbbbtbbbbbbtbbtb", "[newGuid()]"),
    ],
)
def test_a_chain_that_doubles_ends_soon(sequence: str, leaf: str) -> None:
    text = chain(sequence, leaf)
    start = time.process_time()

    convert(text, options=Options(side_files=True))

    assert time.process_time() - start < SLOW_SECONDS


@pytest.mark.parametrize(("command", "most"), [("true", 200), ("[string(range(0, 9000))]", 40)])
def test_a_loop_of_image_templates_has_a_limit_for_all_of_them(
    command: str, most: int, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    image = template(
        name="[concat('w', copyIndex())]",
        customize=[{"type": "Shell", "inline": [command]}],
        copy={"name": "c", "count": 800},
    )
    lay("in", web={"$schema": deployment({})["$schema"], "resources": [image]})

    _, said = convert_folder("in", "-o", "out")

    assert "800 image templates" in said
    assert 1 < len(list(Path("out").rglob("build.pkr.hcl"))) < most
