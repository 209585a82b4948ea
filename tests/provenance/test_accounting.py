"""Every leaf of an image template ends in exactly one state, and no change of one goes unseen."""

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from aib2packer import Conversion, Severity
from aib2packer.aib.model import Settled
from aib2packer.findings.model import Report
from aib2packer.jsonc.reader import parse
from aib2packer.jsonc.tree import JsonObject, with_pointers
from aib2packer.provenance.accounting import Entry, State, account, leaves, tally
from aib2packer.text.source import SourceText, Span
from tests.cases import CASES, convert_case, read_case
from tests.cases.templates import GALLERY, LINUX, WINDOWS, convert_json, template
from tests.provenance.mutation import unseen

SHELL = {"type": "Shell", "name": "hello", "inline": ["echo hello"]}


def states(conversion: Conversion) -> dict[str, tuple[str, tuple[str, ...], str | None]]:
    assert conversion.hcl is not None, [finding.message for finding in conversion.findings]
    return {
        entry.pointer: (entry.state.value, entry.addresses, entry.finding.code.id if entry.finding else None)
        for entry in conversion.settings
    }


def test_a_setting_is_converted_to_the_places_that_it_is_in() -> None:
    found = states(convert_json(template(customize=[SHELL], properties={"vmProfile": {"vmSize": "Standard_D4s_v5"}})))

    assert found["/properties/vmProfile/vmSize"] == ("converted", ("source.azure-arm.image.vm_size",), None)
    assert found["/properties/customize/0/inline/0"] == ("converted", ("build.provisioner[0]",), None)
    assert found["/properties/source/sku"] == ("converted", ("source.azure-arm.image.image_sku",), None)


def test_what_is_unset_or_says_what_holds_anyway_is_a_default() -> None:
    properties = {"optimize": {"vmBoot": {"state": "Disabled"}}, "stagingResourceGroup": "", "vmProfile": {"osDiskSizeGB": 0}}
    found = states(convert_json(template(properties=properties)))

    assert found["/properties/optimize/vmBoot/state"] == ("default", (), None)
    assert found["/properties/stagingResourceGroup"] == ("default", (), None)
    assert found["/properties/vmProfile/osDiskSizeGB"] == ("default", (), None)


def test_zero_and_an_empty_line_in_a_list_are_converted_as_its_other_items() -> None:
    step = {"type": "PowerShell", "inline": ["a", "", "b"], "validExitCodes": [0, 3010]}
    found = states(convert_json(template(source=WINDOWS, customize=[step])))

    assert found["/properties/customize/0/inline/1"] == ("converted", ("build.provisioner[0]",), None)
    assert found["/properties/customize/0/validExitCodes/0"] == ("converted", ("build.provisioner[0]",), None)


def test_the_name_and_what_the_service_wrote_are_informative() -> None:
    found = states(
        convert_json(template(properties={"provisioningState": "Succeeded", "lastRunStatus": {"runState": "Failed"}}))
    )

    assert found["/name"] == ("informative", (), None)
    assert found["/properties/provisioningState"] == ("informative", (), None)
    assert found["/properties/lastRunStatus/runState"] == ("informative", (), None)


def test_what_is_lost_names_the_finding_that_says_so() -> None:
    found = states(convert_json(template(properties={"optimize": {"vmBoot": {"state": "Enabled"}}})))

    assert found["/properties/optimize/vmBoot/state"] == ("lost", (), "AIB2P203")


def test_a_setting_that_the_service_ignored_is_informative_and_names_the_finding() -> None:
    found = states(convert_json(template(customize=[{**SHELL, "runElevated": True}])))

    assert found["/properties/customize/0/runElevated"] == ("informative", (), "AIB2P401")


def test_run_instructions_count_as_a_place() -> None:
    properties = {"buildTimeoutInMinutes": 90, "errorHandling": {"onCustomizerError": "abort"}, "autoRun": {"state": "Enabled"}}
    found = states(convert_json(template(properties=properties)))

    assert found["/properties/buildTimeoutInMinutes"] == (
        "converted",
        ("header", "source.azure-arm.image.polling_duration_timeout"),
        None,
    )
    assert found["/properties/errorHandling/onCustomizerError"] == ("converted", ("header",), None)
    assert found["/properties/autoRun/state"] == ("converted", ("header",), None)


def test_a_setting_that_nothing_accounts_for_is_reported_as_lost() -> None:
    body = parse(SourceText("image.json", '{"properties": {"colour": "blue"}}'), Report())
    assert isinstance(body, JsonObject)
    body, report = with_pointers(body, 100), Report()
    assert isinstance(body, JsonObject)

    (entry,) = account(body, Settled(), (), report)

    assert (entry.pointer, entry.state) == ("/properties/colour", State.LOST)
    assert [(found.code.id, str(found.span)) for found in report.findings] == [("AIB2P299", "image.json:1:27")]
    assert (entry.finding,) == report.findings


def test_a_loss_beside_the_template_is_lost_in_the_account_too() -> None:
    schema = "https://schema.management.azure.com/schemas/2019-04-01/deploymentTemplate.json#"
    trigger = {
        "type": "Microsoft.VirtualMachineImages/imageTemplates/triggers",
        "apiVersion": "2023-07-01",
        "name": "image/source",
        "properties": {"kind": "SourceImage"},
    }
    conversion = convert_json({"$schema": schema, "contentVersion": "1.0.0.0", "resources": [template(), trigger]})

    assert [entry.finding.code.id for entry in conversion.settings if entry.finding] == ["AIB2P213"]
    assert tally(conversion.settings).endswith(", 1 lost")


