"""Where the image goes, and the reading of the kinds of targets that the service knows."""

from __future__ import annotations

from typing import TYPE_CHECKING, Protocol, TypedDict

from aib2packer.aib.fields import Spelling
from aib2packer.aib.ids import GALLERY_IMAGE, GALLERY_VERSION, MANAGED_IMAGE, parse_id
from aib2packer.aib.kinds import choose_kind
from aib2packer.aib.model import GalleryTarget, Located, ManagedImageTarget, TargetRegion, VhdTarget
from aib2packer.findings import codes

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping

    from aib2packer.aib.fields import Defaults, Fields
    from aib2packer.aib.model import Number, Target
    from aib2packer.arm.language.text import TemplateText
    from aib2packer.text.source import Span

_COUNTS_SINCE = "2022-07-01"


class TargetHead(TypedDict):
    """The fields that every target has."""

    index: int
    run_output_name: TemplateText | None
    tags: Mapping[str, TemplateText]
    late_tags: TemplateText | None
    span: Span


class ReadsTarget(Protocol):
    """A kind of target, as far as reading goes."""

    @property
    def tags_until(self) -> str:
        """The API version from which on `tags` are spelt `artifactTags`."""

    def read(self, head: TargetHead, fields: Fields) -> Target | None:
        """Read the keys of a target beside those of its head; None after an error."""


def read_targets(properties: Fields, kinds: Mapping[str, ReadsTarget]) -> tuple[Target, ...]:
    """Read the `distribute` array; a target that cannot be read is an error, and left out."""
    targets = [_read_target(index, fields, kinds) for index, fields in properties.each("distribute")]
    if properties.value("distribute") is None:
        properties.missing("distribute", "Say where the image goes: a ManagedImage, a SharedImage or a VHD.")
    found = tuple(target for target in targets if target is not None)
    _unique_run_outputs(found, properties)
    return found


def _read_target(index: int, fields: Fields, kinds: Mapping[str, ReadsTarget]) -> Target | None:
    kind = choose_kind(fields, kinds, "distribution target")
    if kind is None:
        return None
    late_tags, tags = fields.tags("artifactTags", Spelling("tags", kinds[kind].tags_until, lenient=False))
    head = TargetHead(
        index=index,
        run_output_name=fields.text("runOutputName"),
        late_tags=late_tags,
        tags=tags,
        span=fields.span,
    )
    if head["run_output_name"] is None:
        fields.missing("runOutputName", "Give the target a name that is unique in the template.")
    target = kinds[kind].read(head, fields)
    fields.close()
    return target


def read_vhd_target(head: TargetHead, fields: Fields) -> VhdTarget:
    """Read where a VHD goes."""
    return VhdTarget(**head, uri=fields.text("uri"))


def read_managed_image_target(head: TargetHead, fields: Fields) -> ManagedImageTarget | None:
    """Read a managed image to make."""
    text, location = fields.text("imageId"), fields.region("location")
    if location is None:
        fields.missing("location", "Name the region of the managed image.")
    if text is None:
        fields.missing("imageId", "Name the managed image to make by its resource id.")
        return None
    found = parse_id(text, MANAGED_IMAGE)
    if found is None:
        _bad_id(fields, text, "a managed image", "/subscriptions/…/resourceGroups/…/providers/Microsoft.Compute/images/…")
        return None
    return ManagedImageTarget(**head, id=found, location=location)


