"""Inference at the command line: what is warned of, and that the schema that was found fits."""

import json
import os

import msgpack
import pyarrow.parquet
import pytest

pytestmark = pytest.mark.sanitize


def infer(nest, records, *options):
    return nest.run("nest-shred", "--print-schema", *options, stdin=records.encode())


def test_a_copy_of_the_input_is_nobody_else_s(nest, monkeypatch, tmp_path):
    """What is read twice and comes by a pipe is copied into TMPDIR, and nothing of it stays there."""
    monkeypatch.setenv("TMPDIR", str(tmp_path))
    done = infer(nest, '{"a":1}\n' * 1000, "--infer-rows", "all")
    assert (done.status, done.err, os.listdir(tmp_path)) == (0, "", [])
    monkeypatch.setenv("TMPDIR", str(tmp_path / "none"))
    infer(nest, '{"a":1}', "--infer-rows", "all").fatal(3, "^unable to make a file for a copy of the input, .*/none/")


def test_fields_whose_values_conflict_are_warned_of_by_their_path(nest):
    done = infer(nest, '{"a":1,"b":{"c":[{"d":1}]},"e":1}\n{"a":"x","b":{"c":[{"d":"x"}]},"e":1.5}\n')
    assert done.status == 0
    assert done.err == (
        "nest-shred: warning: field a becomes JSON text: its values are of conflicting kinds\n"
        "nest-shred: warning: field b.c[].d becomes JSON text: its values are of conflicting kinds\n"
    )


def test_fields_within_what_is_json_are_not_warned_of(nest):
    done = infer(nest, '{"a":{"x":1}}\n{"a":{"x":"y"}}\n{"a":[1]}\n{"b\\u001f \\u007f~":1}\n{"b\\u001f \\u007f~":"x"}\n')
    assert done.err == (
        "nest-shred: warning: field a becomes JSON text: its values are of conflicting kinds\n"
        "nest-shred: warning: field b? ?~ becomes JSON text: its values are of conflicting kinds\n"
    )


def test_only_so_many_fields_are_warned_of(nest):
    first = ",".join(f'"f{i}":1' for i in range(30))
    second = ",".join(f'"f{i}":"x"' for i in range(30))
    done = infer(nest, f"{{{first}}}\n{{{second}}}\n")
    assert done.err.count("becomes JSON text") == 20


def test_nesting_beyond_what_a_schema_has_is_warned_of(nest):
    done = infer(nest, '{"a":' * 60 + "1" + "}" * 60)
    path = ".".join("a" * 55)
    assert done.err == (
        f"nest-shred: warning: field {path} becomes JSON text: "
        "it has more fields or levels than a schema can have\n"
    )


def test_long_names_and_paths_are_cut_in_warnings(nest):
    warning = "nest-shred: warning: field {} becomes JSON text: its values are of conflicting kinds\n"
    for names in ["a" * 199], ["a" * 200], ["a" * 201], ["a" * 300, "b" * 300, "c" * 300]:
        record = "{" + ":{".join(f'"{name}"' for name in names) + ":%s" + "}" * len(names) + "\n"
        done = infer(nest, record % "1" + record % '"x"')
        assert done.err == warning.format(".".join(name[:200] for name in names)[:511])


def test_what_is_no_schema_in_values_of_maps_is_warned_of(nest):
    first, other = '{"p":{"k\\u0000":1}}', '{"p":{}}'
    for place in range(3):
        values = [first if i == place else other for i in range(3)]
        record = '{"a":{"x":%s,"y":%s,"z":%s}}\n' % tuple(values)
        assert infer(nest, record, "--infer-maps", "2").err == (
            "nest-shred: warning: field a[].p becomes JSON text: "
            "it has more fields or levels than a schema can have\n"
        )


@pytest.mark.parametrize("options", [[], ["--infer-maps", "2"], ["--infer-dates"]])
def test_a_schema_that_was_inferred_takes_the_records(nest, tmp_path, options):
    records = (
        '{"a":{"x":1}}\n{"a":[1]}\n{"a":{"x":1},"m":{"p":{"q":1},"r":{"s":1,"t":2,"u":3},"v":{}}}\n'
        '{"a":{"x":1},"t":"2024-01-01T00:00:00Z"}\n{"t":"2024-01-01"}\n{"i":-9223372036854775808}\n'
    )
    (tmp_path / "in.jsonl").write_text(records)
    (tmp_path / "schema").write_bytes(infer(nest, records, *options).out)
    given = nest.run(
        "nest-shred", "--name", "s", "--unknown", "fail", "--schema", tmp_path / "schema", tmp_path / "in.jsonl"
    )
    inferred = nest.run("nest-shred", "--name", "s", *options, tmp_path / "in.jsonl")
    assert given.status == inferred.status == 0
    assert given.out == inferred.out


