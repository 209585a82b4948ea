"""aib2packer converts Azure Image Builder templates to Packer HCL2 builds: `convert` does, docs/api.md says what it gives."""

TYPE_CHECKING = False  # but for type checkers; nothing is imported before `__main__` has set Python up, `typing` neither
if TYPE_CHECKING:
    from aib2packer.azure.clouds import Cloud, CloudFacts
    from aib2packer.conversion import Conversion
    from aib2packer.findings.model import Asks, Code, Finding, Severity
    from aib2packer.options import (
        Auth,
        Emit,
        Layout,
        Options,
        Origin,
        OsType,
        SecurityType,
        Unfetched,
        ValidateIn,
        WinrmBootstrap,
    )
    from aib2packer.packer.facts import (
        Connection,
        Facts,
        GalleryPlace,
        ImagePlace,
        LastRun,
        Launch,
        PackerCommand,
        Role,
        Service,
        SourceWatch,
        ValueEntry,
        WantedDefinition,
    )
    from aib2packer.packer.model import Asset
    from aib2packer.pipeline import convert
    from aib2packer.provenance.accounting import Entry, State
    from aib2packer.provenance.sourcemap import Place
    from aib2packer.rendering.build_file import Lines
    from aib2packer.text.source import InputError, SourceText, Span

__version__ = "0.1.0"

# Each is imported when it is asked for: the command line asks for few of them, and sets Python up before.
_ON_DEMAND = {
    "Asks": "aib2packer.findings.model",
    "Asset": "aib2packer.packer.model",
    "Auth": "aib2packer.options",
    "Cloud": "aib2packer.azure.clouds",
    "CloudFacts": "aib2packer.azure.clouds",
    "Code": "aib2packer.findings.model",
    "Connection": "aib2packer.packer.facts",
    "Conversion": "aib2packer.conversion",
    "Emit": "aib2packer.options",
    "Entry": "aib2packer.provenance.accounting",
    "Facts": "aib2packer.packer.facts",
    "Finding": "aib2packer.findings.model",
    "GalleryPlace": "aib2packer.packer.facts",
    "InputError": "aib2packer.text.source",
    "LastRun": "aib2packer.packer.facts",
    "Launch": "aib2packer.packer.facts",
    "Layout": "aib2packer.options",
    "Lines": "aib2packer.rendering.build_file",
    "Options": "aib2packer.options",
    "Origin": "aib2packer.options",
    "OsType": "aib2packer.options",
    "PackerCommand": "aib2packer.packer.facts",
    "Place": "aib2packer.provenance.sourcemap",
    "Role": "aib2packer.packer.facts",
    "SecurityType": "aib2packer.options",
    "Service": "aib2packer.packer.facts",
    "ImagePlace": "aib2packer.packer.facts",
    "Severity": "aib2packer.findings.model",
    "SourceText": "aib2packer.text.source",
    "SourceWatch": "aib2packer.packer.facts",
    "Span": "aib2packer.text.source",
    "State": "aib2packer.provenance.accounting",
    "Unfetched": "aib2packer.options",
    "ValidateIn": "aib2packer.options",
    "ValueEntry": "aib2packer.packer.facts",
    "WantedDefinition": "aib2packer.packer.facts",
    "WinrmBootstrap": "aib2packer.options",
    "convert": "aib2packer.pipeline",
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
    "ImagePlace",
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
    "SourceWatch",
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
        from importlib import import_module

        found = globals()[name] = getattr(import_module(_ON_DEMAND[name]), name)
        return found
    message = f"module {__name__!r} has no attribute {name!r}"
    raise AttributeError(message)
