"""What an image template says: plain data, alike for every API version and form of input.

`TEXTS` of a class names its fields that hold strings of the template, in the order in which variables are named for them.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from typing import TYPE_CHECKING, ClassVar, Generic, TypeAlias, TypeVar

from aib2packer.aib.gallery_versions import parse_version
from aib2packer.arm.language.text import Segment
from aib2packer.azure.clouds import Cloud
from aib2packer.lazy.models import dataclass, field, replace

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Mapping

    from aib2packer.aib.api_versions import ApiVersion
    from aib2packer.aib.gallery_versions import Version
    from aib2packer.aib.ids import ResourceId
    from aib2packer.arm.documents.parameters import ParameterFact
    from aib2packer.arm.documents.siblings import Siblings
    from aib2packer.arm.language.symbolic import ArmValue, Symbol
    from aib2packer.arm.language.text import TemplateText
    from aib2packer.jsonc.tree import JsonObject
    from aib2packer.text.source import Span

T_co = TypeVar("T_co", covariant=True)


@dataclass(frozen=True, slots=True)
class Located(Generic[T_co]):
    """A value and where it stands."""

    value: T_co
    span: Span


Number: TypeAlias = "Located[int] | TemplateText"
"""A number, or a text that is one expression, which gives the number when Packer runs."""


Flag: TypeAlias = "Located[bool] | TemplateText"
"""True or false, or a text that is one expression, which gives it when Packer runs."""


@dataclass(frozen=True, slots=True)
class PurchasePlan:
    """A marketplace purchase plan."""

    TEXTS: ClassVar[tuple[str, ...]] = ("name", "product", "publisher")

    name: TemplateText
    product: TemplateText
    publisher: TemplateText


def definition_label(gallery: str, image: str) -> str:
    """A gallery and an image in it; the one name of an id that is only known as a whole."""
    return gallery if gallery == image else f"{gallery}/{image}"


class Source(ABC):
    """What the image starts from. Its kind is one of those that reading was given (`packer/source/kinds.py`)."""

    __slots__ = ()
    kind: ClassVar[str]
    """The `type` that the service knows it by."""
    span: Span

    @abstractmethod
    def label(self, shown: Callable[[TemplateText], str]) -> str:
        """The source in a few words; `shown` is how a text is shown."""

    @property
    @abstractmethod
    def names(self) -> tuple[TemplateText, ...]:
        """The names that may tell what is in it."""

    @property
    def marketplace(self) -> PlatformImage | None:
        """The marketplace image that it is; None for an image of one's own."""
        return None

    @property
    def purchase_plan(self) -> PurchasePlan | None:
        """The purchase plan that it has, and images made from it have too."""
        return None

    @property
    def image(self) -> ResourceId | None:
        """The id of the image; None where it is no resource of one's own."""
        return None

    @property
    def definition(self) -> ResourceId | None:
        """The image definition that it is a version of, in a gallery of one's own."""
        return None

    def with_plan(self, plan: PurchasePlan) -> Source:
        """The source with the purchase plan that Azure knows of it, where azure-arm can be told of one."""
        del plan
        return self


@dataclass(frozen=True, slots=True)
class PlatformImage(Source):
    """A marketplace image; `version` None is the latest."""

    kind: ClassVar[str] = "PlatformImage"

    TEXTS: ClassVar[tuple[str, ...]] = ("publisher", "offer", "sku", "version", "plan")

    publisher: TemplateText
    offer: TemplateText
    sku: TemplateText
    version: TemplateText | None
    plan: PurchasePlan | None
    span: Span

    def label(self, shown: Callable[[TemplateText], str]) -> str:
        """Publisher, offer, SKU and version, as the Azure CLI writes them."""
        version = "latest" if self.version is None else shown(self.version) or "latest"
        return ":".join((*map(shown, (self.publisher, self.offer, self.sku)), version))

    @property
    def names(self) -> tuple[TemplateText, ...]:
        """Offer and SKU."""
        return self.offer, self.sku

    @property
    def marketplace(self) -> PlatformImage | None:
        """The image itself."""
        return self

    @property
    def purchase_plan(self) -> PurchasePlan | None:
        """The plan that the template names."""
        return self.plan


@dataclass(frozen=True, slots=True)
class ManagedImage(Source):
    """A managed image."""

    kind: ClassVar[str] = "ManagedImage"
    TEXTS: ClassVar[tuple[str, ...]] = ("id",)

    id: ResourceId
    span: Span

    def label(self, shown: Callable[[TemplateText], str]) -> str:
        """What the image is, and its name."""
        return f"managed image {shown(self.id['images'])}"

    @property
    def names(self) -> tuple[TemplateText, ...]:
        """The name of the image."""
        return (self.id["images"],)

    @property
    def image(self) -> ResourceId | None:
        """The id of the image."""
        return self.id


