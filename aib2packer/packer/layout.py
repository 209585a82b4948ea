"""The names of the files and folders of an output: where each lies, relative to the build."""

from __future__ import annotations

from typing import TYPE_CHECKING

from aib2packer.lazy.models import dataclass
from aib2packer.options import BUILD_FILE, Layout

if TYPE_CHECKING:
    from aib2packer.hcl.values import Interpolation

__all__ = ["BUILD_FILE"]

BUILD_ENDING = ".pkr.hcl"
VALUES_ENDING = ".auto.pkrvars.hcl"
ENVIRONMENT_ENDING = ".pkrvars.hcl"
SPLIT_FILES = ("versions.pkr.hcl", "variables.pkr.hcl", "locals.pkr.hcl", "sources.pkr.hcl")
"""What a build that is spread over files has beside the one with its name."""
SOURCES_FILE = SPLIT_FILES[-1]
VALIDATION_FOLDER = "validate"
"""Where the build that validates lies, below that of the image."""
SCRIPTS = "scripts"
"""The folder of scripts that the VM gets, and of those that make copies of the image."""
WINRM_SCRIPT = f"{SCRIPTS}/winrm.ps1"
"""The script that a Windows VM runs when it starts."""
SIGN_IN_SCRIPT = f"{SCRIPTS}/sign-in.sh"
"""The script that signs the Azure CLI in again, which others read."""
FILES = "files"
"""The folder of files that the VM gets as they are."""
DOWNLOADS = "downloads"
"""The folder of what a build fetches by itself, a folder each build below it."""
PIPELINES = "pipelines"
OUTPUT_FOLDERS = (VALIDATION_FOLDER, SCRIPTS, FILES, DOWNLOADS, PIPELINES)
"""The folders that may lie beside a build."""
GITHUB_ACTIONS = f"{PIPELINES}/github-actions.yml"
AZURE_PIPELINES = f"{PIPELINES}/azure-pipelines.yml"
MIGRATION_PAGE = "MIGRATION.md"
AZURE_FILE = "azure.json"
"""What was read from Azure, where the image template was: a second conversion needs no Azure."""
SHA256SUMS = "SHA256SUMS"
"""The file with the checksums of what was fetched when converting."""
IGNORED = ".gitignore"
ATTRIBUTES = ".gitattributes"
BEGINNINGS = frozenset({IGNORED, ATTRIBUTES, GITHUB_ACTIONS, AZURE_PIPELINES})
"""Files to begin with, which the user goes on with: one that is there is the user's own."""


def manifest_file(name: str) -> str:
    """The file in which Packer records what the build of that name has made."""
    return f"{name}{MANIFEST_ENDING}"


MANIFEST_ENDING = ".manifest.json"


def beside_template(path: str) -> Interpolation:
    """A path beside the HCL: Packer takes relative ones from where it was started."""
    from aib2packer.hcl.values import HclCode, Interpolation

    return Interpolation((HclCode("path.root"), f"/{path}"))


def values_file(name: str) -> str:
    """The file of values that the user gave for the variables of a build."""
    return f"{name}{VALUES_ENDING}"


EXAMPLE = "example.pkrvars.hcl"
"""The file that shows which values a build needs."""
OWN_VALUES = "values.pkrvars.hcl"
"""What the user makes of that file."""


def environment_file(name: str) -> str:
    """The file of values of an environment, which Packer reads when it is told to."""
    return f"{name}{ENVIRONMENT_ENDING}"


def downloads_folder(name: str) -> str:
    """The folder into which a build fetches scripts and files."""
    return f"{DOWNLOADS}/{name}"


@dataclass(frozen=True, slots=True)
class BuildFiles:
    """The names of the files that a build is spread over, in the order in which its parts are read."""

    versions: str
    variables: str
    locals: str
    sources: str
    build: str
    """The file with the build block, and with the comment at the top."""


def build_files(layout: Layout, name: str) -> BuildFiles:
    """The files of a build of that name, in a folder of its own."""
    if layout is Layout.SINGLE:
        return BuildFiles(BUILD_FILE, BUILD_FILE, BUILD_FILE, BUILD_FILE, BUILD_FILE)
    own = f"{name}{BUILD_ENDING}"
    versions, variables, locals_, sources = SPLIT_FILES
    return BuildFiles(
        versions, variables, locals_, sources, f"{name}-build{BUILD_ENDING}" if own.casefold() in SPLIT_FILES else own
    )
