"""Options of a project: where they may stand in its file."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from aib2packer.app.config import find_config, read_config

if TYPE_CHECKING:
    from pathlib import Path


@pytest.mark.parametrize(
    "text",
    [
        '[tool.aib2packer]\nfail-on = "loss"\n',
        "[ tool . \"aib2packer\" ]\n'fail-on' = 'loss'\n",
        '["tool"."aib2packer"]\nfail-on = "loss"\n',
        "['tool'.aib2packer]\nfail-on = \"loss\"\n",
        '[tool]\naib2packer = { fail-on = "loss" }\n',
        'tool = { aib2packer = { fail-on = "loss" } }\n',
        'tool.aib2packer.fail-on = "loss"\n',
        '["\\u0074ool".aib2packer]\nfail-on = "loss"\n',
    ],
)
def test_a_project_may_write_its_options_as_toml_allows(tmp_path: Path, text: str) -> None:
    file = tmp_path / "pyproject.toml"
    file.write_text(f'[project]\nname = "images"\n{text}' if text.startswith("[") else text, encoding="utf-8")

    assert find_config([tmp_path / "web.json"], tmp_path) == file
    assert read_config(file).everywhere == {"fail-on": "loss"}


def test_a_project_that_says_nothing_here_is_passed_over(tmp_path: Path) -> None:
    text = '[project]\nname = "aib2packer"\n[project.scripts]\naib2packer = "aib2packer.cli:main"\n[tool.ruff]\nx = 1\n'
    (tmp_path / "pyproject.toml").write_text(text, encoding="utf-8")

    assert find_config([tmp_path / "web.json"], tmp_path) != tmp_path / "pyproject.toml"