@pytest.mark.parametrize("case", CASES)
def test_something_is_lost_where_a_finding_is_a_loss_and_nowhere_else(case: str) -> None:
    conversion = convert_case(case)
    if conversion.hcl is None:
        return

    told = {finding for finding in conversion.findings if finding.severity is Severity.LOSS}
    entered = {entry.finding for entry in conversion.settings if entry.state is State.LOST}
    assert entered <= told
    assert bool(entered) == bool(told)


def test_all_that_a_template_with_an_error_says_is_lost() -> None:
    conversion = convert_json(template(source={"type": "Snapshot"}, customize=[SHELL]))

    assert conversion.hcl is None
    assert {entry.state for entry in conversion.settings} == {State.LOST, State.DEFAULT}
    found = {entry.pointer: entry.finding.code.id for entry in conversion.settings if entry.finding}
    assert found["/properties/source/type"] == "AIB2P104"
    assert found["/properties/customize/0/inline/0"] == "AIB2P104"


def test_the_tally_counts_what_is_converted_and_what_is_lost_and_nothing_else() -> None:
    kept, lost, default = (
        Entry(Span(SourceText("x", ""), 0, 0), state) for state in (State.CONVERTED, State.LOST, State.DEFAULT)
    )

    assert tally([kept, kept, lost, default]) == "2 of 3 settings converted, 1 lost"
    assert tally([kept]) == "1 of 1 setting converted, 0 lost"
    assert tally([default]) == "0 of 0 settings converted, 0 lost"
    assert tally([]) == ""


@pytest.mark.parametrize("case", CASES)
def test_the_account_of_a_case_is_complete_and_its_places_are_in_the_file(case: str) -> None:
    conversion = convert_case(case)

    assert conversion.hcl is not None or not any(entry.addresses for entry in conversion.settings)
    pointers = [entry.pointer for entry in conversion.settings if entry.pointer]  # what is lost beside the template has none
    assert len(pointers) == len(set(pointers))
    assert all((entry.state is State.CONVERTED) == bool(entry.addresses) for entry in conversion.settings)
    assert all(entry.finding for entry in conversion.settings if entry.state is State.LOST)
    addresses = {address for entry in conversion.settings for address in entry.addresses}
    # Of the build of the image and the one that validates it, only one is the file.
    here = {address for address in addresses if not address.startswith(("validate/", "../"))}
    assert here <= {place.address for place in conversion.source_map}
    assert "AIB2P299" not in {finding.code.id for finding in conversion.findings}


def test_a_plain_template_is_accounted_for_leaf_by_leaf() -> None:
    case = "form-bare-resource"
    body = parse(SourceText("x", read_case(case)[0].decode()), Report())
    assert isinstance(body, JsonObject)
    body = with_pointers(body, 1_000_000)
    assert body is not None

    assert [entry.pointer for entry in convert_case(case).settings] == [leaf.span.pointer for leaf in leaves(body)]


@pytest.mark.parametrize("case", CASES)
def test_a_change_of_any_setting_of_a_case_is_seen(case: str) -> None:
    data, _ = read_case(case)

    assert [f"{entry.span}: {value}" for entry, value in unseen(data, f"{case}.json")] == []


texts = st.text(st.characters(codec="ascii", categories=["L", "N"]), min_size=1, max_size=12)
flags = st.booleans()
customizers = st.one_of(
    st.fixed_dictionaries({"type": st.just("Shell"), "inline": st.lists(texts, min_size=1)}, optional={"name": texts}),
    st.fixed_dictionaries(
        {"type": st.just("Shell"), "scriptUri": texts.map("https://example.com/{}.sh".format)},
        optional={"name": texts, "sha256Checksum": st.sampled_from(["", "ab" * 32])},
    ),
    st.fixed_dictionaries(
        {
            "type": st.just("File"),
            "sourceUri": texts.map("https://example.com/{}".format),
            "destination": texts.map("/tmp/{}".format),
        }
    ),
)
windows_customizers = st.one_of(
    st.fixed_dictionaries(
        {"type": st.just("PowerShell"), "inline": st.lists(texts, min_size=1)},
        optional={"runElevated": flags, "runAsSystem": flags, "validExitCodes": st.lists(st.integers(0, 9), max_size=3)},
    ),
    st.fixed_dictionaries(
        {"type": st.just("WindowsRestart")},
        optional={
            "restartCommand": texts,
            "restartCheckCommand": texts,
            "restartTimeout": st.sampled_from(["5m", "90s", "1h"]),
        },
    ),
    st.fixed_dictionaries(
        {"type": st.just("WindowsUpdate")},
        optional={"searchCriteria": texts, "filters": st.lists(texts), "updateLimit": st.integers(0, 99)},
    ),
)
profiles = st.fixed_dictionaries(
    {},
    optional={
        "vmSize": texts,
        "osDiskSizeGB": st.integers(0, 500),
        "vnetConfig": st.just(
            {"subnetId": f"{GALLERY.split('/providers')[0]}/providers/Microsoft.Network/virtualNetworks/a/subnets/b"}
        ),
    },
)


@given(
    steps=st.lists(customizers, max_size=3) | st.lists(windows_customizers, min_size=1, max_size=3),
    profile=profiles,
    tags=st.dictionaries(texts, texts, max_size=2),
    timeout=st.integers(0, 960),
)
def test_a_change_of_any_setting_of_a_generated_template_is_seen(
    steps: list[dict[str, object]], profile: dict[str, object], tags: dict[str, str], timeout: int
) -> None:
    windows = any(step["type"] in {"PowerShell", "WindowsRestart", "WindowsUpdate"} for step in steps)
    made = template(
        source=WINDOWS if windows else LINUX,
        customize=steps,
        tags=tags,
        properties={"vmProfile": profile, "buildTimeoutInMinutes": timeout},
    )

    assert [f"{entry.pointer}: {value}" for entry, value in unseen(json.dumps(made).encode(), "image.json")] == []
