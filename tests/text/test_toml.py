"""TOML that may be anything: an error, and never a power of its length."""

import pytest

from aib2packer.text.toml import read_toml


@pytest.mark.parametrize(
    "text",
    [
        f"{'a.' * 50_000}a = 1",
        f"[{'a . ' * 50_000}a]",
        f"{'a.'.replace('a', chr(34) + 'b' + chr(34)) * 50_000}a = 1",
        "a = " + "[" * 5_000,
        "a = 1 1",
        f"a = {'9' * 5_000}",
    ],
)
def test_what_cannot_be_read_is_one_kind_of_error(text: str) -> None:
    with pytest.raises(ValueError, match=r"."):
        read_toml(text)


def test_what_people_write_is_read() -> None:
    assert read_toml('[a."b c".d]\nx.y = "1.2.3"') == {"a": {"b c": {"d": {"x": {"y": "1.2.3"}}}}}
