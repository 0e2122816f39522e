"""The recipes that ship: what their rows are, who reads them, and how recipes are found and told apart."""

import decimal
import hashlib
import json
import math
import pathlib
import re
import shutil

import duckdb
import pyarrow.parquet
import pytest

from nestlib import parts, run_of, staged_parts

ROOT = pathlib.Path(__file__).resolve().parent.parent
SHIPPED = sorted(path.stem for path in (ROOT / "gen" / "recipes").glob("*.recipe"))
ROWS = {"deep": 2000, "wide": 2000, "contacts": 20000}
MANY = 20000

# The first thousand rows as JSON Lines, bytes in hexadecimal digits: rows of a recipe that ships never change.
FIRST_ROWS = {
    "contacts": "c032525e50e659076271be6af3c4985a63e968e6af8c9c64fc04469d04291f2b",
    "customers": "59399e25429ff1551520ce2c7158b6d91d0f1fc82a72db9d348870185669441a",
    "deep": "63f40b29076edc5ab95f30b42542f53bcffcae8d7e59bd38a2fccc0b7e3287e3",
    "document": "7001f3984e79145cc823bf3bbcd395e469ac2cde75cb78a9658c535a6846caba",
    "events": "af51d1e0e7f715b8de2b13f84188459ea92e3ebdfa6afe054ab0a9732bd650a1",
    "lineitem": "c3e7079f863c950b72565e592adc3394d00db8d9115a60b0b1797824af96c556",
    "orders": "2895409b43214c40382dbf6da81fd7a028687885321d4ed5642939419b51c000",
    "purchases": "128f5cde3626bcf24bbbfd36fb8c2cd2fea7ecee20e4365117f59bb0d639be65",
    "wide": "68d4c83275b33c7a3cfe718c458a39d3d2b69043bc86dc35e0d1db95fe6ad8b6",
}


def jsonl(nest, recipe, *options, **run):
    result = nest.run("nest-gen", "--format", "jsonl", "--binary", "hex", *options, recipe, **run)
    assert (result.status, result.err) == (0, "")
    return result.out


def frames(nest, recipe, *options, **run):
    result = nest.run("nest-gen", "--name", "test", *options, recipe, **run)
    assert (result.status, result.err) == (0, "")
    return result.out


def dataset(nest, out, recipe, *options):
    return nest.pipeline(out, source=frames(nest, recipe, *options))


@pytest.fixture(scope="module")
def made(nest, tmp_path_factory):
    """The dataset of a recipe, made once: its folder."""
    folder = tmp_path_factory.mktemp("recipes")

    def made(recipe):
        out = folder / recipe
        if not out.exists():
            dataset(nest, out, recipe, "-n", ROWS.get(recipe, MANY), "--parts", 3)
        return out

    return made


@pytest.fixture(scope="module")
def ask(made):
    """Asks DuckDB about a recipe's rows, which are called t; of one value, that value."""

    def ask(recipe, query):
        source = f"with t as (from read_parquet('{made(recipe)}/*.parquet')) "
        rows = duckdb.sql(source + query).fetchall()
        return rows[0][0] if len(rows) == 1 and len(rows[0]) == 1 else rows

    return ask


def close_to(count, share, of):
    """Asserts that COUNT out of OF draws is within five standard deviations of SHARE."""
    deviation = math.sqrt(of * share * (1 - share))
    assert abs(count - of * share) <= 5 * deviation, f"{count} of {of} is not about {share}"


def mean_close_to(values, mean, deviation):
    """Asserts that the mean of VALUES, (mean, count), is within five standard errors."""
    found, count = values
    assert abs(float(found) - mean) < 5 * deviation / math.sqrt(count), f"{found} is not about {mean}"


# ---- all of them ----

SCHEMAS = {
    "contacts": ["name", "phones"],
    "document": ["DocId", "Links", "Name"],
    "deep": ["id", "level1"],
    "wide": [f"c{i:03}" for i in range(1000)],
}


