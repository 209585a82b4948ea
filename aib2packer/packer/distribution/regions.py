"""The regions of a gallery image version: the build's own among them, and none twice."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Literal

from aib2packer.aib.model import Located
from aib2packer.arm.language.symbolic import walk
from aib2packer.arm.language.text import LateExpression
from aib2packer.findings import codes
from aib2packer.hcl.printing import print_value, references
from aib2packer.hcl.values import Attribute, Blank, Block, HclCode, concat
from aib2packer.lazy.models import dataclass
from aib2packer.packer.variables.late_regions import first_region, region_now, regions_now

if TYPE_CHECKING:
    from aib2packer.aib.model import GalleryTarget
    from aib2packer.arm.language.text import TemplateText
    from aib2packer.findings.model import Report
    from aib2packer.hcl.values import Body, Value
    from aib2packer.packer.distribution.target_kind import TargetContext
    from aib2packer.packer.variables.symbols import Symbols

_MOST_REPLICAS = 100
DEFAULT_STORAGE_TYPE = "Standard_LRS"
# Of an object in targetRegions: its count, and what stands behind its name for the Azure CLI.
_COUNT_OF_OBJECT = "try(coalesce(region.replicaCount, 1), 1)"
_END_OF_OBJECT = f'try("=${{{_COUNT_OF_OBJECT}}}=${{region.storageAccountType}}", "=${{{_COUNT_OF_OBJECT}}}")'
STORAGE_TYPES = ("Standard_LRS", "Standard_ZRS", "Premium_LRS")


@dataclass(frozen=True, slots=True)
class Copies:
    """What a region holds of a version; None: what the version says, or Azure's default.

    `each` says of what there is a list in the place of a region: of names, or of objects with a name, a count and a type.
    """

    replicas: Value | None = None
    storage_type: Value | None = None
    each: Literal["name", "object"] | None = None


def copies_by_region(target: GalleryTarget, context: TargetContext) -> Mapping[Value, Copies]:
    """The regions of a target, the build's own added where it is missing. Empty where the target names none."""
    location, symbols, report = context.location, context.symbols, context.report
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
        regions[symbols.value(target.late_regions)] = Copies(storage_type=types[target.storage_account_type], each="name")
    if target.late_target_regions is not None:
        regions[symbols.value(target.late_target_regions)] = Copies(each="object")
    quiet, resolve = symbols.without_findings(), symbols.resolve
    now = [(late, regions_now(late, resolve)) for late in target.late_lists]
    firsts = (quiet.value(first_region(late, resolve)) for late, there in now if there)
    if not regions or location in regions or location in firsts:
        return regions
    # azure-arm adds nothing to what is listed, and Azure refuses a version that is not where it was built.
    kinds = {copies.storage_type for copies in regions.values()}
    regions = {location: Copies(storage_type=kinds.pop() if len(kinds) == 1 else DEFAULT_STORAGE_TYPE), **regions}
    here = None if context.plan.location is None else region_now(context.plan.location, resolve)
    if here is not None and any(here in there for _, there in now):
        return regions  # it is there for other values of the list
    known = all(isinstance(region, str) for region in regions)
    report.add(
        codes.REGION_ADDED,
        target.span,
        f"the build region, {location if isinstance(location, str) else print_value(location)}, is added to the regions of the "
        f"image version{'' if known else ', unless it is one of them'}: Azure wants a replica there",
        help="Nothing to do, unless you would rather build in one of those regions.",
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
    report.add(
        codes.WRONG_CASE, storage.span, f"`{storage}` should be `{spelt}`, and is read as that", help=f"Write `{spelt}`."
    )
    return spelt


def target_regions(regions: Mapping[Value, Copies]) -> Body:
    """The `target_region` blocks. Where none is given there is none: azure-arm then takes the region of the build."""
    if not regions:
        return ()
    if all(isinstance(region, str) for region in regions) or (
        len(regions) == 1 and not any(one.each for one in regions.values())
    ):
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
    pairs = _by_region({region: (end, regions[region].each) for region, end in ends.items()}, _END_OF_OBJECT)
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
    return print_value(region) if isinstance(region, str) else _short(print_value(region))


def _by_region(values: Mapping[Value, tuple[Value, str | None]], of_object: str) -> str:
    """An object with a value for each region, and for each of those in a list; `of_object` is that of a `region` of a list."""
    pairs = ", ".join(f"{_key(region)} = {print_value(value)}" for region, (value, each) in values.items() if each is None)
    lists = [
        f"{{ for region in {_distinct(print_value(region))} : region => {print_value(value)} }}"
        if each == "name"
        else f"{{ for region in {print_value(region)} : {_short('region.name')} => {of_object} }}"
        for region, (value, each) in values.items()
        if each is not None
    ]
    parts = [f"{{ {pairs} }}", *lists] if pairs or not lists else lists
    return parts[0] if len(parts) == 1 else f"merge({', '.join(parts)})"


def _distinct(names: str) -> str:
    """The regions of a list of any spelling, each once."""
    return f"distinct([for region in {names} : {_short('region')}])"


def _short(region: str) -> str:
    """The short form of a region in any spelling, as HCL."""
    return f'lower(replace({region}, " ", ""))'


def _dynamic(regions: Mapping[Value, Copies]) -> Block:
    """Regions that are only known when Packer runs may be the same one: an object and `distinct` hold each once."""
    counts = tuple(copies.replicas for copies in regions.values() if copies.replicas is not None)
    uses = references((*regions, *counts))
    if counts or any(copies.each == "object" for copies in regions.values()):
        replicas = {region: (copies.replicas or 1, copies.each) for region, copies in regions.items()}
        for_each = HclCode(_by_region(replicas, _COUNT_OF_OBJECT), uses)
        content: Body = (Attribute("name", HclCode("target_region.key")), Attribute("replicas", HclCode("target_region.value")))
    else:
        alone = [print_value(region) for region, copies in regions.items() if copies.each is None]
        lists = [print_value(region) for region, copies in regions.items() if copies.each is not None]
        lists = [f"[{', '.join(alone)}]", *lists] if alone else lists
        names = lists[0] if len(lists) == 1 else f"concat({', '.join(lists)})"
        for_each = HclCode(_distinct(names), uses)
        content = (Attribute("name", HclCode("target_region.value")),)
    return Block("dynamic", (Attribute("for_each", for_each), Block("content", content)), ("target_region",))


def storage_type_of_objects(regions: TemplateText, symbols: Symbols) -> Value | None:
    """The storage type of a version whose regions only Packer's run knows: that of the first, for azure-arm has one for all."""
    values = [part.value for part in regions.symbols if isinstance(part, LateExpression)]
    made = [part for value in values for part in walk(value) if isinstance(part, Mapping)]
    if made and not any("storageAccountType" in one for one in made):
        return None
    value = symbols.value(regions)
    return HclCode(f"try({print_value(value)}[0].storageAccountType, null)", references(value))
