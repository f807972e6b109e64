"""The rules of the house that no linter knows: sizes, words, one clock, declared packages."""

import ast
import re
import sys
import tomllib
import warnings
from collections.abc import Iterator
from importlib.metadata import packages_distributions
from pathlib import Path

import pytest
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

from tests.checkout import MODULES, PACKAGE, ROOT, definitions, imports_of, name_of, text_of, tree_of
from tests.conftest import DEBIAN_PACKAGES
from tests.targets.install import PINS
from tracker.cli import main

MODULE_LINES_SAID = 300
MODULE_LINES_ALLOWED = 500
FUNCTION_LINES_ALLOWED = 60

FORBIDDEN_WORDS = set(
    "data info item manager helper util utils handle process misc common core".split()  # noqa: SIM905
)
# what html.parser, aiosmtpd and httpx call on the classes given to them
NAMES_OTHERS_CHOSE = re.compile(r"handle_(starttag|endtag|startendtag|data|exception|request|[A-Z]+)")


# --- sizes and words -------------------------------------------------------------------------------------


def test_no_module_is_too_long():
    lines = {name_of(path): text_of(path).count("\n") for path in MODULES}
    for name, count in lines.items():
        if MODULE_LINES_SAID < count <= MODULE_LINES_ALLOWED:
            warnings.warn(f"{name} has {count} lines: time to split it", stacklevel=1)
    assert {name: count for name, count in lines.items() if count > MODULE_LINES_ALLOWED} == {}


def test_no_function_is_too_long():
    lengths = {
        f"{name_of(path)}:{node.lineno} {node.name}": (node.end_lineno or 0) - node.lineno + 1
        for path in MODULES
        if path.parent.name != "versions"  # migrations: a list of columns each
        for node in definitions(path)
        if not isinstance(node, ast.ClassDef)
    }
    assert {name: count for name, count in lengths.items() if count > FUNCTION_LINES_ALLOWED} == {}


def words_of(name: str) -> set[str]:
    parts = re.findall(r"[A-Z]+(?![a-z])|[A-Z]?[a-z]+|\d+", name)
    return {part.lower() for part in parts}


@pytest.mark.parametrize(
    ("name", "words"),
    [("read_data", {"read", "data"}), ("RawItem", {"raw", "item"}), ("IMAPCore", {"imap", "core"})],
)
def test_names_are_read_word_by_word(name, words):
    assert words_of(name) == words


def test_no_name_uses_a_word_that_says_nothing():
    modules = [
        (name_of(path), part) for path in MODULES for part in path.relative_to(ROOT).with_suffix("").parts
    ]
    defined = [
        (f"{name_of(path)}:{node.lineno}", node.name) for path in MODULES for node in definitions(path)
    ]
    bad = [
        f"{place} {name}"
        for place, name in modules + defined
        if words_of(name) & FORBIDDEN_WORDS and not NAMES_OTHERS_CHOSE.fullmatch(name)
    ]
    assert bad == []


# --- one clock, pure rooms -------------------------------------------------------------------------------


def clock_readings(path: Path) -> Iterator[str]:
    clocks = {"now", "utcnow", "today", "time", "time_ns"}
    for node in ast.walk(tree_of(path)):
        if isinstance(node, ast.Attribute) and node.attr in clocks:
            source = ast.unparse(node)
            if re.fullmatch(r"(.*\.)?(datetime|date)\.(now|utcnow|today)|time\.time(_ns)?", source):
                yield f"{name_of(path)}:{node.lineno} {source}"
    yield from (
        f"{name_of(path)} {name}" for name in imports_of(path) if name in ("time.time", "time.time_ns")
    )


def test_only_the_clock_module_reads_the_clock():
    readings = [found for path in MODULES if path.name != "clock.py" for found in clock_readings(path)]
    assert readings == []
    assert len([*clock_readings(PACKAGE / "clock.py")]) == 1


def test_the_simulated_city_shares_no_code_with_what_it_tests():
    """It and its sites may use their own files in the same folder, and these nothing but each other."""
    folder = PACKAGE / "rehearsal"
    waiting, seen = [folder / "city.py", *folder.glob("sites/*.py")], set()
    while waiting:
        path = waiting.pop()
        seen.add(path)
        for name in (name for name in imports_of(path) if name.split(".")[0] == "tracker"):
            assert name.startswith("tracker.rehearsal."), f"{name_of(path)} imports {name}"
            module = folder / f"{name.split('.')[2]}.py"
            waiting += {module} - seen if module.exists() else []


