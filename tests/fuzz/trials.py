"""What a campaign tries besides one input in JSON: Terraform, parameters files, builds among others, lists, whole folders."""

from __future__ import annotations

import json
import os
import tempfile
from contextlib import chdir
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeAlias

from click.testing import CliRunner

from aib2packer import Options, SourceText, convert
from aib2packer.cli import main
from tests.cases import CASES, folder_of, read_case
from tests.cases.templates import GALLERY_TARGET, template
from tests.fuzz.growth import grown
from tests.fuzz.mutations import HOSTILE, mutate

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping
    from random import Random

Json: TypeAlias = Any

_RESERVED = {"con", "prn", "aux", "nul", *(f"{port}{number}" for port in ("com", "lpt") for number in range(1, 10))}
_NOT_ON_WINDOWS = set('<>:"|?*\\')


@dataclass(frozen=True)
class Trial:
    """Something to try. `files` lie beside the input; with `arguments` it is the program that is run, on a folder `in`."""

    name: str
    data: bytes = b""
    options: Options = field(default_factory=Options)
    files: Mapping[str, bytes] = field(default_factory=dict)
    arguments: tuple[str, ...] = ()


# How a local value is made of the one before (`@`); `#` is a number.
_STEPS = (
    "@",
    '"${@}${@}"',
    '"${@}-#"',
    "[@, @]",
    "{ a = @, b = @ }",
    "concat([@], [@])",
    "merge({ k# = @ }, { l = @ })",
    "jsonencode([@, @])",
    "jsondecode(jsonencode(@))",
    "[for x in range(900) : @]",
    "{ for x in range(900) : tostring(x) => @ }",
    "flatten([@, [@, @]])",
    'join(",", [for x in range(99) : tostring(x)])',
    'format("%9999s%s", @, @)',
    'replace(@, "x", "xxxxxx")',
    'split("", @)',
    "setproduct([@, @], [@, @], [@, @])",
    "cidrsubnets(@, 4, 4)",
    'templatefile("${path.module}/t.tftpl", { a = @ })',
    'templatefile("t.tftpl", { a = @, b = @ })',
    'file("${path.module}/t.tftpl")',
    'try(@.x, @, "y")',
    "@[*].x",
    "coalescelist([@], [@])",
    'regexall("(x+x+)+y", @)',
    "yamldecode(yamlencode(@))",
    "base64encode(@)",
    "@ == @ ? @ : [@]",
    "var.p == @ ? @ : var.p",
    'zipmap([@, "#"], [@, @])',
    "chunklist(range(900), 1)",
    "range(0, 100000)",
    'csvdecode("a,b\\n${@}")',
    "can(@) ? @ : null",
    "module.m.x",
    "data.azurerm_x.y.z",
    "each.value",
    "count.index",
    '%{ for x in range(99) }"${x}"%{ endfor }',
    "<<-EOT\n  ${@}\n  %{ for x in range(99) ~}\n  ${x}${@}\n  %{ endfor ~}\n  EOT\n",
    "<<EOT\n${@}\nEOT\n",
    "-(-(-(@)))",
    "!@",
    "((((((((@))))))))",
    "@ + @ * @ - #",
)
_LEAVES = ('"x"', "7", "true", "null", "[]", "{}", "var.p", "var.list", '"${var.p}"', "azurerm_a.b.id", '"10.0.0.0/8"')
_TEMPLATES = (
    b"x${a}",
    b"%{ for x in range(900) }${a}${a}%{ endfor }",
    b"${a}" * 2_000,
    b'${templatefile("t.tftpl", { a = a })}',
    b"%{ if a }",
    b"\xff\0",
    b"",
)
_DYNAMIC = """  dynamic "a" {
    for_each = range(900)
    content {
      dynamic "b" {
        for_each = range(900)
        content {
          x = a.value
        }
      }
    }
  }
"""
_AROUND = (
    "",
    "  count = @\n",
    "  count = 5000\n",
    "  for_each = @\n",
    "  for_each = toset([for x in range(900) : tostring(x)])\n",
    "  for_each = { a = 1, b = 2 }\n",
    '  dynamic "identity" {\n    for_each = @\n    content {\n      type = "UserAssigned"\n    }\n  }\n',
    _DYNAMIC,
    "  depends_on = [azapi_resource.x]\n",
    "  lifecycle {\n    ignore_changes = all\n  }\n",
    "  a {\n" * 60 + "  }\n" * 60,
    "  /* " + "x" * 9_000 + " */\n",
)
_BODIES = (
    "{ properties = ! }",
    "jsonencode({ properties = ! })",
    '<<EOT\n{"properties": ${jsonencode(!)}}\nEOT\n',
    "@",
    "jsondecode(@)",
)


