"""What expressions come to when Packer evaluates them: what they came to in Azure, whatever the values of variables.

The stand-in for the azure plugin tells the source block with everything evaluated. Tags are the probe: they take any text.
Expected values are worked out by hand from docs/reference/arm-expressions.md 2; `guid` by Python's uuid5.
"""

import json
import re
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any
from uuid import UUID, uuid5

import pytest

from aib2packer import Conversion, Options, OsType
from aib2packer.findings import codes
from aib2packer.text.source import SourceText
from aib2packer.verify.values import SUBSCRIPTION
from tests.cases.templates import GALLERY_TARGET, convert_json, template
from tests.lab.judge import Packer

Json = Any

GUID_NAMESPACE = UUID("11fb06fb-712d-4ddd-98c7-e71bbd588830")
TAGS = 45  # of the 50 that Azure takes
SUBNET = f"/subscriptions/{SUBSCRIPTION}/resourceGroups/network/providers/Microsoft.Network/virtualNetworks/hub/subnets/builds"

# What `@name` stands for in the expressions below: type, and the value that the build is given.
PARAMETERS: Mapping[str, tuple[str, Json]] = {
    "text": ("string", "Web-Front"),
    "lower": ("string", "web"),
    "odd": ("string", 'a"b\\c ${d} %{e}'),
    "spaces": ("string", "  web\t"),
    "nothing": ("string", ""),
    "csv": ("string", "a,b,,c"),
    "digits": ("string", "042"),
    "yes": ("string", "TRUE"),
    "street": ("string", "Straße"),
    "net": ("string", "10.0.0.0/16"),
    "day": ("string", "2024-02-28T10:20:30Z"),
    "subnetId": ("string", SUBNET),
    "json": ("string", '{"a": {"b": "deep"}}'),
    "size": ("string", "large"),
    "seven": ("int", 7),
    "minus": ("int", -7),
    "one": ("int", 1),
    "flag": ("bool", True),
    "off": ("bool", False),
}
VARIABLES = {"sizes": {"small": "Standard_D2s_v5", "large": "Standard_D8s_v5"}, "letters": ["x", "y", "z"]}

