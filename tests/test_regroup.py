"""parquet-merge --row-group-rows, --row-group-bytes: small row groups made large ones, of files of any origin."""

import datetime
import decimal
import json
import os
import random

import duckdb
import polars as pl
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from test_join import content_of, footer_of, indexed_pages, thrift
from test_merge_files import NEW, OLD, assert_united, fine, nested, numbers, written
from test_show import samples


def shape(path):
    """Rows of each row group."""
    metadata = pq.read_metadata(path)
    return [metadata.row_group(group).num_rows for group in range(metadata.num_row_groups)]


def encodings(nest, path, group=0):
    """Of each column the encodings of its pages, in their order, without those that follow one another."""
    shown = json.loads(nest.run("parquet-merge", "--show", "--json", path).out)["row_groups"][group]["columns"]
    kinds = [[page["encoding"] for page in column["pages"]] for column in shown]
    return [list(dict.fromkeys(kind)) for kind in kinds]


def regroup(nest, tmp_path, *arguments, status=0):
    result = nest.run("parquet-merge", "-o", tmp_path / "all.parquet", *arguments)
    assert (result.status, result.err) == (status, "")
    fine(nest.run("parquet-merge", "--check", tmp_path / "all.parquet"))
    return tmp_path / "all.parquet"


def test_which_become_one(nest, tmp_path):
    """Those that follow one another and have room together; one that has none stays as it is, byte for byte."""
    files = [written(tmp_path / f"{n}", numbers(100 * n, rows), row_group_size=40) for n, rows in enumerate([60, 40, 0, 90, 5])]
    assert [shape(file) for file in files] == [[40, 20], [40], [0], [40, 40, 10], [5]]
    tables = pa.concat_tables(map(pq.read_table, files))
    for rows, expected in {
        1: [40, 20, 40, 0, 40, 40, 10, 5],
        39: [40, 20, 40, 0, 40, 40, 15],
        59: [40, 20, 40, 40, 55],
        60: [60, 40, 40, 55],
        100: [100, 95],
        "1k": [195],
    }.items():
        path = regroup(nest, tmp_path, "--row-group-rows", rows, *files)
        assert pq.read_table(path).equals(tables), rows
        assert shape(path) == expected, rows
        assert all(group.get(7, number) == number for number, group in enumerate(footer_of(path.read_bytes())[4]))
    # By their bytes, as the footers tell them; and then rows do not matter.
    sizes = [group[2] for file in files for group in footer_of(file.read_bytes())[4]]
    path = regroup(nest, tmp_path, "--row-group-bytes", sizes[0] + sizes[1], *files)
    assert shape(path)[0] == 60
    path = regroup(nest, tmp_path, "--row-group-bytes", sizes[0] + sizes[1] - 1, *files)
    assert shape(path)[0] == 40
    # Alone in a file: its pages, with all that is told of them.
    (first,) = (group for group in footer_of(path.read_bytes())[4][:1])
    assert first[1] == footer_of(files[0].read_bytes())[4][0][1]
    # One file, too; and where there is nothing to do it stays as it is.
    path = regroup(nest, tmp_path, "--row-group-rows", 60, files[0])
    assert shape(path) == [60]
    path = regroup(nest, tmp_path, "--row-group-rows", 60, files[1])
    assert path.read_bytes() == files[1].read_bytes()
    # In a directory each file by itself.
    fine(nest.run("parquet-merge", "--row-group-rows", 1000, "--metadata", tmp_path / "out", *files))
    assert [shape(tmp_path / "out" / f"part-0000{n}.parquet") for n in range(5)] == [[60], [40], [0], [90], [5]]
    assert pq.ParquetFile(tmp_path / "out" / "_metadata").metadata.num_rows == 195


