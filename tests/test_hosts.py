"""Two hosts, as network namespaces joined by one cable: what crosses it, and what happens when it is cut."""

import os
import shutil
import subprocess

import pytest

from nestlib import LOST_S, at_work, parts, wait_until

HOSTS = {"a": "10.77.0.1", "b": "10.77.0.2"}


@pytest.fixture
def hosts():
    """Gives a function that puts a command on a host; the names are this process's own."""
    if os.geteuid() != 0 or not shutil.which("ip"):
        pytest.skip("network namespaces need root and ip(8)")
    names = {host: f"nest-{os.getpid()}-{host}" for host in HOSTS}

    def ip(*words):
        subprocess.run(["ip", *words], check=True, capture_output=True)

    try:
        for name in names.values():
            ip("netns", "add", name)
        ip("link", "add", "cable", "netns", names["a"], "type", "veth", "peer", "name", "cable", "netns", names["b"])
        for host, name in names.items():
            ip("-n", name, "addr", "add", f"{HOSTS[host]}/24", "dev", "cable")
            ip("-n", name, "link", "set", "cable", "up")
    except subprocess.CalledProcessError as failure:
        for name in names.values():
            subprocess.run(["ip", "netns", "del", name], capture_output=True)
        pytest.skip(f"no network namespaces here: {failure.stderr.decode().strip()}")
    yield lambda host, *command: ["ip", "netns", "exec", names[host], *map(str, command)], lambda: ip(
        "-n", names["b"], "link", "set", "cable", "down"
    )
    for name in names.values():
        subprocess.run(["ip", "netns", "del", name], check=True)


def start_hosts(nest, on_host, out, rows):
    """Rows are made on one host and become a dataset on the other."""
    endpoint = f"tcp://{HOSTS['b']}:5501"
    pipe = {"stdout": subprocess.PIPE, "stderr": subprocess.PIPE}
    shred = subprocess.Popen(on_host("b", nest.folder / "nest-shred", "--from", endpoint), **pipe)
    encode = subprocess.Popen([nest.folder / "parquet-encode", "-o", out], stdin=shred.stdout, **pipe)
    merge = subprocess.Popen([nest.folder / "parquet-merge", out], stdin=encode.stdout, stderr=subprocess.PIPE)
    gen = subprocess.Popen(
        on_host("a", nest.folder / "nest-gen", "-n", rows, "--to", endpoint, "contacts"), stderr=subprocess.PIPE
    )
    shred.stdout.close()
    encode.stdout.close()
    return gen, shred, encode, merge


def test_a_dataset_crosses_hosts(nest, hosts, tmp_path):
    on_host, _ = hosts
    out = tmp_path / "out"
    for process in start_hosts(nest, on_host, out, 100_000):
        assert process.wait(60) == 0, process.stderr.read()
    assert parts(out) == parts(nest.pipeline(tmp_path / "pipe", rows=100_000))


def test_a_host_that_vanishes_is_noticed_on_both_sides(nest, hosts, tmp_path):
    on_host, cut = hosts
    out = tmp_path / "out"
    processes = start_hosts(nest, on_host, out, 2_000_000_000)
    staged = tmp_path / ".out.staging"
    at_work(out)
    cut()
    # Keepalive and silence take some seconds each by themselves, beside what a loaded machine takes.
    errors = []
    for process in processes:
        assert process.wait(3 * LOST_S) == 3
        errors.append(process.stderr.read().decode())
    gen, shred, encode, merge = errors
    assert gen.endswith("was lost: its host does not answer\n")
    assert "nest-gen" in shred and "was lost" in shred
    assert "nest-shred" in encode and "parquet-encode" in merge
    assert not out.exists() and not staged.exists()
