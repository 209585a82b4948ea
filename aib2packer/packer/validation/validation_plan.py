"""What validates the image: a build that boots it, the build that makes it, or nothing (docs/reference/aib-behaviour.md 3)."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from aib2packer.aib.model import Located
from aib2packer.lazy.models import dataclass
from aib2packer.options import ValidateIn
from aib2packer.packer.distribution.image_version import fixed_version, series
from aib2packer.packer.distribution.kinds import kind_of_target

if TYPE_CHECKING:
    from aib2packer.aib.model import GalleryTarget, ImageTemplate, Target, Validation
    from aib2packer.options import Options
    from aib2packer.packer.distribution.plan import DistributionPlan
    from aib2packer.packer.distribution.target_kind import Bootable


@dataclass(frozen=True, slots=True)
class ValidationPlan:
    """What validates what.

    `booted` is the target that a VM is made from to validate it: azure-arm's gallery version, else its managed image; None
    where there is only a VHD, or nothing is made.
    """

    inline: Validation | None
    """What runs in the build that makes the image."""
    build: Validation | None
    """What a build of its own runs; None where there is none, or none that is put out."""
    booted: Target | None
    held_back: tuple[GalleryTarget, ...]
    """The targets whose versions are not to be the latest until the image is validated."""
    can_wait: tuple[GalleryTarget, ...]
    """The targets whose versions the user can keep from being the latest, while Image Builder still builds."""


def decide_validation(template: ImageTemplate, plan: DistributionPlan, options: Options) -> ValidationPlan:
    """Decide where the validators run, on what, and what waits for them."""
    booted = plan.gallery or plan.image
    is_inline = options.validation is ValidateIn.INLINE
    is_put_out = options.side_files or options.emit is not None
    build = template.validation if booted is not None and not is_inline and is_put_out else None
    held: tuple[GalleryTarget, ...] = ()
    if build is not None and not build.surely_distributed and plan.galleries:
        first = plan.galleries[0]
        held = tuple(target for target in plan.galleries if _can_be_latest(target) and _is_known(target, first))
    can_wait = tuple(filter(_can_be_latest, plan.galleries)) if options.in_estate and not held else ()
    return ValidationPlan(template.validation if is_inline else None, build, booted, held, can_wait)


def bootable_of(target: Target) -> Bootable[Any]:
    """How a target is booted that can be."""
    bootable = kind_of_target(target).bootable
    if bootable is None:
        message = f"Packer boots no {target.kind}"
        raise TypeError(message)
    return bootable


def _can_be_latest(target: GalleryTarget) -> bool:
    exclude = target.exclude_from_latest
    return exclude is None or (isinstance(exclude, Located) and not exclude.value)


def _is_known(target: GalleryTarget, booted: GalleryTarget) -> bool:
    """Whether the validation build knows the version of a target: the template names one, or it is that of the one it boots."""
    shared = target.version is None and booted.version is None and series(target) == series(booted)
    return target == booted or fixed_version(target) is not None or shared  # the build writes the variable of a fixed one down
