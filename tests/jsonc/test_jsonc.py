"""JSON as ARM tools read it: values, positions, and what is said about broken texts."""

from __future__ import annotations

import json
import re
from typing import Any

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from aib2packer.findings.codes import JSON_DUPLICATE_KEY, JSON_SYNTAX, JSON_TOO_DEEP, JSON_TRAILING_COMMA, PLACEHOLDER
from aib2packer.findings.model import Finding, Report, Severity
from aib2packer.jsonc.reader import parse
from aib2packer.jsonc.tree import MAX_DEPTH, Json, JsonArray, JsonObject, JsonScalar, JsonUnknown
from aib2packer.text.source import SourceText

_SCALARS = st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False, allow_infinity=False) | st.text()
_VALUES = st.recursive(_SCALARS, lambda inner: st.lists(inner) | st.dictionaries(st.text(), inner), max_leaves=30)

# Pieces of JSON, whole and broken, from which hypothesis builds texts that come close to it.
_PIECES = st.sampled_from(
    [
        *"{}[]:,\"\\/#'<>+-.e=;\n \t",
        "“",
        "”",
        '"a"',
        '"a": ',
        "1",
        "01",
        "-",
        "true",
        "None",
        "//",
        "/*",
        "*/",
        "\\u",
        "\\ud83d",
        "\\n",
    ],
)
_NEARLY_JSON = st.lists(_PIECES, max_size=30).map("".join)


def read(text: str) -> tuple[Json | None, tuple[Finding, ...]]:
    report = Report()
    return parse(SourceText("in.json", text), report), report.findings


def value_of(text: str) -> Any:  # noqa: ANN401 - any JSON value
    tree, findings = read(text)
    assert tree is not None, findings
    return plain(tree)


def plain(tree: Json) -> Any:  # noqa: ANN401 - any JSON value
    match tree:
        case JsonScalar():
            return tree.value
        case JsonArray():
            return [plain(item) for item in tree.items]
        case JsonObject():
            return {member.key: plain(member.value) for member in tree}
        case JsonUnknown():
            raise AssertionError(tree)


def scalars(tree: Json) -> list[JsonScalar]:
    """Every scalar of a tree, keys among them."""
    match tree:
        case JsonScalar():
            return [tree]
        case JsonArray():
            return [scalar for item in tree.items for scalar in scalars(item)]
        case JsonObject():
            keys = [JsonScalar(member.key, member.key_span) for member in tree]
            return [*keys, *(scalar for member in tree for scalar in scalars(member.value))]
        case JsonUnknown():
            raise AssertionError(tree)


@pytest.mark.parametrize("token", ["<x>", "#{x}#", "#{x}", "${x}", "$(x)", "{{ x }}", "{{x}}", "[[x]]", "%x%", "__x__"])
def test_a_placeholder_of_a_tool_stands_for_a_value(token: str) -> None:
    tree, findings = read(f'{{"a": {token}, "b": [ {token} ]}}')

    assert tree is not None
    assert plain(tree) == {"a": token, "b": [token]}
    assert not findings


def error_of(text: str) -> Finding:
    tree, findings = read(text)
    assert tree is None
    errors = [finding for finding in findings if finding.severity is Severity.ERROR]
    assert len(errors) == 1
    return errors[0]


@given(_VALUES, st.sampled_from([None, 2]), st.booleans())
def test_what_json_writes_is_read_as_it_was(value: object, indent: int | None, ascii_only: bool) -> None:  # noqa: FBT001
    tree, findings = read(json.dumps(value, indent=indent, ensure_ascii=ascii_only))
    assert tree is not None
    assert findings == ()
    assert repr(plain(tree)) == repr(value)  # repr tells 1 from 1.0 from True, and -0.0 from 0.0


@given(_VALUES)
def test_every_scalar_stands_where_its_span_says(value: object) -> None:
    tree, _ = read(json.dumps(value, indent=1))
    assert tree is not None
    for scalar in scalars(tree):
        assert repr(json.loads(scalar.span.text)) == repr(scalar.value)


