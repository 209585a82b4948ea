"""In which forms Terraform comes: files, states and plans, and the resources that deploy through ARM."""

from __future__ import annotations

from typing import TYPE_CHECKING

from aib2packer.findings import codes
from aib2packer.jsonc.tree import JsonMember, JsonObject, texts_in
from aib2packer.lazy.patterns import pattern

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from aib2packer.findings.model import Report
    from aib2packer.jsonc.tree import Json
    from aib2packer.text.source import SourceText, Span

IMAGE_TEMPLATE = "microsoft.virtualmachineimages/imagetemplates"
DEPLOYMENTS = {
    "azurerm_resource_group_template_deployment": ("template_content", "parameters_content"),
    "azurerm_subscription_template_deployment": ("template_content", "parameters_content"),
    "azurerm_management_group_template_deployment": ("template_content", "parameters_content"),
    "azurerm_tenant_template_deployment": ("template_content", "parameters_content"),
    "azurerm_template_deployment": ("template_body", "parameters_body"),
}
SECURITY_TYPES = {
    "trusted_launch_supported": "TrustedLaunchSupported",
    "confidential_vm_supported": "ConfidentialVMSupported",
    "trusted_launch_enabled": "TrustedLaunch",
    "confidential_vm_enabled": "ConfidentialVM",
}
"""What of `azurerm_shared_image` says which security type its images have."""
DEFINITION_FACTS = {"os_type": "osType", "hyper_v_generation": "hyperVGeneration"}
"""What else of it is told in Azure, and by which name."""
UPDATE = "azapi_update_resource"
UNUSED = "terraformVariables"
"""Where a deployment template that was a configuration has the variables that it does not need."""
_MARK = "\ue002"  # a private character
_MARKED = pattern(rf"{_MARK}(\d+){_MARK}")
_ARM_STRING = pattern(r"'(?:[^']|'')*'")
_HEAD = pattern(
    r"\s*(?:(?:\#|//)[^\n]*\n\s*)*"
    r'(?:(?:resource|data)\s+"|(?:variable|module|provider|output)\s+"|(?:locals|terraform)\s*\{)'
)


def is_configuration(source: SourceText) -> bool:
    """Whether a text is a Terraform configuration, by its name or by how it begins."""
    if source.name.lower().endswith((".tf", ".tofu")):
        return True
    return not source.text.startswith(("{", "[")) and _HEAD.match(source.text) is not None


def is_values_file(name: str) -> bool:
    """Whether a file gives the values of variables, by its name."""
    return name.lower().endswith((".tfvars", ".tfvars.json"))


def is_shown(document: JsonObject) -> bool:
    """Whether a document is a state or a plan of Terraform."""
    return document.get("format_version") is not None or (
        document.get("terraform_version") is not None and document.get("lineage") is not None
    )


def is_json_configuration(document: Json) -> bool:
    """Whether a document is a configuration with an image template in it, written in JSON."""
    resources = document.get("resource") if isinstance(document, JsonObject) else None
    return resources is not None and any(text.lower().startswith(f"{IMAGE_TEMPLATE}@") for text in texts_in(resources, ()))


def object_of(members: Mapping[str, Json], span: Span) -> JsonObject:
    """An object all of whose keys stand at one place."""
    return JsonObject(tuple(JsonMember(key, span, value) for key, value in members.items()), span)


def merged(members: list[JsonMember], more: tuple[JsonMember, ...]) -> list[JsonMember]:
    """Members with those of another object, which win; objects are put together."""
    found = {member.key: member for member in members}
    for member in more:
        known = found.get(member.key)
        if known is not None and isinstance(known.value, JsonObject) and isinstance(member.value, JsonObject):
            inner = merged(list(known.value.members), member.value.members)
            found[member.key] = JsonMember(member.key, known.key_span, JsonObject(tuple(inner), known.value.span))
        else:
            found[member.key] = member
    return list(found.values())


def report_elsewhere(address: str, span: Span, report: Report) -> None:
    """Say of an `azapi_update_resource` that it changes an image template that is not known here."""
    report.add(
        codes.LINKED_TEMPLATE,
        span,
        f"{address} updates an image template that is not known to be in this configuration: what it sets is in no build",
        help="Convert what Azure has of that template, or write into its body what is set here.",
    )


def as_arm_text(text: str) -> str:
    """A text as ARM takes it: one in brackets would be an expression there."""
    return f"[{text}" if text.startswith("[") and text.endswith("]") else text


def with_values(pieces: Sequence[str | None], values: Sequence[str], *, is_arm: bool = True) -> str:
    """A text in which values stand for what is None, as an ARM expression.

    `is_arm`: the text is one of an ARM template, and an expression itself where it is in brackets; a value in a string of it
    makes that a call of `format`.
    """
    waiting = iter(range(len(values)))
    marked = "".join(f"{_MARK}{next(waiting)}{_MARK}" if piece is None else piece for piece in pieces)
    if is_arm and marked.startswith("[") and not marked.startswith("[[") and marked.endswith("]"):
        strings = _ARM_STRING.sub(lambda string: _formatted(string[0][1:-1].replace("''", "'"), values), marked)
        return _MARKED.sub(lambda mark: values[int(mark[1])], strings)
    return f"[{_formatted(marked, values)}]"


def _formatted(text: str, values: Sequence[str]) -> str:
    """A text of ARM with marks for values in it: a string without any."""
    numbers = list(dict.fromkeys(int(number) for number in _MARKED.findall(text)))
    if numbers:
        text = text.replace("{", "{{").replace("}", "}}")
        text = _MARKED.sub(lambda mark: f"{{{numbers.index(int(mark[1]))}}}", text)
    string = "'" + text.replace("'", "''") + "'"
    return f"format({', '.join((string, *(values[number] for number in numbers)))})" if numbers else string
