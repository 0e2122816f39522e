"""What the tests share: frames written and read with msgpack alone, programs run and watched.

The functions on frames are the specification of nest-frame(5) in Python; nothing
here uses the code under test.
"""

import contextlib
import dataclasses
import hashlib
import os
import pathlib
import re
import signal
import subprocess
import tempfile
import time

import msgpack

# A process that waits for anything this long hangs.
LONG_S = 60
# Nobody outlives a lost peer longer.
LOST_S = 5
# Enough for any program at rest, and less than any hostile claim.
MEMORY_BYTES = 512 << 20

STAGES = ["nest-gen", "nest-shred", "parquet-encode", "parquet-merge"]

ONE_INT = "message m { required int64 a; }"


# ---- frames ----


def bin32(content):
    return b"\xc6" + len(content).to_bytes(4, "big") + content


def frame(header, body=b""):
    return bin32(msgpack.packb(header)) + bin32(body)


def head(kind, sender="test", version=1):
    return {"nest": version, "kind": kind, "from": sender}


def records(rows):
    return b"".join(msgpack.packb(row) for row in rows)


def rows_frame(schema, rows, /, part=0, first=0, last=True, sender="test", body=None, **keys):
    """A frame of ROWS, a list of lists; KEYS add to its header or replace what stands in it."""
    place = {"schema": schema, "part": part, "first": first, "rows": len(rows), "last": last}
    return frame(head("rows", sender) | place | keys, records(rows) if body is None else body)


def end_frame(frames=1, rows=0, sender="test", **keys):
    return frame(head("end", sender) | {"frames": frames, "rows": rows} | keys)


def rows_stream(schema, rows, /, **keys):
    """One part in one frame, and its end."""
    return rows_frame(schema, rows, **keys) + end_frame(1, len(rows), keys.get("sender", "test"))


def unpack_frame(message):
    unpacker = msgpack.Unpacker(strict_map_key=False)
    unpacker.feed(message)
    header, body = unpacker
    return msgpack.unpackb(header), body


def read_frames(stream):
    """The frames in a stream of bytes, as pairs of header and body."""
    unpacker = msgpack.Unpacker(max_buffer_size=0)
    unpacker.feed(stream)
    objects = list(unpacker)
    assert len(objects) % 2 == 0 and unpacker.tell() == len(stream)
    return [(msgpack.unpackb(header), body) for header, body in zip(objects[::2], objects[1::2])]


def run_of(stream):
    """The one run that all data and parts in a stream of frames are of, None where it has no name."""
    headers = [header for header, _ in read_frames(stream) if header["kind"] in ("rows", "columns", "part")]
    (run,) = {header.get("run") for header in headers}
    assert run is None or len(run) == 16 and any(run)
    return run


def cut_columns(header, body, levels):
    """The leaves of a columns body as (repetition, definition, values); LEVELS are their maxima."""
    leaves, at = [], 0

    def take(size):
        nonlocal at
        piece = body[at : at + size]
        assert len(piece) == size
        at += size
        return piece

    assert len(header["leaves"]) == len(levels)
    for (entries, value_bytes), (max_rep, max_def) in zip(header["leaves"], levels):
        rep = list(take(entries)) if max_rep else [0] * entries
        def_ = list(take(entries)) if max_def else [0] * entries
        leaves.append((rep, def_, take(value_bytes)))
    assert at == len(body)
    return leaves


# ---- programs ----


def give_signals_back():
    """From here on, whatever is started has all signals as they are by default, and none is blocked.

    What this process was told to ignore, as INT in the background of a shell, it goes on to ignore: by a
    function that does nothing, for that, unlike being ignored, is not inherited.
    """
    for number in signal.valid_signals():
        if signal.getsignal(number) == signal.SIG_IGN and number != signal.SIGPIPE:
            signal.signal(number, lambda *_: None)
    signal.pthread_sigmask(signal.SIG_SETMASK, [])


@dataclasses.dataclass
class Result:
    program: str
    status: int
    out: bytes
    err: str

    def fatal(self, status, pattern):
        """Asserts one line of the form that every program's last words have; returns its sentence."""
        assert self.status == status, self.err
        assert self.err.endswith("\n") and self.err.count("\n") == 1, self.err
        prefix = f"{self.program}: fatal: "
        assert self.err.startswith(prefix), self.err
        sentence = self.err[len(prefix) : -1]
        assert re.search(pattern, sentence), f"{sentence!r} does not match {pattern!r}"
        return sentence


