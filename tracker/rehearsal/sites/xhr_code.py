"""A platform of twenty units: a script sends everything, and one code tells everything."""

from datetime import datetime

from starlette.responses import JSONResponse, Response

from .visits import Visit
from .web import Call, Site, first_fault

REQUIRED = {
    "unitId": "受理单位",
    "applyName": "申请人姓名",
    "idCard": "证件号码",
    "mobile": "手机号码",
    "applyTitle": "标题",
    "applyContent": "内容",
}
_FORMS = {"disclosure": "/ysqgk/index.html", "consultation": "/zxly/index.html"}
_STATES = {
    "received": "待受理",
    "accepted": "办理中",
    "extended": "已延期",
    "correction": "需补正",
    "transferred": "已转办",
    "answered": "已反馈",
}


class XhrCode(Site):
    """Its pages hold no form: errors come with HTTP 200 and code 1."""

    name = "xhr_code"
    cookie = "SESSION"
    forms = _FORMS
    unit_field = "unitId"
    states = _STATES

    def calls(self) -> list[Call]:
        return [
            ("GET", "/ysqgk/index.html", lambda visit: self._form(visit, "disclosure")),
            ("GET", "/zxly/index.html", lambda visit: self._form(visit, "consultation")),
            ("GET", "/cx/index.html", lambda _: self.page("query.html")),
            ("POST", "/api/apply/save", self._save),
            ("GET", "/api/apply/query", self._look_up),
        ]

    def day(self, moment: datetime) -> str:
        return f"{moment:%Y-%m-%d %H:%M:%S}"

    def _form(self, visit: Visit, kind: str) -> Response:
        return self.page("form.html", kind=kind, chosen=visit.query.get("unitId", ""))

    def _save(self, visit: Visit) -> Response:
        fields = visit.fields
        if not fields:
            return _told(1, "请求参数错误", None)
        fault = first_fault(fields, REQUIRED, "mobile", "{}不能为空")
        if fault or fields["unitId"] not in self.units or fields.get("type") not in self.forms:
            return _told(1, fault or "请求参数错误", None)
        entry = self.books.submit(
            fields, unit=fields["unitId"], kind=fields["type"], name=fields["applyName"],
            identity=fields["idCard"], phone=fields["mobile"], email=fields.get("mail", ""),
            address=fields.get("addr", ""), title=fields["applyTitle"], text=fields["applyContent"],
        )  # fmt: skip
        return _told(0, "提交成功", {"xh": entry.number, "cxm": entry.query_code})

    def _look_up(self, visit: Visit) -> Response:
        entries = self.books.find(query_code=visit.query.get("cxm", "").strip())
        if not entries:
            return _told(1, "查询码不存在", None)
        status = self.status(entries[0])
        answers = [
            {
                "zt": answer.state,
                "hfsj": answer.day,
                "hfnr": answer.text,
                "fj": answer.link,
                "fjmc": answer.file_name,
            }
            for answer in status.answers
        ]
        shown = {
            "xh": status.entry.number,
            "bt": status.entry.title,
            "sldw": status.unit,
            "sqsj": status.submitted,
            "zt": status.state,
            "hf": answers,
        }
        return _told(0, "查询成功", shown)


def _told(code: int, message: str, content: object) -> Response:
    return JSONResponse({"code": code, "msg": message, "data": content})
