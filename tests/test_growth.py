"""Many parts in one dataset, many senders to one receiver, many receivers of one sender."""

import json
import resource
import subprocess

import pyarrow.dataset
import pytest
import zmq

from nestlib import LONG_S, end_frame, finish, frame, parts, start_stage, unpack_frame, wait_until

PARTS = 10_000
SENDERS = 1_000
RECEIVERS = 400


# ---- parts ----


def stage_parts(nest, out, count):
    """So many parts of one row each; returns the frames that tell of them."""
    rows = nest.run("nest-gen", "-n", count, "--parts", count, "contacts").out
    result = nest.run("parquet-encode", "-o", out, stdin=nest.run("nest-shred", stdin=rows).out)
    assert result.status == 0, result.err
    return result.out


def messages(stream):
    """The frames of a stream, each as it stands there."""
    found = []
    while stream:
        at = 0
        for _ in range(2):
            assert stream[at] == 0xC6
            at += 5 + int.from_bytes(stream[at + 1 : at + 5], "big")
        found.append(stream[:at])
        stream = stream[at:]
    return found


def merge(nest, out, *options, frames=b""):
    """Returns the memory that it takes; a process starts out with the peak of the one that started it."""
    stats = out.with_name("stats")
    command = nest.command("parquet-merge", "--stats", stats, *options, out)
    small = ["sh", "-c", '"$@"; exit $?', "sh", *nest.limited(command, nofile=64)]
    subprocess.run(small, input=frames, check=True, timeout=LONG_S)
    return json.loads(stats.read_text())["peak_bytes"]


@pytest.mark.slow
def test_ten_thousand_parts_are_one_dataset(nest, tmp_path):
    """A part leaves in memory its numbers and names, and nothing of what it holds."""
    out, few = tmp_path / "out", tmp_path / "few"
    least = merge(nest, few, frames=stage_parts(nest, few, 10))
    peak = merge(nest, out, frames=stage_parts(nest, out, PARTS))
    assert pyarrow.dataset.dataset(out).count_rows() == PARTS
    assert len(parts(out)) == PARTS
    assert nest.sanitized or peak - least < 500 * PARTS


def test_parts_are_told_by_two_attempts(nest, tmp_path):
    """By the second one backwards."""
    out = tmp_path / "out"
    frames = messages(stage_parts(nest, out, 1000))
    *told, end = [message for message in frames if unpack_frame(message)[0]["kind"] != "progress"]
    other = [
        frame(header | {"from": "other"}, body) for header, body in map(unpack_frame, [*reversed(told), end])
    ]
    merge(nest, out, "--senders", 2, frames=b"".join([*told, end, *other]))
    assert len(parts(out)) == 1000


# ---- peers ----


@pytest.fixture
def context():
    """For a thousand sockets, each of which takes two descriptors of this process, or three."""
    limits = resource.getrlimit(resource.RLIMIT_NOFILE)
    if limits[1] < 4 * SENDERS:
        pytest.skip("too few file descriptors are allowed here")
    resource.setrlimit(resource.RLIMIT_NOFILE, (limits[1], limits[1]))
    context = zmq.Context()
    context.set(zmq.MAX_SOCKETS, 2 * SENDERS)
    yield context
    context.destroy(linger=0)
    resource.setrlimit(resource.RLIMIT_NOFILE, limits)


def start(nest, started, folder, transport, program, *arguments, files):
    """A receiver of a thousand senders that begins with a limit of FILES, "soft:hard"; its endpoint."""
    bound = folder / "bound"
    endpoint = "tcp://127.0.0.1:*" if transport == "tcp" else f"ipc://{folder}/in"
    command = nest.command(program, "--from", endpoint, "--bound", bound, "--senders", SENDERS, *arguments)
    receiver = start_stage(program, nest.limited(command, nofile=files), started, stdout=subprocess.DEVNULL)
    wait_until(lambda: bound.exists() or receiver.process.poll() is not None, "it to bind")
    return receiver, bound.exists() and bound.read_text().strip()


