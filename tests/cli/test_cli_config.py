"""aib2packer.toml: options for a folder and for single templates."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

import pytest

from tests.cli.test_cli import GOOD, SUBSCRIPTION, TEMPLATE, WRONG, convert, files_in, run
from tests.cli.test_cli_estate import SIZED, deployment, lay, values

if TYPE_CHECKING:
    from pathlib import Path

UNKNOWN_SYSTEM = (
    GOOD.replace("Canonical", "contoso").replace("0001-com-ubuntu-server-jammy", "x").replace("22_04-lts-gen2", "y")
)


def hcl(folder: Path, name: str) -> str:
    return (folder / "out" / name / "build.pkr.hcl").read_text(encoding="utf-8")


def configure(folder: Path, text: str) -> None:
    (folder / "aib2packer.toml").write_text(text, encoding="utf-8")


def test_options_for_all_are_defaults_that_the_command_line_overrides(tmp_path: Path) -> None:
    lay(tmp_path, in__a_json=GOOD)
    configure(tmp_path, 'auth = "msi"\nexclude = ["b.*"]\nresolve = true\n')
    assert "use_azure_cli_auth" not in convert("in/a.json", cwd=tmp_path)[1]
    assert "use_azure_cli_auth" in convert("in/a.json", "--auth", "cli", cwd=tmp_path)[1]
    assert "use_azure_cli_auth" in convert("in/a.json", "--config", "", cwd=tmp_path)[1]
    assert "use_azure_cli_auth" not in convert("a.json", cwd=tmp_path / "in")[1]  # it is looked for in the folders above too


def test_a_project_file_holds_them_too(tmp_path: Path) -> None:
    lay(tmp_path, a_json=GOOD)
    (tmp_path / "pyproject.toml").write_text('[tool.aib2packer]\nauth = "msi"\n', encoding="utf-8")
    assert "use_azure_cli_auth" not in convert("a.json", cwd=tmp_path)[1]


def test_single_templates_get_options_of_their_own(tmp_path: Path) -> None:
    lay(tmp_path, linux__a_json=UNKNOWN_SYSTEM, windows__b_json=UNKNOWN_SYSTEM.replace('"Shell"', '"PowerShell"'), c_json=SIZED)
    lay(tmp_path, common_parameters_json=values(size="Standard_D2s_v5", owner="everybody"))
    configure(
        tmp_path,
        """
[[template]]
match = "linux/**"
os-type = "linux"
folder = "images/{stem}"

[[template]]
match = ["windows/*.json"]
os-type = "windows"
winrm-bootstrap = "user-data"

