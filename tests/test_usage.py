"""Bad use of each program: one line on standard error, status 2, nothing done."""

import json
import os
import pty
import signal
import subprocess

import pytest

from nestlib import LONG_S, Result, STAGES, rows_stream, start_stage, wait_until

pytestmark = pytest.mark.sanitize

# A command line of each program that would be taken.
GOOD = {
    "nest-gen": ["contacts"],
    "nest-shred": [],
    "parquet-encode": ["-o", "out"],
    "parquet-merge": ["out"],
    "nest-cat": [],
}


@pytest.mark.parametrize("program", GOOD)
@pytest.mark.parametrize("option", ["--no-such-option", "-Z", "--timeout=", "--rows-of-nothing=7"])
def test_unknown_option(nest, tmp_path, program, option):
    result = nest.run(program, option, *GOOD[program], cwd=tmp_path)
    result.fatal(2, "is not an option|is not a number")
    assert os.listdir(tmp_path) == []


@pytest.mark.parametrize(
    "program, arguments",
    [
        ("nest-gen", ["--s", "1"]),
        ("nest-gen", ["--t", "1"]),
        ("nest-shred", ["--s=1"]),
        ("parquet-encode", ["--row-group", "1000"]),
        ("parquet-merge", ["--ver"]),
    ],
)
def test_abbreviation_of_several_options(nest, tmp_path, program, arguments):
    sentence = nest.run(program, *arguments, *GOOD[program], cwd=tmp_path).fatal(2, "short for several")
    assert sentence.startswith(f"{arguments[0]} is not an option")
    assert os.listdir(tmp_path) == []


@pytest.mark.parametrize("program, option", [("nest-gen", "--verbose=1"), ("parquet-merge", "--forc=yes")])
def test_value_of_an_option_that_takes_none(nest, tmp_path, program, option):
    sentence = nest.run(program, option, *GOOD[program], cwd=tmp_path).fatal(2, "takes none")
    assert sentence.startswith(f"{option} gives a value to an option")
    assert os.listdir(tmp_path) == []


def test_abbreviation_of_one_option(nest):
    assert nest.run("nest-gen", "--form", "jsonl", "--row=0", "contacts").status == 0
    assert nest.run("nest-gen", "--versio").out == nest.run("nest-gen", "-V").out


OUT_OF_RANGE = [
    ("nest-gen", "--batch", "0"),
    ("nest-gen", "--batch", "1000001"),
    ("nest-gen", "--parts", "0"),
    ("nest-gen", "--rows", "99999999999G"),
    ("nest-gen", "--rows", "18446744073709551616"),
    ("nest-shred", "--senders", "0"),
    ("parquet-encode", "--page-rows", "0"),
    ("parquet-encode", "--row-group-rows", "4294967296"),
    ("parquet-encode", "--zstd-level", "20"),
    ("parquet-merge", "--senders", "0"),
    *((program, "--timeout", "0") for program in STAGES),
]


@pytest.mark.parametrize("program, option, value", OUT_OF_RANGE)
def test_number_out_of_range(nest, tmp_path, program, option, value):
    result = nest.run(program, option, value, *GOOD[program], cwd=tmp_path)
    result.fatal(2, rf"^{option}: {value} is out of range \(\d+ to \d+\)$")
    assert os.listdir(tmp_path) == []


@pytest.mark.parametrize("program", GOOD)
@pytest.mark.parametrize("value", ["x", "", "-1", "1.", "1kk", "0x10", " 1", "1__0"])
def test_not_a_number(nest, program, value):
    nest.run(program, f"--timeout={value}", *GOOD[program]).fatal(2, "^--timeout: '.*' is not a number")


@pytest.mark.parametrize("value", ["1_000", "1k", "1K", "1e3", "1E+3", "1.000k", "0.001m", "00.00_0001G", "1000.0"])
def test_ways_to_write_a_number(nest, value):
    rows = nest.run("nest-gen", "--format", "jsonl", "--rows", value, "contacts")
    assert (rows.status, rows.out.count(b"\n")) == (0, 1000)


@pytest.mark.parametrize("value", ["1.5", "1e3.5", "1.2345k", "0.5"])
def test_a_number_that_is_not_whole(nest, value):
    sentence = nest.run("nest-gen", "--rows", value, "contacts").fatal(2, "^--rows: ")
    assert sentence.endswith("is not a whole number") or value == "1e3.5"


