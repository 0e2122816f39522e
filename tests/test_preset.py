"""parquet-merge --preset: the values of files of any origin encoded anew."""

import json
import random

import duckdb
import polars as pl
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from test_join import footer_of, indexed_pages
from test_merge_files import assert_united, fine, numbers, written
from test_regroup import all_types, encodings, old_and_new, same, shape
from test_show import samples

PRESETS = ["fast", "balanced", "small"]


def encode(nest, tmp_path, preset, *arguments, status=0):
    """What is made of files; it is content, which --check says."""
    path = tmp_path / "all.parquet"
    result = nest.run("parquet-merge", "-o", path, "--preset", preset, *arguments)
    assert (result.status, result.err) == (status, "")
    fine(nest.run("parquet-merge", "--check", path))
    return path


# ---- as parquet-encode does it ----


@pytest.mark.parametrize("recipe", ["contacts", "events", "lineitem", "document"])
def test_the_bytes_that_parquet_encode_writes(nest, tmp_path, recipe):
    """Whatever encodings, pages and versions of pages there were before, where row groups have as many rows as told."""
    rows = nest.run("nest-gen", "-n", 15360, recipe)
    columns = nest.run("nest-shred", stdin=rows.out).out
    groups = ["--row-group-rows", 5120]

    def encoded(*options):
        return nest.run("parquet-encode", *groups, *options, "-o", "-", stdin=columns).out

    before = tmp_path / "before.parquet"
    for number, codec in enumerate(["none", "zstd"]):
        how = ["--preset", "small", "--page-version", 2, "--page-bytes", 30_000], ["--dictionary", "off", "--page-rows", 256]
        before.write_bytes(encoded(*how[number], "--compression", codec))
        for preset in PRESETS:
            # Without --compression the codec stays.
            told = ["--compression", codec] if preset == "fast" else []
            path = encode(nest, tmp_path, preset, *told, before)
            assert path.read_bytes() == encoded("--preset", preset, "--compression", codec), (codec, preset)


def test_one_row_group_of_many(nest, tmp_path):
    """As if they had been one from the start; by rows, or by bytes."""
    columns = nest.run("nest-shred", stdin=nest.run("nest-gen", "-n", 9000, "contacts").out).out
    whole = nest.run("parquet-encode", "--row-group-rows", 9000, "--preset", "balanced", "-o", "-", stdin=columns).out
    parts = tmp_path / "parts.parquet"
    parts.write_bytes(nest.run("parquet-encode", "--row-group-rows", 500, "-o", "-", stdin=columns).out)
    for option in ("--row-group-rows", "--row-group-bytes"):
        path = encode(nest, tmp_path, "balanced", option, "1G", parts)
        assert shape(path) == [9000] and path.read_bytes() == whole
    path = encode(nest, tmp_path, "balanced", "--row-group-rows", 6000, parts)
    assert shape(path) == [5632, 3368]


