"""Kills runs while they write, and looks at what is left: `python -m tests.app.kills [COUNT]` is the campaign for a release."""

from __future__ import annotations

import json
import os
import random
import re
import signal
import subprocess
import sys
import tempfile
import time
from collections import Counter
from pathlib import Path
from typing import TYPE_CHECKING

from aib2packer.app.staging import remove_leftovers
from aib2packer.packer.layout import AT_TOP
from tests.cases.templates import template

if TYPE_CHECKING:
    from collections.abc import Callable

FILES, SIZE = 40, 20_000
TEMPLATES = 12
_SCHEMA = "https://schema.management.azure.com/schemas/2019-04-01/deploymentTemplate.json#"
# What a process in the background ignores: a shell, or nohup, has it so.
_HEEDED = """
import signal
signal.signal(signal.SIGINT, signal.default_int_handler)
signal.signal(signal.SIGHUP, signal.SIG_DFL)
"""
# Writes a generation of files over another one, again and again, and says when it begins.
_PROGRAM = """
import sys
from pathlib import Path
from aib2packer.app.interrupts import end_in_order
from aib2packer.app.output import write
end_in_order()
folder, generation = Path(sys.argv[1]), int(sys.argv[2])
print("begins", flush=True)
while True:
    generation += 1
    content = (b"%d\\n" % generation) * int(sys.argv[4])
    files = {f"{'scripts/' if n % 2 else ''}{n}.sh": content for n in range(int(sys.argv[3]))}
    write(folder, files, force=True)
"""
# Converts a folder of templates, with a value that says the generation, again and again.
_FOLDER_RUN = """
import sys
from pathlib import Path
from aib2packer.cli import main
folder, generation = sys.argv[1], int(sys.argv[2])
print("begins", flush=True)
while True:
    generation += 1
    given = ["-o", folder, "--force", "-q", "--set", f"generation=g{generation}.", "--report", f"{folder}/all/report.json"]
    try:
        main(["convert", str(Path(folder).parent / "templates"), *given])
    except SystemExit as ended:
        if ended.code:
            raise
"""
_GENERATION = re.compile(rb"\bg(\d+)\.")


def generations(folder: Path) -> Counter[int]:
    """How many files there are of each generation; a file that is partial or mixed raises."""
    found: Counter[int] = Counter()
    for path in folder.rglob("*.sh"):
        lines = path.read_bytes().splitlines()
        if len(set(lines)) != 1 or len(lines) != SIZE:
            message = f"{path} is partial: {len(lines)} lines, {set(lines)}"
            raise AssertionError(message)
        found[int(lines[0])] += 1
    return found


def leftovers(folder: Path) -> list[Path]:
    """What is there of files that wait."""
    return [path for path in folder.rglob(".aib2packer-*/*") if path.is_file()]


def generations_of_run(folder: Path) -> Counter[int]:
    """How many files of builds there are of each generation; a file that is partial raises."""
    found: Counter[int] = Counter()
    for path in folder.rglob("*"):
        if path.suffix in {".hcl", ".json"} and path.relative_to(folder).parts[0] not in AT_TOP:
            data = path.read_bytes()
            assert data.endswith((b"}\n", b'"\n')), path
            found.update(set(map(int, _GENERATION.findall(data))))
    return found


def write_templates(folder: Path) -> None:
    """Write templates whose builds have the parameter `generation`."""
    folder.mkdir()
    image = template(customize=[{"type": "Shell", "name": "a", "inline": ["[concat('echo ', parameters('generation'))]"]}])
    for number in range(TEMPLATES):
        deployment = {"$schema": _SCHEMA, "parameters": {"generation": {"type": "string"}}, "resources": [image]}
        (folder / f"web{number}.json").write_text(json.dumps(deployment), encoding="utf-8")


def kill_once(program: str, arguments: tuple[str, ...], number: signal.Signals, seconds: float) -> None:
    """Kill a program that writes after so many seconds."""
    command = [sys.executable, "-c", _HEEDED + program, *arguments]
    with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL) as run:
        assert run.stdout is not None
        run.stdout.readline()
        time.sleep(seconds)
        run.send_signal(number)
        run.wait(30)


def campaign(count: int, number: signal.Signals, seed: int) -> Counter[str]:
    """Kill that many times what writes files, and count what is left. Nothing is partial; but for kill -9 nothing mixed."""

    def once(folder: Path, start: int, chance: random.Random) -> Counter[int]:
        kill_once(_PROGRAM, (str(folder), str(start), str(FILES), str(SIZE)), number, chance.uniform(0, 0.25))
        return generations(folder)

    return _campaign(count, seed, once, {0, FILES})


def campaign_of_runs(count: int, number: signal.Signals, seed: int) -> Counter[str]:
    """Kill that many times what converts a folder, and count what is left."""

    def once(folder: Path, start: int, chance: random.Random) -> Counter[int]:
        if not (templates := folder.parent / "templates").exists():
            write_templates(templates)
        kill_once(_FOLDER_RUN, (str(folder), str(start)), number, chance.uniform(0, 2))
        return generations_of_run(folder)

    return _campaign(count, seed, once, {0, TEMPLATES})


def _campaign(count: int, seed: int, once: Callable[[Path, int, random.Random], Counter[int]], whole: set[int]) -> Counter[str]:
    chance, seen = random.Random(seed), Counter[str]()  # noqa: S311 - no secrets
    with tempfile.TemporaryDirectory() as name:
        folder, start = Path(name, "out"), 0
        for _ in range(count):
            found = once(folder, start, chance)
            start = max(found, default=start)
            seen["runs"] += 1
            seen["mixed"] += len(found) > 1 or sum(found.values()) not in whole
            seen["left"] += bool(left := leftovers(folder))
            assert not left or _is_ignored(folder)
            time.sleep(2 if left and not any(path.name == "lock" for path in left) else 0)
            for place in (folder, *(path for path in folder.rglob("*") if path.is_dir())):
                remove_leftovers(place)
            seen["left after the next run"] += bool(leftovers(folder))
    return seen


def _is_ignored(folder: Path) -> bool:
    """Whether git would commit nothing of what is left; an empty file, which was to hide it, at most."""
    subprocess.run(["git", "init", "-q", folder], check=True)
    listed = subprocess.run(
        ["git", "ls-files", "--others", "--exclude-standard"], cwd=folder, capture_output=True, check=True, text=True
    ).stdout
    subprocess.run(["rm", "-rf", folder / ".git"], check=True)
    return all((folder / path).stat().st_size == 0 for path in listed.splitlines() if ".aib2packer-" in path)


if __name__ == "__main__":
    wanted = int(sys.argv[1]) if len(sys.argv) > 1 else 200
    for sent in (signal.SIGKILL, signal.SIGTERM, signal.SIGINT):
        for tried in (campaign, campaign_of_runs):
            sys.stdout.write(f"{tried.__name__}, {sent.name}: {dict(tried(wanted, sent, os.getpid()))}\n")
            sys.stdout.flush()
