"""Deployment templates: where the image template is found, and in which scope it is evaluated."""

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest

from aib2packer import Conversion, Options, OsType, convert
from aib2packer.findings import codes
from aib2packer.provenance.accounting import State, tally
from tests.cases.templates import GALLERY_TARGET, codes_of, convert_json, hcl_of, template

Json = Any

SCHEMA = "https://schema.management.azure.com/schemas/2019-04-01/{}.json#"
IMAGE = template(tags={"probe": "[parameters('probe')]"})
PROBE = {"probe": {"type": "string", "defaultValue": "inner"}}


def deployment(*resources: Mapping[str, Json], level: str = "deploymentTemplate", **more: Json) -> dict[str, Json]:
    """Make a deployment template."""
    return {"$schema": SCHEMA.format(level), "contentVersion": "1.0.0.0", **more, "resources": list(resources)}


def nested(
    inside: Mapping[str, Json], scope: str | None = "inner", *, parameters: Json = None, **more: Json
) -> dict[str, Json]:
    """Make a resource that deploys a template; `more` stands beside its type."""
    options = {} if scope is None else {"expressionEvaluationOptions": {"scope": scope}}
    given = {} if parameters is None else {"parameters": parameters}
    properties = {"mode": "Incremental", **options, **given, "template": inside}
    return {
        "type": "Microsoft.Resources/deployments",
        "apiVersion": "2022-09-01",
        "name": "inside",
        **more,
        "properties": properties,
    }


def tag(value: Json, options: Options | None = None) -> str:
    """What the tag `probe` of the build is, as HCL."""
    lines = [line.strip() for line in hcl_of(value, options).splitlines()]
    return next(line for line in lines if line.startswith("probe ")).partition("= ")[2]


def tagged(expression: str, **top: Json) -> dict[str, Json]:
    """Make a deployment template whose image has an expression as its tag `probe`."""
    return deployment(template(tags={"probe": expression}), **top)


@pytest.mark.parametrize("scope", ["inner", "Inner", "INNER"])
def test_inside_an_inner_deployment_its_own_parameters_count(scope: str) -> None:
    inside = deployment(IMAGE, parameters=PROBE)

    assert tag(deployment(nested(inside, scope))) == '"inner"'
    assert tag(deployment(nested(inside, scope, parameters={"probe": {"value": "passed"}}))) == '"passed"'


@pytest.mark.parametrize("scope", ["outer", "Outer", None])
def test_inside_an_outer_deployment_those_of_the_outer_template_count(scope: str | None) -> None:
    inside = deployment(IMAGE, parameters=PROBE)
    outer = {"probe": {"type": "string", "defaultValue": "outer"}}

    assert tag(deployment(nested(inside, scope), parameters=outer), Options(resolve=True)) == '"outer"'


def test_what_is_passed_is_evaluated_in_the_outer_template() -> None:
    inside = deployment(
        template(tags={"probe": "[variables('x')]"}), parameters=PROBE, variables={"x": "[parameters('probe')]"}
    )
    passed = {"probe": {"value": "[variables('x')]"}}

    assert tag(deployment(nested(inside, parameters=passed), variables={"x": "from outside"})) == '"from outside"'


def test_a_variable_of_the_outer_template_stays_one_through_nested_deployments() -> None:
    inner = deployment(IMAGE, parameters=PROBE)
    middle = deployment(
        nested(inner, parameters={"probe": {"value": "[concat(parameters('m'), '-x')]"}}), parameters={"m": {"type": "string"}}
    )
    outer = deployment(
        nested(middle, parameters={"m": {"value": "[parameters('team')]"}}), parameters={"team": {"type": "string"}}
    )

    assert tag(outer) == '"${var.team}-x"'


@pytest.mark.parametrize(
    "passed",
    [
        {"probe": {"value": None}},
        {"probe": "[createObject('value', null())]"},
        {"probe": "[if(equals(1, 1), createObject('value', null()), createObject('value', 'other'))]"},
        {"probe": {"value": "[null()]"}},
        {},
    ],
    ids=["null", "a whole expression", "a condition", "an expression", "nothing"],
)
def test_a_parameter_that_is_passed_null_takes_its_default(passed: Json) -> None:
    inside = deployment(IMAGE, parameters=PROBE)

    assert tag(deployment(nested(inside, parameters=passed))) == '"inner"'


