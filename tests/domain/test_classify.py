"""Readings of letters: right, or so doubtful that a person looks."""

from collections.abc import Mapping
from hashlib import sha256

import pytest

from tracker.adapters.lexicons import load_lexicon
from tracker.domain.classify import classify
from tracker.domain.document_numbers import document_number
from tracker.domain.message import Attachment, DeliveryReport, Message
from tracker.domain.terms import Classification, MessageKind, Outcome, RequestKind

D, C, N = RequestKind.DISCLOSURE, RequestKind.CONSULTATION, None
SURE = 0.8

LETTERS = [
    (D, "not_held|unknown", "", "您好，经核实我单位没有您要的这份文件，抱歉。"),
    (D, "not_responsible", "",
     "张伟：\n您申请的事项不属于我单位职能范围，请向区住房和城乡建设局提出申请。"),
    (D, "disclosed", "",
     "张伟同志：现将您申请公开的2025年决算信息提供如下：总收入1230万元，支出1180万元。"),
    (D, "disclosed", "关于张伟信息公开申请的答复",
     "您好！您申请的“三公经费”信息，现公开如下：公务接待费3.2万元，车辆费5.1万元。"),
    (D, "already_public", "",
     "您好，您所申请的信息我局已在宝塔区政府门户网站公开，请登录http://www.bt.test/ 查阅。"),
    (D, "refused", "",
     "您申请公开的会议纪要属于内部事务信息，依据《条例》第十六条之规定，可以不予公开，本机关决"
     "定不予公开。"),
    (D, "refused", "",
     "您申请的信息公开后可能危及国家安全、公共安全、经济安全和社会稳定，根据《条例》第十四条，"
     "本机关不予公开。"),
    (D, "not_held", "",
     "根据《中华人民共和国政府信息公开条例》第三十六条第四项的规定，您申请的信息本机关不掌握。"),
    (D, "partly_disclosed", "",
     "您申请的信息包含两部分：第一部分予以公开，见附件；第二部分涉及商业秘密，不予公开。"),
    (D, "extension_notice", "",
     "因您申请的信息需要进一步核实，我局决定将答复期限延长20个工作日，即于2026年10月28日前予以"
     "答复。"),
    (D, "extension_notice", "",
     "张先生，由于国庆假期，您的申请我们无法在20个工作日内答复，申请延期15个工作日，请谅解。"),
    (D, "correction_notice", "",
     "您好，请补充说明您所需信息的具体年份和文件名称，以便我们查找。"),
    (D, "correction_notice", "",
     "因您的申请未提供身份证明，请于收到本通知之日起7个工作日内进行补正，逾期视为放弃申请。"),
    (D, "acknowledgement", "", "您好，您的信息公开申请已收悉，我办将在法定期限内予以答复。"),
    (D, "acknowledgement", "受理通知书",
     "本机关于2026年9月1日收到您的政府信息公开申请，经审查符合条件，予以受理，将于2026年9月29日"
     "前作出答复。如需补正或延期的，将另行通知。如您申请的信息不属于本机关公开，将告知您。"),
    (D, "acknowledgement", "", "收到，谢谢。"),
    (D, "third_party_notice", "",
     "因您申请公开的信息涉及第三方商业秘密，我局已依法向第三方书面征求意见，待第三方反馈后予以"
     "答复。"),
    (D, "fee_notice", "",
     "您申请的信息共计320页，需收取信息处理费2600元，请于10日内缴至以下账户。"),
    (D, "not_a_request", "",
     "您所提事项属于咨询事项，不属于政府信息公开申请，请拨打电话0911-8000000咨询。"),
    (D, "not_a_request", "",
     "您的来件实质是信访诉求，请通过信访渠道反映，本机关不作为信息公开申请处理。"),
    (N, "read_receipt", "邮件已打开", "收件人已于2026-05-08 10:58打开您发送的邮件。"),
    (N, "delay", "未送达：申请公开兑现情况", "这是延迟通知，不必重发。暂时拒收，服务器将重试至5月21日。"),
    (D, "duplicate", "",
     "您本次申请与2026年5月申请内容相同，我局已答复过，不再重复答复。"),
    (D, "unknown|not_responsible", "", "这个你打电话问一下吧 0911-8000000"),
    (D, "unknown", "", "请问您要这个信息做什么用？"),
    (D, "correction_notice|unknown", "", "请说明您申请该信息的用途。"),
    (D, "unknown", "", "好的"),
    (C, "answer", "",
     "您好，公积金提取需要本人带身份证、银行卡和购房合同来中心柜台，一般3个工作日到账。"),
    (C, "answer", "",
     "经核实，枣园路停车场现有车位120个，夜间免费开放，白天前30分钟免费，之后每小时2元。"),
    (C, "answer", "",
     "网友你好，来信收悉。关于您咨询的小学入学问题，2026年招生范围以区教育局公布的学区划分为准"
     "，报名时间为7月1日至7月10日，需提供户口本、房产证、预防接种证。具体请咨询所在学区学校，电"
     "话0911-8000001。"),
    (C, "deflection", "",
     "您的问题请直接拨打我局业务科电话0911-2110000进行咨询。"),
    (C, "deflection", "", "你好，请到我局办公室当面咨询。"),
    (C, "deflection", "", "您好，具体情况请致电12345。感谢您对我们工作的支持！"),
    (C, "referred", "",
     "您好，此事由区人社局负责，请与区人社局就业科联系，电话0911-8000000。"),
    (C, "referred", "", "抱歉，这不是我们的业务，建议您咨询区市场监管局。"),
    (C, "transfer_notice", "", "您反映的问题已转至区城管局处理，他们会与您联系。"),
    (C, "transfer_notice", "", "您的来信已转交相关科室办理，处理结果会及时告知您。"),
    (C, "acknowledgement", "", "您好，来信已收到，我们会尽快核实并在5个工作日内回复您。"),
    (C, "acknowledgement", "", "您的留言已受理，编号20260912001，请耐心等待。"),
    (C, "extension_notice", "",
     "由于您反映的问题较为复杂，需要进一步调查，暂时无法答复，预计下周给您回复。"),
    (C, "deflection|not_to_the_point", "", "感谢您对我区工作的关心和支持，祝您生活愉快！"),
    (C, "answer|unknown", "", "可以的，周末也能办。"),
    (N, "disclosed", "政府信息公开告知书",
     "张伟：你提出的公开申请收悉，根据《条例》第三十六条第（二）项规定，本机关予以公开，具体内"
     "容见附件。"),
    (N, "answer", "关于您咨询问题的回复",
     "张伟您好：您咨询的老年卡办理问题，现回复如下：年满65周岁的老人携带身份证、一寸照片到社区"
     "服务站办理，全程免费。"),
    (N, "unrelated", "", "尊敬的客户，您的邮箱容量已满，请点击以下链接升级。"),
    (N, "unrelated", "会议纪要", "请各科室于周五前报送工作总结。"),
    (D, "disclosed", "", "张伟：\n你好！你要的材料我发给你了，见附件。"),
    (D, "refused|unknown", "", "这个涉密，不方便公开。"),
    (D, "already_public", "",
     "您要的信息网上就有，在我们局网站信息公开栏里，自己下载就行。"),
    (D, "not_held", "", "经查，我局档案中没有该文件。"),
    (D, "needs_creation", "",
     "您申请的信息需要本机关对现有政府信息进行加工、分析，根据第三十八条的规定，不属于本机关应"
     "当提供的信息。"),
    (D, "other_regime", "",
     "您申请的企业登记档案，请依照《企业登记档案资料查询办法》的规定到市场监管局查询。根据《条"
     "例》第三十六条第（七）项告知。"),
    (D, "abandoned", "", "你提出的信息公开申请，因你未按要求补正，视为放弃申请。"),
]  # fmt: skip
TRAPS = [
    (D, "acknowledgement", "",
     "您的申请已收到。我局将根据《条例》第三十六条的规定，自收到之日起20个工作日内分别作出予以"
     "公开、不予公开、信息不存在、不属于本机关公开等答复，请耐心等待。"),
    (D, "acknowledgement", "登记回执",
     "您的申请已登记（编号BT2026-9）。本机关将于20个工作日内答复。需要延长答复期限的，经同意后"
     "延长不超过20个工作日，并告知您。征求第三方意见所需时间不计算在内。"),
    (D, "disclosed", "",
     "《条例》第三十六条规定：（一）所申请公开信息已经主动公开的，告知申请人获取该政府信息的方"
     "式、途径；（二）所申请公开信息可以公开的，向申请人提供该政府信息；（三）行政机关依据本条"
     "例的规定决定不予公开的，告知申请人不予公开并说明理由；（四）经检索没有所申请公开信息的，"
     "告知申请人该政府信息不存在。据此，现将信息提供给您。 如对本答复不服，可以自收到之日起60日"
     "内申请行政复议。联系电话：0911-2110000。"),
    (C, "answer", "",
     "您好，企业社保缴费困难的，可申请延期3个月缴纳，免收滞纳金。申请时应提供营业执照和申请表，"
     "到社保中心窗口办理。"),
    (C, "answer", "",
     "您好，2026年城乡居民医保个人应缴纳380元，请在12月31日前通过微信或社区缴费，逾期未缴的，从"
     "缴费之日起60天后才能享受待遇。"),
    (C, "answer", "",
     "您咨询如何申请政府信息公开。答复如下：您可以登录区政府网站填写申请表，或者邮寄至区政府办"
     "公室，行政机关将自收到申请之日起20个工作日内予以答复，不收费。"),
    (C, "answer", "",
     "您好，经了解，该路段维修工程计划于10月开工，预计年底完工，届时交通管制将提前公告。"),
    (C, "answer|unknown", "", "您好，您反映的路灯不亮问题，我局已派人维修，现已恢复正常。"),
    (C, "deflection|unknown", "",
     "您好，您所咨询的问题比较复杂，三言两语说不清楚，建议您带上相关材料来我局当面咨询，或拨打"
     "0911-2110000。"),
    (C, "transfer_notice", "",
     "您好，您反映的停车问题我们高度重视，已第一时间将您的来信转交给区交警大队和区城管局，请他"
     "们按照职责分工认真核实处理，并在处理完成后直接与您联系，感谢您的理解。"),
    (C, "acknowledgement|extension_notice|unknown", "",
     "您好，您反映的停车问题我们高度重视，已安排工作人员实地调查，相关情况正在核实中，核实后将"
     "尽快回复，感谢您的理解和支持。"),
    (C, "referred|unknown", "",
     "您好，房产证办理业务由区自然资源局不动产登记中心负责，我局不负责该项业务，建议您前往不动"
     "产登记中心窗口咨询，地址：枣园路12号，工作时间为周一至周五。"),
    (D, "not_responsible", "",
     "您申请的信息由区财政局制作，不属于本机关公开范围，建议向区财政局申请，地址：枣园路8号。 "
     "如对本答复不服，可以自收到之日起60日内申请行政复议。联系电话：0911-2110000。"),
    (D, "not_responsible|transfer_notice", "",
     "您申请的信息不属于本机关负责公开，我局已将您的申请转交区财政局办理。"),
    (D, "refused", "",
     "本机关曾于9月5日告知您补正，您已补正。经征求第三方意见，第三方不同意公开，且本机关认为不"
     "公开不会对公共利益造成重大影响，决定不予公开。 如对本答复不服，可以自收到之日起60日内申请"
     "行政复议。联系电话：0911-2110000。"),
    (D, "disclosed", "",
     "经审查，您申请的信息不属于国家秘密、商业秘密和个人隐私，予以公开，详见附件。 如对本答复不"
     "服，可以自收到之日起60日内申请行政复议。联系电话：0911-2110000。"),
    (D, "disclosed", "", "您好，附件是您申请的2025年停车场资金使用明细，请查收。"),
    (D, "acknowledgement|unknown", "", "您好，您申请的内容领导正在研究"),
    (D, "unknown|extension_notice", "", "您好，国庆放假，等节后再说吧"),
    (D, "partly_disclosed|disclosed|not_held", "",
     "关于第1项，现将资金安排文件提供给您；关于第2项，经检索，本机关未制作该信息。"),
    (D, "acknowledgement|transfer_notice", "", "您的申请我们转给业务科室了，会在规定时间内答复。"),
    (D, "unknown|correction_notice", "", "您好，麻烦把身份证正反面发过来"),
    (D, "already_public", "",
     "经查，您申请的《2025年财政决算报告》已于2026年2月在区政府网站公布。"),
    (D, "disclosed|already_public", "",
     "信息属于主动公开范围，为方便您查阅，现一并提供给您，见附件。"),
    (D, "refused|unknown", "", "您申请的信息涉及正在调查的案件，暂不能公开。"),
    (D, "acknowledgement|unknown", "", "经初步审查，你的申请符合规定，我局将依法办理。"),
    (D, "not_held", "",
     "经认真查找，我局没有制作或保存您所申请的信息。依据条例第三十六条第（四）项答复。如需了解"
     "，可向区住建局咨询。"),
    (N, "unknown", "", "请查收附件。"),
    (D, "disclosed|unknown", "", "请查收附件。"),
    (C, "unknown|answer", "", "请查收附件。"),
]  # fmt: skip


