"""A run has an identity: what decides the bytes of its files, and nothing else, makes another one."""

import itertools
import os
import re
import shutil
import subprocess

import msgpack
import pytest

from nestlib import LONG_S, ONE_INT, end_frame, parts, read_frames, rows_frame, rows_stream, run_of

# What every stage may be told without making other files.
SILENT = {"help", "version", "from", "senders", "bound", "to", "wire-codec", "wire-memory", "name", "timeout"}
SILENT |= {"stats", "verbose"}


def options_of(nest, program):
    text = nest.run(program, "--help").out.decode()
    return set(re.findall(r"^ +(?:-\w,)? *--([\w-]+)", text, re.M)) - SILENT


def names_in(*tables):
    options = {str(word) for table in tables for row in table for word in row if str(word).startswith("--")}
    return {option.removeprefix("--") for option in options} - SILENT


def check_all_differ(runs):
    assert None not in runs
    assert len(set(runs)) == len(runs)


# ---- rows ----

OTHER_ROWS = [
    ["--rows", 2001],
    ["--first-row", 1],
    ["--seed", 43],
    ["--parts", 3],
    ["--first-row", 43, "--seed", 1],
    ["--first-row", 1, "--seed", 43],
]
SAME_ROWS = [
    ["--share", "1/2"],
    ["--share", "0/3"],
    ["--only-parts", "1,3"],
    ["--side-by-side", 2],
    ["--batch", 100],
    ["--wire-codec", "zstd"],
    ["--name", "other"],
    ["--seed", 42],
    ["--table", "contact"],
]


# Options that make no rows.
NO_ROWS = {"like", "keep-values", "infer-dates", "infer-maps"}


def rows_of(nest, *options):
    options = {"--rows": 2000, "--parts": 4} | dict(zip(options[::2], options[1::2]))
    result = nest.run("nest-gen", *(word for pair in options.items() for word in pair), "contacts")
    assert (result.status, result.err) == (0, "")
    return result.out


@pytest.mark.sanitize
def test_what_decides_rows_makes_another_run(nest):
    check_all_differ([run_of(rows_of(nest, *options)) for options in [[], *OTHER_ROWS]])


@pytest.mark.sanitize
@pytest.mark.parametrize("options", SAME_ROWS)
def test_who_makes_rows_and_how_does_not_show(nest, options):
    assert run_of(rows_of(nest, *options)) == run_of(rows_of(nest))


def test_no_option_of_the_generator_was_forgotten(nest):
    # Contacts have no lets to set; test_tables.py has recipes with some.
    assert options_of(nest, "nest-gen") == names_in(OTHER_ROWS, SAME_ROWS) | NO_ROWS | {"format", "binary", "check", "set"}


# ---- rows to columns ----


@pytest.mark.sanitize
def test_rows_keep_their_run_as_columns(nest):
    rows = rows_of(nest)
    for options in ([], ["--batch", 10], ["--wire-codec", "zstd"]):
        assert run_of(nest.run("nest-shred", *options, stdin=rows).out) == run_of(rows)


@pytest.mark.sanitize
def test_a_run_without_a_name_stays_without(nest, tmp_path):
    columns = nest.run("nest-shred", stdin=rows_stream(ONE_INT, [[1]])).out
    assert run_of(columns) is None
    assert run_of(nest.run("parquet-encode", "-o", tmp_path / "out", stdin=columns).out) is None
    # So says one that is all zeros.
    assert run_of(nest.run("nest-shred", stdin=rows_stream(ONE_INT, [[1]], run=bytes(16))).out) is None


# ---- records ----

RECORDS = b"".join(b'{"a":%d,"d":"2020-01-%02d","m":{"x":1,"y":2,"z":3}}\n' % (i, i % 28 + 1) for i in range(500))
RECORDS += b'{"a":0.5}\n'
SCHEMA = "message m { optional int64 a; optional binary rest (JSON); optional binary more (JSON); }"

OTHER_RECORDS = [
    ["--on-error", "skip"],
    ["--unknown", "fail", "--on-error", "skip"],
    ["--unknown", "keep=rest", "--on-error", "skip"],
    ["--unknown", "keep=more", "--on-error", "skip"],
    ["--duplicates", "fail", "--on-error", "skip"],
    ["--binary", "base64", "--on-error", "skip"],
    ["--binary", "hex", "--on-error", "skip"],
    ["--non-finite", "--on-error", "skip"],
    ["--part-bytes", 5000, "--on-error", "skip"],
    ["--part-bytes", 6000, "--on-error", "skip"],
    ["--parts", 3, "--on-error", "skip"],
    ["--parts", 4, "--on-error", "skip"],
]
OTHER_INFERENCE = [[], ["--infer-rows", 100], ["--infer-dates"], ["--infer-maps", 2], ["--unknown", "ignore"]]
SAME_RECORDS = [
    ["--share", "0/2"],
    ["--only-parts", "1"],
    ["--batch", 10],
    ["--rejects", "rejects"],
    ["--wire-codec", "zstd"],
    ["--name", "other"],
    ["--format", "jsonl"],
    ["--unknown", "ignore"],
    ["--texts", "string"],
    ["--infer-rows", "all"],
]


