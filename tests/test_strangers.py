"""Who reaches an endpoint can connect to it: what strangers send is passed over, and nobody speaks for a sender."""

import contextlib
import os
import re
import socket
import subprocess

import pyarrow.parquet
import pytest
import zmq

from nestlib import (
    LONG_S,
    ONE_INT,
    end_frame,
    finish,
    frame,
    head,
    parts,
    read_frames,
    rows_frame,
    staged_parts,
    start_stage,
    wait_until,
)

# Sockets that nobody refers to are closed, with what they have still to send.
CONNECTED = []
WENT = " came and went without a frame"
WHOLE = rows_frame(ONE_INT, [[1]])


@pytest.fixture
def context():
    context = zmq.Context()
    yield context
    context.destroy(linger=0)
    CONNECTED.clear()


def start(nest, started, folder, program="nest-shred", *arguments, transport="tcp", **popen):
    """A receiver, and the endpoint where it is bound."""
    bound = folder / "bound"
    endpoint = "tcp://127.0.0.1:*" if transport == "tcp" else f"ipc://{folder}/in"
    command = nest.command(program, "--from", endpoint, "--bound", bound, *arguments)
    stage = start_stage(program, command, started, **{"stdout": subprocess.DEVNULL} | popen)
    wait_until(lambda: bound.exists() or stage.process.poll() is not None, "it to bind")
    return stage, bound.read_text().strip()


def connect(context, endpoint, type_=zmq.PUSH):
    push = context.socket(type_)
    # A socket that is dropped would come back, and be one stranger more.
    push.setsockopt(zmq.RECONNECT_IVL, 3_600_000)
    push.connect(endpoint)
    CONNECTED.append(push)
    return push


def hello(sender, **keys):
    return frame(head("progress", sender) | {"rows": 0} | keys)


def send_part(push, sender="test", part=0, first=0, rows=1):
    """One part, and the end."""
    values = [[first + i] for i in range(rows)]
    push.send(hello(sender))
    push.send(rows_frame(ONE_INT, values, part=part, first=first, sender=sender))
    push.send(end_frame(1, rows, sender))


def warned(stage, text=""):
    """The warnings of a process that runs still, or has ended; whole lines only."""
    # The process writes where the file's offset is: it is left alone.
    said = os.pread(stage.log.fileno(), 1 << 20, 0).decode()
    return [line for line in said.split("\n")[:-1] if ": warning: " in line and text in line]


def await_warning(stage, text=""):
    wait_until(lambda: warned(stage, text) or stage.process.poll() is not None, f"a warning of {text!r}")


def finish_with(stage, *patterns):
    """It ends well, and has warned of exactly these."""
    [result] = finish([stage])
    lines = result.err.splitlines()
    assert result.status == 0 and len(lines) == len(patterns), result.err
    for line, pattern in zip(lines, patterns):
        assert line.startswith(f"{stage.program}: warning: ") and pattern in line, result.err


# ---- strangers ----

TLS_HELLO = b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03" + bytes(range(256)) * 2


@pytest.mark.sanitize
@pytest.mark.parametrize(
    "noise",
    [
        b"GET / HTTP/1.1\r\nHost: nest\r\n\r\n",
        TLS_HELLO,
        b"\xff" * 1000,
        b"\x01\x00" + b"\x00\x00" * 100,  # ZMTP 1: an anonymous peer, and messages of 0 bytes
        b"\x01\x00\x05\x00abcd",
        b"\xff\0\0\0\0\0\0\0\x01\x7f\x01\x05\0\0" + b"\0\0" * 100,  # ZMTP 2
        b"\xff\0\0\0\0\0\0\0\x01\x7f\x03\0NULL" + b"\0" * 48 + b"\x04\x7f\xff\xff\xff",
        os.urandom(5000),
    ],
    ids=["http", "tls", "ff", "zmtp1", "zmtp1-frame", "zmtp2", "zmtp3", "random"],
)
def test_bytes_of_another_protocol(nest, sockets, started, context, noise):
    shred, endpoint = start(nest, started, sockets)
    host, port = endpoint.removeprefix("tcp://").split(":")
    with socket.create_connection((host, int(port)), timeout=LONG_S) as stranger:
        address = "%s:%d" % stranger.getsockname()
        stranger.sendall(noise)
        # It may be closed already.
        with contextlib.suppress(OSError):
            stranger.shutdown(socket.SHUT_WR)
        await_warning(shred)
    send_part(connect(context, endpoint))
    finish_with(shred, WENT)
    # Its address is known unless ZeroMQ has closed the connection before anybody looked.
    who = warned(shred)[0].removeprefix(f"nest-shred: warning: {endpoint}: ").removesuffix(WENT)
    assert who in (address, "a stranger")


