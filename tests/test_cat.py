"""nest-cat: frames as text, and every way to break nest-frame(5), named with its frame and byte."""

import json
import os
import pty
import re
import signal
import struct
import subprocess

import msgpack
import pytest
import zmq

from nestlib import LONG_S, ONE_INT, Result, bin32, end_frame, frame, head, read_frames, records, rows_frame, start_stage, wait_until

pytestmark = pytest.mark.sanitize

PAIR = "message m { required int32 a; optional binary b (STRING); }"
SET = "message m { required group a (MAP) { repeated group key_value { required binary key (STRING); } } }"
LIST = "message m { repeated group g { optional int32 x; optional int32 y; } }"
HELLO = frame(head("progress") | {"rows": 0})
END = end_frame(1, 1)
ROW = rows_frame(ONE_INT, [[7]])


def columns(leaves, body, schema=ONE_INT, rows=1, sender="test", **keys):
    place = {"schema": schema, "part": 0, "first": 0, "rows": rows, "last": True, "leaves": leaves}
    return frame(head("columns", sender) | place | keys, body)


def part(number, first, rows, file=None, **keys):
    place = {"schema": ONE_INT, "part": number, "first": first, "rows": rows, "bytes": 9}
    return frame(head("part") | place | {"file": file or f"part-{number}"} | keys)


def data(**keys):
    """The header of a sound frame of one row, with KEYS in place of others; None takes one away."""
    place = {"schema": ONE_INT, "part": 0, "first": 0, "rows": 1, "last": True}
    return {key: value for key, value in (head("rows") | place | keys).items() if value is not None}


def rows(first, count, number=0, **keys):
    return rows_frame(ONE_INT, [[row] for row in range(count)], number, first, **keys)


def dataset(first, count, parts):
    return {"dataset": {"first": first, "rows": count, "parts": parts}}


def check(nest, stream, *options):
    result = nest.run("nest-cat", "--check", *options, stdin=stream)
    assert result.err == ""
    assert result.status == (1 if result.out else 0)
    return result.out.decode().splitlines()


LONGER = bytearray(rows(0, 1, last=False))
LONGER[-len(records([[0]])) - 1] += 20  # the last byte of the size of its body
SHORTER = bytearray(rows(0, 5, last=False))
SHORTER[-len(records([[row] for row in range(5)])) - 1] -= 2
NO_MAP = bin32(b"\x07") + bin32(b"")
DEF_TWICE = b"\x00\x01" + b"\x01\x00" + struct.pack("<i", 1)

