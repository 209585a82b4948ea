"""What a run of several templates leaves: the page, the values, the record, and what it does with files of earlier runs."""

from __future__ import annotations

import errno
import json
import os
import re
import shlex
import signal
from pathlib import Path
from urllib.parse import unquote

import pytest
from click.testing import CliRunner

from aib2packer.app.output import OutputError
from aib2packer.cli import main
from aib2packer.estate import landing, record
from aib2packer.text.checksum import sha256_of
from tests.estate.runs import convert, image, lay, state


@pytest.fixture(autouse=True)
def _in_a_folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    lay("in", web=image("web"), db=image("db"), deep__app=image("app"))


def test_the_record_has_the_digest_of_each_file() -> None:
    assert convert("in", "-o", "out")[0] == 0

    files = state()
    recorded = json.loads(files.pop(".aib2packer.json"))
    assert recorded["files"] == {path: sha256_of(content) for path, content in files.items()}
    assert recorded["builds"] == {"db": "../in/db.json", "deep/app": "../in/deep/app.json", "web": "../in/web.json"}


def test_a_folder_is_called_as_the_image_template_in_the_file() -> None:
    named = {
        "parameters": {"n": {"type": "string", "defaultValue": "Mail"}},
        "resources": [image("[concat(parameters('n'), ' 1')]")],
    }
    lay("in", one=image("API"), two=image("[uniqueString(resourceGroup().id)]"), three=image("a/b"), web=image("db"), p=named)

    assert convert("in", "-o", "out")[0] == 0

    assert json.loads(Path("out/.aib2packer.json").read_bytes())["builds"] == {
        "API": "../in/one.json",
        "Mail 1": "../in/p.json",
        "a-b": "../in/three.json",
        "db": "../in/db.json",
        "deep/app": "../in/deep/app.json",
        "two": "../in/two.json",  # only Azure knows its name
        "web": "../in/web.json",  # another one is called as it is
    }
    assert convert("in", "-o", "out", "--check")[0] == 0


def test_a_folder_that_was_given_stays_whatever_comes_before_it() -> None:
    convert("in", "-o", "out")
    lay("in", a=image("WEB"), c=image("app"))

    assert convert("in", "-o", "out", "--prune")[0] == 0

    assert json.loads(Path("out/.aib2packer.json").read_bytes())["builds"] == {
        "a": "../in/a.json",
        "app": "../in/c.json",
        "db": "../in/db.json",
        "deep/app": "../in/deep/app.json",
        "web": "../in/web.json",
    }


def test_a_template_that_cannot_be_read_this_time_keeps_the_folder_of_its_name() -> None:
    lay("in", file=image("called"))
    convert("in", "-o", "out")
    before = state()
    Path("in/file.json").write_text('{"type": "Microsoft.VirtualMachineImages/imageTemplates"', encoding="utf-8")

    convert("in", "-o", "out", "--prune")

    after = state()
    assert {path for path in before if path.startswith("called/")} == {path for path in after if path.startswith("called/")}
    assert json.loads(after[".aib2packer.json"])["builds"]["called"] == "../in/file.json"


def test_a_second_run_changes_nothing_and_says_that_all_is_up_to_date() -> None:
    convert("in", "-o", "out")
    before = state()

    assert convert("in", "-o", "out")[0] == 0
    assert state() == before
    assert convert("in", "-o", "out", "--check")[0] == 0


def test_the_pipelines_keep_up_with_the_templates_until_somebody_changes_what_they_run() -> None:
    convert("in", "-o", "out")
    lay("in", desk=image("desk"))
    assert convert("in", "-o", "out", "--check")[0] == 1
    assert convert("in", "-o", "out")[0] == 0
    assert "desk" in {one["name"] for one in json.loads(Path("out/pipelines/builds.json").read_bytes())}
    assert "build_desk" in Path("out/pipelines/azure-pipelines.yml").read_text(encoding="utf-8")

    builds = Path("out/pipelines/builds.json")
    builds.write_text(json.dumps([one for one in json.loads(builds.read_bytes()) if one["name"] != "web"]), encoding="utf-8")
    changed = builds.read_bytes()
    Path("in/db.json").unlink()
    status, said = convert("in", "-o", "out", "--prune")
    assert status == 0
    assert "it lacks web and names builds that no template becomes: db" in " ".join(said.split())
    assert builds.read_bytes() == changed
    assert "AIB2P498" not in convert("in/web.json", "in/desk.json", "-o", "out")[1]


def test_a_file_of_a_template_that_is_gone_is_told_and_stays() -> None:
    convert("in", "-o", "out")
    Path("in/db.json").unlink()

    status, said = convert("in", "-o", "out")

    assert status == 0
    assert re.search(r"files that this one does not make:\s+db/\.gitattributes,\s+db/\.gitignore,\s+db/MIGRATION\.md", said)
    assert "--prune" in said
    assert "db/build.pkr.hcl" in state()
    assert "`db`" not in Path("out/MIGRATION.md").read_text(encoding="utf-8")


def test_prune_removes_it_and_the_folder_that_is_empty_then() -> None:
    convert("in", "-o", "out")
    Path("in/deep/app.json").unlink()

    status, said = convert("in", "-o", "out", "--prune")

    assert status == 0
    assert "Removed from out, as no template makes it any more: deep/app/.gitattributes, deep/app/.gitignore," in " ".join(
        said.split()
    )
    assert "this one does not make" not in said
    assert "AIB2P438" not in said
    assert not re.search(r"^out +for all", said, re.MULTILINE)  # nothing is left to decide
    assert not Path("out/deep").exists()
    assert not [path for path in json.loads(Path("out/.aib2packer.json").read_bytes())["files"] if path.startswith("deep")]


