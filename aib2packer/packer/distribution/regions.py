"""The regions of a gallery image version: the build's own among them, and none twice."""

from __future__ import annotations

from typing import TYPE_CHECKING

from aib2packer.aib.model import Located
from aib2packer.findings import codes
from aib2packer.hcl.printing import print_value, references
from aib2packer.hcl.values import Attribute, Blank, Block, HclCode
from aib2packer.lazy.models import dataclass
from aib2packer.packer.distribution.script import concat

if TYPE_CHECKING:
    from collections.abc import Mapping

    from aib2packer.aib.model import GalleryTarget
    from aib2packer.arm.language.text import TemplateText
    from aib2packer.findings.model import Report
    from aib2packer.hcl.values import Body, Value
    from aib2packer.packer.variables.symbols import Symbols

_MOST_REPLICAS = 100
DEFAULT_STORAGE_TYPE = "Standard_LRS"
STORAGE_TYPES = ("Standard_LRS", "Standard_ZRS", "Premium_LRS")


@dataclass(frozen=True, slots=True)
class Copies:
    """What a region holds of a version; None: what the version says, or Azure's default. `many`: it is a list of regions."""

    replicas: Value | None = None
    storage_type: Value | None = None
    many: bool = False


def copies_by_region(target: GalleryTarget, location: Value, symbols: Symbols, report: Report) -> Mapping[Value, Copies]:
    """The regions of a target, the build's own added where it is missing. Empty where the target names none."""
    types = _storage_types(target, symbols, report)
    regions: dict[Value, Copies] = {}
    for region in target.regions:
        if isinstance(region.replicas, Located) and not 0 < region.replicas.value <= _MOST_REPLICAS:
            report.add(
                codes.OUT_OF_RANGE,
                region.replicas.span,
                f"{region.replicas.value} replicas are not possible: Azure takes 1 to {_MOST_REPLICAS} in a region",
                help="Write a number in that range.",
            )
        count = None if region.replicas is None else symbols.located(region.replicas)
        regions.setdefault(symbols.value(region.name), Copies(count, types[region.storage_account_type]))
    if target.late_regions is not None:
        regions[symbols.value(target.late_regions)] = Copies(storage_type=types[target.storage_account_type], many=True)
    if not regions or location in regions:
        return regions
    # azure-arm adds nothing to what is listed, and Azure refuses a version that is not where it was built.
    kinds = {copies.storage_type for copies in regions.values()}
    regions = {location: Copies(storage_type=kinds.pop() if len(kinds) == 1 else DEFAULT_STORAGE_TYPE), **regions}
    known = all(isinstance(region, str) for region in regions)
    report.add(
        codes.REGION_ADDED,
        target.span,
        f"the build region, {location if isinstance(location, str) else print_value(location)}, is added to the regions of the "
        f"image version{'' if known else ', unless it is one of them'}: Azure wants a replica there",
        help="Nothing to do; or build in one of the regions.",
    )
    return regions


def _storage_types(target: GalleryTarget, symbols: Symbols, report: Report) -> Mapping[TemplateText | None, Value | None]:
    """What the storage types of a target's regions are in Azure's spelling; None stays where no region has one."""
    given = dict.fromkeys(region.storage_account_type for region in target.regions)
    given |= {} if target.late_regions is None else {target.storage_account_type: None}
    types: dict[TemplateText | None, Value | None] = {
        text: storage_type(text, symbols, report) for text in given if text is not None
    }
    return types | {None: DEFAULT_STORAGE_TYPE if types else None}


def storage_type(storage: TemplateText, symbols: Symbols, report: Report) -> Value:
    """A storage type as Azure spells it."""
    spelt = next((known for known in STORAGE_TYPES if known.lower() == str(storage).lower()), None)
    if storage.literal is None or spelt == storage.literal:
        return symbols.value(storage)
    if spelt is None:
        report.add(
            codes.NOT_ONE_OF,
            storage.span,
            f"`{storage}` is not a storage type of an image version",
            help=f"Write one of {', '.join(STORAGE_TYPES)}.",
        )
        return symbols.value(storage)
    report.add(codes.WRONG_CASE, storage.span, f"`{storage}` is spelt `{spelt}`; it is read as such", help=f"Write `{spelt}`.")
    return spelt