@pytest.mark.parametrize(
    "passed",
    [
        {"probe": {"value": "passed"}},
        {"PROBE": {"value": "passed"}},
        {"probe": "[createObject('value', 'passed')]"},
        {"probe": "[variables('entry')]"},
        "[createObject('probe', createObject('value', 'passed'))]",
    ],
    ids=["plain", "other case", "a whole expression", "a variable", "all parameters as one expression"],
)
def test_parameters_can_be_passed_in_any_form(passed: Json) -> None:
    inside = deployment(IMAGE, parameters=PROBE)

    assert tag(deployment(nested(inside, parameters=passed), variables={"entry": {"value": "passed"}})) == '"passed"'


def test_a_nested_deployment_has_the_group_that_it_names() -> None:
    inside = tagged("[resourceGroup().name]")

    assert tag(deployment(nested(inside, resourceGroup="images"))) == '"images"'
    assert tag(deployment(nested(inside, "outer", resourceGroup="images"))) == "var.resource_group_name"
    assert tag(deployment(nested(inside))) == "var.resource_group_name"


def test_a_nested_deployment_has_the_subscription_that_it_names() -> None:
    inside = tagged("[subscription().subscriptionId]")

    assert tag(deployment(nested(inside, subscriptionId="11111111-1111-1111-1111-111111111111"))) == (
        '"11111111-1111-1111-1111-111111111111"'
    )


@pytest.mark.parametrize("condition", [False, "[false()]", "[equals(parameters('on'), 'yes')]"])
def test_what_its_condition_leaves_out_is_not_seen(condition: Json) -> None:
    left_out = {**template(name="old"), "condition": condition}
    parameters = {"on": {"type": "string", "defaultValue": "no"}}

    told = [codes.NO_IMAGE_TEMPLATE.id, codes.LEFT_OUT.id]
    assert sorted(codes_of(deployment(left_out, parameters=parameters))) == told
    assert 'name    = "image"' in hcl_of(deployment(left_out, template(), parameters=parameters))
    outer = {**nested(deployment(template(name="old"))), "condition": condition}
    assert sorted(codes_of(deployment(outer, parameters=parameters))) == told


@pytest.mark.parametrize(
    ("condition", "help_text"),
    [
        ("[parameters('on')]", "give on another value: --set on=…, or"),
        (
            "[and(parameters('on'), equals(parameters('stage'), 'x'))]",
            "give on and stage other values: --set on=… --set stage=…, or",
        ),
        ("[variables('prod')]", "give stage another value: --set stage=…, or"),
        ("[parameters('all').on]", "give all another value: --set all=…, or"),
        (False, "change its condition."),
    ],
)
def test_what_switches_an_image_template_is_named(condition: Json, help_text: str) -> None:
    parameters = {"on": {"type": "bool", "defaultValue": False}, "stage": {"type": "string", "defaultValue": ""}}
    parameters |= {"all": {"type": "object", "defaultValue": {"on": False}}}
    variables = {"prod": "[equals(parameters('stage'), 'prod')]"}
    images = {**template(name="old"), "condition": condition}, template()
    whole = deployment(*images, parameters=parameters, variables=variables)

    conversion = convert_json(whole)

    (told,) = (finding.help for finding in conversion.findings if finding.code is codes.LEFT_OUT)
    assert told.startswith(f"To convert it, {help_text}")
    assert [entry.finding.code for entry in conversion.settings if entry.state is State.LEFT_OUT and entry.finding] == [
        codes.LEFT_OUT
    ]
    assert tally(conversion.settings).endswith("0 lost; 1 image template left out")


def test_what_is_only_looked_up_is_not_seen() -> None:
    resources = {"there": {**template(name="there"), "existing": True}, "image": template()}
    whole = {**deployment(), "languageVersion": "2.0", "resources": resources}

    assert 'name    = "image"' in hcl_of(whole)


@pytest.mark.parametrize("level", ["deploymentTemplate", "DeploymentTemplate", "subscriptionDeploymentTemplate"])
def test_an_id_without_a_subscription_is_that_of_the_deployment(level: str) -> None:
    whole = tagged("[resourceId('a-group', 'Microsoft.Compute/images', 'x')]")
    whole["$schema"] = SCHEMA.format(level)
    if level.startswith("subscription"):
        whole["resources"][0]["tags"]["probe"] = "[subscriptionResourceId('Microsoft.Compute/images', 'x')]"
        assert tag(whole) == '"/subscriptions/${var.subscription_id}/providers/Microsoft.Compute/images/x"'
    else:
        assert (
            tag(whole) == '"/subscriptions/${var.subscription_id}/resourceGroups/a-group/providers/Microsoft.Compute/images/x"'
        )


