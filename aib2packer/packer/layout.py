"""The names of the files and folders of an output: where each lies, relative to the build."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING
from urllib.parse import unquote

from aib2packer.lazy.models import dataclass
from aib2packer.lazy.patterns import pattern
from aib2packer.options import BUILD_FILE, Layout

if TYPE_CHECKING:
    from collections.abc import Collection

    from aib2packer.hcl.values import Interpolation

__all__ = ["BUILD_FILE"]

BUILD_ENDING = ".pkr.hcl"
CONVERTED = "converted from an Azure Image Builder template."
"""What the first line of a file with a build says that a conversion has made."""
DIGEST = "# sha256 "
"""What the line begins with that says of which file a build was made."""
VALUES_ENDING = ".auto.pkrvars.hcl"
ENVIRONMENT_ENDING = ".pkrvars.hcl"
DEFAULT_ENVIRONMENT = "default"
"""The environment of a parameters file whose name tells none: no pipeline runs it where there are others."""
_DEFAULTS = pattern(rf"{DEFAULT_ENVIRONMENT}(?:-[0-9]+)?")
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
GENERALIZE = f"{SCRIPTS}/generalize"
"""The script that generalizes the VM, without its ending."""
DEPROVISIONING_SCRIPT = f"{SCRIPTS}/DeprovisioningScript.ps1"
"""The script that a Windows VM gets, to be changed by customizers and run last."""
LAY_SCRIPT = f"{SCRIPTS}/lay-deprovisioning-script.sh"
"""What lays the deprovisioning script down on a Linux VM."""
LAY_SCRIPT_AGAIN = f"{SCRIPTS}/lay-deprovisioning-script-again.sh"
"""What lays the deprovisioning script down after a restart that may have removed it."""
RUN_SCRIPT = f"{SCRIPTS}/run-deprovisioning-script"
"""What runs the deprovisioning script, without its ending."""
ALIKE_SCRIPTS = frozenset(
    {
        WINRM_SCRIPT,
        SIGN_IN_SCRIPT,
        DEPROVISIONING_SCRIPT,
        LAY_SCRIPT,
        LAY_SCRIPT_AGAIN,
        *(f"{stem}{ending}" for stem in (GENERALIZE, RUN_SCRIPT) for ending in (".sh", ".ps1")),
    }
)
"""The scripts that are alike in every build."""
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


ESTATE_VALUES = "estate.pkrvars.hcl"
"""The values that several builds of a run have."""
CONSUMERS = "consumers.kql"
"""The query that finds what uses the images."""
INVENTORIES = ("inventory.sh", "inventory.ps1")
"""Scripts that say what is on a VM, to compare images."""
RECORD = ".aib2packer.json"
"""What a run of several templates has written, with digests."""
BUILDS = f"{PIPELINES}/builds.json"
"""The builds that the pipelines of a run start."""
RUN = f"{PIPELINES}/run.sh"
"""The script that runs one build of several."""
SINGLE_PIPELINES = f"{PIPELINES}/single"
"""The pipelines of a run that start one build each."""
PICK = f"{PIPELINES}/pick.sh"
"""The script that picks the builds to start."""
AT_TOP = (MIGRATION_PAGE, ESTATE_VALUES, CONSUMERS, *INVENTORIES, RECORD, PIPELINES)
"""What a run of several templates lays beside their folders."""


BEGINNINGS = frozenset({IGNORED, ATTRIBUTES, GITHUB_ACTIONS, AZURE_PIPELINES, BUILDS, ESTATE_VALUES})
"""Files to begin with, which the user goes on with: one that is there is the user's own."""


_OF_A_STEP = pattern(r"\d{2,}-.*\.(?:sh|ps1)|distribute-\d+-.+\.sh")


def customizer_file(number: int, name: str, suffix: str = "") -> str:
    """A file name that starts with the customizer's number and is safe in any shell: `01-install-nginx.sh`."""
    safe = re.sub(r"[^A-Za-z0-9._-]+", "-", unquote(name)).strip("-.") or "script"
    stem = safe[: -len(suffix)] if suffix and safe.lower().endswith(suffix) else safe
    return f"{number:02d}-{stem[:80].rstrip('-.')}{suffix}"