@pytest.mark.sanitize
@pytest.mark.parametrize("transport", ["tcp", "ipc"])
@pytest.mark.parametrize(
    "message, why",
    [
        (b"", "a frame cut short after 0 bytes"),
        (b"x", "a frame cut short after 1 bytes"),
        (b"\xc6\xff\xff\xff\xff", "over the limit"),
        (WHOLE[:-1], "a frame's body is said to be"),
        (WHOLE + b"x", "a frame's body is said to be"),
        (b"\0" * 100_000, "this is no nest frame"),
        (b"\0" * 10_000_000, "this is no nest frame"),
        (b"\x95" + b"\x01" * 5, "--wire-memory"),
        (frame({"nest": 2, "kind": "end", "from": "new"}), "the frame is of version 2"),
        (frame(head("progress")), 'the header\'s key "rows" is missing'),
    ],
)
def test_messages_that_are_no_frames(nest, sockets, started, context, transport, message, why):
    """From who is no sender yet they are dropped, and so is what comes behind them."""
    shred, endpoint = start(nest, started, sockets, transport=transport)
    stranger = connect(context, endpoint)
    stranger.send(message)
    await_warning(shred)
    for _ in range(3 if len(message) < 1_000_000 else 0):
        stranger.send(message)
        stranger.send(WHOLE)
    send_part(connect(context, endpoint), "the.sender")
    who = "process " if transport == "ipc" else "127.0.0.1:"
    finish_with(shred, f" {endpoint}: {who}")
    assert why in warned(shred)[0]


@pytest.mark.sanitize
@pytest.mark.parametrize("is_known", [False, True])
def test_a_frame_in_several_parts(nest, sockets, started, context, is_known):
    """Header and body apart, as bindings that send lists do; what they would be together does not matter."""
    shred, endpoint = start(nest, started, sockets)
    push = connect(context, endpoint)
    if is_known:
        push.send(hello("known"))
    push.send_multipart([WHOLE, b"", WHOLE])
    sentence = "a message of several parts has come; a frame is one message of one part"
    if is_known:
        [result] = finish([shred])
        result.fatal(1, f"^{endpoint}: {sentence}$")
    else:
        await_warning(shred)
        send_part(connect(context, endpoint), "the.sender")
        finish_with(shred, sentence)


@pytest.mark.sanitize
def test_a_reference_from_a_stranger(nest, sockets, started, context):
    shred, endpoint = start(nest, started, sockets, "nest-shred", "--wire-memory", transport="ipc")
    stranger = connect(context, endpoint)
    stranger.send(b"\x95\x01\xcd\xff\xff\x00\x00\x00")
    await_warning(shred)
    send_part(connect(context, endpoint))
    finish_with(shred, "unable to open /proc/")


@pytest.mark.parametrize("kind", ["REQ", "DEALER", "SUB", "PUB", "PULL", "ROUTER", "PAIR"])
def test_sockets_of_another_type(nest, sockets, started, context, kind):
    shred, endpoint = start(nest, started, sockets)
    stranger = connect(context, endpoint, getattr(zmq, kind))
    if kind in ("REQ", "DEALER"):
        stranger.send(WHOLE)
    await_warning(shred)
    send_part(connect(context, endpoint))
    finish_with(shred, WENT)


