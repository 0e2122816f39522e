"""nest-run: a plan's processes are seen through to their end, and whatever becomes of the run nothing is left."""

import contextlib
import json
import os
import re
import shlex
import signal
import subprocess
import sys
import textwrap
import time

import pytest

from conftest import ROOT
from nestlib import (
    KEPT,
    LONG_S,
    LOST_S,
    at_work,
    check_nothing_happened,
    children,
    children_of,
    finish,
    name_of,
    parts,
    snapshot,
    staging,
    start_stage,
    wait_until,
)

# Handled by none of the programs, and no reason for nest-run to end.
HARMLESS = {"KILL", "STOP", "CHLD", "CONT", "TSTP", "TTIN", "TTOU", "URG", "WINCH"}
ENDING = sorted(set(each.name[3:] for each in signal.Signals if each < signal.SIGRTMIN) - HARMLESS)


@pytest.fixture
def start(nest, sockets, started, tmp_path):
    """Starts nest-run with a plan; TMPDIR is a folder of its own."""

    def start(plan, *options, wrap=(), tmpdir=sockets, **popen):
        (tmp_path / "plan").write_text(textwrap.dedent(plan))
        command = [*wrap, *nest.command("nest-run", *options, tmp_path / "plan")]
        popen = {"stdin": subprocess.DEVNULL, "stdout": subprocess.PIPE} | popen
        return start_stage("nest-run", command, started, env=os.environ | {"TMPDIR": str(tmpdir)}, **popen)

    return start


@pytest.fixture
def run(start, sockets):
    """Runs a plan to its end; what it said of itself, and what it printed."""

    def run(plan, *options, stdin=None, seconds=LONG_S, **popen):
        if stdin is not None:
            popen["stdin"] = subprocess.PIPE
        stage = start(plan, *options, **popen)
        said = stage.process.communicate(stdin, timeout=seconds)[0]
        assert os.listdir(sockets) == []
        return stage.result(), (said or b"").decode()

    return run


def family_of(pid):
    """PID and all below it."""
    return [pid, *(each for child in children_of(pid) for each in family_of(child))]


def state_of(pid):
    """As proc(5) has it: R, S, D, T, Z; X for one that is not there."""
    try:
        with open(f"/proc/{pid}/stat") as file:
            return file.read().rpartition(")")[2].split()[0]
    except (FileNotFoundError, ProcessLookupError):
        return "X"


def lives(pid):
    return state_of(pid) not in "ZX"


def is_stopped(pid):
    """Or waits in D for a child that is, as a shell does that has called vfork()."""
    return state_of(pid) in "TD"


def all_gone(family):
    wait_until(lambda: not any(map(lives, family)), f"the end of all of {family}", LOST_S)


def supervisor_of(stage):
    found = wait_until(lambda: children_of(stage.process.pid), "the supervisor")
    [supervisor] = found
    return supervisor


def begun(stage, count):
    """Waits until COUNT processes of the plan are what they are to be."""

    def are_there():
        found = children(stage.process)
        return len(found) >= count and all(name_of(each) != "nest-run" for each in found)

    wait_until(are_there, f"{count} processes")
    return family_of(stage.process.pid)


# Two that wait for ever, one of them with a child that is in no group of the run's.
WAITING = """
    name waiting
    one: sh -c 'setsid sleep 1000 & exec sleep 1000'
    two: sh -c 'sleep 1000; true'
"""


def waits(stage):
    return wait_until(lambda: len(family := begun(stage, 2)) == 6 and family, "all of them")


# ---- what a plan says ----


def test_every_process_is_run(run, tmp_path):
    result, said = run(f"""
        # Comments, blank lines, and lines that go on

        one: touch {tmp_path}/one   # made
        two: touch \\
            {tmp_path}/two
        three.0: sh -c 'exit 0'
    """)
    assert (result.status, result.err) == (0, "")
    assert (tmp_path / "one").exists() and (tmp_path / "two").exists()
    assert re.match(r"seconds +\d+\.\d{3}\n\nstage +processes +CPU s +peak MB\nthree +1 ", said)


def test_words_are_quoted_as_in_a_shell(run, nest, tmp_path):
    program = tmp_path / "words"
    program.write_text(f"#!{sys.executable}\nimport json, sys\njson.dump(sys.argv[1:], open({str(tmp_path / 'got')!r}, 'w'))\n")
    program.chmod(0o755)
    words = r"""a 'b c' "d 'e' \" \\ \$ \x" f\ g '' "" h'i'"j" k\
l '{run}' \{run\} "\{" '$HOME' * ~ 'line
feed' -- --x=y a#b '#' ä"""
    result, _ = run(f"words: {program} {words}\n")
    assert (result.status, result.err) == (0, "")
    expected = ["a", "b c", "d 'e' \" \\ $ \\x", "f g", "", "", "hij", "kl", "{run}", "{run}", "{", "$HOME", "*", "~"]
    expected += ["line\nfeed", "--", "--x=y", "a#b", "#", "ä"]
    assert json.loads((tmp_path / "got").read_text()) == expected


def test_the_folder_of_the_run(run, sockets, tmp_path):
    result, _ = run(f"""one: sh -c "stat -c '%a %U' {{run}} >{tmp_path}/mode; echo {{run}} >{tmp_path}/name" """)
    assert (result.status, result.err) == (0, "")
    assert (tmp_path / "mode").read_text().split()[0] == "700"
    assert os.path.dirname((tmp_path / "name").read_text().strip()) == str(sockets)


