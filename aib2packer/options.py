"""What the user can decide about a conversion."""

from __future__ import annotations

from enum import Enum
from typing import TYPE_CHECKING

from aib2packer.lazy.models import dataclass, field

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

    from aib2packer.azure.clouds import Cloud
    from aib2packer.findings.model import Code
    from aib2packer.text.source import SourceText

MOST_WORK = 2_000_000
"""What one evaluation may take: some quarter of a microsecond each. The largest public image template takes 400,000."""
BUILD_FILE = "build.pkr.hcl"
"""The name of a build in a folder of its own."""


class OsType(Enum):
    """The operating system of the image, as azure-arm's `os_type` spells it."""

    LINUX = "Linux"
    WINDOWS = "Windows"


class Auth(Enum):
    """How Packer signs in to Azure."""

    CLI = "cli"
    MSI = "msi"
    SERVICE_PRINCIPAL = "service-principal"
    OIDC = "oidc"


class WinrmBootstrap(Enum):
    """How the certificate for WinRM gets onto a Windows VM."""

    KEY_VAULT = "key-vault"
    """Through a temporary Key Vault, which is azure-arm's own way."""
    USER_DATA = "user-data"
    """By a script in the VM's user data, as in Image Builder."""


@dataclass(frozen=True, slots=True)
class Unfetched:
    """Why an asset could not be fetched, as the rest of a sentence about it, and what to do. Neither holds a secret."""

    reason: str
    help: str
    host: str | None = None
    """The host that is out of reach, with all that it has."""


class SecurityType(Enum):
    """The security type of an image definition, as Azure spells it."""

    STANDARD = "Standard"
    """None: a definition without the feature."""
    TRUSTED_LAUNCH = "TrustedLaunch"
    TRUSTED_LAUNCH_SUPPORTED = "TrustedLaunchSupported"
    CONFIDENTIAL = "ConfidentialVM"
    CONFIDENTIAL_SUPPORTED = "ConfidentialVMSupported"
    BOTH_SUPPORTED = "TrustedLaunchAndConfidentialVmSupported"


@dataclass(frozen=True, slots=True)
class Origin:
    """What a build is made of, for the comment above it: the path of the input, its SHA-256, and the version of the tool."""

    path: str
    sha256: str
    version: str


class Emit(Enum):
    """Which build a single file holds."""

    BUILD = "build"
    VALIDATION = "validation"


class Layout(Enum):
    """How a build is spread over files, where it has a folder."""

    SINGLE = "single"
    """One file."""
    SPLIT = "split"
    """A file each for the plugins, the variables, the locals and the source, and one for the build."""


class ValidateIn(Enum):
    """Where the validators run: in a build of their own, which boots the finished image, or in the one that makes it."""

    BUILD = "build"
    INLINE = "inline"


@dataclass(frozen=True, slots=True, kw_only=True)
class Options:
    """What the user can decide about a conversion."""

    name: str | None = None
    """Which image template of the input to convert, where there are several."""
    os_type: OsType | None = None
    """The operating system; None: found out from the template."""
    auth: Auth = Auth.CLI
    cloud: Cloud | None = None
    """The cloud of Azure that the template is deployed in; None: found out from its regions and hosts."""
    winrm_bootstrap: WinrmBootstrap = WinrmBootstrap.KEY_VAULT
    """How a Windows VM gets ready for Packer; without effect on Linux."""
    security_type: SecurityType | None = None
    """The security type of the image definition; None: that of the definition beside the template, else a variable."""
    replace_iso: str | None = None
    """PUBLISHER:OFFER:SKU[:VERSION] of the marketplace image to use instead of an ISO source."""
    parameter_files: tuple[SourceText, ...] = ()
    """Parameters files of a deployment template; the later win, and an empty text in one counts as no value."""
    replacements: tuple[tuple[str, str], ...] = ()
    """Old and new names or ids, for those who move something at the same time; they count in every text of the input."""
    environments: tuple[str, ...] = ()
    """Names of files of values that will lie beside the build, for the commands that run it."""
    left_open: tuple[tuple[str, ...], ...] = ()
    """The variables that each of these files leaves open."""
    settings: tuple[str, ...] = ()
    """Values of parameters as `NAME=VALUE`, JSON or text; they win over the files."""
    subscription_id: str | None = None
    """The value of `subscription().subscriptionId`; None: a variable."""
    resource_group: str | None = None
    """The value of `resourceGroup().name`; None: a variable."""
    location: str | None = None
    """The value of `resourceGroup().location`; None: a variable."""
    resolve: bool = False
    """Whether parameters that have a value are folded into the output; without, they are variables."""
    annotate: bool = False
    """Whether a comment above each block says which line of the template it comes from."""
    validation: ValidateIn = ValidateIn.BUILD
    """Where validators run."""
    root: Path | None = None
    """The folder that holds all templates that the input may link to; None: that of the input."""
    emit: Emit | None = None
    """Which build the HCL is, where there are no side files; None: that of the image, and to leave out validation is a loss."""
    side_files: bool = False
    """Whether files beside the HCL may be written; without, everything stands in the HCL."""
    layout: Layout = Layout.SINGLE
    """How the build is spread over files; another than one asks for `side_files`."""
    into: tuple[SourceText, ...] | None = None
    """The files that Packer reads in the folder that the build is put into, which has other builds; None: one of its own."""
    scripts_there: Mapping[str, str] = field(default_factory=dict)
    """The digests of scripts and files of builds in that folder, by path."""
    build_name: str | None = None
    """The name of the build; None: that of the template, else of the image."""
    called: str = ""
    """What the build is called where neither the template nor an image has a name."""
    assets: Mapping[str, bytes | Unfetched] | None = field(default=None, repr=False)
    """What was fetched, by URI: it lies beside the HCL then, which asks for `side_files`. None: the build fetches it."""
    origin: Origin | None = None
    """What the comment above a build in a folder names as its origin; with one, it leaves the rest to the page beside it."""
    accepted: tuple[tuple[Code, str], ...] = ()
    """Codes whose findings are accepted, each with the reason; the first entry for a code counts."""
    in_estate: bool = False
    """Whether what several builds have stands above the folder, which is one of theirs."""
    place: str = ""
    """Where the template stands among those of an estate, which no other has; "" for one by itself."""
    facts: bool = False
    """Whether the outcome has the facts of the build."""
    most_work: int | None = None
    """The most that the conversion may take, as `Conversion.work` counts it: one that takes more ends without HCL."""
    file_name: str = BUILD_FILE
    """The name that the HCL will have, for the commands in its header."""
