"""One file of all parts: parquet-encode -o NAME.parquet and -o -, as others read it, and when things go wrong."""

import collections
import errno
import fcntl
import json
import os
import pty
import random
import signal
import struct
import subprocess
import termios

import duckdb
import msgpack
import polars
import pyarrow
import pyarrow.parquet as pq
import pytest

from nestlib import LOST_S, ONE_INT, end_frame, finish, frame, head, start_stage, wait_until

ROWS, PARTS, BATCH = 3000, 4, 150
SMALL = ["--row-group-rows", 512, "--page-rows", 256]


def columns_of(nest, *options, rows=ROWS):
    source = nest.run("nest-gen", "-n", rows, "--batch", BATCH, *options, "contacts")
    columns = nest.run("nest-shred", stdin=source.out)
    assert (source.status, columns.status) == (0, 0), source.err + columns.err
    return columns.out


def messages_of(stream):
    """The header and the bytes of each frame."""
    unpacker, start = msgpack.Unpacker(max_buffer_size=0), 0
    unpacker.feed(stream)
    for header in unpacker:
        unpacker.skip()
        yield msgpack.unpackb(header), stream[start : unpacker.tell()]
        start = unpacker.tell()


def columns_frame(values, part, first, schema=ONE_INT, last=True, body=None, **keys):
    header = {"schema": schema, "part": part, "first": first, "rows": len(values), "last": last}
    header |= {"leaves": [[len(values), 8 * len(values)]]} | keys
    return frame(head("columns") | header, body or b"".join(value.to_bytes(8, "little") for value in values))


@pytest.fixture(scope="module")
def columns(nest):
    return columns_of(nest, "--parts", PARTS)


@pytest.fixture(scope="module")
def lines(nest):
    out = nest.run("nest-gen", "-n", ROWS, "--format", "jsonl", "contacts").out
    return [json.loads(line) for line in out.splitlines()]


@pytest.fixture(scope="module")
def whole(nest, columns):
    """The bytes that it is to have."""
    return nest.run("parquet-encode", *SMALL, "-o", "-", stdin=columns).out


@pytest.fixture
def encode(nest, tmp_path):
    def encode(columns, *options, out="all.parquet"):
        return nest.run("parquet-encode", *SMALL, *options, "-o", out, stdin=columns, cwd=tmp_path)

    return encode


# ---- what is in it ----


@pytest.mark.sanitize
def test_every_reader_reads_it(nest, encode, columns, whole, lines, tmp_path):
    assert (encode(columns).status, encode(columns).err) == (0, "")
    path = tmp_path / "all.parquet"
    assert path.read_bytes() == whole and os.listdir(tmp_path) == ["all.parquet"]
    assert path.stat().st_mode & 0o777 == 0o666 & ~os.umask(os.umask(0o22))
    assert pq.read_table(path).to_pylist() == lines
    assert polars.read_parquet(path).to_dicts() == lines
    rows = duckdb.sql(f"select name, phones from read_parquet('{path}') order by file_row_number").fetchall()
    assert rows == [(line["name"], line["phones"]) for line in lines]
    assert nest.run("parquet-merge", "--check", path).status == 0
    metadata = pq.read_metadata(path)
    assert [metadata.row_group(i).num_rows for i in range(metadata.num_row_groups)] == [512] * 5 + [440]
    # It is no part.
    keys = {key.decode() for key in metadata.metadata}
    assert "nest.seed" in keys and not keys & {"nest.part", "nest.first_row", "nest.part_rows"}


def test_the_parts_do_not_show(nest, encode, whole, tmp_path):
    assert encode(columns_of(nest)).status == 0
    assert (tmp_path / "all.parquet").read_bytes() == whole


def shuffled(stream, choose):
    """Each part's frames in order, of parts that CHOOSE picks; the ends behind them."""
    queues, ends, made = {}, [], b""
    for header, message in messages_of(stream):
        if header["kind"] == "columns":
            queues.setdefault(header["part"], []).append(message)
        elif header["kind"] == "end":
            ends.append(message)
    while queues:
        part = choose(sorted(queues))
        made += queues[part].pop(0)
        if not queues[part]:
            del queues[part]
    return made + b"".join(ends)


