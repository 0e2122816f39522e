"""How the work grows: what a row, a part and a sender cost, and what a model makes of that for more cores.

The costs are slopes between runs of this machine, medians of CPU seconds: rows
from the far end of a dataset of 10^12, whose numbers are long; parts of one row
each; senders that only end. Everything is written to memory (--dir, /dev/shm).
The model adds them up. It is held against two runs that can be made here, and
what it says of more cores is a prediction: no run has had so many.

    NEST_BUILD_DIR=build python tests/bench_growth.py [--runs 3] [--dir FOLDER]
"""

import argparse
import dataclasses
import json
import os
import resource
import shutil
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import msgpack
import zmq

from benchlib import Table, progress

ROOT = Path(__file__).resolve().parent.parent
BUILD = Path(os.environ.get("NEST_BUILD_DIR", ROOT / "build")).resolve()
STAGES = ["nest-gen", "nest-shred", "parquet-encode", "parquet-merge"]

ROWS, PARTS, SENDERS, GROUPS = 4_000_000, 10_000, 1_000, 15_625
GROUP_ROWS = 131_072  # the default of parquet-encode
HOST_CORES = 16
# What parquet-merge asks of the file system for a part, one thing after the other: opens, looks, reads, links.
CALLS = 10


# ---- the model ----


@dataclasses.dataclass
class Costs:
    row_s: float  # CPU of the three stages that make rows; all cores share it
    row_bytes: float  # in the files
    part_s: float  # the same for a part, however few its rows
    merged_s: float  # CPU of parquet-merge for a part
    group_s: float  # and for a row group, of which it reads in the part's footer
    merged_bytes: float  # of its memory
    byte_s: float  # CPU of reading again what is complete, where a run is gone on with
    sender_s: float  # CPU of a receiver for one sender
    sender_bytes: float  # of its memory


def predict(costs, cores, rows, parts, call_s=0.0):
    """Seconds of making, on all cores; then of merging, on one, where each call takes CALL_S besides its CPU.

    Each core has a nest-gen | nest-shred | parquet-encode of its own, which makes
    its share of the parts and is one sender to the one parquet-merge. Much of the
    merging goes on while others make; the sum is the longest that it can take.
    """
    busy = min(cores, parts)
    making = (rows * costs.row_s + parts * costs.part_s) / busy
    groups = max(rows / GROUP_ROWS, parts)
    merging = parts * (costs.merged_s + CALLS * call_s) + groups * costs.group_s + busy * costs.sender_s
    return making, merging


# ---- measuring ----


def shell(line):
    """In a small shell: a process starts out with the peak memory of the one that started it."""
    done = subprocess.run(["bash", "-c", f"set -o pipefail; {line}"], stderr=subprocess.PIPE, text=True)
    if done.returncode != 0:
        sys.exit(f"bench_growth: {line}: {done.stderr}")


def stats(work, stage):
    """CPU seconds and peak bytes of the last run."""
    figures = json.loads((work / f"{stage}.stats").read_text())
    return figures["user_s"] + figures["system_s"], figures["peak_bytes"]


def chain(work, gen, out):
    """Three stages that make rows, as a line of a shell."""
    told = {stage: f"{BUILD / stage} --stats {work / stage}.stats" for stage in STAGES}
    return f"{told['nest-gen']} {gen} contacts | {told['nest-shred']} | {told['parquet-encode']} -o {out}"


def make_rows(work, rows):
    """The last ROWS of 10^12; CPU seconds by stage, and bytes of the files."""
    out = work / "rows"
    parts = rows // 1_000_000
    shell(f"{chain(work, f'-n 1000G --parts 1M --only-parts {10**6 - parts}-{10**6 - 1}', out)} >/dev/null")
    staged = work / ".rows.staging"
    made = sum(path.stat().st_size for path in staged.glob("part-*"))
    shutil.rmtree(staged)
    return [stats(work, stage)[0] for stage in STAGES[:3]], made


