"""Records of JSON and msgpack into nest-shred: where they belong, what their values mean, and which are refused."""

import bisect
import fcntl
import gzip
import hashlib
import itertools
import json
import os
import pathlib
import pty
import random
import resource
import signal
import struct
import subprocess
import termios
import zlib

import msgpack
import pyarrow
import pytest

from nestlib import LONG_S, LOST_S, cut_columns, handles_signals, open_files, read_frames, start_stage, wait_until

pytestmark = pytest.mark.sanitize

NUMBERED = "message m { required int64 n; optional binary text (STRING); }"


@pytest.fixture
def shred(nest, tmp_path):
    """Runs nest-shred with a schema given as text, on the bytes of standard input or on files."""

    def run(*arguments, schema=None, stdin=b"", status=0):
        options = []
        if schema is not None:
            file = tmp_path / "schema"
            file.write_text(schema)
            options = ["--schema", file]
        result = nest.run("nest-shred", *options, *arguments, stdin=stdin)
        assert result.status == status, result.err
        return result

    return run


def columns(result):
    return [(header, body) for header, body in read_frames(result.out) if header["kind"] == "columns"]


def parts(*results):
    """What each part has, by its number, whoever made it; and nobody else made it, too."""
    made = {}
    for result in results:
        own = {}
        for header, body in columns(result):
            assert header["numbered"] == "part"
            rows = own.setdefault(header["part"], [])
            assert header["first"] == sum(count for count, *_ in rows)
            digest = hashlib.sha256(body).hexdigest()
            rows.append((header["rows"], header.get("last", False), header.get("input", 0), header["leaves"], digest))
        assert not made.keys() & own.keys()
        made |= own
    for number in made:
        assert [last for _, last, *_ in made[number]] == [False] * (len(made[number]) - 1) + [True]
    return made


# ---- parts ----


def lines_of(seed):
    """Some records in lines with all that may stand between them; also without a line feed at the end."""
    draw = random.Random(seed)
    records = [
        json.dumps({"n": n, "text": draw.choice(["é", "x", "\\\\ \"", ""]) * draw.randrange(60)}, ensure_ascii=False)
        for n in range(draw.randrange(1500))
    ]
    between = [draw.choice(["\n", "\n", "\r\n", "\n\n", " \n\t"]) for _ in records]
    return records, "".join(map("".join, zip(records, between))).removesuffix("\n").encode()


def zstd(content):
    sink = pyarrow.BufferOutputStream()
    with pyarrow.CompressedOutputStream(sink, "zstd") as stream:
        stream.write(content)
    return sink.getvalue().to_pybytes()


@pytest.fixture(scope="module", params=[1, 2])
def inputs(request, tmp_path_factory):
    """The same records as files in every layout and compression."""
    folder = tmp_path_factory.mktemp("inputs")
    records, lines = lines_of(request.param)
    half = len(lines) // 2
    contents = {
        "lines.jsonl": lines,
        "stream.json": " ".join(records).encode(),
        "array.json": f"[{', '.join(records)}]\n".encode(),
        "lines.gz": gzip.compress(lines, mtime=0),
        "members.gz": gzip.compress(lines[:half], mtime=0) + gzip.compress(lines[half:], mtime=0),
        "lines.zst": zstd(lines),
        "maps.msgpack": b"".join(msgpack.packb(json.loads(record)) for record in records),
    }
    for name, content in contents.items():
        (folder / name).write_bytes(content)
    return folder, len(records)


FILES = ["lines.jsonl", "stream.json", "array.json", "lines.gz", "members.gz", "lines.zst", "maps.msgpack"]