@pytest.mark.parametrize("count", ["[length(createArray(1, 2))]", 2])
def test_each_round_of_a_copied_resource_is_a_template(count: Json) -> None:
    copied = {**template(name="[concat('image-', copyIndex())]", tags={"probe": "[copyIndex('loop', 5)]"})}
    copied["copy"] = {"name": "loop", "count": count}
    target = {**GALLERY_TARGET, "runOutputName": "[format('run-{0}', copyIndex())]"}
    copied["properties"] = {**copied["properties"], "distribute": [target]}

    assert codes_of(deployment(copied)) == [codes.SEVERAL_IMAGE_TEMPLATES.id]
    assert tag(deployment(copied), Options(name="image-1")) in {"6", '"6"'}


def test_the_rounds_of_a_copied_output_are_an_array() -> None:
    rounds = {"type": "array", "copy": {"count": 2, "input": "[format('{0}{1}', parameters('probe'), copyIndex())]"}}
    maker = nested({**deployment(parameters=PROBE), "outputs": {"made": rounds}})
    made = "[join(reference('inside').outputs.made.value, '+')]"
    user = nested(deployment(IMAGE, parameters=PROBE), parameters={"probe": {"value": made}}, name="user")

    assert tag(deployment(maker, user)) == '"inner0+inner1"'


def test_an_error_in_what_a_deployment_is_passed_is_the_only_one() -> None:
    user = nested(deployment(IMAGE, parameters=PROBE), parameters={"probe": "[concta('a')]"})

    assert codes_of(deployment(user)) == [codes.EXPRESSION.id]


def test_no_round_at_all_is_no_template() -> None:
    copied = {**template(), "copy": {"name": "loop", "count": 0}}

    assert codes_of(deployment(copied)) == [codes.LEFT_OUT.id, codes.NO_IMAGE_TEMPLATE.id]


def _answers(reference: str, symbolic: str | None = None) -> dict[str, Json]:
    """A template in which a nested deployment is passed what another one puts out."""
    maker = nested(
        {
            **deployment(parameters=PROBE),
            "outputs": {"made": {"type": "string", "value": "[concat(parameters('probe'), '-made')]"}},
        },
        parameters={"probe": {"value": "[parameters('team')]"}},
    )
    user = nested(deployment(IMAGE, parameters=PROBE), parameters={"probe": {"value": reference}}, name="user")
    whole = deployment(maker, user, parameters={"team": {"type": "string"}})
    if symbolic is None:
        return whole
    return {**whole, "languageVersion": "2.0", "resources": {symbolic: maker, "user": user}}


@pytest.mark.parametrize(
    "template_",
    [
        _answers("[reference(resourceId('Microsoft.Resources/deployments', 'inside')).outputs.made.value]"),
        _answers("[reference(resourceId('Microsoft.Resources/deployments', 'inside'), '2022-09-01').outputs.made.value]"),
        _answers("[reference('inside').outputs.made.value]"),
        _answers("[reference('gallery').outputs.made.value]", "gallery"),
    ],
    ids=["by id", "with an API version", "by name", "by symbolic name"],
)
def test_what_a_deployment_beside_puts_out_is_known(template_: Json) -> None:
    assert tag(template_) == '"${var.team}-made"'


def test_what_only_azure_knows_becomes_a_variable() -> None:
    whole = tagged("[reference(resourceId('Microsoft.Storage/storageAccounts', 'x')).primaryLocation]")

    assert tag(whole) == "var.primary_location"


def _linked(folder: Path, link: Mapping[str, Json], linked: Json = None, **more: Json) -> Conversion:
    if linked is not None:
        (folder / "modules").mkdir()
        (folder / "modules/image.json").write_text(json.dumps(linked))
    main = folder / "main.json"
    resource = nested({}, None, **more)
    resource["properties"] = {**resource["properties"], "templateLink": link}
    del resource["properties"]["template"]
    outer = {"probe": {"type": "string", "defaultValue": "outer"}}
    main.write_text(json.dumps(deployment(resource, parameters=outer)))
    return convert(main.read_bytes(), file=str(main), options=Options(os_type=OsType.LINUX))


def test_a_template_linked_by_a_relative_path_is_read(tmp_path: Path) -> None:
    conversion = _linked(tmp_path, {"relativePath": "modules/image.json"}, deployment(template(name="linked")))

    assert conversion.hcl is not None
    assert 'name    = "linked"' in conversion.hcl


def test_a_linked_template_has_a_scope_of_its_own(tmp_path: Path) -> None:
    linked = deployment(IMAGE, parameters=PROBE)
    conversion = _linked(tmp_path, {"relativePath": "modules/image.json"}, linked, parameters={"probe": {"value": "passed"}})

    assert conversion.hcl is not None
    assert 'probe = "passed"' in conversion.hcl


