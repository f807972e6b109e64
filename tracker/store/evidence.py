"""Evidence files by SHA-256: written once, whole, and on the disk before any row names them."""

import hashlib
import os
import tempfile
from datetime import datetime
from pathlib import Path

from sqlalchemy.dialects.sqlite import insert
from sqlmodel import Session, select

from tracker.store.tables import EvidenceRow, RawMessageRow


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
        row = {"sha256": sha256, "size": len(raw), "media_type": media_type, "kept_at": now}
        session.execute(insert(EvidenceRow).values(**row).on_conflict_do_nothing())
        return sha256

    def faults(self, session: Session) -> list[str]:
        """SHA-256 of every kept file that is missing or no longer has the bytes it had."""
        return [row.sha256 for row in session.exec(select(EvidenceRow)) if not self._is_whole(row.sha256)]

    def _is_whole(self, sha256: str) -> bool:
        path = self.path(sha256)
        return path.exists() and hashlib.sha256(path.read_bytes()).hexdigest() == sha256

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
    values = row.model_dump(exclude={"id"})
    statement = insert(RawMessageRow).values(**values).on_conflict_do_nothing()
    return bool(session.execute(statement).rowcount)  # type: ignore[attr-defined]
