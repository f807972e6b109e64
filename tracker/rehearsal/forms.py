"""The city's web sites: each platform with the units that use it, and the offices behind them."""

from collections import defaultdict
from collections.abc import Callable, Mapping
from datetime import datetime

from .city import City
from .sites import Books, Entry, Sites, Unit
from .truth import CHINA, Key, full_name


class CitySites:
    """The sites of a city's platforms; a context manager. `hosts`: where each really is, by host name.

    A platform `iframe-gbk` is at http://iframe-gbk.test/ for everybody.
    """

    def __init__(self, city: City, clock: Callable[[], datetime]) -> None:
        self._city, self._clock = city, clock
        units: defaultdict[str, dict[str, Unit]] = defaultdict(dict)
        for (platform, code, _kind), (unit_id, _) in city.scenario.forms.items():
            units[platform][code] = Unit(code, full_name(city.scenario.names[unit_id]))
        self._books = {platform: self._books_of(platform) for platform in units}
        self._sites = Sites(
            {_site(platform): books for platform, books in self._books.items()},
            {_site(platform): chosen.values() for platform, chosen in units.items()},
        )

    @property
    def hosts(self) -> Mapping[str, str]:
        return {
            f"{platform}.test": self._sites.address(_site(platform)).removeprefix("http://")
            for platform in self._books
        }

    @property
    def errors(self) -> list[Exception]:
        return self._sites.errors

    def __enter__(self) -> "CitySites":
        self._sites.__enter__()
        return self

    def __exit__(self, *_: object) -> None:
        self._sites.__exit__(None, None, None)

    def _books_of(self, platform: str) -> Books:
        def on_submit(entry: Entry) -> None:
            unit_id, kind = self._key_of(platform, entry)
            form = f"{entry.title}\n{entry.text}".encode()
            for move in self._city.filled_in(unit_id, kind, self._clock(), entry.email, form):
                self._books[platform].note(entry.number, move)

        return Books(platform[:2].upper(), lambda: self._clock().astimezone(CHINA), on_submit)

    def _key_of(self, platform: str, entry: Entry) -> Key:
        return self._city.scenario.forms[platform, entry.unit, entry.kind]


def _site(platform: str) -> str:
    return platform.replace("-", "_")
