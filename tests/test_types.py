"""Every type and every shape, as rows made with msgpack, through the whole pipeline and back."""

import datetime
import decimal
import math
import struct
import uuid

import duckdb
import pyarrow
import pyarrow.parquet
import pytest

from nestlib import rows_stream

UTC = datetime.timezone.utc
DAY = datetime.date
AT = datetime.datetime


def little(value, size):
    return value.to_bytes(size, "little", signed=True)


def big(value, size):
    return value.to_bytes(size, "big", signed=True)


def int96(nanoseconds, julian_day):
    return struct.pack("<qi", nanoseconds, julian_day)


FIXED = "fixed_len_byte_array"

# field, Arrow's type, the values sent, the values read; the same where they are not said.
SCALARS = {
    "boolean": ("boolean a", pyarrow.bool_(), [True, False, False, True, True]),
    "int32": ("int32 a", pyarrow.int32(), [0, -(2**31), 2**31 - 1]),
    "int64": ("int64 a", pyarrow.int64(), [0, -(2**63), 2**63 - 1]),
    "int96": (
        "int96 a",
        pyarrow.timestamp("ns"),
        [int96(0, 2440588), int96(1_000_000_000, 2440589)],
        [AT(1970, 1, 1), AT(1970, 1, 2, 0, 0, 1)],
    ),
    "float": (
        "float a",
        pyarrow.float32(),
        [0.5, -1.25, 2.0**100, float("inf"), 3],
        [0.5, -1.25, 2.0**100, float("inf"), 3.0],
    ),
    "double": (
        "double a",
        pyarrow.float64(),
        [0.1, -1e300, -float("inf"), 7],
        [0.1, -1e300, -float("inf"), 7.0],
    ),
    "binary": ("binary a", pyarrow.binary(), [b"", b"\xff\0", b"x" * 1000]),
    "fixed": (f"{FIXED}(3) a", pyarrow.binary(3), [b"abc", b"\0\xff\0"]),
    "string": ("binary a (STRING)", pyarrow.string(), ["", "abc", "äöü€𝄞", "x" * 300]),
    "enum": ("binary a (ENUM)", pyarrow.binary(), ["RED", "GREEN"], [b"RED", b"GREEN"]),
    "json": ("binary a (JSON)", None, ['{"a": [1, 2]}', "null"]),
    "bson": ("binary a (BSON)", pyarrow.binary(), [b"\x05\0\0\0\0"]),
    "uuid": (
        f"{FIXED}(16) a (UUID)",
        None,
        [uuid.UUID(int=1).bytes, uuid.UUID(int=2**127).bytes],
        [uuid.UUID(int=1), uuid.UUID(int=2**127)],
    ),
    "date": (
        "int32 a (DATE)",
        pyarrow.date32(),
        [0, -719162, 20000],
        [DAY(1970, 1, 1), DAY(1, 1, 1), DAY(2024, 10, 4)],
    ),
    "time ms": (
        "int32 a (TIME(MILLIS,true))",
        pyarrow.time32("ms"),
        [0, 3723004],
        [datetime.time(), datetime.time(1, 2, 3, 4000)],
    ),
    "time us": ("int64 a (TIME(MICROS,false))", pyarrow.time64("us"), [5], [datetime.time(0, 0, 0, 5)]),
    "time ns": ("int64 a (TIME(NANOS,true))", pyarrow.time64("ns"), [7000], [datetime.time(0, 0, 0, 7)]),
    "timestamp ms": (
        "int64 a (TIMESTAMP(MILLIS,true))",
        pyarrow.timestamp("ms", "UTC"),
        [0, -1],
        [AT(1970, 1, 1, tzinfo=UTC), AT(1969, 12, 31, 23, 59, 59, 999000, tzinfo=UTC)],
    ),
    "timestamp us": (
        "int64 a (TIMESTAMP(MICROS,false))",
        pyarrow.timestamp("us"),
        [1],
        [AT(1970, 1, 1, 0, 0, 0, 1)],
    ),
    "timestamp ns": (
        "int64 a (TIMESTAMP(NANOS,true))",
        pyarrow.timestamp("ns", "UTC"),
        [1000],
        [AT(1970, 1, 1, 0, 0, 0, 1, tzinfo=UTC)],
    ),
    "decimal int32": (
        "int32 a (DECIMAL(9,2))",
        pyarrow.decimal128(9, 2),
        [-12345, 999999999],
        ["-123.45", "9999999.99"],
    ),
    "decimal int64": (
        "int64 a (DECIMAL(18,0))",
        pyarrow.decimal128(18, 0),
        [-(10**17), 3],
        [str(-(10**17)), "3"],
    ),
    "decimal binary": (
        "binary a (DECIMAL(20,5))",
        pyarrow.decimal128(20, 5),
        [big(-150000, 3), big(1, 1)],
        ["-1.50000", "0.00001"],
    ),
    "decimal fixed": (
        f"{FIXED}(16) a (DECIMAL(38,10))",
        pyarrow.decimal128(38, 10),
        [big(-(10**30), 16)],
        [str(decimal.Decimal(-(10**30)).scaleb(-10, decimal.Context(prec=50)))],
    ),
    "float16": (
        f"{FIXED}(2) a (FLOAT16)",
        pyarrow.float16(),
        [struct.pack("<e", 1.5), struct.pack("<e", -65504.0)],
        [1.5, -65504.0],
    ),
    "interval": (f"{FIXED}(12) a (INTERVAL)", None, [struct.pack("<III", 1, 2, 3)]),
}
for bits in (8, 16, 32, 64):
    physical = "int64" if bits == 64 else "int32"
    for signed in ("true", "false"):
        low, high = (-(2 ** (bits - 1)), 2 ** (bits - 1) - 1) if signed == "true" else (0, 2**bits - 1)
        kind = f"int{bits}" if signed == "true" else f"uint{bits}"
        SCALARS[f"integer {kind}"] = (
            f"{physical} a (INTEGER({bits},{signed}))",
            getattr(pyarrow, kind)(),
            [low, 0, high],
        )

