"""Groups of functions by their object, source file and directory: what labels and tiers take in, and who is told."""

import json
import pathlib
import platform
import re
import shutil
import subprocess

import pytest

from nestlib import LONG_S

ROOT = pathlib.Path(__file__).resolve().parent.parent
WAYS = {
    "gcc": ["gcc", "-fpatchable-function-entry=5"],
    "wide": ["gcc", "-fpatchable-function-entry=16,3", "-fcf-protection"],
    "hooks": ["gcc", "-finstrument-functions"],
    "dwarf4": ["gcc", "-fpatchable-function-entry=5", "-gdwarf-4"],
    "split": ["gcc", "-fpatchable-function-entry=5", "-gsplit-dwarf"],
    "clang": ["clang", "-fpatchable-function-entry=5"],
}
HERE = '__attribute__((noinline)) int {}(int x) {{ __asm__ volatile(""); return x + {}; }}\n'
SOURCES = {
    "main.c": """#include <stdio.h>
#include "src/core/in.h"
int core_work(int), io_work(int), shelf_take(int);
int main(void) { int s = bump(0); for (int i = 0; i < 10; i++) s += core_work(i) + io_work(i) + shelf_take(i); printf("%d\\n", s); }
""",
    "src/core/in.h": "static inline __attribute__((always_inline)) int bump(int x) { return x + 1; }\n"
    + "static inline " + HERE.format("kept", 5),
    "src/core/core.c": '#include "in.h"\nstatic ' + HERE.format("help", 1)
    + '__attribute__((noinline)) int core_work(int x) { __asm__ volatile(""); return help(bump(x)) * kept(x); }\n',
    "src/io/io.c": "static " + HERE.format("help", 3)
    + '__attribute__((noinline)) int io_work(int x) { __asm__ volatile(""); return help(x) * 5; }\n',
    "shelf/shelf.c": HERE.format("shelf_take", 7),
}


class Program:
    """A program of two directories and a library, and nest-meter."""

    def __init__(self, folder, nest, way):
        self.folder, self.nest = folder, nest
        for path, text in SOURCES.items():
            (folder / path).parent.mkdir(parents=True, exist_ok=True)
            (folder / path).write_text(text)
        self.build(*WAYS[way])

    def build(self, *compiler, debug="-g"):
        if shutil.which(compiler[0]) is None:
            pytest.skip(f"no {compiler[0]}")
        flags = [*compiler[:1], "-O2", debug, *compiler[1:]]
        library = ["-fPIC", "-shared", "-o", "libshelf.so.2", "-Wl,-soname,libshelf.so.2", "shelf/shelf.c"]
        program = ["-o", "program", "main.c", "src/core/core.c", "src/io/io.c", "libshelf.so.2", f"-Wl,-rpath,{self.folder}"]
        for part in library, program:
            subprocess.run([*flags, *part], cwd=self.folder, check=True)

    def change(self, *command):
        subprocess.run(command, cwd=self.folder, check=True)

    def run(self, config, *command, tracking=True):
        """The warnings and the meterings of a run, by name."""
        (self.folder / "c.properties").write_text(config + ("tracking.enabled=true\n" if tracking else ""))
        command = command or [self.folder / "program"]
        self.out = self.folder / "out"
        result = self.nest.run("nest-meter", "run", "--config", self.folder / "c.properties", "-o", self.out, "--", *command)
        assert result.status == 0, result.err
        self.printed = result.out
        report = self.nest.run("nest-meter", "report", "--json", self.out)
        rows = {row["probe"]: row for row in json.loads(report.out)["probes"]}
        return [line for line in result.err.splitlines() if "warning: " in line or "agent: " in line], rows


@pytest.fixture(params=WAYS)
def program(request, tmp_path, nest):
    if platform.machine() != "x86_64" and request.param != "hooks":
        pytest.skip("functions are patched on x86-64 only")
    return Program(tmp_path, nest, request.param)


@pytest.fixture
def plain(tmp_path, nest):
    if platform.machine() != "x86_64":
        pytest.skip("functions are patched on x86-64 only")
    return Program(tmp_path, nest, "gcc")


