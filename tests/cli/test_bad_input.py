"""What people get wrong: one clear line that says what, where and what to do; exit 1; nothing changed."""

import os
import shutil
import sqlite3
import subprocess
import sys
from ast import literal_eval
from contextlib import closing
from datetime import datetime
from pathlib import Path

import pytest

from tests.cli.conftest import Desk, environment, run
from tracker.adapters.mounts import unsafe_folder
from tracker.domain.terms import SHANGHAI
from tracker.rehearsal.servers import RehearsalServers

# --- the roster ------------------------------------------------------------------------------------------


def test_a_unit_code_that_stands_twice(desk: Desk):
    desk.change("units.csv", "YS-0201", "YS-0101")
    assert desk.refused("plan") == (
        'units.csv:4: unit_code "YS-0101" stands in line 2 already: give each its own, or remove one row.\n'
    )


def test_an_email_channel_without_an_address(desk: Desk):
    desk.change(
        "channels.csv", "jiaoyu,disclosure,email,yes,jiaoyu@yunzhou.test", "jiaoyu,disclosure,email,yes,"
    )
    assert desk.refused("plan") == (
        'channels.csv:7: unit "jiaoyu" has no e-mail address but its channel is email: '
        "enter the address, or write no under announced.\n"
    )


def test_a_channel_nobody_knows(desk: Desk):
    desk.change("channels.csv", "shuiwu,consultation,phone", "shuiwu,consultation,pigeon")
    assert desk.refused("plan") == (
        'channels.csv:10: unknown channel "pigeon": '
        "write one of email, web_form, post, fax, phone, in_person.\n"
    )


def test_every_fault_of_a_file_is_named_at_once(desk: Desk):
    desk.change("channels.csv", "shuiwu,consultation,phone", "shuiwu,consultation,pigeon")
    desk.change("channels.csv", "dangan,disclosure", "archiv,disclosure")
    assert [line.split(" ")[0] for line in desk.refused_here("plan").splitlines()] == [
        "channels.csv:10:",
        "channels.csv:13:",
    ]


def test_a_roster_saved_as_gbk(desk: Desk):
    desk.write("units.csv", (desk.folder / "units.csv").read_text(encoding="utf-8").encode("gbk"))
    assert desk.refused("plan") == (
        "units.csv:2: not UTF-8 (looks like GBK): save as UTF-8 (CSV UTF-8 in Excel).\n"
    )


def test_a_roster_file_that_is_not_there(desk: Desk):
    (desk.folder / "units.csv").unlink()
    assert desk.refused_here("plan") == (
        f"{desk.folder}/units.csv: cannot be read (No such file or directory): create it, or correct the path.\n"
    )


def test_a_window_too_small_for_the_round(desk: Desk):
    desk.change("round.toml", "ends_on = 2026-12-18", "ends_on = 2026-12-07")
    desk.change("round.toml", 'sends_until = "17:00"', 'sends_until = "09:10"')
    said = desk.refused_here("plan")
    assert said.startswith("sample-2026: cannot be planned: only ")
    assert said.endswith("lengthen the window, raise the caps or add applicants.\n")


def test_a_wrong_entry_of_the_round(desk: Desk):
    desk.change("round.toml", "starts_on = 2026-12-07", "starts_on = 2026-12-27")
    assert desk.refused("plan") == ("round.toml: ends_on = 2026-12-18: it must not be before starts_on.\n")


def test_a_question_for_a_group_that_no_unit_is_of(desk: Desk):
    desk.change("questions.csv", ",county", ",countyy")
    line = next(
        number
        for number, text in enumerate((desk.folder / "questions.csv").read_text("utf-8").splitlines(), 1)
        if "countyy" in text
    )
    assert desk.refused_here("plan") == (
        f'questions.csv:{line}: no unit is of the group "countyy": correct it, or leave it empty to ask '
        "every unit.\n"
    )


def test_a_window_that_is_past(desk: Desk):
    desk.now = datetime(2026, 12, 21, 9, tzinfo=SHANGHAI)
    assert desk.refused_here("plan") == (
        "sample-2026: cannot be planned: its window is past, it ended on 2026-12-18: enter later days for "
        "starts_on and ends_on in round.toml.\n"
    )


