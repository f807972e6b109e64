"""Mail for the benchmark of the intake: what an applicant's mailbox holds, in a Maildir of Dovecot."""

import base64
import csv
import io
from collections.abc import Iterator
from email.message import EmailMessage
from email.policy import SMTP
from pathlib import Path
from random import Random

MAILBOX = "applicant@mail.test"
SIZES = {"small": 6_000, "big": 55_000}
_SEED = 11
_UNITS = 5_000  # nobody asks a unit for more than two things
_SUBJECTS = (
    "道路养护合同",
    "预算执行情况",
    "低保资金名册",
    "环境监测月报",
    "学区划分材料",
    "食品抽检结果",
    "招标文件",
    "会议纪要",
)
_SAYINGS = (
    "您好，您申请的信息属于可以公开的范围，现提供给您，请查收附件。",
    "经检索，本机关未制作、未获取该信息，该政府信息不存在。",
    "您好，来信收悉，已登记，将在20个工作日内答复。",
    "该信息不属于本机关负责公开，建议您向市财政局申请公开。",
    "早就在网站上公布了，自己下载就好。",
    "这个不能公开，涉及商业秘密，企业不同意。",
)
_FILLING = "各位读者，本期介绍春季花卉的养护要点和本周的天气情况，欢迎来信交流您的经验和建议。"


def requests_csv(count: int) -> str:
    """As many open requests from one mailbox, in the columns of `tracker import requests`."""
    out = io.StringIO()
    writer = csv.writer(out)
    writer.writerow(
        ("reference", "kind", "unit", "applicant", "to", "subject", "message_id", "sent_at", "body")
    )
    for n in range(count):
        writer.writerow(_request(n))
    return out.getvalue()


def _request(n: int) -> tuple[str, ...]:
    unit = n % _UNITS
    title = _title(n)
    body = f"单位{unit}：\n现申请公开{title}，请以电子邮件方式提供，谢谢。\n申请人：陈示例"
    return (
        f"B{n:06}", "disclosure", f"示例市第{unit}号单位", f"陈示例 <{MAILBOX}>", f"office{unit}@unit{unit}.test",
        f"政府信息公开申请：{title}", f"<{n}@mail.test>", "2026-03-02T09:00:00+08:00", body,
    )  # fmt: skip


def _title(n: int) -> str:
    return f"示例市{2000 + n % 25}年度第{n}号{_SUBJECTS[n % len(_SUBJECTS)]}"


def fill(maildir: Path, count: int, size: int, requests: int) -> None:
    """Write letters straight into `new/`: a fifth answers in a thread, a fifth names a title, the rest is private."""
    for n, raw in enumerate(letters(count, size, requests)):
        (maildir / "new" / f"{1_770_000_000 + n}.M{n}.bench").write_bytes(raw)


def letters(count: int, size: int, requests: int) -> Iterator[bytes]:
    chance = Random(_SEED)
    for n in range(count):
        yield _letter(chance, n, size, requests)


def _letter(chance: Random, n: int, size: int, requests: int) -> bytes:
    asked = chance.randrange(requests)
    mail = EmailMessage(policy=SMTP)
    mail["Message-ID"] = f"<in{n}@unit.test>"
    mail["Date"] = "Mon, 16 Mar 2026 10:00:00 +0800"
    mail["To"] = MAILBOX
    answers = n % 5
    if answers == 0:
        mail["In-Reply-To"] = f"<{asked}@mail.test>"
        mail["From"] = f"office{asked % _UNITS}@unit{asked % _UNITS}.test"
        mail["Subject"] = f"回复：政府信息公开申请：{_title(asked)}"
        text = chance.choice(_SAYINGS)
    elif answers == 1:
        mail["From"] = f"office{asked % _UNITS}@unit{asked % _UNITS}.test"
        mail["Subject"] = "关于您申请的答复"
        text = f"您申请公开的“{_title(asked)}”，答复如下：{chance.choice(_SAYINGS)}"
    else:
        mail["From"] = f"news{n % 97}@club.example"
        mail["Subject"] = f"读者来信第{n}期"
        text = _FILLING
    charset = "gb2312" if n % 3 == 0 else "utf-8"
    paragraphs = "\n".join([text, *[_FILLING] * (1_200 // len(_FILLING) // (2 if charset == "utf-8" else 1))])
    mail.set_content(
        paragraphs, charset="gb18030" if charset == "gb2312" else charset, cte="base64" if n % 2 else "8bit"
    )
    mail.add_alternative(
        f"<html><body><p>{paragraphs}</p></body></html>".replace("\n", "</p><p>"), subtype="html"
    )
    raw = mail.as_bytes()
    if size > len(raw) + 2_000:
        _attach(mail, (size - len(raw)) * 3 // 4, text)
        raw = mail.as_bytes()
    return raw


def _attach(mail: EmailMessage, size: int, text: str) -> None:
    table = (f"{text}\r\n" + "序号,名称,金额\r\n" * 2_000).encode("gb18030")[: min(size, 30_000)]
    mail.add_attachment(table, maintype="text", subtype="plain", filename="附件.txt")
    if size > 32_000:
        noise = base64.b85encode(Random(_SEED).randbytes((size - 31_000) * 4 // 5))
        mail.add_attachment(noise, maintype="application", subtype="octet-stream", filename="附件.bin")
