"""nest-meter from a first run to a fixed point, and everything that it refuses."""

import collections
import csv
import io
import json
import os
import pathlib
import re
import shlex
import shutil
import signal
import struct
import subprocess
import tempfile
import zlib

import msgpack
import pytest

from nestlib import LONG_S, wait_until

ROOT = pathlib.Path(__file__).resolve().parent.parent

pytestmark = pytest.mark.sanitize

# Its probes have one fate each, with the thresholds of CONFIG: `heavy` becomes a hotspot, `light` is
# disabled, `rare` and `parent` are not called often enough to be either, `main` is called once.
SAMPLE = r"""
#include "lib/meter/probe.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

static void
spin(long us)
{
	struct timespec from, now;
	clock_gettime(CLOCK_MONOTONIC, &from);
	do
		clock_gettime(CLOCK_MONOTONIC, &now);
	while ((now.tv_sec - from.tv_sec) * 1000000000L + now.tv_nsec - from.tv_nsec < us * 1000L);
}

static void
heavy(void)
{
	NEST_SCOPE("sample.work.heavy");
	spin(30);
}

static void
light(void)
{
	NEST_SCOPE("sample.work.light");
}

static void
rare(void)
{
	NEST_SCOPE("sample.rare");
	light();
}

static void
parent(void)
{
	NEST_SCOPE("sample.parent");
	heavy();
}

int
main(int argc, char **argv)
{
	NEST_SCOPE("sample.main");
	int scale = argc > 1 ? atoi(argv[1]) : 1;
	for (int i = 0; i < 600; i++)
		parent();
	for (int i = 0; i < 1000 * scale; i++)
		light();
	for (int i = 0; i < 10; i++)
		rare();
	if (argc > 2 && strcmp(argv[2], "wait") == 0) {
		puts("waiting");
		fflush(stdout);
		for (;;)
			pause();
	}
	return argc > 2 ? atoi(argv[2]) : 0;
}
"""

CONFIG = """
# as the defaults, and spelled out
j.s.p.hotspot.enabled=true
jxinsight.server.probes.hotspot.threshold=10
j.s.p.hotspot.threshold.inherent=2
j.s.p.autolabel.enabled=true
j.s.p.autolabel.labels=hotspot
j.s.p.autolabel.label.hotspot.name.groups=sample.main
j.s.p.tracking.enabled=true
"""

FULL = {"sample.main", "sample.parent", "sample.rare", "sample.work.heavy", "sample.work.light"}


def compile_sample(build, folder, text=SAMPLE):
    """As anybody would: the header, and the library with the engine alone."""
    source, program = folder / "sample.c", folder / "sample"
    source.write_text(text)
    compiler = shlex.split(os.environ.get("CC") or "cc")
    command = [*compiler, "-std=gnu11", "-O1", "-Wall", "-Werror", "-I.", "-o", program, source]
    command += [(build / "libnest-probe.a").resolve(), "-pthread", "-lm"]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    return program


class Meter:
    """nest-meter, and a folder with the sample and its configuration."""

    def __init__(self, nest, folder):
        self.nest, self.folder = nest, folder
        self.sample, self.config = folder / "sample", folder / "meter.properties"

    def __call__(self, *arguments, memory=None, **popen):
        return self.nest.run("nest-meter", *arguments, memory=memory, **popen)

    def ok(self, *arguments, **popen):
        result = self(*arguments, **popen)
        assert result.status == 0, result.err
        return result.out.decode()

    def json(self, *arguments):
        return json.loads(self.ok("report", "--json", *arguments))

    def run(self, out, *command, config=None, options=()):
        command = command or [self.sample]
        return self("run", "--no-agent", "--config", config or self.config, *options, "-o", out, "--", *command)


@pytest.fixture(scope="module")
def meter(nest, build, tmp_path_factory):
    folder = tmp_path_factory.mktemp("meter")
    compile_sample(build, folder)
    (folder / "meter.properties").write_text(CONFIG)
    return Meter(nest, folder)


@pytest.fixture(scope="module")
def snapshots(meter):
    """One run of three samples, one after another in a shell."""
    out = meter.folder / "three"
    result = meter.run(out, "sh", "-c", f"{meter.sample} 1; {meter.sample} 2; {meter.sample} 3")
    assert result.status == 0, result.err
    assert "3 snapshots in" in result.err
    return out


def files(folder):
    return sorted(folder.glob("*.snapshot"))


def by_probe(rows):
    return {row["probe"]: row for row in rows}


# ---- run ----


def test_a_run_writes_one_snapshot_a_process(snapshots):
    assert len(files(snapshots)) == 3
    assert all(re.fullmatch(r"sample\.\d+\.snapshot", path.name) for path in files(snapshots))
    assert (snapshots / "config.properties").exists()
    assert not list(snapshots.glob("*.tmp*"))


@pytest.mark.parametrize("status", [0, 1, 7])
def test_the_status_is_the_commands(meter, tmp_path, status):
    assert meter.run(tmp_path / "out", meter.sample, 1, status).status == status
    assert len(files(tmp_path / "out")) == 1


def test_a_killed_command_leaves_no_snapshot(meter, tmp_path):
    result = meter.run(tmp_path / "out", "sh", "-c", "kill -KILL $$")
    assert result.status == 128 + signal.SIGKILL
    assert "no snapshot was written" in result.err
    assert files(tmp_path / "out") == []


def test_a_snapshot_on_request(meter, tmp_path, started):
    """SIGUSR1 makes one while the process waits, and being killed does not take it away."""
    out = tmp_path / "out"
    command = meter.nest.command("nest-meter", "run", "--no-agent", "-o", out, "--", meter.sample, 1, "wait")
    process = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL)
    started.append(process)
    assert process.stdout.readline() == b"waiting\n"
    child = pathlib.Path(f"/proc/{process.pid}/task/{process.pid}/children").read_text()
    os.kill(int(child), signal.SIGUSR1)
    wait_until(lambda: files(out), "the snapshot")
    assert by_probe(meter.json(out)["probes"])["sample.rare"]["count"] == 10
    os.kill(int(child), signal.SIGKILL)
    assert process.wait(LONG_S) == 128 + signal.SIGKILL
    assert len(files(out)) == 1


INTERRUPTS = ["INT", "TERM", "HUP"]


def start(meter, tmp_path, started, *arguments, **popen):
    """Starts nest-meter in a group of its own; its command says when it waits."""
    command = meter.nest.command("nest-meter", *arguments)
    pipes = {"stdout": subprocess.PIPE, "stderr": subprocess.PIPE}
    started.append(subprocess.Popen(command, cwd=tmp_path, start_new_session=True, **pipes, **popen))
    return started[-1]


@pytest.mark.parametrize("name", INTERRUPTS)
@pytest.mark.parametrize("at_once", [True, False])
def test_it_dies_of_the_interrupt_that_its_command_dies_of(meter, tmp_path, started, name, at_once):
    """So that a loop of a shell around it ends, whether all get the signal or it alone; it has told what there is."""
    number = getattr(signal, f"SIG{name}")
    process = start(meter, tmp_path, started, "run", "--no-agent", "-o", "out", "--", meter.sample, "1", "wait")
    assert process.stdout.readline() == b"waiting\n"
    (os.killpg if at_once else os.kill)(process.pid, number)
    _, err = process.communicate(timeout=LONG_S)
    assert process.returncode == -number
    assert err.startswith(b"nest-meter: warning: no snapshot" if name == "HUP" else b"nest-meter: 1 snapshot in out\n")


