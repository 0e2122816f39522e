"""parquet-merge --check: a page index, a bloom filter or a count that would make readers skip what is there."""

import io
import struct

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from compact import footer, struct_at, with_footer
from nestlib import rows_stream
from test_check_files import assert_sound, check, little, zigzag  # noqa: F401

ROWS = 3000
TABLE = pa.table(
    {
        "n": pa.array(range(ROWS), pa.int64()),
        "d": pa.array([None if row % 10 == 0 else float("nan") if row % 7 == 0 else row / 2 for row in range(ROWS)]),
        "l": pa.array([[str(row)] * (row % 4) if row % 5 else None for row in range(ROWS)], pa.list_(pa.string())),
    }
)


def pyarrow_file():
    buffer = io.BytesIO()
    pq.write_table(
        TABLE, buffer, compression="none", use_dictionary=False, data_page_size=8000, write_page_index=True,
        bloom_filter_options={"n": True},
    )  # fmt: skip
    return buffer.getvalue()


SCHEMA = """message m { required int64 n; optional double d;
    optional group l (LIST) { repeated group list { optional binary element (STRING); } } }"""


def own_file(nest, folder):
    rows = list(zip(*(TABLE[name].to_pylist() for name in TABLE.column_names)))
    rows = rows_stream(SCHEMA, [list(row) for row in rows])
    nest.pipeline(folder / "own", source=rows, encode=["--dictionary", "off", "--page-rows", 800, "--column", "n:bloom=on"])
    (path,) = (folder / "own").glob("*.parquet")
    return path.read_bytes()


@pytest.fixture(scope="module")
def files(nest, tmp_path_factory):
    return {"pyarrow": pyarrow_file(), "own": own_file(nest, tmp_path_factory.mktemp("index"))}


def chunk_of(content, name):
    return next(chunk for chunk in footer(content)[4][0][1] if chunk[3][3][0].decode() == name)


def patched(content, start, size, old, new, which=0):
    """CONTENT with the occurrence WHICH of OLD within SIZE bytes from START on replaced."""
    at, end = start - 1, start + size
    for _ in range(which + 1):
        at = content.index(old, at + 1, end)
    assert len(old) == len(new)
    return content[:at] + new + content[at + len(old) :]


def number(value):
    return b"\x16" + zigzag(value)


def size_of(value):
    return b"\x15" + zigzag(value)


def list_of(values):
    head = bytes([len(values) << 4 | 6]) if len(values) < 15 else b"\xf6" + bytes([len(values)])
    return head + b"".join(zigzag(value) for value in values)


