"""What parquet-merge --check costs: GB of file that one core checks in a second.

Of contacts and of line items: as parquet-encode writes them, with dictionaries and
without, and as pyarrow and DuckDB write them; all uncompressed and in memory (--dir,
/dev/shm). In turns, so that a machine whose speed drifts treats all alike; the table
gives medians of CPU time.

    NEST_BUILD_DIR=build python tests/bench_check.py [--rows 5000000] [--runs 5]
"""

import argparse
import shutil
import statistics
import subprocess
import sys
import tempfile
from pathlib import Path

import duckdb
import pyarrow.parquet as pq

from bench import BUILD
from benchlib import Table, run

SHARES = {"contacts": 1, "lineitem": 2}  # one row of so many: line items are wide


def pipe(folder, recipe, rows, *options):
    stages = [
        ["nest-gen", "--rows", rows, recipe],
        ["nest-shred"],
        ["parquet-encode", "-o", folder, "--compression", "none", *options],
        ["parquet-merge", folder],
    ]
    before, children = None, []
    for program, *words in stages:
        last = program == "parquet-merge"
        command = [str(word) for word in [BUILD / program, *words]]
        children.append(subprocess.Popen(command, stdin=before, stdout=None if last else subprocess.PIPE))
        if before is not None:
            before.close()
        before = children[-1].stdout
    if any([child.wait() for child in children]):
        sys.exit(f"bench_check: {folder.name} was not made")
    (path,) = folder.glob("*.parquet")
    return path


def make(work, recipe, rows):
    """A file by each writer, by its name."""
    rows //= SHARES[recipe]
    files = {
        "with dictionaries": pipe(work / recipe, recipe, rows),
        "without dictionaries": pipe(work / f"{recipe}-plain", recipe, rows, "--dictionary", "off"),
        "pyarrow": work / f"{recipe}-pyarrow.parquet",
        "DuckDB": work / f"{recipe}-duckdb.parquet",
    }
    own = files["with dictionaries"]
    pq.write_table(pq.read_table(own), files["pyarrow"], compression="none")
    how = "format parquet, compression uncompressed"
    duckdb.execute(f"copy (select * from '{own}') to '{files['DuckDB']}' ({how})")
    return {(recipe, name): path for name, path in files.items()}


def measure(work, rows, runs):
    files = {key: path for recipe in SHARES for key, path in make(work, recipe, rows).items()}
    taken = {key: [] for key in files}
    for _ in range(runs):
        for key, path in files.items():
            taken[key].append(run([BUILD / "parquet-merge", "--check", path])[1])
    table = Table("parquet-merge --check, one core", {"MB": ".0f", "CPU s": ".3f", "GB/s": ".2f"}, 32)
    for (recipe, name), path in files.items():
        size, seconds = path.stat().st_size, statistics.median(taken[recipe, name])
        table.row(f"{recipe}, {name}", size / 1e6, seconds, size / 1e9 / seconds)


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--rows", type=int, default=5_000_000)
    parser.add_argument("--runs", type=int, default=5)
    parser.add_argument("--dir", default="/dev/shm")
    options = parser.parse_args()
    work = Path(tempfile.mkdtemp(prefix="bench-check.", dir=options.dir))
    try:
        measure(work, options.rows, options.runs)
    finally:
        shutil.rmtree(work)


if __name__ == "__main__":
    main()
