"""What the programs take for granted, what of the command line does not go together, and where input is copied."""

import os
import re
import resource

import pytest

from nestlib import ONE_INT, read_frames, rows_stream

pytestmark = pytest.mark.sanitize

RECORD = b'{"a":1}\n'
LINES = RECORD * 9_999 + b'{"b":1}\n' + b'{"c":1}\n'


@pytest.mark.parametrize(
    "said",
    [
        ["--rows", "1000", "--first-row", "0", "--seed", "42", "--parts", "1", "--share", "0/1"],
        ["--format", "frames", "--side-by-side", "1"],
    ],
)
def test_what_rows_are_made_where_nothing_is_said(nest, said):
    plain = nest.run("nest-gen", "--name", "x", "contacts")
    assert plain.status == 0
    assert nest.run("nest-gen", "--name", "x", *said, "contacts").out == plain.out


@pytest.mark.parametrize(
    "program, option, value",
    [
        ("nest-gen", "--batch", 16384),
        ("nest-shred", "--batch", 16384),
        ("nest-shred", "--infer-rows", 10000),
        ("nest-shred", "--part-bytes", 64_000_000),
        ("nest-shred", "--share", "0/1"),
    ],
)
def test_a_number_that_is_not_given_is_that_of_the_manual(nest, tmp_path, program, option, value):
    (tmp_path / "in.jsonl").write_bytes(RECORD * 20_000)
    operands = ["-n", 20_000, "contacts"] if program == "nest-gen" else [tmp_path / "in.jsonl"]
    plain = nest.run(program, "--name", "x", *operands)
    assert plain.status == 0
    assert nest.run(program, "--name", "x", option, value, *operands).out == plain.out


def test_a_schema_is_inferred_from_the_first_10000_records(nest):
    fields = re.findall(rb"int64 (\w)", nest.run("nest-shred", "--print-schema", stdin=LINES).out)
    assert fields == [b"a", b"b"]


@pytest.mark.parametrize(
    "program, arguments, stdin, sentence",
    [
        ("nest-gen", ["--format", "jsonl", "--to", "ipc://x", "contacts"], b"", "--to takes frames; JSON Lines go to"),
        ("nest-shred", ["--format", "frames", "--schema", "x"], b"", "frames carry their schema"),
        ("nest-shred", ["--format", "frames", "--print-schema"], b"", "frames carry their schema"),
        ("nest-shred", ["--from", "ipc://x", "--schema", "x"], b"", "frames carry their schema"),
        ("nest-shred", ["--from", "ipc://x", "--print-schema"], b"", "frames carry their schema"),
        ("nest-shred", ["--from", "ipc://x", "--format", "msgpack"], b"", "--from takes frames; records come by"),
        ("nest-shred", ["--from", "ipc://x", "file"], b"", "files hold records; frames come by"),
        ("nest-shred", ["--print-schema"], rows_stream(ONE_INT, [[1]]), "--print-schema: no records come in$"),
        ("nest-shred", ["--print-schema"], b"", "--print-schema: no records come in$"),
        ("nest-shred", ["in.jsonl", "/dev/null"], b"", "several files are given, and one of them is no regular file"),
        ("nest-shred", ["/dev/null", "in.jsonl"], b"", "several files are given, and one of them is no regular file"),
        ("nest-shred", ["--parts", "2", "/dev/null"], b"", "--parts: /dev/null has no size that could be divided"),
        ("nest-shred", ["--parts", "1"], RECORD, "--parts: standard input has no size that could be divided"),
        ("nest-shred", ["--on-error", "fail", "--rejects", "x"], RECORD, "--rejects is for --on-error skip"),
    ],
)
def test_what_does_not_go_together(nest, tmp_path, program, arguments, stdin, sentence):
    (tmp_path / "in.jsonl").write_bytes(RECORD)
    nest.run(program, *arguments, stdin=stdin, cwd=tmp_path).fatal(2, f"^{sentence}")
    assert os.listdir(tmp_path) == ["in.jsonl"]


def test_a_batch_has_no_more_rows_than_a_frame_holds(nest):
    result = nest.run("nest-gen", "-n", 1_000_000, "--batch", 1_000_000, "orders")
    result.fatal(2, "^--batch: 1000000 rows of orders do not fit a frame$")
    assert nest.run("nest-gen", "-n", 1, "--batch", 1_000_000, "orders").status == 0


