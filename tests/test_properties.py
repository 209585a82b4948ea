"""What holds for any input: texts arrive as they are, nothing is passed over, nothing secret is shown, nothing falls over."""

import base64
import copy
import json
import re
from collections.abc import Mapping
from functools import cache
from typing import Any, TypeAlias

import pytest
from hypothesis import assume, example, given
from hypothesis import strategies as st

from aib2packer import Conversion, InputError, Options, OsType, Severity, convert
from aib2packer.findings import codes, text
from aib2packer.packer.steps.cli_session import SCRIPT
from tests.cases import CASES, golden_hcl, read_case
from tests.cases.templates import WINDOWS, convert_json, template
from tests.fuzz.mutations import at, places
from tests.hcl.decoding import DecodedBlock, decode_body
from tests.hcl.samples import FRAGMENTS, nfc

Json: TypeAlias = Any
Path: TypeAlias = tuple[str | int, ...]

AS_ROOT = "as root"
NAMES = {
    "local.as_root": AS_ROOT,
    "path.root": "ROOT",
    "local.downloads": "DOWNLOADS",
    "local.sign_in": SCRIPT,
    "build.User": "u",
    "build.Password": "p",
}
# From here on a line is lost on its way through Packer's line scanner.
LONGEST_LINE = 65_536

any_text = st.text(st.characters(exclude_categories=["Cs"])) | st.lists(st.sampled_from(FRAGMENTS)).map("".join)
# Names, tags and the like: these stand for something that is filled in, or are reported.
plain_text = any_text.filter(lambda value: not set(value) & set("<>\u201c\u201d\u201e\u201f"))


def build_of(conversion: Conversion) -> tuple[Any, ...]:
    """Decode what stands in the build block."""
    assert conversion.hcl is not None, text.render(conversion.findings, color=False)
    (build,) = decode_body(conversion.hcl[conversion.hcl.index("\nbuild {") + 1 :], NAMES)
    assert isinstance(build, DecodedBlock)
    return build.body


def steps_of(conversion: Conversion, name: str) -> list[tuple[str, dict[str, Any]]]:
    """Kind and settings of the provisioners that a customizer became: those with its name in theirs."""
    blocks = [item for item in build_of(conversion) if isinstance(item, DecodedBlock) and item.name == "provisioner"]
    steps = [(block.labels[0], dict(block.body)) for block in blocks]
    return [(kind, settings) for kind, settings in steps if name in settings.get("name", "").removesuffix("-restarted")]


def rendered(value: str) -> str:
    """What Packer's one pass of Go templates makes of a string that holds escaped braces and no template."""
    assert "{{" not in value.replace("{{`{{`}}", "")
    return value.replace("{{`{{`}}", "{{")


def scanned(script: bytes) -> bytes:
    """What Packer's line scanner makes of a script on its way to the VM."""
    lines = script.removesuffix(b"\n").split(b"\n")
    assert max(map(len, lines)) < LONGEST_LINE
    return b"".join(line.removesuffix(b"\r") + b"\n" for line in lines)


def what_runs(conversion: Conversion, name: str) -> bytes:
    """The script that reaches the VM and runs there, by the rules of docs/reference/packer-semantics.md 1, 3, 4 and 6."""
    files: dict[str, bytes] = {}
    for kind, settings in steps_of(conversion, name):
        if kind == "file":
            files[settings["destination"]] = rendered(settings["content"]).encode()
        elif "script" in settings:
            data = conversion.files[settings["script"].removeprefix("ROOT/")]
            return data if kind == "powershell" or settings.get("binary") else scanned(data)
        elif settings["name"].endswith("-decode"):
            ((encoded, data),) = files.items()
            files = {encoded.removesuffix(".b64"): base64.b64decode(data, validate=True)}
            assert encoded in "".join(settings["inline"])
        elif files:
            ((path, data),) = files.items()
            assert path in "".join(settings["inline"])
            return data
        else:
            return inline_script(kind, settings)
    pytest.fail("nothing runs")


def inline_script(kind: str, settings: Mapping[str, Any]) -> bytes:
    """The script that Packer makes of inline commands."""
    lines = settings["inline"]
    assert "{{" not in "\n".join(lines)
    if kind == "powershell":
        (payload,) = lines
        assert payload.isascii()
        return f"{payload}\n".encode()
    script = "".join(f"{line}\n" for line in lines)
    assert "inline_shebang" in settings or not script.startswith("#!")
    return scanned(f"#!{settings.get('inline_shebang', '/bin/sh -e')}\n{script}".encode())


