"""Calls of the environment that fail, one by one: a dataset is the old one or the new one."""

import errno
import gzip
import json
import os
import pathlib
import random
import re
import shlex
import subprocess

import msgpack
import pyarrow
import pytest

from nestlib import STAGES, finish, open_files, snapshot, staging, start_pipeline, start_stage, wait_until

ROWS, GEN = 300, ["--parts", 3]
OLD, NEW = 1, 2


@pytest.fixture
def versions(nest, tmp_path):
    """The digests of the old dataset and of the new one."""
    made = {}
    for seed in (OLD, NEW):
        out = nest.pipeline(tmp_path / f"version.{seed}", rows=ROWS, gen=[*GEN, "--seed", seed])
        made[seed] = snapshot(out)
    return made


@pytest.fixture
def out(nest, tmp_path):
    (tmp_path / "data").mkdir()
    return nest.pipeline(tmp_path / "data" / "out", rows=ROWS, gen=[*GEN, "--seed", OLD])


@pytest.fixture
def attempt(nest, library, tmp_path, out, started):
    """Makes the new dataset while a call of PROGRAM fails; the results, and whether it came to that."""
    if nest.sanitized:
        pytest.skip("a sanitizer cannot be preloaded into")

    def attempt(program, plan):
        mark = tmp_path / "mark"
        mark.unlink(missing_ok=True)
        settings = [f"LD_PRELOAD={library}", f"NEST_FAIL={plan}", f"NEST_FAIL_MARK={mark}"]
        options = {"rows": ROWS, "gen": [*GEN, "--seed", NEW], "merge": ["--force"], "started": started}
        wrap = {program: lambda command: ["env", *settings, *command]}
        return finish(start_pipeline(nest, out, wrap=wrap, **options)), mark.exists()

    return attempt


@pytest.fixture
def check(nest, out, versions):
    """Judges what an attempt has left, and makes it the old dataset again."""

    def check(results, plan):
        words = f"{plan}: " + "".join(result.err for result in results)
        # Only who is killed leaves something to the next one.
        assert results[-1].status == -9 or snapshot(out) in versions.values(), words
        swept = nest.run("parquet-merge", "--sweep", out)
        assert swept.status == 0, words + swept.err
        is_new = snapshot(out) == versions[NEW]
        assert is_new or snapshot(out) == versions[OLD], words
        if all(result.status == 0 for result in results):
            assert is_new, words
        if is_new and results[-1].status > 0:
            assert "is published, but" in words, words
        for result in results:
            assert result.status in (0, 3, -9), words
            assert result.status <= 0 or f"{result.program}: fatal: " in result.err, words
        assert os.listdir(out.parent) == ["out"], words
        if is_new:
            nest.pipeline(out, rows=ROWS, gen=[*GEN, "--seed", OLD], merge=["--force"])

    return check


def each_call(call, error, attempt, check, program, limit=200):
    """Lets the first call fail, then the second, until there are no more."""
    for number in range(1, limit):
        plan = f"{call}:{number}:{error}"
        results, happened = attempt(program, plan)
        check(results, plan)
        if not happened:
            return number - 1
    raise AssertionError(f"{call} was called {limit} times")


MERGE_CALLS = ["openat", "mkdirat", "linkat", "renameat", "fsync", "fstat", "fstatat", "unlinkat", "pread"]
ENCODE_CALLS = ["openat", "mkdirat", "linkat", "fsync", "fdatasync", "write", "writev", "fstat", "fstatat"]
# A file system that knows no files without a name.
NAMED = f"tmpfile:1+:{errno.EOPNOTSUPP},"


@pytest.mark.parametrize("call", MERGE_CALLS)
def test_a_call_of_the_merger_fails(attempt, check, call):
    assert each_call(call, errno.EIO, attempt, check, "parquet-merge") > 0


@pytest.mark.parametrize("call", ENCODE_CALLS)
def test_a_call_of_the_encoder_fails(attempt, check, call):
    assert each_call(call, errno.ENOSPC, attempt, check, "parquet-encode") > 0


@pytest.mark.parametrize("call", ["openat", "renameat2", "writev", "fstat", "fstatat"])
def test_a_call_of_the_encoder_fails_where_files_have_names(attempt, check, call):
    assert each_call(f"{NAMED}{call}", errno.ENOSPC, attempt, check, "parquet-encode") > 0


def test_a_file_that_cannot_be_without_a_name_has_one(attempt, check):
    assert each_call("tmpfile", errno.EOPNOTSUPP, attempt, check, "parquet-encode") == 3


@pytest.fixture
def halfway(nest, tmp_path, started):
    """Starts an encoder in the environment PLAN, which waits for the second half of one part; and that half."""

    def halfway(plan):
        columns = nest.run("nest-shred", stdin=nest.run("nest-gen", "-n", 20000, "--batch", 500, "contacts").out).out
        command = nest.command("parquet-encode", "--row-group-rows", 1000, "-o", tmp_path / "out")
        options = {"stdin": subprocess.PIPE, "stdout": subprocess.PIPE, "env": os.environ | plan}
        encode = start_stage("parquet-encode", command, started, **options)
        size = len(columns) // 2
        encode.process.stdin.write(columns[:size])
        encode.process.stdin.flush()
        return encode, columns[size:]

    return halfway


