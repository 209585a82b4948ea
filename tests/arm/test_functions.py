"""The functions of the ARM language give what the real engine gives."""

from collections.abc import Mapping

import pytest

from aib2packer.arm.evaluation.evaluate import evaluate
from aib2packer.arm.evaluation.functions import registry
from aib2packer.arm.evaluation.scope import Deployment, Scope
from aib2packer.arm.language.expression import ExpressionError, parse
from tests.arm.facts import FACTS, REFUSED


def _scope() -> Scope:
    return Scope(deployment=Deployment(subscription_id="sub", resource_group="rg", location="westeurope"))


def _plain(value: object) -> object:
    """JSON as Python's own types, ordered, and with booleans that differ from numbers."""
    match value:
        case bool():
            return ("bool", value)
        case tuple() | list():
            return [_plain(item) for item in value]
        case Mapping():
            return [(key, _plain(item)) for key, item in value.items()]
        case _:
            return (type(value).__name__, value)


@pytest.mark.parametrize(("expression", "expected", "source"), FACTS, ids=[fact[0][:60] for fact in FACTS])
def test_an_expression_gives_what_the_engine_gives(expression: str, expected: object, source: str) -> None:
    assert _plain(evaluate(parse(f"[{expression}]"), _scope())) == _plain(expected), source


@pytest.mark.parametrize(("expression", "blamed", "says", "source"), REFUSED, ids=[fact[0][:60] for fact in REFUSED])
def test_what_the_engine_refuses_is_an_error_at_its_place(expression: str, blamed: str, says: str, source: str) -> None:
    text = f"[{expression}]"
    with pytest.raises(ExpressionError) as caught:
        evaluate(parse(text), _scope())
    assert says in caught.value.message, source
    assert text[caught.value.start : caught.value.end] == blamed
    assert caught.value.help


def test_there_are_at_least_250_facts_and_none_stands_twice() -> None:
    assert len({(expression, source) for expression, _, source in FACTS}) == len(FACTS) >= 250


def test_every_pure_function_has_a_fact() -> None:
    told = " ".join(expression for expression, _, _ in FACTS).lower()
    assert [name for name in registry() if f"{name}(" not in told] == []


@pytest.mark.parametrize(
    ("written", "meant"),
    [
        ("concatt", "concat"),
        ("resourcegroupid", "resourceGroup"),
        ("listkey", ""),
        ("tolowercase", "toLower"),
        ("parameter", "parameters"),
        ("can", "and"),  # a function of Terraform
    ],
)
def test_a_misspelt_function_gets_a_proposal(written: str, meant: str) -> None:
    if not meant:  # any name that begins with `list` is a function of some resource provider
        assert evaluate(parse(f"[{written}('id')]"), _scope())
        return
    with pytest.raises(ExpressionError) as caught:
        evaluate(parse(f"[{written}('a')]"), _scope())
    assert caught.value.help == f"Did you mean `{meant}`?"
