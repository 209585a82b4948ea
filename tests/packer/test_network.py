"""The hosts that a build reaches."""

import pytest

from aib2packer.arm.language.text import Placeholder, TemplateText, TextSymbol
from aib2packer.packer.access.network import server
from aib2packer.text.source import SourceText, Span

WHAT_IT_NAMES = "what the URL names"


def host(*parts: str | TextSymbol) -> tuple[str, int]:
    """The host and the port of a URI."""
    return server(TemplateText(parts, Span(SourceText("x", ""), 0, 0)), WHAT_IT_NAMES)


@pytest.mark.parametrize(
    ("uri", "reached"),
    [
        ("HTTPS://Upper.Example.com/a", ("upper.example.com", 443)),
        ("HTTP://h.example.com/a", ("h.example.com", 80)),
        ("https://me:secret@h.example.com:8443/a", ("h.example.com", 8443)),
        ("https://h.example.com?sig=1/2", ("h.example.com", 443)),
        ("https:///a/b", (WHAT_IT_NAMES, 443)),
        ("ftp://h.example.com/a", (WHAT_IT_NAMES, 443)),
    ],
)
def test_a_host_has_no_scheme_user_or_query_and_is_written_small(uri: str, reached: tuple[str, int]) -> None:
    assert host(uri) == reached


def test_a_file_in_a_place_that_a_symbol_names_is_no_host() -> None:
    repository = Placeholder("<repository>")
    assert host(repository, "/a/index.html") == (WHAT_IT_NAMES, 443)
    assert host(repository, "//a/index.html") == (WHAT_IT_NAMES, 443)
    assert host("https:/", repository, "/index.html") == (WHAT_IT_NAMES, 443)
    assert host("https://", repository, ".Example.com/index.html") == ("<repository>.example.com", 443)


def test_a_secret_before_a_host_is_left_out() -> None:
    assert host("https://", Placeholder("<password>", secret=True), "@h.example.com/a") == ("h.example.com", 443)