def read(
    text: str = "",
    kind: RequestKind | None = D,
    *,
    subject: str = "",
    seconds: float | None = None,
    headers: Mapping[str, str] | None = None,
    sender: str = "office@unit.test",
    quoted: str = "",
    attachments: tuple[Attachment, ...] = (),
    report: DeliveryReport | None = None,
) -> Classification:
    message = Message(
        sha256="",
        subject=subject,
        sender=sender,
        reply_text=text,
        quoted_text=quoted,
        headers={"subject": subject, **(headers or {})},
        attachments=attachments,
        report=report,
    )
    return classify(message, kind, load_lexicon(), seconds)


def attached(name: str, text: str | None) -> Attachment:
    return Attachment(name, "application/pdf", sha256(name.encode()).hexdigest(), b"", text)


@pytest.mark.parametrize(("kind", "labels", "subject", "text"), LETTERS + TRAPS)
def test_a_letter_is_read_rightly(kind: RequestKind | None, labels: str, subject: str, text: str) -> None:
    found = read(text, kind, subject=subject, seconds=90_000)
    expected = labels.split("|")
    is_for_a_person = "unknown" in expected and found.confidence < SURE
    assert found.label in expected or is_for_a_person, found


@pytest.mark.parametrize(
    ("action", "status", "kind"),
    [
        ("failed", "5.1.1", "bounce"),
        ("failed", "4.4.7", "bounce"),
        ("", "5.0.0", "bounce"),
        ("delayed", "4.2.2", "delay"),
        ("", "4.0.0", "delay"),
        ("relayed", "2.0.0", "auto_reply"),
        ("displayed", "", "read_receipt"),
        ("deleted", "", "read_receipt"),
    ],
)
def test_a_report_says_itself_what_it_is(action: str, status: str, kind: str) -> None:
    found = read("您申请的信息不予公开", report=DeliveryReport(action, status, "a@unit.test"))
    assert found.kind == kind
    assert found.confidence >= SURE


