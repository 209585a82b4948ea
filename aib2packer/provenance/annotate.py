"""Comments that say where a block comes from: `# web.json:42`."""

from __future__ import annotations

from collections import defaultdict
from typing import TYPE_CHECKING

from aib2packer.packer.addresses import blocks

if TYPE_CHECKING:
    from collections.abc import Iterable

    from aib2packer.packer.model import Build
    from aib2packer.text.source import Span


def annotate(build: Build, origins: Iterable[tuple[str, Span]]) -> dict[str, str]:
    """A comment for each block of a build that comes from the input, by its address: `web.json:42`, `web.json:42, 57`."""
    wanted = set(blocks(build))
    lines: dict[str, dict[str, dict[int, None]]] = defaultdict(lambda: defaultdict(dict))
    for address, span in origins:
        if address in wanted:
            lines[address][span.source.name][span.position[0]] = None
    return {
        address: "; ".join(f"{name}:{', '.join(map(str, numbers))}" for name, numbers in files.items())
        for address, files in lines.items()
    }
