"""parquet-merge -o: one file of many, by copying their pages; footers and page indexes are carried over."""

import io
import json
import os

import duckdb
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from compact import with_footer
from test_check_files import zigzag
from test_show import samples


@pytest.fixture
def join(nest, tmp_path):
    def join(*options):
        """Of options, which are texts, and contents of files."""
        paths = [option for option in options if isinstance(option, str)]
        first = len(paths)
        for number, content in enumerate(options[first:]):
            paths.append(tmp_path / f"{number}.parquet")
            paths[-1].write_bytes(content)
        return nest.run("parquet-merge", "-o", tmp_path / "all.parquet", *paths)

    return join


def assert_joined(nest, result, tmp_path):
    assert (result.status, result.out, result.err) == (0, b"", "")
    checked = nest.run("parquet-merge", "--check", tmp_path / "all.parquet")
    assert (checked.status, checked.err) == (0, "")
    assert not list(tmp_path.glob("*.part"))
    return tmp_path / "all.parquet"


def content_of(table, **how):
    buffer = io.BytesIO()
    pq.write_table(table, buffer, **how)
    return buffer.getvalue()


def table_of(first, count):
    numbers = range(first, first + count)
    lists = [[f"t{n % 5}"] * (n % 3) for n in numbers]
    return pa.table({"a": pa.array(numbers, pa.int64()), "b": pa.array(lists, pa.list_(pa.string()))})


def test_files_of_many_kinds(nest, join, tmp_path):
    kinds = [
        {"compression": "zstd", "row_group_size": 40},
        {"compression": "snappy", "data_page_version": "2.0", "write_page_index": True, "data_page_size": 200},
        {"compression": "none", "use_dictionary": False, "write_page_checksum": True, "row_group_size": 7},
        {"compression": "gzip"},
    ]
    tables = [table_of(100 * number, 90) for number in range(len(kinds))] + [table_of(0, 0)]
    contents = [content_of(table, **how) for table, how in zip(tables, kinds + [{}])]
    path = assert_joined(nest, join(*contents), tmp_path)
    assert pq.read_table(path).equals(pa.concat_tables(tables))
    metadata = pq.read_metadata(path)
    assert metadata.num_rows == 360
    assert metadata.num_row_groups == sum(pq.read_metadata(io.BytesIO(c)).num_row_groups for c in contents)
    # Page indexes went along, and name the places that pages have now.
    columns = [metadata.row_group(group).column(0) for group in range(metadata.num_row_groups)]
    assert [(c.has_offset_index, c.has_column_index) for c in columns[:4]] == [(False, False)] * 3 + [(True, True)]
    assert sum(indexed_pages(nest, path)) == 3
    # Statistics went along, so that readers may skip.
    assert metadata.row_group(3).column(0).statistics.min == 100


def test_one_file_stays_as_it_is(nest, join, tmp_path):
    content = content_of(table_of(0, 100), write_page_index=True, row_group_size=30)
    path = assert_joined(nest, join(content), tmp_path)
    assert path.read_bytes() == content


def test_groups_without_rows_have_no_bytes(nest, join, tmp_path):
    buffer, table = io.BytesIO(), table_of(0, 10)
    with pq.ParquetWriter(buffer, table.schema) as writer:
        for rows in (10, 0, 10):
            writer.write_table(table.slice(0, rows))
    path = assert_joined(nest, join(buffer.getvalue()), tmp_path)
    assert path.read_bytes() == buffer.getvalue()


def test_what_is_made_here(nest, tmp_path):
    columns = nest.run("nest-shred", stdin=nest.run("nest-gen", "-n", 3000, "--parts", 3, "contacts").out)
    staged = nest.run("parquet-encode", "-o", "out", stdin=columns.out, cwd=tmp_path)
    assert nest.run("parquet-merge", "out", stdin=staged.out, cwd=tmp_path).status == 0
    parts = sorted((tmp_path / "out").glob("*.parquet"))
    path = assert_joined(nest, nest.run("parquet-merge", "-o", tmp_path / "all.parquet", *parts), tmp_path)
    assert pq.read_table(path).equals(pa.concat_tables([pq.read_table(part) for part in parts]))
    # Row groups are numbered through the file.
    assert [group[7] for group in footer_of(path.read_bytes())[4]] == [0, 1, 2]


