"""The pages about codes: what each means, an example, and what to do. `explain` prints them, and the docs link to them."""

from __future__ import annotations

from functools import cache
from pathlib import Path

from aib2packer.findings import codes
from aib2packer.findings.model import Code

PAGES = Path(__file__).with_name("pages")


@cache
def by_id() -> dict[str, Code]:
    """All codes by their id, in the order of the ids."""
    registered = [value for value in vars(codes).values() if isinstance(value, Code)]
    return {code.id: code for code in sorted(registered, key=lambda code: code.id)}


def page(code: Code) -> str:
    """The page about a code: Markdown."""
    return (PAGES / f"{code.id}.md").read_text(encoding="utf-8")


def find(text: str) -> Code | None:
    """The code that someone means: `AIB2P203` in any case, or its number alone."""
    wanted = text.strip().upper()
    return by_id().get(wanted) or by_id().get(f"AIB2P{wanted}")


def similar(text: str) -> list[Code]:
    """Codes that someone may have meant, the most similar first: by their id, or by a word of their title."""
    from difflib import get_close_matches

    wanted = text.strip().casefold()
    titled = [code for code in by_id().values() if wanted and wanted in code.title.casefold()]
    close = get_close_matches(text.strip().upper(), by_id(), n=3, cutoff=0.8)
    return list(dict.fromkeys([*titled, *(by_id()[id_] for id_ in close)]))[:5]
