"""parquet-merge --check: rows stand in the order that their row group is told to be in."""

import decimal
import functools
import random

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from nestlib import rows_stream
from test_check_files import assert_sound, check  # noqa: F401

# A few values of each, so that many are equal.
DOMAINS = {
    "int": (pa.int64(), [-3, -1, 0, 5, 2**40]),
    "unsigned": (pa.uint32(), [0, 1, 2**31, 2**32 - 1]),
    "text": (pa.string(), ["", "a", "ab", "b", "é"]),
    "bytes": (pa.binary(2), [b"\0\0", b"\0\1", b"\x7f\xff", b"\x80\0"]),
    "decimal": (pa.decimal128(20, 2), [decimal.Decimal(n) for n in ("-1.25", "-0.01", "0.00", "3.00")]),
    "real": (pa.float64(), [float("-inf"), -1.5, 0.0, 2.5]),
}


def compare(columns, before, row):
    """Below, at or above 0, as BEFORE comes before ROW, is its equal in COLUMNS, or is to come behind it."""
    for index, descending, nulls_first in columns:
        a, b = before[index], row[index]
        if a == b:
            continue
        if a is None or b is None:
            return -1 if (a is None) == nulls_first else 1
        return (1 if a > b else -1) * (-1 if descending else 1)
    return 0


def written(path, kinds, rows, columns, **how):
    arrays = [pa.array([row[i] for row in rows], DOMAINS[kind][0]) for i, kind in enumerate(kinds)]
    table = pa.table(arrays, names=[f"c{i}" for i in range(len(kinds))])
    pq.write_table(table, path, sorting_columns=[pq.SortingColumn(*column) for column in columns], **how)


@pytest.mark.parametrize("kind", DOMAINS)
@pytest.mark.parametrize("descending, nulls_first", [(False, False), (False, True), (True, False), (True, True)])
def test_one_row_that_comes_too_late(check, tmp_path, kind, descending, nulls_first):  # noqa: F811
    chance = random.Random(f"{kind} {descending} {nulls_first}")
    path, kinds, count = tmp_path / "a.parquet", [kind, "int"], 400
    columns = [(0, descending, nulls_first), (1, not descending, nulls_first)]
    rows = [[chance.choice([None, *DOMAINS[name][1]]) for name in kinds] for _ in range(count)]
    rows.sort(key=functools.cmp_to_key(functools.partial(compare, columns)))
    for turn in range(8):
        # Pages end at every few rows, also where values change.
        how = {"write_batch_size": 7, "data_page_size": 1, "use_dictionary": turn % 2 == 0}
        how |= {"data_page_version": ["1.0", "2.0"][turn // 4], "compression": ["none", "snappy"][turn % 3 // 2]}
        written(path, kinds, rows, columns, **how)
        assert_sound(check(path))
        wrong, at = list(rows), chance.randrange(1, count)
        while not compare(columns, rows[at - 1], rows[at]):
            at = at % (count - 1) + 1
        wrong[at - 1], wrong[at] = rows[at], rows[at - 1]
        decides = 1 if rows[at - 1][0] == rows[at][0] else 0
        # Where the one before is its equal no more, an earlier row shows it.
        first = next(i for i in range(1, count) if compare(columns, wrong[i - 1], wrong[i]) > 0)
        written(path, kinds, wrong, columns, **how)
        check(path).fatal(
            1, f"row group 0, column c{decides}: row {first} is out of the order that the row group is told to be in$"
        )


def test_each_row_group_is_sorted_by_itself(check, tmp_path):  # noqa: F811
    path = tmp_path / "a.parquet"
    rows = [[n % 100] for n in range(300)]
    written(path, ["int"], rows, [(0, False, False)], row_group_size=100)
    assert_sound(check(path))
    rows[250] = [1]
    written(path, ["int"], rows, [(0, False, False)], row_group_size=100)
    check(path).fatal(1, "row group 2, column c0: row 50 is out of the order")
    written(path, ["int"], rows, [], row_group_size=100)
    assert_sound(check(path))


@pytest.mark.parametrize("kind", [pa.float64(), pa.float32(), pa.float16()])
def test_what_writers_differ_on_is_no_fault(check, tmp_path, kind):  # noqa: F811
    """Where NaNs stand, and which of the zeros comes first, whatever the columns behind say."""
    path, nan = tmp_path / "a.parquet", float("nan")
    columns = [pq.SortingColumn(0), pq.SortingColumn(1)]
    reals = [nan, -1.0, nan, 0.0, -0.0, 0.0, 1.0, nan]
    table = pa.table({"r": pa.array(reals, kind), "i": [9, 8, 7, 6, 5, 4, 3, 2]})
    pq.write_table(table, path, sorting_columns=columns)
    assert_sound(check(path))
    table = pa.table({"r": pa.array([nan, 2.0, 1.0], kind), "i": [1, 2, 3]})
    pq.write_table(table, path, sorting_columns=columns)
    check(path).fatal(1, "column r: row 2 is out of the order")


def test_columns_that_cannot_be_compared(check, tmp_path):  # noqa: F811
    path = tmp_path / "a.parquet"
    table = pa.table({"l": [[2], [1, 0], None], "i": [3, 2, 1], "j": [1, 1, 1]})
    for columns, fault in (([0, 1], None), ([2, 2, 1], None), ([2, 0, 1], None), ([2, 1, 0], "column i: row 1 "), ([1], "column i: row 1 ")):
        pq.write_table(table, path, sorting_columns=[pq.SortingColumn(column) for column in columns])
        result = check(path)
        assert_sound(result) if fault is None else result.fatal(1, fault)


def test_pages_of_nulls_alone(check, tmp_path):  # noqa: F811
    """A value is no neighbour of one on the other side of nulls."""
    path, columns = tmp_path / "a.parquet", [pq.SortingColumn(0, nulls_first=True)]
    how = {"write_batch_size": 5, "data_page_size": 1, "use_dictionary": False, "sorting_columns": columns}
    pq.write_table(pa.table({"s": [None] * 20 + ["x" * 40, "y"]}), path, **how)
    assert_sound(check(path))
    pq.write_table(pa.table({"s": ["x" * 40] + [None] * 20 + ["y"]}), path, **how)
    check(path).fatal(1, "column s: row 1 is out of the order")
    pq.write_table(pa.table({"s": pa.array([], pa.string())}), path, **how)
    assert_sound(check(path))


def test_what_is_made_here(nest, check, tmp_path):  # noqa: F811
    schema = "message m { optional double a; required binary b (STRING); }"
    rows = [[None, "z"], [None, "y"], [float("nan"), "b"], [2.0, "c"], [2.0, "a"], [-1.0, "d"]]
    sorted_by = ["--sorted-by", "a:desc:nulls-first", "--sorted-by", "b:desc"]
    nest.pipeline(tmp_path / "out", source=rows_stream(schema, rows), encode=sorted_by)
    assert_sound(check(tmp_path / "out"))
