"""What of a folder a build shares, what gets another name, and what clashes."""

import json
import re
from dataclasses import replace
from hashlib import sha256

import pytest

from aib2packer import Conversion, Options, SourceText
from tests.cases.templates import GALLERY_TARGET, LINUX, WINDOWS, Json, convert_json, template

SHELL = {"type": "Shell", "name": "names", "inline": ["docker ps --format '{{.Names}}'"]}
BUILD = 'source "null" "other" {}\n\nbuild {\n  sources = ["source.null.other"]\n}\n'


def land(
    *files: str, parameters: Json = None, name: str = "all.pkr.hcl", options: Options | None = None, **image: Json
) -> Conversion:
    resource = template(**{"name": "web", "customize": [SHELL], **image})
    document = {"parameters": parameters or {}, "resources": [resource]}
    if parameters:
        resource["tags"] = {key: f"[string(parameters('{key}'))]" for key in parameters}
    there = tuple(SourceText(f"packer/{number or ''}{name}", text) for number, text in enumerate(files))
    return convert_json(document, replace(options or Options(), side_files=True, into=there))


def declared(conversion: Conversion) -> list[str]:
    assert conversion.hcl is not None, conversion.findings
    return [line.split('"')[1] for line in conversion.hcl.splitlines() if line.startswith("variable ")]


def said(conversion: Conversion, code: str) -> list[str]:
    return [finding.message for finding in conversion.findings if finding.code.id == code]


OWNER = {"owner": {"type": "string", "defaultValue": "platform"}}


@pytest.mark.parametrize(
    "theirs",
    [
        'variable "owner" {\n  type    = string\n  default = "platform"\n}\n',
        'variable "owner" {\n  default = "${"platform"}"\n}\n',
        'variables {\n  owner = "platform"\n}\n',
    ],
)
def test_a_variable_of_the_same_type_and_default_is_used(theirs: str) -> None:
    made = land(theirs, parameters=OWNER)

    assert "owner" not in declared(made)
    assert "web_owner" not in declared(made)
    assert "= var.owner" in str(made.hcl)
    (message,) = said(made, "AIB2P462")
    line = 2 if theirs.startswith("variables") else 1
    assert message.endswith(f"used as it is: var.owner (packer/all.pkr.hcl:{line})")


@pytest.mark.parametrize(
    "theirs",
    [
        'variable "owner" {\n  type    = string\n  default = "somebody"\n}\n',
        'variable "owner" {\n  type = string\n}\n',
        'variable "owner" {\n  type    = list(string)\n  default = "platform"\n}\n',
        'variable "owner" {\n  type    = string\n  default = env("OWNER")\n}\n',
    ],
)
def test_a_variable_that_means_something_else_is_left_alone(theirs: str) -> None:
    made = land(theirs, parameters=OWNER)

    assert "web_owner" in declared(made)
    assert "= var.web_owner" in str(made.hcl)


def test_a_variable_that_must_be_given_takes_the_value_that_the_folder_has() -> None:
    made = land('variable "owner" {\n  type    = string\n  default = "x"\n}\n', parameters={"owner": {"type": "string"}})

    assert "web_owner" not in declared(made)


def test_a_value_that_was_given_is_not_taken_from_the_folder() -> None:
    theirs = 'variable "owner" {\n  type = string\n}\n'
    made = land(theirs, parameters={"owner": {"type": "string"}}, options=Options(settings=("owner=me",)))

    assert made.files["web.auto.pkrvars.hcl"] == b'web_owner = "me"\n'


def test_a_secret_is_no_variable_that_anybody_sees() -> None:
    parameters = {"owner": {"type": "securestring"}}

    assert "web_owner" in declared(land('variable "owner" {\n  type = string\n}\n', parameters=parameters))
    seen = land('variable "owner" {\n  type      = string\n  sensitive = true\n}\n', parameters=parameters)
    assert "web_owner" not in declared(seen)


