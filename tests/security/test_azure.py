"""What Azure answers is as little trusted as a template: nothing runs away, breaks out, or is asked for that is none of it."""

import json
from pathlib import Path
from typing import Any

import pytest

from aib2packer.cli import main
from tests.app.azure_stand_in import AzureStandIn
from tests.app.test_azure import ALL, BASE, GRAPH, GROUP, WEB, image_template
from tests.security.hostile import HOSTILE

Json = Any

ACCOUNT = {"account show": {"id": "44444444-4444-4444-4444-444444444444"}}


@pytest.fixture
def azure(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> AzureStandIn:
    """An `az` in an empty folder, which a test tells what to answer."""
    stand_in = AzureStandIn(tmp_path / "bin")
    monkeypatch.setenv("PATH", stand_in.path)
    monkeypatch.chdir(tmp_path)
    return stand_in


def run(*arguments: str) -> int:
    with pytest.raises(SystemExit) as exited:
        main(["convert", *arguments], prog_name="aib2packer")
    return int(exited.value.code or 0)


def deep(levels: int) -> Json:
    value: Json = "x"
    for _ in range(levels):
        value = [value]
    return value


@pytest.mark.parametrize(
    "script",
    [
        "cat /dev/zero",
        "yes",
        "yes >&2",
        "printf '{'",
        "printf '\\377'",
        "printf '%0.s[' $(seq 100000)",
        f"printf '{'[' * 900}{']' * 900}'",
        f"printf '{'9' * 5000}'",
        "printf NaN",
        "kill -9 $$",
    ],
)
def test_an_answer_that_is_none_is_an_error(azure: AzureStandIn, capsys: pytest.CaptureFixture[str], script: str) -> None:
    (azure.folder / "az").write_text(f"#!/bin/sh\n{script}\n")

    assert run(WEB, "-o", "web") == 2

    assert "the Azure CLI" in capsys.readouterr().err
    assert not Path("web").exists()


@pytest.mark.parametrize("what", [WEB, f"{WEB}/runOutputs", f"{WEB}/triggers", BASE, f"{BASE}/versions"])
@pytest.mark.parametrize(
    "answer", [deep(300), [], "x" * 5_000_000, {"value": deep(90)}, {"properties": 1}, {"value": [None, 1, {}]}]
)
def test_no_answer_ends_in_anything_but_a_build_or_an_error(azure: AzureStandIn, what: str, answer: Json) -> None:
    azure.answer(ALL | {f"get {what}": answer})

    assert run(WEB, "-o", "web") in {0, 1, 2}


def test_half_characters_are_kept_in_a_file_that_can_be_read_again(azure: AzureStandIn) -> None:
    azure.answer(ALL | {f"get {WEB}": image_template(tags={"\ud800": "\udfff"}, buildTimeoutInMinutes="\ud800")})

    assert run(WEB, "-o", "web") == run(WEB, "-o", "web", "--force")


def test_pages_that_never_end_are_an_error(
    azure: AzureStandIn, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("aib2packer.app.azure.asking._MOST_PAGES", 5)
    azure.answer(ACCOUNT | {GRAPH: {"data": [{"id": WEB}], "$skipToken": "x"}, f"{GRAPH} x": {"data": [], "$skipToken": "x"}})

    assert run("--resource-group", "images", "-o", "out") == 2

    assert "did not answer as it should" in capsys.readouterr().err
    assert len(azure.calls()) < 10


@pytest.mark.parametrize(
    "id_", ["@/etc/passwd", "-x", "https://pwned/", f"{WEB}?x=", f"{WEB}/../pwned", f"{WEB}\n", 7, None, *HOSTILE[::8]]
)
def test_what_is_no_id_of_an_image_template_is_not_asked_for(azure: AzureStandIn, id_: object) -> None:
    azure.answer(ALL | ACCOUNT | {GRAPH: {"data": [{"id": id_}]}})

    assert run("--resource-group", "images", "-o", "out") == 2

    assert [call[0] for call in azure.calls()] == ["account", "rest"]


@pytest.mark.parametrize(
    "source",
    [
        {"type": "ManagedImage", "imageId": f"{GROUP}/providers/Microsoft.KeyVault/vaults/pwned"},
        {"type": "ManagedImage", "imageId": "/subscriptions/x/../../pwned"},
        {"type": "ManagedImage", "imageId": f"{GROUP}/providers/Microsoft.Compute/images/x?api-version=pwned"},
        {"type": "SharedImageVersion", "imageVersionId": f"{BASE}?pwned/versions/1.0.0"},
        {"type": "SharedImageVersion", "imageVersionId": f"{BASE}/versions/1.0.0#pwned"},
    ],
)
def test_a_template_has_nothing_read_in_azure_but_images(azure: AzureStandIn, source: dict[str, str]) -> None:
    azure.answer(ALL | {f"get {WEB}": image_template(source=source)})

    run(WEB, "-o", "web")

    assert "pwned" not in json.dumps(azure.calls())