def test_a_live_round_is_not_approved_without_its_mailboxes(planned: Desk):
    planned.change("tracker.toml", 'mode = "rehearsal"', 'mode = "live"')
    asking = planned.rows(
        "SELECT DISTINCT mailbox FROM applicant JOIN request ON code = applicant ORDER BY 1"
    )
    # the sample's tracker.toml has the first one
    missing = ", ".join(mailbox for (mailbox,) in asking if mailbox != "a01@applicants.test")
    assert planned.refused_here("approve", "--authorisation", "123") == (
        f"A live round needs an [[account]] in tracker.toml for each mailbox; missing: {missing}\n"
    )


def test_two_applicants_with_one_mailbox_under_two_codes(approved: Desk):
    (code,) = approved.rows("SELECT applicant FROM request LIMIT 1")[0]
    approved.change("applicants.csv", f"{code},", "B01,")
    assert approved.refused_here("plan") == (
        f"applicants.csv: the mailbox of B01 is that of {code} already: use one code.\n"
    )


# --- templates -------------------------------------------------------------------------------------------


def test_a_template_with_a_variable_nobody_knows(desk: Desk):
    template = desk.write(
        "templates/disclosure.txt.j2", "Subject: 申请\n\n{{ unit_name }}：\n\n{{ identity_no }}\n"
    )
    assert desk.refused("plan") == f'{template}:5: unknown variable "identity_no": correct the template.\n'


@pytest.mark.parametrize(
    ("text", "said"),
    [
        (
            "{{ unit_name }}",
            ":1: the first line must be `Subject: ...`, then a blank line: correct the template.",
        ),
        ("Subject: a\n\n{% if phone %}", ":3: "),
        ("Subject: a\n\n{{ phone | upcase }}", ":3: No filter named 'upcase'.: correct the template."),
        ("Subject: 申请\n\n您好".encode("gbk"), ":1: not UTF-8 (looks like GBK): save as UTF-8"),
    ],
    ids=["no subject", "torn", "unknown filter", "GBK"],
)
def test_a_template_no_letter_can_come_of(desk: Desk, text, said):
    template = desk.write("templates/consultation.txt.j2", text)
    assert desk.refused_here("plan").startswith(f"{template}{said}")


# --- mailboxes -------------------------------------------------------------------------------------------


@pytest.fixture
def mail_servers(approved: Desk):
    """Real servers that know the three applicants; the workspace has a wrong password for the first."""
    mailboxes = [f"a0{n}@applicants.test" for n in (1, 2, 3)]
    with RehearsalServers(
        dict.fromkeys(mailboxes, "right"), lambda *_: None, lambda: approved.now
    ) as servers:
        accounts = "".join(
            f'[[account]]\nmailbox = "{mailbox}"\nimap_host = "127.0.0.1"\nimap_security = "plain"\n'
            f'imap_port = {servers.imap_port}\nsmtp_host = "127.0.0.1"\nsmtp_security = "plain"\n'
            f"smtp_port = {servers.smtp_port}\n"
            for mailbox in mailboxes
        )
        approved.write("tracker.toml", accounts)
        passwords = dict.fromkeys(mailboxes, "right") | {mailboxes[0]: "wrong-4711"}
        secrets = approved.write("passwords.toml", "".join(f'"{k}" = "{v}"\n' for k, v in passwords.items()))
        secrets.chmod(0o600)
        yield servers


@pytest.mark.usefixtures("mail_servers")
def test_check_names_the_mailbox_that_refuses_the_login(approved: Desk):
    before = approved.dump()
    done = approved.run("check", "--json")
    assert done.code == 1
    assert done.talk == "Some checks failed: mend what the table says, then run `tracker check` again.\n"
    failed = {found["subject"]: found["detail"] for found in done.json if found["result"] == "failed"}
    assert set(failed) == {"a01@applicants.test IMAP", "a01@applicants.test SMTP"}
    assert all(failed.values())
    assert "wrong-4711" not in done.out + done.talk
    assert approved.dump() == before


@pytest.mark.usefixtures("mail_servers")
def test_a_tick_names_the_mailbox_that_refuses_the_login_and_serves_the_others(approved: Desk):
    events = approved.rows("SELECT count(*) FROM event")
    done = approved.run("tick", "--json")
    assert done.code == 1
    assert done.json == {"sent": 0, "taken_in": 0}
    assert done.talk.startswith("a01@applicants.test: the mailbox cannot be read: ")
    assert done.talk.endswith(" See `tracker check`.\n")
    assert done.talk.count("\n") == 1
    assert "wrong-4711" not in done.talk
    assert approved.rows("SELECT count(*) FROM event") == events
    seen = approved.rows("SELECT mailbox FROM mailbox_health WHERE last_ok_at IS NOT NULL ORDER BY mailbox")
    assert seen == [("a02@applicants.test",), ("a03@applicants.test",)]


