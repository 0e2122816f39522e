"""pipelines/ingest: records of one's own become one dataset, the same from any number of processes, or nothing."""

import functools
import gzip
import json
import os
import pty
import re
import select
import shlex
import signal
import subprocess

import msgpack
import pyarrow
import pyarrow.parquet
import pytest

from nestlib import (
    KEPT,
    LONG_S,
    LOST_S,
    at_work,
    check_left_nothing,
    check_nothing_happened,
    children,
    finish,
    in_the_middle,
    parts,
    snapshot,
    wait_until,
)

ROWS = [
    {"id": i, "user": {"name": f"user {i % 77}", "age": i % 90 if i % 3 else None}, "tags": ["a", "b", "c"][: i % 4]}
    for i in range(3000)
]
# So many bytes of it make a part, which makes more parts than processes.
PART_BYTES = 20_000


def lines(rows):
    return "".join(json.dumps(row) + "\n" for row in rows).encode()


def zstd(content):
    sink = pyarrow.BufferOutputStream()
    with pyarrow.CompressedOutputStream(sink, "zstd") as stream:
        stream.write(content)
    return sink.getvalue().to_pybytes()


def rows_of(out):
    parts(out)
    return pyarrow.parquet.read_table(out).to_pylist()


@pytest.fixture
def ingest(pipeline):
    return functools.partial(pipeline, "ingest", stdin=subprocess.DEVNULL)


@pytest.fixture
def run(ingest, sockets):
    """Runs pipelines/ingest to its end; returns what it did and what it printed."""

    def run(*arguments, stdin=None, **popen):
        if stdin is not None:
            popen["stdin"] = subprocess.PIPE
        stage = ingest(*arguments, **popen)
        said = stage.process.communicate(stdin, timeout=LONG_S)[0].decode()
        [result] = finish([stage])
        assert os.listdir(sockets) == []
        return result, said

    return run


@pytest.fixture
def make(run):
    def make(*arguments, **popen):
        result, said = run(*arguments, **popen)
        assert (result.status, result.err) == (0, "")
        return said

    return make


@pytest.fixture
def events(tmp_path):
    """Two files in one folder, with all rows in order."""
    folder = tmp_path / "in"
    folder.mkdir()
    (folder / "events-0.jsonl").write_bytes(lines(ROWS[:1100]))
    (folder / "events-1.jsonl").write_bytes(lines(ROWS[1100:]))
    return sorted(folder.iterdir())


@pytest.fixture
def out(tmp_path):
    (tmp_path / "data").mkdir()
    return tmp_path / "data" / "out"


# ---- the dataset ----


def test_files_plain_and_compressed_and_standard_input(make, events, tmp_path):
    for name, pack in {"plain": bytes, "gz": gzip.compress, "zst": zstd}.items():
        files = [tmp_path / f"{file.name}.{name}" for file in events]
        for file, packed in zip(events, files):
            packed.write_bytes(pack(file.read_bytes()))
        make("-o", tmp_path / name, *files)
        assert rows_of(tmp_path / name) == ROWS
        content = b"".join(packed.read_bytes() for packed in files)
        make("-o", tmp_path / f"{name}-in", stdin=content)
        assert rows_of(tmp_path / f"{name}-in") == ROWS


@pytest.mark.parametrize("compression, preset", [("none", "fast"), ("zstd", "balanced")])
def test_the_same_bytes_from_any_number_of_processes(nest, make, events, tmp_path, compression, preset):
    common = ["--compression", compression, "--preset", preset, "--part-bytes", PART_BYTES]
    shapes = [[], [1, 1, "ipc"], [3, 1, "ipc"], [2, 3, "tcp"], [5, 2, "tcp"]]
    made = []
    for number, shape in enumerate(shapes):
        options = ["--num-shredders", "--num-writers", "--transport"]
        options = [each for pair in zip(options, shape) for each in pair]
        make("-o", tmp_path / str(number), *common, *options, *events)
        made.append(parts(tmp_path / str(number)))
    quoted = {"bin": nest.folder.resolve(), "out": tmp_path / "pipe", "files": shlex.join(map(str, events))}
    by_hand = (
        "{bin}/nest-shred --part-bytes %d {files} | {bin}/parquet-encode --compression %s --preset %s -o {out} | "
        "{bin}/parquet-merge {out}" % (PART_BYTES, compression, preset)
    ).format(**quoted)
    subprocess.run(["bash", "-o", "pipefail", "-c", by_hand], check=True, timeout=LONG_S)
    assert len(made[0]) > 5
    assert made == [parts(tmp_path / "pipe")] * len(shapes)


