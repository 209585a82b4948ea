"""What Image Builder has of a template, which is switched off one day."""

from __future__ import annotations

from typing import TYPE_CHECKING

from aib2packer.findings.text import safe
from aib2packer.hcl.values import SlashPart, Variable
from aib2packer.jsonc.tree import JsonObject, string_of
from aib2packer.packer.distribution.managed_image import name_variable
from aib2packer.packer.facts import GalleryPlace, ImagePlace, Service
from aib2packer.packer.shell_words import Word, assignments, shown_word, word
from aib2packer.packer.variables.shown import told
from aib2packer.text.checksum import sha256_of

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from aib2packer.aib.ids import ResourceId
    from aib2packer.aib.model import ImageTemplate, Target
    from aib2packer.arm.language.text import TemplateText
    from aib2packer.hcl.values import Value
    from aib2packer.packer.distribution.plan import DistributionPlan
    from aib2packer.packer.variables.symbols import Symbols

_SUBNET = "/subscriptions/{}/resourceGroups/{}/providers/Microsoft.Network/virtualNetworks/{}/subnets/{}"
_OLD, _NEW = "old-", "new-"
_LONGEST_GROUP = 90
_EMPTY = Word(("",))  # an id that somebody is still to fill in
_DIGITS = 6  # of a checksum, which no group of that name has yet
_AUTOMATIC_VERSIONS_CHANGED = "2022-07-01"  # docs/reference/aib-behaviour.md 2.2


def service(template: ImageTemplate, plan: DistributionPlan, symbols: Symbols) -> Service:
    """What there is to switch off; nothing in it is a secret, or only known when Packer runs."""
    published = [target for target in template.targets if target.definition is not None]
    places = (_definition(one.definition, symbols) for one in published if one.definition is not None)
    own, group = template.id, template.staging_resource_group
    identities = tuple(_known(identity, symbols) for identity in template.identities)
    staging = () if group is None else (_known(group.split("/")[-1], symbols),)
    images, late_images = _images(template, symbols)
    return Service(
        name=_text(template.name, symbols),
        subscription="" if own is None else _text(own.subscription, symbols),
        group="" if own is None else _text(own.resource_group, symbols),
        identities=tuple(dict.fromkeys(str(one) for one in identities if one != _EMPTY)),
        triggers=tuple(dict.fromkeys(_word(safe(name)) for name in template.siblings.triggers)),
        auto_run=template.auto_run.value,
        subnets=tuple(filter(None, _subnets(template, symbols))),
        definitions=tuple(dict.fromkeys(places)),
        managed_images=tuple(dict.fromkeys(_managed_images(plan, symbols))),
        counts=any(target.own_version is None for target in published),
        numbers_by_time=template.api.before(_AUTOMATIC_VERSIONS_CHANGED),
        staging_group="".join(map(str, staging)),
        images=images,
        late_images=late_images,
        wants=_wants((*identities, *staging)),
    )


def name_of(template: ImageTemplate, symbols: Symbols) -> str:
    """The name of the template, with the defaults of parameters; "" where that is not known, or has a secret in it."""
    name = "" if template.name is None else _plain(symbols.value(template.name), symbols)
    return "" if name.startswith("[") else name  # an expression where nobody evaluates them


def _images(template: ImageTemplate, symbols: Symbols) -> tuple[tuple[str, ...], tuple[tuple[str, str, str], ...]]:
    """The ends of the ids of what the template makes, by which other resources refer to it; of those not known, with gaps.

    The gaps are for two words of a shell, which stand behind such an end.
    """
    known: dict[str, None] = {}
    late: dict[tuple[str, str, str], None] = {}
    for target in template.targets:
        if target.image is not None:
            shape, texts = _shape(target, target.image)
            place, name = (_plain(symbols.value(text), symbols) for text in texts)
            if place and name:
                known[shape.format(place, name)] = None
            else:
                place, name = (str(_known(text, symbols)) for text in texts)
                late[shape, place, name] = None
    return tuple(known), tuple(late)


