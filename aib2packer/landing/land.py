"""A build, fitted into a folder that has builds.

Variables and locals that mean there what they mean here are used; plugins that are required there are not required again; what
every build has alike, such as how to sign in, keeps its name, so that the next build shares it; the rest gets the name of the
build in front of its own. What cannot be is an error that names both places.
"""

from __future__ import annotations

from pathlib import PurePath, PurePosixPath
from typing import TYPE_CHECKING

from aib2packer.findings import codes
from aib2packer.hcl.printing import references
from aib2packer.hcl.renaming import Renaming
from aib2packer.hcl.values import Attribute, Local, Variable
from aib2packer.landing.constraints import can_hold_both, unusable
from aib2packer.landing.kept import still_used
from aib2packer.landing.meaning import meaning_of
from aib2packer.landing.neighbours import neighbours, not_converted
from aib2packer.lazy.models import dataclass, field, replace
from aib2packer.packer.expressions.dates import NOW
from aib2packer.packer.layout import (
    ALIKE_SCRIPTS,
    DOWNLOADS,
    EXAMPLE,
    FILES,
    SCRIPTS,
    SHA256SUMS,
    VALUES_ENDING,
    output_names,
    own_names,
    values_file,
)
from aib2packer.packer.steps.build_context import AS_ROOT
from aib2packer.packer.steps.cli_session import SIGN_IN
from aib2packer.packer.variables.ours import SUBSCRIPTION
from aib2packer.packer.variables.products import products
from aib2packer.packer.vm.sign_in import SIGN_IN_ORDER
from aib2packer.text.checksum import sha256_of

if TYPE_CHECKING:
    from collections.abc import Collection, Iterator, Mapping

    from aib2packer.findings.model import Code, Report
    from aib2packer.hcl.values import Value
    from aib2packer.landing.neighbours import DeclaredVariable, Neighbours
    from aib2packer.options import Layout
    from aib2packer.packer.model import Build, Plugin
    from aib2packer.text.source import SourceText, Span

# What means the same in every build: the first in a folder declares it, under this name, and the others use it.
_COMMON_VARIABLES = frozenset({*SIGN_IN_ORDER, SUBSCRIPTION.name})
_COMMON_LOCALS = frozenset({NOW.name, AS_ROOT.name, SIGN_IN.name, DOWNLOADS})
_ANY = {"", "any"}
_RENAME = "Rename it there, or give the build another name with --build-name."


def land(build: Build, files: tuple[SourceText, ...], layout: Layout, report: Report, scripts: Mapping[str, str]) -> Build:
    """A build as it is in a folder with other builds.

    Args:
        build: The build as it is in a folder of its own.
        files: The files that Packer reads in the folder, those of the build itself, from an earlier run, among them.
        layout: How the build is spread over files.
        report: Gets what there is to say about what is shared and what clashes.
        scripts: The digests of scripts and files of builds in the folder, by path.

    """
    named = output_names(layout, build.name, among_others=True)
    if (theirs := not_converted(files, named.files.build)) is not None:
        _report_clash(report, build, f"{theirs.name} is no file that a conversion has made")
    ours = () if theirs is not None else (values_file(build.name), named.values, *own_names(build.name))
    beside = neighbours(files, ours, report)
    landed = _Landing(build, beside, report, scripts, _texts_but(files, ours), products(build)).landed()
    report.reword(landed.worded)
    there = {f"var.{name}" for name in (*beside.variables, *(one.name for one in landed.variables))}
    there |= {f"local.{name}" for name in (*beside.locals, *(one.name for one in landed.locals))}
    variables, locals_ = still_used(files, ours, there)
    return replace(landed, variables=(*landed.variables, *variables), locals=(*landed.locals, *locals_))


def _texts_but(files: tuple[SourceText, ...], own: Collection[str]) -> tuple[str, ...]:
    return tuple(file.text for file in files if PurePath(file.name).name not in own)


