"""Placeholders of samples, and what only looks like one."""

import json
import re

import pytest

from aib2packer import Options, convert
from aib2packer.text.source import SourceText
from tests.cases.templates import GALLERY_TARGET, Json, codes_of, convert_json, hcl_of, template


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        ("<token>", "var.token"),
        ("< token >", "var.token"),
        ("a-<token>-b", '"a-${var.token}-b"'),
        ("<a><b>", '"${var.a}${var.b}"'),
        ("<a b.c-d>", "var.a_b_c_d"),
        ("${x}-$(y)", '"${var.x}-${var.y}"'),
        ("a__x__b", '"a${var.x}b"'),
        ("__x__", "var.x"),
        ("{{ x }}[[y]]", '"${var.x}${var.y}"'),
        ("100%", '"100%"'),
    ],
)
def test_a_token_in_a_tag_is_a_variable(value: str, expected: str) -> None:
    assert f"    tag = {expected}\n" in hcl_of(template(tags={"tag": value}))


@pytest.mark.parametrize("value", ["<token", "token>", "a < b", "<1>", "<>", "\u201ctoken\u201d", "<a<b>>"])
def test_half_a_token_in_a_name_is_not_filled_in(value: str) -> None:
    assert "AIB2P101" in codes_of(template(location=value))


@pytest.mark.parametrize(
    "command", ["cat < in > out", "echo <token>", "echo {token}", "echo \u201cx\u201d", "[ -f x ]", "[concat]"]
)
def test_commands_are_left_alone(command: str) -> None:
    hcl = hcl_of(template(customize=[{"type": "Shell", "inline": [command]}]))

    assert f'inline          = ["{command}"]' in hcl


@pytest.mark.parametrize("path", ["<path>", "__path__", "%path_in_vm%", "/tmp/${path}/a", "/tmp/<path>/a"])
def test_a_token_in_a_path_is_a_variable(path: str) -> None:
    step = {"type": "File", "sourceUri": "https://example.com/a", "destination": path}

    assert re.search(r'  destination = (?:var\.path|"/tmp/\$\{var\.path\}/a")', hcl_of(template(customize=[step])))


@pytest.mark.parametrize("name", ["<name>", "install-__name__", "${name}", "[[name]]"])
def test_a_step_whose_name_is_to_be_filled_in_has_none(name: str) -> None:
    document = template(customize=[{"type": "Shell", "name": name, "inline": ["true"]}])

    assert codes_of(document) == ["AIB2P472"]


@pytest.mark.parametrize("form", ["<{}>", "${{{}}}", "__{}__"])
def test_a_token_in_quotes_where_a_list_belongs_is_a_text(form: str) -> None:
    hcl = hcl_of(template(customize=[{"type": "Shell", "inline": form.format("commands")}]))

    assert "inline          = [var.commands]\n" in hcl


def test_a_signature_in_a_url_that_was_encoded_twice_is_a_secret() -> None:
    url = f"https%253A%252F%252Fcontoso.blob.core.windows.net%252Fx%253Fsp%253Dr%2526sig%253D{'A' * 43}%253D"

    assert "AAAA" not in hcl_of(template(tags={"from": url}))


def test_braces_are_tokens_within_ids_only() -> None:
    image = "/subscriptions/{subscription-id}/resourceGroups/{rg}/providers/Microsoft.Compute/galleries/g/images/{image name}"

    hcl = hcl_of(template(distribute=[{**GALLERY_TARGET, "galleryImageId": image}], tags={"tag": "{x}"}))

    assert "subscription   = var.subscription_id" in hcl
    assert "resource_group = var.rg\n" in hcl
    assert "image_name     = var.image_name\n" in hcl
    assert 'tag = "{x}"' in hcl


@pytest.mark.parametrize(
    "properties",
    [
        {"errorHandling": {"onCustomizerError": "<what>"}},
        {"optimize": {"vmBoot": {"state": "#{state}#"}}},
    ],
)
def test_a_token_where_no_text_belongs_is_read_as_unset_and_told(properties: dict[str, object]) -> None:
    assert codes_of(template(properties=properties)) == ["AIB2P217"]