def all_types(chance, count):
    def some(make):
        return [None if chance.random() < 0.2 else make() for _ in range(count)]

    return pa.table(
        {
            "bool": pa.array(some(lambda: chance.random() < 0.5)),
            "i8": pa.array(some(lambda: chance.randrange(-128, 128)), pa.int8()),
            "u32": pa.array(some(lambda: chance.randrange(2**32)), pa.uint32()),
            "i64": pa.array(some(lambda: chance.randrange(-(2**63), 2**63)), pa.int64()),
            "f16": pa.array(some(lambda: chance.random())).cast(pa.float16()),
            "f32": pa.array(some(lambda: chance.choice([0.0, -0.0, 1.5, float("nan"), float("inf")])), pa.float32()),
            "f64": pa.array(some(chance.random)),
            "text": pa.array(some(lambda: "t" * chance.randrange(40))),
            "bytes": pa.array(some(lambda: bytes([chance.randrange(256)] * chance.randrange(9)))),
            "fixed": pa.array(some(lambda: bytes([chance.randrange(256)] * 5)), pa.binary(5)),
            "decimal": pa.array(some(lambda: decimal.Decimal(chance.randrange(10**20))), pa.decimal128(30, 0)),
            "time": pa.array(some(lambda: datetime.datetime(2020, 1, 1 + chance.randrange(28))), pa.timestamp("ns")),
            "list": pa.array(some(lambda: [chance.randrange(9)] * chance.randrange(4)), pa.list_(pa.int32())),
            "map": pa.array(some(lambda: [(chance.choice("ab"), [1.5])]), pa.map_(pa.string(), pa.list_(pa.float64()))),
            "null": pa.array([None] * count, pa.string()),
        }
    )


def same(a, b):
    """NaN included."""
    return repr(a.to_pylist()) == repr(b.to_pylist())


@pytest.mark.parametrize("codec", [None, "brotli:1"])
def test_every_type(nest, tmp_path, codec):
    chance = random.Random(3)
    kinds = [{"compression": "snappy"}, {"data_page_version": "2.0", "compression": "gzip"}, {"use_dictionary": False},
             {"use_deprecated_int96_timestamps": True}]
    tables = [all_types(chance, 300) for _ in kinds]
    options = ["--compression", codec] if codec else []
    # The last has another type for times, and is by itself.
    for first, last in ((0, 3), (3, 4)):
        files = [
            written(tmp_path / f"{n}", tables[n], row_group_size=70, data_page_size=200, write_batch_size=30, **kinds[n])
            for n in range(first, last)
        ]
        path = regroup(nest, tmp_path, "--row-group-rows", "1M", *options, *files)
        assert shape(path) == [300 * len(files)]
        wanted = pa.concat_tables(tables[first:last])
        assert same(pq.read_table(path), wanted)
        texts = [value for value in wanted["text"].to_pylist() if value is not None]
        sql = f"select count(text), sum(len(text)) from '{path}'"
        assert duckdb.sql(sql).fetchall() == [(len(texts), len("".join(texts)))]
        assert pl.read_parquet(path, columns=["i64", "list"])["i64"].to_list() == wanted["i64"].to_pylist()
        # Exact bounds, and one codec: that of the first.
        (group,) = footer_of(path.read_bytes())[4]
        assert {chunk[3][4] for chunk in group[1]} == {4 if codec else 1}
        assert group[2] == sum(chunk[3][6] for chunk in group[1]) and group[6] == sum(chunk[3][7] for chunk in group[1])
        assert len(indexed_pages(nest, path)) == len(group[1])
        lacking = {b".".join(chunk[3][3]) for chunk in group[1] if 6 not in chunk}
        assert lacking == ({b"time"} if first == 3 else set())
        assert all(16 in chunk[3] for chunk in group[1] if chunk[3][1] == 6)
        told = pq.read_metadata(path).row_group(0)
        by_name = {told.column(i).path_in_schema: told.column(i).statistics for i in range(told.num_columns)}
        values = [value for value in wanted["i64"].to_pylist() if value is not None]
        assert (by_name["i64"].min, by_name["i64"].max) == (min(values), max(values))
        assert by_name["i64"].null_count == wanted["i64"].null_count and by_name["null"].null_count == wanted.num_rows
        assert by_name["f32"].min == -0.0


