"""States and plans: what Terraform marks as a secret, or as unknown, is neither shown nor guessed."""

import json
from typing import Any

import pytest

from aib2packer import Conversion, Options, convert
from aib2packer.aib.reading import OpenDocument
from aib2packer.jsonc.tree import JsonObject
from aib2packer.pipeline import open_input
from aib2packer.terraform import state_and_plan
from tests.cases.templates import template
from tests.security.test_secrets import CANARY, shown

_TYPE = "Microsoft.VirtualMachineImages/imageTemplates@2024-02-01"
_STEP: dict[str, Any] = {"type": "Shell", "inline": [f"echo {CANARY}", "id"]}
_INLINE = ("body", "properties", "customize", 0, "inline")
_DEPLOYMENT = "azurerm_resource_group_template_deployment"


def _body(**more: Any) -> dict[str, Any]:  # noqa: ANN401 - of a template
    return {"properties": {**template(customize=[_STEP])["properties"], **more}}


def _values(**more: Any) -> dict[str, Any]:  # noqa: ANN401 - of a resource
    return {"type": _TYPE, "name": "web", "location": "westeurope", "body": _body(), **more}


def _plan(values: dict[str, Any], secrets: object = None, unknown: object = None, kind: str = "azapi_resource") -> Conversion:
    resource = {"address": "a.b", "mode": "managed", "type": kind, "values": values, "sensitive_values": secrets or {}}
    changes = [{"address": "a.b", "change": {"after_unknown": unknown or {}}}]
    planned = {"root_module": {"resources": [resource]}}
    return convert(json.dumps({"format_version": "1.2", "planned_values": planned, "resource_changes": changes}))


def _state(values: dict[str, Any], *paths: tuple[str | int, ...]) -> Conversion:
    """The state file: a body of any type stands there with its type, and paths lead to what is a secret."""
    body = {"value": values["body"], "type": ["object", {}]}
    steps = [list(map(_step, path)) for path in paths]
    instances = [{"attributes": {**values, "body": body}, "sensitive_attributes": steps}]
    resources = [{"mode": "managed", "type": "azapi_resource", "name": "b", "instances": instances}]
    return convert(json.dumps({"version": 4, "terraform_version": "1.9.8", "lineage": "x", "resources": resources}))


def _step(key: str | int) -> dict[str, Any]:
    return {"type": "get_attr", "value": key} if isinstance(key, str) else {"type": "index", "value": {"value": key}}


def _mark(path: tuple[str | int, ...]) -> Any:  # noqa: ANN401 - JSON
    if not path:
        return True
    return {path[0]: _mark(path[1:])} if isinstance(path[0], str) else [*[False] * path[0], _mark(path[1:])]


def _deployment(**more: str) -> dict[str, Any]:
    parameters = {"what": {"type": "string"}}
    step = {"type": "Shell", "inline": ["[concat('echo ', parameters('what'))]"]}
    resources = [template(customize=[step])]
    content = {"$schema": "deploymentTemplate.json", "parameters": parameters, "resources": resources}
    given = {"what": {"value": CANARY}}
    return {"template_content": json.dumps(content), "parameters_content": json.dumps(given), **more}


@pytest.mark.parametrize("convert_marked", [lambda path: _state(_values(), path), lambda path: _plan(_values(), _mark(path))])
@pytest.mark.parametrize("path", [_INLINE, (*_INLINE, 0)])
def test_a_secret_among_commands_is_a_sensitive_variable(convert_marked: Any, path: tuple[str | int, ...]) -> None:  # noqa: ANN401
    conversion = convert_marked(path)

    assert conversion.hcl is not None, conversion.findings
    assert 'variable "sensitive_inline" {\n  type        = string\n' in conversion.hcl
    assert "sensitive   = true" in conversion.hcl.split('variable "sensitive_inline"')[1].split("}")[0]
    assert CANARY not in "".join(shown(conversion))


@pytest.mark.parametrize("convert_marked", [lambda path: _state(_values(), path), lambda path: _plan(_values(), _mark(path))])
@pytest.mark.parametrize("path", [("body",), ("body", "properties"), ("body", "properties", "customize")])
def test_a_secret_that_may_be_any_text_refuses(convert_marked: Any, path: tuple[str | int, ...]) -> None:  # noqa: ANN401
    conversion = convert_marked(path)

    assert conversion.hcl is None
    assert [finding.message.partition(" holds ")[2] for finding in conversion.findings] == [
        "a secret, and it is not known which text that is"
    ]
    assert CANARY not in "".join(shown(conversion))


def test_a_step_of_a_path_that_cannot_be_read_marks_all_that_it_leads_into() -> None:
    assert _state(_values(), ("body", -1, "inline")).hcl is None


def test_a_list_that_is_secret_and_not_known_yet_is_a_sensitive_variable() -> None:
    values = _values(body=_body(customize=[{"type": "Shell"}]))
    conversion = _plan(values, _mark(_INLINE), _mark(_INLINE))

    assert conversion.hcl is not None, conversion.findings
    assert "sensitive   = true" in conversion.hcl.split('variable "sensitive_inline"')[1].split("}")[0]