@pytest.mark.parametrize(
    "values, leaf",
    [
        (["1e999", "1"], "binary a (JSON)"),
        (["1", "-1e400"], "binary a (JSON)"),
        (["1" + "0" * 400], "binary a (JSON)"),
        (["1" + "0" * 300, "0.5"], "double a"),
        (["1e-999", "9e307"], "double a"),
        (["0." + "0" * 400 + "1"], "double a"),
        (["9007199254740993", "0.5"], "double a"),
    ],
)
def test_numbers_that_no_double_holds_are_json(nest, tmp_path, values, leaf):
    records = "".join(f'{{"a":{value}}}\n' for value in values)
    done = infer(nest, records)
    assert f"optional {leaf};" in done.out.decode()
    warning = "nest-shred: warning: field a becomes JSON text: it has numbers that neither 64 bits nor a double hold\n"
    assert done.err == (warning if "JSON" in leaf else "")
    rows = nest.run("nest-shred", stdin=records.encode())
    assert rows.status == 0 and rows.err == done.err


@pytest.mark.parametrize(
    "values, leaf",
    [
        ([2**53, 0.5], "double a"),
        ([2**53 + 1, 0.5], "binary a (JSON)"),
        ([-(2**53) - 1, 0.5], "binary a (JSON)"),
        ([-(2**63), 2**63], "binary a (JSON)"),
        ([-1, 2**64 - 1], "binary a (JSON)"),
        ([2**53 + 1, -1], "int64 a"),
        ([2**64 - 1], "int64 a (INTEGER(64,false))"),
        ([1, "x"], "binary a (JSON)"),
        (["x", "5", "{"], "binary a (STRING)"),
    ],
)
def test_what_is_inferred_from_msgpack_takes_the_records(nest, values, leaf):
    records = b"".join(msgpack.packb({"a": value}) for value in values)
    assert f"optional {leaf};" in nest.run("nest-shred", "--print-schema", stdin=records).out.decode()
    assert nest.run("nest-shred", stdin=records).status == 0


def test_a_text_where_kinds_conflict_is_a_string_of_json(nest, tmp_path):
    values = ["x", 5, "5", {"b": None}, ['"'], None]
    records = b"".join(msgpack.packb({"a": value}) for value in values)
    lines = "".join(json.dumps({"a": value}, separators=(",", ":")) + "\n" for value in values)
    tables = []
    for name, text in [("pack", records), ("lines", lines.encode())]:
        columns = nest.run("nest-shred", stdin=text)
        encoded = nest.run("parquet-encode", "-o", tmp_path / name, stdin=columns.out)
        assert nest.run("parquet-merge", tmp_path / name, stdin=encoded.out).status == 0
        tables.append(pyarrow.parquet.read_table(tmp_path / name)["a"].to_pylist())
    assert tables[0] == tables[1] == ['"x"', "5", '"5"', '{"b":null}', '["\\""]', None]


def test_msgpack_may_be_nested_as_deep_as_json(nest):
    deep = 5
    for _ in range(1000):
        deep = [deep]
    records = msgpack.packb({"a": 1, "b": deep}) + msgpack.packb({"a": "x", "b": deep})
    assert nest.run("nest-shred", "--share", "0/1", stdin=records).status == 0


@pytest.mark.parametrize(
    "values, leaf",
    [
        (["0001-01-01T00:00:00.000001Z"], "TIMESTAMP(MICROS,true)"),
        (["1999-01-01T00:00:00.000000001Z"], "TIMESTAMP(NANOS,true)"),
        (["1999-01-01T00:00:00.000000001Z", "1678-01-01T00:00:00Z"], "TIMESTAMP(NANOS,true)"),
        (["1999-01-01T00:00:00.000000001Z", "0001-01-01T00:00:00Z"], "STRING"),
        (["0001-01-01T00:00:00.000000001Z"], "STRING"),
        (["1999-01-01T00:00:00.000000001", "2500-01-01"], "STRING"),
    ],
)
def test_timestamps_as_fine_as_64_bits_hold(nest, values, leaf):
    records = "".join(f'{{"a":"{value}"}}\n' for value in values)
    assert f"a ({leaf});" in infer(nest, records, "--infer-dates").out.decode()
    assert nest.run("nest-shred", "--infer-dates", stdin=records.encode()).status == 0
