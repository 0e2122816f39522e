"""Streams that break the rules: refused in one line, with the right status, in little memory."""

import os
import random
import struct

import msgpack
import pyarrow.parquet
import pytest
import zlib

from nestlib import ONE_INT, bin32, end_frame, frame, head, read_frames, records, rows_frame, rows_stream

pytestmark = pytest.mark.sanitize

# What each receiver takes, as a stream that is sound.
COLUMNS = frame(
    head("columns") | {"schema": ONE_INT, "part": 0, "first": 0, "rows": 1, "last": True, "leaves": [[1, 8]]},
    (7).to_bytes(8, "little"),
)
PART = frame(
    head("part") | {"schema": ONE_INT, "part": 0, "first": 0, "rows": 1, "file": "part-00000", "bytes": 9}
)
DATA = {"nest-shred": rows_frame(ONE_INT, [[7]]), "parquet-encode": COLUMNS, "parquet-merge": PART}
OPERANDS = {"nest-shred": [], "parquet-encode": ["-o", "out"], "parquet-merge": ["out"]}
RECEIVERS = list(DATA)

every_receiver = pytest.mark.parametrize("program", RECEIVERS)


@pytest.fixture
def feed(nest, tmp_path):
    """Feeds a receiver a stream that must fail; afterwards nothing is published."""

    def feed(program, stream, *options):
        result = nest.run(program, *OPERANDS[program], *options, stdin=stream, cwd=tmp_path)
        assert not (tmp_path / "out").exists()
        return result

    return feed


def test_the_sound_streams_are_sound(nest, tmp_path):
    """What the other tests break is taken unbroken; merge alone looks at the file and finds none."""
    for program in ["nest-shred", "parquet-encode"]:
        result = nest.run(program, *OPERANDS[program], stdin=DATA[program] + end_frame(1, 1), cwd=tmp_path)
        assert (result.status, result.err) == (0, "")
    stream = DATA["parquet-merge"] + end_frame(1, 1)
    nest.run("parquet-merge", "other", stdin=stream, cwd=tmp_path).fatal(
        3, "there is no such file in .other.staging: others have published or .*, or its encoder writes elsewhere$"
    )


def test_each_frame_is_shredded_by_its_own_schema(nest):
    two = "message m { required int64 a; required int32 b; }"
    stream = rows_frame(ONE_INT, [[1]]) + rows_frame(two, [[2, 3]], part=1, first=1)
    stream += rows_frame(ONE_INT, [[4], [5]], part=2, first=2) + end_frame(3, 4)
    result = nest.run("nest-shred", stdin=stream)
    assert (result.status, result.err) == (0, "")
    bodies = [body for header, body in read_frames(result.out) if header["kind"] == "columns"]
    assert bodies == [struct.pack("<q", 1), struct.pack("<qi", 2, 3), struct.pack("<qq", 4, 5)]


# ---- what is no frame ----


@every_receiver
def test_nothing_at_all_is_a_lost_sender(feed, program):
    feed(program, b"").fatal(3, "^the writer of standard input was lost: it ended without an end frame$")


@every_receiver
def test_a_stream_without_its_end_is_a_lost_sender(feed, program):
    stream = frame(head("progress", "sender.7") | {"rows": 0})
    feed(program, stream).fatal(3, "^the writer of standard input was lost: it ended without the end frame of sender.7$")


@every_receiver
def test_a_frame_cut_short_anywhere(feed, nest, program):
    whole = DATA[program]
    # A sanitized program takes its time to start.
    step = 23 if nest.sanitized else 5
    for size in sorted({1, 4, 5, 6, 11, len(whole) - 1, *range(1, len(whole), step)}):
        sentence = feed(program, whole[:size]).fatal(3, "in the middle of a frame")
        assert sentence.startswith(f"standard input ends at byte {size}, ")


@every_receiver
@pytest.mark.parametrize("seed", range(5))
def test_random_bytes(feed, program, seed):
    noise = random.Random(seed).randbytes(5000)
    # What may be a frame, or a record of JSON or msgpack, begins otherwise.
    noise = b"\0" + noise
    feed(program, noise).fatal(
        1, "^standard input, frame at byte 0: this is no nest frame: a header starts with"
    )


