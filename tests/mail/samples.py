"""Mail that other projects test themselves with: `make mail-samples` fetches their source packages.

Nothing of it is in this repository.
"""

from collections.abc import Iterator
from importlib.util import find_spec
from pathlib import Path

from tests.checkout import ROOT

FOLDER = ROOT / ".cache" / "mail-samples"


def packaged(project: str, inside: str) -> Iterator[Path]:
    """The sample mails of a project; raises `FileNotFoundError` naming the command that brings them."""
    found = sorted(path for path in FOLDER.glob(f"{project}-*/{inside}") if path.is_file())
    if not found:
        raise FileNotFoundError(f"{FOLDER / project}: no sample mails: run `make mail-samples`")
    yield from found


def of_the_interpreter() -> Iterator[Path]:
    """CPython's own test mails; Debian packs them apart: see the Makefile."""
    spec = find_spec("test.test_email")
    if spec is None or spec.origin is None:
        raise FileNotFoundError("CPython's test mails are missing: `make system-packages` installs them")
    yield from sorted((Path(spec.origin).parent / "data").glob("*.txt"))