class Programs:
    """The built programs, and ways to run them."""

    def __init__(self, folder):
        self.folder = folder
        with open(folder / "nest-gen", "rb") as file:
            self.sanitized = b"__asan_init" in file.read()

    def command(self, program, *arguments):
        return [str(self.folder / program), *map(str, arguments)]

    def limited(self, command, **limits):
        """COMMAND under prlimit(1)."""
        return ["prlimit", *(f"--{name}={value}" for name, value in limits.items()), *command]

    def run(self, program, *arguments, stdin=b"", timeout=LONG_S, memory=MEMORY_BYTES, **popen):
        """Runs a program to its end, in little memory."""
        command = self.command(program, *arguments)
        # A sanitizer maps terabytes.
        if memory and not self.sanitized:
            command = self.limited(command, **{"as": memory})
        done = subprocess.run(command, input=stdin, capture_output=True, timeout=timeout, **popen)
        return Result(program, done.returncode, done.stdout, done.stderr.decode())

    def pipeline(self, out, *, source=None, gen=(), shred=(), encode=(), merge=(), rows=1000, recipe="contacts"):
        """All stages over pipes to the end; SOURCE are rows frames that stand in for nest-gen."""
        options = {"gen": gen, "shred": shred, "encode": encode, "merge": merge, "recipe": recipe}
        stages = start_pipeline(self, out, source=source, rows=rows, **options)
        results = finish(stages)
        words = "".join(result.err for result in results)
        assert [result.status for result in results] == [0] * len(results), words
        return out


class Stage:
    """One process of a pipeline; its standard error goes to a file, so that it never blocks."""

    def __init__(self, program, process, log):
        self.program, self.process, self.log = program, process, log

    def result(self):
        self.log.seek(0)
        return Result(self.program, self.process.returncode, b"", self.log.read().decode())


def start_stage(program, command, started=None, **popen):
    log = tempfile.TemporaryFile()
    process = subprocess.Popen(command, **{"stderr": log} | popen)
    if started is not None:
        started.append(process)
    return Stage(program, process, log)


def start_pipeline(
    nest,
    out,
    *,
    source=None,
    gen=(),
    shred=(),
    encode=(),
    merge=(),
    rows=1000,
    recipe="contacts",
    started=None,
    wrap=None,
):
    """Four stages joined by pipes, or three behind SOURCE; WRAP maps a stage to what runs its command."""
    commands = {
        "nest-gen": ["-n", rows, *gen, recipe],
        "nest-shred": shred,
        "parquet-encode": ["-o", out, *encode],
        "parquet-merge": [*merge, out],
    }
    if source is not None:
        del commands["nest-gen"]
    stages, upstream = [], None
    for program, arguments in commands.items():
        command = nest.command(program, *arguments)
        if wrap and program in wrap:
            command = wrap[program](command)
        first, last = not stages, program == STAGES[-1]
        stdin = upstream or (subprocess.PIPE if source is not None else subprocess.DEVNULL)
        stdout = subprocess.DEVNULL if last else subprocess.PIPE
        stage = start_stage(program, command, started, stdin=stdin, stdout=stdout)
        if upstream:
            upstream.close()
        upstream = stage.process.stdout
        stages.append(stage)
        if first and source is not None:
            first_stage = stage
    if source is not None:
        try:
            first_stage.process.stdin.write(source)
            first_stage.process.stdin.close()
        except BrokenPipeError:
            pass
    return stages


def start_sockets(
    nest,
    folder,
    out,
    *,
    transport="ipc",
    counts=(1, 1, 1),
    gen=(),
    shred=(),
    encode=(),
    merge=(),
    rows=1000,
    recipe="contacts",
    timeout=30,
    started=None,
    missing=0,
):
    """All stages by hand over ZeroMQ: merge first, and each of the others to the endpoints bound before it.

    TRANSPORT is ipc, memory (ipc with --wire-memory) or tcp. MISSING of the
    generators are expected and never started.
    """
    common = ["--timeout", timeout] + (["--wire-memory"] if transport == "memory" else [])
    generators, shredders, encoders = counts
    stages = []

    def bind(program, index, senders, arguments):
        bound = folder / f"{program}.{index}.bound"
        endpoint = f"ipc://{folder}/{program}.{index}" if transport != "tcp" else "tcp://127.0.0.1:*"
        options = ["--from", endpoint, "--bound", bound, "--senders", senders]
        options += [*common, "--name", f"{program}.{index}"]
        stage = start_stage(program, nest.command(program, *options, *arguments), started)
        stages.append(stage)
        wait_until(lambda: bound.exists() or stage.process.poll() is not None, f"{program} to bind")
        assert bound.exists(), stage.result().err
        return bound.read_text().strip()

    merger = bind("parquet-merge", 0, encoders, [*merge, out])
    to_encode = [
        bind("parquet-encode", i, shredders, ["-o", out, "--to", merger, *encode]) for i in range(encoders)
    ]
    to = ["--to", ",".join(to_encode)]
    to_shred = [bind("nest-shred", i, generators, [*to, *shred]) for i in range(shredders)]
    for i in range(generators - missing):
        options = [
            "-n",
            rows,
            "--share",
            f"{i}/{generators}",
            "--to",
            ",".join(to_shred),
            *common,
        ]
        command = nest.command("nest-gen", *options, "--name", f"nest-gen.{i}", *gen, recipe)
        stages.append(start_stage("nest-gen", command, started))
    return stages