def labels(**groups):
    lines = [f"autolabel.label.{label}.name.groups={group}\n" for label, group in groups.items()]
    return f"autolabel.enabled=true\nautolabel.labels={','.join(groups)}\n" + "".join(lines)


def tiers(**groups):
    lines = [f"tierpoint.tier.{tier}.name.groups={group}\n" for tier, group in groups.items()]
    return f"tierpoint.enabled=true\ntierpoint.tiers={','.join(groups)}\n" + "".join(lines)


def labelled(rows, label):
    return {name for name, row in rows.items() if label in row["labels"]}


CORE = {"program.core_work", "program.help@core.c"}
IO = {"program.io_work", "program.help@io.c"}
TIERS = {"core": "file:core.c", "io": "directory:src/io", "shelf": "object:libshelf.so*", "rest": "*"}


def counts(rows):
    return {name: row["count"] for name, row in rows.items() if row["count"] > 0}


def unknown(path):
    return (
        f"nest-meter: warning: {path} has no debug information: no group of files or directories has a function of it; "
        "compile it with -g, or install its debug symbols"
    )


def unmet(key, group):
    return f"nest-meter: warning: {key}.name.groups: {group} fits no probe that was met"


def test_labels(program):
    """bump is inlined, and only with hooks a function at all; kept is one of a header."""
    groups = {
        "core": "file:core.c", "io": "directory:src/io", "src": "directory:src/", "shelf": "object:libshelf.so*",
        "whole": f"file:{program.folder}/shelf/shelf.c", "header": "file:core/i?.h", "object": "object:program",
    }  # fmt: skip
    warnings, rows = program.run(labels(**groups))
    header = {"program.kept"} | ({"program.bump"} & set(rows))
    assert labelled(rows, "core") == CORE
    assert labelled(rows, "io") == IO
    assert labelled(rows, "src") == CORE | IO | header
    assert labelled(rows, "shelf") == labelled(rows, "whole") == {"shelf.take"}
    assert labelled(rows, "header") == header
    assert labelled(rows, "object") == CORE | IO | header | {"program.main"}
    assert warnings == []


CROSSINGS = {"program.main": 1, "program.core_work": 10, "program.io_work": 10, "shelf.take": 10}


def test_tiers(program):
    """A call within a tier is part of it; kept, in the header, is in core's directory only."""
    warnings, rows = program.run(tiers(**TIERS | {"core": "file:core.c,directory:src/core"}))
    assert counts(rows) | {"program.bump": 0} == CROSSINGS | {"program.bump": 0}
    assert warnings == []
    assert program.run(tiers(**TIERS))[1]["program.kept"]["count"] == 10


def test_crossings_are_found_in_snapshots(plain):
    """refine goes by the places in the snapshots, where tierpoint was off."""
    config = tiers(**TIERS | {"core": "directory:src/core"}).replace("enabled=true", "enabled=false")
    plain.run(config)
    refined = plain.nest.run("nest-meter", "refine", "--tiers", "--keep-undecided", plain.out)
    assert {line for line in refined.out.decode().splitlines() if "#" not in line} == set(CROSSINGS)
    assert "warning: tierpoint" not in refined.err


def test_a_function_goes_by_its_name_alone_where_no_file_is_asked_for(plain):
    warnings, rows = plain.run(labels(shelf="object:libshelf.so.2", all="object:*"))
    assert rows["program.help"]["count"] == 20 and labelled(rows, "shelf") == {"shelf.take"}
    assert labelled(rows, "all") == set(rows) and warnings == []


def test_without_debug_information(plain):
    """One sentence for each object that has none; groups that take in nothing are named, too."""
    plain.build(*WAYS["gcc"], debug="-g0")
    groups = {"core": "file:core.c", "io": "directory:src/io", "shelf": "object:libshelf.so*"}
    warnings, rows = plain.run(labels(**groups))
    keys = [("autolabel.label.core", "file:core.c"), ("autolabel.label.io", "directory:src/io")]
    objects = [plain.folder / name for name in ("program", "libshelf.so.2")]
    assert warnings == [*map(unknown, objects), *(unmet(*key) for key in keys)]
    assert labelled(rows, "shelf") == {"shelf.take"} and labelled(rows, "core") == set()
    assert "program.help" in rows


