"""What rows of recipes cost, and what line items cost elsewhere.

Everything is measured in one run, in turns; the tables give the best turn of
each, since what else a machine does only adds. Files are uncompressed Parquet
in memory (--dir, /dev/shm).

Every recipe that ships is drawn alone, on one core, into nothing. Line items
as of TPC-H are made from nothing to Parquet on all cores, by nest and by
tpchgen; by dbldatagen and Faker fewer of them, of which the time for all is
extrapolated: what a few thousand rows take, which is starting mostly, is
subtracted first. A way whose tool is not installed is left out, and named.
The orders are asked TPC-H's queries beside those of tpchgen, as in
tests/test_tpch.py.

    NEST_BUILD_DIR=build python tests/bench_recipes.py [--runs 5] [--scale 1]
"""

import argparse
import ctypes
import os
import resource
import shutil
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import nestlib
import tpch

from benchlib import Table, progress

ROOT = Path(__file__).resolve().parent.parent
BUILD = Path(os.environ.get("NEST_BUILD_DIR", ROOT / "build")).resolve()
RECIPES = ROOT / "gen/recipes"
TPCHGEN = Path(sys.prefix) / "bin/tpchgen-cli"
CORES = len(os.sched_getaffinity(0))
VALUES = 40_000_000  # of a run of one recipe, about
SAMPLE = 2_000  # rows, to see how many values a row has
PR_SET_CHILD_SUBREAPER = 36

