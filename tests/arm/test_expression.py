"""Reading and printing expressions, and finding their characters in the file."""

import json
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from aib2packer.arm.language.expression import (
    Call,
    Expression,
    ExpressionError,
    IndexAccess,
    IntegerLiteral,
    PropertyAccess,
    StringLiteral,
    is_expression,
    parse,
    print_expression,
    unescape,
)
from aib2packer.arm.language.place import StringPlace
from aib2packer.findings.model import Report
from aib2packer.jsonc import reader as jsonc
from aib2packer.jsonc.tree import Json, JsonArray, JsonObject, JsonScalar
from aib2packer.text.source import SourceText, Span, decode

CORPUS = Path(__file__).parents[3] / "shared/corpus/files"

NAMES = st.from_regex(r"[A-Za-z_$][A-Za-z0-9_$]{0,8}", fullmatch=True)
LEAVES = st.one_of(
    st.builds(StringLiteral, st.text(max_size=20)),
    st.builds(IntegerLiteral, st.integers(-(1 << 63), (1 << 63) - 1)),
    st.builds(Call, NAMES, st.just(())),
)


def _larger(inner: st.SearchStrategy[Expression]) -> st.SearchStrategy[Expression]:
    targets = inner.filter(lambda one: not isinstance(one, StringLiteral | IntegerLiteral))  # literals have no properties
    return st.one_of(
        st.builds(Call, NAMES, st.lists(inner, max_size=3).map(tuple)),
        st.builds(Call, st.tuples(NAMES, NAMES).map(".".join), st.lists(inner, max_size=2).map(tuple)),
        st.builds(PropertyAccess, targets, st.from_regex(r"[A-Za-z0-9_$-]{1,8}", fullmatch=True)),
        st.builds(IndexAccess, targets, inner),
    )


EXPRESSIONS = st.recursive(LEAVES, _larger, max_leaves=15)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("[parameters('x')]", True),
        ("[]", True),
        ("[[parameters('x')]", False),
        ("[[]", False),
        ("[test", False),
        ("[test] value", False),
        ("a[b]", False),
        ("[a]\n", False),
        ("[", False),
        ("", False),
    ],
)
def test_a_string_is_an_expression_when_it_is_all_in_single_brackets(text: str, expected: bool) -> None:  # noqa: FBT001
    assert is_expression(text) is expected


@pytest.mark.parametrize(
    ("text", "meaning"),
    [
        ("[[test]", "[test]"),
        ("[[]", "[]"),
        ("[[a[]b[]c]", "[a[]b[]c]"),
        ("[[open", "[[open"),
        ("[open", "[open"),
        ("plain", "plain"),
    ],
)
def test_doubled_brackets_around_a_text_stand_for_one(text: str, meaning: str) -> None:
    assert unescape(text) == meaning


def test_the_tree_has_calls_accessors_and_literals() -> None:
    assert parse("[ns.f (parameters('a').b-c[0] , 'it''s', -3)]") == Call(
        "ns.f",
        (
            IndexAccess(PropertyAccess(Call("parameters", (StringLiteral("a"),)), "b-c"), IntegerLiteral(0)),
            StringLiteral("it's"),
            IntegerLiteral(-3),
        ),
    )


def test_nodes_know_their_characters() -> None:
    text = "[concat( parameters('a').b , 'c')]"
    call = parse(text)
    assert isinstance(call, Call)
    assert [text[node.start : node.end] for node in (call, *call.arguments)] == [text[1:-1], "parameters('a').b", "'c'"]


@given(EXPRESSIONS)
def test_printing_an_expression_and_reading_it_back_gives_the_same_tree(expression: Expression) -> None:
    text = print_expression(expression)
    assert is_expression(text)
    assert parse(text) == expression


@given(st.text(alphabet=st.sampled_from("[]().,' \n+-12aB_$=\"é"), max_size=40))
def test_any_text_is_read_or_refused_at_a_place_in_it(inner: str) -> None:
    text = f"[{inner}]"
    refused = _refusal(text)
    assert refused is None or (0 <= refused.start <= refused.end <= len(text) and refused.help)


def _refusal(text: str) -> ExpressionError | None:
    try:
        parse(text)
    except ExpressionError as error:
        return error
    return None