# The old spellings say the same.
for word, same in [
    ("UTF8", "string"),
    ("INT_8", "integer int8"),
    ("UINT_64", "integer uint64"),
    ("TIMESTAMP_MILLIS", "timestamp ms"),
]:
    field, *rest = SCALARS[same]
    SCALARS[f"old {word}"] = (f"{field.split('(')[0]}({word})", *rest)


def scalar(name):
    field, arrow, sent, *read = SCALARS[name]
    read = read[0] if read else sent
    if name.startswith("decimal"):
        read = [decimal.Decimal(value) for value in read]
    return field, arrow, sent, read


@pytest.mark.parametrize("dictionary", ["on", "off"])
@pytest.mark.parametrize("name", SCALARS)
def test_a_scalar_type_there_and_back(nest, tmp_path, name, dictionary):
    """Required, optional and repeated; few distinct values, so that dictionaries pay where they may."""
    field, arrow, sent, read = scalar(name)
    renamed = [field.replace(" a", f" {new}", 1) for new in "xyz"]
    schema = "message m {{ required {}; optional {}; repeated {}; }}".format(*renamed)
    rows = [[value, value if i % 2 else None, sent[: i % 3]] for i, value in enumerate(sent)] * 50
    expected = [(value, value if i % 2 else None, read[: i % 3]) for i, value in enumerate(read)] * 50
    out = nest.pipeline(
        tmp_path / "out", source=rows_stream(schema, rows), encode=["--dictionary", dictionary]
    )

    table = pyarrow.parquet.read_table(out)
    if arrow is not None:
        assert [field.type for field in table.schema][:2] == [arrow, arrow]
        assert table.schema.field("z").type.value_type == arrow
    assert [field.nullable for field in table.schema] == [False, True, False]
    got = [tuple(row.values()) for row in table.to_pylist()]
    assert got == expected

    if name not in UNREAD_BY_DUCKDB:
        check_duckdb(out, name, expected)


# DuckDB refuses BSON, and an interval is three numbers in Arrow and a span of time in DuckDB.
UNREAD_BY_DUCKDB = {"bson", "interval"}


