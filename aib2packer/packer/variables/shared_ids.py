"""Ids that a template has as they are, as variables with the id as their default: for builds that have them in common.

A file of values can then give a gallery, a subnet or an identity to all of them. What a script says of an id
in words of its own cannot follow a variable: such an id stays as it is.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from aib2packer.aib.ids import GALLERY_IMAGE, IDENTITY, SUBNET, write_id
from aib2packer.hcl.names import snake_case
from aib2packer.hcl.printing import joined
from aib2packer.hcl.values import Attribute, Block, HclCode, Interpolation, Local, Traced, Variable
from aib2packer.lazy.models import dataclass, field, replace
from aib2packer.packer.variables.declared import with_shape

if TYPE_CHECKING:
    from collections.abc import Collection, Iterator, Mapping, Sequence

    from aib2packer.hcl.values import Body, Settings, Value
    from aib2packer.packer.model import PostProcessors, Provisioner

_GALLERY = GALLERY_IMAGE[:-1]
# The settings that are the names in an id, in their order.
_IN_GALLERY = ("subscription", "resource_group", "gallery_name")
_IN_SUBNET = ("subscription_id", "virtual_network_resource_group_name", "virtual_network_name", "virtual_network_subnet_name")
_IDENTITIES = "user_assigned_managed_identities"


@dataclass(frozen=True, slots=True)
class SharedId:
    """An id: its variable, and the settings that are names in it, each with the index of its part."""

    id: str
    variable: Variable
    parts: Mapping[str, int] = field(default_factory=dict)

    def part(self, index: int) -> HclCode:
        """What a setting has of it."""
        whole = Local(f"{self.variable.name}_parts", HclCode(f'split("/", var.{self.variable.name})', (self.variable,)))
        return HclCode(f"local.{whole.name}[{index}]", (whole,))


def with_ids_declared(
    source: Settings, steps: Sequence[Provisioner], chains: tuple[PostProcessors, ...], taken: Collection[str]
) -> tuple[Settings, tuple[Provisioner, ...], tuple[PostProcessors, ...]]:
    """The settings of azure-arm, steps and post-processors, with variables for the ids that stand there; none has a taken name.

    Steps keep what they say themselves; the locals that they name are those of all.
    """
    said = "\n".join(_said(steps, chains))
    ids = tuple(one for one in _ids(source) if one.variable.name not in taken and not _is_named(one, said))
    rewriting = _Rewriting({one.id.lower(): one for one in ids})
    settings: Settings = {name: rewriting.setting(name, value) for name, value in source.items()}
    provisioners = tuple(
        replace(step, settings={name: rewriting.in_locals(value) for name, value in step.settings.items()}) for step in steps
    )
    return (
        settings,
        provisioners,
        tuple(
            replace(
                chain,
                steps=tuple(
                    replace(step, settings={name: rewriting.value(value) for name, value in step.settings.items()})
                    for step in chain.steps
                ),
            )
            for chain in chains
        ),
    )


def _ids(source: Settings) -> Iterator[SharedId]:
    """The ids that stand in the settings of azure-arm, each once."""
    found: dict[str, SharedId] = {}
    for shape, texts in _written(source):
        made = _shared(shape, texts)
        found.setdefault(made.id.lower(), made)
    names: set[str] = set()
    for one in found.values():
        if one.variable.name not in names:  # of two that would be called alike, the second stays as it is
            names.add(one.variable.name)
            yield one


def _written(source: Settings) -> Iterator[tuple[tuple[str, ...], tuple[str, ...]]]:
    """The names in each id, with its shape."""
    plain = {name: value.value if isinstance(value, Traced) else value for name, value in source.items()}
    if isinstance(own := plain.get(_IN_SUBNET[0]), Variable) and isinstance(own.default, str):
        plain[_IN_SUBNET[0]] = own.default
    for block in (value for value in source.values() if isinstance(value, Block)):
        values = {item.name: item.value for item in block.body if isinstance(item, Attribute)}
        if texts := _literals(values, _IN_GALLERY):
            yield _GALLERY, texts
    if texts := _literals(plain, _IN_SUBNET):
        yield SUBNET, texts
    identities = plain.get(_IDENTITIES)
    for identity in identities if isinstance(identities, tuple) else ():
        names = identity.split("/")[2::2] if isinstance(identity, str) else []
        if len(names) == len(IDENTITY) and str(identity).lower() == _id(IDENTITY, (names[0], names[1], names[-1])).lower():
            yield IDENTITY, (names[0], names[1], names[-1])


def _literals(values: Mapping[str, object], names: Sequence[str]) -> tuple[str, ...]:
    found = tuple(value for name in names if isinstance(value := values.get(name), str))
    return found if len(found) == len(names) else ()


def _id(shape: tuple[str, ...], names: Sequence[str]) -> str:
    rest = iter(names)
    return re.sub(r"\?", lambda _: next(rest), write_id(shape, "?"))


def _shared(shape: tuple[str, ...], names: tuple[str, ...]) -> SharedId:
    kind, what, settings, own = {
        _GALLERY: ("gallery", "Gallery of the image.", _IN_GALLERY, names[2:]),  # one of a name in a subscription
        SUBNET: ("subnet", "Subnet of the build VM.", _IN_SUBNET, names[1:]),
        IDENTITY: ("identity", "Identity of the build VM.", (), names[1:]),
    }[shape]
    # Builds that are converted by themselves must not come to one name for two ids.
    name, whole = snake_case("_".join((kind, *own, names[0].partition("-")[0]))), _id(shape, names)
    pieces = whole.split("/")
    at = [index for index in range(2, len(pieces), 2) if pieces[index - 1] != "providers"]
    variable = with_shape(Variable(name, what, default=whole), shape)
    return SharedId(whole, variable, dict(zip(settings, at, strict=False)))


def _is_named(one: SharedId, said: str) -> bool:
    """Whether a script has an id, or the names in it."""
    names = one.id.split("/")[8:]
    return any(re.search(rf"(?<![\w-]){re.escape(name)}(?![\w-])", said) for name in names[::2])


def _said(steps: Sequence[Provisioner], chains: Sequence[PostProcessors]) -> Iterator[str]:
    """What scripts on Packer's machine say."""
    local = [step.settings for step in steps if step.kind == "shell-local"]
    local += [step.settings for chain in chains for step in chain.steps if step.kind == "shell-local"]
    for settings in local:
        yield from _texts(tuple(settings.values()))
    for step in (one for chain in chains for one in chain.steps):
        yield from (content.decode(errors="replace") for content in step.files.values())