@pytest.mark.parametrize("recipe", SHIPPED)
def test_all_readers_see_the_same_rows(made, ask, recipe):
    rows = ROWS.get(recipe, MANY)
    table = pyarrow.parquet.read_table(made(recipe))
    assert table.num_rows == rows
    assert table.column_names == SCHEMAS.get(recipe, table.column_names)
    assert ask(recipe, "select count(*) from t") == rows
    described = duckdb.sql(f"describe from read_parquet('{made(recipe)}/*.parquet')").fetchall()
    assert [row[0] for row in described] == table.column_names
    # Nulls counted by both, of a thousand columns in few questions.
    names = table.column_names
    for begin in range(0, len(names), 200):
        some = names[begin : begin + 200]
        counts = ask(recipe, "select " + ", ".join(f'count("{name}")' for name in some) + ", 0 from t")[0]
        assert list(counts[:-1]) == [rows - table[name].null_count for name in some]


@pytest.mark.parametrize("recipe", SHIPPED)
def test_rows_that_ship_never_change(nest, recipe):
    lines = jsonl(nest, recipe, "-n", 1000)
    assert lines.count(b"\n") == 1000
    assert hashlib.sha256(lines).hexdigest() == FIRST_ROWS[recipe]


@pytest.mark.sanitize
@pytest.mark.parametrize("recipe", SHIPPED)
def test_who_makes_rows_and_how_does_not_show(nest, recipe):
    count = 60 if recipe == "wide" else 600
    whole = jsonl(nest, recipe, "-n", count).splitlines()
    for batch in (1, 7, 256, 257):
        assert jsonl(nest, recipe, "-n", count, "--batch", batch).splitlines() == whole
    assert jsonl(nest, recipe, "-n", count, "--parts", 5, "--side-by-side", 1).splitlines() == whole
    for first, rows in [(0, 1), (count - 1, 1), (count // 3, count // 2)]:
        some = jsonl(nest, recipe, "-n", rows, "--first-row", first).splitlines()
        assert some == whole[first : first + rows]
    assert jsonl(nest, recipe, "-n", count, "--seed", 43).splitlines() != whole


@pytest.mark.parametrize("recipe", SHIPPED)
def test_files_do_not_depend_on_frames(nest, tmp_path, recipe):
    count = 100 if recipe == "wide" else 3000
    whole = parts(dataset(nest, tmp_path / "whole", recipe, "-n", count, "--parts", 3))
    assert len(whole) == 3
    assert parts(dataset(nest, tmp_path / "small", recipe, "-n", count, "--parts", 3, "--batch", 11)) == whole
    dataset(nest, tmp_path / "one", recipe, "-n", count)
    one, three = (pyarrow.parquet.read_table(tmp_path / name) for name in ("one", "whole"))
    assert one.equals(three)
    lines = [json.loads(line) for line in jsonl(nest, recipe, "-n", count).splitlines()]
    first = lines[0].keys()
    assert list(first) == one.column_names and len(lines) == one.num_rows


@pytest.mark.sanitize
@pytest.mark.parametrize("recipe", SHIPPED)
def test_no_rows_and_rows_far_away(nest, tmp_path, recipe):
    assert jsonl(nest, recipe, "-n", 0) == b""
    out = dataset(nest, tmp_path / "out", recipe, "-n", 0)
    assert pyarrow.parquet.read_table(out).num_rows == 0
    far = jsonl(nest, recipe, "-n", 20, "--first-row", 10**12)
    assert jsonl(nest, recipe, "-n", 1, "--first-row", 10**12 + 19) == far.splitlines(keepends=True)[19]


# ---- each of them ----

# Written by hand, they were this: the first rows, those where numbers get a ninth digit, rows far away, another seed.
CONTACTS = {
    "": "323f21a8d0cabc4c49f6c8a49289b45458efd82c660686ec3d7338cdf39dd938",
    "--first-row=19999000": "2d1282987a8075ce4aa25b7024bd0149413610df3f6250547462504fe14f3c7e",
    "--first-row=123456789012": "a176fef980e2a9f38cce381a175b711be4f33d311c1faff5c19a97f87862d634",
    "--seed=7": "44678cae33662aacbd31a90c3438696ac83a58819bfdd7fb6c6b1758b3cf8392",
}


@pytest.mark.sanitize
@pytest.mark.parametrize("option", CONTACTS, ids=lambda option: option or "usual")
def test_contacts(nest, option):
    lines = jsonl(nest, "contacts", "-n", 3000, *filter(None, [option]))
    assert hashlib.sha256(lines).hexdigest() == CONTACTS[option]


INSULTS = set("Abo Abos Adolf Anal Anus Homo Moron Nazi Satan Slut".split())


@pytest.mark.parametrize("words, count", [("first-names", 3007), ("last-names", 473)])
def test_names(words, count):
    names = (ROOT / "gen" / "recipes" / "people" / f"{words}.txt").read_text().split("\n")[:-1]
    assert len(set(names)) == len(names) == count
    assert all(re.fullmatch("[A-Z][a-z]{1,13}", name) for name in names)
    assert not INSULTS & set(names)


def test_documents(made, ask):
    schema = pyarrow.parquet.read_schema(next(made("document").glob("*.parquet")))
    assert str(schema.field("DocId").type) == "int64"
    close_to(ask("document", "select count(Links) from t"), 0.6, MANY)
    assert ask("document", "select count(distinct DocId) from t") == MANY
    languages = "(select unnest(l.Language, recursive := true) from (select unnest(Name) l from t))"
    assert ask("document", "select min(len(Name)) + max(len(Name)) * 10 from t") == 40
    total, country = ask("document", f"select count(*), count(Country) from {languages}")[0]
    others = ask("document", f"select count(*) from {languages} where Code in ('fr', 'de', 'pt-br')")
    close_to(others, 0.2, total)
    wrong = (
        f"select count(*) from {languages} where Country is distinct from "
        "case Code when 'en-us' then 'us' when 'en-gb' then 'gb' when 'pt-br' then 'br' end"
    )
    assert ask("document", wrong) == 0 and 0 < country < total


RETAIL = "((90000 + (l_partkey // 10) % 20001 + 100 * (l_partkey % 1000)) / 100)::decimal(15,2)"
SUPPLIERS = "list_transform([0, 1, 2, 3], lambda i: (l_partkey + i * (2500 + (l_partkey - 1) // 10000)) % 10000 + 1)"
WRONG_LINES = {
    "a price": f"l_extendedprice != l_quantity * {RETAIL}",
    "a supplier": f"not list_contains({SUPPLIERS}, l_suppkey)",
    "a receipt": "l_receiptdate - l_shipdate not between 1 and 30",
    "a flag": "(l_returnflag = 'N') != (l_receiptdate > date '1995-06-17') or l_returnflag not in ('A', 'N', 'R')",
    "a status": "(l_linestatus = 'O') != (l_shipdate > date '1995-06-17')",
    "a quantity": "l_quantity not between 1 and 50 or l_quantity != round(l_quantity)",
    "a share": "l_discount not between 0 and 0.10 or l_tax not between 0 and 0.08",
    "a part": "l_partkey not between 1 and 200000",
}


def lines_of(recipe):
    return "(select o_orderdate, unnest(lines, recursive := true) from t)" if recipe == "orders" else "t"


@pytest.mark.parametrize("recipe", ["orders", "lineitem"])
@pytest.mark.parametrize("what", WRONG_LINES)
def test_lines_follow_the_rules(ask, recipe, what):
    assert ask(recipe, f"select count(*) from {lines_of(recipe)} where {WRONG_LINES[what]}") == 0


@pytest.mark.parametrize("recipe", ["orders", "lineitem"])
def test_lines_are_drawn_evenly(ask, recipe):
    def mean(value):
        return ask(recipe, f"select avg({value}), count(*) from {lines_of(recipe)}")[0]

    mean_close_to(mean("l_quantity"), 25.5, 14.43)
    mean_close_to(mean("l_discount"), 0.05, 0.0317)
    mean_close_to(mean("l_tax"), 0.04, 0.0259)
    mean_close_to(mean("l_receiptdate - l_shipdate"), 15.5, 8.66)
    mean_close_to(mean("l_partkey"), 100000.5, 57735)
    returned, gone = ask(
        recipe,
        "select count(*) filter (l_returnflag = 'R'), count(*) filter (l_returnflag != 'N') "
        f"from {lines_of(recipe)}",
    )[0]
    close_to(returned, 0.5, gone)
    modes = ask(recipe, f"select l_shipmode, count(*) from {lines_of(recipe)} group by 1")
    assert len(modes) == 7
    for _, count in modes:
        close_to(count, 1 / 7, sum(count for _, count in modes))


@pytest.mark.parametrize("recipe", ["orders", "lineitem"])
def test_comments_have_the_lengths_of_the_specification(ask, recipe):
    """Those of lines are as likely from 10 to 43 characters; that also tells how large the files are."""
    lengths = ask(recipe, f"select len(l_comment), count(*) from {lines_of(recipe)} group by 1")
    assert sorted(length for length, _ in lengths) == list(range(10, 44))
    for _, count in lengths:
        close_to(count, 1 / 34, sum(count for _, count in lengths))
    lines, distinct = ask(recipe, f"select count(*), count(distinct l_comment) from {lines_of(recipe)}")[0]
    assert distinct > 0.85 * lines


def test_comments_of_orders(ask):
    shortest, longest = ask("orders", "select min(len(o_comment)), max(len(o_comment)) from t")[0]
    assert 19 <= shortest <= 21 and 76 <= longest <= 78
    mean_close_to(ask("orders", "select avg(len(o_comment)), count(*) from t")[0], 48.5, 12.6)


def test_types_of_lines_are_exact(made):
    table = pyarrow.parquet.read_table(made("lineitem"))
    types = {str(field.type) for field in table.schema if field.name in ("l_quantity", "l_tax", "l_discount")}
    assert types == {"decimal128(15, 2)"} and table.num_columns == 16
    assert str(table.schema.field("l_shipdate").type) == "date32[day]"


def test_orders_agree_with_their_lines(ask):
    assert ask("orders", "select count(distinct o_orderkey) from t") == MANY
    assert ask("orders", "select count(*) from t where o_orderkey % 32 > 7") == 0
    assert ask("orders", "select max(o_orderkey) from t") == MANY * 4
    customers = "select count(*) from t where o_custkey % 3 = 0 or o_custkey not between 1 and 150000"
    assert ask("orders", customers) == 0
    dates = ask("orders", "select min(o_orderdate)::text, max(o_orderdate)::text from t")[0]
    assert dates[0] >= "1992-01-01" and dates[1] <= "1998-08-02"
    lengths = ask("orders", "select len(lines), count(*) from t group by 1")
    assert sorted(length for length, _ in lengths) == list(range(1, 8))
    for _, count in lengths:
        close_to(count, 1 / 7, MANY)
    wrong = (
        "select count(*) from t where o_orderstatus != case "
        "when len(list_filter(lines, lambda l: l.l_linestatus = 'O')) = 0 then 'F' "
        "when len(list_filter(lines, lambda l: l.l_linestatus = 'F')) = 0 then 'O' else 'P' end"
    )
    assert ask("orders", wrong) == 0
    status = dict(ask("orders", "select o_orderstatus, count(*) from t group by 1"))
    assert status["P"] < status["F"] and status["P"] < status["O"]
    dates = (
        f"select count(*) from {lines_of('orders')} where l_shipdate - o_orderdate not between 1 and 121 "
        "or l_commitdate - o_orderdate not between 30 and 90"
    )
    assert ask("orders", dates) == 0


def test_totals_are_exact(ask):
    rows = ask("orders", "select o_totalprice, lines from t limit 2000")
    for total, lines in rows:
        charges = (l["l_extendedprice"] * (1 + l["l_tax"]) * (1 - l["l_discount"]) for l in lines)
        cents = sum(charges).quantize(decimal.Decimal("0.01"), rounding=decimal.ROUND_HALF_UP)
        assert total == cents


def test_lines_alone_are_lines_of_orders(ask):
    wrong = (
        "select count(*) from (select l_orderkey, max(l_linenumber) last, count(*) lines, "
        "min(l_linenumber) first, max(l_commitdate) - min(l_commitdate) span, "
        "max(l_shipdate) - min(l_shipdate) shipping from t group by 1) "
        "where last != lines or first != 1 or span > 60 or shipping > 120"
    )
    # The last row may be in the middle of an order, which has its first lines then.
    assert ask("lineitem", wrong) == 0
    assert ask("lineitem", "select count(*) = count(distinct (l_orderkey, l_linenumber)) from t")
    assert ask("lineitem", "select count(*) from t where l_orderkey % 32 > 7") == 0


def test_the_days_of_orders_differ(ask):
    """An order's days lie around the middle of its own: those of its neighbours lie elsewhere."""
    middles = "(select l_orderkey, avg(l_commitdate - date '1992-01-01') middle from t group by 1)"
    far = f"select count(*) from (select abs(middle - lag(middle) over (order by l_orderkey)) gap from {middles}) where gap > 100"
    assert ask("lineitem", far) > 0.7 * ask("lineitem", f"select count(*) from {middles}")


def test_purchases_join_customers(made, ask):
    customers = f"(from read_parquet('{made('customers')}/*.parquet'))"
    assert ask("customers", "select count(distinct id) from t") == MANY
    joined = f"from t join (select id, since cs, address.city cc from {customers}) c on t.customer = c.id"
    assert ask("purchases", f"select count(*) {joined}") == MANY
    assert ask("purchases", f"select count(*) {joined} where cs != since or cc is distinct from city") == 0
    assert ask("purchases", f"select count(*) {joined} where city is null") > 0
    # Of those that there are, few buy often and most at least once.
    assert 3000 < ask("purchases", "select count(distinct customer) from t") < 10000
    assert ask("purchases", "select max(n) from (select count(*) n from t group by customer)") > 500
    at = "select count(distinct time), min(id) % 4, max(id) - min(id) from t group by (id - 1) // 4"
    assert set(ask("purchases", at)) == {(1, 1, 3)}
    assert ask("purchases", "select count(distinct time) from t") > MANY / 4 - 10


def test_events(ask):
    assert ask("events", "select count(*) from (select time < lag(time) over () back from t) where back") == 0
    assert ask("events", "select count(*) from t where day != (time at time zone 'UTC')::date") == 0
    assert ask("events", "select count(distinct id) = count(*) and count(distinct session) = count(*) from t")
    close_to(ask("events", "select count(*) from t where \"user\" is null"), 0.15, MANY)
    close_to(ask("events", "select count(device) from t"), 0.9, MANY)
    close_to(ask("events", "select count(device.screen) from t"), 0.63, MANY)
    close_to(ask("events", "select count(tags) from t"), 0.8, MANY)
    close_to(ask("events", "select count(*) from t where cached"), 0.35, MANY)
    twice = "select count(*) from t where len(list_distinct(map_keys(properties))) != cardinality(properties)"
    assert ask("events", twice) == 0
    assert ask("events", "select max(cardinality(properties)) from t") == 5
    keys = ask("events", "select count(distinct key) from (select unnest(map_keys(properties)) key from t)")
    assert keys == 8
    # The most frequent user after Zipf, and many who came once.
    visits = '(select count(*) n from t where "user" is not null group by "user")'
    top, users = ask("events", f"select max(n), count(*) from {visits}")[0]
    assert top > 0.05 * MANY and users > 2000
    for wrong in [
        "(kind = 'buy') != (cart is not null)",
        "(cart is null) != (total is null)",
        "total != list_sum(list_transform(cart, lambda c: c.count * c.price))",
        "kind = 'buy' and len(cart) not between 1 and 6",
    ]:
        assert ask("events", f"select count(*) from t where {wrong}") == 0
    assert ask("events", "select count(*) from t where (query is not null) != (kind = 'search')") == 0
    mean_close_to(ask("events", "select avg(ln(milliseconds)), count(*) from t")[0], 4, 1)


def test_deep_lists(nest, made):
    lists = [json.loads(line)["level1"] for line in jsonl(nest, "deep", "-n", 2000).splitlines()]
    for level in range(1, 9):
        nulls, empties = sum(each is None for each in lists), sum(each == [] for each in lists)
        close_to(nulls, 0.05, len(lists))
        close_to(empties, 0.05, len(lists))
        lists = [element for each in lists for element in each or []]
    close_to(sum(each is None for each in lists), 0.1, len(lists))
    leaf = pyarrow.parquet.ParquetFile(next(made("deep").glob("*.parquet"))).schema.column(1)
    assert (leaf.max_repetition_level, leaf.max_definition_level) == (8, 17)


def test_wide_rows_have_nulls_as_it_says(made):
    table = pyarrow.parquet.read_table(made("wide"))
    shares = [0, 0.01, 0.05, 0.10, 0.25, 0.50, 0.75, 0.90]
    for share in shares:
        columns = [i for i in range(1000) if shares[i // 20 % 8] == share]
        nulls = sum(table[i].null_count for i in columns)
        close_to(nulls, share, len(columns) * table.num_rows)
    assert len({str(field.type) for field in table.schema}) == 15


# ---- how a recipe is found ----


def mine(folder, text="message m { required int64 a: row; }", name="mine"):
    folder.mkdir(exist_ok=True, parents=True)
    path = folder / f"{name}.recipe"
    path.write_text(text)
    return path


@pytest.mark.sanitize
def test_by_name_and_by_path(nest, tmp_path):
    path = ROOT / "gen" / "recipes" / "orders.recipe"
    by_name = frames(nest, "orders", "-n", 100)
    assert frames(nest, path, "-n", 100, cwd=tmp_path) == by_name
    assert frames(nest, "orders.recipe", "-n", 100, cwd=path.parent) == by_name
    assert frames(nest, "./orders.recipe", "-n", 100, cwd=path.parent) == by_name


@pytest.mark.sanitize
def test_lists_of_words_lie_beside_the_recipe(nest, tmp_path):
    text = "message m { required binary a (STRING): word('words/some'); }"
    path = mine(tmp_path / "there", text)
    words = tmp_path / "there" / "words"
    words.mkdir()
    (words / "some.txt").write_text("only\n")
    here = tmp_path / "here"
    here.mkdir()
    for name in (path, "../there/mine.recipe"):
        assert jsonl(nest, name, "-n", 2, cwd=here) == b'{"a":"only"}\n' * 2
    (words / "some.txt").unlink()
    result = nest.run("nest-gen", path)
    result.fatal(1, r"mine\.recipe, line 1, column \d+: unable to open words/some\.txt: No such file or directory$")


@pytest.mark.sanitize
def test_a_recipe_that_is_not_there(nest, tmp_path):
    for name in ("nobody", "contact", "people.", "..", ""):
        result = nest.run("nest-gen", name)
        pattern = rf"^there is no recipe '{name}'; nest-gen\(1\) has the list, and a file's name ends in \.recipe$"
        result.fatal(2, pattern)
    nest.run("nest-gen", "nobody.recipe", cwd=tmp_path).fatal(2, "^unable to open nobody.recipe: No such file")
    nest.run("nest-gen", "nobody/orders").fatal(2, "^unable to open nobody/orders: No such file")


BROKEN = {
    "message m {\n  required int64 a: row +;\n}": "line 2, column 26: ",
    "message m {\n  required int64 a;\n}": "line 2, column 3: nothing says how this field is drawn",
    "message m {\n  required int64 a: b;\n}": "line 2, column 21: there is no field and no let called \"b\" here",
    "message m {\n  required int32 a: null;\n}": "line 2, column 21: \"a\" may be null here",
    "message m {\n  required int64 a: 1..2 | 5 50%;\n}": None,
    "message m {\n  repeated int32 a: length 1..3 of 1;\n  required int64 b: sum(a.b);\n}": (
        "line 3, column 25: there is no field and no let called \"b\" in it"
    ),
}


@pytest.mark.sanitize
@pytest.mark.parametrize("text", BROKEN)
def test_a_broken_recipe_says_where(nest, tmp_path, text):
    path = mine(tmp_path, text)
    result = nest.run("nest-gen", path, "-n", 1)
    if BROKEN[text] is None:
        assert result.status == 0
    else:
        assert BROKEN[text] in result.fatal(1, r"mine\.recipe, line \d+, column \d+: ")


# ---- what a recipe may say ----


def rows_of(nest, folder, text, *options):
    return [json.loads(line) for line in jsonl(nest, mine(folder, text), *options).splitlines()]


@pytest.mark.sanitize
def test_a_path_leads_to_a_let(nest, tmp_path):
    text = """message m {
      optional group a (LIST): length 0..3 { repeated group list { required group element {
        required int32 n: 1..9;
        let double = n * 2;
      } } }
      required int32 total: sum(a.double);
    }"""
    for row in rows_of(nest, tmp_path, text, "-n", 300):
        assert row["total"] == sum(2 * each["n"] for each in row["a"])


@pytest.mark.sanitize
def test_what_is_least_in_a_list_that_is_never_empty(nest, tmp_path):
    text = "message m { repeated int32 a: length %s of 1..9 %s; required int32 b: least(a); }"
    for row in rows_of(nest, tmp_path, text % ("1..3", ""), "-n", 300):
        assert row["b"] == min(row["a"])
    result = nest.run("nest-gen", mine(tmp_path, text % ("0..3", "")))
    result.fatal(1, '"b" may be null here, and only an optional field may$')


@pytest.mark.sanitize
def test_no_row_beyond_the_last_is_drawn(nest, tmp_path):
    text = "message m { required binary a (STRING): letters(row * 1000); required int64 b: scatter(row, 20); }"
    rows = rows_of(nest, tmp_path, text, "-n", 20)
    assert [len(row["a"]) for row in rows] == [1000 * i for i in range(20)]
    assert sorted(row["b"] for row in rows) == list(range(20))
    assert rows_of(nest, tmp_path, text, "-n", 0) == []


# ---- whose parts are whose ----


@pytest.fixture
def three(tmp_path):
    """Three recipes of one name and one schema: the second has another text, the third another second list."""
    text = "message m {{ required binary a (STRING): \"{{word('same')}} {{word('words')}}\"; required int64 b: {}; }}"
    paths = []
    for name, b, words in [("text", 1, "x\ny\n"), ("other", 2, "x\ny\n"), ("words", 1, "x\nz\n")]:
        paths.append(mine(tmp_path / name, text.format(b)))
        (tmp_path / name / "same.txt").write_text("v\nw\n")
        (tmp_path / name / "words.txt").write_text(words)
    return paths


@pytest.mark.sanitize
def test_text_and_words_make_another_run(nest, three, tmp_path):
    runs = [run_of(frames(nest, path, "-n", 10)) for path in three]
    assert len(set(runs)) == 3
    copy = tmp_path / "copy"
    shutil.copytree(three[0].parent, copy)
    assert run_of(frames(nest, copy / "mine.recipe", "-n", 10)) == runs[0]
    (copy / "mine.recipe").rename(copy / "yours.recipe")
    assert run_of(frames(nest, copy / "yours.recipe", "-n", 10)) != runs[0]


@pytest.mark.parametrize("second", [1, 2])
def test_runs_of_two_recipes_never_mix(nest, three, tmp_path, second):
    out = tmp_path / "out"
    options = ["-n", 3000, "--parts", 3]

    def encode(path, *more):
        columns = nest.run("nest-shred", stdin=frames(nest, path, *options, *more)).out
        return nest.run("parquet-encode", "-o", out, stdin=columns)

    first = encode(three[0], "--share", "0/2")
    assert first.status == 0 and len(staged_parts(out)) == 2
    other = encode(three[second], "--share", "1/2")
    other.fatal(3, r"holds parts of run [0-9a-f]{8} .*and this is run [0-9a-f]{8}, of other rows, parts or options; ")
    assert len(staged_parts(out)) == 2
    same = encode(three[0], "--share", "1/2")
    assert same.status == 0 and len(staged_parts(out)) == 3