def test_parts_of_a_number_and_of_the_programs_choice(make, events, tmp_path):
    make("-o", tmp_path / "one", *events)
    make("-o", tmp_path / "four", "--parts", 4, *events)
    assert (len(parts(tmp_path / "one")), len(parts(tmp_path / "four"))) == (1, 4)
    assert rows_of(tmp_path / "four") == ROWS


def test_a_schema_that_is_given(make, events, tmp_path):
    (tmp_path / "schema").write_text("message m { required int64 id; optional int32 absent; }")
    make("-o", tmp_path / "out", "--schema", tmp_path / "schema", "--part-bytes", PART_BYTES, *events)
    assert rows_of(tmp_path / "out") == [{"id": row["id"], "absent": None} for row in ROWS]


def test_all_parts_have_the_schema_of_all_records(make, tmp_path):
    """A field that only the last part has is there in the first one too."""
    rows = [{"id": i} if i < 2000 else {"id": i, "late": "x" * 20} for i in range(2100)]
    (tmp_path / "late.jsonl").write_bytes(lines(rows))
    make("-o", tmp_path / "out", "--part-bytes", 4000, tmp_path / "late.jsonl")
    assert rows_of(tmp_path / "out") == [{"id": i, "late": rows[i].get("late")} for i in range(2100)]


def test_options_of_the_shredder_are_handed_on(make, tmp_path):
    rows = [{"day": "2024-02-29", "counts": {f"key {i}-{j}": j for j in range(5)}} for i in range(20)]
    (tmp_path / "in.jsonl").write_bytes(lines(rows) + b'{"day": "2024-03-01", "odd": 1}\n')
    options = ["--infer-dates", "--infer-maps=10", "--infer-rows", 20, "--unknown", "keep=rest"]
    make("-o", tmp_path / "out", *options, tmp_path / "in.jsonl")
    schema = pyarrow.parquet.read_schema(tmp_path / "out" / "part-00000.parquet")
    assert schema.field("day").type == pyarrow.date32()
    assert pyarrow.types.is_map(schema.field("counts").type)
    assert "odd" in str(rows_of(tmp_path / "out")[-1]["rest"])


def test_texts_of_msgpack_whose_kinds_conflict(run, tmp_path):
    values = ["x", 5, "5", None, ["y"]] * 40
    (tmp_path / "in.msgpack").write_bytes(b"".join(msgpack.packb({"a": value}) for value in values))
    texts = [None if value is None else json.dumps(value) for value in values]
    for name, options in {"one": [], "two": ["--num-shredders", 2]}.items():
        result, _ = run("-o", tmp_path / name, "--parts", 4, *options, tmp_path / "in.msgpack")
        assert result.status == 0, result.err
        assert [row["a"] for row in rows_of(tmp_path / name)] == texts
    assert parts(tmp_path / "one") == parts(tmp_path / "two")


@pytest.mark.parametrize("name", ["with blanks.jsonl", "with\nline.jsonl", "-dash.jsonl", "--parts", "it's $HOME,*.jsonl"])
def test_any_name_of_a_file(make, out, tmp_path, name):
    (tmp_path / name).write_bytes(lines(ROWS))
    make("-o", out, "--part-bytes", PART_BYTES, "--", name, cwd=tmp_path)
    assert rows_of(out) == ROWS


def test_an_input_that_can_be_read_once(make, events, tmp_path):
    pipe = tmp_path / "pipe"
    os.mkfifo(pipe)
    with subprocess.Popen(["sh", "-c", 'cat "$1" "$2" >"$3"', "sh", *events, pipe]):
        make("-o", tmp_path / "out", pipe)
    assert rows_of(tmp_path / "out") == ROWS


@pytest.mark.parametrize("name", ["-", "/dev/stdin", "/dev/fd/0"])
def test_standard_input_by_its_names(make, tmp_path, name):
    make("-o", tmp_path / "out", name, stdin=lines(ROWS))
    assert rows_of(tmp_path / "out") == ROWS


# ---- what it says ----


def test_the_summary(make, events, out):
    said = make("-o", out, "--num-shredders", 2, "--part-bytes", PART_BYTES, *events)
    words = [line.split() for line in said.splitlines() if line]
    table = {word[0]: word[1:] for word in words}
    assert table["rows"] == ["3000"] and int(table["files"][0]) == len(parts(out))
    assert int(table["bytes"][0]) == sum(file.stat().st_size for file in out.glob("*.parquet"))
    assert ["input", "bytes/s"] in [word[:2] for word in words]
    assert table["nest-shred"][0] == "2" and "nest-gen" not in table
    *_, slowest, place, look = said.splitlines()
    assert slowest.startswith("The slowest stage was ") and place.startswith(f"The dataset is in {out}: 3.00k rows, ")
    shown = subprocess.run(["sh", "-c", look.removeprefix("Look at it: ")], check=True, capture_output=True, text=True)
    assert len(shown.stdout.splitlines()) == 10


