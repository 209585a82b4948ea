"""Kills runs while they write, and looks at what is left: `python -m tests.app.kills [COUNT]` is the campaign for a release."""

from __future__ import annotations

import os
import random
import signal
import subprocess
import sys
import tempfile
import time
from collections import Counter
from pathlib import Path

from aib2packer.app.staging import remove_leftovers

FILES, SIZE = 40, 20_000
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
    """What is there beside the files."""
    return [path for path in folder.rglob("*") if path.is_file() and path.suffix != ".sh"]


def kill_once(folder: Path, number: signal.Signals, seconds: float, start: int) -> Counter[int]:
    """Kill a run that writes after so many seconds; gives the generations of what is there."""
    command = [sys.executable, "-c", _PROGRAM, str(folder), str(start), str(FILES), str(SIZE)]
    with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL) as run:
        assert run.stdout is not None
        run.stdout.readline()
        time.sleep(seconds)
        run.send_signal(number)
        run.wait(30)
    return generations(folder)


def campaign(count: int, number: signal.Signals, seed: int) -> Counter[str]:
    """Kill that many runs, and count what is left. Nothing is partial, and but for kill -9 nothing is mixed or left."""
    chance, seen = random.Random(seed), Counter[str]()  # noqa: S311 - no secrets
    with tempfile.TemporaryDirectory() as name:
        folder, start = Path(name, "out"), 0
        for _ in range(count):
            found = kill_once(folder, number, chance.uniform(0, 0.25), start)
            start = max(found, default=start)
            seen["runs"] += 1
            seen["mixed"] += len(found) > 1 or sum(found.values()) not in {0, FILES}
            seen["left"] += bool(left := leftovers(folder))
            assert not left or _is_ignored(folder)
            time.sleep(2 if left and not any(path.name == "lock" for path in left) else 0)
            remove_leftovers(folder)
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
        sys.stdout.write(f"{sent.name}: {dict(campaign(wanted, sent, os.getpid()))}\n")
