"""The files that a run of several templates lays beside their folders."""

from __future__ import annotations

from typing import TYPE_CHECKING

from aib2packer.estate.page import page
from aib2packer.estate.pipelines import pipeline_files
from aib2packer.estate.values import values_file
from aib2packer.guide.cut_over import consumers
from aib2packer.options import OsType
from aib2packer.packer.layout import CONSUMERS, ESTATE_VALUES, INVENTORIES, MIGRATION_PAGE
from aib2packer.rendering.markdown import tidy
from aib2packer.rendering.templates import markdown_environment, yaml_environment

if TYPE_CHECKING:
    from aib2packer.estate.model import Estate


def estate_files(estate: Estate) -> dict[str, bytes]:
    """The files, by path; only the page where no template became a build."""
    texts: dict[str, str] = {}
    if values := values_file(estate.shared):
        texts[ESTATE_VALUES] = values
    if images := dict.fromkeys(image for build in estate.builds for image in build.facts.service.images):
        texts[CONSUMERS] = "\n".join(consumers(tuple(images))) + "\n"
    systems = {build.facts.system for build in estate.builds}
    for system, name in zip((OsType.LINUX, OsType.WINDOWS), INVENTORIES, strict=True):
        if system.value in systems:
            texts[name] = yaml_environment().get_template(f"{name}.j2").render()
    texts |= pipeline_files(estate)
    about = page(estate, tuple(texts))
    texts[MIGRATION_PAGE] = tidy(markdown_environment().get_template("estate.md.j2").render(page=about))
    return {path: text.encode() for path, text in texts.items()}