def test_quiet(make, events, out):
    assert make("-q", "-o", out, *events) == ""


def test_a_dry_run_is_a_plan(nest, make, events, tmp_path):
    def run_plan(plan, **popen):
        (tmp_path / "plan").write_text(plan)
        command = nest.command("nest-run", "-q", tmp_path / "plan")
        done = subprocess.run(command, capture_output=True, timeout=LONG_S, **popen)
        assert (done.returncode, done.stderr, done.stdout) == (0, b"", b"")

    for transport in ["ipc", "tcp"]:
        options = ["--transport", transport, "--part-bytes", PART_BYTES, "--num-shredders", 2]
        out, rejects = tmp_path / transport, tmp_path / f"rejects {transport}"
        options += ["--on-error", "skip", "--rejects", rejects]
        plan = make("-o", out, *options, "--dry-run", *events)
        assert not out.exists()
        run_plan(plan)
        made = parts(out)
        make("-o", out, "--force", *options, *events)
        assert made == parts(out) and rejects.read_bytes() == b""
    plan = make("-o", tmp_path / "stdin", "--dry-run", stdin=b"")
    run_plan(plan, input=lines(ROWS))
    assert rows_of(tmp_path / "stdin") == ROWS


# ---- records that do not fit ----


@pytest.fixture
def bad(events):
    """Line 3 of the second file is wrong, and so are 20 and 21."""
    wrong = events[1].read_bytes().splitlines(keepends=True)
    wrong[2] = b'{"id": 1, "user": {"age": "old"}}\n'
    wrong[19] = b'{"id": \n'
    wrong[20] = b"[1]\n"
    events[1].write_bytes(b"".join(wrong))
    return events, ROWS[:1102] + ROWS[1103:1119] + ROWS[1121:]


@pytest.mark.parametrize("shredders", [1, 3])
def test_a_wrong_record(run, bad, out, shredders):
    events, _ = bad
    before = snapshot(out)
    options = ["--part-bytes", PART_BYTES, "--num-shredders", shredders]
    result, said = run("-o", out, *options, "--infer-rows", 1000, *events)
    result.fatal(1, rf"^nest-shred\.\d: {re.escape(str(events[1]))}, line 3, column \d+, .*\buser\.age\b")
    assert said == ""
    check_nothing_happened(out, before)


def test_records_that_are_skipped(run, bad, tmp_path):
    events, rows = bad
    rejects = tmp_path / "rejects"
    kept = []
    for shredders in [1, 4]:
        options = ["--part-bytes", PART_BYTES, "--num-shredders", shredders, "--infer-rows", 1000]
        options += ["--on-error", "skip", "--rejects", rejects, "--force"]
        result, said = run("-o", tmp_path / "out", *options, *events)
        assert (result.status, result.err) == (0, f"ingest: warning: 3 records were skipped; {rejects} has them\n")
        assert re.search(r"^skipped +3$", said, re.M)
        assert rows_of(tmp_path / "out") == rows
        kept.append(rejects.read_text().splitlines())
    reasons, records = kept[0][::2], kept[0][1::2]
    assert [re.search(r"events-1.jsonl, line (\d+)", line)[1] for line in reasons] == ["3", "20", "21"]
    assert records == ['{"id": 1, "user": {"age": "old"}}', '{"id": ', "[1]"]
    assert sorted(kept[1]) == sorted(kept[0])


def test_rejects_are_kept_when_the_run_fails(ingest, bad, out, tmp_path, sockets):
    events, _ = bad
    rejects = tmp_path / "rejects"
    options = ["--on-error", "skip", "--rejects", rejects, "--infer-rows", 1000, "--part-bytes", PART_BYTES]
    run = ingest("-o", out, *options, stdin=subprocess.PIPE)
    run.process.stdin.write(b"".join(file.read_bytes() for file in events))
    run.process.stdin.flush()
    wait_until(lambda: os.listdir(sockets), "the run's folder")
    wait_until(lambda: children(run.process, "nest-shred"), "the shredder")
    [folder] = os.listdir(sockets)
    wait_until(lambda: (sockets / folder / "rejects.0").exists(), "its rejects")
    os.kill(children(run.process, "parquet-encode")[0], signal.SIGKILL)
    [result] = finish([run], LOST_S)
    run.process.stdin.close()
    result.fatal(3, rf"^parquet-encode\.\d was killed by signal 9 \(KILL\){KEPT}")
    assert "user.age" in rejects.read_text() and not out.exists() and os.listdir(sockets) == []


