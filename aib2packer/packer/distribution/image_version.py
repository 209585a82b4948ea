"""The version number of a gallery image (docs/reference/aib-behaviour.md 2.2)."""

from __future__ import annotations

import re
from collections import Counter
from typing import TYPE_CHECKING, TypeAlias

from aib2packer.aib.gallery_versions import LARGEST_PART
from aib2packer.aib.model import Located
from aib2packer.arm.language.text import TemplateText
from aib2packer.findings import codes
from aib2packer.hcl.code import Binding, Piece, conditional, infix, of_value
from aib2packer.hcl.printing import print_value, references
from aib2packer.hcl.values import HclCode, Local, Value, Variable
from aib2packer.packer.access.rights import definition_scope
from aib2packer.packer.expressions.dates import NOW
from aib2packer.packer.shell_words import Word, assignments, shown_word, to_set, word
from aib2packer.packer.variables.shown import told

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Sequence

    from aib2packer.aib.model import GalleryTarget, Number
    from aib2packer.arm.language.text import TextSymbol
    from aib2packer.findings.model import Report
    from aib2packer.packer.variables.symbols import Symbols

Shown: TypeAlias = "Callable[[TemplateText, Symbols], Word]"
VERSION = "image_version"
"""The variable and the local that hold the version."""
_TOLD_IN_FULL = 3  # targets that are counted on by one command, which names all of them


def image_version(target: GalleryTarget, galleries: Sequence[GalleryTarget], symbols: Symbols) -> Value:
    """A variable whose default is the version that the template names; else one made from the time, within a major version.

    `galleries` are all targets in galleries, this one among them: those of one version, or major version, share a variable.
    """
    if (fixed := fixed_variable(target, galleries)) is not None:
        return fixed
    name, major = _variable_name(target, galleries, symbols), _major(target)
    end = f"below {major.value + 1}.0.0" if isinstance(major, Located) else "within its major version"
    variable = Variable(
        name,
        f"Gallery version of the image, such as {major.value if isinstance(major, Located) else 1}.4.2. "
        f"Null: {_shown(major)}.<date>.<time>, which grows with each build and stays {end}.",
        default=HclCode("null"),
    )
    numbers = ['parseint(formatdate("YYYYMMDD", local.now), 10)', 'parseint(formatdate("hhmmss", local.now), 10)']
    if isinstance(major, TemplateText):  # a negative one is unset
        number = of_value(symbols.value(major))
        unset = infix(Binding.COMPARISON, "<", number, Piece("0"))
        numbers.insert(0, conditional(unset, Piece("1"), number).text)
    begin = "%d" if isinstance(major, TemplateText) else major.value
    uses = () if isinstance(major, Located) else references(symbols.value(major))
    by_time = Local(
        name.replace(VERSION, "time_version"), HclCode(f'format("{begin}.%d.%d", {", ".join(numbers)})', (*uses, NOW))
    )
    counted = HclCode(f"var.{name} != null ? var.{name} : local.{by_time.name}", (variable, by_time))
    if target.version is None:
        return Local(name, counted)
    version = symbols.value(target.version)
    if is_explicit(target):
        return version
    # null where the id ends before it
    own = HclCode(f"{print_value(version).removesuffix('null')}{counted.text}", (*references(version), *counted.uses))
    alone = sum(_variable_name(one, galleries, symbols) == name for one in galleries if not is_explicit(one)) == 1
    return Local(name if alone else f"{name}_of_target_{target.index}", own)


def fixed_version(target: GalleryTarget) -> str | None:
    """The version that the template names literally."""
    return None if target.version is None else target.version.literal


def fixed_variable(target: GalleryTarget, galleries: Sequence[GalleryTarget]) -> Variable | None:
    """The variable whose default is the version that the template names literally; None where it names none.

    It has a name of its own where other targets have other versions.
    """
    fixed = fixed_version(target)
    if fixed is None:
        return None
    is_shared = all(fixed_version(one) == fixed for one in galleries)
    name = VERSION if is_shared else f"{VERSION}_of_target_{target.index}"
    description = "Gallery version of the image. No version can be made twice: each build needs a number of its own."
    return Variable(name, description, default=fixed)


