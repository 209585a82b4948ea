"""Models are dataclasses as any other, but for when their methods are compiled."""

import copy
import dataclasses
import pickle
from dataclasses import FrozenInstanceError, dataclass, is_dataclass, replace
from typing import Any

import pytest

from aib2packer import Options
from aib2packer.aib.model import Located
from aib2packer.customizers.shell import Shell
from aib2packer.findings.model import Finding
from aib2packer.hcl.values import Attribute, HclCode, Local
from aib2packer.lazy.models import dataclass as model
from aib2packer.lazy.models import field
from aib2packer.lazy.models import replace as model_replace

# Methods are compiled for a class that is used often: what is looked at as many times is seen before and after.
OFTEN = range(12)


@model(frozen=True, slots=True)
class Made:
    """Has all that a field can have."""

    name: str
    hidden: str = field(default="h", repr=False)
    place: int = field(default=0, compare=False)
    items: list[str] = field(default_factory=list)
    own: list[str] = field(default_factory=list, init=False)


@model(frozen=True, slots=True)
class Key:
    """Has a hash."""

    name: str
    place: int = field(default=0, compare=False)


@dataclass(frozen=True, slots=True)
class Usual:
    """What `dataclasses` makes of it."""

    name: str
    hidden: str = dataclasses.field(default="h", repr=False)
    place: int = dataclasses.field(default=0, compare=False)
    items: list[str] = dataclasses.field(default_factory=list)
    own: list[str] = dataclasses.field(default_factory=list, init=False)


@model(frozen=True, slots=True, kw_only=True)
class Below(Made):
    """Adds fields that are given by keyword."""

    first: int
    last: int = 9


@pytest.mark.parametrize("arguments", [("a",), ("a", "b"), ("a", "b", 3, ["c"])])
def test_a_model_shows_and_compares_as_a_dataclass_does(arguments: tuple[Any, ...]) -> None:
    usual = Usual(*arguments)

    for _ in OFTEN:
        made = Made(*arguments)
        assert repr(made) == repr(usual).replace("Usual", "Made")
        assert made == Made(*arguments)
        assert made != Made("z")
        assert replace(made, place=99) == model_replace(made, place=99) == made
        assert made != object()
        assert made.items is not Made("a").items or arguments[3:]


def test_models_that_are_equal_have_one_hash() -> None:
    assert len({Key("a", place) for place in OFTEN}) == 1
    assert len({Key(str(number), 0) for number in OFTEN}) == len(OFTEN)


@pytest.mark.parametrize("wrong", [{}, {"name": "a", "own": []}, {"name": "a", "other": 1}])
def test_arguments_that_a_dataclass_refuses_are_refused(wrong: dict[str, Any]) -> None:
    with pytest.raises(TypeError):
        Usual(**wrong)
    for _ in OFTEN:
        with pytest.raises(TypeError):
            Made(**wrong)


@pytest.mark.parametrize("wrong", [(), ("a", "b", 3, [], []), ("a", "b")])
def test_a_model_that_is_new_refuses_what_a_dataclass_refuses(wrong: tuple[Any, ...]) -> None:
    @model(frozen=True, slots=True)
    class New:
        name: str

    with pytest.raises(TypeError):
        New(*wrong)
    with pytest.raises(TypeError):
        New("a", name="b")  # type: ignore[misc]
    with pytest.raises(TypeError):
        model_replace(New("a"), other="b")  # type: ignore[call-arg]


def test_a_model_does_not_change() -> None:
    made = Made("a")

    with pytest.raises(FrozenInstanceError):
        made.name = "b"  # type: ignore[misc]
    with pytest.raises(FrozenInstanceError):
        del made.name
    with pytest.raises((AttributeError, FrozenInstanceError)):
        made.other = 1  # type: ignore[attr-defined]


def test_a_model_has_the_fields_of_its_bases_first() -> None:
    for _ in OFTEN:
        below = Below("a", "b", first=1)
        assert (below.name, below.hidden, below.first, below.last) == ("a", "b", 1, 9)

    assert [one.name for one in dataclasses.fields(below)] == ["name", "hidden", "place", "items", "own", "first", "last"]
    assert Below.__match_args__ == ("name", "hidden", "place", "items")
    with pytest.raises(TypeError):
        Below("a", "b", 3, [], 1)  # type: ignore[call-arg]


def test_a_model_can_be_copied_and_sent_to_another_process() -> None:
    local = Local("now", HclCode("timestamp()"), "why")

    assert copy.deepcopy(local) == local
    assert pickle.loads(pickle.dumps(local)) == local  # noqa: S301 - what was just written
    assert pickle.loads(pickle.dumps(Options(name="web"))) == Options(name="web")  # noqa: S301


@pytest.mark.parametrize("model", [Options, Finding, Located, Shell, Attribute])
def test_models_of_the_package_are_dataclasses(model: type) -> None:
    assert is_dataclass(model)


def test_public_models_can_be_replaced() -> None:
    assert replace(Options(), name="web").name == "web"
    with pytest.raises(TypeError):
        replace(Options(), nothing="web")  # type: ignore[call-arg]
