import os
import pathlib

import pytest

ROOT = pathlib.Path(__file__).resolve().parent.parent


@pytest.fixture(scope="session")
def build():
    """The folder of the built programs: NEST_BUILD_DIR, or build."""
    return ROOT / os.environ.get("NEST_BUILD_DIR", "build")
