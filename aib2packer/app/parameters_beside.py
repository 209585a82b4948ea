"""The parameters files that lie beside a template, by the names that people give them."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from aib2packer.hcl.names import UniqueNames, portable_name
from aib2packer.lazy.patterns import pattern
from aib2packer.packer.layout import DEFAULT_ENVIRONMENT

if TYPE_CHECKING:
    from collections.abc import Iterable
    from pathlib import Path

_PARAMETERS = pattern(r"(?:^|[._-])(?:parameters?|params?)(?:[._-]|$)", re.IGNORECASE)
_USES = pattern(rb"\"\[[^\"]*\bparameters\s*+\(|^[ \t]*+param\s", re.IGNORECASE | re.MULTILINE)


def parameters_beside(template: Path, data: bytes) -> tuple[Path, ...]:
    """The parameters files of a template, sorted; none where it takes no parameters.

    `web.json` has `web.parameters.json`, `web.parameters.dev.json`, `web.dev.parameters.json`, `web-params.json` and
    `web.bicepparam`; the `template.json` that the portal exports has `parameters.json`.

    Args:
        template: Where the template is.
        data: What is in it, as it was read.

    """
    if not _USES.search(data):
        return ()
    stem = template.stem.casefold()
    try:
        files = sorted(path for path in template.parent.iterdir() if path != template and not path.is_dir())
    except OSError:
        return ()
    return tuple(path for path in files if _belongs(path, stem))


def environment_of(template: Path, parameters: Path) -> str:
    """What a parameters file is for, by its name: `dev` for `web.parameters.dev.json`, `default` for `web.parameters.json`."""
    rest = (
        parameters.stem[len(template.stem) :]
        if parameters.stem.casefold().startswith(template.stem.casefold())
        else parameters.stem
    )
    words = [word for word in re.split(r"[._-]+", rest) if word and not _PARAMETERS.fullmatch(word)]
    return "-".join(words) or DEFAULT_ENVIRONMENT


def environments_of(template: Path, files: Iterable[Path]) -> dict[str, Path]:
    """Parameters files by what each is for: a name that every system takes for a file, and that no two of them have.

    One whose name does not say what it is for comes last: the commands take the first.
    """
    names = UniqueNames("-")
    meant = sorted(((environment_of(template, file), file) for file in files), key=lambda one: one[0] == DEFAULT_ENVIRONMENT)
    return {names.claim(portable_name(name, "environment")): file for name, file in meant}


def _belongs(path: Path, stem: str) -> bool:
    name, suffix = path.stem.casefold(), path.suffix.lower()
    if suffix == ".bicepparam":
        return name == stem or name.startswith((f"{stem}.", f"{stem}-", f"{stem}_"))
    if suffix not in {".json", ".jsonc"}:
        return False
    if stem == "template" and name == "parameters":
        return True
    return name.startswith((f"{stem}.", f"{stem}-", f"{stem}_")) and _PARAMETERS.search(name[len(stem) :]) is not None
