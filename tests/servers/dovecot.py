"""A real Dovecot with its own configuration, as an ordinary user, for one test.

    with Dovecot({"chen@mail.test": "secret"}) as dovecot:
        dovecot.deliver("chen@mail.test", b"Subject: ...")   # as if it had just arrived
        ... 127.0.0.1, dovecot.imap_port, dovecot.imaps_port, dovecot.lmtp_port

Its folder is not pytest's: that one is closed to other users and too long for sockets.
"""

import imaplib
import os
import re
import shutil
import signal
import subprocess
import tempfile
import time
from collections.abc import Mapping
from datetime import datetime
from pathlib import Path
from typing import Self

from imapclient.imap_utf7 import encode as encode_utf7

from tests.servers.ports import HOST, free_port, listens, make_certificate, until

_AS_NOBODY = ["setpriv", "--reuid=nobody", "--regid=nogroup", "--clear-groups"]
_SYSTEM_FOLDERS = "/usr/local/sbin:/usr/sbin:/sbin"
JUNK_BY_FLAG = "Gefiltert"  # a name nobody would guess: only its flag says what it is

_CONFIGURATION = """
protocols = imap lmtp
listen = 127.0.0.1
base_dir = {root}/run
state_dir = {root}/state
log_path = {root}/dovecot.log
default_internal_user = {user}
default_internal_group = {group}
default_login_user = {user}
first_valid_uid = 1
first_valid_gid = 1
mail_location = maildir:~/Maildir
disable_plaintext_auth = no
auth_failure_delay = 0
ssl = yes
ssl_cert = <{root}/certificate.pem
ssl_key = <{root}/key.pem
passdb {{
  driver = passwd-file
  args = scheme=PLAIN username_format=%u {root}/users
}}
userdb {{
  driver = static
  args = uid={user} gid={group} home={root}/mail/%u
}}
namespace inbox {{
  inbox = yes
  mailbox {junk} {{
    special_use = \\Junk
  }}
}}
service anvil {{
  chroot =
}}
service stats {{
  chroot =
}}
service imap-login {{
  chroot =
  inet_listener imap {{
    port = {imap_port}
  }}
  inet_listener imaps {{
    port = {imaps_port}
    ssl = yes
  }}
}}
service lmtp {{
  chroot =
  inet_listener lmtp {{
    port = {lmtp_port}
  }}
}}
"""