@dataclass(frozen=True, slots=True)
class GalleryImage(Source):
    """A version of a gallery image; `version` None is the latest."""

    kind: ClassVar[str] = "SharedImageVersion"
    TEXTS: ClassVar[tuple[str, ...]] = ("id", "version", "plan")

    id: ResourceId
    version: TemplateText | None
    span: Span
    plan: PurchasePlan | None = None
    """The plan of the image that it was made from, where Azure was asked: no template tells."""

    def label(self, shown: Callable[[TemplateText], str]) -> str:
        """Gallery and image definition."""
        return definition_label(shown(self.id["galleries"]), shown(self.id["images"]))

    @property
    def purchase_plan(self) -> PurchasePlan | None:
        """The plan that Azure told of."""
        return self.plan

    @property
    def names(self) -> tuple[TemplateText, ...]:
        """The name of the image definition."""
        return (self.id["images"],)

    @property
    def image(self) -> ResourceId | None:
        """The id of the version, or of its image definition."""
        return self.id

    @property
    def definition(self) -> ResourceId | None:
        """The id, of which a version is no part to look at."""
        return self.id

    def with_plan(self, plan: PurchasePlan) -> Source:
        """The source with a purchase plan."""
        return replace(self, plan=plan)


@dataclass(frozen=True, slots=True)
class SharedGalleryImage(Source):
    """An image of a community gallery, or of one shared directly; `id` as azure-arm takes it."""

    kind: ClassVar[str] = "SharedImageVersion"
    TEXTS: ClassVar[tuple[str, ...]] = ("id",)

    id: TemplateText
    community: bool
    span: Span

    def label(self, shown: Callable[[TemplateText], str]) -> str:
        """The id of the image, as azure-arm takes it."""
        return shown(self.id)

    @property
    def names(self) -> tuple[TemplateText, ...]:
        """The id of the image, as azure-arm takes it."""
        return (self.id,)


@dataclass(frozen=True, slots=True)
class Subnet:
    """The subnet of the build VM; `when` is the condition under which there is one, None for always."""

    TEXTS: ClassVar[tuple[str, ...]] = ("virtual_network", "name", "resource_group", "subscription", "id", "when")

    virtual_network: TemplateText
    name: TemplateText
    resource_group: TemplateText
    subscription: TemplateText | None
    id: TemplateText | None
    """The whole id, where the template has that."""
    span: Span
    when: TemplateText | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class VmProfile:
    """The build VM. A list that only Packer's run knows is one text: of disks, that of the objects in the template."""

    TEXTS: ClassVar[tuple[str, ...]] = ("size", "os_disk_gb", "data_disks_gb", "identities", "subnet")

    size: TemplateText | None = None
    os_disk_gb: Number | None = None
    data_disks_gb: tuple[Number, ...] | TemplateText = ()
    identities: tuple[TemplateText, ...] | TemplateText = ()
    subnet: Subnet | None = None
    span: Span


@dataclass(frozen=True, slots=True)
class Fetched:
    """A file that the service fetches; `sha256` None is not checked.

    `address` is the URI with its secrets and values, where they are known; `content` what was there, if it was fetched before.
    """

    TEXTS: ClassVar[tuple[str, ...]] = ("uri", "sha256")

    uri: TemplateText
    sha256: TemplateText | None
    address: str | None = field(default=None, repr=False)
    content: bytes | None = field(default=None, repr=False)
    origins: tuple[Span, ...] = field(default=(), repr=False, compare=False)
    """Where the URI and the checksum stand."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Customizer:
    """What every customizer has. `index` counts from 0; `path` is its place: customize[0]; `kind` is spelt as AIB does."""

    TEXTS: ClassVar[tuple[str, ...]] = ("name",)

    index: int
    path: str
    kind: str
    name: TemplateText | None
    span: Span

    @property
    def visible_text(self) -> str | None:
        """The commands that it runs; None where they are fetched later and cannot be seen."""
        return ""

    @property
    def called(self) -> str:
        """What people know it by: its name, which the step of the build has too, else its place."""
        literal = self.name.literal if self.name is not None else None
        return f"the step {literal}" if literal and literal.isprintable() else self.path


@dataclass(frozen=True, slots=True, kw_only=True)
class Validation:
    """What is checked on a VM made from the finished image; `source_only`: from the source image, and none is built.

    Validators are of the same kinds as customizers. `distribute_on_failure`: the image is distributed also if they fail.
    """

    TEXTS: ClassVar[tuple[str, ...]] = ("validators", "distribute_on_failure")

    validators: tuple[Customizer, ...]
    source_only: bool
    distribute_on_failure: Flag
    span: Span

    @property
    def is_decided_late(self) -> bool:
        """Whether only Packer's run knows if the image is distributed whatever the validators say."""
        return not isinstance(self.distribute_on_failure, Located)

    @property
    def surely_distributed(self) -> bool:
        """Whether the image is distributed whatever the validators say, as far as the template tells."""
        return isinstance(self.distribute_on_failure, Located) and self.distribute_on_failure.value