def test_a_command_that_takes_an_interrupt_for_its_end_has_a_status(meter, tmp_path, started):
    script = "trap 'exit 7' INT; echo waiting; while :; do sleep 0.1; done"
    process = start(meter, tmp_path, started, "run", "--no-agent", "-o", "out", "--", "sh", "-c", script)
    assert process.stdout.readline() == b"waiting\n"
    os.killpg(process.pid, signal.SIGINT)
    process.communicate(timeout=LONG_S)
    assert process.returncode == 7


@pytest.mark.parametrize("name", INTERRUPTS)
def test_a_bench_dies_of_an_interrupt(meter, tmp_path, started, name):
    number = getattr(signal, f"SIG{name}")
    script = f"echo >{tmp_path}/begun; exec sleep 100"
    process = start(meter, tmp_path, started, "bench", "--no-agent", "-o", "out", "--", "sh", "-c", script)
    wait_until((tmp_path / "begun").exists, "the command")
    os.killpg(process.pid, number)
    _, err = process.communicate(timeout=LONG_S)
    assert (process.returncode, err) == (-number, b"nest-meter: fatal: interrupted in an unmetered run\n")


def test_the_end_of_the_command_is_seen_where_ends_are_ignored(meter, tmp_path, started):
    options = {"preexec_fn": lambda: signal.signal(signal.SIGCHLD, signal.SIG_IGN)}
    process = start(meter, tmp_path, started, "run", "--no-agent", "-o", "out", "--", meter.sample, "1", "7", **options)
    process.communicate(timeout=LONG_S)
    assert process.returncode == 7


def test_an_interrupt_that_is_ignored_stays_so(meter, tmp_path, started):
    """As nohup does: for the command, too."""
    script = "echo waiting; read word; echo $word"
    options = {"preexec_fn": lambda: signal.signal(signal.SIGHUP, signal.SIG_IGN), "stdin": subprocess.PIPE}
    process = start(meter, tmp_path, started, "run", "--no-agent", "-o", "out", "--", "sh", "-c", script, **options)
    assert process.stdout.readline() == b"waiting\n"
    os.killpg(process.pid, signal.SIGHUP)
    out, _ = process.communicate(b"there\n", timeout=LONG_S)
    assert (process.returncode, out) == (0, b"there\n")


def test_an_older_run_is_replaced_and_nothing_else(meter, tmp_path):
    out = tmp_path / "out"
    assert meter.run(out).status == 0
    first = files(out)
    assert meter.run(out).status == 0
    assert len(files(out)) == 1 and files(out) != first
    (out / "precious").write_text("mine")
    before = files(out)
    meter.run(out).fatal(2, "precious, which is none of a metered run's files")
    assert files(out) == before and (out / "precious").read_text() == "mine"


def test_an_older_run_stays_when_there_is_nothing_in_its_place(meter, tmp_path):
    out = tmp_path / "out"
    assert meter.run(out).status == 0
    before = {path.name: path.read_bytes() for path in out.iterdir()}
    other = tmp_path / "other.properties"
    other.write_text("tracking.enabled=true\n")
    result = meter.run(out, "true", config=other)
    assert result.status == 0 and "those of an earlier run stay" in result.err
    assert {path.name: path.read_bytes() for path in out.iterdir()} == before
    meter.run(out, tmp_path / "nowhere", config=other).fatal(2, "unable to run")
    assert {path.name: path.read_bytes() for path in out.iterdir()} == before


def test_a_run_that_was_killed_leaves_the_younger_snapshots(meter, tmp_path):
    """What is aside then is older than what is there, and goes with it."""
    out = tmp_path / "out"
    assert meter.run(out).status == 0
    (out / ".earlier").mkdir()
    (out / ".earlier" / "sample.1.snapshot").write_bytes(b"older")
    assert meter.run(out).status == 0
    assert len(files(out)) == 1 and not (out / ".earlier").exists()


def test_a_full_disk_is_a_failure(meter, tmp_path):
    """No file of the command may have a byte, which is a disk as full as can be."""
    out = tmp_path / "out"
    full = f"trap '' XFSZ; {meter.sample}; ulimit -f 0; exec {meter.sample}"
    result = meter.run(out, "sh", "-c", full)
    assert result.status == 3
    assert "fatal: 1 snapshot could not be written, and 1 was: is the disk full?" in result.err
    assert "unable to write" in result.err and "File too large" in result.err
    assert len(files(out)) == 1 and len(list(out.glob("*.failed"))) == 1
    assert by_probe(meter.json(out)["probes"])["sample.rare"]["count"] == 10
    looped = meter("bench", "--no-agent", "-o", tmp_path / "bench", "--", "sh", "-c", full)
    assert looped.status == 3 and "fatal: 1 snapshot could not be written" in looped.err


def test_a_set_leaves_the_others_out(meter, tmp_path):
    (tmp_path / "set").write_text("# two\nsample.main\nsample.rare\n")
    assert meter.run(tmp_path / "out", options=["--set", tmp_path / "set"]).status == 0
    report = meter.json(tmp_path / "out")
    assert set(by_probe(report["probes"])) == {"sample.main", "sample.rare"}
    assert report["processes"][0]["left_out"] == 3


def test_a_folder_with_a_percent_sign(meter, tmp_path):
    assert meter.run(tmp_path / "100%n").status == 0
    assert len(files(tmp_path / "100%n")) == 1


def test_a_program_with_a_hidden_name(meter, tmp_path):
    shutil.copy(meter.sample, tmp_path / ".sample")
    result = meter.run(tmp_path / "out", tmp_path / ".sample")
    assert "1 snapshot in" in result.err
    assert meter.json(tmp_path / "out")["processes"][0]["stage"] == ".sample"


@pytest.mark.parametrize("name", ["with blank", "with:colon"])
def test_an_agent_that_the_loader_would_take_apart(meter, tmp_path, name):
    agent = tmp_path / name / "agent.so"
    agent.parent.mkdir()
    agent.write_bytes(b"")
    meter("run", "--agent", agent, "-o", tmp_path / "out", "--", "true").fatal(2, "has a blank or a colon")


@pytest.mark.skipif(os.geteuid() != 0, reason="only root gives files away")
@pytest.mark.parametrize("change", ["user", "group"])
def test_a_program_with_rights_of_its_own_is_refused(meter, build, tmp_path, change):
    program = tmp_path / "program"
    shutil.copy(meter.sample, program)
    os.chown(program, *((1, -1) if change == "user" else (-1, 1)))
    program.chmod(0o4755 if change == "user" else 0o2755)
    agent = build / "libnest-meter-agent.so"
    result = meter("run", "--agent", agent, "-o", tmp_path / "out", "--", program)
    result.fatal(2, "it runs with rights of its own")


@pytest.mark.skipif(os.geteuid() != 0, reason="only root gives capabilities")
def test_a_program_with_capabilities_is_refused(meter, build):
    """Root has them anyway: so somebody else runs it, in a folder that all may use."""
    with tempfile.TemporaryDirectory() as name:
        folder = pathlib.Path(name)
        folder.chmod(0o777)
        for file in (build / "nest-meter", build / "libnest-meter-agent.so", meter.sample):
            shutil.copy(file, folder)
        program = folder / pathlib.Path(meter.sample).name
        command = [folder / "nest-meter", "run", "-o", folder / "out", "--", program]
        result = subprocess.run(command, user=65534, capture_output=True, text=True)
        assert result.returncode == 0
        try:
            os.setxattr(program, "security.capability", struct.pack("<5I", 0x02000001, 1 << 10, 0, 0, 0))
        except OSError as error:
            pytest.skip(f"capabilities cannot be given here: {error}")
        result = subprocess.run(command, user=65534, capture_output=True, text=True)
        assert result.returncode == 2 and "it runs with rights of its own" in result.stderr


