"""Words of a POSIX shell, for commands that people run."""

from __future__ import annotations

import re
import shlex
from typing import TYPE_CHECKING, TypeAlias

from aib2packer.findings.text import in_a_sentence, printable
from aib2packer.hcl.values import Interpolation, Local, SlashPart, Variable
from aib2packer.lazy.models import dataclass, replace
from aib2packer.lazy.patterns import pattern

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Sequence

    from aib2packer.arm.language.text import TemplateText
    from aib2packer.hcl.values import Value

_SAFE = pattern(r"[\w@%+=:,./-]+", re.ASCII)
_NAME_GOES_ON = pattern(r"\w", re.ASCII)
_DEFINITION, _VERSION = 10, 12  # the last parts of the ids of an image definition, and of a version
_SEVERAL = 3  # two parts of an id, and what stands between them
_AT_VERSION = pattern(r"/versions/", re.IGNORECASE)
_NAMED = pattern(r"\$\{?([A-Za-z_]\w*)(\[)?")
_ESCAPED_IN_QUOTES = pattern(r'([\\"$`])')


FILL = "IFS=/ read -ra"
"""What the command begins with that fills an array with the parts of an id."""


@dataclass(frozen=True, slots=True)
class CommandOutput:
    """What a command prints, which a word takes in; the command is a text with what stands around it."""

    before: str
    text: Word
    after: str

    @property
    def command(self) -> str:
        """What prints it."""
        return f"{self.before}{self.text}{self.after}"


@dataclass(frozen=True, slots=True)
class IdPart:
    """A part of an id between slashes, counted from 0; `end` is the last one.

    `parts` names the local of the build that has all of them, and an array of the shell, which `assignments` fills.
    """

    parts: str
    text: Word
    index: int
    end: int

    @property
    def fill(self) -> str:
        """The command that fills the array."""
        return f"{FILL} {self.parts} <<< {self.text}"


@dataclass(frozen=True, slots=True)
class WithoutVersion:
    """The id of an image definition: that of a version, or already without one."""

    id: Variable | Local


WordPart: TypeAlias = str | Variable | Local | CommandOutput | IdPart | WithoutVersion


@dataclass(frozen=True, slots=True)
class Word:
    """A word: literal pieces, and variables and locals of the build, each of which is a variable of the shell."""

    parts: tuple[WordPart, ...]

    def __str__(self) -> str:
        """The word as it is typed."""
        text = _text_of(self.parts)
        if text is None:
            return _in_quotes(self.parts)
        return text if _SAFE.fullmatch(text) else _in_quotes((text,))

    def __add__(self, other: Word) -> Word:
        return Word((*self.parts, *other.parts))

    @property
    def names(self) -> tuple[Variable | Local, ...]:
        """The variables and locals."""
        found: list[Variable | Local] = []
        for part in self.parts:
            found += _names(part)
        return tuple(found)

    @property
    def id_parts(self) -> tuple[IdPart, ...]:
        """The parts of ids."""
        found: list[IdPart] = []
        for part in self.parts:
            found += (part,) if isinstance(part, IdPart) else part.text.id_parts if isinstance(part, CommandOutput) else ()
        return tuple(found)

    def filled(self, known: Callable[[Variable | Local], str | None]) -> Word:
        """The word with the values that are `known`; a value that is not stays a variable of the shell."""
        return Word(tuple([_filled(part, known) for part in self.parts]))


def _names(part: WordPart) -> tuple[Variable | Local, ...]:
    match part:
        case Variable() | Local():
            return (part,)
        case IdPart(text=text) | CommandOutput(text=text):
            return text.names
        case WithoutVersion(name):
            return (name,)
        case _:
            return ()


def word(*values: Value | Word | None) -> Word | None:
    """Values joined to a word; None where one of them is only known when Packer runs, or has characters that nobody sees."""
    known: list[WordPart] = []
    for part in _parts_of(values):
        if part is None or (isinstance(part, str) and not part.isprintable()):
            return None
        known.append(part)
    return Word(_joined(known))


def shown_word(*values: Value | Word | None) -> Word:
    """Values joined to a word, with dots for what is only known when Packer runs."""
    parts: list[WordPart] = ["..." if part is None else part for part in _parts_of(values)]
    return Word(_joined([printable(part) if isinstance(part, str) else part for part in parts]))


def to_set(words: Iterable[Word]) -> str:
    """The end of a sentence that shows words: which variables of the shell are to be set for them; "" where none is."""
    all_words = tuple(words)
    names = [f"`{name}`" for name in dict.fromkeys(name.name for one in all_words for name in one.names)]
    if not names:
        return ""
    fills = [f"`{fill}`" for fill in dict.fromkeys(part.fill for one in all_words for part in one.id_parts)]
    return f", with {in_a_sentence(names)} set in the shell{f', then {in_a_sentence(fills)}' if fills else ''}"


def shown_name(text: TemplateText) -> str:
    """A name as a word of a shell, for people: dots for one that only Packer's run knows."""
    return shlex.quote(text.literal) if text.literal else "..."