def test_encodings_are_kept(nest, tmp_path):
    ways = {
        "DELTA_BINARY_PACKED": pa.array(range(1000), pa.int64()),
        "DELTA_LENGTH_BYTE_ARRAY": pa.array([f"n{n}" for n in range(1000)]),
        "DELTA_BYTE_ARRAY": pa.array([f"name {n}" for n in range(1000)]),
        "BYTE_STREAM_SPLIT": pa.array([n / 7 for n in range(1000)], pa.float64()),
        "PLAIN": pa.array(range(1000), pa.int32()),
    }
    table = pa.table(ways)
    path = written(tmp_path / "a", table, row_group_size=100, use_dictionary=False, column_encoding={way: way for way in ways})
    path = regroup(nest, tmp_path, "--row-group-rows", 1000, path, path)
    assert encodings(nest, path) == [[way] for way in ways]
    assert shape(path) == [1000, 1000] and pq.read_table(path).equals(pa.concat_tables([table, table]))


def test_the_first_row_group_says_how(nest, tmp_path):
    """Of those that become one: its codec and its encoding, and those of no later one."""
    plain = {"use_dictionary": False, "compression": "zstd", "column_encoding": "PLAIN"}
    delta = {"use_dictionary": False, "compression": "snappy", "column_encoding": "DELTA_BINARY_PACKED"}
    a, b = written(tmp_path / "a", numbers(0, 100), **plain), written(tmp_path / "b", numbers(100, 100), **delta)
    for files, codec, encoding in (([a, b], "ZSTD", "PLAIN"), ([b, a], "SNAPPY", "DELTA_BINARY_PACKED")):
        path = regroup(nest, tmp_path, "--row-group-rows", 1000, *files)
        assert pq.read_metadata(path).row_group(0).column(0).compression == codec
        assert encodings(nest, path) == [[encoding]]


def test_one_dictionary_is_enough(nest, tmp_path):
    """Of row groups that become one, whichever has it."""
    table = pa.table({"a": [7, 8] * 50})
    a, b = (written(tmp_path / name, table, use_dictionary=name == "a") for name in "ab")
    for files in ([a, b], [b, a]):
        assert encodings(nest, regroup(nest, tmp_path, "--row-group-rows", 1000, *files)) == [["PLAIN", "RLE_DICTIONARY"]]


def test_dictionaries(nest, tmp_path):
    """One of all; where it becomes too large, pages that follow are without, and where it cannot hold them all, too."""
    few = pa.table({"a": [f"kind {n % 50}" for n in range(4000)]})
    path = regroup(nest, tmp_path, "--row-group-rows", "1M", written(tmp_path / "a", few, row_group_size=100))
    assert encodings(nest, path) == [["PLAIN", "RLE_DICTIONARY"]] and pq.read_table(path).equals(few)
    assert path.stat().st_size * 4 < (tmp_path / "a").stat().st_size
    # A mebibyte and more of values, and pages of 20,000 rows.
    many = pa.table({"a": [f"{n % 70_000:020}" for n in range(200_000)]})
    how = {"row_group_size": 5000, "dictionary_pagesize_limit": 1 << 24, "compression": "none"}
    path = regroup(nest, tmp_path, "--row-group-rows", "1M", written(tmp_path / "a", many, **how))
    shown = json.loads(nest.run("parquet-merge", "--show", "--json", path).out)["row_groups"][0]["columns"][0]["pages"]
    assert [(page["encoding"], page["values"]) for page in shown[1:4]] == [
        ("RLE_DICTIONARY", 20_000), ("RLE_DICTIONARY", 20_000), ("RLE_DICTIONARY", 20_000)][:3]
    assert {page["encoding"] for page in shown[4:]} == {"PLAIN"} and pq.read_table(path).equals(many)
    # More than a dictionary takes, in one page.
    huge = pa.table({"a": pa.array(range(600_000), pa.int64())})
    how |= {"row_group_size": 550_000, "data_page_size": 1 << 26, "write_batch_size": 1 << 20, "max_rows_per_page": 1 << 20}
    path = regroup(nest, tmp_path, "--row-group-rows", "1M", written(tmp_path / "a", huge, **how))
    assert pq.read_table(path).equals(huge) and "PLAIN" in encodings(nest, path)[0]