def open_variable(target: GalleryTarget, symbols: Symbols) -> Variable | None:
    """The variable that is the version, where nothing gives it a value: each build takes another; None where there is none."""
    if target.version is None or not is_explicit(target):
        return None
    value = symbols.value(target.version)
    return value if isinstance(value, Variable) and symbols.now(value) is None else None


def report_versions(galleries: Sequence[GalleryTarget], symbols: Symbols, report: Report) -> None:
    """Report how versions differ from the service's, and those that a gallery does not take."""
    options = _told_options(galleries, symbols)
    counts: Counter[str] = Counter()
    for target in galleries:
        if is_explicit(target):
            if _is_valid(target, report):
                _report_fixed(target, galleries, symbols, report)
            continue
        name = _variable_name(target, galleries, symbols)
        counts[name] += 1
        what = options[name] if counts[name] <= _TOLD_IN_FULL else "the command of the targets before it"
        _report_by_time(target, what, report)


def series(target: GalleryTarget) -> int | tuple[str | TextSymbol, ...]:
    """What tells the major version within which a target's number grows from those of others."""
    major = _major(target)
    return major.parts if isinstance(major, TemplateText) else major.value


def _major(target: GalleryTarget) -> Number:
    """The major version of a number that is made from the time: it is higher than what is there, as far as that is known."""
    known = 1 if target.highest is None else max(1, target.highest.major)
    return Located(known, target.span) if target.major is None else target.major


def _shown(major: Number) -> str:
    return str(major.value) if isinstance(major, Located) else "<major>"


def is_explicit(target: GalleryTarget) -> bool:
    """Whether the template names the version. An id that is only known when Packer runs may end before it."""
    return target.own_version is not None


def counting_options(galleries: Sequence[GalleryTarget], symbols: Symbols) -> dict[str, str]:
    """The options of `packer build` that count on from the highest version, as the service does, for a shell; by variable."""
    return {name: _option(name, _counted(same, symbols, _shown_id)) for name, same in _by_variable(galleries, symbols).items()}


def _told_options(galleries: Sequence[GalleryTarget], symbols: Symbols) -> dict[str, str]:
    """The command with each of these options, with the values that are known now, and what is to be set for it."""
    options: dict[str, str] = {}
    for name, same in _by_variable(galleries, symbols).items():
        words = [one.filled(symbols.now) for one in _counted(same, symbols, told)]
        options[name] = f"`packer build {_option(name, words)}`{to_set(words)}"
    return options


def _by_variable(galleries: Sequence[GalleryTarget], symbols: Symbols) -> dict[str, list[GalleryTarget]]:
    """The targets whose version is made, or open, by the variable that holds it."""
    counted: dict[str, list[GalleryTarget]] = {}
    for target in galleries:
        if not is_explicit(target):
            counted.setdefault(_variable_name(target, galleries, symbols), []).append(target)
        elif (variable := open_variable(target, symbols)) is not None:
            counted.setdefault(variable.name, []).append(target)
    return counted


def _option(name: str, words: Iterable[Word]) -> str:
    return f"-var {name}=$(aib2packer next-version {' '.join(dict.fromkeys(map(str, words)))})"


def _variable_name(target: GalleryTarget, galleries: Sequence[GalleryTarget], symbols: Symbols) -> str:
    """The variable that holds the version: a name of its own for a major version that is not the first target's."""
    if series(target) == series(galleries[0]):
        return VERSION
    major = symbols.located(_major(target))
    number = major if isinstance(major, int) else major.name if isinstance(major, Variable) else f"of_target_{target.index}"
    return f"{VERSION}_major_{number}"


def _counted(galleries: Sequence[GalleryTarget], symbols: Symbols, shown: Shown) -> tuple[Word, ...]:
    """What the next version is counted from: galleries that get the same one."""
    images = (_image(target, symbols, shown) for target in galleries)
    asked = (None if is_explicit(target) else target.major for target in galleries)
    majors = dict.fromkeys(None if major is None else symbols.located(major) for major in asked)
    known = [] if None in majors else [major for major in majors if major is not None]
    return (*images, *(one for major in known for one in (Word(("--major",)), _major_word(major))))


