"""The files of ipc endpoints: nothing is removed for one but a dead socket of our own."""

import os
import re
import socket
import stat
import subprocess

import pytest

from nestlib import LONG_S, finish, start_stage, wait_until


def receive(nest, *options, **keys):
    return nest.run("nest-shred", *options, stdin=b"", **keys)


def start(nest, started, path, bound, **popen):
    bound.unlink(missing_ok=True)
    command = nest.command("nest-shred", "--from", f"ipc://{path}", "--bound", bound)
    stage = start_stage("nest-shred", command, started, **{"stdout": subprocess.DEVNULL} | popen)
    wait_until(lambda: bound.exists() or stage.process.poll() is not None, "it to bind")
    return stage


def feed(nest, path, status=0):
    sent = nest.run("nest-gen", "-n", 10, "--to", f"ipc://{path}", "contacts", memory=None)
    assert sent.status == status, sent.err


def dead_socket(path):
    with socket.socket(socket.AF_UNIX) as left:
        left.bind(str(path))
    assert stat.S_ISSOCK(os.lstat(path).st_mode)


@pytest.mark.sanitize
@pytest.mark.parametrize("kind", ["file", "folder", "link", "dangling", "fifo"])
def test_what_is_no_socket_is_left_as_it_is(nest, sockets, kind):
    path = sockets / "data.parquet"
    if kind == "folder":
        path.mkdir()
    elif kind == "fifo":
        os.mkfifo(path)
    elif kind in ("link", "dangling"):
        path.symlink_to(sockets / "target")
    else:
        path.write_bytes(b"PAR1")
    if kind == "link":
        (sockets / "target").write_bytes(b"PAR1")
    before = os.lstat(path)
    receive(nest, "--from", f"ipc://{path}").fatal(2, f"^--from: {path} is there already and is no socket; ")
    assert os.lstat(path) == before
    assert kind != "file" or path.read_bytes() == b"PAR1"


@pytest.mark.sanitize
def test_a_socket_that_somebody_has_is_left_as_it_is(nest, sockets, started):
    path = sockets / "in"
    first = start(nest, started, path, sockets / "bound")
    before = os.lstat(path)
    receive(nest, "--from", f"ipc://{path}").fatal(3, f"^unable to bind ipc://{path}: another process has bound it; ")
    assert os.lstat(path).st_ino == before.st_ino
    feed(nest, path)
    # The first never noticed.
    [result] = finish([first])
    assert (result.status, result.err) == (0, "")
    assert not path.exists()


def test_a_socket_that_does_not_listen_yet_is_somebodys(nest, sockets):
    path = sockets / "in"
    with socket.socket(socket.AF_UNIX) as other:
        other.bind(str(path))
        receive(nest, "--from", f"ipc://{path}").fatal(3, "another process has bound it")
        other.listen()
        receive(nest, "--from", f"ipc://{path}").fatal(3, "another process has bound it")
    assert path.exists()


@pytest.mark.sanitize
def test_a_dead_socket_of_ours_is_replaced(nest, sockets, started):
    path = sockets / "in"
    killed = start(nest, started, path, sockets / "bound")
    killed.process.kill()
    killed.process.wait()
    assert path.exists()
    stage = start(nest, started, path, sockets / "bound")
    feed(nest, path)
    [result] = finish([stage])
    assert (result.status, result.err) == (0, "")
    assert sorted(os.listdir(sockets)) == ["bound"]


@pytest.mark.skipif(os.geteuid() != 0, reason="only root can give a file away")
def test_a_dead_socket_of_another_is_left(nest, sockets):
    path = sockets / "in"
    dead_socket(path)
    os.chown(path, 12345, 12345)
    receive(nest, "--from", f"ipc://{path}").fatal(3, "it is another user's socket; name another path")
    assert path.exists()


def test_of_many_that_find_a_dead_socket_one_has_it(nest, sockets, started):
    """The others are refused, and the one can be reached: nobody removed it."""
    path = sockets / "in"
    for turn in range(5):
        dead_socket(path)
        command = nest.command("nest-shred", "--from", f"ipc://{path}", "--timeout", LONG_S)
        stages = [
            start_stage("nest-shred", command, started, stdout=subprocess.DEVNULL) for _ in range(8)
        ]
        wait_until(lambda: sum(each.process.poll() is None for each in stages) == 1, "all but one to leave")
        [winner] = [each for each in stages if each.process.poll() is None]
        feed(nest, path)
        results = finish(stages)
        assert sorted(each.status for each in results) == [0] + [3] * 7
        assert winner.process.returncode == 0 and not path.exists(), turn


