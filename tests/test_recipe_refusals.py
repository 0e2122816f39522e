"""Recipes that would crash, hide something or make what nobody meant: nest-gen refuses them by a sentence."""

import json

import pytest

LIST = "optional group l (LIST): %s { repeated group list { required int32 element: 7; } }"

REFUSED = [
    ("required int32 x: 5 50%;", "this has a share, and stands alone"),
    (LIST % "length 1 of 5", "a list has no value; its elements have"),
    ("let a = 1; let a = 2; required int32 x: a;", 'this group has another field or let called "a"'),
    ("let x = 1; required int32 x: x;", 'this group has another field or let called "x"'),
    ("required fixed_len_byte_array(16) x (UUID): min(uuid(), uuid());", "numbers, dates or times"),
    ("required fixed_len_byte_array(16) x (DECIMAL(38,20)): 1;", "more than 18 digits behind the point"),
    ("required int64 x: -(-9223372036854775807 - 1);", "this can be more than 64 bits hold"),
    ('required int96 x: "abc";', '"x" takes 12 bytes, no more and no less'),
    ("required int64 x: %s;" % " - ".join(["row"] * 20000), "this stands more than 1000 deep"),
    (" ".join(f"let a{i} = a{i + 1};" for i in range(9999)) + "let a9999 = 1; required int64 x: a0;", "1000 deep"),
    (LIST % "present 5%", 'a list is null where its length is: "length null 20% | 1..3"'),
    ("optional int32 x: present 5%;", 'only a group is present or not; write "... | null"'),
    (LIST % "length 1.5", "a length is a whole number, not one with digits behind the point"),
    ("required int64 x: uuid(3, 4);", "the number of arguments of uuid() is 0 or 1, and not 2"),
    ("required int64 x: round(1, 2, 3);", "the number of arguments of round() is 1 or 2, and not 3"),
    ('required binary x (STRING): word("../a");', "../a.txt is no path downwards from the folder of the recipe"),
    (LIST % "length 1" + "required int32 x: sum(l.list);", "there is no field"),
    ("optional group g { required int32 x: 1; } required int32 y: g;", "name one of its fields, behind a dot"),
]


def rows_of(nest, folder, fields, *options):
    (folder / "m.recipe").write_text("message m {\n%s\n}\n" % fields)
    done = nest.run("nest-gen", "--format", "jsonl", *options, folder / "m.recipe")
    return done.status, done.err, [json.loads(line) for line in done.out.splitlines()]


@pytest.mark.parametrize("fields, sentence", REFUSED, ids=[sentence for _, sentence in REFUSED])
def test_a_recipe_that_is_refused(nest, tmp_path, fields, sentence):
    status, err, rows = rows_of(nest, tmp_path, fields)
    assert (status, rows) == (1, [])
    assert sentence in err and ", line 2, column " in err


@pytest.mark.parametrize("form", ["frames", "jsonl"])
def test_a_row_that_is_too_large_is_told(nest, tmp_path, form):
    path = tmp_path / "x.recipe"
    path.write_text("message m { repeated group a: length 65536 { repeated int32 b: length 65536 of 1; } }")
    result = nest.run("nest-gen", "-n", 1, "--format", form, path)
    result.fatal(1, "^row 0 takes more than 256 MiB to draw: shorter lists and texts take less$")


def test_lists_of_words_are_bounded_all_together(nest, tmp_path):
    lets = ""
    for i in range(5):
        with open(tmp_path / f"l{i}.txt", "wb") as words:
            words.truncate(52 << 20)
        lets += f"let w{i} = word_count('l{i}'); "
    status, err, _ = rows_of(nest, tmp_path, lets + "required int32 x: w0;")
    assert status == 1 and "the lists of words have more than 268435456 bytes, all together" in err
    (tmp_path / "l4.txt").write_text("a\nb\n")
    assert rows_of(nest, tmp_path, lets + "required int32 x: w4;", "-n", "1") == (0, "", [{"x": 2}])
    with open(tmp_path / "l4.txt", "r+b") as words:
        words.truncate((256 - 4 * 52) << 20)
    assert rows_of(nest, tmp_path, lets + "required int32 x: w4;", "-n", "1") == (0, "", [{"x": 3}])


def test_a_number_for_each_row(nest, tmp_path):
    """The last row is one below their number; rows behind it, which the recipe cannot make, are not tried."""
    status, err, rows = rows_of(nest, tmp_path, "required int64 x: scatter(row, 10);", "-n", "10")
    assert (status, err) == (0, "")
    assert sorted(row["x"] for row in rows) == list(range(10))


LENGTHS_OF_ROWS = [
    "clamp(row, 0, 9)",
    "if row = 1 then min(row, 3) else 0",
    "count(first)",
    "clamp(many, 0, 3)",
    "count(nested)",
]


@pytest.mark.parametrize("length", LENGTHS_OF_ROWS)
def test_rows_do_not_depend_on_how_many_there_are(nest, tmp_path, length):
    """How long a list can be is bounded by the rows, and where words lie in a row by how long its lists can be."""
    fields = f"""let many = row * 2;
    repeated int32 first: length clamp(row, 0, 5) of 1..1000000;
    repeated int32 x: length {length} of 1..1000000;
    optional group nested (LIST): length 2 {{
      repeated group list {{ required int32 element: 1..1000000; }}
    }}
    required int64 y: 0..1000000000;"""
    few = rows_of(nest, tmp_path, fields, "-n", "3")
    many = rows_of(nest, tmp_path, fields, "-n", "300")
    assert few[:2] == many[:2] == (0, "")
    assert few[2] == many[2][:3]


def test_a_row_has_random_words_for_so_many_elements(nest, tmp_path):
    fields = "%s repeated group a: length 65536 { repeated int64 b: length 256 of 1..100000; }"
    assert rows_of(nest, tmp_path, fields % "", "-n", "0") == (0, "", [])
    status, err, rows = rows_of(nest, tmp_path, fields % "required int64 c: 1..100000;", "-n", "0")
    assert (status, rows) == (1, [])
    assert ", line 2, column 55: a row may need more than 16777216 random words" in err


def test_a_remainder_and_a_condition_bound_a_length(nest, tmp_path):
    """So lists of such lengths may lie in one another; others count with the most elements that a list may have."""
    fields = """repeated group a: length row % 3 { repeated group b: length row % 5 {
      repeated int32 c: length if row = 2 then 1 else 0 of 1..6; } }"""
    assert rows_of(nest, tmp_path, fields)[:2] == (0, "")


def test_nulls_of_any_kind_among_texts(nest, tmp_path):
    fields = """let n = null;
    repeated group g: length 50 { optional binary x (STRING): "a" | n | (null | null) | "b"; }"""
    status, err, rows = rows_of(nest, tmp_path, fields, "-n", "300")
    assert (status, err) == (0, "")
    assert {g["x"] for row in rows for g in row["g"]} == {"a", "b", None}
