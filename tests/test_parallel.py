"""Shares of a dataset by GNU parallel over ssh; the hosts are servers on this machine, each with a port of its own."""

import asyncio
import os
import shutil
import subprocess
import threading

import pytest

from conftest import ROOT
from nestlib import LONG_S, parts, staged_parts

asyncssh = pytest.importorskip("asyncssh", reason="asyncssh is not installed; pipelines/setup test tells why")
pytestmark = pytest.mark.skipif(
    not shutil.which("parallel") or not shutil.which("ssh"),
    reason="GNU parallel or ssh is not installed; pipelines/setup test tells why",
)

ROWS, PARTS = 120_000, 6
CONFIGURATION = """
Host {name}
HostName 127.0.0.1
Port {port}
User test
IdentityFile {folder}/key
IdentitiesOnly yes
UserKnownHostsFile {folder}/known
StrictHostKeyChecking accept-new
LogLevel ERROR
"""


class Hosts:
    """Servers that do what they are told; done has who did how many commands."""

    def __init__(self, folder, names):
        self.folder = folder
        self.done = dict.fromkeys(names, 0)
        self.loop = asyncio.new_event_loop()
        self.thread = threading.Thread(target=self.loop.run_forever)
        self.thread.start()
        key = asyncssh.generate_private_key("ssh-ed25519")
        key.write_private_key(folder / "key")
        (folder / "key").chmod(0o600)
        (folder / "key.pub").write_bytes(key.export_public_key())
        self.servers = {name: self.wait(self.listen(name)) for name in names}
        text = "".join(
            CONFIGURATION.format(name=name, port=server.get_port(), folder=folder)
            for name, server in self.servers.items()
        )
        (folder / "ssh_config").write_text(text)

    def wait(self, work):
        return asyncio.run_coroutine_threadsafe(work, self.loop).result(LONG_S)

    async def listen(self, name):
        async def serve(process):
            child = await asyncio.create_subprocess_shell(
                process.command,
                stdin=asyncio.subprocess.DEVNULL,
                stdout=asyncio.subprocess.PIPE,
                stderr=asyncio.subprocess.PIPE,
                cwd=self.folder,
                env=os.environ | {"SHELL": "/bin/bash"},  # as of whoever logs in
            )
            out, err = await child.communicate()
            process.stdout.write(out)
            process.stderr.write(err)
            self.done[name] += 1
            process.exit(child.returncode)

        return await asyncssh.listen(
            "127.0.0.1",
            0,
            server_host_keys=[asyncssh.generate_private_key("ssh-ed25519")],
            authorized_client_keys=str(self.folder / "key.pub"),
            process_factory=serve,
            encoding=None,
        )

    async def end(self, name):
        server = self.servers.pop(name)
        server.close()
        await server.wait_closed()

    def lose(self, name):
        """Nobody answers there any more."""
        self.wait(self.end(name))

    def stop(self):
        for name in list(self.servers):
            self.lose(name)
        self.loop.call_soon_threadsafe(self.loop.stop)
        self.thread.join()
        self.loop.close()


@pytest.fixture
def hosts(tmp_path):
    hosts = Hosts(tmp_path, ["one", "two"])
    yield hosts
    hosts.stop()


@pytest.fixture
def run(nest, tmp_path):
    """What the README says, with other numbers."""
    environment = os.environ | {"PARALLEL_HOME": str(tmp_path), "PARALLEL_SSH": f"ssh -F {tmp_path}/ssh_config"}
    contacts = f"NEST_BIN={nest.folder} {ROOT}/pipelines/contacts -q -o {tmp_path}/out"
    shares = f"--target-records {ROWS} --parts {PARTS} --share {{}}/{PARTS}"

    def run(*options):
        command = ["parallel", "--sshlogin", "one,two", "-j", "1", *options, f"{contacts} {shares}", ":::"]
        shared = subprocess.run(
            [*command, *map(str, range(PARTS))], env=environment, capture_output=True, text=True, timeout=LONG_S
        )
        published = subprocess.run([f"{contacts} --publish"], shell=True, capture_output=True, text=True, timeout=LONG_S)
        return shared, published

    return run


@pytest.fixture
def whole(nest, tmp_path):
    return parts(nest.pipeline(tmp_path / "whole", rows=ROWS, gen=["--parts", PARTS]))


def test_hosts_share_a_dataset(hosts, run, whole, tmp_path):
    shared, published = run()
    assert shared.returncode == 0 and shared.stderr == "", shared.stderr
    assert (published.returncode, published.stderr) == (0, "")
    assert parts(tmp_path / "out") == whole
    assert all(count > 0 for count in hosts.done.values())


def test_a_host_that_does_not_answer(hosts, run, whole, tmp_path):
    hosts.lose("two")
    shared, published = run("--retries", "2")
    assert shared.returncode == 0, shared.stderr
    assert published.returncode == 0, published.stderr
    assert parts(tmp_path / "out") == whole


def test_shares_that_fail_are_not_published(hosts, run, whole, tmp_path):
    """The same command again makes what is missing."""
    hosts.lose("two")
    shared, published = run("--retries", "1")
    assert shared.returncode != 0
    assert published.returncode == 1 and "is missing" in published.stderr
    assert not (tmp_path / "out").exists() and 0 < len(staged_parts(tmp_path / "out")) < PARTS
    assert [each.returncode for each in run("--retries", "2")] == [0, 0]
    assert parts(tmp_path / "out") == whole
