"""The texts of the simulated units: formulaic, as offices write them, and never twice the same way."""

from dataclasses import dataclass
from datetime import date

from .truth import MARK


@dataclass(frozen=True, slots=True)
class Facts:
    """What a letter may mention. `variant` picks one of the wordings."""

    unit: str
    applicant: str
    title: str
    received_on: date
    written_on: date
    variant: int
    document_number: str = ""
    receipt_no: str = ""
    other_office: str = ""
    extended_days: int = 0
    names_title: bool = True
    way: str = "电子邮件"
    answer: str = ""


def day(moment: date) -> str:
    return f"{moment.year}年{moment.month}月{moment.day}日"


def reply(kind: str, outcome: str, facts: Facts) -> str:
    return _disclosure_reply(outcome, facts) if kind == "disclosure" else _consultation_reply(outcome, facts)


def subject_of_its_own(kind: str, facts: Facts) -> str:
    """A subject that owes nothing to the subject of the request."""
    if kind == "disclosure":
        return _pick(("政府信息公开申请答复书", "关于您所提申请的答复", f"{facts.unit}依申请公开答复"), facts)
    return _pick((f"{facts.unit}答复", "来信答复", "关于您来信的回复"), facts)


def automatic(facts: Facts) -> str:
    texts = (
        f"您好，您的邮件已收到，我们会尽快查阅。此为系统自动回复，请勿直接回复。\n{facts.unit}",
        "【自动回复】来信已收到，感谢您的关注！",
        f"您好！这是{facts.unit}公务邮箱的自动答复，邮件已送达本邮箱。",
    )
    return _marked(_pick(texts, facts))


def acknowledgement(kind: str, facts: Facts) -> str:
    if kind == "disclosure":
        return _marked(
            f"政府信息公开申请登记回执\n{facts.applicant}：\n    您提交的政府信息公开申请已于"
            f"{day(facts.written_on)}收到，登记编号：{facts.receipt_no}。本机关将自收到申请之日起"
            f"20个工作日内予以答复。特此告知。\n{_signed(facts)}"
        )
    return _marked(
        f"{facts.applicant}：\n    您好，您的来信已受理，受理编号：{facts.receipt_no}，"
        f"我们将在5个工作日内予以答复。\n{_signed(facts)}"
    )


def personal_acknowledgement(facts: Facts) -> str:
    texts = (
        f"{facts.applicant}，您好：来件收悉，已登记，我们正在办理，办好后尽快答复您。\n{facts.unit} 小王",
        f"您好，您的来信我们已经收到并登记，正在办理中，请您耐心等待。\n{facts.unit}办公室 老高",
    )
    return _marked(_pick(texts, facts))


def extension(facts: Facts) -> str:
    return _marked(
        f"政府信息公开延期答复告知书\n{facts.applicant}：\n    本机关于{day(facts.received_on)}收到您提出的"
        f"政府信息公开申请（{facts.title}）。因需检索的材料较多，无法按期答复，根据《中华人民共和国政府信息"
        f"公开条例》第三十三条第二款的规定，经本机关政府信息公开工作机构负责人同意，延长{facts.extended_days}"
        f"个工作日答复。特此告知。\n{_signed(facts)}"
    )


def see_attachment(facts: Facts) -> str:
    return _marked(_pick(("见附件。", "您好，答复见附件，请查收。", "详见附件"), facts))


def material(facts: Facts) -> str:
    """The information itself, for a letter that says it is provided."""
    title = facts.title if facts.names_title else "申请内容"
    lines = "\n".join(f"{n}    第{n}项    {(n * 37 + facts.variant) % 90 + 10}万元" for n in range(1, 6))
    return f"附：{title}\n序号  项目  金额\n{lines}\n{MARK}\n"