@pytest.mark.parametrize(
    "program, typed, meant",
    [
        ("nest-gen", "--rwos", "--rows"),
        ("nest-gen", "--sede=3", "--seed"),
        ("nest-gen", "--hlep", "--help"),
        ("nest-shred", "--infer_rows", "--infer-rows"),
        ("nest-shred", "--fromat", "--format"),
        ("parquet-encode", "--outputdir", "--output-dir"),
        ("parquet-merge", "--forse", "--force"),
    ],
)
def test_an_option_that_is_mistyped(nest, program, typed, meant):
    sentence = nest.run(program, typed, *GOOD[program]).fatal(2, "")
    assert sentence == f"{typed} is not an option; did you mean {meant}?"


@pytest.mark.parametrize("typed", ["--zebra", "--xy", "--rowsandcolumns"])
def test_an_option_that_is_like_none(nest, typed):
    sentence = nest.run("nest-gen", typed, *GOOD["nest-gen"]).fatal(2, "")
    assert sentence == f"{typed} is not an option; see nest-gen --help"


def test_an_account_on_standard_output(nest, tmp_path):
    made = nest.run("nest-gen", "contacts", cwd=tmp_path)
    columns = nest.run("nest-shred", stdin=made.out, cwd=tmp_path)
    parts = nest.run("parquet-encode", "-o", "out", stdin=columns.out, cwd=tmp_path)
    merged = nest.run("parquet-merge", "--stats", "-", "out", stdin=parts.out, cwd=tmp_path)
    assert json.loads(merged.out)["rows"] == 1000
    assert not (tmp_path / "-").exists()


@pytest.mark.parametrize("program", STAGES[:3])
@pytest.mark.parametrize("to", [[], ["--to", "-"]])
def test_an_account_where_frames_go(nest, tmp_path, program, to):
    result = nest.run(program, "--stats", "-", *to, *GOOD[program], cwd=tmp_path)
    result.fatal(2, "^--stats: standard output gets what is made here; name a file, or /dev/stderr$")


RANGES = [
    ("nest-gen", "--rows", 0, 1 << 59),
    ("nest-gen", "--first-row", 0, 1 << 59),
    ("nest-gen", "--seed", 0, (1 << 64) - 1),
    ("nest-gen", "--parts", 1, 1000000),
    ("nest-gen", "--side-by-side", 1, 4096),
    ("nest-gen", "--batch", 1, 1000000),
    ("nest-gen", "--infer-maps", 1, 1000000),
    ("nest-shred", "--infer-rows", 1, (1 << 64) - 1),
    ("nest-shred", "--infer-maps", 1, 1000000),
    ("nest-shred", "--part-bytes", 1, 1 << 60),
    ("nest-shred", "--parts", 1, 1000000),
    ("nest-shred", "--batch", 1, 1000000),
]


@pytest.mark.parametrize("program, option, least, most", RANGES)
def test_the_range_of_a_number(nest, program, option, least, most):
    for value in [most + 1] + [least - 1] * (least > 0):
        result = nest.run(program, option, value, *GOOD[program])
        assert result.fatal(2, "") == f"{option}: {value} is out of range ({least} to {most})"


@pytest.mark.parametrize("program", GOOD)
def test_option_without_its_value(nest, program):
    nest.run(program, *GOOD[program], "--timeout").fatal(2, "^--timeout needs a value")


@pytest.mark.parametrize("program", GOOD)
@pytest.mark.parametrize("name", ["", "a b", "a/b", "ä", "n" * 256])
def test_name_that_is_no_plain_word(nest, program, name):
    nest.run(program, "--name", name, *GOOD[program]).fatal(2, "^--name: ")


@pytest.mark.parametrize(
    "program, option, value, words",
    [
        ("nest-gen", "--wire-codec", "gzip", "none|zstd"),
        ("nest-shred", "--wire-codec", "", "none|zstd"),
        ("nest-gen", "--format", "csv", "frames|jsonl"),
        ("parquet-encode", "--compression", "lzo", "none|snappy|gzip[:L]|brotli[:L]|zstd[:L]|lz4_raw[:L]"),
        ("parquet-encode", "--dictionary", "maybe", "on|off"),
    ],
)
def test_word_that_is_no_choice(nest, tmp_path, program, option, value, words):
    sentence = nest.run(program, option, value, *GOOD[program], cwd=tmp_path).fatal(2, "")
    assert sentence == f"{option}: '{value}' is none of {words}"