def test_a_nest_meter_without_its_agent_says_so(meter, build, tmp_path):
    alone = tmp_path / "nest-meter"
    shutil.copy(build / "nest-meter", alone)
    command = [alone, "run", "-o", tmp_path / "out", "--", meter.sample]
    done = subprocess.run(command, capture_output=True, text=True, timeout=LONG_S)
    assert done.returncode == 0 and len(files(tmp_path / "out")) == 1
    assert "warning: no agent (libnest-meter-agent.so) is beside nest-meter" in done.stderr
    assert "no agent" not in meter.run(tmp_path / "out").err


def test_unmetered_programs_write_nothing(meter, tmp_path):
    done = subprocess.run([meter.sample], cwd=tmp_path, timeout=LONG_S)
    assert done.returncode == 0 and os.listdir(tmp_path) == []


# ---- the configuration ----


def test_unknown_keys_are_warned_about_with_their_line(meter, tmp_path):
    config = tmp_path / "c.properties"
    config.write_text("# one\nj.s.p.hotspot.enabled=true\nj.s.p.hotspot.treshold=3\nnonsense\n")
    result = meter.run(tmp_path / "out", config=config)
    assert result.status == 0
    warnings = [line for line in result.err.splitlines() if "warning" in line]
    assert len(warnings) == 2
    assert f"nest-meter: warning: {config}:3: " in warnings[0] and "hotspot.treshold" in warnings[0]
    assert f"nest-meter: warning: {config}:4: " in warnings[1]


@pytest.mark.parametrize("line", ["hotspot.enabled=perhaps", "hotspot.threshold=x", "meters=clock.sand"])
def test_values_that_cannot_be_are_refused_with_their_line(meter, tmp_path, line):
    config = tmp_path / "c.properties"
    config.write_text(f"\n\nj.s.p.{line}\n")
    result = meter.run(tmp_path / "out", config=config)
    assert "3" in result.fatal(2, r"c\.properties")
    assert not (tmp_path / "out").exists()


def test_shipped_profiles_are_sound(meter, tmp_path):
    for profile in ["satoris", "native", "pipeline"]:
        path = ROOT / "meter" / "profiles" / f"{profile}.properties"
        for config in [path, profile]:
            result = meter.run(tmp_path / profile, config=config)
            assert result.status == 0 and "warning" not in result.err
            assert meter.json(tmp_path / profile)["processes"][0]["adapting"]


def warnings_of(result):
    return [line.removeprefix("nest-meter: warning: ") for line in result.err.splitlines() if " warning: " in line]


GROUPS = """
autolabel.enabled=true
autolabel.labels=x
autolabel.label.x.name.groups=sample.mian,sample.*,*.heavy,*.haevy
tierpoint.tiers=t
tierpoint.tier.t.name.groups=sample.wrok,sample.work
"""
NO_LABEL = [f"autolabel.label.x.name.groups: {group} fits no probe that was met" for group in ["sample.mian", "*.haevy"]]
NO_TIER = ["tierpoint.tier.t.name.groups: sample.wrok fits no probe that was met"]


@pytest.mark.parametrize("more, expected", [("", NO_LABEL), ("tierpoint.enabled=true\n", NO_LABEL + NO_TIER)])
def test_groups_that_fit_nothing_are_warned_about(meter, tmp_path, more, expected):
    config = tmp_path / "c.properties"
    config.write_text(GROUPS + more)
    assert warnings_of(meter.run(tmp_path / "out", config=config)) == expected


def test_groups_are_held_to_all_processes_together(meter, tmp_path):
    config = tmp_path / "c.properties"
    config.write_text("autolabel.enabled=true\nautolabel.labels=x\nautolabel.label.x.name.groups=?ample,other\n")
    result = meter.run(tmp_path / "out", "sh", "-c", f"{meter.sample}; {meter.sample}", config=config)
    assert warnings_of(result) == [
        f"autolabel.label.x.name.groups: {group} fits no probe that was met" for group in ["?ample", "other"]
    ]


def test_other_commands_warn_of_groups_too(meter, tmp_path):
    config = tmp_path / "c.properties"
    config.write_text(GROUPS + "hotspot.enabled=true\n")
    options = ["--no-agent", "--config", config, "-o", tmp_path / "bench"]
    (tmp_path / "set").write_text("sample.main\nsample.mian\n")
    result = meter("bench", "-n", 2, "--all", "--set", tmp_path / "set", *options, "--", meter.sample)
    missing = NO_LABEL + ["autolabel.label.x.name.groups: *.heavy fits no probe that was met"]
    told = {line for line in warnings_of(result) if " met" in line}
    assert told == {*missing, "1 of the 2 probes of the set were not met: sample.mian"}
    assert meter.run(tmp_path / "out").status == 0
    refined = meter("refine", "--tiers", "--config", config, tmp_path / "out")
    assert set(NO_TIER) <= set(warnings_of(refined))


def test_probes_of_a_set_that_were_not_met_are_warned_about(meter, tmp_path):
    (tmp_path / "set").write_text("sample.main\nsample.e\nsample.d\nsample.c\nsample.b\n")
    result = meter.run(tmp_path / "out", options=["--set", tmp_path / "set"])
    assert warnings_of(result) == ["4 of the 5 probes of the set were not met: sample.b, sample.c, sample.d, ..."]
    (tmp_path / "set").write_text("sample.main\n")
    assert warnings_of(meter.run(tmp_path / "out", options=["--set", tmp_path / "set"])) == []


# ---- report ----


def test_counts_and_times(meter, snapshots):
    report = meter.json("--by", "process", files(snapshots)[0])
    rows = by_probe(report["probes"])
    assert set(rows) == FULL
    assert rows["sample.main"]["count"] == 1 and rows["sample.rare"]["count"] == 10
    assert rows["sample.parent"]["count"] == rows["sample.work.heavy"]["count"] == 600
    # A call that the machine interrupted is a long one, and earns its name some more.
    assert 250 <= rows["sample.work.light"]["count"] < 350
    heavy = rows["sample.work.heavy"]["meters"]["clock.time"]
    assert heavy["min"] >= 30000 and heavy["total"] >= 600 * heavy["min"]
    assert heavy["total"] == heavy["inherent"]["total"]
    inherent = sum(row["meters"]["clock.time"]["inherent"]["total"] for row in report["probes"])
    assert inherent == rows["sample.main"]["meters"]["clock.time"]["total"]


def test_labels_and_scores(meter, snapshots):
    rows = by_probe(meter.json(files(snapshots)[0])["probes"])
    assert {name: row["labels"] for name, row in rows.items()} == {
        "sample.main": ["hotspot"],
        "sample.parent": [],
        "sample.rare": [],
        "sample.work.heavy": ["hotspot"],
        "sample.work.light": ["disabled"],
    }
    assert rows["sample.work.heavy"]["score"] == 1000 + 600 * 2
    assert rows["sample.work.light"]["score"] <= 0
    for row in rows.values():
        if row["probe"] != "sample.main":
            assert row["score"] == 1000 + row["credit"] - row["debit"]


def test_merged_counts_are_the_sum_of_the_parts(meter, snapshots):
    merged = by_probe(meter.json(snapshots)["probes"])
    parts = meter.json("--by", "process", snapshots)["probes"]
    assert len(parts) == 3 * len(FULL) and len({row["process"] for row in parts}) == 3
    assert_sums(merged, parts)
    stages = by_probe(meter.json("--by", "stage", snapshots)["probes"])
    assert {row["stage"] for row in stages.values()} == {"sample"}
    assert all(stages[name]["count"] == row["count"] for name, row in merged.items())


