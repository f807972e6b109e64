"""Questions at a terminal that nobody answers: Ctrl-D and Ctrl-C are one line and no traceback."""

import os
import pty
import signal
import subprocess
import sys
from pathlib import Path
from select import select

import pytest

from tests.cli.conftest import Desk, environment

ENDED = "The input ended before the answer came: run the command again at a terminal."
ADD = ["account", "add", "chen", "--role", "lead"]
LOGIN = ["recipe", "login", "city-portal", "--applicant", "A01", "--user", "chen"]


def _listen() -> None:
    """In the child: the terminal becomes the session's own, and Ctrl-C is heard even if whoever ran the tests ignores it."""
    os.close(os.open(os.ttyname(0), os.O_RDWR))
    signal.signal(signal.SIGINT, signal.SIG_DFL)


def at_terminal(folder: Path, words: list[str], key: bytes) -> tuple[int, str]:
    """The command at a terminal of its own, where `key` is pressed once it has asked."""
    mine, its = pty.openpty()
    process = subprocess.Popen(
        [sys.executable, "-m", "tracker", *words],
        cwd=folder,
        env=environment({"TRACKER_LANG": "en"}),
        stdin=its,
        stdout=its,
        stderr=its,
        start_new_session=True,
        preexec_fn=_listen,
    )
    os.close(its)
    said = b""
    while b"assword" not in said:
        said += os.read(mine, 1000)
    os.write(mine, key)
    try:
        while True:
            if select([mine], [], [], 2)[0]:
                said += os.read(mine, 1000)
            else:
                os.write(mine, key)  # lost, if it came before the terminal was made ready for the answer
    except OSError:  # the other side is gone
        pass
    os.close(mine)
    return process.wait(30), said.decode()


@pytest.mark.parametrize("words", [ADD, LOGIN], ids=["account", "recipe"])
@pytest.mark.parametrize(
    ("key", "code", "sentence"),
    [(b"\x04", 1, ENDED), (b"\x03", 130, "Interrupted.")],
    ids=["Ctrl-D", "Ctrl-C"],
)
def test_a_password_that_is_not_given_is_one_message(planned: Desk, words, key, code, sentence):
    before = planned.dump()
    found, said = at_terminal(planned.folder, words, key)
    assert (found, "Traceback" in said) == (code, False), said
    assert said.rstrip().endswith(sentence)
    assert planned.dump() == before


def test_the_end_of_input_at_a_password_is_one_message(planned: Desk):
    done = subprocess.run(
        [sys.executable, "-m", "tracker", *LOGIN],
        cwd=planned.folder,
        env=environment({"TRACKER_LANG": "en"}),
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        start_new_session=True,  # without a terminal
    )
    assert (done.returncode, done.stdout) == (1, "")
    assert done.stderr.splitlines()[-1] == ENDED
    assert "Traceback" not in done.stderr
