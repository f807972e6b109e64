"""[desk] of tracker.toml: where the evaluators' desk is served, and who may vouch for people there."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from tracker.errors import UserError
from tracker.i18n import _

_KEYS = {
    "host": str, "port": int, "cert": str, "key": str, "behind_proxy": bool, "in_daemon": bool, "oidc": dict,
}  # fmt: skip
_OIDC_KEYS = ("issuer", "client_id", "desk")
LAST_PORT = 65535
_HERE = ("127.0.0.1", "::1", "localhost")


@dataclass(frozen=True, slots=True)
class OidcSettings:
    """[desk.oidc]: an OpenID Connect provider. `desk`: where browsers reach the desk, without a path."""

    issuer: str
    client_id: str
    desk: str
    client_secret: str = field(default="", repr=False)


@dataclass(frozen=True, slots=True)
class DeskSettings:
    """[desk]: where the evaluators' desk is served. `is_behind_proxy`: a proxy before it speaks TLS."""

    host: str = "127.0.0.1"
    port: int = 8020
    cert: str = ""
    key: str = ""
    is_behind_proxy: bool = False
    is_in_daemon: bool = False
    oidc: OidcSettings | None = None


def desk_settings(path: Path, table: Mapping[str, Any], oidc_secret: str) -> DeskSettings:
    """Raises `UserError` naming the key that is wrong."""
    for name, value in table.items():
        if type(value) is not _KEYS.get(name):
            raise UserError(
                _("{path}: [desk] {name} = {value}: correct or remove it; known are {known}.").format(
                    path=path, name=name, value=value, known=", ".join(_KEYS)
                )
            )
    if not 0 < table.get("port", 1) <= LAST_PORT:
        raise UserError(
            _("{path}: [desk] port = {value}: ports are whole numbers from 1 to {last}.").format(
                path=path, value=table["port"], last=LAST_PORT
            )
        )
    flags = {f"is_{name}": table[name] for name in ("behind_proxy", "in_daemon") if name in table}
    places = {name: table[name] for name in ("host", "port", "cert", "key") if name in table}
    oidc = _oidc(path, table["oidc"], oidc_secret) if "oidc" in table else None
    return DeskSettings(**places, **flags, oidc=oidc)


def _oidc(path: Path, table: Mapping[str, Any], secret: str) -> OidcSettings:
    if sorted(table) != sorted(_OIDC_KEYS) or not all(isinstance(value, str) for value in table.values()):
        raise UserError(
            _("{path}: [desk.oidc] needs exactly {known}, each a text in quotes.").format(
                path=path, known=", ".join(_OIDC_KEYS)
            )
        )
    for name in ("issuer", "desk"):
        place = urlsplit(table[name])
        if not (place.scheme == "https" or (place.scheme == "http" and place.hostname in _HERE)):
            raise UserError(
                _("{path}: [desk.oidc] {name} = {value}: write an address with https://.").format(
                    path=path, name=name, value=table[name]
                )
            )
    return OidcSettings(table["issuer"].rstrip("/"), table["client_id"], table["desk"].rstrip("/"), secret)