@given(st.text() | _NEARLY_JSON)
@example("[" * 100_000)
@example('{"a":' * 100_000)
@example("[" * (MAX_DEPTH + 1) + "]" * (MAX_DEPTH + 1))
@example("9" * 5000)
@example("-" + "9" * 5000 + ".5e7")
@example('"' + "\n" * 100_000 + '"x')
@example("\ud800")
@example('"\ud800"')
def test_any_text_gives_a_value_or_one_error_with_a_place_and_a_remedy(text: str) -> None:
    tree, findings = read(text)
    errors = [finding for finding in findings if finding.severity is Severity.ERROR]
    assert len(errors) == (1 if tree is None else 0)
    for error in errors:
        assert 0 <= error.span.start <= error.span.end <= len(text)
        assert error.message
        assert error.help


@given(_NEARLY_JSON)
def test_what_json_takes_we_take_too(text: str) -> None:
    try:
        expected = json.loads(text, strict=False)
    except json.JSONDecodeError:
        return
    tree, _ = read(text)
    if tree is None:
        assert re.search("half of a character|out of range", error_of(text).message)  # no text, and infinity
    else:
        assert repr(plain(tree)) == repr(expected)


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ('{"a": 1} // end', {"a": 1}),
        ("// one\n/* two\n * three */ [ // four\n 1 /* five */ , /**/ 2 ]", [1, 2]),
        ("[1, // one\r2]", [1, 2]),
        ('"http://x /* no comment */"', "http://x /* no comment */"),
        ('"a\nb\r\nc\td\x00\x1b"', "a\nb\r\nc\td\x00\x1b"),
        (r'"\"\\\/\b\f\n\r\t\u00e9\uD83D\uDE00"', '"\\/\b\f\n\r\té😀'),
        ("\ufeff\u00a0[\u20281\x0b]\u3000", [1]),
        ("0", 0),
        ("-0", 0),
        ("123456789012345678901234567890", 123456789012345678901234567890),
        ("1.5e3", 1500.0),
        ("1E-2", 0.01),
    ],
)
def test_json_is_read_as_arm_tools_read_it(text: str, value: object) -> None:
    assert repr(value_of(text)) == repr(value)


def test_spans_of_keys_and_values_are_exact() -> None:
    text = '{ // first\n  "key\\n" : [ -1.5, {"x": "é\nb"} ] ,\n  "z": true\n}\n'
    tree, _ = read(text)
    assert isinstance(tree, JsonObject)
    key, last = tree.members
    array = key.value
    assert isinstance(array, JsonArray)
    number, inner = array.items
    assert isinstance(inner, JsonObject)
    assert tree.span.text == text.rstrip()
    assert (key.key, key.key_span.text, key.key_span.position) == ("key\n", '"key\\n"', (2, 3))
    assert (array.span.text, array.span.position) == ('[ -1.5, {"x": "é\nb"} ]', (2, 13))
    assert (number.span.text, number.span.position) == ("-1.5", (2, 15))
    assert (inner.span.text, inner.span.position) == ('{"x": "é\nb"}', (2, 21))
    assert (inner.members[0].value.span.text, inner.members[0].value.span.position) == ('"é\nb"', (2, 27))
    assert (last.value.span.text, last.value.span.position) == ("true", (4, 8))


@pytest.mark.parametrize(
    ("text", "value", "places"),
    [
        ("[1, 2,]", [1, 2], [(1, 6)]),
        ('{"a": 1,\n}', {"a": 1}, [(1, 8)]),
        ('{"a": [1, /* x */ ], }', {"a": [1]}, [(1, 9), (1, 20)]),
    ],
)
def test_a_trailing_comma_is_tolerated_with_a_finding(text: str, value: object, places: list[tuple[int, int]]) -> None:
    tree, findings = read(text)
    assert tree is not None
    assert plain(tree) == value
    assert [(finding.code, finding.span.text, finding.span.position) for finding in findings] == [
        (JSON_TRAILING_COMMA, ",", place) for place in places
    ]


