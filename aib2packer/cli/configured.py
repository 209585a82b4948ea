"""Options from a file: those of all templates become defaults of the command, those of single templates change their request.

A key is an option as the command line has it, without the dashes: the option itself says what may stand there.
"""

from __future__ import annotations

import json
from pathlib import Path, PurePosixPath
from typing import TYPE_CHECKING, cast

import click
from click.core import ParameterSource

from aib2packer.app.azure_ids import is_in_azure
from aib2packer.app.config import Config, find_config, read_config
from aib2packer.app.inputs import STDIN, read_file
from aib2packer.lazy.models import field_names, replace
from aib2packer.options import Options
from aib2packer.text.source import FileError, SourceText, decode

if TYPE_CHECKING:
    from collections.abc import Container, Iterable, Mapping, Sequence

    from aib2packer.app.inputs import Template
    from aib2packer.app.run import Request

_KEY = "aib2packer.config"
# What is about one template, and would seldom be right for all: only [[template]] may say it, match = "**" for all of them.
SINGLE = ("name", "build-name", "os-type", "security-type", "replace-iso", "parameters", "set", "environments", "folder")
_NOT_IN_FILES = {"config", "output", "into", "help", "check", "force", "write-baseline"}


def load(context: click.Context, _parameter: click.Parameter, value: str | None) -> str | None:
    """Find and read the file, before other options get their defaults from it."""
    if value == "":  # asked for none
        return value
    file = find_config(_inputs(context), Path.cwd()) if value is None else Path(value)
    if file is None:
        return value
    try:
        config = read_config(file)
    except FileError as error:
        raise click.BadParameter(str(error)) from error
    context.meta[_KEY] = config
    defaults: dict[str, object] = {}
    for key, given in config.everywhere.items():
        if key in SINGLE:
            message = f'{file}: `{key}` is about single templates: write it below [[template]], with match = "**" for all'
            raise click.BadParameter(message)
        option = _option(context, key, file)
        if option is not None:
            defaults[str(option.name)] = _placed(given, file) if isinstance(option.type, click.Path) else given
    context.default_map = {**(context.default_map or {}), **defaults}
    for rule in config.rules:
        for key in rule.values:
            if key not in {"environments", "folder"}:
                _option(context, key, file)
    return value


def _inputs(context: click.Context) -> list[Path]:
    """The files and folders among the arguments, which are read before the options are."""
    names = {parameter.name for parameter in context.command.params if isinstance(parameter, click.Argument)}
    given = (one for name in names if name for one in context.params.get(name) or ())
    return [Path(one) for one in given if one not in {"", STDIN} and not is_in_azure(one)]


def _placed(given: object, file: Path) -> object:
    """The path of a file as it is meant, from the folder of the configuration on."""
    if isinstance(given, str):
        return str(file.parent / given)
    return [_placed(one, file) for one in given] if isinstance(given, list) else given


def config_of(context: click.Context) -> Config:
    """What the file says that was loaded."""
    return cast("Config", context.meta.get(_KEY, Config()))


def configured(context: click.Context, template: Template, request: Request) -> tuple[Template, Request]:
    """The template and the request as the file has them for it; what the command line says counts more.

    Raises:
        FileError: A file that it names cannot be read.

    """
    config = config_of(context)
    if config.replacements:
        request = replace(request, options=replace(request.options, replacements=config.replacements))
    values = {} if template.path is None else config.of_template(template.path)
    if config.file is None or template.path is None or not values:
        return template, request
    base, path = config.file.parent, template.path
    changes = {name: value for key, value in values.items() for name, value in _processed(context, key, value, config.file)}
    read = [_read(file, request.most) for file in _files(values.get("parameters", ()), base, path)]
    changes["parameter_files"] = (*read, *request.options.parameter_files)
    changes["settings"] = (*_settings(values.get("set", ())), *request.options.settings)
    known = set(field_names(Options))
    options = replace(request.options, **{name: value for name, value in changes.items() if name in known})  # type: ignore[arg-type]
    others = set(field_names(type(request))) - {"options"}
    made = replace(request, options=options, **{name: value for name, value in changes.items() if name in others})  # type: ignore[arg-type]
    if "environments" in values:
        made = replace(made, environments=_environments(values["environments"], base, path, request.most))
    if isinstance(folder := values.get("folder"), str):
        template = replace(template, folder=PurePosixPath(_filled(folder, base, path)), is_placed=True)
    return template, made


