"""Stages of one's own: what nest-frame(5) says, in Python, between the programs over pipes and sockets."""

import fcntl
import mmap
import os
import subprocess
import sys

import duckdb
import msgpack
import pyarrow
import pyarrow.parquet
import pytest
import zmq

from nestlib import (
    LONG_S,
    ONE_INT,
    bin32,
    cut_columns,
    end_frame,
    finish,
    frame,
    head,
    parts,
    read_frames,
    rows_frame,
    start_stage,
    unpack_frame,
    wait_until,
)

# A whole filter: every name in capitals, nothing else touched. It is all that a stage needs.
SHOUT = """
import hashlib, sys, msgpack

def bin32(content):
    return b"\\xc6" + len(content).to_bytes(4, "big") + content

def shout(header, body):
    (entries, value_bytes), *_ = header["leaves"]
    # The first leaf has definition levels, as it is optional, and no repetition levels.
    levels, names, rest = body[:entries], body[entries:][:value_bytes], body[entries + value_bytes:]
    shouted, at = b"", 0
    while at < len(names):
        size = int.from_bytes(names[at : at + 4], "little")
        shouted += names[at : at + 4] + names[at + 4 : at + 4 + size].upper()
        at += 4 + size
    return levels + shouted + rest

frames = msgpack.Unpacker(sys.stdin.buffer, max_buffer_size=1 << 27)
for header in frames:
    header, body = msgpack.unpackb(header), next(frames)
    if header["kind"] == "columns":
        body = shout(header, body)
        header["run"] = hashlib.blake2b(header["run"] + b"shout", digest_size=16).digest()
    header["from"] = "shout"
    sys.stdout.buffer.write(bin32(msgpack.packb(header)) + bin32(body))
"""


def test_a_filter_between_two_stages(nest, tmp_path):
    """nest-gen | nest-shred | a filter in Python | parquet-encode | parquet-merge"""
    out, plain = tmp_path / "out", nest.pipeline(tmp_path / "plain", rows=5000)
    commands = [
        nest.command("nest-gen", "-n", 5000, "contacts"),
        nest.command("nest-shred"),
        [sys.executable, "-c", SHOUT],
        nest.command("parquet-encode", "-o", out),
        nest.command("parquet-merge", out),
    ]
    stages, upstream = [], None
    for command in commands:
        stage = start_stage(command[0], command, stdin=upstream or subprocess.DEVNULL, stdout=subprocess.PIPE)
        stages.append(stage)
        if upstream:
            upstream.close()
        upstream = stage.process.stdout
    upstream.close()
    for result in finish(stages):
        assert (result.status, result.err) == (0, "")

    def query(folder, names):
        return duckdb.sql(f"select {names}, phones from read_parquet('{folder}/*.parquet')").fetchall()

    assert query(out, "name") == query(plain, "upper(name)")
    assert query(out, "name") != query(plain, "name")


@pytest.fixture
def context():
    context = zmq.Context()
    yield context
    # Sockets that a failed test left open must not keep it here.
    context.destroy(linger=0)


def receive(pull):
    assert pull.poll(LONG_S * 1000), "nothing came"
    return unpack_frame(pull.recv())


