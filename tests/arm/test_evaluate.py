"""Partial evaluation: what is known is computed, what is not stays, and everything keeps its place."""

import json
from collections.abc import Callable
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from aib2packer.arm.evaluation.evaluate import evaluate, evaluate_definition, evaluate_json, evaluate_node
from aib2packer.arm.evaluation.functions import registry
from aib2packer.arm.evaluation.scope import Definition, Deployment, Level, Scope, user_functions, variable_definitions
from aib2packer.arm.language.expression import ExpressionError, parse, print_expression
from aib2packer.arm.language.json_values import JsonSymbolic, node_of, value_of
from aib2packer.arm.language.symbolic import (
    Access,
    Apply,
    ArmValue,
    Concat,
    Deferred,
    DeploymentFact,
    If,
    Lambda,
    LambdaVariable,
    ParameterSymbol,
    Runtime,
    leaves,
    may_be_null,
    parameters_of,
    same,
)
from aib2packer.findings.model import Report
from aib2packer.jsonc import reader as jsonc
from aib2packer.jsonc.tree import Json, JsonArray, JsonObject
from aib2packer.text.source import SourceText, Span
from tests.arm.test_expression import EXPRESSIONS

S, T = ParameterSymbol("s"), ParameterSymbol("t")
B, I = ParameterSymbol("b", "bool"), ParameterSymbol("i", "int")  # noqa: E741 - named like its type
A, O = ParameterSymbol("a", "array"), ParameterSymbol("o", "object")  # noqa: E741
N = ParameterSymbol("n", "string", nullable=True)
SECRET = ParameterSymbol("secret", secure=True)
SUBSCRIPTION, GROUP = DeploymentFact("subscription", ("subscriptionId",)), DeploymentFact("resourceGroup", ("name",))


def _json(text: str) -> Json:
    report = Report()
    tree = jsonc.parse(SourceText("t.json", text), report)
    assert tree is not None, report.findings
    return tree


def _object(text: str) -> JsonObject:
    tree = _json(text)
    assert isinstance(tree, JsonObject)
    return tree


def scope_of(variables: str = "{}", functions: str = "[]", **known: object) -> Scope:
    """A scope with one symbolic parameter of each type, and values for those that are `known`."""
    span = Span(SourceText("t.json", ""), 0, 0)
    symbols = (S, T, B, I, A, O, N, SECRET)
    parameters = {one.name: Definition(one.name, JsonSymbolic.of(one, span), literal=True) for one in symbols}
    parameters |= {name.lower(): Definition(name, _json(json.dumps(value)), literal=True) for name, value in known.items()}
    declared = _json(functions)
    assert isinstance(declared, JsonArray)
    return Scope(parameters, variable_definitions(_object(variables)), user_functions(declared))


def _value(expression: str, scope: Scope | None = None) -> ArmValue:
    return evaluate(parse(f"[{expression}]"), scope or scope_of())


P = {one.name: f"parameters('{one.name}')" for one in (S, T, B, I, A, O, N, SECRET)}


