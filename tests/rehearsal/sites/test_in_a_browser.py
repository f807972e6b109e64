"""A person with Chromium fills every form and gets the receipt."""

import re
from collections.abc import Iterator

import pytest
from playwright.sync_api import Browser, Dialog, Page, sync_playwright

from tests.rehearsal.sites.conftest import Street
from tracker.rehearsal.sites import read_picture

pytestmark = [pytest.mark.needs("chromium"), pytest.mark.xdist_group("chromium")]

ARGUMENTS = [
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
]
NAME, IDENTITY, PHONE = "赵演练", "REHEARSAL-ID-A01", "13000000001"
TITLE, TEXT = "危房改造补助资金分配结果", "请公开𠮷镇的结果。\n谢谢！"


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path="/usr/bin/chromium", args=ARGUMENTS)
        yield browser
        browser.close()


@pytest.fixture
def page(browser: Browser) -> Iterator[Page]:
    context = browser.new_context(locale="zh-CN")
    page = context.new_page()
    page.set_default_timeout(10_000)
    yield page
    context.close()


def type_all(page: Page, texts: dict[str, str]) -> None:
    """Click into every field and type, as fingers do."""
    for selector, text in texts.items():
        page.click(selector)
        page.keyboard.insert_text(text)


def named(**texts: str) -> dict[str, str]:
    return {f'[name="{name}"]': text for name, text in texts.items()}


def as_typed(text: str) -> str:
    return text.replace("\n", "\r\n")


def test_the_hidden_frame_shows_the_receipt(street: Street, page: Page):
    page.goto(street.sites.address("iframe_gbk"))
    page.click("text=依申请公开 >> nth=0")
    assert page.evaluate("document.characterSet") == "GBK"
    type_all(page, named(xm=NAME, zjhm=IDENTITY, lxdh=PHONE, bt=TITLE, nrms=TEXT))
    page.click("text=提 交")
    told = page.frame_locator("#hidden_frame").locator("table")
    told.wait_for()
    (entry,) = street.heard
    assert entry.number in told.inner_text()
    assert (entry.unit, entry.name, entry.title) == ("101", NAME, TITLE)
    assert entry.text == as_typed(TEXT).replace("𠮷", "&#134071;")

    street.answer("iframe_gbk", entry.number, "现予公开。")
    street.pass_days(3)
    page.click("text=信件查询")
    type_all(page, named(bh=entry.number, cxm=entry.query_code))
    page.click("input[type=submit]")
    assert "已答复" in page.inner_text("body")
    assert "现予公开。" in page.inner_text("body")


def test_the_script_shows_the_receipt_in_a_layer(street: Street, page: Page):
    page.goto(street.sites.address("xhr_code") + "/ysqgk/index.html")
    page.click("#btnSubmit")
    assert page.inner_text("#layer .err") == "受理单位不能为空"
    page.click("#layer a")
    page.select_option("#unitId", label="演安市民政局")
    texts = {"#applyName": NAME, "#idCard": IDENTITY, "#mobile": PHONE}
    type_all(page, texts | {"#applyTitle": TITLE, "#applyContent": TEXT})
    page.click("#btnSubmit")
    code = page.inner_text("#layer #cxm")
    (entry,) = street.heard
    assert (page.inner_text("#layer #xh"), code) == (entry.number, entry.query_code)
    assert (entry.unit, entry.text) == ("006", TEXT)

    street.answer("xhr_code", entry.number, "现予公开。", attachment=("附件.pdf", "application/pdf", b"%PDF"))
    street.pass_days(3)
    page.click("#layer a")
    page.click("text=办理查询")
    type_all(page, {"#cxm": code})
    page.click("#btnQuery")
    page.wait_for_selector("#zt")
    assert page.inner_text("#zt") == "已反馈"
    with page.expect_download() as downloaded:
        page.click("text=附件.pdf")
    assert downloaded.value.suggested_filename == "附件.pdf"


def test_an_alert_tells_the_number_and_leads_to_the_lookup(street: Street, page: Page):
    told: list[str] = []

    def accept(dialog: Dialog) -> None:
        told.append(dialog.message)
        dialog.accept()

    page.on("dialog", accept)
    page.goto(street.sites.address("alert_password") + "/Apply.aspx?dept=012")
    assert page.input_value("#txtName") == "请输入姓名"
    texts = named(txtName=NAME, txtIdCard=IDENTITY, txtPhone=PHONE, txtTitle=TITLE, txtContent=TEXT)
    type_all(page, texts | named(txtPwd="mima1234", txtPwd2="mima1234"))
    page.click("#btnSave")
    page.wait_for_url("**/Query.aspx")
    (entry,) = street.heard
    assert told == [f"提交成功！您的受理编号为：{entry.number}，请牢记查询密码。"]
    assert (entry.name, entry.email, entry.password) == (NAME, "", "mima1234")
    type_all(page, named(txtNo=entry.number, txtPwd="mima1234"))
    page.click("#btnQuery")
    assert page.inner_text("#lblState") == "等待审核"


