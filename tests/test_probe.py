"""Probes in programs of one's own: snapshots at the end, on a signal, after a fork, in C++."""

import os
import shlex
import signal
import subprocess
import time

import msgpack
import pytest

from conftest import ROOT

WAIT_S = 20

PROGRAMS = {
    "calls": r"""
#include "lib/meter/probe.h"
#include <stdlib.h>
NEST_PROBE(work_probe, "calls.work");
int main(int argc, char **argv)
{
	NEST_SCOPE("calls.main");
	int calls = atoi(argv[1]);
	for (int i = 0; i < calls; i++) {
		nest_frame frame = nest_probe_begin(&work_probe);
		nest_probe_end(frame);
	}
	if (argc > 2)
		exit(0);
	return 0;
}
""",
    "sleeper": r"""
#include "lib/meter/probe.h"
#include <stdio.h>
#include <unistd.h>
int main(void)
{
	for (int i = 0; i < 3; i++) {
		NEST_SCOPE("sleeper.nap");
	}
	NEST_SCOPE("sleeper.wait");
	puts("ready");
	fflush(stdout);
	for (;;)
		pause();
}
""",
    "forker": r"""
#include "lib/meter/probe.h"
#include <stdlib.h>
#include <sys/wait.h>
#include <unistd.h>
static void work(int calls)
{
	while (calls-- > 0) {
		NEST_SCOPE("forker.work");
	}
}
int main(void)
{
	NEST_SCOPE("forker.main");
	work(5);
	pid_t child = fork();
	if (child == 0) {
		work(2);
		exit(0);
	}
	waitpid(child, NULL, 0);
	work(1);
	pid_t shell = fork();
	if (shell == 0)
		execl("/bin/true", "true", (char *)NULL);
	waitpid(shell, NULL, 0);
	return 0;
}
""",
    "closer": r"""
#include "lib/meter/probe.h"
#include <fcntl.h>
#include <stdio.h>
#include <unistd.h>
int main(void)
{
	int ends[2];
	char text[64] = "";
	{ NEST_SCOPE("closer.before"); }
	for (int file = 3; file < 1024; file++)
		close(file);
	if (pipe(ends) != 0 || write(ends[1], "what the program has to say", 27) != 27)
		return 1;
	for (int i = 0; i < 20; i++)
		dup(ends[0]);
	{ NEST_SCOPE("closer.after"); }
	fcntl(ends[0], F_SETFL, O_NONBLOCK);
	if (read(ends[0], text, sizeof text - 1) < 0)
		return 2;
	puts(text);
	return 0;
}
""",
    "thrower.cc": r"""
#include "lib/meter/probe.h"
#include <stdexcept>
#include <thread>
template <int N> static void deep(int left)
{
	NEST_SCOPE("thrower.deep");
	if (left == 0)
		throw std::runtime_error("enough");
	deep<N>(left - 1);
}
static void attempt()
{
	NEST_SCOPE("thrower.attempt");
	try {
		deep<1>(9);
	} catch (const std::exception &) {
	}
}
int main()
{
	std::thread one(attempt), two(attempt);
	one.join();
	two.join();
	attempt();
	return 0;
}
""",
}


@pytest.fixture(scope="session")
def programs(build, tmp_path_factory):
    folder = tmp_path_factory.mktemp("probes")
    made = {}
    for name, text in PROGRAMS.items():
        cplusplus = name.endswith(".cc")
        stem = name.removesuffix(".cc")
        source = folder / f"{stem}.{'cc' if cplusplus else 'c'}"
        source.write_text(text)
        compiler = os.environ.get("CXX", "c++") if cplusplus else os.environ.get("CC") or "cc"
        command = [*shlex.split(compiler), "-Wall", "-Wextra", "-Werror", "-O2", f"-I{ROOT}", source]
        command += ["-o", folder / stem, build / "libnest-probe.a", "-pthread"]
        run = subprocess.run(command, capture_output=True, text=True)
        assert run.returncode == 0, run.stderr
        made[stem] = folder / stem
    return made


