"""What README.md and the manuals say: their options, their messages, and the stages that they show."""

import os
import pathlib
import re
import subprocess
import sys

import pyarrow.parquet
import pytest

from nestlib import LONG_S, STAGES, rows_stream

ROOT = pathlib.Path(__file__).resolve().parent.parent
COMMANDS = ["run", "report", "refine", "bench", "diff", "explain", "sources"]
FOLDERS = ["lib", "gen", "shred", "encode", "merge", "meter", "run", "cat", "pipelines"]


def plain(roff):
    """A line of mdoc as the text that it stands for."""
    for mark, text in {r"\&": "", r"\e": "\\", r"\(dq": '"'}.items():
        roff = roff.replace(mark, text)
    return roff


def manual(name):
    return (ROOT / "man" / name).read_text()


def blocks(text):
    """The literal blocks in a manual page, or in a part of one."""
    return [plain(block) for block in re.findall(r"^\.Bd -literal[^\n]*\n(.*?)^\.Ed$", text, re.S | re.M)]


# ---- options ----


def options_of(command):
    """The long options that --help lists, each with the short one that it also has, or None."""
    text = subprocess.run([*map(str, command), "--help"], capture_output=True, text=True, check=True).stdout
    return {long: short or None for short, long in re.findall(r"^ +(?:-(\w),)? *--([\w-]+)", text, re.M)}


def listed(text):
    items = " ".join(re.findall(r"^\.It (Fl .*)$", text, re.M))
    return set(re.findall(r"Fl -([\w-]+)", items))


def left_out(text, options):
    """The options that a synopsis does not have; what it has must be among them."""
    longs = set(re.findall(r"Fl -([\w-]+)", text))
    shorts = set("".join(re.findall(r"Fl (\w+)", text)))
    assert longs <= set(options)
    return {long for long, short in options.items() if long not in longs and short not in shorts}


@pytest.mark.parametrize("program", [*STAGES, "nest-run", "nest-cat"])
def test_the_manual_has_the_options_of_a_program(build, program):
    options, page = options_of([build / program]), manual(f"{program}.1")
    assert listed(page) == set(options)
    assert left_out(page.split(".Sh DESCRIPTION")[0], options) == set()


@pytest.mark.parametrize("command", COMMANDS)
def test_the_manual_has_the_options_of_nest_meter(build, command):
    options, page = options_of([build / "nest-meter", command]), manual("nest-meter.1")
    options = {long: short for long, short in options.items() if long not in ("help", "version")}
    section = page.split(f".Ss nest-meter {command}\n")[1].split("\n.Ss ")[0]
    assert listed(section) == set(options)
    synopsis = page.split(".Sh DESCRIPTION")[0].split(f".Cm {command}\n")[1].split(".Nm ")[0]
    assert left_out(synopsis, options) == set()


# What the synopsis of a pipeline calls "encoding options".
ENCODING = {"preset", "compression", "column", "row-group-rows", "row-group-bytes", "page-rows", "page-bytes"}
ENCODING |= {"page-version", "page-index", "page-checksum", "sorted-by", "partition-by"}


@pytest.mark.parametrize(
    "pipeline, page, summed_up",
    [
        ("dataset", "dataset", ENCODING | {"target-records"}),
        ("contacts", "dataset", ENCODING | {"target-records"}),
        ("slurm", "slurm", set()),
        ("benchmark", "benchmark", set()),
        ("stage-check", "stage-check", set()),
    ],
)
def test_the_manual_has_the_options_of_a_pipeline(pipeline, page, summed_up):
    options, page = options_of([ROOT / "pipelines" / pipeline]), manual(f"nest-{page}.1")
    assert listed(page) == set(options)
    assert left_out(page.split(".Sh DESCRIPTION")[0], options) == summed_up


def test_the_manual_has_the_options_of_the_ingest_job():
    """Its own are a list, and those of nest-dataset(1) a sentence."""
    named = set(re.findall(r"Fl -([\w-]+)", manual("nest-ingest.1").split(".Sh ENVIRONMENT")[0]))
    assert named == set(options_of([ROOT / "pipelines" / "ingest"]))


# ---- messages ----