@pytest.mark.parametrize("side_files", [False, True])
@given(commands=st.lists(any_text, min_size=1, max_size=4))
@example(commands=["echo " + "x" * 70_000])
@example(commands=["\u0301"])
@example(commands=["{{", "\r\n", "\r"])
@example(commands=["#!/bin/bash\necho"])
@example(commands=["a\u0000", "e\u0301"])
def test_any_shell_command_reaches_the_vm(commands: list[str], *, side_files: bool) -> None:
    customizer = {"type": "Shell", "name": "cmd", "inline": commands}

    conversion = convert_json(template(customize=[customizer]), Options(side_files=side_files))

    expected = "#!/bin/sh -e\n" + "\n".join(commands) + "\n"
    lines = expected.removesuffix("\n").split("\n")
    expected = "".join(line.removesuffix("\r") + "\n" for line in lines)
    assert what_runs(conversion, "cmd").rstrip(b"\n") == expected.encode().rstrip(b"\n")


@pytest.mark.parametrize("side_files", [False, True])
@given(commands=st.lists(any_text, min_size=1, max_size=4))
@example(commands=["$x = @'", "{{", "'@"])
@example(commands=["'\u201c'"])
@example(commands=["\ufeff$x"])
@example(commands=["# comment", "param($x)"])
def test_any_powershell_command_reaches_the_vm(commands: list[str], *, side_files: bool) -> None:
    customizer = {"type": "PowerShell", "name": "cmd", "inline": commands}

    conversion = convert_json(template(source=WINDOWS, customize=[customizer]), Options(side_files=side_files))

    joined = "\n".join(commands)
    mark = "" if joined.isascii() or joined.startswith("\ufeff") else "\ufeff"
    assert what_runs(conversion, "cmd").rstrip(b"\n") == f"{mark}{joined}".encode().rstrip(b"\n")


@given(command=any_text, check=any_text)
@example(command="e\u0301", check="{{x}}")
def test_a_restart_command_is_what_packer_runs_or_an_error(command: str, check: str) -> None:
    customizer = {"type": "WindowsRestart", "name": "cmd", "restartCommand": command, "restartCheckCommand": check}

    conversion = convert_json(template(source=WINDOWS, customize=[customizer]))

    if any(finding.code is codes.NOT_EXACT for finding in conversion.findings):
        return
    ((_, settings),) = steps_of(conversion, "cmd")
    assert rendered(settings.get("restart_command", "")) == command
    assert rendered(settings.get("restart_check_command", "")) == check


@given(criteria=any_text, filters=st.lists(any_text.filter(bool)))
def test_the_filters_of_windows_updates_are_those_of_the_template(criteria: str, filters: list[str]) -> None:
    customizer = {"type": "WindowsUpdate", "name": "cmd", "searchCriteria": criteria, "filters": filters}

    conversion = convert_json(template(source=WINDOWS, customize=[customizer]))

    if any(finding.code is codes.NOT_EXACT for finding in conversion.findings):
        return
    ((_, settings),) = steps_of(conversion, "cmd")
    assert rendered(settings.get("search_criteria", "")) == criteria
    assert [rendered(item) for item in settings.get("filters", [])] == filters


@given(name=any_text.filter(bool))
def test_a_provisioner_bears_the_name_of_its_customizer(name: str) -> None:
    conversion = convert_json(template(customize=[{"type": "Shell", "name": name, "inline": ["true"]}]))

    blocks = [item for item in build_of(conversion) if isinstance(item, DecodedBlock) and item.labels == ("shell",)]
    names = [dict(block.body).get("name") for block in blocks]
    assert (nfc(name).strip() or None) in names  # a blank name is none


@given(tags=st.dictionaries(plain_text, plain_text, min_size=1, max_size=4))
def test_tags_are_those_of_the_template(tags: dict[str, str]) -> None:
    assume(len({nfc(key).lower() for key in tags}) == len(tags))

    conversion = convert_json(template(customize=[{"type": "Shell", "inline": ["true"]}], tags=tags))

    if any("{{" in key and "{{" in value for key, value in tags.items()):  # nothing escapes that
        assert conversion.hcl is None
        return

    assert conversion.hcl is not None, text.render(conversion.findings, color=False)
    start = conversion.hcl.index("  azure_tags = {")
    decoded = dict(decode_body(conversion.hcl[start : conversion.hcl.index("\n  }\n", start) + 5]))["azure_tags"]
    # Where the name of a tag is a template, azure-arm takes the value as it is (docs/reference/packer-semantics.md 1.3).
    made = {rendered(key): value if "{{" in key else rendered(value) for key, value in decoded.items()}
    assert made == {nfc(key): nfc(value) for key, value in tags.items()}