def metered(folder, **more):
    return dict(os.environ, NEST_METER_SNAPSHOT=str(folder / "%n.%p.snapshot"), **more)


def read(path):
    with open(path, "rb") as file:
        unpacker = msgpack.Unpacker(file)
        title, version, size, _ = next(unpacker)
        assert (title, version) == ("nest-meter", 1)
        assert path.stat().st_size == 31 + size
        return next(unpacker)


def counts(snapshot):
    """Calls by name, all contexts together."""
    found = {}
    for _, rows in snapshot["contexts"]:
        for index, count, *_ in rows:
            name = snapshot["names"][index][0]
            found[name] = found.get(name, 0) + count
    return found


def sums(snapshot):
    """(totals, inherent totals) of all names."""
    rows = [row for _, rows in snapshot["contexts"] for row in rows]
    return sum(row[2] for row in rows), sum(row[5] for row in rows)


def the_one(folder, pattern="*.snapshot"):
    found = list(folder.glob(pattern))
    assert len(found) == 1, found
    return found[0]


def wait_for(condition):
    deadline = time.monotonic() + WAIT_S
    while not condition():
        assert time.monotonic() < deadline
        time.sleep(0.01)


@pytest.mark.parametrize("way", [[], ["by exit"]])
def test_a_snapshot_at_the_end(programs, tmp_path, way):
    command = [programs["calls"], "1000", *way]
    subprocess.run(command, env=metered(tmp_path), check=True, timeout=WAIT_S)
    snapshot = read(the_one(tmp_path))
    assert counts(snapshot) == {"calls.main": 1, "calls.work": 1000}
    assert snapshot["program"] == "calls"
    assert snapshot["command"] == " ".join(map(str, command))
    assert snapshot["pair_ns"] > 0
    assert snapshot["troubles"]["left_open"] == len(way)
    root = next(row for row in snapshot["contexts"][0][1] if row[1] == 1)
    assert sums(snapshot)[1] == root[2]


def test_nothing_is_metered_unless_asked_for(programs, tmp_path):
    environment = {k: v for k, v in os.environ.items() if not k.startswith("NEST_METER")}
    subprocess.run([programs["calls"], "10"], env=environment, check=True, cwd=tmp_path, timeout=WAIT_S)
    assert list(tmp_path.iterdir()) == []


def test_a_relative_path_is_where_the_program_started(programs, tmp_path):
    environment = dict(os.environ, NEST_METER_SNAPSHOT="here")
    subprocess.run([programs["calls"], "1"], env=environment, check=True, cwd=tmp_path, timeout=WAIT_S)
    assert counts(read(tmp_path / "here"))["calls.work"] == 1


def test_config_set_and_name(programs, tmp_path):
    config = tmp_path / "config"
    config.write_text("hotspot.enabled=true\nhotspot.threshold=1000000\nhotspot.threshold.inherent=1000000\nx=1\n")
    names = tmp_path / "set"
    names.write_text("calls.work\n")
    more = {"NEST_METER_CONFIG": str(config), "NEST_METER_SET": str(names), "NEST_METER_NAME": "me"}
    run = subprocess.run(
        [programs["calls"], "1000"], env=metered(tmp_path, **more), capture_output=True, text=True, timeout=WAIT_S
    )
    assert run.returncode == 0
    assert run.stderr == f"nest-meter: warning: {config}: line 4: x: unknown key\n"
    snapshot = read(the_one(tmp_path))
    assert counts(snapshot) == {"calls.work": 250}
    assert snapshot["process"] == "me"
    assert snapshot["left_out"] == 1
    name, labels, evaluations, score, credit, debit, _, _, call, *_ = snapshot["names"][0]
    assert (name, labels, evaluations, score, credit, debit, call) == ("calls.work", 2, 250, 0, 0, 1000, 250)


