"""Fields with any name: through all stages, and read by others as they were called."""

import duckdb
import pyarrow.parquet
import pytest

from nestlib import end_frame, frame, head, rows_frame, rows_stream

pytestmark = pytest.mark.sanitize

NAMES = [
    "",
    " ",
    "two words",
    "a.b",
    "x(y), z = 1;",
    "{}",
    '"',
    '"quoted"',
    "back\\slash",
    "line\nfeed\ttab",
    "\x01\x1f\x7f",
    "\x85",
    "Übergröße",
    "😀 !",
    "required",
    "group",
]


def quoted(name):
    """NAME as a message type has it, in quotes whether it needs them or not."""
    escapes = {'"': '\\"', "\\": "\\\\"}
    escapes |= {chr(code): f"\\u{code:04x}" for code in [*range(1, 0x20), 0x7F]}
    return f'"{name.translate(str.maketrans(escapes))}"'


def schema_of(names):
    fields = "".join(f" required int64 {quoted(name)};" for name in names)
    return f"message {quoted('any thing')} {{{fields} optional group {quoted('of all')} {{{fields} }} }}"


def test_names_are_read_by_others(nest, tmp_path):
    row = list(range(len(NAMES)))
    stream = rows_stream(schema_of(NAMES), [row + [row], row + [None]])
    out = nest.pipeline(tmp_path / "out", source=stream)
    table = pyarrow.parquet.read_table(out / "part-00000.parquet")
    inner = dict(zip(NAMES, row))
    assert table.to_pylist() == [inner | {"of all": inner}, inner | {"of all": None}]
    described = duckdb.sql(f"select name from parquet_schema('{out}/*.parquet')").fetchall()
    assert [name for (name,) in described] == ["any thing", *NAMES, "of all", *NAMES]
    read = duckdb.sql(f"from read_parquet('{out}/*.parquet')")
    assert read.fetchall()[0][: len(NAMES)] == tuple(row)
    # A column without a name gets one from DuckDB.
    assert read.columns[1 : len(NAMES)] == NAMES[1:]


def test_names_that_need_no_quotes_are_the_same_with_them(nest, tmp_path):
    files = []
    for folder, name in [("bare", "a.b"), ("quoted", '"a.b"'), ("escaped", '"\\u0061.b"')]:
        stream = rows_stream(f"message m {{ required int64 {name}; }}", [[1]])
        out = nest.pipeline(tmp_path / folder, source=stream)
        files.append((out / "part-00000.parquet").read_bytes())
    assert files[0] == files[1] == files[2]


@pytest.mark.parametrize(
    "name, shown",
    [
        ("two words", '"two words"'),
        ("a.b", '"a.b"'),
        ("", '""'),
        ("esc\x1b[2J\n", r'"esc\\u001b\[2J\\u000a"'),
    ],
)
def test_a_message_with_a_name_stays_on_its_line(nest, tmp_path, name, shown):
    schema = f"message m {{ required group g {{ required int64 {quoted(name)}; }} }}"
    result = nest.run("nest-shred", stdin=rows_stream(schema, [[["text"]]]))
    result.fatal(1, f"row 0, field g.{shown}: ")
    header = {"schema": schema, "part": 0, "first": 0, "rows": 1, "last": True, "leaves": [[1, 7]]}
    columns = frame(head("columns") | header, bytes(7))
    result = nest.run("parquet-encode", "-o", tmp_path / "out", stdin=columns)
    result.fatal(1, f"column g.{shown}")


def test_a_name_that_is_not_closed(nest):
    stream = rows_frame('message m { required int64 "a; }', [[1]]) + end_frame(1, 1)
    nest.run("nest-shred", stdin=stream).fatal(
        1, "line 1, column 28: the name that begins here has no closing quote$"
    )
