"""Files that were fetched: whatever their URI is, it stays in a comment, and their name in the folder."""

import json
import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from aib2packer import Options, convert
from aib2packer.options import Unfetched
from tests.arm.test_deployment import deployment
from tests.cases.templates import convert_json, template

SAS = "sv=2022-11-02&sr=b&sig=c2VjcmV0c2VjcmV0c2VjcmV0c2VjcmV0c2VjcmV0MTI%3D"
_HARD = st.sampled_from(
    ["\n", "\r", "#", '"', "${x}", "%{", "{{", "`", "$(id)", "'", "\u2028", "..", "\\", "//", "/*", "*/", "\0"]
)
_PATHS = st.lists(st.text(max_size=5) | _HARD, max_size=8).map("".join)


def converted(uri: str, asset: bytes | Unfetched) -> tuple[str | None, list[str], dict[str, bytes]]:
    """The HCL, the messages and the files of a template with a script that was fetched from there."""
    shell = {"type": "Shell", "name": "setup", "scriptUri": uri}
    made = convert_json(template(customize=[shell]), Options(side_files=True, assets={uri: asset}))
    return made.hcl, [f"{finding.message} {finding.help}" for finding in made.findings], dict(made.files)


def code(hcl: str) -> list[str]:
    """The lines of an HCL text that are no comments, without the name of the script."""
    lines = [line for line in hcl.splitlines() if not line.lstrip().startswith("#")]
    return [re.sub(r'"\$\{path\.root\}/scripts/01-[\w.-]*"', "SCRIPT", line) for line in lines]


@given(_PATHS)
def test_a_uri_changes_nothing_but_a_comment_and_a_name(path: str) -> None:
    plain, _, _ = converted("https://example.com/setup.sh", b"true\n")
    hcl, _, files = converted(f"https://example.com/{path}", b"true\n")

    assert plain is not None
    if hcl is not None:  # half a placeholder is an error
        hcl.encode()
        if "local.downloads" not in hcl:  # a placeholder: the build fetches it
            assert code(hcl) == code(plain)
            expected = r"scripts/01-[\w.-]+|scripts/generalize\.sh|SHA256SUMS|MIGRATION.md|\.git(ignore|attributes)"
            assert [name for name in files if not re.fullmatch(expected, name)] == []


def test_a_signature_stands_nowhere_but_in_the_request() -> None:
    uri = f"https://contoso.blob.core.windows.net/scripts/setup.sh?{SAS}"

    for asset in (b"true\n", Unfetched("it is gone", "Look for it.")):
        hcl, messages, files = converted(uri, asset)
        written = "".join([hcl or "", *messages, *map(str, files.items())])
        assert "c2Vj" not in written
        assert "https://contoso.blob.core.windows.net/scripts/setup.sh" in written


def test_what_is_to_be_fetched_does_not_show_itself_in_a_traceback() -> None:
    uri = f"https://contoso.blob.core.windows.net/scripts/setup.sh?{SAS}"
    (asset,) = convert_json(template(customize=[{"type": "Shell", "scriptUri": uri}])).assets

    assert asset.uri == uri
    assert "c2Vj" not in repr(asset) + repr(Options(assets={uri: b""}))


@pytest.mark.parametrize(("size", "said"), [(20 * 1024 * 1024, False), (20 * 1024 * 1024 + 1, True)])
def test_a_file_that_is_larger_than_the_service_takes_is_told(size: int, *, said: bool) -> None:
    uri = "https://example.com/a.bin"
    file = {"type": "File", "sourceUri": uri, "destination": "/tmp/a.bin"}

    made = convert_json(template(customize=[file]), Options(side_files=True, assets={uri: b"x" * size}))

    assert ("AIB2P475" in [finding.code.id for finding in made.findings]) == said


@pytest.mark.parametrize(
    ("destination", "default", "lands_at"),
    [
        ("[concat('/tmp/', parameters('dst'))]", None, '"/tmp/${var.dst}"'),
        ("[concat('/tmp/', parameters('dst'))]", "app.zip", '"/tmp/${var.dst}"'),
        ("[concat('/tmp/', parameters('dst'), '/')]", None, '"/tmp/${var.dst}/b.zip"'),
        ("[concat(parameters('dst'), '/x')]", None, '"${var.dst}/x"'),
    ],
)
def test_a_file_takes_the_name_of_its_uri_behind_a_folder_only(destination: str, default: str | None, lands_at: str) -> None:
    file = {"type": "File", "name": "f", "sourceUri": "https://h.example/a/b.zip", "destination": destination}
    declared = {"type": "string"} | ({} if default is None else {"defaultValue": default})

    hcl = convert(json.dumps(deployment(template(customize=[file]), parameters={"dst": declared}))).hcl

    assert hcl is not None
    assert f"destination = {lands_at}\n" in hcl


@pytest.mark.parametrize(
    ("base", "is_page"),
    [
        ("https://github.com/contoso/images/blob/main", True),
        ("https://www.github.com/contoso/images/tree/main", True),
        ("https://gitlab.com/contoso/group/images/-/blob/main", True),
        ("https://bitbucket.org/contoso/images/src/master", True),
        ("https://raw.githubusercontent.com/contoso/images/main", False),
        ("https://bitbucket.org/contoso/images/raw/master", False),
        ("https://example.com/src/tree/blob", False),
    ],
)
def test_a_web_page_that_shows_a_file_is_told_of_behind_a_parameter_too(base: str, *, is_page: bool) -> None:
    step = {"type": "Shell", "name": "a", "scriptUri": "[concat(parameters('base'), '/a.sh')]"}
    value = deployment(template(customize=[step]), parameters={"base": {"type": "string", "defaultValue": base}})
    told = {finding.code.id for finding in convert_json(value).findings}

    assert ("AIB2P433" in told) is is_page