def _texts(value: Value) -> Iterator[str]:
    match value:
        case str():
            yield value
        case HclCode(text):
            yield text
        case Interpolation(parts):
            yield from (one for part in parts for one in _texts(part))
        case tuple():
            yield from (one for item in value for one in _texts(item))
        case dict():
            yield from (one for item in value.values() for one in _texts(item))
        case _:
            return


@dataclass(frozen=True, slots=True)
class _Rewriting:
    """Puts the variables in the places of the ids."""

    ids: Mapping[str, SharedId]

    def setting(self, name: str, value: Value | Traced | Block) -> Value | Traced | Block:
        """A setting of azure-arm."""
        match value:
            case Traced(inner):
                return replace(value, value=self._named(name, inner))
            case Block():
                return replace(value, body=self._block(value.body))
            case _:
                return self._named(name, value)

    def _block(self, body: Body) -> Body:
        values = {item.name: item.value for item in body if isinstance(item, Attribute)}
        names = _literals(values, _IN_GALLERY)
        own = self.ids.get(_id(_GALLERY, names).lower()) if names else None
        return tuple(
            replace(item, value=own.part(own.parts[item.name]) if own and item.name in own.parts else self.value(item.value))
            if isinstance(item, Attribute)
            else item
            for item in body
        )

    def _named(self, name: str, value: Value) -> Value:
        subnet = next((one for one in self.ids.values() if name in one.parts and name in _IN_SUBNET), None)
        return self.value(value) if subnet is None else subnet.part(subnet.parts[name])

    def value(self, value: Value) -> Value:
        """A value, and all that it is made of."""
        match value:
            case str():
                return self._text(value)
            case Interpolation(parts):
                return replace(value, parts=tuple(piece for part in joined(parts) for piece in self._pieces(part)))
            case tuple():
                return tuple(map(self.value, value))
            case dict():
                return {name: self.value(item) for name, item in value.items()}
            case _:
                return self.in_locals(value)

    def in_locals(self, value: Value) -> Value:
        """A value whose own words stay, with the locals that it names as they are elsewhere."""
        match value:
            case Local() | HclCode():
                return self._reference(value)
            case Interpolation(parts):
                return replace(value, parts=tuple(part if isinstance(part, str) else self._reference(part) for part in parts))
            case tuple():
                return tuple(map(self.in_locals, value))
            case dict():
                return {name: self.in_locals(item) for name, item in value.items()}
            case _:
                return value

    def _reference(self, value: Variable | Local | HclCode) -> Variable | Local | HclCode:
        return (
            replace(value, uses=tuple(map(self._named_one, value.uses)))
            if isinstance(value, HclCode)
            else self._named_one(value)
        )

    def _named_one(self, value: Variable | Local) -> Variable | Local:
        return replace(value, value=self.value(value.value)) if isinstance(value, Local) else value

    def _text(self, text: str) -> Value:
        pieces = tuple(self._pieces(text))
        return text if pieces == (text,) else pieces[0] if len(pieces) == 1 else Interpolation(pieces)

    def _pieces(self, part: str | Variable | Local | HclCode) -> Iterator[str | Variable | Local | HclCode]:
        if not isinstance(part, str):
            yield self._reference(part)
            return
        found = next(
            (one for begin, one in self.ids.items() if part.lower().startswith(begin) and part[len(begin) :][:1] in {"", "/"}),
            None,
        )
        if found is None:
            yield part
            return
        yield found.variable
        if rest := part[len(found.id) :]:
            yield rest
