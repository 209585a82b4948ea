"""Options from a file: those of all templates become defaults of the command, those of single templates change their request.

A key is an option as the command line has it, without the dashes: the option itself says what may stand there.
"""

from __future__ import annotations

from pathlib import Path, PurePosixPath
from typing import TYPE_CHECKING, cast

import click
from click.core import ParameterSource

from aib2packer.app.azure.template_ids import is_in_azure
from aib2packer.app.config import Config, Configs, find_config, read_config
from aib2packer.app.inputs import STDIN, read_values
from aib2packer.cli.printing import echo
from aib2packer.cli.standard import FileName
from aib2packer.findings.text import safe
from aib2packer.hcl.names import portable_name
from aib2packer.lazy.models import field_names, replace
from aib2packer.options import Options
from aib2packer.packer.layout import AT_TOP
from aib2packer.system.files import is_within, resolved
from aib2packer.text.source import FileError, SourceText

if TYPE_CHECKING:
    from collections.abc import Container, Iterable, Iterator, Mapping, Sequence

    from aib2packer.app.config import Rule
    from aib2packer.app.inputs import Template
    from aib2packer.app.run import Request

_KEY = "aib2packer.config"
# What is about one template, and would seldom be right for all: only [[template]] may say it, match = "**" for all of them.
SINGLE = ("name", "build-name", "os-type", "security-type", "replace-iso", "parameters", "set", "environments", "folder")
# What a run writes: a file that lies in a folder of others writes nowhere else.
_WRITTEN = ("--report", "--findings-file")
_NOT_IN_FILES = {"config", "output", "into", "help", "check", "force", "write-baseline"}


def load(context: click.Context, _parameter: click.Parameter, value: str | None) -> str | None:
    """Find and read the file, before other options get their defaults from it."""
    try:
        return _load(context, value)
    except click.BadParameter as error:
        if value is None:  # then nobody has given the option that click would name
            raise click.UsageError(error.message) from error
        raise


def _load(context: click.Context, value: str | None) -> str | None:
    try:
        file = find_config(_inputs(context), Path.cwd()) if value is None else Path(value) if value else None
        config = Config() if file is None else read_config(file)
    except FileError as error:
        raise click.BadParameter(str(error)) from error
    context.meta[_KEY] = Configs(config, only=value is not None)
    defaults: dict[str, object] = {}
    for option, given in _of_all(context, config):
        is_path = isinstance(option.type, FileName)
        defaults[str(option.name)] = _placed(option, given, cast("Path", config.file)) if is_path else given
    context.default_map = {**(context.default_map or {}), **defaults}
    return value


def _of_all(context: click.Context, config: Config) -> Iterator[tuple[click.Option, object]]:
    """The options of this command that a file has for all templates, with their values, when all of it has been looked at."""
    if (file := config.file) is None:
        return
    for key in config.everywhere:
        if key in SINGLE:
            message = f'{file}: `{key}` is about single templates: write it below [[template]], with match = "**" for all'
            raise click.BadParameter(message)
    for rule in config.rules:
        for key in rule.values:
            if key not in {"environments", "folder"}:
                _option(context, key, file)
    found = [(_option(context, key, file), key, given) for key, given in config.everywhere.items()]
    yield from [(option, _typed(option, key, given, file)) for option, key, given in found if option is not None]


def _inputs(context: click.Context) -> list[Path]:
    """The files and folders among the arguments, which are read before the options are."""
    names = {parameter.name for parameter in context.command.params if isinstance(parameter, click.Argument)}
    given = (one for name in names if name for one in context.params.get(name) or ())
    return [Path(one) for one in given if one not in {"", STDIN} and not is_in_azure(one)]


def _placed(option: click.Option, given: object, file: Path) -> object:
    """The path of a file as it is meant, from the folder of the configuration on."""
    if isinstance(given, list):
        return [_placed(option, one, file) for one in given]
    path, key = file.parent / str(given), option.opts[-1]
    if key in _WRITTEN and not is_within(path, file.parent):
        message = f"{file}: {given} lies outside of the folder of this file: give {key} on the command line"
        raise click.BadParameter(message)
    return str(path)


def _typed(option: click.Option, key: str, given: object, file: Path) -> object:
    """What the file says, if it is what an option can be: one value, or a list of texts where there may be several."""
    if option.multiple and (isinstance(given, str) or _is_texts(given)):
        return [given] if isinstance(given, str) else given
    if not option.multiple and isinstance(given, str | int | float):
        return given
    message = f"{file}: {key}: {'give a list of texts' if option.multiple else 'give one value'}"
    raise click.BadParameter(message)


def _is_texts(given: object) -> bool:
    return isinstance(given, list) and all(isinstance(one, str) for one in given)


def _configs(context: click.Context) -> Configs:
    return cast("Configs", context.meta[_KEY])


