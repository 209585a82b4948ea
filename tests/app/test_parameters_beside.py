"""The parameters files beside a template."""

from pathlib import Path

import pytest

from aib2packer.app.parameters_beside import environment_of, environments_of, parameters_beside

TAKES = b'{"size": "[parameters(\'size\')]"}'


@pytest.mark.parametrize(
    ("template", "name", "environment"),
    [
        ("web.json", "web.parameters.json", "default"),
        ("web.json", "web.parameters.dev.json", "dev"),
        ("web.json", "web.dev.parameters.json", "dev"),
        ("web.json", "web-params-west-europe.json", "west-europe"),
        ("web.json", "WEB.Parameters.json", "default"),
        ("web.bicep", "web.bicepparam", "default"),
        ("web.bicep", "web.prod.bicepparam", "prod"),
        ("template.json", "parameters.json", "default"),
    ],
)
def test_a_parameters_file_is_known_by_its_name_and_tells_what_it_is_for(
    tmp_path: Path, template: str, name: str, environment: str
) -> None:
    (tmp_path / name).write_text("{}", encoding="utf-8")
    assert parameters_beside(tmp_path / template, TAKES) == (tmp_path / name,)
    assert environment_of(tmp_path / template, tmp_path / name) == environment


def test_environments_have_names_that_every_system_takes_and_that_are_apart() -> None:
    names = (
        "parameters",
        "parameters.dev",
        "parameters.Dev",
        "parameters.a$(b)",
        "parameters.nul",
        "parameters.a'b'",
        "dev.params",
    )
    files = [Path(f"web.{name}.json") for name in names]

    assert list(environments_of(Path("web.json"), files)) == [
        "dev",
        "Dev-2",
        "a-b",
        "environment-nul",
        "a-b-2",
        "dev-3",
        "default",
    ]


@pytest.mark.parametrize(
    "name", ["web2.parameters.json", "web.json", "web.parametrised.json", "parameters.json", "web.parameters.txt"]
)
def test_other_files_are_none(tmp_path: Path, name: str) -> None:
    (tmp_path / name).write_text("{}", encoding="utf-8")
    assert parameters_beside(tmp_path / "web.json", TAKES) == ()


def test_a_template_without_parameters_has_none(tmp_path: Path) -> None:
    (tmp_path / "web.parameters.json").write_text("{}", encoding="utf-8")
    assert parameters_beside(tmp_path / "web.json", b'{"type": "x"}') == ()
    assert parameters_beside(tmp_path / "web.bicep", b"param size string\n") == (tmp_path / "web.parameters.json",)