def test_a_part_that_is_cut_while_it_is_written(nest, library, halfway, tmp_path):
    if nest.sanitized:
        pytest.skip("a sanitizer cannot be preloaded into")
    encode, rest = halfway({"LD_PRELOAD": str(library), "NEST_FAIL": NAMED})
    found = lambda: [path for path in staging(tmp_path / "out").glob(".part-*") if path.stat().st_size > 0]
    wait_until(found, "an attempt")
    os.truncate(found()[0], 1)
    encode.process.stdin.write(rest)
    encode.process.stdin.close()
    finish([encode])[0].fatal(3, r"/\.part-00000\.\w+\.tmp was changed by somebody else while it was written$")
    assert not list(tmp_path.glob(".out.staging/*part*"))


def test_nobody_gets_at_a_part_that_is_written(halfway, tmp_path):
    try:
        os.close(os.open(tmp_path, os.O_TMPFILE | os.O_WRONLY))
    except OSError as error:
        pytest.skip(f"this file system knows no files without a name: {error.strerror}")
    encode, rest = halfway({})

    def has_written(descriptor, name):
        try:
            return "(deleted)" in name and descriptor.stat().st_size > 0
        except FileNotFoundError:  # closed meanwhile
            return False

    wait_until(lambda: any(has_written(*file) for file in open_files(encode.process).items()), "an attempt")
    assert not list(tmp_path.glob(".out.staging/*part*"))
    encode.process.stdin.write(rest)
    encode.process.stdin.close()
    assert finish([encode])[0].status == 0
    assert len(list(tmp_path.glob(".out.staging/part-00000-*"))) == 1


# ---- a file system that cannot exchange two directories ----


TWO_STEPS = f"exchange:1+:{errno.EINVAL},"


@pytest.mark.parametrize("error", [errno.EIO, "KILL"])
def test_two_steps_that_fail(attempt, check, error):
    """The second gone wrong, what was there is put back; killed between them, by the next one that comes."""
    for number in range(1, 20):
        plan = f"{TWO_STEPS}renameat:{number}:{error}"
        results, happened = attempt("parquet-merge", plan)
        check(results, plan)
        if not happened:
            break
    assert number >= 4


def test_two_steps(attempt, versions, out):
    results, _ = attempt("parquet-merge", TWO_STEPS)
    assert [(result.status, result.err) for result in results] == [(0, "")] * 4
    assert snapshot(out) == versions[NEW] and os.listdir(out.parent) == ["out"]


def test_what_was_replaced_is_in_the_way(attempt, versions, out):
    """It may be all that is left of something: nobody removes it."""
    replaced = out.parent / ".out.replaced"
    replaced.mkdir()
    (replaced / "kept").write_text("mine")
    results, _ = attempt("parquet-merge", TWO_STEPS)
    results[-1].fatal(3, r"/\.out\.replaced holds what an interrupted run was replacing; move it away; 3 of 3 ")
    assert snapshot(out) == versions[OLD]
    assert (replaced / "kept").read_text() == "mine"


# ---- a file system without links ----


@pytest.mark.parametrize("plan", [NAMED, f"{NAMED}linkat:1+:{errno.EPERM}", f"{NAMED}renameat2:1+:{errno.EINVAL}"])
@pytest.mark.parametrize("program", ["parquet-encode", "parquet-merge"])
def test_a_file_system_that_knows_less(attempt, check, program, plan):
    results, _ = attempt(program, plan)
    assert [(result.status, result.err) for result in results] == [(0, "")] * 4
    check(results, plan)


def test_a_file_system_that_knows_neither(attempt, check):
    plan = f"{NAMED}linkat:1+:{errno.EPERM},renameat2:1+:{errno.EINVAL}"
    results, _ = attempt("parquet-encode", plan)
    assert [result.status for result in results] == [0] * 4
    check(results, plan)


# ---- killed at any call ----


@pytest.mark.parametrize(
    "program, calls",
    [
        ("parquet-merge", ["openat", "linkat", "fsync", "fstatat", "unlinkat"]),
        ("parquet-encode", ["openat", "writev", "fdatasync", "linkat", f"{NAMED}writev", f"{NAMED}renameat2"]),
    ],
)
def test_killed_at_any_call(attempt, check, program, calls):
    for call in calls:
        assert each_call(call, "KILL", attempt, check, program) > 0


# ---- memory ----