RECEIVED = "您好，您的来信已收到，我们会尽快处理。"


def test_a_receipt_within_ninety_seconds_is_a_machines() -> None:
    assert read(RECEIVED, seconds=20).kind is MessageKind.AUTO_REPLY
    assert read(RECEIVED, seconds=200).kind is MessageKind.ACKNOWLEDGEMENT


def test_a_receipt_by_a_machine_with_a_number_is_an_acknowledgement() -> None:
    text = f"{RECEIVED}登记编号：BT2026-0031。"
    assert (
        read(text, seconds=3, headers={"auto-submitted": "auto-replied"}).kind is MessageKind.ACKNOWLEDGEMENT
    )


def test_haste_alone_makes_no_reply_automatic() -> None:
    text = "您申请的信息属于国家秘密，根据《条例》第十四条，决定不予公开。"
    assert read(text, seconds=30).outcome is Outcome.REFUSED


def test_an_automatic_reply_that_seems_to_decide_is_for_a_person() -> None:
    found = read("本邮箱收到的信息一律不予公开。", subject="自动回复：申请")
    assert found.kind is MessageKind.AUTO_REPLY
    assert found.confidence < SURE


def test_a_quotation_never_counts() -> None:
    found = read("好的。", quoted="根据《条例》第三十六条第（三）项，决定不予公开。")
    assert found == read("好的。")
    assert found.outcome is not Outcome.REFUSED


