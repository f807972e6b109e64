"""The text of an attached document, read by a worker process that may hang, bloat or die alone."""

import json
import os
import subprocess
import sys
import threading
from contextlib import suppress
from importlib.util import find_spec

from tracker.adapters.reading.forms import Form, form_of
from tracker.adapters.reading.pages import Reading
from tracker.domain.message import Attachment

SECONDS_PER_DOCUMENT = 20.0
SECONDS_PER_SCAN = 120.0
MAX_BYTES = 30_000_000
_MAX_ANSWER = 4_000_000  # bytes: MAX_TEXT characters, every one escaped
_OCR_PACKAGES = ("rapidocr", "onnxruntime", "pypdfium2")
# The worker opens files strangers sent: it inherits no password from our environment.
_KEPT_VARIABLES = ("PATH", "PYTHONPATH", "SYSTEMROOT", "TEMP", "TMP", "LD_LIBRARY_PATH", "VIRTUAL_ENV")
# Each thread takes address space, which is limited, and a large machine would start dozens.
_FEW_THREADS = dict.fromkeys(("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "OPENCV_FOR_THREADS_NUM"), "1") | {
    "MALLOC_ARENA_MAX": "2"
}


def read_text(attachment: Attachment) -> str | None:
    """The text of a PDF, OFD, Word, Excel, RTF, text or HTML file, or of a zip of them.

    None if it has none (a scan), if it cannot be read (torn, encrypted, too large, another
    form) or if reading it took too long. What it is, its bytes decide, not its name.
    """
    return _read(attachment).text


def is_scan(attachment: Attachment) -> bool:
    """Whether its text is in pictures: an image, a PDF or OFD without text, a zip of nothing but these."""
    return form_of(attachment.raw) is Form.PICTURE or _read(attachment).is_scan


def has_seal(attachment: Attachment) -> bool:
    """Whether a PDF or OFD names an electronic signature or seal; whether it is valid is not asked."""
    return _read(attachment).has_seal


def has_ocr() -> bool:
    """Whether the extra `ocr` is installed."""
    return all(find_spec(name) is not None for name in _OCR_PACKAGES)


def read_scan(attachment: Attachment) -> str | None:
    """The text of a scan's first ten pages by OCR; slow: seconds a page, two minutes at most.

    None without the extra `ocr`, if nothing is legible, or if it cannot be read.
    """
    if not has_ocr() or len(attachment.raw) > MAX_BYTES:
        return None
    with _ocr_lock:  # one at a time: each takes a gigabyte
        worker = _Worker("tracker.adapters.documents_scan_worker")
        try:
            return worker.read(attachment.raw, SECONDS_PER_SCAN).text
        finally:
            worker.stop()


def _read(attachment: Attachment) -> Reading:
    if form_of(attachment.raw) in (None, Form.PICTURE) or len(attachment.raw) > MAX_BYTES:
        return Reading(None)
    with _lock:
        return _worker.read(attachment.raw, SECONDS_PER_DOCUMENT)


class _Worker:
    """One warm worker for many documents, started when first needed and again when it died."""

    def __init__(self, module: str = "tracker.adapters.documents_worker") -> None:
        self._module = module
        self._process: subprocess.Popen[bytes] | None = None

    def read(self, raw: bytes, seconds: float) -> Reading:
        process = self._running()
        timer = threading.Timer(seconds, process.kill)
        timer.start()
        try:
            return _ask(process, raw)
        except (OSError, ValueError):  # it was killed, or died in the middle of an answer
            self._discard(process)
            return Reading(None)
        finally:
            timer.cancel()

    def stop(self) -> None:
        if self._process is not None:
            self._discard(self._process)

    def _running(self) -> subprocess.Popen[bytes]:
        if self._process is None or self._process.poll() is not None:
            self._process = subprocess.Popen(
                [sys.executable, "-m", self._module],
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                stderr=subprocess.DEVNULL,
                env=_FEW_THREADS | {name: os.environ[name] for name in _KEPT_VARIABLES if name in os.environ},
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


def _ask(process: subprocess.Popen[bytes], raw: bytes) -> Reading:
    assert process.stdin is not None
    assert process.stdout is not None
    process.stdin.write(b"%d\n" % len(raw) + raw)
    process.stdin.flush()
    return Reading(**json.loads(process.stdout.readline(_MAX_ANSWER)))


_worker = _Worker()
_lock = threading.Lock()
_ocr_lock = threading.Lock()