def lies(content):
    """Of a sound file others, each with what is to be said of it."""
    n, d, l = (chunk_of(content, name) for name in "ndl")
    offsets, bounds = (lambda chunk: (chunk[4], chunk[5])), (lambda chunk: (chunk[6], chunk[7]))
    tail = len(content) - 8 - int.from_bytes(content[-8:-4], "little")
    end = (tail, len(content) - tail)
    pages = struct_at(content, n[4])[0][1]
    index, nan_index, list_index = (struct_at(content, chunk[6])[0] for chunk in (n, d, l))
    second = pages[1][1]
    page = f"column n: page at byte {second}: "
    list_bytes = struct_at(content, l[4])[0].get(2)
    minimum = int.from_bytes(index[2][1], "little")
    maximum = int.from_bytes(index[3][1], "little")
    first_d, first_l = d[3][9], l[3][9]
    nulls, nans = nan_index[5], nan_index.get(8)
    reps, defs = list_index[6], list_index[7]
    sizes = l[3][16]
    yield patched(content, *offsets(n), number(second), number(second + 1)), (
        page + f"the offset index tells of offset {second + 1}, but it is {second}$"
    )
    yield patched(content, *offsets(n), size_of(pages[1][2]), size_of(pages[1][2] + 1), 1), (
        page + f"the offset index tells of size {pages[1][2] + 1}, but it is {pages[1][2]}$"
    )
    yield patched(content, *offsets(n), number(pages[1][3]), number(pages[1][3] - 1)), (
        page + f"the offset index tells of first row {pages[1][3] - 1}, but it is {pages[1][3]}$"
    )
    yield patched(content, *bounds(n), little(minimum), little(minimum + 1)), (
        page + "the minimum in the column index is greater than a value$"
    )
    yield patched(content, *bounds(n), little(maximum), little(maximum - 1)), (
        page + "the maximum in the column index is less than a value$"
    )
    yield patched(content, *bounds(n), b"\x02\x02", b"\x02\x01"), (
        page + "the column index tells of nulls alone, but it has values$"
    )
    yield patched(content, *bounds(n), size_of(1), size_of(2)), (
        page + "its bounds in the column index are not in descending order$"
    )
    yield patched(content, *bounds(n), size_of(1), size_of(3)), (
        "column n: the column index is invalid: its order of boundaries is unknown$"
    )
    yield patched(content, *bounds(d), list_of(nulls), list_of([nulls[0] + 1, *nulls[1:]])), (
        f"column d: page at byte {first_d}: the column index tells of nulls {nulls[0] + 1}, but it is {nulls[0]}$"
    )
    if nans:
        yield patched(content, *bounds(d), list_of(nans), list_of([nans[0] - 1, *nans[1:]])), (
            f"column d: page at byte {first_d}: the column index tells of NaNs {nans[0] - 1}, but it is {nans[0]}$"
        )
    for what, told in (("repetition", reps), ("definition", defs)):
        yield patched(content, *bounds(l), list_of(told), list_of([told[0] + 1, *told[1:]])), (
            f"column l.list.element: page at byte {first_l}: the column index tells of {what} levels {told[0] + 1}, "
            f"but it is {told[0]}$"
        )
        totals = sizes[2 if what == "repetition" else 3]
        yield patched(content, *end, list_of(totals), list_of([totals[0] + 1, *totals[1:]])), (
            f"column l.list.element: its size statistics tell of {totals[0] + 1} {what} levels of a kind, but there "
            f"are {totals[0]}$"
        )
    yield patched(content, *offsets(l), list_of(list_bytes), list_of([list_bytes[0] + 1, *list_bytes[1:]])), (
        f"page at byte {first_l}: the offset index tells of bytes of values {list_bytes[0] + 1}, but it is "
        f"{list_bytes[0]}$"
    )
    yield patched(content, *end, number(sizes[1]), number(sizes[1] + 1)), (
        f"its size statistics tell of {sizes[1] + 1} bytes of values, but there are {sizes[1]}$"
    )
    counts = {(kind[1], kind[2]): kind[3] for kind in n[3][13]}
    assert counts == {(0, 0): len(pages)}
    stats = b"\x15\x00\x15\x00" + size_of(len(pages))
    yield patched(content, *end, stats, stats[:-1] + bytes([stats[-1] + 2])), (
        f"column n: its encoding statistics tell of {len(pages) + 1} data pages in PLAIN, but there are {len(pages)}$"
    )
    yield patched(content, *end, stats, b"\x15\x00\x15\x06" + stats[4:]), (
        f"column n: its encoding statistics tell of 0 data pages in PLAIN, but there are {len(pages)}$"
    )
    kind = b"\x1c" + stats + b"\0"
    yield with_footer(content, kind, b"\x2c" + kind[1:] + b"\x15\x04\x15\x00\x15\x02\0"), (
        f"column n: its encoding statistics tell of {len(pages) + 1} pages, but there are {len(pages)}$"
    )
    yield patched(content, *end, number(n[4]), number(n[4] + len(content) - n[4])), (
        f"column n: the offset index, {n[5]} bytes at byte {len(content)}, lies outside the file$"
    )
    yield patched(content, *end, number(n[4]), b"\x16" + padded(0, len(number(n[4])) - 1)), (
        "column n: it has a column index and no offset index$"
    )
    # Writers differ on nulls in lists; and some tell of indexes that they have not written, of no bytes.
    list_nulls = list_index[5]
    yield patched(content, *bounds(l), list_of(list_nulls), list_of([list_nulls[0] + 1, *list_nulls[1:]])), None
    zero = lambda size: b"\x15" + padded(0, len(size_of(size)) - 1)
    unbound = patched(content, *end, number(n[6]) + size_of(n[7]), number(n[6]) + zero(n[7]))
    yield unbound, None
    yield patched(unbound, *end, number(n[4]) + size_of(n[5]), number(n[4]) + zero(n[5])), None
    # Without the column index, which has other pages, too.
    bare = patched(content, *end, number(n[6]), b"\x16" + padded(0, len(number(n[6])) - 1))
    place = number(n[4]) + size_of(n[5])
    for kept, pattern in (
        (pages[:-1], f"column n: page at byte {pages[-1][1]}: the offset index has no such page$"),
        ([*pages, pages[-1]], f"its offset index has {len(pages) + 1} pages, but there are {len(pages)}$"),
    ):
        other = offset_index(kept)
        moved = number(tail) + b"\x15" + padded(2 * len(other), len(place) - len(number(tail)) - 1)
        changed = patched(bare, *end, place, moved)
        yield changed[:tail] + other + changed[tail:], pattern
    statistics = n[3][12]
    exact = b"\x28\x08" + statistics[5] + b"\x18\x08" + statistics[6] + b"\x11\x11"
    above = b"\x28\x08" + little(ROWS) + b"\x18\x08" + statistics[6] + b"\x11\x11"
    below = b"\x28\x08" + statistics[5] + b"\x18\x08" + little(2**64 - 1) + b"\x11\x11"
    yield patched(content, *end, exact, above), "column n: the maximum in the footer is told to be a value, and is none$"
    yield patched(content, *end, exact, below), "column n: the minimum in the footer is told to be a value, and is none$"
    # What is not told to be a value may be beyond all.
    yield patched(content, *end, exact, above[:-2] + b"\x12\x11"), None
    yield patched(content, *end, exact, below[:-2] + b"\x11\x12"), None
    if nans:
        (total,) = (d[3][12][9],)
        told = b"\x11\x11" + number(total)
        yield patched(content, *end, told, told[:-1] + bytes([told[-1] + 1])), (
            f"column d: the footer tells of [0-9]+ NaNs, and there are {total}$"
        )
    if 14 in n[3]:
        yield from lies_of_filter(content, n[3], end)


