"""Expressions printed as HCL mean in Packer what they mean in ARM."""

import json
from base64 import b64decode
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given

from aib2packer.arm.evaluation.evaluate import evaluate
from aib2packer.arm.evaluation.scope import Definition, Scope
from aib2packer.arm.language.expression import ExpressionError, parse
from aib2packer.arm.language.json_values import JsonSymbolic, node_of
from aib2packer.arm.language.symbolic import (
    ArmValue,
    Deferred,
    DeploymentFact,
    Leaf,
    ParameterSymbol,
    Type,
    concat,
    is_known,
    leaves,
)
from aib2packer.hcl.code import CannotPrintError
from aib2packer.hcl.printing import print_body, print_locals, print_value, print_variable, references
from aib2packer.hcl.values import Attribute, Blank, Block, HclCode, Local, Variable
from aib2packer.packer.expressions.dates import date_format
from aib2packer.packer.expressions.printer import Printer, to_hcl
from aib2packer.text.source import SourceText, Span
from tests.arm.test_evaluate import CALLS, scope_of
from tests.hcl.decoding import decode_value
from tests.lab.judge import Packer

TYPES: dict[str, Type] = {"s": "string", "t": "string", "id": "string", "b": "bool", "i": "int", "a": "array", "o": "object"}
HCL_TYPES = {
    "string": "string",
    "bool": "bool",
    "int": "number",
    "array": "list(string)",
    "object": "object({ k = string, deep = object({ x = list(string) }) })",
}
VALUES: list[dict[str, Any]] = [
    {
        "s": "Hello",
        "t": "x y+z",
        "b": True,
        "i": 7,
        "a": ["b", "a", "b"],
        "id": "/subscriptions/1/resourceGroups/g/providers/P/vnets/v/subnets/s",
        "o": {"k": "v", "deep": {"x": ["1", "2"]}},
    },
    {
        "s": "",
        "t": '${a}%{b}"\\\n',
        "b": False,
        "i": -7,
        "a": ["ä", "Z"],
        "id": "https://host/folder/file?",
        "o": {"k": "", "deep": {"x": ["é"]}},
    },
    {"s": "0", "t": "true", "b": True, "i": 0, "a": ["x"], "id": "https://host", "o": {"k": "0", "deep": {"x": ["", ""]}}},
]
P = {name: f"parameters('{name}')" for name in TYPES}
X = "lambdaVariables('x')"