@pytest.mark.parametrize(
    ("expression", "expected"),
    [
        # text is one joined text, whatever joins it
        (f"concat('a', {P['s']}, '-', 1)", Concat(("a", S, "-1"))),
        (f"format('a{{0}}-{{1}}', {P['s']}, 1)", Concat(("a", S, "-1"))),
        (f"concat('a', concat({P['s']}, concat('-', '1')))", Concat(("a", S, "-1"))),
        (f"join(createArray('a', {P['s']}), '-')", Concat(("a-", S))),
        (f"concat({P['s']})", S),
        (f"concat('', {P['s']}, '')", S),
        (f"string({P['s']})", S),
        (f"string({P['i']})", Concat((I,))),
        (f"format('{{0:D3}}', {P['i']})", Apply("format", ("{0:D3}", I))),
        (f"toLower(concat('A/', {P['s']}))", Concat(("a/", Apply("toLower", (S,))))),
        (f"toLower(toLower({P['s']}))", Apply("toLower", (S,))),
        (f"replace(concat('a.b', {P['s']}), '.', '-')", Concat(("a-b", Apply("replace", (S, ".", "-"))))),
        (f"replace(concat('a.b', {P['s']}), '..', '-')", Apply("replace", (Concat(("a.b", S)), "..", "-"))),
        # ids are text, and come apart at their slashes
        (
            f"resourceId('NS/a/b', {P['s']}, 'x')",
            Concat(("/subscriptions/", SUBSCRIPTION, "/resourceGroups/", GROUP, "/providers/NS/a/", S, "/b/x")),
        ),
        (
            f"resourceId({P['s']}, 'NS/a', 'x')",
            Concat(("/subscriptions/", SUBSCRIPTION, "/resourceGroups/", S, "/providers/NS/a/x")),
        ),
        (f"split(resourceId('NS/a', {P['s']}), '/')[4]", GROUP),
        (f"last(split(resourceId('NS/a', {P['s']}), '/'))", S),
        (f"split({P['s']}, '/')[8]", Access(Apply("split", (S, "/")), 8)),
        (f"split(concat({P['s']}, '/x'), '/')[1]", Access(Apply("split", (Concat((S, "/x")), "/")), 1)),
        ("resourceGroup().id", Concat(("/subscriptions/", SUBSCRIPTION, "/resourceGroups/", GROUP))),
        ("resourceGroup().tags.cost", DeploymentFact("resourceGroup", ("tags", "cost"))),
        ("deployment().properties.templateLink.uri", DeploymentFact("deployment", ("properties", "templateLink", "uri"))),
        ("deployment().name", DeploymentFact("deployment", ("name",))),
        ("subscription().tenantId", DeploymentFact("tenant", ("tenantId",))),
        # conditions
        (f"if({P['b']}, 1, 2)", If(B, 1, 2)),
        (f"if({P['b']}, 1, 1)", 1),
        (f"if({P['b']}, true(), false())", B),
        (f"if({P['b']}, false(), true())", Apply("not", (B,))),
        (f"if({P['b']}, 1, fail('no'))", If(B, 1, Apply("fail", ("the template refuses this: no",)))),
        (f"if({P['b']}, createObject('x', 1), createObject('x', 2)).x", If(B, 1, 2)),
        (f"if({P['b']}, createObject('x', 1), createObject()).x", If(B, 1, Apply("fail", ("there is no property `x`",)))),
        (f"tryGet(if({P['b']}, createObject('x', 1), createObject()), 'x')", If(B, 1, None)),
        (f"not(not({P['b']}))", B),
        (f"and({P['b']}, false())", False),
        (f"and({P['b']}, true())", B),
        (f"and({P['b']}, {P['b']})", B),
        (f"or({P['b']}, true())", True),
        (f"or({P['b']}, equals({P['s']}, 'x'))", Apply("or", (B, Apply("equals", (S, "x"))))),
        (f"empty(concat('a', {P['s']}))", False),
        (f"empty({P['s']})", Apply("empty", (S,))),
        ("empty(resourceGroup().name)", False),
        (f"empty(createArray({P['s']}))", False),
        (f"equals({P['s']}, {P['s']})", True),
        (f"equals({P['s']}, 1)", False),
        (f"equals({P['s']}, null())", False),
        (f"equals({P['n']}, null())", Apply("equals", (N, None))),
        (f"equals(concat('a', {P['s']}), 'b')", False),
        (f"equals(if({P['b']}, 'x', 'y'), 'y')", Apply("not", (B,))),
        (f"startsWith(concat('HTTPS://', {P['s']}), 'https')", True),
        (f"startsWith(concat('ftp://', {P['s']}), 'https')", False),
        (f"startsWith(concat('ht', {P['s']}), 'https')", Apply("startsWith", (Concat(("ht", S)), "https"))),
        (f"endsWith(concat({P['s']}, '.PS1'), '.ps1')", True),
        (f"endsWith(concat({P['s']}, '.sh'), '.ps1')", False),
        (f"contains(concat('a/b', {P['s']}), '/')", True),
        (f"contains(createArray('a', {P['s']}), 'a')", True),
        (f"contains(createArray(1, {P['s']}), 2)", False),
        (f"contains(createObject('k', {P['s']}), 'K')", True),
        (f"coalesce({P['s']}, 'x')", S),
        (f"coalesce({P['n']}, 'x', fail('no'))", Apply("coalesce", (N, "x"))),
        (f"coalesce(tryGet({P['o']}, 'k'), 'x')", Apply("coalesce", (Access(O, "k", safe=True), "x"))),
        # structures are worked through, symbols in them or not
        (f"createObject({P['s']}, 1)", {S: 1}),
        (f"concat(createArray({P['s']}), createArray('x'))", (S, "x")),
        (f"concat({P['a']}, createArray('x'))", Apply("concat", (A, ("x",)))),
        (f"first(createArray({P['s']}, 'x'))", S),
        (f"length(createArray({P['s']}, 'x'))", 2),
        (f"length({P['s']})", Apply("length", (S,))),
        (f"items(createObject('b', {P['s']}))[0].value", S),
        (f"map(createArray(1, 2), lambda('x', concat(lambdaVariables('x'), {P['s']})))", (Concat(("1", S)), Concat(("2", S)))),
        (
            f"map({P['a']}, lambda('x', 'i', createArray(lambdaVariables('x').y, lambdaVariables('i'))))",
            Apply("map", (A, Lambda(("x", "i"), (Access(LambdaVariable("x"), "y"), LambdaVariable("i", "int"))))),
        ),
        (
            f"filter(createArray('a', 'b'), lambda('x', equals(lambdaVariables('x'), {P['s']})))",
            Apply("filter", (("a", "b"), Lambda(("x",), Apply("equals", (LambdaVariable("x"), S))))),
        ),
        (
            f"reduce(createArray({P['s']}, 'x'), '', lambda('c', 'n', concat(lambdaVariables('c'), lambdaVariables('n'))))",
            Concat((S, "x")),
        ),
        (f"union(createObject('a', {P['s']}), createObject('b', 1))", {"a": S, "b": 1}),
        (
            f"union(createObject('a', createObject('x', {P['s']})), createObject('a', createObject('y', 1)))",
            {"a": {"x": S, "y": 1}},
        ),
        (f"union({P['o']}, createObject('b', 1))", Apply("union", (O, {"b": 1}))),
        (f"union(createArray('a'), createArray({P['s']}))", Apply("union", (("a",), (S,)))),
        (f"union(createArray({P['s']}), createArray({P['s']}))", (S,)),
        (
            f"union(createArray(createObject('x', {P['s']})), createArray(createObject('x', 'y')))",
            ({"x": S}, {"x": "y"}),
        ),
        (
            f"shallowMerge(createArray(createObject('x', 1), if({P['b']}, createObject('y', {P['s']}), createObject())))",
            {"x": 1, "y": If(B, S, None)},
        ),
        (f"shallowMerge(createArray(createObject('x', 1), if({P['b']}, createObject('x', 2), null())))", {"x": If(B, 2, 1)}),
        (
            f"union(createObject('x', 1), if({P['b']}, createObject('y', 2), createObject('z', 3)))",
            {"x": 1, "y": If(B, 2, None), "z": If(B, None, 3)},
        ),
        # what only Azure or the moment knows
        ("listKeys('id', '2020').keys[0].value", Runtime("listKeys", ("id", "2020"), ("keys", 0, "value"), secure=True)),
        ("reference('id').outputs", Runtime("reference", ("id",), ("outputs",))),
        ("utcNow('yyyy')", Deferred("utcNow", ("yyyy",))),
        (f"uniqueString({P['s']})", Apply("uniqueString", (S,))),
        (f"{P['o']}.a[{P['i']}]", Access(Access(O, "a"), I)),
        (f"createArray('a', 'b')[{P['i']}]", Access(("a", "b"), I)),
        (f"createObject('k', 'v')[{P['s']}]", Access({"k": "v"}, S)),
    ],
)
def test_what_is_not_known_stays_in_its_simplest_form(expression: str, expected: ArmValue) -> None:
    result = _value(expression)
    assert result == expected
    assert same(result, expected) is True


