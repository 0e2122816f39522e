"""What pipelines/setup installs where something is missing, whom it asks, and what it leaves when it is interrupted."""

import os
import pathlib
import pty
import re
import select
import shutil
import signal
import subprocess

import pytest

from nestlib import LONG_S, LOST_S, wait_until

SOURCE = pathlib.Path(__file__).parent.parent

# In the place of apt-get: notes what it is told, and of an install that it has begun.
APT = """#!/bin/sh
while [ "${1#-}" != "$1" ]; do [ "$1" = -o ] && shift; shift; done
echo "$*" >>"$NOTES/told"
[ "$1" = install ] || exit 0
echo "what apt-get says"
[ -e "$NOTES/ready" ] && exit "$(cat "$NOTES/ready")"
trap 'echo interrupted >>"$NOTES/told"; exit 100' INT
echo $$ >"$NOTES/pid"
for i in 1 2 3 4 5 6 7 8 9 10 11 12 13 14 15 16 17 18 19 20; do sleep 1; done
"""


@pytest.fixture
def tree(tmp_path):
    """A tree with setup alone, where a compiler is missing, and an apt-get that is none."""
    if os.geteuid() != 0:
        pytest.skip("only root installs without sudo")
    folder = tmp_path / "tree"
    (folder / "pipelines").mkdir(parents=True)
    (folder / "tests").mkdir()
    (folder / "bin").mkdir()
    # Whatever there is here, a compiler alone is asked for.
    asked = r'(\n\tneed "\$package" has_command "\$compiler"\n).*?\n}'
    setup, count = re.subn(asked, r"\1}", (SOURCE / "pipelines/setup").read_text(), flags=re.S)
    assert count == 1
    (folder / "pipelines/setup").write_text(setup)
    (folder / "pipelines/setup").chmod(0o755)
    shutil.copy(SOURCE / "Makefile", folder)
    shutil.copy(SOURCE / "tests/requirements.txt", folder / "tests")
    (folder / "bin/apt-get").write_text(APT)
    (folder / "bin/apt-get").chmod(0o755)
    return folder


def start(tree, *arguments, program="pipelines/setup", **options):
    environment = os.environ | {"CC": "a-compiler", "NOTES": str(tree), "PATH": f"{tree}/bin:{os.environ['PATH']}"}
    return subprocess.Popen(
        [program, *arguments], cwd=tree, env=environment, stdout=subprocess.PIPE, text=True, **options
    )


def told(tree):
    return (tree / "told").read_text().splitlines() if (tree / "told").exists() else []


def run(tree, *arguments):
    process = start(tree, *arguments, stdin=subprocess.DEVNULL, stderr=subprocess.PIPE)
    out, err = process.communicate(timeout=LONG_S)
    assert out == ""
    return process.returncode, err


def test_what_is_missing_is_named_and_installed(tree):
    (tree / "ready").write_text("0")
    status, err = run(tree, "build")
    assert status == 0
    assert err.splitlines() == [
        "setup: nest lacks a-compiler",
        "setup: apt-get installs them as root; from a near mirror that takes about a minute",
        "what apt-get says",
    ]
    assert told(tree) == ["update", "install --yes --no-install-recommends a-compiler"]


def test_an_install_that_fails(tree):
    (tree / "ready").write_text("100")
    status, err = run(tree, "build")
    assert status == 3
    assert err.endswith("setup: fatal: unable to install a-compiler: see the messages of apt-get above\n")


@pytest.mark.parametrize("name", ["INT", "TERM", "HUP"])
def test_an_interrupt_leaves_no_apt_get(tree, name):
    process = start(tree, "build", stdin=subprocess.DEVNULL, stderr=subprocess.PIPE)
    wait_until(lambda: (tree / "pid").exists() and (tree / "pid").read_text().strip(), "apt-get")
    number = getattr(signal, f"SIG{name}")
    process.send_signal(number)
    _, err = process.communicate(timeout=LOST_S)
    assert process.returncode == -number
    assert err.endswith("setup: interrupted; apt-get ends what it has begun\n")
    assert told(tree)[-1] == "interrupted"
    assert not pathlib.Path("/proc", (tree / "pid").read_text().strip()).exists()


