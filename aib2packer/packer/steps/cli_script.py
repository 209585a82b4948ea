"""Shell scripts for post-processors: Azure CLI commands whose values arrive as they are, whatever they hold.

Literal values are quoted for the shell; what only Packer knows arrives in the environment, never in the text of the script. A
long script lies in a file, where files may lie beside the HCL: there it can be read, and checked with ShellCheck.
"""

from __future__ import annotations

from contextlib import contextmanager
from typing import TYPE_CHECKING, TypeAlias

from aib2packer.arm.language.text import TemplateText, text_of
from aib2packer.findings import codes
from aib2packer.hcl.printing import print_value, references
from aib2packer.hcl.values import GoTemplate, Interpolation, Value, concat
from aib2packer.lazy.models import dataclass
from aib2packer.packer.layout import beside_template
from aib2packer.packer.model import PostProcessor
from aib2packer.packer.steps.cli_session import SIGN_IN_FILES, begin_signed_in, sign_in_file
from aib2packer.packer.steps.shell_local import Environment, exact_json, means_more

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping, Sequence

    from aib2packer.findings.model import Report
    from aib2packer.packer.variables.symbols import Symbols


_LONGEST_LINE = 100  # of a command that stands on one line
_MOST_LINES = 12  # of a script that stands in the HCL though it could lie in a file


@dataclass(frozen=True, slots=True)
class RawShell:
    """A word of the script itself, such as `"$disk"`."""

    text: str


Operand: TypeAlias = "TemplateText | Value | RawShell"
Option: TypeAlias = "tuple[str, *tuple[Operand, ...]]"
"""A flag of a command, and its values."""


@dataclass(frozen=True, slots=True)
class ScriptFile:
    """A file for a script: its path beside the HCL, and what the script is there for."""

    path: str
    about: str


RUN_SCRIPT: tuple[Value, ...] = ("/bin/sh", "-c", GoTemplate('{{.Vars}} /bin/sh "$0"'), GoTemplate("{{.Script}}"))
"""How Packer runs a script in a file: by its path as an argument, which may hold anything, and also if it is not executable."""


# spec: Microsoft.Resources/stable/2021-04-01/resources.json, Tags_UpdateAtScope, which `az tag update` calls too.
_TAGS_OF_RESOURCE = "/providers/Microsoft.Resources/tags/default?api-version=2021-04-01"


def are_plain(tags: Mapping[str, TemplateText], late: TemplateText | None) -> bool:
    """Whether tags arrive as they are as words of the Azure CLI: all of them is known, and means no more than its text."""
    words = (None if value.literal is None else f"{key}={value.literal}" for key, value in tags.items())
    return late is None and all(word is not None and not word.startswith("-") and not means_more(word) for word in words)


