import os
import pathlib
import tempfile

import pytest

import nestlib

ROOT = pathlib.Path(__file__).resolve().parent.parent


@pytest.fixture(scope="session")
def build():
    """The folder of the built programs: NEST_BUILD_DIR, or build."""
    return ROOT / os.environ.get("NEST_BUILD_DIR", "build")


@pytest.fixture(scope="session")
def nest(build):
    return nestlib.Programs(build)


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
