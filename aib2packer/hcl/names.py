"""Names for HCL, files and the VM, made from names of the template."""

from __future__ import annotations

import re
from urllib.parse import unquote

_WORD = re.compile(r"[A-Z]+(?=[A-Z][a-z])|[A-Z]?[a-z]+|[A-Z]+|[0-9]+")


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


def file_name(number: int, name: str, suffix: str = "") -> str:
    """A file name that starts with the customizer's number and is safe in any shell: `01-install-nginx.sh`."""
    safe = re.sub(r"[^A-Za-z0-9._-]+", "-", unquote(name)).strip("-.") or "script"
    stem = safe[: -len(suffix)] if suffix and safe.lower().endswith(suffix) else safe
    return f"{number:02d}-{stem[:80]}{suffix}"
