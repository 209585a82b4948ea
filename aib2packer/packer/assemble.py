"""A build, put together: its parts, and what these make necessary: declarations, plugins, a file of values."""

from __future__ import annotations

from typing import TYPE_CHECKING

from aib2packer.hcl.names import identifier
from aib2packer.hcl.printing import escape_templates, named_within
from aib2packer.hcl.values import Attribute, HclCode, Local, Variable
from aib2packer.lazy.models import replace
from aib2packer.packer.azure_arm import BUILD_VM, DISTRIBUTION, arrange
from aib2packer.packer.model import Build, Section
from aib2packer.packer.plugins import AZURE, WINDOWS_UPDATE
from aib2packer.packer.steps.download import checksums
from aib2packer.packer.steps.shell_local import encoding_note
from aib2packer.packer.variables.ours import SUBSCRIPTION, sentences
from aib2packer.packer.vm.resource_group import goes_with_build
from aib2packer.packer.vm.sign_in import SIGN_IN_NOTE, SIGN_IN_ORDER
from aib2packer.packer.vm.winrm import WINRM_NOTE

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from aib2packer.hcl.values import Settings
    from aib2packer.packer.model import PostProcessors, Provisioner, Steps
    from aib2packer.packer.steps.build_context import BuildContext


_GIVEN = "Whoever runs Packer gives it."
# Variables are declared in the order in which a person fills them in: what has no value, who signs in, what may be changed.
_LAST_VARIABLES = (
    *("allowed_inbound_ip_addresses", "build_resource_group_name"),
    *("vhd_storage_account", "vhd_resource_group_name", "vhd_container", "image_version", "definition_security_type"),
    "managed_image_name",
    *("exclude_from_latest", "side_by_side"),
)
_ONE_LIMIT = "What azure-arm waits for in Azure has 15 minutes each, unless it is said; Image Builder had one limit for all."
_PERHAPS_OWN_NETWORK = "In a subnet Packer reaches it by its private address: run Packer inside that network."
_IMAGE_ON_THE_WAY = "The gallery version is made of this image. It lies in the resource group of the build, and goes with it."
_NO_IMAGE = "None: no image is made."
_NAME_OF_NO_IMAGE = " azure-arm wants a name for one all the same, for it starts from a managed image."
_TOLERANT_PACKER = "1.16.0"  # the first with continue_on_error, and with all functions that expressions use
_OWN_NETWORK = "Packer reaches it by its private address: run Packer inside this network."


def assemble(
    name: str, source: Settings, steps: Steps, post_processors: tuple[PostProcessors, ...], context: BuildContext
) -> Build:
    """Put a build together, all but its header.

    `source` are the settings of azure-arm, `post_processors` what happens when it is done.
    """
    symbols = context.symbols
    if context.declares_ids:
        from aib2packer.packer.variables.shared_ids import with_ids_declared

        taken = {*symbols.order, *symbols.local_names}
        source, provisioners, post_processors = with_ids_declared(source, steps.provisioners, post_processors, taken)
        steps = replace(steps, provisioners=provisioners)
    provisioners, post_processors = _with_encoding_told(steps.provisioners, post_processors)
    notes = {"polling_duration_timeout": _ONE_LIMIT}
    if "virtual_network_name" in source:
        notes[BUILD_VM] = _PERHAPS_OWN_NETWORK if "allowed_inbound_ip_addresses" in source else _OWN_NETWORK
    if "skip_create_image" in source:
        notes[DISTRIBUTION] = _NO_IMAGE + (_NAME_OF_NO_IMAGE if "managed_image_name" in source else "")
    if isinstance(source.get("use_azure_cli_auth"), HclCode):
        notes["use_azure_cli_auth"] = SIGN_IN_NOTE
    if goes_with_build(source.get("managed_image_resource_group_name")):
        notes["managed_image_name"] = _IMAGE_ON_THE_WAY
    if "skip_create_build_key_vault" in source:
        notes["skip_create_build_key_vault"] = WINRM_NOTE
    sections = arrange(source, notes)
    provisioners = tuple(map(_escaped_step, _said_once(provisioners)))
    tolerant = any("continue_on_error" in step.settings for step in provisioners)
    order = (*SIGN_IN_ORDER, SUBSCRIPTION.name, *symbols.order)
    variables, values = _declared(sections, provisioners, post_processors, order)
    given = tuple(Attribute(item.name, symbols.given[item.name]) for item in variables if item.name in symbols.given)
    of_template = symbols.local_names
    scripts = {path: text for chain in post_processors for step in chain.steps for path, text in step.files.items()}
    return Build(
        name=name,
        label=identifier(name, "image"),
        packer_version=_TOLERANT_PACKER if tolerant else symbols.packer_version,
        plugins=(AZURE, *((WINDOWS_UPDATE,) if any(step.kind == "windows-update" for step in provisioners) else ())),
        variables=variables,
        # What the template says comes first, then what every build has.
        locals=tuple(sorted(values, key=lambda one: one.name not in of_template and not one.name.endswith("_parts"))),
        sections=sections,
        provisioners=provisioners,
        downloads=steps.downloads,
        post_processors=post_processors,
        files={**steps.files, **steps.assets, **checksums(steps.assets), **scripts},
        values=given,
    )


