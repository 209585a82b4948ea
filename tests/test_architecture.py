"""The architecture: rooms in a stated order, imports that run one way, and no circles, imports for types included."""

import ast
import re
from collections import defaultdict
from collections.abc import Iterator, Mapping
from functools import cache
from graphlib import CycleError, TopologicalSorter
from itertools import groupby
from pathlib import Path

import pytest

import aib2packer
from aib2packer.aib.model import Source, Target
from tests.kinds import models_of

PACKAGE = Path(aib2packer.__file__).parent

# Each room may import from those to its left only, and from itself. Names of one tuple are on the same floor.
FLOORS = (
    ("lazy",),
    ("text",),
    ("findings",),
    ("hcl",),
    ("azure",),
    ("options",),
    ("jsonc",),
    ("terraform",),
    ("arm.language",),
    ("arm.evaluation",),
    ("arm.documents",),
    ("aib",),
    ("packer",),
    ("customizers",),
    ("landing",),
    ("rendering",),
    ("provenance",),
    ("conversion",),
    ("guide",),
    ("system",),
    ("pipeline",),
    ("verify", "fetch"),
    ("app",),
    ("audit",),
    ("estate",),
    ("cli",),
)
RANK = {room: rank for rank, floor in enumerate(FLOORS) for room in floor}
ALONE = {"hcl": {"text", "lazy"}}  # HCL is a language: it knows nothing of Azure, ARM or findings
LARGEST_ROOM = 15
ABOVE_CONVERT = {"verify", "fetch", "app", "audit", "estate", "cli"}
OUTSIDE = {"click", "urllib3", "socket", "subprocess", "http", "requests"}


@cache
def tree_of(path: Path) -> ast.Module:
    """What is in a file."""
    return ast.parse(path.read_text())


@cache
def modules() -> dict[str, Path]:
    """All modules of the package by their dotted names, without that of the package."""
    return {".".join(path.relative_to(PACKAGE).with_suffix("").parts): path for path in sorted(PACKAGE.rglob("*.py"))}


def imported(path: Path, *, types: bool = True) -> Iterator[str]:
    """What a file imports, wherever in it, as dotted names of modules and of what is taken from them; for types too, or not."""
    for_types = set() if types else set(map(id, under_type_checking(path)))
    for node in ast.walk(tree_of(path)):
        if id(node) in for_types:
            continue
        if isinstance(node, ast.ImportFrom) and node.module:
            yield from (f"{node.module}.{alias.name}" for alias in node.names)
        elif isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.Constant) and str(node.value).startswith("aib2packer."):
            yield str(node.value)  # of a module that is imported when it is asked for


def under_type_checking(path: Path) -> Iterator[ast.AST]:
    """All that a file has for types only."""
    for node in ast.walk(tree_of(path)):
        if isinstance(node, ast.If) and ast.unparse(node.test) == "TYPE_CHECKING":
            yield from ast.walk(node)


@cache
def imports() -> Mapping[str, set[str]]:
    """Which modules of the package each module imports, packages by their `__init__`."""
    known = modules()
    graph: dict[str, set[str]] = defaultdict(set)
    for name, path in known.items():
        graph[name] = set()
        for target in imported(path):
            if not target.startswith("aib2packer."):
                continue
            parts = target.split(".")[1:]
            candidates = (
                ".".join(parts),
                ".".join((*parts, "__init__")),
                ".".join(parts[:-1]),
                ".".join((*parts[:-1], "__init__")),
            )
            found = next((candidate for candidate in candidates if candidate in known), None)
            if found is not None and found != name:
                graph[name].add(found)
    return graph


def room_of(module: str) -> str:
    """The room that a module belongs to, or the module itself at the top of the package."""
    return next((room for room in sorted(RANK, key=len, reverse=True) if f"{module}.".startswith(f"{room}.")), module)


def test_every_module_is_in_a_room() -> None:
    at_top = {module for module in imports() if room_of(module) not in RANK}

    assert at_top <= {"__init__", "__main__", "arm.__init__"}


def test_imports_run_one_way() -> None:
    wrong = sorted(
        f"{module} -> {target}"
        for module, targets in imports().items()
        for target in targets
        if room_of(module) in RANK
        and room_of(module) != room_of(target)
        and RANK.get(room_of(target), len(RANK)) >= RANK[room_of(module)]
        and target != "__init__"
    )

    assert wrong == []


@pytest.mark.parametrize("room", ALONE)
def test_a_room_that_stands_alone_imports_no_other(room: str) -> None:
    others = {room_of(target) for module, targets in imports().items() if room_of(module) == room for target in targets}

    assert others - {room} <= ALONE[room]


