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
AMENDMENTS = {
    2015: (
        "国发明电〔2015〕1号",
        "国务院关于中国人民抗日战争暨世界反法西斯战争胜利70周年纪念日调休放假的通知",
        date(2015, 5, 13),
    ),
    2019: ("国办发明电〔2019〕3号", "国务院办公厅关于调整2019年劳动节假期安排的通知", date(2019, 3, 22)),
    2020: ("国办发明电〔2020〕1号", "国务院办公厅关于延长2020年春节假期的通知", date(2020, 1, 26)),
}
# Known from second hand only: neither the notice nor a reprint of it with its number was read.
UNVERIFIED = {"国办发明电〔2007〕52号"}

HEADER = f"""\
# The working calendar of mainland China, made by make_cn.py; corrections belong there.
#
# One block a year: the notices of the State Council that arrange it, its days off (weekends
# between them are not named) and its make-up working days (调休上班). The last days of December
# stand with the notice that arranges them, which is the next year's.
# unverified = true: the number was not read in the notice or a reprint of it.
# No issued_on: the date of the notice was not read there.

country = "CN"
first = {FIRST_YEAR}-01-01
last = {LAST_YEAR}-12-28 # the next notice can still change the days from 29 December on
"""


def arranged_year(day: date) -> int:
    return (day + timedelta(days=3)).year


def notice_lines(year: int) -> list[str]:
    number, issued_on = YEARLY[year]
    rows = [(number, f"国务院办公厅关于{year}年部分节假日安排的通知", issued_on)]
    if year in AMENDMENTS:
        rows.append(AMENDMENTS[year])
    lines = []
    for number, title, issued_on in rows:
        dated = f", issued_on = {issued_on}" if issued_on else ""
        marked = ", unverified = true" if number in UNVERIFIED else ""
        lines.append(f'  {{ number = "{number}"{dated}{marked}, title = "{title}" }},')
    return ["notices = [", *lines, "]"]


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
        lines = [f"[{year}]", *notice_lines(year), *table_lines(f"{year}.days_off", off)]
        blocks.append("\n".join([*lines, *table_lines(f"{year}.makeup_days", worked)]) + "\n")
    sys.stdout.buffer.write("\n".join(blocks).encode())


if __name__ == "__main__":
    main()
