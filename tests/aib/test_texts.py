"""The models of the template name their fields that hold strings: variables are named for these, in that order."""

import inspect
from typing import Any

import pytest

from aib2packer.aib import model
from aib2packer.customizers import CUSTOMIZERS
from aib2packer.lazy.models import field_names
from aib2packer.packer.distribution.kinds import TARGETS
from aib2packer.packer.source.kinds import SOURCES

HOLDS_STRINGS = (
    *("TemplateText", "ResourceId", "Number", "Flag", "Source", "VmProfile", "Subnet", "Plan", "Customizer"),
    *("Validation", "TargetRegion", "Target", "Fetched"),
)
KINDS: list[Any] = [*CUSTOMIZERS.values(), *SOURCES.values(), *TARGETS.values()]
SPEAKING = [
    found
    for module in dict.fromkeys((model, *(inspect.getmodule(kind.read) for kind in KINDS)))
    for found in vars(module).values()
    if inspect.isclass(found) and hasattr(found, "TEXTS")
]


@pytest.mark.parametrize("kind", SPEAKING, ids=lambda kind: str(kind.__name__))
def test_a_model_names_each_field_that_can_hold_a_string_of_the_template(kind: type) -> None:
    annotations = {name: said for base in kind.__mro__ for name, said in getattr(base, "__annotations__", {}).items()}
    holding = {name for name in field_names(kind) if any(word in annotations[name] for word in HOLDS_STRINGS)}

    assert set(kind.TEXTS) == holding  # type: ignore[attr-defined]


def test_the_models_that_have_strings_are_found() -> None:
    assert len({kind.__name__ for kind in SPEAKING}) >= 18
