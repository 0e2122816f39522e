"""Real public JSON through the pipeline without a schema: what was in the text is in the Parquet files.

Two oracles. Python reads the text and pyarrow the Parquet files: every value
must be there. DuckDB reads the text and the Parquet files: both must be equal
wherever DuckDB itself keeps the value; where it does not, a table says why.

Columns cannot tell an absent field from a null, nor a null from an object
without fields, so these count as the same.
"""

import datetime
import json
import re

import duckdb
import pyarrow
import pyarrow.parquet
import pytest

import realjson
from nestlib import LONG_S

# A document may be one record of many megabytes.
DUCKDB = "sample_size=-1, map_inference_threshold=-1, maximum_object_size=100000000"


# ---- what is in a value ----


def plain(value):
    """VALUE without the fields that say nothing."""
    if isinstance(value, dict):
        fields = {name: plain(each) for name, each in value.items()}
        return {name: each for name, each in fields.items() if each is not None and each != {}}
    if isinstance(value, list):
        return [plain(each) for each in value]
    return value


def differences(a, b, path=""):
    """Where A and B differ, as (path, what A has, what B has); elements of arrays are called *, and records nothing."""
    if isinstance(a, dict) and isinstance(b, dict):
        for name in sorted(a.keys() | b.keys()):
            yield from differences(a.get(name), b.get(name), f"{path}.{name}" if path else name)
    elif isinstance(a, list) and isinstance(b, list) and len(a) == len(b):
        for x, y in zip(a, b):
            yield from differences(x, y, f"{path}.*" if path else "")
    elif a != b or isinstance(a, bool) != isinstance(b, bool):
        yield path, a, b


def value_of(value, kind):
    """A value that pyarrow has read, as JSON would have it."""
    if value is None:
        return None
    if isinstance(kind, pyarrow.BaseExtensionType):
        return json.loads(value) if kind.extension_name == "arrow.json" else str(value)
    if pyarrow.types.is_struct(kind):
        return {field.name: value_of(value[field.name], field.type) for field in kind}
    if pyarrow.types.is_map(kind):
        return {str(name): value_of(each, kind.item_type) for name, each in value}
    if pyarrow.types.is_list(kind):
        return [value_of(each, kind.value_type) for each in value]
    if pyarrow.types.is_decimal(kind):
        return int(value) if value == int(value) else float(value)
    return value


def read(out):
    """The records of a dataset, read by pyarrow."""
    table = pyarrow.parquet.read_table(out, arrow_extensions_enabled=True)
    kind = pyarrow.struct(list(table.schema))
    return [plain(value_of(row, kind)) for row in table.to_pylist()]


def queried(source):
    """The records of SOURCE, read by DuckDB."""
    with duckdb.connect() as connection:
        connection.execute("set timezone = 'UTC'")
        rows = connection.execute(f"select to_json(t) from (from {source}) t").fetchall()
    return [plain(json.loads(row)) for row, in rows]


def ingest(nest, out, path, *options):
    return nest.pipeline(out, source=b"", shred=["--format", "jsonl", *options, path])


@pytest.fixture(params=realjson.NAMES)
def real(request):
    try:
        return request.param, realjson.file(request.param)
    except realjson.Unavailable as reason:
        pytest.skip(f"{request.param} cannot be had: {reason}")


def a_file(name):
    try:
        return realjson.file(name)
    except realjson.Unavailable as reason:
        pytest.skip(f"{name} cannot be had: {reason}")


# ---- what DuckDB makes of some texts ----


def same_instant(ours, theirs):
    """DuckDB makes a TIMESTAMP of a text in the form of ISO 8601, and prints it in its own way."""

    def instant(text):
        at = datetime.datetime.fromisoformat(re.sub(r"(\.\d+)", lambda part: part[1].ljust(7, "0")[:7], text))
        return at.replace(tzinfo=at.tzinfo or datetime.timezone.utc)

    return instant(ours) == instant(theirs)


def same_uuid(ours, theirs):
    """DuckDB makes a UUID of a text that looks like one, and prints it in small letters."""
    return ours.lower() == theirs


