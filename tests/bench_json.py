"""What JSON Lines to Parquet costs, and what the same costs elsewhere.

Everything is measured in one run, in turns, so that a machine whose speed
drifts treats all alike; the tables give medians, and ratios taken turn by
turn. Every way runs in processes of its own, reads one file from memory and
writes uncompressed Parquet to memory (--dir, /dev/shm). Of the contacts, all
are given the schema; of the real files, each finds it by itself. The peak is
the sum of the peaks of all processes of a way. A way whose tool is not
installed is left out, and named.

    NEST_BUILD_DIR=build python tests/bench_json.py [--rows 10000000] [--runs 5]
"""

import argparse
import json
import os
import re
import shutil
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import realjson

from benchlib import Table, median, progress, ratio

ROOT = Path(__file__).resolve().parent.parent
BUILD = Path(os.environ.get("NEST_BUILD_DIR", ROOT / "build")).resolve()
TOOLS = ROOT / "build" / "bench"
JSON2PARQUET = "0.26.1"
REAL_BYTES = 100_000_000

CONTACT = """message contact {
  optional binary name (STRING);
  optional group phones (LIST) {
    repeated group list {
      required group element {
        optional binary number (STRING);
        optional binary phone_type (STRING);
      }
    }
  }
}
"""

# The other tools, each a program of Python: the file, where to write, and the schema or nothing.
DUCKDB = """
import duckdb, sys
source, out, schema = sys.argv[1:]
columns = "columns={name: 'VARCHAR', phones: 'STRUCT(number VARCHAR, phone_type VARCHAR)[]'}"
options = columns if schema else "maximum_object_size=100000000"
duckdb.connect().execute(f"copy (from read_json('{source}', format='newline_delimited', {options})) "
           f"to '{out}' (format parquet, compression uncompressed)")
"""
CHDB = """
import chdb, sys
source, out, schema = sys.argv[1:]
columns = ", 'name Nullable(String), phones Array(Tuple(number Nullable(String), phone_type Nullable(String)))'"
chdb.query(f"insert into function file('{out}', Parquet) select * from file('{source}', JSONEachRow"
           f"{columns if schema else ''}) settings output_format_parquet_compression_method='none', "
           "engine_file_truncate_on_insert=1, input_format_null_as_default=1")
"""
PYARROW = """
import pyarrow, pyarrow.json, pyarrow.parquet, sys
source, out, schema = sys.argv[1:]
phone = pyarrow.struct([("number", pyarrow.string()), ("phone_type", pyarrow.string())])
contact = pyarrow.schema([("name", pyarrow.string()), ("phones", pyarrow.list_(phone))])
parse = pyarrow.json.ParseOptions(explicit_schema=contact if schema else None)
read = pyarrow.json.ReadOptions(block_size=1 << 20 if schema else 1 << 24)
table = pyarrow.json.read_json(source, read_options=read, parse_options=parse)
pyarrow.parquet.write_table(table, out, compression="NONE")
"""
POLARS = """
import polars, sys
source, out, schema = sys.argv[1:]
phone = polars.Struct({"number": polars.String, "phone_type": polars.String})
contact = {"name": polars.String, "phones": polars.List(phone)}
polars.scan_ndjson(source, schema=contact if schema else None).sink_parquet(out, compression="uncompressed")
"""


def arrow_field(name, kind, nullable=True):
    return {"name": name, "data_type": kind, "nullable": nullable, "dict_id": 0, "dict_is_ordered": False,
            "metadata": {}}


def arrow_schema():
    """The contacts' schema as json2parquet wants it."""
    phone = {"Struct": [arrow_field("number", "Utf8"), arrow_field("phone_type", "Utf8")]}
    fields = [arrow_field("name", "Utf8"), arrow_field("phones", {"List": arrow_field("element", phone)})]
    return json.dumps({"fields": fields, "metadata": {}})


class Failed(Exception):
    pass


