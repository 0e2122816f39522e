"""nest-gen --check: what is wrong with a recipe, or what it makes."""

import json
import pathlib
import re
import subprocess
import unicodedata

import pytest

from nestlib import frame, read_frames

ROOT = pathlib.Path(__file__).resolve().parent.parent
SHIPPED = sorted([path.stem for path in (ROOT / "gen" / "recipes").glob("*.recipe")] + ["contacts"])


def check(nest, recipe, *options):
    result = nest.run("nest-gen", "--check", *options, recipe)
    assert (result.status, result.err) == (0, "")
    return result.out.decode()


def write(folder, fields):
    path = folder / "my.recipe"
    path.write_text(f"message m {{ {fields} }}")
    return path


def lines_of(text):
    """Of the table, by the name that each begins with."""
    table = text.split("least .. greatest\n")[1].split("\n\n")[0]
    return {line.split()[0]: " ".join(line.split()[1:]) for line in table.splitlines()}


def figures(text):
    """The rows, those drawn, and the bytes of one in frames and as JSON Lines."""
    rows, drawn = re.search(r"^rows +(\d+)(?:, (\d+) of them drawn)?$", text, re.M).groups()
    sizes = re.search(r"^bytes a row +([\d.]+) in frames, ([\d.]+) as JSON Lines$", text, re.M)
    return int(rows), int(drawn or rows), *map(float, sizes.groups())


def width(line):
    return sum(2 if unicodedata.east_asian_width(letter) in "WF" else 1 for letter in line)


@pytest.mark.sanitize
@pytest.mark.parametrize("recipe", SHIPPED)
def test_recipes_that_ship(nest, recipe):
    """The schema as frames have it, and a table no wider than a terminal."""
    rows = 1_000_000_000
    text = check(nest, recipe, "-n", rows)
    frames = read_frames(nest.run("nest-gen", "-n", 1, recipe).out)
    [header] = [header for header, _ in frames if header["kind"] == "rows"]
    schema, rest = text[: len(header["schema"])], text[len(header["schema"]) :]
    assert schema == header["schema"] and rest.startswith("\nrows ")
    assert figures(text)[0] == rows
    assert max(map(width, rest.splitlines())) <= 80
    assert not re.search(r" $|\n\n\n", rest, re.M)
    fields = re.findall(r"^ +(?:optional|required|repeated) .*? ?(\w+)(?: \(.*\))?(?:;| \{)$", schema, re.M)
    words = [line.split()[0] for line in rest.split("greatest\n")[1].split("\n\n")[0].splitlines()]
    inner = {"list", "element", "key_value", ".."}
    names = [word for word in words if word not in inner and not word.endswith("%")]
    assert names == [field for field in fields if field not in inner]


def test_the_schema_can_be_pasted(nest, tmp_path):
    """Up to the brace it is a file for nest-shred, whose rows fit it."""
    (tmp_path / "schema").write_text(re.match(r"(?s).*?^\}\n", check(nest, "orders"), re.M)[0])
    rows = nest.run("nest-gen", "-n", 100, "--format", "jsonl", "orders").out
    result = nest.run("nest-shred", "--schema", tmp_path / "schema", "--format", "jsonl", stdin=rows)
    assert (result.status, result.err) == (0, "")


@pytest.mark.parametrize("options", [[], ["-n", 4096], ["-n", 1], ["--first-row", 77, "--seed", 3, "-n", 500]])
def test_where_all_rows_are_drawn_all_is_exact(nest, options):
    text = check(nest, "contacts", *options)
    lines = nest.run("nest-gen", "--format", "jsonl", *options, "contacts").out
    frames = read_frames(nest.run("nest-gen", *options, "contacts").out)
    rows = [json.loads(line) for line in lines.splitlines()]
    bodies = sum(len(body) for header, body in frames if header["kind"] == "rows")
    count, drawn, in_frames, as_lines = figures(text)
    assert count == drawn == len(rows)
    assert abs(in_frames - bodies / count) <= 0.05001 and abs(as_lines - len(lines) / count) <= 0.05001
    if count > 1:
        phones = [phone for row in rows for phone in row["phones"] or []]
        kinds = [phone["phone_type"] for phone in phones]
        nulls = 100 * kinds.count(None) / len(kinds)
        assert lines_of(text)["phone_type"] == f'{nulls:.1f}% 3 "Home" .. "Work"'
        lengths = [len(row["phones"]) for row in rows if row["phones"]]
        assert lines_of(text)["phones"].endswith(f"length 1 .. {max(lengths)}, mean {len(phones) / len(lengths):.2f}")


def test_one_row_more_is_drawn_from(nest):
    count, drawn, *_ = figures(check(nest, "contacts", "-n", 4097))
    assert (count, drawn) == (4097, 4096)


def test_no_rows(nest):
    text = check(nest, "contacts", "-n", 0)
    assert "\nrows                0\n\nfield" in text and "bytes" not in text
    assert set(lines_of(text).values()) == {""}