# --- settings, key, database -----------------------------------------------------------------------------


def test_torn_settings(desk: Desk):
    desk.write("tracker.toml", 'mode = "rehearsal"\nlanguage = "zh-CN\n')
    assert desk.refused("status") == (
        f"{desk.folder}/tracker.toml:2: not valid TOML (Illegal character '\\n'): "
        "correct this line or the one before it.\n"
    )


@pytest.mark.parametrize(
    ("settings", "said"),
    [
        ('mode = "real"', 'mode = "real" is not one of rehearsal, pilot, live.'),
        ("mod = 1", "unknown setting mod: correct or remove it."),
        ("poll_seconds = 0", "poll_seconds = 0: a whole number above 0 is needed."),
        ("[account]\nmailbox = 'a@b.test'", "write [[account]] in two brackets, one for each mailbox."),
        (
            "[[account]]\nmailbox = 'a@b.test'",
            "[[account]] no. 1: missing imap_host, smtp_host.",
        ),
        (
            "[[account]]\nmailbox='a@b.test'\nimap_host='h'\nsmtp_hots='h'",
            "[[account]] no. 1: missing smtp_host; unknown smtp_hots.",
        ),
        (
            "[[account]]\nmailbox='a@b.test'\nimap_host='h'\nsmtp_host='h'\nsmtp_hots='h'",
            "[[account]] no. 1: unknown smtp_hots.",
        ),
        (
            "[[account]]\nmailbox='a@b.test'\nimap_host='h'\nsmtp_host='h'\nsmtp_port=114399",
            "smtp_port = 114399: ports end at 65535: correct it.",
        ),
        (
            "[[account]]\nmailbox='a@b.test'\nimap_host='h'\nsmtp_host='h'\nimap_port=65536",
            "imap_port = 65536: ports end at 65535: correct it.",
        ),
        ("[desk]\nport = 99999", "[desk] port = 99999: ports are whole numbers from 1 to 65535."),
        ("[desk]\nport = 0", "[desk] port = 0: ports are whole numbers from 1 to 65535."),
        (
            "[[account]]\nmailbox='a@b.test'\nimap_host='h'\nimap_port='993'\nsmtp_host='h'",
            "imap_port = 993: a whole number above 0 is needed.",
        ),
        (
            "[[account]]\nmailbox='a@b.test'\nimap_host='h'\nsmtp_host='h'\n" * 2,
            "[[account]] no. 2: a@b.test stands there twice: remove one.",
        ),
        (
            "[[account]]\nmailbox='a@b.test'\nimap_host='h'\nsmtp_host='h'\nwatch_from=2026-11-01",
            "watch_from = 2026-11-01: write a date, a time and an offset: 2026-11-01T00:00:00+08:00.",
        ),
    ],
    ids=[
        *(
            "mode",
            "unknown",
            "number",
            "table",
            "missing",
            "misspelt",
            "unknown key",
            "high port",
            "high IMAP port",
        ),
        *("desk's port", "no port", "port", "twice", "naive"),
    ],
)
def test_wrong_settings(desk: Desk, settings, said):
    desk.write("tracker.toml", settings)
    assert desk.refused_here("status") == f"{desk.folder}/tracker.toml: {said}\n"


def test_a_port_to_serve_at_that_is_none(desk: Desk):
    for port in ("99999", "-1"):
        assert desk.refused_here("serve", "--port", port) == (
            f"--port {port}: ports end at 65535: choose another.\n"
        )


def test_a_key_that_others_may_read(planned: Desk):
    (planned.folder / "tracker.key").chmod(0o644)
    key = planned.folder / "tracker.key"
    assert planned.refused("check") == f"{key}: others may read it (mode 644). Run: chmod 600 {key}\n"


def test_a_key_that_is_gone(planned: Desk):
    (planned.folder / "tracker.key").unlink()
    assert planned.refused_here("check") == (
        f"{planned.folder}/tracker.key: no such file. Put it back, or set the environment variable.\n"
    )


