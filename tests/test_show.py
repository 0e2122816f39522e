"""parquet-merge --show: what is in files of any origin, against pyarrow's reading of them."""

import datetime
import decimal
import io
import itertools
import json
import math
import pathlib
import random
import re

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from compact import footer

SAMPLES = pathlib.Path(__file__).resolve().parent.parent / ".." / "shared" / "data" / "parquet-testing"
EPOCH = datetime.datetime(1970, 1, 1)
DAY_NS = 86400 * 10**9


@pytest.fixture
def show(nest):
    def show(path, *options):
        return nest.run("parquet-merge", "--show", *options, path)

    return show


def rows_of(result):
    assert (result.status, result.err) == (0, "")
    return [json.loads(line, parse_float=decimal.Decimal) for line in result.out.decode().splitlines()]


# ---- pyarrow's values as the lines have them ----


def units_of(value, unit):
    return value // {"s": 10**9, "ms": 10**6, "us": 10**3, "ns": 1}[unit]


def clock(nanoseconds, unit):
    digits = {"s": 0, "ms": 3, "us": 6, "ns": 9}[unit]
    seconds, fraction = divmod(nanoseconds, 10**9)
    text = f"{seconds // 3600:02}:{seconds // 60 % 60:02}:{seconds % 60:02}"
    return text + (f".{fraction:09}"[: 1 + digits] if digits else "")


def real(value, is_single):
    if math.isnan(value):
        return "NaN"
    if math.isinf(value):
        return "Infinity" if value > 0 else "-Infinity"
    # As it is read back.
    return ("single" if is_single else "double", value, math.copysign(1, value))


def same_real(expected, found):
    kind, value, sign = expected
    back = float(found)
    if kind == "single":
        back = pa.scalar(back, pa.float32()).as_py()
    return back == value and math.copysign(1, back) == sign


def plain(scalar, is_int96=False):
    """What the line must have of SCALAR; INT96 is what pyarrow takes for a timestamp."""
    kind = scalar.type
    if not scalar.is_valid:
        return None
    if pa.types.is_struct(kind):
        return {field.name: plain(scalar[field.name], is_int96) for field in kind}
    if pa.types.is_map(kind):
        pairs = [(pa.scalar(key, kind.key_type), pa.scalar(value, kind.item_type)) for key, value in scalar.as_py()]
        return {json_key(plain(key)): plain(value) for key, value in pairs}
    if pa.types.is_list(kind) or pa.types.is_large_list(kind):
        return [plain(element, is_int96) for element in scalar.values]
    if pa.types.is_dictionary(kind):
        return plain(scalar.cast(kind.value_type))
    if pa.types.is_binary(kind) or pa.types.is_large_binary(kind) or pa.types.is_fixed_size_binary(kind):
        return scalar.as_py().hex()
    if pa.types.is_floating(kind):
        return real(scalar.as_py(), not pa.types.is_float64(kind))
    if is_int96:
        days, rest = divmod(scalar.value, DAY_NS)
        return (rest.to_bytes(8, "little") + (days + 2440588).to_bytes(4, "little")).hex()
    if pa.types.is_date(kind):
        return str(scalar.as_py())
    if pa.types.is_time(kind):
        return clock(scalar.cast(pa.time64("ns")).value, kind.unit)
    if pa.types.is_timestamp(kind):
        days, rest = divmod(scalar.value * {"s": 10**9, "ms": 10**6, "us": 10**3, "ns": 1}[kind.unit], DAY_NS)
        return f"{(EPOCH + datetime.timedelta(days)).date()}T{clock(rest, kind.unit)}" + ("Z" if kind.tz else "")
    return scalar.as_py()


def json_key(value):
    return value if isinstance(value, str) else json.dumps(value)


def agree(expected, found, where):
    if isinstance(expected, tuple):
        assert same_real(expected, found), (where, expected, found)
    elif isinstance(expected, dict):
        assert list(expected) == list(found), where
        for name in expected:
            agree(expected[name], found[name], f"{where}.{name}")
    elif isinstance(expected, list) and isinstance(found, dict):
        # A map without values, which pyarrow reads as a list of keys.
        assert {json_key(key): None for key in expected} == found, where
    elif isinstance(expected, list):
        assert len(expected) == len(found), where
        for number, (a, b) in enumerate(zip(expected, found)):
            agree(a, b, f"{where}[{number}]")
    else:
        assert expected == found and isinstance(expected, bool) == isinstance(found, bool), (where, expected, found)


