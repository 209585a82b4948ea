"""What must be reached over the network, from where (reference/azure-runtime.md 1)."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from aib2packer.aib.model import VhdTarget

if TYPE_CHECKING:
    from collections.abc import Sequence

    from aib2packer.aib.model import DistributeTarget, ImageTemplate
    from aib2packer.arm.values import Text
    from aib2packer.packer.model import Download
    from aib2packer.packer.site import Site

_PACKER = "Packer"
_VHD_ACCOUNT = "the blobs of the storage account that receives the VHD"
_SSH, _WINRM, _HTTPS = 22, 5986, 443


@dataclass(frozen=True, slots=True)
class Reach:
    """A connection, and what it is for."""

    source: str
    target: str
    port: int
    why: str


def reach(
    template: ImageTemplate, targets: Sequence[DistributeTarget], downloads: Sequence[Download], site: Site
) -> tuple[Reach, ...]:
    """All connections that the build makes by itself; what the customizers reach from the VM is not among them."""
    port = _WINRM if site.is_windows else _SSH
    how = "WinRM over HTTPS" if site.is_windows else "SSH"
    subnet = template.vm.subnet
    address = (
        "public" if subnet is None else "private" if subnet.when is None else "private address, or without a subnet its public"
    )
    vm = f"the build VM, by its {address} address"
    hosts = dict.fromkeys(_host(download.fetched.uri, "what the URL of a download names") for download in downloads)
    blobs = dict.fromkeys(
        _VHD_ACCOUNT if target.uri is None else _host(target.uri, _VHD_ACCOUNT)
        for target in targets
        if isinstance(target, VhdTarget)
    )
    return (
        Reach(_PACKER, "login.microsoftonline.com, management.azure.com", _HTTPS, "signs in, and makes what it builds with"),
        Reach(_PACKER, "github.com", _HTTPS, "packer init installs the plugins from its releases"),
        Reach(_PACKER, vm, port, f"runs the customizers: {how}"),
        *(Reach(_PACKER, host, _HTTPS, "fetches scripts and files") for host in hosts),
        *(Reach(_PACKER, host, _HTTPS, "has the VHD copied into it") for host in blobs),
    )


def _host(uri: Text, otherwise: str) -> str:
    """The host of a URI, as far as it is known."""
    pieces = uri.split("/")
    return str(pieces[2]) if len(pieces) > 2 else otherwise  # noqa: PLR2004 - https: "" host
