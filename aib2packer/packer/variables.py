"""Packer variables: those that every build has, and those that stand for symbols of the template."""

from __future__ import annotations

from dataclasses import dataclass, fields, is_dataclass
from typing import TYPE_CHECKING

from aib2packer.arm.values import Placeholder, Secret, Segment, Symbol, Text
from aib2packer.packer.names import snake_case
from aib2packer.packer.values import Code, Value, Variable
from aib2packer.packer.values import Text as HclText

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from aib2packer.aib.model import Flag, Number

SUBSCRIPTION = Variable("subscription_id", "Subscription that the build VM runs in.")

_STORAGE_HOSTS = (".core.windows.net", ".core.chinacloudapi.cn", ".core.usgovcloudapi.net")
_SUBSCRIPTION_TOKENS = {"subscriptionid", "subscription", "subid", "subcriptionid"}
# Names that mean something else in every build: a placeholder of that name gets another.
_RESERVED = {
    *("use_azure_cli_auth", "client_id", "client_secret", "tenant_id", "oidc_request_url", "oidc_request_token"),
    *("build_resource_group_name", "allowed_inbound_ip_addresses", "image_version"),
    *("vhd_storage_account", "vhd_resource_group_name", "vhd_container"),
}


@dataclass(frozen=True, slots=True)
class Symbols:
    """Which variable stands for which symbol."""

    variables: Mapping[Symbol, Variable]

    def value(self, text: Text, *, multiline: bool = False) -> Value:
        """A string of the template as HCL; `multiline` as in `values.Text`."""
        literal = text.literal
        if literal is not None and not multiline:
            return literal
        parts = tuple(part if isinstance(part, str) else self.reference(part) for part in text.parts)
        # A bare reference stands for itself, so that the same one is equal wherever it stands.
        return parts[0] if len(parts) == 1 and not isinstance(parts[0], str) else HclText(parts, multiline)

    def located(self, value: Number | Flag) -> Value:
        """A number or a boolean as HCL."""
        return self.value(value) if isinstance(value, Text) else value.value

    def reference(self, symbol: Symbol) -> Variable | Code:
        """The HCL reference that stands for a symbol."""
        if isinstance(symbol, Segment):
            whole = self.variables[symbol.id.symbols[0]]
            return Code(f'split("/", var.{whole.name})[{symbol.index}]', (whole,))
        return self.variables[symbol]


def claim_names(template: object) -> Symbols:
    """Give a variable to each symbol of a template: placeholders first, then secrets, each in order of appearance."""
    found = tuple(dict.fromkeys(_symbols(template)))
    variables: dict[Symbol, Variable] = {}
    by_name: dict[str, Variable] = {}
    for symbol in found:
        if isinstance(symbol, Placeholder):
            name = _placeholder_name(symbol)
            variables[symbol] = by_name.setdefault(name, _placeholder_variable(name, symbol))
    for symbol in found:
        if isinstance(symbol, Secret):
            name, what = _secret_name(symbol)
            free = _free(name, by_name)
            variables[symbol] = by_name[free] = Variable(free, what, sensitive=True)
    return Symbols(variables)


def _placeholder_name(placeholder: Placeholder) -> str:
    name = snake_case(placeholder.name) or "placeholder"
    if name.replace("_", "") in _SUBSCRIPTION_TOKENS:
        return SUBSCRIPTION.name
    return f"template_{name}" if name in _RESERVED or not name[0].isalpha() else name


def _placeholder_variable(name: str, placeholder: Placeholder) -> Variable:
    return SUBSCRIPTION if name == SUBSCRIPTION.name else Variable(name, f"Fills in {placeholder.token} of the template.")


def _secret_name(secret: Secret) -> tuple[str, str]:
    """A name for a secret's variable, and a description."""
    label = snake_case(secret.host.split(".")[0])
    if not label:
        return "secret", "Secret that stood in the template."
    if not secret.query:
        return f"{label}_credentials", f"What stood before or in the URL of {secret.host} to sign in: user:password, or a key."
    if secret.host.endswith(_STORAGE_HOSTS):
        return f"{label}_sas_token", f"Signed query (SAS) for {secret.host}, without the question mark."
    return f"{label}_query", f"Query of a URL of {secret.host}, with what signs in there, without the question mark."


def _free(name: str, taken: Mapping[str, Variable]) -> str:
    number = 1
    free = name
    while free in taken or free in _RESERVED:
        number += 1
        free = f"{name}_{number}"
    return free


def _symbols(value: object) -> Iterator[Symbol]:
    if isinstance(value, Text):
        for symbol in value.symbols:
            yield from _symbols(symbol.id) if isinstance(symbol, Segment) else (symbol,)
    elif isinstance(value, tuple):
        for item in value:
            yield from _symbols(item)
    elif isinstance(value, dict):
        for item in value.values():
            yield from _symbols(item)
    elif is_dataclass(value) and not isinstance(value, type):
        for field in fields(value):
            if field.name != "span":
                yield from _symbols(getattr(value, field.name))