TEXT = {
    "concat(@text, '-', @seven)": "Web-Front-7",
    "concat('is ', @flag, ' or ', @off)": "is True or False",
    "concat('${', @text, '} %{ \"', @odd, '\" \\')": '${Web-Front} %{ "a"b\\c ${d} %{e}" \\',
    "concat('a\nb ', @text)": "a\nb Web-Front",
    "concat('it''s ', @text)": "it's Web-Front",
    "format('{0}|{1}|{2}|{0}', @text, @seven, @flag)": "Web-Front|7|True|Web-Front",
    "format('{{{0}}} {{0}}', @text)": "{Web-Front} {0}",
    "toLower(@text)": "web-front",
    "toUpper(@text)": "WEB-FRONT",
    "toUpper(@street)": "STRAßE",
    "trim(@spaces)": "web",
    "replace(@text, '-', '_')": "Web_Front",
    "replace(@text, '.', '!')": "Web-Front",
    "replace(@text, '/e/', '!')": "Web-Front",
    "split(@csv, ',')[1]": "b",
    "string(length(split(@csv, ',')))": "4",
    "first(split(@csv, ','))": "a",
    "last(split(@csv, ','))": "c",
    "last(split(@subnetId, '/'))": "builds",
    "split(@subnetId, '/')[8]": "hub",
    "join(split(@csv, ','), ';')": "a;b;;c",
    "substring(@text, 4)": "Front",
    "substring(@text, 4, 2)": "Fr",
    "substring(@text, 9)": "",
    "take(@text, 3)": "Web",
    "take(@text, 99)": "Web-Front",
    "take(@text, @minus)": "",
    "take(@text, @one)": "W",
    "skip(@text, 4)": "Front",
    "skip(@text, 99)": "",
    "skip(@text, @minus)": "Web-Front",
    "first(@text)": "W",
    "last(@text)": "t",
    "string(length(@text))": "9",
    "string(length(@street))": "6",
    "string(empty(@nothing))": "True",
    "string(empty(@text))": "False",
    "string(contains(@text, 'Front'))": "True",
    "string(contains(@text, 'front'))": "False",
    "string(contains(@text, @nothing))": "True",
    "string(startsWith(@text, 'wEB'))": "True",
    "string(startsWith(@text, 'x'))": "False",
    "string(endsWith(@text, 'fRONT'))": "True",
    "string(endsWith(@text, 'Web'))": "False",
    "padLeft(@seven, 3, '0')": "007",
    "padLeft(@text, 3, '0')": "Web-Front",
    "base64(@street)": "U3RyYcOfZQ==",
    "base64ToString(base64(@street))": "Straße",
    "uriComponent(concat('a b&', @street))": "a%20b%26Stra%C3%9Fe",
    "uri('https://x.example/a/', @text)": "https://x.example/a/Web-Front",
    "uri('https://x.example/a/b', @text)": "https://x.example/a/Web-Front",
    "dataUri(@text)": "data:text/plain;charset=utf-8;base64,V2ViLUZyb250",
    "guid(@text)": str(uuid5(GUID_NAMESPACE, "Web-Front")),
    "guid(@text, @lower, 'x')": str(uuid5(GUID_NAMESPACE, "Web-Front-web-x")),
    "json(@json).a.b": "deep",
}
NUMBERS = {
    "string(@seven)": "7",
    "string(add(@seven, 2))": "9",
    "string(sub(@seven, @minus))": "14",
    "string(mul(@seven, add(@one, 2)))": "21",
    "string(div(@seven, 2))": "3",
    "string(div(@minus, 2))": "-3",
    "string(div(@seven, @minus))": "-1",
    "string(mod(@seven, 3))": "1",
    "string(mod(@minus, 3))": "-1",
    "string(sub(@seven, sub(@one, 2)))": "8",
    "string(min(@seven, 3))": "3",
    "string(max(@seven, 3, @minus))": "7",
    "string(int(@digits))": "42",
    "join(range(2, 3), ',')": "2,3,4",
    "join(range(1, @seven), ',')": "1,2,3,4,5,6,7",
    "cidrSubnet(@net, 24, 1)": "10.0.1.0/24",
    "cidrHost(@net, 0)": "10.0.0.1",
    "string(dateTimeToEpoch(@day))": "1709115630",
}
LOGIC = {
    "if(@flag, 'yes', 'no')": "yes",
    "if(@off, 'yes', 'no')": "no",
    "if(equals(@text, 'web-front'), 'same', 'different')": "different",
    "if(equals(@text, 'Web-Front'), @text, 'different')": "Web-Front",
    "if(and(@flag, not(@off), equals(@seven, 7)), 'all', 'some')": "all",
    "if(and(@off, equals(div(1, sub(@seven, 7)), 0)), 'a', 'lazy')": "lazy",
    "if(or(@off, @flag), 'one', 'none')": "one",
    "if(not(or(@off, @flag)), 'none', 'one')": "one",
    "if(equals(if(@off, @lower, @text), @text), 'inner', 'outer')": "inner",
    "string(@flag)": "True",
    "string(not(@flag))": "False",
    "string(bool(@yes))": "True",
    "string(less(@seven, 8))": "True",
    "string(lessOrEquals(@seven, 7))": "True",
    "string(greater(@minus, @seven))": "False",
    "string(greaterOrEquals(@minus, @seven))": "False",
    "string(equals(@digits, 42))": "False",
    "string(equals(@seven, 7))": "True",
    "coalesce(@text, 'none')": "Web-Front",
    "coalesce(null(), @text)": "Web-Front",
    "coalesce(@nothing, 'none')": "",
    "if(empty(@nothing), 'empty', @nothing)": "empty",
    "toLower(concat(if(@flag, 'A-', 'B-'), @text))": "a-web-front",
}
COLLECTIONS = {
    "variables('sizes')[@size]": "Standard_D8s_v5",
    "coalesce(tryGet(variables('sizes'), @size), 'none')": "Standard_D8s_v5",
    "coalesce(tryGet(variables('sizes'), @text), 'none')": "none",
    "variables('letters')[@one]": "y",
    "createObject('a', createArray(@text, @seven)).a[0]": "Web-Front",
    "join(concat(createArray(@text), createArray('z')), ',')": "Web-Front,z",
    "join(union(createArray(@text), createArray('b', @text)), ',')": "Web-Front,b",
    "join(union(split(@csv, ','), createArray('a', 'd')), '')": "abcd",
    "join(map(split(@csv, ','), lambda('x', concat('(', lambdaVariables('x'), ')'))), '')": "(a)(b)()(c)",
    "join(map(split(@csv, ','), lambda('x', 'i', concat(lambdaVariables('x'), lambdaVariables('i')))), '')": "a0b12c3",
    "join(filter(split(@csv, ','), lambda('x', not(empty(lambdaVariables('x'))))), '+')": "a+b+c",
    "join(take(split(@csv, ','), 2), '+')": "a+b",
    "join(skip(split(@csv, ','), 2), '+')": "+c",
    "string(contains(split(@csv, ','), 'b'))": "True",
    "string(contains(split(@csv, ','), 'B'))": "False",
    "string(indexOf(split(@csv, ','), 'c'))": "3",
    "string(indexOf(split(@csv, ','), 'C'))": "-1",
    "string(equals(createArray(@text), createArray('Web-Front')))": "True",
    "join(flatten(createArray(split(@csv, ','), createArray('d'))), '.')": "a.b..c.d",
    "resourceId('a-group', 'Microsoft.Compute/galleries/images', @text, @lower)": (
        f"/subscriptions/{SUBSCRIPTION}/resourceGroups/a-group/providers/Microsoft.Compute/galleries/Web-Front/images/web"
    ),
    "subscriptionResourceId('Microsoft.Authorization/policyDefinitions', @text)": (
        f"/subscriptions/{SUBSCRIPTION}/providers/Microsoft.Authorization/policyDefinitions/Web-Front"
    ),
    "extensionResourceId(concat('/subscriptions/', @lower), 'Microsoft.Insights/alerts', @text)": (
        "/subscriptions/web/providers/Microsoft.Insights/alerts/Web-Front"
    ),
    "substring(resourceGroup().id, 15, 36)": SUBSCRIPTION,
}
EXPRESSIONS = {**TEXT, **NUMBERS, **LOGIC, **COLLECTIONS}
CHUNKS = [list(EXPRESSIONS)[start : start + TAGS] for start in range(0, len(EXPRESSIONS), TAGS)]