def old_and_new(folder):
    """Tables with columns that some of them lack, and their files: of many row groups and pages."""
    chance = random.Random(9)
    tables = [nested(count, chance, kind) for count, kind in [(130, OLD), (90, NEW), (0, OLD), (120, OLD), (60, NEW)]]
    files = [
        written(folder / f"{n}", table, row_group_size=50, data_page_size=100, write_batch_size=9)
        for n, table in enumerate(tables)
    ]
    return tables, files


def test_columns_that_some_lack(nest, tmp_path):
    tables, files = old_and_new(tmp_path)
    path = regroup(nest, tmp_path, "--schema", "union", "--row-group-rows", 200, *files)
    united = assert_united(path, tables)
    assert shape(path) == [180, 160, 60]
    # The largest page is not larger than pages are, with rows from many.
    assert duckdb.sql(f"select count(new) from read_parquet('{path}')").fetchall() == [(150,)]
    assert united["s"].null_count == sum(table["s"].null_count for table in tables)


def test_many_rows_that_lack_it(nest, tmp_path):
    """Pages end in between, whoever lacks the column."""
    a = written(tmp_path / "a", numbers(0, 30_000))
    b = written(tmp_path / "b", pa.table({"b": pa.array([[1]] * 10, pa.list_(pa.int32()))}))
    path = regroup(nest, tmp_path, "--schema", "union", "--row-group-rows", "1M", a, b, a)
    table = pq.read_table(path)
    assert table["b"].to_pylist() == [None] * 30_000 + [[1]] * 10 + [None] * 30_000
    shown = json.loads(nest.run("parquet-merge", "--show", "--json", path).out)["row_groups"][0]["columns"][1]["pages"]
    # The first strides of 256 rows with 20,000 and more, whatever pages there were.
    assert [page["values"] for page in shown if page["type"] == "data"] == [20_224, 20_224, 19_562]


def pages_of(nest, path, column=0):
    """The data pages of a column of the only row group."""
    (group,) = json.loads(nest.run("parquet-merge", "--show", "--json", path).out)["row_groups"]
    return [page for page in group["columns"][column]["pages"] if page["type"] != "dictionary"]


def test_pages_end_where_they_are_full(nest, tmp_path):
    """By rows, by bytes with their levels, and long rows before their stride does; lists are never cut."""
    huge = {"data_page_size": 1 << 30, "write_batch_size": 1 << 20, "max_rows_per_page": 1 << 20, "use_dictionary": False}
    count = 60_000
    table = pa.table({
        "n": pa.array([None if n % 7 == 0 else n for n in range(count)], pa.int64()),
        "list": pa.array([[n] * (n % 40) for n in range(count)], pa.list_(pa.int32())),
    })
    files = [written(tmp_path / name, table.slice(first, size), **huge) for name, first, size in (("a", 0, 100), ("b", 100, count))]
    path = regroup(nest, tmp_path, "--row-group-rows", "1M", *files)
    assert pq.read_table(path).equals(table)
    assert [page["values"] for page in pages_of(nest, path)] == [20_224, 20_224, 19_552]
    lists = pages_of(nest, path, 1)
    assert len(lists) > 5
    # Four bytes of a value, and one each of both levels.
    assert all(1 << 20 <= page["values"] * 6 < (1 << 20) + 256 * 40 * 6 for page in lists[:-1])
    blobs = pa.table({"t": [bytes([n % 256]) * 100_000 for n in range(70)]})
    path = regroup(nest, tmp_path, "--row-group-rows", "1M", *[written(tmp_path / "c", blobs, **huge)] * 2)
    assert pq.read_table(path).equals(pa.concat_tables([blobs, blobs]))
    assert [page["values"] for page in pages_of(nest, path)] == [11] * 12 + [8]