@pytest.mark.parametrize("templates", [("in/web.json", "in/db.json"), ("in/deep",), ("{}/in/web.json", "{}/in/db.json")])
def test_a_run_of_some_templates_leaves_what_became_of_the_others(templates: tuple[str, ...]) -> None:
    convert("in", "-o", "out")
    before = state()
    Path("out/web/scripts/07-old.sh").write_text("", encoding="utf-8")

    status, said = convert(*(one.format(Path.cwd()) for one in templates), "-o", "out", "--prune")

    assert status == 0
    assert "AIB2P466 note: the files for all builds stay as they are: this run was not given the templates of " in said
    assert state() == before | {"web/scripts/07-old.sh": b""}


def test_a_template_keeps_its_folder_from_wherever_a_run_begins(monkeypatch: pytest.MonkeyPatch) -> None:
    convert("in", "-o", "out")
    before = state()
    monkeypatch.chdir("in")

    assert convert(".", "-o", "../out", "--force")[0] == 0
    assert convert("deep", "-o", "../out", "--force")[0] == 0
    after = state("../out")
    assert after.keys() == before.keys()
    builds = [json.loads(files[".aib2packer.json"])["builds"] for files in (before, after)]
    assert builds[0] == builds[1]


def test_a_template_whose_name_is_that_of_one_not_in_the_run_gets_another_folder() -> None:
    convert("in", "-o", "out")
    lay("more", web=image("web"), x=image("x"))

    assert convert("more", "-o", "out")[0] == 0

    builds = json.loads(Path("out/.aib2packer.json").read_bytes())["builds"]
    assert {place: source for place, source in builds.items() if source.startswith("../more")} == {
        "web-2": "../more/web.json",
        "x": "../more/x.json",
    }


def test_pipelines_and_values_that_nobody_has_changed_follow_the_templates() -> None:
    convert("in", "-o", "out")
    lay("in", mail=image("mail"))
    Path("in/db.json").unlink()
    assert convert("in", "-o", "out", "--check")[0] == 1

    assert convert("in", "-o", "out", "--prune")[0] == 0

    names = [one["name"] for one in json.loads(Path("out/pipelines/builds.json").read_bytes())]
    assert names == ["deep-app", "mail", "web"]
    assert "name: mail\n" in Path("out/pipelines/azure-pipelines.yml").read_text(encoding="utf-8")
    assert convert("in", "-o", "out", "--check")[0] == 0


def test_a_pipeline_of_one_build_has_names_of_its_own_and_is_yours_once_it_is_there() -> None:
    long = "/".join(["very-long-name-of-a-folder-in-the-repository"] * 6)
    lay(
        "in",
        **{f"{long}/a": image("web", autoRun={"state": "Enabled"}), f"{long}/b": image("Web", autoRun={"state": "Enabled"})},
    )
    convert("in", "-o", "out")

    files = sorted(Path("out/pipelines/single").glob("github-actions-*.yml"))
    texts = [file.read_text(encoding="utf-8") for file in files]
    names = {name for text in texts for name in re.findall("^name: (.*)$", text, re.MULTILINE)}
    assert [len(files), len(names)] == [2, 2]
    assert max(len(file.name) for file in files) < 150
    assert not [*Path("out").rglob("very*/pipelines")]

    files[0].write_text(texts[0] + "# mine\n", encoding="utf-8")
    lay("in", mail=image("mail"))
    said = convert("in", "-o", "out", "--force")[1]
    assert files[0].read_text(encoding="utf-8").endswith("# mine\n")
    assert "single" not in said


def test_pipelines_that_somebody_has_changed_stay_and_what_they_lack_is_told() -> None:
    convert("in", "-o", "out")
    changed = [Path("out/pipelines/builds.json"), Path("out/pipelines/azure-pipelines.yml")]
    for path in changed:
        path.write_text(path.read_text(encoding="utf-8") + "\n", encoding="utf-8")
    lay("in", mail=image("mail"))
    Path("in/db.json").unlink()

    said = " ".join(convert("in", "-o", "out", "--prune", "--force")[1].split())

    assert not [path for path in changed if "mail" in path.read_text(encoding="utf-8")]
    told = "somebody has changed this file, so it stays as it is: it lacks mail and names builds that no template becomes: db"
    assert told in said
    assert f"out/pipelines/azure-pipelines.yml: AIB2P498 note: {told}" in said
    assert f"{told} at out/pipelines/azure-pipelines.yml, out/pipelines/builds.json" in said


def test_an_interrupt_while_files_are_removed_waits_until_all_are_gone(monkeypatch: pytest.MonkeyPatch) -> None:
    convert("in", "-o", "out")
    Path("in/deep/app.json").unlink()
    remove = record.remove

    def interrupted(folder: Path, path: str) -> None:
        os.kill(os.getpid(), signal.SIGINT)
        remove(folder, path)

    monkeypatch.setattr(record, "remove", interrupted)

    convert("in", "-o", "out", "--prune")

    assert not Path("out/deep").exists()
    assert not [path for path in json.loads(Path("out/.aib2packer.json").read_bytes())["files"] if path.startswith("deep")]


@pytest.mark.parametrize("error", [OSError(errno.EROFS, "read-only"), SystemExit(137)], ids=["refused", "killed"])
def test_what_could_not_be_removed_is_known_to_the_next_run(error: BaseException, monkeypatch: pytest.MonkeyPatch) -> None:
    convert("in", "-o", "out")
    Path("in/deep/app.json").unlink()
    remove, refused = record.remove, []

    def failing(folder: Path, path: str) -> None:
        if path.endswith("MIGRATION.md"):
            refused.append(path)
            raise error
        remove(folder, path)

    with monkeypatch.context() as patched:
        patched.setattr(record, "remove", failing)
        convert("in", "-o", "out", "--prune")
    assert refused
    assert Path("out", refused[0]).exists()

    _, said = convert("in", "-o", "out")
    assert refused[0] in said
    convert("in", "-o", "out", "--prune")
    assert not Path("out/deep").exists()


