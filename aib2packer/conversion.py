"""What a conversion gives."""

from __future__ import annotations

from typing import TYPE_CHECKING

from aib2packer.lazy.models import dataclass, field
from aib2packer.options import BUILD_FILE

if TYPE_CHECKING:
    from collections.abc import Mapping

    from aib2packer.findings.model import Finding
    from aib2packer.packer.facts import Facts
    from aib2packer.packer.model import Asset
    from aib2packer.provenance.accounting import Entry
    from aib2packer.provenance.sourcemap import Place


@dataclass(frozen=True, slots=True)
class Conversion:
    """The outcome: the HCL (None when an error was found), the files that belong beside it, and the findings."""

    hcl: str | None
    """The whole build; where `Options.layout` spreads it over files, the one with the build block."""
    files: Mapping[str, bytes] = field(default_factory=dict)
    """Side files: path relative to the HCL, with forward slashes, and content."""
    findings: tuple[Finding, ...] = ()
    settings: tuple[Entry, ...] = ()
    """What became of each setting of the image template; where there is no HCL, what it says is lost."""
    source_map: tuple[Place, ...] = ()
    """Which lines of the HCL come from where."""
    assets: tuple[Asset, ...] = ()
    """What the build fetches by itself, as far as it is known where from: convert again with `Options.assets` to vendor it."""
    facts: Facts | None = None
    """What there is to know of the build, where that was asked for."""
    build_file: str = BUILD_FILE
    """The name of the file that the HCL belongs into, where it has a folder."""
    image_templates: tuple[str, ...] = ()
    """The names of all image templates in the input: each can be `Options.name`."""
    work: int = 0
    """What the evaluation took, a quarter of a microsecond each or so: several of one input have a limit together."""
