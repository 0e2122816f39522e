"""Every example that README.md and the manuals print is run as printed, or is named here with what holds it instead.

A display is a literal block or a line of its own.  DISPLAYS names each by the words that it begins with.  A Run
says what it needs: commands before and behind it, numbers that are made smaller, and how many rows then lie where.
A text says why there is nothing to run, or which test_*.py has it.
"""

import dataclasses
import doctest
import gzip
import re
import shutil
import subprocess

import pyarrow.dataset
import pytest

import transcriptlib
from test_documents import ROOT, blocks, manual, plain, script

PROMPT = "$ "


@dataclasses.dataclass(frozen=True)
class Run:
    """A display whose commands all end with status 0, and answer what is shown below them, if anything is."""

    rows: dict = dataclasses.field(default_factory=dict)  # of files and datasets that are there at the end
    before: tuple = ()
    behind: tuple = ()
    instead: dict = dataclasses.field(default_factory=dict)  # texts of the display, and what is run in their place
    needs: str = ""  # a program that is not everywhere
    varies: bool = False  # what is shown is of one run


NOTATION = "a notation, or a part of one"
FIGURE = "a drawing, or a table of figures"
HOSTS = "needs other hosts"
COMPILER = "needs a compiler, and a program of the reader's own"
RECIPES = "test_documents.py::test_the_recipes_that_are_shown"
MILLION = {"contacts": 1_000_000}
SMALL = {"1G": "10k"}
CONTACTS = "nest-gen -n 10k contacts | nest-shred | parquet-encode -o contacts | parquet-merge contacts"
INCOMING = (
    "mkdir incoming",
    "nest-gen -n 100 contacts | nest-shred | parquet-encode -o incoming/a.parquet",
    "nest-gen -n 100 --first-row 100 contacts | nest-shred | parquet-encode -o incoming/b.parquet",
)
MERGER = "parquet-merge --from ipc://run/merge --senders 2 contacts &"
ENCODERS = tuple(
    f"parquet-encode --from ipc://run/encode.{i} --to ipc://run/merge -o contacts &" for i in range(2)
)
SHARES = tuple(f"nest-gen -n 10k --parts 4 --share {i}/2 --to ipc://run/shred.0 contacts &" for i in range(2))
SHREDDED = tuple(
    f"nest-gen -n 10k --parts 4 --share {i}/2 contacts | nest-shred --to ipc://run/encode.0 &" for i in range(2)
)
JOB = (
    "printf '%s\\n' 'nest-gen -n 100k contacts | nest-shred |'"
    " '  parquet-encode -o data | parquet-merge --force data' >job",
)
BENCHED = (*JOB, "nest-meter bench --no-agent --config native -- sh job")
METERED = (*JOB, "nest-meter run --no-agent --config native -- sh job")

# What is there before a command is run, beside the recipes sensors.recipe and my.recipe.
EVENTS = '{"id":1}\n{"id":2}\n'
FILES = {
    **dict.fromkeys(["sample.jsonl", "events.jsonl", "events.jsonl.gz"], EVENTS),
    **dict.fromkeys(["events-1.jsonl.gz", "events-2.jsonl.gz"], EVENTS),
    "sales.jsonl": '{"country":"DE","year":2024,"sum":1}\n{"country":"NO","year":2025,"sum":2}\n',
}

