"""What failed in reading a mailbox, in one line without passwords, addresses or letters."""

import re
from collections.abc import Iterable

from imapclient.exceptions import (  # type: ignore[import-untyped]
    CapabilityError,
    IMAPClientAbortError,
    IMAPClientError,
    LoginError,
    ProtocolError,
)

FAULTS = (IMAPClientError, OSError, ValueError)
# imaplib quotes the line it stumbled over, which may be out of a letter.
_QUOTED_LINE = re.compile(r"(unterminated line|unexpected response|unexpected tagged response).*", re.DOTALL)
_REMEDY = "is IMAP switched on there, and is the password the authorisation code"


def reason_of(fault: BaseException, secrets: Iterable[str], timeout_seconds: float, *, server: str) -> str:
    """What failed at `server` ("host:port"); of a refused login also what it mostly comes from."""
    origin = _origin(fault)
    if isinstance(origin, TimeoutError):
        return f"no answer within {timeout_seconds:g} s at {server}"
    if isinstance(origin, UnicodeEncodeError):
        return "user and password must be ASCII: is this the authorisation code?"
    if isinstance(origin, CapabilityError):
        return "the server does not offer STARTTLS"
    if isinstance(origin, ProtocolError):
        return "the server's answer cannot be understood"
    text = _QUOTED_LINE.sub(r"\1", _text_of(origin))
    for secret in filter(None, secrets):
        text = text.replace(secret, "***")
    text = text.rstrip(".") or type(origin).__name__
    if is_login_refused(fault):
        return f"login refused at {server}: {text}; {_REMEDY}"
    return f"no connection to {server}: {text}" if isinstance(origin, OSError) else text


def is_login_refused(fault: BaseException) -> bool:
    """Whether user or password are to blame: not a server that is down or hung up meanwhile."""
    origin = _origin(fault)
    is_passing = isinstance(origin, IMAPClientAbortError) or "[UNAVAILABLE]" in _text_of(origin).upper()
    return isinstance(origin, UnicodeEncodeError) or (isinstance(fault, LoginError) and not is_passing)


def _origin(fault: BaseException) -> BaseException:
    """imapclient calls whatever happens during LOGIN a LoginError."""
    return fault.__context__ if isinstance(fault, LoginError) and fault.__context__ else fault


def _text_of(fault: BaseException) -> str:
    if isinstance(fault, OSError) and fault.strerror:
        return fault.strerror  # without the number
    text = fault.args[0] if fault.args and isinstance(fault.args[0], bytes) else str(fault)
    return text.decode("utf-8", "replace") if isinstance(text, bytes) else text
