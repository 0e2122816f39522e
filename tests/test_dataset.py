"""pipelines/dataset: any recipe as a dataset, on one host, in shares, on clusters, and gone on with."""

import os
import re
import shlex
import shutil
import signal
import subprocess
import sys

import pyarrow.parquet
import pytest

from conftest import ROOT
from nestlib import LONG_S, end_frame, finish, parts, rows_frame, snapshot, staged_parts, wait_until

ROWS, PARTS = 20_000, 4
POINTS = """message point {
  required int64 id: row;
  required binary color (STRING): word("colors");
  optional double x: normal(0, 1) | null 10%;
}
"""
COUNTED = ["--rows", ROWS, "--parts", PARTS]


def write_recipe(folder, text=POINTS, name="points.recipe"):
    folder.mkdir(exist_ok=True)
    (folder / "colors.txt").write_text("red\ngreen\n")
    (folder / name).write_text(text)
    return folder / name


@pytest.fixture
def recipe(tmp_path):
    return write_recipe(tmp_path / "recipes")


@pytest.fixture
def dataset(pipeline, tmp_path):
    """Runs pipelines/dataset for the dataset "out" to its end."""
    return lambda *arguments, **popen: finish([start(pipeline, tmp_path, *arguments, **popen)])[0]


def start(pipeline, tmp_path, *arguments, **popen):
    return pipeline("dataset", "-q", "-o", tmp_path / "out", *arguments, **popen)


def by_hand(nest, out, recipe, *options):
    frames = nest.run("nest-gen", "-n", ROWS, "--parts", PARTS, *options, recipe)
    assert frames.status == 0, frames.err
    return parts(nest.pipeline(out, source=frames.out))


def said(stage):
    """What a dry run prints."""
    out, _ = stage.process.communicate(timeout=LONG_S)
    assert stage.process.returncode == 0, stage.result().err
    return out.decode()


# ---- which rows ----


@pytest.mark.parametrize("shipped", ["events", "customers", "contacts"])
def test_a_recipe_that_ships(dataset, nest, tmp_path, shipped):
    result = dataset(shipped, *COUNTED, "--seed", 7)
    assert (result.status, result.err) == (0, "")
    assert parts(tmp_path / "out") == by_hand(nest, tmp_path / "hand", shipped, "--seed", 7)


def test_a_recipe_of_ones_own(dataset, nest, tmp_path, recipe):
    """Its name may stand anywhere among the options, and is that of a file seen from here."""
    several = ["--num-generators", 2, "--num-shredders", 3, "--num-writers", 2, "--record-batch-size", 100]
    result = dataset(*COUNTED, *several, "points.recipe", cwd=recipe.parent)
    assert (result.status, result.err) == (0, "")
    assert parts(tmp_path / "out") == by_hand(nest, tmp_path / "hand", recipe)
    table = pyarrow.parquet.read_table(tmp_path / "out")
    assert table["id"].to_pylist() == list(range(ROWS))


@pytest.mark.parametrize("name", ["-x.recipe", "it's {run}.recipe", "plain"])
def test_names_that_a_shell_or_a_plan_might_read_otherwise(dataset, tmp_path, name):
    folder = write_recipe(tmp_path / "recipes", name=name).parent
    result = dataset(*COUNTED, "--", name if name != "plain" else "./plain", cwd=folder)
    assert (result.status, result.err) == (0, "")
    assert len(parts(tmp_path / "out")) == PARTS


@pytest.mark.parametrize("option", ["--rows", "-n", "--target-records"])
@pytest.mark.parametrize("words", [["dataset", "customers"], ["contacts"]])
def test_the_names_of_the_number_of_rows(pipeline, tmp_path, words, option):
    printed = said(pipeline(*words, option, "3k", "--dry-run", "-o", tmp_path / "out"))
    assert re.search(r"^# rows +3000$", printed, re.M) and " -n 3000 " in printed


def test_how_many_rows_where_nobody_says(pipeline, tmp_path):
    for words, rows in [(["dataset", "customers"], 1_000_000), (["contacts"], 10_000_000)]:
        out = ["-o", tmp_path / "out"]
        printed = said(pipeline(*words, "--dry-run", *out, env={"rows": "5", "recipe": "wide", **environment()}))
        assert re.search(rf"^# rows +{rows}$", printed, re.M)
        assert re.search(rf"^# recipe +'{words[-1]}'$", printed, re.M)
        assert f"({rows // 1_000_000}M)" in said(pipeline(words[0], "--help"))


