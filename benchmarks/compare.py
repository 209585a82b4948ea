"""How fast we are, as ratios: to `import click, jinja2`, to an older commit of ours, and to programs of the same kind.

Usage: python benchmarks/compare.py [--rounds N] [--old COMMIT] [--no-peers]

Each program is installed from its wheel into an environment of its own, below ~/.cache/aib2packer/benchmarks. All commands
run in turn, round by round, so that a machine that slows down slows all of them down; what is printed are medians of user and
system time together, their ratios, and the largest peak of memory. Takes some two minutes; the first run sets up before.
"""

from __future__ import annotations

import argparse
import hashlib
import json
import os
import shutil
import statistics
import subprocess
import sys
import tempfile
import zipfile
from functools import cache
from pathlib import Path
from typing import NamedTuple

ROOT = Path(__file__).parent.parent
EXAMPLE = ROOT / "examples" / "web-server.json"
HOME = Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache") / "aib2packer" / "benchmarks"
OLD = "a895336"
PEERS = {"sqlglot": "sqlglot", "sqlfluff": "sqlfluff", "datamodel-codegen": "datamodel-code-generator"}
CACHE = HOME / "cache"  # of the user who starts the commands
UNPACKED = "aib2packer convert, unpacked wheel"
FIRST = "aib2packer convert, no byte code, first start"
LATER = "aib2packer convert, no byte code, later start"
NOTHING_KEPT = "aib2packer convert, no byte code, -B"
BULK = """
import json, sys, time
from aib2packer import convert
for name in json.load(open(sys.argv[1])):
    texts = [open(file, "rb").read() for file in name[1]]
    for text in texts:
        convert(text)
    start, count = time.process_time(), 0
    while (spent := time.process_time() - start) < 1.5:
        for text in texts:
            convert(text)
        count += len(texts)
    print(count / spent)
"""


class Run(NamedTuple):
    """What one run took: processor seconds, and the peak of memory in MiB."""

    cpu: float
    peak: float


def run(command: list[str], environment: dict[str, str]) -> Run:
    """Run a command to its end; what it prints is thrown away."""
    with tempfile.TemporaryFile() as nowhere:
        process = subprocess.Popen(command, stdout=nowhere, stderr=nowhere, env=environment, cwd=HOME)
        _, status, used = os.wait4(process.pid, 0)
    if status:
        sys.exit(f"failed: {' '.join(command)}")
    return Run(used.ru_utime + used.ru_stime, used.ru_maxrss / 1024)


def program(name: str, source: str) -> Path:
    """The folder of the programs of an environment that has a package: one of a registry, or a wheel as it is now."""
    folder = HOME / name
    done = folder / "installed.json"
    wanted = [source, hashlib.sha256(Path(source).read_bytes()).hexdigest()] if source.endswith(".whl") else [source]
    if not done.is_file() or json.loads(done.read_text()) != wanted:
        shutil.rmtree(folder, ignore_errors=True)
        subprocess.run([sys.executable, "-m", "venv", folder], check=True)
        subprocess.run([folder / "bin" / "pip", "install", "-q", source], check=True)
        done.write_text(json.dumps(wanted))
    return folder / "bin"


@cache
def wheel(commit: str | None) -> str:
    """The path of a wheel of ours: of a commit, or of the checkout as it is."""
    target = HOME / "wheels" / (commit or "now")
    if commit is None:
        shutil.rmtree(target, ignore_errors=True)
    if not target.is_dir():
        with tempfile.TemporaryDirectory() as folder:
            source = Path(folder, "source")
            if commit is None:
                shutil.copytree(ROOT, source, ignore=shutil.ignore_patterns(".git", ".venv", "__pycache__", ".*_cache"))
            else:
                source.mkdir()
                archive = subprocess.run(["git", "archive", commit], cwd=ROOT, check=True, capture_output=True).stdout
                subprocess.run(["tar", "-x"], cwd=source, input=archive, check=True)
            subprocess.run([sys.executable, "-m", "pip", "wheel", "-q", "--no-deps", "-w", target, source], check=True)
    return str(next(target.glob("*.whl")))


def unpacked(programs: Path, name: str) -> Path:
    """The same programs, ours as an installer leaves it that compiles nothing; gives the folder with all."""
    copy = HOME / name
    shutil.rmtree(copy, ignore_errors=True)
    shutil.copytree(programs.parent, copy, symlinks=True)
    (package,) = copy.glob("lib/*/site-packages/aib2packer")
    shutil.rmtree(package)
    with zipfile.ZipFile(wheel(None)) as packed:
        packed.extractall(package.parent)
    return copy


def without_byte_code(programs: Path) -> Path:
    """The same programs, ours unpacked where Python cannot write, and is not the one that the byte code of the wheel is for."""
    copy = unpacked(programs, "read-only")
    for folder in [*copy.glob("lib/*/site-packages/aib2packer/**/__pycache__")]:
        shutil.rmtree(folder)
        folder.touch()  # root could write to a folder whatever its mode
    return copy


