"""The regions of a gallery image version: the build's own among them, and none twice."""

from __future__ import annotations

from typing import TYPE_CHECKING

from aib2packer.aib.model import Located
from aib2packer.findings import codes
from aib2packer.packer.hcl import print_value, references
from aib2packer.packer.values import Attribute, Blank, Block, Code

if TYPE_CHECKING:
    from aib2packer.aib.model import GalleryTarget
    from aib2packer.findings.model import Report
    from aib2packer.packer.values import Body, Value
    from aib2packer.packer.variables import Symbols

_MOST_REPLICAS = 100


def target_regions(target: GalleryTarget, location: Value, symbols: Symbols, report: Report) -> Body:
    """The `target_region` blocks. Where none is given there is none: azure-arm then takes the region of the build."""
    replicas: dict[Value, Value | None] = {}
    for region in target.regions:
        if isinstance(region.replicas, Located) and not 0 < region.replicas.value <= _MOST_REPLICAS:
            report.add(
                codes.BAD_VALUE,
                region.replicas.span,
                f"{region.replicas.value} replicas cannot be: Azure takes 1 to {_MOST_REPLICAS} in a region",
                help="Write how many there are to be.",
            )
        count = None if region.replicas is None else symbols.located(region.replicas)
        replicas.setdefault(symbols.value(region.name), count)
    if not replicas:
        return ()
    if location not in replicas:
        # azure-arm adds nothing to what is listed, and Azure refuses a version that is not where it was built.
        replicas = {location: None, **replicas}
        if all(isinstance(region, str) for region in replicas):
            report.add(
                codes.REGION_ADDED,
                target.span,
                f"the build region, {location}, is added to the regions of the image version: Azure wants a replica there",
                help="Nothing to do; or build in one of the regions.",
            )
    if len(replicas) == 1 or all(isinstance(region, str) for region in replicas):
        return tuple(item for region, count in replicas.items() for item in (Blank(), _region(region, count)))
    return (Blank(), _dynamic(replicas))


def _region(region: Value, replicas: Value | None) -> Block:
    count = () if replicas is None else (Attribute("replicas", replicas),)
    return Block("target_region", (Attribute("name", region), *count))


def _dynamic(replicas: dict[Value, Value | None]) -> Block:
    """Regions that are only known when Packer runs may be the same one: an object and `distinct` hold each once."""
    uses = references((*replicas, *(count for count in replicas.values() if count is not None)))
    if any(replicas.values()):
        keys = (region if isinstance(region, str) else f"({print_value(region)})" for region in replicas)
        pairs = ", ".join(f"{key} = {print_value(count or 1)}" for key, count in zip(keys, replicas.values(), strict=True))
        for_each = Code(f"{{ {pairs} }}", uses)
        content: Body = (Attribute("name", Code("target_region.key")), Attribute("replicas", Code("target_region.value")))
    else:
        for_each = Code(f"distinct([{', '.join(print_value(region) for region in replicas)}])", uses)
        content = (Attribute("name", Code("target_region.value")),)
    return Block("dynamic", (Attribute("for_each", for_each), Block("content", content)), ("target_region",))
