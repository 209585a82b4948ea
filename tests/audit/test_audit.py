"""What an audit says, and how its page looks in a browser."""

from __future__ import annotations

import html
import json
import re
import shutil
import subprocess
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
from markdown_it import MarkdownIt

from aib2packer.app.inputs import collect
from aib2packer.app.run import Request, run
from aib2packer.audit import as_json, as_page, as_text
from aib2packer.audit.baseline import Use, accept, read_baseline, write_baseline
from aib2packer.audit.gather import gather
from aib2packer.audit.terms import terms
from aib2packer.findings import codes
from aib2packer.findings.codes import OPEN_TO_THE_INTERNET, SERVICE_REFUSES
from aib2packer.findings.model import Asks, Code, Severity, is_decision
from aib2packer.findings.text import columns
from aib2packer.lazy.models import replace
from aib2packer.options import Auth, Options, OsType, SecurityType
from aib2packer.rendering.templates import html_environment
from aib2packer.text.source import InputError
from tests.cases.templates import GALLERY, GALLERY_TARGET, template

if TYPE_CHECKING:
    from collections.abc import Mapping

    from aib2packer.app.run import Result
    from aib2packer.audit.baseline import Baseline
    from aib2packer.audit.model import Audit
    from aib2packer.findings.model import Finding

STAMP = {"version": "1.2.3", "of": "images", "date": "2026-11-27"}

BROWSER = next(filter(None, map(shutil.which, ("chromium", "chromium-browser", "google-chrome", "chrome"))), None)
HOSTILE = (
    "<img src=x onerror=\"document.title='out'\"></title><script>document.title='out'</script>|`![x](http://192.0.2.1/y)\u202e"
)
HOSTILE_FILE = "<img src=x onerror=\"document.title='out'\"> & 'x'"
SCRIPT = "https://example.com/setup.sh"
SUBNET = (
    "/subscriptions/11111111-1111-1111-1111-111111111111/resourceGroups/net/providers/Microsoft.Network"
    "/virtualNetworks/hub/subnets/builds"
)


def audit_of(folder: Path, **templates: dict[str, Any] | str) -> Audit:
    return audit_with(Options(), folder, templates)


def audit_with(options: Options, folder: Path, templates: Mapping[str, dict[str, Any] | str]) -> Audit:
    return gather(results_of(options, folder, templates))


def findings_of(folder: Path, **templates: dict[str, Any] | str) -> list[tuple[str, Finding]]:
    """All findings, each with the name of its template."""
    results = results_of(Options(), folder, templates)
    return [(Path(result.name).name, finding) for result in results for finding in result.findings]


def results_of(options: Options, folder: Path, templates: Mapping[str, dict[str, Any] | str]) -> list[Result]:
    for name, one in templates.items():
        text = one if isinstance(one, str) else json.dumps(one)
        (folder / f"{name}.json").write_text(text, encoding="utf-8")
    request = Request(options=options, folder=folder / "never", look=True)
    results = [result for one in collect((str(folder),), None) for result in run(one, request)]
    assert not (folder / "never").exists()
    return results


def named(name: str, **properties: Any) -> dict[str, Any]:  # noqa: ANN401 - JSON
    shell = {"type": "Shell", "name": "setup", "scriptUri": SCRIPT}
    return template(name=name, properties=properties, customize=[shell], distribute=[GALLERY_TARGET])


def recent(name: str, **properties: Any) -> dict[str, Any]:  # noqa: ANN401 - JSON
    """A template of an API version that refuses unknown settings."""
    return {**named(name, **properties), "apiVersion": "2024-02-01"}


def wanted(audit: Audit, title: str) -> dict[str, tuple[str, ...]]:
    """What a chapter lists, with the templates of each."""
    chapters = [chapter for chapter in (*audit.by_hand, *audit.shared) if chapter.title == title]
    return {need.what: need.templates for chapter in chapters for need in chapter.needs}


