"""Distributions, from the notation to the files: a million draws of each against its theory.

Rows come from a fixed seed, so a test that passes does so always. Each theory with a parameter that is a little
wrong must not fit the same draws.
"""

import bisect
import collections
import datetime
import math
import statistics

import pyarrow.parquet
import pytest

ROWS = 1_000_000

WORDS = {"even": "a\nb\nc\nd\ne\n", "weighted": "a\t5\nb\t3\nc\t1.5\nd\t0.5\ne\t0\n"}

FIELDS = """
  required int32 constant: 5;
  required int64 sequence: row + 1;
  required double uniform: uniform(2, 7);
  required double normal: normal(10, 3);
  required double lognormal: lognormal(1, 0.5);
  required double exponential: exponential(4);
  required int64 zipf: zipf(1.1, 1000);
  required int64 zipf_far: zipf(1.2, 1099511627776);
  required binary choice (STRING): "a" 50% | "b" 30% | "c" 15% | "d" 5%;
  required binary choice_small (STRING): "a" 0.4% | "b" 99.6%;
  required binary choice_even (STRING): "a" 40% | "b" | "c" | "d";
  required boolean share: 35%;
  required boolean share_small: 0.3%;
  required boolean share_one: 1%;
  required int32 die: 1..6;
  required int32 other_die: 1..6;
  required int32 of_16: 1..16;
  required int32 of_17: 1..17;
  required int32 of_4096: 1..4096;
  required int32 of_5000: 1..5000;
  required int32 of_65536: 1..65536;
  required int32 of_70000: 1..70000;
  required int32 decimal (DECIMAL(9,2)): 1.00..9.99;
  required int32 day (DATE): 1992-01-01..1998-12-31;
  required int64 time (TIMESTAMP(MICROS,true)): 2024-01-01T00:00:00Z..2024-12-31T23:59:59.999999Z;
  optional int32 null_or_one: 1 | null 20%;
  optional group lengths (LIST): length null 5% | 0 10% | 1..3 {
    repeated group list { required int32 element: 1..6; } }
  required int32 poisson: poisson(3.5);
  required int32 geometric: geometric(2.5);
  required int32 reference: scatter(0..999, 1000);
  let limit = 1..10;
  required int32 up_to: 1..max(limit, 1);
  required int32 drift: if uniform(0, 1) < row / 1M then 1 else 0;
  required binary word (STRING): word("even");
  required binary word_weighted (STRING): word("weighted");
  required binary word_zipf (STRING): word("even", 1.5);
  required binary words (STRING): words("weighted", 2);
  required binary word_at (STRING): word_at("even", word_number("weighted"));
  required binary letters (STRING): letters(1, "abcd");
"""


@pytest.fixture(scope="module")
def table(nest, tmp_path_factory):
    folder = tmp_path_factory.mktemp("distributions")
    for name, words in WORDS.items():
        (folder / f"{name}.txt").write_text(words)
    # 1..max(limit, 1) is never empty, and said to be: limit is 1 or more.
    (folder / "all.recipe").write_text("message all {%s}" % FIELDS)
    rows = nest.run("nest-gen", "-n", ROWS, folder / "all.recipe")
    assert (rows.status, rows.err) == (0, "")
    return pyarrow.parquet.read_table(nest.pipeline(folder / "out", source=rows.out))


# ---- fits ----


def improbable(counts, expected):
    """How many deviations chi-square lies above its mean: of COUNTS by cell, EXPECTED with few in one cell."""
    assert math.isclose(sum(expected.values()), 1, rel_tol=1e-6)
    if set(counts) - set(expected):
        return math.inf
    total, square, cells, few, few_expected = sum(counts.values()), 0, 0, 0, 0
    for cell, share in expected.items():
        if share * total < 10:
            few, few_expected = few + counts.get(cell, 0), few_expected + share * total
            continue
        square += (counts.get(cell, 0) - share * total) ** 2 / (share * total)
        cells += 1
    if few_expected >= 10:
        square += (few - few_expected) ** 2 / few_expected
        cells += 1
    elif few_expected == 0 and few > 0:
        return math.inf
    freedom = cells - 1
    # Wilson and Hilferty: the cube root of chi-square is nearly normal.
    return ((square / freedom) ** (1 / 3) - (1 - 2 / (9 * freedom))) / math.sqrt(2 / (9 * freedom))


def even(values):
    values = list(values)
    return {value: 1 / len(values) for value in values}