def test_known_parameters_fold_away() -> None:
    assert _value(f"concat('a', {P['s']})", scope_of(s="x")) == "ax"


def test_context_folds_when_it_is_known() -> None:
    scope = Scope(deployment=Deployment(subscription_id="sub", resource_group="rg"))
    assert _value("resourceGroup().id", scope) == "/subscriptions/sub/resourceGroups/rg"
    assert _value("resourceGroup().location", scope) == DeploymentFact("resourceGroup", ("location",))


@pytest.mark.parametrize(
    ("level", "expected"),
    [
        (Level.SUBSCRIPTION, Concat(("/subscriptions/", SUBSCRIPTION, "/providers/NS/a/x"))),
        (Level.MANAGEMENT_GROUP, "/providers/NS/a/x"),
        (Level.TENANT, "/providers/NS/a/x"),
    ],
)
def test_ids_follow_the_level_of_the_deployment(level: Level, expected: ArmValue) -> None:
    assert _value("resourceId('NS/a', 'x')", Scope(deployment=Deployment(level))) == expected


def test_a_template_for_a_subscription_has_no_resource_group() -> None:
    with pytest.raises(ExpressionError, match="not deployed to a resource group"):
        _value("resourceGroup().name", Scope(deployment=Deployment(Level.SUBSCRIPTION)))


