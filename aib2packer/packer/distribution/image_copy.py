"""Further managed images, and those in another region or subscription than the build's.

Azure makes no managed image of an image, only of a disk or a snapshot in the same region and subscription; and only incremental
snapshots, which are made of disks, travel to another region, where a disk is made of them (docs/reference/azure-runtime.md 8).
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from aib2packer.lazy.models import dataclass
from aib2packer.packer.distribution.made_ids import REPLACES, temporary_name
from aib2packer.packer.distribution.plan import is_same, is_same_subscription
from aib2packer.packer.steps.cli_script import RawShell, are_plain
from aib2packer.packer.vm.resource_group import TEMPORARY

if TYPE_CHECKING:
    from collections.abc import Iterable

    from aib2packer.aib.ids import ResourceId
    from aib2packer.aib.model import ManagedImageTarget
    from aib2packer.arm.language.text import TemplateText
    from aib2packer.hcl.values import Value
    from aib2packer.options import OsType
    from aib2packer.packer.distribution.target_kind import TargetContext
    from aib2packer.packer.steps.cli_script import Operand, Option, Script

_ID: tuple[Option, ...] = (("--query", "id"), ("--output", "tsv"))
_POLL_SECONDS = 30


@dataclass(frozen=True, slots=True)
class Named:
    """What an image is called, and its id."""

    name: Value
    id: Value


@dataclass(frozen=True, slots=True)
class GalleryOrigin:
    """Copies come from azure-arm's gallery version: its image definition, its id, and the regions that it is in.

    `location` is the region of the build.
    """

    definition: ResourceId
    version_id: Value
    regions: tuple[TemplateText, ...]
    location: Value


@dataclass(frozen=True, slots=True)
class SnapshotOrigin:
    """Copies come from the snapshot of the OS disk that azure-arm leaves, in the region of the build."""

    id: Value
    location: Value


def copy_image(
    target: ManagedImageTarget,
    named: Named,
    origin: GalleryOrigin | SnapshotOrigin,
    script: Script,
    context: TargetContext,
) -> None:
    """Make a managed image; one that is there is replaced, as Image Builder does."""
    plan = context.plan
    location = origin.location if target.location is None else context.symbols.value(target.location)
    making = _Making(target, named, origin, location, context.label, script)
    near = is_same(target.location, plan.location)
    making.find_generation()
    if isinstance(origin, SnapshotOrigin) and near and is_same_subscription(target.id, plan.subscription):
        making.clean_up(())
        making.create(RawShell(script.word("SOURCE", origin.id)), context.os_type)
        return
    if isinstance(origin, GalleryOrigin) and target.location is not None:
        near = near or any(region.parts == target.location.parts for region in origin.regions)
    making.create(making.disk_here() if near else making.disk_elsewhere(), context.os_type)


@dataclass(frozen=True, slots=True)
class _Making:
    """The steps on the way to a managed image at a location, in the order in which they are taken."""

    target: ManagedImageTarget
    named: Named
    origin: GalleryOrigin | SnapshotOrigin
    location: Value
    label: str
    script: Script

    @property
    def place(self) -> tuple[Option, ...]:
        """Where the image and all that is made on the way lie."""
        return (("--subscription", self.target.id.subscription), ("--resource-group", self.target.id.resource_group))

    def find_generation(self) -> None:
        """Ask for the generation of the image, which nothing tells beforehand."""
        script = self.script
        query: tuple[Option, ...] = (("--query", "hyperVGeneration"), ("--output", "tsv"))
        match self.origin:
            case GalleryOrigin(definition):
                script.az(
                    "sig image-definition show",
                    ("--subscription", RawShell(script.word("GALLERY_SUBSCRIPTION", definition.subscription))),
                    ("--resource-group", RawShell(script.word("GALLERY_RESOURCE_GROUP", definition.resource_group))),
                    ("--gallery-name", definition["galleries"]),
                    ("--gallery-image-definition", definition["images"]),
                    *query,
                    into="generation",
                )
            case SnapshotOrigin(snapshot):
                script.az("snapshot show", ("--ids", RawShell(script.word("SOURCE", snapshot))), *query, into="generation")

    def clean_up(self, made: Iterable[tuple[str, str]]) -> None:
        """Have what is made on the way deleted when the script ends, whatever becomes of it.

        `made` are kinds of resources and the ends of their names: by these they are deleted, for a command that fails may have
        made its resource all the same.
        """
        script = self.script
        script.line("")
        script.line(f"image={script.word('NAME', self.named.name)}")
        script.line("spare= # a new image by another name, to be deleted")
        script.line("only= # a new image by another name, to be kept: the old one may be gone")
        script.say("What is made on the way is deleted at the end, each whatever becomes of the others.")
        with script.block("clean_up() {", "}"):
            script.line("status=$?")
            script.line("trap - EXIT")
            with script.block('if [ -n "$only" ]; then', "fi"):
                script.line('echo "The new image is there as $only, and stays: the old image $image may be gone." >&2')
            with script.block('if [ -n "$spare" ]; then', "fi"):
                self._delete("image", RawShell('"$spare"'))
            for kind, end in made:
                self._delete(kind, self._name(end))
            script.line('exit "$status"')
        script.line("trap clean_up EXIT")
        script.line("trap 'exit 1' HUP INT TERM")
        script.line("")

    def disk_here(self) -> RawShell:
        """A disk in the region of the image."""
        self.clean_up((("disk", ""),))
        return self._disk(self.location)

    def disk_elsewhere(self) -> RawShell:
        """A disk in another region than the build's: one is made there of the copy of a snapshot of a disk here."""
        script = self.script
        here, kind = RawShell(script.word("BUILD_LOCATION", self.origin.location)), ("--incremental", RawShell("true"))
        self.clean_up((("disk", "-there"), ("snapshot", "-there"), ("snapshot", ""), ("disk", "")))
        disk = self._disk(here)
        in_region: tuple[Option, ...] = (("--location", here), ("--source", disk), ("--copy-start", RawShell("false")))
        script.az("snapshot create", *self._made(""), *in_region, kind, self._tag, *_ID, into="snapshot")
        across: tuple[Option, ...] = (
            *(("--location", self.location), ("--source", RawShell('"$snapshot"'))),
            ("--copy-start", RawShell("true")),
        )
        script.az("snapshot create", *self._made("-there"), *across, kind, self._tag, *_ID, into="copy")
        self._wait()
        options = (*self._made("-there"), ("--location", self.location), ("--source", RawShell('"$copy"')))
        script.az("disk create", *options, self._tag, *_ID, into="there")
        return RawShell('"$there"')

    def create(self, source: RawShell, os_type: OsType) -> None:
        """Make the image. Azure changes none that is there, so that an old one must go first."""
        script = self.script
        with script.block("make_image() {", "}"):
            script.az(
                "image create",
                *self.place,
                ("--name", RawShell('"$@"')),
                ("--location", self.location),
                ("--source", source),
                ("--os-type", os_type.value),
                ("--hyper-v-generation", RawShell('"$generation"')),
            )
        script.line("")
        script.az("image list", *self.place, ("--query", "[].name"), ("--output", "tsv"), into="images")
        with script.block("""if printf '%s\\n' "$images" | grep -iqxFe "$image"; then""", "fi"):
            script.say("Image Builder replaced an image of that name. Here it goes when the new one is there by another name.")
            script.line(f'spare="new-{self._name("").text[1:]}')
            script.line(f'make_image "$spare" --tags "{REPLACES}=$image"')
            # Before the old image is deleted: a command that fails, or is killed, may have done so all the same.
            script.line('only=$spare spare=""')
            script.az("image delete", *self.place, ("--name", RawShell('"$image"')))
        tags, late = self.target.tags, self.target.late_tags
        script.line(" ".join(('make_image "$image"', *script.words(script.tags(tags, late)))))
        script.line('spare=$only only=""')
        if not are_plain(tags, late):
            script.merge_tags(self.named.id, tags, late)

    def _disk(self, location: Operand) -> RawShell:
        word = self.script.word
        match self.origin:
            case GalleryOrigin(_, version_id):
                source: Option = ("--gallery-image-reference", RawShell(word("SOURCE", version_id)))
            case SnapshotOrigin(snapshot):
                source = ("--source", RawShell(word("SOURCE", snapshot)))
        self.script.az("disk create", *self._made(""), ("--location", location), source, self._tag, *_ID, into="disk")
        return RawShell('"$disk"')

    def _wait(self) -> None:
        """Wait for the copy of the snapshot. `az snapshot wait` ends well on its own time-out, and knows no failure."""
        script = self.script
        script.line("")
        script.say("The copy goes on in the background.")
        with script.polling("The snapshot was not copied", _POLL_SECONDS):
            query = ("--query", "copyCompletionError.errorMessage || completionPercent")
            script.az("snapshot show", ("--ids", RawShell('"$copy"')), query, ("--output", "tsv"), into="copied")
            with script.block('case "$copied" in', "esac"):
                script.line("100 | 100.0) break ;;")
                script.line("""*[!0-9.]*) echo "The copy of the snapshot failed: $copied" >&2; exit 1 ;;""")
        script.line("")

    @property
    def _tag(self) -> Option:
        """The tag of all that is made on the way, by which it is found and told from that of other builds."""
        return ("--tags", f"{TEMPORARY}={self.label}")

    def _made(self, end: str) -> tuple[Option, ...]:
        """The options that name a resource which is deleted again."""
        return (*self.place, ("--name", self._name(end)))

    def _name(self, end: str) -> RawShell:
        return RawShell(f'{self.script.word("TEMPORARY_NAME", temporary_name(self.label, self.target.index))[:-1]}{end}"')

    def _delete(self, kind: str, name: RawShell) -> None:
        sure: tuple[Option, ...] = (("--yes",),) if kind == "disk" else ()
        left = f'echo "Left over, delete it: {kind} {name.text[1:-1]}" >&2'
        self.script.az(f"{kind} delete", *self.place, ("--name", name), *sure, otherwise=left)
