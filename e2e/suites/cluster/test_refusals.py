"""What `up` says on a machine that cannot carry a cluster: one sentence, and nothing was changed."""

from __future__ import annotations

import os
import socket
import subprocess
import sys
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path

import pytest

from e2e.cluster import leftovers, paths
from e2e.cluster.cluster import Cluster
from e2e.cluster.shell import run
from e2e.support.target import Target

pytestmark = pytest.mark.own_cluster


@pytest.fixture(scope="module", autouse=True)
def _no_cluster(target: Target) -> Iterator[None]:
    assert target.own is not None
    Cluster().down()
    yield
    Cluster().up()


def _up(env: Mapping[str, str] | None = None, *, wrapper: Sequence[str] = ()) -> str:
    """Run `up`, see it refused, and return its one sentence."""
    command = [*wrapper, sys.executable, "-m", "e2e.cluster", "up"]
    done = subprocess.run(
        command, cwd=paths.REPOSITORY, env={**os.environ, **(env or {})}, capture_output=True, text=True, check=False
    )
    assert done.returncode == 1
    assert done.stdout == ""
    lines = done.stderr.splitlines()
    assert len(lines) == 1, done.stderr
    assert lines[0].startswith("error: ")
    assert leftovers.find() == []
    return lines[0]


def test_not_root() -> None:
    # In a user namespace without a mapping: the same files can be read, but nobody is root.
    assert "needs root" in _up(wrapper=["unshare", "--user"])


def test_no_go() -> None:
    assert "Go is not installed" in _up({"PATH": "/nonexistent"})


def test_an_older_go(tmp_path: Path) -> None:
    program = tmp_path / "go"
    program.write_text("#!/bin/sh\necho go version go1.19.8 linux/amd64\n")
    program.chmod(0o755)
    assert "need Go 1.26 or newer, but" in _up({"PATH": f"{tmp_path}:{os.environ['PATH']}"})


@pytest.mark.parametrize(("address", "port"), [("0.0.0.0", 6443), ("127.0.0.1", 10257), ("127.0.0.1", 23790)])
def test_a_tcp_port_in_use(address: str, port: int) -> None:
    with socket.create_server((address, port)):
        assert f"TCP port {port}" in _up()


def test_the_dns_port_in_use() -> None:
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as taken:
        taken.bind(("0.0.0.0", 53))
        assert "UDP port 53" in _up()


def test_an_address_in_use() -> None:
    run(["ip", "link", "add", "ferry-test", "type", "bridge"])
    try:
        run(["ip", "address", "add", "10.78.3.4/24", "dev", "ferry-test"])
        assert "ferry-test already has 10.78.3.4" in _up()
    finally:
        run(["ip", "link", "delete", "ferry-test"])


def test_a_full_disk(tmp_path: Path) -> None:
    run(["mount", "-t", "tmpfs", "-o", "size=1m", "tmpfs", tmp_path])
    try:
        assert "GiB of free disk and the cluster needs" in _up({"XDG_CACHE_HOME": str(tmp_path)})
        assert list(tmp_path.iterdir()) == []
    finally:
        run(["umount", tmp_path])