@pytest.mark.parametrize(
    ("text", "blamed", "says"),
    [
        ("[]", "[]", "empty expression"),
        ("[  ]", "[  ]", "empty expression"),
        ("[concat('a']", "(", "never closed"),
        ("[concat('a' 'b')]", "'", "expected `,` or `)`"),
        ("[concat('a', )]", ")", "expected a function"),
        ("[concat('a)]", "'a)", "no closing quote"),
        ('[concat("a")]', '"', "double quote"),
        ("[parameters('a') == 'b']", "==", "expected the end"),
        ("[true]", "true", "without parentheses"),
        ("[if(equals(1.5, 2), 1, 2)]", "1.5", "whole number"),
        ("[99999999999999999999]", "99999999999999999999", "64 bits"),
        ("[concat('a'))]", ")", "expected the end"),
        ("['abc'[0]]", "[", "expected the end"),
        ("[a().]", "]", "name of a property"),
        ("[a()[0]", "]", "expected `]`"),
        ("[concat([parameters('x')])]", "[", "expected a function"),
    ],
)
def test_a_broken_expression_is_refused_where_it_breaks(text: str, blamed: str, says: str) -> None:
    with pytest.raises(ExpressionError) as caught:
        parse(text)
    assert says in caught.value.message
    assert text[caught.value.start : caught.value.end] == blamed


@pytest.mark.parametrize(
    "number", ["-9223372036854775808", "9223372036854775807", "-1000000000000000000", "0000000000000000000000001"]
)
def test_whole_numbers_have_up_to_64_bits(number: str) -> None:
    assert parse(f"[{number}]") == IntegerLiteral(int(number))


def test_endless_nesting_is_refused() -> None:
    with pytest.raises(ExpressionError, match="nested more than 100 deep"):
        parse(f"[{'a(' * 5000}{')' * 5000}]")


@pytest.mark.parametrize(
    ("written", "part"),
    [
        ("\"[concat('a', 'b')]\"", "'b'"),
        ("\"[concat('\\\\dir\\u00e9\\n', 'b')]\"", "'b'"),
        ("\"[concat('\\ud83d\\ude00', 'b')]\"", "'b'"),
        ("\"[concat('😀\\t', 'b')]\"", "'b'"),
    ],
)
def test_escapes_of_json_shift_the_columns(written: str, part: str) -> None:
    source = SourceText("t.json", f"  {written}")
    text = json.loads(written)
    start = text.index(part)
    span = StringPlace(Span(source, 2, 2 + len(written)), text).at(start, start + len(part))
    assert span.text == part


@given(st.text(max_size=30), st.data())
def test_every_character_is_found_however_it_is_escaped(text: str, data: st.DataObject) -> None:
    pieces = [data.draw(st.sampled_from((json.dumps(char)[1:-1], json.dumps(char, ensure_ascii=False)[1:-1]))) for char in text]
    written = f'"{"".join(pieces)}"'
    place = StringPlace(Span(SourceText("t.json", written), 0, len(written)), text)
    assert [place.at(index, index + 1).text for index in range(len(text))] == pieces


def test_a_string_that_is_not_written_as_one_has_one_place() -> None:
    source = SourceText("t.json", "parameters('x')")
    span = Span(source, 0, 10)
    assert StringPlace(span, "something else").at(3, 5) == span


def _strings(node: Json) -> list[str]:
    match node:
        case JsonScalar(str() as text):
            return [text]
        case JsonArray(items):
            return [text for item in items for text in _strings(item)]
        case JsonObject(members):
            return [text for member in members for text in (member.key, *_strings(member.value))]
        case _:
            return []


@pytest.mark.skipif(not CORPUS.exists(), reason="no corpus")
def test_all_expressions_of_the_corpus_are_read_but_the_broken_one() -> None:
    refused: dict[str, str] = {}
    read = 0
    for path in sorted(CORPUS.rglob("*")):
        tree = jsonc.parse(decode(path.read_bytes(), path.name), Report()) if path.suffix in {".json", ".jsonc"} else None
        for text in filter(is_expression, _strings(tree) if tree else []):
            try:
                assert parse(print_expression(parse(text))) == parse(text)
                read += 1
            except ExpressionError:
                refused[text] = path.name
    assert read > 7000
    assert len(refused) == 1, refused
