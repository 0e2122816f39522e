"""How much of the truth nest-meter keeps: seven programs that it was not made for, refined, beside callgrind.

The sources come through cargo. Each program is refined by `nest-meter bench` with the profile native, and the
set that is left is compared with what callgrind counts of one run: how many probes are left; what the metered
program takes more than the same program without nest-meter, in paired runs; which functions are not there
that have 5 % of the inclusive cost or more, and last 1 microsecond a call or more; and whether the ten
largest inherent times come in the same order as by the samples of perf (Spearman's rank correlation), where
those in other functions count for the nearest callers that are metered, as callgrind knows them. Without perf,
callgrind's instructions are taken.

lua and treesitter are held out: nothing in nest-meter was ever tuned on them. webp was, until it showed a fault: calls
that became much longer were taken for exceptions. On some processors a loop of webp's colour transform takes twice as
long where its calls are not metered, whoever reads the clock; its rank is then one of different runs.

    NEST_BUILD_DIR=build python tests/bench_relevance.py [--runs 8] [--pairs 21] [--only sqlite,lua] [--dir DIR]
"""

import argparse
import concurrent.futures
import json
import os
import re
import shutil
import statistics
import subprocess
import sys
import tempfile
from collections import Counter, defaultdict
from pathlib import Path

from benchlib import Table, progress, run

ROOT = Path(__file__).resolve().parent.parent
BUILD = Path(os.environ.get("NEST_BUILD_DIR", ROOT / "build")).resolve()
SOURCES = ROOT / "tests/data/relevance"
# Without jumps to other functions at the end of one, which end it for nest-meter and not for callgrind.
FLAGS = ["-O2", "-fno-optimize-sibling-calls", "-fpatchable-function-entry=5", "-w"]
SHARE, LASTING_NS, LARGEST = 0.05, 1000, 10

# For each: the crate's folder that has the sources, what of it is compiled, its include folders, other flags.
PROGRAMS = {
    "sqlite": ("libsqlite3-sys/sqlite3", ["sqlite3.c"], ["."], []),
    "quickjs": ("rquickjs-sys/quickjs", ["quickjs.c", "libregexp.c", "libunicode.c", "dtoa.c"], ["."],
                ["-D_GNU_SOURCE", "-funsigned-char"]),
    "zstd": ("zstd-sys/zstd/lib", ["common/*.c", "compress/*.c", "decompress/*.c"], ["."], ["-DZSTD_DISABLE_ASM"]),
    "leveldb": ("leveldb-sys/deps/leveldb-1.22", ["db/*.cc", "table/*.cc", "util/*.cc"], [".", "include"],
                ["-DLEVELDB_PLATFORM_POSIX=1", "-DLEVELDB_IS_BIG_ENDIAN=0", "-std=c++17"]),
    "lua": ("lua-src/lua-5.4.7", ["*.c"], ["."], ["-DLUA_USE_LINUX"]),
    "treesitter": (".", ["tree-sitter/src/lib.c", "tree-sitter-c/src/parser.c"],
                   ["tree-sitter/include", "tree-sitter/src", "tree-sitter-c/src"], []),
    "webp": ("libwebp-sys/vendor", ["src/*/*.c", "sharpyuv/*.c"], [".", "src"], []),
}
# Programs of these, tests, and what another platform has.
LEFT_OUT = re.compile(r"(_test|_bench|leveldbutil|env_windows|testharness|testutil|/luac?)\.c+$")


def call(command, **options):
    done = subprocess.run([str(word) for word in command], capture_output=True, text=True, **options)
    if done.returncode != 0:
        sys.exit(f"bench_relevance: {command[0]} failed with status {done.returncode}: {done.stderr[-2000:]}")
    return done.stdout


def compile_one(source, target, includes, flags):
    # clang, as gcc before version 13 ties all places of a C++ file to one section.
    compiler = "clang++" if source.suffix == ".cc" else "gcc"
    call([compiler, *FLAGS, *flags, *(f"-I{folder}" for folder in includes), "-c", source, "-o", target])
    return target