class Dovecot:
    """`users`: name -> password. `kill` and `start` again keep ports and mail."""

    def __init__(self, users: Mapping[str, str]) -> None:
        self._passwords = dict(users)
        self._delivered = 0
        self.imap_port, self.imaps_port, self.lmtp_port = free_port(), free_port(), free_port()

    def __enter__(self) -> Self:
        self._root = Path(tempfile.mkdtemp(prefix="dovecot-"))
        self._root.chmod(0o755)
        self.certificate, _key = make_certificate(self._root)
        lines = [f"{user}:{{PLAIN}}{password}" for user, password in self._passwords.items()]
        (self._root / "users").write_text("\n".join(lines) + "\n")
        for user in self._passwords:
            for part in ("cur", "new", "tmp"):
                (self.maildir(user) / part).mkdir(parents=True)
        self._configure()
        try:
            self.start()
        except RuntimeError:  # another process may have taken a port in between
            self.imap_port, self.imaps_port, self.lmtp_port = free_port(), free_port(), free_port()
            self._configure()
            self.start()
        return self

    def __exit__(self, *_: object) -> None:
        self.kill()
        shutil.rmtree(self._root, ignore_errors=True)

    def start(self) -> None:
        dovecot = shutil.which("dovecot", path=f"{os.environ['PATH']}:{_SYSTEM_FOLDERS}") or "dovecot"
        prefix = _AS_NOBODY if os.geteuid() == 0 else []
        self._server = subprocess.Popen(
            [*prefix, dovecot, "-F", "-c", str(self._root / "dovecot.conf")],
            start_new_session=True,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL,
            stderr=(self._root / "stderr").open("w"),
        )
        ended_or_up = until(lambda: self._server.poll() is not None or listens(self.imap_port))
        if not ended_or_up or self._server.poll() is not None:
            self.kill()
            raise RuntimeError("dovecot did not start:\n" + self.log())

    def kill(self) -> None:
        """All of it at once, without a goodbye to its clients."""
        if self._server.poll() is None:
            os.killpg(self._server.pid, signal.SIGKILL)
        self._server.wait()

    def log(self) -> str:
        files = [self._root / "stderr", self._root / "dovecot.log"]
        return "\n".join(file.read_text() for file in files if file.exists())

    def maildir(self, user: str, folder: str = "INBOX") -> Path:
        root = self._root / "mail" / user / "Maildir"
        return root if folder == "INBOX" else root / f".{encode_utf7(folder).decode()}"

    def deliver(
        self, user: str, raw: bytes, when: datetime | None = None, folder: str = "INBOX", flags: str = ""
    ) -> Path:
        """Rename a letter into place; `when` becomes its INTERNALDATE; `flags` as in maildir ("S": seen)."""
        self._delivered += 1
        maildir = self.maildir(user, folder)
        name = f"{time.time():.6f}.M{self._delivered:06}.mail.test"
        written = maildir / "tmp" / name
        written.write_bytes(raw)
        if when is not None:
            os.utime(written, (when.timestamp(), when.timestamp()))
        self._give_away(written)
        final = maildir / "cur" / f"{name}:2,{flags}" if flags else maildir / "new" / name
        written.rename(final)
        return final

    def create_folder(self, user: str, folder: str) -> None:
        with imaplib.IMAP4(HOST, self.imap_port) as client:
            client.login(user, self._passwords[user])
            client.create('"' + encode_utf7(folder).decode() + '"')

    def flags(self, user: str, folder: str = "INBOX") -> dict[int, bytes]:
        """UID -> FLAGS as another client sees them."""
        with imaplib.IMAP4(HOST, self.imap_port) as client:
            client.login(user, self._passwords[user])
            client.select(folder, readonly=True)
            _ok, lines = client.uid("FETCH", "1:*", "(FLAGS)")
        found = (re.search(rb"UID (\d+).*FLAGS \(([^)]*)\)", line) for line in lines if line)
        return {int(match[1]): match[2] for match in found if match}

    def renumber(self, user: str, folder: str = "INBOX") -> None:
        """Do what a wiped index does, for sure: another UIDVALIDITY, UIDs counted from 1 again."""
        maildir = self.maildir(user, folder)
        for index in maildir.glob("dovecot.index*"):
            index.unlink()
        uids = maildir / "dovecot-uidlist"
        header = uids.read_text().splitlines()[0]
        header = re.sub(r"V(\d+)", lambda match: f"V{int(match[1]) + 1}", header)
        uids.write_text(re.sub(r"N\d+", "N1", header) + "\n")
        self._give_away(uids)

    def _configure(self) -> None:
        user, group = ("nobody", "nogroup") if os.geteuid() == 0 else _own_names()
        text = _CONFIGURATION.format(
            root=self._root,
            user=user,
            group=group,
            junk=JUNK_BY_FLAG,
            imap_port=self.imap_port,
            imaps_port=self.imaps_port,
            lmtp_port=self.lmtp_port,
        )
        (self._root / "dovecot.conf").write_text(text)
        self._give_away(self._root)
        for path in self._root.rglob("*"):
            self._give_away(path)

    def _give_away(self, path: Path) -> None:
        if os.geteuid() == 0:
            shutil.chown(path, "nobody", "nogroup")


def _own_names() -> tuple[str, str]:
    import grp
    import pwd

    return pwd.getpwuid(os.geteuid()).pw_name, grp.getgrgid(os.getegid()).gr_name