# ---- the end before the end ----


@pytest.fixture
def large(nest, out, ingest, tmp_path):
    """Starts a run of seconds, which replaces a dataset that is there, in parts of about 2 MB."""
    nest.pipeline(out, rows=100)
    with open(tmp_path / "large.jsonl", "wb") as file:
        command = nest.command("nest-gen", "-n", "200k", "--format", "jsonl", "contacts")
        subprocess.run(command, stdout=file, check=True, timeout=LONG_S)

    def large(*options, **popen):
        options = ["--force", "--part-bytes", "2M", "--num-shredders", 2, "--num-writers", 2, *options]
        return ingest("-o", out, *options, *[tmp_path / "large.jsonl"] * 100, **popen)

    return large


@pytest.mark.parametrize("moment", [at_work, in_the_middle])
@pytest.mark.parametrize("victim", ["nest-shred", "parquet-encode", "parquet-merge"])
@pytest.mark.parametrize("transport", ["ipc", "tcp"])
def test_the_stage_that_was_killed_is_named(large, sockets, out, transport, victim, moment):
    before = snapshot(out)
    run = large("--transport", transport)
    moment(out)
    family = children(run.process)
    os.kill(children(run.process, victim)[0], signal.SIGKILL)
    [result] = finish([run], LOST_S)
    result.fatal(3, rf"^{victim}\.\d was killed by signal 9 \(KILL\){KEPT}")
    check_left_nothing(sockets, family)
    check_nothing_happened(out, before)


@pytest.mark.parametrize("name", ["INT", "TERM", "HUP"])
def test_an_interrupt(large, sockets, out, tmp_path, name):
    before = snapshot(out)
    run = large("--on-error", "skip", "--rejects", tmp_path / "rejects")
    in_the_middle(out)
    family = children(run.process)
    run.process.send_signal(getattr(signal, f"SIG{name}"))
    [result] = finish([run], LOST_S)
    result.fatal(-getattr(signal, f"SIG{name}"), f"^interrupted by {name}{KEPT}")
    check_left_nothing(sockets, family)
    check_nothing_happened(out, before)
    assert not (tmp_path / "rejects").exists()


def test_the_bar_on_a_terminal(large):
    """Bytes of all the input and rows; nothing of it stays in the line of the last words."""
    ours, theirs = pty.openpty()
    run = large(stderr=theirs)
    os.close(theirs)
    said = b""
    bar = rb"\r\[[#.]{16}\] +\d+%  [\d.]+M of [\d.]+G bytes  [\d.]+M rows  [\d.]+\wG? ?bytes/s  .* left\x1b\[K"
    with os.fdopen(ours, "rb", buffering=0) as terminal:
        while not re.search(bar, said):
            assert select.select([terminal], [], [], LONG_S)[0], said
            said += terminal.read(1000)
        run.process.send_signal(signal.SIGINT)
        run.process.wait(LOST_S)
        said = terminal.read(1000)
    assert re.search(r"\r\x1b\[Kingest: fatal: interrupted by INT(; [^\r]*)?\r\n$", said.decode())


@pytest.mark.parametrize("transport", ["ipc", "tcp"])
def test_an_interrupt_as_it_starts(large, sockets, out, transport):
    """Control-C, which all processes get, whatever bash is doing then."""
    before = snapshot(out)
    for count in [1, 2, 3, 4, 5] * 4:
        run = large("--transport", transport, start_new_session=True)
        wait_until(lambda run=run, count=count: len(children(run.process)) >= count, f"{count} processes")
        os.killpg(run.process.pid, signal.SIGINT)
        [result] = finish([run], LOST_S)
        # It may come before there is anything to remove.
        if (result.status, result.err) != (-signal.SIGINT, ""):
            result.fatal(-signal.SIGINT, f"^interrupted by INT{KEPT}")
        assert os.listdir(sockets) == []
        check_nothing_happened(out, before)


def test_an_input_that_never_ends_is_interrupted(ingest, nest, out, sockets):
    command = nest.command("nest-gen", "-n", "1G", "--format", "jsonl", "contacts")
    with subprocess.Popen(command, stdout=subprocess.PIPE) as source:
        run = ingest("-o", out, "--part-bytes", "2M", stdin=source.stdout)
        source.stdout.close()
        in_the_middle(out)
        family = children(run.process)
        run.process.send_signal(signal.SIGTERM)
        [result] = finish([run], LOST_S)
        result.fatal(-signal.SIGTERM, "^interrupted by TERM$")
        assert source.wait(LOST_S) == -signal.SIGPIPE
    check_left_nothing(sockets, family)
    assert os.listdir(out.parent) == []