def test_groups_that_take_in_nothing_are_named(plain):
    config = labels(a="file:cor.c,file:core.c", b="directory:core.c", c="object:libz.so*")
    keys = [("autolabel.label.a", "file:cor.c"), ("autolabel.label.b", "directory:core.c")]
    assert plain.run(config)[0] == [unmet(*key) for key in [*keys, ("autolabel.label.c", "object:libz.so*")]]


def test_stripped(plain):
    """Symbols and debug information are gone; exported functions keep their names."""
    for name in "program", "libshelf.so.2":
        plain.change("strip", name)
    warnings, rows = plain.run(tiers(**TIERS))
    assert warnings[:2] == [unknown(plain.folder / name) for name in ("program", "libshelf.so.2")]
    assert rows["shelf.take"]["count"] == 10 and len(warnings) == 4


@pytest.mark.parametrize("place", [".", ".debug"])
def test_debug_information_in_a_file_of_its_own(plain, place):
    """As Debian's packages have it: the functions have no names, but files."""
    (plain.folder / place).mkdir(exist_ok=True)
    plain.change("objcopy", "--only-keep-debug", "program", f"{place}/program.debug")
    plain.change("strip", "program")
    plain.change("objcopy", f"--add-gnu-debuglink={place}/program.debug", "program")
    warnings, rows = plain.run(labels(core="file:core.c", shelf="file:shelf.c"))
    assert warnings == [] and labelled(rows, "shelf") == {"shelf.take"}
    assert len(labelled(rows, "core")) == 2 and all(name.startswith("program.0x") for name in labelled(rows, "core"))


PLUGIN = """#include <dlfcn.h>
#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <sys/wait.h>
static int children;
static void count(int number) { children += number > 0; }
int main(void)
{
	signal(SIGCHLD, count);
	void *library = dlopen("./libshelf.so.2", RTLD_NOW);
	int (*take)(int) = (int (*)(int))dlsym(library, "shelf_take");
	int left = waitpid(-1, NULL, __WALL);
	printf("%d %d %d\\n", take(3), children, left < 0 && errno == ECHILD);
	return 0;
}
"""


def test_a_library_that_is_loaded_later(plain):
    """Its debug information is read then, which the program does not notice: it has no child, and no signal."""
    (plain.folder / "plugin.c").write_text(PLUGIN)
    plain.change(*WAYS["gcc"], "-g", "-o", "plugin", "plugin.c", "-ldl")
    command = ["sh", "-c", f"cd '{plain.folder}' && ./plugin"]
    warnings, rows = plain.run(labels(shelf="file:shelf/shelf.c", plugin="file:plugin.c"), *command)
    assert plain.printed == b"10 0 1\n" and warnings == []
    assert labelled(rows, "shelf") == {"shelf.take"} and labelled(rows, "plugin") == {"program.main"}


CPLUSPLUS = {
    "table.h": """namespace store { struct Table { int get(int); __attribute__((noinline)) int size(int x) { asm volatile(""); return x * 2; } };
template <class T> __attribute__((noinline)) T twice(T x) { asm volatile(""); return x * 2; } }
""",
    "table.cc": """#include "table.h"
namespace { __attribute__((noinline)) int help(int x) { asm volatile(""); return x + 5; } }
__attribute__((noinline)) int store::Table::get(int x) { asm volatile(""); return help(x) + twice<int>(x) + twice<long>(x); }
""",
    "main.cc": """#include "table.h"
namespace store { __attribute__((noinline)) int put(int x) { asm volatile(""); return x + 1; } }
namespace { __attribute__((noinline)) int help(int x) { asm volatile(""); return x + 7; } }
int main() { store::Table t; return t.get(1) + store::put(t.size(2)) + help(3) == 0; }
""",
}


