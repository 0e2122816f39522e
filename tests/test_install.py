"""What make install puts in place works there, and make uninstall takes all of it away."""

import os
import pathlib
import shutil
import subprocess

import pytest

from nestlib import LONG_S, parts

ROOT = pathlib.Path(__file__).resolve().parent.parent


@pytest.mark.parametrize("prefix", ["/usr/local", "/opt/of two words"])
def test_install_and_uninstall(nest, tmp_path, prefix):
    root = tmp_path / "root"

    def make(target):
        # What is built is what is tested: nothing is built here.
        command = ["make", "-s", "-C", ROOT, "-o", "all", target, f"BUILD={nest.folder}"]
        subprocess.run([*command, f"DESTDIR={root}", f"PREFIX={prefix}"], check=True, timeout=LONG_S)

    make("install")
    folder = root / prefix[1:]
    commands = sorted(path.name for path in (folder / "bin").iterdir())
    assert {"nest-gen", "nest-contacts", "nest-dataset", "nest-ingest", "nest-slurm"} < set(commands)
    assert sorted(path.stem for path in (folder / "share/man/man1").iterdir()) == commands
    completed = sorted(path.name for path in (folder / "share/bash-completion/completions").iterdir())
    assert completed == ["nest", *commands]
    assert (folder / "share/zsh/site-functions/_nest").exists()
    environment = {key: value for key, value in os.environ.items() if key != "NEST_BIN"}
    contacts = [folder / "bin/nest-contacts", "-q", "--target-records", "100", "--parts", "1"]
    subprocess.run([*contacts, "--output-dir", tmp_path / "out"], check=True, timeout=LONG_S, env=environment)
    assert len(parts(tmp_path / "out")) == 1
    (tmp_path / "my.recipe").write_text("message m { required int64 a: row; }")
    for recipe in ["orders", tmp_path / "my.recipe"]:
        dataset = [folder / "bin/nest-dataset", "-q", recipe, "--rows", "100", "--parts", "1", "--force"]
        subprocess.run([*dataset, "-o", tmp_path / "of-recipe"], check=True, timeout=LONG_S, env=environment)
        assert len(parts(tmp_path / "of-recipe")) == 1
    (tmp_path / "events.jsonl").write_text('{"id": 1}\n')
    ingest = [folder / "bin/nest-ingest", "-q", "-o", tmp_path / "events", tmp_path / "events.jsonl"]
    subprocess.run(ingest, check=True, timeout=LONG_S, env=environment)
    assert len(parts(tmp_path / "events")) == 1
    wrong = subprocess.run([folder / "bin/nest-slurm"], capture_output=True, text=True, env=environment)
    sentence = "a recipe and the options of dataset stand behind --; see nest-slurm --help"
    assert (wrong.returncode, wrong.stderr) == (2, f"nest-slurm: fatal: {sentence}\n")

    shipped = sorted(path.stem for path in (ROOT / "gen" / "recipes").glob("*.recipe"))
    assert "contacts" in shipped
    for recipe in shipped:
        command = [folder / "bin/nest-gen", "-n", "3", recipe]
        done = subprocess.run(command, stdout=subprocess.PIPE, check=True, timeout=LONG_S)
        assert done.stdout

    examples = {path.name for path in (folder / "share/nest/examples").rglob("*") if path.is_file()}
    assert examples == {"shredder.py", "main.go", "go.mod", "go.sum", "filter.js", "package.json", "Cargo.toml", "main.rs", "wire.rs"}
    check = [folder / "bin/nest-stage-check", "--over", "pipe", "--only", "a whole run", "shredder"]
    done = subprocess.run([*check, folder / "bin/nest-shred"], capture_output=True, timeout=LONG_S, env=environment)
    assert (done.stdout, done.stderr) == (b"nest-stage-check: 1 trial, nothing wrong\n", b"")

    mine = folder / "share" / "nest" / "mine"
    mine.write_text("")
    make("uninstall")
    assert [path for path in root.rglob("*") if not path.is_dir()] == [mine]
    assert os.listdir(folder / "share" / "nest") == ["mine"]


def test_a_package_needs_debhelper(tmp_path):
    """Where it is missing, that is told, and nothing is removed."""
    tools, build = tmp_path / "tools", tmp_path / "build"
    tools.mkdir()
    for name in ["make", "sh"]:
        (tools / name).symlink_to(shutil.which(name))
    (build / "deb").mkdir(parents=True)
    command = ["make", "-s", "-C", ROOT, "deb", f"BUILD={build}"]
    done = subprocess.run(command, env={"PATH": str(tools)}, capture_output=True, text=True, timeout=LONG_S)
    assert done.stderr.startswith("no dh: as root, run `apt-get install debhelper` first\n")
    assert done.returncode == 2 and (build / "deb").exists()
