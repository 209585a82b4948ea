"""aib2packer converts Azure Image Builder templates to Packer HCL2 builds."""

from aib2packer.clouds import Cloud
from aib2packer.conversion import Conversion
from aib2packer.convert import convert
from aib2packer.findings.model import Code, Finding, Severity
from aib2packer.options import Auth, Emit, Options, OsType, SecurityType, Unfetched, ValidateIn, WinrmBootstrap
from aib2packer.packer.model import Asset
from aib2packer.text.source import InputError, SourceText, Span

__version__ = "0.1.0"

__all__ = [
    "Asset",
    "Auth",
    "Cloud",
    "Code",
    "Conversion",
    "Emit",
    "Finding",
    "InputError",
    "Options",
    "OsType",
    "SecurityType",
    "Severity",
    "SourceText",
    "Span",
    "Unfetched",
    "ValidateIn",
    "WinrmBootstrap",
    "__version__",
    "convert",
]
