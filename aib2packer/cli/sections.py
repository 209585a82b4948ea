"""Options in sections: what a command's help groups by concern, and how its function gets them by the handful."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, TypeVar

import click

from aib2packer.cli.standard import OwnHelp
from aib2packer.lazy.models import field_names

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    Command = Callable[..., Any]

T = TypeVar("T")


class SectionedOption(click.Option):
    """An option that stands in a section of the help."""

    def __init__(self, *arguments: Any, section: str, **settings: Any) -> None:  # noqa: ANN401 - click's
        super().__init__(*arguments, **settings)
        self.section = section


class SectionedCommand(OwnHelp):
    """A command whose help shows the options by section, in the order in which they were given."""

    def format_options(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        """Write a list of options for each section, those without one last."""
        sections: dict[str, list[tuple[str, str]]] = {}
        options = [parameter for parameter in self.get_params(ctx) if isinstance(parameter, click.Option)]
        for option in options:
            if (record := option.get_help_record(ctx)) is not None:
                title = option.section if isinstance(option, SectionedOption) else "Other"
                sections.setdefault(title, []).append(record)
        for title, records in sections.items():
            with formatter.section(title):
                formatter.write_dl(records)


class OptionSection:
    """A section of options: filled by `option`, then a decorator of the commands that have them."""

    def __init__(self, title: str) -> None:
        self.title = title
        self._options: list[Callable[[Command], Command]] = []

    def option(self, *names: str, **settings: Any) -> None:  # noqa: ANN401 - click's
        """Add an option; it takes what `click.option` takes."""
        self._options.append(click.option(*names, cls=SectionedOption, section=self.title, **settings))

    def __call__(self, command: Command) -> Command:
        """The command, with the options of this section."""
        for option in reversed(self._options):
            command = option(command)
        return command


def picked(kind: type[T], given: Mapping[str, object]) -> T:
    """A dataclass made of those values of options that have the name of one of its fields."""
    return kind(**{name: given[name] for name in field_names(kind) if name in given})
