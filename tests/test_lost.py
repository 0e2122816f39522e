"""Stages that die, are interrupted or run out of space: everybody stops, nothing half is ever there."""

import functools
import os
import re
import signal
import subprocess

import pytest

from nestlib import (
    KEPT,
    LONG_S,
    LOST_S,
    STAGES,
    at_work,
    check_left_nothing,
    check_nothing_happened,
    children,
    finish,
    handles_signals,
    in_the_middle,
    parts,
    snapshot,
    staged_parts,
    start_pipeline,
    start_sockets,
    start_stage,
    wait_until,
)

# More than is made before the test steps in: seconds of work, in parts of about 10 MB.
ROWS, PARTS = 40_000_000, 100
LARGE = {"rows": ROWS, "gen": ["--parts", PARTS]}

TRANSPORTS = ["pipe", "ipc", "memory", "tcp"]


@pytest.fixture
def out(nest, tmp_path):
    """The place of the dataset, where an older one stands."""
    return nest.pipeline(tmp_path / "data" / "out", rows=100, gen=["--seed", 1])


@pytest.fixture
def start(nest, sockets, started, out):
    """Starts the stages; all of them are replaced by --force if they come to that."""

    def start(transport, **options):
        options = {"merge": ["--force"], "started": started} | options
        if transport == "pipe":
            return start_pipeline(nest, out, **options)
        return start_sockets(nest, sockets, out, transport=transport, **options)

    return start


def stage_of(stages, program):
    return next(stage for stage in stages if stage.program == program)


def check_lost(stages, victim, results):
    """All others failed with one line each, and one of them names who was lost, or which end of it."""
    survivors = [result for result in results if result.program != victim]
    for result in survivors:
        result.fatal(3, "was lost|middle of a frame")
    named = rf"{victim}[.\w-]*( at \S+)? was lost|the (reader|writer) of standard \w+put was lost"
    assert any(re.search(named, result.err) for result in survivors), [result.err for result in survivors]


@pytest.mark.parametrize("moment", [at_work, in_the_middle])
@pytest.mark.parametrize("victim", STAGES)
@pytest.mark.parametrize("transport", TRANSPORTS)
def test_a_stage_is_killed(start, out, transport, victim, moment):
    before = snapshot(out)
    stages = start(transport, **LARGE)
    moment(out)
    stage_of(stages, victim).process.kill()
    results = finish(stages, LOST_S)
    check_lost(stages, victim, results)
    check_nothing_happened(out, before)


@pytest.mark.parametrize("victim", STAGES)
def test_a_stage_of_a_pipe_is_killed_at_once(start, out, victim):
    before = snapshot(out)
    stages = start("pipe", **LARGE)
    stage_of(stages, victim).process.kill()
    results = finish(stages, LOST_S)
    for result in results:
        assert result.status != 0
    assert snapshot(out) == before


@pytest.mark.parametrize("victim", STAGES)
@pytest.mark.parametrize("transport", TRANSPORTS)
def test_a_stage_is_killed_near_the_end(start, out, transport, victim):
    """
    With parquet-merge halted, the others finish and wait for it.  One that dies
    now may have done all of its work: the dataset is then whole, or the old one
    is untouched.
    """
    before = snapshot(out)
    stages = start(transport, rows=3_000_000, gen=["--parts", 6])
    merger = stage_of(stages, "parquet-merge").process
    wait_until(lambda: staged_parts(out), "the first part")
    merger.send_signal(signal.SIGSTOP)
    wait_until(lambda: len(staged_parts(out)) == 6 or merger.poll() is not None, "all parts")
    stage_of(stages, victim).process.kill()
    merger.send_signal(signal.SIGCONT)
    results = finish(stages, LOST_S)
    if results[-1 if transport == "pipe" else 0].status == 0:
        assert victim != "parquet-merge"
        assert len(parts(out)) == 6
    else:
        check_nothing_happened(out, before)


@pytest.mark.parametrize("transport", ["ipc", "memory", "tcp"])
def test_one_of_many_is_killed(start, out, transport):
    before = snapshot(out)
    stages = start(transport, counts=(2, 2, 3), **LARGE)
    in_the_middle(out)
    encoders = [stage for stage in stages if stage.program == "parquet-encode"]
    encoders[1].process.kill()
    results = finish(stages, LOST_S)
    assert all(result.status != 0 for result in results)
    assert any("parquet-encode.1 was lost" in result.err for result in results)
    assert snapshot(out) == before


def test_a_generator_that_never_comes(start, out):
    """Lost before it was heard of: the timeout ends the run."""
    before = snapshot(out)
    stages = start("ipc", counts=(2, 1, 1), missing=1, timeout=2, rows=1000, gen=["--parts", 2])
    results = {result.program: result for result in finish(stages, 2 + LOST_S)}
    results["nest-shred"].fatal(3, "1 of 2 senders have come within 2 s")
    results["parquet-encode"].fatal(3, "nest-shred.0 was lost")
    results["parquet-merge"].fatal(3, "parquet-encode.0 was lost")
    check_nothing_happened(out, before)


