"""Patterns are regular expressions as any other, but for when they are compiled."""

import re

import pytest

from aib2packer.lazy.patterns import pattern


def test_a_pattern_finds_what_the_compiled_expression_finds() -> None:
    made, usual = pattern(r"(?P<name>[a-z]+)-(\d+)", re.IGNORECASE), re.compile(r"(?P<name>[a-z]+)-(\d+)", re.IGNORECASE)

    for _ in range(2):  # the first use compiles, the next one finds that done
        assert [found.span() for found in made.finditer("Web-1, db-22")] == [(0, 5), (7, 12)]
        assert made.sub(r"\2", "Web-1") == usual.sub(r"\2", "Web-1") == "1"
        assert made.fullmatch("Web-1 ") is None
    assert (made.pattern, made.groups, made.groupindex) == (usual.pattern, usual.groups, usual.groupindex)


def test_a_pattern_is_compiled_no_earlier_than_it_is_used() -> None:
    broken = pattern("(")

    with pytest.raises(re.error):
        broken.search("x")
