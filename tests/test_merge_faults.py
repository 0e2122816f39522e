"""parquet-merge of files, of which a call fails, or that is killed: nothing is ever half there."""

import errno
import os
import random
import subprocess

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from test_merge_files import NEW, OLD, nested, numbers, written

FORMS = {
    "file": ["-o", "out/all", "--schema", "union", "--row-group-rows", "50", "--compression", "snappy", "a", "b", "a"],
    "directory": ["--force", "--schema", "union", "--metadata", "out/all", "a", "b", "a"],
}
# Of calls that come often some are tried.
SOME = [1, 2, 5, 13, 34]
FAILURES = [("fdatasync", "KILL"), ("renameat", "KILL"), ("exchange", "KILL"), ("exchange", errno.EIO)]
FAILURES += [(call, errno.EIO) for call in ("openat", "mkdirat", "renameat", "fsync", "fdatasync", "fstat", "pread")]
FAILURES += [("write", errno.ENOSPC), ("write", "KILL")]
OFTEN = {"openat", "fstat", "pread", "write"}


def run_with(nest, library, place, arguments, plan):
    """The result of one run, and whether the call was made that is to fail."""
    if nest.sanitized:
        pytest.skip("a sanitizer cannot be preloaded into")
    mark = place / "mark"
    mark.unlink(missing_ok=True)
    environment = os.environ | {"LD_PRELOAD": str(library), "NEST_FAIL": plan, "NEST_FAIL_MARK": str(mark)}
    command = nest.command("parquet-merge", *arguments)
    done = subprocess.run(command, env=environment, cwd=place, capture_output=True, text=True, timeout=60)
    return done, mark.exists()


@pytest.fixture
def place(tmp_path):
    chance = random.Random(4)
    for name, kind in (("a", OLD), ("b", NEW)):
        written(tmp_path / name, nested(20, chance, kind), write_page_index=True)
    (tmp_path / "out").mkdir()
    return tmp_path


@pytest.mark.parametrize("form", FORMS)
def test_a_call_fails_or_is_the_last(nest, library, place, form):
    out, met = place / "out" / "all", set()

    def put_old():
        if form == "file":
            written(out, numbers(0, 7))
        else:
            assert nest.run("parquet-merge", "--force", out, written(place / "old", numbers(0, 7))).status == 0

    put_old()
    for call, what in FAILURES:
        for number in SOME if call in OFTEN else range(1, 20):
            plan = f"{call}:{number}:{what}"
            done, happened = run_with(nest, library, place, FORMS[form], plan)
            if not happened:
                break
            met.add(call)
            # What is tried twice, or is not needed, may fail.
            assert done.returncode in (0, 3, -9), (plan, done.stderr)
            assert done.returncode != 3 or done.stderr.startswith("parquet-merge: fatal: "), (plan, done.stderr)
            if form == "directory":
                assert nest.run("parquet-merge", "--sweep", out).status == 0, plan
            rows = pq.read_table(out).num_rows
            assert rows in (7, 60) and (done.returncode != 0 or rows == 60), (plan, done.stderr)
            # Who is killed between two names of a new file leaves one of them.
            left = set(os.listdir(place / "out")) - {"all"}
            assert left == set() or (what == "KILL" and call == "renameat" and len(left) == 1), (plan, left)
            for name in left:
                (place / "out" / name).unlink()
            if rows == 60:
                put_old()
    assert met >= {"fstat", "pread", "write", "renameat", "fdatasync" if form == "file" else "exchange"}


@pytest.mark.parametrize("form", FORMS)
def test_what_the_kernel_does_not_copy_the_program_does(nest, library, place, form):
    """Without compression, whatever it is that hinders it, and from wherever it stops."""
    command = [word for word in FORMS[form] if word not in ("--compression", "snappy", "--row-group-rows", "50")]
    assert nest.run("parquet-merge", *command, cwd=place).status == 0
    wanted = pq.read_table(place / "out" / "all")
    for plan in (f"copy_file_range:1+:{errno.EXDEV}", f"copy_file_range:2:{errno.EIO}"):
        done, _ = run_with(nest, library, place, command, plan)
        assert (done.returncode, done.stderr) == (0, ""), plan
        assert pq.read_table(place / "out" / "all").equals(wanted)


def test_memory_that_runs_out(nest, library, place):
    pq.write_table(pa.table({"a": [[1]], "s": [{"x": 1}]}), place / "a")
    pq.write_table(pa.table({"s": [{"y": "t"}, None]}), place / "b", row_group_size=1)
    tried = 0
    # libsnappy is C++ and ends the program where it gets no memory.
    command = ["zstd" if word == "snappy" else word for word in FORMS["file"]]
    # Those at the start are of libraries, which do without.
    for number in range(1, 2000, 9):
        done, happened = run_with(nest, library, place, command, f"malloc:{number}:{errno.ENOMEM}")
        if not happened:
            break
        tried += 1
        assert done.returncode in (0, 3, 127), (number, done)
        assert os.listdir(place / "out") == ([] if done.returncode else ["all"]), number
        (place / "out" / "all").unlink(missing_ok=True)
    assert tried > 10


def test_memory_that_runs_out_while_a_file_is_checked(nest, library, place):
    texts = [f"{number:04}" for number in range(400)]
    table = pa.table({"i": list(range(400)), "s": texts, "l": [[text] for text in texts]})
    columns = [pq.SortingColumn(0), pq.SortingColumn(1)]
    how = {"sorting_columns": columns, "write_page_index": True, "bloom_filter_options": {"s": True}}
    pq.write_table(table, place / "a", data_page_size=100, write_batch_size=50, **how)
    failed = 0
    for number in range(1, 2000, 3):
        done, happened = run_with(nest, library, place, ["--check", "a"], f"malloc:{number}:{errno.ENOMEM}")
        if not happened:
            break
        assert done.returncode in (0, 3, 127), (number, done)
        failed += done.returncode == 3
    assert failed > 5


def test_a_read_that_is_interrupted_is_made_again(nest, library, place):
    for number in (1, 3, 6):
        done, happened = run_with(nest, library, place, ["--check", "a"], f"pread:{number}:{errno.EINTR}")
        assert happened and (done.returncode, done.stderr) == (0, "")


def test_a_file_that_cannot_be_read_is_named_once(nest, library, place):
    for number in range(1, 9):
        done, happened = run_with(nest, library, place, ["--check", "a"], f"pread:{number}:{errno.EIO}")
        assert happened
        assert (done.returncode, done.stderr) == (3, "parquet-merge: fatal: unable to read a: Input/output error\n")
