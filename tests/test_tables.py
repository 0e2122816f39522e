"""Recipes of several files and several messages: what they include, extend, and take from other rows."""

import json

import pytest

from nestlib import run_of

MORE = "required int32 x: 1;"


def write(folder, files):
    """Writes FILES, name to text; a text alone is my.recipe.  Returns the path of that."""
    for name, text in ({"my.recipe": files} if isinstance(files, str) else files).items():
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)
    return folder / "my.recipe"


def rows_of(nest, folder, files, *options):
    done = nest.run("nest-gen", "--format", "jsonl", "--binary", "hex", *options, write(folder, files))
    assert (done.status, done.err) == (0, "")
    return [json.loads(line) for line in done.out.splitlines()]


def refuse(nest, folder, files, sentence, *options, status=1):
    """SENTENCE is all that stands behind the folder's name, if that is part of it."""
    done = nest.run("nest-gen", "--format", "jsonl", *options, write(folder, files))
    said = done.err.replace(f"{folder}/", "").removesuffix("\n")
    assert (done.status, said, done.out) == (status, f"nest-gen: fatal: {sentence}", b"")


def run_id(nest, folder, files, *options):
    done = nest.run("nest-gen", "--name", "test", "-n", 3, *options, write(folder, files))
    assert (done.status, done.err) == (0, "")
    return run_of(done.out)


# ---- several messages ----

TWO = "let n = 5; message a { required int32 x: n; } message b { required int32 y: n + row; }"


@pytest.mark.sanitize
def test_one_of_several_messages(nest, tmp_path):
    assert rows_of(nest, tmp_path, TWO, "-n", 1, "--table", "a") == [{"x": 5}]
    assert rows_of(nest, tmp_path, TWO, "-n", 2, "--table", "b") == [{"y": 5}, {"y": 6}]
    refuse(
        nest,
        tmp_path,
        TWO,
        'my.recipe has more than one message, and --table names the one to make: "a", "b"',
        status=2,
    )
    refuse(nest, tmp_path, TWO, 'my.recipe has no message "ab"; it has "a", "b"', "--table", "ab", status=2)
    assert rows_of(nest, tmp_path, "message a { required int32 x: 1; }", "-n", 1, "--table", "a") == [{"x": 1}]
    refuse(nest, tmp_path, "message a { required int32 x: 1; }", 'my.recipe has no message "b"; it has "a"', "--table", "b", status=2)


@pytest.mark.sanitize
def test_contacts_have_one_message(nest):
    assert nest.run("nest-gen", "-n", 1, "--table", "contact", "contacts").status == 0
    sentence = '/recipes/contacts.recipe has no message "b"; it has "contact"$'
    nest.run("nest-gen", "--table", "b", "contacts").fatal(2, sentence)


def test_rows_of_one_number_are_drawn_apart(nest, tmp_path):
    """So that what two messages draw first is not the same; one that is alone draws as it always did."""
    fields = "{ required int64 x: 0..1000000000; }"
    two = f"message a {fields} message b {fields} message bb {fields}"
    a, b, bb = (rows_of(nest, tmp_path, two, "-n", 50, "--table", name) for name in ["a", "b", "bb"])
    alone = rows_of(nest, tmp_path, f"message a {fields}", "-n", 50)
    assert rows_of(nest, tmp_path, f"message c {fields}", "-n", 50) == alone
    files = {"my.recipe": f"include 'a.recipe'; message b {fields}", "a.recipe": f"message a {fields}"}
    assert rows_of(nest, tmp_path, files, "-n", 50, "--table", "a") == alone
    assert rows_of(nest, tmp_path, files, "-n", 50) == b
    all_of_them = [row["x"] for rows in (a, b, bb, alone) for row in rows]
    assert len(set(all_of_them)) == 200


def test_lets_before_the_messages(nest, tmp_path):
    text = """let low = 10; let both = low..low + 5;
    message m { %s let low = 1; required int32 a: both; required int32 b: both; required int32 c: low; }"""
    rows = rows_of(nest, tmp_path, text % "", "-n", 300)
    assert {row["a"] for row in rows} == set(range(10, 16))
    assert all(row["a"] == row["b"] and row["c"] == 1 for row in rows)
    # One that nobody names takes no chance.
    assert rows_of(nest, tmp_path, "let nobody = 1..1000000; " + text % "", "-n", 300) == rows
    assert rows_of(nest, tmp_path, text % "let somebody = 1..1000000;", "-n", 300) != rows


# ---- options ----

PARAMETER = 'let n = 5; let t = "a"; message m { required int32 x: n; required binary u (STRING): v; let v = "{t}{n}"; }'