# What is printed, and as what: short, as a person would write it.
PRINTED: list[tuple[str, str]] = [
    (P["s"], "var.s"),
    (f"concat({P['s']}, '-b')", '"${var.s}-b"'),
    (f"concat('$', {P['s']}, '${{x}}')", '"${"$"}${var.s}$${x}"'),
    (f"concat({P['s']}, {P['i']})", '"${var.s}${var.i}"'),
    (f"format('{{0}}!', {P['b']})", '"${var.b ? "True" : "False"}!"'),
    (f"string({P['i']})", "convert(var.i, string)"),
    (f"if({P['b']}, 'x', {P['s']})", 'var.b ? "x" : var.s'),
    (f"if(empty({P['s']}), null(), split({P['id']}, '/')[4])", 'var.s == "" ? null : split("/", var.id)[4]'),
    (f"if(not(empty({P['s']})), 1, 2)", 'var.s != "" ? 1 : 2'),
    (f"if(not(equals({P['s']}, 'a')), 1, if({P['b']}, 2, 3))", 'var.s != "a" ? 1 : var.b ? 2 : 3'),
    (f"if(if({P['b']}, equals({P['s']}, 'a'), {P['b']}), 1, 2)", '(var.b ? var.s == "a" : var.b) ? 1 : 2'),
    (f"if({P['b']}, if(equals({P['i']}, 1), 1, 2), 3)", "var.b ? (var.i == 1 ? 1 : 2) : 3"),
    (f"not({P['b']})", "!var.b"),
    (f"not(and({P['b']}, equals({P['i']}, 1)))", "!(var.b && var.i == 1)"),
    (
        f"or(and({P['b']}, less({P['i']}, 1)), {P['b']})",
        "(var.b && var.i < 1) || var.b",
    ),
    (f"and(or({P['b']}, less({P['i']}, 1)), {P['b']})", "(var.b || var.i < 1) && var.b"),
    (f"toLower(concat('A', {P['s']}))", '"a${lower(var.s)}"'),
    (f"createArray({P['s']}, 'x', {P['i']})", '[var.s, "x", var.i]'),
    (f"last(split({P['id']}, '/'))", 'reverse(split("/", var.id))[0]'),
    (f"guid({P['s']}, 'x')", 'uuidv5("11fb06fb-712d-4ddd-98c7-e71bbd588830", "${var.s}-x")'),
    (f"map({P['a']}, lambda('x', concat({X}, '-', {P['s']})))", '[for x in var.a : "${x}-${var.s}"]'),
    (f"map({P['a']}, lambda('x', 'n', concat({X}, string(lambdaVariables('n')))))", '[for n, x in var.a : "${x}${n}"]'),
    (f"map({P['a']}, lambda('var', concat(lambdaVariables('var'), {P['s']})))", '[for var_ in var.a : "${var_}${var.s}"]'),
    (f"filter({P['a']}, lambda('x', equals({X}, 'a')))", '[for x in var.a : x if x == "a"]'),
    (f"coalesce(tryGet({P['o']}, 'deep', 'y'), 'd')", 'try(var.o.deep.y, null) != null ? try(var.o.deep.y, null) : "d"'),
    (f"{P['o']}.deep.x[1]", "var.o.deep.x[1]"),
    (f"{P['o']}['a b']", 'var.o["a b"]'),
    (f"createArray('a', 'b')[{P['i']}]", '["a", "b"][var.i]'),
    (f"startsWith({P['s']}, 'HE')", 'startswith(lower(var.s), "he")'),
    (f"sub(1, sub({P['i']}, mul(2, add({P['i']}, 1))))", "1 - (var.i - 2 * (var.i + 1))"),
    ("resourceGroup().id", '"/subscriptions/${var.subscriptionId}/resourceGroups/${var.name}"'),
    ("utcNow()", "formatdate(\"YYYYMMDD'T'hhmmss'Z'\", local.now)"),
    ("concat('v', utcNow('yyyy.MM.dd'))", '"v${formatdate("YYYY.MM.DD", local.now)}"'),
    ("newGuid()", "uuidv4()"),
    ("dateTimeAdd(utcNow('yyyy'), 'P1DT2H')", 'formatdate("YYYY", timeadd(local.now, "26h"))'),
]

