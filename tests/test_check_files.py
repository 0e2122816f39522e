"""parquet-merge --check: sound files of any origin pass, and a lie is told with its place."""

import io
import pathlib
import random

import duckdb
import polars as pl
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from test_show import CODECS, TYPES, column, samples, sound

CORRUPT = "datapage_v1-corrupt-checksum"


@pytest.fixture
def check(nest):
    def check(*paths):
        return nest.run("parquet-merge", "--check", *paths)

    return check


def assert_sound(result):
    assert (result.status, result.out, result.err) == (0, b"", "")


@pytest.mark.parametrize("path", sound(), ids=lambda path: path.stem if path else "none")
def test_sound_files_of_others(check, path):
    result = check(path)
    if path.stem == CORRUPT:
        result.fatal(1, "row group 0, column a: page at byte 4: its CRC-32 is bbce3b9d, but its bytes have 0f4f6d0a$")
    else:
        assert_sound(result)


@pytest.mark.skipif(not samples("bad_data"), reason="no ../shared/data/parquet-testing")
def test_bad_files_of_others(check):
    for path in samples("bad_data"):
        check(path).fatal(1, f"{path.name}: ")


@pytest.mark.parametrize("name", TYPES)
def test_what_pyarrow_writes(check, tmp_path, name):
    rng = random.Random(name)
    for number, codec in enumerate(CODECS):
        array = column(rng, name, ["flat", "list", "lists"][number % 3], True, 300)
        pq.write_table(
            pa.table([array], names=["a"]), tmp_path / f"{number}.parquet", compression=codec,
            data_page_version=f"{number % 2 + 1}.0", data_page_size=300, row_group_size=200,
            use_dictionary=number % 4 < 2, write_page_checksum=True,
        )  # fmt: skip
    assert_sound(check(tmp_path))


def test_what_others_write(check, tmp_path):
    """They say less of their pages than pyarrow does."""
    told = pa.table({"a": [1, None, 3] * 100, "t": ["x", "yy", None] * 100, "l": [[1], [], None] * 100})
    pl.from_arrow(told).write_parquet(tmp_path / "polars.parquet")
    for version in ("v1", "v2"):
        duckdb.sql(f"copy (from told) to '{tmp_path}/{version}.parquet' (parquet_version {version})")
    assert_sound(check(tmp_path))


@pytest.mark.parametrize("options", [[], ["--compression", "zstd"], ["--dictionary", "off", "--page-rows", 300]])
def test_what_is_made_here(nest, check, tmp_path, options):
    columns = nest.run("nest-shred", stdin=nest.run("nest-gen", "-n", 3000, "--parts", 3, "contacts").out)
    staged = nest.run("parquet-encode", "-o", "out", *options, stdin=columns.out, cwd=tmp_path)
    merged = nest.run("parquet-merge", "out", stdin=staged.out, cwd=tmp_path)
    assert (merged.status, merged.err) == (0, "")
    assert_sound(check(tmp_path / "out"))


# ---- lies ----


def plain_file(table, **how):
    buffer = io.BytesIO()
    pq.write_table(table, buffer, compression="none", use_dictionary=False, **how)
    return buffer.getvalue()


def changed(content, old, new, which=None):
    """CONTENT with the only OLD, or the occurrences in WHICH, replaced."""
    pieces = content.split(old)
    assert len(old) == len(new) and (len(pieces) == 2 or (which is not None and max(which) < len(pieces) - 1))
    out = pieces[0]
    for number, piece in enumerate(pieces[1:]):
        out += (new if which is None or number in which else old) + piece
    return out


def little(value):
    return value.to_bytes(8, "little")


def zigzag(value):
    value, out = value << 1, b""
    while value >= 0x80:
        out, value = out + bytes([value & 0x7F | 0x80]), value >> 7
    return out + bytes([value])


NUMBERS = plain_file(pa.table({"a": [11, 12, 13]}))
COUNTED = plain_file(pa.table({"a": [7] * 1234}))
SECOND = plain_file(pa.table({"a": [11, 12, 13]}), data_page_version="2.0")
NULLS = plain_file(pa.table({"a": pa.array([1, None], pa.int32())}))
TWO = plain_file(pa.table({"a": [1], "b": [2]}))
# Of the page of SECOND, before compression and after it.
SIZES = b"\x15\x34\x15\x34"


