"""Image templates made of the official definitions: all that can be set is converted or told, in every API version.

A new API version is a new block in `aib-types.json`: what is to be done for it fails here.
"""

import copy
import re

import pytest

from aib2packer import Conversion, Options, OsType, Severity
from aib2packer.aib.api_versions import ADDED, KNOWN
from aib2packer.findings.code_pages import by_id
from aib2packer.findings.codes import SERVICE_REFUSES
from aib2packer.provenance.accounting import Entry, State
from tests.aib.specification import SPECIFICATION, document, newer, place, settable, settings, violations
from tests.cases.templates import Json, convert_json
from tests.fuzz.mutations import at, places

VERSIONS = pytest.mark.parametrize("version", SPECIFICATION)
# What a valid template of its version must not be told.
_REFUSED = {code.id for code in by_id().values() if code.formerly is SERVICE_REFUSES}
_DOUBTS = _REFUSED | {
    "AIB2P201",
    "AIB2P214",
    "AIB2P299",
    "AIB2P401",
    "AIB2P402",
    "AIB2P403",
    "AIB2P404",
    *(f"AIB2P{number}" for number in range(471, 476)),
}
# It names the template, or who fetched and published in the service: Packer signs in by itself.
_INFORMATIVE = {"name", "identity.type"}


def converted(template: Json, path: str) -> Conversion:
    """Convert a template whose interesting property is at `path`."""
    custom = re.search(r"source\[(?:ManagedImage|SharedImageVersion)\]", path)
    iso = "Canonical:ubuntu-24_04-lts:server" if "source[ISO]" in path else None
    return convert_json(template, Options(os_type=OsType.LINUX if custom else None, replace_iso=iso))


def about(conversion: Conversion, pointer: str) -> list[Entry]:
    """What became of what is at a place, and below it."""
    return [entry for entry in conversion.settings if f"{entry.pointer}/".startswith(f"{pointer}/")]


def problems(conversion: Conversion, path: str, pointer: str) -> list[str]:
    """Why a setting is neither converted nor told, or a valid template is blamed."""
    found = [f"{finding.code.id} {finding.message}" for finding in conversion.findings if finding.code.id in _DOUBTS]
    found += [finding.message for finding in conversion.findings if finding.severity is Severity.ERROR]
    entries = about(conversion, pointer)
    if not entries:
        found.append("there is no entry")
    told = {State.CONVERTED, State.LOST} | ({State.INFORMATIVE} if path in _INFORMATIVE or "source[ISO]" in path else set())
    return found + [f"{entry.pointer} is {entry.state.value}" for entry in entries if entry.state not in told]


@VERSIONS
def test_every_setting_of_a_valid_template_is_converted_or_told(version: str) -> None:
    wrong = {}
    for path in settings(version):
        template = document(version, path)
        if found := problems(converted(template, path), path, place(template, path)):
            wrong[path] = found

    assert wrong == {}


@VERSIONS
def test_every_violation_of_an_enum_a_limit_a_pattern_or_a_required_key_is_told(version: str) -> None:
    silent = []
    for path, what, template in violations(version):
        path_of_valid = path if path in settings(version) else "location"
        valid = converted(document(version, path_of_valid), path)
        said = {finding.message for finding in converted(template, path).findings}
        if not said - {finding.message for finding in valid.findings} and "source[ISO]" not in path:
            silent.append((path, what))

    assert silent == []


@VERSIONS
def test_every_setting_that_is_newer_than_the_api_version_is_told(version: str) -> None:
    silent = [
        path
        for path, template in newer(version)
        if not any("came with API version" in finding.message for finding in converted(template, path).findings)
    ]

    assert silent == []


@VERSIONS
def test_what_only_the_service_writes_is_no_loss(version: str) -> None:
    lost = {}
    for path in settings(version, read_only=True):
        template = document(version, path)
        conversion = converted(template, path)
        if found := [entry.pointer for entry in about(conversion, place(template, path)) if entry.state is State.LOST]:
            lost[path] = found
        assert not [finding.message for finding in conversion.findings if finding.severity is Severity.ERROR]

    assert lost == {}


_EMPTY = {"string": "", "integer": 0, "boolean": False, "array": [], "map": {}, "object": {}}


@VERSIONS
def test_what_the_service_shows_for_a_setting_that_nobody_made_is_no_unknown_one(version: str) -> None:
    kinds = {**{path: prop["type"] for path, prop in settings(version, read_only=True).items()}, **settable(version)}
    unknown = {
        path: found
        for path, kind in kinds.items()
        if path != "name" and "*" not in path
        if (found := unknown_settings(converted(document(version, path, _EMPTY.get(kind, "")), path)))
    }

    assert unknown == {}


@pytest.mark.parametrize("value", [0, "", False, [], {}, 1, "x"])
@pytest.mark.parametrize("version", ["2022-07-01", "2025-10-01"])
def test_an_unknown_setting_is_told_and_counted_be_it_empty(version: str, value: Json) -> None:
    template, count = with_an_unknown_setting(version, value)

    conversion = convert_json(template)

    assert len(unknown_settings(conversion)) == count
    counted = [one.state for one in conversion.settings if one.pointer.endswith("/nonesuch")]
    assert len(counted) == count
    # What the service ignored is no loss, but for what is below a setting that is one.
    assert set(counted) <= {State.LOST, *([State.INFORMATIVE] if version < "2024" else [])}


def test_an_unknown_setting_that_is_null_says_nothing() -> None:
    template, _ = with_an_unknown_setting("2025-10-01", None)

    assert unknown_settings(convert_json(template)) == []


def unknown_settings(conversion: Conversion) -> list[str]:
    """What is said of settings that Image Builder does not know."""
    return [one.message for one in conversion.findings if "is not an Image Builder setting" in one.message]


def with_an_unknown_setting(version: str, value: Json) -> tuple[Json, int]:
    """An image template with a key that Image Builder has not in each kind of object, and in how many."""
    template = document(version, "properties.distribute[SharedImage].targetRegions[].replicaCount")
    template["properties"] |= {
        "customize": [
            {"type": "Shell", "inline": ["true"]},
            {"type": "File", "sourceUri": "https://a.example/a", "destination": "/a"},
        ],
        "vmProfile": document(version, "properties.vmProfile.vnetConfig.subnetId")["properties"]["vmProfile"],
        "validate": {"inVMValidations": [{"type": "Shell", "inline": ["true"]}]},
        "errorHandling": {"onCustomizerError": "abort"},
        "autoRun": {"state": "Disabled"},
        "optimize": {"vmBoot": {"state": "Disabled"}},
    }
    # The keys of identities are ids.
    objects = [
        one for path in places(template) if "userAssignedIdentities" not in path and isinstance(one := at(template, path), dict)
    ]
    for one in objects:
        one["nonesuch"] = copy.deepcopy(value)
    return template, len(objects)


def test_the_known_versions_are_those_of_the_definitions() -> None:
    assert tuple(SPECIFICATION) == KNOWN


def test_what_each_version_added_is_what_the_definitions_say() -> None:
    first: dict[str, str] = {}
    for version, found in SPECIFICATION.items():
        for path, prop in found.items():
            names = [path, *(f"{path}[{kind}]" for kind in prop.get("kinds", ()))]
            names += [f"{path}={value}" for value in prop.get("enum", ()) if "enum" in prop and not prop.get("readOnly")]
            for name in names:
                first.setdefault(re.sub(r"\[\w*\](?=[.=])", "", name.removeprefix("properties.")), version)

    said = {path: version for version, paths in ADDED.items() for path in paths}
    assert {path: first[path] for path in said} == said
