"""Reads scans strangers sent, as `documents_worker` reads documents; slow, large and last in line for the cores."""

import os

from tracker.adapters.documents_worker import serve
from tracker.adapters.reading.pages import Reading

_MEMORY = 2 << 30  # bytes of address space
_PROCESSOR_SECONDS = 300  # of two cores
_NICENESS = 10


def main() -> None:
    if hasattr(os, "nice"):
        os.nice(_NICENESS)
    serve(_read, memory=_MEMORY, processor_seconds=_PROCESSOR_SECONDS)


def _read(raw: bytes) -> Reading:
    from tracker.adapters.reading.scans import read_scans  # only now do the limits hold

    return Reading(read_scans(raw))


if __name__ == "__main__":
    main()