def deployment(resource: Mapping[str, Json], parameters: Mapping[str, Json], **more: Json) -> dict[str, Json]:
    """Put an image template into a deployment template."""
    return {
        "$schema": "https://schema.management.azure.com/schemas/2019-04-01/deploymentTemplate.json#",
        "contentVersion": "1.0.0.0",
        "parameters": parameters,
        **more,
        "resources": [resource],
    }


def written_out(expression: str) -> str:
    """Write the expression out, in brackets: `parameters('name')` for `@name`."""
    return "[" + re.sub(r"@(\w+)", r"parameters('\1')", expression) + "]"


def tagged(expressions: Sequence[str]) -> dict[str, Json]:
    """Make a template with expressions as its tags, which are called t0, t1 and so on."""
    tags = {f"t{number}": written_out(expression) for number, expression in enumerate(expressions)}
    parameters = {name: {"type": kind} for name, (kind, _) in PARAMETERS.items()}
    return deployment(template(tags=tags), parameters, variables=VARIABLES)


def build(conversion: Conversion, folder: Path) -> Path:
    """Write what a conversion made, which must be HCL."""
    assert conversion.hcl is not None, [finding.message for finding in conversion.findings]
    file = folder / "build.pkr.hcl"
    file.write_text(conversion.hcl, encoding="utf-8")
    return file