def test_an_audit_counts_what_converts_and_says_why_the_rest_does_not(tmp_path: Path) -> None:
    audit = audit_of(tmp_path, a=named("a"), b=named("b", source={"type": "Nope"}), c="{}", d='{"imageTemplates": ')
    assert [(row.name, row.outcome) for row in audit.rows] == [
        ("a.json", "converted"),
        ("b.json", "not converted"),
        ("d.json", "not converted"),
    ]
    assert (audit.converted, round(audit.share), audit.passed_over) == (1, 33, 1)
    assert {cause.code.id: cause.templates for cause in audit.obstacles} == {"AIB2P104": ("b.json",), "AIB2P001": ("d.json",)}
    assert [cause.code for cause in audit.asked[Asks.ACT]] == [OPEN_TO_THE_INTERNET]


def test_an_audit_lists_what_people_need_once_with_the_templates_that_need_it(tmp_path: Path) -> None:
    audit = audit_of(tmp_path, a=named("a"), b=named("b", buildTimeoutInMinutes=900))
    assert wanted(audit, "Hosts and ports")["example.com, port 443"] == ("a.json", "b.json")
    assert wanted(audit, "Runners") == {"900 minutes": ("b.json",)}
    assert wanted(audit, "Scripts and files") == {SCRIPT: ("a.json", "b.json")}
    [definitions] = [chapter for chapter in audit.by_hand if chapter.title == "Image definitions"]
    assert all(need.command.startswith("az sig image-definition show --ids /subscriptions/") for need in definitions.needs)
    roles = {need.what for chapter in audit.by_hand if chapter.title == "Roles" for need in chapter.needs}
    assert roles == {"Contributor", "Compute Gallery Artifacts Publisher"}


def test_an_audit_lists_a_host_once_with_all_that_it_is_reached_for(tmp_path: Path) -> None:
    def fetching(*addresses: str) -> dict[str, Any]:
        return template(properties={"customize": [{"type": "Shell", "name": one[-4:], "scriptUri": one} for one in addresses]})

    raw, other = "https://raw.githubusercontent.com/o/r/a.sh", "https://github.com.example.com/b.sh"
    audit = audit_of(tmp_path, a=fetching(raw, other), b=fetching(raw.upper().replace("/O/R/A.SH", "/o/r/a.sh")))

    hosts = wanted(audit, "Hosts and ports")
    assert "raw.githubusercontent.com, port 443" not in hosts
    assert hosts["github.com.example.com, port 443"] == ("a.json",)
    [github] = [need for chapter in audit.by_hand for need in chapter.needs if need.what.startswith("github.com, ")]
    assert github.templates == ("a.json", "b.json")
    assert github.about.endswith("; Packer: fetches scripts and files")


@pytest.mark.parametrize(
    ("auth", "account", "secrets"),
    [
        (Auth.CLI, "the account of the Azure CLI", {}),
        (Auth.SERVICE_PRINCIPAL, "a service principal", {"ARM_CLIENT_SECRET": ("a.json",)}),
        (Auth.OIDC, "an application with a federated credential for the pipeline", {}),
        (Auth.MSI, "the managed identity of the machine that runs Packer", {}),
    ],
)
def test_an_audit_names_the_account_and_the_secret_that_it_signs_in_with(
    tmp_path: Path, auth: Auth, account: str, secrets: dict[str, tuple[str, ...]]
) -> None:
    audit = audit_with(Options(auth=auth), tmp_path, {"a": named("a")})
    assert wanted(audit, "Account") == {account: ("a.json",)}
    assert wanted(audit, "Secrets") == secrets


def test_a_cause_says_first_what_most_templates_have(tmp_path: Path) -> None:
    audit = audit_of(
        tmp_path, a=named("a", source={"type": "Odd"}), **{one: named(one, source={"type": "Same"}) for one in "bc"}
    )
    assert ["Same" in said.message for cause in audit.obstacles for said in cause.said] == [True, False]


def test_a_build_that_no_hosted_runner_can_run_says_why(tmp_path: Path) -> None:
    inside = {"vmProfile": {"vnetConfig": {"subnetId": SUBNET}}}
    slow = {**named("s"), "properties": {**named("s")["properties"], "buildTimeoutInMinutes": 600}}
    assert wanted(audit_of(tmp_path, a=named("a"), b=named("b", **inside), c=slow), "Runners") == {
        "in the network of the build VM": ("b.json",),
        "600 minutes": ("c.json",),
    }
    audit = audit_with(Options(auth=Auth.MSI), tmp_path, {})
    assert set(wanted(audit, "Runners")) == {
        "a VM in Azure with the managed identity",
        "in the network of the build VM",
        "600 minutes",
    }