def _parts_of(values: Iterable[Value | Word | None]) -> list[WordPart | None]:
    """The pieces of values; None for one that is only known when Packer runs."""
    found: list[WordPart | None] = []
    for value in values:
        match value:
            case str() | Variable() | Local():
                found.append(value)
            case Word(pieces):
                found += pieces
            case Interpolation(pieces):
                found += _parts_of(pieces)
            case SlashPart():
                found.append(_cut(value))
            case _:
                found.append(None)
    return found


def _text_of(parts: Sequence[WordPart]) -> str | None:
    """What literal pieces are together; None where others are among them."""
    texts = [part for part in parts if isinstance(part, str)]
    return "".join(texts) if len(texts) == len(parts) else None


def _cut(part: SlashPart) -> IdPart:
    """A part of an id; an id that no word says has the name of the local with its parts."""
    (local,) = (one for one in part.uses if isinstance(one, Local))
    text = word(part.whole) or Word((Local(local.name.removesuffix("_parts"), ""),))
    return IdPart(local.name, text, part.index, part.last)


def _joined(parts: Sequence[WordPart]) -> tuple[WordPart, ...]:
    """The parts, those at the beginning in one that are an id, with what stands between them."""
    if IdPart not in map(type, parts):
        return tuple(parts)
    begun: IdPart | None = None
    slashes = ending = 0
    before: WordPart = "/"
    for number, part in enumerate(parts):
        whole, before = not isinstance(before, str) or before.endswith("/"), part
        if isinstance(part, str):
            slashes += part.count("/")
        elif not whole:  # a name that begins with something else is another
            break
        elif isinstance(part, IdPart) and part.index == slashes and (begun is None or begun.text == part.text):
            begun, ending = part, number + 1
        else:
            break
    if begun is None or ending < _SEVERAL:
        return tuple(parts)
    if begun.index == begun.end:
        return (*begun.text.parts, *parts[ending:])
    match begun.text.parts:
        case (Variable() | Local() as name,) if (begun.index, begun.end) == (_DEFINITION, _VERSION):
            return (WithoutVersion(name), *parts[ending:])
    return tuple(parts)


def default_of(name: Variable | Local) -> str | None:
    """The default of a variable, where that is a text and no secret."""
    default = name.default if isinstance(name, Variable) and not (name.sensitive or name.is_made_up) else None
    return default if isinstance(default, str) else None


def assignments(words: Iterable[Word], known: Callable[[Variable | Local], str | None] = default_of) -> tuple[str, ...]:
    """A line `name=value` for each variable in the words: the value that is `known`, or `...`; then one for each array."""
    lines: dict[str, str] = {}
    fills: dict[str, None] = {}
    for one in words:
        for name in one.names:
            if lines.get(name.name, "...") == "...":
                lines[name.name] = str(word(known(name)) or "...")
        fills |= dict.fromkeys(part.fill for part in one.id_parts)
    return (*(f"{name}={value}" for name, value in lines.items()), *fills)


def assignments_for(commands: Iterable[str]) -> tuple[str, ...]:
    """A line `name=...` for each variable in commands, with another for one that has the parts of an id."""
    found = dict.fromkeys(match.groups() for command in commands for match in _NAMED.finditer(command))
    lines: dict[str, None] = {}
    for name, is_array in found:
        own = name.removesuffix("_parts") if is_array else name
        fill = IdPart(name, Word((Local(own, ""),)), 0, 0).fill
        lines |= dict.fromkeys((f"{own}=...  # all of the id: /subscriptions/...", fill) if is_array else (f"{own}=...",))
    return tuple(lines)


def _filled(part: WordPart, known: Callable[[Variable | Local], str | None]) -> WordPart:
    match part:
        case IdPart(text=text):
            whole = text.filled(known)
            pieces = "".join(map(str, whole.parts)).split("/")[part.index : part.index + 1]
            return replace(part, text=whole) if whole.names else "".join(pieces)
        case WithoutVersion(name):
            value = known(name)
            return _AT_VERSION.split(value)[0] if value and word(value) else part
        case CommandOutput(text=text):
            return replace(part, text=text.filled(known))
        case Variable() | Local():
            value = known(part)
            return value if value and word(value) else part
        case _:
            return part


def _in_quotes(parts: tuple[WordPart, ...]) -> str:
    pieces = []
    for index, part in enumerate(parts):
        if isinstance(part, str):
            pieces.append(_ESCAPED_IN_QUOTES.sub(r"\\\1", part))
            continue
        if isinstance(part, CommandOutput):
            pieces.append(f"$({part.command})")
            continue
        if isinstance(part, IdPart | WithoutVersion):
            inside = f"{part.parts}[{part.index}]" if isinstance(part, IdPart) else f"{part.id.name}%/versions/*"
            pieces.append(f"${{{inside}}}")
            continue
        after = parts[index + 1] if index + 1 < len(parts) else ""
        braces = isinstance(after, str) and _NAME_GOES_ON.match(after)
        pieces.append(f"${{{part.name}}}" if braces else f"${part.name}")
    return f'"{"".join(pieces)}"'
