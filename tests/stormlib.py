"""Trials of a storm: a run that makes a dataset, and what happens to it meanwhile.

After each trial a reader must see the old dataset or the new one, to the byte;
a run that ended with status 0 must have published the new one; and nothing but
what a resume needs may be left.
"""

import dataclasses
import os
import random
import resource
import shutil
import signal
import subprocess
import sys
import time
from pathlib import Path

import nestlib

ROOT = Path(__file__).resolve().parent.parent
MARK = "NEST_STORM"

TRANSPORTS = ["pipe", "ipc", "tcp"]
# All that can be sent to a process and are not held to be harmless by their default.
SIGNALS = [
    each
    for each in signal.Signals
    if each.name not in ("SIGCHLD", "SIGCONT", "SIGURG", "SIGWINCH", "SIGSTOP", "SIGTSTP", "SIGTTIN", "SIGTTOU")
]
# A run is over by then, whatever was done to it.
END_S = 60


@dataclasses.dataclass(frozen=True)
class Job:
    """What decides the bytes of a dataset."""

    rows: int
    parts: int
    seed: int
    compression: str = "none"


@dataclasses.dataclass
class Trial:
    seed: int
    transport: str
    trouble: str
    job: Job
    other: Job | None  # of a second run into the same directory
    has_old: bool
    then: str  # what is done after a failure: "", "resume", "staged", "sweep"
    story: list = dataclasses.field(default_factory=list)

    def tell(self, sentence):
        self.story.append(sentence)


class Finding(Exception):
    """What must not be."""


class Storm:
    """One storm: its folder, the datasets as undisturbed runs make them, and the troubles it knows."""

    def __init__(self, build, folder):
        self.build, self.folder = Path(build).resolve(), Path(folder)
        self.plan = self.folder / "plan"
        self.plan.write_text("nothing: true\n")
        self.references, self.durations = {}, {}
        self.old = Job(3000, 2, 1)
        self.small_disk = self.mount_small_disk()
        self.statuses = {}

    # ---- what runs ----

    def environment(self, trial, place):
        return os.environ | {
            "NEST_BIN": str(self.build),
            "TMPDIR": str(place / "tmp"),
            MARK: f"{os.getpid()}.{trial.seed}",
        }

    def command(self, job, transport, out, *, resume=False):
        """The words of a run that replaces what is in OUT."""
        if transport != "pipe":
            words = [ROOT / "pipelines" / "contacts", "-q", "--force", "--transport", transport, "-o", out]
            words += ["--target-records", job.rows, "--parts", job.parts, "--seed", job.seed]
            words += ["--compression", job.compression, "--num-generators", 2, "--num-shredders", 2]
            words += ["--num-writers", 2, "--stall", 2]
            return [str(word) for word in words + (["--resume"] if resume else [])]
        gen = f"nest-gen -n {job.rows} --parts {job.parts} --seed {job.seed}"
        if resume:
            gen = f"parquet-merge --missing '{out}' | {gen} --only-parts -"
        return [
            "bash",
            "-c",
            f"PATH='{self.build}':$PATH; set -o pipefail; {gen} contacts | nest-shred "
            f"| parquet-encode --compression {job.compression} -o '{out}' | parquet-merge --force '{out}'",
        ]

    def start(self, trial, place, job, out, **more):
        command = self.command(job, trial.transport, out, **more)
        return self.spawn(trial, place, command)

    def spawn(self, trial, place, command, **popen):
        log = open(place / "log", "ab")
        with log:
            return subprocess.Popen(
                ["env", "--default-signal", *command],
                env=self.environment(trial, place),
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
                start_new_session=True,
                **popen,
            )

    def family(self, trial):
        """Every process of a trial, by the mark in its environment; those that have ended have none."""
        mark = f"{MARK}={os.getpid()}.{trial.seed}".encode()
        found = []
        for entry in os.listdir("/proc"):
            if not entry.isdigit():
                continue
            try:
                with open(f"/proc/{entry}/environ", "rb") as file:
                    if mark in file.read().split(b"\0"):
                        found.append(int(entry))
            except OSError:
                pass
        return found

    # ---- datasets ----

    def reference(self, job):
        """The files of a dataset as a run makes it that nobody disturbs."""
        if job not in self.references:
            place = self.folder / "reference"
            shutil.rmtree(place, ignore_errors=True)
            (place / "tmp").mkdir(parents=True)
            quiet = Trial(0, "pipe", "", job, None, False, "")
            begun = time.monotonic()
            process = self.start(quiet, place, job, place / "out")
            assert process.wait(END_S) == 0, (place / "log").read_text()
            self.durations[job] = time.monotonic() - begun
            self.references[job] = nestlib.snapshot(place / "out")
            if job == self.old:
                (place / "out").rename(self.folder / "old")
            shutil.rmtree(place)
        return self.references[job]

    def which(self, out, jobs):
        """The job whose dataset stands in OUT, None where there is nothing; anything else is a finding."""
        if not out.exists():
            return None
        found = nestlib.snapshot(out)
        for job in jobs:
            if found == self.reference(job):
                return job
        raise Finding(f"what a reader sees is neither dataset: {sorted(found)}")

    # ---- troubles ----

    def mount_small_disk(self):
        folder = self.folder / "small"
        folder.mkdir()
        done = subprocess.run(
            ["mount", "-t", "tmpfs", "-o", "size=2m", "tmpfs", str(folder)], stderr=subprocess.DEVNULL
        )
        return folder if done.returncode == 0 else None

    def close(self):
        if self.small_disk:
            subprocess.run(["umount", "-l", str(self.small_disk)], check=True)

    def troubles(self):
        names = ["kill", "signal", "two", "halt", "stall", "same", "other", "memory", "files", "sizes", "tamper"]
        return names + ["disk"] * bool(self.small_disk)


