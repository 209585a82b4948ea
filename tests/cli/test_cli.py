"""The command line, run as users run it: exit status, standard output, standard error, files."""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
import time
from contextlib import chdir
from hashlib import sha256
from pathlib import Path
from typing import Any, NoReturn

import click
import pytest
from click.testing import CliRunner

import aib2packer
from aib2packer.cli import main
from aib2packer.findings.model import Asks
from aib2packer.options import Origin
from aib2packer.packer.layout import AT_TOP

POSIX = pytest.mark.skipif(os.name != "posix", reason="needs a terminal, a shell or a device of POSIX")

SUBSCRIPTION = "11111111-1111-1111-1111-111111111111"
TEMPLATE: dict[str, Any] = {
    "type": "Microsoft.VirtualMachineImages/imageTemplates",
    "apiVersion": "2022-07-01",
    "name": "t",
    "location": "westeurope",
    "properties": {
        "source": {
            "type": "PlatformImage",
            "publisher": "Canonical",
            "offer": "0001-com-ubuntu-server-jammy",
            "sku": "22_04-lts-gen2",
            "version": "latest",
        },
        "customize": [{"type": "Shell", "name": "a", "inline": ["echo hé"]}],
        "distribute": [
            {
                "type": "ManagedImage",
                "imageId": f"/subscriptions/{SUBSCRIPTION}/resourceGroups/rg/providers/Microsoft.Compute/images/t",
                "location": "westeurope",
                "runOutputName": "t",
            },
        ],
    },
}
GOOD = json.dumps(TEMPLATE, indent=2, ensure_ascii=False)
LOSSY = GOOD.replace('"properties": {', '"properties": {\n    "optimize": {"vmBoot": {"state": "Enabled"}},')
WRONG = GOOD.replace('"PlatformImage"', '"Nope"')
WINDOWS = json.dumps(
    {
        **TEMPLATE,
        "properties": {
            **TEMPLATE["properties"],
            "source": {
                "type": "PlatformImage",
                "publisher": "MicrosoftWindowsServer",
                "offer": "WindowsServer",
                "sku": "2022-datacenter",
                "version": "latest",
            },
            "customize": [{"type": "PowerShell", "name": "a", "inline": ["Write-Host 1"]}],
        },
    },
)
ISO = GOOD.replace('"PlatformImage"', '"ISO"')
NO_STDOUT = "<stdout>: AIB2P021 error: standard output cannot be written ({})\n  = help: Give -o FILE.\n\n"
NO_TEMPLATE = '{"compilerOptions": {}}'
BESIDE = {".gitattributes", ".gitignore", "MIGRATION.md"}
GENERALIZE = ("scripts", "generalize.sh")


def run(
    *arguments: str | Path, stdin: str | bytes = b"", cwd: Path | None = None, **environment: str
) -> subprocess.CompletedProcess[bytes]:
    """Run the tool in a process of its own."""
    return subprocess.run(
        [sys.executable, "-m", "aib2packer", *map(str, arguments)],
        input=stdin.encode() if isinstance(stdin, str) else stdin,
        capture_output=True,
        check=False,
        cwd=cwd,
        env={**os.environ, "PYTHONPATH": os.pathsep.join(filter(None, sys.path)), **environment},
    )


def convert(
    *arguments: str | Path, stdin: str | bytes = b"", cwd: Path | None = None, **environment: str
) -> tuple[int, str, str]:
    """Exit status, standard output and standard error of `aib2packer convert`.

    It runs in this process, which takes a tenth of the time; in one of its own where an environment is given.
    """
    if environment:
        done = run("convert", *arguments, stdin=stdin, cwd=cwd, **environment)
        stderr = done.stderr.decode().replace("\r\n", "\n")
        assert "Traceback" not in stderr
        return done.returncode, done.stdout.decode(), stderr
    with chdir(cwd or Path.cwd()):
        result = CliRunner().invoke(main, ["convert", *map(str, arguments)], input=stdin, prog_name="aib2packer")
    if result.exception is not None and not isinstance(result.exception, SystemExit):
        raise result.exception
    return result.exit_code, result.stdout_bytes.decode(), result.stderr_bytes.decode()


