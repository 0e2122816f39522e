"""Stages that are broken in seventy ways: the first real stage that meets one names what is wrong, as nest-cat does."""

import re

import pytest
from test_cat import BROKEN

pytestmark = pytest.mark.sanitize

STAGES = [("nest-shred", []), ("parquet-encode", ["-o", "out"]), ("parquet-merge", ["out"])]

# Where a stage that stops at the first fault, and knows its neighbours, says it in words of its own.
LOST = "the writer of standard input was lost: it ended without"
SHORT = "in the middle of a frame"
OTHERWISE = {
    "nothing": f"{LOST} an end frame",
    "no end": f"{LOST} the end frame of test",
    "cut short": SHORT,
    "cut short, and again": SHORT,
    "numbers beyond a float": r"row 0, field a: the number 1e\+300 is out of a float's range",
    "a body too short": "row 4: .*: the record ends early",
    "records too few": "row 1: .*: the record ends early",
    "behind the end": "a frame follows the last end, .* from test; nothing of a sender may follow its end",
    "a second end": "a frame follows the last end, .* from test; nothing of a sender may follow its end",
    "another sender": "a frame follows the last end, .* from b; is --senders too small",
    "a part twice": "there is no such file",
    "a key-value of parquet-encode's": "the key nest.part of the metadata is this program's own",
    # These are seen by whoever has all parts, which is parquet-merge.
    "a part too many": "part 3 .* came, but the dataset's parts are 2 in number",
    "a dataset that is longer": "the parts hold 1 rows, but the dataset has 2",
    "a part that begins too late": "part 0 .* begins at row 1, but the dataset at row 0",
    "parts that overlap": "part 2 .* begins at row 1 and overlaps part 0|part 1 is missing",
    "numbered in two ways": "numbered",
}

# What a reader need not see: how a schema is spelled, and a key that it passes over.
HARMLESS = {"a key that is no str", "two schemas"}


def first_stage(pieces):
    """The number of the one that takes what comes first."""
    for piece in pieces:
        for number, kind in enumerate([b"\xa4kind\xa4rows", b"\xa4kind\xa7columns", b"\xa4kind\xa4part"]):
            if kind in piece:
                return number
    return 0


def refusal(nest, folder, stream, number):
    """What the first stage says that refuses a stream, with its status; None where it is published."""
    for program, operands in STAGES[number:]:
        result = nest.run(program, *operands, stdin=stream, cwd=folder)
        if result.status != 0:
            assert not (folder / "out").exists()
            return result.fatal(result.status, ""), result.status
        stream = result.out
    return None


@pytest.mark.parametrize("name", BROKEN)
def test_the_first_stage_that_meets_it_names_it(nest, tmp_path, name):
    pieces, expected = BROKEN[name]
    refused = refusal(nest, tmp_path, b"".join(pieces), first_stage(pieces))
    if name in HARMLESS:
        assert refused is None
        return
    sentence, status = refused
    # What it says of the place where it reads on is nest-cat's alone.
    texts = [re.split("; (?:a|no) frame ", text)[0] for _, _, text, *_ in expected]
    assert re.search(OTHERWISE.get(name, "|".join(texts)), sentence)
    assert status == (3 if re.search(f"{LOST}|{SHORT}|no such file", sentence) else 1)