@pytest.fixture
def folder(tmp_path):
    (tmp_path / "records").write_bytes(RECORDS)
    (tmp_path / "empty").write_bytes(b"")
    (tmp_path / "schema").write_text(SCHEMA)
    (tmp_path / "other").write_text(SCHEMA.replace("int64", "double"))
    return tmp_path


def shred(nest, folder, *arguments, schema="schema", **popen):
    given = ["--schema", schema] if schema else []
    result = nest.run("nest-shred", *given, *arguments, cwd=folder, **popen)
    assert result.status == 0, result.err
    return result.out


def run_of_records(nest, folder, *arguments, **popen):
    return run_of(shred(nest, folder, *arguments, **popen))


@pytest.mark.sanitize
def test_what_decides_columns_makes_another_run(nest, folder):
    runs = [run_of_records(nest, folder, *options, "records") for options in OTHER_RECORDS]
    runs.append(run_of_records(nest, folder, "records", schema="other"))
    runs.append(run_of_records(nest, folder, "empty"))
    runs.append(run_of_records(nest, folder, "--format", "msgpack", "empty"))
    check_all_differ(runs)


@pytest.mark.sanitize
def test_how_the_schema_is_inferred_makes_another_run(nest, folder):
    runs = []
    for options in OTHER_INFERENCE:
        runs.append(run_of_records(nest, folder, "--on-error", "skip", *options, "records", schema=None))
    check_all_differ(runs)


@pytest.mark.sanitize
@pytest.mark.parametrize("options", SAME_RECORDS)
def test_who_takes_records_apart_and_how_does_not_show(nest, folder, options):
    common = ["--on-error", "skip", "--part-bytes", 5000]
    expected = run_of_records(nest, folder, *common, "records")
    assert run_of_records(nest, folder, *common, *options, "records") == expected


def test_no_option_of_the_shredder_was_forgotten(nest):
    told = names_in(OTHER_RECORDS, OTHER_INFERENCE, SAME_RECORDS)
    assert options_of(nest, "nest-shred") == told | {"schema", "print-schema"}


@pytest.mark.sanitize
def test_a_schema_that_was_inferred_is_as_good_as_one_given(nest, folder):
    (folder / "inferred").write_bytes(shred(nest, folder, "--print-schema", "records", schema=None))
    options = ["--unknown", "fail", "records"]
    expected = run_of_records(nest, folder, *options, schema=None)
    assert run_of_records(nest, folder, *options, schema="inferred") == expected


@pytest.mark.sanitize
def test_a_file_is_known_by_its_path_size_and_time(nest, folder):
    records, common = folder / "records", ["--on-error", "skip"]
    expected = run_of_records(nest, folder, *common, "records")
    (folder / "link").symlink_to("records")
    for path in (records, "./records", "link"):
        assert run_of_records(nest, folder, *common, path) == expected
    command = nest.command("nest-shred", "--schema", folder / "schema", *common)
    with open(records, "rb") as file:
        out = subprocess.run(command, stdin=file, stdout=subprocess.PIPE, timeout=LONG_S, check=True).stdout
    assert run_of(out) == expected
    shutil.copy2(records, folder / "copy")
    runs = [expected, run_of_records(nest, folder, *common, "copy")]
    runs += [run_of_records(nest, folder, *common, *files) for files in (["records", "copy"], ["copy", "records"])]
    status = records.stat()
    os.utime(records, ns=(status.st_atime_ns, status.st_mtime_ns + 1))
    runs.append(run_of_records(nest, folder, *common, "records"))
    with open(records, "ab") as file:
        file.write(b"{}\n")
    os.utime(records, ns=(status.st_atime_ns, status.st_mtime_ns))
    runs.append(run_of_records(nest, folder, *common, "records"))
    check_all_differ(runs)