[[template]]
match = "c.json"
parameters = ["common.parameters.json"]
set = { owner = "me" }
""",
    )
    status, _, stderr = convert(".", "-o", "out", cwd=tmp_path)
    assert status == 0, stderr
    assert files_in(tmp_path / "out") >= {"images/a/build.pkr.hcl", "windows/t/build.pkr.hcl", "t/build.pkr.hcl"}
    assert 'os_type         = "Linux"' in hcl(tmp_path, "images/a")
    assert "user_data" in hcl(tmp_path, "windows/t")
    given = next((tmp_path / "out/t").glob("*.auto.pkrvars.hcl")).read_text(encoding="utf-8")
    assert '"me"' in given
    assert '"Standard_D2s_v5"' in given


def test_environments_are_named_or_found_by_a_pattern(tmp_path: Path) -> None:
    lay(tmp_path, web_json=SIZED)
    for name in ("dev", "prod"):
        lay(tmp_path, **{f"env__web_parameters_{name}_json": values(size=f"Standard_{name}")})
    by_name = '{ dev = "env/web.parameters.dev.json", prod = "env/web.parameters.prod.json" }'
    for environments in ('["env/{stem}.parameters.*.json"]', by_name):
        configure(tmp_path, f'[[template]]\nmatch = "web.json"\nenvironments = {environments}\n')
        status, _, stderr = convert("web.json", "-o", "out", "--force", cwd=tmp_path)
        assert status == 0, stderr
        for name in ("dev", "prod"):
            assert f'"Standard_{name}"' in (tmp_path / f"out/{name}.pkrvars.hcl").read_text(encoding="utf-8")


def test_a_rule_for_templates_leaves_other_files_alone_and_names_itself_where_a_file_is_missing(tmp_path: Path) -> None:
    lay(tmp_path, in__c_json=SIZED)
    lay(tmp_path / "in", c_dev_parameters_json=values(size="Standard_D2s_v5"), c_prod_parameters_json=values(size="D4"))
    configure(tmp_path, '[[template]]\nmatch = "in/*.json"\nenvironments = "in/{stem}.*.parameters.json"\n')
    status, _, stderr = convert("in", "-o", "out", cwd=tmp_path)
    assert status == 0, stderr
    assert files_in(tmp_path / "out" / "t") >= {"dev.pkrvars.hcl", "prod.pkrvars.hcl"}
    lay(tmp_path, in__d_json=SIZED)
    status, _, stderr = convert("in", "-o", "out", cwd=tmp_path)
    assert status == 2
    assert "aib2packer.toml: AIB2P020 error: `environments` of in/d.json names in/d.*.parameters.json: no such file" in stderr


def test_a_rule_that_is_for_no_template_is_told_where_its_folder_was_searched(tmp_path: Path) -> None:
    lay(tmp_path, in__a_json=GOOD, in__b_json=GOOD)
    rules = ('["lnux/*", "in/x.json"]', '"in/a.*"')
    configure(tmp_path, "\n".join(f'[[template]]\nmatch = {rule}\nauth = "msi"' for rule in rules))
    told = "aib2packer.toml: [[template]] with match = `lnux/*`, `in/x.json` matches no template here; check the spelling."
    assert told in convert(".", "-o", "out", cwd=tmp_path)[2]
    assert told in run("audit", ".", cwd=tmp_path).stderr.decode()
    assert told not in convert("in", "-o", "out2", cwd=tmp_path)[2]
    assert told not in convert("in/b.json", cwd=tmp_path)[2]
    assert told not in convert(".", "-o", "out", "--force", "-q", cwd=tmp_path)[2]


def test_what_moves_gets_its_new_name_wherever_it_stands(tmp_path: Path) -> None:
    new = "99999999-9999-9999-9999-999999999999"
    image = f"[concat('/subscriptions/{SUBSCRIPTION}/resourceGroups/RG/providers/Microsoft.Compute/images/', 't')]"
    target = {**TEMPLATE["properties"]["distribute"][0], "imageId": image}
    moved = deployment({**TEMPLATE, "properties": {**TEMPLATE["properties"], "distribute": [target]}})
    lay(tmp_path, in__a_json=GOOD, in__b_json=moved, in__c_json=GOOD.replace('"echo hé"', '"echo rg rg-2 my.rg"'))
    configure(tmp_path, f'[replace]\n"{SUBSCRIPTION}" = "{new}"\n"rg" = "packer-images"\n')
    status, _, stderr = convert("in", "-o", "out", cwd=tmp_path)
    assert status == 0, stderr
    for name in "tb":
        assert f'= "{new}"' in hcl(tmp_path, name)
        assert 'managed_image_resource_group_name = "packer-images"' in hcl(tmp_path, name)
    assert "echo packer-images rg-2 my.rg" in hcl(tmp_path, "c")
    assert convert("-", stdin=GOOD, cwd=tmp_path)[1].count(new) == 1


def test_an_entry_of_replace_that_occurs_nowhere_is_told(tmp_path: Path) -> None:
    lay(tmp_path, in__a_json=GOOD, in__b_json=GOOD.replace('"echo hé"', '"echo old-gallery"'))
    configure(tmp_path, f'[replace]\n"{SUBSCRIPTION.upper()}" = "x"\n"old-gallery" = "new"\n"gallery" = "new"\n"typo" = "y"\n')
    told = "`gallery`, `typo` in [replace] occur in no template here; check the spelling."
    for arguments in (("convert", "in", "-o", "out"), ("audit", "in")):
        said = run(*arguments, cwd=tmp_path).stderr.decode()
        assert told in said
        assert "old-gallery" not in said
    assert "`old-gallery`, `gallery`, `typo` in [replace] occur" in convert("in/a.json", cwd=tmp_path)[2]


def test_findings_point_at_what_stands_in_the_file_that_was_replaced(tmp_path: Path) -> None:
    lay(tmp_path, a_json=GOOD.replace('"runOutputName": "t"', '"runOutputName": "t", "nonsense": "[[rg]"'))
    configure(tmp_path, '[replace]\n"rg" = "a-much-longer-name-of-a-resource-group"\n')
    assert "nonsense" in convert("a.json", "-v", cwd=tmp_path)[2]


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ('os-type = "linux"', "`os-type` is about single templates: write it below [[template]]"),
        ('oath = "cli"', "there is no option `oath`; did you mean `auth`?"),
        ('auth = "nobody"', "'nobody' is not one of"),
        ('[[template]]\nos-type = "linux"', "does not say which templates it is for"),
        ('[[template]]\nmatch = "*"\nos-type = "dos"', "'dos' is not one of"),
        ("[[template]", "is not TOML"),
        ("[replace]\nold = 1", "does not give each old name a new one"),
        ('[[template]]\nmatch = "*"\nparameters = "gone.json"', "names gone.json: no such file"),
        ('[[template]]\nmatch = "*"\nfolder = "one"', "goes to the folder one, as "),
        *(
            (f'[[template]]\nmatch = "*"\nfolder = "{name}"', "no folder below that of all builds")
            for name in ("../{stem}", "/tmp/{stem}", "$(pwned)", "", "nul", "pipelines/{stem}", "{stem}/../..")
        ),
        *(
            (f'[[template]]\nmatch = "*"\n{key} = {value}', "is not what it should be")
            for key, value in (
                ("folder", "1"),
                ("parameters", "7"),
                ("parameters", '[""]'),
                ("environments", "{a = 1}"),
                ("set", "{a = 2026-01-01}"),
            )
        ),
        ('[[template]]\nmatch = "*"\nparameters = "/gone/*"', "names /gone/*: no such file"),
        ('[[template]]\nmatch = "*"\nenvironments = {"../a" = "a.json"}', "is no name for an environment"),
        ('[[template]]\nmatch = "*"\nmax-size = [1]', "max-size: give one value"),
        ("max-size = 2026-01-01", "max-size: give one value"),
        ("exclude = [1]", "exclude: give a list of texts"),
        ('report = "../r.json"', "lies outside of the folder of this file"),
        (f"a = {'[' * 9_999}", "nested too deeply"),
    ],
)
def test_what_cannot_be_meant_is_told(tmp_path: Path, text: str, message: str) -> None:
    lay(tmp_path, in__a_json=GOOD, in__b_json=GOOD)
    configure(tmp_path, text)
    status, _, stderr = convert("in", "-o", "out", cwd=tmp_path)
    assert status == 2
    assert message in " ".join(stderr.split())
    assert not (tmp_path / "out").exists()


def test_options_for_single_templates_do_not_silently_hold_for_all(tmp_path: Path) -> None:
    lay(tmp_path, in__a_json=GOOD, in__b_json=GOOD)
    _, _, stderr = convert("in", "-o", "out", "--os-type", "linux", cwd=tmp_path)
    assert "--os-type holds for all templates here; aib2packer.toml gives options to single templates.\n" in stderr
    status, _, stderr = convert("in", "-o", "out", "--name", "t", cwd=tmp_path)
    assert status == 2
    assert "--name chooses in one input" in stderr


def test_options_of_another_command_may_stand_in_the_file(tmp_path: Path) -> None:
    lay(tmp_path, a_json=GOOD)
    configure(tmp_path, "fail-under = 90\n")
    assert convert("a.json", cwd=tmp_path)[0] == 0
    assert json.loads(GOOD)


@pytest.mark.parametrize("name", ["aib2packer.toml", "pyproject.toml"])
def test_the_nearest_file_above_each_template_counts_before_that_of_the_working_folder(tmp_path: Path, name: str) -> None:
    lay(
        tmp_path,
        repo__linux__a_json=GOOD,
        repo__windows__b_json=GOOD.replace('"name": "t"', '"name": "b"'),
        other__c_json=GOOD,
        work__d_json=GOOD,
    )
    head = "[tool.aib2packer]\n" if name == "pyproject.toml" else ""
    (tmp_path / "repo" / name).write_text(f'{head}auth = "msi"\n', encoding="utf-8")
    (tmp_path / "repo/windows" / name).write_text(f'{head}auth = "oidc"\n', encoding="utf-8")
    (tmp_path / "work" / name).write_text(f'{head}auth = "service-principal"\n', encoding="utf-8")

    def signed_in(*inputs: str) -> dict[str, str]:
        out = tmp_path / str(len(list(tmp_path.iterdir())))
        convert(*inputs, "-o", out, cwd=tmp_path / "work")
        texts = {file.parent.name: file.read_text(encoding="utf-8") for file in out.rglob("*.pkr.hcl")}
        return {
            folder: "oidc" if "oidc" in text else "secret" if "client_secret" in text else "msi"
            for folder, text in texts.items()
        }

    assert signed_in("../repo") == {"t": "msi", "b": "oidc"}
    assert [*signed_in("../repo/windows").values()] == ["oidc"]
    assert [*signed_in("../other/c.json").values()] == ["secret"]
    assert signed_in("../other/c.json", "../repo/linux/a.json", "../repo/windows") == {"t": "secret", "a": "msi", "b": "oidc"}


def test_a_file_further_down_holds_in_place_of_the_one_above_and_has_rules_names_and_exceptions_of_its_own(
    tmp_path: Path,
) -> None:
    lay(tmp_path, in__a_json=GOOD, in__shop__b_json=GOOD, in__shop__c_json=GOOD, in__shop__old__d_json=GOOD)
    configure(tmp_path, f'auth = "msi"\n[replace]\n"{SUBSCRIPTION}" = "everywhere"\n')
    configure(
        tmp_path / "in/shop",
        f"""
