"""The contacts themselves: how often what happens, what is unique, what depends on what."""

import fcntl
import json
import math
import os
import signal
import struct
import subprocess
import termios

import duckdb
import pytest

from nestlib import LONG_S, LOST_S, parts, start_stage, wait_until

MILLION = 1_000_000


def close_to(count, share, of):
    """Asserts that COUNT out of OF draws is within five standard deviations of SHARE."""
    deviation = math.sqrt(of * share * (1 - share))
    assert abs(count - of * share) < 5 * deviation, f"{count} of {of} is not about {share}"


@pytest.fixture(scope="module")
def million(nest, tmp_path_factory):
    """A connection with the view contacts of a million rows."""
    out = nest.pipeline(tmp_path_factory.mktemp("million") / "out", rows=MILLION)
    connection = duckdb.connect()
    connection.execute(f"create view contacts as from read_parquet('{out}/*.parquet')")
    connection.execute("create view phones as select unnest(phones, recursive := true) from contacts")
    return connection


def counts(connection, query):
    return dict(connection.execute(query).fetchall())


def test_four_in_five_have_a_name(million):
    assert million.execute("select count(*) from contacts").fetchone() == (MILLION,)
    close_to(million.execute("select count(name) from contacts").fetchone()[0], 0.80, MILLION)


def test_how_many_phones_they_have(million):
    found = counts(million, "select len(phones), count(*) from contacts group by 1")
    expected = {None: 0.40, 1: 0.45, 2: 0.10, 3: 0.05 / 3, 4: 0.05 / 3, 5: 0.05 / 3}
    assert set(found) == set(expected)
    for phones, share in expected.items():
        close_to(found[phones], share, MILLION)


def test_how_many_phones_lack_what(million):
    found = counts(
        million, "select (number is null, phone_type is null)::varchar, count(*) from phones group by 1"
    )
    total = sum(found.values())
    expected = {
        "(false, false)": 0.90,
        "(false, true)": 0.05,
        "(true, false)": 0.04,
        "(true, true)": 0.01,
    }
    assert set(found) == set(expected)
    for missing, share in expected.items():
        close_to(found[missing], share, total)


def test_the_types_of_phones(million):
    found = counts(million, "select phone_type, count(*) from phones where phone_type is not null group by 1")
    assert set(found) == {"Mobile", "Work", "Home"}
    for kind, share in {"Mobile": 0.55, "Work": 0.35, "Home": 0.10}.items():
        close_to(found[kind], share, sum(found.values()))


def test_a_name_and_a_phone_are_independent(million):
    both = million.execute(
        "select count(*) from contacts where name is not null and phones is not null"
    ).fetchone()[0]
    close_to(both, 0.80 * 0.60, MILLION)


def test_the_type_does_not_depend_on_the_place(million):
    rows = million.execute(
        "select phones[2].phone_type, count(*) from contacts"
        " where phones[2].phone_type is not null group by 1"
    ).fetchall()
    found = dict(rows)
    for kind, share in {"Mobile": 0.55, "Work": 0.35, "Home": 0.10}.items():
        close_to(found[kind], share, sum(found.values()))


def test_all_names_are_drawn_about_equally(million):
    firsts = counts(
        million, "select split_part(name, ' ', 1), count(*) from contacts where name is not null group by 1"
    )
    lasts = counts(
        million, "select split_part(name, ' ', 2), count(*) from contacts where name is not null group by 1"
    )
    assert len(firsts) == 3007 and len(lasts) == 473
    named = sum(firsts.values())
    for table in (firsts, lasts):
        expected = named / len(table)
        # Pearson's statistic has about as many degrees of freedom as there are names.
        statistic = sum((count - expected) ** 2 / expected for count in table.values())
        freedom = len(table) - 1
        assert abs(statistic - freedom) < 5 * math.sqrt(2 * freedom)
    pairs = million.execute("select count(distinct name) from contacts").fetchone()[0]
    cells = 3007 * 473
    assert abs(pairs - cells * (1 - math.exp(-named / cells))) < 5 * math.sqrt(named)


def test_numbers_look_like_numbers(million):
    odd = million.execute(
        r"select count(*) from phones where not regexp_full_match(number, '\+91-99-[0-9]{8}')"
    ).fetchone()
    assert odd == (0,)


def test_neighbouring_rows_are_independent(million):
    same = million.execute(
        "select count(*) filter (a and b) from"
        " (select name is null a, lead(name is null) over () b from contacts)"
    ).fetchone()[0]
    close_to(same, 0.04, MILLION)


@pytest.mark.slow
def test_numbers_are_unique_among_ten_million_rows(nest, tmp_path):
    out = nest.pipeline(tmp_path / "out", rows=10 * MILLION)
    numbers, distinct = duckdb.sql(
        "select count(number), count(distinct number) from (select unnest(phones, recursive := true) "
        f"from read_parquet('{out}/*.parquet'))"
    ).fetchall()[0]
    assert numbers == distinct > 8 * MILLION


@pytest.mark.sanitize
def test_numbers_grow_a_digit_where_they_must(nest):
    result = nest.run("nest-gen", "--first-row", 19999990, "-n", 20, "--format", "jsonl", "contacts")
    numbers = all_numbers(result.out)
    assert {len(number) for number in numbers} == {15, 16}
    assert all(number.startswith("+91-99-") for number in numbers) and len(set(numbers)) == len(numbers)


def all_numbers(lines):
    rows = [json.loads(line) for line in lines.splitlines()]
    return [phone["number"] for row in rows for phone in row["phones"] or [] if phone["number"]]


# ---- rows depend on recipe, seed and number alone ----


