"""The pages about codes: each code has one, and none lies.

After a change of a message: `pytest tests/findings/test_pages.py --snapshot-update`, and read the diff.
"""

from __future__ import annotations

import json
import re
from pathlib import Path

import pytest

from aib2packer.cli import main
from aib2packer.findings import codes
from aib2packer.findings.code_pages import PAGES, by_id, page
from aib2packer.findings.model import Code
from tests.findings.pages import blocks, missing_lines, write_example

DOCS = Path(__file__).parents[2] / "docs" / "findings.md"

# What no small readable example shows, and why.
WITHOUT_EXAMPLE = {
    codes.LARGE_FILE: "it takes a file of more than 20 MB: tests/customizers",
    codes.TOO_MANY_SETTINGS: "it takes thousands of steps: tests/aib/test_reading.py",
    codes.JSON_TOO_DEEP: "it takes hundreds of brackets",
    codes.CHECKSUM: "it takes a server: tests/fetch",
    codes.NOT_BUILT: "it depends on the Bicep compiler of the machine",
    codes.UNACCOUNTED: "it is there for mistakes that are not known yet",
    codes.REFUSED_BY_PACKER: "it takes Packer, and an output that is wrong",
    codes.NOT_VERIFIED: "it depends on the Packer of the machine",
    codes.NOTED_BY_PACKER: "it takes Packer, and an output that it warns of",
    codes.NOT_FORMATTED: "it takes Packer, and an output that is wrong",
}
REPORTED = [code for code in by_id().values() if code not in codes.SPLIT]
SHOWN = [code for code in REPORTED if code not in WITHOUT_EXAMPLE]


def test_every_code_has_a_page_and_every_page_a_code() -> None:
    assert sorted(path.stem for path in PAGES.iterdir()) == list(by_id())


def test_no_code_has_two_meanings_and_no_meaning_two_codes() -> None:
    registered = [value for value in vars(codes).values() if isinstance(value, Code)]

    assert len({code.id for code in registered}) == len(registered)
    assert len({code.title for code in registered}) == len(registered)


def test_every_code_is_used() -> None:
    package = Path(codes.__file__).parents[1]
    source = "\n".join(path.read_text(encoding="utf-8") for path in package.rglob("*.py") if path.name != "codes.py")
    names = [name for name, value in vars(codes).items() if isinstance(value, Code) and value not in codes.SPLIT]

    assert [name for name in names if not re.search(rf"\b{name}\b", source)] == []


def test_the_number_of_a_code_tells_its_severity() -> None:
    hundreds = {"0": {"error", "note"}, "1": {"error"}, "2": {"loss"}, "3": {"change"}, "4": {"note"}}

    assert [code.id for code in by_id().values() if not re.fullmatch(r"AIB2P\d{3}", code.id)] == []
    assert [code.id for code in by_id().values() if code.severity.value not in hundreds[code.id[5]]] == []


@pytest.mark.parametrize("code", codes.SPLIT, ids=[code.id for code in codes.SPLIT])
def test_the_page_of_a_code_that_was_split_leads_to_its_parts(code: Code, request: pytest.FixtureRequest) -> None:
    parts = [one for one in by_id().values() if one.formerly is code]
    rows = "\n".join(f"| {one.id} | {one.title} |" for one in parts)
    head, _, _ = page(code).partition("| code |")
    text = f"{head}| code | title |\n|---|---|\n{rows}\n"
    if request.config.getoption("update_snapshots"):
        (PAGES / f"{code.id}.md").write_text(text, encoding="utf-8")

    assert parts
    assert page(code) == text


def test_nothing_is_reported_under_a_code_that_was_split() -> None:
    package = Path(codes.__file__).parents[1]
    source = "\n".join(path.read_text(encoding="utf-8") for path in package.rglob("*.py") if path.name != "codes.py")
    names = [name for name, value in vars(codes).items() if isinstance(value, Code) and value in codes.SPLIT]

    assert len(names) == len(codes.SPLIT)
    assert [name for name in names if re.search(rf"(?:add|about_file|Finding)\(\s*(?:codes\.)?{name}\b", source)] == []


@pytest.mark.parametrize("code", REPORTED, ids=[code.id for code in REPORTED])
def test_a_page_says_what_a_code_means_shows_it_and_says_what_to_do(code: Code) -> None:
    text = page(code)

    assert text.startswith(f"# {code.id}: {code.title}\n\n**{code.severity.value.capitalize()}.** ")
    assert re.findall(r"^## (.*)$", text, re.MULTILINE) == ["Example", "What to do"]
    assert len(text.partition("## What to do\n")[2].split()) > 2


@pytest.mark.parametrize("code", SHOWN, ids=[code.id for code in SHOWN])
def test_the_example_of_a_page_is_true(
    code: Code,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
    request: pytest.FixtureRequest,
) -> None:
    text = page(code)
    arguments = write_example(text, tmp_path)
    monkeypatch.chdir(tmp_path)

    with pytest.raises(SystemExit):
        main([*arguments, "--findings", "json"], prog_name="aib2packer")

    hcl, document = capsys.readouterr()
    findings = [finding for finding in json.loads(document)["findings"] if finding["code"] == code.id]
    assert findings, f"the example of {code.id} does not show it, but {json.loads(document)['findings']}"
    said = f"{code.id} {code.severity.value}: {findings[0]['message']}\nhelp: {findings[0]['help']}\n"
    if request.config.getoption("update_snapshots"):
        text = re.sub(r"^```text\n.*?^```$", lambda _: f"```text\n{said}```", text, count=1, flags=re.MULTILINE | re.DOTALL)
        (PAGES / f"{code.id}.md").write_text(text, encoding="utf-8")
    assert [block.text for block in blocks(text) if block.language == "text"] == [said]
    output = hcl or "\n".join(file.read_text(encoding="utf-8") for file in tmp_path.glob("out/*.hcl"))
    for block in blocks(text):
        if block.language == "hcl" and block.file is None:
            assert missing_lines(block.text, output) == []
    if code.severity.value == "error":
        assert hcl == ""
    if code.severity.value in {"loss", "change"}:
        assert [block.file for block in blocks(text) if block.language == "hcl"] == [None], "show what of it is in the output"


def test_the_documentation_lists_all_pages(request: pytest.FixtureRequest) -> None:
    if not DOCS.exists():
        pytest.skip("the documentation is not installed")
    split = dict.fromkeys(codes.SPLIT, ", split")
    rows = "\n".join(
        f"| [{code.id}](../aib2packer/findings/pages/{code.id}.md) | {code.severity.value} | {code.asks.value} "
        f"| {code.title}{split.get(code, '')} |"
        for code in by_id().values()
    )
    text = DOCS.read_text(encoding="utf-8")
    if request.config.getoption("update_snapshots"):
        text = re.sub(r"(?<=^\|---\|---\|---\|---\|\n)(?:\| \[.*\n)*", f"{rows}\n", text, flags=re.MULTILINE)
        DOCS.write_text(text, encoding="utf-8")
    assert rows in text
