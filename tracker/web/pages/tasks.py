"""What waits for a person: submissions by hand, captchas, unsettled sends, post and fax; logging a contact."""

import tempfile
from collections import Counter
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from datetime import date, datetime
from pathlib import Path

from starlette.responses import Response

from tracker.domain.terms import SHANGHAI, MessageKind, Outcome, RequestKind, outcomes_of
from tracker.errors import UserError
from tracker.i18n import _
from tracker.services.accounts import Role, Visit
from tracker.services.asks import answer_ask, open_asks, picture_of
from tracker.services.case import is_blind_anywhere, note_identity_seen
from tracker.services.contacts import (
    MEDIA,
    Receipt,
    record_closed_channel,
    record_contact,
    record_correction,
    record_look,
    record_signature,
    record_submission,
)
from tracker.services.pen import held_messages
from tracker.services.queue import counts_of
from tracker.services.rounds import find_request
from tracker.services.settle import settle
from tracker.services.standings import refresh_newer
from tracker.services.task_kinds import Task, TaskKind
from tracker.services.tasks import count_doubtful, named_task, standing_tasks, submission_fields, with_units
from tracker.store.database import reading
from tracker.web.desk import AT_WORK, EVERYBODY, Call, Desk, Entry, go_to

PER_PAGE = 100
# What these tasks are about follows from what a message was read as.
_TELLING = (
    TaskKind.ANSWER_UNIT, TaskKind.SECOND_CHANNEL, TaskKind.LOOK_UP, TaskKind.SIGNATURE,
)  # fmt: skip


