"""Sending: a batch of final bytes goes out over one kept connection, each letter at most once.

The only event loop of the project lives in here. What counts is whether a letter may have got through:
before its body is written it surely did not, after the server's answer we know, in between nobody does.
"""

import asyncio
import re
from collections.abc import Callable, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import datetime
from typing import Literal, NamedTuple

import aiosmtplib

from tracker.domain.terms import OutboundMessage, SendReceipt, SendResult

NOT_APPROVED = "recipient not approved"
_LOST_IN_A_ROW = 3  # then the server is ill, and going on would only make more letters unsettled
_QUIT_SECONDS = 5.0
_OUR_FAULT = frozenset({530, 534, 535, 538})  # authentication (RFC 4954): says nothing about the recipient
_LEADING_DOT = re.compile(rb"(?m)^\.")
_FAULTS = (aiosmtplib.SMTPException, OSError, TimeoutError)


@dataclass(frozen=True, slots=True)
class SmtpAccount:
    """How one applicant's mail goes out. `local_hostname` is the EHLO name; an empty password: no login."""

    host: str
    port: int
    user: str
    password: str = field(repr=False)
    security: Literal["tls", "starttls", "plain"]
    local_hostname: str


class _Answer(NamedTuple):
    result: SendResult
    code: int | None
    text: str


class _Lost(Exception):
    """The connection is of no more use, and `answer` is what that means for the letter in hand."""

    def __init__(self, answer: _Answer) -> None:
        super().__init__(answer.text)
        self.answer = answer


def send_batch(
    account: SmtpAccount,
    messages: Sequence[OutboundMessage],
    approved: frozenset[str],
    clock: Callable[[], datetime],
    *,
    timeout_seconds: float = 60,
    final_timeout_seconds: float = 600,
) -> list[SendReceipt]:
    """Send the letters one after another; a receipt for each, in order. Never raises for a server's sake.

    A recipient who is not in `approved` is refused here, without a word to the server.
    `final_timeout_seconds` is how long the answer to a whole letter may take (RFC 5321, 4.5.3.2.6).
    """
    batch = _Batch(account, timeout_seconds, final_timeout_seconds)
    return asyncio.run(batch.send(messages, frozenset(map(str.lower, approved)), clock))


def login_fault(account: SmtpAccount, timeout_seconds: float = 30) -> str:
    """Connect and log in, send nothing: why that fails, empty if it does not."""
    return asyncio.run(_Batch(account, timeout_seconds, timeout_seconds).login_fault())


