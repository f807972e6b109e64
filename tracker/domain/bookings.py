"""What is already promised to whom and when, and whether one more request stays within the caps."""

from bisect import bisect_left, insort
from collections import Counter, defaultdict
from collections.abc import Iterable
from datetime import date, datetime, timedelta
from urllib.parse import urlsplit

from tracker.domain.rounds import RoundPlan
from tracker.domain.terms import Channel, ChannelKind, PlannedRequest, local_date

_ONE_HOUR = timedelta(hours=1)


class Bookings:
    """The requests of a round that have an applicant and a time."""

    def __init__(
        self, plan: RoundPlan, channels: Iterable[Channel], standing: Iterable[PlannedRequest]
    ) -> None:
        self._caps, self._spacing = plan.caps, timedelta(minutes=plan.spacing_minutes)
        self._hosts: dict[tuple[str, str, str | None, str], str] = {
            (channel.unit_id, channel.kind, channel.channel, channel.address): shared_host(channel)
            for channel in channels
        }
        self._times: list[datetime] = []
        self._times_at_host: defaultdict[str, list[datetime]] = defaultdict(list)
        self._of_account: Counter[tuple[str, date]] = Counter()
        self._of_unit: Counter[tuple[str, int, int]] = Counter()
        self._at_host: Counter[tuple[str, str]] = Counter()
        self._load: Counter[str] = Counter()
        self._asked: set[tuple[str, str]] = set()
        for request in standing:
            self.add(request)

    def add(self, request: PlannedRequest) -> None:
        """Book it whatever the caps say. One without a channel costs nothing but its applicant."""
        self._asked.add((request.applicant, request.unit_id))
        if request.channel is None:
            return
        day, host = local_date(request.planned_at), self._host_of(request)
        insort(self._times, request.planned_at)
        if host:
            insort(self._times_at_host[host], request.planned_at)
            self._at_host[request.applicant, host] += 1
        self._of_account[request.applicant, day] += 1
        self._of_unit[request.unit_id, day.year, day.month] += 1
        self._load[request.applicant] += 1

    def have_room(self, unit_id: str, host: str, at: datetime) -> bool:
        """Whether a request to this unit and host at this time keeps spacing and caps."""
        day = local_date(at)
        return (
            self._keeps_spacing(at)
            and self._of_unit[unit_id, day.year, day.month] < self._caps.per_unit_per_month
            and (not host or self._host_bears(self._times_at_host[host], at))
        )

    def may_ask(self, applicant: str, unit_id: str) -> bool:
        """An applicant asks a unit once: two letters from one person would give both away."""
        return (applicant, unit_id) not in self._asked

    def has_day_left(self, applicant: str, day: date) -> bool:
        return self._of_account[applicant, day] < self._caps.per_account_per_day

    def burden(self, applicant: str, host: str) -> tuple[int, int]:
        """Requests the applicant has open at the host, then altogether.

        A silent unit's request stays open until the round closes, so all of the round count.
        """
        return (self._at_host[applicant, host] if host else 0, self._load[applicant])

    def _host_of(self, request: PlannedRequest) -> str:
        key = (request.unit_id, request.kind, request.channel, request.address)
        return self._hosts.get(key) or host_of(request.address)

    def _keeps_spacing(self, at: datetime) -> bool:
        place = bisect_left(self._times, at)
        return all(abs(at - other) >= self._spacing for other in self._times[max(place - 1, 0) : place + 1])

    def _host_bears(self, times: list[datetime], at: datetime) -> bool:
        """Whether no 60 minutes around `at`, wherever they begin, would hold more than the cap."""
        cap, place = self._caps.per_host_per_hour, bisect_left(times, at)
        near = [*times[max(place - cap, 0) : place], at, *times[place : place + cap]]
        return all(last - first >= _ONE_HOUR for first, last in zip(near, near[cap:], strict=False))


def shared_host(channel: Channel) -> str:
    """What several units may share: a mail domain, or the platform or site of a web form."""
    if channel.channel is ChannelKind.WEB_FORM and channel.platform:
        return channel.platform.lower()
    return host_of(channel.address)


def host_of(address: str) -> str:
    """The domain of a mail address, or the host (and port) of a web address; empty for any other."""
    if address.startswith(("http://", "https://")):
        return urlsplit(address).netloc.lower()
    return address.rpartition("@")[2].lower() if "@" in address else ""