def terraform(random: Random) -> Trial:
    """A Terraform configuration that grows in some way; sometimes one of the cases, mutated."""
    if random.random() < 0.3:
        path = random.choice(_CONFIGURATIONS)
        return Trial("main.tf", mutate(path.read_bytes(), None, random), files={"t.tftpl": random.choice(_TEMPLATES)})
    steps = random.sample(_STEPS, random.choice((1, 1, 2, 4)))
    length = random.choice((1, 1, 3, 9, 30, 200))
    values = [random.choice(_LEAVES)]
    values += (random.choice(steps).replace("@", f"local.l{one - 1}").replace("#", str(one)) for one in range(1, length + 1))
    values[0] = random.choice((*[values[0]] * 9, f"local.l{length}"))  # a circle
    last = random.choice((f"local.l{length}", f"tostring(local.l{length})", f'"${{local.l{length}}}"', f"local.l{length}[0]"))
    lines = random.choice((f"[{last}]", last, f"[for x in range(900) : {last}]"))
    image = (
        '{ source = { type = "PlatformImage", publisher = "Canonical", offer = "o", sku = "server", version = "latest" }, '
        f'distribute = [{{ type = "VHD", runOutputName = "o", artifactTags = {{ a = {last} }} }}], '
        f'customize = [{{ type = "Shell", name = "a", inline = {lines} }}] }}'
    )
    body = random.choice(_BODIES).replace("!", image).replace("@", last)
    resource = (
        'resource "azapi_resource" "x" {\n  type = "Microsoft.VirtualMachineImages/imageTemplates@2024-02-01"\n'
        f'  name = "w"\n  location = "westeurope"\n{random.choice(_AROUND).replace("@", last)}  body = {body}\n}}\n'
    )
    named = "".join(f"  l{number} = {value}\n" for number, value in enumerate(values))
    variables = 'variable "p" {\n  type = string\n}\nvariable "list" {\n  type = list(string)\n}\n'
    text = f"{variables}locals {{\n{named}}}\n{resource * random.choice((1, 1, 1, 2, 40))}"
    data = text.encode()
    if random.random() < 0.2:
        data = mutate(data, None, random)
    return Trial("main.tf", data, files={"t.tftpl": random.choice(_TEMPLATES)})


def parameters(random: Random) -> Trial:
    """A deployment template with parameters files of which each is wrong in some way."""
    name = random.choice(_WITH_VALUES)
    data = (folder_of(name) / f"{name}.json").read_bytes()
    files = []
    for number in range(random.choice((1, 1, 2, 9))):
        file = random.choice(_VALUES)
        changed = mutate(file.read_bytes(), json.loads(file.read_text(encoding="utf-8-sig")), random)
        files.append(SourceText(f"{number}.parameters.json", changed.decode(errors="replace").replace("\0", "")))
    settings = tuple(
        f"{random.choice(('p', 'imageName', 'location', 'x.y', '', '__A__'))}={random.choice(HOSTILE)}"
        for _ in range(random.choice((0, 1, 3)))
    )
    options = Options(
        parameter_files=tuple(files), settings=settings, resolve=random.random() < 0.5, side_files=random.random() < 0.5
    )
    return Trial(f"{name}.json", data, options)