def test_prune_on_a_full_disk_leaves_a_record_that_the_next_run_understands(monkeypatch: pytest.MonkeyPatch) -> None:
    convert("in", "-o", "out")
    Path("in/deep/app.json").unlink()

    def full(*_: object, **__: object) -> None:
        raise OutputError(Path("out/.aib2packer.json"), "no space left", "Make room.")

    with monkeypatch.context() as patched:
        patched.setattr(landing, "write", full)
        convert("in", "-o", "out", "--prune")

    status, said = convert("in", "-o", "out", "--check")
    assert status == 0, said
    assert not Path("out/deep").exists()


def test_prune_leaves_what_somebody_changed_and_what_was_never_ours() -> None:
    convert("in", "-o", "out")
    Path("in/db.json").unlink()
    Path("out/db/build.pkr.hcl").write_text("# mine now\n", encoding="utf-8")
    Path("out/db/notes.txt").write_text("mine\n", encoding="utf-8")

    status, said = convert("in", "-o", "out", "--prune")

    assert status == 0
    assert {path for path in state() if path.startswith("db/")} == {"db/build.pkr.hcl", "db/notes.txt"}
    assert "somebody has changed files that earlier runs made and this one does not make:" in " ".join(said.split())


@pytest.mark.parametrize("indent", [None, 4])
def test_a_record_that_another_program_has_written_again_says_the_same(indent: int | None) -> None:
    convert("in", "-o", "out")
    file = Path("out/.aib2packer.json")
    as_written = record.read(Path("out"))
    file.write_text(json.dumps(json.loads(file.read_bytes()), indent=indent), encoding="utf-8")

    again = record.read(Path("out"))

    assert [*again.files.items()] == [*as_written.files.items()]
    assert again.builds == as_written.builds
    assert len(again.files) > len(again.builds) > 0


def test_a_record_that_is_cut_off_says_nothing() -> None:
    convert("in", "-o", "out")
    file = Path("out/.aib2packer.json")
    file.write_bytes(b"".join(file.read_bytes().splitlines(keepends=True)[:-2]))

    assert len(record.read(Path("out")).files) == 0


@pytest.mark.parametrize("path", ["../secret", "/etc/passwd", "a/../../secret", "a\\..\\secret", "link/secret"])
def test_a_record_that_names_a_file_elsewhere_removes_nothing(path: str) -> None:
    convert("in", "-o", "out")
    Path("secret").write_text("x", encoding="utf-8")
    Path("elsewhere").mkdir()
    Path("elsewhere/secret").write_text("x", encoding="utf-8")
    Path("out/link").symlink_to("../elsewhere")
    file = Path("out/.aib2packer.json")
    document = json.loads(file.read_bytes())
    document["files"][path] = sha256_of(b"x")
    file.write_text(json.dumps(document), encoding="utf-8")

    convert("in", "-o", "out", "--prune")

    assert Path("secret").exists()
    assert Path("elsewhere/secret").exists()


@pytest.mark.parametrize(
    "path", ["C:/secret", "c:secret", ".git/config", "nul", "a//b", "./a", "a\0b", "a:b", "", "~/a", "x\u202ey"]
)
def test_a_record_names_only_what_a_run_may_have_written(path: str) -> None:
    Path("out").mkdir()
    files = {path: "0", "web/.gitignore": "1", "web/scripts/01-a b.sh": "2"}
    Path("out/.aib2packer.json").write_text(json.dumps({"formatVersion": 1, "files": files}), encoding="utf-8")

    assert {one for one, _ in record.read(Path("out")).files.items()} == files.keys() - {path}


@pytest.mark.parametrize(
    "text",
    ["", "{", "[]", "[" * 9_999, "9" * 9_999, '{"formatVersion": 2, "files": {"a": "b"}}', '{"formatVersion": 1, "files": 3}'],
)
def test_a_record_that_says_nothing_is_as_none(text: str) -> None:
    Path("out").mkdir()
    Path("out/.aib2packer.json").write_text(text, encoding="utf-8")

    read = record.read(Path("out"))
    assert (len(read.files), read.builds) == (0, {})


def test_what_a_template_that_fails_this_time_has_made_before_is_let_be() -> None:
    convert("in", "-o", "out")
    before = state()
    lay("in", db={"type": "Microsoft.VirtualMachineImages/imageTemplates"})

    status, said = convert("in", "-o", "out", "--prune")

    assert status == 1
    assert "AIB2P438" not in said
    assert {path for path in before if path.startswith("db/")} <= set(state())


def test_named_templates_let_be_what_lies_at_the_top_for_all() -> None:
    convert("in", "-o", "out")
    before = state()

    status, said = convert("in/web.json", "in/db.json", "-o", "out")

    assert status == 0
    assert "AIB2P438" not in said
    assert state() == before


def test_the_page_is_brought_up_to_date_without_force_unless_somebody_changed_it() -> None:
    convert("in", "-o", "out")
    lay("in", more=image("more"))
    assert convert("in", "-o", "out")[0] == 0
    page = Path("out/MIGRATION.md")
    assert "`more`" in page.read_text(encoding="utf-8")

    page.write_text("mine\n", encoding="utf-8")
    status, said = convert("in", "-o", "out")

    assert status == 1
    assert "out/MIGRATION.md: AIB2P021" in said
    assert "Converted 4 of 4 templates." in said
    assert page.read_text(encoding="utf-8") == "mine\n"


@pytest.mark.parametrize("how", [("-o", "out", "--force"), ("-o", "out/", "--check"), ("--into", "out")])
def test_a_single_build_is_not_laid_over_what_is_about_all_builds(how: tuple[str, ...]) -> None:
    convert("in", "-o", "out")
    lay("other", more=image("more"))
    before = state()

    for template, remedy in (("in/web.json", "name its folder: -o out/web."), ("other/more.json", "give another folder.")):
        status, said = convert(template, *how)
        assert status == 2
        assert said.startswith("out: AIB2P021 error: holds the builds of .aib2packer.json")
        assert f"= help: Convert all templates together. For one alone, {remedy}\n" in said
        assert state() == before

    assert convert("in/web.json", "-o", "out/web", "--force")[0] == 0