# A name, the pieces of a stream, and what is said of them: the number of a piece, its sender, a text,
# and how far from the piece the byte is where its lengths are wrong.
BROKEN = {
    "nothing": ([], [(1, "nobody", "there is none: a sender is expected that has not come")]),
    "no end": ([HELLO, ROW], [(3, "test", "there is none: its sender is gone without its end frame")]),
    "junk at first": ([b"junk" * 5, ROW, END], [(1, "nobody", "this is no nest frame: a header starts with byte c6, not 6a; a frame begins 20 bytes on, at byte 20")]),
    "junk between": ([ROW, b"\xc6junk", END], [(2, "nobody", "a header of 1786080875 bytes is over the limit of 1048576; a frame begins 5 bytes on, .*")]),
    "junk at last": ([ROW, END, b"x\n"], [(3, "nobody", "this is no nest frame: .* not 78; no frame follows: the rest, 2 bytes, is unreadable")]),
    "a line feed behind each frame": ([ROW, b"\n", END, b"\n"], [(2, "nobody", ".* not 0a; a frame begins 1 bytes on, .*"), (4, "nobody", ".* not 0a; no frame .*")]),
    "cut short": ([ROW, END[:-3]], [(2, "nobody", "the stream ends at byte \\d+, in the middle of a frame; no frame follows: .*"), (3, "test", "there is none: .*")]),
    "cut short, and again": ([ROW[:-3], ROW, END], [(1, "nobody", "the stream ends at byte 253, in the middle of a frame; a frame begins 100 bytes on, at byte 100")]),
    "a body too long": ([bytes(LONGER), rows(1, 1), end_frame(2, 2)], [(1, "test", "the body goes on 20 bytes behind its 1 rows"), (2, "nobody", ".*; a frame begins at byte \\d+, within the one before, whose lengths are wrong", 20)]),
    "a body too short": ([bytes(SHORTER), rows(5, 1), end_frame(2, 6)], [(1, "test", "row 4: the body ends before this row is whole"), (2, "nobody", ".*not 91; a frame begins 2 bytes on.*", -2)]),
    "a header of four gigabytes": ([b"\xc6\xff\xff\xff\xff", ROW, END], [(1, "nobody", "a header of 4294967295 bytes is over the limit of 1048576; a frame begins 5 .*")]),
    "a header that is no map": ([NO_MAP, ROW, END], [(1, "nobody", "this is no nest frame: its header is no map that starts with the key \"nest\"")]),
    "a header by accident": ([NO_MAP + b"junk", ROW, END], [(1, "nobody", "this is no nest frame: its header is no map .*; a frame begins 15 bytes on, at byte 15")]),
    "a set with a value": ([rows_frame(SET, [[{"x": None}], [{"y": 1}]]), end_frame(1, 2)], [(1, "test", "row 1, field a.key_value: nil for the value of a set is due, not an? .*")]),
    "numbers beyond a float": ([rows_frame("message m { required float a; }", [[1e300], [float("inf")], [2**24], [2**24 + 1]]), end_frame(1, 4)], [(1, "test", "row 0, field a: the number is out of a float's range"), (1, "test", "row 3, field a: the integer is too large to be a float exactly")]),
    "numbers beyond a double": ([rows_frame("message m { required double a; }", [[2**53], [-(2**53) - 1]]), end_frame(1, 2)], [(1, "test", "row 1, field a: the integer is too large to be a double exactly")]),
    "another version": ([frame(head("end", version=2)), ROW, END], [(1, "nobody", "the frame is of version 2, and this program knows version 1 only; .*")]),
    "a kind that nobody knows": ([frame(head("cells")), ROW, END], [(1, "test", 'the header\'s key "kind" is missing or not a word that this version knows')]),
    "without a sender": ([frame(data(**{"from": None}), records([[1]])), ROW, END], [(1, "nobody", 'the header\'s key "from" is missing or not a str of a legal length')]),
    "a sender with a zero": ([rows_frame(ONE_INT, [[1]], sender="a\0b"), ROW, END], [(1, "a\\?b", "the sender's name has a zero byte in it")]),
    "without a part": ([frame(data(part=None), records([[1]])), HELLO, end_frame(0, 0)], [(1, "test", 'the header\'s key "part" is missing or not an unsigned integer')]),
    "three keys at once": (
        [frame(data(total="1", meta={"a": 1}, numbered="page"), records([[1]])), END],
        [(1, "test", 'the header\'s key "numbered" .*'), (1, "test", '.* "total" .*'), (1, "test", '.* "meta" .* map of str to str')],
    ),
    "last is no boolean": ([frame(data(last=1), records([[1]])), end_frame(0, 0)], [(1, "test", 'the header\'s key "last" is missing or not a boolean')]),
    "rows without number": ([frame(data(rows=1 << 63), records([[1]])), end_frame(0, 0)], [(1, "test", '.* "rows" claims 9223372036854775808, over the limit of .*')]),
    "a run of 3 bytes": ([frame(data(run=b"abc"), records([[1]])), END], [(1, "test", '.* "run" is missing or not a bin of 16 bytes')]),
    "a key twice": (
        [bin32(b"\x84" + b"".join(map(msgpack.packb, ["nest", 1, "kind", "progress", "from", "test", "kind", "end"]))) + bin32(b""), ROW, END],
        [(1, "test", 'the header\'s key "rows" .*'), (1, "test", 'the header\'s key "kind" comes twice')],
    ),
    "a key that is no str": ([frame(head("progress") | {"rows": 0, 7: 7}), ROW, END], [(1, "test", "keys of the header that are no str: 1")]),
    "a key-value of parquet-encode's": ([frame(data(meta={"nest.part": "0"}), records([[1]])), END], [(1, "test", "the key-value nest.part is not for senders: parquet-encode adds it")]),
    "an end with a body": ([ROW, frame(head("end") | {"frames": 1, "rows": 1}, b"x")], [(2, "test", "a frame of kind end has a body of 1 bytes")]),
    "an end without rows": ([ROW, frame(head("end") | {"frames": 1})], [(2, "test", 'the header\'s key "rows" .*'), (3, "test", "there is none: .*")]),
    "no zstd": ([frame(data(codec="zstd", raw=2), b"\x91\x07"), END], [(1, "test", "its body is no zstd frame of the 2 bytes that its header says")]),
    "zstd without its size": ([frame(data(codec="zstd"), b"\x91\x07"), END], [(1, "test", '.* "raw" is missing .*')]),
    "a schema that is none": ([rows_frame("contact", [[1]]), END], [(1, "test", "line 1, column 1.*|.*expected.*|.*")]),
    "a record of another type": ([rows_frame(PAIR, [[1, "a"], ["x", 7], [3, None]]), end_frame(1, 3)], [(1, "test", "row 1, field a: an integer is due, not a str.*"), (1, "test", "row 1, field b: a str is due, not an .*integer.*")]),
    "a null that may not be": ([rows_frame(PAIR, [[None, None]]), END], [(1, "test", "row 0, field a: a required field is null")]),
    "a field too few": ([rows_frame(PAIR, [[1], [2, None]]), end_frame(1, 2)], [(1, "test", "row 0: an array of 2 fields is due, not of 1")]),
    "a time beyond its day": (
        [rows_frame("message m { required int32 a (TIME(MILLIS,true)); }", [[86399999], [86400000], [-1]]), end_frame(1, 3)],
        [(1, "test", "row 1, field a: the integer is out of range"), (1, "test", "row 2, field a: the integer is out of range")],
    ),
    "an integer out of range": ([rows_frame(PAIR, [[1 << 31, None]]), END], [(1, "test", "row 0, field a: the integer is out of range")]),
    "a text that is none": ([rows_frame(PAIR, [], body=b"\x92\x01\xa1\xff", rows=1), END], [(1, "test", "row 0, field b: the string is not UTF-8")]),
    "a map for a record": ([rows_frame(PAIR, [{"a": 1}]), END], [(1, "test", "row 0: an array of fields is due, not a map")]),
    "records too few": ([rows_frame(ONE_INT, [[1]], rows=2), end_frame(1, 2)], [(1, "test", "row 1: the body ends before this row is whole")]),
    "records too many": ([rows_frame(ONE_INT, [[1], [2]], rows=1), END], [(1, "test", "the body goes on 2 bytes behind its 1 rows")]),
    "a leaf too few": ([columns([], b""), END], [(1, "test", "the frame has 0 leaves and its schema 1")]),
    "half a leaf": ([columns([[1, 8]], bytes(7)), END], [(1, "test", "the body ends within leaf 0")]),
    "bytes behind the leaves": ([columns([[1, 8]], bytes(9)), END], [(1, "test", "the body goes on 1 bytes behind its leaves")]),
    "half a value": ([columns([[1, 7]], bytes(7)), END], [(1, "test", "column a, row 0: .*")]),
    "two leaves": (
        [columns([[1, 4], [1, 5]], b"\x02" + bytes(4) + b"\x01" + struct.pack("<I", 1) + b"\xff", "message m { optional int32 a; optional binary b (STRING); }"), END],
        [(1, "test", "column a, row 0: definition level 2 is above 1"), (1, "test", "column b, row 0: the value is not well-formed UTF-8")],
    ),
    "more values than rows": ([columns([[2, 16]], bytes(16)), END], [(1, "test", "column a has 2 entries for 1 rows")]),
    "values behind the last": ([columns([[1, 4]], b"\x00" + bytes(4), "message m { optional int32 a; }"), END], [(1, "test", "column a has 4 bytes behind the last value of the slice at row 0")]),
    "a row that begins within a list": ([columns([[1, 4]], b"\x01\x01" + bytes(4), "message m { repeated int32 a; }"), END], [(1, "test", "column a, row 0: the first repetition level is 1, not 0")]),
    "leaves that contradict each other": (
        [columns([[1, 4], [2, 4]], b"\x00\x02" + struct.pack("<i", 1) + b"\x00\x01" + b"\x02\x01" + struct.pack("<i", 1), LIST), END],
        [(1, "test", "column g.y, row 0: its levels contradict those of column g.x, which shares its groups")],
    ),
    "a boolean that is neither": ([columns([[1, 1]], b"\x02", "message m { required boolean a; }"), END], [(1, "test", "column a, row 0: the boolean is neither 0 nor 1")]),
    "a gap": ([rows(0, 2, last=False), rows(3, 1), end_frame(2, 3)], [(2, "test", "part 0 goes on at row 3 where row 2 is due")]),
    "a double": ([rows(0, 2, last=False), rows(1, 1, last=False), rows(2, 1), end_frame(3, 4)], [(2, "test", "part 0 goes on at row 1 where row 2 is due")]),
    "two gaps": ([rows(0, 1, last=False), rows(2, 1, last=False), rows(4, 1), end_frame(3, 3)], [(2, "test", ".* row 2 where row 1 is due"), (3, "test", ".* row 4 where row 3 is due")]),
    "a part begun again": ([rows(0, 1), rows(1, 1), end_frame(2, 2)], [(2, "test", "part 0 was closed by a frame that said last; it cannot go on or begin again")]),
    "a part never closed": ([rows(0, 1, last=False), END], [(2, "test", "the end comes while part 0 is not finished")]),
    "counts": ([ROW, end_frame(2, 9)], [(2, "test", "the end says 2 frames and 9 rows, and 1 frames and 1 rows came")]),
    "behind the end": ([ROW, END, rows(1, 1, 1)], [(3, "test", "it comes after its sender's end, .*")]),
    "a second end": ([ROW, END, END], [(3, "test", "it comes after its sender's end, .*")]),
    "another sender": ([ROW, END, rows(1, 1, 1, sender="b"), end_frame(1, 1, "b")], [(3, "b", "more senders have come than the 1 expected; .*")]),
    "two runs": ([frame(data(run=b"a" * 16, last=False), records([[1]])), frame(data(run=b"b" * 16, first=1), records([[1]])), end_frame(2, 2)], [(2, "test", "two runs meet: this frame is of run 62626262, those before it are of run 61616161; .*")]),
    "two schemas": ([rows(0, 1, last=False), rows_frame(ONE_INT + " ", [[1]], first=1), end_frame(2, 2)], [(2, "test", "the schema changes within part 0")]),
    "two kinds": ([ROW, columns([[1, 8]], bytes(8), part=1, first=1), end_frame(2, 2)], [(2, "test", "a frame of kind columns where rows are due; check the order of the stages")]),
    "another dataset at the end": ([frame(head("progress") | {"rows": 0} | dataset(0, 1, 1)), ROW, end_frame(1, 1, **dataset(0, 2, 1))], [(3, "test", "its sender makes a dataset of 2 rows from row 0 in 1 parts, another one of 1 rows .*")]),
    "a part too many": ([rows(0, 1, 3), end_frame(1, 1, **dataset(0, 1, 2))], [(1, "test", "part 3 came, but the dataset's parts are 2 in number")]),
    "a dataset that is longer": ([ROW, end_frame(1, 1, **dataset(0, 2, 1))], [(1, "test", "part 0 has the rows from 0 to before 1, which do not fit part 0 of 1 of a dataset from row 0 to before 2")]),
    "a dataset that is no map": ([ROW, end_frame(1, 1, dataset=7)], [(2, "test", '.* "dataset" is missing or not a map')]),
    "parts that overlap": ([rows(0, 2, 0), rows(1, 1, 2), end_frame(2, 3)], [(2, "test", "part 2 begins at row 1 and overlaps part 0, which ends before row 2")]),
    "rows between parts": ([rows(0, 2, 0), rows(5, 1, 1), end_frame(2, 3)], [(2, "test", "rows 2 to 4 are missing between part 0 and part 1")]),
    "rows behind a part that is not closed": ([rows(0, 1, last=False), rows(5, 1, 1), end_frame(2, 2)], [(3, "test", "the end comes while part 0 is not finished")]),
    "a part that begins too late": ([rows(1, 1), end_frame(1, 1, **dataset(0, 2, 1))], [(1, "test", "part 0 has the rows from 1 to before 2, which do not fit .*")]),
    "a part twice": ([part(0, 0, 1), part(0, 0, 1, "other"), end_frame(2, 2)], [(2, "test", "part 0 came twice")]),
    "a file elsewhere": ([part(0, 0, 1, "../x"), END], [(1, "test", "part 0: its file's name is not a plain name of a staged file")]),
    "a file of a dataset": ([part(0, 0, 1, "x.parquet"), END], [(1, "test", "part 0: its file's name .*")]),
    "numbered in two ways": ([rows(0, 1), rows(0, 1, 1, numbered="part"), end_frame(2, 2)], [(2, "test", "rows of part 1 are numbered by part, those of part 0 by dataset")]),
    "numbered by part, from 10": ([rows(10, 1, numbered="part"), END], [(1, "test", "part 0 begins at row 10, but its rows are numbered by part, from 0")]),
}