def with_unknown_field(content, unknown):
    """CONTENT with a field 99 of FileMetaData, a text, behind all others."""
    size = int.from_bytes(content[-8:-4], "little")
    footer = content[-8 - size : -8]
    assert footer[-1] == 0
    # A field's head in its long form: the type, then the number as zigzag.
    footer = footer[:-1] + b"\x08\xc6\x01" + bytes([len(unknown)]) + unknown + b"\0"
    return content[: -8 - size] + footer + len(footer).to_bytes(4, "little") + b"PAR1"


def test_what_nobody_knows_is_carried_over(nest, join, tmp_path):
    first = with_unknown_field(content_of(table_of(0, 10)), b"a field of tomorrow")
    path = assert_joined(nest, join(first, content_of(table_of(10, 10))), tmp_path)
    footer = path.read_bytes()[-8 - int.from_bytes(path.read_bytes()[-8:-4], "little") : -8]
    assert footer.endswith(b"\x08\xc6\x01\x13a field of tomorrow\0")
    assert pq.read_table(path).equals(table_of(0, 20))


# ---- the footer itself ----


def varint(data, at):
    value = shift = 0
    while True:
        byte, at = data[at], at + 1
        value, shift = value | (byte & 0x7F) << shift, shift + 7
        if byte < 0x80:
            return value, at


def thrift(data, at, kind):
    """A value of the compact protocol, structs as dicts of their fields, and where it ends."""
    if kind in (1, 2):
        return kind == 1, at
    if kind == 3:
        return data[at], at + 1
    if kind in (4, 5, 6):
        value, at = varint(data, at)
        return value >> 1 ^ -(value & 1), at
    if kind == 7:
        return data[at : at + 8], at + 8
    if kind == 8:
        size, at = varint(data, at)
        return data[at : at + size], at + size
    if kind in (9, 10):
        count, element, at = data[at] >> 4, data[at] & 15, at + 1
        if count == 15:
            count, at = varint(data, at)
        # Of booleans each has a byte there.
        if element in (1, 2):
            return [byte == 1 for byte in data[at : at + count]], at + count
        values = []
        for _ in range(count):
            value, at = thrift(data, at, element)
            values.append(value)
        return values, at
    fields, last = {}, 0
    while data[at] != 0:
        step, field, at = data[at] >> 4, data[at] & 15, at + 1
        last += step
        if step == 0:
            last, at = thrift(data, at, 4)
        fields[last], at = thrift(data, at, field)
    return fields, at + 1


def footer_of(content):
    return thrift(content, len(content) - 8 - int.from_bytes(content[-8:-4], "little"), 12)[0]


@pytest.mark.skipif(not samples("data"), reason="no ../shared/data/parquet-testing")
def test_places_of_what_moved(nest, tmp_path):
    path = next(path for path in samples("data") if path.stem == "data_index_bloom_encoding_stats")
    joined = assert_joined(nest, nest.run("parquet-merge", "-o", tmp_path / "all.parquet", path, path), tmp_path)
    once, twice = footer_of(path.read_bytes()), footer_of(joined.read_bytes())
    shift = path.read_bytes().rindex(b"PAR1") - int.from_bytes(path.read_bytes()[-8:-4], "little") - 8
    (chunk,), (moved,) = (group[1] for group in twice[4])
    assert {**once, 3: twice[3], 4: twice[4]} == twice and twice[3] == 2 * once[3]
    # Pages and bloom filter stand twice, one behind the other, and behind all of them the page indexes.
    old, new, known = path.read_bytes(), joined.read_bytes(), once[4][0][1][0]
    pages = known[3][7]
    assert known[3][9] == 4 and 15 not in known[3]
    header, end = thrift(old, known[3][14], 12)
    bloom = old[known[3][14] : end + header[1]]
    assert [chunk[3][9], moved[3][9]] == [4, 4 + pages + len(bloom)]
    for now in (chunk, moved):
        assert {**now[3], 9: 4, 14: known[3][14]} == known[3]
        assert new[now[3][9] :].startswith(old[4 : 4 + pages] + bloom) and now[3][14] == now[3][9] + pages
        assert new[now[6] : now[6] + now[7]] == old[known[6] : known[6] + known[7]]
    assert [chunk[6] + chunk[7], moved[6] + moved[7], chunk[4] + chunk[5]] == [moved[6], chunk[4], moved[4]]
    assert [group[5] for group in twice[4]] == [4, moved[3][9]]
    assert indexed_pages(nest, joined) == [1, 1]