@pytest.mark.parametrize("text", ["{" + '"a":1,' * 999 + '"a":1}', "[" + "[1,]," * 998 + "[1,]]"], ids=["keys", "commas"])
def test_of_what_is_tolerated_many_times_the_first_are_told_and_the_others_counted(text: str) -> None:
    _, findings = read(text)

    assert len(findings) == 200
    assert findings[-1].message.endswith("; and so on, 799 times more in this file")


def test_of_a_key_written_twice_the_last_wins_and_the_earlier_ones_are_pointed_at() -> None:
    tree, findings = read('{"a": 1,\n "b": 2,\n "a": 3,\n "\\u0061": 4,\n "A": 5}')
    assert tree is not None
    assert plain(tree) == {"a": 4, "b": 2, "A": 5}
    assert [(finding.code, finding.span.position, finding.message) for finding in findings] == [
        (JSON_DUPLICATE_KEY, (1, 2), "`a` is written again in line 4, column 2: the last one wins"),
        (JSON_DUPLICATE_KEY, (3, 2), "`a` is written again in line 4, column 2: the last one wins"),
    ]


def test_the_deepest_text_that_is_allowed_is_read() -> None:
    tree, findings = read("[" * MAX_DEPTH + "]" * MAX_DEPTH)
    assert tree is not None
    assert findings == ()


def test_a_deeper_text_is_an_error_of_its_own() -> None:
    error = error_of('{"a": ' + "[" * MAX_DEPTH)
    assert (error.code, error.span.position, error.span.text) == (JSON_TOO_DEEP, (1, 7 + MAX_DEPTH - 1), "[")