def assert_sums(merged, parts):
    """Every number of a merged row follows from the rows of the processes."""
    rows = collections.defaultdict(list)
    for row in parts:
        rows[row["probe"]].append(row)
    assert set(rows) == set(merged)
    for name, row in merged.items():
        assert row["processes"] == len(rows[name])
        for key in ["count", "credit", "debit", "evaluations"]:
            assert row[key] == sum(part[key] for part in rows[name]), (name, key)
        for meter_name, sums in row["meters"].items():
            own = [part["meters"][meter_name] for part in rows[name]]
            assert sums["total"] == sum(part["total"] for part in own)
            assert sums["max"] == max(part["max"] for part in own)
            assert sums["min"] == min(part["min"] for part in own)
            assert sums["inherent"]["total"] == sum(part["inherent"]["total"] for part in own)


def test_a_pipeline_makes_one_table(meter, nest, tmp_path):
    """Our own four programs, each with its own probes, in one run."""
    programs = [shlex.quote(str(nest.folder.resolve() / name)) for name in ["nest-gen", "nest-shred"]]
    programs += [shlex.quote(str(nest.folder.resolve() / name)) for name in ["parquet-encode", "parquet-merge"]]
    gen, shred, encode, merge = programs
    script = f"{gen} -n 20k contacts | {shred} | {encode} -o data | {merge} data"
    result = meter("run", "--no-agent", "-o", "out", "--", "sh", "-c", script, cwd=tmp_path)
    assert result.status == 0, result.err
    assert (tmp_path / "data" / "_SUCCESS").exists()
    assert len(files(tmp_path / "out")) == 4
    merged = by_probe(meter.json(tmp_path / "out")["probes"])
    parts = meter.json("--by", "process", tmp_path / "out")["probes"]
    assert_sums(merged, parts)
    stages = {row["stage"] for row in meter.json("--by", "stage", tmp_path / "out")["probes"]}
    assert stages == {"nest-gen", "nest-shred", "parquet-encode", "parquet-merge"}


def test_the_table(meter, snapshots):
    lines = meter.ok("report", snapshots).splitlines()
    assert lines[0].split()[:3] == ["PROBE", "COUNT", "TOTAL"]
    assert lines[1].split()[:2] == ["sample.work.heavy", "1800"]
    assert lines[1].endswith("hotspot")
    overhead = [line for line in lines if line.startswith("overhead: ")]
    assert len(overhead) == 1 and "not subtracted" in overhead[0] and "3 processes" in overhead[0]
    by_total = meter.ok("report", "--sort", "total", snapshots).splitlines()
    assert by_total[1].split()[0] == "sample.main"
    assert len(meter.ok("report", "--top", 2, snapshots).split("\n\n")[0].splitlines()) == 3


def test_the_overhead_is_calls_by_their_cost(meter, snapshots):
    report = meter.json(snapshots)
    calls = sum(row["count"] for row in report["probes"])
    assert report["overhead"]["calls"] == calls
    assert report["overhead"]["cost_ns"] == pytest.approx(
        sum(p["overhead"]["calls"] * p["pair_ns"] for p in report["processes"]), abs=2
    )
    assert all(process["pair_ns"] > 0 for process in report["processes"])


def test_csv(meter, snapshots):
    rows = list(csv.DictReader(io.StringIO(meter.ok("report", "--format", "csv", snapshots), newline="")))
    merged = by_probe(meter.json(snapshots)["probes"])
    assert {row["probe"] for row in rows} == FULL
    for row in rows:
        sums = merged[row["probe"]]["meters"]["clock.time"]
        assert int(row["count"]) == merged[row["probe"]]["count"]
        assert int(row["clock.time total"]) == sums["total"]
        assert int(row["clock.time inherent_total"]) == sums["inherent"]["total"]
        assert row["labels"].split() == merged[row["probe"]]["labels"]


def test_several_meters(meter, tmp_path):
    """What the machine does not have is named with its reason, and the others are metered."""
    config = tmp_path / "c.properties"
    config.write_text("meters=clock.time,clock.cpu,cpu.cycles\ntracking.enabled=true\n")
    out = tmp_path / "out"
    assert meter.run(out, config=config).status == 0
    meters = {each["name"]: each for each in meter.json(out)["meters"]}
    assert list(meters) == ["clock.time", "clock.cpu", "cpu.cycles"]
    assert meters["clock.cpu"]["not_available"] == ""
    main = by_probe(meter.json(out)["probes"])["sample.main"]["meters"]
    assert 0 < main["clock.cpu"]["total"] <= main["clock.time"]["total"] * 1.5
    table = meter.ok("report", "--meter", "clock.cpu", out)
    reason = meters["cpu.cycles"]["not_available"]
    if reason:
        assert f"cpu.cycles: not available: {reason}" in table
        meter("report", "--meter", "cpu.cycles", out).fatal(2, "is not available: ")
    else:
        assert main["cpu.cycles"]["total"] > 0
    assert "\nevents: clock_time clock_cpu cpu_cycles\n" in meter.ok("report", "--format", "callgrind", out)


def test_a_report_to_a_file(meter, snapshots, tmp_path):
    assert meter.ok("report", "--format", "csv", "-o", tmp_path / "report.csv", snapshots) == ""
    assert (tmp_path / "report.csv").read_bytes().decode() == meter.ok("report", "--format", "csv", snapshots)
    assert os.listdir(tmp_path) == ["report.csv"]


# ---- the call tree for other tools ----


def inherent_of(meter, *arguments):
    rows = meter.json(*arguments)["probes"]
    return {row["probe"]: row["meters"]["clock.time"]["inherent"]["total"] for row in rows}


def test_folded_stacks(meter, snapshots):
    inherent = collections.Counter()
    for line in meter.ok("report", "--format", "folded", snapshots).splitlines():
        path, value = line.rsplit(" ", 1)
        names = path.split(";")
        assert names[0] == "sample.main"
        inherent[names[-1]] += int(value)
    assert inherent == inherent_of(meter, snapshots)
    staged = meter.ok("report", "--format", "folded", "--by", "stage", snapshots).splitlines()
    assert all(line.startswith("sample;sample.main") for line in staged)


def test_a_chrome_trace_of_single_calls(meter, tmp_path):
    """No tree is needed; both processes are on one axis of time, the second behind the first."""
    config = tmp_path / "c.properties"
    config.write_text("timeline.enabled=true\ntimeline.limit=1000\n")
    assert meter.run(tmp_path / "out", "sh", "-c", f"{meter.sample}; {meter.sample}", config=config).status == 0
    events = json.loads(meter.ok("report", "--format", "chrome", tmp_path / "out"))["traceEvents"]
    lost = 1 + 2 * 600 + 1000 + 2 * 10 - 1000
    ends = []
    for pid in (1, 2):
        [mark] = [event for event in events if event["pid"] == pid and event["ph"] == "i"]
        assert mark["name"] == f"{lost} older calls are not kept"
        calls = [event for event in events if event["pid"] == pid and event["ph"] == "X"]
        assert collections.Counter(call["name"] for call in calls) == {
            "sample.work.light": 979 + 10, "sample.rare": 10, "sample.main": 1,
        }  # fmt: skip
        [main] = [call for call in calls if call["name"] == "sample.main"]
        assert main["dur"] > 600 * 30
        for call in calls:
            assert main["ts"] <= call["ts"] and call["ts"] + call["dur"] <= main["ts"] + main["dur"] + 0.01
            assert call is main or call["ts"] >= mark["ts"]
        ends += [main["ts"], main["ts"] + main["dur"]]
    assert ends == sorted(ends) and ends[0] < 1000
    assert f"the oldest {lost} calls are not in it" in meter.ok("report", tmp_path / "out")
    assert all(f"the oldest {lost} calls" in process["notes"] for process in meter.json(tmp_path / "out")["processes"])