def indexed_pages(nest, path):
    """How many data pages the offset index of each chunk has, which must be those that are there."""
    content, counts = path.read_bytes(), []
    shown = json.loads(nest.run("parquet-merge", "--show", "--json", path).out)
    for group, told in zip(footer_of(content)[4], shown["row_groups"]):
        for chunk, column in zip(group[1], told["columns"]):
            if 4 not in chunk:
                continue
            index, end = thrift(content, chunk[4], 12)
            assert end == chunk[4] + chunk[5]
            pages = [page for page in column["pages"] if page["type"].startswith("data")]
            there = [(page["offset"], page["header_bytes"] + page["compressed_bytes"]) for page in pages]
            assert [(place[1], place[2]) for place in index[1]] == there
            counts.append(len(pages))
    return counts


@pytest.mark.skipif(not samples("data"), reason="no ../shared/data/parquet-testing")
def test_sound_files_of_others_twice(nest, tmp_path):
    for path in samples("data"):
        if path.stem == "datapage_v1-corrupt-checksum":
            continue
        joined = assert_joined(nest, nest.run("parquet-merge", "-o", tmp_path / "all.parquet", path, path), tmp_path)
        file, once = pq.ParquetFile(joined), pq.ParquetFile(path)
        groups = once.metadata.num_row_groups
        assert file.metadata.num_row_groups == 2 * groups
        for group in range(2 * groups):
            assert repr(file.read_row_group(group)) == repr(once.read_row_group(group % groups)), path.stem


def test_what_cannot_be_joined(nest, join, tmp_path):
    sound = content_of(table_of(0, 10))
    (tmp_path / "all.parquet").write_bytes(b"kept")
    join(sound, content_of(pa.table({"a": [1]}))).fatal(
        1,
        "^the schema of .*1.parquet differs from that of .*0.parquet: it lacks field b; "
        "with --schema union, what a file lacks becomes null$")
    join(sound, sound[:-1]).fatal(1, "1.parquet is no Parquet file")
    assert (tmp_path / "all.parquet").read_bytes() == b"kept"
    assert sorted(os.listdir(tmp_path)) == ["0.parquet", "1.parquet", "all.parquet"]
    nest.run("parquet-merge", "-o", tmp_path / "all.parquet").fatal(2, "^say which files to make one of$")
    nest.run("parquet-merge", "-o", tmp_path / "none" / "all", tmp_path / "0.parquet").fatal(3, "^unable to open directory .*/none")


# ---- other codecs ----

CODECS = {"none": "UNCOMPRESSED", "snappy": "SNAPPY", "gzip:2": "GZIP", "brotli:3": "BROTLI", "zstd:1": "ZSTD", "lz4_raw": "LZ4"}


@pytest.mark.parametrize("codec", CODECS)
def test_pages_are_compressed_anew(nest, join, tmp_path, codec):
    """Of both kinds, with CRCs and indexes; what the values were told to be stays as it was."""
    kinds = [
        {"compression": "zstd", "data_page_version": "2.0", "write_page_checksum": True},
        {"compression": "snappy", "write_page_index": True, "data_page_size": 100, "write_batch_size": 20},
        {"compression": "none", "use_dictionary": False, "write_page_index": True, "write_page_checksum": True},
    ]
    tables = [table_of(100 * number, 200) for number in range(len(kinds))]
    contents = [content_of(table, row_group_size=150, **how) for table, how in zip(tables, kinds)]
    path = assert_joined(nest, join("--compression", codec, *contents), tmp_path)
    assert pq.read_table(path).equals(pa.concat_tables(tables))
    assert duckdb.sql(f"select sum(a) from '{path}'").fetchall() == [(sum(pq.read_table(path)["a"].to_pylist()),)]
    assert sum(indexed_pages(nest, path)) > 20
    known = [group for content in contents for group in footer_of(content)[4]]
    groups = footer_of(path.read_bytes())[4]
    shown = json.loads(nest.run("parquet-merge", "--show", "--json", path).out)["row_groups"]
    for old, new, told in zip(known, groups, shown, strict=True):
        assert new[2] == sum(chunk[3][6] for chunk in new[1])
        for before, after, column in zip(old[1], new[1], told["columns"], strict=True):
            sizes = [page["header_bytes"] + page["compressed_bytes"] for page in column["pages"]]
            plain = [page["header_bytes"] + page["uncompressed_bytes"] for page in column["pages"]]
            assert (after[3][6], after[3][7]) == (sum(plain), sum(sizes))
            changed = {4, 6, 7, 9, 11}
            for field in before[3].keys() - changed:
                assert after[3][field] == before[3][field]
            assert after[3].keys() == before[3].keys()
    metadata = pq.read_metadata(path)
    columns = [metadata.row_group(group).column(i) for group in range(metadata.num_row_groups) for i in range(2)]
    assert {column.compression for column in columns} == {CODECS[codec]}
    # A CRC is that of the new bytes, which --check has held against them, and none is where none was.
    content = path.read_bytes()
    has_crc = [4 in thrift(content, min(c[3].get(11, c[3][9]), c[3][9]), 12)[0] for group in groups for c in group[1]]
    assert has_crc == [True] * 4 + [False] * 4 + [True] * 4