def target_regions(regions: Mapping[Value, Copies]) -> Body:
    """The `target_region` blocks. Where none is given there is none: azure-arm then takes the region of the build."""
    if not regions:
        return ()
    if len(regions) == 1 or all(isinstance(region, str) for region in regions):
        return tuple(item for region, copies in regions.items() for item in (Blank(), _region(region, copies.replicas)))
    return (Blank(), _dynamic(regions))


def region_words(regions: Mapping[Value, Copies]) -> tuple[Value, ...] | HclCode:
    """The regions as words for the Azure CLI: `REGION=REPLICAS[=STORAGE TYPE]` each.

    Regions that are only known when Packer runs may be the same one: then all the words are one expression, to be split by the
    shell. There is nothing in it that means more to a shell.
    """
    ends = {region: _end(copies) for region, copies in regions.items()}
    if all(isinstance(region, str) for region in regions):
        return tuple(concat(region, end) for region, end in ends.items())
    pairs = _by_region({region: (end, regions[region].many) for region, end in ends.items()})
    return HclCode(
        f'join(" ", [for region, copies in {pairs} : regex_replace("${{region}}${{copies}}", "[^A-Za-z0-9_=]", "")])',
        references((*regions, *ends.values())),
    )


def _region(region: Value, replicas: Value | None) -> Block:
    count = () if replicas is None else (Attribute("replicas", replicas),)
    return Block("target_region", (Attribute("name", region), *count))


def _end(copies: Copies) -> Value:
    # Always with a count: without one a region gets that of the build's, which azure-arm makes the version's.
    given = [copies.replicas or 1, *(() if copies.storage_type is None else (copies.storage_type,))]
    return concat(*(piece for part in given for piece in ("=", part)))


def _key(region: Value) -> str:
    return region if isinstance(region, str) else f"({_normalised(region)})"


def _normalised(region: Value) -> str:
    """A region as an expression that gives its short form: `West US 2` and `westus2` are one."""
    return print_value(region) if isinstance(region, str) else f'lower(replace({print_value(region)}, " ", ""))'


def _by_region(values: Mapping[Value, tuple[Value, bool]]) -> str:
    """An object with a value for each region, and for each of those in a list."""
    pairs = ", ".join(f"{_key(region)} = {print_value(value)}" for region, (value, many) in values.items() if not many)
    lists = [
        f"{{ for region in {_distinct(print_value(region))} : region => {print_value(value)} }}"
        for region, (value, many) in values.items()
        if many
    ]
    # What is said of one region wins over what holds for a list.
    return f"merge({', '.join((*lists, f'{{ {pairs} }}'))})" if lists else f"{{ {pairs} }}"


def _distinct(names: str) -> str:
    """The regions of a list of any spelling, each once."""
    return f'distinct([for region in {names} : lower(replace(region, " ", ""))])'


def _dynamic(regions: Mapping[Value, Copies]) -> Block:
    """Regions that are only known when Packer runs may be the same one: an object and `distinct` hold each once."""
    counts = tuple(copies.replicas for copies in regions.values() if copies.replicas is not None)
    uses = references((*regions, *counts))
    if counts:
        for_each = HclCode(
            _by_region({region: (copies.replicas or 1, copies.many) for region, copies in regions.items()}), uses
        )
        content: Body = (Attribute("name", HclCode("target_region.key")), Attribute("replicas", HclCode("target_region.value")))
    else:
        names = f"[{', '.join(print_value(region) for region, copies in regions.items() if not copies.many)}]"
        if lists := [print_value(region) for region, copies in regions.items() if copies.many]:
            names = f"concat({', '.join((names, *lists))})"
        for_each = HclCode(_distinct(names), uses)
        content = (Attribute("name", HclCode("target_region.value")),)
    return Block("dynamic", (Attribute("for_each", for_each), Block("content", content)), ("target_region",))