def distribution_script(index: int, what: str) -> str:
    """The script of a step that makes the target with that index."""
    return f"{SCRIPTS}/distribute-{index}-{what}.sh"


def is_made_script(name: str) -> bool:
    """Whether a file in the folder of scripts has the name of one that conversions make."""
    path = f"{SCRIPTS}/{name}"
    return path in ALIKE_SCRIPTS or _OF_A_STEP.fullmatch(name) is not None


def is_converted(text: str) -> bool:
    """Whether a file with a build was made by a conversion: its first line says so."""
    return CONVERTED in text.partition("\n")[0]


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
"""The file of values that the user makes of the example, in a folder with one build."""


def run_by_pipelines(environments: Collection[str]) -> Collection[str]:
    """The environments that pipelines run, by their names or files: not those without a name, where others have one."""
    return [one for one in environments if not _DEFAULTS.fullmatch(one.removesuffix(ENVIRONMENT_ENDING))] or environments


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

    @property
    def names(self) -> tuple[str, ...]:
        """The names of all files, each once."""
        return tuple(dict.fromkeys((self.versions, self.variables, self.locals, self.sources, self.build)))


@dataclass(frozen=True, slots=True)
class OutputNames:
    """What is called how in the folder that a build goes to: one of its own, or one with other builds."""

    layout: Layout
    files: BuildFiles
    validation: str
    """The folder of the build that validates."""
    mark: str = ""
    """What stands before the names of files that each build has, where there are several in the folder."""

    @property
    def values(self) -> str:
        """The file of values that the user makes of the example; among other builds Packer reads it by itself."""
        return f"{self.mark}values{VALUES_ENDING}" if self.mark else OWN_VALUES

    @property
    def only(self) -> tuple[str, ...]:
        """The option of Packer that leaves other builds of the folder alone."""
        return (f"-only='{self.mark}*'",) if self.mark else ()

    def own(self, path: str) -> str:
        """The path of a file that each build has, such as the page about it."""
        folder, slash, name = path.rpartition("/")
        return f"{folder}{slash}{self.mark}{name}"


def output_names(layout: Layout, name: str, *, among_others: bool) -> OutputNames:
    """The names for a build of that name; `among_others`: its folder has other builds."""
    if not among_others:
        return OutputNames(layout, build_files(layout, name), VALIDATION_FOLDER)
    one = f"{name}{BUILD_ENDING}"
    files = BuildFiles(one, one, one, one, one)
    if layout is Layout.SPLIT:
        versions, variables, locals_, sources = (f"{name}.{part}" for part in SPLIT_FILES)
        files = BuildFiles(versions, variables, locals_, sources, one)
    return OutputNames(layout, files, f"{VALIDATION_FOLDER}-{name}", f"{name}.")


def is_beginning(path: str) -> bool:
    """Whether a file of an output is one to begin with, also where it has the name of the build in front of its own."""
    folder, slash, name = path.rpartition("/")
    is_pipeline = folder in {PIPELINES, SINGLE_PIPELINES} and name.endswith(".yml")
    return is_pipeline or path in BEGINNINGS or f"{folder}{slash}{name.partition('.')[2]}" in BEGINNINGS


def own_names(name: str) -> tuple[str, ...]:
    """The names that files of a build of that name may have in a folder with others, in whatever layout."""
    layouts = (output_names(layout, name, among_others=True).files.names for layout in Layout)
    return tuple(dict.fromkeys(file for names in layouts for file in names))


def build_files(layout: Layout, name: str) -> BuildFiles:
    """The files of a build of that name, in a folder of its own."""
    if layout is Layout.SINGLE:
        return BuildFiles(BUILD_FILE, BUILD_FILE, BUILD_FILE, BUILD_FILE, BUILD_FILE)
    own = f"{name}{BUILD_ENDING}"
    versions, variables, locals_, sources = SPLIT_FILES
    return BuildFiles(
        versions, variables, locals_, sources, f"{name}-build{BUILD_ENDING}" if own.casefold() in SPLIT_FILES else own
    )
