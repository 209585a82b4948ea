"""Names for HCL, files and the VM, made from names of the template."""

from __future__ import annotations

import re
import unicodedata

from aib2packer.lazy.patterns import pattern

# https://learn.microsoft.com/windows/win32/fileio/naming-a-file: these are devices there, whatever follows a dot.
_DEVICES = {"con", "prn", "aux", "nul", "conin$", "conout$"}
_DEVICES |= {f"{port}{number}" for port in ("com", "lpt") for number in "0123456789\u00b9\u00b2\u00b3"}
_NOT_IN_NAMES = pattern(r"[^\w .+@,=-]+")
_LONGEST_NAME = 120  # of the 255 bytes that file systems take, and the 260 characters that a path may have on Windows
_WORD = pattern(r"[A-Z]+(?=[A-Z][a-z])|[A-Z]?[a-z]+|[A-Z]+|[0-9]+")


def snake_case(name: str) -> str:
    """`rgName`, `RG-Name` and `rg name` are all `rg_name`; digits stay with the word before them."""
    words: list[str] = []
    for match in _WORD.finditer(name):
        word = match.group().lower()
        if words and word.isdigit() and match.start() and name[match.start() - 1].isalnum():
            words[-1] += word
        else:
            words.append(word)
    return "_".join(words)


def identifier(name: str, otherwise: str) -> str:
    """An HCL identifier made from a name; references to a source break on dots and leading digits."""
    made = re.sub(r"[^A-Za-z0-9_]+", "_", name).strip("_").lower()
    if not made:
        return otherwise
    return made if made[0].isalpha() else f"{otherwise}_{made}"


def portable_name(name: str, otherwise: str) -> str:
    """A name for a file or folder that Linux, macOS, Windows and a shell take as it is; `otherwise` where nothing is left."""
    kept = _NOT_IN_NAMES.sub("-", unicodedata.normalize("NFC", name)).strip(" .-")
    short = kept.encode()[:_LONGEST_NAME].decode(errors="ignore").rstrip(" .-") or otherwise
    return f"{otherwise}-{short}" if short.partition(".")[0].lower() in _DEVICES else short


class UniqueNames:
    """Names that are given once, whatever their case: a name that is taken gets a number behind a sign."""

    def __init__(self, sign: str) -> None:
        self._sign = sign
        self._taken: set[str] = set()
        self._numbers: dict[str, int] = {}  # the last that a name was given, before which none is free

    def claim(self, name: str) -> str:
        """The name, or the first with a number that is free."""
        claimed, number = name, self._numbers.get(name, 1)
        while claimed.casefold() in self._taken:
            number += 1
            self._numbers[name] = number
            claimed = f"{name}{self._sign}{number}"
        self._taken.add(claimed.casefold())
        return claimed