def environment():
    return {key: value for key, value in os.environ.items() if key != "NEST_BIN"}


def test_contacts_is_a_name_for_it(pipeline, tmp_path):
    options = ["--rows", "100k", "--parts", 3, "--seed", 1, "--dry-run", "-o", tmp_path / "out"]
    ours, theirs = said(pipeline("dataset", "contacts", *options)), said(pipeline("contacts", *options))
    assert ours.replace("\nname dataset\n", "\nname contacts\n") == theirs != ours


ENCODED = ["--column", "a:encoding=DELTA_BINARY_PACKED", "--page-version", "2", "--page-checksum", "on", "--verify"]


@pytest.mark.parametrize("name", ["dataset", "ingest"])
def test_what_the_encoders_are_told(pipeline, tmp_path, name):
    (tmp_path / "my.recipe").write_text("message m { required int64 a: row; }")
    (tmp_path / "my.jsonl").write_text("".join(f'{{"a":{row}}}\n' for row in range(1000)))
    source = [tmp_path / ("my.recipe" if name == "dataset" else "my.jsonl")]
    words = [name, *source, "-o", tmp_path / "out", *ENCODED]
    plan = said(pipeline(*words, "--dry-run"))
    assert re.search(r"^parquet-merge\.0: .* --verify ", plan, re.M)
    result = finish([pipeline(*words)])[0]
    assert result.status == 0, result.err
    column = pyarrow.parquet.read_metadata(tmp_path / "out" / "part-00000.parquet").row_group(0).column(0)
    assert "DELTA_BINARY_PACKED" in column.encodings
    words[-2] = "perhaps"
    finish([pipeline(*words, "--force")])[0].fatal(2, r"--page-checksum: 'perhaps' is none of off\|on")


@pytest.mark.parametrize("words", [["dataset", "customers"], ["contacts"], ["ingest", __file__]])
def test_a_dry_run_needs_no_empty_folder(pipeline, tmp_path, words):
    (tmp_path / "out").mkdir()
    (tmp_path / "out" / "mine").write_text("mine")
    assert "parquet-merge" in said(pipeline(*words, "--dry-run", "-o", tmp_path / "out"))
    assert [path.name for path in tmp_path.rglob("*")] == ["out", "mine"]


@pytest.mark.parametrize(
    "words, meant",
    [
        (["dataset", "--trasnport", "tcp"], "--transport"),
        (["contacts", "--num-writer=3"], "--num-writers"),
        (["contacts", "--foce"], "--force"),
        (["ingest", "--sceham", "x"], "--schema"),
        (["benchmark", "--iteratoin", "3"], "--iterations"),
        (["dataset", "--zebra"], None),
        (["benchmark", "--zebra"], None),
    ],
)
def test_an_option_that_is_mistyped(pipeline, words, meant):
    option = words[1].partition("=")[0]
    sentence = finish([pipeline(*words)])[0].fatal(2, f"^{option} is not an option")
    assert sentence.endswith(f"; did you mean {meant}?") if meant else "did you mean" not in sentence


@pytest.mark.parametrize("value, rows", [("1_000", 1000), ("1.5M", 1500000), ("2e1k", 20000), ("1e1", 10), ("0.0", 0)])
def test_ways_to_write_a_number(pipeline, tmp_path, value, rows):
    printed = said(pipeline("dataset", "customers", "--rows", value, "--dry-run", "-o", tmp_path / "out"))
    assert re.search(rf"^# rows +{rows}$", printed, re.M)


@pytest.mark.parametrize("value", ["1.5", "1.2345k", "1__0", "1e", "k", "1e30", "-1"])
def test_what_is_no_number_of_rows(pipeline, tmp_path, value):
    pattern = "is not a whole number$|is not a number from 0 to|is out of range"
    finish([pipeline("dataset", "customers", "--rows", value, "-o", tmp_path / "out")])[0].fatal(2, pattern)


# ---- what is refused ----


