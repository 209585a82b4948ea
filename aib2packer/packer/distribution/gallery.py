"""Gallery versions: azure-arm's own, what it cannot say of it, and those that are copied from it."""

from __future__ import annotations

import re
from functools import partial
from typing import TYPE_CHECKING

from aib2packer.aib.model import GalleryTarget
from aib2packer.aib.sections.distribute import read_gallery_target
from aib2packer.findings import codes
from aib2packer.hcl.printing import print_value, references
from aib2packer.hcl.values import Attribute, Block, HclCode, Local, Value
from aib2packer.lazy.models import dataclass, replace
from aib2packer.lazy.patterns import pattern
from aib2packer.packer.access.rights import PUBLISHER, TAGGER, Right, gallery_scope
from aib2packer.packer.distribution.image_version import VERSION, image_version
from aib2packer.packer.distribution.made_ids import gallery_version_id
from aib2packer.packer.distribution.regions import (
    copies_by_region,
    region_words,
    storage_type,
    storage_type_of_objects,
    target_regions,
)
from aib2packer.packer.distribution.target_kind import Bootable, Finishing, TargetKind, TargetOutput
from aib2packer.packer.source.gallery_image import gallery_image
from aib2packer.packer.steps.cli_script import RawShell, are_plain

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from aib2packer.aib.fields import Fields
    from aib2packer.aib.sections.distribute import TargetHead
    from aib2packer.findings.model import Report
    from aib2packer.hcl.values import Settings
    from aib2packer.packer.distribution.plan import DistributionPlan
    from aib2packer.packer.distribution.regions import Copies
    from aib2packer.packer.distribution.target_kind import TargetContext
    from aib2packer.packer.steps.cli_script import Operand, Option, Script
    from aib2packer.packer.variables.symbols import Symbols

EXCLUSION = "shared_gallery_image_version_exclude_from_latest"
"""The setting of azure-arm that keeps those who ask for the newest version from the one that is made."""
_GALLERY_NAME = pattern(r"[A-Za-z0-9](?:[A-Za-z0-9._]{0,78}[A-Za-z0-9])?")
_POLL_SECONDS = 30
_FULL, _SHALLOW = "Full", "Shallow"
_IMAGE_NAME = pattern(r"[A-Za-z0-9](?:[\w.-]{0,78}\w)?", re.ASCII)


@dataclass(frozen=True, slots=True)
class GalleryVersion(TargetOutput):
    """What a target becomes in HCL. `storage_type` None: the regions have theirs, or Azure its default."""

    target: GalleryTarget
    context: TargetContext
    version: Value
    id: Value
    regions: Mapping[Value, Copies]
    storage_type: Value | None
    exclude_from_latest: Value
    replication_mode: Value
    """Full, which is Azure's default, or Shallow; an expression where only Packer's run tells."""

    @property
    def differs_by_region(self) -> bool:
        """Whether regions have storage types of their own."""
        return any(copies.storage_type is not None for copies in self.regions.values())

    @property
    def made_id(self) -> Value:
        """The id of the version, which several post-processors need."""
        return Local("gallery_version_id", self.id)

    @property
    def copied_id(self) -> Value:
        """The id of the version."""
        return self.id

    def settings(self) -> Settings:
        """The settings of azure-arm: with all regions, or those of the build region's storage type where the types differ."""
        image, symbols = self.target.id, self.context.symbols
        body: list[Attribute | Block] = [
            Attribute("subscription", symbols.value(image.subscription)),
            Attribute("resource_group", symbols.value(image.resource_group)),
            Attribute("gallery_name", symbols.value(image["galleries"])),
            Attribute("image_name", symbols.value(image["images"])),
            Attribute("image_version", self.version),
        ]
        regions, kind = self.regions, self.storage_type
        if self.target.late_target_regions is not None:
            kind = storage_type_of_objects(self.target.late_target_regions, symbols)
        if self.differs_by_region:
            kind = regions[self.context.location].storage_type
            regions = {region: copies for region, copies in regions.items() if copies.storage_type == kind}
        if kind is not None:
            body.append(Attribute("storage_account_type", kind))
        if self.replication_mode != _FULL:
            body.append(Attribute("use_shallow_replication", _is_shallow(self.replication_mode)))
        settings: Settings = {
            "shared_image_gallery_destination": Block(
                "shared_image_gallery_destination", (*body, *target_regions(regions)), origins=(self.target.span,)
            ),
        }
        if self.exclude_from_latest is not False:
            settings[EXCLUSION] = self.exclude_from_latest
        settings["shared_image_gallery_timeout"] = self.context.timeout
        return settings

    @property
    def finishing(self) -> tuple[Finishing, ...]:
        """The step that adds the regions with another storage type."""
        if not self.differs_by_region:
            return ()
        comment = "azure-arm has one storage type for all regions: the others are added here, with theirs."
        return (Finishing(comment, "regions", partial(_replicate, self), GalleryKind.azure_cli),)

    def copy(self, others: Mapping[int, TargetOutput], script: Script) -> str:
        """Make the version of azure-arm's."""
        made = self.context.plan.gallery or self.target
        _copy_version(self, others[made.index].made_id, self.context.location, script)
        return "SharedImage, copied from the gallery version of azure-arm."