def test_check_says_which_lines_of_a_file_force_would_undo() -> None:
    convert("in", "-o", "out")
    file = Path("out/web/build.pkr.hcl")
    lines = file.read_text(encoding="utf-8").splitlines(keepends=True)
    at = next(number for number, line in enumerate(lines) if "required_version" in line)
    lines[at] = lines[at].replace("1.13.0", "1.14.0")
    file.write_text("".join((*lines, "# mine\n", "# too\n")), encoding="utf-8")

    status, said = convert("in", "-o", "out", "--check")

    assert status == 1
    assert f"written: --force would undo lines {at + 1}, {len(lines) + 1} to {len(lines) + 2}\n" in said


def test_prune_and_check_exclude_each_other() -> None:
    assert convert("in", "-o", "out", "--check", "--prune")[0] == 2


def test_a_header_names_the_source_and_stays_within_a_hundred_columns() -> None:
    lay("in", long=image("n" * 64, validate={"inVMValidations": [{"type": "Shell", "inline": ["true"]}]}))
    convert("in", "-o", "out")

    for path, content in state().items():
        if path.endswith("build.pkr.hcl"):
            head = content.decode().partition("\n\n")[0].splitlines()
            assert max(map(len, head)) <= 100
            assert any(line.startswith("# sha256 ") and "aib2packer" in line for line in head)
            assert any("MIGRATION.md" in line for line in head)
    source = Path("out/deep/app/build.pkr.hcl").read_text(encoding="utf-8").splitlines()[1:3]
    assert source[0] == "# Source: in/deep/app.json"
    assert source[1].startswith(f"# sha256 {sha256_of(Path('in/deep/app.json').read_bytes())},")


def test_a_template_named_as_what_lies_at_the_top_gets_another_folder() -> None:
    lay("in", a=image("pipelines"), b=image("Migration.md"), inventory=image("inventory.sh"))
    assert convert("in", "-o", "out")[0] == 0

    assert {"a/build.pkr.hcl", "b/build.pkr.hcl", "inventory/build.pkr.hcl"} <= set(state())


def test_names_that_mean_something_in_markdown_are_text() -> None:
    lay("in", **{"a|b [x](y) `c`": image("web|<b>*x*")})
    assert convert("in", "-o", "out")[0] == 0

    page = Path("out/MIGRATION.md").read_text(encoding="utf-8")
    assert "<b>" not in page.replace("`", "")
    rows = [line for line in page.splitlines() if line.startswith(("| [`", "| `"))]
    assert len([row for row in rows if row.count("|") - row.count("\\|") == 9]) == 4


def test_ids_that_builds_have_in_common_can_be_given_to_all_of_them_at_once() -> None:
    group = "/subscriptions/11111111-1111-1111-1111-111111111111/resourceGroups/rg/providers"
    subnet, identity = (
        f"{group}/Microsoft.Network/virtualNetworks/vnet/subnets/a",
        f"{group}/Microsoft.ManagedIdentity/userAssignedIdentities/Id",
    )
    target = {
        "type": "SharedImage",
        "galleryImageId": f"{group}/Microsoft.Compute/galleries/Corp/images/i",
        "runOutputName": "i",
    }
    shared = {"vmProfile": {"userAssignedIdentities": [identity], "vnetConfig": {"subnetId": subnet}}, "distribute": [target]}
    lay("in", web=image("web", **shared), db=image("db", **shared))

    assert convert("in", "-o", "out")[0] == 0

    values = Path("out/estate.pkrvars.hcl").read_text(encoding="utf-8")
    assert re.findall(r"(?m)^# (\w+ = .*)$", values) == [
        "side_by_side = false",
        f'gallery_corp_11111111 = "{group}/Microsoft.Compute/galleries/Corp"',
        f'identity_rg_id_11111111 = "{identity}"',
        f'subnet_rg_vnet_a_11111111 = "{subnet}"',
    ]
    build = Path("out/web/build.pkr.hcl").read_text(encoding="utf-8")
    assert build.count(group) == 3  # the defaults
    for setting in (
        "subscription_id = local.subnet_rg_vnet_a_11111111_parts[2]",
        "virtual_network_subnet_name = local.subnet_rg_vnet_a_11111111_parts[10]",
        "gallery_name = local.gallery_corp_11111111_parts[8]",
        "user_assigned_managed_identities = [var.identity_rg_id_11111111]",
        'gallery_version_id = "${var.gallery_corp_11111111}/images/i/versions/${local.image_version}"',
    ):
        assert setting in re.sub(" +", " ", build)


def test_an_id_that_a_script_names_stays_as_it_is() -> None:
    group = "/subscriptions/11111111-1111-1111-1111-111111111111/resourceGroups/rg/providers"
    images = [f"{group}/Microsoft.Compute/galleries/golden/images/{name}" for name in ("one", "two")]
    targets = [{"type": "SharedImage", "galleryImageId": one, "runOutputName": one[-3:]} for one in images]
    lay("in", web=image("web", distribute=targets), db=image("db"))

    assert convert("in", "-o", "out")[0] == 0

    assert "gallery_golden" not in Path("out/web/build.pkr.hcl").read_text(encoding="utf-8")


