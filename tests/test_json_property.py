"""Random schemas and rows: the same rows as JSON, as msgpack by names and as msgpack in order are the same files.

They are written in pages and encodings by chance. Read back by pyarrow and by DuckDB, they are what went in. NEST_PROPERTY_CASES
says how many schemas (150), NEST_PROPERTY_SEED the first seed (1). A seed that
has failed once stands in tests/data/property_seeds.txt and always runs;
`python tests/jsonrows.py SEED` shows its schema and its rows.
"""

import itertools
import json
import os
import pathlib
import random
import struct
import subprocess

import duckdb
import pyarrow
import pyarrow.parquet
import pytest

import jsonrows
from nestlib import read_frames, snapshot

KEPT = pathlib.Path(__file__).resolve().parent / "data" / "property_seeds.txt"
CASES = int(os.environ.get("NEST_PROPERTY_CASES", 150))
FIRST = int(os.environ.get("NEST_PROPERTY_SEED", 1))

# Seconds in which a unit of Arrow's is counted.
UNITS = {"s": 1, "ms": 10**3, "us": 10**6, "ns": 10**9}


def seeds():
    kept = [int(line.split("#")[0]) for line in KEPT.read_text().splitlines() if line.split("#")[0].strip()]
    return list(dict.fromkeys([*kept, *range(FIRST, FIRST + CASES)]))


# ---- what went in, and what readers find ----


