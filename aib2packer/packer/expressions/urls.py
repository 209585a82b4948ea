"""What ARM's `uri` makes, as text that HCL can join (docs/reference/arm-expressions.md 2.4)."""

from __future__ import annotations

from aib2packer.arm.language.symbolic import (
    Apply,
    ArmValue,
    Concat,
    Lambda,
    Symbol,
    VariableSymbol,
    bare,
    concat,
    ends,
    is_symbol,
    starts,
)
from aib2packer.hcl.code import CannotPrintError
from aib2packer.lazy.patterns import pattern

_RELATIVE = pattern(r"[\w-][^:?#]*[/.]|[\w-]+/")


def write_out_urls(text: Concat) -> Concat:
    """Joined text whose pieces are what `uri` joins, where it is one of them."""
    parts = tuple(join_url(part) if isinstance(part, Apply) and part.function == "uri" else part for part in text.parts)
    return text if parts == text.parts else Concat(tuple(piece for part in parts for piece in _pieces(part)))


def join_url(uri: Apply) -> str | Symbol:
    """The base up to its last `/`, and the rest.

    What is not known of the rest is taken to be a relative path, as whoever uses the function means it: `Symbols` reports that.

    Raises:
        CannotPrintError: The rest is no relative path.

    """
    base, rest = (None if isinstance(argument, Lambda) else argument for argument in uri.arguments)
    if (known := starts(rest)) and not _RELATIVE.match(known):
        reason = "it cannot be told whether the second is a relative path"
        raise CannotPrintError(reason, "uri")
    return concat((_folder(base), rest if is_symbol(rest) else str(rest)))


def _folder(base: ArmValue) -> str | Symbol:
    """A URL up to its last `/`."""
    plain = bare(base)
    if isinstance(plain, Apply) and plain.function == "uri":
        plain = join_url(plain)
    end = ends(plain)
    cut = end.rfind("/") + 1
    if isinstance(plain, str):
        return plain[:cut] if "/" in plain[plain.find("://") + 3 :] else f"{plain}/"
    if isinstance(plain, Concat) and cut:
        is_folder = cut == len(end)
        return base if is_folder and isinstance(base, VariableSymbol) else concat((*plain.parts[:-1], end[:cut]))
    return Apply("folder", (base,))


def _pieces(part: str | Symbol) -> tuple[str | Symbol, ...]:
    return part.parts if isinstance(part, Concat) else (part,)