@dataclass(frozen=True, slots=True)
class TargetRegion:
    """A region that an image version is replicated to; what is None is the service's default."""

    TEXTS: ClassVar[tuple[str, ...]] = ("name", "replicas", "storage_account_type")

    name: TemplateText
    replicas: Number | None
    storage_account_type: TemplateText | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Target(ABC):
    """What every distribution target has. `index` counts from 0; `late_tags`: tags that only Packer's run knows, as one map.

    Its kind is one of those that reading was given (`packer/distribution/kinds.py`).
    """

    kind: ClassVar[str]
    """The `type` that the service knows it by."""

    TEXTS: ClassVar[tuple[str, ...]] = ("run_output_name", "tags", "late_tags")

    index: int
    run_output_name: TemplateText | None
    tags: Mapping[str, TemplateText]
    span: Span
    late_tags: TemplateText | None = None

    @abstractmethod
    def label(self, shown: Callable[[TemplateText], str]) -> str:
        """The target in a few words; `shown` is how a text is shown."""

    def after(self, made: Collection[str]) -> Target:
        """The target, knowing the ids of what runs of the template have made."""
        del made
        return self

    @property
    def image(self) -> ResourceId | None:
        """The id of the managed image or the image definition; None for what is neither."""
        return None

    @property
    def definition(self) -> ResourceId | None:
        """The image definition that a version is published to."""
        return None

    @property
    def late_objects(self) -> TemplateText | None:
        """A list of objects, not of strings, that only Packer's run knows."""
        return None

    @property
    def blob(self) -> TemplateText | None:
        """The URI of the blob that it is; None for what is none, or nowhere in particular."""
        return None

    @property
    def own_version(self) -> TemplateText | None:
        """The version, where the template names one."""
        return None

    @property
    def places(self) -> tuple[TemplateText, ...]:
        """The regions that it names."""
        return ()


@dataclass(frozen=True, slots=True, kw_only=True)
class ManagedImageTarget(Target):
    """A managed image to make."""

    kind: ClassVar[str] = "ManagedImage"
    TEXTS: ClassVar[tuple[str, ...]] = (*Target.TEXTS, "id", "location")

    id: ResourceId
    location: TemplateText | None

    def label(self, shown: Callable[[TemplateText], str]) -> str:
        """What the target is, and the name of the image."""
        return f"managed image {shown(self.id['images'])}"

    @property
    def image(self) -> ResourceId | None:
        """The id of the image."""
        return self.id

    @property
    def places(self) -> tuple[TemplateText, ...]:
        """The region of the image."""
        return () if self.location is None else (self.location,)