def test_secret_tags_are_sensitive_variables_of_their_own() -> None:
    conversion = _plan(_values(tags={"Owner": CANARY}), {"tags": True})

    assert conversion.hcl is not None, conversion.findings
    assert "Owner = var.sensitive_owner" in conversion.hcl
    assert CANARY not in conversion.hcl.replace(f"echo {CANARY}", "")


@pytest.mark.parametrize("key", ["template_content", "parameters_content"])
def test_a_deployment_with_a_secret_in_it_refuses(key: str) -> None:
    conversion = _plan(_deployment(), {key: True}, kind=_DEPLOYMENT)

    assert conversion.hcl is None
    assert conversion.findings[0].message.startswith("what a.b deploys holds a secret, and it is not known which text that is")
    assert CANARY not in "".join(shown(conversion))


def test_a_secret_in_a_deployment_without_an_image_stops_nothing() -> None:
    conversion = _plan({"template_content": '{"resources": []}'}, {"parameters_content": True}, kind=_DEPLOYMENT)

    assert [finding.code.id for finding in conversion.findings] == ["AIB2P010"]


@pytest.mark.parametrize(
    ("key", "message"),
    [
        ("template_content", "the template that a.b deploys is not known before it is applied"),
        ("parameters_content", "what is passed to the template that a.b deploys is not known before it is applied"),
    ],
)
def test_a_deployment_that_is_not_known_yet_is_told(key: str, message: str) -> None:
    values = {name: text for name, text in _deployment().items() if name != key}

    findings = _plan(values, unknown={key: True}, kind=_DEPLOYMENT).findings
    assert message in [finding.message.partition(": ")[0] for finding in findings]


@pytest.mark.parametrize("target", ["web", "other"])
def test_what_an_update_sets_is_a_part_of_the_template_that_it_changes_or_told(target: str) -> None:
    place = "/subscriptions/11111111-1111-1111-1111-111111111111/resourceGroups/g/providers/Microsoft.VirtualMachineImages"
    sets = {"properties": {"vmProfile": {"vmSize": "Standard_D4s_v5"}}}
    update = {"type": _TYPE, "resource_id": f"{place}/imageTemplates/{target}", "body": sets}
    resources = [
        {"address": "a.b", "mode": "managed", "type": "azapi_resource", "values": _values(id=f"{place}/imagetemplates/web")},
        {"address": "c.d", "mode": "managed", "type": "azapi_update_resource", "values": update},
    ]

    conversion = convert(json.dumps({"format_version": "1.0", "values": {"root_module": {"resources": resources}}}))

    assert conversion.hcl is not None, conversion.findings
    assert ("Standard_D4s_v5" in conversion.hcl) is (target == "web")
    told = [one.message for one in conversion.findings if one.code.id == "AIB2P422"]
    assert [message.split(" updates ")[0] for message in told] == ([] if target == "web" else ["c.d"])


def test_what_an_update_sets_is_no_part_of_an_action_on_the_template() -> None:
    place = "/subscriptions/11111111-1111-1111-1111-111111111111/resourceGroups/g/providers/Microsoft.VirtualMachineImages"
    own = {"type": _TYPE, "resource_id": f"{place}/imageTemplates/web"}
    sets = {"properties": {"vmProfile": {"vmSize": "Standard_D4s_v5"}}}
    found = {
        "azapi_resource": _values(id=f"{place}/imageTemplates/web"),
        "azapi_update_resource": {**own, "body": sets},
        "azapi_resource_action": {**own, "id": f"{place}/imageTemplates/web", "action": "run", "body": {}},
    }
    resources = [{"address": f"{kind}.a", "mode": "managed", "type": kind, "values": one} for kind, one in found.items()]

    conversion = convert(json.dumps({"format_version": "1.0", "values": {"root_module": {"resources": resources}}}))

    assert "Standard_D4s_v5" in (conversion.hcl or "")


def test_what_a_state_shows_is_taken_apart_once_for_all_its_image_templates(monkeypatch: pytest.MonkeyPatch) -> None:
    names = ("web0", "web1", "web2")
    bodies: tuple[dict[str, str], ...] = ({}, {"body": "no JSON"}, {})
    resources = [
        {"address": f"a.{name}", "mode": "managed", "type": "azapi_resource", "values": _values(name=name, **body)}
        for name, body in zip(names, bodies, strict=True)
    ]
    text = json.dumps({"format_version": "1.2", "values": {"root_module": {"resources": resources}}}).encode()
    taken: list[object] = []
    as_before = state_and_plan.resources_shown

    def resources_shown(document: JsonObject) -> object:
        taken.append(document)
        return as_before(document)

    monkeypatch.setattr(state_and_plan, "resources_shown", resources_shown)
    opened = open_input(text, "state.json", Options())
    assert isinstance(opened, OpenDocument)
    opened = opened.with_names(names)
    again = [convert(opened, options=Options(name=name)) for name in names]

    assert len(taken) == 1
    alone = [convert(text, file="state.json", options=Options(name=name)) for name in names]
    assert [(one.hcl, one.findings) for one in again] == [(one.hcl, one.findings) for one in alone]