def test_pages_that_have_the_codec_stay_as_they_are(nest, join, tmp_path):
    table = pa.table({"a": pa.array([f"{n % 700} and again {n}" for n in range(9000)])})
    content = content_of(table, compression="zstd", use_dictionary=False)
    pages = footer_of(content)[4][0][1][0][3][7]
    path = assert_joined(nest, join("--compression", "zstd", content), tmp_path)
    assert path.read_bytes()[: 4 + pages] == content[: 4 + pages]
    path = assert_joined(nest, join("--compression", "zstd:19", content), tmp_path)
    assert footer_of(path.read_bytes())[4][0][1][0][3][7] < pages
    assert pq.read_table(path).equals(table)


def test_pages_that_do_not_become_less_stay_plain(nest, join, tmp_path):
    """Of the second kind, where a page says so itself."""
    content = content_of(pa.table({"a": [os.urandom(500)]}), data_page_version="2.0", use_dictionary=False)
    path = assert_joined(nest, join("--compression", "lz4_raw", content), tmp_path)
    header, _ = thrift(path.read_bytes(), 4, 12)
    assert header[8][7] is False and header[2] == header[3]
    # Others cannot say it.
    content = content_of(pa.table({"a": [os.urandom(500)]}), use_dictionary=False)
    header, _ = thrift(assert_joined(nest, join("--compression", "lz4_raw", content), tmp_path).read_bytes(), 4, 12)
    assert header[2] < header[3]


def test_a_dictionary_that_a_footer_does_not_tell_of(nest, join, tmp_path):
    """Older writers give its place as that of the first data page."""
    table = pa.table({"a": [f"kind {number % 7}" for number in range(100)]})
    content = content_of(table, compression="snappy")
    chunk = footer_of(content)[4][0][1][0][3]
    data, dictionary = (b"\x26" + zigzag(chunk[number]) for number in (9, 11))
    old = with_footer(content, data + dictionary + b"\x1c", dictionary + b"\x3c")
    for options in ([], ["--compression", "zstd"]):
        path = assert_joined(nest, join(*options, old, content, old), tmp_path)
        assert pq.read_table(path).equals(pa.concat_tables([table] * 3))
        assert [11 in group[1][0][3] for group in footer_of(path.read_bytes())[4]] == [False, True, False]


def test_a_dictionary_that_is_not_there(nest, join, tmp_path):
    """Its place, which a footer tells of, is that of the first data page; pages made anew have other places."""
    table = pa.table({"a": range(100)})
    content = content_of(table, compression="snappy", use_dictionary=False)
    told = with_footer(content, b"\x26\x08\x3c", b"\x26\x08\x26\x08\x1c")
    for options, stays in (([], True), (["--compression", "zstd"], False)):
        path = assert_joined(nest, join(*options, content, told), tmp_path)
        assert pq.read_table(path).equals(pa.concat_tables([table] * 2))
        assert [11 in group[1][0][3] for group in footer_of(path.read_bytes())[4]] == [False, stays]


@pytest.mark.skipif(not samples("data"), reason="no ../shared/data/parquet-testing")
def test_files_of_others_are_compressed_anew(nest, tmp_path):
    for path in samples("data"):
        if path.stem == "datapage_v1-corrupt-checksum":
            continue
        joined = assert_joined(
            nest, nest.run("parquet-merge", "--compression", "zstd", "-o", tmp_path / "all.parquet", path, path), tmp_path
        )
        once = repr(pq.ParquetFile(path).read().to_pylist())
        assert repr(pq.read_table(joined).to_pylist()) == f"{once[:-1]}{', ' if once != '[]' else ''}{once[1:]}", path.stem
        assert all(count > 0 for count in indexed_pages(nest, joined))


