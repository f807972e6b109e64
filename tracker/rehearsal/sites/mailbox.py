"""A mailbox for questions: letters with their dates in public, and a grade for every reply."""

from starlette.responses import Response

from .books import GRADES
from .visits import Visit
from .web import Call, Site, first_fault

A_PAGE = 10
REQUIRED = {
    "letter.unit": "收信单位",
    "letter.kind": "信件类别",
    "letter.name": "写信人姓名",
    "letter.phone": "联系电话",
    "letter.title": "信件标题",
    "letter.content": "信件内容",
}
_FORMS = {"consultation": "/mailbox/write.do"}
_STATES = {
    "received": "待审查",
    "accepted": "待处理",
    "extended": "待处理",
    "correction": "待处理",
    "transferred": "待处理",
    "answered": "已处理",
}


class Mailbox(Site):
    """Who comes to the form a second time without the cookie that its script set is answered 412."""

    name = "mailbox"
    cookie = "mailbox_sid"
    forms = _FORMS
    unit_field = "orgId"
    states = _STATES
    grades = GRADES
    kinds = ("咨询", "求助", "建议", "投诉")

    def calls(self) -> list[Call]:
        return [
            ("GET", "/mailbox/write.do", self._form),
            ("POST", "/mailbox/save.do", self._submit),
            ("GET", "/mailbox/search.do", lambda _: self.page("query.html", fault="")),
            ("POST", "/mailbox/view.do", self._look_up),
            ("GET", "/mailbox/list.do", self._list),
            ("GET", "/mailbox/detail.do", self._detail),
            ("POST", "/mailbox/vote.do", self._vote),
        ]

    def _form(self, visit: Visit) -> Response:
        mark = self.spread(f"mark {visit.session.key}")[:16]
        if "mark" in visit.session.notes and visit.cookies.get("wdcookie") != mark:
            return Response("<h1>412 Precondition Failed</h1>", 412, media_type="text/html")
        visit.session.notes["mark"] = mark
        return self.page("form.html", mark=mark, chosen=visit.query.get("orgId", ""))

    def _submit(self, visit: Visit) -> Response:
        fields = visit.fields
        fault = first_fault(fields, REQUIRED, "letter.phone", "{}不能为空")
        if fault or fields["letter.unit"] not in self.units:
            return self.page("told.html", told=fault or "收信单位不存在")
        entry = self.books.submit(
            fields, unit=fields["letter.unit"], kind="consultation", name=fields["letter.name"],
            identity=fields.get("letter.idcard", ""), phone=fields["letter.phone"],
            email=fields.get("letter.email", ""), address=fields.get("letter.address", ""),
            title=fields["letter.title"], text=fields["letter.content"],
        )  # fmt: skip
        return self.page("receipt.html", entry=entry)

    def _look_up(self, visit: Visit) -> Response:
        number, code = visit.fields.get("letterNo", "").strip(), visit.fields.get("queryCode", "").strip()
        entries = self.books.find(number=number, query_code=code)
        if not entries:
            return self.page("query.html", fault="信件编号或查询码错误")
        grade = self.books.votes.get(number, "")
        return self.page("status.html", status=self.status(entries[0]), grade=grade)

    def _list(self, visit: Visit) -> Response:
        answered = self.books.all_shown()
        pages = max(1, -(-len(answered) // A_PAGE))
        asked = visit.query.get("page", "1")
        page = min(max(int(asked), 1), pages) if asked.isdecimal() else 1
        rows = [
            (entry, self.unit_name(entry.unit), self.day(entry.submitted_at), self.day(note.at))
            for entry, note in answered[(page - 1) * A_PAGE : page * A_PAGE]
        ]
        return self.page("list.html", rows=rows, page=page, pages=pages, total=len(answered))

    def _detail(self, visit: Visit) -> Response:
        asked = visit.query.get("id", "")
        for entry, _ in self.books.all_shown():
            if entry.number == asked:
                return self.page("detail.html", status=self.status(entry), name=entry.name[:1] + "**")
        return self.page("told.html", told="信件不存在或尚未公开")

    def _vote(self, visit: Visit) -> Response:
        number, code = visit.fields.get("letterNo", ""), visit.fields.get("queryCode", "")
        if not self.books.find(number=number, query_code=code):
            return self.alert("参数错误！")
        if number in self.books.votes:
            return self.alert("您已评价过，不能重复评价！")
        if not self.books.vote(number, visit.fields.get("grade", "")):
            return self.alert("请选择满意度！")
        return self.alert("评价成功，感谢您的参与！", "location.href='/mailbox/search.do';")
