"""The tables of an export: what their columns are called, hold and refer to.

The titles head the columns of the workbook: always Chinese, whatever language the command speaks.
"""

from dataclasses import dataclass
from enum import StrEnum

from tracker.adapters.workbook import Cell
from tracker.domain.readings import Plea, ReplyTime, Summary
from tracker.domain.terms import (
    ChannelKind,
    EventKind,
    MessageKind,
    Outcome,
    ReceiptBasis,
    RequestKind,
    RequestState,
    Verdict,
)

Row = dict[str, Cell]  # by column; a column that is not named is empty


class ReadBy(StrEnum):
    MACHINE = "machine"
    PERSON = "person"


class Source(StrEnum):
    MAIL = "mail"
    CONTACT = "contact"
    PAGE = "page"


@dataclass(frozen=True, slots=True)
class Column:
    """`form` is a type of Table Schema. `allowed`: the codes a cell may hold; None: anything."""

    name: str
    title: str
    form: str = "string"
    required: bool = False
    unique: bool = False
    allowed: type[StrEnum] | None = None


@dataclass(frozen=True, slots=True)
class Table:
    """`foreign_keys`: (own column, table, column). `sheet` "": not in the workbook."""

    name: str
    sheet: str
    columns: tuple[Column, ...]
    primary_key: tuple[str, ...]
    foreign_keys: tuple[tuple[str, str, str], ...] = ()


_C = Column
NOTICE = _C("notice", "提示")  # every table of a rehearsal says so
_VERDICTS = {
    Verdict.IN_TIME: "按期答复",
    Verdict.LATE: "逾期答复",
    Verdict.OVERDUE: "逾期未复",
    Verdict.NO_REPLY: "未答复",
    Verdict.PENDING: "未到期",
    Verdict.AWAITING_US: "待我方补正",
    Verdict.ABANDONED: "视为放弃",
    Verdict.CHANNEL_FAILED: "渠道不通",
    Verdict.NOT_ASSESSABLE: "无法评定",
    Verdict.NOT_SENT: "未发出",
}

