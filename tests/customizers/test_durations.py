"""The durations of a restart."""

import re

import pytest

from tests.cases.templates import WINDOWS, codes_of, hcl_of, template


def restart(timeout: object) -> dict[str, object]:
    """Make a template with a restart."""
    return template(source=WINDOWS, customize=[{"type": "WindowsRestart", "restartTimeout": timeout}])


@pytest.mark.parametrize("timeout", ["5m", "1h30m", "90s", "1.5h", "300ms"])
def test_a_duration_that_packer_takes_stays_as_it_is(timeout: str) -> None:
    assert f'restart_timeout = "{timeout}"' in hcl_of(restart(timeout))
    assert codes_of(restart(timeout)) == []


@pytest.mark.parametrize(
    ("timeout", "expected"),
    [("5 m", "5m"), (" 10m ", "10m"), ("PT5M", "5m"), ("PT1H30M", "1h30m"), ("pt90s", "90s")],
)
def test_what_is_meant_as_a_duration_becomes_one(timeout: str, expected: str) -> None:
    assert f'restart_timeout = "{expected}"' in hcl_of(restart(timeout))
    assert codes_of(restart(timeout)) == ["AIB2P404"]


@pytest.mark.parametrize("timeout", ["5", "soon", "-5m", "PT", "5x", "m"])
def test_what_is_no_duration_is_an_error(timeout: str) -> None:
    assert codes_of(restart(timeout)) == ["AIB2P144"]


@pytest.mark.parametrize("timeout", ["", None])
def test_without_a_duration_it_is_that_of_packer(timeout: str | None) -> None:
    assert not re.search("restart_timeout", hcl_of(restart(timeout)))
