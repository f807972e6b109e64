"""Formal letters put together from the formulas of the law and of the notices that explain it.

Offices write these from models, so that composing them teaches the articles and the recitals: what is
only told of earlier steps, or only possible, decides nothing.
"""

from collections.abc import Iterator
from itertools import product
from random import Random

_OPENINGS = (
    "{name}：\n您于2026年3月2日通过电子邮件向本机关提出政府信息公开申请，要求获取“{title}”。经审查，",
    "{name}：\n本机关于2026年3月3日收到您提交的政府信息公开申请，申请公开：{title}。经研究，现答复如下：",
    "{name}同志：\n你申请公开的“{title}”收悉。现依法告知如下：",
    "申请人{name}：\n关于你向我局申请获取{title}一事，经核实，",
    "政府信息公开申请答复书\n某公开〔2026〕7号\n{name}：\n您好，您的申请（{title}）已收到。",
    "",
)
_RECITALS = (
    "我局已于3月20日告知您延期答复。",
    "因您的申请内容不明确，本机关于3月6日向您发出补正告知书，您于3月10日提交了补正材料。",
    "本机关已依法征求第三方意见，",
    "您已缴纳信息处理费。",
    "",
    "",
    "",
)
_ITEM = ("第三十六条第（{}）项", "第三十六条第{}项", "第三十六条第一款第（{}）项", "第36条第（{}）项")
_DIGITS = "一二三四五六七"
_LAW = (
    "根据《中华人民共和国政府信息公开条例》{}的规定，",
    "依据《政府信息公开条例》{}之规定，",
    "依照《条例》{}，",
)
_REMEDIES = (
    "如对本答复不服，可以自收到本答复之日起60日内申请行政复议，或者六个月内提起行政诉讼。",
    "如不服本决定，应当自收到之日起60日内先申请行政复议，对复议决定不服的，十五日内提起行政诉讼。",
    "特此告知。",
    "特此答复。",
    "",
)
_TITLES = (
    "2025年度部门预算执行情况",
    "城北片区征收补偿方案及附图",
    "某某路道路改造工程竣工验收报告",
    "2024年低保资金发放名册",
    "污水处理厂运行监管合同",
    "关于优化学区划分的会议纪要",
)
_NAMES = ("王立", "赵敏之", "孙大海", "陈一帆", "李若水")

