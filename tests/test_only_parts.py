"""Only some parts of a dataset: they are what they are in the whole, and so is all that is said of it."""

import os
import signal
import subprocess

import pytest

from nestlib import ONE_INT, handles_signals, parts, read_frames, rows_stream, start_stage, wait_until

ROWS, PARTS = 3000, 8
ALL = set(range(PARTS))
RECORDS = b"".join(b'{"a":%d,"b":"%s"}\n' % (i, b"x" * (i % 50)) for i in range(ROWS))

LISTS = {"3": {3}, "0": {0}, "3,5-7": {3, 5, 6, 7}, "7,1 1-2": {1, 2, 7}, "0-7": ALL}


@pytest.fixture
def make(nest, tmp_path):
    """Runs one of the two programs that make parts."""
    (tmp_path / "records").write_bytes(RECORDS)

    def make(program, *options, status=0, **run):
        if program == "nest-gen":
            arguments = ["-n", ROWS, "--parts", PARTS, "--batch", 100, *options, "contacts"]
        else:
            arguments = ["--parts", PARTS, "--batch", 100, *options, "--", tmp_path / "records"]
        result = nest.run(program, *arguments, **run)
        assert result.status == status, result.err
        return result.out if status == 0 else result

    return make


def parts_of(stream):
    """The frames of each part, by its number, and what the end says of the dataset."""
    made = {}
    for header, body in read_frames(stream):
        header.pop("from")
        if header["kind"] in ("rows", "columns"):
            made.setdefault(header["part"], []).append((header, body))
    for frames in made.values():
        assert [header["last"] for header, _ in frames] == [False] * (len(frames) - 1) + [True]
    return made, header["dataset"]


MAKERS = pytest.mark.parametrize("program", ["nest-gen", "nest-shred"])


@pytest.mark.sanitize
@MAKERS
@pytest.mark.parametrize("words", LISTS)
def test_they_are_as_in_the_whole(make, program, words):
    made, dataset = parts_of(make(program))
    assert set(made) == ALL
    expected = {part: made[part] for part in LISTS[words]}, dataset
    assert parts_of(make(program, "--only-parts", words)) == expected
    lines = words.replace(",", "\n").encode() + b"\n"
    assert parts_of(make(program, "--only-parts", "-", stdin=lines)) == expected


@pytest.mark.sanitize
@MAKERS
def test_each_is_made_by_the_share_that_it_is_of(make, program):
    seen = []
    for share in range(3):
        made, _ = parts_of(make(program, "--only-parts", "0-2,5-7", "--share", f"{share}/3"))
        assert all(part % 3 == share for part in made)
        seen += made
    assert sorted(seen) == [0, 1, 2, 5, 6, 7]


@pytest.mark.sanitize
@MAKERS
@pytest.mark.parametrize("words", [b"", b"\n", b" ,\n,"])
def test_nothing_is_wanted(make, program, words):
    _, dataset = parts_of(make(program))
    assert parts_of(make(program, "--only-parts", "-", stdin=words)) == ({}, dataset)


@pytest.mark.sanitize
@MAKERS
@pytest.mark.parametrize(
    "words, sentence",
    [
        ("8", "^--only-parts: there is no part 8; the parts are numbered 0 to 7$"),
        ("3,5-80", "^--only-parts: there is no part 80; the parts are numbered 0 to 7$"),
        ("3;5", "^--only-parts: '3;5' is neither a number nor a range such as 5-7$"),
        ("5-3", "^--only-parts: '5-3' is neither a number nor a range such as 5-7$"),
        ("18446744073709551616", "^--only-parts: '18446744073709551616' is neither"),
    ],
)
def test_lists_that_are_wrong(make, program, words, sentence):
    make(program, "--only-parts", words, status=2).fatal(2, sentence)
    make(program, "--only-parts", "-", stdin=words.encode(), status=2).fatal(2, sentence)


@MAKERS
def test_an_empty_word_is_no_list(make, program):
    make(program, "--only-parts", "", status=2).fatal(2, "^--only-parts: the list is empty$")


def test_a_list_that_cannot_be_read(make, tmp_path):
    with open(tmp_path / "closed", "wb") as file:
        result = make("nest-gen", "--only-parts", "-", status=3, preexec_fn=lambda: close_input(file))
    result.fatal(3, "^--only-parts: unable to read the list: ")


def close_input(file):
    """Standard input becomes a file that is open for writing alone."""
    os.dup2(file.fileno(), 0)


def test_an_interrupt_ends_a_wait_for_the_list(nest, started):
    command = nest.command("nest-gen", "--only-parts", "-", "contacts")
    stage = start_stage("nest-gen", command, started, stdin=subprocess.PIPE, stdout=subprocess.DEVNULL)
    wait_until(lambda: handles_signals(stage), "nest-gen to handle signals")

    def ended():
        stage.process.send_signal(signal.SIGINT)
        return stage.process.poll() is not None

    wait_until(ended, "nest-gen to end")
    stage.result().fatal(-signal.SIGINT, "^interrupted by signal 2")


@pytest.mark.sanitize
def test_lines_of_some_parts(make):
    whole = make("nest-gen", "--format", "jsonl").splitlines()
    some = make("nest-gen", "--format", "jsonl", "--only-parts", "1,3-4").splitlines()
    begins = [ROWS * part // PARTS for part in range(PARTS + 1)]
    assert some == [line for part in (1, 3, 4) for line in whole[begins[part] : begins[part + 1]]]
    assert make("nest-gen", "--format", "jsonl", "--only-parts", "-", stdin=b"") == b""


def test_two_that_make_the_whole_between_them(nest, make, tmp_path):
    whole = parts(nest.pipeline(tmp_path / "whole", source=make("nest-gen")))
    both = make("nest-gen", "--name", "a", "--only-parts", "0-2,5")
    both += make("nest-gen", "--name", "b", "--only-parts", "3,4,6-7")
    assert parts(nest.pipeline(tmp_path / "both", source=both, shred=["--senders", 2])) == whole


@pytest.mark.sanitize
def test_a_stream_is_made_whole(nest):
    for options in ([], ["--infer-rows", "all"]):
        result = nest.run("nest-shred", "--only-parts", "0", *options, stdin=b'{"a":1}\n')
        sentence = "^--only-parts: standard input is no regular file, and of what is read once all parts are made$"
        result.fatal(2, sentence)


@pytest.mark.sanitize
def test_frames_come_with_their_parts(nest):
    sentence = "^--only-parts: frames come with their parts, and all are taken; give it to what makes them$"
    for options in (["--from", "ipc://x"], ["--format", "frames"], []):
        result = nest.run("nest-shred", "--only-parts", "0", *options, stdin=rows_stream(ONE_INT, [[1]]))
        result.fatal(2, sentence)


@pytest.mark.sanitize
def test_standard_input_has_the_list_or_the_records(nest, tmp_path):
    for files in ([], ["-"]):
        result = nest.run("nest-shred", "--only-parts", "-", *files, stdin=b"0")
        sentence = "^--only-parts: standard input has the list or the records, not both; name files of records$"
        result.fatal(2, sentence)
