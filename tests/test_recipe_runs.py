"""A row of a recipe is the same whoever makes it: any range, batch, process and transport."""

import random

import pytest

from nestlib import finish, parts, start_sockets
from test_recipes import SHIPPED, jsonl

ROWS, PARTS = 700, 5
# Processes that make rows, shred and encode.
COUNTS = {"ipc": (3, 2, 2), "memory": (2, 1, 2), "tcp": (3, 1, 3)}


@pytest.mark.sanitize
@pytest.mark.parametrize("recipe", SHIPPED)
def test_ranges_add_up_to_the_whole(nest, recipe):
    """Of any lengths, also of one row and none, and in batches of any size, around the 256 rows drawn at once too."""
    begin = 12_345
    whole = jsonl(nest, recipe, "-n", ROWS, "--first-row", begin)
    chance = random.Random(recipe)
    cuts = sorted({0, 1, 255, 256, 257, 512, ROWS, *(chance.randrange(ROWS) for _ in range(4))})
    batches = [1, 2, 255, 256, 257, 10_000]
    ranges = b""
    for i, (first, last) in enumerate(zip(cuts, cuts[1:])):
        batch = batches[i % len(batches)]
        ranges += jsonl(nest, recipe, "-n", last - first, "--first-row", begin + first, "--batch", batch)
    assert ranges == whole
    assert jsonl(nest, recipe, "-n", 0, "--first-row", begin) == b""


@pytest.fixture(scope="module")
def by_pipe(nest, tmp_path_factory):
    """The digests of the part files of a recipe that one process of each kind makes over pipes, made once."""
    made = {}

    def by_pipe(recipe):
        if recipe not in made:
            out = tmp_path_factory.mktemp("pipe") / recipe
            made[recipe] = parts(nest.pipeline(out, recipe=recipe, rows=ROWS, gen=["--parts", PARTS]))
        return made[recipe]

    return by_pipe


@pytest.mark.parametrize("recipe", SHIPPED)
@pytest.mark.parametrize("transport", ["ipc", "memory", "tcp"])
def test_files_do_not_depend_on_processes_and_transport(
    nest, tmp_path, sockets, started, by_pipe, recipe, transport
):
    options = {"recipe": recipe, "rows": ROWS, "gen": ["--parts", PARTS, "--batch", 37], "started": started}
    out = tmp_path / "out"
    counts = COUNTS[transport]
    stages = start_sockets(nest, sockets, out, transport=transport, counts=counts, **options)
    results = finish(stages)
    assert [result.status for result in results] == [0] * len(stages), "".join(each.err for each in results)
    assert len(stages) == 1 + sum(counts)
    assert parts(out) == by_pipe(recipe) and len(parts(out)) == PARTS