@pytest.mark.sanitize
@pytest.mark.parametrize("seed", range(4))
def test_frames_of_parts_take_turns(encode, columns, whole, tmp_path, seed):
    """The last part first, or by chance."""
    choose = random.Random(seed).choice if seed else max
    result = encode(shuffled(columns, choose))
    assert result.status == 0, result.err
    assert (tmp_path / "all.parquet").read_bytes() == whole and os.listdir(tmp_path) == ["all.parquet"]


def test_two_senders(nest, encode, whole, tmp_path):
    streams = b""
    for share in range(2):
        rows = nest.run("nest-gen", "-n", ROWS, "--batch", BATCH, "--parts", PARTS, "--share", f"{share}/2", "contacts")
        streams += nest.run("nest-shred", "--name", f"s{share}", stdin=rows.out).out
    for stream in streams, shuffled(streams, random.Random(1).choice):
        assert encode(stream, "--senders", 2).status == 0
        assert (tmp_path / "all.parquet").read_bytes() == whole


def backwards(count, rows, body):
    """COUNT parts that each have ROWS rows, the last of them first."""
    alike = {"rows": rows, "leaves": [[rows, 8 * rows]], "body": body}
    frames = [columns_frame([], part, part * rows, **alike) for part in range(count)]
    return b"".join(frames[::-1]) + end_frame(count, count * rows)


def test_what_waits_is_not_in_memory(nest, encode, tmp_path):
    """96 MB of frames wait for a part that comes last, in 64 MB."""
    if nest.sanitized:
        pytest.skip("a sanitizer maps terabytes")
    count, rows = 24, 500_000
    stream = backwards(count, rows, bytes(8 * rows))
    command = nest.limited(nest.command("parquet-encode", "-o", "-"), **{"as": 64 << 20})
    # What waits beside standard output does in TMPDIR.
    done = subprocess.run(command, input=stream, capture_output=True, env=os.environ | {"TMPDIR": str(tmp_path)})
    assert (done.returncode, done.stderr) == (0, b"")
    assert pq.ParquetFile(pyarrow.BufferReader(done.stdout)).metadata.num_rows == count * rows
    assert os.listdir(tmp_path) == []


@pytest.mark.parametrize("folder", ["", "t" * 5000])
def test_where_frames_wait_unless_there_is_a_folder_for_them(nest, columns, whole, folder):
    environment = os.environ | {"TMPDIR": folder}
    result = nest.run("parquet-encode", *SMALL, "-o", "-", stdin=shuffled(columns, max), env=environment)
    assert (result.out, result.err) == (whole, "")


def test_a_dataset_without_rows(nest, encode, tmp_path):
    assert encode(columns_of(nest, rows=0)).status == 0
    table = pq.read_table(tmp_path / "all.parquet")
    assert (table.num_rows, table.column_names) == (0, ["name", "phones"])


def test_rows_numbered_by_part(encode, tmp_path):
    frames = [columns_frame([part], part, 0, numbered="part") for part in range(3)]
    stream = b"".join(frames) + end_frame(3, 3, dataset={"parts": 3})
    assert encode(stream).status == 0
    assert pq.read_table(tmp_path / "all.parquet")["a"].to_pylist() == [0, 1, 2]


# ---- what is a file ----


def test_what_is_a_directory(nest, columns, tmp_path):
    """A directory of that name, one whose name ends in a slash, and one of which parquet-merge hears."""
    (tmp_path / "old.parquet").mkdir()
    for name in "old.parquet", "new.parquet/", "plain":
        out = tmp_path / name
        parts = nest.run("parquet-encode", "-o", f"{tmp_path}/{name}", stdin=columns)
        assert nest.run("parquet-merge", out, stdin=parts.out).status == 0
        assert out.is_dir() and len(list(out.glob("*.parquet"))) == PARTS
    assert nest.run("parquet-encode", "--staged", "-o", tmp_path / "a.parquet", stdin=columns).status == 0
    assert nest.run("parquet-merge", "--staged", tmp_path / "a.parquet").status == 0
    parts = nest.run("parquet-encode", "--to", "-", "-o", tmp_path / "b.parquet", stdin=columns)
    assert nest.run("parquet-merge", tmp_path / "b.parquet", stdin=parts.out).status == 0


