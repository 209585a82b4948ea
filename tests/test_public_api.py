"""The public names: what a caller can reach from a conversion is exported and described."""

import ast
import gc
import re
from importlib import import_module
from pathlib import Path

import pytest

import aib2packer

PACKAGE = Path(aib2packer.__file__).parent
API = PACKAGE.parent / "docs" / "api.md"
ROOTS = ("Conversion", "Options")


def classes() -> dict[str, ast.ClassDef]:
    """The classes of the package by their names."""
    files = (ast.parse(path.read_text()) for path in PACKAGE.rglob("*.py"))
    found = (node for file in files for node in ast.walk(file) if isinstance(node, ast.ClassDef))
    return {node.name: node for node in found if not node.name.startswith("_")}


def reachable() -> set[str]:
    """The names of classes that the fields and properties of public ones name, and so on."""
    known, found, waiting = classes(), set[str](), list(ROOTS)
    while waiting:
        name = waiting.pop()
        if name in found:
            continue
        found.add(name)
        for node in known[name].body:
            said = node.annotation if isinstance(node, ast.AnnAssign) else None
            if isinstance(node, ast.FunctionDef) and not node.name.startswith("_"):
                said = node.returns
            words = set() if said is None else set(re.findall(r"\w+", ast.unparse(said)))
            waiting += sorted(words & known.keys() - found)
    return found


def test_all_types_that_a_conversion_leads_to_are_exported() -> None:
    assert reachable() <= set(aib2packer.__all__)


@pytest.mark.parametrize("name", aib2packer.__all__)
def test_each_exported_name_is_there(name: str) -> None:
    assert getattr(aib2packer, name) is not None


def test_a_name_that_is_not_there_is_an_error() -> None:
    with pytest.raises(AttributeError, match="Nothing"):
        _ = aib2packer.Nothing


@pytest.mark.skipif(not API.is_file(), reason="the documentation is not installed")
@pytest.mark.parametrize("name", [name for name in aib2packer.__all__ if not name.startswith("__")])
def test_each_exported_name_is_described(name: str) -> None:
    assert f"`{name}`" in API.read_text(encoding="utf-8")


@pytest.mark.parametrize("looks", [True, False])
def test_python_looks_for_garbage_after_a_conversion_as_it_did_before(looks: bool, monkeypatch: pytest.MonkeyPatch) -> None:  # noqa: FBT001 - a parameter
    states = []
    monkeypatch.setattr(import_module("aib2packer.pipeline"), "_document", lambda *_: states.append(gc.isenabled()))
    try:
        if not looks:
            gc.disable()
        aib2packer.convert("{}")
        with pytest.raises(aib2packer.InputError):
            aib2packer.convert(b"\xff\xfe\x00")
        states.append(gc.isenabled())
    finally:
        gc.enable()

    assert states == [False, looks]