def test_how_to_sign_in_means_the_same_whatever_its_default() -> None:
    made = land('variable "client_id" {\n  type = string\n}\n')

    assert "client_id" not in declared(made)
    assert {"tenant_id", "subscription_id"} <= set(declared(made))


def test_a_local_of_the_same_value_is_used_and_another_is_not() -> None:
    latest = {**GALLERY_TARGET, "galleryImageId": GALLERY_TARGET["galleryImageId"].partition("/versions")[0]}
    same, other = (
        land(f"locals {{\n  now = {value}\n}}\n", distribute=[latest])
        for value in ("timestamp( )", 'timeadd(timestamp(), "1h")')
    )

    assert "now " not in str(same.hcl)
    assert "local.now" in str(same.hcl)
    assert "web_now " in str(other.hcl)
    assert "local.web_now" in str(other.hcl)


def test_json_is_read_as_packer_reads_it() -> None:
    document = {
        "packer": {"required_plugins": {"azure": {"source": "github.com/hashicorp/azure", "version": "~> 2.6"}}},
        "variable": {"owner": {"type": "string", "default": "platform"}, "client_id": {}},
        "locals": {"as_root": "sudo"},
        "source": {"azure-arm": {"base": {}}},
        "build": [{"name": "base"}],
    }
    made = land(json.dumps(document, indent=1), parameters=OWNER, name="all.pkr.json")

    assert not {"owner", "web_owner", "client_id"} & set(declared(made))
    assert "required_plugins" not in str(made.hcl)
    assert "web_as_root " in str(made.hcl)
    clashing = land(json.dumps({"source": {"azure-arm": {"web": {}}}}), name="all.pkr.json")
    assert said(clashing, "AIB2P023") == [
        "the source web, which this build would have too, is declared at packer/all.pkr.json:1"
    ]


def test_the_files_of_an_earlier_run_are_not_among_what_is_there() -> None:
    first = land(BUILD)
    assert first.hcl is not None
    resource = template(name="web", customize=[SHELL])
    there = SourceText("packer/all.pkr.hcl", BUILD)

    def again(name: str) -> Conversion:
        into = (there, SourceText(f"packer/{name}", str(first.hcl)))
        return convert_json({"parameters": {}, "resources": [resource]}, Options(side_files=True, into=into))

    assert again("web.pkr.hcl") == first
    assert said(again("copy.pkr.hcl"), "AIB2P023"), "the same build by the name of another file"


@pytest.mark.parametrize(("theirs", "clashes"), [("~> 1.8.0", 1), ("< 1.13", 1), (">= 1.9", 0), ("~> 1.11", 0)])
@pytest.mark.parametrize("name", ["all.pkr.hcl", "all.pkr.json"])
def test_versions_of_packer_that_exclude_each_other_are_a_clash(theirs: str, clashes: int, name: str) -> None:
    text = f'packer {{\n  required_version = "{theirs}"\n}}\n'
    if name.endswith("json"):
        text = json.dumps({"packer": {"required_version": theirs}})
    messages = said(land(text, name=name), "AIB2P023")

    assert len(messages) == clashes
    for message in messages:
        assert message.startswith("this build needs Packer >= ")
        assert f", and packer/{name}:" in message
        assert message.endswith(f" wants {theirs}")


def test_a_file_of_that_name_which_no_conversion_made_is_a_clash() -> None:
    made = land(BUILD, name="web.pkr.hcl")

    assert made.hcl is None
    assert said(made, "AIB2P023") == ["packer/web.pkr.hcl is no file that a conversion has made"]


def test_a_file_that_is_no_hcl_is_an_error_at_its_place() -> None:
    made = land('variable "a" {\n  type = \n}\n')

    assert made.hcl is None
    (finding,) = [one for one in made.findings if one.code.id == "AIB2P005"]
    assert finding.span.source.name == "packer/all.pkr.hcl"


def test_files_that_are_too_much_to_read_are_told_with_the_limit_and_the_way_around_it() -> None:
    made = land("locals {\n" + "  a = 1\n" * 13_000 + "}\n")

    assert made.hcl is None
    (finding,) = [one for one in made.findings if one.code.id == "AIB2P005"]
    assert "more than the 40,000 words and marks" in finding.message
    assert "-o DIR" in finding.help