def test_names_of_parameters_variables_and_functions_do_not_mind_case() -> None:
    scope = scope_of('{"MyVar": "[PARAMETERS(\'S\')]"}')
    assert _value("Variables('myvar')", scope) == S


def test_variables_may_use_each_other_in_any_order() -> None:
    scope = scope_of(
        """{"a": "[concat(variables('b'), '!')]", "b": {"c": "[variables('d')]"}, "d": "x"}""".replace(
            "variables('b')", "variables('b').c"
        )
    )
    assert _value("variables('a')", scope) == "x!"
    assert value_of(evaluate_definition("variable", scope.variables["b"], scope)) == {"c": "x"}


def test_a_circle_of_variables_is_an_error_that_shows_it() -> None:
    scope = scope_of("""{"a": "[variables('b')]", "b": "[variables('a')]"}""")
    with pytest.raises(ExpressionError, match="depends on itself: `a` → `b` → `a`"):
        _value("variables('a')", scope)


def test_only_what_is_asked_for_is_evaluated() -> None:
    scope = scope_of("""{"good": 1, "bad": "[nonsense()]"}""")
    assert _value("variables('good')", scope) == 1


def test_a_default_knows_whose_it_is() -> None:
    parameters = {name: Definition(name, _json('"[newGuid()]"')) for name in ("one", "two")}
    scope = Scope(parameters)
    assert value_of(evaluate_definition("parameter", scope.parameters["one"], scope)) == Deferred("newGuid", (), "one")
    assert (
        same(
            value_of(evaluate_definition("parameter", scope.parameters["one"], scope)),
            value_of(evaluate_definition("parameter", scope.parameters["two"], scope)),
        )
        is None
    )


def test_an_argument_of_a_nested_deployment_is_evaluated_outside() -> None:
    outer = scope_of('{"v": "outer"}')
    inner = Scope(
        {"p": Definition("p", _json("\"[variables('v')]\""), scope=outer)}, variable_definitions(_object('{"v": "inner"}'))
    )
    assert _value("concat(parameters('p'), variables('v'))", inner) == "outerinner"


