"""The plugins that builds ask for, and what their releases were found to do: a pin is a decision (docs/plugins.md)."""

from __future__ import annotations

from aib2packer.lazy.models import dataclass
from aib2packer.packer.model import Plugin


@dataclass(frozen=True, slots=True)
class Release:
    """A release of a plugin, what it was found to do, and whether builds may use it."""

    plugin: str
    version: str
    usable: bool
    found: str


AZURE = Plugin("azure", "github.com/hashicorp/azure", "~> 2.6")
WINDOWS_UPDATE = Plugin(
    "windows-update",
    "github.com/rgl/windows-update",
    "~> 0.17.2",
    "From 0.18 on it restarts without end where Windows offers an update again after installing it, as it does KB5007651.",
)

RELEASES = (
    Release("azure", "2.5.1", usable=False, found="wants an image to make also with `skip_create_image`: read"),
    Release("azure", "2.6.0", usable=True, found="the first that makes no image with `skip_create_image`: read"),
    Release("azure", "2.6.1", usable=True, found="its options for identity tokens are those of its SDK again: read"),
    Release("azure", "2.6.2", usable=True, found="signs in to WinRM with NTLM again where nothing is said: read"),
    Release("azure", "2.6.3", usable=True, found="read, and converted builds are checked and run with it"),
    Release("windows-update", "0.17.2", usable=True, found="ends after one restart where an update is offered again: run"),
    Release("windows-update", "0.17.3", usable=True, found="has the same script as 0.17.2, and newer dependencies: read"),
    Release("windows-update", "0.18.0", usable=False, found="restarts after each installed update, without a limit: read"),
    Release("windows-update", "0.18.4", usable=False, found="restarts without end where an update is offered again: run"),
)
"""What is known of releases, each by running the plugin or by reading it."""
