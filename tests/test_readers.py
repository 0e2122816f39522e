"""The dataset as other programs read it: pyarrow, DuckDB and Polars against nest-gen's own JSON Lines."""

import json

import duckdb
import polars
import pyarrow
import pyarrow.compute
import pyarrow.dataset
import pyarrow.parquet
import pytest

ROWS, PARTS = 20000, 3

# Small row groups and pages, so that there are many of both; each way to lay out values and pages.
LAYOUTS = {
    "as it comes": [],
    "small": ["--row-group-rows", "3000", "--page-rows", "512"],
    "small zstd": ["--row-group-rows", "3000", "--page-rows", "512", "--compression", "zstd"],
    "small plain": ["--row-group-rows", "3000", "--page-rows", "512", "--dictionary", "off"],
    "balanced": ["--preset", "balanced", "--page-version", "2"],
    "smallest": ["--row-group-rows", "3000", "--preset", "small", "--compression", "zstd"],
    "by bytes": ["--row-group-bytes", "50000", "--page-bytes", "4000"],
}


@pytest.fixture(scope="module")
def lines(nest):
    """The rows as nest-gen prints them."""
    result = nest.run("nest-gen", "-n", ROWS, "--format", "jsonl", "contacts")
    assert result.status == 0, result.err
    return [json.loads(line) for line in result.out.splitlines()]


@pytest.fixture(scope="module", params=LAYOUTS)
def dataset(nest, tmp_path_factory, request):
    out = tmp_path_factory.mktemp("dataset") / "out"
    return nest.pipeline(out, rows=ROWS, gen=["--parts", PARTS], encode=LAYOUTS[request.param])


def test_the_lines_hold_what_the_others_are_held_against(lines):
    assert len(lines) == ROWS
    assert list(lines[0]) == ["name", "phones"]
    assert any(line["phones"] is None for line in lines) and any(line["name"] is None for line in lines)
    assert any(phone["number"] is None for line in lines for phone in line["phones"] or [])


def test_pyarrow_reads_every_value(dataset, lines):
    assert pyarrow.parquet.read_table(dataset).to_pylist() == lines
    assert pyarrow.dataset.dataset(dataset, format="parquet").to_table().to_pylist() == lines


def test_polars_reads_every_value(dataset, lines):
    assert polars.read_parquet(dataset).to_dicts() == lines
    assert polars.scan_parquet(dataset).collect().to_dicts() == lines


@pytest.mark.parametrize("pattern", ["*.parquet", "**/*.parquet"])
def test_duckdb_reads_every_value(dataset, lines, pattern):
    rows = duckdb.sql(
        f"select name, phones from read_parquet('{dataset}/{pattern}', filename = true) "
        "order by filename, file_row_number"
    ).fetchall()
    assert [{"name": name, "phones": phones} for name, phones in rows] == lines


def test_the_schema_is_as_the_recipe_says(dataset):
    phone = pyarrow.struct([("number", pyarrow.string()), ("phone_type", pyarrow.string())])
    element = pyarrow.field("element", phone, nullable=False)
    expected = pyarrow.schema([("name", pyarrow.string()), ("phones", pyarrow.list_(element))])
    assert pyarrow.parquet.read_table(dataset).schema.equals(expected, check_metadata=False)
    polars_phone = polars.Struct({"number": polars.String, "phone_type": polars.String})
    assert polars.scan_parquet(dataset).collect_schema() == {
        "name": polars.String,
        "phones": polars.List(polars_phone),
    }
    described = duckdb.sql(f"describe select * from read_parquet('{dataset}/*.parquet')").fetchall()
    assert [row[:2] for row in described] == [
        ("name", "VARCHAR"),
        ("phones", "STRUCT(number VARCHAR, phone_type VARCHAR)[]"),
    ]


def test_the_file_has_three_level_lists(dataset):
    schema = pyarrow.parquet.ParquetFile(dataset / "part-00000.parquet").schema
    columns = [schema.column(i) for i in range(len(schema))]
    assert [
        (c.path, c.max_repetition_level, c.max_definition_level, str(c.logical_type)) for c in columns
    ] == [
        ("name", 0, 1, "String"),
        ("phones.list.element.number", 1, 3, "String"),
        ("phones.list.element.phone_type", 1, 3, "String"),
    ]


def test_the_readers_count_the_same(dataset, lines):
    nulls = sum(line["phones"] is None for line in lines)
    phones = sum(len(line["phones"] or []) for line in lines)
    counted = duckdb.sql(
        f"select count(*) filter (phones is null), sum(len(phones)) from read_parquet('{dataset}/*.parquet')"
    ).fetchall()
    assert counted == [(nulls, phones)]
    column = pyarrow.parquet.read_table(dataset).column("phones")
    assert column.null_count == nulls
    assert pyarrow.compute.sum(pyarrow.compute.list_value_length(column)).as_py() == phones
    lazy = polars.scan_parquet(dataset).select(
        polars.col("phones").null_count(), n=polars.col("phones").list.len().sum()
    )
    assert lazy.collect().row(0) == (nulls, phones)


def test_filters_that_use_statistics_lose_nothing(dataset, lines):
    """Row groups and pages are left out by their bounds; what is found is what is there."""
    wanted = sorted(line["name"] for line in lines if line["name"] and "Mar" <= line["name"] < "Mir")
    assert wanted
    duck = duckdb.sql(
        f"select name from read_parquet('{dataset}/*.parquet')"
        " where name >= 'Mar' and name < 'Mir' order by 1"
    ).fetchall()
    assert [name for name, in duck] == wanted
    arrow = pyarrow.parquet.read_table(dataset, filters=[("name", ">=", "Mar"), ("name", "<", "Mir")])
    assert sorted(arrow.column("name").to_pylist()) == wanted
    lazy = polars.scan_parquet(dataset).filter((polars.col("name") >= "Mar") & (polars.col("name") < "Mir"))
    assert sorted(lazy.collect()["name"]) == wanted


