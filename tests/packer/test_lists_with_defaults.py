"""Lists and objects that have a value: variables, unless they decide what is built."""

import json
import re
from typing import Any

import pytest

from aib2packer import Conversion, Options, convert
from aib2packer.text.source import SourceText
from tests.cases.templates import GALLERY_TARGET, template
from tests.terraform.test_configuration import configuration

REGIONS = ["westeurope", "northeurope"]
PARAMETERS = {
    "regions": {"type": "array", "defaultValue": REGIONS},
    "tags": {"type": "object", "defaultValue": {"team": "web"}},
    "sizes": {"type": "object", "defaultValue": {"dev": {"vm": "Standard_D2s_v5", "disk": 64}, "prod": {"vm": "x", "disk": 9}}},
    "env": {"type": "string", "defaultValue": "dev"},
    "disks": {"type": "array"},
    "text": {"type": "string", "defaultValue": "eastus,northeurope"},
    "commands": {"type": "array", "defaultValue": ["apt-get update", "sudo reboot"]},
    "mixed": {"type": "array", "defaultValue": [{"name": "westeurope"}, {"name": "northeurope", "replicaCount": 2}]},
    "types": {
        "type": "array",
        "defaultValue": [{"name": name, "storageAccountType": type_} for name, type_ in zip(REGIONS, ("a", "b"), strict=True)],
    },
    "optional": {"type": "object", "nullable": True},
    "flags": {"type": "object", "defaultValue": {"on": True, "text": "x"}},
    "secrets": {"type": "object", "defaultValue": {"uri": "https://c.blob.core.windows.net/x?sv=2020&sig=c2VjcmV0c2VjcmV0"}},
}


def conversion(*, given: dict[str, Any] | None = None, **settings: Any) -> Conversion:  # noqa: ANN401 - of a template
    """Convert a template of these parameters; `given` is what a parameters file gives."""
    text = json.dumps({"$schema": "deploymentTemplate.json", "parameters": PARAMETERS, "resources": [template(**settings)]})
    values = json.dumps({name: {"value": value} for name, value in (given or {}).items()})
    files = (SourceText("values.json", values),) if given else ()
    return convert(text, options=Options(parameter_files=files))


def declaration(hcl: str, name: str) -> str:
    """The type and the default of a variable of a build, its lines joined."""
    found = re.search(rf'^variable "{name}" \{{\n(.*?)^\}}', hcl, re.MULTILINE | re.DOTALL)
    lines = found[1].splitlines() if found else []
    return " ".join(" ".join(line for line in lines if not line.startswith("  description ")).split())


def distributed(**settings: Any) -> dict[str, Any]:  # noqa: ANN401 - of a template
    """The properties of a template with one version in a gallery."""
    target = {key: value for key, value in GALLERY_TARGET.items() if key not in {"replicationRegions", "targetRegions"}}
    return {"distribute": [{**target, **settings}]}


def folded(made: Conversion) -> list[str]:
    """What is folded into its value, as the findings say it."""
    return [finding.message for finding in made.findings if finding.code.id == "AIB2P308"]


@pytest.mark.parametrize(
    ("regions", "for_each"),
    [
        ("parameters('regions')", "var.regions"),
        ("union(parameters('regions'), createArray('uksouth'))", 'distinct(concat(var.regions, ["uksouth"]))'),
    ],
)
def test_regions_are_a_variable_with_their_default(regions: str, for_each: str) -> None:
    made = conversion(location="westeurope", properties=distributed(replicationRegions=f"[{regions}]"))
    hcl = made.hcl or ""

    assert declaration(hcl, "regions") == 'type = list(string) default = ["westeurope", "northeurope"]'
    assert f'for region in concat(["westeurope"], {for_each}) :' in hcl
    assert not {"AIB2P305", "AIB2P308", "AIB2P311"} & {finding.code.id for finding in made.findings}


def test_a_build_is_in_the_first_of_its_regions_where_it_is_in_none_of_them_by_itself() -> None:
    hcl = conversion(location="uksouth", properties=distributed(replicationRegions="[parameters('regions')]")).hcl or ""

    assert re.search(r"^  location += var.regions\[0\]$", hcl, re.MULTILINE)
    assert 'for_each = distinct([for region in var.regions : lower(replace(region, " ", ""))])' in hcl


def test_regions_with_replicas_are_a_variable_too() -> None:
    hcl = conversion(location="uksouth", properties=distributed(targetRegions="[parameters('mixed')]")).hcl or ""

    assert declaration(hcl, "mixed").startswith("type = list(map(string)) default = [")
    assert re.search(r"^  location += var.mixed\[0\].name$", hcl, re.MULTILINE)
    assert "for_each = { for region in var.mixed :" in hcl