@pytest.mark.parametrize(
    "more, what",
    [
        ({"NEST_METER_CONFIG": "/nonexistent"}, "unable to open /nonexistent: No such file or directory"),
        ({"NEST_METER_SET": "/nonexistent"}, "unable to open /nonexistent: No such file or directory"),
    ],
)
def test_a_wrong_environment_is_said_and_the_program_runs(programs, tmp_path, more, what):
    run = subprocess.run(
        [programs["calls"], "10"], env=metered(tmp_path, **more), capture_output=True, text=True, timeout=WAIT_S
    )
    assert run.returncode == 0
    assert run.stderr == f"nest-meter: warning: process is not metered: {what}\n"
    assert list(tmp_path.iterdir()) == []


def test_an_unwritable_snapshot_is_said_and_leaves_nothing(programs, tmp_path):
    environment = dict(os.environ, NEST_METER_SNAPSHOT=str(tmp_path / "no" / "folder"))
    run = subprocess.run(
        [programs["calls"], "10"], env=environment, capture_output=True, text=True, timeout=WAIT_S
    )
    assert run.returncode == 0
    assert "unable to create" in run.stderr and "No such file or directory" in run.stderr
    assert list(tmp_path.iterdir()) == []


def test_a_signal_writes_one_at_once_and_a_kill_leaves_it(programs, tmp_path, started):
    process = subprocess.Popen([programs["sleeper"]], env=metered(tmp_path), stdout=subprocess.PIPE)
    started.append(process)
    assert process.stdout.readline() == b"ready\n"
    for _ in range(3):
        for path in tmp_path.iterdir():
            path.unlink()
        process.send_signal(signal.SIGUSR1)
        wait_for(lambda: list(tmp_path.glob("*.snapshot")))
        assert counts(read(the_one(tmp_path))) == {"sleeper.nap": 3}
    process.kill()
    process.wait()
    assert counts(read(the_one(tmp_path, "*"))) == {"sleeper.nap": 3}


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_a_signal_that_ends_the_process_leaves_a_snapshot(programs, tmp_path, started, number):
    """It ends by the signal all the same, and what was open until then is counted."""
    process = subprocess.Popen([programs["sleeper"]], env=metered(tmp_path), stdout=subprocess.PIPE)
    started.append(process)
    assert process.stdout.readline() == b"ready\n"
    process.send_signal(number)
    assert process.wait(WAIT_S) == -number
    assert counts(read(the_one(tmp_path))) == {"sleeper.nap": 3, "sleeper.wait": 1}


def test_an_interrupted_program_of_ours_leaves_a_snapshot(build, tmp_path, started):
    command = [build / "nest-gen", "-n", "1000G", "contacts"]
    with open("/dev/null", "wb") as nowhere:
        process = subprocess.Popen(command, env=metered(tmp_path), stdout=nowhere)
    started.append(process)
    time.sleep(0.5)
    process.send_signal(signal.SIGTERM)
    assert process.wait(WAIT_S) == -signal.SIGTERM
    assert counts(read(the_one(tmp_path)))["wire.send"] > 0


def test_a_program_may_close_all_files(programs, tmp_path):
    """What it opens then is its own, under whatever number the counters were."""
    config = tmp_path / "c.properties"
    config.write_text("meters=page.faults,context.switches\n")
    command = [programs["closer"]]
    done = subprocess.run(command, env=metered(tmp_path, NEST_METER_CONFIG=str(config)), capture_output=True)
    assert (done.returncode, done.stdout) == (0, b"what the program has to say\n")
    snapshot = read(the_one(tmp_path))
    if any(reason for _, _, reason in snapshot["meters"]):
        pytest.skip("the kernel does not let pages and switches be counted")
    assert all(row[8] < 1 << 32 for context in snapshot["contexts"] for row in context[1])


