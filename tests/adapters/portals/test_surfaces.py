"""One contract for both machines: the same steps, the same fields at the site, the same values read."""

from collections.abc import Iterator
from contextlib import closing
from datetime import UTC, datetime
from io import BytesIO
from pathlib import Path

import pytest
from warcio.archiveiterator import ArchiveIterator

from tests.adapters.portals.site import Site, running_site, self_signed_site
from tracker.adapters.portals.browser import Chromium
from tracker.adapters.portals.faults import PageFault, PortalFault, Refused
from tracker.adapters.portals.http import HttpSurface
from tracker.adapters.portals.player import Played, Surface, play
from tracker.adapters.portals.visitor import Visitor
from tracker.domain.recipes import Executor, Flow, FlowName, Recipe, Refusal, Step

NOW = datetime(2026, 11, 27, 2, tzinfo=UTC)
TEXT = "所需信息：镕㎡😀\n第二行"
SENT = [
    ("token", "t-42"),
    ("homepage", ""),
    ("xm", "张 三"),
    ("lb", "1"),
    ("dw", "07"),
    ("nr", "所需信息：镕㎡&#128512;\r\n第二行"),
    ("cn", "y"),
    ("go", "1"),
]


@pytest.fixture(scope="module")
def site() -> Iterator[Site]:
    with running_site() as running:
        yield running


@pytest.fixture(scope="module")
def chromium() -> Iterator[Chromium]:
    with closing(Chromium(lambda: NOW)) as kept:
        yield kept


@pytest.fixture(params=["http", pytest.param("browser", marks=pytest.mark.needs("chromium"))])
def surface(request: pytest.FixtureRequest) -> Iterator[Surface]:
    if request.param == "browser":
        with closing(request.getfixturevalue("chromium").open(2)) as opened:
            yield opened
    else:
        with closing(Visitor(lambda: NOW, 2)) as visitor:
            yield HttpSurface(visitor)


def custom(name: str, **fields: object) -> Step:
    return Step(name, fields, is_custom=True)


def step(kind: str, *selectors: str, **fields: object) -> Step:
    return Step(kind, {"selectors": [[one] for one in selectors], **fields} if selectors else fields)


def filled_in(path: str) -> list[Step]:
    return [
        step("navigate", url="{{origin}}" + path),
        step("change", "aria/姓名", "#xm", value="{{applicant_name}}"),
        step("click", "#lb1"),
        step("change", "#dw", value="07"),
        step("change", "xpath///textarea", value="{{question_text}}"),
        step("click", "aria/我承诺", "label[for=cn]"),
        custom("submit"),
        step("click", "text/提 交", "button"),
    ]


def playing(
    surface: Surface,
    site: Site,
    steps: list[Step],
    refusals: dict[str, Refusal] | None = None,
    files: Path = Path(),
) -> Played:
    flow = Flow("t", tuple(steps), 2)
    recipe = Recipe(
        "p", "t", Executor.HTTP, frozenset(), frozenset(), {FlowName.SUBMIT: flow}, refusals=refusals or {}
    )
    values = {"origin": site.address, "applicant_name": "张 三", "question_text": TEXT}
    run = play(recipe, flow, surface, values, files=files)
    with pytest.raises(StopIteration) as end:
        next(run)
    return end.value.value


def test_the_site_gets_what_a_browser_sends_and_the_receipt_is_read(surface: Surface, site: Site):
    played = playing(
        surface,
        site,
        [
            *filled_in("/form"),
            custom("extract", **{"as": "receipt_no", "css": "#no"}),
            custom("extract", **{"as": "query_code", "regex": r"查询码：\s*(\d+)"}),
        ],
    )
    assert site.received[-1] == SENT
    assert site.asked[-1] == ("POST", "/done", f"{site.address}/form")
    assert (played.values["receipt_no"], played.values["query_code"]) == ("B-2020-1", "7788")


def test_a_form_in_parts_brings_its_file(surface: Surface, site: Site, tmp_path: Path):
    (tmp_path / "scan-1.png").write_bytes(b"PNG")
    steps = filled_in("/parts")
    steps.insert(1, custom("upload", selectors=[["#scan"]], file="scan-1.png"))
    playing(surface, site, [*steps, custom("extract", **{"as": "receipt_no", "css": "#no"})], files=tmp_path)
    sent = dict(site.received[-1])
    assert sent.pop("scan") == "scan-1.png"
    assert sent == dict(SENT)


def test_a_file_that_is_not_there_is_a_named_fault(surface: Surface, site: Site, tmp_path: Path):
    steps = [step("navigate", url="{{origin}}/parts"), custom("upload", selectors=[["#scan"]], file="x.png")]
    with pytest.raises(PortalFault) as caught:
        playing(surface, site, steps, files=tmp_path)
    assert caught.value.kind is PageFault.UNFIT_VALUE


def test_an_answer_in_a_frame_is_read_there(surface: Surface, site: Site):
    found = custom("extract", frame=[0], **{"as": "receipt_no", "xpath": "//b"})
    played = playing(surface, site, [*filled_in("/framed"), found])
    assert site.received[-1] == SENT
    assert played.values["receipt_no"] == "B-2020-1"
    assert played.seen.url == f"{site.address}/framed"


def test_an_answer_in_an_alert_is_read(surface: Surface, site: Site):
    found = custom("extract", **{"as": "receipt_no", "from": "dialog", "regex": "编号为：(.*)"})
    assert playing(surface, site, [*filled_in("/alerting"), found]).values["receipt_no"] == "A-17"