# The other tools, each a program of Python: rows, where to write, cores and the folder with pieces of comments.
# Both take freedoms that make them faster: all orders have four lines, and their suppliers and flags are any.
DBLDATAGEN = """
import sys
import dbldatagen
from pyspark.sql import SparkSession

rows, out, cores, folder = int(sys.argv[1]), *sys.argv[2:]
spark = SparkSession.builder.master(f"local[{cores}]").config("spark.ui.enabled", "false") \\
    .config("spark.driver.host", "127.0.0.1").config("spark.driver.bindAddress", "127.0.0.1") \\
    .config("spark.sql.parquet.compression.codec", "uncompressed").getOrCreate()
money = "decimal(15,2)"

def words(name):
    with open(f"{folder}/{name}.txt") as file:
        return file.read().splitlines()

lines = dbldatagen.DataGenerator(spark, name="lineitem", rows=rows, partitions=int(cores)) \\
    .withColumn("number", "long", expr="cast(id / 4 as bigint)", omit=True) \\
    .withColumn("ordered", "date", expr="date_add(date'1992-01-01', cast(number * 7919 % 2406 as int))",
                baseColumn="number", omit=True) \\
    .withColumn("l_orderkey", "long", expr="(number - number % 8) * 4 + number % 8", baseColumn="number") \\
    .withColumn("l_partkey", "long", minValue=1, maxValue=200000, random=True) \\
    .withColumn("l_suppkey", "long", minValue=1, maxValue=10000, random=True) \\
    .withColumn("l_linenumber", "integer", expr="cast(id % 4 + 1 as int)") \\
    .withColumn("l_quantity", money, minValue=1, maxValue=50, step=1, random=True) \\
    .withColumn("l_extendedprice", money, expr="cast(l_quantity * (90000 + l_partkey % 20001) / 100 as decimal(15,2))",
                baseColumn=["l_quantity", "l_partkey"]) \\
    .withColumn("l_discount", money, minValue=0, maxValue=0.10, step=0.01, random=True) \\
    .withColumn("l_tax", money, minValue=0, maxValue=0.08, step=0.01, random=True) \\
    .withColumn("l_returnflag", "string", values=["R", "A", "N"], random=True) \\
    .withColumn("l_linestatus", "string", values=["O", "F"], random=True)
for name, base, low, high in [("ship", "ordered", 1, 121), ("commit", "ordered", 30, 90), ("receipt", "l_shipdate", 1, 30)]:
    lines = lines.withColumn(f"{name}_days", "integer", minValue=low, maxValue=high, random=True, omit=True) \\
        .withColumn(f"l_{name}date", "date", expr=f"date_add({base}, {name}_days)", baseColumn=[base, f"{name}_days"])
instructions = ["DELIVER IN PERSON", "COLLECT COD", "NONE", "TAKE BACK RETURN"]
modes = ["REG AIR", "AIR", "RAIL", "SHIP", "TRUCK", "MAIL", "FOB"]
lines.withColumn("l_shipinstruct", "string", values=instructions, random=True) \\
    .withColumn("l_shipmode", "string", values=modes, random=True) \\
    .withColumn("opening", "string", values=words("openings"), random=True, omit=True) \\
    .withColumn("closing", "string", values=words("closings"), random=True, omit=True) \\
    .withColumn("l_comment", "string", expr="concat(opening, ' ', closing)", baseColumn=["opening", "closing"]) \\
    .build().write.parquet(out)
"""
FAKER = """
import datetime, decimal, sys
import faker, pyarrow, pyarrow.parquet

rows, out, cores, folder = int(sys.argv[1]), *sys.argv[2:]
first, last = datetime.date(1992, 1, 1), datetime.date(1998, 8, 2)
fake = faker.Faker()
faker.Faker.seed(42)

def line(i):
    quantity, ordered = fake.pyint(1, 50), fake.date_between(first, last)
    shipped = ordered + datetime.timedelta(fake.pyint(1, 121))
    return {
        "l_orderkey": i // 4, "l_partkey": fake.pyint(1, 200000), "l_suppkey": fake.pyint(1, 10000),
        "l_linenumber": i % 4 + 1, "l_quantity": decimal.Decimal(quantity),
        "l_extendedprice": decimal.Decimal(quantity * fake.pyint(90000, 110000)) / 100,
        "l_discount": decimal.Decimal(fake.pyint(0, 10)) / 100, "l_tax": decimal.Decimal(fake.pyint(0, 8)) / 100,
        "l_returnflag": fake.random_element("RAN"), "l_linestatus": fake.random_element("OF"),
        "l_shipdate": shipped, "l_commitdate": ordered + datetime.timedelta(fake.pyint(30, 90)),
        "l_receiptdate": shipped + datetime.timedelta(fake.pyint(1, 30)),
        "l_shipinstruct": fake.random_element(("DELIVER IN PERSON", "COLLECT COD", "NONE", "TAKE BACK RETURN")),
        "l_shipmode": fake.random_element(("REG AIR", "AIR", "RAIL", "SHIP", "TRUCK", "MAIL", "FOB")),
        "l_comment": fake.text(43),
    }

pyarrow.parquet.write_table(pyarrow.Table.from_pylist([line(i) for i in range(rows)]), out, compression="NONE")
"""
# How many rows of each are made, first few and then more.
EXTRAPOLATED = {"dbldatagen": (DBLDATAGEN, 100_000, 3_000_000), "Faker": (FAKER, 1_000, 20_000)}


def run(command, **options):
    """Runs COMMAND; returns wall seconds and CPU seconds of it, its children and the orphans that they leave."""
    before = resource.getrusage(resource.RUSAGE_CHILDREN)
    begin = time.perf_counter()
    child = subprocess.run([str(word) for word in command], stdin=subprocess.DEVNULL, **options)
    wall = time.perf_counter() - begin
    while True:
        try:
            os.wait()
        except ChildProcessError:
            break
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    if child.returncode != 0:
        sys.exit(f"bench: {command[0]} failed with status {child.returncode}")
    return wall, after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime


def best(figures, index):
    return min(figure[index] for figure in figures)


def read(*command):
    return subprocess.run([str(word) for word in command], capture_output=True, check=True).stdout


