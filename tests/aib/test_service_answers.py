"""Words are put into the mouth of the service only where its answer was seen."""

import ast
import re
from pathlib import Path

import pytest

import aib2packer
from aib2packer.aib.service_answers import bad_kind, missing_field

PACKAGE = Path(aib2packer.__file__).parent
_QUOTES = re.compile(r'service answers|return _validation\(f?"')  # the latter makes such words of what it is given
REFERENCE = PACKAGE.parent / "docs/reference/aib-behaviour.md"


def quoting() -> list[tuple[str, str]]:
    """The functions that quote an answer of the service, by where they stand."""
    found = []
    for path in sorted(PACKAGE.rglob("*.py")):
        text = path.read_text(encoding="utf-8")
        if not _QUOTES.search(text):
            continue
        for node in ast.walk(ast.parse(text)):
            if isinstance(node, ast.FunctionDef) and node.name != "_validation":
                source = ast.get_source_segment(text, node) or ""
                if _QUOTES.search(source):
                    found.append((f"{path.relative_to(PACKAGE).as_posix()}: {node.name}", source))
    return found


@pytest.mark.parametrize("source", [pytest.param(source, id=place) for place, source in quoting()])
def test_an_answer_that_is_quoted_has_its_source_beside_it(source: str) -> None:
    assert "docs/reference/aib-behaviour.md" in source


def test_what_nobody_saw_answered_is_not_quoted() -> None:
    assert "answers" in missing_field("distribute[12]", "location")
    assert missing_field("distribute[0].targetRegions[1]", "name") == missing_field("distribute[0]", "type") == ""
    assert "answers" in bad_kind("distribute[0]")
    assert bad_kind("customize[0]") == ""


def test_what_is_quoted_stands_in_the_reference() -> None:
    reference = " ".join(REFERENCE.read_text(encoding="utf-8").split())

    assert len(quoting()) > 4
    for words in (
        "Validation failed: 'ImageTemplate': Missing field 'identity'",
        "Field 'imageId' has a bad value",
        "Validation failed: 'ImageTemplate.properties': Field 'distribute[0].type' has a bad value: ''",
        "Unmarshalling entity encountered error: … unknown field",
    ):
        assert words in reference