def sentences():
    """The texts in the sources, without what is put before or behind; conversions stand for anything."""
    found = []
    for path in sorted(path for folder in FOLDERS for path in (ROOT / folder).rglob("*") if path.is_file()):
        text = path.read_text().replace('%" PRIu64 "', "%u").replace('%" PRIu64', '%u"')
        for run in re.findall(r'"(?:[^"\\\n]|\\.)*"(?:\s*"(?:[^"\\\n]|\\.)*")*', text):
            literal = "".join(re.findall(r'"((?:[^"\\\n]|\\.)*)"', run)).replace('\\"', '"')
            literal = literal.replace("\\\\", "\\").removeprefix("%s: ").removesuffix(": %s")
            conversions = r"(?<!%)%[-0-9.*]*(?:ll|z)?[a-z]|\$\{.*?\}|\$\w+"
            conversions += r"|\{[^{}]*\}" if "python3" in text.split("\n")[0] else ""
            pieces = re.split(conversions, literal)
            pieces = [piece.replace("%%", "%") for piece in pieces]
            if len("".join(pieces)) >= 8:
                found.append(re.compile(".*".join(map(re.escape, pieces)) + "$"))
    return found


def test_the_manuals_quote_what_the_programs_say():
    known, quoted, unknown = sentences(), 0, []
    for page in sorted((ROOT / "man").iterdir()):
        for part in re.findall(r"^\.Bl -diag\n(.*?)^\.El$", page.read_text(), re.S | re.M):
            for message in map(plain, re.findall(r"^\.It (.*)$", part, re.M)):
                quoted += 1
                is_form = message.endswith(": reason")
                if not is_form and not any(sentence.search(message) for sentence in known):
                    unknown.append(f"{page.name}: {message}")
    assert unknown == []
    assert quoted > 30


# ---- stages of one's own ----


def shell(build, folder, command):
    """What COMMAND prints in FOLDER, with the programs and this Python on the path."""
    python = os.path.dirname(sys.executable)
    environment = os.environ | {"PATH": f"{build.resolve()}:{python}:{os.environ['PATH']}"}
    options = {"cwd": folder, "env": environment, "timeout": LONG_S, "capture_output": True, "text": True}
    done = subprocess.run(["bash", "-o", "pipefail", "-c", command], **options)
    assert (done.returncode, done.stderr) == (0, "")
    return done.stdout


def script(folder, name, text):
    path = folder / name
    path.write_text(text)
    path.chmod(0o755)


def frame_example(heading):
    """The script and the command below HEADING of nest-frame(5), and what it prints."""
    section = manual("nest-frame.5").split(f".Ss {heading}\n")[1].split("\n.Ss ")[0]
    source, shown = blocks(section)
    command, printed = re.fullmatch(r"\$ ((?:[^\n]*\|\n)*[^\n]*\n)(.*)", shown, re.S).groups()
    return source, command, printed


def test_the_stage_that_writes_rows(build, tmp_path):
    source, command, printed = frame_example("A stage that writes rows")
    script(tmp_path, "points.py", source)
    assert shell(build, tmp_path, command) == printed == ""
    table = pyarrow.parquet.read_table(tmp_path / "points")
    assert table.num_rows == 10000
    assert table.slice(0, 2).to_pylist() == [{"x": 0, "label": None}, {"x": 1, "label": "point 1"}]


def test_the_stage_that_reads_columns(build, tmp_path):
    source, command, printed = frame_example("A stage that reads columns")
    script(tmp_path, "phone-types.py", source)
    assert shell(build, tmp_path, command) == printed != ""


def test_the_schemas_of_frames(nest):
    schemas = [block for block in blocks(manual("nest-frame.5")) if block.startswith("message ")]
    assert len(schemas) == 2 and "(MAP)" in schemas[1]
    for schema in schemas:
        result = nest.run("nest-cat", "--schema", stdin=rows_stream(schema, []))
        assert (result.status, result.err) == (0, "")


def test_the_bytes_of_frames(nest):
    dumps, dump = [], b""
    for line in "".join(blocks(manual("nest-frame.5"))).splitlines():
        if found := re.match(r"([0-9a-f]{4})  ((?:[0-9a-f]{2} {1,2}){1,16})", line + " "):
            if found[1] == "0000" and dump:
                dumps, dump = [*dumps, dump], b""
            assert int(found[1], 16) == len(dump)
            dump += bytes.fromhex(found[2])
    (rows,), columns = dumps, dump
    result = nest.run("nest-shred", "--name", "s", stdin=rows)
    assert (result.status, result.out) == (0, columns)


