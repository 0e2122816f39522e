"""What parquet-encode alone costs, and what the same rows cost other writers.

Everything is measured in one run, in turns, so that a machine whose speed
drifts treats all alike; the tables give medians, and ratios taken turn by
turn. Everybody writes from memory to memory (--dir, /dev/shm), with its own
defaults but for the codec: parquet-encode, one process for each core, from files
of frames; DuckDB, pyarrow and Polars from a table of theirs, in one process.
The contacts are nested, the line items are flat.

    NEST_BUILD_DIR=build python tests/bench_encode.py [--rows 10000000] [--runs 5]
"""

import argparse
import os
import shutil
import subprocess
import sys
import tempfile
import time
from pathlib import Path

from bench import BUILD, in_process
from benchlib import Table, median, progress, ratio

CORES = len(os.sched_getaffinity(0))
# What nest calls a codec, and what DuckDB and the two others call it.
CODECS = {
    "none": ("uncompressed", "NONE", "uncompressed"),
    "snappy": ("snappy", "SNAPPY", "snappy"),
    "zstd:1": ("zstd, compression_level 1", "ZSTD", "zstd"),
}
WAYS = {
    "nest": f"parquet-encode, {CORES} processes",
    "duckdb": "DuckDB COPY",
    "pyarrow": "pyarrow write_table",
    "polars": "Polars write_parquet",
}


def check(name, status):
    if status != 0:
        sys.exit(f"bench_encode: {name} failed with status {status}")


class Rows:
    """The rows of RECIPE as frames and as the others' tables, and each way to write them."""

    def __init__(self, work, recipe, rows):
        self.work, self.recipe, self.rows = work, recipe, rows
        self.frames = [work / f"columns.{i}" for i in range(CORES)]
        self.out = work / "parts"
        self.staged = work / ".parts.staging"
        for i, path in enumerate(self.frames):
            self.make(f"{i}/{CORES}", path)
        self.load()

    def make(self, share, path):
        gen = subprocess.Popen([BUILD / "nest-gen", "-n", str(self.rows), "--parts", str(CORES), "--share", share,
                                self.recipe], stdout=subprocess.PIPE)
        with open(path, "wb") as file:
            check("nest-shred", subprocess.run([BUILD / "nest-shred"], stdin=gen.stdout, stdout=file).returncode)
        gen.stdout.close()
        check("nest-gen", gen.wait())

    def load(self):
        """Brings the rows into the other tools' own tables, by way of files that are not kept."""
        import duckdb
        import polars
        import pyarrow.parquet

        self.nest("none")
        parts = sorted(self.staged.glob("part-*"))
        self.arrow = pyarrow.concat_tables(pyarrow.parquet.ParquetFile(part).read() for part in parts).combine_chunks()
        self.frame = polars.from_arrow(self.arrow)
        self.duck = duckdb.connect()
        arrow = self.arrow  # by its name
        self.duck.execute("create table rows as select * from arrow")
        if not self.arrow.num_rows == self.rows == self.frame.height:
            sys.exit("bench_encode: rows were lost")

    def nest(self, codec):
        shutil.rmtree(self.staged, ignore_errors=True)
        command = [BUILD / "parquet-encode", "--staged", "--compression", codec, "-o", self.out]
        begin, cpu, encoders = time.perf_counter(), 0, []
        for path in self.frames:
            with open(path, "rb") as file:
                encoders.append(subprocess.Popen(command, stdin=file))
        for encoder in encoders:
            _, status, used = os.wait4(encoder.pid, 0)
            encoder.returncode = os.waitstatus_to_exitcode(status)
            check("parquet-encode", encoder.returncode)
            cpu += used.ru_utime + used.ru_stime
        wall = time.perf_counter() - begin
        return wall, cpu, sum(part.stat().st_size for part in self.staged.glob("part-*"))

    def written(self, function):
        path = self.work / "other.parquet"
        path.unlink(missing_ok=True)
        wall, cpu = in_process(lambda: function(str(path)))
        return wall, cpu, path.stat().st_size

    def duckdb(self, codec):
        return self.written(lambda path: self.duck.execute(
            f"copy rows to '{path}' (format parquet, compression {CODECS[codec][0]})"))

    def pyarrow(self, codec):
        import pyarrow.parquet
        level = 1 if codec == "zstd:1" else None
        return self.written(lambda path: pyarrow.parquet.write_table(
            self.arrow, path, compression=CODECS[codec][1], compression_level=level))

    def polars(self, codec):
        level = 1 if codec == "zstd:1" else None
        return self.written(lambda path: self.frame.write_parquet(
            path, compression=CODECS[codec][2], compression_level=level))


def compare(rows, codecs, runs):
    for codec in codecs:
        figures = {way: [] for way in WAYS}
        for turn in range(runs + 1):  # the first does not count
            for way in WAYS:
                progress(f"{rows.recipe}, {codec}: turn {turn} of {runs}, {way}")
                figures[way].append(getattr(rows, way)(codec))
        progress()
        tell(rows, codec, {way: f[1:] for way, f in figures.items()})


def tell(rows, codec, figures):
    columns = {"wall s": ".2f", "CPU s": ".2f", "MB": ".1f", "its wall": ".2f x", "its CPU": ".2f x", "its size": ".3f x"}
    table = Table(f"{rows.rows:,} of {rows.recipe}, {codec}", columns, 32)
    for way, f in figures.items():
        table.row(WAYS[way], median(f, 0), median(f, 1), median(f, 2) / 1e6, *(ratio(f, figures["nest"], i) for i in range(3)))
    print()


def main():
    parser = argparse.ArgumentParser(prog="bench_encode", description=__doc__.split("\n")[0])
    parser.add_argument("--rows", type=int, default=10_000_000,
                        help="contacts, and six line items for ten of them: scale 1 of TPC-H (10000000)")
    parser.add_argument("--runs", type=int, default=5, help="turns that count, after one that does not (5)")
    parser.add_argument("--dir", default="/dev/shm", help="where to read and write (/dev/shm)")
    parser.add_argument("--recipes", default="contacts,lineitem", help="only these, separated by commas")
    parser.add_argument("--codecs", default=",".join(CODECS), help="only these, separated by commas")
    arguments = parser.parse_args()
    for recipe in arguments.recipes.split(","):
        work = Path(tempfile.mkdtemp(prefix="nest-bench-", dir=arguments.dir))
        try:
            rows = Rows(work, recipe, arguments.rows if recipe == "contacts" else arguments.rows * 6 // 10)
            compare(rows, arguments.codecs.split(","), arguments.runs)
        finally:
            shutil.rmtree(work)
    print("The ratios are to parquet-encode's: with 2.00 x a way takes twice as long, or makes a file twice as large.")


if __name__ == "__main__":
    main()
