"""Rows numbered by part: who cuts parts from ranges of bytes does not know how many rows are before one."""

import subprocess
import time

import msgpack
import pyarrow.parquet
import pytest

from nestlib import ONE_INT, end_frame, frame, parts, read_frames, rows_frame

pytestmark = pytest.mark.sanitize

BLOBS = "message m { required binary a; }"


def by_part(values, /, schema=ONE_INT, cut=2, end=None, **keys):
    """A stream of parts that number their own rows; VALUES has a list for each, in frames of CUT rows.

    The frames of all parts take turns. END replaces what the end says of the dataset.
    """
    frames = []
    for part, rows in enumerate(values):
        for first in range(0, max(1, len(rows)), cut):
            batch = [[value] for value in rows[first : first + cut]]
            place = {"part": part, "first": first, "last": first + cut >= len(rows)}
            frames.append((first, part, rows_frame(schema, batch, **place, numbered="part", **keys)))
    extent = {"dataset": {"parts": len(values)}} if end is None else end
    frames = [data for _, _, data in sorted(frames)]
    return b"".join(frames) + end_frame(len(frames), sum(map(len, values)), **extent)


def shredded(nest, stream):
    result = nest.run("nest-shred", stdin=stream)
    assert (result.status, result.err) == (0, "")
    return result.out


def encoded(nest, folder, columns):
    result = nest.run("parquet-encode", "-o", "out", stdin=columns, cwd=folder)
    assert (result.status, result.err) == (0, "")
    return result.out


VALUES = [[1, 2, 3, 4, 5], [], [6], [7, 8]]


@pytest.mark.parametrize("end", [None, {}], ids=["the end tells the parts", "the end tells nothing"])
def test_a_dataset_of_parts_that_number_their_own_rows(nest, tmp_path, end):
    out = nest.pipeline(tmp_path / "out", source=by_part(VALUES, end=end))
    assert len(parts(out)) == len(VALUES)
    for part, rows in enumerate(VALUES):
        table = pyarrow.parquet.read_table(out / f"part-{part:05}.parquet")
        assert table.column("a").to_pylist() == rows
        assert table.schema.metadata == {
            b"nest.part": str(part).encode(),
            b"nest.part_rows": str(len(rows)).encode(),
        }


def test_the_same_files_however_the_frames_are_cut(nest, tmp_path):
    files = [
        parts(nest.pipeline(tmp_path / str(cut), source=by_part(VALUES, cut=cut))) for cut in [1, 2, 100]
    ]
    assert files[0] == files[1] == files[2]


def test_the_numbering_is_passed_on(nest, tmp_path):
    columns = shredded(nest, by_part(VALUES))
    data = [header for header, _ in read_frames(columns) if header["kind"] == "columns"]
    assert [(each["part"], each["first"], each["numbered"]) for each in data] == [
        (part, first, "part") for part, first in [(0, 0), (1, 0), (2, 0), (3, 0), (0, 2), (0, 4)]
    ]
    said = [header for header, _ in read_frames(encoded(nest, tmp_path, columns))]
    declared = [each for each in said if each["kind"] == "part"]
    assert sorted((each["part"], each["first"], each["numbered"]) for each in declared) == [
        (part, 0, "part") for part in range(4)
    ]
    assert said[-1]["kind"] == "end" and said[-1]["dataset"] == {"parts": 4}


# ---- what is refused ----


def test_parts_that_are_missing(nest, tmp_path):
    stream = by_part([[1], [2]], end={"dataset": {"parts": 3}})
    staged = encoded(nest, tmp_path, shredded(nest, stream))
    nest.run("parquet-merge", "out", stdin=staged, cwd=tmp_path).fatal(
        1, "^part 2 is missing; 2 came, the last of them part 1$"
    )