def evaluated(packer: Packer, conversion: Conversion, folder: Path, variables: Mapping[str, str]) -> dict[str, Json]:
    """Tell the source block as Packer evaluates it with variables; those that the build lacks are left out."""
    file = build(conversion, folder)
    declared = re.findall(r'^variable "(\w+)"', file.read_text(encoding="utf-8"), re.MULTILINE)
    verdict = packer.validate(file, {name: value for name, value in variables.items() if name in declared})
    assert verdict.ok, verdict.output
    assert verdict.source is not None
    return verdict.source


def in_packer(name: str) -> str:
    """Name the variable of one of the parameters above."""
    return re.sub(r"([A-Z])", r"_\1", name).lower()


def given() -> dict[str, str]:
    """Give all parameters their values, as `-var` takes them."""
    values = {
        in_packer(name): value if isinstance(value, str) else json.dumps(value) for name, (_, value) in PARAMETERS.items()
    }
    return {**values, "subscription_id": SUBSCRIPTION, "resource_group_name": "group", "location": "westeurope"}


@pytest.mark.parametrize("chunk", CHUNKS, ids=lambda chunk: f"{len(chunk)} from {chunk[0]}")
def test_packer_computes_what_azure_resource_manager_would_have(chunk: list[str], packer: Packer, tmp_path: Path) -> None:
    conversion = convert_json(tagged(chunk))

    assert [finding.message for finding in conversion.findings if finding.code in {codes.FOLDED, codes.NO_HCL}] == []
    tags = evaluated(packer, conversion, tmp_path, given())["azure_tags"]
    computed = {expression: tags[f"t{number}"] for number, expression in enumerate(chunk)}
    assert computed == {expression: EXPRESSIONS[expression] for expression in chunk}


@pytest.mark.parametrize("chunk", CHUNKS, ids=lambda chunk: f"{len(chunk)} from {chunk[0]}")
def test_folding_computes_the_same(chunk: list[str], packer: Packer, tmp_path: Path) -> None:
    settings = tuple(f"{name}={value if kind == 'string' else json.dumps(value)}" for name, (kind, value) in PARAMETERS.items())
    options = Options(settings=settings, resolve=True, subscription_id=SUBSCRIPTION, resource_group="group")
    conversion = convert_json(tagged(chunk), options)

    tags = evaluated(packer, conversion, tmp_path, {"subscription_id": SUBSCRIPTION})["azure_tags"]
    computed = {expression: tags[f"t{number}"] for number, expression in enumerate(chunk)}
    assert computed == {expression: EXPRESSIONS[expression] for expression in chunk}


def string(**more: Json) -> dict[str, Json]:
    """Declare a parameter of type string."""
    return {"type": "string", **more}


PLACES = deployment(
    template(
        location=written_out("@location"),
        source={
            "type": "PlatformImage",
            "publisher": "Canonical",
            "offer": written_out("concat('ubuntu-', @release)"),
            "sku": written_out("if(@arm, 'server-arm64', 'server')"),
            "version": written_out("@sourceVersion"),
        },
        distribute=[
            {
                "type": "SharedImage",
                "galleryImageId": written_out("resourceId(@group, 'Microsoft.Compute/galleries/images', @gallery, @image)"),
                "runOutputName": "image",
                "excludeFromLatest": written_out("@preview"),
                "versioning": {"scheme": "Latest", "major": written_out("@major")},
                "targetRegions": [
                    {"name": written_out("@location"), "replicaCount": written_out("@replicas")},
                    {"name": written_out("toLower(@second)")},
                ],
            },
            {
                "type": "ManagedImage",
                "imageId": written_out("concat(resourceGroup().id, '/providers/Microsoft.Compute/images/img-', @image)"),
                "location": written_out("@location"),
                "runOutputName": "managed",
            },
        ],
        properties={
            "vmProfile": {
                "vmSize": written_out("variables('sizes')[@size]"),
                "osDiskSizeGB": written_out("add(@disk, 32)"),
                "userAssignedIdentities": [
                    written_out("resourceId('Microsoft.ManagedIdentity/userAssignedIdentities', @identity)")
                ],
                "vnetConfig": {"subnetId": written_out("@subnetId")},
            }
        },
    ),
    {
        "location": string(defaultValue="[resourceGroup().location]"),
        **{name: string() for name in ("release", "group", "gallery", "image", "second", "size", "identity", "subnetId")},
        "sourceVersion": string(defaultValue="latest"),
        "arm": {"type": "bool"},
        "preview": {"type": "bool", "defaultValue": True},
        "major": {"type": "int", "defaultValue": 1},
        "replicas": {"type": "int", "defaultValue": 1},
        "disk": {"type": "int"},
    },
    variables=VARIABLES,
)