@every_receiver
@pytest.mark.parametrize("seed", range(8))
def test_random_bytes_behind_a_sound_beginning(feed, program, seed):
    noise = random.Random(seed).randbytes(300)
    result = feed(program, DATA[program][: 12 + 2 * seed] + noise)
    assert result.status in (1, 3)
    result.fatal(result.status, "^standard input")


@every_receiver
def test_text_is_no_frame(feed, program):
    """Not to nest-shred either, which takes it for a record where it is one."""
    feed(program, b'"a": 1\n').fatal(1, "a header starts with byte c6, not 22")


@every_receiver
def test_another_version(feed, program):
    stream = frame(head("end", version=2) | {"frames": 0, "rows": 0})
    feed(program, stream).fatal(
        1, "byte 0 from unknown: the frame is of version 2, and this program knows version 1"
    )


@every_receiver
def test_another_kind_than_is_due(feed, program):
    others = [data for receiver, data in DATA.items() if receiver != program]
    for stream in others:
        feed(program, stream).fatal(
            1, "from test: a frame of kind [a-z]+ where [a-z]+ are due; check the order"
        )


@every_receiver
def test_a_kind_that_nobody_knows(feed, program):
    feed(program, frame(head("cells"))).fatal(1, 'the header\'s key "kind" is missing or not a word')


@every_receiver
def test_the_byte_and_the_sender_are_named(feed, program):
    greeting = frame(head("progress") | {"rows": 0})
    stream = greeting * 3 + frame(head("end", "other") | {"frames": 0})
    sentence = feed(program, stream, "--senders", "2").fatal(1, 'key "rows" is missing')
    assert sentence.startswith(f"standard input, frame at byte {3 * len(greeting)} from other: ")


# ---- claims ----


@every_receiver
def test_a_header_of_four_gigabytes(feed, program):
    stream = b"\xc6\xff\xff\xff\xff" + b"\x80" * 1000
    feed(program, stream).fatal(1, "a header of 4294967295 bytes is over the limit of 1048576$")


@every_receiver
def test_a_body_of_four_gigabytes(feed, program):
    header = bin32(msgpack.packb(head("rows")))
    stream = header + b"\xc6\xff\xff\xff\xff" + b"\x80" * 1000
    feed(program, stream).fatal(1, "a body of 4294967295 bytes is over the limit of 67108864$")


@every_receiver
def test_a_body_at_its_limit_takes_no_memory_before_it_comes(nest, feed, tmp_path, program):
    """64 MiB are legal, but memory is taken as they come: a claim alone costs nothing."""
    stream = bin32(msgpack.packb(head("rows"))) + b"\xc6\x04\x00\x00\x00" + b"\x80" * 1000
    feed(program, stream).fatal(3, "in the middle of a frame")
    if not nest.sanitized:
        result = nest.run(program, *OPERANDS[program], stdin=stream, memory=60 << 20, cwd=tmp_path)
        result.fatal(3, "in the middle of a frame")


@every_receiver
@pytest.mark.parametrize(
    "claim",
    [b"\xdd\xff\xff\xff\xff", b"\xdf\xff\xff\xff\xff", b"\xdb\xff\xff\xff\xff", b"\xc6\xff\xff\xff\xff"],
)
def test_a_header_that_claims_four_billion_of_something(feed, program, claim):
    for header in [claim, b"\x82\xa4nest\x01" + b"\xa4meta" + claim + b"\x01" * 50]:
        feed(program, bin32(header) + bin32(b"")).fatal(1, "its header is not one whole msgpack value$")


@every_receiver
@pytest.mark.parametrize("key, value", [("rows", 1 << 63), ("first", (1 << 62) + 1), ("part", 1 << 60)])
def test_numbers_over_their_limit(feed, program, key, value):
    header, body = msgpack.Unpacker(), None
    header.feed(DATA[program])
    header, body = header
    broken = msgpack.unpackb(header) | {key: value}
    feed(program, frame(broken, body)).fatal(1, f'key "{key}" claims {value}, over the limit of')


