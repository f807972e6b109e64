from pathlib import Path

import pytest

from tracker.adapters import files
from tracker.adapters.files import find_file, load_calendar, read_csv, read_toml, sha256_of
from tracker.errors import UserError


@pytest.fixture
def write(tmp_path: Path):
    def write_file(name: str, content: str | bytes) -> Path:
        path = tmp_path / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(content.encode() if isinstance(content, str) else content)
        return path

    return write_file


def test_a_file_of_the_workspace_comes_before_the_shipped_one(tmp_path, write):
    own = write("data/calendars/cn.toml", "")
    assert find_file("data/calendars/cn.toml", tmp_path) == own
    assert find_file("data/calendars/cn.toml").read_bytes() != b""


def test_what_the_workspace_lacks_is_found_among_the_shipped_files(tmp_path):
    assert find_file("data/calendars/cn.toml", tmp_path) == find_file("data/calendars/cn.toml")


def test_a_wheel_carries_the_shipped_files_inside_the_package(tmp_path, write, monkeypatch):
    shipped = write("tracker/_shipped/templates/x.txt.j2", "")
    monkeypatch.setattr(files, "_PACKAGE", tmp_path / "tracker")
    assert find_file("templates/x.txt.j2") == shipped


def test_a_file_found_nowhere_is_refused_with_the_places_looked_at(tmp_path):
    with pytest.raises(
        UserError, match=r"data/nothing\.toml: no such file; looked at .*Put one there"
    ) as refusal:
        find_file("data/nothing.toml", tmp_path)
    assert str(tmp_path / "data/nothing.toml") in str(refusal.value)


def test_the_hash_is_of_the_bytes(write):
    path = write("x", "abc")
    assert sha256_of(path) == "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad"


def test_the_calendar_can_be_loaded_where_other_tools_look_for_it():
    assert load_calendar("cn").name == "cn"


@pytest.mark.parametrize(
    ("content", "line", "reason"),
    [
        pytest.param('a = 1\nb = "x\n', 2, "Illegal character", id="open-quote"),
        pytest.param("a = 1\na = 2\n", 2, "Cannot overwrite", id="entry-twice"),
        pytest.param("a = 1\n[[", 2, "Invalid", id="cut-off"),
    ],
)
def test_torn_toml_is_refused_with_its_line(write, content, line, reason):
    path = write("tracker.toml", content)
    with pytest.raises(UserError) as refusal:
        read_toml(path)
    assert str(refusal.value).startswith(f"{path}:{line}: not valid TOML (")
    assert "\n" not in str(refusal.value)
    assert reason in str(refusal.value)


def test_gbk_bytes_in_toml_are_named_as_such(write):
    path = write("round.toml", 'name = "x"\ntitle = "延安市"\n'.encode("gbk"))
    with pytest.raises(UserError, match=r"round\.toml:2: not UTF-8 \(looks like GBK\): save as UTF-8"):
        read_toml(path)


def test_a_file_that_is_not_there_is_refused_by_name(tmp_path):
    with pytest.raises(
        UserError, match=r"units\.csv: cannot be read \(No such file or directory\): create it"
    ):
        read_csv(tmp_path / "units.csv", ("a",))


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig"])
def test_csv_is_read_with_and_without_a_byte_order_mark(write, encoding):
    path = write("units.csv", "unit_id,name\r\nu1, 市教育局 \r\n\r\n,\r\nu2,x\r\n".encode(encoding))
    rows = read_csv(path, ("unit_id", "name"))
    assert [(row.line, row["unit_id"], row["name"]) for row in rows] == [
        (2, "u1", "市教育局"),
        (5, "u2", "x"),
    ]


def test_the_line_of_a_row_counts_the_lines_inside_quoted_cells(write):
    path = write("questions.csv", 'id,text\n1,"two\nlines"\n2,x\n')
    assert [row.line for row in read_csv(path, ("id", "text"))] == [2, 4]


def test_a_missing_optional_column_or_cell_reads_as_empty(write):
    (row,) = read_csv(write("units.csv", "unit_id,name\nu1\n"), ("unit_id", "name"), ("group",))
    assert (row["name"], row["group"]) == ("", "")


@pytest.mark.parametrize(
    ("content", "sentences"),
    [
        pytest.param(
            "", ["units.csv:1: the column unit_id is missing: add it to the first row."], id="empty"
        ),
        pytest.param(
            "unit_id,nmae\n",
            [
                "units.csv:1: the column name is missing: add it to the first row.",
                'units.csv:1: unknown column "nmae": rename it to one of unit_id, name, group, or remove it.',
            ],
            id="misspelt-column",
        ),
        pytest.param(
            "unit_id,name,name\n",
            ["units.csv:1: the column name stands there twice: remove one."],
            id="column-twice",
        ),
        pytest.param(
            "unit_id,name\nu1,a\nu2,b,c\n",
            ["units.csv:3: 3 cells in 2 columns: put quotes round a cell that holds a comma."],
            id="too-many-cells",
        ),
        pytest.param(
            'unit_id,name\nu1,a\nu2,"b\n',
            ["units.csv:3: not valid CSV (unexpected end of data): check the quotes of this row."],
            id="open-quote",
        ),
        pytest.param(
            "unit_id,name\nu1,a\nu2,市教育局\n".encode("gbk"),
            ["units.csv:3: not UTF-8 (looks like GBK): save as UTF-8 (CSV UTF-8 in Excel)."],
            id="gbk",
        ),
        pytest.param(
            "unit_id,name\n".encode("utf-16"),
            ["units.csv:1: not UTF-8 (looks like UTF-16): save as UTF-8 (CSV UTF-8 in Excel)."],
            id="utf-16",
        ),
        pytest.param(
            b"unit_id,name\nu1,\xff\xff\xff\n",
            ["units.csv:2: not UTF-8: save as UTF-8 (CSV UTF-8 in Excel)."],
            id="no-known-encoding",
        ),
    ],
)
def test_a_faulty_csv_is_refused_with_line_and_remedy(write, content, sentences):
    with pytest.raises(UserError) as refusal:
        read_csv(write("units.csv", content), ("unit_id", "name"), ("group",))
    assert set(sentences) <= set(str(refusal.value).splitlines())


@pytest.mark.parametrize(("mark", "called"), [(";", "semicolons"), ("；", "semicolons"), ("\t", "tabs")])
def test_columns_that_something_else_than_commas_separates_are_one_fault(write, mark, called):
    with pytest.raises(UserError) as refusal:
        read_csv(write("units.csv", f"unit_id{mark}name\nu1{mark}x\n"), ("unit_id", "name"))
    assert str(refusal.value) == (
        f"units.csv:1: the columns are separated by {called}: separate them by commas."
    )


def test_ten_faults_are_shown_and_the_others_counted(write):
    path = write("units.csv", "unit_id\n" + "a,b\n" * 13)
    with pytest.raises(UserError) as refusal:
        read_csv(path, ("unit_id",))
    lines = str(refusal.value).splitlines()
    assert (len(lines), lines[-1]) == (11, "(and 3 more)")
