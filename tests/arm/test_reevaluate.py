"""What an evaluation left open is evaluated again, as a tree, where parameters have values."""

import json
from typing import Any

import pytest

from aib2packer import convert
from aib2packer.arm.evaluation.evaluate import evaluate, evaluate_again
from aib2packer.arm.evaluation.scope import Definition, Scope
from aib2packer.arm.language.expression import parse
from aib2packer.arm.language.json_values import JsonSymbolic, node_of
from aib2packer.arm.language.symbolic import ArmValue, ParameterSymbol, Type, is_symbol
from aib2packer.text.source import SourceText, Span

NOWHERE = Span(SourceText("t.json", ""), 0, 0)
VALUES: dict[str, ArmValue] = {"s": "Text", "n": 3, "yes": True, "list": ("a", "b"), "thing": {"key": "found", "in": {"x": 1}}}
TYPES: dict[str, Type] = {"s": "string", "n": "int", "yes": "bool", "list": "array", "thing": "object"}


def _scope(*, known: bool) -> Scope:
    nodes = {
        name: node_of(value, NOWHERE) if known else JsonSymbolic.of(ParameterSymbol(name, TYPES[name]), NOWHERE)
        for name, value in VALUES.items()
    }
    return Scope({name: Definition(name, node, literal=True) for name, node in nodes.items()})


@pytest.mark.parametrize(
    "expression",
    [
        "[concat('a', parameters('s'), parameters('n'))]",
        "[format('{0}-{1:D3}', parameters('yes'), parameters('n'))]",
        "[if(parameters('yes'), parameters('s'), fail('never'))]",
        "[parameters('thing').in.x]",
        "[parameters('thing')[toLower('KEY')]]",
        "[tryGet(parameters('thing'), 'missing', 'more')]",
        "[coalesce(tryGet(parameters('thing'), 'missing'), parameters('s'))]",
        "[map(parameters('list'), lambda('x', concat(lambdaVariables('x'), parameters('s'))))]",
        "[reduce(parameters('list'), parameters('s'), lambda('a', 'x', concat(lambdaVariables('a'), lambdaVariables('x'))))]",
        "[and(parameters('yes'), equals(parameters('n'), 3))]",
        "[union(parameters('thing'), createObject('key', parameters('s')))]",
        "[createObject(parameters('s'), createArray(parameters('n')))]",
        "[replace(parameters('s'), 't', concat(parameters('s'), json('1.5')))]",
    ],
)
def test_what_is_evaluated_again_is_as_if_it_had_been_known_at_once(expression: str) -> None:
    left = evaluate(parse(expression), _scope(known=False))
    again = left if not is_symbol(left) else evaluate_again(left, NOWHERE, _scope(known=True))
    if isinstance(left, dict):  # what holds symbols is evaluated by them
        again = {_again(key): _again(value) for key, value in left.items()}
    assert again == evaluate(parse(expression), _scope(known=True))


def _again(value: Any) -> Any:  # noqa: ANN401 - any value
    if isinstance(value, tuple):
        return tuple(map(_again, value))
    return evaluate_again(value, NOWHERE, _scope(known=True)) if is_symbol(value) else value


def test_a_symbol_of_a_parameter_that_is_not_there_stays() -> None:
    stranger = ParameterSymbol("stranger")
    assert evaluate_again(stranger, NOWHERE, _scope(known=True)) is stranger


def _template(uri: str, **parameter: str) -> str:
    customizer = {"type": "Shell", "name": "a", "scriptUri": uri}
    properties = {
        "source": {"type": "PlatformImage", "publisher": "Canonical", "offer": "o", "sku": "server", "version": "latest"},
        "customize": [customizer],
        "distribute": [{"type": "VHD", "runOutputName": "o"}],
    }
    resource = {
        "type": "Microsoft.VirtualMachineImages/imageTemplates",
        "apiVersion": "2024-02-01",
        "name": "web",
        "location": "westeurope",
        "properties": properties,
    }
    return json.dumps({"parameters": {"u": {"type": "string", **parameter}}, "resources": [resource]})


def _replaced(times: int) -> str:
    expression = "parameters('u')"
    for number in range(times):
        expression = f"replace({expression}, 'q{number}', 'z')"
    return f"[{expression}]"


@pytest.mark.parametrize("depth", [1, 20, 60, 90])
def test_a_uri_is_known_however_deep_its_expression_is(depth: int) -> None:
    conversion = convert(_template(_replaced(depth), defaultValue="https://example.com/q0.sh"))
    assert [asset.uri for asset in conversion.assets] == ["https://example.com/z.sh"]


@pytest.mark.parametrize("default", [{}, {"defaultValue": ""}, {"defaultValue": "scripts/a.sh"}])
def test_only_a_uri_is_something_to_fetch(default: dict[str, str]) -> None:
    assert convert(_template("[parameters('u')]", **default)).assets == ()