def test_rows_without_number_in_a_small_body(feed):
    stream = rows_frame(ONE_INT, [[1]], rows=1 << 60)
    feed("nest-shred", stream).fatal(1, "row 1: the bytes end where an array of fields is due: the record ends early$")


def test_columns_with_rows_that_are_not_there(feed):
    header = head("columns") | {"schema": ONE_INT, "part": 0, "first": 0, "last": True}
    many = header | {"rows": 1 << 60, "leaves": [[1, 8]]}
    feed("parquet-encode", frame(many, bytes(8))).fatal(1, "")
    wide = header | {"rows": 1, "leaves": [[1, 1 << 60]]}
    feed("parquet-encode", frame(wide, bytes(8))).fatal(1, 'key "leaves" is missing or not made of sizes')


def test_a_part_of_an_exabyte(feed):
    header = {
        "schema": ONE_INT,
        "part": 0,
        "first": 0,
        "rows": 1 << 60,
        "file": "part-00000",
        "bytes": 1 << 60,
    }
    feed("parquet-merge", frame(head("part") | header)).fatal(3, "there is no such file")


@pytest.mark.parametrize("claim", [b"\xdd\xff\xff\xff\xff", b"\xdc\xff\xff", b"\xdb\xff\xff\xff\xff"])
def test_a_row_that_claims_four_billion_of_something(feed, claim):
    for schema, row in [
        (ONE_INT, claim),
        (ONE_INT, b"\x91" + claim),
        ("message m { repeated int32 a; }", b"\x91" + claim),
    ]:
        feed("nest-shred", rows_frame(schema, [[1]], body=row + b"\x01\x02")).fatal(
            1, "the bytes end within a value: the record ends early$"
        )


def test_a_small_row_cannot_ask_for_all_memory(feed):
    fields = "".join(f"optional int32 f{i};" for i in range(10000))
    schema = f"message m {{ repeated group g {{ optional group h {{ {fields} }} }} }}"
    feed("nest-shred", rows_frame(schema, [[[[None]] * 60000]])).fatal(1, "take more than 167772160 bytes")


def test_a_header_of_deeply_nested_nothing(feed):
    for program in RECEIVERS:
        stream = bin32(b"\x81\xa4nest" + b"\x91" * 100000 + b"\xc0") + bin32(b"")
        feed(program, stream).fatal(1, "its header is not one whole msgpack value$")


# ---- bodies ----


def test_a_body_that_does_not_decompress(feed):
    for body in [b"", b"no zstd at all", zlib.compress(bytes(8))]:
        stream = rows_frame(ONE_INT, [[1]], codec="zstd", raw=8, body=body)
        feed("nest-shred", stream).fatal(1, "its body is no zstd frame of the 8 bytes that its header says$")


def test_a_zstd_frame_that_lies_about_its_size(feed):
    # A zstd frame header: magic, one segment with an 8-byte content size, then a raw last block of 2 bytes.
    for size in [8, 1 << 20, 60 << 20]:
        zstd = b"\x28\xb5\x2f\xfd\xe0" + size.to_bytes(8, "little") + b"\x11\x00\x00" + b"\x91\x07"
        stream = rows_frame(ONE_INT, [[1]], codec="zstd", raw=size, body=zstd)
        feed("nest-shred", stream).fatal(1, "its body (does not decompress|decompresses to 2 bytes)")


def test_a_body_that_goes_on_behind_its_rows(feed):
    stream = rows_frame(ONE_INT, [[1]], body=records([[1], [2]]))
    feed("nest-shred", stream).fatal(1, "from test: the body goes on 2 bytes behind its 1 rows$")


def test_a_body_that_ends_before_its_rows_do(feed):
    stream = rows_frame(ONE_INT, [[1], [2]], body=records([[1]]))
    feed("nest-shred", stream).fatal(1, "row 1: the bytes end where an array of fields is due: the record ends early$")