def test_a_subnet_that_a_parameter_names_as_a_whole_has_its_command_too(tmp_path: Path) -> None:
    image = template(properties={"vmProfile": {"vnetConfig": {"subnetId": "[parameters('subnet')]"}}})
    parameters = {"subnet": {"type": "string", "defaultValue": SUBNET}}
    audit = audit_of(tmp_path, a={"parameters": parameters, "resources": [image]})

    commands = [need.command for chapter in audit.by_hand for need in chapter.needs]
    assert 'az role assignment create --assignee "$account" --role "Network Contributor" --scope "$subnet"' in commands


@pytest.mark.parametrize(
    ("converted", "total", "percent"),
    [(0, 3, "0 %"), (1, 301, "under 1 %"), (2, 3, "67 %"), (197, 199, "99 %"), (299, 300, "over 99 %"), (3, 3, "100 %")],
)
def test_only_all_are_100_percent_and_only_none_are_0(tmp_path: Path, converted: int, total: int, percent: str) -> None:
    audit = audit_of(tmp_path, good=named("a"), bad=f"{json.dumps(named('b'))[:-1]}")
    good, bad = (next(row for row in audit.rows if row.is_converted is one) for one in (True, False))
    some = replace(audit, rows=(*[good] * converted, *[bad] * (total - converted)))
    bar = as_text.render(some, color=False).partition("\n")[0].rpartition("  ")[2]
    assert ("█" in bar, "░" in bar) == (converted > 0, converted < total)
    assert f"{total} templates convert: {percent} " in as_text.render(some, color=False)
    assert f">{percent}</strong> of the templates convert" in as_page.html(some, **STAMP)
    caption = f"{converted} of {total} templates convert ({percent})"
    assert caption in as_page.html(some, **STAMP).partition('<div class="whole"')[2].partition("settings")[0]
    assert f"({percent})" in as_page.markdown(some, **STAMP)


def test_a_role_is_granted_once_and_says_where_a_wider_grant_does(tmp_path: Path) -> None:
    image = f"{SUBNET.partition('/providers')[0]}/providers/Microsoft.Compute/images/m"
    managed = {"type": "ManagedImage", "runOutputName": "m", "imageId": image, "location": "x"}
    vhd = {"type": "VHD", "runOutputName": "v"}
    audit = audit_of(tmp_path, a=template(distribute=[managed, vhd]), b=template(distribute=[managed]))
    [roles] = [chapter.needs for chapter in audit.by_hand if chapter.title == "Roles"]
    commands = [role.command for role in roles if role.command]
    assert commands
    assert len(commands) == len(set(commands))
    own = managed | {"imageId": image.replace(SUBNET.split("/")[2], "<subscriptionID>")}
    there = audit_of(tmp_path, c=template(distribute=[own]))
    about = [need.about for chapter in there.by_hand if chapter.title == "Roles" for need in chapter.needs]
    assert "; not needed where it is granted on the subscription" in "".join(about)


def test_what_is_to_act_on_is_the_same_number_in_the_table_and_in_sum(tmp_path: Path) -> None:
    audit = audit_of(tmp_path, a=named("a"), bad=named("b", source={"type": "Nope"}))
    assert [row.is_converted for row in audit.rows] == [True, False]
    assert sum(row.act for row in audit.rows) == sum(cause.count for cause in audit.asked[Asks.ACT])
    assert audit.to_act_on == sum(row.act > 0 for row in audit.rows)


def test_only_templates_that_convert_are_counted_and_what_the_others_will_ask_for_is_said_once(tmp_path: Path) -> None:
    both = {"type": "Shell", "name": "s", "inline": ["id"], "scriptUri": SCRIPT}
    bad = recent("b", dataDisks=[1], customize=[both])
    audit = audit_of(tmp_path, a=named("a"), b=bad, c=named("c", source={"type": "Nope"}))
    causes = [*(cause for causes in audit.asked.values() for cause in causes), *audit.refused]
    assert {name for cause in causes for name in cause.templates} == {"a.json"}
    assert audit.lost_settings == ()
    assert [(row.act, row.decide, row.know, row.lost) for row in audit.rows[1:]] == [(0, 0, 0, 0)] * 2
    assert audit.later == (1, 1)
    said = "1 template that does not convert yet has 1 more finding to act on"
    for shown in (as_page.html(audit, **STAMP), as_page.markdown(audit, **STAMP)):
        assert said in shown
    assert said in as_text.render(audit, color=False).replace("\n", " ")


