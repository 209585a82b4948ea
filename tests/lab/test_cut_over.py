"""The commands of a cut-over: judged by the parser of the real Azure CLI, and the query by its own words."""

import re
import shlex
import subprocess
from pathlib import Path
from shutil import which

import pytest

from tests.cases import GOLDEN
from tests.estate.runs import convert, image, lay
from tests.lab.azure_cli import AzureCliParser
from tests.lab.judge import home

PAGES = sorted(GOLDEN.rglob("MIGRATION.md"))
AN_ID = "/subscriptions/s/resourceGroups/g/providers/p/t/n"
OTHER_ID, SUBNET = re.compile(r"\$(?:id|identity)\b"), re.compile(r"\$subnet\b")


def commands_of(page: str) -> list[str]:
    """The lines of the shell blocks of a page."""
    blocks = re.findall(r"^```sh\n(.*?)^```", page, re.MULTILINE | re.DOTALL)
    here = re.compile(r"<<'EOF'\n.*?^EOF$", re.MULTILINE | re.DOTALL)
    return [line for block in blocks for line in here.sub("", block).splitlines()]


def calls_of_az(lines: list[str]) -> list[list[str]]:
    """The arguments of each call of the Azure CLI, those within others too; a variable stands for a value that will do."""
    calls = []
    for line in (re.sub(r"\$\{\w+(?:\[\d+\]|%/versions/\*)\}", "s", whole) for whole in lines):
        inner = re.findall(r"\$\((az [^()]*)\)", line)
        rest = re.sub(r"\$\((?:az|aib2packer) [^()]*\)", AN_ID, line)
        for said in (*inner, *re.split(r" \| ", rest)):
            named = SUBNET.sub(f"{AN_ID}/subnets/s", OTHER_ID.sub(AN_ID, said))
            command = named.partition(" > ")[0].partition(" ;; ")[0].removesuffix("; done")
            words = shlex.split(re.sub(r"\$\{?\w+\}?", "x", command), comments=True)
            words = [word.replace(r"\`", "`") for word in words]  # which a shell does in double quotes, and shlex does not
            at = words.index("az") if "az" in words else -1
            if at >= 0:
                calls.append(words[at + 1 :] + ([AN_ID] if words[0] == "xargs" else []))
    return calls


def test_the_azure_cli_takes_each_command_of_the_pages(az_parser: AzureCliParser) -> None:
    calls = [call for page in PAGES for call in calls_of_az(commands_of(page.read_text(encoding="utf-8")))]
    # An extension has this one, which is not installed here.
    known = [call for call in dict.fromkeys(map(tuple, calls)) if call[:2] != ("graph", "query")]

    assert len(known) > 30
    complaints = az_parser.complaints(known)
    assert {" ".join(call): one for call, one in zip(known, complaints, strict=True) if one} == {}


def test_a_shell_reads_each_command_of_the_pages() -> None:
    for page in PAGES:
        script = "\n".join(commands_of(page.read_text(encoding="utf-8"))).replace("...", "x")
        done = subprocess.run(["bash", "-n"], input=script, capture_output=True, check=False, encoding="utf-8", timeout=60)
        assert (page, done.stderr) == (page, "")


LEFT_OUT = {"id", "type", "etag"}  # `--output table` never shows these keys (knack's output.py)


def test_a_table_shows_what_is_asked_for() -> None:
    calls = {tuple(call) for page in PAGES for call in calls_of_az(commands_of(page.read_text(encoding="utf-8")))}
    tables = [call for call in calls if "table" in call and "--query" in call]
    asked = {call: set(re.findall(r"(\w+):", call[call.index("--query") + 1])) for call in tables}
    (query,) = {call[call.index("--query") + 1] for call in tables if call[0] == "graph"}
    columns = re.findall(r"^\| project (.*)$", (GOLDEN / "estate/consumers.kql").read_text(encoding="utf-8"), re.MULTILINE)

    assert len(tables) > 3
    assert {call: keys for call, keys in asked.items() if keys & LEFT_OUT} == {}
    assert query == "data"  # the answer is {count, data, ...}
    assert not {one.partition(" = ")[0] for one in columns[0].split(", ")} & LEFT_OUT


def test_role_assignments_are_looked_for_in_all_subscriptions() -> None:
    lists = [line for page in PAGES for line in commands_of(page.read_text(encoding="utf-8")) if "role assignment list" in line]

    assert lists
    assert [line for line in lists if "for each in $(az account list" not in line or '--subscription "$each"' not in line] == []


def test_a_move_is_made_in_the_subscription_of_what_is_moved() -> None:
    calls = [call for page in PAGES for call in calls_of_az(commands_of(page.read_text(encoding="utf-8")))]
    moved = [dict(zip(call[2::2], call[3::2], strict=True)) for call in calls if call[:2] == ["resource", "move"]]

    assert moved
    assert [one for one in moved if one.get("--subscription") != one["--ids"].split("/")[2]] == []


def managed(name: str) -> str:
    """The id of a managed image."""
    return f"/subscriptions/s/resourceGroups/images/providers/Microsoft.Compute/images/{name}"