def configured(
    context: click.Context, templates: Sequence[Template], request: Request, *, quiet: bool
) -> list[tuple[Template, Request]]:
    """Each template with the request as the nearest file has them; what the command line says counts more.

    What such a file excludes is left out. Options about the whole run that it has are told, unless `quiet`.

    Raises:
        FileError: A file cannot be read.

    """
    configs, requests, made = _configs(context), dict[Path | None, "Request"](), []
    excludes = context.get_parameter_source("exclude") is not ParameterSource.COMMANDLINE
    met = set[int]()
    for template in templates:
        config = configs.of(template.path)
        rules = [] if template.path is None else config.rules_of(template.path)
        met.update(map(id, rules))
        if config.file not in requests:
            requests[config.file] = _based(context, config, request, quiet=quiet)
        if not (excludes and template.found and template.path is not None and config.excludes(template.path)):
            made.append(_for_one(context, config, rules, template, requests[config.file]))
    if not made:
        reason = "no file that may be an image template is left: `exclude` leaves all of them out"
        raise FileError(str(configs.of_run.file or templates[0].name), reason, "Give other files, or another --exclude.")
    if not quiet:
        echo(safe(_about_rules(configs, templates, met)))
    return made


def _about_rules(configs: Configs, templates: Sequence[Template], met: Container[int]) -> str:
    """Sentences about rules that are for no template, of files whose whole folder was searched; `met` are the ids of others."""
    roots = {template.root for template in templates if template.root is not None}
    return "\n".join(
        f"{config.file}: [[template]] with match = {', '.join(f'`{pattern}`' for pattern in rule.patterns)} matches no "
        "template here; check the spelling."
        for config in configs.every
        if config.file is not None and any(is_within(config.file.parent, root) for root in roots)
        for rule in config.rules
        if id(rule) not in met
    )


def _based(context: click.Context, config: Config, request: Request, *, quiet: bool) -> Request:
    """The request with what a file has for all of its templates, in place of what that of the run has."""
    of_run = _configs(context).of_run
    request = replace(request, options=replace(request.options, replacements=config.replacements))
    if config is of_run or config.file is None:
        return request
    usual = type(request)(options=Options())
    known = {*field_names(Options), *field_names(type(request))}
    changes: dict[str, object] = {}
    for option, _ in _of_all(context, of_run):
        if option.name in known and not _is_given(context, option):
            changes[option.name] = getattr(usual if hasattr(usual, option.name) else usual.options, option.name)
    of_the_run = []
    for option, value in _of_all(context, config):
        key = option.opts[-1].removeprefix("--")
        if option.name in known:
            changes |= _processed(context, key, value, config.file)
        elif key != "exclude":
            of_the_run.append(f"`{key}`")
    if of_the_run and not quiet:
        is_about = "is about a whole run, and holds" if len(of_the_run) == 1 else "are about a whole run, and hold"
        echo(safe(f"{config.file}: {' and '.join(of_the_run)} {is_about} for one that begins in that folder."))
    return _changed(request, changes)


def _changed(request: Request, changes: Mapping[str, object]) -> Request:
    """The request with other values of its own fields, and of its options."""
    known, others = set(field_names(Options)), set(field_names(type(request))) - {"options"}
    options = replace(request.options, **{name: value for name, value in changes.items() if name in known})  # type: ignore[arg-type]
    return replace(request, options=options, **{name: value for name, value in changes.items() if name in others})  # type: ignore[arg-type]


def _is_given(context: click.Context, option: click.Option) -> bool:
    return option.name is not None and context.get_parameter_source(option.name) is ParameterSource.COMMANDLINE


def _for_one(
    context: click.Context, config: Config, rules: Sequence[Rule], template: Template, request: Request
) -> tuple[Template, Request]:
    """A template and its request, with what the rules of a file say; the later win."""
    values = {key: value for rule in rules for key, value in rule.values.items()}
    if config.file is None or template.path is None or not values:
        return template, request
    base, path = config.file.parent, template.path
    _require_types(values, config.file)
    changes = {name: value for key, value in values.items() for name, value in _processed(context, key, value, config.file)}
    try:
        read = [_read(file, request.most) for file in _files("parameters", values.get("parameters", ()), config.file, path)]
        changes["parameter_files"] = (*read, *request.options.parameter_files)
        changes["settings"] = (*_settings(values.get("set", ())), *request.options.settings)
        made = _changed(request, changes)
        if "environments" in values:
            made = replace(made, environments=_environments(values["environments"], config.file, path, request.most))
    except FileError:
        if template.is_other(request.most):  # a pattern for templates names the parameters files beside them too
            return template, request
        raise
    if isinstance(folder := values.get("folder"), str):
        template = replace(template, folder=_folder(_filled(folder, base, path), config.file), is_placed=True)
    return template, made


def _require_types(values: Mapping[str, object], file: Path) -> None:
    """Refuse what cannot be meant, of the options that are for single templates only.

    Raises:
        FileError: Something is of another type.

    """
    for key, fits, wanted in (
        ("parameters", _is_path, "the path of a file, or a list of them"),
        ("set", lambda given: _is_texts(given) or _is_json(given), "a table of values, or a list of NAME=VALUE"),
        ("environments", lambda given: _is_path(given) or _is_named(given), "a table of names and paths, or paths"),
        ("folder", lambda given: isinstance(given, str), "the name of a folder"),
    ):
        if key in values and not fits(values[key]):
            raise FileError(str(file), f"`{key}` is not what it should be", f"Give {wanted}.")
    for name in cast("Mapping[str, object]", named) if isinstance(named := values.get("environments"), dict) else ():
        if portable_name(name, "environment") != name:
            reason = f"`{name}` is no name for an environment: it becomes that of a file"
            raise FileError(str(file), reason, "Use letters, digits, `-`, `_` and `.`.")