def on_a_terminal(tree, answer, *arguments, **options):
    """What is said to one who sits there and types ANSWER when asked; the status."""
    ours, theirs = pty.openpty()
    process = start(tree, *arguments, stdin=theirs, stderr=theirs, **options)
    os.close(theirs)
    said = b""
    while True:
        try:
            ready, _, _ = select.select([ours], [], [], LONG_S)
            piece = os.read(ours, 4096) if ready else b""
        except OSError:
            piece = b""
        if not piece:
            break
        said += piece
        if answer is not None and said.endswith(b"[Y/n] "):
            os.write(ours, answer)
            answer = None
    os.close(ours)
    return process.wait(LONG_S), said.decode()


@pytest.mark.parametrize("answer, goes_on", [(b"\n", True), (b"y\n", True), (b"n\n", False), (b"\x04", False)])
def test_a_person_is_asked(tree, answer, goes_on):
    (tree / "ready").write_text("0")
    status, said = on_a_terminal(tree, answer, "build")
    assert "setup: go on? [Y/n] " in said
    assert status == (0 if goes_on else 3)
    assert bool(told(tree)) == goes_on
    assert goes_on or "nothing was installed: install a-compiler in another way" in said


@pytest.fixture
def job(tree):
    """A pipeline that builds the programs and is done."""
    shutil.copy(SOURCE / "pipelines/programs.sh", tree / "pipelines")
    job = tree / "pipelines/job"
    job.write_text('#!/usr/bin/env bash\nsource "${BASH_SOURCE[0]%/*}/programs.sh"\nfind_programs\nbuild_programs 0\n')
    job.chmod(0o755)
    (tree / "bin/make").write_text('#!/bin/sh\necho "make $*" >>"$NOTES/told"\n')
    (tree / "bin/make").chmod(0o755)
    return job


def test_a_first_run_says_what_it_does(tree, job):
    """What a pipeline does first: it names the build and how long that takes, has setup ask, and builds."""
    (tree / "ready").write_text("0")
    status, said = on_a_terminal(tree, b"y\n", program=job)
    assert status == 0
    assert [line[:70] for line in said.splitlines()] == [
        "job: building the programs, which takes some minutes",
        "setup: nest lacks a-compiler",
        "setup: apt-get installs them as root; from a near mirror that takes about a minute"[:70],
        "setup: go on? [Y/n] y",
        "what apt-get says",
    ]
    assert [line.split()[0] for line in told(tree)] == ["update", "install", "make"]


def test_a_first_run_that_is_not_wanted_is_told_once(tree, job):
    status, said = on_a_terminal(tree, b"n\n", program=job)
    assert (status, told(tree)) == (3, [])
    assert [line[:27] for line in said.splitlines() if "fatal" in line] == ["setup: fatal: nothing was i"]


@pytest.mark.parametrize("status", [0, 2])
def test_a_build_shows_what_it_is_at(tree, job, status):
    """On one line, which is gone at the end; what else make says is shown if it fails."""
    (tree / "pipelines/setup").write_text("#!/bin/sh\n")
    (tree / "bin/make").write_text(f"#!/bin/sh\nprintf '  CC  a.o\\n  LD  b\\nmake: %s\\n' words\nexit {status}\n")
    ended, said = on_a_terminal(tree, None, program=job)
    first, rest = said.split("\r\n", 1)
    assert (ended, first) == (3 if status else 0, "job: building the programs, which takes some minutes")
    shown, end = rest.rsplit("\r\x1b[K", 1)
    assert shown == "\r\x1b[Kjob: CC  a.o\r\x1b[Kjob: LD  b"
    failed = "make: words\r\njob: fatal: unable to build the programs: make ended with status 2\r\n"
    assert end == (failed if status else "")


def test_a_setup_that_breaks_is_told(tree, job):
    (tree / "pipelines/setup").write_text("#!/bin/sh\nexit 7\n")
    status, said = on_a_terminal(tree, None, program=job)
    assert (status, said.splitlines()[-1]) == (
        3, "job: fatal: unable to build the programs: pipelines/setup ended with status 7"
    )