@pytest.mark.sanitize
def test_a_file_that_was_removed_is_known_by_its_number_and_has_no_path(nest, folder):
    command = nest.command("nest-shred", "--schema", folder / "schema", "--on-error", "skip")
    options, runs = {"stdout": subprocess.PIPE, "timeout": LONG_S, "check": True}, []
    shutil.copy2(folder / "records", folder / "copy")
    with open(folder / "records", "rb") as one, open(folder / "copy", "rb") as other:
        (folder / "records").unlink()
        (folder / "copy").unlink()
        for file in (one, one, other):
            file.seek(0)
            runs.append(run_of(subprocess.run(command, stdin=file, **options).stdout))
        path = f"/proc/self/fd/{one.fileno()}"
        result = nest.run("nest-shred", "--schema", folder / "schema", path, pass_fds=[one.fileno()])
    assert runs[0] == runs[1] != runs[2]
    result.fatal(3, f"^unable to find {path}: No such file or directory$")


def test_files_of_one_number_on_two_devices(nest, folder, small_disk):
    command = nest.command("nest-shred", "--schema", folder / "schema", "--on-error", "skip")
    other, runs, numbers = small_disk / "other", [], []
    other.mkdir()
    if subprocess.run(["mount", "-t", "tmpfs", "nest-test", other], capture_output=True).returncode != 0:
        pytest.skip("mounting is not permitted here")
    try:
        # The second thing that is made there, as OTHER was the first of the other.
        (other / "first").mkdir()
        for disk in (small_disk, other):
            with open(shutil.copy2(folder / "records", disk / "records"), "rb") as file:
                (disk / "records").unlink()
                numbers.append(os.fstat(file.fileno()).st_ino)
                done = subprocess.run(command, stdin=file, stdout=subprocess.PIPE, timeout=LONG_S, check=True)
                runs.append(run_of(done.stdout))
    finally:
        subprocess.run(["umount", other], check=True)
    assert numbers[0] == numbers[1]
    assert runs[0] != runs[1]


@pytest.mark.sanitize
def test_how_texts_of_msgpack_are_taken_makes_another_run(nest, folder):
    (folder / "pack").write_bytes(msgpack.packb({"rest": "1"}))
    auto, texts, strings = (run_of_records(nest, folder, "--texts", how, "pack") for how in ("auto", "json", "string"))
    assert auto == texts != strings
    inferred = [run_of_records(nest, folder, "--texts", how, "pack", schema=None) for how in ("auto", "string")]
    assert inferred[0] == inferred[1]


@pytest.mark.sanitize
@pytest.mark.parametrize("options", [[], ["--infer-rows", "all"]])
def test_what_can_be_read_only_once_is_a_run_of_its_own(nest, folder, options):
    runs = [run_of_records(nest, folder, *options, stdin=b'{"a":1}\n', schema=None) for _ in range(3)]
    check_all_differ(runs)


@pytest.mark.sanitize
def test_records_from_a_fifo_are_a_run_of_their_own(nest, folder):
    os.mkfifo(folder / "fifo")
    runs = []
    for _ in range(2):
        with subprocess.Popen(["sh", "-c", "echo '{\"a\":1}' >fifo"], cwd=folder):
            runs.append(run_of_records(nest, folder, "fifo"))
    check_all_differ(runs)


# ---- columns to parts ----

OTHER_PARTS = [
    [],
    ["--compression", "zstd"],
    ["--compression", "zstd", "--zstd-level", 2],
    ["--compression", "zstd:-2"],
    ["--compression", "snappy"],
    ["--row-group-rows", 1000],
    ["--row-group-bytes", 1000],
    ["--page-rows", 1000],
    ["--page-bytes", 1000],
    ["--page-version", 2],
    ["--preset", "balanced"],
    ["--preset", "small"],
    ["--page-index", "off"],
    ["--page-checksum", "on"],
    ["--dictionary", "off"],
    ["--column", "name:encoding=DELTA_BYTE_ARRAY"],
    ["--column", "name:encoding=PLAIN"],
    ["--column", "name:compression=snappy"],
    ["--column", "name:bloom=on"],
    ["--column", "name:bloom=0.1"],
    ["--column", "name:encoding=RLE_DICTIONARY"],
    ["--partition-by", "name"],
]
# Of rows that stand alone in their parts, and so are sorted by anything.
OTHER_ORDERS = [[], ["--sorted-by", "name"], ["--sorted-by", "name:desc"], ["--sorted-by", "name:nulls-first"]]
SAME_PARTS = [["--compression", "none"], ["--name", "other"], ["--zstd-level", 1], ["--page-version", 1], ["--preset", "fast"]]


@pytest.fixture
def encode(nest, tmp_path):
    """Makes parts of columns, of each call beside a dataset of its own unless one is named."""
    numbers = itertools.count()

    def encode(columns, *options, out=None):
        out = out or f"out.{next(numbers)}"
        result = nest.run("parquet-encode", "-o", tmp_path / out, *options, stdin=columns)
        assert result.status == 0, result.err
        return result.out

    return encode


