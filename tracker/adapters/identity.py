"""Logins by an OpenID Connect provider: authorization code flow with PKCE, by authlib (the extra `oidc`)."""

import secrets
import warnings
from collections.abc import Mapping
from dataclasses import dataclass
from importlib.util import find_spec
from typing import Any

import httpx

from tracker.errors import UserError
from tracker.i18n import _

_SECONDS = 10
_NEEDED = ("issuer", "authorization_endpoint", "token_endpoint", "jwks_uri")
_SIGNED_BY = (
    "RS256",
    "RS384",
    "RS512",
    "PS256",
    "ES256",
    "ES384",
    "EdDSA",
)  # never "none" or a shared secret


@dataclass(frozen=True, slots=True)
class Provider:
    """`back`: the address of ours to which the provider sends the browser."""

    issuer: str
    client_id: str
    client_secret: str
    back: str


class IdentityRefused(Exception):
    """The provider vouches for nobody, or what it says does not hold; the text says why, for the log."""


def check_extra() -> None:
    """Raises `UserError` where the extra is not installed."""
    if find_spec("authlib") is None:
        raise UserError(_("[desk.oidc] needs the extra: pip install -e '.[oidc]'."))


def ask_provider(provider: Provider) -> tuple[str, dict[str, str]]:
    """Where to send the browser, and what has to be remembered until it comes back. Raises `IdentityRefused`."""
    pending = {name: secrets.token_urlsafe(32) for name in ("state", "nonce", "verifier")}
    endpoint = _described(provider)["authorization_endpoint"]
    with _client(provider) as client:
        address, _state = client.create_authorization_url(
            endpoint, state=pending["state"], nonce=pending["nonce"], code_verifier=pending["verifier"]
        )
    return address, pending


def vouched_for(provider: Provider, answered: str, pending: Mapping[str, str]) -> str:
    """`issuer subject` of whom the provider vouches for. `answered`: the address with its code and state.

    Raises `IdentityRefused` for a refusal, a state or nonce that is not ours, a wrong signature, issuer or audience.
    """
    from authlib.common.errors import AuthlibBaseError

    described = _described(provider)
    try:
        with _client(provider, state=pending["state"]) as client:
            token = client.fetch_token(
                described["token_endpoint"],
                authorization_response=answered,
                code_verifier=pending["verifier"],
            )
    except (AuthlibBaseError, httpx.HTTPError, ValueError) as fault:
        raise IdentityRefused(str(fault)) from None
    claims = _claims(provider, token.get("id_token", ""), described, pending["nonce"])
    return f"{provider.issuer} {claims['sub']}"


def _claims(provider: Provider, id_token: str, described: Mapping[str, str], nonce: str) -> Mapping[str, Any]:
    from authlib.common.errors import AuthlibBaseError
    from authlib.oidc.core import CodeIDToken
    from joserfc import jwt
    from joserfc.errors import JoseError
    from joserfc.jwk import KeySet

    try:
        signed = jwt.decode(
            id_token, KeySet.import_key_set(_read(described["jwks_uri"])), algorithms=list(_SIGNED_BY)
        )
        wanted: dict[str, Any] = {
            "iss": {"essential": True, "value": described["issuer"]},
            "aud": {"essential": True, "value": provider.client_id},
            "sub": {"essential": True},
        }
        token = CodeIDToken(
            signed.claims, signed.header, wanted, {"nonce": nonce, "client_id": provider.client_id}
        )
        token.validate(leeway=60)
    except (AuthlibBaseError, JoseError, ValueError) as fault:
        raise IdentityRefused(str(fault)) from None
    return dict(token)


def _described(provider: Provider) -> Mapping[str, str]:
    """What the provider says of itself. Its issuer may end with a slash, ours does not."""
    described: Mapping[str, str] = _read(f"{provider.issuer}/.well-known/openid-configuration")
    if not isinstance(described, dict) or any(name not in described for name in _NEEDED):
        raise IdentityRefused(f"{provider.issuer} does not describe itself")
    if described["issuer"].rstrip("/") != provider.issuer:
        raise IdentityRefused(f"{provider.issuer} calls itself {described['issuer']}")
    return described


def _read(address: str) -> Any:
    try:
        answer = httpx.get(address, timeout=_SECONDS, follow_redirects=False)
        answer.raise_for_status()
        return answer.json()
    except (httpx.HTTPError, ValueError) as fault:
        raise IdentityRefused(f"{address}: {fault}") from None


def _client(provider: Provider, **more: str) -> Any:
    with warnings.catch_warnings():  # it would rather have another HTTP library
        warnings.simplefilter("ignore")
        from authlib.integrations.httpx_client import OAuth2Client
    return OAuth2Client(
        provider.client_id,
        provider.client_secret,
        scope="openid",
        redirect_uri=provider.back,
        code_challenge_method="S256",
        timeout=_SECONDS,
        **more,
    )