@pytest.mark.parametrize("name", BROKEN)
def test_a_break_is_named(nest, name):
    pieces, expected = BROKEN[name]
    lines = check(nest, b"".join(pieces))
    at = [sum(map(len, pieces[:i])) for i in range(len(pieces) + 1)]
    assert len(lines) == len(expected), lines
    for line, (number, sender, text, *off) in zip(lines, expected):
        byte = at[number - 1] + sum(off)
        assert re.fullmatch(f"frame {number} at byte {byte} from {sender}: (?:{text})", line), line


def test_two_senders_and_one_part(nest):
    stream = rows(0, 1, sender="a", last=False) + rows(1, 1, sender="b")
    stream += end_frame(1, 1, "a") + end_frame(1, 1, "b")
    [line] = check(nest, stream, "--senders", 2)
    assert line.endswith(" from b: part 0 comes from two senders, this one and a; all frames of a part take one route")


def test_a_sender_that_has_not_come(nest):
    [line] = check(nest, ROW + END, "--senders", 2)
    assert line == f"frame 3 at byte {len(ROW + END)} from nobody: there is none: a sender is expected that has not come"


def test_nothing_hides_what_comes_later(nest):
    """One fault of every kind of place, in one pass."""
    stream = frame(data(total=-1, last=False), records([["x"]])) + b"junk" + rows(2, 1, last=False)
    stream += columns([[1, 8]], bytes(9), first=3, last=False) + end_frame(9, 9) + HELLO
    texts = [re.sub("^frame (\\d+) .*?: ", "\\1 ", line) for line in check(nest, stream)]
    patterns = [
        '1 .*"total"', "1 row 0, field a: ", "2 .*no nest frame", "3 part 0 goes on at row 2 where row 1",
        "4 .*kind columns where rows", "4 the body goes on", "5 the end says 9", "5 the end comes while part 0", "6 it comes after",
    ]  # fmt: skip
    assert len(texts) == len(patterns), texts
    assert all(re.match(pattern, text) for pattern, text in zip(patterns, texts)), texts