def run(*commands, **options):
    """Runs COMMANDS as one pipeline; returns wall seconds, CPU seconds and the sum of peaks in bytes."""
    begin = time.perf_counter()
    children, upstream = [], subprocess.DEVNULL
    with tempfile.TemporaryFile() as said:
        for i, command in enumerate(commands):
            stdout = subprocess.PIPE if i + 1 < len(commands) else said
            words = [str(word) for word in command]
            child = subprocess.Popen(words, stdin=upstream, stdout=stdout, stderr=said, **options)
            if upstream is not subprocess.DEVNULL:
                upstream.close()
            upstream = child.stdout
            children.append(child)
        cpu, peak, failed = 0, 0, None
        for child in children:
            _, status, used = os.wait4(child.pid, 0)
            child.returncode = os.waitstatus_to_exitcode(status)
            cpu += used.ru_utime + used.ru_stime
            peak += used.ru_maxrss * 1024
            if child.returncode != 0 and failed is None:
                failed = child.returncode
        wall = time.perf_counter() - begin
        if failed is not None:
            said.seek(0)
            lines = said.read().decode(errors="replace").strip().splitlines() or [f"status {failed}"]
            raise Failed(lines[-1][:200])
    return wall, cpu, peak


class Ways:
    """Each way makes OUT of SOURCE once, with the schema or without."""

    def __init__(self, work):
        self.work = work
        self.out = work / "out"
        self.schema = work / "contact.schema"
        self.schema.write_text(CONTACT)
        self.arrow_schema = work / "contact.json"
        self.arrow_schema.write_text(arrow_schema())
        self.missing = []
        self.list = {
            "pipe": "nest-shred, parquet-encode, parquet-merge",
            "ingest": "pipelines/ingest, on all cores",
            "duckdb": "DuckDB COPY from read_json",
            "chdb": "chdb INSERT from JSONEachRow",
            "pyarrow": "pyarrow read_json, write_table",
            "json2parquet": "json2parquet",
            "polars": "Polars scan_ndjson, sink_parquet",
        }
        if not (ROOT / "pipelines/ingest").exists():
            self.leave_out("ingest", "pipelines/ingest is not there")
        if subprocess.run([sys.executable, "-c", "import chdb"], capture_output=True).returncode:
            self.leave_out("chdb", "the package chdb is not installed")
        self.json2parquet_program = TOOLS / "bin/json2parquet"
        if not self.json2parquet_program.exists() and not self.install_json2parquet():
            self.leave_out("json2parquet", "cargo is missing, or cannot install it")

    def leave_out(self, name, why):
        self.missing.append(f"{self.list.pop(name)}: left out, {why}")

    def install_json2parquet(self):
        if not shutil.which("cargo"):
            return False
        print("bench: cargo installs json2parquet", file=sys.stderr)
        command = ["cargo", "install", "--quiet", "--locked", "--root", str(TOOLS), f"json2parquet@{JSON2PARQUET}"]
        return subprocess.run(command).returncode == 0

    def clear(self):
        shutil.rmtree(self.out, ignore_errors=True)
        self.out.unlink(missing_ok=True)

    def once(self, name, source, given):
        self.clear()
        return getattr(self, name)(source, given)

    def shred(self, source, given):
        schema = ["--schema", self.schema] if given else []
        return [BUILD / "nest-shred", "--format", "jsonl", *schema, source]

    def pipe(self, source, given):
        """Small programs say themselves what they took: the system counts the memory of who started them, too."""
        stages = [self.shred(source, given), [BUILD / "parquet-encode", "-o", self.out],
                  [BUILD / "parquet-merge", self.out]]
        stats = [self.work / f"stats.{i}" for i in range(len(stages))]
        wall, cpu, _ = run(*([*stage, "--stats", path] for stage, path in zip(stages, stats)))
        return wall, cpu, sum(json.loads(path.read_text())["peak_bytes"] for path in stats)

    def ingest(self, source, given):
        """What the script prints says what its processes took; its own time is in the wall time."""
        schema = ["--schema", self.schema] if given else []
        command = [ROOT / "pipelines/ingest", *schema, "--output-dir", self.out, source]
        with open(self.work / "said", "w+") as said:
            begin = time.perf_counter()
            child = subprocess.Popen([str(word) for word in command], stdout=said, stderr=subprocess.STDOUT)
            _, status, used = os.wait4(child.pid, 0)
            wall = time.perf_counter() - begin
            said.seek(0)
            text = said.read()
        child.returncode = os.waitstatus_to_exitcode(status)
        if child.returncode:
            raise Failed((text.strip().splitlines() or ["no word"])[-1])
        table = re.findall(r"^(?:nest|parquet)-\w+ +(\d+) +[\d.]+ +([\d.]+)$", text, re.M)
        peak = sum(int(processes) * float(megabytes) for processes, megabytes in table) * 1e6
        return wall, used.ru_utime + used.ru_stime, peak

    def python(self, program, source, given):
        return run([sys.executable, "-c", program, source, self.out, "schema" if given else ""])

    def duckdb(self, source, given):
        return self.python(DUCKDB, source, given)

    def chdb(self, source, given):
        return self.python(CHDB, source, given)

    def pyarrow(self, source, given):
        return self.python(PYARROW, source, given)

    def polars(self, source, given):
        return self.python(POLARS, source, given)

    def json2parquet(self, source, given):
        schema = ["--schema-file", self.arrow_schema] if given else []
        return run([self.json2parquet_program, "--compression", "uncompressed", *schema, source, self.out])

    def rows(self):
        """How many rows the last way has written."""
        program = "import duckdb, sys; print(duckdb.sql(f\"select count(*) from read_parquet('{sys.argv[1]}')\").fetchall()[0][0])"
        files = self.out / "*.parquet" if self.out.is_dir() else self.out
        done = subprocess.run([sys.executable, "-c", program, str(files)], capture_output=True, text=True, check=True)
        return int(done.stdout)