def test_builds_that_are_unsafe_until_somebody_acts_are_counted_apart_from_those_that_fail(tmp_path: Path) -> None:
    private = {"vmProfile": {"vnetConfig": {"subnetId": SUBNET}}}
    audit = audit_of(tmp_path, a=named("a"), b=template(properties=private), c=named("c"), d=named("d", source={"type": "X"}))
    assert [row.name for row in audit.rows if row.is_unsafe] == ["a.json", "c.json"]
    assert "2 builds are unsafe until somebody acts" in as_text.render(audit, color=False).replace("\n", " ")
    assert "2 builds are unsafe until somebody acts" in as_page.markdown(audit, **STAMP)
    assert ">2</strong> builds are unsafe until somebody acts" in as_page.html(audit, **STAMP)


def test_each_decision_asks_a_question(tmp_path: Path) -> None:
    every = {code for code in vars(codes).values() if isinstance(code, Code)}
    kinds = set(filter(is_decision, every))
    assert {code for code in every if code.question} == kinds
    assert all(code.question.endswith("?") for code in kinds)
    audit = audit_of(tmp_path, a=named("a"))
    for cause in audit.decisions:
        for shown in (as_page.html, as_page.markdown):
            assert cause.code.question in html.unescape(shown(audit, **STAMP)).replace("\\", "")


def test_what_each_of_many_files_says_is_in_the_report_with_its_place(tmp_path: Path) -> None:
    broken = {f"f{key}": f'{{"imageTemplates": "x"{key * 3}"}}' for key in "abcdef"}
    audit = audit_of(tmp_path, **broken)
    [cause] = audit.obstacles
    assert len(cause.said) == len(broken)
    for shown in (as_page.html(audit, **STAMP), as_page.markdown(audit, **STAMP)):
        text = re.sub(r"<[^>]*>|[`\\]", "", html.unescape(shown))
        assert "more like it" not in text
        for said in cause.said:
            assert said.message.replace("`", "")[1:] in text
            assert Path(said.places[0]).name in text
    assert "and 3 more: a report has all" in as_text.render(audit, color=False)


def test_a_folder_is_called_one_and_what_is_none_is_not(tmp_path: Path) -> None:
    audit = audit_of(tmp_path, a=named("a"))
    for of, is_folder in (("repository/images/", True), ("repository/images/web.json", False)):
        for shown in (as_page.html, as_page.markdown):
            text = re.sub(r"<[^>]*>|`", "", shown(audit, version="1", of=of, date="2026-11-27"))
            assert f"{'folder ' if is_folder else ''}{of}" in text
            assert ("folder repository" in text) is is_folder


def test_templates_that_need_nothing_are_counted(tmp_path: Path) -> None:
    private = {"vmProfile": {"vnetConfig": {"subnetId": SUBNET}}}
    options = Options(security_type=SecurityType.STANDARD)
    baseline = read_baseline('[[accepted]]\ncode = "AIB2P440"\nreason = "Each build gets a new version."\n')
    results = results_of(options, tmp_path, {"a": template(properties=private), "b": named("b")})
    audit = gather(accept(result, baseline, Severity.ERROR) for result in results)
    assert [(row.name, row.is_ready) for row in audit.rows] == [("a.json", True), ("b.json", False)]
    assert audit.ready == 1
    assert "1 of the 2 that convert waits for you" in as_page.markdown(audit, **STAMP)
    assert ">1</strong> of the 2 that convert waits for you" in as_page.html(audit, **STAMP)


def test_a_gallery_that_several_builds_publish_to_is_shared(tmp_path: Path) -> None:
    other = {**GALLERY_TARGET, "galleryImageId": f"{GALLERY}/images/other"}
    audit = audit_of(tmp_path, a=template(distribute=[GALLERY_TARGET]), b=template(distribute=[other]))
    [(gallery, templates)] = wanted(audit, "Galleries").items()
    assert gallery.endswith("/providers/Microsoft.Compute/galleries/golden")
    assert templates == ("a.json", "b.json")