# Text; line, column and length of what is underlined (line:column+length); what the message and the help must hold.
_BROKEN = {
    "empty": ("", "1:1+0", "found nothing; expected a template", "Give the text of an image template"),
    "blank": (" \n\n", "1:1+0", "found nothing", "Give the text"),
    "comments only": ("// a\n", "1:5+0", "found comments only", "Give the text"),
    "open object": (
        '{\n  "a": {\n    "b": 1\n  }\n',
        "4:4+0",
        "inside the object that begins in line 1, column 1",
        "the missing `}`",
    ),
    "open array": (
        '{"a": [1,',
        "1:10+0",
        "inside the array that begins in line 1, column 7; expected a value or `]`",
        "missing `]`",
    ),
    "key at the end": ('{"a"', "1:5+0", "expected `:` and a value for the key `a`", "missing `}`"),
    "open string": ('{"a": "x\n}', "1:7+2", "this string has no closing quote", "where the string ends"),
    "open comment": ('{"a": 1 /* x }', "1:9+2", "this comment has no end; expected `*/`", "`*/`"),
    "slash": ('{"a": / 1}', "1:7+1", "found `/`; expected a value", "`//`"),
    "hash": ('{\n# x\n"a": 1}', "2:1+1", "found `#`", "comment with `//`"),
    "missing comma between members": (
        '{\n  "a": 1\n  "b": 2\n}',
        "2:9+0",
        "expected `,` before the next key, in line 3, column 3",
        "Write `,`",
    ),
    "missing comma between items": (
        '[{"a": 1}\n {"b": 2}]',
        "1:10+0",
        "expected `,` before the next value, in line 2, column 2",
        "`,`",
    ),
    "missing comma after a comment": ('["a" // x\n "b"]', "1:5+0", "expected `,` before the next value", "`,`"),
    "second value": ('{"a": "b" "c"}', "1:11+3", 'a second value for one key, `"c"`', "into an array"),
    "missing colon": ('{"type" "Shell"}', "1:8+0", "expected `:` before its value, in line 1, column 9", "Write `:`"),
    "missing colon before a number": ('{"a" 1}', "1:5+0", "expected `:` before its value", "Write `:`"),
    "equals sign": ('{"a" = 1}', "1:6+1", "found `=`; expected `:` and a value for the key `a`", "Write `:`"),
    "arrow": ('{"a" => 1}', "1:6+2", "found `=>`", "Write `:`"),
    "semicolon": ('{"a": 1; "b": 2}', "1:8+1", "found `;`; expected `,` or `}`", "Write `,`"),
    "key in an array": (
        '["a": 1]',
        "1:5+1",
        "found `:` in the array that begins in line 1, column 1",
        "Only an object has keys",
    ),
    "key without a value": ('{"a": }', "1:7+1", "found `}`; expected a value for the key `a`", "Write the value"),
    "key alone": (
        '{"codes": "0","1", "b": 2}',
        "1:18+1",
        "found `,`; expected `:` and a value for the key `1`",
        "into an array",
    ),
    "unquoted key": ("{\n  imageTemplate: {}}", "2:3+13", "found `imageTemplate` without quotes", '`"imageTemplate"`'),
    "number as a key": ("{1: 2}", "1:2+1", "found `1` without quotes", '`"1"`'),
    "stray word": ("{\n x\n}", "2:2+1", "found `x` without quotes; expected a key", "Delete it"),
    "quote missing before a key": ('{a": 1}', "1:2+1", "found `a` without a quote before it", 'Write `"` before `a`'),
    "quote missing before a value": ('{"a": b",\n"c": 1}', "1:7+1", "found `b` without a quote before it", 'Write `"`'),
    "single quotes": ("{\"a\": 'b c'}", "1:7+5", "found text in single quotes", "double quotes"),
    "backticks": ('{"a": `b`}', "1:7+3", "found text in backticks", "double quotes"),
    "curly quote": ("{“a”: 1}", "1:2+1", "the typographic quote `“`", "straight quotes"),
    "curly closing quote": (
        '{"a": "b”,\n "c": 1}',
        "1:9+1",
        'the typographic quote `”`; expected `"` to close',
        "straight quote",
    ),
    "curly closing quote at the end": ('{"a": "b”}', "1:9+1", "the typographic quote `”`", "straight quote"),
    "escaped JSON": ('{\\"a\\": 1}', "1:2+2", '`\\"` outside of a string', "taken out of a string"),
    "Windows path": ('{"a": "C:\\Dir"}', "1:10+2", "found `\\D`; expected `\\\\` for a backslash", "`\\\\D`"),
    "backslash before the quote": ('{"a": "C:\\\\x\\",\n "b": 1}', "1:13+2", 'found `\\"`', "double it"),
    "backslash before the quote in an array": ('["C:\\", "b"]', "1:5+2", 'found `\\"`', "double it"),
    "escaped single quote": ('["it\\\'s"]', "1:5+2", "found `\\'`", "needs no backslash"),
    "backslash at the end of a line": ('["a\\\nb"]', "1:4+1", "a backslash at the end of the line", "line breaks"),
    "short unicode escape": ('["\\u12"]', "1:3+4", "found `\\u12`; expected four hexadecimal digits", "`\\\\u`"),
    "user folder": ('["C:\\users"]', "1:5+2", "found `\\u`; expected four hexadecimal digits", "as in a path, double it"),
    "high surrogate alone": ('["\\ud83dx"]', "1:3+6", "found `\\ud83d` alone, half of a character", "both halves"),
    "low surrogate alone": ('["\\ude00"]', "1:3+6", "half of a character", "both halves"),
    "surrogates swapped": ('["\\ude00\\ud83d"]', "1:3+6", "half of a character", "both halves"),
    "bad escape in a key": ('{"C:\\d": 1}', "1:5+2", "found `\\d`", "`\\\\d`"),
    "inner quote": ('["say "hi" now"]', "1:7+1", "this quote ends the string, and `hi` follows", 'write `\\"`'),
    "inner quote before a sign": ('["echo "$x" now"]', "1:8+1", "this quote ends the string, and `$` follows", 'write `\\"`'),
    "doubled quotes": ('{"a": ""b""}', "1:7+2", "the string ends at its second quote", 'one `"` each'),
    "second closing quote": ('{"a": "b"",\n "c": 1}', "1:10+1", 'found a second `"`', "Delete one"),
    "quote after a number": ('{"a": 31"\n}', "1:9+1", 'found `"` right after `31`', "Delete the quote"),
    "no closing quote in the line": (
        '{"a": "b,\n "c": 1}',
        "1:7+3",
        "no closing quote in its line; it ends only at the next quote, in line 2, column 2",
        "where the string ends",
    ),
    "no closing quote in the last of several lines": (
        '["a\nb\\",\n "c"]',
        "1:2+2",
        "it ends only at the next quote, in line 3, column 2",
        "where the string ends",
    ),
    "no closing quote of a key": ('{"a: 1,\n "c": 1}', "1:2+6", "no closing quote in its line", "where the string ends"),
    "no closing quote before the next string": (
        '["a, "b"]',
        "1:6+1",
        "the string that begins in line 1, column 2 ends here, before `b`",
        "before the comma",
    ),
    "bracket within the quote of an expression": (
        '{"a": "[concat(x)"], "b": 1}',
        "1:18+2",
        'found `"]`; expected `]"`',
        'Write `]"`',
    ),
    "expression without quotes": (
        "{\"a\": [parameters('x')]}",
        "1:8+10",
        "found `parameters` without quotes",
        "An ARM expression stands in a string",
    ),
    "placeholder that is computed": (
        '{"a": ${f(x)}}',
        "1:7+7",
        "found `${f(x)}`; expected a value for the key `a`",
        "Fill it in",
    ),
    "placeholder of two braces": ('{"a": {{.x}}}', "1:7+6", "found `{{.x}}`; expected a value", "Fill it in"),
    "placeholder after another": ('{"a": $(x)$(y)}', "1:11+4", "found `$(y)`; expected `,` or `}`", "Fill it in"),
    "placeholder as a key": ("{#{x}#: 1}", "1:2+5", "found `#{x}#`; expected a key", "Fill it in"),
    "Python's true": ('{"a": True}', "1:7+4", "found `True`; expected a value", "JSON writes `true`"),
    "Python's none": ('{"a": None}', "1:7+4", "found `None`", "JSON writes `null`"),
    "JavaScript's undefined": ("[undefined]", "1:2+9", "found `undefined`", "JSON writes `null`"),
    "NaN": ("[NaN]", "1:2+3", "found `NaN`", "no such number"),
    "minus infinity": ("[-Infinity]", "1:2+9", "found `-Infinity`", "no such number"),
    "bare word": ('{"a": Standard_D2}', "1:7+11", "found `Standard_D2` without quotes", "double quotes"),
    "leading zero": ("[01]", "1:2+2", "found `01`, which is no number of JSON", "begins with no zero"),
    "plus sign": ("[+1]", "1:2+2", "found `+1`", "without `+`"),
    "no digit before the point": ("[.5]", "1:2+2", "found `.5`", "before and after the point"),
    "no digit after the point": ("[1.]", "1:2+2", "found `1.`", "before and after the point"),
    "hexadecimal": ("[0x1F]", "1:2+4", "found `0x1F`", "decimal digits"),
    "number with a unit": ('{"a": 127GB}', "1:7+5", "found `127GB`", "text in double quotes"),
    "date": ('{"a": 2020-02-14}', "1:7+10", "found `2020-02-14`", "text in double quotes"),
    "huge number": ("[1e999]", "1:2+5", "found the number `1e999`, which is out of range", "double quotes"),
    "huge integer": (f"[{'9' * 5000}]", "1:2+5000", "out of range", "double quotes"),
    "two commas": ("[1,,2]", "1:4+1", "found a second `,`", "Delete one"),
    "two commas at the end": ('{"a": 1,,}', "1:9+1", "found a second `,`", "Delete one"),
    "comma first": ("[,]", "1:2+1", "found `,` before the first value", "Delete the comma"),
    "brace for bracket": (
        "[1, 2}",
        "1:6+1",
        "found `}` in the array that begins in line 1, column 1",
        "the `]` that is missing",
    ),
    "bracket for brace": (
        '[{"a": 1],',
        "1:9+1",
        "found `]` in the object that begins in line 1, column 2",
        "the `}` that is missing",
    ),
    "object in an object": (
        '{"a": 1, {"b": 2}}',
        "1:10+1",
        "found `{` in the object that begins in line 1, column 1",
        "Write a key before it",
    ),
    "object after a value": (
        '[{"a": 1 {"b": 2}]',
        "1:10+1",
        "found `{` in the object that begins in line 1, column 2",
        "Close the object",
    ),
    "brace too many": ('{"a": 1}\n}', "2:1+1", "found `}` after the end of the template", "`}` too many above"),
    "comma after the end": ('{"a": 1},\n', "1:9+1", "found `,` after the end of the template", "`}` too many above"),
    "text after the end": (
        '{"a": 1} x',
        "1:10+1",
        "found `x` after the end of the template, which is in line 1, column 8",
        "Delete what follows",
    ),
    "second document": ('{"a": 1}\n{"b": 2}', "2:1+1", "found `{` after the end of the template", "several templates"),
    "beginning cut off": (
        'ema": "x"',
        "1:1+3",
        "found `ema`; expected a template, which begins with `{`",
        "what stood before it",
    ),
    "YAML": ("type: x\n", "1:1+4", "found `type`; expected a template", "holds the template"),
    "HTML": ("<!DOCTYPE html>\n", "1:1+1", "found HTML or XML", "Raw"),
    "Bicep": ("param x string\n", "1:1+5", "found `param`, as in Bicep", "az bicep build"),
    "invisible character": ('{"a": 1\u200b}', "1:8+1", "found the character U+200B ZERO WIDTH SPACE", "do not show it"),
    "control character": ("[\x1b]", "1:2+1", "found the character U+001B;", "do not show it"),
    "sign": ('{"a": "x" + "y"}', "1:11+1", "found `+`; expected `,` or `}`", "Correct or delete it"),
    "surrogate": ('["\ud800"]', "1:3+1", "found the character U+D800, half of a character", "UTF-8"),
}