DISPLAYS = {
    "README.md": {
        "pipelines/contacts\npipelines/dataset": Run(
            {"output_parquet": 100_000, "data": 10_000, "events": 4},
            instead={"contacts\n": "contacts --rows 100k\n", **SMALL, "tests/run": ": tests/run"},
        ),
        "  +----------+": FIGURE,
        "$ pipelines/contacts --rows 1M": "test_documents.py::test_the_files_that_are_shown",
        "$ build/nest-gen -n 1M contacts | build/nest-shred | build/parquet-encode --compression": Run(
            {"contacts.parquet": 1_000_000}, instead={"ssh two": "sh -c"}
        ),
        "$ build/nest-gen -n 1M lineitem": Run(
            {"lineitem.parquet": 10_000, "contacts.parquet": 1_000_000}, instead={"1M lineitem": "10k lineitem"}
        ),
        "$ build/parquet-merge -o all.parquet": Run(
            {"all.parquet": 10_000, "dataset": 200, "small.parquet": 200}, before=(CONTACTS, *INCOMING)
        ),
        "$ build/nest-gen -n 4 --format jsonl contacts": Run(),
        "$ .venv/bin/python": "test_printed_examples.py::test_the_session_in_python",
        "message reading": RECIPES,
        "$ build/nest-gen -n 3 --format jsonl sensors.recipe": RECIPES,
        "$ build/nest-gen --check -n 1G sensors.recipe": Run(),
        "$ pipelines/dataset sensors.recipe": Run({"sensors": 10_000}, instead=SMALL),
        "$ pipelines/ingest -o events events-*": Run({"events": 4, "piped": 2}),
        "$ pipelines/ingest -o events --on-error": Run({"events": 4}),
        "$ make\n": "the programs are built before any test is run",
        "nest-gen -n 1M contacts | nest-shred": Run(MILLION, before=(CONTACTS,)),
        "mkdir run": Run(MILLION),
        "three$ parquet-merge": HOSTS,
        "three$ parquet-encode": HOSTS,
        "$ parallel": HOSTS,
        "$ nest/pipelines/slurm": "test_slurm.py and test_spark.py, with options of their own",
        "$ make install": "test_install.py",
        "$ make deb": "test_deb.py",
        "$ mkdir build-installed": "test_deb.py::test_the_programs_pass_their_tests",
        "import hashlib": "test_documents.py::test_the_filter_in_the_readme",
        "$ nest-gen -n 100k contacts | .venv": "test_documents.py::test_the_filter_in_the_readme",
        "$ pipelines/stage-check": "test_examples.py",
        "$ pipelines/contacts --dry-run": Run(
            {"masked": 100_000}, instead={"-o masked": "--rows 100k -o masked", "vi plan": "test -s plan"}
        ),
        "$ nest-meter run": Run({"c": 100_000}, instead={"10M": "100k"}),
    },
    "nest-benchmark.1": {
        "$ nest-benchmark": Run(),
    },
    "nest-cat.1": {
        "$ nest-gen -n 2 contacts | nest-cat --rows": Run(),
        "$ nest-gen -n 2 contacts | nest-shred": Run(),
        "$ nest-gen -n 2 contacts | nest-cat --schema": Run(),
        "$ nest-gen contacts | nest-cat | jq": Run(needs="jq", instead={"nest-gen": "nest-gen -n 10k"}),
        "$ nest-gen contacts | ./my-shred | nest-cat --check\n": Run(instead={"nest-gen": "nest-gen -n 10k"}),
        "$ nest-gen contacts | ./my-shred | nest-cat --check --tee": Run(
            {"out": 10_000}, instead={"nest-gen": "nest-gen -n 10k"}
        ),
    },
    "nest-dataset.1": {
        "$ nest-dataset contacts": Run(MILLION),
        "$ nest-contacts": Run(MILLION, before=(CONTACTS,)),
        "$ cat >readings.recipe": Run(
            {"readings": 10_000}, instead={"--parts 8 --share": "--rows 10k --parts 8 --share"}
        ),
        "$ nest-dataset orders": Run({"orders": 10_000}),
    },
    "nest-frame.5": {
        "frame    :=": NOTATION,
        "message contact": "test_documents.py::test_the_schemas_of_frames",
        "message event": "test_documents.py::test_the_schemas_of_frames",
        "required binary": NOTATION,
        "0000  c6 00 00 00 7a": "test_documents.py::test_the_bytes_of_frames",
        "0000  c6 00 00 00 29": "test_documents.py::test_the_bytes_of_frames",
        "01 00 ": "some of the bytes above it",
        "#!/usr/bin/env python3\nimport struct": "test_documents.py::test_the_stage_that_writes_rows",
        "$ ./points.py": "test_documents.py::test_the_stage_that_writes_rows",
        "#!/usr/bin/env python3\nimport collections": "test_documents.py::test_the_stage_that_reads_columns",
        "$ nest-gen -n 20000": "test_documents.py::test_the_stage_that_reads_columns",
        "socket = zmq.Context().socket(zmq.PUSH)": "some lines of a program",
        "socket = zmq.Context().socket(zmq.PULL)": "some lines of a program",
    },
    "nest-gen.1": {
        "message contact": "the schema that --check shows in the display below it",
        "$ nest-gen --check": Run(),
        "nest-gen --like": Run(),
        "$ nest-gen -n 2 --format": Run(),
        "$ nest-gen -n 3 --first-row": Run(),
        "$ nest-gen -n 1M": Run(MILLION),
        "$ to=": Run(
            MILLION,
            before=(
                "mkdir run",
                MERGER,
                *(
                    f"nest-shred --from ipc://run/shred.{i} --senders 2 |"
                    " parquet-encode --to ipc://run/merge -o contacts &"
                    for i in range(2)
                ),
            ),
        ),
        "$ nest-gen -n 100G": Run(instead={" contacts": " contacts >rows"}),
    },
    "nest-ingest.1": {
        "$ nest-ingest -o events": Run({"events": 4, "one": 2}),
        "$ nest-ingest -o sound": Run({"sound": 4}),
    },
    "nest-meter.1": {
        "$ cat job": Run(
            {"data": 100_000},
            before=JOB,
            instead={"10M": "100k"},
            varies=True,
        ),
        "$ nest-meter explain wire": Run(before=METERED, varies=True),
        "$ nest-meter explain wait": Run(before=BENCHED, varies=True),
        "$ nest-meter refine": Run(before=METERED),
        "$ nest-meter bench": Run(before=JOB, varies=True),
        "$ nest-meter report --format html": Run(before=BENCHED),
        "$ cc -O2": COMPILER,
        "$ nest-meter run --config tree": COMPILER,
        "$ nest-meter report --format chrome": "test_meter.py::test_a_chrome_trace_of_single_calls",
    },
    "nest-meter.conf.5": {
        "# Adapt": NOTATION,
        "tierpoint.enabled=true": "test_groups.py::test_the_example_in_the_manual",
    },
    "nest-recipe.5": {
        "message order {\n  let price = 1.00": NOTATION,
        "$ nest-gen --check my.recipe": Run(),
        "recipe   :=": NOTATION,
        '"Mobile" 55%': NOTATION,
        "optional group phones": NOTATION,
        "optional group lines": NOTATION,
        "optional group address": NOTATION,
        "required int64 customer": NOTATION,
        "let who": NOTATION,
        "let day": NOTATION,
        'include "base.recipe"': NOTATION,
        "pattern(": NOTATION,
        "message reading": RECIPES,
        "message place": RECIPES,
        "message visit": RECIPES,
        "message order {\n  required": RECIPES,
        "message person": RECIPES,
        "let customers": RECIPES,
        'include "sensors.recipe"': RECIPES,
        **{
            f"$ nest-gen -n {rows} --format jsonl {recipe}": RECIPES
            for rows, recipe in [
                (3, "sensors"),
                (3, "places"),
                (3, "visits"),
                (3, "orders"),
                (3, "people"),
                (2, "--table customer"),
                (3, "outdoors"),
            ]
        },
    },
    "nest-run.1": {
        "nest-shred.0:": NOTATION,
        "name masked": "test_documents.py::test_the_plan_in_the_manual",
        "$ nest-contacts --dry-run": Run(
            {"contacts": 100_000}, instead={"-o contacts": "--rows 100k -o contacts", "vi plan": "test -s plan"}
        ),
    },
    "nest-shred.1": {
        "$ nest-gen -n 1M": Run(MILLION),
        "$ nest-shred --from": Run(
            {"contacts": 10_000},
            before=("mkdir run", MERGER, *ENCODERS, *SHARES),
        ),
        "$ (nest-gen": Run(MILLION),
        "$ nest-shred events.jsonl": Run({"events": 2, "again": 2}),
        "$ nest-shred --share": Run({"shared": 2}, before=("mkdir run",)),
    },
    "nest-slurm.1": {"$ nest-slurm": "test_slurm.py, with options of its own"},
    "nest-stage-check.1": {
        "$ nest-stage-check shredder": "test_examples.py, with the example in the source tree",
        "$ nest-stage-check --over": COMPILER,
    },
    "nest.7": {
        "nest-gen --rows-->": FIGURE,
        "message reading": "the same in README.md",
        "$ nest-gen -n 3 --format": Run(),
        "$ nest-gen --check": Run(),
        "$ nest-dataset sensors.recipe": Run({"sensors": 10_000}, instead=SMALL),
        "$ nest-dataset my.recipe --rows": Run({"data": 10_000}, instead=SMALL),
        "$ nest-dataset my.recipe --parts": Run(
            {"my": 10_000}, instead={"--parts": "--rows 10k --parts", "/shared/": ""}
        ),
        "making a row": FIGURE,
        "cores    parts": FIGURE,
        "$ nest-gen -n 1M": Run(MILLION),
        "$ mkdir run": Run(MILLION),
        "three$ parquet-merge": HOSTS,
        "three$ parquet-encode": HOSTS,
        "$ nest-dataset contacts": Run(MILLION),
        "$ nest-ingest": Run({"events": 4, "piped": 2}),
    },
    "nest_probe.3": {"#include": "some lines of a program", "$ cc": COMPILER},
    "parquet-encode.1": {
        "$ nest-gen -n 1M contacts | nest-shred |\n": Run(MILLION),
        "$ nest-gen -n 1M contacts | nest-shred | parquet-encode -o contacts.parquet": Run(
            {"contacts.parquet": 1_000_000}
        ),
        "$ nest-shred sales.jsonl": Run({"sales": 2}),
        "$ parquet-encode --from": Run(
            {"contacts": 10_000},
            before=("mkdir run", MERGER.replace(" --senders 2", ""), *SHREDDED),
        ),
    },
    "parquet-merge.1": {
        "$ parquet-merge --missing": Run(
            {"contacts": 64_000},
            before=("! " + CONTACTS.replace("-n 10k", "-n 64k --parts 64 --only-parts 0-61"),),
            instead={"1G": "64k"},
        ),
        "$ parquet-merge --show": Run(
            {"again.parquet": 2},
            before=(
                "nest-shred sales.jsonl | parquet-encode -o sample.parquet",
                "nest-shred --print-schema sales.jsonl >sample.schema",
            ),
            instead={"...": "parquet-encode -o again.parquet"},
        ),
        "$ nest-gen -n 1M": Run(MILLION),
        "$ find incoming": Run({"dataset": 200}, before=INCOMING),
        "$ parquet-merge --from": Run(
            {"contacts": 20_000},
            before=("mkdir run", CONTACTS),
            behind=("nest-gen -n 20k --parts 4 contacts | nest-shred --to ipc://run/encode.0,ipc://run/encode.1",),
        ),
    },
}


