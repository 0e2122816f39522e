"""Rows in directories NAME=VALUE: as Spark calls them, read by others, and made, gone on with and replaced as any dataset."""

import datetime
import decimal
import errno
import json
import os
import random
import re
import shutil
import signal
import string
import subprocess
import sys

import duckdb
import polars
import pyarrow
import pyarrow.dataset
import pyarrow.parquet
import pytest

from nestlib import (
    end_frame,
    finish,
    frame,
    head,
    read_frames,
    rows_frame,
    rows_stream,
    snapshot,
    staged_parts,
    staging,
    start_pipeline,
    wait_until,
)
from test_dataset import said
from test_spark import spark_home

SALES = """message sale {
  required int64 id;
  optional binary country (STRING);
  optional int32 year;
  optional group tags (LIST) { repeated group list { optional binary element (STRING); } }
  required double price;
}"""
NO_VALUE = "__HIVE_DEFAULT_PARTITION__"


def sales(count, first=0, countries=("DE", "FR", "Österreich", None)):
    dice = random.Random(first)
    rows = []
    for row in range(first, first + count):
        tags = dice.choice([None, [], ["a"], ["b", None, "ccc"]])
        rows.append([row, dice.choice(countries), dice.choice([2023, 2024, None]), tags, row / 4])
    return rows


def as_columns(rows):
    """Of each row what readers have of it, by its id."""
    return sorted((row[0], row[1], row[2], None if row[3] is None else tuple(row[3]), row[4]) for row in rows)


def sales_parts(counts):
    """Rows of so many parts, and their frames, two for each part."""
    rows, stream, frames = [], b"", 0
    for part, count in enumerate(counts):
        first = len(rows)
        made = sales(count, first)
        half = count // 2
        stream += rows_frame(SALES, made[:half], part=part, first=first, last=False)
        stream += rows_frame(SALES, made[half:], part=part, first=first + half)
        rows += made
        frames += 2
    return rows, stream + end_frame(frames, len(rows))


@pytest.fixture
def partitioned(nest, tmp_path):
    """A dataset of SALES in directories of country and year, of the rows that are given beside it."""
    rows, stream = sales_parts([700, 0, 300])
    out = nest.pipeline(tmp_path / "out", source=stream, encode=["--partition-by", "country,year"])
    return out, rows


# ---- readers ----

FIELDS = ["id", "country", "year", "tags", "price"]


def check_rows(table, rows):
    assert as_columns([[row[name] for name in FIELDS] for row in table.to_pylist()]) == as_columns(rows)


@pytest.mark.sanitize
def test_arrow(partitioned):
    out, rows = partitioned
    types = pyarrow.schema([("country", pyarrow.string()), ("year", pyarrow.int32())])
    hive = pyarrow.dataset.partitioning(types, flavor="hive")
    check_rows(pyarrow.dataset.dataset(out, partitioning=hive).to_table(), rows)


def test_duckdb(partitioned):
    out, rows = partitioned
    read = f"read_parquet('{out}/**/*.parquet', hive_partitioning=1, hive_types={{'year': int}})"
    check_rows(duckdb.sql(f"select * from {read}").to_arrow_table(), rows)


def test_polars(partitioned):
    out, rows = partitioned
    types = {"country": polars.String, "year": polars.Int32}
    frame = polars.scan_parquet(out / "**" / "*.parquet", hive_partitioning=True, hive_schema=types).collect()
    check_rows(frame.to_arrow(), rows)


@pytest.mark.sanitize
def test_files_have_the_other_columns_and_their_rows_in_order(nest, partitioned):
    out, rows = partitioned
    assert {path.name for path in out.rglob("*.parquet")} == {"part-00000.parquet", "part-00002.parquet"}
    for path in out.rglob("*.parquet"):
        file = pyarrow.parquet.ParquetFile(path)
        ids = file.read(["id"]).column(0).to_pylist()
        assert ids == sorted(ids)
        assert file.schema_arrow.names == ["id", "tags", "price"]
        assert set(file.metadata.metadata or ()) & {b"nest.part", b"nest.first_row", b"nest.partitions"} == set()
    assert nest.run("parquet-merge", "--check", out).status == 0


# ---- names ----

ODD = ["", "a/b", "50%", "k=v", "tab\there", "\x7f", "sp ace", "Ünï", "'\"", "..", "[x]^{y}", "a:b?*#\\", NO_VALUE, "+-_~"]


