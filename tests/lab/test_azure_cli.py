"""The commands of the Azure CLI in post-processors: the shell runs them, and the real CLI's parser takes them."""

import re
import shlex
import shutil
import subprocess
import textwrap
from collections.abc import Iterator, Mapping
from pathlib import Path, PurePosixPath

import pytest

from aib2packer import InputError
from aib2packer.app.azure.gallery import list_versions, parse_image
from aib2packer.packer.layout import SIGN_IN_SCRIPT
from aib2packer.packer.steps.cli_session import SCRIPT
from tests.cases import CASES, GOLDEN, golden_hcl
from tests.lab.azure_cli import AzureCliParser, RecordedAzureCli

SUBSCRIPTION = "33333333-3333-3333-3333-333333333333"
COMPUTE = f"/subscriptions/{SUBSCRIPTION}/resourceGroups/images/providers/Microsoft.Compute"
IMAGE, DEFINITION = f"{COMPUTE}/images/web", f"{COMPUTE}/galleries/golden/images/web"
VERSION = f"{DEFINITION}/versions/1.0.0"
SUBNET = f"/subscriptions/{SUBSCRIPTION}/resourceGroups/network/providers/Microsoft.Network/virtualNetworks/v/subnets/s"

# What Packer would put into the environment, by the names of variables.
VALUES = {
    "SUBSCRIPTION": SUBSCRIPTION,
    "IMAGE_VERSION": VERSION,
    "GALLERY_IMAGE_VERSION": "1.20250101.120000",
    "EXCLUDE_FROM_LATEST": "true",
    "RESOURCE_ID": VERSION,
    "SNAPSHOT": f"{COMPUTE}/snapshots/web",
    "IMAGE": IMAGE,
    "TARGET_REGIONS": "westeurope northeurope=2 eastus=1=Standard_ZRS",
    "TAGS": "owner=Jane O'Neil",
}
COPIED = "copyCompletionError.errorMessage || completionPercent"
_ENV = re.compile(r"^ +env = \{(?: for name, value in \{)?\n((?:.*\n)*?) +\}", re.MULTILINE)
_INLINE = re.compile(r"^ +inline = \[\n +(?:local\.sign_in|\"\. .*SIGN_IN.*\"),\n +<<-EOT\n((?:.*\n)*?) +EOT$", re.MULTILINE)
_FILE = re.compile(r'^ +script += "\$\{path\.root\}/(.*)"$', re.MULTILINE)


def steps(case: str) -> list[tuple[str, tuple[str, ...]]]:
    """The script of each shell-local post-processor of a golden build, and the names in its environment."""
    file = golden_hcl(case)
    _, *blocks = file.read_text().split('post-processor "shell-local" {\n') if file.exists() else [""]
    found = []
    for block in blocks:
        env, inline, beside = _ENV.search(block), _INLINE.search(block), _FILE.search(block)
        names = re.findall(r"^ +(\w+) += ", env[1] if env else "", re.MULTILINE)
        if beside is not None and (inline is None or beside.start() < inline.start()):
            script = (file.with_name(file.name.removesuffix(".pkr.hcl")) / beside[1]).read_text()
        else:
            assert inline is not None, block
            script = SCRIPT + textwrap.dedent(inline[1]).replace("$${", "${").replace("%%{", "%{")
        found.append((script, tuple(names)))
    return found


WITH_STEPS = [case for case in CASES if steps(case)]


def run(
    script: str, names: tuple[str, ...], az: RecordedAzureCli, *, fails: str = "", answers: Mapping[str, str] | None = None
) -> subprocess.CompletedProcess[str]:
    """Run a script as `shell-local` does."""
    # The same name for both: the option beside it tells what it is.
    source = VERSION if "--gallery-image-reference" in script else f"{COMPUTE}/snapshots/web"
    given = {name: VALUES.get(name, "value") for name in names} | ({"SOURCE": source} if "SOURCE" in names else {})
    file = az.folder / "script"
    file.write_text(script)
    signing_in = az.folder / PurePosixPath(SIGN_IN_SCRIPT).name
    signing_in.write_text(SCRIPT)
    given |= {"SIGN_IN": str(signing_in)} if "SIGN_IN" in names else {}
    return subprocess.run(
        ["/bin/sh", "-e", file],
        env={**az.environment(fails=fails, answers=answers or {}), **given},
        capture_output=True,
        check=False,
        encoding="utf-8",
        timeout=60,
    )