def last_words(names):
    """The function alone, without its template's arguments, and the file where several have it."""
    return {re.sub(r"^.*?(\w+)(<.*>)?(@.*)?$", r"\1\3", name) for name in names}


@pytest.mark.parametrize("compiler", ["g++", "clang++"])
def test_cplusplus(plain, compiler):
    if shutil.which(compiler) is None:
        pytest.skip(f"no {compiler}")
    for name, text in CPLUSPLUS.items():
        (plain.folder / name).write_text(text)
    plain.change(compiler, "-O2", "-g", WAYS["gcc"][1], "-Wl,--no-as-needed", "-o", "table", "main.cc", "table.cc")
    groups = labels(table="file:table.cc", header="file:table.h", main="file:main.cc")
    warnings, rows = plain.run(groups, plain.folder / "table")
    assert last_words(labelled(rows, "table")) == {"get", "help@table.cc"}
    assert last_words(labelled(rows, "header")) == {"size", "twice"}
    assert last_words(labelled(rows, "main")) == {"main", "put", "help@main.cc"}
    assert warnings == []


def test_the_example_in_the_manual(plain):
    """A program of the same files; what one of them calls in its own tier is part of it."""
    config = re.search(r"^tierpoint\.enabled=true\n[^.]*(?:tierpoint[^\n]*\n)+", (ROOT / "man/nest-meter.conf.5").read_text(), re.M)[0]
    calls = {"parse": "tokenize", "tokenize": "vdbeapi", "vdbeapi": "vdbe", "vdbe": "btree", "btree": "pager", "pager": "os", "os": None}
    for name, callee in calls.items():
        body = f"int {callee}(int); " if callee else ""
        call = f"{callee}(x)" if callee else "x"
        text = f'{body}int {name}(int x) {{ int y = {call}; __asm__ volatile(""); return y + 1; }}\n'
        (plain.folder / f"{name}.c").write_text(text)
    (plain.folder / "shell.c").write_text("int parse(int); int main(void) { return parse(0) != 7; }\n")
    files = [f"{name}.c" for name in calls]
    plain.change(*WAYS["gcc"], "-g", "-o", "shell", "shell.c", *files)
    warnings, rows = plain.run(config, plain.folder / "shell")
    crossings = ["main", "parse", "vdbeapi", "btree", "os"]
    assert counts(rows) == {f"program.{name}": 1 for name in crossings} and warnings == []


def test_reports_have_objects_and_files(plain):
    """callgrind_annotate adds up by object and file."""
    warnings, rows = plain.run("sources.enabled=true\n")
    places = {name: (row["object"], row["file"].removeprefix(f"{plain.folder}/")) for name, row in rows.items()}
    program, library = f"{plain.folder}/program", f"{plain.folder}/libshelf.so.2"
    assert places["program.help@io.c"] == (program, "src/io/io.c") and places["shelf.take"] == (library, "shelf/shelf.c")
    text = plain.nest.run("nest-meter", "report", "--format", "callgrind", plain.out).out.decode()
    names = dict(re.findall(r"fn=(\(\d+\)) (.*)$", text, re.M))
    called = re.findall(r"^cob=(.*)\ncfi=(.*)\ncfn=(\(\d+\))", text, re.M)
    calls = {names[number]: (object, file.removeprefix(f"{plain.folder}/")) for object, file, number in called}
    assert calls == {name: place for name, place in places.items() if name != "program.main"}
    assert re.findall(r"^ob=(.*)\nfl=(.*)\nfn=\(1\) program.main$", text, re.M) == [(program, f"{plain.folder}/main.c")]
    if shutil.which("callgrind_annotate"):
        (plain.folder / "callgrind.out").write_text(text)
        command = ["callgrind_annotate", "--auto=no", "callgrind.out"]
        shown = subprocess.run(command, cwd=plain.folder, capture_output=True, text=True, check=True).stdout
        assert "shelf/shelf.c:shelf.take" in shown and f"[{library}]" in shown


# ---- nest's own programs, whose probes say themselves where they are ----

OF_NEST = {"wire": "directory:lib/wire", "gen": "object:nest-gen", "shred": "file:shred/*.c", "nothing": "file:nowhere.c"}


