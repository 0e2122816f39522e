"""nest-gen --like: a recipe whose rows resemble a sample, and that tells none of its values."""

import collections
import datetime
import json
import math
import random
import re
import string
import uuid

import duckdb
import pyarrow.json
import pytest

import nestlib
import realjson

ROWS = 20000
REAL_ROWS = 4000
NEAR = 0.02


# ---- samples ----


def pick(chance, weights):
    return chance.choices(list(weights), list(weights.values()))[0]


def word(chance, least=3, most=9):
    return "".join(chance.choice(string.ascii_lowercase) for _ in range(chance.randint(least, most)))


def moment(chance):
    return datetime.datetime(2024, 3, 1) + datetime.timedelta(seconds=chance.random() * 90 * 86400)


def tweet(chance, row):
    tweet = {
        "id": 1234567890123456789 + row * 100003 + chance.randrange(1000),
        "id_str": str(1234567890123456789 + row * 100003),
        "text": " ".join(word(chance) for _ in range(chance.randint(3, 25))),
        "created_at": moment(chance).strftime("%a %b %d %H:%M:%S +0000 %Y"),
        "lang": pick(chance, {"en": 60, "ja": 20, "es": 10, "de": 5, "fr": 5}),
        "user": {
            "id": chance.randrange(1, 10**9),
            "screen_name": word(chance) + str(chance.randrange(100)),
            "followers": int(chance.lognormvariate(5, 2)),
            "verified": chance.random() < 0.05,
            "url": None if chance.random() < 0.7 else f"https://{word(chance)}.com/{word(chance)}",
        },
        "hashtags": [
            {"text": word(chance), "indices": [chance.randrange(100), chance.randrange(140)]}
            for _ in range(pick(chance, {0: 70, 1: 15, 2: 10, 3: 4, 7: 1}))
        ],
        "urls": [],
        "retweets": int(chance.expovariate(1 / 20)),
        "reply_to": None if chance.random() < 0.8 else chance.randrange(10**12),
        "geo": None,
        "source": pick(chance, {'<a href="http://twitter.com">Web</a>': 50, '<a href="t.co">iPhone</a>': 40, "Bot": 10}),
    }
    if chance.random() < 0.1:
        box = [[chance.uniform(-180, 180), chance.uniform(-90, 90)] for _ in range(4)]
        tweet["place"] = {"country": pick(chance, {"US": 50, "JP": 30, "DE": 20}), "box": box}
    return tweet


def order(chance, row):
    return {
        "order_id": row + 1,
        "uuid": str(uuid.UUID(int=chance.getrandbits(128), version=4)),
        "customer": {
            "name": chance.choice(["Ann", "Bob", "Çelik", "José", "Анна"]) + " " + word(chance).title(),
            "email": f"{word(chance)}@{word(chance)}.com",
            "phone": f"+1-555-{chance.randrange(1000):03}-{chance.randrange(10000):04}",
        },
        "status": pick(chance, {"paid": 70, "open": 20, "void": 10}),
        "placed": moment(chance).isoformat(timespec="seconds") + "Z",
        "day": moment(chance).date().isoformat(),
        "at": moment(chance).isoformat(sep=" ", timespec="milliseconds"),
        "lines": [
            {
                "sku": f"SKU-{chance.randrange(500):05}",
                "quantity": chance.randint(1, 5),
                "price": round(chance.lognormvariate(3, 1), 2),
            }
            for _ in range(chance.randint(1, 6))
        ],
        "coupon": None if chance.random() < 0.9 else pick(chance, {"SAVE10": 60, "VIP": 40}),
        "rating": chance.choice([None, 1, 2, 3, 4, 5]),
        "month": chance.randint(1, 12),
        "mixed": chance.choice([1, "a", None, True, {"a": 5}]),
    }


def reading(chance, row):
    at = datetime.datetime(2024, 1, 1) + datetime.timedelta(seconds=60 * row, milliseconds=chance.randrange(1000))
    return {
        "at": at.isoformat(timespec="milliseconds") + "Z",
        "epoch": 1704067200000 + 60000 * row,
        "sensor": f"s-{chance.randrange(40):03}",
        "celsius": chance.gauss(21, 3),
        "humidity": round(chance.gauss(50, 10), 1),
        "fine": chance.random() < 0.97,
        "readings": [chance.randrange(4096) for _ in range(pick(chance, {8: 50, 16: 50}))],
        "error": pick(chance, {None: 95, "E_TIMEOUT": 4, "E_CRC": 1}),
        "volts": 3.3 if chance.random() < 0.8 else round(chance.uniform(3.1, 3.4), 3),
        "code": pick(chance, {200: 80, 404: 15, 500: 5}),
        "spans": [[chance.randint(100, 999)] * chance.randrange(3) for _ in range(chance.randrange(4))],
    }


