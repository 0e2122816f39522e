"""A sender that stays and sends nothing: its receiver says what it waits for."""

import subprocess
import time

import pytest
import zmq

from nestlib import (
    ONE_INT,
    end_frame,
    finish,
    frame,
    head,
    rows_frame,
    rows_stream,
    start_stage,
    wait_until,
)

pytestmark = pytest.mark.sanitize

HELLO = frame(head("progress") | {"rows": 0})
# The first word comes after 10 s of silence.
SILENT = "no frame has come for 10 s; "
PATIENCE_S = 10

# What a program reads, its options, and what it waits for.
WAITS = {
    "no end": ("nest-shred", HELLO + rows_frame(ONE_INT, [[1]]), [], "waiting for the end of test"),
    "two ends": ("nest-shred", HELLO, ["--senders", 2], "waiting for the ends of 2 senders, one of them test"),
    "one end more": ("nest-shred", rows_stream(ONE_INT, [[1]]), ["--senders", 2], "waiting for nest-gen"),
    "no close": ("nest-shred", rows_stream(ONE_INT, [[1]]), [], "all senders have ended; its writer has yet to close it"),
    "nobody": ("parquet-encode", b"", ["-o", "file.parquet"], "waiting for nest-shred"),
}


def said(stage):
    return stage.result().err


def tell(stage, stream):
    stage.process.stdin.write(stream)
    stage.process.stdin.flush()


def start(nest, started, tmp_path, program, *arguments, stream):
    """A receiver at a pipe that STREAM was written into, and that stays open."""
    command = nest.command(program, "--timeout", 1, *arguments)
    stage = start_stage(program, command, started, stdin=subprocess.PIPE, stdout=subprocess.DEVNULL, cwd=tmp_path)
    tell(stage, stream)
    return stage


def test_what_is_waited_for_is_said(nest, tmp_path, started):
    """All at once, since it takes a while; whoever hears of a sender's progress says nothing."""
    stages = {
        name: start(nest, started, tmp_path, program, *options, stream=stream)
        for name, (program, stream, options, _) in WAITS.items()
    }
    # It is drawn for a terminal: nothing in it comes from a sender's name but plain characters.
    strange = frame(head("progress", "x\x1b[31m") | {"rows": 1000})
    line = start(nest, started, tmp_path, "parquet-merge", "-v", "out", stream=strange)
    busy = start(nest, started, tmp_path, "nest-shred", stream=HELLO)
    for _ in range(4 * PATIENCE_S + 4):
        time.sleep(0.25)
        tell(busy, HELLO)
    for name, (program, _, _, what) in WAITS.items():
        wait_until(lambda: said(stages[name]), f"a word of {program}")
        assert said(stages[name]) == f"{program}: warning: standard input: {SILENT}{what}\n"
    assert said(line).endswith("\r1.00k rows  waiting for the end of x?[31m\x1b[K")
    assert said(busy) == ""
    for stage in [*stages.values(), line, busy]:
        stage.process.stdin.close()
    finish([*stages.values(), line, busy])


def test_a_sender_at_a_socket_that_stays_is_named(nest, sockets, started):
    """Of two, one has ended; the other stays, and sends no end."""
    endpoint = f"ipc://{sockets}/in"
    command = nest.command("nest-shred", "--from", endpoint, "--senders", 2, "--timeout", 1)
    stage = start_stage("nest-shred", command, started, stdout=subprocess.DEVNULL)
    with zmq.Context() as context:
        a, b = (context.socket(zmq.PUSH) for _ in "ab")
        for push, name in [(a, "a"), (b, "b")]:
            push.connect(endpoint)
            push.send(frame(head("progress", name) | {"rows": 0}))
        a.send(end_frame(0, 0, "a"))
        wait_until(lambda: said(stage), "a word of nest-shred")
        assert said(stage) == f"nest-shred: warning: {endpoint}: {SILENT}waiting for the end of b\n"
        b.send(end_frame(0, 0, "b"))
        [result] = finish([stage])
        assert result.status == 0
        a.close()
        b.close()


def test_a_run_that_went_well_does_not_tell_who_waited(nest, tmp_path):
    (tmp_path / "plan").write_text("one: sh -c 'echo \"nest-x: warning: in: no frame has come for 10 s; so\" >&2'\n")
    result = nest.run("nest-run", tmp_path / "plan")
    assert (result.status, result.err) == (0, "")