def test_identities_that_several_build_vms_have_are_shared_beside_those_that_no_build_needs(tmp_path: Path) -> None:
    of = f"{SUBNET.partition('/providers')[0]}/providers/Microsoft.ManagedIdentity/userAssignedIdentities"
    own = {"identity": {"type": "UserAssigned", "userAssignedIdentities": {f"{of}/aib": {}}}}
    images = {name: named(name, vmProfile={"userAssignedIdentities": [f"{of}/vm"]}) | own for name in "ab"}
    audit = audit_of(tmp_path, **images)
    assert wanted(audit, "Identities") == {f"{of}/aib": ("a.json", "b.json")}
    assert wanted(audit, "Identities of build VMs") == {f"{of}/vm": ("a.json", "b.json")}


def test_the_minutes_of_a_run_are_told_where_the_input_has_them(tmp_path: Path) -> None:
    status = {"runState": "Succeeded", "startTime": "2026-01-05T10:00:00.1234567Z", "endTime": "2026-01-05T10:42:30Z"}
    failed = {**status, "runState": "Failed"}
    audit = audit_of(
        tmp_path,
        a=named("a", lastRunStatus=status),
        b=named("b", lastRunStatus={"runState": "Running"}),
        c=named("c", lastRunStatus=failed),
    )
    assert audit.with_last_run == 1
    assert audit.minutes == pytest.approx(42.5, abs=0.1)
    assert [row.last_run and row.last_run.state for row in audit.rows] == ["Succeeded", "Running", "Failed"]


def test_what_is_lost_is_named_once_beside_its_number_and_is_no_decision_too(tmp_path: Path) -> None:
    odd = {
        "customize": [{"type": "Shell", "name": "s", "inline": ["id"], "sourceUri": "x"}],
        "dataDisks": [{"lun": 0, "size": 8}],
    }
    audit = audit_of(tmp_path, **{name: recent(name, **odd) for name in "ab"}, c=recent("c", **odd, source={"type": "Nope"}))
    assert [(one.name, one.settings, one.templates) for one in audit.lost_settings] == [
        ("dataDisks", 4, ("a.json", "b.json")),
        ("customize[].sourceUri", 2, ("a.json", "b.json")),
    ]
    assert audit.losing == 2
    assert audit.lost_in_builds == 6
    assert [cause.code.id for cause in audit.lost] == ["AIB2P201"]
    page, text = as_page.markdown(audit, **STAMP), as_text.render(audit, color=False)
    assert (
        page.count("Unknown setting") == page.count("customize\\[\\].sourceUri` |") + 3
    )  # two settings, and where it is refused
    assert "   2  AIB2P201 dataDisks: unknown setting\n   2  AIB2P201 customize[].sourceUri: unknown setting\n" in text
    assert "AIB2P201 unknown setting (see above)" in text
    assert "AIB2P201" not in {cause.code.id for cause in audit.decisions}


def test_what_is_open_is_written_in_one_way_and_what_a_parameter_has_without_a_user_stands_in_its_place(tmp_path: Path) -> None:
    parameters = {"sku": {"type": "string"}, "offer": {"type": "string", "defaultValue": "ubuntu"}, "id": {"type": "string"}}
    late = {"type": "PlatformImage", "publisher": "<publisher>", "offer": "[parameters('offer')]", "sku": "[parameters('sku')]"}
    image = template(
        source=late,
        identity={"type": "UserAssigned", "userAssignedIdentities": {"[concat(parameters('id'), 'x')]": {}}},
        distribute=[{**GALLERY_TARGET, "galleryImageId": "[parameters('id')]"}],
    )
    deployed = {"parameters": parameters, "resources": [image]}
    audit = audit_with(Options(os_type=OsType.LINUX), tmp_path, {"a": deployed, "b": deployed})
    assert list(wanted(audit, "Source images")) == ["$publisher:ubuntu:$sku:latest"]
    assert list(wanted(audit, "Identities")) == ["${id}x"]
    assert list(wanted(audit, "Targets")) == ["gallery $id"]
    assert list(wanted(audit, "Galleries")) == ["$id"]