GENERATED = {"tweets": (tweet, 5000), "orders": (order, 4000), "readings": (reading, 6000)}


def named(table):
    return [{"name": name, **value} for name, value in table.items()]


# Records within real files.
REAL = {
    "github-events": lambda records: records,
    "twitter": lambda records: records[0]["statuses"],
    "parking-citations": lambda records: records,
    "apache-builds": lambda records: records[0]["jobs"],
    "gsoc-2018": lambda records: list(records[0].values()),
    "earthquakes": lambda records: records[0]["features"],
    "movies": lambda records: records,
    "random": lambda records: records[0]["result"],
    "update-center": lambda records: list(records[0]["plugins"].values()),
    "mime-types": lambda records: named(records[0]),
    "citm-catalog": lambda records: records[0]["performances"],
    "flights": lambda records: records[:5000],
}
SAMPLES = [*GENERATED, *REAL]


def records_of(name):
    if name in GENERATED:
        make, rows = GENERATED[name]
        chance = random.Random(name)
        return [make(chance, row) for row in range(rows)]
    try:
        return REAL[name](realjson.records(realjson.content(realjson.file(name)).decode()))
    except realjson.Unavailable as reason:
        pytest.skip(str(reason))


def lines(records):
    return "".join(json.dumps(record, ensure_ascii=False) + "\n" for record in records)


# ---- what fields hold, told by Python alone ----


class Field:
    def __init__(self):
        self.instances = 0
        self.nulls = 0
        self.lengths = []
        self.values = collections.Counter()
        self.fields = {}

    def add(self, value):
        self.instances += 1
        if value is None:
            self.nulls += 1
        elif isinstance(value, dict):
            self.add_object(value)
        elif isinstance(value, list):
            self.lengths.append(len(value))
            for element in value:
                self.field("[]").add(element)
        else:
            self.values[value] += 1

    def field(self, name):
        return self.fields.setdefault(name, Field())

    def add_object(self, value):
        for name in value:
            if name not in self.fields:
                # Those before had none.
                self.field(name).instances = self.field(name).nulls = self.instances - self.nulls - 1
        for name, field in self.fields.items():
            if name != "[]":
                field.add(value.get(name))

    def walk(self, path=""):
        yield path, self
        for name, field in self.fields.items():
            yield from field.walk(f"{path}.{name}")


def profile(records):
    root = Field()
    for record in records:
        root.add(record)
    return root


def noise(share, count):
    """Four deviations of a share that was counted so often."""
    return 4 * math.sqrt(share * (1 - share) / count) if count else 1


def null_differences(path, field, other):
    share, again = field.nulls / field.instances, other.nulls / other.instances
    if abs(share - again) > NEAR + noise(share, other.instances):
        yield f"{path}: nulls {share:.4f}, made {again:.4f}"


def length_differences(path, field, other):
    count = len(other.lengths)
    mean, again = sum(field.lengths) / len(field.lengths), sum(other.lengths) / count
    deviation = math.sqrt(sum((length - mean) ** 2 for length in field.lengths) / len(field.lengths))
    if abs(mean - again) > NEAR * mean + 4 * deviation / math.sqrt(count):
        yield f"{path}: mean length {mean:.3f}, made {again:.3f}"
    lengths, made = collections.Counter(field.lengths), collections.Counter(other.lengths)
    for length, times in lengths.most_common(10):
        share, again = times / len(field.lengths), made[length] / count
        if abs(share - again) > NEAR + noise(share, count):
            yield f"{path}: length {length} {share:.3f}, made {again:.3f}"


def differences(sample, made, jsons, keeps):
    """What differs by more than NEAR, and more than chance explains; each as a sentence."""
    found = []
    others = dict(made.walk())
    for path, field in sample.walk():
        if any(path == json or path.startswith((json + ".", json + "[")) for json in jsons) or not field.instances:
            continue
        other = others.get(path)
        if other is None or other.instances == 0:
            # It may be too rare to come.
            if field.nulls < field.instances and field.instances > 0.002 * sample.instances:
                found.append(f"{path} is not there")
            continue
        found += null_differences(path, field, other)
        if field.lengths and other.lengths:
            found += length_differences(path, field, other)
        if field.values:
            found += value_differences(path, field, other, keeps)
    return found