def pause(storm, trial, rng):
    """Somewhere in a run, or a little behind it."""
    seconds = storm.durations[trial.job] * (1 if trial.transport == "pipe" else 1.5) + 0.02
    time.sleep(rng.random() * 1.2 * seconds)


def send(trial, pid, number):
    name = nestlib.name_of(pid)
    try:
        os.kill(pid, number)
        trial.tell(f"{number.name} to {name}")
    except ProcessLookupError:
        pass


def victims(storm, trial, rng, count=1):
    """Some processes of the run: bash and env are of the test."""
    family = [pid for pid in storm.family(trial) if nestlib.name_of(pid) not in ("bash", "env", "prlimit", None)]
    return rng.sample(family, min(count, len(family)))


def limit(number, value):
    return lambda: resource.setrlimit(number, (value, value))


def limits_of(trial, rng):
    """What the run gets less of than it wants."""
    if trial.trouble == "memory":
        return limit(resource.RLIMIT_AS, rng.randrange(8 << 20, 128 << 20))
    if trial.trouble == "files":
        return limit(resource.RLIMIT_NOFILE, rng.randrange(4, 40))
    if trial.trouble == "sizes":
        return limit(resource.RLIMIT_FSIZE, rng.randrange(1, 1 << 19))
    return None


# ---- tampering ----


def cut(path, rng, names):
    os.truncate(path, rng.randrange(max(1, path.stat().st_size)))


def flip(path, rng, names):
    with open(path, "r+b") as file:
        at = rng.randrange(max(1, path.stat().st_size))
        file.seek(at)
        byte = file.read(1) or b"\0"
        file.seek(at)
        file.write(bytes([byte[0] ^ 1 << rng.randrange(8)]))


def replace(path, rng, names):
    other = path.with_name(f".{path.name}.storm")
    other.write_bytes(path.read_bytes()[::-1])
    other.rename(path)


def remove(path, rng, names):
    path.unlink()