def test_damage_that_is_met_on_the_way(nest, join, tmp_path):
    table = pa.table({"a": pa.array(range(5000)), "b": pa.array(range(5000))})
    content = content_of(table, use_dictionary=False, compression="none", write_page_checksum=True)
    start = pq.read_metadata(io.BytesIO(content)).row_group(0).column(1).data_page_offset
    bad = bytearray(content)
    bad[start + 5000] ^= 1
    pattern = f"^.*/1.parquet: row group 0, column b: page at byte {start}: its CRC-32 is "
    join("--compression", "snappy", content, bytes(bad)).fatal(1, pattern)
    assert sorted(os.listdir(tmp_path)) == ["0.parquet", "1.parquet"]
    # Without a CRC, what does not decompress is met.
    content = content_of(table, use_dictionary=False, compression="zstd")
    bad = bytearray(content)
    bad[4:200] = bytes(bad[4:30]) + bytes(170)
    join("--compression", "snappy", bytes(bad)).fatal(1, "row group 0, column a: page at byte 4: ")
    join("--compression", "lzo", content).fatal(2, "^--compression: ")


def test_sizes_in_headers_that_lie(join):
    """Of pages that are compressed anew, of which nothing else is read."""
    table = pa.table({"a": [11, 12, 13]})
    plain = {"use_dictionary": False, "write_statistics": False, "compression": "none"}
    first, second = content_of(table, **plain), content_of(table, data_page_version="2.0", **plain)
    # The sizes before and after compression; of the second version the bytes of definition levels, too.
    sizes, whole, levels = b"\x15\x3c\x15\x3c", b"\x15\x34\x15\x34", b"\x15\x04\x15\x00\x12"
    more = "its levels have more bytes than the page"
    for content, changes, problem in (
        (first, {sizes: b"\x15\x3e\x15\x3c"}, "it has 30 bytes and is not compressed, but is to make 31"),
        (first, {sizes: b"\x15\x3a\x15\x3c"}, "it has 30 bytes and is not compressed, but is to make 29"),
        (second, {whole: b"\x15\x32\x15\x34"}, "it has 24 bytes and is not compressed, but is to make 23"),
        (second, {whole: b"\x15\x02\x15\x34"}, more),
        (second, {levels: b"\x15\x36\x15\x00\x12"}, more),
        (second, {levels: b"\x15\x34\x15\x02\x12"}, more),
        (second, {levels: b"\x15\x36\x15\x00\x12", whole: b"\x15\x78\x15\x34"}, more),
    ):
        for old, new in changes.items():
            assert content.index(old) < 30
            content = content.replace(old, new, 1)
        result = join("--compression", "zstd", content)
        result.fatal(1, f"^.*/0.parquet: row group 0, column a: page at byte 4: {problem}$")
    # Levels may be all that there is.
    empty = content_of(pa.table({"a": pa.array([None], pa.int64())}), data_page_version="2.0", **plain)
    result = join("--compression", "zstd", empty)
    assert (result.status, result.err) == (0, "")


def test_a_bloom_filter_of_unknown_size(nest, join, tmp_path):
    """Older writers leave it out of the footer, and its own header tells of it; it ends within the file's data."""
    content = content_of(
        pa.table({"a": [11, 12, 13]}), use_dictionary=False, bloom_filter_options={"a": {"ndv": 100}}
    )
    chunk = footer_of(content)[4][0][1][0][3]
    at, (header, begin) = chunk[14], thrift(content, chunk[14], 12)
    assert begin + header[1] == len(content) - 8 - int.from_bytes(content[-8:-4], "little")
    told, unknown = b"\x15" + zigzag(chunk[15]), b"\x15\x00"
    path = assert_joined(nest, join(with_footer(content, told, unknown), content), tmp_path)
    groups = footer_of(path.read_bytes())[4]
    assert [group[1][0][3][15] for group in groups] == [0, chunk[15]]
    for group in groups:
        place, bytes_ = group[1][0][3][14], chunk[15]
        assert path.read_bytes()[place : place + bytes_] == content[chunk[14] : chunk[14] + bytes_]
    longer = content[:at] + content[at:].replace(b"\x15" + zigzag(header[1]), b"\x15" + zigzag(header[1] + 32), 1)
    join(content, with_footer(longer, told, unknown)).fatal(
        1, "^.*/1.parquet: row group 0, column a: its bloom filter goes on behind the file's data$"
    )