def folders(out):
    return {path.parent.relative_to(out).as_posix() for path in out.rglob("*.parquet")}


def escaped(text):
    special = set("\"#%'*/:=?\\{[]^\x7f") | set(map(chr, range(32)))
    return "".join(f"%{ord(letter):02X}" if letter in special else letter for letter in text) or NO_VALUE


def dataset_of(nest, out, schema, rows, by, *, warns=False):
    stages = start_pipeline(nest, out, source=rows_stream(schema, rows), encode=["--partition-by", by])
    results = finish(stages)
    assert [result.status for result in results] == [0, 0, 0], [result.err for result in results]
    assert any("is read as null" in result.err for result in results) == warns
    return out


@pytest.mark.sanitize
def test_odd_values(nest, tmp_path):
    dice = random.Random(5)
    letters = string.printable + "éß漢😀\x01"
    values = [*ODD, None] + ["".join(dice.choices(letters, k=dice.randrange(1, 60))) for _ in range(300)]
    schema = "message m { required int64 id; optional binary k (STRING); }"
    out = dataset_of(nest, tmp_path / "out", schema, [list(row) for row in enumerate(values)], "k", warns=True)
    assert folders(out) == {f"k={escaped(value or '')}" for value in values}
    types = pyarrow.dataset.partitioning(pyarrow.schema([("k", pyarrow.string())]), flavor="hive")
    table = pyarrow.dataset.dataset(out, partitioning=types).to_table()
    read = dict(zip(table["id"].to_pylist(), table["k"].to_pylist()))
    # What stands for null is read so.
    assert read == {row: value if value != NO_VALUE and value else None for row, value in enumerate(values)}


TYPED = """message m {
  required int64 id;
  required boolean b;
  required int32 i8 (INTEGER(8, true));
  required int64 u64 (INTEGER(64, false));
  required int32 day (DATE);
  required int32 d9 (DECIMAL(9, 2));
  required int64 d18 (DECIMAL(18, 3));
  required fixed_len_byte_array(9) d20 (DECIMAL(20, 4));
  required binary e (ENUM);
}"""
DAYS = [datetime.date(1, 1, 1), datetime.date(1969, 12, 31), datetime.date(2024, 2, 29), datetime.date(9999, 12, 31)]


def typed_rows():
    epoch = datetime.date(1970, 1, 1)
    rows, names = [], set()
    for i, day in enumerate(DAYS):
        number = [0, -7, 12345678, -100][i]
        rows.append([i, i % 2 == 1, -i, 2**64 - 1 - i, (day - epoch).days, number, number, number.to_bytes(9, "big", signed=True), "x"])
        scaled = [f"{decimal.Decimal(number).scaleb(-scale):f}" for scale in (2, 3, 4)]
        fields = [["false", "true"][i % 2], -i, 2**64 - 1 - i, f"{day.year:04}-{day:%m-%d}", *scaled, "x"]
        names.add("/".join(f"{name}={value}" for name, value in zip(["b", "i8", "u64", "day", "d9", "d18", "d20", "e"], fields)))
    return rows, names


@pytest.mark.sanitize
def test_values_of_all_types(nest, tmp_path):
    rows, names = typed_rows()
    out = dataset_of(nest, tmp_path / "out", TYPED, rows, "b,i8,u64,day,d9,d18,d20,e")
    assert folders(out) == names


SPARK = """
import datetime, decimal, json, sys
from pyspark.sql import SparkSession
from pyspark.sql.types import *
folder, odd = sys.argv[1], json.loads(sys.argv[2])
spark = SparkSession.builder.master("local[1]").config("spark.ui.enabled", "false").getOrCreate()
schema = StructType([StructField("id", IntegerType()), StructField("k", StringType()), StructField("day", DateType()),
                     StructField("d", DecimalType(9, 2)), StructField("b", BooleanType()), StructField("n=1", LongType())])
rows = [(i, k, datetime.date(2024, 2, 29), decimal.Decimal("-12.30"), True, -5) for i, k in enumerate(odd)]
rows.append((99, None, None, None, None, None))
spark.createDataFrame(rows, schema).write.partitionBy("k", "day", "d", "b", "n=1").parquet(folder + "/theirs")
print(json.dumps([list(row) for row in spark.read.parquet(folder + "/ours").select("id", "k").orderBy("id").collect()]))
"""
SPARKLIKE = """message m { required int32 id; optional binary k (STRING); optional int32 day (DATE);
  optional int32 d (DECIMAL(9, 2)); optional boolean b; optional int64 "n=1"; }"""


