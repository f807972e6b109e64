"""What can wait for a person, and what each such thing is called."""

import re
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum

from tracker.i18n import _


class TaskKind(StrEnum):
    SUBMIT = "submit"  # hand a request in by web form, post, fax, phone or at the counter
    SETTLE = "settle"  # say whether a letter went out
    ANSWER_UNIT = "answer"  # the unit asked for a correction, a fee or papers
    SIGNATURE = "signature"  # look up when the unit signed for a posted letter
    SECOND_CHANNEL = "call"  # silence by e-mail alone proves nothing: ask by phone whether it arrived
    REVIEW = "review"  # confirm or correct the machine's reading
    ASSIGN = "held"  # say whose answer a held message is
    SCAN = "scan"  # read a scan that no machine could read
    ASK = "ask"  # read a captcha or a code for a form that waits
    LOOK_UP = "look"  # look at the page of a request that no machine looks after
    RECIPE = "recipe"  # a platform's recipe failed again and again: mend it, then release its fuse


def task_word(kind: TaskKind) -> str:
    return {
        TaskKind.SUBMIT: _("hand in"),
        TaskKind.SETTLE: _("settle: was it sent?"),
        TaskKind.ANSWER_UNIT: _("answer the unit"),
        TaskKind.SIGNATURE: _("look up when it was signed for"),
        TaskKind.SECOND_CHANNEL: _("ask by phone whether it arrived"),
        TaskKind.REVIEW: _("confirm the reading"),
        TaskKind.ASSIGN: _("say whose answer it is"),
        TaskKind.SCAN: _("read the scan"),
        TaskKind.ASK: _("read what the form asks"),
        TaskKind.LOOK_UP: _("look at the unit's page"),
        TaskKind.RECIPE: _("mend the recipe"),
    }[kind]


@dataclass(frozen=True, slots=True)
class Task:
    kind: TaskKind
    subject: str  # a reference, or reference/sha256, or sha256
    since: datetime
    unit: str = ""
    detail: dict[str, object] = field(default_factory=dict)

    @property
    def task_id(self) -> str:
        subject = re.sub(r"\b([0-9a-f]{12})[0-9a-f]{52}$", r"\1", self.subject)
        return f"{self.kind}:{subject}"
