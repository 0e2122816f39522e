"""pipelines/contacts and pipelines/ingest gone on with after they were killed."""

import json
import os
import signal

import pytest

from nestlib import finish, parts, staged_parts, staging, wait_until

PARTS = 12
CONTACTS = ["--target-records", "6M", "--parts", PARTS]


def inodes(out):
    return {name: os.stat(staging(out) / name).st_ino for name in staged_parts(out)}


def kill_in_the_middle(stage, out):
    """Kills a pipeline once some of its parts are complete; returns these."""
    wait_until(lambda: len(staged_parts(out)) >= 2, "two parts")
    stage.process.send_signal(signal.SIGTERM)
    [result] = finish([stage])
    assert result.status == -signal.SIGTERM
    held = inodes(out)
    assert 2 <= len(held) < PARTS, result.err
    return held, result.err


def check_kept(out, held):
    """The parts that were complete are those of the dataset."""
    numbers = {int(name.split("-")[1]): inode for name, inode in held.items()}
    for number, inode in numbers.items():
        assert os.stat(out / f"part-{number:05}.parquet").st_ino == inode


@pytest.fixture
def contacts(pipeline, tmp_path):
    def contacts(out, *options):
        return pipeline("contacts", "-q", "-o", tmp_path / out, *CONTACTS, *options)

    return contacts


def test_contacts(contacts, tmp_path):
    [whole] = finish([contacts("whole")])
    assert whole.status == 0, whole.err
    out = tmp_path / "out"
    held, said = kill_in_the_middle(contacts("out"), out)
    assert f"{len(held)} of {PARTS} parts are complete" in said and "--resume" in said
    [resumed] = finish([contacts("out", "--resume")])
    assert (resumed.status, resumed.err) == (0, "")
    assert parts(out) == parts(tmp_path / "whole")
    check_kept(out, held)


def test_parts_are_counted_when_nobody_makes_more(contacts, nest, tmp_path):
    """Another one may have become complete after the one that publishes spoke of them."""
    out = tmp_path / "out"
    held, _ = kill_in_the_middle(contacts("out"), out)
    (tmp_path / "plan").write_text(
        f"dataset merge {out}\n"
        "merge: sh -c 'echo \"parquet-merge: fatal: full; 0 of 12 parts are complete in there: go on, or"
        " remove what is there with parquet-merge --sweep there\" >&2; exit 3' {stats}\n"
    )
    result = nest.run("nest-run", tmp_path / "plan")
    sentence = result.fatal(3, f"^merge: full; {len(held)} of {PARTS} parts are complete in {staging(out)}: go on with")
    assert "0 of 12" not in sentence
    assert inodes(out) == held


def test_contacts_where_nothing_was_begun_or_the_place_is_taken_meanwhile(contacts, tmp_path):
    out = tmp_path / "out"
    [made] = finish([contacts("out", "--resume")])
    assert (made.status, made.err) == (0, "")
    expected = parts(out)
    os.rename(out, tmp_path / "whole")
    held, _ = kill_in_the_middle(contacts("out"), out)
    os.mkdir(out)
    (out / "in the way").write_text("")
    [refused] = finish([contacts("out", "--resume")])
    assert refused.status == 2
    os.unlink(out / "in the way")
    [resumed] = finish([contacts("out", "--resume")])
    assert resumed.status == 0, resumed.err
    assert parts(out) == expected
    check_kept(out, held)


def test_contacts_of_another_run(contacts, tmp_path):
    out = tmp_path / "out"
    held, _ = kill_in_the_middle(contacts("out"), out)
    for options in (["--resume", "--seed", 7], ["--seed", 7], ["--resume", "--compression", "zstd"]):
        [other] = finish([contacts("out", *options)])
        # What waits is not the refused run's: how to go on is said once, with whose it is.
        sentence = other.fatal(3, r"holds parts of run [0-9a-f]{8} \(6000000 rows in 12 parts\), .*--sweep")
        assert "of other rows, parts or options; wait until that is done, go on with it by giving the same" in sentence
        assert "are complete in" not in sentence
        assert inodes(out) == held and not out.exists()


def test_ingest(pipeline, tmp_path):
    rows = b"".join(json.dumps({"a": i, "b": "x" * (i % 50), "c": [i, None]}).encode() + b"\n" for i in range(200_000))
    (tmp_path / "in.jsonl").write_bytes(rows * 4)
    options = ["-q", "--parts", PARTS, tmp_path / "in.jsonl"]
    [whole] = finish([pipeline("ingest", "-o", tmp_path / "whole", *options)])
    assert whole.status == 0, whole.err
    out = tmp_path / "out"
    held, _ = kill_in_the_middle(pipeline("ingest", "-o", out, *options), out)
    [resumed] = finish([pipeline("ingest", "-o", out, "--resume", *options)])
    assert (resumed.status, resumed.err) == (0, "")
    assert parts(out) == parts(tmp_path / "whole")
    check_kept(out, held)


def test_ingest_of_a_file_that_is_standard_input(nest, pipeline, tmp_path):
    path, out = tmp_path / "in.jsonl", tmp_path / "out"
    path.write_bytes(b"".join(json.dumps({"a": i}).encode() + b"\n" for i in range(5000)))
    options = ["--part-bytes", 5000]
    columns = nest.run("nest-shred", *options, "--only-parts", "0-3", path).out
    assert nest.run("parquet-encode", "--staged", "-o", out, stdin=columns).status == 0
    held = inodes(out)
    assert len(held) == 4
    with path.open() as stdin:
        [resumed] = finish([pipeline("ingest", "-q", "-o", out, "--resume", *options, stdin=stdin)])
    assert (resumed.status, resumed.err) == (0, "")
    check_kept(out, held)


def test_what_can_be_read_once_only_is_not_gone_on_with(pipeline, tmp_path):
    read, write = os.pipe()
    os.write(write, b'{"a":1}\n')
    os.close(write)
    with os.fdopen(read) as stdin:
        [refused] = finish([pipeline("ingest", "-q", "-o", tmp_path / "out", "--resume", stdin=stdin)])
    refused.fatal(2, "--resume needs files")