def test_a_file_is_replaced_where_it_is_one(nest, encode, columns, whole, tmp_path):
    for before in b"", b"PAR1":
        (tmp_path / "data").write_bytes(before)
        assert encode(columns, out="data").status == 0
        assert (tmp_path / "data").read_bytes() == whole
    for before in b"mine", b"PAR":
        (tmp_path / "a.parquet").write_bytes(before)
        encode(columns, out="a.parquet").fatal(
            2, "^a.parquet is a file, and not a Parquet file; remove it, or name another one$"
        )
        assert (tmp_path / "a.parquet").read_bytes() == before
    assert sorted(os.listdir(tmp_path)) == ["a.parquet", "data"]


def test_a_link_stands_for_its_file(encode, columns, whole, tmp_path):
    (tmp_path / "real").mkdir()
    (tmp_path / "real" / "data").touch()
    (tmp_path / "link.parquet").symlink_to("real/data")
    assert encode(columns, out="link.parquet").status == 0
    assert (tmp_path / "link.parquet").is_symlink() and (tmp_path / "real" / "data").read_bytes() == whole
    (tmp_path / "lost.parquet").symlink_to("nowhere")
    encode(columns, out="lost.parquet").fatal(3, "^unable to find the file behind lost.parquet: No such file")


def test_what_cannot_be_a_file(nest, encode, columns, tmp_path):
    os.mkfifo(tmp_path / "a.parquet")
    encode(columns, out="a.parquet").fatal(2, "^a.parquet is no regular file$")
    encode(columns, out="nowhere/a.parquet").fatal(3, "^unable to open directory nowhere/: No such file")
    encode(columns, out="n" * 5000 + ".parquet").fatal(2, "^the file's path is too long: n{60}...$")
    for option in ["--staged"], ["--to", "-"]:
        encode(columns, *option, out="-").fatal(2, f"^{option[0]} is given, but -o - makes one file, of which ")
    assert os.listdir(tmp_path) == ["a.parquet"]


def test_a_terminal_gets_none(nest):
    main, terminal = pty.openpty()
    done = subprocess.run(
        nest.command("parquet-encode", "-o", "-"), stdin=subprocess.DEVNULL, stdout=terminal, stderr=subprocess.PIPE
    )
    os.close(main), os.close(terminal)
    assert done.returncode == 2 and b"standard output is a terminal, and Parquet is binary; pipe it on" in done.stderr


def test_the_account(encode, columns, whole, tmp_path):
    assert encode(columns, "--stats", "stats").status == 0
    stats = json.loads((tmp_path / "stats").read_text())
    assert (stats["rows"], stats["bytes_out"], stats["frames_out"]) == (ROWS, len(whole), 0)
    # Standard output is free for it, unless the file goes there.
    assert json.loads(encode(columns, "--stats", "-").out)["rows"] == ROWS
    encode(columns, "--stats", "-", out="-").fatal(2, "^--stats: standard output gets what is made here; name a file")


# ---- what is refused ----

WIDE = "message m { required int64 a; required int64 b; }"