@pytest.mark.slow
@pytest.mark.timeout(400)
def test_names_are_those_of_spark(nest, tmp_path):
    if spark_home() is None:
        pytest.skip("Java, or PySpark in .venv, is not installed; pipelines/setup test tells why")
    rows = [[i, value, 19782, -1230, True, -5] for i, value in enumerate(ODD)] + [[99] + [None] * 5]
    ours = dataset_of(nest, tmp_path / "ours", SPARKLIKE, rows, 'k,day,d,b,"n=1"', warns=True)
    environment = os.environ | {"SPARK_LOCAL_IP": "127.0.0.1", "PYSPARK_PYTHON": sys.executable}
    # Spark itself stumbles over two values of one directory.
    command = [sys.executable, "-c", SPARK, tmp_path, json.dumps([value for value in ODD if value != NO_VALUE])]
    done = subprocess.run(command, env=environment, cwd=tmp_path, capture_output=True, text=True, timeout=390)
    assert done.returncode == 0, done.stderr[-3000:]
    assert folders(ours) == folders(tmp_path / "theirs")
    expected = [[row[0], None if row[1] in ("", NO_VALUE) else row[1]] for row in rows]
    assert json.loads(done.stdout.splitlines()[-1]) == expected


# ---- refusals ----


def check_refused(nest, tmp_path, schema, rows, by, status, pattern, *more):
    columns = nest.run("nest-shred", stdin=rows_stream(schema, rows)).out
    words = ["--partition-by", by, *more] if by is not None else more
    nest.run("parquet-encode", "-o", tmp_path / "out", "--staged", *words, stdin=columns).fatal(status, pattern)
    assert os.listdir(tmp_path) == []


@pytest.mark.sanitize
@pytest.mark.parametrize(
    "by, pattern",
    [
        ("", "--partition-by '': a name is empty"),
        ("a,,b", "a name is empty"),
        ("a:desc", "columns have no settings here"),
        ("a,b,a", "'a,b,a': the column a is there twice"),
        ("a,b,c,d,e,f,g,h,i", "there are more than 8 columns"),
        ("coutry", "--partition-by, column coutry: .* the nearest is country"),
        ("tags.list.element", "column tags: it is within a group"),
        ("price", "'required double price' is of a type whose values have no text"),
    ],
)
def test_columns_that_cannot_be_one(nest, tmp_path, by, pattern):
    check_refused(nest, tmp_path, SALES, sales(3), by, 2, pattern)


@pytest.mark.sanitize
@pytest.mark.parametrize(
    "field, value, pattern",
    [
        ("repeated int64 k", [1], "it is repeated, and a row has no one value"),
        ("required int64 _k", 1, r"readers pass over directories whose names begin with \. or _"),
        ('required int64 ".k"', 1, r"readers pass over directories whose names begin with \. or _"),
        ("required int64 k (TIMESTAMP(MICROS, true))", 1, "of a type whose values have no text"),
        ("required float k", 1.5, "of a type whose values have no text"),
        ("required fixed_len_byte_array(2) k", b"ab", "of a type whose values have no text"),
    ],
)
def test_types_that_cannot_be_one(nest, tmp_path, field, value, pattern):
    by = "_k" if "_k" in field else '".k"' if ".k" in field else "k"
    check_refused(nest, tmp_path, f"message m {{ required int64 id; {field}; }}", [[1, value]], by, 2, pattern)


KEYED = "message m { required int64 id; required binary k; }"


@pytest.mark.sanitize
@pytest.mark.parametrize(
    "schema, rows, pattern",
    [
        (KEYED, [[0, b"x"], [1, b"\xff"]], "column k, row 1: the value is not well-formed UTF-8"),
        (KEYED, [[0, b"x" * 253], [1, b"x" * 254]], "column k, row 1: its directory's name has 256 bytes"),
        (KEYED, [[0, b"/" * 85]], "has 257 bytes, and no file system takes more than 255"),
        ("message m { required int64 id; required int32 k (DATE); }", [[0, 2932896], [1, 2932897]], "row 1: the DATE is not"),
        ("message m { required int64 id; required int32 k (DATE); }", [[0, -719529]], "row 0: the DATE is not in the years"),
        ("message m { required int64 id; required int64 k; }", [[i, i] for i in range(4097)], "row 4096 begins a partition, and its part has 4096 already"),
    ],
)
def test_values_that_cannot_be_one(nest, tmp_path, schema, rows, pattern):
    check_refused(nest, tmp_path, schema, rows, "k", 1, pattern)