def test_a_token_that_decides_what_is_built_is_not_filled_in() -> None:
    assert "AIB2P101" in codes_of(template(source={"type": "<type>"}))


@pytest.mark.parametrize("size", ["<size>", "#{size}#", "${size}", "$(size)", "{{ size }}", "[[size]]", "%size%", "__size__"])
def test_a_token_of_any_tool_is_a_variable_as_a_whole(size: str) -> None:
    hcl = hcl_of(template(properties={"vmProfile": {"vmSize": size, "osDiskSizeGB": size}}))

    assert "  vm_size                      = var.size\n" in hcl
    assert "  os_disk_size_gb              = var.size\n" in hcl


FORMS = ("<{}>", "#{{{}}}#", "${{{}}}", "$({})", "{{{{ {} }}}}", "[[{}]]", "%{}%", "__{}__")
BARE = {
    "disk": ("  os_disk_size_gb                  = var.disk\n", "number", "64"),
    "minutes": ('  polling_duration_timeout = "${var.minutes}m"\n', "number", "90"),
    "excluded": ("  shared_gallery_image_version_exclude_from_latest = var.excluded\n", "bool", "true"),
    "regions": ('concat(["westeurope"], var.regions)', "list(string)", '["northeurope"]'),
    "tags": ("  azure_tags = var.tags\n", "map(string)", '{"a": "b"}'),
    "command": ("[var.command]", "string", "true"),
    "commands": ("inline          = var.commands\n", "list(string)", '["true"]'),
    "disks": ("[for disk in var.disks : disk.sizeGB]", "list(map(string))", '[{"sizeGB": 10}]'),
    "identities": ("  user_assigned_managed_identities = var.identities\n", "list(string)", "[]"),
    "uri": ("= var.uri\n", "string", "https://example.com/a.sh"),
    "checksum": ("= var.checksum\n", "string", "a" * 64),
}


def deployment(resource: dict[str, Json], **parameters: Json) -> dict[str, Json]:
    """Make a deployment template of an image template."""
    schema = "https://schema.management.azure.com/schemas/2019-04-01/deploymentTemplate.json#"
    return {"$schema": schema, "parameters": parameters, "resources": [resource]}


def bare_tokens(form: str) -> str:
    """Make a template with placeholders in place of values."""
    token = {name: f"@@{form.format(name)}@@" for name in BARE}
    document = template(
        properties={
            "buildTimeoutInMinutes": token["minutes"],
            "vmProfile": {"osDiskSizeGB": token["disk"], "userAssignedIdentities": token["identities"]},
            "additionalDataDisks": token["disks"],
        },
        customize=[
            {"type": "Shell", "inline": [token["command"]]},
            {"type": "Shell", "inline": token["commands"]},
            {"type": "Shell", "scriptUri": token["uri"], "sha256Checksum": token["checksum"]},
        ],
        distribute=[
            {
                **{key: value for key, value in GALLERY_TARGET.items() if key != "targetRegions"},
                "replicationRegions": token["regions"],
                "excludeFromLatest": token["excluded"],
            }
        ],
        tags=token["tags"],
    )
    return json.dumps(document).replace('"@@', "").replace('@@"', "")


@pytest.mark.parametrize("form", FORMS)
def test_a_token_in_place_of_a_value_is_a_variable_of_the_type_that_belongs_there(form: str) -> None:
    conversion = convert(bare_tokens(form).encode(), file="t.json")

    hcl = conversion.hcl or str(conversion.findings)
    for name, (line, kind, _) in BARE.items():
        assert line in hcl, name
        assert re.search(rf'variable "{name}" {{\n  type +(= ){re.escape(kind)}\n', hcl), name


@pytest.mark.parametrize("form", FORMS)
def test_a_value_in_place_of_a_token_is_as_if_it_stood_there(form: str) -> None:
    settings = tuple(f"{name}={value}" for name, (_, _, value) in BARE.items())
    filled = bare_tokens(form)
    for name, (_, kind, value) in BARE.items():
        filled = filled.replace(form.format(name), json.dumps(value) if kind == "string" else value)

    given = convert(bare_tokens(form).encode(), file="t.json", options=Options(settings=settings))

    assert given.hcl == convert(filled.encode(), file="t.json").hcl


