"""JSONTestSuite: what nest-shred takes for JSON, file by file, as a value in a record and as a stream of records.

y_ are files that every parser must accept, n_ those that every parser must
refuse, i_ those that a parser may accept or refuse; a table here says which.
A stream of records is not one JSON text, which is where the rules differ:

- It is any number of objects, one after the other, each of them a record; none are a dataset without rows.
- Or it is one array of records, with nothing behind it.
- Anything else at the top level is no record, and refused.
- Where the first record ends in the line that it begins in, all do.
- A byte order mark of UTF-8 may stand before everything, and nowhere else.
"""

import functools
import json
import pathlib
import re
import struct

import pytest

from nestlib import cut_columns, read_frames

SUITE = pathlib.Path(__file__).resolve().parent.parent / ".." / "shared" / "data" / "JSONTestSuite" / "test_parsing"
FILES = sorted(path.name for path in SUITE.glob("*.json"))
SCHEMA = "message m { optional binary a (JSON); }"
# Taken in a value that is ignored or kept as JSON.
DEPTH = 1024

# Numbers of any size are text in a leaf of JSON. What is no UTF-8 is refused, and
# so is half a surrogate pair, which UTF-8 cannot hold.
UNDECIDED = {
    "i_number_double_huge_neg_exp.json": True,
    "i_number_huge_exp.json": True,
    "i_number_neg_int_huge_exp.json": True,
    "i_number_pos_double_huge_exp.json": True,
    "i_number_real_neg_overflow.json": True,
    "i_number_real_pos_overflow.json": True,
    "i_number_real_underflow.json": True,
    "i_number_too_big_neg_int.json": True,
    "i_number_too_big_pos_int.json": True,
    "i_number_very_big_negative_int.json": True,
    "i_object_key_lone_2nd_surrogate.json": False,
    "i_string_1st_surrogate_but_2nd_missing.json": False,
    "i_string_1st_valid_surrogate_2nd_invalid.json": False,
    "i_string_UTF-16LE_with_BOM.json": False,
    "i_string_UTF-8_invalid_sequence.json": False,
    "i_string_UTF8_surrogate_U+D800.json": False,
    "i_string_incomplete_surrogate_and_escape_valid.json": False,
    "i_string_incomplete_surrogate_pair.json": False,
    "i_string_incomplete_surrogates_escape_valid.json": False,
    "i_string_invalid_lonely_surrogate.json": False,
    "i_string_invalid_surrogate.json": False,
    "i_string_invalid_utf-8.json": False,
    "i_string_inverted_surrogates_U+1D11E.json": False,
    "i_string_iso_latin_1.json": False,
    "i_string_lone_second_surrogate.json": False,
    "i_string_lone_utf8_continuation_byte.json": False,
    "i_string_not_in_unicode_range.json": False,
    "i_string_overlong_sequence_2_bytes.json": False,
    "i_string_overlong_sequence_6_bytes.json": False,
    "i_string_overlong_sequence_6_bytes_null.json": False,
    "i_string_truncated-utf-8.json": False,
    "i_string_utf16BE_no_BOM.json": False,
    "i_string_utf16LE_no_BOM.json": False,
    "i_structure_500_nested_arrays.json": True,
    # In the middle of a record, where a mark is no space.
    "i_structure_UTF-8_BOM_empty_object.json": False,
}

# Refused as one text, and yet a stream of no records.
NO_RECORDS = {
    "n_single_space.json",
    "n_structure_UTF8_BOM_no_data.json",
    "n_structure_no_data.json",
}

if not FILES:
    pytest.skip("JSONTestSuite is not in ../shared/data", allow_module_level=True)


@functools.cache
def text(name):
    return (SUITE / name).read_bytes()


@pytest.fixture(scope="module")
def schema(tmp_path_factory):
    path = tmp_path_factory.mktemp("schema") / "a.schema"
    path.write_text(SCHEMA)
    return path


def shred(nest, schema, source):
    """Whether SOURCE was taken, and the values of a; asserts that a refusal is one, in one sentence."""
    options = [] if schema is None else ["--schema", schema]
    result = nest.run("nest-shred", "--format", "jsonl", *options, stdin=source)
    if result.status != 0:
        result.fatal(1, r"line \d+, column \d+" + ("|give --schema$" if schema is None else ""))
        return False, None
    return True, list(values(result.out)) if schema else None


def values(stream):
    for header, body in read_frames(stream):
        if header["kind"] != "columns":
            continue
        ((_, defined, bytes_),) = cut_columns(header, body, [(0, 1)])
        at = 0
        for each in defined:
            if each == 0:
                yield None
                continue
            (size,) = struct.unpack_from("<I", bytes_, at)
            yield bytes_[at + 4 : at + 4 + size]
            at += 4 + size
        assert at == len(bytes_)


# ---- as a value ----


