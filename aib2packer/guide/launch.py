"""How a build is run by a pipeline."""

from __future__ import annotations

from typing import TYPE_CHECKING

from aib2packer.guide.example import entry
from aib2packer.lazy.patterns import pattern
from aib2packer.packer.facts import Launch, ValueEntry
from aib2packer.packer.variables.products import products
from aib2packer.text.secrets import names_secret

if TYPE_CHECKING:
    from aib2packer.guide.instructions import Guide
    from aib2packer.hcl.values import Variable
    from aib2packer.packer.model import Build

# What no two builds should have alike, and how a build signs in, which the environment says.
_OF_ONE_BUILD = pattern(
    r"image_version(_.*)?|definition_security_type|gallery_subscription_id|managed_image_name|image_source|use_azure_cli_auth|oidc_request_.*"
    r"|client_id|tenant_id"
)


def launch(guide: Guide) -> Launch:
    """How a build, and the one that validates its image, are run in their folder."""
    runs = (guide.commands, *(() if guide.validation is None else (guide.validation,)))
    return Launch(
        auth=guide.auth,
        cloud=guide.cloud,
        set_cloud=guide.set_cloud,
        init=guide.commands.init,
        checks=tuple(run.check for run in runs),
        builds=tuple(run.build_by_itself for run in runs),
        environments=guide.environments,
        in_environment=any(run.environment for run in runs),
        runs_az=guide.runs_az,
        is_private=guide.private,
        minutes=tuple(run.limit.most for run in runs),
        watch=guide.watch,
    )


def entries(build: Build, guide: Guide) -> tuple[ValueEntry, ...]:
    """The variables of a build and the one that validates its image, as a file of values shows them; secrets have no text.

    What the user gave when converting is none of them: it stands in the build's own file of values.
    """
    builds = (build, *(() if build.validation is None else (build.validation,)))
    runs = (guide.commands, *(() if guide.validation is None else (guide.validation,)))
    required = {name for run in runs for name in run.required}
    own, given = products(build), {attribute.name for part in builds for attribute in part.values}
    found: dict[str, ValueEntry] = {}
    for variable in (one for part in builds for one in part.variables if one.name not in given):
        found[variable.name] = ValueEntry(
            variable.name, "" if variable.name in own else _text(variable), variable.name in required
        )
    return tuple(found.values())


def _text(variable: Variable) -> str:
    if variable.sensitive or _OF_ONE_BUILD.fullmatch(variable.name) or names_secret(variable.name):
        return ""
    return entry(variable)
