"""Which folder may include which, and that every header stands alone."""

import os
import pathlib
import re
import shlex
import subprocess

import pytest

ROOT = pathlib.Path(__file__).resolve().parent.parent

STAGES = ["gen", "shred", "encode", "merge", "meter", "run", "cat"]

# A library folder and the folders that it may include, besides itself.
LIBRARY = {
    "lib/base": [],
    "lib/schema": ["lib/base"],
    "lib/wire": ["lib/base", "lib/schema", "lib/meter"],
    "lib/parquet": ["lib/base", "lib/schema", "lib/meter"],
    "lib/dataset": ["lib/base", "lib/meter"],
    "lib/columns": ["lib/base", "lib/schema", "lib/wire", "lib/parquet", "lib/meter"],
    "lib/print": ["lib/base", "lib/schema", "lib/wire", "lib/meter"],
    "lib/meter": ["lib/base"],
    "lib/json": ["lib/base", "lib/schema"],
    "lib/records": ["lib/base", "lib/schema", "lib/wire", "lib/json"],
}

# nest-gen's folders, likewise.
GEN = {
    "gen/chance": ["lib/base"],
    "gen/notation": ["lib/base", "lib/schema"],
    "gen/batch": ["lib/base", "lib/print", "gen/chance", "gen/notation"],
    "gen/check": ["lib/base", "lib/schema", "lib/wire", "lib/print", "gen", "gen/chance"],
    "gen/like": ["lib/base", "lib/schema", "lib/json", "lib/records", "lib/print", "gen/notation"],
    "gen/compile": ["lib/base", "lib/schema", "gen/notation", "gen/batch", "gen/chance"],
}

ALLOWED = {folder: [folder, *others] for folder, others in (LIBRARY | GEN).items()}
ALLOWED |= {stage: [stage, *LIBRARY] for stage in STAGES}
ALLOWED["gen"] += GEN
# What is loaded into other people's programs brings nothing but the engine along.
ALLOWED |= {"meter/agent": ["meter/agent", "lib/base", "lib/meter"]}

INCLUDE = re.compile(r'^[ \t]*#[ \t]*include[ \t]*"([^"]+)"', re.MULTILINE)


def sources():
    """Every C file of the programs and the library, by its path from the root."""
    found = [path for folder in ["lib", *STAGES] for path in sorted(ROOT.glob(f"{folder}/**/*.[ch]"))]
    return {str(path.relative_to(ROOT)): path.read_text() for path in found}


def may_meter(folder, included):
    """Of the engine, who is metered sees the probes alone."""
    behind = ("lib/meter", "meter", "meter/agent")
    return not included.startswith("lib/meter/") or included == "lib/meter/probe.h" or folder in behind


def violations(files):
    """What in FILES, path to text, breaks the rules; each as one sentence."""
    broken = []
    for path, text in files.items():
        folder = os.path.dirname(path)
        if folder not in ALLOWED:
            broken.append(f"{path}: {folder} is not in the table of folders")
            continue
        for included in INCLUDE.findall(text):
            if included not in files:
                broken.append(f"{path}: {included} is no path from the root")
            elif os.path.dirname(included) not in ALLOWED[folder] or not may_meter(folder, included):
                broken.append(f"{path}: must not include {included}")
    return broken


def test_folders_include_only_what_they_stand_on():
    files = sources()
    assert files
    assert violations(files) == []


HEADERS = ["gen/a.h", "merge/a.h", "lib/base/a.h", "lib/schema/a.h", "lib/wire/a.h", "lib/parquet/a.h"]
HEADERS += ["lib/meter/probe.h", "lib/meter/a.h", "lib/dataset/a.h", "lib/json/a.h", "lib/records/a.h"]