@dataclass(frozen=True, slots=True, kw_only=True)
class GalleryTarget(Target):
    """An image version to publish; `version` None lets `major` decide (None: any).

    `by_time`: of such an old API version that the service made the number from the time. `highest` is the version that a run
    has made there, where Azure was asked. `late_regions` are regions that only Packer's run knows, as one list;
    `late_target_regions` such ones with their replicas and storage types.
    """

    kind: ClassVar[str] = "SharedImage"

    TEXTS: ClassVar[tuple[str, ...]] = (
        *Target.TEXTS,
        "id",
        "version",
        "regions",
        "late_regions",
        "late_target_regions",
        "storage_account_type",
        "exclude_from_latest",
        "major",
        "replication_mode",
    )

    id: ResourceId
    version: TemplateText | None
    major: Number | None
    by_time: bool
    regions: tuple[TargetRegion, ...]
    storage_account_type: TemplateText | None
    exclude_from_latest: Flag | None
    replication_mode: TemplateText | None
    late_regions: TemplateText | None = None
    late_target_regions: TemplateText | None = None
    highest: Version | None = None

    def after(self, made: Collection[str]) -> GalleryTarget:
        """The target with the highest of the versions, given by their ids, that are of its image definition."""
        if not made:
            return self
        known = (self.id.text.literal or "").lower().split("/versions/")[0]
        ids = (one.lower().split("/versions/") for one in made)
        versions = (parse_version(end[0]) for image, *end in ids if image == known and end)
        return replace(self, highest=max((one for one in versions if one is not None), default=None))

    def label(self, shown: Callable[[TemplateText], str]) -> str:
        """Gallery and image definition."""
        return f"gallery {definition_label(shown(self.id['galleries']), shown(self.id['images']))}"

    @property
    def late_lists(self) -> tuple[TemplateText, ...]:
        """The lists of regions that only Packer's run knows."""
        return tuple(text for text in (self.late_regions, self.late_target_regions) if text is not None)

    @property
    def late_objects(self) -> TemplateText | None:
        """The regions with what they hold."""
        return self.late_target_regions

    @property
    def image(self) -> ResourceId | None:
        """The id of the image definition."""
        return self.id

    @property
    def definition(self) -> ResourceId | None:
        """The id of the image definition."""
        return self.id

    @property
    def own_version(self) -> TemplateText | None:
        """The version; None where the id is only known when Packer runs, and may end before one."""
        if self.version is None or any(isinstance(one, Segment) and one.optional for one in self.version.symbols):
            return None
        return self.version

    @property
    def places(self) -> tuple[TemplateText, ...]:
        """The regions that the version is replicated to."""
        return tuple(region.name for region in self.regions)


@dataclass(frozen=True, slots=True, kw_only=True)
class VhdTarget(Target):
    """A VHD blob to write; `uri` None leaves the place to the service."""

    kind: ClassVar[str] = "VHD"

    TEXTS: ClassVar[tuple[str, ...]] = (*Target.TEXTS, "uri")

    uri: TemplateText | None

    def label(self, shown: Callable[[TemplateText], str]) -> str:
        """What it is: it is called as the build has it."""
        del shown
        return "VHD"

    @property
    def blob(self) -> TemplateText | None:
        """The URI."""
        return self.uri


@dataclass(frozen=True, slots=True)
class Settled:
    """Settings that do not become HCL, by where they stand: each span stands for all that is below its pointer.

    `informative` ones name the template or were written by the service; `defaults` say what holds anyway; `instructions` are
    carried by the run instructions at the top of the output.
    """

    informative: tuple[Span, ...] = ()
    defaults: tuple[Span, ...] = ()
    instructions: tuple[Span, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class ImageTemplate:
    """An image template."""

    TEXTS: ClassVar[tuple[str, ...]] = (
        "name",
        "id",
        "location",
        "tags",
        "late_tags",
        "managed_resource_tags",
        "late_resource_tags",
        "identities",
        "build_timeout",
        "source",
        "vm",
        "customize",
        "validation",
        "targets",
        "staging_resource_group",
    )

    api: ApiVersion
    parameters: Mapping[str, ParameterFact]
    named: tuple[tuple[str, ArmValue], ...]
    """Names and values of the variables of the deployment template, and of its parameters that are arrays and objects."""
    siblings: Siblings
    resolve: Callable[[Symbol], ArmValue]
    name: TemplateText | None
    id: ResourceId | None
    location: TemplateText | None
    tags: Mapping[str, TemplateText]
    managed_resource_tags: Mapping[str, TemplateText]
    identities: tuple[TemplateText, ...]
    build_timeout_minutes: int
    """How long the build may take; where only Packer's run knows, as long as it may if nothing else is said."""
    build_timeout_span: Span | None
    build_timeout: TemplateText | None
    """How many minutes the build may take, where only Packer's run knows."""
    build_timeout_guessed: bool
    """Whether nothing gives even a default for them."""
    source: Source
    vm: VmProfile
    customize: tuple[Customizer, ...]
    validation: Validation | None
    targets: tuple[Target, ...]
    staging_resource_group: TemplateText | None
    abort_on_customizer_error: bool
    abort_on_validation_error: Located[bool]
    auto_run: Located[bool]
    settled: Settled
    body: JsonObject
    """The resource that all this was read from."""
    cloud: Cloud = Cloud.PUBLIC
    """The cloud of Azure that it is deployed in."""
    late_tags: TemplateText | None = None
    late_resource_tags: TemplateText | None = None
    """Tags, and tags of managed resources, that only Packer's run knows: a map each."""

    @property
    def span(self) -> Span:
        """Where the template stands."""
        return self.body.span
