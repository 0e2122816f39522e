"""What parquet-merge replaces, what it leaves alone, and what it says while it works."""

import fcntl
import json
import os
import pty
import re
import select
import struct
import subprocess
import termios

import pyarrow.parquet
import pytest

from nestlib import (
    LONG_S,
    STAGES,
    finish,
    frame,
    head,
    parts,
    snapshot,
    staging,
    start_pipeline,
    start_sockets,
    start_stage,
    wait_until,
)


def start_merge(nest, out, **options):
    return {result.program: result for result in finish(start_pipeline(nest, out, **options))}[
        "parquet-merge"
    ]


def check_refused(nest, out, pattern, **options):
    before = snapshot(out)
    start_merge(nest, out, **options).fatal(2, pattern)
    assert snapshot(out) == before


@pytest.mark.sanitize
def test_an_empty_folder_is_filled(nest, tmp_path):
    (tmp_path / "out").mkdir()
    assert len(parts(nest.pipeline(tmp_path / "out"))) == 1


def test_missing_folders_are_made(nest, tmp_path):
    assert len(parts(nest.pipeline(tmp_path / "a" / "b" / "out"))) == 1


@pytest.mark.sanitize
def test_folders_that_cannot_be_made_say_why(nest, tmp_path):
    (tmp_path / "mine").mkdir(0o555)
    humble = ["setpriv", "--bounding-set", "-dac_override"] if os.geteuid() == 0 else []
    command = [*humble, *nest.command("parquet-merge", tmp_path / "mine" / "a" / "b")]
    done = subprocess.run(command, stdin=subprocess.DEVNULL, capture_output=True, timeout=LONG_S, text=True)
    assert done.returncode == 3 and done.stderr.endswith("mine/a: Permission denied\n"), done.stderr


def test_a_dataset_is_not_replaced_without_force(nest, tmp_path):
    out = nest.pipeline(tmp_path / "out")
    check_refused(nest, out, "is not empty; give --force to replace the dataset in it")


@pytest.mark.sanitize
def test_force_replaces_a_dataset_as_a_whole(nest, tmp_path):
    out = nest.pipeline(tmp_path / "out", rows=3000, gen=["--parts", 3])
    other = parts(nest.pipeline(tmp_path / "other", rows=1000, gen=["--parts", 2, "--seed", 5]))
    nest.pipeline(out, rows=1000, gen=["--parts", 2, "--seed", 5], merge=["--force"])
    assert parts(out) == other
    assert sorted(os.listdir(tmp_path)) == ["other", "out"]


def test_force_replaces_datasets_only(nest, tmp_path):
    out = nest.pipeline(tmp_path / "out")
    (out / "notes.txt").write_text("mine")
    check_refused(nest, out, "holds notes.txt, which is no file of a dataset", merge=["--force"])
    (out / "notes.txt").unlink()
    (out / "folder.parquet").mkdir()
    check_refused(nest, out, "holds folder.parquet, which is no file of a dataset", merge=["--force"])


def test_force_does_not_replace_hidden_files_alone(nest, tmp_path):
    out = tmp_path / "out"
    out.mkdir()
    (out / ".profile").write_text("mine")
    check_refused(nest, out, "holds only hidden files, which is no dataset", merge=["--force"])


def test_what_could_not_be_removed_is_not_replaced(nest, tmp_path):
    out = nest.pipeline(tmp_path / "out")
    out.chmod(0o555)
    # Root may write everywhere, unless it does without that.
    humble = ["setpriv", "--bounding-set", "-dac_override"] if os.geteuid() == 0 else []
    command = [*humble, *nest.command("parquet-merge", "--force", out)]
    done = subprocess.run(command, stdin=subprocess.DEVNULL, capture_output=True, timeout=LONG_S, text=True)
    assert done.returncode == 2 and "is not to be written" in done.stderr, done.stderr
    assert len(parts(out)) == 1 and not staging(out).exists()


def test_a_file_is_not_replaced(nest, tmp_path):
    (tmp_path / "out").write_text("mine")
    for merge in [], ["--force"]:
        result = start_merge(nest, tmp_path / "out", merge=merge)
        result.fatal(2, "is a file; the dataset is to be a directory")
    assert (tmp_path / "out").read_text() == "mine"


def test_a_link_stands_for_its_folder(nest, tmp_path):
    real = tmp_path / "real" / "data"
    real.mkdir(parents=True)
    (tmp_path / "link").symlink_to(real)
    nest.pipeline(tmp_path / "link")
    assert (tmp_path / "link").is_symlink() and len(parts(real)) == 1


def test_the_mode_of_the_folder_is_kept(nest, tmp_path):
    out = nest.pipeline(tmp_path / "out")
    out.chmod(0o750)
    nest.pipeline(out, merge=["--force"])
    assert out.stat().st_mode & 0o777 == 0o750


def test_files_may_be_called_otherwise(nest, tmp_path):
    out = nest.pipeline(tmp_path / "out", gen=["--parts", 2], merge=["--base", "contacts.2026"])
    assert sorted(os.listdir(out)) == [
        "_SUCCESS",
        "contacts.2026-00000.parquet",
        "contacts.2026-00001.parquet",
    ]


