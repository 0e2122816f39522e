"""Shares of a dataset: made apart, tried again, at once, and published together."""

import os
import signal

import pytest

from nestlib import LONG_S, children, finish, parts, snapshot, staged_parts, staging, wait_until

ROWS, PARTS = 200_000, 8
DATASET = ["--target-records", ROWS, "--parts", PARTS]


@pytest.fixture(scope="module")
def whole(nest, tmp_path_factory):
    """The digests of the parts as one run makes them."""
    out = tmp_path_factory.mktemp("whole") / "out"
    return parts(nest.pipeline(out, rows=ROWS, gen=["--parts", PARTS]))


@pytest.fixture
def contacts(pipeline, tmp_path):
    """Starts contacts for the dataset "out"."""
    return lambda *arguments: pipeline("contacts", "-q", *arguments, "-o", tmp_path / "out")


def run(stage):
    return finish([stage])[0]


def inodes(out):
    return {name: os.stat(staging(out) / name).st_ino for name in staged_parts(out)}


def test_shares_are_the_dataset(contacts, tmp_path, whole):
    out = tmp_path / "out"
    several = ["--num-generators", 2, "--num-shredders", 2, "--num-writers", 2]
    for index, more in enumerate([[], several, ["--transport", "tcp"]]):
        assert run(contacts(*DATASET, "--share", f"{index}/3", *more)).status == 0
        assert not out.exists()
    assert len(staged_parts(out)) == PARTS
    assert run(contacts("--publish")).status == 0
    assert parts(out) == whole


def test_more_shares_than_parts(contacts, tmp_path, whole):
    for index in reversed(range(PARTS + 2)):
        assert run(contacts(*DATASET, "--share", f"{index}/{PARTS + 2}")).status == 0
    assert run(contacts("--publish")).status == 0
    assert parts(tmp_path / "out") == whole


def test_what_is_incomplete_is_not_published(contacts, tmp_path):
    assert run(contacts(*DATASET, "--share", "1/2")).status == 0
    run(contacts("--publish")).fatal(1, "part 0 is missing")
    assert not (tmp_path / "out").exists() and len(staged_parts(tmp_path / "out")) == PARTS // 2


def test_only_what_is_missing_is_made_again(contacts, tmp_path, whole):
    out = tmp_path / "out"
    for index in range(2):
        assert run(contacts(*DATASET, "--share", f"{index}/2")).status == 0
    before = inodes(out)
    lost, broken = sorted(before)[2], sorted(before)[4]
    os.utime(staging(out) / sorted(before)[0])
    # An inode that somebody holds open is not given to another file.
    with open(staging(out) / lost, "rb"), open(staging(out) / broken, "rb"):
        (staging(out) / lost).unlink()
        os.truncate(staging(out) / broken, 1000)
        assert run(contacts(*DATASET, "--share", "0/2")).status == 0
        after = inodes(out)
    assert set(after) == set(before)
    assert {name for name in after if after[name] != before[name]} == {lost, broken}
    assert run(contacts("--publish")).status == 0
    assert parts(out) == whole


@pytest.mark.parametrize("other", [["--seed", 43], ["--compression", "zstd"], ["--target-records", ROWS + 1]])
def test_what_another_run_left_is_not_taken_for_its_own(contacts, tmp_path, other):
    """Also where nothing is missing."""
    assert run(contacts(*DATASET, "--share", "0/1")).status == 0
    before = inodes(tmp_path / "out")
    run(contacts(*DATASET, "--share", "0/1", *other)).fatal(3, "holds parts of run .* and this is run")
    assert inodes(tmp_path / "out") == before


def test_a_share_that_was_killed_is_tried_again(contacts, tmp_path, whole):
    out = tmp_path / "out"
    stage = contacts(*DATASET, "--share", "0/1", "--record-batch-size", 10)
    wait_until(lambda: len(staged_parts(out)) >= 2, "two parts")
    stage.process.kill()
    stage.process.wait()
    before = inodes(out)
    assert run(contacts(*DATASET, "--share", "0/1")).status == 0
    after = inodes(out)
    assert len(after) == PARTS and before.items() <= after.items()
    assert run(contacts("--publish")).status == 0
    assert parts(out) == whole


def test_attempts_at_one_share_at_once(contacts, tmp_path, whole):
    attempts = [contacts(*DATASET, "--share", "0/1") for _ in range(3)]
    assert [result.status for result in finish(attempts)] == [0] * 3
    assert run(contacts("--publish")).status == 0
    assert parts(tmp_path / "out") == whole


def test_an_attempt_that_is_late_does_no_harm(contacts, tmp_path, whole):
    """One that was halted, on a host that was given up, and goes on when all is published."""
    out = tmp_path / "out"
    late = contacts(*DATASET, "--share", "0/1", "--record-batch-size", 10, "--stall", 0)
    wait_until(lambda: len(staged_parts(out)) >= 2, "two parts")
    (encoder,) = children(late.process, "parquet-encode")
    os.kill(encoder, signal.SIGSTOP)
    assert run(contacts(*DATASET, "--share", "0/1")).status == 0
    assert run(contacts("--publish")).status == 0
    os.kill(encoder, signal.SIGCONT)
    late.process.wait(LONG_S)
    assert parts(out) == whole


def test_missing_parts_of_a_share(nest, contacts, tmp_path):
    out = tmp_path / "out"
    for index in [1, 2]:
        assert run(contacts(*DATASET, "--share", f"{index}/4")).status == 0
    before = snapshot(staging(out))
    broken = staging(out) / staged_parts(out)[0]
    assert broken.name.startswith("part-00001")
    os.truncate(broken, 1000)

    def missing(*share):
        done = nest.run("parquet-merge", "--missing", *share, out)
        return done.status, done.out.decode()

    # Parts of others are not even looked at.
    assert missing("--share", "0/4") == (0, "0,4\n")
    assert missing("--share", "0/2") == (0, "0,4\n")
    assert missing("--share", "2/4") == (0, "")
    assert missing("--share", "9/10") == (0, "")
    assert broken.exists()
    assert missing("--share", "1/4") == (0, "1\n")
    assert not broken.exists() and set(snapshot(staging(out))) == set(before) - {broken.name}
    assert missing() == (0, "0-1,3-4,7\n")


@pytest.mark.parametrize(
    "arguments, pattern",
    [
        (["--share", "0/2"], "say with --parts"),
        (["--share", "2/2", "--parts", 4], "numbered from 0"),
        (["--share", "2", "--parts", 4], "is no share"),
        (["--share", "0/0", "--parts", 4], "numbered from 0"),
        (["--share", "0/99999", "--parts", 4], "is no share"),
        (["--share", "0/2049", "--num-generators", 2, "--parts", 4], "more than 4096"),
        (["--share", "0/2", "--publish", "--parts", 4], "give one of them"),
    ],
)
def test_shares_that_are_none(contacts, arguments, pattern):
    run(contacts(*arguments)).fatal(2, pattern)


def test_share_is_for_what_is_missing(nest, tmp_path):
    for more in [[], ["--staged"], ["--sweep"]]:
        nest.run("parquet-merge", "--share", "0/2", *more, tmp_path / "out").fatal(2, "but not --missing")
    nest.run("parquet-merge", "--missing", "--share", "2/2", tmp_path / "out").fatal(2, "numbered from 0")