def displays(page):
    """The texts that PAGE sets apart, in their order."""
    if page == "README.md":
        return re.findall(r"^```\w*\n(.*?)^```$", (ROOT / page).read_text(), re.S | re.M)
    lines = [plain(line) + "\n" for line in re.findall(r"^\.Dl (.*)$", manual(page), re.M)]
    return blocks(manual(page)) + lines


def pages():
    return ["README.md", *sorted(path.name for path in (ROOT / "man").iterdir())]


@pytest.mark.parametrize("page", pages())
def test_every_display_is_named(page):
    shown = displays(page)
    named = [[begin for begin in DISPLAYS[page] if text.startswith(begin)] for text in shown]
    assert [text for text, begins in zip(shown, named) if len(begins) != 1] == []
    assert sorted(begin for [begin] in named) == sorted(DISPLAYS[page])


def test_what_holds_the_others_is_there():
    others = {text for named in DISPLAYS.values() for text in named.values() if isinstance(text, str)}
    for file, name in (found for text in others for found in re.findall(r"\b(test_\w+\.py)(?:::(test_\w+))?", text)):
        assert f"\ndef {name}" in (ROOT / "tests" / file).read_text(), f"{file}::{name}"


# ---- running ----


def is_whole(command):
    """Whether a shell would not wait for more of COMMAND."""
    done = subprocess.run(["bash", "-n", "-c", command], capture_output=True)
    return done.returncode == 0 and done.stderr == b"" and not command.endswith("\\")