def test_what_an_earlier_run_left_is_not_published(nest, tmp_path):
    out = tmp_path / "out"
    staging(out).mkdir()
    (staging(out) / "part-00007").write_text("old")
    (staging(out) / ".part-00008.tmp").write_text("old")
    assert len(parts(nest.pipeline(out))) == 1


def test_two_runs_at_once_are_kept_apart(nest, tmp_path, sockets, started):
    """The second is told to wait, and the first is not disturbed."""
    out = tmp_path / "out"
    stages = start_sockets(nest, sockets, out, rows=20_000_000, gen=["--parts", 50], started=started)
    nest.run("parquet-merge", out).fatal(3, "^another parquet-merge is at work on .*; wait until it is done$")
    for result in finish(stages):
        assert (result.status, result.err) == (0, "")
    assert len(parts(out)) == 50


def is_locked(folder):
    try:
        inode = folder.stat().st_ino
    except FileNotFoundError:
        return False
    with open("/proc/locks") as file:
        return f":{inode} " in file.read()


def test_an_encoder_that_fails_leaves_the_folder_to_the_merger(nest, tmp_path, started):
    """An encoder of another run, which was refused, must not take it away before the first part is there."""
    out = tmp_path / "out"
    merge = start_stage("parquet-merge", nest.command("parquet-merge", out), started, stdin=subprocess.PIPE)
    wait_until(lambda: is_locked(staging(out)), "parquet-merge to begin")
    nest.run("parquet-encode", "-o", out).fatal(3, "the writer of standard input was lost")
    assert staging(out).is_dir()
    merge.process.stdin.close()
    [result] = finish([merge])
    assert result.status == 3 and not staging(out).exists()


# ---- accounts ----

KEYS = [
    "stage",
    "name",
    "rows",
    "bytes_in",
    "bytes_out",
    "frames_in",
    "frames_out",
    "wall_s",
    "user_s",
    "system_s",
    "peak_bytes",
]


@pytest.mark.sanitize
def test_statistics_are_one_json_line_that_adds_up(nest, tmp_path):
    files = {stage: tmp_path / stage for stage in STAGES}
    options = {
        option: ["--stats", files[stage], "--name", option]
        for option, stage in zip(["gen", "shred", "encode", "merge"], STAGES)
    }
    out = nest.pipeline(
        tmp_path / "out", rows=20000, **options | {"gen": [*options["gen"], "--batch", 1000, "--parts", 4]}
    )
    stats = {}
    for option, (stage, path) in zip(options, files.items()):
        text = path.read_text()
        assert text.endswith("}\n") and text.count("\n") == 1
        stats[stage] = json.loads(text)
        assert list(stats[stage]) == KEYS
        assert (stats[stage]["stage"], stats[stage]["name"], stats[stage]["rows"]) == (stage, option, 20000)
        assert stats[stage]["wall_s"] > 0 and stats[stage]["peak_bytes"] > 1 << 20
    gen, shred, encode, merge = stats.values()
    assert (gen["frames_in"], gen["bytes_in"]) == (0, 0)
    assert gen["frames_out"] == shred["frames_in"] == 20
    assert shred["frames_out"] == encode["frames_in"] == 20
    assert encode["frames_out"] == merge["frames_in"] == 4
    for sender, receiver in zip(list(stats.values()), list(stats.values())[1:]):
        assert sender["bytes_out"] == receiver["bytes_in"] > 0
    assert merge["bytes_out"] == sum(path.stat().st_size for path in out.glob("*.parquet"))


@pytest.mark.slow
def test_memory_does_not_grow_with_the_rows(nest, tmp_path):
    """The peaks at ten million rows are those at one million, to a tenth."""
    peaks = {}
    for rows in (1_000_000, 10_000_000):
        files = [tmp_path / f"{stage}.{rows}" for stage in STAGES]
        out = tmp_path / f"out.{rows}"
        operands = [["-n", str(rows), "contacts"], [], ["-o", str(out)], [str(out)]]
        commands = [
            " ".join(nest.command(stage, "--stats", file, *operand))
            for stage, file, operand in zip(STAGES, files, operands)
        ]
        # From a small shell: a process starts out with the peak of the one that started it.
        subprocess.run(["bash", "-c", "set -o pipefail; " + " | ".join(commands)], check=True, timeout=LONG_S)
        peaks[rows] = [json.loads(file.read_text())["peak_bytes"] for file in files]
    for stage, few, many in zip(STAGES, *peaks.values()):
        assert many < 1.1 * few, f"{stage}: {peaks}"
        assert many < 256 << 20, f"{stage}: {peaks}"