@pytest.mark.parametrize(
    "text, status, pattern",
    [
        ("message m { required int32 a: 5 }", 1, r"bad\.recipe, line 1, column 33: this character has no meaning here"),
        ("message m { required int32 a: row; }", 1, "values from 0 to 2999999999 do not all fit"),
        ("message m { required int32 a: 1; }", 2, "there is no recipe 'bad'"),
    ],
)
@pytest.mark.parametrize("dry", [False, True])
def test_a_fault_in_a_recipe_is_told_before_anything_starts(dataset, tmp_path, text, status, pattern, dry):
    """Also one that shows in so many rows alone, and also by a dry run."""
    recipe = write_recipe(tmp_path / "recipes", text, "bad.recipe")
    name = "bad" if status == 2 else recipe
    result = dataset(name, "--rows", "3G", *(["--dry-run"] if dry else []))
    result.fatal(status, pattern)
    assert os.listdir(tmp_path) == ["recipes"]


def test_the_programs_of_a_source_tree_are_named_as_one_types_them(tmp_path):
    words = ["contacts", "--dry-run", "-o", tmp_path / "out"]
    for name, folder, programs in [("pipelines", ROOT, "build"), ("./pipelines", ROOT, "build"), (ROOT / "pipelines", "/", ROOT / "build")]:
        command = [f"{name}/{words[0]}", *words[1:]]
        done = subprocess.run(command, cwd=folder, env=environment(), capture_output=True, text=True, check=True)
        assert f"Look at it: {programs}/parquet-merge --show " in done.stdout


def test_a_dry_run_needs_no_programs(pipeline, tmp_path):
    nowhere = environment() | {"NEST_BIN": "/nowhere"}
    assert " mine.recipe\n" in said(pipeline("dataset", "mine.recipe", "--dry-run", "-o", tmp_path / "out", env=nowhere))


@pytest.mark.parametrize(
    "arguments, pattern",
    [
        ([], "name a recipe"),
        (["--rows", 5], "name a recipe"),
        ([""], "the name of the recipe is empty"),
        (["customers", "events"], "'events' is one operand too many"),
        (["customers", "--rows", "2", "--parts", "3"], "3 is out of range for 2 rows"),
        (["customers", "--share", "0/2"], "say with --parts"),
    ],
)
def test_wrong_usage(dataset, tmp_path, arguments, pattern):
    dataset(*arguments).fatal(2, pattern)
    assert os.listdir(tmp_path) == []


# ---- shares, and runs that failed ----


def test_shares_of_a_recipe(dataset, nest, tmp_path, recipe):
    for index in range(3):
        assert dataset(recipe, *COUNTED, "--share", f"{index}/3").status == 0
    assert len(staged_parts(tmp_path / "out")) == PARTS
    assert dataset("--publish").status == 0
    assert parts(tmp_path / "out") == by_hand(nest, tmp_path / "hand", recipe)


def change_text(recipe):
    recipe.write_text(POINTS.replace("normal(0, 1)", "normal(0, 2)"))


def change_words(recipe):
    (recipe.parent / "colors.txt").write_text("red\nblue\n")


def change_name(recipe):
    recipe.rename(recipe.with_name("others.recipe"))


@pytest.mark.parametrize("how", ["--share", "--resume"])
@pytest.mark.parametrize("change", [change_text, change_words, change_name])
def test_parts_of_another_recipe_are_refused(dataset, tmp_path, recipe, change, how):
    """Also where nothing is missing: shares of two recipes never meet."""
    out = tmp_path / "out"
    assert dataset(recipe, *COUNTED, "--share", "0/2").status == 0
    before = snapshot(tmp_path / ".out.staging")
    change(recipe)
    (recipe,) = recipe.parent.glob("*.recipe")
    for share in ["0/2", "1/2"] if how == "--share" else [None]:
        options = ["--share", share] if share else ["--resume"]
        dataset(recipe, *COUNTED, *options).fatal(3, "holds parts of run .* and this is run")
    assert snapshot(tmp_path / ".out.staging") == before and not out.exists()


def test_a_recipe_gone_on_with(pipeline, nest, tmp_path, recipe):
    out, sizes = tmp_path / "out", ["--rows", "4M", "--parts", 12]
    stage = start(pipeline, tmp_path, recipe, *sizes)
    wait_until(lambda: len(staged_parts(out)) >= 2, "two parts")
    stage.process.send_signal(signal.SIGTERM)
    finish([stage])
    held = {os.stat(tmp_path / ".out.staging" / name).st_ino for name in staged_parts(out)}
    assert 2 <= len(held) < 12
    [result] = finish([start(pipeline, tmp_path, recipe, *sizes, "--resume")])
    assert (result.status, result.err) == (0, "")
    assert held < {os.stat(path).st_ino for path in out.glob("part-*")}
    assert pyarrow.parquet.read_table(out, columns=["id"]).num_rows == 4_000_000