# What Packer must compute as ARM does; with those above.
COMPUTED = [
    *(f"toUpper({P['s']})", f"trim({P['t']})", f"replace({P['t']}, ' ', '-')", f"split({P['id']}, '/')"),
    *(
        f"split({P['t']}, createArray(' ', '+'))",
        f"join({P['a']}, ', ')",
        f"substring({P['id']}, 2, 3)",
        f"substring({P['id']}, 3)",
    ),
    *(
        f"take({P['s']}, 2)",
        f"skip({P['s']}, 2)",
        f"take({P['s']}, {P['i']})",
        f"skip({P['s']}, {P['i']})",
        f"take({P['a']}, 2)",
    ),
    *(f"skip({P['a']}, 2)", f"take({P['a']}, {P['i']})", f"skip({P['a']}, {P['i']})", f"first({P['s']})", f"last({P['s']})"),
    *(f"first({P['a']})", f"last({P['a']})", f"length({P['s']})", f"length({P['a']})", f"length({P['o']})", f"empty({P['a']})"),
    *(
        f"empty({P['s']})",
        f"not(empty({P['a']}))",
        f"contains({P['a']}, 'a')",
        f"contains({P['s']}, 'll')",
        f"contains({P['o']}, 'K')",
    ),
    *(
        f"contains({P['a']}, {P['s']})",
        f"endsWith({P['id']}, 'S')",
        f"endsWith({P['s']}, {P['s']})",
        f"startsWith({P['id']}, {P['s']})",
    ),
    *(f"indexOf({P['a']}, 'b')", f"indexOf({P['a']}, 'none')", f"padLeft({P['s']}, 8)", f"padLeft({P['i']}, 4, '0')"),
    *(f"padLeft({P['s']}, 3, '0')", f"format('{{0,8}}|{{0,-8}}|', {P['s']})", f"format('{{0:D4}}', {P['i']})"),
    *(f"format('{{0:000}}', {P['i']})", f"base64({P['t']})", f"base64ToString(base64({P['t']}))", f"uriComponent({P['t']})"),
    *(
        f"dataUri({P['t']})",
        f"uri({P['id']}, 'a/b.sh')",
        f"uri({P['id']}, concat('a/', {P['s']}))",
        f"json(concat('[', {P['i']}, ']'))",
    ),
    *(
        f"base64ToJson(base64(concat('[', {P['i']}, ']')))",
        f"int(string({P['i']}))",
        f"bool({P['i']})",
        f"bool(string({P['b']}))",
    ),
    *(
        f"add({P['i']}, 1)",
        f"mul({P['i']}, 3)",
        f"div({P['i']}, 2)",
        f"mod({P['i']}, 3)",
        f"div(100, {P['i']})",
        f"min({P['i']}, 3)",
    ),
    *(f"max(createArray({P['i']}, 3))", f"range(0, length({P['a']}))", f"range({P['i']}, 3)", f"less({P['i']}, 3)"),
    *(f"greaterOrEquals({P['i']}, 0)", f"greater({P['i']}, 0)", f"lessOrEquals({P['i']}, 0)", f"equals({P['s']}, 'Hello')"),
    *(
        f"equals({P['a']}, createArray('x'))",
        f"not(equals({P['a']}, createArray('x')))",
        f"equals({P['i']}, 7)",
        f"equals({P['b']}, true())",
    ),
    *(
        f"union({P['a']}, createArray('b', 'c'))",
        f"union({P['o']}, createObject('k', 'new'))",
        f"intersection({P['a']}, createArray('b', 'x'))",
    ),
    *(
        f"concat({P['a']}, createArray('z'))",
        f"flatten(createArray({P['a']}, createArray('z')))",
        f"createObject({P['t']}, {P['i']})",
    ),
    *(f"shallowMerge(createArray({P['o']}, createObject('deep', 'gone')))", f"objectKeys({P['o']})", f"items({P['o']})[0].key"),
    *(f"mapValues({P['o']}, lambda('x', 1))", f"toObject(union({P['a']}, {P['a']}), lambda('x', {X}))"),
    *(
        f"groupBy({P['a']}, lambda('x', {X}))",
        f"toObject(union({P['a']}, {P['a']}), lambda('x', {X}), lambda('x', concat({X}, '!')))",
    ),
    *(
        f"tryGet({P['o']}, 'none')",
        f"tryGet({P['o']}, 'deep', 'x', 1)",
        f"indexFromEnd({P['a']}, 1)",
        f"tryIndexFromEnd({P['a']}, 2)",
    ),
    *(
        f"if({P['b']}, createArray('x'), {P['a']})",
        f"if({P['b']}, createObject('x', 1), null())",
        f"if({P['b']}, null(), {P['s']})",
    ),
    *(
        f"if({P['b']}, {P['a']}, createArray())",
        f"concat('a', if({P['b']}, 'x', {P['s']}))",
        f"coalesce(tryGet({P['o']}, 'k'), 'd')",
    ),
    *(
        f"cidrSubnet(concat('10.', max(0, {P['i']}), '.0.0/16'), 24, 3)",
        f"cidrHost(concat('10.', max(0, {P['i']}), '.0.0/24'), 4)",
    ),
    *(f"dateTimeFromEpoch(add({P['i']}, 1000000000))", f"dateTimeToEpoch(dateTimeFromEpoch(add({P['i']}, 1000000000)))"),
    *(
        f"guid({P['t']})",
        f"guid({P['s']}, {P['t']}, string({P['i']}))",
        f"{P['o']}.deep.x[0]",
        f"createArray('p', 'q')[max(0, min(1, {P['i']}))]",
    ),
    *(
        f"createObject('a', {P['s']}, 'b', createArray({P['b']}, createObject('c', {P['i']})))",
        f"toLower(replace({P['id']}, '/', '-'))",
    ),
    *(
        f"resourceId('g', 'NS/a/b', {P['s']}, 'x')",
        f"string({P['b']})",
        f"not(less({P['i']}, 3))",
        f"and({P['b']}, not({P['b']}))",
    ),
]