@pytest.mark.sanitize
@pytest.mark.parametrize("transport", ["tcp", "ipc"])
def test_a_sender_and_a_receiver_around_nest_shred(nest, sockets, started, context, transport):
    pull = context.socket(zmq.PULL)
    to = f"ipc://{sockets}/out" if transport == "ipc" else "tcp://127.0.0.1:*"
    pull.bind(to)
    to = pull.getsockopt_string(zmq.LAST_ENDPOINT)

    bound = sockets / "bound"
    here = f"ipc://{sockets}/in" if transport == "ipc" else "tcp://127.0.0.1:*"
    options = ["--from", here, "--bound", bound, "--to", to, "--name", "shred", "--senders", 2]
    shred = start_stage("nest-shred", nest.command("nest-shred", *options), started)

    wait_until(bound.exists, "nest-shred to bind")
    pushes = [context.socket(zmq.PUSH) for _ in range(2)]
    for part, push in enumerate(pushes):
        push.connect(bound.read_text().strip())
        name = f"python.{part}"
        push.send(frame(head("progress", name) | {"rows": 0}))
        push.send(rows_frame(ONE_INT, [[1], [2]], part=part, first=3 * part, last=False, sender=name))
        push.send(
            rows_frame(ONE_INT, [[3]], part=part, first=3 * part + 2, sender=name, meta={"key": "value"})
        )
        push.send(end_frame(2, 3, name, dataset={"first": 0, "rows": 6, "parts": 2}))

    values, last = {0: b"", 1: b""}, {}
    while (header := (received := receive(pull))[0])["kind"] != "end":
        assert header["from"] == "shred"
        if header["kind"] == "columns":
            [(rep, definition, plain)] = cut_columns(header, received[1], [(0, 0)])
            values[header["part"]] += plain
            last[header["part"]] = header["last"], header["meta"]
    expected = b"".join(value.to_bytes(8, "little") for value in (1, 2, 3))
    assert values == {0: expected, 1: expected}
    assert last == {0: (True, {"key": "value"}), 1: (True, {"key": "value"})}
    assert (header["frames"], header["rows"]) == (4, 6)
    assert header["dataset"] == {"first": 0, "rows": 6, "parts": 2}

    # A receiver that has everything closes its socket, and that lets the sender go.
    assert shred.process.poll() is None
    pull.close()
    [result] = finish([shred])
    assert (result.status, result.err) == (0, "")


@pytest.mark.sanitize
def test_nothing_is_left_of_an_endpoint_whose_name_is_made_up(nest, sockets, started):
    bound = sockets / "bound"
    command = nest.command("nest-shred", "--from", "ipc://*", "--bound", bound)
    folder = os.environ | {"TMPDIR": str(sockets)}
    shred = start_stage("nest-shred", command, started, stdout=subprocess.DEVNULL, env=folder)
    wait_until(bound.exists, "nest-shred to bind")
    endpoint = bound.read_text().strip()
    assert endpoint.startswith(f"ipc://{sockets}/")
    sent = nest.run("nest-gen", "-n", 1000, "--to", endpoint, "contacts", memory=None)
    [result] = finish([shred])
    assert [sent.status, result.status] == [0, 0], sent.err + result.err
    assert os.listdir(sockets) == ["bound"]


# ---- shared memory, by the manual page ----

BOOK_BYTES = 65536
SEALS = fcntl.F_SEAL_SHRINK | fcntl.F_SEAL_GROW | fcntl.F_SEAL_SEAL


def memory_file(slots, slot_bytes=1 << 20):
    """A sender's memory; returns its descriptor and the mapping."""
    fd = os.memfd_create("test", os.MFD_ALLOW_SEALING)
    os.truncate(fd, BOOK_BYTES + slots * slot_bytes)
    fcntl.fcntl(fd, fcntl.F_ADD_SEALS, SEALS)
    return fd, mmap.mmap(fd, 0)


def word(memory, index):
    return int.from_bytes(memory[4 * index : 4 * index + 4], sys.byteorder)


def set_word(memory, index, value):
    memory[4 * index : 4 * index + 4] = value.to_bytes(4, sys.byteorder)


def start_shred(nest, sockets, started, *options):
    bound = sockets / "bound"
    options = ["--from", f"ipc://{sockets}/in", "--bound", bound, *options]
    shred = start_stage(
        "nest-shred", nest.command("nest-shred", *options), started, stdout=subprocess.PIPE
    )
    wait_until(bound.exists, "nest-shred to bind")
    return shred