def value_differences(path, field, other, keeps):
    total, total_again = field.values.total(), other.values.total() or 1
    again = [count for _, count in other.values.most_common(10)] + [0] * 10
    for place, (value, count) in enumerate(field.values.most_common(10)):
        share, made = count / total, (other.values[value] if keeps else again[place]) / total_again
        if count > 1 and abs(share - made) > NEAR + noise(share, total_again):
            yield f"{path}: value {place} ({value!r}) {share:.3f}, made {made:.3f}"


@pytest.mark.parametrize("change", ["nulls", "lengths", "values", "gone"])
def test_what_differs_is_found(change):
    records = [{"a": None if row % 4 else row % 8, "b": [1] * (row % 3), "c": {"d": row % 5}} for row in range(5000)]
    made = json.loads(json.dumps(records))
    assert differences(profile(records), profile(made), [], True) == []
    for row, record in enumerate(made):
        if change == "nulls" and row % 11 == 0:
            record["a"] = 0
        if change == "lengths" and row % 7 == 0:
            record["b"] = [1] * 9
        if change == "values" and row % 7 == 0:
            record["c"]["d"] = 1
        if change == "gone":
            del record["c"]
    assert differences(profile(records), profile(made), [], False)


# ---- recipes ----


def like(nest, path, *options, **run):
    result = nest.run("nest-gen", "--like", path, *options, **run)
    assert result.status == 0, result.err
    return result.out.decode()


def rows(nest, path, count=ROWS, *options):
    result = nest.run("nest-gen", "-n", count, "--format", "jsonl", *options, path)
    assert (result.status, result.err) == (0, "")
    return result.out


def schema(nest, path, *options):
    result = nest.run("nest-shred", "--print-schema", "--format", "jsonl", "--infer-rows", "all", *options, path)
    assert result.status == 0, result.err
    return result.out.decode()


def recipe_schema(nest, path):
    """The message type that frames of the recipe have."""
    frames = nestlib.read_frames(nest.run("nest-gen", "-n", 1, path).out)
    return next(header["schema"] for header, _ in frames if header["kind"] == "rows")


@pytest.fixture(scope="module")
def made(nest, tmp_path_factory):
    """A sample, the file of it, a recipe like it and a file of its rows, made once."""
    folder = tmp_path_factory.mktemp("like")
    known = {}

    def made(name, *options):
        key = (name, *options)
        if key not in known:
            sample, stem = records_of(name), folder / "".join([name, *options])
            path = folder / f"{name}.jsonl"
            path.write_text(lines(sample))
            recipe, again = stem.with_suffix(".recipe"), stem.with_suffix(".rows")
            recipe.write_text(like(nest, path, *options))
            again.write_bytes(rows(nest, recipe, REAL_ROWS if name in REAL else ROWS))
            known[key] = sample, path, recipe, again
        return known[key]

    return made


def json_fields(nest, path):
    """The fields that are JSON text because their values are of several kinds, as the warnings name them."""
    err = nest.run("nest-shred", "--print-schema", "--format", "jsonl", "--infer-rows", "all", path).err
    return ["." + field.replace("[]", ".[]") for field in re.findall(r"field (.*) becomes JSON", err)]


@pytest.mark.parametrize("options", [[], ["--keep-values"]], ids=["", "kept"])
@pytest.mark.parametrize("name", SAMPLES)
def test_rows_resemble_the_sample(nest, made, name, options):
    sample, path, _, again = made(name, *options)
    records = [json.loads(line) for line in again.read_text().splitlines()]
    jsons = [field.replace("..", ".") for field in json_fields(nest, path)]
    assert differences(profile(sample), profile(records), jsons, bool(options)) == []


@pytest.mark.parametrize("name", SAMPLES)
def test_the_schema_is_that_of_the_sample(nest, made, name):
    _, path, recipe, again = made(name)
    assert schema(nest, path) == schema(nest, again)
    assert recipe_schema(nest, recipe) == schema(nest, path)


def duckdb_schema(path):
    options = "sample_size=-1, format='newline_delimited', maximum_object_size=100000000"
    return duckdb.sql(f"describe select * from read_json_auto('{path}', {options})").fetchall()


