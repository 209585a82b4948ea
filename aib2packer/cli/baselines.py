"""`--baseline` and `--write-baseline`: findings that are accepted, read from a file and written to one."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from aib2packer.app.output import FilesDifferError, OutputError
from aib2packer.audit.baseline import Baseline, accept, read_baseline, told, write_baseline
from aib2packer.cli.printing import echo, print_error
from aib2packer.system.files import read_bytes
from aib2packer.text.source import FileError, InputError, decode

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from aib2packer.app.run import Result, Write
    from aib2packer.findings.model import Finding, Level


def read(file: str | None, most: int) -> Baseline:
    """The baseline in a file; an empty one where none is given.

    Raises:
        FileError: It cannot be read, or an entry is incomplete.

    """
    if file is None:
        return Baseline()
    try:
        return read_baseline(decode(read_bytes(file, Path(file), most), file).text, Path(file).parent)
    except FileError:
        raise
    except InputError as error:
        raise FileError(file, str(error), "Correct the baseline.") from error


def applied(results: Sequence[Result], baseline: Baseline, level: Level, *, whole: bool) -> list[Result]:
    """The results with what is accepted of their findings; says which entries are about nothing any more.

    Args:
        results: What became of the templates.
        baseline: What is accepted.
        level: The lightest findings that fail.
        whole: Whether all templates were looked at, and an entry for none of them is about nothing too.

    """
    found = [(result.name, finding) for result in results for finding in result.findings]
    tell(baseline, found, None if whole else [result.name for result in results])
    return accept(results, baseline, level)


def tell(baseline: Baseline, found: Iterable[tuple[str, Finding]], templates: Iterable[str] | None = None) -> None:
    """Say which entries are about nothing any more."""
    for sentence in told(baseline.gone(found, templates)):
        echo(sentence)


def count_failing(count: int) -> str:
    """How many findings fail, in the words of an error."""
    return f"{count:,} finding{' is' if count == 1 else 's are'} at the level of --fail-on"


def write_failing(file: str, failing: Iterable[tuple[str, Finding]], write: Write, *, force: bool, quiet: bool) -> bool:
    """Write a baseline of what fails, with the other files of the run; whether that was possible."""
    try:
        write_file(file, write_baseline(failing, Path(file).parent), write, force=force)
    except OutputError as error:
        print_error(str(error))
        return False
    if not quiet:
        echo(f"Wrote {Path(file)}.")
    return True


def write_file(file: str, text: str, write: Write, *, force: bool) -> None:
    """Write a file, with the other files of the run.

    Raises:
        OutputError: It is there with other contents, and `force` is not given, or the system refuses.

    """
    path = Path(file)
    try:
        write(path.parent, {path.name: f"{text.strip()}\n".encode()}, force=force)
    except FilesDifferError as error:
        raise FilesDifferError(error.file, error.reason, "Give --force to replace what is there, or another name.") from None