def in_turns(ways, names, source, given, rows, runs, what):
    """The figures of every way that does it, and why the others do not."""
    figures, why = {}, {}
    for name in names:  # a warm-up, which shows who can
        progress(f"{what}: {name}")
        try:
            ways.once(name, source, given)
            wrote = ways.rows()
            if wrote != rows:
                raise Failed(f"it wrote {wrote} rows of {rows}")
            figures[name] = []
        except Failed as reason:
            why[name] = str(reason)
    for turn in range(runs):
        for name, list_ in figures.items():
            progress(f"{what}: turn {turn + 1} of {runs}, {name}")
            list_.append(ways.once(name, source, given))
    ways.clear()
    progress()
    return figures, why


def tell(ways, title, figures, why, count, unit, best):
    """CPU time is for each of COUNT units, rows or bytes."""
    columns = {"wall s": ".2f", "CPU s": ".2f", f"CPU ns/{unit}": "10.1f", "peak MB": ".0f", "nest's wall": ".2f x",
               "nest's CPU": ".2f x"}
    table = Table(title, columns, 46)
    for name, f in figures.items():
        table.row(ways.list[name], median(f, 0), median(f, 1), median(f, 1) / count * 1e9, median(f, 2) / 1e6,
                  ratio(figures[best], f, 0), ratio(figures[best], f, 1))
    for name, reason in why.items():
        print(f"{ways.list[name]}: fails: {reason}")


def build_limits(work):
    """The programs that read and do not write, as far as they can be built."""
    built, left_out = {}, []
    flags = ["-O3", "-march=native"]
    commands = {
        "scan": ["cc", *flags, "-o", work / "scan", ROOT / "tests/bench_scan.c"],
        "ondemand": ["c++", "-std=c++17", *flags, "-o", work / "ondemand", ROOT / "tests/bench_ondemand.cpp", "-lsimdjson"],
    }
    for name, command in commands.items():
        done = subprocess.run([str(word) for word in command], capture_output=True, text=True)
        if done.returncode == 0:
            built[name] = work / name
        else:
            left_out.append(f"{name}: left out, it does not compile: is libsimdjson-dev installed?")
    return built, left_out


def limits(ways, source, given, runs, what):
    """One core: what nest-shred takes alone, beside reading that makes nothing of what it reads."""
    size = source.stat().st_size
    with open(source, "rb") as file:
        longest = max(map(len, file))
    programs, left_out = build_limits(ways.work)
    names = {"shred": "nest-shred alone", "ondemand": "simdjson On-Demand, every value read", "scan": "memchr, every line found"}
    figures = {name: [] for name in names if name == "shred" or name in programs}

    def once(name):
        if name == "shred":
            command = [str(word) for word in ways.shred(source, given)]
            with open(os.devnull, "wb") as nowhere:
                child = subprocess.Popen(command, stdout=nowhere)
                _, status, used = os.wait4(child.pid, 0)
                child.returncode = os.waitstatus_to_exitcode(status)
            if status:
                raise Failed("nest-shred")
            return used.ru_utime + used.ru_stime
        done = subprocess.run([programs[name], source, str(longest + 1_000_000)], capture_output=True, text=True) \
            if name == "ondemand" else subprocess.run([programs[name], source], capture_output=True, text=True)
        if done.returncode:
            raise Failed(f"{name}: {done.stderr.strip()}")
        return float(done.stdout.split()[0])

    for turn in range(runs + 1):
        for name in figures:
            progress(f"{what}: limits, turn {turn} of {runs}, {name}")
            figures[name].append((once(name),))
    progress()
    figures = {name: f[1:] for name, f in figures.items()}
    print()
    table = Table(f"one core, {what}", {"GB/s": ".2f", "nest's CPU": ".2f x"}, 46)
    for name, f in figures.items():
        table.row(names[name], size / median(f, 0) / 1e9, ratio(figures["shred"], f, 0))
    for reason in left_out:
        print(reason)


