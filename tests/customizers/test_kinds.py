"""Customizers are features: a new kind is one file, one line, one case, and what is missing is named."""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar

from aib2packer import customizers
from aib2packer.aib.model import Customizer
from aib2packer.customizers import CUSTOMIZERS
from aib2packer.customizers.head import named, read_head
from aib2packer.lazy.models import dataclass
from aib2packer.packer.model import Provisioner, Steps
from aib2packer.packer.steps.customizer_kind import CustomizerKind
from tests.cases.templates import hcl_of, template
from tests.kinds import missing

if TYPE_CHECKING:
    import pytest

    from aib2packer.aib.fields import Fields
    from aib2packer.arm.language.text import TemplateText
    from aib2packer.packer.steps.build_context import BuildContext


@dataclass(frozen=True, slots=True, kw_only=True)
class Pause(Customizer):
    """A pause of some length."""

    TEXTS: ClassVar[tuple[str, ...]] = (*Customizer.TEXTS, "length")

    length: TemplateText | None


def read(index: int, fields: Fields) -> Pause:
    """Read it."""
    return Pause(**read_head(index, "Pause", fields), length=fields.text("length"))


def translate(pause: Pause, context: BuildContext) -> Steps:
    """Make Packer wait before a step that does nothing."""
    length = "1m" if pause.length is None else context.symbols.value(pause.length)
    return Steps((Provisioner("breakpoint", {**named(pause), "pause_before": length, "disable": True}),))


PAUSE = CustomizerKind("Pause", None, read, translate)


def test_each_customizer_has_a_case() -> None:
    assert missing(CUSTOMIZERS, CustomizerKind, [], "customizers") == []


def test_what_a_new_kind_of_customizer_lacks_is_named() -> None:
    assert missing({**CUSTOMIZERS, "Pause": PAUSE}, CustomizerKind, [], "customizers") == [
        "Pause: no case in tests/cases/customizers has it and golden HCL"
    ]


def test_a_new_kind_of_customizer_is_made_by_one_file_and_one_line(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(customizers, "CUSTOMIZERS", {**CUSTOMIZERS, PAUSE.name: PAUSE})

    hcl = hcl_of(template(customize=[{"type": "Pause", "name": "wait", "length": "<how-long>"}]))

    assert 'provisioner "breakpoint" {' in hcl
    assert "pause_before = var.how_long" in hcl
