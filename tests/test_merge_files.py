"""parquet-merge DIRECTORY FILE...: a dataset made of files of any origin, and --schema union."""

import io
import os
import pathlib
import random
import resource
import signal
import subprocess
import time

import duckdb
import polars as pl
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.dataset
import pyarrow.parquet as pq
import pytest

from test_join import content_of, footer_of, indexed_pages
from test_show import samples


def written(path, table, **how):
    pq.write_table(table, path, **how)
    return path


def fine(result):
    assert (result.status, result.out, result.err) == (0, b"", "")


def numbers(first, count):
    return pa.table({"a": pa.array(range(first, first + count), pa.int64())})


def parts_of(folder):
    return sorted(path for path in pathlib.Path(folder).iterdir() if path.name[0] not in "._")


# ---- directories ----


def test_a_directory_of_files(nest, tmp_path):
    """Of three writers, some named on the command line and some in a list; each stays as it is."""
    files = [tmp_path / f"in-{number}.parquet" for number in range(4)]
    written(files[0], numbers(0, 5), write_page_index=True, store_schema=False)
    duckdb.sql(f"copy (select range + 5 as a from range(5)) to '{files[1]}' (format parquet)")
    pl.DataFrame({"a": range(10, 15)}).write_parquet(files[2])
    written(files[3], numbers(15, 5), compression="zstd")
    out, listed = tmp_path / "out", "\n".join(map(str, files[2:])) + "\n\n"
    fine(nest.run("parquet-merge", out, *files[:2], "--files-from", "-", stdin=listed.encode()))
    assert [part.read_bytes() for part in parts_of(out)] == [file.read_bytes() for file in files]
    assert sorted(os.listdir(out))[:2] == ["_SUCCESS", "part-00000.parquet"]
    assert sorted(os.listdir(tmp_path)) == sorted([file.name for file in files] + ["out"])
    for reader in (pq.read_table(out)["a"], pl.read_parquet(out / "*.parquet")["a"]):
        assert reader.to_pylist() if hasattr(reader, "to_pylist") else reader.to_list() == list(range(20))
    # Again, of itself, with names that end with zero bytes; and nothing but a list.
    (tmp_path / "list").write_bytes(b"".join(bytes(part) + b"\0" for part in parts_of(out)[::-1]))
    refused = nest.run("parquet-merge", "--files-from", tmp_path / "list", "-0", out)
    refused.fatal(2, "is not empty; give --force")
    fine(nest.run("parquet-merge", "--force", "--base", "p", "--files-from", tmp_path / "list", "-0", out))
    assert [part.read_bytes() for part in parts_of(out)] == [file.read_bytes() for file in files[::-1]]
    assert sorted(os.listdir(out))[1] == "p-00000.parquet"


def test_what_was_done_is_told(nest, tmp_path):
    a, b = written(tmp_path / "a", numbers(0, 5)), written(tmp_path / "b", numbers(5, 2))
    result = nest.run("parquet-merge", "-v", "--stats", tmp_path / "stats", tmp_path / "out", a, b)
    size = sum(file.stat().st_size for file in (a, b))
    assert result.err.startswith(f"parquet-merge: published 7 rows of 2 files, {size} bytes, in {tmp_path}/out\n")
    assert f'"rows":7' in (tmp_path / "stats").read_text().replace(" ", "")
    result = nest.run("parquet-merge", "-v", "-o", tmp_path / "c", a)
    assert result.err.startswith(f"parquet-merge: published 5 rows of 1 file, {a.stat().st_size} bytes, in {tmp_path}/c\n")


def test_what_says_which_part_a_file_is(nest, tmp_path):
    """It stays where files stay, and goes where many become one."""
    kinds = {b"nest.part": b"3", b"nest.first_row": b"0", b"nest.part_rows": b"5", b"mine": b"kept"}
    a = written(tmp_path / "a", numbers(0, 5).replace_schema_metadata(kinds))
    b = written(tmp_path / "b", numbers(0, 5), store_schema=False)
    fine(nest.run("parquet-merge", "-o", tmp_path / "one", a))
    fine(nest.run("parquet-merge", "-o", tmp_path / "all", a, b))
    assert pq.read_metadata(tmp_path / "one").metadata.items() > kinds.items()
    assert set(pq.read_metadata(tmp_path / "all").metadata) == {b"mine", b"ARROW:schema"}
    # What follows it in the footer, and nothing else, does, too.
    before, behind = footer_of(a.read_bytes()), footer_of((tmp_path / "all").read_bytes())
    assert before.keys() == behind.keys() and [before[key] for key in (6, 7)] == [behind[key] for key in (6, 7)]
    fine(nest.run("parquet-merge", "-o", tmp_path / "all", b, a))
    assert pq.read_metadata(tmp_path / "all").metadata is None