@pytest.mark.parametrize("name", ["of, two", "l" * 90])
def test_a_tmpdir_that_sockets_cannot_have(start, sockets, tmp_path, name):
    (tmp_path / name).mkdir()
    stage = start(f'one: sh -c "echo {{run}} >{tmp_path}/name"', tmpdir=tmp_path / name)
    [result] = finish([stage])
    assert (result.status, result.err) == (0, "")
    folder = (tmp_path / "name").read_text().strip()
    assert os.path.dirname(folder) == "/tmp" and not os.path.exists(folder)


def test_a_tmpdir_that_is_not_there(start, sockets):
    [result] = finish([start("one: true", tmpdir=sockets / "none")])
    assert result.status == 3
    assert result.err.startswith(f"nest-run: fatal: unable to make the folder {sockets}/none/nest-")


def test_an_endpoint_is_waited_for(run, tmp_path):
    result, _ = run(f"""
        first.0: sh -c "sleep 0.2; echo tcp://a:1 >{{run}}/new; mv {{run}}/new {{run}}/first.0.bound"
        first.1: sh -c "echo tcp://b:2 >{{run}}/first.1.bound"
        second: sh -c "echo {{bound first.0}},{{bound first.1}} >{tmp_path}/got"
    """)
    assert (result.status, result.err) == (0, "")
    assert (tmp_path / "got").read_text() == "tcp://a:1,tcp://b:2\n"


def test_an_endpoint_that_never_comes(run):
    result, _ = run("first: true\nsecond: echo {bound first}\n")
    result.fatal(3, "^first has ended and said of no endpoint")


def test_a_line_waits_for_what_is_made_before(run, tmp_path):
    result, _ = run(f"""
        first: sh -c 'sleep 0.2; echo made'
        wait first
        second: cp {{run}}/first.out {tmp_path}/got
    """)
    assert (result.status, result.err) == (0, "")
    assert (tmp_path / "got").read_text() == "made\n"


def test_a_line_that_waits_for_what_fails(run, tmp_path):
    result, _ = run(f"""
        first: sh -c 'echo "first: fatal: no" >&2; exit 1'
        wait first
        second: touch {tmp_path}/got
    """)
    result.fatal(1, "^first: no$")
    assert not (tmp_path / "got").exists()


def test_standard_input_is_one_process_s(run, tmp_path):
    plan = f"""
        stdin two
        one: sh -c 'cat >{tmp_path}/one'
        two: sh -c 'cat >{tmp_path}/two'
    """
    result, _ = run(plan, stdin=b"given")
    assert (result.status, result.err) == (0, "")
    assert (tmp_path / "one").read_bytes() == b"" and (tmp_path / "two").read_bytes() == b"given"


def test_a_plan_on_standard_input(nest, sockets, tmp_path):
    environment = os.environ | {"TMPDIR": str(sockets)}
    result = nest.run("nest-run", "-q", "-", stdin=f"one: touch {tmp_path}/one\n".encode(), env=environment)
    assert (result.status, result.err, result.out) == (0, "", b"") and (tmp_path / "one").exists()
    result = nest.run("nest-run", "-", stdin=b"stdin one\none: cat\n", env=environment)
    result.fatal(2, "^the plan is read from standard input, which it gives to one: name a file$")


def test_the_descriptor_of_a_plan_is_closed(nest, sockets, tmp_path):
    plan = shlex.quote(f"one: sh -c 'ls /proc/self/fd >{tmp_path}/open'")
    script = f"exec {shlex.quote(str(nest.folder))}/nest-run -q /dev/fd/7 7<<<{plan} 8</dev/null"
    subprocess.run(["bash", "-c", script], check=True, timeout=LONG_S, env=os.environ | {"TMPDIR": str(sockets)})
    assert set((tmp_path / "open").read_text().split()) <= {"0", "1", "2", "3", "8"}


@pytest.mark.parametrize(
    "plan, line, sentence",
    [
        ("", 0, "there is no process in it"),
        ("name a\nname\n", 2, "this is not of the form: name RUN"),
        ("\n\nnonsense here\n", 3, "'nonsense' is no directive, and without ':' no process"),
        ("one: a\none: b", 2, "there is a process one already"),
        ("one:", 1, "one: has no command"),
        ("o/ne: a", 1, "a name is 1 to 64 letters"),
        (".one: a", 1, "a name is 1 to 64 letters"),
        ("one: 'a\nb", 1, "a quote begins here and does not end"),
        ('one: a "b', 1, "a quote begins here and does not end"),
        ("one: a | b", 1, "'|' means nothing here: quote it"),
        ("one: a >b", 1, "'>' means nothing here"),
        ("one: $a", 1, "'$' means nothing here"),
        ("one: a\x01", 1, "a control character must be quoted"),
        ("one: 'a\x00'", 1, "a byte of value 0"),
        ("one: {run", 1, "'{' has no '}'"),
        ("one: a}", 1, "'}' without '{'"),
        ("one: {running}", 1, "{running} is none of {run}, {stats} and {bound NAME}"),
        ("one: {bound two}\ntwo: b", 1, "{bound two}: there is no such process above"),
        ("{run}: a", 1, "a line begins with 'NAME:' or with a directive"),
        ("one: a\nwait two", 2, "wait: there is no process 'two' above"),
        ("stdin two\none: a", 1, "stdin: there is no process 'two'"),
        ("stdin {run}\none: a", 1, "this is not of the form: stdin NAME"),
        ("one: a\ndataset one out", 2, "dataset: one writes no account to {stats}"),
        ("one: a {stats}\ndataset one ''", 2, "dataset: the name of the directory is empty"),
        ("one: a {stats}\nrate x one bytes", 2, "rate: 'bytes' is none of rows, bytes_in, bytes_out"),
        ("one: a\nrate x one rows", 2, "rate: no process of 'one' writes its account"),
        ("one: a\nkeep b {stats}", 2, "keep: {stats} is a process's own"),
        ("one: a \\", 1, "a backslash ends the plan"),
    ],
)
def test_what_is_no_plan(run, tmp_path, plan, line, sentence):
    result, said = run(plan)
    where = f"{tmp_path / 'plan'}:{line}: " if line else f"{tmp_path / 'plan'}: "
    result.fatal(2, "^" + re.escape(where + sentence))
    assert said == ""


