"""What a kind of source, customizer or target must have, beside what the type checker and Python ask for already."""

import json
from collections.abc import Iterator, Mapping
from functools import cache

from tests.cases import CASES, folder_of, golden_hcl, read_case


def models_of(base: type) -> list[type]:
    """The models of a kind's template settings in the package, each once."""
    found: dict[str, type] = {model.__name__: model for model in _below(base) if model.__module__.startswith("aib2packer.")}
    return list(found.values())


def _below(base: type) -> Iterator[type]:
    below: list[type] = base.__subclasses__()
    for model in below:
        yield model
        yield from _below(model)


def missing(kinds: Mapping[str, object], base: type, models: list[type], room: str) -> list[str]:
    """What is missing: the kind of a model, an answer, a case with golden HCL; nothing where all is there.

    `kinds` are those that are registered, `base` is what they are made of, `room` is the folder of their cases.
    """
    without = [f"{model.__name__}: no kind is registered as {model.kind}" for model in models if model.kind not in kinds]  # type: ignore[attr-defined]
    silent = [
        f"{name}: {type(kind).__name__} does not say {question}"
        for name, kind in kinds.items()
        for question in base.__annotations__
        if not hasattr(kind, question)
    ]
    misnamed = [f"{name}: {type(kind).__name__} is called {kind.name}" for name, kind in kinds.items() if _name(kind) != name]  # type: ignore[attr-defined]
    unseen = [f"{name}: no case in tests/cases/{room} has it and golden HCL" for name in kinds if name not in shown_in(room)]
    return [*without, *silent, *misnamed, *unseen]


def _name(kind: object) -> str:
    return str(getattr(kind, "name", ""))


@cache
def shown_in(room: str) -> frozenset[str]:
    """The kinds that cases of a room have, those that become HCL."""
    cases = (case for case in CASES if folder_of(case).name == room and golden_hcl(case).exists())
    return frozenset(kind for case in cases for kind in _types(_json(case)))


def _json(case: str) -> object:
    try:
        return json.loads(read_case(case)[0])
    except ValueError:  # JSON with comments
        return None


def _types(value: object) -> Iterator[str]:
    match value:
        case dict():
            if isinstance(named := value.get("type"), str):
                yield named
            for item in value.values():
                yield from _types(item)
        case list():
            for item in value:
                yield from _types(item)