@pytest.mark.parametrize("message", [b"", b"\x95", b"\x16\x03\x01", b"\0" * 2000])
def test_a_sender_that_is_known_and_breaks_the_format_ends_the_run(nest, sockets, started, context, message):
    shred, endpoint = start(nest, started, sockets)
    push = connect(context, endpoint)
    push.send(hello("known"))
    push.send(message)
    [result] = finish([shred])
    if message == b"\x95":
        result.fatal(2, "give --wire-memory here, too")
    else:
        result.fatal(1, f"^{endpoint}, frame at byte [0-9]+ from unknown: ")


def test_a_thousand_strangers(nest, sockets, started, context):
    """They fill neither the log nor the memory, and take nobody's place."""
    shred, endpoint = start(nest, started, sockets, "nest-shred", "--senders", 2)
    host, port = endpoint.removeprefix("tcp://").split(":")
    first = connect(context, endpoint)
    first.send(hello("a"))
    for i in range(900):
        with socket.create_connection((host, int(port)), timeout=LONG_S) as stranger:
            stranger.sendall([b"", TLS_HELLO, b"GET / HTTP/1.0\r\n\r\n"][i % 3])
    strangers = [connect(context, endpoint) for _ in range(100)]
    for i in range(10):
        for stranger in strangers:
            stranger.send(b"\0" * (1 << 20))
    send_part(first, "a")
    wait_until(lambda: established(endpoint) < 50, "the strangers to be cut off")
    peak = peak_memory(shred)
    send_part(connect(context, endpoint), "b", 1, 1)
    [result] = finish([shred])
    assert result.status == 0, result.err
    assert len(warned(shred)) == 10
    assert result.err.endswith("; there will be no more of these warnings\n")
    # Four messages of each stranger wait, and one is on its way.
    assert peak < 700 << 20


def peak_memory(stage):
    with open(f"/proc/{stage.process.pid}/status") as file:
        return int(re.search(r"VmHWM:\s+([0-9]+) kB", file.read())[1]) << 10


# ---- senders and their connections ----


@pytest.mark.sanitize
@pytest.mark.parametrize("transport", ["tcp", "ipc"])
@pytest.mark.parametrize(
    "forged",
    [
        end_frame(0, 0, "a"),
        end_frame(1, 1, "a"),
        end_frame(0, 0, "a", dataset={"first": 0, "rows": 1, "parts": 1}),
        hello("a"),
        hello("a", dataset={"first": 0, "rows": 1, "parts": 1}),
        rows_frame(ONE_INT, [[99]], first=1, sender="a", last=False),
        rows_frame(ONE_INT, [[99]], part=7, first=1, sender="a"),
    ],
)
def test_a_frame_in_the_name_of_another(nest, sockets, started, context, transport, forged):
    shred, endpoint = start(
        nest, started, sockets, transport=transport, stdout=subprocess.PIPE
    )
    dataset = {"first": 0, "rows": 3, "parts": 1}
    push = connect(context, endpoint)
    push.send(hello("a", dataset=dataset))
    push.send(rows_frame(ONE_INT, [[1]], first=0, sender="a", last=False))
    forger = connect(context, endpoint)
    # The first frame is entered when it has come out; only then the name is known to be taken.
    received = os.read(shred.process.stdout.fileno(), 1 << 20)
    while b"columns" not in received:
        received += os.read(shred.process.stdout.fileno(), 1 << 20)
    forger.send(forged)
    await_warning(shred)
    forger.send(forged)
    push.send(rows_frame(ONE_INT, [[2], [3]], first=1, sender="a"))
    push.send(end_frame(2, 3, "a"))
    received += shred.process.stdout.read()
    finish_with(shred, "sends in the name of a, which came by another connection")
    frames = read_frames(received)
    assert sum(header["rows"] for header, _ in frames if header["kind"] == "columns") == 3
    end, _ = frames[-1]
    assert (end["kind"], end["rows"], end["dataset"]) == ("end", 3, dataset)


