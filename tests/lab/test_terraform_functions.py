"""Functions of Terraform come to what Packer makes of them, which has them from the same library."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

from tests.terraform.function_facts import PACKERS

if TYPE_CHECKING:
    from tests.lab.judge import Packer


def test_packer_makes_of_a_function_what_is_taken_to_be_its_value(packer: Packer) -> None:
    asked = ", ".join(f"jsonencode({expression})" for expression in PACKERS)

    answers = json.loads(packer.value(f"jsonencode([{asked}])"))

    found = {expression: json.loads(answer) for expression, answer in zip(PACKERS, answers, strict=True)}
    assert found == PACKERS