def offset_of_second():
    return pq.read_metadata(io.BytesIO(TWO)).row_group(0).column(1).data_page_offset


def lies():
    second = offset_of_second()
    page = "column a: page at byte 4: "
    more_levels = "its levels have more bytes than the page$"
    # Of the counts of rows and values in a footer: the file's rows, the column's values, the row group's rows.
    rows = b"\x16" + zigzag(1234)
    more = b"\x16" + zigzag(1235)
    return {
        "a value above the maximum": (
            changed(NUMBERS, little(13), little(99), [2]), page + "the maximum in the header is less than a value$",
        ),
        "a value below the minimum": (
            changed(NUMBERS, little(11), little(9), [2]), page + "the minimum in the header is greater than a value$",
        ),
        "a maximum in the footer": (
            changed(NUMBERS, little(13), little(12), [4]), "column a: the maximum in the footer is less than a value$",
        ),
        "a minimum in the footer": (
            changed(NUMBERS, little(11), little(12), [4]), "column a: the minimum in the footer is greater than a value$",
        ),
        "nulls of a page": (
            changed(NULLS, b"\x16\x02\x28\x04", b"\x16\x04\x28\x04", [0]), page + "the header tells of 2 nulls, and there are 1$",
        ),
        "a maximum of a page of version 2": (
            changed(SECOND, little(13), little(12), [1]), page + "the maximum in the header is less than a value$",
        ),
        "levels of a page of version 2": (
            changed(SECOND, b"\x15\x04\x15\x00\x12", b"\x15\x36\x15\x00\x12"), page + more_levels,
        ),
        "levels of a page of version 2, and its size": (
            changed(changed(SECOND, b"\x15\x04\x15\x00\x12", b"\x15\x36\x15\x00\x12"), SIZES, b"\x15\x78\x15\x34"),
            page + more_levels,
        ),
        "the size of a page of version 2": (
            changed(SECOND, SIZES, b"\x15\x02\x15\x34"), page + more_levels,
        ),
        "the size of a page that is not compressed": (
            changed(SECOND, SIZES, b"\x15\x32\x15\x34"), page + "it has 24 bytes and is not compressed, but is to make 23$",
        ),
        "nulls": (
            changed(NULLS, b"\x16\x02\x28\x04", b"\x16\x04\x28\x04", [1]), "the footer tells of 2 nulls, and there are 1$",
        ),
        "rows of the file": (
            changed(COUNTED, rows, more, [0]), "parquet: the file tells of 1235 rows, and its row groups of 1234$",
        ),
        "rows of the row group": (
            changed(COUNTED, rows, more, [0, 2]), "column a: its pages have 1234 rows, and its row group 1235$",
        ),
        "values of the column": (
            changed(COUNTED, rows, more, [1]), "the chunk ends at byte [0-9]+, and 1 of its entries have not come$",
        ),
        "fewer values": (
            changed(COUNTED, rows, b"\x16" + zigzag(1233), [1]), "it has 1234 entries, and the chunk has only 1233 left$",
        ),
        "an overlap": (
            changed(TWO, b"\x26" + zigzag(second), b"\x26" + zigzag(second - 1)),
            f"two chunks overlap: one ends at byte {second}, another begins at {second - 1}$",
        ),
        "the end": (NUMBERS[:-1] + b"2", "is no Parquet file: it does not begin and end with PAR1$"),
    }  # fmt: skip


@pytest.mark.parametrize("lie", lies())
def test_a_lie_is_told_with_its_place(check, tmp_path, lie):
    content, pattern = lies()[lie]
    (tmp_path / "a.parquet").write_bytes(content)
    check(tmp_path / "a.parquet").fatal(1, pattern)


def test_the_truth_behind_the_lies(check, tmp_path):
    for number, content in enumerate([NUMBERS, COUNTED, SECOND, NULLS, TWO]):
        (tmp_path / f"{number}.parquet").write_bytes(content)
    assert_sound(check(tmp_path))


