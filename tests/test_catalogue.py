"""The Chinese catalogue is whole: every sentence, its placeholders, and the compiled file."""

import ast
import io
import string
from collections.abc import Iterator
from pathlib import Path

from babel.messages.catalog import Catalog
from babel.messages.mofile import write_mo
from babel.messages.pofile import read_po
from jinja2.ext import babel_extract

from tests.checkout import MODULES, PACKAGE, name_of, tree_of

CATALOGUE = PACKAGE / "locale" / "zh_CN" / "LC_MESSAGES" / "tracker.po"


def sentences() -> dict[str, str]:
    """Every sentence given to `_`, with the place of one use."""
    return sentences_of_templates() | {
        call.args[0].value: f"{name_of(path)}:{call.lineno}"
        for path, call in translations()
        if isinstance(call.args[0], ast.Constant)
    }


def sentences_of_templates() -> dict[str, str]:
    found = {}
    for path in sorted((PACKAGE / "web" / "templates").glob("*.html")):
        for line, _name, sentence, _comments in babel_extract(
            path.open("rb"), ["_"], [], {"silent": "false"}
        ):
            assert isinstance(sentence, str), f"{path.name}:{line}"
            found[sentence] = f"{path.name}:{line}"
    assert len(found) > 100
    return found


def translations() -> Iterator[tuple[Path, ast.Call]]:
    for path in MODULES:
        for node in ast.walk(tree_of(path)):
            if isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id == "_":
                yield path, node


def test_every_sentence_to_translate_is_a_constant():
    made = [f"{name_of(path)}:{call.lineno}" for path, call in translations() if not is_text(call.args[0])]
    assert made == []


def is_text(node: ast.expr) -> bool:
    return isinstance(node, ast.Constant) and isinstance(node.value, str)


def test_every_sentence_is_translated():
    catalogue = read_catalogue()
    untranslated = {
        sentence: place
        for sentence, place in sentences().items()
        if not (message := catalogue.get(sentence)) or not message.string or message.fuzzy
    }
    assert untranslated == {}, "run `make messages`, translate, and run it again"


def test_translations_keep_the_placeholders():
    differing = [
        message.id
        for message in read_catalogue()
        if message.id and message.string and placeholders(message.id) != placeholders(message.string)
    ]
    assert differing == []


def test_the_compiled_catalogue_is_the_one_that_is_edited():
    compiled = io.BytesIO()
    write_mo(compiled, read_catalogue())
    assert CATALOGUE.with_suffix(".mo").read_bytes() == compiled.getvalue(), "run `make messages`"


def read_catalogue() -> Catalog:
    with CATALOGUE.open("rb") as file:
        return read_po(file, locale="zh_CN", domain="tracker")


def placeholders(sentence: str) -> set[str]:
    return {name for _text, name, _format, _conversion in string.Formatter().parse(sentence) if name}