PLACES_VALUES = {
    "subscription_id": SUBSCRIPTION,
    "resource_group_name": "rg",
    "location": "swedencentral",
    "release": "jammy",
    "group": "images",
    "gallery": "golden",
    "image": "web",
    "second": "NorthEurope",
    "size": "small",
    "identity": "builder",
    "subnet_id": SUBNET,
    "arm": "false",
    "disk": "96",
}


def test_every_setting_has_the_value_that_it_had_in_azure(packer: Packer, tmp_path: Path) -> None:
    conversion = convert_json(PLACES, Options(os_type=OsType.LINUX))

    source = evaluated(packer, conversion, tmp_path, PLACES_VALUES)
    gallery = source.pop("shared_image_gallery_destination")
    assert source == source | {
        "image_offer": "ubuntu-jammy",
        "image_sku": "server",
        "image_version": "latest",
        "location": "swedencentral",
        "vm_size": "Standard_D2s_v5",
        "os_disk_size_gb": 128,
        "user_assigned_managed_identities": [
            f"/subscriptions/{SUBSCRIPTION}/resourceGroups/rg/providers/Microsoft.ManagedIdentity/userAssignedIdentities/builder"
        ],
        "virtual_network_name": "hub",
        "virtual_network_resource_group_name": "network",
        "virtual_network_subnet_name": "builds",
        "managed_image_name": "img-web",
        "managed_image_resource_group_name": "rg",
        "shared_gallery_image_version_exclude_from_latest": True,
    }
    assert re.fullmatch(r"1\.\d{8}\.\d{1,6}", gallery.pop("image_version"))
    regions = gallery.pop("target_region")
    assert sorted((region["name"], region["replicas"]) for region in regions) == [("northeurope", 1), ("swedencentral", 1)]
    assert gallery == {"subscription": SUBSCRIPTION, "resource_group": "images", "gallery_name": "golden", "image_name": "web"}


def test_other_values_change_every_setting(packer: Packer, tmp_path: Path) -> None:
    others = {
        "location": "norwayeast",
        "release": "noble",
        "group": "g2",
        "gallery": "silver",
        "image": "db",
        "arm": "true",
        "size": "large",
        "disk": "0",
        "preview": "false",
        "replicas": "3",
        "source_version": "24.04.1",
        "resource_group_name": "rg2",
        "second": "WestEurope",
        "identity": "other",
    }
    conversion = convert_json(PLACES, Options(os_type=OsType.LINUX))

    source = evaluated(packer, conversion, tmp_path, PLACES_VALUES | others)
    gallery = source["shared_image_gallery_destination"]
    assert source == source | {
        "image_offer": "ubuntu-noble",
        "image_sku": "server-arm64",
        "image_version": "24.04.1",
        "location": "norwayeast",
        "vm_size": "Standard_D8s_v5",
        "os_disk_size_gb": 32,
        "managed_image_name": "img-db",
        "managed_image_resource_group_name": "rg2",
        "shared_gallery_image_version_exclude_from_latest": False,
    }
    assert (gallery["resource_group"], gallery["gallery_name"], gallery["image_name"]) == ("g2", "silver", "db")
    regions = gallery["target_region"]
    assert sorted((region["name"], region["replicas"]) for region in regions) == [("norwayeast", 3), ("westeurope", 1)]


