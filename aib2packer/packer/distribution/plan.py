"""Who makes which target: azure-arm one of each kind, the Azure CLI the others (docs/reference/packer-semantics.md 8.2)."""

from __future__ import annotations

from typing import TYPE_CHECKING, TypeVar

from aib2packer.aib.model import GalleryTarget, ManagedImageTarget, Target, VhdTarget
from aib2packer.lazy.models import dataclass
from aib2packer.packer.source.kinds import kind_of_source
from aib2packer.packer.variables.late_regions import first_region, region_now, regions_now

if TYPE_CHECKING:
    from collections.abc import Iterable

    from aib2packer.aib.ids import ResourceId
    from aib2packer.aib.model import ImageTemplate
    from aib2packer.arm.language.text import TemplateText

T = TypeVar("T", bound=Target)


@dataclass(frozen=True, slots=True)
class DistributionPlan:
    """Which targets azure-arm makes, and what the others are copied from.

    `location` is the region of the build (None: a variable), `subscription` its subscription (None: not known).
    `temporary_group` is the resource group of a managed image that azure-arm must make though no target asks for it;
    `snapshot` says whether it leaves one of the OS disk beside its image.
    """

    location: TemplateText | None
    subscription: TemplateText | None
    image: ManagedImageTarget | None
    gallery: GalleryTarget | None
    vhd: VhdTarget | None
    galleries: tuple[GalleryTarget, ...]
    """The targets in galleries, that of azure-arm first."""
    made: tuple[Target, ...]
    """The targets that azure-arm makes, in the template's order."""
    copied: tuple[Target, ...]
    temporary_group: TemplateText | None
    snapshot: bool

    @property
    def images(self) -> tuple[ManagedImageTarget, ...]:
        """The managed images, that of azure-arm first."""
        return (*(() if self.image is None else (self.image,)), *_those_of(ManagedImageTarget, self.copied))

    @property
    def image_group(self) -> TemplateText | None:
        """The resource group of the managed image that azure-arm makes."""
        return self.image.id.resource_group if self.image is not None else self.temporary_group


def plan_distribution(template: ImageTemplate) -> DistributionPlan:
    """Choose. A managed image is azure-arm's own only in the region and the subscription of the build."""
    images = _those_of(ManagedImageTarget, template.targets)
    location = build_region(template)
    subscription = next((text for _, text in in_one_subscription(template, images)), None)
    image = next(
        (target for target in images if is_same(target.location, location) and is_same_subscription(target.id, subscription)),
        None,
    )
    gallery = next(iter(_those_of(GalleryTarget, template.targets)), None)
    vhd = next(iter(_those_of(VhdTarget, template.targets)), None)
    group = None
    group_of_source = kind_of_source(template.source).image_group(template.source)
    if image is None and group_of_source is not None:
        group = group_of_source
    elif image is None and gallery is None and images:
        group = _group_within(subscription, template, images)
        if group is None:  # nothing to copy it from: it is tried as it stands, which is an error
            image = images[0]
    own = [id(target) for target in (image, gallery, vhd)]
    made = tuple([target for target in template.targets if id(target) in own])
    copied = tuple([target for target in template.targets if id(target) not in own])
    copies_images = bool(_those_of(ManagedImageTarget, copied))
    galleries = (*(() if gallery is None else (gallery,)), *_those_of(GalleryTarget, copied))
    return DistributionPlan(
        location, subscription, image, gallery, vhd, galleries, made, copied, group, snapshot=copies_images and gallery is None
    )


def build_region(template: ImageTemplate) -> TemplateText | None:
    """The region of the build: the template's, unless nothing ties the build to it and another spares a copy or a replica.

    Image Builder is not in every region, so that templates name one nearby; a marketplace image is everywhere. The managed
    images of a template say where, if they agree; and a gallery version must be where it is made, so that this is a region that
    the most versions name; but never one of another cloud. Where the template names no region, the first managed image does, or
    a version.
    """
    own = () if template.location is None else (template.location,)
    images = [target.location for target in _those_of(ManagedImageTarget, template.targets) if target.location]
    if template.vm.subnet is not None or template.source.marketplace is None:
        return next(iter((*own, *images)), None)
    agreed = images[:1] if not own or all(region.parts == images[0].parts for region in images) else []
    versions = [regions for target in _those_of(GalleryTarget, template.targets) if (regions := _regions_of(target, template))]
    named = (*agreed, *own, *(region for regions in versions for region in regions))
    reached = [{region.parts for region in regions} for regions in versions]
    here = template.cloud.facts
    candidates = [region for region in named if region.literal is None or here.has_region(region.literal)]
    return min(candidates or own, key=lambda one: sum(one.parts not in parts for parts in reached), default=None)


def _regions_of(target: GalleryTarget, template: ImageTemplate) -> list[TemplateText]:
    """The regions of a version that are known; of a list that is a variable the first, and the template's if it is there."""
    regions = [region.name for region in target.regions]
    for late in target.late_lists:
        now = regions_now(late, template.resolve)
        regions += [first_region(late, template.resolve)] if now else []
        regions += [template.location] if template.location and region_now(template.location, template.resolve) in now else []
    return regions


def _those_of(kind: type[T], targets: Iterable[Target]) -> list[T]:
    """The targets of one of the three kinds that azure-arm can make, of each of which it makes one."""
    return [target for target in targets if isinstance(target, kind)]


def is_same(first: TemplateText | None, second: TemplateText | None) -> bool:
    """Whether two regions are one, as far as can be told; what is not given is taken to be."""
    return first is None or second is None or first.parts == second.parts


def is_same_subscription(resource: ResourceId, subscription: TemplateText | None) -> bool:
    """Whether a resource lies in a subscription; it does where nothing tells that it does not."""
    own = resource.subscription.literal
    return subscription is None or not own or not subscription.literal or own.lower() == subscription.literal.lower()


def in_one_subscription(template: ImageTemplate, images: Iterable[ManagedImageTarget]) -> tuple[tuple[str, TemplateText], ...]:
    """What must lie in the subscription of the build VM, and the subscription it names. A gallery and an identity need not."""
    found: list[tuple[str, TemplateText | None]] = [("the template", template.id.subscription if template.id else None)]
    if template.vm.subnet is not None:
        found.append(("the subnet", template.vm.subnet.subscription))
    found += (bound,) if (bound := kind_of_source(template.source).subscription(template.source)) else ()
    found += (("the managed image to make", target.id.subscription) for target in images)
    return tuple((what, text) for what, text in found if text is not None)


def _group_within(
    subscription: TemplateText | None, template: ImageTemplate, images: Iterable[ManagedImageTarget]
) -> TemplateText | None:
    """A resource group in the subscription of the build, for an image that is deleted again."""
    for target in images:
        if is_same_subscription(target.id, subscription):
            return target.id.resource_group
    return template.id.resource_group if template.id is not None else None
