"""What the contacts job costs, and what the same rows cost elsewhere.

Everything is measured in one run, in turns, so that a machine whose speed
drifts treats all alike; the table gives medians, and ratios taken turn by
turn. All files are written uncompressed to memory (--dir, /dev/shm), so that
no disk is measured. The other tools write from a table in memory: what they
need to make or load the rows is not counted.
"""

import argparse
import os
import resource
import shutil
import subprocess
import tempfile
import time
from pathlib import Path

from benchlib import Table, median, progress, ratio, run

ROOT = Path(__file__).resolve().parent.parent
BUILD = Path(os.environ.get("NEST_BUILD_DIR", ROOT / "build")).resolve()
ROOFLINE = Path(os.environ.get("NEST_ROOFLINE", ROOT.parent / "shared/roofline/roofline.c"))


def in_process(function):
    """The same for a function of this process, all of its threads counted."""
    before = resource.getrusage(resource.RUSAGE_SELF)
    begin = time.perf_counter()
    function()
    wall = time.perf_counter() - begin
    after = resource.getrusage(resource.RUSAGE_SELF)
    return wall, after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime


class Contenders:
    """Each method does the job once and returns (wall, CPU) seconds."""

    def __init__(self, work, rows):
        self.work, self.rows = work, rows
        self.dataset = work / "dataset"
        self.roofline_program = self.build_roofline()

    def build_roofline(self):
        if not ROOFLINE.exists():
            return None
        program = self.work / "roofline"
        subprocess.run(["cc", "-O3", "-march=native", "-o", program, ROOFLINE], check=True)
        return program

    def nest(self):
        shutil.rmtree(self.dataset, ignore_errors=True)
        return run([ROOT / "pipelines/contacts", "--target-records", self.rows, "--output-dir",
                    self.dataset, "--quiet"])

    def roofline(self):
        return run([self.roofline_program, self.rows, self.work / "roofline.out"],
                   stdout=subprocess.DEVNULL)

    def load(self):
        """Brings the dataset's rows into the other tools' own tables."""
        import duckdb
        import polars
        import pyarrow.parquet

        self.arrow = pyarrow.parquet.read_table(self.dataset)
        self.frame = polars.from_arrow(self.arrow)
        self.duck = duckdb.connect()
        self.duck.execute(f"create table contacts as select * from '{self.dataset}/*.parquet'")

    def target(self, name):
        path = self.work / f"{name}.parquet"
        path.unlink(missing_ok=True)
        return str(path)

    def duckdb(self):
        path = self.target("duckdb")
        return in_process(lambda: self.duck.execute(
            f"copy contacts to '{path}' (format parquet, compression uncompressed)"))

    def pyarrow(self):
        import pyarrow.parquet
        path = self.target("pyarrow")
        return in_process(lambda: pyarrow.parquet.write_table(self.arrow, path, compression="NONE"))

    def polars(self):
        path = self.target("polars")
        return in_process(lambda: self.frame.write_parquet(path, compression="uncompressed"))


def compare(work, rows, runs):
    contenders = Contenders(work, rows)
    contenders.nest()
    contenders.load()
    names = ["nest", "duckdb", "pyarrow", "polars"]
    if contenders.roofline_program:
        names.append("roofline")
    figures = {name: [] for name in names}
    for name in names:  # a warm-up
        getattr(contenders, name)()
    for turn in range(runs):
        for name in names:
            figures[name].append(getattr(contenders, name)())
        progress(f"turn {turn + 1} of {runs}")
    progress()

    what = {
        "nest": "pipelines/contacts: makes, shreds, encodes, publishes",
        "roofline": "fused loop, one core, no Parquet file",
        "duckdb": "DuckDB COPY from a table in memory",
        "pyarrow": "pyarrow write_table from memory",
        "polars": "Polars write_parquet from memory",
    }
    columns = {"wall s": ".2f", "CPU s": ".2f", "CPU ns/row": ".1f", "nest's wall": ".2f x", "nest's CPU": ".2f x"}
    table = Table(f"the job, {rows:,} rows", columns, 54)
    for name in names:
        f = figures[name]
        table.row(what[name], median(f, 0), median(f, 1), median(f, 1) / rows * 1e9, ratio(figures["nest"], f, 0),
                  ratio(figures["nest"], f, 1))


def stages_alone(work, rows, runs):
    """CPU and bytes of each stage, fed from a file of frames in memory and writing to nobody."""
    files = {"rows": work / "rows.frames", "columns": work / "columns.frames", "parts": work / "parts.frames"}
    out = work / "alone"

    def stage(command, source, sink):
        with open(source or os.devnull, "rb") as stdin, open(sink, "wb") as stdout:
            return run(command, stdin=stdin, stdout=stdout)

    gen = [BUILD / "nest-gen", "-n", rows, "contacts"]
    shred = [BUILD / "nest-shred"]
    encode = [BUILD / "parquet-encode", "-o", out]
    stage(gen, None, files["rows"])
    stage(shred, files["rows"], files["columns"])
    figures = {"nest-gen": [], "nest-shred": [], "parquet-encode": []}
    for _ in range(runs):
        figures["nest-gen"].append(stage(gen, None, os.devnull))
        figures["nest-shred"].append(stage(shred, files["rows"], os.devnull))
        figures["parquet-encode"].append(stage(encode, files["columns"], files["parts"]))
    into = {"nest-gen": 0, "nest-shred": files["rows"].stat().st_size,
            "parquet-encode": files["columns"].stat().st_size}
    staged = out.with_name(f".{out.name}.staging")
    behind = {"nest-gen": into["nest-shred"], "nest-shred": into["parquet-encode"],
              "parquet-encode": sum(path.stat().st_size for path in staged.iterdir())}

    print()
    table = Table("a stage alone", {"CPU ns/row": ".1f", "in B/row": ".1f", "out B/row": ".1f"}, 15)
    for name, f in figures.items():
        table.row(name, median(f, 1) / rows * 1e9, into[name] / rows, behind[name] / rows)


def main():
    parser = argparse.ArgumentParser(prog="bench", description=__doc__.split("\n")[0])
    parser.add_argument("--rows", type=int, default=10_000_000, help="rows of the dataset (10000000)")
    parser.add_argument("--runs", type=int, default=5, help="turns that count, after one that does not (5)")
    parser.add_argument("--dir", default="/dev/shm", help="where to write (/dev/shm)")
    arguments = parser.parse_args()
    work = Path(tempfile.mkdtemp(prefix="nest-bench-", dir=arguments.dir))
    try:
        compare(work, arguments.rows, arguments.runs)
        stages_alone(work, arguments.rows, arguments.runs)
    finally:
        shutil.rmtree(work)


if __name__ == "__main__":
    main()