def test_ids_of_one_name_in_two_subscriptions_are_two_values_for_all() -> None:
    galleries = [
        f"/subscriptions/{digit * 8}-1111-1111-1111-111111111111/resourceGroups/rg/providers/Microsoft.Compute/galleries/golden"
        for digit in "12"
    ]

    def into(name: str, gallery: str) -> dict[str, object]:
        target = {"type": "SharedImage", "galleryImageId": f"{gallery}/images/{name}", "runOutputName": name}
        return image(name, distribute=[target])

    lay("in", web=into("web", galleries[0]), db=into("db", galleries[0]), deep__app=into("app", galleries[1]))
    lay("in", mail=into("mail", galleries[1]))

    assert convert("in", "-o", "out")[0] == 0

    values = Path("out/estate.pkrvars.hcl").read_text(encoding="utf-8")
    assert f'gallery_golden_11111111 = "{galleries[0]}"' in values
    assert f'gallery_golden_22222222 = "{galleries[1]}"' in values


def test_a_local_is_declared_once_whatever_names_it() -> None:
    gallery = (
        "/subscriptions/11111111-1111-1111-1111-111111111111/resourceGroups/rg/providers/Microsoft.Compute/galleries/golden"
    )
    definition = {"type": "SharedImage", "galleryImageId": f"{gallery}/images/one", "runOutputName": "one"}
    elsewhere = {"type": "ManagedImage", "location": "eastus", "runOutputName": "two"}
    elsewhere["imageId"] = f"{gallery.partition('/galleries')[0]}/images/two"
    step = {"type": "Shell", "inline": ["[concat('echo ', variables('gallery'))]"]}
    of_variable = {**definition, "galleryImageId": "[concat(variables('gallery'), '/images/one')]"}
    web = image("web", customize=[step], distribute=[elsewhere, of_variable])
    named = {"variables": {"gallery": gallery}, "resources": [web]}
    lay("in", web=named, db=image("db", distribute=[elsewhere, definition]))

    assert convert("in", "-o", "out")[0] == 0

    for name in ("web", "db"):
        text = Path(f"out/{name}/build.pkr.hcl").read_text(encoding="utf-8")
        declared = re.findall(r"^  (\w+) += ", text.partition("locals {")[2].partition("\n}\n")[0], re.MULTILINE)
        assert "gallery_version_id" in declared
        assert len(declared) == len(set(declared))


def test_the_pipeline_leads_the_azure_cli_to_another_cloud_first() -> None:
    assert convert("in", "-o", "out", "--cloud", "AzureUSGovernment")[0] == 0

    for name in ("github-actions", "azure-pipelines"):
        text = Path(f"out/pipelines/{name}.yml").read_text(encoding="utf-8")
        assert text.index("az cloud set --name AzureUSGovernment") < text.index("pipelines/run.sh")


def test_a_build_takes_values_of_its_own_after_those_for_all() -> None:
    def wanting(own: str, *names: str) -> dict[str, object]:
        parameters = {name: {"type": "string", "metadata": {"description": f"The {name}."}} for name in names}
        return {
            "parameters": parameters,
            "resources": [image(own) | {"tags": {name: f"[parameters('{name}')]" for name in names}}],
        }

    lay("in", web=wanting("web", "team"), deep__app=wanting("app", "team", "owner"))
    assert convert("in", "-o", "out")[0] == 0

    commands = {one["name"]: one["commands"][-1] for one in json.loads(Path("out/pipelines/builds.json").read_bytes())}
    assert commands["web"].endswith("packer build -var-file=../estate.pkrvars.hcl -var-file=values.pkrvars.hcl .")
    assert commands["deep-app"].endswith("packer build -var-file=../../estate.pkrvars.hcl -var-file=values.pkrvars.hcl .")
    page = Path("out/MIGRATION.md").read_text(encoding="utf-8")
    assert (
        "In `deep/app`, that is `-var-file=../../estate.pkrvars.hcl -var-file=values.pkrvars.hcl`. The pipelines do so." in page
    )
    assert "Other values that a build needs are in `deep/app/example.pkrvars.hcl`:" in page


def test_a_value_whose_name_says_that_it_is_secret_is_in_no_file_for_all() -> None:
    names = ("acctKey", "apiToken", "sshPublicKey", "keyVault")
    parameters = {name: {"type": "string", "metadata": {"description": f"The {name}."}} for name in names}
    tags = {name: f"[parameters('{name}')]" for name in names}
    own = {name: {"parameters": parameters, "resources": [image(name) | {"tags": tags}]} for name in ("web", "db")}
    lay("in", **own)
    convert("in", "-o", "out")

    offered = set(re.findall(r"^# (\w+) =", Path("out/estate.pkrvars.hcl").read_text(encoding="utf-8"), re.MULTILINE))
    assert {"ssh_public_key", "key_vault"} <= offered
    assert not offered & {"acct_key", "api_token"}


def test_versions_of_packer_are_held_back_with_one_line_where_nothing_releases_them() -> None:
    group = "/subscriptions/11111111-1111-1111-1111-111111111111/resourceGroups/rg/providers"
    target = {"type": "SharedImage", "galleryImageId": f"{group}/Microsoft.Compute/galleries/g/images/i", "runOutputName": "i"}
    checks = {"inVMValidations": [{"type": "Shell", "inline": ["true"]}]}
    lay("in", web=image("web", distribute=[target]), db=image("db", distribute=[target]))
    lay("in", checked=image("checked", distribute=[target], validate=checks))
    lay("in", open=image("open", distribute=[target | {"excludeFromLatest": True}]))
    convert("in", "-o", "out")

    page = Path("out/MIGRATION.md").read_text(encoding="utf-8")
    assert "`side_by_side = true`, once for all in `estate.pkrvars.hcl`, for `db`, `deep/app`, `web`; for others by" in page
    assert "# For db, deep/app, web.\n# Whether Image Builder" in Path("out/estate.pkrvars.hcl").read_text(encoding="utf-8")
    assert "exclude_from_latest = true" in Path("out/open/build.pkr.hcl").read_text(encoding="utf-8")
    assert convert("in/web.json", "-o", "alone")[0] == 0
    assert "side_by_side" not in Path("alone/build.pkr.hcl").read_text(encoding="utf-8")