def test_regions_of_several_storage_types_are_in_the_output() -> None:
    made = conversion(properties=distributed(targetRegions="[parameters('types')]"))

    assert 'variable "types"' not in (made.hcl or "")
    assert [message for message in folded(made) if "types is a list" in message] or made.hcl is None


def test_data_disks_are_a_variable_with_their_default_unless_one_has_no_size() -> None:
    disks = {"properties": {"additionalDataDisks": "[parameters('disks')]"}}
    hcl = conversion(**disks, given={"disks": [{"sizeGB": 64}, {"sizeGB": 128}]}).hcl or ""

    assert declaration(hcl, "disks") == "type = list(map(string)) default = [ { sizeGB = 64 }, { sizeGB = 128 }, ]"
    assert "for disk in var.disks" in hcl
    assert "AIB2P102" in {finding.code.id for finding in conversion(**disks, given={"disks": [{"lun": 1}]}).findings}


def test_tags_are_a_variable_with_their_default() -> None:
    hcl = conversion(tags="[parameters('tags')]").hcl or ""

    assert declaration(hcl, "tags") == 'type = map(string) default = { team = "web" }'
    assert "azure_tags = var.tags" in " ".join(hcl.split())


def test_a_tag_of_the_template_that_gives_way_to_another_is_told_with_the_values_that_both_have_now() -> None:
    made = conversion(tags="[parameters('tags')]", properties={"managedResourceTags": {"Team": "db"}})

    assert "AIB2P306" in {finding.code.id for finding in made.findings}


def test_tags_that_may_be_null_are_a_variable_too() -> None:
    hcl = conversion(tags="[parameters('optional')]").hcl or ""

    assert declaration(hcl, "optional") == "type = map(string) default = null"


def test_what_is_there_only_where_an_object_is_not_null_is_told() -> None:
    plan = 'variable "plan" {\n  type    = object({ name = string })\n  default = null\n}\n'
    text = configuration(more=plan).replace(
        'sku = "server" }', 'sku = "server", planInfo = var.plan == null ? null : { planName = var.plan.name } }'
    )

    assert [message for message in folded(convert(text, file="main.tf")) if "plan is an object" in message]


def test_what_is_given_is_the_default() -> None:
    hcl = conversion(tags="[parameters('tags')]", given={"tags": {"a": "b", "c": "d"}}).hcl or ""

    assert declaration(hcl, "tags") == 'type = map(string) default = { a = "b" c = "d" }'


def test_a_table_is_a_variable_of_the_type_of_what_is_in_it() -> None:
    size = "[parameters('sizes')[parameters('env')].vm]"
    hcl = conversion(properties={"vmProfile": {"vmSize": size}}).hcl or ""

    assert declaration(hcl, "sizes").startswith("type = map(object({ vm = string, disk = number })) default = {")
    assert "var.sizes[var.env].vm" in hcl


def test_commands_are_in_the_output_and_their_restart_is_seen() -> None:
    made = conversion(customize=[{"type": "Shell", "inline": "[parameters('commands')]"}])

    assert '"apt-get update"' in (made.hcl or "")
    assert folded(made) == [
        "the parameter commands is a list: the output is for its default, and has no variable for it",
    ]


@pytest.mark.parametrize("text", ["parameters('flags').text", "string(parameters('flags').on)"])
def test_an_object_with_flags_is_in_the_output_for_arm_writes_them_in_its_own_way(text: str) -> None:
    made = conversion(tags={"t": f"[{text}]"})

    assert 'variable "flags"' not in (made.hcl or "")
    assert len(folded(made)) == 1


def test_no_secret_of_an_object_is_in_the_output() -> None:
    made = conversion(tags={"t": "[parameters('secrets').uri]"})

    assert "c2VjcmV0" not in (made.hcl or "")


def test_what_packer_has_no_function_for_has_the_value_that_it_has_now() -> None:
    order = "[sort(parameters('regions'), lambda('a', 'b', less(lambdaVariables('a'), lambdaVariables('b'))))]"
    made = conversion(location="westeurope", properties=distributed(replicationRegions=order))

    assert '["northeurope", "westeurope"]' in (made.hcl or "")
    assert len(folded(made)) == 1


