"""Comments that say where a block comes from: `# web.json:42`."""

from __future__ import annotations

from collections import defaultdict
from typing import TYPE_CHECKING

from aib2packer.lazy.patterns import pattern
from aib2packer.packer.addresses import blocks

if TYPE_CHECKING:
    from collections.abc import Sequence

    from aib2packer.packer.model import Build
    from aib2packer.text.source import Span

_CUSTOMIZER = pattern(r"/properties/(customize|validate[/]inVMValidations)/(\d+)")


def annotate(build: Build, origins: Sequence[tuple[str, Span]]) -> dict[str, str]:
    """A comment for each block of a build that comes from the input, by its address: `web.json:42`, `web.json:42, 57`."""
    wanted = set(blocks(build))
    customizers = {address: name for address, span in origins if (name := _customizer(span))}
    lines: dict[str, dict[str, dict[int, None]]] = defaultdict(lambda: defaultdict(dict))
    for address, span in origins:
        if address in wanted:
            lines[address][span.source.name][span.position[0]] = None
    return {
        address: "; ".join(f"{name}:{', '.join(map(str, numbers))}" for name, numbers in files.items())
        + (f" ({customizers[address]})" if address in customizers else "")
        for address, files in lines.items()
    }


def _customizer(span: Span) -> str:
    """Which customizer or validator a place is: `customize[3]`; "" for any other."""
    found = _CUSTOMIZER.fullmatch(span.pointer or "")
    return "" if found is None else f"{found[1].replace('/', '.')}[{found[2]}]"
