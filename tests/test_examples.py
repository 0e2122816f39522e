"""The stages in examples/: each passes the kit over every transport, and its dataset is what it should be."""

import os
import pathlib
import re
import shutil
import signal
import subprocess
import sys

import pyarrow.parquet
import pytest

from nestlib import LONG_S, parts

ROOT = pathlib.Path(__file__).resolve().parent.parent
EXAMPLES = ROOT / "examples"

BUILD_S = 1500  # a crate that stands on many takes its time, once
KIT_S = 280

pytestmark = [pytest.mark.slow, pytest.mark.timeout(BUILD_S + 2 * KIT_S)]


def skip_unless(folder, tool, oldest, fetch):
    """Skips where TOOL is missing or older than OLDEST, or FETCH cannot bring what the example stands on."""
    for program in [tool, fetch[0]]:
        if not shutil.which(program):
            pytest.skip(f"{program} is not installed")
    version = subprocess.run([tool, "version" if tool == "go" else "--version"], capture_output=True, text=True).stdout
    found = tuple(map(int, re.search(r"(\d+)\.(\d+)", version).groups()))
    if found < oldest:
        pytest.skip(f"{tool} is {found[0]}.{found[1]}, and the example needs {oldest[0]}.{oldest[1]}")
    done = subprocess.run(fetch, cwd=folder, capture_output=True, text=True, timeout=BUILD_S)
    if done.returncode != 0:
        pytest.skip(f"{' '.join(fetch)} fails: {done.stderr.strip().splitlines()[-1:]}")


def copied(nest, name):
    """A copy beside the built programs, in which what is fetched and built stays for the next time."""
    folder = nest.folder / "examples" / name
    shutil.copytree(EXAMPLES / name, folder, dirs_exist_ok=True, ignore=shutil.ignore_patterns("node_modules", "target"))
    return folder.resolve()


def build(folder, *command):
    done = subprocess.run(command, cwd=folder, capture_output=True, text=True, timeout=BUILD_S)
    assert done.returncode == 0, done.stderr


@pytest.fixture(scope="module")
def shredder():
    return [sys.executable, str(EXAMPLES / "shredder.py")]


@pytest.fixture(scope="module")
def generator(nest):
    folder = copied(nest, "generator")
    skip_unless(folder, "go", (1, 19), ["go", "mod", "download"])
    build(folder, "go", "vet", ".")
    build(folder, "go", "build", "-o", "generator", ".")
    return [str(folder / "generator")]


@pytest.fixture(scope="module")
def filter_(nest):
    folder = copied(nest, "filter")
    skip_unless(folder, "node", (18, 3), ["npm", "install", "--no-audit", "--no-fund", "--no-package-lock"])
    return ["node", str(folder / "filter.js")]


@pytest.fixture(scope="module")
def encoder(nest):
    folder = copied(nest, "encoder")
    skip_unless(folder, "cargo", (1, 81), ["cargo", "fetch"])
    build(folder, "cargo", "build", "--offline")
    return [str(folder / "target" / "debug" / "encoder")]


def test_an_interrupt_is_not_traced(nest, shredder, started):
    generator = subprocess.Popen(nest.command("nest-gen", "-n", "100G", "contacts"), stdout=subprocess.PIPE, stderr=subprocess.PIPE)
    stage = subprocess.Popen(shredder, stdin=generator.stdout, stdout=subprocess.PIPE, stderr=subprocess.PIPE)
    started += [generator, stage]
    generator.stdout.close()
    assert stage.stdout.read(1)
    stage.send_signal(signal.SIGINT)
    _, err = stage.communicate(timeout=LONG_S)
    assert (stage.returncode, err) == (-signal.SIGINT, b"")


def kit(nest, *arguments):
    """What the kit says, with its status."""
    environment = os.environ | {"NEST_BIN": str(nest.folder.resolve())}
    command = [ROOT / "pipelines" / "stage-check", *map(str, arguments)]
    done = subprocess.run(command, env=environment, capture_output=True, text=True, timeout=KIT_S)
    return done.stdout + done.stderr, done.returncode