def test_parts_that_are_numbered_in_two_ways(nest, tmp_path):
    own = rows_frame(ONE_INT, [[1]], part=0, numbered="part")
    through = rows_frame(ONE_INT, [[2]], part=1, first=1)
    for first, second, words in [
        (own, through, "rows of part 1 are numbered by dataset, those of part 0 by part$"),
        (through, own, "rows of part 0 are numbered by part, those of part 1 by dataset$"),
    ]:
        staged = encoded(nest, tmp_path, shredded(nest, first + second + end_frame(2, 2)))
        nest.run("parquet-merge", "out", stdin=staged, cwd=tmp_path).fatal(1, words)


def test_an_end_that_tells_of_another_numbering(nest, tmp_path):
    stream = by_part([[1]], end={"dataset": {"first": 0, "rows": 1, "parts": 1}})
    staged = encoded(nest, tmp_path, shredded(nest, stream))
    nest.run("parquet-merge", "out", stdin=staged, cwd=tmp_path).fatal(
        1, "^rows of the parts are numbered by part, but an end tells of a dataset numbered by dataset$"
    )


def test_ends_of_two_numberings(nest):
    stream = end_frame(0, 0, dataset={"parts": 1})
    stream += end_frame(0, 0, "other", dataset={"first": 0, "rows": 1, "parts": 1})
    nest.run("nest-shred", "--senders", "2", stdin=stream).fatal(
        1,
        "from other: its sender makes a dataset of 1 rows from row 0 in 1 parts, another one of 1 parts, "
        "whose rows are numbered by part; run all senders with the same options$",
    )


def test_a_message_about_a_row_names_its_part(nest):
    stream = by_part([[1], [2, "three"]])
    nest.run("nest-shred", stdin=stream).fatal(
        1, "^standard input, frame at byte [0-9]+ from test, part 1: row 1, field a: "
    )


# ---- how much of the input is done ----


def test_bytes_of_the_input_are_neither_lost_nor_doubled(nest):
    """A frame of rows that is too large for one of columns becomes several."""
    values = [[bytes(100_000)] * 200]
    stream = by_part(values, schema=BLOBS, cut=200, input=31_000_000, input_total=99_000_000)
    data = [header for header, _ in read_frames(shredded(nest, stream)) if header["kind"] == "columns"]
    assert len(data) > 1
    assert sum(each.get("input", 0) for each in data) == 31_000_000
    assert {each["input_total"] for each in data} == {99_000_000}


def test_pieces_of_a_frame_follow_one_another(nest):
    """Two frames of a part become several each, and the last of them all is the part's."""
    stream = by_part([[bytes(100_000)] * 400], schema=BLOBS, cut=200)
    pieces = [header for header, _ in read_frames(shredded(nest, stream)) if header["kind"] == "columns"]
    assert len(pieces) > 2
    rows = 0
    for piece in pieces:
        assert piece["first"] == rows
        rows += piece["rows"]
        assert piece["last"] == (rows == 400)
    assert rows == 400


def test_an_encoder_tells_how_much_of_the_input_is_done(nest, tmp_path, started):
    stream = shredded(nest, by_part(VALUES, input=7, input_total=99))
    command = nest.command("parquet-encode", "-o", tmp_path / "out")
    encode = subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, bufsize=0)
    started.append(encode)
    said = msgpack.Unpacker(encode.stdout, max_buffer_size=0)

    def progress():
        header = {}
        while header.get("kind") != "progress":
            header, _ = msgpack.unpackb(next(said)), next(said)
        return header

    told = [progress()]
    for header, body in read_frames(stream):
        encode.stdin.write(frame(header, body))
        if header["kind"] == "columns":
            told.append(progress())
        time.sleep(0.2)  # progress is told about six times a second
    assert {"input", "input_total"}.isdisjoint(told[0])
    assert [each["input"] for each in told[1:]] == [7 * n for n in range(1, 7)]
    assert (told[-1]["rows"], told[-1]["input_total"]) == (8, 99)