# ---- unions ----

OLD = pa.struct([("x", pa.int64()), ("l", pa.list_(pa.int32()))])
INNER = pa.list_(pa.struct([("p", pa.int32()), ("q", pa.list_(pa.int8()))]))
NEW = pa.struct([("x", pa.int64()), ("y", pa.string()), ("l", pa.list_(pa.int32())), ("ll", INNER)])


def nested(count, chance, kind):
    """Rows of which the older KIND lacks columns at every depth."""

    def struct(number):
        if chance.random() < 0.2:
            return None
        made = {"x": number, "l": None if chance.random() < 0.2 else list(range(chance.randrange(4)))}
        if kind is NEW:
            made |= {"y": f"y{number}", "ll": [{"p": 1, "q": [1, 2]}] * chance.randrange(3)}
        return made

    def structs(number):
        return None if chance.random() < 0.2 else [struct(number) for _ in range(chance.randrange(4))]

    columns = {"id": pa.array(range(count))}
    if kind is NEW:
        columns["new"] = pa.array(["z"] * count)
    columns["s"] = pa.array([struct(number) for number in range(count)], kind)
    columns["ls"] = pa.array([structs(number) for number in range(count)], pa.list_(kind))
    if kind is NEW:
        columns["m"] = pa.array([[("k", 1)]] * count, pa.map_(pa.string(), pa.int32()))
    return pa.table(columns)


def descending(table, rows):
    """TABLE with each ROWS of it in the order of s.x, nulls at the end."""
    pieces = [table.slice(start, rows) for start in range(0, table.num_rows, rows)]
    keys = [pc.struct_field(piece["s"], "x") for piece in pieces]
    places = [pc.sort_indices(key, sort_keys=[("x", "descending")]) for key in keys]
    return pa.concat_tables(piece.take(order) for piece, order in zip(pieces, places))


def fitted(value, kind):
    """VALUE with nulls for what KIND has more."""
    if value is None:
        return None
    if pa.types.is_struct(kind):
        return {field.name: fitted(value.get(field.name), field.type) for field in kind}
    if pa.types.is_list(kind):
        return [fitted(element, kind.value_type) for element in value]
    return value


def assert_united(path, tables):
    united = pq.read_table(path)
    names = list(dict.fromkeys(name for table in tables for name in table.column_names))
    assert united.column_names == names
    for name in names:
        kind = united.schema.field(name).type
        wanted = []
        for table in tables:
            there = table[name].to_pylist() if name in table.column_names else [None] * table.num_rows
            wanted += [fitted(value, kind) for value in there]
        assert united[name].to_pylist() == wanted, name
    return united


