"""Readers that skip read the same rows: filters of pyarrow, DuckDB and Polars against filtered rows.

That they do skip is shown by what they say of it themselves.  Their faults:

- pyarrow has no way to read column indexes, and no reader here has one to count the pages that it passes over;
  test_skipping.py holds these against the values instead.
- pyarrow passes over no row group for a column that has nulls there, unless it has nothing else.
- In SQL and in Polars NaN is greater than every number, for pyarrow no comparison with it holds: the
  filters here do not ask for it.
"""

import datetime
import math
import random

import duckdb
import polars
import pyarrow.compute as pc
import pyarrow.dataset
import pyarrow.parquet as pq
import pytest

from nestlib import rows_stream

ROWS = 6000

SCHEMA = """message m {
    required int64 id;
    optional int32 sorted;
    optional double real;
    optional binary text (STRING);
    optional binary long (STRING);
    optional int32 day (DATE);
    optional fixed_len_byte_array(6) price (DECIMAL(12,2));
    optional boolean flag;
}"""

BLOOMS = ["id", "sorted", "real", "text", "long", "day"]
EPOCH = datetime.date(1970, 1, 1)


def make_rows(rng):
    """Columns in order and not, with nulls by themselves and in runs, NaNs, zeros of both signs, long texts."""
    def maybe(row, value):
        return None if rng.random() < 0.2 or 2000 <= row < 3100 else value

    for row in range(ROWS):
        price = rng.randrange(-(10**9), 10**9).to_bytes(6, "big", signed=True)
        real = rng.choice([math.nan, 0.0, -0.0, rng.randrange(-500, 500) / 4])
        long = chr(rng.choice([0x61, 0xE9, 0x10FFFF])) * rng.choice([1, 70, 1500]) + str(rng.randrange(40))
        text = f"w{rng.randrange(900):03}"
        yield [
            3 * row, maybe(row, row // 7), maybe(row, real), maybe(row, text), maybe(row, long),
            maybe(row, row // 100), maybe(row, price), maybe(row, rng.random() < 0.5),
        ]  # fmt: skip


@pytest.fixture(scope="module")
def rows():
    return list(make_rows(random.Random(11)))


LAYOUTS = {
    "as it comes": [],
    "small": ["--row-group-rows", 1000, "--page-rows", 250],
    "small plain": ["--row-group-rows", 1000, "--page-rows", 250, "--dictionary", "off", "--page-version", 2],
}


@pytest.fixture(scope="module", params=LAYOUTS)
def path(nest, tmp_path_factory, rows, request):
    out = tmp_path_factory.mktemp("pruning") / "out"
    blooms = [word for name in BLOOMS for word in ("--column", f"{name}:bloom=on")]
    nest.pipeline(out, source=rows_stream(SCHEMA, rows), encode=[*LAYOUTS[request.param], *blooms])
    (path,) = out.glob("*.parquet")
    return path


def value_of(name, value):
    """As readers have it."""
    if value is not None and name == "day":
        return EPOCH + datetime.timedelta(days=value)
    return value


def filters(rng, rows):
    """A column, an operator and a value: values that are there, that are not, and just beside."""
    names = ["id", "sorted", "real", "text", "long", "day"]
    for number, name in enumerate(names * 8):
        value = None
        while value is None or value != value:
            value = rng.choice(rows)[names.index(name)]
        if rng.random() < 0.3:
            value = value + "x" if isinstance(value, str) else value + 1
        yield name, ["==", "<", ">", "<=", ">=", "=="][number % 6], value_of(name, value)


def holds(operator, left, right):
    if left is None or left != left:
        return False
    return {
        "==": left == right, "<": left < right, ">": left > right, "<=": left <= right, ">=": left >= right,
    }[operator]  # fmt: skip


def test_filtered_reads_equal_filtered_rows(path, rows):
    rng = random.Random(3)
    dataset = pyarrow.dataset.dataset(path)
    connection = duckdb.connect()
    for name, operator, value in filters(rng, rows):
        index = ["id", "sorted", "real", "text", "long", "day"].index(name)
        expected = sorted(row[0] for row in rows if holds(operator, value_of(name, row[index]), value))
        column = pc.field(name)
        if name == "real":
            # A NaN is no number for anybody: those for whom it is the greatest are told so.
            column = pc.if_else(pc.is_nan(column), None, column)
        compare = {"==": "equal", "<": "less", ">": "greater", "<=": "less_equal", ">=": "greater_equal"}[operator]
        where = getattr(pc, compare)(column, pc.scalar(value))
        assert sorted(dataset.to_table(columns=["id"], filter=where)["id"].to_pylist()) == expected
        sign = "=" if operator == "==" else operator
        finite = " and not isnan(real)" if name == "real" else ""
        query = f"select id from read_parquet('{path}') where {name} {sign} ?{finite}"
        assert sorted(row[0] for row in connection.execute(query, [value]).fetchall()) == expected
        lazy = polars.scan_parquet(path)
        column = polars.col(name)
        where = {
            "==": column == value, "<": column < value, ">": column > value, "<=": column <= value,
            ">=": column >= value,
        }[operator]  # fmt: skip
        if name == "real":
            where = where & column.is_not_nan()
        assert sorted(lazy.filter(where).select("id").collect()["id"].to_list()) == expected


def test_extremes_are_not_taken_from_bounds_that_were_cut(path, rows):
    texts = [row[4] for row in rows if row[4] is not None]
    expected = (min(texts), max(texts))
    query = f"select min(long), max(long) from read_parquet('{path}')"
    assert duckdb.connect().execute(query).fetchone() == expected
    lazy = polars.scan_parquet(path).select(low=polars.col("long").min(), high=polars.col("long").max())
    assert lazy.collect().row(0) == expected


def groups_of(path):
    metadata, first = pq.read_metadata(path), 0
    for number in range(metadata.num_row_groups):
        count = metadata.row_group(number).num_rows
        yield first, first + count
        first += count


def test_a_bloom_filter_has_every_value(path, rows):
    connection = duckdb.connect()
    groups = list(groups_of(path))
    for name in BLOOMS:
        index = BLOOMS.index(name)
        sets = [{value_of(name, row[index]) for row in rows[first:end]} for first, end in groups]
        values = {value for values in sets for value in sorted(values - {None}, key=repr)[:20] if value == value}
        # Zeros are equal, whatever their sign.
        values |= {0.0, -0.0} if name == "real" else set()
        for value in values:
            probe = f"select row_group_id, bloom_filter_excludes from parquet_bloom_probe('{path}', '{name}', ?)"
            for group, excludes in connection.execute(probe, [value]).fetchall():
                assert not (excludes and value in sets[group]), (name, value, group)


def test_a_bloom_filter_excludes_what_is_not_there(path):
    groups = len(list(groups_of(path)))
    connection = duckdb.connect()
    for name, others in {"text": [f"none{i}" for i in range(40)], "id": list(range(-40, 0))}.items():
        probe = f"select bloom_filter_excludes from parquet_bloom_probe('{path}', '{name}', ?)"
        excluded = [row[0] for other in others for row in connection.execute(probe, [other]).fetchall()]
        assert len(excluded) == 40 * groups and sum(excluded) > 0.9 * len(excluded)


def test_row_groups_are_passed_over(path):
    """As pyarrow tells by its fragments, by the statistics of a column in order."""
    groups = list(groups_of(path))
    (fragment,) = pyarrow.dataset.dataset(path).get_fragments()
    for low, high in ((-5, -1), (0, 2), (3 * ROWS, 2**40), (300, 3500)):
        where = (pc.field("id") >= low) & (pc.field("id") <= high)
        left = [group.id for group in fragment.subset(where).row_groups]
        assert left == [
            number for number, (first, end) in enumerate(groups) if 3 * first <= high and low <= 3 * (end - 1)
        ]
