"""The files that a run of several templates lays beside their folders."""

from __future__ import annotations

from typing import TYPE_CHECKING

from aib2packer.estate.page import page
from aib2packer.estate.pipelines import pipeline_files
from aib2packer.estate.values import values_file
from aib2packer.guide.cut_over import consumers
from aib2packer.options import OsType
from aib2packer.packer.layout import CONSUMERS, ESTATE_VALUES, INVENTORIES, MIGRATION_PAGE
from aib2packer.rendering.markdown import tidied
from aib2packer.rendering.templates import markdown_environment, yaml_environment
from aib2packer.system.packed import PackedText

if TYPE_CHECKING:
    from aib2packer.estate.model import Estate


def estate_files(estate: Estate) -> dict[str, PackedText]:
    """The files, by path; only the page where no template became a build."""
    texts: dict[str, PackedText] = {}
    if values := values_file(estate.shared):
        texts[ESTATE_VALUES] = PackedText((values,))
    images: dict[str, None] = {}
    systems = set()
    for build in estate.builds:
        images |= dict.fromkeys(build.facts.service.images)
        systems.add(build.facts.system)
    if images:
        texts[CONSUMERS] = PackedText(("\n".join(consumers(tuple(images))), "\n"))
    for system, name in zip((OsType.LINUX, OsType.WINDOWS), INVENTORIES, strict=True):
        if system.value in systems:
            texts[name] = PackedText(yaml_environment().get_template(f"{name}.j2").generate())
    texts |= pipeline_files(estate)
    about = page(estate, tuple(texts))
    texts[MIGRATION_PAGE] = PackedText(tidied(markdown_environment().get_template("estate.md.j2").generate(page=about)))
    return texts
