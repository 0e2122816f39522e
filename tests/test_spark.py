"""The contacts job as tasks of a Spark of its own, on this machine; a worker is lost in mid-run."""

import importlib.util
import os
import pathlib
import re
import shutil
import signal
import subprocess
import sys

import pytest

from conftest import ROOT
from gatedlib import gate_share, signal_all
from nestlib import finish, name_of, parts, staged_parts, staging, start_stage, wait_until

ROWS, PARTS = 120_000, 5
CONTACTS = ["--target-records", ROWS, "--parts", PARTS, "--stall", 0]
SECONDS = 400  # three virtual machines start, on a host that may be busy


def spark_home():
    """The folder of Spark, or None."""
    spec = importlib.util.find_spec("pyspark")
    found = os.environ.get("SPARK_HOME") or (spec and os.path.dirname(spec.origin))
    return pathlib.Path(found) if found and shutil.which("java") else None


@pytest.fixture
def gated(nest, tmp_path):
    """Of the last share."""
    return gate_share(nest, tmp_path, PARTS - 1, PARTS)


@pytest.fixture
def submit(gated, tmp_path, started):
    """Starts spark-submit with two workers; whatever it writes is in a folder of the test."""
    if spark_home() is None:
        pytest.skip("Java, or PySpark in .venv, is not installed; pipelines/setup test tells why")
    home = tmp_path / "spark"
    home.mkdir()
    for entry in spark_home().iterdir():
        # "work" is where the workers write.
        if entry.name != "work":
            (home / entry.name).symlink_to(entry)
    environment = os.environ | {
        "SPARK_HOME": str(home),
        "SPARK_LOCAL_IP": "127.0.0.1",
        "SPARK_LOCAL_DIRS": str(tmp_path / "local"),
        "PYSPARK_PYTHON": os.environ.get("PYSPARK_PYTHON", sys.executable),
        "NEST_BIN": str(gated.programs),
    }
    settings = {
        "spark.ui.enabled": "false",
        "spark.driver.host": "127.0.0.1",
        "spark.driver.bindAddress": "127.0.0.1",
        "spark.driver.extraJavaOptions": f"-Djava.io.tmpdir={tmp_path}",
    }

    def submit(*arguments):
        command = [home / "bin" / "spark-submit", "--master", "local-cluster[2,1,1024]"]
        for setting in settings.items():
            command += ["--conf", "=".join(setting)]
        command += [ROOT / "pipelines" / "spark.py", *arguments, "-o", tmp_path / "out"]
        words = [str(word) for word in command]
        return start_stage("spark.py", words, started, env=environment, start_new_session=True)

    yield submit
    for process in started:
        signal_all(family_of(process.pid), signal.SIGKILL)


def parent_of(pid):
    try:
        return int(pathlib.Path(f"/proc/{pid}/stat").read_text().rsplit(")", 1)[1].split()[1])
    except (FileNotFoundError, ProcessLookupError):
        return 0


def family_of(pid):
    """PID and all that it has started, from whatever thread."""
    parents = {int(entry): parent_of(entry) for entry in os.listdir("/proc") if entry.isdigit()}
    found = [pid]
    for each in found:
        found += [child for child, parent in parents.items() if parent == each]
    return found


def is_attempt(pid):
    """Whether it is the shell in which the generator of the share that is held waits."""
    try:
        words = pathlib.Path(f"/proc/{pid}/cmdline").read_bytes().split(b"\0")
    except (FileNotFoundError, ProcessLookupError):
        return False
    return f"{PARTS - 1}/{PARTS}".encode() in words and name_of(pid) == "nest-gen"


def attempts(process):
    """Those at the share that is held, without what they start."""
    return {pid for pid in family_of(process.pid) if is_attempt(pid) and not is_attempt(parent_of(pid))}


def executor_of(pid):
    while name_of(pid) != "java":
        pid = parent_of(pid)
    return pid


@pytest.mark.slow
@pytest.mark.timeout(4 * SECONDS)
def test_a_worker_is_lost_in_mid_run(submit, gated, nest, tmp_path):
    out = tmp_path / "out"
    stage = submit(*CONTACTS)

    def is_at_work():
        assert stage.process.poll() is None, stage.result().err[-3000:]
        return len(staged_parts(out)) == PARTS - 1 and attempts(stage.process)

    wait_until(is_at_work, "one share is left", SECONDS)
    before = {os.stat(staging(out) / name).st_ino for name in staged_parts(out)}
    (lost,) = attempts(stage.process)
    signal_all(family_of(executor_of(lost)), signal.SIGKILL)
    wait_until(lambda: attempts(stage.process) - {lost}, "another attempt at it", SECONDS)
    gated.gate.touch()
    assert finish([stage], SECONDS)[0].status == 0, stage.result().err[-3000:]
    assert parts(out) == parts(nest.pipeline(tmp_path / "whole", rows=ROWS, gen=["--parts", PARTS]))
    # The others were not made again.
    assert before == {os.stat(path).st_ino for path in sorted(out.glob("part-*"))[: PARTS - 1]}


@pytest.mark.parametrize(
    "arguments, pattern",
    [
        (["-o", "out"], "contacts: fatal: --share: say with --parts"),
        (["--parts", "3"], "required: -o"),
        (["-o", "out", "--parts", "3", "--tasks", "0"], "--tasks: 0 is out of range"),
        (["-o", "out", "--parts", "3", "--nonsense"], "contacts: fatal: --nonsense is not an option"),
        (["-o", ".", "--parts", "3"], "contacts: fatal: --output-dir: .* is not empty"),
    ],
)
def test_wrong_usage_is_told_before_spark_is_started(nest, arguments, pattern):
    command = [sys.executable, ROOT / "pipelines" / "spark.py", *arguments]
    environment = os.environ | {"NEST_BIN": str(nest.folder)}
    done = subprocess.run(command, env=environment, capture_output=True, text=True, timeout=60)
    assert done.returncode == 2
    assert re.search(pattern, done.stderr)