def test_ids_that_differ_in_case_alone_are_one_value_for_all_and_one_definition() -> None:
    plain = "/subscriptions/11111111-1111-1111-1111-111111111111/resourceGroups/rg-net/providers"
    subnet, definition = f"{plain}/Microsoft.Network/virtualNetworks/vn/subnets/build", "Microsoft.Compute/galleries/g/images/i"
    for name, subnet_id, image_id in (("web", subnet, definition), ("db", subnet.upper(), definition.upper())):
        target = {"type": "SharedImage", "galleryImageId": f"{plain}/{image_id}", "runOutputName": "i"}
        lay("in", **{name: image(name, distribute=[target], vmProfile={"vnetConfig": {"subnetId": subnet_id}})})
    convert("in", "-o", "out")

    shared = Path("out/estate.pkrvars.hcl").read_text(encoding="utf-8")
    assert "# For db, web.\n# Subnet of the build VM.\n" in shared
    page = Path("out/MIGRATION.md").read_text(encoding="utf-8")
    assert "`db`, `web` make versions of the same image definition" in page.replace(" and `web`", ", `web`")
    assert len(re.findall("(?i)sig image-version list .* --gallery-image-definition i ", page)) == 1


def managed(image_id: str) -> dict[str, object]:
    return {"type": "ManagedImage", "imageId": image_id, "location": "westeurope", "runOutputName": "x"}


def moves(page: str) -> list[list[str]]:
    """The words of the commands that move images."""
    return [shlex.split(line) for line in page.splitlines() if line.startswith("az resource move ")]


def test_an_old_managed_image_is_moved_aside_in_its_own_subscription_when_image_builder_has_stopped() -> None:
    made = "[resourceId(parameters('group'), 'Microsoft.Compute/images', 'desk')]"
    lay("in", desk={"parameters": {"group": {"type": "string"}}, "resources": [image("desk", distribute=[managed(made)])]})
    convert("in", "-o", "out")

    for page in (Path("out/MIGRATION.md"), Path("out/desk/MIGRATION.md")):
        text = page.read_text(encoding="utf-8")
        there, packers, back = moves(text)
        aside, new = (one[one.index("--destination-group") + 1] for one in (there, packers))
        place = "/subscriptions/$subscription_id/resourceGroups/{}/providers/Microsoft.Compute/images/desk"
        assert there == [*there[:4], "$subscription_id", "--destination-group", aside, "--ids", place.format("$group")]
        assert packers == [*there[:4], "$subscription_id", "--destination-group", new, "--ids", place.format("$group")]
        assert back == [*there[:4], "$subscription_id", "--destination-group", "$group", "--ids", place.format(aside)]
        assert there[3] == "--subscription"
        assert re.fullmatch(r"old-[$]group-[0-9a-f]{6}", aside)
        assert new == aside.replace("old-", "new-", 1)
        words = ("until the cut-over", "az image builder wait", "az resource move", "az image builder run", "az image delete")
        order = [text.index(one) for one in words]
        assert order == sorted(order)
        assert re.findall("az image delete --ids (.*)", text) == [f'"{place.format(aside)}"']
        assert "group=..." in text


def test_a_group_for_old_images_is_no_other_and_has_a_name_that_azure_takes() -> None:
    groups = ["a", "old-a", f"{'g' * 85}x", f"{'g' * 85}y", "g" * 90]
    ids = [f"/subscriptions/s/resourceGroups/{group}/providers/Microsoft.Compute/images/web" for group in groups]
    lay("in", **{f"web{number}": image("web", distribute=[managed(one)]) for number, one in enumerate(ids)})
    convert("in", "-o", "out")

    found = moves(Path("out/MIGRATION.md").read_text(encoding="utf-8"))
    asides = {words[words.index("--destination-group") + 1] for words in found} - set(groups)
    assert len(asides) == 2 * len(groups)
    assert {one for one in asides if len(one) > 90} == set()


def test_until_the_cut_over_a_managed_image_of_packer_has_another_name() -> None:
    place = "/subscriptions/s/resourceGroups/g/providers/Microsoft.Compute"
    shared = {"type": "SharedImage", "galleryImageId": f"{place}/galleries/g/images/<image>", "runOutputName": "s"}
    lay("in", own=image("own", distribute=[managed(f"{place}/images/<image>")]))
    lay("in", plain=image("plain", distribute=[managed(f"{place}/images/web")]))
    lay(
        "in",
        both=image("both", distribute=[managed(f"{place}/images/<image>"), shared | {"replicationRegions": ["westeurope"]}]),
    )
    lay("in", id=image("id", distribute=[managed("<id>")]), part=image("part", distribute=[managed(f"{place}/images/<a>-x")]))
    lay("in", again=image("again", distribute=[managed(f"{place}/images/web")]))
    convert("in", "-o", "out")

    names = ("own", "plain", "both", "id", "part")
    pages = {name: Path(f"out/{name}/MIGRATION.md").read_text(encoding="utf-8") for name in names}
    said = {name: re.findall(r"until the cut-over build with `(.*)`, and", page) for name, page in pages.items()}
    assert said == {
        "own": ["-var image=..."],
        "plain": ["-var managed_image_name=web-1"],
        "both": ["-var managed_image_name=..."],
        "id": ["-var id=..."],
        "part": ["-var managed_image_name=..."],
    }
    hcl = {name: Path(f"out/{name}/build.pkr.hcl").read_text(encoding="utf-8") for name in names}
    assert "managed_image_name                = var.image\n" in hcl["own"]
    assert "managed_image_name                = var.managed_image_name\n" in hcl["plain"]
    for name, own in (("both", "var.image"), ("part", '"${var.a}-x"')):
        assert f"managed_image_name = var.managed_image_name != null ? var.managed_image_name : {own}\n" in hcl[name]
    page = Path("out/MIGRATION.md").read_text(encoding="utf-8")
    where = "as the pages of these builds say: `again`, `both`, `id`, `own`, `part`, `plain`."
    assert page.index(where) < page.index("Begin with the build")
    assert "`again`, `plain` write the same image" in page
    assert len(re.findall(f"az resource move .* --ids {place}/images/web\n", page)) == 2


