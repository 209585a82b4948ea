"""Text of a template in Markdown: what a reader of the page sees is the text, and nothing else than the text."""

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st
from markdown_it import MarkdownIt
from markdown_it.token import Token

from aib2packer.findings.text import printable
from aib2packer.rendering.markdown import cell, code, escape, fenced, prose

GITHUB = MarkdownIt("gfm-like", {"linkify": False})
PARTS = (
    "`",
    "``",
    "\\",
    "*",
    "_",
    "[x](y)",
    "<b>",
    "&lt;",
    "|",
    "~~",
    "$a$",
    "#",
    "-",
    "1.",
    ">",
    "+ ",
    "=",
    " ",
    "\n",
    "\t",
    "é",
    "a",
)
texts = st.lists(st.sampled_from(PARTS) | st.text(max_size=3)).map("".join)


def shown(token: Token) -> str:
    """What a reader sees of inline content."""
    return "".join(child.content for child in token.children or ())


def visible(text: str) -> str:
    return printable(text).strip()


@given(texts)
def test_escaped_text_is_read_as_it_is_in_a_list(text: str) -> None:
    tokens = GITHUB.parse(f"- {escape(text)}\n- next\n")

    items = [token for token in tokens if token.type == "inline"]
    assert [token.type for token in tokens if token.type.endswith("_open")] == [
        "bullet_list_open",
        *(["list_item_open", "paragraph_open"] if visible(text) else ["list_item_open"]),
        *("list_item_open", "paragraph_open"),
    ]
    assert "".join(map(shown, items[:-1])) == re.sub(" +", " ", visible(text)) or shown(items[0]) == visible(text)
    assert {child.type for item in items for child in item.children or ()} <= {"text", "text_special"}


@given(texts, texts)
def test_a_cell_stays_in_its_column(first: str, second: str) -> None:
    tokens = GITHUB.parse(f"| a | b |\n|---|---|\n| {cell(first)} | {cell(code(second))} |\n")

    cells = [token for token in tokens if token.type == "inline"][2:]
    assert len([token for token in tokens if token.type == "td_open"]) == 2
    assert shown(cells[1]).strip() == visible(second)


@given(texts)
def test_code_is_read_as_it_is(text: str) -> None:
    [paragraph] = [token for token in GITHUB.parse(f"x {code(text)} x") if token.type == "inline"]

    spans = [child.content for child in paragraph.children or () if child.type == "code_inline"]
    assert spans == ([visible(text)] if visible(text) else [])


@given(st.lists(texts, min_size=1))
def test_nothing_in_a_block_of_code_ends_it(lines: list[str]) -> None:
    [block] = GITHUB.parse(fenced(lines, "sh"))

    assert (block.type, block.info) == ("fence", "sh")
    assert block.content == "".join(f"{printable(line)}\n" for line in lines)


@pytest.mark.parametrize(
    ("text", "markdown"),
    [
        ("the gallery `golden` is *not* there", r"the gallery `golden` is \*not\* there"),
        ("`a` and `b`", "`a` and `b`"),
        ("a ` alone", r"a \` alone"),
        ("image_name, _x_", r"`image_name`, \_x\_"),
        ("with --fetch or -var a_b=1.", "with `--fetch` or `-var a_b=1`."),
        ("set PKR_VAR_a; --name NAME", "set `PKR_VAR_a`; `--name NAME`"),
        ("file_name.json, a/b_c", "file_name.json, a/b_c"),
        ("- no list", r"\- no list"),
        ("1. no list", r"1\. no list"),
        ("two\nlines", r"two\\nlines"),
        ("https://a.blob.core.windows.net/c?sv=1&sig=abcdefghijk%3D", r"https://a.blob.core.windows.net/c?sv=1\&sig=\*\*\*"),
    ],
)
def test_sentences_stay_readable_as_text(text: str, markdown: str) -> None:
    assert prose(text) == markdown