def padded(value, size):
    """A number in more bytes than it needs."""
    return bytes([value >> 7 * i & 0x7F | 0x80 for i in range(size - 1)]) + bytes([value >> 7 * (size - 1)])


def replaced(content, start, piece):
    return content[:start] + piece + content[start + len(piece) :]


def offset_index(pages):
    places = [number(page[1]) + size_of(page[2]) + number(page[3]) + b"\0" for page in pages]
    assert len(pages) < 15
    return b"\x19" + bytes([len(pages) << 4 | 12]) + b"".join(places) + b"\0"


def lies_of_filter(content, metadata, end):
    offset, size = metadata[14], metadata[15]
    header, bits = struct_at(content, offset)
    yield replaced(content, bits, bytes(header[1])), (
        f"column n: page at byte {metadata[9]}: the bloom filter has not its value 0$"
    )
    whole = size_of(size)
    yield patched(content, *end, number(offset) + whole, number(offset) + whole[:-1] + bytes([whole[-1] + 1])), (
        f"column n: the bloom filter has {size} bytes, and the footer tells of [0-9]+$"
    )
    yield patched(content, offset, size, size_of(header[1]), size_of(header[1] + 1)), (
        "column n: the bloom filter is invalid: its size is not that of blocks$"
    )
    # Algorithm, hash and compression, each the first of its kind.
    kinds = b"\x1c\x1c\0\0"
    for which in range(3):
        yield patched(content, offset, bits - offset, kinds, b"\x1c\x2c\0\0", which), (
            "column n: the bloom filter is invalid: its algorithm, its hash or its compression is not known$"
        )
    yield patched(content, *end, number(offset), number(len(content))), (
        f"column n: the bloom filter at byte {len(content)} lies outside the file$"
    )