@pytest.mark.sanitize
def test_values_from_the_command_line(nest, tmp_path):
    def rows(*options):
        return [(row["x"], row["u"]) for row in rows_of(nest, tmp_path, PARAMETER, "-n", 2, *options)]

    assert rows() == [(5, "a5")] * 2
    assert rows("--set", "n=10k") == [(10000, "a10000")] * 2
    assert rows("--set", "n=1", "--set", "t='b'") == [(1, "b1")] * 2
    assert rows("--set", "n=1", "--set", " n = row * (1 + 1)") == [(0, "a0"), (2, "a2")]
    assert rows(*["--set", "n=1"] * 1000) == [(1, "a1")] * 2
    done = nest.run("nest-gen", *["--set", "n=1"] * 1001, tmp_path / "my.recipe")
    done.fatal(2, "^--set is given more than 1000 times$")


WRONG_OPTIONS = [
    ("m=5", '1, column 1: no let before the messages is called "m"'),
    ("v=5", '1, column 1: no let before the messages is called "v"'),
    ("n=5x", "1, column 3: a number ends in a letter that is not k, M or G"),
    ("n=5 5", '1, column 5: expected an operator or the end, found "5"'),
    ("n", '1, column 2: expected "=", found the end'),
    ("=5", '1, column 1: expected a name, found "="'),
    ("", "1, column 1: expected a name, found the end"),
    ("row=5", '1, column 1: "row" has a meaning of its own, and no let has this name'),
]


@pytest.mark.sanitize
@pytest.mark.parametrize("setting, sentence", WRONG_OPTIONS)
def test_options_that_are_refused(nest, tmp_path, setting, sentence):
    refuse(nest, tmp_path, PARAMETER, f"--set {setting}, line {sentence}", "--set", setting, status=2)


def test_a_value_that_does_not_fit_is_refused_in_its_place(nest, tmp_path):
    sentence = 'my.recipe, line 1, column 55: "x" takes a number, not a text'
    refuse(nest, tmp_path, PARAMETER, sentence, "--set", "n='a'")


# ---- files ----

BASE = """# base
let n = 5;
message base { required int32 x: n; required binary w (STRING): word("list"); }
"""


@pytest.mark.sanitize
def test_a_recipe_includes_another(nest, tmp_path):
    files = {"my.recipe": "include 'sub/base.recipe';", "sub/base.recipe": BASE, "sub/list.txt": "word"}
    assert rows_of(nest, tmp_path, files, "-n", 1) == [{"x": 5, "w": "word"}]
    files["my.recipe"] = "# first\ninclude\n# second\n\"sub/base.recipe\" # third\n;\nlet n = 6;"
    assert rows_of(nest, tmp_path, files, "-n", 1) == [{"x": 6, "w": "word"}]
    files["my.recipe"] += "message mine { required int32 y: n + 1; }"
    assert rows_of(nest, tmp_path, files, "-n", 1) == [{"y": 7}]
    assert rows_of(nest, tmp_path, files, "-n", 1, "--table", "base") == [{"x": 6, "w": "word"}]
    assert rows_of(nest, tmp_path, files, "-n", 1, "--set", "n=7") == [{"y": 8}]


@pytest.mark.sanitize
def test_the_last_let_of_a_name_counts(nest, tmp_path):
    message = "message m { required int32 x: n; }"
    files = {"a.recipe": "let n = 1;", "b.recipe": "let n = 2;", "my.recipe": ""}
    for text, expected in [("include 'a.recipe'; include 'b.recipe';", 2), ("include 'b.recipe'; include 'a.recipe';", 1)]:
        assert rows_of(nest, tmp_path, files | {"my.recipe": text + message}, "-n", 1) == [{"x": expected}]
        assert rows_of(nest, tmp_path, files | {"my.recipe": f"{text} let n = 3; {message}"}, "-n", 1) == [{"x": 3}]
    # A file that two include is read once, where the first of them does.
    files |= {"a.recipe": "include 'c.recipe'; let n = 1;", "b.recipe": "include 'c.recipe';", "c.recipe": "let n = 9;"}
    files["my.recipe"] = "include 'a.recipe'; include 'b.recipe';" + message
    assert rows_of(nest, tmp_path, files, "-n", 1) == [{"x": 1}]


