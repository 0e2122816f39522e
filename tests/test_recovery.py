"""What a run that failed leaves, whose it is, and how it is gone on with; what was accepted is published."""

import fcntl
import os
import random
import re
import socket
import struct
import subprocess
import termios
import time

import pytest

from nestlib import (
    LONG_S,
    LOST_S,
    finish,
    parts,
    snapshot,
    staged_parts,
    staging,
    start_pipeline,
    start_sockets,
    start_stage,
    wait_until,
)

ROWS, PARTS = 8000, 8
GEN = ["-n", ROWS, "--parts", PARTS]


def columns_of(nest, *options):
    rows = nest.run("nest-gen", *GEN, *options, "contacts").out
    return nest.run("nest-shred", stdin=rows).out


def staged_inodes(out):
    return {int(name.split("-")[1]): os.stat(staging(out) / name).st_ino for name in staged_parts(out)}


def published_inodes(out):
    return {int(path.stem.split("-")[1]): path.stat().st_ino for path in out.glob("*.parquet")}


@pytest.fixture
def whole(nest, tmp_path):
    """The dataset that an undisturbed run makes."""
    return parts(nest.pipeline(tmp_path / "whole", rows=ROWS, gen=["--parts", PARTS]))


@pytest.fixture
def stage(nest, tmp_path):
    """Stages parts, those of a list or all, and tells nobody; the frames that parquet-merge would get."""

    def stage(only=None, out=tmp_path / "out", gen=(), **popen):
        options = ["--only-parts", only] if only else []
        result = nest.run("parquet-encode", "-o", out, stdin=columns_of(nest, *options, *gen), **popen)
        assert result.status == 0, result.err
        return result.out

    return stage


def resume(nest, out, rows=ROWS, count=PARTS, gen=(), merge=()):
    """The command of the manual: what is missing is made, and the dataset is complete."""
    pipe = {"stdout": subprocess.PIPE}
    missing = start_stage("parquet-merge", nest.command("parquet-merge", "--missing", out), **pipe)
    options = ["-n", rows, "--parts", count, "--only-parts", "-", *gen]
    command = nest.command("nest-gen", *options, "contacts")
    rows_in = start_stage("nest-gen", command, stdin=missing.process.stdout, **pipe)
    shred = start_stage("nest-shred", nest.command("nest-shred"), stdin=rows_in.process.stdout, **pipe)
    encode = nest.command("parquet-encode", "-o", out)
    encode = start_stage("parquet-encode", encode, stdin=shred.process.stdout, **pipe)
    command = nest.command("parquet-merge", *merge, out)
    merge = start_stage("parquet-merge", command, stdin=encode.process.stdout)
    stages = [missing, rows_in, shred, encode, merge]
    for each in stages[:-1]:
        each.process.stdout.close()
    for result in finish(stages):
        assert (result.status, result.err) == (0, "")


# ---- by hand ----


@pytest.mark.sanitize
def test_what_is_missing_is_printed_and_made(nest, stage, tmp_path, whole):
    out = tmp_path / "out"
    stage("1,4-6")
    before = staged_inodes(out)
    assert sorted(before) == [1, 4, 5, 6]
    missing = nest.run("parquet-merge", "--missing", out)
    assert (missing.status, missing.out, missing.err) == (0, b"0,2-3,7\n", "")
    resume(nest, out)
    assert parts(out) == whole
    after = published_inodes(out)
    assert {part: after[part] for part in before} == before
    assert sorted(os.listdir(tmp_path)) == ["out", "whole"]


@pytest.mark.sanitize
def test_nothing_is_missing(nest, stage, tmp_path, whole):
    out = tmp_path / "out"
    stage()
    assert nest.run("parquet-merge", "--missing", out).out == b""
    resume(nest, out)
    assert parts(out) == whole


@pytest.mark.sanitize
def test_what_is_staged_is_published_with_no_sender(nest, stage, tmp_path, whole):
    out = tmp_path / "out"
    stage("0-6")
    sentence = nest.run("parquet-merge", "--staged", out).fatal(1, "^part 7 is missing; 7 came")
    assert "; 7 of 8 parts are complete in " in sentence
    stage("7")
    before = staged_inodes(out)
    assert nest.run("parquet-merge", "--staged", out).status == 0
    assert parts(out) == whole
    assert published_inodes(out) == before


