"""Reads documents strangers sent: a line with a size and the bytes in, a line of JSON out, until stdin ends."""

import json
import logging
import os
import sys
import time
from collections.abc import Callable
from dataclasses import asdict
from typing import BinaryIO

from tracker.adapters.reading.documents import read_document
from tracker.adapters.reading.pages import Reading

MAX_TEXT = 200_000  # characters
_MEMORY = 1 << 30  # bytes of address space
_PROCESSOR_SECONDS = 30


def serve(read: Callable[[bytes], Reading], *, memory: int, processor_seconds: int) -> None:
    """Answer until stdin ends, within limits that hold even if nobody is left to end us.

    `memory` is in bytes of address space, `processor_seconds` is for one document.
    """
    requests = sys.stdin.buffer
    answers = os.fdopen(os.dup(sys.stdout.fileno()), "wb")
    os.dup2(sys.stderr.fileno(), sys.stdout.fileno())  # a library that prints spoils no answer
    logging.disable()
    _limit_memory(memory)
    while line := requests.readline():
        raw = _exactly(requests, int(line))
        _limit_processor(processor_seconds)
        answers.write(json.dumps(asdict(_attempt(read, raw))).encode() + b"\n")
        answers.flush()


def _exactly(stream: BinaryIO, size: int) -> bytes:
    raw = stream.read(size)
    if len(raw) < size:
        sys.exit(1)
    return raw


def _limit_memory(memory: int) -> None:
    if sys.platform != "win32":
        import resource

        resource.setrlimit(resource.RLIMIT_AS, (memory, memory))
        resource.setrlimit(resource.RLIMIT_FSIZE, (0, 0))  # it has no file to write


def _limit_processor(seconds: int) -> None:
    if sys.platform != "win32":
        import resource

        end = int(time.process_time()) + seconds
        resource.setrlimit(resource.RLIMIT_CPU, (end, resource.RLIM_INFINITY))


def _attempt(read: Callable[[bytes], Reading], raw: bytes) -> Reading:
    try:
        reading = read(raw)
    except Exception:  # broken or hostile in a way nobody foresaw: unreadable is an answer
        return Reading(None)
    text = (reading.text or "")[:MAX_TEXT].strip()
    return Reading(text or None, reading.is_scan, reading.has_seal)


if __name__ == "__main__":
    serve(read_document, memory=_MEMORY, processor_seconds=_PROCESSOR_SECONDS)