@pytest.mark.parametrize("program", STAGES)
def test_memory_runs_out(attempt, check, program):
    """At each of the first allocations, and then at some by chance."""
    number, chance = 0, random.Random(program)
    while True:
        number += 1 if number < 40 else chance.randrange(1, 30)
        plan = f"malloc:{number}:{errno.ENOMEM}"
        results, happened = attempt(program, plan)
        check(results, plan)
        if not happened:
            break
    assert number > 8


# Long enough for buffers to grow.
RECORDS = [
    {
        "n": i,
        "when": f"2026-11-{i % 28 + 1:02}T00:00:00Z",
        "price": f"{i}.50",
        "tags": [["a", None], [], None][i % 3],
        "by": {f"key{j}": j for j in range(i % 7)},
        "text": "\u20ac\n\"" * (i % 50),
        "odd": ["text", i, {"deep": ["\t", i]}][i % 3],
        "more": {"x\n": [i, "y\u0001"]},
    }
    for i in range(300)
]
SCHEMA = """message m { optional int64 n; optional int64 when (TIMESTAMP(MICROS,true)); optional int32 price (DECIMAL(9,2));
optional group tags (LIST) { repeated group list { optional binary element (STRING); } }
optional group by (MAP) { repeated group key_value { required binary key (STRING); optional int64 value; } }
optional binary text (STRING); optional binary odd (JSON); optional binary rest (JSON); }"""


def outcomes_without_memory(nest, library, tmp_path, program, *arguments, stdin=b""):
    """What comes when nothing fails, and each time that one allocation has failed."""
    if nest.sanitized:
        pytest.skip("a sanitizer cannot be preloaded into")
    mark = tmp_path / "mark"

    def run(number):
        plan = {"NEST_FAIL": f"malloc:{number}:{errno.ENOMEM}", "NEST_FAIL_MARK": str(mark)}
        # With no other program before it, which would fail in its place.
        environment = os.environ | plan | {"LD_PRELOAD": str(library)}
        result = nest.run(program, *arguments, memory=None, stdin=stdin, env=environment)
        happened = mark.exists()
        mark.unlink(missing_ok=True)
        return result, happened

    whole, _ = run(0)
    assert whole.status == 0, whole.err
    for number in range(1, 2000):
        result, happened = run(number)
        if not happened:
            break
        yield whole, result
    assert number > 8 and result.out == whole.out


def check_without_memory(outcomes):
    """All of the output, or the beginning of it and the sentence that says so."""
    for whole, result in outcomes:
        assert whole.out.startswith(result.out)
        if result.status != 0 or result.out != whole.out:
            warnings, _, last = result.err[:-1].rpartition("\n")
            assert (result.status, ": fatal: " in warnings) == (3, False), result.err
            assert re.match(rf"{result.program}: fatal: .*(unable to|memory)", last), result.err


def test_memory_runs_out_for_lines(nest, library, tmp_path):
    options = ["-n", ROWS, "--batch", 50, "--format", "jsonl", "contacts"]
    check_without_memory(outcomes_without_memory(nest, library, tmp_path, "nest-gen", *options))


def test_memory_runs_out_for_values(printer, nest, library, tmp_path):
    """Within a value that grows the text, too, it is said to be that and no fault of the row's."""
    schema = tmp_path / "schema"
    kinds = ["(STRING)", "(JSON)", ""]
    fields = " ".join(f"required binary {letter} {kind};" for letter, kind in zip("abc", kinds))
    schema.write_text(f"message m {{ {fields} repeated int32 d; }}")
    rows = [["\n" * size, "1" * 20 * size, bytes(90 * size), [size] * size] for size in (500, 9000)]
    body = b"".join(map(msgpack.packb, rows))
    for whole, result in outcomes_without_memory(nest, library, tmp_path, printer, schema, stdin=body):
        # Without memory the C library opens no file, of which nothing is said.
        assert (result.status, result.err) in ((0, ""), (3, "")) or "unable to allocate" in result.err, result.err
        assert result.out == (b"" if result.status else whole.out)


@pytest.mark.parametrize("options", [["--schema", "schema", "--unknown", "keep=rest"], [], ["--print-schema"]])
@pytest.mark.parametrize("name", ["records.jsonl", "records.msgpack", "records.gz", "records.zst"])
def test_memory_runs_out_for_records(nest, library, tmp_path, monkeypatch, name, options):
    monkeypatch.chdir(tmp_path)
    lines = "".join(json.dumps(record) + "\n" for record in RECORDS).encode()
    contents = {
        "records.jsonl": lines,
        "records.msgpack": b"".join(map(msgpack.packb, RECORDS)),
        "records.gz": gzip.compress(lines),
        "records.zst": pyarrow.compress(lines, "zstd", asbytes=True),
    }
    pathlib.Path(name).write_bytes(contents[name])
    pathlib.Path("schema").write_text(SCHEMA)
    if not options:
        options = ["--infer-dates", "--infer-maps", 5, "--infer-rows", "all", "--parts", 3]
    options = [*options, "--name", "shred"]
    check_without_memory(outcomes_without_memory(nest, library, tmp_path, "nest-shred", *options, name))