GALLERY_ID = f"/subscriptions/{SUBSCRIPTION}/resourceGroups/pictures/providers/Microsoft.Compute/galleries/golden"


@pytest.mark.parametrize(
    ("expression", "values", "version"),
    [
        ("@whole", {"whole": f"{GALLERY_ID}/images/web"}, r"1\.\d{8}\.\d{1,6}"),
        ("@whole", {"whole": f"{GALLERY_ID}/images/web/versions/2.3.4"}, r"2\.3\.4"),
        ("concat(@prefix, '/images/', @image)", {"prefix": GALLERY_ID, "image": "web"}, r"1\.\d{8}\.\d{1,6}"),
        ("concat(@whole, '/versions/', @version)", {"whole": f"{GALLERY_ID}/images/web", "version": "2.3.4"}, r"2\.3\.4"),
        (
            (
                "concat('/subscriptions/', @sub, '/resourcegroups/pictures/providers/Microsoft.Compute/galleries/golden/', "
                "'images/web')"
            ),
            {"sub": SUBSCRIPTION},
            r"1\.\d{8}\.\d{1,6}",
        ),
        (
            "resourceId(@sub, 'pictures', 'Microsoft.Compute/galleries/images/versions', 'golden', 'web', @version)",
            {"sub": SUBSCRIPTION, "version": "2.3.4"},
            r"2\.3\.4",
        ),
    ],
    ids=["opaque", "opaque with a version", "prefix and name", "opaque and version", "concat", "resourceId"],
)
def test_an_id_is_taken_apart_wherever_its_parts_come_from(
    expression: str, values: Mapping[str, str], version: str, packer: Packer, tmp_path: Path
) -> None:
    target = {**GALLERY_TARGET, "galleryImageId": written_out(expression)}
    conversion = convert_json(deployment(template(distribute=[target]), {name: string() for name in values}))

    # `version` and `sub` may have become other names, for they mean something in every build.
    names = {"version": "template_version", "sub": "subscription_id"}
    variables = {**values, **{names.get(name, name): value for name, value in values.items()}, "subscription_id": SUBSCRIPTION}
    gallery = evaluated(packer, conversion, tmp_path, variables)["shared_image_gallery_destination"]
    assert re.fullmatch(version, gallery.pop("image_version"))
    assert gallery == gallery | {
        "subscription": SUBSCRIPTION,
        "resource_group": "pictures",
        "gallery_name": "golden",
        "image_name": "web",
    }


EMPTY_BY_DEFAULT = {"subnetId": string(defaultValue="")}
SUBNET_ID = "resourceId('network', 'Microsoft.Network/virtualNetworks/subnets', 'hub', @name)"
WHEN = "createObject('subnetId', @subnetId)"