@pytest.mark.parametrize("form", FORMS)
def test_a_token_for_what_decides_the_shape_is_not_filled_in(form: str) -> None:
    text = json.dumps(template(properties={"customize": "@@"})).replace('"@@"', form.format("steps"))

    assert "AIB2P101" in [finding.code.id for finding in convert(text.encode(), file="t.json").findings]


@pytest.mark.parametrize("form", FORMS[2:])
def test_a_token_in_a_command_that_may_be_the_shells_is_refused_where_the_template_has_others(form: str) -> None:
    step = {"type": "Shell", "inline": [f"echo {form.format('x')}"]}

    assert "AIB2P101" not in codes_of(template(customize=[step]))
    assert "AIB2P101" in codes_of(template(customize=[step], location=form.format("location")))


@pytest.mark.parametrize("command", ["echo $(date) $(uname)", "dir %TEMP% %ProgramData%", 'python -c "__name__"'])
def test_what_scripts_mean_themselves_is_no_token(command: str) -> None:
    forms = {"vmSize": "$(size)", "osDiskSizeGB": "%disk%"}
    step = {"type": "Shell", "inline": [command]}

    assert "AIB2P101" not in codes_of(template(customize=[step], properties={"vmProfile": forms}, location="__location__"))


@pytest.mark.parametrize("form", [form for form in FORMS if form != "[[{}]]"])  # that is how ARM writes one bracket
def test_a_default_that_is_to_be_filled_in_is_none(form: str) -> None:
    resource = template(properties={"vmProfile": {"vmSize": "[parameters('size')]"}})
    document = deployment(resource, size={"type": "string", "defaultValue": form.format("vmSize")})

    assert re.search(r'variable "size" {\n  type        = string\n  description = "[^"]*"\n}', hcl_of(document))
    assert '  default     = "Standard_D2s_v5"' in hcl_of(document, Options(settings=("vmsize=Standard_D2s_v5",)))


def test_a_value_of_a_parameters_file_that_is_to_be_filled_in_stays_open() -> None:
    document = deployment(template(properties={"vmProfile": {"vmSize": "[parameters('size')]"}}), size={"type": "string"})
    values = SourceText("p.json", '{"parameters": {"size": {"value": "Standard_#{family}#s_v5"}}}')

    left = convert(json.dumps(document).encode(), file="t.json", options=Options(parameter_files=(values,)))
    filled = convert(
        json.dumps(document).encode(), file="t.json", options=Options(parameter_files=(values,), settings=("family=D2",))
    )

    description = "Size of the build VM. The parameter size of the template has no default. Whoever runs Packer gives it."
    assert f'variable "size" {{\n  type        = string\n  description = "{description}"\n}}' in (left.hcl or "")
    assert "AIB2P217" in [finding.code.id for finding in left.findings]
    assert '  default     = "Standard_D2s_v5"\n' in (filled.hcl or "")
    assert not {"AIB2P217", "AIB2P114"} & {finding.code.id for finding in filled.findings}


def test_a_value_fills_in_the_tokens_of_its_name_however_they_are_spelt() -> None:
    options = Options(settings=("resourceGroup=images", "SIZE=Standard_D4s_v5"), subscription_id="1-2-3")
    image = "/subscriptions/<subscription ID>/resourceGroups/{resource_group}/providers/Microsoft.Compute/images/web"
    target = {"type": "ManagedImage", "imageId": image, "location": "westeurope", "runOutputName": "web"}

    hcl = hcl_of(template(distribute=[target], properties={"vmProfile": {"vmSize": "#{size}#"}}), options)

    assert 'managed_image_resource_group_name = "images"' in hcl
    assert re.search(r'vm_size += "Standard_D4s_v5"', hcl)
    assert '"1-2-3"' in hcl


def test_a_list_fills_in_a_token_as_a_whole() -> None:
    options = Options(settings=('regions=["northeurope", "westeurope"]',))

    hcl = hcl_of(template(distribute=[{**GALLERY_TARGET, "replicationRegions": "<regions>"}]), options)

    assert 'name = "northeurope"' in hcl