def columns_frame(leaves, body, schema=ONE_INT, rows=1, **keys):
    header = {"schema": schema, "part": 0, "first": 0, "rows": rows, "last": True, "leaves": leaves}
    return frame(head("columns") | header | keys, body)


def one_row(program, **keys):
    """A frame of one row for PROGRAM, which takes rows or columns."""
    if program == "nest-shred":
        return rows_frame(ONE_INT, [[7]], **keys)
    return columns_frame([[1, 8]], bytes(8), **keys)


OPTIONAL = "message m { optional int32 a; }"
LIST = "message m { repeated int32 a; }"
TEXT = "message m { required binary a (STRING); }"
BOOLEAN = "message m { required boolean a; }"


@pytest.mark.parametrize(
    "schema, rows, leaves, body",
    [
        pytest.param(ONE_INT, 1, [], b"", id="a leaf is missing"),
        pytest.param(ONE_INT, 1, [[1, 8], [1, 8]], bytes(16), id="a leaf too many"),
        pytest.param(ONE_INT, 1, [[1, 8]], bytes(7), id="the body ends too soon"),
        pytest.param(ONE_INT, 1, [[1, 8]], bytes(9), id="the body goes on"),
        pytest.param(ONE_INT, 1, [[1, 7]], bytes(7), id="half a value"),
        pytest.param(ONE_INT, 1, [[2, 16]], bytes(16), id="more values than rows"),
        pytest.param(ONE_INT, 2, [[1, 8]], bytes(8), id="fewer values than rows"),
        pytest.param(OPTIONAL, 1, [[1, 4]], b"\x02" + bytes(4), id="a definition level over its maximum"),
        pytest.param(OPTIONAL, 1, [[1, 0]], b"\x01", id="defined without a value"),
        pytest.param(OPTIONAL, 1, [[1, 4]], b"\x00" + bytes(4), id="a value without its level"),
        pytest.param(LIST, 1, [[1, 4]], b"\x02\x01" + bytes(4), id="a repetition level over its maximum"),
        pytest.param(LIST, 1, [[1, 4]], b"\x01\x01" + bytes(4), id="a row that goes on before it begins"),
        pytest.param(LIST, 1, [[2, 8]], b"\x00\x00\x01\x01" + bytes(8), id="more rows than are said"),
        pytest.param(TEXT, 1, [[1, 4]], b"\xff\xff\xff\xff", id="a text of four gigabytes"),
        pytest.param(TEXT, 1, [[1, 3]], b"\x00\x00\x00", id="half a length"),
        pytest.param(TEXT, 1, [[1, 6]], b"\x01\x00\x00\x00ab", id="bytes behind the text"),
        pytest.param(BOOLEAN, 1, [[1, 1]], b"\x02", id="a boolean that is neither"),
    ],
)
@pytest.mark.parametrize("dictionary", ["on", "off"])
def test_columns_that_do_not_add_up(feed, schema, rows, leaves, body, dictionary):
    feed("parquet-encode", columns_frame(leaves, body, schema, rows), "--dictionary", dictionary).fatal(
        1, "^standard input, frame at byte 0 from test: "
    )


@pytest.mark.parametrize("program", ["nest-shred", "parquet-encode"])
@pytest.mark.parametrize(
    "schema, pattern",
    [
        ("", "schema"),
        ("contact", "line 1, column 1|1:1"),
        ("message m { }", "has no fields"),
        ("message m { required int32 a (STRING); }", "STRING annotates binary"),
        ("message m { required int32 a; required int32 a; }", "two fields of the name"),
        ("message m {" + " optional group g {" * 100, "nested more than 64 deep"),
    ],
)
def test_a_schema_that_is_none(feed, program, schema, pattern):
    header = head("rows" if program == "nest-shred" else "columns")
    header |= {"schema": schema, "part": 0, "first": 0, "rows": 0, "leaves": []}
    feed(program, frame(header)).fatal(1, pattern)


# ---- frames that do not belong together ----