@pytest.mark.parametrize("name", ["pyarrow", "own"])
def test_a_lie_is_told(check, tmp_path, files, name):  # noqa: F811
    (tmp_path / "sound.parquet").write_bytes(files[name])
    assert_sound(check(tmp_path / "sound.parquet"))
    count = 0
    for content, pattern in lies(files[name]):
        (tmp_path / "a.parquet").write_bytes(content)
        result = check(tmp_path / "a.parquet")
        if pattern is None:
            assert_sound(result)
        else:
            result.fatal(1, pattern)
        count += 1
    assert count >= 24


def test_an_index_of_a_writer_without_statistics(check, tmp_path):  # noqa: F811
    """parquet-mr tells of pages of nulls alone, and of -1 of them, where it has no statistics."""
    buffer = io.BytesIO()
    pq.write_table(pa.table({"a": pa.array([1, 2], pa.int32())}), buffer, write_page_index=True, use_dictionary=False)
    content = buffer.getvalue()
    chunk = footer(content)[4][0][1][0]
    bounds = b"\x19\x11\x01\x19\x18\x00\x19\x18\x00\x15\x02"
    for nulls, pattern in ((b"\x19\x16\x01", None), (b"\x19\x16\x00", "tells of nulls alone, but it has values$")):
        index = bounds + nulls
        left = chunk[7] - len(index) - 3
        index += b"\x98" + bytes([left]) + bytes(left) + b"\0"
        (tmp_path / "a.parquet").write_bytes(replaced(content, chunk[6], index))
        result = check(tmp_path / "a.parquet")
        assert_sound(result) if pattern is None else result.fatal(1, pattern)


def of_two_pages(nest, folder, value):
    """A file of two pages of VALUE alone, an int32 so deep that there is room in its column index."""
    depth = 12
    schema = "message m { " + "optional group g { " * depth + "optional int32 a; " + "} " * depth + "}"
    for _ in range(depth if value is not None else 0):
        value = [value]
    encode = ["--dictionary", "off", "--page-rows", 900]
    nest.pipeline(folder / f"{value}", source=rows_stream(schema, [[value]] * 1800), encode=encode)
    (path,) = (folder / f"{value}").glob("*.parquet")
    return path.read_bytes()


def with_index(content, index):
    """CONTENT with the column index INDEX; what is left of the one that was there is a field that nobody knows."""
    chunk = footer(content)[4][0][1][0]
    assert len(struct_at(content, chunk[4])[0][1]) == 2
    left = chunk[7] - len(index) - 3
    return replaced(content, chunk[6], index + b"\x98" + bytes([left]) + bytes(left) + b"\0")


def bounds_of_two(nulls, minima, maxima, order):
    lists = [b"\x19\x28" + b"".join(bytes([len(bound)]) + bound for bound in bounds) for bounds in (minima, maxima)]
    return b"\x19\x21" + bytes([2 - nulls]) * 2 + b"".join(lists) + size_of(order)


def test_bounds_that_are_no_values(nest, check, tmp_path):  # noqa: F811
    """Of pages without values anything may be told, also that they have some."""
    nulls, ones = of_two_pages(nest, tmp_path, None), of_two_pages(nest, tmp_path, 1)
    path, told = tmp_path / "a.parquet", [little(1)[:4]] * 2
    for lie in ([], [b"\1", b"\2"], [b"", b""]):
        for bounds in ((lie, told), (told, lie)) if lie else ((told, told),):
            for order in (0, 1, 2):
                index = bounds_of_two(0, *bounds, order)
                path.write_bytes(with_index(nulls, index))
                assert_sound(check(path))
                path.write_bytes(with_index(ones, index))
                result = check(path)
                if lie:
                    result.fatal(1, "page at byte 4: the column index has a bound that is no value$")
                else:
                    assert_sound(result)


