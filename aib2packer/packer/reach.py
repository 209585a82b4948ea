"""What must be reached over the network, from where (reference/azure-runtime.md 1)."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Sequence

    from aib2packer.aib.model import ImageTemplate
    from aib2packer.packer.model import Download
    from aib2packer.packer.site import Site

_PACKER = "Packer"
_SSH, _WINRM, _HTTPS = 22, 5986, 443


@dataclass(frozen=True, slots=True)
class Reach:
    """A connection, and what it is for."""

    source: str
    target: str
    port: int
    why: str


def reach(template: ImageTemplate, downloads: Sequence[Download], site: Site) -> tuple[Reach, ...]:
    """All connections that the build makes by itself; what the customizers reach from the VM is not among them."""
    port = _WINRM if site.is_windows else _SSH
    how = "WinRM over HTTPS" if site.is_windows else "SSH"
    subnet = template.vm.subnet
    address = (
        "public" if subnet is None else "private" if subnet.when is None else "private address, or without a subnet its public"
    )
    vm = f"the build VM, by its {address} address"
    hosts = dict.fromkeys(_host(download) for download in downloads)
    return (
        Reach(_PACKER, "login.microsoftonline.com, management.azure.com", _HTTPS, "signs in, and makes what it builds with"),
        Reach(_PACKER, "github.com", _HTTPS, "packer init installs the plugins from its releases"),
        Reach(_PACKER, vm, port, f"runs the customizers: {how}"),
        *(Reach(_PACKER, host, _HTTPS, "fetches scripts and files") for host in hosts),
    )


def _host(download: Download) -> str:
    """The host of a download, as far as it is known."""
    pieces = download.fetched.uri.split("/")
    return str(pieces[2]) if len(pieces) > 2 else "what the URL of a download names"  # noqa: PLR2004 - https: "" host