def test_totals_that_are_wrong(feed):
    data = rows_frame(ONE_INT, [[1]])
    for frames, rows in [(0, 0), (1, 0), (2, 1), (1, 1 << 60)]:
        sentence = feed("nest-shred", data + end_frame(frames, rows)).fatal(1, "")
        assert sentence.endswith(
            f"the end says {frames} frames and {rows} rows, and 1 frames and 1 rows came"
        )


def test_a_gap_and_an_overlap_within_a_part(feed):
    begun = rows_frame(ONE_INT, [[1], [2]], last=False)
    for first in [0, 1, 3]:
        stream = begun + rows_frame(ONE_INT, [[3]], first=first)
        feed("nest-shred", stream).fatal(1, f"part 0 goes on at row {first} where row 2 is due$")


def test_an_end_within_a_part(feed):
    stream = rows_frame(ONE_INT, [[1]], last=False) + end_frame(1, 1)
    feed("nest-shred", stream).fatal(1, "the end comes while part 0 is not finished$")


@pytest.mark.parametrize("program", ["nest-shred", "parquet-encode"])
@pytest.mark.parametrize("between", [0, 1, 700])
def test_a_part_that_goes_on_behind_its_last_frame(feed, program, between):
    stream = one_row(program)
    stream += b"".join(one_row(program, part=1 + i, first=1 + i) for i in range(between))
    for first in [0, 1]:
        feed(program, stream + one_row(program, first=first)).fatal(
            1,
            f"^standard input, frame at byte {len(stream)} from test: part 0 was closed by a frame "
            "that said last; it cannot go on or begin again$",
        )


@pytest.mark.parametrize("program", ["nest-shred", "parquet-encode"])
def test_a_part_numbered_on_its_own_that_begins_elsewhere(feed, program):
    stream = one_row(program, numbered="part") + one_row(program, part=1, first=1, numbered="part")
    feed(program, stream).fatal(1, "part 1 begins at row 1, but its rows are numbered by part, from 0$")


@pytest.mark.parametrize("program", ["nest-shred", "parquet-encode"])
def test_a_part_numbered_in_two_ways(feed, program):
    stream = one_row(program, last=False) + one_row(program, first=1, numbered="part")
    feed(program, stream).fatal(1, "rows of part 0 are numbered by part in one frame and by dataset in another$")


def test_a_part_from_two_senders(feed):
    stream = rows_frame(ONE_INT, [[1]], last=False) + rows_frame(ONE_INT, [[2]], first=1, sender="other")
    feed("nest-shred", stream, "--senders", "2").fatal(
        1, "from other: part 0 comes from two senders, this one and test;"
    )


def test_two_senders_of_one_name(feed):
    stream = rows_stream(ONE_INT, [[1]]) + rows_stream(ONE_INT, [[2]], part=1, first=1)
    feed("nest-shred", stream, "--senders", "2").fatal(
        1, "it comes after its sender's end, behind which nothing of it may come; if this is another sender, give"
    )


def test_more_senders_than_expected(feed):
    stream = rows_frame(ONE_INT, [[1]]) + rows_frame(ONE_INT, [[2]], part=1, first=1, sender="other")
    feed("nest-shred", stream).fatal(
        1, "from other: more senders have come than the 1 expected; say how many with --senders$"
    )


def test_fewer_senders_than_expected(feed):
    feed("nest-shred", rows_stream(ONE_INT, [[1]]), "--senders", "2").fatal(
        3, "^the writer of standard input was lost: it ended without another end frame$"
    )


def test_something_behind_the_last_end(feed):
    """It is named by whose it is: the number of senders is to blame for another sender's alone."""
    stream = rows_stream(ONE_INT, [[1]])
    own = ", from test; nothing of a sender may follow its end$"
    other = ", from other; is --senders too small\\?$"
    for more, whose in [(rows_frame(ONE_INT, [[1]]), own), (end_frame(0, 0), own), (end_frame(0, 0, "other"), other)]:
        feed("nest-shred", stream + more).fatal(1, f"a frame follows the last end, at byte {len(stream)}{whose}")
    feed("nest-shred", stream + frame({"nest": 2})).fatal(1, f"^standard input, behind the last end, at byte {len(stream)}: ")
    for junk in [b"x", b"x\n", b"junk" * 9]:
        feed("nest-shred", stream + junk).fatal(1, f"^standard input, frame at byte {len(stream)}: this is no nest frame")
    feed("nest-shred", rows_stream(ONE_INT, [[1]]) + b"\xc6").fatal(3, "in the middle of a frame")