@pytest.mark.parametrize(
    "link",
    [
        {"relativePath": "modules/image.json"},
        {"uri": "https://example.com/modules/image.json"},
        {"id": "/a/modules/image.json"},
    ],
)
def test_a_linked_template_that_cannot_be_read_is_an_error_that_names_it(link: Mapping[str, str], tmp_path: Path) -> None:
    conversion = _linked(tmp_path, link)

    assert conversion.hcl is None
    named = [finding for finding in conversion.findings if "modules/image.json" in finding.message]
    assert [finding.code.id for finding in named] == [codes.LINKED_TEMPLATE.id, codes.NO_IMAGE_TEMPLATE.id]


def test_the_first_error_of_an_expression_is_told_where_it_stands() -> None:
    whole = tagged("[concat(parameters('x'), nope())]", parameters={"x": {"type": "string"}})
    finding = next(finding for finding in convert_json(whole).findings if finding.code == codes.EXPRESSION)

    assert finding.span.text == "nope"


def test_an_error_in_a_whole_entry_of_parameters_is_told_where_it_stands() -> None:
    inside = deployment(IMAGE, parameters=PROBE)
    whole = deployment(nested(inside, parameters={"probe": "[if(true(), createObject('value', nope()), createObject())]"}))
    finding = next(finding for finding in convert_json(whole).findings if finding.code == codes.EXPRESSION)

    assert finding.span.text == "nope"


def test_a_circle_is_an_error_that_names_it() -> None:
    whole = tagged("[variables('a')]", variables={"a": "[variables('b')]", "b": "[variables('a')]"})
    finding = next(finding for finding in convert_json(whole).findings if finding.code == codes.EXPRESSION)

    assert "`a` → `b` → `a`" in finding.message


def test_what_nothing_needs_is_not_evaluated() -> None:
    whole = tagged("fine", variables={"broken": "[nope("}, outputs={"x": {"type": "string", "value": "[nope()]"}})

    assert tag(whole) == '"fine"'


@pytest.mark.parametrize(
    ("definition", "os_type"),
    [({"osType": "Windows"}, "Windows"), ({"osType": "Linux"}, "Linux"), ({"OSTYPE": "linux"}, "Linux")],
)
def test_an_image_definition_beside_tells_the_operating_system(definition: Json, os_type: str) -> None:
    beside = {
        "type": "Microsoft.Compute/galleries/images",
        "apiVersion": "2023-07-03",
        "name": "golden/image",
        "properties": definition,
    }
    source = {"type": "SharedImageVersion", "imageVersionId": f"{GALLERY_TARGET['galleryImageId']}"}

    assert f'"{os_type}"' in hcl_of(deployment(template(source=source), beside))


def test_an_image_definition_beside_tells_the_security_type() -> None:
    properties = {"osType": "Linux", "hyperVGeneration": "V2", "features": [{"name": "SecurityType", "value": "TrustedLaunch"}]}
    beside = {
        "type": "Microsoft.Compute/galleries/images",
        "apiVersion": "2023-07-03",
        "name": "golden/image",
        "properties": properties,
    }
    hcl = hcl_of(deployment(template(), beside))

    assert "security_type" in hcl
    assert '"TrustedLaunch"' in hcl


def test_a_definition_that_demands_trusted_launch_takes_no_build_from_a_managed_image() -> None:
    properties = {"osType": "Linux", "hyperVGeneration": "V2", "features": [{"name": "SecurityType", "value": "TrustedLaunch"}]}
    definition = {"type": "Microsoft.Compute/galleries/images", "name": "golden/image", "properties": properties}
    image = "/subscriptions/22222222-2222-2222-2222-222222222222/resourceGroups/g/providers/Microsoft.Compute/images/base"
    conversion = convert_json(deployment(definition, template(source={"type": "ManagedImage", "imageId": image})))

    assert conversion.hcl is None
    assert "AIB2P120" in {found.code.id for found in conversion.findings}


@pytest.mark.parametrize(("key", "most"), [("parameters", 256), ("variables", 256), ("outputs", 64)])
@pytest.mark.parametrize("more", [0, 1])
def test_a_template_with_more_of_a_kind_than_arm_takes_is_refused(key: str, most: int, more: int) -> None:
    parameter, output = {"type": "string", "defaultValue": "x"}, {"type": "string", "value": "x"}
    one: dict[str, Any] = {"parameters": parameter, "variables": "x", "outputs": output}
    whole = {**deployment(template()), key: {f"n{number}": one[key] for number in range(most + more)}}

    messages = [finding.message for finding in convert_json(whole).findings]

    assert (f"there are {most + 1} {key}: ARM takes {most} in a template" in messages) is bool(more)
