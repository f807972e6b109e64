"""Makes cn.toml: days from the `holidays` package, notice numbers from the table below.

Run `python data/calendars/make_cn.py > data/calendars/cn.toml` after a new notice is in the package;
the tests compare the result with the committed file, `holidays` and `chinesecalendar`.
"""

import sys
from datetime import date, timedelta

import holidays

FIRST_YEAR, LAST_YEAR = 2007, 2026
YEARS = range(FIRST_YEAR, LAST_YEAR + 1)

# (number, date the notice bears). None: its text was not seen.
YEARLY = {
    2007: ("国办发明电〔2006〕49号", date(2006, 12, 14)),
    2008: ("国办发明电〔2007〕52号", None),
    2009: ("国办发明电〔2008〕42号", None),
    2010: ("国办发明电〔2009〕27号", date(2009, 12, 7)),
    2011: ("国办发明电〔2010〕40号", date(2010, 12, 9)),
    2012: ("国办发明电〔2011〕45号", date(2011, 12, 5)),
    2013: ("国办发明电〔2012〕33号", date(2012, 12, 8)),
    2014: ("国办发明电〔2013〕28号", date(2013, 12, 11)),
    2015: ("国办发明电〔2014〕28号", date(2014, 12, 16)),
    2016: ("国办发明电〔2015〕18号", date(2015, 12, 10)),
    2017: ("国办发明电〔2016〕17号", date(2016, 12, 1)),
    2018: ("国办发明电〔2017〕12号", date(2017, 11, 30)),
    2019: ("国办发明电〔2018〕15号", date(2018, 12, 4)),
    2020: ("国办发明电〔2019〕16号", date(2019, 11, 21)),
    2021: ("国办发明电〔2020〕27号", date(2020, 11, 25)),
    2022: ("国办发明电〔2021〕11号", date(2021, 10, 25)),
    2023: ("国办发明电〔2022〕16号", date(2022, 12, 8)),
    2024: ("国办发明电〔2023〕7号", date(2023, 10, 25)),
    2025: ("国办发明电〔2024〕12号", date(2024, 11, 12)),
    2026: ("国办发明电〔2025〕7号", date(2025, 11, 4)),
}
# What an amendment changed, by year: the days it gave off or to work are named by the package as they
# stand now; `before` says what the first notice had arranged for them (nothing: ordinary days).
AMENDMENTS = {
    2015: {
        "number": "国发明电〔2015〕1号",
        "title": "国务院关于中国人民抗日战争暨世界反法西斯战争胜利70周年纪念日调休放假的通知",
        "issued_on": date(2015, 5, 13),
        "days": (date(2015, 9, 3), date(2015, 9, 4), date(2015, 9, 6)),
        "before": {},
    },
    2019: {
        "number": "国办发明电〔2019〕3号",
        "title": "国务院办公厅关于调整2019年劳动节假期安排的通知",
        "issued_on": date(2019, 3, 22),
        "days": (date(2019, 4, 28), date(2019, 5, 2), date(2019, 5, 3), date(2019, 5, 5)),
        "before": {},
    },
    2020: {
        "number": "国办发明电〔2020〕1号",
        "title": "国务院办公厅关于延长2020年春节假期的通知",
        "issued_on": date(2020, 1, 26),
        "days": (date(2020, 1, 31), date(2020, 2, 1), date(2020, 2, 2)),
        "before": {date(2020, 2, 1): "调休上班（2020-01-30 休息）"},
    },
}
# Known from second hand only: neither the notice nor a reprint of it with its number was read.
UNVERIFIED = {"国办发明电〔2007〕52号"}

HEADER = f"""\
# The working calendar of mainland China, made by make_cn.py; corrections belong there.
#
# One block a year: the notice of the State Council that arranges it, its days off (weekends
# between them are not named) and its make-up working days (调休上班). The last days of December
# stand with the notice that arranges them, which is the next year's. An amendment names the days
# it changed; on any other day the year's own notice stands.
# A new notice need not wait for a release: `tracker calendar add FILE.toml`.
# unverified = true: the number was not read in the notice or a reprint of it.
# No issued_on: the date of the notice was not read there.

country = "CN"
first = {FIRST_YEAR}-01-01
last = {LAST_YEAR}-12-28 # the next notice can still change the days from 29 December on
"""


def arranged_year(day: date) -> int:
    return (day + timedelta(days=3)).year


def notice_line(year: int) -> list[str]:
    number, issued_on = YEARLY[year]
    lines = [f'number = "{number}"', f'title = "国务院办公厅关于{year}年部分节假日安排的通知"']
    lines += [f"issued_on = {issued_on}"] if issued_on else []
    return lines + (["unverified = true"] if number in UNVERIFIED else [])


def amendment_lines(year: int, off: dict[date, str], worked: dict[date, str]) -> list[str]:
    """Take the amended days out of the year's own tables, and give them a table of their own."""
    amendment = AMENDMENTS[year]
    days = amendment["days"]
    later_off = {day: off.pop(day) for day in days if day in off}
    later_worked = {day: worked.pop(day) for day in days if day in worked}
    worked.update(amendment["before"])
    return [
        f"[[{year}.amendments]]",
        f'number = "{amendment["number"]}"',
        f'title = "{amendment["title"]}"',
        f"issued_on = {amendment['issued_on']}",
        *table_lines(f"{year}.amendments.days_off", later_off),
        *table_lines(f"{year}.amendments.makeup_days", later_worked),
    ]


def table_lines(header: str, days: dict[date, str]) -> list[str]:
    return [f"[{header}]", *(f'{day} = "{name}"' for day, name in sorted(days.items()))]


def days_of(year: int) -> tuple[dict[date, str], dict[date, str]]:
    # Neither half days (part of the people only) nor another language: see the package's traps.
    source = holidays.China(years=range(FIRST_YEAR, LAST_YEAR + 1), language="zh_CN")
    off = {day: name for day, name in source.items() if arranged_year(day) == year}
    worked = {day for day in source.weekend_workdays if arranged_year(day) == year and day not in off}
    return off, {day: makeup_name(day, source) for day in worked}


def makeup_name(day: date, source: holidays.HolidayBase) -> str:
    rests = [rest for rest, name in source.items() if f"由 {day} 调休" in name]
    return f"调休上班（{rests[0]} 休息）"


def main() -> None:
    blocks = [HEADER]
    for year in YEARS:
        off, worked = days_of(year)
        amended = amendment_lines(year, off, worked) if year in AMENDMENTS else []
        lines = [f"[{year}]", *notice_line(year), *table_lines(f"{year}.days_off", off)]
        lines += table_lines(f"{year}.makeup_days", worked)
        blocks.append("\n".join([*lines, *amended]) + "\n")
    sys.stdout.buffer.write("\n".join(blocks).encode())


if __name__ == "__main__":
    main()