def of_weights(weights):
    total = sum(weights.values())
    return {value: weight / total for value, weight in weights.items()}


def zipf(exponent, ranks, cells):
    """Ranks up to CELLS, and all others as the cell 0; the sum of the far ones by Euler and Maclaurin."""
    near = min(ranks, 100_000)
    weights = {k: k**-exponent for k in range(1, cells + 1)}
    weights[0] = sum(k**-exponent for k in range(cells + 1, near + 1))
    if ranks > near:
        slope = 1 - exponent
        weights[0] += (ranks**slope - near**slope) / slope + (ranks**-exponent - near**-exponent) / 2
    return of_weights(weights)


def poisson(mean):
    shares = {k: math.exp(-mean + k * math.log(mean) - math.lgamma(k + 1)) for k in range(30)}
    return of_weights(shares)


def geometric(mean):
    success = 1 / (1 + mean)
    return of_weights({k: success * (1 - success) ** k for k in range(200)})


def up_to(limits):
    return {k: sum(1 / limit / limits for limit in range(k, limits + 1)) for k in range(1, limits + 1)}


def days(first, last):
    first, last = datetime.date.fromisoformat(first), datetime.date.fromisoformat(last)
    return even(first + datetime.timedelta(i) for i in range((last - first).days + 1))


def pairs(shares):
    return {f"{a} {b}": shares[a] * shares[b] for a in shares for b in shares}


EVEN = even("abcde")
WEIGHTED = of_weights({"a": 5, "b": 3, "c": 1.5, "d": 0.5})
WRONG_WEIGHTS = of_weights({"a": 5.08, "b": 3, "c": 1.5, "d": 0.5})

# The column, its cells, and a theory that is a little wrong.
DISCRETE = {
    "zipf": (zipf(1.1, 1000, 300), zipf(1.107, 1000, 300)),
    "zipf_far": (zipf(1.2, 2**40, 300), zipf(1.203, 2**40, 300)),
    "choice": ({"a": 0.5, "b": 0.3, "c": 0.15, "d": 0.05}, {"a": 0.503, "b": 0.297, "c": 0.15, "d": 0.05}),
    "choice_small": ({"a": 0.004, "b": 0.996}, {"a": 0.0044, "b": 0.9956}),
    "choice_even": ({"a": 0.4, "b": 0.2, "c": 0.2, "d": 0.2}, {"a": 0.4, "b": 0.203, "c": 0.197, "d": 0.2}),
    "share": ({True: 0.35, False: 0.65}, {True: 0.353, False: 0.647}),
    "share_small": ({True: 0.003, False: 0.997}, {True: 0.0034, False: 0.9966}),
    "share_one": ({True: 0.01, False: 0.99}, {True: 0.0107, False: 0.9893}),
    "die": (even(range(1, 7)), of_weights(dict(zip(range(1, 7), [1.02, 1, 1, 1, 1, 1])))),
    "of_16": (even(range(1, 17)), even(range(1, 18))),
    "of_17": (even(range(1, 18)), even(range(1, 17))),
    "of_4096": (even(range(1, 4097)), even(range(1, 4096))),
    "of_5000": (even(range(1, 5001)), even(range(1, 5002 + 200))),
    "of_65536": (even(range(1, 65537)), even(range(1, 65536))),
    "of_70000": (even(range(1, 70001)), even(range(1, 70000))),
    "day": (days("1992-01-01", "1998-12-31"), days("1992-01-01", "1998-12-30")),
    "null_or_one": ({1: 0.8, None: 0.2}, {1: 0.797, None: 0.203}),
    "poisson": (poisson(3.5), poisson(3.515)),
    "geometric": (geometric(2.5), geometric(2.54)),
    "reference": (even(range(1000)), even(range(1001))),
    "up_to": (up_to(10), up_to(11)),
    "word": (EVEN, of_weights(dict.fromkeys("abcde", 1) | {"a": 1.02})),
    "word_weighted": (WEIGHTED, WRONG_WEIGHTS),
    "word_zipf": (
        of_weights({word: (k + 1) ** -1.5 for k, word in enumerate("abcde")}),
        of_weights({word: (k + 1) ** -1.51 for k, word in enumerate("abcde")}),
    ),
    "words": (pairs(WEIGHTED), pairs(WRONG_WEIGHTS)),
    "word_at": (WEIGHTED, WRONG_WEIGHTS),
    "letters": (even("abcd"), of_weights({"a": 1.02, "b": 1, "c": 1, "d": 1})),
}
FAR = {"zipf": 300, "zipf_far": 300}