def test_wrong_usage(nest, tmp_path):
    for arguments, sentence in [
        ([], "^one plan is wanted"),
        (["a", "b"], "^one plan is wanted"),
        (["--stall", "x", "a"], "^--stall: 'x' is not a number"),
    ]:
        nest.run("nest-run", *arguments).fatal(2, sentence)
    nest.run("nest-run", tmp_path / "none").fatal(3, "^unable to open .*none: No such file or directory$")
    nest.run("nest-run", tmp_path).fatal(3, "^unable to read .*: Is a directory$")


# ---- who failed ----


@pytest.mark.parametrize(
    "script, status, sentence",
    [
        ('echo "nest-x: fatal: bad line" >&2; exit 1', 1, "bad line; look closer"),
        ('echo "nest-x: fatal: wrong" >&2; exit 2', 2, "wrong"),
        ('echo "nest-x: fatal: no disk" >&2; exit 3', 3, "no disk"),
        ('echo "nest-x: fatal: first" >&2; printf "nest-x: fatal: second" >&2; exit 3', 3, "second"),
        ("exit 7", 3, "ended with status 7 and gave no reason"),
    ],
)
def test_the_reason_of_a_failure(run, script, status, sentence):
    result, said = run(f"name job\nother: sleep 1000\nadvice '; look closer'\nbad.0: sh -c '{script}'\n")
    result.program = "job"
    result.fatal(status, f"^bad.0: {sentence}$")
    assert said == ""


def test_what_was_said_without_a_reason(run):
    result, _ = run("bad: sh -c 'echo some words >&2; exit 4'\n")
    assert result.status == 3
    assert result.err == "some words\nnest-run: fatal: bad: ended with status 4 and gave no reason\n"


def test_a_program_that_is_not_there(run, tmp_path):
    result, _ = run(f"one: sleep 1000\ntwo: {tmp_path}/none\n")
    result.fatal(3, f"^two: unable to start {tmp_path}/none: No such file or directory$")


def test_warnings_are_shown(run):
    result, _ = run("one: sh -c 'echo careful >&2'\n")
    assert (result.status, result.err) == (0, "careful\n")


def lose_two(tmp_path, two):
    """A plan in which everybody loses two, and says so a moment before what two does itself."""
    started, ending = tmp_path / "started", tmp_path / "ending"
    lost = f"sh -c 'while [ ! -e {ending} ]; do sleep 0.01; done; echo \"nest-x: fatal: two was lost\" >&2; exit 3'"
    return f"""
        one: {lost}
        two: sh -c 'while [ ! -e {started} ]; do sleep 0.01; done; : >{ending}; sleep 0.05; {two}'
        three: {lost}
        four: sh -c ': >{started}; exec sleep 1000'
    """


def test_who_was_killed_is_named(run, tmp_path):
    result, _ = run(lose_two(tmp_path, "kill -9 $$"))
    result.fatal(3, r"^two was killed by signal 9 \(KILL\)$")


def test_a_reason_of_one_s_own_is_named_before_a_loss(run, tmp_path):
    result, _ = run(lose_two(tmp_path, 'echo "nest-x: fatal: disk full" >&2; exit 3'))
    result.fatal(3, "^two: disk full$")


def test_one_that_does_not_want_to_end_is_killed(run):
    begin = time.monotonic()
    result, _ = run("one: sh -c 'trap \"\" TERM; while :; do sleep 0.1; done'\ntwo: sh -c 'sleep 0.3; exit 1'\n")
    result.fatal(1, "^two: ended with status 1")
    assert time.monotonic() - begin < 4 + LOST_S


def test_what_a_process_leaves_behind_is_ended(run, tmp_path):
    result, _ = run(f"""
        one: sh -c 'sleep 1000 & echo $! >>{tmp_path}/left'
        two: sh -c 'setsid sleep 1000 & echo $! >>{tmp_path}/left'
    """)
    assert (result.status, result.err) == (0, "")
    all_gone(map(int, (tmp_path / "left").read_text().split()))


# A shell with children of its own, one of which ends at once, becomes nest-run.
ELDERS = """
    sleep 1000 >{0}/none & echo $! >{0}/elders
    sh -c 'sleep 1000; true' >{0}/none & echo $! >>{0}/elders
    sleep 0.2 &
    exec "$@"
"""


@pytest.fixture
def elders(started, tmp_path):
    """How to start nest-run with children, and who they are; those are ended."""

    def pids():
        return [int(pid) for pid in (tmp_path / "elders").read_text().split()]

    yield ["bash", "-c", ELDERS.format(tmp_path), "bash"], pids
    for pid in (each for elder in pids() for each in family_of(elder)):
        os.kill(pid, signal.SIGKILL)


def test_children_from_before_are_left_alone(run, elders):
    wrap, pids = elders
    begin = time.monotonic()
    result, said = run("one: sleep 0.5\n", wrap=wrap)
    assert (result.status, result.err) == (0, "") and re.search(r"^one +1 ", said, re.M)
    assert time.monotonic() - begin < LOST_S and all(map(lives, pids()))