def test_bloom_filters(nest, tmp_path):
    """Of columns that had them, for the values of all: no filter of the new file denies one, and it denies others."""
    table = pa.table({"t": [f"value {n}" for n in range(0, 6000, 2)], "n": pa.array(range(3000))})
    for number in range(2):
        path, sql = tmp_path / f"{number}.parquet", "select t, n from part order by n"
        part = table.slice(1500 * number, 1500)
        duckdb.register("part", part)
        duckdb.sql(f"copy ({sql}) to '{path}' (format parquet, dictionary_size_limit 100000)")
    files = [tmp_path / "0.parquet", tmp_path / "1.parquet"]
    had = [14 in chunk[3] for chunk in footer_of(files[0].read_bytes())[4][0][1]]
    assert True in had
    path = regroup(nest, tmp_path, "--row-group-rows", "1M", *files)
    (group,) = footer_of(path.read_bytes())[4]
    assert [{14, 15} <= set(chunk[3]) for chunk in group[1]] == had
    content = path.read_bytes()
    for chunk in group[1]:
        if 14 in chunk[3]:
            header, end = thrift(content, chunk[3][14], 12)
            assert end - chunk[3][14] + header[1] == chunk[3][15]
    # As many values in one column as in the other, and no more in its filter.
    assert len({chunk[3][15] for chunk in group[1] if 14 in chunk[3]}) == 1 and had == [True, True]
    probe = "select count(*) from parquet_bloom_probe('{}', 't', '{}') where bloom_filter_excludes"
    counts = [duckdb.sql(probe.format(path, f"value {n}")).fetchall()[0][0] for n in range(0, 600)]
    assert sum(counts[::2]) == 0 and sum(counts[1::2]) > 280
    assert pq.read_table(path)["t"].to_pylist() == table["t"].to_pylist()


def test_bounds_are_cut_and_hold(nest, tmp_path):
    """In the index at 64 bytes; of what is no text, though its column says so, byte by byte."""
    long = ["a" * 200, "é" * 100, "\U0001f600" * 30, "b"]
    table = pa.table({"t": long * 30, "n": pa.array([None] * 120, pa.string())})
    path = regroup(nest, tmp_path, "--row-group-rows", 1000, written(tmp_path / "a", table, row_group_size=7))
    (chunk, null) = footer_of(path.read_bytes())[4][0][1]
    index, _ = thrift(path.read_bytes(), chunk[6], 12)
    (low,), (high,) = index[2], index[3]
    assert low == b"a" * 64 and len(high) <= 68 and high.decode() > "\U0001f600" * 15
    index, _ = thrift(path.read_bytes(), null[6], 12)
    assert (index[1], index[5]) == ([True], [120])
    sql = f"select count(*) from '{path}' where t >= 'é'"
    assert duckdb.sql(sql).fetchall() == [(60,)]
    # Bytes, told to be text.
    raw = pa.table({"t": pa.array([b"\xff\xfe" * 50, b"\x80" * 70, b"a"] * 40)})
    content = bytearray(content_of(raw, row_group_size=7, store_schema=False))
    text = content_of(pa.table({"t": ["a"] * 3}), row_group_size=1, store_schema=False)
    (tmp_path / "text").write_bytes(text)
    (tmp_path / "raw").write_bytes(told_to_be(TEXT, content))
    path = regroup(nest, tmp_path, "--row-group-rows", 1000, tmp_path / "text", tmp_path / "raw")
    assert shape(path) == [123]


# Fields 6, 7, 8 and 10 of a SchemaElement, two steps and more behind its name: ConvertedType, scale, precision and
# LogicalType.
TEXT = b"\x25\x00\x4c\x1c\x00\x00"
DECIMAL = b"\x25\x0a\x15\x00\x15\x06\x2c\x5c\x15\x00\x15\x06\x00\x00"
TIME = b"\x25\x10\x4c\x7c\x11\x1c\x2c\x00\x00\x00\x00"


def told_to_be(annotation, content):
    """CONTENT, whose only column t has none, with ANNOTATION."""
    size = int.from_bytes(content[-8:-4], "little")
    footer = bytes(content[-8 - size : -8])
    old = b"\x18\x01t\x00"
    assert footer.count(old) == 1
    footer = footer.replace(old, b"\x18\x01t" + annotation + b"\x00")
    return bytes(content[: -8 - size]) + footer + len(footer).to_bytes(4, "little") + b"PAR1"


