"""What the parts of the benchmark share, and how make bench is asked."""

import json
import pathlib
import re
import shutil
import signal
import subprocess
import sys

import benchlib
import pytest

from nestlib import LONG_S

ROOT = pathlib.Path(__file__).parent.parent


def test_a_table_for_people_and_for_programs(capsys, monkeypatch, tmp_path):
    record = tmp_path / "record"
    monkeypatch.setenv("NEST_BENCH_RECORD", str(record))
    table = benchlib.Table("ways", {"wall s": ".2f", "nest's": ".1f x"}, 6)
    table.row("one", 1.234, 2)
    table.row("another", 10, None)
    assert capsys.readouterr().out.splitlines() == [
        "| ways   | wall s | nest's |",
        "| ------ | -----: | -----: |",
        "| one    |   1.23 |  2.0 x |",
        "| another |  10.00 |        |",
    ]
    assert [json.loads(line) for line in record.read_text().splitlines()] == [
        {"table": "ways", "row": "one", "wall s": 1.234, "nest's": 2},
        {"table": "ways", "row": "another", "wall s": 10, "nest's": None},
    ]


def test_without_a_terminal_there_is_no_line_of_progress(capfd):
    benchlib.progress("turn 1")
    benchlib.progress()
    assert capfd.readouterr() == ("", "")


def test_an_interrupt_is_told_in_one_line(started):
    program = "import benchlib, time; print(flush=True); time.sleep(100)"
    pipes = {"stdout": subprocess.PIPE, "stderr": subprocess.PIPE}
    started.append(subprocess.Popen([sys.executable, "-c", program], cwd=ROOT / "tests", **pipes))
    assert started[0].stdout.readline() == b"\n"
    started[0].send_signal(signal.SIGINT)
    _, err = started[0].communicate(timeout=LONG_S)
    assert (started[0].returncode, err) == (-signal.SIGINT, b"bench: interrupted\n")


def bench(*arguments):
    done = subprocess.run([ROOT / "tests/bench", *arguments], stdin=subprocess.DEVNULL, capture_output=True, text=True)
    return done.returncode, done.stdout, done.stderr


def test_the_help_names_the_parts():
    status, out, err = bench("--help")
    assert (status, err) == (0, "") and "The parts: contacts encode json merge check growth recipes meter relevance.\n" in out


def test_what_is_not_known_is_refused():
    assert bench("--only", "check,nosuch")[::2] == (
        2,
        "bench: fatal: --only: nosuch is none of the parts, which are contacts encode json merge check growth recipes meter relevance\n",
    )
    assert bench("--runs")[::2] == (2, "bench: fatal: --runs needs a value\n")
    assert bench("--fast")[::2] == (2, "bench: fatal: --fast is not known; see tests/bench --help\n")


@pytest.mark.parametrize(
    "options, minutes, count, told",
    [
        ([], "43 minutes", 9, []),
        (["--short"], "2 minutes", 9, ["--rows=500000", "--runs=1"]),
        (["--only", "encode,check"], "8 minutes", 2, []),
        (["--only", "encode", "--short"], "1 minute", 1, ["--rows=500000", "--runs=1"]),
    ],
)
def test_how_long_it_takes_is_said_before_anything_is_done(tmp_path, options, minutes, count, told):
    """Here setup installs nothing and the parts measure nothing: they say that they were called."""
    for name in ["tests/bench", "pipelines/setup", ".venv/bin/python"]:
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).write_text(f'#!/bin/sh\necho "{name} $*" >&2\n')
        (tmp_path / name).chmod(0o755)
    shutil.copy(ROOT / "tests/bench", tmp_path / "tests")
    done = subprocess.run([tmp_path / "tests/bench", *options], capture_output=True, text=True, check=True)
    first, setup, *parts = done.stderr.splitlines()
    hint = "" if "--short" in options else "; --short is shorter"
    tools = "the first time, some more to install what it compares with"
    assert (first, setup) == (f"bench: this takes some {minutes}{hint}; {tools}", "pipelines/setup bench")
    assert " ".join([".venv/bin/python tests/bench_encode.py", *told]) in parts
    assert len(re.findall(r"^## ", done.stdout, re.M)) == len(parts) == count