def test_the_subject_of_our_own_letter_never_counts() -> None:
    assert read("好的。", subject="回复：关于不予公开决定书的申请").kind is MessageKind.UNKNOWN


def test_a_restated_request_never_counts() -> None:
    found = read("您申请公开“全区政府信息不予公开决定书的数量和目录”。我局已受理，登记号2026012。")
    assert found.kind is MessageKind.ACKNOWLEDGEMENT


def test_a_forwarded_decision_is_a_proposal_for_a_person() -> None:
    found = read("请查收。", subject="转发：答复书", quoted="张伟：您申请的信息，本机关决定不予公开。")
    assert found.outcome is Outcome.REFUSED
    assert found.confidence < SURE
    assert found.evidence[0] == "forwarded letter"


def test_a_forwarded_letter_that_says_nothing_is_for_a_person() -> None:
    assert read("请查收。", subject="转发：通知", quoted="会议改期。").confidence < SURE


def test_a_letter_of_nobodys_yet_can_answer_either_kind_of_request() -> None:
    found = read("网友您好：公积金提取需要身份证和购房合同，可到二楼窗口办理。", N)
    assert found.outcome is Outcome.ANSWER
    assert read("您申请的信息，本机关决定不予公开。", N).outcome is Outcome.REFUSED


def test_an_attached_letter_decides() -> None:
    text = "答复书\n延司公开〔2020〕第5号\n张伟：您申请的信息已主动公开，可通过网站查询。"
    found = read("答复见附件。", attachments=(attached("答复书.pdf", text),))
    assert (found.outcome, found.document_number) == (Outcome.ALREADY_PUBLIC, "延司公开〔2020〕第5号")


