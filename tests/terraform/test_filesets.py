"""`fileset`: the files that Terraform would find, or an error that says why they are not known."""

import hashlib
import re
from pathlib import Path

import pytest

from aib2packer import Conversion, Options, convert
from aib2packer.findings import codes
from tests.terraform.test_configuration import configuration, hcl

FILES = (
    "a.sh",
    "b.SH",
    ".h.sh",
    "scripts/a.sh",
    "scripts/b.ps1",
    "scripts/sub/c.sh",
    "scripts/sub/deep/d.sh",
    "scriptx/a,b.sh",
)


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A folder of scripts, one of them beside it."""
    for name in (*FILES, "../other/o.sh"):
        path = tmp_path / "own" / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(f"echo {name}\n")
    return tmp_path / "own"


def _listed(folder: Path, call: str, root: Path | None = None) -> Conversion:
    text = configuration(inline=f'concat(["id"], tolist({call}))')
    return convert(text, file=str(folder / "main.tf"), options=Options(root=root))


@pytest.mark.parametrize(
    ("call", "names"),
    [
        ('fileset(path.module, "*.sh")', [".h.sh", "a.sh"]),
        ('fileset("${path.module}/scripts", "*")', ["a.sh", "b.ps1"]),
        ('fileset("scripts/", "./*.sh")', ["a.sh"]),
        ('fileset(path.module, "scripts/*")', ["scripts/a.sh", "scripts/b.ps1"]),
        ('fileset(path.module, "script?/a*.sh")', ["scripts/a.sh", "scriptx/a,b.sh"]),
        ('fileset(path.module, "[s]cripts/*.sh")', ["scripts/a.sh"]),
        ('fileset(path.module, "[^ab.].*")', []),
        ('fileset(path.module, "[^b].*")', ["a.sh"]),
        ('fileset(path.module, "[a-b].[sS][hH]")', ["a.sh", "b.SH"]),
        ('fileset(path.module, "scripts/{a,b}.{sh,ps1}")', ["scripts/a.sh", "scripts/b.ps1"]),
        ('fileset(path.module, "{script{s,t},none}/a.sh")', ["scripts/a.sh"]),
        ('fileset(path.module, "scriptx/a\\\\,b.sh")', ["scriptx/a,b.sh"]),
        ('fileset("scripts", "**/*.sh")', ["a.sh", "sub/c.sh", "sub/deep/d.sh"]),
        ('fileset("scripts", "sub/**")', ["sub/c.sh", "sub/deep/d.sh"]),
        ('fileset("scripts", "**/deep/**/*.sh")', ["sub/deep/d.sh"]),
        ('fileset("scripts", "*/*/d.sh")', ["sub/deep/d.sh"]),
        ('fileset("scripts", "*/deep/*.sh")', ["sub/deep/d.sh"]),
        ('fileset("scripts/sub", "../*.sh")', ["../a.sh"]),
        ('fileset("scripts", "a.sh")', ["a.sh"]),
    ],
)
def test_the_files_are_those_that_terraform_finds(folder: Path, call: str, names: list[str]) -> None:
    conversion = _listed(folder, call)

    assert re.findall(r'"(.*?)"', hcl(conversion).split("inline ")[1].split("]")[0]) == ["id", *names]
    assert (codes.NO_FILE_FITS in [one.code for one in conversion.findings]) is (not names)


@pytest.mark.parametrize(
    ("call", "why"),
    [
        ('fileset("${path.module}/../other", "*.sh")', "the folder ../other cannot be read (lies outside of the folder"),
        ('fileset(path.module, "../other/*.sh")', "the folder ../other cannot be read (lies outside of the folder"),
        ('fileset("/etc", "host*")', "the folder /etc cannot be read (lies outside of the folder"),
        ('fileset("linked", "*")', "the folder linked cannot be read (lies outside of the folder"),
        ('fileset("none", "*.sh")', "the folder none cannot be read (there is no such folder"),
        ('fileset("a.sh", "*.sh")', "the folder a.sh cannot be read (there is no such folder"),
        ("fileset(path.module, var.size)", "which file or folder this is, is not known"),
        ('fileset(var.size, "*.sh")', "which file or folder this is, is not known"),
        ('fileset(path.module, "[!b].*")', "the pattern [!b].* is not understood: its brackets or braces"),
        ('fileset(path.module, "[b.*")', "the pattern [b.* is not understood: its brackets or braces"),
        ('fileset(path.module, "[z-a].*")', "the pattern [z-a].* is not understood: its brackets or braces"),
        ('fileset(path.module, "{scripts/a,b}.sh")', "the pattern {scripts/a,b}.sh is not understood: its brackets"),
        ('fileset(path.module, "a}.sh")', "the pattern a}.sh is not understood: its brackets or braces"),
        ('fileset(path.module, "a**.sh")', "the pattern a**.sh has `**` beside other letters"),
        ('fileset("round", "**/*.sh")', "the pattern **/*.sh leads through more than 1,000 folders"),
        ('fileset("strange", "*.sh")', "a file that fits *.sh has a name that is no text"),
    ],
)
def test_what_is_not_known_is_an_error_at_its_place(folder: Path, call: str, why: str) -> None:
    (folder / "linked").symlink_to(folder.parent / "other")
    for name in ("round/a", "round/b", "strange"):
        (folder / name).mkdir(parents=True)
    for name in ("round/a/on", "round/b/on"):
        (folder / name).symlink_to(folder / "round")
    (folder / "strange/\udcff.sh").write_text("id\n")

    conversion = _listed(folder, call)

    assert conversion.hcl is None
    (error,) = (one for one in conversion.findings if one.code is codes.TERRAFORM)
    assert error.message.startswith(why)
    assert error.span.text in call


def test_a_folder_beside_is_read_where_it_lies_in_what_is_converted(folder: Path) -> None:
    assert '"o.sh"' in hcl(_listed(folder, 'fileset("../other", "*.sh")', root=folder.parent))


_LOOP = '[for one in fileset("scripts", "*.sh") : CALL]'


@pytest.mark.parametrize(
    ("call", "why", "what_works"),
    [
        (
            'file("${path.module}/../other/${one}")',
            "the folder ../other cannot be read (lies outside",
            "a folder that holds both",
        ),
        ('templatefile("scripts/${one}", {})', "which file or folder this is, is not known", "file(), filebase64() and"),
        (
            'file("many/${one}")',
            "many holds more than 100 files, too many for a loop",
            "a folder of their own",
        ),
    ],
)
def test_of_a_loop_that_is_not_read_it_is_told_what_works(folder: Path, call: str, why: str, what_works: str) -> None:
    (folder / "many").mkdir()
    for number in range(101):
        (folder / "many" / f"{number}.sh").write_text("id\n")

    (error,) = (one for one in _listed(folder, _LOOP.replace("CALL", call)).findings if one.code is codes.TERRAFORM)

    assert error.message.startswith(why)
    assert what_works in error.help


def test_a_checksum_of_each_file_of_a_loop_is_the_same_whichever_function_makes_it(folder: Path) -> None:
    first, second = (
        hcl(_listed(folder, _LOOP.replace("CALL", f'"echo ${{{call}}}"')))
        for call in ('filesha256("scripts/${one}")', 'sha256(file("scripts/${one}"))')
    )

    assert hashlib.sha256(b"echo scripts/a.sh\n").hexdigest() in first
    assert second == first