@pytest.fixture
def nobody(tree):
    """Runs setup as somebody who is not root, with a sudo that does SUDO, or where there is none."""

    def nobody(sudo, *arguments):
        for name in ["bash", "cat", "env"]:
            (tree / "bin" / name).symlink_to(shutil.which(name))
        if sudo:
            (tree / "bin/sudo").write_text(f'#!/bin/sh\necho "sudo $*" >>"$NOTES/told"\n{sudo}\n')
            (tree / "bin/sudo").chmod(0o755)
        command = [shutil.which("unshare"), "--user", "pipelines/setup", *arguments]
        environment = {"PATH": str(tree / "bin"), "CC": "a-compiler", "NOTES": str(tree)}
        options = {"cwd": tree, "env": environment, "stdin": subprocess.DEVNULL, "capture_output": True, "text": True}
        done = subprocess.run(command, timeout=LONG_S, **options)
        if "unshare failed" in done.stderr:
            pytest.skip("user namespaces are not permitted here")
        return done.returncode, done.stderr

    (tree / "ready").write_text("0")
    return nobody


def test_without_sudo_the_command_that_works_is_printed(tree, nobody):
    status, err = nobody(None, "build")
    assert status == 3 and re.fullmatch(r"setup: fatal: a-compiler not found: as root, run pipelines/setup build\n", err)
    assert told(tree) == []


def test_a_sudo_that_lets_nobody_in(tree, nobody):
    status, err = nobody("exit 1", "build")
    assert status == 3 and err.endswith("setup: fatal: sudo lets nobody in: as root, run pipelines/setup build\n")
    assert told(tree) == ["sudo -n -v"]


def test_sudo_installs(tree, nobody):
    status, err = nobody('while [ "${1#-}" != "$1" ]; do shift; done; exec "$@"', "build")
    assert (status, err[-18:]) == (0, "what apt-get says\n"), err
    assert [line for line in told(tree) if not line.startswith("sudo")] == [
        "update", "install --yes --no-install-recommends a-compiler"
    ]


def test_a_person_is_not_asked_who_said_yes(tree):
    (tree / "ready").write_text("0")
    status, said = on_a_terminal(tree, None, "-y", "build")
    assert status == 0 and "[Y/n]" not in said and told(tree)


def test_a_virtual_environment_of_others_is_left_alone(tree):
    """It is looked at before anything in it is touched."""
    (tree / ".venv").mkdir()
    (tree / ".venv/mine").write_text("mine")
    source = (tree / "pipelines/setup").read_text().replace('main "$@"\n', "make_venv\n")
    (tree / "pipelines/setup").write_text(source)
    status, err = run(tree)
    assert status == 3 and "was made by somebody else, and is left as it is" in err
    assert (tree / ".venv/mine").read_text() == "mine"


@pytest.mark.parametrize("status, last", [(0, r"tests: all passed in \d+ s"), (2, r"tests: FAILED, status 2, after \d+ s; .*")])
def test_all_tests_say_how_long_they_take_and_how_they_ended(tmp_path, status, last):
    """Here setup and make only say that they were called; the second ends with STATUS when it is to run the tests."""
    stubs = {"pipelines/setup": "", "bin/make": f'\ncase "$*" in *check*) exit {status} ;; esac'}
    for name, end in stubs.items():
        (tmp_path / name).parent.mkdir()
        (tmp_path / name).write_text(f'#!/bin/sh\necho "{name} $*"{end}\n')
        (tmp_path / name).chmod(0o755)
    (tmp_path / "tests").mkdir()
    shutil.copy(SOURCE / "tests/run", tmp_path / "tests")
    environment = os.environ | {"PATH": f"{tmp_path}/bin:{os.environ['PATH']}"}
    command = [tmp_path / "tests/run", "-y", "-k", "of two words"]
    options = {"env": environment, "stdout": subprocess.PIPE, "stderr": subprocess.STDOUT, "text": True}
    done = subprocess.run(command, timeout=LONG_S, **options)
    assert done.returncode == status
    setup, duration, build, check, ended = done.stdout.splitlines()
    assert (setup, duration) == ("pipelines/setup -y test", "tests: all of them take some ten minutes on two cores")
    assert build.endswith(" all tests") and check == "bin/make -s check PYTEST_ARGS= -k of\\ two\\ words"
    assert re.fullmatch(last, ended)