@pytest.mark.sanitize
def test_as_many_partitions_and_names_as_long_as_can_be(nest, tmp_path):
    rows = [[i, i] for i in range(4096)]
    out = dataset_of(nest, tmp_path / "many", "message m { required int64 id; required int64 k; }", rows, "k")
    assert len(folders(out)) == 4096
    out = dataset_of(nest, tmp_path / "long", KEYED, [[0, b"x" * 253]], "k")
    assert folders(out) == {"k=" + "x" * 253}
    dates = "message m { required int64 id; required int32 k (DATE); }"
    out = dataset_of(nest, tmp_path / "dates", dates, [[0, -719528], [1, 2932896]], "k")
    assert folders(out) == {"k=0000-01-01", "k=9999-12-31"}


@pytest.mark.sanitize
def test_what_does_not_go_with_it(nest, tmp_path):
    check_refused(nest, tmp_path, KEYED, [[0, b"x"]], "k,id", 2, "names all columns, and none would be left")
    for more in (["--column", "k:encoding=PLAIN"], ["--sorted-by", "k"]):
        check_refused(nest, tmp_path, KEYED, [[0, b"x"]], "k", 2, "column k is not in the schema", *more)
    for out in ("-", "x.parquet"):
        result = nest.run("parquet-encode", "-o", out, "--partition-by", "k", cwd=tmp_path)
        result.fatal(2, f"--partition-by is given, but -o {out} makes one file")


@pytest.mark.sanitize
def test_a_value_of_another_column_that_is_wrong(nest, tmp_path):
    """Its row is counted where it is written."""
    schema = "message m { required binary name (STRING); required int64 k; }"
    header = head("columns") | {"schema": schema, "part": 0, "first": 0, "rows": 3, "last": True, "leaves": [[3, 15], [3, 24]]}
    names = b"".join(len(name).to_bytes(4, "little") + name for name in (b"a", b"b", b"\xff"))
    body = names + b"".join(k.to_bytes(8, "little") for k in (1, 2, 1))
    for options, place in ([], "column name, row 2"), (["--partition-by", "k"], "in partition k=1, whose rows count from 0, column name, row 1"):
        words = ["parquet-encode", "-o", tmp_path / "out", "--staged", *options]
        nest.run(*words, stdin=frame(header, body) + end_frame(1, 3)).fatal(1, f": {place}: the value is not well-formed UTF-8")


@pytest.mark.sanitize
@pytest.mark.parametrize(
    "kind, good, bad",
    [
        ("int32 k (DECIMAL(2,0))", (-99 & 0xFFFFFFFF).to_bytes(4, "little"), (100).to_bytes(4, "little")),
        ("int64 k (DECIMAL(2,1))", (99).to_bytes(8, "little"), (-100 & 2**64 - 1).to_bytes(8, "little")),
        ("fixed_len_byte_array(2) k (DECIMAL(4,0))", (9999).to_bytes(2, "big"), (10000).to_bytes(2, "big")),
        ("binary k (DECIMAL(4,0))", b"\x01\0\0\0\x07", bytes(4)),
    ],
    ids=["int32", "int64", "fixed", "binary"],
)
def test_decimals_that_cannot_be_one(nest, tmp_path, kind, good, bad):
    """No encoding takes offence at them, but a directory's name would be none of such a DECIMAL."""
    header = head("columns") | {"schema": f"message m {{ required int64 id; required {kind}; }}"}
    for values, problem in ((good * 2, None), (good + bad, "the DECIMAL has no digits, or more than its precision$")):
        place = {"part": 0, "first": 0, "rows": 2, "last": True, "leaves": [[2, 16], [2, len(values)]]}
        stream = frame(header | place, bytes(16) + values) + end_frame(1, 2)
        result = nest.run("parquet-encode", "-o", tmp_path / "out", "--staged", "--partition-by", "k", stdin=stream)
        if problem is None:
            assert (result.status, result.err) == (0, "")
        else:
            result.fatal(1, f"column k, row 1: {problem}")