def check_duckdb(out, name, expected):
    """The same values in DuckDB, whose instants are compared by their nanoseconds."""
    instants = isinstance(expected[0][0], AT) and expected[0][0].tzinfo is not None
    columns = "epoch_ns(x), epoch_ns(y), [epoch_ns(e) for e in z]" if instants else "x, y, z"
    convert = {"enum": str.encode, "float16": float}.get(name, lambda value: value)
    if name in ("time ms", "time ns"):
        convert = lambda value: value.replace(tzinfo=None)
    got = [each_value(convert, row) for row in query(out, columns)]
    if instants:
        expected = [each_value(nanoseconds, row) for row in expected]
    assert got == expected


def each_value(function, row):
    x, y, z = row
    return function(x), None if y is None else function(y), [function(each) for each in z]


def nanoseconds(instant):
    return (instant - AT(1970, 1, 1, tzinfo=UTC)) // datetime.timedelta(microseconds=1) * 1000


def query(out, columns, condition="true"):
    return duckdb.sql(f"select {columns} from read_parquet('{out}/*.parquet') where {condition}").fetchall()


def test_not_a_number_comes_through_and_spoils_no_statistics(nest, tmp_path):
    schema = "message m { optional double a; optional float b; }"
    nan = float("nan")
    out = nest.pipeline(
        tmp_path / "out", source=rows_stream(schema, [[nan, nan], [1.0, -0.0], [None, 0.0], [2.0, nan]])
    )
    column = pyarrow.parquet.read_table(out).column("a").to_pylist()
    assert math.isnan(column[0]) and column[1:] == [1.0, None, 2.0]
    assert query(out, "count(*)", "a = 2.0 or b = -0.0") == [(3,)]
    group = pyarrow.parquet.read_metadata(out / "part-00000.parquet").row_group(0)
    statistics = [group.column(i).statistics for i in range(2)]
    for each in statistics:
        assert not each.has_min_max or not (math.isnan(each.min) or math.isnan(each.max))
    # A zero as a bound covers both zeros: -0 below, +0 above.
    if statistics[1].has_min_max:
        assert math.copysign(1, statistics[1].min) == -1 and math.copysign(1, statistics[1].max) == 1


# ---- shapes ----

LIST_OF_LISTS = """message m {
  optional group a (LIST) { repeated group list { optional group element (LIST) {
    repeated group list { optional group element { optional int32 x; optional binary y (STRING); } } } } }
}"""
MAP = """message m {
  optional group a (MAP) { repeated group key_value { required binary key (STRING); optional int64 value; } }
}"""
SET = "message m { optional group a (MAP) { repeated group key_value { required int32 key; } } }"
MAP_OF_LISTS = """message m {
  required group a (MAP) { repeated group key_value { required int32 key;
    optional group value (LIST) { repeated group list { required double element; } } } }
}"""
DEEP = "message m { " + "optional group g { " * 30 + "optional int32 a; " + "} " * 30 + "}"


def nested(value, depth):
    for _ in range(depth):
        value = [value]
    return value


SHAPES = {
    "lists of lists of structs": (
        LIST_OF_LISTS,
        [None, [], [None], [[]], [[None]], [[[1, "a"], [None, "b"]], [], None, [[2, None], None]]],
        [
            None,
            [],
            [None],
            [[]],
            [[None]],
            [[{"x": 1, "y": "a"}, {"x": None, "y": "b"}], [], None, [{"x": 2, "y": None}, None]],
        ],
    ),
    "maps": (
        MAP,
        [None, {}, {"a": 1, "b": None}, {"": -5}],
        [None, [], [("a", 1), ("b", None)], [("", -5)]],
    ),
    "maps of lists": (
        MAP_OF_LISTS,
        [{}, {1: [0.5], 2: [], 3: None}, {4: [1.5, 2.5]}],
        [[], [(1, [0.5]), (2, []), (3, None)], [(4, [1.5, 2.5])]],
    ),
    "all null": ("message m { optional int32 a; }", [None] * 3000, [None] * 3000),
    "all empty": ("message m { repeated int32 a; }", [[]] * 3000, [[]] * 3000),
    "lists of nulls": (
        "message m { optional group a (LIST) { repeated group list { optional int32 element; } } }",
        [[None] * 5] * 1000,
        [[None] * 5] * 1000,
    ),
    "a list of many": (
        "message m { optional group a (LIST) { repeated group list { required int64 element; } } }",
        [list(range(200000)), [], [7]],
        [list(range(200000)), [], [7]],
    ),
    "a long text": (
        "message m { required binary a (STRING); }",
        ["x" * 3_000_000, ""],
        ["x" * 3_000_000, ""],
    ),
    "old lists": (
        "message m { optional group a (LIST) { repeated int32 array; } }",
        [None, [], [1, 2]],
        [None, [], [1, 2]],
    ),
}


