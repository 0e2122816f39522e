"""A Slurm cluster on this machine alone: one controller, several nodes, no other service."""

import os
import shutil
import signal
import socket
import subprocess
import time
from pathlib import Path

from gatedlib import signal_all
from nestlib import name_of

CONFIGURATION = """
ClusterName=nest
SlurmctldHost=localhost(127.0.0.1)
SlurmUser={user}
SlurmdUser={user}
AuthType=auth/none
CredType=cred/none
SlurmctldPort={controller}
CommunicationParameters=NoCtldInAddrAny,NoInAddrAny
StateSaveLocation={folder}/state
SlurmdSpoolDir={folder}/spool.%n
SlurmctldPidFile={folder}/slurmctld.pid
SlurmdPidFile={folder}/slurmd.%n.pid
ProctrackType=proctrack/linuxproc
SelectType=select/cons_tres
SelectTypeParameters=CR_CPU
SlurmdParameters=config_overrides
SlurmdTimeout=3
ReturnToService=2
SchedulerParameters=bf_interval=1,sched_interval=1
MpiDefault=none
PartitionName=all Nodes=ALL Default=YES State=UP
"""


def missing():
    """The first of Slurm's programs that is not installed, or None."""
    return next((name for name in ["slurmctld", "slurmd", "sbatch", "scontrol"] if not find(name)), None)


def find(name):
    return shutil.which(name) or shutil.which(name, path="/usr/sbin:/sbin")


def free_ports(count):
    held = [socket.socket() for _ in range(count)]
    for each in held:
        each.bind(("127.0.0.1", 0))
    ports = [each.getsockname()[1] for each in held]
    for each in held:
        each.close()
    return ports


class Cluster:
    def __init__(self, folder, nodes=3):
        self.folder = Path(folder)
        self.processes = {}
        (self.folder / "state").mkdir(parents=True)
        controller, *ports = free_ports(nodes + 1)
        text = CONFIGURATION.format(
            user=subprocess.check_output(["id", "-un"], text=True).strip(), controller=controller, folder=self.folder
        )
        for number, port in enumerate(ports, 1):
            (self.folder / f"spool.node{number}").mkdir()
            text += f"NodeName=node{number} NodeHostname=localhost NodeAddr=127.0.0.1 Port={port} CPUs=2\n"
        (self.folder / "slurm.conf").write_text(text)
        (self.folder / "cgroup.conf").write_text("CgroupPlugin=cgroup/v1\n")
        self.environment = {**os.environ, "SLURM_CONF": str(self.folder / "slurm.conf")}
        self.start("slurmctld", "slurmctld", "-D")
        for number in range(1, nodes + 1):
            self.start(f"node{number}", "slurmd", "-D", "-N", f"node{number}")
        self.wait_until(lambda: self.run("sinfo", "-h", "-o", "%T %D").out == f"idle {nodes}", "nodes are idle")

    def start(self, name, program, *arguments):
        with open(self.folder / f"{name}.log", "wb") as log:
            self.processes[name] = subprocess.Popen(
                [find(program), *arguments],
                env=self.environment,
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
                start_new_session=True,
            )

    def run(self, *command, **more):
        done = subprocess.run(
            [str(word) for word in command], env=self.environment, capture_output=True, text=True, timeout=60, **more
        )
        done.out = done.stdout.strip()
        return done

    def wait_until(self, is_so, what, seconds=120):
        deadline = time.monotonic() + seconds
        while not is_so():
            assert time.monotonic() < deadline, f"it did not come to this: {what}"
            time.sleep(0.1)

    def states(self, job):
        """The states of a job's tasks, each as a word."""
        return self.run("squeue", "-h", "-r", "-t", "all", "-j", job, "-o", "%T").out.split()

    def everybody(self):
        """All processes of this cluster and of its jobs, each with its environment and its parent."""
        for entry in Path("/proc").iterdir():
            if not entry.name.isdigit():
                continue
            try:
                environ = (entry / "environ").read_bytes().split(b"\0")
                parent = int((entry / "stat").read_text().rsplit(")", 1)[1].split()[1])
            except OSError:
                continue
            if f"SLURM_CONF={self.folder}/slurm.conf".encode() in environ:
                yield int(entry.name), environ, parent

    def members(self, node):
        """What runs on a node for its jobs: the step daemons first, then their tasks."""
        daemons, tasks = set(), []
        for pid, environ, parent in self.everybody():
            if f"SLURMD_NODENAME={node}".encode() in environ:
                tasks.append(pid)
                if name_of(parent) == "slurmstepd":
                    daemons.add(parent)
        return [*daemons, *tasks]

    def lose(self, node):
        """A node is gone, with all that ran on it, and has told nobody."""
        daemon = self.processes.pop(node)
        daemon.kill()
        daemon.wait()
        self.kill_members(node)

    def signal(self, node, number):
        """To all that runs on a node for its jobs."""
        signal_all(self.members(node), number)

    def kill_members(self, node):
        while members := self.members(node):
            signal_all(members, signal.SIGKILL)
            time.sleep(0.02)

    def stop(self):
        self.run("scancel", "--quiet", "--full", "-u", self.run("id", "-un").out)
        self.wait_until(lambda: not self.run("squeue", "-h", "-t", "R,CG").out, "no job runs", seconds=10)
        for name, process in self.processes.items():
            process.terminate()
        for name, process in self.processes.items():
            try:
                process.wait(10)
            except subprocess.TimeoutExpired:
                process.kill()
                process.wait()
        # A node that was given up may have left jobs behind, and their step daemons.
        while left := [pid for pid, _, _ in self.everybody()]:
            signal_all(left, signal.SIGKILL)
            time.sleep(0.02)