def turns(text):
    """The commands of a display and what is shown below each, as transcripts have them."""
    found = []
    for line in text.rstrip("\n").split("\n"):
        if found and not is_whole("\n".join(found[-1][0])):
            found[-1][0].append(line)
        elif line.startswith(PROMPT) or PROMPT not in text:
            found.append(([line.removeprefix(PROMPT)], []))
        else:
            found[-1][1].append(line)
    return found


@pytest.mark.parametrize(
    "text, found",
    [
        ("$ a |\n    b\n1\n\n2\n$ c \\\n d\n", [(["a |", "    b"], ["1", "", "2"]), (["c \\", " d"], [])]),
        ("a\nfor i in 1; do\n\tb\ndone\n", [(["a"], []), (["for i in 1; do", "\tb", "done"], [])]),
        ("$ cat <<E\nx\nE\nx\n", [(["cat <<E", "x", "E"], ["x"])]),
    ],
)
def test_the_turns_of_a_display(text, found):
    assert turns(text) == found


def link(path, target):
    if not path.exists():
        path.symlink_to(target)


@pytest.fixture
def place(build, tmp_path, monkeypatch):
    """A folder like that of somebody who reads: the programs are on the path, and some files are there."""
    programs = tmp_path / "programs"
    programs.mkdir()
    for path in build.resolve().iterdir():
        link(programs / path.name, path)
    for name in ["dataset", "contacts", "ingest", "benchmark"]:
        link(programs / f"nest-{name}", ROOT / "pipelines" / name)
    monkeypatch.setenv("NEST_BIN", str(programs))
    folder = tmp_path / "place"
    folder.mkdir()
    link(folder / "build", programs)
    link(folder / "pipelines", ROOT / "pipelines")
    for name, lines in FILES.items():
        content = lines.encode()
        (folder / name).write_bytes(gzip.compress(content) if name.endswith(".gz") else content)
    recipe = next(text for text in displays("README.md") if text.startswith("message reading"))
    for name in ["sensors.recipe", "my.recipe"]:
        (folder / name).write_text(recipe)
    script(folder, "my-shred", "#!/bin/sh\nexec nest-shred\n")
    return folder