def counting_values(galleries: Sequence[GalleryTarget], symbols: Symbols) -> tuple[str, ...]:
    """The variables of the shell that the options which count on need, each as `name=value`."""
    counted = [target for same in _by_variable(galleries, symbols).values() for target in same]
    words = [_image(target, symbols, _shown_id) for target in counted]
    majors = (target.major for target in counted if not is_explicit(target))
    words += [shown_word(symbols.value(major)) for major in majors if isinstance(major, TemplateText)]
    return assignments(words, symbols.now)


def _image(target: GalleryTarget, symbols: Symbols, shown: Shown) -> Word:
    """The id of an image definition, for a shell; `shown`: one that only Packer's run knows in full."""
    text, scope = target.id.text, definition_scope(target.id, symbols)
    if is_explicit(target) and scope is not None:
        return scope  # the id has the version, too
    return word(symbols.value(text)) or scope or shown(text, symbols)


def _shown_id(text: TemplateText, symbols: Symbols) -> Word:
    return word(symbols.value(text)) or told(text, symbols)


def _major_word(major: Value) -> Word:
    return shown_word(str(major) if isinstance(major, int) else major)


def _report_by_time(target: GalleryTarget, counting: str, report: Report) -> None:
    major = _shown(_major(target))
    if isinstance(target.major, Located) and target.major.value > LARGEST_PART:
        report.add(
            codes.OUT_OF_RANGE,
            target.major.span,
            f"{major} is too large for a major version: a part of a version is {LARGEST_PART} at most",
            help="Write a smaller number.",
        )
    service = (
        "before API version 2022-07-01 Image Builder made the number from the time, 0.<seconds / 65536>.<rest>; here it is a "
        f"higher one, {major}.<date>.<time>"
        if target.by_time
        else "Image Builder increments the highest version in the gallery; this build makes the version from the time: "
        f"{major}.<date>.<time>"
    )
    report.add(
        codes.VERSION_BY_TIME,
        target.id.text.span,
        service,
        help=f"To increment the highest version instead: {counting}.",
    )


def _report_fixed(target: GalleryTarget, galleries: Sequence[GalleryTarget], symbols: Symbols, report: Report) -> None:
    """Tell that a version which the template names can be made once only."""
    if target.version is None:
        return
    variable, names = fixed_variable(target, galleries), f"the template names the version {target.version}, which"
    if variable is None:
        names = f"the version is {target.version}, and each number"
        value = symbols.value(target.version)
        variable = value if isinstance(value, Variable) else None
    image = (definition_scope(target.id, symbols) or told(target.id.text, symbols)).filled(symbols.now)
    own = "Give the variables in it other values for each build." if variable is None else ""
    if variable is not None:
        own = f"Give each build a number of its own: `packer build {_option(variable.name, [image])}`{to_set([image])}."
    report.add(
        codes.FIXED_VERSION,
        target.version.span,
        f"{names} can be made once: a build stops where Image Builder, or an earlier build, has made it",
        help=own,
    )


def _is_valid(target: GalleryTarget, report: Report) -> bool:
    """Report what a gallery does not take; whether the version is one that it may take."""
    version = target.version
    if version is None or version.literal is None:
        return True
    if not re.fullmatch(r"[0-9]+\.[0-9]+\.[0-9]+", version.literal):
        report.add(
            codes.BAD_VERSION,
            version.span,
            f"`{version}` is not the version of a gallery image, which has three numbers",
            help="Write a version such as 1.0.0, or leave it out.",
        )
        return False
    is_valid = True
    for part in version.literal.split("."):
        if int(part) > LARGEST_PART or (part != "0" and part.startswith("0")):
            is_valid = False
            report.add(
                codes.REFUSED_BY_AZURE,
                version.span,
                f"the part {part} of the version {version} is not valid: a gallery takes 0 to {LARGEST_PART}, without leading "
                "zeros",
                help="Write a version such as 1.0.0.",
            )
    if target.major is not None:
        report.add(
            codes.VERSION_TWICE,
            target.major.span,
            f"the id names the version {version}, and versioning asks for major {_shown(target.major)}; the id wins",
            help="Remove one of them.",
        )
    return is_valid