@pytest.mark.parametrize("order, word", [(1, "ascending"), (2, "descending")])
def test_bounds_in_another_order(nest, check, tmp_path, order, word):  # noqa: F811
    """Of both, of the minima alone, and of the maxima alone; pages of nulls have no place in it."""
    ones, path = of_two_pages(nest, tmp_path, 1), tmp_path / "a.parquet"
    second = struct_at(ones, footer(ones)[4][0][1][0][4])[0][1][1][1]
    bounds = lambda *values: [little(value)[:4] for value in values]
    wrong = (lambda first, then: bounds(then, first)) if order == 1 else bounds
    right = bounds if order == 1 else lambda first, then: bounds(then, first)
    same = bounds(1, 1)
    for minima, maxima in ((wrong(0, 1), wrong(1, 2)), (wrong(0, 1), same), (same, wrong(1, 2)), (right(0, 1), wrong(1, 2))):
        path.write_bytes(with_index(ones, bounds_of_two(0, minima, maxima, order)))
        check(path).fatal(1, f"page at byte {second}: its bounds in the column index are not in {word} order$")
        path.write_bytes(with_index(ones, bounds_of_two(0, minima, maxima, 0)))
        assert_sound(check(path))
    for minima, maxima in ((right(0, 1), right(1, 2)), (same, same), (right(0, 1), same)):
        path.write_bytes(with_index(ones, bounds_of_two(0, minima, maxima, order)))
        assert_sound(check(path))
    nulls = of_two_pages(nest, tmp_path, None)
    path.write_bytes(with_index(nulls, bounds_of_two(1, wrong(0, 1), wrong(1, 2), order)))
    assert_sound(check(path))


def test_row_groups_that_are_rebuilt(nest, check, tmp_path):  # noqa: F811
    """Their bounds are cut where they are long, and their size statistics are counted anew."""
    texts = [["é" * 1500 + str(row), None, "z", "ÿ" * 2000][row % 4] for row in range(400)]
    halves = [f"{row:05}".encode()[-2:] for row in range(400)]
    table = pa.table({"s": texts, "h": pa.array(halves, pa.binary(2)), "l": [[text] * 2 for text in texts]})
    for part in range(4):
        pq.write_table(table.slice(100 * part, 100), tmp_path / f"{part}.parquet")
    parts = [tmp_path / f"{part}.parquet" for part in range(4)]
    out = tmp_path / "out.parquet"
    assert nest.run("parquet-merge", "-o", out, "--row-group-rows", 1000, *parts).status == 0
    assert_sound(check(out))
    assert pq.read_table(out) == table
    (group,) = footer(out.read_bytes())[4]
    for chunk in group[1]:
        metadata, name = chunk[3], chunk[3][3][0]
        statistics = metadata[12]
        assert (statistics[7], statistics[8]) == (name == b"h", True)
        if name != b"h":
            assert statistics[5].decode() == "ÿ" * 511 + "Ā"
            assert metadata[16][1] == sum(len(text.encode()) for text in texts if text) * (2 if name == b"l" else 1)
        assert metadata[16].get(2, []) == ([400, 400] if name == b"l" else [])


@pytest.mark.parametrize("version", [1, 2])
def test_a_header_that_lies(nest, check, tmp_path, version):  # noqa: F811
    """NaNs are told here alone, and bounds to be values, where there is no page index."""
    rows = rows_stream("message m { optional double d; }", [[None], [float("nan")], [1.5], [2.5]])
    nest.pipeline(tmp_path / "own", source=rows, encode=["--page-index", "off", "--page-version", version])
    (path,) = (tmp_path / "own").glob("*.parquet")
    content, place = path.read_bytes(), "column d: page at byte 4: "
    header, end = struct_at(content, 4)
    assert_sound(check(path))
    told = header[8][8] if version == 2 else header[5][5]
    assert (told[3], told[7], told[8], told[9]) == (1, True, True, 1)
    for old, new, problem in (
        (b"\x36\x02\x28", b"\x36\x04\x28", "the header tells of 2 nulls, and there are 1$"),
        (b"\x11\x11" + number(1), b"\x11\x11" + number(0), "the header tells of 0 NaNs, and there are 1$"),
        (told[5], struct.pack("<d", 1e9), "the maximum in the header is told to be a value, and is none$"),
        (told[6], struct.pack("<d", 2), "the minimum in the header is greater than a value$"),
    ):
        path.write_bytes(patched(content, 4, end - 4, old, new))
        check(path).fatal(1, place + problem)
