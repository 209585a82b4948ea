"""Only what decides the shape must have a value: every setting of the newest API version, given without one, in each form.

A setting that has no value is a variable of the build, or is told with what to do about it.
"""

import json
import re

import pytest

from aib2packer import Conversion, Options, OsType, Severity, ValidateIn, convert
from tests.aib.specification import SPECIFICATION, document, settable, steps
from tests.cases.templates import Json

VERSION = list(SPECIFICATION)[-1]
SETTABLE = settable(VERSION)
_TYPES = {"integer": "int", "boolean": "bool", "array": "array", "object": "object", "map": "object"}
_TYPES_IN_TERRAFORM = {"integer": "number", "boolean": "bool", "array": "list(string)", "object": "any", "map": "map(string)"}
_MARK = "@@@"
_FORMS = ("<x>", "#{x}#", "__x__", "${x}", "$(x)", "{{ x }}", "[[x]]", "%x%", "${{ x }}")

# What decides what there is to build: which kind of source, step or target it is, which of them there are, and in which order.
DECIDES = {"properties", "properties.source", "properties.customize", "properties.distribute", "properties.validate"}
DECIDES |= {"properties.validate.inVMValidations"}
# What is read as unset, and told with how to give it: an alternative that Packer cannot choose when it runs.
READ_AS_UNSET = {
    "properties.optimize",
    "properties.optimize.vmBoot",
    "properties.optimize.vmBoot.state",
    "properties.optimize.workload",
    "properties.optimize.workload.state",
    "properties.errorHandling",
    "properties.errorHandling.onCustomizerError",
    "properties.errorHandling.onValidationError",
    "properties.autoRun",
    "properties.autoRun.state",
    "properties.validate.sourceValidationOnly",
    "properties.distribute[SharedImage].versioning",
    "properties.distribute[SharedImage].versioning[Latest].scheme",
    "properties.distribute[SharedImage].versioning[Source].scheme",
}
# What has no part in a build, whatever its value, or is told whatever its value: names, and what only Image Builder needs.
NO_PART = {
    "name",
    "location",  # of the template: a managed image's own region decides
    "identity",
    "identity.type",
    "identity.userAssignedIdentities",
    "properties.stagingResourceGroup",
    "properties.optimize.workload.scriptUri",
    "properties.optimize.workload.sha256Checksum",
    "properties.vmProfile.vnetConfig.containerInstanceSubnetId",
    "properties.vmProfile.vnetConfig.proxyVmSize",
    "properties.distribute[VHD].artifactTags",
}
# A placeholder is one value: an object in whose place it stands must be given.
OBJECTS = {
    "properties.vmProfile",
    "properties.vmProfile.vnetConfig",
    "properties.source[PlatformImage].planInfo",
    *(path for path in READ_AS_UNSET if SPECIFICATION[VERSION][path]["type"] == "object"),
    "identity",
    "identity.userAssignedIdentities",
}

_ONE_OF_EACH = (
    "properties.vmProfile.vmSize",
    "properties.vmProfile.osDiskSizeGB",
    "properties.customize[PowerShell].runElevated",
    "properties.distribute[SharedImage].replicationRegions",
    "tags",
)


def expected(path: str) -> str:
    """What becomes of a setting that has no value."""
    if path in DECIDES or path.endswith("].type"):
        return "decides"
    if path in READ_AS_UNSET:
        return "read as unset"
    if path in NO_PART or (steps(path)[-1].key == "name" and "targetRegions" not in path):
        return "no part"
    return "variable"


def found(conversion: Conversion) -> str:
    """What became of the setting whose value is x, or in the object cfg."""
    errors = [finding for finding in conversion.findings if finding.severity is Severity.ERROR]
    if errors:
        told = all(finding.code.id in {"AIB2P101", "AIB2P113"} and "--set" in finding.help for finding in errors)
        return "decides" if told else f"{errors[0].code.id}: {errors[0].message}"
    if any(finding.code.id == "AIB2P217" and "--set" in finding.help for finding in conversion.findings):
        return "read as unset"
    return "variable" if conversion.hcl and re.search(r"\bvar\.(?:x|cfg)\b", conversion.hcl) else "no part"


def options(path: str) -> Options:
    """Options with which a template converts whose setting at `path` is given."""
    custom = re.search(r"source\[(?:ManagedImage|SharedImageVersion)\]", path)
    return Options(os_type=OsType.LINUX if custom else None, validation=ValidateIn.INLINE)


def deployed(template: Json, name: str, kind: str) -> str:
    """A deployment template with a parameter without a value."""
    return json.dumps({"$schema": "deploymentTemplate.json", "parameters": {name: {"type": kind}}, "resources": [template]})