@pytest.mark.sanitize
@pytest.mark.parametrize("leaf, said", [(0, "name"), (1, "k")])
def test_values_that_end_too_soon_or_too_late(nest, tmp_path, leaf, said):
    schema = "message m { required binary name (STRING); required binary k (STRING); }"
    good = [b"\x01\0\0\0a\x01\0\0\0b"] * 2
    for bad, pattern in (
        (b"\x01\0\0\0a\x02\0\0\0b", f"column {said}, row 1: the values end inside"),
        (b"\x01\0\0\0a\x02\0\0", f"column {said}, row 1: the values end inside"),
        (b"\x01\0\0\0a\x01\0\0\0bx", f"column {said} has 1 bytes behind the last value of the slice at row 0"),
    ):
        values = [*good]
        values[leaf] = bad
        header = head("columns") | {"schema": schema, "part": 0, "first": 0, "rows": 2, "last": True}
        header["leaves"] = [[2, len(value)] for value in values]
        words = ["parquet-encode", "-o", tmp_path / "out", "--staged", "--partition-by", "k"]
        nest.run(*words, stdin=frame(header, b"".join(values)) + end_frame(1, 2)).fatal(1, pattern)


# ---- the same bytes ----

@pytest.fixture
def events(tmp_path):
    """JSON Lines of several parts, and what shreds them so."""
    dice = random.Random(3)
    lines = []
    for row in range(6000):
        event = {"id": row, "kind": dice.choice("abc"), "size": dice.randrange(4), "tags": ["t"] * dice.randrange(3)}
        lines.append(json.dumps(event | ({"note": "n" * dice.randrange(40)} if dice.random() < 0.5 else {})))
    path = tmp_path / "events.jsonl"
    path.write_text("\n".join(lines) + "\n")
    return path


BY = ["--partition-by", "kind", "--partition-by", "size"]


def make(nest, out, events, *, shred=(), encode=(), merge=()):
    """The events as a dataset of five parts, over pipes."""
    columns = nest.run("nest-shred", "--parts", 5, *shred, events)
    assert columns.status == 0, columns.err
    told = nest.run("parquet-encode", "-o", out, *BY, *encode, stdin=columns.out)
    assert told.status == 0, told.err
    done = nest.run("parquet-merge", *merge, out, stdin=told.out)
    assert (done.status, done.err) == (0, "")
    return snapshot(out)


@pytest.mark.sanitize
def test_who_makes_it_and_how_frames_cut_rows_does_not_show(nest, events, tmp_path):
    whole = make(nest, tmp_path / "whole", events)
    assert len(whole) == 5 * 12 + 1
    assert make(nest, tmp_path / "small", events, shred=["--batch", 77]) == whole
    assert make(nest, tmp_path / "verified", events, merge=["--verify", "--jobs", 2]) == whole
    out, told = tmp_path / "out", b""
    for share in range(2):
        columns = nest.run("nest-shred", "--parts", 5, "--share", f"{share}/2", "--name", f"s{share}", events).out
        told += nest.run("parquet-encode", "-o", out, "--name", f"e{share}", *BY, stdin=columns).out
    assert nest.run("parquet-merge", "--senders", 2, out, stdin=told).err == ""
    assert snapshot(out) == whole


@pytest.mark.sanitize
def test_a_dataset_without_rows_has_no_file(nest, tmp_path):
    out = nest.pipeline(tmp_path / "out", source=rows_stream(SALES, []), encode=["--partition-by", "year"], merge=["--verify"])
    assert os.listdir(out) == ["_SUCCESS"]
    nest.pipeline(out, source=rows_stream(SALES, sales(5)), encode=["--partition-by", "year"], merge=["--force"])
    assert len(folders(out)) > 0


@pytest.mark.slow
def test_a_part_that_memory_does_not_hold(nest, tmp_path):
    """137 MB of columns in one part, for each of 2526 days; a limit is on all that a process maps."""
    out = tmp_path / "out"
    columns = nest.run("nest-shred", stdin=nest.run("nest-gen", "-n", "1M", "lineitem").out).out
    told = nest.run("parquet-encode", "-o", out, "--partition-by", "l_shipdate", stdin=columns, memory=192 << 20)
    assert (told.status, told.err) == (0, "")
    assert nest.run("parquet-merge", out, stdin=told.out).status == 0
    [(rows, days)] = duckdb.sql(
        f"select count(*), count(distinct l_shipdate) from read_parquet('{out}/**/*.parquet', hive_partitioning=1)"
    ).fetchall()
    assert (rows, days) == (1_000_000, len(folders(out)))