def assert_shown(result, table, int96=()):
    rows = rows_of(result)
    assert len(rows) == table.num_rows
    for name in table.column_names:
        for number, (scalar, row) in enumerate(zip(table[name], rows)):
            agree(plain(scalar, name in int96), row[name], f"row {number}, {name}")


# ---- files of others ----


def samples(folder):
    return sorted((SAMPLES / folder).glob("*.parquet"), key=str)


def sound():
    found = samples("data")
    return found if found else [pytest.param(None, marks=pytest.mark.skip("no ../shared/data/parquet-testing"))]


@pytest.mark.parametrize("path", sound(), ids=lambda path: path.stem if path else "none")
def test_sound_files_of_others(show, path):
    file = pq.ParquetFile(path)
    metadata = file.metadata
    columns = [file.schema.column(i) for i in range(len(file.schema))]
    int96 = {column.path.split(".")[0] for column in columns if column.physical_type == "INT96"}
    # As one row group after another, since one file says that it has no rows.
    groups = [file.read_row_group(i) for i in range(metadata.num_row_groups)]
    table = pa.concat_tables(groups)
    assert_shown(show(path, "--rows", "all", "--binary", "hex"), table, int96)
    shown = json.loads(show(path, "--json").out)
    assert [group["rows"] for group in shown["row_groups"]] == [group.num_rows for group in groups]
    for number, group in enumerate(shown["row_groups"]):
        for place, column in enumerate(group["columns"]):
            chunk = metadata.row_group(number).column(place)
            assert column["path"].replace('"', "") == chunk.path_in_schema
            assert (column["values"], column["compressed_bytes"]) == (chunk.num_values, chunk.total_compressed_size)
            data = [page["values"] for page in column["pages"] if page["type"].startswith("data")]
            assert sum(data) == chunk.num_values
    assert show(path).out.decode().startswith(f"{path}: {path.stat().st_size} bytes, ")


@pytest.mark.parametrize(
    "name, fault",
    [
        ("PARQUET-1481", "the footer is invalid at its byte 30: a field has an unknown type"),
        ("ARROW-RS-GH-6229-LEVELS", "row group 0, column outer.list.item.c: page at byte 19: it has 21 entries, "),
        ("ARROW-GH-45185", "row group 0, column .*: a row begins within a list"),
    ],
)
@pytest.mark.skipif(not samples("bad_data"), reason="no ../shared/data/parquet-testing")
def test_bad_files_of_others(show, name, fault):
    path = SAMPLES / "bad_data" / f"{name}.parquet"
    show(path, "--rows", "all", "--binary", "hex").fatal(1, f"{name}.parquet: {fault}")


# ---- files of pyarrow, with everything that it writes ----

CODECS = ["none", "snappy", "gzip", "brotli", "zstd", "lz4"]
TEXTS = ["", "axis", "axle", "babble", "babyhood", "ü" * 300]
INTEGERS = ["PLAIN", "DELTA_BINARY_PACKED", "BYTE_STREAM_SPLIT"]
STRINGS = ["PLAIN", "DELTA_LENGTH_BYTE_ARRAY", "DELTA_BYTE_ARRAY"]
FIXED = ["PLAIN", "DELTA_BYTE_ARRAY", "BYTE_STREAM_SPLIT"]
REALS = ["PLAIN", "BYTE_STREAM_SPLIT"]


def edges(low, high):
    return lambda rng: rng.choice([low, high, 0, 1, rng.randint(low, high), rng.randint(0, 100)])


def reals(rng):
    return rng.choice([0.0, -0.0, 1.5, math.nan, math.inf, -math.inf, 2.0**-126, rng.randint(0, 9)])


def exact(rng, digits):
    return decimal.Decimal(rng.randint(1 - 10**digits, 10**digits - 1)).scaleb(-2, decimal.Context(prec=40))