@pytest.fixture(scope="module")
def complaints(az_parser: AzureCliParser, tmp_path_factory: pytest.TempPathFactory) -> Mapping[str, list[str]]:
    """What the parser has against the commands of each case. All of them in one process: it takes long to start."""
    calls: dict[str, list[list[str]]] = {}
    for case in WITH_STEPS:
        az = RecordedAzureCli.make(tmp_path_factory.mktemp("az"))
        for script, names in steps(case):
            done = run(script, names, az)
            assert done.returncode == 0, done.stderr
        calls[case] = az.calls()
        assert len(calls[case]) >= len(steps(case))
    said = iter(az_parser.complaints([call for of_case in calls.values() for call in of_case]))
    return {case: [f"{call}: {complaint}" for call in of_case if (complaint := next(said))] for case, of_case in calls.items()}


@pytest.mark.skipif(shutil.which("shellcheck") is None, reason="no ShellCheck here")
@pytest.mark.parametrize("case", WITH_STEPS)
def test_shellcheck_has_nothing_against_a_script(case: str, tmp_path: Path) -> None:
    for number, (script, names) in enumerate(steps(case)):
        inline = "#!/bin/sh -e\n" + "".join(f"export {name}=given\n" for name in names)
        (tmp_path / f"{number}.sh").write_text(script if script.startswith("#!") else inline + script)

    given = "--exclude=SC2016"  # values of the template with a $ in them: a file says so itself
    done = subprocess.run(
        ["shellcheck", given, *sorted(tmp_path.iterdir())], capture_output=True, check=False, encoding="utf-8"
    )

    assert done.stdout == ""


@pytest.mark.parametrize("case", WITH_STEPS)
def test_the_azure_cli_takes_every_command_of_a_golden_build(case: str, complaints: Mapping[str, list[str]]) -> None:
    assert complaints[case] == []


# At the beginning, or behind what lets another program run it; up to what ends a command for a shell.
_COMMAND = re.compile(r"""(?:^|\| xargs (?:-r )?(?:-n 1 )?|\|\| |; do |=)(az [a-z](?:"(?:[^"\\]|\\.)*"|'[^']*'|[^"'|>#;])*)""")

_ID = re.compile(r"""(?<=--ids )(\.\.\.|"\$\w+(?:/images/[\w$-]+)?"|"\$\{\w+%/versions/\*\}"|X$)""")
_ID_FOR = {"sig image-definition": DEFINITION, "network vnet subnet": SUBNET}


def told(text: str) -> Iterator[str]:
    """The commands of the Azure CLI that a text gives to people, and mentions of commands by their names alone."""
    text = re.sub(r"\\\n +", "", text)
    lines = re.findall(r"^(?!#|- #).*\baz .*$", text, re.MULTILINE)
    for piece in (*re.findall(r"`(az [^`]+)`", text), *(line.replace("\\`", "`") for line in lines if "`az " not in line)):
        rest = " ".join(piece.split())
        while inner := re.search(r"\$\(([^()]*)\)", rest):
            yield from re.findall(r"^az .*", inner[1])
            rest = rest.replace(inner[0], "X")
        for found in _COMMAND.finditer(rest):
            yield f"{found[1].strip()} X" if "xargs" in found[0] else found[1].strip()


