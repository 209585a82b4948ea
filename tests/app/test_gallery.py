"""The next version of a gallery image: the rule alone, and the command with an `az` of the test's own on PATH."""

import json
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path
from random import Random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from aib2packer.aib.gallery_versions import LARGEST_PART, Version, next_version, parse_version
from aib2packer.app.azure.gallery import GalleryImageName, parse_image
from aib2packer.text.source import InputError

IDS = "/subscriptions/22222222-2222-2222-2222-222222222222/resourceGroups/images/providers/Microsoft.Compute"
IMAGE = f"{IDS}/galleries/golden/images/web"
DOCUMENTED = ["0.1.1", "0.1.2", "1.0.0", "1.1.0", "1.1.1", "1.2.0", "2.0.0", "2.0.1", "2.1.0"]

parts = st.integers(0, LARGEST_PART)
versions = st.builds(Version, parts, parts, st.integers(0, LARGEST_PART - 1))


def numbers(texts: Sequence[str]) -> list[Version]:
    return [version for text in texts if (version := parse_version(text)) is not None]


@pytest.mark.parametrize(
    ("existing", "major", "expected"),
    [
        ([], None, "1.0.0"),
        ([], 0, "0.0.0"),
        ([], 3, "3.0.0"),
        (DOCUMENTED, None, "2.1.1"),
        (DOCUMENTED, 2, "2.1.1"),
        (DOCUMENTED, 1, "1.2.1"),
        (DOCUMENTED, 0, "0.1.3"),
        (DOCUMENTED, 7, "7.0.0"),
        (["1.0.9", "1.0.10"], None, "1.0.11"),
        (["1.9.0", "1.10.0"], None, "1.10.1"),
        (["9.0.0", "10.0.0"], None, "10.0.1"),
        (["1.0.0", "1.0.7"], None, "1.0.8"),
        (["2.0.0", "1.20250101.120000"], 1, "1.20250101.120001"),
        (["0.24254.42935"], None, "0.24254.42936"),
        (["1.0.0", "1.0.0"], 1, "1.0.1"),
    ],
)
def test_the_number_is_counted_on_as_the_service_does(existing: list[str], major: int | None, expected: str) -> None:
    assert str(next_version(numbers(existing), major)) == expected


@given(st.lists(versions))
def test_the_next_version_is_the_highest_of_all_and_not_there_yet(existing: list[Version]) -> None:
    made = next_version(existing)

    assert made not in existing
    assert all(made > version for version in existing)
    assert all(0 <= part <= LARGEST_PART for part in made)


@given(st.lists(versions), parts)
def test_the_next_version_within_a_major_one_is_the_highest_there_and_minds_no_other(
    existing: list[Version], major: int
) -> None:
    made = next_version(existing, major)

    assert made.major == major
    assert made not in existing
    assert all(made > version for version in existing if version.major == major)
    assert made == next_version([version for version in existing if version.major == major], major)


@given(st.lists(versions), st.randoms(use_true_random=False))
def test_the_order_in_which_versions_are_listed_does_not_count(existing: list[Version], random: Random) -> None:
    shuffled = list(existing)
    random.shuffle(shuffled)

    assert next_version(shuffled) == next_version(existing)


def test_a_number_that_cannot_grow_is_an_error() -> None:
    with pytest.raises(InputError, match=rf"1\.0\.{LARGEST_PART}"):
        next_version([Version(1, 0, LARGEST_PART)])


@pytest.mark.parametrize("text", ["1.0", "1.0.0.0", "v1.0.0", "1.0.x", "", "1..0", "-1.0.0"])
def test_what_is_no_version_is_none(text: str) -> None:
    assert parse_version(text) is None


def test_an_id_is_read_in_any_case() -> None:
    expected = GalleryImageName("22222222-2222-2222-2222-222222222222", "images", "golden", "web")

    assert parse_image(IMAGE) == expected
    assert parse_image(f"{IMAGE}/") == expected
    assert parse_image(IMAGE.replace("resourceGroups", "resourcegroups").replace("Compute", "compute")) == expected
    assert parse_image(f"{IMAGE}/versions/1.2.3").version == "1.2.3"


@pytest.mark.parametrize(
    "text",
    [
        "",
        "web",
        IMAGE.rpartition("/images/")[0],
        f"{IDS}/images/web",
        IMAGE.replace("golden", "<gallery>"),
        IMAGE.replace("golden", "${var.gallery}"),
        IMAGE.replace("golden", "--debug"),
        f"{IMAGE}/versions/1.0.0/more/x",
    ],
)
def test_what_is_no_id_of_an_image_definition_is_an_error(text: str) -> None:
    with pytest.raises(InputError, match="/subscriptions/…"):
        parse_image(text)