def test_children_from_before_are_left_alone_where_the_supervisor_is_killed(start, elders, sockets):
    wrap, pids = elders
    stage = start(WAITING, wrap=wrap)

    def supervisors():
        return [pid for pid in children_of(stage.process.pid) if name_of(pid) == "nest-run"]

    [supervisor] = wait_until(supervisors, "the supervisor")
    family = wait_until(lambda: len(found := family_of(supervisor)) == 5 and found, "the processes")
    os.kill(supervisor, signal.SIGKILL)
    [result] = finish([stage], LOST_S)
    result.program = "waiting"
    result.fatal(3, "^the supervisor of the run was killed")
    assert os.listdir(sockets) == []
    all_gone(family)
    assert all(map(lives, pids()))


# ---- killed and interrupted ----


@pytest.mark.parametrize("name", ENDING)
def test_a_signal_ends_the_run_and_is_what_it_dies_of(start, sockets, name):
    stage = start(WAITING)
    family = waits(stage)
    number = getattr(signal, f"SIG{name}")
    stage.process.send_signal(number)
    [result] = finish([stage], LOST_S)
    result.program = "waiting"
    result.fatal(-number, f"^interrupted by {'IO' if name == 'POLL' else name}$")
    assert os.listdir(sockets) == []
    all_gone(family)


def test_a_real_time_signal(start, sockets):
    stage = start(WAITING)
    family = waits(stage)
    stage.process.send_signal(signal.SIGRTMIN + 2)
    [result] = finish([stage], LOST_S)
    assert result.status == -(signal.SIGRTMIN + 2) and "interrupted by RTMIN+2" in result.err
    assert os.listdir(sockets) == []
    all_gone(family)


@pytest.mark.parametrize("name", ["WINCH", "URG", "CHLD", "CONT"])
def test_a_signal_that_means_nothing(start, sockets, name):
    stage = start("one: sleep 0.5")
    begun(stage, 1)
    stage.process.send_signal(getattr(signal, f"SIG{name}"))
    [result] = finish([stage], LOST_S)
    assert (result.status, result.err) == (0, "")


def test_control_c_stops_the_loop_around_it(nest, sockets, started, tmp_path):
    """Which a program that does not die of the signal goes on with."""
    (tmp_path / "plan").write_text(textwrap.dedent(WAITING))
    loop = f"for i in 1 2 3; do echo $i >>{tmp_path}/turns; {nest.folder}/nest-run {tmp_path}/plan; done"
    options = {"env": os.environ | {"TMPDIR": str(sockets)}, "start_new_session": True}
    shell = start_stage("bash", ["bash", "-c", loop], started, **options)
    wait_until(lambda: len(family_of(shell.process.pid)) == 7, "the processes")
    family = family_of(shell.process.pid)
    os.killpg(shell.process.pid, signal.SIGINT)
    assert shell.process.wait(LOST_S) == -signal.SIGINT
    assert (tmp_path / "turns").read_text() == "1\n" and os.listdir(sockets) == []
    all_gone(family)


def test_an_interrupt_that_is_ignored_stays_so(start, sockets):
    """As in the background of a shell."""
    stage = start(WAITING, wrap=("env", "--ignore-signal=INT"))
    family = waits(stage)
    stage.process.send_signal(signal.SIGINT)
    time.sleep(0.3)
    assert stage.process.poll() is None and all(map(lives, family))
    stage.process.send_signal(signal.SIGTERM)
    [result] = finish([stage], LOST_S)
    assert result.status == -signal.SIGTERM and os.listdir(sockets) == []
    all_gone(family)


@pytest.mark.parametrize("moment", ["at once", "while all run"])
def test_the_one_that_is_seen_is_killed(start, sockets, moment):
    for _ in range(10 if moment == "at once" else 1):
        stage = start(WAITING)
        supervisor = supervisor_of(stage)
        family = waits(stage) if moment == "while all run" else [supervisor]
        stage.process.kill()
        stage.process.wait()
        all_gone(family)
        wait_until(lambda: os.listdir(sockets) == [], "the folder to be removed", LOST_S)


def test_all_of_its_group_are_killed(start, sockets):
    stage = start(WAITING, start_new_session=True)
    family = waits(stage)
    os.killpg(stage.process.pid, signal.SIGKILL)
    all_gone(family)
    wait_until(lambda: os.listdir(sockets) == [], "the folder to be removed", LOST_S)


def test_the_supervisor_is_killed(start, sockets):
    stage = start(WAITING)
    family = waits(stage)
    os.kill(supervisor_of(stage), signal.SIGKILL)
    [result] = finish([stage], LOST_S)
    result.program = "waiting"
    result.fatal(3, r"^the supervisor of the run was killed by signal 9 \(KILL\)$")
    assert os.listdir(sockets) == []
    all_gone(family)


def test_the_supervisor_is_told_to_end(start, sockets):
    stage = start(WAITING)
    family = waits(stage)
    os.kill(supervisor_of(stage), signal.SIGTERM)
    [result] = finish([stage], LOST_S)
    assert result.status == -signal.SIGTERM and os.listdir(sockets) == []
    all_gone(family)


def test_both_are_killed(start, sockets):
    """What they started does not go on; and the next run cleans up, for nobody is left to."""
    stage = start("one: sleep 1000\ntwo: sleep 1000\n")
    family = begun(stage, 2)
    for pid in [stage.process.pid, supervisor_of(stage)]:
        os.kill(pid, signal.SIGSTOP)
    for pid in [supervisor_of(stage), stage.process.pid]:
        os.kill(pid, signal.SIGKILL)
    stage.process.wait()
    all_gone(family)
    [left] = sockets.iterdir()
    (sockets / "nest-projects").mkdir()
    [result] = finish([start("one: true\n")])
    assert (result.status, result.err) == (0, "")
    assert not left.exists() and os.listdir(sockets) == ["nest-projects"]