@pytest.mark.parametrize("name", ["INT", "TERM", "HUP"])
@pytest.mark.parametrize("victim", STAGES)
@pytest.mark.parametrize("transport", ["ipc", "memory"])
def test_a_stage_is_interrupted(start, out, transport, victim, name):
    before = snapshot(out)
    stages = start(transport, **LARGE)
    at_work(out)
    number = getattr(signal, f"SIG{name}")
    stage_of(stages, victim).process.send_signal(number)
    results = finish(stages, LOST_S)
    for result in results:
        if result.program == victim:
            result.fatal(-number, f"^interrupted by signal {int(number)} ")
        else:
            result.fatal(3, "was lost")
    check_nothing_happened(out, before)


@pytest.mark.sanitize
@pytest.mark.parametrize("transport", ["pipe", "ipc", "memory"])
def test_all_are_interrupted_together(start, out, transport):
    """What control-C does."""
    before = snapshot(out)
    stages = start(transport, **LARGE)
    at_work(out)
    for stage in stages:
        wait_until(lambda stage=stage: handles_signals(stage), f"{stage.program} to handle signals")
    for stage in stages:
        stage.process.send_signal(signal.SIGINT)
    for result in finish(stages, LOST_S):
        # Who hears of a lost neighbour first ends by that.
        assert result.status in (3, -signal.SIGINT)
        result.fatal(result.status, "^interrupted by signal 2 |was lost|middle of a frame")
    assert any(stage.process.returncode == -signal.SIGINT for stage in stages)
    check_nothing_happened(out, before)


LOOP = """
for i in 1 2 3; do
	echo "$i" >&2
	"$1/nest-gen" -n 100G contacts | "$1/nest-shred" | "$1/parquet-encode" -o "$2" | "$1/parquet-merge" -q "$2"
done
"""


def test_a_loop_of_a_shell_ends_with_the_pipeline_in_it(nest, tmp_path, started):
    out = tmp_path / "out"
    shell = start_stage("bash", ["bash", "-c", LOOP, "bash", nest.folder, out], started, start_new_session=True)
    at_work(out)
    os.killpg(shell.process.pid, signal.SIGINT)
    assert shell.process.wait(LOST_S) == -signal.SIGINT
    assert re.findall(r"^\d$", shell.result().err, re.M) == ["1"]


def test_a_signal_that_is_ignored_stays_so(nest, started):
    """As nohup does, and a shell for what it puts in the background."""
    command = ["bash", "-c", 'trap "" INT HUP; exec "$@"', "bash", *nest.command("nest-shred", "--format", "jsonl")]
    stage = start_stage("nest-shred", command, started, stdin=subprocess.PIPE, stdout=subprocess.PIPE)
    wait_until(lambda: handles_signals(stage, [signal.SIGTERM]), "nest-shred to handle signals")
    stage.process.send_signal(signal.SIGINT)
    stage.process.send_signal(signal.SIGHUP)
    stage.process.communicate(b'{"n":1}\n', LONG_S)
    assert stage.process.returncode == 0


# ---- no space ----


@pytest.mark.parametrize("transport", TRANSPORTS)
def test_a_full_disk(nest, sockets, started, small_disk, transport):
    out = nest.pipeline(small_disk / "out", rows=1000)
    before = snapshot(out)
    options = {"rows": 3_000_000, "gen": ["--parts", 3], "merge": ["--force"], "started": started}
    if transport == "pipe":
        stages = start_pipeline(nest, out, **options)
    else:
        stages = start_sockets(nest, sockets, out, transport=transport, **options)
    for result in finish(stages):
        result.fatal(3, "No space left on device" if result.program == "parquet-encode" else "was lost")
    check_nothing_happened(out, before)


def test_a_file_that_may_not_grow(start, out):
    """The limit of RLIMIT_FSIZE, whose signal is ignored, as an error of write()."""
    before = snapshot(out)
    limit = ["bash", "-c", "trap '' XFSZ; ulimit -f 100; exec \"$@\"", "limited"]
    stages = start("pipe", wrap={"parquet-encode": lambda command: limit + command}, **LARGE)
    for result in finish(stages):
        result.fatal(3, "File too large" if result.program == "parquet-encode" else "was lost")
    check_nothing_happened(out, before)


def test_a_folder_that_cannot_be_written(nest, tmp_path):
    """Below a file no folder can be made."""
    (tmp_path / "file").write_text("")
    for program, arguments in [
        ("parquet-encode", ["-o", tmp_path / "file" / "out"]),
        ("parquet-merge", [tmp_path / "file" / "out"]),
    ]:
        nest.run(program, *arguments).fatal(3, "Not a directory|File exists")


# ---- pipelines/contacts ----


@pytest.fixture
def contacts(pipeline):
    return functools.partial(pipeline, "contacts")


def large_run(contacts, out, transport):
    sizes = ["--target-records", ROWS, "--parts", PARTS, "--num-writers", 2, "--num-generators", 2]
    return contacts(*sizes, "--transport", transport, "--output-dir", out, "--force")


