"""Values that are spoilt on purpose, by dirty(): how, how often, and what they are refused for."""

import datetime
import json
import math

import pytest

ROWS = 4000


def rows_of(nest, folder, fields, *options):
    (folder / "m.recipe").write_text("message m {\n%s\n}\n" % fields)
    done = nest.run("nest-gen", "--format", "jsonl", *options, folder / "m.recipe")
    assert (done.status, done.err) == (0, "")
    return [json.loads(line)["x"] for line in done.out.splitlines()]


def refused(nest, folder, fields):
    (folder / "m.recipe").write_text("message m {\n%s\n}\n" % fields)
    return nest.run("nest-gen", "-n", 1, folder / "m.recipe").fatal(1, "line 2, column ")


def texts(text):
    """All that becomes of TEXT."""
    places = range(len(text) + 1)
    pieces = [*"\0\a\b\t\n\r\x1b\x7f", "\ufffd", "\",'"]
    cut = {text[:at] for at in places}
    other = "".join(c.swapcase() if c.isascii() else c for c in text)
    twice = text.encode().decode("latin-1")
    put = {text[:at] + piece + text[at:] for at in places for piece in pieces}
    return cut | put | {"", " " + text, text + "  ", other, twice, "NULL"}


@pytest.mark.sanitize
@pytest.mark.parametrize("text", ["", "a", "a\u00e9\u20ac", "Zz@[`{"])
def test_texts_are_spoilt_in_each_way(nest, tmp_path, text):
    quoted = "".join(f"\\{c}" if c in "{}" else c for c in text)
    seen = rows_of(nest, tmp_path, f'required binary x (STRING): dirty("{quoted}", 100%);', "-n", ROWS)
    assert set(seen) == texts(text)


@pytest.mark.sanitize
def test_bytes_are_no_utf_8(nest, tmp_path):
    options = ["-n", ROWS, "--binary", "hex"]
    seen = rows_of(nest, tmp_path, "required binary x: dirty(bytes(2), 100%);", *options)
    clean = rows_of(nest, tmp_path, "required binary x: dirty(bytes(2), 0%);", *options)
    found = set()
    for spoilt, was in zip(map(bytes.fromhex, seen), map(bytes.fromhex, clean)):
        assert len(was) == 2
        wrong = [b"\xff", b"\xc3", b"\xed\xa0\x80", b"\xc0\x80", b"\xf5\x80\x80\x80"]
        ways = {(piece, at): was[:at] + piece + was[at:] for piece in wrong for at in range(3)}
        ways |= {(b"", at): was[:at] for at in range(3)}
        hits = [way for way, value in ways.items() if value == spoilt]
        assert hits, (spoilt, was)
        found.update(hits if len(hits) == 1 else [])
    assert len(found) == 18


@pytest.mark.sanitize
def test_numbers_are_spoilt_in_each_way(nest, tmp_path):
    def seen(fields):
        return set(rows_of(nest, tmp_path, fields, "-n", 300))

    assert seen("required int32 x: dirty(57, 100%);") == {0, -57, 570, 5}
    assert seen("required int32 x: dirty(-57, 100%);") == {0, 57, -570, -5}
    assert seen("required int32 x (INTEGER(16,true)): dirty(-3276..3276, 100%);")
    assert seen("required int32 x (DECIMAL(9,2)): dirty(1.25, 100%);") == {0, -1.25, 12.5, 0.12}
    day, off = datetime.date(2024, 2, 29), datetime.timedelta(36524)
    epoch = datetime.date(1970, 1, 1)
    assert seen("required int32 x (DATE): dirty(2024-02-29, 100%);") == {str(d) for d in (epoch, day - off, day + off)}
    times = seen("required int64 x (TIMESTAMP(MILLIS,true)): dirty(2024-02-29T12:00:00, 100%);")
    assert times == {"1970-01-01T00:00:00.000Z", *(f"{d}T12:00:00.000Z" for d in (day - off, day + off))}
    reals = seen("required double x: dirty(1 / 2, 100%);")
    assert reals == {0, -0.5, 500, 0.0005, "NaN", "Infinity", "-Infinity"}


