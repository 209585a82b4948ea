"""Templates that were compiled ahead, as in a wheel, give what their sources give."""

from collections.abc import Iterator
from pathlib import Path

import pytest

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


@pytest.mark.parametrize("case", [case for case in CASES if case.startswith(("folder-", "shell-", "validation-", "arm-"))])
def test_compiled_templates_give_what_their_sources_give(case: str, compiled: Path) -> None:
    before = convert_case(case)

    after = convert_case_anew(case)

    assert compiled.is_dir()
    assert (after.hcl, after.files) == (before.hcl, before.files)


def test_templates_that_another_jinja_compiled_are_left_aside(compiled: Path) -> None:
    (compiled / templates.MADE_BY).write_text("0.1")
    forget()

    loader = build_environment().loader

    assert type(loader).__name__ == "FileSystemLoader"


def test_every_template_is_compiled(compiled: Path) -> None:
    sources = [*(Path(__file__).parents[2] / "templates").glob("*.j2")]

    assert sources
    assert len([*compiled.glob("tmpl_*.py")]) == len(sources)
