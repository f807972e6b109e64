"""Guides announce the channels of a unit, in four layouts, and nothing that the unit does not announce."""

from dataclasses import replace

import httpx
import pytest

from tests.rehearsal.sites.conftest import Street, words
from tracker.rehearsal.sites import UNITS, Books, Channels, Sites, Unit
from tracker.rehearsal.sites.units import LAYOUTS

ALL = Channels(
    email="xxgk@jiaoyu.test",
    fax="0999-5512345",
    postal_address="演安市大道1号教育局",
    postcode="799010",
    counter="演安市大道1号101室",
    hours="工作日8:30-12:00",
    phone="0999-5654321",
)
TOLD = {
    "email": ALL.email,
    "fax": ALL.fax,
    "postal_address": ALL.postal_address,
    "counter": ALL.counter,
    "phone": ALL.phone,
}


def guides(*units: Unit, platform: str = "classic") -> list[str]:
    with Sites({platform: Books("X", lambda: None)}, {platform: units}) as sites:
        address = sites.address(platform)
        return [httpx.get(f"{address}/guide/{unit.code}", trust_env=False).text for unit in units]


def in_every_layout(channels: Channels) -> list[str]:
    return guides(*(Unit(layout, "演安市教育局", channels, layout) for layout in LAYOUTS))


def test_every_layout_tells_every_channel():
    for layout, page in zip(LAYOUTS, in_every_layout(ALL), strict=True):
        text = words(page)
        assert [name for name, told in TOLD.items() if told not in text] == []
        assert ALL.postcode in text
        assert ALL.hours in text
        assert f"/apply.jsp?unit={layout}" in page
        assert "演安市教育局政府信息公开指南" in text


@pytest.mark.parametrize("missing", [*TOLD, "online"])
def test_a_channel_that_is_not_announced_is_not_mentioned(missing):
    nothing = False if missing == "online" else ""
    told = {**TOLD, "online": "/apply.jsp?unit="}[missing]
    label = {"fax": "传真", "email": "邮件", "online": "线申请"}.get(missing, told)
    for page in in_every_layout(replace(ALL, **{missing: nothing})):
        assert told not in page
        assert label not in page


def test_the_ways_of_a_guide_are_counted_without_a_gap():
    (page,) = guides(Unit("1", "演安市教育局", replace(ALL, online=False)))
    text = words(page)
    assert "（一）电子邮件申请" in text
    assert "（二）信函、传真申请" in text
    assert "（三）当面申请" in text


def test_an_address_can_be_hidden_from_collectors():
    (page,) = guides(Unit("1", "演安市教育局", ALL, "list", hides_email=True))
    assert "xxgk#jiaoyu.test（发送时请将#换成@）" in page
    assert ALL.email not in page


def test_the_telephone_for_complaints_is_nobodys_channel():
    (page,) = guides(Unit("1", "演安市教育局", replace(ALL, supervisor_phone="0999-5712345")))
    assert "监督电话：0999-5712345" in page


def test_the_units_at_hand_announce_different_things():
    units = [unit for some in UNITS.values() for unit in some]
    assert len(UNITS["xhr_code"]) == 20
    assert {unit.layout for unit in units} == set(LAYOUTS)
    assert {bool(unit.channels.fax) for unit in units} == {True, False}
    assert {bool(unit.channels.email) for unit in units} == {True, False}
    assert len({unit.name for unit in units}) == len(units)


@pytest.mark.parametrize("platform", UNITS)
def test_every_platform_lists_its_units_and_shows_their_guides(street: Street, platform):
    with street.visitor(platform) as visitor:
        home = visitor.get("/")
        for unit in UNITS[platform]:
            assert f"/guide/{unit.code}" in home.text
            assert f"{unit.name}政府信息公开指南" in visitor.get(f"/guide/{unit.code}").text
        assert visitor.get("/guide/nobody").status_code == 404


def test_the_guide_of_a_mailbox_leads_to_its_letters():
    (page,) = guides(Unit("1", "演安市教育局", ALL), platform="mailbox")
    assert "/mailbox/write.do?orgId=1" in page


def test_books_can_be_served_under_other_units():
    books = Books("X", lambda: None)
    assert [*Sites({"classic": books}, {"classic": [Unit("a", "甲局")]}).sites["classic"].units] == ["a"]