# ---- what is sound ----


def made(nest, recipe, *options, rows=300):
    """The streams of the three senders."""
    gen = nest.run("nest-gen", "-n", rows, *options, recipe)
    shred = nest.run("nest-shred", stdin=gen.out)
    assert gen.status == shred.status == 0
    return gen.out, shred.out


RECIPES = ["contacts", "events", "orders"]


@pytest.mark.parametrize("recipe", ["contacts"])
@pytest.mark.parametrize("options", [[], ["--parts", 7, "--batch", 11], ["--wire-codec", "zstd"], ["--share", "1/2", "--parts", 5], ["--rows", 0]])
def test_what_the_stages_send_is_sound(nest, tmp_path, recipe, options):
    gen, shred = made(nest, recipe, *options)
    parts = nest.run("parquet-encode", "-o", "out", stdin=shred, cwd=tmp_path)
    for stream in [gen, shred, parts.out]:
        assert check(nest, stream) == []
        teed = nest.run("nest-cat", "--check", "--tee", stdin=stream)
        assert (teed.status, teed.out, teed.err) == (0, stream, "")


@pytest.mark.parametrize("memory", [[], ["--wire-memory"]])
def test_over_ipc(nest, sockets, started, memory):
    endpoint = f"ipc://{sockets}/cat"
    with open(sockets / "out", "wb") as out:
        command = nest.command("nest-cat", "--check", "--tee", "--from", endpoint, "--senders", 2, "--bound", sockets / "bound", *memory)
        cat = start_stage("nest-cat", command, started, stdout=out)
    wait_until(lambda: (sockets / "bound").exists(), "nest-cat to bind")
    for share in range(2):
        gen = nest.command("nest-gen", "-n", 5000, "--parts", 6, "--batch", 300, "--share", f"{share}/2", "--to", endpoint, *memory, "contacts")
        start_stage("nest-gen", gen, started)
    for process in started:
        assert process.wait(LONG_S) == 0
    assert cat.result().err == ""
    frames = read_frames((sockets / "out").read_bytes())
    assert sum(header["rows"] for header, _ in frames if header["kind"] == "rows") == 5000