def finish(stages, seconds=LONG_S):
    """Waits for every stage to end by itself, within SECONDS."""
    deadline = time.monotonic() + seconds
    for stage in stages:
        try:
            stage.process.wait(max(0.01, deadline - time.monotonic()))
        except subprocess.TimeoutExpired:
            for each in stages:
                each.process.kill()
                each.process.wait()
            words = "".join(each.result().err for each in stages)
            raise AssertionError(
                f"{stage.program} still ran after {seconds} s; the stages said: {words}"
            ) from None
    return [stage.result() for stage in stages]


def wait_until(condition, what, seconds=LONG_S):
    """Waits, bounded, for a condition; returns what made it true."""
    deadline = time.monotonic() + seconds
    while not (value := condition()):
        if time.monotonic() > deadline:
            raise AssertionError(f"waited {seconds} s in vain for {what}")
        time.sleep(0.002)
    return value


def open_files(process):
    """What a process has open, name by descriptor; without those that it closes meanwhile."""
    names = {}
    for path in pathlib.Path(f"/proc/{process.pid}/fd").iterdir():
        with contextlib.suppress(FileNotFoundError):
            names[path] = os.readlink(path)
    return names


def handles_signals(stage, numbers=(signal.SIGHUP, signal.SIGINT, signal.SIGTERM)):
    """It has come as far as that, or has ended: the last of a pipe may start after a first file is begun."""
    with open(f"/proc/{stage.process.pid}/status") as file:
        caught = int(re.search(r"^SigCgt:\s*(\w+)", file.read(), re.MULTILINE)[1], 16)
    return all(caught >> (number - 1) & 1 for number in numbers) or stage.process.poll() is not None


# ---- pipelines ----


def children(process, program=None):
    """The ids of a pipeline's processes, those that run PROGRAM alone where one is given."""
    found = children_of(process.pid)
    supervisors = [each for each in found if name_of(each) == "nest-run"]
    found = [each for each in found if each not in supervisors]
    for supervisor in supervisors:
        found += children_of(supervisor)
    return [each for each in found if program is None or name_of(each) == program]


def children_of(pid):
    try:
        with open(f"/proc/{pid}/task/{pid}/children") as file:
            return [int(each) for each in file.read().split()]
    except (FileNotFoundError, ProcessLookupError):
        return []


def name_of(pid):
    try:
        with open(f"/proc/{pid}/comm") as file:
            return file.read().strip()
    except (FileNotFoundError, ProcessLookupError):
        return None


def check_left_nothing(sockets, family):
    """A pipeline's folder and its processes, FAMILY, are gone."""
    assert os.listdir(sockets) == []
    alive = [pid for pid in family if name_of(pid) in STAGES]
    assert alive == []


# ---- what lies on the disk ----


def staging(out):
    return out.parent / f".{out.name}.staging"


def staged_parts(out):
    """The files of parts that are complete."""
    try:
        return sorted(name for name in os.listdir(staging(out)) if name.startswith("part-"))
    except FileNotFoundError:
        return []


def snapshot(folder):
    """Every file below FOLDER with the digest of its bytes."""
    return {
        str(path.relative_to(folder)): hashlib.sha256(path.read_bytes()).hexdigest()
        for path in sorted(folder.rglob("*"))
        if path.is_file()
    }


def parts(out):
    """The digests of a dataset's part files, in their order; asserts that it is complete and nothing else."""
    files = snapshot(out)
    assert files.pop("_SUCCESS") == hashlib.sha256(b"").hexdigest()
    names = list(files)
    assert names == [f"part-{i:05}.parquet" for i in range(len(names))]
    assert not staging(out).exists()
    return list(files.values())


def at_work(out):
    """The first columns have come: every stage has heard of the one before it."""
    wait_until(lambda: (staging(out) / "run").exists(), "the first columns")


def in_the_middle(out):
    wait_until(lambda: len(staged_parts(out)) >= 3, "three parts")


# What may follow the cause of a failure.
KEPT = r"(; \d+ of \d+ parts are complete in .*)?$"


def check_nothing_happened(out, before):
    """The dataset is as it was, and beside it is at most what the run can be gone on with."""
    assert snapshot(out) == before
    left = set(os.listdir(out.parent)) - {out.name}
    assert left <= {staging(out).name}
    if left:
        assert staged_parts(out)
        assert set(os.listdir(staging(out))) <= {*staged_parts(out), "run", "dataset", "merger"}