NOT_PRINTED = [
    (f"uniqueString({P['s']})", "uniqueString"),
    (f"string({P['a']})", "string"),
    (f"format('{{0}}', {P['o']})", "string"),
    (f"less({P['s']}, 'a')", "less"),
    (f"lastIndexOf({P['s']}, 'a')", "lastIndexOf"),
    (f"indexOf({P['s']}, 'a')", "indexOf"),
    (f"sort({P['a']}, lambda('x', 'y', less({X}, lambdaVariables('y'))))", "sort"),
    (f"reduce({P['a']}, '', lambda('x', 'y', concat({X}, lambdaVariables('y'))))", "reduce"),
    (f"union({P['o']}, {P['o']}.deep)", "union"),
    (f"if({P['b']}, 1, 'x')", "if"),
    (f"if({P['b']}, createObject('x', 1), createObject('y', 1))", "if"),
    (f"if({P['b']}, 1, fail('no'))", "fail"),
    (f"padLeft({P['s']}, 5, 'x')", "padLeft"),
    (f"split({P['s']}, createArray('ab', 'c'))", "split"),
    (f"contains({P['o']}.k, 'x')", "contains"),
    (f"first({P['o']}.k)", "first"),
    (f"format('{{0:N2}}', {P['i']})", "format"),
    (f"format('{{0:X2}}', {P['i']})", "format"),
    (f"format('{{0:0.0}}', {P['i']})", "format"),
    ("utcNow('o')", "utcNow"),
    ("utcNow('fff')", "utcNow"),
    (f"dateTimeAdd({P['s']}, 'P1D')", "dateTimeAdd"),
    ("dateTimeAdd(utcNow(), 'P1M')", "dateTimeAdd"),
    ("reference('id').x", "reference('id').x"),
    (f"map({P['a']}, lambda('a b', lambdaVariables('a b')))", "lambda"),
]
NOW = Local("now", HclCode("timestamp()"))


SPAN = Span(SourceText("t.json", ""), 0, 0)


def _symbolic(expression: str) -> ArmValue:
    parameters = {
        name: Definition(name, JsonSymbolic.of(ParameterSymbol(name, kind), SPAN), literal=True) for name, kind in TYPES.items()
    }
    return evaluate(parse(f"[{expression}]"), Scope(parameters))


def _known(expression: str, values: dict[str, Any]) -> ArmValue:
    parameters = {name: Definition(name, node_of(_frozen(value), SPAN), literal=True) for name, value in values.items()}
    return evaluate(parse(f"[{expression}]"), Scope(parameters))


def _frozen(value: Any) -> Any:  # noqa: ANN401 - any JSON
    match value:
        case list():
            return tuple(map(_frozen, value))
        case dict():
            return {key: _frozen(item) for key, item in value.items()}
        case _:
            return value


