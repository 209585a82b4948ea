"""The names of the files and folders of an output."""

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from aib2packer.packer.layout import customizer_file, distribution_script, is_converted, is_made_script


@pytest.mark.parametrize(
    ("name", "suffix", "expected"),
    [
        ("install nginx", ".sh", "03-install-nginx.sh"),
        ("setup.sh", ".sh", "03-setup.sh"),
        ("setup.SH", ".sh", "03-setup.sh"),
        ("Setup%20App.ps1", ".ps1", "03-Setup-App.ps1"),
        ("../../etc/passwd", "", "03-etc-passwd"),
        ("$(reboot) 'x'", "", "03-reboot-x"),
        ("\u00fc", "", "03-script"),
        ("", ".ps1", "03-script.ps1"),
        ("x" * 300, ".sh", f"03-{'x' * 80}.sh"),
    ],
)
def test_a_file_name_starts_with_the_number_and_is_safe(name: str, suffix: str, expected: str) -> None:
    assert customizer_file(3, name, suffix) == expected


@given(st.text(), st.sampled_from(["", ".sh", ".ps1"]))
def test_every_file_name_is_one_word_of_any_shell_and_no_path(name: str, suffix: str) -> None:
    made = customizer_file(12, name, suffix)

    assert re.fullmatch(r"12-[A-Za-z0-9._-]+", made)
    assert made.endswith(suffix)
    assert len(made) < 100


@pytest.mark.parametrize(
    ("name", "made"),
    [
        (customizer_file(7, "install", ".ps1"), True),
        (distribution_script(2, "copy").rpartition("/")[2], True),
        ("sign-in.sh", True),
        ("winrm.ps1", True),
        ("generalize.sh", True),
        ("lay-deprovisioning-script-again.sh", True),
        ("mine.sh", False),
        ("01-notes.md", False),
        ("distribute.sh", False),
    ],
)
def test_scripts_that_conversions_make_are_known_by_their_names(name: str, *, made: bool) -> None:
    assert is_made_script(name) is made


def test_a_build_that_a_conversion_made_is_known_by_its_first_line_alone() -> None:
    said = "# VM image web, converted from an Azure Image Builder template."

    assert is_converted(f"{said}\n\nsource {{}}\n")
    assert not is_converted(f"# mine\n{said}\n")
