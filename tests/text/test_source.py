"""Source text: positions, and bytes read as text."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from aib2packer.text.source import InputError, SourceText, Span, decode


@pytest.mark.parametrize(
    ("offset", "position"),
    [(0, (1, 1)), (1, (1, 2)), (2, (1, 3)), (3, (2, 1)), (4, (3, 1)), (7, (3, 4)), (8, (4, 1))],
)
def test_lines_and_columns_count_from_one_and_columns_count_characters(offset: int, position: tuple[int, int]) -> None:
    assert SourceText("x", "ab\n\n日本c\n").position(offset) == position


@pytest.mark.parametrize(("number", "line"), [(1, "ab"), (2, ""), (3, "c"), (4, "")])
def test_a_line_comes_without_its_line_break(number: int, line: str) -> None:
    assert SourceText("x", "ab\r\n\nc\n").line(number) == line


@given(st.text(), st.data())
def test_every_position_leads_back_to_its_offset(text: str, data: st.DataObject) -> None:
    offset = data.draw(st.integers(0, len(text)))
    line, column = SourceText("x", text).position(offset)
    starts = [0, *(index + 1 for index, char in enumerate(text) if char == "\n")]
    assert starts[line - 1] + column - 1 == offset
    assert "\n" not in text[starts[line - 1] : offset]


def test_a_span_knows_its_text_and_says_where_it_stands() -> None:
    span = Span(SourceText("in.json", "ab\ncde"), 4, 6)
    assert (span.text, span.position, str(span)) == ("de", (2, 2), "in.json:2:2")


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16", "utf-32"])
def test_text_is_read_in_every_encoding_that_says_what_it_is(encoding: str) -> None:
    assert decode('{"é": "日本"}'.encode(encoding), "x").text == '{"é": "日本"}'


@pytest.mark.parametrize("mark", [b"\xff\xfe", b"\xfe\xff"])
def test_both_byte_orders_of_utf_16_are_read(mark: bytes) -> None:
    encoding = "utf-16-le" if mark == b"\xff\xfe" else "utf-16-be"
    assert decode(mark + "aé".encode(encoding), "x").text == "aé"


@pytest.mark.parametrize(
    ("data", "message"),
    [
        (b'{"a": "\xe9"}', "in.json: not UTF-8 text (byte 7). Save it as UTF-8."),
        (b"\xff\xfe\x00", "in.json: not UTF-16 text (byte 2). Save it as UTF-8."),
    ],
)
def test_bytes_that_are_no_text_are_refused_with_the_place_and_the_remedy(data: bytes, message: str) -> None:
    with pytest.raises(InputError) as error:
        decode(data, "in.json")
    assert str(error.value) == message


def test_a_place_alone_is_shown_as_it_was_with_the_lines_around_it() -> None:
    source = SourceText("a.json", '{\n  "a": [\n    "secret"\n  ]\n}\n')
    start, end = source.text.index("["), source.text.index("]") + 1
    source.hide(source.text.index("secret"), source.text.index("secret") + 6)
    whole = Span(source, start, end, "/a")

    alone = whole.alone()

    assert alone.source.text == '  "a": [\n    "secret"\n  ]\n'
    assert (alone.position, alone.end_position, alone.text, alone.pointer) == ((2, 8), (4, 4), whole.text, "/a")
    for number in (2, 3, 4):
        assert alone.source.line(number) == source.line(number)
        assert alone.source.hidden(number) == source.hidden(number)
    assert alone.alone() == alone


def test_a_text_that_was_cut_out_of_a_line_has_its_places_from_the_whole() -> None:
    whole = SourceText("a.json", '[\n  {}, {"a": 1,\n  "b": 2}]\n')
    start = whole.text.index('{"a"')
    cut = SourceText("a.json", whole.text[start:-2], before=1, indent=6)

    for offset in range(len(cut.text) + 1):
        assert cut.position(offset) == whole.position(start + offset)
    one = Span(cut, 1, 4)
    assert one.in_line == 1
    assert one.alone().position == one.position
    assert cut.line(2) == '{"a": 1,'
