"""Addresses that a template has no business with: of the machine's own network, where clouds hand out credentials."""

from __future__ import annotations

import ipaddress
import socket

from aib2packer.fetch.limits import FetchError

_REFUSED = tuple(
    map(
        ipaddress.ip_network,
        (
            "169.254.0.0/16",  # link-local: instance metadata of Azure, AWS, Google
            "fe80::/10",
            "168.63.129.16/32",  # Azure's own host of each VM
            "100.100.100.200/32",  # Alibaba's metadata
            "192.0.0.192/32",  # Oracle's
            "fd00:ec2::254/128",  # AWS's
            "fd20:ce::254/128",  # Google's
        ),
    )
)
_REFUSED_NAMES = {"metadata", "metadata.google.internal", "instance-data", "instance-data.ec2.internal"}
_NAT64 = ipaddress.ip_network("64:ff9b::/96")
_COMPATIBLE = ipaddress.ip_network("::/96")  # what came before mapped addresses


def require_allowed(host: str) -> None:
    """Refuse a host that is written as such an address, in any of its ways to write it, or has the name of one.

    Raises:
        FetchError: It is one.

    """
    name = host.strip("[]").rstrip(".").lower()
    if name in _REFUSED_NAMES or _is_refused(name):
        raise _refusal(host)


def require_allowed_peer(connection: socket.socket, host: str) -> None:
    """Refuse a connection that leads to such an address, whatever name it was looked up by.

    Raises:
        FetchError: It does.

    """
    if _is_refused(str(connection.getpeername()[0])):
        raise _refusal(host)


def _is_refused(text: str) -> bool:
    try:
        address = ipaddress.ip_address(text.partition("%")[0])
    except ValueError:
        try:
            address = ipaddress.IPv4Address(socket.inet_aton(text))  # 0xa9fea9fe, 2852039166, 169.254.43518
        except (OSError, ValueError):
            return False
    if isinstance(address, ipaddress.IPv6Address):
        inner = address.ipv4_mapped or address.sixtofour or (address.teredo or (None, None))[1]
        if address in _NAT64 or address in _COMPATIBLE:
            inner = ipaddress.IPv4Address(int(address) & 0xFFFFFFFF)
        address = inner or address
    return any(address in network for network in _REFUSED)


def _refusal(host: str) -> FetchError:
    return FetchError(
        f"{host} is an address of the machine's own network, where clouds hand out credentials",
        "Put the file where others can fetch it, and write its URI.",
    )