def test_what_is_switched_off_is_neither_converted_nor_a_failure(tmp_path: Path) -> None:
    off = {"resources": [{**named("off"), "condition": False}]}
    both = {"resources": [{**named("on"), "copy": {"name": "c", "count": 0}}, named("b")]}
    audit = audit_of(tmp_path, a=named("a"), b=off, c=both)
    assert (audit.converted, audit.total, audit.share, audit.left_out) == (2, 2, 100.0, 2)
    assert [row.outcome for row in audit.rows] == ["converted", "left out", "converted"]
    assert "2 of 2 templates convert: 100 %" in as_text.render(audit, color=False)
    assert ">100 %</strong> of the templates convert: 2;" in as_page.html(audit, **STAMP)


def test_each_chapter_is_in_the_menu_and_each_address_leads_somewhere(tmp_path: Path) -> None:
    page = as_page.html(
        audit_of(tmp_path, a=recent("a", dataDisks=[1]), b=named("b"), c=named("c", source={"type": "X"})), **STAMP
    )
    menu = page[page.index("<nav") : page.index("</nav>")]
    assert {"#lost", "#refused", "#roles", "#hosts-and-ports", "#image-definitions", "#scripts-and-files", "#terms"} <= set(
        re.findall(r'href="([^"]*)"', menu)
    )
    ids = re.findall(r' id="([^"]*)"', page)
    assert len(ids) == len(set(ids))
    assert {address[1:] for address in re.findall(r'href="([^"]*)"', page)} <= set(ids)


def test_a_page_says_in_which_order_to_work_as_far_as_there_is_work(tmp_path: Path) -> None:
    some = audit_of(tmp_path, a=named("a"), b=named("b", source={"type": "Nope"}))
    none = replace(some, rows=some.rows[:1], asked=dict.fromkeys(Asks, ()), by_hand=())
    for page in (as_page.html, as_page.markdown):
        order = page(some, **STAMP).partition("Order of work")[2].partition("step by step")[0]
        assert [word for word in ("Correct", "Act on", "Decide", "Prepare", "Run") if word in order] == order_of(order)
        assert "the 1 template that does not convert yet, or leave it out" in order
        assert order_of(page(none, **STAMP).partition("Order of work")[2].partition("step by step")[0]) == ["Run"]


def order_of(text: str) -> list[str]:
    """The first words of the steps of a list."""
    return re.findall(r"(?:^1\. |<li>(?:<a[^>]*>)?)(Correct|Act on|Decide|Prepare|Run)", text, re.MULTILINE)


def test_only_terms_that_occur_are_explained(tmp_path: Path) -> None:
    told = [term.name for term in terms(audit_of(tmp_path, a=named("a")))]
    assert "customizer" in told
    assert not {"WinRM", "VHD", "Sysprep"} & set(told)


def test_on_a_terminal_nothing_is_wider_than_80_columns(tmp_path: Path) -> None:
    long = {f"n{'x' * 120}": named("a" * 60), "漢" * 60: named("b")}
    shown = as_text.render(audit_of(tmp_path, **long, broken='{"imageTemplates": '), color=False)
    assert max(map(columns, shown.splitlines())) <= 80
    assert "2 of 3 templates convert: 67 %" in shown
    for part in (
        "Not converted, by cause",
        "To act on",
        "To decide, once for all templates concerned",
        "By hand: Roles",
        "Shared: Scripts and files",
    ):
        assert f"\n{part}\n" in shown


def test_json_has_what_the_other_reports_have(tmp_path: Path) -> None:
    audit = audit_of(tmp_path, a=named("a"), b=named("b", source={"type": "Nope"}))
    document = json.loads(as_json.render(audit, **STAMP))
    assert (document["converted"], document["share"]) == (1, 50.0)
    assert [one["template"] for one in document["templates"]] == ["a.json", "b.json"]
    assert document["notConverted"][0]["code"] == "AIB2P104"
    assert document["byHand"]["Roles"][0]["command"].startswith("az role assignment create ")


def test_markdown_shows_hostile_names_as_text(tmp_path: Path) -> None:
    page = as_page.markdown(audit_of(tmp_path, a=named("a", vmProfile={HOSTILE: 1})), **STAMP)
    made = MarkdownIt("commonmark").enable("table").render(page)
    assert "<img" not in made
    assert "<script" not in made
    assert made.count("<table>") >= 4