def _variable(leaf: Leaf) -> Variable:
    assert isinstance(leaf, ParameterSymbol | DeploymentFact)
    return Variable(leaf.name if isinstance(leaf, ParameterSymbol) else str(leaf.path[-1]))


def _references(value: ArmValue) -> dict[Leaf, Variable | Local | HclCode]:
    return {leaf: _variable(leaf) for leaf in leaves(value) if isinstance(leaf, ParameterSymbol | DeploymentFact)}


@pytest.mark.parametrize(("expression", "hcl"), PRINTED)
def test_an_expression_is_printed_as_a_person_would_write_it(expression: str, hcl: str) -> None:
    value = _symbolic(expression)
    assert print_value(to_hcl(value, _references(value), NOW)) == hcl


@pytest.mark.parametrize(("expression", "function"), NOT_PRINTED)
def test_what_packer_cannot_say_is_refused_by_name(expression: str, function: str) -> None:
    value = _symbolic(expression)
    with pytest.raises(CannotPrintError) as caught:
        to_hcl(value, _references(value))
    assert caught.value.function == function
    assert caught.value.reason


@pytest.mark.parametrize("values", VALUES, ids=["first", "second", "third"])
def test_packer_computes_what_arm_computes(values: dict[str, Any], packer: Packer, tmp_path: Path) -> None:
    expected: dict[str, Any] = {}
    tags: dict[str, HclCode] = {}
    for number, expression in enumerate((*COMPUTED, *(expression for expression, _ in PRINTED))):
        value = _symbolic(expression)
        if any(isinstance(leaf, DeploymentFact | Deferred) for leaf in leaves(value)):
            continue
        try:
            known = _known(expression, values)
        except ExpressionError:
            continue  # an error in ARM is one in Packer too, or does no harm
        assert is_known(known)
        assert not is_known(value), expression
        expected[f"t{number}"] = (expression, json.loads(json.dumps(known)))
        printed = to_hcl(value, _references(value))
        tags[f"t{number}"] = HclCode(f"base64encode(jsonencode({print_value(printed)}))", references(printed))
    assert len(expected) > 100
    dumped = _dumped(values, tags, packer, tmp_path)
    results = {expected[key][0]: _decoded(text) for key, text in dumped.items()}
    assert results == dict(expected.values())


def _dumped(values: dict[str, Any], tags: dict[str, HclCode], packer: Packer, folder: Path) -> dict[str, str]:
    """What Packer makes of each tag, with variables of those values."""
    variables = [Variable(name, type=HCL_TYPES[kind], default=_frozen(values[name])) for name, kind in TYPES.items()]
    source = Block("source", (Attribute("azure_tags", tags),), ("azure-arm", "x"))
    build = Block("build", (Attribute("sources", ("source.azure-arm.x",)),))
    template = folder / "x.pkr.hcl"
    locals_ = tuple(dict.fromkeys(item for tag in tags.values() for item in references(tag) if isinstance(item, Local)))
    blocks = (*map(print_variable, variables), print_locals(locals_), print_body((source, Blank(), build)))
    template.write_text("\n\n".join((*blocks, "")), encoding="utf-8")
    verdict = packer.validate(template)
    assert verdict.source is not None, verdict.output
    found: dict[str, str] = verdict.source["azure_tags"]
    return found


def _decoded(text: str) -> Any:  # noqa: ANN401 - any JSON
    return json.loads(b64decode(text))


@pytest.mark.parametrize(
    ("expression", "version"),
    [
        (f"dateTimeFromEpoch({P['i']})", "1.16.0"),
        (f"concat('x', dateTimeToEpoch({P['s']}))", "1.16.0"),
        (f"map({P['a']}, lambda('x', createObject('y', dateTimeToEpoch({X}))))", "1.16.0"),
        (f"if({P['b']}, toLower({P['s']}), 'x')", ""),
        ("'known'", ""),
    ],
)
def test_functions_that_are_new_in_packer_ask_for_their_version(expression: str, version: str) -> None:
    value = _symbolic(expression)
    needed = Printer(_references(value), NOW).piece(value).version
    assert ".".join(map(str, needed)) == version


