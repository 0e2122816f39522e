import os
import pathlib
import shlex
import subprocess
import tempfile

import pytest

import nestlib

ROOT = pathlib.Path(__file__).resolve().parent.parent

nestlib.give_signals_back()


@pytest.fixture(scope="session")
def build():
    """The folder of the built programs: NEST_BUILD_DIR, or build."""
    return ROOT / os.environ.get("NEST_BUILD_DIR", "build")


@pytest.fixture(scope="session")
def nest(build):
    return nestlib.Programs(build)


@pytest.fixture(scope="session")
def printer(build):
    """Prints rows of frames as nest-gen prints its own: a unit test, which no installed copy has."""
    path = build / "tests/test_jsonl"
    if not path.exists():
        pytest.skip("tests/test_jsonl, a unit test, is not among the programs")
    return path


@pytest.fixture(scope="session")
def library(tmp_path_factory):
    """Preloaded, it makes one call of a program fail."""
    path = tmp_path_factory.mktemp("preload") / "fail.so"
    compiler = shlex.split(os.environ.get("CC") or "cc")
    flags = ["-std=c11", "-D_GNU_SOURCE", "-O1", "-Wall", "-Wextra", "-Werror", "-shared", "-fPIC"]
    subprocess.run([*compiler, *flags, "-o", path, ROOT / "tests" / "preload" / "fail.c", "-ldl"], check=True)
    return path


@pytest.fixture
def sockets():
    """A folder for ipc sockets, whose paths must be short."""
    with tempfile.TemporaryDirectory(prefix="nest-test-") as folder:
        yield pathlib.Path(folder)


@pytest.fixture
def started():
    """A list of processes that do not outlive the test, whatever becomes of it."""
    processes = []
    yield processes
    for process in processes:
        if process.poll() is None:
            process.kill()
        process.wait()


@pytest.fixture
def pipeline(nest, sockets, started):
    """Starts a script of pipelines/ with the built programs and a folder of its own for what it needs."""

    def pipeline(name, *arguments, **popen):
        environment = os.environ | {"NEST_BIN": str(nest.folder), "TMPDIR": str(sockets)}
        command = [str(ROOT / "pipelines" / name), *map(str, arguments)]
        popen = {"env": environment, "stdout": subprocess.PIPE} | popen
        return nestlib.start_stage(name, command, started, **popen)

    return pipeline


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