OTHER_KEY = {"TRACKER_KEY": "bm90IHRoZSBrZXkgaXQgd2FzIHNlYWxlZCB3aXRoISE="}
WRONG_KEY = (
    "The key does not open the applicants' records: set TRACKER_KEY or tracker.key to the key they were "
    "sealed with.\n"
)


def test_another_key_than_before(planned: Desk):
    assert planned.refused("check", env=OTHER_KEY) == WRONG_KEY


def test_nothing_is_sealed_with_another_key_than_before(planned: Desk, monkeypatch: pytest.MonkeyPatch):
    planned.change("applicants.csv", "A03,", "A04,丁示例,a04@applicants.test,SAMPLE-ID-A04,,,\nA03,")
    monkeypatch.setenv("TRACKER_KEY", OTHER_KEY["TRACKER_KEY"])
    assert planned.refused_here("plan") == WRONG_KEY


def test_a_key_that_is_none(planned: Desk):
    assert planned.refused("check", env={"TRACKER_KEY": "secret"}) == (
        "TRACKER_KEY: not a key. `tracker init` makes one; restore the one this workspace began with.\n"
    )


def test_a_database_that_is_none(desk: Desk):
    for name in ("tracker.db-wal", "tracker.db-shm"):
        (desk.folder / name).unlink(missing_ok=True)
    database = desk.write("tracker.db", b"This is no database. " * 500)
    done = desk.run("status")
    assert (done.code, done.out) == (1, "")
    assert done.talk == (
        f"{database}: damaged (file is not a database): put a backup of the workspace in its place.\n"
    )
    assert database.read_bytes() == b"This is no database. " * 500


def test_a_database_with_a_damaged_page(approved: Desk):
    database = approved.folder / "tracker.db"
    with closing(
        sqlite3.connect(database)
    ) as connection:  # else what is damaged may stand in the log as well
        connection.execute("PRAGMA wal_checkpoint(TRUNCATE)")
    raw = bytearray(database.read_bytes())
    for place in range(4096, len(raw), 4096):
        raw[place : place + 64] = b"\xff" * 64
    database.write_bytes(raw)
    done = approved.run("status")
    assert (done.code, done.out) == (1, "")
    assert done.talk.count("\n") == 1
    assert "malformed" in done.talk


# --- where the workspace is ------------------------------------------------------------------------------


def test_no_workspace_at_all(tmp_path: Path):
    done = run(tmp_path, "status")
    assert (done.code, done.out) == (1, "")
    assert done.talk == (
        f"{tmp_path}: no workspace here or above. Run `tracker init {tmp_path}`, or name one with --workspace.\n"
    )
    assert list(tmp_path.iterdir()) == []


def test_a_workspace_that_is_named_and_not_there(tmp_path: Path):
    done = run(tmp_path, "--workspace", "nowhere", "status")
    assert (done.code, done.out) == (1, "")
    assert done.talk == (
        "nowhere: no workspace: it holds no tracker.toml. Correct --workspace, or run `tracker init`.\n"
    )


def test_the_nearest_workspace_upwards_is_found(planned: Desk):
    below = planned.folder / "notes" / "old"
    below.mkdir(parents=True)
    assert run(below, "status", "--json").json["round"] == "sample-2026"


def test_a_second_workspace_in_the_same_folder(desk: Desk):
    before = desk.dump()
    done = desk.run("init", str(desk.folder))
    assert (done.code, done.talk) == (1, f"{desk.folder}: there is a workspace already.\n")
    assert desk.dump() == before


def test_a_new_workspace_in_a_synchronised_folder(tmp_path: Path):
    folder = tmp_path / "OneDrive - 某某局" / "round"
    done = run(tmp_path, "init", str(folder))
    assert (done.code, done.out) == (1, "")
    assert done.talk == (
        f"{folder}: inside the synchronised folder OneDrive - 某某局: move the workspace to a local folder.\n"
    )
    assert not folder.exists()


def test_a_workspace_that_was_moved_into_a_synchronised_folder(desk: Desk, tmp_path: Path):
    folder = tmp_path / "OneDrive" / "round"
    folder.parent.mkdir()
    desk.folder.rename(folder)
    assert Desk(folder).refused("plan") == (
        f"{folder}: inside the synchronised folder OneDrive: move the workspace to a local folder.\n"
    )