# ---- going on ----


@pytest.mark.sanitize
def test_parts_that_are_missing_are_made_and_all_are_published(nest, events, tmp_path):
    whole = make(nest, tmp_path / "whole", events)
    out = tmp_path / "out"

    def encode(*share):
        columns = nest.run("nest-shred", "--parts", 5, *share, events).out
        assert nest.run("parquet-encode", "-o", out, *BY, "--staged", stdin=columns).status == 0

    encode("--share", "1/2")
    assert nest.run("parquet-merge", "--missing", out).out == b"0,2,4\n"
    broken = staging(out) / staged_parts(out)[0]
    data = bytearray(broken.read_bytes())
    data[100] ^= 1
    broken.write_bytes(data)
    assert nest.run("parquet-merge", "--missing", out).out == b"0-2,4\n"
    nest.run("parquet-merge", "--staged", out).fatal(1, "part 0 is missing")
    encode("--only-parts", "0-2,4")
    assert nest.run("parquet-merge", "--staged", "--verify", out).status == 0
    assert snapshot(out) == whole
    assert not staging(out).exists()
    # Another column is another run.
    encode("--share", "0/2")
    columns = nest.run("nest-shred", "--parts", 5, events).out
    other = nest.run("parquet-encode", "-o", out, "--partition-by", "kind", "--staged", stdin=columns)
    other.fatal(3, "holds parts of run")
    assert nest.run("parquet-merge", "--sweep", out).status == 0
    assert not staging(out).exists() and snapshot(out) == whole


@pytest.mark.parametrize("number", [signal.SIGKILL, signal.SIGTERM])
def test_an_encoder_is_killed_and_the_run_gone_on_with(nest, events, tmp_path, started, number):
    whole = make(nest, tmp_path / "whole", events)
    out = tmp_path / "out"
    columns = nest.run("nest-shred", "--parts", 5, events).out
    command = nest.command("parquet-encode", "-o", out, *BY, "--staged")
    process = subprocess.Popen(command, stdin=subprocess.PIPE, stderr=subprocess.DEVNULL)
    started.append(process)
    # All but the end of the last part.
    process.stdin.write(columns[: len(columns) - 2000])
    process.stdin.flush()
    wait_until(lambda: len(staged_parts(out)) >= 3, "three parts")
    process.send_signal(number)
    process.wait()
    process.stdin.close()
    kept = {name: os.stat(staging(out) / name).st_ino for name in staged_parts(out)}
    assert nest.run("parquet-encode", "-o", out, *BY, "--staged", stdin=columns).status == 0
    assert kept.items() <= {name: os.stat(staging(out) / name).st_ino for name in staged_parts(out)}.items()
    assert nest.run("parquet-merge", "--staged", out).status == 0
    assert snapshot(out) == whole


def test_a_pipeline_says_how_many_files_there_are(pipeline, events, tmp_path):
    out = tmp_path / "out"
    words = ["ingest", "--parts", 3, "-o", out, *BY, "--verify", "--summary", tmp_path / "summary", events]
    # It could not name one of them beforehand.
    assert "Look at it" in said(pipeline("ingest", "--dry-run", "-o", out, events))
    assert "Look at it" not in said(pipeline(*words, "--dry-run"))
    [result] = finish([pipeline(*words)])
    assert result.status == 0, result.err
    assert json.loads((tmp_path / "summary").read_text())["files"] == len(list(out.rglob("*.parquet"))) == 36
    assert nest_rows(out) == 6000


def nest_rows(out):
    return duckdb.sql(f"select count(*) from read_parquet('{out}/**/*.parquet')").fetchall()[0][0]


# ---- what is replaced ----


@pytest.mark.sanitize
def test_force_replaces_the_whole_tree(nest, partitioned, tmp_path):
    out, rows = partitioned
    other = nest.pipeline(tmp_path / "other", source=rows_stream(SALES, sales(20)), encode=["--partition-by", "year"])
    nest.pipeline(out, source=rows_stream(SALES, sales(20)), encode=["--partition-by", "year"], merge=["--force"])
    assert snapshot(out) == snapshot(other)
    nest.pipeline(out, rows=10, merge=["--force"])
    assert sorted(os.listdir(out)) == ["_SUCCESS", "part-00000.parquet"]
    assert sorted(os.listdir(tmp_path)) == ["other", "out"]


