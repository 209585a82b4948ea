"""What lies beside a build in its folder, for people: the page about it, what git ignores and leaves as it is, pipelines."""

from __future__ import annotations

from typing import TYPE_CHECKING

from aib2packer.guide.build_pipelines import pipelines
from aib2packer.guide.example import example
from aib2packer.guide.migration import page
from aib2packer.packer.layout import (
    ATTRIBUTES,
    DOWNLOADS,
    EXAMPLE,
    FILES,
    IGNORED,
    MANIFEST_ENDING,
    MIGRATION_PAGE,
    SCRIPTS,
)
from aib2packer.rendering.templates import markdown_environment, yaml_environment

if TYPE_CHECKING:
    from collections.abc import Collection

    from aib2packer.guide.instructions import Guide
    from aib2packer.guide.migration import AboutInput
    from aib2packer.packer.model import Build

_AS_THEY_ARE = (
    "# The VM gets scripts and files as they are here: git converts no line ends, whatever core.autocrlf says.\n* -text\n"
)
_LEFT_BEHIND = "# What a build leaves behind.\n{}*{}\n"


def folder_files(build: Build, guide: Guide, files: Collection[str], about: AboutInput) -> dict[str, bytes]:
    """The files, by path. `files` are those of the build and those beside it, `about` is the input."""
    fetches = build.downloads or (build.validation is not None and build.validation.downloads)
    texts = {IGNORED: _LEFT_BEHIND.format(f"{DOWNLOADS}/\n" if fetches else "", MANIFEST_ENDING)}
    names = guide.names
    for folder in filter(None, map(_of_the_vm, files)):
        # Among other builds only what the VM gets stays as it is: the rest of the folder is the user's.
        texts[f"{folder}/{ATTRIBUTES}" if names.mark else ATTRIBUTES] = _AS_THEY_ARE
    if values := example(build, guide):
        texts[names.own(EXAMPLE)] = values
    for path, pipeline in pipelines(build.name, guide).items():
        texts[names.own(path)] = yaml_environment().get_template(f"{path.rpartition('/')[2]}.j2").render(pipeline=pipeline)
    shown = page(build, guide, about, (*files, *texts, *guide.environments))
    texts[names.own(MIGRATION_PAGE)] = markdown_environment().get_template(f"{MIGRATION_PAGE}.j2").render(page=shown)
    return {path: text.encode() for path, text in texts.items()}


def _of_the_vm(path: str) -> str:
    """The folder of scripts or files that a path leads through; "" for none."""
    folders = path.split("/")[:-1]
    at = next((number for number, folder in enumerate(folders, start=1) if folder in {SCRIPTS, FILES}), 0)
    return "/".join(folders[:at])
