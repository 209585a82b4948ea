"""The pipeline: text in, Packer HCL out."""

from __future__ import annotations

from aib2packer.conversion import Conversion, Options


def convert(text: str | bytes, *, file: str = "<stdin>", options: Options | None = None) -> Conversion:
    """Convert the text of an Azure Image Builder template. (being written)"""
    raise NotImplementedError