def test_a_list_whose_items_are_image_templates_is_in_the_output() -> None:
    body = template(name="[parameters('regions')[copyIndex()]]", tags={"t": "[parameters('regions')[copyIndex()]]"})
    body["copy"] = {"name": "images", "count": "[length(parameters('regions'))]"}
    text = json.dumps({"$schema": "deploymentTemplate.json", "parameters": PARAMETERS, "resources": [body]})
    made = convert(text, options=Options(name="northeurope"))

    assert re.search(r'^ +t += "northeurope"$', made.hcl or "", re.MULTILINE)
    assert 'variable "regions"' not in (made.hcl or "")


def test_the_first_region_is_that_of_the_list_which_a_loop_makes_regions_of() -> None:
    regions = "[map(parameters('regions'), lambda('r', createObject('name', lambdaVariables('r'), 'replicaCount', 2)))]"
    hcl = conversion(location="uksouth", properties=distributed(targetRegions=regions)).hcl or ""

    assert re.search(r"^  location += var.regions\[0\]$", hcl, re.MULTILINE)


@pytest.mark.parametrize(
    ("tags", "code"),
    [({"n": {"nested": 1}}, "AIB2P103"), ({"n": 3}, "AIB2P404"), ({"${x}": "y"}, "AIB2P217")],
)
def test_tags_that_are_none_are_told_as_those_that_are_written_out(tags: dict[str, Any], code: str) -> None:
    told, of_literals = (
        {finding.code.id for finding in made.findings}
        for made in (conversion(tags="[parameters('tags')]", given={"tags": tags}), conversion(tags=tags))
    )

    assert code in of_literals
    assert of_literals <= told


@pytest.mark.parametrize("text", ["<ENV>", "__OWNER__", "#{Ver}#", "{{ build }}"])
def test_placeholders_in_the_values_of_tags_and_regions_are_variables(text: str) -> None:
    tagged = conversion(tags="[parameters('tags')]", given={"tags": {"env": text}}).hcl or ""
    placed = conversion(
        location="westeurope",
        properties=distributed(replicationRegions="[parameters('regions')]"),
        given={"regions": ["westeurope", text]},
    )

    assert 'variable "tags"' not in tagged
    assert 'variable "regions"' not in (placed.hcl or "")
    assert f'"{text}"' not in tagged + (placed.hcl or "")


def test_target_regions_without_a_name_are_told() -> None:
    made = conversion(
        properties=distributed(targetRegions="[parameters('mixed')]"),
        given={"mixed": [{"region": "eastus"}, {"name": "westus"}]},
    )

    assert made.hcl is None
    assert "AIB2P102" in {finding.code.id for finding in made.findings}


def test_an_item_that_a_list_does_not_have_is_an_error_unless_nothing_takes_it() -> None:
    first = "parameters('regions')[0]"
    none: dict[str, Any] = {"regions": []}
    taken = conversion(location=f"[{first}]", given=none)
    (error,) = [finding for finding in taken.findings if finding.code.id == "AIB2P100"]

    assert error.message == "there is no item 0 in an array of 0"
    assert conversion(location=f"[if(empty(parameters('regions')), 'westeurope', {first})]", given=none).hcl


def test_the_first_region_of_a_text_that_a_loop_takes_apart_is_that_of_the_text() -> None:
    body = "createObject('name', lambdaVariables('r'), 'replicaCount', 1, 'storageAccountType', 'Standard_LRS')"
    regions = f"[map(split(parameters('text'), ','), lambda('r', {body}))]"
    hcl = conversion(location="uksouth", properties=distributed(targetRegions=regions)).hcl or ""

    assert re.search(r'^  location += split\(",", var.text\)\[0\]$', hcl, re.MULTILINE)


@pytest.mark.parametrize("call", ["try(var.list[5], var.image)", 'can(var.list[5]) ? var.image : "none"'])
def test_what_terraform_tries_need_not_be_there(call: str) -> None:
    more = 'variable "list" {\n  default = ["a"]\n}\nvariable "image" {\n  type = string\n}\n'
    made = convert(configuration(inline=f'["echo ${{{call}}}"]', more=more), file="main.tf")

    assert made.hcl, made.findings
    assert "var.image" in made.hcl


def test_a_value_of_which_terraform_asks_whether_it_can_be_taken_apart_may_be_any() -> None:
    more = 'variable "image" {\n  type = string\n}\n'
    call = 'can(split("/", var.image)[8]) ? "full" : "short"'
    hcl = convert(configuration(inline=f'["echo ${{{call}}}"]', more=more), file="main.tf").hcl or ""

    assert 'can(split("/", var.image)[8])' in hcl
    assert "length(split(" not in hcl