@dataclass(frozen=True, slots=True)
class _Landing:
    build: Build
    there: Neighbours
    report: Report
    scripts: Mapping[str, str] = field(default_factory=dict)
    others: tuple[str, ...] = ()
    """The texts of the files of other builds."""
    products: frozenset[str] = frozenset()
    """The variables that say what the build makes."""
    used: dict[str, Span] = field(default_factory=dict)
    """What of the folder is used, by `var.` or `local.` and its name."""

    def landed(self) -> Build:
        """The build in its folder."""
        self._require_names()
        self._require_version()
        plugins = tuple(filter(self._is_missing, self.build.plugins))
        variables = {variable.name: self._name_of_variable(variable) for variable in self.build.variables}
        locals_ = self._names_of_locals(variables)
        moved = dict(self._moved())
        renaming = Renaming(variables, locals_, {f"/{old}": f"/{new}" for old, new in moved.items()})
        self._report_used()
        landed = _renamed(self.build, renaming)
        declared = tuple(one for one in landed.variables if f"var.{one.name}" not in self.used)
        self._report_needs(declared, {item.name for item in landed.values})
        return replace(
            landed,
            plugins=plugins,
            variables=declared,
            locals=tuple(one for one in landed.locals if f"local.{one.name}" not in self.used),
            files={moved.get(path, path): _listed(path, content, moved) for path, content in self.build.files.items()},
            open_beside=tuple(self._open_beside()),
            new_names=variables,
            new_local_names=locals_,
        )

    def _open_beside(self) -> Iterator[Variable]:
        """The variables of the folder that need a value, ours of them that are declared there too."""
        for name in self.there.open:
            theirs = self.there.variables[name]
            place = f"{PurePath(theirs.span.source.name).name}:{theirs.span.position[0]}"
            what = f"Of the builds that are here: {place}."
            yield Variable(name, what, theirs.type or "string", sensitive=theirs.sensitive)

    @property
    def _prefix(self) -> str:
        return f"{self.build.label}_"

    def _require_names(self) -> None:
        """The build and its source need names that nothing else in the folder has."""
        for what, name, places in (
            ("source", self.build.label, self.there.sources),
            ("build", self.build.name, self.there.builds),
        ):
            if (place := places.get(name)) is not None:
                self._clash(f"the {what} {name}, which this build would have too, is declared at {_at(place)}")

    def _require_version(self) -> None:
        """Each block of a folder says which Packer reads it, and all must hold."""
        ours = f">= {self.build.packer_version}"
        for theirs, place in self.there.versions:
            if not can_hold_both("packer", theirs, ours):
                self._clash(
                    f"this build needs Packer {ours}, and {_at(place)} wants {theirs}",
                    help=f"Change it to {ours} there, if the other builds allow that: one Packer reads all files of a folder.",
                )

    def _is_missing(self, plugin: Plugin) -> bool:
        """Whether the folder does not require a plugin yet; one that it requires otherwise is told."""
        theirs = self.there.plugins.get(plugin.name)
        if theirs is None:
            if self.there.is_used:
                self._note(
                    codes.PLUGIN_ADDED,
                    f"the folder requires no plugin {plugin.name} yet: the file of this build does, {plugin.version}",
                    "Run `packer init` again. The files that are there stay as they are.",
                )
            return True
        if theirs.source.casefold() != plugin.source.casefold():
            self._clash(
                f"{plugin.name} at {_at(theirs.span)} is another plugin than {plugin.source}: {theirs.source}",
                help="Give it another name there.",
            )
        elif not can_hold_both(plugin.name, theirs.version, plugin.version):
            self._clash(
                f"this build needs the plugin {plugin.name} {plugin.version}, and {_at(theirs.span)} wants {theirs.version}",
                help=f"Change it to {plugin.version} there, if the other builds allow that: a folder has one release of a "
                "plugin.",
            )
        elif (newest := unusable(plugin.name, theirs.version)) is not None and plugin.reason:
            self._note(
                codes.PLUGIN_OPEN,
                f"{_at(theirs.span)} takes the plugin {plugin.name} as {theirs.version}, such as {newest}. {plugin.reason}",
                f"Write {plugin.version} there.",
            )
        return False

    def _name_of_variable(self, variable: Variable) -> str:
        """The name that a variable gets: its own, where the folder has it or every build does, else one with the build's."""
        names = (variable.name, self._prefixed(variable.name))
        # What names the image is a build's own, whatever the folder has by that name.
        for name in names[1:] if variable.name in self.products else names:
            theirs = self.there.variables.get(name)
            if theirs is not None and self._is_same(variable, theirs):
                self.used[f"var.{name}"] = theirs.span
                return name
        if self._is_common(variable) and variable.name not in self.there.variables:
            return variable.name
        if (taken := self.there.variables.get(names[1])) is not None:
            self._clash(
                f"the variable {names[1]}, which this build needs, means something else at {_at(taken.span)}", variable.origin
            )
        return names[1]

    def _is_common(self, variable: Variable) -> bool:
        """Whether a variable means the same in every build: not a subscription that the template names, as of an image."""
        names_one = variable.name == SUBSCRIPTION.name and isinstance(variable.default, str)
        return variable.name in _COMMON_VARIABLES and not names_one

    def _is_same(self, variable: Variable, theirs: DeclaredVariable) -> bool:
        """Whether a variable of the folder has the type and the meaning of one of ours."""
        kind = "".join(variable.type.split())
        if theirs.type != kind and not (theirs.type in _ANY and kind == "string"):
            return False
        if variable.sensitive and not theirs.sensitive:
            return False
        given: Mapping[str, Value] = {item.name: item.value for item in self.build.values}
        value = given.get(variable.name, variable.default)
        if self._is_common(variable) and variable.name not in given:
            return True
        return value is None or (theirs.default is not None and meaning_of(value) == theirs.default)

    def _names_of_locals(self, variables: Mapping[str, str]) -> dict[str, str]:
        """The names of the locals: what a local names is named before it."""
        names: dict[str, str] = {}
        for local in (one for one in references(self.build.locals) if isinstance(one, Local)):
            value = meaning_of(Renaming(variables, names).value(local.value))
            for name in (local.name, self._prefixed(local.name)):
                theirs = self.there.locals.get(name)
                if theirs is not None and theirs.value == value:
                    self.used[f"local.{name}"] = theirs.span
                    names[local.name] = name
                    break
            else:
                names[local.name] = self._new_local(local.name)
        return names

    def _new_local(self, name: str) -> str:
        if name in _COMMON_LOCALS and name not in self.there.locals:
            return name
        new = self._prefixed(name)
        if (taken := self.there.locals.get(new)) is not None:
            self._clash(f"the local {new}, which this build needs, means something else at {_at(taken.span)}")
        return new

    def _prefixed(self, name: str) -> str:
        return name if name.startswith(self._prefix) else f"{self._prefix}{name}"

    def _moved(self) -> Iterator[tuple[str, str]]:
        """Where the files of the build go: below a folder of its own, but for those that another build has too."""
        theirs: dict[tuple[str, str, str], str] = {}
        for path, digest in sorted(self.scripts.items()):
            if self.build.name != PurePath(path).parent.name:
                theirs.setdefault((path.partition("/")[0], PurePath(path).suffix, digest), path)
        for path, content in self.build.files.items():
            folder, _, name = path.partition("/")
            if path == SHA256SUMS:
                yield path, f"{self.build.name}.{path}"
            elif folder in {SCRIPTS, FILES} and path not in ALIKE_SCRIPTS:
                own, digest = f"{folder}/{self.build.name}/{name}", sha256_of(content)
                alike = theirs.get((folder, PurePath(path).suffix, digest))
                if alike is not None and own not in self.scripts:
                    yield path, alike
                else:
                    yield path, self._free(own, digest)

    def _free(self, path: str, digest: str) -> str:
        """The path, or one beside it, where another build runs what lies there and this one has something else."""
        if self.scripts.get(path, digest) == digest or not any(path in text for text in self.others):
            return path
        file = PurePosixPath(path)
        return self._free(str(file.with_name(f"{file.stem}-2{file.suffix}")), digest)

    def _report_used(self) -> None:
        shown = [f"{name} ({_at(place)})" for name, place in sorted(self.used.items())]
        if shown:
            self._note(
                codes.SHARED,
                f"the folder already declares what this build needs, and that is used as it is: {', '.join(shown)}",
                "If one means something else there, rename it there, and convert again.",
            )

    def _report_needs(self, declared: tuple[Variable, ...], given: set[str]) -> None:
        needed = [one.name for one in declared if one.default is None and one.name not in given]
        if needed and self.there.is_used:
            self._note(
                codes.NEEDS_VALUES,
                "Packer wants values for all variables of a folder, even with -only: the other builds here now need "
                f"{', '.join(needed)} too",
                f"Copy {self.build.name}.{EXAMPLE} to {self.build.name}.values{VALUES_ENDING}, which Packer reads by itself, "
                "and fill it in.",
            )

    def _clash(self, message: str, place: Span | None = None, help: str = _RENAME) -> None:  # noqa: A002 - the term of Finding
        _report_clash(self.report, self.build, message, place, help)

    def _note(self, code: Code, message: str, help: str) -> None:  # noqa: A002 - the term of Finding
        if self.build.origin is not None:
            self.report.add(code, self.build.origin, message, help=help)