@pytest.mark.sanitize
def test_a_sender_with_shared_memory(nest, sockets, started, context):
    """Two slots used in turn, each again when its word says that it has come back."""
    shred = start_shred(nest, sockets, started, "--wire-memory")
    push = context.socket(zmq.PUSH)
    push.connect(f"ipc://{sockets}/in")
    fd, memory = memory_file(2)
    for number in range(6):
        slot = number % 2
        wait_until(lambda slot=slot: word(memory, 1 + slot) == 0, "the slot")
        message = rows_frame(ONE_INT, [[number]], first=number, last=number == 5)
        at = BOOK_BYTES + (slot << 20) + 11
        memory[at : at + len(message)] = message
        set_word(memory, 1 + slot, 1)
        push.send(msgpack.packb([1, fd, slot, at, len(message)]))
    push.send(end_frame(6, 6))
    frames = read_frames(shred.process.stdout.read())
    [result] = finish([shred])
    assert (result.status, result.err) == (0, "")
    # The last frame of all was given back, too.
    assert [word(memory, i) for i in range(3)] == [6, 0, 0]
    values = [cut_columns(*each, [(0, 0)])[0][2] for each in frames if each[0]["kind"] == "columns"]
    assert b"".join(values) == b"".join(number.to_bytes(8, "little") for number in range(6))
    os.close(fd)


def test_a_receiver_of_shared_memory(nest, sockets, started, context):
    pull = context.socket(zmq.PULL)
    pull.bind(f"ipc://{sockets}/out")
    rows = 200_000
    options = ["-n", rows, "--wire-memory", "--to", f"ipc://{sockets}/out", "--name", "g"]
    gen = start_stage("nest-gen", nest.command("nest-gen", *options, "contacts"), started)
    files, stream, references = {}, b"", 0
    while True:
        assert pull.poll(LONG_S * 1000), "nothing came"
        message = pull.recv()
        if message[0] == 0x95:
            version, fd, slot, at, size = msgpack.unpackb(message)
            assert version == 1
            if fd not in files:
                with open(f"/proc/{gen.process.pid}/fd/{fd}", "r+b") as file:
                    assert fcntl.fcntl(file, fcntl.F_GET_SEALS) & SEALS == SEALS
                    files[fd] = mmap.mmap(file.fileno(), 0)
            memory = files[fd]
            assert word(memory, 1 + slot) == 1 and at >= BOOK_BYTES
            message = memory[at : at + size]
            set_word(memory, 1 + slot, 0)
            set_word(memory, 0, word(memory, 0) + 1)  # the sender looks again by itself after a while
            references += 1
        stream += message
        header, _ = unpack_frame(message)
        if header["kind"] == "end":
            break
    pull.close()
    [result] = finish([gen])
    assert (result.status, result.err) == (0, "")
    assert references == header["frames"] > 10
    plain = nest.run("nest-gen", "-n", rows, "--name", "g", "contacts").out
    kept = [each for each in read_frames(stream) if each[0]["kind"] != "progress"]
    assert kept == [each for each in read_frames(plain) if each[0]["kind"] != "progress"]


@pytest.mark.sanitize
@pytest.mark.parametrize(
    "message, status, pattern",
    [
        (lambda fd, zero: [1, fd, 0, 0, 10], 1, "a reference leads out of the sender's shared memory$"),
        (lambda fd, zero: [1, fd, 0, BOOK_BYTES, 1 << 60], 1, "a reference leads out"),
        (lambda fd, zero: [1, fd, 0, BOOK_BYTES, 10], 1, "frame at byte 0 from unknown: this is no nest frame"),
        (lambda fd, zero: [1, fd, 0, BOOK_BYTES, 0], 1, "a frame cut short after 0 bytes"),
        (lambda fd, zero: [1, zero, 0, BOOK_BYTES, 10], 1, "leads to what is no shared memory of this user$"),
        (lambda fd, zero: [2, fd, 0, BOOK_BYTES, 10], 1, "neither a frame nor a reference"),
        (lambda fd, zero: [1, fd, 0, BOOK_BYTES, None], 1, "neither a frame nor a reference"),
        (lambda fd, zero: [1, fd + 1000, 0, BOOK_BYTES, 10], 3, "unable to open /proc/.*, the sender's memory"),
    ],
)
def test_references_that_are_no_good(nest, sockets, started, context, message, status, pattern):
    shred = start_shred(nest, sockets, started, "--wire-memory")
    push = context.socket(zmq.PUSH)
    push.connect(f"ipc://{sockets}/in")
    fd, _ = memory_file(1)
    zero = os.open("/dev/zero", os.O_RDWR)
    push.send(frame(head("progress", "python") | {"rows": 0}))
    push.send(msgpack.packb(message(fd, zero)))
    shred.process.stdout.read()
    [result] = finish([shred])
    result.fatal(status, pattern.replace("byte 0 ", r"byte \d+ "))
    push.close(linger=0)
    os.close(fd)
    os.close(zero)