def readme_filter():
    """The filter mask.py, and the command that has it."""
    text = (ROOT / "README.md").read_text()
    return re.search(r"`mask\.py`:\n\n```python\n(.*?)```\n\n```\n\$ (.*?)\n```", text, re.S).groups()


def test_the_filter_in_the_readme_notices_input_that_is_cut(nest, tmp_path):
    script(tmp_path, "mask.py", readme_filter()[0])
    whole = nest.run("nest-gen", "-n", 5, "contacts").out
    end = whole.rindex(b"\xa4nest") - 6  # of its map, whose head is 1 byte, in a bin 32
    for size, status in [(len(whole), 0), (0, 3), (end, 3), (len(whole) - 1, 3), (len(whole) // 2, 3)]:
        command = [sys.executable, tmp_path / "mask.py"]
        done = subprocess.run(command, input=whole[:size], capture_output=True)
        assert done.returncode == status, size
        assert done.stderr == (b"" if status == 0 else b"mask.py: fatal: the input ended without an end frame\n")


def test_the_filter_in_the_readme(build, tmp_path):
    source, command = readme_filter()
    script(tmp_path, "mask.py", source)
    shell(build, tmp_path, command.replace(".venv/bin/python", sys.executable))
    table = pyarrow.parquet.read_table(tmp_path / "masked")
    numbers = [phone["number"] for row in table["phones"].to_pylist() for phone in row or []]
    assert table.num_rows == 100000 and len(numbers) > 70000
    assert all(number is None or re.fullmatch(r"\+91-99-\d{4,}\*{4}", number) for number in numbers)


def test_the_plan_in_the_manual(build, tmp_path):
    source, _ = readme_filter()
    [plan] = [block for block in blocks(manual("nest-run.1")) if block.startswith("name masked\n")]
    script(tmp_path, "mask.py", source)
    (tmp_path / "plan").write_text(plan)
    assert re.search(r"^rows +100000$", shell(build, tmp_path, "nest-run plan"), re.M)
    numbers = pyarrow.parquet.read_table(tmp_path / "masked").column("phones").to_pylist()
    assert all(phone["number"] is None or phone["number"].endswith("****") for row in numbers for phone in row or [])


# The lists of words that the examples of nest-recipe(5) speak of.
LISTS = {"cities": "Oslo\t5\nBergen\t1\nLima\t1\n", "countries": "Norway\nNorway\nPeru\n"}


def test_the_recipes_that_are_shown(build, tmp_path):
    """Recipes and what nest-gen makes of them, in pairs, in nest-recipe(5) and README.md."""
    page = blocks(manual("nest-recipe.5").split(".Sh EXAMPLES")[1])
    readme = re.search(r"`sensors\.recipe`:\n\n```\n(.*?)```\n\n```\n(.*?)```", (ROOT / "README.md").read_text(), re.S)
    pairs = [*zip(page[::2], page[1::2], strict=True), readme.groups()]
    assert len(pairs) >= 7
    for name, words in LISTS.items():
        (tmp_path / f"{name}.txt").write_text(words)
    shown_rows = r"\$ (?:build/)?(nest-gen .* (\w+\.recipe))\n((?:\{.*\n)+)"
    for recipe, shown in pairs:
        assert re.fullmatch(f"(?:{shown_rows})+", shown)
        for command, name, rows in re.findall(shown_rows, shown):
            (tmp_path / name).write_text(recipe)
            assert shell(build, tmp_path, command) == rows


def test_the_files_that_are_shown(build, tmp_path):
    """The dataset in README.md: its files and bytes, made with as many parts as there."""
    text = (ROOT / "README.md").read_text()
    job = ROOT / "pipelines" / "contacts"
    options = ["--target-records", "1M", "--parts", "2", "--output-dir", tmp_path / "contacts"]
    environment = os.environ | {"NEST_BIN": str(build.resolve())}
    done = subprocess.run(
        [job, *options], env=environment, capture_output=True, text=True, timeout=LONG_S, check=True
    )
    for what in ["rows", "files", "bytes"]:
        line = re.search(rf"^{what} +\d+$", text, re.M)[0]
        assert line in done.stdout.splitlines()


def test_the_tests_that_the_readme_names_are_there():
    named = re.findall(r"`(test_\w+\.py)::(test_\w+)`", (ROOT / "README.md").read_text())
    assert len(named) > 10
    for file, name in named:
        assert f"\ndef {name}(" in (ROOT / "tests" / file).read_text(), f"{file}::{name}"