def test_what_a_script_sends_and_is_answered_is_the_same(surface: Surface, site: Site):
    steps = [
        step("navigate", url="{{origin}}/xhr"),
        step("change", "#xm", value="{{applicant_name}}"),
        step("change", "#nr", value="甲"),
        custom("submit"),
        step("click", "#send"),
        custom("xhr", url="/api/apply", fields={"xm": "#xm", "nr": "#nr"}),
        custom("extract", **{"as": "receipt_no", "json": "data.xh"}),
    ]
    assert playing(surface, site, steps).values["receipt_no"] == "X-9"
    assert site.received[-1] == [("xm", "张 三"), ("nr", "甲")]


def test_enter_in_a_field_sends_its_form(surface: Surface, site: Site):
    steps = [
        step("navigate", url="{{origin}}/form"),
        step("change", "#xm", value="张 三"),
        custom("submit"),
        step("keyDown", key="Enter"),
        custom("extract", **{"as": "receipt_no", "css": "#no"}),
    ]
    assert playing(surface, site, steps).values["receipt_no"] == "B-2020-1"
    assert ("go", "1") in site.received[-1]


def test_a_site_that_says_it_took_nothing_has_refused(surface: Surface, site: Site):
    missing = custom("extract", **{"as": "receipt_no", "css": "#nowhere"})
    with pytest.raises(Refused) as refused:
        playing(surface, site, [*filled_in("/alerting"), missing], {"成功！": Refusal.WRONG_ANSWER})
    assert refused.value.meaning is Refusal.WRONG_ANSWER
    assert refused.value.words == "提交成功！"


def test_what_a_form_would_send_is_known_before_it_is_sent(surface: Surface, site: Site):
    before = len(site.received)
    playing(surface, site, filled_in("/form")[:-2])
    shown = surface.would_send(step("click", "button"))
    assert [(name, value.replace("\r", "")) for name, value in shown] == [
        (name, value.replace("\r", "").replace("&#128512;", "😀")) for name, value in SENT
    ]
    assert len(site.received) == before


@pytest.mark.parametrize(
    ("path", "fault"),
    [
        ("/500", PageFault.SERVER_ERROR),
        ("/404", PageFault.NOT_FOUND),
        ("/412", PageFault.BLOCKED),
        ("/waf", PageFault.BLOCKED),
        ("/loop", PageFault.REDIRECTS),
        ("/big", PageFault.TOO_LARGE),
        ("/slow", PageFault.TIMED_OUT),
    ],
)
def test_a_page_that_is_none_is_a_named_fault(surface: Surface, site: Site, path: str, fault: PageFault):
    with pytest.raises(PortalFault) as caught:
        playing(surface, site, [step("navigate", url="{{origin}}" + path)])
    assert caught.value.kind is fault


def test_nobody_at_the_other_end_is_a_named_fault(surface: Surface):
    with pytest.raises(PortalFault) as caught:
        surface.navigate(step("navigate", url="http://127.0.0.1:9/"))
    assert caught.value.kind in (PageFault.UNREACHABLE, PageFault.LOST)


def test_a_certificate_nobody_vouches_for_is_a_named_fault(surface: Surface, tmp_path: Path):
    with pytest.raises(PortalFault) as caught, self_signed_site(tmp_path) as address:
        surface.navigate(step("navigate", url=address))
    assert caught.value.kind is PageFault.CERTIFICATE


def test_a_changed_page_is_a_named_fault_that_says_where(surface: Surface, site: Site):
    with pytest.raises(PortalFault) as caught:
        playing(surface, site, [step("navigate", url="{{origin}}/form"), step("change", "#gone", value="x")])
    assert (caught.value.kind, caught.value.detail) == (PageFault.PAGE_CHANGED, "2 change #gone")


def test_a_failure_behind_the_mark_is_a_named_fault(surface: Surface, site: Site):
    with pytest.raises(PortalFault) as caught:
        playing(surface, site, filled_in("/failing"))
    assert caught.value.kind is PageFault.SERVER_ERROR
    assert site.received[-1] == SENT


def test_the_exhibit_holds_the_exact_exchange(surface: Surface, site: Site):
    playing(surface, site, filled_in("/form"))
    exhibits = {exhibit.media_type: exhibit.raw for exhibit in surface.exhibits("receipt")}
    records = [
        (record.rec_type, record.rec_headers["WARC-Target-URI"], record.content_stream().read())
        for record in ArchiveIterator(BytesIO(exhibits["application/warc"]))
    ]
    pages = [(kind, url, body) for kind, url, body in records if url == f"{site.address}/done"]
    assert {kind for kind, _url, _body in pages} == {"request", "response"}
    assert any("受理编号".encode("gbk") in body for kind, _url, body in pages if kind == "response")
    assert any(b"token=t-42" in body for kind, _url, body in pages if kind == "request")


@pytest.mark.needs("chromium")
def test_what_a_browser_keeps_of_a_page_can_be_viewed_without_the_site(
    chromium: Chromium, site: Site, tmp_path: Path
):
    with closing(chromium.open(2)) as surface:
        playing(surface, site, filled_in("/form"))
        kept = {exhibit.media_type: exhibit.raw for exhibit in surface.exhibits("receipt")}
    assert kept["image/png"].startswith(b"\x89PNG")
    (tmp_path / "page.mhtml").write_bytes(kept["multipart/related"])
    before = len(site.asked)
    with closing(chromium.open(2)) as offline:
        offline.navigate(step("navigate", url=(tmp_path / "page.mhtml").as_uri()))
        assert "受理编号" in offline.seen().markup
    assert len(site.asked) == before