def link(path, rng, names):
    path.unlink()
    path.symlink_to("/etc/passwd")


def swap(path, rng, names):
    other = path.with_name(rng.choice(names))
    if other != path:
        path.replace(other)


def litter(path, rng, names):
    odd = ["part-00000", "part-00001-x", "_SUCCESS", "part-00000.parquet"]
    path.with_name(rng.choice(odd)).write_bytes(b"x")


def staged_files(out):
    """The names of the files that wait, once there are some; none where none come."""
    folder = nestlib.staging(out)
    deadline = time.monotonic() + 2
    while time.monotonic() < deadline:
        try:
            names = [name for name in os.listdir(folder) if (folder / name).is_file()]
        except OSError:
            names = []
        if names:
            return names
        time.sleep(0.001)
    return []


def tamper(trial, out, rng):
    """Something is done to a file that waits in the staging area."""
    names = staged_files(out)
    if not names:
        return
    path = nestlib.staging(out) / rng.choice(names)
    how = rng.choice([cut, flip, replace, remove, link, swap, litter])
    try:
        how(path, rng, names)
        trial.tell(f"{how.__name__} {path.name}")
    except OSError as error:
        trial.tell(f"{how.__name__} {path.name}: {error.strerror}")


def disturb(storm, trial, rng, out):
    """What happens to a run while it runs."""
    pause(storm, trial, rng)
    if trial.trouble == "kill":
        for pid in victims(storm, trial, rng):
            send(trial, pid, signal.SIGKILL)
    elif trial.trouble == "signal":
        for pid in victims(storm, trial, rng):
            send(trial, pid, rng.choice(SIGNALS))
    elif trial.trouble == "two":
        for pid in victims(storm, trial, rng, 2):
            send(trial, pid, rng.choice([signal.SIGKILL, signal.SIGTERM, signal.SIGINT]))
    elif trial.trouble == "halt":
        halted = victims(storm, trial, rng, rng.choice([1, 1, 2]))
        for pid in halted:
            send(trial, pid, signal.SIGSTOP)
        time.sleep(rng.random())
        for pid in halted:
            send(trial, pid, signal.SIGCONT)
    elif trial.trouble == "stall":
        for pid in victims(storm, trial, rng):
            if nestlib.name_of(pid) in nestlib.STAGES:
                send(trial, pid, signal.SIGSTOP)
    elif trial.trouble == "tamper":
        tamper(trial, out, rng)


# ---- a trial ----


def draw(storm, seed, troubles=None, transports=None):
    rng = random.Random(seed)
    trouble = rng.choice(troubles or storm.troubles())
    rows = rng.choice([2000, 200_000, 1_000_000, 2_000_000])
    job = Job(rows, rng.choice([1, 3, 8]), rng.randrange(2, 5), rng.choice(["none", "zstd"]))
    other = None
    if trouble == "same":
        other = job
    elif trouble == "other":
        other = dataclasses.replace(job, seed=job.seed + 10)
    transport = rng.choice(transports or TRANSPORTS)
    then = rng.choice(["", "resume", "resume", "staged", "sweep"])
    return rng, Trial(seed, transport, trouble, job, other, rng.random() < 0.5, then)


def run_trial(storm, seed, **choices):
    rng, trial = draw(storm, seed, **choices)
    place = storm.folder / f"trial-{seed}"
    (place / "tmp").mkdir(parents=True)
    out = place / "out"
    if trial.trouble == "disk":
        out = storm.small_disk / "out"
        for left in storm.small_disk.iterdir():
            shutil.rmtree(left)
    storm.reference(storm.old)
    if trial.has_old:
        shutil.copytree(storm.folder / "old", out)
    jobs = [storm.old] * trial.has_old + [trial.job] + [trial.other] * (trial.other is not None)
    for job in jobs:
        storm.reference(job)
    try:
        watch(storm, trial, rng, place, out, jobs)
        shutil.rmtree(place)
    except (Finding, AssertionError) as finding:
        log = (place / "log").read_text(errors="replace")
        raise Finding(
            f"{finding}\n  trial {trial.seed}: {trial.trouble} over {trial.transport}, {trial.job}"
            f"{', over an old one' * trial.has_old}, then {trial.then or 'nothing'}: "
            f"{'; '.join(trial.story) or 'nothing was done'}\n  the programs said:\n{log}"
        ) from None
    finally:
        for pid in storm.family(trial):
            try:
                os.kill(pid, signal.SIGKILL)
            except ProcessLookupError:
                pass
    return trial