@pytest.mark.parametrize("name", FILES)
def test_a_text_as_a_value_in_a_record(nest, schema, name):
    taken, got = shred(nest, schema, b'{"a": ' + text(name) + b"}")
    wanted = UNDECIDED[name] if name.startswith("i_") else name.startswith("y_")
    assert taken == wanted
    if taken:
        value = text(name).strip(b" \t\r\n")
        assert got == [None if value == b"null" else value]


@pytest.mark.parametrize("name", FILES)
def test_a_text_as_a_value_that_is_ignored(nest, schema, name):
    """What nobody reads is looked at all the same."""
    taken, got = shred(nest, schema, b'{"b": ' + text(name) + b', "a": 7}')
    assert taken == (UNDECIDED[name] if name.startswith("i_") else name.startswith("y_"))
    assert got == ([b"7"] if taken else None)


def test_the_table_has_every_file_that_is_undecided():
    assert [name for name in FILES if name.startswith("i_")] == sorted(UNDECIDED)
    assert len(FILES) > 300


# ---- as a stream ----


def records_of(name):
    """How many records a stream of this one text holds, or None where it is refused."""
    if name in NO_RECORDS:
        return 0
    if name == "i_structure_UTF-8_BOM_empty_object.json":
        return 1
    if name.startswith("n_") or (name.startswith("i_") and not UNDECIDED[name]):
        return None
    value = json.loads(text(name))
    elements = value if isinstance(value, list) else [value]
    return len(elements) if all(isinstance(each, dict) for each in elements) else None


@pytest.mark.parametrize("name", FILES)
def test_a_text_as_a_stream_of_records(nest, schema, name):
    taken, got = shred(nest, schema, text(name))
    assert (len(got) if taken else None) == records_of(name)


@pytest.mark.parametrize("name", FILES)
def test_a_text_as_a_stream_whose_schema_is_found(nest, name):
    """What is refused with a schema is refused without one."""
    taken, _ = shred(nest, None, text(name))
    assert not taken or records_of(name) is not None


def test_a_suite_of_records_in_one_stream(nest, schema):
    """All that is accepted, one after the other, with nothing between them or much, and as an array."""
    names = [name for name in FILES if name.startswith("y_")]
    records = [b'{\n"a":' + text(name) + b"}" for name in names]
    first = None
    for before, between, behind in [
        (b"", b"", b""),
        (b"", b"\n", b"\n"),
        (b"", b" \t\r\n\n", b""),
        (b"[", b",", b"]"),
        (b" [\n", b"\n,\t", b"\n]\n"),
    ]:
        taken, got = shred(nest, schema, before + between.join(records) + behind)
        first = first or got
        assert taken and len(got) == len(names) and got == first


STREAMS = {
    "objects side by side": (b'{"a":1}{"a":2}', 2),
    "an array behind a record": (b'{"a":1}\n[{"a":2}]', None),
    "a record behind an array": (b'[{"a":1}]\n{"a":2}', None),
    "arrays side by side": (b'[{"a":1}][{"a":2}]', None),
    "an array over lines": (b'\n [\n{"a":1}\n,\n{"a":\n2}\n]\n\n', 2),
    "a line, then a record over lines": (b'{"a":1}\n{"a":\n2}\n', None),
    "a record over lines, then a line": (b'{"a":\n1}\n{"a":2}\n', 2),
    "a mark before everything": (b'\xef\xbb\xbf{"a":1}\n', 1),
    "a mark and nothing": (b"\xef\xbb\xbf", 0),
    "a mark before the second record": (b'{"a":1}\n\xef\xbb\xbf{"a":2}', None),
    "two marks": (b'\xef\xbb\xbf\xef\xbb\xbf{"a":1}', None),
    "half a mark": (b'\xef\xbb{"a":1}', None),
    "lines that end as in DOS": (b'{"a":1}\r\n{"a":2}\r\n', 2),
    "empty lines": (b'\n\n{"a":1}\n\n\n{"a":2}\n\n', 2),
    "a record over many lines": (b'{\n"a"\n:\n1\n}\n', 1),
    "a comma between records": (b'{"a":1},{"a":2}', None),
    "a comma behind an array": (b'[{"a":1}],', None),
    "a string": (b'"a"', None),
    "a number behind a record": (b'{"a":1}\n2\n', None),
    "null in an array": (b'[{"a":1},null]', None),
    "an array in an array": (b'[[{"a":1}]]', None),
    "a record that does not end": (b'{"a":1}\n{"a":', None),
    "an array that does not end": (b'[{"a":1},', None),
    "an array of records that does not end": (b'[{"a":1}', None),
    "a separator of records": (b'\x1e{"a":1}\n', None),
    "a zero behind everything": (b'{"a":1}\n\0', None),
    "UTF-16 with a mark": ('{"a":1}'.encode("utf-16"), None),
    "UTF-32 with a mark": ('{"a":1}'.encode("utf-32"), None),
    "a comment": (b'// one\n{"a":1}\n', None),
    "one quote": (b"{'a':1}", None),
    "NaN": (b'{"a":NaN}', None),
    "an infinity": (b'{"a":-Infinity}', None),
}


