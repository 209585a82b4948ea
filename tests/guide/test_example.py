"""example.pkrvars.hcl: what a value of each type looks like."""

import pytest

from aib2packer.guide.example import entry
from aib2packer.hcl.values import Variable


@pytest.mark.parametrize(
    ("kind", "shown"),
    [
        ("string", '"..."'),
        ("bool", "false"),
        ("dynamic", "{}"),
        ("map(string)", "{}"),
        ("list(string)", "[]"),
        ("list(map(string))", "[]"),
        ("object({ offer = string, size = number })", '{ offer = "...", size = 0 }'),
        ("object({ number = object({ string = bool }) })", "{ number = { string = false } }"),
        ("list(object({ name = string }))", '[{ name = "..." }]'),
    ],
)
def test_a_value_is_shown_with_the_members_that_its_type_has(kind: str, shown: str) -> None:
    assert entry(Variable("x", "What it is.", type=kind)).endswith(f"# x = {shown}")