@pytest.mark.sanitize
@pytest.mark.parametrize(
    "stream, sentence",
    [
        (end_frame(0, 0), "no part came; even a dataset without rows has one"),
        (columns_frame([1], 1, 0) + end_frame(1, 1), "part 0 is missing, and one file has all parts"),
        (
            columns_frame([1], 0, 0) + columns_frame([1], 2, 1) + end_frame(2, 2),
            "part 1 is missing, and one file has all parts",
        ),
        (
            columns_frame([1], 0, 0) + end_frame(1, 1, dataset={"first": 0, "rows": 2, "parts": 2}),
            "part 1 is missing, and one file has all parts",
        ),
        (
            columns_frame([1], 0, 0)
            + columns_frame([1], 1, 1)
            + end_frame(2, 2, dataset={"first": 0, "rows": 2, "parts": 1}),
            "2 rows from row 0 in 2 parts came, but an end tells of 2 from row 0 in 1",
        ),
        (
            columns_frame([1], 0, 0) + end_frame(1, 1, dataset={"first": 0, "rows": 2, "parts": 1}),
            "1 rows from row 0 in 1 parts came, but an end tells of 2 from row 0 in 1",
        ),
        (
            columns_frame([1], 0, 5) + end_frame(1, 1, dataset={"first": 4, "rows": 1, "parts": 1}),
            "1 rows from row 5 in 1 parts came, but an end tells of 1 from row 4 in 1",
        ),
        (
            columns_frame([1], 0, 0) + end_frame(1, 1, dataset={"parts": 1}),
            "1 rows from row 0 in 1 parts came, but an end tells of 0 from row 0 in 1",
        ),
        (
            columns_frame([1], 0, 0) + columns_frame([1], 1, 2),
            "standard input, frame at byte \\d+ from test: part 1 begins at row 2, but row 1 follows those before it",
        ),
        (
            columns_frame([1], 1, 0) + columns_frame([1], 0, 0),
            "standard input, frame at byte \\d+ from test: with it a frame of part 1 from test is due: "
            "part 1 begins at row 0, but row 1 follows those before it",
        ),
        (
            columns_frame([1], 0, 0) + columns_frame([1], 1, 0, numbered="part"),
            ".*rows of part 1 and of those before it are not numbered alike",
        ),
        (
            columns_frame([1], 0, 0) + columns_frame([1], 1, 1, WIDE, leaves=[[1, 8], [1, 0]]),
            ".*part 1 has another schema than what is before it; one file has one",
        ),
        (columns_frame([1], 0, 0, leaves=[[1, 7]]), ".*the body goes on 1 bytes behind its leaves"),
        (columns_frame([1], 0, 0) + b"\xc6", ".*lost.*|.*middle of a frame.*"),
    ],
)
def test_parts_that_do_not_make_one_file(nest, encode, tmp_path, stream, sentence):
    result = encode(stream)
    result.fatal(result.status, f"^{sentence}$")
    assert result.status == (3 if "lost" in sentence else 1) and os.listdir(tmp_path) == []


# ---- what fails ----