def test_what_a_file_lacks_is_null(nest, tmp_path):
    chance = random.Random(7)
    tables = {"old": nested(1500, chance, OLD), "new": nested(1200, chance, NEW), "none": nested(0, chance, OLD)}
    tables["new"] = descending(tables["new"], 700)
    # Pages end within row groups, and hold rows of many entries.
    how = {"row_group_size": 700, "data_page_size": 300, "write_batch_size": 50, "write_page_index": True}
    files = {
        "old": written(tmp_path / "old", tables["old"], data_page_version="2.0", **how),
        "new": written(tmp_path / "new", tables["new"], sorting_columns=[pq.SortingColumn(2, True)], **how),
        "none": written(tmp_path / "none", tables["none"]),
    }
    for order in (["old", "new", "none"], ["none", "new", "old"]):
        path = tmp_path / "all"
        fine(nest.run("parquet-merge", "--schema", "union", "-o", path, *(files[name] for name in order)))
        fine(nest.run("parquet-merge", "--check", path))
        united = assert_united(path, [tables[name] for name in order])
        assert sum(indexed_pages(nest, path)) > 100
        sql = f"select count(*), count(new), count(s) from read_parquet('{path}')"
        assert duckdb.sql(sql).fetchall() == [(2700, 1200, 2700 - united["s"].null_count)]
        assert pl.read_parquet(path)["new"].null_count() == 1500
        # Columns have other numbers now, and so do those that rows are sorted by.
        metadata = pq.read_metadata(path)
        names = [metadata.schema.column(i).path for i in range(metadata.num_columns)]
        groups = map(metadata.row_group, range(metadata.num_row_groups))
        sorted_by = {names[column.column_index] for group in groups for column in group.sorting_columns or ()}
        assert sorted_by == {"s.x"}
        # What says more of the first file's columns is not true of all.
        assert (b"ARROW:schema" in (metadata.metadata or {})) is False
        for group in (group for group in footer_of(path.read_bytes())[4] if group[3] > 0):
            assert group[2] == sum(chunk[3][6] for chunk in group[1])
            assert group[6] == sum(chunk[3][7] for chunk in group[1])
    # Where no column has a page index, those that are made have none.
    plain = written(tmp_path / "plain", tables["old"])
    fine(nest.run("parquet-merge", "--schema", "union", "-o", path, plain, files["new"]))
    assert [{4, 6} & set(chunk) for chunk in footer_of(path.read_bytes())[4][0][1]] == [set()] * 14
    # The first file has all columns: nothing of its footer changes but for row groups.
    fine(nest.run("parquet-merge", "--schema", "union", "-o", path, files["new"], files["old"]))
    first, all_ = footer_of(files["new"].read_bytes()), footer_of(path.read_bytes())
    assert {**all_, 3: first[3], 4: first[4]} == first


def test_columns_in_another_order(nest, tmp_path):
    """A row group begins with its first chunk, whichever column that is of."""
    table = pa.table({"x": [1, 2], "y": ["a", "b"]})
    a, b = written(tmp_path / "a", table), written(tmp_path / "b", table.select(["y", "x"]))
    fine(nest.run("parquet-merge", "--schema", "union", "-o", tmp_path / "all", a, b))
    assert pq.read_table(tmp_path / "all").equals(pa.concat_tables([table] * 2))
    for number, group in enumerate(footer_of((tmp_path / "all").read_bytes())[4]):
        starts = [min(chunk[3][9], chunk[3].get(11, chunk[3][9])) for chunk in group[1]]
        assert starts == sorted(starts, reverse=number == 1) and group[5] == min(starts)


def test_what_says_more_of_columns(nest, tmp_path):
    """It stays where a union has the columns that it is about, and goes where it has others."""
    more = {key: b"{}" for key in (b"pandas", b"org.apache.spark.sql.parquet.row.metadata", b"parquet.avro.schema",
                                   b"avro.schema", b"iceberg.schema")}  # fmt: skip
    table = numbers(0, 5).replace_schema_metadata(more | {b"mine": b"kept"})
    a, b = written(tmp_path / "a", table), written(tmp_path / "b", table)
    c = written(tmp_path / "c", pa.table({"b": [1]}))
    fine(nest.run("parquet-merge", "--schema", "union", "-o", tmp_path / "all", a, b))
    assert set(pq.read_metadata(tmp_path / "all").metadata) == {*more, b"mine", b"ARROW:schema"}
    fine(nest.run("parquet-merge", "--schema", "union", "-o", tmp_path / "all", a, c))
    assert pq.read_metadata(tmp_path / "all").metadata == {b"mine": b"kept"}
    before, behind = footer_of(a.read_bytes()), footer_of((tmp_path / "all").read_bytes())
    assert before.keys() == behind.keys() and behind[6] == before[6] and behind[7] == before[7] * 2