def hostile_page(folder: Path) -> Path:
    broken = named("b", **{HOSTILE: 1, "vmProfile": {"userAssignedIdentities": [HOSTILE], "vmSize": HOSTILE}})
    audit = audit_of(folder, a=named(HOSTILE), b=broken, c=named("c", source={"type": HOSTILE}), **{HOSTILE_FILE: named("d")})
    page = folder / "page.html"
    page.write_text(as_page.html(audit, **STAMP), encoding="utf-8")
    return page


def test_the_page_loads_nothing_and_has_no_script(tmp_path: Path) -> None:
    text = hostile_page(tmp_path).read_text(encoding="utf-8")
    tags = re.findall(r"<(\w+)", text)
    assert not {"script", "img", "link", "iframe", "object", "embed", "base", "form"} & set(tags)
    assert not re.search(r"<[^>]*\s(?:src|srcset|on\w+|action)\s*=", text)
    assert set(re.findall(r'href="([^"]*)"', text)) <= {f"#{part}" for part in re.findall(r' id="([^"]*)"', text)}
    assert not re.search(r"url\(|@import|expression\(", text)
    assert not re.search(r'class="[^"]*None', text)
    assert "default-src &#39;none&#39;" not in text
    assert "default-src 'none'; style-src 'unsafe-inline'" in text
    assert "\u202e" not in text


def browse(page: Path, *options: str) -> subprocess.CompletedProcess[bytes]:
    """A page in a real browser, which has a folder of its own for what it keeps."""
    if BROWSER is None:
        pytest.skip("there is no Chromium on PATH: apt-get install chromium")
    command = [BROWSER, "--headless=new", "--no-sandbox", "--disable-gpu", f"--user-data-dir={page.parent / 'profile'}"]
    return subprocess.run([*command, *options, page.as_uri()], capture_output=True, check=False, timeout=120)


def test_what_stands_between_backticks_is_code_and_stays_text() -> None:
    page = html_environment().from_string("{{ text | prose }}")
    assert page.render(text="run `a <b>` & `c`") == "run <code>a &lt;b&gt;</code> &amp; <code>c</code>"
    assert page.render(text="one ` alone <i>") == "one ` alone &lt;i&gt;"


def test_in_a_browser_hostile_names_are_text(tmp_path: Path) -> None:
    done = browse(hostile_page(tmp_path), "--dump-dom", "--virtual-time-budget=2000")
    dom = done.stdout.decode().replace("<wbr>", "")
    assert done.returncode == 0
    assert re.search("<title>From Azure Image Builder to Packer: 1 of 4 templates convert</title>", dom)
    assert "<script" not in dom
    assert "<img" not in dom
    assert html.escape("<script>document.title='out'</script>", quote=False) in dom


def test_in_a_browser_the_page_has_a_dark_form_and_prints(tmp_path: Path) -> None:
    page = hostile_page(tmp_path)
    printed = tmp_path / "page.pdf"
    browse(page, f"--print-to-pdf={printed}", "--no-pdf-header-footer")
    assert printed.read_bytes().startswith(b"%PDF-")
    shots = []
    for scheme in ("0", "1"):  # dark, light
        shot = tmp_path / f"{scheme}.png"
        browse(page, f"--screenshot={shot}", "--window-size=1200,900", f"--blink-settings=preferredColorScheme={scheme}")
        shots.append(shot.read_bytes())
    assert all(shot.startswith(b"\x89PNG") for shot in shots)
    assert shots[0] != shots[1]


def test_in_a_browser_nothing_is_wider_than_a_phone(tmp_path: Path) -> None:
    page = hostile_page(tmp_path)
    measure = "<script>document.title=document.documentElement.scrollWidth+' of '+document.documentElement.clientWidth</script>"
    text = re.sub(r'<meta http-equiv="Content-Security-Policy"[^>]*>', "", page.read_text(encoding="utf-8"))
    page.write_text(text.replace("</body>", f"{measure}</body>"), encoding="utf-8")
    title = re.search(r"<title>(\d+) of (\d+)</title>", browse(page, "--dump-dom", "--window-size=500,900").stdout.decode())
    assert title is not None
    assert int(title[1]) <= int(title[2])


# Baselines


ENTRY = '[[accepted]]\ncode = "AIB2P412"\ntemplate = "{}"\nreason = "The builds run where nobody else is."\n'