def make_parts(work, rows, parts, encoding=""):
    """CPU seconds by stage, and the memory of parquet-merge."""
    out = work / "parts"
    merge = f"{BUILD / 'parquet-merge'} --stats {work}/parquet-merge.stats {out}"
    shell(f"{chain(work, f'-n {rows} --parts {parts}', out)} {encoding} | {merge}")
    shutil.rmtree(out)
    return [stats(work, stage)[0] for stage in STAGES], stats(work, "parquet-merge")[1]


def read_again(work, rows):
    """CPU seconds of parquet-merge --staged, and the bytes that it reads."""
    out = work / "again"
    shell(f"{chain(work, f'-n {rows} --parts 4', out)} > /dev/null")
    shell(f"{BUILD / 'parquet-merge'} --stats {work}/parquet-merge.stats --staged {out}")
    size = sum(path.stat().st_size for path in out.glob("*.parquet"))
    shutil.rmtree(out)
    return stats(work, "parquet-merge")[0], size


def hear_ends(work, senders):
    """A receiver of so many senders that only end; its CPU seconds and memory."""
    bound = work / "bound"
    command = f"{BUILD / 'nest-shred'} --from ipc://{work}/in --bound {bound} --senders {senders}"
    told = f"{command} --stats {work}/nest-shred.stats > /dev/null; exit $?"
    receiver = subprocess.Popen(["sh", "-c", told])
    while not bound.exists() and receiver.poll() is None:
        time.sleep(0.01)
    with zmq.Context() as context:
        context.set(zmq.MAX_SOCKETS, senders + 1)
        pushes = [context.socket(zmq.PUSH) for _ in range(senders)]
        for i, push in enumerate(pushes):
            push.connect(bound.read_text().strip())
            header = msgpack.packb({"nest": 1, "kind": "end", "from": f"s{i}", "frames": 0, "rows": 0})
            push.send(b"\xc6" + len(header).to_bytes(4, "big") + header + b"\xc6\0\0\0\0")
        status = receiver.wait()
        context.destroy(linger=0)
    bound.unlink()
    if status != 0:
        sys.exit(f"bench_growth: {command} failed with status {status}")
    return stats(work, "nest-shred")


def slope(few, many, steps):
    return max(many - few, 0) / steps


def measure(work, runs):
    """Prints a table of the costs by stage, and returns them all."""
    rows, parts, ends, groups, again = [], [], [], [], []
    start, least = make_parts(work, 1, 1)
    one = hear_ends(work, 1)
    for turn in range(runs):
        progress(f"turn {turn + 1} of {runs}")
        rows.append(make_rows(work, ROWS))
        parts.append(make_parts(work, PARTS, PARTS))
        groups.append(make_parts(work, ROWS, 1, f"--row-group-rows {ROWS // GROUPS}"))
        again.append(read_again(work, ROWS))
        ends.append(hear_ends(work, SENDERS))
    progress()

    row = [slope(start[i], statistics.median(cpu[i] for cpu, _ in rows), ROWS) for i in range(3)] + [0]
    part = [slope(start[i], statistics.median(cpu[i] for cpu, _ in parts), PARTS) for i in range(4)]
    costs = Costs(
        row_s=sum(row),
        row_bytes=rows[0][1] / ROWS,
        part_s=sum(part[:3]),
        merged_s=part[3],
        group_s=slope(start[3], statistics.median(cpu[3] for cpu, _ in groups), GROUPS),
        merged_bytes=slope(least, statistics.median(peak for _, peak in parts), PARTS),
        byte_s=slope(start[3], statistics.median(cpu for cpu, _ in again), again[0][1]),
        sender_s=slope(one[0], statistics.median(cpu for cpu, _ in ends), SENDERS),
        sender_bytes=slope(one[1], statistics.median(peak for _, peak in ends), SENDERS),
    )
    table = Table("a process", {"CPU ns/row": ".1f", "CPU us/part": ".1f"}, 14)
    for stage, a, b in zip(STAGES, row, part):
        table.row(stage, a * 1e9, b * 1e6)
    print(
        f"\nA row is {costs.row_bytes:.1f} bytes of a file. parquet-merge takes {costs.group_s * 1e6:.1f} us for a "
        f"row group, and keeps {costs.merged_bytes:.0f} bytes for a part.\nA receiver takes {costs.sender_s * 1e6:.0f} us and {costs.sender_bytes / 1e3:.0f} kB "
        f"for a sender. What is complete is read again at {1e-9 / costs.byte_s:.1f} GB/s."
    )
    return costs