@pytest.mark.parametrize("column", DISCRETE)
def test_each_value_is_as_frequent_as_it_should_be(table, column):
    theory, wrong = DISCRETE[column]
    counts = collections.Counter(table[column].to_pylist())
    if column in FAR:
        counts[0] = sum(counts.pop(value) for value in list(counts) if value > FAR[column])
    assert sum(counts.values()) == ROWS
    assert improbable(counts, theory) < 4
    assert improbable(counts, wrong) > 5


NORMAL = statistics.NormalDist().inv_cdf

# The column, what of it is below a share of all, and the same with wrong parameters.
CONTINUOUS = {
    "uniform": (lambda p: 2 + 5 * p, [lambda p: 2 + 5.02 * p, lambda p: 2.01 + 5 * p]),
    "normal": (lambda p: 10 + 3 * NORMAL(p), [lambda p: 10.04 + 3 * NORMAL(p), lambda p: 10 + 3.04 * NORMAL(p)]),
    "lognormal": (
        lambda p: math.exp(1 + 0.5 * NORMAL(p)),
        [lambda p: math.exp(1.008 + 0.5 * NORMAL(p)), lambda p: math.exp(1 + 0.508 * NORMAL(p))],
    ),
    "exponential": (lambda p: -4 * math.log1p(-p), [lambda p: -4.06 * math.log1p(-p)]),
    "decimal": (lambda p: 0.995 + 9 * p, [lambda p: 0.995 + 9.02 * p]),
    "time": (lambda p: 366 * 86400 * p, [lambda p: 367 * 86400 * p]),
}
CELLS = 90


def cells_of(values, below):
    """How many of VALUES, in order, are in each of CELLS that theory says are equally likely."""
    ends = [bisect.bisect_left(values, below(k / CELLS)) for k in range(1, CELLS)]
    return dict(enumerate(end - begin for begin, end in zip([0, *ends], [*ends, len(values)])))


@pytest.mark.parametrize("column", CONTINUOUS)
def test_real_numbers_lie_where_they_should(table, column):
    below, wrongs = CONTINUOUS[column]
    values = table[column].to_pylist()
    if column == "time":
        start = datetime.datetime(2024, 1, 1, tzinfo=datetime.timezone.utc)
        values = [(value - start).total_seconds() for value in values]
    values = sorted(float(value) for value in values)
    theory = even(range(CELLS))
    assert improbable(cells_of(values, below), theory) < 4
    for wrong in wrongs:
        assert improbable(cells_of(values, wrong), theory) > 5


def test_constants_and_sequences(table):
    assert table["constant"].to_pylist() == [5] * ROWS
    assert table["sequence"].to_pylist() == list(range(1, ROWS + 1))


def test_lengths_of_lists(table):
    lists = table["lengths"].to_pylist()
    counts = collections.Counter(None if each is None else len(each) for each in lists)
    assert improbable(counts, {None: 0.05, 0: 0.1, 1: 0.85 / 3, 2: 0.85 / 3, 3: 0.85 / 3}) < 4
    assert improbable(counts, {None: 0.052, 0: 0.098, 1: 0.85 / 3, 2: 0.85 / 3, 3: 0.85 / 3}) > 5
    # Elements are even wherever they stand, and have nothing to do with the one before.
    both = collections.Counter(tuple(each[:2]) for each in lists if each is not None and len(each) > 1)
    assert improbable(both, even((a, b) for a in range(1, 7) for b in range(1, 7))) < 4


def test_columns_have_nothing_to_do_with_each_other(table):
    dice = list(zip(table["die"].to_pylist(), table["other_die"].to_pylist()))
    square = even((a, b) for a in range(1, 7) for b in range(1, 7))
    assert improbable(collections.Counter(dice), square) < 4
    following = collections.Counter((a[0], b[0]) for a, b in zip(dice, dice[1:]))
    assert improbable(following, square) < 4
    same = collections.Counter((a, a) for a, _ in dice)
    assert improbable(same, square) > 5


def test_a_distribution_may_drift(table):
    drift = table["drift"].to_pylist()
    for tenth in range(10):
        ones = sum(drift[tenth * ROWS // 10 : (tenth + 1) * ROWS // 10])
        share = (tenth + 0.5) / 10
        assert abs(ones - share * ROWS / 10) < 5 * math.sqrt(ROWS / 10 * share * (1 - share))
