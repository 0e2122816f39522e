"""What TAB completes in bash and in zsh, in shells on a terminal, as after make install."""

import contextlib
import os
import pathlib
import pty
import re
import shlex
import shutil
import subprocess
import threading

import pytest

from nestlib import wait_until

ROOT = pathlib.Path(__file__).resolve().parent.parent
SCRIPTS = ROOT / "pipelines" / "completion"
PIPELINES = ["benchmark", "contacts", "dataset", "ingest", "slurm", "stage-check"]

# What is typed before TAB, and what stands there then; a shell adds a blank or '=' where it likes.
CASES = {
    "an option": ("nest-gen --form", "nest-gen --format"),
    "an option of a pipeline": ("nest-contacts --pub", "nest-contacts --publish"),
    "an option that is written by Python": ("nest-stage-check --time", "nest-stage-check --timeout"),
    "an option of a command": ("nest-meter report --form", "nest-meter report --format"),
    "its word": ("nest-gen --format j", "nest-gen --format jsonl"),
    "its word behind =": ("nest-gen --format=j", "nest-gen --format=jsonl"),
    "the word of a short option": ("parquet-encode -o da", "parquet-encode -o data/"),
    "a codec": ("parquet-merge --compression z", "parquet-merge --compression zstd"),
    "a codec of a pipeline": ("nest-ingest --compression z", "nest-ingest --compression zstd"),
    "a preset": ("nest-dataset --preset b", "nest-dataset --preset balanced"),
    "all or a number": ("nest-shred --infer-rows ", "nest-shred --infer-rows all"),
    "a number": ("nest-gen --rows my", "nest-gen --rows my"),
    "a word with a value": ("nest-shred --unknown k", "nest-shred --unknown keep"),
    "a recipe": ("nest-gen linei", "nest-gen lineitem"),
    "a recipe of one's own": ("nest-dataset my", "nest-dataset my.recipe"),
    "a recipe behind --": ("nest-slurm -p batch -- linei", "nest-slurm -p batch -- lineitem"),
    "an option behind --": ("nest-slurm -- orders --see", "nest-slurm -- orders --seed"),
    "a recipe as a value": ("nest-stage-check --recipe linei", "nest-stage-check --recipe lineitem"),
    "a command": ("nest-meter exp", "nest-meter explain"),
    "a role": ("nest-stage-check sh", "nest-stage-check shredder"),
    "a program": ("nest-stage-check shredder -- nest-shr", "nest-stage-check shredder -- nest-shred"),
    "a file": ("nest-cat fra", "nest-cat frames.bin"),
    "nothing": ("nest-contacts my", "nest-contacts my"),
}

RC = {
    "bash": """
        source {scripts}/nest.bash
        show() {{ printf '%s' "$READLINE_LINE" >shown.new; mv shown.new shown; }}
        bind 'set bell-style none'
        bind -x '"\\C-g": show'
        """,
    "zsh": """
        fpath=({scripts} $fpath)
        autoload -Uz compinit && compinit -u -D
        show() {{ printf '%s' "$BUFFER" >shown.new; mv shown.new shown; }}
        zle -N show && bindkey '^G' show
        unsetopt beep
        """,
}


@pytest.fixture
def place(nest, tmp_path):
    """A folder to type in, with the programs under the names that they are installed by, and some files."""
    (tmp_path / "bin").mkdir()
    for path in [*nest.folder.glob("nest-*"), *nest.folder.glob("parquet-*")]:
        if path.name.removeprefix("nest-") not in PIPELINES:
            (tmp_path / "bin" / path.name).symlink_to(path.resolve())
    for name in PIPELINES:
        (tmp_path / "bin" / f"nest-{name}").symlink_to(ROOT / "pipelines" / name)
    (tmp_path / "data").mkdir()
    for name in ["data.txt", "my.recipe", "my.txt", "frames.bin"]:
        (tmp_path / name).write_text("")
    return tmp_path


class Shell:
    """A shell on a terminal of its own; what it draws there is thrown away."""

    def __init__(self, name, place, environment, started):
        self.place = place
        (place / ".zshrc").write_text(RC[name].format(scripts=SCRIPTS))
        command = ["bash", "--rcfile", ".zshrc", "-i"] if name == "bash" else ["zsh", "-i"]
        self.terminal, inner = pty.openpty()
        threading.Thread(target=self.drain, daemon=True).start()
        process = subprocess.Popen(
            ["setsid", "--ctty", *command], cwd=place, env=environment, stdin=inner, stdout=inner, stderr=inner
        )
        started.append(process)
        os.close(inner)

    def drain(self):
        with contextlib.suppress(OSError):
            while os.read(self.terminal, 4096):
                pass

    def complete(self, typed):
        """What stands on the line once TAB is pressed behind TYPED."""
        shown = self.place / "shown"
        os.write(self.terminal, f"\x15{typed}\t\x07".encode())
        wait_until(shown.exists, f"the completion of '{typed}'")
        text = shown.read_text()
        shown.unlink()
        return text


@pytest.mark.parametrize("name", ["bash", "zsh"])
def test_what_tab_completes(nest, place, started, name):
    if not shutil.which(name):
        pytest.skip(f"{name} is not installed")
    environment = os.environ | {"ZDOTDIR": str(place), "NEST_BIN": str(nest.folder.resolve())}
    environment |= {"PATH": f"{place}/bin:{os.environ['PATH']}", "TERM": "dumb", "INPUTRC": "/dev/null"}
    shell = Shell(name, place, environment, started)
    completed = {case: shell.complete(typed).rstrip(" =") for case, (typed, _) in CASES.items()}
    assert completed == {case: due for case, (_, due) in CASES.items()}


def options_of(help_text):
    return set(re.findall(r"^ +(?:-\w, )?(--[\w-]+)", help_text, re.M))


def test_every_option_of_every_program(place):
    """In bash, by the function itself; and both files name all programs that are installed."""
    programs = sorted(path.name for path in (place / "bin").iterdir())
    named = (SCRIPTS / "_nest").read_text().split("\n")[0]
    assert named.split() == ["#compdef", *programs]
    ask = 'compopt() { :; }; COMP_WORDS=("$1" --) COMP_CWORD=1; _nest "$1"; echo "${COMPREPLY[@]}"'
    for program in programs:
        command = ["bash", "-c", f"source {shlex.quote(str(SCRIPTS))}/nest.bash; complete -p \"${{1##*/}}\"; {ask}", "bash"]
        done = subprocess.run([*command, place / "bin" / program], capture_output=True, text=True, check=True)
        registered, offered = done.stdout.splitlines()
        assert (registered, done.stderr) == (f"complete -F _nest {program}", "")
        printed = subprocess.run([place / "bin" / program, "--help"], capture_output=True, text=True, check=True).stdout
        assert set(offered.split()) == options_of(printed) != set()