@pytest.mark.parametrize("name", SAMPLES)
def test_duckdb_sees_the_same_schema(made, name):
    _, path, _, again = made(name)
    assert duckdb_schema(path) == duckdb_schema(again)


@pytest.mark.parametrize("name", [name for name in SAMPLES if name not in ("orders", "movies")])
def test_pyarrow_sees_the_same_schema(made, name):
    _, path, _, again = made(name)
    options = pyarrow.json.ReadOptions(block_size=1 << 27)
    seen, seen_again = (pyarrow.json.read_json(file, read_options=options).schema for file in (path, again))
    assert seen == seen_again


# ---- what is told ----


def scalars(value):
    if isinstance(value, (dict, list)):
        for inner in value.values() if isinstance(value, dict) else value:
            yield from scalars(inner)
    else:
        yield value


def without_comments(recipe):
    return re.sub(r"#.*", "", recipe)


def literals(recipe):
    """The texts of a recipe, but for patterns."""
    body = re.sub(r"pattern\((\"|').*?\1\)", "", without_comments(recipe))
    return {text.replace('\\"', '"').replace("\\\\", "\\") for text in re.findall(r'"((?:[^"\\]|\\.)*)"', body)}


@pytest.mark.parametrize("name", SAMPLES)
def test_no_text_of_the_sample_is_told(made, name):
    sample, _, recipe, _ = made(name)
    told = literals(recipe.read_text())
    texts = {text for text in scalars(sample) if isinstance(text, str) and len(text) >= 3}
    names = {field for _, field in profile(sample).walk() for field in field.fields}
    assert told & (texts - names) == set()


@pytest.mark.parametrize("name", ["tweets", "orders", "readings"])
def test_nothing_within_a_text_is_one_of_the_sample(made, name):
    sample, _, recipe, _ = made(name)
    told = "\n".join(literals(recipe.read_text()))
    assert [text for text in scalars(sample) if isinstance(text, str) and len(text) >= 3 and text in told] == []


def lines_of(recipe, field):
    """What draws FIELD."""
    return re.search(rf"\b{field}(?: \(\w+\))?: ([^;]*);", without_comments(recipe)).group(1)


EXTREMES = [("tweets", "retweets"), ("tweets", "followers"), ("readings", "celsius"), ("readings", "humidity")]
EXTREMES += [("readings", "volts"), ("readings", "code"), ("orders", "price"), ("flights", "distance")]


@pytest.mark.parametrize("name, field", EXTREMES)
def test_the_ends_of_a_range_are_rounded_outward(made, name, field):
    sample, _, recipe, again = made(name)
    values, others = ([v for p, f in profile(records).walk() if p.endswith("." + field) for v in f.values]
                      for records in (sample, map(json.loads, again.read_text().splitlines())))  # fmt: skip
    told = [float(number) for number in re.findall(r"-?\d+(?:\.\d+)?(?![\d.]*%)", lines_of(recipe.read_text(), field))]
    low, high = min(values), max(values)
    assert min(told) < low or low in range(10)
    assert max(told) > high and high not in told
    width = high - low
    assert min(others) >= low - width / 5 and max(others) <= high + width / 5


@pytest.mark.parametrize("name, field", EXTREMES)
def test_the_ends_are_exact_where_values_are_kept(made, name, field):
    sample, _, recipe, again = made(name, "--keep-values")
    values, others = ([v for p, f in profile(records).walk() if p.endswith("." + field) for v in f.values]
                      for records in (sample, map(json.loads, again.read_text().splitlines())))  # fmt: skip
    told = [float(number) for number in re.findall(r"-?\d+(?:\.\d+)?(?![\d.]*%)", lines_of(recipe.read_text(), field))]
    assert min(told) == pytest.approx(min(values), rel=1e-12) and max(told) == pytest.approx(max(values), rel=1e-12)
    assert min(others) >= min(told) and max(others) <= max(told)


LAID_OUT = """\
# Like a sample of 2 records, without values of theirs.
message record {
	optional group a (LIST): length 0 {
		repeated group list {
			optional binary element (JSON): null;
		}
	}
	optional group c {
		optional group e (LIST): length 1 {
			repeated group list {
				optional group element {
					optional int64 d: 1..2;
				}
			}
		}
	}
}
"""


def test_how_a_recipe_is_laid_out(nest, tmp_path):
    (tmp_path / "sample").write_text('{"a": [], "c": {"e": [{"d": 1}]}}\n{"a": [], "c": {"e": [{"d": 2}]}}\n')
    assert like(nest, tmp_path / "sample") == LAID_OUT