def _is_path(given: object) -> bool:
    return (isinstance(given, str) and given != "") or (_is_texts(given) and "" not in cast("list[str]", given))


def _is_named(given: object) -> bool:
    return isinstance(given, dict) and all(isinstance(one, str) and one for one in given.values())


def _is_json(given: object) -> bool:
    import json

    try:
        return isinstance(given, dict) and bool(json.dumps(given))
    except (TypeError, ValueError, RecursionError):  # TOML has dates
        return False


def _folder(name: str, file: Path) -> PurePosixPath:
    """The folder of a build, if it lies in that of all, and every system takes its name.

    Raises:
        FileError: It does not.

    """
    folder = PurePosixPath(name)
    odd = not folder.parts or any(portable_name(part, "template") != part for part in folder.parts)
    if odd or folder.parts[0].casefold() in {name.casefold() for name in AT_TOP}:
        reason = f"`folder` gives `{name}`, which is no folder below that of all builds"
        raise FileError(str(file), reason, "Write names of letters, digits, `-`, `_` and `.`, with `/` between them.")
    return folder


def meant_for_one(given: Mapping[str, object], *, many: bool) -> Iterator[tuple[bool, str]]:
    """Options that can be meant for one template only: whether each is wrong, as there are several, and what to say."""
    yield (
        many and given["build_name"] is not None,
        "--build-name names one build; with several, aib2packer.toml names one for each.",
    )
    yield many and given["name"] is not None, "--name chooses in one input; with several, aib2packer.toml names one for each."


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
    return f"{' and '.join(given)} {holds} for all templates here; aib2packer.toml gives options to single templates."


def about_replacements(context: click.Context, renamed: Container[str]) -> str:
    """Sentences about entries of [replace] that occur in no template; `renamed` are those that do."""
    gone = {
        config.file: [f"`{old}`" for old, _ in config.replacements if old.casefold() not in renamed]
        for config in _configs(context).every
    }
    return "\n".join(
        f"{file}: {', '.join(names)} in [replace] {'occurs' if len(names) == 1 else 'occur'} in no template here; "
        "check the spelling."
        for file, names in gone.items()
        if names
    )


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
    if option is None or option.name is None or _is_given(context, option):
        return
    given = _typed(option, key, value, file)
    try:
        yield option.name, option.process_value(context, given)
    except click.BadParameter as error:
        message = f"{file}: {key}: {error.message}"
        raise click.BadParameter(message) from error


def _settings(value: object) -> list[str]:
    """Values of parameters: a table, or a list as the command line has them."""
    if isinstance(value, dict):
        import json

        return [f"{name}={one if isinstance(one, str) else json.dumps(one)}" for name, one in value.items()]
    return [str(one) for one in cast("Sequence[object]", value)]


def _environments(value: object, config: Path, template: Path, most: int) -> Mapping[str, SourceText]:
    if isinstance(value, dict):
        named = {str(name): _files("environments", str(file), config, template) for name, file in value.items()}
        return {name: _read(file, most) for name, (file, *_) in named.items()}
    from aib2packer.app.parameters_beside import environments_of

    files = _files("environments", value, config, template)
    return {name: _read(file, most) for name, file in environments_of(template, files).items()}


def _files(key: str, value: object, config: Path, template: Path) -> list[Path]:
    """The files that patterns name, from the folder of the configuration on.

    Raises:
        FileError: A pattern names none.

    """
    base, found = config.parent, list[Path]()
    for written in [value] if isinstance(value, str) else [str(one) for one in cast("Sequence[object]", value)]:
        pattern = _filled(written, base, template)
        files = _matching(base, pattern)
        if not files:
            reason = f"`{key}` of {_filled('{folder}/{stem}', base, template)}{template.suffix} names {pattern}: no such file"
            raise FileError(str(config), reason, "Check the path, and for which templates `match` gives it.")
        found += files
    return found


def _matching(base: Path, pattern: str) -> list[Path]:
    try:
        found = sorted(base.glob(pattern))
    except (NotImplementedError, ValueError, IndexError, OSError):  # an absolute path, and what is no pattern
        found = []
    return found or ([base / pattern] if (base / pattern).exists() else [])


def _filled(pattern: str, base: Path, template: Path) -> str:
    path, top = resolved(template) or template, resolved(base) or base
    folder = path.parent.relative_to(top).as_posix() if path.is_relative_to(top) else "."
    return PurePosixPath(pattern.replace("{stem}", template.stem).replace("{folder}", folder)).as_posix()


def _read(file: Path, most: int) -> SourceText:
    return read_values(str(file), file, most)
