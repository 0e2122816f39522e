"""A thousand recipes with a fault or two in them: each is drawn from, or refused by a sentence that says where."""

import pathlib
import random
import re
import shutil

import pytest

ROOT = pathlib.Path(__file__).resolve().parent.parent
RECIPES = sorted((ROOT / "gen" / "recipes").glob("*.recipe"))
EACH = 150
AT_MOST_S = 10

TOKEN = re.compile(rb"\s+|#[^\n]*|[A-Za-z_0-9.]+|\"[^\"\n]*\"|'[^'\n]*'|[^\s]", re.S)
# Values that are where something ends, and words that mean something elsewhere.
FOREIGN = [
    *(b"0 1 -1 255 256 65536 65537 2147483648 9223372036854775807 18446744073709551616 0.5 1e9 99k 9G 101% 0.001%").split(),
    *b"null true row place let present length of if then else and or not in .. | ( ) [ ] { } ; : , = < / %".split(),
    *b"sum count least scatter zipf uuid() bytes(9) letters(9) word pattern clamp 1999-02-29 2024-01-01T00:00:00Z".split(),
    *b"required optional repeated group int32 int64 double binary boolean int96 (LIST) (MAP) (DATE) list element".split(),
    *b"message include extends row[0] customer[9] customer".split(),
]
SENTENCE = re.compile(r"nest-gen: fatal: (mutant|customers)\.recipe, line (\d+), column (\d+): [^\n]+\n")


def is_token(token):
    return bool(token.strip())


def flip(text, chance):
    at = chance.randrange(len(text))
    return text[:at] + bytes([text[at] ^ 1 << chance.randrange(8)]) + text[at + 1 :]


def cut(text, chance):
    at = chance.randrange(len(text))
    return text[:at] + text[at + chance.choice([1, 1, 2, 20, len(text)]) :]


def put(text, chance):
    at = chance.randrange(len(text))
    return text[:at] + bytes([chance.randrange(256)]) + text[at:]


def among_tokens(change):
    """A mutation that changes a list of tokens, at the place of one that is not blank."""

    def mutate(text, chance):
        tokens = TOKEN.findall(text)
        places = [i for i, token in enumerate(tokens) if is_token(token) and not token.startswith(b"#")]
        change(tokens, chance.choice(places), chance.choice(places), chance)
        return b"".join(tokens)

    return mutate


def drop(tokens, at, other, chance):
    tokens[at] = b""


def double(tokens, at, other, chance):
    tokens[at] += b" " + tokens[at]


def swap(tokens, at, other, chance):
    tokens[at], tokens[other] = tokens[other], tokens[at]


def copy(tokens, at, other, chance):
    tokens[at] = tokens[other]


def replace(tokens, at, other, chance):
    tokens[at] = chance.choice(FOREIGN)


def number(tokens, at, other, chance):
    numbers = [i for i, token in enumerate(tokens) if token[:1].isdigit()]
    tokens[chance.choice(numbers)] = chance.choice(FOREIGN[:18])


MUTATIONS = [flip, cut, put, *map(among_tokens, (drop, double, swap, copy, replace, number))]


def mutants(path):
    """The same at every run: one mutation, of each kind in turn, and every third time one more."""
    text = path.read_bytes()
    chance = random.Random(path.name)
    for i in range(EACH):
        mutant = MUTATIONS[i % len(MUTATIONS)](text, chance)
        if i % 3 == 2:
            mutant = chance.choice(MUTATIONS)(mutant, chance)
        yield mutant


def check_sentence(said, text):
    """One line, and its place is one of the text, or of the recipe that it includes."""
    match = SENTENCE.fullmatch(said)
    assert match, said
    line, column = map(int, match.groups()[1:])
    if match[1] != "mutant":
        text = (RECIPES[0].parent / f"{match[1]}.recipe").read_bytes()
    lines = text.split(b"\n")
    assert 1 <= line <= len(lines) and 1 <= column <= len(lines[line - 1]) + 1, said


@pytest.mark.parametrize("path", RECIPES, ids=lambda path: path.stem)
def test_a_mutant_works_or_says_where_it_does_not(nest, tmp_path, path):
    for words in path.parent.glob("*/"):
        shutil.copytree(words, tmp_path / words.name)
    shutil.copy(path.parent / "customers.recipe", tmp_path)
    works = 0
    for i, text in enumerate(mutants(path)):
        (tmp_path / "mutant.recipe").write_bytes(text)
        command = ["--format", "jsonl", "--binary", "hex", "-n", 20, "mutant.recipe"]
        result = nest.run("nest-gen", *command, cwd=tmp_path, timeout=AT_MOST_S)
        if result.status == 0:
            assert result.err == "" and result.out.count(b"\n") == 20, i
            works += 1
        else:
            assert (result.status, result.out) == (1, b""), (i, result.err)
            check_sentence(result.err, text)
    assert 0 < works < EACH
