"""Says what the real Azure CLI has against command lines, before it would run them. Run by the Python that has azure-cli.

In: a JSON list of argument lists, without the `az`. Out: a JSON list with the complaint about each, empty where it takes it.
"""

import json
import sys
from argparse import Namespace
from collections.abc import Sequence
from typing import Any, NoReturn

import jmespath
from azure.cli.core import get_default_cli
from azure.cli.core.aaz import AAZUndefined
from knack.events import EVENT_INVOKER_POST_PARSE_ARGS

# What is checked beyond the single options, where that asks nothing of Azure.
OFFLINE_VALIDATION = ("sig image-version create", "sig image-version update", "image create", "disk create", "tag update")


class Parsed(Exception):  # noqa: N818 - no error: as far as it goes
    """The CLI has parsed a command line."""

    def __init__(self, arguments: Any) -> None:  # noqa: ANN401 - the CLI has no types
        super().__init__()
        self.arguments = arguments


class Refused(Exception):  # noqa: N818 - what the parser says
    """The CLI does not take a command line."""


def complaint(cli: Any, arguments: Sequence[str]) -> str:  # noqa: ANN401
    """What the CLI says; nothing where it takes the command line."""
    invoker = cli.invocation_cls(
        cli_ctx=cli, parser_cls=cli.parser_cls, commands_loader_cls=cli.commands_loader_cls, help_cls=cli.help_cls
    )
    cli.invocation = invoker
    parse = invoker.parser.parse_args

    def stop(given: Sequence[str]) -> NoReturn:
        for parser in (invoker.parser, *invoker.parser.subparser_map.values()):
            parser.error = parser.validation_error = refuse
        raise Parsed(parse(given))

    invoker.parser.parse_args = stop
    try:
        invoker.execute(list(arguments))
    except Parsed as parsed:
        return validate(invoker, parsed.arguments)
    except (Exception, SystemExit) as error:  # noqa: BLE001 - any complaint counts
        return str(error) or type(error).__name__
    return "it shows help"


def refuse(message: object, *_: object) -> NoReturn:
    """Take the place of the parser's own, which prints and exits."""
    raise Refused(message)


def validate(invoker: Any, parsed: Any) -> str:  # noqa: ANN401
    """What is wrong with the values together."""
    try:
        if custom := getattr(parsed, "custom", None):
            jmespath.compile(custom)
        given = {name: None if value == AAZUndefined else value for name, value in vars(parsed).items()}
        # Whether the ids, or all of what they are made of, are given.
        invoker.cli_ctx.raise_event(EVENT_INVOKER_POST_PARSE_ARGS, command=parsed.command, args=Namespace(**given))
        if parsed.command in OFFLINE_VALIDATION:
            invoker._validation(parsed)  # noqa: SLF001 - what `az` does before it runs the command
    except (Exception, SystemExit) as error:  # noqa: BLE001
        return str(error) or type(error).__name__
    return ""


def main() -> None:
    """Check what comes in."""
    cli = get_default_cli()
    json.dump([complaint(cli, arguments) for arguments in json.load(sys.stdin)], sys.stdout)


if __name__ == "__main__":
    main()