WRONG_INCLUDES = [
    ("include '../a.recipe';", "10: ../a.recipe is no path downwards from the folder of the recipe"),
    ("include './a.recipe';", "10: ./a.recipe is no path downwards from the folder of the recipe"),
    ("include 'sub/../a.recipe';", "10: sub/../a.recipe is no path downwards from the folder of the recipe"),
    ("include '/etc/passwd';", "10: /etc/passwd is no path downwards from the folder of the recipe"),
    ("include 'link.recipe';", "10: link.recipe is a link, and links are not followed"),
    ("include 'linked/a.recipe';", "10: unable to open linked/a.recipe: Not a directory"),
    ("include 'none.recipe';", "10: unable to open none.recipe: No such file or directory"),
    ("include 'sub';", "10: sub is no regular file"),
    ("include '';", "10: this is no name of a file"),
    ("include 'a\0b';", "10: this is no name of a file"),
    ("include 'my.recipe';", "10: my.recipe includes itself by this"),
    ("include a;", '9: expected the name of a file in quotes, found "a"'),
    ("include 'a.recipe' b;", '20: expected ";", found "b"'),
    ("include 'a.recipe'", '19: expected ";", found the end of the recipe'),
    ("include 'a.recipe", "9: a text is not closed"),
    ("let a = 1; include 'a.recipe';", "12: what a recipe includes stands before its lets and messages"),
    ("includes 'a.recipe';", '1: expected message, let or include, found "includes"'),
]


@pytest.mark.sanitize
@pytest.mark.parametrize("text, sentence", WRONG_INCLUDES, ids=[sentence for _, sentence in WRONG_INCLUDES])
def test_includes_that_are_refused(nest, tmp_path, text, sentence):
    files = {"in/my.recipe": f"# one\n{text}", "in/a.recipe": "let a = 1;", "a.recipe": "let a = 1;", "in/sub/b": ""}
    write(tmp_path, files)
    (tmp_path / "in" / "link.recipe").symlink_to(tmp_path / "in" / "a.recipe")
    (tmp_path / "in" / "linked").symlink_to(tmp_path / "in")
    done = nest.run("nest-gen", tmp_path / "in" / "my.recipe")
    assert done.err == f"nest-gen: fatal: {tmp_path}/in/my.recipe, line {2 + text.endswith('recipe' + chr(39) + chr(10))}, column {sentence}\n"
    assert (done.status, done.out) == (1, b"")


@pytest.mark.sanitize
def test_a_circle_of_files(nest, tmp_path):
    files = {"my.recipe": "include 'sub/a.recipe';", "sub/a.recipe": "include 'b.recipe';", "sub/b.recipe": " include 'a.recipe';"}
    refuse(nest, tmp_path, files, "sub/b.recipe, line 1, column 11: sub/a.recipe includes itself by this")


PLACES = [
    ("let a = 1 +;", "12: expected a value, found the end"),
    ("message b { required int32 x: none; }", '31: there is no field and no let called "none" here'),
    ("message b { required int3 x: 1; }", '22: invalid message type: expected a type, found "int3"'),
    ("message b { required int32 x; }", '13: nothing says how this field is drawn: put ": value" behind it'),
    ("message b { required binary x (STRING): word('none'); }", "47: unable to open sub/none.txt: No such file or directory"),
]


@pytest.mark.parametrize("text, sentence", PLACES)
def test_a_fault_is_told_in_its_file(nest, tmp_path, text, sentence):
    files = {"my.recipe": f"include 'sub/a.recipe';\n{'# long' * 100}\n", "sub/a.recipe": f"# é\n# é\n{text}"}
    done = nest.run("nest-gen", write(tmp_path, files))
    start = f"nest-gen: fatal: {tmp_path}/sub/a.recipe, line 3, column "
    assert done.status == 1 and done.err.startswith(start)
    assert done.err.removeprefix(start).removesuffix("\n") == sentence or "int3" in sentence


def chain(count):
    """COUNT files, each including the next."""
    names = ["my.recipe", *(f"{i}.recipe" for i in range(1, count))]
    files = {name: f"include '{behind}';" for name, behind in zip(names, names[1:])}
    return files | {names[-1]: "message m { required int32 x: 1; }"}


@pytest.mark.sanitize
def test_how_many_files(nest, tmp_path):
    assert rows_of(nest, tmp_path, chain(64), "-n", 1) == [{"x": 1}]
    refuse(nest, tmp_path, chain(65), "63.recipe, line 1, column 10: a recipe has at most 64 files")


