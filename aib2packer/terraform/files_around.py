"""The files around a Terraform configuration, on disk."""

from __future__ import annotations

from typing import TYPE_CHECKING

from aib2packer.system.files import is_within, read_bytes
from aib2packer.terraform.configuration import Files
from aib2packer.text.source import InputError, SourceText, decode

if TYPE_CHECKING:
    from pathlib import Path


def files_around(folder: Path, root: Path | None) -> Files:
    """The files of a Terraform configuration, for as far as they can be had, and lie in the root."""

    def read(path: str) -> SourceText | None:
        file = folder / path
        if not is_within(file, folder if root is None else root):
            return None
        try:
            return decode(read_bytes(str(file), file), str(file))
        except InputError:
            return None

    def configuration(path: str) -> tuple[SourceText, ...]:
        if not is_within(folder / path, folder if root is None else root):
            return ()
        try:
            names = sorted(entry.name for entry in (folder / path).iterdir())
        except (OSError, ValueError):
            return ()
        wanted = (name for name in names if name.endswith((".tf", ".tofu", ".auto.tfvars")) or name == "terraform.tfvars")
        places = (folder / path / name for name in sorted(wanted, key=lambda name: name != "terraform.tfvars"))
        return tuple(decode(read_bytes(str(file), file), str(file)) for file in places if is_within(file, root or folder))

    return Files(read, configuration)