def read_callgrind(text):
    """What is inherent to each function, and how often it was called."""
    names, inherent, calls, expect_call = {}, collections.Counter(), collections.Counter(), False
    summary = 0
    for line in text.splitlines():
        if found := re.fullmatch(r"(c?fn)=\((\d+)\)(?: (.*))?", line):
            kind, index, name = found.groups()
            names.setdefault(index, name)
            assert names[index] is not None
            if kind == "fn":
                function = names[index]
            else:
                callee = names[index]
        elif found := re.fullmatch(r"calls=(\d+) 0", line):
            calls[callee] += int(found[1])
            expect_call = True
        elif re.fullmatch(r"0( \d+)+", line):
            if not expect_call:
                inherent[function] += int(line.split()[1])
            expect_call = False
        elif line.startswith("summary: "):
            summary = int(line.split()[1])
    assert summary == sum(inherent.values())
    return inherent, calls


def test_callgrind(meter, snapshots, tmp_path):
    text = meter.ok("report", "--format", "callgrind", snapshots)
    assert "\nevents: clock_time\n" in text
    inherent, calls = read_callgrind(text)
    assert inherent == inherent_of(meter, snapshots)
    assert calls["sample.work.heavy"] == calls["sample.parent"] == 1800
    if shutil.which("callgrind_annotate"):
        (tmp_path / "callgrind.out").write_text(text)
        done = subprocess.run(
            ["callgrind_annotate", tmp_path / "callgrind.out"], capture_output=True, text=True, timeout=LONG_S
        )
        assert done.returncode == 0, done.stderr
        assert "sample.work.heavy" in done.stdout


@pytest.mark.parametrize("form, lacking", [("folded", "call tree"), ("callgrind", "call tree"), ("chrome", "timeline")])
def test_what_a_format_needs_is_named(meter, tmp_path, form, lacking):
    (tmp_path / "c.properties").write_text("j.s.p.hotspot.enabled=true\n")
    assert meter.run(tmp_path / "out", config=tmp_path / "c.properties").status == 0
    meter("report", "--format", form, tmp_path / "out").fatal(2, f"no snapshot has a {lacking}")


# ---- refine ----


def set_of(text):
    return [line for line in text.splitlines() if line and not line.startswith("#")]


def test_refine_keeps_hotspots(meter, snapshots):
    assert set_of(meter.ok("refine", files(snapshots)[0])) == ["sample.main\thotspot", "sample.work.heavy"]


@pytest.mark.parametrize("worth, kept", [("100", False), ("10.001", True), ("0.01", True), ("0", False)])
def test_refine_keeps_what_is_seldom_and_long(meter, tmp_path, worth, kept):
    """sample.main, called once, is neither hotspot nor disabled, and is nearly all of the time."""
    config = tmp_path / "c.properties"
    config.write_text(f"hotspot.enabled=true\nhotspot.worth={worth}\n")
    assert meter.run(tmp_path / "out", config=config).status == 0
    assert ("sample.main" in set_of(meter.ok("refine", tmp_path / "out"))) == kept


def test_refine_keeps_the_undecided_when_told(meter, snapshots):
    kept = set_of(meter.ok("refine", "--keep-undecided", files(snapshots)[0]))
    assert kept == ["sample.main\thotspot", "sample.parent", "sample.rare", "sample.work.heavy"]


def test_refine_to_tiers(meter, snapshots, tmp_path):
    """`heavy` is inside its tier, which its caller has entered."""
    config = tmp_path / "tiers.properties"
    config.write_text(
        "tierpoint.tiers=top,work\ntierpoint.tier.top.name.groups=sample.main\n"
        "tierpoint.tier.work.name.groups=sample.parent,sample.work\n"
    )
    options = ["--tiers", "--config", config, "--keep-undecided"]
    assert set_of(meter.ok("refine", *options, files(snapshots)[0])) == ["sample.main\thotspot", "sample.parent"]
    meter("refine", "--tiers", snapshots).fatal(2, "names no tiers")


def test_refine_without_hotspot_says_so(meter, tmp_path):
    (tmp_path / "c.properties").write_text("j.s.p.hotspot.enabled=false\n")
    assert meter.run(tmp_path / "out", config=tmp_path / "c.properties").status == 0
    result = meter("refine", tmp_path / "out")
    assert result.status == 0 and set_of(result.out.decode()) == []
    assert "hotspot.enabled was not true" in result.err and "the set is empty" in result.err


def test_a_refined_set_is_a_set(meter, snapshots, tmp_path):
    (tmp_path / "set").write_text(meter.ok("refine", snapshots))
    assert meter.run(tmp_path / "out", options=["--set", tmp_path / "set"]).status == 0
    assert set(by_probe(meter.json(tmp_path / "out")["probes"])) == {"sample.main", "sample.work.heavy"}


# Names that would mean something else in a set: nothing, or a comment.
ODD = r"""
#include "lib/meter/probe.h"
NEST_PROBE(empty, "");
NEST_PROBE(comment, "# a.b");
NEST_PROBE(plain, "c");
int
main(void)
{
	nest_probe_end(nest_probe_begin(&empty));
	nest_probe_end(nest_probe_begin(&comment));
	nest_probe_end(nest_probe_begin(&plain));
}
"""


def test_a_set_holds_whatever_names_there_are(meter, build, tmp_path):
    program = compile_sample(build, tmp_path, ODD)
    config = tmp_path / "c.properties"
    config.write_text("autolabel.enabled=true\nautolabel.labels=x\nautolabel.label.x.name.groups=*\n")
    assert meter.run(tmp_path / "out", program, config=config).status == 0
    assert set(by_probe(meter.json(tmp_path / "out")["probes"])) == {"?", "? a.b", "c"}
    (tmp_path / "set").write_text(meter.ok("refine", tmp_path / "out"))
    assert meter.run(tmp_path / "again", program, options=["--set", tmp_path / "set"]).status == 0
    assert set(by_probe(meter.json(tmp_path / "again")["probes"])) == {"?", "? a.b", "c"}


def test_a_set_of_all_names_that_a_process_can_have(meter, tmp_path):
    """What refine writes of them has a comment in front."""
    lines = ["# 1048576 of 1048576 probes", *(f"a.{i}" for i in range(1 << 20))]
    (tmp_path / "set").write_text("\n".join(lines) + "\n")
    assert meter.run(tmp_path / "out", "true", options=["--set", tmp_path / "set"]).status == 0


# ---- what is carried from run to run ----


# `carry.work` gets as many good and bad calls as it is told, `carry.once` is called when it is told to.
CARRY = SAMPLE[: SAMPLE.index("static void\nheavy")] + r"""
static void
work(long us)
{
	NEST_SCOPE("carry.work");
	spin(us);
}

int
main(int argc, char **argv)
{
	for (int i = 0; i < atoi(argv[1]); i++)
		work(30);
	for (int i = 0; i < atoi(argv[2]); i++)
		work(0);
	if (argc > 3) {
		NEST_SCOPE("carry.once");
	}
	return 0;
}
"""