def test_datasets_that_disagree(feed):
    stream = end_frame(0, 0, dataset={"first": 0, "rows": 10, "parts": 1})
    stream += end_frame(0, 0, "other", dataset={"first": 0, "rows": 11, "parts": 1})
    feed("nest-shred", stream, "--senders", "2").fatal(1, "from other: its sender makes a dataset of 11 rows")


def test_a_schema_that_changes_within_a_part(feed):
    first = columns_frame([[1, 8]], bytes(8), last=False)
    second = columns_frame([[1, 4]], b"\x01" + bytes(4), OPTIONAL, first=1)
    feed("parquet-encode", first + second).fatal(1, "the schema changes within part 0$")


WIDE = "message m { required int32 a; required binary b; }"
NARROW = "message m { required int32 a; }"
WIDE_LEAVES = [[1, 4], [1, 5]], b"\x01\0\0\0" + b"\x01\0\0\0x"
NARROW_LEAVES = [[1, 4]], b"\x02\0\0\0"


def test_a_schema_that_changes_to_that_of_another_part(feed):
    stream = columns_frame(*WIDE_LEAVES, WIDE, last=False)
    stream += columns_frame(*NARROW_LEAVES, NARROW, part=1, first=2, last=False)
    feed("parquet-encode", stream + columns_frame(*NARROW_LEAVES, NARROW, first=1)).fatal(
        1, f"^standard input, frame at byte {len(stream)} from test: the schema changes within part 0$"
    )


def test_parts_of_different_schemas_may_take_turns(nest, tmp_path):
    """A schema is held against that of its part, however it is spelled, and whatever came between."""
    stream = columns_frame(*WIDE_LEAVES, WIDE, last=False)
    stream += columns_frame(*NARROW_LEAVES, NARROW, part=1, first=2, last=False)
    stream += columns_frame(*WIDE_LEAVES, WIDE.replace(" ", "\n"), first=1)
    stream += columns_frame(*NARROW_LEAVES, NARROW, part=1, first=3)
    result = nest.run("parquet-encode", "-o", "out", stdin=stream + end_frame(4, 4), cwd=tmp_path)
    assert (result.status, result.err) == (0, "")
    parts = [header for header, _ in read_frames(result.out) if header["kind"] == "part"]
    files = [pyarrow.parquet.read_table(tmp_path / ".out.staging" / part["file"]) for part in parts]
    assert [file.to_pydict() for file in files] == [{"a": [1, 1], "b": [b"x", b"x"]}, {"a": [2, 2]}]


@pytest.mark.parametrize("schema", [ONE_INT, OPTIONAL, LIST, TEXT, BOOLEAN])
@pytest.mark.parametrize("codec", ["none", "zstd"])
def test_a_frame_of_no_rows(nest, tmp_path, schema, codec):
    """Which leaves nothing in the memory that its body is decompressed to."""
    rows = rows_stream(schema, [])
    columns = nest.run("nest-shred", "--wire-codec", codec, stdin=rows)
    assert columns.status == 0, columns.err
    result = nest.run("parquet-encode", "-o", "out", stdin=columns.out, cwd=tmp_path)
    assert (result.status, result.err) == (0, "")
    [file] = [header["file"] for header, _ in read_frames(result.out) if header["kind"] == "part"]
    assert pyarrow.parquet.read_metadata(tmp_path / ".out.staging" / file).num_rows == 0


# ---- parts that do not make a dataset ----