class _Batch:
    def __init__(self, account: SmtpAccount, timeout_seconds: float, final_timeout_seconds: float) -> None:
        self._account = account
        self._seconds, self._final_seconds = timeout_seconds, final_timeout_seconds
        self._client: aiosmtplib.SMTP | None = None
        self._lost_in_a_row = 0
        self._given_up: _Answer | None = None

    async def send(
        self, messages: Sequence[OutboundMessage], approved: frozenset[str], clock: Callable[[], datetime]
    ) -> list[SendReceipt]:
        receipts = []
        for message in messages:
            if message.recipient.lower() in approved:
                answer = self._given_up or await self._send_one(message)
            else:
                answer = _Answer(SendResult.REFUSED, None, NOT_APPROVED)
            receipts.append(SendReceipt(message.request, message.step, answer.result, clock(), *answer[1:]))
        await self._quit()
        return receipts

    async def login_fault(self) -> str:
        try:
            await self._connected()
        except _FAULTS as fault:
            return _connection_failed(self._account, fault).text
        await self._quit()
        return ""

    async def _send_one(self, message: OutboundMessage) -> _Answer:
        try:
            client = await self._connected()
        except _FAULTS as fault:
            self._given_up = _connection_failed(self._account, fault)
            return self._given_up
        try:
            answer = await self._deliver(client, message)
        except _Lost as loss:
            self._drop(loss)
            return loss.answer
        self._lost_in_a_row = 0
        return answer

    async def _connected(self) -> aiosmtplib.SMTP:
        if self._client is not None and self._client.is_connected:
            return self._client
        client = aiosmtplib.SMTP(
            hostname=self._account.host,
            port=self._account.port,
            username=(self._account.user or None) if self._account.password else None,
            password=self._account.password or None,
            local_hostname=self._account.local_hostname,
            timeout=self._seconds,
            use_tls=self._account.security == "tls",
            start_tls=self._account.security == "starttls",
        )
        await client.connect()
        self._client = client
        if client.is_ehlo_or_helo_needed:
            await client.ehlo()
        return client

    async def _deliver(self, client: aiosmtplib.SMTP, message: OutboundMessage) -> _Answer:
        refusal = await self._open_envelope(client, message)
        if refusal is not None:
            return refusal
        assert client.protocol is not None
        try:
            client.protocol.write(_as_sent(message.raw))
            code, text = await client.protocol.read_response(self._final_seconds)
        except _FAULTS as fault:
            lost = f"no answer after the letter was sent: {_reason(fault)}"
            raise _Lost(_Answer(SendResult.UNSETTLED, None, lost)) from None
        answer = _judged(code, text, otherwise=SendResult.UNSETTLED)
        if answer.result is SendResult.UNSETTLED:
            raise _Lost(answer)
        return answer

    async def _open_envelope(self, client: aiosmtplib.SMTP, message: OutboundMessage) -> _Answer | None:
        """Everything up to the 354; the answer, if the server would not have the letter."""
        refusal: _Answer
        try:
            await client.mail(message.sender)
            await client.rcpt(message.recipient)
            code, text = await client.execute_command(b"DATA")
            if code == aiosmtplib.SMTPStatus.start_input:
                _check_line(client)
                return None
            refusal = _judged(code, text, otherwise=SendResult.DEFERRED)
        except aiosmtplib.SMTPSenderRefused as fault:
            # Quota, lock or wrong sender: about our account, so never a refusal by the unit.
            refusal = _Answer(SendResult.DEFERRED, fault.code, f"sender refused: {_clean(fault.message)}")
        except aiosmtplib.SMTPRecipientRefused as fault:
            refusal = _judged(fault.code, fault.message, otherwise=SendResult.DEFERRED)
        except ValueError:  # not ASCII, or a space in it; the fault's own text would name the address
            refusal = _Answer(SendResult.REFUSED, None, "SMTP cannot carry this address")
        except _FAULTS as fault:
            lost = f"connection lost before the letter was sent: {_reason(fault)}"
            raise _Lost(_Answer(SendResult.DEFERRED, None, lost)) from None
        await self._reset(client)
        return refusal

    async def _reset(self, client: aiosmtplib.SMTP) -> None:
        try:
            await client.rset()
        except _FAULTS:
            client.close()

    def _drop(self, loss: _Lost) -> None:
        if self._client is not None:
            self._client.close()
        self._client = None
        self._lost_in_a_row += 1
        if self._lost_in_a_row >= _LOST_IN_A_ROW:
            text = f"not tried, {_LOST_IN_A_ROW} connections in a row were lost: {loss.answer.text}"
            self._given_up = _Answer(SendResult.DEFERRED, None, text)

    async def _quit(self) -> None:
        if self._client is None:
            return
        with suppress(*_FAULTS):  # every letter has its answer already
            await self._client.quit(timeout=min(self._seconds, _QUIT_SECONDS))
        self._client.close()


def _check_line(client: aiosmtplib.SMTP) -> None:
    """A server may hang up right behind its 354; then nothing of the letter went out."""
    if not client.is_connected:
        raise aiosmtplib.SMTPServerDisconnected("Connection lost")


def _as_sent(raw: bytes) -> bytes:
    """The letter as it stands on the wire: dots doubled, the final dot after it (RFC 5321, 4.5.2)."""
    whole = raw if raw.endswith(b"\r\n") else raw + b"\r\n"
    return _LEADING_DOT.sub(b"..", whole) + b".\r\n"


def _judged(code: int, text: str, *, otherwise: SendResult) -> _Answer:
    """What a reply code means; `otherwise` is for one that has no meaning at this place."""
    result = otherwise
    if 400 <= code < 500 or code in _OUR_FAULT:
        result = SendResult.DEFERRED
    elif 500 <= code < 600:
        result = SendResult.REFUSED
    elif 200 <= code < 300 and otherwise is SendResult.UNSETTLED:
        result = SendResult.ACCEPTED
    return _Answer(result, code, _clean(text))


def _connection_failed(account: SmtpAccount, fault: BaseException) -> _Answer:
    code = fault.code if isinstance(fault, aiosmtplib.SMTPResponseException) else None
    what = "login refused" if isinstance(fault, aiosmtplib.SMTPAuthenticationError) else "no connection"
    reason = _reason(fault)
    if account.password:
        reason = reason.replace(account.password, "***")
    return _Answer(SendResult.DEFERRED, code, f"{what} at {account.host}:{account.port}: {reason}")


def _reason(fault: BaseException) -> str:
    text = fault.message if isinstance(fault, aiosmtplib.SMTPResponseException) else str(fault)
    return _clean(text) or type(fault).__name__


def _clean(text: str) -> str:
    """One line that can be stored: servers send line breaks and bytes that are no UTF-8."""
    return " ".join(text.encode("utf-8", "surrogateescape").decode("utf-8", "replace").split())
