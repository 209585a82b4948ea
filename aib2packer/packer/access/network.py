"""Connections that a build makes, as data (docs/reference/azure-runtime.md 1)."""

from __future__ import annotations

from typing import TYPE_CHECKING

from aib2packer.lazy.models import dataclass

if TYPE_CHECKING:
    from aib2packer.arm.language.text import TemplateText

PACKER = "Packer"
HTTP, HTTPS = 80, 443


@dataclass(frozen=True, slots=True)
class Reach:
    """A connection, and what it is for."""

    source: str
    target: str
    port: int
    why: str


def server(uri: TemplateText, otherwise: str) -> tuple[str, int]:
    """The host and the port of a URI, as far as they are known; `otherwise` says which host is meant."""
    usual = HTTP if uri.split("/")[0].literal == "http:" else HTTPS
    at = host_of(uri)
    if at is None:
        return otherwise, usual
    host, _, port = str(at).rpartition(":")
    return (host, int(port)) if host and port.isascii() and port.isdecimal() else (str(at), usual)


def host_of(uri: TemplateText) -> TemplateText | None:
    """The host in a URI, with the port where it has one; None where the URI ends before it, or begins with a parameter."""
    _, *rest = uri.split("/")
    return rest[1] if len(rest) > 1 else None  # of https:, "", host