def _with_encoding_told(
    provisioners: tuple[Provisioner, ...], chains: tuple[PostProcessors, ...]
) -> tuple[tuple[Provisioner, ...], tuple[PostProcessors, ...]]:
    """The steps, the first with an encoded environment with a comment that says why it is one."""
    for at, step in enumerate(provisioners):
        if note := encoding_note(step.settings.get("env")):
            told = replace(step, comment=sentences(step.comment, note))
            return (*provisioners[:at], told, *provisioners[at + 1 :]), chains
    for at, chain in enumerate(chains):
        if note := next(filter(None, (encoding_note(step.settings.get("env")) for step in chain.steps)), ""):
            named = replace(chain, comment=sentences(chain.comment, note))
            return provisioners, (*chains[:at], named, *chains[at + 1 :])
    return provisioners, chains


def _declared(
    sections: Sequence[Section],
    provisioners: Sequence[Provisioner],
    post_processors: Sequence[PostProcessors],
    order: Sequence[str],
) -> tuple[tuple[Variable, ...], tuple[Local, ...]]:
    """The variables and locals that the build names. `order` is that of variables; those of every build come last."""
    in_source = named_within([section.body for section in sections])
    all_settings = [step.settings for step in provisioners]
    all_settings += [step.settings for chain in post_processors for step in chain.steps]
    in_build = named_within(all_settings)
    variables: dict[str, Variable] = {}
    for item in (*in_source, *in_build):
        # A name that is used twice is declared once: by the use that knows more.
        if isinstance(item, Variable) and (item.name not in variables or _knows(item) >= _knows(variables[item.name])):
            variables[item.name] = item
    ranks = {name: rank for rank, name in reversed(tuple(enumerate(order)))}
    declared = sorted(
        map(_asked_for, variables.values()),
        key=lambda item: (
            item.default is not None,
            item.name.startswith(_LAST_VARIABLES),
            ranks.get(item.name, len(ranks)),
        ),
    )
    return tuple(declared), tuple(dict.fromkeys(item for item in (*in_build, *in_source) if isinstance(item, Local)))


def _asked_for(variable: Variable) -> Variable:
    """A variable, which says who gives its value where it has none."""
    if variable.default is not None:
        return variable
    return replace(variable, description=sentences(variable.description, _GIVEN))


def _knows(variable: Variable) -> tuple[bool, bool, bool]:
    """How much a declaration says of the value: the value itself, where it comes from, what it must be."""
    has_default = variable.default is not None
    return has_default and not isinstance(variable.default, HclCode), has_default, bool(variable.validation)


def _said_once(steps: Sequence[Provisioner]) -> Iterator[Provisioner]:
    """The steps, each comment above the first that has it only: what holds for several is said once."""
    said: set[str] = set()
    for step in steps:
        yield replace(step, comment="") if step.comment in said else step
        said.add(step.comment)


def _escaped_step(step: Provisioner) -> Provisioner:
    """A provisioner with `{{` escaped in all but its name, which is Packer's own."""
    settings = {key: value if key == "name" else escape_templates(value) for key, value in step.settings.items()}
    return step if settings == step.settings else replace(step, settings=settings)