class Reader:
    """Finds the values of a case in what a reader made of them."""

    def __init__(self, duckdb):
        self.duckdb = duckdb

    def find(self, node, scalar):
        if not scalar.is_valid:
            return None
        if node.repetition == "repeated":
            return [self.find_one(node, each) for each in scalar.values]
        return self.find_one(node, scalar)

    def find_one(self, node, scalar):
        if isinstance(node, jsonrows.Leaf):
            return self.leaf(node.kind, scalar)
        if isinstance(node, jsonrows.Group):
            if self.duckdb and node.repetition == "repeated" and len(node.fields) == 1:
                # DuckDB takes it for the list of an older writer, whose group does not show.
                return {node.fields[0].name: self.find(node.fields[0], scalar)}
            return {field.name: self.find(field, scalar[i]) for i, field in enumerate(node.fields)}
        if isinstance(node, jsonrows.List):
            return [self.find(node.element, each) for each in scalar.values]
        pairs = []
        for each in scalar.values:
            if isinstance(each, pyarrow.StructScalar):
                key = self.find(node.key, each[0])
                pairs.append((key, self.find(node.value, each[1]) if node.value else None))
            else:
                pairs.append((self.find(node.key, each), None))
        return pairs

    def leaf(self, kind, scalar):
        if isinstance(scalar, pyarrow.ExtensionScalar):
            scalar = scalar.value
        if isinstance(kind, jsonrows.Date):
            return scalar.value
        if isinstance(kind, (jsonrows.Time, jsonrows.Timestamp)):
            return self.comparable(kind, scalar.value * jsonrows.PER_SECOND[kind.unit] // UNITS[scalar.type.unit])
        if isinstance(kind, jsonrows.Int96):
            return scalar.value * 10**9 // UNITS[scalar.type.unit]
        value = scalar.as_py()
        if isinstance(kind, jsonrows.Decimal):
            return int(value.scaleb(kind.scale, jsonrows.decimal.Context(prec=80)))
        if isinstance(kind, jsonrows.Real):
            return struct.pack("<d", float(value))
        if isinstance(kind, (jsonrows.Text, jsonrows.Json)):
            return value.decode() if isinstance(value, bytes) else value
        if isinstance(kind, jsonrows.Uuid):
            return value if isinstance(value, bytes) else jsonrows.uuid.UUID(str(value)).bytes
        return value

    def wanted(self, node, value):
        """VALUE as `find` would find it."""
        if value is None:
            return None
        if node.repetition == "repeated":
            return [self.wanted_one(node, each) for each in value]
        return self.wanted_one(node, value)

    def wanted_one(self, node, value):
        if isinstance(node, jsonrows.Group):
            return {field.name: self.wanted(field, value[field.name]) for field in node.fields}
        if isinstance(node, jsonrows.List):
            return [self.wanted(node.element, each) for each in value]
        if isinstance(node, jsonrows.Map):
            return [
                (self.wanted(node.key, key), self.wanted(node.value, each) if node.value else None)
                for key, each in value
            ]
        return self.wanted_leaf(node.kind, value)

    def wanted_leaf(self, kind, value):
        if isinstance(kind, jsonrows.Real):
            return struct.pack("<d", value)
        if isinstance(kind, jsonrows.Int96):
            nanoseconds, day = struct.unpack("<qi", value)
            instant = (day - 2440588) * 86400 * 10**9 + nanoseconds
            return instant // 1000 * 1000 if self.duckdb else instant
        return self.comparable(kind, value)

    def comparable(self, kind, value):
        """Of times and some instants in nanoseconds, DuckDB keeps microseconds."""
        coarse = isinstance(kind, (jsonrows.Time, jsonrows.Timestamp)) and kind.unit == "NANOS"
        return value // 1000 * 1000 if self.duckdb and coarse else value


def check(case, table, reader):
    """Not by one large assert, whose explanation would take minutes."""
    for field, column in zip(case.message.fields, table.columns, strict=True):
        got = [reader.find(field, scalar) for scalar in column]
        wanted = [reader.wanted(field, row[field.name]) for row in case.rows]
        for row, (a, b) in enumerate(itertools.zip_longest(got, wanted)):
            if a != b:
                pytest.fail(f"seed {case.seed}, row {row}: {a!r:.500} is not {b!r:.500} in\n{field.text()}")


# DuckDB refuses BSON, and maps without values; an interval is three numbers in Parquet, a span of time in DuckDB.
UNREAD_BY_DUCKDB = {"BSON", "INTERVAL"}


def walk(node):
    """NODE and all below it."""
    yield node
    below = []
    if isinstance(node, jsonrows.Group):
        below = node.fields
    elif isinstance(node, jsonrows.List):
        below = [node.element]
    elif isinstance(node, jsonrows.Map):
        below = [node.key, node.value] if node.value else [node.key]
    for each in below:
        yield from walk(each)


def check_pyarrow(case, out):
    table = pyarrow.parquet.read_table(out, arrow_extensions_enabled=False)
    check(case, table, Reader(duckdb=False))


def check_duckdb(case, out):
    nodes = list(walk(case.message))
    annotations = {node.kind.annotation for node in nodes if isinstance(node, jsonrows.Leaf)}
    sets = [node for node in nodes if isinstance(node, jsonrows.Map) and not node.value]
    if sets or annotations & UNREAD_BY_DUCKDB:
        return
    with duckdb.connect() as connection:
        table = connection.sql(f"from read_parquet('{out}/*.parquet')").to_arrow_table()
    check(case, table, Reader(duckdb=True))


def differ(a, b):
    """The files of two datasets that are not the same."""
    a, b = snapshot(a), snapshot(b)
    return sorted(name for name in a.keys() | b.keys() if a.get(name) != b.get(name))


@pytest.mark.timeout(60)
@pytest.mark.parametrize("seed", seeds())
def test_all_notations_give_the_same_files(nest, tmp_path, seed):
    case = jsonrows.Case(seed)
    schema = tmp_path / "schema"
    schema.write_text(case.schema)
    sources = {"json": case.json(), "names": case.by_names(), "order": case.in_order()}
    first = None
    for notation, source in sources.items():
        (tmp_path / f"{notation}.input").write_bytes(source)
        shape = "jsonl" if notation == "json" else "msgpack"
        options = ["--format", shape, "--schema", schema, "--binary", "base64"]
        out = nest.pipeline(tmp_path / notation, source=source, shred=options, encode=case.written())
        first = first or out
        assert differ(out, first) == [], f"seed {seed}: {notation} is not the same as json"
    check_pyarrow(case, first)
    check_duckdb(case, first)


# ---- what nest-gen prints ----


def in_one_line(kind, rng, value):
    """What a JSON leaf holds, as it stands in a line."""
    return value.replace("\n", " ").replace("\r", " ")


def bodies(stream):
    """The columns in frames of columns: entries and bytes of each leaf, and all of them."""
    return [(header["leaves"], body) for header, body in read_frames(stream) if header["kind"] == "columns"]


@pytest.mark.parametrize("seed", seeds())
def test_rows_that_are_printed_are_read_back(printer, nest, tmp_path, monkeypatch, seed):
    """The rows of frames, printed as nest-gen prints them, are the same columns from both notations."""
    case = jsonrows.Case(seed)
    schema = tmp_path / "schema"
    schema.write_text(case.schema)
    lines = subprocess.run([printer, schema], input=case.in_frames(), capture_output=True, check=True).stdout
    assert len([json.loads(line) for line in lines.split(b"\n")[:-1]]) == len(case.rows)
    monkeypatch.setattr(jsonrows.Json, "native", in_one_line)
    read = ["--schema", schema, "--name", "same", "--binary", "base64"]
    columns = [
        nest.run("nest-shred", "--format", shape, *read, stdin=source)
        for shape, source in [("msgpack", case.in_frames()), ("jsonl", lines)]
    ]
    assert [result.status for result in columns] == [0, 0], [result.err for result in columns]
    packed, printed = (bodies(result.out) for result in columns)
    assert packed == printed


# ---- parts ----


def starts_of(pieces):
    return [sum(map(len, pieces[:i])) for i in range(len(pieces))]


def with_parts(case, notation):
    """A stream, where its records begin, and the options that go with it."""
    if notation == "msgpack":
        pieces = case.each_by_names()
        return b"".join(pieces), starts_of(pieces)
    return case.json_lines()


@pytest.mark.parametrize("notation", ["jsonl", "msgpack"])
@pytest.mark.parametrize("seed", seeds()[:30])
def test_a_part_holds_the_records_that_begin_in_it(nest, tmp_path, seed, notation):
    """However many processes make the parts: each makes its share, and all come one after the other."""
    case = jsonrows.Case(seed)
    schema, source = tmp_path / "schema", tmp_path / "source"
    schema.write_text(case.schema)
    text, starts = with_parts(case, notation)
    source.write_bytes(text)
    size = random.Random(seed).choice([1, 2, 3, 5]) * max(1, len(text) // 7)
    count = max(1, -(-len(text) // size))
    options = ["--format", notation, "--schema", schema, "--binary", "base64", "--part-bytes", size, source]
    out = nest.pipeline(tmp_path / "out", source=b"", shred=options)
    names = sorted(path.name for path in out.glob("*.parquet"))
    assert names == [f"part-{part:05}.parquet" for part in range(count)]
    rows = [pyarrow.parquet.read_metadata(out / name).num_rows for name in names]
    assert rows == [sum(start // size == part for start in starts) for part in range(count)]
    check_pyarrow(case, out)
    if notation == "msgpack":
        return
    shares = b""
    for share in range(2):
        result = nest.run("nest-shred", "--share", f"{share}/2", *options)
        assert result.status == 0, result.err
        shares += result.out
    encoded = nest.run("parquet-encode", "-o", tmp_path / "shared", "--senders", 2, stdin=shares)
    assert encoded.status == 0, encoded.err
    merged = nest.run("parquet-merge", tmp_path / "shared", stdin=encoded.out)
    assert merged.status == 0, merged.err
    assert differ(tmp_path / "shared", out) == []
