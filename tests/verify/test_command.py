"""`aib2packer convert --verify`."""

import json
from pathlib import Path

import pytest

from aib2packer.cli import main
from tests.cases.templates import template

SHELL = {"type": "Shell", "inline": ["true"]}


def run(arguments: list[str], monkeypatch: pytest.MonkeyPatch, path: str) -> object:
    """Run the command with a PATH of its own; gives the exit status."""
    monkeypatch.setenv("PATH", path)
    with pytest.raises(SystemExit) as ended:
        main(["convert", *arguments], prog_name="aib2packer")
    return ended.value.code


def test_without_packer_every_template_is_converted_and_the_finding_says_so(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    for name in ("one", "two"):
        (tmp_path / f"{name}.json").write_text(json.dumps(template(name=name, customize=[SHELL])))

    status = run([str(tmp_path), "-o", str(tmp_path / "out"), "--verify", "--findings", "json"], monkeypatch, str(tmp_path))

    assert status == 0
    found = json.loads(capsys.readouterr().err)["findings"]
    assert [finding["file"][-8:] for finding in found if finding["code"] == "AIB2P434"] == ["one.json", "two.json"]
    assert (tmp_path / "out/one/build.pkr.hcl").exists()


def test_an_output_that_packer_refuses_is_not_written(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "packer").write_text(
        "#!/bin/sh\n"
        "[ $1 = version ] && echo Packer v1.16.0 && exit\n"
        "printf 'Error: it is refused\\n\\nfor a reason\\n'\n"
        "exit 1\n"
    )
    (tmp_path / "packer").chmod(0o755)
    (tmp_path / "one.json").write_text(json.dumps(template(customize=[SHELL])))

    status = run([str(tmp_path / "one.json"), "--verify"], monkeypatch, f"{tmp_path}:/bin:/usr/bin")

    out, err = capsys.readouterr()
    assert status == 1
    assert out == ""
    assert "AIB2P118 error: Packer refuses the output: it is refused: for a reason" in err