def test_what_lies_outside_the_data(nest, join, tmp_path):
    """Places and sizes of page indexes, from the first byte behind the magic to the last before the footer."""
    content = content_of(pa.table({"a": range(1000)}), use_dictionary=False, compression="none", write_page_index=True)
    chunk, end = footer_of(content)[4][0][1][0], len(content) - 8 - int.from_bytes(content[-8:-4], "little")

    def with_place(number, at, bytes_):
        place = b"\x16" + zigzag(chunk[number]) + b"\x15" + zigzag(chunk[number + 1])
        return with_footer(content, place, b"\x16" + zigzag(at) + b"\x15" + zigzag(bytes_))

    problem = "^.*/1.parquet: row group 0, column a: its page index or its bloom filter lies outside the file$"
    for number in (4, 6):
        bytes_ = chunk[number + 1]
        for at, count in ((3, bytes_), (1, 1), (end - bytes_ + 1, bytes_), (end, 1), (end + 1, 1), (4, end - 3)):
            join(content, with_place(number, at, count)).fatal(1, problem)
    # At the end of the data is just within it.
    assert chunk[4] + chunk[5] == end
    assert_joined(nest, join(content, content), tmp_path)


def test_to_standard_output(nest, tmp_path):
    path = tmp_path / "0.parquet"
    path.write_bytes(content_of(table_of(0, 100)))
    result = nest.run("parquet-merge", "-o", "-", path, path)
    assert (result.status, result.err) == (0, "")
    assert pq.read_table(io.BytesIO(result.out)).equals(pa.concat_tables([table_of(0, 100)] * 2))
    nest.run("parquet-merge", "--verify", "-o", "-", path).fatal(2, "^--verify is given, but what is on standard output")
    nest.run("parquet-merge", "--compression", "zstd", "out").fatal(2, "^--compression is given, but there are no files")


# ---- bounds ----


def ordered(content, old, new):
    """CONTENT with another list of column orders, which its footer ends with."""
    size = int.from_bytes(content[-8:-4], "little")
    footer = content[-8 - size : -8]
    assert footer.endswith(old + b"\0")
    footer = footer[: -len(old) - 1] + new + b"\0"
    return content[: -8 - size] + footer + len(footer).to_bytes(4, "little") + b"PAR1"


def bounds_of(content):
    """Of each chunk which bounds there are, and which page index."""
    chunks = [chunk for group in footer_of(content)[4] for chunk in group[1]]
    return [({5, 6} & set(chunk[3][12]), 3 in chunk[3][12], {4, 6} & set(chunk)) for chunk in chunks]


def test_bounds_of_another_order_are_left_out(nest, join, tmp_path):
    """What follows the order of the values as one file tells it may be no bound as the other does."""
    told, total = b"\x19\x1c\x1c\0\0", b"\x19\x1c\x2c\0\0"
    typed = content_of(pa.table({"a": [1.5, -0.0, None]}), write_page_index=True)
    other, silent = ordered(typed, told, total), ordered(typed, told, b"")
    whole, cut = ({5, 6}, True, {4, 6}), (set(), True, {4})
    for files, expected in [
        ([typed, typed], [whole, whole]),
        ([typed, other], [whole, cut]),
        ([other, typed, other], [whole, cut, whole]),
        ([typed, silent], [whole, cut]),
        # Where nothing is told nobody goes by them.
        ([silent, typed, other], [whole] * 3),
    ]:
        path = assert_joined(nest, join(*files), tmp_path)
        assert bounds_of(path.read_bytes()) == expected
        assert footer_of(path.read_bytes()).get(7) == footer_of(files[0]).get(7)
    # A column that is made anew is by its type, and so is one of nulls.
    path = assert_joined(nest, join("--row-group-rows", "9", other, other), tmp_path)
    assert [bounds for bounds, _, _ in bounds_of(path.read_bytes())] == [set()]
    more = content_of(pa.table({"b": [1]}), write_page_index=True)
    path = assert_joined(nest, join("--schema", "union", other, more), tmp_path)
    assert footer_of(path.read_bytes())[7] == [{2: {}}, {1: {}}]
    assert [bounds for bounds, _, _ in bounds_of(path.read_bytes())] == [{5, 6}, set(), set(), {5, 6}]
    path = assert_joined(nest, join("--schema", "union", silent, more), tmp_path)
    assert 7 not in footer_of(path.read_bytes())