@pytest.mark.sanitize
def test_as_many_as_the_share_says_and_the_others_are_clean(nest, tmp_path):
    for kind, value in [("int64", "row + 1"), ("double", "row + 1.5"), ("binary", '"{row}"')]:
        clean = rows_of(nest, tmp_path, f"required {kind} x: dirty({value}, 0%);", "-n", ROWS)
        assert clean == rows_of(nest, tmp_path, f"required {kind} x: {value};", "-n", ROWS)
        some = rows_of(nest, tmp_path, f"required {kind} x: dirty({value}, 10%);", "-n", ROWS)
        spoilt = sum(a != b for a, b in zip(some, clean))
        assert abs(spoilt - 0.1 * ROWS) < 5 * math.sqrt(ROWS * 0.09) + 20
        all_but = rows_of(nest, tmp_path, f"required {kind} x: dirty({value}, row != 3);", "-n", 10)
        assert all_but[3] == clean[3]


@pytest.mark.sanitize
def test_nulls_stay(nest, tmp_path):
    for kind, value in [("int64", "row"), ("double", "row / 7"), ("binary", '"{row}"')]:
        let = f"let n = if row % 2 = 0 then null else {value};"
        seen = rows_of(nest, tmp_path, f"{let} optional {kind} x: dirty(n, 100%);", "-n", 100)
        assert [each is None for each in seen] == [i % 2 == 0 for i in range(100)]
        # Where nobody knows whether, nothing is.
        maybe = f"let t = if row % 2 = 0 then null else true; optional {kind} x: dirty({value}, t);"
        seen = rows_of(nest, tmp_path, maybe, "-n", 100)
        clean = rows_of(nest, tmp_path, f"required {kind} x: {value};", "-n", 100)
        assert seen[::2] == clean[::2] and None not in seen


def test_what_cannot_be_dirty(nest, tmp_path):
    assert "true or false cannot be dirty" in refused(nest, tmp_path, "required boolean x: dirty(true, 5%);")
    assert "null cannot be dirty" in refused(nest, tmp_path, "optional int32 x: dirty(null, 5%);")
    assert "a condition is expected here, not a number" in refused(nest, tmp_path, "required int32 x: dirty(1, 5);")
    assert "no field and no let" in refused(nest, tmp_path, "required int32 x: dirty(nobody, 5%);")
    assert "no field and no let" in refused(nest, tmp_path, "required int32 x: dirty(1, nobody);")
    sizes = "values from -32760 to 32770 do not all fit"
    assert sizes in refused(nest, tmp_path, "required int32 x (INTEGER(16,true)): dirty(-3276..3277, 5%);")
    sizes = "values from -32770 to 3277 do not all fit"
    assert sizes in refused(nest, tmp_path, "required int32 x (INTEGER(16,true)): dirty(-3277..1, 5%);")
    assert "values from -5 to 50 " in refused(nest, tmp_path, "required int32 x (INTEGER(32,false)): dirty(2..5, 5%);")
    assert "values from -50 to 5 " in refused(nest, tmp_path, "required int32 x (INTEGER(32,false)): dirty(-5..-2, 5%);")
    big = "9223372036854775807"
    for value in [f"{big} // 10 + 1", f"-({big} // 10) - 1"]:
        assert "more than 64 bits hold" in refused(nest, tmp_path, f"required int64 x: dirty({value}, 5%);")
    assert "more than 64 bits hold" in refused(
        nest, tmp_path, "required int32 x (DATE): dirty(1970-01-01 + 2147483647, 5%);"
    )
    assert "more than 64 bits hold" in refused(
        nest, tmp_path, "required int32 x (DATE): dirty(1970-01-01 - 2147483647, 5%);"
    )
    assert "nanoseconds reach" in refused(
        nest, tmp_path, "required int64 x (TIMESTAMP(NANOS,true)): dirty(2200-01-01T00:00:00, 5%);"
    )
    let = "let a = letters(65536); let b = letters(%d); required binary x: dirty('{a}{a}{a}{a}{a}{a}{a}{b}', 5%%);"
    assert "the text may have more than 1048576 bytes" in refused(nest, tmp_path, let % 65535)
    assert len(rows_of(nest, tmp_path, let % 65534, "-n", 1, "--binary", "hex")) == 1
    assert '"x" takes 2 bytes, no more and no less' in refused(
        nest, tmp_path, "required fixed_len_byte_array(2) x: dirty(bytes(2), 5%);"
    )
