"""Sources are features: a new kind is one file, one line, one case, and what is missing is named."""

import pytest

from aib2packer import Options, OsType
from aib2packer.aib.model import Source
from aib2packer.packer.source import kinds
from aib2packer.packer.source.kinds import SOURCES
from aib2packer.packer.source.source_kind import SourceKind
from tests.cases.templates import convert_json, template
from tests.kinds import missing, models_of
from tests.packer.made_up_source import NamedImage, NamedImageSource

NAMED = template(source={"type": "NamedImage", "imageName": "debian-base"})


@pytest.fixture
def _names(monkeypatch: pytest.MonkeyPatch) -> None:
    """The line that makes the made-up kind one of those that there are."""
    monkeypatch.setattr(kinds, "SOURCES", {**SOURCES, NamedImageSource.name: NamedImageSource()})


def test_each_source_has_a_kind_that_answers_all_and_a_case() -> None:
    assert missing(SOURCES, SourceKind, models_of(Source), "source") == []


def test_what_a_new_kind_of_source_lacks_is_named() -> None:
    class SilentKind(SourceKind[NamedImage]):
        name = "Silent"
        read = NamedImageSource.read
        settings = NamedImageSource.settings
        rights = NamedImageSource.rights

    assert missing({**SOURCES, "Silent": SilentKind()}, SourceKind, [NamedImage], "source") == [
        "NamedImage: no kind is registered as NamedImage",
        "Silent: SilentKind does not say can_be_trusted",
        "Silent: no case in tests/cases/source has it and golden HCL",
    ]


def test_a_kind_of_source_that_does_not_answer_is_none() -> None:
    class HalfAKind(SourceKind[NamedImage]):
        name = "Half"
        read = NamedImageSource.read

    with pytest.raises(TypeError, match="rights"):
        HalfAKind()  # type: ignore[abstract]


@pytest.mark.usefixtures("_names")
def test_a_new_kind_of_source_is_made_by_one_file_and_one_line() -> None:
    conversion = convert_json(NAMED, Options(side_files=True, facts=True))

    assert conversion.hcl is not None
    assert conversion.facts is not None
    assert 'custom_managed_image_name = "debian-base"' in " ".join(conversion.hcl.split())
    assert "the images" in conversion.hcl
    assert "looks for the image" in conversion.files["MIGRATION.md"].decode()
    assert conversion.facts.source == "image debian-base"
    assert conversion.facts.system == OsType.LINUX.value  # as its name tells


def test_a_kind_of_source_that_nobody_registered_is_refused_by_name() -> None:
    conversion = convert_json(NAMED)

    assert conversion.hcl is None
    assert any("`NamedImage` is not a kind of source" in finding.message for finding in conversion.findings)