def test_how_many_bytes(nest, tmp_path):
    files = {"my.recipe": "include 'a.recipe'; include 'b.recipe'; message m { required int32 x: 1; }"}
    size = (512 << 10) - len(files["my.recipe"])
    files |= {"a.recipe": "#" * (size // 2), "b.recipe": "#" * (size - size // 2)}
    assert rows_of(nest, tmp_path, files, "-n", 1) == [{"x": 1}]
    files["b.recipe"] += "#"
    refuse(nest, tmp_path, files, "my.recipe, line 1, column 30: the recipe has more than 524288 bytes with what it includes")


def test_all_files_and_options_make_another_run(nest, tmp_path):
    files = {"my.recipe": "include 'a.recipe'; message m { required int32 x: n; }", "a.recipe": "let n = 5;"}
    runs = [
        run_id(nest, tmp_path, files),
        run_id(nest, tmp_path, files | {"a.recipe": "let n = 5; "}),
        run_id(nest, tmp_path, files | {"my.recipe": files["my.recipe"] + " "}),
        run_id(nest, tmp_path, files | {"my.recipe": files["my.recipe"].replace("a.r", "b.r"), "b.recipe": "let n = 5;"}),
        run_id(nest, tmp_path, files, "--set", "n=5"),
        run_id(nest, tmp_path, files, "--set", "n=6"),
        run_id(nest, tmp_path, files, "--set", "n=6", "--set", "n=6"),
        run_id(nest, tmp_path, TWO, "--table", "a"),
        run_id(nest, tmp_path, TWO, "--table", "b"),
    ]
    assert len(set(runs)) == len(runs)
    assert run_id(nest, tmp_path, files) == runs[0]
    one = "message a { required int32 x: 1; }"
    assert run_id(nest, tmp_path, one) == run_id(nest, tmp_path, one, "--table", "a")
    # Two files that differ in nothing but where one ends and the other begins.
    files = {"my.recipe": "include 'a.recipe'; include 'b.recipe'; message m { required int32 x: n; }"}
    cut = [files | {"a.recipe": a, "b.recipe": b} for a, b in [("let n = 5;\n", ""), ("", "let n = 5;\n")]]
    assert run_id(nest, tmp_path, cut[0]) != run_id(nest, tmp_path, cut[1])


# ---- what extends a message ----

EXTENDED = """message base {
  let a = 1..1000000;
  let price = 5;
  required int32 first: a;
  optional group home: present true { required int32 x: a; }
  required int32 last: price;
}
"""


def keys(rows):
    return list(rows[0])


@pytest.mark.sanitize
def test_a_message_extends_another(nest, tmp_path):
    def rows(text, *options):
        return rows_of(nest, tmp_path, text, "-n", 20, "--table", "more", *options)

    more = rows("message more extends base { required int32 new: first + 1; }" + EXTENDED)
    assert keys(more) == ["first", "home", "last", "new"]
    assert all(row["new"] == row["first"] + 1 and row["home"]["x"] == row["first"] for row in more)
    text = EXTENDED + "message more extends base { %s }"
    # A let, a field with another type, and the drawing of a field, each in the place of the other.
    assert {row["last"] for row in rows(text % "let price = 6;")} == {6}
    changed = rows(text % "required int64 first: 7000000000; home: present false; last: price + 1;")
    assert changed == [{"first": 7000000000, "home": None, "last": 6}] * 20
    own = rows(text % "optional group home { required int32 y: 1; }")
    assert own[0]["home"] == {"y": 1} and keys(own) == ["first", "home", "last"]
    # By way of others, of which the last counts.
    text = EXTENDED + "message b extends base { last: 7; first: 1; } message more extends b { let price = 9; last: 8; }"
    assert [row["last"] for row in rows(text)] == [8] * 20 and rows(text)[0]["first"] == 1
    text = EXTENDED + "message b extends base { last: price; } message more extends b { let price = 9; }"
    assert rows(text)[0]["last"] == 9


@pytest.mark.sanitize
def test_a_group_extends_a_message(nest, tmp_path):
    text = """let n = 3;
    message address { let street = 1..9; required binary city (STRING): "Oslo"; required int32 at: street * n; }
    message more {
      let n = 1000;
      required group home extends address { at: 1; }
      optional group work (LIST): length 2 { repeated group list { required group element extends address { required int32 p: place; } } }
      repeated group other extends address: length 1 { let street = 0; }
    }"""
    row = rows_of(nest, tmp_path, text, "-n", 1, "--table", "more")[0]
    assert row["home"] == {"city": "Oslo", "at": 1}
    assert [each["p"] for each in row["work"]] == [0, 1]
    # Names mean what they mean where the group stands.
    assert all(each["at"] % 1000 == 0 and each["at"] > 0 for each in row["work"])
    assert row["other"] == [{"city": "Oslo", "at": 0}]


BASE_ONE = "message a { required int32 x: 1; } "
WRONG_EXTENDS = [
    ("message m extends none { y: 1; }", '19: there is no message called "none"'),
    ("message m extends m { y: 1; }", '19: this extends itself, by way of "m"'),
    ("message m extends n { } message n extends m { }", '43: this extends itself, by way of "m"'),
    ("message m { required group g extends m { } }", "13: groups are nested more than 64 deep, the message included"),
    (BASE_ONE + "message m extends a { y: 1; }", '58: there is no field called "y" in what this extends'),
    (BASE_ONE + "message m { x: 1; }", '48: invalid message type: expected required, optional, repeated or "}", found "x"'),
    (BASE_ONE + "message m extends a { x: 1 { } }", '63: expected ";", found "{"'),
    (BASE_ONE + "message m extends a { x; }", '58: invalid message type: expected required, optional, repeated or "}", found "x"'),
    (BASE_ONE + "message m extends { }", '53: expected the name of a message behind "extends"'),
    (BASE_ONE + "message m extends a b { }", '56: expected ":" or "{", found "b"'),
    (BASE_ONE + "message m { required int32 x extends a: 1; }", "73: only a message or a group extends another"),
    (BASE_ONE + "message m extends a { let y = 1; let y = 2; }", '58: this group has another field or let called "y"'),
    (BASE_ONE + "message m extends a { let x = 1; }", '58: this group has another field or let called "x"'),
    (BASE_ONE + "message a { required int32 x: 1; } message m extends a { }", '36: there is another message called "a"'),
    ("let a = 1; let a = 2; message m { required int32 x: 1; }", '12: this file has another let called "a" before its messages'),
    ("let row = 1; message m { required int32 x: 1; }", '5: "row" has a meaning of its own, and no let has this name'),
    ("message m { let place = 1; required int32 x: 1; }", '17: "place" has a meaning of its own, and no let has this name'),
    ("message m { required int32 x: 1;", '33: expected a field, a let or "}", found the end of the recipe'),
    ("message m { required int32 x", '29: expected ";" or "{", found the end of the recipe'),
    ("message m { required int32 x }", '30: expected ";" or "{", found "}"'),
    ("message m { required int32 x: 1; } }", '36: expected message, let or include, found "}"'),
    ("let a = 1;", "11: expected message, let or include, found the end of the recipe"),
    ("", "1: expected message, let or include, found the end of the recipe"),
]


@pytest.mark.sanitize
@pytest.mark.parametrize("text, sentence", WRONG_EXTENDS, ids=[sentence for _, sentence in WRONG_EXTENDS])
def test_messages_that_are_refused(nest, tmp_path, text, sentence):
    options = ["--table", "m"] if "message m" in text else []
    refuse(nest, tmp_path, text, f"my.recipe, line 1, column {sentence}", *options)


def extending(count):
    """COUNT messages, each extending the one before it."""
    others = [f"message m{i} extends m{i - 1} {{ required int32 x{i}: {i}; }}\n" for i in range(1, count)]
    return "message m0 { required int32 x0: 0; }\n" + "".join(others)


def test_how_deep_and_how_many(nest, tmp_path):
    assert len(rows_of(nest, tmp_path, extending(65), "-n", 1, "--table", "m64")[0]) == 65
    refuse(nest, tmp_path, extending(66), "my.recipe, line 2, column 20: messages extend one another more than 64 deep", "--table", "m65")
    many = "".join(f"message m{i} {{ required int32 x: 1; }}\n" for i in range(1025))
    refuse(nest, tmp_path, many, "my.recipe, line 1025, column 1: a recipe has at most 1024 messages", "--table", "m0")
    assert rows_of(nest, tmp_path, many.rpartition("message")[0], "-n", 1, "--table", "m1023") == [{"x": 1}]
    # Twice as many in each message as in the one that its groups extend.
    double = "message m0 { required int32 x: 1; }\n" + "".join(
        f"message m{i} {{ required group a extends m{i - 1} {{}} required group b extends m{i - 1} {{}} }}\n" for i in range(1, 40)
    )
    done = nest.run("nest-gen", "--table", "m39", write(tmp_path, double), timeout=60)
    done.fatal(1, "my.recipe, line 4, column 14: a message has more than 32768 fields and lets$")


def test_how_many_lets(nest, tmp_path):
    """Names are found fast enough for as many as there may be."""
    lets = "".join(f"let a{i:x}=1;" for i in range(32766))
    text = "message m { %s required int32 x: a7ffd; }"
    assert rows_of(nest, tmp_path, text % lets, "-n", 1) == [{"x": 1}]
    done = nest.run("nest-gen", write(tmp_path, text % (lets + "let b=1;")))
    done.fatal(1, "a message has more than 32768 fields and lets$")


# ---- other rows ----

SHOP = """let customers = 50;
message order {
  required int64 id: row;
  let who = 0..customers - 1;
  required int64 customer: customer[who].id;
  required binary name (STRING): customer[who].name;
  optional int32 floor: customer[who].home.floor;
  required double real: customer[who].real;
  required binary code: customer[who].code;
  required int64 bought (DECIMAL(9,2)): customer[who].total;
  repeated int64 many: length 0..3 of customer[0..customers - 1].id;
  optional int64 perhaps: customer[0..9 | null 50%].id;
  required int64 fifth: customer[4].id;
  required int32 seven: mark[row - row % 7];
  let mark = 1..1000000;
  repeated group lines: length 1..3 {
    let which = zipf(1.1, customers) - 1;
    required int64 friend: customer[which].id;
    required binary friends (STRING): "{customer[which].name}!";
  }
}
message customer {
  required int64 id: scatter(row, 1000);
  required binary name (STRING): "{letters(4)}-{n}" 50% | "none";
  let n = 1..100;
  optional group home: present 50% { required int32 floor: 1..9; }
  let real = normal(0, 1);
  required binary code: bytes(5);
  repeated group orders: length 1..3 { required int64 cost (DECIMAL(9,2)): 1.00..9.99; }
  let total = sum(orders.cost);
  required int64 total_ (DECIMAL(9,2)): total;
  required double real_: real;
}
"""


@pytest.mark.sanitize
@pytest.mark.parametrize("options", [[], ["--seed", 7], ["--first-row", 123456], ["--batch", 1]], ids=lambda options: " ".join(map(str, options)) or "usual")
def test_references_resolve(nest, tmp_path, options):
    seed = options if "--seed" in options else []
    customers = rows_of(nest, tmp_path, SHOP, "-n", 50, "--table", "customer", *seed)
    orders = rows_of(nest, tmp_path, SHOP, "-n", 600, "--table", "order", *options)
    by_id = {row["id"]: row for row in customers}
    assert len(by_id) == 50
    first = orders[0]["id"]
    marks = {}
    for order in orders:
        customer = by_id[order["customer"]]
        assert order["name"] == customer["name"]
        assert order["floor"] == (customer["home"] or {}).get("floor")
        assert (order["real"], order["code"], order["bought"]) == (customer["real_"], customer["code"], customer["total_"])
        assert all(number in by_id for number in order["many"])
        assert order["perhaps"] is None or order["perhaps"] in [row["id"] for row in customers[:10]]
        assert order["fifth"] == customers[4]["id"]
        assert all(by_id[line["friend"]]["name"] + "!" == line["friends"] for line in order["lines"])
        assert marks.setdefault(order["id"] // 7, order["seven"]) == order["seven"]
    assert len(set(marks.values())) > 80
    assert {order["customer"] for order in orders} == set(by_id)
    assert 200 < sum(order["perhaps"] is None for order in orders) < 400
    assert 0 < sum(order["floor"] is None for order in orders) < 600
    assert orders[-1]["id"] == first + 599


@pytest.mark.sanitize
def test_who_makes_rows_that_refer_does_not_show(nest, tmp_path):
    path = write(tmp_path, SHOP)
    whole = nest.run("nest-gen", "--format", "jsonl", "--binary", "hex", "-n", 600, "--table", "order", path).out.splitlines()
    for first, rows in [(0, 1), (300, 257), (599, 1)]:
        options = ["--first-row", first, "-n", rows]
        some = nest.run("nest-gen", "--format", "jsonl", "--binary", "hex", *options, "--table", "order", path).out.splitlines()
        assert some == whole[first : first + rows]


@pytest.mark.sanitize
def test_rows_by_way_of_rows(nest, tmp_path):
    text = """message a { required int64 x: 1..1000000; required int64 y: b[row].x; required int64 z: c[row + 1].x; }
    message b { required int64 x: c[row + 1].x; let unused = a[row].y; }
    message c { required int64 x: 1..1000000; let back = a[row].x; required int64 w: back; }"""
    a, c = (rows_of(nest, tmp_path, text, "-n", 20, "--table", table) for table in "ac")
    assert all(row["y"] == row["z"] == c[i + 1]["x"] for i, row in enumerate(a[:-1]))
    assert [row["w"] for row in c] == [row["x"] for row in a]
    assert len({row["x"] for row in a} & {row["x"] for row in c}) == 0


@pytest.mark.sanitize
def test_constants_of_other_rows(nest, tmp_path):
    text = """message m { required int32 i: k[row].i; required binary t (STRING): k[row].t; required double d: k[row].d;
      optional int32 n: k[row].n; required int32 (DATE) ; }
    message k { let i = 5; let t = "text"; let d = 0.5 * 1; let n = null; required int32 x: 1; }""".replace("required int32 (DATE) ;", "optional binary u (STRING): k[0 | null].t;")
    rows = rows_of(nest, tmp_path, text, "-n", 100, "--table", "m")
    assert {json.dumps(row | {"u": 0}) for row in rows} == {'{"i": 5, "t": "text", "d": 0.5, "n": null, "u": 0}'}
    assert {row["u"] for row in rows} == {"text", None}


def test_extended_messages_refer_to_their_own_rows(nest, tmp_path):
    text = """message base { let day = 1..10000; required int32 on: day[row - row % 5]; }
    message more extends base { let day = 20000..30000; }"""
    rows = [row["on"] for row in rows_of(nest, tmp_path, text, "-n", 50, "--table", "more")]
    assert min(rows) >= 20000 and all(len(set(rows[i : i + 5])) == 1 for i in range(0, 50, 5)) and len(set(rows)) == 10


def test_a_group_of_rows_begins_at_0(nest, tmp_path):
    text = "message m { let some = row %% 10; let low = row - 20; let at = %s; required int32 x: d[at]; let d = 1..1000000; }"
    for at, size in [("row - row % 7", 7), ("row - row % 1", 1), ("row - some", 10), ("row - some + 3", 10)]:
        rows = [row["x"] for row in rows_of(nest, tmp_path, text % at, "-n", 70)]
        assert [rows[i] == rows[i - 1] for i in range(1, 70)] == [i % size != 0 for i in range(1, 70)]
    wrong = ["row - 1 - row % 7", "low - low % 7", "row - min(some, 3)", "row - (some + 1)", "row - 2 * some"]
    for at in wrong:
        done = nest.run("nest-gen", write(tmp_path, text % at))
        done.fatal(1, "the number of a row is a whole number from 0 on, and this may be less: clamp\\(\\) bounds it$")
    assert len(rows_of(nest, tmp_path, text % "clamp(low - low % 7, 0, 100)", "-n", 70)) == 70


ORDER = "message m { let d = 1..9; repeated group l: length 2 { let e = 1..9; required int32 f: 1; } required int32 x: %s; } message n { required int32 y: row * 1000; let z = m[row].d; }"
WRONG_ROWS = [
    ("d[-1]", "the number of a row is a whole number from 0 on, and this may be less: clamp() bounds it"),
    ("d[0.5]", "the number of a row is a whole number from 0 on, not one with digits behind the point"),
    ("d['a']", "the number of a row is a whole number from 0 on, not a text"),
    ("d[null]", "the number of a row is a whole number from 0 on, not null"),
    ("none[0]", 'there is no field and no let called "none" here'),
    ("row[0]", 'there is no field and no let called "row" here'),
    ("none[0].y", 'there is no message called "none"'),
    ("m.d[0].y", 'there is no message called "m.d"'),
    ("n[0].none", 'there is no field and no let called "none" here'),
    ("l.e[0]", '"l.e" is in a list, and of another row only what that has once is known'),
    ("m[0].l.f", '"l.f" is in a list, and of another row only what that has once is known'),
    ("n[0].", 'expected the name of a field, found the end'),
    ("d[0", 'expected "]", found the end'),
    ("d[]", 'expected a value, found "]"'),
    ("n[0]", 'there is no field and no let called "n" here'),
    ("x[row - row % 7]", "this is made from itself"),
    ("m[row].x", "this is made from itself"),
    ("if row = 0 then 1 else x[max(row - 1, 0)]", "this is made from itself"),
    ("d[0..9000000000000000000]", "there is chance for 4611686018427387903 rows of this, and no more: clamp() bounds their number"),
    ("d[row] | null", '"x" may be null here, and only an optional field may'),
]


@pytest.mark.sanitize
@pytest.mark.parametrize("value, sentence", WRONG_ROWS, ids=[value for value, _ in WRONG_ROWS])
def test_rows_that_are_refused(nest, tmp_path, value, sentence):
    done = nest.run("nest-gen", "--table", "m", write(tmp_path, ORDER % value))
    assert done.status == 1 and f"my.recipe, line 1, column " in done.err
    assert done.err.removesuffix("\n").split(": ", 3)[-1].split(", column ")[-1].endswith(sentence)


def test_how_deep_rows_refer_to_rows(nest, tmp_path):
    def text(count):
        lets = "".join(f"let a{i} = a{i - 1}[row];" for i in range(1, count))
        return f"message m {{ let a0 = 1..1000000; {lets} required int32 x: a{count - 1}; required int32 y: a0; }}"

    assert all(row["x"] == row["y"] for row in rows_of(nest, tmp_path, text(17), "-n", 300))
    done = nest.run("nest-gen", write(tmp_path, text(18)))
    done.fatal(1, "rows take something from others, and those again, more than 16 deep$")


def test_how_much_rows_refer_to(nest, tmp_path):
    """Each let takes the one before it twice, so that work would double with each."""
    lets = "".join(f"let a{i} = (a{i - 1}[row] + a{i - 1}[row]) % 9;" for i in range(1, 16))
    fields = "".join(f"let f{i} = 1;" for i in range(1000))
    done = nest.run("nest-gen", write(tmp_path, f"message m {{ let a0 = 1..9; {lets} {fields} required int32 x: a15; }}"), timeout=60)
    done.fatal(1, "what is in other rows leads through more than 4194304 fields and lets$")


def test_lengths_from_other_rows(nest, tmp_path):
    """Where words lie in a row does not depend on how many rows are asked for."""
    text = """message m { repeated int32 x: length clamp(n[row].y, 0, 3) of 1..1000000; required int64 z: 0..1000000; }
    message n { required int64 y: row; }"""
    few, many = (rows_of(nest, tmp_path, text, "-n", count, "--table", "m") for count in (2, 300))
    assert few == many[:2] and [len(row["x"]) for row in many[:6]] == [0, 1, 2, 3, 3, 3]


@pytest.mark.sanitize
def test_no_elements_refer_to_nothing(nest, tmp_path):
    text = "message m { repeated int32 x: length if row < 5 then 0 else row % 2 of n[row].y; } message n { required int32 y: row; }"
    rows = rows_of(nest, tmp_path, text, "-n", 10, "--table", "m", "--batch", 1)
    assert [row["x"] for row in rows] == [[]] * 5 + [[5], [], [7], [], [9]]


def test_rows_that_are_too_large_are_drawn_fewer_at_a_time(nest, tmp_path):
    text = """message m { required int32 x: n[row].y; }
    message n { repeated group l: length 65536 { repeated int32 k: length row % 3 of 1..2; } let y = count(l.k_); }"""
    text = text.replace("count(l.k_)", "sum(l.s)").replace("of 1..2; }", "of 1..2; let s = count(k); }")
    rows = rows_of(nest, tmp_path, text, "-n", 40, "--table", "m")
    assert [row["x"] for row in rows] == [65536 * (i % 3) for i in range(40)]


# ---- groups that are not there ----

ABSENT = """message m {
  optional group home: present 50% {
    required int32 floor: 1..9;
    let double = floor * 2;
    required int32 inside: double;
    optional group deep: present 50% { required int32 x: floor; }
    optional group lines (LIST): length 1..3 { repeated group list { required group element { required int32 n: 1..9; } } }
  }
  optional int32 floor: home.floor;
  optional int32 double: home.double;
  optional int32 x: home.deep.x;
  optional group parts (LIST): length 2 { repeated group list { optional group element: present 50% { required int32 n: 1..9; } } }
  required int64 sum: sum(parts.n);
  required int64 count: count(parts.n);
  optional int32 least: least(parts.n);
  required int64 lines: count(home.lines.n);
  optional group other { optional int32 floor2: home.floor; }
}"""


@pytest.mark.sanitize
def test_what_is_in_a_group_that_is_not_there_is_null(nest, tmp_path):
    rows = rows_of(nest, tmp_path, ABSENT, "-n", 400)
    for row in rows:
        home = row["home"] or {}
        assert row["floor"] == row["other"]["floor2"] == home.get("floor")
        assert row["double"] == (home["floor"] * 2 if home else None) == home.get("inside")
        assert row["x"] == (home.get("deep") or {}).get("x")
        parts = [each["n"] for each in row["parts"] if each]
        assert (row["sum"], row["count"], row["least"]) == (sum(parts), len(parts), min(parts, default=None))
        assert row["lines"] == len(home.get("lines", []))
    assert 100 < sum(row["home"] is None for row in rows) < 300
    assert 20 < sum(row["x"] is not None for row in rows) < 200
    assert {len([each for each in row["parts"] if each]) for row in rows} == {0, 1, 2}


def test_a_group_that_is_always_there(nest, tmp_path):
    text = "message m { optional group a: present %s { required int32 x: 1..9; } required int32 y: a.x; }"
    rows = rows_of(nest, tmp_path, text % "true", "-n", 50)
    assert all(row["a"]["x"] == row["y"] for row in rows)
    refuse(nest, tmp_path, text % "false", 'my.recipe, line 1, column 91: "y" may be null here, and only an optional field may')
    refuse(nest, tmp_path, text % "a.x > 1", "my.recipe, line 1, column 13: this is made from itself")


@pytest.mark.sanitize
@pytest.mark.parametrize(
    "text, sentence",
    [
        (b"let a = 1; \xff\xe9 = 1;", 'expected message, let or include, found "??"'),
        ("let a = 1; é = 1;".encode(), 'expected message, let or include, found "é"'),
        (b"include '\xff';", "this is no name of a file"),
        (b"include 'a\x7fb';", "this is no name of a file"),
        (b"include 'a\nb';", "this is no name of a file"),
    ],
)
def test_what_is_no_text_is_not_quoted(nest, tmp_path, text, sentence):
    (tmp_path / "my.recipe").write_bytes(text)
    done = nest.run("nest-gen", tmp_path / "my.recipe")
    assert done.status == 1 and done.err.endswith(f": {sentence}\n") and done.err.count("\n") == 1
