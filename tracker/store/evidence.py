"""Evidence files by SHA-256: written once, whole, and on the disk before any row names them."""

import ctypes
import hashlib
import os
import sys
import tempfile
from collections.abc import Mapping, Sequence
from datetime import datetime
from pathlib import Path

from sqlalchemy.dialects.sqlite import insert
from sqlmodel import Session, select

from tracker.store.tables import EvidenceRow, RawMessageRow

_WORTH_A_FLUSH = 5  # files


class EvidenceStore:
    def __init__(self, root: Path) -> None:
        self._root = root

    def path(self, sha256: str) -> Path:
        return self._root / sha256[:2] / sha256

    def read(self, sha256: str) -> bytes:
        return self.path(sha256).read_bytes()

    def keep(self, session: Session, raw: bytes, media_type: str, now: datetime) -> str:
        """Keep bytes and return their SHA-256; the same bytes are kept once."""
        sha256 = hashlib.sha256(raw).hexdigest()
        if not self.path(sha256).exists():
            self._write(self.path(sha256), raw)
        session.execute(_INSERT_EVIDENCE, _row(sha256, raw, media_type, now))
        return sha256

    def keep_many(self, session: Session, raws: Sequence[bytes], media_type: str, now: datetime) -> list[str]:
        """Keep the bytes of a whole batch, on the disk by one flush; their SHA-256 in order."""
        hashes = [hashlib.sha256(raw).hexdigest() for raw in raws]
        named = dict(zip(hashes, raws, strict=True))
        fresh = {sha256: raw for sha256, raw in named.items() if not self.path(sha256).exists()}
        self._write_together(fresh)
        if named:
            rows = [_row(sha256, raw, media_type, now) for sha256, raw in named.items()]
            session.execute(_INSERT_EVIDENCE, rows)
        return hashes

    def faults(self, session: Session) -> list[str]:
        """SHA-256 of every kept file that is missing or no longer has the bytes it had."""
        return [row.sha256 for row in session.exec(select(EvidenceRow)) if not self._is_whole(row.sha256)]

    def _is_whole(self, sha256: str) -> bool:
        path = self.path(sha256)
        return path.exists() and hashlib.sha256(path.read_bytes()).hexdigest() == sha256

    def _write_together(self, files: Mapping[str, bytes]) -> None:
        """All under temporary names, flushed, and only then under their own; each alone where that is not had."""
        if len(files) < _WORTH_A_FLUSH:
            for sha256, raw in files.items():
                self._write(self.path(sha256), raw)
            return
        self._root.mkdir(exist_ok=True)
        with tempfile.TemporaryDirectory(dir=self._root) as waiting:
            for sha256, raw in files.items():
                (Path(waiting) / sha256).write_bytes(raw)
            if not _sync_file_system(self._root):
                for sha256, raw in files.items():
                    self._write(self.path(sha256), raw)
                return
            for sha256 in files:
                self.path(sha256).parent.mkdir(exist_ok=True)
                os.replace(Path(waiting) / sha256, self.path(sha256))
        _sync_file_system(self._root)

    def _write(self, path: Path, raw: bytes) -> None:
        path.parent.mkdir(parents=True, exist_ok=True)
        handle, temporary = tempfile.mkstemp(dir=path.parent)
        try:
            with os.fdopen(handle, "wb") as file:
                file.write(raw)
                file.flush()
                os.fsync(file.fileno())
            os.replace(temporary, path)
        except OSError:
            Path(temporary).unlink(missing_ok=True)
            raise
        _sync_folder(path.parent)


_INSERT_EVIDENCE = insert(EvidenceRow.__table__).on_conflict_do_nothing()  # type: ignore[attr-defined]
_INSERT_MESSAGE = insert(RawMessageRow.__table__).on_conflict_do_nothing()  # type: ignore[attr-defined]


def _row(sha256: str, raw: bytes, media_type: str, now: datetime) -> dict[str, object]:
    return {"sha256": sha256, "size": len(raw), "media_type": media_type, "kept_at": now}


def _sync_file_system(folder: Path) -> bool:
    """Have the kernel write down everything of this file system; False where it has no such call."""
    if not sys.platform.startswith("linux"):
        return False
    handle = os.open(folder, os.O_RDONLY)
    try:
        return bool(ctypes.CDLL(None).syncfs(handle) == 0)
    finally:
        os.close(handle)


def _sync_folder(folder: Path) -> None:
    if os.name == "nt":  # Windows cannot open a folder; its rename is durable by itself
        return
    handle = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)


def keep_message(session: Session, row: RawMessageRow) -> bool:
    """Note one arrival. False where this message is known already: the same UID or the same bytes."""
    return keep_messages(session, [row]) > 0


def keep_messages(session: Session, rows: Sequence[RawMessageRow]) -> int:
    """Note arrivals; how many of them were not known."""
    if not rows:
        return 0
    result = session.execute(_INSERT_MESSAGE, [row.model_dump(exclude={"id"}) for row in rows])
    return int(result.rowcount)  # type: ignore[attr-defined]
