"""Digests of files by their paths, packed."""

from __future__ import annotations

from pathlib import Path

from aib2packer.system.digests import Digests
from aib2packer.text.checksum import sha256_of

ONE, OTHER = sha256_of(b"1"), sha256_of(b"2")


def test_digests_are_found_by_path_in_whatever_order_they_came() -> None:
    digests = Digests(Path("out"), [("b", OTHER), ("a/c", OTHER), ("a/c", ONE)])

    assert [*digests.items()] == [("a/c", ONE), ("b", OTHER)]
    assert (digests.of(Path("out/a/c")), digests.of(Path("out/a")), digests.of(Path("else/b"))) == (ONE, None, None)
    assert (digests.get("b"), digests.number("b"), digests.number("z"), len(digests)) == (OTHER, 1, None, 2)


def test_what_is_no_digest_is_that_of_no_file() -> None:
    assert Digests(None, [("a", "no digest")]).get("a") == "0" * 64