def test_values_from_outside_are_no_expressions() -> None:
    scope = scope_of(s="[[x]")
    assert _value(P["s"], scope) == "[[x]"


def test_a_users_function_sees_its_own_parameters_only() -> None:
    functions = """[{"namespace": "my", "members": {"twice": {
        "parameters": [{"name": "text", "type": "string"}],
        "output": {"type": "string", "value": "[concat(parameters('text'), parameters('TEXT'))]"}},
      "four": {"parameters": [{"name": "text", "type": "string"}],
        "output": {"type": "string", "value": "[my.twice(my.twice(parameters('text')))]"}},
      "bad": {"parameters": [], "output": {"type": "string", "value": "[parameters('s')]"}}}}]"""
    assert _value("MY.Twice('ab')", scope_of(functions=functions)) == "abab"
    assert _value("my.four('a')", scope_of(functions=functions)) == "aaaa"
    assert _value(f"my.twice({P['s']})", scope_of(functions=functions)) == Concat((S, S))
    with pytest.raises(ExpressionError, match="there is no parameter `s`"):
        _value("my.bad()", scope_of(functions=functions))
    with pytest.raises(ExpressionError, match="takes 1 argument, found 2"):
        _value("my.twice('a', 'b')", scope_of(functions=functions))


def test_a_function_that_calls_itself_is_an_error() -> None:
    functions = '[{"namespace": "my", "members": {"f": {"parameters": [], "output": {"type": "string", "value": "[my.f()]"}}}}]'
    with pytest.raises(ExpressionError, match="nested too deeply"):
        _value("my.f()", scope_of(functions=functions))


def test_reference_asks_the_template_first() -> None:
    answer = _json('{"outputs": {"x": {"value": "y"}}}')
    scope = Scope(reference=lambda name, arguments: answer if (name, arguments) == ("reference", ("sibling",)) else None)
    assert _value("reference('sibling').outputs.x.value", scope) == "y"
    assert _value("reference('other').outputs.x", scope) == Runtime("reference", ("other",), ("outputs", "x"))


def _plain(text: str, scope: Scope | None = None) -> ArmValue:
    return value_of(evaluate_json(_json(text), scope or scope_of()))


def test_a_tree_is_evaluated_with_its_keys_and_without_nulls() -> None:
    text = """{"[concat('k', '1')]": "[null()]", "[[plain]": "[[x]", "k2": [null, "[null()]", {"n": null}],
      "[resourceId('NS/a', 'x')]": {}, "number": 1.5, "open": "[open"}"""
    key = Concat(("/subscriptions/", SUBSCRIPTION, "/resourceGroups/", GROUP, "/providers/NS/a/x"))
    assert _plain(text) == {"[plain]": "[x]", "k2": (None, None, {}), key: {}, "number": 1.5, "open": "[open"}


def test_nulls_stay_where_they_are_asked_for() -> None:
    assert value_of(evaluate_node(_json('{"a": "[null()]"}'), scope_of())) == {"a": None}


def test_copy_in_properties_makes_arrays() -> None:
    text = """{"copy": [
      {"name": "disks", "count": 2,
       "input": {"lun": "[copyIndex('disks')]", "name": "[format('d{0}', copyIndex('disks', 1))]"}},
      {"name": "none", "count": "[length(createArray())]", "input": 1}], "other": true}"""
    assert _plain(text) == {"disks": ({"lun": 0, "name": "d1"}, {"lun": 1, "name": "d2"}), "none": (), "other": True}


def test_loops_nest_by_name() -> None:
    text = """{"copy": [{"name": "a", "count": 2, "input": {"copy": [
      {"name": "b", "count": 2, "input": "[format('{0}{1}', copyIndex('a'), copyIndex('b'))]"}]}}]}"""
    assert _plain(text) == {"a": ({"b": ("00", "01")}, {"b": ("10", "11")})}


