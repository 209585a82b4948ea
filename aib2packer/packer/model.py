"""What a Packer build says, ready to be printed."""

from __future__ import annotations

from typing import TYPE_CHECKING

from aib2packer.lazy.models import dataclass, field
from aib2packer.lazy.patterns import pattern

if TYPE_CHECKING:
    from collections.abc import Mapping

    from aib2packer.aib.model import Fetched
    from aib2packer.hcl.values import Attribute, Body, Local, Value, Variable
    from aib2packer.text.source import Span

_SETS = pattern(r"(-var |PKR_VAR_|\b[Ss]et |\bunless `)(\w+)")


@dataclass(frozen=True, slots=True)
class Provisioner:
    """A `provisioner` block: its settings in order, the name first; `comment` stands above it.

    `origins` are the places of the template that it comes from.
    """

    kind: str
    settings: Mapping[str, Value]
    comment: str = ""
    origins: tuple[Span, ...] = field(default=(), compare=False)


@dataclass(frozen=True, slots=True)
class PostProcessor:
    """A `post-processor` block: its settings in order. `files` are those beside the HCL that it runs."""

    kind: str
    settings: Mapping[str, Value]
    files: Mapping[str, bytes] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class PostProcessors:
    """Post-processors that run one after another, until one fails; `comment` stands above them.

    `origins` are the places of the template that they come from.
    """

    comment: str
    steps: tuple[PostProcessor, ...]
    origins: tuple[Span, ...] = field(default=(), compare=False)


@dataclass(frozen=True, slots=True)
class Download:
    """A file that Packer's machine fetches before the first customizer runs."""

    file_name: str
    fetched: Fetched
    private: bool
    """Whether it may take an account to read it: a blob whose URI is not signed."""


@dataclass(frozen=True, slots=True)
class Asset:
    """A script or file that the template names by its URI, and its SHA-256 where the template says that.

    The URI is whole, and may hold a signature: it is for fetching, and not for people.
    """

    uri: str = field(repr=False)
    sha256: str | None


@dataclass(frozen=True, slots=True)
class Steps:
    """What a customizer becomes. `restarts`: the VM comes up anew before the last of the provisioners ends.

    `files` are those of our own making that lie beside the HCL, `assets` those that were fetched.
    """

    provisioners: tuple[Provisioner, ...]
    downloads: tuple[Download, ...] = ()
    files: Mapping[str, bytes] = field(default_factory=dict)
    assets: Mapping[str, bytes] = field(default_factory=dict)
    restarts: bool = False


@dataclass(frozen=True, slots=True)
class Section:
    """A part of the source block, under a comment."""

    comment: str
    body: Body


@dataclass(frozen=True, slots=True)
class Plugin:
    """An entry of `required_plugins`; `reason` stands beside a version that would not be expected."""

    name: str
    source: str
    version: str
    reason: str = ""


@dataclass(frozen=True, slots=True)
class Build:
    """A whole `.pkr.hcl` file. `name` is the build's, `label` the source's: an identifier.

    `header_origins` are the places of the template that the run instructions at the top come from, `origin` is the template.
    `validation` boots the image that this one makes, and validates it.
    """

    name: str
    label: str
    packer_version: str
    plugins: tuple[Plugin, ...]
    variables: tuple[Variable, ...]
    locals: tuple[Local, ...]
    sections: tuple[Section, ...]
    provisioners: tuple[Provisioner, ...]
    downloads: tuple[Download, ...]
    post_processors: tuple[PostProcessors, ...]
    files: Mapping[str, bytes]
    values: tuple[Attribute, ...] = ()
    """What the user gave for variables, for a file of values beside the build."""
    header_origins: tuple[Span, ...] = ()
    origin: Span | None = None
    validation: Build | None = None
    open_beside: tuple[Variable, ...] = ()
    """The variables of other builds in the folder that need values whenever Packer runs there."""
    new_names: Mapping[str, str] = field(default_factory=dict)
    """What variables are called in a folder with other builds, by the names that they have in one of their own."""
    new_local_names: Mapping[str, str] = field(default_factory=dict)
    """What locals are called there."""

    def worded(self, text: str) -> str:
        """A text for people, with the names that variables have in the folder of the build where it sets them."""
        return _SETS.sub(lambda found: f"{found[1]}{self.new_names.get(found[2], found[2])}", text)
