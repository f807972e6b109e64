"""Decisions in numbered points, as offices write them into their letters."""

import pytest

from tracker.domain.phrases import fold_text
from tracker.domain.points import is_given_in_part


@pytest.mark.parametrize(
    "text",
    [
        "分项答复如下：一、监测结果，予以公开，见附表；二、处罚决定书，经检索未作出行政处罚，该信息不存在。",
        "（一）方案文本，予以公开；（二）专家意见，属于过程性信息，不予公开；（三）资金来源，予以公开。",
        "1.许可决定已于2025年公示；2.论证报告属于国家秘密。",
        "黎晓棠：\n一、核定编制412名，予以公开；\n二、合同制人数没有现成信息，依据第三十八条不予提供。",
    ],
)
def test_points_that_differ_give_a_part(text: str) -> None:
    assert is_given_in_part(fold_text(text))


@pytest.mark.parametrize(
    "text",
    [
        "一、专项规划，已于区政府网站公开；二、许可台账，予以公开，见附表。",
        "一、评分细则不予公开；二、评分表不予公开。",
        "合同予以公开，考核结果不予公开。",  # no points: that is read by its words
        "请补正：1.身份证明；2.所需信息的名称；3.提供方式。",
    ],
)
def test_points_that_agree_or_are_none_do_not(text: str) -> None:
    assert not is_given_in_part(fold_text(text))