@pytest.mark.parametrize("name", STREAMS)
def test_a_stream(nest, schema, name):
    source, wanted = STREAMS[name]
    taken, got = shred(nest, schema, source)
    assert (len(got) if taken else None) == wanted


@pytest.mark.parametrize("field", ["a", "b"], ids=["kept", "ignored"])
@pytest.mark.parametrize("opening, closing", [("[", "]"), ('{"x":', "}")], ids=["arrays", "objects"])
def test_how_deep_a_value_may_be(nest, schema, field, opening, closing):
    def deep(levels):
        return f'{{"{field}": {opening * levels}1{closing * levels}}}'.encode()

    assert shred(nest, schema, deep(DEPTH // 2))[0]
    # Where the count begins is not said: the record may be a level, and the number.
    assert shred(nest, schema, deep(DEPTH - 2))[0]
    assert not shred(nest, schema, deep(DEPTH + 1))[0]
    assert not shred(nest, schema, deep(1_000_000))[0]


# ---- numbers in leaves of numbers ----

INF = None
DOUBLES = {
    "123.456e-789": 0.0,
    "-123.456e-789": -0.0,
    "1e-400": 0.0,
    "4.9e-324": 5e-324,
    "2.2250738585072011e-308": 2.2250738585072011e-308,
    "1.7976931348623157e308": 1.7976931348623157e308,
    "1.7976931348623159e308": INF,
    "0.4e00669999999999999999999999999999999999999999999999": INF,
    "-1e+9999": INF,
    "123e-10000000": 0.0,
    "100000000000000000000": 1e20,
    "-237462374673276894279832749832423479823246327846": -2.3746237467327689e47,
    "9007199254740993": 9007199254740992.0,
    "9007199254740993.00000000000000000000000000001": 9007199254740994.0,
    "-0": -0.0,
    "-0.0": -0.0,
    "0e1": 0.0,
    "1" + "0" * 400 + "e-400": 1.0,
    "0." + "0" * 400 + "1e401": 1.0,
    "1" * 3000: INF,
    "1" * 3000 + "e-3000": 0.11111111111111111,
}


@pytest.mark.parametrize("number", DOUBLES, ids=lambda number: number[:24])
def test_a_number_as_a_double(nest, tmp_path, number):
    schema = tmp_path / "schema"
    schema.write_text("message m { required double a; }")
    result = nest.run("nest-shred", "--format", "jsonl", "--schema", schema, stdin=b'{"a":%b}' % number.encode())
    if DOUBLES[number] is INF:
        result.fatal(1, "line 1, column 6, field a: ")
        return
    assert result.status == 0, result.err
    ((header, body),) = [frame for frame in read_frames(result.out) if frame[0]["kind"] == "columns"]
    assert body == struct.pack("<d", DOUBLES[number])


INTEGERS = {"9223372036854775807": True, "-9223372036854775808": True, "9223372036854775808": False}
INTEGERS |= {"-9223372036854775809": False, "-123123123123123123123123123123": False, "-0": True, "1e9999": False}


@pytest.mark.parametrize("number", INTEGERS)
def test_a_number_as_an_integer(nest, tmp_path, number):
    schema = tmp_path / "schema"
    schema.write_text("message m { required int64 a; }")
    result = nest.run("nest-shred", "--format", "jsonl", "--schema", schema, stdin=b'{"a":%b}' % number.encode())
    if not INTEGERS[number]:
        result.fatal(1, "line 1, column 6, field a: ")
        return
    ((header, body),) = [frame for frame in read_frames(result.out) if frame[0]["kind"] == "columns"]
    assert body == struct.pack("<q", int(number))


# ---- where an error is ----

PLACES = {
    b'{"a":1}\n{"a":}\n': (2, 6),
    b'{"a":1}\n\n  {"a":tru}\n': (3, 8),
    b'{"a":"\xff"}': (1, 7),
    b'{"a":1}\n{"a" 2}': (2, 6),
    b'[{"a":1},\n 5]': (2, 2),
}


@pytest.mark.parametrize("source", PLACES)
def test_a_refusal_says_the_line_and_the_column(nest, schema, source):
    result = nest.run("nest-shred", "--format", "jsonl", "--schema", schema, stdin=source)
    sentence = result.fatal(1, r"line \d+, column \d+")
    line, column = map(int, re.search(r"line (\d+), column (\d+)", sentence).groups())
    wanted_line, wanted_column = PLACES[source]
    assert line == wanted_line
    # At the byte that is wrong, or where the word or value begins that it is in.
    assert wanted_column - 2 <= column <= wanted_column + 3