class Recipe:
    """One that ships: what a row of it has, and how long many of them take."""

    def __init__(self, name, values):
        self.name = name
        sample = subprocess.run([BUILD / "nest-gen", "-n", str(SAMPLE), name], capture_output=True, check=True).stdout
        columns = subprocess.run([BUILD / "nest-shred"], input=sample, capture_output=True, check=True).stdout
        headers = [header for header, _ in nestlib.read_frames(columns) if header["kind"] == "columns"]
        self.row_values = sum(entries for header in headers for entries, _ in header["leaves"]) / SAMPLE
        self.row_bytes = len(sample) / SAMPLE
        self.line_bytes = len(read(*self.lines(SAMPLE))) / SAMPLE
        self.rows = int(values / self.row_values)
        self.figures, self.line_figures = [], []

    def lines(self, rows):
        return [BUILD / "nest-gen", "-n", rows, "--format", "jsonl", "--binary", "hex", self.name]

    def turn(self):
        with open(os.devnull, "wb") as nowhere:
            self.figures.append(run([BUILD / "nest-gen", "-n", self.rows, self.name], stdout=nowhere))
            self.line_figures.append(run(self.lines(self.rows), stdout=nowhere))

    def tell(self, table):
        cpu, lines_cpu = best(self.figures, 1), best(self.line_figures, 1)
        values = self.rows * self.row_values
        table.row(self.name, self.row_values, self.rows / cpu / 1e6, values / cpu / 1e6,
                  self.rows * self.row_bytes / cpu / 1e6, cpu / values * 1e9, self.rows * self.line_bytes / lines_cpu / 1e9)


def each_recipe(runs, values):
    recipes = [Recipe(path.stem, values) for path in sorted(RECIPES.glob("*.recipe"))]
    for turn in range(runs):
        for recipe in recipes:
            progress(f"turn {turn + 1} of {runs}: {recipe.name}")
            recipe.turn()
    progress()
    columns = {"values/row": ".1f", "M rows/s": "11.2f", "M values/s": "13.1f", "MB/s": "6.0f", "CPU ns/value": ".1f",
               "JSON GB/s": ".2f"}
    table = Table("a recipe", columns, 9)
    for recipe in recipes:
        recipe.tell(table)
    print("A second is one of CPU, on one core; values are the entries of all columns, nulls with them; bytes are those\n"
          "of the rows as nest-shred gets them, and of JSON Lines, bytes in hexadecimal digits.")


class Lines:
    """The ways to make line items, each from nothing to files."""

    def __init__(self, work, scale):
        self.work, self.scale = work, scale
        self.rows = round(6_000_000 * scale)
        self.out = work / "out"

    def clear(self):
        shutil.rmtree(self.out, ignore_errors=True)
        self.out.unlink(missing_ok=True)

    def nest(self):
        command = [ROOT / "pipelines/dataset", "lineitem", "--rows", self.rows, "--output-dir", self.out, "--quiet"]
        return run(command, env=os.environ | {"NEST_BIN": str(BUILD)})

    def tpchgen(self):
        return run([TPCHGEN, "parquet", "--quiet", "--compression", "UNCOMPRESSED", "--scale-factor", self.scale,
                    "--tables", "lineitem", "--num-threads", CORES, "--output-dir", self.out])

    def once(self, name):
        self.clear()
        figures = (*getattr(self, name)(), self.size())
        return figures

    def size(self):
        files = [self.out] if self.out.is_file() else self.out.rglob("*.parquet")
        return sum(file.stat().st_size for file in files)

    def extrapolated(self, name):
        """Of the difference between few and more rows: wall and CPU seconds and bytes for all."""
        program, few, more = EXTRAPOLATED[name]
        figures = []
        for rows in (few, more):
            self.clear()
            command = [sys.executable, "-c", program, rows, self.out, CORES, RECIPES / "orders"]
            figures.append((*run(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL), self.size()))
        return [(b - a) / (more - few) * self.rows for a, b in zip(*figures)]


def is_installed(module):
    return subprocess.run([sys.executable, "-c", f"import {module}"], capture_output=True).returncode == 0


