"""The two documents of the Dremel paper (Melnik et al., VLDB 2010, figures 2 and 3), through the programs."""

import json

import duckdb
import msgpack
import pyarrow.parquet
import pytest

from nestlib import cut_columns, read_frames, rows_stream

pytestmark = pytest.mark.sanitize

SCHEMA = """message Document {
  required int64 DocId;
  optional group Links {
    repeated int64 Backward;
    repeated int64 Forward;
  }
  repeated group Name {
    repeated group Language {
      required binary Code (STRING);
      optional binary Country (STRING);
    }
    optional binary Url (STRING);
  }
}
"""

R1 = [
    10,
    [[], [20, 40, 60]],
    [
        [[["en-us", "us"], ["en", None]], "http://A"],
        [[], "http://B"],
        [[["en-gb", "gb"]], None],
    ],
]
R2 = [20, [[10, 30], [80]], [[[], "http://C"]]]


def integers(*values):
    return b"".join(value.to_bytes(8, "little", signed=True) for value in values)


def texts(*values):
    return b"".join(len(value).to_bytes(4, "little") + value.encode() for value in values)


# Figure 3: of each leaf its maxima, its repetition levels, its definition levels and its values.
FIGURE_3 = {
    "DocId": ((0, 0), [0, 0], [0, 0], integers(10, 20)),
    "Links.Backward": ((1, 2), [0, 0, 1], [1, 2, 2], integers(10, 30)),
    "Links.Forward": ((1, 2), [0, 1, 1, 0], [2, 2, 2, 2], integers(20, 40, 60, 80)),
    "Name.Language.Code": ((2, 2), [0, 2, 1, 1, 0], [2, 2, 1, 2, 1], texts("en-us", "en", "en-gb")),
    "Name.Language.Country": ((2, 3), [0, 2, 1, 1, 0], [3, 2, 1, 3, 1], texts("us", "gb")),
    "Name.Url": ((1, 2), [0, 1, 1, 0], [2, 2, 1, 2], texts("http://A", "http://B", "http://C")),
}


# The same documents with names, as the paper prints them: what is absent is left out.
NAMED = [
    {
        "DocId": 10,
        "Links": {"Forward": [20, 40, 60]},
        "Name": [
            {
                "Language": [{"Code": "en-us", "Country": "us"}, {"Code": "en"}],
                "Url": "http://A",
            },
            {"Url": "http://B"},
            {"Language": [{"Code": "en-gb", "Country": "gb"}]},
        ],
    },
    {"DocId": 20, "Links": {"Backward": [10, 30], "Forward": [80]}, "Name": [{"Url": "http://C"}]},
]

NOTATIONS = {
    "frames": rows_stream(SCHEMA, [R1, R2]),
    "lines": "".join(json.dumps(document) + "\n" for document in NAMED).encode(),
    "stream": "".join(json.dumps(document, indent=2) for document in NAMED).encode(),
    "array": json.dumps(NAMED).encode(),
    "maps": b"".join(map(msgpack.packb, NAMED)),
    "arrays": b"".join(map(msgpack.packb, [R1, R2])),
}


@pytest.mark.parametrize("notation", NOTATIONS)
def test_shredding_gives_figure_3(nest, tmp_path, notation):
    schema = tmp_path / "schema"
    schema.write_text(SCHEMA)
    options = [] if notation == "frames" else ["--schema", schema]
    result = nest.run("nest-shred", *options, stdin=NOTATIONS[notation])
    assert result.status == 0, result.err
    frames = [(header, body) for header, body in read_frames(result.out) if header["kind"] == "columns"]
    assert len(frames) == 1
    header, body = frames[0]
    assert (header["first"], header["rows"], header["last"], header["schema"]) == (0, 2, True, SCHEMA)
    leaves = cut_columns(header, body, [maxima for maxima, *_ in FIGURE_3.values()])
    for name, leaf in zip(FIGURE_3, leaves):
        assert leaf == FIGURE_3[name][1:], name


@pytest.fixture(scope="module")
def documents(nest, tmp_path_factory):
    return nest.pipeline(tmp_path_factory.mktemp("dremel") / "out", source=rows_stream(SCHEMA, [R1, R2]))


EXPECTED = [
    {
        "DocId": 10,
        "Links": {"Backward": [], "Forward": [20, 40, 60]},
        "Name": [
            {
                "Language": [{"Code": "en-us", "Country": "us"}, {"Code": "en", "Country": None}],
                "Url": "http://A",
            },
            {"Language": [], "Url": "http://B"},
            {"Language": [{"Code": "en-gb", "Country": "gb"}], "Url": None},
        ],
    },
    {
        "DocId": 20,
        "Links": {"Backward": [10, 30], "Forward": [80]},
        "Name": [{"Language": [], "Url": "http://C"}],
    },
]


def test_pyarrow_assembles_the_documents(documents):
    assert pyarrow.parquet.read_table(documents).to_pylist() == EXPECTED


def test_duckdb_assembles_the_documents(documents):
    rows = duckdb.sql(
        f"select DocId, Links, Name from read_parquet('{documents}/*.parquet') order by DocId"
    ).fetchall()
    assert [dict(zip(["DocId", "Links", "Name"], row)) for row in rows] == EXPECTED


def test_the_file_has_the_papers_schema(documents):
    schema = pyarrow.parquet.ParquetFile(documents / "part-00000.parquet").schema
    columns = [schema.column(i) for i in range(len(schema))]
    maxima = {c.path: (c.max_repetition_level, c.max_definition_level) for c in columns}
    assert maxima == {name: levels for name, (levels, *_) in FIGURE_3.items()}
