"""The files of this checkout, for the tests that read them."""

import ast
import subprocess
from collections.abc import Iterator
from functools import cache
from pathlib import Path

ROOT = Path(__file__).parents[1]
PACKAGE = ROOT / "tracker"
MODULES = sorted(PACKAGE.rglob("*.py"))

TOP_LEVEL = {
    "CHANGELOG.md", "LICENSE", "Makefile", "README.md", "README.zh-CN.md", "constraints.txt",
    "data", "pyproject.toml", "templates", "tests", "tracker",
}  # fmt: skip


def text_of(path: Path) -> str:
    return path.read_bytes().decode("utf-8", "replace")


def name_of(path: Path) -> str:
    return path.relative_to(ROOT).as_posix()


@cache
def tree_of(path: Path) -> ast.Module:
    return ast.parse(path.read_text(encoding="utf-8"), str(path))


def definitions(path: Path) -> Iterator[ast.ClassDef | ast.FunctionDef | ast.AsyncFunctionDef]:
    for node in ast.walk(tree_of(path)):
        if isinstance(node, ast.ClassDef | ast.FunctionDef | ast.AsyncFunctionDef):
            yield node


def imports_of(path: Path) -> Iterator[str]:
    """Every dotted name that is imported, relative ones made absolute."""
    package = path.relative_to(ROOT).with_suffix("").parts[:-1]
    for node in ast.walk(tree_of(path)):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            base = package[: len(package) - node.level + 1] if node.level else ()
            module = ".".join([*base, *([node.module] if node.module else [])])
            yield from (f"{module}.{alias.name}" for alias in node.names)


@cache
def kept_files() -> tuple[Path, ...]:
    """What a clone holds; without git (a downloaded archive) whatever is not hidden."""
    try:
        listed = subprocess.run(
            ["git", "ls-files", "-z", "--cached"], cwd=ROOT, check=True, capture_output=True, encoding="utf-8"
        ).stdout.split("\0")
        paths = [ROOT / name for name in listed if name]
    except (OSError, subprocess.CalledProcessError):
        paths = [ROOT / name for name in sorted(TOP_LEVEL)]
        paths += [
            path for place in tuple(paths) for path in place.rglob("*") if "__pycache__" not in path.parts
        ]
    return tuple(path for path in paths if path.is_file())