def test_processes_that_cannot_be_found(nest, sockets, tmp_path):
    """In a PID namespace whose /proc is that of another one, numbers of processes lead astray."""
    alone = ["unshare", "--pid", "--fork", "--kill-child"]
    if subprocess.run([*alone, "true"], capture_output=True).returncode != 0:
        pytest.skip("PID namespaces are not permitted here")
    endpoint = ["--wire-memory", "--timeout", "10"]
    shred = nest.command("nest-shred", *endpoint, "--from", f"ipc://{sockets}/in")
    gen = nest.command("nest-gen", *endpoint, "-n", 100_000, "--to", f"ipc://{sockets}/in", "contacts")
    script = '"${@:2:$1}" >/dev/null & "${@:$1 + 2}"; wait $!'
    command = [*alone, "bash", "-c", script, "both", str(len(shred)), *shred, *gen]
    done = subprocess.run(command, capture_output=True, timeout=LONG_S)
    assert done.returncode == 3
    assert b"found by /proc, which is not there or another PID namespace's; mount it, or run" in done.stderr


@pytest.mark.sanitize
def test_a_receiver_that_was_not_told_of_shared_memory(nest, sockets, started):
    shred = start_shred(nest, sockets, started)
    options = ["-n", 1_000_000, "--wire-memory", "--to", f"ipc://{sockets}/in", "contacts"]
    gen = start_stage("nest-gen", nest.command("nest-gen", *options), started)
    shred.process.stdout.read()
    shredded, generated = finish([shred, gen])
    shredded.fatal(2, "a sender keeps its frames in shared memory; give --wire-memory here, too")
    generated.fatal(3, "nest-shred at ipc://.* was lost")


def test_a_python_sender_that_leaves_without_its_end_is_lost(nest, sockets, started, context):
    bound = sockets / "bound"
    options = ["--from", "tcp://127.0.0.1:*", "--bound", bound, "--senders", 1]
    shred = start_stage(
        "nest-shred", nest.command("nest-shred", *options), started, stdout=subprocess.DEVNULL
    )
    wait_until(bound.exists, "nest-shred to bind")
    push = context.socket(zmq.PUSH)
    push.connect(bound.read_text().strip())
    push.send(rows_frame(ONE_INT, [[1]], sender="python"))
    push.close()
    [result] = finish([shred])
    result.fatal(3, "python was lost: it is gone without its end frame$")


def test_a_generator_in_python_feeds_a_dataset(nest, tmp_path):
    """Two parts of one's own rows, with key-values of one's own."""
    stream = b"".join(
        rows_frame(ONE_INT, [[10 * part + i] for i in range(10)], part, 10 * part, meta={"who": "a test"})
        for part in range(2)
    )
    out = nest.pipeline(tmp_path / "out", source=stream + end_frame(2, 20))
    assert len(parts(out)) == 2
    assert pyarrow.parquet.read_table(out).column("a").to_pylist() == list(range(20))
    assert pyarrow.parquet.read_metadata(out / "part-00001.parquet").metadata[b"who"] == b"a test"