@pytest.mark.parametrize("moment", [at_work, in_the_middle])
@pytest.mark.parametrize("victim", STAGES)
@pytest.mark.parametrize("transport", ["ipc", "tcp"])
def test_contacts_names_the_stage_that_was_killed(contacts, sockets, out, transport, victim, moment):
    before = snapshot(out)
    run = large_run(contacts, out, transport)
    moment(out)
    family = children(run.process)
    os.kill(children(run.process, victim)[0], signal.SIGKILL)
    [result] = finish([run], LOST_S)
    result.fatal(3, rf"^{victim}\.\d was killed by signal 9 \(KILL\){KEPT}")
    check_left_nothing(sockets, family)
    check_nothing_happened(out, before)


@pytest.mark.parametrize("name", ["INT", "TERM", "HUP"])
@pytest.mark.parametrize("moment", [at_work, in_the_middle])
def test_contacts_is_interrupted(contacts, sockets, out, moment, name):
    before = snapshot(out)
    run = large_run(contacts, out, "ipc")
    moment(out)
    family = children(run.process)
    run.process.send_signal(getattr(signal, f"SIG{name}"))
    [result] = finish([run], LOST_S)
    result.fatal(-getattr(signal, f"SIG{name}"), f"^interrupted by {name}{KEPT}")
    check_left_nothing(sockets, family)
    check_nothing_happened(out, before)


@pytest.mark.parametrize("transport", ["ipc", "tcp"])
def test_contacts_is_interrupted_as_it_starts(contacts, sockets, out, transport):
    """Control-C, which all processes get, whatever bash is doing then."""
    before = snapshot(out)
    sizes = ["--target-records", ROWS, "--num-writers", 2, "--num-shredders", 2, "--num-generators", 2]
    for count in [1, 2, 3, 4, 5, 6, 7] * 4:
        arguments = [*sizes, "--transport", transport, "--output-dir", out, "--force"]
        run = contacts(*arguments, start_new_session=True)
        wait_until(lambda: len(children(run.process)) >= count, f"{count} processes")
        os.killpg(run.process.pid, signal.SIGINT)
        [result] = finish([run], LOST_S)
        result.fatal(-signal.SIGINT, f"^interrupted by INT{KEPT}")
        assert os.listdir(sockets) == []
        check_nothing_happened(out, before)


@pytest.mark.parametrize("name", ["INT", "TERM"])
def test_the_benchmark_is_interrupted(pipeline, sockets, tmp_path, name):
    """It dies of the signal, too, and takes its folder with it."""
    options = ["--rows", "100M", "--output", tmp_path / "out"]
    run = pipeline("benchmark", *options, start_new_session=True)
    wait_until(lambda: list(sockets.glob("nest-*/.contacts.staging/run")), "the first columns")
    number = getattr(signal, f"SIG{name}")
    os.killpg(run.process.pid, number)
    [result] = finish([run])
    assert result.status == -number, result.err
    assert os.listdir(sockets) == []


def test_contacts_on_a_full_disk(contacts, nest, sockets, small_disk):
    out = nest.pipeline(small_disk / "out", rows=1000)
    before = snapshot(out)
    run = contacts("--target-records", "3M", "--output-dir", out, "--force")
    [result] = finish([run])
    result.fatal(3, r"^parquet-encode\.\d: unable to .*: No space left on device$")
    assert os.listdir(sockets) == []
    check_nothing_happened(out, before)


def test_contacts_makes_the_dataset_and_says_what_it_did(contacts, sockets, out):
    run = contacts(
        "--target-records", "100k", "--parts", 3, "--output-dir", out, "--force", "--num-shredders", 2
    )
    said = run.process.stdout.read().decode()
    [result] = finish([run])
    assert (result.status, result.err) == (0, "")
    assert len(parts(out)) == 3 and os.listdir(sockets) == []
    words = [line.split() for line in said.splitlines() if line]
    assert ["rows", "100000"] in words and ["files", "3"] in words
    assert {word[0]: word[1] for word in words if word[0] in STAGES}["nest-shred"] == "2"


@pytest.mark.parametrize(
    "arguments, pattern",
    [
        (["--no-such-option"], "is not an option"),
        (["operand"], "one operand too many"),
        (["--parts"], "--parts needs a value"),
        (["--target-records", "many"], "'many' is not a number"),
        (["--num-writers", "0"], "0 is out of range"),
        (["--compression", "lzo"], "'lzo' is none of none|snappy|gzip[:L]|brotli[:L]|zstd[:L]|lz4_raw[:L]"),
        (["--compression", "none:1"], "'none:1' is none of none|"),
        (["--target-records", "2", "--parts", "3"], "3 is out of range for 2 rows"),
        (["--output-filename", "a/b"], "must be a name"),
    ],
)
def test_contacts_used_wrongly(contacts, tmp_path, arguments, pattern):
    run = contacts("--output-dir", tmp_path / "out", *arguments)
    [result] = finish([run])
    result.fatal(2, re.escape(pattern))
    assert os.listdir(tmp_path) == []


def test_contacts_leaves_a_dataset_alone(contacts, out):
    before = snapshot(out)
    [result] = finish([contacts("--target-records", 10, "--output-dir", out)])
    result.fatal(2, "is not empty; name another one, or --force replaces it")
    check_nothing_happened(out, before)
