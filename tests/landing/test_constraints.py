"""Version constraints as Packer reads them."""

import pytest

from aib2packer.landing.constraints import accepts, can_hold_both, unusable


@pytest.mark.parametrize(
    ("constraint", "version", "accepted"),
    [
        ("~> 2.6", (2, 6, 0), True),
        ("~> 2.6", (2, 9, 1), True),
        ("~> 2.6", (3, 0, 0), False),
        ("~> 2.6.1", (2, 6, 9), True),
        ("~> 2.6.1", (2, 7, 0), False),
        ("~> 2", (3, 0, 0), True),  # docs/reference/packer-semantics.md 8.8
        (">= 2.6.0, < 3.0.0", (2, 6, 3), True),
        (">= 2.6.0, < 3.0.0", (3, 0, 0), False),
        ("= 2.1", (2, 1, 0), True),
        ("2.1.0", (2, 1, 1), False),
        ("!= 2.1.0", (2, 1, 0), False),
        ("> v1, <= 2", (2, 0, 0), True),
        ("whatever", (1, 0, 0), True),
    ],
)
def test_a_constraint_accepts_what_packer_takes(constraint: str, version: tuple[int, ...], *, accepted: bool) -> None:
    assert accepts(constraint, version) is accepted


@pytest.mark.parametrize(
    ("theirs", "both"),
    [
        ("~> 2", True),
        (">= 1.4.0", True),
        ("2.6.3", True),
        ("2.7.0", True),
        (">= 2.9, < 2.10", True),
        ("1.4.5", False),
        ("~> 1.0", False),
        ("< 2.6", False),
        (">= 3.0", False),
        ("", True),
    ],
)
def test_two_constraints_hold_where_a_version_has_both(theirs: str, *, both: bool) -> None:
    assert can_hold_both("azure", theirs, "~> 2.6") is both


def test_a_release_that_fails_is_told_where_it_is_the_newest_allowed() -> None:
    assert unusable("windows-update", ">= 0.14.0") == "0.18.4"
    assert unusable("windows-update", "0.18.0") == "0.18.0"
    assert unusable("windows-update", "~> 0.17.2") is None
    assert unusable("windows-update", "0.14.1") is None
