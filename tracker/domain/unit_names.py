"""The names a unit goes by: 澜浦市住房和城乡建设局, 市住建局, 住建局."""

import re
from collections.abc import Iterable
from functools import lru_cache

from tracker.domain.folding import fold

_AREA = r".{1,12}?(?:自治区|自治州|自治县|新区|开发区|省|市|县|区|州|旗|盟)(?=.{2})"
_PLACE = re.compile(
    rf"^(?:(?:{_AREA})?(?P<town>.{{1,8}}?(?:镇|乡)(?=人民政府|政府))|(?:{_AREA})?.{{1,8}}?(?:镇|乡|街道)(?=.+[村居]民委员会)|{_AREA})"
)
# As offices and the press shorten them everywhere.
_SHORT = {
    "住房和城乡建设": ("住建", "住房城乡建设"),
    "住房保障和房屋管理": ("房管", "住房保障"),
    "卫生健康": ("卫健",),
    "自然资源和规划": ("自然资源", "自规", "资规", "规划和自然资源"),
    "规划和自然资源": ("自然资源", "规自", "自然资源和规划"),
    "人力资源和社会保障": ("人社", "人力社保"),
    "发展和改革": ("发改", "发展改革"),
    "市场监督管理": ("市监", "市场监管"),
    "交通运输": ("交通",),
    "文化和旅游": ("文旅",),
    "文化广电和旅游": ("文广旅", "文旅"),
    "教育和体育": ("教体", "教育体育", "教育"),
    "教育体育": ("教体", "教育"),
    "城市管理综合行政执法": ("城管", "城市管理", "综合执法", "城管执法"),
    "城市管理综合执法": ("城管", "城市管理", "综合执法"),
    "城市管理行政执法": ("城管", "城市管理", "城管执法", "综合执法"),
    "城市管理执法": ("城管", "城市管理", "城管执法"),
    "城市管理": ("城管",),
    "应急管理": ("应急",),
    "医疗保障": ("医保",),
    "消防救援": ("消防",),
    "行政审批服务": ("审批", "行政审批"),
    "政务服务管理": ("政务服务",),
    "工业和信息化": ("工信",),
    "退役军人事务": ("退役军人",),
    "生态环境": ("环保", "环境"),
    "农业农村": ("农业",),
    "人民政府办公室": ("政府办", "府办", "政府办公室"),
    "人民政府": ("政府",),
    "街道办事处": ("街道", "街道办"),
    "村村民委员会": ("村委会", "村民委员会", "村"),
    "社区居民委员会": ("社区", "社区居委会", "居委会"),
    "管理委员会": ("管委会",),
    "委员会": ("委",),
    "公共交通": ("公交",),
    "有限责任公司": ("公司", ""),
    "有限公司": ("公司", ""),
}
_SCHOOL = re.compile(r"第?([一二三四五六七八九十])中学?$")
_SMALL = ("镇", "乡")
_SHORTEST = 3


@lru_cache(maxsize=10_000)  # of units there are far fewer than of requests
def names_of(unit_name: str) -> frozenset[str]:
    """Folded forms of a unit's name, with its place, with the kind of place only, and without."""
    found = _PLACE.match(unit_name)
    place, last = (found[0], found["town"] or found[0]) if found else ("", "")
    bodies = _shortened({unit_name[len(place) :]})
    forms = {f"{before}{body}" for body in bodies for before in _places(place, last, unit_name)}
    if found and found["town"]:
        forms.add(last)  # 柳塘镇 writes; nobody says 柳塘镇人民政府
    return frozenset(fold(form) for form in forms if len(fold(form)) >= _SHORTEST) | {fold(unit_name)}


def place_of(unit_name: str) -> str:
    """The city, county or town whose unit it is, folded; "" where its name says none."""
    found = _PLACE.match(unit_name)
    return fold(found["town"] or found[0]) if found else ""


def _places(place: str, last: str, unit_name: str) -> set[str]:
    """Every remedy notice names a city's or county's government, so that one needs its whole place."""
    if "政府" not in unit_name:
        return {place, last[-1:], "", *([place[:-1]] if len(place) > 2 else [])}  # 珲塔教育局
    return {place, last, last[-1:]} if last.endswith(_SMALL) else {place}


def _shortened(bodies: Iterable[str]) -> set[str]:
    found = {_SCHOOL.sub(r"\1中", body) for body in bodies}.union(bodies)
    for _round in range(2):  # 卫生健康委员会: first one half, then the other
        for body in list(found):
            found |= {body.replace(long, short) for long, shorts in _SHORT.items() for short in shorts}
    return found
