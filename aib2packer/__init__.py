"""aib2packer converts Azure Image Builder templates to Packer HCL2 builds: `convert` does, docs/api.md says what it gives."""

from importlib import import_module
from typing import TYPE_CHECKING

from aib2packer.azure.clouds import Cloud
from aib2packer.conversion import Conversion
from aib2packer.convert import convert
from aib2packer.findings.model import Asks, Code, Finding, Severity
from aib2packer.options import Auth, Emit, Layout, Options, Origin, OsType, SecurityType, Unfetched, ValidateIn, WinrmBootstrap
from aib2packer.packer.model import Asset
from aib2packer.text.source import InputError, SourceText, Span

if TYPE_CHECKING:
    from aib2packer.azure.clouds import CloudFacts
    from aib2packer.packer.facts import (
        Connection,
        Facts,
        GalleryPlace,
        LastRun,
        Launch,
        PackerCommand,
        Role,
        Service,
        ValueEntry,
        WantedDefinition,
    )
    from aib2packer.provenance.accounting import Entry, State
    from aib2packer.provenance.sourcemap import Place
    from aib2packer.rendering.build_file import Lines

__version__ = "0.1.0"

# What most callers do without is imported when it is asked for: the start is quick for it.
_ON_DEMAND = {
    "CloudFacts": "aib2packer.azure.clouds",
    "Connection": "aib2packer.packer.facts",
    "Entry": "aib2packer.provenance.accounting",
    "Facts": "aib2packer.packer.facts",
    "GalleryPlace": "aib2packer.packer.facts",
    "LastRun": "aib2packer.packer.facts",
    "Launch": "aib2packer.packer.facts",
    "Lines": "aib2packer.rendering.build_file",
    "PackerCommand": "aib2packer.packer.facts",
    "Place": "aib2packer.provenance.sourcemap",
    "Role": "aib2packer.packer.facts",
    "Service": "aib2packer.packer.facts",
    "State": "aib2packer.provenance.accounting",
    "ValueEntry": "aib2packer.packer.facts",
    "WantedDefinition": "aib2packer.packer.facts",
}

__all__ = [
    "Asks",
    "Asset",
    "Auth",
    "Cloud",
    "CloudFacts",
    "Code",
    "Connection",
    "Conversion",
    "Emit",
    "Entry",
    "Facts",
    "Finding",
    "GalleryPlace",
    "InputError",
    "LastRun",
    "Launch",
    "Layout",
    "Lines",
    "Options",
    "Origin",
    "OsType",
    "PackerCommand",
    "Place",
    "Role",
    "SecurityType",
    "Service",
    "Severity",
    "SourceText",
    "Span",
    "State",
    "Unfetched",
    "ValidateIn",
    "ValueEntry",
    "WantedDefinition",
    "WinrmBootstrap",
    "__version__",
    "convert",
]


def __getattr__(name: str) -> object:
    if name in _ON_DEMAND:
        return getattr(import_module(_ON_DEMAND[name]), name)
    message = f"module {__name__!r} has no attribute {name!r}"
    raise AttributeError(message)
