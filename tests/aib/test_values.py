"""Texts with symbols in them."""

from hypothesis import given
from hypothesis import strategies as st

from aib2packer import Severity, SourceText, Span
from aib2packer.arm.language.text import Placeholder, TemplateText, join
from tests.cases.templates import convert_json, template

SPAN = Span(SourceText("x", ""), 0, 0)
TOKEN = Placeholder("<token>")

parts = st.lists(st.text("ab/", min_size=1) | st.just(TOKEN)).map(tuple)


def test_a_text_is_literal_only_without_symbols() -> None:
    assert TemplateText((), SPAN).literal == ""
    assert TemplateText(("a",), SPAN).literal == "a"
    assert TemplateText(("a", TOKEN), SPAN).literal is None
    assert TemplateText((TOKEN,), SPAN).literal is None


@given(parts)
def test_splitting_and_joining_changes_nothing(found: tuple[str | Placeholder, ...]) -> None:
    text = TemplateText(found, SPAN)

    again = join("/", text.split("/"), SPAN)

    assert str(again) == str(text)
    assert [symbol for piece in text.split("/") for symbol in piece.symbols] == list(text.symbols)


@given(st.text("ab/"))
def test_a_literal_text_is_split_as_a_string_is(value: str) -> None:
    assert [piece.literal for piece in TemplateText((value,) if value else (), SPAN).split("/")] == value.split("/")


def test_a_token_within_an_id_where_an_object_belongs_is_a_value_of_the_wrong_type() -> None:
    messages = {}
    for value in ("<subnet>", "/subscriptions/<id>/resourceGroups/hub"):
        findings = convert_json(template(properties={"vmProfile": {"vnetConfig": value}})).findings
        messages[value] = [found.code.id for found in findings if found.severity is Severity.ERROR]

    assert messages == {"<subnet>": ["AIB2P101"], "/subscriptions/<id>/resourceGroups/hub": ["AIB2P103"]}