def build(name, vendor, work):
    folder, patterns, includes, flags = PROGRAMS[name]
    root = vendor / folder
    sources = [path for pattern in patterns for path in sorted(root.glob(pattern)) if not LEFT_OUT.search(str(path))]
    includes = [root / include for include in includes]
    objects = work / f"{name}.objects"
    objects.mkdir()
    with concurrent.futures.ThreadPoolExecutor(os.cpu_count()) as pool:
        made = [pool.submit(compile_one, source, objects / f"{number}.o", includes, flags)
                for number, source in enumerate(sources)]
        made.append(pool.submit(compile_one, SOURCES / f"{name}.c", objects / "main.o", includes,
                                [flag for flag in flags if not flag.startswith("-std")]))
        files = [task.result() for task in made]
    linker = "clang++" if name == "leveldb" else "gcc"
    call([linker, "-o", work / name, *files, "-lm", "-lpthread", "-ldl"])
    return work / name


class Program:
    def __init__(self, name, vendor, work):
        self.work = work / f"{name}.run"
        self.work.mkdir()
        self.command = [build(name, vendor, work)]
        given = {"quickjs": SOURCES / "quickjs.js", "lua": SOURCES / "lua.lua", "leveldb": "db"}
        if name in given:
            self.command.append(given[name])

    def run(self, environment=None):
        """CPU seconds."""
        options = {"cwd": self.work, "stdout": subprocess.DEVNULL, "env": os.environ | (environment or {})}
        return run(self.command, **options)[1]

    def refine(self, runs):
        """The lines of the loop, and the set that it leaves."""
        call([BUILD / "nest-meter", "bench", "-n", runs, "--config", "native", "--csv", "runs.csv", "-o", "refined", "--",
              *self.command], cwd=self.work)
        lines = [line.split(",") for line in (self.work / "runs.csv").read_text().splitlines()]
        return [dict(zip(lines[0], line)) for line in lines[1:]], self.work / "refined/set"

    def metered(self, kept):
        return {"LD_PRELOAD": str(BUILD / "libnest-meter-agent.so"), "NEST_METER_SET": str(kept),
                "NEST_METER_SNAPSHOT": str(self.work / "snapshots/%n.%p.snapshot"),
                "NEST_METER_CONFIG": str(ROOT / "meter/profiles/native.properties")}

    def pairs(self, environment, count):
        pairs = []
        (self.work / "snapshots").mkdir()
        for turn in range(count):
            order = [True, False] if turn % 2 else [False, True]
            seconds = {is_metered: self.run(environment if is_metered else None) for is_metered in order}
            pairs.append((seconds[True], seconds[False]))
        # The quickest quarter of each: what else the machine does only ever makes a run slower.
        metered, plain = (sum(sorted(side)[:-(-count // 4)]) for side in zip(*pairs))
        return metered / plain

    def inherent(self, environment, runs=7):
        """Nanoseconds of each probe with calls, in the run that had to wait least for a processor."""
        told = []
        for _ in range(runs):
            shutil.rmtree(self.work / "snapshots", ignore_errors=True)
            (self.work / "snapshots").mkdir()
            self.run(environment)
            told.append(json.loads(call([BUILD / "nest-meter", "report", "--json", self.work / "snapshots"])))
        least = min(told, key=lambda report: report["overhead"]["elapsed_ns"])
        return {probe["probe"].removeprefix("program."): probe["meters"]["clock.time"]["inherent"]["total"]
                for probe in least["probes"]}


def plain_name(name):
    """A function as callgrind calls it, by the name that the agent gives it."""
    name = re.sub(r"'\d+$", "", name.strip())
    if "(" in name or "::" in name:
        depth, end = 0, len(name)
        for at in range(len(name) - 1, -1, -1):
            depth += (name[at] == ")") - (name[at] == "(")
            if name[at] == "(" and depth == 0:
                end = len(name) if name.startswith("(anonymous namespace)", at) else at
                break
        depth, begin = 0, 0
        for at in range(end):
            depth += (name[at] in "<(") - (name[at] in ">)")
            if name[at] == " " and depth == 0:
                begin = at + 1
        name, out, depth = name[begin:end].strip().replace("::", "\0"), "", 0
        for at, letter in enumerate(name):
            depth += (letter == "<") - (letter == ">")
            if letter == "\0":
                out += "::" if depth else "."
            elif letter != " ":
                out += letter
            elif out and out[-1] != "," and name[at + 1] != ">":
                out += "_"
        return out
    return name.split(".")[0] or name


class Profile:
    """What callgrind counts: the cost of each function by itself, and calls and inclusive cost from each caller."""

    def __init__(self, program):
        out = program.work / "callgrind.out"
        call(["valgrind", "-q", "--tool=callgrind", f"--callgrind-out-file={out}", *program.command], cwd=program.work)
        self.own, self.edges, self.names = defaultdict(int), defaultdict(lambda: [0, 0]), {}
        self.read(out.read_text())
        self.whole = sum(self.own.values())

    def name_of(self, text):
        number, _, name = text.partition(" ")
        if name:
            self.names[number] = plain_name(name)
        return self.names[number]

    def read(self, text):
        function = callee = calls = None
        for line in text.splitlines():
            if line.startswith("fn="):
                function = self.name_of(line[3:])
            elif line.startswith("cfn="):
                callee = self.name_of(line[4:])
            elif line.startswith("calls="):
                calls = int(line[6:].split()[0])
            elif line[:1] in "0123456789+-*" and function is not None and line:
                cost = int(line.split()[1]) if " " in line else 0
                if calls is None:
                    self.own[function] += cost
                else:
                    edge = self.edges[function, callee]
                    edge[0] += calls
                    edge[1] += cost
                    calls = None

    def large(self):
        """Functions with SHARE of the cost: it, and their calls. Calls of itself are no callers."""
        sums = defaultdict(lambda: [0, 0])
        for (caller, callee), (calls, cost) in self.edges.items():
            sums[callee][0] += calls
            sums[callee][1] += 0 if caller == callee else cost
        return {name: (min(1, cost / self.whole), calls) for name, (calls, cost) in sums.items()
                if cost >= SHARE * self.whole}

    def rolled_up(self, kept, own):
        """The cost of each of KEPT by itself, with that of what is called from it and not kept; OWN is that of all."""
        callers = defaultdict(list)
        for (caller, callee), (_, cost) in self.edges.items():
            if caller != callee and callee not in kept:
                callers[callee].append((caller, cost))
        held, result = {name: cost * 1000 for name, cost in own.items()}, defaultdict(float)
        for _ in range(200):
            moved = defaultdict(float)
            for name, cost in held.items():
                whole = sum(share for _, share in callers[name])
                if name in kept:
                    result[name] += cost
                elif whole > 0 and cost > 1:
                    for caller, share in callers[name]:
                        moved[caller] += cost * share / whole
            held = moved
        return result


def variant(name):
    """The C library's functions have more than one name, and variants for processors, of which valgrind's is another."""
    return re.sub(r"_(avx|evex|sse|erms|unaligned).*$", "", re.sub(r"^_*(GI_+)?(libc_)?", "", name))


def samples(program, profile):
    """How often perf found the program in each function that PROFILE knows, or the kernel at work for it; empty
    where perf cannot be used."""
    out, found, known = program.work / "perf.data", Counter(), {variant(name): name for name in profile.own}
    record = ["perf", "record", "-q", "-g", "-F", "5000", "-o", out, *program.command]
    if shutil.which("perf") is None or subprocess.run(map(str, record), cwd=program.work, capture_output=True).returncode:
        return found
    for stack in call(["perf", "script", "-i", out, "-F", "ip,sym"]).split("\n\n"):
        names = (variant(plain_name(line.split(maxsplit=1)[1])) for line in stack.splitlines() if len(line.split()) > 1)
        found[next((known[name] for name in names if name in known), "")] += 1
    return found


def spearman(pairs):
    """Of a list of pairs of numbers; ties share the mean of their ranks."""
    def ranks(values):
        return [sum(other < value for other in values) + (sum(other == value for other in values) - 1) / 2
                for value in values]

    if len(pairs) < 3:
        return None
    return statistics.correlation(*(ranks(values) for values in zip(*pairs)))


def judge(name, program, asked, table):
    progress(f"{name}: refined in {asked.runs} runs")
    runs, path = program.refine(asked.runs)
    kept = {line.split("\t")[0].removeprefix("program.") for line in path.read_text().splitlines()}
    environment = program.metered(path)
    progress(f"{name}: {asked.pairs} pairs of runs")
    ratio = program.pairs(environment, asked.pairs)
    inherent = program.inherent(environment)
    progress(f"{name}: callgrind")
    profile, known = Profile(program), known_probes(program)
    plain_ns = 1e9 * statistics.median(program.run() for _ in range(3))
    missing = [f"{function} ({share:.0%}, {plain_ns * share / calls / 1000:.1f} us)"
               for function, (share, calls) in sorted(profile.large().items(), key=lambda item: -item[1][0])
               if plain_ns * share / calls >= LASTING_NS and function in known - kept]
    rolled = profile.rolled_up(kept, samples(program, profile) or profile.own)
    largest = sorted(inherent, key=inherent.get)[-LARGEST:]
    before = int(runs[0]["instrumented"])
    table.row(name, before, len(kept), 100 * len(kept) / before, 100 * (ratio - 1), 100 * float(runs[-1]["explained"]),
              len(missing), spearman([(inherent[probe], rolled[probe]) for probe in largest]))
    if missing:
        print(f"  missing: {', '.join(missing)}")
    if asked.verbose:
        wholes = [sum(figures.values()) for figures in (inherent, rolled)]
        for probe in reversed(largest):
            print(f"  {probe:40} {inherent[probe] / wholes[0]:6.1%}, by the profiler {rolled[probe] / wholes[1]:6.1%}")


def known_probes(program):
    """All functions that were metered at first; what never returns, as the body of a thread, has no time."""
    told = json.loads(call([BUILD / "nest-meter", "report", "--json", program.work / "refined/001"]))
    return {probe["probe"].removeprefix("program.") for probe in told["probes"]}


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--runs", type=int, default=8, help="of the refinement (8)")
    parser.add_argument("--pairs", type=int, default=21, help="of runs, metered and plain (21)")
    parser.add_argument("--only", default=",".join(PROGRAMS), help="these programs")
    parser.add_argument("--dir", default="/dev/shm", help="where to write (/dev/shm)")
    parser.add_argument("--verbose", action="store_true", help="show the ten largest inherent times, too")
    asked = parser.parse_args()
    for tool in ("cargo", "valgrind", "clang++"):
        if shutil.which(tool) is None:
            print(f"bench_relevance: left out, as there is no {tool}", file=sys.stderr)
            return
    with tempfile.TemporaryDirectory(prefix="bench-relevance-", dir=asked.dir) as folder:
        work = Path(folder)
        shutil.copytree(SOURCES, work / "sources")
        fetched = subprocess.run(["cargo", "vendor", "--quiet", work / "vendor"], cwd=work / "sources",
                                 capture_output=True, text=True)
        if fetched.returncode != 0:
            print("bench_relevance: left out, as cargo could not fetch the sources: "
                  f"{fetched.stderr.strip().splitlines()[-1]}", file=sys.stderr)
            return
        columns = {"probes": "d", "left": "d", "share": ".1f %", "CPU": "+.1f %", "explained": ".1f %",
                   "missing": "d", "Spearman": ".2f"}
        table = Table("a program, refined", columns, 18)
        for name in asked.only.split(","):
            judge(name, Program(name, work / "vendor", work), asked, table)


if __name__ == "__main__":
    main()