class Runs:
    """Runs of a program one after another, each with the set that the last was refined to."""

    def __init__(self, meter, program, folder):
        self.meter, self.program, self.folder = meter, program, folder
        self.config, self.paths = folder / "c.properties", []

    def configure(self, **keys):
        lines = ["hotspot.enabled=true", *(f"hotspot.{key}={value}" for key, value in keys.items())]
        self.config.write_text("\n".join(lines) + "\n")

    def __call__(self, *arguments):
        """One run; the lines of the set that it leaves."""
        old, new = self.folder / f"set{len(self.paths)}", self.folder / f"set{len(self.paths) + 1}"
        options = ["--set", old] if self.paths else []
        self.paths.append(self.folder / f"{len(self.paths) + 1:03}")
        result = self.meter.run(self.paths[-1], self.program, *arguments, config=self.config, options=options)
        assert result.status == 0, result.err
        new.write_text(self.meter.ok("refine", *options, self.paths[-1]))
        return set_of(new.read_text())

    def story(self, probe):
        """The outcomes that explain tells of."""
        lines = self.meter.ok("explain", probe, self.folder).splitlines()
        assert lines[0] == "carry.work" and lines[1].split() == "RUN CALLS CREDITED DEBITED FROM SCORE OUTCOME".split()
        return [re.split(r"  +", line, maxsplit=6)[1:] for line in lines[2:]]


@pytest.fixture(scope="module")
def carrying(meter, build, tmp_path_factory):
    return compile_sample(build, tmp_path_factory.mktemp("carry"), CARRY)


@pytest.fixture
def runs(meter, carrying, tmp_path):
    return Runs(meter, carrying, tmp_path)


@pytest.mark.parametrize("failures, kept", [(1, []), (2, ["carry.work\tscore=116"])])
def test_one_bad_call_does_not_take_what_earlier_runs_have_earned(runs, failures, kept):
    """As it was published, with failures of 1, every run begins anew."""
    runs.configure(initial=100, lower=100, failures=failures)
    assert runs(10, 0) == (["carry.work\tscore=120"] if kept else ["carry.work"])
    assert runs(0, 1) == kept


def test_a_score_is_earned_over_several_runs(runs):
    runs.configure(initial=100, lower=150, failures=3)
    assert runs(10, 0) == ["carry.work\tscore=120 failed=1"]
    assert runs(10, 0) == ["carry.work\tscore=140 failed=2"]
    assert runs(10, 0) == ["carry.work\tscore=160"]
    assert runs(100, 0) == ["carry.work\tscore=250"], "no more than can be lost again"
    assert runs.story("work") == [
        ["10", "20", "0", "100", "120", "undecided, failed 1 of 3 times"],
        ["10", "20", "0", "120", "140", "undecided, failed 2 of 3 times"],
        ["10", "20", "0", "140", "160", "hotspot"],
        ["100", "200", "0", "160", "360", "hotspot"],
    ]


def test_a_probe_is_dropped_when_it_has_failed_often_enough(runs):
    """What was disabled once begins as new; what was not met fails too."""
    runs.configure(initial=100, lower=110, failures=3)
    assert runs(10, 0) == ["carry.work\tscore=120"]
    assert runs(0, 100) == ["carry.work\tscore=100 failed=1"]
    with (runs.folder / "set2").open("a") as lines:
        lines.write("carry.once\n")
    assert runs(0, 0, "once")[1:] == ["carry.work\tscore=100 failed=2"]
    assert [line.split()[0] for line in runs(0, 100)] == ["carry.once"]
    outcomes = [row[-1] for row in runs.story("carry.work")]
    assert outcomes == [
        "hotspot",
        "disabled, failed 1 of 3 times",
        "not metered: it was not met, or is not in the set",
        "disabled, failed 3 of 3 times, dropped",
    ]


def test_what_is_disabled_in_its_first_run_goes_at_once(runs):
    runs.configure(initial=100, lower=110, failures=3)
    assert runs(0, 100) == []


def test_a_process_that_scores_nothing_has_no_say(runs):
    """Its score is that which the set carries, and no other process's is lower."""
    runs.configure(initial=100, lower=110, failures=3)
    assert runs(10, 0) == ["carry.work\tscore=120"]
    program, runs.program = runs.program, "sh"
    assert runs("-c", f"{program} 0 100; {program} 0 0 once") == ["carry.work\tscore=100 failed=1"]


def test_bench_goes_on_while_a_probe_may_still_be_dropped(meter, carrying, tmp_path):
    (tmp_path / "c.properties").write_text(
        "hotspot.enabled=true\nhotspot.initial=100\nhotspot.lower=110\nhotspot.failures=3\n"
    )
    options = ["--no-agent", "--config", tmp_path / "c.properties", "-o", tmp_path / "b"]
    lines = meter.ok("bench", *options, "--", carrying, 20, 0, "once").splitlines()
    assert [line.split()[1] for line in lines[1:5]] == ["2", "2", "2", "1"]
    assert lines[5] == "fixed point: run 4 found its own set again"
    story = meter.ok("explain", "once", tmp_path / "b").splitlines()
    assert story[4].endswith("undecided, failed 3 of 3 times, dropped") and "  not metered: " in story[5]


def test_a_run_that_meets_no_probe_is_one_failure(meter, carrying, tmp_path):
    (tmp_path / "c.properties").write_text("hotspot.enabled=true\nhotspot.failures=3\n")
    (tmp_path / "set").write_text("carry.once\tscore=1500\n")
    options = ["--no-agent", "--config", tmp_path / "c.properties", "-o", tmp_path / "b", "--set", tmp_path / "set"]
    result = meter("bench", *options, "--", carrying, 0, 0)
    assert result.status == 1 and "no probe is left after run 3" in result.err
    assert set_of((tmp_path / "b" / "003" / "set").read_text()) == ["carry.once\tscore=1500 failed=2"]


# ---- bench ----


def test_bench_reaches_its_fixed_point(meter, tmp_path):
    options = ["-n", 5, "--no-agent", "--config", meter.config]
    options += ["-o", tmp_path / "bench", "--csv", tmp_path / "b.csv"]
    lines = meter.ok("bench", *options, "--", meter.sample).splitlines()
    assert lines[0].split()[:3] == ["RUN", "INSTRUMENTED", "METERED"]
    first = lines[1].split()
    assert first[:5] == ["1", "5", "5", "2", "1"]
    assert 0 <= int(first[5]) - (1 + 600 + 600 + 250 + 10) < 100
    assert lines[2].split()[:6] == ["2", "2", "2", "2", "0", str(1 + 600)]
    assert lines[3] == "fixed point: run 2 found its own set again"
    assert lines[4].startswith("probes instrumented: from 5 to 2; ") and lines[6].startswith("overhead, median ")
    assert re.match(r"explained by the probes of the last run: \d+\.\d % of the time, in the first run ", lines[5])
    assert len(lines) == 7
    assert set_of((tmp_path / "bench" / "set").read_text()) == ["sample.main\thotspot", "sample.work.heavy"]
    assert sorted(os.listdir(tmp_path / "bench")) == ["001", "002", "set"]
    runs = list(csv.DictReader((tmp_path / "b.csv").open()))
    assert [row["instrumented"] for row in runs] == ["5", "2"]
    assert all(0.5 < float(row["explained"]) <= 1 for row in runs)


def test_bench_runs_on_when_told(meter, tmp_path):
    options = ["-n", 3, "--all", "--no-agent", "--config", meter.config]
    lines = meter.ok("bench", *options, "-o", tmp_path / "bench", "--", meter.sample).splitlines()
    assert [line.split()[0] for line in lines[1:4]] == ["1", "2", "3"]
    assert lines[4] == "fixed point: run 2 found its own set again"


def test_bench_where_every_name_starts_as_a_hotspot(meter, tmp_path):
    """What has not lost it stays, and is scored again in the next run: nothing was given a label."""
    config = tmp_path / "c.properties"
    config.write_text("hotspot.enabled=true\nhotspot.initial=5000\nhotspot.lower=5000\n")
    options = ["--no-agent", "--config", config, "-o", tmp_path / "bench"]
    assert "fixed point: run 2" in meter.ok("bench", *options, "--", meter.sample)
    assert set_of((tmp_path / "bench" / "set").read_text()) == ["sample.main", "sample.work.heavy"]
    assert by_probe(meter.json(tmp_path / "bench" / "002")["probes"])["sample.work.heavy"]["evaluations"] == 600


