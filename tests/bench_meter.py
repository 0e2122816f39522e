"""What metering costs: nest-meter's agent beside uftrace and clang's XRay, on the same program.

The program calls one small function from a loop and times the loop itself, so
that nobody's start or end is counted. Every way is run in turns, so that a
machine whose speed drifts treats all alike; the table gives medians of what a
call costs above the program compiled without a flag, and of the ratios to
uftrace taken turn by turn. A tool that is not installed is left out, and named.

Then the contacts job with all probes of the pipeline metered, and with none,
in turns too: the ratio of CPU time, and beside it what does not depend on the
neighbours: the instructions of each stage, counted by callgrind, and what the
snapshots say of the calls that were metered.

    NEST_BUILD_DIR=build python tests/bench_meter.py [--runs 9] [--calls 2000000] [--turns 61]
"""

import argparse
import os
import shutil
import statistics
import subprocess
import sys
import tempfile
from pathlib import Path

from benchlib import Table, run

ROOT = Path(__file__).resolve().parent.parent
BUILD = Path(os.environ.get("NEST_BUILD_DIR", ROOT / "build")).resolve()
AGENT = BUILD / "libnest-meter-agent.so"

PROGRAM = r"""
#include <stdio.h>
#include <stdlib.h>
#include <time.h>
__attribute__((noinline)) unsigned leaf(unsigned x) { __asm__ volatile(""); return x * 3 + 1; }
int main(int argc, char **argv)
{
	struct timespec a, b;
	long n = atol(argv[1]);
	unsigned s = 0;
	for (long i = 0; i < 2000; i++) s = leaf(s);
	clock_gettime(CLOCK_MONOTONIC, &a);
	for (long i = 0; i < n; i++) s = leaf(s);
	clock_gettime(CLOCK_MONOTONIC, &b);
	printf("%.4f %u\n", ((b.tv_sec - a.tv_sec) * 1e9 + (b.tv_nsec - a.tv_nsec)) / n, s);
}
"""

# Every call is debited, so that the function is disabled after 250.
DISABLING = "hotspot.enabled=true\nhotspot.threshold=1000\nhotspot.threshold.inherent=1000\n"
# And with everything that a call may be asked for.
ADAPTING = "hotspot.enabled=true\nhotspot.threshold=0\nhotspot.threshold.inherent=0\nhotspot.upper=100000000\n"


class Ways:
    def __init__(self, folder, calls):
        self.folder, self.calls = folder, calls
        self.list = []
        (folder / "program.c").write_text(PROGRAM)
        for name, text in (("disabling", DISABLING), ("adapting", ADAPTING)):
            (folder / name).write_text(text)

    def compile(self, name, compiler, *flags):
        path = self.folder / name
        subprocess.run([compiler, "-O2", *flags, "-o", path, self.folder / "program.c"], check=True)
        return path

    def add(self, name, command, environment=None, calls=None):
        self.list.append((name, [str(word) for word in command] + [str(calls or self.calls)], environment or {}))

    def metered(self, config=None):
        environment = {"LD_PRELOAD": str(AGENT), "NEST_METER_SNAPSHOT": str(self.folder / "%n.snapshot")}
        return environment | ({"NEST_METER_CONFIG": str(self.folder / config)} if config else {})

    def measure(self, command, environment):
        for trace in self.folder.glob("trace*"):
            shutil.rmtree(trace) if trace.is_dir() else trace.unlink()
        done = subprocess.run(command, env=os.environ | environment, cwd=self.folder, capture_output=True, text=True)
        if done.returncode != 0:
            sys.exit(f"bench_meter: {command[0]} failed: {done.stderr}")
        return float(done.stdout.split()[0])


def set_up(folder, calls):
    ways = Ways(folder, calls)
    many = calls * 20
    plain = ways.compile("plain", "gcc")
    patch = ways.compile("patch", "gcc", "-fpatchable-function-entry=5")
    hooks = ways.compile("hooks", "gcc", "-finstrument-functions")
    ways.add("no flag", [plain], calls=many)
    ways.add("patchable, not run by nest-meter", [patch], calls=many)
    ways.add("patchable, unpatched (disabled)", [patch], ways.metered("disabling"), many)
    ways.add("patchable, metered", [patch], ways.metered())
    ways.add("patchable, metered and adapting", [patch], ways.metered("adapting"))
    ways.add("hooks, not run by nest-meter", [hooks], calls=many)
    ways.add("hooks, disabled", [hooks], ways.metered("disabling"), many)
    ways.add("hooks, metered", [hooks], ways.metered())
    if shutil.which("uftrace"):
        ways.add("uftrace, patchable", ["uftrace", "record", "-P", ".", "-d", "trace", patch])
        ways.add("uftrace, hooks", ["uftrace", "record", "-d", "trace", hooks])
    else:
        print("bench_meter: no uftrace (Debian package uftrace)", file=sys.stderr)
    if shutil.which("clang"):
        xray = ways.compile("xray", "clang", "-fxray-instrument", "-fxray-instruction-threshold=1")
        options = "patch_premain=true xray_mode=xray-fdr verbosity=0 xray_logfile_base=trace-"
        ways.add("XRay, flight data recorder", [xray], {"XRAY_OPTIONS": options})
    else:
        print("bench_meter: no clang for XRay", file=sys.stderr)
    return ways