TYPES = {
    "boolean": (pa.bool_(), ["PLAIN", "RLE"], lambda rng: rng.random() < 0.5),
    "int8": (pa.int8(), INTEGERS, edges(-128, 127)),
    "uint32": (pa.uint32(), INTEGERS, edges(0, 2**32 - 1)),
    "int32": (pa.int32(), INTEGERS, edges(-(2**31), 2**31 - 1)),
    "int64": (pa.int64(), INTEGERS, edges(-(2**63), 2**63 - 1)),
    "uint64": (pa.uint64(), INTEGERS, edges(0, 2**64 - 1)),
    "float": (pa.float32(), REALS, reals),
    "double": (pa.float64(), REALS, reals),
    "half": (pa.float16(), FIXED, lambda rng: rng.choice([0.0, -0.0, 1.5, math.inf, math.nan])),
    "text": (pa.string(), STRINGS, lambda rng: rng.choice(TEXTS)),
    "bytes": (pa.binary(), STRINGS, lambda rng: rng.randbytes(rng.choice([0, 1, 7, 100]))),
    "fixed": (pa.binary(5), FIXED, lambda rng: rng.randbytes(5)),
    "date": (pa.date32(), INTEGERS, lambda rng: datetime.date(1970, 1, 1) + datetime.timedelta(rng.randint(-999, 9999))),
    "time": (pa.time64("us"), INTEGERS, lambda rng: (EPOCH + datetime.timedelta(microseconds=rng.randint(0, 86399999999))).time()),
    "moment": (pa.timestamp("ms", "UTC"), INTEGERS, lambda rng: EPOCH + datetime.timedelta(milliseconds=rng.randint(-(10**12), 10**12))),
    "small decimal": (pa.decimal128(7, 2), FIXED, lambda rng: exact(rng, 7)),
    "decimal": (pa.decimal128(38, 2), FIXED, lambda rng: exact(rng, 38)),
}


def draw(rng, make, nullable, shape):
    if shape == "flat":
        return None if nullable and rng.random() < 0.3 else make(rng)
    if rng.random() < 0.2:
        return None
    return [draw(rng, make, nullable, "flat" if shape == "list" else "list") for _ in range(rng.randrange(4))]


def column(rng, name, shape, nullable, count):
    kind, _, make = TYPES[name]
    values = [draw(rng, make, nullable, shape) for _ in range(count)]
    for _ in range({"flat": 0, "list": 1, "lists": 2}[shape]):
        kind = pa.list_(kind)
    return pa.array(values, kind)