@pytest.mark.sanitize
def test_what_is_staged_is_swept(nest, stage, tmp_path):
    out = tmp_path / "out"
    stage("3")
    (staging(out) / ".part-00004.0123456789abcdef.tmp").write_text("half")
    assert nest.run("parquet-merge", "--sweep", out).status == 0
    assert os.listdir(tmp_path) == []
    assert nest.run("parquet-merge", "--sweep", out).status == 0


@pytest.mark.sanitize
def test_nothing_is_staged(nest, tmp_path):
    for verb in ["--missing", "--staged"]:
        result = nest.run("parquet-merge", verb, tmp_path / "out")
        result.fatal(2, "^nothing is staged for .*/out: there is no run")
    assert os.listdir(tmp_path) == []


def test_a_place_whose_name_is_too_long(nest):
    for verb in ["--missing", "--staged", "--sweep"]:
        nest.run("parquet-merge", verb, "x" * 5000).fatal(2, "^the dataset directory's path is too long: xxx")


def test_verbs_used_wrongly(nest, tmp_path):
    result = nest.run("parquet-merge", "--missing", "--sweep", tmp_path / "out")
    result.fatal(2, "^--check, --missing, --output, --show, --staged and --sweep are given together")
    result = nest.run("parquet-merge", "--staged", "--from", "ipc://x", tmp_path / "out")
    result.fatal(2, "take no frames$")
    for share, why in [("9/3", "9/3: shares are numbered from 0"), ("1", "'1' is not of the form I/N")]:
        nest.run("parquet-merge", "--missing", "--share", share, tmp_path / "out").fatal(2, f"^--share: {why}")


