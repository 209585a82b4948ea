"""Checksums, as `sha256sum` prints them."""

from __future__ import annotations


def sha256_of(content: bytes) -> str:
    """The SHA-256 of a content, in lower-case hexadecimal digits."""
    from hashlib import sha256

    return sha256(content).hexdigest()
