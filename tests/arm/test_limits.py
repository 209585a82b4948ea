"""A template that would run away ends with a finding: what an evaluation costs is counted before it is paid."""

import json
import sys
from typing import Any

import pytest

from aib2packer import Conversion, convert
from aib2packer.arm.documents import siblings
from aib2packer.arm.documents.deployment import Deployed
from aib2packer.arm.documents.siblings import Siblings
from aib2packer.arm.evaluation.budget import Budget
from aib2packer.arm.evaluation.evaluate import evaluate_definition
from aib2packer.arm.evaluation.scope import Definition, Memory, Scope, variable_definitions
from aib2packer.arm.language.json_values import JsonSymbolic, node_of
from aib2packer.arm.language.symbolic import (
    If,
    ParameterSymbol,
    VariableSymbol,
    deciding_parameters,
    leaves,
    may_be_null,
    merge_texts,
    once,
    rebuild,
    type_of,
    walk,
)
from aib2packer.findings import codes
from aib2packer.jsonc.tree import JsonObject
from aib2packer.text.source import SourceText, Span

NOWHERE = Span(SourceText("t.json", ""), 0, 0)
PARAMETER = "[parameters('p')]"
LIMITS = (
    "too long",
    "too large",
    "too many steps",
    "nested too deeply",
    "too many parts",
    "are known",
)


def template(inline: str | list[str], variables: dict[str, Any] | None = None, **more: Any) -> str:  # noqa: ANN401 - any JSON
    """A deployment template with one image template, and the text of its one command."""
    properties = {
        "source": {"type": "PlatformImage", "publisher": "Canonical", "offer": "o", "sku": "server", "version": "latest"},
        "customize": [{"type": "Shell", "name": "a", "inline": [inline] if isinstance(inline, str) else inline}],
        "distribute": [{"type": "VHD", "runOutputName": "o"}],
    }
    resource = {"type": "Microsoft.VirtualMachineImages/imageTemplates", "apiVersion": "2024-02-01", "name": "web"}
    image = {**resource, "location": "westeurope", "properties": properties}
    document = {"parameters": {"p": {"type": "string"}}, "variables": variables or {}, "resources": [image], **more}
    return json.dumps(document)


def chain(length: int, first: Any, step: str) -> str:  # noqa: ANN401 - any JSON
    """Variables of which each is made of the one before: `@` in `step`; `#` is its number."""
    variables = {"v0": first}
    for number in range(1, length + 1):
        variables[f"v{number}"] = step.replace("@", f"variables('v{number - 1}')").replace("#", str(number))
    return template(f"[string(variables('v{length}'))]", variables)


def ends_with_a_limit(conversion: Conversion) -> bool:
    """Whether a limit is what stopped a conversion."""
    return conversion.hcl is None and any(limit in one.message for one in conversion.findings for limit in LIMITS)


@pytest.mark.parametrize(
    ("first", "step"),
    [
        ("x", "[concat(@, @)]"),
        (PARAMETER, "[concat(@, '-', @)]"),
        (["a"], "[concat(@, @)]"),
        ("x", "[createArray(@, @)]"),
        ("x", "[createObject('a', @, 'b', @)]"),
        ("x", "[createArray(@)]"),
        ("x", "[format('{0,9999}{0}{0}', @)]"),
        ("aa", "[replace(@, 'a', 'aa')]"),
        ("x", "[base64(@)]"),
        ("%", "[uriComponent(@)]"),
        ("x", "[dataUri(@)]"),
        ("x", "[json(string(createArray(@, @)))]"),
        ("a,b", "[join(split(concat(@, ',', @), ','), ',,')]"),
        ({"a": 1}, "[union(@, createObject('k#', @))]"),
        (PARAMETER, "[format('{0}{1}', toLower(@), toUpper(@))]"),
        (PARAMETER, "[if(equals(@, 'a'), concat(@, '#'), toLower(@))]"),
        ("x", "[extensionResourceId(@, 'A.B/c', @)]"),
        ("x", "[resourceId('A.B/c/d', @, @)]"),
        ("x", "[groupBy(createArray(@, @), lambda('x', string(lambdaVariables('x'))))]"),
    ],
)
@pytest.mark.parametrize("length", [30, 200])
def test_a_chain_of_variables_that_grows_ends(first: object, step: str, length: int) -> None:
    assert ends_with_a_limit(convert(chain(length, first, step))) or length == 30