def test_the_azure_cli_takes_every_command_that_people_are_told(az_parser: AzureCliParser) -> None:
    pages = (GOLDEN.parent / "aib2packer/findings/pages").glob("*.md")
    texts = (*GOLDEN.rglob("*.findings.txt"), *GOLDEN.rglob("*.md"), *pages)
    found = {command: file for file in texts for command in told(file.read_text())}
    left_out = re.compile(r"…|\\$|az graph query")  # cut short, or of an extension
    commands = {command: file for command, file in found.items() if not left_out.search(command)}
    assert len(commands) > 100

    known = {command: next((known for words, known in _ID_FOR.items() if words in command), IMAGE) for command in commands}
    named = {command: _ID.sub(known[command], command) for command in commands}
    said = az_parser.complaints([shlex.split(named[command])[1:] for command in commands])

    complaints = dict(zip(commands, said, strict=True))
    incomplete = ("required", "at least one")  # a mention of a command is its name alone
    assert {
        command: f"{commands[command]}: {complaint}"
        for command, complaint in complaints.items()
        if complaint and (" --" in command or not any(word in complaint for word in incomplete))
    } == {}


@pytest.mark.parametrize(
    ("command", "complaint"),
    [
        ("sig image-definition show --query osType", "--ids"),
        ("sig image-version create --gallery-name g", "required"),
        ("image delete --ids x --bogus y", "unrecognized arguments: --bogus y"),
        ("image create -g g -n n --source /subscriptions/s/resourceGroups/g/providers/Microsoft.Compute/disks/d", "os type"),
        ("tag update --resource-id x --operation Add --tags a=b", ""),
        ("sig image-version update -g g -r r -i i -e 1.0.0 --target-regions west=2=Gold", "Gold"),
        ("snapshot wait --ids x --custom (", "Invalid jmespath"),
        ("storage blob rename --name x", ""),
    ],
)
def test_the_parser_of_the_azure_cli_refuses_what_it_does_not_know(
    command: str, complaint: str, az_parser: AzureCliParser
) -> None:
    said = az_parser.complaints([command.split()])[0]

    assert said
    assert complaint in said


def test_the_azure_cli_takes_what_releases_a_version_and_what_lists_them(
    az: RecordedAzureCli, az_parser: AzureCliParser, monkeypatch: pytest.MonkeyPatch
) -> None:
    release = re.search(
        r"<<-EOT\n( +az sig .*?)\n +EOT",
        (GOLDEN / "validation/validation-folder/validate/build.pkr.hcl").read_text(),
        re.DOTALL,
    )
    assert release is not None
    done = run(textwrap.dedent(release[1]), ("GALLERY_IMAGE_VERSION",), az)
    assert done.returncode == 0, done.stderr
    for name, value in az.environment().items():
        monkeypatch.setenv(name, value)
    with pytest.raises(InputError):  # the recorded one answers nothing
        list_versions(parse_image(VERSION))

    assert [call[:3] for call in az.calls()] == [["sig", "image-version", "update"], ["sig", "image-version", "list"]]
    assert az_parser.complaints(az.calls()) == ["", ""]


def test_a_script_stops_at_the_first_command_that_fails_and_deletes_what_it_made(az: RecordedAzureCli) -> None:
    script, names = next(step for step in steps("distribute-gallery-and-images") if "image create" in step[0])

    done = run(script, names, az, fails="image create")

    assert done.returncode != 0
    assert [call[:2] for call in az.calls()[-2:]] == [["image", "create"], ["disk", "delete"]]


def test_nothing_that_fails_in_the_clean_up_hides_the_rest_of_it(az: RecordedAzureCli) -> None:
    script, names = next(step for step in steps("distribute-images-only") if "--copy-start" in step[0])

    done = run(script, names, az, fails="disk delete")

    assert done.returncode == 0
    assert [call[0] for call in az.calls()[-4:]] == ["disk", "snapshot", "snapshot", "disk"]
    assert done.stderr.count("Left over, delete it: disk") == 2


