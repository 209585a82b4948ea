"""Functions over IP address ranges (docs/reference/arm-expressions.md 2.7)."""

from __future__ import annotations

import ipaddress
from typing import TYPE_CHECKING

from aib2packer.arm.evaluation.functions.base import Pure

if TYPE_CHECKING:
    from aib2packer.arm.evaluation.functions.base import Arguments
    from aib2packer.arm.language.symbolic import ArmValue, Symbol


def _network(arguments: Arguments) -> ipaddress.IPv4Network | ipaddress.IPv6Network:
    text = arguments.string(0)
    try:
        if "/" in text:
            return ipaddress.ip_network(text, strict=False)
    except ValueError:
        pass
    return arguments.fail("this is not an IP address range", "It looks like `10.0.0.0/16`.", 0)


def _usable(network: ipaddress.IPv4Network | ipaddress.IPv6Network) -> tuple[int, int]:
    """The first and the last address that a host can have: of IPv4 ranges all but the two at the ends."""
    first, last = int(network.network_address), int(network.broadcast_address)
    return (first + 1, last - 1) if network.version == 4 and last - first > 1 else (first, last)  # noqa: PLR2004 - the version


def _address(network: ipaddress.IPv4Network | ipaddress.IPv6Network, number: int) -> str:
    return str(type(network.network_address)(number))


def _parse_cidr(arguments: Arguments) -> ArmValue:
    network = _network(arguments)
    first, last = _usable(network)
    last_of_all = str(network.broadcast_address)
    broadcast: dict[str | Symbol, ArmValue] = {"broadcast": last_of_all} if network.version == 4 else {}  # noqa: PLR2004 - the version
    return {
        "network": str(network.network_address),
        "netmask": str(network.netmask),
        **broadcast,
        "firstUsable": _address(network, first),
        "lastUsable": _address(network, last),
        "cidr": network.prefixlen,
    }


def _cidr_subnet(arguments: Arguments) -> ArmValue:
    network, prefix, index = _network(arguments), arguments.integer(1), arguments.integer(2)
    if not network.prefixlen <= prefix <= network.max_prefixlen:
        arguments.fail(f"/{prefix} does not lie in /{network.prefixlen}", f"Give a number up to {network.max_prefixlen}.", 1)
    if not 0 <= index < 1 << prefix - network.prefixlen:
        arguments.fail(f"there is no range {index}", f"There are {1 << prefix - network.prefixlen}, counted from 0.", 2)
    start = int(network.network_address) + (index << network.max_prefixlen - prefix)
    return f"{_address(network, start)}/{prefix}"


def _cidr_host(arguments: Arguments) -> ArmValue:
    network, index = _network(arguments), arguments.integer(1)
    first, last = _usable(network)
    if not 0 <= index <= last - first:
        arguments.fail(f"there is no host {index}", f"There are {last - first + 1}, counted from 0.", 1)
    return _address(network, first + index)


FUNCTIONS = (
    Pure("parseCidr", 1, 1, _parse_cidr),
    Pure("cidrSubnet", 3, 3, _cidr_subnet),
    Pure("cidrHost", 2, 2, _cidr_host),
)
