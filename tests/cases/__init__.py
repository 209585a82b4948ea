"""The cases: image templates written for one behaviour each, and the options to convert them with.

A case is `<room>/<case>.json` here, `.tf` for a Terraform configuration, `.ps1` and `.sh` for scripts; its golden files are
`<room>/<case>.pkr.hcl`, `<room>/<case>.findings.txt` and what lies in `<room>/<case>/`, below golden/.
"""

import json
from contextlib import chdir, nullcontext
from functools import cache
from pathlib import Path

from aib2packer import Auth, Conversion, Emit, Layout, Options, OsType, SecurityType, ValidateIn, WinrmBootstrap, convert
from aib2packer.azure.clouds import Cloud
from aib2packer.options import Unfetched
from aib2packer.text.source import decode

GOLDEN = Path(__file__).parents[2] / "golden"
_INPUTS = {
    file.stem: file
    for file in sorted(Path(__file__).parent.glob("*/*"), key=lambda file: file.stem)
    if file.suffix in {".json", ".tf", ".ps1", ".sh"} and not file.name.endswith((".options.json", ".parameters.json"))
}
CASES = list(_INPUTS)
_ENUMS = {
    "auth": Auth,
    "cloud": Cloud,
    "winrm_bootstrap": WinrmBootstrap,
    "validation": ValidateIn,
    "emit": Emit,
    "layout": Layout,
    "security_type": SecurityType,
}


def folder_of(case: str) -> Path:
    """The folder that a case lies in."""
    return _INPUTS[case].parent


def golden_of(case: str) -> Path:
    """Where the golden files of a case lie: a folder, and with further endings, files."""
    return GOLDEN / folder_of(case).name / case


def golden_hcl(case: str) -> Path:
    """The golden HCL of a case; a file that is not there where the case ends in an error."""
    return golden_of(case).with_name(f"{case}.pkr.hcl")


def read_case(case: str) -> tuple[bytes, Options]:
    """The input of a case and its options."""
    folder = folder_of(case)
    file = folder / f"{case}.options.json"
    given = json.loads(file.read_text()) if file.exists() else {}
    given |= {name: kind(given[name]) for name, kind in _ENUMS.items() if name in given}
    if "os_type" in given:
        given["os_type"] = OsType[given["os_type"].upper()]
    if "settings" in given:
        given["settings"] = tuple(given["settings"])
    if "parameter_files" in given:
        given["parameter_files"] = tuple(decode((folder / name).read_bytes(), name) for name in given["parameter_files"])
    if "into" in given:
        given["into"] = tuple(decode((folder / name).read_bytes(), name) for name in given["into"])
    if "assets" in given:
        given["assets"] = {uri: _asset(folder / f"{case}.assets", what) for uri, what in given["assets"].items()}
    return _INPUTS[case].read_bytes(), Options(**given)


def _asset(folder: Path, what: str | dict[str, str]) -> bytes | Unfetched:
    """What was fetched, as the name of a file in `<case>.assets/`; or why it could not be."""
    return (folder / what).read_bytes() if isinstance(what, str) else Unfetched(**what)


@cache
def convert_case(case: str) -> Conversion:
    """What a case becomes, made once for all tests."""
    return convert_case_anew(case)


def convert_case_anew(case: str, changed: bytes | None = None) -> Conversion:
    """Convert a case, or what became of its text; one with a folder of its own, where it lies: its templates are linked to.

    A configuration is converted in its folder, where the other files of the module are.
    """
    data, options = read_case(case)
    folder, name = folder_of(case), _INPUTS[case].name
    own = folder / case
    with chdir(own if name.endswith(".tf") else folder) if own.is_dir() else nullcontext():
        return convert(data if changed is None else changed, file=name, options=options)


def case_of(golden: Path) -> str:
    """The case that a file in golden/ belongs to, by its path there."""
    name = golden.parts[1]
    return name.removesuffix(".pkr.hcl").removesuffix(".findings.txt")