def test_a_directory_of_one_schema(nest, tmp_path):
    chance = random.Random(8)
    tables = [nested(50, chance, OLD), nested(40, chance, NEW), nested(30, chance, OLD)]
    files = [written(tmp_path / f"{number}", table, write_page_index=True) for number, table in enumerate(tables)]
    out = tmp_path / "out"
    fine(nest.run("parquet-merge", "--schema", "union", "--metadata", out, *files))
    fine(nest.run("parquet-merge", "--check", out))
    united = assert_united(out, tables)
    assert sum(sum(indexed_pages(nest, part)) for part in parts_of(out)) == 3 * 14
    # All parts have all columns, in one order; and the footers of all are one.
    assert len({pq.read_schema(part).remove_metadata() for part in parts_of(out)}) == 1
    dataset = pa.dataset.parquet_dataset(out / "_metadata")
    assert dataset.to_table().equals(united) and dataset.count_rows() == 120
    ids = dataset.to_table(filter=pa.dataset.field("new") == "z")["id"].to_pylist()
    assert ids == list(range(40))
    common = pq.read_metadata(out / "_common_metadata")
    assert (common.num_rows, common.num_row_groups) == (0, 0)
    assert common.schema.to_arrow_schema().names == united.column_names
    whole = pq.read_metadata(out / "_metadata")
    assert [whole.row_group(i).column(0).file_path for i in range(3)] == [part.name for part in parts_of(out)]
    for number, part in enumerate(parts_of(out)):
        there, told = footer_of(part.read_bytes())[4][0], footer_of((out / "_metadata").read_bytes())[4][number]
        for chunk in told[1]:
            assert chunk.pop(1) == part.name.encode()
        assert {**told, 7: 0} == {**there, 7: 0}
    # Of files that stay as they are, too.
    fine(nest.run("parquet-merge", "--force", "--metadata", out, files[0], files[2]))
    dataset = pa.dataset.parquet_dataset(out / "_metadata")
    assert dataset.to_table().equals(pa.concat_tables([tables[0], tables[2]]))


def test_conflicts_are_named(nest, tmp_path):
    a = written(tmp_path / "a", pa.table({"x": [1], "y": ["t"]}))
    b = written(tmp_path / "b", pa.table({"x": [1.5], "y": [b"t"]}))
    c = written(tmp_path / "c", pa.table({"x": pa.array([1], pa.int32())}))
    result = nest.run("parquet-merge", "--schema", "union", tmp_path / "out", a, b, c)
    assert result.status == 1
    assert result.err.replace(f"{tmp_path}/", "").splitlines() == [
        "parquet-merge: warning: b: field x is optional double x, but optional int64 x in a",
        "parquet-merge: warning: b: field y is optional binary y, but optional binary y (STRING) in a",
        "parquet-merge: warning: c: field x is optional int32 x, but optional int64 x in a",
        "parquet-merge: fatal: the schemas cannot be united: 3 conflicts are told above",
    ]
    assert sorted(os.listdir(tmp_path)) == ["a", "b", "c"]


# ---- refusals, and what they leave ----


def test_wrong_usage(nest, tmp_path):
    a, out = written(tmp_path / "a", numbers(0, 5)), tmp_path / "out"

    def refused(pattern, *arguments, stdin=b""):
        nest.run("parquet-merge", *arguments, stdin=stdin).fatal(2, pattern)
        assert os.listdir(tmp_path) == ["a"]

    refused("^--from is given, and files: a dataset is made of frames or of files$", "--from", "-", out, a)
    refused("^--files-from is given with what takes no files: ", "--staged", "--files-from", "-", out)
    refused("^--null is given, but not --files-from$", "-0", out, a)
    refused("^--schema is given, but there are no files to make something of$", "--schema", "union", out)
    refused("^--schema is given, but", "--schema", "union", "--check", a)
    refused("^--metadata goes with a dataset directory made of files$", "--metadata", "-o", out, a)
    refused("^--metadata goes with a dataset directory made of files$", "--metadata", out)
    refused("^say which files to make one of$", "--files-from", "-", out)
    refused("^say which files to make one of$", "--files-from", "-", "-o", out)
    refused("^say which files or directories to check$", "--files-from", "-", "--check")
    refused("^the list of files - has a zero byte in it; give --null", "--files-from", "-", out, stdin=b"a\0")
    refused("^.*/a is a file; the dataset is to be a directory$", a, a)
    refused("^one dataset directory is wanted", "--missing", out, a)
    nest.run("parquet-merge", "--files-from", out, out).fatal(3, "^unable to open the list of files .*/out: ")
    nest.run("parquet-merge", "--files-from", tmp_path, out).fatal(3, "^unable to read the list of files ")


