"""Connections that a build makes, as data (docs/reference/azure-runtime.md 1)."""

from __future__ import annotations

from typing import TYPE_CHECKING

from aib2packer.lazy.models import dataclass

if TYPE_CHECKING:
    from aib2packer.arm.language.text import TemplateText

PACKER = "Packer"
HTTP, HTTPS = 80, 443
_SCHEMES = ("http:", "https:")


@dataclass(frozen=True, slots=True)
class Reach:
    """A connection, and what it is for."""

    source: str
    target: str
    port: int
    why: str


def server(uri: TemplateText, otherwise: str) -> tuple[str, int]:
    """The host and the port of a URI, as far as they are known; `otherwise` says which host is meant."""
    usual = HTTP if uri.split("/")[0].visible.lower() == "http:" else HTTPS
    at = host_of(uri)
    if at is None:
        return otherwise, usual
    shown = str(at.split("@")[-1].map(str.lower))
    host, _, port = shown.rpartition(":")
    host, at_port = (host, int(port)) if host and port.isascii() and port.isdecimal() else (shown, usual)
    return host.removesuffix("."), at_port  # with the dot of a full name it is one host


def host_of(uri: TemplateText) -> TemplateText | None:
    """The host in a URI, with user and port where it has them; None where the URI ends before it, or a symbol may hold it."""
    scheme, *rest = uri.split("/")
    if (scheme.literal or "").lower() not in _SCHEMES or len(rest) <= 1 or rest[0].literal != "":
        return None
    host = rest[1].split("?")[0].split("#")[0]
    return host if host.parts else None