def test_a_forged_end_publishes_nothing(nest, tmp_path, sockets, started, context):
    """One part is staged and declared; the forged end fits it to the row."""
    out = tmp_path / "out"
    merge, endpoint = start(nest, started, sockets, "parquet-merge", out)
    encode = start_stage(
        "parquet-encode",
        nest.command("parquet-encode", "-o", out, "--to", endpoint, "--name", "e"),
        started,
        stdin=subprocess.PIPE,
    )
    shredded = nest.run("nest-shred", stdin=b"".join(
        rows_frame(ONE_INT, [[part]], part=part, first=part) for part in range(2)
    ) + end_frame(2, 2)).out
    pieces = [keep(shredded, header) for header in ("progress", 0, 1, "end")]
    encode.process.stdin.write(pieces[0] + pieces[1])
    encode.process.stdin.flush()
    wait_until(lambda: "part-00000.parquet" in staged_parts(out) or staged_parts(out), "the part")
    forger = connect(context, endpoint)
    # Until merge has taken the part's frame there is nothing that the end would fit: it is sent again.
    for _ in range(20):
        forger.send(end_frame(1, 1, "e", dataset={"first": 0, "rows": 1, "parts": 1}))
    await_warning(merge)
    assert merge.process.poll() is None and not (out / "_SUCCESS").exists()
    encode.process.stdin.write(pieces[2] + pieces[3])
    encode.process.stdin.close()
    [encoded] = finish([encode])
    assert (encoded.status, encoded.err) == (0, "")
    finish_with(merge, "sends in the name of e,")
    assert len(parts(out)) == 2
    assert pyarrow.parquet.read_table(out).column("a").to_pylist() == [0, 1]


def keep(stream, which):
    """The bytes of one frame in a stream: of a kind, or the columns of a part."""
    for header, body in read_frames(stream):
        if which in (header["kind"], header.get("part")):
            return frame(header, body)
    raise AssertionError(f"no frame is {which}")


@pytest.mark.sanitize
@pytest.mark.parametrize("transport", ["tcp", "ipc"])
def test_two_senders_of_one_name(nest, sockets, started, transport):
    options = ["--senders", 2, "--timeout", 3]
    shred, endpoint = start(nest, started, sockets, "nest-shred", *options, transport=transport)
    senders = [
        start_stage(
            "nest-gen",
            nest.command(
                "nest-gen", "-n", 1000, "--share", f"{i}/2", "--to", endpoint, "--name", "g", "contacts"
            ),
            started,
        )
        for i in range(2)
    ]
    [result, *_] = finish([shred, *senders])
    assert result.status == 3
    warning, fatal = result.err.splitlines()
    assert warning.endswith("; it is dropped, give every sender a --name of its own") and " g, " in warning
    assert "1 of 2 senders have come within 3 s" in fatal


def test_a_sender_that_died_is_lost_whoever_has_its_descriptor_now(nest, sockets, started, context):
    """The receiver stands still while the sender goes and the forger comes: all is there when it looks."""
    for _ in range(5):
        (sockets / "bound").unlink(missing_ok=True)
        shred, endpoint = start(nest, started, sockets, stdout=subprocess.PIPE)
        push = connect(context, endpoint)
        push.send(hello("a"))
        push.send(rows_frame(ONE_INT, [[0]] * 40_000, first=0, sender="a", last=False))
        fill_pipe(push, "a", 40_000)
        push.close()
        # Its descriptor is free as soon as the receiver's other thread has seen the close.
        wait_until(lambda: established(endpoint) == 0, "the close")
        forger = connect(context, endpoint)
        forger.send(rows_frame(ONE_INT, [[0]], first=880_000, sender="a"))
        forger.send(end_frame(23, 880_001, "a"))
        wait_until(lambda: established(endpoint) == 1, "the forger")
        shred.process.stdout.read()
        shred.process.stdout.close()
        [result] = finish([shred])
        assert result.status == 3, result.err
        assert result.err.splitlines()[-1].endswith("a was lost: it is gone without its end frame")
        forger.close(linger=0)


def fill_pipe(push, sender, first):
    """More than standard output takes, so that the receiver waits in a write."""
    for i in range(3):
        push.send(rows_frame(ONE_INT, [[0]] * 40_000, first=first + i * 40_000, sender=sender, last=False))


