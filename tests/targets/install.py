"""What the target sites run on, in an environment of its own: `python tests/targets/install.py`."""

import fcntl
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

FOLDER = Path(__file__).parents[2] / ".cache" / "targets"
VENV = FOLDER / "venv"
PYTHON = VENV / "bin" / "python"

DEBIAN_PACKAGES = [
    "dbconfig-no-thanks",  # no database for the whole machine: each site has its own
    "msmtp-mta",  # Debian's package wants some sendmail, and this one starts no daemon
    "request-tracker5",
    "rt5-clients",
    "rt5-db-sqlite",
    "rt5-standalone",
]

PINS = [
    "asgiref==3.13.0",
    "beautifulsoup4==4.15.0",
    "certifi==2026.10.19.post1",
    "charset-normalizer==3.5.3",
    "django==5.2.19",
    "django-cleanup==9.0.0",
    "django-helpdesk==2.6.1",
    "django-model-utils==5.0.0",
    "django-ranged-response==0.2.0",
    "django-simple-captcha==0.7.0",
    "djangorestframework==3.18.3",
    "email-reply-parser==0.5.12",
    "idna==3.20",
    "jinja2==3.1.6",
    "markdown==3.11.3",
    "markupsafe==3.0.4",
    "nh3==0.3.8",
    "oauthlib==4.0.1",
    "pillow==13.0.0",
    "requests==2.34.2",
    "requests-oauthlib==2.0.0",
    "setuptools==80.9.0",  # Trac still imports pkg_resources, which later ones lack
    "soupsieve==3.0.1",
    "sqlparse==0.6.1",
    "trac==1.6",
    "typing-extensions==4.16.0",
    "urllib3==2.8.0",
]

_STAMP = VENV / ".installed"


def is_installed() -> bool:
    return _STAMP.exists() and _STAMP.read_text().split() == PINS


def install() -> None:
    with locked("venv"):
        if is_installed():
            return
        print(f"Installing django-helpdesk and Trac into {VENV} ...", flush=True)  # noqa: T201
        subprocess.run([sys.executable, "-m", "venv", "--clear", VENV], check=True)
        options = ["-qq", "--disable-pip-version-check", "--no-deps"]
        subprocess.run([PYTHON, "-m", "pip", "install", *options, *PINS], check=True)
        _STAMP.write_text("\n".join(PINS))


@contextmanager
def locked(name: str) -> Iterator[None]:
    """One process at a time: several test workers may want the same thing made."""
    FOLDER.mkdir(parents=True, exist_ok=True)
    with (FOLDER / f"{name}.lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        yield


if __name__ == "__main__":
    install()