@pytest.mark.parametrize(
    "expression",
    [
        "map(range(0, 800), lambda('a', map(range(0, 800), lambda('b', map(range(0, 800), lambda('c', 1))))))",
        "reduce(range(0, 10000), createArray(), lambda('a', 'b', createArray(lambdaVariables('a'))))",
        "reduce(range(0, 10000), parameters('p'), lambda('a', 'b', concat(lambdaVariables('a'), parameters('p'))))",
        "reduce(range(0, 9999), array(1), lambda('a', 'b', union(lambdaVariables('a'), array(lambdaVariables('b')))))",
        "filter(range(0, 10000), lambda('a', contains(range(0, 10000), lambdaVariables('a'))))",
        "toObject(range(0, 10000), lambda('a', string(lambdaVariables('a'))), lambda('a', range(0, 10000)))",
        "replace(padLeft('', 100000, 'y'), 'y', padLeft('', 100000))",
        "join(map(range(0, 10000), lambda('a', '')), padLeft('', 100000))",
    ],
)
def test_lambdas_and_texts_that_multiply_end(expression: str) -> None:
    assert ends_with_a_limit(convert(template(f"[string({expression})]")))


@pytest.mark.parametrize(
    "loop",
    [
        {"name": "x", "count": 800, "input": {"copy": [{"name": "y", "count": 800, "input": {"copy": []}}]}},
        {"name": "x", "count": 800, "input": "[padLeft('', 100000)]"},
        {"name": "x", "count": 800, "input": "[uniqueString(padLeft('', 100000))]"},
        {"name": "x", "count": 800, "input": "[less(padLeft('', 90000), padLeft('', 90000))]"},
    ],
)
def test_loops_that_multiply_end(loop: dict[str, Any]) -> None:
    assert ends_with_a_limit(convert(template("[string(variables('x'))]", {"copy": [loop]})))


@pytest.mark.parametrize("calls", ["f.g(parameters('a'))", "concat(f.g(parameters('a')), f.g(parameters('a')))"])
def test_a_function_that_calls_itself_ends_by_a_count_of_ours(calls: str) -> None:
    member = {"parameters": [{"name": "a", "type": "string"}], "output": {"type": "string", "value": f"[{calls}]"}}
    functions = [{"namespace": "f", "members": {"g": member}}]
    assert ends_with_a_limit(convert(template("[f.g('a')]", functions=functions)))


def _within(calls: int, text: str) -> Conversion:
    return convert(text) if calls == 0 else _within(calls - 1, text)


@pytest.mark.parametrize(
    "step", ["[toLower(@)]", "[createArray(@)]", "[if(empty(@), 'd', @)]", "[json(string(createArray(@)))]"]
)
def test_depth_is_counted_and_leaves_room_for_who_calls(step: str) -> None:
    used = len(list(_frames()))
    conversion = _within(max(0, 200 - used), chain(250, PARAMETER, step))
    assert conversion.hcl is not None or ends_with_a_limit(conversion)


@pytest.mark.parametrize("first", ["true()", "createObject('a', 'b')"])
@pytest.mark.parametrize("nested", ["createArray(lambdaVariables('x'))", "createObject('k', lambdaVariables('x'))"])
@pytest.mark.parametrize("times", [60, 95, 99, 195])
def test_a_value_that_lambdas_nest_is_read_or_refused(first: str, nested: str, times: int) -> None:
    value = f"reduce(range(0, {times}), {first}, lambda('x', 'y', {nested}))"
    conversion = _within(max(0, 200 - len(list(_frames()))), template("[string(variables('v'))]", {"v": f"[{value}]"}))
    assert conversion.hcl is not None or ends_with_a_limit(conversion)
    assert conversion.hcl is not None or times > 60