def test_the_letters_of_the_picture_open_the_way_to_the_receipt(street: Street, page: Page):
    told: list[str] = []

    def accept(dialog: Dialog) -> None:
        told.append(dialog.message)
        dialog.accept()

    page.on("dialog", accept)
    page.goto(street.sites.address("captcha") + "/apply.php?unit=033")
    type_all(page, named(username=NAME, cardno=IDENTITY, tel=PHONE, title=TITLE, content=TEXT, vcode="OOOO"))
    with page.expect_event("dialog"), page.expect_navigation(url="**/apply.php*"):
        page.click("text=提交申请")
    assert told == ["验证码错误！"]
    page.wait_for_selector("#vimg")
    with page.expect_response("**/captcha.png*") as seen:
        page.click("text=看不清？换一张")
    page.fill('[name="vcode"]', read_picture(seen.value.body()).lower())
    page.click("text=提交申请")
    page.wait_for_selector(".msg")
    (entry,) = street.heard
    assert f"申请编号：{entry.number}，查询码：{entry.query_code}" in page.inner_text(".msg")
    assert (entry.unit, entry.name, entry.text) == ("033", NAME, as_typed(TEXT))


def test_the_dressed_up_drop_downs_of_the_mailbox_work_and_a_reply_is_graded(street: Street, page: Page):
    page.on("dialog", lambda dialog: dialog.accept())
    address = street.sites.address("mailbox")
    page.goto(f"{address}/mailbox/write.do")
    page.goto(f"{address}/mailbox/write.do")  # the script has set its cookie
    for order, choice in enumerate(["演安市行政审批局", "咨询"]):
        page.click(f".layui-form-select >> nth={order} >> input")
        page.click(f'.layui-form-select dd:text-is("{choice}")')
    texts = {"letter.name": NAME, "letter.phone": PHONE, "letter.title": TITLE, "letter.content": TEXT}
    type_all(page, named(**texts))
    page.click("text=提交信件")
    told = page.inner_text("body")
    (entry,) = street.heard
    assert re.search(r"信件编号：([\w-]+)\s+查询码：(\d+)", told).groups() == (entry.number, entry.query_code)
    assert (entry.unit, street.books["mailbox"].submissions[0].fields["letter.kind"]) == ("502", "1")

    street.answer("mailbox", entry.number, "请到社区登记。")
    street.pass_days(3)
    page.click("text=信件查询")
    type_all(page, named(letterNo=entry.number, queryCode=entry.query_code))
    page.click("button[type=submit]")
    assert page.inner_text(".state") == "已处理"
    page.check('[name="grade"][value="很满意"]')
    with page.expect_navigation(url="**/search.do"):
        page.click("text=提交评价")
    assert street.books["mailbox"].votes == {entry.number: "很满意"}
    page.click("text=回复公开")
    page.click(f"text={TITLE}")
    assert "请到社区登记。" in page.inner_text("body")


def test_the_classic_form_leads_to_an_address_with_the_receipt(street: Street, page: Page):
    page.goto(street.sites.address("classic") + "/apply.jsp?unit=072")
    type_all(page, named(name=NAME, phone=PHONE, title=TITLE, content=TEXT))
    page.click("[name=Submit]")
    assert "请填写证件号码！" in page.inner_text("body")
    type_all(page, named(idcard=IDENTITY))
    page.click("[name=Submit]")
    (entry,) = street.heard
    assert page.url.endswith(f"/result.jsp?no={entry.number}&code={entry.query_code}")
    assert (entry.unit, entry.name, entry.text) == ("072", NAME, as_typed(TEXT))

    paper = ("答复书.pdf", "application/pdf", b"%PDF")
    street.answer("classic", entry.number, "现予公开。", attachment=paper)
    street.pass_days(3)
    page.click("text=办理结果查询")
    type_all(page, named(phone=PHONE, idcard=IDENTITY))
    page.click("input[type=submit]")
    with page.expect_download() as downloaded:
        page.click("text=答复书.pdf")
    assert downloaded.value.suggested_filename == "答复书.pdf"
