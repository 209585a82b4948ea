"""Old names and ids in a document, replaced by new ones; everything stays at its place."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from aib2packer.jsonc.tree import JsonArray, JsonMember, JsonObject, JsonScalar

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Sequence

    from aib2packer.jsonc.tree import Json


def occurring(texts: Iterable[str], replacements: Sequence[tuple[str, str]]) -> frozenset[str]:
    """The old names, lower-case, that occur as a whole in one of the texts."""
    if not replacements:
        return frozenset()
    return frozenset(match[0].casefold() for text in texts for match in _pattern(replacements).finditer(text))


def replaced(document: Json, replacements: Sequence[tuple[str, str]]) -> Json:
    """The document with every old name in its texts replaced by the new one, whatever their case; the longest counts first.

    A name counts as a whole: `img` is not replaced in `img2`, nor in `my-img`. Keys count too, for identities are keys.
    """
    if not replacements:
        return document
    new = {old.casefold(): to for old, to in replacements}
    pattern = _pattern(replacements)
    return _replaced(document, lambda text: pattern.sub(lambda match: new[match[0].casefold()], text))


def _pattern(replacements: Sequence[tuple[str, str]]) -> re.Pattern[str]:
    names = "|".join(re.escape(old) for old, _ in sorted(replacements, key=lambda pair: -len(pair[0])))
    return re.compile(rf"(?<![\w.-])(?:{names})(?![\w-]|\.\w)", re.IGNORECASE)


def _replaced(node: Json, change: Callable[[str], str]) -> Json:
    match node:
        case JsonScalar(value=str(text)):
            changed = change(text)
            return node if changed == text else JsonScalar(changed, node.span)
        case JsonArray():
            return JsonArray(tuple(_replaced(item, change) for item in node.items), node.span)
        case JsonObject():
            return JsonObject(
                tuple(JsonMember(change(one.key), one.key_span, _replaced(one.value, change)) for one in node), node.span
            )
        case _:
            return node