def test_headers_in_longer_forms(nest):
    """The programs write the shortest of msgpack, and take every one: of the map, its keys and its numbers."""
    rows, end = read_frames(rows_frame(ONE_INT, [[7]]) + end_frame(1, 1))
    wide = b""
    for header, body in [rows, end]:
        packed = msgpack.packb(header)
        packed = b"\xdf" + (packed[0] - 0x80).to_bytes(4, "big") + packed[1:]
        packed = packed.replace(b"\xa4nest\x01", b"\xd9\x04nest\xcf" + (1).to_bytes(8, "big"))
        packed = packed.replace(b"\xa4rows\x01", b"\xda\x00\x04rows\xcd\x00\x01")
        wide += bin32(packed) + bin32(body)
    assert wide != rows_frame(ONE_INT, [[7]]) + end_frame(1, 1)
    options = ["nest-shred", "--name", "s"]
    assert nest.run(*options, stdin=wide).out == nest.run(*options, stdin=rows_frame(ONE_INT, [[7]]) + end_frame(1, 1)).out
    assert nest.run("nest-cat", "--check", stdin=wide).out == b""


def test_entries_of_a_map_stay_in_their_order(nest):
    schema = "message m { required group tags (MAP) { repeated group key_value { required binary key (STRING); } } }"
    keys = ["b", "a", "b"]
    body = b"\x91\x83" + b"".join(msgpack.packb(key) + b"\xc0" for key in keys)
    columns = nest.run("nest-shred", stdin=rows_frame(schema, [], rows=1, body=body) + end_frame(1, 1)).out
    [(header, body)] = [each for each in read_frames(columns) if each[0]["kind"] == "columns"]
    [(_, _, values)] = cut_columns(header, body, [(1, 1)])
    assert values == b"".join(b"\x01\0\0\0" + key.encode() for key in keys)


# ---- an encoder of one's own, in pyarrow ----


def stage_file(out, name, first_row=0, schema=pyarrow.schema([pyarrow.field("a", pyarrow.int64(), nullable=False)]), keys=None):
    """A part of one row in the staging directory, and the frame that declares it."""
    staging = out.parent / f".{out.name}.staging"
    staging.mkdir(mode=0o700, exist_ok=True)
    keys = keys if keys is not None else {"nest.part": "0", "nest.first_row": str(first_row), "nest.part_rows": "1"}
    with pyarrow.parquet.ParquetWriter(staging / name, schema, store_schema=False) as writer:
        writer.write_table(pyarrow.Table.from_pylist([{"a": [] if pyarrow.types.is_map(schema.field("a").type) else 7}], schema=schema))
        writer.add_key_value_metadata(keys)
    # pyarrow calls the message so.
    place = {"schema": ONE_INT.replace("message m", "message schema"), "part": 0, "first": first_row, "rows": 1, "file": name, "bytes": (staging / name).stat().st_size}
    return frame(head("part") | place)


ONE = pyarrow.int64()
MAP = pyarrow.map_(pyarrow.string(), pyarrow.int32())
SCHEMAS = {
    "a type": (ONE_INT, pyarrow.schema([("a", ONE)]), "has field a as optional int64 a, not as required int64 a"),
    "a field more": (
        "message schema { required int64 a; }",
        pyarrow.schema([pyarrow.field("a", ONE, nullable=False), ("b", ONE)]),
        "has one more field, b",
    ),
    "a name": (ONE_INT, pyarrow.schema([pyarrow.field("a", ONE, nullable=False)]), "is of message schema, not of message m"),
    "a map": (
        "message schema { optional group a { repeated group key_value { required binary key (STRING); optional int32 value; } } }",
        pyarrow.schema([("a", MAP)]),
        r"has field a as optional group a \(MAP\), not as optional group a",
    ),
    "a sign": (
        "message schema { required int64 a (INTEGER(64,true)); }",
        pyarrow.schema([pyarrow.field("a", ONE, nullable=False)]),
        "spells out that a number is signed, or leaves it out",
    ),
}


@pytest.mark.parametrize("name", SCHEMAS)
def test_a_footer_whose_schema_differs(nest, tmp_path, name):
    declared, schema, difference = SCHEMAS[name]
    [(header, body)] = read_frames(stage_file(tmp_path / "out", "part-00000", schema=schema))
    result = nest.run("parquet-merge", tmp_path / "out", stdin=frame(header | {"schema": declared}, body))
    result.fatal(1, f"the file's schema is not the one that the frame declares: it {difference}$")