def watch(storm, trial, rng, place, out, jobs):
    command = storm.command(trial.job, trial.transport, out)
    first = storm.spawn(trial, place, command, preexec_fn=limits_of(trial, rng))
    runs = [(trial.job, first)]
    if trial.other is not None:
        pause(storm, trial, rng)
        runs.append((trial.other, storm.start(trial, place, trial.other, out)))
    disturb(storm, trial, rng, out)
    statuses = [wait(storm, trial, process) for _, process in runs]
    trial.tell(f"statuses {statuses}")
    check_ended(storm, trial, place)
    check_beside(out)
    published = [job for (job, _), status in zip(runs, statuses) if status == 0]
    found = storm.which(out, jobs)
    if published and found not in published:
        raise Finding("a status of 0 and no new dataset")
    if found is None and trial.has_old:
        raise Finding("the old dataset is gone")
    for status in statuses:
        storm.statuses[status] = storm.statuses.get(status, 0) + 1
    if not published:
        go_on(storm, trial, place, out, jobs, found)


def wait(storm, trial, process):
    begun = time.monotonic()
    # Nobody supervises a pipe of the shell's.
    is_halted = trial.trouble == "stall" and trial.transport == "pipe"
    while process.poll() is None:
        if time.monotonic() > begun + END_S:
            names = [nestlib.name_of(pid) for pid in storm.family(trial)]
            raise Finding(f"after {END_S} s there still runs: {names}")
        if is_halted and time.monotonic() > begun + 1:
            for pid in storm.family(trial):
                send(trial, pid, signal.SIGCONT)
            is_halted = False
        time.sleep(0.005)
    return process.returncode


def check_ended(storm, trial, place):
    deadline = time.monotonic() + nestlib.LOST_S
    while family := storm.family(trial):
        if time.monotonic() > deadline:
            raise Finding(f"outlived the run: {[nestlib.name_of(pid) for pid in family]}")
        time.sleep(0.01)
    if trial.story.count("SIGKILL to nest-run") == 2:
        # Nobody was left to clean up; the next run does.
        wait(storm, trial, storm.spawn(trial, place, [str(storm.build / "nest-run"), "-q", str(storm.plan)]))
    left = os.listdir(place / "tmp")
    if left:
        raise Finding(f"left in TMPDIR: {left}")


def check_beside(out):
    here = {entry.name for entry in out.parent.iterdir()} - {"tmp", "log", "out"}
    if here - {nestlib.staging(out).name}:
        raise Finding(f"left beside the dataset: {sorted(here)}")


# ---- what a user does after a failure ----


def run_quietly(storm, trial, place, command):
    process = storm.spawn(trial, place, [str(word) for word in command])
    status = wait(storm, trial, process)
    check_ended(storm, trial, place)
    return status


def go_on(storm, trial, place, out, jobs, found):
    if trial.trouble == "disk":
        return
    done = False
    if trial.then == "resume":
        done = resume(storm, trial, place, out)
    elif trial.then == "staged":
        done = publish_staged(storm, trial, place, out, jobs, found)
    if trial.then and not done:
        sweep_and_run_again(storm, trial, place, out)