def test_an_input_has_no_more_parts_than_frames_can_name(nest, tmp_path):
    file = tmp_path / "in.jsonl"
    file.write_bytes(RECORD)
    options = ["--format", "jsonl", "--part-bytes", 1, file]
    os.truncate(file, 1 << 32)
    nest.run("nest-shred", *options).fatal(1, "a record is longer than the 72 MiB that there is room for$")
    os.truncate(file, (1 << 32) + 1)
    nest.run("nest-shred", *options).fatal(2, f"^--part-bytes: 1 bytes make too many parts of {(1 << 32) + 1}$")


def test_parts_of_equal_bytes_leave_none_of_so_many_bytes(nest, tmp_path):
    file = tmp_path / "in.jsonl"
    file.write_bytes(RECORD * 10)
    for count in 1, 2:
        alone, both = (
            nest.run("nest-shred", "--name", "x", "--parts", count, *more, file) for more in ([], ["--part-bytes", 8])
        )
        assert alone.status == both.status == 0
        assert both.out == alone.out
        assert {header["part"] for header, _ in read_frames(alone.out) if "part" in header} == set(range(count))


def test_what_cannot_be_read_or_written_is_told(nest, tmp_path):
    (tmp_path / "in.jsonl").write_bytes(RECORD)
    result = nest.run("nest-shred", "--schema", tmp_path, tmp_path / "in.jsonl")
    result.fatal(3, f"^--schema: unable to read {tmp_path}: Is a directory$")
    options = ["--on-error", "skip", "--rejects", "/no/such/file"]
    result = nest.run("nest-shred", *options, tmp_path / "in.jsonl")
    result.fatal(3, "^--rejects: unable to open /no/such/file: No such file or directory$")
    result = nest.run("nest-shred", preexec_fn=lambda: os.close(0))
    result.fatal(3, "^unable to read standard input: Bad file descriptor$")
    folder = os.open(tmp_path, os.O_RDONLY)
    result = nest.run("nest-shred", preexec_fn=lambda: os.dup2(folder, 0))
    os.close(folder)
    result.fatal(2, "^standard input is a directory; name its files$")


# ---- a copy of the input ----


def test_the_copy_of_the_input_has_no_name_left(nest, tmp_path):
    options = ["--infer-rows", "all", "--print-schema"]
    result = nest.run("nest-shred", *options, stdin=RECORD, env=os.environ | {"TMPDIR": str(tmp_path)})
    assert result.status == 0
    assert os.listdir(tmp_path) == []


@pytest.mark.parametrize("folder", [{}, {"TMPDIR": ""}])
def test_the_copy_of_the_input_is_in_tmp_where_no_folder_is_named(nest, folder):
    environment = {name: value for name, value in os.environ.items() if name != "TMPDIR"} | folder
    options = ["--infer-rows", "all", "--print-schema", "/dev/stdin"]

    def limit():
        # The input can be opened then, and no copy be made.
        resource.setrlimit(resource.RLIMIT_NOFILE, (4, 4))

    assert nest.run("nest-shred", *options, stdin=RECORD, env=environment).status == 0
    result = nest.run("nest-shred", *options, stdin=RECORD, env=environment, preexec_fn=limit)
    result.fatal(3, "^unable to make a file for a copy of the input, /tmp/nest-shred-.*: Too many open files$")


def test_a_copy_of_the_input_that_cannot_be_made_is_told(nest, tmp_path):
    options = ["--infer-rows", "all"]
    result = nest.run("nest-shred", *options, stdin=RECORD, env=os.environ | {"TMPDIR": "/no/such"})
    result.fatal(3, "^unable to make a file for a copy of the input, /no/such/nest-shred-.*: No such file")

    def limit():
        resource.setrlimit(resource.RLIMIT_FSIZE, (1 << 20, 1 << 20))

    many = RECORD * 300_000
    result = nest.run(
        "nest-shred", *options, stdin=many, env=os.environ | {"TMPDIR": str(tmp_path)}, preexec_fn=limit
    )
    result.fatal(3, "^unable to write a copy of the input: File too large$")
    assert os.listdir(tmp_path) == []