def test_a_sender_on_a_socket_that_dies(nest, sockets, started):
    endpoint = f"ipc://{sockets}/cat"
    with open(sockets / "out", "wb") as out:
        command = nest.command("nest-cat", "--check", "--tee", "--from", endpoint, "--bound", sockets / "bound")
        cat = start_stage("nest-cat", command, started, stdout=out)
    wait_until(lambda: (sockets / "bound").exists(), "nest-cat to bind")
    command = nest.command("nest-gen", "-n", "300k", "--batch", 10, "--to", endpoint, "--name", "g", "contacts")
    gen = start_stage("nest-gen", command, started)
    wait_until(lambda: (sockets / "out").stat().st_size > 1000, "frames")
    os.kill(gen.process.pid, signal.SIGKILL)
    assert cat.process.wait(LONG_S) == 1
    assert re.fullmatch("nest-cat: frame .* from g: there is none: its sender is gone without its end frame\n", cat.result().err)


def test_tee_passes_on_what_is_broken_too(nest):
    stream = ROW + b"junk" + END[:-1]
    result = nest.run("nest-cat", "--check", "--tee", stdin=stream)
    assert (result.status, result.out) == (1, stream)
    assert all(line.startswith("nest-cat: frame ") for line in result.err.splitlines())
    assert len(result.err.splitlines()) == 3