annotate = true
exclude = ["old/**"]
baseline = "known.toml"
[replace]
"{SUBSCRIPTION}" = "shop"
"mistyped" = "x"
[[template]]
match = "c.json"
folder = "windows/{{stem}}"
""",
    )
    status, _, stderr = convert("in", "-o", "out", cwd=tmp_path)
    assert status == 0, stderr
    assert {name for name in files_in(tmp_path / "out") if name.endswith(".pkr.hcl")} == {
        "t/build.pkr.hcl",
        "shop/t/build.pkr.hcl",
        "windows/c/build.pkr.hcl",
    }
    assert ('"everywhere"' in hcl(tmp_path, "t"), '"shop"' in hcl(tmp_path, "shop/t")) == (True, True)
    assert ["use_azure_cli_auth" in hcl(tmp_path, name) for name in ("t", "shop/t", "windows/c")] == [False, True, True]
    assert ["# in/shop/b.json:" in hcl(tmp_path, name) for name in ("t", "shop/t")] == [False, True]
    nested = tmp_path / "in/shop/aib2packer.toml"
    assert f"{nested}: `mistyped` in [replace] occurs in no template here" in stderr
    assert f"{nested}: `baseline` is about a whole run, and holds for one that begins in that folder.\n" in stderr


def test_options_of_the_command_line_and_a_file_that_it_names_count_before_those_further_down(tmp_path: Path) -> None:
    lay(tmp_path, in__shop__b_json=GOOD, in__shop__c_json=GOOD)
    configure(tmp_path / "in/shop", 'auth = "msi"\nexclude = ["c.*"]\n')
    assert convert("in", "-o", "out", "--auth", "cli", "--exclude", "b.*", cwd=tmp_path)[0] == 0
    assert "use_azure_cli_auth" in hcl(tmp_path, "shop/t")
    assert not (tmp_path / "out/shop/b").exists()
    assert convert("in", "-o", "out", "--force", "--config", "", cwd=tmp_path)[0] == 0
    assert "use_azure_cli_auth" in hcl(tmp_path, "shop/b")


def test_files_that_are_all_left_out_are_told(tmp_path: Path) -> None:
    lay(tmp_path, in__shop__b_json=GOOD)
    configure(tmp_path / "in/shop", 'exclude = ["*"]\n')
    for arguments in (("convert", "in", "-o", "out"), ("audit", "in")):
        done = run(*arguments, cwd=tmp_path)
        assert done.returncode == 2
        assert "`exclude` leaves all of them out" in done.stderr.decode()


def test_a_file_that_an_option_names_lies_from_the_folder_of_the_configuration_on(tmp_path: Path) -> None:
    lay(tmp_path, repo__in__a_json=WRONG)
    configure(tmp_path / "repo", 'baseline = "known.toml"\n')
    (tmp_path / "repo/known.toml").write_text(
        '[[accepted]]\ncode = "AIB2P104"\ntemplate = "in/*"\nreason = "It is not built any more."\n', encoding="utf-8"
    )
    assert convert("repo/in/a.json", cwd=tmp_path)[0] == 0
    assert convert("repo/in/a.json", "--config", "", cwd=tmp_path)[0] == 1


def test_of_a_configuration_that_was_found_no_option_is_blamed(tmp_path: Path) -> None:
    (tmp_path / "web.json").write_text(GOOD, encoding="utf-8")
    (tmp_path / "aib2packer.toml").write_text("nope = 1\n", encoding="utf-8")
    found = run("convert", "web.json", cwd=tmp_path)
    assert found.returncode == 2
    assert b"there is no option `nope`" in found.stderr
    assert b"--config" not in found.stderr
    assert b"--config" in run("convert", "web.json", "--config", "aib2packer.toml", cwd=tmp_path).stderr


@pytest.mark.parametrize("option", ["--report", "--findings-file"])
def test_what_is_reported_replaces_no_file_that_is_read(tmp_path: Path, option: str) -> None:
    (tmp_path / "web.json").write_text(GOOD, encoding="utf-8")
    done = run("convert", "web.json", "-o", "out", option, "./web.json", cwd=tmp_path)
    assert done.returncode == 2
    assert b"would replace a file that this run reads" in done.stderr
    assert (tmp_path / "web.json").read_text(encoding="utf-8") == GOOD