def test_what_others_have_written_is_not_judged(nest, tmp_path):
    """Twelve bytes for a DECIMAL of three digits, and a TIME that is no time of a day, in micros."""
    long, late = [b"\x00" * 11 + b"\x07", b"\xff" * 12] * 10, [86400 * 10**6, -1] * 10
    for annotation, values, kind in ((DECIMAL, long, pa.binary()), (TIME, late, pa.int64())):
        for has_dictionary in (True, False):
            plain = {"row_group_size": 7, "store_schema": False, "use_dictionary": has_dictionary}
            content = bytearray(content_of(pa.table({"t": pa.array(values, kind)}), **plain))
            (tmp_path / "a").write_bytes(told_to_be(annotation, content))
            path = regroup(nest, tmp_path, "--row-group-rows", 1000, tmp_path / "a")
            assert shape(path) == [20]
            chunk = footer_of(path.read_bytes())[4][0][1][0][3]
            assert chunk[5] == 20


def test_a_fault_is_told_where_it_is(nest, tmp_path):
    table = pa.table({"a": pa.array(range(100)), "b": pa.array(range(100))})
    how = {"row_group_size": 50, "write_page_checksum": True, "use_dictionary": False, "compression": "none"}
    a, b = written(tmp_path / "a", table, **how), written(tmp_path / "b", table, **how)
    content = bytearray(b.read_bytes())
    start = pq.read_metadata(b).row_group(1).column(1).data_page_offset
    content[start + 100] ^= 1
    b.write_bytes(content)
    result = nest.run("parquet-merge", "-o", tmp_path / "all", "--row-group-rows", 1000, a, b)
    result.fatal(1, f"^.*/b: row group 1, column b: page at byte {start}: its CRC-32 is ")
    for option in ("--row-group-rows", "--row-group-bytes"):
        pattern = "^--row-group-rows or --row-group-bytes is given, but there are no files to make something of$"
        nest.run("parquet-merge", option, 10, tmp_path / "out").fatal(2, pattern)
    assert sorted(os.listdir(tmp_path)) == ["a", "b"]


@pytest.mark.parametrize("option", [["--row-group-rows", 10000], ["--preset", "small"]], ids=["regrouped", "encoded"])
def test_rows_that_are_not_there(nest, tmp_path, option):
    """A footer tells of a row more or less than the pages have."""
    content = content_of(pa.table({"a": [7] * 1234}), use_dictionary=False, compression="none")
    # Counts as zigzag numbers: of the file's rows, of the column's values and of the row group's rows.
    before, rows, values, after = content.split(b"\x16\xa4\x13")
    for told, count in ((1233, b"\x16\xa2\x13"), (1235, b"\x16\xa6\x13")):
        (tmp_path / "a").write_bytes(before + count + rows + b"\x16\xa4\x13" + values + count + after)
        result = nest.run("parquet-merge", "-o", tmp_path / "all", *option, tmp_path / "a", tmp_path / "a")
        place = "^.*/a: row group 0, column a: "
        result.fatal(1, f"{place}its pages have 1234 rows, and its row group {told}$")
        assert os.listdir(tmp_path) == ["a"]


@pytest.mark.skipif(not samples("data"), reason="no ../shared/data/parquet-testing")
def test_files_of_others(nest, tmp_path):
    """All of each twice, in one row group, read by others as before."""
    for path in samples("data"):
        if path.stem == "datapage_v1-corrupt-checksum":
            continue
        made = regroup(nest, tmp_path, "--row-group-rows", "1G", path, path)
        once = repr(pq.ParquetFile(path).read().to_pylist())
        rows = pq.read_metadata(made).num_row_groups
        assert rows <= 1, path.stem
        assert repr(pq.read_table(made).to_pylist()) == f"{once[:-1]}{', ' if once != '[]' else ''}{once[1:]}", path.stem