def test_bench_does_not_call_an_empty_set_a_success(meter, tmp_path):
    config = tmp_path / "c.properties"
    config.write_text("hotspot.enabled=true\nhotspot.threshold=100000000\nhotspot.threshold.inherent=100000000\n")
    options = ["--no-agent", "--config", config, "-o", tmp_path / "bench"]
    result = meter("bench", *options, "--", meter.sample)
    assert result.status == 1 and "fixed point: " not in result.out.decode()
    assert "fatal: no probe is left after run 1: none was found worth its cost" in result.err
    assert sorted(os.listdir(tmp_path / "bench")) == ["001", "set"]


def test_what_the_probes_explain_is_said(meter, snapshots, tmp_path):
    """main is nearly all of the time; without it and what is heavy, next to nothing is left."""
    report = meter.json(files(snapshots)[0])
    whole = by_probe(report["probes"])["sample.main"]["meters"]["clock.time"]["total"]
    assert report["explained"]["ns"] == pytest.approx(whole, rel=0.01)
    assert 0.5 < report["explained"]["share"] <= 1 and report["explained"]["threads"] == 1
    shown = meter("report", snapshots)
    said = r"^explained: \d+\.\d % of the time of 3 threads, by 5 rows with calls$"
    assert re.search(said, shown.out.decode(), re.MULTILINE)
    assert shown.err == ""
    (tmp_path / "set").write_text("sample.rare\n")
    assert meter.run(tmp_path / "out", options=["--set", tmp_path / "set"]).status == 0
    assert meter.json(tmp_path / "out")["explained"]["share"] < 0.1
    assert "most of its time is in none of them" in meter("report", tmp_path / "out").err


def test_bench_leaves_nothing_of_an_earlier_loop(meter, tmp_path):
    options = ["--no-agent", "--config", meter.config, "-o", tmp_path / "bench"]
    meter.ok("bench", "-n", 3, "--all", *options, "--", meter.sample)
    assert sorted(os.listdir(tmp_path / "bench")) == ["001", "002", "003", "set"]
    meter.ok("bench", "-n", 1, *options, "--", meter.sample)
    assert sorted(os.listdir(tmp_path / "bench")) == ["001", "set"]
    (tmp_path / "bench" / "002").mkdir()
    (tmp_path / "bench" / "002" / "precious").write_text("mine")
    meter("bench", "-n", 1, *options, "--", meter.sample).fatal(2, "precious, which is none of")
    assert (tmp_path / "bench" / "002" / "precious").exists()


def test_bench_ends_with_a_command_that_fails(meter, tmp_path):
    options = ["--no-agent", "--config", meter.config, "-o", tmp_path / "bench"]
    result = meter("bench", *options, "--", meter.sample, 1, 3)
    result.fatal(3, "^the command ended with status 3 in an unmetered run$")


def test_bench_needs_hotspot_and_probes(meter, tmp_path):
    (tmp_path / "off").write_text("hotspot.enabled=false\n")
    meter("bench", "--config", tmp_path / "off", "--", "true", cwd=tmp_path).fatal(2, "hotspot.enabled=true")
    assert os.listdir(tmp_path) == ["off"]
    options = ["--config", meter.config, "--no-agent", "-o", tmp_path / "b"]
    meter("bench", *options, "--", "true").fatal(2, "^no snapshot is in ")


# ---- diff and explain ----


def test_diff(meter, snapshots):
    first, _, third = files(snapshots)
    lines = meter.ok("diff", first, third).splitlines()
    assert lines[0].split()[:3] == ["PROBE", "COUNT", "CHANGE"]
    rows = {line.split()[0]: line.split() for line in lines[1:6]}
    assert set(rows) == FULL
    assert rows["sample.work.heavy"][1:3] == ["600", "+0"]
    assert lines[-1].startswith("overhead: ")
    merged = {line.split()[0]: line.split() for line in meter.ok("diff", first, snapshots).splitlines()[1:6]}
    assert merged["sample.work.heavy"][1:3] == ["1800", "+1200"]
    assert all("+0.000" in line for line in meter.ok("diff", first, first).splitlines()[1:6])


def test_diff_of_what_one_run_has_alone(meter, snapshots, tmp_path):
    (tmp_path / "set").write_text("sample.main\n")
    assert meter.run(tmp_path / "out", options=["--set", tmp_path / "set"]).status == 0
    assert meter.ok("diff", snapshots, tmp_path / "out").count("gone: ") == 4
    assert meter.ok("diff", tmp_path / "out", snapshots).count("new: ") == 4


def test_explain(meter, snapshots):
    first = files(snapshots)[0]
    light = meter.ok("explain", "sample.work.light", first)
    assert re.search(r"^sample\.work\.light in sample, process \d+, ", light)
    found = re.search(r"credited (\d+), debited (\d+), in (\d+) calls", light)
    assert 250 <= int(found[3]) < 350 and 1000 + int(found[1]) - int(found[2]) <= 0
    assert f"disabled since call {found[3]}, " in light
    heavy = meter.ok("explain", "sample.work.heavy", first)
    assert "hotspot since call 500, " in heavy
    assert "score 2200, from 1000; a hotspot from 2000" in heavy
    assert "hotspot from the start" in meter.ok("explain", "sample.main", first)
    assert "undecided" in meter.ok("explain", "sample.rare", first)
    assert meter.ok("explain", "sample.rare", snapshots).count("sample.rare in ") == 3


def test_explain_what_is_not_there(meter, snapshots):
    meter("explain", "sample.wor", snapshots).fatal(1, "no snapshot has a probe called 'sample.wor'; there is 'sample.work")
    meter("explain", "xyz", snapshots).fatal(1, "no snapshot has a probe called 'xyz'$")
    meter("explain", "eavy", snapshots).fatal(1, "no snapshot has a probe called 'eavy'; there is 'sample.work.heavy'$")


def test_explain_finds_a_name_by_its_end(meter, snapshots, damaged):
    assert meter.ok("explain", "heavy", snapshots) == meter.ok("explain", "sample.work.heavy", snapshots)
    assert meter.ok("explain", "work.heavy", snapshots) == meter.ok("explain", "sample.work.heavy", snapshots)

    def change(content):
        content["names"][0][0] = "other.heavy"

    path = damaged(lambda whole: rewritten(change, whole))
    meter("explain", "heavy", path).fatal(1, "'heavy' is the end of 'other.heavy' and of 'sample.work.heavy': name more")


# ---- what is no snapshot ----


@pytest.fixture
def damaged(snapshots, tmp_path):
    """A function that writes a changed copy of a snapshot."""
    whole = files(snapshots)[0].read_bytes()

    def write(change):
        path = tmp_path / "x.snapshot"
        path.write_bytes(change(whole))
        return path

    return write


def test_a_whole_copy_is_read(meter, damaged):
    assert set(by_probe(meter.json(damaged(bytes))["probes"])) == FULL


@pytest.mark.parametrize("command", [["report"], ["refine"], ["diff"], ["explain", "sample.main"]])
def test_another_version_is_refused(meter, damaged, command):
    def change(whole):
        assert whole[:11] == b"\x94\xaanest-meter"[:11]
        at = whole.index(b"\xce") + 1
        return whole[:at] + struct.pack(">I", struct.unpack(">I", whole[at : at + 4])[0] + 1) + whole[at + 4 :]

    path = damaged(change)
    more = [path] if command == ["diff"] else []
    meter(*command, *more, path).fatal(1, "version")


