"""A text of one word many times takes work by its length, not by the square of it, which would take minutes here."""

from pathlib import Path

import pytest

from aib2packer.app.parameters_beside import parameters_beside
from aib2packer.findings import codes
from tests.cases.templates import LINUX, WINDOWS, convert_json, template

LENGTH = 600_000
WORDS = (
    "apt ",
    "apt remove ",
    "rm ",
    "dism ",
    "shutdown ",
    "\n",
    "\n ",
    "#\n",
    "[",
    "'",
    "$(",
    "${",
    "<<A\n",
    " ::a ",
    "{ ",
    "rm -rf / ",
    "https://x/y?sig=a ",
    "&sig=a",
    "?<a>",
    "__A__ ",
    "#{a}# ",
    "password= ",
    "aA0",
    "-----BEGIN ",
    "exit 1\n",
)


@pytest.mark.parametrize(("kind", "source"), [("Shell", LINUX), ("PowerShell", WINDOWS)], ids=["Shell", "PowerShell"])
@pytest.mark.parametrize("word", WORDS)
def test_a_command_of_one_word_many_times_is_converted(word: str, kind: str, source: dict[str, str]) -> None:
    text = f"x{word * (LENGTH // len(word))}x"

    made = convert_json(template(customize=[{"type": kind, "name": "a", "inline": [text]}], source=source))

    assert made.hcl


@pytest.mark.parametrize("word", ["&sig=x", "<a>", "${{ a }}", "__A__ "])
@pytest.mark.parametrize("place", ["scriptUri", "tags", "destination", "name"])
def test_a_text_that_a_build_has_in_one_place_has_so_many_placeholders_and_no_more(place: str, word: str) -> None:
    text = word * (LENGTH // len(word))
    step = {"type": "Shell", "scriptUri": f"https://example.com/a?{text if place == 'scriptUri' else ''}"}
    file = {"type": "File", "sourceUri": "https://example.com/a", "destination": f"/a{text if place == 'destination' else ''}"}
    tags = {"a": text} if place == "tags" else {}

    made = convert_json(template(customize=[step, file], tags=tags, name=text if place == "name" else "web"))

    one_secret = word == "&sig=x"
    assert (made.hcl is not None) is one_secret
    assert (codes.TOO_MANY_SETTINGS in {one.code for one in made.findings}) is not one_secret


@pytest.mark.parametrize("word", ["sudo ", "sudo -E ", "env A=b ", "timeout 5 ", "if ", "exec nohup "])
def test_a_command_behind_many_others_is_converted(word: str) -> None:
    made = convert_json(
        template(customize=[{"type": "Shell", "name": "a", "inline": [word * (LENGTH // len(word)) + "reboot"]}])
    )

    assert "expect_disconnect" in (made.hcl or "")


@pytest.mark.parametrize("word", [b"[", b"\n", b'"[', b"parameters ", b"[parameters ", b"\nparams"])
def test_a_file_of_one_word_many_times_takes_no_parameters(word: bytes, tmp_path: Path) -> None:
    (tmp_path / "web.parameters.json").write_text("{}", encoding="utf-8")

    assert parameters_beside(tmp_path / "web.json", word * (LENGTH // len(word))) == ()
