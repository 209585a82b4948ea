"""What the user says about the deployment of a template."""

from __future__ import annotations

import posixpath
from pathlib import PurePosixPath, PureWindowsPath
from typing import TYPE_CHECKING

from aib2packer.azure.clouds import Cloud
from aib2packer.lazy.models import dataclass, field, replace
from aib2packer.options import MOST_WORK

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from aib2packer.arm.documents.parameters import Given, Setting
    from aib2packer.arm.evaluation.budget import Budget
    from aib2packer.findings.model import Finding, Report
    from aib2packer.jsonc.tree import Json, JsonObject


IMAGE_TEMPLATES = frozenset({"microsoft.virtualmachineimages/imagetemplates", "microsoft.virtualmachineimages"})
"""The types that an image template goes by, in lower case."""


def _read_nothing(_path: str, _report: Report) -> None:
    return None


@dataclass(frozen=True, slots=True)
class Shown:
    """The image templates and deployment templates that a state or a plan of Terraform shows.

    `definitions` are the image definitions there, and `findings` is what there was to say.
    """

    resources: tuple[JsonObject, ...]
    definitions: tuple[JsonObject, ...]
    findings: tuple[Finding, ...]


@dataclass(frozen=True, slots=True)
class Context:
    """What the user says about the deployment.

    `values` are those of parameters, by the names as written, `filled` the names of those that stood in placeholders.
    `fold` uses them, and the defaults, in place of variables. `shape` are the parameters, in lower case, that decide what is
    built: their values are used in any case. `read_linked` reads a template by its path beside the outermost one, and `links`
    are the paths on the way to the template at hand.
    """

    values: Mapping[str, Given | Setting] = field(default_factory=dict)
    filled: frozenset[str] = frozenset()
    left_empty: frozenset[str] = frozenset()
    """The names, in lower case, of parameters that a parameters file leaves empty."""
    subscription_id: str | None = None
    resource_group: str | None = None
    location: str | None = None
    cloud: Cloud = Cloud.PUBLIC
    fold: bool = False
    shape: frozenset[str] = frozenset()
    read_linked: Callable[[str, Report], Json | None] = _read_nothing
    links: tuple[str, ...] = ()
    names: tuple[str, ...] = ()
    """The names of all image templates in the document, where these are known from an earlier reading."""
    most_work: int = MOST_WORK
    """What the evaluation of each reading may take."""
    budgets: list[Budget] = field(default_factory=list, repr=False, compare=False)
    """What has been paid for the evaluation, of each reading."""
    shown: dict[int, Shown] = field(default_factory=dict, repr=False, compare=False)
    """What the states and plans of Terraform in a document show, by identity: each image template has the same."""

    def linked(self, path: str) -> Context | None:
        """The context within the template that the one at hand links to; None for a path that leads nowhere new.

        Only a relative path is followed, and never in a circle.
        """
        if not path or "\0" in path or PureWindowsPath(path).anchor or PurePosixPath(path).anchor:
            return None
        here = posixpath.dirname(self.links[-1]) if self.links else ""
        whole = posixpath.normpath(posixpath.join(here, path))
        return None if whole in self.links else replace(self, links=(*self.links, whole))