def _disclosure_reply(outcome: str, facts: Facts) -> str:
    decision = _DECISIONS[outcome].format(
        title=facts.title if facts.names_title else "您所申请的信息", office=facts.other_office
    )
    asked = f"，申请公开“{facts.title}”" if facts.names_title else ""
    opening = _pick(
        (
            f"    本机关于{day(facts.received_on)}收到您提出的政府信息公开申请{asked}。",
            f"    您于{day(facts.received_on)}通过{facts.way}方式提交的政府信息公开申请收悉{asked}。",
            f"    您{day(facts.received_on)}提出的政府信息公开申请已收悉{asked}。经研究，现答复如下：",
        ),
        facts,
    )
    return _marked(
        f"政府信息公开申请答复书\n{facts.document_number}\n{facts.applicant}：\n{opening}\n    {decision}\n"
        "    如对本答复不服，可以自收到本答复之日起60日内依法申请行政复议，或者在6个月内依法向人民法院"
        f"提起行政诉讼。\n{_signed(facts)}"
    )


_LAW = "《中华人民共和国政府信息公开条例》"
_DECISIONS = {
    "disclosed": f"经审查，该信息属于可以公开的范围。根据{_LAW}第三十六条第（二）项的规定，"
    "现将{title}提供给您：相关内容已随本答复一并提供，也可于工作日到市政务公开查阅点查阅纸质件。",
    "already_public": f"经查，该信息已主动公开。根据{_LAW}第三十六条第（一）项的规定，"
    "您可通过本机关门户网站“政府信息公开”专栏（https://www.yanan.test/zfxxgk/）查询获取{title}。",
    "partly_disclosed": "经审查，该信息中含有不应当公开的内容，但能够作区分处理。"
    f"根据{_LAW}第三十七条的规定，现将可以公开的部分提供给您；"
    "其中涉及个人隐私的身份证号码、银行账号，依据第十五条的规定不予公开。",
    "not_held": "经检索，本机关未制作、未获取您申请的{title}，该政府信息不存在。"
    f"根据{_LAW}第三十六条第（四）项的规定，特此告知。"
    "相近的统计数据可在本机关门户网站“统计数据”栏目查阅。",
    "not_responsible": f"经审查，您申请的信息不属于本机关负责公开。根据{_LAW}第三十六条第（五）项的规定，"
    "建议您向延安{office}提出申请，地址：延安市演练路88号，联系电话：0911-0000088。",
    "other_regime": "您申请的信息属于不动产登记资料，有关法律、行政法规对其获取有特别规定。"
    f"根据{_LAW}第三十六条第（七）项的规定，"
    "请您依照《不动产登记暂行条例》的有关规定到不动产登记机构查询。",
    "needs_creation": "经检索，本机关没有现成的对比分析表，"
    "您申请的内容需要本机关对现有政府信息进行加工、分析。"
    f"根据{_LAW}第三十八条的规定，本机关不予提供；历年课题目录已在本机关门户网站公布。",
}


def _consultation_reply(outcome: str, facts: Facts) -> str:
    about = f"您咨询的“{facts.title}”" if facts.names_title else "您反映的问题"
    if outcome == "referred":
        office = f"延安{facts.other_office}"
        return _marked(
            f"{facts.applicant}：\n    您好！{about}收悉。该事项不属于我单位职责范围，由{office}负责，"
            f"请向{office}咨询，联系电话：0911-0000012，地址：延安市演练路12号。"
            f"感谢您的理解与支持。\n{_signed(facts)}"
        )
    return _marked(
        f"{facts.applicant}：\n    您好！{about}收悉，现答复如下：\n    {facts.answer}\n"
        f"    感谢您对我们工作的关心和支持！\n{_signed(facts)}"
    )


def _signed(facts: Facts) -> str:
    return f"{facts.unit}\n{day(facts.written_on)}"


def _marked(text: str) -> str:
    return f"{text}\n{MARK}\n"


def _pick(texts: tuple[str, ...], facts: Facts) -> str:
    return texts[facts.variant % len(texts)]
