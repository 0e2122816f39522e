"""The Debian package that make deb builds: what lintian says of it, and what it does, installed without a compiler."""

import os
import pathlib
import re
import shutil
import subprocess
import sys

import pytest

from nestlib import LONG_S, parts, snapshot

ROOT = pathlib.Path(__file__).resolve().parent.parent
BUILD_S = 1800  # a whole build, on a machine that does other things, too


def lacking():
    """What there is too little of to build a package here, or None."""
    for command in ["dpkg-buildpackage", "dh", "lintian"]:
        if not shutil.which(command):
            return f"{command} is not installed"
    check = ["dpkg-checkbuilddeps", ROOT / "pipelines/debian/control"]
    return subprocess.run(check, cwd=ROOT, capture_output=True, text=True).stderr.strip() or None


pytestmark = [
    pytest.mark.skipif(lacking() is not None, reason=f"no package can be built here: {lacking()}"),
    pytest.mark.timeout(BUILD_S),
]


@pytest.fixture(scope="module")
def package(tmp_path_factory):
    """The package, compiled with little optimization, which takes long."""
    build = tmp_path_factory.mktemp("package")
    command = ["make", "-s", "-C", ROOT, "deb", f"BUILD={build}", "LTO="]
    options = {"env": os.environ | {"DEB_CFLAGS_APPEND": "-O1 -g0"}, "stdout": subprocess.PIPE, "text": True}
    done = subprocess.run(command, stderr=subprocess.STDOUT, timeout=BUILD_S, **options)
    assert done.returncode == 0, done.stdout
    [path] = (build / "deb").glob("*.deb")
    return path


def dpkg(folder, *arguments):
    """dpkg, for a system below FOLDER of which it takes all that a package depends on for given."""
    (folder / "var/lib/dpkg/info").mkdir(parents=True, exist_ok=True)
    (folder / "var/lib/dpkg/updates").mkdir(exist_ok=True)
    for name in ["status", "available"]:
        (folder / "var/lib/dpkg" / name).touch()
    command = ["dpkg", f"--root={folder}", "--log=/dev/null", "--force-depends", "--force-not-root", *arguments]
    done = subprocess.run(command, capture_output=True, text=True, timeout=LONG_S)
    assert done.returncode == 0, done.stdout + done.stderr


@pytest.fixture
def system(package, tmp_path):
    """A system where the package is installed."""
    folder = tmp_path / "system"
    folder.mkdir()
    dpkg(folder, "--install", package)
    return folder


def test_lintian_finds_nothing(package):
    [changes] = package.parent.glob("*.changes")
    command = ["lintian", "--allow-root", "--fail-on", "error,warning", changes]
    done = subprocess.run(command, capture_output=True, text=True, timeout=LONG_S)
    assert (done.returncode, done.stdout) == (0, "")


def test_it_is_of_this_release(package):
    version = re.search(r'NEST_VERSION "(.*)"', (ROOT / "lib/base/version.h").read_text())[1]
    done = subprocess.run(["dpkg-deb", "--field", package, "Version"], capture_output=True, text=True, check=True)
    assert done.stdout == f"{version}\n"


def test_it_is_whole(system):
    """A manual and a completion for every program; and all of it goes with the package."""
    programs = sorted(path.name for path in (system / "usr/bin").iterdir())
    assert {"nest-gen", "nest-contacts", "nest-stage-check", "parquet-merge"} < set(programs)
    manuals = sorted(path.name for path in (system / "usr/share/man/man1").iterdir())
    assert manuals == [f"{program}.1.gz" for program in programs]
    assert all((system / "usr/share/bash-completion/completions" / program).exists() for program in programs)
    assert (system / "usr/share/zsh/vendor-completions/_nest").exists()
    dpkg(system, "--purge", "nest")
    assert [path for path in snapshot(system) if not path.startswith("var/lib/dpkg/")] == []


def test_the_programs_work_as_the_built_ones_do(nest, system, tmp_path):
    """Where there is no compiler; and their bytes are those of the programs that are built here."""
    tools = tmp_path / "tools"
    tools.mkdir()
    for name in ["bash", "env", "readlink", "mktemp"]:
        (tools / name).symlink_to(shutil.which(name))
    environment = {"PATH": f"{system}/usr/bin:{tools}", "TMPDIR": str(tmp_path), "HOME": str(tmp_path)}
    for command in ["nest-contacts", "nest-dataset orders"]:
        job = [*command.split(), "--quiet", "--rows", "10000", "--parts", "2", "-o", "out", "--force"]
        subprocess.run(job, cwd=tmp_path, env=environment, check=True, timeout=LONG_S)
        recipe = command.split()[-1].removeprefix("nest-")
        due = nest.pipeline(tmp_path / recipe, rows=10000, recipe=recipe, gen=["--parts", "2"])
        assert parts(tmp_path / "out") == parts(due)


def test_the_programs_pass_their_tests(system, tmp_path):
    """Those of the contacts and of probes, from the folder of links that README.md has for all of them."""
    link = re.search(r"^\$ (ln -s .*) build-installed$", (ROOT / "README.md").read_text(), re.M)[1]
    link = link.replace("/usr/", f"{system}/usr/")
    folder = tmp_path / "build-installed"
    folder.mkdir()
    subprocess.run(["bash", "-c", f'{link} "$1"', "bash", folder], check=True)
    command = [sys.executable, "-m", "pytest", "-q", ROOT / "tests/test_contacts.py", ROOT / "tests/test_probe.py"]
    environment = os.environ | {"NEST_BUILD_DIR": str(folder)}
    done = subprocess.run(command, cwd=ROOT, env=environment, stdout=subprocess.PIPE, text=True, timeout=BUILD_S)
    assert done.returncode == 0, done.stdout
