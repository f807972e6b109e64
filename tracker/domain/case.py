"""From the history of a request to the facts of a case: what the legal clock may know of it."""

from collections.abc import Iterator
from datetime import date, datetime, time

from tracker.domain.facts import Fact, FactKind, Facts, collect
from tracker.domain.lifecycle import History, Reading
from tracker.domain.terms import SHANGHAI, ChannelKind, MessageKind, local_date

_FACT_OF = {
    MessageKind.AUTO_REPLY: FactKind.AUTO_REPLY,
    MessageKind.ACKNOWLEDGEMENT: FactKind.ACKNOWLEDGEMENT,
    MessageKind.TRANSFER_NOTICE: FactKind.TRANSFER_NOTICE,
    MessageKind.CORRECTION_NOTICE: FactKind.CORRECTION_NOTICE,
    MessageKind.EXTENSION_NOTICE: FactKind.EXTENSION_NOTICE,
    MessageKind.THIRD_PARTY_NOTICE: FactKind.THIRD_PARTY_NOTICE,
    MessageKind.FEE_NOTICE: FactKind.FEE_NOTICE,
    MessageKind.REPLY: FactKind.REPLY,
}
# What our answer to a unit that waits for us can be an answer to.
_ANSWERED_BY = {
    MessageKind.CORRECTION_NOTICE: FactKind.CORRECTED,
    MessageKind.FEE_NOTICE: FactKind.FEE_SETTLED,
}


def facts_of(history: History, channel: ChannelKind, as_of: date) -> Facts:
    """The facts of one request as they stood on `as_of`, dated in Asia/Shanghai."""
    return collect(_told(history, channel), channel, as_of)


def _told(history: History, channel: ChannelKind) -> Iterator[Fact]:
    assert history.submitted_at  # only of a request that went out is a case made
    yield Fact(FactKind.SUBMITTED, *_wall(history.submitted_at))
    if history.receipt_on:
        # the day a person noted: signed for if it was posted, else taken in by the site or the counter
        yield Fact(FactKind.SIGNED if channel is ChannelKind.POST else FactKind.ACCEPTED, history.receipt_on)
    for reading in history.readings:
        if reading.kind in _FACT_OF:
            yield _fact(reading)
        if reading.kind is MessageKind.THIRD_PARTY_NOTICE and reading.ended_on:
            yield Fact(FactKind.THIRD_PARTY_END, reading.ended_on)
    for at in history.corrected_at:
        for notice, answer in _ANSWERED_BY.items():
            if any(reading.at <= at for reading in history.all_of(notice)):
                yield Fact(answer, *_wall(at))


def _fact(reading: Reading) -> Fact:
    on, wall_time = _wall(reading.at)
    if reading.kind is not MessageKind.REPLY:
        return Fact(_FACT_OF[reading.kind], on, wall_time, days=reading.days, is_disputed=reading.is_disputed)
    arrived_on = local_date(reading.arrived_at or reading.at)
    return Fact(FactKind.REPLY, arrived_on, wall_time, stamp_on=on, outcome=reading.outcome)


def _wall(moment: datetime) -> tuple[date, time]:
    local = moment.astimezone(SHANGHAI)
    return local.date(), local.time()
