"""What a page of a unit's site says: values by CSS, XPath, regular expression or JSON, alerts, its plain text."""

import json
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from functools import lru_cache
from typing import Any

from parsel import Selector

from tracker.letters.markup import text_of_markup

_SPACE = re.compile(r"\s+")
_ALERT = re.compile(r"\balert\s*\(\s*(?:'((?:[^'\\]|\\.)*)'|\"((?:[^\"\\]|\\.)*)\")\s*\)", re.DOTALL)
_SCRIPT = re.compile(r"<script\b[^>]*>(.*?)</script>", re.IGNORECASE | re.DOTALL)
_FUNCTION_BODY = re.compile(r"function\b[^{]*\{(?:[^{}]|\{(?:[^{}]|\{[^{}]*\})*\})*\}", re.DOTALL)
_ESCAPED = re.compile(r"\\(u[0-9a-fA-F]{4}|.)", re.DOTALL)
_CONTROLS = {"n": "\n", "r": "\r", "t": "\t"}
# What firewalls and their providers put in place of a page, with HTTP 200 as often as not.
_BLOCKED = re.compile(
    r"访问(?:请求|行为)?(?:可能|被|存在|已被)[^。]{0,20}(?:拦截|阻断|禁止|威胁|攻击|拒绝)|您的(?:访问|请求)[^。]{0,12}(?:拦截|阻断|攻击)"
    r"|网站防火墙|Web应用防火墙|创宇盾|安全狗|云锁|知道创宇|网防G01|安全验证|滑动验证|人机验证"
    r"|Request (?:blocked|denied) by|Web Application Firewall|Attention Required!|Just a moment\.\.\.",
    re.IGNORECASE,
)
_BLOCK_PAGE_LENGTH = 1_500  # characters of text: a real page may speak of such a thing, a block page is short
_DAY = re.compile(r"(20\d\d)\s*[-/.年]\s*(\d{1,2})\s*[-/.月]\s*(\d{1,2})")


@dataclass(frozen=True, slots=True)
class Seen:
    """What is there to read after a step: the page, what its alerts said, what its scripts were answered."""

    url: str
    markup: str
    dialogs: tuple[str, ...] = ()
    answers: tuple[str, ...] = ()  # bodies, oldest first


def extracted(seen: Seen, rule: Mapping[str, Any]) -> str | None:
    """The value a rule finds, white space folded; None where there is none.

    `rule` has `from` (dom, text, url, dialog, xhr) and one or more of css, xpath, json, regex; a regex
    works on what the others found and gives its first group, or the whole match.
    """
    found = _found_in_source(seen, rule)
    if found is not None and "regex" in rule:
        match = re.search(rule["regex"], found, re.DOTALL)
        found = (match[1] if match.re.groups else match[0]) if match else None
    return found.strip() or None if found is not None else None


def extracted_rows(seen: Seen, rule: Mapping[str, Any]) -> list[dict[str, str]]:
    """The rows of a list: `columns` has a rule for each value; absent ones are left out.

    `rows` (CSS, or XPath if it begins like one) selects each; or `json` names a list in the last answer.
    """
    cells_of = _json_cells if "json" in rule else _element_cells
    found = ({name: text for name, text in cells if text} for cells in cells_of(seen, rule))
    return [cells for cells in found if cells]


def _element_cells(seen: Seen, rule: Mapping[str, Any]) -> Iterator[list[tuple[str, str | None]]]:
    page, rows = _page(seen.markup), rule["rows"]
    for row in page.xpath(rows) if rows.startswith(("/", "(")) else page.css(rows):
        yield [(name, _in_selector(row, column)) for name, column in rule["columns"].items()]


def _json_cells(seen: Seen, rule: Mapping[str, Any]) -> Iterator[list[tuple[str, str | None]]]:
    for row in json.loads(_by_path((seen.answers or ("",))[-1], rule["json"]) or "[]"):
        body = json.dumps(row)
        yield [(name, _by_path(body, column["json"])) for name, column in rule["columns"].items()]


def _in_selector(row: Selector, rule: Mapping[str, Any]) -> str | None:
    text = _by_selector(row, rule) if _selects(rule) else _text_of(row)
    if text and "regex" in rule:
        match = re.search(rule["regex"], text, re.DOTALL)
        text = (match[1] if match.re.groups else match[0]) if match else None
    return text