def test_files_of_a_folder_have_a_limit_together() -> None:
    made = land(*["locals {\n" + "  a = 1\n" * 9_000 + "}\n"] * 4)

    (message,) = said(made, "AIB2P005")
    assert message.startswith("with this file, the folder has more than the 100,000 words and marks")


@pytest.mark.parametrize("line", ["größe = 1", 'b = "a${~ "x" ~}b"', 'b = "%{ if true ~}x%{ endif }"'])
def test_what_packer_reads_is_read(line: str) -> None:
    made = land(f"locals {{\n  {line}\n  now = 1\n}}\n")

    assert made.hcl is not None
    assert said(made, "AIB2P005") == []
    assert "web_now " in str(made.hcl)


def test_another_name_for_the_build_is_the_name_of_all_that_is_its_own() -> None:
    made = land('source "azure-arm" "web" {}\n', parameters=OWNER, options=Options(build_name="shop"))

    assert made.build_file == "shop.pkr.hcl"
    assert "shop_owner" in declared(made)
    assert "packer build -only='shop.*' ." in str(made.hcl)
    assert "scripts/shop/01-names.sh" in made.files


def test_fetched_files_and_their_checksums_lie_under_the_name_of_the_build() -> None:
    uri = "https://example.com/setup.sh"
    made = land(BUILD, customize=[{"type": "Shell", "scriptUri": uri}], options=Options(assets={uri: b"true\n"}))

    assert made.files["scripts/web/01-setup.sh"] == b"true\n"
    assert made.files["web.SHA256SUMS"].endswith(b"  scripts/web/01-setup.sh\n")
    assert '"${path.root}/scripts/web/01-setup.sh"' in str(made.hcl)


@pytest.mark.parametrize("source", [LINUX, WINDOWS])
def test_what_validates_keeps_its_own_folder_and_names(source: Json) -> None:
    made = land(
        BUILD,
        parameters=OWNER,
        source=source,
        customize=[],
        properties={
            "validate": {"inVMValidations": [{"type": "File", "sourceUri": "https://e.com/a", "destination": "/tmp/a"}]}
        },
    )

    text = made.files["validate-web/build.pkr.hcl"].decode()
    assert "web_owner" not in text
    assert 'variable "owner"' in text
    last = 'reverse(jsondecode(file("../web.manifest.json")).builds)[0].custom_data.image_version'
    assert f"image_version = var.image_version != null ? var.image_version : {last}\n" in text
    assert "packer build validate-web" in str(made.hcl)


IMAGES = "/subscriptions/22222222-2222-2222-2222-222222222222/resourceGroups/images/providers/Microsoft.Compute/images"
COPIES = [
    {**GALLERY_TARGET, "type": "ManagedImage", "imageId": f"{IMAGES}/{name}", "location": region, "runOutputName": name}
    for name, region in (("one", "westeurope"), ("two", "northeurope"))
]


def test_scripts_of_several_builds_read_one_file_that_signs_in() -> None:
    made = land(distribute=COPIES)

    [script] = [path for path in made.files if path.endswith("copy.sh")]
    assert script == "scripts/web/distribute-1-copy.sh"
    assert '. "$SIGN_IN"' in made.files[script].decode()
    assert re.search(r'SIGN_IN +=? *= "\$\{path.root\}/scripts/sign-in.sh"', str(made.hcl))
    assert "scripts/sign-in.sh" in made.files


