"""What it costs to make one file of 100, beside cat, and to check it.

In turns, so that a machine whose speed drifts treats all alike; the table gives
medians, and ratios taken turn by turn. The files are uncompressed, of 10 MB each,
and lie in memory (--dir, /dev/shm), as do those that are made.

    NEST_BUILD_DIR=build python tests/bench_merge.py [--runs 5]
"""

import argparse
import shutil
import statistics
import tempfile
from pathlib import Path

import numpy
import pyarrow as pa
import pyarrow.parquet as pq

from bench import BUILD
from benchlib import Table, run

FILES, ROWS = 100, 160_000


def make(folder):
    """Numbers of which none is like another: 8 columns of 8 bytes."""
    paths = []
    for number in range(FILES):
        chance = numpy.random.default_rng(number)
        columns = {f"c{i}": chance.integers(0, 2**62, ROWS) if i % 2 else chance.random(ROWS) for i in range(8)}
        paths.append(folder / f"{number:03}.parquet")
        pq.write_table(pa.table(columns), paths[-1], compression="none", use_dictionary=False, write_page_index=True)
    return paths


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--runs", type=int, default=5)
    parser.add_argument("--dir", default="/dev/shm")
    options = parser.parse_args()
    work = Path(tempfile.mkdtemp(prefix="bench-merge.", dir=options.dir))
    try:
        measure(work, options.runs)
    finally:
        shutil.rmtree(work)


def measure(work, runs):
    paths, merge, out = make(work), BUILD / "parquet-merge", work / "out"
    size = sum(path.stat().st_size for path in paths)
    ways = {
        "cat": lambda: run(["cat", *paths], stdout=open(out, "wb")),
        "one file": lambda: run([merge, "-o", out, *paths]),
        "one file, checked": lambda: run([merge, "-o", out, "--verify", *paths]),
        "one row group of 4": lambda: run([merge, "-o", out, "--row-group-rows", 4 * ROWS, *paths]),
    }
    taken = {name: [] for name in ways}
    for _ in range(runs):
        for name, way in ways.items():
            out.unlink(missing_ok=True)
            taken[name].append(way())
    columns = {"wall s": ".2f", "CPU s": ".2f", "cat's wall": ".2f x", "cat's CPU": ".2f x"}
    table = Table(f"one of {FILES} files, {size / 1e6:.0f} MB", columns, 20)
    for name, times in taken.items():
        ratios = [[mine / his for mine, his in zip(a, b)] for a, b in zip(times, taken["cat"])]
        table.row(name, *(statistics.median(column) for column in (*zip(*times), *zip(*ratios))))


if __name__ == "__main__":
    main()
