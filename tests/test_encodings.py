"""Every encoding of every type, in pages of both versions, flat and nested, as other readers have it."""

import datetime
import itertools
import json
import math
import random
import struct

import duckdb
import polars
import pyarrow
import pyarrow.parquet
import pytest

from nestlib import end_frame, rows_frame, rows_stream

FIXED = "fixed_len_byte_array(5)"
EPOCH = datetime.datetime(1970, 1, 1)
REALS = [0.0, -0.0, math.inf, -math.inf, math.nan, 1.5]


def integers(bits):
    low, high = -(2 ** (bits - 1)), 2 ** (bits - 1) - 1
    return [0, low, high, low, high, -1, high - 1, low + 1, 7]


def moments(rng):
    """INT96 as it is sent; what is read is an instant."""
    return (rng.randrange(86400 * 10**6) * 1000, 2440588 + rng.randrange(-9000, 9000))


# What a value may be: edges, then one by chance; and the encodings that go with the type.
TYPES = {
    "boolean": ([True, False], lambda rng: rng.random() < 0.9, ["PLAIN", "RLE"]),
    "int32": (
        integers(32),
        lambda rng: rng.randrange(-(2**31), 2**31),
        ["PLAIN", "RLE_DICTIONARY", "DELTA_BINARY_PACKED", "BYTE_STREAM_SPLIT"],
    ),
    "int64": (
        integers(64),
        lambda rng: rng.randrange(10**12),
        ["PLAIN", "RLE_DICTIONARY", "DELTA_BINARY_PACKED", "BYTE_STREAM_SPLIT"],
    ),
    "int96": ([(0, 2440588)], moments, ["PLAIN", "RLE_DICTIONARY"]),
    "float": (
        [*REALS, 2.0**-149, 2.0**127],
        lambda rng: rng.randrange(10**6) / 8,
        ["PLAIN", "RLE_DICTIONARY", "BYTE_STREAM_SPLIT"],
    ),
    "double": (
        [*REALS, 5e-324, 1.7976931348623157e308],
        lambda rng: rng.random(),
        ["PLAIN", "RLE_DICTIONARY", "BYTE_STREAM_SPLIT"],
    ),
    "binary": (
        [b"", b"\0", b"", b"abc", b"abcd", b"abc", b"x" * 3000],
        lambda rng: b"http://example.org/%d" % rng.randrange(1000),
        ["PLAIN", "RLE_DICTIONARY", "DELTA_LENGTH_BYTE_ARRAY", "DELTA_BYTE_ARRAY"],
    ),
    FIXED: (
        [bytes(5), b"\xff" * 5, b"abcde", b"abcdf"],
        lambda rng: b"%05d" % rng.randrange(500),
        ["PLAIN", "RLE_DICTIONARY", "DELTA_BYTE_ARRAY", "BYTE_STREAM_SPLIT"],
    ),
}
COLUMNS = [(kind, encoding) for kind, (_, _, encodings) in TYPES.items() for encoding in encodings]

# How a leaf NAME stands in the schema, where its path leads, and what is made of values, which are never none.
NESTINGS = {
    "required": ("required {0} {1};", "", lambda values, i: values[0]),
    "optional": ("optional {0} {1};", "", lambda values, i: None if i % 3 == 1 else values[0]),
    "list": (
        "optional group {1} (LIST) {{ repeated group list {{ optional {0} element; }} }}",
        ".list.element",
        lambda values, i: [None, [], [None], values, [values[0], None]][i % 5],
    ),
    "lists": (
        "required group {1} (LIST) {{ repeated group list {{ required group element (LIST) {{"
        " repeated group list {{ required {0} element; }} }} }} }}",
        ".list.element.list.element",
        lambda values, i: [[], [[]], [values, [], values[:1]]][i % 3],
    ),
}


def name_of(nesting, kind, encoding):
    return f"{nesting}_{kind.split('(')[0]}_{encoding}".lower()


LEAVES = [(name_of(nesting, *column), nesting, *column) for nesting in NESTINGS for column in COLUMNS]
SCHEMA = "message m {" + " ".join(NESTINGS[nesting][0].format(kind, name) for name, nesting, kind, _ in LEAVES) + "}"
ENCODINGS = [
    word
    for name, nesting, _, encoding in LEAVES
    for word in ("--column", f"{name}{NESTINGS[nesting][1]}:encoding={encoding}")
]


def make_rows(rows):
    """The rows, column by column."""
    rng, columns = random.Random(9), []
    for _, nesting, kind, _ in LEAVES:
        edges, chance, _ = TYPES[kind]
        values = itertools.chain(edges, iter(lambda: chance(rng), None))
        columns.append([NESTINGS[nesting][2](list(itertools.islice(values, 2)), i) for i in range(rows)])
    return [list(row) for row in zip(*columns)]


def deep(function, value):
    if isinstance(value, list):
        return [deep(function, each) for each in value]
    return value if value is None else function(value)