MOUNTS = """\
/dev/sda1 / ext4 rw 0 0
server:/export /srv/nfs nfs4 rw,vers=4.2 0 0
//nas/share /srv/我的\\040盘 cifs rw 0 0
/dev/sdb1 /srv/nfs/local ext4 rw 0 0
"""


@pytest.mark.parametrize(
    ("folder", "kind"),
    [
        ("/srv/nfs", "nfs4"),
        ("/srv/nfs/rounds/2026", "nfs4"),
        ("/srv/我的 盘/2026", "cifs"),
        ("/srv/nfs/local/2026", ""),
        ("/srv/nfs-backup", ""),
        ("/srv/wang/round", ""),
    ],
)
def test_the_deepest_mount_decides_whether_a_folder_is_on_a_network(tmp_path: Path, folder, kind):
    mounts = tmp_path / "mounts"
    mounts.write_text(MOUNTS, encoding="utf-8")
    said = unsafe_folder(Path(folder), mounts)
    assert (f"on a network file system ({kind}): move the workspace to a local disk." in said) == bool(kind)
    assert bool(said) == bool(kind)


# --- rounds, requests, tasks -----------------------------------------------------------------------------


def test_no_round_yet(desk: Desk):
    assert desk.refused("approve") == "There is no round yet. Plan one: `tracker plan round.toml`.\n"


def test_an_unknown_round(planned: Desk):
    assert planned.refused("status", "--round", "yunzhou") == (
        "yunzhou: no such round. There are: sample-2026\n"
    )


def test_two_rounds_and_none_named(planned: Desk):
    planned.change("round.toml", 'name = "sample-2026"', 'name = "sample-2027"')
    planned.call("plan")
    for words in (["approve"], ["status"], ["close"], ["export"]):
        assert (
            planned.refused_here(*words) == "Which round? Name one with --round: sample-2026, sample-2027\n"
        )
    planned.call("approve", "--round", "sample-2027")


def test_nothing_to_approve(approved: Desk):
    assert approved.refused("approve") == "sample-2026: nothing is waiting for approval.\n"


def test_a_live_round_without_its_authorisation(planned: Desk):
    planned.change("tracker.toml", 'mode = "rehearsal"', 'mode = "live"')
    assert planned.refused("approve") == (
        "A live round needs the number of its authorisation: --authorisation NUMBER.\n"
    )


@pytest.mark.parametrize("word", ["2026-02-30", "20.11.2026", "tomorrow", ""])
def test_a_date_that_is_none(desk: Desk, word):
    assert desk.refused_here("deadline", "--kind", "disclosure", "--received", word) == (
        f"{word}: not a date; write 2026-11-24.\n"
    )


def test_a_date_the_calendar_does_not_know(tmp_path: Path):
    done = run(tmp_path, "deadline", "--rules", "uk-foi", "--received", "2035-12-20")
    assert (done.code, done.out) == (1, "")
    assert done.talk == "2036-01-01 is outside the calendar, which covers 2005-01-01 to 2035-12-31.\n"


def test_a_date_on_which_no_version_of_the_rules_was_in_force(tmp_path: Path):
    done = run(tmp_path, "deadline", "--kind", "disclosure", "--received", "1999-01-04")
    assert (done.code, done.out) == (1, "")
    assert done.talk == (
        "received on 1999-01-04, but the rules cn-disclosure hold from 2008-05-01 on: correct the date, "
        "or add a [[version]] to data/rules/cn-disclosure.toml.\n"
    )


def test_an_unknown_request(approved: Desk):
    unknown = "sample-2026-X9: no such request. `tracker status --all` lists them.\n"
    assert approved.refused("record", "sample-2026-X9", "--by", "phone", "--kind", "reply") == unknown
    assert approved.refused_here("explain", "sample-2026-X9") == unknown
    assert approved.refused_here("settle", "sample-2026-X9", "--sent") == unknown


def test_an_unknown_task(approved: Desk):
    assert approved.refused("task", "done", "submit:sample-2026-D0001") == (
        "submit:sample-2026-D0001: no such open task. `tracker task list` shows them.\n"
    )


def test_an_answer_before_anything_was_sent(approved: Desk):
    words = ["record", "sample-2026-D0002", "--by", "phone", "--kind", "acknowledgement"]
    assert approved.refused(*words, "--at", "2026-11-24T09:00") == (
        "sample-2026-D0002: nothing was sent before 2026-11-24 09:00, so nothing can answer it: "
        "check the date and the reference.\n"
    )