def test_tee_stands_between_two_stages(nest, tmp_path):
    gen, shred = made(nest, "contacts", "--parts", 3, "--batch", 50)
    teed = nest.run("nest-cat", "--check", "--tee", stdin=gen)
    again = nest.run("nest-shred", "--name", "s", stdin=teed.out)
    assert again.out == nest.run("nest-shred", "--name", "s", stdin=gen).out


# ---- showing ----


@pytest.mark.parametrize("recipe", RECIPES)
def test_rows_are_those_of_the_generator(nest, recipe):
    shown = nest.run("nest-gen", "-n", 300, "--format", "jsonl", "--binary", "hex", recipe).out
    for stream in made(nest, recipe, "--batch", 70, "--wire-codec", "zstd"):
        assert check(nest, stream) == []
        result = nest.run("nest-cat", "--rows", "--binary", "hex", stdin=stream)
        assert (result.status, result.err, result.out) == (0, "", shown)


def test_headers(nest):
    stream = HELLO + rows_frame(ONE_INT, [[7]], run=b"\xab" * 16, extra={"k": [1.5, None, -1, b"\x01"]}) + END
    result = nest.run("nest-cat", stdin=stream)
    assert (result.status, result.err) == (0, "")
    hello, row, end = map(json.loads, result.out.splitlines())
    assert hello == {"frame": 1, "byte": 0, "body": 0, "nest": 1, "kind": "progress", "from": "test", "rows": 0}
    assert (row["byte"], row["body"], row["run"]) == (len(HELLO), 2, "ab" * 16)
    assert row["extra"] == {"k": [1.5, None, -1, "01"]}
    assert list(row) == ["frame", "byte", "body", "nest", "kind", "from", "run", "schema", "part", "first", "rows", "last", "extra"]
    assert end["frames"] == 1


# The Dremel paper's record r1, and its second.
DREMEL = """message Document {
  required int64 DocId;
  optional group Links { repeated int64 Backward; repeated int64 Forward; }
  repeated group Name {
    repeated group Language { required binary Code (STRING); optional binary Country (STRING); }
    optional binary Url (STRING);
  }
}"""
R1 = [10, [[], [20, 40, 60]], [[[["en-us", "us"], ["en", None]], "http://A"], [[], "http://B"], [[["en-gb", "gb"]], None]]]
R2 = [20, [[10, 30], [80]], [[[], "http://C"]]]


def test_levels_are_those_of_the_paper(nest):
    stream = rows_frame(DREMEL, [R1, R2]) + end_frame(1, 2)
    shred = nest.run("nest-shred", stdin=stream).out
    result = nest.run("nest-cat", "--levels", stdin=shred)
    assert (result.status, result.err) == (0, "")
    blocks = {block.split("\n")[0]: block.split("\n")[2:] for block in result.out.decode().split("\n\n")[1:] if block}
    assert blocks["Name.Url"] == ['  0  2  "http://A"', '  1  2  "http://B"', "  1  1  NULL", '  0  2  "http://C"']
    assert blocks["Name.Language.Code"] == ['  0  2  "en-us"', '  2  2  "en"', "  1  1  NULL", '  1  2  "en-gb"', "  0  1  NULL"]
    assert blocks["Links.Backward"] == ["  0  1  NULL", "  0  2  10", "  1  2  30"]
    assert nest.run("nest-cat", "--rows", stdin=shred).out == nest.run("nest-cat", "--rows", stdin=stream).out