def play(place, commands):
    """What COMMANDS, as turns, answer in PLACE."""
    text = transcriptlib.spell([], commands)
    return [answered for _, answered in transcriptlib.parse(transcriptlib.play(text, place, place / "build"))[1]]


RUNS = [(page, begin) for page, named in DISPLAYS.items() for begin in named if isinstance(named[begin], Run)]


@pytest.mark.parametrize("page, begin", RUNS, ids=[f"{page}: {begin.strip()[:40]}" for page, begin in RUNS])
def test_an_example(place, page, begin):
    run = DISPLAYS[page][begin]
    if run.needs and not shutil.which(run.needs):
        pytest.skip(f"{run.needs} is not installed")
    [text] = [text for text in displays(page) if text.startswith(begin)]
    for printed, other in run.instead.items():
        assert printed in text
        text = text.replace(printed, other)
    printed, before, behind = turns(text), ["set -o pipefail", *run.before], [*run.behind, "wait"]
    answers = play(place, [([line], []) for line in before] + printed + [([line], []) for line in behind])
    for answered in answers:
        assert not (answered and re.fullmatch(r"\[\d+\]", answered[-1])), answered
    for (typed, shown), answered in zip(printed, answers[len(before) :]):
        assert run.varies or not shown or "\n".join(answered).rstrip("\n") == "\n".join(shown), typed
    for name, rows in run.rows.items():
        assert pyarrow.dataset.dataset(place / name).count_rows() == rows, name


def test_the_session_in_python(place, monkeypatch):
    """The one in README.md, on the dataset that it has just made."""
    monkeypatch.chdir(place)
    play(place, [([CONTACTS.replace("10k", "1M --parts 2")], [])])
    [text] = [text for text in displays("README.md") if text.startswith("$ .venv/bin/python")]
    session = doctest.DocTestParser().get_doctest(text, {}, "README.md", None, None)
    assert len(session.examples) >= 6
    failed, _ = doctest.DocTestRunner(optionflags=doctest.NORMALIZE_WHITESPACE).run(session)
    assert failed == 0