# ---- a recipe of several tables ----

TABLES = """let kinds = 10;
message sort { required int32 kind: row % kinds; }
message item { required int64 id: row; required int32 kind: 0..kinds - 1; }
"""


@pytest.mark.parametrize(
    "options", [["--table", "item"], ["--table=sort", "--set", "kinds=3"], ["--table", "item", "--set=kinds=2"]]
)
def test_a_table_of_a_recipe(dataset, nest, tmp_path, options):
    recipe = write_recipe(tmp_path / "recipes", TABLES, "tables.recipe")
    assert dataset(recipe, *COUNTED, *options).status == 0
    assert parts(tmp_path / "out") == by_hand(nest, tmp_path / "by-hand", recipe, *options)


@pytest.mark.parametrize(
    "options, sentence",
    [
        ([], "has more than one message, and --table names the one to make: \"sort\", \"item\""),
        (["--table", "items"], 'has no message "items"; it has "sort", "item"'),
        (["--table", "item", "--set", "kind=3"], "--set"),
    ],
)
def test_a_table_that_is_not_there(dataset, tmp_path, options, sentence):
    """Refused before anything is started."""
    recipe = write_recipe(tmp_path / "recipes", TABLES, "tables.recipe")
    dataset(recipe, *COUNTED, *options).fatal(2, re.escape(sentence))
    assert list(tmp_path.iterdir()) == [tmp_path / "recipes"]


# ---- clusters, without one ----


def scripts(printed):
    """The words of the commands that the two jobs run."""
    return [shlex.split(line)[1:] for line in printed.splitlines() if line.startswith("exec ")]


@pytest.mark.parametrize(
    "word, name",
    [("points.recipe", "points"), ("./points.recipe", "points"), ("sub/plain", "plain"), ("events", "events")],
)
def test_slurm_takes_a_recipe(pipeline, tmp_path, recipe, word, name):
    """A file by a path that does not depend on where a node begins."""
    folder = recipe.parent
    (folder / "sub").mkdir()
    shutil.copy(recipe, folder / "sub" / "plain")
    (folder / "sub" / "colors.txt").write_text("red\n")
    options = ["--rows", "1G", "--parts", "3", "-o", str(tmp_path / "out")]
    printed = said(pipeline("slurm", "--dry-run", "--", word, *options, cwd=folder))
    assert f"--job-name={name} " in printed
    array, publish = scripts(printed)
    path = array[1]
    assert path == word if word == "events" else path.startswith("/") and os.path.samefile(path, folder / word)
    program = str(ROOT / "pipelines" / "dataset")
    assert array == [program, path, *options, "--share", "$SLURM_ARRAY_TASK_ID/3"]
    assert publish == [program, path, *options, "--publish"]


def test_slurm_without_a_recipe_makes_contacts(pipeline, tmp_path):
    printed = said(pipeline("slurm", "--dry-run", "--", "--parts", 2, "-o", tmp_path / "out"))
    assert "--job-name=contacts " in printed
    assert {words[0] for words in scripts(printed)} == {str(ROOT / "pipelines" / "contacts")}


@pytest.mark.parametrize(
    "words, program, status, pattern",
    [
        (["bad.recipe", "--parts", 2], "dataset", 1, r"bad\.recipe, line 1, column 33: this character has no meaning here"),
        (["points.recipe"], "dataset", 2, "say with --parts"),
        (["--parts", 2, "points.recipe"], "contacts", 2, "'points.recipe' is one operand too many"),
        ([""], "dataset", 2, "the name of the recipe is empty"),
    ],
)
@pytest.mark.parametrize("cluster", ["slurm", "spark.py"])
def test_clusters_refuse_before_they_submit(nest, recipe, cluster, words, program, status, pattern):
    write_recipe(recipe.parent, "message m { required int32 a: 5 }", "bad.recipe")
    command = [ROOT / "pipelines" / cluster]
    command = [*command, "--"] if cluster == "slurm" else [sys.executable, *command]
    done = subprocess.run(
        [*map(str, command), *map(str, words), "-o", "out"],
        env=os.environ | {"NEST_BIN": str(nest.folder)}, cwd=recipe.parent, capture_output=True, text=True, timeout=LONG_S,
    )  # fmt: skip
    assert done.returncode == status
    assert re.search(f"^{program}: fatal: .*{pattern}", done.stderr, re.M)