def metering(folder):
    """The environment in which the pipeline's own probes are metered, and adapt."""
    shutil.rmtree(folder / "snapshots", ignore_errors=True)
    (folder / "snapshots").mkdir()
    return dict(os.environ, NEST_METER_SNAPSHOT=str(folder / "snapshots/%n.%p.snapshot"),
                NEST_METER_CONFIG=str(ROOT / "meter/profiles/native.properties"))


def contacts(folder, metered):
    """CPU seconds of the contacts job, all processes and the script that runs them."""
    shutil.rmtree(folder / "contacts", ignore_errors=True)
    command = [ROOT / "pipelines/contacts", "--output-dir", folder / "contacts", "--quiet"]
    environment = (metering(folder) if metered else os.environ) | {"NEST_BIN": str(BUILD)}
    return run(command, env=environment)[1]


def contacts_job(folder, turns):
    contacts(folder, True)
    ratios, plain = [], []
    for turn in range(turns):
        # Who goes first changes, so that neither always runs in the other's wake.
        order = [True, False] if turn % 2 else [False, True]
        seconds = {metered: contacts(folder, metered) for metered in order}
        ratios.append(seconds[True] / seconds[False])
        plain.append(seconds[False])
    spread = statistics.quantiles(ratios, n=4)
    print(f"\nthe contacts job, all probes, hotspot adapting (native profile), {turns} turns:")
    print(f"CPU {statistics.median(ratios):.4f} times that without (quartiles {spread[0]:.4f} to {spread[2]:.4f}), "
          f"which is {statistics.median(plain):.2f} s")
    report = [BUILD / "nest-meter", "report", folder / "snapshots"]
    table = subprocess.run([str(word) for word in report], check=True, capture_output=True, text=True).stdout
    print(table.strip().splitlines()[-1])


def instructions(command, source, environment):
    with open(source, "rb") as stdin:
        done = subprocess.run(
            ["valgrind", "--tool=callgrind", "--callgrind-out-file=/dev/null", *map(str, command)],
            stdin=stdin, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True, env=environment)
    return int(next(line.split()[-1] for line in done.stderr.splitlines() if "Collected" in line))


def counted(folder, rows):
    """Each stage of the contacts job alone, with and without its probes: instructions."""
    gen, shred = [BUILD / "nest-gen", "-n", rows, "contacts"], [BUILD / "nest-shred"]
    encode = [BUILD / "parquet-encode", "-o", folder / "counted"]
    frames = {"rows": folder / "rows", "columns": folder / "columns"}
    subprocess.run([str(word) for word in gen], stdout=open(frames["rows"], "wb"), check=True)
    subprocess.run(shred, stdin=open(frames["rows"], "rb"), stdout=open(frames["columns"], "wb"), check=True)
    print()
    table = Table(f"instructions, {rows:,} rows", {"a row": ".1f", "with probes": ".4f x"}, 34)
    for command, source in ((gen, os.devnull), (shred, frames["rows"]), (encode, frames["columns"])):
        plain = instructions(command, source, os.environ)
        metered = instructions(command, source, metering(folder))
        table.row(command[0].name, plain / rows, metered / plain)


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--runs", type=int, default=9)
    parser.add_argument("--calls", type=int, default=1_000_000)
    parser.add_argument("--turns", type=int, default=61, help="of the contacts job; 0 leaves it out")
    asked = parser.parse_args()
    if not AGENT.exists():
        sys.exit(f"bench_meter: no {AGENT}: run make")
    with tempfile.TemporaryDirectory(prefix="bench-meter-", dir="/dev/shm") as folder:
        ways = set_up(Path(folder), asked.calls)
        turns = [
            {name: ways.measure(command, environment) for name, command, environment in ways.list}
            for _ in range(asked.runs)
        ]
    columns = {"ns": ".2f", "ns above none": ".2f", "of uftrace's": ".2f x"}
    table = Table("a call", columns, 34)
    for name, _, _ in ways.list:
        above = [turn[name] - turn["no flag"] for turn in turns]
        of_rival = None
        rival = "uftrace, hooks" if "hooks" in name else "uftrace, patchable"
        if "metered" in name or "XRay" in name:
            if rival in turns[0]:
                ratios = [(turn[name] - turn["no flag"]) / (turn[rival] - turn["no flag"]) for turn in turns]
                of_rival = statistics.median(ratios)
        table.row(name, statistics.median(turn[name] for turn in turns), statistics.median(above), of_rival)
    if asked.turns > 1:
        with tempfile.TemporaryDirectory(prefix="bench-meter-", dir="/dev/shm") as folder:
            contacts_job(Path(folder), asked.turns)
            if shutil.which("valgrind"):
                counted(Path(folder), 4_000_000)


if __name__ == "__main__":
    main()