def _found_in_source(seen: Seen, rule: Mapping[str, Any]) -> str | None:
    source = rule.get("from") or ("xhr" if "json" in rule else "dom" if _selects(rule) else "text")
    if source == "url":
        return seen.url
    if source == "dialog":
        return "\n".join(seen.dialogs)
    if source == "text":
        return text_of_markup(seen.markup)
    markup = seen.markup if source == "dom" else (seen.answers or ("",))[-1]
    if "json" in rule:
        return _by_path(markup, rule["json"])
    return _by_selector(_page(markup), rule) if _selects(rule) else markup


@lru_cache(maxsize=4)
def _page(markup: str) -> Selector:
    """A page is read once for all that is looked for in it."""
    return Selector(text=markup)


def _selects(rule: Mapping[str, Any]) -> bool:
    return "css" in rule or "xpath" in rule


def _by_selector(selector: Selector, rule: Mapping[str, Any]) -> str | None:
    found = selector.css(rule["css"]) if "css" in rule else selector.xpath(rule["xpath"])
    texts = [_text_of(one) for one in found]
    return "\n".join(text for text in texts if text) or None


def _text_of(selector: Selector) -> str:
    """The text of an element as lines, or of an attribute or text node as it is."""
    if not hasattr(selector.root, "tag"):
        return _SPACE.sub(" ", selector.get() or "").strip()
    if selector.root.tag in ("input", "textarea") and selector.attrib.get("value"):
        return selector.attrib["value"].strip()
    return text_of_markup(selector.get() or "").strip()


def _by_path(body: str, path: str) -> str | None:
    """`result.rows.0.code` in a JSON body."""
    try:
        value = json.loads(body)
        for part in path.split("."):
            value = value[int(part)] if isinstance(value, list) else value[part]
    except (ValueError, KeyError, IndexError, TypeError):
        return None
    return value if isinstance(value, str) else None if value is None else json.dumps(value)


# --- what a page without a script engine gives away ---------------------------------------------------


def alerts_in(markup: str) -> tuple[str, ...]:
    """What a page's scripts say at once by `alert`; those inside of functions wait for a click."""
    return tuple(
        _unescaped(match[1] if match[1] is not None else match[2])
        for script in _SCRIPT.findall(markup)
        for match in _ALERT.finditer(_FUNCTION_BODY.sub("", script))
    )


def _unescaped(text: str) -> str:
    return _ESCAPED.sub(
        lambda match: chr(int(match[1][1:], 16)) if len(match[1]) == 5 else _CONTROLS.get(match[1], match[1]),
        text,
    )


def is_block_page(markup: str) -> bool:
    """Whether a firewall put this in place of the page, whatever its status says."""
    text = text_of_markup(markup)
    return len(text) <= _BLOCK_PAGE_LENGTH and bool(_BLOCKED.search(text) or _BLOCKED.search(markup[:3000]))


# --- readings of what was extracted -------------------------------------------------------------------


def day_in(text: str) -> date | None:
    """The first date in a text as sites write it: 2020-09-03, 2020/9/3, 2020.9.3, 2020年9月3日."""
    return next(_days(text), None)


def _days(text: str) -> Iterator[date]:
    for year, month, day in _DAY.findall(text):
        try:
            yield date(int(year), int(month), int(day))
        except ValueError:
            continue


@dataclass(frozen=True, slots=True)
class PageStatus:
    """What a unit's page says of one request, as a recipe read it.

    `status` is the site's own word. `attachments`: name and address of each file it links.
    """

    status: str = ""
    title: str = ""
    text: str = ""
    shown_on: date | None = None
    received_on: date | None = None
    attachments: tuple[tuple[str, str], ...] = ()

    @property
    def essence(self) -> str:
        """What would have to change for there to be news: white space and addresses apart."""
        names = [name for name, _address in self.attachments]
        days = [str(day) for day in (self.shown_on, self.received_on)]
        return _SPACE.sub("", "\n".join([self.status, self.title, self.text, *days, *names]))


def page_status(values: Mapping[str, str], files: Sequence[Mapping[str, str]] = ()) -> PageStatus:
    """From what a status flow extracted; `files` are the rows called `attachments`."""
    return PageStatus(
        status=values.get("status", ""),
        title=values.get("reply_title", ""),
        text=values.get("reply_text", ""),
        shown_on=day_in(values.get("shown_on", "")),
        received_on=day_in(values.get("received_on", "")),
        attachments=tuple(
            (file.get("name") or file["href"], file["href"]) for file in files if file.get("href")
        ),
    )