@pytest.mark.parametrize("room", ["domain", "letters"])
def test_pure_rooms_open_no_url(room):
    # import-linter holds the other libraries, but cannot tell urllib.request from urllib.parse
    imported = {name for path in (PACKAGE / room).rglob("*.py") for name in imports_of(path)}
    assert not [name for name in imported if name.startswith(("urllib.request", "http."))]


# --- what is installed -----------------------------------------------------------------------------------


def project() -> dict:
    return tomllib.loads(text_of(ROOT / "pyproject.toml"))["project"]


def names_in(requirements: list[str]) -> set[str]:
    return {canonicalize_name(Requirement(text).name) for text in requirements}


_OTHERWISE_NAMED = {
    "sklearn": "scikit-learn",
    "captcha": "django-simple-captcha",
}  # where it is not installed


def foreign_packages(paths: list[Path]) -> dict[str, str]:
    """Distributions that the files import, each with one file that does."""
    known, own = packages_distributions(), {"tracker", "tests"} | {path.stem for path in paths}
    return {
        canonicalize_name(distribution): name_of(path)
        for path in paths
        for name in {name.split(".")[0] for name in imports_of(path)} - own - set(sys.stdlib_module_names)
        for distribution in known.get(name, [_OTHERWISE_NAMED.get(name, name)])
    }


def test_every_package_that_is_imported_is_declared():
    declared = names_in(project()["dependencies"])
    # parts of a declared package's own interface
    declared |= {"sqlalchemy", "pydantic", "proxy-protocol", "pysasl", "markupsafe"}
    for extra in ("ocr", "browser", "keyring", "oidc"):  # each imported only where it is asked for
        declared |= names_in(project()["optional-dependencies"][extra])
    used = foreign_packages(MODULES)
    assert {name: path for name, path in used.items() if name not in declared} == {}

    extras = project()["optional-dependencies"]
    declared |= names_in([*extras["test"], *extras["bench"], *extras["learn"]])
    declared |= names_in(PINS)  # of the target sites, in an environment of their own
    used = foreign_packages(sorted((ROOT / "tests").rglob("*.py")))
    assert {name: path for name, path in used.items() if name not in declared} == {}


def test_constraints_are_plain_pins_of_allowed_versions():
    lines = text_of(ROOT / "constraints.txt").splitlines()
    assert [line for line in lines if not re.fullmatch(r"[a-z0-9][a-z0-9.-]*==[0-9][0-9a-z.]*", line)] == []
    pins = dict(line.split("==") for line in lines)
    extras = project()["optional-dependencies"]
    wanted = [*project()["dependencies"], *extras["ocr"], *extras["test"]]
    refused = [
        text
        for text in wanted
        if not Requirement(text).specifier.contains(pins.get(canonicalize_name(Requirement(text).name), "0"))
    ]
    assert refused == []


def test_make_installs_the_debian_package_of_every_program_that_tests_need():
    lines = re.findall(r"^(?:DEBIAN|NODE)_PACKAGES := (.*)$", text_of(ROOT / "Makefile"), re.M)
    installed = " ".join(lines).split()
    sources = [
        text_of(path) for path in (ROOT / "tests").rglob("test_*.py") if path.name != "test_conftest.py"
    ]
    needed = {
        program
        for source in sources
        for arguments in re.findall(r"mark\.needs\(([^)]*)\)", source)
        for program in re.findall(r"\"([\w-]+)\"", arguments)
    }
    missing = {
        program: package
        for program in needed
        for package in DEBIAN_PACKAGES.get(program, program).split()
        if package not in installed
    }
    assert missing == {}


# --- what a user is told ---------------------------------------------------------------------------------


def commands_in(readme: str) -> set[tuple[str, ...]]:
    """The commands in code blocks: `tracker task list --all` -> ("task", "list")."""
    blocks = re.findall(r"^ *```[^\n]*\n(.*?)^ *```", readme, re.S | re.M)
    lines = [line for block in blocks for line in block.splitlines()]
    calls = [re.match(r"\s*(?:\$ )?(?:\S*/)?tracker((?: [a-z]+)+)", line) for line in lines]
    return {tuple(call[1].split()) for call in calls if call}


@pytest.mark.parametrize("name", ["README.md", "README.zh-CN.md"])
def test_every_command_that_the_readme_names_has_help(name, capsys, monkeypatch):
    monkeypatch.setenv("COLUMNS", "100")
    commands = commands_in(text_of(ROOT / name))
    assert commands, f"{name} shows no tracker command"
    for command in sorted(commands):
        assert main([*command, "--help"]) == 0, f"tracker {' '.join(command)}"
        assert command[0] in capsys.readouterr().out