# ---- what the model says ----


def seconds(number):
    return f"{number:,.1f}" if number < 100 else f"{number:,.0f}"


def run_chains(work, count, rows, parts):
    """The CPU seconds of so many chains that send to one parquet-merge."""
    out, endpoint = work / "check", f"ipc://{work}/merge"
    chains = [
        f"({chain(work, f'-n {rows} --parts {parts} --share {i}/{count}', out)} --to {endpoint}) & "
        for i in range(count)
    ]
    before = resource.getrusage(resource.RUSAGE_CHILDREN)
    shell(f"{''.join(chains)} {BUILD / 'parquet-merge'} --from {endpoint} --senders {count} {out}; s=$?; wait; exit $s")
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    shutil.rmtree(out)
    return after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime


def check(work, costs, runs):
    """The model beside runs that can be made here, by their CPU: what else runs here does not count."""
    print()
    table = Table("chains", {"rows": "10,", "parts": "6,", "predicted CPU s": ".2f", "took": "4.2f", "took / predicted": ".2f"}, 6)
    start_s = statistics.median(run_chains(work, 1, 1, 1) for _ in range(runs))
    for count, rows, parts in (1, 8_000_000, 8), (2, 8_000_000, 1_000), (16, 8_000_000, 1_000), (64, 64_000, 6_400):
        took = statistics.median(run_chains(work, count, rows, parts) for _ in range(runs))
        making, merging = predict(costs, count, rows, parts)
        said = count * (start_s + making) + merging
        table.row(str(count), rows, parts, said, took, took / said)


def predictions(costs):
    rows = 10**12
    print(
        f"\nPredicted: 10^12 rows, {rows * costs.row_bytes / 1e12:.1f} TB, hosts of {HOST_CORES} cores. Files in memory; "
        "and where each of a part's\n"
        f"{CALLS} calls takes 0.5 ms, as over a network. To store: what the files take while they are made.\n"
    )
    print("|  cores | hosts |     parts |  making s | merging s | merging s, 0.5 ms | GB/s a host | GB/s in all | merge MB |")
    print("| -----: | ----: | --------: | --------: | --------: | ----------------: | ----------: | ----------: | -------: |")
    for cores in 1, 16, 256, 4096:
        for parts in (10**4,) if cores < 4096 else (10**4, 10**5, 10**6):
            making, merging = predict(costs, cores, rows, parts)
            slow = predict(costs, cores, rows, parts, call_s=0.5e-3)[1]
            rate = rows * costs.row_bytes / making / 1e9
            hosts = -(-cores // HOST_CORES)
            memory = (parts * costs.merged_bytes + cores * costs.sender_bytes) / 1e6
            print(
                f"| {cores:6,} | {hosts:5} | {parts:9,} | {seconds(making):>9} | {seconds(merging):>9} | {seconds(slow):>17} "
                f"| {rate / hosts:11.2f} | {rate:11.1f} | {memory:8.1f} |"
            )
    again = rows * costs.row_bytes * costs.byte_s
    print(f"\nTo publish all of it as it waits, --staged reads it again, on one core: {seconds(again)} s.")


def main():
    parser = argparse.ArgumentParser(prog="bench_growth", description=__doc__.splitlines()[0])
    parser.add_argument("--runs", type=int, default=3, help="turns (3)")
    parser.add_argument("--dir", default="/dev/shm", help="where to write (/dev/shm)")
    asked = parser.parse_args()
    with tempfile.TemporaryDirectory(prefix="nest-growth-", dir=asked.dir) as folder:
        costs = measure(Path(folder), asked.runs)
        check(Path(folder), costs, asked.runs)
    predictions(costs)


if __name__ == "__main__":
    main()