def test_verbose_says_at_the_end_what_was_done(nest, tmp_path):
    every = {option: ["-v"] for option in ("gen", "shred", "encode", "merge")}
    out = tmp_path / "out"
    for result in finish(start_pipeline(nest, out, rows=5000, **every)):
        assert result.status == 0
        line = result.err.replace("\r", "\n").splitlines()[-1]
        assert re.search(
            rf"{result.program}: 5000 rows, \d+ frames in .* s, CPU .* s, peak memory .* MB$", line
        )
    assert re.search(r"parquet-merge: published 5000 rows in 1 part, \d+ bytes, in ", result.err)


def test_silent_unless_something_is_wrong(nest, tmp_path):
    for result in finish(start_pipeline(nest, tmp_path / "out", rows=100_000)):
        assert (result.status, result.err) == (0, "")


# ---- progress ----


def merge_on_a_terminal(nest, out, *options):
    """What parquet-merge writes to a terminal while twenty million rows come."""
    reader, terminal = pty.openpty()
    commands = [
        nest.command("nest-gen", "-n", 20_000_000, "--parts", 4, "contacts"),
        nest.command("nest-shred"),
        nest.command("parquet-encode", "-o", out),
    ]
    upstream = subprocess.DEVNULL
    processes = []
    for command in commands:
        process = subprocess.Popen(command, stdin=upstream, stdout=subprocess.PIPE)
        processes.append(process)
        upstream = process.stdout
    command = nest.command("parquet-merge", *options, out)
    processes.append(subprocess.Popen(command, stdin=upstream, stderr=terminal))
    os.close(terminal)
    for process in processes[:-1]:
        process.stdout.close()
    said = b""
    try:
        while piece := os.read(reader, 65536):
            said += piece
    except OSError:
        pass  # all that held the terminal are gone
    os.close(reader)
    assert [process.wait(LONG_S) for process in processes] == [0] * 4
    return said.decode()


def test_progress_is_drawn_and_wiped_out(nest, tmp_path):
    said = merge_on_a_terminal(nest, tmp_path / "out")
    drawn = re.findall(
        r"\r\[([#.]{16})\] +(\d+)%  (\S+) of 20\.0M rows  \S+ rows/s  [^\r]* left\x1b\[K", said
    )
    assert len(drawn) >= 2
    percents = [int(percent) for _, percent, _ in drawn]
    assert percents == sorted(percents) and percents[-1] <= 100
    for bar, percent, _ in drawn:
        # Both tell what is wholly done.
        assert 0 <= bar.count("#") - int(percent) * 16 // 100 <= 1
    assert said.endswith("\r\x1b[K")
    assert "\n" not in said


def first_line(nest, out, columns, **keys):
    """The line that is drawn at 997 of 1000 rows on a terminal of so many columns; KEYS replace these."""
    progress = head("progress") | {"rows": 997, "total": 1000} | keys
    reader, terminal = pty.openpty()
    fcntl.ioctl(terminal, termios.TIOCSWINSZ, struct.pack("4H", 24, columns, 0, 0))
    command = nest.command("parquet-merge", out)
    merge = subprocess.Popen(command, stdin=subprocess.PIPE, stderr=terminal)
    os.close(terminal)
    said = ""

    def draws():
        nonlocal said
        merge.stdin.write(frame(progress))
        merge.stdin.flush()
        if select.select([reader], [], [], 0.01)[0]:
            said += os.read(reader, 65536).decode()
        return "\x1b[K" in said

    try:
        wait_until(draws, "a line of progress")
    finally:
        merge.kill()
        merge.wait(LONG_S)
        os.close(reader)
    return said.split("\x1b[K")[0].removeprefix("\r")


@pytest.mark.parametrize("columns", [0, 80])
def test_progress_counts_what_is_wholly_done(nest, tmp_path, columns):
    line = first_line(nest, tmp_path / "out", columns)
    assert line.startswith("[###############.]  99%  997 of 1.00k rows  ") and line.endswith(" left")


def test_progress_on_a_narrow_terminal_is_one_line(nest, tmp_path):
    assert re.fullmatch(r" 99%  997 of 1\.00k rows  .* left", first_line(nest, tmp_path / "out", 60))
    assert first_line(nest, tmp_path / "out", 20) == " 99%  997 of 1.00k "


def test_progress_of_an_input_whose_size_is_known(nest, tmp_path):
    line = first_line(nest, tmp_path / "out", 120, total=0, input=250_000_000, input_total=1_000_000_000)
    assert re.fullmatch(
        r"\[####\.{12}\]  25%  250M of 1\.00G bytes  997 rows  \S+ bytes/s  \d+ s left", line
    )


def test_progress_of_an_input_whose_size_is_not_known(nest, tmp_path):
    line = first_line(nest, tmp_path / "out", 120, total=0, input=250_000_000)
    assert re.fullmatch(r"997 rows  \S+ rows/s", line)


def test_quiet_draws_nothing(nest, tmp_path):
    assert merge_on_a_terminal(nest, tmp_path / "out", "--quiet") == ""


def test_published_files_are_readable_by_their_owner_at_least(nest, tmp_path):
    out = nest.pipeline(tmp_path / "out")
    assert pyarrow.parquet.read_table(out).num_rows == 1000
    for path in out.iterdir():
        assert path.stat().st_mode & 0o400