def test_a_baseline_knows_findings_by_code_and_template_and_tells_what_is_gone(tmp_path: Path) -> None:
    found = findings_of(tmp_path, a=named("a"), b=named("b"))
    public = [(name, finding) for name, finding in found if finding.code is OPEN_TO_THE_INTERNET]
    assert [name for name, _ in public] == ["a.json", "b.json"]
    one = read_baseline(ENTRY.format("a.*"))
    assert [is_accepted(one, name, finding) for name, finding in public] == [True, False]
    for entry, gone in (("a.*", []), ("gone.json", ["gone.json"])):
        use = Use(read_baseline(ENTRY.format(entry)))
        for name, finding in found:
            use.see(name, (finding,))
        assert [unused.template for unused in use.gone(whole=True)] == gone


IMAGE_TO_STORE = {
    "type": "SharedImage",
    "runOutputName": "o",
    "galleryImageId": "/subscriptions/1/resourceGroups/g/providers/Microsoft.Compute/galleries/a/images/b",
    "storageAccountType": "Premium_LRS",
}


def is_accepted(baseline: Baseline, template: str, finding: Finding) -> bool:
    return baseline.applied(template, [finding])[0].accepted != ""


def test_whoever_accepts_a_code_accepts_what_was_a_part_of_it_and_not_the_other_way_round(tmp_path: Path) -> None:
    found = [
        (name, finding)
        for name, finding in findings_of(tmp_path, a=template(identity={"type": "None"}, distribute=[IMAGE_TO_STORE]))
        if finding.code.formerly is SERVICE_REFUSES
    ]
    assert [finding.code.id for _, finding in found] == ["AIB2P441", "AIB2P445"]
    for code, known in (("AIB2P406", [True, True]), ("AIB2P445", [False, True])):
        baseline = read_baseline(f'[[accepted]]\ncode = "{code}"\nreason = "x"\n')
        assert [is_accepted(baseline, name, finding) for name, finding in found] == known


def test_a_baseline_that_was_written_wants_reasons_first(tmp_path: Path) -> None:
    found = findings_of(tmp_path, a=named("a"))
    text = write_baseline(found, Path())
    with pytest.raises(InputError, match="has no reason: say why it is accepted"):
        read_baseline(text)
    baseline = read_baseline(text.replace('"..."', '"It is so."'))
    assert all(is_accepted(baseline, name, finding) for name, finding in found)


def test_an_entry_that_was_written_is_for_that_one_file_whatever_folder_the_command_runs_in(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    [(_, finding)] = [pair for pair in findings_of(tmp_path, a=named("a")) if pair[1].code is OPEN_TO_THE_INTERNET]
    monkeypatch.chdir(tmp_path)
    resource = "/subscriptions/1/resourceGroups/g/providers/Microsoft.VirtualMachineImages/imageTemplates/w"
    for name, other in (
        ("a.json", "sub/a.json"),
        ("sub/a.json", "sub/sub/a.json"),
        (str(tmp_path / "a.json"), str(tmp_path / "sub/a.json")),
        ("a.json (one)", "a.json (two)"),
        ("<stdin>", "sub/<stdin>"),
        (resource, f"{resource}2"),
    ):
        text = write_baseline([(name, finding)], tmp_path).replace('"..."', '"It is so."')
        assert [is_accepted(read_baseline(text, tmp_path), one, finding) for one in (name, other)] == [True, False], name
    text = write_baseline([("sub/a.json", finding)], tmp_path).replace('"..."', '"It is so."')
    (tmp_path / "sub").mkdir()
    monkeypatch.chdir(tmp_path / "sub")
    assert [is_accepted(read_baseline(text, tmp_path), one, finding) for one in ("a.json", "sub/a.json")] == [True, False]


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("[[accepted]", "it is not TOML"),
        ("a = 1", "something other"),
        ('[[accepted]]\ncode = "AIB2P999"\nreason = "x"', "entry 1 must have an existing code"),
        ('[[accepted]]\ncode = "412"\nreason = " "', "has no reason"),
        ('[[accepted]]\ncode = "412"\nreason = "x"\nwhy = "y"', "entry 1 must have"),
    ],
)
def test_a_baseline_that_cannot_be_meant_is_refused(text: str, message: str) -> None:
    with pytest.raises(InputError, match=re.escape(message)):
        read_baseline(text)