@pytest.mark.sanitize
def test_nothing_is_published_of_what_is_not_sound(nest, tmp_path):
    a = written(tmp_path / "a", numbers(0, 1000))
    bad = tmp_path / "bad"
    bad.write_bytes(a.read_bytes()[:-1])
    out = tmp_path / "deep" / "out"
    nest.run("parquet-merge", out, a, bad).fatal(1, "bad is no Parquet file")
    nest.run("parquet-merge", out, a, tmp_path / "none").fatal(3, "^unable to open .*none: ")
    assert sorted(os.listdir(tmp_path)) == ["a", "bad"]
    # A chunk whose levels are wanted is damaged: the dataset that is there stays.
    old = written(tmp_path / "old", pa.table({"s": pa.array([{"x": 1}] * 9, pa.struct([("x", pa.int64())]))}),
                  use_dictionary=False, compression="none")
    new = written(tmp_path / "new", pa.table({"s": pa.array([{"y": 1}] * 9, pa.struct([("y", pa.int64())]))}))
    content = bytearray(old.read_bytes())
    content[6] ^= 0xFF
    bad.write_bytes(content)
    fine(nest.run("parquet-merge", tmp_path / "out", a))
    result = nest.run("parquet-merge", "--force", "--schema", "union", tmp_path / "out", new, bad)
    result.fatal(1, "^.*/bad: row group 0, column s.x: page at byte 4: ")
    assert pq.read_table(tmp_path / "out").equals(numbers(0, 1000))
    assert not [name for name in os.listdir(tmp_path) if name.startswith(".")]


def test_a_run_that_waits_is_not_disturbed(nest, tmp_path):
    """What a run has staged for the directory is another's."""
    a = written(tmp_path / "a", numbers(0, 1000))
    columns = nest.run("nest-shred", stdin=nest.run("nest-gen", "-n", 30, "--parts", 2, "contacts").out)
    nest.run("parquet-encode", "-o", tmp_path / "out", stdin=columns.out)
    staged = sorted(os.listdir(tmp_path / ".out.staging"))
    nest.run("parquet-merge", tmp_path / "out", a).fatal(3, "^.*/.out.staging holds parts of run ")
    assert [name for name in staged if name not in os.listdir(tmp_path / ".out.staging")] == []


# ---- checks ----


def damaged(path):
    """PATH, whose last page is not what its CRC-32 says."""
    content = bytearray(path.read_bytes())
    chunk = pq.read_metadata(path).row_group(0).column(0)
    content[chunk.data_page_offset + chunk.total_compressed_size - 1] ^= 1
    path.write_bytes(content)
    return path


def checked(path, count=1000, first=0):
    return written(path, numbers(first, count), compression="none", use_dictionary=False, write_page_checksum=True)


def test_the_first_fault_whoever_finds_it(nest, tmp_path):
    """However many processes look: it is that of the first file."""
    folder = tmp_path / "d"
    folder.mkdir()
    files = [checked(folder / f"{number:02}.parquet", 20_000 if number == 5 else 10) for number in range(40)]
    assert nest.run("parquet-merge", "--check", "--jobs", 7, folder, memory=None).status == 0
    for number in (39, 8, 5):
        damaged(files[number])
        for jobs in (1, 3, 256):
            result = nest.run("parquet-merge", "--check", "-j", jobs, folder, memory=None)
            result.fatal(1, f"^.*/{number:02}.parquet: row group 0, column a: page at byte 4: its CRC-32 is ")
    listed = b"".join(bytes(file) + b"\0" for file in files[6:8])
    fine(nest.run("parquet-merge", "--check", "-j", 2, "--files-from", "-", "-0", stdin=listed))


def test_a_checker_that_is_lost(nest, tmp_path):
    """A process that is killed is told of, and one whose parent is goes, too."""
    big = checked(tmp_path / "big", 3_000_000)
    command = nest.command("parquet-merge", "--check", "-j", 2, *[big] * 50)
    for target, status in (("worker", 3), ("parent", -signal.SIGKILL), ("interrupt", -signal.SIGTERM)):
        with subprocess.Popen(command, stderr=subprocess.PIPE, text=True) as process:
            children = f"/proc/{process.pid}/task/{process.pid}/children"
            until(lambda: len(pathlib.Path(children).read_text().split()) == 2)
            workers = [int(pid) for pid in pathlib.Path(children).read_text().split()]
            pid = workers[1] if target == "worker" else process.pid
            os.kill(pid, signal.SIGTERM if target == "interrupt" else signal.SIGKILL)
            _, err = process.communicate(timeout=60)
        until(lambda: not any(pathlib.Path(f"/proc/{pid}").exists() for pid in workers))
        assert process.returncode == status, err
        assert target != "worker" or err == "parquet-merge: fatal: a process that checks files was lost: killed, perhaps\n"