OWN_KEYS = {"nest.part": "0", "nest.first_row": "0", "nest.part_rows": "1"}


@pytest.mark.parametrize("key", OWN_KEYS)
def test_a_footer_whose_key_values_differ(nest, tmp_path, key):
    out, name = tmp_path / "out", "part-00000"
    place = f"part 0, file {name}: "
    for value in ("9", "", "00", "1" * 40):
        stream = stage_file(out, name, keys=OWN_KEYS | {key: value})
        told = f"the file's key-value {key} is '{value[:32]}', but the frame declares {OWN_KEYS[key]}"
        nest.run("parquet-merge", out, stdin=stream).fatal(1, f"{place}{told}")
    stream = stage_file(out, name, keys={other: OWN_KEYS[other] for other in OWN_KEYS if other != key})
    nest.run("parquet-merge", out, stdin=stream).fatal(1, f"{place}the file has no key-value {key}")


def test_a_file_that_is_not_as_declared(nest, tmp_path):
    out, name = tmp_path / "out", "part-00000"
    size = [header for header, _ in read_frames(stage_file(out, name))][0]["bytes"]
    for declared, problem in (
        ({"bytes": size + 1}, f"the file has {size} bytes, but the frame declares {size + 1}"),
        ({"rows": 2}, "the file holds 1 rows, but the frame declares 2"),
    ):
        [(header, body)] = read_frames(stage_file(out, name))
        result = nest.run("parquet-merge", out, stdin=frame(header | declared, body))
        result.fatal(1, f"part 0, file {name}: {problem}")
    # What the footer tells of all of its row groups is not what they tell.
    [(header, body)] = read_frames(stage_file(out, name))
    path = out.parent / f".{out.name}.staging" / name
    content = path.read_bytes()
    start = len(content) - 8 - int.from_bytes(content[-8:-4], "little")
    # Of its row group: all bytes, its rows, and where it begins.
    at = content.rindex(b"\x16\x02\x26\x08", start)
    path.write_bytes(content[:at] + b"\x16\x04" + content[at + 2 :])
    result = nest.run("parquet-merge", out, stdin=frame(header, body))
    result.fatal(1, f"part 0, file {name}: the file holds 1 rows, but its row groups 2")


def test_parts_whose_schemas_differ(nest, tmp_path):
    first = stage_file(tmp_path / "out", "part-00000")
    [(header, body)] = read_frames(first)
    other = header | {"part": 1, "schema": "message schema { optional int64 a; }"}
    result = nest.run("parquet-merge", tmp_path / "out", stdin=first + frame(other, body))
    result.fatal(1, "the schema differs from that of part 0, which came first: it has field a as optional int64 a, not")


def test_an_encoder_by_the_manual(nest, tmp_path):
    out = tmp_path / "out"
    result = nest.run("parquet-merge", out, stdin=stage_file(out, "part-00000") + end_frame(1, 1))
    assert (result.status, result.err) == (0, "")
    assert pyarrow.parquet.read_table(out).to_pydict() == {"a": [7]}
    assert os.listdir(tmp_path) == ["out"]


def test_the_staging_directory_of_such_an_encoder_may_vanish(nest, tmp_path):
    """With its files, where the run has failed: those that were declared, and those whose names are known."""
    out = tmp_path / "out"
    declared = stage_file(out, "from-pyarrow")
    stage_file(out, "part-00000")
    result = nest.run("parquet-merge", out, stdin=declared + end_frame(2, 1))
    result.fatal(1, "the end says 2 frames")
    assert os.listdir(tmp_path) == []


def test_a_file_of_another_name_that_was_not_declared_stays(nest, tmp_path):
    out = tmp_path / "out"
    stage_file(out, "part-00000")
    stage_file(out, "mine")
    assert nest.run("parquet-merge", "--sweep", out).status == 3
    assert os.listdir(tmp_path / ".out.staging") == ["mine"]