class Script:
    """A script that grows command by command, and the environment that it wants. It waits for nothing longer than `minutes`."""

    def __init__(self, symbols: Symbols, report: Report, minutes: Value, *, signs_in_by_file: bool = False) -> None:
        self._symbols = symbols
        self._report = report
        self._minutes = minutes
        self._by_file = signs_in_by_file
        self._lines: list[str] = []
        self._environment = Environment(for_cli=True)
        self._indent = ""
        self._unexpanded = False

    @property
    def is_empty(self) -> bool:
        """Whether there is nothing to run."""
        return not self._lines

    def say(self, comment: str) -> None:
        """Add a comment."""
        self.line(f"# {comment}")

    def line(self, text: str) -> None:
        """Add a line of shell, as it is."""
        self._lines.append(f"{self._indent}{text}" if text else "")

    @contextmanager
    def block(self, head: str, tail: str) -> Iterator[None]:
        """Put what is added in the block between two lines, indented."""
        self.line(head)
        outer, self._indent = self._indent, f"{self._indent}  "
        yield
        self._indent = outer
        self.line(tail)

    @contextmanager
    def polling(self, too_late: str, seconds: int) -> Iterator[None]:
        """Put what is added in the block into a loop that it must leave: after the minutes of the build the script fails."""
        self.line("tries=0")
        with self.block("while :; do", "done"):
            self.line("sign_in")
            yield
            self.line("tries=$((tries + 1))")
            minutes = self.word("MINUTES", self._minutes).strip('"')
            most = (
                self._minutes * 60 // seconds
                if isinstance(self._minutes, int)
                else f"$(({minutes.removeprefix('$')} * 60 / {seconds}))"
            )
            with self.block(f'if [ "$tries" -ge {most} ]; then', "fi"):
                self.line(f'echo "{too_late} in {minutes} minutes." >&2')
                self.line("exit 1")
            self.line(f"sleep {seconds}")

    def az(self, command: str, *options: Option, into: str = "", otherwise: str = "") -> None:
        """Add `az COMMAND`: a short one on a line, else an option a line.

        Its output goes into the shell variable `into`; `otherwise` is what is run where it fails, instead of ending the script.
        """
        says_nothing = into or command.endswith((" delete", " wait", " abort"))
        named = options if says_nothing else (*options, ("--output", "none"))
        words = [f"az {command}", *self.words(named)]
        text = " ".join(words)
        if len(text) > _LONGEST_LINE:
            text = f" \\\n{self._indent}  ".join(words)
        self.line((f"{into}=$({text})" if into else text) + (f" ||\n{self._indent}  {otherwise}" if otherwise else ""))

    def merge_tags(self, resource: TemplateText | Value, tags: Mapping[str, TemplateText], late: TemplateText | None) -> None:
        """Add tags to a resource by its id, whatever their texts hold; `late` are those that only Packer's run knows."""
        known = {key: self._symbols.value(text) for key, text in tags.items()}
        layers = (*((known,) if known else ()), *(() if late is None else (self._symbols.value(late),)))
        texts = ", ".join(map(print_value, layers))
        if late is not None or not all(isinstance(value, str) for value in known.values()):
            merged = texts if late is None else f"merge({texts})"  # which takes null for none
            texts = f'{{ for name, value in {merged} : name => format("%v", value) }}'
        body = self.word(
            "TAGS", exact_json(f'{{ operation = "Merge", properties = {{ tags = {texts} }} }}', references(layers))
        )
        path = self._symbols.value(resource) if isinstance(resource, TemplateText) else resource
        url = self.word("TAGS_URL", concat(path, _TAGS_OF_RESOURCE))
        if known:
            self.az("rest", ("--method", "patch"), ("--url", RawShell(url)), ("--body", RawShell(body)))
            return
        with self.block(f"case {body} in", "esac"):
            self.line("""*'"tags":{}'*) ;; # there is none""")
            self.line(f"*) az rest --method patch --url {url} --body {body} --output none ;;")

    def tags(self, tags: Mapping[str, TemplateText], late: TemplateText | None) -> tuple[Option, ...]:
        """The option that sets tags; none where they take `merge_tags`."""
        words = tuple(text_of((f"{key}=", *value.parts), value.span) for key, value in tags.items())
        return (("--tags", *words),) if words and are_plain(tags, late) else ()

    def words(self, options: Iterable[Option]) -> tuple[str, ...]:
        """Options as they stand in a command line."""
        return tuple(self._option(option) for option in options)

    def word(self, name: str, operand: Operand) -> str:
        """A word of a command line. `name` is for the environment, where the operand must travel in it."""
        if isinstance(operand, RawShell):
            return operand.text
        if isinstance(operand, TemplateText):
            self._require_plain(operand)
        value = self._symbols.value(operand) if isinstance(operand, TemplateText) else operand
        self._unexpanded = self._unexpanded or (isinstance(value, str) and ("$" in value or "`" in value))
        return self._environment.word(name, value)

    def post_processor(self, name: str, file: ScriptFile | None = None) -> PostProcessor:
        """The post-processor that runs the script: from the file, if it is long and there can be one."""
        text = "\n".join((*self._lines, ""))
        if file is None or text.count("\n") <= _MOST_LINES:
            inline = Interpolation((text,), multiline=True)
            first = begin_signed_in(self._environment, by_file=self._by_file)
            files = SIGN_IN_FILES if self._by_file else {}
            return PostProcessor("shell-local", self._environment.settings(name, (first, inline)), files)
        signed_in = f". {sign_in_file(self._environment)}"
        head = ["#!/bin/sh", f"# {file.about}"]
        if names := self._environment.names:
            head.append(f"# Packer sets {', '.join(names)}.")
        if self._unexpanded:
            head.append("# shellcheck disable=SC2016 # what the template says is not for the shell to expand")
        text = "\n".join((*head, "set -eu", "# shellcheck source=/dev/null", signed_in, "", text))
        settings = self._environment.settings_to_run(name, script=beside_template(file.path), execute_command=RUN_SCRIPT)
        return PostProcessor("shell-local", settings, {file.path: text.encode(), **SIGN_IN_FILES})

    def _option(self, option: Sequence[Operand]) -> str:
        flag, *operands = option
        return " ".join((str(flag), *(self.word(str(flag), operand) for operand in operands)))

    def _require_plain(self, text: TemplateText) -> None:
        if "{{" in text.visible:
            self._report.add(
                codes.NOT_EXACT,
                text.span,
                "Packer evaluates `{{` in the scripts of post-processors, and nothing escapes it there",
                help="Leave it out.",
            )
        elif means_more(text.visible):
            self._report.add(
                codes.NOT_EXACT,
                text.span,
                "the Azure CLI reads a file where a value begins with `@`, and nothing escapes it there",
                help="Leave it out.",
            )
