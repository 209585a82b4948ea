"""What the printer is tried with: texts that hurt, bodies made by hypothesis, and what each of them means."""

import random
import unicodedata
from typing import Any

from hypothesis import strategies as st

from aib2packer.hcl.values import (
    Attribute,
    Blank,
    Block,
    Body,
    Comment,
    GoTemplate,
    HclCode,
    Interpolation,
    Local,
    Value,
    Variable,
)
from tests.hcl.decoding import DecodedBlock

# Whatever a string can trip over, each beside whatever else (docs/reference/packer-semantics.md 1 and 2).
FRAGMENTS = (
    *("$", "%", "{", "}", "${", "%{", "$${", "%%{", "$$", "%%", "~", "${~", "$(", "{{", "}}", "{{.X}}", "`"),
    *('"', "'", "\\", "\\n", "\\u0041", "\n", "\n\n", "\t", "\r", "\r\n", "\0", "\a", "\v", "\f", "\x1b", "\x7f", "\x85"),
    *(" ", "  ", "\n  ", "\u00a0", "\u2028", "\u3000", "\ufeff", "\u200d", "\ue000", "\U000e0001", "\U0010ffff"),
    *("EOT", "\nEOT\n", "\n EOT \n", "EOT2\n", "<<-EOT\n", "#", "//", "/*", ",", "=", "a", "x = 1", "true", "null", "-1"),
    *("é", "ß", "\u0301", "\n\u0301", "\ufe0f", "\u0e33", "\u1100\u1161\u11a8", "\uac00", "\U0001f600", "\U0001f3fd"),
    *("\U0001f1e9\U0001f1ea", "\u0915\u094d\u0937", "\u0d4e", "\uff9e"),
)
VARIABLE = Variable("place", default="West${Europe}")
LOCAL = Local("folder", Interpolation((VARIABLE, "/{x}")))
REFERENCES = (VARIABLE, LOCAL, HclCode("var.place", (VARIABLE,)))
NAMES = {"var.place": "West${Europe}", "local.folder": "West${Europe}/{x}"}


def nfc(text: str) -> str:
    """The text as HCL can hold it."""
    return unicodedata.normalize("NFC", text)


def random_texts(count: int) -> list[str]:
    """Texts made of the fragments, the same in every run."""
    choose = random.Random(2)  # noqa: S311 - no secret
    return [nfc("".join(choose.choices(FRAGMENTS, k=choose.randrange(1, 9)))) for _ in range(count)]


def random_parts(count: int) -> list[tuple[str | Variable | Local | HclCode, ...]]:
    """Texts made of the fragments with references between them, the same in every run."""
    choose = random.Random(3)  # noqa: S311 - no secret
    pieces = (*FRAGMENTS, *REFERENCES * 4)
    return [tuple(choose.choices(pieces, k=choose.randrange(1, 9))) for _ in range(count)]


texts = st.text(st.characters(exclude_categories=["Cs"])).map(nfc) | st.lists(st.sampled_from(FRAGMENTS)).map("".join).map(nfc)
identifiers = st.from_regex(r"[a-z_][a-z0-9_-]{0,12}", fullmatch=True)


def parts_of(texts: st.SearchStrategy[str]) -> st.SearchStrategy[tuple[str | Variable | Local | HclCode, ...]]:
    """Literals and references."""
    parts: st.SearchStrategy[str | Variable | Local | HclCode] = texts | st.sampled_from(REFERENCES)
    return st.lists(parts).map(tuple)


def values_of(texts: st.SearchStrategy[str]) -> st.SearchStrategy[Value]:
    """Any value, its strings made of those texts. A multi-line string ends with a newline, so that a heredoc adds none."""
    parts = parts_of(texts)
    scalars: st.SearchStrategy[Value] = (
        texts
        | st.booleans()
        | st.integers()
        | st.floats(allow_nan=False, allow_infinity=False)
        | st.builds(GoTemplate, texts)
        | st.builds(Interpolation, parts)
        | st.builds(lambda made: Interpolation((*made, "\n"), multiline=True), parts)
        | st.sampled_from(REFERENCES)
    )
    return st.recursive(
        scalars,
        lambda inner: st.lists(inner, max_size=4).map(tuple) | st.dictionaries(texts | identifiers, inner, max_size=4),
        max_leaves=8,
    )


attributes = st.builds(Attribute, identifiers, values_of(texts))
comments = st.builds(Comment, texts)
items = st.recursive(
    attributes | comments | st.builds(Blank),
    lambda inner: st.builds(Block, identifiers, st.lists(inner, max_size=4).map(tuple), st.lists(texts, max_size=2).map(tuple)),
    max_leaves=4,
)
bodies = st.lists(items, max_size=6).map(tuple)


def meaning(value: Value) -> Any:  # noqa: ANN401 - any HCL value
    """What HCL makes of a value."""
    match value:
        case Interpolation():
            return nfc("".join(part if isinstance(part, str) else str(meaning(part)) for part in value.parts))
        case Variable():
            return NAMES[f"var.{value.name}"]
        case Local():
            return NAMES[f"local.{value.name}"]
        case HclCode():
            return NAMES[value.text]
        case GoTemplate():
            return value.text
        case tuple():
            return [meaning(item) for item in value]
        case str() | bool() | int() | float():
            return value
        case _:
            return {key: meaning(item) for key, item in value.items()}


def body_meaning(body: Body) -> tuple[Any, ...]:
    """What HCL makes of a body: pairs of a name and a value, and blocks."""
    return tuple(
        (item.name, meaning(item.value))
        if isinstance(item, Attribute)
        else DecodedBlock(item.name, item.labels, body_meaning(item.body))
        for item in body
        if isinstance(item, Attribute | Block)
    )
