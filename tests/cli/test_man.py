"""The man pages, which click-man makes of the commands' help."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from aib2packer.cli import main

if TYPE_CHECKING:
    from pathlib import Path


def test_the_program_is_a_command_of_click_which_click_man_looks_for() -> None:
    from aib2packer import __main__

    assert __main__.main is main


@pytest.mark.filterwarnings("ignore:'click.utils:DeprecationWarning")  # click-man's own
def test_a_man_page_is_built_for_the_program_and_for_each_command(tmp_path: Path) -> None:
    click_man = pytest.importorskip("click_man.core", reason="click-man is not installed: pip install -e '.[test]'")

    click_man.write_man_pages("aib2packer", main, version="1.2.3", target_dir=str(tmp_path))

    pages = {path.name: path.read_text(encoding="utf-8") for path in tmp_path.iterdir()}
    commands = ("audit", "convert", "explain", "next-version")
    assert set(pages) >= {"aib2packer.1", *(f"aib2packer-{command}.1" for command in commands)}
    assert ".SH OPTIONS" in pages["aib2packer-convert.1"]
    # What begins with a space keeps its line.
    assert "\n  aib2packer convert images/ -o builds/ " in pages["aib2packer-convert.1"]
    assert "\n  aib2packer explain AIB2P" in pages["aib2packer.1"]