@pytest.mark.sanitize
@pytest.mark.parametrize("odd", ["country=DE/notes.txt", "country=DE/year=2024/sub/x.parquet", "=DE/x.parquet", "_x/a"])
def test_force_leaves_a_tree_with_anything_else_alone(nest, partitioned, odd):
    out, _ = partitioned
    (out / odd).parent.mkdir(exist_ok=True)
    (out / odd).write_text("mine")
    before = snapshot(out)
    name = "country=DE/notes.txt" if "notes" in odd else odd.rsplit("/", 1)[0]
    result = nest.run("parquet-merge", "--force", out, stdin=end_frame(0, 0))
    result.fatal(2, f"out holds {name}, which is no file of a dataset; --force replaces only")
    assert snapshot(out) == before


def test_a_partition_that_could_not_be_removed_is_not_replaced(nest, partitioned):
    out, _ = partitioned
    (out / "country=DE").chmod(0o555)
    humble = ["setpriv", "--bounding-set", "-dac_override"] if os.geteuid() == 0 else []
    command = [*humble, *nest.command("parquet-merge", "--force", out)]
    done = subprocess.run(command, stdin=subprocess.DEVNULL, capture_output=True, text=True)
    (out / "country=DE").chmod(0o755)
    assert done.returncode == 2 and "out/country=DE is not to be written" in done.stderr, done.stderr


# ---- calls that fail ----

IO, FULL, UNKNOWN = errno.EIO, errno.ENOSPC, errno.ENOSYS
FAILURES = [f"{call}:{number}:{IO}" for call in ("openat", "mkdirat", "fstat") for number in (1, 2, 5, 11)]
FAILURES += [f"syncfs:1:{IO}", f"exchange:1:{IO}", f"pread:5:{IO}"]
FAILURES += [f"copy_file_range:1+:{UNKNOWN},write:{number}:{FULL}" for number in (1, 9)]
FAILURES += [f"{call}:{number}:KILL" for call in ("mkdirat", "copy_file_range") for number in (1, 9)]
FAILURES += ["syncfs:1:KILL", "exchange:1:KILL", "unlinkat:4:KILL"]


@pytest.fixture
def publish(nest, library, events, tmp_path):
    """Publishes the events in the place of another dataset while a call fails; says what is there then."""
    if nest.sanitized:
        pytest.skip("a sanitizer cannot be preloaded into")
    new = make(nest, tmp_path / "whole", events)
    out, kept = tmp_path / "out", tmp_path / "kept"
    old = make(nest, out, events, encode=["--page-version", 2])
    columns = nest.run("nest-shred", "--parts", 5, events).out
    assert nest.run("parquet-encode", "-o", out, *BY, "--staged", stdin=columns).status == 0
    staging(out).rename(kept)
    shutil.copytree(out, tmp_path / "old")

    def publish(plan):
        for path, source in ((out, tmp_path / "old"), (staging(out), kept)):
            shutil.rmtree(path, ignore_errors=True)
            shutil.copytree(source, path)
        (tmp_path / "mark").unlink(missing_ok=True)
        environment = os.environ | {"LD_PRELOAD": str(library), "NEST_FAIL": plan, "NEST_FAIL_MARK": str(tmp_path / "mark")}
        result = nest.run("parquet-merge", "--force", "--staged", out, env=environment, memory=None)
        there = snapshot(out)
        assert there in (old, new), plan
        # Whatever happened, it can be gone on with, or is done and can be cleared.
        if result.status != 0 and there == old:
            assert nest.run("parquet-merge", "--force", "--staged", out).status == 0, plan
            assert snapshot(out) == new, plan
        assert nest.run("parquet-merge", "--sweep", out).status == 0, plan
        return result, (tmp_path / "mark").exists()

    return publish


def test_a_call_fails_or_is_the_last_while_parts_are_taken_apart(publish):
    failed = set()
    for plan in FAILURES:
        result, happened = publish(plan)
        assert happened or "+" in plan, plan
        assert result.status in (0, 3, -9), (plan, result.err)
        failed |= {plan.split(":")[0]} if result.status != 0 else set()
    assert failed >= {"openat", "mkdirat", "fstat", "syncfs", "exchange", "copy_file_range"}


def test_what_the_kernel_does_not_copy_is_copied_by_hand(publish):
    result, _ = publish(f"copy_file_range:1+:{UNKNOWN}")
    assert (result.status, result.err) == (0, "")