@pytest.mark.parametrize(
    "parts, dataset, pattern",
    [
        pytest.param(
            [(0, 0, 5), (1, 7, 5)], None, "^rows 5 to 6 are missing between part 0 and part 1$", id="gap"
        ),
        pytest.param(
            [(0, 0, 5), (1, 4, 5)], None, "^part 1 .* begins at row 4 and overlaps part 0", id="overlap"
        ),
        pytest.param([(0, 0, 5), (2, 5, 5)], None, "^part 1 is missing", id="missing"),
        pytest.param([(0, 0, 5)], (0, 10, 2), "^part 1 is missing", id="missing at the end"),
        pytest.param([(0, 0, 5)], (0, 6, 1), "^the parts hold 5 rows, but the dataset has 6$", id="too few"),
        pytest.param(
            [(0, 3, 5)], (0, 5, 1), "^part 0 .* begins at row 3, but the dataset at row 0$", id="elsewhere"
        ),
        pytest.param(
            [(0, 0, 5), (1, 5, 5)], (0, 5, 1), "^part 1 .* came, but the dataset's parts are 1", id="surplus"
        ),
    ],
)
def test_parts_that_do_not_tile_the_dataset(nest, feed, tmp_path, parts, dataset, pattern):
    stream = b"".join(
        rows_frame(ONE_INT, [[row] for row in range(first, first + rows)], part, first)
        for part, first, rows in parts
    )
    extent = {"dataset": dict(zip(["first", "rows", "parts"], dataset))} if dataset else {}
    stream += end_frame(len(parts), sum(rows for _, _, rows in parts), **extent)
    columns = nest.run("nest-shred", stdin=stream)
    assert columns.status == 0, columns.err
    staged = nest.run("parquet-encode", "-o", "out", stdin=columns.out, cwd=tmp_path)
    assert staged.status == 0, staged.err
    feed("parquet-merge", staged.out).fatal(1, pattern)
    assert os.listdir(tmp_path) == []


def test_a_part_that_comes_twice(nest, feed, tmp_path):
    staged = nest.run("parquet-encode", "-o", "out", stdin=COLUMNS + end_frame(1, 1), cwd=tmp_path)
    (_, (part, _), _) = read_frames(staged.out)
    feed("parquet-merge", frame(part) * 2 + end_frame(2, 2, part["from"])).fatal(
        1, f"^part 0 came twice, as file {part['file']} and as file {part['file']}$"
    )
    assert os.listdir(tmp_path) == []


@pytest.mark.parametrize(
    "name", ["", "../x", "/etc/passwd", ".hidden", "_x", "a b", "x.parquet", "..", "a\0b"]
)
def test_a_file_name_that_leads_elsewhere(feed, name):
    header = {"schema": ONE_INT, "part": 0, "first": 0, "rows": 1, "file": name, "bytes": 9}
    feed("parquet-merge", frame(head("part") | header)).fatal(1, "file")


def test_a_staged_file_that_is_no_parquet(feed, tmp_path):
    staging = tmp_path / ".out.staging"
    for content in [
        b"",
        b"PAR1",
        b"PAR1" + bytes(100) + b"PAR1",
        b"PAR1" + b"\xff" * 100 + b"\xff\xff\xff\x7fPAR1",
    ]:
        staging.mkdir()
        (staging / "part-00000").write_bytes(content)
        header = {
            "schema": ONE_INT,
            "part": 0,
            "first": 0,
            "rows": 1,
            "file": "part-00000",
            "bytes": len(content),
        }
        feed("parquet-merge", frame(head("part") | header)).fatal(
            1, "^standard input, .* part 0, file part-00000: "
        )
        assert os.listdir(tmp_path) == []


def test_a_staged_link_is_not_followed(feed, tmp_path):
    staging = tmp_path / ".out.staging"
    staging.mkdir()
    (staging / "part-00000").symlink_to("/etc/passwd")
    header = {"schema": ONE_INT, "part": 0, "first": 0, "rows": 1, "file": "part-00000", "bytes": 9}
    feed("parquet-merge", frame(head("part") | header)).fatal(1, "it is a symbolic link, not a file$")