def put_az(folder: Path, *, stdout: str = "", stderr: str = "", status: int = 0) -> Path:
    """Put an `az` into a folder that keeps its arguments and gives this answer."""
    folder.mkdir()
    (folder / "stdout").write_text(stdout)
    (folder / "stderr").write_text(stderr)
    az = folder / "az"
    az.write_text(
        f"#!/bin/sh\nprintf '%s\\n' \"$@\" > '{folder}/arguments'\n"
        f"/bin/cat '{folder}/stdout'\n/bin/cat '{folder}/stderr' >&2\nexit {status}\n"
    )
    az.chmod(0o755)
    return folder


def run(path: Path, *arguments: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-m", "aib2packer", "next-version", *arguments],
        env={"PATH": str(path)},
        capture_output=True,
        text=True,
        check=False,
        timeout=60,
    )


@pytest.mark.parametrize(
    ("existing", "arguments", "expected"),
    [
        ([], [], "1.0.0\n"),
        (DOCUMENTED, [], "2.1.1\n"),
        (DOCUMENTED, ["--major", "1"], "1.2.1\n"),
        (DOCUMENTED, ["--major", "3"], "3.0.0\n"),
    ],
)
def test_the_command_prints_the_version_alone(existing: list[str], arguments: list[str], expected: str, tmp_path: Path) -> None:
    az = put_az(tmp_path / "bin", stdout=json.dumps(existing))

    done = run(az, IMAGE, *arguments)

    assert (done.returncode, done.stdout, done.stderr) == (0, expected, "")
    asked = (az / "arguments").read_text().splitlines()
    assert asked[:3] == ["sig", "image-version", "list"]
    options = dict(zip(asked[3:-1:2], asked[4::2], strict=True))
    assert options == {
        "--subscription": "22222222-2222-2222-2222-222222222222",
        "--resource-group": "images",
        "--gallery-name": "golden",
        "--gallery-image-definition": "web",
        "--query": "[].name",
        "--output": "json",
    }
    assert asked[-1] == "--only-show-errors"


def test_of_several_galleries_it_is_the_next_that_all_can_have(tmp_path: Path) -> None:
    az = put_az(tmp_path / "bin")
    (az / "az").write_text('#!/bin/sh\ncase "$*" in *second*) echo \'["3.1.4"]\';; *) echo \'["1.0.0", "2.7.1"]\';; esac\n')

    done = run(az, IMAGE, IMAGE.replace("/golden/", "/second/"))

    assert (done.returncode, done.stdout, done.stderr) == (0, "3.1.5\n", "")


def test_a_version_at_the_end_of_the_id_is_left_out_with_a_message(tmp_path: Path) -> None:
    done = run(put_az(tmp_path / "bin", stdout='["1.0.0"]'), f"{IMAGE}/versions/7.0.0")

    assert (done.returncode, done.stdout) == (0, "1.0.1\n")
    assert "7.0.0" in done.stderr


@pytest.mark.parametrize(
    ("stderr", "told"),
    [
        ("ERROR: Please run 'az login' to setup account.", "not signed in"),
        (
            "ERROR: (ResourceNotFound) The Resource 'Microsoft.Compute/galleries/golden/images/web' was not found.",
            "no image definition web",
        ),
        ("ERROR: (ParentResourceNotFound) Failed to perform 'read'.", "no image definition web"),
        ("ERROR: (ResourceGroupNotFound) Resource group 'images' could not be found.", "no image definition web"),
        ("ERROR: (AuthorizationFailed) The client does not have authorization.", "may not list"),
        ("ERROR: out of order", "out of order"),
        ("", "exit status 3"),
    ],
)
def test_why_the_azure_cli_fails_is_told(stderr: str, told: str, tmp_path: Path) -> None:
    done = run(put_az(tmp_path / "bin", stderr=stderr, stdout="[]", status=3), IMAGE)

    assert (done.returncode, done.stdout) == (2, "")
    assert told in done.stderr


@pytest.mark.parametrize("answer", ["", "null", "{}", "[1]", "ERROR"])
def test_an_answer_that_is_no_list_of_versions_is_an_error(answer: str, tmp_path: Path) -> None:
    done = run(put_az(tmp_path / "bin", stdout=answer), IMAGE)

    assert (done.returncode, done.stdout) == (2, "")
    assert "az upgrade" in done.stderr


def test_without_the_azure_cli_the_error_says_what_to_install(tmp_path: Path) -> None:
    done = run(tmp_path, IMAGE)

    assert (done.returncode, done.stdout) == (2, "")
    assert "https://aka.ms/azure-cli" in done.stderr


@pytest.mark.parametrize("arguments", [[], ["web"], [IMAGE, "--major", "-2"], [IMAGE, "--major", "2147483648"]])
def test_wrong_usage_ends_with_2_and_nothing_on_standard_output(arguments: list[str], tmp_path: Path) -> None:
    done = run(put_az(tmp_path / "bin", stdout="[]"), *arguments)

    assert (done.returncode, done.stdout) == (2, "")
    assert not (tmp_path / "bin/arguments").exists()