def test_a_disclosed_document_does_not_decide() -> None:
    table = attached("明细表.pdf", "停车场资金明细\n根据某办法第三十七条，下列事项不予公开")
    assert read("决定予以公开，见附件。", attachments=(table,)).outcome is Outcome.DISCLOSED


def test_our_own_form_sent_back_does_not_decide() -> None:
    form = attached("政府信息公开申请表.docx", "申请人：张伟\n如不予公开，请说明理由。不予公开")
    assert read("您好，申请已受理。", attachments=(form,)).kind is MessageKind.ACKNOWLEDGEMENT


def test_an_attachment_nobody_could_read_is_for_a_person_and_says_so() -> None:
    found = read("答复见附件。", attachments=(attached("扫描件.ofd", None),))
    assert found.kind is MessageKind.UNKNOWN
    assert "attachment not read" in found.evidence


def test_the_name_of_an_unread_attachment_may_decide() -> None:
    found = read("见附件。", attachments=(attached("不予公开决定书.ofd", None),))
    assert found.outcome is Outcome.REFUSED


def test_contradictory_signs_are_for_a_person() -> None:
    found = read("该信息已主动公开。该政府信息不存在。")
    assert found.confidence < SURE


@pytest.mark.parametrize("kind", [D, C])
def test_what_no_phrase_says_is_for_a_person(kind: RequestKind) -> None:
    found = read("好的。", kind)
    assert found.confidence < SURE
    assert all(sign.startswith("words:") for sign in found.evidence)


