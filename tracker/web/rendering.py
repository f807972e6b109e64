"""Templates, and how moments, days, numbers and codes look in each language."""

from datetime import date, datetime
from functools import cache, lru_cache
from pathlib import Path

from babel import dates, numbers
from jinja2 import Environment, FileSystemLoader, StrictUndefined, Template

from tracker import words
from tracker.adapters.portals.faults import PageFault
from tracker.domain.instrument import KIND, OUTCOME, Instrument
from tracker.domain.match import ClueKind, Doubt
from tracker.domain.terms import (
    SHANGHAI,
    ChannelKind,
    EventKind,
    MessageKind,
    RequestKind,
    RequestState,
    Verdict,
    local_date,
)
from tracker.i18n import _, language_in_use
from tracker.services.accounts import Role
from tracker.services.audit import RATING
from tracker.services.task_kinds import task_word

_HERE = Path(__file__).parent
STATIC = _HERE / "static"


def template(name: str) -> Template:
    return _environment().get_template(name)


@cache
def _environment() -> Environment:
    environment = Environment(
        loader=FileSystemLoader(_HERE / "templates"),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    environment.globals["_"] = _
    environment.filters |= {
        "moment": moment,
        "day": day,
        "in_shanghai": local_date,
        "number": number,
        "share": share,
        "size": size,
        "verdict": lambda code: words.verdict_word(Verdict(code)),
        "reason": words.reason_word,
        "kind": lambda code: words.kind_word(RequestKind(code)),
        "channel": lambda code: words.channel_word(ChannelKind(code)) if code else _("no channel"),
        "state": lambda code: words.state_word(RequestState(code)) if code else "",
        "label": lambda code: words.label_word(code) if code else "",
        "said": words.event_said,
        "event": lambda code: words.event_word(EventKind(code)),
        "message_kind": lambda code: words.label_word(MessageKind(code)),
        "clue": clue_word,
        "doubt": doubt_word,
        "task": task_word,
        "medium": medium_word,
        "question": question_word,
        "finding": finding_word,
        "page_fault": page_fault_word,
        "table": table_word,
        "column": column_word,
        "cell": cell_word,
        "mended": mended_word,
        "detail": detail_word,
        "yesno": lambda value: {None: "", True: _("yes"), False: _("no")}[value],
        "person": lambda actor: actor.removeprefix("person:"),
    }
    return environment


def question_word(instrument: Instrument, question_id: str) -> str:
    """A question of the coding form, as the form puts it."""
    own = {KIND: _("What is it"), OUTCOME: _("What does the reply decide")}
    return own.get(question_id) or instrument.question(question_id).words[language_in_use()]


def mended_word(fault: str) -> str:
    """What was wrong with a message as it came."""
    return {
        "date_missing": _("it has no date"),
        "date_unreadable": _("its date cannot be read"),
        "text_cut": _("its text is too long and was cut"),
        "too_many_parts": _("it has too many parts; those left out are in the raw file"),
        "charset_mislabelled": _("it is in another character set than it says"),
        "undecodable_bytes": _("some of its bytes are in no character set"),
        "body_unreadable": _("its body cannot be taken apart"),
        "part_unreadable": _("a part of it cannot be read"),
        "tnef_unreadable": _("its winmail.dat cannot be opened"),
    }.get(fault, fault)


def detail_word(name: str) -> str:
    """What a task tells besides its subject."""
    return {
        "channel": _("channel"),
        "address": _("address"),
        "looked_at": _("looked at"),
        "found": _("found there"),
        "fault": _("what went wrong"),
        "prompt": _("question"),
        "until": _("until when"),
    }.get(name, name)


def finding_word(subject: str) -> str:
    """What the audit looks for on a unit's pages: a channel, or the rating."""
    return _("satisfaction rating") if subject == RATING else words.channel_word(ChannelKind(subject))


def page_fault_word(fault: str) -> str:
    """Why a page could not be read: our name of it as a word, and what the site or network said."""
    kind, mark, detail = fault.partition(": ")
    sentences: dict[str, str] = {
        PageFault.PAGE_CHANGED: _("the page has changed"),
        PageFault.SERVER_ERROR: _("the site has a fault of its own"),
        PageFault.NOT_FOUND: _("there is no such page"),
        PageFault.BLOCKED: _("the site keeps machines out"),
        PageFault.REDIRECTS: _("the page leads on without end"),
        PageFault.TOO_LARGE: _("the page is too large"),
        PageFault.CERTIFICATE: _("the site's certificate is not valid"),
        PageFault.UNREACHABLE: _("the site could not be reached"),
        PageFault.TIMED_OUT: _("the site did not answer in time"),
        PageFault.LOST: _("the connection broke"),
        PageFault.NEEDS_BROWSER: _("the page needs a browser"),
        PageFault.NO_BROWSER: _("no browser is installed"),
        PageFault.ROBOTS: _("robots.txt does not want it read by machines"),
        PageFault.UNANSWERED: _("nobody answered in time what the page asked"),
        PageFault.BROKEN: _("a fault of ours"),
        PageFault.UNFIT_VALUE: _("a value cannot stand where the recipe puts it"),
    }
    # a site's own refusal is told as it stands
    return f"{sentences[kind]}{mark}{detail}" if kind in sentences else fault


def table_word(name: str) -> str:
    return {
        "units": _("units"),
        "channels": _("channels of units"),
        "applicants": _("applicants"),
        "recipes": _("recipes"),
        "templates": _("templates"),
        "accounts": _("accounts"),
    }[name]


def column_word(name: str) -> str:
    """A column of a reference table."""
    return {
        "unit_id": _("unit id"),
        "unit_code": _("unit code"),
        "name": _("name"),
        "group": _("group"),
        "kind": _("kind"),
        "channel": _("channel"),
        "address": _("address"),
        "platform": _("platform"),
        "priority": _("priority"),
        "applicant": _("applicant"),
        "mailbox": _("mailbox"),
        "bytes": _("size"),
        "file": _("file"),
        "text": _("text"),
        "account": _("account"),
        "role": _("role"),
        "created_at": _("made on"),
        "closed_at": _("closed on"),
    }[name]


def cell_word(value: object, column: str) -> str:
    """What a reference table holds, as other pages say it."""
    if isinstance(value, datetime):
        return moment(value)
    text = str(value)
    if column == "kind":
        return words.kind_word(RequestKind(text))
    if column == "channel":
        return words.channel_word(ChannelKind(text))
    if column == "role":
        return role_word(Role(text))
    return size(int(text)) if column == "bytes" else text


def role_word(role: Role) -> str:
    return {Role.LEAD: _("lead"), Role.REVIEWER: _("reviewer"), Role.OBSERVER: _("observer")}[role]


def _locale() -> str:
    return language_in_use().replace("-", "_")


def moment(value: datetime | None) -> str:
    """Date and time in Shanghai, to the minute."""
    if value is None:
        return ""
    local = value.astimezone(SHANGHAI)
    return f"{day(local.date())} {local:%H:%M}"


def day(value: date | None) -> str:
    return "" if value is None else _day(value, _locale())


def number(value: float | None) -> str:
    return "" if value is None else _number(value, _locale())


@lru_cache(maxsize=4096)  # Babel takes long over each, and pages are full of the same ones
def _day(value: date, locale: str) -> str:
    return dates.format_date(value, "y年M月d日" if locale == "zh_CN" else "d MMM y", locale=locale)


@lru_cache(maxsize=4096)
def _number(value: float, locale: str) -> str:
    return numbers.format_decimal(value, locale=locale)


def share(value: float | None) -> str:
    """A coefficient to two places."""
    return "–" if value is None else numbers.format_decimal(value, format="0.00", locale=_locale())


def clue_word(clue: str) -> str:
    """What speaks for a candidate of the holding pen."""
    return {
        ClueKind.THREAD: _("it goes back to our letter"),
        ClueKind.NUMBER: _("it bears a number of this request"),
        ClueKind.QUOTED: _("it quotes our letter"),
        ClueKind.REPEATED: _("it repeats our title"),
        ClueKind.TITLE: _("it names what was asked"),
        ClueKind.TOPIC: _("it speaks of what was asked"),
        ClueKind.SENDER: _("it comes from the unit's address"),
        ClueKind.WRITER: _("its writer answered this before"),
        ClueKind.DOMAIN: _("it comes from the unit's domain"),
        ClueKind.FAILED_ADDRESS: _("a letter to the unit's address came back"),
        ClueKind.UNIT_NAMED: _("it names the unit"),
        ClueKind.APPLICANT_NAMED: _("it names the applicant"),
    }[ClueKind(clue)]


def doubt_word(doubt: str) -> str:
    """Why a message is left to a person."""
    return {
        "": "",
        Doubt.NO_CLUE: _("nothing says which request it answers"),
        Doubt.OWN_LETTER: _("it seems to be our own letter"),
        Doubt.SEVERAL: _("several requests fit"),
        Doubt.CONTRADICTION: _("its clues contradict each other"),
        Doubt.ANOTHER_UNIT: _("another unit writes"),
        Doubt.ANOTHER_MATTER: _("it names another matter"),
        Doubt.ANOTHER_PERSON: _("it addresses another applicant"),
        Doubt.WEAK: _("its clues are too weak"),
    }[doubt]


def medium_word(medium: str) -> str:
    return {
        "phone": _("phone"),
        "sms": _("SMS"),
        "wechat": _("WeChat"),
        "letter": _("letter"),
        "fax": _("fax"),
        "visit": _("visit"),
        "web": _("web page"),
    }[medium]


def size(count: int) -> str:
    """Bytes as people read them."""
    for unit in ("B", "KB", "MB"):
        if count < 1000:
            return f"{number(count)} {unit}"
        count //= 1000
    return f"{number(count)} GB"