def test_the_stages_of_a_pipeline(nest, build, tmp_path):
    config, out = tmp_path / "c.properties", tmp_path / "out"
    config.write_text(labels(**OF_NEST))
    pipe = f"{build}/nest-gen -n 1000 contacts | {build}/nest-shred | {build}/parquet-encode -o {tmp_path}/contacts.parquet"
    result = nest.run("nest-meter", "run", "--no-agent", "--config", config, "-o", out, "--", "sh", "-c", pipe)
    assert result.status == 0 and unmet("autolabel.label.nothing", "file:nowhere.c") in result.err
    report = nest.run("nest-meter", "report", "--all", "--by", "stage", "--json", out)
    rows = json.loads(report.out)["probes"]
    wire = {row["probe"] for row in rows if "wire" in row["labels"]}
    assert "wire.wait" in wire and all(name.startswith("wire.") for name in wire)
    assert {row["stage"] for row in rows if "gen" in row["labels"]} == {"nest-gen"}
    assert {row["stage"] for row in rows if "shred" in row["labels"]} == {"nest-shred"}


# ---- what cannot be ----

REFUSED = {"file:": "nothing follows the colon", "dir:src": "before a colon stands object, file or directory", "file:../a.c": ". or .."}


@pytest.mark.parametrize("group", REFUSED)
def test_a_group_that_cannot_be_is_refused_with_its_line(plain, group):
    (plain.folder / "c.properties").write_text("\n" + labels(a=group))
    result = plain.nest.run("nest-meter", "run", "--config", plain.folder / "c.properties", "--", "true")
    assert result.status == 2 and "line 4: " in result.err and REFUSED[group] in result.err


def test_without_nest_meter(plain, build):
    """Preloaded by hand, the agent says what it lacks."""
    config = plain.folder / "c.properties"
    config.write_text(labels(a="file:core.c"))
    variables = {"LD_PRELOAD": (build / "libnest-meter-agent.so").resolve(), "NEST_METER_CONFIG": config}
    variables |= {"NEST_METER_SNAPSHOT": plain.folder / "%p.snapshot"}
    for tool, said in [(None, "nest-meter, which NEST_METER_TOOL does not name"), ("/nowhere/nest-meter", "/nowhere/nest-meter")]:
        more = variables | ({"NEST_METER_TOOL": tool} if tool else {})
        done = subprocess.run(["./program"], env={k: str(v) for k, v in more.items()}, cwd=plain.folder, capture_output=True, text=True, timeout=LONG_S)
        assert done.returncode == 0 and done.stdout.strip().isdigit()
        assert f"agent: the source files of {plain.folder}/program are not known: unable to run {said}\n" in done.stderr


# ---- nest-meter sources ----


def test_sources(plain):
    """Each function's address and file; those that nm also knows are at its addresses."""
    result = plain.nest.run("nest-meter", "sources", plain.folder / "program")
    lines = [line.split(" ", 1) for line in result.out.decode().splitlines()]
    assert lines == sorted(lines)
    symbols = subprocess.run(["nm", "program"], cwd=plain.folder, capture_output=True, text=True, check=True).stdout
    names = dict(line.split(" ", 2)[::2] for line in symbols.splitlines() if line[0] != " ")
    found = {(names[address], path.removeprefix(f"{plain.folder}/")) for address, path in lines}
    core = {("core_work", "src/core/core.c"), ("help", "src/core/core.c"), ("kept", "src/core/in.h")}
    assert found == {("main", "main.c"), ("io_work", "src/io/io.c"), ("help", "src/io/io.c"), *core}


def test_sources_of_what_has_none(plain):
    plain.build(*WAYS["gcc"], debug="-g0")
    result = plain.nest.run("nest-meter", "sources", plain.folder / "program")
    assert result.status == 1 and result.out == b"" and result.err.strip() == unknown(plain.folder / "program")
    result = plain.nest.run("nest-meter", "sources", plain.folder / "main.c")
    assert result.status == 2 and "unable to read" in result.err
