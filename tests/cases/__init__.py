"""The cases: image templates written for one behaviour each, and the options to convert them with."""

import json
from contextlib import chdir, nullcontext
from pathlib import Path

from aib2packer import Auth, Conversion, Emit, Options, OsType, ValidateIn, WinrmBootstrap, convert
from aib2packer.conversion import Unfetched
from aib2packer.text.source import decode

FOLDER = Path(__file__).parent
CASES = sorted(file.stem for file in FOLDER.glob("*.json") if not file.name.endswith((".options.json", ".parameters.json")))


def read_case(case: str) -> tuple[bytes, Options]:
    """The input of a case and its options."""
    file = FOLDER / f"{case}.options.json"
    given = json.loads(file.read_text()) if file.exists() else {}
    if "os_type" in given:
        given["os_type"] = OsType[given["os_type"].upper()]
    if "auth" in given:
        given["auth"] = Auth(given["auth"])
    if "winrm_bootstrap" in given:
        given["winrm_bootstrap"] = WinrmBootstrap(given["winrm_bootstrap"])
    if "validation" in given:
        given["validation"] = ValidateIn(given["validation"])
    if "emit" in given:
        given["emit"] = Emit(given["emit"])
    if "settings" in given:
        given["settings"] = tuple(given["settings"])
    if "parameter_files" in given:
        given["parameter_files"] = tuple(decode((FOLDER / name).read_bytes(), name) for name in given["parameter_files"])
    if "assets" in given:
        given["assets"] = {uri: _asset(case, what) for uri, what in given["assets"].items()}
    return (FOLDER / f"{case}.json").read_bytes(), Options(**given)


def _asset(case: str, what: str | dict[str, str]) -> bytes | Unfetched:
    """What was fetched, as the name of a file in `<case>.assets/`; or why it could not be."""
    return (FOLDER / f"{case}.assets" / what).read_bytes() if isinstance(what, str) else Unfetched(**what)


def convert_case(case: str) -> Conversion:
    """Convert a case; one with a folder of its own, where it lies: its templates are linked to by their paths."""
    data, options = read_case(case)
    with chdir(FOLDER) if (FOLDER / case).is_dir() else nullcontext():
        return convert(data, file=f"{case}.json", options=options)


def case_of(golden: Path) -> str:
    """The case that a file in golden/ belongs to: by its name, or by its folder's."""
    name = golden.parts[0]
    return name.removesuffix(".pkr.hcl").removesuffix(".findings.txt")
