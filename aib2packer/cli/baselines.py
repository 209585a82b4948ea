"""`--baseline` and `--write-baseline`: findings that are accepted, read from a file and written to one."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from aib2packer.app.output import FilesDifferError, OutputError
from aib2packer.audit.baseline import Baseline, Use, accept, read_baseline, told, write_baseline
from aib2packer.cli.printing import echo, print_error
from aib2packer.findings.model import Severity
from aib2packer.system.files import read_bytes
from aib2packer.text.source import FileError, InputError, decode

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator

    from aib2packer.app.run import Request, Result, Write
    from aib2packer.findings.model import Code, Finding, Level


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


class Accepting:
    """What a baseline accepts of one result after another, and what fails all the same."""

    def __init__(self, baseline: Baseline | None, level: Level | None) -> None:
        """Take the baseline, if there is one, and the lightest findings that fail, if any do."""
        self._baseline = baseline
        self._level = level
        self._use = Use(baseline or Baseline())
        self._failing: dict[tuple[str, Code], Finding] = {}
        self.count = 0
        """How many findings fail."""

    def of(self, results: Iterable[Result]) -> Iterator[Result]:
        """The results, with what is accepted of their findings."""
        for result in results:
            self._use.see(result.name, result.findings)
            marked = accept(result, self._baseline, self._level or Severity.ERROR) if self._baseline is not None else result
            for finding in marked.findings:
                if self._level is not None and finding.reaches(self._level):
                    self._failing.setdefault((result.name, finding.code), finding)
                    self.count += 1
            yield marked

    def tell_gone(self, say: Callable[[str], object] = echo, *, whole: bool) -> None:
        """Say which entries are about nothing any more; `whole`: all templates were looked at, and one for none of them is."""
        for sentence in told(self._use.gone(whole=whole)):
            say(sentence)

    def new(self, folder: Path) -> str:
        """A new baseline, to lie in a folder, of what fails."""
        return write_baseline(((name, finding) for (name, _), finding in self._failing.items()), folder)

    def end(self, new: str | None, request: Request, say: Callable[[str], object], *, whole: bool, quiet: bool) -> int:
        """Say what is gone, and write a new baseline, if one is wanted, with the files of the run; gives the exit status."""
        self.tell_gone(say, whole=whole)
        if new is None:
            return 0
        try:
            write_file(new, self.new(Path(new).parent), request.write, force=request.force)
        except OutputError as error:
            print_error(str(error))
            return 2
        if not quiet:
            say(self.wrote(new))
        return 0

    def wrote(self, new: str) -> str:
        """A sentence that says that a new baseline has been written, and if it is empty, why."""
        if self._failing:
            return f"Wrote {Path(new)}."
        why = "for nothing fails" if self._level is not None else "for it takes what fails: say what does, as --fail-on act"
        return f"Wrote {Path(new)}. It has no entry, {why}."


def count_failing(count: int) -> str:
    """How many findings fail, in the words of an error."""
    return f"{count:,} finding{' is' if count == 1 else 's are'} at the level of --fail-on"


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