class BootableVersion(Bootable[GalleryTarget]):
    """An image version, which its number tells from others."""

    variable = VERSION
    described = "Gallery version to validate."
    stand_in = "1.0.0"

    def recorded(self, target: GalleryTarget, plan: DistributionPlan, symbols: Symbols) -> Value:
        """The version number."""
        return image_version(target, plan.galleries, symbols)

    def settings(self, target: GalleryTarget, name: Value, build: str, symbols: Symbols) -> Settings:
        """The version as a source."""
        del build
        return gallery_image(target.id, name, target.span, symbols)


class GalleryKind(TargetKind[GalleryTarget]):
    """An image version in a gallery."""

    name = GalleryTarget.kind
    tags_until = "2019-05-01-preview"  # the release notes move `tags` to `artifactTags`
    azure_cli = "2.71"  # the first with --block-deletion-before-end-of-life (azure-cli#31013)
    has_tags = True
    can_be_trusted = True
    copies_data_disks = True
    bootable = BootableVersion()

    def read(self, head: TargetHead, fields: Fields) -> GalleryTarget | None:
        """Read the image definition, the version and its regions."""
        return read_gallery_target(head, fields)

    def translate(self, target: GalleryTarget, context: TargetContext) -> GalleryVersion:
        """Translate a target. Targets of one major version share its number."""
        plan, symbols, report = context.plan, context.symbols, context.report
        _check_names(target, report)
        version = image_version(target, plan.galleries, symbols)
        regions = copies_by_region(target, context)
        kinds = {copies.storage_type for copies in regions.values()}
        kind = kinds.pop() if len(kinds) == 1 else None
        if kind is not None:
            regions = {region: replace(copies, storage_type=None) for region, copies in regions.items()}
        elif not regions and target.storage_account_type is not None:
            kind = storage_type(target.storage_account_type, symbols, report)
        exclude = target.exclude_from_latest
        excluded = False if exclude is None else symbols.located(exclude)
        return GalleryVersion(
            target=target,
            context=context,
            version=version,
            id=gallery_version_id(target.id, version, symbols),
            regions=regions,
            storage_type=kind,
            exclude_from_latest=context.held_back.get(target.index, excluded),
            replication_mode=_replication_mode(target, regions, context),
        )

    def rights(self, target: GalleryTarget, plan: DistributionPlan, symbols: Symbols, *, tagged: bool) -> Iterator[Right]:
        """The right to publish, and where tags are set, that to tag, which it does not include."""
        del plan
        scope, name = gallery_scope(target.id, symbols), target.id["galleries"].literal
        yield Right("the gallery", PUBLISHER, scope, "publishes the image version", name)
        if tagged:
            yield Right("the gallery", TAGGER, scope, "tags the image version (tags/write)", name)


KIND = GalleryKind()


def _replicate(version: GalleryVersion, script: Script) -> None:
    """Bring azure-arm's version into the regions whose storage type it has no setting for: a new region may have its own."""
    script.az("sig image-version update", *_names(version), *_regions(version, script), _DELETABLE, ("--no-wait",))
    _wait_until_published(version, script)


