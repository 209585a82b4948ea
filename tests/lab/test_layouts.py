"""The real Packer judges builds that are spread over files."""

from pathlib import Path

import pytest

from aib2packer import Layout, Options
from tests.cases.templates import WINDOWS, convert_json, template
from tests.cases.variables import required_variables
from tests.lab.judge import Packer

SHELL = {"type": "Shell", "name": "one", "inline": ["echo one"]}
TEMPLATES = {
    "linux": template(customize=[SHELL]),
    "windows": template(source=WINDOWS, customize=[{"type": "WindowsUpdate"}]),
}


@pytest.mark.parametrize("name", TEMPLATES)
def test_packer_accepts_a_split_build_as_it_is(name: str, packer: Packer, tmp_path: Path) -> None:
    made = convert_json(TEMPLATES[name], Options(side_files=True, layout=Layout.SPLIT))
    assert made.hcl is not None
    files = {made.build_file: made.hcl.encode(), **made.files}
    for path, content in files.items():
        (tmp_path / path).parent.mkdir(exist_ok=True)
        (tmp_path / path).write_bytes(content)
    texts = [content.decode() for path, content in files.items() if path.endswith(".pkr.hcl")]

    assert packer.fmt_check_all(tmp_path) == ""
    verdict = packer.validate(tmp_path, required_variables("\n".join(texts)))
    assert verdict.ok, verdict.output
