"""What lets readers skip: page indexes, bounds, size statistics, held against the values themselves.

The structs are read here by compact.py, field by field as parquet.thrift numbers them.
"""

import math
import random
import struct
import zlib

import pyarrow.parquet as pq
import pytest

from compact import footer, struct_at
from nestlib import end_frame, rows_frame, rows_stream

# ---- files ----

SCHEMA = """message m {
    required int32 n;
    optional int64 u (INTEGER(64,false));
    optional double d;
    optional fixed_len_byte_array(2) h (FLOAT16);
    optional binary s (STRING);
    optional binary b;
    optional binary z (DECIMAL(30,2));
    required fixed_len_byte_array(3) f (DECIMAL(6,0));
    optional boolean t;
    optional group l (LIST) { repeated group list { optional binary element (STRING); } }
    optional fixed_len_byte_array(12) i (INTERVAL);
}"""

ROWS = 3000


def integer_bytes(value, size=None):
    return value.to_bytes(size or value.bit_length() // 8 + 1, "big", signed=True)


def make_row(rng, row):
    """Nulls, NaNs and long texts, here and there for so long that pages have nothing else."""
    def maybe(value, share=0.3):
        return None if rng.random() < share or 700 <= row < 1500 else value

    real = math.nan if 1600 <= row < 1610 else rng.choice([row / 7, -row, -0.0, 0.0, math.inf, math.nan])
    text = rng.choice(["", "é" * rng.randrange(60), "þ" * rng.randrange(2000), f"{row:08}"])
    return [
        row // 3, maybe(rng.randrange(2**64)), maybe(real), maybe(struct.pack("<e", rng.choice([row / 8, -1.5, -0.0]))),
        maybe(text), maybe(b"\xff" * 100 if row > 2500 else rng.randbytes(rng.randrange(90))),
        maybe(integer_bytes(rng.randrange(-(10**29), 10**29) // 10 ** rng.randrange(29))),
        integer_bytes(rng.randrange(-(10**6), 10**6), 3), maybe(rng.random() < 0.5),
        maybe([maybe(f"{rng.randrange(50)}") for _ in range(rng.randrange(4))]), maybe(bytes(12)),
    ]  # fmt: skip


@pytest.fixture(scope="module")
def rows():
    rng = random.Random(5)
    return [make_row(rng, row) for row in range(ROWS)]


SMALL = ["--row-group-rows", 1800, "--page-rows", 200]


@pytest.fixture(scope="module", params=["on", "off"])
def content(nest, tmp_path_factory, rows, request):
    out = tmp_path_factory.mktemp("skipping") / "out"
    encode = [*SMALL, "--dictionary", request.param]
    nest.pipeline(out, source=rows_stream(SCHEMA, rows), encode=encode)
    (path,) = out.glob("*.parquet")
    return path.read_bytes()


# ---- the values, as they are ordered ----


def real(layout):
    return lambda value: struct.unpack(layout, value)[0] if isinstance(value, bytes) else value


# Of each leaf: a value of a row as one that compares as the type does, and a bound.
KEYS = {
    "n": (int, lambda bound: int.from_bytes(bound, "little", signed=True)),
    "u": (int, lambda bound: int.from_bytes(bound, "little")),
    "d": (float, real("<d")),
    "h": (real("<e"), real("<e")),
    "s": (str.encode, bytes),
    "b": (bytes, bytes),
    "z": (lambda value: int.from_bytes(value, "big", signed=True),) * 2,
    "f": (lambda value: int.from_bytes(value, "big", signed=True),) * 2,
    "t": (bool, lambda bound: bound == b"\1"),
    "l": (str.encode, bytes),
    "i": (bytes, bytes),
}


def entries_of(name, values):
    """Of the rows' values the leaf's: the repetition level, the definition level and the value of each."""
    for value in values:
        if name != "l":
            yield 0, int(name not in "nf" and value is not None), value
        elif not value:
            yield 0, int(value is not None), None
        else:
            for number, element in enumerate(value):
                yield int(number > 0), 2 + (element is not None), element


class Truth:
    """What is to be said of these values of leaf NAME."""

    def __init__(self, name, values):
        entries = list(entries_of(name, values))
        keys = [KEYS[name][0](value) for _, _, value in entries if value is not None]
        numbers = [key for key in keys if key == key]
        self.nulls, self.nans = len(entries) - len(keys), len(keys) - len(numbers)
        self.low, self.high = min(numbers, default=None), max(numbers, default=None)
        self.reps = [sum(entry[0] == level for entry in entries) for level in range(2)] if name == "l" else []
        self.defs = [sum(entry[1] == level for entry in entries) for level in range(4)] if name == "l" else []
        self.value_bytes = sum(map(len, keys)) if name in "sbzl" and keys and isinstance(keys[0], bytes) else None
        self.is_null = not keys


def check_bounds(name, truth, low, high, is_exact):
    to_key = KEYS[name][1]
    if is_exact:
        assert (to_key(low), to_key(high)) == (truth.low, truth.high)
        # A zero has the sign that widens.
        if isinstance(truth.low, float):
            assert truth.low != 0 or math.copysign(1, to_key(low)) == -1
            assert truth.high != 0 or math.copysign(1, to_key(high)) == 1
    else:
        assert to_key(low) <= truth.low and truth.high <= to_key(high)
        low.decode() + high.decode() if name == "s" else None


def leaves(content):
    """Each chunk of the file: its leaf's name, number of the leaf, the rows before its row group, and its structs."""
    first = 0
    for group in footer(content)[4]:
        for leaf, chunk in enumerate(group[1]):
            yield chunk[3][3][0].decode(), leaf, first, group[3], chunk
        first += group[3]


def test_chunks_tell_of_their_values(content, rows):
    seen = set()
    for name, leaf, first, count, chunk in leaves(content):
        truth, metadata = Truth(name, [row[leaf] for row in rows[first : first + count]]), chunk[3]
        statistics, sizes = metadata[12], metadata[16]
        assert statistics[3] == truth.nulls and statistics.get(9, 0) == truth.nans
        assert (9 in statistics) == (name in "dh")
        assert sizes.get(2, []) == truth.reps and sizes.get(3, []) == truth.defs
        if name in "sbl":
            assert sizes[1] == truth.value_bytes
        assert (5 in statistics) == (6 in statistics) == (name != "i")
        if 5 in statistics:
            assert statistics[7] == (len(statistics[5]) <= 1024 and KEYS[name][1](statistics[5]) == truth.high)
            check_bounds(name, truth, statistics[6], statistics[5], statistics[7] and statistics[8])
            seen.add((name, statistics[7]))
    assert {("s", False), ("h", True), ("z", True), ("f", True)} <= seen


def test_indexes_tell_of_every_page(content, rows):
    seen = set()
    for name, leaf, first, count, chunk in leaves(content):
        offsets, end = struct_at(content, chunk[4])
        assert end == chunk[4] + chunk[5]
        pages = offsets[1]
        starts = [page[3] for page in pages]
        ends = [*starts[1:], count]
        truths = [
            Truth(name, [row[leaf] for row in rows[first + start : first + stop]])
            for start, stop in zip(starts, ends)
        ]
        # Pages stand where they are said to, one behind another, to the end of the chunk.
        assert starts[0] == 0 and pages[0][1] == chunk[3][9]
        for page, truth, after in zip(pages, truths, [*pages[1:], None]):
            header, body = struct_at(content, page[1])
            assert body - page[1] + header[3] == page[2]
            assert header[5][1] == truth.nulls + sum(truth.defs[3:]) if name == "l" else header[5][1] > 0
            assert after is None or after[1] == page[1] + page[2]
            # What the index says is not said here again.
            assert 5 not in header[5]
        begin = chunk[3].get(11, pages[0][1])
        assert pages[-1][1] + pages[-1][2] == begin + chunk[3][7]
        assert (2 in offsets) == (name in "sbzl")
        if name in "sbl":
            assert offsets[2] == [truth.value_bytes or 0 for truth in truths]
        # No bounds: of a type without an order, of bytes that nothing is above, of a page of NaNs.
        lacks = name == "i" or (name == "b" and first > 0)
        assert (6 in chunk) != lacks
        if lacks:
            continue
        index, end = struct_at(content, chunk[6])
        assert end == chunk[6] + chunk[7]
        assert index[1] == [truth.is_null for truth in truths]
        assert index[5] == [truth.nulls for truth in truths]
        assert (8 in index) == (name in "dh")
        assert index.get(8, [truth.nans for truth in truths]) == [truth.nans for truth in truths]
        assert index.get(6, []) == [count for truth in truths for count in truth.reps]
        assert index.get(7, []) == [count for truth in truths for count in truth.defs]
        for low, high, truth in zip(index[2], index[3], truths):
            if truth.is_null:
                assert low == high == b""
            else:
                check_bounds(name, truth, low, high, name not in "sbl")
                assert len(low) <= 64 and len(high) <= 68
        keys = [[KEYS[name][1](bound) for bound, truth in zip(bounds, truths) if not truth.is_null] for bounds in
                (index[2], index[3])]  # fmt: skip
        ascending, descending = (all(key == sorted(key)[::step] for key in keys) for step in (1, -1))
        order = 1 if ascending else 2 if descending else 0
        assert index[4] == order
        seen.add((name, order))
        seen.add((name, any(truth.is_null for truth in truths)))
    assert {("n", 1), ("u", 0), ("s", True), ("l", True)} <= seen


def test_indexes_stand_between_the_row_groups_and_the_footer(content):
    chunks = [chunk for *_, chunk in leaves(content)]
    data = max(chunk[3].get(11, chunk[3][9]) + chunk[3][7] for chunk in chunks)
    places = [(chunk[6], chunk[7]) for chunk in chunks if 6 in chunk] + [(chunk[4], chunk[5]) for chunk in chunks]
    for offset, size in places:
        assert offset == data
        data += size
    assert data == len(content) - 8 - int.from_bytes(content[-8:-4], "little")


def test_row_groups_that_are_rebuilt_keep_their_orders(nest, tmp_path, content):
    (tmp_path / "a.parquet").write_bytes(content)
    out = tmp_path / "out.parquet"
    result = nest.run("parquet-merge", "-o", out, "--row-group-rows", ROWS, tmp_path / "a.parquet")
    assert (result.status, result.err) == (0, "")
    checked = nest.run("parquet-merge", "--check", out)
    assert (checked.status, checked.err) == (0, "")
    assert pq.read_metadata(out).num_row_groups == 1


def test_one_file_of_all_parts(nest, tmp_path):
    columns = nest.run("nest-shred", stdin=nest.run("nest-gen", "-n", 3000, "--parts", 3, "contacts").out).out
    options = ["--page-rows", 256, "--row-group-rows", 512, "--page-checksum", "on", "--column", "name:bloom=0.001"]
    for output in ("-", "out.parquet"):
        result = nest.run("parquet-encode", "-o", output, *options, stdin=columns, cwd=tmp_path)
        assert (result.status, result.err) == (0, "")
        if output == "-":
            (tmp_path / "stdout.parquet").write_bytes(result.out)
    content = (tmp_path / "out.parquet").read_bytes()
    assert (tmp_path / "stdout.parquet").read_bytes() == content
    chunks = [chunk for *_, chunk in leaves(content)]
    assert len(chunks) == 18 and all({4, 6} <= set(chunk) for chunk in chunks)
    blooms = [(chunk[3][14], chunk[3][15]) for chunk in chunks if 14 in chunk[3]]
    assert len(blooms) == 6 and all(struct_at(content, at)[0][1] + 15 <= size <= 2**12 for at, size in blooms)
    checked = nest.run("parquet-merge", "--check", "out.parquet", cwd=tmp_path)
    assert (checked.status, checked.err) == (0, "")


def test_a_page_of_nans_has_no_column_index(nest, tmp_path):
    schema = "message m { required double d; required float f; }"
    rows = [[math.nan if row < 256 else 1.0, math.nan if row % 2 else 1.0] for row in range(512)]
    nest.pipeline(tmp_path / "out", source=rows_stream(schema, rows), encode=["--page-rows", 256])
    (path,) = (tmp_path / "out").glob("*.parquet")
    d, f = (chunk for *_, chunk in leaves(path.read_bytes()))
    assert 4 in d and 6 not in d and 4 in f and 6 in f
    group = pq.read_metadata(path).row_group(0)
    assert not group.column(0).has_column_index and group.column(0).has_offset_index


@pytest.mark.parametrize("options", [[], ["--compression", "zstd"], ["--page-version", 2, "--dictionary", "off"]])
def test_pages_have_checksums(nest, tmp_path, options):
    nest.pipeline(tmp_path / "out", encode=["--page-checksum", "on", "--page-rows", 256, *options])
    (path,) = (tmp_path / "out").glob("*.parquet")
    content, count = path.read_bytes(), 0
    for *_, chunk in leaves(content):
        at = chunk[3].get(11, chunk[3][9])
        end = at + chunk[3][7]
        while at < end:
            header, body = struct_at(content, at)
            assert header[4] % 2**32 == zlib.crc32(content[body : body + header[3]])
            at, count = body + header[3], count + 1
    assert count > 10
    assert len(pq.read_table(path, page_checksum_verification=True)) == 1000
    assert nest.run("parquet-merge", "--check", path).status == 0
    damaged = bytearray(content)
    damaged[end - 1] ^= 1
    (tmp_path / "damaged.parquet").write_bytes(damaged)
    nest.run("parquet-merge", "--check", tmp_path / "damaged.parquet").fatal(1, "page at byte [0-9]+: its CRC-32 is ")


def test_without_an_index_pages_have_statistics(nest, tmp_path):
    for index in ("on", "off"):
        nest.pipeline(tmp_path / index, encode=["--page-index", index, "--page-rows", 256])
        (path,) = (tmp_path / index).glob("*.parquet")
        content = path.read_bytes()
        for _, _, _, _, chunk in leaves(content):
            header, _ = struct_at(content, chunk[3][9])
            assert (5 in header[5]) == (index == "off") == (4 not in chunk)
            assert 16 in chunk[3]


# ---- rows that are sorted ----

SORTED = """message m { required int32 a; optional binary b (STRING); optional double c;
    repeated int32 l; required int96 t; required boolean f; optional binary d (DECIMAL(9,0)); }"""


def sorted_rows(keys):
    """Rows whose a, b, c, f and d are KEYS."""
    return [[a, b, c, [], bytes(12), f, None if d is None else integer_bytes(d)] for a, b, c, f, d in keys]


def encode_sorted(nest, tmp_path, keys, *options, frames=1):
    rows, size = sorted_rows(keys), -(-len(keys) // frames)
    pieces = [rows[at : at + size] for at in range(0, len(rows), size)]
    stream = b"".join(
        rows_frame(SORTED, piece, first=number * size, last=number == len(pieces) - 1)
        for number, piece in enumerate(pieces)
    )
    columns = nest.run("nest-shred", stdin=stream + end_frame(len(pieces), len(rows)))
    out = tmp_path / "sorted.parquet"
    return out, nest.run("parquet-encode", "-o", out, *options, stdin=columns.out)


BY_ALL = ["--sorted-by", "a", "--sorted-by", "b:desc", "--sorted-by", "c:nulls-first", "--sorted-by", "d"]
IN_ORDER = [
    (1, "b", None, True, 3), (1, "b", None, True, 3), (1, "b", -0.0, False, 1), (1, "b", 0.0, True, 2),
    (1, "b", math.inf, True, 0), (1, "b", math.nan, True, -1), (1, "b", math.nan, True, 300), (1, "a", 1.0, True, 0),
    (1, None, -1.0, True, -300), (1, None, -1.0, True, -2), (1, None, -1.0, True, None), (2, "z", 5.0, True, 0),
]  # fmt: skip


@pytest.mark.parametrize("frames", [1, 3, 12])
def test_rows_that_are_sorted(nest, tmp_path, frames):
    path, result = encode_sorted(nest, tmp_path, IN_ORDER, *BY_ALL, frames=frames)
    assert (result.status, result.err) == (0, "")
    columns = [(column.column_index, column.descending, column.nulls_first) for column in
               pq.read_metadata(path).row_group(0).sorting_columns]  # fmt: skip
    assert columns == [(0, False, False), (1, True, False), (2, False, True), (6, False, False)]
    # Any two that stand the other way round are refused with the first key at which that shows.
    for row in range(1, len(IN_ORDER)):
        above, below = IN_ORDER[row - 1], IN_ORDER[row]
        keys = [*IN_ORDER[: row - 1], below, above, *IN_ORDER[row + 1 :]]
        _, result = encode_sorted(nest, tmp_path, keys, *BY_ALL, frames=frames)
        # Zeros of both signs are equal, and so are NaNs.
        pairs = {i: {str(above[i]), str(below[i])} for i in (0, 1, 2, 4) if above[i] != below[i]}
        differs = next((i for i in pairs if pairs[i] != {"nan"}), None)
        if differs is None:
            assert result.status == 0
        else:
            name = "abcfd"[differs]
            result.fatal(1, f"column {name}, row {row}: the row before it is to come behind it by --sorted-by$")


def test_what_rows_cannot_be_sorted_by(nest, tmp_path):
    for options, pattern in {
        "x": "--sorted-by: column x is not in the schema; the nearest is ",
        "l": "--sorted-by: column l is of a list$",
        "t": "--sorted-by: column t is of a type without an order$",
        "a a:desc": "--sorted-by: column a is given twice$",
        "a:up": "^--sorted-by 'a:up': 'up' stands where desc or nulls-first may, each once$",
        "a:desc:desc": "'desc' stands where",
        "a:nulls-first:nulls-first": "'nulls-first' stands where",
        "a:": "'' stands where",
        ":desc": "^--sorted-by ':desc': a name is empty$",
    }.items():
        words = [word for option in options.split() for word in ("--sorted-by", option)]
        _, result = encode_sorted(nest, tmp_path, IN_ORDER[:1], *words)
        result.fatal(2, pattern)
    _, result = encode_sorted(nest, tmp_path, IN_ORDER[::-1], "--sorted-by", "a:nulls-first:desc")
    assert result.status == 0
    _, result = encode_sorted(nest, tmp_path, IN_ORDER[::-1], "--sorted-by", "f")
    result.fatal(1, "column f, row 9: ")


def test_row_groups_beyond_their_ordinals(nest, tmp_path):
    """A row group has 256 rows at least, so that it takes many to have more than 16 bits can number."""
    (tmp_path / "one.recipe").write_text("message one { required boolean a: true; }\n")
    for groups, warnings in ((32768, 0), (32769, 1)):
        gen = ["--rows", 256 * groups, tmp_path / "one.recipe"]
        columns = nest.run("nest-shred", stdin=nest.run("nest-gen", *gen).out).out
        path = tmp_path / f"{groups}.parquet"
        options = ["--row-group-rows", 256, "--page-index", "off", "--dictionary", "off"]
        result = nest.run("parquet-encode", "-o", path, *options, stdin=columns)
        assert result.status == 0 and result.err.count("those from 32768 on have no ordinal") == warnings
        assert ("part 0 has 32769 row groups, and" in result.err) == (warnings > 0)
