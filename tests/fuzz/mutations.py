"""Changes to a file that somebody or something could make: to its JSON, its expressions, its text."""

from __future__ import annotations

import copy
import json
import re
from typing import TYPE_CHECKING, Any, TypeAlias

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from random import Random

Json: TypeAlias = Any
Path: TypeAlias = tuple[str | int, ...]
Mutation: TypeAlias = "Callable[[Json, Random], Json]"

HOSTILE = (
    *("", " ", "\n", "\r\n", "\t", "\0", "\x1b[2J", "\u202e", "\u2028", "\ufeff", "e\u0301", "\ud800", "\U0001f600"),
    *('"', "'", "\\", "`id`", "$(id)", "${var.x}", "%{ if true }", "{{ .Vars }}", "{{", "EOT", "\nEOT\n", "*/", "//", "#"),
    *("..", "../../etc/passwd", "/dev/null", "C:\\", "<token>", "{token}", "<", "x" * 70_000, "-o", "--", "; rm -rf /"),
    *("[", "[[", "]", "[parameters('x')]", "[concat('a', 'b')]", "[reference('x').y]", "[uniqueString('x')]", "[if(true, 1)]"),
    *("[parameters('imageName')]", "[variables('x')]", "[copyIndex()]", "[deployment().name]", "['a']", "[json('{')]", "[1]"),
    *("latest", "null", "true", "0", "-1", "1e999", "NaN", "2030-01-01", "10.0.0.0/8", "https://x/?sig=abc%3D", "\x7f"),
    *(
        "/subscriptions/s/resourceGroups/g/providers/Microsoft.Compute/images/i",
        "https://u:p@h/x",
        "//",
        "http://",
        "https://[",
    ),
)
NUMBERS = (0, 1, -1, 5, 2**31, 2**63, 10**400, 0.5, -0.0, 1e308)
FUNCTIONS = (
    *("concat", "format", "resourceId", "parameters", "variables", "if", "equals", "createObject", "createArray", "union"),
    *("toLower", "split", "join", "substring", "length", "first", "range", "map", "lambda", "string", "int", "json", "base64"),
    *("uri", "dateTimeAdd", "utcNow", "reference", "take", "replace", "items", "shallowMerge", "subscription", "filter"),
)
_NAME = re.compile(r"[A-Za-z_]\w*")
_NUMBER = re.compile(r"\d+")


def places(value: Json, path: Path = ()) -> Iterator[Path]:
    """Every place in a JSON value."""
    yield path
    match value:
        case dict():
            for key, item in value.items():
                yield from places(item, (*path, key))
        case list():
            for index, item in enumerate(value):
                yield from places(item, (*path, index))


def at(value: Json, path: Path) -> Json:
    """What stands in a place."""
    for key in path:
        value = value[key]
    return value


def mutate(data: bytes, parsed: Json, random: Random) -> bytes:
    """The file, changed in one to three ways. `parsed` is its JSON; None where it holds none."""
    if parsed is not None and random.random() < 0.8:
        changed = copy.deepcopy(parsed)
        for _ in range(random.choice((1, 1, 1, 2, 3))):
            changed = random.choice(_OF_JSON)(changed, random)
        data = json.dumps(changed, indent=random.choice((None, 2)), ensure_ascii=random.random() < 0.5).encode(
            "utf-8", "surrogatepass"
        )
        if random.random() < 0.95:
            return data
    for _ in range(random.randint(1, 3)):
        data = random.choice(_OF_TEXT)(data, random)
    return data


def _delete(value: Json, random: Random) -> Json:
    path = _place(value, random)
    if path:
        del at(value, path[:-1])[path[-1]]
        return value
    return value


def _duplicate(value: Json, random: Random) -> Json:
    """Another place gets what stands in this one, an array once more what it holds."""
    source, target = _place(value, random), _place(value, random)
    taken = copy.deepcopy(at(value, source))
    around = at(value, target)
    if isinstance(around, list):
        around.insert(random.randint(0, len(around)), taken)
    elif isinstance(around, dict) and source and isinstance(source[-1], str):
        around[source[-1]] = taken
    return value


def _rename(value: Json, random: Random) -> Json:
    path = _place(value, random, lambda path, _: bool(path) and isinstance(path[-1], str))
    if not path:
        return value
    around, key = at(value, path[:-1]), str(path[-1])
    others = [str(other[-1]) for other in places(value) if other and isinstance(other[-1], str)]
    new = random.choice((key.lower(), key.upper(), key + "s", key[:-1], random.choice(others or [key]), random.choice(HOSTILE)))
    renamed = {new if name == key else name: item for name, item in around.items()}
    around.clear()
    around.update(renamed)
    return value