def end_many(context, endpoint, senders):
    """They say nothing but that they have ended; returns their sockets, for what is sent goes while they live."""
    pushes = []
    for sender in senders:
        pushes.append(context.socket(zmq.PUSH))
        pushes[-1].connect(endpoint)
        pushes[-1].send(end_frame(0, 0, f"sender.{sender}"))
    return pushes


@pytest.mark.parametrize("transport", ["ipc", "tcp"])
@pytest.mark.parametrize("program", ["nest-shred", "parquet-encode"])
def test_a_thousand_senders_end(nest, started, sockets, context, transport, program):
    """Most processes begin with a limit of 1,024 descriptors, which is too few; they may have more."""
    out = ["-o", sockets / "out"] if program == "parquet-encode" else []
    receiver, endpoint = start(nest, started, sockets, transport, program, *out, files="256:4096")
    sent = end_many(context, endpoint, range(SENDERS))
    [result] = finish([receiver])
    assert len(sent) == SENDERS and (result.status, result.err) == (0, "")


@pytest.mark.parametrize("transport", ["ipc", "tcp"])
def test_a_thousand_senders_to_one_merge(nest, started, sockets, context, transport):
    """The first of them has all the parts."""
    out = sockets / "out"
    frames = stage_parts(nest, out, 3)
    receiver, endpoint = start(nest, started, sockets, transport, "parquet-merge", out, files="256:4096")
    with context.socket(zmq.PUSH) as first:
        first.connect(endpoint)
        for message in messages(frames):
            first.send(message)
        sent = end_many(context, endpoint, range(1, SENDERS))
        [result] = finish([receiver])
    assert (result.status, result.err) == (0, "")
    assert len(sent) == SENDERS - 1 and len(parts(out)) == 3


@pytest.mark.parametrize("transport", ["ipc", "tcp"])
@pytest.mark.parametrize("program", ["nest-shred", "parquet-merge"])
def test_more_senders_than_descriptors_are_refused(nest, started, sockets, transport, program):
    """At once, and not when the first of them is one too many."""
    out = [sockets / "out"] if program == "parquet-merge" else []
    receiver, _ = start(nest, started, sockets, transport, program, *out, files="512:512")
    [result] = finish([receiver])
    result.fatal(
        3,
        r"^1000 connections take \d{4} file descriptors, and this process may have 512; raise its hard limit "
        r"\(ulimit -Hn\), or connect fewer processes$",
    )
    assert sorted(path.name for path in sockets.iterdir()) == []


def test_more_receivers_than_descriptors_are_refused(nest, sockets):
    endpoints = ",".join(f"ipc://{sockets}/{i}" for i in range(RECEIVERS))
    command = nest.command("nest-gen", "--to", endpoints, "contacts")
    result = subprocess.run(
        nest.limited(command, nofile="1024:1024"), capture_output=True, text=True, timeout=LONG_S
    )
    assert result.returncode == 3
    assert result.stderr.startswith("nest-gen: fatal: 400 connections take 1622 file descriptors, and this process")


def test_receivers_go_one_by_one(nest, started, sockets, context):
    """Each closes when it has its end, while the sender has yet to tell the others: none of them was lost."""
    pulls = [context.socket(zmq.PULL) for _ in range(RECEIVERS)]
    endpoints = [f"ipc://{sockets}/{i}" for i in range(RECEIVERS)]
    for pull, endpoint in zip(pulls, endpoints):
        pull.bind(endpoint)
    command = nest.command("nest-gen", "-n", 0, "--to", ",".join(endpoints), "contacts")
    sender = start_stage("nest-gen", nest.limited(command, nofile="1024:4096"), started)
    for pull in pulls:
        pull.setsockopt(zmq.RCVTIMEO, LONG_S * 1000)
        while unpack_frame(pull.recv())[0]["kind"] != "end":
            pass
        pull.close()
    [result] = finish([sender])
    assert (result.status, result.err) == (0, "")
