"""The commands of the Azure CLI in post-processors: the shell runs them, and the real CLI's parser takes them."""

import re
import subprocess
import textwrap
from collections.abc import Mapping

import pytest

from aib2packer import InputError
from aib2packer.app.gallery import list_versions, parse_image
from tests.cases import CASES, GOLDEN, golden_hcl
from tests.lab.azure_cli import AzureCliParser, RecordedAzureCli

SUBSCRIPTION = "33333333-3333-3333-3333-333333333333"
COMPUTE = f"/subscriptions/{SUBSCRIPTION}/resourceGroups/images/providers/Microsoft.Compute"
VERSION = f"{COMPUTE}/galleries/golden/images/web/versions/1.0.0"

# What Packer would put into the environment, by the names of variables.
VALUES = {
    "SUBSCRIPTION": SUBSCRIPTION,
    "IMAGE_VERSION": VERSION,
    "GALLERY_IMAGE_VERSION": "1.20250101.120000",
    "EXCLUDE_FROM_LATEST": "true",
    "RESOURCE_ID": VERSION,
    "SNAPSHOT": f"{COMPUTE}/snapshots/web",
    "IMAGE": f"{COMPUTE}/images/web",
    "TARGET_REGIONS": "westeurope northeurope=2 eastus=1=Standard_ZRS",
    "TAGS": "owner=Jane O'Neil",
}
_STEP = re.compile(
    r"^ +(?:env = \{\n(?P<env>(?:.*\n)*?) +\}\n +)?inline = \[\n +<<-EOT\n(?P<script>(?:.*\n)*?) +EOT$", re.MULTILINE
)


def steps(case: str) -> list[tuple[str, tuple[str, ...]]]:
    """The script of each shell-local post-processor of a golden build, and the names in its environment."""
    file = golden_hcl(case)
    _, *blocks = file.read_text().split('post-processor "shell-local" {\n') if file.exists() else [""]
    found = []
    for block in blocks:
        step = _STEP.search(block)
        assert step is not None, block
        names = re.findall(r"^ +(\w+) += ", step["env"] or "", re.MULTILINE)
        found.append((textwrap.dedent(step["script"]).replace("$${", "${").replace("%%{", "%{"), tuple(names)))
    return found


WITH_STEPS = [case for case in CASES if steps(case)]


def run(script: str, names: tuple[str, ...], az: RecordedAzureCli, *, fails: str = "") -> subprocess.CompletedProcess[str]:
    """Run a script as `shell-local` does."""
    # The same name for both: the option beside it tells what it is.
    source = VERSION if "--gallery-image-reference" in script else f"{COMPUTE}/snapshots/web"
    given = {name: VALUES.get(name, "value") for name in names} | ({"SOURCE": source} if "SOURCE" in names else {})
    file = az.folder / "script"
    file.write_text(script)
    return subprocess.run(
        ["/bin/sh", "-e", file],
        env={**az.environment(fails=fails), **given},
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


@pytest.mark.parametrize("case", WITH_STEPS)
def test_the_azure_cli_takes_every_command_of_a_golden_build(case: str, complaints: Mapping[str, list[str]]) -> None:
    assert complaints[case] == []


@pytest.mark.parametrize(
    ("command", "complaint"),
    [
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
        r'^ +inline = \["(az sig .*)"\]$',
        (GOLDEN / "validation/validation-folder/validate/build.pkr.hcl").read_text(),
        re.MULTILINE,
    )
    assert release is not None
    done = run(release[1].replace("${local.image_version}", "1.0.0"), (), az)
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


def test_a_vhd_whose_copy_fails_is_not_deleted(az: RecordedAzureCli) -> None:
    script, names = steps("vhd-uri")[0]

    done = run(script, names, az, fails="storage blob show")

    assert done.returncode != 0
    assert all(call[:3] != ["storage", "blob", "delete"] for call in az.calls())


def test_the_azure_cli_takes_the_commands_of_the_pages_about_builds(az: RecordedAzureCli, az_parser: AzureCliParser) -> None:
    pages = [file.read_text() for file in GOLDEN.glob("*/folder-*/MIGRATION.md")]
    blocks = [block for page in pages for block in re.findall(r"^```sh\n(.*?)^```$", page, re.MULTILINE | re.DOTALL)]
    for block in blocks:
        if "\naz " in block:
            done = run(f"set -e\n{block.replace('=...', '=value')}", (), az)
            assert done.returncode == 0, done.stderr

    assert {tuple(call[:2]) for call in az.calls()} == {("role", "assignment"), ("group", "create"), ("storage", "account")}
    assert set(az_parser.complaints(az.calls())) == {""}