def test_an_interrupt_while_a_process_is_stopped(start, sockets):
    stage = start(WAITING)
    family = waits(stage)
    for pid in children(stage.process):
        os.kill(pid, signal.SIGSTOP)
    stage.process.terminate()
    [result] = finish([stage], LOST_S)
    assert result.status == -signal.SIGTERM and os.listdir(sockets) == []
    all_gone(family)


@pytest.mark.parametrize("name", ["INT", "TERM"])
def test_an_interrupt_while_the_supervisor_is_stopped(start, sockets, name):
    stage = start(WAITING)
    family = waits(stage)
    supervisor = supervisor_of(stage)
    os.kill(supervisor, signal.SIGSTOP)
    wait_until(lambda: state_of(supervisor) == "T", "the supervisor to be stopped")
    number = getattr(signal, f"SIG{name}")
    stage.process.send_signal(number)
    [result] = finish([stage], LOST_S)
    result.program = "waiting"
    result.fatal(-number, f"^interrupted by {name}$")
    assert os.listdir(sockets) == []
    all_gone(family)


def test_control_z_halts_all_and_fg_lets_them_go_on(start, tmp_path, sockets):
    stage = start(f"one: sh -c 'while :; do echo >>{tmp_path}/beats; sleep 0.02; done'", "--stall", 1, process_group=0)
    beats = tmp_path / "beats"
    wait_until(beats.exists, "the first beat")

    def halted():
        found = children(stage.process)
        return len(found) == 1 and is_stopped(found[0])

    stage.process.send_signal(signal.SIGTSTP)
    _, status = os.waitpid(stage.process.pid, os.WUNTRACED)
    assert os.WIFSTOPPED(status)
    wait_until(halted, "the process to be halted")
    # Longer than a halt may last.
    time.sleep(2)
    assert halted()
    size = beats.stat().st_size
    stage.process.send_signal(signal.SIGCONT)
    wait_until(lambda: beats.stat().st_size > size + 3, "more beats")
    stage.process.terminate()
    [result] = finish([stage], LOST_S)
    assert result.status == -signal.SIGTERM and os.listdir(sockets) == []


# ---- halted ----


def test_a_stopped_process_is_named(start, sockets):
    stage = start("one: sh -c 'while :; do :; done'\ntwo: cat\nstdin two\n", "--stall", 2, stdin=subprocess.PIPE)
    family = begun(stage, 2)
    os.kill(children(stage.process, "sh")[0], signal.SIGSTOP)
    [result] = finish([stage], 2 + LOST_S)
    result.fatal(3, "^one was halted: no progress for 2 s, and it is stopped by a signal$")
    assert os.listdir(sockets) == []
    all_gone(family)


def test_a_stopped_process_is_named_before_one_that_waits_for_it(start, sockets):
    stage = start("""
        one: sh -c "until test -e {run}/held; do sleep 0.05; done; exec flock {run}/lock true"
        two: flock {run}/lock sh -c ": >{run}/held; while :; do :; done"
    """, "--stall", 2)
    family = begun(stage, 2)
    [waiter, holder] = wait_until(lambda: len(found := children(stage.process)) == 2 and found, "both")
    wait_until(lambda: name_of(waiter) == "flock", "the one to wait")
    # It waits for half of the time before the other one is stopped.
    time.sleep(1)
    stop(family_of(holder))
    [result] = finish([stage], 4 + LOST_S)
    result.fatal(3, "^two was halted: no progress for 2 s, and it is stopped by a signal$")
    assert os.listdir(sockets) == []
    all_gone(family)


def test_a_stopped_child_of_a_process_is_told(start, sockets):
    stage = start("one: sh -c 'sleep 1000; true'\n", "--stall", 1)
    wait_until(lambda: len(family_of(stage.process.pid)) == 4, "the child")
    os.kill(family_of(stage.process.pid)[-1], signal.SIGSTOP)
    [result] = finish([stage], 1 + LOST_S)
    result.fatal(3, "^one was halted: no progress for 1 s, and it is stopped by a signal$")


# While its child lives, a process that has called vfork() is in the state of one whose disk does not answer.
HANGS = "import ctypes; c = ctypes.CDLL(None); c.vfork() or c.pause()"


def test_a_process_that_hangs_in_the_kernel_is_named(run):
    result, _ = run(f'one: {sys.executable} -c "{HANGS}"\n', "--stall", 1)
    result.fatal(3, "^one was halted: no progress for 1 s, and it hangs in the kernel")


@pytest.mark.parametrize("command", ["sleep 1000", "sh -c 'sleep 1000; true'", "flock {run}/lock flock {run}/lock true"])
def test_a_process_that_waits_for_nobody_is_named(run, command):
    result, _ = run(f"one: {command}\n", "--stall", 1)
    result.fatal(3, "^one was halted: no progress for 1 s, and it sleeps, and does not wait for its neighbours$")


@pytest.mark.parametrize(
    "command",
    [
        "cat",
        "sh -c 'cat | cat'",
        "sh -c 'mkfifo \"$1\"; cat \"$1\"' sh {run}/pipe",
        "sh -c 'while :; do sleep 0.2; done'",
        "sh -c 'while :; do :; done'",
        f"{sys.executable} -c 'import select; select.select([0], [], [])'",
        f"{sys.executable} -c 'import threading, sys; t = threading.Thread(target=sys.stdin.read); t.start(); t.join()'",
    ],
)
def test_a_process_that_waits_or_works_is_left_alone(start, command):
    stage = start(f"stdin one\none: {command}\n", "--stall", 1, stdin=subprocess.PIPE)
    with pytest.raises(subprocess.TimeoutExpired):
        stage.process.wait(3)
    stage.process.terminate()
    [result] = finish([stage], LOST_S)
    assert result.status == -signal.SIGTERM


