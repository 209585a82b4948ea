"""Compiling the templates ahead: the build of a wheel does so (hatch_build.py)."""

from __future__ import annotations

from typing import TYPE_CHECKING

import jinja2

from aib2packer.rendering.build_file import build_environment
from aib2packer.rendering.templates import MADE_BY, html_environment, markdown_environment, yaml_environment

if TYPE_CHECKING:
    from pathlib import Path

# Which environment renders a template, by the end of the template's name.
_ENVIRONMENTS = {
    ".hcl.j2": build_environment,
    ".md.j2": markdown_environment,
    ".yml.j2": yaml_environment,
    ".sh.j2": yaml_environment,
    ".ps1.j2": yaml_environment,
    ".html.j2": html_environment,
}


def compile_templates(target: Path) -> None:
    """Compile all templates into a folder, each by the environment that renders it, and write down which Jinja2 did."""
    for ending, environment_of in _ENVIRONMENTS.items():
        environment = environment_of()
        names = [name for name in environment.list_templates() if name.endswith(ending)]
        environment.compile_templates(target, filter_func=names.__contains__, zip=None)
    (target / MADE_BY).write_text(jinja2.__version__)