def test_a_dictionary_is_chosen_for_all_pages(nest, tmp_path):
    """For as many as there will be, in one row group or in many that become one."""
    rows, parts = 131_072, tmp_path / "parts.parquet"
    columns = nest.run("nest-shred", stdin=nest.run("nest-gen", "-n", rows, "lineitem").out).out
    whole = nest.run("parquet-encode", "--row-group-rows", rows, "--preset", "balanced", "-o", "-", stdin=columns).out
    for size, options in ((rows, []), (rows // 8, ["--row-group-rows", rows])):
        parts.write_bytes(nest.run("parquet-encode", "--row-group-rows", size, "-o", "-", stdin=columns).out)
        assert encode(nest, tmp_path, "balanced", *options, parts).read_bytes() == whole, size


# ---- files of others ----


def kinds(table, folder):
    """TABLE as pyarrow, Polars and DuckDB write it, in several ways."""
    pyarrow = {
        "plain": {"use_dictionary": False, "compression": "none"},
        "v2": {"data_page_version": "2.0", "compression": "zstd", "write_page_index": True},
        "split": {
            "use_dictionary": False,
            "compression": "gzip",
            "column_encoding": {"f64": "BYTE_STREAM_SPLIT", "i64": "DELTA_BINARY_PACKED", "text": "DELTA_BYTE_ARRAY"},
        },
        "int96": {"use_deprecated_int96_timestamps": True, "compression": "lz4"},
    }
    for name, how in pyarrow.items():
        yield written(folder / name, table, row_group_size=1000, **how)
    flat = table.drop_columns(["f16", "map"])
    pl.from_arrow(flat).write_parquet(folder / "polars", row_group_size=1700)
    yield folder / "polars"
    # DuckDB 2.0 writes differences of 33 bits between unsigned numbers of 32, which pyarrow does not read, either.
    duckdb.register("flat", flat.drop_columns(["u32"]))
    for version, codec in (("v1", "snappy"), ("v2", "zstd, compression_level 1")):
        path = folder / f"duckdb-{version}"
        duckdb.sql(f"copy (from flat) to '{path}' (format parquet, row_group_size 2048, parquet_version {version}, compression {codec})")
        yield path


@pytest.fixture(scope="module")
def written_by_others(tmp_path_factory):
    return list(kinds(all_types(random.Random(5), 3000), tmp_path_factory.mktemp("others")))


@pytest.mark.parametrize("options", [[], ["--compression", "brotli:1"], ["--row-group-rows", "1M"]], ids=["", "codec", "groups"])
@pytest.mark.parametrize("preset", PRESETS)
def test_read_as_before(nest, tmp_path, written_by_others, preset, options):
    for before in written_by_others:
        path = encode(nest, tmp_path, preset, *options, before)
        assert same(pq.read_table(path), pq.read_table(before)), before.name
        assert pl.read_parquet(path).equals(pl.read_parquet(before), null_equal=True), before.name
        columns = "bool, i8, i64, f32, f64, text, bytes, fixed, decimal, list, time"
        rows = [repr(duckdb.sql(f"select {columns} from read_parquet('{file}')").fetchall()) for file in (path, before)]
        assert rows[0] == rows[1], before.name
        assert shape(path) == ([sum(shape(before))] if "--row-group-rows" in options else shape(before)), before.name
        codecs = [{chunk[3][4] for group in footer_of(file.read_bytes())[4] for chunk in group[1]} for file in (before, path)]
        assert codecs[1] == ({4} if "--compression" in options else codecs[0]), before.name
        assert len(indexed_pages(nest, path)) == sum(len(group[1]) for group in footer_of(path.read_bytes())[4])
        if preset == "small" and "--compression" not in options:
            assert path.stat().st_size <= before.stat().st_size, before.name


def test_what_each_preset_takes(nest, tmp_path):
    chance = random.Random(2)
    table = pa.table({
        "id": pa.array(range(9000), pa.int64()),
        "kind": [chance.choice(["one", "two", "three"]) for _ in range(9000)],
        "name": [f"person number {n}" for n in range(9000)],
        "price": pa.array([n / 7 for n in range(9000)], pa.float64()),
    })
    before = written(tmp_path / "a", table, use_dictionary=False, column_encoding={"id": "PLAIN", "price": "BYTE_STREAM_SPLIT"})
    fast = [["PLAIN"], ["PLAIN", "RLE_DICTIONARY"], ["PLAIN"], ["PLAIN"]]
    small = [["DELTA_BINARY_PACKED"], ["PLAIN", "RLE_DICTIONARY"], ["DELTA_BYTE_ARRAY"], ["BYTE_STREAM_SPLIT"]]
    # What is no longer there is not told, either.
    assert encodings(nest, encode(nest, tmp_path, "fast", "--compression", "none", before)) == fast
    path = encode(nest, tmp_path, "small", before)
    assert encodings(nest, path) == small and pq.read_table(path).equals(table)
    told = pq.read_metadata(path).row_group(0)
    assert [set(told.column(i).encodings) - {"RLE"} for i in range(4)] == [set(way) for way in small]


def test_dictionaries_are_on_trial(nest, tmp_path):
    """For 1024 values, whatever follows; and to the end of the stride that is the last."""
    new = pa.table({"t": [f"value {min(n, 1200)}" for n in range(6000)]})
    assert encodings(nest, encode(nest, tmp_path, "fast", written(tmp_path / "a", new, compression="none"))) == [["PLAIN"]]
    for rows, expected in ((1023, ["PLAIN"]), (1024, ["PLAIN", "RLE_DICTIONARY"])):
        table = pa.table({"t": pa.array([bytes([n % 256]) for n in range(rows)], pa.binary(1))})
        path = encode(nest, tmp_path, "fast", written(tmp_path / "a", table, compression="none"))
        assert encodings(nest, path) == [expected] and pq.read_table(path).equals(table)


def test_pages_are_not_larger(nest, tmp_path):
    """Of files of one or two rows the indexes and statistics that are added count more than their pages."""
    def page_bytes(path):
        return sum(chunk[3][7] for group in footer_of(path.read_bytes())[4] for chunk in group[1])

    for before in samples("data"):
        # A page header more for a dictionary of one value, behind which there is less.
        if before.stem not in ("datapage_v1-corrupt-checksum", "dict-page-offset-zero"):
            path = encode(nest, tmp_path, "small", before)
            assert page_bytes(path) <= page_bytes(before), before.stem


@pytest.mark.skipif(not samples("data"), reason="no ../shared/data/parquet-testing")
@pytest.mark.parametrize("preset", PRESETS)
def test_files_of_others(nest, tmp_path, preset):
    for before in samples("data"):
        if before.stem == "datapage_v1-corrupt-checksum":
            continue
        path = encode(nest, tmp_path, preset, before)
        assert repr(pq.ParquetFile(path).read().to_pylist()) == repr(pq.ParquetFile(before).read().to_pylist()), before.stem
        assert shape(path) == shape(before), before.stem


# ---- what belongs to them ----


def test_what_is_told_of_a_row_group_stays(nest, tmp_path):
    """Its order, also where columns have other numbers now, and what nobody knows; of one made of many, nothing of it."""
    order = [pq.SortingColumn(1, descending=True)]
    table = pa.table({"a": ["x"] * 100, "b": pa.array(range(100, 0, -1))})
    before = written(tmp_path / "a", table, row_group_size=50, sorting_columns=order)
    path = encode(nest, tmp_path, "small", before)
    assert [pq.read_metadata(path).row_group(group).sorting_columns for group in range(2)] == [tuple(order)] * 2
    other = written(tmp_path / "b", pa.table({"new": [1], "b": [7]}))
    path = encode(nest, tmp_path, "small", "--schema", "union", other, before)
    assert pq.read_metadata(path).row_group(0).sorting_columns == ()
    assert pq.read_metadata(path).row_group(1).sorting_columns == (pq.SortingColumn(1, descending=True),)
    path = encode(nest, tmp_path, "small", "--row-group-rows", 100, before)
    assert shape(path) == [100] and pq.read_metadata(path).row_group(0).sorting_columns == ()


def test_what_is_told_of_a_row_group_adds_up(nest, tmp_path):
    """Sizes and places as the new chunks have them."""
    before = written(tmp_path / "a", numbers(0, 5000), row_group_size=1000)
    for options in ([], ["--row-group-rows", 2000]):
        at = 4
        groups = footer_of(encode(nest, tmp_path, "balanced", *options, before).read_bytes())[4]
        for number, group in enumerate(groups):
            assert group[2] == sum(chunk[3][6] for chunk in group[1]) and group[6] == sum(chunk[3][7] for chunk in group[1])
            assert (group[5], group.get(7, number)) == (at, number)
            at += group[6]


def test_columns_that_some_lack(nest, tmp_path):
    tables, files = old_and_new(tmp_path)
    for options, groups in ([], [50, 50, 30, 50, 40, 0, 50, 50, 20, 50, 10]), (["--row-group-rows", 200], [180, 160, 60]):
        path = encode(nest, tmp_path, "balanced", "--schema", "union", *options, *files)
        assert_united(path, tables)
        assert shape(path) == groups


def test_bloom_filters(nest, tmp_path):
    """Made anew, for the same values."""
    path, table = tmp_path / "a.parquet", pa.table({"t": [f"value {n}" for n in range(0, 3000, 2)] * 3})
    duckdb.register("filtered", table)
    duckdb.sql(f"copy (from filtered) to '{path}' (format parquet, dictionary_size_limit 100000)")
    assert 14 in footer_of(path.read_bytes())[4][0][1][0][3]
    probe = "select count(*) from parquet_bloom_probe('{}', 't', '{}') where bloom_filter_excludes"
    for preset in PRESETS:
        made = encode(nest, tmp_path, preset, path)
        counts = [duckdb.sql(probe.format(made, f"value {n}")).fetchall()[0][0] for n in range(300)]
        assert sum(counts[::2]) == 0 and sum(counts[1::2]) > 140


def test_a_dataset(nest, tmp_path):
    """A file of its own each; one that would stay as it is without a preset, too."""
    before = [written(tmp_path / f"{n}", numbers(100 * n, 100), use_dictionary=False) for n in range(3)]
    fine(nest.run("parquet-merge", "--preset", "small", "--metadata", "--verify", tmp_path / "out", *before))
    for n, path in enumerate(before):
        made = tmp_path / "out" / f"part-0000{n}.parquet"
        assert pq.read_table(made).equals(pq.read_table(path)) and encodings(nest, made)[0] == ["DELTA_BINARY_PACKED"]
    assert pq.ParquetFile(tmp_path / "out" / "_metadata").metadata.num_rows == 300


def test_memory_is_that_of_a_chunk(nest, tmp_path):
    """However many row groups there are, and however many columns."""
    chance, peaks = random.Random(1), []
    for groups, columns in ((1, 1), (16, 4)):
        data = [pa.array([chance.randbytes(100) for _ in range(10_000)]) for _ in range(columns)]
        table = pa.concat_tables([pa.table(data, [f"c{n}" for n in range(columns)])] * groups)
        before = written(tmp_path / "a", table, row_group_size=10_000, compression="none", use_dictionary=False)
        encode(nest, tmp_path, "small", "--stats", tmp_path / "stats", before)
        peaks.append(json.loads((tmp_path / "stats").read_text())["peak_bytes"])
    assert peaks[1] < peaks[0] + (1 << 22)


# ---- refusals ----


def test_a_fault_is_told_where_it_is(nest, tmp_path):
    table = pa.table({"a": pa.array(range(100)), "b": pa.array(range(100))})
    before = written(tmp_path / "a", table, row_group_size=50, write_page_checksum=True, use_dictionary=False, compression="none")
    content = bytearray(before.read_bytes())
    start = pq.read_metadata(before).row_group(1).column(1).data_page_offset
    content[start + 100] ^= 1
    before.write_bytes(content)
    result = nest.run("parquet-merge", "-o", tmp_path / "all", "--preset", "fast", before)
    result.fatal(1, f"^.*/a: row group 1, column b: page at byte {start}: its CRC-32 is ")
    assert [path.name for path in tmp_path.iterdir()] == ["a"]


def test_wrong_usage(nest, tmp_path):
    pattern = "^--preset is given, but there are no files to make something of$"
    nest.run("parquet-merge", "--preset", "fast", tmp_path / "out").fatal(2, pattern)
    nest.run("parquet-merge", "--preset", "small", "--check", tmp_path).fatal(2, pattern)
    result = nest.run("parquet-merge", "--preset", "tiny", "-o", tmp_path / "out", tmp_path / "a")
    result.fatal(2, "^--preset: 'tiny' is none of fast.balanced.small$")