def _definition(image: ResourceId, symbols: Symbols) -> GalleryPlace:
    texts = (image.subscription, image.resource_group, image["galleries"], image["images"])
    words = tuple(_known(text, symbols) for text in texts)
    subscription, group, gallery, name = map(str, words)
    return GalleryPlace(subscription, group, gallery, name, _wants(words))


def _managed_images(plan: DistributionPlan, symbols: Symbols) -> Iterator[ImagePlace]:
    for target in plan.images:
        image = target.id
        words = tuple(_known(text, symbols) for text in (image.subscription, image.resource_group, image["images"]))
        subscription, group, name = words
        old, new = _group_aside(_OLD, group), _group_aside(_NEW, group)
        there, aside, new_aside = (str(_id_of_image(subscription, place, name)) for place in (group, old, new))
        variable, own = name_variable(target, plan, symbols), symbols.value(image["images"])
        yield ImagePlace(
            id=there,
            aside=aside,
            subscription=str(subscription),
            group=str(group),
            old_group=str(old),
            new_aside=new_aside,
            new_group=str(new),
            variable=variable.name,
            name="..." if isinstance(own, SlashPart) or name.names else str(name),
            wants=_wants(words),
        )


def _group_aside(beginning: str, group: Word) -> Word:
    """A resource group beside another: of a name that no other has, and that is not too long."""
    ending = f"-{sha256_of(str(group).lower().encode())[:_DIGITS]}"
    if group.names:
        return shown_word(beginning, group, ending)
    whole = "".join(map(str, group.parts))
    return Word((f"{beginning}{whole[: _LONGEST_GROUP - len(beginning) - len(ending)]}{ending}",))


def _id_of_image(subscription: Word, group: Word, name: Word) -> Word:
    return shown_word(
        *("/subscriptions/", subscription, "/resourceGroups/", group, "/providers/Microsoft.Compute/images/", name)
    )


def _wants(words: Iterable[Word]) -> tuple[str, ...]:
    """Lines that set the variables of the shell in some words."""
    return assignments(words, lambda _: None)


def _known(text: TemplateText, symbols: Symbols) -> Word:
    """A text, with the defaults of variables where these say all of it."""
    value = symbols.value(text)
    plain = _plain(value, symbols)
    return Word((plain,)) if plain else word(value) or told(text, symbols)


def _shape(target: Target, image: ResourceId) -> tuple[str, tuple[TemplateText, TemplateText]]:
    """The end of the id of an image, with two gaps, and the texts for them."""
    if target.definition is None:
        return "resourceGroups/{}/providers/Microsoft.Compute/images/{}", (image.resource_group, image["images"])
    return "galleries/{}/images/{}", (target.definition["galleries"], image["images"])


def _subnets(template: ImageTemplate, symbols: Symbols) -> Iterator[str]:
    """The ids of subnets that Image Builder itself was let into, as far as they are known."""
    subnet = template.vm.subnet
    if subnet is not None and subnet.subscription is not None:
        texts = (subnet.subscription, subnet.resource_group, subnet.virtual_network, subnet.name)
        known = [_plain(symbols.value(text), symbols) for text in texts]
        yield _word(_SUBNET.format(*known)) if all(known) else _text(subnet.id, symbols)
    properties = template.body.get("properties")
    profile = (properties if isinstance(properties, JsonObject) else template.body).get("vmProfile")
    network = profile.get("vnetConfig") if isinstance(profile, JsonObject) else None
    text = string_of(network.get("containerInstanceSubnetId")) if isinstance(network, JsonObject) else None
    if text is not None and text.startswith("/") and text.isprintable():
        yield _word(safe(text))


def _text(text: TemplateText | None, symbols: Symbols) -> str:
    """A text as a word of a shell."""
    known = "" if text is None else _plain(symbols.value(text), symbols)
    return _word(known) if known else ""


def _plain(value: Value, symbols: Symbols) -> str:
    """A value as text, with the defaults of variables; "" where that is not known, or a secret."""
    parts = []
    for part in getattr(word(value), "parts", ()):
        known = symbols.now(part) if isinstance(part, Variable) else part
        if not isinstance(known, str):
            return ""
        parts.append(known)
    text = "".join(parts)
    return text if safe(text) == text and text.isprintable() else ""


def _word(text: str) -> str:
    return str(Word((text,)))
