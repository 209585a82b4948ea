"""Decisions are made once: between reading and translating, for all who need them."""

import sys
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from types import FrameType
from typing import Any

import pytest

import aib2packer
from tests.cases import convert_case_anew

PACKAGE = Path(aib2packer.__file__).parent
DECIDING = {
    "build_region",
    "decide_security",
    "decide_subscription",
    "decide_validation",
    "find_os_type",
    "name_build",
    "plan_distribution",
    "sort_tags",
}


@pytest.fixture
def calls() -> Iterator[Counter[str]]:
    """How often each function of the package is called, by its name, once it is asked for."""
    counted: Counter[str] = Counter()

    def count(frame: FrameType, event: str, _argument: Any) -> None:  # noqa: ANN401 - whatever the profiler hands over
        if event == "call" and frame.f_code.co_filename.startswith(str(PACKAGE)):
            counted[frame.f_code.co_name] += 1

    before = sys.getprofile()
    sys.setprofile(count)
    yield counted
    sys.setprofile(before)


@pytest.mark.parametrize("case", ["folder-everything", "validation-folder", "distribute-all-three", "validation-source-only"])
def test_each_decision_is_made_once_in_a_conversion(case: str, calls: Counter[str]) -> None:
    conversion = convert_case_anew(case)
    sys.setprofile(None)

    assert conversion.hcl is not None
    assert {name: calls[name] for name in DECIDING} == dict.fromkeys(DECIDING, 1)


def test_the_subscription_of_the_build_is_that_in_which_images_are_made_on_the_way() -> None:
    hcl = convert_case_anew("subscription-of-a-copied-image").hcl

    assert hcl is not None
    declared = hcl.partition('variable "subscription_id" {')[2].partition("\n}")[0]
    assert 'default     = "33333333-3333-3333-3333-333333333333"' in declared


def test_a_definition_of_another_generation_than_the_source_is_told_by_the_table_that_sizes_the_vm() -> None:
    conversion = convert_case_anew("arm-sibling-generation")

    assert "AIB2P418" in {finding.code.id for finding in conversion.findings}