@pytest.mark.parametrize(
    ("vnet_config", "parameters", "without", "within"),
    [
        ({"subnetId": written_out("@subnetId")}, EMPTY_BY_DEFAULT, {}, {"subnet_id": SUBNET}),
        (written_out(f"if(empty(@subnetId), null(), {WHEN})"), EMPTY_BY_DEFAULT, {}, {"subnet_id": SUBNET}),
        (written_out(f"if(not(empty(@subnetId)), {WHEN}, createObject())"), EMPTY_BY_DEFAULT, {}, {"subnet_id": SUBNET}),
        (
            written_out(f"if(not(empty(@subnetId)), {WHEN}, null())"),
            {"subnetId": string(nullable=True)},
            {},
            {"subnet_id": SUBNET},
        ),
        (
            {
                "subnetId": written_out(
                    "if(@join, resourceId('network', 'Microsoft.Network/virtualNetworks/subnets', 'hub', @name), '')"
                )
            },
            {"join": {"type": "bool"}, "name": string(defaultValue="builds")},
            {"join": "false"},
            {"join": "true"},
        ),
        (
            written_out(f"if(@join, {WHEN}, null())"),
            {"join": {"type": "bool"}, **EMPTY_BY_DEFAULT},
            {"join": "true"},
            {"join": "true", "subnet_id": SUBNET},
        ),
    ],
    ids=["empty id", "empty and null", "not empty and no object", "null", "an id or nothing", "both"],
)
def test_a_subnet_that_may_be_left_out_is_left_out(  # noqa: PLR0913, PLR0917 - a case has two sides
    vnet_config: Json,
    parameters: Mapping[str, Json],
    without: Mapping[str, str],
    within: Mapping[str, str],
    packer: Packer,
    tmp_path: Path,
) -> None:
    body = template(properties={"vmProfile": {"vnetConfig": vnet_config}})
    conversion = convert_json(deployment(body, parameters))
    assert [found.message for found in conversion.findings if found.code == codes.FOLDED] == []

    common = {"subscription_id": SUBSCRIPTION, "allowed_inbound_ip_addresses": '["192.0.2.1"]'}
    source = evaluated(packer, conversion, tmp_path, {**common, **without})
    assert source["allowed_inbound_ip_addresses"] == ["192.0.2.1"]
    assert not {"virtual_network_name", "virtual_network_subnet_name", "virtual_network_resource_group_name"} & source.keys()
    source = evaluated(packer, conversion, tmp_path, {**common, **within})
    assert source == source | {
        "virtual_network_name": "hub",
        "virtual_network_subnet_name": "builds",
        "virtual_network_resource_group_name": "network",
    }
    assert "allowed_inbound_ip_addresses" not in source


@pytest.mark.parametrize("value", ["", "builds", SUBNET.replace("/subnets/builds", ""), f"{SUBNET}/more"])
def test_what_is_no_id_of_a_subnet_is_refused(value: str, packer: Packer, tmp_path: Path) -> None:
    body = template(properties={"vmProfile": {"vnetConfig": {"subnetId": written_out("@subnetId")}}})
    file = build(convert_json(deployment(body, {"subnetId": string()})), tmp_path)

    verdict = packer.validate(file, {"subnet_id": value})
    assert not verdict.ok
    assert "The subnet_id must be a resource id: /subscriptions/.../resourceGroups/" in " ".join(verdict.output.split())


@pytest.mark.parametrize(
    ("given_name", "expected"), [({}, "img-web"), ({"image_name": "own"}, "own")], ids=["default", "given"]
)
def test_a_computed_default_gives_way_to_a_value(
    given_name: Mapping[str, str], expected: str, packer: Packer, tmp_path: Path
) -> None:
    parameters = {
        "team": string(defaultValue="WEB"),
        "imageName": string(defaultValue=written_out("concat('img-', toLower(@team))")),
    }
    conversion = convert_json(deployment(template(tags={"name": written_out("@imageName")}), parameters))

    source = evaluated(packer, conversion, tmp_path, {"subscription_id": SUBSCRIPTION, **given_name})
    assert source["azure_tags"] == {"name": expected}


def test_times_and_new_ids_have_the_form_that_the_template_asks_for(packer: Packer, tmp_path: Path) -> None:
    forms = {
        "[utcNow()]": r"\d{8}T\d{6}Z",
        "[utcNow('yyyy-MM-dd HH:mm:ss')]": r"\d{4}-\d\d-\d\d \d\d:\d\d:\d\d",
        "[utcNow('yyyyMMddhhmmss')]": r"\d{8}(0[1-9]|1[0-2])\d{4}",
        "[utcNow('yy.M.d')]": r"\d\d\.\d{1,2}\.\d{1,2}",
        "[utcNow('ddd, dd MMM yyyy')]": r"[A-Z][a-z]{2}, \d\d [A-Z][a-z]{2} \d{4}",
        "[newGuid()]": r"[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}",
    }
    parameters = {f"p{number}": string(defaultValue=default) for number, default in enumerate(forms)}
    tags = {name: written_out(f"@{name}") for name in parameters}
    conversion = convert_json(deployment(template(tags=tags), parameters))

    computed = evaluated(packer, conversion, tmp_path, {"subscription_id": SUBSCRIPTION})["azure_tags"]
    wrong = {
        default: computed[f"p{n}"]
        for n, (default, form) in enumerate(forms.items())
        if not re.fullmatch(form, computed[f"p{n}"])
    }
    assert wrong == {}