def files_in(folder: Path) -> set[str]:
    """All files, but for those that lie beside every build, or at the top for all of them."""
    files = (path.relative_to(folder) for path in folder.rglob("*") if path.is_file() and path.name not in BESIDE)
    return {path.as_posix() for path in files if path.parts[0] not in AT_TOP and path.parts[-2:] != GENERALIZE}


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A folder with a good template, a lossy one and a wrong one."""
    for name, text in {"good.json": GOOD, "lossy.json": LOSSY, "wrong.json": WRONG}.items():
        (tmp_path / name).write_text(text, encoding="utf-8")
    return tmp_path


def test_a_file_is_converted_to_standard_output_with_the_findings_beside_it(folder: Path) -> None:
    status, hcl, stderr = convert("good.json", cwd=folder)
    expected = aib2packer.convert(GOOD, file="good.json")
    assert status == 0
    assert hcl == expected.hcl
    assert stderr.splitlines()[-1].startswith("Converted")
    assert stderr.count(" = help: ") == sum(finding.asks is not Asks.KNOW for finding in expected.findings) > 0
    assert "good.json:" in stderr


@pytest.mark.parametrize("arguments", [(), ("-",)])
def test_standard_input_is_read(arguments: tuple[str, ...]) -> None:
    status, hcl, stderr = convert(*arguments, stdin=GOOD)
    assert status == 0
    assert hcl == aib2packer.convert(GOOD).hcl
    assert "<stdin>:" in stderr


def test_standard_output_is_utf_8_with_plain_line_breaks_whatever_the_locale() -> None:
    done = run("convert", stdin=GOOD, LC_ALL="C", PYTHONUTF8="0", PYTHONIOENCODING="latin-1", PYTHONCOERCECLOCALE="0")
    assert done.returncode == 0
    assert "hé".encode() in done.stdout
    assert b"\r" not in done.stdout


def test_an_error_gives_no_hcl(folder: Path) -> None:
    status, hcl, stderr = convert("wrong.json", "-o", "out", cwd=folder)
    assert (status, hcl) == (1, "")
    assert " error: " in stderr
    assert stderr.splitlines()[-1].startswith("Not converted: 1 error")
    assert not (folder / "out").exists()


def test_broken_json_is_an_error_at_its_place(tmp_path: Path) -> None:
    (tmp_path / "in.json").write_text('{\n  "a": 1\n  "b": 2\n}', encoding="utf-8")
    status, hcl, stderr = convert("in.json", cwd=tmp_path)
    assert (status, hcl) == (1, "")
    assert stderr == (
        "in.json:2:9: AIB2P001 error: found no `,` after this value; expected `,` before the next key, in line 3, column 3\n"
        "  |\n"
        '2 |   "a": 1\n'
        "  |         ^\n"
        "  = help: Write `,` here.\n"
        "\n"
        "Not converted: 1 error.\n"
    )


def test_a_loss_is_no_error(folder: Path) -> None:
    status, hcl, stderr = convert("lossy.json", cwd=folder)
    assert status == 0
    assert hcl
    assert " loss: " in stderr


def test_strict_tells_a_loss_by_the_exit_status_and_writes_all_the_same(folder: Path) -> None:
    status, hcl, _ = convert("lossy.json", "--strict", cwd=folder)
    assert status == 1
    assert hcl
    assert convert("good.json", "--strict", cwd=folder)[0] == 0


@pytest.mark.parametrize("option", ["-q", "--quiet"])
def test_quiet_prints_errors_only(folder: Path, option: str) -> None:
    assert convert("lossy.json", option, cwd=folder)[::2] == (0, "")
    (folder / "both.json").write_text(LOSSY.replace('"PlatformImage"', '"Nope"'), encoding="utf-8")
    severities = r"^both\.json:\d+:\d+: AIB2P\d+ (\w+):"
    assert set(re.findall(severities, convert("both.json", cwd=folder)[2], re.MULTILINE)) > {"error"}
    status, _, stderr = convert("both.json", option, cwd=folder)
    assert status == 1
    assert set(re.findall(severities, stderr, re.MULTILINE)) == {"error"}
    assert "onverted" not in stderr


def test_a_path_that_ends_in_hcl_is_a_file(folder: Path) -> None:
    status, stdout, _ = convert("good.json", "-o", "new/web.pkr.hcl", cwd=folder)
    assert (status, stdout) == (0, "")
    options = aib2packer.Options(file_name="web.pkr.hcl")
    assert (folder / "new/web.pkr.hcl").read_bytes().decode() == aib2packer.convert(GOOD, options=options).hcl
    assert files_in(folder / "new") == {"web.pkr.hcl"}


@pytest.mark.parametrize("output", ["new", "new/", "new.d", "there", "there.hcl", "new.hcl/"])
def test_any_other_path_is_a_folder_for_the_hcl_and_the_files_beside_it(folder: Path, output: str) -> None:
    (folder / "there").mkdir()
    (folder / "there.hcl").mkdir()
    (folder / "windows.json").write_text(WINDOWS, encoding="utf-8")
    status, stdout, _ = convert("windows.json", "-o", output, cwd=folder)
    assert (status, stdout) == (0, "")
    origin = Origin("windows.json", sha256(WINDOWS.encode()).hexdigest(), aib2packer.__version__)
    expected = aib2packer.convert(WINDOWS, file="windows.json", options=aib2packer.Options(side_files=True, origin=origin))
    assert set(expected.files) > BESIDE - {".gitattributes"}
    assert files_in(folder / output) == {"build.pkr.hcl", *expected.files} - BESIDE
    assert (folder / output / "build.pkr.hcl").read_bytes().decode() == expected.hcl
    for name, content in expected.files.items():
        assert (folder / output / name).read_bytes() == content


def test_a_dash_is_standard_output(folder: Path) -> None:
    status, hcl, _ = convert("good.json", "-o", "-", cwd=folder)
    assert (status, hcl) == (0, aib2packer.convert(GOOD).hcl)


@pytest.mark.parametrize("output", ["out", "out/x.pkr.hcl"])
def test_an_existing_file_that_differs_needs_force(folder: Path, output: str) -> None:
    target = folder / ("out/x.pkr.hcl" if output.endswith(".hcl") else "out/build.pkr.hcl")
    target.parent.mkdir()
    target.write_bytes(b"mine")
    status, _, stderr = convert("good.json", "-o", output, cwd=folder)
    assert status == 1
    assert f"{target.relative_to(folder)}: AIB2P021 error: there already, with other contents; nothing was written\n" in stderr
    assert "  = help: Give --force to replace" in stderr
    assert stderr.splitlines()[-1].startswith("Not written: 1 error")
    assert target.read_bytes() == b"mine"
    assert convert("good.json", "-o", output, "--force", cwd=folder)[0] == 0
    assert b"azure-arm" in target.read_bytes()
    assert convert("good.json", "-o", output, cwd=folder)[0] == 0


def test_files_to_begin_with_are_the_users_once_they_are_there(folder: Path) -> None:
    (folder / "auto.json").write_text(GOOD.replace('"properties": {', '"properties": {"autoRun": {"state": "Enabled"},', 1))
    (folder / "out").mkdir()
    (folder / "out/.gitignore").write_text("mine\n")
    assert convert("auto.json", "-o", "out", cwd=folder)[0] == 0
    (folder / "out/pipelines/github-actions.yml").write_text("mine\n")
    (folder / "out/pipelines/azure-pipelines.yml").unlink()

    assert convert("auto.json", "-o", "out", "--check", cwd=folder)[0] == 0
    assert convert("auto.json", "-o", "out", "--force", cwd=folder)[0] == 0
    assert (folder / "out/.gitignore").read_text() == "mine\n"
    assert (folder / "out/pipelines/github-actions.yml").read_text() == "mine\n"


def test_a_script_of_an_earlier_conversion_is_told(folder: Path) -> None:
    (folder / "windows.json").write_text(WINDOWS, encoding="utf-8")
    assert convert("windows.json", "-o", "out", "--winrm-bootstrap", "user-data", cwd=folder)[0] == 0
    (folder / "windows.json").write_text(WINDOWS.replace('"name": "a"', '"name": "b"'), encoding="utf-8")
    (folder / "out/scripts/mine.ps1").write_text("mine")
    status, _, stderr = convert("windows.json", "-o", "out", "--force", cwd=folder)

    left = re.findall(r"^out/scripts/(\S+): AIB2P438 note: an earlier conversion wrote this file", stderr, re.MULTILINE)
    assert (status, left) == (0, ["01-a.ps1", "winrm.ps1"])
    assert convert("windows.json", "-o", "out/build.pkr.hcl", "--force", cwd=folder)[2].count("AIB2P438") == 0


def test_options_reach_the_conversion() -> None:
    several = json.dumps([TEMPLATE, {**TEMPLATE, "name": "other"}])
    options = aib2packer.Options(
        name="other",
        os_type=aib2packer.OsType.LINUX,
        auth=aib2packer.Auth.SERVICE_PRINCIPAL,
    )
    arguments = ("--name", "other", "--os-type", "linux", "--auth", "service-principal")
    status, hcl, _ = convert(*arguments, stdin=several)
    assert (status, hcl) == (0, aib2packer.convert(several, options=options).hcl)
    assert hcl != convert("--name", "other", stdin=several)[1]


def test_an_iso_can_be_replaced_by_a_marketplace_image() -> None:
    assert convert(stdin=ISO)[0] == 1
    status, hcl, _ = convert("--replace-iso", "RedHat:RHEL:8_9:latest", "--os-type", "linux", stdin=ISO)
    assert status == 0
    assert '"RedHat"' in hcl


@pytest.mark.parametrize("image", ["", "RedHat", "RedHat:RHEL", "RedHat:RHEL:", "a:b:c:d:e", "a b:c:d"])
def test_a_marketplace_image_of_the_wrong_shape_is_wrong_usage(image: str) -> None:
    status, hcl, stderr = convert("--replace-iso", image, stdin=ISO)
    assert (status, hcl) == (2, "")
    assert "is not PUBLISHER:OFFER:SKU or PUBLISHER:OFFER:SKU:VERSION" in stderr


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (("--os-type", "plan9"), "'plan9' is not one of"),
        (("--auth", "password"), "'password' is not one of"),
        (("--nonsense",), "No such option"),
        (("a.json", "b.json"), "A folder or several templates need a folder to write to: -o DIR."),
        (("a.json", "b.json", "-o", "x.pkr.hcl"), "-o DIR"),
        (("",), "The name of a file is empty."),
        (("a.json", "-o", ""), "The name of a file is empty."),
        (("a.json", "-o", "out", "--emit", "build"), "a folder gets both builds"),
    ],
)
def test_wrong_usage_is_told(tmp_path: Path, arguments: tuple[str, ...], message: str) -> None:
    status, hcl, stderr = convert(*arguments, cwd=tmp_path)
    assert (status, hcl) == (2, "")
    assert stderr.splitlines()[-1].startswith("Error: ")
    assert message in stderr


@pytest.mark.parametrize(
    ("arguments", "message", "remedy"),
    [
        (("nope.json",), "nope.json: AIB2P020 error: there is no such file", "Check the path."),
        (("good.json", "-p", "x"), "x: AIB2P020 error: there is no such file", "Check the path."),
        (("bytes.json",), "bytes.json: AIB2P020 error: not UTF-8 text (byte 7)", "Save it as UTF-8."),
        (
            ("empty", "-o", "out"),
            "empty: AIB2P020 error: no *.json, *.jsonc, *.bicep or *.tf file in this folder",
            "Give one that holds image templates.",
        ),
        (
            ("no-template", "-o", "out"),
            "no-template/tsconfig.json: AIB2P010 error: neither this file nor any other that was found holds an image template",
            "Give other files or folders.",
        ),
        (("good.json/x",), "good.json/x: AIB2P020 error: cannot be read (Not a directory)", "Check the path."),
    ],
)
def test_what_cannot_be_read_is_a_finding(folder: Path, arguments: tuple[str, ...], message: str, remedy: str) -> None:
    (folder / "bytes.json").write_bytes(b'{"a": "\xe9"}')
    (folder / "empty").mkdir()
    (folder / "no-template").mkdir()
    (folder / "no-template/tsconfig.json").write_text(NO_TEMPLATE, encoding="utf-8")
    assert convert(*arguments, "-q", cwd=folder) == (2, "", f"{message}\n  = help: {remedy}\n\n")
    assert not (folder / "out").exists()


def test_what_cannot_be_written_is_told_and_counts_as_unusable(folder: Path) -> None:
    (folder / "out").write_bytes(b"a file")
    status, _, stderr = convert("good.json", "-q", "-o", "out", cwd=folder)
    assert status == 2
    assert stderr == (
        f"{Path('out/build.pkr.hcl')}: AIB2P021 error: cannot be written (Not a directory)\n  = help: Give another -o.\n\n"
    )


@POSIX
def test_a_file_that_may_not_be_read_is_a_finding(folder: Path) -> None:
    (folder / "good.json").chmod(0)
    if os.access(folder / "good.json", os.R_OK):
        pytest.skip("this user may read everything")
    message = "good.json: AIB2P020 error: may not be read\n  = help: Check its permissions.\n\nUnreadable: 1 error.\n"
    assert convert("good.json", cwd=folder) == (2, "", message)


def test_secrets_and_control_characters_stay_out_of_errors(tmp_path: Path) -> None:
    _, _, stderr = convert("https://x/?sig=SECRET&se=\x1b[2J", cwd=tmp_path)
    assert stderr.startswith("https://x/?sig=***&se=\\x1b[2J: AIB2P020 error: there is no such file\n")


def test_a_byte_order_mark_and_utf_16_are_read() -> None:
    expected = aib2packer.convert(GOOD).hcl
    for encoding in ("utf-8-sig", "utf-16"):
        assert convert(stdin=GOOD.encode(encoding))[:2] == (0, expected)


def test_many_templates_get_a_folder_each_and_a_table(folder: Path) -> None:
    status, stdout, stderr = convert("good.json", "lossy.json", "wrong.json", "-o", "out", cwd=folder)
    assert (status, stdout) == (1, "")
    assert files_in(folder / "out") == {"t/build.pkr.hcl", "lossy/build.pkr.hcl"}
    for file, place, text in (("good", "t", GOOD), ("lossy", "lossy", LOSSY)):
        origin = Origin(f"{file}.json", sha256(text.encode()).hexdigest(), aib2packer.__version__)
        expected = aib2packer.convert(
            text, options=aib2packer.Options(side_files=True, origin=origin, in_estate=True, place=f"{file}.json")
        ).hcl
        assert (folder / "out" / place / "build.pkr.hcl").read_bytes().decode() == expected
    lines = stderr.splitlines()
    header, good, lossy, wrong = (
        next(line for line in lines if line.startswith(f"{name} "))
        for name in ("template", "good.json", "lossy.json", "wrong.json")
    )
    assert header.split() == ["template", "outcome", "to", "act", "on", "to", "decide", "to", "know", "lost"]
    assert good.split() == ["good.json", "converted", "1", "1", "1", "-"]
    assert lossy.split() == ["lossy.json", "converted", "1", "1", "1", "1"]
    assert wrong.split()[:4] == ["wrong.json", "not", "converted", "1"]
    assert len({len(line) for line in (header, good, lossy, wrong)}) == 1
    settings = "26 of 43 settings converted, 17 lost, 16 of them in templates that do not convert."
    assert lines[-2:] == ["", f"Converted 2 of 3 templates. {settings}"]


def test_a_folder_is_searched_and_what_is_no_template_does_not_fail(folder: Path) -> None:
    (folder / "in/sub").mkdir(parents=True)
    for name, text in {
        "b.json": GOOD,
        "a.jsonc": f"// a comment\n{GOOD}",
        "tsconfig.json": NO_TEMPLATE,
        "sub/c.JSON": GOOD,
        "x.txt": "x",
    }.items():
        (folder / "in" / name).write_text(text, encoding="utf-8")
    status, _, stderr = convert("in", "-o", "out", cwd=folder)
    assert status == 0
    assert files_in(folder / "out") == {"t/build.pkr.hcl", "b/build.pkr.hcl", "sub/t/build.pkr.hcl"}
    rows = [line.split("  ")[0] for line in stderr.splitlines() if line.startswith("in") and "converted " in line]
    assert rows == [str(Path("in", name)) for name in ("a.jsonc", "b.json", "sub/c.JSON")]
    assert stderr.splitlines()[-3] == "1 other file holds no image template."
    assert stderr.splitlines()[-1] == "Converted 3 of 3 templates. 39 of 39 settings converted, 0 lost."
    assert "AIB2P010" not in stderr


def test_a_file_without_a_template_is_an_error_when_it_is_named(folder: Path) -> None:
    (folder / "tsconfig.json").write_text(NO_TEMPLATE, encoding="utf-8")
    assert convert("tsconfig.json", cwd=folder)[0] == 1
    status, _, stderr = convert("good.json", "tsconfig.json", "-o", "out", cwd=folder)
    assert status == 1
    assert "AIB2P010" in stderr


def test_the_worst_exit_status_counts_and_the_others_are_converted(folder: Path) -> None:
    (folder / "bytes.json").write_bytes(b'\xff"imageTemplates"')
    status, _, stderr = convert(".", "-o", "out", cwd=folder)
    assert status == 2
    assert files_in(folder / "out") == {"t/build.pkr.hcl", "lossy/build.pkr.hcl"}
    assert "bytes.json: AIB2P020 error: not UTF-8 text (byte 0)\n" in stderr
    settings = "26 of 43 settings converted, 17 lost, 16 of them in templates that do not convert."
    assert stderr.splitlines()[-1] == f"Converted 2 of 4 templates. {settings}"


def test_strict_counts_for_many_too(folder: Path) -> None:
    assert convert("good.json", "lossy.json", "-o", "out", cwd=folder)[0] == 0
    assert convert("good.json", "lossy.json", "-o", "out", "--strict", cwd=folder)[0] == 1


def test_quiet_prints_no_table(folder: Path) -> None:
    assert convert("good.json", "lossy.json", "-o", "out", "-q", cwd=folder) == (0, "", "")


def test_a_file_that_differs_stops_only_its_own_template(folder: Path) -> None:
    (folder / "out/t").mkdir(parents=True)
    (folder / "out/t/build.pkr.hcl").write_bytes(b"mine")
    status, _, stderr = convert("good.json", "lossy.json", "-o", "out", cwd=folder)
    assert status == 1
    assert (folder / "out/t/build.pkr.hcl").read_bytes() == b"mine"
    assert (folder / "out/lossy/build.pkr.hcl").exists()
    assert re.search(r"^good\.json +not written ", stderr, re.MULTILINE)


def test_names_that_collide_are_told_apart_in_the_same_way_each_time(folder: Path) -> None:
    for name in ("a/x.json", "b/x.json", "b/X.jsonc", "c/x-2.json", "c/..json", "c/...json"):
        (folder / name).parent.mkdir(exist_ok=True)
        (folder / name).write_text(GOOD, encoding="utf-8")
    arguments = ("a/x.json", "b", "c/x-2.json", "c/..json", "c/...json", "a/x.json", "-", "-o", "out")
    expected = {"t", "X-2", "x-3", "x-2-2", "template", "template-2", "stdin"}
    for _ in range(2):
        status, _, stderr = convert(*arguments, stdin=GOOD, cwd=folder)
        assert status == 0
        assert stderr.splitlines()[-1] == "Converted 7 of 7 templates. 91 of 91 settings converted, 0 lost."
        assert files_in(folder / "out") == {f"{name}/build.pkr.hcl" for name in expected}


def test_the_output_folder_is_not_searched(folder: Path) -> None:
    (folder / "out").mkdir()
    (folder / "out/old.json").write_text(GOOD, encoding="utf-8")
    (folder / "wrong.json").unlink()
    status, _, stderr = convert(".", "-o", "out", cwd=folder)
    assert status == 0
    assert "old.json" not in stderr


def test_two_hundred_templates_are_converted(tmp_path: Path) -> None:
    for number in range(200):
        (tmp_path / f"{number:03}.json").write_text(GOOD, encoding="utf-8")
    status, _, stderr = convert(".", "-o", "out", cwd=tmp_path)
    assert status == 0
    assert stderr.splitlines()[-1] == "Converted 200 of 200 templates. 2,600 of 2,600 settings converted, 0 lost."
    assert len(files_in(tmp_path / "out")) == 200


@POSIX
def test_a_reader_that_stops_reading_is_no_error_message(folder: Path) -> None:
    command = f"{sys.executable} -m aib2packer convert -q good.json | head -n 1"
    environment = {**os.environ, "PYTHONPATH": os.pathsep.join(filter(None, sys.path))}
    big = GOOD.replace("echo hé", "echo hé" * 100_000)
    (folder / "good.json").write_text(big, encoding="utf-8")
    done = subprocess.run(command, shell=True, capture_output=True, check=False, cwd=folder, env=environment)  # noqa: S602
    assert done.stdout.count(b"\n") == 1
    assert done.stderr == b""
    command = command.replace(" -q ", " ")
    done = subprocess.run(command, shell=True, capture_output=True, check=False, cwd=folder, env=environment)  # noqa: S602
    assert done.stderr.decode().splitlines()[-1].startswith("Converted with")


@POSIX
@pytest.mark.parametrize(
    ("redirection", "message"),
    [
        (">&-", NO_STDOUT.format("closed")),
        ("<&-", "<stdin>: AIB2P020 error: standard input is closed\n  = help: Give a file.\n\n"),
        ("< good.json > /dev/full", NO_STDOUT.format("No space left on device")),
    ],
)
def test_streams_that_are_closed_or_full_are_told(folder: Path, redirection: str, message: str) -> None:
    if "/dev/full" in redirection and not Path("/dev/full").exists():
        pytest.skip("this system has no /dev/full")
    file = "good.json" if redirection == ">&-" else ""
    command = f"{sys.executable} -m aib2packer convert -q {file} {redirection}"
    environment = {**os.environ, "PYTHONPATH": os.pathsep.join(filter(None, sys.path))}
    done = subprocess.run(command, shell=True, stderr=subprocess.PIPE, check=False, cwd=folder, env=environment)  # noqa: S602
    assert (done.returncode, done.stderr.decode()) == (2, message)


@POSIX
@pytest.mark.parametrize("redirection", ["2> /dev/full", "2>&1 > /dev/null | true", "2>&-"])
def test_builds_of_several_are_written_whoever_takes_what_is_said_of_them(folder: Path, redirection: str) -> None:
    if "/dev/full" in redirection and not Path("/dev/full").exists():
        pytest.skip("this system has no /dev/full")
    command = f"{sys.executable} -m aib2packer convert good.json lossy.json -o out {redirection}"
    environment = {**os.environ, "PYTHONPATH": os.pathsep.join(filter(None, sys.path))}
    subprocess.run(command, shell=True, check=False, cwd=folder, env=environment)  # noqa: S602
    assert len({file.split("/")[0] for file in files_in(folder / "out")}) == 2


def test_who_ends_a_run_while_it_lays_down_what_is_for_all_is_told(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def end(*_arguments: object) -> NoReturn:
        raise KeyboardInterrupt

    monkeypatch.setattr("aib2packer.estate.landing.land", end)
    status, _, stderr = convert("good.json", "lossy.json", "-o", "out", cwd=folder)
    assert status == 1
    assert stderr.removesuffix("\nAborted!\n").endswith("\nNothing was written.\n")
    assert not (folder / "out").exists()


def on_terminal(*arguments: str, cwd: Path, **environment: str) -> tuple[int, str]:
    """Exit status and what a terminal shows, standard input and error being one."""
    import pty  # of POSIX only

    ours, theirs = pty.openpty()
    with subprocess.Popen(
        [sys.executable, "-m", "aib2packer", *arguments],
        stdin=theirs,
        stdout=subprocess.DEVNULL,
        stderr=theirs,
        cwd=cwd,
        env={**os.environ, "TERM": "xterm", "PYTHONPATH": os.pathsep.join(filter(None, sys.path)), **environment},
    ) as process:
        os.close(theirs)
        shown = b""
        deadline = time.monotonic() + 60
        while time.monotonic() < deadline:
            try:
                piece = os.read(ours, 65536)
            except OSError:  # EIO: the other end is closed
                break
            if not piece:
                break
            shown += piece
    os.close(ours)
    return process.returncode, shown.decode()


@POSIX
def test_a_terminal_gets_colour_and_a_progress_bar_and_files_get_neither(folder: Path) -> None:
    status, shown = on_terminal("convert", "good.json", "lossy.json", "-o", "out", cwd=folder)
    assert status == 0
    assert "Converting" in shown
    assert "100%" in shown
    assert "\x1b[33m" in shown
    stderr = convert("good.json", "lossy.json", "-o", "out", cwd=folder)[2]
    assert "Converting" not in stderr
    assert "\x1b" not in stderr


@POSIX
def test_no_color_is_heeded(folder: Path) -> None:
    _, shown = on_terminal("convert", "lossy.json", cwd=folder, NO_COLOR="1")
    assert " loss: " in shown
    assert "\x1b[33m" not in shown


@POSIX
def test_a_terminal_as_standard_input_is_not_waited_for(tmp_path: Path) -> None:
    status, shown = on_terminal("convert", cwd=tmp_path)
    assert status == 2
    assert "Error: No template given. Name a file or a folder, or pipe a template in." in shown


def test_the_version_is_told() -> None:
    assert run("--version").stdout.decode().strip() == f"aib2packer {aib2packer.__version__}"


def test_help_tells_of_the_exit_status() -> None:
    done = run("convert", "--help")
    assert done.returncode == 0
    assert b"Exit status: 0 converted" in done.stdout


def test_starting_up_imports_no_template_engine_and_nothing_that_looks_at_builds() -> None:
    left = ("jinja2", "hcl2", "rich", "pickle", "aib2packer.guide")
    code = f"import sys, aib2packer.cli.convert; sys.exit(any(name in sys.modules for name in {left}))"
    environment = {**os.environ, "PYTHONPATH": os.pathsep.join(filter(None, sys.path))}
    assert subprocess.run([sys.executable, "-c", code], check=False, env=environment).returncode == 0


def test_a_plain_conversion_imports_nothing_that_only_others_need() -> None:
    left = {"base64", "dataclasses", "difflib", "locale", "subprocess", "textwrap", "tomllib"}
    left |= {f"aib2packer.{name}" for name in ("app.bicep", "app.staging", "app.walk", "estate", "fetch", "landing", "verify")}
    code = f"""