def columns_of(nest, *options):
    return nest.run("nest-shred", stdin=rows_of(nest, *options)).out


@pytest.mark.sanitize
def test_what_decides_the_bytes_of_a_file_makes_another_run(nest, encode):
    columns = columns_of(nest)
    runs = [run_of(encode(columns, *options)) for options in OTHER_PARTS]
    runs += [run_of(columns), run_of(encode(columns_of(nest, "--seed", 43)))]
    check_all_differ(runs)
    columns = columns_of(nest, "--rows", 4)
    check_all_differ([run_of(encode(columns, *options)) for options in OTHER_ORDERS])


@pytest.mark.sanitize
def test_who_encodes_does_not_show(nest, encode):
    expected = run_of(encode(columns_of(nest)))
    for options in SAME_PARTS:
        assert run_of(encode(columns_of(nest), *options, out="elsewhere")) == expected
    # Nor does the share of it that came here.
    assert run_of(encode(columns_of(nest, "--share", "1/2"))) == expected


def test_no_option_of_the_encoder_was_forgotten(nest):
    assert options_of(nest, "parquet-encode") == names_in(OTHER_PARTS, OTHER_ORDERS, SAME_PARTS) | {"output-dir", "staged"}


# ---- two runs meet ----


def halves(nest):
    """The two halves of a dataset, made with two seeds."""
    return [rows_of(nest, "--share", f"{i}/2", "--seed", i, "--name", f"g{i}") for i in range(2)]


TWO_RUNS = r"two runs meet: this frame is of run [0-9a-f]{8}, those before it are of run [0-9a-f]{8}; run all"


@pytest.mark.sanitize
def test_two_runs_into_one_shredder(nest):
    result = nest.run("nest-shred", "--senders", 2, stdin=b"".join(halves(nest)))
    result.fatal(1, r"^standard input, frame at byte \d+ from g1: " + TWO_RUNS)


@pytest.mark.sanitize
def test_two_runs_into_one_encoder(nest, tmp_path):
    columns = [nest.run("nest-shred", "--name", f"s{i}", stdin=rows).out for i, rows in enumerate(halves(nest))]
    result = nest.run("parquet-encode", "--senders", 2, "-o", tmp_path / "out", stdin=b"".join(columns))
    result.fatal(1, r"^standard input, frame at byte \d+ from s1: " + TWO_RUNS)
    assert not (tmp_path / "out").exists()


@pytest.mark.sanitize
@pytest.mark.parametrize("options", [["--seed", 43], ["--page-rows", 1000]])
def test_two_runs_into_one_merger(nest, encode, tmp_path, options):
    """The halves are whole parts, and together they would be a dataset."""
    gen, own = (options, []) if options[0] == "--seed" else ([], options)
    made = encode(columns_of(nest, "--share", "0/2"), "--name", "e0", out="out")
    made += encode(columns_of(nest, "--share", "1/2", *gen), "--name", "e1", *own)
    result = nest.run("parquet-merge", "--senders", 2, tmp_path / "out", stdin=made)
    result.fatal(1, r"^standard input, frame at byte \d+ from e1: " + TWO_RUNS)
    assert not (tmp_path / "out").exists()


@pytest.mark.sanitize
def test_two_halves_of_one_run_are_a_dataset(nest, encode, tmp_path):
    made = b"".join(encode(columns_of(nest, "--share", f"{i}/2"), "--name", f"e{i}", out="out") for i in range(2))
    assert nest.run("parquet-merge", "--senders", 2, tmp_path / "out", stdin=made).err == ""
    assert parts(tmp_path / "out") == parts(
        nest.pipeline(tmp_path / "whole", rows=2000, gen=["--parts", 4])
    )


@pytest.mark.sanitize
def test_a_run_with_a_name_and_one_without(nest):
    rows = rows_frame(ONE_INT, [[1]], run=b"0123456789abcdef", last=False) + rows_frame(ONE_INT, [[2]], first=1)
    result = nest.run("nest-shred", stdin=rows + end_frame(2, 2))
    result.fatal(1, "two runs meet: this frame is of a run without a name, those before it are of run 30313233;")


def test_the_files_do_not_say_their_run(nest, tmp_path):
    """The same records from two inputs make the same bytes."""
    made = []
    for name in ("a", "b"):
        (tmp_path / name).write_bytes(RECORDS)
        columns = nest.run("nest-shred", tmp_path / name).out
        words = nest.run("parquet-encode", "-o", tmp_path / "out", stdin=columns).out
        made.append((run_of(words), nest.run("parquet-merge", "--force", tmp_path / "out", stdin=words).err))
        made[-1] += tuple(parts(tmp_path / "out"))
    (one, *files), (other, *again) = made
    assert one != other and files == again