@pytest.mark.parametrize("name", FILES)
@pytest.mark.parametrize("part_bytes", [100, 4096, 10**9])
def test_any_number_of_processes_makes_the_same_parts(shred, inputs, name, part_bytes):
    folder, count = inputs
    if part_bytes == 100 and name != "lines.jsonl":
        part_bytes = 1000
    options = ["--part-bytes", part_bytes, folder / name]
    whole = shred(*options, schema=NUMBERED)
    made, size = parts(whole), os.path.getsize(folder / name)
    assert sum(rows for frames in made.values() for rows, *_ in frames) == count
    assert sum(taken for frames in made.values() for _, _, taken, *_ in frames) == size
    end, _ = read_frames(whole.out)[-1]
    assert end["dataset"] == {"parts": len(made)} == {"parts": max(1, -(-size // part_bytes))}
    for shares in (2, 3, 7):
        shared = [shred("--share", f"{i}/{shares}", *options, schema=NUMBERED) for i in range(shares)]
        assert parts(*shared) == made
    assert parts(shred(*options[:-1], schema=NUMBERED, stdin=(folder / name).read_bytes())) == made


def test_a_part_of_a_compressed_file_ends_with_a_chunk(shred, tmp_path):
    """A record is of the part that the chunk is of with which it begins."""
    draw, chunk = random.Random(1), 1 << 16
    lines = [f'{{"n":{n},"text":"{draw.randbytes(50).hex()}"}}\n'.encode() for n in range(20000)]
    packed = gzip.compress(b"".join(lines), mtime=0)
    (tmp_path / "lines.gz").write_bytes(packed)
    begins, before = list(itertools.accumulate(map(len, lines), initial=0))[:-1], []
    for part in range(1, 5):
        chunks = -(-len(packed) * part // (4 * chunk))
        size = len(zlib.decompressobj(31).decompress(packed[: chunks * chunk]))
        before.append(bisect.bisect_left(begins, size))
    options = ["--parts", 4, tmp_path / "lines.gz"]
    made = parts(shred(*options, schema=NUMBERED))
    rows = [sum(frame[0] for frame in made[number]) for number in sorted(made)]
    assert list(itertools.accumulate(rows)) == before
    assert parts(*[shred("--share", f"{i}/3", *options, schema=NUMBERED) for i in range(3)]) == made


def test_parts_by_number_have_equal_bytes(shred, inputs):
    folder, count = inputs
    made = parts(shred("--parts", 5, folder / "lines.jsonl", schema=NUMBERED))
    size = os.path.getsize(folder / "lines.jsonl")
    taken = [sum(frame[2] for frame in made[number]) for number in sorted(made)]
    assert sorted(made) == list(range(5)) and sum(taken) == size
    assert all(abs(each - size / 5) <= 1 for each in taken)


def test_several_files_are_one_input(shred, inputs):
    folder, count = inputs
    names = [folder / name for name in FILES[:-1]]
    empty = folder / "empty"
    empty.write_bytes(b"")
    names.insert(2, empty)
    options = ["--part-bytes", 5000, *names]
    made = parts(shred(*options, schema=NUMBERED))
    assert sum(rows for frames in made.values() for rows, *_ in frames) == 6 * count
    assert parts(*[shred("--share", f"{i}/3", *options, schema=NUMBERED) for i in range(3)]) == made


@pytest.mark.parametrize("compress", [bytes, gzip.compress, zstd])
def test_files_may_be_more_than_can_be_open_at_once(nest, tmp_path, compress):
    files = [tmp_path / f"{i}.in" for i in range(40)]
    for file in files:
        file.write_bytes(compress(b'{"n":1}\n'))

    def limit():
        resource.setrlimit(resource.RLIMIT_NOFILE, (16, 16))

    result = nest.run("nest-shred", *files, preexec_fn=limit)
    assert result.status == 0, result.err
    assert sum(header["rows"] for header, _ in columns(result)) == len(files)


def test_a_terminal_that_is_read_is_not_taken(nest, started):
    """A program at the head of a session gets the first terminal that it opens, unless it says no."""
    master, slave = pty.openpty()
    command = nest.command("nest-shred", "--format", "jsonl", os.ttyname(slave))
    shred = start_stage("nest-shred", command, started, start_new_session=True, stdout=subprocess.DEVNULL)
    wait_until(lambda: os.ttyname(slave) in open_files(shred.process).values(), "the terminal to be opened")
    of_its_session = pathlib.Path(f"/proc/{shred.process.pid}/stat").read_text().rpartition(")")[2].split()[4]
    shred.process.kill()
    shred.process.wait()
    os.close(master)
    os.close(slave)
    assert of_its_session == "0"


def test_a_record_belongs_to_the_part_in_which_it_begins(shred, tmp_path):
    file = tmp_path / "in.jsonl"
    file.write_bytes(b'{"n":1}\n' * 4)
    # Each line has 8 bytes, so the second begins in the first part's last byte, or in the second's first.
    for part_bytes, expected in [(9, [2, 1, 1, 0]), (8, [1, 1, 1, 1]), (7, [1, 1, 1, 1, 0]), (16, [2, 2])]:
        made = parts(shred("--part-bytes", part_bytes, file, schema="message m { required int64 n; }"))
        assert [sum(frame[0] for frame in made[part]) for part in sorted(made)] == expected


def test_no_records_are_a_dataset_of_one_part(shred, nest, tmp_path):
    for content in (b"", b"\n \n", b"[]", b"\xef\xbb\xbf", gzip.compress(b"")):
        file = tmp_path / "empty"
        file.write_bytes(content)
        made = parts(shred("--format", "jsonl", file, schema=NUMBERED))
        assert [frames[0][:2] for frames in made.values()] == [(0, True)]


def test_batches_do_not_show_in_the_files(nest, inputs, tmp_path):
    folder, _ = inputs
    digests = set()
    for batch in (1, 100, 16384):
        out = tmp_path / str(batch)
        shredder = nest.command("nest-shred", "--batch", batch, "--part-bytes", "20k", folder / "lines.jsonl")
        encoder, merger = nest.command("parquet-encode", "-o", out), nest.command("parquet-merge", out)
        with subprocess.Popen(shredder, stdout=subprocess.PIPE) as first:
            with subprocess.Popen(encoder, stdin=first.stdout, stdout=subprocess.PIPE) as second:
                subprocess.run(merger, stdin=second.stdout, check=True, timeout=LONG_S)
        files = sorted(out.glob("part-*.parquet"))
        digests.add(tuple(hashlib.sha256(file.read_bytes()).hexdigest() for file in files))
    assert len(digests) == 1


# ---- formats ----


@pytest.mark.parametrize(
    "content, kind",
    [
        (b'{"n":1}', 1),
        (b' \n [{"n":1}]', 1),
        (b'\xef\xbb\xbf{"n":1}', 1),
        (msgpack.packb({"n": 1}), 1),
        (msgpack.packb([1, None]), 1),
        (gzip.compress(msgpack.packb([1, None]), mtime=0), 1),
        (zstd(b'{"n":1}\n{"n":2}'), 2),
    ],
)
def test_the_first_bytes_tell_the_format(shred, content, kind):
    made = parts(shred(schema=NUMBERED, stdin=content))
    assert made[0][0][0] == kind


@pytest.mark.parametrize("content", [b"n\n1\n", b"<n>1</n>", b"\x01\x02", b'"n"'])
def test_a_first_byte_that_tells_nothing(shred, tmp_path, content):
    shred(stdin=content, status=1).fatal(1, "this is no nest frame: .*, and neither JSON nor msgpack begins so")
    file = tmp_path / "in"
    for each in (content, b" " + content, gzip.compress(content)):
        file.write_bytes(each)
        shred(file, schema=NUMBERED, status=1).fatal(1, "as neither JSON nor msgpack does; --format would say")


def test_utf_16_is_refused(shred):
    for content in ('{"n":1}'.encode("utf-16"), '{"n":1}'.encode("utf-16-be")):
        shred("--format", "jsonl", schema=NUMBERED, stdin=content, status=1)


@pytest.mark.parametrize(
    "content, sentence",
    [
        (gzip.compress(b'{"n":1}\n' * 1000, mtime=0)[:-9], "the compressed file ends too early"),
        (zstd(b'{"n":1}\n' * 1000)[:-5], "the compressed file ends too early"),
        (gzip.compress(b'{"n":1}', mtime=0)[:-8] + bytes(8), "the gzip data are broken"),
        (gzip.compress(b'{"n":1}', mtime=0) + b"junk", "the gzip data are broken"),
        (zstd(b'{"n":1}')[:8] + b"\xff" * 20, "the zstd data are broken"),
    ],
)
def test_a_compressed_file_that_is_broken(shred, content, sentence):
    result = shred("--format", "jsonl", schema=NUMBERED, stdin=content, status=1)
    assert sentence in result.fatal(1, "^standard input: ")


@pytest.mark.parametrize("options", [[], ["--on-error", "skip"]])
def test_a_compressed_file_that_ends_in_a_long_value(shred, options):
    """The value is longer than what is read at a time, and there is no line at whose end to look for it."""
    digits = random.Random(1).randbytes(1 << 20).hex().encode()
    content = gzip.compress(b'{"n":\n1}\n{"n":\n1,"text":"' + digits + b'"}', mtime=0)
    result = shred("--format", "jsonl", *options, schema=NUMBERED, stdin=content[: len(content) // 2], status=1)
    assert "the compressed file ends too early" in result.fatal(1, "^standard input: ")


# ---- what values mean ----


def plain(kind, value):
    return struct.pack("<" + kind, value)


def text(value):
    value = value.encode() if isinstance(value, str) else value
    return plain("I", len(value)) + value


UUID = "123e4567-e89b-12d3-a456-426614174000"
UUID_BYTES = bytes.fromhex(UUID.replace("-", ""))
STAMP = "int64 a (TIMESTAMP(%s,%s))"

# The leaf, JSON for it, its PLAIN bytes, and options.
TAKEN = [
    ("boolean a", "true", b"\1", []),
    ("boolean a", "false", b"\0", []),
    ("int32 a", "-2147483648", plain("i", -(2**31)), []),
    ("int32 a", "2147483647", plain("i", 2**31 - 1), []),
    ("int32 a", "-0", plain("i", 0), []),
    ("int32 a", "1.0", plain("i", 1), []),
    ("int32 a", "1e2", plain("i", 100), []),
    ("int32 a", "1200e-2", plain("i", 12), []),
    ("int32 a", "0.0000000000000000000000000e10", plain("i", 0), []),
    ("int32 a (INTEGER(8,true))", "-128", plain("i", -128), []),
    ("int32 a (INTEGER(32,false))", "4294967295", plain("I", 2**32 - 1), []),
    ("int64 a", "9223372036854775807", plain("q", 2**63 - 1), []),
    ("int64 a", "-9223372036854775808", plain("q", -(2**63)), []),
    ("int64 a", "9007199254740993", plain("q", 2**53 + 1), []),
    ("int64 a (INTEGER(64,false))", "18446744073709551615", plain("Q", 2**64 - 1), []),
    ("int64 a (INTEGER(64,false))", "1844674407370955161.5e1", plain("Q", 2**64 - 1), []),
    ("double a", "0.1", plain("d", 0.1), []),
    ("double a", "-0", plain("d", -0.0), []),
    ("double a", "-0.0", plain("d", -0.0), []),
    ("double a", "12345678901234567890", plain("d", 12345678901234567890.0), []),
    ("double a", "1.7976931348623157e308", plain("d", 1.7976931348623157e308), []),
    ("double a", "5e-324", plain("d", 5e-324), []),
    ("double a", "1e-400", plain("d", 0.0), []),
    ("double a", "9007199254740993", plain("d", 9007199254740992.0), []),
    ("double a", "9007199254740993.0000000000000000000001", plain("d", 9007199254740994.0), []),
    ("double a", "0." + "3" * 10000, plain("d", float("0." + "3" * 17)), []),
    ("double a", '"NaN"', plain("d", float("nan")), ["--non-finite"]),
    ("double a", '"-Infinity"', plain("d", float("-inf")), ["--non-finite"]),
    ("float a", '"inf"', plain("f", float("inf")), ["--non-finite"]),
    ("float a", "0.1", plain("f", 0.1), []),
    ("float a", "16777217", plain("f", 16777216.0), []),
    # Rounded by way of a double it would be the next float below.
    ("float a", "1.00000017881393432617187499", plain("f", 1.0000001192092896), []),
    ("fixed_len_byte_array(2) a (FLOAT16)", "1.5", plain("e", 1.5), []),
    ("fixed_len_byte_array(2) a (FLOAT16)", "-0.0", plain("e", -0.0), []),
    ("fixed_len_byte_array(2) a (FLOAT16)", "65504", plain("e", 65504.0), []),
    ("fixed_len_byte_array(2) a (FLOAT16)", "6e-8", plain("e", 6e-8), []),
    ("int32 a (DECIMAL(9,2))", "12", plain("i", 1200), []),
    ("int32 a (DECIMAL(9,2))", "-0.07", plain("i", -7), []),
    ("int32 a (DECIMAL(9,2))", '"12.340"', plain("i", 1234), []),
    ("int32 a (DECIMAL(9,2))", "1.2e3", plain("i", 120000), []),
    ("int64 a (DECIMAL(18,3))", "999999999999999.999", plain("q", 10**18 - 1), []),
    ("fixed_len_byte_array(5) a (DECIMAL(10,1))", "-0.1", b"\xff" * 5, []),
    ("fixed_len_byte_array(16) a (DECIMAL(38,0))", "-" + "9" * 38, (-(10**38) + 1).to_bytes(16, "big", signed=True), []),
    ("fixed_len_byte_array(70) a (DECIMAL(38,0))", "-1", b"\xff" * 70, []),
    ("binary a (DECIMAL(30,2))", "1.28", text(b"\x00\x80"), []),
    ("binary a (DECIMAL(30,2))", "-1.28", text(b"\x80"), []),
    ("binary a (DECIMAL(30,2))", "0", text(b"\x00"), []),
    ("int32 a (DATE)", '"1970-01-02"', plain("i", 1), []),
    ("int32 a (DATE)", '"2024-02-29"', plain("i", 19782), []),
    ("int32 a (DATE)", '"0000-03-01"', plain("i", -719468), []),
    ("int32 a (DATE)", "-1", plain("i", -1), []),
    ("int32 a (TIME(MILLIS,true))", '"23:59:59.999"', plain("i", 86399999), []),
    ("int32 a (TIME(MILLIS,true))", '"01:00+02:00"', plain("i", 23 * 3600000), []),
    ("int64 a (TIME(NANOS,false))", '"00:00:00.000000001"', plain("q", 1), []),
    ("int64 a (TIME(MICROS,false))", "5", plain("q", 5), []),
    (STAMP % ("MILLIS", "true"), '"1970-01-01T00:00:01.500Z"', plain("q", 1500), []),
    (STAMP % ("MILLIS", "true"), '"1970-01-01T02:00:00+02:00"', plain("q", 0), []),
    (STAMP % ("MILLIS", "false"), '"1969-12-31 23:59:59.999"', plain("q", -1), []),
    (STAMP % ("MICROS", "true"), '"1970-01-01T00:00:00-0130"', plain("q", 5400 * 10**6), []),
    (STAMP % ("NANOS", "true"), '"1970-01-01t00:00:00.123456789z"', plain("q", 123456789), []),
    (STAMP % ("MILLIS", "true"), '"1970-01-02"', plain("q", 86400000), []),
    (STAMP % ("MILLIS", "true"), '"1970-01-01T00:00:00.1230000000000Z"', plain("q", 123), []),
    (STAMP % ("MILLIS", "true"), "7", plain("q", 7), []),
    ("fixed_len_byte_array(16) a (UUID)", f'"{UUID}"', UUID_BYTES, []),
    ("fixed_len_byte_array(16) a (UUID)", f'"{UUID.upper()}"', UUID_BYTES, []),
    ("binary a (STRING)", '""', text(""), []),
    ("binary a (STRING)", r'"a\u0000b"', text("a\0b"), []),
    ("binary a (STRING)", r'"\"\\\/\b\f\n\r\t\u00e9\ud83d\ude00"', text('"\\/\b\f\n\r\té😀'), []),
    ("binary a (STRING)", '"' + "ä" * 40 + '"', text("ä" * 40), []),
    ("binary a (ENUM)", '"RED"', text("RED"), []),
    ("binary a", '"\u00e9"', text("é"), []),
    ("binary a", '"AP8="', text(b"\0\xff"), ["--binary", "base64"]),
    ("binary a", '"AP8"', text(b"\0\xff"), ["--binary", "base64"]),
    ("binary a", '"-_8="', text(b"\xfb\xff"), ["--binary", "base64"]),
    ("binary a (BSON)", '"00Ff"', text(b"\0\xff"), ["--binary", "hex"]),
    ("binary a (STRING)", '"00ff"', text("00ff"), ["--binary", "hex"]),
    ("fixed_len_byte_array(2) a", '"ab"', b"ab", []),
    ("fixed_len_byte_array(2) a", '"00ff"', b"\0\xff", ["--binary", "hex"]),
    ("fixed_len_byte_array(12) a (INTERVAL)", '"' + "00" * 12 + '"', bytes(12), ["--binary", "hex"]),
    ("int96 a", '"' + "01" * 12 + '"', b"\1" * 12, ["--binary", "hex"]),
    ("binary a (JSON)", '{"b" : [1, 2.50, "x"]}', text('{"b" : [1, 2.50, "x"]}'), []),
    ("binary a (JSON)", '"x"', text('"x"'), []),
    ("binary a (JSON)", "1" * 10000, text("1" * 10000), []),
    ("binary a (JSON)", "[" * 1000 + "]" * 1000, text("[" * 1000 + "]" * 1000), []),
]


@pytest.mark.parametrize("leaf, value, expected, options", TAKEN)
def test_a_value_is_taken(shred, leaf, value, expected, options):
    content = f'{{"a":{value}}}\n{{"a" : {value} }}'.encode()
    result = shred(*options, schema=f"message m {{ required {leaf}; }}", stdin=content)
    ((header, body),) = columns(result)
    assert header["rows"] == 2 and body == 2 * expected


# The leaf, JSON that it does not take, and the end of the sentence.
REFUSED = [
    ("boolean a", "1", "a boolean is due, not a number"),
    ("boolean a", '"true"', "a boolean is due, not a string"),
    ("boolean a", "tru", "true, false or null is due, not '}'"),
    ("int32 a", "2147483648", r"the integer is out of range \(-2147483648 to 2147483647\)"),
    ("int32 a", "1.5", "an integer is due, not 1.5"),
    ("int32 a", "1e-1", "an integer is due, not 1e-1"),
    ("int32 a", '"1"', "an integer is due, not a string"),
    ("int32 a", "[1]", "an integer is due, not an array"),
    ("int32 a", "01", "a ',' or '}' is due, not '1'|a digit is due|due, not '1'"),
    ("int32 a", "+1", r"a value is due, not '\+'"),
    ("int64 a", "9223372036854775808", "the integer is out of range"),
    ("int64 a", "1" * 10000, "the integer is out of range"),
    ("int64 a (INTEGER(64,false))", "-1", r"out of range \(0 to 18446744073709551615\)"),
    ("double a", "1e309", "the number 1e309 is out of a double's range"),
    ("double a", '"NaN"', "a number is due, not a string"),
    ("double a", "NaN", "a value is due, not 'N'"),
    ("float a", "1e39", r"the number 1e\+39 is out of a float's range"),
    ("fixed_len_byte_array(2) a (FLOAT16)", "65520", "out of a half float's range"),
    ("int32 a (DECIMAL(5,2))", "1000", r"1000 does not fit DECIMAL\(5,2\)"),
    ("int32 a (DECIMAL(5,2))", "0.001", "0.001 has more than 2 digits behind the point"),
    ("int32 a (DECIMAL(5,2))", '"1,5"', "a decimal number is due, not '1,5'"),
    ("int32 a (DATE)", '"2023-02-29"', "a date is due .*not '2023-02-29'"),
    ("int32 a (DATE)", '"2023-2-9"', "a date is due"),
    ("int32 a (DATE)", '"2023-01-01T00:00:00Z"', "a date is due"),
    ("int32 a (TIME(MILLIS,true))", '"24:00"', "a time is due"),
    ("int32 a (TIME(MILLIS,true))", '"00:00:00.0001"', "is finer than the field, which holds milliseconds"),
    (STAMP % ("MILLIS", "true"), '"2016-12-31T23:59:60Z"', "a timestamp is due"),
    (STAMP % ("MICROS", "true"), '"2024-01-01T00:00:00.0000001Z"', "finer than the field"),
    (STAMP % ("NANOS", "true"), '"2300-01-01T00:00:00Z"', "out of the range of 64 bits of nanoseconds"),
    (STAMP % ("NANOS", "true"), '"yesterday"', "a timestamp is due"),
    ("fixed_len_byte_array(16) a (UUID)", '"0123456789abcdef"', "a UUID is due"),
    ("fixed_len_byte_array(16) a (UUID)", f'"{UUID[:-1]}g"', "a UUID is due"),
    ("fixed_len_byte_array(2) a", '"abc"', "2 bytes are due, not 3"),
    ("binary a (STRING)", "1", "a string is due, not a number"),
    ("binary a (STRING)", r'"\ud800"', "the second half of a surrogate pair is due"),
    ("binary a (STRING)", r'"\udc00"', "the first half of a surrogate pair is due"),
    ("binary a (STRING)", r'"\x41"', "due, not 'x'"),
    ("binary a (STRING)", '"\t"', "due, not the control character 0x09"),
    ("binary a (STRING)", '"\x00"', "due, not the control character 0x00"),
    ("binary a (JSON)", "{1:2}", "a key in quotes is due, not '1'"),
    ("binary a (JSON)", r'"\ud800x"', "the second half of a surrogate pair is due"),
    ("binary a (JSON)", "[" * 2000 + "]" * 2000, "nesting of 1024 levels at most is due"),
]


@pytest.mark.parametrize("leaf, value, sentence", REFUSED)
def test_a_value_is_refused(shred, leaf, value, sentence):
    content = f'\n{{"b":1,"a":{value}}}'.encode()
    result = shred("--format", "jsonl", schema=f"message m {{ required {leaf}; }}", stdin=content, status=1)
    result.fatal(1, f"^standard input, line 2, column [0-9]+(, field a)?: .*({sentence})")


@pytest.mark.parametrize("value", ['"?!"', '"AAA"' + "x", '"A"', '"AB=="', '"AAAA="'])
def test_text_that_is_no_base64(shred, value):
    shred("--binary", "base64", schema="message m { required binary a; }", stdin=f'{{"a":{value}}}'.encode(), status=1)


def test_text_that_is_not_utf_8_is_refused_wherever_it_stands(shred):
    for content in (b'{"a":"\xff"}', b'{"z":"\xc3("}', b'{"a":"' + b"x" * 1000 + b'\xed\xa0\x80"}'):
        result = shred(schema="message m { optional binary a (STRING); }", stdin=b'{"a":"x"}\n' + content, status=1)
        result.fatal(1, "^standard input, line 2, column [0-9]+.*is not UTF-8$")


# ---- absent, null, empty ----

SHAPES = """message m {
  optional binary leaf (STRING);
  optional group list (LIST) { repeated group list { optional int32 element; } }
  optional group map (MAP) { repeated group key_value { required binary key (STRING); optional int32 value; } }
  optional group struct { optional int32 inner; }
  repeated int32 many;
}"""
SHAPE_MAXIMA = [(0, 1), (1, 3), (1, 2), (1, 3), (0, 2), (1, 1)]


@pytest.mark.parametrize(
    "record, levels",
    [
        ("{}", [0, 0, 0, 0, 0, 0]),
        ('{"leaf":null,"list":null,"map":null,"struct":null}', [0, 0, 0, 0, 0, 0]),
        ('{"list":[],"map":{},"struct":{},"many":[]}', [0, 1, 1, 1, 1, 0]),
        ('{"list":[null],"map":{"k":null},"struct":{"inner":null}}', [0, 2, 2, 2, 1, 0]),
        ('{"many":[1],"struct":{"inner":1},"map":{"k":1},"list":[1],"leaf":""}', [1, 3, 2, 3, 2, 1]),
    ],
)
def test_absent_null_and_empty_stay_different(shred, record, levels):
    packed = msgpack.packb(json.loads(record))
    for content in (record.encode(), packed):
        ((header, body),) = columns(shred(schema=SHAPES, stdin=content))
        leaves = cut_columns(header, body, SHAPE_MAXIMA)
        assert [definition[0] for _, definition, _ in leaves] == levels


def test_what_is_required_must_be_there(shred):
    schema = "message m { required group g { required int32 a; required group l (LIST) { repeated int32 list; } } }"
    for record, sentence in [
        ("{}", "field g: a required field is absent"),
        ('{"g":null}', "field g: a required field is null"),
        ('{"g":{"a":1}}', "field g.l: a required field is absent"),
        ('{"g":{"l":[]}}', "field g.a: a required field is absent"),
        ('{"g":{"a":1,"l":null}}', "field g.l: a required field is null"),
    ]:
        for content in (record.encode(), msgpack.packb(json.loads(record))):
            shred(schema=schema, stdin=content, status=1).fatal(1, sentence)
    shred(schema="message m { repeated int32 a; }", stdin=b'{"a":null}', status=1).fatal(1, "an array is due, not null")


# ---- duplicates and unknown fields ----


def values(result, maxima):
    ((header, body),) = columns(result)
    return [leaf[2] for leaf in cut_columns(header, body, maxima)]


def test_the_last_of_two_fields_of_one_name_counts(shred):
    schema = "message m { optional int32 a; repeated group g { optional int32 b; repeated int32 c; } }"
    record = b'{"a":1,"g":[{"b":1,"c":[1,2],"b":2,"c":[3]},{"b":9,"b":null}],"a":"wrong","a":2}'
    maxima = [(0, 1), (1, 2), (2, 2)]
    assert values(shred(schema=schema, stdin=record), maxima) == [plain("i", 2), plain("i", 2), plain("i", 3)]
    for first in (b"{}", b'"x"', b"1.5"):
        assert values(shred(schema=schema, stdin=b'{"a":' + first + b',"a":2}'), maxima)[0] == plain("i", 2)
    for content in (record, b'{"a":1,"a":1}'):
        shred("--duplicates", "fail", schema=schema, stdin=content, status=1).fatal(1, "the field comes twice")


@pytest.mark.parametrize("how, given, inferred", [("auto", "[1]", '"[1]"'), ("json", "[1]", "[1]"), ("string", '"[1]"', '"[1]"')])
def test_what_a_string_of_msgpack_is_in_a_json_field(shred, how, given, inferred):
    record = msgpack.packb({"a": "[1]"})
    options = ["--texts", how, "--format", "msgpack"]
    (made,) = values(shred(*options, schema="message m { required binary a (JSON); }", stdin=record), [(0, 0)])
    assert made == text(given)
    (made,) = values(shred(*options, stdin=record + msgpack.packb({"a": 2})), [(0, 1)])
    assert made == text(inferred) + text("2")


def test_the_last_of_two_keys_of_a_map_counts(shred):
    schema = "message m { optional group m (MAP) { repeated group key_value { required int32 key; optional int32 value; } } }"
    record = b'{"m":{"1":1,"2":2,"1.0":3,"\\u0032":4}}'
    keys, mapped = values(shred(schema=schema, stdin=record), [(1, 2), (1, 3)])
    assert (keys, mapped) == (plain("i", 1) + plain("i", 2), plain("i", 3) + plain("i", 4))
    shred("--duplicates", "fail", schema=schema, stdin=record, status=1).fatal(1, "comes twice")


def test_a_map_is_also_an_array_of_keys_and_values(shred):
    schema = "message m { optional group m (MAP) { repeated group key_value { required group key { required int32 x; } optional int32 value; } } }"
    record = b'{"m":[{"key":{"x":1},"value":2},{"value":null,"key":{"x":3}}]}'
    keys, mapped = values(shred(schema=schema, stdin=record), [(1, 2), (1, 3)])
    assert (keys, mapped) == (plain("i", 1) + plain("i", 3), plain("i", 2))
    shred(schema=schema, stdin=b'{"m":{"1":2}}', status=1).fatal(1, "an array of objects with key and value is due")


def test_unknown_fields(shred):
    schema = "message m { optional int32 a; optional group g { optional int32 b; } %s }"
    record = b'{"x":[1, {"y":null}],"a":1,"g":{"z":"\\u00e9","b":2}}'
    shred(schema=schema % "", stdin=record)
    shred("--unknown", "fail", schema=schema % "", stdin=record, status=1).fatal(
        1, "line 1, column 3: the schema has no field 'x' here"
    )
    kept = shred("--unknown", "keep=rest", schema=schema % "optional binary rest (JSON);", stdin=record)
    rest = values(kept, [(0, 1), (0, 2), (0, 1)])[2]
    assert rest == text('{"x":[1, {"y":null}],"g.z":"\\u00e9"}')
    packed = msgpack.packb(json.loads(record) | {"bin": b"\0\xff", "map": {1: 0.1}})
    kept = shred("--unknown", "keep=rest", schema=schema % "optional binary rest (STRING);", stdin=packed)
    rest = json.loads(values(kept, [(0, 1), (0, 2), (0, 1)])[2][4:])
    assert rest == {"x": [1, {"y": None}], "g.z": "é", "bin": "AP8=", "map": {"1": 0.1}}
    shred("--unknown", "keep=a", schema=schema % "", stdin=record, status=2).fatal(2, "no field 'a' that can keep")


# ---- wrong records ----


def test_wrong_records_are_skipped_and_kept(shred, tmp_path):
    schema = "message m { required int32 a; }"
    good, bad = b'{"a":1}', [b'{"a":"x"}', b'{"a":1}}', b"junk", b'{"a":1', b'{"b":"\xff","a":2}', b"[]"]
    content = b"\n".join([good, bad[0], good, bad[1], bad[2], good, bad[3], bad[4], bad[5], good]) + b"\n"
    rejects = tmp_path / "rejects"
    result = shred("--on-error", "skip", "--rejects", rejects, "--stats", tmp_path / "stats", schema=schema, stdin=content)
    assert result.err == f"nest-shred: warning: 6 records were skipped; they are in {rejects}\n"
    assert parts(result)[0][0][0] == 4
    lines = rejects.read_bytes().splitlines()
    assert lines[1::2] == bad
    reasons = [line.decode() for line in lines[::2]]
    assert reasons[0] == "# standard input, line 2, column 6, field a: an integer is due, not a string"
    assert [reason.split(",")[1] for reason in reasons] == [f" line {n}" for n in (2, 4, 5, 7, 8, 9)]
    stats = json.loads((tmp_path / "stats").read_text())
    assert (stats["rows"], stats["skipped"], stats["bytes_in"]) == (4, 6, len(content))
    shred(schema=schema, stdin=content, status=1).fatal(1, "line 2, column 6, field a")


def test_wrong_records_of_arrays_and_of_msgpack_are_skipped(shred, tmp_path):
    schema, rejects = "message m { required int32 a; }", tmp_path / "rejects"
    skip = ["--on-error", "skip", "--rejects", rejects]
    result = shred(*skip, schema=schema, stdin=b'[{"a":1}, {"a":\n"x"}, {"a":2}]')
    assert parts(result)[0][0][0] == 2 and b'{"a":\n"x"}' in rejects.read_bytes()
    records = [{"a": 1}, {"a": "x", "b": b"\0"}, [5], [5, 6], 7, {"a": 2}]
    result = shred(*skip, "--format", "msgpack", schema=schema, stdin=b"".join(map(msgpack.packb, records)))
    assert parts(result)[0][0][0] == 3
    assert b'{"a":"x","b":"AA=="}\n' in rejects.read_bytes()
    shred(*skip, schema=schema, stdin=b'[{"a":1}, {"a":!}, {"a":2}]', status=1).fatal(1, "a value is due, not '!'")


def test_rejects_that_cannot_be_written(shred):
    skip = ["--on-error", "skip", "--rejects", "/dev/full"]
    content = b'{"a":"x"}\n'
    shred(*skip, schema="message m { required int32 a; }", stdin=content, status=3).fatal(3, "unable to write /dev/full")
    # Not at the end alone, where they are many.
    many = {"schema": "message m { required int32 a; }", "stdin": content * 20000, "status": 3}
    shred(*skip, **many).fatal(3, "unable to write /dev/full")
    # What had gone wrong before is told.
    records = b'[{"a":"x"}, {"a":!}]'
    shred(*skip, schema="message m { required int32 a; }", stdin=records, status=1).fatal(1, "a value is due, not '!'")
    shred("--rejects", "x", schema=NUMBERED, stdin=content, status=2).fatal(2, "--rejects is for --on-error skip")


@pytest.mark.parametrize("behind", ["", " ", "\t\r ", '{"a":2}', ' {"a":2}', '\t{"a":2}\r{"a":3}'])
def test_what_may_stand_behind_a_record_on_its_line(shred, behind):
    content = f'{{"a":1}}\n{{"a":4}}{behind}\n{{"a":5}}\n'
    result = shred(schema="message m { required int32 a; }", stdin=content.encode())
    assert parts(result)[0][0][0] == 3 + behind.count("a")


@pytest.mark.parametrize("behind, found", [("x", "'x'"), (" \t]", "']'"), ('\r"', "'\"'"), (",", "','")])
def test_what_may_not_stand_behind_a_record_on_its_line(shred, tmp_path, behind, found):
    schema, bad, rejects = "message m { required int32 a; }", '{"a":2}' + behind, tmp_path / "rejects"
    content = f'{{"a":1}}\n{bad}\n{{"a":3}}\n'.encode()
    sentence = f"standard input, line 2, column {len(bad)}: the end of the line is due, not {found}"
    assert shred(schema=schema, stdin=content, status=1).fatal(1, "") == sentence
    result = shred("--on-error", "skip", "--rejects", rejects, schema=schema, stdin=content)
    assert parts(result)[0][0][0] == 2
    assert rejects.read_bytes() == f"# {sentence}\n{bad}\n".encode()


def test_lines_and_columns_are_those_of_the_file(nest, shred, tmp_path):
    file = tmp_path / "in.jsonl"
    rows = [json.dumps({"n": n, "text": "é" * (n % 50)}, ensure_ascii=False) for n in range(20000)]
    rows[17000] = '{"n":1, "text": "éé", "n": x}'
    file.write_text("\n".join(rows))
    packed = tmp_path / "in.gz"
    packed.write_bytes(gzip.compress(file.read_bytes()))
    place = "line 17001, column 28: a value is due, not 'x'$"
    for each in (file, packed):
        shred(each, schema=NUMBERED, status=1).fatal(1, f"^{each}, {place}")
    # Also where the process begins behind the first lines: whose share the line is says the same.
    said = []
    for i in range(3):
        result = nest.run("nest-shred", "--schema", tmp_path / "schema", "--share", f"{i}/3", "--part-bytes", "99k", file)
        said += [result] if result.status else []
    assert len(said) == 1
    said[0].fatal(1, f"^{file}, {place}")


# ---- long records, and little memory ----


def test_a_record_may_be_longer_than_what_is_read_at_once(shred):
    schema = "message m { required binary a (STRING); required int32 n; }"
    long = "x" * 3_000_000
    for layout in ("\n".join, " ".join, lambda records: f"[{','.join(records)}]"):
        content = layout([f'{{"a":"{long}","n":{n}}}' for n in range(3)]).encode()
        made = parts(shred("--batch", 2, schema=schema, stdin=content))
        assert sum(frame[0] for frame in made[0]) == 3


def test_a_record_of_60_mb_in_little_memory(nest, tmp_path):
    if nest.sanitized:
        pytest.skip("a sanitizer takes memory of its own")
    content = b'{"a":"' + b"x" * 60_000_000 + b'"}\n{"a":"y"}\n'
    result = nest.run("nest-shred", "--stats", tmp_path / "stats", stdin=content)
    assert result.status == 0, result.err
    assert json.loads((tmp_path / "stats").read_text())["peak_bytes"] < 256 << 20
    encoded = nest.run("parquet-encode", "-o", tmp_path / "out", "--stats", tmp_path / "stats", stdin=result.out)
    assert encoded.status == 0, encoded.err
    assert json.loads((tmp_path / "stats").read_text())["peak_bytes"] < 256 << 20


def test_the_longest_string_that_a_frame_holds(shred):
    """Columns take 64 MiB without 4 KiB; four bytes of them are the length of the string."""
    schema, most = "message m { required binary a; }", (64 << 20) - 4096 - 4
    shred(schema=schema, stdin=b'{"a":"' + b"x" * most + b'"}')
    result = shred(schema=schema, stdin=b'{"a":"' + b"x" * (most + 1) + b'"}', status=1)
    result.fatal(1, "^standard input, line 1, column 1: the record takes more bytes as columns than a frame can have$")


def test_a_string_of_64_mib_is_more_than_a_frame_holds(shred):
    schema = "message m { required binary a (STRING); }"
    content = b'{"a":"' + b"x" * (64 << 20) + b'"}\n{"a":"y"}\n'
    result = shred("--on-error", "skip", schema=schema, stdin=content)
    assert result.err == "nest-shred: warning: 1 record was skipped; --rejects FILE would keep them\n"
    shred(schema=schema, stdin=content, status=1).fatal(1, "^standard input, line 1, column 1: the record takes more bytes as columns than a frame can have$")


def test_small_records_can_be_too_large_as_columns(shred):
    """Empty structs of many leaves: three bytes each here, two thousand as levels."""
    leaves = " ".join(f"optional boolean f{i};" for i in range(1000))
    schema = f"message m {{ repeated group g {{ {leaves} }} }}"
    content = b'{"g":[]}\n{"g":[' + b",".join([b"{}"] * 35000) + b"]}\n"
    sentence = shred(schema=schema, stdin=content, status=1).fatal(1, "than a frame can have$")
    assert "line 2, column 1: " in sentence


def test_what_breaks_an_inferred_schema_says_what_helps(shred, tmp_path):
    file, infer = tmp_path / "in.jsonl", ["--infer-rows", 2]
    helps = "; the schema was inferred from the first records only: --infer-rows or --schema helps$"
    for line, sentence in [('{"n":"x"}', "an integer is due, not a string"), ('{"m":1}', "has no field 'm' here")]:
        file.write_text('{"n":1}\n{"n":2}\n' + line)
        for arguments in ([*infer, file], infer):
            stdin = b"" if file in arguments else file.read_bytes()
            shred(*arguments, stdin=stdin, status=1).fatal(1, f"line 3, .*{sentence}{helps}")
        assert parts(shred("--infer-rows", "all", stdin=file.read_bytes()))[0][0][0] == 3
    # What is no JSON in the first place is none with any schema.
    file.write_text('{"n":1}\n{"n":2}\n{"n":}')
    shred(*infer, file, status=1).fatal(1, "line 3, column 6, field n: a value is due, not '}'$")
    shred("--unknown", "ignore", *infer, stdin=b'{"n":1}\n{"n":2}\n{"m":1}')


# ---- what becomes of the process ----


def test_a_reader_that_is_gone_is_noticed_while_nothing_comes_in(nest, tmp_path):
    schema = tmp_path / "schema"
    schema.write_text(NUMBERED)
    command = nest.command("nest-shred", "--format", "jsonl", "--schema", schema)
    reader, writer = os.pipe()
    stage = start_stage("nest-shred", command, stdin=subprocess.PIPE, stdout=writer)
    os.close(writer)
    stage.process.stdin.write(b'{"n":1}\n')
    stage.process.stdin.flush()
    os.close(reader)
    stage.process.wait(LOST_S)
    stage.process.stdin.close()
    stage.result().fatal(3, "^the reader of standard output was lost, or wants no more$")


def test_an_interrupt_ends_a_wait_for_records(nest, started):
    command = nest.command("nest-shred", "--format", "jsonl")
    stage = start_stage("nest-shred", command, started, stdin=subprocess.PIPE, stdout=subprocess.PIPE)
    stage.process.stdin.write(b'{"n":1}\n')
    stage.process.stdin.flush()
    wait_until(lambda: stage.process.stdout.read1(1), "the hello")
    stage.process.send_signal(signal.SIGINT)
    stage.process.wait(LOST_S)
    stage.result().fatal(-signal.SIGINT, "^interrupted by signal 2")


def waits_for_more(stage):
    """It sleeps, and nothing is left in the pipe to it."""
    unread = fcntl.ioctl(stage.process.stdin, termios.FIONREAD, bytes(4))
    with open(f"/proc/{stage.process.pid}/stat") as file:
        return not any(unread) and file.read().rpartition(")")[2].split()[0] == "S"


@pytest.mark.parametrize("rows", [1000, "all"])
@pytest.mark.parametrize("head", [b"", b'{"n":1}\n'], ids=["nothing came", "a record came"])
def test_an_interrupt_ends_the_inferring_of_a_schema(nest, started, head, rows):
    command = nest.command("nest-shred", "--print-schema", "--format", "jsonl", "--infer-rows", rows)
    stage = start_stage("nest-shred", command, started, stdin=subprocess.PIPE, stdout=subprocess.PIPE)
    stage.process.stdin.write(head)
    stage.process.stdin.flush()
    wait_until(lambda: handles_signals(stage) and waits_for_more(stage), "a wait for more")
    stage.process.send_signal(signal.SIGINT)
    stage.process.wait(LOST_S)
    stage.result().fatal(-signal.SIGINT, "^interrupted by signal 2")
    assert stage.process.stdout.read() == b""


def test_a_file_that_grows_shorter_is_noticed(nest, tmp_path):
    file = tmp_path / "in.jsonl"
    file.write_bytes(b'{"n":1}\n' * 1_000_000)
    reader, writer = os.pipe()
    stage = start_stage("nest-shred", nest.command("nest-shred", file), stdout=writer)
    os.close(writer)
    with os.fdopen(reader, "rb") as out:
        out.read(1000)
        os.truncate(file, 100_000)
        out.read()
    stage.process.wait(LONG_S)
    stage.result().fatal(3, "has become shorter while it was read")


# ---- usage ----


@pytest.mark.parametrize(
    "arguments, status, sentence",
    [
        (["nosuch.jsonl"], 3, "unable to read nosuch.jsonl: No such file"),
        (["/"], 2, "/ is a directory"),
        (["--format", "frames", "/dev/null"], 2, "files hold records"),
        (["--from", "ipc://x", "--format", "jsonl"], 2, "--from takes frames"),
        (["--infer-rows", "none"], 2, "--infer-rows: 'none' is not a number"),
        (["--unknown", "keep="], 2, "--unknown: 'keep=' is none of"),
        (["--share", "2/2"], 2, "--share: 2/2: shares are numbered from 0"),
        (["--share", "0/2", "--format", "jsonl"], 2, "--share: standard input is no regular file"),
        (["--parts", "2", "--format", "jsonl"], 2, "--parts: standard input has no size"),
        (["--schema", "nosuch", "--format", "jsonl"], 3, "--schema: unable to open nosuch"),
        (["--format", "jsonl"], 1, "there is no record to infer a schema from"),
    ],
)
def test_usage(nest, tmp_path, arguments, status, sentence):
    result = nest.run("nest-shred", *arguments, cwd=tmp_path)
    result.fatal(status, sentence)


def test_a_schema_that_is_none(shred):
    shred("--format", "jsonl", schema="message m {", stdin=b"{}", status=1).fatal(1, "/schema: invalid message type at line 1")
