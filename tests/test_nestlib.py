"""What the tests start has all signals as they are by default, however the tests were started."""

import pathlib
import re
import signal
import subprocess
import sys

import pytest

ALL = sorted(signal.valid_signals() - {signal.SIGKILL, signal.SIGSTOP})

STATUS = "import nestlib, subprocess; {}subprocess.run(['cat', '/proc/self/status'], check=True)"


def masks(before):
    """The masks of what a process starts for which all signals are ignored and blocked; it does BEFORE first."""
    for number in ALL:
        signal.pthread_sigmask(signal.SIG_BLOCK, [number])
    names = ",".join(str(int(number)) for number in ALL)
    command = ["env", f"--ignore-signal={names}", sys.executable, "-c", STATUS.format(before)]
    try:
        done = subprocess.run(command, cwd=pathlib.Path(__file__).parent, capture_output=True, text=True, check=True)
    finally:
        signal.pthread_sigmask(signal.SIG_SETMASK, [])
    # The C library keeps two for itself, which it may have whoever is spawned ignore.
    known = sum(1 << (number - 1) for number in ALL)
    return {key: int(mask, 16) & known for key, mask in re.findall(r"^Sig(Blk|Ign):\s*(\w+)", done.stdout, re.M)}


@pytest.mark.parametrize("before", ["", "nestlib.give_signals_back(); "])
def test_signals_are_given_back(before):
    found = masks(before)
    assert found == {"Blk": 0, "Ign": 0} if before else found["Blk"] and found["Ign"]