def until(condition):
    end = time.monotonic() + 60
    while not condition():
        assert time.monotonic() < end
        time.sleep(0.005)


def test_what_is_published_is_checked_before(nest, tmp_path):
    a, b = checked(tmp_path / "a"), damaged(checked(tmp_path / "b"))
    out = tmp_path / "out"
    result = nest.run("parquet-merge", "--verify", "-j", 2, out, a, b)
    result.fatal(1, "^.*/.out.staging/new/part-00001.parquet: row group 0, column a: page at byte 4: its CRC-32 ")
    nest.run("parquet-merge", "--verify", "-o", out, a, b).fatal(1, "^.*/out: row group 1, column a: page at ")
    assert sorted(os.listdir(tmp_path)) == ["a", "b"]
    fine(nest.run("parquet-merge", "--verify", out, a, a))
    fine(nest.run("parquet-merge", "--verify", "-o", tmp_path / "all", a, a))
    assert pq.read_table(tmp_path / "all").equals(pq.read_table(out))


def test_parts_are_checked_before(nest, tmp_path):
    """With sound frames, digests and footers: a page of a part whose bounds are not those that are told."""
    columns = nest.run("nest-shred", stdin=nest.run("nest-gen", "-n", 300, "--parts", 2, "contacts").out)
    staged = nest.run("parquet-encode", "-o", tmp_path / "out", stdin=columns.out)
    fine(nest.run("parquet-merge", "--verify", "-j", 2, tmp_path / "out", stdin=staged.out))
    assert pq.read_table(tmp_path / "out").num_rows == 300
    nest.run("parquet-merge", "--verify", "--sweep", tmp_path / "out").fatal(2, "^--verify is given, but nothing is to be published$")
    nest.run("parquet-merge", "--jobs", 2, tmp_path / "out").fatal(2, "^--jobs goes with --check and --verify$")


@pytest.mark.parametrize("form", ["file", "directory"])
def test_a_full_disk(nest, tmp_path, form):
    a = written(tmp_path / "a", numbers(0, 100_000), compression="none", use_dictionary=False)
    command = [nest.folder / "parquet-merge"] + (["-o"] if form == "file" else []) + [tmp_path / "out", a, a]
    limit = a.stat().st_size // 2
    result = subprocess.run(
        list(map(str, command)), capture_output=True, text=True,
        preexec_fn=lambda: resource.setrlimit(resource.RLIMIT_FSIZE, (limit, limit)),
    )
    assert result.returncode == 3 and "unable to write" in result.stderr
    assert os.listdir(tmp_path) == ["a"]


@pytest.mark.parametrize("options", [[], ["--row-group-rows", 1 << 20]])
@pytest.mark.parametrize("told", ["group", "columns"])
def test_nulls_are_as_many_as_there_are_rows(nest, tmp_path, options, told):
    """A row group that tells of 2^40 rows, in its own number alone or in its columns' numbers, too."""
    few, many = b"\xfe\x7f", b"\x80\x80\x80\x80\x80\x40"
    content = content_of(pa.table({"a": pa.array([1] * 8191, pa.int8())}), store_schema=False)
    size = int.from_bytes(content[-8:-4], "little")
    footer = content[-8 - size : -8]
    if told == "columns":
        assert footer.count(b"\x16" + few) == 3
        footer = footer.replace(b"\x16" + few, b"\x16" + many)
    else:
        # Behind total_byte_size, which is the second of a RowGroup's fields.
        head, behind = footer.rsplit(b"\x16" + few, 1)
        footer = head + b"\x16" + many + behind
    (tmp_path / "a").write_bytes(content[: -8 - size] + footer + len(footer).to_bytes(4, "little") + b"PAR1")
    written(tmp_path / "b", pa.table({"a": pa.array([1], pa.int8()), "b": [1]}))
    result = nest.run("parquet-merge", "-o", "all", "--schema", "union", *options, "a", "b", cwd=tmp_path)
    result.fatal(1, "^a: row group 0, column a: " + {
        "group": "it has 8191 entries, and its row group 1099511627776 rows$",
        "columns": "the chunk ends at byte .*, and 1099511619585 of its entries have not come$",
    }[told])
    assert sorted(os.listdir(tmp_path)) == ["a", "b"]