@pytest.mark.parametrize(("answer", "said"), [("Quota is used up", "Quota is used up"), ("50.0", "not copied in 240 minutes")])
def test_a_copy_of_a_snapshot_that_fails_or_never_ends_is_an_error(az: RecordedAzureCli, answer: str, said: str) -> None:
    script, names = next(step for step in steps("distribute-images-only") if "--copy-start" in step[0])
    assert "-ge 480" in script

    done = run(
        script.replace("-ge 480", "-ge 3"), names, az, answers={"copyCompletionError.errorMessage || completionPercent": answer}
    )

    assert done.returncode != 0
    assert said in done.stderr
    assert all(call[:2] != ["image", "create"] for call in az.calls())
    assert [call[0] for call in az.calls()[-4:]] == ["disk", "snapshot", "snapshot", "disk"]


def test_an_old_image_goes_only_when_the_new_one_is_there_by_another_name(az: RecordedAzureCli) -> None:
    script, names = next(step for step in steps("distribute-gallery-and-images") if "image delete" in step[0])
    there = {"[].name": "other\nVALUE"}

    done = run(script, names, az, answers=there)

    assert done.returncode == 0, done.stderr
    made = [
        (call[1], call[call.index("--name") + 1])
        for call in az.calls()
        if call[:2] in (["image", "create"], ["image", "delete"])
    ]
    assert made == [("create", "new-value"), ("delete", "value"), ("create", "value"), ("delete", "new-value")]


def test_a_new_image_that_cannot_be_made_leaves_the_old_one_alone(az: RecordedAzureCli) -> None:
    script, names = next(step for step in steps("distribute-gallery-and-images") if "image delete" in step[0])

    done = run(script, names, az, fails="image create", answers={"[].name": "value"})

    assert done.returncode != 0
    deleted = [call[call.index("--name") + 1] for call in az.calls() if call[:2] == ["image", "delete"]]
    assert deleted == ["new-value"]  # the temporary name


def test_a_gallery_version_that_is_there_is_left_alone(az: RecordedAzureCli) -> None:
    script, names = next(step for step in steps("distribute-two-galleries") if "image-version create" in step[0])

    done = run(script, names, az, answers={"[].name": VALUES["GALLERY_IMAGE_VERSION"]})

    assert done.returncode != 0
    assert "There is a version 1.20250101.120000" in done.stderr
    assert all(call[:3] != ["sig", "image-version", "create"] for call in az.calls())


@pytest.mark.parametrize(("state", "said"), [("Failed", "ended as: Failed"), ("Creating", "not published in 240 minutes")])
def test_a_gallery_version_that_fails_or_never_ends_is_an_error(az: RecordedAzureCli, state: str, said: str) -> None:
    script, names = next(step for step in steps("distribute-two-galleries") if "image-version create" in step[0])

    assert "-ge 480" in script

    done = run(script.replace("-ge 480", "-ge 3"), names, az, answers={"provisioningState": state})

    assert done.returncode != 0
    assert said in done.stderr


def test_a_vhd_whose_copy_fails_is_not_deleted(az: RecordedAzureCli) -> None:
    script, names = steps("vhd-uri")[0]

    done = run(script, names, az, fails="storage blob show")

    assert done.returncode != 0
    deleted = [call for call in az.calls() if call[:3] == ["storage", "blob", "delete"]]
    assert [call[call.index("--name") + 1] for call in deleted] == ["web.vhd"]  # what there is of the copy


def test_the_azure_cli_takes_the_commands_of_the_pages_about_builds(az: RecordedAzureCli, az_parser: AzureCliParser) -> None:
    # The commands of the cut-over ask Azure more: test_cut_over.py has these.
    pages = [file.read_text().partition("\n## Cut-over\n")[0] for file in GOLDEN.glob("*/folder-*/MIGRATION.md")]
    blocks = [block for page in pages for block in re.findall(r"^```sh\n(.*?)^```$", page, re.MULTILINE | re.DOTALL)]
    for block in blocks:
        if "\naz " in block:
            done = run(f"set -e\n{block.replace('=...', '=value')}", (), az)
            assert done.returncode == 0, done.stderr

    calls = {" ".join(call[:2]) for call in az.calls()}
    kept = {"role assignment", "group create", "storage account"}
    assert calls == kept | {"deployment group", "group list", "image list", "resource list", "storage blob"}
    assert set(az_parser.complaints(az.calls())) == {""}