@pytest.mark.parametrize("name", SHAPES)
def test_a_shape_there_and_back(nest, tmp_path, name):
    schema, sent, read = SHAPES[name]
    out = nest.pipeline(tmp_path / "out", source=rows_stream(schema, [[value] for value in sent]))
    assert pyarrow.parquet.read_table(out).column("a").to_pylist() == read
    got = [value for value, in query(out, "a")]
    if "maps" in name:
        read = [value if value is None else dict(value) for value in read]
    assert got == read


@pytest.mark.sanitize
def test_a_map_without_values_is_read_as_its_keys(nest, tmp_path):
    """Readers call it a list, or a map of nulls; the keys are what counts."""
    sent = [None, {}, {1: None, 2: None}, {3: None}]
    out = nest.pipeline(tmp_path / "out", source=rows_stream(SET, [[value] for value in sent]))
    group = pyarrow.parquet.read_metadata(out / "part-00000.parquet").row_group(0).column(0)
    assert (group.path_in_schema, group.num_values) == ("a.key_value.key", 5)
    assert (group.statistics.min, group.statistics.max, group.statistics.null_count) == (1, 3, 2)
    column = pyarrow.parquet.read_table(out).column("a").to_pylist()
    keys = [
        value
        and [
            each["key"] if isinstance(each, dict) else each[0] if isinstance(each, tuple) else each
            for each in value
        ]
        for value in column
    ]
    assert keys == [None, [], [1, 2], [3]]


def test_deep_nesting(nest, tmp_path):
    rows = [nested(None, 1), nested(None, 31), nested(7, 31)]
    out = nest.pipeline(tmp_path / "out", source=rows_stream(DEEP, rows))
    column = pyarrow.parquet.ParquetFile(out / "part-00000.parquet").schema.column(0)
    assert column.max_definition_level == 31
    assert query(out, ".".join(["g"] * 30) + ".a") == [(None,), (None,), (7,)]


def test_many_columns(nest, tmp_path):
    schema = "message m {" + "".join(f" optional int32 c{i};" for i in range(500)) + " }"
    rows = [[i * k if (i + k) % 3 else None for k in range(500)] for i in range(40)]
    out = nest.pipeline(tmp_path / "out", source=rows_stream(schema, rows))
    table = pyarrow.parquet.read_table(out)
    assert [list(row.values()) for row in table.to_pylist()] == rows


def test_as_many_columns_as_a_schema_may_have(nest, tmp_path):
    """Nearly; and what a column takes at least must not keep some rows of them out of memory."""
    columns = 14_000
    schema = "message m {" + "".join(f" optional binary c{i} (STRING);" for i in range(columns)) + " }"
    rows = [[f"{i * k}" if (i + k) % 3 else None for k in range(columns)] for i in range(5)]
    out = nest.pipeline(tmp_path / "out", source=rows_stream(schema, rows))
    table = pyarrow.parquet.read_table(out)
    assert [list(row.values()) for row in table.to_pylist()] == rows


@pytest.mark.sanitize
def test_a_dataset_without_rows(nest, tmp_path):
    out = nest.pipeline(tmp_path / "out", rows=0)
    table = pyarrow.parquet.read_table(out)
    assert table.num_rows == 0 and table.column_names == ["name", "phones"]
    assert query(out, "count(*)") == [(0,)]


def test_field_ids_are_kept(nest, tmp_path):
    schema = "message m { required int32 a = 7; optional group g = 3 { required int64 b = 9; } }"
    out = nest.pipeline(tmp_path / "out", source=rows_stream(schema, [[1, [2]]]))
    arrow = pyarrow.parquet.read_schema(out / "part-00000.parquet")
    assert [field.metadata[b"PARQUET:field_id"] for field in arrow] == [b"7", b"3"]