def tasks(call: Call) -> Response:
    found = visible_tasks(call.desk, call.visit)
    wanted = call.query("kind")
    shown = [task for task in found if not wanted or task.kind == wanted]
    kinds = Counter(task.kind for task in found)
    page, name = call.page_number(), call.round_name()
    with reading(call.workspace.engine) as session:
        stages, held = counts_of(session, name), held_messages(session, start=0, most=0)[1]
        # how a machine read is nothing to be told before the own vote
        doubtful = None if is_blind_anywhere(session, call.visit.role) else count_doubtful(session)
        on_page = with_units(session, shown[(page - 1) * PER_PAGE : page * PER_PAGE])
    return call.show(
        "tasks.html",
        tasks=on_page,
        count=len(shown),
        kinds={kind: kinds[kind] for kind in TaskKind if kinds[kind]},
        page=page,
        pages=-(-len(shown) // PER_PAGE),
        stages=stages,
        held=held,
        doubtful=doubtful,
    )


def visible_tasks(desk: Desk, visit: Visit) -> list[Task]:
    """Oldest first, without units; of blind rounds a reviewer is shown none that follows from a reading."""
    now = desk.clock()
    refresh_newer(desk.workspace, now)
    with reading(desk.workspace.engine) as session:
        is_blind = is_blind_anywhere(session, visit.role)
        found = standing_tasks(session, desk.workspace, now)
    return [task for task in found if not (is_blind and task.kind in _TELLING)]


def one_task(call: Call) -> Response:
    named, fields = named_task(visible_tasks(call.desk, call.visit), call.path("task")), {}
    with reading(call.workspace.engine) as session:
        (task,) = with_units(session, [named])
    if task.kind is TaskKind.SUBMIT and call.visit.role is Role.LEAD:
        with reading(call.workspace.engine) as session:
            fields = submission_fields(session, call.workspace, task.subject)
        note_identity_seen(call.workspace, call.visit, "submission", call.desk.clock(), request=task.subject)
    return call.show("task.html", task=task, fields=fields)


def picture(call: Call) -> Response:
    """What a form shows that only a person can read."""
    with reading(call.workspace.engine) as session:
        found = picture_of(session, int(call.path("ask")))
    return Response(found, media_type="image/png" if found.startswith(b"\x89PNG") else "image/jpeg")


def asks(call: Call) -> Response:
    with reading(call.workspace.engine) as session:
        waiting = open_asks(session, call.desk.clock())
    return call.show("asks.html", asks=waiting)


def post_ask(call: Call) -> Response:
    answer = call.text("answer")
    is_taken = bool(answer) and answer_ask(
        call.workspace, call.path("reference"), answer, call.visit.actor, call.desk.clock()
    )
    return go_to("/asks", "answered" if is_taken else "too_late")


def post_task(call: Call) -> Response:
    now, actor, workspace = call.desk.clock(), call.visit.actor, call.workspace
    task = named_task(visible_tasks(call.desk, call.visit), call.path("task"))
    reference, at = task.subject, _moment(call.text("at"), now)
    with _proof(call) as proof:
        if task.kind is TaskKind.LOOK_UP:
            record_look(workspace, reference, at, actor, now, proof)
        elif task.kind is TaskKind.ANSWER_UNIT:
            record_correction(workspace, reference, at, actor, now, proof)
        elif task.kind is TaskKind.SETTLE:
            settle(workspace, reference, call.text("sent") == "yes", call.text("reason"), actor, now)
        elif task.kind is TaskKind.SIGNATURE:
            record_signature(workspace, reference, _day(call.text("signed_on")), actor, now, proof)
        elif task.kind is TaskKind.SUBMIT and call.text("failed"):
            record_closed_channel(workspace, reference, at, call.text("failed"), actor, now, proof)
        elif task.kind is TaskKind.SUBMIT:
            receipt = Receipt(call.text("receipt_no"), call.text("query_code"), call.text("query_password"))
            received = _day(call.text("received_on")) if call.text("received_on") else None
            record_submission(
                workspace, reference, at, actor, now, received_on=received, receipt=receipt, proof=proof
            )
        else:
            raise UserError(_("{task}: this task is not done here.").format(task=task.task_id))
    return go_to("/tasks", "task")


def contact_page(call: Call) -> Response:
    return _show_contact(call, {})


def _show_contact(call: Call, faults: Mapping[str, str]) -> Response:
    """`faults`: field -> what is wrong there; what was entered stays."""
    with reading(call.workspace.engine) as session:
        request = find_request(session, call.path("reference"))
    return call.show(
        "contact.html",
        422 if faults else 200,
        request_row=request,
        media=MEDIA,
        kinds=list(MessageKind),
        outcomes=[one for one in Outcome if one in outcomes_of(RequestKind(request.kind))],
        entered={name: call.text(name) for name in ("medium", "kind", "outcome", "at", "note")},
        faults=faults,
    )


def post_contact(call: Call) -> Response:
    now, reference = call.desk.clock(), call.path("reference")
    medium, kind, outcome = call.text("medium"), call.text("kind"), call.text("outcome")
    if faults := _contact_faults(medium, kind, outcome):
        return _show_contact(call, faults)
    with _proof(call) as proof:
        record_contact(
            call.workspace,
            reference,
            medium,
            MessageKind(kind),
            Outcome(outcome) if outcome else None,
            _moment(call.text("at"), now),
            call.visit.actor,
            now,
            note=call.text("note"),
            proof=proof,
        )
    return go_to(f"/requests/{reference}", "contact")


def _contact_faults(medium: str, kind: str, outcome: str) -> dict[str, str]:
    """Nothing is taken for granted: whoever logs a contact says what it was."""
    faults = {}
    if medium not in MEDIA:
        faults["medium"] = _("Choose how it came.")
    if kind not in list(MessageKind):
        faults["kind"] = _("Choose what it was.")
    if outcome not in (list(Outcome) if kind == MessageKind.REPLY else ["", *Outcome]):
        faults["outcome"] = _("Choose what the reply decides.")
    return faults


def _moment(text: str, now: datetime) -> datetime:
    """Wall time in Shanghai as a browser's own field gives it; empty: now."""
    if not text:
        return now
    try:
        return datetime.fromisoformat(text).replace(tzinfo=SHANGHAI)
    except ValueError:
        raise UserError(_("{text}: write a date and a time.").format(text=text)) from None


def _day(text: str) -> date:
    try:
        return date.fromisoformat(text)
    except ValueError:
        raise UserError(_("{text}: write a date.").format(text=text)) from None


@contextmanager
def _proof(call: Call) -> Iterator[Path | None]:
    """An uploaded proof as a file, gone afterwards: the evidence store keeps its own copy."""
    raw = call.upload("proof")
    if raw is None:
        yield None
        return
    with tempfile.NamedTemporaryFile(prefix="tracker-proof-") as file:
        file.write(raw)
        file.flush()
        yield Path(file.name)


ENTRIES = (
    Entry("GET", "/tasks", tasks, EVERYBODY),
    Entry("GET", "/tasks/{task:path}", one_task, AT_WORK),
    Entry("POST", "/tasks/{task:path}", post_task, AT_WORK),
    Entry("GET", "/asks", asks, AT_WORK),
    Entry("GET", "/asks/{ask:int}/picture", picture, AT_WORK),
    Entry("POST", "/asks/{reference}", post_ask, AT_WORK),
    Entry("GET", "/requests/{reference}/contact", contact_page, AT_WORK),
    Entry("POST", "/requests/{reference}/contact", post_contact, AT_WORK),
)
