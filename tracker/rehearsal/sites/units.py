"""The units behind the platforms, and what each announces in its guide. All of it is invented."""

from dataclasses import dataclass, field

__all__ = ["LAYOUTS", "UNITS", "Channels", "Unit"]

LAYOUTS = ("paragraphs", "table", "list", "line")


@dataclass(frozen=True, slots=True)
class Channels:
    """The ways a guide names; an empty one is not announced."""

    online: bool = True
    email: str = ""
    fax: str = ""
    postal_address: str = ""
    postcode: str = ""
    counter: str = ""  # where one may come in person
    hours: str = ""
    phone: str = ""
    supervisor_phone: str = ""  # of the office that hears complaints: nobody's channel


@dataclass(frozen=True, slots=True)
class Unit:
    code: str
    name: str
    channels: Channels = field(default_factory=Channels)
    layout: str = "paragraphs"
    hides_email: bool = False  # writes # for @, against collectors of addresses


_HOURS = (
    "工作日上午8:30—12:00，下午14:00—17:30（法定节假日除外）",
    "周一至周五 上午9:00-12:00 下午1:30-5:00",
    "夏季8:00-12:00、15:00-18:00，冬季8:00-12:00、14:30-17:30，节假日除外",
)
_OFFICES = {
    "iframe_gbk": ("教育局 财政局 水务局 统计局", 101),
    "xhr_code": (
        "发展和改革局 科学技术局 工业和信息化局 民族宗教局 公安局 民政局 司法局 人力资源和社会保障局 "
        "自然资源局 生态环境局 住房和城乡建设局 交通运输局 农业农村局 商务局 文化和旅游局 卫生健康局 "
        "退役军人事务局 应急管理局 审计局 市场监督管理局",
        1,
    ),
    "alert_password": ("城市管理局 林业局 医疗保障局", 11),
    "captcha": ("体育局 信访局 乡村振兴局", 31),
    "mailbox": ("政府办公室 行政审批局 城东区人民政府", 501),
    "classic": ("气象局 档案局 国防动员办公室", 71),
}


def _unit(code: int, name: str, order: int) -> Unit:
    """Every unit announces something else: a fax is missing from every third, an e-mail from every fifth."""
    host = f"u{code}.yanan-shi.test"
    street = f"演安市演练大道{order + 1}号"
    channels = Channels(
        email="" if order % 5 == 4 else f"xxgk@{host}",
        fax="" if order % 3 == 2 else f"0999-55{code:05d}",
        postal_address=f"{street}演安市{name}办公室",
        postcode=f"7990{order % 90 + 10}",
        counter="" if order % 4 == 3 else f"{street}演安市{name}一楼{101 + order}室",
        hours=_HOURS[order % len(_HOURS)],
        phone=f"0999-56{code:05d}",
        supervisor_phone="0999-5712345" if order % 2 else "",
    )
    return Unit(f"{code:03d}", f"演安市{name}", channels, LAYOUTS[order % len(LAYOUTS)])


UNITS: dict[str, tuple[Unit, ...]] = {
    platform: tuple(_unit(first + order, name, order) for order, name in enumerate(names.split()))
    for platform, (names, first) in _OFFICES.items()
}