def _copy_version(version: GalleryVersion, source: Value, location: Value, script: Script) -> None:
    """Make a version of another one, in the region of the build; one that is there is left alone, as Image Builder does."""
    script.line(f"version={script.word('GALLERY_IMAGE_VERSION', version.version)}")
    script.az("sig image-version list", *_definition(version), ("--query", "[].name"), ("--output", "tsv"), into="versions")
    with script.block("""if printf '%s\\n' "$versions" | grep -qxFe "$version"; then""", "fi"):
        script.line('echo "There is a version $version: delete it, or choose another one." >&2')
        script.line("exit 1")
    options: list[Option] = [*_names(version), ("--location", location), ("--image-version", source)]
    tags, late = version.target.tags, version.target.late_tags
    options += _regions(version, script)
    if version.storage_type is not None:
        options.append(("--storage-account-type", version.storage_type))
    if version.replication_mode != _FULL:
        options.append(("--replication-mode", version.replication_mode))
    if version.exclude_from_latest is not False:
        options.append(("--exclude-from-latest", version.exclude_from_latest))
    script.az("sig image-version create", *options, _DELETABLE, *script.tags(tags, late), ("--no-wait",))
    _wait_until_published(version, script)
    if not are_plain(tags, late):
        script.merge_tags(version.copied_id, tags, late)


def _wait_until_published(version: GalleryVersion, script: Script) -> None:
    """Wait for the replication, which may take longer than the sign-in of a pipeline."""
    with script.polling("The image version was not published", _POLL_SECONDS):
        query: tuple[Option, ...] = (("--query", "provisioningState"), ("--output", "tsv"))
        script.az("sig image-version show", *_names(version), *query, into="state")
        with script.block('case "$state" in', "esac"):
            script.line("Succeeded) break ;;")
            script.line("""Failed | Canceled) echo "Publishing the image version ended as: $state" >&2; exit 1 ;;""")


# The Azure CLI is to keep a version from being deleted for six months by itself (docs/reference/azure-runtime.md 8).
_DELETABLE: Option = ("--block-deletion-before-end-of-life", RawShell("false"))


def _names(version: GalleryVersion) -> tuple[Option, ...]:
    return (*_definition(version), ("--gallery-image-version", version.version))


def _definition(version: GalleryVersion) -> tuple[Option, ...]:
    image = version.target.id
    return (
        ("--subscription", image.subscription),
        ("--resource-group", image.resource_group),
        ("--gallery-name", image["galleries"]),
        ("--gallery-image-definition", image["images"]),
    )


def _regions(version: GalleryVersion, script: Script) -> tuple[Option, ...]:
    if not version.regions:
        return ()
    words: tuple[Operand, ...] | HclCode = region_words(version.regions)
    if isinstance(words, HclCode):
        script.say("shellcheck disable=SC2086 # the regions are words of their own")
        words = (RawShell(script.word("TARGET_REGIONS", words).strip('"')),)
    return (("--target-regions", *words),)


def _check_names(target: GalleryTarget, report: Report) -> None:
    for name, known in ((target.id["galleries"], _GALLERY_NAME), (target.id["images"], _IMAGE_NAME)):
        if name.literal is not None and not known.fullmatch(name.literal):
            report.add(
                codes.REFUSED_BY_AZURE,
                name.span,
                f"`{name}` is not a valid name of a gallery or an image definition: the build fails when it publishes",
                help="Write the name as it is shown by `az sig list`, or by `az sig image-definition list --resource-group ... "
                "--gallery-name ...`.",
            )


def _replication_mode(target: GalleryTarget, regions: Mapping[Value, Copies], context: TargetContext) -> Value:
    mode = target.replication_mode
    if mode is None or mode.visible.lower() == "full":
        return _FULL
    replicas = max((copies.replicas for copies in regions.values() if isinstance(copies.replicas, int)), default=1)
    if set(regions) <= {context.location} and replicas <= 1:
        return context.symbols.value(mode) if mode.literal is None else _SHALLOW
    context.report.add(
        codes.NOT_SHALLOW,
        mode.span,
        "shallow replication is only for one replica, in the build region; full replication is used",
        help="Keep one region and one replica for a shallow version.",
    )
    return _FULL


def _is_shallow(mode: Value) -> Value:
    return True if mode == _SHALLOW else HclCode(f'lower({print_value(mode)}) == "shallow"', references(mode))