@pytest.mark.parametrize(
    "path, line",
    [
        ("gen/b.c", '#include "merge/a.h"'),
        ("merge/b.c", '#include <stdio.h>\n  #  include "gen/a.h"'),
        ("lib/wire/b.h", '#include "lib/parquet/a.h"'),
        ("lib/parquet/b.c", '#include "lib/wire/a.h"'),
        ("lib/dataset/b.c", '#include "lib/parquet/a.h"'),
        ("lib/dataset/b.c", '#include "lib/wire/a.h"'),
        ("lib/parquet/b.c", '#include "lib/dataset/a.h"'),
        ("lib/wire/b.h", '#include "lib/dataset/a.h"'),
        ("lib/base/b.c", '#include "lib/schema/a.h"'),
        ("lib/schema/b.c", '#include "lib/wire/a.h"'),
        ("lib/wire/b.c", '#include "gen/a.h"'),
        ("lib/wire/b.c", '#include "lib/meter/a.h"'),
        ("gen/b.c", '#include "lib/meter/a.h"'),
        ("lib/dataset/b.c", '#include "lib/parquet/a.h"'),
        ("lib/dataset/b.c", '#include "lib/wire/a.h"'),
        ("lib/parquet/b.c", '#include "lib/dataset/a.h"'),
        ("lib/wire/b.h", '#include "lib/dataset/a.h"'),
        ("lib/base/b.c", '#include "lib/meter/probe.h"'),
        ("lib/json/b.c", '#include "lib/records/a.h"'),
        ("lib/json/b.c", '#include "lib/wire/a.h"'),
        ("lib/records/b.c", '#include "lib/parquet/a.h"'),
        ("lib/wire/b.c", '#include "lib/records/a.h"'),
        ("gen/b.c", '#include "a.h"'),
        ("gen/b.c", '#include "../merge/a.h"'),
        ("gen/deep/b.c", '#include "gen/a.h"'),
    ],
)
def test_a_forbidden_include_is_found(path, line):
    files = dict.fromkeys(HEADERS, "")
    assert violations(files) == []
    assert len(violations(files | {path: line})) == 1


@pytest.mark.parametrize("header", [path for path in sources() if path.endswith(".h")])
def test_header_stands_alone(header):
    """Compiled alone, and twice, so that its guard is seen to work."""
    compiler = shlex.split(os.environ.get("CC") or "cc")
    flags = ["-std=c11", "-D_GNU_SOURCE", "-I.", "-Wall", "-Wextra", "-Werror", "-fsyntax-only", "-xc", "-"]
    text = f'#include "{header}"\n' * 2
    run = subprocess.run([*compiler, *flags], input=text, text=True, cwd=ROOT, capture_output=True)
    missing = re.search(r"fatal error: ([\w/.-]+): No such file", run.stderr)
    if missing and not (ROOT / missing[1]).exists():
        pytest.skip(f"the library with {missing[1]} is not installed")
    assert run.returncode == 0, run.stderr


# ---- calls from file to file ----

# What the agent stands before, under the names of the libraries that it passes on to.
INTERCEPTED = {"dlsym", "sigaltstack"}


def calls(objects):
    """Which of OBJECTS calls a function of which other, by what each defines and needs."""
    defined, needed = {}, {}
    for path in objects:
        listed = subprocess.run(["nm", path], capture_output=True, text=True)
        if listed.returncode != 0:
            pytest.skip("objects that only their compiler can read")
        lines = listed.stdout.splitlines()
        words = [line.split()[-2:] for line in lines]
        defined |= {name: path for kind, name in words if kind == "T"}
        needed[path] = {name for kind, name in words if kind == "U"} - INTERCEPTED
    return {path: {defined[name] for name in names & defined.keys()} for path, names in needed.items()}


def in_circles(graph):
    """The nodes that are left when those that lead nowhere are taken away again and again, from both ends."""
    left = dict(graph)
    while True:
        called = set().union(*left.values()) if left else set()
        kept = {node: others & left.keys() for node, others in left.items() if others & left.keys()}
        kept = {node: others for node, others in kept.items() if node in called}
        if kept == left:
            return set(left)
        left = kept


@pytest.mark.parametrize("folder", ["pic/lib/meter", "pic/meter/agent", "meter"])
def test_no_two_files_of_the_metering_call_each_other_in_a_circle(build, folder):
    current = sorted(path.stem for path in (ROOT / folder.removeprefix("pic/")).glob("*.c"))
    graph = calls([build / folder / f"{stem}.o" for stem in current])
    assert graph
    assert {path.name for path in in_circles(graph)} == set()


def test_a_circle_is_found():
    assert in_circles({"a": {"b"}, "b": {"c"}, "c": {"b", "d"}, "d": set()}) == {"b", "c"}
    assert in_circles({"a": {"b"}, "b": {"c"}, "c": set()}) == set()
