"""A platform that asks for letters in a picture before it takes anything."""

from datetime import datetime

from starlette.responses import Response

from .captcha import ALPHABET, draw
from .visits import Visit
from .web import Call, Site, first_fault

REQUIRED = {
    "unit": "受理单位",
    "username": "姓名",
    "cardno": "证件号码",
    "tel": "联系电话",
    "title": "所需信息名称",
    "content": "所需信息内容描述",
}
_FORMS = {"disclosure": "/apply.php", "consultation": "/consult.php"}
_STATES = {
    "received": "申请已提交",
    "accepted": "受理中",
    "extended": "延期",
    "correction": "补正中",
    "transferred": "转相关部门",
    "answered": "已回复",
}


class CaptchaForm(Site):
    """A picture belongs to a session and to one submission; name and code look up."""

    name = "captcha"
    cookie = "PHPSESSID"
    forms = _FORMS
    states = _STATES

    def calls(self) -> list[Call]:
        return [
            ("GET", "/apply.php", lambda visit: self._form(visit, "disclosure")),
            ("GET", "/consult.php", lambda visit: self._form(visit, "consultation")),
            ("GET", "/captcha.png", self._picture),
            ("POST", "/save.php", self._submit),
            ("GET", "/query.php", lambda _: self.page("query.html", fault="")),
            ("POST", "/query.php", self._look_up),
        ]

    def day(self, moment: datetime) -> str:
        return f"{moment.year}年{moment.month}月{moment.day}日"

    def _form(self, visit: Visit, kind: str) -> Response:
        return self.page("form.html", kind=kind, chosen=visit.query.get("unit", ""))

    def _picture(self, visit: Visit) -> Response:
        digest = bytes.fromhex(self.spread(f"picture {visit.session.key} {visit.session.visits}"))
        text = "".join(ALPHABET[byte % len(ALPHABET)] for byte in digest[:4])
        visit.session.notes["captcha"] = text
        headers = {"Cache-Control": "no-store"}
        return Response(draw(text), media_type="image/png", headers=headers)

    def _submit(self, visit: Visit) -> Response:
        fields = visit.fields
        wanted = visit.session.notes.pop("captcha", "")
        if not wanted or fields.get("vcode", "").strip().upper() != wanted:
            return self.alert("验证码错误！")
        fault = first_fault(fields, REQUIRED, "tel", "请填写{}！")
        if fault or fields["unit"] not in self.units:
            return self.alert(fault or "请选择受理单位！")
        entry = self.books.submit(
            fields, visit.uploads, unit=fields["unit"], name=fields["username"], identity=fields["cardno"],
            kind="consultation" if fields.get("act") == "consult" else "disclosure",
            phone=fields["tel"], email=fields.get("email", ""), address=fields.get("address", ""),
            title=fields["title"], text=fields["content"],
        )  # fmt: skip
        return self.page("receipt.html", entry=entry)

    def _look_up(self, visit: Visit) -> Response:
        name, code = visit.fields.get("username", "").strip(), visit.fields.get("code", "").strip()
        entries = self.books.find(name=name, query_code=code)
        if not entries:
            return self.page("query.html", fault="查询失败：姓名或查询码不正确")
        return self.page("status.html", status=self.status(entries[0]))
