"""A folder of templates that another team made: nothing of it speaks to a pipeline, and no command that we print runs it."""

import json
import re
from pathlib import Path

import pytest
from click.testing import CliRunner

from aib2packer.cli import main
from tests.cases.templates import GALLERY, GALLERY_TARGET, template
from tests.security.sandbox import run_in_sandbox

NAMES = (
    "##vso[task.setvariable]pwned",
    "::add-mask::pwned",
    "'; touch pwned; '",
    '"; touch pwned; "',
    "$(touch pwned)",
    "a & `touch pwned`",
    "${{ pwned }}",
    "-pwned",
)
_SPEAKS = re.compile(r"##vso\[|##\[|^\s*::(?!(?:error|warning|notice) (?:file|title)=)", re.MULTILINE)
_COMMAND = re.compile(r"`((?:az|packer|aib2packer) [^`\n]+)`|^ *```\w*\n(.*?)^ *```", re.MULTILINE | re.DOTALL)
FORMATS = ("text", "sarif", "github")


@pytest.fixture
def printed(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> dict[str, str]:
    """All that is printed, and the pages, for a folder of templates with such names."""
    monkeypatch.chdir(tmp_path)
    for number, name in enumerate(NAMES):
        target = {**GALLERY_TARGET, "galleryImageId": f"{GALLERY}/images/{name.replace('/', '_')}"}
        image = template(name=name, tags={name: name}, distribute=[target], autoRun={"state": "Enabled"})
        folder = Path("in", f"{number}{name}")
        folder.mkdir(parents=True)
        (folder / f"{name}.json").write_text(json.dumps(image), encoding="utf-8")
        (folder / f"{name}.txt.json").write_text("{" + json.dumps(name), encoding="utf-8")
    texts = {}
    for kind in FORMATS:
        texts[kind] = CliRunner().invoke(main, ["convert", "in", "-o", "out", "--force", "-v", "--findings", kind]).output
    for kind in ("html", "md"):
        CliRunner().invoke(main, ["audit", "in", "--output", f"audit.{kind}"])
        texts[f"audit.{kind}"] = Path(f"audit.{kind}").read_text(encoding="utf-8")
    pages = sorted(Path("out").rglob("MIGRATION.md"))
    assert len(pages) >= len(NAMES)
    texts["record"] = Path("out/.aib2packer.json").read_text(encoding="utf-8")
    return texts | {str(page): page.read_text(encoding="utf-8") for page in pages}


def test_nothing_that_is_printed_of_a_folder_speaks_to_a_pipeline_or_is_run_by_a_shell(
    printed: dict[str, str], tmp_path: Path
) -> None:
    assert {name: found[0] for name, text in printed.items() if (found := _SPEAKS.findall(text))} == {}
    pages = (text for name, text in printed.items() if name in {"text", "audit.md"} or name.endswith("MIGRATION.md"))
    commands = {one or block for text in pages for one, block in _COMMAND.findall(text)}
    script = "\n".join(f"( {one}\n)" for one in sorted(commands) if "pwned" in one and ".image-template.json" not in one)
    assert script.count("az ") > len(NAMES)

    run_in_sandbox(script, tmp_path)
