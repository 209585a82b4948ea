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
_NAMED = pattern(r"\$\{?([A-Za-z_]\w*)")
_FIELD = pattern(r"(\w+)_field_(\d+)(?==|$)")
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
class IdPart:
    """A part of an id between slashes, counted from 0; `end` is the last one, and `of` the name of the id."""

    of: str
    text: Word
    index: int
    end: int

    @property
    def name(self) -> str:
        """The variable of the shell that has it, numbered as `cut` counts."""
        return f"{self.of}_field_{self.index + 1}"

    @property
    def assignment(self) -> str:
        """The command that sets the variable."""
        return f"{self.name}=$(echo {self.text} | cut -d / -f {self.index + 1})"


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
    fields = [f"`{line}`" for line in dict.fromkeys(part.assignment for one in all_words for part in one.id_parts)]
    return f", with {in_a_sentence(names)} set in the shell{f', then {in_a_sentence(fields)}' if fields else ''}"


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
    name = local.name.removesuffix("_parts")
    return IdPart(name, word(part.whole) or Word((Local(name, ""),)), part.index, part.last)


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
    """A line `name=value` for each variable in the words: the value that is `known`, or `...`; then one for each part."""
    lines: dict[str, str] = {}
    fields: dict[str, None] = {}
    for one in words:
        for name in one.names:
            if lines.get(name.name, "...") == "...":
                lines[name.name] = str(word(known(name)) or "...")
        fields |= dict.fromkeys(part.assignment for part in one.id_parts)
    return (*(f"{name}={value}" for name, value in lines.items()), *fields)


def assignments_for(commands: Iterable[str]) -> tuple[str, ...]:
    """A line `name=...` for each variable in commands; then one for each that has a part of an id."""
    lines: dict[str, str] = {}
    fields: list[str] = []
    for name in dict.fromkeys(name for command in commands for name in _NAMED.findall(command)):
        if (field := _FIELD.fullmatch(name)) is None:
            lines.setdefault(name, f"{name}=...")
        else:
            whole = Local(field[1], "")
            lines[whole.name] = f"{whole.name}=...  # all of the id: /subscriptions/..."
            fields.append(IdPart(whole.name, Word((whole,)), int(field[2]) - 1, 0).assignment)
    return (*lines.values(), *fields)


def sets_a_field(line: str) -> bool:
    """Whether a line of `assignments` takes a part of an id from a variable that another line sets."""
    return _FIELD.match(line) is not None


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
        if isinstance(part, WithoutVersion):
            pieces.append(f"${{{part.id.name}%/versions/*}}")
            continue
        after = parts[index + 1] if index + 1 < len(parts) else ""
        braces = isinstance(after, str) and _NAME_GOES_ON.match(after)
        pieces.append(f"${{{part.name}}}" if braces else f"${part.name}")
    return f'"{"".join(pieces)}"'