def test_a_parameter_that_is_null_counts_as_absent_in_text(packer: Packer, tmp_path: Path) -> None:
    tags = {"either": written_out("coalesce(@note, 'none')"), "inside": written_out("format('({0})', @note)")}
    conversion = convert_json(deployment(template(tags=tags), {"note": string(nullable=True)}))

    source = evaluated(packer, conversion, tmp_path, {"subscription_id": SUBSCRIPTION})
    assert source["azure_tags"] == {"either": "none", "inside": "()"}


def test_values_of_a_parameters_file_are_found_beside_the_build(packer: Packer, tmp_path: Path) -> None:
    file = {"parameters": {"team": {"value": "web"}, "disk": {"value": 128}, "odd": {"value": '${x} " %{y}'}}}
    body = template(
        tags={"team": written_out("@team"), "odd": written_out("@odd")},
        properties={"vmProfile": {"osDiskSizeGB": written_out("@disk")}},
    )
    options = Options(parameter_files=(SourceText("p.json", json.dumps(file)),), side_files=True)
    conversion = convert_json(deployment(body, {"team": string(), "disk": {"type": "int"}, "odd": string()}), options)

    build(conversion, tmp_path)
    for path, data in conversion.files.items():
        (tmp_path / path).parent.mkdir(exist_ok=True)
        (tmp_path / path).write_bytes(data)
    verdict = packer.validate(tmp_path, {"subscription_id": SUBSCRIPTION})
    assert verdict.ok, verdict.output
    assert verdict.source is not None
    assert verdict.source["os_disk_size_gb"] == 128
    assert verdict.source["azure_tags"] == {"team": "web", "odd": '${x} " %{y}'}


@pytest.mark.parametrize(
    ("parameter", "value", "accepted"),
    [
        (string(allowedValues=["canary", "broad"]), "broad", True),
        (string(allowedValues=["canary", "broad"]), "all", False),
        ({"type": "int", "minValue": 3, "maxValue": 9}, "3", True),
        ({"type": "int", "minValue": 3, "maxValue": 9}, "10", False),
        ({"type": "int", "minValue": -2}, "-3", False),
        ({"type": "int", "allowedValues": [1, 2]}, "2", True),
        ({"type": "int", "allowedValues": [1, 2]}, "3", False),
        (string(minLength=2, maxLength=4), "four", True),
        (string(minLength=2, maxLength=4), "x", False),
        (string(allowedValues=["a"], nullable=True), None, True),
        (string(maxLength=4, nullable=True), None, True),
        (string(maxLength=4, nullable=True), "fives", False),
        (string(minLength=3, defaultValue=written_out("concat('ab', @other)")), None, True),
        (string(allowedValues=["abx", "y"], defaultValue=written_out("concat('ab', @other)")), None, True),
    ],
)
def test_packer_takes_the_values_that_azure_took(
    parameter: Mapping[str, Json], value: str | None, *, accepted: bool, packer: Packer, tmp_path: Path
) -> None:
    tags = {"probe": written_out("string(coalesce(@probe, ''))"), "other": written_out("@other")}
    conversion = convert_json(deployment(template(tags=tags), {"probe": parameter, "other": string(defaultValue="x")}))

    variables = {"subscription_id": SUBSCRIPTION, **({} if value is None else {"probe": value})}
    assert packer.validate(build(conversion, tmp_path), variables).ok == accepted