def _report_clash(
    report: Report,
    build: Build,
    message: str,
    place: Span | None = None,
    help: str = _RENAME,  # noqa: A002 - the term of Finding
) -> None:
    span = place or build.origin
    if span is not None:
        report.add(codes.CLASH, span, message, help=help)


def _at(place: Span) -> str:
    return f"{place.source.name}:{place.position[0]}"


def _listed(path: str, content: bytes, moved: Mapping[str, str]) -> bytes:
    """A file of the build; that with the checksums names the others where they are now."""
    if path != SHA256SUMS:
        return content
    lines = (line.split("  ", 1) for line in content.decode().splitlines())
    return "".join(f"{digest}  {moved.get(name, name)}\n" for digest, name in lines).encode()


def _renamed(build: Build, renaming: Renaming) -> Build:
    """A build with all that names something by its new name."""

    def settings(values: Mapping[str, Value]) -> dict[str, Value]:
        return {key: renaming.value(value) for key, value in values.items()}

    return replace(
        build,
        variables=tuple(map(renaming.variable, build.variables)),
        locals=tuple(map(renaming.local, build.locals)),
        values=tuple(Attribute(renaming.variables.get(one.name, one.name), one.value) for one in build.values),
        sections=tuple(replace(section, body=renaming.body(section.body)) for section in build.sections),
        provisioners=tuple(replace(step, settings=settings(step.settings)) for step in build.provisioners),
        post_processors=tuple(
            replace(chain, steps=tuple(replace(step, settings=settings(step.settings)) for step in chain.steps))
            for chain in build.post_processors
        ),
    )