def test_a_letter_without_a_word_is_unknown() -> None:
    assert read("") == Classification(MessageKind.UNKNOWN, None, 0.0, (), "")


def test_a_disclosure_decision_on_a_consultation_is_never_given_to_it() -> None:
    found = read("您申请的政府信息不存在。", C)
    assert found.outcome is not Outcome.NOT_HELD


@pytest.mark.parametrize(
    ("number", "outcome"),
    [
        ("一", "already_public"),
        ("二", "disclosed"),
        ("三", "refused"),
        ("四", "not_held"),
        ("五", "not_responsible"),
        ("六", "duplicate"),
        ("七", "other_regime"),
    ],
)
@pytest.mark.parametrize(
    "shape", ["第三十六条第（{}）项", "第三十六条第{}项", "第36条第({})项", "第三十六条第一款第（{}）项"]
)
def test_the_item_of_article_36_decides(shape: str, number: str, outcome: str) -> None:
    found = read(f"张伟：根据《政府信息公开条例》{shape.format(number)}的规定，特此答复。")
    assert found.label == outcome
    assert found.confidence >= SURE


def test_evidence_names_signs_and_quotes_no_letter() -> None:
    found = read("张伟：您申请的信息，本机关决定不予公开。", headers={"precedence": "bulk"})
    assert "refused: 不予公开" in found.evidence
    assert not any("张伟" in sign for sign in found.evidence)


@pytest.mark.parametrize(
    ("page", "number"),
    [
        ("答复书\n延司公开〔2020〕第5号\n张伟：", "延司公开〔2020〕第5号"),
        ("XX信息公开（2021）12号-补告", "XX信息公开(2021)12号-补告"),
        ("文号：宝公开告【２０２６】０７号", "宝公开告【2026】07号"),
        ("宝公开告 [2026] 第 7 号", "宝公开告[2026]第7号"),
        ("现将宝示公开〔2026〕7号答复书发给您。", "宝示公开〔2026〕7号"),
        ("根据国办函〔2020〕109号的规定", ""),
        ("您申请的《规划》（延政发〔2020〕3号）", ""),
        ("依据财综〔2020〕3号文件", ""),
        ("登记编号：2026-0031", ""),
    ],
)
def test_a_document_number_is_the_letters_own(page: str, number: str) -> None:
    assert document_number([page]) == number


# --- beside what was asked ------------------------------------------------------------------------------

ASKED = "高龄津贴多少钱一个月"


def beside(asked: str, text: str) -> Classification:
    message = Message("0" * 64, subject="回复", reply_text=text)
    return classify(message, RequestKind.CONSULTATION, load_lexicon(), None, asked)


def test_a_letter_that_has_nothing_of_what_was_asked_is_for_a_person() -> None:
    text = "社保卡可以在任意银行网点补办，工本费免收，带身份证当场就能领"
    answer = beside("社保卡丢了在哪里补办，要不要工本费", text)
    assert answer.outcome is Outcome.ANSWER
    assert answer.confidence > 0.8
    assert beside(ASKED, text).confidence <= 0.6


def test_that_an_answer_misses_the_point_is_only_proposed() -> None:
    found = beside(ASKED, "我们每月组织志愿者上门看望老人，理发打扫，欢迎更多爱心人士加入。")
    assert found.outcome is Outcome.NOT_TO_THE_POINT
    assert found.confidence <= 0.6
