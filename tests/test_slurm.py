"""The contacts job on a cluster of Slurm's own daemons, all on this machine; nodes are lost in mid-run."""

import os
import shlex
import signal
import subprocess

import pytest

import slurmlib
from conftest import ROOT
from gatedlib import gate_share
from nestlib import STAGES, finish, name_of, parts, staged_parts, staging, wait_until

ROWS, PARTS = 120_000, 6
CONTACTS = ["--target-records", ROWS, "--parts", PARTS, "--stall", 0]
HELD = PARTS - 1  # the share that waits until a test lets it go

needs_slurm = pytest.mark.skipif(
    slurmlib.missing() is not None, reason=f"{slurmlib.missing()} is not installed; pipelines/setup test says why"
)


@pytest.fixture
def cluster(sockets):
    cluster = slurmlib.Cluster(sockets / "slurm")
    yield cluster
    cluster.stop()


@pytest.fixture
def gated(nest, tmp_path):
    return gate_share(nest, tmp_path, HELD, PARTS)


@pytest.fixture
def submit(cluster, nest, tmp_path):
    """Submits the two jobs, and returns their numbers."""

    def submit(*arguments, programs=nest.folder):
        environment = cluster.environment | {"NEST_BIN": str(programs), "TMPDIR": str(cluster.folder)}
        command = [ROOT / "pipelines" / "slurm", "--output", tmp_path / "job-%j.log", "--", *CONTACTS]
        command += ["-o", tmp_path / "out", *arguments]
        done = subprocess.run(
            [str(word) for word in command], env=environment, capture_output=True, text=True, timeout=60
        )
        assert done.returncode == 0, done.stderr
        return [line.split()[0] for line in done.stdout.splitlines()[:2]]

    return submit


def whole(nest, folder):
    return parts(nest.pipeline(folder / "whole", rows=ROWS, gen=["--parts", PARTS]))


def wait_for_end(cluster, job, state="COMPLETED"):
    ends = ["COMPLETED", "FAILED", "CANCELLED", "NODE_FAIL", "TIMEOUT"]
    cluster.wait_until(lambda: all(each in ends for each in cluster.states(job)), f"job {job} ends")
    assert set(cluster.states(job)) == {state}


def node_of(cluster, job, task):
    return cluster.run("squeue", "-h", "-r", "-t", "R", "-j", f"{job}_{task}", "-o", "%N").out


def give_up(cluster, node, job):
    """Slurm hears now what it would notice in some seconds, and does not wait before it tries again."""
    cluster.run("scontrol", "update", f"NodeName={node}", "State=DOWN", "Reason=lost")
    task = f"{job}_{HELD}"
    cluster.wait_until(lambda: cluster.states(task) == ["PENDING"], "the task is queued again")
    assert cluster.run("scontrol", "update", f"JobId={task}", "StartTime=now").returncode == 0


def others_complete(cluster, job, out):
    """Waits until Slurm knows that all tasks but the one that is held are done; the inodes of their parts."""

    def one_is_left():
        states = sorted(cluster.states(job))
        assert "FAILED" not in states, [path.read_text() for path in out.parent.glob("job-*.log")]
        return states == ["COMPLETED"] * HELD + ["RUNNING"]

    cluster.wait_until(one_is_left, "one task is left")
    cluster.wait_until(lambda: at_work(cluster, node_of(cluster, job, HELD)), "the last one is at work")
    assert len(staged_parts(out)) == PARTS - 1
    return {os.stat(staging(out) / name).st_ino for name in staged_parts(out)}


def at_work(cluster, node):
    """The stages that a node runs; what the shell of a gate starts has its name for a moment."""
    stages = {pid: parent for pid, _, parent in cluster.everybody() if name_of(pid) in STAGES}
    return {pid for pid in cluster.members(node) if pid in stages and stages[pid] not in stages}


def inodes_of_parts(out):
    return [os.stat(path).st_ino for path in sorted(out.glob("part-*"))]


@needs_slurm
def test_the_dataset_is_that_of_one_host(cluster, submit, nest, tmp_path):
    job, last = submit()
    wait_for_end(cluster, last)
    assert parts(tmp_path / "out") == whole(nest, tmp_path)
    # Nothing is left of the runs of the tasks.
    assert not list(cluster.folder.glob("nest-*"))


