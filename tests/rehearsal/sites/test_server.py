"""All platforms behind one server: ports, counts, speed and silence."""

import time

import httpx
import pytest

from tests.rehearsal.sites.conftest import Street
from tracker.rehearsal.sites import PLATFORMS, Books, Note, Sites


def test_every_platform_has_a_port_of_its_own_on_this_machine(street: Street):
    addresses = {street.sites.address(name) for name in PLATFORMS}
    assert len(addresses) == 6
    assert all(address.startswith("http://127.0.0.1:") for address in addresses)


def test_only_the_platforms_that_have_books_are_served():
    with Sites({"captcha": Books("CX", lambda: None)}) as sites:
        assert httpx.get(sites.address("captcha"), trust_env=False).status_code == 200
        with pytest.raises(KeyError):
            sites.address("classic")


def test_it_starts_and_stops_within_a_second_even_while_a_visitor_stays():
    street = Street()
    begun = time.monotonic()
    with street.sites, street.visitor("classic") as visitor:
        visitor.get("/")
        street.sites.__exit__(None, None, None)
        assert time.monotonic() - begun < 1
        with pytest.raises(httpx.TransportError):
            visitor.get("/")


def test_every_request_is_counted_where_it_went(street: Street):
    with street.visitor("classic") as visitor, street.visitor("mailbox") as other:
        visitor.get("/apply.jsp?unit=071")
        visitor.post("/apply.jsp", data={})
        visitor.get("/nowhere")
        other.get("/mailbox/list.do")
    assert street.sites.requests["classic"] == ["GET /apply.jsp", "POST /apply.jsp", "GET /nowhere"]
    assert street.sites.requests["mailbox"] == ["GET /mailbox/list.do"]
    assert street.sites.requests["captcha"] == []
    first, second, third = street.sites.moments["classic"]
    assert first <= second <= third


def test_it_writes_nothing_into_the_terminal(capfd):
    street = Street()
    with street.sites, street.visitor("classic") as visitor:
        visitor.get("/apply.jsp")
        visitor.get("/nowhere")
    assert capfd.readouterr() == ("", "")


def test_what_goes_wrong_in_an_office_is_kept_and_answered_with_500(street: Street):
    def stumble(_):
        raise RuntimeError("the office stumbled")

    books = Books("YSQ", lambda: street.now, stumble)
    fields = {
        "type": "consultation",
        "unitId": "001",
        "applyName": "甲",
        "idCard": "1",
        "mobile": "13000000001",
    }
    fields |= {"applyTitle": "乙", "applyContent": "丙"}
    with Sites({"xhr_code": books}) as sites:
        address = sites.address("xhr_code")
        response = httpx.post(f"{address}/api/apply/save", json=fields, trust_env=False)
    assert response.status_code == 500
    assert [str(error) for error in sites.errors] == ["the office stumbled"]


def test_an_office_may_answer_while_it_hears_of_an_entry(street: Street):
    books = Books(
        "GK", lambda: street.now, lambda entry: books.note(entry.number, Note("accepted", street.now))
    )
    fields = {
        "unit": "071",
        "name": "甲",
        "idcard": "1",
        "phone": "13000000001",
        "title": "乙",
        "content": "丙",
    }
    with Sites({"classic": books}) as sites:
        address = sites.address("classic")
        httpx.post(f"{address}/apply.jsp", data=fields, trust_env=False)
        page = httpx.post(f"{address}/query.jsp", data=fields, trust_env=False).text
    assert "已受理" in page
    assert sites.errors == []


def test_every_platform_calls_a_session_by_another_name(street: Street):
    names = set()
    for platform in PLATFORMS:
        with street.visitor(platform) as visitor:
            visitor.get("/")
            names |= set(visitor.cookies)
    assert len(names) == 6


def test_a_word_of_the_caller_is_shown_as_it_is_and_counts_as_an_answer(street: Street):
    fields = {
        "type": "disclosure",
        "unitId": "001",
        "applyName": "甲",
        "idCard": "1",
        "mobile": "13000000001",
    }
    fields |= {"applyTitle": "乙", "applyContent": "丙"}
    with street.visitor("xhr_code") as visitor:
        receipt = visitor.post("/api/apply/save", json=fields).json()["data"]
        street.books["xhr_code"].note(receipt["xh"], Note("不予公开", street.now, "属于国家秘密。"))
        found = visitor.get("/api/apply/query", params={"cxm": receipt["cxm"]}).json()["data"]
    assert found["zt"] == "不予公开"
    assert len(street.books["xhr_code"].all_shown()) == 1
