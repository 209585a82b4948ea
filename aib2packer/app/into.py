"""What Packer reads in a folder that a build is put into."""

from __future__ import annotations

from typing import TYPE_CHECKING

from aib2packer.system.files import read_bytes, unreadable
from aib2packer.text.source import decode

if TYPE_CHECKING:
    from pathlib import Path

    from aib2packer.text.source import SourceText

_READ_BY_PACKER = (".pkr.hcl", ".pkr.json", ".auto.pkrvars.hcl", ".auto.pkrvars.json")


def files_for_packer(folder: Path, most: int) -> tuple[SourceText, ...]:
    """The files that Packer reads in a folder, each up to `most` bytes; none where it is not there yet.

    Raises:
        FileError: One cannot be read.

    """
    try:
        names = sorted(path.name for path in folder.iterdir() if path.name.endswith(_READ_BY_PACKER))
    except FileNotFoundError:
        return ()
    except OSError as error:
        raise unreadable(str(folder), error) from error
    return tuple(decode(read_bytes(str(folder / name), folder / name, most), str(folder / name)) for name in names)