# label -> (item of Art. 36 or "", decision sentences)
_DECISIONS: dict[str, tuple[int, tuple[str, ...]]] = {
    "already_public": (
        1,
        (
            "该信息已主动公开，您可通过本机关网站查询。",
            "您申请的信息已在政府门户网站公开，获取方式和途径为：网站首页—信息公开。",
            "",
        ),
    ),
    "disclosed": (
        2,
        (
            "本机关决定予以公开，现将该信息提供给您。",
            "该信息属于可以公开的范围，现予公开，内容见附件。",
            "现向您提供该政府信息。",
            "",
        ),
    ),
    "refused": (
        3,
        (
            "本机关决定不予公开。",
            "该信息属于行政机关内部事务信息，不予公开。",
            "因涉及国家秘密，决定不予公开。",
            "公开后可能危及公共安全，不予公开。",
            "第三方不同意公开，且公开会损害其合法权益，不予公开。",
            "",
        ),
    ),
    "not_held": (
        4,
        (
            "经检索，本机关没有您申请的信息，该政府信息不存在。",
            "本机关未制作也未获取该信息，信息不存在。",
            "经查找，未检索到该信息。",
            "",
        ),
    ),
    "not_responsible": (
        5,
        (
            "该信息不属于本机关负责公开，建议您向市财政局申请公开，联系电话：0000-1234567。",
            "本机关非该信息的公开主体，请向制作机关提出申请。",
            "不属于本机关公开职责。",
            "",
        ),
    ),
    "duplicate": (
        6,
        ("您的申请属于重复申请，本机关不予重复处理。", "本机关此前已就同一内容作出答复，不再重复处理。", ""),
    ),
    "other_regime": (
        7,
        (
            "您申请的信息属于工商登记资料，请按有关法律、行政法规的规定办理查询。",
            "属于不动产登记资料，应当依照有关规定查询。",
            "",
        ),
    ),
    "partly_disclosed": (
        0,
        (
            "依据条例第三十七条，本机关作区分处理，决定部分公开，涉及个人隐私的内容不予公开。",
            "其中第一部分予以公开（见附件），第二部分属于商业秘密，不予公开。",
            "现提供可以公开的内容，其余内容依照第十五条不予公开。",
        ),
    ),
    "needs_creation": (
        0,
        (
            "依据条例第三十八条，该信息需要本机关对现有政府信息进行加工、分析，不予提供。",
            "本机关没有现成的该信息，需另行制作，根据第三十八条规定不予提供。",
        ),
    ),
    "still_unclear": (
        0,
        (
            "您补正后申请内容仍不明确，本机关无法提供。",
            "经补正，仍未明确所需政府信息的名称、文号或者其他特征，不再处理。",
        ),
    ),
    "not_a_request": (
        0,
        (
            "您的申请实为信访事项，依据第三十九条第一款，不作为政府信息公开申请处理，可通过信访渠道提出。",
            "您提出的内容属于咨询，不属于政府信息公开申请，请通过相应渠道咨询。",
        ),
    ),
    "publication": (
        0,
        (
            "您要求提供的是公开出版物，依据第三十九条第二款，可以到图书馆查阅或者购买。",
            "该内容载于政府公报，属于公开出版物，告知您获取的途径：新华书店。",
        ),
    ),
    "excessive": (
        0,
        (
            "依据第三十五条，您申请的数量、频次明显超过合理范围，且理由不合理，不予处理。",
            "您说明的理由不合理，本机关对上述申请不予处理。",
        ),
    ),
    "reissue": (
        0,
        (
            "您要求对已获取的政府信息进行确认，本机关不予重新出具。",
            "您此前已获取该信息，要求重新出具的，本机关可以不予提供。",
        ),
    ),
    "abandoned": (
        0,
        (
            "您逾期未补正，根据第三十条视为放弃申请，本机关不再处理该政府信息公开申请。",
            "截至补正期限届满，本机关未收到您的补正材料，视为放弃，现终止处理。",
        ),
    ),
    "fee_unpaid": (
        0,
        ("您逾期未缴纳信息处理费，视为放弃申请，本机关不再处理。", "您未在规定期限内缴费，申请终止。"),
    ),
    "correction_notice": (
        0,
        (
            "依据条例第三十条，请您在收到本告知书之日起10个工作日内补正，明确所需信息的名称、文号或者其他特征，逾期不补正的视为放弃申请。",
            "您的申请缺少有效身份证明，请于7个工作日内补正。",
            "依据第三十五条，请您在收到通知之日起七日内说明理由。",
        ),
    ),
    "extension_notice": (
        0,
        (
            "因情况复杂，无法按期答复，经政府信息公开工作机构负责人同意，延长20个工作日答复。",
            "依据条例第三十三条第二款，本机关决定延期答复，将于2026年4月30日前答复您。",
        ),
    ),
    "third_party_notice": (
        0,
        (
            "因涉及第三方合法权益，依据第三十二条，本机关需书面征求第三方意见，所需时间不计算在答复期限内。",
            "现已向第三方发出征求意见函，待其答复后再行决定。",
        ),
    ),
    "fee_notice": (
        0,
        (
            "依据国办函〔2020〕109号，您应缴纳信息处理费320元，请于20个工作日内缴纳，逾期未缴纳视为放弃申请。",
            "您的申请共计210页，按量收取信息处理费，请在收到缴费通知后缴费。",
        ),
    ),
    "acknowledgement": (
        0,
        (
            "经审查符合受理条件，现予登记，登记编号20260012，本机关将自收到申请之日起20个工作日内予以答复；需要延期、补正或者收费的，将另行告知。",
            "您的申请已受理，可凭查询码查询办理进度。特此告知。",
        ),
    ),
    "transfer_notice": (
        0,
        ("您的申请已转交市档案局办理，由其直接答复您。", "现将您的申请转由相关科室处理。"),
    ),
}


def composed_letters(each: int = 10) -> Iterator[tuple[str, str]]:
    """(label, text), the same ones at every call."""
    chance = Random(7)
    for label, (item, sentences) in _DECISIONS.items():
        for _ in range(each * (4 if item else 1)):
            yield label, _letter(chance, item, chance.choice(sentences))
        for shape, law in product(_ITEM if item else (), _LAW):
            yield label, f"{chance.choice(_NAMES)}：{law.format(shape.format(_DIGITS[item - 1]))}特此答复。"


def _letter(chance: Random, item: int, decision: str) -> str:
    opening = chance.choice(_OPENINGS).format(name=chance.choice(_NAMES), title=chance.choice(_TITLES))
    article = ""
    if item and (not decision or chance.random() < 0.7):
        article = chance.choice(_LAW).format(chance.choice(_ITEM).format(_DIGITS[item - 1]))
    closing = chance.choice(("\n某某市某某局\n2026年3月28日", ""))
    return f"{opening}{chance.choice(_RECITALS)}{article}{decision}{chance.choice(_REMEDIES)}{closing}"