def test_an_id_in_another_group_is_put_together_of_parts_of_an_id() -> None:
    lay(
        "in",
        desk={
            "parameters": {"image": {"type": "string"}},
            "resources": [image("desk", distribute=[managed("[parameters('image')]")])],
        },
    )
    convert("in", "-o", "out")

    page = Path("out/MIGRATION.md").read_text(encoding="utf-8")
    subscription, group, name = (f"$image_field_{n}" for n in (3, 5, 9))
    (aside,) = set(re.findall(r'--destination-group ("old-[$]image_field_5-[0-9a-f]{6}")', page))
    assert (
        len(re.findall(r'^image=\.{3}.*\nimage_field_3=[$][(]echo "[$]image" [|] cut -d / -f 3[)]$', page, re.MULTILINE)) == 2
    )  # roles, cut-over
    moved = f'"/subscriptions/{subscription}/resourceGroups/{aside[1:-1]}/providers/Microsoft.Compute/images/{name}"'
    move = f'az resource move --subscription "{subscription}" --destination-group'
    assert f'{move} {aside} --ids "$image"\n' in page
    assert f'{move} "{group}" --ids {moved}\n' in page
    assert [line for line in page.splitlines() if line.startswith("az image delete")] == [f"az image delete --ids {moved}"]


def test_a_value_for_all_is_for_builds_that_have_none_of_their_own_and_gives_way_to_files_of_a_build() -> None:
    def wanting(own: str) -> dict[str, object]:
        parameters = {name: {"type": "string", "metadata": {"description": f"The {name}."}} for name in ("owner", "team")}
        return {"parameters": parameters, "resources": [image(own) | {"tags": {n: f"[parameters('{n}')]" for n in parameters}}]}

    def values(**given: str) -> dict[str, object]:
        return {"parameters": {name: {"value": value} for name, value in given.items()}}

    lay("own", a=wanting("a"), b=wanting("b"), c=wanting("c"), d=wanting("d"))
    lay("own", **{"b.parameters": values(team="own"), "d.parameters": values()})
    lay("own", **{"c.my dev.parameters": values(team="own", owner=""), "c.prod.parameters": values(team="own", owner="own")})
    assert convert("own", "-o", "out", "--parameters-beside")[0] == 0

    for_all = Path("out/estate.pkrvars.hcl").read_text(encoding="utf-8")
    assert "# For a, d.\n# The team." in for_all
    assert "# For a, b, c, d.\n# The owner." in for_all
    commands = {one["name"]: one["commands"] for one in json.loads(Path("out/pipelines/builds.json").read_bytes())}
    after = "-var-file=../estate.pkrvars.hcl "
    assert {name: [line.partition(after)[2] for line in lines[1:]] for name, lines in commands.items()} == {
        "a": ["-var-file=values.pkrvars.hcl ."] * 2,
        "b": ["-var-file=b.auto.pkrvars.hcl -var-file=values.pkrvars.hcl ."] * 2,
        "c-my-dev": ["-var-file='my dev.pkrvars.hcl' ."] * 2,
        "c-prod": ["-var-file=prod.pkrvars.hcl ."] * 2,
        "d": ["-var-file=values.pkrvars.hcl ."] * 2,
    }
    page = Path("out/MIGRATION.md").read_text(encoding="utf-8")
    assert "are at the end of its file: `c/my dev.pkrvars.hcl`, `c/prod.pkrvars.hcl`." in page


def test_roles_name_their_scopes_and_say_where_one_line_is_for_several_things() -> None:
    profile = {"vnetConfig": {"subnetId": "[parameters('subnet')]"}, "userAssignedIdentities": "[parameters('ids')]"}
    parameters = {"subnet": {"type": "string"}, "ids": {"type": "array"}}
    vhd = {"type": "VHD", "runOutputName": "vhd"}
    lay("in", web={"parameters": parameters, "resources": [image("web", vmProfile=profile, distribute=[vhd])]})
    assert convert("in", "-o", "out")[0] == 0

    page = Path("out/MIGRATION.md").read_text(encoding="utf-8")
    assert '| `"/subscriptions/$subscription_id"` | `db`, `deep/app` |' in page
    assert '| `"/subscriptions/$subnet_field_3"` | `web` |' in page
    assert '--name "$vhd_storage_account" --query id --output tsv)"` | `web` |' in page
    assert "| an id that only the build knows | `web` |" in page
    assert "Builds may have different values for a variable" in page
    assert "A scope that only the build knows has no command" in page
    assert 'az provider unregister --subscription "$subscription" ' in page
    assert "\n\n\n" not in page


def test_what_a_baseline_accepts_is_not_on_the_page_of_all_builds() -> None:
    convert("in", "-o", "out")
    assert "## To act on" in Path("out/MIGRATION.md").read_text(encoding="utf-8")

    Path("known.toml").write_text('[[accepted]]\ncode = "AIB2P412"\nreason = "Nobody else is there."\n', encoding="utf-8")
    assert convert("in", "-o", "out", "--force", "--baseline", "known.toml", "--fail-on", "act")[0] == 0
    page = Path("out/MIGRATION.md").read_text(encoding="utf-8")
    assert "## To act on" not in page
    assert "| to act on |" in page


