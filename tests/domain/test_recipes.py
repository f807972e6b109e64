"""A value is put into a recipe so that it stays a value, wherever it stands."""

import json
import re

import pytest
from cssselect import HTMLTranslator
from hypothesis import given
from hypothesis import strategies as st
from lxml import html

from tracker.domain.recipes import CustomStep, Flow, Step, UnfitValue, fill_step, names_made, variables_in

# XML has no place for the last two characters of the plane.
ALPHABET = st.characters(exclude_categories=["Cs", "Cc"], exclude_characters="\ufffe\uffff")
TEXTS = st.text(ALPHABET, min_size=1, max_size=12)
HOSTILE = "a'b\"c&d=e#f?g/h\\i{{phone}}</script>%00 中文\n"


def filled(value: str, /, **fields: object) -> object:
    (name,) = fields
    return fill_step(Step("any", fields), {"v": value, "address": "http://unit.test/form?sysid=7"}).fields[
        name
    ]


def test_in_an_address_a_value_is_one_part_of_it() -> None:
    found = filled(HOSTILE, url="http://unit.test/query?no={{v}}&code=1")
    assert found == (
        "http://unit.test/query?no=a%27b%22c%26d%3De%23f%3Fg%2Fh%5Ci%7B%7Bphone%7D%7D%3C%2Fscript%3E%2500%20"
        "%E4%B8%AD%E6%96%87%0A&code=1"
    )


def test_the_channels_own_address_stands_as_the_roster_has_it() -> None:
    assert filled("x", url="{{address}}") == "http://unit.test/form?sysid=7"


def test_what_is_typed_is_typed_as_it_is() -> None:
    assert filled(HOSTILE, value="{{v}}") == HOSTILE  # and a variable's name inside of it is no variable


@given(TEXTS.filter(lambda text: "\\" not in text))
def test_in_a_css_selector_a_value_matches_itself_and_nothing_else(value: str) -> None:
    selector = filled(value, css='option[value="{{v}}"]')
    page = html.fromstring("<select><option value='other'>o</option></select>")
    page[0].set("value", value) if value != "other" else None
    found = page.xpath(HTMLTranslator().css_to_xpath(str(selector)))
    assert [one.get("value") for one in found] == [value]


@given(TEXTS)
def test_in_a_regular_expression_a_value_matches_itself(value: str) -> None:
    assert re.fullmatch(str(filled(value, regex="{{v}}")), value)


@given(TEXTS)
def test_in_a_script_a_value_is_a_string(value: str) -> None:
    assert json.loads(str(filled(value, expression="{{v}}"))) == value


def test_in_a_css_selector_a_backslash_cannot_stand() -> None:
    with pytest.raises(UnfitValue):
        filled("a\\0", css="[value='{{v}}']")


def test_in_an_xpath_a_value_with_quotes_cannot_stand() -> None:
    assert filled("市教育局", xpath="//option[.='{{v}}']") == "//option[.='市教育局']"
    with pytest.raises(UnfitValue):
        filled("a' or '1'='1", xpath="//option[.='{{v}}']")


def test_every_alternative_selector_is_filled_by_its_own_rules() -> None:
    selectors = filled("第 1局", selectors=[["text/{{v}}"], ["option[value={{v}}]"], ["aria/{{v}}"]])
    assert selectors == [["text/第 1局"], ["option[value=\\7b2c \\20 1\\5c40 ]"], ["aria/第 1局"]]


def test_a_variable_without_a_value_is_an_error() -> None:
    with pytest.raises(KeyError):
        fill_step(Step("change", {"value": "{{nobody}}"}), {})


def test_the_variables_of_a_flow_are_those_it_speaks_of_and_those_it_makes() -> None:
    steps = (
        Step("navigate", {"url": "{{address}}"}),
        Step(CustomStep.HUMAN, {"as": "captcha", "prompt": "?"}, is_custom=True),
        Step("change", {"selectors": [["#c"]], "value": "{{captcha}}"}),
        Step(CustomStep.EXTRACT, {"as": "receipt_no", "css": "b"}, is_custom=True),
    )
    flow = Flow("t", steps)
    assert variables_in(flow) == {"address", "captcha"}
    assert names_made(flow) == {"captcha", "receipt_no"}