@needs_slurm
def test_a_task_that_fails_and_the_same_command_again(cluster, submit, gated, nest, tmp_path):
    out = tmp_path / "out"
    job, last = submit(programs=gated.programs)
    before = others_complete(cluster, job, out)
    assert cluster.run("scancel", f"{job}_{HELD}").returncode == 0
    cluster.wait_until(lambda: set(cluster.states(last)) <= {"CANCELLED"}, "nothing is published")
    assert not out.exists()
    job, last = submit()
    wait_for_end(cluster, last)
    assert parts(out) == whole(nest, tmp_path)
    assert before < set(inodes_of_parts(out))


@needs_slurm
def test_a_node_is_lost_in_mid_run(cluster, submit, gated, nest, tmp_path):
    out = tmp_path / "out"
    job, last = submit(programs=gated.programs)
    before = others_complete(cluster, job, out)
    node = node_of(cluster, job, HELD)
    cluster.lose(node)
    give_up(cluster, node, job)
    cluster.wait_until(lambda: node_of(cluster, job, HELD) not in ("", node), "another node has the task")
    gated.gate.touch()
    wait_for_end(cluster, last)
    assert parts(out) == whole(nest, tmp_path)
    # The others were not made again.
    assert before == set(inodes_of_parts(out)[:HELD])


@needs_slurm
@pytest.mark.parametrize("orphan_is_late", [False, True])
def test_the_task_of_a_node_that_was_given_up_still_runs(cluster, submit, gated, nest, tmp_path, orphan_is_late):
    """Both make the same part, at the same time, or the first when all is published."""
    out = tmp_path / "out"
    job, last = submit(programs=gated.programs)
    before = others_complete(cluster, job, out)
    node = node_of(cluster, job, HELD)
    daemon = cluster.processes.pop(node)
    daemon.kill()
    daemon.wait()
    orphans = at_work(cluster, node)
    give_up(cluster, node, job)
    cluster.wait_until(lambda: node_of(cluster, job, HELD) not in ("", node), "another node has the task")
    assert orphans <= set(cluster.members(node)), "the orphan has ended by itself"
    if orphan_is_late:
        cluster.signal(node, signal.SIGSTOP)
    gated.gate.touch()
    wait_for_end(cluster, last)
    if orphan_is_late:
        cluster.signal(node, signal.SIGCONT)
    wait_until(lambda: not cluster.members(node), "the orphan ends")
    # What it made is of no use to anybody any more.
    assert len(staged_parts(out)) <= orphan_is_late
    assert nest.run("parquet-merge", "--sweep", out).status == 0
    assert parts(out) == whole(nest, tmp_path)
    assert before == set(inodes_of_parts(out)[:HELD])


# ---- without a cluster ----


@pytest.fixture
def slurm(pipeline):
    return lambda *arguments: finish([pipeline("slurm", *arguments)])[0]


def test_dry_run_prints_what_would_be_submitted(pipeline, tmp_path):
    stage = pipeline("slurm", "--dry-run", "-p", "a b", "--", "--parts", 3, "-o", tmp_path / "it's", "--force")
    out, _ = stage.process.communicate(timeout=60)
    lines = out.decode().splitlines()
    assert lines[0] == r"sbatch --parsable --job-name=contacts --requeue -p 'a b' --array=0-2 <<\END"
    assert lines[5].startswith("sbatch --parsable --job-name=publish --requeue -p 'a b' --dependency=afterok:")
    options = ["--parts", "3", "-o", str(tmp_path / "it's"), "--force"]
    assert shlex.split(lines[3])[2:] == [*options, "--share", "$SLURM_ARRAY_TASK_ID/3"]
    assert shlex.split(lines[8])[2:] == [*options, "--publish"]


@pytest.mark.parametrize(
    "arguments, program, pattern",
    [
        (["--parts", 3], "slurm", "stand behind --"),
        (["--array"], "slurm", "needs a value"),
        (["--array=1-3", "--", "--parts", 3], "slurm", "numbered from 0"),
        (["-a", "0,2", "--", "--parts", 3], "slurm", "numbered from 0"),
        (["-a0-5000", "--", "--parts", 3], "slurm", "4096 is the most"),
        (["--", "--parts", 3, "--dry-run"], "slurm", "stands before --"),
        (["--", "-o", "out"], "contacts", "say with --parts"),
        (["--", "--parts", 3, "--nonsense"], "contacts", "is not an option"),
        (["--", "--parts", 3, "-o", "."], "contacts", "is not empty"),
    ],
)
def test_wrong_usage(slurm, arguments, program, pattern):
    result = slurm(*arguments)
    result.program = program
    result.fatal(2, pattern)
