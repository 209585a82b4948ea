"""Templates that were compiled ahead, as in a wheel, give what their sources give."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from aib2packer import Conversion
from aib2packer.rendering import templates
from aib2packer.rendering.build_file import build_environment
from aib2packer.rendering.compile_ahead import compile_templates
from tests.cases import CASES, convert_case, convert_case_anew

ENVIRONMENTS = (build_environment, templates.markdown_environment, templates.yaml_environment, templates.html_environment)


def forget() -> None:
    """Have the environments made anew."""
    for made in ENVIRONMENTS:
        made.cache_clear()


@pytest.fixture
def compiled(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """A package that has nothing but compiled templates."""
    folder = tmp_path / templates.COMPILED
    compile_templates(folder)
    monkeypatch.setattr(templates, "_PACKAGE", tmp_path)
    forget()
    yield folder
    forget()


@pytest.fixture
def of_sources() -> dict[str, Conversion]:
    """What cases become where nothing is compiled; a test takes it before `compiled`."""
    return {case: convert_case(case) for case in CASES if case.startswith(("folder-", "shell-", "validation-", "arm-"))}


def test_compiled_templates_give_what_their_sources_give(of_sources: dict[str, Conversion], compiled: Path) -> None:
    of_compiled = {case: convert_case_anew(case) for case in of_sources}

    assert type(build_environment().loader).__name__ == "ModuleLoader"
    assert compiled.is_dir()
    assert len(of_sources) >= 100
    assert [case for case, one in of_compiled.items() if one.hcl != of_sources[case].hcl] == []
    assert [case for case, one in of_compiled.items() if one.files != of_sources[case].files] == []


def test_templates_that_another_jinja_compiled_are_left_aside(compiled: Path) -> None:
    (compiled / templates.MADE_BY).write_text("0.1")
    forget()

    loader = build_environment().loader

    assert type(loader).__name__ == "FileSystemLoader"


def test_every_template_is_compiled(compiled: Path) -> None:
    sources = [*(Path(__file__).parents[2] / "templates").glob("*.j2")]

    assert sources
    assert len([*compiled.glob("tmpl_*.py")]) == len(sources)