def test_a_child_has_a_snapshot_of_its_own(programs, tmp_path):
    subprocess.run([programs["forker"]], env=metered(tmp_path), check=True, timeout=WAIT_S)
    snapshots = [read(path) for path in tmp_path.iterdir()]
    assert len(snapshots) == 2  # what only executes another program has none
    found = sorted(counts(snapshot)["forker.work"] for snapshot in snapshots)
    assert found == [2, 6]
    for snapshot in snapshots:
        assert counts(snapshot)["forker.main"] == 1
        root = max(row[2] for row in snapshot["contexts"][0][1])
        assert sums(snapshot)[1] == root
        assert snapshot["troubles"]["unmatched"] == 0


def test_exceptions_and_threads(programs, tmp_path):
    subprocess.run([programs["thrower"]], env=metered(tmp_path), check=True, timeout=WAIT_S)
    snapshot = read(the_one(tmp_path))
    assert counts(snapshot) == {"thrower.attempt": 3, "thrower.deep": 30}
    assert not any(snapshot["troubles"].values())
    assert sum(threads for threads, _ in snapshot["contexts"]) == 3


BOUNDARIES = {
    "nest-gen": {"nest_gen.run", "nest_gen.draw", "wire.pack", "wire.compress", "wire.send", "wire.flush"},
    "nest-shred": {
        "nest_shred.run",
        "nest_shred.frame",
        "nest_shred.walk",
        "nest_shred.texts",
        "nest_shred.fill",
        "wire.decompress",
        "wire.send",
    },
    "parquet-encode": {
        "parquet_encode.run",
        "parquet.page",
        "parquet.page.dictionary",
        "parquet.levels",
        "parquet.compress",
        "parquet_encode.write",
        "parquet_encode.sync",
        "wire.receive",
    },
    "parquet-merge": {"parquet_merge.run", "parquet_merge.publish", "parquet_merge.sync", "wire.wait"},
}


def is_root(snapshot, row):
    return snapshot["names"][row[0]][0].endswith(".run")


@pytest.mark.sanitize
def test_our_own_programs_are_metered_at_their_boundaries(build, tmp_path):
    codec = "--wire-codec zstd"
    stages = [
        f"{build}/nest-gen -n 100k {codec} --name one contacts",
        f"{build}/nest-shred {codec} --name two",
        f"{build}/parquet-encode --compression zstd -o {tmp_path}/out",
        f"{build}/parquet-merge -q {tmp_path}/out",
    ]
    folder = tmp_path / "snapshots"
    folder.mkdir()
    subprocess.run(["sh", "-c", " | ".join(stages)], env=metered(folder), check=True, timeout=3 * WAIT_S)
    snapshots = {}
    for path in folder.iterdir():
        snapshot = read(path)
        snapshots[snapshot["program"]] = snapshot
    assert snapshots.keys() == BOUNDARIES.keys()
    assert [snapshots[stage]["process"] for stage in ("nest-gen", "nest-shred")] == ["one", "two"]
    for stage, names in BOUNDARIES.items():
        found = counts(snapshots[stage])
        assert names <= found.keys()
        assert not any(snapshots[stage]["troubles"].values())
        # Frames and pages, never rows.
        assert sum(found.values()) < 10000
        (root,) = [row for row in snapshots[stage]["contexts"][0][1] if is_root(snapshots[stage], row)]
        assert sums(snapshots[stage])[1] >= root[2]


@pytest.mark.sanitize
def test_records_are_metered_at_their_boundaries(build, tmp_path):
    folder = tmp_path / "snapshots"
    folder.mkdir()
    pipe = f"{build}/nest-gen -n 100 --format jsonl --name one contacts | {build}/nest-shred --name two >{tmp_path}/out"
    subprocess.run(["sh", "-c", pipe], env=metered(folder), check=True, timeout=3 * WAIT_S)
    snapshots = {snapshot["program"]: snapshot for snapshot in map(read, folder.iterdir())}
    assert {"nest_gen.run", "nest_gen.jsonl"} <= counts(snapshots["nest-gen"]).keys()
    assert {"nest_shred.run", "nest_shred.records", "nest_shred.fill"} <= counts(snapshots["nest-shred"]).keys()