def joined(nest, *commands):
    """Commands in a pipeline; each must end well."""
    script = " | ".join(" ".join(f"'{word}'" for word in command) for command in commands)
    done = subprocess.run(["bash", "-o", "pipefail", "-c", script], capture_output=True, text=True, timeout=LONG_S)
    assert (done.returncode, done.stderr) == (0, "")


def ends(nest, out):
    """The two stages behind columns."""
    return nest.command("parquet-encode", "-o", out), nest.command("parquet-merge", out)


@pytest.mark.parametrize("over", ["pipe", "ipc", "tcp"])
@pytest.mark.parametrize("role, name, options", [("shredder", "shredder", []), ("generator", "generator", ["-n", 500_000]), ("filter", "filter_", []), ("encoder", "encoder", [])])
def test_it_passes_the_kit(nest, request, role, name, options, over):
    said, status = kit(nest, "--over", over, role, "--", *request.getfixturevalue(name), *options)
    assert status == 0 and re.fullmatch(r"stage-check: \d+ trials?, nothing wrong\n", said), said


@pytest.mark.parametrize("recipe", ["contacts", "customers", "events", "orders"])
def test_the_shredder_makes_the_same_files_byte_for_byte(nest, tmp_path, shredder, recipe):
    gen = nest.command("nest-gen", "-n", 2000, "--parts", 3, "--batch", 100, recipe)
    for name, command in [("own", shredder), ("due", nest.command("nest-shred"))]:
        joined(nest, gen, command, *ends(nest, tmp_path / name))
    assert parts(tmp_path / "own") == parts(tmp_path / "due")


def test_the_generator_makes_its_points(nest, tmp_path, generator):
    for rows, files in [(0, 1), (1, 1), (50_000, 1), (50_001, 2), (120_000, 3)]:
        out = tmp_path / f"of-{rows}"
        joined(nest, [*generator, "-n", rows], nest.command("nest-shred"), *ends(nest, out))
        table = pyarrow.parquet.read_table(out).to_pydict()
        assert len(parts(out)) == files
        assert table["x"] == [row * row % 1000003 for row in range(rows)]
        assert table["label"] == [f"point {row}" if row % 3 else None for row in range(rows)]


def test_the_filter_leaves_the_contacts_with_phones(nest, tmp_path, filter_):
    gen = nest.command("nest-gen", "-n", 3000, "--parts", 3, "--batch", 70, "contacts")
    joined(nest, gen, filter_, nest.command("nest-shred"), *ends(nest, tmp_path / "out"))
    nest.pipeline(tmp_path / "plain", rows=3000)
    made, due = (pyarrow.parquet.read_table(tmp_path / name).to_pylist() for name in ["out", "plain"])
    assert made == [row for row in due if row["phones"] is not None]
    assert 0 < len(made) < 3000 and len(parts(tmp_path / "out")) == 3
    metadata = pyarrow.parquet.read_metadata(tmp_path / "out" / "part-00001.parquet").metadata
    assert b"nest.recipe" in metadata and b"nest.rows" not in metadata and b"nest.first_row" not in metadata


@pytest.mark.parametrize("recipe", ["contacts", "customers", "events", "orders"])
def test_the_encoder_makes_files_of_the_same_rows(nest, tmp_path, encoder, recipe):
    gen = nest.command("nest-gen", "-n", 3000, "--parts", 3, "--batch", 100, recipe)
    shred = nest.command("nest-shred")
    joined(nest, gen, shred, [*encoder, "-o", tmp_path / "own"], nest.command("parquet-merge", tmp_path / "own"))
    joined(nest, gen, shred, *ends(nest, tmp_path / "due"))
    own, due = tmp_path / "own", tmp_path / "due"
    assert len(parts(own)) == 3
    for name in sorted(path.name for path in own.glob("*.parquet")):
        assert pyarrow.parquet.read_table(own / name) == pyarrow.parquet.read_table(due / name)
        keys = [pyarrow.parquet.read_metadata(folder / name).metadata for folder in (own, due)]
        assert {key: keys[0].get(key) for key in keys[1]} == keys[1]