def test_schema(nest):
    schema = """message m {
      required int32 a (DATE); optional fixed_len_byte_array(16) b (UUID); repeated binary c;
      optional group d (MAP) { repeated group key_value { required binary key (STRING); optional double value; } }
    }"""
    other = rows_frame(ONE_INT, [[1]], 2, 2)
    result = nest.run("nest-cat", "--schema", stdin=rows_frame(schema, [], rows=0) * 2 + other)
    assert (result.status, result.err) == (0, "")
    text = result.out.decode()
    assert text.count("message m") == 2
    assert re.search(r"^leaf +repetition +definition +values$", text, re.M)
    assert re.search(r"^b +0 +1  16 bytes$", text, re.M)
    assert re.search(r"^d.key_value.value +1 +3  8 bytes, the lowest first$", text, re.M)
    assert "\nmsgpack  [int, bin(16)|nil, [bin, ...], {str: float|nil, ...}|nil]\n" in text
    assert '\nJSON     {"a":"date", "b":"UUID"|null, "c":[string, ...], "d":{string: number|null, ...}|null}\n' in text


@pytest.mark.parametrize("options", [[], ["--rows"], ["--levels"], ["--schema"]])
def test_what_is_broken_is_one_sentence(nest, options):
    nest.run("nest-cat", *options, stdin=b"junk").fatal(1, "^standard input, frame 1 at byte 0 from nobody: this is no nest frame")
    nest.run("nest-cat", *options, stdin=HELLO + frame(data(part=None))).fatal(
        1, f'^standard input, frame 2 at byte {len(HELLO)} from test: the header\'s key "part"'
    )


@pytest.mark.parametrize(
    "options, stream, words",
    [
        (["--rows"], rows_frame(ONE_INT, [["x"]]), "row 0, field a: an integer is due"),
        (["--rows"], columns([[1, 8]], bytes(9)), "the body goes on 1 bytes"),
        (["--rows"], part(0, 0, 1), "a frame of kind part has no records to show; parquet-merge --show looks at its file"),
        (["--levels"], ROW, "a frame of kind rows has no levels to show; pipe it through nest-shred"),
        (["--schema"], rows_frame("m", []), ""),
        (["--rows"], columns([[1, 4]], struct.pack("<i", 300), "message m { required int32 a (INTEGER(8,true)); }"), "a row that does not fit its schema$"),
    ],
)
def test_what_cannot_be_shown(nest, options, stream, words):
    nest.run("nest-cat", *options, stdin=HELLO + stream).fatal(1, f"^standard input, frame 2 at byte {len(HELLO)} from test: .*{words}")


def test_what_came_before_is_shown(nest):
    result = nest.run("nest-cat", stdin=HELLO + b"junk")
    assert result.out.count(b"\n") == 1
    result.fatal(1, "no nest frame")


def test_a_file(nest, tmp_path):
    (tmp_path / "frames").write_bytes(ROW + END)
    shown = nest.run("nest-cat", tmp_path / "frames")
    assert shown.out == nest.run("nest-cat", "-", stdin=ROW + END).out
    nest.run("nest-cat", tmp_path / "none").fatal(3, "^unable to open .*none: No such file or directory$")


def test_a_reader_that_has_seen_enough(nest):
    command = f"{nest.folder}/nest-gen -n 100k contacts 2>&- | {{ {nest.folder}/nest-cat --rows; echo $? >&2; }} | head -n 1"
    done = subprocess.run(["bash", "-c", command], capture_output=True, text=True, timeout=LONG_S)
    assert (done.stdout.count("\n"), done.stderr) == (1, "0\n")


@pytest.mark.parametrize(
    "options, words",
    [
        (["--rows", "--check"], "--rows, --levels, --schema and --check are given together; give one of them"),
        (["--tee"], "--tee is given, but not --check"),
        (["a", "b"], "'b': one file is read at a time; cat\\(1\\) joins them"),
        (["--from", "ipc://x", "a"], "--from is given, and a file: frames come from one of them"),
    ],
)
def test_wrong_usage(nest, options, words):
    nest.run("nest-cat", *options).fatal(2, f"^{words}$")


def test_a_frame_is_shown_as_soon_as_it_has_come(nest, started):
    cat = start_stage("nest-cat", nest.command("nest-cat"), started, stdin=subprocess.PIPE, stdout=subprocess.PIPE)
    os.write(cat.process.stdin.fileno(), ROW)
    assert json.loads(os.read(cat.process.stdout.fileno(), 10000))["kind"] == "rows"
    cat.process.stdin.close()
    assert cat.process.wait(LONG_S) == 0