def test_a_halt_may_last_for_ever(start):
    stage = start("one: sleep 1000\n", "--stall", 0)
    with pytest.raises(subprocess.TimeoutExpired):
        stage.process.wait(2)
    stage.process.terminate()
    assert finish([stage], LOST_S)[0].status == -signal.SIGTERM


def test_a_supervisor_that_is_halted(start, sockets):
    stage = start(WAITING, "--stall", 1)
    family = waits(stage)
    os.kill(supervisor_of(stage), signal.SIGSTOP)
    [result] = finish([stage], 2 + LOST_S)
    result.program = "waiting"
    result.fatal(3, "^the supervisor of the run was halted for 1 s$")
    assert os.listdir(sockets) == []
    all_gone(family)


def stop(pids):
    send(signal.SIGSTOP, pids)
    wait_until(lambda: all(is_stopped(pid) or not lives(pid) for pid in pids), "them to be stopped")


def go_on(pids):
    send(signal.SIGCONT, pids)


def send(number, pids):
    for pid in pids:
        # One that a process waited for may have ended meanwhile.
        with contextlib.suppress(ProcessLookupError):
            os.kill(pid, number)


def test_looks_begin_anew_after_a_halt_on_purpose(start, sockets):
    """Stopped one after another and continued one after another, as a batch system suspends a job."""
    stage = start("one: sh -c 'for i in $(seq 30); do sleep 0.05; done'\n", "--stall", 2)
    begun(stage, 1)
    supervisor = supervisor_of(stage)
    below = family_of(children_of(supervisor)[0])
    stop(below)
    time.sleep(1.3)
    stop([stage.process.pid, supervisor])
    time.sleep(2.5)
    go_on([stage.process.pid, supervisor])
    # With those before the halt, the looks of this time are enough to name it.
    time.sleep(1.1)
    go_on(below)
    [result] = finish([stage])
    assert (result.status, result.err) == (0, "")


def test_a_supervisor_that_was_halted_on_purpose(start, sockets):
    """What was seen before this process was itself halted does not count."""
    stage = start("one: sh -c 'for i in $(seq 30); do sleep 0.05; done'\n", "--stall", 2)
    begun(stage, 1)
    supervisor = supervisor_of(stage)
    stop([supervisor])
    time.sleep(0.5)
    stop([stage.process.pid])
    time.sleep(2.5)
    go_on([stage.process.pid])
    time.sleep(0.5)
    go_on([supervisor])
    [result] = finish([stage])
    assert (result.status, result.err) == (0, "")


def test_a_stage_of_the_contacts_job_is_halted(pipeline, sockets, tmp_path):
    for victim in ["nest-gen", "nest-shred", "parquet-encode", "parquet-merge"]:
        out = tmp_path / victim / "out"
        run = pipeline("contacts", "--target-records", "1G", "--parts", 1000, "--output-dir", out, "--stall", 2)
        at_work(out)
        os.kill(children(run.process, victim)[0], signal.SIGSTOP)
        [result] = finish([run], 10 + LOST_S)
        result.fatal(3, rf"^{victim}\.\d was halted: no progress for 2 s, and it is stopped by a signal{KEPT}")
        assert os.listdir(sockets) == []
        check_nothing_happened(out, {})


def test_an_input_that_takes_its_time(pipeline, tmp_path):
    run = pipeline("ingest", "-o", tmp_path / "out", "--stall", 1, stdin=subprocess.PIPE)
    for piece in [b'{"id": 1}\n', b'{"id": 2}\n', b""]:
        time.sleep(2.5)
        run.process.stdin.write(piece)
        run.process.stdin.flush()
    run.process.stdin.close()
    [result] = finish([run])
    assert (result.status, result.err) == (0, "")
    assert len(parts(tmp_path / "out")) == 1


# ---- the dataset, and what is said of it ----


def dataset_plan(nest, out, *, rows=1000, merge="{}", extra=""):
    """One process a stage; MERGE wraps the command of parquet-merge."""
    folder = nest.folder.resolve()
    merger = merge.format(f"{folder}/parquet-merge --force --verbose --stats {{stats}} --from ipc://{{run}}/merge {out}")
    return f"""
        name job
        dataset parquet-merge.0 {out}
        rate 'memory bytes/s' nest-gen bytes_out
        parquet-merge.0: {merger}
        parquet-encode.0: {folder}/parquet-encode --stats {{stats}} --from ipc://{{run}}/encode --to ipc://{{run}}/merge -o {out}
        nest-shred.0: {folder}/nest-shred --stats {{stats}} --from ipc://{{run}}/shred --to ipc://{{run}}/encode
        nest-gen.0: {folder}/nest-gen -n {rows} --stats {{stats}} --to ipc://{{run}}/shred contacts
        {extra}
    """


