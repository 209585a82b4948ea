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
    pieces = uri.split("/")
    usual = HTTP if pieces[0].literal == "http:" else HTTPS
    if len(pieces) < 3:  # noqa: PLR2004 - https: "" host
        return otherwise, usual
    host, _, port = str(pieces[2]).rpartition(":")
    return (host, int(port)) if host and port.isascii() and port.isdecimal() else (str(pieces[2]), usual)