@pytest.fixture
def halfway(nest, columns, started):
    """Starts an encoder that has half of its input, and some of that in the file."""

    def halfway(*arguments, **popen):
        command = nest.command("parquet-encode", *SMALL, *arguments)
        encode = start_stage("parquet-encode", command, started, stdin=subprocess.PIPE, **popen)
        encode.process.stdin.write(columns[: len(columns) // 2])
        encode.process.stdin.flush()

        def has_written():
            files = f"/proc/{encode.process.pid}/fd"
            return any(os.stat(f"{files}/{name}").st_size for name in os.listdir(files))

        wait_until(has_written, "a row group")
        return encode

    return halfway


@pytest.mark.parametrize("how", ["KILL", "INT", "end"])
def test_nothing_is_there_before_all_is(halfway, tmp_path, how):
    out = tmp_path / "all.parquet"
    for before in None, b"PAR1 and more":
        if before:
            out.write_bytes(before)
        encode = halfway("-o", out)
        assert os.listdir(tmp_path) == (["all.parquet"] if before else [])
        if how == "end":
            encode.process.stdin.close()
        else:
            encode.process.send_signal(getattr(signal, f"SIG{how}"))
        [result] = finish([encode], LOST_S)
        assert result.status == {"KILL": -9, "INT": -2, "end": 3}[how]
        assert os.listdir(tmp_path) == (["all.parquet"] if before else [])
        assert not before or out.read_bytes() == before


NAMED = f"tmpfile:1+:{errno.EOPNOTSUPP}"


def test_an_interrupt_while_a_reader_makes_it_wait(nest, columns, started):
    command = nest.command("parquet-encode", *SMALL, "-o", "-")
    encode = start_stage("parquet-encode", command, started, stdin=subprocess.PIPE, stdout=subprocess.PIPE)
    # Two pages, of which the magic number takes the first: a row group is more.
    fcntl.fcntl(encode.process.stdout, fcntl.F_SETPIPE_SZ, 8192)
    encode.process.stdin.write(columns[: len(columns) // 2])
    encode.process.stdin.flush()

    def is_full():
        return struct.unpack("i", fcntl.ioctl(encode.process.stdout, termios.FIONREAD, bytes(4))) > (4096,)

    wait_until(is_full, "a full pipe")
    encode.process.send_signal(signal.SIGINT)
    [result] = finish([encode], LOST_S)
    assert (result.status, result.err) == (-2, "parquet-encode: fatal: interrupted by signal 2 (Interrupt)\n")


def test_an_interrupt_while_what_waited_is_encoded(nest, tmp_path, started):
    """It ends there, and not when all is encoded, which takes long."""
    count, rows = 12, 200_000
    stream, out = tmp_path / "stream", tmp_path / "out"
    stream.write_bytes(backwards(count, rows, random.Random(1).randbytes(8 * rows)))
    options = ["--dictionary", "off", "--compression", "gzip:12", "-o", "-"]
    with open(stream, "rb") as file, open(out, "wb") as output:
        command = nest.command("parquet-encode", *options)
        encode = start_stage("parquet-encode", command, started, stdin=file, stdout=output)
    wait_until(lambda: out.stat().st_size > 4, "the first row group")
    encode.process.send_signal(signal.SIGINT)
    [result] = finish([encode], LOST_S)
    assert result.status == -2 and out.stat().st_size < 8 * rows * (count - 2)


@pytest.mark.parametrize(
    "error, named, old",
    [(errno.EIO, False, False), (errno.EIO, True, True), ("KILL", False, True), ("KILL", True, True)],
)
def test_each_call_fails(nest, library, columns, whole, tmp_path, error, named, old):
    """It is the old one or the new one, and nothing else is there unless the encoder was killed."""
    if nest.sanitized:
        pytest.skip("a sanitizer cannot be preloaded into")
    out, mark = tmp_path / "data" / "all.parquet", tmp_path / "mark"
    out.parent.mkdir()
    stream = shuffled(columns, max)
    happened = collections.Counter()
    for call in ["openat", "linkat", "writev", "fdatasync", "fsync", "renameat", "tmpfile"]:
        for number in range(1, 200):
            plan = f"{NAMED},{call}:{number}:{error}" if named else f"{call}:{number}:{error}"
            environment = {"LD_PRELOAD": str(library), "NEST_FAIL": plan, "NEST_FAIL_MARK": str(mark)}
            how = {"stdin": stream, "memory": None, "env": os.environ | environment}
            for path in out.parent.iterdir():
                path.unlink()
            if old:
                out.write_bytes(b"PAR1 old")
            result = nest.run("parquet-encode", *SMALL, "-o", out, **how)
            found = {path.name: path.read_bytes() for path in out.parent.iterdir()}
            content = found.pop("all.parquet", None)
            assert content in (whole, b"PAR1 old" if old else None), plan
            assert not found or result.status == -9 and all(name.startswith(".") for name in found), plan
            assert result.status != 0 or content == whole, plan
            assert result.status == 0 or result.status == (-9 if error == "KILL" else 3), plan
            if not mark.exists():
                break
            mark.unlink()
            happened[call] += 1
    # The file is synced, and its name; a name that is taken takes two steps.
    assert (happened["fdatasync"], happened["fsync"]) == (1, 1)
    assert (happened["linkat"], happened["renameat"]) == ((0, 1) if named else (2, 1) if old else (1, 0))
    assert happened["writev"] > 6


def test_a_full_disk(encode, columns, small_disk):
    (small_disk / "rest").write_bytes(bytes((8 << 20) - (40 << 10)))
    for stream in columns, shuffled(columns, max):
        encode(stream, out=small_disk / "all.parquet").fatal(3, "No space left on device$")
        assert os.listdir(small_disk) == ["rest"]


def test_standard_output_takes_no_more(nest, columns):
    command = nest.command("parquet-encode", "-o", "-")
    with open("/dev/full", "wb") as full:
        done = subprocess.run(command, input=columns, stdout=full, stderr=subprocess.PIPE)
    assert done.returncode == 3 and b"unable to write standard output: No space left on device" in done.stderr
    reader, writer = os.pipe()
    os.close(reader)
    done = subprocess.run(command, input=columns, stdout=writer, stderr=subprocess.PIPE)
    os.close(writer)
    assert done.returncode == 3 and b"unable to write standard output: Broken pipe" in done.stderr