def resume(storm, trial, place, out):
    """Whether it went on to the end."""
    trial.tell("resumed")
    held = inodes(nestlib.staged_parts(out), nestlib.staging(out))
    status = run_quietly(storm, trial, place, storm.command(trial.job, trial.transport, out, resume=True))
    is_clear = trial.trouble not in ("other", "tamper")
    if status != 0:
        if is_clear and trial.transport != "pipe":
            raise Finding(f"not resumed: status {status}")
        return False
    if storm.which(out, [trial.job]) != trial.job:
        raise Finding("resumed with status 0, and no new dataset")
    made = inodes([name for name in os.listdir(out) if name.startswith("part-")], out)
    remade = [part for part, inode in held.items() if made.get(part) != inode]
    if remade and is_clear:
        raise Finding(f"complete parts were made again: {remade}")
    return True


def publish_staged(storm, trial, place, out, jobs, found):
    """Whether all was there."""
    trial.tell("published what is staged")
    status = run_quietly(storm, trial, place, [storm.build / "parquet-merge", "--force", "--staged", out])
    now = storm.which(out, jobs)
    if status == 0 and now not in (trial.job, trial.other):
        raise Finding("published with status 0, and no new dataset")
    if status != 0 and now != found:
        raise Finding("refused, and yet the dataset is another")
    return status == 0


def sweep_and_run_again(storm, trial, place, out):
    trial.tell("swept, and run again")
    if run_quietly(storm, trial, place, [storm.build / "parquet-merge", "--sweep", out]) != 0:
        if trial.trouble != "tamper":
            raise Finding("not swept")
        shutil.rmtree(nestlib.staging(out), ignore_errors=True)
    if run_quietly(storm, trial, place, storm.command(trial.job, trial.transport, out)) != 0:
        raise Finding("run again, and it failed")
    if storm.which(out, [trial.job]) != trial.job:
        raise Finding("run again, and there is no new dataset")


def inodes(names, folder):
    """Those of parts, by number."""
    return {int(name.split("-")[1].split(".")[0]): (folder / name).stat().st_ino for name in names}


# ---- the command line ----


def parse(arguments):
    import argparse

    parser = argparse.ArgumentParser(prog="tests/storm", description=__doc__.splitlines()[0])
    parser.add_argument("--trials", type=int, default=10**9, help="how many (until --seconds are over)")
    parser.add_argument("--seconds", type=float, default=120, help="when the last one begins (120)")
    parser.add_argument("--seed", type=int, default=None, help="of the first trial; each next one has the next")
    parser.add_argument("--trouble", action="append", help="only this one; may be given again")
    parser.add_argument("--transport", action="append", choices=TRANSPORTS)
    parser.add_argument("--build", default=os.environ.get("NEST_BUILD_DIR", ROOT / "build"))
    parser.add_argument("--folder", default="/dev/shm", help="where datasets are written (/dev/shm)")
    return parser.parse_args(arguments)


def main(arguments):
    import tempfile

    options = parse(arguments)
    seed = options.seed if options.seed is not None else random.SystemRandom().randrange(10**9)
    print(f"storm: from seed {seed}", flush=True)
    counts, begun, wrong = {}, time.monotonic(), 0
    with tempfile.TemporaryDirectory(prefix="nest-storm-", dir=options.folder) as folder:
        storm = Storm(options.build, folder)
        try:
            for number in range(options.trials):
                if time.monotonic() - begun > options.seconds:
                    break
                try:
                    trial = run_trial(storm, seed + number, troubles=options.trouble, transports=options.transport)
                    kind = trial.trouble, trial.transport
                    counts[kind] = counts.get(kind, 0) + 1
                except Finding as finding:
                    wrong += 1
                    print(f"storm: {finding}", file=sys.stderr, flush=True)
        finally:
            storm.close()
    for (trouble, transport), count in sorted(counts.items()):
        print(f"{trouble:8} {transport:5} {count:6}")
    statuses = dict(sorted(storm.statuses.items()))
    print(f"storm: {sum(counts.values()) + wrong} trials, {wrong} wrong; statuses {statuses}")
    return 1 if wrong else 0
