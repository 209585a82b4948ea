"""The files beside an input: those within the root alone, wherever links lead."""

from contextlib import nullcontext
from pathlib import Path

import pytest

from aib2packer.system.beside import FilesBeside
from aib2packer.text.source import FileError


@pytest.fixture
def stack(tmp_path: Path) -> Path:
    """A folder with a file in it, one beside it, and one outside of the root."""
    for path in ("root/stack/in.tf", "root/other/near.json", "outside.json"):
        (tmp_path / path).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / path).write_text(path)
    (tmp_path / "root/stack/link.json").symlink_to(tmp_path / "outside.json")
    return tmp_path / "root/stack"


@pytest.mark.parametrize(
    ("path", "within_folder", "within_root"),
    [
        ("in.tf", True, True),
        ("../other/near.json", False, True),
        ("../../outside.json", False, False),
        ("link.json", False, False),
        ("none.json", False, False),
        ("../stack", False, False),
        ("\0", False, False),
    ],
)
def test_a_path_leads_no_further_than_the_root(stack: Path, path: str, *, within_folder: bool, within_root: bool) -> None:
    for root, is_read in ((stack, within_folder), (stack.parent, within_root)):
        with nullcontext() if is_read else pytest.raises(FileError):
            assert FilesBeside(stack, root).read(path).text


def test_what_a_folder_holds_is_named_within_the_root_only(stack: Path) -> None:
    assert FilesBeside(stack, stack.parent).names("") == ("in.tf", "link.json")
    assert FilesBeside(stack, stack.parent).names("../other") == ("near.json",)
    assert FilesBeside(stack, stack).names("../other") == ()
    assert FilesBeside(stack, stack).names("none") == ()
    assert FilesBeside(stack, stack).names("\0") == ()


def test_a_list_of_a_folder_tells_its_files_from_its_folders_and_leaves_out_what_is_neither(stack: Path) -> None:
    (stack / "nowhere").symlink_to(stack / "none")

    assert FilesBeside(stack.parent, stack.parent).listed("") == ("other/", "stack/")
    assert FilesBeside(stack, stack.parent).listed("") == ("in.tf", "link.json")
    for folder in ("none", "..", "in.tf", "\0"):
        with pytest.raises(FileError):
            FilesBeside(stack, stack).listed(folder)