def test_copy_is_a_name_where_it_is_no_loop() -> None:
    assert _plain('{"copy": {"a": 1}, "x": {"copy": ["b"]}}') == {"copy": {"a": 1}, "x": {"copy": ("b",)}}


def test_variables_are_made_by_copy_at_both_levels() -> None:
    scope = scope_of("""{"copy": [{"name": "top", "count": 2, "input": "[copyIndex('top')]"}],
      "inner": {"copy": [{"name": "list", "count": 2, "input": "[copyIndex('list', 5)]"}]}}""")
    assert _value("variables('top')", scope) == (0, 1)
    assert _value("variables('inner').list", scope) == (5, 6)


def test_a_loop_of_unknown_length_is_a_map_over_a_range() -> None:
    scope = scope_of()
    looped = _plain(f"""{{"copy": [{{"name": "x", "count": "[{P["i"]}]", "input": "[copyIndex('x', 1)]"}}]}}""", scope)
    body = Apply("add", (LambdaVariable("x", "int"), 1))
    assert looped == {"x": Apply("map", (Apply("range", (0, I)), Lambda(("x",), body)))}


@pytest.mark.parametrize("count", ["801", "-1", '"two"', "true"])
def test_a_loop_has_a_number_of_rounds(count: str) -> None:
    with pytest.raises(ExpressionError, match="number of rounds") as caught:
        _plain(f'{{"copy": [{{"name": "x", "count": {count}, "input": 1}}]}}')
    assert caught.value.span is not None
    assert caught.value.span.text == count


def test_a_resources_loop_gives_its_index_without_a_name() -> None:
    scope = scope_of().with_loop("images", 3)
    assert _value("concat(copyIndex(), copyIndex(1), copyIndex('IMAGES', 2))", scope) == "345"


def _spans(node: Json) -> Any:  # noqa: ANN401 - a tree of texts
    match node:
        case JsonArray(items):
            return [_spans(item) for item in items]
        case JsonObject(members):
            return {member.key: _spans(member.value) for member in members}
        case _:
            return node.span.text


def test_values_keep_the_place_they_come_from() -> None:
    template = _object("""{"variables": {"steps": [{"type": "Shell"}]},
      "customize": "[concat(variables('steps'), createArray(createObject('type', toLower('FILE'))))]",
      "vm": "[createObject('size', parameters('s'))]"}""")
    variables = template.get("variables")
    assert isinstance(variables, JsonObject)
    scope = Scope(scope_of().parameters, variable_definitions(variables))
    evaluated = evaluate_json(template, scope)
    assert isinstance(evaluated, JsonObject)
    assert [_spans(member.value) for member in evaluated][1:] == [
        [{"type": '"Shell"'}, {"type": "toLower('FILE')"}],
        {"size": "parameters('s')"},
    ]


@pytest.mark.parametrize(
    ("text", "blamed"),
    [
        ('{"a": ["[concat(\'\\u00e9\\\\\', nonsense())]"]}', "nonsense"),
        ('{"a": "[variables(\'bad\')]"}', "worse"),
        ('{"[nonsense()]": 1}', "nonsense"),
        ('{"a": "[add(1, \'x\')]"}', "'x'"),
        ('{"a": "[parameters(\'o2\').c]"}', ".c"),
    ],
)
def test_an_error_is_at_its_place_in_the_file(text: str, blamed: str) -> None:
    scope = scope_of('{"bad": "[worse()]"}', o2={"a": {"b": 1}})
    with pytest.raises(ExpressionError) as caught:
        evaluate_json(_json(text), scope)
    assert caught.value.span is not None
    assert caught.value.span.text == blamed


def test_a_missing_property_is_told_with_those_there_are() -> None:
    with pytest.raises(ExpressionError) as caught:
        _value(f"{P['o']}.colour", scope_of(o={"color": 1, "size": 2}))
    assert caught.value.help == "Did you mean `color`?"