def into(random: Random) -> Trial:
    """An image template that goes into a folder with builds: our own, mutated, or HCL that is large or broken."""
    case = random.choice(CASES)
    image = template(name=random.choice(("web", "db", *HOSTILE[13:20])), customize=[{"type": "Shell", "inline": ["true"]}])
    there = convert(json.dumps(image), options=Options(side_files=True)).hcl or ""
    neighbours = []
    for number in range(random.choice((1, 2, 5))):
        text = random.choice((there, _neighbour(random), mutate(there.encode(), None, random).decode(errors="replace")))
        ending = random.choice(("pkr.hcl", "pkr.hcl", "pkrvars.hcl", "pkr.json"))
        neighbours.append(SourceText(f"{number}.{ending}", text))
    own = read_case(case)[0] if random.random() < 0.7 else json.dumps(image).encode()
    options = Options(side_files=True, into=tuple(neighbours), build_name=random.choice((None, None, "web", "x y")))
    return Trial(f"{case}.json", mutate(own, None, random) if random.random() < 0.2 else own, options)


def _neighbour(random: Random) -> str:
    """HCL of somebody else, which a build goes beside."""
    return random.choice(
        (
            "".join(f'variable "v{one}" {{\n  default = "{one}"\n}}\n' for one in range(random.choice((1, 900)))),
            'variable "x" {\n  default = ' + "[" * random.choice((9, 900)) + "]" * random.choice((9, 900)) + "\n}\n",
            "locals {\n" + "".join(f"  l{one} = [local.l{one - 1}, local.l{one - 1}]\n" for one in range(1, 300)) + "}\n",
            'packer {\n  required_plugins {\n    azure = {\n      version = "'
            + random.choice(HOSTILE)[:200]
            + '"\n    }\n  }\n}\n',
            'source "azure-arm" "web" {\n  use_azure_cli_auth = true\n}\nbuild {\n  sources = ["source.azure-arm.web"]\n}\n',
            'build {\n  name = "' + random.choice(HOSTILE)[:200].replace("\n", "") + '"\n' + "  # x\n" * 3_000 + "}\n",
            'variable "web_subscription_id" {}\nvariable "WEB_location" {}\n',
            "x = <<EOT\n" + "y\n" * 9_000 + "EOT\n",
            "{" * 300,
            "",
        )
    )


def several(random: Random) -> Trial:
    """A list of image templates, converted into folders: of cases, mutated, and of templates that grow."""
    images: list[Json] = []
    for _ in range(random.choice((2, 3, 9, 40))):
        image: Json = template(name=_name(random), tags={"a": random.choice(HOSTILE)[:500]}, distribute=[GALLERY_TARGET])
        if random.random() < 0.1:
            image = grown(random)
        elif random.random() < 0.3:
            data = mutate(json.dumps(image).encode(), image, random)
            try:
                image = json.loads(data.decode("utf-8", "replace"))
            except ValueError:
                image = data.decode("utf-8", "replace")
        images += [image] * random.choice((1, 1, 1, 2))
    schema = "https://schema.management.azure.com/schemas/2019-04-01/deploymentTemplate.json#"
    whole = random.choice(
        (images, {"value": images}, {"data": images, "total_records": 9_999}, {"$schema": schema, "resources": images})
    )
    data = json.dumps(whole, indent=random.choice((None, 2))).encode("utf-8", "replace")
    return Trial("several", files={"list.json": data}, arguments=("-o", "out"))


