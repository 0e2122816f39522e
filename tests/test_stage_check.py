"""The kit names what a stage does wrong: nest's own pass it, and shredder.py broken in one place does not."""

import os
import pathlib
import re
import signal
import subprocess
import sys

import pytest

from nestlib import LONG_S, start_stage, wait_until

ROOT = pathlib.Path(__file__).resolve().parent.parent
KIT = str(ROOT / "pipelines" / "stage-check")
SHREDDER = (ROOT / "examples" / "shredder.py").read_text()
KIT_S = 280

pytestmark = pytest.mark.timeout(2 * KIT_S)


def environment(nest):
    return os.environ | {"NEST_BIN": str(nest.folder.resolve())}


def kit(nest, *arguments, **popen):
    command = [KIT, *map(str, arguments)]
    return subprocess.run(command, env=environment(nest), capture_output=True, text=True, timeout=KIT_S, **popen)


OWN = {
    "shredder": ["nest-shred"],
    "encoder": ["parquet-encode"],
    "generator": ["nest-gen", "-n", "300k", "contacts"],
}


@pytest.mark.parametrize("over", ["pipe", "ipc", "tcp"])
@pytest.mark.parametrize("role", OWN)
def test_the_stages_of_nest_pass(nest, role, over):
    program, *options = OWN[role]
    done = kit(nest, "--over", over, role, "--", *nest.command(program, *options))
    assert re.fullmatch(r"stage-check: \d+ trials?, nothing wrong\n", done.stdout), done.stdout
    assert (done.returncode, done.stderr) == (0, "")


# A name, the transport, what is replaced in the shredder by what, and what the kit says.
BROKEN = {
    "no end": ("pipe", '    output.send(pack_frame(*convert(end, b"")))\n', "", "a whole run: nest-cat --check: .* its sender is gone without its end frame"),
    "wrong counts": ("pipe", "self.frames + 1, self.rows", "self.frames + 2, self.rows", "a whole run: it exits with status 1, though nothing was wrong; it says: .*the end does not fit"),
    "wrong rows": ("pipe", '"leaves": sizes}', '"leaves": sizes, "rows": header["rows"] + 1}', "a whole run: nest-cat --check: frame .* entries for .* rows"),
    "a level too high": ("pipe", "def_ + 1)\n    else", "def_ + 2)\n    else", "a whole run: nest-cat --check: .* definition level 2 is above 1"),
    "names in capitals": ("pipe", "value = value.encode()", "value = value.upper().encode()", 'a whole run: row 0 of the dataset is {"name":"[A-Z ]+".* where {"name":"[A-Z][a-z]+'),
    "junk": ("pipe", "    account = Account()\n", '    account = Account()\n    print("ready", flush=True)\n', "a whole run: nest-cat --check: frame 1 .* this is no nest frame: a header starts with byte c6, not 72"),
    "a header that begins otherwise": ("pipe", '{**header, "from"', '{"kind": 0, **header, "from"', "a whole run: nest-cat --check: .*no map that starts with"),
    "each part closed in each frame": ("pipe", '"leaves": sizes}', '"leaves": sizes, "last": True}', "a whole run: nest-cat --check: .* was closed by a frame that said last"),
    "a part frame doubled": ("pipe", "            output.send(pack_frame(*convert(header, body)))", "            output.send(pack_frame(*convert(header, body)) * (1 + (header.get('first') == 0)))", "a whole run: nest-cat --check: .* goes on at row 0 where row"),
    "frames of another order": ("pipe", "            output.send(pack_frame(*convert(header, body)))", "            held = [*globals().setdefault('held', []), pack_frame(*convert(header, body))]\n            globals()['held'] = held\n            if len(held) == 3:\n                output.send(b''.join(reversed(held)))\n                held.clear()", "a whole run: nest-cat --check: .* goes on at row"),
    "a crash": ("pipe", "        self.frames, self.rows = ", "        1 / (self.frames - 3)\n        self.frames, self.rows = ", "a whole run: it exits with status 1, though nothing was wrong; it says: .*ZeroDivisionError"),
    "no look at what follows the end": ("pipe", "            if isinstance(source, Receiver):\n", "            if True:\n", "in its input a frame follows the end: it takes that, and the dataset is published"),
    "a lost sender is an end": ("pipe", '    if not account.ended:\n        raise Lost("the sender is gone without its end")\n', '    if not account.ended:\n        end = {"nest": 1, "kind": "end", "frames": account.frames, "rows": account.rows}\n', "its sender is lost .*: it sends its end though its sender was lost: the dataset would look whole"),
    "status 0 without an end": ("pipe", '        raise Lost("the sender is gone without its end")\n    output', "        return\n    output", "its sender is lost .*: it exits with status 0 when its sender is lost, where 3 is due; it says nothing"),
    "messages of two parts": ("ipc", "self.socket.send(message)", "self.socket.send_multipart([message[:20], message[20:]])", "a whole run: nest-cat --check: .*a message of several parts has come; a frame is one message of one part"),
    "no wait behind the end": ("ipc", "        self.monitor.poll()\n", "        self.socket.close(linger=-1)\n", "its receiver does not close yet: it exits with status 0 before its receiver has closed"),
    "a receiver that is not looked after": ("ipc", '            raise Lost("the receiver is gone")', "            pass", "its receiver is killed in the middle: it still runs 10 s after its receiver was lost"),
    "a sender that is not looked after": ("ipc", "if self.monitor.poll(0) and not self.socket.poll(0)", "if False", "its sender is killed in the middle: it still runs \\d+ s after its sender was lost"),
    "an end that stays out": ("ipc", '    output.send(pack_frame(*convert(end, b"")))\n', "", "a whole run: it still runs after 5 s, though its input has ended, and has sent no end"),
}