REQUESTS = Table(
    "requests",
    "申请",
    (
        _C("reference", "编号", required=True, unique=True),
        _C("round", "轮次", required=True),
        _C("unit_id", "单位标识", required=True),
        _C("unit_code", "单位代码"),
        _C("unit_name", "单位名称"),
        _C("group", "分组"),
        _C("kind", "类型", required=True, allowed=RequestKind),
        _C("channel", "渠道", allowed=ChannelKind),
        _C("applicant", "模拟申请人代号", required=True),
        _C("state", "状态", allowed=RequestState),
        _C("planned_at", "计划发出时间", "datetime", required=True),
        _C("submitted_at", "发出时间", "datetime"),
        _C("received_on", "收到申请之日", "date"),
        _C("receipt_basis", "收到依据", allowed=ReceiptBasis),
        _C("due_on", "到期日", "date"),
        _C("provisional", "到期日待定", "boolean", required=True),
        _C("counted_from", "起算日", "date"),
        _C("first_contact_on", "首次联系日", "date"),
        _C("first_contact_days", "首次联系用时（工作日）", "integer"),
        _C("first_contact_calendar_days", "首次联系用时（自然日）", "integer"),
        _C("acknowledgement_on", "受理确认日", "date"),
        _C("acknowledgement_days", "受理确认用时（工作日）", "integer"),
        _C("acknowledgement_calendar_days", "受理确认用时（自然日）", "integer"),
        _C("first_decision_on", "首次答复日", "date"),
        _C("first_decision_days", "首次答复用时（工作日）", "integer"),
        _C("first_decision_calendar_days", "首次答复用时（自然日）", "integer"),
        _C("final_decision_on", "最终答复日", "date"),
        _C("final_decision_days", "最终答复用时（工作日）", "integer"),
        _C("final_decision_calendar_days", "最终答复用时（自然日）", "integer"),
        _C("replied_on", "答复日", "date"),
        _C("reply_time_basis", "答复时间依据"),
        _C("response_days", "答复时长（工作日）", "integer"),
        _C("response_calendar_days", "答复时长（自然日）", "integer"),
        _C("veto", "超过三个月未答复", "boolean"),
        _C("outcome", "答复结果", allowed=Outcome),
        _C("document_number", "文号"),
        _C("verdict", "评定", required=True, allowed=Verdict),
        _C("summary", "各种读法下是否按期", required=True, allowed=Summary),
        _C("remarks", "提请注意"),
        _C("reason", "评定理由", required=True),
        _C("read_by", "判读者", allowed=ReadBy),
        _C("rules", "期限规则"),
        _C("rules_version", "规则版本"),
        _C("calendar_version", "日历版本"),
        NOTICE,
    ),
    ("reference",),
    (("unit_id", "units", "unit_id"),),
)
READINGS = Table(
    "readings",
    "各种读法",
    (
        _C("request", "申请编号", required=True),
        _C("n", "序号", "integer", required=True),
        _C("is_default", "默认读法", "boolean", required=True),
        _C("receipt", "收到依据", allowed=ReceiptBasis),
        _C("correction", "有争议的补正", allowed=Plea),
        _C("pause", "征求第三方意见", allowed=Plea),
        _C("reply_time", "答复时间", allowed=ReplyTime),
        _C("received_on", "收到申请之日", "date", required=True),
        _C("due_on", "到期日", "date"),
        _C("replied_on", "答复日", "date"),
        _C("response_days", "答复时长（工作日）", "integer"),
        _C("verdict", "评定", required=True, allowed=Verdict),
        NOTICE,
    ),
    ("request", "n"),
    (("request", "requests", "reference"),),
)
MESSAGES = Table(
    "messages",
    "来件",
    (
        _C("sha256", "原件 SHA-256", required=True),
        _C("request", "申请编号"),
        _C("candidates", "候选申请"),
        _C("source", "来源", required=True, allowed=Source),
        _C("medium", "联系方式"),
        _C("applicant", "模拟申请人代号"),
        _C("arrived_at", "到达时间", "datetime", required=True),
        _C("counted_at", "计算时间", "datetime", required=True),
        _C("time_basis", "时间依据", required=True),
        _C("kind", "来件类型", required=True, allowed=MessageKind),
        _C("outcome", "答复结果", allowed=Outcome),
        _C("label", "标签", required=True),
        _C("read_by", "判读者", required=True, allowed=ReadBy),
        _C("confidence", "机器把握", "number"),
        _C("evidence", "判读依据"),
        _C("document_number", "文号"),
        _C("match", "匹配线索"),
        NOTICE,
    ),
    ("sha256", "request"),
    (("request", "requests", "reference"),),
)
EVENTS = Table(
    "events",
    "",
    (
        _C("seq", "序号", "integer", required=True, unique=True),
        _C("round", "轮次"),
        _C("request", "申请编号"),
        _C("kind", "事件", required=True, allowed=EventKind),
        _C("happened_at", "发生时间", "datetime", required=True),
        _C("known_at", "记录时间", "datetime", required=True),
        _C("actor", "经手", required=True),
        _C("source_sha256", "原件 SHA-256"),
        _C("payload", "内容", "object"),
        NOTICE,
    ),
    ("seq",),
    (("request", "requests", "reference"),),
)
UNITS = Table(
    "units",
    "单位",
    (
        _C("unit_id", "单位标识", required=True, unique=True),
        _C("unit_code", "单位代码"),
        _C("name", "单位名称"),
        _C("group", "分组"),
        _C("predecessors", "前身"),
        _C("joined_on", "列入日", "date"),
        _C("left_on", "移出日", "date"),
        _C("requests", "申请数", "integer", required=True),
        *(_C(verdict, title, "integer", required=True) for verdict, title in _VERDICTS.items()),
        NOTICE,
    ),
    ("unit_id",),
)
