"""A decision in numbered points, each decided apart: 一、…，予以公开；二、…，该信息不存在。"""

import re

_POINT = re.compile(r"(?:^|[。;:,])\s*(?:[一二三四五六七]、|\([一二三四五六]\)|[1-6][.、](?!\d))")
_WITHHELD = re.compile(
    r"不予(?:公开|提供)|不(?:能|宜|便)(?:公开|提供)|不公开|不存在|未(?:制作|保存|获取|汇总|形成|编制|建立|作出)"
    r"|没有(?:现成|该|制作|此)|不掌握|不属于|无法提供|查无|未查到|未检索到|不再提供|国家秘密|不给"
)
_GIVEN = re.compile(
    r"(?<!不)予以?公开|(?:可以|可|现|同意|已主动|已)公开|见附|附后|附件|随信|提供|发给|附上|公示"
    r"|可(?:在|到|登录)[^,;]{0,20}(?:查|看)|公开(?:,|$)"
)


def is_given_in_part(plain: str) -> bool:
    """Whether of the numbered points of a folded text some give what was asked, and others do not."""
    points = [point.partition("。")[0] for point in _POINT.split(plain)[1:]]
    withheld = [_WITHHELD.search(point) is not None for point in points]
    given = [_GIVEN.search(point) is not None for point in points]
    return any(withheld) and any(g and not w for g, w in zip(given, withheld, strict=True))