@pytest.mark.parametrize("name", BROKEN)
def test_it_is_named(nest, tmp_path, name):
    over, was, becomes, pattern = BROKEN[name]
    assert SHREDDER.count(was) == 1
    (tmp_path / "stage.py").write_text(SHREDDER.replace(was, becomes))
    [only] = re.findall("^(a whole run|in its input|its receiver does not close|its receiver is killed in the middle|its sender is lost|its sender is killed in the middle)", pattern)
    # What comes late for want of a processor is not what is looked for; what is waited for in vain costs the timeout.
    timeout = 5 if "still runs" in pattern else 60
    options = ["--over", over, "--rows", 2000, "--timeout", timeout, "--only", only]
    done = kit(nest, *options, "shredder", "--", sys.executable, tmp_path / "stage.py")
    *lines, last = done.stdout.splitlines()
    assert re.fullmatch(r"stage-check: \d+ trials?, \d+ went wrong", last), done.stdout + done.stderr
    assert done.returncode == 1
    assert any(re.match(f"over {over}, (?:{pattern})", line) for line in lines), done.stdout


SHOUT = """
import sys, msgpack
def put(piece): sys.stdout.buffer.write(b"\\xc6" + len(piece).to_bytes(4, "big") + piece)
frames = msgpack.Unpacker(sys.stdin.buffer, max_buffer_size=1 << 27)
for header in frames:
    body = next(frames)
    put(header)
    put(body.replace(b"Mobile", b"MOBILE"))
"""


def test_a_filter_that_keeps_the_run(nest):
    done = kit(nest, "--over", "pipe", "filter", "--", sys.executable, "-c", SHOUT)
    assert "a whole run: it changes rows and leaves run as it was; make a digest" in done.stdout
    assert "lost before its first frame: it exits with status 0 when its sender is lost, where 3 is due" in done.stdout
    assert done.returncode == 1


def test_words_in_place_of_options(nest, tmp_path):
    script = tmp_path / "encode"
    script.write_text(f'#!/bin/sh\nexec {nest.folder.resolve()}/parquet-encode --from "$2" --to "$3" -o "${{1#out=}}"\n')
    script.chmod(0o755)
    done = kit(nest, "--over", "pipe,ipc", "--rows", 2000, "encoder", script, "out={out}", "{from}", "{to}")
    assert done.returncode == 0, done.stdout


@pytest.mark.parametrize(
    "arguments, words",
    [
        ([], "the following arguments are required"),
        (["merger", "x"], "invalid choice"),
        (["filter"], "the command of the stage is missing"),
        (["filter", "--", "no-such-command"], "no-such-command: no such command"),
        (["--over", "udp", "filter", "cat"], "--over: some of pipe, ipc and tcp, with commas between them"),
        (["--only", "nothing of that", "filter", "cat"], "no trial has 'nothing of that' in its name"),
        (["--rows", "5", "filter", "cat"], "--rows is at least 100, --timeout at least 1"),
        (["--rows", "many", "filter", "cat"], "--rows: 'many' is not a number"),
        (["--rows", "1.2345k", "filter", "cat"], "--rows: 1.2345k is not a whole number"),
        (["--rwos", "5", "filter", "cat"], "--rwos is not an option; did you mean --rows?\n"),
        (["--zebra", "filter", "cat"], "--zebra is not an option; see stage-check --help\n"),
    ],
)
def test_wrong_usage(nest, arguments, words):
    done = kit(nest, *arguments)
    assert done.returncode == 2 and words in done.stderr
    assert done.stderr.startswith("stage-check: fatal: ") and done.stderr.count("\n") == 1


@pytest.mark.parametrize("rows", ["2000", "2_000", "2k", "2K", "2e3", "0.002m"])
def test_ways_to_write_a_number(nest, rows):
    done = kit(nest, "--over", "pipe", "--rows", rows, "--only", "a whole run", "shredder", "--", nest.folder.resolve() / "nest-shred")
    assert (done.returncode, done.stdout) == (0, "stage-check: 1 trial, nothing wrong\n"), done.stderr


@pytest.mark.parametrize("name", ["INT", "TERM", "HUP"])
def test_nothing_is_left_of_a_kit_that_is_stopped(nest, sockets, started, name):
    command = [KIT, "--over", "ipc", "shredder", "--", "sleep", "3600"]
    stage = start_stage("stage-check", command, started, env=environment(nest) | {"TMPDIR": str(sockets)}, stdout=subprocess.DEVNULL, cwd=sockets)
    folder = wait_until(lambda: [path for path in sockets.iterdir() if list(path.glob("bound"))], "the first trial")
    assert folder
    number = getattr(signal, f"SIG{name}")
    stage.process.send_signal(number)
    assert stage.process.wait(LONG_S) == -number
    assert list(sockets.iterdir()) == []