def jsonl(nest, *options):
    result = nest.run("nest-gen", "--format", "jsonl", *options, "contacts")
    assert result.status == 0, result.err
    return result.out.splitlines()


@pytest.mark.sanitize
def test_any_range_can_be_made_alone(nest):
    whole = jsonl(nest, "-n", 5000)
    assert len(whole) == 5000
    for first, rows in [(0, 1), (1, 10), (4999, 1), (1234, 2000)]:
        assert jsonl(nest, "--first-row", first, "-n", rows) == whole[first : first + rows]


@pytest.mark.sanitize
def test_parts_and_batches_do_not_show_in_the_rows(nest):
    whole = jsonl(nest, "-n", 3000)
    assert jsonl(nest, "-n", 3000, "--batch", 7) == whole
    assert jsonl(nest, "-n", 3000, "--binary", "hex") == whole
    assert jsonl(nest, "-n", 3000, "--parts", 5, "--side-by-side", 1) == whole
    shares = [
        jsonl(nest, "-n", 3000, "--parts", 5, "--side-by-side", 1, "--share", f"{i}/2") for i in range(2)
    ]
    assert sorted(shares[0] + shares[1]) == sorted(whole)


def test_another_seed_makes_other_rows(nest):
    made = {seed: jsonl(nest, "-n", 1000, "--seed", seed) for seed in (0, 1, 42, 2**64 - 1)}
    assert made[42] == jsonl(nest, "-n", 1000)
    for seed, lines in made.items():
        for other, others in made.items():
            same = sum(a == b for a, b in zip(lines, others))
            # One in 12 has neither name nor phones, so some rows are equal by chance.
            assert same == 1000 if seed == other else same < 150


def test_a_reader_of_lines_that_has_seen_enough(nest):
    """The rest of the lines goes unsaid, and so does the end."""
    command = nest.command("nest-gen", "-n", "1G", "--format", "jsonl", "contacts")
    with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE) as process:
        assert process.stdout.readline().startswith(b'{"name":')
        process.stdout.close()
        assert process.stderr.read() == b""
        assert process.wait(LONG_S) == -signal.SIGPIPE


@pytest.mark.sanitize
def test_an_interrupt_ends_json_lines_that_nobody_reads(nest):
    """The reader lives on, as a pager does; what it got until then is whole but for its last line."""
    reader, writer = os.pipe()
    command = nest.command("nest-gen", "-n", "1G", "--batch", "20k", "--format", "jsonl", "contacts")
    stage = start_stage("nest-gen", command, stdout=writer)
    os.close(writer)
    try:
        wait_until(lambda: is_full(reader), "the pipe to fill")
        stage.process.send_signal(signal.SIGINT)
        stage.process.wait(LOST_S)
        stage.result().fatal(-signal.SIGINT, "^interrupted by signal 2")
        with os.fdopen(reader, "rb") as file:
            lines = file.read().splitlines()
    finally:
        stage.process.kill()
        stage.process.wait()
    whole = jsonl(nest, "-n", len(lines))
    assert lines[:-1] == whole[:-1] and whole[-1].startswith(lines[-1])


def test_a_stop_in_the_middle_of_a_write_loses_no_line(nest):
    """What is stopped while the pipe is full, and goes on, has written less than it wanted."""
    reader, writer = os.pipe()
    options = ["-n", 20000, "--batch", 20000, "--format", "jsonl"]
    with subprocess.Popen(nest.command("nest-gen", *options, "contacts"), stdout=writer) as process:
        os.close(writer)
        wait_until(lambda: is_full(reader), "the pipe to fill")
        process.send_signal(signal.SIGSTOP)
        os.waitpid(process.pid, os.WUNTRACED)
        process.send_signal(signal.SIGCONT)
        with os.fdopen(reader, "rb") as file:
            lines = file.read().splitlines()
        assert process.wait(LONG_S) == 0
    assert lines == jsonl(nest, "-n", 20000)


def is_full(pipe):
    """Of a few writes, each of which may leave a page in part."""
    size = fcntl.fcntl(pipe, fcntl.F_GETPIPE_SZ)
    return struct.unpack("i", fcntl.ioctl(pipe, termios.FIONREAD, b"\0\0\0\0"))[0] > size - 8 * 4096


@pytest.mark.parametrize(
    "program, options, ends",
    [
        ("nest-gen", ["--format", "jsonl", "contacts"], ["stdout"]),
        ("nest-gen", ["contacts"], ["stdout"]),
        ("nest-shred", ["--format", "jsonl"], ["stdin", "stdout"]),
        ("parquet-encode", ["-o", "-"], ["stdin", "stdout"]),
    ],
)
def test_pipes_are_widened(nest, program, options, ends):
    """The ends of a pipe of 64 KiB, as it is made, would wait for each other most of the time."""
    pipes = {end: subprocess.PIPE for end in ["stdin", "stdout"]}
    with subprocess.Popen(nest.command(program, *options), **pipes) as process:
        for end in ends:
            pipe = getattr(process, end)
            wait_until(lambda: fcntl.fcntl(pipe, fcntl.F_GETPIPE_SZ) == 1 << 20, f"{end} to be wide")
        process.kill()


def test_a_dataset_may_begin_anywhere(nest, tmp_path):
    first = 123_456_789_012
    out = nest.pipeline(tmp_path / "out", rows=1000, gen=["--first-row", first, "--parts", 3])
    assert len(parts(out)) == 3
    names = duckdb.sql(
        f"select name from read_parquet('{out}/*.parquet', filename = true) "
        "order by filename, file_row_number"
    ).fetchall()
    lines = [json.loads(line) for line in jsonl(nest, "--first-row", first, "-n", 1000)]
    assert [name for name, in names] == [line["name"] for line in lines]