def test_the_leaves_of_a_value_are_told_once_and_in_order() -> None:
    value = _value(f"if({P['b']}, createObject({P['s']}, createArray({P['secret']})), listKeys({P['s']}, '1'))")
    assert parameters_of(value) == (B, S, SECRET)
    assert leaves(value) == (B, S, SECRET, Runtime("listKeys", (S, "1"), secure=True))


def test_what_may_be_null_is_told() -> None:
    assert [may_be_null(one) for one in (None, N, S, If(B, None, 1), Access(O, "x"), Concat((N,)))] == [
        True,
        True,
        False,
        True,
        True,
        False,
    ]


@pytest.mark.parametrize(
    "expression",
    [
        "map(range(0, 10000), lambda('x', map(range(0, 10000), lambda('y', 1))))",
        "reduce(range(0, 100), 'x', lambda('c', 'n', concat(lambdaVariables('c'), lambdaVariables('c'))))",
        "reduce(range(0, 100), createArray(1), lambda('c', 'n', concat(lambdaVariables('c'), lambdaVariables('c'))))",
        f"reduce(range(0, 100), {P['s']}, lambda('c', 'n', concat(lambdaVariables('c'), lambdaVariables('c'))))",
        "padLeft('x', 2000000000)",
        "format('{0,999999}', 1)",
        "json('" + "[" * 5000 + "')",
    ],
)
def test_what_would_never_end_or_fit_is_an_error(expression: str) -> None:
    with pytest.raises(ExpressionError):
        _value(expression)


_NAMES = sorted(
    {function.name for function in registry().values()} | {"if", "and", "or", "coalesce", "tryGet", "map", "filter", "sort"}
)
_ATOMS = st.one_of(
    st.sampled_from(
        [*P.values(), "createArray()", "createObject()", "null()", "true()", "utcNow()", "resourceGroup()", "copyIndex()"]
    ),
    st.integers(-3, 70).map(str),
    st.text(alphabet="a/{0:D}%é😀'[", max_size=6).map(lambda text: "'" + text.replace("'", "''") + "'"),
    st.sampled_from(
        ["lambda('x', lambdaVariables('x'))", "lambda('x', 'y', less(lambdaVariables('x'), lambdaVariables('y')))"]
    ),
)
CALLS = st.recursive(
    _ATOMS,
    lambda inner: st.one_of(
        st.tuples(st.sampled_from(_NAMES), st.lists(inner, max_size=3)).map(lambda call: f"{call[0]}({', '.join(call[1])})"),
        st.tuples(st.sampled_from(["createArray", "createObject"]), st.lists(inner, max_size=4)).map(
            lambda call: f"{call[0]}({', '.join(call[1])})"
        ),
        st.tuples(inner.filter(lambda text: text.endswith(")")), inner).map(lambda pair: f"{pair[0]}[{pair[1]}]"),
        inner.filter(lambda text: text.endswith(")")).map(lambda text: f"{text}.name"),
    ),
    max_leaves=12,
)


def _result(run: Callable[[], ArmValue]) -> "ArmValue | ExpressionError":
    """The value, or the one kind of error that there may be."""
    try:
        return run()
    except ExpressionError as error:
        return error


@given(CALLS)
def test_evaluation_gives_a_value_or_an_expression_error(expression: str) -> None:
    result = _result(lambda: _value(expression))
    if isinstance(result, ExpressionError):
        assert result.message
        assert result.help
        return
    span = Span(SourceText("t.json", ""), 0, 0)
    assert same(value_of(node_of(result, span)), result) is True
    assert isinstance(hash(leaves(result)), int)


@given(EXPRESSIONS)
def test_any_expression_is_evaluated_or_refused_at_a_place(expression: Any) -> None:  # noqa: ANN401 - any node
    text = json.dumps({"a": print_expression(expression)})
    result = _result(lambda: value_of(evaluate_json(_json(text), scope_of())))
    assert not isinstance(result, ExpressionError) or result.span is not None