@pytest.mark.parametrize(
    "program, arguments, pattern",
    [
        ("nest-gen", [], "^name one recipe: contacts, or a file that ends in .recipe$"),
        ("nest-gen", ["contacts", "contacts"], "^name one recipe: contacts, or a file that ends in .recipe$"),
        ("nest-gen", ["nobody"], "^there is no recipe 'nobody'; nest-gen\\(1\\) has the list, and a file's name ends in .recipe$"),
        ("nest-shred", ["--format", "frames", "file"], "^files hold records; frames come by"),
        ("parquet-encode", ["-o", "out", "file"], "^'file': no operand is taken"),
        ("parquet-encode", [], "^say with -o where the dataset goes$"),
        ("parquet-encode", ["-o", ""], "^the dataset directory's name is empty$"),
        ("parquet-encode", ["-o", "/"], "root directory"),
        ("parquet-merge", [], "^one dataset directory is wanted"),
        ("parquet-merge", ["--sweep", "a", "b"], "^one dataset directory is wanted"),
        ("parquet-merge", [""], "^the dataset directory's name is empty$"),
        ("parquet-merge", ["--base", "_x", "out"], "^--base: "),
        ("parquet-merge", ["--base", "a/b", "out"], "^--base: "),
        ("nest-gen", ["--share", "1", "contacts"], "^--share: '1' is not of the form I/N$"),
        ("nest-gen", ["--share", "2/2", "contacts"], "^--share: 2/2: shares are numbered from 0$"),
        ("nest-gen", ["-n", "3", "--parts", "4", "contacts"], "^--parts: 4 parts of 3 rows"),
        ("nest-gen", ["--wire-memory", "contacts"], "^--wire-memory: memory is shared over ipc:// only"),
        ("nest-gen", ["--wire-memory", "--to", "tcp://[::1]:9", "contacts"], "^--wire-memory: memory"),
        (
            "nest-gen",
            ["--wire-memory", "--to", "ipc://x,tcp://[::1]:9", "contacts"],
            "^--wire-memory: 'tcp://.*' may be on another host; all of --to must be ipc:// then$",
        ),
        ("parquet-merge", ["--wire-memory", "out"], "^--wire-memory: memory is shared"),
    ],
)
def test_wrong_operands_and_contradictions(nest, tmp_path, program, arguments, pattern):
    nest.run(program, *arguments, cwd=tmp_path).fatal(2, pattern)
    assert os.listdir(tmp_path) == []


@pytest.mark.parametrize(
    "program, option",
    [("nest-gen", "--to"), ("nest-shred", "--from"), ("parquet-encode", "--to"), ("parquet-merge", "--from")],
)
@pytest.mark.parametrize("endpoint", ["host:1", "udp://127.0.0.1:1", "", "ipc:/x"])
def test_what_is_no_endpoint(nest, tmp_path, program, option, endpoint):
    arguments = [option, endpoint, *GOOD[program]]
    nest.run(program, *arguments, cwd=tmp_path).fatal(2, f"^{option}: '{endpoint}' is no endpoint")


@pytest.mark.parametrize("program", GOOD)
def test_help_and_version_answer_on_standard_output(nest, program):
    for option in ["--help", "-h"]:
        result = nest.run(program, option)
        assert (result.status, result.err) == (0, "")
        assert result.out.startswith(f"usage: {program} ".encode())
        assert b"--timeout SECONDS" in result.out
    for option in ["--version", "-V"]:
        result = nest.run(program, option)
        assert (result.status, result.err) == (0, "")
        assert result.out.decode().split()[0] == program


@pytest.mark.parametrize("program", ["nest-gen", "nest-shred", "parquet-encode"])
def test_frames_are_not_written_to_a_terminal(nest, tmp_path, program):
    reader, terminal = pty.openpty()
    command = nest.command(program, *GOOD[program])
    done = subprocess.run(
        command,
        stdin=subprocess.DEVNULL,
        stdout=terminal,
        stderr=subprocess.PIPE,
        timeout=LONG_S,
        cwd=tmp_path,
    )
    os.close(terminal)
    os.close(reader)
    sentence = Result(program, done.returncode, b"", done.stderr.decode()).fatal(2, "^standard output is a terminal")
    assert sentence.endswith(", or look at them with --format jsonl") == (program == "nest-gen")


