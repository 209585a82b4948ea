"""What lies beside a build in its folder, for people: the page about it, what git ignores and leaves as it is, pipelines."""

from __future__ import annotations

from typing import TYPE_CHECKING

from aib2packer.guide.migration import FILE, PIPELINES, page
from aib2packer.guide.pipelines import pipelines
from aib2packer.rendering.templates import render_page, render_pipeline

if TYPE_CHECKING:
    from collections.abc import Collection, Sequence

    from aib2packer.findings.model import Finding
    from aib2packer.packer.model import Build

BUILD_FILE = "build.pkr.hcl"
IGNORED = ".gitignore"
ATTRIBUTES = ".gitattributes"
BEGINNINGS = frozenset({IGNORED, ATTRIBUTES, *PIPELINES})
"""Files to begin with, which the user goes on with: one that is there is the user's own."""
_AS_THEY_ARE = (
    "# The VM gets scripts and files as they are here: git converts no line ends, whatever core.autocrlf says.\n* -text\n"
)
_LEFT_BEHIND = "# What a build leaves behind.\n{}*.manifest.json\n"


def folder_files(build: Build, files: Collection[str], findings: Sequence[Finding], source: str) -> dict[str, bytes]:
    """The files, by path. `files` are those that the build has beside it; `source` is what the input is called."""
    guide = build.guide
    if guide is None:
        return {}
    fetches = build.downloads or (build.validation is not None and build.validation.downloads)
    texts = {IGNORED: _LEFT_BEHIND.format("downloads/\n" if fetches else "")}
    if any({"scripts", "files"} & set(path.split("/")[:-1]) for path in files):
        texts[ATTRIBUTES] = _AS_THEY_ARE
    for path, pipeline in pipelines(build.name, guide).items():
        texts[path] = render_pipeline(path, pipeline)
    about = page(build, guide, findings, source, (BUILD_FILE, *files, *texts))
    texts[FILE] = render_page(about)
    return {path: text.encode() for path, text in texts.items()}