def _frames() -> list[object]:
    frame: Any = sys._getframe()  # noqa: SLF001 - how deep the test itself stands
    found: list[object] = []
    while frame is not None:
        found.append(frame)
        frame = frame.f_back
    return found


def test_nested_deployments_in_loops_end() -> None:
    resources: list[dict[str, Any]] = json.loads(template("true"))["resources"]
    for number in range(4):
        nested = {"mode": "Incremental", "template": {"resources": resources}}
        deployment = {"type": "Microsoft.Resources/deployments", "apiVersion": "2021-04-01", "name": f"d{number}"}
        resources = [{**deployment, "copy": {"name": f"c{number}", "count": 800}, "properties": nested}]
    assert ends_with_a_limit(convert(json.dumps({"resources": resources})))


def _work(length: int, step: str) -> int:
    """What it costs to evaluate a chain of variables."""
    variables = json.loads(chain(length, PARAMETER, step))["variables"]
    nodes = node_of(variables, NOWHERE)
    assert isinstance(nodes, JsonObject)
    symbol = JsonSymbolic.of(ParameterSymbol("p"), NOWHERE)
    budget = Budget()
    scope = Scope({"p": Definition("p", symbol, literal=True)}, variable_definitions(nodes), memory=Memory(budget=budget))
    evaluate_definition("variable", scope.variables[f"v{length}"], scope)
    return budget.work


@pytest.mark.parametrize("step", ["[if(empty(@), 'd#', @)]", "[if(equals(@, '#'), @, toLower(@))]", "[toLower(@)]"])
def test_a_chain_twice_as_long_is_twice_the_work(step: str) -> None:
    assert _work(40, step) <= 2.2 * _work(20, step)


def _doubled(times: int) -> If:
    """A value in which a parameter stands 2 to that power times."""
    value: If | ParameterSymbol = ParameterSymbol("p")
    for _ in range(times):
        value = If(ParameterSymbol("b", "bool"), value, value)
    assert isinstance(value, If)
    return value


def test_what_stands_in_a_value_many_times_is_looked_at_once() -> None:
    value, other = _doubled(100), _doubled(100)
    assert value == other
    assert value != _doubled(99)
    assert hash(value) == hash(other)
    assert [leaf.name for leaf in leaves(value) if isinstance(leaf, ParameterSymbol)] == ["b", "p"]
    assert [one.name for one in deciding_parameters(value)] == ["b", "p"]
    assert type_of(value) == "string"
    assert not may_be_null(value)
    assert len(list(walk(value))) == 201


def test_a_value_is_rebuilt_once_and_stays_itself_where_nothing_changes() -> None:
    value = _doubled(100)
    changed = []

    def keep(part: Any, inside: Any) -> Any:  # noqa: ANN401 - any value
        changed.append(part)
        return rebuild(part, inside)

    assert once(keep)(value) is value
    assert len(changed) == 201


def test_neighbouring_texts_are_joined_once() -> None:
    copied = 0

    class Line(str):
        __slots__ = ()

        def __add__(self, other: object) -> str:
            nonlocal copied
            copied += 1
            return NotImplemented

    lines: list[str] = [Line(f"{number}\n") for number in range(1000)]
    name = VariableSymbol("v", 1)
    merged = merge_texts([*lines, "", name, *lines])
    assert merged == ["".join(lines), name, "".join(lines)]
    assert copied == 0


def test_a_chain_of_defaults_as_people_write_it_becomes_a_local_each() -> None:
    conversion = convert(chain(40, PARAMETER, "[if(empty(@), 'd#', @)]"))
    assert conversion.hcl is not None
    assert 'v40 = local.v39 == "" ? "d40" : local.v39' in conversion.hcl


@pytest.mark.parametrize(
    "default",
    ["[nothing(1)]", "[concat('a'", "[parameters('p')]", "[variables('none')]"],
    ids=["call", "end", "circle", "none"],
)
def test_a_default_that_the_image_does_not_need_is_not_evaluated(default: str) -> None:
    document = json.loads(template("true"))
    document["parameters"] = {"p": {"type": "string", "defaultValue": default}}

    assert convert(json.dumps(document)).hcl is not None