@pytest.mark.parametrize(("text", "place", "message", "help_"), _BROKEN.values(), ids=_BROKEN)
def test_broken_json_is_pointed_at_and_named_with_a_remedy(text: str, place: str, message: str, help_: str) -> None:
    error = error_of(text)
    line, column = error.span.position
    expected_code = PLACEHOLDER if error.message.startswith("placeholder") else JSON_SYNTAX
    assert (error.code, f"{line}:{column}+{error.span.end - error.span.start}") == (expected_code, place)
    assert message in error.message
    assert help_ in error.help


@pytest.mark.parametrize("quoted", ['\\"hi\\"', "“hi”"])
def test_a_pair_of_quotes_in_a_text_is_not_taken_for_the_end_of_the_string(quoted: str) -> None:
    error = error_of(f'["echo {quoted}\n and "oops" now"]')
    assert (error.span.position, error.message) == (
        (2, 6),
        "this quote ends the string, and `oops` follows; expected `,` or `]`",
    )


def test_long_texts_are_cut_in_messages() -> None:
    assert "`" + "x" * 40 + "…`" in error_of("{" + "x" * 5000 + "}").message


def test_findings_made_before_the_error_are_kept() -> None:
    _, findings = read('{"a": [1,], "b": }')
    assert [finding.code for finding in findings] == [JSON_TRAILING_COMMA, JSON_SYNTAX]