def test_frequent_texts_are_kept_where_that_is_said(made):
    _, _, recipe, _ = made("orders", "--keep-values")
    text = recipe.read_text()
    assert lines_of(text, "status").startswith('"paid"')
    assert {"SAVE10", "VIP"} <= literals(text)
    assert re.search(r"^# Like a sample of 4000 records, with values", text)
    assert re.search(r"^# Like a sample of 4000 records, without values", made("orders")[2].read_text())


# ---- kinds of fields ----


def recipe_of(nest, tmp_path, records, *options):
    path = tmp_path / "sample.jsonl"
    path.write_text(lines(records))
    return like(nest, path, *options)


def drawn(nest, tmp_path, values, *options, field="x"):
    """How a field of VALUES is drawn."""
    return lines_of(recipe_of(nest, tmp_path, [{field: value} for value in values], *options), field)


def cyrillic(number):
    """Five letters, another text for each number below 7776."""
    return "".join("бгджзк"[number // 6**place % 6] for place in range(5))


CHANCE = random.Random(7)
DAY = datetime.date(2024, 1, 1)


@pytest.mark.parametrize(
    "values, options, drawing",
    [
        (range(1, 101), [], r"row \+ 1"),
        (range(0, 1000, 10), [], r"row \* 10 \+ \(0\.\.9\)"),
        (range(5000, 5100), [], r"row \+ 4\d\d\d"),
        (range(5000, 5100), ["--keep-values"], r"row \+ 5000"),
        (CHANCE.sample(range(1000, 9000), 500), [], r"\d+ \+ scatter\(row % \d+, \d+\)"),
        ([7] * 50, [], "7"),
        ([777] * 50, [], "776"),
        ([777] * 50, ["--keep-values"], "777"),
        ([-5, 5] * 50, [], r"5 \| -5"),
        ([True] * 50, [], "true"),
        ([True, False, False, False] * 50, [], r"true 25% \| false"),
        ([1.5, None] * 50, [], r"1\.4 \| null"),
        ([1.25, 2.5] * 50, ["--keep-values"], r"2\.50 \| 1\.25"),
        ([0.12345678, 2.5] * 50, ["--keep-values"], r"2\.5 \| 0\.12345678"),
        ([""] * 50, [], '""'),
        (["2024-01-01", "2024-01-20"] * 20, ["--keep-values"], '"2024-01-01" | "2024-01-20"'.replace("|", r"\|")),
        ([str(DAY + datetime.timedelta(days=d)) for d in range(100)], ["--keep-values"], r'"\{2024-01-01\.\.2024-04-09\}"'),
        ([str(DAY + datetime.timedelta(days=d)) for d in range(100)], ["--infer-dates"], r"2023-12-27 \+ \(0\.\.109\)"),
        ([f"u-{n:06}" for n in range(20000)], [], r""""\{pattern\('\[a-z\]-'\)\}\{scatter\(row % 1000000, 1000000\):06\}\""""),
        ([f"u-{n}" for n in range(10)], [], r""""\{pattern\('\[a-z\]-'\)\}\{scatter\(row % 10, 10\)\}\""""),
        ([f"{cyrillic(n * 1001 % 7776)}-{n * 7919 % 10000:04}" for n in range(5500)], [], r'pattern\("\[а-я\]\{5\}-\\d\{4\}"\)'),
        ([None] * 50, [], "null"),
    ],
)
def test_a_field_is_drawn_so(nest, tmp_path, values, options, drawing):
    found = drawn(nest, tmp_path, values, *options)
    assert re.fullmatch(drawing, found), found


def test_numbers_that_are_one_at_the_size_of_the_others(nest, tmp_path):
    small, large = [n * 1e-9 for n in range(1, 81)], [(n - 20) * 1.1e9 + 7 for n in range(40)]
    assert " 66.667%" in drawn(nest, tmp_path, small + large)


@pytest.mark.parametrize("end", [".", ".1234567890", "+01:00:00:00:00:00:00:00"])
def test_texts_that_are_nearly_times(nest, tmp_path, end):
    values = [f"2024-01-{day:02}T00:00:{second:02}{end}" for day in range(1, 20) for second in range(5)]
    assert "2023-12-" not in drawn(nest, tmp_path, values) and "pattern" in drawn(nest, tmp_path, values)


def test_times_of_a_decade_that_is_a_value(nest, tmp_path):
    """A time of which nothing is in the sample is decades away, and not looked for second by second."""
    sample = [{"at": f"2024-01-02T10:00:{second:02}Z"} for second in range(30)]
    recipe = recipe_of(nest, tmp_path, sample + [{"decade": decade} for decade in ("200", "201", "202")])
    base = re.search(r"([0-9-]+)T[0-9:]+ \+ \(", recipe).group(1)
    assert base[:3] not in ("200", "201", "202") and base > "0001-01-01", recipe


def test_no_number_of_any_size_is_told(nest, tmp_path):
    sample = {f"f{exponent}": float(f"1.25e{exponent}") for exponent in range(-290, 300, 3)}
    (tmp_path / "x.recipe").write_text(recipe_of(nest, tmp_path, [sample] * 20))
    made = json.loads(rows(nest, tmp_path / "x.recipe", 1))
    assert [name for name, value in sample.items() if made[name] == value] == []
    assert list(made.values()) == pytest.approx(list(sample.values()), rel=0.2)


@pytest.mark.parametrize(
    "values",
    [[1e-9, 2.5e10, 1.0], [1e-9, 2e-9, 3e15], [1.5e-30, 6.02e23], [1e20, 1.0, 2.0], [-3.5e40, -7e41], [0.1234567, 1e9], [0.00123456789012345, 2.5e10]],
)
def test_numbers_of_all_sizes_are_kept(nest, tmp_path, values):
    (tmp_path / "x.recipe").write_text(recipe_of(nest, tmp_path, [{"x": value} for value in values] * 50, "--keep-values"))
    made = {json.loads(line)["x"] for line in rows(nest, tmp_path / "x.recipe", 100).splitlines()}
    assert made == set(values)


def test_lists_are_as_long_as_those_seen(nest, tmp_path):
    text = recipe_of(nest, tmp_path, [{"x": [1] * (row % 3)} for row in range(300)] + [{"x": None}] * 100)
    assert re.search(r"group x \(LIST\): length 0..2 75% \| null \{", text)


def test_keys_of_one_map_are_not_made_of_its_row(nest, tmp_path):
    records = [{"x": {f"k-{row * 7 + key:06}": 5 for key in range(7)}, "y": 1} for row in range(2000)]
    text = recipe_of(nest, tmp_path, records, "--infer-maps", 5)
    assert r'key (STRING): pattern("[a-z]-\d{6}");' in text and "unique" not in text
    single = recipe_of(nest, tmp_path, [{"x": {f"k-{row:06}": 5}, "y": 1} for row in range(2000)], "--infer-maps", 5)
    assert re.search(r"key .*scatter\(row .*\n\s+optional int64 value: 5;\n", single)


def test_json_text_has_as_many_alternatives_as_others(nest, tmp_path):
    values = [{"a": 1}, [1]] * 30 + [f"t{number}" for number in range(200)] * 20
    assert recipe_of(nest, tmp_path, [{"x": value} for value in values]).count("|") == 128


def test_fields_behind_lists_are_not_in_them(nest, tmp_path):
    """The words of chance that lists of 1,000 in one another would take are more than a row has."""
    lists = {name: [1, 2] * 500 for name in "abc"}
    assert recipe_of(nest, tmp_path, [lists] * 10).count(": length 1000 {") == 3


def test_a_group_is_there_as_often(nest, tmp_path):
    text = recipe_of(nest, tmp_path, [{"x": {"y": 1}}] * 30 + [{"x": None}] * 50 + [{}] * 20)
    assert "optional group x: present 30% {" in text


def test_an_object_of_many_keys_is_a_map(nest, tmp_path):
    records = [{"x": {word(CHANCE): 5}} for _ in range(100)]
    text = recipe_of(nest, tmp_path, records, "--infer-maps", 10)
    assert re.search(r"group x \(MAP\): length 1 \{\s+repeated group key_value \{\s+required binary key", text)
    assert not any(f'"{key}"' in text for record in records for key in record["x"])


KEYS = {"always": 100, "mostly": 80, "seldom": 10, "half": 50, "never": 3, "quarter": 25}


@pytest.mark.parametrize("options", [[], ["--keep-values"]], ids=["", "kept"])
def test_a_map_has_each_of_its_keys_once(nest, tmp_path, options):
    chance = random.Random(3)
    sample = [{"x": {key: 1 for key, share in KEYS.items() if row % 10 and chance.randrange(100) < share}} for row in range(8000)]
    recipe = recipe_of(nest, tmp_path, sample, "--infer-maps", 5, *options)
    assert "key (STRING): distinct(" in recipe
    (tmp_path / "x.recipe").write_text(recipe)
    made = [json.loads(line, object_pairs_hook=list) for line in rows(nest, tmp_path / "x.recipe").splitlines()]
    maps = [[key for key, _ in record[0][1]] for record in made]
    assert all(len(set(keys)) == len(keys) for keys in maps)
    counts, again = (
        collections.Counter(key for keys in records for key in keys) for records in ([record["x"] for record in sample], maps)
    )
    shares, again = ([times / counts.total() for _, times in counts.most_common()] for counts in (counts, again))
    assert again == pytest.approx(shares, abs=NEAR)


def test_maps_of_two_keys_at_most(nest, tmp_path):
    recipe = recipe_of(nest, tmp_path, [{"x": {"a": 1, "b": 1}}, {"x": {"b": 1, "c": 1}}] * 50, "--infer-maps", 1)
    assert re.search(r'key \(STRING\): distinct\("\w" 79\S*% \| "\w" 10\S*% \| "\w"\);', recipe)


@pytest.mark.parametrize(
    "maps",
    [
        [{"a": 1}, {"b": 1}] * 50,
        [{f"k{row}-{n}": 1 for n in range(3)} for row in range(1000)],
        [{"a": 1, "b": 1} if row % 500 else {f"k{row}": 1} for row in range(4000)],
        [{"a": 1, "b": 1}, {"a": 1, "k" * 9000: 1}] * 50,
    ],
    ids=["one key", "no key comes often", "some keys are rare", "a key is long"],
)
def test_keys_are_no_choice_of_distinct_ones_where_it_has_not_all(nest, tmp_path, maps):
    recipe = recipe_of(nest, tmp_path, [{"x": keys} for keys in maps], "--infer-maps", 1)
    assert "(MAP)" in recipe and "distinct" not in recipe
    (tmp_path / "x.recipe").write_text(recipe)
    assert rows(nest, tmp_path / "x.recipe", 100)


def test_values_of_several_kinds_become_texts_of_json(nest, tmp_path):
    values = [1, "a", None, True, {"a": [5, "b\\\\\u20ac\n"]}, [], 2.5, 777] * 20
    (tmp_path / "x.recipe").write_text(recipe_of(nest, tmp_path, [{"x": value} for value in values]))
    kinds = collections.Counter(type(json.loads(line)["x"]) for line in rows(nest, tmp_path / "x.recipe", 8000).splitlines())
    assert set(kinds) == {int, str, type(None), bool, dict, list, float}
    assert all(abs(kinds[type(value)] / 8000 - 1 / 8) < 0.15 for value in values)


NAMES = ["a:b", "", "row", "null", "let x", 'q"uote', "new\nline", "ünï", "a.b", "#c", "length", "{", "back\\slash", "(x)", "pattern", "scatter", "of"]


def test_fields_of_any_name(nest, tmp_path):
    sample = [{name: row if name < "r" else f"u-{row:06}" for name in NAMES} for row in range(20)]
    (tmp_path / "x.recipe").write_text(recipe_of(nest, tmp_path, sample))
    assert [list(json.loads(line)) for line in rows(nest, tmp_path / "x.recipe", 2).splitlines()] == [NAMES] * 2


# ---- hard samples ----


HARD = {
    "numbers": [
        {"a": 1e300, "b": -1e-300, "c": 2**63, "d": -(2**63), "e": 2**63 - 1, "f": 5e-324, "g": 1e22, "h": 123456789.5},
        {"a": -1e307, "b": 1e-310, "c": 2**64 - 1, "d": 2**63 - 1, "e": -5, "f": 1e-320, "g": 1e5, "h": -1.5e-9},
    ],
    "equal": [{"a": 1e300, "b": 1e-300, "c": -(2**63), "d": 2**64 - 1}],
    "deep": [{"a": [[[[[[1, 2], [3]], []]]]], "b": {"c": [{"d": [{"e": [{"f": [1]}]}]}]}}],
    "empty": [{"a": [], "b": {}, "c": None, "d": [None], "e": [[]], "f": [{}], "g": ""}],
    "wide": [{f"f{n}": n * 1.5 for n in range(3000)}],
    "wide texts": [{f"field_{n}": {"x": f"t{row}", "y": [f"u{n}"] * row} for n in range(1200)} for row in range(5)],
    "long lists": [{"a": [[row % 7] * 1000 for row in range(300)], "b": [{"c": [{"d": 1, "e": "x"}] * 300}] * 300}],
    "long texts": [{"a": "x" * 100000, "b": "word " * 20000, "c": "a-" * 3000, "d": "日" * 70000}],
    "scripts": [{"a": "日本語テキスト", "b": "Привет мир как дела", "c": "😀😀", "d": "שלום", "e": "\0x\1{row}\"\\"}],
    "years": [
        {"a": "0001-01-01", "b": "9999-12-31T23:59:59Z", "c": "2024-01-01 00:00:00", "d": "2024-01-01T00:00:00.123456789Z"},
        {"a": "9999-12-31", "b": "0001-01-01T00:00:00Z", "c": "2024-01-02 00:00:00", "d": "1969-12-31T23:59:59.5Z"},
    ],
}


@pytest.mark.parametrize("options", [[], ["--keep-values"], ["--infer-dates"], ["--infer-maps", "5"]], ids=" ".join)
@pytest.mark.parametrize("name", HARD)
def test_hard_samples_make_recipes(nest, tmp_path, name, options):
    for times in (1, 10):
        text = recipe_of(nest, tmp_path, HARD[name] * times, *options)
        assert len(text.encode()) <= 1 << 19
        (tmp_path / "x.recipe").write_text(text)
        for line in rows(nest, tmp_path / "x.recipe", 20).splitlines():
            assert list(json.loads(line)) == list(HARD[name][0])


def test_a_sample_in_other_layouts(nest, tmp_path):
    sample = [{name: value for name, value in record.items() if name != "mixed"} for record in records_of("orders")[:200]]
    text = recipe_of(nest, tmp_path, sample)
    for layout in (json.dumps(sample), "\n".join(json.dumps(record, indent=1) for record in sample)):
        (tmp_path / "other.json").write_text(layout)
        assert like(nest, tmp_path / "other.json") == text
        assert like(nest, "-", stdin=layout.encode()) == text
    assert recipe_of(nest, tmp_path, sample) == text


MOST_BYTES = 160 << 20


@pytest.mark.slow
def test_memory_stays_bounded(nest, tmp_path):
    chance = random.Random(1)
    with open(tmp_path / "large.jsonl", "w") as file:
        for row in range(400000):
            text = chance.randbytes(150).hex()
            cut = chance.randint(20, 40)
            file.write(f'{{"a":"{text[:cut]}","b":{chance.random()},"c":{row},"d":"{text[cut:cut+chance.randint(100, 200)]}"}}\n')
    result = nest.run("nest-gen", "--like", tmp_path / "large.jsonl", memory=MOST_BYTES)
    assert result.status == 0, result.err


@pytest.mark.parametrize(
    "content, sentence",
    [
        (b"", r"sample.jsonl has no record$"),
        (b" \n ", r"sample.jsonl has no record$"),
        (b"{}\n{}", r"no record of .*sample.jsonl has a field$"),
        (b"5\n", r"sample.jsonl, line 1, column 1: an object is due, not '5'$"),
        (b'{"a":1}\n{"a":', r"sample.jsonl, line 2, column 6: a value is due, not the end of the input$"),
        (b'{"a":"\xff"}', r"sample.jsonl, line 1, column 7: the text is not UTF-8$"),
    ],
)
def test_what_is_no_sample_is_refused(nest, tmp_path, content, sentence):
    (tmp_path / "sample.jsonl").write_bytes(content)
    result = nest.run("nest-gen", "--like", tmp_path / "sample.jsonl")
    assert (result.status, result.out) == (1, b"")
    assert re.search(sentence, result.err.strip()), result.err


@pytest.mark.parametrize(
    "arguments, sentence",
    [
        (["--like", "x.jsonl", "contacts"], "--like writes a recipe"),
        (["--keep-values", "contacts"], "say how --like looks at a sample"),
        (["--infer-dates", "contacts"], "say how --like looks at a sample"),
        (["--infer-maps", "5", "contacts"], "say how --like looks at a sample"),
        (["--like", "/"], "is a directory"),
    ],
)
def test_wrong_usage(nest, arguments, sentence):
    result = nest.run("nest-gen", *arguments)
    assert result.status == 2 and sentence in result.err


def test_a_sample_that_is_not_there(nest):
    result = nest.run("nest-gen", "--like", "/nowhere.jsonl")
    assert result.status == 3 and "unable to read /nowhere.jsonl" in result.err