def test_the_summary_as_text_and_as_json(nest, run, tmp_path):
    out, path = tmp_path / "out", tmp_path / "summary"
    result, said = run(dataset_plan(nest, out, extra="note 'That is all.'"), "--summary", path)
    assert (result.status, result.err) == (0, "")
    number, bytes_ = r" +\d+\n", sum(file.stat().st_size for file in out.glob("*.parquet"))
    pattern = rf"rows +1000\nfiles +1\nbytes +{bytes_}\nseconds +\d+\.\d{{3}}\nrows/s{number}memory bytes/s{number}\n"
    pattern += r"stage            processes      CPU s   peak MB\n"
    for stage in ["nest-gen", "nest-shred", "parquet-encode", "parquet-merge"]:
        pattern += rf"{stage} +1 +\d+\.\d{{3}} +\d+\.\d\n"
    pattern += r"total +4 +\d+\.\d{3}\n\nThe slowest stage was [a-z-]+, at work \d+ % of the time\.\n"
    pattern += rf"The dataset is in {out}: 1\.00k rows, \d+(\.\d+)?kB\.\nThat is all\.\n"
    assert re.fullmatch(pattern, said), said
    table = json.loads(path.read_text())
    assert (table["run"], table["dataset"], table["rows"], table["files"]) == ("job", str(out), 1000, 1)
    assert table["bytes"] == bytes_ and table["skipped"] == 0 and 0 < table["seconds"] < LONG_S
    assert [stage["stage"] for stage in table["stages"]] == ["nest-gen", "nest-shred", "parquet-encode", "parquet-merge"]
    assert table["stages"][0]["rows"] == 1000 and table["stages"][0]["peak_bytes"] > 1e6


def test_the_slowest_stage_is_that_whose_processes_take_the_most(run):
    turn = "while [ $i -lt {} ]; do i=$((i + 1)); done"
    busy, idle = (f"sh -c 'i=0; {turn.format(turns)}'" for turns in (300_000, 1))
    processes = [f"few.0: {busy}", *(f"many.{i}: sh -c 'i=0; {turn.format(60_000)}'" for i in range(8)), f"none.0: {idle}"]
    result, said = run("\n".join(processes))
    assert result.status == 0
    assert re.search(r"^\nThe slowest stage was few, at work [1-9]\d* % of the time\.\n\Z", said, re.M), said


def test_quiet(nest, run, tmp_path):
    result, said = run(dataset_plan(nest, tmp_path / "out"), "-q")
    assert (result.status, result.err, said) == (0, "", "") and len(parts(tmp_path / "out")) == 1


def test_a_stage_of_one_s_own(nest, run, tmp_path):
    """A filter in Python between two stages, in the place of a line of the plan of pipelines/contacts."""
    mask = tmp_path / "mask.py"
    mask.write_text("import sys\nsys.stdout.buffer.write(sys.stdin.buffer.read().replace(b'+91-99-', b'+00-00-'))\n")
    out, folder = tmp_path / "out", nest.folder.resolve()
    job = [ROOT / "pipelines/contacts", "--dry-run", "--target-records", 1000, "-o", out]
    job += ["--num-generators", 1, "--num-shredders", 1, "--num-writers", 1]
    plan = subprocess.run(
        list(map(str, job)), env=os.environ | {"NEST_BIN": str(folder)}, check=True, capture_output=True, text=True
    ).stdout
    to = "--to ipc://{run}/nest-shred.0"
    assert plan.count(to) == 1
    mine = f'masked: sh -c "{folder}/nest-gen -n 1000 contacts | {sys.executable} {mask} | '
    mine += f'{folder}/nest-shred --wire-memory --to ipc://{{run}}/parquet-encode.0"'
    plan = re.sub(r"(?m)^nest-(gen|shred)\.0: .*\n|^rate .*\n", "", plan) + mine + "\n"
    result, said = run(plan)
    assert (result.status, result.err) == (0, ""), plan
    assert len(parts(out)) == 1 and re.search(r"^masked +1 ", said, re.M)
    numbers = subprocess.run(["grep", "-ac", "+00-00-", out / "part-00000.parquet"], capture_output=True, text=True)
    assert int(numbers.stdout) > 0


PUBLISHED = "; the dataset is published all the same, in {}$"


def check_published(result, out, before, pattern):
    result.program = "job"
    result.fatal(3, pattern + PUBLISHED.format(re.escape(str(out))))
    assert snapshot(out) != before and len(parts(out)) == 1


@pytest.fixture
def old(nest, tmp_path):
    out = nest.pipeline(tmp_path / "data" / "out", rows=10)
    return out, snapshot(out)


def test_standard_output_is_full(nest, run, old):
    out, before = old
    with open("/dev/full", "wb") as full:
        result, _ = run(dataset_plan(nest, out), stdout=full)
    check_published(result, out, before, "^unable to write standard output: No space left on device")


def test_standard_output_is_closed(nest, run, old):
    out, before = old
    result, _ = run(dataset_plan(nest, out), wrap=["bash", "-c", 'exec "$@" >&-', "bash"])
    check_published(result, out, before, "^unable to write standard output: Bad file descriptor")


def test_nobody_reads_standard_output(nest, start, old, sockets):
    out, before = old
    stage = start(dataset_plan(nest, out))
    stage.process.stdout.close()
    [result] = finish([stage])
    check_published(result, out, before, "^unable to write standard output: Broken pipe")
    assert os.listdir(sockets) == []


def test_the_place_of_the_summary_is_full(nest, run, old):
    out, before = old
    result, _ = run(dataset_plan(nest, out), "--summary", "/dev/full")
    check_published(result, out, before, "^unable to write /dev/full: No space left on device")


def test_an_account_that_is_missing(nest, run, old):
    out, before = old
    result, _ = run(dataset_plan(nest, out, extra="more.0: true {stats}"))
    check_published(result, out, before, r"^more\.0 left no account of itself")


def test_parquet_merge_is_killed_after_its_end(nest, run, old):
    out, before = old
    result, _ = run(dataset_plan(nest, out, merge="sh -c \"{}; kill -9 $$\"".replace("$$", "\\$\\$")))
    check_published(result, out, before, r"^parquet-merge\.0 was killed by signal 9 \(KILL\)")


