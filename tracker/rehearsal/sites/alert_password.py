"""A platform that speaks in alerts, where the applicant chooses a password and hidden things lie in wait."""

from datetime import datetime

from starlette.responses import Response

from .visits import Visit
from .web import Call, Site, first_fault

REQUIRED = {
    "ddlDept": "受理单位",
    "txtName": "姓名",
    "txtIdCard": "证件号码",
    "txtPhone": "联系电话",
    "txtTitle": "标题",
    "txtContent": "内容",
    "txtPwd": "查询密码",
}
HONEYPOT = "txtHomepage"
PLACEHOLDERS = {
    "txtName": "请输入姓名",
    "txtIdCard": "请输入证件号码",
    "txtPhone": "请输入手机号码",
    "txtEmail": "请输入电子邮箱",
    "txtAddress": "请输入通信地址",
    "txtTitle": "请输入标题，不超过50字",
    "txtContent": "请输入内容描述",
}
_FORMS = {"disclosure": "/Apply.aspx", "consultation": "/Consult.aspx"}
_STATES = {
    "received": "等待审核",
    "accepted": "正在办理",
    "extended": "延期答复",
    "correction": "待补正",
    "transferred": "转交办理",
    "answered": "办理完毕",
}


class AlertPassword(Site):
    """Every POST needs a Referer; a filled honeypot is thanked and thrown away."""

    name = "alert_password"
    cookie = "ASP.NET_SessionId"
    forms = _FORMS
    unit_field = "dept"
    states = _STATES
    placeholders = PLACEHOLDERS
    honeypot = HONEYPOT

    def calls(self) -> list[Call]:
        return [
            ("GET", "/Apply.aspx", lambda visit: self._form(visit, "disclosure")),
            ("POST", "/Apply.aspx", lambda visit: self._submit(visit, "disclosure")),
            ("GET", "/Consult.aspx", lambda visit: self._form(visit, "consultation")),
            ("POST", "/Consult.aspx", lambda visit: self._submit(visit, "consultation")),
            ("GET", "/Query.aspx", lambda _: self.page("query.html")),
            ("POST", "/Query.aspx", self._look_up),
        ]

    def day(self, moment: datetime) -> str:
        return f"{moment.year}/{moment.month}/{moment.day}"

    def _form(self, visit: Visit, kind: str) -> Response:
        return self.page("form.html", kind=kind, chosen=visit.query.get("dept", ""))

    def _submit(self, visit: Visit, kind: str) -> Response:
        if not visit.comes_from_here:
            return self.page("refused.html")
        fields = visit.fields
        if fields.get(HONEYPOT):
            self.books.discard(fields)
            return self.alert("提交成功！", "location.href='/';")
        typed = {name: "" if PLACEHOLDERS.get(name) == text else text for name, text in fields.items()}
        fault = _fault(typed)
        if fault or typed["ddlDept"] not in self.units:
            return self.alert(fault or "请选择受理单位！")
        entry = self.books.submit(
            fields, unit=typed["ddlDept"], kind=kind, name=typed["txtName"], identity=typed["txtIdCard"],
            phone=typed["txtPhone"], email=typed.get("txtEmail", ""), address=typed.get("txtAddress", ""),
            title=typed["txtTitle"], text=typed["txtContent"], password=typed["txtPwd"],
        )  # fmt: skip
        told = f"提交成功！您的受理编号为：{entry.number}，请牢记查询密码。"
        return self.alert(told, "location.href='/Query.aspx';")

    def _look_up(self, visit: Visit) -> Response:
        if not visit.comes_from_here:
            return self.page("refused.html")
        number, password = visit.fields.get("txtNo", "").strip(), visit.fields.get("txtPwd", "")
        entries = self.books.find(number=number, password=password)
        if not entries:
            return self.alert("受理编号或查询密码错误！")
        return self.page("status.html", status=self.status(entries[0]))


def _fault(typed: dict[str, str]) -> str:
    fault = first_fault(typed, REQUIRED, "txtPhone", "请输入{}！")
    if not fault and typed["txtPwd"] != typed.get("txtPwd2"):
        return "两次输入的密码不一致！"
    return fault
