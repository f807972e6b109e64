"""The dullest platform: everything on the server, messages in the page, the receipt in an address."""

import threading
from collections.abc import Iterable
from datetime import datetime
from urllib.parse import urlencode

from starlette.responses import RedirectResponse, Response

from .books import Books
from .units import Unit
from .visits import Visit
from .web import Call, Site, first_fault

DAILY_LIMIT = 5
REQUIRED = {
    "unit": "受理单位",
    "name": "姓名",
    "idcard": "证件号码",
    "phone": "联系电话",
    "title": "标题",
    "content": "内容描述",
}
_FORMS = {"disclosure": "/apply.jsp", "consultation": "/consult.jsp"}
_STATES = {
    "received": "已提交",
    "accepted": "已受理",
    "extended": "延期办理",
    "correction": "待补正",
    "transferred": "已转办",
    "answered": "已办结",
}


class Classic(Site):
    """Looked up by telephone and identity; papers only for who was let in or comes from a page here."""

    name = "classic"
    cookie = "JSESSIONID"
    forms = _FORMS
    file_path = "/download.jsp"
    states = _STATES

    def __init__(self, books: Books, units: Iterable[Unit]) -> None:
        super().__init__(books, units)
        self._one_by_one = threading.Lock()

    def calls(self) -> list[Call]:
        return [
            ("GET", "/apply.jsp", lambda visit: self._form(visit, "disclosure")),
            ("POST", "/apply.jsp", lambda visit: self._submit(visit, "disclosure")),
            ("GET", "/consult.jsp", lambda visit: self._form(visit, "consultation")),
            ("POST", "/consult.jsp", lambda visit: self._submit(visit, "consultation")),
            ("GET", "/result.jsp", lambda visit: self.page("result.html", told=visit.query)),
            ("GET", "/query.jsp", lambda _: self.page("query.html", fault="", found=None)),
            ("POST", "/query.jsp", self._look_up),
            ("GET", self.file_path, self._download),
        ]

    def day(self, moment: datetime) -> str:
        return f"{moment.year}-{moment.month}-{moment.day} {moment:%H:%M}"

    def _form(self, visit: Visit, kind: str, fault: str = "") -> Response:
        kept = visit.fields or {"unit": visit.query.get("unit", "")}
        return self.page("form.html", kind=kind, kept=kept, fault=fault)

    def _submit(self, visit: Visit, kind: str) -> Response:
        fields = visit.fields
        fault = first_fault(fields, REQUIRED, "phone", "请填写{}！")
        if not fault and fields["unit"] not in self.units:
            fault = "请选择受理单位！"
        if fault:
            return self._form(visit, kind, fault)
        with self._one_by_one:
            if self.books.submitted_on_the_day(fields["phone"]) >= DAILY_LIMIT:
                return self.page("limit.html")
            entry = self.books.submit(
                fields, unit=fields["unit"], kind=kind, name=fields["name"], identity=fields["idcard"],
                phone=fields["phone"], email=fields.get("email", ""), address=fields.get("address", ""),
                title=fields["title"], text=fields["content"],
            )  # fmt: skip
        receipt = urlencode({"no": entry.number, "code": entry.query_code})
        return RedirectResponse(f"/result.jsp?{receipt}", 302)

    def _look_up(self, visit: Visit) -> Response:
        phone, identity = visit.fields.get("phone", ""), visit.fields.get("idcard", "")
        entries = self.books.find(phone=phone, identity=identity)
        if not entries:
            return self.page("query.html", fault="未查询到相关信息，请核对联系电话和证件号码。", found=None)
        visit.session.notes["phone"] = phone
        return self.page("query.html", fault="", found=[self.status(entry) for entry in entries])

    def _download(self, visit: Visit) -> Response:
        if "phone" not in visit.session.notes and not visit.comes_from_here:
            return self.page("refused.html")
        return self.file(visit)
