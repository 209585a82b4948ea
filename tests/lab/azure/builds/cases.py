"""The cases whose builds go on after azure-arm: which they are, and what is run for each."""

import json
import re
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path

from aib2packer import Conversion, convert
from tests.cases import CASES, convert_case, golden_hcl, golden_of, read_case
from tests.lab.azure.builds.after import AfterBuild, after_build
from tests.lab.azure.builds.expected import Left, hidden, left_by, targets_of, with_home
from tests.lab.azure.builds.made import HOME
from tests.lab.azure.builds.scene import Scene
from tests.lab.azure.builds.values import SUBSCRIPTION, values_for
from tests.lab.judge import Packer

# What a script does, whatever the values: its commands with their options, and what decides about them.
_DEEDS = re.compile(r"\baz(?: [a-z][a-z-]*)+|--[a-z-]+|\b(?:if|while|case|trap|exit|set)\b")
# The lines of a script that ask, and the values in them.
_QUESTIONS = re.compile(r"^.*\baz (?:[a-z][a-z-]* )+(?:show|list|exists|wait)\b.*$", re.MULTILINE)
_VALUES = re.compile(r"/subscriptions/\S+|\"[^\"\n]*\"|'[^'\n]*'|\$\w+")
VALIDATION, RELEASE = "validate/build.pkr.hcl", "excludeFromLatest=false"
MORE_REGIONS = "AIB2P305"  # a version has a region that the template does not name, and the engineer is told
_SCRIPT_FILE = re.compile(r'^ +script += "\$\{path\.root\}/(.*)"$', re.MULTILINE)
_REMOVAL = re.compile(r"this (?:deletes|finds) it[^:]*:\n\n```sh\n(.*?)```", re.DOTALL)
_GIVEN = re.compile(r"^(\w+)=\.\.\.$", re.MULTILINE)
_DEFAULT = re.compile(r'^variable "(\w+)" \{\n(?:  .*\n)*?  default +=( *)"?(.*?)"?\n', re.MULTILINE)


# What the image should be is read from the targets in the input, which these do not write out.
_NO_PLAIN_TARGETS = {
    "tf-form-data-sources": "it is a Terraform configuration; its script is that of other cases",
}


def cases_with_steps() -> list[str]:
    """List the cases whose golden builds run scripts when azure-arm is done."""
    return [case for case in CASES if _steps(case) and case not in _NO_PLAIN_TARGETS]


def steps_to_break() -> list[tuple[str, int]]:
    """List one step of each kind, as its case and number: those that differ in values alone behave alike."""
    kinds: dict[tuple[str, ...], tuple[str, int]] = {}
    for case in CASES:
        for number, step in enumerate(_steps(case)):
            kinds.setdefault(tuple(_DEEDS.findall(step)), (case, number))
    return list(kinds.values())


def steps_that_ask() -> list[tuple[str, int]]:
    """List steps that ask Azure all that scripts ask, among those of `steps_to_break`: each question comes in one at least."""
    asked: set[str] = set()
    found = []
    for case, number in steps_to_break():
        questions = {_VALUES.sub("", line) for line in _QUESTIONS.findall(_steps(case)[number])}
        if questions - asked:
            asked |= questions
            found.append((case, number))
    return found


# Its ids are put together of pieces that made-up values do not fit: two targets would have one name.
_PUT_TOGETHER = "name-of-a-parameter-in-files"


def _steps(case: str) -> list[str]:
    """Give the script of each step: inline, or in a file beside the golden build."""
    golden = golden_hcl(case)
    read = golden.exists() and case != _PUT_TOGETHER
    blocks = golden.read_text().split('post-processor "shell-local" {')[1:] if read else []
    files = [_SCRIPT_FILE.search(block.partition("\n  }")[0]) for block in blocks]
    return [
        (golden_of(case) / file[1]).read_text() if file else block.partition("EOT\n")[2].partition("EOT\n")[0]
        for block, file in zip(blocks, files, strict=True)
    ]


def scene_of(packer: Packer, case: str, folder: Path) -> Scene:
    """Convert a case into the folder, have Packer evaluate it, and say what AIB would have left."""
    conversion = convert_case(case)
    assert conversion.hcl is not None
    for path, data in {**conversion.files, "build.pkr.hcl": conversion.hcl.encode()}.items():
        file = folder / path
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_bytes(data)
    after = after_build(packer, folder / "build.pkr.hcl", values_for(conversion.hcl))
    values = {**_defaults(conversion.hcl), **values_for(conversion.hcl)}
    targets = targets_of(json.loads(read_case(case)[0]))
    left = tuple(left_by(target, after, values) for target in targets)
    left = as_told(conversion, left, after.source.get("location") or HOME)
    return Scene(after, tuple(map(hidden, left)) if validates(case) else left)


def as_told(conversion: Conversion, left: tuple[Left, ...], home: str) -> tuple[Left, ...]:
    """Let a version have the region of the build, where a finding says that it does."""
    told = any(finding.code.id == MORE_REGIONS for finding in conversion.findings)
    return tuple(with_home(one, home) for one in left) if told else left


def validates(case: str) -> bool:
    """Tell whether a second build looks at what the first one made, before anybody gets it as the latest version."""
    file = golden_of(case) / VALIDATION
    return file.exists() and RELEASE in file.read_text()


def release_of(packer: Packer, folder: Path) -> AfterBuild:
    """Have Packer evaluate the validation build in the folder where the build has been."""
    build = folder / VALIDATION
    return after_build(packer, build, values_for(build.read_text()))


def commands_after_a_cancelled_build(case: str) -> str:
    """Give what the page of a folder output says to run, with values."""
    data, options = read_case(case)
    files = convert(data, file=f"{case}.json", options=replace(options, side_files=True)).files
    removal, _ = removals(files["MIGRATION.md"].decode())
    values = {"subscription_id": SUBSCRIPTION, **values_for(convert_case(case).hcl or "")}
    return _GIVEN.sub(lambda given: f"{given[1]}={values[given[1]]}", removal)


def removals(page: str) -> list[str]:
    """Give what a page says to run after a killed build: wherever it runs, and in a group that was there before."""
    return _REMOVAL.findall(page)


def _defaults(hcl: str) -> Mapping[str, str]:
    return {name: value for name, _, value in _DEFAULT.findall(hcl)}