# A file, where in it DuckDB has not the text itself, and what is the same about it all the same.
KNOWN = {
    "github-events": {
        "created_at": same_instant,
        "payload.*_at": same_instant,
        "payload.forkee.*_at": same_instant,
    },
    "marine-ik": {
        "*uuid": same_uuid,
        "textures.*.image": same_uuid,
        "materials.*.map": same_uuid,
        "object.children.*.geometry": same_uuid,
        "object.children.*.material": same_uuid,
    },
    "parking-citations": {"IssueData": same_instant},
    "synthea-fhir": {
        "entry.*.resource.*": same_instant,
    },
    "update-center": {"plugins.*.*Timestamp": same_instant},
}


def unknown(name, found):
    """The differences of FOUND that the table does not explain, and the patterns of it that explain none."""
    table, used, left = KNOWN.get(name, {}), set(), []
    for path, ours, theirs in found:
        fits = [
            pattern
            for pattern, same in table.items()
            if re.fullmatch(".*".join(map(re.escape, pattern.split("*"))), path) and same(ours, theirs)
        ]
        used.update(fits)
        if not fits:
            left.append((path, ours, theirs))
    return left[:20], set(table) - used


def test_duckdb_finds_in_the_dataset_what_it_finds_in_the_text(nest, tmp_path, real):
    name, path = real
    out = ingest(nest, tmp_path / "out", path, "--infer-rows", "all")
    ours = queried(f"read_parquet('{out}/*.parquet')")
    theirs = queried(f"read_json('{path}', {DUCKDB})")
    assert unknown(name, differences(ours, theirs)) == ([], set())


def test_everything_in_the_text_is_in_the_dataset(nest, tmp_path, real):
    name, path = real
    out = ingest(nest, tmp_path / "out", path, "--infer-rows", "all")
    wanted = [plain(record) for record in realjson.records(realjson.content(path).decode())]
    assert list(differences(wanted, read(out)))[:20] == []


def test_the_schema_that_is_printed_is_the_one_that_is_used(nest, tmp_path, real):
    name, path = real
    printed = nest.run("nest-shred", "--format", "jsonl", "--print-schema", path, timeout=LONG_S, memory=None)
    assert printed.status == 0, printed.err
    assert all(line.startswith("nest-shred: warning: field ") for line in printed.err.splitlines())
    schema = tmp_path / "schema"
    schema.write_bytes(printed.out)
    inferred = ingest(nest, tmp_path / "inferred", path)
    given = ingest(nest, tmp_path / "given", path, "--schema", schema)
    again = nest.run("nest-shred", "--print-schema", "--format", "jsonl", "--schema", schema, path, memory=None)
    assert again.out == printed.out
    names = sorted(each.name for each in inferred.iterdir())
    assert names == sorted(each.name for each in given.iterdir())
    for each in names:
        assert (inferred / each).read_bytes() == (given / each).read_bytes()


@pytest.mark.parametrize("name", ["github-events", "parking-citations", "synthea-fhir", "update-center"])
def test_dates_that_are_asked_for_are_those_of_duckdb(nest, tmp_path, name):
    path = a_file(name)
    out = ingest(nest, tmp_path / "out", path, "--infer-rows", "all", "--infer-dates")
    ours = queried(f"read_parquet('{out}/*.parquet')")
    theirs = queried(f"read_json('{path}', {DUCKDB})")
    left = [
        (where, a, b) for where, a, b in differences(ours, theirs) if a is None or b is None or not same_instant(a, b)
    ]
    assert left[:20] == []


# Objects whose keys are data: a file, where they are, and how many keys are many.
MAPS = {
    "citm-catalog": ("events", 100),
    "likely-subtags": ("supplemental.likelySubtags", 1000),
    "update-center": ("plugins", 500),
}


@pytest.mark.parametrize("name", MAPS)
def test_an_object_with_many_keys_becomes_a_map(nest, tmp_path, name):
    path, (where, many) = a_file(name), MAPS[name]
    out = ingest(nest, tmp_path / "out", path, "--infer-rows", "all", "--infer-maps", many)
    schema = pyarrow.parquet.read_schema(out / "part-00000.parquet")
    kind = pyarrow.struct(list(schema))
    for step in where.split("."):
        kind = kind.field(step).type
    assert pyarrow.types.is_map(kind)
    wanted = [plain(record) for record in realjson.records(realjson.content(path).decode())]
    assert list(differences(wanted, read(out)))[:20] == []


