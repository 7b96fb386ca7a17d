"""What every suite needs: the cluster, and a namespace of its own in it."""

from __future__ import annotations

import uuid
from collections.abc import Iterator

import pytest

from e2e.cluster.cluster import Cluster, wait_for
from e2e.support.target import Target, foreign_target, is_foreign, own_target


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Skip, by name, what needs this machine's own cluster or a store when the environment names another cluster."""
    if not is_foreign():
        return
    for item in items:
        if item.get_closest_marker("own_cluster"):
            item.add_marker(pytest.mark.skip(reason="injects faults, which only this machine's own cluster has"))


@pytest.fixture(scope="session")
def target() -> Iterator[Target]:
    """Run on the cluster the environment names, or on our own; one that was not up before goes down afterwards."""
    if is_foreign():
        yield foreign_target()
        return
    was_up = Cluster().exists
    yield own_target()
    if not was_up:
        Cluster().down()


@pytest.fixture
def cluster(target: Target) -> Cluster:
    """Give a test this machine's own cluster, whole: what an earlier test broke and left so is mended first."""
    assert target.own is not None
    target.own.up()
    return target.own


@pytest.fixture
def namespace(target: Target) -> Iterator[str]:
    """Make a namespace for one test; it goes in the background afterwards."""
    name = f"e2e-{uuid.uuid4().hex[:8]}"
    target.kubectl("create", "namespace", name)
    account = ("get", "serviceaccount", "default", f"--namespace={name}")
    wait_for(lambda: target.kubectl.succeeds(*account), "its default service account", timeout=30.0)
    yield name
    target.kubectl("delete", "namespace", name, "--wait=false", "--ignore-not-found")