def established(endpoint):
    """How many connections the receiver has, by the kernel's table."""
    port = int(endpoint.rsplit(":", 1)[1])
    with open("/proc/net/tcp") as file:
        lines = [line.split() for line in file.readlines()[1:]]
    return sum(int(line[1].split(":")[1], 16) == port and line[3] == "01" for line in lines)


def test_a_forger_that_comes_first_makes_no_dataset_of_less(nest, sockets, started, context):
    """It has the name; the sender is dropped, and with the forger the name is lost."""
    shred, endpoint = start(nest, started, sockets)
    forger = connect(context, endpoint)
    forger.send(hello("g"))
    gen = start_stage(
        "nest-gen", nest.command("nest-gen", "-n", 10, "--to", endpoint, "--name", "g", "contacts"), started
    )
    await_warning(shred, "in the name of g")
    forger.close(linger=0)
    [result, _] = finish([shred, gen])
    assert result.status == 3
    assert result.err.splitlines()[-1].endswith("g was lost: it is gone without its end frame")


def test_more_senders_than_announced(nest, sockets, started, context):
    shred, endpoint = start(nest, started, sockets)
    for sender in "ab":
        connect(context, endpoint).send(hello(sender))
    [result] = finish([shred])
    result.fatal(1, "more senders have come than the 1 expected; say how many with --senders$")


def test_no_name_puts_words_into_a_receivers_mouth(nest, sockets, started, context):
    """Messages are one line each, and leave a terminal as it is."""
    shred, endpoint = start(nest, started, sockets)
    push = connect(context, endpoint)
    for sender in ["a", "b\nnest-shred: fatal: boo\x1b[31m\x7f"]:
        push.send(hello(sender))
    [result] = finish([shred])
    sentence = result.fatal(1, r" from b\?nest-shred: fatal: boo\?\[31m\?: more senders have come than the 1 ")
    assert sentence.isprintable()


# ---- what the whole dataset is ----


@pytest.mark.sanitize
def test_the_hello_says_what_the_dataset_is(nest):
    def first(stream, kind):
        return next(header for header, _ in read_frames(stream) if header["kind"] == kind)

    dataset = {"first": 5, "rows": 1000, "parts": 4}
    made = nest.run("nest-gen", "-n", 1000, "--first", 5, "--parts", 4, "contacts").out
    assert read_frames(made)[0][0]["kind"] == "progress"
    assert first(made, "progress")["dataset"] == dataset
    # A filter says it as soon as it has heard of it: before the first data.
    shredded = nest.run("nest-shred", stdin=made).out
    kinds = [header["kind"] for header, _ in read_frames(shredded)]
    assert kinds[:3] == ["progress", "progress", "columns"]
    assert read_frames(shredded)[1][0]["dataset"] == dataset
    assert read_frames(shredded)[-1][0]["dataset"] == dataset


def test_no_end_makes_less_of_it(nest):
    stream = hello("a", dataset={"first": 0, "rows": 2, "parts": 2}) + rows_frame(ONE_INT, [[0]], sender="a")
    end = end_frame(1, 1, "a", dataset={"first": 0, "rows": 1, "parts": 1})
    result = nest.run("nest-shred", stdin=stream + end)
    result.fatal(1, "makes a dataset of 1 rows from row 0 in 1 parts, another one of 2 rows from row 0 in 2")


def test_an_end_that_does_not_say_it_leaves_it(nest, tmp_path, started):
    stream = hello("a", dataset={"first": 0, "rows": 2, "parts": 2}) + rows_frame(ONE_INT, [[0]], sender="a")
    shredded = nest.run("nest-shred", stdin=stream + end_frame(1, 1, "a")).out
    out = tmp_path / "out"
    encoded = nest.run("parquet-encode", "-o", out, stdin=shredded).out
    result = nest.run("parquet-merge", out, stdin=encoded)
    assert result.status == 1 and not (out / "_SUCCESS").exists(), result.err
