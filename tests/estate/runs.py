"""Runs over a folder of templates, for tests of what they leave for all of them."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from click.testing import CliRunner

from aib2packer.cli import main
from tests.cases.templates import template

IMAGES = Path(__file__).parent / "images"


def convert(*arguments: str) -> tuple[int, str]:
    """The exit status of a run, and what it says; in the working folder."""
    done = CliRunner().invoke(main, ["convert", *arguments], catch_exceptions=False)
    return done.exit_code, done.stderr


def lay(folder: str, **templates: Any) -> None:  # noqa: ANN401 - JSON
    """Write templates into a folder; `__` in a name is a slash."""
    for name, value in templates.items():
        path = Path(folder, f"{name.replace('__', '/')}.json")
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(json.dumps(value), encoding="utf-8")


def image(name: str, **properties: Any) -> dict[str, Any]:  # noqa: ANN401 - JSON
    """An image template of that name."""
    return template(name=name, properties=properties)


def state(folder: str = "out") -> dict[str, bytes]:
    """The files of a folder, by path."""
    return {path.relative_to(folder).as_posix(): path.read_bytes() for path in Path(folder).rglob("*") if path.is_file()}
