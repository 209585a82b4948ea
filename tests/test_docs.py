"""What documents and comments point to is there: sections of docs/reference/, files, folders and targets of the Makefile."""

import re
from collections.abc import Iterator
from functools import cache
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent
REFERENCE = ROOT / "docs" / "reference"

pytestmark = pytest.mark.skipif(not (ROOT / ".github").is_dir(), reason="no checkout around the tests, as with a built wheel")

_CODE = ("aib2packer", "tests", "templates")
_INPUTS = "tests/cases/"  # templates of others are quoted there
_FOLDERS = (*_CODE, "docs", "benchmarks", "examples", "golden", ".ci", ".github")

# What a conversion writes into the folder of a build, what is on the VM, or is the user's: it is not in the repository.
_OF_A_BUILD = {"validate/", "scripts/", "files/", "downloads/", "validate-web/", "../", "aib2packer.toml"}

_SECTION = r"\d+(?:\.\d+)*"
_SECTIONS = rf"{_SECTION}(?:(?:, and |, | and | to ){_SECTION})*"
_HEADING = re.compile(rf"^#+ ({_SECTION})\.? ", re.MULTILINE)
_CODE_SPAN = re.compile(r"(?<!`)`([^`\n]+)`(?!`)")
_PATH = re.compile(r"\.?[\w-][\w.-]*(?:/[\w.-]+)*/?")
_FILE_NAME = re.compile(r"[\w.-]+\.(?:py|toml|ya?ml)")
_LINK = re.compile(r"\]\(([^)\s]+)\)")
_MODULE = re.compile(r"(?<![\w/.:-])(?:[a-z_]+/)+\w+\.py\b")


def _text(path: Path) -> str:
    return path.read_text(encoding="utf-8")


@cache
def _paths() -> frozenset[str]:
    """All files and folders of the repository, folders with a slash at their end, and each by every end of its path."""
    found = [path for path in ROOT.iterdir() if path.is_file()]
    for folder in _FOLDERS:
        found += [ROOT / folder, *(path for path in (ROOT / folder).rglob("*") if "__pycache__" not in path.parts)]
    names = [path.relative_to(ROOT).as_posix() + "/" * path.is_dir() for path in found]
    return frozenset(name.split("/", skipped)[-1] for name in names for skipped in range(name.rstrip("/").count("/") + 1))


def _pages() -> Iterator[Path]:
    """The documents that people read, but for docs/reference/, whose paths are those of other repositories."""
    yield from sorted(ROOT.glob("*.md"))
    for folder in ("docs", "benchmarks", ".github"):
        yield from sorted(page for page in (ROOT / folder).rglob("*.md") if REFERENCE not in page.parents)


def _code() -> Iterator[Path]:
    for folder in _CODE:
        for path in sorted((ROOT / folder).rglob("*")):
            where = path.relative_to(ROOT).as_posix()
            if path.is_file() and path != Path(__file__) and "__pycache__" not in where and not where.startswith(_INPUTS):
                yield path


@cache
def _texts() -> tuple[tuple[Path, str], ...]:
    """The files of the code, with their text."""
    return tuple((path, path.read_text(encoding="utf-8", errors="replace")) for path in _code())


def _numbers(page: str) -> set[str]:
    return set(_HEADING.findall(_text(REFERENCE / page)))


def _page_names() -> tuple[str, ...]:
    return tuple(sorted(page.name for page in REFERENCE.glob("*.md") if _numbers(page.name)))


def _citations() -> Iterator[tuple[str, str, str]]:
    """Where a citation stands, its page, and one of the sections that it names; no section for a page by itself."""
    written_in_full = re.compile(rf"docs/reference/([\w-]+\.md)(?: ({_SECTIONS}))?")
    for path, text in _texts():
        for page, sections in written_in_full.findall(text):
            for section in re.findall(_SECTION, sections) or [""]:
                yield path.relative_to(ROOT).as_posix(), page, section
        if path.relative_to(ROOT) == Path("tests/arm/facts.py"):  # its table says `spec n` for section n of this page
            yield from ((path.name, "arm-expressions.md", section) for section in re.findall(rf'"spec ({_SECTION})', text))
    names = "|".join(map(re.escape, _page_names()))
    for page in REFERENCE.glob("*.md"):
        for cited, sections in re.findall(rf"({names}) ({_SECTIONS})", _text(page)):
            yield from ((f"docs/reference/{page.name}", cited, section) for section in re.findall(_SECTION, sections))


def test_each_section_of_the_reference_that_is_cited_exists() -> None:
    citations = list(_citations())
    missing = [
        f"{where}: docs/reference/{page} {section}"
        for where, page, section in citations
        if page not in _page_names() or (section and section not in _numbers(page))
    ]

    assert not missing, "\n".join(missing)
    assert len({page for _, page, section in citations if section}) == len(_page_names())


def test_code_cites_the_reference_by_the_path_of_its_page() -> None:
    other_form = re.compile(rf"(?<!docs/reference/)\b(?:{'|'.join(map(re.escape, _page_names()))})")

    found = [f"{path.relative_to(ROOT)}: {page}" for path, text in _texts() for page in other_form.findall(text)]

    assert not found, "\n".join(found)


def test_no_page_of_the_reference_has_two_sections_of_one_number() -> None:
    numbers = {page: _HEADING.findall(_text(REFERENCE / page)) for page in _page_names()}

    assert numbers
    assert {page: found for page, found in numbers.items() if len(found) != len(set(found))} == {}


def test_each_file_and_folder_that_a_page_names_exists() -> None:
    named = [(page, span) for page in _pages() for span in _CODE_SPAN.findall(_text(page)) if _names_a_path(span)]
    missing = [f"{page.relative_to(ROOT)}: {span}" for page, span in named if span not in _paths() | _OF_A_BUILD]

    assert named
    assert not missing, "\n".join(missing)


def _names_a_path(span: str) -> bool:
    return bool(_PATH.fullmatch(span) and ("/" in span or _FILE_NAME.fullmatch(span)))


def test_each_link_of_a_page_leads_to_a_file() -> None:
    pages = (*_pages(), *REFERENCE.glob("*.md"))
    links = [(page, link.partition("#")[0]) for page in pages for link in _LINK.findall(_text(page)) if "://" not in link]
    missing = [f"{page.relative_to(ROOT)}: {link}" for page, link in links if not (page.parent / link).exists()]

    assert links
    assert not missing, "\n".join(missing)


def test_each_module_that_a_comment_names_exists() -> None:
    package = [(path, text) for path, text in _texts() if path.is_relative_to(ROOT / "aib2packer") and path.suffix == ".py"]
    named = [(path, name) for path, text in package for name in _MODULE.findall(text)]

    missing = [f"{path.relative_to(ROOT)}: {name}" for path, name in named if name not in _paths()]

    assert named
    assert not missing, "\n".join(missing)


def test_each_task_that_a_page_names_is_in_the_makefile() -> None:
    tasks = set(re.findall(r"^([a-z-]+):", _text(ROOT / "Makefile"), re.MULTILINE))
    named = {
        task for page in _pages() for task in re.findall(r"(?:`|^ *)make ([a-z-]+)(?=`| {2}|$)", _text(page), re.MULTILINE)
    }

    assert named
    assert named <= tasks