def test_what_is_lost_is_one_number_everywhere_and_templates_that_fail_count() -> None:
    lay(
        "in",
        web=image("web", vmProfile={"additionalDataDisks": [{"lun": 0, "sizeInGB": 8}]}),
        db=image("db", source={"type": "Nothing"}),
    )

    _, said = convert("in", "-o", "out", "--report", "r.json")

    found = re.search(r"(\d+) of (\d+) settings converted, (\d+) lost", said)
    assert found
    states = [setting["state"] for one in json.loads(Path("r.json").read_bytes())["templates"] for setting in one["settings"]]
    assert states.count("lost") == int(found[3])
    assert states.count("converted") == int(found[1])
    page = Path("out/MIGRATION.md").read_text(encoding="utf-8")
    where = f"{found[0]}, {int(found[3]) - 2} of them in templates that do not convert."
    assert f" {where}" in page
    assert f" {where}" in said
    assert re.search(r"^\| \[`web`\].* 2 \|$", page, re.MULTILINE)
    looked = CliRunner().invoke(main, ["audit", "in"]).stdout
    assert f"{found[1]} of {found[2]} settings are converted, {found[3]} are lost, 2 in templates that" in looked


def test_the_page_tells_templates_that_failed_from_such_as_are_left_out_and_why() -> None:
    off = {**image("off"), "condition": False}
    lay("in", off={"resources": [off]}, wrong=image("wrong") | {"properties": {}})

    status, said = convert("in", "-o", "out")

    page = Path("out/MIGRATION.md").read_text(encoding="utf-8")
    assert status == 1
    assert "1 image template left out" in " ".join(said.split())
    assert "3 builds, 1 that failed, and 1 left out." in page
    assert re.search(r"^\| `in/off\.json` \| .*condition is false", page, re.MULTILINE)


def test_the_page_of_all_builds_says_which_pages_ask_who_uses_an_image_named_by_a_variable() -> None:
    target = {"type": "ManagedImage", "imageId": "[parameters('image')]", "location": "westeurope", "runOutputName": "o"}
    parameters = {"image": {"type": "string"}}
    lay("in", late={"parameters": parameters, "resources": [image("late", distribute=[target])]})

    convert("in", "-o", "out")

    assert "The images of `late` are named by variables:" in Path("out/MIGRATION.md").read_text(encoding="utf-8")
    assert "cat > consumers.kql <<EOF\n" in Path("out/late/MIGRATION.md").read_text(encoding="utf-8")


def test_the_table_shows_names_as_they_are_and_leads_to_pages_whose_paths_need_escapes() -> None:
    made = "[format('/subscriptions/s/resourceGroups/g/providers/Microsoft.Compute/images/a{0}_b', parameters('my_name'))]"
    value = {"parameters": {"my_name": {"type": "string"}}, "resources": [image("x", distribute=[managed(made)])]}
    lay("in/a b@c", deploy=value, plain=image("plain"))
    convert("in", "-o", "out")

    page = Path("out/MIGRATION.md").read_text(encoding="utf-8")
    rows = {line.split("]")[0][4:-1]: line for line in page.splitlines() if line.startswith("| [")}
    (link,) = re.findall(r"\]\((.*?)\)", rows["a b@c/x"])
    assert Path("out", unquote(link)).is_file()
    assert r"managed image a\${my_name}_b" in rows["a b@c/x"].replace(r"\_", "_")
    assert page[page.index("Begin with the build") :].split("\n")[3] == "# a b@c/plain"


def test_a_build_of_several_that_is_converted_again_by_itself_is_still_one_of_them() -> None:
    lay("own/linux", shop=image("shop"), base=image("base"))
    convert("own", "-o", "out")

    (place,) = Path("out").rglob("shop")
    assert "the page of all builds" in Path(place, "MIGRATION.md").read_text(encoding="utf-8")
    assert convert("own/linux/shop.json", "-o", str(place), "--check")[0] == 0
    assert convert("own/linux/shop.json", "-o", "elsewhere")[0] == 0
    assert "the page of all builds" not in Path("elsewhere/MIGRATION.md").read_text(encoding="utf-8")


@pytest.mark.parametrize("repository", [True, False], ids=["in a repository", "without"])
def test_no_byte_depends_on_the_folder_that_a_run_is_started_from(*, repository: bool) -> None:
    lay("in", web=image("web"), **{"edge/app": image("app")})
    if repository:
        Path(".git").mkdir()
    assert convert("in", "-o", "out")[0] == 0
    before, here = state(), Path.cwd()
    for folder, arguments in (("in", (".", "-o", "../out")), ("/", (str(here / "in"), "-o", str(here / "out")))):
        os.chdir(folder)
        assert convert(*arguments, "--check")[0] == 0
        assert convert(arguments[0] + "/web.json", "-o", f"{arguments[2]}/web", "--check")[0] == 0
        os.chdir(here)

    assert state() == before
    assert b"\n# Source: in/edge/app.json\n" in before["edge/app/build.pkr.hcl"]


def test_what_builds_of_an_estate_make_on_the_way_has_names_that_case_does_not_make_one() -> None:
    same = ("linux/web", "windows/web", "linux/WEB2", "linux-web", f"a/{'x' * 60}", f"b/{'x' * 60}")
    lay("images", **{path: image("Web" if "2" in path else "web") for path in same})
    assert convert("images", "-o", "out")[0] == 0
    files = state()
    builds = [content.decode() for path, content in files.items() if path.endswith("/build.pkr.hcl")]
    stems = {stem.lower() for one in builds for stem in re.findall(r'temporary_group_name += "(packer-temporary-.*)\$', one)}

    assert len(stems) == len(builds) == len(same)
    assert {"packer-temporary-images.linux.web-", "packer-temporary-images.windows.web-"} <= stems
    deleted = [
        re.findall(r"starts_with\(name, '(packer-temporary-.*?)'\) && length", content.decode().lower())[0]
        for path, content in files.items()
        if path.endswith("/MIGRATION.md") and "/" in path
    ]
    assert sorted(deleted) == sorted(stems)