def test_another_stage_fails_after_the_end(nest, run, old):
    out, before = old
    late = f"""sh -c 'while [ {out} -ef "$0" ]; do sleep 0.01; done; sleep 0.3; kill -9 $$' {out}/."""
    result, _ = run(dataset_plan(nest, out, extra=f"late: {late.replace(f'{out}/.', '/proc/self/fd/9')}"),
                    wrap=["bash", "-c", f'exec 9<{out}; exec "$@"', "bash"])
    check_published(result, out, before, r"^late was killed by signal 9 \(KILL\)")


def test_tmpdir_is_full(nest, start, old, small_disk):
    out, before = old
    fill = "fill: sh -c 'dd if=/dev/zero of=$0/fill bs=4k status=none; true' {run}\n        wait fill\n        "
    plan = dataset_plan(nest, out).replace("parquet-merge.0: ", fill + "parquet-merge.0: ", 1)
    [result] = finish([start(plan, tmpdir=small_disk)])
    result.program = "job"
    sentence = result.fatal(3, "No space left on device|left no account of itself")
    assert os.listdir(small_disk) == []
    # Where there was no room for a socket, nothing was begun.
    if snapshot(out) != before:
        assert sentence.endswith(PUBLISHED.format(out)[:-1])


def test_an_interrupt_while_nobody_reads_the_summary(nest, start, old, sockets):
    """The pipe is full: it must not hang."""
    out, before = old
    reader, writer = os.pipe()
    os.set_blocking(writer, False)
    with contextlib.suppress(BlockingIOError):
        while True:
            os.write(writer, b"x" * 4096)
    os.set_blocking(writer, True)
    stage = start(dataset_plan(nest, out), stdout=writer)
    os.close(writer)
    wait_until(lambda: snapshot(out) != before and children(stage.process) == [], "the end of all stages")
    stage.process.terminate()
    [result] = finish([stage], LOST_S)
    os.close(reader)
    result.program = "job"
    result.fatal(-signal.SIGTERM, "^interrupted by TERM" + PUBLISHED.format(out))
    assert os.listdir(sockets) == []


def test_a_run_that_is_refused_says_nothing_of_another_s_dataset(nest, run, start, tmp_path):
    """The second of two runs is refused while the first goes on to publish."""
    out = tmp_path / "out"
    first = start(dataset_plan(nest, out, rows="30M"))
    at_work(out)
    result, _ = run_in_another_folder(nest, tmp_path, dataset_plan(nest, out, rows=10))
    assert result.status == 3 and "published" not in result.err
    [result] = finish([first])
    assert (result.status, result.err) == (0, "")
    assert not staging(out).exists()


def run_in_another_folder(nest, tmp_path, plan):
    (tmp_path / "other").mkdir()
    (tmp_path / "other.plan").write_text(textwrap.dedent(plan))
    environment = os.environ | {"TMPDIR": str(tmp_path / "other")}
    result = nest.run("nest-run", tmp_path / "other.plan", env=environment, memory=None)
    return result, os.listdir(tmp_path / "other")


@pytest.mark.parametrize("victim", ["one", "merge"])
def test_what_is_complete_is_told_with_the_cause(run, tmp_path, victim):
    left = "3 of 8 parts are complete in .out.staging: go on, or remove them with parquet-merge --sweep out"
    lost = f"echo \"parquet-merge: fatal: one was lost; sad; {left}\" >&2; exit 3"
    result, _ = run(f"""
        dataset merge {tmp_path}/out
        merge: sh -c 'sleep 0.2; {lost}' {{stats}}
        one: sh -c '{"echo 'nest-x: fatal: bad' >&2; exit 1" if victim == "one" else "sleep 1000"}'
    """.replace("'nest-x: fatal: bad'", '"nest-x: fatal: bad"'))
    cause, status = {"one": ("one: bad", 1), "merge": ("merge: one was lost; sad", 3)}[victim]
    result.fatal(status, f"^{re.escape(f'{cause}; {left}')}$")


def test_what_is_kept(run, tmp_path):
    plan = f"""
        keep {tmp_path}/kept {{run}}/b {{run}}/none {{run}}/a
        one: sh -c "echo a >{{run}}/a; echo b >{{run}}/b; exit STATUS"
    """
    for status in [0, 1]:
        result, _ = run(plan.replace("STATUS", str(status)))
        assert result.status == status
        assert (tmp_path / "kept").read_text() == "b\na\n"
        os.unlink(tmp_path / "kept")


def test_hundreds_of_processes(run, start, sockets, tmp_path):
    plan = "".join(f"one.{i}: sh -c 'read x; true'\n" for i in range(200))
    result, said = run(plan)
    assert (result.status, result.err) == (0, "")
    assert re.search(r"^one +200 ", said, re.M)
    plan = "".join(f"one.{i}: sleep 1000\n" for i in range(200)) + "two: sh -c 'sleep 0.2; exit 1'\n"
    stage = start(plan)
    family = begun(stage, 200)
    [result] = finish([stage], LOST_S)
    result.fatal(1, "^two: ended with status 1")
    assert os.listdir(sockets) == []
    all_gone(family)


def test_few_descriptors_are_enough_for_many_processes(run, nest):
    plan = "".join(f"one.{i}: sh -c 'test $(ulimit -Sn) = 40'\n" for i in range(100))
    result, _ = run(plan, wrap=["bash", "-c", 'ulimit -Sn 40; exec "$@"', "bash"])
    assert (result.status, result.err) == (0, "")
    plan = "".join(f"one.{i}: sleep 1000\n" for i in range(100))
    result, _ = run(plan, wrap=["prlimit", "--nofile=40:40"])
    result.fatal(3, r"Too many open files")