def test_what_stands_beside_an_image_template_never_stops_it() -> None:
    beside = [
        {
            "type": "Microsoft.Storage/storageAccounts",
            "name": f"s{number}",
            "condition": "[nothing(1)]",
            "copy": {"count": "[x]"},
        }
        for number in range(1000)
    ]
    document = json.loads(template("true"))
    document["resources"] += beside
    conversion = convert(json.dumps(document))
    assert conversion.hcl is not None
    assert codes.EXPRESSION not in {finding.code for finding in conversion.findings}


HOSTILE: list[Any] = [
    {"condition": {"a": 1}},
    {"condition": "[concat('a'"},
    {"condition": "[equals(reference('x').y, parameters('none'))]"},
    {"name": {"a": 1}},
    {"name": "[concat('a', copyIndex('none'))]", "copy": {"name": "c", "count": 2}},
    {"copy": {"name": "c", "count": 1_000_000_000}},
    {"copy": "[parameters('none')]"},
    {"dependsOn": "[parameters('none')]"},
    {"resources": [5, None, {"type": "x", "name": "[x("}]},
    {"type": "[parameters('none')]"},
    {"type": "Microsoft.Resources/deployments", "condition": "[none()]", "properties": {"template": "[parameters('none')]"}},
    {
        "type": "Microsoft.Resources/deployments",
        "properties": {"template": {"resources": "[none()]", "variables": {"v": "[none("}}},
    },
    {
        "type": "Microsoft.Compute/galleries/images",
        "name": "[none()]",
        "properties": {"features": "[none()]", "osType": {"a": 1}},
    },
    {
        "type": "Microsoft.Resources/deployments",
        "condition": "[none()]",
        "copy": {"name": "c", "count": "[none()]"},
        "properties": {"templateLink": {"uri": "[none()]"}, "parameters": "[x("},
    },
    {"type": "Microsoft.VirtualMachineImages/imageTemplates/triggers", "name": "[none()]", "properties": "[none()]"},
    "text",
    None,
]


@pytest.mark.parametrize("symbolic", [False, True], ids=["listed", "by name"])
def test_no_resource_beside_an_image_template_stops_it_however_broken_it_is(*, symbolic: bool) -> None:
    document = json.loads(template("true"))
    beside = [{"type": "x/y", "name": "n", **one} if isinstance(one, dict) else one for one in HOSTILE]
    document["resources"] = [*beside, *document["resources"]]
    if symbolic:
        document["languageVersion"] = "2.0"
        document["resources"] = {f"r{number}": one for number, one in enumerate(document["resources"])}

    assert convert(json.dumps(document)).hcl is not None


def test_the_loops_of_what_stands_beside_an_image_template_have_a_limit_together(monkeypatch: pytest.MonkeyPatch) -> None:
    document = json.loads(template("true"))
    loop = {"type": "Microsoft.Compute/galleries/images", "name": "[concat('g/i', copyIndex())]", "properties": {}}
    document["resources"] += [{**loop, "copy": {"name": "c", "count": 800}} for _ in range(50)]
    seen: list[Deployed] = []

    def read(beside: tuple[Deployed, ...]) -> Siblings:
        seen.extend(beside)
        return Siblings()

    monkeypatch.setattr(siblings, "read_siblings", read)

    assert convert(json.dumps(document)).hcl is not None
    assert 800 <= len(seen) <= 10_100


def test_what_a_condition_comes_to_is_paid_for_in_each_round_of_a_loop() -> None:
    document = json.loads(template("true"))
    document["variables"] = {"copy": [{"name": "large", "count": 20, "input": "[range(0, 800)]"}]}
    image = document["resources"][0] | {"condition": "[variables('large')]"}
    inside = {"mode": "Incremental", "template": {"resources": [image]}}
    deployed = {"type": "Microsoft.Resources/deployments", "apiVersion": "2021-04-01", "name": "d", "properties": inside}
    document["resources"] = [deployed | {"copy": {"name": "c", "count": 800}}]

    made = convert(json.dumps(document))

    assert any("too many steps" in one.message for one in made.findings)
