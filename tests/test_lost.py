"""Stages that die, are interrupted or run out of space: everybody stops, nothing half is ever there."""

import os
import re
import signal
import subprocess

import pytest

from nestlib import (
    LOST_S,
    STAGES,
    finish,
    parts,
    snapshot,
    staged_parts,
    staging,
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


def at_work(out):
    """The first file has been begun: every stage has heard of the one before it."""
    wait_until(lambda: staging(out).exists() and os.listdir(staging(out)), "the first file")


def handles_signals(stage):
    """It has come as far as that, or has ended: the last of a pipe may start after a first file is begun."""
    with open(f"/proc/{stage.process.pid}/status") as file:
        caught = int(re.search(r"^SigCgt:\s*(\w+)", file.read(), re.MULTILINE)[1], 16)
    numbers = [signal.SIGHUP, signal.SIGINT, signal.SIGTERM]
    return all(caught >> (number - 1) & 1 for number in numbers) or stage.process.poll() is not None


def in_the_middle(out):
    wait_until(lambda: len(staged_parts(out)) >= 3, "three parts")


def check_nothing_happened(out, before, merger_lives):
    assert snapshot(out) == before
    left = set(os.listdir(out.parent)) - {out.name}
    if merger_lives:
        assert left == set()
    else:
        # Nobody was there to remove it; but it holds whole parts only, which no reader sees.
        assert left <= {staging(out).name}
        assert not any(name.endswith(".tmp") for name in os.listdir(staging(out))) if left else True


def check_lost(stages, victim, results):
    """All others failed with one line each, and one of them names who was lost."""
    survivors = [result for result in results if result.program != victim]
    for result in survivors:
        result.fatal(3, "was lost|middle of a frame")
    named = rf"{victim}[.\w-]*( at \S+)? was lost"
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
    check_nothing_happened(out, before, victim != "parquet-merge")


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
        check_nothing_happened(out, before, victim != "parquet-merge")


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
    check_nothing_happened(out, before, True)


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
        pattern = f"^interrupted by signal {int(number)} " if result.program == victim else "was lost"
        result.fatal(3, pattern)
    check_nothing_happened(out, before, True)


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
        result.fatal(3, "^interrupted by signal 2 |was lost|middle of a frame")
    check_nothing_happened(out, before, True)


# ---- no space ----


@pytest.fixture
def small_disk(tmp_path):
    """A file system of 8 MB, where mounting is allowed."""
    folder = tmp_path / "small"
    folder.mkdir()
    done = subprocess.run(["mount", "-t", "tmpfs", "-o", "size=8m", "nest-test", folder], capture_output=True)
    if done.returncode != 0:
        pytest.skip("mounting is not permitted here")
    yield folder
    subprocess.run(["umount", folder], check=True)


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
    check_nothing_happened(out, before, True)


def test_a_file_that_may_not_grow(start, out):
    """The limit of RLIMIT_FSIZE, whose signal is ignored, as an error of write()."""
    before = snapshot(out)
    limit = ["bash", "-c", "trap '' XFSZ; ulimit -f 100; exec \"$@\"", "limited"]
    stages = start("pipe", wrap={"parquet-encode": lambda command: limit + command}, **LARGE)
    for result in finish(stages):
        result.fatal(3, "File too large" if result.program == "parquet-encode" else "was lost")
    check_nothing_happened(out, before, True)


def test_a_folder_that_cannot_be_written(nest, tmp_path):
    """Below a file no folder can be made."""
    (tmp_path / "file").write_text("")
    for program, arguments in [
        ("parquet-encode", ["-o", tmp_path / "file" / "out"]),
        ("parquet-merge", [tmp_path / "file" / "out"]),
    ]:
        nest.run(program, *arguments).fatal(3, "Not a directory|File exists")


# ---- pipelines/contacts ----

CONTACTS = os.path.join(os.path.dirname(os.path.dirname(os.path.abspath(__file__))), "pipelines", "contacts")


@pytest.fixture
def contacts(nest, sockets, started):
    """Starts pipelines/contacts with the built programs and a folder of its own for what it needs."""

    def contacts(*arguments, **popen):
        environment = os.environ | {"NEST_BIN": str(nest.folder), "TMPDIR": str(sockets)}
        command = [CONTACTS, *map(str, arguments)]
        return start_stage("contacts", command, started, env=environment, stdout=subprocess.PIPE, **popen)

    return contacts


def children(process, program=None):
    """The ids of a process's children, those that run PROGRAM alone where one is given."""
    try:
        with open(f"/proc/{process.pid}/task/{process.pid}/children") as file:
            found = [int(each) for each in file.read().split()]
    except FileNotFoundError:
        return []
    return [each for each in found if program is None or name_of(each) == program]


def name_of(pid):
    try:
        with open(f"/proc/{pid}/comm") as file:
            return file.read().strip()
    except FileNotFoundError:
        return None


def large_run(contacts, out, transport):
    sizes = ["--target-records", ROWS, "--parts", PARTS, "--num-writers", 2, "--num-generators", 2]
    return contacts(*sizes, "--transport", transport, "--output-dir", out, "--force")


def check_left_nothing(sockets, family):
    assert os.listdir(sockets) == []
    alive = [pid for pid in family if name_of(pid) in STAGES]
    assert alive == []


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
    result.fatal(3, rf"^{victim}\.\d was killed by signal 9 \(KILL\)$")
    check_left_nothing(sockets, family)
    check_nothing_happened(out, before, True)


@pytest.mark.parametrize("name", ["INT", "TERM", "HUP"])
@pytest.mark.parametrize("moment", [at_work, in_the_middle])
def test_contacts_is_interrupted(contacts, sockets, out, moment, name):
    before = snapshot(out)
    run = large_run(contacts, out, "ipc")
    moment(out)
    family = children(run.process)
    run.process.send_signal(getattr(signal, f"SIG{name}"))
    [result] = finish([run], LOST_S)
    result.fatal(3, f"^interrupted by {name}$")
    check_left_nothing(sockets, family)
    check_nothing_happened(out, before, True)


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
        # A process that was not yet ready for signals is killed by this one.
        result.fatal(3, r"^interrupted by INT$|was killed by signal 2 \(INT\)$")
        assert os.listdir(sockets) == []
        check_nothing_happened(out, before, True)


def test_contacts_on_a_full_disk(contacts, nest, sockets, small_disk):
    out = nest.pipeline(small_disk / "out", rows=1000)
    before = snapshot(out)
    run = contacts("--target-records", "3M", "--output-dir", out, "--force")
    [result] = finish([run])
    result.fatal(3, r"^parquet-encode\.\d: unable to .*: No space left on device$")
    assert os.listdir(sockets) == []
    check_nothing_happened(out, before, True)


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
        (["--compression", "snappy"], "'snappy' is none of none|zstd"),
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
    check_nothing_happened(out, before, True)