# Nothing falls over

json_values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=8) | st.sampled_from(FRAGMENTS),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=8), inner, max_size=3),
    max_leaves=6,
)


def parsed_cases() -> Mapping[str, Json]:
    """The inputs of the cases that are plain JSON."""
    found = {}
    for case in CASES:
        try:
            found[case] = json.loads(read_case(case)[0])
        except json.JSONDecodeError:
            continue
    return found


INPUTS = parsed_cases()


def with_value(value: Json, path: Path, new: Json) -> Json:
    """JSON with another value in one place."""
    if not path:
        return new
    changed = copy.deepcopy(value)
    at(changed, path[:-1])[path[-1]] = new
    return changed


PLACES = [(case, path) for case, value in INPUTS.items() for path in places(value)]


def check(conversion: Conversion) -> None:
    """Check what holds for every conversion."""
    failed = any(finding.severity is Severity.ERROR for finding in conversion.findings)
    assert (conversion.hcl is None) == failed
    # Everything can be written to a file or a terminal.
    text.render(conversion.findings, color=True).encode()
    (conversion.hcl or "").encode()


@given(place=st.sampled_from(PLACES), new=json_values, side_files=st.booleans(), os_type=st.sampled_from([None, *OsType]))
def test_whatever_stands_in_a_template_there_is_hcl_or_an_error(
    place: tuple[str, Path], new: Json, os_type: OsType | None, *, side_files: bool
) -> None:
    case, path = place

    check(convert_json(with_value(INPUTS[case], path, new), Options(side_files=side_files, os_type=os_type)))


@given(place=st.sampled_from(PLACES))
def test_whatever_is_missing_in_a_template_there_is_hcl_or_an_error(place: tuple[str, Path]) -> None:
    case, path = place
    assume(path)
    changed = copy.deepcopy(INPUTS[case])
    del at(changed, path[:-1])[path[-1]]

    check(convert_json(changed))


@given(case=st.sampled_from(CASES), start=st.integers(0, 4000), length=st.integers(0, 20), new=st.text(max_size=5))
def test_however_a_file_is_broken_there_is_hcl_or_an_error(case: str, start: int, length: int, new: str) -> None:
    whole = read_case(case)[0].decode()
    start %= len(whole)

    check(convert(whole[:start] + new + whole[start + length :]))


@given(data=st.binary() | st.text().map(lambda value: value.encode("utf-8", "surrogatepass")))
def test_any_bytes_give_an_error_finding_or_are_no_text(data: bytes) -> None:
    try:
        conversion = convert(data)
    except InputError:
        return
    assert conversion.hcl is None
    check(conversion)


@pytest.mark.parametrize("opening", ["[", '{"a":', '{"properties": {"source": ['])
def test_nesting_without_end_is_an_error(opening: str) -> None:
    conversion = convert(opening * 100_000)

    assert [finding.code for finding in conversion.findings] == [codes.JSON_TOO_DEEP]


# Nothing is passed over

UNKNOWN = "zzUnknownKey"
# Objects whose keys are names that somebody chose, or that the service writes and nobody sets; and those reported as a whole.
FREE_KEYS = {"tags", "artifactTags", "managedResourceTags", "userAssignedIdentities", "systemData", "lastRunStatus", "validate"}
FREE_KEYS |= {"provisioningError"}  # what the service says of itself
FREE_POWERSHELL_KEYS = {"Tag", "ArtifactTag"}
# Forms of their own, whose envelope says more than the image template: their room has the tests.
FORMS = ("form-", "arm-", "tf-", "bicep-")
GOOD_CASES = [case for case in INPUTS if golden_hcl(case).exists() and not case.startswith(FORMS)]


@pytest.mark.parametrize("case", [*GOOD_CASES, "form-rest-get", "form-az-show", "form-convertto-json", "form-bare-resource"])
def test_a_key_that_means_nothing_is_reported_wherever_it_stands(case: str) -> None:
    value = INPUTS[case]
    options = read_case(case)[1]
    # What a deployment template says beside the image template is another matter.
    whole = _image_template(value) if "contentVersion" in value else ()
    objects = [path for path in places(value) if isinstance(at(value, path), dict) and path[: len(whole)] == whole]
    checked = [path for path in objects if not (FREE_KEYS | FREE_POWERSHELL_KEYS) & set(path)]
    if case == "form-rest-get":  # beside what Azure shows are the columns that a query adds
        checked.remove(())

    silent = []
    for path in checked:
        changed = with_value(value, (*path, UNKNOWN), "x")
        messages = [finding.message for finding in convert(json.dumps(changed), options=options).findings]
        # An object that is itself reported as unknown, or in the wrong place, is reported as a whole.
        reported = [UNKNOWN, *(f"{key} {what}" for key in path for what in ("is not an Image Builder setting", "belongs"))]
        if not any(known in message for message in messages for known in reported):
            silent.append(path)

    assert silent == []
    assert len(checked) >= 3