@pytest.mark.parametrize("plan, pattern", [(f"syncfs:1:{IO}", "unable to sync .*out.staging/new: "), (f"copy_file_range:1+:{UNKNOWN},write:3:{FULL}", r"unable to write .*/new/kind=.*/part-0000\d.parquet: No space")])
def test_what_fails_is_told(publish, pattern, plan):
    result, _ = publish(plan)
    assert result.status == 3
    assert re.search(f"^parquet-merge: fatal: {pattern}", result.err), result.err


# ---- parts of a stage of one's own ----


@pytest.fixture
def staged(nest, tmp_path):
    """Stages a part that is made of one of SALES by changing its index, and has it published."""

    def staged(change, *options, damage=lambda data: data):
        out = tmp_path / "out"
        columns = nest.run("nest-shred", stdin=rows_stream(KEYED, [[0, b"x"], [1, b"y"]])).out
        told = nest.run("parquet-encode", "-o", out, "--partition-by", "k", "--page-checksum", "on", stdin=columns).out
        frames = read_frames(told)
        [header] = [header for header, _ in frames if header["kind"] == "part"]
        data = damage((staging(out) / header["file"]).read_bytes())
        old, new = change
        assert data.count(old) == 1 and len(old) == len(new)
        (staging(out) / "part-00000").write_bytes(data.replace(old, new))
        stream = b"".join(
            frame(header | ({"file": "part-00000"} if header["kind"] == "part" else {}), body) for header, body in frames
        )
        return out, nest.run("parquet-merge", *options, out, stdin=stream)

    return staged


SAME = (b" k=x\n", b" k=x\n")


@pytest.mark.sanitize
def test_a_part_that_is_named_otherwise_is_taken_apart_as_well(staged):
    out, result = staged(SAME)
    assert (result.status, result.err) == (0, "")
    assert folders(out) == {"k=x", "k=y"}


@pytest.mark.sanitize
@pytest.mark.parametrize(
    "old, new",
    [(b" k=x\n", b" /=x\n"), (b" k=x\n", b" kxx\n"), (b" k=x\n", b" =xx\n"), (b" k=x\n", b" .=x\n"), (b" k=x\n", b" k=y\n"), (b" k=x\n", b" k=z\n"), (b" 1 k=y", b" - k=y"), (b" k=x\n", b" k=\x1f\n")],
)
def test_an_index_that_leads_elsewhere_is_refused(staged, old, new):
    out, result = staged((old, new))
    result.fatal(1, "part 0, file part-00000: its index of partitions is damaged")
    assert not out.exists()


@pytest.mark.sanitize
def test_an_index_of_other_rows_is_refused(staged):
    _, result = staged((b" 1 k=y", b" 2 k=y"))
    result.fatal(1, "its index of partitions tells of 3 rows, but it has 2")


@pytest.mark.sanitize
def test_files_are_verified_before_they_are_published(staged):
    """A byte of a page is another one."""

    def damage(data):
        at = data.index((1).to_bytes(8, "little"))
        return data[:at] + bytes([data[at] ^ 1]) + data[at + 1 :]

    out, result = staged(SAME, "--verify", damage=damage)
    result.fatal(1, r"\.out\.staging/new/k=y/part-00000\.parquet: row group 0, column id: page at")
    assert not out.exists()


@pytest.mark.sanitize
@pytest.mark.parametrize("first, sentence", [(True, "it has no partitions, and part 0, which came first, has some"),
                                             (False, "it has partitions, and part 0, which came first, has none")])  # fmt: skip
def test_parts_with_partitions_and_parts_without_do_not_meet(nest, tmp_path, first, sentence):
    """Runs without a name tell nothing of their options."""
    out = tmp_path / "out"
    schema, told = "message m { required int64 id; required int64 k; }", []
    for part, is_partitioned in enumerate([first, not first]):
        rows, text, by = [[part]], ONE_ID, []
        if is_partitioned:
            rows, text, by = [[part, 7]], schema, ["--partition-by", "k"]
        columns = nest.run("nest-shred", stdin=rows_frame(text, rows, part=part, first=part) + end_frame(1, 1)).out
        told.append(nest.run("parquet-encode", "-o", out, "--name", f"e{part}", *by, stdin=columns).out)
    result = nest.run("parquet-merge", "--senders", 2, out, stdin=b"".join(told))
    result.fatal(1, f"part 1, file .*: {sentence}")


ONE_ID = "message m { required int64 id; }"
