"""Values for the variables of a build that have none: made up, but well-formed for where the build uses them."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, TypeAlias

from aib2packer.lazy.patterns import pattern
from aib2packer.packer.validation.validation_build import stand_ins

if TYPE_CHECKING:
    from collections.abc import Collection, Iterator, Mapping, Sequence

Made: TypeAlias = "str | int | bool | Sequence[Made] | Mapping[str, Made]"

SUBSCRIPTION = "33333333-3333-3333-3333-333333333333"
_GROUP = f"/subscriptions/{SUBSCRIPTION}/resourceGroups/madeup/providers"
_BLOB = "https://madeup.blob.core.windows.net/vhds/madeup.vhd"
_IMAGE_VERSION = f"{_GROUP}/Microsoft.Compute/galleries/madeup/images/madeup/versions/1.0.0"
_MANAGED_IMAGE = f"{_GROUP}/Microsoft.Compute/images/madeup"
_SUBNET = f"{_GROUP}/Microsoft.Network/virtualNetworks/madeup/subnets/madeup"
_IDENTITY = f"{_GROUP}/Microsoft.ManagedIdentity/userAssignedIdentities/madeup"
_IMAGE_TEMPLATE = f"{_GROUP}/Microsoft.VirtualMachineImages/imageTemplates/madeup"
_OBJECT = {"name": "madeup", "sizeGB": "1"}  # a region, and a data disk
_PAIR = 2  # pieces of an id: a type, and a name
_LONGEST_MANAGED_IMAGE = 8  # index of the last segment of such an id

# The printer's own layout: the closing brace stands alone at the margin.
_VARIABLE = pattern(r'^variable "(\w+)" \{\n((?:  .*\n|\n)*?)\}$', re.MULTILINE)
# What is put together of several variables, or computed, is checked on the way.
_CHECKED = r'(?:try\(\n +regex\("(?:[^"\\]|\\.)*", )?(?:lower\()?'
_SPLIT = pattern(rf'^  (\w+) += split\("/", {_CHECKED}"?(?:\$\{{)?var\.(\w+)(?!\.)\}}?([^"\n)]*)"?\)', re.MULTILINE)
_PIECES = pattern(r'length\(split\("([^"]+)", var\.\w+\)\) > (\d+)')

_RECORDED = pattern(r'jsondecode\(file\("[^"]*"\)\)\.builds\)\[0\]\.custom_data\.(\w+)')

# How a variable is used (its name stands for NAME), and a value for that use; the first that fits.
_BY_USE = (
    (r"subscription(?:_id)? += var\.NAME\n", SUBSCRIPTION),
    (r'split\("/", var\.NAME\)', _IMAGE_VERSION),
    (r'split\("/", try\(var\.NAME, null\)\)', _SUBNET),
    (r'regex\("[^\n]*/virtualNetworks/[^\n]*", (?:try\()?var\.NAME', _SUBNET),
    (r'split\("/", "\$\{var\.NAME\}/', f"{_GROUP}/Microsoft.Compute/galleries/madeup"),
    (r'regex\("[^"\n]*/galleries/[^"\n]*", [^\n]*\bvar\.NAME(?! ==)', _IMAGE_VERSION.partition("/versions")[0]),
    (r'regex\("[^"\n]*Compute/images/[^"\n]*", [^\n]*\bvar\.NAME(?! ==)', _MANAGED_IMAGE),
    (r"user_assigned_managed_identities += (?:\[(?:.*, )?)?(?:try\()?var\.NAME[\],\n]", _IDENTITY),
    (r"image_version += var\.NAME\n", "1.0.0"),
    (r'/versions/[^"\n]*[0-9]\.\$\{var\.NAME\}', "1"),
    (r"storage_account_type += var\.NAME\n", "Standard_LRS"),
    (r"os_disk_size_gb += var\.NAME\n", "127"),
    (r"convert\(var\.NAME, number\)", "127"),
)
# Ids, and what else a rule of the template's own may ask for.
_WELL_FORMED = (
    SUBSCRIPTION,
    _IMAGE_VERSION,
    _IMAGE_VERSION.partition("/versions")[0],
    _MANAGED_IMAGE,
    _SUBNET,
    _IDENTITY,
    _IMAGE_TEMPLATE,
    _BLOB,
)
_CONTAINER = pattern(r"(?P<kind>list|map)\((?P<items>object.*|list.*|map\((?!string).*|number|bool)\)")
_RULE = pattern(r'can\(regex\("((?:[^"\\]|\\.)*)", var\.')


def made_up_values(hcl: str, given: Collection[str] = ()) -> dict[str, Made]:
    """Values for the variables that have no default, and none `given` elsewhere, by their names."""
    declared = [(name, body) for name, body in _VARIABLE.findall(hcl) if name not in given]
    required = {name: body for name, body in declared if _is_required(body)}
    values = {name: _value(name, body, hcl) for name, body in required.items()}
    ruled = {name for name, body in required.items() if _fitting(_whole(_RULE.findall(body))) is not None}
    return values | {name: value for name, value in parts_of_ids(hcl).items() if name in values.keys() - ruled}


def _whole(rules: list[str]) -> list[str]:
    """The rules about a whole value: what only begins an id is told more about by its use."""
    return [rule for rule in rules if not rule.endswith("/")]


def _is_required(body: str) -> bool:
    """Whether a variable has no default, or one from the environment that may not be empty."""
    default = re.search(r"^  default += (.*)", body, re.MULTILINE)
    return default is None or (default[1].startswith("env(") and ' != ""' in body)


def recorded_values(hcl: str) -> dict[str, Made]:
    """Values for the variables that stand for what an earlier build wrote down: there is no record of one to look into."""
    return {name: stand_ins().get(name, "1.0.0") for name in _RECORDED.findall(hcl)}


def _by_pattern(body: str) -> str | None:
    """An id that the `validation` block of a variable takes."""
    return _fitting([rule for rule in _RULE.findall(body) if rule.startswith("(?i)^") and rule.endswith("$")])


def _value(name: str, body: str, hcl: str) -> Made:
    found = re.search(r"^  type += (.*)", body, re.MULTILINE)
    kind = found[1] if found else "string"
    allowed = re.search(r"contains\(\[([^\]]*)\]", body)
    first = "" if allowed is None else allowed[1].partition(", ")[0]
    least, most = (_bound(sign, body) for sign in (">=", "<="))
    match kind.partition("(")[0]:
        case "number":
            return int(first) if first.isdecimal() else least if least is not None else min(1, most if most is not None else 1)
        case "bool":
            return True
        case "list" | "map" if _CONTAINER.fullmatch(kind):
            return _of_type(kind, name, hcl)
        case "list":
            item = _OBJECT if "list(map(string))" in body else first.strip('"') or "madeup"
            # Packer takes no empty list of commands.
            needs_one = rf"^ +inline += .*\bvar\.{name}\b|\bvar\.{name}\[|\(var\.{name}, 0\)"
            return [item] * (least or bool(re.search(needs_one, hcl, re.MULTILINE)))
        case "map":
            keys = re.findall(rf'\bvar\.{name}(?:\.(\w+)|\["([^"]+)"\])', hcl)
            return {key: _by_use(rf"{name}\.{key}", hcl) or _IMAGE_VERSION for key in (one or other for one, other in keys)}
        case "object":
            return _of_type(kind, name, hcl)
    if first:
        return first.strip('"')
    if (fitting := _fitting(_RULE.findall(body))) is not None:
        return fitting
    if (pieces := _PIECES.search(body)) is not None:
        return _IMAGE_VERSION if pieces[1] == "/" else pieces[1].join(("madeup",) * (int(pieces[2]) + 1))
    return _by_use(name, hcl) or _key(name, hcl) or "madeup".ljust(least or 0, "x")[: most if most is not None else None]


def _by_use(name: str, hcl: str) -> str | None:
    """A value for the use of what has a name, which is a pattern; None for a use that takes any."""
    return next((value for use, value in _BY_USE if re.search(use.replace("NAME", rf"{name}\b"), hcl, re.MULTILINE)), None)


def _key(name: str, hcl: str) -> str | None:
    """The first key of a table of the build in which something is looked up by what has a name; None for other uses."""
    looked_up = re.search(rf"\b(local|var)\.(\w+)\[var\.{name}\]", hcl)
    if looked_up is None:
        return None
    begin = (
        rf"^  {looked_up[2]} +=" if looked_up[1] == "local" else rf'^variable "{looked_up[2]}" \{{\n(?:  .*\n)*?  default +='
    )
    first = re.search(rf'{begin} \{{\s+"?([^"\s=]+)"?\s+=', hcl, re.MULTILINE)
    return None if first is None else first[1]


def _of_type(kind: str, name: str, hcl: str) -> Made:
    """A value of a type, for what has a name, which is a pattern."""
    if kind.startswith("object("):
        attributes = (one.partition(" = ") for one in _apart(kind.removeprefix("object({").removesuffix("})")))
        return {key.strip(): _of_type(inner.strip(), rf"{name}\.{key.strip()}", hcl) for key, _, inner in attributes}
    if (container := _CONTAINER.fullmatch(kind)) is not None:
        value = _of_type(container["items"], rf"{name}\[[^\]]*\]", hcl)
        return [value] if container["kind"] == "list" else dict.fromkeys(_keys(name, hcl), value)
    if kind.startswith("optional("):
        return _of_type(next(_apart(kind.removeprefix("optional(").removesuffix(")"))), name, hcl)
    match kind:
        case "number":
            least = re.search(rf"\bvar\.{name} >= ([0-9]+)", hcl)
            return int(least[1]) if least else 1
        case "bool":
            return True
        case "list(string)":
            return [_by_use(name, hcl) or "madeup"]
        case "list(map(string))":
            return [_OBJECT]
        case "map(string)" | "map(any)":
            return dict.fromkeys(_keys(name, hcl), "madeup")
        case _:
            return _by_use(name, hcl) or "madeup"


def _keys(name: str, hcl: str) -> Iterator[str]:
    """The keys of a map that the build looks for, where it says them itself, or a default of a variable does."""
    for key, variable in re.findall(rf'\bvar\.{name}\[(?:"([^"]+)"|var\.(\w+))\]', hcl):
        default = re.search(rf'^variable "{variable}" \{{\n(?:  .*\n|\n)*?  default += "([^"]*)"', hcl, re.MULTILINE)
        yield key or (default[1] if default else "madeup")


def _apart(attributes: str) -> Iterator[str]:
    """The attributes in the type of an object."""
    start = depth = 0
    for at, character in enumerate(f"{attributes},"):
        depth += {"(": 1, ")": -1}.get(character, 0)
        if character == "," and depth == 0:
            yield attributes[start:at]
            start = at + 1


def _fitting(rules: list[str]) -> str | None:
    """The first well-formed value that the expressions of all rules take, as far as Python reads them; None without a rule."""
    wanted = [rule.replace("\\\\", "\\") for rule in rules]
    try:
        fitting = (value for value in _well_formed() if all(re.search(rule, value) for rule in wanted))
        return next(fitting, None) if wanted else None
    except re.error:
        return None


def _well_formed() -> Iterator[str]:
    """The well-formed values, then what the ids among them begin with."""
    yield from _WELL_FORMED
    for pieces in (value.split("/") for value in _WELL_FORMED if value.startswith("/")):
        yield from ("/".join(pieces[:end]) for end in range(len(pieces) - _PAIR, _PAIR, -_PAIR))


def _bound(sign: str, body: str) -> int | None:
    found = re.search(rf"{sign} (-?[0-9]+)", body)
    return None if found is None else int(found[1])


def parts_of_ids(hcl: str) -> dict[str, str]:
    """Ids, or their beginnings, for the variables whose values the build takes apart."""
    values: dict[str, str] = {}
    for parts, name, rest in _SPLIT.findall(hcl):
        if parts.startswith("vhd_parts") and rest:
            values[name] = f"{_BLOB.rpartition('/vhds')[0]}/"
            continue
        used = max(map(int, re.findall(rf"local\.{parts}\[(\d+)\]", hcl)), default=0)
        if re.search(rf"virtual_network_name += local\.{parts}\[", hcl):
            whole = _SUBNET
        else:
            whole = _IMAGE_VERSION.partition("/versions")[0] if used > _LONGEST_MANAGED_IMAGE else _MANAGED_IMAGE
        cut = max(rest.count("/"), 1) if rest else 0
        values[name] = "/".join(whole.split("/")[: -cut or None]) + ("/" if rest and not rest.startswith("/") else "")
        values |= dict.fromkeys(re.findall(r"\$\{var\.(\w+)\}", rest), "1.0.0")
    return values | {name: value for name, body in _VARIABLE.findall(hcl) if (value := _by_pattern(body)) is not None}