def write_real_files(work):
    """A deep and a wide one of the real files as JSON Lines, one over and over until it is long enough."""
    told = []
    deep = realjson.records(realjson.content(realjson.file("golang-source")).decode())
    wide = realjson.records(realjson.content(realjson.file("twitter")).decode())[0]["statuses"]
    for name, records in {"a deep tree": deep, "wide tweets": wide}.items():
        block = "".join(json.dumps(each, ensure_ascii=False, separators=(",", ":")) + "\n" for each in records).encode()
        times = max(1, REAL_BYTES // len(block))
        path = work / f"{name.replace(' ', '-')}.jsonl"
        with open(path, "wb") as file:
            for _ in range(times):
                file.write(block)
        told.append((f"{name}, {path.stat().st_size / 1e6:.0f} MB", str(path), times * len(records)))
    print(json.dumps(told))


def real_files(work):
    """The title, path and rows of each, made by a process of its own, so that this one stays small."""
    command = [sys.executable, __file__, "--write-real-files", work]
    done = subprocess.run([str(word) for word in command], stdout=subprocess.PIPE, text=True)
    if done.returncode:
        raise realjson.Unavailable("they cannot be had")
    return [(title, Path(path), rows) for title, path, rows in json.loads(done.stdout)]


def best_of(names):
    return "ingest" if "ingest" in names else "pipe"


def main():
    parser = argparse.ArgumentParser(prog="bench_json", description=__doc__.split("\n")[0])
    parser.add_argument("--rows", type=int, default=10_000_000, help="contacts (10000000)")
    parser.add_argument("--runs", type=int, default=5, help="turns that count, after one that does not (5)")
    parser.add_argument("--dir", default="/dev/shm", help="where to read and write (/dev/shm)")
    parser.add_argument("--ways", help="only these, separated by commas: pipe, ingest, duckdb, chdb, pyarrow, "
                        "json2parquet, polars")
    parser.add_argument("--no-real", action="store_true", help="leave the real files out")
    parser.add_argument("--write-real-files", help=argparse.SUPPRESS)
    arguments = parser.parse_args()
    if arguments.write_real_files:
        return write_real_files(Path(arguments.write_real_files))
    work = Path(tempfile.mkdtemp(prefix="nest-bench-", dir=arguments.dir))
    try:
        ways = Ways(work)
        names = [name for name in ways.list if not arguments.ways or name in arguments.ways.split(",")]
        contacts = work / "contacts.jsonl"
        with open(contacts, "wb") as file:
            subprocess.run([BUILD / "nest-gen", "-n", str(arguments.rows), "--format", "jsonl", "contacts"],
                           stdout=file, check=True)
        rows = arguments.rows
        figures, why = in_turns(ways, names, contacts, True, rows, arguments.runs, "contacts")
        title = f"JSON Lines to Parquet, {rows:,} rows, {contacts.stat().st_size / 1e6:.0f} MB"
        tell(ways, title, figures, why, rows, "row", best_of(figures))
        limits(ways, contacts, True, arguments.runs, "contacts")
        contacts.unlink()
        try:
            for title, path, rows in [] if arguments.no_real else real_files(work):
                print()
                figures, why = in_turns(ways, names, path, False, rows, arguments.runs, title)
                size = path.stat().st_size
                tell(ways, f"{title}, {rows:,} rows", figures, why, size, "B", best_of(figures))
                limits(ways, path, False, arguments.runs, title)
                path.unlink()
        except realjson.Unavailable as reason:
            print(f"the real files: left out, {reason}")
        for reason in ways.missing:
            print(reason)
    finally:
        shutil.rmtree(work)


if __name__ == "__main__":
    main()