def read_gallery_target(head: TargetHead, fields: Fields) -> GalleryTarget | None:
    """Read an image version to publish."""
    text = fields.text("galleryImageId")
    target_regions = fields.value("targetRegions")
    storage, replication_regions = fields.text("storageAccountType"), fields.value("replicationRegions")
    if storage is not None and replication_regions is None:
        fields.report.add(
            codes.STORAGE_TYPE,
            storage.span,
            "storageAccountType goes with replicationRegions; it is used for all regions",
            help="Set it in each of targetRegions.",
        )
    if target_regions is not None and replication_regions is not None:
        fields.report.add(
            codes.CONFLICT,
            fields.key_span("replicationRegions"),
            "replicationRegions and targetRegions exclude each other",
            help="Keep targetRegions: replicationRegions is deprecated.",
        )
    if target_regions is None and not fields.has("replicationRegions") and fields.api.before("2022-07-01"):
        fields.missing("replicationRegions", "Name the regions of the image version: they are required before 2022-07-01.")
    late_regions = fields.late("replicationRegions", "array", as_known=lambda one: one.regions("replicationRegions"))
    late_target_regions = fields.late_objects(
        "targetRegions",
        alike="storageAccountType",
        as_known=lambda one: _own_texts(_target_regions(one, None)),
    )
    regions = (
        *(() if late_regions else (TargetRegion(name, None, storage) for name in fields.regions("replicationRegions"))),
        *(() if late_target_regions else _target_regions(fields, storage)),
    )
    if late_target_regions is not None:
        fields.unknown_keys("targetRegions", late_target_regions, ("name", "replicaCount", "storageAccountType"))
    major = _major(fields)
    exclude = fields.flag("excludeFromLatest")
    mode = _replication_mode(fields)
    if text is None:
        fields.missing("galleryImageId", "Name the image definition by its resource id.")
        return None
    found = parse_id(text, GALLERY_IMAGE, GALLERY_VERSION)
    if found is None:
        shape = "/subscriptions/…/resourceGroups/…/providers/Microsoft.Compute/galleries/…/images/…"
        _bad_id(fields, text, "an image definition", shape)
        return None
    version = found.segments.get("versions")
    if version is not None and (version.literal or "").lower() == "latest":
        version = None
    return GalleryTarget(
        **head,
        id=found,
        version=version,
        major=major,
        by_time=fields.api.before(_COUNTS_SINCE),
        regions=regions,
        late_regions=late_regions,
        late_target_regions=late_target_regions,
        storage_account_type=storage,
        exclude_from_latest=exclude,
        replication_mode=mode,
    )


def _target_regions(fields: Fields, storage: TemplateText | None) -> Iterator[TargetRegion]:
    kind = "Standard_LRS" if storage is None or storage.literal is None else storage.literal
    defaults: Defaults = {"replicaCount": 1, "storageAccountType": kind}
    for _, region in fields.each("targetRegions", attributes=("name",), optional=defaults):
        name, own = region.region("name"), region.text("storageAccountType")
        replicas = region.number("replicaCount", least=1)
        if name is None:
            region.missing("name", "Name the region.")
        else:
            yield TargetRegion(name, replicas, own or storage)
        region.close()


def _own_texts(regions: Iterable[TargetRegion]) -> Iterator[TemplateText]:
    return (text for one in regions for text in (one.name, one.storage_account_type) if text is not None)


def _major(fields: Fields) -> Number | None:
    """Read `versioning`: the major version within which the number grows; None, or a negative one known late, for any."""
    versioning = fields.fields_or_unset("versioning")
    if versioning is None:
        return None
    scheme, major = versioning.word("scheme"), versioning.number_of_key("major")
    if isinstance(major, Located):
        versioning.at_least(major, "major", -1)
    if scheme is None and versioning.value("scheme") is None:
        fields.report.add(
            codes.WANTED,
            fields.key_span("versioning"),
            f"{versioning.path} has no scheme, which the service requires; it is read as Latest",
            help="Set the scheme to Latest.",
        )
    versioning.close()
    if scheme is not None and scheme.value.lower() == "source":
        fields.report.add(
            codes.VERSION_SOURCE,
            scheme.span,
            "the scheme Source derives the version from that of the source image, by a rule that Microsoft does not publish",
            help="Pass the number that you want: -var image_version=…",
        )
    elif scheme is not None and scheme.value.lower() != "latest":
        fields.report.add(
            codes.NOT_ONE_OF, scheme.span, f"`{scheme.value}` is not a versioning scheme", help="Write Latest or Source."
        )
    return None if isinstance(major, Located) and major.value < 0 else major  # -1 is the SDK's way of saying unset


def _replication_mode(fields: Fields) -> TemplateText | None:
    mode = fields.text("replicationMode")
    if mode is not None and mode.literal is not None and mode.literal.lower() not in {"full", "shallow"}:
        fields.report.add(codes.NOT_ONE_OF, mode.span, f"`{mode}` is not a replicationMode", help="Write Full or Shallow.")
    return mode


def _unique_run_outputs(targets: tuple[Target, ...], properties: Fields) -> None:
    seen: set[str] = set()
    for target in targets:
        name = target.run_output_name
        if name is None:
            continue
        if str(name).lower() in seen:
            properties.report.add(
                codes.CONFLICT,
                name.span,
                f"the runOutputName `{name}` is used twice: the service wants unique names",
                help="Give each target a name of its own.",
            )
        seen.add(str(name).lower())


def _bad_id(fields: Fields, text: TemplateText, what: str, shape: str) -> None:
    fields.report.add(codes.BAD_ID, text.span, f"`{text}` is not the resource id of {what}", help=f"Write {shape}")
