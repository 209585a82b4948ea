"""What is decided between reading a template and translating it: once, reported once, and passed on to all who need it."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from aib2packer.hcl.names import portable_name
from aib2packer.lazy.models import dataclass
from aib2packer.packer.distribution.plan import plan_distribution
from aib2packer.packer.distribution.tags import sort_tags
from aib2packer.packer.marketplace import architecture_of, generation_of
from aib2packer.packer.os_type import find_os_type
from aib2packer.packer.security import decide_security
from aib2packer.packer.subscription import decide_subscription
from aib2packer.packer.validation.validation_plan import decide_validation
from aib2packer.packer.vm.resource_group import label_of

if TYPE_CHECKING:
    from collections.abc import Mapping

    from aib2packer.aib.model import ImageTemplate
    from aib2packer.arm.language.text import TemplateText
    from aib2packer.findings.model import Report
    from aib2packer.options import Options, OsType
    from aib2packer.packer.distribution.plan import DistributionPlan
    from aib2packer.packer.distribution.tags import Tags
    from aib2packer.packer.marketplace import Architecture, Generation
    from aib2packer.packer.os_type import RunsOn
    from aib2packer.packer.security import Security
    from aib2packer.packer.validation.validation_plan import ValidationPlan

UNNAMED = "image"
"""What a build is called where nothing has a name."""
_LONGEST_NAME = 64  # of a template in Azure, and short enough for a file name


@dataclass(frozen=True, slots=True, kw_only=True)
class Decisions:
    """What a build is, before any of it is written."""

    name: str
    """The name of the build, which its files have too."""
    label: str
    """What tells the build from others in the names of what it makes on the way."""
    os_type: OsType
    subscription: TemplateText | str | None
    """The subscription of the build VM; None: a variable."""
    generation: Generation | None
    """The generation of the source image, as far as it is known from its names."""
    architecture: Architecture | None
    """The processor that the source image is for, as far as it is known."""
    security: Security
    plan: DistributionPlan
    """Who makes which target, and the region of the build."""
    tags: Tags
    validation: ValidationPlan
    """What validates what."""


def decide(template: ImageTemplate, kinds: Mapping[str, RunsOn], options: Options, report: Report) -> Decisions | None:
    """Decide all that the translation takes for granted; None after an error that leaves nothing to go on with.

    Args:
        template: What the template says.
        kinds: The kinds of customizers there are, by their names.
        options: What the user decided.
        report: Gets what there is to say about the decisions.

    """
    os_type = find_os_type(template, options.os_type, kinds, report)
    if os_type is None:
        return None
    plan = plan_distribution(template)
    names = _marketplace_names(template)
    generation = None if names is None else generation_of(*names)
    architecture = None if names is None else architecture_of(*names)
    name = options.build_name or name_build(template, options.called)
    return Decisions(
        name=name,
        label=label_of(name, options.place),
        os_type=os_type,
        subscription=decide_subscription(template, plan, options.subscription_id, report),
        generation=generation,
        architecture=architecture,
        security=decide_security(template, plan, generation, options.security_type, report),
        plan=plan,
        tags=sort_tags(template, plan, report),
        validation=decide_validation(template, plan, options),
    )


def _marketplace_names(template: ImageTemplate) -> tuple[str, str, str] | None:
    """Publisher, offer and SKU of the source, where it is a marketplace image."""
    source = template.source.marketplace
    return None if source is None else (str(source.publisher), str(source.offer), str(source.sku))


def _plain(text: str) -> str:
    """The text with a dash for what a name cannot have; `a - b` is `a-b`."""
    made = re.sub(r"[^A-Za-z0-9._-]+", "-", text)
    return made if made == text else re.sub("-+", "-", made)


def name_build(template: ImageTemplate, called: str = "") -> str:
    """A name for the build: the template's own, else that of the image, else what it is `called`, else of the run output."""
    candidates = [template.name]
    published = [target for target in template.targets if target.definition is not None]
    others = [target for target in template.targets if target.definition is None]
    candidates += [target.image["images"] for target in (*published, *others) if target.image is not None]
    known = [text.literal for text in candidates if text is not None and text.literal]
    known += [called, *(one.run_output_name.literal or "" for one in template.targets if one.run_output_name is not None)]
    names = (_plain(text).strip("-._")[:_LONGEST_NAME] for text in known)
    return portable_name(next(filter(None, names), ""), UNNAMED)