def test_what_writers_differ_on_is_no_lie(check, tmp_path):
    """How many rows a file has that says it has none, what a chunk without entries holds, and nulls in lists."""
    rows, none = b"\x16" + zigzag(1234), b"\x16\x80\x00"
    field = pa.field("a", pa.int64(), nullable=False)
    required = plain_file(pa.table({"a": [7] * 1234}, schema=pa.schema([field])))
    lists = plain_file(pa.table({"l": pa.array([[1, None], [], None], pa.list_(pa.int32()))}))
    nulls, more = b"\x16" + zigzag(3) + b"\x28\x04", b"\x16" + zigzag(1) + b"\x28\x04"
    for number, content in enumerate([
        changed(required, rows, none, [0]),
        changed(required, rows, none, [0, 1, 2]),
        lists,
        changed(lists, nulls, more, [0]),
        changed(lists, nulls, more, [1]),
    ]):  # fmt: skip
        (tmp_path / f"{number}.parquet").write_bytes(content)
        assert_sound(check(tmp_path / f"{number}.parquet"))


def test_a_chunk_that_begins_within_a_list(check, tmp_path):
    content = plain_file(pa.table({"l": [[1, 2], [3]]}))
    # Repetition levels 0, 1 and 0 become 1, 1 and 0.
    (tmp_path / "a.parquet").write_bytes(changed(content, b"\x02\0\0\0\x03\x02", b"\x02\0\0\0\x03\x03"))
    check(tmp_path / "a.parquet").fatal(1, "column l.list.element: page at byte 4: a row begins within a list$")


def test_pages_that_end_elsewhere_than_their_chunk(check, tmp_path):
    # Page indexes stand between the data and the footer, so that there is room.
    content = plain_file(pa.table({"a": [1], "b": [2]}), write_page_index=True)
    first, second = (pq.read_metadata(io.BytesIO(content)).row_group(0).column(i) for i in range(2))
    bytes_, end = second.total_compressed_size, second.data_page_offset + second.total_compressed_size
    assert first.total_compressed_size == bytes_
    # The compressed sizes, which the offsets follow.
    size = b"\x16" + zigzag(bytes_) + b"\x26"
    (tmp_path / "a.parquet").write_bytes(changed(content, size, b"\x16" + zigzag(bytes_ + 1) + b"\x26", [1]))
    check(tmp_path / "a.parquet").fatal(1, f"column b: its pages end at byte {end}, and its chunk at byte {end + 1}$")
    (tmp_path / "a.parquet").write_bytes(changed(content, size, b"\x16" + zigzag(bytes_ - 1) + b"\x26", [1]))
    check(tmp_path / "a.parquet").fatal(1, "its [0-9]+ bytes go on behind the end of the chunk$")


# ---- files and directories ----


def test_the_first_fault_of_many(check, tmp_path):
    for name in ["a.parquet", "sub/b.parquet", "_hidden/c.parquet", ".d.parquet", "text"]:
        (tmp_path / name).parent.mkdir(exist_ok=True)
        (tmp_path / name).write_bytes(NUMBERS if name == "a.parquet" else b"not at all Parquet")
    check(tmp_path).fatal(1, "/sub/b.parquet is no Parquet file")
    assert_sound(check(tmp_path / "a.parquet", tmp_path / "a.parquet"))
    check(tmp_path / "a.parquet", tmp_path / "text").fatal(1, "/text is no Parquet file")


def test_where_there_is_nothing(check, tmp_path):
    check(tmp_path).fatal(1, r" has no file \*.parquet in it$")
    check(tmp_path / "none").fatal(3, "^unable to open .*none: No such file")
    check().fatal(2, "^say which files or directories to check$")


def test_directories_within_directories(check, tmp_path):
    """So many are looked into that no sound dataset has more, and not without end."""
    folder = tmp_path / "d"
    path = folder.joinpath(*["d"] * 63, "a.parquet")
    path.parent.mkdir(parents=True)
    path.write_bytes(NUMBERS)
    assert_sound(check(folder))
    (path.parent / "d").mkdir()
    check(folder).fatal(1, f"^{path.parent}/d: directories are nested too deep$")
    assert_sound(check(folder / "d"))