@pytest.mark.sanitize
@pytest.mark.parametrize("mask", [0, 0o022, 0o077])
def test_the_socket_is_its_users_alone(nest, sockets, started, mask):
    path = sockets / "in"
    stage = start(nest, started, path, sockets / "bound", preexec_fn=lambda: os.umask(mask))
    assert stat.S_IMODE(os.lstat(path).st_mode) == 0o600
    # --bound's file is made with the mask as it was.
    assert stat.S_IMODE(os.lstat(sockets / "bound").st_mode) == 0o666 & ~mask
    feed(nest, path)
    finish([stage])


def test_the_socket_never_has_another_mode(nest, sockets, tmp_path):
    """As the kernel is told: the mode is set before the name is there."""
    trace = tmp_path / "trace"
    command = ["strace", "-f", "-o", trace, "-e", "trace=fchmod,bind,chmod,umask,unlink,unlinkat"]
    command += nest.command("nest-shred", "--from", f"ipc://{sockets}/in", "--timeout", 1)
    try:
        done = subprocess.run(command, capture_output=True, timeout=LONG_S)
    except FileNotFoundError:
        pytest.skip("there is no strace here")
    if not trace.exists() or "bind(" not in trace.read_text():
        pytest.skip(f"strace may not trace here: {done.stderr.decode()}")
    calls = re.findall(r"(\w+)\(", "\n".join(line for line in trace.read_text().splitlines()))
    assert calls.index("fchmod") < calls.index("bind") < calls.index("unlink")


def test_another_file_in_its_place_is_not_removed(nest, sockets, started):
    path = sockets / "in"
    stage = start(nest, started, path, sockets / "bound")
    path.rename(sockets / "moved")
    path.write_bytes(b"another")
    feed(nest, sockets / "moved")
    [result] = finish([stage])
    assert result.status == 0
    assert path.read_bytes() == b"another"


@pytest.mark.sanitize
@pytest.mark.parametrize("option", ["--from", "--to"])
def test_paths_that_no_socket_can_have(nest, option):
    for path, size in [("", 0), ("/tmp/" + "x" * 103, 108), ("/tmp/" + "x" * 1000, 1005)]:
        program = "nest-shred" if option == "--from" else "nest-gen"
        operands = [] if option == "--from" else ["-n", 1, "contacts"]
        result = nest.run(program, option, f"ipc://{path}", *operands)
        sentence = f"^{option}: the path of a socket must have 1 to 107 bytes, and this one has {size}: ipc://"
        result.fatal(2, sentence + path[:100])


def test_the_longest_path(nest, sockets, started):
    path = sockets / ("x" * (107 - len(str(sockets)) - 1))
    assert len(str(path)) == 107
    stage = start(nest, started, path, sockets / "bound")
    feed(nest, path)
    [result] = finish([stage])
    assert (result.status, result.err) == (0, "")
    assert os.listdir(sockets) == ["bound"]


def test_an_abstract_socket(nest):
    receive(nest, "--from", "ipc://@nest").fatal(2, "'ipc://@nest' is an abstract socket, which every user")


def test_a_folder_that_is_not_there(nest, sockets):
    receive(nest, "--from", f"ipc://{sockets}/none/in").fatal(3, "unable to bind ipc://.*/none/in: No such file")


def test_a_made_up_name_that_does_not_fit(nest, sockets):
    environment = os.environ | {"TMPDIR": str(sockets / ("x" * 100))}
    receive(nest, "--from", "ipc://*", env=environment).fatal(2, "^--from: TMPDIR is too long for the path of a socket")


def test_a_host_that_is_not_known(nest):
    options = ["--to", "tcp://no-such-host.invalid:5500", "--timeout", 1]
    try:
        socket.getaddrinfo("no-such-host.invalid", None)
        pytest.skip("here every name is a host's")
    except socket.gaierror as failure:
        # Without a name server nobody knows whether it is known.
        is_told = failure.errno == socket.EAI_NONAME
    reason = ": the host is unknown; " if is_told else "; start nest-shred there"
    bound = "the host is unknown; name an address of this" if is_told else "this host has no such name, address"
    receive(nest, "--from", "tcp://no-such-host.invalid:5500").fatal(3, bound)
    sentence = "^nobody answers at tcp://no-such-host.invalid:5500 within 1 s" + reason
    nest.run("nest-gen", "-n", 1, *options, "contacts").fatal(3, sentence)
    options[1] = "tcp://localhost:9"
    nest.run("nest-gen", "-n", 1, *options, "contacts").fatal(3, "; start nest-shred there")


@pytest.mark.parametrize(
    "endpoint, reason",
    [
        ("tcp://127.0.0.1", r"it must be tcp://HOST:PORT, with an address of this host or \*$"),
        ("tcp://192.0.2.1:5500", r"this host has no such name, address or interface; \* stands for all that it has$"),
        ("tcp://[::1]x:5500", "it must be tcp://HOST:PORT|no such name, address"),
    ],
)
def test_a_place_that_is_none_of_this_hosts(nest, endpoint, reason):
    receive(nest, "--from", endpoint).fatal(3, f"^unable to bind {re.escape(endpoint)}: {reason}")