def in_terraform(template: Json, kind: str) -> str:
    """A configuration with a variable without a value, which stands at the mark."""
    beside = "".join(f"{key} = {hcl(template[key])}\n" for key in ("name", "location", "tags") if key in template)
    body = hcl({"properties": template["properties"]})
    type_ = f"{template['type']}@{template['apiVersion']}"
    return (
        f'variable "x" {{\ntype = {kind}\n}}\nresource "azapi_resource" "web" {{\ntype = "{type_}"\n{beside}body = {body}\n}}\n'
    )


def hcl(value: Json) -> str:
    """A value as Terraform writes it."""
    match value:
        case dict():
            return f"{{ {', '.join(f'{json.dumps(key)} = {hcl(item)}' for key, item in value.items())} }}"
        case list():
            return f"[{', '.join(map(hcl, value))}]"
        case str() if value == _MARK:
            return "var.x"
        case _:
            return json.dumps(value).replace("${", "$${")


def differences(made: dict[str, Conversion]) -> dict[str, tuple[str, str]]:
    """The settings of which something else became than is right: what became of them, and what is right."""
    both = {path: (found(conversion), expected(path)) for path, conversion in made.items()}
    return {path: one for path, one in both.items() if one[0] != one[1]}


def test_a_parameter_without_a_value_is_a_variable_unless_it_decides_the_shape() -> None:
    made = {}
    for path, kind in SETTABLE.items():
        template = deployed(document(VERSION, path, "[parameters('x')]"), "x", _TYPES.get(kind, "string"))
        made[path] = convert(template, options=options(path))

    assert differences(made) == {}


def test_so_is_what_is_taken_of_an_object_without_a_value() -> None:
    made = {}
    for path in SETTABLE:
        template = deployed(document(VERSION, path, "[parameters('cfg').x]"), "cfg", "object")
        made[path] = convert(template, options=options(path))

    assert differences(made) == {}


def test_so_is_a_variable_of_terraform_without_a_value() -> None:
    made = {}
    for path, kind in SETTABLE.items():
        if path not in {"identity", "identity.type", "identity.userAssignedIdentities"}:  # a block there
            configuration = in_terraform(document(VERSION, path, _MARK), _TYPES_IN_TERRAFORM.get(kind, "string"))
            made[path] = convert(configuration, file="main.tf", options=options(path))

    assert differences(made) == {}


@pytest.mark.parametrize("quote", ['"', ""])
def test_so_is_a_placeholder(quote: str) -> None:
    made = {}
    for path, kind in SETTABLE.items():
        if kind != "object" and path not in OBJECTS:
            text = json.dumps(document(VERSION, path, _MARK))
            made[path] = convert(text.replace(f'"{_MARK}"', f"{quote}<x>{quote}"), options=options(path))

    assert differences(made) == {}


@pytest.mark.parametrize("form", ["$x", "$env:x", "@x@", "@@x@@", "${{ x }}"])
def test_so_is_one_that_only_names_and_sizes_cannot_mean(form: str) -> None:
    path = "properties.vmProfile.vmSize"
    conversion = convert(json.dumps(document(VERSION, path, form)), options=options(path))

    assert re.search(r"vm_size += var\.x\n", conversion.hcl or "")


@pytest.mark.parametrize(
    ("uri", "printed"),
    [
        ("https://$account.blob.core.windows.net/c/$env:x.sh", "https://${var.account}.blob.core.windows.net/c/${var.x}.sh"),
        ("https://example.com/a.sh?$filter=1&x=$x", "https://example.com/a.sh?$filter=1&x=${var.x}"),
        ("https://a.blob.core.windows.net/$web/a.sh", "https://a.blob.core.windows.net/$web/a.sh"),
    ],
)
def test_so_is_one_in_a_uri_that_is_no_container_and_no_key_of_a_query(uri: str, printed: str) -> None:
    conversion = convert(json.dumps(document(VERSION, "properties.customize[Shell].scriptUri", uri)))

    assert printed in (conversion.hcl or "")


@pytest.mark.parametrize("quote", ['"', ""])
@pytest.mark.parametrize("form", _FORMS)
@pytest.mark.parametrize("path", _ONE_OF_EACH)
def test_so_is_a_placeholder_of_every_form(form: str, path: str, quote: str) -> None:
    text = json.dumps(document(VERSION, path, _MARK)).replace(f'"{_MARK}"', f"{quote}{form}{quote}")

    assert found(convert(text, options=options(path))) == "variable"