HOSTILE = "x'; touch hacked; '"


def test_names_that_mean_something_to_a_shell_are_words(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    lay("in", **{"a$(touch hacked)": image(HOSTILE), "b`touch hacked`": image("$(touch hacked)", autoRun={"state": "Enabled"})})
    convert("in", "-o", "out")
    for name in ("az", "packer", "xargs", "timeout", "ssh", "aib2packer", "column", "diff"):
        program = tmp_path / "bin" / name
        program.parent.mkdir(exist_ok=True)
        program.write_text("#!/bin/sh\n")
        program.chmod(0o755)

    for page in Path("out").rglob("MIGRATION.md"):
        lines = commands_of(page.read_text(encoding="utf-8"))
        script = "\n".join(line for line in lines if not line.startswith(("cd ", "for "))).replace("...", "x")
        subprocess.run(["bash", "-c", script], env={"PATH": f"{tmp_path}/bin:/usr/bin:/bin"}, check=False, timeout=60)

    assert not list(tmp_path.rglob("hacked"))


def complaints_of_kusto(*queries: Path) -> list[str]:
    """What Microsoft's parser of KQL has against queries."""
    library, node = home() / "kusto/node_modules/@kusto/language-service-next", which("node")
    if node is None or not library.exists():
        pytest.skip(f"no Node.js, or no parser of KQL in {library.parent}: run tests/lab/install-kusto")
    command = [node, *map(str, (Path(__file__).with_name("judge-kql.js"), library, *queries))]
    done = subprocess.run(command, capture_output=True, check=False, encoding="utf-8", timeout=120)
    assert (done.returncode, done.stderr) == (0, "")
    return done.stdout.splitlines()


def test_microsofts_parser_takes_the_queries_and_no_others(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    wrong = tmp_path / "wrong.kql"
    wrong.write_text("resources | where isnotempty(id) | project nme")
    ids = [managed(name).replace("/images/providers", "/my.rg_(1)-x/providers") for name in ("web", "we.b_-1")]
    targets = [{"type": "ManagedImage", "imageId": one, "location": "westeurope", "runOutputName": "i"} for one in ids]
    lay("in", a=image("a", distribute=targets[:1]), b=image("b", distribute=targets[1:]))
    convert("in", "-o", "out")

    complaints = complaints_of_kusto(*GOLDEN.rglob("*.kql"), tmp_path / "out/consumers.kql", wrong)

    assert complaints == [f"{wrong}: The name 'nme' does not refer to any known column, table, variable or function."]


def test_the_query_finds_users_of_these_images_and_of_no_others() -> None:
    query = (GOLDEN / "estate/consumers.kql").read_text(encoding="utf-8")
    (pattern,) = re.findall(r"extract\(@'((?:[^']|'')*)', 1, tostring\(used\)\)", query)
    finder = re.compile(pattern.replace("''", "'"))
    group = "/subscriptions/s/resourceGroups/images/providers"
    gallery = f"{group}/Microsoft.Compute/galleries/golden/images"
    found = {
        f'{{"imageReference":{{"id":"{gallery}/web"}}}}': "galleries/golden/images/web",
        f'{{"imageReference":{{"id":"{gallery}/WEB/versions/1.0.2"}}}}': "galleries/golden/images/WEB/versions/1.0.2",
        rf'{{"vmTemplate":"{{\"customImageId\":\"{gallery}/desktop/versions/1.0.0\",\"x\":1}}"}}': (
            "galleries/golden/images/desktop/versions/1.0.0"
        ),
        f'{{"imageReference":{{"id":"{group}/Microsoft.DevCenter/devcenters/dc/galleries/ours/images/desktop"}}}}': (
            "devcenters/dc/galleries/ours/images/desktop"
        ),
        f'{{"id":"{group}/Microsoft.Compute/images/legacy"}}': f"{group[17:]}/Microsoft.Compute/images/legacy",
    }
    for text, expected in found.items():
        match = finder.search(text)
        assert match is not None
        assert match[1] == expected
    for text in (f'"{gallery}/web2"', f'"{gallery}/my-web/versions/1.0.0"', '"/galleries/other/images/web"'):
        assert finder.search(text) is None


def test_the_inventory_of_a_linux_vm_is_the_same_twice(tmp_path: Path) -> None:
    script = (GOLDEN / "estate/inventory.sh").read_bytes()
    runs = [
        subprocess.run(
            ["sh", "-s"],
            input=re.sub(rb"^find (/etc /opt /usr/local|/) ", rb"find /etc/apt ", script, flags=re.MULTILINE),
            capture_output=True,
            check=False,
            timeout=120,
            cwd=tmp_path,
        )
        for _ in range(2)
    ]

    assert runs[0].stdout == runs[1].stdout
    assert {line.partition(b":")[0] for line in runs[0].stdout.splitlines()} >= {
        b"os",
        b"kernel",
        b"package",
        b"user",
        b"group",
    }
    assert not list(tmp_path.iterdir())
