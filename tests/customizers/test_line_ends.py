"""Line ends of commands: those that a template carries along from another system stand in no output."""

from __future__ import annotations

import pytest

from aib2packer import Options
from tests.cases.templates import LINUX, WINDOWS, convert_json, hcl_of, template


@pytest.mark.parametrize(
    ("inline", "shown"),
    [
        (["echo a\r", "echo b\r"], '"echo a",\n      "echo b",\n'),
        (["echo a\r"], '["echo a"]\n'),
        (["echo a\r\r"], '["echo a\\r\\r"]\n'),  # which is one more than a line end has
    ],
)
def test_a_carriage_return_before_the_end_of_a_line_is_part_of_that(inline: list[str], shown: str) -> None:
    assert shown in hcl_of(template(source=LINUX, customize=[{"type": "Shell", "name": "a", "inline": inline}]))


@pytest.mark.parametrize(
    ("inline", "script"),
    [
        (["Write-Output 'hi'\r\n$x = 1\r\n"], b"Write-Output 'hi'\n$x = 1\n"),
        (["$a = 1\r\n$b = 2", "$c = 3"], b"$a = 1\n$b = 2\n$c = 3\n"),
        (["$a = @'\r\nx\r\n'@"], b"$a = @'\r\nx\r\n'@\n"),  # a text with its line ends
    ],
)
def test_a_script_of_powershell_has_line_ends_of_one_kind(inline: list[str], script: bytes) -> None:
    step = {"type": "PowerShell", "name": "a", "inline": inline}
    files = convert_json(template(source=WINDOWS, customize=[step]), Options(side_files=True)).files

    assert files["scripts/01-a.ps1"] == script