def estate(random: Random) -> Trial:
    """A folder of templates whose names, and those of what they hold, are as nobody wants them."""
    files: dict[str, bytes] = {}
    for _ in range(random.choice((1, 3, 9))):
        image = template(name=_name(random), distribute=[{**GALLERY_TARGET, "runOutputName": _name(random) or "o"}])
        folder = random.choice(("", "", f"{_file_name(random)}/", "a/b/"))
        files[f"{folder}{_file_name(random)}.json"] = json.dumps(image).encode("utf-8", "replace")
    further = random.choice(
        (
            (),
            ("--layout", "split"),
            ("--parameters-beside",),
            ("--findings", random.choice(("concise", "json", "sarif", "github"))),
        )
    )
    return Trial("estate", files=files, arguments=("-o", random.choice(("out", "out/$(x)", "out/a b'")), *further))


def _name(random: Random) -> str:
    return random.choice((*HOSTILE, *_NAMES))[:200]


def _file_name(random: Random) -> str:
    """A name that a file can have on Linux."""
    name = _name(random).replace("/", "_").replace("\0", "")[:60].encode("utf-8", "replace").decode()
    return "x" if name in {"", ".", ".."} else name


_NAMES = (
    *("web", "Web", "WEB", "con", "NUL", "com1", "aux.x", "a:b", "a.", "a ", " a", "-o", "--name", ".hidden", "...", "a\tb"),
    *(
        "x'$(touch pwned)'",
        '"',
        "a|b",
        "a?*b",
        "##vso[x]y",
        "::error::x",
        "é",
        "e\u0301",
        "\u202ex",
        "x" * 250,
        "a\\b",
        "%PATH%",
    ),
)
_CONFIGURATIONS = sorted(Path(__file__).parent.parent.joinpath("cases/terraform").glob("*.tf"))
_VALUES = sorted(Path(__file__).parent.parent.joinpath("cases").rglob("*.parameters.json"))
_WITH_VALUES = sorted({path.name.removesuffix(".parameters.json") for path in _VALUES} & set(CASES))

KINDS: Mapping[str, Callable[[Random], Trial]] = {
    "terraform": terraform,
    "parameters": parameters,
    "into": into,
    "several": several,
    "estate": estate,
}


def converted(trial: Trial) -> Any:  # noqa: ANN401 - a conversion, or what the program left
    """What comes of a trial: a conversion; where the program is run, its exit status, and the files by their paths.

    Raises:
        AssertionError: The program has ended in a way that is none of its own, or has made what it must not.

    """
    if not trial.files:
        return convert(trial.data, file=f"/nowhere/{trial.name}", options=trial.options)
    with tempfile.TemporaryDirectory(dir="/dev/shm" if Path("/dev/shm").is_dir() else None) as place, chdir(place):
        below = Path("in")
        for name, data in trial.files.items():
            (below / name).parent.mkdir(parents=True, exist_ok=True)
            (below / name).write_bytes(data)
        if not trial.arguments:
            return convert(trial.data, file=str(below / trial.name), options=replace(trial.options, root=below))
        done = CliRunner().invoke(main, ["convert", "in", *trial.arguments])
        if done.exception is not None and not isinstance(done.exception, SystemExit):
            raise done.exception
        made = {path.as_posix(): path.read_bytes() for path in Path().rglob("*") if path.is_file()}
        outputs = {path: data for path, data in made.items() if not path.startswith("in/")}
        _check(done.exit_code, outputs, made.keys() - outputs.keys() == {f"in/{name}" for name in trial.files})
        return done.exit_code, done.output.encode("utf-8", "replace"), outputs


def _check(exit_code: int, outputs: Mapping[str, bytes], inputs_are_there: bool) -> None:  # noqa: FBT001 - a fact
    assert exit_code in {0, 1, 2}, exit_code
    assert inputs_are_there
    for path in outputs:
        assert path.startswith("out/"), path
        assert ".aib2packer-" not in path, path
        for part in path.split("/")[1:]:
            bad = part.split(".")[0].lower() in _RESERVED or part[-1] in ". " or part.startswith("-")
            odd = not part.isprintable() or _NOT_ON_WINDOWS & set(part) or len(os.fsencode(part)) > 255
            odd = bad or odd
            assert not odd, path
    folded = [path.lower() for path in outputs]
    assert len(set(folded)) == len(folded), folded