def _image_template(value: Any) -> tuple[Any, ...]:  # noqa: ANN401 - JSON
    """Where the image template stands in a deployment template."""
    types = [resource["type"].lower() for resource in value["resources"]]
    return ("resources", types.index("microsoft.virtualmachineimages/imagetemplates"))


# Nothing secret is shown

SIGNATURE = "c2VjcmV0c2VjcmV0c2VjcmV0c2VjcmV0c2VjcmV0MTI"
SIGNED = f"https://contoso.blob.core.windows.net/files/app.ps1?sv=2022-11-02&sr=b&sp=r&se=2030-01-01&sig={SIGNATURE}%3D"
SECRETS = {
    "a signed URL": SIGNED,
    "a signed URL in an expression": f"[concat('{SIGNED}', parameters('x'))]",
    "one of each kind in commands": f"curl -o /tmp/app '{SIGNED}'; git clone https://user:{SIGNATURE}@github.com/contoso/app; "
    f"echo {{{{x}}}} 'DefaultEndpointsProtocol=https;AccountName=contoso;AccountKey={SIGNATURE}==;EndpointSuffix=x'",
}


def shown(conversion: Conversion) -> str:
    """All that a conversion gives."""
    files = "".join(f"{path}{data.decode('utf-8', 'replace')}" for path, data in conversion.files.items())
    return f"{conversion.hcl}{files}{text.render(conversion.findings, color=False)}"


def is_hidden(conversion: Conversion) -> bool:
    """Whether the secret is not to be seen, neither as it is nor in base64."""
    output = shown(conversion)
    words = [word for word in output.split('"') if len(word) > len(SIGNATURE) and re.fullmatch(r"[A-Za-z0-9+/]+=*", word)]
    decoded = [base64.b64decode(word) for word in words if len(word) % 4 == 0]
    return SIGNATURE not in output and not any(SIGNATURE.encode() in data for data in decoded)


@cache
def kinds_of_places() -> list[tuple[str, Path]]:
    """Where a string stands in the cases: each kind of place once, by its keys and by the type of the object around it."""
    kinds: dict[object, tuple[str, Path]] = {}
    for case, path in PLACES:
        if isinstance(at(INPUTS[case], path), str):
            around = at(INPUTS[case], path[:-1])
            type_around = str(around.get("type")) if isinstance(around, dict) else ""
            keys = tuple(key for key in path if isinstance(key, str))
            kinds.setdefault((keys, type_around, read_case(case)[1].side_files), (case, path))
    return list(kinds.values())


@pytest.mark.parametrize("secret", SECRETS.values(), ids=SECRETS)
def test_a_secret_is_never_shown_wherever_it_stands(secret: str) -> None:
    leaks = []
    for case, path in kinds_of_places():
        conversion = convert(json.dumps(with_value(INPUTS[case], path, secret)), options=read_case(case)[1])
        if not is_hidden(conversion):
            leaks.append((case, path))

    assert leaks == []


@pytest.mark.parametrize("side_files", [False, True])
@pytest.mark.parametrize("kind", ["Shell", "PowerShell"])
@given(before=any_text, after=any_text)
@example(before="e\u0301 ", after="{{")
@example(before="x" * 70_000, after="")
def test_a_secret_in_commands_is_never_shown(kind: str, before: str, after: str, *, side_files: bool) -> None:
    customizer = {"type": kind, "inline": [f"{before} '{SIGNED}' {after}", after]}

    assert is_hidden(convert_json(template(customize=[customizer]), Options(side_files=side_files)))


@pytest.mark.parametrize(
    "broken", [f'{{"a": "{SIGNED}', f'{{"a": "{SIGNED}" x', f"{{'{SIGNED}': 1}}", SIGNED, f'{{"{SIGNED}" 1}}']
)
def test_a_secret_is_not_shown_where_the_json_is_broken(broken: str) -> None:
    assert is_hidden(convert(broken))