@pytest.fixture
def spark(monkeypatch, nest):
    """pipelines/spark.py with a Spark that makes the shares here, one after the other; its job's name and tasks."""
    sys.path.insert(0, str(ROOT / "pipelines"))
    import spark as module

    made = {}

    def make_shares(command, name, tasks):
        make = module.share_maker(command, tasks, {"NEST_BIN": str(nest.folder)})
        made.update(name=name, tasks=tasks)
        return all(make(index, None) == [] for index in range(tasks))

    monkeypatch.setattr(module, "make_shares", make_shares)
    monkeypatch.setenv("NEST_BIN", str(nest.folder))
    yield lambda *arguments: (module.main([str(word) for word in arguments]), made)
    sys.path.remove(str(ROOT / "pipelines"))


def test_spark_takes_a_recipe(spark, monkeypatch, nest, tmp_path, recipe):
    monkeypatch.chdir(recipe.parent)
    options = ["--rows", ROWS, "--parts", PARTS, "-o", tmp_path / "out"]
    assert spark("--tasks", 3, "points.recipe", *options) == (0, {"name": "points", "tasks": 3})
    assert parts(tmp_path / "out") == by_hand(nest, tmp_path / "hand", recipe)


def test_spark_takes_a_recipe_that_ships(spark, nest, tmp_path):
    options = ["--rows", ROWS, "--parts", PARTS, "-o", tmp_path / "out"]
    assert spark("customers", *options) == (0, {"name": "customers", "tasks": PARTS})
    assert parts(tmp_path / "out") == by_hand(nest, tmp_path / "hand", "customers")


def test_spark_without_a_recipe_makes_contacts(spark, nest, tmp_path):
    options = ["--target-records", ROWS, "--parts", PARTS, "-o", tmp_path / "out"]
    assert spark(*options) == (0, {"name": "contacts", "tasks": PARTS})
    assert parts(tmp_path / "out") == by_hand(nest, tmp_path / "hand", "contacts")


# ---- what is built anew ----


@pytest.mark.parametrize(
    "source",
    [
        "Makefile", "lib/base/a.c", "gen/a.c", "gen/batch/a.h", "gen/recipes/a.recipe", "gen/recipes/a/b.txt",
        "meter/agent/a.c", "meter/profiles/a.properties", "run/a.h", "cat/a.c",
    ],
)  # fmt: skip
def test_a_source_that_is_newer_is_built(tmp_path, source):
    shutil.copytree(ROOT / "pipelines", tmp_path / "pipelines")
    made = tmp_path / "build" / ".made"
    made.parent.mkdir()
    for program in ["nest-gen", "nest-shred", "parquet-encode", "parquet-merge", "nest-run"]:
        (made.parent / program).touch(mode=0o755)
    made.touch()
    source = tmp_path / source
    source.parent.mkdir(parents=True, exist_ok=True)
    source.touch()
    ask = f"shopt -s nullglob; source {shlex.quote(str(tmp_path))}/pipelines/programs.sh; find_programs; is_stale"

    def is_stale():
        status = subprocess.run(["bash", "-c", ask], env=environment(), timeout=LONG_S).returncode
        assert status in (0, 1)
        return status == 0

    os.utime(source, (1e9, 1e9))
    assert not is_stale()
    os.utime(source, (4e9, 4e9))
    assert is_stale()


def test_parts_by_the_hundred(nest, tmp_path):
    """Of which one encoder has begun all before the first one is whole."""
    schema, count = "message m { required int64 a; }", 300
    frames = b"".join(
        rows_frame(schema, [[n]], part=n % count, first=n % count * 2 + n // count, last=n >= count)
        for n in range(2 * count)
    )
    shredded = nest.run("nest-shred", stdin=frames + end_frame(2 * count, 2 * count))
    assert shredded.status == 0, shredded.err
    staged = nest.run("parquet-encode", "-o", "out", stdin=shredded.out, cwd=tmp_path)
    assert (staged.status, staged.err) == (0, "")
    assert nest.run("parquet-merge", "out", stdin=staged.out, cwd=tmp_path).status == 0
    assert len(list((tmp_path / "out").glob("part-*"))) == count
