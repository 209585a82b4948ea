"""What must be reached over the network, from where (docs/reference/azure-runtime.md 1)."""

from __future__ import annotations

from typing import TYPE_CHECKING

from aib2packer.options import OsType
from aib2packer.packer.access.network import HTTPS, PACKER, Reach, server
from aib2packer.packer.distribution.kinds import kind_of_target

if TYPE_CHECKING:
    from collections.abc import Sequence

    from aib2packer.aib.model import ImageTemplate, Target
    from aib2packer.packer.model import Download

# In this order: command/init.go of Packer 1.16.
_PLUGIN_HOSTS = {
    "releases.hashicorp.com": "packer init looks for the plugins there first",
    "github.com, api.github.com, *.githubusercontent.com": "packer init downloads the plugins that it has not found",
}
_SSH, _WINRM = 22, 5986


def reach(
    template: ImageTemplate, targets: Sequence[Target], downloads: Sequence[Download], os_type: OsType
) -> tuple[Reach, ...]:
    """All connections that the build makes by itself; what the customizers reach from the VM is not among them."""
    port = _WINRM if os_type is OsType.WINDOWS else _SSH
    how = "WinRM over HTTPS" if os_type is OsType.WINDOWS else "SSH"
    subnet, cloud = template.vm.subnet, template.cloud.facts
    address = (
        "public" if subnet is None else "private" if subnet.when is None else "private address, or without a subnet its public"
    )
    vm = f"the build VM, by its {address} address"
    servers = dict.fromkeys(server(download.fetched.uri, "what the URL of a download names") for download in downloads)
    of_targets = dict.fromkeys(one for target in targets for one in kind_of_target(target).reach(target))
    return (
        Reach(PACKER, f"{cloud.login_host}, {cloud.management_host}", HTTPS, "signs in, and makes what it builds with"),
        *(Reach(PACKER, hosts, HTTPS, why) for hosts, why in _PLUGIN_HOSTS.items()),
        Reach(PACKER, vm, port, f"runs the customizers: {how}"),
        *(Reach(PACKER, host, at, "fetches scripts and files") for host, at in servers),
        *of_targets,
    )