def line_items(work, scale, runs, extrapolated):
    lines = Lines(work, scale)
    ways = {"nest": f"pipelines/dataset lineitem, {CORES} cores"}
    missing = []
    if TPCHGEN.exists():
        ways["tpchgen"] = f"tpchgen-cli parquet, {CORES} threads"
    else:
        missing.append("tpchgen-cli")
    figures = {way: [] for way in ways}
    for turn in range(runs + 1):  # the first does not count
        for way in ways:
            progress(f"line items: turn {turn} of {runs}, {way}")
            figure = lines.once(way)
            if turn > 0:
                figures[way].append(figure)
    for name in extrapolated:
        progress(f"line items: {name}")
        if not is_installed(name.lower()):
            missing.append(name)
            continue
        ways[name] = f"{name}, extrapolated from {EXTRAPOLATED[name][2]:,} rows"
        figures[name] = [lines.extrapolated(name)]
    lines.clear()
    progress()
    columns = {"wall s": ".2f", "CPU s": ".2f", "CPU ns/value": ".1f", "MB": "4.0f", "nest's wall": ".4f x",
               "nest's CPU": ".4f x"}
    table = Table(f"{lines.rows:,} line items to Parquet", columns, 45)
    nest = figures["nest"]
    for way, f in figures.items():
        table.row(ways[way], best(f, 0), best(f, 1), best(f, 1) / lines.rows / 16 * 1e9, best(f, 2) / 1e6,
                  best(nest, 0) / best(f, 0), best(nest, 1) / best(f, 1))
    for name in missing:
        print(f"{name}: left out, it is not installed")


def queries(work, scale):
    """How selective TPC-H's queries are on the orders and on what tpchgen makes."""
    made = work / "orders"
    run([ROOT / "pipelines/dataset", "orders", "--rows", round(1_500_000 * scale), "--output-dir", made, "--quiet"],
        env=os.environ | {"NEST_BIN": str(BUILD)})
    run([TPCHGEN, "parquet", "--quiet", "--scale-factor", scale, "--tables", "customer,orders,lineitem",
         "--output-dir", work / "tpchgen"])
    ours, our_large = tpch.selectivities(tpch.of_dataset(made))
    theirs, their_large = tpch.selectivities(tpch.of_files(work / "tpchgen"))
    columns = {"share of nest's": ".6f", "share of tpchgen's": ".6f", "difference": "+.2%"}
    table = Table("a query of TPC-H, and what passes", columns, 33)
    for what, share in ours.items():
        table.row(what, share, theirs[what], share / theirs[what] - 1)
    print(f"Query 18 finds {our_large} orders of more than 300, and {their_large} of tpchgen's.")


def main():
    parser = argparse.ArgumentParser(prog="bench_recipes", description=__doc__.split("\n")[0])
    parser.add_argument("--runs", type=int, default=5, help="turns that count (5)")
    parser.add_argument("--scale", type=float, default=1, help="of TPC-H, 6M line items (1)")
    parser.add_argument("--values", type=int, default=VALUES, help=f"of a run of one recipe, about ({VALUES})")
    parser.add_argument("--no-extrapolated", action="store_true", help=f"without {' and '.join(EXTRAPOLATED)}")
    parser.add_argument("--dir", default="/dev/shm", help="where to write (/dev/shm)")
    arguments = parser.parse_args()
    ctypes.CDLL(None).prctl(PR_SET_CHILD_SUBREAPER, 1, 0, 0, 0)
    work = Path(tempfile.mkdtemp(prefix="nest-bench-", dir=arguments.dir))
    try:
        each_recipe(arguments.runs, arguments.values)
        print()
        line_items(work, arguments.scale, arguments.runs, () if arguments.no_extrapolated else EXTRAPOLATED)
        print()
        if TPCHGEN.exists():
            queries(work, arguments.scale)
    finally:
        shutil.rmtree(work)


if __name__ == "__main__":
    main()
