"""Sign-in: Entra's token endpoint, and the pipelines that vouch for a job. Both give what lives for a while only."""

import re
import urllib.parse
from dataclasses import dataclass, field
from typing import Any

from tests.lab.azure.answer import Answer, Question
from tests.lab.azure.clock import LabClock
from tests.lab.azure.refusal import GapError
from tests.lab.azure.tokens import claims_of, sign

Json = Any

TENANT = "99999999-9999-9999-9999-999999999999"
CLIENT = "88888888-8888-8888-8888-888888888888"
OBJECT = "77777777-7777-7777-7777-777777777777"
SECRET = "a-secret-of-the-lab"  # noqa: S105 (opens nothing but the lab)
EXCHANGE = "api://AzureADTokenExchange"
LOGIN_HOSTS = ("login.microsoftonline.com", "login.microsoftonline.us", "login.chinacloudapi.cn", "login.windows.net")

ISSUERS = {
    # docs.github.com, OpenID Connect reference: the URL in ACTIONS_ID_TOKEN_REQUEST_URL answers {"value": …}; sub as it is
    # there.
    "github": ("https://token.actions.githubusercontent.com", "repo:contoso/images:ref:refs/heads/main"),
    # learn.microsoft.com, azure/devops …/oidctoken/create: POST to SYSTEM_OIDCREQUESTURI answers {"oidcToken": …}.
    "devops": (f"https://login.microsoftonline.com/{TENANT}/v2.0", "sc://contoso/images/azure"),
}
REQUEST_TOKEN = "the-job-itself"  # noqa: S105 (what a job shows its own pipeline)
GITHUB_HOST, DEVOPS_HOST = "pipelines.actions.githubusercontent.com", "dev.azure.com"