def commands(old: str, *, peers: bool) -> dict[str, list[str]]:
    """The commands by their names, the one that all others are compared with first."""
    now, before = program("now", wheel(None)), program(f"old-{old}", wheel(old))
    as_unpacked = [str(unpacked(now, "unpacked") / "bin" / "python")]
    read_only = [str(without_byte_code(now) / "bin" / "python")]
    start = ["-c", "from aib2packer.__main__ import main; main()", "convert", str(EXAMPLE)]
    found = {
        "import click, jinja2": [str(now / "python"), "-c", "import click, jinja2"],
        "aib2packer convert": [str(now / "aib2packer"), "convert", str(EXAMPLE)],
        f"aib2packer convert, {old}": [str(before / "aib2packer"), "convert", str(EXAMPLE)],
        UNPACKED: [*as_unpacked, "-B", *start],
        FIRST: [*read_only, *start],
        LATER: [*read_only, *start],
        NOTHING_KEPT: [*read_only, "-B", *start],
    }
    if peers:
        schema, query = HOME / "schema.json", HOME / "query.sql"
        schema.write_text('{"type": "object", "title": "A", "properties": {"b": {"type": "string"}}}')
        query.write_text("SELECT a FROM b\n")
        programs = {name: program(name, package) for name, package in PEERS.items()}
        found["sqlglot"] = [str(programs["sqlglot"] / "python"), "-m", "sqlglot", query.read_text(), "--write", "duckdb"]
        found["sqlfluff"] = [str(programs["sqlfluff"] / "sqlfluff"), "parse", "--dialect", "ansi", str(query)]
        found["datamodel-codegen"] = [str(programs["datamodel-codegen"] / "datamodel-codegen"), "--input", str(schema)]
    if packer := shutil.which("packer", path=f"{HOME.parent / 'bin'}{os.pathsep}{os.environ['PATH']}"):
        build = HOME / "build.json"
        build.write_text('{"builders": [{"type": "null", "communicator": "none"}]}')
        found["packer hcl2_upgrade"] = [packer, "hcl2_upgrade", f"-output-file={HOME / 'build.pkr.hcl'}", str(build)]
    return found


def bulk(old: str, rounds: int) -> dict[str, float]:
    """How many times as many templates a second this version converts as the old one, by what is converted."""
    now, before = program("now", wheel(None)), program(f"old-{old}", wheel(old))
    archive = subprocess.run(
        ["git", "ls-tree", "-r", "--name-only", old, "tests/cases"], check=True, cwd=ROOT, capture_output=True, text=True
    )
    names = {Path(name).name for name in archive.stdout.split()}
    files = [file for file in sorted((ROOT / "tests" / "cases").glob("*/*.json")) if ".options." not in file.name]
    cases = [str(file) for file in files if file.name in names]
    sets = {"the example": [str(EXAMPLE)], f"the {len(cases)} cases of both": cases}
    (HOME / "bulk.json").write_text(json.dumps(list(sets.items())))
    (HOME / "bulk.py").write_text(BULK)
    ratios: list[list[float]] = []
    for _ in range(rounds):
        rates = []
        for python in (now / "python", before / "python"):
            done = subprocess.run([python, HOME / "bulk.py", HOME / "bulk.json"], check=True, capture_output=True, text=True)
            rates.append([float(line) for line in done.stdout.split()])
        ratios.append([new / former for new, former in zip(*rates, strict=True)])
    return dict(zip(sets, (statistics.median(column) for column in zip(*ratios, strict=True)), strict=True))


def main() -> None:
    """Measure, and print a table."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--rounds", type=int, default=15)
    parser.add_argument("--old", default=OLD, help="the commit of ours to compare with")
    parser.add_argument("--no-peers", action="store_true", help="leave out the programs of others")
    asked = parser.parse_args()
    HOME.mkdir(parents=True, exist_ok=True)
    environment = {**os.environ, "CHECKPOINT_DISABLE": "1", "XDG_CACHE_HOME": str(CACHE)}
    for name in ("PYTHONPATH", "PYTHONDONTWRITEBYTECODE", "PYTHONPYCACHEPREFIX"):
        environment.pop(name, None)
    found = commands(asked.old, peers=not asked.no_peers)
    taken: dict[str, list[Run]] = {name: [] for name in found}
    for number in range(asked.rounds + 1):
        for name, command in found.items():
            if name in {FIRST, NOTHING_KEPT}:
                shutil.rmtree(CACHE, ignore_errors=True)
            CACHE.mkdir(exist_ok=True, mode=0o700)
            one = run(command, environment)
            if number:  # the first is a warm-up
                taken[name].append(one)
    base, *_ = taken.values()
    former = taken[f"aib2packer convert, {asked.old}"]
    print(f"{'cold':45} {'ms':>6} {'ratio':>6} {'old':>6} {'MiB':>5}")
    for name, runs in taken.items():
        milliseconds = 1000 * statistics.median(one.cpu for one in runs)
        ratio = statistics.median(one.cpu / other.cpu for one, other in zip(runs, base, strict=True))
        to_old = statistics.median(one.cpu / other.cpu for one, other in zip(runs, former, strict=True))
        print(f"{name:45} {milliseconds:6.0f} {ratio:6.2f} {to_old:6.2f} {max(one.peak for one in runs):5.0f}")
    for name, factor in bulk(asked.old, max(3, asked.rounds // 4)).items():
        print(f"{f'bulk, templates a second, {name}':45} {factor:13.2f} times {asked.old}")


if __name__ == "__main__":
    main()