def test_a_message_of_two_parts_is_named(nest, sockets, started):
    context = zmq.Context()
    with open(sockets / "out", "wb") as out:
        command = nest.command("nest-cat", "--check", "--from", f"ipc://{sockets}/cat", "--bound", sockets / "bound")
        cat = start_stage("nest-cat", command, started, stdout=out)
    wait_until(lambda: (sockets / "bound").exists(), "nest-cat to bind")
    push = context.socket(zmq.PUSH)
    push.connect(f"ipc://{sockets}/cat")
    for message in [[HELLO], [ROW[:100], ROW[100:]], [ROW], [END]]:
        push.send_multipart(message)
    assert cat.process.wait(LONG_S) == 1
    context.destroy(linger=0)
    [line] = (sockets / "out").read_text().splitlines()
    assert re.fullmatch("frame 2 at byte \\d+ from nobody: ipc://.*: a message of several parts has come; .*", line)


@pytest.mark.parametrize("options, which", [([], "stdin"), (["--check", "--tee"], "stdout")])
def test_a_terminal(nest, options, which):
    reader, terminal = pty.openpty()
    ends = {"stdin": subprocess.DEVNULL, "stdout": subprocess.DEVNULL} | {which: terminal}
    done = subprocess.run(nest.command("nest-cat", *options), stderr=subprocess.PIPE, timeout=LONG_S, **ends)
    os.close(terminal)
    os.close(reader)
    words = {"stdin": "input is a terminal; pipe frames into it", "stdout": "output is a terminal, and the frames"}
    Result("nest-cat", done.returncode, b"", done.stderr.decode()).fatal(2, f"^standard {words[which]}")


@pytest.mark.parametrize("options, status", [([], 0), (["--check"], 1)])
def test_a_reader_that_is_gone_ends_it_at_once(nest, started, options, status):
    """Though frames come on."""
    cat = start_stage("nest-cat", nest.command("nest-cat", *options), started, stdin=subprocess.PIPE, stdout=subprocess.PIPE)
    cat.process.stdout.close()
    with pytest.raises(BrokenPipeError):
        for _ in range(100000):
            os.write(cat.process.stdin.fileno(), rows(5, 1, last=False))
    assert cat.process.wait(LONG_S) == status
    assert cat.result().err == ""


def test_strangers_and_those_who_have_ended_may_go(nest, sockets, started):
    context = zmq.Context()
    with open(sockets / "out", "wb") as out:
        command = nest.command("nest-cat", "--from", f"ipc://{sockets}/cat", "--bound", sockets / "bound", "--senders", 2)
        cat = start_stage("nest-cat", command, started, stdout=out)
    wait_until(lambda: (sockets / "bound").exists(), "nest-cat to bind")
    for sender, lines in [("stranger", 0), ("a", 1), ("b", 2)]:
        push = context.socket(zmq.PUSH)
        push.connect(f"ipc://{sockets}/cat")
        push.send(b"junk" if lines == 0 else end_frame(0, 0, sender))
        if sender == "b":
            break
        wait_until(lambda: lines == 0 or (sockets / "out").read_bytes().count(b"\n") == lines, "its frame")
        push.close(linger=1000)
    assert cat.process.wait(LONG_S) == 0
    context.destroy(linger=0)
    assert (sockets / "out").read_bytes().count(b"\n") == 2
    assert re.fullmatch("nest-cat: warning: .* is no sender, and what it sends is dropped: .*\n", cat.result().err)


def test_each_frame_is_shown_by_its_own_schema(nest):
    two = "message m { required int32 a; repeated binary b (STRING); }"
    stream = rows(0, 1) + rows_frame(two, [[2, ["x", "y"]]], 1, 1) + rows(2, 2, 2) + end_frame(3, 4)
    shown = b'{"a":0}\n{"a":2,"b":["x","y"]}\n{"a":0}\n{"a":1}\n'
    shred = nest.run("nest-shred", stdin=stream).out
    for frames in [stream, shred]:
        assert check(nest, frames) == []
        assert nest.run("nest-cat", "--rows", stdin=frames).out == shown
    levels = nest.run("nest-cat", "--levels", stdin=shred).out.decode()
    assert levels.count("\na\n") == 3 and '\nb\n  r  d  value\n  0  1  "x"\n  1  1  "y"\n' in levels
