"""A sender that stays and sends nothing: its receiver says what it waits for."""

import subprocess

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
SILENT = r"no frame has come for 1 s; "


def said(stage):
    return stage.result().err


def start(nest, started, program, *arguments, stream):
    """A receiver at a pipe that STREAM was written into, and that stays open."""
    command = nest.command(program, "--timeout", 1, *arguments)
    stage = start_stage(program, command, started, stdin=subprocess.PIPE, stdout=subprocess.DEVNULL)
    stage.process.stdin.write(stream)
    stage.process.stdin.flush()
    return stage


WAITS = {
    "no end": (HELLO + rows_frame(ONE_INT, [[1]]), [], "waiting for the end of test"),
    "two ends": (HELLO, ["--senders", 2], "waiting for the ends of 2 senders, one of them test"),
    "one end more": (rows_stream(ONE_INT, [[1]]), ["--senders", 2], "waiting for nest-gen"),
    "no close": (rows_stream(ONE_INT, [[1]]), [], "all senders have ended; its writer has yet to close it"),
}


@pytest.mark.parametrize("name", WAITS)
def test_what_is_waited_for_is_said(nest, started, name):
    stream, options, what = WAITS[name]
    stage = start(nest, started, "nest-shred", *options, stream=stream)
    wait_until(lambda: said(stage), "a word of nest-shred")
    assert said(stage) == f"nest-shred: warning: standard input: {SILENT}{what}\n"
    wait_until(lambda: said(stage).count("\n") == 2, "another one")
    assert said(stage).splitlines()[1] == f"nest-shred: warning: standard input: no frame has come for 2 s; {what}"
    stage.process.stdin.close()
    finish([stage])


def test_whoever_should_come_is_named(nest, tmp_path, started):
    stage = start(nest, started, "parquet-encode", "-o", tmp_path / "file.parquet", stream=b"")
    wait_until(lambda: said(stage), "a word of parquet-encode")
    assert said(stage) == f"parquet-encode: warning: standard input: {SILENT}waiting for nest-shred\n"
    stage.process.stdin.close()
    finish([stage])


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


def test_a_sender_that_tells_its_progress_is_not_silent(nest, started):
    stage = start(nest, started, "nest-shred", stream=HELLO)
    for _ in range(8):
        with pytest.raises(subprocess.TimeoutExpired):
            stage.process.wait(0.25)
        stage.process.stdin.write(HELLO)
        stage.process.stdin.flush()
    assert said(stage) == ""
    stage.process.stdin.write(end_frame(0, 0))
    stage.process.stdin.close()
    [result] = finish([stage])
    assert (result.status, result.err) == (0, "")


def test_the_progress_line_says_it(nest, tmp_path, started):
    """It is drawn for a terminal: nothing in it comes from a sender's name but plain characters."""
    hello = frame(head("progress", "x\x1b[31m") | {"rows": 1000})
    stage = start(nest, started, "parquet-merge", "-v", tmp_path / "out", stream=hello)
    wait_until(lambda: "waiting" in said(stage), "the line")
    assert said(stage).endswith("\r1.00k rows  waiting for the end of x?[31m\x1b[K")
    stage.process.stdin.close()
    finish([stage])


def test_a_run_that_went_well_does_not_tell_who_waited(nest, tmp_path):
    (tmp_path / "plan").write_text("one: sh -c 'echo \"nest-x: warning: in: no frame has come for 10 s; so\" >&2'\n")
    result = nest.run("nest-run", tmp_path / "plan")
    assert (result.status, result.err) == (0, "")