import atexit, sys
from aib2packer.__main__ import main
atexit.register(lambda: print(sorted({left} & set(sys.modules))))
main(["convert"])
"""
    environment = {**os.environ, "PYTHONPATH": os.pathsep.join(filter(None, sys.path))}
    done = subprocess.run([sys.executable, "-c", code], check=True, env=environment, input=GOOD.encode(), capture_output=True)
    assert done.stdout.splitlines()[-1] == b"[]"


def test_a_template_without_expressions_imports_nothing_that_evaluates_them() -> None:
    code = """
import sys, aib2packer
converted = aib2packer.convert(sys.stdin.buffer.read())
sys.exit(converted.hcl is None or any(name.startswith("aib2packer.arm.evaluation.") for name in sys.modules))
"""
    environment = {**os.environ, "PYTHONPATH": os.pathsep.join(filter(None, sys.path))}
    done = subprocess.run([sys.executable, "-c", code], check=False, env=environment, input=GOOD.encode())
    assert done.returncode == 0


def test_every_option_is_documented() -> None:
    from aib2packer.cli import main

    root = Path(__file__).parents[2]
    if not (root / "docs").exists():
        pytest.skip("the documentation is not installed")
    documented = "\n".join(file.read_text(encoding="utf-8") for file in (root / "README.md", *(root / "docs").glob("*.md")))
    context = click.Context(main)
    commands = [main.get_command(context, name) for name in main.list_commands(context)]
    options = [option for command in commands if command for option in command.params if isinstance(option, click.Option)]
    words = set(re.findall(r"(?<![\w-])--?[a-z][\w-]*", documented))

    assert [option.opts for option in options if not words.intersection(option.opts)] == []


VALIDATED = GOOD.replace(
    '"properties": {',
    '"properties": {\n    "validate": {"inVMValidations": [{"type": "Shell", "inline": ["systemctl is-active nginx"]}]},',
)


def test_a_folder_gets_the_build_that_validates_too(tmp_path: Path) -> None:
    (tmp_path / "t.json").write_text(VALIDATED)

    done = run("convert", "--strict", "t.json", "-o", "out", cwd=tmp_path)

    assert done.returncode == 0
    assert "systemctl is-active nginx" not in (tmp_path / "out/build.pkr.hcl").read_text()
    assert "systemctl is-active nginx" in (tmp_path / "out/validate/build.pkr.hcl").read_text()
    assert b"packer build validate" in (tmp_path / "out/build.pkr.hcl").read_bytes()


@pytest.mark.parametrize(
    ("options", "status", "validates"),
    [
        ((), 1, False),
        (("--emit", "build"), 0, False),
        (("--emit", "validation"), 0, True),
        (("--validation", "inline"), 0, True),
    ],
)
def test_one_file_holds_one_of_the_builds_and_says_what_is_lost(
    options: tuple[str, ...], status: int, *, validates: bool
) -> None:
    done = run("convert", "--strict", *options, stdin=VALIDATED)

    assert done.returncode == status
    assert (b"systemctl is-active nginx" in done.stdout) is validates
    assert (b"skip_create_image" in done.stdout) is (options == ("--emit", "validation"))
    assert (b"AIB2P202" in done.stderr) is (status == 1)


def test_where_there_are_no_validators_there_is_no_build_that_validates() -> None:
    done = run("convert", "--emit", "validation", stdin=GOOD)

    assert done.returncode == 1
    assert done.stdout == b""
    assert b"AIB2P119" in done.stderr


def test_a_build_that_validates_which_the_template_does_not_become_any_more_is_left_over(tmp_path: Path) -> None:
    (tmp_path / "t.json").write_text(VALIDATED)
    run("convert", "t.json", "-o", "out", cwd=tmp_path)

    same = run("convert", "--check", "t.json", "-o", "out", cwd=tmp_path)
    (tmp_path / "t.json").write_text(GOOD)
    run("convert", "--force", "t.json", "-o", "out", cwd=tmp_path)
    left = run("convert", "--check", "t.json", "-o", "out", cwd=tmp_path)

    assert same.returncode == 0
    assert left.returncode == 1
    assert b"validate/build.pkr.hcl" in left.stderr
