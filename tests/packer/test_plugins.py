"""The plugins that builds ask for: each pin is documented, and lets in what was found to work and nothing that was not."""

from pathlib import Path

import pytest

from aib2packer.packer.model import Plugin
from aib2packer.packer.plugins import AZURE, RELEASES, WINDOWS_UPDATE, Release

PINS = {plugin.name: plugin for plugin in (AZURE, WINDOWS_UPDATE)}
PAGE = (Path(__file__).parents[2] / "docs/plugins.md").read_text()


def allows(plugin: Plugin, version: str) -> bool:
    """Whether `~> VERSION` lets a version in: it is no older, and the same in all but the last number given."""
    given = [int(part) for part in plugin.version.removeprefix("~> ").split(".")]
    other = [int(part) for part in version.split(".")]
    return other >= given and other[: len(given) - 1] == given[:-1]


@pytest.mark.parametrize("plugin", PINS.values(), ids=PINS)
def test_the_page_about_plugins_has_each_pin_and_why(plugin: Plugin) -> None:
    assert f"| {plugin.name} | `{plugin.version}` | {plugin.reason}" in PAGE


@pytest.mark.parametrize("release", RELEASES, ids=lambda release: f"{release.plugin} {release.version}")
def test_the_page_about_plugins_has_each_release(release: Release) -> None:
    used = "yes" if release.usable else "no"
    assert f"| {release.plugin} | {release.version} | {used} | {release.found} |\n" in PAGE


@pytest.mark.parametrize("release", RELEASES, ids=lambda release: f"{release.plugin} {release.version}")
def test_a_pin_lets_in_what_works_and_nothing_else(release: Release) -> None:
    assert allows(PINS[release.plugin], release.version) == release.usable


def test_each_pin_is_known_by_a_release_that_works() -> None:
    assert {release.plugin for release in RELEASES if release.usable} == set(PINS)


def test_the_page_has_no_release_that_the_table_has_not() -> None:
    lines = [
        line.split(" | ")[1] for line in PAGE.splitlines() if line.count(" | ") == 3 and line.split(" | ")[2] in ("yes", "no")
    ]
    assert lines == [release.version for release in RELEASES]