def _retype(value: Json, random: Random) -> Json:
    path = _place(value, random)
    old = at(value, path)
    wrapped: list[Json] = [[old], {"value": old}, json.dumps(old), str(old), None, True, False, [], {}, ""]
    return _put(value, path, random.choice([*wrapped, random.choice(NUMBERS)]))


def _swap(value: Json, random: Random) -> Json:
    first, second = _place(value, random), _place(value, random)
    if first[: len(second)] == second or second[: len(first)] == first:  # one holds the other
        return value
    one, other = at(value, first), at(value, second)
    return _put(_put(value, first, other), second, one)


def _hostile(value: Json, random: Random) -> Json:
    path = _place(value, random, lambda _, found: isinstance(found, str))
    old = at(value, path)
    text = random.choice(HOSTILE)
    if isinstance(old, str) and random.random() < 0.5:
        cut = random.randint(0, len(old))
        text = old[:cut] + text + old[cut:]
    return _put(value, path, text)


def _expression(value: Json, random: Random) -> Json:
    """A change within an expression; where there is none, a string becomes one."""
    path = _place(value, random, lambda _, found: isinstance(found, str) and found.startswith("["))
    old = at(value, path)
    if not isinstance(old, str):
        return value
    if not old.startswith("["):
        old = f"[{random.choice(FUNCTIONS)}('{old}')]"
    return _put(value, path, _change_expression(old, random))


def _change_expression(text: str, random: Random) -> str:
    names, numbers = list(_NAME.finditer(text)), list(_NUMBER.finditer(text))
    match random.randint(0, 6):
        case 0 if names:
            found = random.choice(names)
            return text[: found.start()] + random.choice(FUNCTIONS) + text[found.end() :]
        case 1 if names:
            found = random.choice(names)
            return text[: found.start()] + random.choice(names).group() + text[found.end() :]
        case 2 if numbers:
            found = random.choice(numbers)
            return text[: found.start()] + str(random.choice(NUMBERS)) + text[found.end() :]
        case 3:
            return f"[{random.choice(FUNCTIONS)}({text[1:-1]})]"
        case 4:
            return f"[{random.choice(FUNCTIONS)}({text[1:-1]}, {text[1:-1]})]"
        case 5:
            cut = random.randint(0, len(text) - 1)
            return text[:cut] + random.choice("()[]',.-:?!{}0 \n") + text[cut + random.randint(0, 1) :]
        case _:
            pieces = text.split(",")
            random.shuffle(pieces)
            return ",".join(pieces)


def _truncate(data: bytes, random: Random) -> bytes:
    return data[: random.randint(0, len(data))]


def _flip(data: bytes, random: Random) -> bytes:
    changed = bytearray(data)
    for _ in range(random.randint(1, 8) if data else 0):
        changed[random.randrange(len(changed))] ^= 1 << random.randint(0, 7)
    return bytes(changed)


def _cut(data: bytes, random: Random) -> bytes:
    start = random.randint(0, len(data))
    return data[:start] + data[start + random.randint(0, 40) :]


def _repeat(data: bytes, random: Random) -> bytes:
    start = random.randint(0, len(data))
    piece = data[start : start + random.randint(0, 200)]
    return data[:start] + piece * random.randint(1, 3) + data[start:]


def _insert(data: bytes, random: Random) -> bytes:
    start = random.randint(0, len(data))
    pieces = (*HOSTILE, '"', "{", "}", "[", "]", ",", ":", "null", "\\u00", "/*", "\ufeff")
    return data[:start] + random.choice(pieces).encode("utf-8", "surrogatepass") + data[start:]


def _encode(data: bytes, random: Random) -> bytes:
    return data.decode("utf-8", "replace").encode(random.choice(("utf-16", "utf-32", "utf-16-le", "latin-1")), "replace")


def _place(value: Json, random: Random, suits: Callable[[Path, Json], bool] = lambda _path, _found: True) -> Path:
    """A place of that kind; any where there is none."""
    found = list(places(value))
    return random.choice([path for path in found if suits(path, at(value, path))] or found)


def _put(value: Json, path: Path, new: Json) -> Json:
    if not path:
        return new
    at(value, path[:-1])[path[-1]] = new
    return value


_OF_JSON: tuple[Mutation, ...] = (_delete, _duplicate, _rename, _retype, _swap, _hostile, _hostile, _expression, _expression)
_OF_TEXT: tuple[Callable[[bytes, Random], bytes], ...] = (_truncate, _flip, _cut, _repeat, _insert, _encode)
