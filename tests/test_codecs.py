"""Files compressed with every codec, as other programs read them and as parquet-merge --show and --check see them."""

import json

import duckdb
import polars
import pyarrow.parquet as pq
import pytest

from nestlib import finish

ROWS = 3000

# What pyarrow calls them, by what is asked for.
CODECS = {
    "none": "UNCOMPRESSED",
    "snappy": "SNAPPY",
    "gzip": "GZIP",
    "gzip:1": "GZIP",
    "gzip:12": "GZIP",
    "brotli": "BROTLI",
    "brotli:0": "BROTLI",
    "brotli:11": "BROTLI",
    "zstd": "ZSTD",
    "zstd:-9": "ZSTD",
    "zstd:22": "ZSTD",
    "lz4_raw": "LZ4",
    "lz4_raw:12": "LZ4",
}


@pytest.fixture(scope="module")
def columns(nest):
    rows = nest.run("nest-gen", "-n", ROWS, "contacts").out
    return nest.run("nest-shred", stdin=rows).out


@pytest.fixture(scope="module")
def lines(nest):
    out = nest.run("nest-gen", "-n", ROWS, "--format", "jsonl", "contacts").out
    return [json.loads(line) for line in out.splitlines()]


@pytest.fixture(scope="module")
def encode(nest, columns, tmp_path_factory):
    """The one file of a dataset that is compressed so, and its chunks."""
    folder = tmp_path_factory.mktemp("codecs")

    def encode(codec, *options):
        out = folder / f"{codec}{len(options)}".replace(":", "")
        small = ["--row-group-rows", 1024, "--page-rows", 256]
        parts = nest.run("parquet-encode", "--compression", codec, *small, *options, "-o", out, stdin=columns).out
        assert nest.run("parquet-merge", "--force", out, stdin=parts).status == 0
        path = out / "part-00000.parquet"
        metadata = pq.read_metadata(path)
        groups = [metadata.row_group(i) for i in range(metadata.num_row_groups)]
        return path, [group.column(i) for group in groups for i in range(metadata.num_columns)]

    return encode


@pytest.mark.sanitize
@pytest.mark.parametrize("codec", CODECS)
def test_every_reader_reads_every_codec(nest, encode, lines, codec):
    path, chunks = encode(codec)
    assert {chunk.compression for chunk in chunks} == {CODECS[codec]}
    assert pq.read_table(path).to_pylist() == lines
    assert polars.read_parquet(path).to_dicts() == lines
    rows = duckdb.sql(f"select name, phones from read_parquet('{path}') order by file_row_number").fetchall()
    assert rows == [(line["name"], line["phones"]) for line in lines]
    assert nest.run("parquet-merge", "--check", path).status == 0
    shown = json.loads(nest.run("parquet-merge", "--show", "--json", path).out)
    assert {column["codec"] for group in shown["row_groups"] for column in group["columns"]} == {codec.split(":")[0]}
    assert nest.run("parquet-merge", "--show", "--rows", "all", path).out.count(b"\n") == ROWS


def test_columns_have_codecs_of_their_own(encode, lines):
    path, chunks = encode(
        "zstd",
        *("--column", "name:compression=none"),
        *("--column", "phones.list.element.number:compression=gzip:1,encoding=PLAIN"),
    )
    assert [chunk.compression for chunk in chunks[:3]] == ["UNCOMPRESSED", "GZIP", "ZSTD"]
    assert len({chunk.compression for chunk in chunks[::3]}) == 1
    assert pq.read_table(path).to_pylist() == lines
    assert polars.read_parquet(path).to_dicts() == lines
    # Two levels of one codec take turns.
    fast, small, mixed = (
        [chunk.total_compressed_size for chunk in encode(*options)[1]]
        for options in [["gzip:1"], ["gzip:12"], ["gzip:12", "--column", "name:compression=gzip:1"]]
    )
    assert mixed == [(small if number % 3 else fast)[number] for number in range(len(mixed))] != small


def test_levels_count(encode):
    def size(codec, *options):
        return sum(chunk.total_compressed_size for chunk in encode(codec, *options)[1])

    highs = {"gzip:1": "gzip:12", "brotli:0": "brotli:11", "zstd:-9": "zstd:22", "lz4_raw": "lz4_raw:12"}
    for codec, high in highs.items():
        assert size("none") > size(codec) > size(high)
    assert size("zstd", "--zstd-level", 15) == size("zstd:15") < size("zstd")


@pytest.mark.parametrize(
    "value, pattern",
    [
        ("zstd:23", "^--compression: '23' is no level of zstd, which has -131072 to 22$"),
        ("snappy:1", "^--compression: snappy has no levels$"),
    ],
)
def test_levels_that_are_none(nest, tmp_path, value, pattern):
    nest.run("parquet-encode", "--compression", value, "-o", tmp_path / "out").fatal(2, pattern)


def test_a_level_given_twice(nest, tmp_path):
    result = nest.run("parquet-encode", "--compression", "zstd:3", "--zstd-level", 3, "-o", tmp_path / "out")
    result.fatal(2, "^--compression zstd:3 gives a level, and so does --zstd-level$")


@pytest.mark.parametrize("name", ["contacts", "ingest"])
def test_pipelines_pass_them_on(pipeline, tmp_path, name):
    lines = tmp_path / "lines"
    lines.write_text('{"a": 1}\n' * 10)
    what = ["--target-records", 10] if name == "contacts" else [lines]
    [result] = finish([pipeline(name, "--compression", "lz4_raw:9", "-o", tmp_path / "out", *what)])
    assert result.status == 0, result.err
    column = pq.read_metadata(tmp_path / "out" / "part-00000.parquet").row_group(0).column(0)
    assert column.compression == "LZ4"