def test_no_file_imports_itself_by_way_of_others() -> None:
    files = {module: {target for target in targets if not target.endswith("__init__")} for module, targets in imports().items()}
    try:
        tuple(TopologicalSorter(files).static_order())
    except CycleError as error:
        pytest.fail(" -> ".join(reversed(error.args[1])))


def folders_beside(one: str, other: str) -> tuple[str, str] | None:
    """The first folders of two modules that differ, as paths; none where one lies in a folder that the other lies below."""
    a, b = one.split(".")[:-1], other.split(".")[:-1]
    depth = next((depth for depth, (x, y) in enumerate(zip(a, b, strict=False)) if x != y), None)
    return None if depth is None else (".".join(a[: depth + 1]), ".".join(b[: depth + 1]))


def test_no_two_folders_beside_each_other_import_one_another() -> None:
    pairs = {folders_beside(module, target) for module, targets in imports().items() for target in targets} - {None}

    assert sorted(pair for pair in pairs if pair is not None and (pair[1], pair[0]) in pairs) == []


def test_the_table_of_rooms_has_them_in_their_order() -> None:
    page = PACKAGE.parent / "docs" / "architecture.md"
    if not page.is_file():
        pytest.skip("the documentation is not installed")
    rows = re.findall(r"^\| `([\w/]+?)/?(?:\.py)?` \|", page.read_text(), re.MULTILINE)

    assert [row.replace("/", ".") for row in rows] == [room for floor in FLOORS for room in floor]


def test_no_room_is_too_large_to_know() -> None:
    folders = {path.parent for path in modules().values()}
    sizes = {str(folder.relative_to(PACKAGE)): len([*folder.glob("*.py")]) - 1 for folder in folders}

    assert {room: size for room, size in sizes.items() if size > LARGEST_ROOM} == {}


@pytest.mark.parametrize("init", sorted(str(path.relative_to(PACKAGE)) for path in PACKAGE.rglob("__init__.py")))
def test_each_room_says_what_lives_there(init: str) -> None:
    said = ast.get_docstring(ast.parse((PACKAGE / init).read_text()))

    assert said is not None
    assert said.partition("\n")[0].endswith((".", ":"))


def test_each_room_has_a_folder_of_tests() -> None:
    rooms = {room.partition(".")[0] for room in RANK if (PACKAGE / room.partition(".")[0]).is_dir()}
    tested = {file.parent.name for file in Path(__file__).parent.glob("*/test_*.py")}

    assert rooms <= tested


def test_below_convert_nothing_reaches_outside_of_the_process() -> None:
    reaching = sorted(
        f"{module} imports {target}"
        for module, path in modules().items()
        if room_of(module) in RANK and room_of(module) not in {*ABOVE_CONVERT, "system"}  # which none below imports
        for target in imported(path)
        if target.partition(".")[0] in OUTSIDE
    )

    assert reaching == []


# Who names files of the machine, and why: below `pipeline` all others are given what is in them.
TOUCH_FILES = {
    "system": "the room for it, which none below `pipeline` imports",
    "findings.code_pages": "the pages of the package",
    "findings.judgement": "the working folder, for paths that are shown",
    "findings.sarif": "the working folder, for paths that are shown",
    "rendering.templates": "the templates of the package",
}
OF_THE_MACHINE = {"open", "os", "io", "shutil", "tempfile", "glob", "fileinput", "pathlib.Path"}


def test_below_convert_files_are_handed_over() -> None:
    touching = {
        module if room_of(module) != "system" else "system"
        for module, path in modules().items()
        if room_of(module) in RANK and RANK[room_of(module)] < RANK["pipeline"]
        for target in (*imported(path, types=False), *called(path))
        if OF_THE_MACHINE & {target, target.partition(".")[0]}
    }

    assert touching == TOUCH_FILES.keys()


def called(path: Path) -> Iterator[str]:
    """The names of functions that a file calls, as they stand there."""
    yield from (ast.unparse(node.func) for node in ast.walk(tree_of(path)) if isinstance(node, ast.Call))


def test_a_class_name_stands_for_one_thing() -> None:
    classes = [
        (node.name, module)
        for module, path in modules().items()
        for node in ast.walk(tree_of(path))
        if isinstance(node, ast.ClassDef)
    ]
    twice = {
        name: [module for _, module in found]
        for name, group in groupby(sorted(classes), key=lambda one: one[0])
        if len(found := list(group)) > 1
    }

    assert twice == {}


# Modules of one name that a file may import both of: their rooms tell them apart.
OF_EACH_ROOM = {
    "model": "what a room deals with, as plain data",
    "kinds": "the table of kinds in the room of a feature",
    "managed_image": "a kind of source, and a kind of target",
    "options": "what the user decides, and how the command line asks for it",
    "source": "the section of the template, and the text that all is read from",
    "text": "texts of a template in their parts, and findings as text",
}