@pytest.mark.parametrize("name", TYPES)
def test_every_encoding_codec_page_version_and_shape(show, tmp_path, name):
    kind, encodings, _ = TYPES[name]
    rng = random.Random(name)
    cases = itertools.product(["dictionary", *encodings], ["1.0", "2.0"], ["flat", "list", "lists"])
    for number, (encoding, version, shape) in enumerate(cases):
        if name == "boolean" and encoding == "dictionary":
            continue
        # Each codec's turn comes with every kind of page; and now and then there is nothing, or one row.
        codec, count = CODECS[number % len(CODECS)], rng.choice([0, 1, 2, 9, 400, 400, 400])
        array = column(rng, name, shape, number % 2 == 0, count)
        nullable = shape != "flat" or number % 2 == 0
        table = pa.table([array], schema=pa.schema([pa.field("a", array.type, nullable)]))
        leaf = {"flat": "a", "list": "a.list.element", "lists": "a.list.element.list.element"}[shape]
        how = {"use_dictionary": True} if encoding == "dictionary" else {"use_dictionary": False, "column_encoding": {leaf: encoding}}
        path = tmp_path / f"{number}.parquet"
        pq.write_table(
            table, path, compression=codec, data_page_version=version, data_page_size=500,
            row_group_size=max(1, count // 2 + 1), write_page_checksum=number % 3 == 0, **how,
        )  # fmt: skip
        assert_shown(show(path, "--rows", "all", "--binary", "hex"), table)


def test_structs_and_maps(show, tmp_path):
    kind = pa.struct([("x", pa.int32()), ("y", pa.list_(pa.struct([("z", pa.string())])))])
    structs = [None, {"x": None, "y": None}, {"x": 1, "y": []}, {"x": 2, "y": [None, {"z": None}, {"z": "b"}]}] * 5
    maps = [None, [], [("a", 1), ("b", None)], [("", 2)]] * 5
    table = pa.table([pa.array(structs, kind), pa.array(maps, pa.map_(pa.string(), pa.int64()))], names=["s", "m"])
    pq.write_table(table, tmp_path / "a.parquet", row_group_size=7)
    assert_shown(show(tmp_path / "a.parquet", "--rows", "all"), table)
    for count in [0, 1, 6, 7, 8, 19, 20, 1000]:
        assert_shown(show(tmp_path / "a.parquet", "--rows", str(count)), table.slice(0, count))


def test_a_row_that_goes_on_in_the_next_page(show, tmp_path):
    """As older writers have it: of pages of one value each the second one does not begin with a row."""
    buffer = io.BytesIO()
    how = {"write_batch_size": 1, "data_page_size": 1, "use_dictionary": False, "write_statistics": False}
    pq.write_table(pa.table({"l": [[1], [2], [3]]}), buffer, compression="none", **how)
    content = buffer.getvalue()
    levels = b"\2\0\0\0\2%c\2\0\0\0\2\3"
    first, *pages = content.split(levels % 0)
    assert len(pages) == 3
    content = first + levels % 0 + pages[0] + levels % 1 + pages[1] + levels % 0 + pages[2]
    # How many rows the file and the row group have.
    for behind in (b"\x19\x1c", b"\x26\x08"):
        assert content.count(b"\x16\6" + behind) == 1
        content = content.replace(b"\x16\6" + behind, b"\x16\4" + behind)
    (tmp_path / "a.parquet").write_bytes(content)
    table = pa.table({"l": [[1, 2], [3]]})
    assert_shown(show(tmp_path / "a.parquet", "--rows", "1"), table.slice(0, 1))
    assert_shown(show(tmp_path / "a.parquet", "--rows", "all"), table)


def test_names_of_any_text(show, tmp_path):
    names = ["two words", "a.b", "(x)", '"', "ü", "message", "{", "\n"]
    table = pa.table([[number] for number in range(len(names))], names=names)
    pq.write_table(table, tmp_path / "a.parquet")
    assert rows_of(show(tmp_path / "a.parquet", "--rows", "all")) == [dict(zip(names, range(len(names))))]
    shown = json.loads(show(tmp_path / "a.parquet", "--json").out)
    assert [column["path"] for column in shown["row_groups"][0]["columns"]] == [
        '"two words"', '"a.b"', '"(x)"', '"\\""', "ü", "message", '"{"', '"\\u000a"',
    ]  # fmt: skip


def test_what_is_shown_is_shredded_again(nest, show, tmp_path):
    table = pa.table({"a": [1, None, 3], "b": ["x", "y", None], "c": [[1.5], [], None]})
    pq.write_table(table, tmp_path / "a.parquet")
    schema = json.loads(show(tmp_path / "a.parquet", "--json").out)["schema"]
    lines = show(tmp_path / "a.parquet", "--rows", "all").out
    (tmp_path / "schema").write_text(schema)
    columns = nest.run("nest-shred", "--format", "jsonl", "--schema", tmp_path / "schema", stdin=lines)
    assert (columns.status, columns.err) == (0, "")
    staged = nest.run("parquet-encode", "-o", "out", stdin=columns.out, cwd=tmp_path)
    merged = nest.run("parquet-merge", "out", stdin=staged.out, cwd=tmp_path)
    assert (merged.status, merged.err) == (0, "")
    assert pq.read_table(tmp_path / "out").to_pydict() == table.to_pydict()


# ---- what cannot be shown ----


def test_wrong_usage(nest, show, tmp_path):
    nest.run("parquet-merge", "--show").fatal(2, "^one file is wanted; see parquet-merge --help$")
    nest.run("parquet-merge", "--json", "out").fatal(2, "^--json and --rows go with --show$")
    nest.run("parquet-merge", "--show", "--sweep", "out").fatal(2, "are given together")
    show("a", "--json", "--rows", "1").fatal(2, "^--json and --rows are given together; rows are JSON Lines already$")
    show("a", "--rows", "many").fatal(2, "--rows")
    show(tmp_path / "none").fatal(3, "^unable to open .*none: No such file")
    show(tmp_path).fatal(1, " is no regular file$")
    (tmp_path / "text").write_text("no Parquet file at all")
    show(tmp_path / "text").fatal(1, "text is no Parquet file: it does not begin and end with PAR1$")


def test_lz4_in_hadoops_framing_is_named(show, tmp_path):
    """Which is codec 5; lz4_raw, 7, is what pyarrow writes today."""
    buffer = io.BytesIO()
    pq.write_table(pa.table({"a": ["same"] * 100}), buffer, compression="lz4", use_dictionary=False)
    # ColumnMetaData: path_in_schema ["a"], then the codec as a zigzag number.
    content = buffer.getvalue().replace(b"\x19\x18\x01a\x15\x0e", b"\x19\x18\x01a\x15\x0a")
    assert content != buffer.getvalue()
    (tmp_path / "a.parquet").write_bytes(content)
    show(tmp_path / "a.parquet", "--rows", "all").fatal(
        1, "column a: page at byte 4: it is compressed with lz4 in Hadoop's framing, which is not read here$"
    )


def test_columns_that_contradict_each_other(show, tmp_path):
    kind = pa.struct([("x", pa.int32()), ("y", pa.int32())])
    buffer = io.BytesIO()
    table = pa.table([pa.array([None, {"x": 1, "y": 2}], kind)], names=["s"])
    pq.write_table(table, buffer, compression="none", use_dictionary=False)
    # Definition levels 0 and 2 of the second column become 1 and 2: a null within a struct that is one itself.
    before, between, after = buffer.getvalue().split(b"\x03\x08\x00")
    (tmp_path / "a.parquet").write_bytes(before + b"\x03\x08\x00" + between + b"\x03\x09\x00" + after)
    show(tmp_path / "a.parquet", "--rows", "all").fatal(
        1, "row group 0, column s.y: its nulls are not those of the columns beside it$"
    )


def test_columns_that_end_before_their_row_group(show, tmp_path):
    buffer = io.BytesIO()
    pq.write_table(pa.table({"a": [7] * 1234}), buffer, compression="none", use_dictionary=False)
    # The counts of a footer, as zigzag numbers: the file's rows, the column's values and the row group's rows.
    before, rows, values, after = buffer.getvalue().split(b"\x16\xa4\x13")
    more, same = b"\x16\xa6\x13", b"\x16\xa4\x13"
    (tmp_path / "a.parquet").write_bytes(before + more + rows + same + values + more + after)
    assert len(rows_of(show(tmp_path / "a.parquet", "--rows", 1234))) == 1234
    show(tmp_path / "a.parquet", "--rows", "all").fatal(1, "row group 0, column a: it has fewer rows than its row group$")


def test_lists_that_contradict_each_other(show, tmp_path):
    kind = pa.list_(pa.struct([("x", pa.int32()), ("y", pa.int32())]))
    buffer = io.BytesIO()
    table = pa.table([pa.array([[{"x": 1, "y": 2}, {"x": 3, "y": 4}]], kind)], names=["l"])
    pq.write_table(table, buffer, compression="none", use_dictionary=False)
    # Repetition levels 0 and 1 of one of the columns become 0 and 0.
    same, other = b"\x03\x02\x02\x00\x00\x00", b"\x03\x00\x02\x00\x00\x00"
    before, between, after = buffer.getvalue().split(same)
    place, problem = "row group 0, column l.list.element.y: ", "its lists are not those of the columns beside it$"
    (tmp_path / "a.parquet").write_bytes(before + same + between + other + after)
    show(tmp_path / "a.parquet", "--rows", "all").fatal(1, place + problem)
    (tmp_path / "a.parquet").write_bytes(before + other + between + same + after)
    show(tmp_path / "a.parquet", "--rows", "all").fatal(1, place + "a row begins within a list, or " + problem)


def test_bytes_that_are_no_text(show, tmp_path):
    pq.write_table(pa.table({"a": [b"\xff"]}), tmp_path / "a.parquet")
    show(tmp_path / "a.parquet", "--rows", "all").fatal(1, "field a: bytes that are not UTF-8; --binary base64 or hex")
    assert rows_of(show(tmp_path / "a.parquet", "--rows", "all", "--binary", "base64")) == [{"a": "/w=="}]


def test_damaged_files_are_refused_in_one_sentence(show, tmp_path):
    """Or shown, where what is damaged says nothing that can be told apart."""
    rng = random.Random(5)
    buffer = io.BytesIO()
    table = pa.table({"a": [1, None, 3] * 50, "b": [["x", "yy"], [], None] * 50})
    pq.write_table(table, buffer, compression="snappy", data_page_version="2.0", data_page_size=100)
    refused = 0
    for _ in range(150):
        content = bytearray(buffer.getvalue())
        for _ in range(rng.choice([1, 1, 4])):
            content[rng.randrange(4, len(content))] = rng.randrange(256)
        (tmp_path / "a.parquet").write_bytes(content)
        result = show(tmp_path / "a.parquet", "--rows", "all", "--binary", "hex")
        if result.status != 0:
            result.fatal(1, "a.parquet")
            refused += 1
    assert refused > 50


def test_what_lets_readers_skip(nest, tmp_path):
    table = pa.table({"a": [1, 2, 3], "l": [["x", "yz"], [], None]})
    order = [pq.SortingColumn(0), pq.SortingColumn(1, descending=True, nulls_first=True)]
    bare, path = tmp_path / "bare.parquet", tmp_path / "a.parquet"
    pq.write_table(table, bare, write_statistics=False)
    pq.write_table(table, path, write_page_index=True, sorting_columns=order, bloom_filter_options={"a": True})
    group = footer(path.read_bytes())[4][0]
    shown = json.loads(nest.run("parquet-merge", "--show", "--json", path).out)["row_groups"][0]
    assert shown["sorted_by"] == [
        {"path": "a", "descending": False, "nulls_first": False},
        {"path": "l.list.element", "descending": True, "nulls_first": True},
    ]
    for column, chunk in zip(shown["columns"], group[1]):
        assert column["offset_index"] == {"offset": chunk[4], "bytes": chunk[5]}
        assert column["column_index"] == {"offset": chunk[6], "bytes": chunk[7]}
        sizes = chunk[3].get(16, {})
        assert column.get("value_bytes") == sizes.get(1)
        assert column.get("repetition_levels", []) == sizes.get(2, [])
        assert column.get("definition_levels", []) == sizes.get(3, [])
    a, l = shown["columns"]
    assert a["bloom_filter"] == {"offset": group[1][0][3][14], "bytes": group[1][0][3][15]}
    assert "bloom_filter" not in l and l["value_bytes"] == 3 and len(l["definition_levels"]) == 4
    lines = nest.run("parquet-merge", "--show", path).out.decode().splitlines()
    assert [line for line in lines if "sorted by a, l.list.element descending, nulls first" in line]
    assert [line.endswith(", column index, offset index, bloom filter") for line in lines if " a: " in line] == [True]
    assert [line.endswith(", column index, offset index") for line in lines if " l.list.element: " in line] == [True]
    text = nest.run("parquet-merge", "--show", bare).out + nest.run("parquet-merge", "--show", "--json", bare).out
    assert not re.search(rb"_index|column index|bloom|sorted", text.split(b"ARROW:schema")[-1])
    # A column that is not there.
    content = path.read_bytes()
    list_ = b"\x15\x02\x11\x11\x00"
    assert content.count(list_) == 1
    (tmp_path / "bad.parquet").write_bytes(content.replace(list_, b"\x15\x04\x11\x11\x00"))
    nest.run("parquet-merge", "--show", tmp_path / "bad.parquet").fatal(
        1, "row group 0, the sorting columns are invalid: rows are sorted by a column that is not there$"
    )


def test_key_values_are_told_with_their_sizes(nest, tmp_path):
    table = pa.table({"a": [1]}).replace_schema_metadata({"key": "value"})
    pq.write_table(table, tmp_path / "a")
    lines = nest.run("parquet-merge", "--show", tmp_path / "a").out.decode().splitlines()
    assert '  "key": 5 bytes' in lines