def test_an_unknown_message(approved: Desk):
    assert approved.refused("review", "show", "abcdef12") == (
        "abcdef12: no message begins with it. See `tracker review list` and `tracker task list`.\n"
    )


def test_a_file_to_import_that_is_not_there(approved: Desk):
    assert approved.refused("import", "mail", "nowhere.mbox") == "nowhere.mbox: no such file or folder.\n"
    assert approved.refused_here("import", "requests", "nowhere.csv") == (
        "nowhere.csv: cannot be read (No such file or directory): create it, or correct the path.\n"
    )


def test_a_mail_file_to_read_that_is_not_there(tmp_path: Path):
    done = run(tmp_path, "read", "nowhere.eml")
    assert (done.code, done.out) == (1, "")
    assert done.talk == "nowhere.eml: cannot be read (No such file or directory).\n"


# --- a full disk -----------------------------------------------------------------------------------------

FULL_DISK = """
import os, shutil, sqlite3, subprocess, sys
from pathlib import Path
disk = Path(sys.argv[1])
subprocess.run(["mount", "-t", "tmpfs", "-o", "size=2m", "none", disk], check=True)
round_folder, filler = disk / "round", disk / "filler"

def tracker(*words):
    done = subprocess.run([sys.executable, "-m", "tracker", "--lang", "en", "--workspace", round_folder, *words],
                          capture_output=True, text=True)
    return done.returncode, done.stderr

def fill():
    with open(filler, "wb", buffering=0) as file:
        try:
            while file.write(bytes(4096)): pass
        except OSError: pass

def dump():
    connection = sqlite3.connect(round_folder / "tracker.db")
    return list(connection.iterdump()), connection.execute("PRAGMA integrity_check").fetchone()[0]

def kept():
    return sorted(str(path) for path in round_folder.rglob("*") if path.is_file() and ".db-" not in path.name)

def tell(*words):
    print(repr(words), flush=True)

assert tracker("init", str(round_folder))[0] == 0
before = dump(), kept()
fill()
tell("plan on a full disk", *tracker("plan"))
filler.unlink()
tell("unchanged", (dump(), kept()) == before)
tell("plan", tracker("plan")[0])
tell("approve", tracker("approve")[0])
letter = disk / "letter.eml"
letter.write_bytes(b"From: office@city.test\\nTo: a01@applicants.test\\nSubject: x\\n\\n" + b"x" * 60000)
before = dump(), kept()
fill()
tell("import on a full disk", *tracker("import", "mail", str(letter)))
filler.unlink()
tell("unchanged", (dump(), kept()) == before)
tell("import", *tracker("import", "mail", str(letter)))
"""


def private_mounts() -> list[str] | None:
    """How to run a process that may mount what nobody else sees; None where the machine forbids it."""
    unshare = shutil.which("unshare")
    for words in ([unshare, "-m"], [unshare, "-r", "-m"]):
        script = [*words, "sh", "-c", "mount -t tmpfs none /mnt"]
        if unshare and subprocess.run(script, capture_output=True).returncode == 0:
            return words
    return None


def test_a_full_disk_is_said_in_one_line_and_nothing_is_half_written(tmp_path: Path):
    prefix = private_mounts()
    if prefix is None and os.environ.get("CI") != "true":
        pytest.skip("this machine lets nobody mount a small disk: run as root, or allow user namespaces")
    assert prefix, "no private mounts on this machine"
    disk = tmp_path / "disk"
    disk.mkdir()
    done = subprocess.run(
        [*prefix, sys.executable, "-c", FULL_DISK, disk], env=environment(), capture_output=True, text=True
    )
    assert done.returncode == 0, done.stderr
    remedy = "Nothing was lost; free the space or mend the access, then try again.\n"
    assert [literal_eval(line) for line in done.stdout.splitlines()] == [
        ("plan on a full disk", 1, f"{disk}/round: database or disk is full. {remedy}"),
        ("unchanged", True),
        ("plan", 0),
        ("approve", 0),
        ("import on a full disk", 1, f"{disk}/round: No space left on device. {remedy}"),
        ("unchanged", True),
        ("import", 0, "1 messages taken in, 0 known already.\n"),
    ]