@pytest.mark.sanitize
@pytest.mark.parametrize("first", [0, 123_456_789])
@pytest.mark.parametrize("rows", [5000, 10**6, 10**12, 2**59 - 10**9])
def test_the_sample_is_from_all_over(nest, tmp_path, first, rows):
    recipe = write(
        tmp_path,
        """required int64 id: row; required int64 step: row - row % 10; required int32 last: row % 10;
        required int32 part: clamp((row - FIRST) * 1.0 / ROWS * 100.0 - 0.5, 0, 99);
        required int32 same: 7;""".replace("FIRST", str(first)).replace("ROWS", str(rows)),
    )
    text = check(nest, recipe, "-n", rows, "--first-row", first)
    assert figures(text)[:2] == (rows, 4096)
    lines = lines_of(text)
    # Both ends are drawn, whatever is between.
    assert f"{first} .. {first + rows - 1}" in lines["id"] + " " + lines.get("..", "")
    assert lines["id"].startswith("unique")
    # A remainder is not preferred, neighbours are seen, and each hundredth has some.
    assert lines["last"] == "10 0 .. 9" and lines["same"] == "1 7"
    assert lines["step"].startswith("~" if rows > 5000 else "500 ") or first > 0
    assert lines["part"] == "100 0 .. 99"


def test_different_values_are_estimated(nest, tmp_path):
    recipe = write(
        tmp_path,
        "required int32 few: 1..50; required int32 some: 1..20000; required int64 many: 1..1000000000000;"
        ' required binary u (STRING): "{uuid()}"; required boolean b: 50%;',
    )
    lines = lines_of(check(nest, recipe, "-n", "1G"))
    assert lines["few"] == "50 1 .. 50" and lines["b"] == "2 false .. true"
    number = float(re.match(r"~([\d.]+)k ", lines["some"])[1])
    assert 17 < number < 23
    assert lines["many"].startswith("unique") and lines["u"].startswith("unique")


def test_large_rows_are_fewer(nest, tmp_path):
    recipe = write(tmp_path, "required binary a (STRING): letters(60000); required int32 r: row % 1000;")
    count, drawn, size, as_lines = figures(check(nest, recipe, "-n", "1M"))
    # Of 2 MiB, 8 times: 34 rows are that.
    assert (count, drawn) == (10**6, 8 * 34) and 60000 < size < as_lines < 60100
    assert lines_of(check(nest, recipe, "-n", "1M"))["a"].startswith('unique "')


def test_bytes_that_are_no_characters(nest, tmp_path):
    recipe = write(tmp_path, "required binary a: bytes(2);")
    text = check(nest, recipe, "-n", 1)
    [row] = nest.run("nest-gen", "-n", 1, "--format", "jsonl", "--binary", "hex", recipe).out.splitlines()
    assert lines_of(text)["a"] == f'1 "{json.loads(row)["a"]}"'
    [row] = nest.run("nest-gen", "-n", 1, "--format", "jsonl", "--binary", "base64", recipe).out.splitlines()
    assert lines_of(check(nest, recipe, "-n", 1, "--binary", "base64"))["a"] == f'1 "{json.loads(row)["a"]}"'


def test_values_that_are_no_numbers(nest, tmp_path):
    recipe = write(tmp_path, "required double a: 0 / 0; optional double b: 1 / (row % 2);")
    lines = lines_of(check(nest, recipe))
    assert lines["a"] == "1" and lines["b"].endswith('2 1 .. "Infinity"')


@pytest.mark.sanitize
@pytest.mark.parametrize(
    "text, status, pattern",
    [
        ("message m {\n  required int32 a: 5..;\n}", 1, r"my\.recipe, line 2, column 24: expected a value"),
        ("message m {\n  required int32 a;\n}", 1, r'line 2, column 3: nothing says .*: put ": value" behind it'),
        ("message m { required int32 a: row; }", 1, "do not all fit"),
        ("message m { required int64 a: scatter(row, 10M); }", 1, "is expected here"),
    ],
)
def test_faults_are_told(nest, tmp_path, text, status, pattern):
    """Also those that so many rows alone have."""
    path = tmp_path / "my.recipe"
    path.write_text(text)
    result = nest.run("nest-gen", "--check", "-n", "3G", path)
    result.fatal(status, pattern)
    assert result.out == b""


@pytest.mark.parametrize(
    "options, pattern",
    [
        (["nope"], "there is no recipe 'nope'"),
        ([], "name one recipe"),
        (["--to", "ipc:///tmp/x", "contacts"], "--to takes frames; --check makes none"),
        (["--parts", 5, "-n", 3, "contacts"], "would leave some empty"),
    ],
)
def test_wrong_usage(nest, options, pattern):
    nest.run("nest-gen", "--check", *options).fatal(2, pattern)


def test_no_frames_are_written(nest):
    """So standard output may be a terminal, and nobody need answer."""
    text = check(nest, "contacts")
    assert frame({})[:1] not in text.encode() and text.endswith("\n")


def test_output_that_cannot_be_written(nest):
    with open("/dev/full", "wb") as full:
        done = subprocess.run(nest.command("nest-gen", "--check", "contacts"), stdout=full, stderr=subprocess.PIPE)
    assert done.returncode == 3 and b"unable to write standard output" in done.stderr


def test_what_was_drawn_is_counted(nest, tmp_path):
    assert check(nest, "contacts", "-n", "1M", "--stats", tmp_path / "stats")
    assert json.loads((tmp_path / "stats").read_text())["rows"] == 4096
