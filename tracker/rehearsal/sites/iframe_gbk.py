"""A platform that writes GBK, calls it UTF-8, and answers into a hidden frame."""

from starlette.responses import Response

from .visits import Visit
from .web import Call, Site, first_fault

REQUIRED = {"xm": "姓名", "zjhm": "证件号码", "lxdh": "联系电话", "bt": "标题", "nrms": "内容描述"}
_FORMS = {"disclosure": "/jact/ysqgk/apply.jsp", "consultation": "/jact/zxts/write.jsp"}
_STATES = {
    "received": "未处理",
    "accepted": "处理中",
    "extended": "延期处理",
    "correction": "退回补正",
    "transferred": "已转交",
    "answered": "已答复",
}


class IframeGbk(Site):
    """The unit is in the address; a token of the form must come back, once; number and code look up."""

    name = "iframe_gbk"
    cookie = "JSESSIONID_JACT"
    encoding = "gbk"
    forms = _FORMS
    unit_field = "sysid"
    states = _STATES

    def calls(self) -> list[Call]:
        return [
            ("GET", "/jact/ysqgk/apply.jsp", lambda visit: self._form(visit, "disclosure")),
            ("GET", "/jact/zxts/write.jsp", lambda visit: self._form(visit, "consultation")),
            ("POST", "/jact/save.jsp", self._save),
            ("GET", "/jact/query.jsp", lambda _: self.page("query.html")),
            ("POST", "/jact/query_result.jsp", self._look_up),
        ]

    def named(self, file_name: str) -> str:
        # bytes of GBK without a word about it, as such servers send them
        return f'attachment; filename="{file_name.encode("gbk", "replace").decode("latin-1")}"'

    def _form(self, visit: Visit, kind: str) -> Response:
        unit = self.units.get(visit.query.get("sysid", ""))
        if unit is None:
            return self.page("told.html", told="参数错误：sysid不存在")
        token = self.spread(f"token {visit.session.key} {visit.session.visits}")[:24]
        visit.session.notes["token"] = token
        return self.page("form.html", unit=unit, kind=kind, token=token)

    def _save(self, visit: Visit) -> Response:
        fields = visit.fields
        token = visit.session.notes.get("token")
        if token is None or fields.get("token") != token:
            return self.page("told.html", told="提交失败：页面已过期，请刷新后重新填写")
        fault = first_fault(fields, REQUIRED, "lxdh", "{}不能为空")
        if fault or fields.get("sysid") not in self.units:
            return self.page("told.html", told=f"提交失败：{fault or '受理单位不存在'}")
        del visit.session.notes["token"]
        entry = self.books.submit(
            fields, unit=fields["sysid"], name=fields["xm"], identity=fields["zjhm"],
            kind="consultation" if fields.get("lx") == "zxts" else "disclosure",
            phone=fields["lxdh"], email=fields.get("dzyx", ""), address=fields.get("txdz", ""),
            title=fields["bt"], text=fields["nrms"],
        )  # fmt: skip
        return self.page("receipt.html", entry=entry)

    def _look_up(self, visit: Visit) -> Response:
        number, code = visit.fields.get("bh", "").strip(), visit.fields.get("cxm", "").strip()
        entries = self.books.find(number=number, query_code=code)
        if not entries:
            return self.page("told.html", told="没有查询到相关信息，请检查受理编号和查询码是否正确")
        return self.page("status.html", status=self.status(entries[0]))