@pytest.mark.parametrize("keep", [0, 1, 12, 30, 31, 32, 100, 0.5, -1])
def test_what_was_cut_short_is_refused(meter, damaged, keep):
    path = damaged(lambda whole: whole[: int(len(whole) * keep) if isinstance(keep, float) else keep])
    sentence = meter("report", path).fatal(1, r"x\.snapshot")
    if keep not in [0, 1, 12, 30]:
        assert "cut short" in sentence


def test_what_was_changed_or_added_to_is_refused(meter, damaged):
    meter("report", damaged(lambda whole: whole[:-1] + bytes([whole[-1] ^ 1]))).fatal(1, r"x\.snapshot")
    meter("report", damaged(lambda whole: whole + b"\0")).fatal(1, r"x\.snapshot")


def test_what_is_no_snapshot_is_refused(meter, damaged):
    for seed in range(20):
        noise = bytes((seed * 7919 + i * i * 31) % 251 for i in range(500))
        meter("report", damaged(lambda whole: noise)).fatal(1, r"x\.snapshot.*no.* snapshot|no.* snapshot.*x\.snapshot")


def rewritten(change, whole):
    """The snapshot WHOLE with its map changed, and a sum that is right."""
    content = msgpack.unpackb(whole[31:], strict_map_key=False)
    change(content)
    body = msgpack.packb(content)
    return whole[:12] + struct.pack(">BIBQBI", 0xCE, 1, 0xCF, len(body), 0xCE, zlib.crc32(body)) + body


def test_a_snapshot_from_before_scores_were_carried(meter, damaged):
    def change(content):
        content["names"] = [name[:10] for name in content["names"]]

    path = damaged(lambda whole: rewritten(change, whole))
    assert set(by_probe(meter.json(path)["probes"])) == FULL
    assert "score 2200, from 1000; " in meter.ok("explain", "heavy", path)


REPORTS = ["table", "json", "csv", "folded", "chrome", "callgrind"]


@pytest.mark.parametrize("form", REPORTS)
def test_names_that_the_formats_must_quote(meter, damaged, form):
    def change(content):
        content["process"] = 'a"b\\c,d'
        content["names"][0][0] = 'x;y "z",<&>\\'
        content["contexts"][0] += [1, [[0, 0, 1]]]

    text = meter.ok("report", "--format", form, "--by", "process", damaged(lambda whole: rewritten(change, whole)))
    if form in ("json", "chrome"):
        assert 'x;y "z",<&>\\' in json.dumps(json.loads(text)).encode().decode("unicode_escape")
    elif form == "csv":
        assert 'x;y "z",<&>\\' in {row[1] for row in csv.reader(io.StringIO(text, newline=""))}
    elif form == "folded":
        assert all(line.rsplit(" ", 1)[1].isdigit() for line in text.splitlines())


def test_names_that_a_terminal_would_obey(meter, damaged):
    def change(content):
        content["names"][0][0] = "red\u009b31m.\u00a0caf\u00e9"

    text = meter.ok("report", damaged(lambda whole: rewritten(change, whole)))
    assert "red??31m.\u00a0caf\u00e9" in text and "\u009b" not in text
    meter("explain", "red\u009b31m", damaged(lambda whole: whole)).fatal(1, r"called 'red\?\?31m'")


SHORTENED = {
    "program.std.map<int,std::basic_string<char>,std::less<int>>.find": "program.std.map<...>.find",
    "program.pair<int,int>.swap": "program.pair<int,int>.swap",
    "program.log.operator<<<std::char_traits<char>>": "program.log.operator<<<std::char_traits<char>>",
    "program.iterator<std::pair<int,int>>.operator->": "program.iterator<...>.operator->",
    "program.odd>name<of.nobody": "program.odd>name<of.nobody",
    "program." + "outermost." * 9 + "last": "..." + ".outermost" * 5 + ".last",
    "program." + "é" * 80: "..." + "é" * 30,
    "program." + "x" * 55: "program." + "x" * 55,
    "program." + "x" * 56: "...." + "x" * 56,
}


@pytest.mark.parametrize("name", SHORTENED, ids=range(len(SHORTENED)))
def test_names_are_shortened_in_tables_and_whole_in_json(meter, damaged, name):
    def change(content):
        content["names"][0][0] = name

    path = damaged(lambda whole: rewritten(change, whole))
    shown = SHORTENED[name]
    for table in [meter.ok("report", path), meter.ok("diff", path, path)]:
        assert shown in {line.split("  ")[0] for line in table.splitlines()}
    assert name in by_probe(meter.json(path)["probes"])
    assert meter.ok("explain", shown.removeprefix("...").removeprefix("."), path).startswith(f"{name} in ")


def hostile_contents():
    def deep(content):
        node = content["nodes"][0]
        content["nodes"] = [[node[0], i, *node[2:]] for i in range(6000)]

    def forward(content):
        content["nodes"][0][1] = 2

    def across(content):
        content["contexts"].append([1, []])
        content["nodes"][1][0] = 1

    def nan(content):
        content["pair_ns"] = float("nan")

    def nowhere(content):
        content["contexts"][0][1][0][0] = 1 << 20

    def control(content):
        content["process"] = "\x1b[2J"

    def call_of_nothing(content):
        content["contexts"][0] += [1, [[1 << 20, 0, 1]]]

    def calls_that_were_not_made(content):
        content["contexts"][0] += [1, [[0, 0, 1], [0, 1, 1]]]

    def no_names(content):
        del content["names"]

    return [deep, forward, across, nan, nowhere, control, call_of_nothing, calls_that_were_not_made, no_names]


@pytest.mark.parametrize("change", hostile_contents(), ids=lambda change: change.__name__)
def test_contents_that_no_process_writes_are_refused(meter, damaged, change):
    path = damaged(lambda whole: rewritten(change, whole))
    meter("report", "--format", "folded", path).fatal(1, r"x\.snapshot")


# ---- usage ----


COMMANDS = ["run", "report", "refine", "bench", "diff", "explain"]


@pytest.mark.parametrize("command", COMMANDS)
def test_help_of_a_command(meter, command):
    text = meter.ok(command, "--help")
    assert text.startswith(f"usage: nest-meter {command} ")
    assert f"  {command} " in meter.ok("--help")


@pytest.mark.parametrize("command", COMMANDS)
def test_wrong_usage_of_a_command(meter, tmp_path, command):
    meter(command, cwd=tmp_path).fatal(2, "see nest-meter")
    meter(command, "--no-such-option", "x", "y", cwd=tmp_path).fatal(2, "is not an option")
    assert os.listdir(tmp_path) == []


def test_wrong_usage(meter, snapshots, tmp_path):
    meter().fatal(2, "name a command")
    meter("measure").fatal(2, "'measure' is no command of nest-meter; see nest-meter --help$")
    meter("reprot").fatal(2, "'reprot' is no command of nest-meter; did you mean report\\?$")
    meter("report", tmp_path / "nothing").fatal(2, "No such file or directory")
    meter("report", tmp_path).fatal(2, "^no snapshot is in ")
    meter("report", "--format", "xml", snapshots).fatal(2, "xml")
    meter("report", "--meter", "cpu.sand", snapshots).fatal(2, "there is clock.time")
    meter("run", "--no-agent", "-o", tmp_path / "out", "--", tmp_path / "nothing").fatal(2, "unable to run .*nothing")
    meter("run", "--agent", tmp_path / "nothing", "-o", tmp_path / "out", "--", "true").fatal(2, "agent")


def test_version(meter):
    assert re.fullmatch(r"nest-meter \d+\.\d+\.\d+\n", meter.ok("--version"))