def test_builds_of_a_folder_fetch_what_they_share_to_one_place_which_it_takes_when_it_is_whole() -> None:
    fetched = {"type": "File", "sourceUri": "https://contoso.example/tool.tgz", "destination": "/tmp/tool.tgz"}
    other = {"type": "File", "sourceUri": "https://contoso.example/other/tool.tgz", "destination": "/tmp/other.tgz"}
    first, second = (str(land(name_, customize=[*steps]).hcl) for name_, steps in (("", (fetched,)), ("", (other, fetched))))

    place = '"${local.downloads}/' + sha256(b"https://contoso.example/tool.tgz").hexdigest()[:12] + '-tool.tgz"'
    assert place in first
    assert place in second
    assert re.search(r'downloads += "\$\{path.root\}/downloads"', first)
    assert re.search(r"-o \w+-tool\.tgz\.\$\$ ", first)
    assert re.search(r"mv (\w+-tool\.tgz)\.\$\$ \1", first)
    assert len(set(re.findall(r"\w{12}-tool\.tgz(?=\")", second))) == 2


def test_what_names_the_image_of_a_build_is_its_own() -> None:
    id_ = {"galleryImageId": {"type": "string"}}
    target = [{**GALLERY_TARGET, "galleryImageId": "[parameters('galleryImageId')]"}]
    theirs = 'variable "gallery_image_id" {\n  type    = string\n  default = "x"\n}\n'
    theirs += 'variable "image_version" {\n  default = null\n}\n'
    made = land(theirs, parameters=id_, distribute=target)

    assert {"web_gallery_image_id", "web_image_version"} <= set(declared(made))


def test_pipelines_run_in_the_folder_that_all_builds_are_in() -> None:
    made = land("", properties={"autoRun": {"state": "Enabled"}})
    pipelines = {path: text.decode() for path, text in made.files.items() if path.endswith(".yml")}

    assert len(pipelines) == 2
    for text in pipelines.values():
        assert "path/to/builds" in text
        assert set(re.findall(r"path/to/\w+", text)) == {"path/to/builds"}


FIXED = "11111111-aaaa-4aaa-8aaa-111111111111"
IN_FIXED = {
    "type": "ManagedImage",
    "imageId": f"/subscriptions/{FIXED}/resourceGroups/rg-img/providers/Microsoft.Compute/images/prod",
    "location": "westeurope",
    "runOutputName": "mi",
}


@pytest.mark.parametrize(
    ("default", "name"),
    [
        ('"22222222-bbbb-4bbb-8bbb-222222222222"', "web_subscription_id"),
        ('env("ARM_SUBSCRIPTION_ID")', "web_subscription_id"),
        ("", "web_subscription_id"),
        (f'"{FIXED}"', "subscription_id"),
    ],
)
def test_a_subscription_that_the_template_names_is_shared_only_with_builds_of_that_one(default: str, name: str) -> None:
    theirs = f'variable "subscription_id" {{\n  type    = string\n  default = {default}\n}}\n' if default else ""
    made = land(theirs, distribute=[IN_FIXED])

    assert re.search(rf"subscription_id += var\.{name}\n", str(made.hcl))
    assert (name in declared(made)) is (name != "subscription_id")


def test_what_another_build_uses_of_an_earlier_run_stays_declared() -> None:
    first = land("", parameters=OWNER)
    other = 'build {\n  name = "${local.sum}"\n  sources = ["source.null.${var.owner}"]\n}\n'
    mine = 'variable "owner" {\n  type = string\n  default = "x"\n  validation {\n    condition = var.owner != ""\n'
    mine += '    error_message = "Say who."\n  }\n}\nlocals {\n  sum = "${local.part}-${var.team}"\n  part = 1\n}\n'
    mine += 'variable "team" {\n  sensitive = true\n}\nvariable "needless" {}\n'
    head = str(first.hcl).partition("\n")[0]
    there = (SourceText("packer/web.pkr.hcl", f"{head}\n{mine}"), SourceText("packer/other.pkr.hcl", other))
    made = convert_json({"resources": [template(name="web", customize=[SHELL])]}, Options(side_files=True, into=there))

    assert {"owner", "team"} <= set(declared(made))
    assert "needless" not in declared(made)
    assert re.search(r'sum += "\$\{local\.part\}-\$\{var\.team\}"', str(made.hcl))
    assert 'error_message = "Say who."' in str(made.hcl)
