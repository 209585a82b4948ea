"""Stands in for the Azure CLI: answers what it is told to, and records each call as a line of JSON.

The folder that it lies in holds `answers.json`: answers by `METHOD id api-version`, of which the last may be left out. An
answer that is a text is an error of az: it goes to standard error, and the call fails.
"""

import json
import os
import sys
from collections.abc import Mapping
from pathlib import Path

SCRIPT = f"""#!{sys.executable}
import json, pathlib, sys
folder = pathlib.Path(__file__).parent
with open(folder / "calls", "a") as calls:
    calls.write(json.dumps(sys.argv[1:]) + "\\n")
options = dict(zip(sys.argv, sys.argv[1:]))
if sys.argv[1] == "rest":
    key = f"{{options['--method']}} {{options['--uri']}}"
    body = options.get("--body")
    if body is not None:
        key += " " + (json.loads(pathlib.Path(body[1:]).read_text())["options"].get("$skipToken") or "")
    version = options["--uri-parameters"].removeprefix("api-version=")
else:
    key, version = " ".join(word for word in sys.argv[1:] if word not in {{"--output", "json", "--only-show-errors"}}), ""
answers = json.loads((folder / "answers.json").read_text())
answer = answers.get(f"{{key.strip()}} {{version}}".strip(), answers.get(key.strip()))
if answer is None:
    answer = 'ERROR: Not Found({{"error":{{"code":"ResourceNotFound","message":"not there"}}}})'
if isinstance(answer, str):
    sys.exit(answer)
print(json.dumps(answer))
"""


class AzureStandIn:
    """An `az` of its own in a folder."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        folder.mkdir()
        program = folder / "az"
        program.write_text(SCRIPT)
        program.chmod(0o755)

    @property
    def path(self) -> str:
        """PATH with the stand-in in front."""
        return f"{self.folder}{os.pathsep}{os.environ['PATH']}"

    def answer(self, answers: Mapping[str, object]) -> None:
        """Answer so from now on."""
        (self.folder / "answers.json").write_text(json.dumps(dict(answers)))

    def calls(self) -> list[list[str]]:
        """The arguments of each call so far, oldest first."""
        file = self.folder / "calls"
        return [json.loads(line) for line in file.read_text().splitlines()] if file.exists() else []