def test_a_full_disk(ingest, small_disk, sockets, tmp_path):
    (tmp_path / "in.jsonl").write_bytes(lines(ROWS) * 100)
    run = ingest("-o", small_disk / "out", "--part-bytes", "10M", *[tmp_path / "in.jsonl"] * 20)
    [result] = finish([run])
    result.fatal(3, rf"^parquet-encode\.\d: unable to .*: No space left on device{KEPT}")
    assert os.listdir(sockets) == []
    check_nothing_happened(small_disk / "out", {})


# ---- wrong usage ----


@pytest.mark.parametrize(
    "arguments, status, sentence",
    [
        (["--no-such-option"], 2, "is not an option"),
        (["--parts"], 2, "--parts needs a value"),
        (["--parts", "0", "in.jsonl"], 2, "0 is out of range"),
        (["--parts", "2", "--part-bytes", "9", "in.jsonl"], 2, "--parts and --part-bytes exclude each other"),
        (["--part-bytes", "many", "in.jsonl"], 2, "'many' is not a number"),
        (["--format", "csv", "in.jsonl"], 2, "'csv' is none of auto|jsonl|msgpack"),
        (["--unknown", "keep=", "in.jsonl"], 2, "'keep=' is none of ignore|fail|keep=FIELD"),
        (["--infer-rows", "none", "in.jsonl"], 2, "'none' is not a number"),
        (["--rejects", "rejects", "in.jsonl"], 2, "--rejects goes with --on-error skip"),
        (["--on-error=skip", "--rejects", "in.jsonl", "in.jsonl"], 2, "--rejects: in.jsonl is an input"),
        (["--on-error=skip", "--rejects", "no/r", "in.jsonl"], 3, "unable to open no/r: No such file"),
        (["--output-filename", "a/b", "in.jsonl"], 2, "must be a name"),
        (["--force", "-o", ".", "in.jsonl"], 2, "--output-dir: the dataset would replace in.jsonl"),
        (["-o", ".", "in.jsonl"], 2, "is not empty; name another one, or --force replaces it"),
        (["in\njson\x1b"], 3, "unable to open 'in?json?': No such file"),
        (["-o", "in.jsonl", "in.jsonl"], 2, "in.jsonl is not a folder"),
        (["-o", "in.jsonl/out", "in.jsonl"], 3, "in.jsonl"),
        (["absent.jsonl"], 3, "unable to open absent.jsonl: No such file or directory"),
        (["in.jsonl", "a b.jsonl"], 3, "unable to open 'a b.jsonl': No such file or directory"),
        (["--schema", "absent", "in.jsonl"], 3, "unable to open absent: No such file or directory"),
        ([""], 2, "the name of a file is empty"),
        (["."], 2, ". is a folder; name the files in it"),
        ([], 2, "there is no input; name files, or pipe records into standard input"),
        (["-"], 2, "there is no input; name files, or pipe records into standard input"),
    ],
)
def test_wrong_usage(run, tmp_path, arguments, status, sentence):
    (tmp_path / "in.jsonl").write_bytes(lines(ROWS[:1]))
    before = snapshot(tmp_path)
    result, said = run(*arguments, cwd=tmp_path)
    result.fatal(status, re.escape(sentence))
    assert said == "" and snapshot(tmp_path) == before and os.listdir(tmp_path) == ["in.jsonl"]


def test_standard_input_is_read_once_and_by_one(run, tmp_path):
    for arguments, sentence in [
        (["-", "-"], "- can be read once only, and then there are no other inputs"),
        (["/dev/fd/0", "-"], "/dev/fd/0 can be read once only, and then there are no other inputs"),
        (["--num-shredders", "2"], "what can be read once only is read by 1"),
        (["--parts", "2"], "--parts needs files, whose size is known"),
    ]:
        result, _ = run(*arguments, stdin=b"", cwd=tmp_path)
        result.fatal(2, re.escape(sentence))


def test_standard_input_is_a_terminal(ingest, tmp_path):
    ours, theirs = pty.openpty()
    with os.fdopen(ours), os.fdopen(theirs) as terminal:
        [result] = finish([ingest("-o", tmp_path / "out", stdin=terminal)], LOST_S)
    result.fatal(2, "standard input is a terminal")
