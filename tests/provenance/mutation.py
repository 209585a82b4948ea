"""Proof that nothing is lost in silence: changing any one setting of a template changes the HCL or the findings.

    python -m tests.provenance.mutation [FOLDER]...

FOLDER holds templates, by default those of the tests. Each leaf of each image template is changed in turn, and the template is
converted again. Informative leaves are left out, which name the template or were written by the service, and so are lost ones,
which a finding names already.
Exit status: 0, or 1 if a change went unseen.
"""

from __future__ import annotations

import json
import sys
from collections import Counter
from pathlib import Path
from typing import TYPE_CHECKING

from aib2packer import Conversion, InputError, convert
from aib2packer.provenance.accounting import Entry, State
from aib2packer.text.secrets import find_secrets

if TYPE_CHECKING:
    from collections.abc import Iterator

    from aib2packer.text.source import Span

_CASES = Path(__file__).parent.parent / "cases"


def mutations(span: Span) -> Iterator[str]:
    """Other values to stand where a leaf stands, as JSON; what is there decides the first."""
    try:
        written = json.loads(span.text, strict=False)
    except json.JSONDecodeError:  # what an expression makes, an empty array with a comment in it, or a line of PowerShell's
        yield json.dumps("mutated") if span.text[:1] in {"[", "{"} else "'mutated'"
        return
    match written:
        case bool() as value:
            yield json.dumps(not value)
        case int() as value:
            yield json.dumps(value + 1)
        # What an expression comes to is another matter, of ARM and of Terraform.
        case str() as value if (value.startswith("[") and value.endswith("]")) or "${" in value:
            yield json.dumps("mutated")
        case str() as value if find_secrets(value):  # all that may be seen of a secret is that it is there
            yield json.dumps(f"x{value}")
        case str() as value:
            yield json.dumps(f"{value}x" if value else "mutated")
        case _:
            yield json.dumps("mutated")


def unseen(data: bytes, name: str) -> Iterator[tuple[Entry, str]]:
    """The leaves of a template that can be changed without anything to be seen of it, each with its other value."""
    before = convert(data, file=name)
    done: set[tuple[int, int]] = set()
    for entry in before.settings:
        span = entry.span
        place = (span.start, span.end)
        if entry.state in {State.INFORMATIVE, State.LOST} or place in done or span.source.name != name:
            continue
        done.add(place)
        text = span.source.text
        for value in mutations(span):
            after = convert(text[: span.start] + value + text[span.end :], file=name)
            if _visible(before) == _visible(after):
                yield entry, value


def _visible(conversion: Conversion) -> tuple[object, ...]:
    """What a user sees of a conversion; places are left out, for a change moves them."""
    findings = [(finding.code.id, finding.message, finding.help) for finding in conversion.findings]
    return conversion.hcl, dict(conversion.files), findings


def main(folders: list[Path]) -> int:
    """Try every leaf of every template in the folders; print what went unseen, and the figures."""
    figures = Counter[str]()
    for file in sorted(path for folder in folders for path in folder.rglob("*.json")):
        try:
            found = list(unseen(file.read_bytes(), file.name))
            settings = convert(file.read_bytes(), file=file.name).settings
        except InputError:
            continue
        figures["templates"] += bool(settings)
        figures["settings"] += len(settings)
        figures["unseen"] += len(found)
        for entry, value in found:
            print(f"{entry.span}: {entry.pointer} ({entry.state.value}): {value} instead of {entry.span.text[:60]}")
    print(", ".join(f"{count} {what}" for what, count in figures.items()))
    return 1 if figures["unseen"] else 0


if __name__ == "__main__":
    sys.exit(main([Path(folder) for folder in sys.argv[1:]] or [_CASES]))