@pytest.mark.parametrize("program", ["nest-shred", "parquet-encode", "parquet-merge"])
def test_frames_are_not_read_from_a_terminal(nest, tmp_path, program):
    reader, terminal = pty.openpty()
    command = nest.command(program, *GOOD[program])
    done = subprocess.run(command, stdin=terminal, capture_output=True, timeout=LONG_S, cwd=tmp_path)
    os.close(terminal)
    os.close(reader)
    Result(program, done.returncode, b"", done.stderr.decode()).fatal(2, "^standard input is a terminal")


# ---- peers that are not there ----


@pytest.mark.parametrize("endpoint", ["ipc://{}/nobody", "tcp://127.0.0.1:1"])
@pytest.mark.parametrize("program", ["nest-gen", "nest-shred", "parquet-encode"])
def test_nobody_answers(nest, sockets, program, endpoint):
    to = endpoint.format(sockets)
    result = nest.run(program, "--to", to, "--timeout", 1, *GOOD[program], cwd=sockets)
    result.fatal(3, f"^nobody answers at {to} within 1 s; start [a-z-]+ there")


@pytest.mark.parametrize("program", ["nest-shred", "parquet-encode", "parquet-merge"])
def test_senders_never_come(nest, sockets, program):
    arguments = ["--from", f"ipc://{sockets}/in", "--senders", 2, "--timeout", 1, *GOOD[program]]
    nest.run(program, *arguments, cwd=sockets).fatal(3, "0 of 2 senders have come within 1 s")
    assert not (sockets / "in").exists()


def test_an_endpoint_that_is_taken(nest, sockets, started):
    bound = sockets / "bound"
    options = ["--from", "tcp://127.0.0.1:*", "--bound", bound]
    first = start_stage("nest-shred", nest.command("nest-shred", *options), started, stdout=subprocess.PIPE)
    wait_until(bound.exists, "the first to bind")
    endpoint = bound.read_text().strip()
    assert endpoint.startswith("tcp://127.0.0.1:") and not endpoint.endswith("*")
    nest.run("nest-shred", "--from", endpoint).fatal(
        3, f"^unable to bind {endpoint}: Address already in use$"
    )
    first.process.terminate()
    assert first.process.wait(LONG_S) == -signal.SIGTERM


def test_bound_says_where_it_listens(nest, sockets, started):
    bound = sockets / "bound"
    options = ["--from", f"ipc://{sockets}/in", "--bound", bound]
    start_stage("nest-shred", nest.command("nest-shred", *options), started, stdout=subprocess.PIPE)
    wait_until(bound.exists, "the endpoint to be announced")
    assert bound.read_text() == f"ipc://{sockets}/in\n"


def test_a_full_device_is_told(nest):
    with open("/dev/full", "wb") as full:
        done = subprocess.run(
            nest.command("nest-gen", "contacts"), stdout=full, stderr=subprocess.PIPE, timeout=LONG_S
        )
    result = Result("nest-gen", done.returncode, b"", done.stderr.decode())
    result.fatal(3, "^unable to write standard output: No space left on device$")


@pytest.mark.parametrize(
    "command", [["nest-gen", "--format", "jsonl", "--rows", "0", "contacts"], ["nest-shred", "--print-schema"]]
)
def test_standard_output_that_cannot_be_closed_is_told(nest, command):
    def close():
        os.close(1)

    result = nest.run(*command, stdin=b'{"a":1}\n', preexec_fn=close)
    result.fatal(3, "^unable to write standard output: Bad file descriptor$")


# What the buffer of the output holds is written at the end, and what it does not hold before.
@pytest.mark.parametrize("fields", [1, 5000])
@pytest.mark.parametrize("command", [["nest-shred", "--print-schema"], ["nest-gen", "--like", "-"]])
def test_what_does_not_fit_a_full_device_is_told(nest, command, fields):
    sample = json.dumps({f"field_{n}": n for n in range(fields)}).encode()
    options = {"input": sample, "stderr": subprocess.PIPE, "timeout": LONG_S}
    with open("/dev/full", "wb") as full:
        done = subprocess.run(nest.command(*command), stdout=full, **options)
    result = Result(command[0], done.returncode, b"", done.stderr.decode())
    result.fatal(3, "^unable to write standard output: No space left on device$")


@pytest.mark.parametrize("program", ["nest-gen", "nest-shred"])
def test_statistics_that_cannot_be_written_are_told(nest, program):
    stdin = rows_stream("message m { required int64 a; }", [[1]])
    result = nest.run(program, "--stats", "/no/such/folder/stats", *GOOD[program], stdin=stdin)
    result.fatal(3, "^unable to open /no/such/folder/stats: No such file or directory$")
