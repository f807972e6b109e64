"""The text of an attached document, read by a worker process that may hang, bloat or die alone."""

import json
import os
import subprocess
import sys
import threading
from contextlib import suppress

from tracker.domain.message import Attachment

SECONDS_PER_DOCUMENT = 20.0
MAX_BYTES = 30_000_000
_TEXT_TYPES = ("text/plain", "text/html")
_TEXT_ENDINGS = (".txt", ".htm", ".html")
# The worker opens files strangers sent: it inherits no password from our environment.
_KEPT_VARIABLES = ("PATH", "PYTHONPATH", "SYSTEMROOT", "TEMP", "TMP", "LD_LIBRARY_PATH", "VIRTUAL_ENV")


def read_text(attachment: Attachment) -> str | None:
    """The text of a PDF with a text layer, a DOCX, a text or an HTML file; None if it cannot be read."""
    form = _form_of(attachment)
    if form is None or len(attachment.raw) > MAX_BYTES:
        return None
    with _lock:
        return _worker.read(form, attachment.raw)


def _form_of(attachment: Attachment) -> str | None:
    """The form the bytes have; names and declared types of attachments are often wrong."""
    raw, name = attachment.raw, attachment.name.lower()
    if b"%PDF-" in raw[:1024]:
        return "pdf"
    if raw.startswith(b"PK\x03\x04"):
        return "docx" if b"word/" in raw else None
    if attachment.media_type in _TEXT_TYPES or name.endswith(_TEXT_ENDINGS):
        is_page = attachment.media_type == "text/html" or name.endswith((".htm", ".html"))
        return "html" if is_page else "text"
    return None


class _Worker:
    """One warm worker for many documents, started when first needed and again when it died."""

    def __init__(self) -> None:
        self._process: subprocess.Popen[bytes] | None = None

    def read(self, form: str, raw: bytes) -> str | None:
        process = self._running()
        timer = threading.Timer(SECONDS_PER_DOCUMENT, process.kill)
        timer.start()
        try:
            return _ask(process, form, raw)
        except (OSError, ValueError):  # it was killed, or died in the middle of an answer
            self._discard(process)
            return None
        finally:
            timer.cancel()

    def _running(self) -> subprocess.Popen[bytes]:
        if self._process is None or self._process.poll() is not None:
            self._process = subprocess.Popen(
                [sys.executable, "-m", "tracker.adapters.documents_worker"],
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                stderr=subprocess.DEVNULL,
                env={name: os.environ[name] for name in _KEPT_VARIABLES if name in os.environ},
            )
        return self._process

    def _discard(self, process: subprocess.Popen[bytes]) -> None:
        process.kill()
        process.wait()
        for pipe in (process.stdin, process.stdout):
            with suppress(OSError):
                if pipe is not None:
                    pipe.close()
        self._process = None


def _ask(process: subprocess.Popen[bytes], form: str, raw: bytes) -> str | None:
    assert process.stdin is not None
    assert process.stdout is not None
    process.stdin.write(json.dumps({"form": form, "size": len(raw)}).encode() + b"\n" + raw)
    process.stdin.flush()
    answer = json.loads(process.stdout.readline())
    text = answer["text"]
    return text if isinstance(text, str) else None


_worker = _Worker()
_lock = threading.Lock()