def test_no_file_deals_with_two_modules_of_one_name() -> None:
    alike = {
        (name, module)
        for module, targets in imports().items()
        for name, met in groupby(sorted(last_name(one) for one in {module, *targets}))
        if len([*met]) > 1 and name not in {"__init__", *OF_EACH_ROOM}
    }

    assert alike == set()


def last_name(module: str) -> str:
    return module.rpartition(".")[2]


def test_nothing_is_imported_under_another_name() -> None:
    renamed = sorted(
        f"{module}: {alias.name} as {alias.asname}"
        for module, path in modules().items()
        for node in ast.walk(tree_of(path))
        if isinstance(node, ast.ImportFrom) and (node.module or "").startswith("aib2packer")
        for alias in node.names
        if alias.asname is not None
    )

    assert renamed == []


# Who makes a report, and why: all others are given one, and what is found is told once.
MAKE_REPORTS = {
    "pipeline": 2,  # where a conversion begins, and where an input is read for it, whose findings go along
}


def test_no_report_is_made_to_be_thrown_away() -> None:
    made = {module: count for module, path in modules().items() if (count := len([*reports_made(path)]))}

    assert made == MAKE_REPORTS


def reports_made(path: Path) -> Iterator[ast.Call]:
    for node in ast.walk(tree_of(path)):
        if isinstance(node, ast.Call) and ast.unparse(node.func).endswith("Report"):
            yield node


# What the names of files and folders of an output are made of; `packer/layout.py` is where they stand.
OF_AN_OUTPUT = re.compile(
    r"MIGRATION\.md|SHA256SUMS|\.pkr\.hcl|pkrvars\.hcl|azure\.json|\.manifest\.json|azure-pipelines|github-actions\.yml"
    r"|\.gitattributes|(?<!\w)(?:scripts|downloads|pipelines|validate)/|converted from an|inventory\.|sign-in\.sh"
    r"|(?:lay|run)-deprovisioning|distribute-\{?\d"
)
NAME_FILES = {
    "packer.layout": "here they stand",
    "options": "the name of a build alone, which is an option",
    "packer.variables.symbols": "a path on the VM, as an example",
}


def test_the_names_of_the_files_of_an_output_stand_in_one_place() -> None:
    elsewhere = sorted(
        f"{module}: {text}"
        for module, path in modules().items()
        if module not in NAME_FILES
        for text in texts_in(path)
        if OF_AN_OUTPUT.search(text)
    )

    assert elsewhere == []


def texts_in(path: Path) -> Iterator[str]:
    """The strings in a file, but for those that document it."""
    tree = tree_of(path)
    documenting = {id(node.value) for node in ast.walk(tree) if isinstance(node, ast.Expr)}
    for node in ast.walk(tree):
        if isinstance(node, ast.Constant) and isinstance(node.value, str) and id(node) not in documenting:
            yield node.value


# Where the type of a source or a target is asked for, and why: all others ask the kind, or the model.
ASK_FOR_TYPES = {
    "packer.source.gallery_image": "its kind has two models: galleries of one's own, and those of others",
    "packer.distribution.vhd": "which of the other targets are VHDs too",
}


def test_nobody_asks_for_the_type_of_a_source_or_a_target() -> None:
    models = {model.__name__ for base in (Source, Target) for model in models_of(base)}
    asking = {module for module, path in modules().items() if models & set(types_asked_for(path))}

    assert asking == ASK_FOR_TYPES.keys()


def types_asked_for(path: Path) -> Iterator[str]:
    """The names of types in `isinstance` and in patterns."""
    for node in ast.walk(tree_of(path)):
        if isinstance(node, ast.Call) and ast.unparse(node.func) == "isinstance":
            yield from re.findall(r"\w+", ast.unparse(node.args[1]))
        elif isinstance(node, ast.MatchClass):
            yield ast.unparse(node.cls)


# What stands for something said elsewhere.
POINTING = {"it", "its", "they", "them", "these", "those", "this", "such", "same", "likewise", "also", "and", "of", "for"}


def test_what_documents_a_thing_begins_with_its_subject() -> None:
    pointing = sorted(
        f"{module}: {text}"
        for module, path in modules().items()
        for text in documenting_texts(path)
        if (begins := re.match(r"(?:the )?([a-z]+)", text.lower())) and begins[1] in POINTING
    )

    assert pointing == []


def documenting_texts(path: Path) -> Iterator[str]:
    """The first lines of what documents modules, classes, functions and fields."""
    for node in ast.walk(tree_of(path)):
        if isinstance(node, ast.Expr) and isinstance(node.value, ast.Constant) and isinstance(node.value.value, str):
            yield node.value.value.partition("\n")[0]
