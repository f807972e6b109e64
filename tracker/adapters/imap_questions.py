"""What is asked of an open folder, and what the answers amount to."""

import time
from collections.abc import Collection, Sequence
from contextlib import suppress
from datetime import UTC, datetime
from typing import Any

from imapclient.exceptions import (  # type: ignore[import-untyped]
    IMAPClientAbortError,
    IMAPClientError,
)

_BATCH = 50  # letters in one answer
_BATCH_BYTES = 4 << 20  # and no more bytes than this, unless one letter alone is larger
_PLANNED = 500  # sizes asked for at once: a longer line some servers refuse


def hears_news(client: Any, seconds: float) -> bool:
    asked = time.monotonic()
    answers = client.idle_check(seconds)
    is_early = time.monotonic() - asked < 0.9 * seconds
    if (is_early and not answers) or any(answer[0] == b"BYE" for answer in answers):
        raise IMAPClientAbortError("the connection died while idling")  # imapclient would go on for ever
    return any(answer[1] in (b"EXISTS", b"RECENT") for answer in answers)


def uids_beyond(client: Any, last_uid: int) -> list[int]:
    """`n:*` also finds the last message when nothing lies beyond (RFC 3501, 9: seq-range)."""
    return sorted(uid for uid in client.search(["UID", f"{last_uid + 1}:*"]) if uid > last_uid)


def uidnext_otherwise(client: Any, folder: str) -> int:
    # STATUS of the open folder is more than some servers answer
    with suppress(IMAPClientError, IndexError):
        if told := client.folder_status(folder, ["UIDNEXT"]).get(b"UIDNEXT"):
            return int(told)
    return int(max(client.search(["UID", "*"]), default=0)) + 1


def planned(client: Any, uids: Sequence[int], oldest: datetime | None) -> list[list[int]]:
    """UIDs in batches of bearable size, without those that arrived before `oldest`."""
    batches: list[list[int]] = []
    room = 0
    for start in range(0, len(uids), _PLANNED):
        wanted = uids[start : start + _PLANNED]
        answers = _fetch_each(client, wanted, ["INTERNALDATE", "RFC822.SIZE"])
        for uid in wanted:
            answer = answers.get(uid, {})
            arrived_at, size = answer.get(b"INTERNALDATE"), answer.get(b"RFC822.SIZE", _BATCH_BYTES)
            if oldest is not None and arrived_at is not None and arrived_at.astimezone(UTC) < oldest:
                continue
            if not batches or size > room or len(batches[-1]) == _BATCH:
                batches.append([])
                room = _BATCH_BYTES
            batches[-1].append(uid)
            room -= size
    return batches


def letters(client: Any, uids: Sequence[int]) -> dict[int, Any]:
    """What the server hands over whole, with bytes and a stamp of arrival; no bytes at all are no letter."""
    answers = _fetch_each(client, uids, ["INTERNALDATE", "BODY.PEEK[]"])
    return {
        uid: answer
        for uid, answer in answers.items()
        if answer.get(b"BODY[]") and answer.get(b"INTERNALDATE") is not None
    }


def still_there(client: Any, uids: Collection[int]) -> frozenset[int]:
    """Which of these are in the folder; the others were moved or deleted meanwhile."""
    if not uids:
        return frozenset()
    return frozenset(uids) & frozenset(client.search(["UID", ",".join(map(str, sorted(uids)))]))


def _fetch_each(client: Any, uids: Sequence[int], parts: list[str]) -> dict[int, dict[bytes, Any]]:
    """FETCH; where one letter spoils the answer for all of them, one by one and without that letter."""
    try:
        return dict(client.fetch(uids, parts))
    except IMAPClientAbortError:
        raise
    except (IMAPClientError, ValueError):
        if len(uids) == 1:
            return {}
        singly = [_fetch_each(client, [uid], parts) for uid in uids]
        if not any(singly):  # then no letter is to blame
            raise
    return {uid: answer for one in singly for uid, answer in one.items()}
