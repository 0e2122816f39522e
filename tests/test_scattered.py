"""Numbers in a scattered order are each there once, also among a hundred million rows of several processes."""

import subprocess

import msgpack
import numpy
import pytest

from nestlib import LONG_S, start_stage

MANY = 100_000_000
RECIPE = "message m { required int64 id: scatter(row, %d); }"


def batches(pipe):
    """The values of the only leaf, a frame of columns at a time; such a frame is its header and its body."""
    unpacker = msgpack.Unpacker(pipe, max_buffer_size=0, read_size=1 << 20)
    for header, body in zip(unpacker, unpacker):
        header = msgpack.unpackb(header)
        if header["kind"] == "columns":
            assert len(body) == 8 * header["rows"]
            yield numpy.frombuffer(body, "<i8")


def share_of(nest, path, rows, share):
    """The numbers of one of two processes that make the rows in turn."""
    options = ["-n", rows, "--parts", 8, "--share", f"{share}/2"]
    gen = start_stage("nest-gen", nest.command("nest-gen", *options, path), stdout=subprocess.PIPE)
    shred = start_stage(
        "nest-shred", nest.command("nest-shred"), stdin=gen.process.stdout, stdout=subprocess.PIPE
    )
    gen.process.stdout.close()
    with shred.process.stdout as pipe:
        yield from batches(pipe)
    for stage in (gen, shred):
        assert stage.process.wait(LONG_S) == 0, stage.result().err


@pytest.mark.slow
@pytest.mark.parametrize("rows", [99_999, MANY])
def test_scattered_numbers_are_each_there_once(nest, tmp_path, rows):
    path = tmp_path / "m.recipe"
    path.write_text(RECIPE % rows)
    seen = numpy.zeros(rows, bool)
    made = 0
    for share in range(2):
        for numbers in share_of(nest, path, rows, share):
            seen[numbers] = True
            made += len(numbers)
    assert made == rows and seen.all()