def test_a_value_that_fits_nothing_is_told() -> None:
    assert codes_of(template(), Options(settings=("size=1",))) == ["AIB2P421"]


def test_dollars_with_braces_in_commands_are_the_shells_unless_the_template_has_such_tokens() -> None:
    step = {"type": "Shell", "inline": ["echo ${greeting} $${HOME}"]}

    assert codes_of(template(customize=[step])) == []
    assert "AIB2P101" in codes_of(template(customize=[step], location="${location}"))
    filled = Options(settings=("greeting=hello", "location=westeurope"))
    assert "echo hello $${HOME}" in hcl_of(template(customize=[step], location="${location}"), filled)


def test_a_value_that_holds_brackets_but_no_call_is_no_expression_in_a_bare_resource() -> None:
    assert codes_of(template(tags={"tag": "[x]"})) == []
    assert codes_of(template(tags={"tag": "[parameters('x')]"})) != []


@pytest.mark.parametrize(
    ("region", "is_wrong"),
    [("westus2 eastus", True), ("West US 2", False), ("usgovvirginia chinaeast2", True), ("south central us", False)],
)
def test_several_regions_in_one_text_are_an_error(region: str, *, is_wrong: bool) -> None:
    target = {**GALLERY_TARGET, "targetRegions": [{"name": region}]}

    made = convert_json(template(distribute=[target]))

    assert ("-Depth 20" in " ".join(finding.help for finding in made.findings)) is is_wrong
    assert (made.hcl is None) is is_wrong


IN_DOUBT = ("__MY__THING__", "__a__b__", "____x____", "#{{x}}", "%%x%%", "[[[x]]]", "##{x}##", "__x__a__b", "a-%%x%%-b")


@pytest.mark.parametrize("text", [*IN_DOUBT, "%{x}", "{{{x}}}"])
@pytest.mark.parametrize("settings", [(), ("x=1", "my=2", "a=3")])
def test_a_token_of_which_nobody_can_say_where_it_ends_is_refused_in_a_name(text: str, settings: tuple[str, ...]) -> None:
    document = template(properties={"vmProfile": {"vmSize": text}})

    assert "AIB2P101" in codes_of(document, Options(settings=settings))
    assert "AIB2P101" in codes_of(deployment(document), Options(settings=settings))


@pytest.mark.parametrize("text", IN_DOUBT)
def test_a_token_of_which_nobody_can_say_where_it_ends_is_refused_in_a_tag(text: str) -> None:
    assert "AIB2P101" in codes_of(template(tags={"tag": text}))


@pytest.mark.parametrize("text", ["__MY__THING__", "%%name%%", "#{{x}}"])
@pytest.mark.parametrize(("uri", "path"), [("{}", "a"), ("a", "{}")])
def test_a_token_of_which_nobody_can_say_where_it_ends_is_refused_in_a_path_and_a_url(text: str, uri: str, path: str) -> None:
    file = f"https://example.com/{uri.format(text)}/a"
    step = {"type": "File", "sourceUri": file, "destination": f"/tmp/{path.format(text)}/a"}

    assert "AIB2P101" in codes_of(template(customize=[step]))


@pytest.mark.parametrize("text", ["__MY__THING__", "%%my_thing%%", "#{{my_thing}}"])
def test_a_token_of_which_nobody_can_say_where_it_ends_is_one_in_an_expression(text: str) -> None:
    document = deployment(template(properties={"vmProfile": {"vmSize": f"[if(equals('{text}','a'),'x','y')]"}}))

    assert 'var.my_thing == "a"' in hcl_of(document)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("__a____b__", '"${var.a}${var.b}"'),
        ("%a%%b%", '"${var.a}${var.b}"'),
        ("web___env___v1", '"web_${var.env}_v1"'),
        ("a__x__b__y__c", '"a${var.x}b${var.y}c"'),
        ("my__name", '"my__name"'),
    ],
)
def test_tokens_beside_each_other_are_each_one(text: str, expected: str) -> None:
    assert f"vm_size                      = {expected}\n" in hcl_of(template(properties={"vmProfile": {"vmSize": text}}))
