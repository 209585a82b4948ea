"""The commands of the cut-over, of which docs/cut-over.md says what they are for."""

import re
from collections.abc import Callable

import pytest

from aib2packer.guide import cut_over
from aib2packer.packer.facts import Service

TOLD_NOTHING = Service(
    name="",
    subscription="",
    group="",
    identities=(),
    triggers=("source",),
    auto_run=False,
    subnets=(),
    definitions=(),
    managed_image=False,
    counts=False,
    staging_group="",
    images=(),
    wants=(),
    numbers_by_time=False,
)


@pytest.mark.parametrize("commands", [cut_over.stop, cut_over.start_again, cut_over.delete])
def test_what_the_template_does_not_tell_is_asked_for_by_the_names_that_the_commands_use(
    commands: Callable[[Service], tuple[str, ...]],
) -> None:
    asked = "\n".join((*cut_over.values((TOLD_NOTHING,)), *cut_over.name(TOLD_NOTHING)))
    used = re.findall(r'"\$(\w+)"', "\n".join(commands(TOLD_NOTHING)))

    assert set(used) == set(re.findall(r"^(\w+)=", asked, re.MULTILINE))