def test_numbers_at_the_top_level_are_no_records(nest):
    path = a_file(realjson.NUMBERS)
    result = nest.run("nest-shred", "--format", "jsonl", path)
    result.fatal(1, r"numbers\.json\.zst, line 2, column 1: an object is due, not ")


# ---- where DuckDB keeps less than is in the text ----

DIFFERENT = {
    "kinds that do not go together": (
        '{"a": 1}\n{"a": "x"}\n{"a": {"b": [1]}}\n',
        [{"a": 1}, {"a": "x"}, {"a": {"b": [1]}}],
    ),
    "integers up to 64 bits": (
        '{"a": 9223372036854775807, "b": -9223372036854775808}\n{"a": 18446744073709551615, "b": 1}\n',
        [{"a": 9223372036854775807, "b": -9223372036854775808}, {"a": 18446744073709551615, "b": 1}],
    ),
    # As near as a double comes, and no nearer.
    "integers above 64 bits": (
        '{"a": 18446744073709551616}\n{"a": -18446744073709551616}\n{"a": 1267650600228229401496703205376}\n',
        [{"a": 2.0**64}, {"a": -(2.0**64)}, {"a": 2.0**100}],
    ),
    "kinds that change to and fro": (
        '{"a": {"b": []}}\n{"a": [{}]}\n{"a": {"b": []}}\n{"a": {"b": []}}\n',
        [{"a": {"b": []}}, {"a": [{}]}, {"a": {"b": []}}, {"a": {"b": []}}],
    ),
    "objects that are always empty": ('{"a": {}, "b": 1}\n{"a": {}, "b": 2}\n', [{"b": 1}, {"b": 2}]),
    "arrays that are always empty": ('{"a": []}\n{"a": null}\n{}\n', [{"a": []}, {}, {}]),
    "the last of two keys that are the same": ('{"a": 1, "a": 2}\n', [{"a": 2}]),
    "keys that differ in case": ('{"a": 1, "A": 2}\n{"A": 3}\n', [{"a": 1, "A": 2}, {"A": 3}]),
    "an empty key, and keys of odd characters": (
        '{"": 1, " ": 2, "a.b": 3, "\\"": 4, "\\n": 5, "é\\ud83d\\ude00": 6}\n',
        [{"": 1, " ": 2, "a.b": 3, '"': 4, "\n": 5, "é😀": 6}],
    ),
    "texts that look like dates": (
        '{"a": "2024-02-30", "b": "2024-02-28", "c": "2024-02-28T00:00:00.123456789Z"}\n',
        [{"a": "2024-02-30", "b": "2024-02-28", "c": "2024-02-28T00:00:00.123456789Z"}],
    ),
    "nothing but nulls": ('{"a": null}\n{"a": null}\n', [{}, {}]),
}


@pytest.mark.parametrize("name", DIFFERENT)
def test_what_duckdb_would_not_keep_is_kept(nest, tmp_path, name):
    text, wanted = DIFFERENT[name]
    out = nest.pipeline(tmp_path / "out", source=text.encode(), shred=["--format", "jsonl"])
    assert read(out) == wanted


def test_more_fields_than_a_schema_has_are_text(nest, tmp_path):
    """Of a record that was looked at, nothing is refused and nothing is lost."""
    path = a_file(realjson.COMPAT_DATA)
    out = ingest(nest, tmp_path / "out", path)
    wanted = [plain(record) for record in realjson.records(realjson.content(path).decode())]
    assert list(differences(wanted, read(out)))[:20] == []


def test_fields_behind_more_than_a_schema_has(nest, tmp_path):
    record = {"a": {f"k{i}": {"x": 1} for i in range(150_000)}, "b": 1}
    source = json.dumps(record).encode()
    out = nest.pipeline(tmp_path / "out", source=source, shred=["--format", "jsonl"])
    assert list(differences([record], read(out)))[:20] == []
