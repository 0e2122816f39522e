"""The same bytes from any number of processes, over any transport, in batches of any size."""

import hashlib

import pytest

from nestlib import finish, parts, start_sockets

ROWS, PARTS = 200_000, 12
GEN = ["--parts", PARTS, "--seed", 7]


@pytest.fixture(scope="module")
def expected(nest, tmp_path_factory):
    """The digests of one process a stage over pipes."""
    return parts(nest.pipeline(tmp_path_factory.mktemp("one") / "out", rows=ROWS, gen=GEN))


def made_by_sockets(nest, sockets, out, **options):
    for result in finish(start_sockets(nest, sockets, out, rows=ROWS, **options)):
        assert result.status == 0, result.err
        assert result.err == ""
    return parts(out)


def test_twelve_parts_that_all_differ(expected):
    assert len(expected) == len(set(expected)) == PARTS


@pytest.mark.parametrize("batch", [1000, 4096, 20480])
def test_over_a_pipe(nest, tmp_path, expected, batch):
    assert parts(nest.pipeline(tmp_path / "out", rows=ROWS, gen=[*GEN, "--batch", batch])) == expected


@pytest.mark.parametrize("batch", [1000, 4096, 20480])
@pytest.mark.parametrize("counts", [(1, 1, 1), (2, 1, 2), (3, 2, 4)])
@pytest.mark.parametrize("transport", ["ipc", "memory", "tcp"])
def test_over_sockets(nest, sockets, tmp_path, expected, transport, counts, batch):
    gen = [*GEN, "--batch", batch]
    assert (
        made_by_sockets(nest, sockets, tmp_path / "out", transport=transport, counts=counts, gen=gen)
        == expected
    )


def test_frames_that_outgrow_their_place_in_shared_memory(nest, sockets, tmp_path):
    """They go through the socket; the last of a part, a small one, does not."""
    gen = ["--parts", 2, "--batch", 90_000]
    expected = parts(nest.pipeline(tmp_path / "pipe", rows=ROWS, gen=gen))
    options = {"transport": "memory", "counts": (2, 1, 2), "gen": gen}
    assert made_by_sockets(nest, sockets, tmp_path / "out", **options) == expected


def test_with_compressed_frames(nest, sockets, tmp_path, expected):
    codec = ["--wire-codec", "zstd"]
    out = nest.pipeline(tmp_path / "pipe", rows=ROWS, gen=[*GEN, *codec], shred=codec)
    assert parts(out) == expected
    options = {"gen": [*GEN, *codec], "shred": codec, "counts": (2, 2, 2)}
    for transport in ("ipc", "memory"):
        folder = sockets / transport
        folder.mkdir()
        made = made_by_sockets(nest, folder, tmp_path / transport, transport=transport, **options)
        assert made == expected


def test_compressed_frames_are_smaller(nest):
    plain = nest.run("nest-gen", "-n", 10000, "contacts").out
    packed = nest.run("nest-gen", "-n", 10000, "--wire-codec", "zstd", "contacts").out
    assert len(packed) < len(plain) / 2


def test_parts_made_in_turn_or_side_by_side(nest, tmp_path, expected):
    for side in (1, 5):
        out = nest.pipeline(tmp_path / str(side), rows=ROWS, gen=[*GEN, "--side-by-side", side])
        assert parts(out) == expected


def test_another_seed_makes_other_bytes(nest, tmp_path, expected):
    out = nest.pipeline(tmp_path / "out", rows=ROWS, gen=["--parts", PARTS, "--seed", 8])
    assert not set(parts(out)) & set(expected)


@pytest.mark.parametrize("compression", ["none", "zstd"])
def test_small_groups_and_pages_do_not_show_how_rows_came(nest, tmp_path, compression):
    encode = ["--row-group-rows", 5000, "--page-rows", 700, "--compression", compression]
    made = []
    for batch in (1, 999, 50000):
        gen = ["--parts", 2, "--batch", batch]
        made.append(parts(nest.pipeline(tmp_path / str(batch), rows=20000, gen=gen, encode=encode)))
    assert made[0] == made[1] == made[2]


@pytest.mark.sanitize
def test_a_small_dataset_over_each_transport(nest, sockets, tmp_path):
    """End to end, small enough for programs with sanitizers."""
    made = [parts(nest.pipeline(tmp_path / "pipe", rows=5000, gen=["--parts", 4]))]
    for transport in ("ipc", "memory", "tcp"):
        folder = sockets / transport
        folder.mkdir()
        options = {"transport": transport, "counts": (2, 2, 2), "rows": 5000, "gen": ["--parts", 4]}
        for result in finish(start_sockets(nest, folder, tmp_path / transport, **options)):
            assert (result.status, result.err) == (0, "")
        made.append(parts(tmp_path / transport))
        # Each stage takes the file of its endpoint away; what --bound wrote stays.
        assert [path.name for path in folder.iterdir() if path.suffix != ".bound"] == []
    assert made[0] == made[1] == made[2] == made[3]


def test_frames_of_a_pipe_do_not_depend_on_chance(nest):
    streams = {
        hashlib.sha256(nest.run("nest-gen", "-n", 30000, "--name", "g", "contacts").out).digest()
        for _ in range(3)
    }
    assert len(streams) == 1