@dataclass(slots=True)
class Entra:
    """Signs in. Access tokens live for `token_seconds`; assertions as facts 8 say: 5 minutes (GitHub), 10 (Azure DevOps)."""

    clock: LabClock
    token_seconds: int = 3600
    told_seconds: int | None = None  # what clients that live in real time are told, so that they ask again soon
    assertion_seconds: dict[str, int] = field(default_factory=lambda: {"github": 300, "devops": 600})
    given: list[str] = field(default_factory=list)  # by what: "secret", "assertion"

    def token(self, audience: str, seconds: int | None = None) -> str:
        """Make an access token (learn.microsoft.com, access-token-claims-reference; azure-arm wants `oid`, facts 1)."""
        now = int(self.clock.now())
        claims = {"aud": audience, "iss": f"https://sts.windows.net/{TENANT}/", "iat": now, "nbf": now}
        claims |= {
            "exp": now + (self.token_seconds if seconds is None else seconds),
            "oid": OBJECT,
            "sub": OBJECT,
            "tid": TENANT,
        }
        return sign({**claims, "appid": CLIENT, "idtyp": "app", "ver": "1.0"})

    def assertion(self, pipeline: str) -> str:
        """Make what a pipeline says about a job of its."""
        now, (issuer, subject) = int(self.clock.now()), ISSUERS[pipeline]
        lifetime = {"iat": now, "nbf": now, "exp": now + self.assertion_seconds[pipeline]}
        return sign({"iss": issuer, "sub": subject, "aud": EXCHANGE, **lifetime})

    def trouble(self, question: Question) -> Answer | None:
        """Say what is wrong with the token of a request; nothing where it is good (spec: ARM's answers without one, 401)."""
        scheme, _, token = question.headers.get("authorization", "").partition(" ")
        claims = claims_of(token) if scheme.lower() == "bearer" else None
        if claims is None:
            return _unauthorized("AuthenticationFailed", "Authentication failed. The 'Authorization' header is missing.")
        if claims["exp"] <= self.clock.now():
            return _unauthorized(
                "ExpiredAuthenticationToken", "The access token expiry UTC time is earlier than current UTC time."
            )
        return None

    def answer(self, question: Question) -> Answer:
        """Answer at the sign-in host."""
        host = f"https://{question.host}"
        if question.path.endswith("/.well-known/openid-configuration"):
            base = f"{host}/{question.path.split('/')[1]}"
            endpoints = {
                "authorization_endpoint": f"{base}/oauth2/v2.0/authorize",
                "token_endpoint": f"{base}/oauth2/v2.0/token",
            }
            return Answer(200, {**endpoints, "issuer": f"{host}/{TENANT}/v2.0", "tenant_region_scope": "EU"})
        if question.path == "/common/discovery/instance":  # learn.microsoft.com, msal: instance discovery
            aliases = {"preferred_network": question.host, "preferred_cache": question.host, "aliases": [question.host]}
            found = f"{host}/{TENANT}/v2.0/.well-known/openid-configuration"
            return Answer(200, {"tenant_discovery_endpoint": found, "api-version": "1.1", "metadata": [aliases]})
        if re.fullmatch(r"/[^/]+/oauth2/(v2\.0/)?token", question.path) and question.method == "POST":
            return self._token(dict(urllib.parse.parse_qsl(question.body)))
        message = f"{question.method} {question.path} at the sign-in host"
        raise GapError(message)

    def answer_pipeline(self, question: Question) -> Answer:
        """Answer a job that asks for an assertion."""
        allowed = question.headers.get("authorization", "").lower() == f"bearer {REQUEST_TOKEN}"
        if question.host == GITHUB_HOST and question.method == "GET":
            asked = question.query.get("audience")
            if asked != EXCHANGE:
                message = f"an assertion for {asked}"
                raise GapError(message)
            return Answer(200, {"count": 1, "value": self.assertion("github")}) if allowed else Answer(401, {})
        if question.host == DEVOPS_HOST and question.method == "POST" and question.path.endswith("/oidctoken"):
            return Answer(200, {"oidcToken": self.assertion("devops")}) if allowed else Answer(401, {})
        message = f"{question.method} {question.host}{question.path}"
        raise GapError(message)

    def _token(self, form: dict[str, str]) -> Answer:
        """learn.microsoft.com, v2-oauth2-client-creds-grant-flow: with a secret, or with a federated credential."""
        audience = re.sub(r"/?/\.default$", "", (form.get("scope") or form.get("resource") or "").split(" ")[0])
        if form.get("grant_type") != "client_credentials" or form.get("client_id") != CLIENT:
            return _refuse(700016, "unauthorized_client", "Application with identifier was not found in the directory.")
        if assertion := form.get("client_assertion"):
            if trouble := self._assertion_trouble(assertion):
                return trouble
            self.given.append("assertion")
        elif form.get("client_secret") == SECRET:
            self.given.append("secret")
        else:
            return _refuse(7000215, "invalid_client", "Invalid client secret provided.")
        told = self.told_seconds or self.token_seconds
        lifetime = {"expires_in": told, "ext_expires_in": told}
        return Answer(200, {"token_type": "Bearer", **lifetime, "access_token": self.token(audience)})

    def _assertion_trouble(self, assertion: str) -> Answer | None:
        claims = claims_of(assertion)
        if claims is None or (claims["iss"], claims["sub"]) not in ISSUERS.values() or claims["aud"] != EXCHANGE:
            # learn.microsoft.com, reference-error-codes.
            return _refuse(70021, "invalid_client", "No matching federated identity record found for presented assertion.")
        if claims["exp"] <= self.clock.now():
            # facts 8; azure-cli#28708 quotes this.
            return _refuse(700024, "invalid_client", "Client assertion is not within its valid time range.")
        return None


def _refuse(code: int, error: str, text: str) -> Answer:
    """learn.microsoft.com, reference-error-codes: the shape of Entra's errors."""
    return Answer(401, {"error": error, "error_description": f"AADSTS{code}: {text}", "error_codes": [code]})


def _unauthorized(code: str, message: str) -> Answer:
    where = f'Bearer authorization_uri="https://login.microsoftonline.com/{TENANT}", error="invalid_token"'
    return Answer(401, {"error": {"code": code, "message": message}}, {"WWW-Authenticate": where})