def sent(value):
    """A row's value as it is packed."""
    return deep(lambda each: struct.pack("<qi", *each) if isinstance(each, tuple) else each, value)


def plain(value):
    """A value without pandas' types, which pyarrow has where they are installed."""
    return value.to_pydatetime() if hasattr(value, "to_pydatetime") else value


def read(value):
    """A row's value as it is read."""

    def convert(each):
        if not isinstance(each, tuple):
            return each
        return EPOCH + datetime.timedelta(days=each[1] - 2440588, microseconds=each[0] // 1000)

    return deep(convert, value)


# ---- readers ----


def by_pyarrow(path, names):
    return pyarrow.parquet.read_table(path, columns=names)


def by_duckdb(path, names):
    return duckdb.sql(f"select {', '.join(names)} from read_parquet('{path}')").to_arrow_table()


def by_polars(path, names):
    return polars.read_parquet(path, columns=names, use_pyarrow=False).to_arrow()


# Each with the encodings of byte strings of a fixed length that it does not read.
READERS = {
    "pyarrow": (by_pyarrow, []),
    "duckdb": (by_duckdb, ["BYTE_STREAM_SPLIT"]),
    "polars": (by_polars, ["BYTE_STREAM_SPLIT", "DELTA_BYTE_ARRAY"]),
}


def check(path, rows):
    for reader, (function, lacks) in READERS.items():
        leaves = {
            i: name
            for i, (name, _, kind, encoding) in enumerate(LEAVES)
            if kind != FIXED or encoding not in lacks
        }
        table = function(path, list(leaves.values()))
        assert table.num_rows == len(rows)
        for i, name in leaves.items():
            got, expected = deep(plain, table.column(name).to_pylist()), [read(row[i]) for row in rows]
            # As texts, for NaN is not equal to itself, and -0 is to 0.
            assert repr(got) == repr(expected), (reader, name)


def write(nest, out, columns, *options):
    encoded = nest.run("parquet-encode", "-o", out, *options, stdin=columns)
    assert (encoded.status, encoded.err) == (0, "")
    merged = nest.run("parquet-merge", out, stdin=encoded.out)
    assert (merged.status, merged.err) == (0, "")
    (path,) = out.glob("*.parquet")
    return path


def columns_of(nest, schema, rows):
    result = nest.run("nest-shred", stdin=rows_stream(schema, rows))
    assert (result.status, result.err) == (0, "")
    return result.out


def check_told(nest, path, version):
    """Every column has the encoding that it was told, and no other, in pages of VERSION."""
    pages = {
        page["type"]
        for group in json.loads(nest.run("parquet-merge", "--show", "--json", path).out)["row_groups"]
        for column in group["columns"]
        for page in column["pages"]
    }
    assert pages == {"dictionary", "data v2" if version == 2 else "data"}
    group = pyarrow.parquet.read_metadata(path).row_group(0)
    for i, (name, _, _, encoding) in enumerate(LEAVES):
        aside = {"RLE", "PLAIN"} if encoding == "RLE_DICTIONARY" else {"RLE"}
        assert set(group.column(i).encodings) == {encoding} | aside, name


def lines(nest, path):
    shown = nest.run("parquet-merge", "--show", "--rows", "all", "--binary", "hex", path)
    assert (shown.status, shown.err) == (0, "")
    return shown.out


def check_own(nest, path):
    """What parquet-merge says of the file, and the rows that it reads."""
    checked = nest.run("parquet-merge", "--check", path)
    assert (checked.status, checked.err) == (0, "")
    return lines(nest, path)


LAYOUTS = [(1, "none"), (1, "zstd"), (2, "none"), (2, "zstd")]


@pytest.fixture(scope="module")
def rows():
    return make_rows(600)


@pytest.fixture(scope="module")
def columns(nest, rows):
    return columns_of(nest, SCHEMA, [[sent(value) for value in row] for row in rows])


@pytest.fixture(scope="module")
def shown(nest, tmp_path_factory, columns):
    """The rows as they are shown of a file that was told nothing."""
    return lines(nest, write(nest, tmp_path_factory.mktemp("plain") / "out", columns))


@pytest.mark.parametrize("version, codec", LAYOUTS)
def test_every_encoding_there_and_back(nest, tmp_path, rows, columns, shown, version, codec):
    layout = ["--page-rows", 256, "--row-group-rows", 512, "--page-version", version, "--compression", codec]
    path = write(nest, tmp_path / "out", columns, *layout, *ENCODINGS)
    assert pyarrow.parquet.read_metadata(path).num_row_groups == 2
    check_told(nest, path, version)
    check(path, rows)
    assert check_own(nest, path) == shown


def nothing(nesting, value):
    """VALUE, or what is as empty as can be there."""
    return {"required": value, "lists": []}.get(nesting)


@pytest.mark.parametrize("case", ["no rows", "one row", "all null"])
@pytest.mark.parametrize("options", [ENCODINGS, ["--page-version", "2", "--preset", "small"]], ids=["told", "chosen"])
def test_next_to_nothing(nest, tmp_path, rows, case, options):
    empty = [[nothing(leaf[1], value) for leaf, value in zip(LEAVES, row)] for row in rows[:300]]
    # Behind a page of nulls there may be values yet.
    few = {"no rows": [], "one row": rows[:1], "all null": empty * 2 + rows[:1]}[case]
    sends = columns_of(nest, SCHEMA, [[sent(value) for value in row] for row in few])
    path = write(nest, tmp_path / "out", sends, "--page-rows", 256, "--compression", "zstd", *options)
    check(path, few)
    assert check_own(nest, path).count(b"\n") == len(few)


@pytest.mark.parametrize("codec, has_dictionary", [("none", True), ("snappy", False), ("zstd", False)])
def test_a_codec_takes_the_place_of_a_dictionary(nest, tmp_path, codec, has_dictionary):
    """Keys that count up, of four rows each, which a codec makes smaller as they are, and chances, which it does not."""
    rng = random.Random(4)
    rows = [[i // 4, rng.randrange(100)] for i in range(50000)]
    columns = columns_of(nest, "message m { required int64 key; required int64 chance; }", rows)
    path = write(nest, tmp_path / "out", columns, "--compression", codec)
    group = pyarrow.parquet.read_metadata(path).row_group(0)
    found = ["RLE_DICTIONARY" in group.column(i).encodings for i in range(2)]
    assert found == [has_dictionary, True]
    table = pyarrow.parquet.read_table(path)
    assert [list(row) for row in zip(*(column.to_pylist() for column in table.columns))] == rows


def test_long_texts(nest, tmp_path):
    """One of 16 MiB behind one of no bytes, and one like it but for its end."""
    encodings = ["DELTA_LENGTH_BYTE_ARRAY", "DELTA_BYTE_ARRAY"]
    long = bytes(range(256)) * (1 << 16)
    values = [b"", long, long[:-1], b""]
    schema = "message m {" + " ".join(f"required binary {each};" for each in encodings) + "}"
    told = [word for each in encodings for word in ("--column", f"{each}:encoding={each}")]
    # A row a frame, since a frame has a limit.
    frames = [rows_frame(schema, [[value] * 2], first=i, last=i == 3) for i, value in enumerate(values)]
    shredded = nest.run("nest-shred", stdin=b"".join(frames) + end_frame(4, 4))
    options = ["--page-version", 2, "--page-bytes", "100M", "--row-group-bytes", "1G", *told]
    path = write(nest, tmp_path / "out", shredded.out, *options)
    assert nest.run("parquet-merge", "--check", path).status == 0
    for function, _ in READERS.values():
        assert all(column.to_pylist() == values for column in function(path, encodings).columns)


REFUSED = [
    (
        "phones.number:encoding=PLAIN",
        "column phones.number is not in the schema; the nearest is phones.list.element.number",
    ),
    ("phones:encoding=PLAIN", "column phones is a group; name a leaf of it, such as phones.list.element.number"),
    ("name:encoding=RLE", "column name: RLE does not go with the type binary"),
]


@pytest.mark.sanitize
@pytest.mark.parametrize("told, why", REFUSED)
def test_columns_that_cannot_be_so(nest, tmp_path, told, why):
    """What only the schema shows is wrong usage all the same, and leaves nothing."""
    columns = nest.run("nest-shred", stdin=nest.run("nest-gen", "-n", 10, "contacts").out).out
    result = nest.run("parquet-encode", "--column", told, "-o", tmp_path / "out", stdin=columns)
    assert result.fatal(2, "^--column: ") == f"--column: {why}"
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("rows", ["many", "wide", "large"])
def test_the_defaults_are_what_the_help_says(nest, rows):
    """Of rows enough for each of them to matter: the numbers of rows, a page's bytes, and a row group's."""
    lines = {
        "many": lambda: (f'{{"a":{n}}}' for n in range(150_000)),
        "wide": lambda: (f'{{"a":"{n:0700}"}}' for n in range(4000)),
        "large": lambda: (f'{{"a":"{n % 7:01000}"}}' for n in range(90_000)),
    }[rows]()
    columns = nest.run("nest-shred", stdin="\n".join(lines).encode()).out
    told = ["--row-group-rows", 131072, "--row-group-bytes", 64 << 20, "--page-rows", 20000, "--page-bytes", 1 << 20]
    default = nest.run("parquet-encode", "-o", "-", stdin=columns)
    assert (default.status, default.err) == (0, "")
    assert nest.run("parquet-encode", "-o", "-", *told, stdin=columns).out == default.out
    groups = pyarrow.parquet.read_metadata(pyarrow.BufferReader(default.out)).num_row_groups
    assert groups == (1 if rows == "wide" else 2)