def test_what_an_expression_uses_is_told() -> None:
    value = _symbolic(f"if({P['b']}, concat('x', toLower({P['s']})), coalesce(tryGet({P['o']}, 'k'), {P['t']}))")
    printed = to_hcl(value, _references(value))
    assert isinstance(printed, HclCode)
    assert {one.name for one in printed.uses} == {"b", "s", "o", "t"}


def test_a_reference_may_be_a_local_or_code() -> None:
    value = _symbolic(f"concat(toLower({P['s']}), {P['t']}, newGuid())")
    references: dict[Leaf, Variable | Local | HclCode] = {
        ParameterSymbol("s"): Local("s", "x"),
        ParameterSymbol("t"): HclCode("var.t ? 1 : 2"),
        Deferred("newGuid"): Local("id", "y"),
    }
    assert print_value(to_hcl(value, references)) == '"${lower(local.s)}${var.t ? 1 : 2}${local.id}"'
    assert print_value(to_hcl(_symbolic(f"empty({P['t']})"), references)) == '(var.t ? 1 : 2) == ""'


def test_a_nullable_parameter_is_empty_text_when_it_is_null() -> None:
    leaf = ParameterSymbol("n", nullable=True)
    assert print_value(to_hcl(concat(("a", leaf)), {leaf: Variable("n")})) == '"a${var.n == null ? "" : var.n}"'


@pytest.mark.parametrize(
    ("net", "hcl"),
    [
        ("yyyyMMddTHHmmssZ", "YYYYMMDD'T'hhmmss'Z'"),
        ("yyyy-MM-dd-HH-mm-ss", "YYYY-MM-DD-hh-mm-ss"),
        ("yyyyMMddhhmmss", "YYYYMMDDHHmmss"),
        ("ddd, d MMMM yy h:m tt", "EEE, D MMMM YY H:m AA"),
        ("yyyy'at'HH", "YYYY'at'hh"),
        (r"yyyy\'HH", "YYYY''''hh"),
        ("u", "YYYY-MM-DD hh:mm:ss'Z'"),
        ("K", None),
        ("fff", None),
        ("", None),
        ("zzz", None),
    ],
)
def test_a_format_of_dates_is_translated(net: str, hcl: str | None) -> None:
    assert date_format(net) == hcl


@given(CALLS)
def test_any_value_is_printed_or_refused(expression: str) -> None:
    value = _evaluated(expression)
    leaf = Variable("leaf")
    references: dict[Leaf, Variable | Local | HclCode] = dict.fromkeys(leaves(value), leaf)
    printed = _printed(value, references)
    if printed is not None and is_known(value):
        assert decode_value(printed) == json.loads(json.dumps(value))
    assert printed is None or "Parameter(" not in printed


def _evaluated(expression: str) -> ArmValue:
    try:
        return evaluate(parse(f"[{expression}]"), scope_of())
    except ExpressionError:
        return None


def _printed(value: ArmValue, references: dict[Leaf, Variable | Local | HclCode]) -> str | None:
    try:
        return print_value(to_hcl(value, references))
    except CannotPrintError:
        return None


def test_a_uri_is_the_folder_of_its_base_and_the_rest() -> None:
    value = _symbolic(f"uri({P['id']}, {P['s']})")

    printed = to_hcl(value, _references(value))

    assert print_value(printed) == '"${local.id_folder}${var.s}"'
    assert print_locals([item for item in references(printed) if isinstance(item, Local)]) == (
        'locals {\n  id_folder = regex_replace(var.id, "^([^/]+//[^/]+.*?)(/[^/]*)?$", "$1/")\n}'
    )
