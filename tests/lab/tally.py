"""Figures of a run: tests add up what they have done, and the end of the run tells the sums."""

from collections import Counter
from collections.abc import Callable
from typing import TypeAlias

import pytest

Tally: TypeAlias = Callable[..., None]
_FIGURE = "figure"


@pytest.fixture
def tally(request: pytest.FixtureRequest) -> Tally:
    """Count something, once or several times."""

    def add(what: str, count: int = 1) -> None:
        request.node.user_properties.append((_FIGURE, (what, count)))

    return add


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    """Tell the figures of the tests that have passed."""
    sums: Counter[str] = Counter()
    for report in terminalreporter.stats.get("passed", ()):
        for name, value in report.user_properties if report.when == "call" else ():
            if name == _FIGURE:
                what, count = value
                sums[what] += count
    if sums:
        terminalreporter.section("figures")
        for what, count in sorted(sums.items()):
            terminalreporter.write_line(f"{count:6} {what}")