def test_a_sweep_waits_for_nobody(nest, tmp_path, started):
    """An encoder that is alive is not swept away from under its feet."""
    out = tmp_path / "out"
    command = nest.command("parquet-encode", "-o", out)
    pipes = {"stdin": subprocess.PIPE, "stdout": subprocess.PIPE}
    encode = start_stage("parquet-encode", command, started, **pipes)
    columns = columns_of(nest)
    encode.process.stdin.write(columns[: len(columns) // 2])
    encode.process.stdin.flush()
    wait_until(lambda: staged_parts(out), "a part")
    before = set(staged_parts(out))
    result = nest.run("parquet-merge", "--sweep", out)
    result.fatal(3, r"^somebody is at work on .*/out, in a run that was begun by parquet-encode \(process \d+ ")
    assert before <= set(staged_parts(out))
    command = nest.command("parquet-merge", out)
    merge = start_stage("parquet-merge", command, started, stdin=subprocess.PIPE)
    # The sweep has left its own name there.
    wait_until(lambda: f"process {merge.process.pid} " in (staging(out) / "merger").read_text(), "parquet-merge")
    result = nest.run("parquet-merge", "--sweep", out)
    result.fatal(3, r"^another parquet-merge is at work on .*/out: parquet-merge \(process \d+ .*\); wait until")
    encode.process.kill()
    merge.process.kill()


def test_what_is_whole_is_only_to_be_published(nest, stage, tmp_path):
    out = tmp_path / "out"
    stage()
    (staging(out) / "new").touch()
    words = "new: Not a directory; 8 of 8 parts are complete in "
    sentence = nest.run("parquet-merge", "--staged", out).fatal(3, words)
    assert f": publish them with parquet-merge --staged {out}, or remove " in sentence


def test_parts_that_nobody_reads_of_are_mentioned(nest, stage, tmp_path, whole):
    """Where frames go to /dev/null, or into a file for later, it is said how the parts are published."""
    out = tmp_path / "out"
    with open("/dev/null", "wb") as null:
        command = nest.command("parquet-encode", "-o", out)
        pipes = {"input": columns_of(nest), "stdout": null, "stderr": subprocess.PIPE}
        done = subprocess.run(command, timeout=LONG_S, **pipes)
    assert done.returncode == 0
    pattern = r"parquet-encode: warning: .* 8; they wait in \S+/\.out\.staging until parquet-merge --staged (\S+) "
    [told] = re.findall(pattern, done.stderr.decode())
    assert nest.run("parquet-merge", "--staged", told).status == 0
    assert parts(out) == whole


def test_parts_may_be_left_on_purpose(nest, tmp_path, whole):
    out = tmp_path / "out"
    result = nest.run("parquet-encode", "--staged", "-o", out, stdin=columns_of(nest, "--share", "0/2"))
    assert (result.status, result.out, result.err) == (0, b"", "")
    # It is the same run as one that sends frames.
    assert nest.run("parquet-encode", "-o", out, stdin=columns_of(nest, "--share", "1/2")).status == 0
    assert nest.run("parquet-merge", "--staged", out).status == 0
    assert parts(out) == whole
    nest.run("parquet-encode", "--staged", "-o", out, "--to", "-").fatal(2, "^--to is given, but --staged")


def test_a_size_that_nobody_told(nest, stage, tmp_path):
    out = tmp_path / "out"
    stage("0-3")
    (staging(out) / "dataset").unlink()
    for verb in ["--missing", "--staged"]:
        sentence = nest.run("parquet-merge", verb, out).fatal(1, "^nobody knows how many parts are to be in ")
        assert sentence.endswith(f"remove what it left with parquet-merge --sweep {out}")
    assert len(staged_parts(out)) == 4


# ---- whose the place is ----


def test_another_run_touches_nothing(nest, stage, tmp_path, started, whole):
    """The first run's part is staged when the second comes, which then is the one that fails."""
    out = tmp_path / "out"
    columns = columns_of(nest)
    command = nest.command("parquet-encode", "-o", out)
    pipes = {"stdin": subprocess.PIPE, "stdout": subprocess.PIPE}
    encode = start_stage("parquet-encode", command, started, **pipes)
    command = nest.command("parquet-merge", out)
    merge = start_stage("parquet-merge", command, started, stdin=encode.process.stdout)
    encode.process.stdout.close()
    encode.process.stdin.write(columns[: len(columns) // 2])
    encode.process.stdin.flush()
    wait_until(lambda: staged_parts(out), "a part")
    before = staged_parts(out)
    second = nest.run("parquet-encode", "-o", out, stdin=columns_of(nest, "--seed", 43))
    second.fatal(
        3,
        r"holds parts of run [0-9a-f]{8} \(\d+ rows in \d+ parts\), begun by parquet-encode \(process \d+ on .*, "
        r"since .*\), and this is run [0-9a-f]{8}, of other rows, parts or options; wait until that is done, go on "
        r"with it by giving the same, or remove what it left with parquet-merge ",
    )
    second = nest.run("parquet-merge", out, stdin=second.out)
    second.fatal(3, r"^another parquet-merge is at work on .*: parquet-merge \(process ")
    assert set(before) <= set(staged_parts(out))
    encode.process.stdin.write(columns[len(columns) // 2 :])
    encode.process.stdin.close()
    for result in finish([encode, merge]):
        assert (result.status, result.err) == (0, "")
    assert parts(out) == whole


def test_two_runs_at_the_same_moment(nest, tmp_path, started):
    """Whoever comes first, nobody publishes what is not his own."""
    gen = {seed: ["--parts", 3, "--seed", seed] for seed in (1, 2)}
    seeds = {seed: parts(nest.pipeline(tmp_path / f"whole.{seed}", gen=gen[seed])) for seed in gen}
    for turn in range(15):
        out = tmp_path / f"out.{turn}"
        runs = {seed: start_pipeline(nest, out, gen=gen[seed], started=started) for seed in gen}
        done = [seed for seed, stages in runs.items() if [r.status for r in finish(stages)] == [0] * 4]
        # The one that failed may have kept what it had completed.
        assert nest.run("parquet-merge", "--sweep", out).status == 0
        if done:
            assert len(done) == 1 and parts(out) == seeds[done[0]]
        else:
            assert not out.exists()


def test_two_attempts_at_one_run_are_harmless(nest, stage, tmp_path, whole):
    """Both make every part, and one parquet-merge hears of all of them twice."""
    out = tmp_path / "out"
    first = stage()
    before = staged_inodes(out)
    second = stage()
    assert staged_inodes(out) == before
    result = nest.run("parquet-merge", "--senders", 2, out, stdin=first + second)
    assert (result.status, result.err) == (0, "")
    assert parts(out) == whole


def test_a_run_whose_input_has_no_name_leaves_nothing(nest, tmp_path, started):
    """Nobody could ever go on with it."""
    out = tmp_path / "out"
    lines = b"".join(b'{"a": %d}\n' % i for i in range(200_000))
    shred = nest.run("nest-shred", "--part-bytes", "100k", stdin=lines)
    assert shred.status == 0, shred.err
    frames = shred.out[: len(shred.out) * 2 // 3]
    command = nest.command("parquet-encode", "-o", out)
    pipes = {"stdin": subprocess.PIPE, "stdout": subprocess.PIPE}
    encode = start_stage("parquet-encode", command, started, **pipes)
    command = nest.command("parquet-merge", out)
    merge = start_stage("parquet-merge", command, started, stdin=encode.process.stdout)
    encode.process.stdout.close()
    encode.process.stdin.write(frames)
    encode.process.stdin.flush()
    wait_until(lambda: len(staged_parts(out)) > 2, "parts")
    encode.process.stdin.close()
    for result in finish([encode, merge], LOST_S):
        sentence = result.fatal(3, "was lost|middle of a frame")
        assert "complete" not in sentence
    assert os.listdir(tmp_path) == []


# ---- what was accepted is what is published ----


def flip(path):
    status = path.stat()
    with open(path, "r+b") as file:
        file.seek(status.st_size // 2)
        byte = file.read(1)[0]
        file.seek(-1, os.SEEK_CUR)
        file.write(bytes([byte ^ 1]))
    os.utime(path, ns=(status.st_atime_ns, status.st_mtime_ns))


def replace(path):
    other = path.with_name("other")
    other.write_bytes(path.read_bytes()[:-4] + b"PAR2")
    other.rename(path)


def link(path):
    elsewhere = path.parent.parent / "elsewhere"
    path.rename(elsewhere)
    path.symlink_to(elsewhere)


def bind(path):
    path.unlink()
    # Its path is too long for a socket, perhaps; that of the descriptor is not.
    folder = os.open(path.parent, os.O_RDONLY)
    with socket.socket(socket.AF_UNIX) as made:
        made.bind(f"/proc/self/fd/{folder}/{path.name}")
    os.close(folder)


def make_folder(path):
    path.unlink()
    path.mkdir()


TAMPERING = {
    "truncated": lambda path: os.truncate(path, path.stat().st_size - 1),
    "grown": lambda path: os.truncate(path, path.stat().st_size + 1),
    "emptied": lambda path: os.truncate(path, 0),
    "flipped": flip,
    "replaced": replace,
    "removed": lambda path: path.unlink(),
    "linked": link,
    "bound": bind,
    "folder": make_folder,
}


def unread(pipe):
    return struct.unpack("i", fcntl.ioctl(pipe, termios.FIONREAD, b"\0" * 4))[0]


def sleeps(process):
    with open(f"/proc/{process.pid}/stat") as file:
        return file.read().rpartition(")")[2].split()[0] == "S"


@pytest.mark.sanitize
@pytest.mark.parametrize("tampering", TAMPERING)
def test_a_part_that_is_tampered_with_is_not_published(nest, stage, tmp_path, started, tampering):
    out = tmp_path / "out"
    nest.pipeline(out, rows=10)
    before = snapshot(out)
    frames = stage()
    command = nest.command("parquet-merge", "--force", out)
    merge = start_stage("parquet-merge", command, started, stdin=subprocess.PIPE)
    # All but the last frame, which is the end.
    last = frames.rindex(b"\xa4kind\xa3end") - len(b"\xc6\0\0\0\0\x85\xa4nest\x01")
    merge.process.stdin.write(frames[:last])
    merge.process.stdin.flush()
    wait_until(lambda: unread(merge.process.stdin) == 0 and sleeps(merge.process), "all parts to be accepted")
    name = staged_parts(out)[3]
    TAMPERING[tampering](staging(out) / name)
    merge.process.stdin.write(frames[last:])
    merge.process.stdin.close()
    [result] = finish([merge])
    result.fatal(3 if tampering == "removed" else 1, f"part 3, file {name}, is not what was accepted: ")
    assert snapshot(out) == before


@pytest.mark.sanitize
@pytest.mark.parametrize("tampering", TAMPERING)
def test_a_part_that_is_tampered_with_before_it_is_accepted(nest, stage, tmp_path, tampering):
    out = tmp_path / "out"
    frames = stage()
    name = staged_parts(out)[3]
    TAMPERING[tampering](staging(out) / name)
    result = nest.run("parquet-merge", out, stdin=frames)
    result.fatal(3 if tampering == "removed" else 1, f"part 3, file {name}: ")
    assert not out.exists()


def test_a_part_that_was_only_touched_is_published(nest, stage, tmp_path, whole):
    """Its times are others, so its bytes are read; and they are the same."""
    out = tmp_path / "out"
    frames = stage()
    for name in staged_parts(out):
        os.utime(staging(out) / name)
        (staging(out) / name).chmod(0o600)
    assert nest.run("parquet-merge", out, stdin=frames).status == 0
    assert parts(out) == whole


@pytest.mark.parametrize("tampering", ["truncated", "emptied", "flipped", "linked", "bound", "folder", "removed"])
def test_a_part_that_broke_is_made_again(nest, stage, tmp_path, whole, tampering):
    """As when the machine lost power, and a file is no longer than what was synced."""
    out = tmp_path / "out"
    stage()
    names = staged_parts(out)
    before = staged_inodes(out)
    for part in (2, 5):
        TAMPERING[tampering](staging(out) / names[part])
    missing = nest.run("parquet-merge", "--missing", out)
    assert (missing.status, missing.out) == (0, b"2,5\n")
    assert missing.err.count("was broken and is removed") == (0 if tampering == "removed" else 2)
    resume(nest, out)
    assert parts(out) == whole
    after = published_inodes(out)
    sound = [part for part in before if part not in (2, 5)]
    assert [after[part] for part in sound] == [before[part] for part in sound]


@pytest.mark.parametrize("tampering", ["truncated", "bound", "folder"])
def test_a_part_that_broke_is_no_obstacle_to_an_encoder(nest, stage, tmp_path, whole, tampering):
    """Nobody looked for what is missing; the whole run is made again, over a broken part."""
    out = tmp_path / "out"
    stage("0-3")
    before = staged_inodes(out)
    TAMPERING[tampering](staging(out) / staged_parts(out)[1])
    nest.pipeline(out, rows=ROWS, gen=["--parts", PARTS])
    assert parts(out) == whole
    after = published_inodes(out)
    assert [after[part] for part in (0, 2, 3)] == [before[part] for part in (0, 2, 3)]


def test_a_part_of_another_run_is_none_of_this_one_under_any_name(nest, stage, tmp_path, whole):
    """Its digest is right, and it says of itself that it is the same part with as many rows."""
    out, other = tmp_path / "out", tmp_path / "other"
    stage()
    stage("3", other, ["--seed", 5])
    [strange] = staged_parts(other)
    name = staged_parts(out)[3]
    (staging(out) / name).unlink()
    renamed = name.rpartition("-")[0] + "-" + strange.rpartition("-")[2]
    (staging(other) / strange).rename(staging(out) / renamed)
    result = nest.run("parquet-merge", "--staged", out)
    assert result.status == 1 and f"file {renamed}, was broken and is removed" in result.err
    assert "part 3 is missing" in result.err and not out.exists()
    resume(nest, out)
    assert parts(out) == whole


def test_a_part_is_none_of_another_number(nest, stage, tmp_path):
    """Its digest is right, and the run is its own."""
    out = tmp_path / "out"
    stage("0-2,4-7")
    name = staged_parts(out)[2]
    renamed = name.replace("part-00002-", "part-00003-")
    os.link(staging(out) / name, staging(out) / renamed)
    problem = "its key-values do not say which part it is"
    nest.run("parquet-merge", "--staged", out).fatal(1, f"^part 3, file {renamed}: {problem}; ")
    assert not out.exists()
    result = nest.run("parquet-merge", "--missing", out)
    assert result.status == 0 and result.out == b"3\n"
    assert f"part 3, file {renamed}, was broken and is removed: {problem}" in result.err


def test_what_cannot_be_removed_is_told(nest, stage, tmp_path):
    """A folder that holds something has the name of a part."""
    out = tmp_path / "out"
    stage("0-3")
    name = staged_parts(out)[1]
    make_folder(staging(out) / name)
    (staging(out) / name / "mine").touch()
    words = f"unable to remove .*/{name}, which is no part: Directory not empty"
    nest.run("parquet-merge", "--missing", out).fatal(3, words)
    result = nest.run("parquet-encode", "-o", out, stdin=columns_of(nest))
    result.fatal(3, words)


@pytest.mark.parametrize("kind", ["link", "folder"])
def test_a_run_whose_file_is_none_is_swept_or_told_of(nest, stage, tmp_path, kind):
    out = tmp_path / "out"
    stage("3")
    run = staging(out) / "run"
    if kind == "link":
        link(run)
        assert nest.run("parquet-merge", "--sweep", out).status == 0
        assert os.listdir(tmp_path) == ["elsewhere"]
    else:
        make_folder(run)
        nest.run("parquet-merge", "--sweep", out).fatal(3, "unable to remove .*/run: Is a directory")


# ---- whatever is killed whenever ----


SEED = int(os.environ.get("NEST_TEST_SEED", random.SystemRandom().randrange(1 << 32)))
LARGE_ROWS, LARGE_PARTS = 2_000_000, 16


@pytest.mark.parametrize("transport", ["pipe", "ipc", "memory", "tcp"])
def test_a_run_is_killed_at_any_moment_and_gone_on_with(nest, sockets, tmp_path, started, transport):
    """The same bytes as an undisturbed run, and no complete part made again."""
    print(f"NEST_TEST_SEED={SEED}")
    chance = random.Random(f"{SEED} {transport}")
    gen = ["--parts", LARGE_PARTS]
    whole = parts(nest.pipeline(tmp_path / "whole", rows=LARGE_ROWS, gen=gen))
    resumed = 0
    for turn in range(12):
        out = tmp_path / f"out.{turn}"
        folder = sockets / str(turn)
        folder.mkdir()
        options = {"rows": LARGE_ROWS, "gen": gen, "started": started}
        if transport == "pipe":
            stages = start_pipeline(nest, out, **options)
        else:
            # Who is killed before the others have heard of it is waited for.
            stages = start_sockets(nest, folder, out, transport=transport, timeout=5, **options)
        wanted = chance.randrange(LARGE_PARTS + 2)
        last = stages[-1].process
        wait_until(
            lambda wanted=wanted, out=out, last=last: len(staged_parts(out)) >= wanted or last.poll() is not None,
            "parts",
        )
        time.sleep(chance.random() * 0.02)
        victims = stages if chance.random() < 0.5 else [chance.choice(stages)]
        for victim in victims:
            victim.process.kill()
        finish(stages)
        if out.exists():
            assert parts_whatever_is_staged(nest, out) == whole
            continue
        before = staged_inodes(out)
        if not staging(out).exists() or not (staging(out) / "dataset").exists():
            assert not before
            continue
        resumed += 1
        resume(nest, out, rows=LARGE_ROWS, count=LARGE_PARTS)
        assert parts(out) == whole
        after = published_inodes(out)
        assert {part: after[part] for part in before} == before
    assert resumed > 2


def parts_whatever_is_staged(nest, out):
    """Of a dataset that was published by a parquet-merge that was killed before it had cleaned up."""
    assert nest.run("parquet-merge", "--sweep", out).status == 0
    return parts(out)


def test_a_failed_run_says_what_it_keeps(nest, tmp_path, started):
    out = tmp_path / "out"
    stages = start_pipeline(nest, out, rows=LARGE_ROWS * 10, gen=["--parts", LARGE_PARTS], started=started)
    wait_until(lambda: len(staged_parts(out)) >= 3, "three parts")
    stages[0].process.kill()
    result = finish(stages, LOST_S)[-1]
    kept = len(staged_parts(out))
    sentence = result.fatal(3, "was lost")
    told = re.search(
        rf"; (\d+) of {LARGE_PARTS} parts are complete in (\S+): go on with the others, which a pipeline's --resume "
        rf"makes and parquet-merge --missing {out} names, or remove what is there with parquet-merge --sweep {out}$",
        sentence,
    )
    assert told[2] == str(staging(out))
    assert 3 <= int(told[1]) <= kept
    assert not [name for name in os.listdir(staging(out)) if name.startswith(".")]


def test_a_failed_run_without_a_complete_part_leaves_nothing(nest, tmp_path, started):
    out = tmp_path / "out"
    stages = start_pipeline(nest, out, rows=LARGE_ROWS * 100, gen=["--parts", 2], started=started)
    wait_until(lambda: staging(out).exists() and "run" in os.listdir(staging(out)), "the first rows")
    stages[0].process.kill()
    for result in finish(stages, LOST_S)[1:]:
        assert "complete" not in result.fatal(3, "was lost|middle of a frame")
    assert os.listdir(tmp_path) == []