def test_key_values_say_where_the_rows_come_from(nest, dataset):
    version = nest.run("nest-gen", "--version").out.decode().split()[1]
    for part in range(PARTS):
        first = ROWS * part // PARTS
        rows = ROWS * (part + 1) // PARTS - first
        metadata = pyarrow.parquet.read_metadata(dataset / f"part-{part:05}.parquet").metadata
        assert {key.decode(): value.decode() for key, value in metadata.items()} == {
            "nest.recipe": "contacts",
            "nest.rows": str(ROWS),
            "nest.seed": "42",
            "nest.version": version,
            "nest.part": str(part),
            "nest.first_row": str(first),
            "nest.part_rows": str(rows),
        }


def leaf_values(rows):
    """The values of the three leaves, nulls included, as entries of the columns."""
    phones = [phone for line in rows for phone in (line["phones"] or [None])]
    return {
        "name": [line["name"] for line in rows],
        "phones.list.element.number": [phone and phone["number"] for phone in phones],
        "phones.list.element.phone_type": [phone and phone["phone_type"] for phone in phones],
    }


def test_statistics_of_every_row_group_agree_with_its_values(dataset):
    for path in sorted(dataset.glob("*.parquet")):
        file = pyarrow.parquet.ParquetFile(path)
        for index in range(file.num_row_groups):
            group = file.metadata.row_group(index)
            rows = file.read_row_group(index).to_pylist()
            assert group.num_rows == len(rows)
            for i, (name, values) in enumerate(leaf_values(rows).items()):
                column = group.column(i)
                there = sorted(value.encode() for value in values if value is not None)
                assert (column.path_in_schema, column.num_values) == (name, len(values))
                assert column.statistics.null_count == len(values) - len(there)
                low, high = (each.encode() for each in (column.statistics.min, column.statistics.max))
                assert (low, high) == (there[0], there[-1])


def test_duckdb_sees_the_same_metadata(dataset):
    seen = duckdb.sql(
        f"select file_name, row_group_id, row_group_num_rows, path_in_schema, num_values, stats_min_value,"
        f" stats_max_value, stats_null_count from parquet_metadata('{dataset}/*.parquet')"
        f" order by file_name, row_group_id, column_id"
    ).fetchall()
    expected = []
    for path in sorted(dataset.glob("*.parquet")):
        metadata = pyarrow.parquet.read_metadata(path)
        for index in range(metadata.num_row_groups):
            group = metadata.row_group(index)
            for i in range(group.num_columns):
                column = group.column(i)
                name = column.path_in_schema.replace(".", ", ")
                bounds = column.statistics.min, column.statistics.max, column.statistics.null_count
                expected.append((str(path), index, group.num_rows, name, column.num_values, *bounds))
    assert seen == expected


def test_small_row_groups_are_small(nest, tmp_path):
    out = nest.pipeline(tmp_path / "out", rows=10000, encode=LAYOUTS["small"])
    metadata = pyarrow.parquet.read_metadata(out / "part-00000.parquet")
    rows = [metadata.row_group(i).num_rows for i in range(metadata.num_row_groups)]
    assert sum(rows) == 10000 and len(rows) == 4 and max(rows) < 3500


def test_compression_and_dictionaries_are_in_the_file_as_asked(nest, tmp_path):
    def column(name, *options):
        out = nest.pipeline(tmp_path / name, rows=20000, encode=options)
        group = pyarrow.parquet.read_metadata(out / "part-00000.parquet").row_group(0)
        return [group.column(i) for i in range(3)]

    plain = column("plain", "--dictionary", "off")
    assert [c.compression for c in plain] == ["UNCOMPRESSED"] * 3
    assert not any(c.has_dictionary_page for c in plain)
    assert column("on", "--dictionary", "on")[2].has_dictionary_page
    packed = column("zstd", "--compression", "zstd")
    assert [c.compression for c in packed] == ["ZSTD"] * 3
    assert sum(c.total_compressed_size for c in packed) < sum(c.total_compressed_size for c in plain) / 2
    smaller = column("level", "--compression", "zstd", "--zstd-level", "19")
    assert sum(c.total_compressed_size for c in smaller) < sum(c.total_compressed_size for c in packed)


# Whether a dictionary makes them smaller, of 40,000 values.
KINDS = {
    "0..2525": True,
    "0..9999": True,
    "0..199999": False,
    "row": False,
    "row | 7 5%": False,
    # Of the first 1,024 values, 16 and 15 were there before; all behind them are the same.
    "if row >= 1024 then 0 else max(row, 16)": True,
    "if row >= 1024 then 0 else max(row, 15)": False,
}


@pytest.mark.parametrize("drawing", KINDS)
def test_a_dictionary_where_values_come_again(nest, tmp_path, drawing):
    """Also of values that are rarely among the first few again, as days of seven years are, and as suppliers are."""
    recipe = tmp_path / "m.recipe"
    recipe.write_text(f"message m {{ required int64 a: {drawing}; }}")
    sizes = {}
    for dictionary in ("on", "off"):
        options = {"recipe": recipe, "rows": 40_000, "encode": ["--dictionary", dictionary]}
        out = nest.pipeline(tmp_path / dictionary, **options)
        column = pyarrow.parquet.read_metadata(out / "part-00000.parquet").row_group(0).column(0)
        sizes[dictionary] = column.total_uncompressed_size
        assert column.has_dictionary_page == (KINDS[drawing] and dictionary == "on")
    assert not KINDS[drawing] or sizes["on"] < 0.7 * sizes["off"]
