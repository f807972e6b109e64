"""Mail that other projects test themselves with: `make mail-samples` fetches their source packages.

Nothing of it is in this repository. `python -m tests.mail.samples FOLDER` unpacks what pip downloaded there.
"""

import sys
import tarfile
from collections.abc import Iterator
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
    """CPython's own test mails; Debian packs them apart (libpython3-testsuite)."""
    from test import test_email

    yield from sorted((Path(str(test_email.__file__)).parent / "data").glob("*.txt"))


def unpack(folder: Path) -> None:
    for archive in folder.glob("*.tar.gz"):
        with tarfile.open(archive) as file:
            file.extractall(folder, filter="data")


if __name__ == "__main__":
    unpack(Path(sys.argv[1]))
