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
_SEVERAL = 3  # two parts of an id, and what stands between them
_ESCAPED_IN_QUOTES = pattern(r'([\\"$`])')


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
class CutOutput:
    """The parts between slashes of a text, from one to another, counted from 0; `end` is its last part."""

    text: Word
    first: int
    last: int
    end: int

    @property
    def command(self) -> str:
        """What prints them."""
        fields = f"{self.first + 1}-{self.last + 1}" if self.first < self.last else str(self.first + 1)
        return f"echo {self.text} | cut -d/ -f{fields}"


WordPart: TypeAlias = str | Variable | Local | CommandOutput | CutOutput


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

    def filled(self, known: Callable[[Variable | Local], str | None]) -> Word:
        """The word with the values that are `known`; a value that is not stays a variable of the shell."""
        return Word(tuple([_filled(part, known) for part in self.parts]))


def _names(part: WordPart) -> tuple[Variable | Local, ...]:
    match part:
        case Variable() | Local():
            return (part,)
        case CutOutput(text) | CommandOutput(text=text):
            return text.names
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
    names = [f"`{name}`" for name in dict.fromkeys(name.name for one in words for name in one.names)]
    return f", with {in_a_sentence(names)} set in the shell" if names else ""


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


def _cut(part: SlashPart) -> CutOutput:
    """A part of an id; an id that no word says has the name of the local with its parts."""
    (local,) = (one for one in part.uses if isinstance(one, Local))
    text = word(part.whole) or Word((Local(local.name.removesuffix("_parts"), ""),))
    return CutOutput(text, part.index, part.index, part.last)


def _joined(parts: Sequence[WordPart]) -> tuple[WordPart, ...]:
    """The parts, those at the beginning in one that are the beginning of an id, with what stands between them."""
    if CutOutput not in map(type, parts):
        return tuple(parts)
    begun: CutOutput | None = None
    slashes = ending = 0
    before: WordPart = "/"
    for number, part in enumerate(parts):
        whole, before = not isinstance(before, str) or before.endswith("/"), part
        if isinstance(part, str):
            slashes += part.count("/")
        elif not whole:  # a name that begins with something else is another
            break
        elif isinstance(part, CutOutput) and part.first in {0, slashes} and (begun is None or begun.text == part.text):
            begun, slashes, ending = part, part.last, number + 1
        else:
            break
    if begun is None or ending < _SEVERAL:
        return tuple(parts)
    first = begun.text.parts if begun.last == begun.end else (replace(begun, first=0),)
    return (*first, *parts[ending:])


def default_of(name: Variable | Local) -> str | None:
    """The default of a variable, where that is a text and no secret."""
    default = name.default if isinstance(name, Variable) and not name.sensitive else None
    return default if isinstance(default, str) else None


def assignments(words: Iterable[Word], known: Callable[[Variable | Local], str | None] = default_of) -> tuple[str, ...]:
    """A line `name=value` for each variable in the words: the value that is `known`, or `...`."""
    lines: dict[str, str] = {}
    for name in (name for one in words for name in one.names):
        if lines.get(name.name, "...") == "...":
            lines[name.name] = str(word(known(name)) or "...")
    return tuple(f"{name}={value}" for name, value in lines.items())


def _filled(part: WordPart, known: Callable[[Variable | Local], str | None]) -> WordPart:
    match part:
        case CutOutput(text):
            whole = text.filled(known)
            if whole.names:
                return replace(part, text=whole)
            pieces = "".join(map(str, whole.parts)).split("/")[part.first : part.last + 1]
            return "/".join(pieces)
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
        if isinstance(part, CommandOutput | CutOutput):
            pieces.append(f"$({part.command})")
            continue
        after = parts[index + 1] if index + 1 < len(parts) else ""
        braces = isinstance(after, str) and _NAME_GOES_ON.match(after)
        pieces.append(f"${{{part.name}}}" if braces else f"${part.name}")
    return f'"{"".join(pieces)}"'