def about_all(context: click.Context, count: int) -> str:
    """A sentence about options of the command line that are about single templates, and were given for several."""
    names = {option.name: option for option in context.command.params if isinstance(option, click.Option)}
    given = [
        f"--{key}"
        for key in SINGLE
        for name, option in names.items()
        if name and f"--{key}" in option.opts and context.get_parameter_source(name) is ParameterSource.COMMANDLINE
    ]
    if not given or count < 2:  # noqa: PLR2004 - several
        return ""
    holds = "holds" if len(given) == 1 else "hold"
    return f"{' and '.join(given)} {holds} for all {count} files here; aib2packer.toml gives options to single templates."


def about_replacements(context: click.Context, renamed: Container[str]) -> str:
    """Sentences about entries of [replace] that occur in no template; `renamed` are those that do."""
    config = config_of(context)
    gone = [f"`{old}`" for old, _ in config.replacements if old.casefold() not in renamed]
    if not gone:
        return ""
    occurs = "occurs" if len(gone) == 1 else "occur"
    return f"{config.file}: {', '.join(gone)} in [replace] {occurs} in no template here; check the spelling."


def _option(context: click.Context, key: str, file: Path) -> click.Option | None:
    """The option of a key; None where it belongs to another command."""
    from aib2packer.cli import main

    def of(command: click.Command | None) -> dict[str, click.Option]:
        options = () if command is None else (one for one in command.params if isinstance(one, click.Option))
        return {opt.removeprefix("--"): one for one in options for opt in one.opts if opt.startswith("--")}

    own = of(context.command)
    every = {name for command in main.list_commands(context) for name in of(main.get_command(context, command))} | set(own)
    if key not in every - _NOT_IN_FILES:
        from difflib import get_close_matches

        near = get_close_matches(key, every - _NOT_IN_FILES, n=1)
        message = f"{file}: there is no option `{key}`{f'; did you mean `{near[0]}`?' if near else ''}"
        raise click.BadParameter(message)
    return own.get(key)


def _processed(context: click.Context, key: str, value: object, file: Path) -> Iterable[tuple[str, object]]:
    """The value of an option as its parameter takes it; nothing where the command line gives it, or it is read otherwise."""
    if key in {"parameters", "set", "environments", "folder"}:
        return
    option = _option(context, key, file)
    name = None if option is None else option.name
    if option is None or name is None or context.get_parameter_source(name) is ParameterSource.COMMANDLINE:
        return
    try:
        yield name, option.process_value(context, value)
    except click.BadParameter as error:
        message = f"{file}: {key}: {error.message}"
        raise click.BadParameter(message) from error


def _settings(value: object) -> list[str]:
    """Values of parameters: a table, or a list as the command line has them."""
    if isinstance(value, dict):
        return [f"{name}={one if isinstance(one, str) else json.dumps(one)}" for name, one in value.items()]
    return [str(one) for one in cast("Sequence[object]", value)]


def _environments(value: object, base: Path, template: Path, most: int) -> Mapping[str, SourceText]:
    if isinstance(value, dict):
        return {str(name): _read(base / _filled(str(file), base, template), most) for name, file in value.items()}
    from aib2packer.app.parameters_beside import environment_of

    return {environment_of(template, file): _read(file, most) for file in _files(value, base, template)}


def _files(value: object, base: Path, template: Path) -> list[Path]:
    """The files that patterns name, from the folder of the configuration on; one that names none is told when it is read."""
    patterns = [value] if isinstance(value, str) else [str(one) for one in cast("Sequence[object]", value)]
    filled = [_filled(pattern, base, template) for pattern in patterns]
    return [file for pattern in filled for file in sorted(base.glob(pattern)) or [base / pattern]]


def _filled(pattern: str, base: Path, template: Path) -> str:
    folder = template.resolve().parent.relative_to(base.resolve()).as_posix()
    return PurePosixPath(pattern.replace("{stem}", template.stem).replace("{folder}", folder)).as_posix()


def _read(file: Path, most: int) -> SourceText:
    return decode(read_file(str(file), file, most), str(file))
